"""The picture of a curve as SVG, to stand inside a page: plain code, no script, nothing that is loaded."""

from __future__ import annotations

import html

import numpy as np
from numpy.typing import NDArray

from reglab.logs import MEANING, Curve
from reglab.reporting.plot import Plot, number, plot_of, thinned

__all__ = ["STYLE", "draw"]

WIDTH, HEIGHT = 600, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 120, 16, 48  # on the right stand the names of the lines
POINTS = 1000  # of a line: more are not seen
# The colours of the pages, light and dark; without them the lines are drawn in the colour of the text.
STYLE = """\
svg.curve { max-width: 100%; height: auto; }
svg.curve text { font: 14px sans-serif; fill: currentColor; stroke: none; }
svg.curve .axis { stroke-opacity: .3; }
svg.curve polyline { stroke-width: 2; }
svg.curve polyline.train { stroke: light-dark(#0067B8, #5AB0F2); }
svg.curve :is(polyline, circle).val { stroke: light-dark(#C2500A, #F59E5B); }
svg.curve text.train { fill: light-dark(#0067B8, #5AB0F2); }
svg.curve text.val { fill: light-dark(#C2500A, #F59E5B); }
"""


def draw(curve: Curve) -> str:
    """Return the picture of a curve as one `svg` element, "" where it has nothing to draw.

    Examples
    --------
    >>> curve = Curve({"step": [1, 2, 3], "train_loss": [3, 2, 1], "val_loss": [3, 2.5, 2.8]}, unit="epoch")
    >>> draw(curve).count("<polyline")
    2
    """
    plot = plot_of(curve)
    if plot is None:
        return ""
    names = " and ".join(MEANING[role] for role in plot.lines)
    about = html.escape(" ".join(plot.sentences))
    parts = [
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" fill="none" '
        'stroke="currentColor" aria-labelledby="curve-title curve-about" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="curve-title">{names[0].upper()}{names[1:]} by {plot.unit}</title>',
        f'<desc id="curve-about">{about}</desc>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(plot.at(share))}</text>')
    floor = HEIGHT - BOTTOM
    for at, anchor in zip(plot.span, ("start", "end"), strict=True):
        x = float(_x(plot, at))
        parts.append(f'<text x="{x:.1f}" y="{floor + 18}" text-anchor="{anchor}">{number(at)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.1f}" y="{floor + 38}" text-anchor="middle">{plot.unit}</text>')
    ends = _apart({role: _y(float(plot.up(points[-1, 1]))) for role, points in plot.lines.items()})
    for role, points in plot.lines.items():
        kind, drawn = role.partition("_")[0], thinned(points, POINTS)
        pairs = zip(_x(plot, drawn[:, 0]), (_y(share) for share in plot.up(drawn[:, 1])), strict=True)
        parts.append(f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)}"/>')
        x = float(_x(plot, points[-1, 0]))
        parts.append(f'<text class="{kind}" x="{x + 8:.1f}" y="{ends[role] + 4:.1f}">{MEANING[role]}</text>')
    if plot.best:
        x, y = float(_x(plot, plot.best[0])), _y(float(plot.up(plot.best[1])))
        parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{floor}" stroke-dasharray="4 4"/>')
        parts.append(f'<circle class="val" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
    return "\n".join([*parts, "</svg>"])


def _x(plot: Plot, at: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return LEFT + plot.across(at) * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _apart(heights: dict[str, float], least: float = 16.0) -> dict[str, float]:
    """Return the heights of names, moved so that none covers another."""
    if len(heights) < 2:
        return heights
    (upper, a), (lower, b) = sorted(heights.items(), key=lambda pair: pair[1])
    short = max(0.0, least - (b - a)) / 2
    return {upper: a - short, lower: b + short}
