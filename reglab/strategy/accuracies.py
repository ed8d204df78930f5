"""What accuracies can tell: how far apart they are, where they turned, and not what the mistakes cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reglab.strategy.log import _Log
from reglab.strategy.scale import _plain

__all__ = ["FEW_PERCENT", "FEW_RIGHT", "FLAT", "HIGH", "PERCENT", "SHARE"]

# Accuracies typed as losses have the training value above the validation value: in percent from 20 up, where no loss is
# of a run that did not diverge, or as a share from .95 up.
PERCENT, SHARE = 20.0, 0.95
FEW_PERCENT = 10.0  # error rates typed as losses, with one decimal at most
HIGH, FLAT = 0.89, 0.02  # losses above the one, that did not fall by the other, are no run that was worth keeping
FEW_RIGHT = 0.07  # a standard error of accuracy above which a gap is looked at for noise first: about 45 rows


def _are_accuracies(log: _Log, rises: bool, typed: bool) -> float:
    """Return what the two numbers have to be divided by if they are accuracies, 0 if they are losses.

    typed : there is no curve; two numbers so large, the one above the other or below, are no losses of classes
    """
    T, V = log.train, log.val
    if not log.classes:
        return 0.0
    if typed and max(PERCENT, 1.5 * log.constant) < min(T, V) and max(T, V) <= 100:
        return 100.0
    if log.training_mode or not V < T or not rises:
        return 0.0
    if max(PERCENT, 1.5 * log.constant) < T <= 100:
        return 100.0
    return 1.0 if SHARE <= T <= 1 and log.gap < -2 * log.error else 0.0


def _are_errors(log: _Log, n_train: int | None) -> bool:
    """Tell whether two numbers without a curve are error rates in percent: no validation loss of classes is so large.

    Below `PERCENT` they have one decimal at most, as percentages are told, and else two. One row that is wrong is the
    least that there can be of `n_train`.
    """
    T, V = log.train, log.val
    if not (log.classes and T < V <= 100 and 3 * log.constant < V and T < PERCENT):
        return False
    if round(T, 2) != T or (n_train is not None and 0 < T * n_train < 50):
        return False
    return V >= PERCENT or (V >= FEW_PERCENT and all(round(value, 1) == value for value in (T, V)))


def _look_like_accuracies(log: _Log, guess: float, columns: Sequence[NDArray[np.float64]]) -> bool:
    """Tell whether what was told as losses are probably accuracies: high, above a guess's loss, and not falling.

    columns : the training and the validation loss, none without a curve; without classes those of training must rise.
    """
    high = all(max(HIGH, guess) < end <= 1 for end in (log.train, log.val))
    if not high or log.training_mode or not (log.classes or columns):
        return False
    known = [column[np.isfinite(column)] for column in columns]
    if any(len(column) < 2 or column.min() < 0 or column.max() > 1 for column in known):
        return False
    least = 1 - FLAT if log.classes else 1 + FLAT
    return all(column[-1] >= least * column[0] for column in known)


def _may_be_accuracies(log: _Log) -> bool:
    """Tell whether two losses may as well be accuracies: training above validation, near 1 or in percent."""
    return log.val < log.train and (SHARE - 0.05 <= log.train <= 1 or PERCENT <= log.train <= 100)


def _may_be_percentages(log: _Log) -> bool:
    """Tell whether two losses may as well be percentages: with one decimal or large, and never near a guess's loss."""
    ends = (log.train, log.val)
    if not log.classes or log.accuracies or not all(0 <= end <= 100 for end in ends):
        return False
    if log.evaluations:
        return (log.best_val or 0.0) > 1.5 * log.constant
    rounded = all(round(end, 1) == end for end in ends)
    return max(ends) > 1.5 * log.constant and (rounded or max(ends) >= FEW_PERCENT)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _as_accuracies(log: _Log, divisor: float, probably: bool = False, errors: bool = False) -> _Log:
    """Return the log of two accuracies, or error rates, that were told as losses, as shares that are right."""
    train, val = log.train / divisor, log.val / divisor
    train, val = (1 - train, 1 - val) if errors else (train, val)
    what = "error rates" if errors else "accuracies"
    read_as = f"{what} in percent" if divisor == 100 else what
    right = f"{_percent(train)} of the training rows and {_percent(val)} of the validation rows are right"
    ask = " If they are losses, the run is worse than a constant guess: log the losses by their names." * probably
    if divisor == 100 and not errors and val > train:
        ask = f" If they are error rates, give {100 - log.train:g} and {100 - log.val:g}."
    if errors:
        ask = " If they are losses, give the curve."
    said = (
        *log.said,
        f"{log.train:g} and {log.val:g} are {'probably' if probably else 'read as'} {read_as}: {right}.{ask}",
    )
    return replace(log, accuracies=True, read_as=what, train=train, val=val, best_val=val, said=said)


def _curve_of_accuracies(log: _Log, count: NDArray[np.float64], read: Mapping[str, NDArray[np.float64]]) -> _Log:
    """Return the log with what a curve of accuracies shows; its training accuracy is NaN where there is none."""
    columns = {name: read[name] for name in ("train_accuracy", "val_accuracy") if name in read}
    top = max(float(np.max(c, initial=0.0, where=np.isfinite(c))) for c in columns.values())
    least = min(float(np.min(c, initial=0.0, where=np.isfinite(c))) for c in columns.values())
    if least < 0 or top > 100 or not np.isfinite(columns["val_accuracy"]).any():
        raise ValueError(f"curve['val_accuracy'] must hold shares or percentages, got {least if least < 0 else top:g}")
    divisor = 100.0 if top > 1 else 1.0
    val = columns["val_accuracy"] / divisor
    seen = np.isfinite(val)
    train = columns.get("train_accuracy", np.full(len(val), math.nan)) / divisor
    at = int(np.argmax(np.where(seen, val, -1.0)))
    ends = [float(c[np.isfinite(c)][-1]) if np.isfinite(c).any() else math.nan for c in (train, val)]
    late, before = seen & (count >= 0.9 * count[-1]), seen & (count >= 0.6 * count[-1]) & (count <= 0.75 * count[-1])
    return replace(
        log,
        accuracies=True,
        evaluations=int(seen.sum()),
        train=ends[0],
        val=ends[1],
        best_val=float(val[at]),
        best_count=float(read["step"][at]),
        best_step=float(count[at]),
        fall=float(val[late].mean() - val[before].mean()) if late.any() and before.any() else 0.0,
    )


def _name_of_accuracies(log: _Log) -> tuple[str, str]:
    """Return what accuracies can tell, against their noise and a guess's errors, and the sentence it rests on."""
    T, V, rows = log.train, log.val, log.n_val or 200
    best = V if log.best_val is None else log.best_val
    errors = 1 - (0.5 if log.guess_right is None else log.guess_right)  # of a constant guess
    noise = math.sqrt(max(V * (1 - V), 1 / rows) / rows)
    lost = best - V
    if log.no_signal:
        return "underfit", log.no_signal
    fell = f"The validation accuracy fell by {_plain(100 * lost)} points from its best, {_percent(best)}"
    if math.isnan(T):  # the validation's alone
        if V - (1 - errors) < 2 * noise and log.guess_right is not None:
            return "underfit", f"The validation accuracy, {_percent(V)}, is that of a constant guess."
        if lost > 3 * noise:
            return "mild overfit", f"{fell}, more than its noise; whether a gap stands behind that was not told."
        if log.fall > 2 * noise:
            return (
                "compute-limited",
                f"The validation accuracy still rose by {_plain(100 * log.fall)} points at the end.",
            )
        return "good", "The validation accuracy ends near its best; whether there is a gap was not told."
    gap, wrong = T - V, 1 - T
    points = f"{_plain(100 * abs(gap))} points"
    if log.n_val is not None and noise > FEW_RIGHT and abs(gap) < 3 * noise:
        return "too noisy", f"The accuracies are {points} apart, which {rows} validation rows cannot tell from none."
    if wrong > 0.6 * errors and gap < 0.15 * errors:
        return "underfit", f"{_percent(wrong)} of the training rows are wrong, over 0.6 of a constant guess's."
    if gap < -2 * noise:
        return "validation below train", f"The validation accuracy is {points} above the training accuracy."
    late = log.fall > 2 * noise and gap < 0.25 * errors and wrong > 0.02
    if late:
        return "compute-limited", f"The validation accuracy still rose by {_plain(100 * log.fall)} points at the end."
    if gap <= 2 * noise and lost <= 2 * noise:
        return "good", f"The accuracies are {points} apart, within the noise of {rows} validation rows."
    if V - (1 - errors) < 2 * noise and gap > 0.5 * errors:
        return "severe overfit", f"The validation accuracy, {_percent(V)}, is no better than a constant guess's."
    turned = f"; it fell by {_plain(100 * lost)} points from its best" if lost > 2 * noise else ""
    name = "strong overfit" if gap > 0.12 * errors and gap > 2 * noise else "mild overfit"
    return name, f"The validation accuracy is {points} below the training accuracy, beyond its noise{turned}."
