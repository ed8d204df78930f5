"""The pictures of dropout in practice: templates over named datasets, built once and filled by the page.

Rows name what the pointer picks by its "level": a pass, a way to train, or a cell of the map.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, TECHNIQUE, TRAIN, colour, curves, dash, data
from pages.ui.effect import cut, mean
from pages.ui.images import Pixel, png
from pages.ui.panels import START, Panel, legend
from pages.ui.scrub import HERE, between, columns, join, rules

WIDE = 16  # units of a block in a row: the rows then tell how large its layer is
BETWEEN = 7  # units of room between two blocks, at least
BELOW = 36  # pixels for the words below the blocks
SPLITS = {"train": "train_loss", "validation": "val_loss", "test": "test_loss"}
LIT, DARK = (19, 150, 136, 255), (128, 136, 148, 70)  # a picture has no theme colours: these two are seen on both

_GREEN, _GRAY, _BLUE = (alt.value(name) for name in (TECHNIQUE, BASELINE, TRAIN))
_BARE = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
_TOP = (0, alt.ExprRef("data('now')[0].top"))  # the top is data, so that one template serves every dataset


def _named(names: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    """Return the ticks of an axis of named places."""
    each = ", ".join(f"'{name}'" for name in names)
    return (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", False))


# ------------------------------------------------------------------ the mechanism


def block(kept: Sequence[bool]) -> dict[str, Any]:
    """Return a layer's units as a picture, a pixel each, with how many columns and rows it has.

    >>> found = block([True, False] * 20)
    >>> found["columns"], found["rows"]
    (16, 3)
    """
    across = min(WIDE, len(kept))
    pixels: list[Pixel] = [LIT if on else DARK for on in kept]
    pixels += [(0, 0, 0, 0)] * (-len(pixels) % across)
    lines = [pixels[at : at + across] for at in range(0, len(pixels), across)]
    return {"columns": across, "rows": len(lines), "url": png(lines)}


@cache
def layers(names: tuple[str, ...], largest: int) -> dict[str, Any]:
    """Return the layers drawn to scale at one pass; beside them how many units many passes keep.

    largest: units of the largest layer. Datasets: "now" (level), "levels", "blocks" (level, layer, url, columns, rows,
    text, share, base), "names" (layer, text), "passes" (level, text), "bins" (layer, from, to, base, top), "theory"
    (layer, base, mean, low, high), "legend" (text, who, slot, place).
    """
    count = len(names)
    left = Panel(False, None, None, (0, 1), (0, 1), x_ticks=_BARE, y_ticks=_BARE, split=0.58)
    room = f"(({left.bottom}) - ({left.top}) - {BELOW})"
    unit = f"min({left.width} / {count * WIDE + (count - 1) * BETWEEN}, {room} / {math.ceil(largest / WIDE)})"
    middle = f"({WIDE} * {unit} / 2 + datum.layer * ({left.width} - {WIDE} * {unit}) / {count - 1})"
    below = f"({left.bottom}) - {BELOW}"
    blocks = alt.Chart(data("blocks")).transform_filter(HERE)
    words = {"baseline": "top", "fontSize": 12}
    drawn = alt.layer(
        blocks.mark_image(
            align="center", baseline="middle", aspect=False, width=alt.ExprRef(f"datum.columns * {unit}"),
            height=alt.ExprRef(f"datum.rows * {unit}"),
        ).encode(
            x=alt.XValue(alt.ExprRef(middle)), y=alt.YValue(alt.ExprRef(f"{left.top} + {room} / 2")), url="url:N"
        ),
        alt.Chart(data("names")).mark_text(**words).encode(
            x=alt.XValue(alt.ExprRef(middle)), y=alt.YValue(alt.ExprRef(f"{below} + 6")), text="text:N", color=_GRAY
        ),
        blocks.mark_text(fontWeight=600, **words).encode(
            x=alt.XValue(alt.ExprRef(middle)), y=alt.YValue(alt.ExprRef(f"{below} + 21")), text="text:N", color=_GREEN
        ),
        left.heading(alt.Chart(data("passes")).transform_filter(HERE), fontWeight=600).encode(color=_GREEN),
    )  # fmt: skip
    right = Panel(
        True, "share of the layer's units that are active", None, (0, 1.1), (count - 0.4, -0.5), split=0.64,
        x_ticks=(("format", "%"), ("tickCount", 5)),
        y_ticks=(*_named(names), ("ticks", False), ("grid", False), ("labelFontSize", 11), ("labelPadding", 2)),
    )  # fmt: skip
    theory = alt.Chart(data("theory"))
    base = right.y("base:Q")
    histogram = alt.layer(
        alt.Chart(data("bins")).mark_rect(opacity=0.55)
        .encode(right.x("from:Q"), base, alt.X2("to"), alt.Y2("top"), color=_BLUE),
        theory.mark_rule(strokeWidth=1, opacity=0.5).encode(right.x("zero:Q"), base, alt.X2("one"), color=_GRAY),
        theory.mark_rule(strokeWidth=4, opacity=0.8).encode(right.x("low:Q"), base, alt.X2("high"), color=_GRAY),
        blocks.mark_circle(size=64, opacity=1).encode(right.x("share:Q"), base, color=_GREEN),
        *legend(right, alt.Chart(data("legend"))),
    )  # fmt: skip
    return join([drawn, histogram, columns(left)])


# ------------------------------------------------------------------ the effect


def _curves(panel: Panel) -> alt.LayerChart:
    """Return the training curves of what is shown, and of the baseline, under a heading for each.

    Datasets: "curves" (level, step, mean, low, high, split), "baseline" (the same), "headings" (level, text, who, slot,
    place).
    """
    across, up, low = panel.x("step:Q"), panel.y("mean:Q"), panel.y("low:Q")
    drawn = []
    for rows in (alt.Chart(data("baseline")), alt.Chart(data("curves")).transform_filter(HERE)):
        each = alt.Detail("split:N")
        drawn += [
            rows.mark_area(opacity=0.14).encode(across, low, alt.Y2("high"), colour("who"), each),
            rows.mark_line().encode(across, up, colour("who"), dash("split")),
        ]
    words = alt.Chart(data("headings")).transform_filter(HERE)
    return alt.layer(*drawn, panel.heading(words, at=START).encode(color=colour("who")))


def _steps(steps: int, unit: str) -> Panel:
    return Panel(True, "step", unit, (0, steps), _TOP, x_ticks=(("tickCount", 5), ("format", ",d")))


@cache
def ways(names: tuple[str, ...], steps: int, unit: str) -> dict[str, Any]:
    """Return train, validation and test loss of several ways to train; beside them the curves of one.

    Datasets: "now" (level, top), "levels", "points" (level, at, mean, low, high, who), "values" (level, text, who,
    slot, place), "outside" (level, at, who), and those of `_curves`. Means above the top are arrows.
    """
    left = Panel(False, "", unit, (-0.5, len(names) - 0.5), _TOP, x_ticks=_named(names))
    points = alt.Chart(data("points"))
    at, middle = left.x("at:Q"), left.y("mean:Q")
    arrow = {"shape": "triangle-up", "size": 60, "filled": True, "opacity": 1}
    losses = alt.layer(
        *rules(left),
        points.mark_rule(strokeWidth=6, opacity=0.28).encode(at, left.y("low:Q"), alt.Y2("high"), colour("who")),
        points.mark_circle(size=48, opacity=1).encode(at, middle, colour("who")),
        points.transform_filter(HERE).mark_circle(size=110, opacity=1).encode(at, middle, colour("who")),
        alt.Chart(data("outside")).mark_point(**arrow).encode(
            at, y=alt.YValue(alt.ExprRef(f"{left.top} + 6")), color=colour("who")
        ),
        *legend(left, alt.Chart(data("values")).transform_filter(HERE)),
    )  # fmt: skip
    return join([losses, _curves(_steps(steps, unit)), columns(left)])


@cache
def grid(inputs: tuple[str, ...], hidden: tuple[str, ...], steps: int, unit: str) -> dict[str, Any]:
    """Return a map of the validation loss by input rate and hidden rate; beside it the curves of one cell.

    Datasets: "now" (level, top), "cells" (level, column, row, share, who, text, best), "values" (level, text), and
    those of `_curves`. Share: how far a cell is from the one without dropout; who: "technique" below it, "baseline";
    best: 1 at the lowest, else 0.
    """
    left = Panel(
        False, "rate of the hidden layers", "rate of the inputs", (-0.5, len(hidden) - 0.5), (-0.5, len(inputs) - 0.5),
        x_ticks=(*_named(hidden), ("ticks", False)), y_ticks=(*_named(inputs), ("ticks", False), ("grid", False)),
    )  # fmt: skip
    cells = alt.Chart(data("cells")).transform_calculate(
        a="datum.column - 0.5", b="datum.column + 0.5", c="datum.row - 0.5", d="datum.row + 0.5"
    )
    box = (left.x("a:Q"), left.y("c:Q"), alt.X2("b"), alt.Y2("d"))
    hover = alt.selection_point(name="hover", fields=["level"], on="pointermove", clear="pointerout", empty=False)
    pin = alt.selection_point(name="pin", fields=["level"], on="click", clear="pointerout", empty=False)
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.34]), legend=None)
    frame = {"filled": False, "cornerRadius": 2}
    pinned = cells.transform_filter("datum.level == data('now')[0].level")
    table = alt.layer(
        cells.mark_rect(cornerRadius=2).encode(*box, shade, colour("who")),
        pinned.mark_rect(strokeWidth=2, opacity=0.4, **frame).encode(*box, color=_GREEN),
        cells.transform_filter(HERE).mark_rect(strokeWidth=2.5, **frame).encode(*box, color=_GREEN),
        *(
            cells.transform_filter(f"datum.best == {best}")
            .mark_text(fontSize=12.5 + best, fontWeight=500 + 200 * best, baseline="middle")
            .encode(left.x("column:Q"), left.y("row:Q"), text="text:N", color=ink)
            for best, ink in enumerate((_GRAY, _GREEN))
        ),
        left.heading(alt.Chart(data("values")).transform_filter(HERE), fontWeight=600).encode(color=_GREEN),
        cells.mark_rect(opacity=0, cursor="pointer").encode(*box).add_params(hover, pin),
    )
    return join([table, _curves(_steps(steps, unit))])


# ------------------------------------------------------------------ the rows of runs


AS_BASELINE = ("baseline", "technique")  # the first way, and the others
AS_MISTAKE = ("technique", "mistake")


def curve_rows(
    trained: Sequence[tuple[Any, int]], titles: Sequence[str], top: float, roles: tuple[str, str] = AS_BASELINE
) -> dict[str, Any]:
    """Return the datasets of the training curves, and of the headings that say where one ends above the axis."""
    every, ends = [], []
    for level, (run, k) in enumerate(trained):
        who = roles[min(level, 1)]
        end = mean(run.kept("val_loss")[k].tolist())
        ends.append(f" ▲ {end:.2f}" if end is not None and end > top else "")
        lines = [(k, split, who, f"{level}{split}") for split in ("validation", "train")]
        rows = curves(run, lines, x_max=float(run.steps[-1]), y_max=top)["curves"]
        every += [{**row, "level": level} for row in cut(rows, top)]
    first = [row for row in every if not row["level"]]
    return {
        "curves": [row for row in every if row["level"]] or first,
        "baseline": first,
        "headings": [
            row for level, (title, end) in enumerate(zip(titles, ends, strict=True)) for row in (
                {"level": level, "text": titles[0], "who": roles[0], "slot": 0.0, "place": 0},
                {"level": level, "text": title + end if level else "", "who": roles[1], "slot": 0.3, "place": 100},
            )
        ],
    }  # fmt: skip


def way_rows(
    trained: Sequence[tuple[Any, int]], titles: Sequence[str], now: int, top: float, roles: tuple[str, str]
) -> dict[str, Any]:
    """Return the datasets of `ways`; trained: a run, finished or not, and the number of its setting."""
    points, values, outside = [], [], []
    for level, (run, k) in enumerate(trained):
        for number, (split, name) in enumerate(SPLITS.items()):
            losses = run.kept(name)[k].tolist()
            middle, seen = mean(losses), [min(v, top) for v in losses if math.isfinite(v)]
            at = level + 0.22 * (number - 1)
            if middle is not None and middle > top:
                outside.append({"level": level, "at": at, "who": split})
            points.append({
                "level": level, "at": at, "who": split, "mean": middle if middle is None or middle <= top else None,
                "low": min(seen, default=None), "high": max(seen, default=None),
            })  # fmt: skip
            ends = "diverged" if run.diverged[k].all() else "…"
            text = f"{split} {ends if middle is None else f'{middle:.3f}'}"
            values.append({"level": level, "text": text, "who": split, "slot": (0.0, 0.32, 0.72)[number],
                           "place": (0, 95, 218)[number]})  # fmt: skip
    return {
        "now": [{"level": now, "top": top}],
        "levels": between([(i + 0.5) / len(titles) for i in range(len(titles))]),
        "points": points, "values": values,
        "outside": outside or [{"level": None, "at": None, "who": "test"}],
        **curve_rows(trained, titles, top, roles),
    }  # fmt: skip
