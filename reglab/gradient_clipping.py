"""Gradient clipping: a gradient longer than a limit is shortened, so that no single step leaps.

By global norm all arrays are scaled together and the direction stays; by value each element is cut by itself, and per
array each array by its own norm: both turn the gradient, by as much as `angle` says.

Elsewhere
---------
* By global norm: PyTorch ``clip_grad_norm_`` (divides by norm + 1e-6), optax ``clip_by_global_norm`` and Keras
  ``global_clipnorm`` (exact, as here).
* By value: PyTorch ``clip_grad_value_``, optax ``clip``, Keras ``clipvalue``.
* Per array: Keras ``clipnorm``, optax ``clip_by_block_rms`` (by root mean square); TensorFlow ``clip_by_norm``.

References
----------
R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
arXiv:1211.5063.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks

__all__ = [
    "Valley",
    "angle",
    "clip_by_global_norm",
    "clip_by_value",
    "clip_each_norm",
    "clip_norm",
    "clip_value",
    "descend",
    "global_norm",
    "valley",
    "valley_gradient",
]

WAYS = ("norm", "value")


def clip_norm(gradient: NDArray[Any], limit: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Clip flat gradients, one per model, to their limits.

    Parameters
    ----------
    gradient : array of shape (..., n_parameters)
        Is overwritten, unless it holds whole numbers, which become floats.
    limit : float or array of shape (...), >= 0
        Largest norm; 0 is off.

    Returns
    -------
    gradient : array of shape (..., n_parameters)
        All NaN where the norm is, as PyTorch has it: no direction is left to keep.
    norm : array of shape (...)
        Before clipping.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> clip_norm(np.array([3.0, 4.0]), 1.0)
    (array([0.6, 0.8]), np.float64(5.0))
    """
    with np.errstate(invalid="ignore"):  # infinity is clipped to no number
        return _clip_norm(*_check_flat(gradient, limit))


def _clip_norm(gradient: NDArray[Any], limit: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Clip the gradients of `clip_norm`: what training does."""
    norm = np.sqrt(np.vecdot(gradient, gradient))
    limit = np.asarray(limit, gradient.dtype)
    factor = np.where((limit > 0) & ~(norm <= limit), limit / np.where(norm == 0, 1, norm), 1).astype(gradient.dtype)
    gradient *= factor[..., None]
    return gradient, norm


def clip_value(gradient: NDArray[Any], limit: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Clip each element of flat gradients, one per model, to [-limit, limit].

    Parameters
    ----------
    gradient : array of shape (..., n_parameters)
        Is overwritten, unless it holds whole numbers, which become floats.
    limit : float or array of shape (...), >= 0
        Largest element; 0 is off.

    Returns
    -------
    gradient : array of shape (..., n_parameters)
    largest : array of shape (...)
        The largest absolute element before clipping.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> clip_value(np.array([3.0, -0.5]), 1.0)
    (array([ 1. , -0.5]), np.float64(3.0))
    """
    return _clip_value(*_check_flat(gradient, limit))


def _clip_value(gradient: NDArray[Any], limit: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Clip the elements of `clip_value`: what training does."""
    largest = np.maximum(gradient.max(axis=-1), -gradient.min(axis=-1))
    limit = np.asarray(limit, gradient.dtype)
    bound = np.where(limit > 0, limit, np.inf).astype(gradient.dtype)[..., None]
    np.clip(gradient, -bound, bound, out=gradient)
    return gradient, largest


def clip_by_global_norm(arrays: Iterable[ArrayLike], limit: float) -> tuple[list[NDArray[Any]], float]:
    """Scale arrays together so that the norm over all their elements is at most `limit`.

    Parameters
    ----------
    arrays : sequence of arrays, or what yields them
        The gradients of all layers.
    limit : float > 0

    Returns
    -------
    arrays : list of arrays
        Scaled copies, whole numbers as floats; equal to the input where its norm is within the limit, all NaN where it
        is NaN.
    norm : float
        Before clipping.

    Raises
    ------
    ValueError
        If `limit` is not a positive number, or `arrays` are not numbers.

    References
    ----------
    Pascanu et al. 2013, arXiv:1211.5063.

    Notes
    -----
    Elsewhere: PyTorch's ``clip_grad_norm_`` divides by norm + 1e-6; optax's ``clip_by_global_norm`` is exact, as
    here; Keras calls it ``global_clipnorm``, and its ``clipnorm`` is per weight. A NaN among the gradients makes all of
    them NaN, as in PyTorch (``error_if_nonfinite=False``).

    Examples
    --------
    >>> clipped, norm = clip_by_global_norm([np.array([3.0]), np.array([4.0])], 1.0)
    >>> clipped[0].round(3), clipped[1].round(3), norm
    (array([0.6]), array([0.8]), 5.0)
    """
    gradients, limit = _check_arrays("arrays", arrays), _check_limit(limit)
    norm = _global_norm(gradients)
    factor = 1.0 if norm <= limit else limit / norm
    with np.errstate(invalid="ignore"):  # infinity times 0
        return [a * np.asarray(factor, a.dtype) for a in gradients], norm


def clip_by_value(arrays: Iterable[ArrayLike], limit: float) -> list[NDArray[Any]]:
    """Cut each element to [-limit, limit].

    Parameters
    ----------
    arrays : sequence of arrays, or what yields them
    limit : float > 0

    Returns
    -------
    list of arrays
        Copies. The norm may still be up to limit * sqrt(elements), and the direction turns.

    Raises
    ------
    ValueError
        If `limit` is not a positive number.

    Examples
    --------
    >>> clip_by_value([np.array([3.0, -0.5]), np.array([-4.0])], 1.0)
    [array([ 1. , -0.5]), array([-1.])]
    """
    gradients, limit = _check_arrays("arrays", arrays), _check_limit(limit)
    return [np.clip(a, -limit, limit).astype(a.dtype) for a in gradients]


def clip_each_norm(arrays: Iterable[ArrayLike], limit: float) -> list[NDArray[Any]]:
    """Scale each array by itself so that its own norm is at most `limit`: Keras's ``clipnorm``.

    Parameters
    ----------
    arrays : sequence of arrays, or what yields them
    limit : float > 0

    Returns
    -------
    list of arrays
        Scaled copies. The norm of all may still be up to limit * sqrt(arrays), and the direction turns.

    Raises
    ------
    ValueError
        If `limit` is not a positive number.

    Examples
    --------
    >>> [a.round(3).tolist() for a in clip_each_norm([np.array([3.0, 4.0]), np.array([0.5])], 1.0)]
    [[0.6, 0.8], [0.5]]
    """
    gradients = _check_arrays("arrays", arrays)
    _check_limit(limit)
    return [clip_by_global_norm([a], limit)[0][0] for a in gradients]


def global_norm(arrays: Iterable[ArrayLike]) -> float:
    """Return the Euclidean norm over all elements of all arrays.

    Parameters
    ----------
    arrays : sequence of arrays, or what yields them

    Raises
    ------
    ValueError
        If `arrays` are not numbers.

    Examples
    --------
    >>> global_norm([np.array([3.0]), np.array([[4.0]])])
    5.0
    """
    return _global_norm(_check_arrays("arrays", arrays))


def _global_norm(arrays: Sequence[NDArray[Any]]) -> float:
    return float(np.sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays)))


def angle(before: Iterable[ArrayLike], after: Iterable[ArrayLike]) -> float:
    """Return by how many degrees a gradient turned.

    Parameters
    ----------
    before, after : sequences of arrays of the same shapes

    Returns
    -------
    float
        From 0 to 180; NaN where one of the two is zero.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> round(angle([np.array([3.0, 1.0])], [np.array([1.0, 1.0])]), 1)
    26.6
    """
    first, second = _check_arrays("before", before), _check_arrays("after", after)
    shapes = [[a.shape for a in arrays] for arrays in (first, second)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"after must have the shapes of before, {shapes[0]}, got {shapes[1]}")
    sizes = _global_norm(first), _global_norm(second)
    if not min(sizes) > 0:
        return float("nan")
    units = [
        (np.asarray(a, np.float64) / sizes[0], np.asarray(b, np.float64) / sizes[1])
        for a, b in zip(first, second, strict=True)
    ]
    apart, along = (_global_norm([a + sign * b for a, b in units]) for sign in (-1, 1))
    return float(np.degrees(2 * np.arctan2(apart, along)))  # exact for small angles too, where arccos is not


# --- a valley to look at: the loss (steepness x^2 + y^2) / 2 ---


def valley_gradient(points: ArrayLike, limit: float = 0.0, way: str = "norm", steepness: float = 8.0) -> NDArray[Any]:
    """Return the gradient of a narrow valley, (steepness x, y), clipped at each point by itself.

    Parameters
    ----------
    points : array of shape (..., 2)
    limit : float >= 0
        0 is off.
    way : "norm" or "value"
    steepness : float >= 0

    Returns
    -------
    array of shape (..., 2)

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> valley_gradient([1.0, 6.0]), valley_gradient([1.0, 6.0], 5.0), valley_gradient([1.0, 6.0], 5.0, "value")
    (array([8., 6.]), array([4., 3.]), array([5., 5.]))
    """
    _check_valley(limit, way, steepness)
    at = checks.numbers("points", points).astype(np.float64, copy=False)
    if at.ndim < 1 or at.shape[-1] != 2:
        raise ValueError(f"points must have the shape (..., 2), got {at.shape}")
    return _valley_gradient(at, limit, way, steepness)


def _valley_gradient(points: NDArray[Any], limit: float, way: str, steepness: float) -> NDArray[Any]:
    gradient = points * (steepness, 1.0)
    return (_clip_norm if way == "norm" else _clip_value)(gradient, limit)[0]


def descend(
    start: ArrayLike,
    learning_rate: float,
    limit: float = 0.0,
    way: str = "norm",
    *,
    steps: int = 30,
    steepness: float = 8.0,
) -> NDArray[Any]:
    """Walk down the valley by gradient descent, each step's gradient clipped.

    Parameters
    ----------
    start : array of shape (2,)
    learning_rate : float >= 0
        From 2 / steepness on, a step across the valley lands higher than it started, unless it is clipped.
    limit, way, steepness
        As in `valley_gradient`.
    steps : int in 1 to 100000

    Returns
    -------
    array of shape (steps + 1, 2)

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> for limit in (0.0, 1.0):
    ...     print(descend([1.0, 2.0], 0.3, limit, steps=20)[-1].round(3).tolist())
    [836.683, 0.002]
    [-0.146, 0.009]
    """
    checks.number("learning_rate", learning_rate, 0)
    checks.whole("steps", steps, 1, checks.MANY)
    _check_valley(limit, way, steepness)
    path = [checks.numbers("start", start).astype(np.float64, copy=False)]
    if path[0].shape != (2,):
        raise ValueError(f"start must have the shape (2,), got {path[0].shape}")
    for _ in range(steps):
        path.append(path[-1] - learning_rate * _valley_gradient(path[-1], limit, way, steepness))
    return np.stack(path)


@dataclass(frozen=True, eq=False)
class Valley:
    """What clipping does in a valley, by norm and by value, at several limits.

    Attributes
    ----------
    limits : array of shape (limits,)
    learning_rate : float
        Of the walks.
    points : array of shape (points, 2)
        A grid around the bottom, without the bottom itself, where there is no gradient.
    gradient : array of shape (points, 2)
        There, without clipping.
    clipped : array of shape (2, limits, points, 2)
        The same, clipped by norm and by value.
    degrees : array of shape (2, limits, points)
        How far that turns it.
    paths : array of shape (2, limits, steps + 1, 2)
        A walk down, each step's gradient clipped.
    """

    limits: NDArray[Any]
    learning_rate: float
    points: NDArray[Any]
    gradient: NDArray[Any]
    clipped: NDArray[Any]
    degrees: NDArray[Any]
    paths: NDArray[Any]

    def share(self) -> NDArray[Any]:
        """Return at which share of the points the gradient is clipped, shape (2, limits)."""
        return np.asarray((self.clipped != self.gradient).any(axis=-1).mean(axis=-1))

    def leaves(self, reach: float) -> NDArray[np.int64]:
        """Return the first step that is farther than `reach` from the bottom in a coordinate, shape (2, limits).

        0 where a walk, which begins within, stays there.
        """
        outside = np.abs(self.paths).max(axis=-1) > checks.number("reach", reach, 0)
        return np.asarray(outside.argmax(axis=-1))


def valley(
    limits: ArrayLike,
    learning_rate: float,
    *,
    start: ArrayLike = (0.35, 2.0),
    steps: int = 30,
    grid: int = 11,
    reach: float = 2.0,
) -> Valley:
    """Clip the valley's gradient on a grid, by norm and by value, and walk down it.

    Parameters
    ----------
    limits : array of shape (limits,), >= 0
        0 is off.
    learning_rate, start, steps
        Of the walks, as `descend` takes them.
    grid : int in 2 to 101
        Points along a side.
    reach : float > 0
        How far the grid goes from the bottom, on each side.

    Returns
    -------
    Valley

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> descents = valley([0.0, 2.0], 0.3)
    >>> descents.degrees.mean(axis=-1).round(1).tolist()  # by norm, by value
    [[0.0, 0.0], [0.0, 16.7]]
    >>> descents.leaves(2.2).tolist()
    [[6, 0], [6, 0]]
    """
    levels = checks.numbers("limits", limits, 0).astype(np.float64, copy=False)
    if levels.ndim != 1 or not levels.size:
        raise ValueError(f"limits must be a 1-D array of at least one limit, got shape {levels.shape}")
    checks.whole("grid", grid, 2, 101)
    far = float(checks.number("reach", reach, 0, low_open=True))
    checks.room(limits=len(levels), grid=grid**2)
    checks.rounds(limits=len(levels), steps=checks.whole("steps", steps, 1, checks.MANY))
    side = far * np.arange(1 - grid, grid, 2) / (grid - 1)
    points = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    points = points[points.any(axis=-1)]
    raw = valley_gradient(points)
    clipped = np.array([[valley_gradient(points, limit, way) for limit in levels.tolist()] for way in WAYS])
    across = raw[:, 0] * clipped[..., 1] - raw[:, 1] * clipped[..., 0]
    degrees = np.degrees(np.abs(np.arctan2(across, (raw * clipped).sum(axis=-1))))
    walks = [[descend(start, learning_rate, limit, way, steps=steps) for limit in levels.tolist()] for way in WAYS]
    return Valley(levels, float(learning_rate), points, raw, clipped, degrees, np.array(walks))


def _check_limit(limit: float) -> float:
    return checks.number("limit", limit, 0, low_open=True)


def _check_valley(limit: float, way: str, steepness: float) -> None:
    checks.number("limit", limit, 0)
    checks.one_of("way", way, WAYS, "'norm' or 'value'")
    checks.number("steepness", steepness, 0)


def _check_arrays(name: str, arrays: Iterable[ArrayLike]) -> list[NDArray[Any]]:
    # A table of pandas is one array: it would be gone through by the names of its columns.
    each = (arrays,) if hasattr(arrays, "to_numpy") else checks.several(name, arrays)
    return [checks.numbers(name, a, finite=False) for a in each]


def _check_flat(gradient: ArrayLike, limit: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return flat gradients and their limits; raise unless there is one limit for each, or one for all."""
    flat, limits = checks.numbers("gradient", gradient, finite=False), checks.numbers("limit", limit, 0)
    if not flat.ndim or not flat.shape[-1]:
        raise ValueError(f"gradient must have the shape (..., n_parameters), got {flat.shape}")
    if checks.fits("limit", limits.shape, "gradient without its last axis", flat.shape[:-1]) != flat.shape[:-1]:
        raise ValueError(f"limit must be one per gradient, the shape {flat.shape[:-1]}, got {limits.shape}")
    return flat if flat.flags.writeable else flat.copy(), limits  # what a table shows is not to be written to
