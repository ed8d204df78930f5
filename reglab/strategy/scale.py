"""How large a loss is: that of the best constant guess, and who says so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.curves import Curve
from reglab.settings import check_number, check_whole
from reglab.strategy.log import _Log

__all__ = ["FAR_ABOVE", "NO_ENTROPY", "STANDARDISED", "VOCABULARY", "entropy_of", "is_error_rate"]

STANDARDISED = 0.5  # the loss of a constant guess: half the variance of a standardised target
VOCABULARY = 20_000  # so many classes are the words of a language model: no run starts at guessing among them evenly
NO_ENTROPY = 7.0  # a first loss above this is of raw targets or of a bad start: a guess among 1000 classes costs 6.9
FAR_ABOVE = 5  # times the lowest validation loss: no first loss above that stands for a guess


def _plain(value: float) -> str:
    """Return a number of three digits, or more before its point, as people write them."""
    return f"{value:,.0f}" if 999.5 <= abs(value) < 1e7 else f"{value:.3g}"


def _as_shares(class_shares: Any, n_classes: int | None) -> NDArray[np.float64] | None:
    """Return how large each class is, as shares of 1, from shares, percentages or counts."""
    if n_classes is not None:
        check_whole("n_classes", n_classes, 2)
    if class_shares is None:
        return None
    asked = "how large each class is, two or more numbers of 0 or more (shares, percentages or counts)"
    if isinstance(class_shares, dict):
        class_shares = list(class_shares.values())
    shares = checks.numbers("class_shares", class_shares, what=asked)
    if shares.ndim != 1 or (shares < 0).any() or (shares > 0).sum() < 2:
        raise ValueError(f"class_shares must be {asked}, got {checks.shown(class_shares)}")
    if n_classes is not None and len(shares) != n_classes:
        raise ValueError(f"class_shares must have one number per class, {n_classes}, got {len(shares)}")
    return _of_one(np.asarray(shares, np.float64))


def _of_one(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sizes as shares of 1, divided by the largest first: the sum of large numbers may be infinite."""
    scaled = sizes / sizes.max()
    shares: NDArray[np.float64] = scaled / scaled.sum()
    return shares


def entropy_of(class_shares: Sequence[float]) -> float:
    """Return the loss of always guessing the classes' shares.

    Parameters
    ----------
    class_shares : sequence of float
        How large each class is, two or more above 0: shares, percentages or counts.

    Raises
    ------
    ValueError
        If `class_shares` is not as above.

    Examples
    --------
    >>> round(entropy_of([90, 10]), 4), round(entropy_of([1e308, 1e308]), 4)
    (0.3251, 0.6931)
    """
    shares = _as_shares(class_shares, None)
    if shares is None:
        raise ValueError("class_shares must be how large each class is, got None")
    return _entropy(shares)


def _entropy(shares: NDArray[np.float64]) -> float:
    """Return the cross-entropy of always guessing the classes' shares, which is the least a constant guess has."""
    there = shares[shares > 0]
    return float(-(there * np.log(there)).sum())


def _constant_guess(
    n_classes: int | None,
    constant_loss: float | None,
    shares: NDArray[np.float64] | None,
    target_variance: float | None,
) -> float | None:
    """Return the loss of the best constant guess as it was told, or None."""
    for name, value in (("constant_loss", constant_loss), ("target_variance", target_variance)):
        if value is not None:
            check_number(name, value, 0)
            if value == 0:
                raise ValueError(f"{name} must be above 0, got 0")
    if constant_loss is not None:
        return float(constant_loss)
    if target_variance is not None:
        return float(target_variance)
    if shares is not None:
        return _entropy(shares)
    return None if n_classes is None else math.log(n_classes)


def is_error_rate(curve: Mapping[str, Sequence[float]]) -> bool:
    """Tell whether a curve's losses are shares of rows that are wrong, as its log names them.

    Parameters
    ----------
    curve : Curve or mapping of str to sequence
        Of a `Curve`, its `measure` says so; of another mapping nothing does.

    Raises
    ------
    ValueError
        If the curve is no mapping.

    Examples
    --------
    >>> is_error_rate({"step": [1], "train_loss": [0.1], "val_loss": [0.2]})
    False
    """
    return _is_error_rate(checks.mapping("curve", curve))


def _is_error_rate(curve: object) -> bool:
    if not isinstance(curve, Curve) or curve.measure != "error":
        return False
    losses = [value for name in ("train_loss", "val_loss") for value in curve.get(name, [])]
    return all(0 <= value <= 1 for value in losses if math.isfinite(value))


def _largest(losses: Sequence[float]) -> float:
    """Return the largest finite loss, 0 where there is none."""
    return max((loss for loss in losses if math.isfinite(loss)), default=0.0)


def _scaled_by(
    log: _Log, constant: float | None, firsts: Sequence[float], words: bool, accuracy: NDArray[np.float64] | None
) -> _Log:
    """Return the log with the loss of a constant guess, as it was told or as the curve gives it; 0 where all are 0.

    firsts : the losses of the curve's first row, none without a curve
    words : whether it is a language model
    accuracy : the curve's training accuracies, where they are known
    """
    if words:
        return _of_words(log)
    if constant is not None and not log.below_zero:
        if sentence := _holds_more(log, constant, accuracy):
            return _by_the_curve(log, firsts, sentence)
        return replace(log, constant=constant, scale="told")
    untold = "Neither the classes (n_classes) nor the loss of a constant guess (constant_loss) was told"
    if log.below_zero:
        return _by_the_curve(log, firsts, "A loss below 0 is no cross-entropy and no squared error")
    if log.no_guess:
        top = _largest((*firsts, log.train, log.val))
        said = f"{untold}, and {log.no_guess}: the gap and the turn alone can be judged."
        guess = "the largest loss of the curve's ends"
        return replace(log, constant=top, scale="unknown", guess=guess, guessed=(*log.guessed, said))
    if _largest(firsts) > 0:
        return _by_the_curve(log, firsts, untold)
    top = _largest((log.train, log.val))
    if top > 1.5 * STANDARDISED:
        sentence = (
            f"{untold}: losses up to {_plain(top)} are in units of their own, of which the gap alone can be judged."
        )
        return replace(log, constant=top, scale="unknown", guess="the larger loss", guessed=(*log.guessed, sentence))
    sentence = f"{untold}: read as regression on a standardised target, {STANDARDISED:g}."
    return replace(log, constant=STANDARDISED, scale="assumed", guessed=(*log.guessed, sentence))


def _of_words(log: _Log) -> _Log:
    """Return the log of a language model: no run of one starts at guessing evenly among all words."""
    if log.best_val is not None and log.best_val > 0:
        lowest = log.best_val
        said = f"A language model's loss is judged by the lowest that it reached, {_plain(lowest)}, and by no guess."
        return replace(
            log, constant=lowest, scale="reached", guess="the lowest validation loss", said=(*log.said, said)
        )
    top = _largest((log.train, log.val))
    said = "A language model's loss is judged by its gap alone where there is no curve."
    return replace(log, constant=top, scale="unknown", guess="the larger loss", said=(*log.said, said))


def _by_the_curve(log: _Log, firsts: Sequence[float], why: str) -> _Log:
    """Return the log with its curve's first loss for a constant guess's, at most five times the lowest one.

    The first loss of a run on raw targets, or of a bad start, can be far above any guess: then what was reached is the
    scale.
    """
    first = _largest(firsts)
    most = FAR_ABOVE * (log.best_val or math.inf)
    if first <= max(most, NO_ENTROPY):
        guess, constant, also = "the curve's first loss", first, f"the curve's first loss, {_plain(first)},"
    else:
        guess, constant = f"{FAR_ABOVE} times the lowest validation loss", most
        also = (
            f"the curve's first loss, {_plain(first)}, is far above its lowest: {_plain(most)}, {FAR_ABOVE} times that,"
        )
    sentence = f"{why}: {also} stands for it."
    return replace(log, constant=constant, scale="curve", guess=guess, first=first, guessed=(*log.guessed, sentence))


def _holds_more(log: _Log, constant: float, accuracy: NDArray[np.float64] | None) -> str:
    """Say why a loss holds more than the one whose constant guess was told; empty where nothing speaks for it."""
    known = [] if accuracy is None else accuracy[np.isfinite(accuracy)].tolist()
    wrong = 1 - (known[-1] / 100 if known and max(known) > 1 else known[-1]) if known else 1.0
    if log.guess_right is not None and log.train > 0.6 * constant and wrong < 0.3 * (1 - log.guess_right):
        return (
            f"{100 * wrong:.3g} % of the training rows are wrong, and the training loss is {_plain(log.train)}: it "
            "holds a penalty or another term"
        )
    if log.train > 1.5 * constant and log.fell > 0.3 and log.settled:
        return (
            f"The training loss fell by {100 * log.fell:.0f} % and is still above a constant guess's, "
            f"{_plain(constant)}: it holds a penalty or another term"
        )
    return ""
