"""Random streams: one per (seed, purpose), so that models of one seed see the same rows, weights, order and noise.

A technique draws through the three functions here. Given one generator they return an array of the shape asked for;
given a list of generators, one per seed, they put two axes before it: (seeds, 1, *shape). The axis of length 1 is that
of the settings, so all models of a seed share its draws and a strength only scales or thresholds them.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rng", "generator", "levels", "normals", "permutations", "uniforms"]

Rng: TypeAlias = np.random.Generator | Sequence[np.random.Generator]


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Return the stream of one seed for one purpose.

    Parameters
    ----------
    seed : int >= 0
    purpose : str
        What the draws decide: "rows", "weights", "order", or the name of a technique.

    Returns
    -------
    numpy.random.Generator
        With the bit generator SFC64, the fastest of NumPy's for raw bits.

    Examples
    --------
    >>> (generator(0, "rows").permutation(5) == generator(0, "rows").permutation(5)).all()
    np.True_
    """
    return np.random.Generator(np.random.SFC64([int(seed), zlib.crc32(purpose.encode())]))


def _each(rng: Rng, draw: Callable[[np.random.Generator], NDArray[Any]]) -> NDArray[Any]:
    if isinstance(rng, np.random.Generator):
        return draw(rng)
    if len(rng) == 1:
        return draw(rng[0])[None, None]
    return np.stack([draw(r) for r in rng])[:, None]


def normals(rng: Rng, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Draw standard normal numbers, float32.

    Examples
    --------
    >>> normals([generator(0, "noise"), generator(1, "noise")], (4, 3)).shape
    (2, 1, 4, 3)
    """
    return _each(rng, lambda r: r.standard_normal(shape, dtype=np.float32))


def uniforms(rng: Rng, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Draw numbers uniform in [0, 1), float32.

    Examples
    --------
    >>> uniforms(generator(0, "noise"), (4, 3)).shape
    (4, 3)
    """
    return _each(rng, lambda r: r.random(shape, dtype=np.float32))


def levels(rng: Rng, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """Draw whole numbers uniform in [0, 65536): 16 raw bits each, several times faster than floats.

    Examples
    --------
    >>> levels(generator(0, "dropout"), (4, 3)).dtype
    dtype('uint16')
    """
    size = math.prod(shape)

    def draw(r: np.random.Generator) -> NDArray[np.uint16]:
        words: NDArray[np.uint64] = r.bit_generator.random_raw((size + 3) // 4)  # 64 bits hold four levels
        return words.view(np.uint16)[:size].reshape(shape)

    return _each(rng, draw)


def permutations(rng: Rng, length: int) -> NDArray[np.int64]:
    """Draw one permutation of 0 to length - 1.

    Examples
    --------
    >>> sorted(permutations(generator(0, "mixup"), 4).tolist())
    [0, 1, 2, 3]
    """
    return _each(rng, lambda r: r.permutation(length))
