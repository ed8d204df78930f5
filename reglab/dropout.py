"""Dropout: in training each unit is silenced with a probability, and the others are scaled up to keep the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab.settings import check_number
from reglab.streams import Rng, levels

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
    if rng is None:
        return None
    dropped = np.minimum(np.multiply(rate, LEVELS) + 0.5, LEVELS - 1).astype(np.uint16)
    scale = np.divide(LEVELS, LEVELS - dropped.astype(np.int32), dtype=np.float32)
    kept = levels(rng, shape) >= dropped  # 16 raw bits against a level: far cheaper than floats
    return np.multiply(kept, scale, dtype=np.float32)


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
        If `rate` is outside [0, 1).

    Examples
    --------
    >>> dropout(np.ones(8), 0.5, np.random.default_rng(0)).max()
    np.float64(2.0)
    >>> dropout(np.ones(3), 0.5, None)
    array([1., 1., 1.])
    """
    check_number("rate", rate, 0, 1, high_open=True)
    drawn = mask(np.shape(x), rate, rng)
    return x if drawn is None else x * drawn.astype(np.result_type(x, np.float32))
