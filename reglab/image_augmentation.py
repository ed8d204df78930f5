"""Augmentation of images and signals: changes that keep the label, drawn anew for every batch.

`augment` is what training does to its batches. `augment_batch` grows a labelled set once, and `rand_augment` is
RandAugment's recipe; both are made of the operations of `reglab.image_operations`.

References
----------
E. D. Cubuk et al., "AutoAugment", 2019, arXiv:1805.09501.
E. D. Cubuk et al., "RandAugment", 2020, arXiv:1909.13719.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.solvers.image_operations import _warp, as_images, check_names, draw, operate_each, warp
from reglab.streams import Rng, normals, uniforms

__all__ = [
    "GENTLE",
    "ROTATION",
    "SHIFT",
    "SIGNAL_GAIN",
    "SIGNAL_SHIFT",
    "ZOOM",
    "add_noise",
    "augment",
    "augment_batch",
    "rand_augment",
    "warp",
]

SHIFT, ROTATION, ZOOM = 1 / 8, float(np.deg2rad(15)), 0.10  # of the side, radians, share: at magnitude 1
SIGNAL_SHIFT, SIGNAL_GAIN = 0.10, 0.10  # of the length, share: at magnitude 1

GENTLE = ("rotate", "shift", "zoom", "shear", "brighten", "darken", "contrast", "noise", "cutout")
"""Operations that leave a digit's label alone at moderate strength: neither flips nor turns by quarters."""


def add_noise(x: NDArray[Any], deviation: ArrayLike, rng: Rng | None) -> NDArray[Any]:
    """Add Gaussian noise.

    Parameters
    ----------
    x : array of shape (..., batch, features)
    deviation : float or array that broadcasts against x, >= 0
        Standard deviation, in the units of x.
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation: x comes back unchanged.

    Returns
    -------
    array
        Of x's shape, whole numbers as floats; with a list of generators (seeds, settings, batch, features).

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> noisy = add_noise(np.zeros((100, 100)), 0.5, np.random.default_rng(0))
    >>> round(float(noisy.std()), 1)
    0.5
    """
    rows, deviations = checks.numbers("x", x, finite=False), checks.numbers("deviation", deviation, 0)
    streams = checks.stream("rng", rng, none=True, many=True)
    _check_rows(rows, streams)
    checks.fits("deviation", deviations.shape, "x", rows.shape)
    return _add_noise(rows, deviations, streams)


def _add_noise(x: NDArray[Any], deviation: ArrayLike, rng: Rng | None) -> NDArray[Any]:
    """Add the noise of `add_noise`: what training does."""
    if rng is None:
        return x
    noisy: NDArray[Any] = x + normals(rng, x.shape[-2:]) * np.asarray(deviation, np.result_type(x, np.float32))
    return noisy


def augment(
    x: NDArray[Any], magnitude: ArrayLike, rng: Rng | None, image_shape: tuple[int, ...] | None
) -> NDArray[Any]:
    """Move, turn and zoom images, or move and amplify signals, each by its own random amounts.

    Parameters
    ----------
    x : array of shape (batch, features), or (seeds, 1 or settings, batch, features) with a list of generators
    magnitude : float, or array of shape (seeds, settings) with a list of generators, in [0, 1]
        m shifts an image by up to m/8 of its side, turns it by up to 15 m degrees and zooms by up to 10 m %; it
        shifts a signal by up to m/10 of its length and changes its gain by up to 10 m %. 0 is the identity.
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation: x comes back unchanged.
    image_shape : (height, width), (height, width, channels), or None
        None: the rows of x are signals.

    Returns
    -------
    array
        Of x's shape, whole numbers as floats; with a list of generators (seeds, settings, batch, features).

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Notes
    -----
    What enters an image from outside has the colour of its top left corner; a signal is extended by its ends.

    Elsewhere: RandAugment's magnitude is 10 times ours in timm and counted to 30 in torchvision.

    Examples
    --------
    >>> images = np.random.default_rng(0).random((2, 64))
    >>> bool(np.allclose(augment(images, 0.0, np.random.default_rng(1), (8, 8)), images))
    True
    """
    rows, strengths = checks.numbers("x", x, finite=False), checks.numbers("magnitude", magnitude, 0, 1)
    streams = checks.stream("rng", rng, none=True, many=True)
    _check_rows(rows, streams)
    listed, features = isinstance(streams, (list, tuple)), rows.shape[-1]
    if strengths.ndim != (2 if listed and strengths.ndim else 0):
        asked = "a number, or of the shape (seeds, settings) with a list of generators"
        raise ValueError(f"magnitude must be {asked}, got the shape {strengths.shape}")
    if strengths.ndim:
        checks.fits("magnitude", strengths.shape, "x", rows.shape[:2])
    if image_shape is None:
        if features < 2:
            raise ValueError(f"x must have two points of a signal or more, got {features}")
        return _augment(rows, strengths, streams, None)
    shape = checks.sizes("image_shape", image_shape, axes=(2, 3), low=1)
    if math.prod(shape) != features if len(shape) == 3 else features % math.prod(shape):
        raise ValueError(f"image_shape must be of x, of {features} features, got {image_shape}")
    return _augment(rows, strengths, streams, shape)


def _check_rows(x: NDArray[Any], rng: Any) -> None:
    listed = isinstance(rng, (list, tuple))
    if x.ndim < 2 or 0 in x.shape[-2:] or (listed and (x.ndim != 4 or len(x) not in (1, len(rng)))):
        asked = f"({len(rng)}, settings, batch, features), as rng has it" if listed else "(..., batch, features)"
        raise ValueError(f"x must have the shape {asked}, got {x.shape}")


def _augment(
    x: NDArray[Any], magnitude: ArrayLike, rng: Rng | None, image_shape: tuple[int, ...] | None
) -> NDArray[Any]:
    """Augment the batch of `augment`: what training does."""
    if rng is None:
        return x
    x = x.astype(np.result_type(x, np.float32), copy=False)
    batch, features = x.shape[-2:]
    m = np.asarray(magnitude, x.dtype)
    if not m.any():
        return x
    m = m[..., None, None] if m.ndim else m
    draws = (2 * uniforms(rng, (batch, 4)) - 1).astype(x.dtype) * m  # (..., batch, 4), in [-m, m]
    stack = draws.shape[:-2]
    x = np.broadcast_to(x, (*stack, batch, features))
    if image_shape is None:
        return _move_signals(x, draws)
    height, width = image_shape[:2]
    channels = features // (height * width)
    shifts = (draws[..., :2] * SHIFT * np.array([height, width], x.dtype)).reshape(-1, 2)
    angle, zoom = draws[..., 2].ravel() * ROTATION, 1 + draws[..., 3].ravel() * ZOOM
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], -1).reshape(-1, 2, 2)
    corner = x[..., :channels].reshape(-1, channels)
    images = x.reshape(-1, height, width, channels)
    return _warp(images, turn / zoom[:, None, None], shifts, corner).reshape(*stack, batch, features)


def _move_signals(x: NDArray[Any], draws: NDArray[Any]) -> NDArray[Any]:
    length = x.shape[-1]
    at = np.clip(np.arange(length) + draws[..., :1] * (SIGNAL_SHIFT * length), 0, length - 1)  # (..., batch, length)
    left = np.minimum(at.astype(np.int64), length - 2)
    fraction = (at - left).astype(x.dtype)
    low, high = np.take_along_axis(x, left, -1), np.take_along_axis(x, left + 1, -1)
    moved: NDArray[Any] = (low + (high - low) * fraction) * (1 + draws[..., 1:2] * SIGNAL_GAIN)
    return moved


def augment_batch(
    images: ArrayLike,
    labels: ArrayLike,
    factor: int,
    rng: np.random.Generator,
    *,
    operations: Sequence[str] = GENTLE,
    strength: float = 0.5,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Grow a labelled set: each image followed by factor - 1 copies of it, each changed by another operation.

    Parameters
    ----------
    images : array of shape (n, height, width) or (n, height, width, channels)
    labels : array of shape (n,) or (n, n_classes)
    factor : int, >= 1
        How many times as many images there are afterwards.
    rng : numpy.random.Generator
    operations : sequence of str
        Among `reglab.image_operations.OPERATIONS`. An image's copies are changed by different ones, as long as there
        are as many; then the round begins anew, with other draws.
    strength : float in [0, 1]

    Returns
    -------
    images : array of shape (n * factor, ...)
        Rows i * factor to (i + 1) * factor - 1 are made of image i, the first of them unchanged.
    labels : array of shape (n * factor, ...)
        Unchanged: it is for the caller to choose operations that keep them.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    Grow the training rows after the split, not before it: copies of one image on both sides flatter the validation
    loss.

    Examples
    --------
    >>> images = np.random.default_rng(0).random((3, 8, 8))
    >>> grown, labels = augment_batch(images, [6, 0, 9], 4, np.random.default_rng(1))
    >>> grown.shape, labels.tolist()
    ((12, 8, 8), [6, 6, 6, 6, 0, 0, 0, 0, 9, 9, 9, 9])
    """
    batch = as_images(images)
    operations = check_names(operations)
    checks.number("strength", strength, 0, 1)
    checks.stream("rng", rng)
    try:
        labels = np.asarray(labels)
    except ValueError:  # rows of unlike lengths
        raise ValueError(f"labels must be one per image ({len(batch)}), got {checks.shown(labels)}") from None
    factor = checks.whole("factor", factor, 1)
    checks.room(factor=factor, images=batch.size)
    n, several = len(batch), len(operations)
    if labels.ndim == 0 or len(labels) != n:
        raise ValueError(f"labels must be one per image ({n}), got the shape {labels.shape}")
    rounds = -(-(factor - 1) // several)
    order = rng.permuted(np.tile(np.arange(several), (rounds, n, 1)), axis=2)  # (rounds, n, operations)
    which = np.concatenate([np.full((1, n), -1), *order.swapaxes(1, 2)])[:factor]  # (factor, n)
    grown = np.repeat(batch, factor, axis=0)
    grown = operate_each(operations, which.T.ravel(), grown, strength, draw(grown.shape, rng))
    return grown.reshape(n * factor, *np.shape(images)[1:]), np.repeat(labels, factor, axis=0)


def rand_augment(
    images: ArrayLike,
    num_ops: int,
    magnitude: float,
    rng: np.random.Generator | None,
    *,
    operations: Sequence[str] = GENTLE,
) -> NDArray[Any]:
    """Change each image by several operations in turn, chosen at random, all at one magnitude.

    Parameters
    ----------
    images : array of shape (n, height, width) or (n, height, width, channels)
    num_ops : int in 0 to 1000
        Operations per image; the same one may come twice.
    magnitude : float in [0, 1]
        The strength of every operation. 0 is the identity.
    rng : numpy.random.Generator or None
        None is evaluation: the images come back unchanged.
    operations : sequence of str
        Among `reglab.image_operations.OPERATIONS`.

    Returns
    -------
    array
        Of the images' shape.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    Elsewhere: the paper counts magnitude from 0 to 10, torchvision to 30, where each operation has its own greatest
    strength; its list of operations is longer and contains "identity".

    References
    ----------
    Cubuk et al. 2020, arXiv:1909.13719, figure 2.

    Examples
    --------
    >>> images = np.random.default_rng(0).random((5, 8, 8, 3))
    >>> rand_augment(images, 2, 0.3, np.random.default_rng(0)).shape
    (5, 8, 8, 3)
    """
    batch = as_images(images)
    num_ops = checks.whole("num_ops", num_ops, 0, 1000)
    checks.number("magnitude", magnitude, 0, 1)
    operations = check_names(operations)
    if checks.stream("rng", rng, none=True) is None or rng is None:
        return np.asarray(images)
    for _ in range(num_ops):
        which = rng.integers(len(operations), size=len(batch))
        batch = operate_each(operations, which, batch, magnitude, draw(batch.shape, rng))
    return batch.reshape(np.shape(images))
