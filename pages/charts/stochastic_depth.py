"""The pictures of stochastic depth: templates over named datasets, built once and filled by the page.

Rows name what the pointer picks by its "level": a pass or a rate.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, TECHNIQUE, TRAIN, colour, dash, data, finish
from pages.ui.panels import START, Panel, legend
from pages.ui.scrub import HERE, Part, columns, join, rules

ROWS = 8  # of the batch that is drawn
GAP = 60  # pixels between two of three panels

_GREEN, _GRAY, _BLUE = (alt.value(name) for name in (TECHNIQUE, BASELINE, TRAIN))
_BARE = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
_TOP = alt.ExprRef("data('now')[0].top")


def _whole(blocks: int) -> tuple[tuple[str, Any], ...]:
    """Return the ticks of an axis of block numbers."""
    step = max(1, blocks // 4)
    return (("values", sorted({1, *range(step, blocks + 1, step)})), ("format", "d"), ("labelOverlap", False))


def _heading(panel: Panel, part: int) -> alt.Chart:
    rows = alt.Chart(data("passes")).transform_filter(HERE)
    return panel.heading(rows, text=f"text{part}:N", fontWeight=600).encode(color=_GREEN)


def cells(blocks: int) -> list[dict[str, Any]]:
    """Return where the blocks of each row are drawn; a cell's number is its place in a pass's string.

    >>> cells(2)[3]["cell"], len(cells(2))
    (3, 16)
    """
    return [
        {"cell": row * blocks + block, "x": block + 0.68, "x2": block + 1.32,
         "y": ROWS - row - 0.8, "y2": ROWS - row - 0.2}
        for row in range(ROWS) for block in range(blocks)
    ]  # fmt: skip


@cache
def passes(blocks: int, count: int) -> dict[str, Any]:
    """Return the blocks of every row of a batch in one pass; each block's survival so far; the depth of every pass.

    Datasets: "now" (level, kept: "1" for each cell that is kept, "0" for each skipped, pass after pass), "levels",
    "cells" (see `cells`), "paths" (x, x2, y), "passes" (level, depth, mean, text0, text1, text2), "survival" (level,
    block, share), "set" (block, share, kind), "expected" (x, x2, depth), "legend" (text, who, slot, place).
    """
    of = blocks * ROWS
    kept = f"substring(data('now')[0].kept, shown * {of} + datum.cell, shown * {of} + datum.cell + 1) == '1'"
    across, ticks = (0.2, blocks + 0.8), _whole(blocks)
    first = Part(False, "block", "row of the batch", across, (0, ROWS), x_ticks=ticks, y_ticks=_BARE, gap=GAP)
    ends = first.x("x:Q"), alt.X2("x2"), first.y("y:Q")
    each = alt.Chart(data("cells"))
    drawn = alt.layer(
        alt.Chart(data("paths")).mark_rule(strokeWidth=1.5, opacity=0.8).encode(*ends, color=_GRAY),
        each.transform_filter(f"!({kept})").mark_rect(filled=False, strokeWidth=1, opacity=0.5)
        .encode(*ends, alt.Y2("y2"), stroke=_GRAY),
        each.transform_filter(kept).mark_rect(opacity=1).encode(*ends, alt.Y2("y2"), color=_GREEN),
        _heading(first, 0),
    )  # fmt: skip
    second = Part(
        False, "block", "share kept", across, (0, 1.04), x_ticks=ticks,
        y_ticks=(("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%")), number=1, gap=GAP,
    )  # fmt: skip
    x, y = second.x("block:Q"), second.y("share:Q")
    set_to = alt.Chart(data("set"))
    survival = alt.layer(
        set_to.transform_filter("datum.kind == 'paper'").mark_line(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x, y, color=_GRAY),
        set_to.transform_filter("datum.kind == 'linear'").mark_line(strokeWidth=2).encode(x, y, color=_GRAY),
        alt.Chart(data("survival")).transform_filter(HERE).mark_circle(size=46, opacity=1).encode(x, y, color=_GREEN),
        *legend(second, alt.Chart(data("legend"))),
    )  # fmt: skip
    third = Part(
        True, "pass", "blocks passed through", (0, count + 1), (0, blocks * 1.04), x_ticks=(("tickCount", 5),),
        number=2, gap=GAP,
    )  # fmt: skip
    at = "datum.level + 1"
    shot, now = (alt.Chart(data(name)).transform_calculate(at=at) for name in ("passes", "now"))
    span = {"y": alt.YValue(alt.ExprRef(third.top)), "y2": alt.Y2Value(alt.ExprRef(third.bottom))}
    x, y = third.x("at:Q"), third.y("depth:Q")
    depth = alt.layer(
        alt.Chart(data("expected")).mark_rule(strokeWidth=2).encode(third.x("x:Q"), alt.X2("x2"), y, color=_GRAY),
        now.mark_rule(strokeWidth=2, opacity=0.35).encode(x, **span, color=_GREEN),
        shot.transform_filter(HERE).mark_rule(strokeWidth=2).encode(x, **span, color=_GREEN),
        shot.mark_circle(size=30, opacity=0.7).encode(x, y, color=_BLUE),
        shot.mark_line(strokeWidth=2.25).encode(x, third.y("mean:Q"), color=_GREEN),
        shot.transform_filter(HERE).mark_circle(size=100, opacity=1).encode(x, y, color=_BLUE),
        _heading(third, 2),
    )
    return join([drawn, survival, depth, columns(third)])


@cache
def times(names: Sequence[str], blocks: int) -> dict[str, Any]:
    """Return the time of a step against the rate, both ways; beside it against the blocks that a pass goes through.

    Datasets: "now" (level, top), "levels", "times" (level, depth, value, who), "line" (depth, value), "headings"
    (level, part, text, who, slot, place).
    """
    each = ", ".join(f"'{name}'" for name in names)
    ticks = (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))
    unit = "time of a step (µs)"
    left = Panel(False, "drop path rate", unit, (-0.4, len(names) - 0.6), (0, _TOP), x_ticks=ticks)
    across = 0, blocks * 1.04
    right = Panel(True, "blocks passed through, on average", unit, across, (0, _TOP), x_ticks=(("tickCount", 5),))
    rows, words = alt.Chart(data("times")), alt.Chart(data("headings")).transform_filter(HERE)

    def head(panel: Panel, part: int) -> alt.Chart:
        own = words.transform_filter(f"datum.part == {part}")
        return panel.heading(own, at=START, fontWeight=600).encode(color=colour("who"))

    def dots(x: alt.X, y: alt.Y, size: int) -> list[alt.Chart]:
        return [
            rows.mark_circle(size=size, opacity=1).encode(x, y, colour("who")),
            rows.transform_filter(HERE).mark_circle(size=110, opacity=1).encode(x, y, colour("who")),
        ]

    x, y = left.x("level:Q"), left.y("value:Q")
    by_rate = alt.layer(
        *rules(left), rows.mark_line().encode(x, y, colour("who"), dash("who")), *dots(x, y, 34), head(left, 0)
    )
    x, y = right.x("depth:Q"), right.y("value:Q")
    line = alt.Chart(data("line")).mark_line(strokeWidth=1.5, strokeDash=[5, 4])
    by_depth = alt.layer(
        line.encode(x, y, alt.Order("depth:Q"), color=_GRAY), *dots(x, y, 44), head(right, 1)
    )
    return join([by_rate, by_depth, columns(left)])


@cache
def against(names: Sequence[str], unit: str) -> dict[str, Any]:
    """Return loss against the rate, done right and done wrong.

    Datasets: "now" (level, top), "lines" (level, mean, low, high, who), "legend" (text, who, slot, place).
    """
    each = ", ".join(f"'{name}'" for name in names)
    ticks = (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))
    panel = Panel(False, "drop path rate", unit, (-0.4, len(names) - 0.6), (0, _TOP), x_ticks=ticks, alone=True)
    lines, x = alt.Chart(data("lines")), panel.x("level:Q")
    kept = alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.5).encode(x, color=_GREEN)
    return finish(alt.layer(
        lines.mark_area(clip=True, opacity=0.16).encode(x, panel.y("low:Q"), alt.Y2("high"), colour("who")),
        kept,
        lines.mark_line(clip=True, point={"size": 30}).encode(x, panel.y("mean:Q"), colour("who")),
        *legend(panel, alt.Chart(data("legend"))),
    ), height=220)  # fmt: skip
