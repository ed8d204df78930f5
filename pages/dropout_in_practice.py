"""Dropout in practice: which units a pass keeps, layer by layer, and what rates per layer do to real training."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import dropout_in_practice as pictures
from pages.pictures.dropout_in_practice import ADVICE, CELLS, HIDDEN, INPUT, LAYERS, MANY, PASS, PASSES, PLACES, Way
from pages.ui import controls, effect, sections, words
from pages.ui.cache import cached
from pages.ui.drawing import Frame, Picture
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.levels import even
from pages.ui.lower import Mistake, Question, Table, lower_half
from pages.ui.seeds import average, written
from pages.ui.story import Story
from pages.ui.study import Study, choose
from pages.ui.words import listed

from reglab import dropout_in_practice, experiments
from reglab.engine import batch_norm
from reglab.engine.run import Run
from reglab.settings import Settings, Training
from reglab.streams import generator

RATES = tuple(i / 10 for i in range(10))  # of the mechanism
SIZES = (128, 64, 32)  # of the hidden layers that are trained
LENGTHS = (300, 1000)  # steps
TRAINING = Training(hidden_sizes=SIZES, max_steps=LENGTHS[0], eval_steps=20)
ASKED = Study("digits", 200, tuple(range(5)), TRAINING)  # of the prediction, at the rates of the 2014 paper
DATA = ("digits", "breast_cancer", "mnist1d", "wine", "moons")
ROWS = (50, 100, 200, 400)
SCHEDULES = {
    "none": "None",
    "uniform": "Uniform",
    "input_and_hidden": "Input and hidden",
    "increasing": "Increasing",
    "none_on_last": "None on the last",
}
SHORT = ("none", "uniform", "input and|hidden", "increasing", "none on|the last")  # in two lines below an axis
WAYS = {"none": "Neither", "dropout": "Dropout", "norm": "Batch norm", "both": "Both"}
BY_SCHEDULE = even("schedule", tuple(SCHEDULES), "", SHORT)
BY_WAY = even("way", tuple(WAYS), "", [label.lower() for label in WAYS.values()])
TOO_CLOSE = "The first two are too close to tell"
DRAWS = {"own": "The seed's own", "reference": "RandomState(42)"}

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"pass": 1.0, "input": 0.2, "hidden1": 0.5, "hidden2": 0.5, "hidden3": 0.5, "output": 0.0}
    | {"draws": "own", "view": "schedules", "hidden": 0.3, "input_rate": 0.2, "schedule": "uniform", "way": "both"}
    | {"data": "digits", "n": 200.0, "steps": 300.0, "tab": sections.TABS[0]},
    "Reference: 784 to 10": {"draws": "reference"},
    "Too much": {"hidden": 0.5, "schedule": "input_and_hidden"},
    "The same for longer": {"hidden": 0.5, "schedule": "input_and_hidden", "steps": 1000.0},
    "When it does nothing": {"data": "wine", "n": 50.0, "schedule": "none_on_last"},
    "Two rates at once": {"view": "map", "data": "breast_cancer", "n": 100.0, "hidden": 0.5},
    "Beside batch norm": {"view": "norm"},
}
STORIES = {
    "See it work": Story(
        "Each pixel is a unit: compare how the inputs and the hidden layers are thinned.",
        "Which share of the weights lies between two units that stay?",
    ),
    "Reference: 784 to 10": Story(
        "These are the draws of the reference, from 784 inputs to 10 outputs.",
        "How many units of each layer does a pass keep?",
    ),
    "Too much": Story(
        "The rates of the 2014 paper in a short run: see where the validation loss ends.",
        "Would a longer run change the verdict?",
        "effect",
    ),
    "The same for longer": Story(
        "The same rates, trained for more than three times as long.", "Has the verdict changed?", "effect"
    ),
    "When it does nothing": Story(
        "A small table, which a network learns at once.", "Can the seeds tell the schedules apart?", "effect"
    ),
    "Two rates at once": Story(
        "Each cell is a pair of rates: one for the inputs, one for the hidden layers.",
        "Is the best cell at the edge of the map?",
        "effect",
    ),
    "Beside batch norm": Story(
        "Compare both at once with each of them alone.", "Do they help each other, or is one enough?", "effect"
    ),
}

OFF = "Without dropout validation loss is"
Rates = tuple[float, ...]  # of every layer, from the inputs to the outputs


def spelled(rates: Rates) -> str:
    """Return the rates of the layers as "(0.2, 0.5, 0)"."""
    return "(" + ", ".join(f"{rate:.2g}" for rate in rates) + ")"


# ------------------------------------------------------------------ the mechanism


@cached(16)
def solve(rates: Rates, reference: bool, seed: int) -> dropout_in_practice.Thinned:
    """Draw many passes."""
    rng = dropout_in_practice.reference()[2] if reference else generator(seed, "dropout")
    return dropout_in_practice.thinned(LAYERS, rates, rng, MANY, PASSES)


@st.fragment
def mechanism(seed: int) -> None:
    """Draw the mechanism; its controls run this alone."""
    controls.draw_lessons()
    picture, side = picture_and_controls()
    with side:
        names = ("input", "hidden1", "hidden2", "hidden3", "output")
        rates = tuple(
            controls.scale(name, f"Rate, {place} ({size} units)", RATES, rate)
            for name, place, size, rate in zip(names, PLACES, LAYERS, ADVICE, strict=True)
        )
        draws = controls.choice("draws", "Draws", DRAWS, "own")
    thinned = solve(rates, draws == "reference", seed)
    with picture:
        number = int(controls.scale("pass", "Pass", PASS.values, 1.0))
        frame = Frame("layers", "The units of one pass", "a pixel is a unit, layers to scale")
        frame.draw(pictures.layers(thinned), float(number))
        here = thinned.active[number - 1].tolist()
        share = 100 * float(dropout_in_practice.active_weights(LAYERS, here))
        expected = dropout_in_practice.expected_active(LAYERS, rates)[0].tolist()
        sections.say(
            f"In pass {number} the layers keep **{listed([*map(str, here)])}** of their "
            f"{listed([*map(str, LAYERS)])} units, and **{share:.0f} %** of the weights lie between two of them. "
            f"Over {MANY} passes the means are {listed([f'{m:.1f}' for m in thinned.active.mean(axis=0).tolist()])}, "
            f"by theory (1\u00a0−\u00a0p)\u00a0n {listed([f'{m:.1f}' for m in expected])}."
        )
    drawn = DRAWS[draws] if draws == "reference" else f"seed {seed}"
    with side:
        by_pass, by_unit = lambda: pictures.rows_by_pass(thinned, drawn), lambda: pictures.rows_by_unit(thinned, drawn)
        sections.download(by_pass, "dropout_in_practice_passes.csv", "Download passes")
        sections.download(by_unit, "dropout_in_practice_units.csv", "Download units")


# ------------------------------------------------------------------ the effect


def rates_of(schedule: str, study: Study, input_rate: float = 0.0, hidden: float = 0.0) -> Rates:
    """Return a schedule's rate of every layer of the trained network."""
    layers = (study.data.x.shape[1], *SIZES, study.data.n_classes or 1)
    if schedule == "none":
        return (0.0,) * len(layers)
    more = {"input_rate": input_rate} if schedule == "input_and_hidden" else {}
    return dropout_in_practice.SCHEDULES[schedule](layers, rate=hidden, **more)


def norm_rates(study: Study, hidden: float) -> tuple[Rates, Rates]:
    """Return the rates beside batch norm: none, and dropout after the last norm alone."""
    none = rates_of("none", study)
    return none, (*none[:-2], hidden, 0.0)


def train(study: Study, rates: Sequence[Rates], **watching: Any) -> Run:
    """Train one network per row of rates, and per seed, as one stack."""
    return study.train([dropout_in_practice.to_settings(row, study.base) for row in rates], **watching)


def ways_of(titles: Sequence[str], run: Run) -> list[Way]:
    """Return the ways to train that are the settings of one run."""
    return [Way(title, run, setting) for setting, title in enumerate(titles)]


def by_layer(rates: Rates) -> dict[str, float]:
    """Return the rates of the layers as columns of a download; the outputs are never dropped."""
    return {"input_dropout": rates[0], **{f"dropout_{i + 1}": rate for i, rate in enumerate(rates[1:-1])}}


def table(view: str, ways: Sequence[Way], columns: Sequence[dict[str, Any]]) -> list[Table]:
    """Return what a picture's curves can be downloaded as."""
    name = f"dropout_in_practice_{view}"
    return [Table(name, "the losses at every evaluation", lambda: pictures.history(ways, columns))]


def verdict(study: Study, before: Way, after: Way, with_: str) -> words.Comparison:
    """Say what one way to train does to the validation loss of another."""
    return study.compare(before.losses(), after.losses(), with_=with_)


def chosen_of(study: Study, ways: Sequence[Way], names: Sequence[str]) -> words.Choice:
    """Choose a way to train on validation rows, and judge it on test rows."""
    losses = ([way.losses(kind) for way in ways] for kind in ("val_loss", "test_loss"))
    return words.choose(["off", *names], *losses, guess=study.guess, of="the picture")


def show_schedules(study: Study, chosen: str, input_rate: float, hidden: float) -> list[Table]:
    """Draw the schedules side by side."""
    level = BY_SCHEDULE.of(chosen)
    rates = [rates_of(name, study, input_rate, hidden) for name in SCHEDULES]
    names = [label.lower() for label in SCHEDULES.values()]
    titles = [f"{name} {spelled(row)}" if i else name for i, (name, row) in enumerate(zip(names, rates, strict=True))]
    frame = Frame("schedules", "Schedules side by side", f"{study.note}, {study.steps}")

    def picture(run: Run, live: bool) -> Picture:
        return pictures.ways(BY_SCHEDULE, ways_of(titles, run), level, live=live)

    ways = ways_of(titles, frame.follow(partial(train, study, rates), picture, chosen))
    choice = chosen_of(study, ways, [f"“{name}”" for name in names[1:]])
    with_ = f"{names[level]}, rates {spelled(rates[level])}"
    study.judge([way.losses() for way in ways], level, choice, with_=with_, off=OFF, more="more_schedules")
    columns = [{"schedule": name, **by_layer(row)} for name, row in zip(SCHEDULES, rates, strict=True)]
    return table("schedules", ways, columns)


def show_map(study: Study, chosen: str, input_rate: float, hidden: float) -> list[Table]:
    """Draw validation loss by input rate and hidden rate."""
    level = CELLS.of((input_rate, hidden))
    rates = [rates_of("input_and_hidden", study, *pair) for pair in CELLS.values]
    shades = (
        "green: lower than without dropout, red: higher, beyond the noise of the seeds, the farther the darker; gray: "
        "neither can be said"
    )
    frame = Frame("map", "Validation loss by two rates", f"{study.note}, {study.steps}", hint=shades)

    def draw(run: Run) -> None:
        frame.draw(pictures.grid(ways_of(CELLS.names, run), level), (input_rate, hidden), live=True)

    ways = ways_of(CELLS.names, train(study, rates, on_partial=draw, place=frame.bar))
    verdicts = [verdict(study, ways[0], way, "").verdict for way in ways]
    frame.draw(pictures.grid(ways, level, verdicts), (input_rate, hidden))
    choice, usual = chosen_of(study, ways, CELLS.names[1:]), ways[CELLS.of(ADVICE[:2])]
    paper = (
        f"The rates of the 2014 paper, {usual.title}, have {written(usual.losses())}, and on test rows "
        f"{written(usual.losses('test_loss'))}."
    )
    how = {"with_": CELLS.names[level], "off": OFF, "after": "" if usual is ways[choice.level] else paper}
    study.judge([way.losses() for way in ways], level, choice, **how, more="more_map")
    return table("map", ways, [by_layer(row) for row in rates])


def show_norm(study: Study, chosen: str, input_rate: float, hidden: float) -> list[Table]:
    """Draw dropout, batch norm, both and neither."""
    level, every = BY_WAY.of(chosen), rates_of("uniform", study, hidden=hidden)
    none, last = norm_rates(study, hidden)
    titles = ["neither", f"dropout {spelled(every)}", "batch norm", f"both, dropout {spelled(last)}"]
    frame = Frame("norm", "Neither, dropout, batch norm, both", f"{study.note}, {study.steps}")

    def draw(run: Run) -> None:
        here = min(level, 1)  # of those that are being trained
        frame.draw(pictures.ways(BY_WAY, ways_of(titles[:2], run), here, live=True), BY_WAY.values[here], live=True)

    ways = ways_of(titles[:2], train(study, [none, every], on_partial=draw, place=frame.bar))
    normed = train(study.network(batch_norm=True), [none, last], place=frame.bar, note="Training with batch norm")
    ways += ways_of(titles[2:], normed)
    frame.draw(pictures.ways(BY_WAY, ways, level), chosen)
    choice = chosen_of(study, ways, ["“dropout”", "“batch norm”", "“both”"])
    evaluated = (
        "In evaluation the running means and variances are an argument that is passed in, apply(net, x, "
        "statistics=...): there is no mode to forget."
    )
    instead = f"{WAYS[chosen].lower()} instead of neither"
    comparisons = [verdict(study, ways[0], ways[level], instead)] if level else []
    comparisons.append(verdict(study, ways[2], ways[3], f"dropout {spelled(last)} after the last norm"))
    comparisons.append(replace(choice.compared, verdict="none", sentence=f"{choice.sentence} {evaluated}"))
    sections.measured_each(comparisons, more="more_norm")
    trained = ((False, none), (False, every), (True, none), (True, last))
    return table("norm", ways, [{"batch_norm": norm, **by_layer(rates)} for norm, rates in trained])


VIEWS = {
    "schedules": ("Schedules", show_schedules),
    "map": ("Input rate by hidden rate", show_map),
    "norm": ("With batch norm", show_norm),
}


# ------------------------------------------------------------------ common mistakes


def show_wrong(name: str, study: Study, short: tuple[str, str], rates: tuple[Rates, Rates], with_: str) -> None:
    """Draw what is right beside what is wrong, and say whether it does harm; rates: right, wrong.

    With batch norm, the same change is measured beside it without.
    """
    frame, levels = Frame(f"wrong_{name}", hint=""), even("", (0.0, 1.0), "", short)
    run = train(study, rates, place=frame.bar, note="Training with the mistake")
    right, wrong = ways_of([short[0], f"{short[1]} {spelled(rates[1])}"], run)
    frame.draw(pictures.ways(levels, [right, wrong], 1, roles=pictures.AS_MISTAKE), 1.0)
    comparison = verdict(study, right, wrong, with_)
    explained = words.around(comparison, after=words.no_harm(comparison))
    if study.training.batch_norm:
        without = study.network(batch_norm=False)
        plain = train(without, rates, place=frame.bar, note="Training without batch norm")
        third, second = ways_of(short, plain)
        moved = verdict(study, third, second, "dropout on the second layer rather than on the third")
        after, before = map(average, experiments.variance_shift(run)[:, :, -1].tolist())
        explained = words.before_norm(comparison, before, after, moved)
    sections.measured(explained, more=f"more_{name}")


def show_before(study: Study, hidden: float) -> None:
    """Put dropout before the last batch norm rather than after it."""
    none, after = norm_rates(study, hidden)
    before = (*none[:-3], hidden, 0.0, 0.0)
    with_ = "dropout before the last norm rather than after it"
    show_wrong("before", study.network(batch_norm=True), ("after", "before"), (after, before), with_)


def show_inputs(name: str, study: Study, hidden: float, rate: float, short: tuple[str, str], with_: str) -> None:
    """Drop inputs at another rate than that of the 2014 paper."""
    right, wrong = (rates_of("input_and_hidden", study, of, hidden) for of in (ADVICE[0], rate))
    show_wrong(name, study, short, (right, wrong), with_)


# ------------------------------------------------------------------ the prediction


def answer() -> tuple[str, str]:
    """Measure which schedule has the lowest validation loss."""
    rates = [rates_of(name, ASKED, *ADVICE[:2]) for name in SCHEDULES]
    losses = train(ASKED, rates, place=st.empty()).kept("val_loss").tolist()
    labels = list(SCHEDULES.values())
    first, second = sorted(range(len(labels)), key=lambda k: average(losses[k]))[:2]
    means = [f"{label.lower()} {written(values)}" for label, values in zip(labels, losses, strict=True)]
    with_ = f"“{labels[first].lower()}” instead of “{labels[second].lower()}”"
    apart = words.compare(losses[second], losses[first], with_=with_)
    right = TOO_CLOSE if apart.verdict == "none" else labels[first]
    return right, f"Mean validation losses: {listed(means)}. {apart.sentence}"


# ------------------------------------------------------------------ the page

open_page("dropout_in_practice")
controls.place_lessons(LESSONS, STORIES, mistakes=("before", "half", "keep"))
drawn_mechanism = st.container()

effect_picture, effect_side = picture_and_controls("On real training")
with effect_picture:
    view, show = controls.view("view", "Effect", VIEWS)
    hidden = controls.scale("hidden", "Rate p of the hidden layers", HIDDEN, 0.3)
with effect_side:
    input_rate = controls.scale("input_rate", "Rate of the inputs", INPUT, 0.2)
    chosen = "none"
    if view == "schedules":
        chosen = controls.choice("schedule", "Schedule", SCHEDULES, "uniform")
    elif view == "norm":
        chosen = controls.choice("way", "Way", WAYS, "both")
    study = choose(DATA, ROWS, n=200, training=TRAINING, lengths=LENGTHS)
    st.caption(f"Hidden layers of {listed([*map(str, SIZES)])} units.")
with drawn_mechanism:
    mechanism(study.seeds[0])

present = rates_of(chosen if view == "schedules" else "input_and_hidden", study, input_rate, hidden)
if view == "norm":
    _, present = norm_rates(study, hidden)
files = lower_half(
    "dropout_in_practice",
    questions=[
        Question(
            f"{ASKED.note}, {ASKED.steps}, hidden rate {ADVICE[1]:g}, input rate {ADVICE[0]:g}: which schedule has the "
            "lowest validation loss?",
            (*SCHEDULES.values(), TOO_CLOSE),
            answer,
        )
    ],
    mistakes=[
        Mistake(
            "before",
            "Dropout before batch norm",
            "The running variance is that of units with dropout on; in evaluation their variance is another one. Li "
            "et al. (2018) apply dropout after the last batch norm.",
            lambda: show_before(study, hidden),
            off="" if hidden else "The hidden layers' rate is 0, so there is no dropout to move: set a rate above.",
        ),
        Mistake(
            "half",
            "Inputs dropped like hidden units",
            "A rate of 0.5 for the inputs too, where the 2014 paper has 0.2.",
            lambda: show_inputs(
                "half", study, hidden, 0.5, ("input 0.2", "input 0.5"), "an input rate of 0.5 rather than 0.2"
            ),
        ),
        Mistake(
            "keep",
            "Keep probability or rate",
            "The rates (0.2, 0.5) given to TensorFlow 1's keep_prob: hidden layers are the same, inputs lose 80 %. "
            "Here hidden layers have 0.5, whatever is set above.",
            lambda: show_inputs(
                "keep", study, 0.5, 0.8, ("as rates", "as kept"), "0.2 and 0.5 taken for probabilities of keeping"
            ),
        ),
    ],
    study=study.network(batch_norm=True) if view == "norm" else study,
    settings=dropout_in_practice.to_settings(present, Settings(learning_rate=effect.BASE.learning_rate)),
    code=[
        dropout_in_practice.masks,
        dropout_in_practice.input_and_hidden,
        dropout_in_practice.increasing,
        dropout_in_practice.none_on_last,
        dropout_in_practice.to_settings,
        batch_norm.apply,
    ],
)

with effect_picture:  # last, since it trains
    tables = show(study, chosen, input_rate, hidden)
files.offer(tables)
