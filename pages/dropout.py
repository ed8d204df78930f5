"""Dropout: units that go dark pass by pass, what that does to a unit's mean and variance, and to real training."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages.charts import dropout as pictures
from pages.ui import charts, controls, effect, panels, play, runs, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.scrub import pinning
from pages.ui.seeds import average, band
from pages.ui.words import signed

from reglab import dropout, early_stopping, experiments, mistakes
from reglab.datasets import load
from reglab.settings import Settings, Training

RATE = effect.Scale("dropout", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), "dropout rate p")
NAMES = tuple(map(RATE.label, RATE.values))
LAST = len(RATE.values) - 1
DATA = {name: load(name).title for name in ("digits", "breast_cancer", "wine", "mnist1d", "moons", "circles")}
SHAPES = ("moons", "circles")  # of two features: their maps can be drawn
SIZES = (25, 50, 100, 200, 400)
LENGTHS = (300, 500, 1500)  # steps
SEEDS = 5
PASSES = 40  # drawn
MANY = 2000  # passes measured
SAMPLES = 30  # Monte-Carlo passes
SIDE = 36  # points along a map
PATIENCE = 3  # evaluations
BINS = 25
DRAWN = Training(hidden_sizes=(12,), max_steps=300, eval_steps=2)  # the network that is drawn
MAPPED = Training(hidden_sizes=(32, 32), max_steps=300, eval_steps=2)

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "rate": 0.3, "convention": "inverted", "view": "network", "pass": 1.0, "effect": "training", "data": "digits",
        "n": 200.0, "steps": 300.0, "measure": "loss", "seed": 0, "left_on": False, "twice": False, "by_rate": False,
        "norm": False,
    },
    "Too much": {"rate": 0.8},
    "When it does nothing": {"rate": 0.2, "data": "moons", "n": 100.0},
    "Five passes by hand": {"rate": 0.5, "view": "hand"},
    "Mean and variance": {"rate": 0.5, "view": "spread"},
    "Long, on 50 rows": {"rate": 0.5, "n": 50.0, "steps": 1500.0},
    "How many rows": {"effect": "size", "rate": 0.5},
    "Uncertainty": {"effect": "uncertainty", "rate": 0.2, "n": 100.0},
}  # fmt: skip


# ------------------------------------------------------------------ the mechanism


@kept(16)
def solve_passes(level: int, classic: bool, seed: int, _run: Any) -> tuple[dict[str, Any], experiments.Passes]:
    """Send one row through the small network, pass after pass, and return what the picture draws of it."""
    found = experiments.dropout_passes(_run, load("diabetes").x_test[0], level, PASSES, classic=classic, seed=seed)
    fan_in, fan_out = _run.weights(0)[level, 0].tolist(), _run.weights(1)[level, 0, :, 0].tolist()
    kept, outputs, units = found.kept.tolist(), found.outputs.tolist(), len(fan_out)
    means = [sum(outputs[: i + 1]) / (i + 1) for i in range(PASSES)]
    low, high = found.evaluation - found.deviation, found.evaluation + found.deviation
    ends = (*outputs, low, high, found.evaluation)
    room = 0.1 * (max(ends) - min(ends)) or 0.5
    drawn = {
        "now": [{"low": min(ends) - room, "top": max(ends) + room,
                 "kept": "".join("1" if on else "0" for row in kept for on in row)}],
        "levels": scrub.between([(i + 1) / (PASSES + 1) for i in range(PASSES)]),
        **pictures.network_rows(load("diabetes").feature_names, fan_in, fan_out),
        "passes": [
            {"level": i, "output": y, "mean": mean, "text": f"pass {i + 1}: {units - sum(row)} of {units} units dark"}
            for i, (y, mean, row) in enumerate(zip(outputs, means, kept, strict=True))
        ],
        "theory": [{"x": 0, "x2": PASSES + 1, "value": found.evaluation, "low": low, "high": high}],
        "legend": [
            {"who": "train", "text": "a pass", "slot": 0.0, "place": 0},
            {"who": "technique", "text": "mean", "slot": 0.24, "place": 78},
            {"who": "baseline", "text": "evaluation ± sd", "slot": 0.46, "place": 148},
        ],
    }  # fmt: skip
    return drawn, found


def small_networks(seed: int) -> Any:
    """Return the small networks that are drawn, one per rate."""
    return runs.train("diabetes", RATE.settings(effect.BASE), DRAWN, n_train=200, seeds=(seed,))


def show_network(rate: float, classic: bool, seed: int, number: int) -> None:
    """Draw the network at one pass, and the outputs of all."""
    drawn, found = solve_passes(RATE.values.index(rate), classic, seed, small_networks(seed))
    shot = drawn["passes"][number - 1]
    charts.title("Units go dark", f"a network trained on diabetes at p = {rate:g}, one patient; hover to scrub")
    panels.show(
        pictures.network(found.kept.shape[1], PASSES, "output"),
        {**drawn, "now": [{"level": number - 1, **drawn["now"][0]}]}, key=controls.key("picture_network"),
        alt_text="Left: a network whose hidden units are lit or dark in one training pass. Right: the output of every "
        "pass, their mean so far, and the output in evaluation with the spread that theory gives.",
        now=f"{shot['text']}, output {shot['output']:.3f}, mean so far {shot['mean']:.3f}, "
        f"evaluation {found.evaluation:.3f}.",
        **pinning("pass", range(1, PASSES + 1), "picture_network"),
    )  # fmt: skip
    mean, sd = float(found.outputs.mean()), float(found.outputs.std())
    how = (
        f"nothing is scaled in training, and evaluation multiplies every unit with 1 − p = {1 - rate:g}"
        if classic else f"what is kept is scaled by 1/(1 − p) = {1 / (1 - rate):.3g}, and evaluation changes nothing"
    )  # fmt: skip
    sections.say(
        f"In {shot['text'].replace(':', ',').replace('dark', 'are dark')}, and the output is "
        f"**{signed(shot['output'])}**. Over {PASSES} passes the mean is **{signed(mean)}** ± "
        f"{sd / PASSES**0.5:.3f}, in evaluation it is **{signed(found.evaluation)}**; "
        f"the standard deviation is **{sd:.3f}**, by theory {found.deviation:.3f}. Here {how}."
    )


@kept(16)
def solve_spread(classic: bool, seed: int, _run: Any) -> list[dict[str, float]]:
    """Measure mean and deviation of the output at every rate."""
    row, points = load("diabetes").x_test[0], []
    for level in range(len(RATE.values)):
        found = experiments.dropout_passes(_run, row, level, MANY, classic=classic, seed=seed)
        points.append({
            "level": level, "mean": float(found.outputs.mean()), "expected": found.evaluation,
            "deviation": float(found.outputs.std()), "theory": found.deviation,
        })  # fmt: skip
    return points


def show_spread(rate: float, classic: bool, seed: int, number: int) -> None:
    """Draw mean and deviation against theory, at every rate."""
    points = solve_spread(classic, seed, small_networks(seed))
    level = RATE.values.index(rate)
    ends = [p[name] for p in points for name in ("mean", "expected")]
    room = max(p["theory"] for p in points) / 2
    here = points[level]
    charts.title("Mean and variance against theory", f"{MANY} passes at every rate; hover to scrub, click to keep")
    panels.show(
        pictures.spread(NAMES, "the output"),
        {
            "now": [{"level": level, "low": min(ends) - room, "top": max(ends) + room,
                     "top_sd": charts.ceiling(p["theory"] for p in points)}],
            "levels": pictures.slots(len(points), 2), "points": points,
            "headings": [
                {"level": i, "part": part, "text": f"p {NAMES[i]}: measured {signed(p[a])}, theory {signed(p[b])}"}
                for i, p in enumerate(points)
                for part, (a, b) in enumerate((("mean", "expected"), ("deviation", "theory")))
            ],
        },
        key=controls.key("picture_spread"),
        alt_text="Left: the mean of a network's output over many passes against the rate, measured as dots and in "
        "evaluation as a line. Right: its standard deviation, measured as dots and by theory as a line.",
        now=f"At p {NAMES[level]} mean {here['mean']:.3f}, evaluation {here['expected']:.3f}; deviation "
        f"{here['deviation']:.3f}, theory {here['theory']:.3f}.",
        **pinning("rate", RATE.values, "picture_spread"),
    )  # fmt: skip
    formula = "h² p (1 − p)" if classic else "h² p / (1 − p)"
    one = float(dropout.variance(1.0, rate)) * ((1 - rate) ** 2 if classic else 1)
    sections.say(
        f"Dropout leaves a unit's mean {'at (1 − p) h' if classic else 'at h'} and gives it the variance {formula}: at "
        f"p = {rate:g} that is **{one:.3f}** h². Over {MANY} passes the output's variance is "
        f"**{here['deviation'] ** 2:.4f}**, by theory {here['theory'] ** 2:.4f}; its mean {signed(here['mean'])}, in "
        f"evaluation {signed(here['expected'])}."
    )


def show_hand(rate: float, classic: bool, seed: int, number: int) -> None:
    """Draw five passes of five units by hand."""
    h, kept = dropout.reference(rate)
    scale = 1.0 if classic else 1 / (1 - rate)
    passes = (h * kept * scale).tolist()
    expected = (h * (1 - rate) if classic else h).tolist()
    deviation = [v**0.5 * ((1 - rate) if classic else 1) for v in dropout.variance(h, rate).tolist()]
    means = [sum(column) / len(passes) for column in zip(*passes, strict=True)]
    cells = [
        {"unit": u + 1, "row": len(passes) - i, "text": f"{value:.3g}", "who": "technique" if on else "baseline"}
        for i, (row, lit) in enumerate(zip(passes, kept.tolist(), strict=True))
        for u, (value, on) in enumerate(zip(row, lit, strict=True))
    ] + [{"unit": u + 1, "row": 0, "text": f"{v:.3g}", "who": "train"} for u, v in enumerate(expected)]
    charts.title("Five passes by hand", "activations 1 to 5, masks of RandomState(42)")
    panels.show(
        pictures.by_hand(charts.ceiling([*means, *(e + d / 5**0.5 for e, d in zip(expected, deviation, strict=True))])),
        {
            "cells": cells,
            "means": [
                {"unit": u + 1, "mean": m, "expected": e, "low": max(e - d / 5**0.5, 0), "high": e + d / 5**0.5}
                for u, (m, e, d) in enumerate(zip(means, expected, deviation, strict=True))
            ],
            "legend": [
                {"who": "technique", "text": "kept", "slot": 0.0, "place": 0},
                {"who": "baseline", "text": "dropped", "slot": 0.25, "place": 80},
                {"who": "train", "text": "evaluation", "slot": 0.57, "place": 180},
            ],
            "key": [
                {"who": "technique", "text": "mean of the passes", "slot": 0.0, "place": 0},
                {"who": "baseline", "text": "evaluation ± theory", "slot": 0.5, "place": 170},
            ],
        },
        key=controls.key("picture_hand"),
        alt_text="Left: five activations in five passes and in evaluation, as numbers. Right: the mean of each over "
        "the five passes, and its value in evaluation with the deviation that theory gives a mean of five.",
        now=" ".join("(" + " ".join(f"{v:.3g}" for v in row) + ")" for row in passes) + ".",
    )  # fmt: skip
    lines = ", ".join("(" + " ".join(f"{v:.3g}" for v in row) + ")" for row in passes)
    sections.say(
        f"At p = {rate:g} the five passes give **{lines}**; evaluation gives "
        f"({' '.join(f'{v:.3g}' for v in expected)}). Scaling in training and again at test would give "
        f"({' '.join(f'{(1 - rate) * v:.3g}' for v in h.tolist())}): **{100 * rate:.0f} %** low."
    )


VIEWS: dict[str, tuple[str, Callable[[float, bool, int, int], None]]] = {
    "network": ("Network", show_network),
    "spread": ("Mean and variance", show_spread),
    "hand": ("Five passes by hand", show_hand),
}


def mechanism(rate: float, classic: bool, seed: int, ticking: bool) -> None:
    """Draw the mechanism; choosing a view, stepping and playing run this alone."""
    play.keep_time(PASSES, ticking)
    picture, side = picture_and_controls()
    with picture:
        labels = {name: label for name, (label, _) in VIEWS.items()}
        view = controls.choice("view", "Mechanism", labels, "network", style="segments")
    with side:
        number = 1
        if view == "network":
            number = play.buttons(PASSES, ticking)
    with picture:
        VIEWS[view][1](rate, classic, seed, number)


# ------------------------------------------------------------------ the effect


def trained(data: str, n: int, seed: int, steps: int) -> dict[str, Any]:
    """Return what the trainings of the page share."""
    how = Training(max_steps=steps, eval_steps=effect.TRAINING.eval_steps)
    return {"dataset": data, "n_train": n, "seeds": range(seed, seed + SEEDS), "training": how}


def lowest(means: list[float]) -> int:
    """Return where the lowest of some means is."""
    return min((i for i, m in enumerate(means) if math.isfinite(m)), key=means.__getitem__, default=0)


MEASURED = (("train", "as trained", "train_objective"), ("train", "clean", "train_loss"),
            ("validation", "validation", "val_loss"))  # fmt: skip
TEST = ("test", "test", "test_loss")


def curve_rows(run: Any, level: int, top: float, gray: bool = False) -> list[dict[str, Any]]:
    """Return the training curves of one rate."""
    rows = []
    for who, kind, name in MEASURED:
        if gray and kind == "as trained":
            continue
        for at, values in enumerate(getattr(run, name)[level].T.tolist()):
            rows.append({"level": level, "step": int(run.steps[at]), "who": "baseline" if gray else who, "kind": kind,
                         "line": kind, "split": who, **band(values)})  # fmt: skip
    return effect.cut([row for row in rows if row["mean"] is not None], top)


def gap_rows(run: Any, rate: float, top: float) -> dict[str, list[dict[str, Any]]]:
    """Return the datasets of the picture of the gaps, from a run finished or still training."""
    strengths, gaps = [], []
    short = (("logged", 0.0, 0), ("clean", 0.315, 98), ("val.", 0.618, 190), ("test", 0.885, 270))
    for (who, kind, name), (label, slot, place) in zip((*MEASURED, TEST), short, strict=True):
        for level, values in enumerate(run.kept(name).tolist()):
            found = band(values)
            value = "…" if found["mean"] is None else f"{found['mean']:.3f}"
            strengths.append({
                "level": level, "who": who, "kind": kind, **found, "slot": slot, "place": place,
                "text": label if who == "test" else f"{label} {value}",
                "said": f"train, {kind} {value}" if who == "train" else f"{kind} {value}",
                "outside": f"▲ validation ends at {value}",
            })  # fmt: skip
    count = len(RATE.values)
    for level in range(count):
        logged, clean, validation = (strengths[i * count + level]["mean"] for i in range(3))
        if None in (logged, clean, validation):
            continue
        last = top
        for who, name, end, shift in (("train", "naive", logged, -0.16), ("technique", "clean", clean, 0.16)):
            low, high = sorted((min(end, top), min(validation, top)))
            last = min((low + high) / 2, last - 0.1 * top)  # below what is written already
            left = level > count - 3 or (level > 2 and name == "naive")
            text = f"{name} gap {signed(validation - end, 2)}" if (level or name == "clean") and low < top else ""
            gaps.append({"level": level, "at": level + shift, "from": low, "to": high, "middle": max(last, 0.04 * top),
                         "who": who, "text": text, "side": "left" if left else "right"})  # fmt: skip
    curves = [row for level in range(1, count) for row in curve_rows(run, level, top)]
    return {
        "now": [{"level": RATE.values.index(rate), "top": top}],
        "levels": pictures.slots(count),
        "strengths": strengths,
        "gaps": gaps
        or [{"level": None, "at": None, "from": None, "to": None, "middle": None, "who": "", "text": "", "side": ""}],
        "curves": charts.packed(curves or [EMPTY], ("level", "who", "kind"), effect.POINT),
        "without": curve_rows(run, 0, top, gray=True) or [EMPTY],
        "legend": [
            {"who": "train", "kind": "as trained", "text": "logged", "slot": 0.0, "place": 0},
            {"who": "train", "kind": "clean", "text": "clean", "slot": 0.28, "place": 84},
            {"who": "validation", "kind": "validation", "text": "val.", "slot": 0.52, "place": 154},
            {"who": "baseline", "kind": "validation", "text": "p off", "slot": 0.74, "place": 216},
        ],
    }


EMPTY = {"level": None, "step": None, "who": "train", "kind": "clean", "mean": None, "low": None, "high": None}


@kept(16)
def solve_gaps(data: str, n: int, seed: int, steps: int, _run: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the finished picture's datasets, of which only "now" follows the rate, and what is said of each rate."""
    sets = gap_rows(_run, RATE.values[0], effect.top_of_axis(_run))
    return {name: charts.table(rows) for name, rows in sets.items()}, sets["strengths"]


def show_training(data: str, n: int, seed: int, rate: float, steps: int) -> Callable[[], charts.Rows]:
    """Draw the losses as trained, clean and on validation rows; return what makes the rows to download."""
    charts.title("What is logged, and what is so", f"{DATA[data]}, n = {n}, {steps} steps; hover to scrub")
    bar, picture = st.empty(), st.container(key="panels_dropout_gaps", gap=None).empty()
    few = charts.loss_ceiling(load(data).n_classes, n)
    level = RATE.values.index(rate)

    def draw(run: Any, live: bool = True) -> None:
        if live:
            sets: dict[str, Any] = gap_rows(run, rate, few)
            strengths = sets["strengths"]
        else:
            sets, strengths = solve_gaps(data, n, seed, steps, run)
            sets = {**sets, "now": [{"level": level, "top": effect.top_of_axis(run)}]}
        said = [row["said"] for row in strengths if row["level"] == level]
        keyed = {} if live else {"key": controls.key("picture_gaps"), **pinning("rate", RATE.values, "picture_gaps")}
        charts.show(
            pictures.gaps(NAMES, steps, "loss (nats)"), sets, place=picture, height="stretch",
            alt_text="Left: training loss as trained, clean training loss, validation and test loss against the "
            "dropout rate, with the gap that each training loss leaves. Right: the curves over training, and without "
            "dropout.",
            now=f"At p {NAMES[level]}: " + ", ".join(said) + ".", **keyed,
        )  # fmt: skip

    run = effect.train(RATE, **trained(data, n, seed, steps), on_partial=draw, place=bar)
    draw(run, live=False)
    verdict(run, rate)

    names = ("train_objective", "train_loss", "val_loss", "test_loss", "val_accuracy", "test_accuracy")
    return partial(effect.numbers, run, "rate", RATE.values, names)


def verdict(run: Any, rate: float) -> None:
    """Say what the present rate did, name both gaps, and say where the lowest loss is."""
    level = RATE.values.index(rate)
    logged, clean, validation = (average(run.kept(name)[level].tolist()) for _, _, name in MEASURED)
    gaps = (
        f" The gap you would read in training mode is **{signed(validation - logged)}**; the clean gap is "
        f"**{signed(validation - clean)}**."
    )
    losses = run.kept("val_loss").tolist()
    best = lowest([average(values) for values in losses])
    where = f" The lowest mean is {average(losses[best]):.3f}, {words.at(NAMES[best], 'p')}."
    if not level:
        sections.say(f"Dropout is off: validation loss **{average(losses[0]):.3f}**.{gaps}{where}")
        return
    found = words.compare(losses[0], losses[level], with_=f"p = {rate:g}")
    before, after = (average(run.kept("test_accuracy")[i].tolist()) for i in (0, level))
    sections.say(
        f"{found.sentence}{gaps}{where} Test loss went from {average(run.kept('test_loss')[0].tolist()):.3f} to "
        f"{average(run.kept('test_loss')[level].tolist()):.3f}, test error from {100 * (1 - before):.1f} % to "
        f"{100 * (1 - after):.1f} %.", found.verdict,
    )  # fmt: skip


@kept(16)
def solve_adaptation(
    data: str, n: int, seed: int, steps: int, _run: Any
) -> tuple[list[list[float]], list[list[float]]]:
    """Return the co-adaptation by rate and seed, and the histogram of all pairs' correlations by rate."""
    hidden = _run.hidden(load(data).x_test)  # (rates, seeds, rows, units)
    shares = []
    for level in range(len(RATE.values)):
        sizes = [min(abs(r), 1.0) for r in dropout.correlations(hidden[level]).ravel().tolist() if math.isfinite(r)]
        counts = [0] * BINS
        for size in sizes:
            counts[min(int(size * BINS), BINS - 1)] += 1
        shares.append([count / max(len(sizes), 1) for count in counts])
    return dropout.co_adaptation(hidden).tolist(), shares


def show_adaptation(data: str, n: int, seed: int, rate: float, steps: int) -> list[dict[str, Any]]:
    """Draw how much units lean on each other; return the rows to download."""
    charts.title("Co-adaptation", f"the last hidden layer on the test rows of {DATA[data]}, n = {n}; hover to scrub")
    run = effect.train(RATE, **trained(data, n, seed, steps), place=st.empty())
    found, shares = solve_adaptation(data, n, seed, steps, run)
    level = RATE.values.index(rate)
    edges = [i / BINS for i in range(BINS)]
    panels.show(
        pictures.adaptation(NAMES),
        {
            "now": [{"level": level, "top": charts.ceiling(v for values in found for v in values),
                     "share": charts.ceiling(share for each in shares for share in each)}],
            "levels": pictures.slots(len(NAMES)),
            "points": [{"level": i, **band(values)} for i, values in enumerate(found)],
            "headings": [{"level": i, "text": f"p {NAMES[i]}: {average(v):.3f}"} for i, v in enumerate(found)],
            "bins": [
                {"level": i, "from": edge, "to": edge + 1 / BINS, "share": share}
                for i, each in enumerate(shares) for edge, share in zip(edges, each, strict=True)
            ],
            "without": [{"from": edge, "share": share} for edge, share in zip(edges, shares[0], strict=True)],
            "legend": [
                {"who": "technique", "text": "with dropout", "slot": 0.0, "place": 0},
                {"who": "baseline", "text": "without", "slot": 0.5, "place": 130},
            ],
        },
        key=controls.key("picture_adaptation"),
        alt_text="Left: the mean absolute correlation between hidden units against the dropout rate. Right: a "
        "histogram of the correlations of all pairs of units, with dropout and without.",
        now=f"At p {NAMES[level]} {average(found[level]):.3f}, without {average(found[0]):.3f}.",
        **pinning("rate", RATE.values, "picture_adaptation"),
    )  # fmt: skip
    if level:
        what = "the mean absolute correlation between hidden units"
        told = words.compare(found[0], found[level], what, with_=f"p = {rate:g}")
        sections.say(f"{told.sentence} " + (
            "Here units lean on each other less." if told.verdict == "better" else
            "Here dropout does not make them lean on each other less: dropped units have to stand in for one another, "
            "and correlation counts that too." if told.verdict == "worse" else "Here dropout changes it little."
        ), told.verdict)  # fmt: skip
    else:
        sections.say(f"Without dropout two hidden units correlate by **{average(found[0]):.3f}** on average.")
    return [
        {"rate": p, "seed": number, "co_adaptation": value}
        for p, values in zip(RATE.values, found, strict=True) for number, value in zip(run.seeds, values, strict=True)
    ]  # fmt: skip


@kept(8)
def solve_maps(name: str, n: int, seed: int, _run: Any) -> dict[str, Any]:
    """Predict a grid around a 2-D shape again and again, and return maps of the mean and of the spread."""
    shape = load(name)
    (x0, y0), (x1, y1) = shape.x.min(axis=0).tolist(), shape.x.max(axis=0).tolist()
    x0, x1, y0, y1 = x0 - 0.8, x1 + 0.8, y0 - 0.8, y1 + 0.8
    grid = [
        (x0 + (x1 - x0) * (i + 0.5) / SIDE, y0 + (y1 - y0) * (j + 0.5) / SIDE) for j in range(SIDE) for i in range(SIDE)
    ]
    p = experiments.monte_carlo(_run, [*grid, *shape.x_test.tolist()], SAMPLES, seed=seed)[:, :, 0, :, 1]
    means, spreads = p.mean(axis=0).tolist(), p.std(axis=0).tolist()  # (rates, points)
    cells = SIDE * SIDE
    border = [k for k in range(cells) if k // SIDE in (0, SIDE - 1) or k % SIDE in (0, SIDE - 1)]
    return {
        "x": (x0, x1), "y": (y0, y1),
        "maps": [
            {"level": level, "prediction": pictures.shaded(mean[:cells], SIDE, 1.0, pictures.GRAY),
             "spread": pictures.shaded(sd[:cells], SIDE, 0.4, pictures.TEAL)}
            for level, (mean, sd) in enumerate(zip(means, spreads, strict=True))
        ],
        "rows": [sum(sd[cells:]) / len(sd[cells:]) for sd in spreads],
        "border": [sum(sd[k] for k in border) / len(border) for sd in spreads],
        "most": [max(sd[:cells]) for sd in spreads],
    }  # fmt: skip


def show_uncertainty(data: str, n: int, seed: int, rate: float, steps: int) -> list[dict[str, Any]]:
    """Draw Monte-Carlo dropout on a 2-D shape; return the rows to download."""
    name = data if data in SHAPES else SHAPES[0]
    shape, rows = load(name), min(n, effect.sizes_of(name, SIZES)[-1])
    note = f"{DATA[name]}, n = {rows}, {SAMPLES} passes; hover to scrub, click to keep"
    charts.title("Dropout left on: uncertainty", note)
    run = runs.train(name, RATE.settings(effect.BASE), MAPPED, n_train=rows, seeds=(seed,), place=st.empty())
    found = solve_maps(name, rows, seed, run)
    level, count = RATE.values.index(rate), len(NAMES)
    panels.show(
        pictures.uncertainty(NAMES, found["x"], found["y"]),
        {
            "now": [{"level": level, "top": charts.ceiling([*found["rows"], *found["border"]])}],
            "levels": pictures.slots(count),
            "points": [
                {"level": i, "value": value, "who": who}
                for who, name in (("test", "rows"), ("baseline", "border")) for i, value in enumerate(found[name])
            ],
            "legend": [
                {"who": "test", "text": "test rows", "slot": 0.0, "place": 0},
                {"who": "baseline", "text": "the map's border", "slot": 0.35, "place": 90},
            ],
            "headings": [
                {"level": i, "part": part, "text": f"{text}, p {NAMES[i]}"}
                for i in range(count) for part, text in ((1, "mean prediction"), (2, "its spread"))
            ],
            "maps": found["maps"],
            "rows": [
                {"x": x, "y": y, "shape": int(c)}
                for (x, y), c in list(zip(shape.x_test.tolist(), shape.y_test.tolist(), strict=True))[:60]
            ],
        },
        key=controls.key("picture_three"),
        alt_text="Left: how far predictions of one point differ from pass to pass, against the rate. Middle: a map of "
        "the mean prediction over the plane. Right: a map of the spread, darkest where passes disagree most.",
        now=f"At p {NAMES[level]} the standard deviation is {found['rows'][level]:.3f} at the test rows, "
        f"{found['border'][level]:.3f} at the border, at most {found['most'][level]:.3f}.",
        **pinning("rate", RATE.values, "picture_three"),
    )  # fmt: skip
    inside, outside = found["rows"][level], found["border"][level]
    told = (
        "It is surer where it has seen data." if inside < outside else
        "It is no surer where it has seen data: far from the rows the passes agree, right or wrong."
    )  # fmt: skip
    sections.say(
        f"With dropout left on in prediction at p = {rate:g}, {SAMPLES} passes differ by a standard deviation of "
        f"**{inside:.3f}** at the test rows, **{outside:.3f}** at the map's border and at most "
        f"**{found['most'][level]:.3f}**. {told}"
        if level
        else "Without dropout every pass is the same, and the network shows no doubt anywhere."
    )
    return [
        {"rate": p, "spread_test_rows": a, "spread_border": b, "spread_most": c}
        for p, a, b, c in zip(RATE.values, found["rows"], found["border"], found["most"], strict=True)
    ]


def by_seed(run: Any, measure: str) -> dict[str, list[list[float]]]:
    """Return a validation measure by rate and seed, at the end and where early stopping would have stopped."""
    history = getattr(run, f"val_{measure}").tolist()  # [rates][seeds][evaluations]
    returned = early_stopping.patience_stop(run.val_loss, PATIENCE).returned.tolist()
    return {
        "validation": run.kept(f"val_{measure}").tolist(),
        "stopped": [
            [curve[at] if at >= 0 else math.nan for curve, at in zip(curves, ats, strict=True)]
            for curves, ats in zip(history, returned, strict=True)
        ],
    }


def show_by_size(data: str, n: int, seed: int, rate: float, steps: int) -> list[dict[str, Any]]:
    """Draw the rate by dataset size, with and without early stopping; return the rows to download."""
    measure = controls.choice(
        "measure", "Measure", {"loss": "Loss", "accuracy": "Accuracy"}, "loss", style="segments"
    )  # fmt: skip
    sizes = effect.sizes_of(data, SIZES)
    charts.title("How much, for how many rows", f"{DATA[data]}, {steps} steps; hover over the rows to scrub")
    bar, picture = st.empty(), st.container(key="panels_dropout_size", gap=None).empty()
    found: list[dict[str, list[list[float]]]] = []
    for size in sizes:
        run = effect.train(RATE, **trained(data, size, seed, steps), place=bar, note=f"Training on {size} rows")
        found.append(by_seed(run, measure))
        draw_by_size(data, measure, sizes, found, n, rate, picture, last=size == sizes[-1])
    flip = -1 if measure == "accuracy" else 1
    told = []
    for kind, how in (("validation", "to the end"), ("stopped", "with early stopping")):
        best = [lowest([flip * average(v) for v in each[kind]]) for each in found]
        gain = [
            f"{average(each[kind][b]) - average(each[kind][0]):+.3f}".replace("-", "−")
            for each, b in zip(found, best, strict=True)
        ]
        told.append(
            f"Trained {how}, the best rate is **{NAMES[best[0]]}** with {sizes[0]} rows ({measure} {gain[0]} against "
            f"off) and **{NAMES[best[-1]]}** with {sizes[-1]} ({gain[-1]})."
        )
    sections.say(" ".join(told))
    level, here = RATE.values.index(rate), found[sizes.index(n)]
    if level:
        for kind, how in (("validation", ""), ("stopped", " and early stopping")):
            sections.measured(words.compare(
                here[kind][0], here[kind][level], f"validation {measure}", with_=f"p = {rate:g} on {n} rows{how}",
                lower_is_better=measure == "loss", percent=measure == "accuracy",
            ))  # fmt: skip
    return [
        {"n": size, "rate": RATE.values[i], "early_stopping": kind == "stopped", f"val_{measure}": band(v)["mean"]}
        for size, each in zip(sizes, found, strict=True) for kind in each for i, v in enumerate(each[kind])
    ]  # fmt: skip


def draw_by_size(
    data: str, measure: str, sizes: tuple[int, ...], found: list[Any], n: int, rate: float, place: Any, last: bool
) -> None:
    """Draw the sizes that are trained."""
    level, loss = RATE.values.index(rate), measure == "loss"
    kinds = ("validation", "stopped")
    lines = [("baseline", "off", 0)] + ([("technique", f"p {NAMES[level]}", level)] if level else [])
    every = [
        {"level": i, "at": at, "kind": kind, **band(v)}
        for i, each in enumerate(found) for kind in kinds for at, v in enumerate(each[kind])
    ]  # fmt: skip
    best = []
    for i in range(len(found)):
        for kind in kinds:
            own = [r for r in every if r["level"] == i and r["kind"] == kind and r["mean"] is not None]
            best += [min(own, key=lambda r: r["mean"] if loss else -r["mean"])] if own else []
    off = [r for r in every if r["at"] in (0, level) and r["mean"] is not None]
    seen = [r["mean"] for r in off]
    low = max(0.0, math.floor(10 * (min(seen) - 0.1)) / 10)
    keyed = {}
    if last:  # a key may be given once per run of the script, so the pictures on the way have none
        keyed = {"key": controls.key("picture_size"), **pinning("n", tuple(map(float, sizes)), "picture_size")}
    values = {(r["level"], r["at"], r["kind"]): r["mean"] for r in every}
    charts.show(
        pictures.by_size(
            tuple(map(str, sizes)), NAMES, "validation loss (nats)" if loss else "validation accuracy", loss
        ),
        {
            "now": [{"level": sizes.index(n), "low": low, "top": charts.ceiling(seen) if loss else 1.0}],
            "levels": pictures.slots(len(sizes)),
            "sizes": [
                {**r, "who": who, "line": f"{who} {r['kind']}"} for who, _, at in lines for r in every if r["at"] == at
            ],
            "legend": [
                {"level": i, "who": who, "kind": "validation", "slot": 0.45 * k, "place": 150 * k,
                 "text": f"{label} {values[i, at, 'validation'] or math.nan:.3f}"}
                for k, (who, label, at) in enumerate(lines) for i in range(len(found))
            ],
            "rates": every, "best": best, "present": [{"at": level}],
            "key": [
                {"who": "technique", "kind": "validation", "text": "to the end", "slot": 0.0, "place": 0},
                {"who": "technique", "kind": "stopped", "text": "early stopping", "slot": 0.45, "place": 120},
            ],
        },
        place=place, height="stretch",
        alt_text=f"Left: validation {measure} against the number of training rows, with and without dropout, each to "
        "the end and with early stopping. Right: the same against the rate at one number of rows, the best marked.",
        now="; ".join(
            f"{sizes[b['level']]} rows, {b['kind']}: best at {NAMES[b['at']]} with {b['mean']:.3f}" for b in best
        ),
        **keyed,
    )  # fmt: skip


EFFECTS = {
    "training": "Training", "adaptation": "Co-adaptation", "uncertainty": "Uncertainty", "size": "By dataset size",
}  # fmt: skip
SHOW: dict[str, Callable[[str, int, int, float, int], charts.Rows | Callable[[], charts.Rows]]] = {
    "training": show_training, "adaptation": show_adaptation, "uncertainty": show_uncertainty, "size": show_by_size,
}  # fmt: skip


# ------------------------------------------------------------------ common mistakes


def show_wrong(name: str, right: Any, wrong: Any, rate: float, labels: tuple[str, str], first: int = 0) -> None:
    """Draw loss against the rate, done right and done wrong, and say whether it does harm.

    first: the first rate drawn of what is wrong.
    """
    who = ("technique", "mistake")
    losses = [run.kept("val_loss").tolist() for run in (right, wrong)]
    lines = [
        {"level": i, "who": w, **band(values)}
        for w, each in zip(who, losses, strict=True) for i, values in enumerate(each) if i >= first or w == who[0]
    ]  # fmt: skip
    level = max(RATE.values.index(rate), 1)
    charts.show(
        pictures.against(NAMES, "validation loss (nats)"),
        {
            "now": [{"level": level, "top": 2 * effect.top_of_axis(right)}], "lines": lines,
            "legend": [
                {"who": w, "text": text, "slot": 0.5 * i, "place": 230 * i}
                for i, (w, text) in enumerate(zip(who, labels, strict=True))
            ],
        },
        key=controls.key(f"picture_wrong_{name}"),
        alt_text=f"Validation loss against the dropout rate: {labels[0]}, and {labels[1]}.",
        now="; ".join(f"{r['who']} at {NAMES[r['level']]}: {r['mean'] or math.nan:.3f}" for r in lines),
    )  # fmt: skip
    found = words.compare(losses[0][level], losses[1][level], with_=f"{labels[1]}, p = {RATE.values[level]:g}")
    no_harm = "" if found.verdict == "worse" or found.unsure else " Here it shows no harm."
    sections.say(f"{found.sentence}{no_harm}", found.verdict)


def show_replaced(name: str, wrong: Callable[..., Any], label: str, how: dict[str, Any], rate: float) -> None:
    """Put a wrong function in dropout's place."""
    right = effect.train(RATE, **how, place=st.empty())
    bad = effect.train(RATE, **how, place=st.empty(), note=f"Training, {label}", replace_with={"dropout": wrong})
    show_wrong(name, right, bad, rate, ("done right", label), first=int(wrong is mistakes.scaled_by_rate))


def show_norm(how: dict[str, Any], rate: float) -> None:
    """Put dropout before batch norm, and after the last one."""
    training = Training(max_steps=how["training"].max_steps, eval_steps=20, batch_norm=True)
    after, before = (
        runs.train(
            how["dataset"],
            [Settings(dropout=rates(p), learning_rate=effect.BASE.learning_rate) for p in RATE.values],
            training, n_train=how["n_train"], seeds=tuple(how["seeds"]), place=st.empty(),
            note="Training with batch norm",
        )
        for rates in (lambda p: (0.0, p), lambda p: (p, 0.0))
    )  # fmt: skip
    show_wrong("norm", after, before, rate, ("after the last norm", "dropout before a batch norm"))


# ------------------------------------------------------------------ the page

@st.fragment
def page() -> None:
    """Draw all below the header: a control runs this alone, a third sooner than with header and sidebar."""
    controls.lessons(LESSONS)

    above, beside = picture_and_controls()
    with above:
        rate = controls.scale("rate", "Dropout rate p", RATE.values, 0.3)
    with beside:
        classic = controls.choice(
            "convention", "Convention", {"inverted": "Inverted", "classic": "Classic"}, "inverted", style="segments",
            help="Inverted scales by 1/(1 − p) in training; classic, of 2014, by 1 − p at test.",
        ) == "classic"  # fmt: skip
    drawn_mechanism = st.container()

    st.header("On real training", anchor=False)
    effect_picture, effect_side = picture_and_controls()
    with effect_picture:
        shown = controls.choice("effect", "Effect", EFFECTS, "training", style="segments")
    with effect_side:
        data = controls.choice("data", "Data", DATA, "digits")
        wanted = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 200.0))
        n = min(wanted, effect.sizes_of(data, SIZES)[-1])
        if n < wanted:
            st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
        steps = int(controls.scale("steps", "Steps", tuple(map(float, LENGTHS)), 300.0))
        seed = controls.seed()
    with drawn_mechanism:
        play.draw(mechanism, rate, classic, seed)

    how = trained(data, n, seed, steps)
    predict, wrong, framework, code, papers = sections.tabs()
    with predict:
        OPTIONS = ("The training loss that is logged", "The validation loss")

        def answer() -> tuple[str, str]:
            run, level = effect.train(RATE, **how, place=st.empty()), RATE.values.index(0.5)
            logged, clean, validation = (average(run.kept(name)[level].tolist()) for _, _, name in MEASURED)
            return OPTIONS[int(validation > logged)], (
                f"Logged in training mode it is **{logged:.3f}**, validation loss **{validation:.3f}**; with "
                f"dropout off in evaluation the same network has **{clean:.3f}** on its training rows."
            )

        sections.predict(
            f"{DATA[data]}, n = {n}, {steps} steps at p = 0.5. Which is higher at the end: the training loss as it is "
            "logged, with dropout on, or the validation loss?", OPTIONS, answer,
        )  # fmt: skip
    with wrong:
        sections.mistake(
            "left_on", "Left on at test", "A forgotten model.eval(): units go dark in evaluation too.",
            lambda: show_replaced("left_on", mistakes.left_on, "left on at test", how, rate),
        )  # fmt: skip
        sections.mistake(
            "twice", "Scaled twice",
            "Inverted in training and classic at test: the two conventions mixed, every layer low by p.",
            lambda: show_replaced("twice", mistakes.scaled_twice, "scaled twice", how, rate),
        )  # fmt: skip
        sections.mistake(
            "by_rate", "Scaled by p", "What is kept is scaled by 1/p rather than 1/(1 − p): the same at p = 0.5 only.",
            lambda: show_replaced("by_rate", mistakes.scaled_by_rate, "scaled by p", how, rate),
        )  # fmt: skip
        sections.mistake(
            "norm", "Before batch norm",
            "Dropout changes the variance that the next batch norm has learned to expect in evaluation.",
            lambda: show_norm(how, rate),
        )  # fmt: skip
    with framework:
        sections.framework(Settings(dropout=rate, learning_rate=effect.BASE.learning_rate), how["training"], load(data))
    with code:
        sections.code(dropout.mask, dropout.dropout, dropout.classic, dropout.variance, experiments.monte_carlo)
    with papers:
        sections.papers("dropout")
        download = st.empty()
    copy_link()

    with effect_picture:  # last, since it trains
        table = SHOW[shown](data, n, seed, rate, steps)
    with download:
        sections.download(table, f"dropout_{shown}.csv", "Download the picture's numbers as CSV")


open_page("dropout")
page()
