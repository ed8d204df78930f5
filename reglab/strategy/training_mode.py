"""What a training loss has in it that was taken in training mode, and what can be said of the clean one."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab.strategy.log import _Log
from reglab.strategy.scale import _plain

__all__: list[str] = []

# Of the interval in which the clean loss lies.
HALVINGS = 60


def _hard(loss: NDArray[np.float64], smoothing: float, n_classes: int) -> NDArray[np.float64]:
    """Return the most that the loss on hard labels can be where that on smoothed ones is known; NaN where it is none.

    With p the probability of the right class, a row's loss on smoothed labels is at least
    ``h(c) = own c + rest (ln(K - 1) - ln(1 - exp(-c)))`` with c = -ln p: least where the other classes share the rest
    evenly. h is convex, so the mean of c over rows is at most where h rises through the mean of the losses (Jensen).
    """
    rest = smoothing * (n_classes - 1) / n_classes
    right = 1 - rest

    def h(c: NDArray[np.float64]) -> NDArray[np.float64]:
        return right * c + rest * (math.log(n_classes - 1) - np.log(-np.expm1(-c)))

    low = np.full(loss.shape, -math.log(right))  # where h is lowest: the targets themselves
    high = np.maximum(loss / right, low)
    floor = h(low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = h(middle) > loss
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(loss >= floor - 1e-3, high, math.nan)


def _on_hard_labels(
    log: _Log, read: dict[str, NDArray[np.float64]] | None, smoothing: float, n_classes: int
) -> tuple[_Log, dict[str, NDArray[np.float64]] | None]:
    """Return the log, and its curve, with the training loss on hard labels where it was taken on smoothed ones."""
    column = np.array([log.train]) if read is None else read["train_loss"]
    finite = np.isfinite(column)
    hard = np.where(finite, _hard(np.where(finite, column, 1.0), smoothing, n_classes), column)
    if np.isnan(hard[finite]).any() or not math.isfinite(log.train):
        return log, read
    train = float(hard[-1])
    said = (
        f"With label smoothing {smoothing:g} over {n_classes} classes a training loss of {_plain(log.train)} is at "
        f"most {_plain(train)} on hard labels: that is read."
    )
    changes: dict[str, Any] = {"train": train, "training_mode": False, "blurred": (), "said": (*log.said, said)}
    return replace(log, **changes), None if read is None else {**read, "train_loss": hard}


def _mode_sentences(log: _Log, name: str) -> tuple[int, tuple[str, ...]]:
    """Return the doubts and the sentences that a training loss in training mode, or perhaps so, is worth."""
    on = " and ".join(field.replace("_", " ") for field in log.blurred) or "dropout, augmentation or soft labels"
    lasts = "; what overfits in spite of it does" if name.endswith("overfit") else ""
    if log.training_mode:
        return 2, (
            f"The training loss was measured in training mode ({on} on), which mostly makes it higher than it is, so "
            f"the gap misleads{lasts}: measure it again in evaluation mode, on hard labels.",
        )
    if log.training_mode is None and log.blurred:
        return 1, (
            f"The run had {on} on: unless the training loss was measured in evaluation mode it is probably lower than "
            f"it looks, and the gap larger{lasts}.",
        )
    return 0, ()
