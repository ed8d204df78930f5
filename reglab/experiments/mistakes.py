"""Well-known bugs, each a wrong function for a right place: ``fit(..., replace={"dropout": mistakes.scaled_twice})``.

Settings and trainer know nothing of them. Each has the signature of its place on the line (`reglab.engine.line`), and
says in its docstring where the bug is known from and what it does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import dropout, gradient_clipping, image_augmentation, l1, l2, label_smoothing, mixup, stochastic_depth
from reglab.engine.network import Array, Parameters
from reglab.streams import Rng, uniforms

__all__ = [
    "along_subgradient",
    "branch_scaled_at_test_too",
    "clips_each_array",
    "decays_biases",
    "far_too_much",
    "l1_in_the_gradient",
    "lam_as_drawn",
    "layer_skipped_without_a_skip",
    "left_on",
    "one_rate_for_all_blocks",
    "scaled_by_rate",
    "scaled_twice",
    "shared_by_the_others",
    "smoothed_twice",
    "turned_over",
]


def left_on(shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32]:
    """Drop units in evaluation too: a forgotten ``model.eval()``.

    For `Settings.dropout` and `Settings.input_dropout`. Here every evaluation draws the same masks, so that a run can
    be repeated; a forgotten switch would draw new ones.

    Examples
    --------
    >>> float(left_on((1, 1000), 0.5, None).min())
    0.0
    """
    drawn = dropout._mask(shape, rate, np.random.default_rng(0) if rng is None else rng)
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
    drawn = dropout._mask(shape, rate, rng)
    return np.asarray(1 - np.asarray(rate), np.float32) if drawn is None else drawn


def scaled_by_rate(shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32] | None:
    """Scale what is kept by 1 / rate rather than 1 / (1 - rate): p taken for the probability of keeping.

    For `Settings.dropout` and `Settings.input_dropout`. The same at rate 0.5, and off on both sides of it.

    Examples
    --------
    >>> float(scaled_by_rate((1, 1000), 0.25, np.random.default_rng(0)).max())
    4.0
    """
    drawn = dropout._mask(shape, rate, rng)
    if drawn is None:
        return None
    rate = np.maximum(np.asarray(rate, np.float32), np.float32(1e-3))
    return np.asarray((drawn > 0) / rate, np.float32)


def decays_biases(net: Parameters, update: Array, learning_rate: Array, weight_decay: Array) -> None:
    """Decay the biases with the weights: all of ``model.parameters()`` handed to the optimizer in one group.

    For `Settings.weight_decay`.

    Examples
    --------
    >>> net = Parameters((1, 1), (1, 1))  # a weight and a bias
    >>> net.flat[:] = 1
    >>> decays_biases(net, net.flat, np.float32(0.1), np.float32(1.0))
    >>> net.flat
    array([[[0.9, 0.9]]], dtype=float32)
    """
    l2._shrink(net.flat, learning_rate, weight_decay, out=net.flat)


def along_subgradient(net: Parameters, update: Array, learning_rate: Array, strength: Array) -> None:
    """Step along the subgradient of L1 rather than through its soft threshold: what ``w.abs().sum()`` does under SGD.

    For `Settings.l1`. A weight smaller than the step goes across zero, and back again: none is ever exactly zero.

    Examples
    --------
    >>> net = Parameters((2, 1), (1, 1))
    >>> net.weights[0][..., 0] = 1, 0.05
    >>> along_subgradient(net, net.flat, np.float32(1.0), np.float32(0.1))
    >>> net.weights[0].ravel()
    array([ 0.9 , -0.05], dtype=float32)
    """
    w = net.flat_weights
    np.subtract(w, l1._subgradient(w, learning_rate * strength), out=w)


def l1_in_the_gradient(gradient: Parameters, net: Parameters, strength: Array, rngs: Rng) -> None:
    """Add the subgradient of L1 to the data's gradient, before the optimizer: ``loss + l1 * w.abs().sum()`` under Adam.

    For `Settings.l2`, whose value it takes for the strength of L1. Adam divides the sum by its own size, so that a
    weight which the data hold loosely is pulled by a full learning rate, however small the strength.

    Examples
    --------
    >>> gradient, net = (Parameters((3, 1), (1, 1)) for _ in range(2))
    >>> net.weights[0][..., 0] = 2.0, 0.0, -0.01
    >>> l1_in_the_gradient(gradient, net, np.full((1, 1), 0.1, np.float32), [])
    >>> gradient.weights[0].ravel()
    array([ 0.1,  0. , -0.1], dtype=float32)
    """
    gradient.flat_weights += l1._subgradient(net.flat_weights, strength[..., None])


def smoothed_twice(targets: NDArray[Any], smoothing: ArrayLike) -> NDArray[Any]:
    """Smooth labels that are smoothed already: once by mixup's collate function, say, and once more by the loss.

    For `Settings.label_smoothing`. The strength becomes 1 - (1 - smoothing)^2, nearly twice as much.

    Examples
    --------
    >>> smoothed_twice(np.array([0.0, 1.0]), 0.1).round(3).tolist()
    [0.095, 0.905]
    """
    return label_smoothing._smooth(label_smoothing._smooth(targets, smoothing), smoothing)


def shared_by_the_others(targets: NDArray[Any], smoothing: ArrayLike) -> NDArray[Any]:
    """Put smoothing / (K - 1) on the other classes: a number of the convention "others" taken for one of "uniform".

    For `Settings.label_smoothing`. The strength grows by the factor K / (K - 1): most where there are few classes.

    Examples
    --------
    >>> shared_by_the_others(np.array([0.0, 0.0, 1.0]), 0.1).round(3).tolist()
    [0.05, 0.05, 0.9]
    """
    n_classes = targets.shape[-1]
    return label_smoothing._smooth(targets, np.asarray(smoothing) * n_classes / (n_classes - 1))


def lam_as_drawn(
    x: NDArray[Any], y: NDArray[Any], alpha: ArrayLike, rng: Rng | None, image_shape: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mix the labels by the lambda that was drawn, not by the box that was pasted: CutMix without its last line.

    For `Settings.cutmix_alpha`. The border clips the box and whole pixels round it down, so that the labels hold more
    of the partner than the image does (``correct_lam=False`` of timm's Mixup).

    Examples
    --------
    >>> x, y = np.repeat(np.eye(4), 16, axis=1), np.eye(4)  # each image has its class's share in it
    >>> mixed, labels = lam_as_drawn(x, y, 1.0, np.random.default_rng(2), (8, 8))
    >>> right, _ = mixup.cutmix(x, y, 1.0, np.random.default_rng(2), (8, 8))
    >>> bool((mixed == right).all())
    True
    """
    return mixup._cutmix(x, y, alpha, rng, image_shape, correct_lam=False)


def branch_scaled_at_test_too(
    batch: int, blocks: int, drop_path_rate: ArrayLike, rng: Rng | None
) -> list[NDArray[np.float32] | None]:
    """Scale branches up in training and down again in evaluation: timm's convention and the paper's mixed.

    For `Settings.drop_path_rate`. In evaluation each branch is too small by its own rate, the last ones most.

    Examples
    --------
    >>> [float(m[0, 0]) for m in branch_scaled_at_test_too(1, 3, 0.5, None)]
    [1.0, 0.75, 0.5]
    """
    if rng is not None:
        return list(stochastic_depth._masks(batch, blocks, drop_path_rate, rng))
    keep = 1 - stochastic_depth._rates(drop_path_rate, blocks)  # (..., blocks)
    return [np.asarray(keep[..., block, None, None], np.float32) for block in range(blocks)]


def one_rate_for_all_blocks(
    batch: int, blocks: int, drop_path_rate: ArrayLike, rng: Rng | None
) -> list[NDArray[np.float32] | None]:
    """Skip every block at the last one's rate: one DropPath(rate) for all, without a schedule over the depth.

    For `Settings.drop_path_rate`. What the first blocks make is missing as often as what the last ones do.

    Examples
    --------
    >>> drawn = one_rate_for_all_blocks(1000, 2, 0.5, np.random.default_rng(0))
    >>> [bool(0.4 < (m > 0).mean() < 0.6) for m in drawn]
    [True, True]
    """
    rate = np.asarray(drop_path_rate)[..., None, None]
    return [stochastic_depth._mask(batch, rate, rng) for _ in range(blocks)]


def layer_skipped_without_a_skip(
    shape: tuple[int, ...], rate: ArrayLike, rng: Rng | None
) -> NDArray[np.float32] | None:
    """Skip a whole layer that has no connection around it: DropPath in a network that is not residual.

    For `Settings.dropout` with one rate per layer, since `fit` refuses `drop_path_rate` there. What a row has been is
    lost: its skipped layer hands on zeros, and all that follows sees biases alone.

    Examples
    --------
    >>> layer_skipped_without_a_skip((4, 8), 0.5, np.random.default_rng(0)).shape
    (4, 1)
    """
    return stochastic_depth._mask(shape[0], rate, rng)


def turned_over(x: Array, y: Array, magnitude: Array, rngs: Rng, image_shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Turn every second image by 180 degrees too: a recipe for photographs used on digits, whose labels it changes.

    For `Settings.augment`. A six that is turned over is a nine, and its label still says six.

    Examples
    --------
    >>> images = np.arange(8.0).reshape(4, 2)
    >>> turned, labels = turned_over(images, np.eye(4), 0.0, np.random.default_rng(0), (1, 2))
    >>> turned.tolist()
    [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [7.0, 6.0]]
    """
    moved = image_augmentation._augment(x, magnitude, rngs, image_shape)
    height, width = image_shape[:2]
    images = moved.reshape(*moved.shape[:-1], height, width, -1)
    over = uniforms(rngs, (x.shape[-2], 1)) < 0.5  # (..., batch, 1)
    return np.where(over, images[..., ::-1, ::-1, :].reshape(moved.shape), moved), y


def far_too_much(
    x: Array, y: Array, magnitude: Array, rngs: Rng, image_shape: tuple[int, ...] | None
) -> tuple[Array, Array]:
    """Augment at five times the magnitude: a number of one library's scale given to another's.

    For `Settings.augment`. RandAugment's magnitude is counted to 10, to 30 or to 1, as the library has it.

    Examples
    --------
    >>> image, rng = np.eye(8).reshape(1, 64), np.random.default_rng
    >>> right = image_augmentation.augment(image, 0.2, rng(0), (8, 8))
    >>> wrong, _ = far_too_much(image, np.eye(1), 0.2, rng(0), (8, 8))
    >>> bool(abs(wrong - image).mean() > 2 * abs(right - image).mean())
    True
    """
    return image_augmentation._augment(x, 5 * np.asarray(magnitude), rngs, image_shape), y


def clips_each_array(gradient: Parameters, net: Parameters, limit: Array, rngs: Rng) -> NDArray[np.bool_]:
    """Clip each array by its own norm: Keras's ``clipnorm`` taken for ``global_clipnorm``.

    For `Settings.clip_norm`. Large arrays are shortened, small ones are not, so that the gradient turns; and the whole
    may still be as long as the limit times the root of the number of arrays.

    Examples
    --------
    >>> gradient = Parameters((1, 1), (1, 1))  # one weight and one bias
    >>> gradient.flat[:] = 4.0, 0.5
    >>> clips_each_array(gradient, gradient, np.ones((1, 1), np.float32), []).tolist()
    [[True]]
    >>> gradient.flat.tolist()
    [[[1.0, 0.5]]]
    """
    clipped = np.zeros(np.shape(limit), bool)
    for part in (*gradient.weights, *gradient.biases, *gradient.gains):
        flat = part.reshape(*part.shape[:2], -1)  # a view: it is overwritten
        _, norm = gradient_clipping._clip_norm(flat, limit)
        clipped |= (norm > limit) & (limit > 0)
    return clipped
