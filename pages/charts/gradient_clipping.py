"""The pictures of gradient clipping: templates over named datasets, built once and filled by the page.

Rows name what the pointer picks by its "level": a limit or a learning rate.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, HALO, MISTAKE, TECHNIQUE, colour, data, finish
from pages.ui.panels import START, Panel, legend
from pages.ui.scrub import HERE, Part, columns, join, rules

REACH = 2.2  # of the valley's map, on each side of its bottom
GRID = 11  # arrows along a side
LONGEST = 0.8  # of an arrow, in the map's units: of the steepest point without clipping
GAP = 56  # pixels between two of three panels

_GREEN, _GRAY, _RED = (alt.value(name) for name in (TECHNIQUE, BASELINE, MISTAKE))
_TOP = alt.ExprRef("data('now')[0].top")
_PERCENT = (("format", "%"), ("tickCount", 5))
WHO = {"norm": "technique", "value": "baseline"}


def _named(names: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    """Return the ticks of an axis of named places."""
    each = ", ".join(f"'{name}'" for name in names)
    values = list(range(len(names)))
    return (("values", values), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))


def slots(count: int) -> list[dict[str, Any]]:
    """Return the rows of "levels" for so many named places.

    >>> slots(2)[1]
    {'level': 1, 'part': 0, 'from': 0.5, 'to': 1.0}
    """
    return [{"level": i, "part": 0, "from": i / count, "to": (i + 1) / count} for i in range(count)]


def _slots(names: Sequence[str], title: str, y_title: str, domain: Any, **more: Any) -> dict[str, Any]:
    """Return what a panel over named places takes."""
    around = -0.5, len(names) - 0.5
    own = {"x_title": title, "y_title": y_title, "x_domain": around, "y_domain": domain, "x_ticks": _named(names)}
    return {**own, **more}


def _headings(panel: Panel, part: int) -> alt.Chart:
    """Write what a level is called above a panel; dataset "headings": level, part, text, who, slot, place."""
    rows = alt.Chart(data("headings")).transform_filter(f"{HERE} && datum.part == {part}")
    return panel.heading(rows, at=START, fontWeight=600).encode(color=colour("who"))


@cache
def valley(names: tuple[str, ...]) -> dict[str, Any]:
    """Return how far the gradient is turned against the limit; beside it the valley's steps, clipped in two ways.

    Datasets: "now" (level), "levels", "headings", "turns" (level, mean, who), "arrows" (level, way, x, y, x2, y2),
    "raw" (x, y, x2, y2: the direction without clipping), "paths" (level, way, step, x, y), "bottom" (x, y).
    """
    first = Part(False, number=0, gap=GAP, **_slots(names, "limit", "mean turn (degrees)", (-2, 46)))
    turns = alt.Chart(data("turns"))
    x, y = first.x("level:Q"), first.y("mean:Q")
    layers = [alt.layer(
        *rules(first),
        turns.mark_line(point={"size": 26}).encode(x, y, colour("who")),
        turns.transform_filter(HERE).mark_circle(size=90, opacity=1).encode(x, y, colour("who")),
        _headings(first, 0),
    )]  # fmt: skip
    for number, way in enumerate(WHO, start=1):
        ends, ticks = (-REACH, REACH), (("values", [-2, -1, 0, 1, 2]), ("grid", False))
        panel = Part(number == 2, "steep", "flat" if number == 1 else None, ends, ends, x_ticks=ticks, y_ticks=ticks,
                     number=number, gap=GAP)  # fmt: skip
        own = f"{HERE} && datum.way == '{way}'"
        arrows, path = (alt.Chart(data(name)).transform_filter(own) for name in ("arrows", "paths"))
        place = panel.x("x:Q"), panel.y("y:Q")
        line = *place, alt.X2("x2"), alt.Y2("y2")
        layers.append(alt.layer(
            alt.Chart(data("raw")).mark_rule(strokeWidth=0.75, opacity=0.35).encode(*line, color=_GRAY),
            arrows.mark_rule(strokeWidth=2).encode(*line, color=colour("who")),
            arrows.mark_circle(size=11, opacity=1).encode(*place, color=colour("who")),
            path.mark_line(strokeWidth=1.25, opacity=0.9, point={"size": 14, "color": MISTAKE})
            .encode(*place, alt.Order("step:Q"), color=_RED),
            alt.Chart(data("bottom")).mark_point(shape="cross", size=60, filled=True, opacity=1)
            .encode(*place, color=_GRAY),
            _headings(panel, number),
        ))  # fmt: skip
    return join([*layers, columns(first)])


@cache
def norms(names: tuple[str, ...], max_steps: int) -> dict[str, Any]:
    """Return the share of clipped steps against the limit; beside it the gradient's norm over training, with its limit.

    Datasets: "now" (level, floor, top), "levels", "headings", "shares" (level, mean, low, high), "half" (level, share),
    "norms" (level, step, size, beyond), "limits" (level, x, x2, limit).
    """
    left = Panel(False, **_slots(names, "limit", "share of steps clipped", (0, 1.02), y_ticks=_PERCENT))
    shares = alt.Chart(data("shares"))
    x, y = left.x("level:Q"), left.y("mean:Q")
    by_limit = alt.layer(
        alt.Chart(data("half")).mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(x, left.y("share:Q"), color=_GRAY),
        shares.mark_area(opacity=0.16).encode(x, left.y("low:Q"), alt.Y2("high"), color=_GREEN),
        *rules(left),
        shares.mark_line(point={"size": 30}).encode(x, y, color=_GREEN),
        shares.transform_filter(HERE).mark_circle(size=100, opacity=1).encode(x, y, color=_GREEN),
        _headings(left, 0),
    )
    ticks = (("tickCount", 6), ("format", "~g"))
    ends = alt.ExprRef("data('now')[0].floor"), _TOP  # whole decades around what was measured
    right = Panel(True, "step", "gradient norm before clipping", (0, max_steps), ends, y_type="log",
                  x_ticks=(("tickCount", 5),), y_ticks=ticks)  # fmt: skip
    own, limits = (alt.Chart(data(name)).transform_filter(HERE) for name in ("norms", "limits"))
    at, size = right.x("step:Q"), right.y("size:Q")
    by_step = alt.layer(
        limits.mark_rule(strokeWidth=2, clip=True)
        .encode(right.x("x:Q"), alt.X2("x2"), right.y("limit:Q"), color=_GREEN),
        own.transform_filter("!datum.beyond").mark_circle(size=26, opacity=0.75).encode(at, size, color=_GRAY),
        own.transform_filter("datum.beyond").mark_circle(size=34, opacity=0.85).encode(at, size, color=_RED),
        _headings(right, 1),
    )
    return join([by_limit, by_step, columns(left)])


@cache
def rates(names: tuple[str, ...], unit: str) -> dict[str, Any]:
    """Return loss against the learning rate, with and without clipping; beside it the share of clipped steps.

    Datasets: "now" (level, top), "levels", "headings", "losses" (level, mean, low, high, who), "gone" (level, who, up,
    text), "shares" (level, mean, low, high), "half" (level, share).
    """
    left = Panel(False, **_slots(names, "learning rate", unit, (0, _TOP)))
    losses, x = alt.Chart(data("losses")), left.x("level:Q")
    gone = alt.Chart(data("gone")).mark_text(fontSize=11, fontWeight=600, baseline="top", **HALO)
    by_rate = alt.layer(
        losses.mark_area(clip=True, opacity=0.16).encode(x, left.y("low:Q"), alt.Y2("high"), colour("who")),
        *rules(left),
        losses.mark_line(clip=True, point={"size": 30}).encode(x, left.y("mean:Q"), colour("who")),
        losses.transform_filter(HERE).mark_circle(size=90, opacity=1).encode(x, left.y("mean:Q"), colour("who")),
        gone.encode(x, y=alt.YValue(alt.ExprRef(f"{left.top} + datum.up")), text="text:N", color=colour("who")),
        _headings(left, 0),
    )
    right = Panel(True, **_slots(names, "learning rate", "share of steps clipped", (0, 1.02), y_ticks=_PERCENT))
    shares, at = alt.Chart(data("shares")), right.x("level:Q")
    share = alt.layer(
        alt.Chart(data("half")).mark_line(strokeWidth=1.5, strokeDash=[5, 4])
        .encode(at, right.y("share:Q"), color=_GRAY),
        shares.mark_area(opacity=0.16).encode(at, right.y("low:Q"), alt.Y2("high"), color=_GREEN),
        shares.mark_line(point={"size": 30}).encode(at, right.y("mean:Q"), color=_GREEN),
        shares.transform_filter(HERE).mark_circle(size=100, opacity=1).encode(at, right.y("mean:Q"), color=_GREEN),
        _headings(right, 1),
    )  # fmt: skip
    return join([by_rate, share, columns(left)])


@cache
def turned(max_steps: int) -> dict[str, Any]:
    """Return by how many degrees each step's gradient is turned where arrays are clipped one by one.

    Datasets: "turned" (step, mean, low, high), "legend" (text, who, slot, place).
    """
    panel = Panel(False, "step", "turned by (degrees)", (0, max_steps), (0, 90), alone=True,
                  y_ticks=(("values", [0, 30, 60, 90]),))  # fmt: skip
    rows, x = alt.Chart(data("turned")), panel.x("step:Q")
    return finish(alt.layer(
        rows.mark_area(opacity=0.2).encode(x, panel.y("low:Q"), alt.Y2("high"), color=_RED),
        rows.mark_line(strokeWidth=1.5).encode(x, panel.y("mean:Q"), color=_RED),
        *legend(panel, alt.Chart(data("legend"))),
    ), height=220)  # fmt: skip
