"""The pictures of early stopping: templates over named datasets, built once and filled by the page.

A "level" is an evaluation, counted from 0, or a cell of the map of noise and size.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, effect, panels
from pages.ui.charts import BASELINE, HALO, MISTAKE, TECHNIQUE, VALIDATION, colour, dash, data, finish
from pages.ui.panels import START, Panel, beyond, legend
from pages.ui.scrub import HERE, columns, join, rules

LANE = 17  # pixels from one rule's lane to the next
WHO = ("technique", "mistake")  # what is done right, and wrong
NO_WORD = {"part": None, "lane": None, "at": None, "side": "", "text": "", "who": "baseline"}
NAME = 56  # pixels for a lane's name
MEAN = 0.8  # lanes that the mean stands further below the last seed

_GREEN, _GRAY, _ORANGE, _RED = (alt.value(name) for name in (TECHNIQUE, BASELINE, VALIDATION, MISTAKE))
_FROM_0 = (0, alt.ExprRef("data('now')[0].top"))  # tops are data, so that one template serves every curve
_COST = (0, alt.ExprRef("data('now')[0].cost_top"))


@cache
def curves(evaluations: int, x_title: str, y_title: str, cost_title: str) -> dict[str, Any]:
    """Return losses by evaluation with every rule's stop and return; beside it what stopping there costs.

    Datasets: "now" (level, top, cost_top), "levels" as `scrub.columns`', with text, "losses" (level, value, who),
    "watched" (level, value, who), "names" (level, value, text, who, side), "lanes" (lane, returned, stop, value, cost,
    name, who, side), "here" (level, at, value): the evaluation that is returned, "cost" (level, value, who),
    "legend" as `panels.legend`'s, with a level.
    """
    across = (-0.5, evaluations - 0.5)
    ticks = (("tickCount", 6), ("format", "d"))
    left = Panel(False, x_title, y_title, across, _FROM_0, x_ticks=ticks, split=0.6)
    x, y = left.x("level:Q"), left.y("value:Q")
    losses, watched, lanes, here = (alt.Chart(data(name)) for name in ("losses", "watched", "lanes", "here"))
    lane = alt.YValue(alt.ExprRef(f"{left.top} + 13 + {LANE} * datum.lane"))
    stop, returned = left.x("stop:Q"), left.x("returned:Q")
    beside = {  # a text stands behind its stop, or, where there is no room, over its line
        "right": {"align": "left", "baseline": "middle", "dx": 8},
        "left": {"align": "right", "baseline": "bottom", "dy": -3},
    }
    drawn = alt.layer(
        *rules(left),
        losses.mark_line(clip=True).encode(x, y, colour("who"), dash("who")),
        beyond(left, losses, "value", "0.9999 * data('now')[0].top").encode(x),  # where a curve leaves the axis
        watched.mark_line(clip=True, strokeWidth=1.25).encode(x, y, color=_GREEN),
        beyond(left, watched, "value", "0.9999 * data('now')[0].top").encode(x),
        *(
            alt.Chart(data("names"))
            .transform_filter(f"datum.side == '{side}'")
            .mark_text(align="right", baseline=baseline, dy=dy, **HALO)
            .encode(x, y, text="text:N", color=colour("who"))
            for side, baseline, dy in (("over", "bottom", -4), ("under", "top", 5))
        ),
        lanes.mark_rule(strokeWidth=2).encode(returned, x2="stop:Q", y=lane, color=colour("who")),
        lanes.mark_circle(size=50, opacity=1).encode(returned, y=lane, color=colour("who")),
        lanes.mark_point(shape="square", filled=True, size=44, opacity=1).encode(stop, y=lane, color=colour("who")),
        *(
            lanes.transform_filter(f"datum.side == '{side}'")
            .mark_text(fontSize=11.5, **HALO, **mark)
            .encode(stop, y=lane, text="name:N", color=colour("who"))
            for side, mark in beside.items()
        ),
        lanes.mark_circle(size=44, opacity=1, clip=True).encode(returned, y, color=colour("who")),
        here.transform_filter(HERE).mark_circle(size=90, opacity=1, clip=True).encode(left.x("at:Q"), y, color=_ORANGE),
        left.heading(alt.Chart(data("levels")).transform_filter(f"{HERE} && datum.part == 0"), fontWeight=600).encode(
            color=_GREEN
        ),
    )
    right = Panel(True, x_title, cost_title, across, _COST, x_ticks=ticks, split=0.63)
    x, y = right.x("level:Q"), right.y("value:Q")
    cost = alt.Chart(data("cost"))
    prices = alt.layer(
        *rules(right),
        cost.mark_line(clip=True).encode(x, y, colour("who")),
        beyond(right, cost, "value", "0.9999 * data('now')[0].cost_top").encode(x),
        cost.transform_filter(HERE).mark_circle(size=56, opacity=1, clip=True).encode(x, y, colour("who")),
        lanes.mark_point(shape="square", filled=True, size=44, opacity=1, clip=True).encode(
            right.x("stop:Q"), right.y("cost:Q"), color=colour("who")
        ),
        *legend(right, alt.Chart(data("legend")).transform_filter(HERE)),
    )
    return join([drawn, prices, columns(left, right)])


@cache
def compared(rules: int) -> dict[str, Any]:
    """Return what each rule costs, and what it saves, mean and range over the seeds.

    Datasets: "now" (top), "rules" (part, lane, above, mean, low, high, text, who): part is the panel, above where the
    text stands.
    """
    lanes = (("values", []), ("grid", False), ("domain", False))
    down = (rules - 0.5, -0.75)
    ticks = (("tickCount", 4),)
    percent = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))
    left = Panel(False, "regret in test loss (nats)", None, _FROM_0, down, x_ticks=ticks, y_ticks=lanes)
    right = Panel(True, "steps saved", None, (0, 1), down, x_ticks=percent, y_ticks=lanes)
    kept = alt.Chart(data("now")).mark_point(size=0, opacity=0)  # a dataset that no mark uses would be dropped
    parts = []
    for part, panel in enumerate((left, right)):
        rows = alt.Chart(data("rules")).transform_filter(f"datum.part == {part}")
        y, x = panel.y("lane:Q"), panel.x("mean:Q")
        edge = {"x": alt.XValue(alt.ExprRef(panel.left)), "y": panel.y("above:Q")}
        words = rows.mark_text(align="left", baseline="middle", dx=2, fontSize=12)
        parts.append(alt.layer(
            kept,
            rows.mark_rule(strokeWidth=7, opacity=0.25).encode(
                panel.x("low:Q"), alt.X2("high"), y, color=colour("who")
            ),
            rows.mark_circle(size=64, opacity=1).encode(x, y, color=colour("who")),
            words.encode(**edge, text="text:N", color=colour("who")),
        ))  # fmt: skip
    return panels.join(*parts)


@cache
def regret_map(noises: tuple[str, ...], sizes: tuple[str, ...], patiences: int) -> dict[str, Any]:
    """Return a map of the present patience's regret by noise and size; beside it regret by patience in one cell.

    Datasets: "now" (level, patience, cost_top), "cells" (level, column, row, share, text), "frames" (level, column,
    row), "patience" (level, patience, mean, low, high), "others" (level, mean, text), "levels" (level, text).
    """
    down = (len(noises) - 0.5, -0.5)

    def slots(names: Sequence[str]) -> tuple[tuple[str, Any], ...]:
        each = ", ".join(f"'{name}'" for name in names)
        return (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("grid", False))

    left = Panel(
        False, "training rows n", "labels shuffled", (-0.5, len(sizes) - 0.5), down,
        x_ticks=slots(sizes), y_ticks=slots(noises), split=0.48,
    )  # fmt: skip
    cells = alt.Chart(data("cells")).transform_calculate(
        a="datum.column - 0.5", b="datum.column + 0.5", c="datum.row - 0.5", d="datum.row + 0.5"
    )
    span = {"x2": alt.X2("b"), "y2": alt.Y2("d")}
    box = (left.x("a:Q"), left.y("c:Q"))
    hover = alt.selection_point(name="hover", fields=["level"], on="pointermove", clear="pointerout", empty=False)
    pin = alt.selection_point(name="pin", fields=["level"], on="click", clear="pointerout", empty=False)
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.4]), legend=None)
    there = alt.Chart(data("levels")).transform_filter(HERE)
    table = alt.layer(
        cells.mark_rect(cornerRadius=2).encode(*box, **span, opacity=shade, color=_ORANGE),
        cells.transform_filter(HERE).mark_rect(filled=False, strokeWidth=2.5).encode(*box, **span, color=_GREEN),
        cells.mark_text(fontSize=13, fontWeight=600).encode(
            left.x("column:Q"), left.y("row:Q"), text="text:N", color=_GRAY
        ),
        left.heading(there, fontWeight=600).encode(color=_GREEN),
        cells.mark_rect(opacity=0, cursor="pointer").encode(*box, **span).add_params(hover, pin),
    )
    right = Panel(
        True, "patience (evaluations)", "regret in test loss (nats)", (0.5, patiences + 0.5), _COST,
        x_ticks=(("tickCount", 5), ("format", "d")), split=0.58,
    )  # fmt: skip
    by_patience = alt.Chart(data("patience")).transform_filter(HERE)
    x, y = right.x("patience:Q"), right.y("mean:Q")
    others = alt.Chart(data("others")).transform_filter(HERE)
    at = {"y": alt.YValue(alt.ExprRef(right.top)), "y2": alt.Y2Value(alt.ExprRef(right.bottom))}
    ends = {"x": alt.XValue(alt.ExprRef(right.left)), "x2": alt.X2Value(alt.ExprRef(f"{right.left} + {right.width}"))}
    curve = alt.layer(
        alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.35).encode(x, **at, color=_GREEN),
        others.mark_rule(strokeDash=[4, 3], strokeWidth=1.25, clip=True).encode(y=y, **ends, color=_GRAY),
        by_patience.mark_area(opacity=0.16, clip=True).encode(x, right.y("low:Q"), alt.Y2("high"), color=_GREEN),
        by_patience.mark_line(clip=True, point={"size": 26}).encode(x, y, color=_GREEN),
        others.mark_text(align="right", baseline="bottom", dy=-2, fontSize=11.5, **HALO).encode(
            x=ends["x2"], y=right.y("place:Q"), text="text:N", color=_GRAY
        ),
        right.heading(alt.Chart(data("headings"))).encode(color=_GRAY),
    )
    return join([table, curve])


# ------------------------------------------------------------------ common mistakes


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return round ends of an axis around losses, which need not begin at 0.

    >>> span([2.03, 2.52]), span([0.01, 0.4]), span([float("nan")])
    ((1.95, 2.55), (0.0, 0.45), (0.0, 1.0))
    """
    seen = [value for value in values if math.isfinite(value)]
    if not seen:
        return 0.0, 1.0
    low, high = min(seen), max(seen)
    step = charts.ceiling([(high - low) / 4 or abs(high) / 4 or 1.0])
    return round(max(math.floor(low / step - 0.1), 0) * step, 6), round(math.ceil(high / step + 0.1) * step, 6)


def pairs(
    part: int, seeds: Sequence[int], right: Sequence[float], wrong: Sequence[float], ends: tuple[float, float],
    form: str = ".3f",
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:  # fmt: skip
    """Return the rows "pairs" and "words" of one panel of `paired`; what is not finite has diverged.

    ends: of the panel's axis. The mean is that of the seeds in which neither has diverged.
    """
    (low, high), size = ends, len(seeds)
    each = [tuple(v if math.isfinite(v) else None for v in pair) for pair in zip(right, wrong, strict=True)]
    rows = [
        {"part": part, "lane": lane, "name": f"seed {seed}", "right": a, "wrong": b}
        for lane, (seed, (a, b)) in enumerate(zip(seeds, each, strict=True))
    ]
    words = []
    for lane, pair in enumerate(each):
        if None in pair:  # away from the other, if that has not
            near = next((v for v in pair if v is not None), low) < (low + high) / 2
            words.append({
                "part": part, "lane": lane, "at": high if near else low, "side": "before" if near else "after",
                "text": "diverged", "who": "baseline" if pair == (None, None) else WHO[pair.index(None)],
            })  # fmt: skip
    both = [pair for pair in each if None not in pair]
    means = [effect.mean(values) for values in zip(*both, strict=True)] or [None, None]
    rows.append({"part": part, "lane": size + MEAN, "name": "mean", "right": means[0], "wrong": means[1]})
    if both:
        margin = 0.2 * (high - low)
        at = min(max(sum(means) / 2, low + margin), high - margin)
        order = sorted(zip(means, WHO, strict=True), key=lambda mean: mean[0])
        words += [
            {"part": part, "lane": size + MEAN, "at": at, "side": side, "text": f"{mean:{form}}", "who": who}
            for side, (mean, who) in zip(("above, before", "above, after"), order, strict=True)
        ]  # fmt: skip
    return rows, words


def entries(labels: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the legend of what is right and what is wrong, as `panels.legend`'s."""
    both = zip(WHO, labels, strict=True)
    return [{"who": who, "text": text, "slot": 0.54 * i, "place": 160 * i} for i, (who, text) in enumerate(both)]


@cache
def paired(seeds: int, titles: tuple[str, ...]) -> dict[str, Any]:
    """Return one or two measures of every seed, done right and done wrong, and their means.

    Datasets: "now" (low_0, high_0, low_1, high_1: the ends of the axes), "pairs" (part, lane, name, right, wrong) and
    "words" (part, lane, at, side, text, who), as `pairs` makes them, "legend" (text, who, slot, place).
    """
    # Room for the names, which are marks: an axis's labels are measured before the data is there.
    lanes = (("values", []), ("grid", False), ("domain", False), ("ticks", False), ("minExtent", NAME))
    sides = {
        "before": {"align": "right", "dx": -6}, "after": {"align": "left", "dx": 6},
        "above, before": {"align": "right", "baseline": "bottom", "dx": -5, "dy": -8},
        "above, after": {"align": "left", "baseline": "bottom", "dx": 5, "dy": -8},
    }  # fmt: skip
    layers = []
    for part, title in enumerate(titles):
        ends = tuple(alt.ExprRef(f"data('now')[0].{end}_{part}") for end in ("low", "high"))
        panel = Panel(
            bool(part), title, None, ends, (seeds + MEAN + 0.7, -0.6), alone=len(titles) == 1, y_ticks=lanes,
            x_ticks=(("tickCount", 5), ("labelFlush", True)),
        )  # fmt: skip
        own = f"datum.part == {part}"
        rows, words = (alt.Chart(data(name)).transform_filter(own) for name in ("pairs", "words"))
        y, right, wrong = panel.y("lane:Q"), panel.x("right:Q"), panel.x("wrong:Q")
        known = {name: rows.transform_filter(f"isValid(datum.{name})") for name in ("right", "wrong")}
        layers.append(alt.layer(
            alt.Chart(data("now")).mark_point(size=0, opacity=0),  # what no mark uses would be dropped
            rows.mark_rule(opacity=0.18).encode(
                alt.XValue(alt.ExprRef(panel.left)), alt.X2Value(alt.ExprRef(f"{panel.left} + {panel.width}")), y,
                color=_GRAY,
            ),
            known["right"].transform_filter("isValid(datum.wrong)").mark_rule(strokeWidth=2, opacity=0.6).encode(
                right, alt.X2("wrong"), y, color=_GRAY
            ),
            known["right"].mark_circle(size=58, opacity=1).encode(right, y, color=_GREEN),
            known["wrong"].mark_point(size=110, strokeWidth=2, opacity=1).encode(wrong, y, color=_RED),
            *(
                words.transform_filter(f"datum.side == '{side}'")
                .mark_text(**{"baseline": "middle", **mark})
                .encode(panel.x("at:Q"), y, text="text:N", color=colour("who"))
                for side, mark in sides.items()
            ),
            rows.mark_text(align="right", baseline="middle", dx=-6, fontSize=12).encode(
                alt.XValue(alt.ExprRef(panel.left)), y, text="name:N", color=_GRAY
            ),
            *(() if part else dots(panel, alt.Chart(data("legend")))),
        ))  # fmt: skip
    return finish(layers[0]) if len(titles) == 1 else panels.join(*layers)


def dots(panel: Panel, layer: alt.Chart) -> list[alt.Chart]:
    """Return a legend above a panel, a dot for what is right and a ring for what is wrong; `panels.legend`'s fields."""
    right, wrong = (layer.transform_filter(f"datum.who == '{who}'") for who in WHO)
    at = panel.above(f"({START} + 6)")
    return [
        right.mark_circle(size=58, opacity=1).encode(**at, color=_GREEN),
        wrong.mark_point(size=110, strokeWidth=2, opacity=1).encode(**at, color=_RED),
        panel.heading(layer, at=f"({START} + 17)").encode(color=colour("who")),
    ]


@cache
def watched(evaluations: int, x_title: str) -> dict[str, Any]:
    """Return validation loss and validation accuracy by evaluation, and what watching the one or the other returns.

    Datasets: "now" (top, low), "curves" (part, level, value), "marks" (part, level, value, who), "legend" (part, text,
    who, slot, place).
    """
    across, ticks = (-0.5, evaluations - 0.5), (("tickCount", 6), ("format", "d"))
    left = Panel(False, x_title, "validation loss (nats)", across, _FROM_0, x_ticks=ticks)
    least = (alt.ExprRef("data('now')[0].low"), 1.0)
    right = Panel(True, x_title, "validation accuracy", across, least, x_ticks=ticks, y_ticks=(("format", "%"),))
    layers = []
    for part, panel in enumerate((left, right)):
        curve, marks, entries = (
            alt.Chart(data(name)).transform_filter(f"datum.part == {part}") for name in ("curves", "marks", "legend")
        )
        x, y = panel.x("level:Q"), panel.y("value:Q")
        good, bad = (marks.transform_filter(f"datum.who == '{who}'") for who in WHO)
        layers.append(alt.layer(
            alt.Chart(data("now")).mark_point(size=0, opacity=0),
            marks.mark_rule(strokeWidth=1.25).encode(
                x, y, y2=alt.Y2Value(alt.ExprRef(panel.bottom)), color=colour("who")
            ),
            curve.mark_line().encode(x, y, color=_ORANGE),
            *(() if part else [beyond(panel, curve, "value", "0.9999 * data('now')[0].top").encode(x)]),
            good.mark_circle(size=58, opacity=1).encode(x, y, color=_GREEN),
            bad.mark_point(size=110, strokeWidth=2, opacity=1).encode(x, y, color=_RED),
            *dots(panel, entries),
        ))  # fmt: skip
    return panels.join(*layers)
