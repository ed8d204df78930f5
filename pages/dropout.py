"""Dropout: units that go dark pass by pass, what that does to a unit's mean and variance, and to real training."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import dropout as pictures
from pages.pictures.dropout import DRAWN, ENDS, LOSSES, PASSES, RATE, RATES, BySeed
from pages.ui import boundary, charts, controls, effect, play, sections, words
from pages.ui.cache import cached_of
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.levels import even
from pages.ui.lower import Mistake, Question, Table, lower_half
from pages.ui.own_data import load
from pages.ui.right_wrong import say_harm, show_against
from pages.ui.seeds import average
from pages.ui.story import Story
from pages.ui.study import Study, choose
from pages.ui.words import signed

from reglab import dropout, experiments, mistakes
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.settings import Settings, Training

SCALE = effect.Scale("dropout", RATES, RATE.title)
DATA = ("digits", "breast_cancer", "wine", "mnist1d", "moons", "circles")
SHAPES = ("moons", "circles")  # of two features: their maps can be drawn
SIZES = (25, 50, 100, 200, 400)
LENGTHS = (300, 500, 1500)  # steps
MANY = 2000  # passes measured
SAMPLES = 30  # Monte-Carlo passes
SMALL = Study("diabetes", 200, (0,), Training(hidden_sizes=(12,), max_steps=300, eval_steps=2))  # whose units are drawn
PATIENT = tuple(SMALL.data.x_test[0].tolist())  # the row that is sent through them
MAPPED = (32, 32)  # hidden layers of the network whose predictions are mapped
CONVENTIONS = {"inverted": "Inverted", "classic": "Classic"}

# Computed once for all visitors, of a run that all of them share.
passes, spread = cached_of(16)(experiments.dropout_passes), cached_of(16)(experiments.pass_spread)
adaptation, uncertainty = cached_of(16)(experiments.adaptation), cached_of(8)(experiments.uncertainty)

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"rate": 0.3, "convention": "inverted", "view": "network", "pass": 1.0, "tab": sections.TABS[0]}
    | {"effect": "training", "data": "digits", "shape": "moons", "n": 200.0, "steps": 300.0, "measure": "loss"},
    "Too much": {"rate": 0.8},
    "When it does nothing": {"rate": 0.2, "data": "moons", "n": 100.0},
    "Five passes by hand": {"rate": 0.5, "view": "hand"},
    "Mean and variance": {"rate": 0.5, "view": "spread"},
    "Long, on 50 rows": {"rate": 0.5, "n": 50.0, "steps": 1500.0},
    "How many rows": {"effect": "size", "rate": 0.5},
    "Uncertainty": {"effect": "uncertainty", "rate": 0.2, "n": 100.0},
}
STORIES = {
    "See it work": Story(
        "In every pass other units are dark, and those that stay are scaled up.",
        "How many units does a pass keep on average?",
    ),
    "Too much": Story(
        "With four in five units dark, see how far the training loss comes down.",
        "Is the gap small because it generalizes, or because it cannot fit?",
        "effect",
    ),
    "When it does nothing": Story(
        "Two inputs and one simple border leave little to memorize.", "Can the seeds tell dropout from none?", "effect"
    ),
    "Five passes by hand": Story(
        "Each pass drops some units to zero and doubles the others.", "What is the mean over many passes?"
    ),
    "Mean and variance": Story(
        "Compare what dropout does to a unit's mean and to its variance.", "Why does only one of the two change?"
    ),
    "Long, on 50 rows": Story(
        "Few rows and a long run: follow the validation loss to the end.",
        "Does it still turn up with half of the units dark?",
        "effect",
    ),
    "How many rows": Story("See what dropout is worth, from few rows to many.", "Where does it help most?", "effect"),
    "Uncertainty": Story(
        "Dropout left on gives many answers, and where they differ the network is unsure.",
        "Is it unsure far from the training points?",
        "effect",
    ),
}


# ------------------------------------------------------------------ the mechanism


def small(seed: int) -> Run:
    """Train the small networks that are drawn, one per rate."""
    return SMALL.but(seeds=(seed,)).sweep(SCALE)


def show_network(seed: int, rate: float, classic: bool, number: int) -> Table:
    """Draw the network at one pass, and the outputs of all."""
    run, level = small(seed), RATE.of(rate)
    drawn = passes(run, PATIENT, level, PASSES, classic=classic, seed=seed)
    note = f"a network trained on diabetes at p = {rate:g}, one patient"
    frame = Frame("network", "Units go dark", note, hint="hover to scrub")
    frame.draw(pictures.network(drawn, run, level), float(number))
    how = (
        f"nothing is scaled in training, and evaluation multiplies every unit with 1 − p = {1 - rate:g}"
        if classic
        else f"what is kept is scaled by 1/(1 − p) = {1 / (1 - rate):.3g}, and evaluation changes nothing"
    )
    units, dark = drawn.mask.shape[1], int((~drawn.mask[number - 1]).sum())
    mean, sd, output = float(drawn.outputs.mean()), float(drawn.outputs.std()), float(drawn.outputs[number - 1])
    error = drawn.deviation / PASSES**0.5  # by theory, as is what chance alone does
    away = f", {words.by_chance(mean, drawn.evaluation, error)}" if error else ""
    sections.say(
        f"In pass {number}, {dark} of {units} units {'is' if dark == 1 else 'are'} dark, and the output is "
        f"**{signed(output)}**. Over {PASSES} passes the mean is **{signed(mean)}** (standard error "
        f"{error:.3f}), in evaluation it is **{signed(drawn.evaluation)}**{away}; "
        f"the standard deviation is **{sd:.3f}**, by theory {drawn.deviation:.3f}. Here {how}."
    )
    return Table("dropout_network", "picture", lambda: pictures.rows_by_pass(drawn, run, level, classic))


def show_spread(seed: int, rate: float, classic: bool, number: int) -> Table:
    """Draw mean and variance against theory, at every rate."""
    run, level = small(seed), RATE.of(rate)
    by_rate = spread(run, PATIENT, RATES, 0, MANY, classic=classic, seed=seed)  # 0: trained without dropout
    note = f"one network, trained on diabetes without dropout, {MANY:,} passes at every rate"
    frame = Frame("spread", "Mean and variance against theory", note, hint="hover to scrub")
    frame.draw(pictures.spread(by_rate), rate)
    formula = "h² p (1 − p)" if classic else "h² p / (1 − p)"
    per_square = float(dropout.variance(1.0, rate)) * ((1 - rate) ** 2 if classic else 1)
    keeps = "brings a unit's mean to (1 − p) h" if classic else "leaves a unit's mean at h"
    mean, variance = float(by_rate.mean[level]), float(by_rate.variance[level])
    error = (by_rate.theory[level] / MANY) ** 0.5
    away = f", {words.by_chance(mean, by_rate.evaluation[level], error)}" if error else ""
    sections.say(
        f"Dropout {keeps} and gives it the variance {formula}: at "
        f"p = {rate:g} that is **{per_square:.3f}** h². In one network, trained without dropout, the output's variance "
        f"is **{variance:.4f}**, by theory {by_rate.theory[level]:.4f}; its mean over {MANY:,} passes is "
        f"**{signed(mean)}** (standard error {error:.3f}), in evaluation "
        f"{signed(float(by_rate.evaluation[level]))}{away}."
    )
    return Table("dropout_spread", "picture", lambda: pictures.rows_by_rate(by_rate, run, MANY, classic))


def show_hand(seed: int, rate: float, classic: bool, number: int) -> Table:
    """Draw five passes of five units by hand."""
    by_hand = experiments.five_passes(rate, classic=classic)
    frame = Frame("hand", "Five passes by hand", "activations 1 to 5, masks of RandomState(42)", hint="")
    frame.draw(pictures.by_hand(by_hand))
    lines = ", ".join(map(pictures.row_of, by_hand.values.tolist()))
    twice = ((1 - rate) * by_hand.activations).tolist()
    sections.say(
        f"At p = {rate:g} the five passes give **{lines}**; evaluation gives "
        f"{pictures.row_of(by_hand.evaluation.tolist())}. Scaling in training and again at test would give "
        f"{pictures.row_of(twice)}: **{100 * rate:.0f} %** low."
    )
    return Table("dropout_hand", "picture", lambda: pictures.rows_by_hand(by_hand, rate, classic))


VIEWS: dict[str, tuple[str, Callable[[int, float, bool, int], Table]]] = {
    "network": ("Network", show_network),
    "spread": ("Mean and variance", show_spread),
    "hand": ("Five passes by hand", show_hand),
}


def mechanism(rate: float, classic: bool, seed: int, ticking: bool) -> None:
    """Draw the mechanism; choosing a view, stepping and playing run this alone."""
    play.keep_time(PASSES, ticking)
    controls.draw_lessons()
    picture, side = picture_and_controls(part="picture")
    with picture:
        view, show = controls.view("view", "Mechanism", VIEWS)
    with side:
        number = play.buttons(PASSES, ticking) if view == "network" else 1
    with picture:
        table = show(seed, rate, classic, number)
    with side:
        sections.download(table.rows, f"{table.name}.csv", f"Download {table.what}")


# ------------------------------------------------------------------ the effect


def show_training(study: Study, rate: float) -> list[Table]:
    """Draw the losses as logged, clean and on validation rows; name both gaps, and judge the rate."""
    level = RATE.of(rate)
    frame = Frame("gaps", "What is logged, and what is so", f"{study.note}, {study.steps}", hint="hover to scrub")
    train = partial(study.sweep, SCALE)
    run = frame.follow(train, lambda part, live: pictures.gaps(part, level, live=live), rate)
    logged, clean, validation = (average(run.kept(LOSSES[kind][1])[level].tolist()) for kind in DRAWN)
    gaps = (
        f"The logged gap, from the training loss with dropout on to the validation loss, is "
        f"**{signed(validation - logged)}**; the clean gap, with dropout off, is **{signed(validation - clean)}**."
    )
    study.verdict(SCALE, run, rate, with_=f"p = {rate:g}", what="p", also=gaps, off="Dropout is off")
    return [Table("dropout_training", "the losses at every evaluation", lambda: pictures.history(run))]


def show_adaptation(study: Study, rate: float) -> list[Table]:
    """Draw how much units lean on each other."""
    note = f"the last hidden layer on the test rows of {study.note}"
    frame, level = Frame("adaptation", "Co-adaptation", note, hint="hover to scrub"), RATE.of(rate)
    run = study.sweep(SCALE, place=frame.bar)
    adapted = adaptation(run)
    frame.draw(pictures.adaptation(adapted), rate)
    means = adapted.mean.tolist()
    if level:
        what = "the mean absolute correlation between hidden units"
        comparison = words.compare(means[0], means[level], what, with_=f"p = {rate:g}")
        meaning = {
            "better": "Here units lean on each other less, as far as correlation shows it.",
            "worse": "Here dropout does not make them lean on each other less. Correlation sees two units at a time, "
            "and cannot tell why they agree.",
        }
        sections.measured(words.around(comparison, after=meaning.get(comparison.verdict, "")), more="more_adaptation")
    else:
        sections.say(f"Without dropout two hidden units correlate by **{average(means[0]):.3f}** on average.")
    name = "mean_absolute_correlation"
    return [
        Table("dropout_adaptation", "the correlations", lambda: pictures.rows_of_seeds(run, **{name: means})),
        Table("dropout_pairs", "all pairs of units", lambda: pictures.rows_of_pairs(run, adapted)),
    ]


def show_uncertainty(study: Study, rate: float) -> list[Table]:
    """Draw Monte-Carlo dropout on a 2-D shape."""
    note = f"{study.note}, {SAMPLES} passes; the maps are of seed {study.seeds[0]}"
    frame, level = Frame("uncertainty", "Dropout left on: how far passes differ", note, panels=3), RATE.of(rate)
    run = study.network(hidden_sizes=MAPPED).sweep(SCALE, place=frame.bar)
    spreads = uncertainty(run, SAMPLES, seed=run.seeds[0])
    frame.draw(pictures.uncertainty(run, spreads), rate)
    if level:
        inside, outside = spreads.rows[level].tolist(), spreads.border[level].tolist()
        compared, seeds = words.compare(inside, outside), len(run.seeds)
        more, there = {"worse": "more", "better": "less"}.get(compared.verdict), "where the network has seen data."
        cannot = f"**{words.number_word(seeds)} seeds cannot tell** whether passes agree more {there}"
        agreement = f"Here passes agree {more} {there}" if more else cannot
        sentence = (
            f"With dropout left on at p = {rate:g}, {SAMPLES} passes through each of {seeds} networks have a standard "
            f"deviation of **{average(inside):.3f}** at the test rows and of **{average(outside):.3f}** at the map's "
            f"border (paired difference {words.change(compared.difference)} ± {compared.half_width:.3f}, 95 % "
            f"interval). {agreement} This says how far passes agree, not whether they are right."
        )
        sections.measured(replace(compared, verdict="none", sentence=sentence), more="more_uncertainty")
    else:
        sections.say("Without dropout every pass is the same: their standard deviation is 0 everywhere.")
    return [
        Table("dropout_uncertainty", "the spreads", lambda: pictures.rows_of_spreads(run, spreads)),
        Table("dropout_maps", "the maps", lambda: pictures.rows_of_maps(run, spreads)),
    ]


def show_by_size(study: Study, rate: float) -> list[Table]:
    """Draw the rate by dataset size, with and without early stopping."""
    measure = controls.choice("measure", "Measure", {"loss": "Loss", "accuracy": "Accuracy"}, "loss", style="segments")
    named = "validation loss" if measure == "loss" else study.accuracy.replace("test", "validation")
    called = study.loss if measure == "loss" else named
    studies, level = study.sized(SIZES), RATE.of(rate)
    sizes = even("n", tuple(float(each.n_train) for each in studies), "training rows n", margin=0.5)
    note, hint = f"{study.title}, {study.steps}", "hover over the rows to scrub"
    frame = Frame("size", "How much, for how many rows", note, hint=hint)
    runs: list[Run] = []
    validated: list[BySeed] = []
    for each in studies:
        runs.append(each.sweep(SCALE, place=frame.bar, note=f"Training on {each.n_train} rows"))
        validated.append(pictures.by_seed(runs[-1], f"val_{measure}"))
        picture = pictures.by_size(sizes, validated, measure, level, called)
        frame.draw(picture, float(study.n_train), live=each != studies[-1])
    tested = [pictures.by_seed(run, f"test_{measure}") for run in runs]
    accuracy, here = measure == "accuracy", sizes.of(float(study.n_train))
    how: dict[str, Any] = {"what": "p", "guess": effect.guess(study.dataset)[accuracy], "accuracy": accuracy}
    how["called"] = study.accuracy.removeprefix("test ")
    compare = study.compare_accuracy if accuracy else study.compare
    ways, comparisons = [], []
    for kind, ended in ENDS.items():
        choices = [
            words.choose(RATE.names, val[kind], test[kind], **how) for val, test in zip(validated, tested, strict=True)
        ]
        best = [f"**{RATE.names[each.level]}** with {n} rows" for each, n in zip(choices, sizes.names, strict=True)]
        ways.append(f"{ended}: {', '.join(best)}.")
        val, choice, opening = validated[here][kind], choices[here], f"{ended} on {study.n_train} rows:"
        if level:
            present = compare(val[0], val[level], f"validation {measure}", with_=f"p = {rate:g}")
            opened = replace(present, sentence=f"{opening} {words.within(present.sentence)}")
            comparisons.append(words.with_choice(opened, choice))
        else:
            comparisons.append(replace(choice.compared, sentence=f"{opening} {words.within(choice.sentence)}"))
    sections.say(f"These rates have the best mean {named}. {' '.join(ways)}")
    sections.measured_each(comparisons, more="more_size")
    return [Table("dropout_size", "the sizes", lambda: pictures.rows_by_size(runs, validated, tested, measure))]


EFFECTS: dict[str, tuple[str, Callable[[Study, float], list[Table]]]] = {
    "training": ("Training", show_training),
    "adaptation": ("Co-adaptation", show_adaptation),
    "uncertainty": ("Uncertainty", show_uncertainty),
    "size": ("By dataset size", show_by_size),
    boundary.VIEW: (boundary.LABEL, lambda study, rate: boundary.show(study, SCALE, rate, technique="dropout")),
}


def not_in_a_plane(data: Dataset) -> str:
    """Return why maps of the predictions for a person's own data cannot be drawn, nothing where they can."""
    if data.x.shape[1] == 2 and data.n_classes == 2:
        return ""
    return "A map takes two features and two classes, which your own data do not have."


# ------------------------------------------------------------------ common mistakes


def compare_wrong(
    name: str, study: Study, right: Run, wrong: Run, rate: float, labels: tuple[str, str]
) -> words.Comparison:
    """Draw loss against the rate, done right and done wrong, and compare the two at the rate that is set."""
    level = RATE.of(rate)
    seen = [average(run.kept("val_loss")[at].tolist()) for run, at in ((right, 0), (right, level), (wrong, level))]
    top, first = charts.ceiling(1.2 * value for value in seen), 1 if name == "by_rate" else 0  # nothing to scale by 1/0
    show_against(f"wrong_{name}", RATE, right, wrong, labels, study.loss, rate, top=top, first=first)
    return study.compare_at((right, level), (wrong, level), with_=f"{labels[1]}, p = {rate:g}")


def show_replaced(name: str, study: Study, wrong: Callable[..., Any], label: str, rate: float) -> None:
    """Put a wrong function in dropout's place."""
    two = study.right_and_wrong(SCALE, {"dropout": wrong}, note=f"Training, {label}")
    comparison = compare_wrong(name, study, *two, rate, ("done right", label))
    say_harm(name, comparison)


def show_norm(study: Study, rate: float) -> None:
    """Put dropout before batch norm, and after the last one; beside it the same move without batch norm."""
    bar, level, normed = st.empty(), RATE.of(rate), study.network(batch_norm=True)

    def stack(*places: tuple[float, float]) -> list[Settings]:
        return [replace(study.base, dropout=place) for place in places]

    note = "Training with batch norm"
    after = normed.train(stack(*((0.0, p) for p in RATES)), place=bar, note=note)
    before = normed.train(stack(*((p, 0.0) for p in RATES)), place=bar, note=note)
    plain = study.train(stack((0.0, rate), (rate, 0.0)), place=bar, note="Training without batch norm")
    early, late = (average(experiments.variance_shift(run)[level, :, -1].tolist()) for run in (before, after))
    moved = study.compare_at((plain, 0), (plain, 1), with_="dropout on the first layer rather than on the second")
    labels = "after the last norm", "dropout before a batch norm"
    comparison = compare_wrong("norm", normed, after, before, rate, labels)
    sections.measured(words.before_norm(comparison, early, late, moved), more="more_norm")


# ------------------------------------------------------------------ the prediction

ASKED = {"dataset": "digits", "n_train": 50, "called": ""}  # beside the longest training
ANSWERS = {"better": "It is lower", "none": "The seeds cannot tell", "worse": "It is higher"}


def answer(study: Study) -> tuple[str, str]:
    """Measure whether dropout helps when few rows are trained on for long."""
    long = study.but(**ASKED).network(max_steps=LENGTHS[-1])
    run = long.train([replace(long.base, dropout=rate) for rate in (0.0, 0.5)], place=st.empty())
    compared = long.compare_at((run, 0), (run, 1), with_="p = 0.5")
    clean = [average(run.kept("train_loss")[level].tolist()) for level in (0, 1)]
    after = f"On the training rows, dropout off, it is **{clean[0]:.3f}** without and **{clean[1]:.3f}** with it."
    return ANSWERS[compared.verdict], f"{compared.sentence} {after}"


# ------------------------------------------------------------------ the page


@st.fragment
def page() -> None:
    """Draw all below the header: a control runs this alone, a third sooner than with header and sidebar."""
    controls.place_lessons(LESSONS, STORIES, mistakes=("left_on", "twice", "by_rate", "norm"))

    above, beside = picture_and_controls(part="controls")
    with above:
        rate = controls.scale("rate", "Dropout rate p", RATES, 0.3)
    with beside:
        scaling = "Inverted scales by 1/(1 − p) in training; classic, of 2014, by 1 − p at test."
        how = controls.choice("convention", "Convention", CONVENTIONS, "inverted", style="segments", help=scaling)
    drawn_mechanism = st.container()

    effect_picture, effect_side = picture_and_controls("On real training")
    with effect_picture:
        shown, show = controls.view("effect", "Effect", EFFECTS)
    with effect_side:
        if shown == "uncertainty":
            shape = partial(choose, default="moons", lengths=LENGTHS, control="shape")
            study = shape(SHAPES, SIZES, n=200, refuse=not_in_a_plane)
            st.caption(f"Hidden layers of {' and '.join(map(str, MAPPED))} units.")
        else:
            study = choose(DATA, SIZES, n=200, lengths=LENGTHS)
    with drawn_mechanism:
        play.draw(mechanism, rate, how == "classic", study.seeds[0])

    off = "" if rate else "Dropout is off, so the mistake changes nothing: set a rate above."
    files = lower_half(
        "dropout",
        questions=[
            Question(
                f"{load('digits').title}, only {ASKED['n_train']} rows, trained for {LENGTHS[-1]:,} steps. How is the "
                "validation loss at the end with p = 0.5, against none?",
                tuple(ANSWERS.values()),
                lambda: answer(study),
            )
        ],
        mistakes=[
            Mistake(
                "left_on",
                "Left on at test",
                "A forgotten model.eval(): units go dark in evaluation too. Here with the same masks at every "
                "evaluation.",
                lambda: show_replaced("left_on", study, mistakes.left_on, "dropout left on at test", rate),
                off,
            ),
            Mistake(
                "twice",
                "Scaled twice",
                "Inverted in training and classic at test: the two conventions mixed, every layer low by p.",
                lambda: show_replaced("twice", study, mistakes.scaled_twice, "dropout scaled twice", rate),
                off,
            ),
            Mistake(
                "by_rate",
                "Scaled by p",
                "What is kept is scaled by 1/p rather than 1/(1 − p): the same at p = 0.5 only.",
                lambda: show_replaced("by_rate", study, mistakes.scaled_by_rate, "dropout scaled by p", rate),
                off,
            ),
            Mistake(
                "norm",
                "Before batch norm",
                "Dropout changes the variance that the next batch norm has learned to expect in evaluation: Li et al. "
                "(2018) apply it after the last one.",
                lambda: show_norm(study, rate),
                off,
            ),
        ],
        study=study.network(hidden_sizes=MAPPED) if shown == "uncertainty" else study,
        settings=Settings(dropout=rate, learning_rate=study.base.learning_rate),
        code=[dropout.mask, dropout.dropout, dropout.classic, dropout.variance, experiments.monte_carlo],
    )

    with effect_picture:  # last, since it trains
        tables = show(study, rate)
    files.offer(tables)


open_page("dropout")
page()
