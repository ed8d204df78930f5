"""Batch normalization: each unit is brought to mean 0 and variance 1 over the batch, then given a gain.

In evaluation it uses running statistics, and they are passed in: there is no mode to forget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EPSILON", "MOMENTUM", "Statistics", "apply", "normalise", "normalise_backward", "running"]

EPSILON = 1e-5
MOMENTUM = 0.1  # share of the newest batch in the running statistics; Keras calls 0.9 momentum, PyTorch 0.1, as here


@dataclass
class Statistics:
    """Running mean and variance of one layer's units, each of shape (..., 1, units)."""

    mean: NDArray[np.float32]
    variance: NDArray[np.float32]  # unbiased, as PyTorch keeps it

    @classmethod
    def start(cls, shape: tuple[int, ...]) -> Statistics:
        """Return mean 0 and variance 1.

        Examples
        --------
        >>> Statistics.start((1, 3)).variance
        array([[1., 1., 1.]], dtype=float32)
        """
        return cls(np.zeros(shape, np.float32), np.ones(shape, np.float32))


def normalise(z: NDArray[np.float32], running: Statistics) -> NDArray[np.float32]:
    """Normalise a training batch in place and move the running statistics.

    Parameters
    ----------
    z : array of shape (..., batch, units)
        Is overwritten with the normalised units.
    running : Statistics
        Is moved towards the batch's mean and its unbiased variance.

    Returns
    -------
    array of shape (..., 1, units)
        1 / standard deviation, which `normalise_backward` needs.

    References
    ----------
    Ioffe & Szegedy 2015, arXiv:1502.03167.

    Examples
    --------
    >>> z = np.array([[1.0], [3.0]], np.float32)
    >>> _ = normalise(z, Statistics.start((1, 1)))
    >>> z.round(3).tolist()
    [[-1.0], [1.0]]
    """
    batch = z.shape[-2]
    mean = z.mean(axis=-2, keepdims=True)
    z -= mean
    variance = np.square(z).mean(axis=-2, keepdims=True)
    running.mean += np.float32(MOMENTUM) * (mean - running.mean)
    running.variance += np.float32(MOMENTUM) * (variance * np.float32(batch / max(batch - 1, 1)) - running.variance)
    inverse: NDArray[np.float32] = 1 / np.sqrt(variance + np.float32(EPSILON))
    z *= inverse
    return inverse


def normalise_backward(
    delta: NDArray[np.float32], normalised: NDArray[np.float32], inverse: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the derivative by z from that by the normalised units.

    Parameters
    ----------
    delta, normalised : arrays of shape (..., batch, units)
    inverse : array of shape (..., 1, units)
        As `normalise` returned it.

    Examples
    --------
    A shift of the whole batch changes nothing, so the derivatives of a batch sum to zero:

    >>> z = np.array([[1.0], [3.0], [4.0]], np.float32)
    >>> inverse = normalise(z, Statistics.start((1, 1)))
    >>> delta = np.array([[1.0], [0.0], [0.0]], np.float32)
    >>> abs(round(float(normalise_backward(delta, z, inverse).sum()), 5))
    0.0
    """
    mean = delta.mean(axis=-2, keepdims=True)
    along = (delta * normalised).mean(axis=-2, keepdims=True)
    back: NDArray[np.float32] = (delta - mean - normalised * along) * inverse
    return back


def apply(z: NDArray[np.float32], running: Statistics) -> NDArray[np.float32]:
    """Normalise rows by running statistics: evaluation.

    Examples
    --------
    >>> apply(np.array([[2.0]], np.float32), Statistics.start((1, 1))).round(3).tolist()
    [[2.0]]
    """
    normalised: NDArray[np.float32] = (z - running.mean) / np.sqrt(running.variance + np.float32(EPSILON))
    return normalised


def running(hidden_sizes: Sequence[int], flat: NDArray[np.float32]) -> list[Statistics]:
    """Return each layer's statistics as views of one flat array.

    Parameters
    ----------
    hidden_sizes : sequence of int
    flat : array of shape (..., 2 * sum(hidden_sizes))
        Means and variances, layer by layer.

    Examples
    --------
    >>> [s.mean.shape for s in running((3, 2), np.zeros((5, 10), np.float32))]
    [(5, 1, 3), (5, 1, 2)]
    """
    layers, at = [], 0
    for size in hidden_sizes:
        both = flat[..., None, at : at + 2 * size]
        layers.append(Statistics(both[..., :size], both[..., size:]))
        at += 2 * size
    return layers
