"""Dropout: in training each unit is silenced with a probability, and the others are scaled up to keep the mean."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.streams import Rng, levels

__all__ = ["classic", "co_adaptation", "correlations", "dropout", "mask", "reference", "variance"]

LEVELS = 65536  # a rate is rounded to the nearest of these


def mask(shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32] | None:
    """Draw what units are multiplied with: 0 where dropped, 1 / (1 - rate) where kept (inverted dropout).

    Parameters
    ----------
    shape : tuple of int
        Of the units, (batch, units) in training.
    rate : float or array in [0, 1)
        Probability of dropping, one per model: an array broadcasts against the draws.
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation.

    Returns
    -------
    float32 array, or None
        None in evaluation: nothing is multiplied.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    Srivastava et al. 2014, JMLR 15:1929-1958.

    Notes
    -----
    Elsewhere: the 2014 paper's p is the probability of *keeping* a unit and scales at test time instead. PyTorch,
    Keras and timm drop with the rate given and scale in training, as here. The rate is rounded to a multiple of
    1/65536 and the scale uses the rounded one, so that the mean is exact.

    Examples
    --------
    >>> m = mask((2, 1000), 0.5, np.random.default_rng(0))
    >>> np.unique(m).tolist()
    [0.0, 2.0]
    >>> mask((2, 1000), 0.5, None) is None
    True
    """
    shape, rates = checks.sizes("shape", shape), checks.numbers("rate", rate, 0, 1, high_open=True)
    checks.fits("rate", rates.shape, "shape", shape)
    return _mask(shape, rates, _stream(rng))


def _mask(shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32] | None:
    """Draw the masks of `mask`: what training does."""
    if rng is None:
        return None
    rate = np.asarray(rate)
    dropped, scale = _level(rate.tobytes(), rate.dtype.str, rate.shape)
    stays = levels(rng, shape) >= dropped  # 16 raw bits against a level: far cheaper than floats
    return np.multiply(stays, scale, dtype=np.float32)


def _stream(rng: Any) -> Any:
    """Return what masks are drawn from; raise where its raw bits are no 64, as `streams.levels` takes them."""
    for stream in rng if isinstance(checks.stream("rng", rng, none=True, many=True), (list, tuple)) else [rng]:
        if stream is not None and isinstance(stream.bit_generator, np.random.MT19937):
            raise ValueError("rng must have a bit generator of 64 bits, such as default_rng's, got MT19937")
    return rng


@lru_cache(maxsize=256)  # the same at every step: without this, as long as drawing the bits
def _level(rate: bytes, dtype: str, shape: tuple[int, ...]) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Return the level below which a unit is dropped, and the scale of those kept, of an array given as its bytes."""
    rates = np.frombuffer(rate, dtype).reshape(shape)
    dropped = np.minimum(np.multiply(rates, LEVELS) + 0.5, LEVELS - 1).astype(np.uint16)
    scale = np.divide(LEVELS, LEVELS - dropped.astype(np.int32), dtype=np.float32)
    return dropped, scale


def dropout(x: NDArray[Any], rate: float, rng: np.random.Generator | None) -> NDArray[Any]:
    """Apply inverted dropout.

    Parameters
    ----------
    x : array of any shape
    rate : float in [0, 1)
        Probability of dropping an element.
    rng : numpy.random.Generator or None
        None is evaluation: x comes back unchanged.

    Returns
    -------
    array of x's shape and dtype; whole numbers become floats

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1), or another argument is not as above.

    Examples
    --------
    >>> dropout(np.ones(8), 0.5, np.random.default_rng(0)).max()
    np.float64(2.0)
    >>> dropout(np.ones(3), 0.5, None)
    array([1., 1., 1.])
    """
    units, rate = checks.numbers("x", x, finite=False), checks.number("rate", rate, 0, 1, high_open=True)
    drawn = _mask(units.shape, rate, _stream(rng))
    return units if drawn is None else units * drawn.astype(units.dtype)


def classic(x: NDArray[Any], rate: float, rng: np.random.Generator | None) -> NDArray[Any]:
    """Apply classic dropout: nothing is scaled in training, and everything in evaluation.

    Parameters
    ----------
    x : array of any shape
    rate : float in [0, 1)
        Probability of dropping an element.
    rng : numpy.random.Generator or None
        None is evaluation: x comes back multiplied with 1 - rate.

    Returns
    -------
    array of x's shape and dtype; whole numbers become floats

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1), or another argument is not as above.

    References
    ----------
    Srivastava et al. 2014, JMLR 15:1929-1958; its p is the probability of keeping, 1 - rate here.

    Examples
    --------
    The same masks as `dropout`'s, without the scale:

    >>> x = np.ones(1000)
    >>> a, b = (f(x, 0.5, np.random.default_rng(0)) for f in (dropout, classic))
    >>> bool((a == 2 * b).all())
    True
    >>> classic(np.ones(3), 0.25, None)
    array([0.75, 0.75, 0.75])
    """
    units, rate = checks.numbers("x", x, finite=False), checks.number("rate", rate, 0, 1, high_open=True)
    drawn = _mask(units.shape, rate, _stream(rng))
    result: NDArray[Any] = np.multiply(units, 1 - rate if drawn is None else drawn > 0)
    return result


def variance(h: ArrayLike, rate: ArrayLike) -> NDArray[Any]:
    """Return the variance that inverted dropout gives to a unit, h^2 rate / (1 - rate); its mean stays h.

    Parameters
    ----------
    h : array
        Units before dropout.
    rate : float or array in [0, 1)
        Broadcasts against `h`.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Notes
    -----
    Classic dropout's is h^2 rate (1 - rate): smaller by (1 - rate)^2, as its units are smaller by 1 - rate.

    Examples
    --------
    >>> variance([1.0, 2.0], 0.5)
    array([1., 4.])
    """
    units, rates = checks.numbers("h", h, finite=False), checks.numbers("rate", rate, 0, 1, high_open=True)
    checks.fits("rate", rates.shape, "h", units.shape)
    result: NDArray[Any] = np.square(units) * rates / (1 - rates)
    return result


def co_adaptation(h: ArrayLike) -> NDArray[Any]:
    """Return the mean absolute correlation between units, over rows: how much units lean on each other.

    Parameters
    ----------
    h : array of shape (..., rows, units)

    Returns
    -------
    array of shape (...)
        In [0, 1]; units that are the same in every row are left out, and NaN is where fewer than two remain.

    Raises
    ------
    ValueError
        If `h` has not two axes, or no rows.

    Examples
    --------
    >>> a = np.array([1.0, 2.0, 4.0])
    >>> round(float(co_adaptation(np.stack([a, -2 * a], axis=1))), 6)
    1.0
    """
    pairs = np.abs(correlations(h))
    result: NDArray[Any] = np.full(pairs.shape[:-1], np.nan)
    seen = np.isfinite(pairs)
    np.divide(np.where(seen, pairs, 0).sum(-1), seen.sum(-1), out=result, where=seen.any(-1))
    return result


def correlations(h: ArrayLike) -> NDArray[Any]:
    """Return the correlation of each pair of units over rows.

    Parameters
    ----------
    h : array of shape (..., rows, units)

    Returns
    -------
    array of shape (..., units * (units - 1) / 2)
        NaN where one of the two is the same in every row.

    Raises
    ------
    ValueError
        If `h` has not two axes, or no rows.

    Examples
    --------
    >>> correlations([[0.0, 1.0, 5.0], [1.0, 0.0, 5.0]]).round(6)
    array([-1., nan, nan])
    """
    h = checks.numbers("h", h, finite=False).astype(np.float64, copy=False)
    if h.ndim < 2 or 0 in h.shape:
        raise ValueError(f"h must have the shape (..., rows, units), none of them 0, got {h.shape}")
    centred = h - h.mean(axis=-2, keepdims=True)  # (..., rows, units)
    size = np.sqrt(np.square(centred).sum(axis=-2))  # (..., units)
    lit = size > 1e-9 * np.sqrt(h.shape[-2]) * (1e-30 + np.abs(h).max(axis=-2))
    unit = np.divide(centred, size[..., None, :], out=np.full_like(centred, np.nan), where=lit[..., None, :])
    first, second = np.triu_indices(h.shape[-1], 1)
    result: NDArray[Any] = (unit.mT @ unit)[..., first, second]
    return result


def reference(rate: float = 0.5) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return five activations, and which of them each of five passes keeps: dropout by hand.

    The masks are NumPy's older `RandomState(42).binomial(1, 1 - rate, 5)`, drawn five times.

    Parameters
    ----------
    rate : float in [0, 1)

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1).

    Examples
    --------
    >>> h, mask = reference()
    >>> (h * mask / 0.5).tolist()[0]
    [0.0, 4.0, 6.0, 8.0, 0.0]
    """
    rate = checks.number("rate", rate, 0, 1, high_open=True)
    rng = np.random.RandomState(42)
    masks = np.stack([rng.binomial(1, 1 - rate, 5) for _ in range(5)]) == 1  # (passes, units)
    return np.arange(1.0, 6.0), masks
