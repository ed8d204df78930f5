"""The pictures of dropout in practice, each one block: its template, its rows, and its words.

A level is a pass, a way to train, or a cell of the map.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, effect
from pages.ui.cache import cached_of
from pages.ui.charts import colour, curves, dash, data
from pages.ui.drawing import Picture
from pages.ui.effect import classes, cut, leaving, loss_unit, mean
from pages.ui.images import Pixel, png
from pages.ui.levels import (
    BLUE,
    GRAY,
    GREEN,
    TOP,
    Entry,
    Levels,
    Row,
    Ticks,
    edge,
    entries_by_level,
    even,
    legend,
    marked,
)
from pages.ui.panels import Panel, beyond, how_many_left, symbols
from pages.ui.scrub import HERE, between, columns, join
from pages.ui.seeds import average, band, counted, lowest
from pages.ui.words import listed

from reglab import dropout_in_practice
from reglab.dropout_in_practice import Thinned
from reglab.engine.run import Run

LAYERS, ADVICE, _ = dropout_in_practice.reference()
PLACES = ("input", "hidden 1", "hidden 2", "hidden 3", "output")
PASSES, MANY = 40, 400  # drawn, and counted
PASS = even("pass", tuple(float(number + 1) for number in range(PASSES)), "pass")
INPUT = (0.0, 0.1, 0.2, 0.3, 0.5)  # rates of the map
HIDDEN = (0.0, 0.1, 0.3, 0.5, 0.7)
PAIRS = tuple((of_inputs, of_hidden) for of_inputs in INPUT for of_hidden in HIDDEN)
CELLS = even(
    ("input_rate", "hidden"), PAIRS, "", [f"input {a:g}, hidden {b:g}" if a or b else "no dropout" for a, b in PAIRS]
)
SPLITS = {"train": "train_loss", "validation": "val_loss", "test": "test_loss"}
LOSS = "loss (nats)"
LIT, DARK = (19, 150, 136, 255), (128, 136, 148, 70)  # a picture has no theme colours: these two are seen on both
WIDE = 16  # units of a block in a row: the rows then tell how large its layer is
BETWEEN = 7  # units of room between two blocks, at least
BELOW = 36  # pixels for the words below the blocks
UNMARKED: Ticks = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
AS_BASELINE = ("baseline", "technique")  # the first way to train, and the others
AS_MISTAKE = ("technique", "mistake")
VERDICTS = {"better": "technique", "worse": "mistake"}  # what a cell of the map is drawn as; any other as "baseline"
INK = alt.ColorValue("currentColor")


def _named(names: Sequence[str]) -> Ticks:
    """Return the ticks of an axis of named places, all of which are written; "|" in a name begins a second line."""
    each = ", ".join(f"'{name}'" for name in names)
    label = f"split([{each}][datum.value], '|')"
    return (("values", list(range(len(names)))), ("labelExpr", label), ("labelOverlap", False))


# ------------------------------------------------------------------ the units of one pass


@cache
def _layers() -> dict[str, Any]:
    count = len(LAYERS)
    left = Panel(False, None, None, (0, 1), (0, 1), x_ticks=UNMARKED, y_ticks=UNMARKED, split=0.58)
    room = f"(({left.bottom}) - ({left.top}) - {BELOW})"
    unit = f"min({left.width} / {count * WIDE + (count - 1) * BETWEEN}, {room} / {math.ceil(max(LAYERS) / WIDE)})"
    middle = f"({WIDE} * {unit} / 2 + datum.layer * ({left.width} - {WIDE} * {unit}) / {count - 1})"
    x, below = alt.XValue(alt.ExprRef(middle)), f"({left.bottom}) - {BELOW}"
    centre, first_line, second_line = (
        alt.YValue(alt.ExprRef(place)) for place in (f"{left.top} + {room} / 2", f"{below} + 6", f"{below} + 21")
    )
    size: dict[str, Any] = {
        "width": alt.ExprRef(f"datum.columns * {unit}"),
        "height": alt.ExprRef(f"datum.rows * {unit}"),
    }
    words: dict[str, Any] = {"baseline": "top", "fontSize": 12}
    blocks, names = alt.Chart(data("blocks")).transform_filter(HERE), alt.Chart(data("names"))
    units = alt.layer(
        blocks.mark_image(align="center", baseline="middle", aspect=False, **size).encode(
            x, centre, url=alt.Url("url:N")
        ),
        names.mark_text(**words).encode(x, first_line, text=alt.Text("text:N"), color=GRAY),
        blocks.mark_text(fontWeight=600, **words).encode(x, second_line, text=alt.Text("text:N"), color=GREEN),
        PASS.heading(left, "passes"),
    )

    title, percent = "share of the layer's units that are active", (("format", "%"), ("tickCount", 5))
    ticks = (*_named(PLACES), ("ticks", False), ("grid", False), ("labelFontSize", 11), ("labelPadding", 2))
    right = Panel(True, title, None, (0, 1.1), (count - 0.4, -0.5), x_ticks=percent, y_ticks=ticks, split=0.64)
    bins, theory, base = alt.Chart(data("bins")), alt.Chart(data("theory")), right.y("base:Q")
    start, end = right.x("from:Q"), alt.X2("to")
    shares = alt.layer(
        bins.mark_rect(opacity=0.55).encode(start, base, end, alt.Y2("top"), color=BLUE),
        theory.mark_rule(strokeWidth=1, opacity=0.5).encode(right.x("zero:Q"), base, alt.X2("one"), color=GRAY),
        theory.mark_rule(strokeWidth=4, opacity=0.8).encode(right.x("low:Q"), base, alt.X2("high"), color=GRAY),
        blocks.mark_circle(size=64, opacity=1).encode(right.x("share:Q"), base, color=GREEN),
        *symbols(right, alt.Chart(data("legend"))),
    )
    return join([units, shares, columns(left)])


@cached_of(16)
def layers(thinned: Thinned) -> Picture:
    """Return the layers drawn to scale at one pass; beside them how many units many passes keep."""
    active, weights = thinned.active.tolist(), dropout_in_practice.active_weights(LAYERS, thinned.active).tolist()
    mean_units, deviation = dropout_in_practice.expected_active(LAYERS, thinned.rates)
    shares = [f"{100 * share:.0f} % of the weights" for share in weights[:PASSES]]
    rows: dict[str, list[Row]] = {
        "levels": between([(number + 0.5) / PASSES for number in range(PASSES)]),
        "blocks": [
            {
                "level": number,
                "layer": layer,
                "text": f"{active[number][layer]} of {size}",
                "base": layer + 0.35,
                "share": active[number][layer] / size,
                **block(mask[number].tolist()),
            }
            for number in range(PASSES)
            for layer, (size, mask) in enumerate(zip(LAYERS, thinned.masks, strict=True))
        ],
        "names": [{"layer": layer, "text": name} for layer, name in enumerate(PLACES)],
        "passes": [
            {"level": number, "text": f"pass {number + 1}: {sum(units)} of {sum(LAYERS)} units, {share}"}
            for number, (units, share) in enumerate(zip(active, shares, strict=False))
        ],
        "bins": [row for layer, units in enumerate(zip(*active, strict=True)) for row in _bins(layer, units)],
        "theory": [
            {"layer": i, "base": i + 0.35, "zero": 0, "one": 1, "low": (m - sd) / size, "high": (m + sd) / size}
            for i, (size, m, sd) in enumerate(zip(LAYERS, mean_units.tolist(), deviation.tolist(), strict=True))
        ],
        "legend": marked(
            (f"{MANY} passes", "train", "area"),
            ("this pass", "technique", "dot"),
            ("theory, sd", "baseline", "line"),
            gap=10,  # else the narrow panel would cut the last one
        ),
    }
    all_units = listed([str(size) for size in LAYERS])
    return Picture(
        _layers(),
        {name: charts.table(each) for name, each in rows.items()},
        alt="Left: five layers, each a block with one pixel per unit, lit where a training pass keeps it. "
        "Right: for each layer a histogram of the share of active units over many passes, with theory's mean.",
        now=[
            f"Pass {number}: {listed([str(unit) for unit in units])} units active of {all_units}, {share}."
            for number, (units, share) in enumerate(zip(active, shares, strict=False), 1)
        ],
        levels=PASS,
    )


def block(mask: Sequence[bool]) -> Row:
    """Return a layer's units as a picture, a pixel each, with how many columns and rows it has.

    >>> drawn = block([True, False] * 20)
    >>> drawn["columns"], drawn["rows"]
    (16, 3)
    """
    across = min(WIDE, len(mask))
    pixels: list[Pixel] = [LIT if on else DARK for on in mask]
    pixels += [(0, 0, 0, 0)] * (-len(pixels) % across)
    lines = [pixels[at : at + across] for at in range(0, len(pixels), across)]
    return {"columns": across, "rows": len(lines), "url": png(lines)}


def _bins(layer: int, active: Sequence[int]) -> list[Row]:
    """Return the bars of how many units of a layer passes keep, the highest as high as a layer's row."""
    size = LAYERS[layer]
    width = max(1, round(size / 100))  # units
    seen = Counter(units // width for units in active)
    return [
        {
            "layer": layer,
            "from": max((k * width - 0.5) / size, 0),
            "to": min(((k + 1) * width - 0.5) / size, 1.05),
            "base": layer + 0.35,
            "top": layer + 0.35 - 0.78 * times / max(seen.values()),
        }
        for k, times in sorted(seen.items())
    ]


def rows_by_pass(thinned: Thinned, draws: str) -> list[Row]:
    """Return how many units every pass keeps of every layer, to download; draws: what they are drawn from."""
    mean_units, deviation = (each.tolist() for each in dropout_in_practice.expected_active(LAYERS, thinned.rates))
    return [
        {
            "draws": draws,
            "pass": number,
            "layer": place,
            "rate": rate,
            "units": size,
            "active_units": units,
            "expected_active_units": expected,
            "standard_deviation_by_theory": sd,
        }
        for number, active in enumerate(thinned.active.tolist(), 1)
        for place, rate, size, units, expected, sd in zip(
            PLACES, thinned.rates, LAYERS, active, mean_units, deviation, strict=True
        )
    ]


def rows_by_unit(thinned: Thinned, draws: str) -> list[Row]:
    """Return whether the passes that are drawn keep a unit, to download."""
    return [
        {"draws": draws, "pass": number + 1, "layer": place, "unit": unit, "kept": on}
        for number in range(PASSES)
        for place, mask in zip(PLACES, thinned.masks, strict=True)
        for unit, on in enumerate(mask[number].tolist(), 1)
    ]


# ------------------------------------------------------------------ ways to train


@dataclass(frozen=True, eq=False)
class Way:
    """A way to train: what it is called, and the networks trained so, one setting of a run, finished or not."""

    title: str
    run: Run
    setting: int

    def losses(self, kind: str = "val_loss") -> list[float]:
        """Return the loss that the networks are kept with, by seed."""
        return effect.outcomes(self.run, kind)[self.setting]


def top_of(ways: Sequence[Way], level: int, live: bool) -> float:
    """Return the top of the loss axis: above the losses of the first way and of the one that is set, and above what
    half of them come to; of the curve of the one that is set, from the middle of the training on.
    """
    run = ways[0].run
    if live:
        return charts.loss_ceiling(classes(run), run.n_train)
    seen = sorted(loss for way in ways if math.isfinite(loss := average(way.losses())))
    if not seen:
        return 1.0
    shown = ways[level]
    ends = [average(way.losses(kind)) for kind in ("val_loss", "test_loss") for way in (ways[0], shown)]
    curve = shown.run.val_loss[shown.setting, :, len(shown.run.steps) // 2 :]
    late = [average(values) for values in curve.T.tolist()]
    return charts.ceiling([*(1.2 * end for end in [*ends, seen[len(seen) // 2]]), *late])


def _curves(steps: int, unit: str = LOSS) -> Any:
    """Return a panel of the training curves of what is shown, and of the first way; its rows are `_curve_rows`."""
    panel = Panel(True, "step", unit, (0, steps), (0, TOP), x_ticks=(("tickCount", 5), ("format", ",d")))
    across, up, low = panel.x("step:Q"), panel.y("mean:Q"), panel.y("low:Q")
    outer = alt.Chart(data("leaving")).transform_filter(f"datum.level == 0 || {HERE}")
    return alt.layer(
        *(
            mark
            for rows in (alt.Chart(data("first")), alt.Chart(data("curves")).transform_filter(HERE))
            for mark in (
                rows.mark_area(opacity=0.14).encode(across, low, alt.Y2("high"), colour("who"), alt.Detail("split:N")),
                rows.mark_line().encode(across, up, colour("who"), dash("split")),
            )
        ),
        beyond(panel, outer, across="step").encode(across),
        *legend(panel, "headings", here=True, line=False),
    )


def _curve_rows(ways: Sequence[Way], top: float, roles: tuple[str, str]) -> dict[str, list[Row]]:
    """Return the rows of the training curves, and of the headings, which say where one ends above the axis."""
    every: list[Row] = []
    whole: list[Row] = []
    headings = []
    for level, way in enumerate(ways):
        who, end = roles[min(level, 1)], average(way.losses())
        lines = [(way.setting, split, who, f"{level}{split}") for split in ("validation", "train")]
        drawn = curves(way.run, lines, x_max=float(way.run.steps[-1]), y_max=top)["curves"]
        every += [{**row, "level": level} for row in cut(drawn, top)]
        whole += [{**row, "level": level} for row in drawn]
        heading = f"{way.title} ▲ {end:.2f}" if end > top else way.title
        headings.append([(ways[0].title, roles[0]), *([(heading, who)] if level else [])])
    first = [row for row in every if not row["level"]]
    return {
        "curves": [row for row in every if row["level"]] or first,
        "first": first,
        "leaving": leaving(whole, top),
        "headings": entries_by_level(headings, line=False),
    }


@cache
def _ways(levels: Levels, steps: int, unit: str = LOSS) -> dict[str, Any]:
    left = Panel(False, "", unit, (-0.5, len(levels.names) - 0.5), (0, TOP), x_ticks=_named(levels.names))
    points, outside = alt.Chart(data("points")), alt.Chart(data("outside"))
    at, middle = left.x("at:Q"), left.y("mean:Q")
    losses = levels.scrubbed(
        left,
        points.mark_rule(strokeWidth=6, opacity=0.28).encode(at, left.y("low:Q"), alt.Y2("high"), colour("who")),
        points.mark_circle(size=48, opacity=1).encode(at, middle, colour("who")),
        points.transform_filter(HERE).mark_circle(size=110, opacity=1).encode(at, middle, colour("who")),
        edge(left, outside, "high").encode(at, colour("who")),
        how_many_left(left, alt.Chart(data("gone"))).encode(left.x("at:Q")),
        *legend(left, here=True),
    )
    return join([losses, _curves(steps, unit)])


def ways(
    levels: Levels, each: Sequence[Way], level: int, *, live: bool = False, roles: tuple[str, str] = AS_BASELINE
) -> Picture:
    """Return train, validation and test loss of several ways to train; beside them the curves of one.

    each: those trained so far, as many of the levels. level: the one that is set. roles: of the first and the others.
    """
    top = top_of(each, level, live)
    points, outside, gone = [], [], list[Row]()
    texts: list[list[Entry]] = [[] for _ in each]
    for i, way in enumerate(each):
        lost, count = int(way.run.diverged[way.setting].sum()), len(way.run.seeds)
        gone += [{"level": i, "at": i, "who": "all", **effect.seeds_left(count - lost, count)}] if lost else []
        for number, (split, kind) in enumerate(SPLITS.items()):
            losses = way.losses(kind)
            middle, at = mean(losses), i + 0.22 * (number - 1)
            inside = band([min(loss, top) for loss in losses if math.isfinite(loss)])  # no mark of a panel is clipped
            if max((loss for loss in losses if math.isfinite(loss)), default=0.0) > top:  # the mean, or a seed's
                outside.append({"level": i, "at": at, "who": split})
            drawn = None if middle is None or middle > top else middle
            points.append({"level": i, "at": at, "who": split, **inside, "mean": drawn})
            ends = "diverged" if way.run.diverged[way.setting].all() else "…"
            texts[i].append((f"{split} {ends if middle is None else f'{middle:.3f}'}", split))
    return Picture(
        _ways(levels, each[0].run.training.max_steps, loss_unit(each[0].run)),
        {
            "levels": levels.columns()[: len(each)],
            "points": points,
            "legend": entries_by_level(texts),
            "outside": outside or [{"level": None, "at": None, "who": "test"}],
            "gone": gone or [{"level": None, "at": None, "who": "none", "seeds": None}],
            **_curve_rows(each, top, roles),
        },
        alt="Left: train, validation and test loss of several ways to train, mean and range over the seeds. "
        "Right: training curves of one of them, and of the first.",
        now=[
            f"{way.title}: {', '.join(text for text, _ in entries)}." for way, entries in zip(each, texts, strict=True)
        ],
        levels=levels,
        top=top,
    )


def history(each: Sequence[Way], columns_of: Sequence[Row]) -> list[Row]:
    """Return the numbers of the curves, a row for each way, seed and evaluation, to download; the last are those of
    the points. columns_of: what each way is called, by column.
    """
    measures = (*SPLITS.values(), "val_accuracy", "test_accuracy")
    return [
        {
            "dataset": way.run.dataset,
            "n_train": way.run.n_train,
            **more,
            "seed": seed,
            "step": step,
            **{name: float(getattr(way.run, name)[way.setting, j, at]) for name in measures},
        }
        for more, way in zip(columns_of, each, strict=True)
        for j, seed in enumerate(way.run.seeds)
        for at, step in enumerate(way.run.steps.tolist())
    ]


# ------------------------------------------------------------------ the map of two rates


@cache
def _grid(steps: int, unit: str = LOSS) -> dict[str, Any]:
    unmarked: Ticks = (("ticks", False), ("grid", False))
    inputs, hidden = (_named([f"{rate:g}" for rate in rates]) for rates in (INPUT, HIDDEN))
    ends = (-0.5, len(HIDDEN) - 0.5), (-0.5, len(INPUT) - 0.5)
    titles, ticks = ("rate of the hidden layers", "rate of the inputs"), (*hidden, unmarked[0])
    left = Panel(False, *titles, *ends, x_ticks=ticks, y_ticks=(*inputs, *unmarked))
    cells = alt.Chart(data("cells")).transform_calculate(
        a="datum.column - 0.5", b="datum.column + 0.5", c="datum.row - 0.5", d="datum.row + 0.5"
    )
    box = (left.x("a:Q"), left.y("c:Q"), alt.X2("b"), alt.Y2("d"))
    hover, pin = (
        alt.selection_point(name=name, fields=["level"], on=on, clear="pointerout", empty=False)
        for name, on in (("hover", "pointermove"), ("pin", "click"))
    )
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.34]), legend=None)
    outline: dict[str, Any] = {"filled": False, "cornerRadius": 2}
    medium: dict[str, Any] = {"fontSize": 12.5, "fontWeight": 500}
    bold: dict[str, Any] = {"fontSize": 13.5, "fontWeight": 700}
    pinned = cells.transform_filter("datum.level == data('now')[0].level")
    table = alt.layer(
        cells.mark_rect(cornerRadius=2).encode(*box, shade, colour("who")),
        # In the colour of the text: green, red and gray are verdicts.
        pinned.mark_rect(strokeWidth=2, opacity=0.4, **outline).encode(*box, color=INK),
        cells.transform_filter(HERE).mark_rect(strokeWidth=2.5, **outline).encode(*box, color=INK),
        *(
            cells.transform_filter(f"datum.best == {best}")
            .mark_text(baseline="middle", **mark)
            .encode(left.x("column:Q"), left.y("row:Q"), text=alt.Text("text:N"), color=ink)
            for best, ink, mark in ((0, GRAY, medium), (1, GREEN, bold))
        ),
        CELLS.heading(left, "values"),
        cells.mark_rect(opacity=0, cursor="pointer").encode(*box).add_params(hover, pin),
    )
    return join([table, _curves(steps, unit)])


def grid(each: Sequence[Way], level: int, verdicts: Sequence[str] = ()) -> Picture:
    """Return a map of the validation loss by input rate and hidden rate; beside it the curves of one cell.

    verdicts: of each against no dropout, "better", "worse" or "none"; there are none while they train. A cell that is
    better or worse is the darker, the farther its loss is from the one without dropout, as a share of the farthest.
    """
    live = not verdicts
    top = top_of(each, level, live)
    losses = {split: [mean(way.losses(kind)) for way in each] for split, kind in SPLITS.items()}
    means, best = losses["validation"], lowest([way.losses() for way in each])
    far = [0.0 if means[0] is None or m is None else math.log(m / means[0]) for m in means]
    roles = [VERDICTS.get(verdict, "baseline") for verdict in verdicts or [""] * len(each)]
    farthest = {
        role: max([abs(a) for a, b in zip(far, roles, strict=True) if b == role], default=0) or 1 for role in set(roles)
    }
    said = [
        ", ".join(
            f"{split} {'…' if (value := values[k]) is None else f'{value:.3f}'}" for split, values in losses.items()
        )
        for k in range(len(each))
    ]
    return Picture(
        _grid(each[0].run.training.max_steps, loss_unit(each[0].run)),
        {
            "cells": [
                {
                    "level": k,
                    "row": k // len(HIDDEN),
                    "column": k % len(HIDDEN),
                    "share": 0.0 if roles[k] == "baseline" else 0.25 + 0.75 * abs(far[k]) / farthest[roles[k]],
                    "who": roles[k],
                    "best": int(not live and k == best),
                    "text": "…" if loss is None else f"{loss:.3f}{'' if live else counted(each[k].losses())}",
                }
                for k, loss in enumerate(means)
            ],
            "values": [{"level": k, "text": text} for k, text in enumerate(said)],
            **_curve_rows(each, top, AS_BASELINE),
        },
        alt="Left: a map of the validation loss, the rate of the inputs against the rate of the hidden layers. "
        "Right: training curves at one pair of rates, and without dropout.",
        now=[f"{f'At {way.title}' if k else 'No dropout'}: {said[k]}." for k, way in enumerate(each)],
        levels=CELLS,
        top=top,
    )
