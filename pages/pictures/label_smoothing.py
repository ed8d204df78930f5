"""The pictures of label smoothing, each one block: its template, the rows that fill it, and what it says.

On the left something against the strength, which the pointer scrubs; beside it what it looks like at that strength.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, effect, reliability
from pages.ui.cache import cached_of
from pages.ui.charts import BASELINE, TECHNIQUE, colour, dash, data, unpacked
from pages.ui.drawing import Picture
from pages.ui.levels import GRAY, GREEN, TOP, Entry, Row, Ticks, entries_by_level, even, headings
from pages.ui.panels import Panel, beyond
from pages.ui.reliability import UNIT
from pages.ui.scrub import HERE, Part, join
from pages.ui.seeds import band, written
from pages.ui.words import short

from reglab import label_smoothing
from reglab.engine.run import Run
from reglab.experiments import Calibration, Clusters, SoftValidation

STRENGTHS = tuple(round(0.05 * i, 2) for i in range(17))
STRENGTH = even("strength", STRENGTHS, "strength ε", margin=0.5)
SMOOTHING = even("smoothing", (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8), "label smoothing", margin=0.5)
FIELD = "label_smoothing"
CONVENTIONS = {"uniform": "ε/K on every class", "others": "ε/(K−1) on the others"}
FEW = 10  # classes up to which each has a bar to be told apart
LOW, HIGH = -2.0, 12.0  # gaps of the logits
GAPS = [LOW + (HIGH - LOW) * i / 84 for i in range(85)]
BARE: Ticks = (("labels", False), ("ticks", False), ("grid", False))


def _said(each: Sequence[Sequence[Entry]]) -> list[Row]:
    """Return the rows of the texts above a panel, level by level."""
    return entries_by_level(each, line=False)


# ------------------------------------------------------------------ targets, and the loss that they allow


def targets_of(n_classes: int, strength: float, convention: str) -> tuple[float, float]:
    """Return the target of the right class, and of each other.

    >>> [round(target, 3) for target in targets_of(5, 0.1, "uniform")]
    [0.92, 0.02]
    """
    row = label_smoothing.smooth_labels([n_classes - 1], n_classes, strength, convention)[0].tolist()
    return row[-1], row[0]


def other_than(convention: str) -> str:
    """Return the other convention.

    >>> other_than("uniform")
    'others'
    """
    return next(name for name in CONVENTIONS if name != convention)


@cache
def _mechanism(top: float, outlined: bool) -> dict[str, Any]:
    first = STRENGTH.panel("lowest loss (nats)", (0, top), kind=Part, number=0)
    other = alt.Chart(data("floors")).transform_filter("datum.who == 'baseline'")
    floors = STRENGTH.scrubbed(
        first,
        other.mark_line(strokeDash=[5, 4], strokeWidth=1.5).encode(STRENGTH.x(first), first.y("value:Q"), color=GRAY),
        *STRENGTH.line(first, "floors", where="datum.who == 'technique'"),
        *headings(first, "floors_said"),
    )

    second = Part(False, "classes, the right one last", "target", (0, 1), (0, 1), x_ticks=BARE, number=1)
    ends = second.x("from:Q"), alt.X2("to"), second.y("value:Q"), alt.Y2Datum(0)
    bars, outlines = (STRENGTH.here(name) for name in ("bars", "other"))
    outline = [outlines.mark_rect(filled=False, strokeWidth=1.25).encode(*ends, stroke=GRAY)] if outlined else []
    targets = alt.layer(
        bars.mark_rect(opacity=0.8).encode(*ends, color=GREEN),
        *outline,
        *headings(second, "targets_said"),
    )

    third = Part(False, "logit gap of the right class", "loss (nats)", (LOW, HIGH), (0, top), number=2)
    x, y, loss = third.x("gap:Q"), third.y("value:Q"), alt.Chart(data("loss"))
    off = loss.transform_filter("datum.level == 0").mark_line(strokeDash=[5, 4], strokeWidth=1.5)
    gap = alt.layer(
        loss.mark_line(strokeWidth=1, opacity=0.25).encode(x, y, alt.Detail("level:N"), color=GREEN),
        off.encode(x, y, color=GRAY),
        loss.transform_filter(HERE).mark_line().encode(x, y, color=GREEN),
        beyond(third, STRENGTH.here("outside"), "value", f"{top}", across="gap").encode(x),
        STRENGTH.here("lowest").mark_circle(size=64, opacity=1).encode(x, y, color=GREEN),
        *headings(third, "lowest_said"),
    )
    return join([targets, gap, floors])  # last the panel that takes the pointer


@cached_of(16)
def mechanism(n_classes: int, convention: str) -> Picture:
    """Return the loss's floor against the strength; beside it the targets, and the loss against the logit gap.

    The targets of the other convention are outlined where the classes are few enough to leave room.
    """
    top, other = charts.ceiling([math.log(n_classes) + 0.3]), other_than(convention)
    floors = {name: label_smoothing.loss_floor(n_classes, STRENGTHS, name).tolist() for name in CONVENTIONS}
    gaps = [label_smoothing.lowest_gap(n_classes, strength, convention) for strength in STRENGTHS]
    targets = [targets_of(n_classes, strength, convention) for strength in STRENGTHS]
    curves = [
        [
            {"level": level, "gap": gap, "value": loss}
            for gap, loss in zip(
                GAPS, label_smoothing.loss_by_gap(GAPS, n_classes, strength, convention).tolist(), strict=True
            )
        ]
        for level, strength in enumerate(STRENGTHS)
    ]
    floor = floors[convention]
    rows = {
        "levels": STRENGTH.columns(),
        "floors": [
            {"level": level, "value": value, "who": who}
            for name, who in ((convention, "technique"), (other, "baseline"))
            for level, value in enumerate(floors[name])
        ],
        "floors_said": _said(
            [
                [(f"ε = {strength:g}: {ours:.3f}", "technique"), (f"other: {theirs:.3f}", "baseline")]
                for strength, ours, theirs in zip(STRENGTHS, floor, floors[other], strict=True)
            ]
        ),
        "bars": _bars(n_classes, convention),
        "other": _bars(n_classes, other),
        "targets_said": _said(
            [[(f"{short(right)}, each other {short(rest)}", "technique")] for right, rest in targets]
        ),
        "loss": [
            {**point, "value": point["value"] if point["value"] <= top else None} for curve in curves for point in curve
        ],
        "outside": [
            {**point, "who": "technique"} for curve in curves for point in (curve[0], curve[-1]) if point["value"] > top
        ],
        "lowest": [
            {"level": level, "gap": gap, "value": floor[level]} for level, gap in enumerate(gaps) if LOW <= gap <= HIGH
        ],
        "lowest_said": _said(
            [[("no lowest point" if math.isinf(gap) else f"lowest at a gap of {gap:.2f}", "technique")] for gap in gaps]
        ),
    }
    return Picture(
        _mechanism(top, n_classes <= FEW),
        {name: charts.table(each) for name, each in rows.items()},
        alt="Left: the lowest loss that smoothed targets allow, against the strength, in both conventions. Middle: the "
        "targets as bars. Right: the loss against the gap between the right class's logit and the others', with its "
        "lowest point; dashed without smoothing.",
        now=[
            f"Strength {strength:g}: target {short(right)} for the right class, {short(rest)} for each other; the "
            f"loss is lowest at a gap of {short(gap)}, where it is {value:.3f}."
            for strength, (right, rest), gap, value in zip(STRENGTHS, targets, gaps, floor, strict=True)
        ],
        levels=STRENGTH,
    )


def _bars(n_classes: int, convention: str) -> list[Row]:
    """Return the targets of the last class as bars, at every strength."""
    return [
        {
            "level": level,
            "from": (i + 0.12) / n_classes,
            "to": (i + 0.88) / n_classes,
            "value": right if i == n_classes - 1 else rest,
        }
        for level, strength in enumerate(STRENGTHS)
        for right, rest in [targets_of(n_classes, strength, convention)]
        for i in range(n_classes)
    ]


def target_rows(n_classes: int) -> list[Row]:
    """Return the targets, the floor of the loss, and the loss by the gap, in both conventions, to download."""
    rows = []
    for name, title in CONVENTIONS.items():
        for strength in STRENGTHS:
            right, rest = targets_of(n_classes, strength, name)
            what = {
                "classes": n_classes,
                "convention": title,
                "strength": strength,
                "target_of_right_class": right,
                "target_of_each_other": rest,
                "lowest_loss": label_smoothing.loss_floor(n_classes, strength, name),
                "gap_of_lowest_loss": label_smoothing.lowest_gap(n_classes, strength, name),
            }
            losses = label_smoothing.loss_by_gap(GAPS, n_classes, strength, name).tolist()
            rows += [{**what, "logit_gap": gap, "loss": loss} for gap, loss in zip(GAPS, losses, strict=True)]
    return rows


# ------------------------------------------------------------------ calibration


@cache
def _calibration() -> dict[str, Any]:
    first = SMOOTHING.panel("calibration error", (0, TOP), kind=Part, number=0)
    errors = SMOOTHING.scrubbed(first, *SMOOTHING.curve(first, "errors", clip=False), *headings(first, "errors_said"))
    second = reliability.panel(1)
    diagram = alt.layer(*reliability.diagram(second), *headings(second, "curves_said"))

    third = Part(False, "confidence", "share of test rows", (0, 1), (0, 1), x_ticks=UNIT, y_ticks=UNIT, number=2)
    across, up = third.x("from:Q"), third.y("share:Q")
    bins, before = SMOOTHING.here("histogram"), alt.Chart(data("before"))
    histogram = alt.layer(
        bins.mark_rect(opacity=0.75).encode(across, up, alt.X2("to"), alt.Y2Datum(0), color=GREEN),
        before.mark_line(interpolate="step-after", strokeWidth=1.5).encode(across, up, color=GRAY),
        *headings(third, "histogram_said"),
    )
    return join([errors, diagram, histogram])


@cached_of(16)
def calibration(calibrated: Calibration) -> Picture:
    """Return the calibration error against the strength; beside it the reliability diagram and the confidences."""
    errors, scaled = calibrated.error.tolist(), calibrated.scaled_error.tolist()
    uncooled, cooled = list(map(written, errors)), list(map(written, scaled))
    temperatures = [written(values, 2) for values in calibrated.temperature.tolist()]
    edges, counts = calibrated.bins.edges.tolist(), calibrated.bins.count.tolist()
    shares = [[count / max(sum(each), 1) for count in each] for each in counts]
    names = SMOOTHING.names
    confidences: list[list[Entry]] = [
        [("confidences", "technique"), ("off", "baseline")] if level else [("confidences, off", "technique")]
        for level in range(len(names))
    ]
    return Picture(
        _calibration(),
        {
            "levels": SMOOTHING.columns(),
            "errors": [*SMOOTHING.rows(scaled, "validation"), *SMOOTHING.rows(errors)],
            "errors_said": _said(
                [
                    [(f"{name}: {error}", "technique"), (f"scaled {cool}", "validation")]
                    for name, error, cool in zip(names, uncooled, cooled, strict=True)
                ]
            ),
            **reliability.curves(calibrated.bins, calibrated.scaled_bins),
            "curves_said": _said(
                [[("smoothed", "technique"), ("off", "baseline"), (f"T = {t}", "validation")] for t in temperatures]
            ),
            "histogram": [
                {"level": level, "from": low, "to": high, "share": share}
                for level, each in enumerate(shares)
                for low, high, share in zip(edges, edges[1:], each, strict=False)
            ],
            "before": [{"from": edge, "share": share} for edge, share in zip(edges, [*shares[0], 0.0], strict=True)],
            "histogram_said": _said(confidences),
        },
        alt="Left: expected calibration error against label smoothing, as trained and after temperature scaling. "
        "Middle: reliability diagram, accuracy against confidence; dashed without smoothing. Right: histogram of "
        "confidences.",
        now=[
            f"Label smoothing {name}: calibration error {error}, without smoothing {uncooled[0]}; after temperature "
            f"scaling {cool}, temperature {temperature}."
            for name, error, cool, temperature in zip(names, uncooled, cooled, temperatures, strict=True)
        ],
        levels=SMOOTHING,
        top=charts.ceiling(value for values in (*errors, *scaled) for value in values),
    )


def calibration_rows(run: Run, calibrated: Calibration) -> list[Row]:
    """Return how well calibrated every network is, before and after temperature scaling, to download."""
    per_seed = {
        "calibration_error": calibrated.error.tolist(),
        "temperature": calibrated.temperature.tolist(),
        "calibration_error_scaled": calibrated.scaled_error.tolist(),
        "test_loss_scaled": calibrated.scaled_loss.tolist(),
    }
    return effect.numbers(run, FIELD, SMOOTHING.values, ("test_loss", "test_accuracy"), **per_seed)


def bin_rows(calibrated: Calibration) -> list[Row]:
    """Return every bin of the reliability diagrams, to download."""
    return [
        row
        for scaled, bins in ((False, calibrated.bins), (True, calibrated.scaled_bins))
        for row in reliability.rows(FIELD, SMOOTHING.values, bins, temperature_scaled=scaled)
    ]


# ------------------------------------------------------------------ clusters


@cache
def _clusters(limit: float) -> dict[str, Any]:
    first = SMOOTHING.panel("spread of a class", (0, TOP), kind=Part, number=0)
    curve = SMOOTHING.curve(first, "spread", dash("who"), clip=False)
    layers: list[Any] = [SMOOTHING.scrubbed(first, *curve, *headings(first, "spread_said"))]
    none, ends, three = (*BARE, ("domain", False)), (-limit, limit), [0, 1, 2]
    shapes, tones = ["circle", "square", "triangle-up"], [TECHNIQUE, BASELINE, "yellow"]
    shape = alt.Shape("slot:N", scale=alt.Scale(domain=three, range=shapes), legend=None)
    tone = alt.Color("slot:N", scale=alt.Scale(domain=three, range=tones), legend=None)
    for number, name, rows in ((1, "without", alt.Chart(data("without"))), (2, "points", SMOOTHING.here("points"))):
        panel = Part(False, None, None, ends, ends, x_ticks=none, y_ticks=none, number=number)
        dots = rows.mark_point(size=26, filled=True, opacity=0.75)
        layers += [
            dots.encode(panel.x("x:Q"), panel.y("y:Q"), tone, shape),
            alt.layer(*headings(panel, f"{name}_said")),  # apart, since its colours are of another scale
        ]
    return join(layers)


@cached_of(32)
def clusters(train: Clusters, test: Clusters, split: str, first: int) -> Picture:
    """Return how wide the clusters of three classes are against the strength; beside it the plane, without and with it.

    split: of the rows drawn. first: of the three labels.
    """
    spread = {"train": train.spread.tolist(), "test": test.spread.tolist()}
    figures = {name: list(map(written, values)) for name, values in spread.items()}
    points = _points(train if split == "train" else test, first)
    names = SMOOTHING.names
    here = [f"smoothing {name}" if level else "off" for level, name in enumerate(names)]
    return Picture(
        _clusters(charts.ceiling([0.9, *(0.9 * abs(row[axis]) for row in points for axis in ("x", "y"))])),
        {
            "levels": SMOOTHING.columns(),
            "spread": [row for name, values in spread.items() for row in SMOOTHING.rows(values, name)],
            "spread_said": _said(
                [[(f"{name} {values[level]}", name) for name, values in figures.items()] for level in range(len(names))]
            ),
            "points": points,
            "points_said": _said([[(text, "technique")] for text in here]),
            "without": [row for row in points if not row["level"]],
            "without_said": _said([[("without smoothing", "baseline")] for _ in names]),
        },
        alt="Left: how far a row is from its class's mean, over how far the means are from each other, against label "
        "smoothing, on training and test rows. Middle and right: rows of three classes in the plane through their "
        "means in the last hidden layer, without smoothing and with it.",
        now=[
            f"Label smoothing {name}: spread {on_train} on training rows, {other} on test rows; without "
            f"{figures['train'][0]} and {figures['test'][0]}."
            for name, on_train, other in zip(names, figures["train"], figures["test"], strict=True)
        ],
        levels=SMOOTHING,
        top=charts.ceiling(value for each in spread.values() for values in each for value in values),
    )


def _points(clustered: Clusters, first: int) -> list[Row]:
    """Return the rows of the plane, each class under its place among the three."""
    labels = clustered.labels.tolist()
    return [
        {"level": level, "x": x, "y": y, "slot": label - first}
        for level, plane in enumerate(clustered.points)
        for (x, y), label in zip(plane.tolist(), labels, strict=False)
    ]


def spread_rows(run: Run, train: Clusters, test: Clusters) -> list[Row]:
    """Return how wide the clusters of every network are, to download."""
    spread = {"spread_train": train.spread.tolist(), "spread_test": test.spread.tolist()}
    return effect.numbers(run, FIELD, SMOOTHING.values, (), **spread)


def plane_rows(run: Run, clustered: Clusters, split: str, first: int, names: Sequence[str]) -> list[Row]:
    """Return where the first seed's rows of three classes lie in the plane, to download."""
    return [
        {
            FIELD: SMOOTHING.values[row["level"]],
            "seed": run.seeds[0],
            "rows": split,
            "class": names[row["slot"]],
            "x": row["x"],
            "y": row["y"],
        }
        for row in _points(clustered, first)
    ]


# ------------------------------------------------------------------ validation loss on hard and on soft labels

Losses = Sequence[Sequence[float]]  # by strength and seed


@cache
def _soft(max_steps: int) -> dict[str, Any]:
    title = "validation loss (nats)"
    dashed: dict[str, Any] = {"strokeWidth": 1.5, "strokeDash": [5, 4]}
    left = SMOOTHING.panel(title, (0, TOP))
    floors = SMOOTHING.chart("floors").mark_line(**dashed)
    by_strength = SMOOTHING.scrubbed(
        left,
        floors.encode(SMOOTHING.x(left), left.y("value:Q"), color=GRAY),
        *SMOOTHING.curve(left, "losses", clip=False),
        *headings(left, "losses_said"),
    )

    right = Panel(True, "step", title, (0, max_steps), (0, TOP), x_ticks=(("tickCount", 5),))
    x, curves = right.x("step:Q"), unpacked(SMOOTHING.here("curves"), effect.POINT)
    across = {"x": alt.XValue(alt.ExprRef(right.left)), "x2": alt.X2Value(alt.ExprRef(f"{right.left} + {right.width}"))}
    floor = SMOOTHING.here("floors").mark_rule(**dashed)
    by_step = alt.layer(
        floor.encode(right.y("value:Q"), **across, color=GRAY),
        curves.mark_area(opacity=0.16).encode(x, right.y("low:Q"), alt.Y2("high"), colour("who")),
        curves.mark_line(point={"size": 26}).encode(x, right.y("mean:Q"), colour("who")),
        beyond(right, SMOOTHING.here("beyond"), across="step").encode(x),
        *headings(right, "curves_said"),
    )
    return join([by_strength, by_step])


def soft(hard: Losses, soft: Losses, floors: Sequence[float], followed: SoftValidation) -> Picture:
    """Return validation loss on hard and on smoothed labels against the strength; beside it while one run trains.

    floors: of the losses on smoothed labels. followed: of the training so far.
    """
    top = charts.ceiling(value for each in (hard, soft) for values in each for value in values)
    points = _by_step(followed)
    on_hard, other = list(map(written, hard)), list(map(written, soft))
    while_training = [
        f"while training with smoothing {name}" if level else "while training without smoothing"
        for level, name in enumerate(SMOOTHING.names)
    ]
    return Picture(
        _soft(int(followed.steps[-1])),
        {
            "levels": SMOOTHING.columns(),
            "losses": [*SMOOTHING.rows(hard, "validation"), *SMOOTHING.rows(soft, "mistake")],
            "losses_said": _said(
                [
                    [(f"hard labels {a}", "validation"), (f"soft labels {b}", "mistake")]
                    for a, b in zip(on_hard, other, strict=True)
                ]
            ),
            "floors": [{"level": level, "value": value} for level, value in enumerate(floors)],
            "curves": charts.packed(effect.cut(points, top, line=["level", "who"]), ("level", "who"), effect.POINT),
            "curves_said": _said([[(text, "technique")] for text in while_training]),
            "beyond": [row for row in points if (row["high"] or 0.0) > top],
        },
        alt="Left: validation loss of the same runs on hard labels and on smoothed ones, against label smoothing, with "
        "the floor of the smoothed one. Right: both while the runs of one strength train.",
        now=[
            f"Label smoothing {name}: validation loss {a} on hard labels, {b} on smoothed ones, whose floor is "
            f"{floor:.3f}."
            for name, a, b, floor in zip(SMOOTHING.names, on_hard, other, floors, strict=True)
        ],
        levels=SMOOTHING,
        top=top,
    )


def _by_step(followed: SoftValidation) -> list[Row]:
    """Return the points of every strength's curves on hard and on soft labels."""
    steps = followed.steps.tolist()
    return [
        {"level": level, "step": step, "who": who, **band([values[at] for values in seeds])}
        for who, losses in (("validation", followed.hard), ("mistake", followed.soft))
        for level, seeds in enumerate(losses.tolist())
        for at, step in enumerate(steps)
    ]


def soft_rows(run: Run, hard: Losses, soft: Losses) -> list[Row]:
    """Return every network's validation loss on hard and on soft labels, to download."""
    losses = {"val_loss_hard_labels": hard, "val_loss_soft_labels": soft}
    return effect.numbers(run, FIELD, SMOOTHING.values, (), **losses)


def step_rows(followed: SoftValidation, seeds: Sequence[int]) -> list[Row]:
    """Return the same while the networks train, to download."""
    names = ("val_loss_hard_labels", "val_loss_soft_labels", "test_loss")
    return [
        {FIELD: strength, "seed": seed, "step": step, **dict(zip(names, losses, strict=True))}
        for strength, *of in zip(
            SMOOTHING.values, *(each.tolist() for each in (followed.hard, followed.soft, followed.test)), strict=True
        )
        for seed, *curves in zip(seeds, *of, strict=True)
        for step, *losses in zip(followed.steps.tolist(), *curves, strict=True)
    ]
