"""The pictures of L1: templates over named datasets, built once and filled by the page.

A strength of the Lasso is drawn at its "level", its number in `STRENGTHS`, whose steps are even on a logarithmic axis.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, HALO, MISTAKE, TECHNIQUE, TRAIN, colour, data, finish
from pages.ui.images import Pixel, png
from pages.ui.panels import Panel, legend
from pages.ui.scrub import HERE, Part, Square, columns, join, rules

PER_DECADE = 20
STRENGTHS = (0.0, *(float(f"{0.001 * 10 ** (i / PER_DECADE):.3g}") for i in range(3 * PER_DECADE + 11)))
LEVELS = (-0.5, len(STRENGTHS) - 0.5)

_NAMED = {0: "off", **{1 + PER_DECADE * i: f"{0.001 * 10**i:g}" for i in (1, 2, 3)}}
_LABELS = " : ".join(f"datum.value == {level} ? '{name}'" for level, name in _NAMED.items()) + " : ''"
STRENGTH_TICKS = (("values", list(_NAMED)), ("labelExpr", _LABELS))
_GREEN, _GRAY, _BLUE = (alt.value(name) for name in (TECHNIQUE, BASELINE, TRAIN))
_NO_LABELS = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
# Weights over steps: their lines; and their dots, exactly zero, not zero though the Lasso's is, or neither.
MARKS = {"technique": TECHNIQUE, "baseline": BASELINE, "zero": TECHNIQUE, "missed": MISTAKE, "weight": BASELINE}
PERCENT = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))


def room(names: Sequence[str], more: int = 0) -> float:
    """Return the share of a panel's width that names take, of so many more characters each.

    >>> room(["bmi", "s5"]), room(["fractal dimension"])
    (0.14, 0.35)
    """
    return round(min(0.09 + 0.0155 * (max(map(len, names)) + more), 0.48), 2)


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Move labels as little as it takes for none to be closer to another than the gap; those that crowd share a middle.

    >>> apart([0.0, 0.1, 1.0], gap=0.5)
    [-0.2, 0.3, 1.0]
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    groups: list[list[int]] = []

    def middle(group: list[int]) -> float:
        return sum(places[i] for i in group) / len(group)

    def crowded(low: list[int], high: list[int]) -> bool:
        return middle(high) - middle(low) < gap * (len(low) + len(high)) / 2

    for label in order:
        groups.append([label])
        while len(groups) > 1 and crowded(groups[-2], groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    found = {
        label: middle(group) + gap * (i - (len(group) - 1) / 2) for group in groups for i, label in enumerate(group)
    }
    return [round(found[label], 6) for label in range(len(places))]


def cut(curve: Sequence[tuple[float, float]], low: float, high: float) -> list[tuple[float, float | None]]:
    """Cut a curve where it leaves low to high: its points inside, the crossings, and None where it is outside.

    >>> cut([(0.0, 4.0), (1.0, 0.0), (2.0, 1.0)], low=-1.0, high=2.0)
    [(0.0, None), (0.5, 2.0), (1.0, 0.0), (2.0, 1.0)]
    """
    found: list[tuple[float, float | None]] = []
    last: tuple[float, float] | None = None
    for x, y in curve:
        if last is not None:
            x0, y0 = last
            crossed = sorted((edge - y0) / (y - y0) for edge in (low, high) if (y0 - edge) * (y - edge) < 0)
            found += [(x0 + t * (x - x0), y0 + t * (y - y0)) for t in crossed]
        found.append((x, y if low <= y <= high else None))
        last = x, y
    return found


def _features(panel: Panel, n: int) -> list[alt.Chart]:
    """Return bars of n features with their names to the left; dataset "bars": level, row, value, text, who, and end
    ("low" or "high") where a value is outside of the axis, at whose end its bar then ends, with an arrow.
    """
    bars = alt.Chart(data("bars")).transform_filter(HERE)
    edge = alt.XValue(alt.ExprRef(f"{panel.left}"))
    y = panel.y("row:Q")
    green = "datum.who == 'technique'"
    thick = alt.ExprRef(f"max(4, 0.62 * (({panel.bottom}) - ({panel.top})) / {n})")
    names = bars.mark_text(align="left", baseline="middle", fontSize=12)
    return [
        bars.mark_rule(strokeWidth=thick, strokeCap="butt", opacity=0.85, clip=True).encode(
            panel.x("value:Q"), y, alt.X2Datum(0), color=colour("who")
        ),
        *(
            bars.transform_filter(f"datum.end == '{end}'")
            .mark_point(shape=f"triangle-{way}", size=130, filled=True, opacity=1)
            .encode(panel.x("value:Q"), y, color=colour("who"))
            for end, way in (("low", "left"), ("high", "right"))
        ),
        names.transform_filter(green).encode(edge, y, text="text:N", color=_GREEN),
        names.transform_filter(f"!({green})").encode(edge, y, text="text:N", color=_GRAY),
    ]


def _heading(panel: Panel, part: int = 0, **mark: Any) -> alt.Chart:
    """Write what a level is called above a panel; dataset "headings": level, part, text."""
    rows = alt.Chart(data("headings")).transform_filter(f"{HERE} && datum.part == {part}")
    return panel.heading(rows, **{"fontWeight": 600, **mark}).encode(color=_GREEN)


@cache
def path(low: float, high: float, names: tuple[str, ...]) -> dict[str, Any]:
    """Return every coefficient against the strength; beside it the coefficients at one strength as bars with names.

    Datasets: "now" (level), "levels", "headings", "path" (level, value, name; None where it is zero), "here" (level,
    value), "outside" (level, end: "high" or "low" where a value is off the axis), "knots" (level), "zero" (from, to,
    value), "names" (name, from, to, value, start), "bars".
    """
    n, share = len(names), room(names)
    start = LEVELS[0] - (LEVELS[1] - LEVELS[0]) * share / (1 - share)
    left = Panel(False, "strength (log scale)", "coefficient", (start, LEVELS[1]), (low, high),
                 x_ticks=STRENGTH_TICKS, split=0.52)  # fmt: skip
    x, y = left.x("level:Q"), left.y("value:Q")
    labels = alt.Chart(data("names"))
    lines = alt.layer(
        alt.Chart(data("zero")).mark_rule(strokeWidth=1.25).encode(left.x("from:Q"), y, x2="to", color=_GRAY),
        *rules(left),
        alt.Chart(data("path")).mark_line(strokeWidth=1.75, clip=True)
        .encode(x, y, alt.Detail("name:N"), color=_GREEN),
        alt.Chart(data("knots")).mark_tick(thickness=1.25, size=10, orient="vertical", opacity=0.9)
        .encode(x, y=alt.YValue(alt.ExprRef(f"{left.bottom} - 6")), color=_GRAY),
        alt.Chart(data("here")).transform_filter(HERE).mark_circle(size=36, opacity=1, clip=True)
        .encode(x, y, color=_GREEN),
        *(
            alt.Chart(data("outside")).transform_filter(f"{HERE} && datum.end == '{end}'")
            .mark_point(shape=f"triangle-{way}", size=60, filled=True, opacity=1)
            .encode(x, y=alt.YValue(alt.ExprRef(place)), color=_GREEN)
            for end, way, place in (("high", "up", f"{left.top} + 6"), ("low", "down", f"{left.bottom} - 6"))
        ),
        labels.mark_rule(strokeWidth=0.75, opacity=0.6)
        .encode(left.x("from:Q"), y, alt.X2("to"), alt.Y2("start"), color=_GRAY),
        labels.mark_text(align="right", fontSize=11, dx=-3, **HALO)
        .encode(left.x("from:Q"), y, text="name:N", color=_GRAY),
        _heading(left),
    )  # fmt: skip
    share = room(names, 5)
    across, step = (high - (high - low) / (1 - share), high), 0.2 if high - low < 0.8 else 0.4
    ticks = (("values", [round(i * step, 1) for i in range(-9, 10) if low <= i * step <= high]), ("format", ".1f"))
    right = Panel(True, "coefficient", None, across, (-0.7, n - 0.3), x_ticks=ticks, y_ticks=_NO_LABELS, split=0.52)
    axis = alt.Chart(data("axis")).mark_rule(strokeWidth=1.25)
    bars = alt.layer(
        axis.encode(right.x("value:Q"), right.y("from:Q"), y2="to", color=_GRAY),
        *_features(right, n),
        _heading(right, 1),
    )
    return join([lines, bars, columns(left)])


def written(curve: Sequence[Sequence[float]], limit: float) -> dict[str, str]:
    """Return a curve's points as two texts, which the browser reads when it draws them; those outside as nothing.

    A row for each point would have the browser sort through thousands whenever the pointer moves.

    >>> written([(0.5, 1.0), (3.0, 0.0), (0.0, 0.25)], limit=2)
    {'xs': '0.5  0', 'ys': '1  0.25'}
    """
    inside = [point if max(map(abs, point)) <= limit else None for point in curve]
    return {
        name: " ".join(f"{point[i]:.5g}" if point else "" for point in inside) for i, name in enumerate(("xs", "ys"))
    }


def _read(curves: alt.Chart) -> alt.Chart:
    """Return the points of curves that `written` wrote."""
    texts = curves.transform_calculate(x="split(datum.xs, ' ')", y="split(datum.ys, ' ')")
    counted = texts.transform_calculate(order="sequence(length(datum.x))").transform_flatten(["x", "y", "order"])
    return counted.transform_calculate(x="toNumber(datum.x)", y="toNumber(datum.y)")


@cache
def balls(limit: float, names: tuple[str, str]) -> dict[str, Any]:
    """Return the plane of two coefficients twice: the Lasso's diamond, and the ridge's ball.

    Datasets: "now", "levels" (of both parts), "headings", "axes" (x, x2, y, y2), "contours" (level, xs, ys), and for
    each part p: "touching" p, "body" p (level, xs, ys), "way" p (level, x, y); "least" (x, y). `written` makes xs, ys.
    """
    planes = [
        Square(bool(part), names[0], names[1], (-limit, limit), (-limit, limit), x_ticks=(("tickCount", 5),))
        for part in (0, 1)
    ]
    layers = []
    for part, plane in enumerate(planes):
        x, y, around = plane.x("x:Q"), plane.y("y:Q"), alt.Order("order:Q")
        touching, body = (
            _read(alt.Chart(data(f"{name}{part}")).transform_filter(HERE)) for name in ("touching", "body")
        )
        way, cross = alt.Chart(data(f"way{part}")), alt.Chart(data("axes")).mark_rule(strokeWidth=1, opacity=0.6)
        contours, least = _read(alt.Chart(data("contours"))), alt.Chart(data("least"))
        layers.append(alt.layer(
            cross.encode(x, y, alt.X2("x2"), alt.Y2("y2"), color=_GRAY),
            contours.mark_line(strokeWidth=1, opacity=0.4).encode(x, y, alt.Detail("level:N"), around, color=_BLUE),
            # Apart from its line: Streamlit gives the theme's green to `color`, not to `fill`.
            body.mark_line(filled=True, opacity=0.14).encode(x, y, around, color=_GREEN),
            body.mark_line(strokeWidth=2).encode(x, y, around, color=_GREEN),
            touching.mark_line(strokeWidth=2).encode(x, y, around, color=_BLUE),
            way.mark_line(strokeWidth=1.5, strokeDash=[3, 3]).encode(x, y, alt.Order("level:Q"), color=_GREEN),
            least.mark_point(shape="cross", size=70, filled=True, opacity=1).encode(x, y, color=_BLUE),
            way.transform_filter(HERE).mark_circle(size=80, opacity=1).encode(x, y, color=_GREEN),
            _heading(plane, part),
        ))  # fmt: skip
    return join([*layers, columns(*planes)])


@cache
def steps(parts: int, n_steps: int, low: float, high: float) -> dict[str, Any]:
    """Return weights over steps in several panels, the weights of one step marked; here a level is a step.

    Datasets: "now", "levels" (of all parts), "headings", and for each part p: "weights" p (level, value, number, who,
    dot), "ends" p (value).
    """
    values = (("tickCount", 5),)
    panels = [
        Part(False, "step", "weight" if not number else None, (0, n_steps), (low, high), x_ticks=values,
             number=number, of=parts)
        for number in range(parts)
    ]  # fmt: skip
    layers = []
    for number, panel in enumerate(panels):
        x, y = panel.x("level:Q"), panel.y("value:Q")
        lines = alt.Chart(data(f"weights{number}"))
        right = alt.XValue(alt.ExprRef(f"{panel.left} + {panel.width} + 7"))
        layers.append(alt.layer(
            *rules(panel),
            lines.mark_line(strokeWidth=1.6).encode(x, y, colour("who", MARKS), alt.Detail("number:N")),
            lines.transform_filter(HERE).mark_circle(size=44, opacity=1).encode(x, y, colour("dot", MARKS)),
            alt.Chart(data(f"ends{number}")).mark_point(shape="triangle-left", filled=True, size=34, opacity=0.9)
            .encode(right, y, color=_GRAY),
            _heading(panel, number),
        ))  # fmt: skip
    return join([*layers, columns(*panels)])


# ------------------------------------------------------------------ the effect


ORANGE, BLUE, DEAD = (217, 119, 38), (56, 132, 203), (128, 134, 145, 46)  # on light and on dark


def tiles(units: Sequence[Sequence[float]], shape: tuple[int, int], limit: float) -> str:
    """Draw each unit's weights as a picture, all in one: orange above zero, blue below, gray where exactly zero."""
    height, width = shape
    across = max(1, round((len(units) * height / width) ** 0.5)) if width > 1 else len(units)
    gap: Pixel = (0, 0, 0, 0)
    picture: list[list[Pixel]] = []
    for first in range(0, len(units), across):
        if picture and width > 1:
            picture.append([gap] * len(picture[0]))
        for r in range(height):
            line: list[Pixel] = []
            for unit in range(first, first + across):
                if line and width > 1:
                    line.append(gap)
                some = units[unit][r * width : (r + 1) * width] if unit < len(units) else None
                line += [gap] * width if some is None else [_pixel(w, limit) for w in some]
            picture.append(line)
    return png(picture)


def _pixel(weight: float, limit: float) -> Pixel:
    if weight == 0:
        return DEAD
    red, green, blue = ORANGE if weight > 0 else BLUE
    return red, green, blue, round(70 + 185 * min(abs(weight) / limit, 1))


@cache
def layer() -> dict[str, Any]:
    """Return accuracy against the share of zeros; beside it the first layer at one strength as pictures.

    Datasets: "now" (level, low), "levels", "headings", "points" (level, zeros, low, mean, high), "base" (accuracy),
    "pictures" (level, url), "legend" (text, who, slot, place).
    """
    title, up = "share of the first layer's weights that are exactly zero", (alt.ExprRef("data('now')[0].low"), 1)
    ticks = (("format", "%"), ("tickCount", 5))
    left = Panel(False, title, "test accuracy", (0, 1), up, x_ticks=PERCENT, y_ticks=ticks, split=0.56)
    points = alt.Chart(data("points"))
    x, y, here = left.x("zeros:Q"), left.y("mean:Q"), points.transform_filter(HERE)
    base = alt.Chart(data("base")).mark_rule(strokeWidth=1.5, strokeDash=[5, 4])
    curve = alt.layer(
        base.encode(left.x("from:Q"), left.y("accuracy:Q"), x2="to", color=_GRAY),
        points.mark_area(opacity=0.16, clip=True).encode(x, left.y("low:Q"), alt.Y2("high"), color=_GREEN),
        points.mark_line(point={"size": 34}, clip=True).encode(x, y, alt.Order("level:Q"), color=_GREEN),
        here.mark_circle(size=110, opacity=1, clip=True).encode(x, y, color=_GREEN),
        _heading(left),
    )
    right = Square(True, None, None, (0, 1), (0, 1), split=0.56)
    place = {"x": alt.XValue(alt.ExprRef(right.left)), "y": alt.YValue(alt.ExprRef(right.top))}
    size = alt.ExprRef(right.width)
    picture = (
        alt.Chart(data("pictures"))
        .transform_filter(HERE)
        .mark_image(align="left", baseline="top", aspect=False, width=size, height=size)
        .encode(**place, url="url:N")
    )
    return join([curve, picture, _heading(right, 1), columns(left)])


@cache
def stability(names: tuple[str, ...], threshold: float) -> dict[str, Any]:
    """Return how often each feature is chosen against the strength; beside it the same at one strength as bars.

    Datasets: "now", "levels", "headings", "lines" (level, value, name, who), "bars" (whose last row is the best of the
    shuffled copies), "threshold" (from, to, value), "legend" (text, who, slot, place).
    """
    left = Panel(False, "strength (log scale)", "share of bootstraps", LEVELS, (0, 1.02), x_ticks=STRENGTH_TICKS,
                 y_ticks=PERCENT, split=0.5)  # fmt: skip
    lines = alt.Chart(data("lines"))
    level = alt.Chart(data("threshold")).mark_rule(strokeWidth=1.25, strokeDash=[5, 4])
    curves = alt.layer(
        level.encode(left.x("from:Q"), left.y("value:Q"), x2="to", color=_GRAY),
        *rules(left),
        *(
            lines.transform_filter(f"datum.who == '{who}'").mark_line(strokeWidth=width, opacity=depth)
            .encode(left.x("level:Q"), left.y("value:Q"), colour("who"), alt.Detail("name:N"))
            for who, width, depth in (("baseline", 1.25, 0.55), ("technique", 1.75, 1))
        ),
        *legend(left, alt.Chart(data("legend"))),
    )
    share = room(names, 4)
    right = Panel(True, "share of bootstraps", None, (1 - 1 / (1 - share), 1.02), (-0.7, len(names) - 0.3),
                  x_ticks=PERCENT, y_ticks=_NO_LABELS, split=0.5)  # fmt: skip
    upright = alt.Chart(data("threshold")).mark_rule(strokeWidth=1.25, strokeDash=[5, 4])
    bars = alt.layer(
        *_features(right, len(names)),
        upright.encode(right.x("value:Q"), right.y("bottom:Q"), y2="high", color=_GRAY),
        _heading(right),
    )
    return join([curves, bars, columns(left)])


# ------------------------------------------------------------------ common mistakes


@cache
def against(
    ticks: tuple[str, ...], x_title: str, y_title: str, low: float = 0.0, percent: bool = False
) -> dict[str, Any]:
    """Return one measure done right and done wrong, against a strength or a number.

    Datasets: "now" (level, top), "lines" (level, mean, low, high, who), "legend" (text, who, slot, place).
    """
    each = ", ".join(f"'{name}'" for name in ticks)
    across = (("values", list(range(len(ticks)))), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", False))
    domain = (low, alt.ExprRef("data('now')[0].top"))
    panel = Panel(False, x_title, y_title, (-0.4, len(ticks) - 0.6), domain, x_ticks=across,
                  y_ticks=(("format", "%"), ("tickCount", 5)) if percent else (), alone=True)  # fmt: skip
    lines = alt.Chart(data("lines"))
    x = panel.x("level:Q")
    return finish(alt.layer(
        lines.mark_area(clip=True, opacity=0.16).encode(x, panel.y("low:Q"), alt.Y2("high"), colour("who")),
        alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.5).encode(x, color=_GREEN),
        lines.mark_line(clip=True, point={"size": 30}).encode(x, panel.y("mean:Q"), colour("who")),
        *legend(panel, alt.Chart(data("legend"))),
    ), height=220)  # fmt: skip

