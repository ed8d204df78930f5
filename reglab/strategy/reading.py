"""What a run's losses and its curve say, read and checked: in which units, and what was not told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.curves import Curve, done
from reglab.engine.run import Run
from reglab.settings import Settings, check_whole
from reglab.strategy.accuracies import (
    _are_accuracies,
    _are_errors,
    _as_accuracies,
    _curve_of_accuracies,
    _look_like_accuracies,
)
from reglab.strategy.apart import _rise_from_the_start, _times_apart
from reglab.strategy.changes import _blurring
from reglab.strategy.log import ALWAYS, NEAR, _Log
from reglab.strategy.scale import (
    STANDARDISED,
    VOCABULARY,
    _as_shares,
    _constant_guess,
    _is_error_rate,
    _plain,
    _scaled_by,
)
from reglab.strategy.training_mode import _on_hard_labels

__all__ = [
    "ARCHITECTURES",
    "COLUMNS",
    "MAX_ROWS",
    "NOISE_UNTOLD",
    "OPTIONAL",
    "PLURALS",
    "PRETRAINED",
    "USUAL_BATCH",
    "USUAL_STEPS",
    "curve_of",
]

MAX_ROWS = 100_000  # of a curve
ARCHITECTURES = ("dense", "conv", "transformer", "language model")
PRETRAINED = ("full", "lora")
COLUMNS = ("step", "train_loss", "val_loss")
OPTIONAL = ("train_accuracy", "val_accuracy", "best_step")
PLURALS = {"step": "steps", "epoch": "epochs", "round": "rounds", "evaluation": "evaluations", "row": "rows"}
SMOOTHED = 8  # rows from which on a curve is read by medians of three
SPIKE = 1.25  # times the middle of the last three: a last validation loss that stands alone
TINY = 1e-12
LATE = 3  # evaluations: a log that begins later begins in the middle of a run
LEARNT = 0.7  # a first accuracy above this is of a run that has learnt something
LOW = 0.3  # and a first loss below this, that of guessing among two classes being .69
# Standard errors of accuracy by which it fell from its best: at most .6 on clean labels, 1.8 to 4 with 20 to 30 % wrong
# ones, in the runs of tests/golden/make_diagnosis_logs.py.
FORGOTTEN, MUCH = 3.0, 0.05  # and the share of the rows that is more than little
# A frozen validation accuracy below ALL_BUT is no success where the training accuracy is as still and as low.
ALL_BUT, STILL, BETTER = 0.95, 0.005, 0.05
USUAL_BATCH, USUAL_STEPS = 32, 1000  # what a guess is made with where they are not told, which is said
NOISE_UNTOLD = "The validation rows (n_val) were not told: their noise is judged as if they were 200."


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
    >>> from reglab.settings import Settings
    >>> from reglab.settings import Training
    >>> from reglab.engine.train import fit
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
    return Curve(curve, certain=True)


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    """Return values as a vector of numbers, or raise."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise ValueError(f"curve[{name!r}] must be a sequence of numbers, got {values!r}")
    if len(values) > MAX_ROWS:
        raise ValueError(f"curve must have at most {MAX_ROWS} rows, got {len(values)}: leave some out")
    try:
        array = np.array([math.nan if v is None else v for v in values], np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"curve[{name!r}] must be a sequence of numbers, got {checks.shown(values)}") from None
    if array.ndim != 1:
        raise ValueError(f"curve[{name!r}] must have one number per evaluation, got the shape {array.shape}")
    return array


def _read_curve(curve: Any) -> dict[str, NDArray[np.float64]]:
    """Return the curve's columns, checked."""
    if isinstance(curve, (str, bytes)) or not isinstance(curve, (Mapping, Sequence)):
        asked = f"curve must map {', '.join(COLUMNS)} to sequences, or be a list of rows"
        raise ValueError(f"{asked}; read_log(x).curve() makes one of a log x; got {checks.shown(curve)}")
    known = COLUMNS + OPTIONAL
    if not isinstance(curve, Mapping):
        if len(curve) > MAX_ROWS:
            raise ValueError(f"curve must have at most {MAX_ROWS} rows, got {len(curve)}: leave some out")
        if not all(isinstance(row, Mapping) for row in curve):
            raise ValueError(f"curve's rows must map {', '.join(COLUMNS)} to numbers, got {str(curve[:1])[:60]}")
        names = [name for name in known[:-1] if any(name in row for row in curve)]
        curve = {name: [row.get(name) for row in curve] for name in names}
    losses = any(name in curve for name in COLUMNS[1:])
    wanted = COLUMNS if losses or "val_accuracy" not in curve else ("step", "val_accuracy")
    if any(name not in curve for name in wanted):
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
    best = read.get("best_step")
    if best is not None and not (len(best) and np.isfinite(best).all() and (best >= 0).all()):
        raise ValueError("curve['best_step'] must hold one step per run, each 0 or more")
    return read


def _as_loss(name: str, value: Any, *, below_zero: bool = False) -> float:
    """Return a loss as a float; nan and inf stand, since they mean a run that diverged."""
    asked = "a loss of 0 or more (nan or inf where it diverged)"
    loss = checks.numbers(name, value, finite=False, what=asked)
    if loss.ndim or (loss < 0 and not below_zero):
        raise ValueError(f"{name} must be {asked}, got {checks.shown(value)}")
    return float(loss)


def _read_log(
    train: float | None,
    val: float | None,
    curve: Any,
    *,
    n_train: int | None = None,
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    steps: int | None = None,
    training_mode_loss: bool | None = None,
    class_shares: Any = None,
    target_variance: float | None = None,
    current: Settings | None = None,
    architecture: str = "dense",
    pretrained: str | None = None,
) -> _Log:
    """Return what was told of a run, checked; `diagnose` and `recommend` say what each argument is."""
    if training_mode_loss is not None:
        checks.flag("training_mode_loss", training_mode_loss)
    if current is not None:
        checks.instance("current", current, Settings)
    checks.one_of("architecture", architecture, ARCHITECTURES)
    if pretrained is not None:
        checks.one_of("pretrained", pretrained, PRETRAINED, "full or lora, or None")
    shares = _as_shares(class_shares, n_classes)
    if n_classes is None and shares is not None:
        n_classes = len(shares)
    constant = _constant_guess(n_classes, constant_loss, shares, target_variance)
    if n_val is not None:
        check_whole("n_val", n_val, 1)
    if steps is not None:
        check_whole("steps", steps, 1)
    read = None if curve is None else _read_curve(curve)
    log = _Log(
        train=math.nan if train is None else train,
        val=math.nan if val is None else val,
        constant=constant or 1.0,
        n_val=n_val,
        steps=float(steps) if steps and read is None else None,
        n_classes=n_classes,
        training_mode=training_mode_loss,
        blurred=_blurring(current),
        pretrained=pretrained is not None,
        guess_right=None if n_classes is None else 1 / n_classes if shares is None else float(shares.max()),
    )
    if read is not None and "val_loss" not in read:
        log, count, _ = _timed(log, curve, read["step"])
        log = replace(log, rows=len(count), frozen=_frozen(read))
        return _curve_of_accuracies(log, count, read)
    if read is not None:
        log, read = _ends(log, read, train, val)
    if training_mode_loss and log.blurred == ("label_smoothing",) and current is not None and n_classes is not None:
        log, read = _on_hard_labels(log, read, current.label_smoothing, n_classes)
    in_words = architecture == "language model" or (n_classes or 0) >= VOCABULARY
    firsts = [] if read is None else [_first(read[name]) for name in COLUMNS[1:]]
    rises = not firsts or firsts[0] < log.train
    divisor = _are_accuracies(log, rises, typed=read is None)
    losses = [] if read is None else [read[name] for name in COLUMNS[1:]]
    scaled = constant_loss is not None or target_variance is not None
    probably = not divisor and not scaled and _look_like_accuracies(log, constant or STANDARDISED, losses)
    divisor = 1.0 if probably else divisor
    if read is None and not divisor and not scaled and _are_errors(log, n_train):
        return replace(_as_accuracies(log, 100.0, errors=True), guessed=(NOISE_UNTOLD,) * (n_val is None))
    if divisor and (read is None or all((read[name] <= divisor).all() for name in COLUMNS[1:])):
        log = _as_accuracies(log, divisor, probably)
        if read is None:
            return replace(log, guessed=(NOISE_UNTOLD,) * (n_val is None))
        log, count, _ = _timed(log, curve, read["step"])
        shares_right = {name.replace("loss", "accuracy"): read[name] for name in COLUMNS[1:]}
        return _curve_of_accuracies(log, count, {"step": read["step"], **shares_right})
    if read is not None:
        log = _with_curve(log, curve, read)
        log = replace(log, apart=0.0 if log.below_zero else _times_apart(read, constant))
    if log.apart > 1 and not in_words:  # what was told is the scale of a loss that the validation loss is none of
        constant, firsts = None, [firsts[1]]
    if log.apart:
        log = replace(log, train=log.val, known=0.0, pretrained=False)
    if _is_error_rate(curve) and log.guess_right is not None and constant_loss is None:
        constant, log = 1 - log.guess_right, replace(log, guess="a constant guess's error")
    log = _scaled_by(log, constant, firsts, in_words, None if read is None else read.get("train_accuracy"))
    # Shares of it are taken.
    shared = log.constant or 1.0
    return replace(log, constant=shared, guessed=log.guessed + (NOISE_UNTOLD,) * (n_val is None))


def _first(column: NDArray[np.float64]) -> float:
    finite = column[np.isfinite(column)]
    return float(finite[0]) if len(finite) else math.nan


def _gone(before: float, after: float) -> float:
    """Return the share of a loss that is gone."""
    return float(1 - after / max(before, TINY))


def _with_curve(log: _Log, curve: Any, read: Mapping[str, NDArray[np.float64]]) -> _Log:
    """Return the log with what its curve shows, its times as many units as were done."""
    log, count, least = _timed(log, curve, read["step"])
    step, curve_train, curve_val = (read[name] for name in COLUMNS)
    seen = np.isfinite(curve_val)
    if not seen.any():
        known = curve_train[np.isfinite(curve_train)]
        return replace(log, fell=_gone(known[0], known[-1])) if len(known) else log
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
    finite = curve_train[np.isfinite(curve_train)]
    risen = finite[1:][finite[1:] > np.minimum.accumulate(finite)[:-1]]
    smooth_train, smooth_val = _medians(finite), _medians(curve_val[seen])
    lowest = float(smooth_val.min())
    last = curve_val[seen][-2:]
    no_guess = _no_guess(count, read)
    log = replace(
        log,
        evaluations=int(seen.sum()),
        no_guess=no_guess,
        last_fell=_gone(last[0], last[-1]),
        last_lowest=bool(last[-1] == curve_val[seen].min()),
        rises=_rise_from_the_start(finite, curve_val[seen]),
        best_count=best_count,
        best_step=best,
        turn=float(np.sqrt(near[0] * near[-1])),
        best_range=(low, high),
        best_val=best_val,
        known=max(_gone(best_val, curve_train[at]), 0.0) if np.isfinite(curve_train[at]) else 0.0,
        runs=runs,
        fall=_late_fall(count, curve_val),
        peak=float(risen.max(initial=0.0)),
        low=float(smooth_train.min()) if len(finite) else None,
        end=float(smooth_train[-1]) if len(finite) else None,
        cost=float(smooth_val[-1]) - lowest,
        rose=max(float(smooth_val[-1]) / max(lowest, TINY), 1.0),
        rows=len(step),
        frozen=_frozen(read),
        accuracy_lost=_lost(read, log.n_val),
        val_fell=_gone(curve_val[seen][0], lowest),
        fell=_gone(finite[0], smooth_train[-1]) if len(finite) else 0.0,
    )
    return replace(log, said=log.said + _best_apart(log, count, read.get("val_accuracy")))


def _no_guess(count: NDArray[np.float64], read: Mapping[str, NDArray[np.float64]]) -> str:
    """Say why a curve's first losses are not those of a guess; empty where nothing speaks against it."""
    if len(count) > 1 and count[0] > LATE * float(np.median(np.diff(count))):
        return f"the log begins late, at {count[0]:g}"
    right = [_first(read[name]) for name in ("train_accuracy", "val_accuracy") if name in read]
    right = [share for share in right if math.isfinite(share)]
    divisor = 100 if any(float(np.nanmax(read[n], initial=0)) > 1 for n in read if n.endswith("accuracy")) else 1
    if right and max(right) / divisor > LEARNT:
        return f"the first accuracy, {100 * max(right) / divisor:.3g} %, is already high"
    first = max((_first(read[name]) for name in COLUMNS[1:]), default=math.nan)
    return f"the first loss, {_plain(first)}, is far below that of guessing among two classes" if first < LOW else ""


def _timed(log: _Log, curve: Any, step: NDArray[np.float64]) -> tuple[_Log, NDArray[np.float64], float]:
    """Return the log with its unit and length, how many units were done at each row, and the least above none."""
    unit = getattr(curve, "unit", "step")
    count = done(step, unit, getattr(curve, "counted_from", None))
    done_at = count[count > 0]
    least = float(done_at.min()) if len(done_at) else 1.0
    timed = replace(
        log,
        unit=unit,
        certain=bool(getattr(curve, "certain", False)),
        by_ones=len(step) >= 5 and bool((np.diff(step) == 1).all()),
        in_steps=unit == "step",
        steps=float(max(count[-1], least)),
    )
    return timed, count, least


def _medians(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the medians of three neighbours: of a long curve one value alone is no rise and no fall."""
    if len(column) < SMOOTHED:
        return column
    middle: NDArray[np.float64] = np.median(np.lib.stride_tricks.sliding_window_view(column, 3), axis=1)
    return middle


def _lost(read: Mapping[str, NDArray[np.float64]], n_val: int | None) -> float:
    """Return the points by which a validation accuracy fell from its best while training rows were still learnt.

    That is 0 where it may be noise or little: up to three standard errors, or five points.
    """
    right, learnt = (_shares(read.get(name)) for name in ("val_accuracy", "train_accuracy"))
    seen = np.isfinite(right)
    if not seen.any() or n_val is None:
        return 0.0
    at = int(np.nanargmax(right))
    best, last = float(right[at]), float(right[seen][-1])
    beyond = max(FORGOTTEN * math.sqrt(last * (1 - last) / n_val), MUCH)
    return 100 * (best - last) if best - last > beyond and len(learnt) and learnt[at] < 1 else 0.0


def _shares(accuracy: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return accuracies as shares, also of percentages; none where a value is none of an accuracy."""
    known = np.array([]) if accuracy is None else accuracy[np.isfinite(accuracy)]
    if accuracy is None or not len(known) or known.min() < 0 or known.max() > 100:
        return np.array([])
    return accuracy / (100 if known.max() > 1 else 1)


def _frozen(read: Mapping[str, NDArray[np.float64]]) -> float | None:
    """Return the one validation accuracy of all evaluations, unless that of the training rows moved."""
    right, learnt = (_shares(read.get(name)) for name in ("val_accuracy", "train_accuracy"))
    if len(right) < ALWAYS or not (right == right[0]).all() or right[0] > ALL_BUT:
        return None
    known = learnt[1:][np.isfinite(learnt[1:])]
    moved = len(known) > 0 and (np.ptp(known) > STILL or known[-1] > right[0] + BETTER)
    return None if moved else float(right[0])


def _best_apart(log: _Log, count: NDArray[np.float64], accuracy: NDArray[np.float64] | None) -> tuple[str, ...]:
    """Say that the loss and the accuracy were best at very different times, where they were."""
    right = _shares(accuracy)
    if not np.isfinite(right).any() or log.best_range is None or log.best_step is None:
        return ()
    top = np.flatnonzero(right == np.nanmax(right))
    at = int(top[np.argmin(abs(count[top] - log.best_step))])
    low, high = log.best_range
    there = right[int(np.argmin(abs(count - log.best_step)))]
    if low / 2 <= count[at] <= 2 * high or not right[at] > there:
        return ()
    return (
        f"The validation loss was lowest after {log.best_step:g} {PLURALS[log.unit]}, at a validation accuracy of "
        f"{_plain(float(there))}; that was highest, {_plain(float(right[at]))}, after {count[at]:g}: what counts, the "
        "loss or the accuracy, decides which weights to keep.",
    )


def _late_fall(count: NDArray[np.float64], column: NDArray[np.float64]) -> float:
    """Return by how much a column fell over the last 30 % of the run."""
    seen = np.isfinite(column)
    late = seen & (count >= 0.9 * count[-1])
    before = seen & (count >= 0.6 * count[-1]) & (count <= 0.75 * count[-1])
    return float(column[before].mean() - column[late].mean()) if late.any() and before.any() else 0.0


def _ends(
    log: _Log, read: dict[str, NDArray[np.float64]], train: float | None, val: float | None
) -> tuple[_Log, dict[str, NDArray[np.float64]]]:
    """Return the log with the losses at its curve's end, and the curve with its losses above 0.

    train, val: the losses told beside the curve, which say something new only where they are not finite.
    """
    losses = {name: read[name] for name in COLUMNS[1:]}
    lowest = min(float(np.min(column, initial=0.0, where=np.isfinite(column))) for column in losses.values())
    said, at_end, floor = log.said, {"train": train, "val": val}, 0.0
    if lowest < 0:
        floor = -1.0 if lowest >= -1 else lowest
        least = "-1, the least of a Dice loss" if lowest >= -1 else f"the lowest, {_plain(lowest)}"
        said += (f"Losses below 0 are read as their distance from {least}: the curve alone says how large they are.",)
        losses = {name: column - floor for name, column in losses.items()}
    ends = {"train": float(losses["train_loss"][-1]), "val": float(losses["val_loss"][-1])}
    diverged = [value for value in at_end.values() if value is not None and not math.isfinite(value)]
    if diverged and all(math.isfinite(value) for value in ends.values()):
        said += ("The losses told beside the curve are not finite: the run diverged after its last row.",)
        ends["train"] = math.nan
    else:
        apart = [
            value is not None and abs(value - floor - ends[name]) > max(0.02 * abs(ends[name]), 0.005)
            for name, value in at_end.items()
        ]
        if any(apart):
            curves = " and ".join(_plain(value + floor) for value in ends.values())
            beside = " and ".join("none" if value is None else _plain(value) for value in at_end.values())
            said += (f"The curve ends at {curves}: these are read, and not the {beside} told beside it.",)
    tail = losses["val_loss"][-3:]
    middle = float(np.median(tail)) if len(losses["val_loss"]) >= SMOOTHED else ends["val"]
    calm = np.isfinite(losses["train_loss"][-3:]).all() and ends["train"] <= NEAR * float(
        np.median(losses["train_loss"][-3:])
    )
    rises = len(tail) > 2 and tail[1] > NEAR * tail[0]  # what has begun to rise does not stand alone
    if ends["val"] > SPIKE * middle and calm and not rises:
        said += (
            f"The last validation loss, {_plain(ends['val'] + floor)}, stands alone: the one in the middle of the last "
            f"three, {_plain(middle + floor)}, is read.",
        )
        ends["val"] = middle
    return replace(log, train=ends["train"], val=ends["val"], below_zero=lowest < 0, said=said), {**read, **losses}
