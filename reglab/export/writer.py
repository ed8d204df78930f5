"""Write settings as framework code, by the framework's template in `reglab/export/templates`.

A template reads like the code that it becomes. `$name` is a value. Three kinds of lines are no code: ``#if`` names what
has to be on for the lines up to its ``#endif`` to appear (`!` is off), ``#else`` turns that round, and ``#include``
stands for another file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, TypeVar

from reglab import checks, stochastic_depth
from reglab.engine.batch_norm import EPSILON as BATCH_EPSILON
from reglab.engine.batch_norm import MOMENTUM
from reglab.engine.optimizers import BETA1, BETA2, EPSILON
from reglab.engine.run import Run
from reglab.experiments.text_experiments import Plan
from reglab.image_augmentation import ROTATION, SHIFT, SIGNAL_GAIN, SIGNAL_SHIFT, ZOOM
from reglab.settings import Settings, Training, check_whole
from reglab.strategy.of_run import _facts
from reglab.text.text_task import VOCABULARY

__all__ = ["FRAMEWORKS", "TASKS", "code_of_run", "text_to_code", "to_code", "to_gap_code", "to_lasso_code", "to_lines"]

TEMPLATES = Path(__file__).parent / "templates"
FILES = {"PyTorch": "pytorch", "Keras": "keras", "scikit-learn": "scikit_learn"}
FRAMEWORKS = tuple(FILES)
TASKS = ("tabular", "image", "signal", "points")
# Where dropout stands in networks that are not dense.
DROPOUT_AT = {
    "conv": "before the last dense layer",
    "transformer": "behind the embeddings, and at the end of each attention and each feed-forward block",
    "language model": "behind the embeddings, and at the end of each attention and each feed-forward block",
}

Fields = TypeVar("Fields", Settings, Training)


def to_code(
    framework: str,
    settings: Settings,
    training: Training = Training(),
    *,
    n_features: int | None,
    n_classes: int | None,
    task: str = "tabular",
    image_shape: tuple[int, ...] | None = None,
) -> str:
    r"""Write a training as the code of a framework, complete but for the data.

    Parameters
    ----------
    framework : "PyTorch", "Keras" or "scikit-learn"
    settings : Settings
        Only what is switched on appears in the code.
    training : Training
    n_features : int or None
        None where it is not known: the code then asks the data, and images say it by their shape.
    n_classes : int or None
        None is regression.
    task : "tabular", "image", "signal" or "points"
        Says how inputs are standardised (one scale for all pixels, or one per feature) and augmented.
    image_shape : (height, width) or (height, width, channels), optional
        Needed where images are augmented or cut.

    Returns
    -------
    str
        Python code. It expects the NumPy arrays ``x_train, y_train, x_val, y_val`` (rows of raw inputs; class numbers
        or values), and leaves a trained ``model`` and its clean validation loss, ``val_loss``.

    Raises
    ------
    ValueError
        If an argument is out of its range, or a technique is on that the task does not allow.

    Notes
    -----
    What differs from `reglab.fit` is said in comments of the code. PyTorch does all of it. Keras evaluates at even
    distances. scikit-learn cannot do several techniques, and decays the weights just after a step, not just before.
    In both, Adam's epsilon is in effect larger at first (`reglab.engine.optimizers.Adam`).

    Examples
    --------
    >>> code = to_code("PyTorch", Settings(weight_decay=0.1), n_features=64, n_classes=10)
    >>> print("\n".join(line.strip() for line in code.splitlines() if "weight_decay" in line))
    {"params": weights, "weight_decay": 0.1},
    {"params": others, "weight_decay": 0},
    >>> code = to_code("scikit-learn", Settings(l2=0.01, dropout=0.5), n_features=64, n_classes=10)
    >>> print("\n".join(line.strip() for line in code.splitlines() if "alpha" in line or "dropout" in line))
    # - dropout 0.5
    alpha=0.01 * batch_size,  # l2 0.01: scikit-learn divides the penalty by the batch's rows
    """
    checks.one_of("framework", framework, FRAMEWORKS)
    for name, value, kind in (("settings", settings, Settings), ("training", training, Training)):
        if not isinstance(value, kind):
            raise ValueError(f"{name} must be a {kind.__name__}, got {checks.shown(value)}")
    image_shape = None if image_shape is None else checks.sizes("image_shape", image_shape)
    if n_features is None and image_shape:
        n_features = max(math.prod(image_shape), 1)
    _check(settings, training, n_features, n_classes, task, image_shape)
    s, t = _plain(settings), _plain(training)
    on = _what_is_on(s, t, n_classes, task) | {"sklearn": framework == "scikit-learn"}
    return _fill(_template(FILES[framework]), on, _values(s, t, n_features, n_classes, task, image_shape))


def code_of_run(framework: str, settings: Settings, run: Run) -> str:
    """Write settings as `to_code` does, for the network and the data of a run.

    Parameters
    ----------
    framework : "PyTorch", "Keras" or "scikit-learn"
    settings : Settings
        Such as those that `reglab.recommend` returns for the run.
    run : Run

    Returns
    -------
    str

    Raises
    ------
    ValueError
        As `to_code`, or if there is no run.

    Examples
    --------
    >>> from reglab.engine.train import fit
    >>> run = fit("wine", Settings(), Training(max_steps=2), n_train=50, seeds=1)
    >>> code_of_run("PyTorch", Settings(dropout=0.5), run) == to_code(
    ...     "PyTorch", Settings(dropout=0.5), run.training, n_features=13, n_classes=3
    ... )
    True
    """
    facts = _facts(checks.instance("run", run, Run), 0)
    task = facts["task"] or "tabular"  # of a run from a file, whose rows are not at hand
    known = {name: facts[name] for name in ("n_features", "n_classes", "image_shape")}
    return to_code(framework, settings, run.training, task=task, **known)


def to_lines(
    framework: str,
    settings: Settings,
    training: Training = Training(),
    *,
    n_classes: int | None,
    architecture: str = "conv",
    task: str = "image",
) -> str:
    r"""Write settings as the lines that carry them into a training of one's own, around a model of any kind.

    Parameters
    ----------
    framework : "PyTorch" or "Keras"
    settings : Settings
        Only what is switched on appears in the lines.
    training : Training
        Its optimizer and its batch size.
    n_classes : int or None
        None is regression, or a language model whose vocabulary is not known.
    architecture : "conv", "transformer" or "language model"
        Says where dropout stands, and whether each token has a label.
    task : "tabular", "image" or "signal"
        Of the data, for what augmentation is.

    Returns
    -------
    str
        Python code. It expects a ``model``. PyTorch's leaves an ``optimizer``, ``training_step(xb, yb)`` and
        ``stopping(val_loss)``, Keras' a compiled model and its ``callbacks``.

    Raises
    ------
    ValueError
        If an argument is not as above, or a technique is on that the task does not allow.

    Examples
    --------
    >>> code = to_lines("PyTorch", Settings(weight_decay=0.1, dropout=0.2), n_classes=10)
    >>> print("\n".join(line.strip() for line in code.splitlines() if "weight_decay" in line or "nn.Dropout(" in line))
    # Dropout 0.2 stands in the model, as nn.Dropout(0.2),
    {"params": weights, "weight_decay": 0.1},
    {"params": others, "weight_decay": 0},
    """
    checks.one_of("framework", framework, FRAMEWORKS[:2], "PyTorch or Keras")
    checks.one_of("architecture", architecture, tuple(DROPOUT_AT))
    for name, given, kind in (("settings", settings, Settings), ("training", training, Training)):
        if not isinstance(given, kind):
            raise ValueError(f"{name} must be a {kind.__name__}, got {checks.shown(given)}")
    language = architecture == "language model"
    if language and (settings.mixup_alpha or settings.cutmix_alpha or settings.input_noise):
        raise ValueError(
            "mixup_alpha, cutmix_alpha and input_noise must be 0 for a language model: tokens are no numbers"
        )
    s, t = _plain(settings), _plain(training)
    rate = max(s.dropout) if isinstance(s.dropout, tuple) else s.dropout
    any_depth = Settings(**{**asdict(s), "dropout": rate, "drop_path_rate": 0.0})
    _check(any_depth, t, None, n_classes, task, (1, 1))
    on = _what_is_on(s, t, n_classes, task)
    classes = n_classes is not None or language
    on |= {
        "dropout": bool(rate),
        "language": language,
        "classes": classes,
        "soft": bool(s.label_smoothing or on["mixed"]),
    }
    on["hard"] = classes and not s.label_smoothing
    values = _values(s, t, None, n_classes, task, None)
    values |= {
        "rate": rate,
        "place": DROPOUT_AT[architecture],
        "outputs": "logits" if classes else "numbers",
        "zoom_out": _short(1 - values["zoom"]),
        "zoom_in": _short(1 + values["zoom"]),
        "turn": float(f"{values['degrees'] / 360:.3g}"),
    }
    return _fill(_template(f"lines_{FILES[framework]}"), on, values)


def text_to_code(framework: str, plan: Plan) -> str:
    """Write the augmentation of texts as the code of a framework.

    Parameters
    ----------
    framework : "PyTorch", "Keras" or "scikit-learn"
    plan : Plan
        Its operation, strength and copies; PyTorch makes a new variant at every visit instead of copies.

    Returns
    -------
    str
        Python code. It expects ``sentences`` and ``labels``, in Keras a ``model`` too, and leaves the grown set.

    Raises
    ------
    ValueError
        If the framework is not there, or the plan is none.

    Examples
    --------
    >>> [line] = [line for line in text_to_code("Keras", Plan("swap", 0.1)).splitlines() if "vary(" in line]
    >>> line
    'grown = [*sentences, *(vary(s, "swap", 0.1, rng) for _ in range(4) for s in sentences)]'
    """
    checks.one_of("framework", framework, FRAMEWORKS)
    checks.instance("plan", plan, Plan)
    values = {"strength": f"{plan.strength:g}", "copies": plan.copies, "vocabulary": VOCABULARY}
    return _fill(_template(f"text_{FILES[framework]}"), {}, {**values, "operation": plan.operation})


def to_gap_code(framework: str) -> str:
    """Write how the gap between train and validation loss is measured: both in evaluation mode, on hard labels.

    Parameters
    ----------
    framework : "PyTorch", "Keras" or "scikit-learn"

    Returns
    -------
    str
        For a model that is trained, and rows that are named as in `to_code`.

    Raises
    ------
    ValueError
        If there is no such framework.

    Examples
    --------
    >>> print(to_gap_code("scikit-learn").splitlines()[3])
    train_loss = log_loss(y_train, model.predict_proba(x_train), labels=model.classes_)
    """
    checks.one_of("framework", framework, FRAMEWORKS, "PyTorch, Keras or scikit-learn")
    return "\n".join(_template(f"gap_{FILES[framework]}"))


def to_lasso_code(framework: str) -> str:
    """Write the linear regressions with exact zeros of `reglab.l1`, where a framework has them.

    Parameters
    ----------
    framework : "PyTorch", "Keras" or "scikit-learn"

    Returns
    -------
    str
        For ``X`` standardised and ``y`` centred. It expects the strength ``l1``; PyTorch's expects ``n_steps`` too, and
        scikit-learn's ``l2``, that of the elastic net and of the ridge. Keras has none: a comment says so.

    Raises
    ------
    ValueError
        If there is no such framework.

    Examples
    --------
    >>> print(to_lasso_code("scikit-learn").splitlines()[3])
    lasso = Lasso(alpha=l1, fit_intercept=False).fit(X, y)
    """
    checks.one_of("framework", framework, FRAMEWORKS, "PyTorch, Keras or scikit-learn")
    return "\n".join(_template(f"lasso_{FILES[framework]}"))


@cache
def _template(name: str) -> tuple[str, ...]:
    """Return the lines of a template, and those that it includes in their place."""
    lines: list[str] = []
    for line in (TEMPLATES / f"{name}.py.txt").read_text("utf-8").splitlines():
        word, _, other = line.partition(" ")
        lines += _template(other) if word == "#include" else [line]
    return tuple(lines)


def _fill(template: Sequence[str], on: dict[str, bool], values: dict[str, Any]) -> str:
    """Keep the lines whose conditions all hold, and put the values in."""
    code, holds = [], []
    for line in template:
        word, *names = line.split() or [""]
        if word == "#if":
            holds.append(all(on[name.lstrip("!")] != name.startswith("!") for name in names))
        elif word == "#else":
            holds[-1] = not holds[-1]
        elif word == "#endif":
            holds.pop()
        elif all(holds):
            code.append(Template(line).substitute(values))
    return "\n".join(code) + "\n"


def _what_is_on(s: Settings, t: Training, n_classes: int | None, task: str) -> dict[str, bool]:
    """Return every word that a template's ``#if`` may name, and whether it is on."""
    return {
        **{name: bool(value) for name, value in asdict(s).items()},
        "dropout": any(rate for _, rate, _ in _layers(s, t)),
        "residual": t.residual and len(t.hidden_sizes) > 1,
        "batch_norm": t.batch_norm and len(t.hidden_sizes) > 0,
        "weights": bool(s.weight_decay or s.l2 or s.l1 or (t.residual and len(t.hidden_sizes) > 1)),
        "restore": s.patience is not None and s.restore_best_weights,
        "sgd": t.optimizer == "sgd",
        "classes": n_classes is not None,
        "hard": n_classes is not None and not s.label_smoothing,
        "mixup": s.mixup_alpha > 0,
        "cutmix": s.cutmix_alpha > 0,
        "mixed": s.mixup_alpha > 0 or s.cutmix_alpha > 0,
        "two_classes": n_classes == 2,
        "image": task == "image",
        "signal": task == "signal",
        "one_scale": task in ("image", "signal"),
        "math": s.patience is not None or t.residual or (task == "image" and s.augment > 0),
    }


def _values(
    s: Settings,
    t: Training,
    n_features: int | None,
    n_classes: int | None,
    task: str,
    image_shape: tuple[int, ...] | None,
) -> dict[str, Any]:
    """Return what a template's `$name` may stand for."""
    d = n_features or "d"
    inputs = n_features or "x_train.shape[1]"
    sizes = (d, *t.hidden_sizes, n_classes or 1)
    every = max(1, round(t.max_steps / t.eval_steps)) if s.patience else t.max_steps
    epochs = max(1, round(t.max_steps / every))
    height, width = image_shape[:2] if image_shape else (1, n_features or 1)
    return {
        **asdict(s),
        **asdict(t),
        **_ranges(s.augment, task),
        "d": d,
        "n_features": inputs,
        "n_classes": n_classes,
        "layout": "-".join(map(str, sizes)),
        "targets": f"class numbers 0 to {n_classes - 1}" if n_classes else "numbers, best with mean 0 and variance 1",
        "torch_layers": _torch_layers(s, t, inputs, n_classes or 1),
        "keras_layers": _keras_layers(s, t, n_classes or 1),
        "dense_takes": "units" + ", scale=2.0" * t.residual + ", use_bias=True" * t.batch_norm,
        "blocks": len(t.hidden_sizes) - 1,
        "keras_optimizer": "SGD" if t.optimizer == "sgd" else "AdamW" if s.weight_decay else "Adam",
        "half_l2": _short(s.l2 / 2),
        "beta1": BETA1,
        "beta2": BETA2,
        "epsilon": EPSILON,
        "first_epsilon": f"{EPSILON / math.sqrt(1 - BETA2):.0g}",
        "every": every,
        "epochs": epochs,
        "in_all": "" if epochs * every == t.max_steps else f", and makes {epochs * every} steps, not {t.max_steps}",
        "height": height,
        "width": width,
        "channels": (n_features or 1) // (height * width),
        "tall": "" if height == width else f" * {height} / {width}",
        "wide": "" if height == width else f" * {width} / {height}",
    }


def _layers(s: Settings, t: Training) -> list[tuple[int, float, float | None]]:
    """Return each hidden layer's size, its rate of dropout, and of drop path where it is a residual block."""
    sizes = t.hidden_sizes
    rates = s.dropout if isinstance(s.dropout, tuple) else (s.dropout,) * len(sizes)
    skips: list[float | None] = [None] * len(sizes)
    if t.residual:
        skips[1:] = map(_short, stochastic_depth.rates(s.drop_path_rate, len(sizes) - 1))
    return list(zip(sizes, rates, skips, strict=True))


def _torch_layers(s: Settings, t: Training, inputs: int | str, outputs: int) -> str:
    lines, fan_in = [], inputs
    for size, rate, skip in _layers(s, t):
        parts = [f"nn.Linear({fan_in}, {size}), "]
        if t.batch_norm:
            parts = [f"nn.Linear({fan_in}, {size}, bias=False), nn.BatchNorm1d({size}), "]
        parts += ["nn.ReLU()", f", nn.Dropout({rate})" if rate else ""]
        line = "".join(parts)
        if skip is not None:
            line = f"Residual({line}{f', drop_path={skip}' if s.drop_path_rate else ''})"
        lines.append(f"    {line},")
        fan_in = size
    return "\n".join([*lines, f"    nn.Linear({fan_in}, {outputs}),"])


def _keras_layers(s: Settings, t: Training, outputs: int) -> str:
    lines = []
    for size, rate, skip in _layers(s, t):
        scale = "" if skip is None else f", scale=2 / {len(t.hidden_sizes) - 1}"
        parts = [f"dense({size}{scale}{', use_bias=False' if t.batch_norm else ''})"]
        if t.batch_norm:
            parts.append(f"keras.layers.BatchNormalization(momentum={1 - MOMENTUM}, epsilon={BATCH_EPSILON})")
        parts.append("keras.layers.ReLU()")
        if rate:
            parts.append(f"keras.layers.Dropout({rate})")
        if skip is None:
            lines += [f"    {part}," for part in parts]
        else:
            if s.drop_path_rate:
                parts.append(f"drop_path={skip}")
            lines += ["    Residual(", *(f"        {part}," for part in parts), "    ),"]
    return "\n".join([*lines, f"    dense({outputs}),"])


def _ranges(m: float, task: str) -> dict[str, Any]:
    """Return how far augmentation of magnitude m goes, in numbers and in words."""
    shift, degrees, zoom = _short(m * SHIFT), _short(m * math.degrees(ROTATION)), _short(m * ZOOM)
    signal_shift, gain = _short(m * SIGNAL_SHIFT), _short(m * SIGNAL_GAIN)
    image_far = f"up to {shift:.4g} of its side, {degrees:.4g} degrees, zoom {zoom:.4g}"
    return {
        "shift": shift,
        "degrees": degrees,
        "zoom": zoom,
        "signal_shift": signal_shift,
        "signal_gain": gain,
        "far": image_far if task == "image" else f"up to {signal_shift:.4g} of its length, gain {gain:.4g}",
    }


def _short(value: float) -> float:
    """Return a number that is short to read, as Python's own float."""
    return float(f"{float(value):.12g}")


def _plain(fields: Fields) -> Fields:
    """Return the same settings in Python's own numbers: NumPy's print their type too, and Keras refuses a rate of 1."""

    def plain(value: Any, whole: bool) -> Any:
        if isinstance(value, tuple):
            return tuple(plain(each, whole) for each in value)
        if value is None or isinstance(value, (bool, str)):
            return value
        return int(value) if whole else _short(value)

    counts = isinstance(fields, Training)  # all its numbers are
    return type(fields)(**{name: plain(value, counts or name == "patience") for name, value in asdict(fields).items()})


def _check(
    s: Settings,
    t: Training,
    n_features: int | None,
    n_classes: int | None,
    task: str,
    image_shape: tuple[int, ...] | None,
) -> None:
    """Raise where an argument is out of its range."""
    if n_features is not None:
        check_whole("n_features", n_features, 1)
    if n_classes is not None:
        check_whole("n_classes", n_classes, 2)
    checks.one_of("task", task, TASKS)
    layers = len(t.hidden_sizes)
    if isinstance(s.dropout, tuple) and len(s.dropout) != layers:
        raise ValueError(f"dropout must have one rate per hidden layer ({layers}), got {s.dropout}")
    if s.drop_path_rate and not (t.residual and layers > 1):
        raise ValueError(f"drop_path_rate must be 0 unless residual is on, got {s.drop_path_rate}")
    if n_classes is None and (s.label_smoothing or s.mixup_alpha):
        raise ValueError("label_smoothing and mixup_alpha must be 0 for regression")
    if s.cutmix_alpha and (task != "image" or n_classes is None):
        raise ValueError(f"cutmix_alpha must be 0 unless the task is images of classes, got {s.cutmix_alpha}")
    if s.augment and task not in ("image", "signal"):
        raise ValueError(f"augment must be 0 for {task} rows, got {s.augment}")
    if (s.augment or s.cutmix_alpha) and task == "image" and image_shape is None:
        raise ValueError("image_shape must be given where images are augmented or cut, got None")
    if image_shape is not None and n_features is not None:
        size = math.prod(image_shape)
        fits = size == n_features if len(image_shape) == 3 else size > 0 and n_features % size == 0
        if len(image_shape) not in (2, 3) or not fits:
            wanted = f"(height, width) or (height, width, channels) of {n_features} features"
            raise ValueError(f"image_shape must be {wanted}, got {image_shape}")
