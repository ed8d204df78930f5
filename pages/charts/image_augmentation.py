"""The pictures of image augmentation: templates over named datasets, built once and filled by the page.

Rows name what the pointer picks by its "level": a strength, an operation, a policy or a number of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, MISTAKE, TECHNIQUE, TEST, colour, data
from pages.ui.panels import START, WIDE, Panel, legend
from pages.ui.scrub import HERE, Part, columns, join, rules

STRENGTHS = tuple(round(0.1 * i, 1) for i in range(11))

_GREEN, _GRAY, _VIOLET = (alt.value(name) for name in (TECHNIQUE, BASELINE, TEST))
_LOW, _TOP = alt.ExprRef("data('now')[0].low"), alt.ExprRef("data('now')[0].top")
PERCENT = (("format", "%"), ("tickCount", 5))


def slots(count: int, parts: int = 1) -> list[dict[str, Any]]:
    """Return the rows of "levels" for so many columns, one next to the other, in one panel or several.

    >>> slots(2)[1]
    {'level': 1, 'part': 0, 'from': 0.5, 'to': 1.0}
    """
    return [
        {"level": i, "part": part, "from": i / count, "to": (i + 1) / count}
        for part in range(parts) for i in range(count)
    ]  # fmt: skip


def _named(names: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    """Return the ticks of an axis of named places."""
    each = ", ".join(f"'{name}'" for name in names)
    values = list(range(len(names)))
    return (("values", values), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))


def _over(names: Sequence[str], title: str, y_title: str | None, y_domain: Any, **more: Any) -> dict[str, Any]:
    """Return what a panel over named places takes."""
    around = -0.5, len(names) - 0.5
    return {"x_title": title, "y_title": y_title, "x_domain": around, "y_domain": y_domain, "x_ticks": _named(names),
            **more}  # fmt: skip


def _curve(panel: Panel, rows: alt.Chart, x: str, at: bool = False) -> list[alt.Chart]:
    """Return the mean lines of several roles with their bands; at: with dots at the level shown."""
    across, y, line = panel.x(x), panel.y("mean:Q"), alt.Detail("line:N")
    drawn = [
        rows.mark_area(opacity=0.14, clip=True).encode(across, panel.y("low:Q"), alt.Y2("high"), colour("who"), line),
        rows.mark_line(clip=True).encode(across, y, colour("who"), line, _style()),
    ]
    if at:
        drawn.append(rows.transform_filter(HERE).mark_circle(size=60, opacity=1).encode(across, y, colour("who")))
    return drawn


# What a line shows, by its style.
KINDS = {"still": [1, 0], "turned": [6, 3], "shifted": [1.5, 3.5]}


def _style() -> alt.StrokeDash:
    return alt.StrokeDash("kind:N", scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values())), legend=None)


def _key(panel: Panel, layer: alt.Chart) -> list[alt.Chart]:
    """Return a legend whose lines have a colour ("who") and a style ("kind")."""
    line = layer.mark_rule(strokeWidth=2.25).encode(
        **panel.above(START), x2=alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + 18")), color=colour("who"),
        strokeDash=_style(),
    )  # fmt: skip
    return [line, panel.heading(layer, at=f"({START} + 23)").encode(color=colour("who"))]


# ------------------------------------------------------------------ the mechanism


@cache
def grid(count: int, wide: int, narrow: int, title: str) -> dict[str, Any]:
    """Return so many small images in a grid, at the strength under the pointer.

    wide, narrow: images in a row, where there is room and where there is not. Datasets: "now" (level), "levels",
    "cells" (level, slot, url), "names" (slot, text, who).
    """
    ends = -0.5, len(STRENGTHS) - 0.5
    names = [f"{s:g}" if s else "off" for s in STRENGTHS]
    ticks = (("values", [0, 5, 10]), *_named(names)[1:2])  # labels that are left out would be hard to foresee
    panel = Panel(False, title, None, ends, (0, 1), x_ticks=ticks, alone=True)
    in_row = f"(width > {WIDE} ? {wide} : {narrow})"
    rows = f"(width > {WIDE} ? {-(-count // wide)} : {-(-count // narrow)})"
    across, down = f"(min(width, {in_row} * 130) / {in_row})", f"((height - 14) / {rows})"
    side = f"min({across} - 8, {down} - 24)"
    middle = f"(datum.slot % {in_row} + 0.5) * {across}"
    top = f"floor(datum.slot / {in_row}) * {down}"
    cells, words = alt.Chart(data("cells")).transform_filter(HERE), alt.Chart(data("names"))
    images = cells.mark_image(
        align="center", baseline="top", aspect=False, width=alt.ExprRef(side), height=alt.ExprRef(side)
    ).encode(x=alt.XValue(alt.ExprRef(middle)), y=alt.YValue(alt.ExprRef(top)), url="url:N")
    labels = words.mark_text(align="center", baseline="top", fontSize=11.5).encode(
        x=alt.XValue(alt.ExprRef(middle)), y=alt.YValue(alt.ExprRef(f"{top} + {side} + 4")), text="text:N",
        color=colour("who"),
    )  # fmt: skip
    at = panel.x("level:Q")
    foot = {"y": alt.YValue(alt.ExprRef("height - 8")), "y2": alt.Y2Value(alt.ExprRef("height"))}
    marks = alt.layer(
        alt.Chart(data("now")).mark_rule(strokeWidth=4, opacity=0.4).encode(at, **foot, color=_GREEN),
        alt.Chart(data("levels")).transform_filter(HERE).mark_rule(strokeWidth=4).encode(at, **foot, color=_GREEN),
    )
    return join([alt.layer(images, labels), marks, columns(panel)])


# ------------------------------------------------------------------ what it teaches


@cache
def invariance(names: tuple[str, ...], angles: float, shifts: float) -> dict[str, Any]:
    """Return accuracy against the strength of augmentation; beside it against the angle and the shift.

    angles, shifts: the ends of their axes. Datasets: "now" (level, low), "levels", "strengths" (level, who, kind, line,
    mean, low, high), "angles" and "shifts" (level, at, who, kind, line, mean, low, high; of level 0 for all),
    "headings" (level, part, text, who, kind, slot, place).
    """
    axis = {"y_domain": (0, 1), "y_ticks": PERCENT}
    first = Part(False, number=0, **_over(names, "augment", "test accuracy", (0, 1), y_ticks=PERCENT))
    second = Part(False, "turned by (degrees)", None, x_domain=(0, angles), number=1,
                  x_ticks=(("values", [0, 45, 90, 135, 180]),), **axis)  # fmt: skip
    third = Part(False, "shifted by (share of the side)", None, x_domain=(0, shifts), number=2,
                 x_ticks=(("values", [0, 0.125, 0.25, 0.375]), ("labelExpr", "['0', '⅛', '¼', '⅜'][8 * datum.value]")),
                 **axis)  # fmt: skip
    words = alt.Chart(data("headings")).transform_filter(HERE)
    layers = [
        alt.layer(
            *rules(first), *_curve(first, alt.Chart(data("strengths")), "level:Q", at=True),
            *_key(first, words.transform_filter("datum.part == 0")),
        )
    ]  # fmt: skip
    for panel, name in ((second, "angles"), (third, "shifts")):
        every = alt.Chart(data(name))
        own = words.transform_filter(f"datum.part == {panel.number}")
        layers.append(alt.layer(
            *_curve(panel, every.transform_filter("datum.level == 0"), "at:Q"),
            *_curve(panel, every.transform_filter(f"{HERE} && datum.level > 0"), "at:Q"), *_key(panel, own),
        ))  # fmt: skip
    return join([*layers, columns(first)])


def _bands(panel: Panel, count: int, room: int) -> alt.Chart:
    """Return the invisible bands of a list that take the pointer; dataset "levels": level; to be drawn last."""
    hover = alt.selection_point(name="hover", fields=["level"], on="pointermove", clear="pointerout", empty=False)
    pin = alt.selection_point(name="pin", fields=["level"], on="click", clear="pointerout", empty=False)
    size = f"(({panel.bottom}) - ({panel.top})) / {count}"
    return (
        alt.Chart(data("levels")).mark_rect(opacity=0, cursor="pointer")
        .encode(
            x=alt.XValue(alt.ExprRef(f"{panel.left} - {room}")),
            x2=alt.X2Value(alt.ExprRef(f"{panel.left} + {panel.width}")),
            y=alt.YValue(alt.ExprRef(f"({panel.top}) + datum.level * {size}")),
            y2=alt.Y2Value(alt.ExprRef(f"({panel.top}) + (datum.level + 1) * {size}")),
        )
        .add_params(hover, pin)
    )  # fmt: skip


@dataclass(frozen=True)
class Listed(Panel):
    """A panel with room on its left for names, which an axis would leave out where it thinks them too close."""

    room: int = 100
    written: str = "names"

    @property
    def left(self) -> str:
        """Where the panel begins, right of its names."""
        return f"({super().left} + {self.room})"

    @property
    def width(self) -> str:
        """What the names leave."""
        return f"({super().width} - {self.room})"

    def names(self, size: float = 11.5) -> alt.Chart:
        """Write the names; dataset `written`: level, text."""
        return (
            alt.Chart(data(self.written)).mark_text(align="right", baseline="middle", fontSize=size)
            .encode(x=alt.XValue(alt.ExprRef(f"{self.left} - 9")), y=self.y("level:Q"), text="text:N", color=_GRAY)
        )  # fmt: skip


_BARE = (("labels", False), ("ticks", False), ("domain", False))


def _list(count: int, x_title: str, x_domain: Any, room: int, **more: Any) -> Listed:
    """Return a panel that lists so many names, the first on top."""
    bare = (*_BARE, ("grid", False))
    return Listed(False, x_title, None, x_domain, (count - 0.5, -0.5), y_ticks=bare, room=room, **more)


def _row_shown(panel: Panel) -> list[alt.Chart]:
    """Return bands behind the control's row of a list, faint, and behind the one shown."""
    rows = alt.Chart(data("levels")).transform_calculate(low="datum.level - 0.5", high="datum.level + 0.5")
    across = {"x": alt.XValue(alt.ExprRef(panel.left)), "x2": alt.X2Value(alt.ExprRef(f"{panel.left} + {panel.width}"))}
    ends = panel.y("low:Q"), alt.Y2("high")
    kept = rows.transform_filter("datum.level == data('now')[0].level")
    return [
        kept.mark_rect(opacity=0.1).encode(*ends, **across, color=_GREEN),
        rows.transform_filter(HERE).mark_rect(opacity=0.16).encode(*ends, **across, color=_GREEN),
    ]


@cache
def safety(count: int, classes: int, room: int) -> dict[str, Any]:
    """Return the accuracy under every operation as a list; beside it what each class is read as under one.

    room: pixels for the names of the classes. Datasets: "now" (level), "levels" (level), "names" (level, text),
    "points" (level, mean, low, high), "classes" (level, text, short), "cells" (level, label, read, share, text),
    "headings" (level, part, text, who).
    """
    ticks = (("format", "%"), ("tickCount", 4))
    left = _list(count, "read as their label", (0, 1), 100, x_ticks=ticks, split=0.56)
    points = alt.Chart(data("points"))
    y = left.y("level:Q")
    dots = alt.layer(
        *_row_shown(left),
        left.names(),
        points.mark_rule(strokeWidth=3, opacity=0.5).encode(left.x("low:Q"), alt.X2("high"), y, color=_VIOLET),
        points.mark_circle(size=70, opacity=1).encode(left.x("mean:Q"), y, color=_VIOLET),
        _words(left, 0),
    )
    bare = (*_BARE, ("grid", False))
    right = Listed(
        True, "read as", None, (-0.5, classes - 0.5), (classes - 0.5, -0.5), split=0.56, y_ticks=bare, room=room,
        x_ticks=(*bare, ("titlePadding", 24)), written="classes",
    )  # fmt: skip
    cells = alt.Chart(data("cells")).transform_filter(HERE)
    # Few are pale and many are strong, so that each number has a colour that can be read on its cell.
    steps = alt.Scale(domain=[0, 0.499, 0.5, 1], range=[0.02, 0.2, 0.7, 0.8])
    share = alt.Opacity("share:Q", scale=steps, legend=None)
    wide, high = f"{right.width} / {classes}", f"(({right.bottom}) - ({right.top})) / {classes}"
    place = {
        "x": alt.XValue(alt.ExprRef(f"{right.left} + datum.read * {wide} + 1")),
        "x2": alt.X2Value(alt.ExprRef(f"{right.left} + (datum.read + 1) * {wide} - 1")),
        "y": alt.YValue(alt.ExprRef(f"({right.top}) + datum.label * {high} + 1")),
        "y2": alt.Y2Value(alt.ExprRef(f"({right.top}) + (datum.label + 1) * {high} - 1")),
    }
    own, other = (cells.transform_filter(f"datum.label {sign} datum.read") for sign in ("==", "!="))
    numbers = [
        cells.transform_filter(f"datum.share {sign} 0.5").mark_text(fontSize=10.5, baseline="middle")
        .encode(right.x("read:Q"), right.y("label:Q"), text="text:N", color=alt.value(tint))
        for sign, tint in (("<", BASELINE), (">=", "black"))
    ]  # fmt: skip
    below = alt.Chart(data("classes")).mark_text(baseline="top", fontSize=11.5)
    matrix = alt.layer(
        own.mark_rect().encode(**place, opacity=share, color=_GREEN),
        other.mark_rect().encode(**place, opacity=share, color=alt.value(MISTAKE)),
        *numbers,
        right.names(),
        below.encode(right.x("level:Q"), y=alt.YValue(alt.ExprRef(f"{right.bottom} + 6")), text="short:N", color=_GRAY),
        _words(right, 1),
    )
    return join([dots, matrix, _bands(left, count, left.room)])


def _words(panel: Panel, part: int) -> alt.Chart:
    rows = alt.Chart(data("headings")).transform_filter(f"{HERE} && datum.part == {part}")
    return panel.heading(rows, fontWeight=600).encode(color=colour("who"))


@cache
def policies(count: int, room: int, unit: str) -> dict[str, Any]:
    """Return the loss that every policy came to, as a list; beside it the change of the test loss, seed by seed.

    room: pixels for the names. Datasets: "now" (level, low, top, far), "levels" (level), "names" (level, text),
    "losses" (level, mean, who), "without" (value, who), "changes" (level, change), "means" (level, change), "zero"
    (change), "legend" and "headings".
    """
    left = _list(count, unit, (_LOW, _TOP), room, split=0.66, x_ticks=(("tickCount", 4),))
    losses, without = alt.Chart(data("losses")), alt.Chart(data("without"))
    y = left.y("level:Q")
    span = {"y": alt.YValue(alt.ExprRef(left.top)), "y2": alt.Y2Value(alt.ExprRef(left.bottom))}
    both = alt.layer(
        *_row_shown(left),
        left.names(),
        without.mark_rule(strokeWidth=1.5, strokeDash=[5, 4]).encode(left.x("value:Q"), **span, color=colour("who")),
        losses.mark_circle(size=60, opacity=1).encode(left.x("mean:Q"), y, color=colour("who")),
        *legend(left, alt.Chart(data("legend"))),
    )
    far = alt.ExprRef("-data('now')[0].far"), alt.ExprRef("data('now')[0].far")
    rows = (*_BARE, ("grid", False))
    right = Panel(True, "change of the test loss (nats)", None, far, (count - 0.5, -0.5), y_ticks=rows, split=0.66,
                  x_ticks=(("tickCount", 4),))  # fmt: skip
    changes, means = alt.Chart(data("changes")), alt.Chart(data("means"))
    y = right.y("level:Q")
    upright = {"y": alt.YValue(alt.ExprRef(right.top)), "y2": alt.Y2Value(alt.ExprRef(right.bottom))}
    paired = alt.layer(
        alt.Chart(data("zero")).mark_rule(strokeWidth=1.5).encode(right.x("change:Q"), **upright, color=_GRAY),
        changes.mark_circle(size=22, opacity=0.5).encode(right.x("change:Q"), y, color=_VIOLET),
        means.mark_tick(thickness=3, orient="vertical", size=11).encode(right.x("change:Q"), y, color=_VIOLET),
        _words(right, 1),
    )
    return join([both, paired, _bands(left, count, left.room)])


@cache
def by_size(sizes: tuple[str, ...], unit: str) -> dict[str, Any]:
    """Return test loss and test accuracy against the training rows, with augmentation and without.

    Datasets: "now" (level, top, low), "levels" (of both parts), "losses" and "accuracies" (level, who, kind, line,
    mean, low, high), "headings" (level, part, text, who, kind, slot, place).
    """
    left = Panel(False, **_over(sizes, "training rows n", unit, (0, _TOP)))
    right = Panel(True, **_over(sizes, "training rows n", "test accuracy", (_LOW, 1), y_ticks=PERCENT))
    words, layers = alt.Chart(data("headings")).transform_filter(HERE), []
    for part, (panel, name) in enumerate(((left, "losses"), (right, "accuracies"))):
        layers.append(alt.layer(
            *rules(panel), *_curve(panel, alt.Chart(data(name)), "level:Q", at=True),
            *_key(panel, words.transform_filter(f"datum.part == {part}")),
        ))  # fmt: skip
    return join([*layers, columns(left, right)])
