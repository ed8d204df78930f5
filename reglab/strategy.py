"""The advisor: from one unregularized run to a diagnosis and settings for the next run.

`recommend` always answers. From the size and the last two losses alone it guesses *when* the run was at its best; with
the curve it sees it, and advises better. How much better is measured: ``python -m reglab.benchmark evidence``.

It says what it read, and asks for what it needs: a number that would rest on something untold is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab.curves import Curve, done
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
NOT_ON_TEXT = "carried over from tables, images and signals: not measured on text"
NOT_AT_THIS_SIZE = "carried over from 30 to 1,000 training rows: not measured at this size"
JUDGEMENT = "judgement, not measured"
PLAYBOOK = "Godbole et al. 2023, Deep Learning Tuning Playbook"
NANOGPT = "nanoGPT, train.py"
SMOOTHING = (
    "Szegedy et al. 2016: about 0.2 points on ImageNet; Mueller et al. 2019: hardly any (86.8 to 86.7 %, 72.1 to "
    "72.7 %, 80.9 to 80.9 %); Vaswani et al. 2017: it hurts perplexity"
)
MIXUP = "mixup's code, README: CIFAR-10 error 5.53 to 4.24 % at decay 1e-4, 5.18 to 4.68 % at 5e-4"

MAX_ROWS = 100_000  # of a curve
COLUMNS = ("step", "train_loss", "val_loss")
OPTIONAL = ("train_accuracy", "val_accuracy", "best_step")
PLURALS = {"step": "steps", "epoch": "epochs", "round": "rounds", "evaluation": "evaluations", "row": "rows"}


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
STANDARDISED = 0.5  # the loss of a constant guess: half the variance of a standardised target
NEAR = 1.1  # times the lowest validation loss is as good as the lowest
DECAY_LIMITS = (0.02, 10.0)
LEFT = 0.1  # of the run, at least
# The turn comes later at a smaller learning rate and batch: seen at 3e-4 to 3e-3 and at 8 to 100, on seven tasks.
RATE_POWER, BATCH_POWER = 0.6, 0.2
MEASURED_ROWS = (30, 1000)  # smallest and largest n_train of the benchmark
USUAL_BATCH, USUAL_STEPS = 32, 1000  # what a guess is made with where they are not told, which is said
FADE = (0.4, 0.6)  # noise fades as best_step / steps goes from the one to the other
NOISY = 0.18  # of the validation loss, its standard error: fewer than about 45 rows
# Accuracies typed as losses have the training value above the validation value: in percent from 20 up, where no loss is
# of a run that did not diverge, or as a share from .95 up.
PERCENT, SHARE = 20.0, 0.95
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
        Validation minus training loss at the end; NaN where what was told are accuracies.
    best_step : float or None
        Where the validation loss was lowest, as the curve counts; None without a curve.
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
        What the diagnosis and the confidence rest on, and how what was told was read, one sentence each.
    settings : Settings
        Ready for `reglab.fit`.
    ranges : dict of str to (float, float)
        For every field that the advice sets: from where to where to search, if one searches.
    reasons : tuple of Reason
        One or more for every field that the advice sets.
    next_steps : tuple of str
        First what has to be told for the numbers that are missing.
    best_step : float
        The optimizer step at which the run was at its best; guessed where an overfit is told without a curve, NaN
        where it cannot be told.
    steps : float
        Optimizer steps of the run; NaN where they cannot be told.
    """

    diagnosis: str
    confidence: str
    why: tuple[str, ...]
    settings: Settings
    ranges: dict[str, tuple[float, float]]
    reasons: tuple[Reason, ...]
    next_steps: tuple[str, ...]
    best_step: float = math.nan
    steps: float = math.nan


@dataclass(frozen=True)
class _Log:
    """A run's losses, checked, as the rules read them; its times are counted in `unit`, or in optimizer steps."""

    train: float  # T, clean training loss at the end
    val: float  # V
    constant: float  # L0, loss of the best constant guess
    n_val: int | None
    steps: float | None  # how long the run was
    scale: str = "told"  # who says L0: "told", "curve" (its first losses), "assumed" or "unknown"
    unit: str = "step"
    certain: bool = False  # that a step is the optimizer's
    by_ones: bool = False  # the count rises by 1 from row to row
    in_steps: bool = True  # the times below, and steps, are optimizer steps
    best_count: float | None = None  # where the validation loss was lowest, as the curve counts
    best_step: float | None = None  # where the validation loss was lowest
    best_range: tuple[float, float] | None = None  # the steps at which it was within 10 % of that, or over the runs
    turn: float | None = None  # the middle of those steps, on a log scale
    best_val: float | None = None  # V*
    known: float | None = None  # share of V* by which the training loss lay below it there
    fall: float = 0.0  # by how much the validation loss fell over the last 30 % of the steps
    peak: float = 0.0  # highest training loss of the curve
    n_classes: int | None = None
    accuracies: bool = False  # train and val are accuracies, as shares
    training_mode: bool = False
    runs: int = 1
    guessed: tuple[str, ...] = field(default=())  # sentences on what was not told
    said: tuple[str, ...] = ()  # sentences on how it was read
    asks: tuple[str, ...] = ()  # sentences on what has to be told
    doubts: int = 0

    @property
    def classes(self) -> bool:
        """Whether the loss is a cross-entropy."""
        return self.n_classes is not None

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
        "mixup's code, README: CIFAR-10, SGD, decay 5e-4, with mixup 1e-4; the magnitude is judgement",
        (
            "Beyond Settings (judgement): random crops, flips and TrivialAugment; prefer fine-tuning a pretrained one.",
            "The decay is the coupled one of SGD; leave norm layers and biases out of it (mixup's README).",
            "In short training weaken mixup or leave it out (OpenMixup, CIFAR-100, Swin-T: 78.41 to 76.78 % in 200 "
            "epochs, 81.29 to 83.67 % in 600).",
        ),
    ),
    Recipe(
        "conv",
        "image",
        _always,
        {"mixup_alpha": (0.1, 0.1, 0.2), "weight_decay": (0.02, 0.01, 0.02)},
        "Wightman et al. 2021, ResNet strikes back, A3 (100 epochs, LAMB)",
        (
            "Beyond Settings: CutMix 1.0 and light RandAugment (A3); no dropout before batch norm (Li et al. 2018).",
            "For 600 epochs (A1): smoothing .1, mixup .2, CutMix 1.0, drop-path .05.",
        ),
    ),
    Recipe(
        "transformer",
        "image",
        lambda n, passes: n < 100_000,
        {"mixup_alpha": (0.8, 0.2, 0.8)},
        "OpenMixup, CIFAR-100, DeiT-S: mixup .8 from 65.81 to 69.98 %, CutMix to 74.12 % in 200 epochs",
        ("Beyond Settings: CutMix (OpenMixup); prefer fine-tuning a pretrained network (judgement).",),
    ),
    Recipe(
        "transformer",
        "image",
        lambda n, passes: n < 5_000_000,
        {"mixup_alpha": (0.8, 0.2, 0.8), "label_smoothing": (0.1, 0.05, 0.1), "weight_decay": (0.05, 0.03, 0.1)},
        "Touvron et al. 2021, DeiT (about 1M images, from scratch)",
        ("Beyond Settings: CutMix 1.0, drop-path .1, RandAugment 9; dropout 0 (DeiT).",),
    ),
    Recipe(
        "transformer",
        "image",
        _always,
        {"weight_decay": (0.03, 0.03, 0.1)},
        "Steiner et al. 2021, AugReg configurations (about 14M images)",
        ("Dropout 0; no augmentation for small models, light for base, medium for large ones (AugReg).",),
    ),
    Recipe(
        "language model",
        "text",
        lambda n, passes: passes <= 1.5,
        {"weight_decay": (0.1, 0.05, 0.2), "clip_norm": (1.0, 0.5, 2.0)},
        f"{NANOGPT} (one pass over the data); the ranges are judgement",
        ("Dropout 0 (nanoGPT).",),
    ),
    Recipe(
        "language model",
        "text",
        lambda n, passes: passes <= 4,
        {"dropout": (0.1, 0.0, 0.2), "weight_decay": (0.1, 0.05, 0.2), "clip_norm": (1.0, 0.5, 2.0)},
        f"{NANOGPT} (several passes, or fine-tuning); the ranges are judgement",
        ("Up to about four passes are as good as new data (Muennighoff et al. 2023, arXiv 2305.16264).",),
    ),
    Recipe(
        "language model",
        "text",
        _always,
        {"dropout": (0.1, 0.1, 0.2), "weight_decay": (0.8, 0.8, 3.2), "clip_norm": (1.0, 0.5, 2.0)},
        f"Kim et al. 2025, arXiv 2509.14786 (decay); {NANOGPT} (dropout, clipping)",
        (
            "In many passes the best decay rose with the model's size: .8, 1.6, 3.2 and 3.2 at 150M, 300M, 600M and "
            "1.4B parameters (arXiv 2509.14786).",
        ),
    ),
)


# --- reading ------------------------------------------------------------------------------------------


def curve_of(run: Run, setting: int = 0, *, seed: int | None = None) -> Curve:
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
    Curve
        Certain to count optimizer steps: "step", "train_loss", "val_loss", "train_accuracy", "val_accuracy", one value
        per evaluation that all seeds reached; and "best_step", each seed's step of the lowest validation loss, whose
        spread widens the ranges. The losses of a run of which a seed diverged end in infinity.

    Examples
    --------
    >>> from reglab.settings import Training
    >>> from reglab.train import fit
    >>> run = fit("digits", Settings(), Training(max_steps=50, eval_steps=5), n_train=50, seeds=2)
    >>> curve = curve_of(run)
    >>> curve["step"][-1], len(curve["val_loss"]), len(curve["best_step"])
    (50, 5, 2)
    """
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
    return Curve(curve, certain=True)


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
        epochs = "; epochs are the step of a reglab.curves.Curve of unit epoch" if "epoch" in curve else ""
        raise ValueError(f"curve must have the columns {', '.join(COLUMNS)}, got {got}{epochs}")
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


def _scale(
    n_classes: int | None, constant_loss: float | None, firsts: Sequence[float], losses: Sequence[float]
) -> tuple[float, str, tuple[str, ...]]:
    """Return the loss of the best constant guess, who says so, and a sentence where nobody told.

    firsts: the losses of the curve's first row; losses: those at the end.
    """
    if n_classes is not None:
        check_whole("n_classes", n_classes, 2)
    if constant_loss is not None:
        check_number("constant_loss", constant_loss, 0)
        if constant_loss == 0:
            raise ValueError("constant_loss must be above 0, got 0")
        return float(constant_loss), "told", ()
    if n_classes is not None:
        return math.log(n_classes), "told", ()
    untold = "Neither the classes (n_classes) nor the loss of a constant guess (constant_loss) was told"
    first = max((loss for loss in firsts if math.isfinite(loss)), default=0.0)
    if first > 0:
        return first, "curve", (f"{untold}: the curve's first loss, {_plain(first)}, stands for it.",)
    top = max((loss for loss in losses if math.isfinite(loss)), default=0.0)
    if top > 1.5 * STANDARDISED:
        return (
            top,
            "unknown",
            (f"{untold}: losses up to {_plain(top)} are in units of their own, of which the gap alone can be judged.",),
        )
    return STANDARDISED, "assumed", (f"{untold}: read as regression on a standardised target, {STANDARDISED:g}.",)


def _are_accuracies(log: _Log, rises: bool) -> float:
    """Return what the two numbers have to be divided by if they are accuracies, 0 if they are losses."""
    T, V = log.train, log.val
    if not log.classes or log.training_mode or not V < T or not rises:
        return 0.0
    if max(PERCENT, 1.5 * log.constant) < T <= 100:
        return 100.0
    return 1.0 if SHARE <= T <= 1 and log.gap < -2 * log.error else 0.0


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
    read = None if curve is None else _read_curve(curve)
    firsts = [] if read is None else [_first(read[name]) for name in COLUMNS[1:]]
    if read is not None:
        train = float(read["train_loss"][-1]) if train is None else train
        val = float(read["val_loss"][-1]) if val is None else val
    assert train is not None
    assert val is not None
    constant, scale, guessed = _scale(n_classes, constant_loss, firsts, (train, val))
    if n_val is not None:
        check_whole("n_val", n_val, 1)
    else:
        guessed += ("The validation rows (n_val) were not told: their noise is judged as if they were 200.",)
    if steps is not None:
        check_whole("steps", steps, 1)
    log = _Log(
        train=train,
        val=val,
        constant=constant,
        scale=scale,
        n_val=n_val,
        steps=None,
        n_classes=n_classes,
        training_mode=training_mode_loss,
        guessed=guessed,
    )
    if divisor := _are_accuracies(log, rises=not firsts or firsts[0] < train):
        T, V = train / divisor, val / divisor
        read_as = "accuracies in percent" if divisor == 100 else "accuracies"
        right = f"{_percent(T)} of the training rows and {_percent(V)} of the validation rows are right"
        said = (f"{train:g} and {val:g} are read as {read_as}: {right}.",)
        return replace(log, accuracies=True, train=T, val=V, said=said)
    if read is None:
        return replace(log, steps=float(steps) if steps else None)
    return _with_curve(log, curve, read)


def _may_be_accuracies(log: _Log) -> bool:
    """Tell whether two losses may as well be accuracies: training above validation, near 1 or in percent."""
    return log.val < log.train and (SHARE - 0.05 <= log.train <= 1 or PERCENT <= log.train <= 100)


def _first(column: NDArray[np.float64]) -> float:
    finite = column[np.isfinite(column)]
    return float(finite[0]) if len(finite) else math.nan


def _plain(value: float) -> str:
    """Return a number of three digits, or more before its point, as people write them."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _with_curve(log: _Log, curve: Any, read: Mapping[str, NDArray[np.float64]]) -> _Log:
    """Return the log with what its curve shows, its times as many units as were done."""
    step, curve_train, curve_val = (read[name] for name in COLUMNS)
    unit = getattr(curve, "unit", "step")
    count = done(step, unit, getattr(curve, "counted_from", None))
    least = float(count[count > 0].min(initial=math.inf)) if (count > 0).any() else 1.0
    log = replace(
        log,
        unit=unit,
        certain=bool(getattr(curve, "certain", False)),
        by_ones=len(step) >= 5 and bool((np.diff(step) == 1).all()),
        in_steps=unit == "step",
        steps=float(max(count[-1], least)),
    )
    seen = np.isfinite(curve_val)
    if not seen.any():
        return replace(log, train=math.nan)
    if not (math.isfinite(curve_train[-1]) and math.isfinite(curve_val[-1])):
        log = replace(log, train=math.nan)  # it ended in nan or inf
    at = int(np.argmin(np.where(seen, curve_val, np.inf)))
    best_val, best = float(curve_val[at]), max(float(count[at]), least)
    near = np.maximum(count[seen & (curve_val <= NEAR * best_val)], least)
    low, high, runs = float(near[0]), float(near[-1]), 1
    best_count = float(step[at])
    if "best_step" in read:  # one per run
        each = np.maximum(read["best_step"], least)
        runs = len(each)
        best = best_count = float(np.exp(np.log(each).mean()))
        low, high = min(low, float(each.min())), max(high, float(each.max()))
    late = seen & (count >= 0.9 * count[-1])
    before = seen & (count >= 0.6 * count[-1]) & (count <= 0.75 * count[-1])
    fall = curve_val[before].mean() - curve_val[late].mean() if late.any() and before.any() else 0.0
    peak = curve_train[np.isfinite(curve_train)]
    return replace(
        log,
        best_count=best_count,
        best_step=best,
        turn=float(np.sqrt(near[0] * near[-1])),
        best_range=(low, high),
        best_val=min(best_val, log.val) if math.isfinite(log.val) else best_val,
        known=float(np.clip(1 - curve_train[at] / max(best_val, 1e-12), 0, 1)) if np.isfinite(curve_train[at]) else 0.0,
        runs=runs,
        fall=float(fall),
        peak=float(peak.max()) if len(peak) else 0.0,
    )


# --- from the curve's count to optimizer steps ----------------------------------------------------------


def _in_steps(log: _Log, n_train: int | None, batch_size: int | None, steps: int | None, architecture: str) -> _Log:
    """Return the log with its times in optimizer steps, or with the sentence that asks for what that needs."""
    assert log.steps is not None
    unit, length, said, doubts = log.unit, log.steps, log.said, log.doubts
    if unit == "step":
        in_a_pass = 0 if n_train is None else math.ceil(n_train / (batch_size or USUAL_BATCH))
        # A language model may well see less than its data once.
        if log.certain or architecture == "language model" or length >= in_a_pass:
            if steps is not None and abs(steps - length) > 0.1 * length:
                said += (f"The curve ends at step {length:g}, and not at the {steps:,} told beside it.",)
            if log.by_ones and not log.certain:
                doubts += 1
                said += (
                    "The steps rise by 1 from row to row, as epochs do: they are taken for optimizer steps, since "
                    "the column is named so.",
                )
            return replace(log, said=said, doubts=doubts)
        unit = "epoch"
        said += (
            f"The last step, {length:g}, is less than one pass over the data, {in_a_pass:,} steps: it is taken for an "
            "epoch.",
        )
    if unit in ("row", "evaluation") and steps is not None:
        said += (f"The curve counts {PLURALS[unit]}: its {length:g} are spread evenly over the {steps:,} steps told.",)
        return _scaled(replace(log, said=said), steps / length)
    if unit == "row":
        unit, doubts = "epoch", doubts + 1
        said += ("No column counts steps or epochs: each row is taken for an epoch.",)
    if unit == "epoch" and n_train is not None and batch_size is not None:
        in_a_pass = math.ceil(n_train / batch_size)
        said += (f"Read {_count(length, 'epoch')} of {_count(in_a_pass, 'step')}.",)
        if steps is not None and abs(steps - length * in_a_pass) > in_a_pass:
            said += (f"That makes {length * in_a_pass:,.0f} steps, and not the {steps:,} told beside it.",)
        return _scaled(replace(log, said=said, doubts=doubts), in_a_pass)
    if unit == "epoch" and steps is not None:
        said += (f"The curve's {length:g} epochs are spread evenly over the {steps:,} steps told.",)
        return _scaled(replace(log, said=said, doubts=doubts), steps / length)
    if unit == "round":
        ask = (
            "Rounds of boosting are no optimizer steps, and nothing was measured here on trees: keep the rounds up to "
            "the best one, and set the library's own strengths."
        )
    elif unit == "evaluation":
        ask = "Say how many steps the run took (steps): weight decay is set in steps, and the curve counts evaluations."
    else:
        missing = ["the training rows (n_train)"] * (n_train is None)
        missing += ["the batch size (batch_size)"] * (batch_size is None)
        ask = f"Say {' and '.join(missing)}: weight decay is set in steps, and the curve counts epochs."
    return replace(log, said=said, in_steps=False, doubts=doubts + 2, asks=(*log.asks, ask))


def _count(number: float, unit: str) -> str:
    return f"{number:,.6g} {unit if number == 1 else PLURALS[unit]}"


def _scaled(log: _Log, factor: float) -> _Log:
    """Return the log with its times multiplied."""
    names = ("steps", "best_step", "turn")
    told = {name: getattr(log, name) for name in names if getattr(log, name) is not None}
    scaled: dict[str, Any] = {name: round(value * factor, 6) for name, value in told.items()}
    if log.best_range is not None:
        low, high = log.best_range
        scaled["best_range"] = round(low * factor, 6), round(high * factor, 6)
    return replace(log, in_steps=True, **scaled)


# --- diagnosis ----------------------------------------------------------------------------------------


def _name(log: _Log) -> tuple[str, str]:
    """Return the diagnosis, and the sentence it rests on."""
    T, V, L0, gap, error, rise = log.train, log.val, log.constant, log.gap, log.error, log.rise
    if not (math.isfinite(T) and math.isfinite(V)):
        return "diverging", "The loss is not finite."
    if log.accuracies:
        return _name_of_accuracies(log)
    whose = "the curve's first" if log.scale == "curve" else "a constant guess's"
    if log.scale != "unknown":  # these compare a loss with that of a constant guess
        if T > 1.5 * L0:
            return "diverging", f"The training loss, {_plain(T)}, is above 1.5 times {whose}, {_plain(L0)}."
        if log.peak > 3 * L0 and T > 0.4 * L0:
            return "diverging", (
                f"The training loss went up to {_plain(log.peak)}, {log.peak / L0:.2g} times {whose}, and the run "
                f"did not recover: it ended at {_plain(T)}."
            )
        if T > 0.6 * L0 and gap < 0.15 * L0 and rise < 1.1 and gap > -2 * error:
            return (
                "underfit",
                f"The training loss, {_plain(T)}, is above 0.6 of {whose}, {_plain(L0)}, and the gap is small.",
            )
    if gap < -2 * error:
        return "validation below train", (
            f"The validation loss is {_plain(-gap)} below the training loss, more than its noise, {_plain(error)}."
        )
    noisy = error > NOISY * max(V, 1e-12)
    if noisy and gap < max(2 * error, 0.12 * L0) and V - (log.best_val or V) < 2 * error:
        return "too noisy", f"The gap, {_plain(gap)}, drowns in the validation loss's noise, {_plain(error)}."
    if log.scale != "unknown":
        if gap > L0:
            return "severe overfit", f"The gap, {_plain(gap)}, is larger than {whose} loss, {_plain(L0)}."
        if V > L0 and gap > 0.25 * L0:
            return "severe overfit", f"The validation loss, {_plain(V)}, is above {whose}, {_plain(L0)}."
    if rise > 1.8:
        return "severe overfit", f"The validation loss rose to {rise:.2g} times its lowest."
    late = log.best_step is not None and log.steps is not None and log.best_step > 0.6 * log.steps
    if late and T > 0.02 * L0 and log.fall > 0.02 * L0 and gap < 0.25 * L0:
        return "compute-limited", (
            f"The validation loss still fell by {_plain(log.fall)} over the last 30 % of the run, and the training "
            f"loss, {_plain(T)}, has room to fall."
        )
    if rise < 1.2 and abs(gap) <= 2 * error:
        return "good", f"The gap, {_plain(gap)}, is within the validation loss's noise, {_plain(error)}."
    # The first loss of a run on raw targets can be far above a constant guess's: then the loss reached is the scale.
    little = 0.03 * (min(L0, 5 * V) if log.scale == "curve" else L0)
    if V - (log.best_val or V) < little and gap < little and T > 0.25 * V:
        return "good", f"The gap, {_plain(gap)}, is below 3 % of {whose} loss, {_plain(L0)}."
    if gap > 0.12 * L0 or rise > 1.2:
        rose = f"; the validation loss rose to {_plain(rise)} times its lowest" if rise > 1.01 else ""
        what = "the larger loss" if log.scale == "unknown" else f"{whose} loss"
        return "strong overfit", f"The gap, {_plain(gap)}, is {100 * gap / L0:.0f} % of {what}, {_plain(L0)}{rose}."
    return (
        "mild overfit",
        f"The gap, {_plain(gap)}, is larger than the validation loss's noise, {_plain(error)}, and small.",
    )


def _name_of_accuracies(log: _Log) -> tuple[str, str]:
    """Return what the two accuracies can tell: how far apart they are, against their noise and a guess's errors."""
    T, V, rows = log.train, log.val, log.n_val or 200
    assert log.n_classes is not None
    errors = 1 - 1 / log.n_classes  # of a constant guess
    gap, noise = T - V, math.sqrt(max(V * (1 - V), 1 / rows) / rows)
    points = f"{_plain(100 * gap)} points"
    wrong = 1 - T
    if wrong > 0.6 * errors and gap < 0.15 * errors:
        return "underfit", f"{_percent(wrong)} of the training rows are wrong, over 0.6 of a constant guess's."
    if gap <= 2 * noise:
        return "good", f"The accuracies are {points} apart, within the noise of {rows} validation rows."
    name = "strong overfit" if gap > 0.12 * errors else "mild overfit"
    return name, f"The validation accuracy is {points} below the training accuracy, beyond its noise."


def _diagnose(log: _Log) -> Diagnosis:
    name, why = _name(log)
    sentences = [why]
    doubts = log.doubts
    if name == "diverging":
        finite = math.isfinite(log.train) and math.isfinite(log.val)
        sure = "high" if not finite or log.scale == "told" else "medium"
        if finite and log.classes and max(log.train, log.val) <= 100 and min(log.train, log.val) >= PERCENT:
            sure = "low"
            sentences.append("If these are accuracies in percent, it does not diverge: give the losses.")
        return Diagnosis(name, sure, (*sentences, *log.said, *log.guessed), log.gap, log.best_count)
    if log.accuracies:
        doubts += 2
        sentences.append("Accuracies tell less than losses: how far apart they are, and not what the mistakes cost.")
    if log.training_mode:
        doubts += 2
        sentences.append(
            "The training loss was measured in training mode (dropout, augmentation, soft labels on), so the gap "
            "misleads: measure it again in evaluation mode, on hard labels."
        )
    elif name == "validation below train":
        doubts += 1
        sentences.append(
            "Look first whether the training loss was taken in training mode, with dropout or augmentation on; else "
            "rows leak from training to validation, or the validation rows are easier."
        )
    if not log.accuracies and _may_be_accuracies(log):
        sentences.append("If these are accuracies, give the losses.")
    if log.val == 0:
        doubts += 2
        sentences.append(
            "A validation loss of exactly 0 is rare: look whether it was written at all, and whether validation rows "
            "are among the training rows."
        )
    if name == "good" and log.scale in ("curve", "unknown"):
        doubts += 1
        sentences.append("Whether it is better than a constant guess could not be checked.")
    if log.best_step is None and not log.accuracies:
        doubts += 1
        sentences.append(
            "Without the curve the gap mixes overfitting with how long the run lasted; with it the advice is stronger."
        )
    if log.n_val is not None and log.error > 0.15 * log.val and not log.accuracies:
        doubts += 1
        sentences.append(f"With {log.n_val} validation rows the loss is uncertain by about {_plain(log.error)}.")
    if log.n_val is None or log.guessed:
        doubts += 1
        sentences.extend(log.guessed)
    confidence = ("high", "medium", "low")[min(doubts, 2)]
    gap = math.nan if log.accuracies else log.gap
    return Diagnosis(name, confidence, (*sentences, *log.said), gap, log.best_count)


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
    curve : Curve, mapping of str to sequence, or sequence of mappings
        Columns "step", "train_loss" and "val_loss", and "train_accuracy" and "val_accuracy" where they are known, by
        rising step; at most 100000 rows. `curve_of` makes it from a `Run`, `reglab.curves` from a log. A `Curve` says
        what "step" counts; without that it counts steps. Losses are clean: evaluation mode, hard labels, no penalty. A
        loss that ends in nan or inf diverged.
    n_classes : int, optional
    constant_loss : float, optional
        The loss of the best constant guess; by default ln(n_classes), else the larger of the curve's first losses.
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


def _guess(log: _Log, n_train: int | None, learning_rate: float | None, batch_size: int | None, fitted: Fitted) -> _Log:
    """Guess from the size and the last losses what the curve would have shown, or ask for what that takes."""
    if log.accuracies:
        return replace(log, asks=(*log.asks, "Give the two losses: no weight decay can rest on accuracies."))
    if log.scale == "unknown":
        ask = (
            "Say the classes (n_classes), or for regression the loss of a constant guess (constant_loss; for the mean "
            "squared error the target's variance): weight decay needs the scale of the losses."
        )
        return replace(log, asks=(*log.asks, ask))
    if n_train is None:
        return replace(log, asks=(*log.asks, "Say the training rows (n_train): the guess of the best step needs them."))
    if learning_rate is None:
        return log
    assert log.steps is not None
    gap = float(np.clip(log.gap / log.constant, 0, 2))
    a, by_steps, by_size, by_gap = fitted.turn
    turn = math.exp(a + by_steps * math.log(log.steps) + by_size * math.log(n_train) + by_gap * gap)
    batch = min(batch_size or USUAL_BATCH, n_train)
    turn *= (1e-3 / learning_rate) ** RATE_POWER * (32 / batch) ** BATCH_POWER
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
    n_train: int | None,
    train_loss: float,
    val_loss: float,
    *,
    task: str = "tabular",
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    curve: Mapping[str, Sequence[float]] | Sequence[Mapping[str, float]] | None = None,
    objective: str = "loss",
    learning_rate: float | None = 1e-3,
    batch_size: int | None = None,
    steps: int | None = None,
    training_mode_loss: bool = False,
    architecture: str = "dense",
    fitted: Fitted = FITTED,
) -> Advice:
    """Turn one unregularized run into settings for the next.

    Parameters
    ----------
    n_train : int or None
        Training rows; None where they are not known.
    train_loss, val_loss : float
        At the end of an unregularized run, clean: evaluation mode, hard labels, no augmentation, no penalty. nan or
        inf where it diverged. Two accuracies in their place are recognised where no losses would be like them.
    task : "tabular", "image", "signal" or "text"
    n_classes : int, optional
        None is regression.
    constant_loss : float, optional
        The loss of the best constant guess, in the units of the losses: for the mean squared error the target's
        variance. By default ln(n_classes); for regression the larger of the curve's first losses, and without a curve
        0.5, half the variance of a standardised target, unless the losses are far above that.
    n_val : int, optional
        Validation rows.
    curve : Curve, mapping or sequence of mappings, optional
        As for `diagnose`. Without it the best step is guessed, and the advice is weaker. A curve of epochs becomes one
        of steps by ceil(n_train / batch_size) steps an epoch, as do rows that nothing counts, and steps of which the
        last is less than one pass over the data, unless the curve is certain. Rows and evaluations are spread over
        `steps` where that is told.
    objective : "loss" or "accuracy"
        What is to be good on new rows.
    learning_rate : float or None
        Of the run (AdamW); None where it is not known: no decay is advised then.
    batch_size : int, optional
        Needed where the curve counts epochs; without a curve the guess is made with 32.
    steps : int, optional
        How many optimizer steps the run took; by default what the curve says, without a curve 1000.
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
    >>> curve = Curve({"step": [1, 2, 3, 4], "train_loss": [1.0, 0.3, 0.1, 0.0], "val_loss": [1.2, 0.9, 1.1, 1.4]},
    ...               unit="epoch")
    >>> advice = recommend(5000, 0.0, 1.4, n_classes=10, n_val=500, curve=curve, batch_size=32)
    >>> advice.why[-2], advice.steps, advice.best_step
    ('Read 4 epochs of 157 steps.', 628.0, 314.0)
    """
    if n_train is not None:
        check_whole("n_train", n_train, 1)
    for name, value, allowed in (
        ("task", task, TASKS),
        ("objective", objective, ("loss", "accuracy")),
        ("architecture", architecture, ARCHITECTURES),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r:.40}")
    train, val = _as_loss("train_loss", train_loss), _as_loss("val_loss", val_loss)
    if learning_rate is not None:
        check_number("learning_rate", learning_rate, 0)
        if learning_rate == 0:
            raise ValueError("learning_rate must be above 0, got 0")
    if batch_size is not None:
        check_whole("batch_size", batch_size, 1)
    log = _read_log(train, val, curve, n_classes, constant_loss, n_val, steps, training_mode_loss)
    guessed = log.turn is None
    if curve is not None and not log.accuracies:
        log = _in_steps(log, n_train, batch_size, steps, architecture)
    elif log.steps is None and curve is None and not log.accuracies:
        untold = f"The steps trained (steps) were not told: taken as {USUAL_STEPS}."
        log = replace(log, steps=float(USUAL_STEPS), guessed=(*log.guessed, untold))
    found = _diagnose(log)
    confidence, why = found.confidence, found.why
    overfits = found.name in OVERFIT
    if guessed and overfits:  # a curve without a turn diverged
        log = _guess(log, n_train, learning_rate, batch_size, fitted)
    if learning_rate is None and (overfits or found.name == "diverging"):
        needs = "weight decay goes with one over it" if overfits else "a tenth of it is to be tried next"
        log = replace(log, asks=(*log.asks, f"Say the learning rate (learning_rate): {needs}."))
    settings, reasons, ranges = _settings(log, found.name, guessed, n_train, task, objective, learning_rate, fitted)
    also: tuple[str, ...] = ()
    if architecture != "dense" and overfits:
        passes = _passes(log, n_train, batch_size)
        settings, reasons, ranges, also = _published(architecture, task, n_train, passes, learning_rate)
        confidence = "low"
        why += (f"Nothing was measured here on this architecture ({architecture}): what follows is literature.",)
    elif overfits:
        low, high = MEASURED_ROWS
        beyond = n_train is not None and not low <= n_train <= high
        if beyond:
            why += (f"The rules were measured on {low} to {high} training rows; {n_train} is beyond.",)
        if task == "text":
            why += ("Nothing was measured on text: what follows is carried over from other data.",)
        if beyond or task == "text":
            confidence = "medium" if confidence == "high" and task != "text" else "low"
    if overfits and log.asks:
        confidence = "low"
    asks = log.asks if overfits or found.name == "diverging" else ()
    return Advice(
        diagnosis=found.name,
        confidence=confidence,
        why=why,
        settings=settings,
        ranges=ranges,
        reasons=tuple(reasons),
        next_steps=asks + also + _next_steps(found.name, log, guessed),
        best_step=(log.best_step or math.nan) if log.in_steps else math.nan,
        steps=(log.steps or math.nan) if log.in_steps else math.nan,
    )


def _passes(log: _Log, n_train: int | None, batch_size: int | None) -> float:
    """Return how often the run saw its data; once where that is not known."""
    if not log.in_steps:
        return log.steps or 1.0 if log.unit == "epoch" else 1.0
    return (log.steps or 0) * (batch_size or USUAL_BATCH) / n_train if n_train else 1.0


def _round(value: float) -> float:
    """Round to two digits."""
    return float(f"{value:.2g}")


def _settings(
    log: _Log,
    name: str,
    guessed: bool,
    n_train: int | None,
    task: str,
    objective: str,
    learning_rate: float | None,
    fitted: Fitted,
) -> tuple[Settings, list[Reason], dict[str, tuple[float, float]]]:
    """Return the settings for a diagnosis, with their reasons and ranges."""
    values: dict[str, Any] = {} if learning_rate is None else {"learning_rate": learning_rate}
    reasons: list[Reason] = []
    ranges: dict[str, tuple[float, float]] = {}

    def add(field: str, value: float, low: float, high: float, sentence: str, source: str) -> None:
        value, low, high = _round(value), _round(low), _round(high)
        if value > 0:
            values[field] = value
            ranges[field] = (min(low, value), max(high, value))
            reasons.append(Reason(field, sentence, source))

    if name == "diverging":
        if learning_rate is not None:
            why = "A run that diverges is first run again at a tenth of its rate."
            values["learning_rate"], ranges["learning_rate"] = (
                learning_rate / 10,
                (_round(learning_rate / 30), _round(learning_rate / 3)),
            )
            reasons.append(Reason("learning_rate", why, f"the tenth: judgement; lowering it: {PLAYBOOK}"))
        why = "Clipping bounds the single step that blows up; better than 1 is the 90th percentile of the logged norms."
        add("clip_norm", 1.0, 0.5, 5.0, why, f"the percentile: {PLAYBOOK}; the 1: {NANOGPT}")
        return Settings(**values), reasons, ranges
    low_rows, high_rows = MEASURED_ROWS
    measured = NOT_ON_TEXT if task == "text" else MEASURED
    if n_train is not None and not low_rows <= n_train <= high_rows and task != "text":
        measured = NOT_AT_THIS_SIZE
    if log.unit == "round":
        measured = JUDGEMENT
    values["patience"], ranges["patience"] = PATIENCE, (10.0, 40.0)
    keep = "Keep the weights of the lowest clean validation loss: it costs nothing."
    reasons.append(Reason("patience", keep, measured))
    if name not in OVERFIT or log.unit == "round":
        return Settings(**values), reasons, ranges

    known, augmented = log.known, task in ("image", "signal")
    if log.turn is not None and log.in_steps and learning_rate is not None:
        assert log.best_range is not None
        assert log.steps is not None
        assert known is not None
        share = fitted.decay_augmented if augmented else fitted.decay_base + fitted.decay_known * known
        share *= max(1 - log.turn / log.steps, LEFT)  # a run that was at its best late has little to be held back from
        rate = learning_rate

        def decay(step: float) -> float:
            return float(np.clip(share / (rate * step), *DECAY_LIMITS))

        low_step, high_step = log.best_range
        when = f"about step {log.turn:.0f}" + (" (a guess, from size and losses)" if guessed else "")
        add(
            "weight_decay",
            decay(log.turn),
            decay(2 * max(high_step, log.turn)),
            decay(min(low_step, log.turn) / 2),
            f"The run was at its best {when}: decay that forgets over {1 / share:.1f} times as many steps holds it "
            "there.",
            measured,
        )
    if augmented:
        magnitude = 0.5 if task == "image" else 1.0
        add("augment", magnitude, 0.25, 1.0, "Copies that keep the label stand in for rows that are missing.", measured)
    if log.turn is not None and known is not None and task != "text":  # noise on tokens is no token
        assert log.best_step is not None
        assert log.steps is not None
        fade = float(np.clip((FADE[1] - log.best_step / log.steps) / (FADE[1] - FADE[0]), 0, 1))
        by_heart = f"At its best step the training loss was {100 * known:.0f} % below the validation loss"
        by_heart += " (a guess)" * guessed
        noise = known * (fitted.noise_late + (fitted.noise - fitted.noise_late) * fade)
        blur = f"{by_heart}: noise on the inputs blurs what was learnt by heart."
        add("input_noise", noise, 0, 2 * noise, blur, measured)
    if objective == "accuracy" and log.classes:
        smooth = "Smoothing may help accuracy a little, and may raise the loss."
        add("label_smoothing", 0.1, 0.05, 0.2, smooth, SMOOTHING)
        if augmented:
            add("mixup_alpha", 0.2, 0.1, 0.4, "Mixup often helps accuracy; the strength is judgement.", MIXUP)
    elif task == "image" and log.classes and known is not None and log.best_val is not None:
        smoothing = float(np.clip(0.1 * log.best_val, 0, 0.05)) * known
        far_below = "Smoothing far below the loss that is reached bounds the confidence."
        add("label_smoothing", smoothing, 0, 0.1, far_below, measured)
    return Settings(**values), reasons, ranges


def _published(
    architecture: str, task: str, n_train: int | None, passes: float, learning_rate: float | None
) -> tuple[Settings, list[Reason], dict[str, tuple[float, float]], tuple[str, ...]]:
    """Return the settings of the first recipe that fits, or those that only keep the best checkpoint."""
    keep = "Stop when the validation loss has long found no new best, and keep the best: no value fits all, search it."
    reasons, ranges = [Reason("patience", keep, JUDGEMENT)], {"patience": (10.0, 40.0)}
    values: dict[str, Any] = {"patience": PATIENCE}
    if learning_rate is not None:
        values["learning_rate"] = learning_rate
    for recipe in RECIPES:
        for_these = (recipe.architecture, recipe.task) == (architecture, task)
        if for_these and n_train is not None and recipe.fits(n_train, passes):
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
            f"If more than half of the steps are clipped, lower the learning rate further ({PLAYBOOK}).",
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
    elif log.unit != "round":
        if name == "compute-limited":
            steps.append("Train longer: the validation loss was still falling at the end.")
        steps += [
            "Check for harm: compare the advised run with the first run's best checkpoint on validation loss, "
            "and keep the better.",
            "One more run at half the strength, chosen on validation loss, guards against too much; in the benchmark "
            "it gained nothing on average.",
        ]
    if guessed and not log.accuracies:
        steps.append("Give the curve (step, train_loss, val_loss): the advice from the last losses alone is weaker.")
    return tuple(steps)
