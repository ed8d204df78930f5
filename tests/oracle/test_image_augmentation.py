"""The bilinear warp, turns and shifts against SciPy's affine_transform, rotate and shift."""

import numpy as np
from scipy import ndimage
from scipy.ndimage import affine_transform

from reglab.image_augmentation import warp
from reglab.solvers.image_operations import OPERATIONS, draw, turn


def test_random_warps_are_scipys():
    rng = np.random.default_rng(0)
    for _ in range(40):
        height, width, channels = rng.integers(3, 20, size=3)
        images = rng.normal(size=(5, height, width, channels))
        matrices, shifts = np.eye(2) + rng.normal(0, 0.4, (5, 2, 2)), rng.normal(0, 3, (5, 2))
        ours = warp(images, matrices, shifts)
        centre = np.array([(height - 1) / 2, (width - 1) / 2])
        for image, matrix, shift, out in zip(images, matrices, shifts, ours, strict=True):
            offset = centre + shift - matrix @ centre
            for c in range(channels):
                expected = affine_transform(image[..., c], matrix, offset, order=1, mode="grid-constant")
                np.testing.assert_allclose(out[..., c], expected, atol=1e-10)


def test_what_comes_from_outside_is_scipys_constant():
    rng = np.random.default_rng(1)
    images, fill = rng.normal(size=(4, 7, 9, 2)), rng.normal(size=(4, 2))
    matrices, shifts = np.eye(2) + rng.normal(0, 0.4, (4, 2, 2)), rng.normal(0, 3, (4, 2))
    ours, centre = warp(images, matrices, shifts, fill), np.array([3.0, 4.0])
    for i, c in np.ndindex(4, 2):
        offset = centre + shifts[i] - matrices[i] @ centre
        expected = affine_transform(
            images[i, ..., c], matrices[i], offset, order=1, mode="grid-constant", cval=fill[i, c]
        )
        np.testing.assert_allclose(ours[i, ..., c], expected, atol=1e-10)


def test_turns_are_scipys():
    images = np.random.default_rng(2).normal(size=(6, 9, 9, 1))
    degrees = np.array([0.0, 10, -35, 90, 133, 180])
    for image, ours, angle in zip(images[..., 0], turn(images, degrees)[..., 0], degrees, strict=True):
        expected = ndimage.rotate(image, angle, reshape=False, order=1, mode="grid-constant", cval=image[0, 0])
        np.testing.assert_allclose(ours, expected, atol=1e-9)


def test_shifts_are_scipys():
    images = np.random.default_rng(3).normal(size=(6, 9, 12, 1))
    draws = draw(images.shape, np.random.default_rng(4))
    ours = OPERATIONS["shift"](images, 0.6, draws)[..., 0]
    for image, moved, u in zip(images[..., 0], ours, draws.u[:, 0].astype(float), strict=True):
        by = -0.15 * np.array([9 * np.sin(2 * np.pi * u), 12 * np.cos(2 * np.pi * u)])
        expected = ndimage.shift(image, by, order=1, mode="grid-constant", cval=image[0, 0])
        np.testing.assert_allclose(moved, expected, atol=1e-6)
