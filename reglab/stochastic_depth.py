"""Stochastic depth: in training whole residual blocks are skipped, the deeper the more often."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab.settings import check_number
from reglab.streams import Rng, uniforms


def rates(drop_path_rate: ArrayLike, blocks: int) -> NDArray[np.float64]:
    """Return each block's probability of being skipped: from 0 at the first, linearly to the given rate at the last.

    Parameters
    ----------
    drop_path_rate : float or array in [0, 1)
    blocks : int

    Returns
    -------
    array of shape (..., blocks)

    Notes
    -----
    timm's schedule. The paper counts from the input, so its first block already has a small rate.

    Examples
    --------
    >>> rates(0.2, 3).tolist()
    [0.0, 0.1, 0.2]
    """
    share = np.linspace(0, 1, blocks) if blocks > 1 else np.ones(blocks)
    return np.asarray(drop_path_rate, np.float64)[..., None] * share


def mask(batch: int, rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32] | None:
    """Draw what a block's branch is multiplied with, row by row: 0 where it is skipped, else 1 / (1 - rate).

    Parameters
    ----------
    batch : int
    rate : float or array in [0, 1)
        One per model: an array broadcasts against the draws, of shape (batch, 1).
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation.

    Returns
    -------
    float32 array of shape (..., batch, 1), or None
        None in evaluation: nothing is multiplied.

    References
    ----------
    Huang et al. 2016, "Deep networks with stochastic depth", arXiv:1603.09382.

    Notes
    -----
    Elsewhere: the paper's p_l is the probability of *keeping* a block and scales at test time; timm's and
    torchvision's rate is that of skipping it, scaled in training, as here.

    Examples
    --------
    >>> np.unique(mask(100, 0.5, np.random.default_rng(0))).tolist()
    [0.0, 2.0]
    """
    if rng is None:
        return None
    rate = np.asarray(rate, np.float32)
    kept = uniforms(rng, (batch, 1)) >= rate
    return np.multiply(kept, 1 / (1 - rate), dtype=np.float32)


def drop_path(x: NDArray[Any], rate: float, rng: np.random.Generator | None, mode: str = "row") -> NDArray[Any]:
    """Skip a residual branch, for each row of a batch or for the whole batch.

    Parameters
    ----------
    x : array of shape (batch, ...)
        The branch's output, before it is added to the block's input.
    rate : float in [0, 1)
        Probability of skipping.
    rng : numpy.random.Generator or None
        None is evaluation: x comes back unchanged.
    mode : "row" or "batch"
        torchvision's names.

    Returns
    -------
    array of x's shape and dtype

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> drop_path(np.ones((4, 2)), 0.5, np.random.default_rng(0)).tolist()
    [[2.0, 2.0], [2.0, 2.0], [2.0, 2.0], [0.0, 0.0]]
    >>> drop_path(np.ones((2, 1)), 0.5, None).tolist()
    [[1.0], [1.0]]
    """
    check_number("rate", rate, 0, 1, high_open=True)
    if mode not in ("row", "batch"):
        raise ValueError(f"mode must be 'row' or 'batch', got {mode!r}")
    drawn = mask(len(x) if mode == "row" else 1, rate, rng)
    if drawn is None:
        return x
    skipped: NDArray[Any] = x * drawn.reshape(-1, *(1,) * (x.ndim - 1)).astype(x.dtype)
    return skipped
