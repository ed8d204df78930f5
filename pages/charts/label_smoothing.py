"""The pictures of label smoothing: templates over named datasets, built once and filled by the page.

On the left something against the strength, which the pointer scrubs; beside it what it looks like at that strength.
Rows name a strength by its "level", its number among the strengths of the picture.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, TECHNIQUE, VALIDATION, colour, data, unpacked
from pages.ui.effect import POINT
from pages.ui.panels import START, Panel, beyond
from pages.ui.scrub import HERE, Part, between, columns, join, rules

STRENGTHS = tuple(round(0.05 * i, 2) for i in range(17))
GAPS = (-2.0, 12.0)  # of the logits

_GREEN, _GRAY, _ORANGE = (alt.value(name) for name in (TECHNIQUE, BASELINE, VALIDATION))
_TOP = (0, alt.ExprRef("data('now')[0].top"))  # the top is data, so that one template serves every dataset
_UNIT = (("values", [0, 0.5, 1]), ("format", "~g"))
_SHAPES = alt.Shape("slot:N", scale=alt.Scale(domain=[0, 1, 2], range=["circle", "square", "triangle-up"]), legend=None)
_THREE = alt.Color("slot:N", scale=alt.Scale(domain=[0, 1, 2], range=[TECHNIQUE, BASELINE, "yellow"]), legend=None)


def strengths(count: int) -> list[dict[str, Any]]:
    """Return the columns of `count` strengths that stand evenly across a panel.

    >>> [(row["from"], row["to"]) for row in strengths(2)]
    [(0.0, 0.5), (0.5, 1.0)]
    """
    return between([(level + 0.5) / count for level in range(count)])


def _by_strength(names: Sequence[str], title: str, y_title: str, top: Any, **more: Any) -> dict[str, Any]:
    """Return what a panel against the strength takes."""
    each = ", ".join(f"'{name}'" for name in names)
    ticks = (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))
    return {
        "x_title": title, "y_title": y_title, "x_domain": (-0.5, len(names) - 0.5), "y_domain": top, "x_ticks": ticks,
        **more,
    }  # fmt: skip


def _headings(panel: Panel, part: int) -> list[alt.Chart]:
    """Write what a level is called above a panel; dataset "headings": level, part, text, who, slot, place."""
    rows = alt.Chart(data("headings")).transform_filter(f"{HERE} && datum.part == {part}")
    return [panel.heading(rows, at=START, fontWeight=600).encode(color=colour("who"))]


def _curve(panel: Panel, name: str, x: str = "level:Q", who: str = "technique", **mark: Any) -> list[alt.Chart]:
    """Return the line of one role's mean, its band, and its dot at the level shown."""
    rows = alt.Chart(data(name)).transform_filter(f"datum.who == '{who}'")
    y = panel.y("mean:Q")
    return [
        rows.mark_area(opacity=0.16).encode(panel.x(x), panel.y("low:Q"), alt.Y2("high"), colour("who")),
        rows.mark_line(**mark).encode(panel.x(x), y, colour("who")),
        rows.transform_filter(HERE).mark_circle(size=56, opacity=1).encode(panel.x(x), y, colour("who")),
    ]


@cache
def mechanism(top: float, outlined: bool) -> dict[str, Any]:
    """Return the loss's floor against the strength; beside it the targets, and the loss against the logit gap.

    outlined: show the targets of the other convention too, which many classes leave no room for. Datasets: "now"
    (level), "levels", "headings", "floors" (level, value, who), "bars" and "other" (level, from, to, value), "loss"
    (level, gap, value), "outside" (the same, where the curve leaves the axis, and who), "lowest" (level, gap, value).
    """
    names = [f"{s:g}" if s else "off" for s in STRENGTHS]
    first = Part(False, number=0, **_by_strength(names, "strength ε", "lowest loss (nats)", (0, top)))  # even steps
    floors = alt.Chart(data("floors"))
    own, other = (floors.transform_filter(f"datum.who == '{who}'") for who in ("technique", "baseline"))
    x, y = first.x("level:Q"), first.y("value:Q")
    floor = alt.layer(
        other.mark_line(strokeDash=[5, 4], strokeWidth=1.5).encode(x, y, color=_GRAY),
        *rules(first),
        own.mark_line().encode(x, y, color=_GREEN),
        own.transform_filter(HERE).mark_circle(size=56, opacity=1).encode(x, y, color=_GREEN),
        *_headings(first, 0),
    )
    no_labels = (("labels", False), ("ticks", False), ("grid", False))
    second = Part(False, "classes, the right one last", "target", (0, 1), (0, 1), x_ticks=no_labels, number=1)
    ends = second.x("from:Q"), alt.X2("to"), second.y("value:Q"), alt.Y2Datum(0)
    bars = alt.Chart(data("bars")).transform_filter(HERE).mark_rect(opacity=0.8).encode(*ends, color=_GREEN)
    outline = alt.Chart(data("other")).transform_filter(HERE).mark_rect(filled=False, strokeWidth=1.25)
    targets = alt.layer(bars, *([outline.encode(*ends, stroke=_GRAY)] if outlined else []), *_headings(second, 1))
    third = Part(False, "logit gap of the right class", "loss (nats)", GAPS, (0, top), number=2)
    x, y = third.x("gap:Q"), third.y("value:Q")
    loss = alt.Chart(data("loss"))
    gap = alt.layer(
        loss.mark_line(strokeWidth=1, opacity=0.25).encode(x, y, alt.Detail("level:N"), color=_GREEN),
        loss.transform_filter("datum.level == 0").mark_line(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x, y, color=_GRAY),
        loss.transform_filter(HERE).mark_line().encode(x, y, color=_GREEN),
        beyond(third, alt.Chart(data("outside")).transform_filter(HERE), "value", f"{top}").encode(x),
        alt.Chart(data("lowest")).transform_filter(HERE).mark_circle(size=64, opacity=1).encode(x, y, color=_GREEN),
        *_headings(third, 2),
    )  # fmt: skip
    return join([floor, targets, gap, columns(first)])


@cache
def calibration(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the calibration error against the strength; beside it the reliability diagram and the confidences.

    Datasets: "now" (level, top), "levels", "headings", "errors" (level, mean, low, high, who), "diagonal" (confidence,
    accuracy), "reliability" (level, confidence, accuracy, who, size), "without" (the same, of level 0), "histogram"
    (level, from, to, share), "before" (from, share). Who: "technique", "baseline" without it, "validation" scaled.
    """
    first = Part(False, number=0, **_by_strength(names, "label smoothing", "calibration error", _TOP))
    errors = alt.layer(
        *rules(first),
        *_curve(first, "errors", who="validation", strokeDash=[1, 0]),
        *_curve(first, "errors"),
        *_headings(first, 0),
    )
    second = Part(False, "confidence", "accuracy", (0, 1), (0, 1), x_ticks=_UNIT, y_ticks=_UNIT, number=1)
    x, y = second.x("confidence:Q"), second.y("accuracy:Q")
    points = alt.Chart(data("reliability")).transform_filter(HERE)
    without = alt.Chart(data("without"))
    order = alt.Order("confidence:Q")
    scaled, own = (points.transform_filter(f"datum.who == '{who}'") for who in ("validation", "technique"))
    diagram = alt.layer(
        alt.Chart(data("diagonal")).mark_line(strokeWidth=1, opacity=0.7).encode(x, y, order, color=_GRAY),
        without.mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(x, y, order, color=_GRAY),
        scaled.mark_line(strokeWidth=1.75).encode(x, y, order, color=_ORANGE),
        own.mark_line(strokeWidth=2).encode(x, y, order, color=_GREEN),
        own.mark_circle(opacity=1)
        .encode(x, y, alt.Size("size:Q", scale=alt.Scale(domain=[0, 1], range=[14, 160]), legend=None), color=_GREEN),
        *_headings(second, 1),
    )  # fmt: skip
    third = Part(False, "confidence", "share of test rows", (0, 1), (0, 1), x_ticks=_UNIT, y_ticks=_UNIT, number=2)
    across, share = third.x("from:Q"), third.y("share:Q")
    bins, before = alt.Chart(data("histogram")).transform_filter(HERE), alt.Chart(data("before"))
    histogram = alt.layer(
        bins.mark_rect(opacity=0.75).encode(across, share, alt.X2("to"), alt.Y2Datum(0), color=_GREEN),
        before.mark_line(interpolate="step-after", strokeWidth=1.5).encode(across, share, color=_GRAY),
        *_headings(third, 2),
    )
    return join([errors, diagram, histogram, columns(first)])


@cache
def clusters(names: tuple[str, ...], limit: float) -> dict[str, Any]:
    """Return how wide the clusters of three classes are against the strength; beside it the plane, without and with it.

    Datasets: "now" (level, top), "levels", "headings", "spread" (level, mean, low, high, who: "train", "test"),
    "points" (level, x, y, slot), "without" (the same, of level 0).
    """
    first = Part(False, number=0, **_by_strength(names, "label smoothing", "spread of a class", _TOP))
    lines = [layer for who, style in (("train", [5, 3]), ("test", [1.5, 2.5]))
             for layer in _curve(first, "spread", who=who, strokeDash=style)]  # fmt: skip
    none = (("labels", False), ("ticks", False), ("grid", False), ("domain", False))
    planes = []
    for part, name in ((1, "without"), (2, "points")):
        panel = Part(False, None, None, (-limit, limit), (-limit, limit), x_ticks=none, y_ticks=none, number=part)
        rows = alt.Chart(data(name))
        dots = rows.transform_filter(HERE) if part == 2 else rows
        planes.append(
            dots.mark_point(size=26, filled=True, opacity=0.75).encode(panel.x("x:Q"), panel.y("y:Q"), _THREE, _SHAPES)
        )
        planes.append(alt.layer(*_headings(panel, part)))  # apart, since its colours are of another scale
    return join([alt.layer(*rules(first), *lines, *_headings(first, 0)), *planes, columns(first)])


@cache
def soft(names: tuple[str, ...], max_steps: int) -> dict[str, Any]:
    """Return validation loss on hard and on smoothed labels, against the strength and beside it while one run trains.

    Datasets: "now" (level, top), "levels", "headings", "losses" (level, mean, low, high, who), "floors" (level, value),
    "curves" (level, who, curve: step, mean, low and high packed). Who: "validation" on hard labels, "mistake" on soft
    ones.
    """
    left = Panel(False, **_by_strength(names, "label smoothing", "validation loss (nats)", _TOP))
    floors = alt.Chart(data("floors")).mark_line(strokeWidth=1.5, strokeDash=[5, 4])
    by_strength = alt.layer(
        floors.encode(left.x("level:Q"), left.y("value:Q"), color=_GRAY),
        *rules(left),
        *_curve(left, "losses", who="validation"),
        *_curve(left, "losses", who="mistake"),
        *_headings(left, 0),
    )
    right = Panel(True, "step", "validation loss (nats)", (0, max_steps), _TOP, x_ticks=(("tickCount", 5),))
    x, curves = right.x("step:Q"), unpacked(alt.Chart(data("curves")).transform_filter(HERE), POINT)
    ends = {"x": alt.XValue(alt.ExprRef(right.left)), "x2": alt.X2Value(alt.ExprRef(f"{right.left} + {right.width}"))}
    floor = alt.Chart(data("floors")).transform_filter(HERE).mark_rule(strokeWidth=1.5, strokeDash=[5, 4])
    by_step = alt.layer(
        floor.encode(right.y("value:Q"), **ends, color=_GRAY),
        curves.mark_area(opacity=0.16).encode(x, right.y("low:Q"), alt.Y2("high"), colour("who")),
        curves.mark_line(point={"size": 26}).encode(x, right.y("mean:Q"), colour("who")),
        *_headings(right, 1),
    )
    return join([by_strength, by_step, columns(left)])
