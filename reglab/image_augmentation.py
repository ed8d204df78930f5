"""Augmentation of images and signals: changes that keep the label, drawn anew for every batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab.streams import Rng, normals, uniforms

SHIFT, ROTATION, ZOOM = 1 / 8, float(np.deg2rad(15)), 0.10  # of the side, radians, share: at magnitude 1
SIGNAL_SHIFT, SIGNAL_GAIN = 0.10, 0.10  # of the length, share: at magnitude 1


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
        Of x's shape; with a list of generators (seeds, settings, batch, features).

    Examples
    --------
    >>> noisy = add_noise(np.zeros((100, 100)), 0.5, np.random.default_rng(0))
    >>> round(float(noisy.std()), 1)
    0.5
    """
    if rng is None:
        return x
    noisy: NDArray[Any] = x + normals(rng, x.shape[-2:]) * np.asarray(deviation, np.result_type(x, np.float32))
    return noisy


def warp(images: NDArray[Any], matrices: NDArray[Any], shifts: NDArray[Any]) -> NDArray[Any]:
    """Resample each image at affinely moved points, bilinearly; what comes from outside is 0.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
    matrices : array of shape (n, 2, 2)
        From an output pixel's (row, column), measured from the centre, to the input's.
    shifts : array of shape (n, 2)
        Added to the input's (row, column), in pixels.

    Returns
    -------
    array of shape (n, height, width, channels)

    Notes
    -----
    Elsewhere: ``scipy.ndimage.affine_transform(order=1, mode="grid-constant")``.

    Examples
    --------
    >>> image = np.eye(3)[None, :, :, None]
    >>> warp(image, np.eye(2)[None], np.array([[0.0, 1.0]]))[0, :, :, 0]
    array([[0., 0., 0.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """
    images = images.astype(np.result_type(images, np.float32), copy=False)
    n, height, width, channels = images.shape
    centre = np.array([(height - 1) / 2, (width - 1) / 2], matrices.dtype)
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    grid = np.stack([rows.ravel(), columns.ravel()]).astype(matrices.dtype) - centre[:, None]  # (2, pixels)
    at = matrices @ grid + (shifts + centre)[:, :, None]  # (n, 2, pixels)
    # A frame of zeros two pixels wide makes all four neighbours of every point exist.
    at = np.clip(at, -1, np.array([[height], [width]], matrices.dtype)) + 1
    corner = at.astype(np.int64)  # floor, since at >= 0
    fraction = at - corner
    padded = np.zeros((n, height + 3, width + 3, channels), images.dtype)
    padded[:, 1:-2, 1:-2] = images
    flat = padded.reshape(-1, channels)
    step = width + 3
    first = corner[:, 0] * step + corner[:, 1] + np.arange(n)[:, None] * ((height + 3) * step)  # (n, pixels)
    down, right = fraction[:, 0, :, None].astype(images.dtype), fraction[:, 1, :, None].astype(images.dtype)
    top = flat.take(first, axis=0) * (1 - right) + flat.take(first + 1, axis=0) * right  # (n, pixels, channels)
    low = flat.take(first + step, axis=0) * (1 - right) + flat.take(first + step + 1, axis=0) * right
    moved: NDArray[Any] = top + (low - top) * down
    return moved.reshape(images.shape)


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
        Of x's shape; with a list of generators (seeds, settings, batch, features).

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
    corner = x[..., :channels].reshape(-1, 1, 1, channels)
    images = x.reshape(-1, height, width, channels) - corner
    moved = warp(images, turn / zoom[:, None, None], shifts)
    moved += corner
    return moved.reshape(*stack, batch, features)


def _move_signals(x: NDArray[Any], draws: NDArray[Any]) -> NDArray[Any]:
    length = x.shape[-1]
    at = np.clip(np.arange(length) + draws[..., :1] * (SIGNAL_SHIFT * length), 0, length - 1)  # (..., batch, length)
    left = np.minimum(at.astype(np.int64), length - 2)
    fraction = (at - left).astype(x.dtype)
    low, high = np.take_along_axis(x, left, -1), np.take_along_axis(x, left + 1, -1)
    moved: NDArray[Any] = (low + (high - low) * fraction) * (1 + draws[..., 1:2] * SIGNAL_GAIN)
    return moved
