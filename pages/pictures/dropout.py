"""The pictures of dropout, each one block: its template, its rows, and its words.

A level is a pass, a rate, or a number of training rows.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import altair as alt

from pages.ui import charts, effect, words
from pages.ui.cache import cached_of
from pages.ui.charts import HALO, VALIDATION, Rows, colour, data, unpacked
from pages.ui.drawing import Picture
from pages.ui.effect import POINT, cut, gone_rows, leaving, outcomes, top_of_axis
from pages.ui.images import Pixel, png
from pages.ui.levels import (
    BLUE,
    GRAY,
    GREEN,
    TOP,
    Levels,
    Row,
    Ticks,
    entries,
    entries_by_level,
    even,
    legend,
    marked,
    span,
)
from pages.ui.panels import Panel, beyond, how_many_left, symbols
from pages.ui.panels import join as still
from pages.ui.right_wrong import PERCENT
from pages.ui.scrub import HERE, Part, between, columns, join, rules
from pages.ui.seeds import average, band
from pages.ui.words import signed

from reglab.engine.run import Run
from reglab.experiments import Adaptation, FivePasses, Passes, PassSpread, Uncertainty, data_of, kept_by_patience

RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
RATE = even("rate", RATES, "dropout rate p", margin=0.5)
PASSES = 40  # drawn
PASS = even("pass", tuple(float(number + 1) for number in range(PASSES)), "pass")
# What a line shows, by its style; and the two training losses, the validation loss and the test loss, each with its
# colour, its name in a run, and its short name above a panel.
KINDS: dict[str, Any] = {"logged": [1.5, 3.5], "clean": [6, 3], "validation": [1, 0], "stopped": [6, 3]}
LOSSES = {
    "logged": ("train", "train_objective", "logged"),
    "clean": ("train", "train_loss", "clean"),
    "validation": ("validation", "val_loss", "val."),
    "test": ("test", "test_loss", "test"),
}
DRAWN = ("logged", "clean", "validation")  # over the training
LOW: Any = alt.ExprRef("data('now')[0].low")
TOP_VARIANCE: Any = alt.ExprRef("data('now')[0].top_variance")
TOP_SHARE: Any = alt.ExprRef("data('now')[0].share")
ORANGE = alt.ColorValue(VALIDATION)
TINTS = {"prediction": (110, 118, 130), "spread": (19, 150, 136)}  # of the maps
CONVENTIONS = ("inverted", "classic")
PATIENCE = 3  # evaluations
UNMARKED: Ticks = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
UNITS: Ticks = (("values", [1, 2, 3, 4, 5]), ("format", "d"))

Entry = tuple[str, str, str]  # of a legend: a text, its role and its kind


def named(level: int) -> str:
    """Return a rate as a heading.

    >>> named(0), named(3)
    ('without dropout', 'p 0.3')
    """
    return f"p {RATE.names[level]}" if level else "without dropout"


def headings(texts: Sequence[str]) -> list[Row]:
    """Return the rows of a heading: a text for each level."""
    return [{"level": level, "text": text} for level, text in enumerate(texts)]


def _kind() -> alt.StrokeDash:
    return alt.StrokeDash("kind:N", scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values())), legend=None)


def _kinds(each: Sequence[Sequence[Entry]]) -> list[Row]:
    """Return the rows of a legend whose lines have a colour ("who") and a style ("kind"), for each level."""
    placed = entries_by_level([[(text, who) for text, who, _ in at_level] for at_level in each])
    kinds = [kind for at_level in each for _, _, kind in at_level]
    return [{**row, "kind": kind} for row, kind in zip(placed, kinds, strict=True)]


# ------------------------------------------------------------------ a network, pass by pass


@cache
def _network(units: int) -> dict[str, Any]:
    place = f"shown * {units} + datum.unit"
    is_lit = f"substring(data('now')[0].kept, {place}, {place} + 1) == '1'"
    left = Panel(False, None, None, (-0.34, 2.1), (0, 1), x_ticks=UNMARKED, y_ticks=UNMARKED, split=0.5)
    edges, circles, ends = (alt.Chart(data(name)) for name in ("edges", "units", "ends"))
    x, y = left.x("x:Q"), left.y("y:Q")
    line = (x, y, alt.X2("x2"), alt.Y2("y2"))
    width = alt.Size("size:Q", scale=alt.Scale(domain=[0, 1], range=[0.2, 3]), legend=None)
    dark, lit = circles.transform_filter(f"!({is_lit})"), circles.transform_filter(is_lit)
    cross: dict[str, Any] = {"shape": "cross", "size": 60, "angle": 45}
    drawn = alt.layer(
        edges.transform_filter(f"!({is_lit})").mark_rule(opacity=0.1, strokeWidth=0.8).encode(*line, color=GRAY),
        edges.transform_filter(is_lit).mark_rule(opacity=0.6).encode(*line, width, color=GREEN),
        ends.mark_circle(size=70, opacity=1).encode(x, y, color=GRAY),
        ends.mark_text(align="right", dx=-9, fontSize=11).encode(x, y, text=alt.Text("name:N"), color=GRAY),
        dark.mark_point(size=190, filled=True, opacity=0.45).encode(x, y, color=GRAY),
        dark.mark_point(filled=True, opacity=1, **cross).encode(x, y, color=GRAY),
        lit.mark_point(size=190, filled=True, opacity=1).encode(x, y, color=GREEN),
        PASS.heading(left, "passes"),
    )

    right = Panel(True, "pass", "output", (0, PASSES + 1), (LOW, TOP), x_ticks=(("tickCount", 5),), split=0.58)
    every, now = (alt.Chart(data(name)).transform_calculate(at="datum.level + 1") for name in ("passes", "now"))
    here, theory = every.transform_filter(HERE), alt.Chart(data("theory"))
    at, value, all_along = right.x("at:Q"), right.y("output:Q"), (right.x("x:Q"), alt.X2("x2"))
    outputs = alt.layer(
        theory.mark_rect(opacity=0.14).encode(*all_along, right.y("low:Q"), alt.Y2("high"), color=GRAY),
        theory.mark_rule(strokeWidth=2).encode(*all_along, right.y("value:Q"), color=GRAY),
        now.mark_rule(strokeWidth=2, opacity=0.35).encode(at, **span(right), color=GREEN),
        here.mark_rule(strokeWidth=2).encode(at, **span(right), color=GREEN),
        every.mark_circle(size=34, opacity=0.7).encode(at, value, color=BLUE),
        every.mark_line(strokeWidth=2.25).encode(at, right.y("mean:Q"), color=GREEN),
        here.mark_circle(size=110, opacity=1).encode(at, value, color=BLUE),
        *symbols(right, alt.Chart(data("legend"))),
    )
    return join([drawn, outputs, columns(right)])


@cached_of(16)
def network(drawn: Passes, run: Run, level: int) -> Picture:
    """Return a drawn network at one pass; beside it the output of every pass, their mean so far, and theory.

    level: of the rate that the network was trained with.
    """
    masks, outputs, units = drawn.mask.tolist(), drawn.outputs.tolist(), drawn.mask.shape[1]
    means = [average(outputs[: i + 1]) for i in range(PASSES)]
    low, high = drawn.evaluation - drawn.deviation, drawn.evaluation + drawn.deviation
    ends = (*outputs, low, high, drawn.evaluation)
    room = 0.1 * (max(ends) - min(ends)) or 0.5
    texts = [f"pass {i + 1}: {units - sum(row)} of {units} units dark" for i, row in enumerate(masks)]
    return Picture(
        _network(units),
        {
            "levels": between([(i + 1) / (PASSES + 1) for i in range(PASSES)]),
            **_network_rows(run, level),
            "passes": [
                {"level": i, "output": output, "mean": mean, "text": text}
                for i, (output, mean, text) in enumerate(zip(outputs, means, texts, strict=True))
            ],
            "theory": [{"x": 0, "x2": PASSES + 1, "value": drawn.evaluation, "low": low, "high": high}],
            "legend": marked(
                ("a pass", "train", "dot"), ("mean", "technique", "line"), ("evaluation, sd", "baseline", "line")
            ),
        },
        alt="Left: a network whose hidden units are lit or dark in one training pass. Right: the output of every "
        "pass, their mean so far, and the output in evaluation with the spread that theory gives.",
        now=[
            f"{text}, output {signed(output)}, mean so far {signed(mean)}, evaluation {signed(drawn.evaluation)}."
            for text, output, mean in zip(texts, outputs, means, strict=True)
        ],
        levels=PASS,
        top=max(ends) + room,
        beside={"low": min(ends) - room, "kept": "".join("1" if on else "0" for row in masks for on in row)},
    )


def _network_rows(run: Run, level: int) -> dict[str, list[Row]]:
    """Return where the network's units, names and edges are drawn, from its weights."""
    names = run.feature_names
    into, out = run.weights(0)[level, 0].tolist(), run.weights(1)[level, 0, :, 0].tolist()
    widest = max(abs(w) for row in into for w in row) or 1.0, max(map(abs, out)) or 1.0

    def height(i: int, of: Sequence[Any]) -> float:
        return 1 - (i + 0.5) / len(of)

    edges = [
        {"x": 0.0, "x2": 1.0, "y": height(i, names), "y2": height(u, out), "unit": u, "size": abs(w) / widest[0]}
        for i, row in enumerate(into)
        for u, w in enumerate(row)
    ]
    edges += [
        {"x": 1.0, "x2": 2.0, "y": height(u, out), "y2": 0.5, "unit": u, "size": abs(w) / widest[1]}
        for u, w in enumerate(out)
    ]
    inputs = [{"x": 0.0, "y": height(i, names), "name": name} for i, name in enumerate(names)]
    return {
        "edges": edges,
        "units": [{"x": 1.0, "y": height(u, out), "unit": u} for u in range(len(out))],
        "ends": [*inputs, {"x": 2.0, "y": 0.5, "name": ""}],
    }


def rows_by_pass(drawn: Passes, run: Run, level: int, classic: bool) -> list[Row]:
    """Return the outputs and the units of every pass, with the network's weights, to download."""
    names = run.feature_names
    into, out = run.weights(0)[level, 0].T.tolist(), run.weights(1)[level, 0, :, 0].tolist()
    return [
        {
            "convention": CONVENTIONS[classic],
            "dataset": run.dataset,
            "seed": run.seeds[0],
            "rate": RATES[level],
            "pass": number,
            "output": output,
            "output_in_evaluation": drawn.evaluation,
            "standard_deviation_by_theory": drawn.deviation,
            "unit": unit,
            "kept": on,
            "weight_to_output": out[unit - 1],
            **{f"weight_from_{name}": w for name, w in zip(names, into[unit - 1], strict=True)},
        }
        for number, (output, row) in enumerate(zip(drawn.outputs.tolist(), drawn.mask.tolist(), strict=True), 1)
        for unit, on in enumerate(row, 1)
    ]


# ------------------------------------------------------------------ mean and variance


@cache
def _spread() -> dict[str, Any]:
    left = RATE.panel("mean of the output", (LOW, TOP))
    right = RATE.panel("variance of the output", (0, TOP_VARIANCE), second=True)
    points = alt.Chart(data("points"))
    layers = []
    for panel, measured, theory in ((left, "mean", "expected"), (right, "variance", "theory")):
        x, value = panel.x("level:Q"), panel.y(f"{measured}:Q")
        here = points.transform_filter(HERE)
        layers.append(
            alt.layer(
                *rules(panel),
                points.mark_line(strokeWidth=2).encode(x, panel.y(f"{theory}:Q"), color=GRAY),
                points.mark_circle(size=50, opacity=1).encode(x, value, color=GREEN),
                here.mark_circle(size=120, opacity=1).encode(x, value, color=GREEN),
                RATE.heading(panel, f"{measured}_heading"),
            )
        )
    return join([*layers, columns(left, right)])


@cached_of(16)
def spread(by_rate: PassSpread) -> Picture:
    """Return mean and variance of the output against the rate, measured and by theory."""
    mean, variance = by_rate.mean.tolist(), by_rate.variance.tolist()
    expected, theory = by_rate.evaluation.tolist(), by_rate.theory.tolist()
    each = list(zip(mean, expected, variance, theory, strict=True))
    room, count = max(theory) ** 0.5 / 4, len(RATES)
    places = [(level + 0.5) / count for level in range(count)]

    def heading(measured: Sequence[float], of_theory: Sequence[float]) -> list[Row]:
        pairs = zip(measured, of_theory, strict=True)
        return headings([f"{named(i)}: measured {signed(a)}, theory {signed(b)}" for i, (a, b) in enumerate(pairs)])

    return Picture(
        _spread(),
        {
            "levels": [*between(places), *between(places, 1)],
            "points": [
                {"level": level, "mean": a, "expected": b, "variance": c, "theory": d}
                for level, (a, b, c, d) in enumerate(each)
            ],
            "mean_heading": heading(mean, expected),
            "variance_heading": heading(variance, theory),
        },
        alt="Left: the mean of a network's output over many passes against the rate, measured as dots and in "
        "evaluation as a line. Right: its variance, measured as dots and by theory as a line.",
        now=[
            f"{said_at(i)}: mean {signed(a)}, evaluation {signed(b)}; variance {c:.3f}, theory {d:.3f}."
            for i, (a, b, c, d) in enumerate(each)
        ],
        levels=RATE,
        top=max(*mean, *expected) + room,
        beside={"low": min(*mean, *expected) - room, "top_variance": charts.ceiling([*variance, *theory])},
    )


def said_at(level: int) -> str:
    """Return a rate at the beginning of a sentence.

    >>> said_at(0), said_at(3)
    ('Without dropout', 'At p 0.3')
    """
    return f"At p {RATE.names[level]}" if level else "Without dropout"


def rows_by_rate(by_rate: PassSpread, run: Run, passes: int, classic: bool) -> list[Row]:
    """Return what so many passes come to at every rate, to download."""
    columns_of = (by_rate.mean, by_rate.evaluation, by_rate.variance, by_rate.theory)
    return [
        {
            "convention": CONVENTIONS[classic],
            "dataset": run.dataset,
            "seed": run.seeds[0],
            "rate": rate,
            "passes": passes,
            "mean_output": mean,
            "output_in_evaluation": expected,
            "variance": variance,
            "variance_by_theory": theory,
        }
        for rate, mean, expected, variance, theory in zip(RATES, *(c.tolist() for c in columns_of), strict=True)
    ]


# ------------------------------------------------------------------ five passes by hand


@cache
def _by_hand(limit: float) -> dict[str, Any]:
    names = ["eval.", *(f"pass {number}" for number in range(5, 0, -1))]
    label = f"{names}[datum.value]"
    rows: Ticks = (("values", list(range(6))), ("labelExpr", label), ("ticks", False), ("domain", False))
    left = Panel(False, "unit", None, (0.4, 5.6), (-0.5, 5.5), x_ticks=UNITS, y_ticks=(*rows, ("grid", False)))
    cells, x, y = alt.Chart(data("cells")), left.x("unit:Q"), left.y("row:Q")
    dark = "datum.who == 'baseline'"
    numbers: Any = alt.layer(
        cells.transform_filter(dark).mark_circle(size=620, opacity=0.22).encode(x, y, color=colour("who")),
        cells.transform_filter(f"!({dark})").mark_circle(size=620, opacity=0.28).encode(x, y, color=colour("who")),
        cells.mark_text(fontSize=13, baseline="middle").encode(x, y, text=alt.Text("text:N"), color=colour("who")),
        *symbols(left, alt.Chart(data("legend"))),
    )

    right = Panel(True, "unit", "value", (0.4, 5.6), (0, limit), x_ticks=UNITS)
    means, at = alt.Chart(data("means")), right.x("unit:Q")
    averages: Any = alt.layer(
        means.mark_area(opacity=0.14).encode(at, right.y("low:Q"), alt.Y2("high"), color=GRAY),
        means.mark_line(strokeWidth=2).encode(at, right.y("expected:Q"), color=GRAY),
        means.mark_circle(size=90, opacity=1).encode(at, right.y("mean:Q"), color=GREEN),
        *symbols(right, alt.Chart(data("key"))),
    )
    return still(numbers, averages)


def by_hand(five: FivePasses) -> Picture:
    """Return five passes of five units as numbers; beside it each unit's mean over the passes."""
    values, masks, expected = five.values.tolist(), five.mask.tolist(), five.evaluation.tolist()
    means, margins = five.values.mean(axis=0).tolist(), (five.deviation / 5**0.5).tolist()
    highs = [e + m for e, m in zip(expected, margins, strict=True)]
    cells = [
        {"unit": u, "row": 5 - i, "text": f"{value:.3g}", "who": "technique" if on else "baseline"}
        for i, (row, lit) in enumerate(zip(values, masks, strict=True))
        for u, (value, on) in enumerate(zip(row, lit, strict=True), 1)
    ]
    cells += [{"unit": u, "row": 0, "text": f"{value:.3g}", "who": "train"} for u, value in enumerate(expected, 1)]
    return Picture(
        _by_hand(charts.ceiling([*means, *highs])),
        {
            "cells": cells,
            "means": [
                {"unit": u, "mean": mean, "expected": e, "low": max(2 * e - high, 0), "high": high}
                for u, (mean, e, high) in enumerate(zip(means, expected, highs, strict=True), 1)
            ],
            "legend": marked(
                ("kept", "technique", "dot"), ("dropped", "baseline", "dot"), ("evaluation", "train", "dot")
            ),
            "key": marked(("mean of 5 passes", "technique", "dot"), ("evaluation, its sd", "baseline", "line")),
        },
        alt="Left: five activations in five passes and in evaluation, as numbers. Right: the mean of each over "
        "the five passes, and its value in evaluation with the deviation that theory gives a mean of five.",
        now=" ".join(map(row_of, values)) + ".",
    )


def row_of(values: Sequence[float]) -> str:
    """Return the units of a pass as a row.

    >>> row_of([0.0, 4.0, 7.5])
    '(0 4 7.5)'
    """
    return f"({' '.join(f'{value:.3g}' for value in values)})"


def rows_by_hand(five: FivePasses, rate: float, classic: bool) -> list[Row]:
    """Return every unit in every pass, to download."""
    each = zip(five.mask.tolist(), five.values.tolist(), strict=True)
    units = list(zip(five.activations.tolist(), five.evaluation.tolist(), strict=True))
    return [
        {
            "convention": CONVENTIONS[classic],
            "rate": rate,
            "pass": number,
            "unit": unit,
            "activation": activation,
            "kept": on,
            "value": value,
            "value_in_evaluation": expected,
        }
        for number, (mask, values) in enumerate(each, 1)
        for unit, (on, value, (activation, expected)) in enumerate(zip(mask, values, units, strict=True), 1)
    ]


# ------------------------------------------------------------------ the losses, and the two gaps


@cache
def _gaps(max_steps: int, unit: str) -> dict[str, Any]:
    left = RATE.panel(unit, (0, TOP))
    rows, bars = alt.Chart(data("strengths")), alt.Chart(data("gaps")).transform_filter(HERE)
    x, y, low = left.x("level:Q"), left.y("mean:Q"), left.y("low:Q")
    here, beside, middle = rows.transform_filter(HERE), left.x("beside:Q"), left.y("middle:Q")
    text: dict[str, Any] = {"fontSize": 12, "fontWeight": 600, "baseline": "middle", **HALO}
    bar = bars.mark_rule(strokeWidth=5, strokeCap="butt", opacity=0.75, clip=True)
    to_the_left, to_the_right = (bars.transform_filter(f"datum.side == '{side}'") for side in ("left", "right"))
    line = alt.YValue(alt.ExprRef(f"{left.top} - 17 - 18 * datum.up"))  # of the legend's two
    by_rate = RATE.scrubbed(
        left,
        rows.mark_area(clip=True, opacity=0.14).encode(x, low, alt.Y2("high"), colour("who"), alt.Detail("kind:N")),
        rows.mark_line(clip=True).encode(x, y, colour("who"), _kind()),
        bar.encode(left.x("at:Q"), left.y("from:Q"), alt.Y2("to"), colour("who")),
        to_the_left.mark_text(align="right", dx=-10, **text).encode(
            beside, middle, colour("who"), text=alt.Text("text:N")
        ),
        to_the_right.mark_text(align="left", dx=10, **text).encode(
            beside, middle, colour("who"), text=alt.Text("text:N")
        ),
        here.mark_circle(size=60, opacity=1, clip=True).encode(x, y, colour("who")),
        beyond(left, rows).encode(x),
        how_many_left(left, alt.Chart(data("gone"))).encode(x),
        *(entry.encode(y=line) for entry in legend(left, here=True, style=_kind())),
    )

    right = Panel(True, "step", None, (0, max_steps), (0, TOP), x_ticks=(("tickCount", 5), ("format", ",d")))
    curves = unpacked(alt.Chart(data("curves")).transform_filter(HERE), POINT)
    step, up, under = right.x("step:Q"), right.y("mean:Q"), right.y("low:Q")
    at_right, at_top = f"{right.left} + {right.width}", f"{right.top} + 4"
    above = here.transform_filter("datum.who == 'validation' && datum.mean > data('now')[0].top")
    over_time = alt.layer(
        *(
            mark
            for each in (alt.Chart(data("without")), curves)
            for mark in (
                each.mark_area(clip=True, opacity=0.13).encode(
                    step, under, alt.Y2("high"), colour("who"), alt.Detail("kind:N")
                ),
                each.mark_line(clip=True).encode(step, up, colour("who"), _kind()),
            )
        ),
        beyond(right, alt.Chart(data("leaving")).transform_filter(f"{HERE} || datum.level == 0"), across="step").encode(
            step
        ),
        above.mark_text(align="right", baseline="top").encode(
            alt.XValue(alt.ExprRef(at_right)), alt.YValue(alt.ExprRef(at_top)), text=alt.Text("outside:N"), color=ORANGE
        ),
        *legend(right, "key", style=_kind()),
    )
    return join([by_rate, over_time])


def gaps(run: Run, level: int, *, live: bool = False) -> Picture:
    """Return loss against the rate: logged, clean and validation, with both gaps; beside it the training curves."""
    logged = average(run.kept("train_objective")[level].tolist())
    if live:
        top = charts.loss_ceiling(effect.classes(run), run.n_train)
        rows, said = _gap_rows(run, top)
    else:
        top = max(top_of_axis(run, level), charts.ceiling([logged]))
        rows, said = _last_gap_rows(run, top)
    return Picture(
        _gaps(run.training.max_steps, effect.loss_unit(run)),
        rows,
        alt="Left: training loss as logged, clean training loss, validation and test loss against the dropout rate, "
        "with the gap that each training loss leaves. Right: the curves over training, and without dropout.",
        now=said,
        levels=RATE,
        top=top,
    )


@cached_of(32)
def _last_gap_rows(run: Run, top: float) -> tuple[dict[str, Any], list[str]]:
    rows, said = _gap_rows(run, top)
    return {name: charts.table(each) for name, each in rows.items()}, said


def _gap_rows(run: Run, top: float) -> tuple[dict[str, Rows], list[str]]:
    """Return the rows of the picture of a run, finished or still training, and what is said of each rate."""
    ends = {kind: [band(values) for values in outcomes(run, name)] for kind, (_, name, _) in LOSSES.items()}
    strengths, texts, said = [], [], []
    for level in range(len(RATES)):
        at_level: list[Entry] = []
        values = []
        for kind, (who, _, short) in LOSSES.items():
            end = ends[kind][level]
            value = "…" if end["mean"] is None else f"{end['mean']:.3f}"
            row = {"level": level, "who": who, "kind": kind, **end, "outside": f"▲ validation ends at {value}"}
            strengths.append(row)
            at_level.append((f"{short} {value}", who, kind))
            values.append(f"train, {kind} {value}" if who == "train" else f"{kind} {value}")
        texts.append(at_level)
        said.append(f"{said_at(level)}: {', '.join(values)}.")
    whole = [row for level in range(len(RATES)) for row in _curve_rows(run, level)]
    seen = [
        row if row["level"] else {**row, "who": "baseline"} for row in whole if row["level"] or row["kind"] != "logged"
    ]
    drawn = cut(whole, top, line=("level", "kind"))
    curves = [row for row in drawn if row["level"]]
    key: list[Entry] = [(short, who, kind) for kind, (who, _, short) in LOSSES.items() if kind in DRAWN]
    return {
        "levels": RATE.columns(),
        "strengths": strengths,
        "legend": _two_lines(_kinds(texts)),
        "gaps": [bar for level in range(len(RATES)) for bar in _bars(level, ends, top)],
        "curves": charts.packed(curves, ("level", "who", "kind"), POINT),
        "without": [{**row, "who": "baseline"} for row in drawn if not row["level"] and row["kind"] != "logged"],
        "leaving": leaving(seen, top),
        "gone": gone_rows(run) or [{"level": None, "who": "none", "seeds": None}],
        "key": _kinds([[*key, ("without", "baseline", "validation")]]),
    }, said


def history(run: Run) -> list[Row]:
    """Return what every network had at each evaluation, to download."""
    names = (*(name for _, name, _ in LOSSES.values()), "val_accuracy", "test_accuracy")
    return [{"dataset": run.dataset, **row} for row in effect.history(run, "dropout", RATES, names)]


def _curve_rows(run: Run, level: int) -> list[Row]:
    """Return the training curves of one rate, whole."""
    steps = run.steps.tolist()
    every = [
        {"level": level, "step": step, "who": who, "kind": kind, **band(values)}
        for kind, (who, name, _) in LOSSES.items()
        if kind in DRAWN
        for step, values in zip(steps, getattr(run, name)[level].T.tolist(), strict=True)
    ]
    return [row for row in every if row["mean"] is not None]


def _two_lines(entries: Sequence[Row]) -> list[Row]:
    """Return a legend of four entries for each level in two lines: a panel is not wide enough for all."""
    place = max(row["place"] for row in entries[1::4])
    return [
        {**row, "up": 1 - i % 4 // 2, "place": place * (i % 2), "slot": 0.5 * (i % 2)} for i, row in enumerate(entries)
    ]


def _free(
    level: int,
    sides: Sequence[str],
    lines: Sequence[Sequence[float | None]],
    top: float,
    wanted: float,
    taken: Mapping[str, Sequence[float]],
) -> tuple[str, float]:
    """Return the place for words beside a level: the first side where no line crosses them, and a height there.

    The height is the nearest to the one wanted. lines: heights by level. taken: heights of other words, by side.

    >>> line, words = [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.0], {"left": [0.5], "right": []}
    >>> _free(0, ["right", "left"], [line], top=1.0, wanted=0.5, taken=words)
    ('right', 0.48)
    >>> _free(2, ["right", "left"], [line], top=1.0, wanted=0.5, taken=words)
    ('right', 0.6)
    >>> _free(3, ["right", "left"], [line], top=1.0, wanted=0.5, taken=words)
    ('left', 0.4)
    """
    last, tight = len(lines[0]) - 1, []
    places = [round(top * k / 25, 6) for k in range(1, 25)]
    for side in sides:
        to = min(level + 3, last) if side == "right" else max(level - 3, 0)  # words are three levels wide
        pieces = list(pairwise(range(min(level, to), max(level, to) + 1)))
        ends = [(line[a], line[b]) for line in lines for a, b in pieces]
        spans = [sorted((a, b)) for a, b in ends if a is not None and b is not None]
        spans += [[height, height] for height in taken[side]]
        room = {place: min((max(low - place, place - high) for low, high in spans), default=top) for place in places}
        free = [place for place in places if room[place] >= 0.07 * top]
        if free:
            return side, min(free, key=lambda place: abs(place - wanted))
        widest = max(places, key=room.__getitem__)
        tight.append((room[widest], side, widest))
    return max(tight)[1:]


def _bars(level: int, ends: dict[str, list[dict[str, float | None]]], top: float) -> list[Row]:
    """Return the gaps of a rate as bars, from each training loss to the validation loss, with their words."""
    validation = ends["validation"][level]["mean"]
    bars: list[Row] = []
    lines = [[row["mean"] for row in of_kind] for of_kind in ends.values()]
    taken: dict[str, list[float]] = {"left": [], "right": []}  # by words, on each side
    for who, kind, shift in (("train", "logged", -0.16), ("technique", "clean", 0.16)):
        end = ends[kind][level]["mean"]
        if validation is None or end is None:
            return []
        low, high = sorted((min(end, top), min(validation, top)))
        within = [side for side, fits in (("left", level > 2), ("right", level <= len(RATES) - 3)) if fits]
        side, middle = _free(level, within[:: 1 if kind == "logged" else -1], lines, top, (low + high) / 2, taken)
        text = f"{kind} gap {signed(validation - end, 2)}" if (level or kind == "clean") and low < top else ""
        taken[side] += [middle] if text else []
        beside = level + (abs(shift) if side == "right" else -abs(shift))
        bar = {"level": level, "at": level + shift, "from": low, "to": high, "beside": beside, "middle": middle}
        bars.append({**bar, "who": who, "text": text, "side": side})
    return bars


# ------------------------------------------------------------------ co-adaptation


@cache
def _adaptation() -> dict[str, Any]:
    left = RATE.panel("mean |correlation| of two units", (0, TOP))
    lines = RATE.curve(left, "points", dot=110, point={"size": 34})
    by_rate = RATE.scrubbed(left, *lines, RATE.heading(left, "heading"))

    titles, domains = ("|correlation| of a pair of units", "share of all pairs"), ((0, 1), (0, TOP_SHARE))
    right = Panel(True, *titles, *domains, y_ticks=PERCENT)
    bins, without = alt.Chart(data("bins")).transform_filter(HERE), alt.Chart(data("without"))
    start, up = right.x("from:Q"), right.y("share:Q")
    pairs = alt.layer(
        bins.mark_rect(opacity=0.5).encode(start, up, alt.X2("to"), alt.Y2Datum(0), color=GREEN),
        without.mark_line(interpolate="step-after", strokeWidth=2).encode(start, up, color=GRAY),
        *symbols(right, alt.Chart(data("legend"))),
    )
    return join([by_rate, pairs])


@cached_of(16)
def adaptation(adapted: Adaptation) -> Picture:
    """Return the mean absolute correlation of units against the rate; beside it how the pairs are spread."""
    means, shares, edges = adapted.mean.tolist(), adapted.shares.tolist(), adapted.edges.tolist()
    bins = [
        {"level": level, "from": low, "to": high, "share": share}
        for level, each in enumerate(shares)
        for low, high, share in zip(edges, edges[1:], each, strict=False)
    ]
    return Picture(
        _adaptation(),
        {
            "levels": RATE.columns(),
            "points": RATE.rows(means),
            "heading": headings([f"{named(i)}: {average(values):.3f}" for i, values in enumerate(means)]),
            "bins": bins,
            "without": [row for row in bins if not row["level"]],
            "legend": marked(("with dropout", "technique", "area"), ("without", "baseline", "line")),
        },
        alt="Left: the mean absolute correlation between hidden units against the dropout rate. Right: a "
        "histogram of the correlations of all pairs of units, with dropout and without.",
        now=[
            f"{said_at(i)}: {average(values):.3f}, without dropout {average(means[0]):.3f}."
            for i, values in enumerate(means)
        ],
        levels=RATE,
        top=charts.ceiling(value for values in means for value in values),
        beside={"share": charts.ceiling(share for each in shares for share in each)},
    )


def _of(run: Run, rate: float) -> Row:
    """Return what rows to download say of their training."""
    return {"dataset": run.dataset, "n_train": run.n_train, "dropout": rate}


def rows_of_seeds(run: Run, **columns_of: Sequence[Sequence[float]]) -> list[Row]:
    """Return values by rate and seed, a column each, to download."""
    return [
        {**_of(run, rate), "seed": seed, **{name: values[i][j] for name, values in columns_of.items()}}
        for i, rate in enumerate(RATES)
        for j, seed in enumerate(run.seeds)
    ]


def rows_of_pairs(run: Run, adapted: Adaptation) -> list[Row]:
    """Return the histograms of all pairs of units, to download."""
    edges = adapted.edges.tolist()
    return [
        {
            **_of(run, rate),
            "absolute_correlation_from": low,
            "absolute_correlation_to": high,
            "share_of_pairs_of_all_seeds": share,
        }
        for rate, each in zip(RATES, adapted.shares.tolist(), strict=True)
        for low, high, share in zip(edges, edges[1:], each, strict=False)
    ]


# ------------------------------------------------------------------ uncertainty


def shaded(values: Sequence[float], limit: float, tint: tuple[int, int, int]) -> str:
    """Return a square grid of values as a picture: the lowest row first, nothing at 0, the full tint at the limit."""
    side = math.isqrt(len(values))
    lines: list[list[Pixel]] = [
        [(*tint, round(235 * min(value / limit, 1))) for value in values[row * side : (row + 1) * side]]
        for row in reversed(range(side))
    ]
    return png(lines)


@cache
def _uncertainty(x_ends: tuple[float, float], y_ends: tuple[float, float]) -> dict[str, Any]:
    first = RATE.panel("standard deviation over passes", (0, TOP), kind=Part)
    lines = RATE.curve(first, "points", dot=90, point={"size": 30})
    layers = [RATE.scrubbed(first, *lines, *legend(first))]

    ticks: Ticks = (("tickCount", 4),)
    rows = alt.Chart(data("rows"))
    second, zeroth = (rows.transform_filter(f"datum.shape == {number}") for number in (1, 0))
    ring: dict[str, Any] = {"shape": "circle", "size": 22, "strokeWidth": 1.4}
    cross: dict[str, Any] = {"shape": "cross", "size": 24, "strokeWidth": 1.2}
    for number, field in ((1, "prediction"), (2, "spread")):
        y_title = "x₂" if number == 1 else None
        panel = Part(True, "x₁", y_title, x_ends, y_ends, x_ticks=ticks, y_ticks=ticks, number=number)
        corner = alt.XValue(alt.ExprRef(f"{panel.left}")), alt.YValue(alt.ExprRef(f"{panel.top}"))
        high, wide = alt.ExprRef(f"({panel.bottom}) - ({panel.top})"), alt.ExprRef(panel.width)
        image = RATE.here("maps").mark_image(align="left", baseline="top", aspect=False, width=wide, height=high)
        x, y = panel.x("x:Q"), panel.y("y:Q")
        layers.append(
            alt.layer(
                image.encode(*corner, url=alt.Url(f"{field}:N")),
                second.mark_point(opacity=0.9, **ring).encode(x, y, color=BLUE),
                zeroth.mark_point(opacity=0.9, **cross).encode(x, y, color=ORANGE),
                RATE.heading(panel, f"{field}_heading"),
            )
        )
    return join(layers)


@cached_of(8)
def uncertainty(run: Run, over_passes: Uncertainty) -> Picture:
    """Return how far passes differ against the rate, a map of the mean prediction, and a map of its spread."""
    shape, inside, outside = data_of(run), over_passes.rows.tolist(), over_passes.border.tolist()
    rows = zip(shape.x_test.tolist(), shape.y_test.tolist(), strict=True)
    maps = zip(over_passes.means.tolist(), over_passes.spreads.tolist(), strict=True)
    networks = words.plural(len(run.seeds), "network")
    return Picture(
        _uncertainty(over_passes.x, over_passes.y),
        {
            "levels": RATE.columns(),
            "points": [*RATE.rows(inside, "test"), *RATE.rows(outside, "baseline")],
            "legend": entries(("test rows", "test"), ("the map's border", "baseline")),
            "prediction_heading": headings([f"mean prediction, {named(i)}" for i in range(len(RATES))]),
            "spread_heading": headings([f"its spread, {named(i)}" for i in range(len(RATES))]),
            "maps": [
                {
                    "level": i,
                    "prediction": shaded(mean, 1.0, TINTS["prediction"]),
                    "spread": shaded(sd, 0.4, TINTS["spread"]),
                }
                for i, (mean, sd) in enumerate(maps)
            ],
            "rows": [{"x": x, "y": y, "shape": int(label)} for (x, y), label in list(rows)[:60]],
        },
        alt="Left: how far predictions of one point differ from pass to pass, against the rate, mean and range "
        "over the seeds. Middle: a map of the mean prediction over the plane. Right: a map of the spread, darkest "
        "where passes disagree most.",
        now=[
            f"{said_at(i)}: the standard deviation over the passes is {average(a):.3f} at the test rows and "
            f"{average(b):.3f} at the map's border, means over {networks}."
            for i, (a, b) in enumerate(zip(inside, outside, strict=True))
        ],
        levels=RATE,
        top=charts.ceiling(value for each in (inside, outside) for values in each for value in values),
    )


def rows_of_spreads(run: Run, over_passes: Uncertainty) -> list[Row]:
    """Return the spreads over the passes by rate and seed, to download."""
    steps = run.training.max_steps
    names = {"standard_deviation_at_test_rows": over_passes.rows, "standard_deviation_at_border": over_passes.border}
    rows = rows_of_seeds(run, **{name: values.tolist() for name, values in names.items()})
    return [{**row, "steps": steps} for row in rows]


def rows_of_maps(run: Run, over_passes: Uncertainty) -> list[Row]:
    """Return the cells of the maps, to download."""
    return [
        {
            **_of(run, rate),
            "seed": run.seeds[0],
            "steps": run.training.max_steps,
            "x1": x1,
            "x2": x2,
            "mean_prediction": mean,
            "standard_deviation": sd,
        }
        for rate, means, spreads in zip(RATES, over_passes.means.tolist(), over_passes.spreads.tolist(), strict=True)
        for (x1, x2), mean, sd in zip(over_passes.points.tolist(), means, spreads, strict=True)
    ]


# ------------------------------------------------------------------ by dataset size

BySeed = dict[str, list[list[float]]]  # by kind, a measure by rate and seed
ENDS = {"validation": "Trained to the end", "stopped": "With early stopping"}  # by the kind of their lines


def by_seed(run: Run, name: str) -> BySeed:
    """Return a measure by rate and seed, at the end and where early stopping on validation loss would have stopped."""
    stopped = kept_by_patience(run, name, PATIENCE)
    return {"validation": run.kept(name).tolist(), "stopped": stopped.tolist()}


_LOWEST = "data('now')[0].low"


@cache
def _by_size(sizes: Levels, title: str, loss: bool) -> dict[str, Any]:
    domain, form = (LOW, TOP), () if loss else PERCENT
    left = sizes.panel(title, domain, y_ticks=form)
    lines, per_line = alt.Chart(data("sizes")), alt.Detail("line:N")
    x, y, low = left.x("level:Q"), left.y("mean:Q"), left.y("low:Q")
    by_rows = sizes.scrubbed(
        left,
        lines.mark_area(clip=True, opacity=0.12).encode(x, low, alt.Y2("high"), colour("who"), per_line),
        lines.mark_line(clip=True).encode(x, y, colour("who"), _kind(), per_line),
        lines.transform_filter(HERE).mark_circle(size=60, opacity=1, clip=True).encode(x, y, colour("who")),
        beyond(left, lines).encode(x),
        beyond(left, lines, "low", _LOWEST, low=True).encode(x),
        how_many_left(left, lines, by="line", color=colour("who")).encode(x),
        *legend(left, here=True, style=_kind()),
    )

    right = RATE.panel(None, domain, second=True, y_ticks=form)
    rates, best, above = (sizes.here(name) for name in ("rates", "best", "above"))
    at, value, under = right.x("at:Q"), right.y("mean:Q"), right.y("low:Q")
    present = alt.Chart(data("present")).mark_rule(strokeWidth=2, opacity=0.35)
    by_rate = alt.layer(
        present.encode(at, **span(right), color=GREEN),
        rates.mark_area(clip=True, opacity=0.12).encode(at, under, alt.Y2("high"), alt.Detail("kind:N"), color=GREEN),
        rates.mark_line(clip=True).encode(at, value, _kind(), color=GREEN),
        best.mark_point(shape="diamond", size=110, filled=True, opacity=1).encode(at, value, color=GREEN),
        beyond(right, above, across="at").encode(at),
        beyond(right, above, "low", _LOWEST, across="at", low=True).encode(at),
        how_many_left(right, rates, "at", by="kind", color=GREEN).encode(at),
        *legend(right, "key", style=_kind()),
    )
    return join([by_rows, by_rate])


def by_size(sizes: Levels, each: Sequence[BySeed], measure: str, level: int, called: str) -> Picture:
    """Return a measure against the training rows; beside it against the rate at one number of rows.

    each: of the sizes trained so far. measure: "loss" or "accuracy". level: of the rate that is set. called: what the
    measure is, with its unit; of a regression R squared stands in place of accuracy.
    """
    loss = measure == "loss"
    every: list[Row] = [
        {"level": i, "at": at, "who": "technique", "kind": kind, **band(values)}
        for i, by_kind in enumerate(each)
        for kind in ENDS
        for at, values in enumerate(by_kind[kind])
    ]
    seen = [row for row in every if row["mean"] is not None]
    best = []
    for i in range(len(each)):
        for kind in ENDS:
            of_line = [row for row in seen if (row["level"], row["kind"]) == (i, kind) and "seeds" not in row]
            best += [min(of_line, key=lambda row: float(row["mean"] if loss else -row["mean"]))] if of_line else []
    here = [row["mean"] for row in seen if row["at"] in (0, level)]
    top, share = charts.ceiling(here) if loss else 1.0, not loss and "R²" not in called
    values = {(row["level"], row["at"], row["kind"]): row["mean"] for row in every}
    lines = [("baseline", "without", 0), *([("technique", f"p {RATE.names[level]}", level)] if level else [])]

    def shown(value: float | None) -> str:
        return words.percent(value, 1) if share else "…" if value is None else f"{value:.3f}"

    texts: list[list[Entry]] = [
        [(f"{label} {shown(values[i, at, 'validation'])}", who, "validation") for who, label, at in lines]
        for i in range(len(each))
    ]
    key: list[Entry] = [("to the end", "technique", "validation"), ("early stopping", "technique", "stopped")]
    least = min((row["low"] for row in seen), default=0.0)
    lowest = 0.0 if loss else max(0.0 if share else -1.0, math.floor(10 * least - 0.5) / 10)
    said = [
        f"{sizes.names[row['level']]} rows, {words.within(ENDS[row['kind']])}: best "
        f"{words.at(RATE.names[row['at']], 'p')}, {shown(row['mean'])}"
        for row in best
    ]
    return Picture(
        _by_size(sizes, called, not share),
        {
            "levels": sizes.columns(),
            "sizes": [
                {**row, "who": who, "line": f"{who} {row['kind']}"}
                for who, _, at in lines
                for row in every
                if row["at"] == at
            ],
            "legend": _kinds(texts),
            "rates": cut(every, top, "at", ("level", "kind")),
            "above": [row for row in seen if row["high"] > top or row["low"] < lowest],
            "best": best,
            "present": [{"at": level}],
            "key": _kinds([key]),
        },
        alt=f"Left: {called} against the number of training rows, with and without dropout, each to the "
        "end and with early stopping. Right: the same against the rate at one number of rows, the best marked.",
        now="; ".join(said) + ".",
        levels=sizes,
        top=top,
        beside={"low": lowest},
    )


def rows_by_size(runs: Sequence[Run], val: Sequence[BySeed], test: Sequence[BySeed], measure: str) -> list[Row]:
    """Return a measure at every number of rows, with and without early stopping, to download."""
    return [
        {**row, "steps": run.training.max_steps, "early_stopping": kind == "stopped"}
        for run, of_val, of_test in zip(runs, val, test, strict=True)
        for kind in ENDS
        for row in rows_of_seeds(run, **{f"val_{measure}": of_val[kind], f"test_{measure}": of_test[kind]})
    ]
