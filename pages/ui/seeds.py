"""Numbers over seeds, one value each: their mean and range, a seed that diverged left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pages.ui import words
from pages.ui.effect import mean, seeds_left


def average(values: Sequence[float]) -> float:
    """Return the mean over the seeds that did not diverge, nan where all did.

    >>> average([1.0, 2.0, float("nan")])
    1.5
    """
    value = mean(values)
    return math.nan if value is None else value


def written(values: Sequence[float], digits: int = 3) -> str:
    """Return the mean over the seeds that did not diverge, in words.

    >>> written([0.25, 0.75]), written([float("nan")])
    ('0.500', 'diverged')
    """
    value = mean(values)
    return "diverged" if value is None else f"{value:.{digits}f}"


def band(values: Sequence[float]) -> dict[str, Any]:
    """Return mean and range over the seeds, as a picture's row has them; "seeds" where some diverged: how many did not.

    >>> band([1.0, 2.0, float("nan")])
    {'mean': 1.5, 'low': 1.0, 'high': 2.0, 'seeds': '2/3|left'}
    """
    seen = [value for value in values if math.isfinite(value)]
    of_seeds = {"mean": mean(values), "low": min(seen, default=None), "high": max(seen, default=None)}
    return {**of_seeds, **seeds_left(len(seen), len(values))}


def counted(values: Sequence[float]) -> str:
    """Return how many seeds a mean is of where some diverged, as its text goes on; else nothing.

    >>> counted([1.0, float("nan")]), counted([1.0, 2.0])
    (' (1/2)', '')
    """
    seen = sum(map(math.isfinite, values))
    return f" ({seen}/{len(values)})" if 0 < seen < len(values) else ""


def margin(values: Sequence[float]) -> float:
    """Return half the width of the 95 % interval of the mean over the seeds; infinite for a single one.

    >>> round(margin([1.0, 2.0, 3.0, float("nan")]), 3)
    2.484
    """
    seen = [value for value in values if math.isfinite(value)]
    return words.compare([0.0] * len(seen), seen).half_width if seen else math.inf


def estimate(values: Sequence[float]) -> str:
    """Return the mean over the seeds with its 95 % interval, which a single seed does not have.

    >>> estimate([20.0, 20.0, 20.0]), estimate([20.0]), estimate([])
    ('20.0 ± 0.0', '20.0', '–')
    """
    mean, half = average(values), margin(values)
    if not math.isfinite(mean):
        return "–"
    return f"{mean:.1f} ± {half:.1f}" if math.isfinite(half) else f"{mean:.1f}"


def lowest(losses: Sequence[Sequence[float]]) -> int:
    """Return the level, of losses by level and seed, with the lowest mean, of those at which no seed diverged.

    Of the others the mean of the seeds that are left would flatter them. It is 0 where some seed diverged at each.

    >>> lowest([[2.0, 3.0], [1.0, float("nan")], [4.0, 4.0]])
    0
    """
    means = [average(values) if all(map(math.isfinite, values)) else math.inf for values in losses]
    return min(range(len(means)), key=means.__getitem__, default=0)
