"""SGD with momentum, and Adam: from the gradient to the step that is subtracted from the parameters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BETA1", "BETA2", "EPSILON", "Adam", "Sgd"]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
FLUSH_EVERY = 100
CACHED = 40_000  # numbers of each array that a step works on at a time: what it needs stays in the processor's cache


class Sgd:
    """Gradient descent with (heavy-ball) momentum: buffer = momentum * buffer + gradient; step = lr * buffer.

    Parameters
    ----------
    shape : tuple of int
        (seeds, settings, parameters).
    learning_rate, momentum : arrays that broadcast against `shape`

    Notes
    -----
    The convention of PyTorch's SGD with dampening 0; Keras multiplies the gradient by the learning rate before it
    enters the buffer, which is the same while the learning rate is constant.

    Examples
    --------
    >>> sgd = Sgd((1, 1, 2), np.float32(0.1), np.float32(0.9))
    >>> sgd.step(np.ones((1, 1, 2), np.float32)).round(3)
    array([[[0.1, 0.1]]], dtype=float32)
    >>> sgd.step(np.ones((1, 1, 2), np.float32)).round(3)
    array([[[0.19, 0.19]]], dtype=float32)
    """

    def __init__(
        self, shape: tuple[int, ...], learning_rate: NDArray[np.float32], momentum: NDArray[np.float32]
    ) -> None:
        self.learning_rate, self.momentum = learning_rate, momentum
        self.buffer = np.zeros(shape, np.float32)

    def step(self, gradient: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the step; `gradient` is overwritten with it."""
        self.buffer *= self.momentum
        self.buffer += gradient
        return np.multiply(self.buffer, self.learning_rate, out=gradient)


class Adam:
    """Adam, with weight decay left to the weights' own place: AdamW when that is decoupled.

    The moments are kept unscaled, m = beta1 * m + g and v = beta2 * v + g**2, so that the factors (1 - beta) and the
    bias corrections fold into one number per step.

    Parameters
    ----------
    shape : tuple of int
        (seeds, settings, parameters).
    learning_rate : array that broadcasts against `shape`

    Notes
    -----
    Epsilon is added after the bias correction, as in the paper's algorithm and in PyTorch. Keras and scikit-learn
    add it before, where the same number is in effect epsilon / sqrt(1 - beta2**t): 32 times as much at the first step.

    References
    ----------
    Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter 2019 (AdamW), arXiv:1711.05101.

    Examples
    --------
    The first step has the size of the learning rate, whatever the gradient's:

    >>> Adam((1, 1, 2), np.float32(0.1)).step(np.array([[[5, -0.01]]], np.float32)).round(3)
    array([[[ 0.1, -0.1]]], dtype=float32)
    """

    def __init__(self, shape: tuple[int, ...], learning_rate: NDArray[np.float32]) -> None:
        self.learning_rate = np.broadcast_to(learning_rate, (*shape[:-1], 1))
        self.m = np.zeros(shape, np.float32)
        self.v = np.zeros(shape, np.float32)
        self.scratch = np.empty(shape, np.float32)
        self.t = 0
        seeds, settings, parameters = shape
        each = max(1, CACHED // parameters)
        whole = seeds * settings <= 4 * each  # where cutting would cost more than it saves
        starts = [(seed, first) for seed in range(seeds) for first in range(0, settings, each)]
        self.parts = [...] if whole else [(seed, slice(first, first + each)) for seed, first in starts]

    def step(self, gradient: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the step; `gradient` is overwritten with it."""
        self.t += 1
        # step = lr * (m (1-b1)/(1-b1^t)) / (sqrt(v (1-b2)/(1-b2^t)) + eps), both fractions taken out of the arrays
        root = np.sqrt((1 - BETA2) / (1 - BETA2**self.t))
        epsilon, scale = np.float32(EPSILON / root), np.float32((1 - BETA1) / (1 - BETA1**self.t) / root)
        for part in self.parts:
            m, v, scratch, g = self.m[part], self.v[part], self.scratch[part], gradient[part]
            m *= np.float32(BETA1)
            m += g
            v *= np.float32(BETA2)
            v += np.square(g, out=scratch)
            if self.t % FLUSH_EVERY == 0:
                # The moments of dead units decay into denormals, which make a step up to 2.6 times slower.
                m *= np.abs(m) > 1e-20
                v *= v > 1e-30
            np.sqrt(v, out=scratch)
            scratch += epsilon
            np.divide(m, scratch, out=g)
            g *= self.learning_rate[part] * scale
        return gradient
