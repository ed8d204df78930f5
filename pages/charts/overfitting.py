"""The pictures of overfitting: templates over named datasets, built once and filled by the page.

Error on the sample is drawn as train, on fresh noisy points as validation. The error against the truth, which no real
run ever knows, takes the colour of the test set.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import (
    BASELINE,
    HALO,
    MISTAKE,
    TECHNIQUE,
    TEST,
    TRAIN,
    VALIDATION,
    colour,
    dash,
    data,
    finish,
    unpacked,
)
from pages.ui.panels import START, Panel, join, legend

TOP_DEGREE = 19
LOW, HIGH = 1e-3, 1e2  # the axis of mean squared errors
WIDTHS = (2, 4, 8, 16, 32, 64, 128)

DEGREE = "degree of the polynomial"
ERROR = "mean squared error"
ACROSS = (-0.5, TOP_DEGREE + 0.5)
DEGREES = (("values", [0, 5, 10, 15, 19]), ("format", "d"))

MULTIPLES_OF_PI = (
    ("values", [0, math.pi / 2, math.pi, 3 * math.pi / 2, 2 * math.pi]),
    ("labelExpr", "['0', 'π/2', 'π', '3π/2', '2π'][round(datum.value * 2 / PI)]"),
)
DECADES = (("values", [1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]), ("format", ",~g"), ("tickCount", 12))
PERCENT = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))


def figure(value: float) -> str:
    """Return an error with three digits, or as a power of ten where it is far from 1.

    >>> figure(0.01003), figure(1.3928), figure(735.7), figure(3e-29), figure(0.0)
    ('0.0100', '1.39', '736', '3e−29', '0')
    """
    if value == 0:
        return "0"
    if 1e-4 <= value < 1e5:
        return f"{value:#.3g}".rstrip(".") if value < 1000 else f"{value:,.0f}"
    digits, power = f"{value:.0e}".split("e")
    return f"{digits}e{int(power)}".replace("-", "−")


def inside(points: Iterable[tuple[float, float]], low: float, high: float) -> Iterator[tuple[float, float | None]]:
    """Cut a curve where it leaves low to high: yield its points inside, the crossings, and None where it leaves.

    >>> list(inside([(0.0, 0.0), (1.0, 2.0), (2.0, 0.0)], -1.0, 1.0))
    [(0.0, 0.0), (0.5, 1.0), (0.5, None), (1.5, 1.0), (2.0, 0.0)]
    """
    last: tuple[float, float] | None = None
    for x, y in points:
        if last is not None:
            x0, y0 = last
            crossed = [edge for edge in (low, high) if (y0 - edge) * (y - edge) < 0]
            for edge in reversed(crossed) if y < y0 else crossed:  # in the order in which the curve meets them
                at = x0 + (x - x0) * (edge - y0) / (y - y0)
                yield at, edge
                if edge == (high if y > high else low if y < low else None):
                    yield at, None
        if low <= y <= high:
            yield x, y
        last = x, y


def inside_log(points: Iterable[tuple[float, float]], low: float, high: float) -> Iterator[tuple[float, float | None]]:
    """Cut a curve of errors as `inside` does, on a logarithmic axis.

    >>> [(x, y and round(y, 6)) for x, y in inside_log([(0.0, 0.1), (1.0, 0.0001)], 0.001, 10.0)]
    [(0.0, 0.1), (0.666667, 0.001), (0.666667, None)]
    """
    logs = ((x, math.log10(positive(error))) for x, error in points)
    for x, y in inside(logs, math.log10(low), math.log10(high)):
        yield round(x, 6), None if y is None else 10**y


def positive(error: float) -> float:
    """Return an error that has a logarithm: 0 is far below every axis."""
    return max(error, 1e-300)


def reach(values: Iterable[float], limit: float) -> str:
    """Say how far values go beyond -limit to limit, if they do.

    >>> reach([-8.14, 1.0, 3.0], 2.0), reach([1.0], 2.0)
    ('▲ to 3.00  ▼ to −8.14', '')
    """
    seen = list(values)
    low, high = min(seen), max(seen)
    parts = [f"▲ to {figure(high)}"] * (high > limit) + [f"▼ to −{figure(-low)}"] * (low < -limit)
    return "  ".join(parts)


def _beyond(panel: Panel, rows: alt.Chart, x: Any, field: str, low: float, high: float) -> list[alt.Chart]:
    """Return arrows at a panel's edges where values leave its axis, coloured by "who"."""
    mark = {"filled": True, "size": 60, "opacity": 1}
    above, below = rows.transform_filter(f"datum.{field} > {high}"), rows.transform_filter(f"datum.{field} < {low}")
    up, down = (alt.YValue(alt.ExprRef(f"{edge}")) for edge in (f"({panel.top}) + 6", f"({panel.bottom}) - 6"))
    return [
        above.mark_point(shape="triangle-up", **mark).encode(x, y=up, color=colour("who")),
        below.mark_point(shape="triangle-down", **mark).encode(x, y=down, color=colour("who")),
    ]


def _reach(panel: Panel, rows: alt.Chart) -> alt.Chart:
    """Write at a panel's lower end how far its curves go beyond it."""
    words = rows.mark_text(align="center", baseline="bottom", fontSize=12, **HALO)
    middle = {"x": alt.XValue(alt.ExprRef(f"{panel.left} + 0.5 * {panel.width}")),
              "y": alt.YValue(alt.ExprRef(f"({panel.bottom}) - 5"))}  # fmt: skip
    return words.encode(**middle, text="beyond:N", color=alt.value(TECHNIQUE))


def _sine_panel(limit: float) -> Panel:
    """What is fitted: y against x."""
    y_ticks = (("values", [-2, -1, 0, 1, 2] if limit <= 2 else [-4, -2, 0, 2, 4]), ("format", "d"), ("grid", False))
    return Panel(True, "x", None, (0, 2 * math.pi), (-limit, limit), x_ticks=MULTIPLES_OF_PI, y_ticks=y_ticks)


def _truth(panel: Panel) -> alt.Chart:
    line = alt.Chart(data("truth")).mark_line(strokeWidth=1.75, strokeDash=[5, 4])
    return line.encode(panel.x("x:Q"), panel.y("y:Q"), color=alt.value(BASELINE))


def _sine_key(panel: Panel) -> list[alt.Chart]:
    """Say at the panel's upper right which marks are the sample and which the truth."""
    entries = alt.Chart(data("key"))
    sample, truth = (entries.transform_filter(f"datum.what == '{what}'") for what in ("sample", "truth"))
    blue, gray = alt.value(TRAIN), alt.value(BASELINE)
    dot, line, end = (f"({panel.width} - {pixels})" for pixels in (126, 56, 40))
    return [
        sample.mark_circle(size=44, opacity=1).encode(**panel.above(dot), color=blue),
        panel.heading(sample, at=f"({dot} + 8)").encode(color=blue),
        truth.mark_rule(strokeWidth=1.75, strokeDash=[5, 4]).encode(
            **panel.above(line), x2=alt.X2Value(alt.ExprRef(f"{panel.left} + {end}")), color=gray
        ),
        panel.heading(truth, at=f"({end} + 6)").encode(color=gray),
    ]


def _pickable(panel: Panel, *selections: Any) -> alt.Chart:
    """Return invisible columns, one a degree, that take the pointer: the nearest across, at any height."""
    columns = alt.Chart(data("degrees")).mark_rect(opacity=0, cursor="pointer")
    corners = panel.x("low:Q"), panel.y("bottom:Q"), alt.X2("high"), alt.Y2("top")
    return columns.encode(*corners).add_params(*selections)


def _pin() -> Any:
    """Return the selection that the page listens to; leaving the picture clears it, so the same click works again."""
    return alt.selection_point(name="pin", fields=["degree"], on="click", clear="pointerout", empty=False)


@cache
def fits(limit: float) -> dict[str, Any]:
    """Return the error-by-degree picture, which scrubs the fit beside it.

    Datasets: "degrees" (degree, low, high, bottom, top, text, beyond), "now" (the present one's row), "errors" (degree,
    error, who): curves, cut at the axis, "marks" (degree, across, error, who, text, slot, place): each measured one,
    "fits" (degree, curve: packed), "truth" (x, y), "sample" (x, y), "key" (text, what).
    Selections: "hover" previews, "pin" is for the page.
    """
    hover = alt.selection_point(name="hover", fields=["degree"], on="pointermove", clear="pointerout", empty=False)
    shown = alt.param(name="shown", expr="isArray(hover.degree) ? hover.degree[0] : data('now')[0].degree")
    degrees, errors, marks, curves = (alt.Chart(data(name)) for name in ("degrees", "errors", "marks", "fits"))
    this, here = (rows.transform_filter("datum.degree == shown") for rows in (degrees, marks))
    seen = here.transform_filter(f"datum.error >= {LOW} && datum.error <= {HIGH}")
    green = {"color": alt.value(TECHNIQUE)}

    left = Panel(False, DEGREE, ERROR, ACROSS, (LOW, HIGH), y_type="log", x_ticks=DEGREES, y_ticks=DECADES)
    x, y, column = left.x("degree:Q"), left.y("error:Q"), (left.y("bottom:Q"), alt.Y2("top"))
    by_degree = alt.layer(
        alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.35).encode(x, *column, **green),
        this.mark_rule(strokeWidth=2).encode(x, *column, **green),
        errors.mark_line().encode(x, y, colour("who"), dash("who")),
        seen.mark_circle(size=64, opacity=1).encode(x, y, colour("who")),
        *_beyond(left, marks, left.x("across:Q"), "error", LOW, HIGH),
        *legend(left, here),
        _pickable(left, hover, _pin()),
    )
    right = _sine_panel(limit)
    x, y = right.x("x:Q"), right.y("y:Q")
    fit = alt.layer(
        _truth(right),
        unpacked(curves.transform_filter("datum.degree == data('now')[0].degree"))
        .mark_line(clip=True, opacity=0.25).encode(x, y, **green),
        unpacked(curves.transform_filter("datum.degree == shown")).mark_line(clip=True).encode(x, y, **green),
        alt.Chart(data("sample")).mark_circle(size=44, opacity=1, clip=True).encode(x, y, color=alt.value(TRAIN)),
        _reach(right, this),
        right.heading(this, fontWeight=600).encode(**green),
        *_sine_key(right),
    )  # fmt: skip
    return join(by_degree, fit, params=[shown])


@cache
def parts(limit: float, top: float) -> dict[str, Any]:
    """Return bias, variance and noise against the degree, and beside it some of the fits that were averaged.

    Datasets: "degrees" as above and "now" (is it the present one?), "parts" (degree, part, low, high), "total" (degree,
    error, who), "legend" (part, text, slot, place), "curves" (line, x, y), "mean" (x, y), "truth" (x, y), "heading"
    (text, beyond).
    """
    left = Panel(False, DEGREE, ERROR, ACROSS, (0, top), x_ticks=DEGREES)
    entries, box, orange = alt.Chart(data("legend")), left.above(START), alt.value(VALIDATION)
    x, areas = left.x("degree:Q"), alt.Chart(data("parts"))
    shades, boxes = [], []
    for part, paint, depth in (("noise", BASELINE, 0.3), ("variance", TEST, 0.8), ("bias²", TEST, 0.35)):
        mine = {"color": alt.value(paint), "opacity": alt.value(depth)}
        picked = f"datum.part == '{part}'"
        area = areas.transform_filter(picked).mark_area(clip=True)
        shades.append(area.encode(x, left.y("low:Q"), alt.Y2("high"), **mine))
        boxes.append(entries.transform_filter(picked).mark_square(size=110).encode(**box, **mine))
    here = alt.Chart(data("degrees")).transform_filter("datum.now")
    dots = entries.transform_filter("datum.part == 'measured'").mark_circle(size=44, opacity=1)
    total = alt.Chart(data("total"))
    stack = alt.layer(
        *shades,
        here.mark_rule(strokeWidth=2).encode(x, left.y("bottom:Q"), alt.Y2("top"), color=alt.value(TECHNIQUE)),
        total.mark_circle(size=44, opacity=1, clip=True).encode(x, left.y("error:Q"), color=orange),
        *_beyond(left, total, x, "error", 0, top),
        *boxes,
        dots.encode(**box, color=orange),
        left.heading(entries, at=f"({START} + 10)"),
        _pickable(left, _pin()),
    )
    right = _sine_panel(limit)
    x, y = right.x("x:Q"), right.y("y:Q")
    curves = alt.Chart(data("curves")).mark_line(strokeWidth=1, opacity=0.5)
    fits = alt.layer(
        curves.encode(x, y, alt.Detail("line:N"), color=alt.value(TECHNIQUE)),
        _truth(right),
        alt.Chart(data("mean")).mark_line(strokeWidth=2.75).encode(x, y, color=alt.value(TECHNIQUE)),
        _reach(right, alt.Chart(data("heading"))),
        right.heading(alt.Chart(data("heading")), fontWeight=600).encode(color=alt.value(TECHNIQUE)),
    )
    return join(stack, fits)


def _bands(panel: Panel, at: str, source: str, points: bool = False) -> list[alt.Chart]:
    """Return bands and lines of "low", "mid" and "high" against `at`, one for each "who"."""
    rows = alt.Chart(data(source))
    line = rows.mark_line(clip=True, point={"size": 34} if points else False)
    return [
        rows.mark_area(clip=True, opacity=0.16).encode(panel.x(at), panel.y("low:Q"), alt.Y2("high"), colour("who")),
        line.encode(panel.x(at), panel.y("mid:Q"), colour("who"), dash("who")),
    ]


@cache
def learning() -> dict[str, Any]:
    """Return errors against the number of points, for one degree.

    Datasets: "curves" (n, low, mid, high, who), "floor" (error), "now" (n), "legend" (text, who, slot, place).
    """
    ticks = (("values", [5, 10, 20, 50, 100, 200]), ("format", "d"), ("tickCount", 12))
    panel = Panel(False, "points n (log scale)", ERROR, (5, 200), (LOW, HIGH), "log", "log", ticks, DECADES, alone=True)
    floor = alt.Chart(data("floor")).mark_rule(strokeDash=[5, 4], strokeWidth=1.5, clip=True)
    return finish(alt.layer(
        floor.encode(y=panel.y("error:Q"), color=alt.value(BASELINE)),
        alt.Chart(data("now")).mark_rule(strokeWidth=2).encode(panel.x("n:Q"), color=alt.value(TECHNIQUE)),
        *_bands(panel, "n:Q", "curves"),
        *_beyond(panel, alt.Chart(data("curves")), panel.x("n:Q"), "mid", LOW, HIGH),
        *legend(panel, alt.Chart(data("legend"))),
    ))  # fmt: skip


@cache
def descent() -> dict[str, Any]:
    """Return errors against the number of coefficients, far beyond the number of points.

    Datasets: "curves" (k, low, mid, high, who), "rules" (k, text, who), "legend" (text, who, slot, place).
    """
    ticks = (("values", [1, 2, 5, 10, 20, 50, 100, 200, 400]), ("format", "d"), ("tickCount", 12))
    title = "coefficients k = degree + 1 (log scale)"
    panel = Panel(False, title, ERROR, (1, 400), (LOW, 1e3), "log", "log", ticks, DECADES, alone=True)
    rules = alt.Chart(data("rules"))
    low = alt.YValue(alt.ExprRef("height - 26"))
    return finish(alt.layer(
        rules.mark_rule(strokeWidth=2).encode(panel.x("k:Q"), color=colour("who")),
        *_bands(panel, "k:Q", "curves"),
        *_beyond(panel, alt.Chart(data("curves")), panel.x("k:Q"), "mid", LOW, 1e3),
        rules.mark_text(align="left", dx=6, **HALO).encode(panel.x("k:Q"), y=low, text="text:N", color=colour("who")),
        *legend(panel, alt.Chart(data("legend"))),
    ))  # fmt: skip


@cache
def memorized(max_steps: int) -> dict[str, Any]:
    """Return accuracy against the share of shuffled labels, and beside it how the labels are learned.

    Datasets: "curves" (share, low, mid, high, who), "chance" (start, end, accuracy), "legend" (text, who, slot, place),
    "learned" (share, step, accuracy), "heading" (text).
    """
    left = Panel(False, "share of labels shuffled", "accuracy", (0, 1), (0, 1.02), x_ticks=PERCENT, y_ticks=PERCENT)
    chance = alt.Chart(data("chance")).mark_rule(strokeWidth=1.5)
    shares = alt.layer(
        chance.encode(left.x("start:Q"), left.y("accuracy:Q"), alt.X2("end"), color=alt.value(BASELINE)),
        *_bands(left, "share:Q", "curves", points=True),
        *legend(left, alt.Chart(data("legend"))),
    )
    right = Panel(True, "step", None, (0, max_steps), (0, 1.02), x_ticks=(("tickCount", 5),), y_ticks=PERCENT)
    learned = alt.Chart(data("learned")).mark_line(clip=True)
    depth = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 1]), legend=None)
    x, y = right.x("step:Q"), right.y("accuracy:Q")
    steps = alt.layer(
        learned.encode(x, y, depth, alt.Detail("share:N"), color=alt.value(TRAIN)),
        right.heading(alt.Chart(data("heading"))).encode(color=alt.value(TRAIN)),
    )
    return join(shares, steps)


@cache
def widths() -> dict[str, Any]:
    """Return accuracy and loss against the width of the hidden layer.

    Datasets: "now" (top of the losses' axis), "accuracy" and "loss" (width, low, mid, high, who), "legend" (text, who,
    slot, place).
    """
    top = alt.ExprRef("data('now')[0].top")
    ticks = (("values", list(WIDTHS)), ("format", "d"), ("tickCount", 12))
    across = "hidden units (log scale)", (WIDTHS[0], WIDTHS[-1])
    left = Panel(False, across[0], "accuracy", across[1], (0, 1.02), "log", "linear", ticks, PERCENT)
    right = Panel(True, across[0], "loss (nats)", across[1], (0, top), "log", "linear", ticks)
    return join(
        alt.layer(
            alt.Chart(data("now")).mark_point(size=0, opacity=0),  # what no mark uses would be dropped
            *_bands(left, "width:Q", "accuracy", points=True),
            *legend(left, alt.Chart(data("legend"))),
        ),
        alt.layer(*_bands(right, "width:Q", "loss", points=True)),
    )


@cache
def powers() -> dict[str, Any]:
    """Return the train error of raw powers against that of the Chebyshev basis, by degree.

    Datasets: "lines" (degree, error, who), "warned" (degree, error), "legend" (text, who, slot, place).
    """
    decades = (("values", [1e-6, 1e-4, 1e-2, 1]), ("format", ",~g"), ("tickCount", 12))
    title, up = "error at the points", (1e-6, 10.0)
    panel = Panel(False, DEGREE, title, ACROSS, up, "linear", "log", DEGREES, decades, alone=True)
    lines = alt.Chart(data("lines")).mark_line(clip=True)
    warned = alt.Chart(data("warned")).mark_circle(size=70, opacity=1, clip=True)
    x, y = panel.x("degree:Q"), panel.y("error:Q")
    return finish(alt.layer(
        lines.encode(x, y, colour("who")),
        *_beyond(panel, alt.Chart(data("lines")), x, "error", *up),
        warned.encode(x, y, color=alt.value(MISTAKE)),
        panel.heading(alt.Chart(data("legend")), at=START).encode(color=colour("who")),
    ), height=220)  # fmt: skip
