"""Numbers over seeds, one value each: their mean and range, a seed that diverged left out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pages.ui import words
from pages.ui.effect import mean


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


def band(values: Sequence[float]) -> dict[str, float | None]:
    """Return mean and range over the seeds, as a picture's row has them.

    >>> band([1.0, 2.0, float("nan")])
    {'mean': 1.5, 'low': 1.0, 'high': 2.0}
    """
    seen = [value for value in values if math.isfinite(value)]
    return {"mean": mean(values), "low": min(seen, default=None), "high": max(seen, default=None)}


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
    """Return the level, of losses by level and seed, with the lowest mean; 0 where all diverged.

    >>> lowest([[2.0, 3.0], [1.0, float("nan")], [4.0, 4.0]])
    1
    """
    means = [average(values) for values in losses]
    return min((i for i, value in enumerate(means) if math.isfinite(value)), key=means.__getitem__, default=0)
