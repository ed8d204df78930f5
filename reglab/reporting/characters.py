"""The picture of a curve in characters: t is the training line, v the validation line."""

from __future__ import annotations

import textwrap

import numpy as np
from numpy.typing import NDArray

from reglab.logs import Curve
from reglab.reporting.plot import Plot, number, plot_of

__all__ = ["HEIGHT", "WIDTHS", "draw"]

HEIGHT = 12  # rows of the picture itself
WIDTHS = (40, 120)  # narrowest and widest, in characters
AXES = {
    False: ("│", "└", "─", "┤"),
    True: ("|", "+", "-", "+"),
}  # side, corner, floor, tick; the second where only ASCII can be written


def draw(curve: Curve, width: int = 72, *, ascii_only: bool = False) -> str:
    """Return the picture of a curve, "" where it has nothing to draw.

    Each column of characters shows the mean of what falls in it, and between two evaluations a straight line.

    Examples
    --------
    >>> curve = Curve({"step": [1, 2, 3], "train_loss": [3, 2, 1], "val_loss": [3, 2.5, 2.8]}, unit="epoch")
    >>> print(draw(curve, 40, ascii_only=True).splitlines()[0])
       3 +**vv
    """
    plot = plot_of(curve)
    if plot is None:
        return ""
    side, corner, floor, tick = AXES[ascii_only]
    ticks = {row: number(plot.at(1 - row / (HEIGHT - 1))) for row in (0, HEIGHT // 2, HEIGHT - 1)}
    margin = max(4, *map(len, ticks.values()))
    width = min(max(width, WIDTHS[0]), WIDTHS[1])
    columns = width - margin - 2
    rows = [[" "] * columns for _ in range(HEIGHT)]
    for role, points in plot.lines.items():
        mark = role[0]
        for column, value in enumerate(_heights(plot, points, columns)):
            if np.isfinite(value):
                row = rows[round((1 - float(plot.up(value))) * (HEIGHT - 1))]
                row[column] = mark if row[column] == " " else "*"
    lines = []
    for at, row in enumerate(rows):
        lines.append(f"{ticks.get(at, ''):>{margin}} {tick if at in ticks else side}{''.join(row)}".rstrip())
    lines.append(" " * (margin + 1) + corner + floor * columns)
    if plot.best:
        column = round(float(plot.across(plot.best[0])) * (columns - 1))
        lines.append(" " * (margin + 2 + column) + "^")
    first, last = (f"{plot.unit} {number(plot.span[0])}", number(plot.span[1]))
    lines.append(" " * (margin + 2) + first + last.rjust(columns - len(first)))
    marks = {"train": "t training", "val": "v validation"}
    shown = [f"{marks[role.partition('_')[0]]} {plot.what}" for role in plot.lines]
    shown += ["* both"] * (len(plot.lines) > 1) + ["^ the best evaluation"] * bool(plot.best)
    indent = " " * (margin + 2)
    lines += textwrap.wrap(", ".join(shown), width, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(lines)


def _heights(plot: Plot, points: NDArray[np.float64], columns: int) -> NDArray[np.float64]:
    """Return the value in each column of characters, NaN before the first point and behind the last."""
    where = plot.across(points[:, 0]) * (columns - 1)
    column = np.round(where).astype(int)
    count = np.bincount(column, minlength=columns)
    mean = np.bincount(column, points[:, 1], minlength=columns) / np.maximum(count, 1)
    between = np.interp(np.arange(columns), where, points[:, 1], left=np.nan, right=np.nan)
    values: NDArray[np.float64] = np.where(count > 0, mean, between)
    return values
