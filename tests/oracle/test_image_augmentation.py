"""The bilinear warp against SciPy's affine_transform."""

import numpy as np
from scipy.ndimage import affine_transform

from reglab.image_augmentation import warp


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
