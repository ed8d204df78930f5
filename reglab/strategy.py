"""The advisor: from one unregularized run to a diagnosis and settings for the next run.

`recommend` always answers. From the size and the last two losses alone it guesses *when* the run was at its best; with
the curve it sees it, and advises better. How much better is measured: ``python -m reglab.benchmark evidence``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab.run import Run
from reglab.settings import Settings, check_number, check_whole

TASKS = ("tabular", "image", "signal", "text")
ARCHITECTURES = ("dense", "conv", "transformer", "language model")
DIAGNOSES = (
    "diverging",
    "underfit",
    "too noisy",
    "good",
    "validation below train",
    "compute-limited",
    "mild overfit",
    "strong overfit",
    "severe overfit",
)
OVERFIT = ("mild overfit", "strong overfit", "severe overfit", "compute-limited")

MEASURED = "measured here: python -m reglab.benchmark evidence"
JUDGEMENT = "judgement, not measured"
SMOOTHING = "Mueller et al. 2019, When Does Label Smoothing Help? (from memory, not checked)"
MIXUP = "Zhang et al. 2018, mixup"
PLAYBOOK = "Godbole et al., Deep Learning Tuning Playbook (2023)"

MAX_ROWS = 100_000  # of a curve
COLUMNS = ("step", "train_loss", "val_loss")
OPTIONAL = ("train_accuracy", "val_accuracy", "best_step")



@dataclass(frozen=True)
class Fitted:
    """The numbers of the rules in `_settings` and `_guess`.

    The decays are as good as any on the tasks of `reglab.evidence`, where a step from half to twice was tried; turn and
    known are fitted there by least squares. The noise was chosen: those tasks would have a little more of it.
    """

    decay_base: float = 0.12
    decay_known: float = 0.55
    decay_augmented: float = 0.45
    noise: float = 0.3
    noise_late: float = 0.15
    turn: tuple[float, ...] = (0.67, 0.58, 0.31, -1.4)  # of 1, log steps, log n_train, gap
    known: tuple[float, ...] = (0.22, -0.084)  # of 1, log training loss


FITTED = Fitted()
NEAR = 1.1  # times the lowest validation loss is as good as the lowest
DECAY_LIMITS = (0.02, 10.0)
LEFT = 0.1  # of the run, at least
# The turn comes later at a smaller learning rate and batch: seen at 3e-4 to 3e-3 and at 8 to 100, on seven tasks.
RATE_POWER, BATCH_POWER = 0.6, 0.2
MEASURED_ROWS = (30, 1000)  # smallest and largest n_train of the benchmark
FADE = (0.4, 0.6)  # noise fades as best_step / steps goes from the one to the other
NOISY = 0.18  # of the validation loss, its standard error: fewer than about 45 rows
PATIENCE = 40  # evaluations, of the 40 that fit makes: the run goes on to its end, and its best checkpoint is kept


@dataclass(frozen=True)
class Reason:
    """Why a setting has its value.

    Attributes
    ----------
    field : str
        The field of `Settings`.
    sentence : str
    source : str
        A paper, or what measured it here.
    """

    field: str
    sentence: str
    source: str


@dataclass(frozen=True)
class Diagnosis:
    """What a run's losses say.

    Attributes
    ----------
    name : str
        One of `DIAGNOSES`.
    confidence : "high", "medium" or "low"
    why : tuple of str
        One sentence each: what the name and the confidence rest on.
    gap : float
        Validation minus training loss at the end.
    best_step : float or None
        The step at which the validation loss was lowest; None without a curve.
    """

    name: str
    confidence: str
    why: tuple[str, ...]
    gap: float
    best_step: float | None


@dataclass(frozen=True)
class Advice:
    """What `recommend` returns.

    Attributes
    ----------
    diagnosis : str
        One of `DIAGNOSES`.
    confidence : "high", "medium" or "low"
    why : tuple of str
        What the diagnosis and the confidence rest on, one sentence each.
    settings : Settings
        Ready for `reglab.fit`.
    ranges : dict of str to (float, float)
        For every field that the advice sets: from where to where to search, if one searches.
    reasons : tuple of Reason
        One or more for every field that the advice sets.
    next_steps : tuple of str
    best_step : float
        The step at which the run was at its best; guessed without a curve.
    """

    diagnosis: str
    confidence: str
    why: tuple[str, ...]
    settings: Settings
    ranges: dict[str, tuple[float, float]]
    reasons: tuple[Reason, ...]
    next_steps: tuple[str, ...]
    best_step: float = math.nan


@dataclass(frozen=True)
class _Log:
    """A run's losses, checked, as the rules read them."""

    train: float  # T, clean training loss at the end
    val: float  # V
    constant: float  # L0, loss of the best constant guess
    n_val: int | None
    steps: float | None
    best_step: float | None = None  # where the validation loss was lowest
    best_range: tuple[float, float] | None = None  # the steps at which it was within 10 % of that, or over the runs
    turn: float | None = None  # the middle of those steps, on a log scale
    best_val: float | None = None  # V*
    known: float | None = None  # share of V* by which the training loss lay below it there
    fall: float = 0.0  # by how much the validation loss fell over the last 30 % of the steps
    peak: float = 0.0  # highest training loss of the curve
    classes: bool = True  # the loss is a cross-entropy
    training_mode: bool = False
    runs: int = 1
    guessed: tuple[str, ...] = field(default=())  # sentences on what was not told

    @property
    def gap(self) -> float:
        return self.val - self.train

    @property
    def error(self) -> float:
        """Standard error of the validation loss: the losses of single rows spread by about 1.2 of their mean."""
        return 1.2 * max(self.val, min(self.train, self.constant)) / math.sqrt(self.n_val or 200)

    @property
    def rise(self) -> float:
        """The validation loss at the end over its lowest."""
        return self.val / max(self.best_val, 1e-12) if self.best_val is not None else 1.0


# --- what was not measured here -----------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """Published settings for a regime that was not measured here.

    Attributes
    ----------
    architecture, task : str
    fits : callable of (n_train, passes through the data) to bool
    settings : dict of str to (value, low, high)
    source : str
    also : tuple of str
        What `Settings` has no field for.
    """

    architecture: str
    task: str
    fits: Callable[[int, float], bool]
    settings: Mapping[str, tuple[float, float, float]]
    source: str
    also: tuple[str, ...] = ()


def _always(n_train: int, passes: float) -> bool:
    return True


RECIPES = (
    Recipe(
        "conv",
        "image",
        lambda n, passes: n < 100_000,
        {"augment": (0.5, 0.25, 1.0), "l2": (5e-4, 1e-4, 1e-3)},
        "mixup README, CIFAR-10, SGD: decay 5e-4, 1e-4 with mixup; the magnitude is judgement",
        (
            "Beyond Settings: random crops, flips and TrivialAugment; prefer fine-tuning a pretrained network.",
            "The decay is the coupled one of SGD; leave norm layers and biases out of it.",
            "In short training (200 epochs and less on little data) weaken mixup or leave it out.",
        ),
    ),
    Recipe(
        "conv",
        "image",
        _always,
        {"mixup_alpha": (0.1, 0.1, 0.2), "weight_decay": (0.02, 0.01, 0.02)},
        "Wightman et al. 2021, ResNet strikes back, A3 (100 epochs, LAMB)",
        (
            "Beyond Settings: CutMix 1.0 and light RandAugment; with no dropout before batch norm (Li et al. 2018).",
            "For 600 epochs (A1): smoothing .1, mixup .2, CutMix 1.0, drop-path .05.",
        ),
    ),
    Recipe(
        "transformer",
        "image",
        lambda n, passes: n < 100_000,
        {"mixup_alpha": (0.8, 0.2, 0.8)},
        "OpenMixup benchmark (mixup and CutMix help transformers on small images); the value is DeiT's",
        ("Beyond Settings: CutMix 1.0; prefer fine-tuning a pretrained network.",),
    ),
    Recipe(
        "transformer",
        "image",
        lambda n, passes: n < 5_000_000,
        {"mixup_alpha": (0.8, 0.2, 0.8), "label_smoothing": (0.1, 0.05, 0.1), "weight_decay": (0.05, 0.03, 0.1)},
        "Touvron et al. 2021, DeiT (about 1M images, from scratch)",
        ("Beyond Settings: CutMix 1.0, drop-path .1, RandAugment 9; dropout 0.",),
    ),
    Recipe(
        "transformer",
        "image",
        _always,
        {"weight_decay": (0.03, 0.03, 0.1)},
        "Steiner et al. 2021, AugReg configurations (about 14M images)",
        ("Dropout 0; no augmentation for small models, light for base, medium for large ones.",),
    ),
    Recipe(
        "language model",
        "text",
        lambda n, passes: passes <= 1.5,
        {"weight_decay": (0.1, 0.05, 0.2), "clip_norm": (1.0, 0.5, 2.0)},
        "nanoGPT (one pass over the data)",
        ("Dropout 0.",),
    ),
    Recipe(
        "language model",
        "text",
        lambda n, passes: passes <= 4,
        {"dropout": (0.1, 0.0, 0.2), "weight_decay": (0.1, 0.05, 0.2), "clip_norm": (1.0, 0.5, 2.0)},
        "nanoGPT (several passes, or fine-tuning)",
    ),
    Recipe(
        "language model",
        "text",
        _always,
        {"dropout": (0.1, 0.1, 0.2), "weight_decay": (1.0, 1.0, 3.0), "clip_norm": (1.0, 0.5, 2.0)},
        "studies of data-constrained language models (decay 1 to 3 beyond four passes; read in abstract only), nanoGPT",
    ),
)


# --- reading ------------------------------------------------------------------------------------------


def curve_of(run: Run, setting: int = 0, *, seed: int | None = None) -> dict[str, list[float]]:
    """Return one setting's curves, averaged over the run's seeds, as `diagnose` and `recommend` read them.

    Parameters
    ----------
    run : Run
    setting : int
        Which of the run's settings.
    seed : int, optional
        Which of the run's seeds, counted from 0, for the curve of that one run.

    Returns
    -------
    dict of str to list
        "step", "train_loss", "val_loss", "train_accuracy", "val_accuracy", one value per evaluation that all seeds
        reached; and "best_step", each seed's step of the lowest validation loss, whose spread widens the ranges.
        The losses of a run of which a seed diverged end in infinity.

    Examples
    --------
    >>> from reglab.settings import Training
    >>> from reglab.train import fit
    >>> run = fit("digits", Settings(), Training(max_steps=50, eval_steps=5), n_train=50, seeds=2)
    >>> curve = curve_of(run)
    >>> curve["step"][-1], len(curve["val_loss"]), len(curve["best_step"])
    (50, 5, 2)
    """
    if not isinstance(run, Run):
        raise ValueError(f"run must be a Run, got {type(run).__name__}")
    check_whole("setting", setting, 0, len(run.settings) - 1)
    if seed is not None:
        check_whole("seed", seed, 0, len(run.seeds) - 1)
    seeds = slice(None) if seed is None else [seed]
    val = run.val_loss[setting][seeds]  # (seeds, evaluations)
    alive = np.isfinite(val) & np.isfinite(run.train_loss[setting][seeds])
    reached = alive.all(axis=0)
    names = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
    curve: dict[str, list[float]] = {"step": run.steps[reached].tolist()}
    for name in names:
        curve[name] = getattr(run, name)[setting][seeds][:, reached].mean(axis=0).tolist()
    if alive.any():
        curve["best_step"] = [int(run.steps[np.nanargmin(v)]) for v, ok in zip(val, alive, strict=True) if ok.any()]
    if run.diverged[setting][seeds].any():
        later = run.steps[~reached]
        curve["step"].append(int(later[0]) if len(later) else int(run.steps[-1]) + 1)
        for name in names:
            curve[name].append(math.inf if name.endswith("loss") else 0.0)
    return curve


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    """Return values as a vector of numbers, or raise."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise ValueError(f"curve[{name!r}] must be a sequence of numbers, got {values!r}")
    if len(values) > MAX_ROWS:
        raise ValueError(f"curve must have at most {MAX_ROWS} rows, got {len(values)}: leave some out")
    try:
        array = np.array([math.nan if v is None else v for v in values], np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"curve[{name!r}] must be a sequence of numbers, got {str(values)[:60]}") from None
    if array.ndim != 1:
        raise ValueError(f"curve[{name!r}] must have one number per evaluation, got the shape {array.shape}")
    return array


def _read_curve(curve: Any) -> dict[str, NDArray[np.float64]]:
    """Return the curve's columns, checked."""
    if isinstance(curve, (str, bytes)) or not isinstance(curve, (Mapping, Sequence)):
        raise ValueError(f"curve must map {', '.join(COLUMNS)} to sequences, or be a list of rows, got {curve!r:.60}")
    known = COLUMNS + OPTIONAL
    if not isinstance(curve, Mapping):
        if len(curve) > MAX_ROWS:
            raise ValueError(f"curve must have at most {MAX_ROWS} rows, got {len(curve)}: leave some out")
        if not all(isinstance(row, Mapping) for row in curve):
            raise ValueError(f"curve's rows must map {', '.join(COLUMNS)} to numbers, got {str(curve[:1])[:60]}")
        names = [name for name in known[:-1] if any(name in row for row in curve)]
        curve = {name: [row.get(name) for row in curve] for name in names}
    missing = [name for name in COLUMNS if name not in curve]
    if missing:
        got = ", ".join(str(name) for name in list(curve)[:8]) or "no columns"
        raise ValueError(f"curve must have the columns {', '.join(COLUMNS)}, got {got}")
    read = {name: _numbers(name, curve[name]) for name in known if name in curve}
    lengths = {name: len(column) for name, column in read.items() if name != "best_step"}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"curve's columns must be of one length, got {lengths}")
    step = read["step"]
    if not len(step):
        raise ValueError("curve must have at least one row, got none")
    if not np.isfinite(step).all() or (step < 0).any() or (np.diff(step) <= 0).any():
        raise ValueError("curve['step'] must be 0 or more and rise from row to row")
    for name in ("train_loss", "val_loss"):
        if (read[name] < 0).any():
            raise ValueError(f"curve[{name!r}] must not be negative, got {np.nanmin(read[name]):g}")
    best = read.get("best_step")
    if best is not None and not (len(best) and np.isfinite(best).all() and (best >= 0).all()):
        raise ValueError("curve['best_step'] must hold one step per run, each 0 or more")
    return read


def _as_loss(name: str, value: Any) -> float:
    """Return a loss as a float; nan and inf stand, since they mean a run that diverged."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or value < 0:
        raise ValueError(f"{name} must be a loss of 0 or more (nan or inf where it diverged), got {value!r:.40}")
    return float(value)


def _constant(n_classes: int | None, constant_loss: float | None) -> tuple[float, tuple[str, ...]]:
    if n_classes is not None:
        check_whole("n_classes", n_classes, 2)
    if constant_loss is not None:
        check_number("constant_loss", constant_loss, 0)
        if constant_loss == 0:
            raise ValueError("constant_loss must be above 0, got 0")
        return float(constant_loss), ()
    if n_classes is not None:
        return math.log(n_classes), ()
    return 0.5, ("Neither n_classes nor constant_loss was given: read as regression on a standardised target, 0.5.",)


def _read_log(
    train: float | None,
    val: float | None,
    curve: Any,
    n_classes: int | None,
    constant_loss: float | None,
    n_val: int | None,
    steps: int | None,
    training_mode_loss: bool,
) -> _Log:
    constant, guessed = _constant(n_classes, constant_loss)
    if n_val is not None:
        check_whole("n_val", n_val, 1)
    else:
        guessed += ("n_val was not given: the noise of the validation loss is judged as if on 200 rows.",)
    if steps is not None:
        check_whole("steps", steps, 1)
    log = _Log(
        train=math.nan if train is None else train,
        val=math.nan if val is None else val,
        constant=constant,
        n_val=n_val,
        steps=None,
        classes=n_classes is not None,
        training_mode=training_mode_loss,
        guessed=guessed,
    )
    if curve is None:
        return replace(log, steps=float(steps) if steps else None)
    read = _read_curve(curve)
    step, curve_train, curve_val = (read[name] for name in COLUMNS)
    train = float(curve_train[-1]) if train is None else train
    val = float(curve_val[-1]) if val is None else val
    log = replace(log, train=train, val=val, steps=float(max(step[-1], 1)))
    seen = np.isfinite(curve_val)
    if not seen.any():
        return replace(log, train=math.nan)
    if not (math.isfinite(curve_train[-1]) and math.isfinite(curve_val[-1])):
        log = replace(log, train=math.nan)  # it ended in nan or inf
    at = int(np.argmin(np.where(seen, curve_val, np.inf)))
    best_val, best = float(curve_val[at]), max(float(step[at]), 1.0)
    near = np.maximum(step[seen & (curve_val <= NEAR * best_val)], 1)
    low, high, runs = float(near[0]), float(near[-1]), 1
    if "best_step" in read:  # one per run
        each = np.maximum(read["best_step"], 1)
        runs = len(each)
        best = float(np.exp(np.log(each).mean()))
        low, high = min(low, float(each.min())), max(high, float(each.max()))
    late = seen & (step >= 0.9 * step[-1])
    before = seen & (step >= 0.6 * step[-1]) & (step <= 0.75 * step[-1])
    fall = curve_val[before].mean() - curve_val[late].mean() if late.any() and before.any() else 0.0
    peak = curve_train[np.isfinite(curve_train)]
    return replace(
        log,
        best_step=best,
        turn=float(np.sqrt(max(near[0], 1) * near[-1])),
        best_range=(low, high),
        best_val=min(best_val, val) if math.isfinite(val) else best_val,
        known=float(np.clip(1 - curve_train[at] / max(best_val, 1e-12), 0, 1)) if np.isfinite(curve_train[at]) else 0.0,
        runs=runs,
        fall=float(fall),
        peak=float(peak.max()) if len(peak) else 0.0,
    )


# --- diagnosis ----------------------------------------------------------------------------------------


def _name(log: _Log) -> tuple[str, str]:
    """Return the diagnosis, and the sentence it rests on."""
    T, V, L0, gap, error, rise = log.train, log.val, log.constant, log.gap, log.error, log.rise
    if not (math.isfinite(T) and math.isfinite(V)):
        return "diverging", "The loss is not finite."
    if T > 1.5 * L0:
        return "diverging", f"The training loss, {T:.3g}, is above 1.5 times a constant guess's, {L0:.3g}."
    if log.peak > 3 * L0 and T > 0.4 * L0:
        return "diverging", (
            f"The training loss went up to {log.peak:.3g}, {log.peak / L0:.2g} times a constant guess's, and the run "
            f"did not recover: it ended at {T:.3g}."
        )
    if T > 0.6 * L0 and gap < 0.15 * L0 and rise < 1.1 and gap > -2 * error:
        return "underfit", (
            f"The training loss, {T:.3g}, is above 0.6 of a constant guess's, {L0:.3g}, and the gap is small."
        )
    if gap < -2 * error:
        return "validation below train", (
            f"The validation loss is {-gap:.3g} below the training loss, more than its noise, {error:.2g}."
        )
    noisy = error > NOISY * max(V, 1e-12)
    if noisy and gap < max(2 * error, 0.12 * L0) and V - (log.best_val or V) < 2 * error:
        return "too noisy", f"The gap, {gap:.3g}, drowns in the validation loss's noise, {error:.2g}."
    if gap > L0:
        return "severe overfit", f"The gap, {gap:.3g}, is larger than the loss of a constant guess, {L0:.3g}."
    if V > L0 and gap > 0.25 * L0:
        return "severe overfit", f"The validation loss, {V:.3g}, is above that of a constant guess, {L0:.3g}."
    if rise > 1.8:
        return "severe overfit", f"The validation loss rose to {rise:.2g} times its lowest."
    late = log.best_step is not None and log.steps is not None and log.best_step > 0.6 * log.steps
    if late and T > 0.02 * L0 and log.fall > 0.02 * L0 and gap < 0.25 * L0:
        return "compute-limited", (
            f"The validation loss still fell by {log.fall:.2g} over the last 30 % of the steps, and the training loss, "
            f"{T:.3g}, has room to fall."
        )
    if rise < 1.2 and abs(gap) < 2 * error:
        return "good", f"The gap, {gap:.3g}, is within the validation loss's noise, {error:.2g}."
    if V - (log.best_val or V) < 0.03 * L0 and gap < 0.03 * L0 and T > 0.25 * V:
        return "good", f"The gap, {gap:.3g}, is below 3 % of a constant guess's loss, {L0:.3g}."
    if gap > 0.12 * L0 or rise > 1.2:
        rose = f"; the validation loss rose to {rise:.3g} times its lowest" if rise > 1.01 else ""
        share = f"{100 * gap / L0:.0f} % of a constant guess's loss, {L0:.3g}"
        return "strong overfit", f"The gap, {gap:.3g}, is {share}{rose}."
    return "mild overfit", f"The gap, {gap:.3g}, is larger than the validation loss's noise, {error:.2g}, and small."


def _diagnose(log: _Log) -> Diagnosis:
    name, why = _name(log)
    sentences = [why]
    doubts = 0
    if name in ("diverging",):
        return Diagnosis(name, "high", (why, *log.guessed), log.gap, log.best_step)
    if log.training_mode:
        doubts += 2
        sentences.append(
            "The training loss was measured in training mode (dropout, augmentation, soft labels on), so the gap "
            "misleads: measure it again in evaluation mode, on hard labels."
        )
    elif name == "validation below train":
        doubts += 1
        sentences.append(
            "Most often the training loss was taken in training mode, with dropout or augmentation on; else rows leak "
            "from training to validation, or the validation rows are easier."
        )
    if log.best_step is None:
        doubts += 1
        sentences.append(
            "Without the curve the gap mixes overfitting with how long the run lasted; with it the advice is stronger."
        )
    if log.n_val is not None and log.error > 0.15 * log.val:
        doubts += 1
        sentences.append(f"With {log.n_val} validation rows the loss is uncertain by about {log.error:.2g}.")
    if log.n_val is None or log.guessed:
        doubts += 1
        sentences.extend(log.guessed)
    confidence = ("high", "medium", "low")[min(doubts, 2)]
    return Diagnosis(name, confidence, tuple(sentences), log.gap, log.best_step)


def diagnose(
    curve: Mapping[str, Sequence[float]] | Sequence[Mapping[str, float]],
    *,
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    training_mode_loss: bool = False,
) -> Diagnosis:
    """Name what a run's curve shows.

    Parameters
    ----------
    curve : mapping of str to sequence, or sequence of mappings
        Columns "step", "train_loss" and "val_loss", and "train_accuracy" and "val_accuracy" where they are known, by
        rising step; at most 100000 rows. `curve_of` makes it from a `Run`. Losses are clean: evaluation mode, hard
        labels, no penalty. A loss that ends in nan or inf diverged.
    n_classes : int, optional
    constant_loss : float, optional
        The loss of the best constant guess, for regression; ln(n_classes), or 0.5 where neither is given.
    n_val : int, optional
        Validation rows, for the noise of the validation loss.
    training_mode_loss : bool
        Whether the training loss was measured in training mode.

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError
        If the curve or an argument is not as above.

    Examples
    --------
    >>> curve = {"step": [100, 200, 400, 800], "train_loss": [0.9, 0.4, 0.1, 0.01], "val_loss": [1.0, 0.8, 0.9, 1.7]}
    >>> diagnosis = diagnose(curve, n_classes=10, n_val=200)
    >>> diagnosis.name, diagnosis.best_step
    ('severe overfit', 200.0)
    """
    return _diagnose(_read_log(None, None, curve, n_classes, constant_loss, n_val, None, training_mode_loss))


# --- advice -------------------------------------------------------------------------------------------


def _guess(log: _Log, n_train: int, learning_rate: float, batch_size: int, fitted: Fitted) -> _Log:
    """Guess from the size and the last losses what the curve would have shown."""
    assert log.steps is not None
    gap = float(np.clip(log.gap / log.constant, 0, 2))
    a, by_steps, by_size, by_gap = fitted.turn
    turn = math.exp(a + by_steps * math.log(log.steps) + by_size * math.log(n_train) + by_gap * gap)
    turn *= (1e-3 / learning_rate) ** RATE_POWER * (32 / batch_size) ** BATCH_POWER
    turn = min(max(turn, 1.0), log.steps)
    known = fitted.known[0] + fitted.known[1] * math.log(min(max(log.train / log.constant, 1e-4), 2.0))
    return replace(
        log,
        best_step=turn,
        turn=turn,
        best_range=(max(turn / 3, 1.0), min(turn * 3, log.steps)),
        best_val=log.val,
        known=float(np.clip(known, 0, 1)),
    )


def recommend(
    n_train: int,
    train_loss: float,
    val_loss: float,
    *,
    task: str = "tabular",
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    curve: Mapping[str, Sequence[float]] | Sequence[Mapping[str, float]] | None = None,
    objective: str = "loss",
    learning_rate: float = 1e-3,
    batch_size: int = 32,
    steps: int | None = None,
    training_mode_loss: bool = False,
    architecture: str = "dense",
    fitted: Fitted = FITTED,
) -> Advice:
    """Turn one unregularized run into settings for the next.

    Parameters
    ----------
    n_train : int
        Training rows.
    train_loss, val_loss : float
        At the end of an unregularized run, clean: evaluation mode, hard labels, no augmentation, no penalty. nan or
        inf where it diverged.
    task : "tabular", "image", "signal" or "text"
    n_classes : int, optional
        None is regression.
    constant_loss : float, optional
        The loss of the best constant guess; ln(n_classes), or 0.5 for regression (half the squared error on a
        standardised target).
    n_val : int, optional
        Validation rows.
    curve : mapping or sequence of mappings, optional
        As for `diagnose`. Without it the best step is guessed, and the advice is weaker.
    objective : "loss" or "accuracy"
        What is to be good on new rows.
    learning_rate : float
        Of the run (AdamW).
    batch_size : int
    steps : int, optional
        How long the run was; by default the curve's last step, else 1000.
    training_mode_loss : bool
        Whether `train_loss` was measured in training mode, which makes the gap mislead.
    architecture : "dense", "conv", "transformer" or "language model"
        Dense networks were measured here; for the others the answer is literature, or that there is none.
    fitted : Fitted
        The rules' numbers; the benchmark passes those that were fitted without the dataset at hand.

    Returns
    -------
    Advice

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> advice = recommend(200, 0.001, 0.45, task="image", n_classes=10, n_val=200, steps=1200)
    >>> advice.diagnosis, advice.confidence, advice.settings.augment
    ('strong overfit', 'medium', 0.5)
    >>> recommend(200, 2.2, 2.25, task="image", n_classes=10, n_val=200).diagnosis
    'underfit'
    """
    check_whole("n_train", n_train, 1)
    for name, value, allowed in (
        ("task", task, TASKS),
        ("objective", objective, ("loss", "accuracy")),
        ("architecture", architecture, ARCHITECTURES),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r:.40}")
    train, val = _as_loss("train_loss", train_loss), _as_loss("val_loss", val_loss)
    check_number("learning_rate", learning_rate, 0)
    if learning_rate == 0:
        raise ValueError("learning_rate must be above 0, got 0")
    check_whole("batch_size", batch_size, 1)
    log = _read_log(train, val, curve, n_classes, constant_loss, n_val, steps, training_mode_loss)
    if log.steps is None:
        log = replace(log, steps=1000.0, guessed=(*log.guessed, "steps was not given: taken as 1000."))
    found = _diagnose(log)
    assert log.steps is not None
    guessed = log.turn is None
    if guessed:
        log = _guess(log, n_train, learning_rate, min(batch_size, n_train), fitted)
    confidence, why = found.confidence, found.why
    settings, reasons, ranges = _settings(log, found.name, guessed, task, objective, learning_rate, fitted)
    also: tuple[str, ...] = ()
    if architecture != "dense" and found.name in OVERFIT:
        assert log.steps is not None
        passes = log.steps * batch_size / n_train
        settings, reasons, ranges, also = _published(architecture, task, n_train, passes, learning_rate)
        confidence = "low"
        why += (f"Nothing was measured here on this architecture ({architecture}): what follows is literature.",)
    elif found.name in OVERFIT and not MEASURED_ROWS[0] <= n_train <= MEASURED_ROWS[1]:
        confidence = "medium" if confidence == "high" else "low"
        low, high = MEASURED_ROWS
        why += (f"The rules were measured on {low} to {high} training rows; {n_train} is beyond.",)
    return Advice(
        diagnosis=found.name,
        confidence=confidence,
        why=why,
        settings=settings,
        ranges=ranges,
        reasons=tuple(reasons),
        next_steps=also + _next_steps(found.name, log, guessed),
        best_step=log.best_step or math.nan,
    )


def _round(value: float) -> float:
    """Round to two digits."""
    return float(f"{value:.2g}")


def _settings(
    log: _Log, name: str, guessed: bool, task: str, objective: str, learning_rate: float, fitted: Fitted
) -> tuple[Settings, list[Reason], dict[str, tuple[float, float]]]:
    """Return the settings for a diagnosis, with their reasons and ranges."""
    if name == "diverging":
        return (
            Settings(learning_rate=learning_rate / 10, clip_norm=1.0),
            [
                Reason("learning_rate", "A run that diverges is first run again at a tenth of its rate.", PLAYBOOK),
                Reason("clip_norm", "Clipping at norm 1 bounds the single step that blows up.", PLAYBOOK),
            ],
            {"learning_rate": (_round(learning_rate / 30), _round(learning_rate / 3)), "clip_norm": (0.5, 5.0)},
        )
    values: dict[str, Any] = {"patience": PATIENCE, "learning_rate": learning_rate}
    reasons = [Reason("patience", "Keep the weights of the lowest clean validation loss: it costs nothing.", MEASURED)]
    ranges = {"patience": (10.0, 40.0)}
    if name not in OVERFIT:
        return Settings(**values), reasons, ranges

    def add(field: str, value: float, low: float, high: float, sentence: str, source: str = MEASURED) -> None:
        value, low, high = _round(value), _round(low), _round(high)
        if value > 0:
            values[field] = value
            ranges[field] = (min(low, value), max(high, value))
            reasons.append(Reason(field, sentence, source))

    assert log.turn is not None
    assert log.best_step is not None
    assert log.best_range is not None
    assert log.known is not None
    assert log.steps is not None
    assert log.best_val is not None
    known, augmented = log.known, task in ("image", "signal")
    fade = float(np.clip((FADE[1] - log.best_step / log.steps) / (FADE[1] - FADE[0]), 0, 1))

    share = fitted.decay_augmented if augmented else fitted.decay_base + fitted.decay_known * known
    share *= max(1 - log.turn / log.steps, LEFT)  # a run that was at its best late has little to be held back from

    def decay(step: float) -> float:
        return float(np.clip(share / (learning_rate * step), *DECAY_LIMITS))

    low_step, high_step = log.best_range
    when = f"about step {log.turn:.0f}" if not guessed else f"about step {log.turn:.0f} (a guess, from size and losses)"
    add(
        "weight_decay",
        decay(log.turn),
        decay(2 * max(high_step, log.turn)),
        decay(min(low_step, log.turn) / 2),
        f"The run was at its best {when}: decay that forgets over {1 / share:.1f} times as many steps holds it there.",
    )
    if augmented:
        magnitude = 0.5 if task == "image" else 1.0
        add("augment", magnitude, 0.25, 1.0, "Changes that keep the label gain most where the inputs allow them.")
    by_heart = f"At its best step the training loss was {100 * known:.0f} % below the validation loss"
    noise = known * (fitted.noise_late + (fitted.noise - fitted.noise_late) * fade)
    add("input_noise", noise, 0, 2 * noise, f"{by_heart}: noise on the inputs blurs what was learnt by heart.")
    if objective == "accuracy" and log.classes:
        add("label_smoothing", 0.1, 0.05, 0.2, "Smoothing often helps accuracy, while it raises the loss.", SMOOTHING)
        if augmented:
            add("mixup_alpha", 0.2, 0.1, 0.4, "Mixup often helps accuracy, while it raises the loss.", MIXUP)
    elif task == "image" and log.classes:
        smoothing = float(np.clip(0.1 * log.best_val, 0, 0.05)) * known
        add("label_smoothing", smoothing, 0, 0.1, "Smoothing far below the loss that is reached bounds the confidence.")
    return Settings(**values), reasons, ranges


def _published(
    architecture: str, task: str, n_train: int, passes: float, learning_rate: float
) -> tuple[Settings, list[Reason], dict[str, tuple[float, float]], tuple[str, ...]]:
    """Return the settings of the first recipe that fits, or those that only keep the best checkpoint."""
    keep = "Stop when the validation loss has long found no new best, and keep the best: no value fits all, search it."
    reasons, ranges = [Reason("patience", keep, JUDGEMENT)], {"patience": (10.0, 40.0)}
    values: dict[str, Any] = {"patience": PATIENCE, "learning_rate": learning_rate}
    for recipe in RECIPES:
        if (recipe.architecture, recipe.task) == (architecture, task) and recipe.fits(n_train, passes):
            for name, (value, low, high) in recipe.settings.items():
                values[name], ranges[name] = value, (low, high)
                reasons.append(Reason(name, "Published for this regime; not measured here.", recipe.source))
            return Settings(**values), reasons, ranges, recipe.also
    none = f"No published row fits ({architecture}, {task}): nothing is advised but to keep the best checkpoint."
    return Settings(**values), reasons, ranges, (none,)


def _next_steps(name: str, log: _Log, guessed: bool) -> tuple[str, ...]:
    """Return what to do next, one sentence each."""
    steps: list[str] = []
    if log.training_mode:
        steps.append("Measure the training loss in evaluation mode on hard labels, and ask again.")
    if name == "diverging":
        steps += [
            "Run again at the lower learning rate; regularize nothing until the loss falls.",
            "If more than half of the steps are clipped, lower the learning rate further.",
        ]
        return tuple(steps)
    if name == "underfit":
        steps.append("Take regularization away, train longer or use a larger network; regularize once it overfits.")
    elif name == "too noisy":
        steps.append("Hold out more validation rows, or cross-validate: so few cannot tell two settings apart.")
    elif name == "good":
        steps.append("Keep the settings and the best checkpoint; more data or a larger network come next.")
    elif name == "validation below train":
        steps.append("If the training loss was clean, look for rows in both sets, or validation rows that are easy.")
    else:
        if name == "compute-limited":
            steps.append("Train longer: the validation loss was still falling at the end.")
        steps += [
            "Check for harm: compare the advised run with the first run's best checkpoint on validation loss, "
            "and keep the better.",
            "One more run at half the strength, chosen on validation loss, is worth its time.",
        ]
    if guessed:
        steps.append("Give the curve (step, train_loss, val_loss): the advice from the last losses alone is weaker.")
    return tuple(steps)
