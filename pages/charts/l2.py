"""The pictures of L2: templates over named datasets, built once and filled by the page.

On the left something against the strength, on the right what it looks like at the strength under the pointer. Rows
name a strength by its "level", its number in `STRENGTHS`.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, MISTAKE, TECHNIQUE, TRAIN, colour, dash, data, finish
from pages.ui.panels import START, Panel, beyond, join, legend
from pages.ui.scrub import HERE, Square, shown

STRENGTHS = (0.0, *(float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 5)), 10.0)
OPTIMIZERS = {"adam": "Adam", "momentum": "momentum", "sgd": "plain SGD"}
FLOOR = 1e-18  # the bottom of the axis of differences
RAREST = 3e-6  # the bottom of the axis of shares of weights: less than one of twenty networks
LONGEST = 1e6  # steps
STRENGTH = "strength (log scale)"

_OFF = -5.0  # where off is drawn on the axis of decades
_AT = [math.log10(s) if s else _OFF for s in STRENGTHS]
_STRENGTH_TICKS = (
    ("values", [_OFF, *range(-4, 2)]),
    ("labelExpr", f"datum.value == {_OFF} ? 'off' : format(pow(10, datum.value), '~g')"),
    ("labelOverlap", "greedy"),
)
_GREEN, _GRAY, _BLUE, _RED = (alt.value(name) for name in (TECHNIQUE, BASELINE, TRAIN, MISTAKE))
_FROM_0 = (0, alt.ExprRef("data('now')[0].top"))  # the top is data, so that one template serves every dataset


def columns(texts: Sequence[str], even: bool = False) -> list[dict[str, Any]]:
    """Return the rows of "levels": a column that takes the pointer for each, and the heading that it shows.

    even: one next to the other, else as far apart as the logarithms of `STRENGTHS`.

    >>> columns(["few", "many"], even=True)[1]
    {'level': 1, 'from': 0.5, 'to': 1.5, 'text': 'many'}
    """
    at = [float(i) for i in range(len(texts))] if even else _AT
    edges = [at[0] - 0.5, *((a + b) / 2 for a, b in pairwise(at)), at[-1] + 0.5]
    return [{"level": i, "from": edges[i], "to": edges[i + 1], "text": text} for i, text in enumerate(texts)]


def _levels(name: str) -> alt.Chart:
    """Return a dataset whose levels are strengths, with where the axis has them."""
    return alt.Chart(data(name)).transform_calculate(at=f"{_AT}[datum.level]")


def _by_strength(title: str | None, domain: tuple[float, float], room: float = 0.15, **more: Any) -> Panel:
    """Return the left panel: something against the strength; room: in decades, to the left of the curves."""
    return Panel(False, STRENGTH, title, (_OFF - room, 1.15), domain, x_ticks=_STRENGTH_TICKS, **more)


def _slots(names: Sequence[str], title: str | None, y_title: str | None, domain: Any, **more: Any) -> Panel:
    """Return a panel over named places, one next to the other."""
    each = ", ".join(f"'{name}'" for name in names)
    ticks = (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))
    return Panel(
        x_title=title, y_title=y_title, x_domain=(-0.4, len(names) - 0.6), y_domain=domain, x_ticks=ticks, **more
    )


def _scrub(panel: Panel, even: bool = False) -> tuple[list[alt.Chart], alt.Chart]:
    """Return the marks of the present strength, and the columns that take the pointer, to be drawn last.

    Datasets: "now" (level), "levels" (level, from, to, text). Selections: "hover" previews, "pin" is for the page.
    """
    hover = alt.selection_point(name="hover", fields=["level"], on="pointermove", clear="pointerout", empty=False)
    pin = alt.selection_point(name="pin", fields=["level"], on="click", clear="pointerout", empty=False)
    now, levels = (alt.Chart(data(name)) if even else _levels(name) for name in ("now", "levels"))
    x, span = panel.x("level:Q" if even else "at:Q"), _span(panel)
    rules = [
        now.mark_rule(strokeWidth=2, opacity=0.35).encode(x, **span, color=_GREEN),
        levels.transform_filter(HERE).mark_rule(strokeWidth=2).encode(x, **span, color=_GREEN),
    ]
    targets = levels.mark_rect(opacity=0, cursor="pointer")
    return rules, targets.encode(panel.x("from:Q"), alt.X2("to"), **span).add_params(hover, pin)


def _span(panel: Panel) -> dict[str, Any]:
    """Return the vertical channels of a mark as high as the panel."""
    return {"y": alt.YValue(alt.ExprRef(panel.top)), "y2": alt.Y2Value(alt.ExprRef(panel.bottom))}


def _edge(rows: alt.Chart, panel: Panel, which: str) -> alt.Chart:
    """Return arrows at a panel's "high" or "low" end, for rows that are outside of its axis; to be given x, colour."""
    high = which == "high"
    y = alt.YValue(alt.ExprRef(f"{panel.top} + 6" if high else f"{panel.bottom} - 6"))
    return rows.mark_point(shape=f"triangle-{'up' if high else 'down'}", size=60, filled=True, opacity=1).encode(y=y)


def within(points: Iterable[Sequence[float]], limit: float) -> Iterator[tuple[float | None, float | None]]:
    """Yield the points of a closed curve; None, which breaks the line, for those outside of -limit to limit.

    >>> list(within([(0, 0), (3, 0), (1, 1)], limit=2))
    [(0, 0), (None, None), (1, 1)]
    """
    for x, y in points:
        yield (x, y) if max(abs(x), abs(y)) <= limit else (None, None)


@cache
def ridge_path(limit: float, names: tuple[str, ...]) -> dict[str, Any]:
    """Return every coefficient against the strength; beside it the coefficients at one strength as bars.

    Datasets: "now", "levels", "path" (level, value, name), "names" (value, name), "bars" (level, from, to, value),
    "least" (from, to, value), "features" (at, name), "heading" (text).
    """
    left = _by_strength("coefficient", (-limit, limit), 0.75)
    x, y = left.x("at:Q"), left.y("value:Q")
    path, labels = _levels("path"), _levels("names")
    rules, targets = _scrub(left)
    here = alt.Chart(data("levels")).transform_filter(HERE)
    lines = alt.layer(
        alt.Chart(data("zero")).mark_rule(strokeWidth=1).encode(left.x("from:Q"), y, x2="to", color=_GRAY),
        *rules,
        path.mark_line(strokeWidth=1.75, interpolate="monotone").encode(x, y, alt.Detail("name:N"), color=_GREEN),
        path.transform_filter(HERE).mark_circle(size=36, opacity=1).encode(x, y, color=_GREEN),
        labels.mark_text(align="right", fontSize=11, dx=-6).encode(x, y, text="name:N", color=_GRAY),
        left.heading(here, fontWeight=600).encode(color=_GREEN),
        targets,
    )
    bare = (("values", []), ("labels", False))  # an axis would leave out every second name
    right = Panel(True, None, None, (-0.6, len(names) - 0.4), (-limit, limit), x_ticks=bare)
    below = alt.YValue(alt.ExprRef(f"{right.bottom} + 14"))
    ends = right.x("from:Q"), alt.X2("to"), right.y("value:Q")
    at_zero = alt.Y2Datum(0)
    bars = alt.layer(
        alt.Chart(data("bars")).transform_filter(HERE).mark_rect(opacity=0.8).encode(*ends, at_zero, color=_GREEN),
        alt.Chart(data("least")).mark_rect(filled=False, strokeWidth=1.25).encode(*ends, at_zero, color=_GRAY),
        alt.Chart(data("features")).mark_text(fontSize=11).encode(right.x("at:Q"), below, text="name:N", color=_GRAY),
        right.heading(alt.Chart(data("heading"))).encode(color=_GRAY),
    )
    return join(lines, bars, params=[shown()])


@cache
def ball(limit: float, names: tuple[str, str]) -> dict[str, Any]:
    """Return two coefficients against the strength; beside it the plane of the two: ellipses, ball, path.

    Datasets: "now", "levels", "path" (level, value, who, name), "legend" as `legend`'s, with a level, "contours" (line,
    x, y), "touching" (level, x, y), "balls" (level, x, y), "way" (level, x, y), "least" (x, y), "heading" (text).
    """
    left = _by_strength("coefficient", (-limit, limit))
    x, y = left.x("at:Q"), left.y("value:Q")
    path = _levels("path")
    rules, targets = _scrub(left)
    weights = alt.layer(
        *rules,
        path.mark_line(interpolate="monotone").encode(x, y, dash("who"), color=_GREEN),
        path.transform_filter(HERE).mark_circle(size=56, opacity=1).encode(x, y, color=_GREEN),
        *_legend(left, alt.Chart(data("legend")).transform_filter(HERE)),
        targets,
    )
    plane = Square(True, names[0], names[1], (-limit, limit), (-limit, limit), x_ticks=(("tickCount", 5),))
    x, y = plane.x("x:Q"), plane.y("y:Q")
    around = alt.Order("order:Q")
    contours, touching = alt.Chart(data("contours")), alt.Chart(data("touching")).transform_filter(HERE)
    balls, way = alt.Chart(data("balls")).transform_filter(HERE), alt.Chart(data("way"))
    cross = alt.Chart(data("axes")).mark_rule(strokeWidth=1, opacity=0.6)
    drawn = alt.layer(
        cross.encode(x, plane.y("y:Q"), alt.X2("x2"), alt.Y2("y2"), color=_GRAY),
        contours.mark_line(strokeWidth=1, opacity=0.4).encode(x, y, alt.Detail("line:N"), around, color=_BLUE),
        # Apart from its line: Streamlit gives the theme's green to `color`, not to `fill`.
        balls.mark_line(filled=True, opacity=0.14).encode(x, y, around, color=_GREEN),
        balls.mark_line(strokeWidth=2).encode(x, y, around, color=_GREEN),
        touching.mark_line(strokeWidth=2).encode(x, y, around, color=_BLUE),
        way.mark_line(strokeWidth=1.5, strokeDash=[3, 3]).encode(x, y, alt.Order("level:Q"), color=_GREEN),
        alt.Chart(data("least")).mark_point(shape="cross", size=70, filled=True, opacity=1).encode(x, y, color=_BLUE),
        way.transform_filter(HERE).mark_circle(size=80, opacity=1).encode(x, y, color=_GREEN),
        plane.heading(alt.Chart(data("heading"))).encode(color=_GRAY),
    )
    return join(weights, drawn, params=[shown()])


@cache
def shrinking() -> dict[str, Any]:
    """Return the half-life of a weight against the strength; beside it what is left of it, step by step.

    Datasets: "now", "levels", "half" (level, steps), "outside" (level, end: "high" or "low" where its half-life is off
    the axis), "share" (level, step, left), "family" (the same, of all), "run" (step, text), "heading" (text).
    """
    powers = {"format": "~s", "values": [1, 10, 100, 1000, 1e4, 1e5, 1e6]}
    left = _by_strength("half-life (steps)", (1, LONGEST), y_type="log", y_ticks=tuple(powers.items()))
    x, y = left.x("at:Q"), left.y("steps:Q")
    half, outside = _levels("half"), _levels("outside")
    rules, targets = _scrub(left)
    here = alt.Chart(data("levels")).transform_filter(HERE)
    lives = alt.layer(
        *rules,
        half.mark_line(clip=True).encode(x, y, color=_GREEN),
        half.transform_filter(HERE).mark_circle(size=56, opacity=1, clip=True).encode(x, y, color=_GREEN),
        *(
            _edge(outside.transform_filter(f"datum.end == '{end}'"), left, end).encode(x, color=_GREEN)
            for end in ("high", "low")
        ),
        left.heading(here, fontWeight=600).encode(color=_GREEN),
        targets,
    )
    percent = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))
    right = Panel(
        True, "step (log scale)", None, (1, LONGEST), (0, 1.02), "log", x_ticks=tuple(powers.items()), y_ticks=percent
    )
    x, y = right.x("step:Q"), right.y("left:Q")
    family, share, run = (alt.Chart(data(name)) for name in ("family", "share", "run"))
    share = share.transform_filter(HERE)
    curves = alt.layer(
        run.mark_rule(strokeDash=[5, 4], strokeWidth=1.5).encode(x, **_span(right), color=_GRAY),
        family.mark_line(strokeWidth=1, opacity=0.35, clip=True).encode(x, y, alt.Detail("level:N"), color=_GREEN),
        share.mark_line(clip=True).encode(x, y, color=_GREEN),
        half.transform_filter(HERE)
        .transform_calculate(left="0.5")
        .mark_circle(size=56, opacity=1)
        .encode(right.x("steps:Q"), y, color=_GREEN),
        right.heading(alt.Chart(data("heading"))).encode(color=_GRAY),
    )
    return join(lives, curves, params=[shown()])


@cache
def steps(top: float, low: float, high: float, n_steps: int) -> dict[str, Any]:
    """Return the sum of some weights' sizes after a few steps against the strength; beside it each weight's steps.

    Datasets: "now", "levels", "sums" (level, value, who), "weights" (level, step, value, number), "without" (step,
    value, number), "legend" as `legend`'s.
    """
    left = _by_strength(f"sum of |w| after {n_steps} steps", (0, top))
    x, y = left.x("at:Q"), left.y("value:Q")
    sums = _levels("sums")
    rules, targets = _scrub(left)
    here = alt.Chart(data("levels")).transform_filter(HERE)
    level = alt.layer(
        sums.transform_filter("datum.who == 'baseline'")
        .mark_line(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x, y, color=_GRAY),
        *rules,
        sums.transform_filter("datum.who == 'technique'").mark_line(interpolate="monotone").encode(x, y, color=_GREEN),
        sums.transform_filter(f"datum.who == 'technique' && {HERE}")
        .mark_circle(size=56, opacity=1)
        .encode(x, y, color=_GREEN),
        left.heading(here, fontWeight=600).encode(color=_GREEN),
        targets,
    )
    ticks = (("values", list(range(0, n_steps + 1, 2))), ("format", "d"))
    right = Panel(True, "step", None, (0, n_steps), (low, high), x_ticks=ticks)
    x, y, each = right.x("step:Q"), right.y("value:Q"), alt.Detail("number:N")
    without, weights = alt.Chart(data("without")), alt.Chart(data("weights")).transform_filter(HERE)
    five = alt.layer(
        without.mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(x, y, each, color=_GRAY),
        weights.mark_line(point={"size": 26}).encode(x, y, each, color=_GREEN),
        right.heading(alt.Chart(data("legend")), at=START).encode(color=colour("who")),
    )
    return join(level, five, params=[shown()])


@cache
def optimizers(n_steps: int) -> dict[str, Any]:
    """Return how far apart coupled and decoupled weights come, by strength, and beside it step by step.

    Datasets: "now", "levels", "apart" (level, value, line), "legend" (line, text, level, slot, place), "steps" (level,
    step, value, line), "heading" (level, text). A value is None where the two are equal.
    """
    powers = "datum.value == 1 ? '1' : format(datum.value, '~e')"
    ticks = (("values", [1e-18, 1e-12, 1e-6, 1]), ("labelExpr", powers))
    log = {"y_type": "log", "y_ticks": ticks, "split": 0.56}
    left = _by_strength("largest difference of a weight", (FLOOR, 10), **log)
    x, y = left.x("at:Q"), left.y("value:Q")
    apart = _levels("apart")
    rules, targets = _scrub(left)
    one = _dash(OPTIMIZERS)
    by_strength = alt.layer(
        *rules,
        apart.mark_line(clip=True).encode(x, y, one, color=_GREEN),
        apart.transform_filter(HERE).mark_circle(size=56, opacity=1, clip=True).encode(x, y, color=_GREEN),
        _edge(apart.transform_filter("datum.value === null"), left, "low").encode(x, color=_GREEN),
        *_legend(left, alt.Chart(data("legend")).transform_filter(HERE), one),
        targets,
    )
    right = Panel(True, "step", None, (0, n_steps), (FLOOR, 10), x_ticks=(("tickCount", 5),), **log)
    trace = alt.Chart(data("steps")).transform_filter(HERE)
    by_step = alt.layer(
        trace.mark_line(clip=True).encode(right.x("step:Q"), right.y("value:Q"), one, color=_GREEN),
        right.heading(alt.Chart(data("heading")).transform_filter(HERE)).encode(color=_GRAY),
    )
    return join(by_strength, by_step, params=[shown()])


def _dash(lines: Iterable[str]) -> alt.StrokeDash:
    """Return one line style each: solid, dashed, dotted."""
    styles = alt.Scale(domain=list(lines), range=[[1, 0], [5, 3], [1.5, 2.5]])
    return alt.StrokeDash("line:N", scale=styles, legend=None)


def _legend(panel: Panel, layer: alt.Chart, style: alt.StrokeDash | None = None) -> list[alt.Chart]:
    """Return a legend of green lines told apart by their style; fields as in `panels.legend`."""
    line = layer.mark_rule(strokeWidth=2.25).encode(
        **panel.above(START),
        x2=alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + 18")),
        strokeDash=style or dash("who"),
        color=_GREEN,
    )
    return [line, panel.heading(layer, at=f"({START} + 23)").encode(color=_GREEN)]


# ------------------------------------------------------------------ the effect


@cache
def weights(names: tuple[str, ...], title: str, limit: float) -> dict[str, Any]:
    """Return the size of the weights against the strength; beside it how they are spread, with and without.

    Datasets: "now", "levels", "sizes" (level, mean, low, high), "bins" (level, from, to, share), "without" (from, to,
    share), "legend" (text, who, slot, place).
    """
    left = _slots(names, title, "root mean square of the weights", _FROM_0, second=False)
    x = left.x("level:Q")
    sizes = alt.Chart(data("sizes"))
    rules, targets = _scrub(left, even=True)
    here = alt.Chart(data("levels")).transform_filter(HERE)
    by_strength = alt.layer(
        sizes.mark_area(opacity=0.16).encode(x, left.y("low:Q"), alt.Y2("high"), color=_GREEN),
        *rules,
        sizes.mark_line().encode(x, left.y("mean:Q"), color=_GREEN),
        sizes.transform_filter(HERE).mark_circle(size=56, opacity=1).encode(x, left.y("mean:Q"), color=_GREEN),
        left.heading(here, fontWeight=600).encode(color=_GREEN),
        targets,
    )
    shares = (("values", [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]), ("labelExpr", "format(datum.value, '~%')"))
    right = Panel(
        True, "weight", None, (-limit, limit), (RAREST, 1), y_type="log", x_ticks=(("tickCount", 5),), y_ticks=shares
    )
    bins, without = alt.Chart(data("bins")).transform_filter(HERE), alt.Chart(data("without"))
    across, floor = right.x("from:Q"), alt.Y2Datum(RAREST)
    spread = alt.layer(
        bins.mark_rect(opacity=0.7).encode(across, right.y("share:Q"), alt.X2("to"), floor, color=_GREEN),
        without.mark_line(interpolate="step-after", strokeWidth=1.75).encode(across, right.y("share:Q"), color=_GRAY),
        right.heading(alt.Chart(data("legend")), at=START).encode(color=colour("who")),
    )
    return join(by_strength, spread, params=[shown()])


@cache
def by_size(sizes: tuple[str, ...], names: tuple[str, ...], title: str, y_title: str) -> dict[str, Any]:
    """Return losses against the number of training rows; beside it loss against strength at one number.

    Here a level is the number of a size. Datasets: "now" (level, top), "levels", "losses" (level, mean, low, high,
    who), "legend" (text, who, slot, place, level), "strengths" (level, at, mean, low, high), "above" (level, at, mean,
    who: those above the axis), "best" (level, at, mean), "present" (at).
    """
    left = _slots(sizes, "training rows (log scale)", y_title, _FROM_0, second=False)
    losses = alt.Chart(data("losses"))
    x, y = left.x("level:Q"), left.y("mean:Q")
    rules, targets = _scrub(left, even=True)
    by_rows = alt.layer(
        losses.mark_area(clip=True, opacity=0.16).encode(x, left.y("low:Q"), alt.Y2("high"), colour("who")),
        *rules,
        losses.mark_line(clip=True).encode(x, y, colour("who")),
        losses.transform_filter(HERE).mark_circle(size=56, opacity=1, clip=True).encode(x, y, colour("who")),
        beyond(left, losses).encode(x),
        *legend(left, alt.Chart(data("legend")).transform_filter(HERE)),
        targets,
    )
    right = _slots(names, title, None, _FROM_0, second=True)
    strengths, all_of_them = alt.Chart(data("strengths")).transform_filter(HERE), alt.Chart(data("strengths"))
    x, y = right.x("at:Q"), right.y("mean:Q")
    at_rows = alt.layer(
        alt.Chart(data("present")).mark_rule(strokeWidth=2, opacity=0.35).encode(x, **_span(right), color=_GREEN),
        all_of_them.mark_line(clip=True, strokeWidth=1, opacity=0.35).encode(x, y, alt.Detail("level:N"), color=_GREEN),
        strengths.mark_area(clip=True, opacity=0.16).encode(x, right.y("low:Q"), alt.Y2("high"), color=_GREEN),
        strengths.mark_line(clip=True).encode(x, y, color=_GREEN),
        alt.Chart(data("best"))
        .transform_filter(HERE)
        .mark_circle(size=80, opacity=1, clip=True)
        .encode(x, y, color=_GREEN),
        beyond(right, alt.Chart(data("above")).transform_filter(HERE)).encode(x),
        right.heading(alt.Chart(data("levels")).transform_filter(HERE), fontWeight=600).encode(color=_GREEN),
    )
    return join(by_rows, at_rows, params=[shown()])


@cache
def against(names: tuple[str, ...], title: str, y_title: str) -> dict[str, Any]:
    """Return loss against strength, done right and done wrong.

    Datasets: "now" (level, top), "lines" (level, mean, low, high, who), "legend" (text, who, slot, place).
    """
    panel = _slots(names, title, y_title, _FROM_0, second=False, alone=True)
    lines = alt.Chart(data("lines"))
    x = panel.x("level:Q")
    return finish(alt.layer(
        lines.mark_area(clip=True, opacity=0.16).encode(x, panel.y("low:Q"), alt.Y2("high"), colour("who")),
        alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.5).encode(x, color=_GREEN),
        lines.mark_line(clip=True, point={"size": 30}).encode(x, panel.y("mean:Q"), colour("who")),
        *legend(panel, alt.Chart(data("legend"))),
    ), height=220)  # fmt: skip
