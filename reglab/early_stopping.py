"""Early stopping: training ends when the validation loss has found no new best for a while, and the best is kept.

`EarlyStopping` watches one model while it trains; the other functions read whole curves, one or many at once, and say
where a rule would have stopped and which evaluation's weights it would have returned. In all of them a loss that is
NaN or infinite is as bad as can be: never a best, always a bad evaluation.

Glossary: E(t) the validation loss at evaluation t, k the length of a strip of evaluations.

Elsewhere
---------
* Keras: the count is ours, with `restore_best_weights` off by default. A first loss that is NaN becomes its best, and
  nothing improves on it.
* scikit-learn: `n_iter_no_change` stops one evaluation later, and judges differently by `tol` (`patience_stop`).
* flax: Keras's count with one more, patience = ours - 1.
* PyTorch has no early stopping of its own.
* EarlyStopping.jl: GL, the training progress and PQ are ours, without strips; PQ stops also where there is no progress.
  UP_s stops after s successive increases of the validation loss, as ours with strips of one evaluation.

References
----------
L. Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade, 1998. GL, PQ and UP agree with
public implementations, such as src/criteria.jl of https://github.com/JuliaAI/EarlyStopping.jl.
"""

# Without `from __future__ import annotations`: the reference (pdoc) cannot read the annotations of a NamedTuple then.
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks

__all__ = [
    "CONVENTIONS",
    "EarlyStopping",
    "ReferenceCurves",
    "Stop",
    "StoppingCosts",
    "best_so_far",
    "exponential_smoothing",
    "generalization_loss",
    "gl_stop",
    "patience_stop",
    "pq_stop",
    "reference_curves",
    "regret",
    "saved",
    "stopping_costs",
    "training_progress",
    "up_stop",
]

Array = NDArray[Any]

CONVENTIONS = ("keras", "sklearn")


class EarlyStopping:
    """Watch one model's validation loss, or a score that should rise, evaluation by evaluation.

    Parameters
    ----------
    patience : int or None
        Stop at the patience-th evaluation in a row that is no new best; None never stops.
    min_delta : float >= 0
        How much better than the best a value has to be to count as a new best.
    mode : "min" or "max"
        Whether lower values are better, as of a loss, or higher ones, as of an accuracy.
    baseline : float, optional
        The patience runs on at a new best that is not better than this, by more than `min_delta`, too.
    start_from : int >= 0
        So many evaluations at the beginning are counted and not judged: none of them is a best.

    Attributes
    ----------
    best : float
        The best value that counted; before the first infinite, and minus infinity where higher is better.
    best_index : int
        The evaluation it was found at, counted from 0; -1 before the first.
    seen : int
        How many evaluations there were.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    Elsewhere: the count is Keras's, with its ``mode``, ``baseline`` and ``start_from_epoch``; as there, training never
    stops at a new best, even where the patience ran out below the baseline. scikit-learn's ``n_iter_no_change`` and
    flax stop one evaluation later. Keras leaves ``restore_best_weights`` off by default.

    References
    ----------
    Prechelt 1998, "Early stopping - but when?".

    Examples
    --------
    >>> watch = EarlyStopping(patience=2)
    >>> [watch.update(loss) for loss in (0.9, 0.7, 0.8, 0.75)]
    [False, False, False, True]
    >>> watch.best_index, watch.best
    (1, 0.7)
    >>> watch = EarlyStopping(patience=2, mode="max", baseline=0.8)
    >>> [watch.update(accuracy) for accuracy in (0.5, 0.6, 0.55)]
    [False, False, True]
    """

    def __init__(
        self,
        patience: int | None,
        min_delta: float = 0.0,
        *,
        mode: str = "min",
        baseline: float | None = None,
        start_from: int = 0,
    ) -> None:
        if patience is not None:
            checks.whole("patience", patience, 1)
        checks.number("min_delta", min_delta, 0)
        checks.one_of("mode", mode, ("min", "max"), "'min' or 'max'")
        if baseline is not None:
            baseline = checks.number("baseline", baseline)
        self.start_from = checks.whole("start_from", start_from, 0)
        self.patience, self.min_delta, self.mode, self.baseline = patience, min_delta, mode, baseline
        self.best, self.best_index = math.inf if mode == "min" else -math.inf, -1
        self.seen = 0
        self._waited = 0

    def update(self, loss: float) -> bool:
        """Take the next evaluation's loss or score; return whether to stop now. NaN and infinity are no best."""
        if type(loss) is not float:
            value = checks.numbers("loss", loss, finite=False)
            if value.ndim:
                raise ValueError(f"loss must be one number, got {checks.shown(loss)}")
            loss = float(value)
        index, self.seen = self.seen, self.seen + 1
        if index < self.start_from:
            return False
        self._waited += 1
        if self._better(loss, self.best):
            self.best, self.best_index = loss, index
            if self.baseline is None or self._better(loss, self.baseline):
                self._waited = 0
            return False
        return self.patience is not None and self._waited >= self.patience

    def _better(self, value: float, than: float) -> bool:
        if self.mode == "min":
            return value < than - self.min_delta
        return math.isfinite(value) and value > than + self.min_delta


class Stop(NamedTuple):
    """Where a rule stops, and what it returns.

    Attributes
    ----------
    stop : int, or array of int of shape (...)
        The index of the last evaluation that is made: where the rule stops, or the curve's last where it never does.
    returned : int, or array of int of shape (...)
        The index of the evaluation whose weights are returned, the best until then; -1 where there is none.
    """

    stop: Any
    returned: Any


def patience_stop(
    losses: ArrayLike,
    patience: int | None,
    min_delta: float = 0.0,
    smoothing: float = 0.0,
    convention: str = "keras",
) -> Stop:
    """Stop when the loss has found no new best for `patience` evaluations, and return the best.

    Parameters
    ----------
    losses : array of shape (..., evaluations)
        Of a score that should rise give the negative.
    patience : int or None
        At least 1; None never stops.
    min_delta : float >= 0
        How much lower than the best a loss has to be to count.
    smoothing : float in [0, 1)
        Watch the curve's exponential average (`exponential_smoothing`) instead of the curve. What is returned is still
        an evaluation: the one at which the average was lowest.
    convention : "keras" or "sklearn"
        "keras", ours in training: stops at the patience-th bad evaluation in a row; the best is the last that counted,
        so slow progress adds up until it exceeds min_delta. "sklearn" (`n_iter_no_change`, `tol`): stops one
        evaluation later; each evaluation is judged against the lowest loss of all, so slower progress than min_delta
        per evaluation is bad however long it lasts, while an evaluation exactly min_delta lower is good, at
        min_delta 0 also one that is as low as the best; and it is the lowest of all that is returned.

    Returns
    -------
    Stop
        Of ints for one curve, of arrays of shape (...) for many.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> patience_stop([0.9, 0.7, 0.8, 0.75, 0.6], patience=2)
    Stop(stop=3, returned=1)
    >>> patience_stop([0.9, 0.7, 0.8, 0.75, 0.6], patience=2, convention="sklearn")
    Stop(stop=4, returned=4)
    >>> patience_stop([[3, 2, 1], [1, 2, 3]], patience=1).stop
    array([2, 1])
    """
    if patience is not None:
        patience = checks.whole("patience", patience, 1)
    min_delta = checks.number("min_delta", min_delta, 0)
    checks.one_of("convention", convention, CONVENTIONS, "'keras' or 'sklearn'")
    watched = _bad_as_infinite(exponential_smoothing(losses, smoothing))  # (..., evaluations)
    before = _best_before(watched)
    if convention == "sklearn":
        best = watched < before
        good = (watched <= before - min_delta) & (watched < np.inf)
        limit = math.inf if patience is None else patience + 1
    else:
        best = good = _counting_bests(watched, min_delta)
        limit = math.inf if patience is None else patience
    bad = np.arange(watched.shape[-1]) - _last(good)  # in a row, up to and with this evaluation
    return _first(bad >= limit, _last(best))


def best_so_far(losses: ArrayLike, min_delta: float = 0.0, smoothing: float = 0.0) -> NDArray[np.int64]:
    """Return, at each evaluation, which one `patience_stop` would return if it stopped there.

    Parameters
    ----------
    losses : array of shape (..., evaluations)
    min_delta : float >= 0
    smoothing : float in [0, 1)
        Both as in `patience_stop`, with Keras's count: the best is the last evaluation that was more than min_delta
        below the best before it.

    Returns
    -------
    array of int of shape (..., evaluations)
        -1 where no loss has been finite.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> best_so_far([0.9, 0.7, 0.65, 0.5]), best_so_far([0.9, 0.7, 0.65, 0.5], min_delta=0.1)
    (array([0, 1, 2, 3]), array([0, 1, 1, 3]))
    """
    min_delta = checks.number("min_delta", min_delta, 0)
    return _last(_counting_bests(_bad_as_infinite(exponential_smoothing(losses, smoothing)), min_delta))


def exponential_smoothing(losses: ArrayLike, smoothing: float) -> Array:
    """Return the exponential average of each curve: s(t) = smoothing * s(t - 1) + (1 - smoothing) * E(t).

    Parameters
    ----------
    losses : array of shape (..., evaluations)
    smoothing : float in [0, 1)
        0 changes nothing. The average looks back over about 1 / (1 - smoothing) evaluations, and lags by
        smoothing / (1 - smoothing) on a steady slope: the noise falls, and the best is seen later.

    Returns
    -------
    array of shape (..., evaluations), float64
        NaN where the loss is not finite; the average goes on behind it.

    Raises
    ------
    ValueError
        If `smoothing` is out of its range.

    Notes
    -----
    It starts at the first loss. TensorBoard's starts at 0 and divides that out, so its first values lean more on the
    latest loss.

    Examples
    --------
    >>> exponential_smoothing([4.0, 2.0, float("nan"), 3.0], 0.5)
    array([ 4.,  3., nan,  3.])
    """
    curve = _curves("losses", losses)
    smoothing = checks.number("smoothing", smoothing, 0, 1, high_open=True)
    smoothed = np.where(np.isfinite(curve), curve, np.nan)
    if smoothing == 0:
        return smoothed
    average = np.full(curve.shape[:-1], np.nan)
    for t in range(curve.shape[-1]):
        now = smoothed[..., t]
        known, started = ~np.isnan(now), ~np.isnan(average)
        smoothed[..., t] = np.where(known & started, smoothing * average + (1 - smoothing) * now, now)
        average = np.where(known, smoothed[..., t], average)
    return smoothed


def generalization_loss(losses: ArrayLike) -> Array:
    """Return Prechelt's GL(t): how many percent the loss lies above the best so far.

    GL(t) = 100 (E(t) / E_opt(t) - 1), where E_opt(t) is the lowest E until and with t.

    Parameters
    ----------
    losses : array of shape (..., evaluations), >= 0

    Returns
    -------
    array of shape (..., evaluations)
        Infinite where the loss is not finite or the best was 0; NaN before the first finite loss.

    Raises
    ------
    ValueError
        If a loss is negative: a share of it means nothing then.

    Examples
    --------
    >>> generalization_loss([1.0, 0.5, 0.6, 0.75]).round(6)
    array([ 0.,  0., 20., 50.])
    """
    curve = _positive("losses", losses)
    best = np.minimum.accumulate(curve, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = 100 * (curve / best - 1)
    return np.where((curve == 0) & (best == 0), 0.0, loss)


def training_progress(train_losses: ArrayLike, strip: int = 5) -> Array:
    """Return Prechelt's P_k(t): how far the mean training loss of the last k evaluations lies above their least.

    Parameters
    ----------
    train_losses : array of shape (..., evaluations), >= 0
    strip : int
        k, the number of evaluations that are looked at.

    Returns
    -------
    array of shape (..., evaluations)
        1000 (mean / min - 1), in thousandths: large while the loss falls or is unstable. NaN for the first k - 1.

    Raises
    ------
    ValueError
        If a loss is negative or `strip` below 1.

    Examples
    --------
    >>> training_progress([4.0, 2.0, 1.0, 1.0], strip=2).round(6)
    array([ nan, 500., 500.,   0.])
    """
    curve = _positive("train_losses", train_losses)
    strip = checks.whole("strip", strip, 1)
    progress = np.full(curve.shape, np.nan)
    if strip <= curve.shape[-1]:
        strips = np.lib.stride_tricks.sliding_window_view(curve, strip, axis=-1)  # (..., evaluations - k + 1, k)
        mean, least = strips.mean(axis=-1), strips.min(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            progress[..., strip - 1 :] = np.where(mean == 0, 0.0, 1000 * (mean / least - 1))
    return progress


def gl_stop(losses: ArrayLike, alpha: float) -> Stop:
    """Stop at the first evaluation whose loss is more than alpha percent above the best so far: Prechelt's GL_alpha.

    Parameters
    ----------
    losses : array of shape (..., evaluations), >= 0
    alpha : float >= 0
        Percent.

    Returns
    -------
    Stop

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> gl_stop([1.0, 0.5, 0.52, 0.51, 0.56, 0.4], alpha=5)
    Stop(stop=4, returned=1)
    """
    alpha = checks.number("alpha", alpha, 0)
    return _first(generalization_loss(losses) > alpha, _best_index(losses))


def pq_stop(losses: ArrayLike, train_losses: ArrayLike, alpha: float, strip: int = 5) -> Stop:
    """Stop at the end of the first strip where GL(t) / P_k(t) is above alpha: Prechelt's PQ_alpha.

    While the training loss still falls fast, a risen validation loss may yet be repaired: wait.

    Parameters
    ----------
    losses : array of shape (..., evaluations), >= 0
    train_losses : array of the shape of `losses`, >= 0
    alpha : float >= 0
        Percent per thousandth.
    strip : int
        k, evaluations per strip.

    Returns
    -------
    Stop

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes differ.

    Examples
    --------
    >>> val = [1.0, 0.5, 0.4, 0.42, 0.43, 0.44]
    >>> pq_stop(val, [1.0, 0.5, 0.3, 0.2, 0.1, 0.05], alpha=0.5, strip=2)  # training is still moving
    Stop(stop=5, returned=2)
    >>> pq_stop(val, [1.0, 0.5, 0.3, 0.299, 0.298, 0.297], alpha=0.5, strip=2)
    Stop(stop=3, returned=2)
    """
    alpha = checks.number("alpha", alpha, 0)
    loss, progress = generalization_loss(losses), training_progress(train_losses, strip)
    if loss.shape != progress.shape:
        raise ValueError(f"train_losses must have the shape of losses, {loss.shape}, got {progress.shape}")
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = loss / progress  # NaN where there is neither loss nor progress: no reason to stop
    quotient[np.isinf(loss)] = np.inf  # diverged, whatever the training loss does
    ends = np.arange(1, loss.shape[-1] + 1) % strip == 0
    return _first((quotient > alpha) & ends, _best_index(losses))


def up_stop(losses: ArrayLike, strips: int, strip: int = 5) -> Stop:
    """Stop when the loss has risen from strip end to strip end so many times in a row: Prechelt's UP_s.

    Parameters
    ----------
    losses : array of shape (..., evaluations)
    strips : int
        s, the number of rises in a row.
    strip : int
        k, evaluations per strip.

    Returns
    -------
    Stop

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> up_stop([1.0, 0.5, 0.4, 0.6, 0.3, 0.7, 0.2], strips=2, strip=2)
    Stop(stop=5, returned=4)
    """
    strips, strip = checks.whole("strips", strips, 1), checks.whole("strip", strip, 1)
    curve = _bad_as_infinite(_curves("losses", losses))
    ends = curve[..., strip - 1 :: strip]  # (..., strips in the curve)
    risen = np.zeros(ends.shape, bool)
    risen[..., 1:] = ends[..., 1:] > ends[..., :-1]
    in_a_row = np.arange(ends.shape[-1]) - _last(~risen)
    fires = np.zeros(curve.shape, bool)
    fires[..., strip - 1 :: strip] = in_a_row >= strips
    return _first(fires, _best_index(losses))


def regret(truth: ArrayLike, returned: ArrayLike) -> Any:
    """Return what stopping cost: the loss at the returned evaluation minus the curve's lowest.

    Parameters
    ----------
    truth : array of shape (..., evaluations)
        The loss that counts, over the whole run: the test loss, or a validation loss without noise.
    returned : int or array of int of shape (...)
        From a rule; -1 is none.

    Returns
    -------
    float, or array of shape (...)
        0 or more, in the units of `truth`; NaN where nothing was returned, or `truth` is not finite there.

    Raises
    ------
    ValueError
        If an index is outside the curve, or the shapes do not fit.

    Examples
    --------
    >>> round(regret([0.9, 0.6, 0.5, 0.7], 1), 6)
    0.1
    """
    curve = _curves("truth", truth)
    index = _indices("returned", returned, curve.shape[-1])
    if index.shape != curve.shape[:-1]:
        raise ValueError(f"returned must have one index per curve, the shape {curve.shape[:-1]}, got {index.shape}")
    curve = _bad_as_infinite(curve)
    picked = np.take_along_axis(curve, np.maximum(index, 0)[..., None], axis=-1)[..., 0]
    known = (index >= 0) & (picked < np.inf)
    cost = np.where(known, picked, np.nan) - curve.min(axis=-1)
    return float(cost) if cost.ndim == 0 else cost


class StoppingCosts(NamedTuple):
    """What stopping at each evaluation costs: how far the loss that counts lies above its lowest of the whole run."""

    returned: NDArray[np.int64]  # the best evaluation so far, -1 for none
    restored: Array  # with the weights of that one
    unrestored: Array  # with the weights that are there


def stopping_costs(
    losses: ArrayLike, truth: ArrayLike, min_delta: float = 0.0, smoothing: float = 0.0
) -> StoppingCosts:
    """Return what stopping at each evaluation of one run costs, with the best weights restored and without.

    Parameters
    ----------
    losses : array of shape (evaluations,)
        The losses that are watched.
    truth : array of shape (evaluations,)
        The loss that counts.
    min_delta, smoothing : float
        As in `best_so_far`.

    Returns
    -------
    StoppingCosts
        Of arrays of shape (evaluations,); costs are NaN where nothing is returned, or `truth` is not finite there.

    Raises
    ------
    ValueError
        If the curves are not two of one length, or an argument is out of its range.

    Examples
    --------
    >>> stopping_costs([1.0, 0.6, 0.7], [0.9, 0.75, 0.5]).restored
    array([0.4 , 0.25, 0.25])
    """
    counts = _curves("truth", truth)
    if counts.ndim != 1:
        raise ValueError(f"truth must be one curve, got the shape {counts.shape}")
    best = best_so_far(losses, min_delta, smoothing)
    if best.shape != counts.shape:
        raise ValueError(f"losses must have the shape of truth, {counts.shape}, got {best.shape}")
    size = len(counts)
    checks.room(losses=size, truth=size)
    each = np.broadcast_to(counts, (size, size))  # a row for each evaluation at which it may stop
    return StoppingCosts(best, np.asarray(regret(each, best)), np.asarray(regret(each, np.arange(size))))


def saved(stop: ArrayLike, steps: int | ArrayLike) -> Any:
    """Return the share of the training steps that stopping saves.

    Parameters
    ----------
    stop : int or array of int
        Index of the last evaluation that is made.
    steps : int or array of shape (evaluations,)
        How many evaluations there are, when they are evenly spaced; else the step at which each is made (`Run.steps`
        are dense at first, so half the evaluations are far less than half the steps).

    Returns
    -------
    float or array of the shape of `stop`, in [0, 1)

    Raises
    ------
    ValueError
        If an index is outside the curve.

    Examples
    --------
    >>> saved(1, 4), saved(1, [10, 40, 90, 160])
    (0.5, 0.75)
    """
    made = checks.array("steps", steps)
    if made.ndim == 0 and made.dtype.kind in "iu" and made > 0:
        made = np.arange(1, checks.whole("steps", steps, 1, checks.ROOM) + 1)
    made = checks.numbers("steps", made)
    if made.ndim != 1 or not len(made) or made[0] < 0 or made[-1] <= 0 or (np.diff(made) <= 0).any():
        raise ValueError(f"steps must be a number of evaluations or rising steps, got {checks.shown(steps)}")
    index = _indices("stop", stop, len(made))
    if (index < 0).any():
        raise ValueError(f"stop must be from 0 up, got {index.min()}")
    share = 1 - made[index] / made[-1]
    return float(share) if share.ndim == 0 else share


class ReferenceCurves(NamedTuple):
    """The reference demonstration's curves, each of shape (epochs,)."""

    epoch: Array
    train_loss: Array
    val_loss: Array


def reference_curves(epochs: int = 100) -> ReferenceCurves:
    """Return two made-up curves for trying a rule on: formulas, not a training.

    The training loss is 2 exp(-e / 20) + .1; the validation loss 2 exp(-e / 25) + .2 before epoch 30 and
    .3 + .01 (e - 30) from there. So the validation loss falls at a stroke from .827 at epoch 29 to .300 at epoch 30,
    its lowest: that fall is in the formula, and no real run looks like it.

    Parameters
    ----------
    epochs : int

    Returns
    -------
    ReferenceCurves

    Raises
    ------
    ValueError
        If `epochs` is below 1.

    Examples
    --------
    >>> curves = reference_curves()
    >>> curves.val_loss[29:32].round(3).tolist()
    [0.827, 0.3, 0.31]
    >>> patience_stop(curves.val_loss, patience=10)
    Stop(stop=40, returned=30)
    """
    checks.whole("epochs", epochs, 1, checks.ROOM)
    e = np.arange(epochs)
    val = np.where(e < 30, 2 * np.exp(-e / 25) + 0.2, 0.3 + 0.01 * (e - 30))
    return ReferenceCurves(e, 2 * np.exp(-e / 20) + 0.1, val)


def _curves(name: str, losses: ArrayLike) -> Array:
    """Return curves as float64, or raise."""
    asked = "numbers, all curves of one length"
    curve = checks.numbers(name, losses, finite=False, what=asked).astype(np.float64, copy=False)
    if curve.ndim == 0 or curve.shape[-1] == 0:
        raise ValueError(f"{name} must have at least one evaluation on its last axis, got the shape {curve.shape}")
    return curve


def _positive(name: str, losses: ArrayLike) -> Array:
    """Return curves of which no loss is negative, or raise."""
    curve = _bad_as_infinite(_curves(name, losses))
    if curve.min(initial=0) < 0:
        raise ValueError(f"{name} must be 0 or more, got {curve.min():g}")
    return curve


def _bad_as_infinite(curve: Array) -> Array:
    """Return curves with infinity for whatever is not finite: never a best, and worse than all others."""
    return np.where(np.isfinite(curve), curve, np.inf)


def _indices(name: str, values: ArrayLike, evaluations: int) -> NDArray[np.int64]:
    """Return indices into a curve, -1 for none, or raise."""
    index = checks.array(name, values, "iu", f"an index below {evaluations}")
    if (index < -1).any() or (index >= evaluations).any():
        raise ValueError(f"{name} must be an index below {evaluations}, got {checks.shown(values)}")
    return index


def _best_before(watched: Array) -> Array:
    """Return the lowest loss before each evaluation, infinite before the first."""
    before = np.full(watched.shape, np.inf)
    np.minimum.accumulate(watched[..., :-1], axis=-1, out=before[..., 1:])
    return before


def _best_index(losses: ArrayLike) -> NDArray[np.int64]:
    """Return the index of the best evaluation until each evaluation, -1 for none."""
    watched = _bad_as_infinite(np.asarray(losses, np.float64))
    return _last(watched < _best_before(watched))


def _counting_bests(watched: Array, min_delta: float) -> NDArray[np.bool_]:
    """Return where the loss is more than min_delta below the last that was."""
    if min_delta == 0:
        return watched < _best_before(watched)
    counts = np.zeros(watched.shape, bool)
    best = np.full(watched.shape[:-1], np.inf)
    for t in range(watched.shape[-1]):
        counts[..., t] = watched[..., t] < best - min_delta
        best = np.where(counts[..., t], watched[..., t], best)
    return counts


def _last(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return, at each evaluation, the index of the last flag that was set, -1 for none."""
    index: NDArray[np.int64] = np.maximum.accumulate(np.where(flags, np.arange(flags.shape[-1]), -1), axis=-1)
    return index


def _first(fires: NDArray[np.bool_], best: NDArray[np.int64]) -> Stop:
    """Stop where the rule fires first, and return the best until there."""
    stop = np.where(fires.any(axis=-1), fires.argmax(axis=-1), fires.shape[-1] - 1)
    returned = np.take_along_axis(best, stop[..., None], axis=-1)[..., 0]
    return Stop(int(stop), int(returned)) if stop.ndim == 0 else Stop(stop, returned)
