"""Dropout in practice: which units a pass keeps, layer by layer, and what rates per layer do to real training."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.charts import dropout_in_practice as pictures
from pages.charts.dropout_in_practice import SPLITS
from pages.ui import charts, controls, effect, panels, runs, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.seeds import average

from reglab import dropout_in_practice, experiments
from reglab.datasets import load
from reglab.engine import batch_norm
from reglab.settings import Settings, Training
from reglab.streams import generator

LAYERS, ADVICE, _ = dropout_in_practice.reference()
PLACES = ("input", "hidden 1", "hidden 2", "hidden 3", "output")
RATES = tuple(i / 10 for i in range(10))  # of the mechanism
PASSES, MANY = 40, 400  # drawn, and counted
INPUT = (0.0, 0.1, 0.2, 0.3, 0.5)
HIDDEN = (0.0, 0.1, 0.3, 0.5, 0.7)
SIZES = (128, 64, 32)  # of the hidden layers that are trained
LENGTHS = (300, 1000)  # steps
DATA = {name: load(name).title for name in ("digits", "breast_cancer", "mnist1d", "wine", "moons")}
ROWS = (50, 100, 200, 400)
SEEDS = 5
SCHEDULES = {
    "none": "None", "uniform": "Uniform", "input_and_hidden": "Input and hidden", "increasing": "Increasing",
    "none_on_last": "None on the last",
}  # fmt: skip
SHORT = ("none", "uniform", "with input", "rising", "not last")
WAYS = {"none": "Neither", "dropout": "Dropout", "norm": "Batch norm", "both": "Both"}
VIEWS = {"schedules": "Schedules", "map": "Input rate by hidden rate", "norm": "With batch norm"}

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "pass": 1.0, "input": 0.2, "hidden1": 0.5, "hidden2": 0.5, "hidden3": 0.5, "output": 0.0, "draws": "own",
        "view": "schedules", "hidden": 0.3, "input_rate": 0.2, "schedule": "uniform", "way": "both", "data": "digits",
        "n": 200.0, "steps": 300.0, "seed": 0, "before": False, "half": False, "keep": False,
    },
    "Reference: 784 to 10": {"draws": "reference"},
    "Too much": {"hidden": 0.5, "schedule": "input_and_hidden"},
    "The same for longer": {"hidden": 0.5, "schedule": "input_and_hidden", "steps": 1000.0},
    "When it does nothing": {"data": "wine", "n": 50.0, "schedule": "none_on_last"},
    "Two rates at once": {"view": "map", "data": "breast_cancer", "n": 100.0, "hidden": 0.5},
    "Beside batch norm": {"view": "norm"},
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What the trainings of the page share."""

    data: str
    n: int
    seed: int
    steps: int

    @property
    def said(self) -> str:
        """The task in words."""
        return f"{DATA[self.data]}, n = {self.n}, {self.steps} steps"


ASKED = Task("digits", 200, 0, 300)  # of the prediction, at the rates usually advised


def written(values: Sequence[float]) -> str:
    """Return the mean over the seeds in words."""
    return "diverged" if math.isnan(average(values)) else f"{average(values):.3f}"


def listed(values: Sequence[Any]) -> str:
    """Return values as "1, 2 and 3"."""
    return ", ".join(map(str, values[:-1])) + f" and {values[-1]}"


def spelled(rates: Sequence[float]) -> str:
    """Return the rates of the layers as "(0.2, 0.5, 0)"."""
    return "(" + ", ".join(f"{rate:.2g}" for rate in rates) + ")"


# ------------------------------------------------------------------ the mechanism


@kept(16)
def solve(rates: tuple[float, ...], reference: bool, seed: int) -> tuple[dict[str, Any], list[list[int]]]:
    """Draw many passes; return what the picture shows of them, and the active units by pass and layer."""
    rng = dropout_in_practice.reference()[2] if reference else generator(seed, "dropout")
    first = [dropout_in_practice.masks(LAYERS, rates, rng) for _ in range(PASSES)]
    rest = dropout_in_practice.active_units(LAYERS, rates, rng, MANY - PASSES).tolist()
    counts = [[int(kept.sum()) for kept in layers] for layers in first] + rest
    shares = dropout_in_practice.active_weights(LAYERS, counts[:PASSES]).tolist()
    mean, deviation = (each.tolist() for each in dropout_in_practice.expected_active(LAYERS, rates))
    bins = []
    for layer, size in enumerate(LAYERS):
        width = max(1, round(size / 100))  # units
        seen = Counter(row[layer] // width for row in counts)
        bins += [
            {"layer": layer, "from": max((k * width - 0.5) / size, 0), "to": min(((k + 1) * width - 0.5) / size, 1.05),
             "base": layer + 0.35, "top": layer + 0.35 - 0.78 * times / max(seen.values())}
            for k, times in sorted(seen.items())
        ]  # fmt: skip
    drawn = {
        "levels": scrub.between([(i + 0.5) / PASSES for i in range(PASSES)]),
        "blocks": [
            {"level": i, "layer": layer, "text": f"{counts[i][layer]} of {size}", "base": layer + 0.35,
             "share": counts[i][layer] / size, **pictures.block(layers[layer].tolist())}
            for i, layers in enumerate(first) for layer, size in enumerate(LAYERS)
        ],
        "names": [{"layer": layer, "text": name} for layer, name in enumerate(PLACES)],
        "passes": [
            {"level": i, "text": f"pass {i + 1}: {sum(row)} of {sum(LAYERS)} units, {100 * share:.0f} % of the weights"}
            for i, (row, share) in enumerate(zip(counts, shares, strict=False))
        ],
        "bins": bins,
        "theory": [
            {"layer": i, "base": i + 0.35, "zero": 0, "one": 1, "low": (m - sd) / n, "high": (m + sd) / n}
            for i, (n, m, sd) in enumerate(zip(LAYERS, mean, deviation, strict=True))
        ],
        "legend": [
            {"who": "train", "text": f"{MANY} passes", "slot": 0.0, "place": 0},
            {"who": "technique", "text": "this pass", "slot": 0.38, "place": 100},
            {"who": "baseline", "text": "theory", "slot": 0.7, "place": 185},
        ],
    }  # fmt: skip
    return {name: charts.table(rows) for name, rows in drawn.items()}, counts


def mechanism(seed: int) -> None:
    """Draw the mechanism; its controls run this alone."""
    picture, side = picture_and_controls()
    with side:
        names = ("input", "hidden1", "hidden2", "hidden3")
        rates = [
            controls.scale(name, f"Rate, {place} ({size} units)", RATES, rate)
            for name, place, size, rate in zip(names, PLACES, LAYERS, ADVICE, strict=False)
        ]
        with st.expander("More"):
            rates.append(controls.scale("output", f"Rate, output ({LAYERS[-1]} units)", RATES, 0.0))
            reference = controls.choice(
                "draws", "Draws", {"own": "The seed's own", "reference": "RandomState(42)"}, "own", style="segments"
            ) == "reference"  # fmt: skip
    with picture:
        number = int(controls.scale("pass", "Pass", tuple(float(i + 1) for i in range(PASSES)), 1.0))
        drawn, counts = solve(tuple(rates), reference, seed)
        here = counts[number - 1]
        share = float(dropout_in_practice.active_weights(LAYERS, here))
        charts.title("The units of one pass", "a pixel is a unit, layers to scale; hover to scrub, click to keep")
        panels.show(
            pictures.layers(PLACES, max(LAYERS)), {"now": [{"level": number - 1}], **drawn},
            key=controls.key("picture_layers"),
            alt_text="Left: five layers, each a block with one pixel per unit, lit where a training pass keeps it. "
            "Right: for each layer a histogram of the share of active units over many passes, with theory's mean.",
            now=f"Pass {number}: {listed(here)} units active of {listed(LAYERS)}, {100 * share:.0f} % of the weights.",
            on_select=scrub.keep("pass", range(1, PASSES + 1), "picture_layers"), selection_mode="pin",
        )  # fmt: skip
        means = [sum(row[layer] for row in counts) / MANY for layer in range(len(LAYERS))]
        expected = dropout_in_practice.expected_active(LAYERS, rates)[0].tolist()
        sections.say(
            f"In pass {number} **{listed(here)}** units are active of {listed(LAYERS)}, and **{100 * share:.0f} %** of "
            f"the weights lie between two of them. Over {MANY} passes the means are "
            f"{listed([f'{mean:.1f}' for mean in means])}, by theory (1\u00a0−\u00a0p)\u00a0n "
            f"{listed([f'{mean:.1f}' for mean in expected])}."
        )


# ------------------------------------------------------------------ the effect


def rates_of(schedule: str, data: str, input_rate: float, hidden: float) -> tuple[float, ...]:
    """Return a schedule's rate of every layer of the trained network."""
    layers = (load(data).x.shape[1], *SIZES, load(data).n_classes or 1)
    if schedule == "none":
        return (0.0,) * len(layers)
    own = {"input_rate": input_rate} if schedule == "input_and_hidden" else {}
    return dropout_in_practice.SCHEDULES[schedule](layers, rate=hidden, **own)


def training(task: Task, norm: bool = False) -> Training:
    """Return the network and its schedule."""
    return Training(hidden_sizes=SIZES, max_steps=task.steps, eval_steps=20, batch_norm=norm)


def train(rates: Sequence[Sequence[float]], task: Task, norm: bool = False, **watching: Any) -> Any:
    """Train one network per row of rates, and per seed, as one stack."""
    stack = [dropout_in_practice.to_settings(row, effect.BASE) for row in rates]
    seeds = tuple(range(task.seed, task.seed + SEEDS))
    return runs.train(task.data, stack, training(task, norm), n_train=task.n, seeds=seeds, **watching)


def top_of(trained: Sequence[tuple[Any, int]]) -> float:
    """Return the top of the loss axis: above the first's validation loss, and what half of them come to."""
    means = [average(run.kept("val_loss")[k].tolist()) for run, k in trained]
    seen = sorted(mean for mean in means if math.isfinite(mean))
    first = means[0] if math.isfinite(means[0]) else 0.0
    return charts.ceiling([1.2 * max(first, seen[len(seen) // 2])]) if seen else 1.0


def draw_ways(
    short: Sequence[str], titles: Sequence[str], trained: Sequence[tuple[Any, int]], now: int, place: Any,
    task: Task, live: bool = False, roles: tuple[str, str] = pictures.AS_BASELINE, **pinning: Any,
) -> None:  # fmt: skip
    """Draw several ways to train side by side."""
    top = charts.loss_ceiling(load(task.data).n_classes, task.n) if live else top_of(trained)
    sets = pictures.way_rows(trained, titles, now, top, roles)
    charts.show(
        pictures.ways(tuple(short), task.steps, "loss (nats)"), sets, place=place, height="stretch",
        alt_text="Left: train, validation and test loss of several ways to train, mean and range over the seeds. "
        "Right: training curves of one of them, and of the first.",
        now=f"{titles[now]}: " + ", ".join(row["text"] for row in sets["values"] if row["level"] == now) + ".",
        **pinning,
    )  # fmt: skip


def rows_of(titles: Sequence[str], trained: Sequence[tuple[Any, int]]) -> list[dict[str, Any]]:
    """Return the numbers of a picture, one row per way and seed."""
    names = (*SPLITS.values(), "val_accuracy", "test_accuracy")
    return [
        {"way": title, "seed": number, **{name: float(run.kept(name)[k, j]) for name in names}}
        for title, (run, k) in zip(titles, trained, strict=True) for j, number in enumerate(run.seeds)
    ]  # fmt: skip


def verdict(before: tuple[Any, int], after: tuple[Any, int], name: str) -> words.Comparison:
    """Say what one way to train does to the losses of another."""
    ways = (before, after)
    losses, test = ([run.kept(kind)[k].tolist() for run, k in ways] for kind in ("val_loss", "test_loss"))
    wrong = [f"{100 * (1 - average(run.kept('test_accuracy')[k].tolist())):.1f} %" for run, k in ways]
    found = words.compare(*losses, with_=name)
    sentence = (
        f"{found.sentence} Test loss went from {written(test[0])} to {written(test[1])}, test error from {wrong[0]} to "
        f"{wrong[1]}."
    )
    return replace(found, sentence=sentence)


def lowest(run: Any) -> int:
    """Return the setting with the lowest mean validation loss."""
    means = [average(values) for values in run.kept("val_loss").tolist()]
    return min((i for i, mean in enumerate(means) if math.isfinite(mean)), key=means.__getitem__, default=0)


def spot(name: str, title: str, note: str) -> tuple[Any, Any]:
    """Write a picture's title, and return the places of its progress bar and of itself."""
    charts.title(title, note)
    bar = st.empty()
    return bar, charts.spot(st.container(key=f"panels_dropout_in_practice_{name}", gap=None))


def show_schedules(task: Task, input_rate: float, hidden: float) -> list[dict[str, Any]]:
    """Draw the schedules side by side; return the rows to download."""
    level = list(SCHEDULES).index(chosen)
    rates = [rates_of(name, task.data, input_rate, hidden) for name in SCHEDULES]
    titles = [f"{name} {spelled(row)}" if i else name for i, (name, row) in enumerate(zip(SHORT, rates, strict=True))]
    note = f"{task.said}; hover to scrub, click to keep"
    bar, place = spot("schedules", "Schedules side by side", note)

    def draw(run: Any, live: bool = True) -> None:
        keyed = {} if live else {
            "key": controls.key("picture_schedules"), "selection_mode": "pin",
            "on_select": scrub.keep("schedule", list(SCHEDULES), "picture_schedules"),
        }  # fmt: skip
        draw_ways(SHORT, titles, [(run, k) for k in range(len(rates))], level, place, task, live, **keyed)

    run = train(rates, task, on_partial=draw, place=bar)
    draw(run, live=False)
    best = lowest(run)
    where = f"{SCHEDULES[list(SCHEDULES)[best]].lower()}, rates {spelled(rates[best])}" if best else "no dropout at all"
    low = f"The lowest mean of the five is **{written(run.kept('val_loss')[best].tolist())}**, with {where}."
    if level:
        found = verdict((run, 0), (run, level), f"{SCHEDULES[chosen].lower()}, rates {spelled(rates[level])}")
        sections.say(f"{found.sentence} {low}", found.verdict)
    else:
        sections.say(f"Without dropout validation loss is **{written(run.kept('val_loss')[0].tolist())}**. {low}")
    return rows_of(titles, [(run, k) for k in range(len(rates))])


def show_map(task: Task, input_rate: float, hidden: float) -> list[dict[str, Any]]:
    """Draw validation loss by input rate and hidden rate; return the rows to download."""
    cells = [(i, j) for i in range(len(INPUT)) for j in range(len(HIDDEN))]
    level = cells.index((INPUT.index(input_rate), HIDDEN.index(hidden)))
    rates = [rates_of("input_and_hidden", task.data, INPUT[i], HIDDEN[j]) for i, j in cells]
    titles = [f"input {INPUT[i]:g}, hidden {HIDDEN[j]:g}" if i or j else "no dropout" for i, j in cells]
    note = f"{task.said}; green: lower than without dropout"
    bar, place = spot("map", "Validation loss by two rates", note)

    def draw(run: Any, live: bool = True) -> None:
        trained = [(run, k) for k in range(len(cells))]
        top = charts.loss_ceiling(load(task.data).n_classes, task.n) if live else top_of(trained)
        losses = {split: [effect.mean(v) for v in run.kept(name).tolist()] for split, name in SPLITS.items()}
        means = losses["validation"]
        base, best = means[0], lowest(run)
        far = [0.0 if base is None or m is None else math.log(m / base) for m in means]
        limit = {way: max([abs(f) for f in far if (f < 0) == way], default=0) or 1 for way in (True, False)}
        keyed = {} if live else {
            "key": controls.key("picture_map"), "on_select": keep_cell, "selection_mode": "pin",
        }  # fmt: skip
        said = [
            f"{title}: " + ", ".join(f"{split} {'…' if v[k] is None else f'{v[k]:.3f}'}" for split, v in losses.items())
            for k, title in enumerate(titles)
        ]
        charts.show(
            pictures.grid(tuple(f"{r:g}" for r in INPUT), tuple(f"{r:g}" for r in HIDDEN), task.steps, "loss (nats)"),
            {
                "now": [{"level": level, "top": top}],
                "cells": [
                    {"level": k, "row": i, "column": j, "share": abs(far[k]) / limit[far[k] < 0],
                     "who": "technique" if far[k] < 0 else "baseline", "best": int(not live and k == best),
                     "text": "…" if means[k] is None else f"{means[k]:.3f}"}
                    for k, (i, j) in enumerate(cells)
                ],
                "values": [{"level": k, "text": text.partition(": ")[2]} for k, text in enumerate(said)],
                **pictures.curve_rows(trained, titles, top),
            },
            place=place, height="stretch",
            alt_text="Left: a map of the validation loss, the rate of the inputs against the rate of the hidden "
            "layers. Right: training curves at one pair of rates, and without dropout.",
            now=f"{said[level]}.", **keyed,
        )  # fmt: skip

    run = train(rates, task, on_partial=draw, place=bar)
    draw(run, live=False)
    best, usual = lowest(run), cells.index((INPUT.index(ADVICE[0]), HIDDEN.index(ADVICE[1])))
    losses, test = run.kept("val_loss").tolist(), run.kept("test_loss").tolist()
    advised = (
        "these are the rates usually advised" if best == usual
        else f"the usual {titles[usual]} has {written(losses[usual])} (test {written(test[usual])})"
    )  # fmt: skip
    low = (
        f"The lowest of {len(cells)} is **{written(losses[best])}**, at {titles[best]} (test {written(test[best])}); "
        f"{advised}."
    )
    if level:
        found = verdict((run, 0), (run, level), titles[level])
        sections.say(f"{found.sentence} {low}", found.verdict)
    else:
        sections.say(f"Without dropout validation loss is **{written(losses[0])}**. {low}")
    return rows_of(titles, [(run, k) for k in range(len(cells))])


def keep_cell() -> None:
    """Set both rates to the cell that was clicked."""
    picked = st.session_state.get(controls.key("picture_map"))
    rows = picked["selection"].get("pin") if picked else None
    if rows:
        level = int(rows[0]["level"])
        controls.set_values({"input_rate": INPUT[level // len(HIDDEN)], "hidden": HIDDEN[level % len(HIDDEN)]})


def show_norm(task: Task, input_rate: float, hidden: float) -> list[dict[str, Any]]:
    """Draw dropout, batch norm, both and neither; return the rows to download."""
    level, none = list(WAYS).index(chosen), rates_of("none", task.data, 0, 0)
    last = (*none[:-2], hidden, 0.0)
    every = rates_of("uniform", task.data, 0, hidden)
    short = ("neither", "dropout", "batch norm", "both")
    titles = ["neither", f"dropout {spelled(every)}", "batch norm", f"batch norm, {spelled(last)} after it"]
    note = f"{task.said}; hover to scrub, click to keep"
    bar, place = spot("norm", "Neither, dropout, batch norm, both", note)

    def draw(plain: Any, normed: Any = None) -> None:
        trained = [(plain, 0), (plain, 1)] + ([(normed, 0), (normed, 1)] if normed else [])
        keyed = {} if normed is None else {
            "key": controls.key("picture_norm"), "selection_mode": "pin",
            "on_select": scrub.keep("way", list(WAYS), "picture_norm"),
        }  # fmt: skip
        now = level if normed else min(level, 1)
        draw_ways(short, titles[: len(trained)], trained, now, place, task, normed is None, **keyed)

    plain = train([none, every], task, on_partial=draw, place=bar)
    normed = train([none, last], task, norm=True, place=bar, note="Training with batch norm")
    draw(plain, normed)
    trained = [(plain, 0), (plain, 1), (normed, 0), (normed, 1)]
    losses = [run.kept("val_loss")[k].tolist() for run, k in trained]
    best = min(range(4), key=lambda i: average(losses[i]) if math.isfinite(average(losses[i])) else math.inf)
    if level:
        sections.measured(verdict(trained[0], trained[level], f"{WAYS[chosen].lower()} instead of neither"))
    sections.measured(verdict(trained[2], trained[3], "dropout after the last norm"))
    sections.say(
        f"The lowest mean of the four is **{written(losses[best])}**: {titles[best]}. In evaluation the running means "
        "and variances are an argument that is passed in, apply(net, x, statistics=...): there is no mode to forget."
    )
    return rows_of(titles, trained)


SHOW = {"schedules": show_schedules, "map": show_map, "norm": show_norm}


# ------------------------------------------------------------------ common mistakes


def show_wrong(
    name: str, short: tuple[str, str], rates: Sequence[Sequence[float]], what: str, task: Task, norm: bool = False
) -> None:
    """Draw what is right beside what is wrong, and say whether it does harm; rates: right, wrong."""
    run = train(rates, task, norm, place=st.empty(), note="Training with the mistake")
    titles = [short[0], f"{short[1]} {spelled(rates[1])}"]
    place = charts.spot(st.container(key=f"panels_dropout_in_practice_wrong_{name}", gap=None))
    draw_ways(
        short, titles, [(run, 0), (run, 1)], 1, place, task, roles=pictures.AS_MISTAKE,
        key=controls.key(f"picture_wrong_{name}"),
    )  # fmt: skip
    found = verdict((run, 0), (run, 1), what)
    no_harm = "" if found.verdict == "worse" or found.unsure else " Here it shows no harm."
    shift = f" {shifted(run)}" if norm else ""
    sections.say(f"{found.sentence}{shift}{no_harm}", found.verdict)


def shifted(run: Any) -> str:
    """Say how far the last norm's variance in training is from the one in evaluation."""
    after, before = experiments.variance_shift(run)[:, :, -1].tolist()
    return (
        f"The last norm divides by a variance learned with dropout on, **{average(before):.2f}** times the one that it "
        f"meets in evaluation, and **{average(after):.2f}** times with dropout after it."
    )


def show_before(task: Task, hidden: float) -> None:
    """Put dropout before the last batch norm rather than after it."""
    none = rates_of("none", task.data, 0, 0)
    after, before = (*none[:-2], hidden, 0.0), (*none[:-3], hidden, 0.0, 0.0)
    what = "dropout before the last norm rather than after it"
    show_wrong("before", ("after", "before"), (after, before), what, task, norm=True)


def show_half(task: Task, hidden: float) -> None:
    """Drop inputs as often as hidden units."""
    rows = [rates_of("input_and_hidden", task.data, rate, hidden) for rate in (ADVICE[0], 0.5)]
    what = "an input rate of 0.5 rather than 0.2"
    show_wrong("half", ("input 0.2", "input 0.5"), rows, what, task)


def show_keep(task: Task) -> None:
    """Take the rates for probabilities of keeping."""
    rows = [rates_of("input_and_hidden", task.data, rate, 0.5) for rate in (ADVICE[0], 1 - ADVICE[0])]
    what = "0.2 and 0.5 taken for probabilities of keeping"
    show_wrong("keep", ("as rates", "as kept"), rows, what, task)


# ------------------------------------------------------------------ the page

open_page("dropout_in_practice")
controls.lessons(LESSONS)
drawn_mechanism = st.container()

st.header("On real training", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    view = controls.choice("view", "Effect", VIEWS, "schedules", style="segments")
    hidden = controls.scale("hidden", "Rate p of the hidden layers", HIDDEN, 0.3)
with effect_side:
    input_rate = controls.scale("input_rate", "Rate of the inputs", INPUT, 0.2)
    chosen = "none"
    if view == "schedules":
        chosen = controls.choice("schedule", "Schedule", SCHEDULES, "uniform")
    elif view == "norm":
        chosen = controls.choice("way", "Way", WAYS, "both")
    data = controls.choice("data", "Data", DATA, "digits")
    with st.expander("More"):
        wanted = int(controls.scale("n", "Training rows n", tuple(map(float, ROWS)), 200.0))
        steps = int(controls.scale("steps", "Steps", tuple(map(float, LENGTHS)), 300.0))
        seed = controls.seed()
    n = min(wanted, max(rows for rows in ROWS if rows <= 0.7 * len(load(data).x)))
    st.caption(f"Hidden layers of {listed(SIZES)} units, {SEEDS} seeds.")
    if n < wanted:
        st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
    task = Task(data, n, seed, steps)
with drawn_mechanism:
    st.fragment(mechanism)(seed)

predict, wrong, framework, code, papers = sections.tabs()
with predict:

    def answer() -> tuple[str, str]:
        rows = [rates_of(name, ASKED.data, *ADVICE[:2]) for name in SCHEDULES]
        run = train(rows, ASKED, place=st.empty())
        means = [f"{label.lower()} {written(run.kept('val_loss')[k].tolist())}" for k, label in
                 enumerate(SCHEDULES.values())]  # fmt: skip
        return list(SCHEDULES.values())[lowest(run)], f"Mean validation losses: {listed(means)}."

    sections.predict(
        f"{ASKED.said}, hidden rate {ADVICE[1]:g}, input rate {ADVICE[0]:g}: which "
        "schedule has the lowest validation loss?", tuple(SCHEDULES.values()), answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "before", "Dropout before batch norm",
        "The running variance is that of units with dropout on; in evaluation their variance is another one.",
        lambda: show_before(task, hidden),
    )  # fmt: skip
    sections.mistake(
        "half", "Inputs dropped like hidden units", "One rate of 0.5 for every layer, the inputs among them.",
        lambda: show_half(task, hidden),
    )  # fmt: skip
    sections.mistake(
        "keep", "Keep probability or rate",
        "The rates (0.2, 0.5) given to TensorFlow 1's keep_prob: hidden layers are the same, inputs lose 80 %.",
        lambda: show_keep(task),
    )  # fmt: skip
with framework:
    present = rates_of(chosen if view == "schedules" else "input_and_hidden", data, input_rate, hidden)
    if view == "norm":
        present = (*rates_of("none", data, 0, 0)[:-2], hidden, 0.0)
    settings = dropout_in_practice.to_settings(present, Settings(learning_rate=effect.BASE.learning_rate))
    sections.framework(settings, training(task, view == "norm"), load(data))
with code:
    sections.code(
        dropout_in_practice.masks, dropout_in_practice.input_and_hidden, dropout_in_practice.increasing,
        dropout_in_practice.none_on_last, dropout_in_practice.to_settings, batch_norm.apply,
    )  # fmt: skip
with papers:
    sections.papers("dropout_in_practice")
    download = st.empty()
copy_link()

with effect_picture:  # last, since it trains
    table = SHOW[view](task, input_rate, hidden)
with download:
    sections.download(table, f"dropout_in_practice_{view}.csv", "Download the picture's numbers as CSV")
