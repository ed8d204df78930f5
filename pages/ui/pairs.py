"""The small picture of paired differences that stands beside their sentence: a dot a seed, the interval, and zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pages.ui.words import Comparison

MARGIN = 0.08  # of the width, at both ends


def as_html(differences: Sequence[float], middle: float, half_width: float) -> str:
    """Return the picture as HTML; nothing where there are no two seeds, or no difference in any.

    differences: of the seeds. middle, half_width: their mean, and half the width of its 95 % interval.

    >>> as_html([0.1, -0.1], 0.0, 1.27).count('class="seed"'), as_html([0.1], 0.1, math.inf), as_html([0, 0], 0, 0)
    (2, '', '')
    """
    if len(differences) < 2 or not any(differences) or not math.isfinite(half_width):
        return ""
    low, high = middle - half_width, middle + half_width
    first, last = min(0.0, low, *differences), max(0.0, high, *differences)

    def at(value: float) -> float:
        return 100 * (MARGIN + (1 - 2 * MARGIN) * (value - first) / (last - first))

    seeds = "".join(f'<i class="seed" style="left:{at(value):.1f}%"></i>' for value in differences)
    zero = "holds zero" if low <= 0 <= high else "leaves zero out"
    below, above = (sum(sign * value > 0 for value in differences) for sign in (-1, 1))
    words = (
        f"{len(differences)} seeds: {below} below zero, {above} above it. The 95 % interval of the mean, "
        f"{low:.3g} to {high:.3g}, {zero}."
    ).replace("-", "\u2212")
    return (
        f'<span class="pairs" role="img" aria-label="{words}"><i class="zero" style="left:{at(0):.1f}%"></i>'
        f'<i class="interval" style="left:{at(low):.1f}%;width:{at(high) - at(low):.1f}%"></i>'
        f'<i class="mean" style="left:{at(middle):.1f}%"></i>{seeds}</span>'
    )


def of(comparison: Comparison) -> str:
    """Return the picture of a comparison's differences as HTML."""
    return as_html(comparison.differences, comparison.difference, comparison.half_width)
