"""What skipping whole blocks saves: the time of a training step of a residual stack, with and without its skipped part.

`reglab.fit` multiplies skipped branches by 0 and saves nothing. Here the same steps are timed both ways.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.settings import check_whole
from reglab.stochastic_depth import _stack_gradients as stack_gradients
from reglab.stochastic_depth import batch_masks, expected_depth
from reglab.streams import generator

__all__ = ["ERROR", "TimeSaved", "time_saved"]

TRIES = 3  # measurements at most, until what is saved is possible
ERROR = 0.1  # share of a step that a timing may be wrong by
LEARNING_RATE = 1e-6  # only the time counts, and no step may blow up


@dataclass(frozen=True, eq=False)
class TimeSaved:
    """How long a step takes at each rate.

    Attributes
    ----------
    rates : tuple of float
    expected_depth : array of shape (rates,)
        Blocks per pass on average, by the rates.
    depth : array of shape (rates,)
        Blocks per pass as drawn in the steps that were timed.
    skipped, multiplied : arrays of shape (rates,)
        Seconds a step, the median over the rounds: leaving skipped blocks out, and multiplying them by 0.
    noise : array of bool of shape (rates,)
        Where more was saved than the share of the blocks that was left out, by over a tenth of a step, in each of three
        measurements: the machine was busy, and the time tells nothing. Told where the first rate is 0.
    """

    rates: tuple[float, ...]
    expected_depth: NDArray[np.float64]
    depth: NDArray[np.float64]
    skipped: NDArray[np.float64]
    multiplied: NDArray[np.float64]
    noise: NDArray[np.bool_]


def time_saved(
    blocks: int,
    rates: Sequence[float],
    *,
    width: int = 32,
    batch: int = 32,
    rounds: int = 15,
    steps: int = 8,
    seed: int = 0,
    progress: Callable[[float, Any], None] | None = None,
) -> TimeSaved:
    """Time training steps (forward, backward, update) of a residual stack in which each batch skips whole blocks.

    Parameters
    ----------
    blocks : int, >= 1
    rates : sequence of float in [0, 1)
        Of the last block, rising linearly to it.
    width, batch : int, >= 1
        Units of each block, and rows.
    rounds, steps : int, >= 1
        Each round times so many steps at every rate, both ways in turn.
    seed : int, >= 0
        Of the weights, the rows and which blocks are skipped.
    progress : callable, optional
        Is called with the share done and None. An exception that it raises ends the measurement.

    Returns
    -------
    TimeSaved

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> saving = time_saved(4, [0.0, 0.8], rounds=2, steps=2)
    >>> saving.expected_depth.round(6), bool((saving.skipped > 0).all())
    (array([4. , 2.4]), True)
    """
    for name, value in (("blocks", blocks), ("width", width), ("batch", batch), ("rounds", rounds), ("steps", steps)):
        check_whole(name, value, 1, checks.MANY)
    rates = [checks.number("rates", r, 0, 1, high_open=True) for r in checks.several("rates", rates, 1, each="rate")]
    checks.rounds(blocks=blocks, rates=len(rates), rounds=rounds, steps=steps)
    checks.room(width=width, width_again=width, blocks=blocks)
    checks.room(batch=batch, width=width, blocks=blocks)
    checks.whole("seed", seed, 0)
    if progress is not None:
        checks.function("progress", progress)
    rng, drawn = generator(seed, "time saved"), generator(seed, "drop_path_rate")
    weights = [
        rng.standard_normal((width, width), dtype=np.float32) * np.float32((2 / width / blocks) ** 0.5)
        for _ in range(blocks)
    ]
    x, targets = rng.standard_normal((2, batch, width), dtype=np.float32)
    # All that is random is drawn before the clock runs: (rates, rounds, steps, blocks), shared by both ways.
    scales = np.array(
        [
            [[np.array(batch_masks(1, blocks, rate, drawn))[:, 0, 0] for _ in range(steps)] for _ in range(rounds)]
            for rate in rates
        ]
    )
    seconds = np.empty((2, len(rates), rounds))

    def run(scales: NDArray[np.float32], skip: bool) -> float:
        copies = [w.copy() for w in weights]
        start = time.perf_counter()
        for each in scales.tolist():
            _, gradients = stack_gradients(copies, x, targets, each, skip=skip)
            for w, gradient in zip(copies, gradients, strict=True):
                if gradient is not None:
                    w -= LEARNING_RATE * gradient
        return (time.perf_counter() - start) / len(scales)

    run(scales[0, 0], True)  # the first pass alone pays for what is loaded then
    depth = (scales > 0).sum(axis=3).mean(axis=(1, 2))
    noise = np.zeros(len(rates), bool)
    for _ in range(TRIES):
        for number in range(rounds):
            for level in range(len(rates)):
                for way, skip in enumerate((True, False)):
                    seconds[way, level, number] = run(scales[level, number], skip)
            if progress is not None:
                progress((number + 1) / rounds, None)
        middle = np.median(seconds, axis=2)
        if not rates[0]:
            noise = middle[0] / middle[0, 0] < depth / blocks - ERROR
        if not noise.any():
            break
    expected = np.array([expected_depth(rate, blocks) for rate in rates])
    return TimeSaved(tuple(map(float, rates)), expected, depth, middle[0], middle[1], noise)
