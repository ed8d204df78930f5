"""The pictures of mixup and CutMix: templates over named datasets, built once and filled by the page.

What the pointer is over on the left picks what the other panels show; rows name it by their "level".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, MISTAKE, TECHNIQUE, colour, data
from pages.ui.images import Pixel, png
from pages.ui.panels import START, WIDE, Panel, beyond, legend
from pages.ui.scrub import HERE, Part, between, columns, join, rules

STEPS = 20
WEIGHTS = tuple(round(i / STEPS, 2) for i in range(STEPS + 1))  # lambda
DENSITY_TOP = 4.0
TINTS = ((38, 110, 180), (217, 119, 6), (120, 94, 200))  # of three classes

_GREEN, _GRAY, _RED = (alt.value(name) for name in (TECHNIQUE, BASELINE, MISTAKE))
_TOP = (0, alt.ExprRef("data('now')[0].top"))  # the top is data, so that one template serves every dataset
_UNIT = (("values", [0, 0.5, 1]), ("format", "~g"))
_BOLD = {"fontWeight": 600}


def slots(count: int, parts: int = 1) -> list[dict[str, Any]]:
    """Return the columns of `count` levels that stand evenly across each of the first panels.

    >>> [(row["part"], row["from"], row["to"]) for row in slots(2, parts=2)]
    [(0, 0.0, 0.5), (0, 0.5, 1.0), (1, 0.0, 0.5), (1, 0.5, 1.0)]
    """
    return [row for part in range(parts) for row in between([(i + 0.5) / count for i in range(count)], part)]


def _named(names: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    """Return an axis whose ticks are the levels, under their names."""
    each = ", ".join(f"'{name}'" for name in names)
    return (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))


def _by_level(names: Sequence[str], title: str, y_title: str, y_domain: Any, **more: Any) -> dict[str, Any]:
    """Return what a panel against the levels takes."""
    across = (-0.5, len(names) - 0.5)
    return {
        "x_title": title, "y_title": y_title, "x_domain": across, "y_domain": y_domain, "x_ticks": _named(names), **more
    }  # fmt: skip


def _headings(panel: Panel, part: int) -> alt.Chart:
    """Write what a level is called above a panel; dataset "headings": level, part, text, who, slot, place."""
    rows = alt.Chart(data("headings")).transform_filter(f"{HERE} && datum.part == {part}")
    return panel.heading(rows, at=START, **_BOLD).encode(color=colour("who"))


def _lines(panel: Panel, rows: alt.Chart, x: str = "level:Q") -> list[alt.Chart]:
    """Return lines of means with their bands, one for each role, and dots at the level shown."""
    across, y = panel.x(x), panel.y("mean:Q")
    return [
        rows.mark_area(opacity=0.16).encode(across, panel.y("low:Q"), alt.Y2("high"), colour("who")),
        rows.mark_line(point={"size": 24}).encode(across, y, colour("who")),
        rows.transform_filter(HERE).mark_circle(size=64, opacity=1).encode(across, y, colour("who")),
    ]


# ------------------------------------------------------------------ the mechanism


def picture(values: Sequence[float], shape: Sequence[int]) -> str:
    """Return a flattened image, values from 0 to 1, as a PNG: dark ink where it has one channel.

    >>> picture([0.0, 1.0], (1, 2))[:21]
    'data:image/png;base64'
    """
    height, width, channels = (*shape, 1)[:3]
    rows: list[list[Pixel]] = []
    for r in range(height):
        line: list[Pixel] = []
        for c in range(width):
            pixel = [min(max(v, 0.0), 1.0) for v in values[(r * width + c) * channels :][:channels]]
            red, green, blue = pixel if channels == 3 else [1 - pixel[0]] * 3
            line.append((round(255 * red), round(255 * green), round(255 * blue), 255))
        rows.append(line)
    return png(rows)


@dataclass(frozen=True)
class Cell(Part):
    """One of the panels of the mechanism: in a wide view they have widths of their own."""

    start: float = 0.0  # shares of the view's width
    share: float = 1.0

    @property
    def width(self) -> str:
        """Its share of a wide view's width; all of a narrow view's."""
        return f"(width > {WIDE} ? {self.share} * width : width)"

    @property
    def left(self) -> str:
        """Where it begins from the left."""
        return f"(width > {WIDE} ? {self.start} * width : 0)"


def _image(panel: Panel, rows: alt.Chart, field: str, side: str, down: str = "0", right: str = "0") -> list[alt.Chart]:
    """Draw an image as a square from a panel's top left, and its frame."""
    x, y = (f"{panel.left} + {right}", f"{panel.top} + {down}")
    place = {"x": alt.XValue(alt.ExprRef(x)), "y": alt.YValue(alt.ExprRef(y))}
    size = {"width": alt.ExprRef(side), "height": alt.ExprRef(side)}
    far = {"x2": alt.X2Value(alt.ExprRef(f"{x} + {side}")), "y2": alt.Y2Value(alt.ExprRef(f"{y} + {side}"))}
    return [
        rows.mark_image(align="left", baseline="top", aspect=False, **size).encode(**place, url=f"{field}:N"),
        rows.mark_rect(filled=False, strokeWidth=1, opacity=0.5).encode(**place, **far, color=_GRAY),
    ]


@cache
def mechanism() -> dict[str, Any]:
    """Return the density of lambda; beside it two images, their mixup and their CutMix at one lambda.

    Datasets: "now" (level, lam), "levels" (level, part, from, to, lam), "headings", "density" (lam, value, who: the
    present alpha's is "technique"; curve), "originals" (slot, url), "images" (level, mixup, cutmix), "boxes"
    (level, x, x2, y, y2: shares of the side). In a narrow view the two images stand side by side.
    """
    first = Cell(False, "λ", "density", (0, 1), (0, DENSITY_TOP), x_ticks=_UNIT, number=0, of=4, share=0.25)
    images_at = ((1, 0.3, 0.13), (2, 0.46, 0.26), (3, 0.74, 0.26))
    two, blended, last = (
        Cell(False, None, None, (0, 1), (0, 1), number=number, of=4, start=start, share=share)
        for number, start, share in images_at
    )
    x, y = first.x("lam:Q"), first.y("value:Q")
    span = {"y": alt.YValue(alt.ExprRef(first.top)), "y2": alt.Y2Value(alt.ExprRef(first.bottom))}
    every = alt.Chart(data("density"))
    curves = every.transform_filter(f"datum.value <= {DENSITY_TOP}")
    here = alt.Chart(data("levels")).transform_filter(HERE)
    density = alt.layer(
        curves.transform_filter("datum.who == 'baseline'")
        .mark_line(strokeWidth=1, opacity=0.6).encode(x, y, alt.Detail("curve:N"), color=_GRAY),
        alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.35).encode(x, **span, color=_GREEN),
        here.mark_rule(strokeWidth=2).encode(x, **span, color=_GREEN),
        curves.transform_filter("datum.who == 'technique'").mark_line().encode(x, y, color=_GREEN),
        beyond(first, every, "value", f"{DENSITY_TOP}").encode(x),
        _headings(first, 0),
    )  # fmt: skip

    def side(panel: Panel, share: float = 1.0) -> str:
        return f"min({panel.width}, {share} * (({panel.bottom}) - ({panel.top})))"

    drawn = [_headings(two, 1)]
    small = f"(width > {WIDE} ? {side(two, 0.47)} : {side(two)})"
    for slot in (0, 1):
        down = f"(width > {WIDE} ? {slot} * (({two.bottom}) - ({two.top}) - {small}) : 0)"
        right = f"(width > {WIDE} ? 0 : {slot} * 1.2 * {small})"
        row = alt.Chart(data("originals")).transform_filter(f"datum.slot == {slot}")
        drawn += _image(two, row, "url", small, down, right)
    images = alt.Chart(data("images")).transform_filter(HERE)
    mixed = [*_image(blended, images, "mixup", side(blended)), _headings(blended, 2)]
    length, boxes = side(last), alt.Chart(data("boxes")).transform_filter(HERE)
    box = boxes.mark_rect(filled=False, strokeWidth=2).encode(
        x=alt.XValue(alt.ExprRef(f"{last.left} + datum.x * {length}")),
        x2=alt.X2Value(alt.ExprRef(f"{last.left} + datum.x2 * {length}")),
        y=alt.YValue(alt.ExprRef(f"{last.top} + datum.y * {length}")),
        y2=alt.Y2Value(alt.ExprRef(f"{last.top} + datum.y2 * {length}")),
        color=_GREEN,
    )
    cut = [*_image(last, images, "cutmix", length), box, _headings(last, 3)]
    return join([density, alt.layer(*drawn), alt.layer(*mixed), alt.layer(*cut), columns(first)])


# ------------------------------------------------------------------ the effect


@cache
def calibration(names: tuple[str, ...], title: str) -> dict[str, Any]:
    """Return test accuracy and calibration error against alpha; beside them the reliability diagram.

    Datasets: "now" (level, top, low), "levels" (of the first two parts), "headings", "accuracy" and "errors" (level,
    mean, low, high, who), "diagonal" (confidence, accuracy), "reliability" (level, confidence, accuracy, size),
    "without" (the same, of level 0).
    """
    low = (alt.ExprRef("data('now')[0].low"), 1)
    first = Part(False, number=0, **_by_level(names, title, "test accuracy", low, y_ticks=(("format", ".0%"),)))
    second = Part(False, number=1, **_by_level(names, title, "calibration error (ECE)", _TOP))
    curves = [
        alt.layer(*rules(panel), *_lines(panel, alt.Chart(data(name))), _headings(panel, panel.number))
        for panel, name in ((first, "accuracy"), (second, "errors"))
    ]
    third = Part(False, "confidence", "accuracy", (0, 1), (0, 1), x_ticks=_UNIT, y_ticks=_UNIT, number=2)
    x, y, order = third.x("confidence:Q"), third.y("accuracy:Q"), alt.Order("confidence:Q")
    own, without = alt.Chart(data("reliability")).transform_filter(HERE), alt.Chart(data("without"))
    size = alt.Size("size:Q", scale=alt.Scale(domain=[0, 1], range=[14, 160]), legend=None)
    diagram = alt.layer(
        alt.Chart(data("diagonal")).mark_line(strokeWidth=1, opacity=0.7).encode(x, y, order, color=_GRAY),
        without.mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(x, y, order, color=_GRAY),
        own.mark_line(strokeWidth=2).encode(x, y, order, color=_GREEN),
        own.mark_circle(opacity=1).encode(x, y, size, color=_GREEN),
        _headings(third, 2),
    )
    return join([*curves, diagram, columns(first, second)])


@cache
def sizes(names: tuple[str, ...]) -> dict[str, Any]:
    """Return test loss, accuracy and calibration error against the training rows, without and with the technique.

    Datasets: "now" (level, loss, low, error: the ends of the axes), "levels" (of three parts), "headings", and "loss",
    "accuracy", "error" (level, mean, low, high, who).
    """
    ends = {
        "loss": ("test loss (nats)", (0, alt.ExprRef("data('now')[0].loss")), ()),
        "accuracy": ("test accuracy", (alt.ExprRef("data('now')[0].low"), 1), (("format", ".0%"),)),
        "error": ("calibration error (ECE)", (0, alt.ExprRef("data('now')[0].error")), ()),
    }
    panels = [
        Part(False, number=number, **_by_level(names, "training rows n", title, domain, y_ticks=ticks))
        for number, (title, domain, ticks) in enumerate(ends.values())
    ]
    layers = [
        alt.layer(*rules(panel), *_lines(panel, alt.Chart(data(name))), _headings(panel, panel.number))
        for panel, name in zip(panels, ends, strict=True)
    ]
    return join([*layers, columns(*panels)])


def regions(likeliest: Sequence[int], confidence: Sequence[float], side: int, classes: int) -> str:
    """Return a square grid of predictions, the lowest row first: the likeliest class's tint, stronger where surer.

    >>> regions([0, 1], [1.0, 0.5], 1, 2)[:21]
    'data:image/png;base64'
    """
    guess = 1 / classes
    lines: list[list[Pixel]] = [
        [
            (*TINTS[likeliest[k]], round(225 * (confidence[k] - guess) / (1 - guess)))
            for k in range(row * side, (row + 1) * side)
        ]
        for row in reversed(range(side))
    ]
    return png(lines)


@cache
def boundary(names: tuple[str, ...], x_domain: tuple[float, float], y_domain: tuple[float, float]) -> dict[str, Any]:
    """Return the test loss against alpha; beside it maps of what is predicted where, without mixup and with it.

    Datasets: "now" (level, top), "levels", "headings", "loss" (level, mean, low, high, who), "maps" (level, map),
    "without" (map), "rows" (x, y, slot).
    """
    first = Part(False, number=0, **_by_level(names, "mixup α", "loss (nats)", _TOP))
    by_level = alt.layer(*rules(first), *_lines(first, alt.Chart(data("loss"))), _headings(first, 0))
    ticks = (("tickCount", 4),)
    layers = [by_level]
    shapes = alt.Scale(domain=[0, 1, 2], range=["circle", "square", "triangle-up"])
    tints = alt.Scale(domain=[0, 1, 2], range=[f"rgb{tint}" for tint in TINTS])
    for number, name in ((1, "without"), (2, "maps")):
        panel = Part(
            True, "x₁", "x₂" if number == 1 else None, x_domain, y_domain, x_ticks=ticks, y_ticks=ticks, number=number
        )  # fmt: skip
        image = alt.Chart(data(name))
        place = {"x": alt.XValue(alt.ExprRef(panel.left)), "y": alt.YValue(alt.ExprRef(panel.top))}
        layers.append(alt.layer(
            (image.transform_filter(HERE) if number == 2 else image)
            .mark_image(align="left", baseline="top", aspect=False, width=alt.ExprRef(panel.width),
                        height=alt.ExprRef(f"({panel.bottom}) - ({panel.top})"))
            .encode(**place, url="map:N"),
            alt.Chart(data("rows")).mark_point(size=30, filled=True, opacity=1, stroke="white", strokeWidth=0.8)
            .encode(panel.x("x:Q"), panel.y("y:Q"), alt.Color("slot:N", scale=tints, legend=None),
                    alt.Shape("slot:N", scale=shapes, legend=None)),
        ))  # fmt: skip
        layers.append(alt.layer(_headings(panel, number)))  # apart, since its colours are of another scale
    return join([*layers, columns(first)])


@cache
def decay(names: tuple[str, ...], decays: tuple[str, ...], title: str) -> dict[str, Any]:
    """Return the heat map of validation loss over alpha and weight decay; beside it the loss against the decay.

    Datasets: "now" (level, top), "levels", "headings", "cells" (level, row, left, right, down, up, rank, text, best),
    "lines" (level, row, mean, low, high), "without" (the same, of level 0), "best" (level, row, mean), "legend".
    """
    left = Panel(
        False, **_by_level(names, title, "weight decay", (-0.5, len(decays) - 0.5)),
        y_ticks=(*_named(decays)[:2], ("grid", False)),
    )  # fmt: skip
    cells = alt.Chart(data("cells"))
    ends = left.x("left:Q"), alt.X2("right"), left.y("down:Q"), alt.Y2("up")
    shade = alt.Color("rank:Q", scale=alt.Scale(scheme="viridis", reverse=True, domain=[0, 1]), legend=None)
    frame = cells.transform_filter("datum.best").mark_rect(filled=False, strokeWidth=3)
    heat = alt.layer(
        cells.mark_rect().encode(*ends, color=shade),
        frame.encode(*ends, color=_RED),
        cells.mark_text(fontSize=11, baseline="middle").encode(
            left.x("level:Q"), left.y("row:Q"), text="text:N",
            color=alt.condition("datum.rank > 0.55", alt.value("white"), alt.value("black")),
        ),
        cells.transform_filter(f"{HERE} && datum.row == 0").mark_rect(filled=False, strokeWidth=2.5).encode(
            left.x("left:Q"), alt.X2("right"), y=alt.YValue(alt.ExprRef(left.top)),
            y2=alt.Y2Value(alt.ExprRef(left.bottom)), color=_GREEN,
        ),
    )  # fmt: skip
    right = Panel(
        True, "weight decay", "validation loss (nats)", (-0.4, len(decays) - 0.6), _TOP, x_ticks=_named(decays)
    )  # fmt: skip
    x, y = right.x("row:Q"), right.y("mean:Q")
    drawn = []
    for name, tone in (("without", _GRAY), ("lines", _GREEN)):
        rows = alt.Chart(data(name)).transform_filter(HERE) if name == "lines" else alt.Chart(data(name))
        drawn += [
            rows.mark_area(opacity=0.16, clip=True).encode(x, right.y("low:Q"), alt.Y2("high"), color=tone),
            rows.mark_line(clip=True).encode(x, y, color=tone),
        ]
    best = alt.Chart(data("best"))
    for rows, tone in ((best.transform_filter("datum.level == 0"), _GRAY), (best.transform_filter(HERE), _GREEN)):
        drawn.append(rows.mark_point(shape="diamond", size=120, filled=True, opacity=1).encode(x, y, color=tone))
    lines = alt.layer(*drawn, *legend(right, alt.Chart(data("legend"))))
    return join([heat, alt.layer(_headings(left, 0)), lines, columns(left)])  # the headings have other colours
