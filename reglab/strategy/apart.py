"""Losses on other scales: a sum beside a mean, or two measures. The gap between them means nothing; the turn does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reglab.strategy.log import _Log
from reglab.strategy.scale import _plain

__all__ = ["APART"]

APART = 8.0  # times the one loss is the other, from the first evaluation on
FAR = 30.0  # and times that no first evaluations of one measure are, where the validation loss falls as well
FALLS, RISES = 0.2, 0.05  # of a first loss: that it fell, or rose
STEADY = 0.7  # of the rows in which losses that rise from the start do so
LEAST = 0.3  # a first loss below this, or this share of a guess's, is of a run that has learnt, or small by its measure


def _times_apart(read: Mapping[str, NDArray[np.float64]], constant: float | None) -> float:
    """Return how many times the training loss the validation loss is, where that is a scale and no gap; else 0.

    A gap grows from little, while another scale is there from the first evaluation on, in losses that both fall.

    constant : the loss of a constant guess, where it was told
    """
    train, val = read["train_loss"], read["val_loss"]
    both = np.isfinite(train) & np.isfinite(val) & (train > 0) & (val > 0)
    if both.sum() < 2 or both.sum() < 0.9 * len(train):
        return 0.0
    train, val = train[both], val[both]
    times = val / train
    if 1 / times[0] > APART and np.median(1 / times) > APART / 2 and (1 / times).min() > APART / 4:
        return float(times[0])
    fell, val_fell = 1 - train.min() / train[0], 1 - val.min() / val[0]
    if times[0] <= APART or times.min() <= APART / 2 or min(fell, val_fell) < FALLS:
        return 0.0
    if constant is not None:
        return float(times[0]) if train[0] > LEAST * constant else 0.0
    return float(times[0]) if train[0] >= LEAST or times[0] > FAR else 0.0


def _rise_from_the_start(train: NDArray[np.float64], val: NDArray[np.float64]) -> bool:
    """Tell whether two losses are lowest at their first evaluation, and rise from there on."""
    if min(len(train), len(val)) < 4:
        return False
    for column in (train, val):
        first, last = column[0], column[-1]
        if column.min() < first or last - first < RISES * max(abs(first), abs(last)):
            return False
        if (np.diff(column) > 0).mean() < STEADY:
            return False
    return True


def _sentence(log: _Log) -> str:
    """Say which loss is how many times the other, and what that is mostly."""
    below = log.apart < 1
    names = ("training", "validation") if below else ("validation", "training")
    times = 1 / log.apart if below else log.apart
    return (
        f"The {names[0]} loss is {_plain(times)} times the {names[1]} loss from the first evaluation on: they are on "
        "other scales (a sum beside a mean, a penalty in one of them, or another measure), and the gap between them "
        "means nothing. The validation loss alone is judged: log both in one way."
    )


def _name_of_turn(log: _Log) -> tuple[str, str]:
    """Return what the validation loss alone can tell, and the sentence it rests on."""
    rose = f"The validation loss rose to {_plain(log.rise)} times its lowest."
    if log.rise > 1.8:
        return "severe overfit", rose
    if log.rise > 1.2:
        return "strong overfit", rose
    if log.rise > 1.05:
        return "mild overfit", rose
    if log.val_fell < 0.03:
        return "underfit", "The validation loss hardly fell from its first."
    if log.fall > 0.025 * log.val:
        return "compute-limited", f"The validation loss still fell by {_plain(log.fall)} over the last 30 % of the run."
    return "good", "The validation loss ends near its lowest; how far the training loss lies below it is not known."
