"""Mixup: the network trains on blends of two examples, and on the same blend of their labels."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab.settings import check_number
from reglab.streams import Rng, permutations, uniforms

TABLE = 4096


@lru_cache(maxsize=256)
def _half_table(alpha: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distribution function of Beta(alpha, alpha) on [0, 1/2], rising from 0 to 1/2, and its points."""
    # With s = x**power a pole of the density at 0 disappears: x^(a-1) (1-x)^(a-1) dx = x^(a-p) (1-x)^(a-1) ds / p.
    power = min(alpha, 1.0)
    s = np.linspace(0, 0.5**power, TABLE)
    x = np.minimum(s ** (1 / power), 0.5)
    density = (4 * x * (1 - x)) ** (alpha - power) * (2 - 2 * x) ** (power - 1)  # 1 at x = 1/2, whatever alpha
    rising = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return 0.5 * rising / rising[-1], x


def beta_quantile(alpha: float, u: ArrayLike) -> NDArray[np.float64]:
    """Turn uniform numbers into draws from Beta(alpha, alpha): the inverse of its distribution function.

    One uniform number serves models of every alpha, so models of one seed stay paired.

    Parameters
    ----------
    alpha : float >= 0
        0 gives 1: nothing is mixed.
    u : array in [0, 1]

    Returns
    -------
    array of u's shape, in [0, 1]

    Examples
    --------
    >>> beta_quantile(1.0, [0.1, 0.5, 0.9]).round(4).tolist()
    [0.1, 0.5, 0.9]
    """
    u = np.asarray(u, np.float64)
    if alpha == 0:
        return np.ones_like(u)
    rising, x = _half_table(float(alpha))
    low = np.interp(np.minimum(u, 1 - u), rising, x)
    return np.asarray(np.where(u < 0.5, low, 1 - low))


def mixup(
    x: NDArray[Any], y: NDArray[Any], alpha: ArrayLike, rng: Rng | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Blend each example of a batch with another: lam * x + (1 - lam) * x[partner], and the targets alike.

    Parameters
    ----------
    x : array of shape (batch, features), or (seeds, 1 or settings, batch, features) with a list of generators
    y : array of shape (batch, n_classes), or (seeds, 1 or settings, batch, n_classes)
        Probabilities.
    alpha : float, or array of shape (seeds, settings) with a list of generators, >= 0
        lam is drawn from Beta(alpha, alpha), one per batch and model; 0 is off.
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation: x and y come back unchanged.

    Returns
    -------
    x, y : arrays
        With a list of generators, of shape (seeds, settings, batch, ...).

    Raises
    ------
    ValueError
        If `alpha` is negative.

    References
    ----------
    Zhang et al. 2018, arXiv:1710.09412.

    Notes
    -----
    Elsewhere: timm pairs each example with the one at the mirrored place in the batch; here, as in the paper, the
    partner is drawn by a permutation.

    Examples
    --------
    >>> x, y = mixup(np.arange(4.0)[:, None], np.eye(4), 1.0, np.random.default_rng(0))
    >>> y.sum(axis=1).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    if rng is None:
        return x, y
    check_number("alpha", float(np.min(alpha)), 0)
    u, alphas = np.broadcast_arrays(uniforms(rng, ()), alpha)  # () or (seeds, settings)
    lam = np.empty(u.shape)
    for a in np.unique(alphas):
        lam[alphas == a] = beta_quantile(float(a), u[alphas == a])
    lam = lam[..., None, None].astype(np.result_type(x, np.float32))
    partner = permutations(rng, x.shape[-2])[..., None]  # (..., batch, 1)
    x_partner, y_partner = (np.take_along_axis(a, partner, axis=-2) for a in (x, y))
    return lam * x + (1 - lam) * x_partner, lam * y + (1 - lam) * y_partner
