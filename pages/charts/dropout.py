"""The pictures of dropout: templates over named datasets, built once and filled by the page.

Rows name what the pointer picks by its "level": a pass, a rate or a number of rows.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, HALO, TECHNIQUE, TRAIN, VALIDATION, colour, data, finish, unpacked
from pages.ui.images import Pixel, png
from pages.ui.panels import START, Panel, legend
from pages.ui.panels import join as both
from pages.ui.scrub import HERE, Part, columns, join, rules

# What a line shows, by its style.
KINDS = {"as trained": [1.5, 3.5], "clean": [6, 3], "validation": [1, 0], "stopped": [6, 3]}

_GREEN, _GRAY, _BLUE, _ORANGE = (alt.value(name) for name in (TECHNIQUE, BASELINE, TRAIN, VALIDATION))
_BARE = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
_LOW, _TOP = alt.ExprRef("data('now')[0].low"), alt.ExprRef("data('now')[0].top")
PERCENT = (("format", "%"), ("tickCount", 5))


def _kind() -> alt.StrokeDash:
    return alt.StrokeDash("kind:N", scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values())), legend=None)


def _key(panel: Panel, layer: alt.Chart) -> list[alt.Chart]:
    """Return a legend whose lines have a colour ("who") and a style ("kind"); else as `panels.legend`."""
    line = layer.mark_rule(strokeWidth=2.25).encode(
        **panel.above(START),
        x2=alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + 18")),
        color=colour("who"),
        strokeDash=_kind(),
    )
    return [line, panel.heading(layer, at=f"({START} + 23)").encode(color=colour("who"))]


def _named(names: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    """Return the ticks of an axis of named places."""
    each = ", ".join(f"'{name}'" for name in names)
    values = list(range(len(names)))
    return (("values", values), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))


def _slots(names: Sequence[str], title: str, y_title: str | None, domain: Any, **more: Any) -> Panel:
    """Return a panel over named places, one next to the other."""
    kind = more.pop("kind", Panel)
    around = -0.5, len(names) - 0.5
    return kind(x_title=title, y_title=y_title, x_domain=around, y_domain=domain, x_ticks=_named(names), **more)


def slots(count: int, parts: int = 1) -> list[dict[str, Any]]:
    """Return the rows of "levels" for so many named places in one panel or several.

    >>> slots(2)[1]
    {'level': 1, 'part': 0, 'from': 0.5, 'to': 1.0}
    """
    return [
        {"level": i, "part": part, "from": i / count, "to": (i + 1) / count}
        for part in range(parts) for i in range(count)
    ]  # fmt: skip


# ------------------------------------------------------------------ the mechanism


def network_rows(names: Sequence[str], fan_in: Sequence[Sequence[float]], fan_out: Sequence[float]) -> dict[str, Any]:
    """Return where the network's units, names and edges are drawn, from its weights.

    fan_in: one row per input, one value per unit.
    """
    units = len(fan_out)
    limits = max(abs(w) for row in fan_in for w in row) or 1.0, max(map(abs, fan_out)) or 1.0

    def height(i: int, of: int) -> float:
        return 1 - (i + 0.5) / of

    edges = [
        {"x": 0.0, "x2": 1.0, "y": height(i, len(names)), "y2": height(u, units), "unit": u, "size": abs(w) / limits[0]}
        for i, row in enumerate(fan_in) for u, w in enumerate(row)
    ]  # fmt: skip
    edges += [
        {"x": 1.0, "x2": 2.0, "y": height(u, units), "y2": 0.5, "unit": u, "size": abs(w) / limits[1]}
        for u, w in enumerate(fan_out)
    ]
    return {
        "edges": edges,
        "units": [{"x": 1.0, "y": height(u, units), "unit": u} for u in range(units)],
        "ends": [{"x": 0.0, "y": height(i, len(names)), "name": name} for i, name in enumerate(names)]
        + [{"x": 2.0, "y": 0.5, "name": ""}],
    }


@cache
def network(units: int, passes: int, y_title: str) -> dict[str, Any]:
    """Return a drawn network at one pass; beside it the output of every pass, their running mean, and theory.

    Datasets: "now" (level, low, top, kept: "1" for each unit that is kept, "0" for each dropped, pass after pass),
    "levels", "edges", "units", "ends" (see `network_rows`), "passes" (level, output, mean, text), "theory" (x, x2,
    value, low, high), "legend" (text, who, slot, place).
    """
    kept = f"substring(data('now')[0].kept, shown * {units} + datum.unit, shown * {units} + datum.unit + 1) == '1'"
    left = Panel(False, None, None, (-0.34, 2.1), (0, 1), x_ticks=_BARE, y_ticks=_BARE, split=0.5)
    edges, circles, ends = (alt.Chart(data(name)) for name in ("edges", "units", "ends"))
    x, y = left.x("x:Q"), left.y("y:Q")
    line = (x, y, alt.X2("x2"), alt.Y2("y2"))
    width = alt.Size("size:Q", scale=alt.Scale(domain=[0, 1], range=[0.2, 3]), legend=None)
    chosen = alt.Chart(data("passes")).transform_filter(HERE)
    drawn = alt.layer(
        edges.transform_filter(f"!({kept})").mark_rule(opacity=0.1, strokeWidth=0.8).encode(*line, color=_GRAY),
        edges.transform_filter(kept).mark_rule(opacity=0.6).encode(*line, width, color=_GREEN),
        ends.mark_circle(size=70, opacity=1).encode(x, y, color=_GRAY),
        ends.mark_text(align="right", dx=-9, fontSize=11).encode(x, y, text="name:N", color=_GRAY),
        circles.transform_filter(f"!({kept})")
        .mark_point(size=190, filled=True, opacity=0.45)
        .encode(x, y, color=_GRAY),
        circles.transform_filter(f"!({kept})")
        .mark_point(shape="cross", size=60, angle=45, filled=True, opacity=1)
        .encode(x, y, color=_GRAY),
        circles.transform_filter(kept).mark_point(size=190, filled=True, opacity=1).encode(x, y, color=_GREEN),
        left.heading(chosen, fontWeight=600).encode(color=_GREEN),
    )
    right = Panel(True, "pass", y_title, (0, passes + 1), (_LOW, _TOP), x_ticks=(("tickCount", 5),), split=0.58)
    shot, theory = alt.Chart(data("passes")).transform_calculate(at="datum.level + 1"), alt.Chart(data("theory"))
    at, value = right.x("at:Q"), right.y("output:Q")
    span = {"y": alt.YValue(alt.ExprRef(right.top)), "y2": alt.Y2Value(alt.ExprRef(right.bottom))}
    now = alt.Chart(data("now")).transform_calculate(at="datum.level + 1")
    outputs = alt.layer(
        theory.mark_rect(opacity=0.14).encode(
            right.x("x:Q"), right.y("low:Q"), alt.X2("x2"), alt.Y2("high"), color=_GRAY
        ),
        theory.mark_rule(strokeWidth=2).encode(right.x("x:Q"), right.y("value:Q"), alt.X2("x2"), color=_GRAY),
        now.mark_rule(strokeWidth=2, opacity=0.35).encode(at, **span, color=_GREEN),
        shot.transform_filter(HERE).mark_rule(strokeWidth=2).encode(at, **span, color=_GREEN),
        shot.mark_circle(size=34, opacity=0.7).encode(at, value, color=_BLUE),
        shot.mark_line(strokeWidth=2.25).encode(at, right.y("mean:Q"), color=_GREEN),
        shot.transform_filter(HERE).mark_circle(size=110, opacity=1).encode(at, value, color=_BLUE),
        *legend(right, alt.Chart(data("legend"))),
    )
    return join([drawn, outputs, columns(right)])


@cache
def spread(names: tuple[str, ...], unit: str) -> dict[str, Any]:
    """Return mean and standard deviation of the output against the rate, measured and by theory.

    Datasets: "now" (level, low, top, top_sd), "levels" (of both parts), "points" (level, mean, expected, deviation,
    theory), "headings" (level, part, text).
    """
    left = _slots(names, "dropout rate p", f"mean of {unit}", (_LOW, _TOP), second=False)
    deviation = (0, alt.ExprRef("data('now')[0].top_sd"))
    right = _slots(names, "dropout rate p", "standard deviation", deviation, second=True)
    layers = []
    for part, (panel, measured, theory) in enumerate(((left, "mean", "expected"), (right, "deviation", "theory"))):
        points = alt.Chart(data("points"))
        words = alt.Chart(data("headings")).transform_filter(f"{HERE} && datum.part == {part}")
        x = panel.x("level:Q")
        layers.append(alt.layer(
            *rules(panel),
            points.mark_line(strokeWidth=2).encode(x, panel.y(f"{theory}:Q"), color=_GRAY),
            points.mark_circle(size=50, opacity=1).encode(x, panel.y(f"{measured}:Q"), color=_GREEN),
            points.transform_filter(HERE).mark_circle(size=120, opacity=1)
            .encode(x, panel.y(f"{measured}:Q"), color=_GREEN),
            panel.heading(words, fontWeight=600).encode(color=_GREEN),
        ))  # fmt: skip
    return join([*layers, columns(left, right)])


@cache
def by_hand(limit: float) -> dict[str, Any]:
    """Return five passes of five units as numbers; beside it each unit's mean over the passes.

    Datasets: "cells" (unit, pass, text, who: technique, baseline where dropped, train in evaluation), "means" (unit,
    mean, expected, low, high), "legend" and "key" (text, who, slot, place).
    """
    names = ("test", *(f"pass {i}" for i in range(5, 0, -1)))
    left = Panel(
        False, "unit", None, (0.4, 5.6), (-0.5, 5.5), x_ticks=(("values", [1, 2, 3, 4, 5]), ("format", "d")),
        y_ticks=(*_named(names)[:2], ("ticks", False), ("domain", False), ("grid", False)),
    )  # fmt: skip
    cells = alt.Chart(data("cells"))
    dark = "datum.who == 'baseline'"
    x, y = left.x("unit:Q"), left.y("row:Q")
    grid = alt.layer(
        cells.transform_filter(dark).mark_circle(size=620, opacity=0.22).encode(x, y, color=colour("who")),
        cells.transform_filter(f"!({dark})").mark_circle(size=620, opacity=0.28).encode(x, y, color=colour("who")),
        cells.mark_text(fontSize=13, baseline="middle").encode(x, y, text="text:N", color=colour("who")),
        *legend(left, alt.Chart(data("legend"))),
    )
    right = Panel(True, "unit", "value", (0.4, 5.6), (0, limit), x_ticks=(("values", [1, 2, 3, 4, 5]), ("format", "d")))
    means = alt.Chart(data("means"))
    at = right.x("unit:Q")
    return both(grid, alt.layer(
        means.mark_area(opacity=0.14).encode(at, right.y("low:Q"), alt.Y2("high"), color=_GRAY),
        means.mark_line(strokeWidth=2).encode(at, right.y("expected:Q"), color=_GRAY),
        means.mark_circle(size=90, opacity=1).encode(at, right.y("mean:Q"), color=_GREEN),
        *legend(right, alt.Chart(data("key"))),
    ))  # fmt: skip


# ------------------------------------------------------------------ the effect


@cache
def gaps(names: tuple[str, ...], max_steps: int, unit: str) -> dict[str, Any]:
    """Return loss against the rate: as trained, clean and validation, with both gaps; beside it the training curves.

    Datasets: "now" (level, top), "levels", "strengths" (level, who, kind, mean, low, high, text, slot, place,
    outside), "gaps" (level, at, from, to, middle, who, text, side), "curves" (level, who, kind, curve: packed),
    "without" (step, who, kind, mean, low, high), "legend" (text, who, kind, slot, place).
    """
    left = _slots(names, "dropout rate p", unit, (0, _TOP), second=False)
    rows = alt.Chart(data("strengths"))
    x, y = left.x("level:Q"), left.y("mean:Q")
    here = rows.transform_filter(HERE)
    bars = alt.Chart(data("gaps")).transform_filter(HERE)
    across, middle = left.x("at:Q"), left.y("middle:Q")
    words = {"fontSize": 12, "fontWeight": 600, "baseline": "middle", **HALO}
    above = here.transform_filter("datum.mean > data('now')[0].top")
    by_rate = alt.layer(
        rows.mark_area(clip=True, opacity=0.14)
        .encode(x, left.y("low:Q"), alt.Y2("high"), colour("who"), alt.Detail("kind:N")),
        *rules(left),
        rows.mark_line(clip=True).encode(x, y, colour("who"), _kind()),
        bars.mark_rule(strokeWidth=5, strokeCap="butt", opacity=0.75, clip=True)
        .encode(across, left.y("from:Q"), alt.Y2("to"), colour("who")),
        *(
            bars.transform_filter(f"datum.side == '{side}'").mark_text(align=align, dx=dx, **words)
            .encode(across, middle, text="text:N", color=colour("who"))
            for side, align, dx in (("left", "right", -10), ("right", "left", 10))
        ),
        here.mark_circle(size=60, opacity=1, clip=True).encode(x, y, colour("who")),
        above.mark_point(shape="triangle-up", size=60, filled=True, opacity=1)
        .encode(x, y=alt.YValue(alt.ExprRef(f"{left.top} + 6")), color=colour("who")),
        *_key(left, here),
    )  # fmt: skip
    right = Panel(True, "step", None, (0, max_steps), (0, _TOP), x_ticks=(("tickCount", 5), ("format", ",d")))
    drawn = []
    curves = unpacked(alt.Chart(data("curves")).transform_filter(HERE), ("step", "mean", "low", "high"))
    for layer in (alt.Chart(data("without")), curves):
        step = right.x("step:Q")
        drawn += [
            layer.mark_area(clip=True, opacity=0.13)
            .encode(step, right.y("low:Q"), alt.Y2("high"), colour("who"), alt.Detail("kind:N")),
            layer.mark_line(clip=True).encode(step, right.y("mean:Q"), colour("who"), _kind()),
        ]  # fmt: skip
    outside = above.transform_filter("datum.who == 'validation'").mark_text(align="right", baseline="top").encode(
        x=alt.XValue(alt.ExprRef(f"{right.left} + {right.width}")),
        y=alt.YValue(alt.ExprRef(f"{right.top} + 4")), text="outside:N", color=_ORANGE,
    )  # fmt: skip
    return join([by_rate, alt.layer(*drawn, outside, *_key(right, alt.Chart(data("legend")))), columns(left)])


@cache
def adaptation(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the mean absolute correlation of units against the rate; beside it how the pairs are spread.

    Datasets: "now" (level, top, share), "levels", "points" (level, mean, low, high), "headings" (level, text), "bins"
    (level, from, to, share), "without" (from, share), "legend".
    """
    left = _slots(names, "dropout rate p", "mean |correlation| of two units", (0, _TOP), second=False)
    points = alt.Chart(data("points"))
    x, y = left.x("level:Q"), left.y("mean:Q")
    by_rate = alt.layer(
        points.mark_area(clip=True, opacity=0.16).encode(x, left.y("low:Q"), alt.Y2("high"), color=_GREEN),
        *rules(left),
        points.mark_line(point={"size": 34}).encode(x, y, color=_GREEN),
        points.transform_filter(HERE).mark_circle(size=110, opacity=1).encode(x, y, color=_GREEN),
        left.heading(alt.Chart(data("headings")).transform_filter(HERE), fontWeight=600).encode(color=_GREEN),
    )
    share = (0, alt.ExprRef("data('now')[0].share"))
    right = Panel(True, "|correlation| of a pair of units", "share of all pairs", (0, 1), share, y_ticks=PERCENT)
    bins = alt.Chart(data("bins")).transform_filter(HERE)
    histogram = alt.layer(
        bins.mark_rect(opacity=0.5).encode(
            right.x("from:Q"), right.y("share:Q"), alt.X2("to"), alt.Y2Datum(0), color=_GREEN
        ),
        alt.Chart(data("without"))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(right.x("from:Q"), right.y("share:Q"), color=_GRAY),
        *legend(right, alt.Chart(data("legend"))),
    )
    return join([by_rate, histogram, columns(left)])


def shaded(values: Sequence[float], side: int, limit: float, tint: tuple[int, int, int]) -> str:
    """Return a square grid of values as a picture: the lowest row first, nothing at 0, the full tint at the limit."""
    lines: list[list[Pixel]] = [
        [(*tint, round(235 * min(value / limit, 1))) for value in values[row * side : (row + 1) * side]]
        for row in reversed(range(side))
    ]
    return png(lines)


GRAY, TEAL = (110, 118, 130), (19, 150, 136)


@cache
def uncertainty(names: tuple[str, ...], x_domain: tuple[float, float], y_domain: tuple[float, float]) -> dict[str, Any]:
    """Return the spread of the prediction against the rate, a map of the prediction, and a map of its spread.

    Datasets: "now" (level, top), "levels", "points" (level, value, who), "legend", "headings" (level, part, text),
    "maps" (level, prediction, spread), "rows" (x, y, shape).
    """
    first = _slots(names, "dropout rate p", "standard deviation over passes", (0, _TOP), kind=Part, second=False)
    ticks = (("tickCount", 4),)
    maps = [
        Part(True, "x₁", "x₂" if number == 1 else None, x_domain, y_domain, x_ticks=ticks, y_ticks=ticks, number=number)
        for number in (1, 2)
    ]
    points = alt.Chart(data("points"))
    x, y = first.x("level:Q"), first.y("value:Q")
    layers = [alt.layer(
        *rules(first),
        points.mark_line(point={"size": 30}).encode(x, y, colour("who")),
        points.transform_filter(HERE).mark_circle(size=90, opacity=1).encode(x, y, colour("who")),
        *legend(first, alt.Chart(data("legend"))),
    )]  # fmt: skip
    for panel, field in zip(maps, ("prediction", "spread"), strict=True):
        middle = {
            "x": alt.XValue(alt.ExprRef(f"{panel.left}")),
            "y": alt.YValue(alt.ExprRef(f"{panel.top}")),
        }
        words = alt.Chart(data("headings")).transform_filter(f"{HERE} && datum.part == {panel.number}")
        rows = alt.Chart(data("rows"))
        layers.append(alt.layer(
            alt.Chart(data("maps")).transform_filter(HERE)
            .mark_image(align="left", baseline="top", aspect=False, width=alt.ExprRef(panel.width),
                        height=alt.ExprRef(f"({panel.bottom}) - ({panel.top})"))
            .encode(**middle, url=f"{field}:N"),
            rows.transform_filter("datum.shape == 1").mark_point(shape="circle", size=22, opacity=0.9, strokeWidth=1.4)
            .encode(panel.x("x:Q"), panel.y("y:Q"), color=_BLUE),
            rows.transform_filter("datum.shape == 0").mark_point(shape="cross", size=24, opacity=0.9, strokeWidth=1.2)
            .encode(panel.x("x:Q"), panel.y("y:Q"), color=_ORANGE),
            panel.heading(words, fontWeight=600).encode(color=_GREEN),
        ))  # fmt: skip
    return join([*layers, columns(first)])


@cache
def by_size(sizes: tuple[str, ...], names: tuple[str, ...], unit: str, zero: bool) -> dict[str, Any]:
    """Return a measure against the training rows; beside it against the rate at one number of rows.

    Datasets: "now" (level, low, top), "levels", "sizes" (level, who, kind, mean, low, high), "legend" (level, text,
    who, kind, slot, place), "rates" (level, at, kind, mean, low, high), "best" (level, at, kind, mean), "present" (at),
    "key" (text, who, kind, slot, place).
    """
    domain = (0 if zero else _LOW, _TOP)
    form = () if zero else PERCENT
    left = _slots(sizes, "training rows n", unit, domain, second=False, y_ticks=form)
    lines = alt.Chart(data("sizes"))
    x, y = left.x("level:Q"), left.y("mean:Q")
    several = [alt.Detail("line:N")]
    by_rows = alt.layer(
        lines.mark_area(clip=True, opacity=0.12)
        .encode(x, left.y("low:Q"), alt.Y2("high"), colour("who"), *several),
        *rules(left),
        lines.mark_line(clip=True).encode(x, y, colour("who"), _kind(), *several),
        lines.transform_filter(HERE).mark_circle(size=60, opacity=1, clip=True).encode(x, y, colour("who")),
        *_key(left, alt.Chart(data("legend")).transform_filter(HERE)),
    )  # fmt: skip
    right = _slots(names, "dropout rate p", None, domain, second=True, y_ticks=form)
    rates, best = (alt.Chart(data(name)).transform_filter(HERE) for name in ("rates", "best"))
    at, value = right.x("at:Q"), right.y("mean:Q")
    span = {"y": alt.YValue(alt.ExprRef(right.top)), "y2": alt.Y2Value(alt.ExprRef(right.bottom))}
    by_rate = alt.layer(
        alt.Chart(data("present")).mark_rule(strokeWidth=2, opacity=0.35).encode(at, **span, color=_GREEN),
        rates.mark_area(clip=True, opacity=0.12)
        .encode(at, right.y("low:Q"), alt.Y2("high"), alt.Detail("kind:N"), color=_GREEN),
        rates.mark_line(clip=True).encode(at, value, _kind(), color=_GREEN),
        best.mark_point(shape="diamond", size=110, filled=True, opacity=1).encode(at, value, color=_GREEN),
        *_key(right, alt.Chart(data("key"))),
    )  # fmt: skip
    return join([by_rows, by_rate, columns(left)])


@cache
def against(names: tuple[str, ...], unit: str) -> dict[str, Any]:
    """Return loss against the rate, done right and done wrong.

    Datasets: "now" (level, top), "lines" (level, mean, low, high, who), "legend" (text, who, slot, place).
    """
    panel = _slots(names, "dropout rate p", unit, (0, _TOP), second=False, alone=True)
    lines = alt.Chart(data("lines"))
    x = panel.x("level:Q")
    return finish(alt.layer(
        lines.mark_area(clip=True, opacity=0.16).encode(x, panel.y("low:Q"), alt.Y2("high"), colour("who")),
        alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.5).encode(x, color=_GREEN),
        lines.mark_line(clip=True, point={"size": 30}).encode(x, panel.y("mean:Q"), colour("who")),
        *legend(panel, alt.Chart(data("legend"))),
    ), height=220)  # fmt: skip
