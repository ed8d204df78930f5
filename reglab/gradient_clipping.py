"""Gradient clipping: a gradient longer than a limit keeps its direction and is cut to the limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab.settings import check_number


def clip_norm(gradient: NDArray[Any], limit: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Clip flat gradients, one per model, to their limits.

    Parameters
    ----------
    gradient : array of shape (..., n_parameters)
        Is overwritten.
    limit : float or array of shape (...)
        Largest norm; 0 is off.

    Returns
    -------
    gradient : array of shape (..., n_parameters)
    norm : array of shape (...)
        Before clipping.

    Examples
    --------
    >>> clip_norm(np.array([3.0, 4.0]), 1.0)
    (array([0.6, 0.8]), np.float64(5.0))
    """
    norm = np.sqrt(np.vecdot(gradient, gradient))
    limit = np.asarray(limit, gradient.dtype)
    factor = np.where((limit > 0) & (norm > limit), limit / np.where(norm > 0, norm, 1), 1).astype(gradient.dtype)
    gradient *= factor[..., None]
    return gradient, norm


def clip_by_global_norm(
    arrays: Sequence[NDArray[Any]], limit: float
) -> tuple[list[NDArray[Any]], float]:
    """Scale arrays together so that the norm over all their elements is at most `limit`.

    Parameters
    ----------
    arrays : sequence of arrays
        The gradients of all layers.
    limit : float > 0

    Returns
    -------
    arrays : list of arrays
        Scaled copies; equal to the input where its norm is within the limit.
    norm : float
        Before clipping.

    Raises
    ------
    ValueError
        If `limit` is not a positive number.

    References
    ----------
    Pascanu et al. 2013, arXiv:1211.5063.

    Notes
    -----
    Elsewhere: PyTorch's ``clip_grad_norm_`` divides by norm + 1e-6; optax's ``clip_by_global_norm`` is exact, as
    here; Keras calls it ``global_clipnorm``, and its ``clipnorm`` is per weight.

    Examples
    --------
    >>> clipped, norm = clip_by_global_norm([np.array([3.0]), np.array([4.0])], 1.0)
    >>> clipped[0].round(3), clipped[1].round(3), norm
    (array([0.6]), array([0.8]), 5.0)
    """
    check_number("limit", limit, 0)
    if limit == 0:
        raise ValueError("limit must be above 0, got 0")
    norm = float(np.sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays)))
    factor = limit / norm if norm > limit else 1.0
    return [a * np.asarray(factor, np.result_type(a, np.float32)) for a in arrays], norm
