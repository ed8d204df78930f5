"""Well-known bugs, each a wrong function for a right place: ``fit(..., replace={"dropout": mistakes.scaled_twice})``.

Settings and trainer know nothing of them. Each has the signature of the function it stands in for, and says in its
docstring where the bug is known from and what it does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import dropout, l1, l2, label_smoothing
from reglab.streams import Rng


def left_on(shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32]:
    """Drop units in evaluation too: a forgotten ``model.eval()``.

    For `Settings.dropout` and `Settings.input_dropout`. Here every evaluation draws the same masks, so that a run can
    be repeated; a forgotten switch would draw new ones.

    Examples
    --------
    >>> float(left_on((1, 1000), 0.5, None).min())
    0.0
    """
    drawn = dropout.mask(shape, rate, np.random.default_rng(0) if rng is None else rng)
    assert drawn is not None
    return drawn


def scaled_twice(shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32]:
    """Scale up in training and down again in evaluation: the two conventions of dropout mixed.

    For `Settings.dropout` and `Settings.input_dropout`. In evaluation every layer's units are too small by 1 - rate.

    Examples
    --------
    >>> float(scaled_twice((1, 4), 0.25, None))
    0.75
    """
    drawn = dropout.mask(shape, rate, rng)
    return np.asarray(1 - np.asarray(rate), np.float32) if drawn is None else drawn


def scaled_by_rate(shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32] | None:
    """Scale what is kept by 1 / rate rather than 1 / (1 - rate): p taken for the probability of keeping.

    For `Settings.dropout` and `Settings.input_dropout`. The same at rate 0.5, and off on both sides of it.

    Examples
    --------
    >>> float(scaled_by_rate((1, 1000), 0.25, np.random.default_rng(0)).max())
    4.0
    """
    drawn = dropout.mask(shape, rate, rng)
    if drawn is None:
        return None
    rate = np.maximum(np.asarray(rate, np.float32), np.float32(1e-3))
    return np.asarray((drawn > 0) / rate, np.float32)


def decays_biases(
    w: NDArray[Any], learning_rate: ArrayLike, weight_decay: ArrayLike, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Decay the biases with the weights: all of ``model.parameters()`` handed to the optimizer in one group.

    For `Settings.weight_decay`.

    Examples
    --------
    >>> flat = np.ones(3)  # two weights and a bias
    >>> _ = decays_biases(flat[:2], 0.1, 1.0)
    >>> flat.tolist()
    [0.9, 0.9, 0.9]
    """
    everything = w if w.base is None else w.base  # the trainer hands over a view of all parameters
    return l2.shrink(everything, learning_rate, weight_decay, out=everything)


def along_subgradient(w: NDArray[Any], t: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Step along the subgradient of L1 rather than through its soft threshold: what ``w.abs().sum()`` in a loss does.

    For `Settings.l1`. A weight smaller than `t` steps across zero, and back again: none is ever exactly zero.

    Examples
    --------
    >>> along_subgradient(np.array([1.0, 0.05]), 0.1)
    array([ 0.9 , -0.05])
    """
    return np.asarray(np.subtract(w, l1.subgradient(w, t), out=out))


def l1_in_the_gradient(w: ArrayLike, l2: ArrayLike) -> NDArray[Any]:
    """Add the subgradient of L1 to the data's gradient, before the optimizer: ``loss + l1 * w.abs().sum()`` under Adam.

    For `Settings.l2`, whose value it takes for the strength of L1. Adam divides the sum by its own size, so that a
    weight which the data hold loosely is pulled by a full learning rate, however small the strength.

    Examples
    --------
    >>> l1_in_the_gradient([2.0, 0.0, -0.01], 0.1)
    array([ 0.1,  0. , -0.1])
    """
    return l1.subgradient(w, l2)


def smoothed_twice(targets: NDArray[Any], smoothing: ArrayLike) -> NDArray[Any]:
    """Smooth labels that are smoothed already: once by mixup's collate function, say, and once more by the loss.

    For `Settings.label_smoothing`. The strength becomes 1 - (1 - smoothing)^2, nearly twice as much.

    Examples
    --------
    >>> smoothed_twice(np.array([0.0, 1.0]), 0.1).round(3).tolist()
    [0.095, 0.905]
    """
    return label_smoothing.smooth(label_smoothing.smooth(targets, smoothing), smoothing)


def shared_by_the_others(targets: NDArray[Any], smoothing: ArrayLike) -> NDArray[Any]:
    """Put smoothing / (K - 1) on the other classes: a number of the convention "others" taken for one of "uniform".

    For `Settings.label_smoothing`. The strength grows by the factor K / (K - 1): most where there are few classes.

    Examples
    --------
    >>> shared_by_the_others(np.array([0.0, 0.0, 1.0]), 0.1).round(3).tolist()
    [0.05, 0.05, 0.9]
    """
    n_classes = targets.shape[-1]
    return label_smoothing.smooth(targets, np.asarray(smoothing) * n_classes / (n_classes - 1))
