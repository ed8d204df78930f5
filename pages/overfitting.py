"""Overfitting: the degree of a polynomial, where its error comes from, and the same on real data."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import overfitting as pictures
from pages.pictures.overfitting import DEGREES, VERDICTS, WIDTHS, figure
from pages.ui import boundary, by_hand, controls, escape, sections, words
from pages.ui.cache import cached
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Files, Mistake, Question, Table, lower_half
from pages.ui.own_data import load
from pages.ui.sections import say
from pages.ui.story import Story
from pages.ui.study import Study, with_classes, with_own
from pages.ui.words import percent

from reglab import experiments, export, overfitting
from reglab.datasets import Dataset
from reglab.engine.rows import most_rows
from reglab.settings import Training
from reglab.streams import generator

DATA = {"digits": "Digits", "breast_cancer": "Breast cancer", "wine": "Wine", "mnist1d": "MNIST-1D", "moons": "Moons"}
SIZES = (5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100, 130, 160, 200)
COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 22, 25, 28, 32, 36, 45, 56, 63, 80, 112, 160, 225, 320, 400)
RESAMPLES, REPEATS = 300, 100  # samples: of which an error's parts are measured; at each size or number of coefficients
ENDS, LEAST, MOST = ((0.0, 2 * math.pi), (-3.5, 3.5)), 3, 100  # of the points that are moved by hand
SAMPLES, ROUNDING = 20, 1e-9  # on which a mistake is measured; squared errors that differ by less are the same
EFFECT_FILE, REAL_FILE = ("overfitting_effect", "the picture of where it comes from"), "the picture of real data"

LESSONS: dict[str, dict[str, Any]] = {
    "See it happen": {"degree": 16, "n": 20, "noise": 0.3, "spacing": "even", "numbers": "generator"}
    | {"effect": "parts", "basis": "legendre", "real": "memorization", "data": "digits", "rows": 200, "share": 0.0}
    | {"tab": sections.TABS[0]},
    "Too simple": {"degree": 1},
    "About right": {"degree": 3},
    "Reference": {"degree": 15, "seed": 42, "numbers": "legacy"},
    "Between the points": {"degree": 19, "seed": 42, "numbers": "legacy", "at_points": True, "tab": sections.TABS[1]},
    "More points": {"n": 100, "effect": "learning"},
    "No noise": {"noise": 0.0},
    "Second descent": {"degree": 19, "effect": "descent"},
    "Noisy labels": {"real": "width", "data": "breast_cancer", "share": 0.2},
}
STORIES = {
    "See it happen": Story(
        "The curve comes close to its points, and swings between them.",
        "At which degree does the error on new points begin to rise?",
    ),
    "Too simple": Story(
        "A straight line cannot bend with the wave, however many points it is given.",
        "Are the two errors far apart here, or both high?",
    ),
    "About right": Story(
        "The curve follows the wave and leaves the noise alone.",
        "How far is its error on new points from the noise itself?",
    ),
    "Reference": Story(
        "These are the twenty points of the reference sample, and a fit of degree 15.",
        "Where is the curve furthest from the truth?",
    ),
    "Between the points": Story(
        "Judged at its own points alone, a fit looks better than it is.",
        "How much larger is the error between the points?",
        "tab",
    ),
    "More points": Story(
        "Follow the two errors as points are added.", "How many points does it take until they meet?", "closer"
    ),
    "No noise": Story(
        "Without noise there is nothing wrong to learn from the points.", "Does a high degree still do harm?"
    ),
    "Second descent": Story(
        "Follow the error past the place where there are as many coefficients as points.",
        "Does it come down below what it was before the peak?",
        "closer",
    ),
    "Noisy labels": Story(
        "A fifth of the labels is shuffled: follow the losses as the network gets wider.",
        "At which width does it begin to learn the wrong labels?",
        "effect",
    ),
}


# ------------------------------------------------------------------ the polynomials


@dataclass(frozen=True)
class Sample:
    """What a sample of the sine is drawn by."""

    n: int
    noise: float
    seed: int
    spacing: Any  # "even" or "random"
    legacy: bool
    moved: tuple[tuple[float, float], ...] = ()  # in place of those drawn, where there are some

    @property
    def note(self) -> str:
        """What the sample is, as a picture's note has it."""
        if self.moved:
            return f"{self.n} points, moved by hand, noise {self.noise:g}"
        numbers = f"RandomState({self.seed})" if self.legacy else f"seed {self.seed}"
        return f"{self.n} points, {'even' if self.spacing == 'even' else 'random x'}, noise {self.noise:g}, {numbers}"


@cached(64)
def fits(sample: Sample) -> experiments.SineFits:
    """Fit all degrees to one sample."""
    drawn = sample.n, sample.noise, sample.seed, sample.spacing
    return experiments.sine_fits(DEGREES, *drawn, legacy=sample.legacy, points=sample.moved)


def moved_by_hand(sample: Sample) -> Sample:
    """Return the sample with the points that were moved by hand, if any were."""
    points = tuple(by_hand.to_plane(point, ENDS) for point in by_hand.hold("points", MOST, LEAST))
    return replace(sample, n=len(points), moved=points) if points else sample


def move_points(sample: Sample, degree: int) -> None:
    """Draw the sample and the fit, with points to drag, to add and to remove."""
    fitted = fits(sample)
    places = zip(fitted.x.tolist(), fitted.y.tolist(), strict=True)
    by_hand.draw(
        "points",
        ends=ENDS,
        axes=("x", "y"),
        points=[by_hand.from_plane(x, y, ENDS) for x, y in places],
        moved=bool(sample.moved),
        curves=pictures.curves_by_hand(fitted, degree),
        called="Point",
        alt=f"Dashed: the truth. Green: the fit of degree {degree} to {sample.n} points, whose mean squared error at "
        f"them is {figure(fitted.errors.train[degree])}.",
        most=MOST,
        least=LEAST,
    )


@st.fragment
def polynomials(sample: Sample) -> None:
    """Draw the mechanism and where its error comes from; moving the degree runs this alone."""
    controls.draw_lessons()
    degree = int(controls.slider("degree", "Degree of the polynomial", 0, DEGREES[-1], 16, 1))
    hand = controls.switch("hand", "Move the points by hand")
    sample = moved_by_hand(sample)
    fitted, n = fits(sample), sample.n
    frame = Frame("fit", "Error by degree, and the fit", sample.note, hint="hover to see each fit, click to keep it")
    frame.draw(pictures.fits(fitted), degree)
    if hand:
        move_points(sample, degree)
    errors, verdict = fitted.errors, fitted.errors.verdicts[degree]
    at_points, between = float(errors.true_at_points[degree]), float(errors.true[degree])
    sentence = (
        f"**Degree {degree} is {VERDICTS[verdict]}.** Mean squared error on its own {n} points "
        f"**{figure(errors.train[degree])}**, on new points **{figure(errors.validation[degree])}**, of which "
        f"{sample.noise**2:.3g} is noise. Against the truth: **{figure(at_points)}** at the points, "
        f"**{figure(between)}** between them"
    )
    if between > 2 * at_points and verdict == "over":
        sentence += f", {figure(between / at_points)} times as much: the damage is between the points"
    if degree >= n and errors.train[degree] < ROUNDING:
        sentence += f". {degree + 1} coefficients for {n} points: many fits pass through all of them, "
        sentence += "the one of smallest coefficients is drawn"
    say(f"{sentence}.", {"under": "none", "good": "better", "over": "worse"}[verdict])
    controls.tell("closer")
    _, show = controls.view("effect", "Where it comes from", EFFECTS)
    table = show(degree, sample)
    Files(st.container()).offer([table])


@cached(64)
def split_error(n: int, noise: float, seed: int) -> overfitting.BiasVariance:
    """Split the error of every degree over many samples."""
    rng = generator(seed, "bias and variance")
    return overfitting.bias_variance(DEGREES, n, noise, RESAMPLES, rng, points=141, keep=10)


def show_parts(degree: int, sample: Sample) -> Table:
    """Draw bias, variance and noise by degree, and some of the fits that were averaged."""
    split, hint = split_error(sample.n, sample.noise, sample.seed), f"{RESAMPLES} samples of {sample.n} points"
    Frame("parts", "Where the error comes from", hint=hint).draw(pictures.parts(split, degree), degree)
    (parts, together), total = pictures.told_parts(split, degree), split.total.tolist()
    best, of_sample = min(DEGREES, key=total.__getitem__), float(fits(sample).errors.validation[degree])
    say(
        f"At degree {degree} {parts}; together **{figure(together)}**; measured on fresh points "
        f"**{figure(total[degree])}**, the mean of {RESAMPLES} samples. Half of them are below "
        f"**{figure(float(split.median[degree]))}**; the sample above, which the verdict is about, has "
        f"{figure(of_sample)}. The mean is lowest, {figure(total[best])}, at degree {best}."
    )
    return Table(*EFFECT_FILE, lambda: pictures.part_rows(split, sample.n, sample.noise))


@cached(64)
def learn(degree: int, n: int, noise: float, seed: int) -> overfitting.ErrorCurve:
    """Measure one degree at all sizes."""
    rng = generator(seed, "learning curve")
    return overfitting.learning_curve(degree, sorted({*SIZES, n}), noise, REPEATS, rng, points=181)


def show_learning(degree: int, sample: Sample) -> Table:
    """Draw the errors of one degree against the number of points."""
    n, noise = sample.n, sample.noise
    curve = learn(degree, n, noise, sample.seed)
    note = f"median and 10 to 90 % of {REPEATS} samples at each size"
    title, picture = f"Degree {degree} with more points", pictures.learning(curve, n, noise)
    Frame("learning", title, note, hint="", panels=1).draw(picture)
    sizes, median = curve.at.tolist(), curve.validation[1].tolist()
    train, validation = float(curve.train[1][sizes.index(n)]), median[sizes.index(n)]
    enough = curve.stays_within(1.5 * noise**2)
    stays = f"From {enough} points on it stays" if enough else f"Up to {sizes[-1]} points it does not stay"
    floor = f"{stays} below 1.5 times the noise, {noise**2:.3g}." if noise else "Without noise there is no floor."
    say(
        f"With {n} points degree {degree} has a median train error of **{figure(train)}** and a validation error of "
        f"**{figure(validation)}**; with {sizes[-1]} points validation error is **{figure(median[-1])}**. {floor}"
    )
    return Table(*EFFECT_FILE, lambda: pictures.quantile_rows(curve, "n", degree=degree, noise=noise, samples=REPEATS))


@cached(64)
def descend(degree: int, n: int, noise: float, seed: int, basis: Any) -> overfitting.ErrorCurve:
    """Measure fits of ever more coefficients."""
    counts = sorted({*COUNTS, max(n - 1, 1), n, n + 1, degree + 1})
    rng = generator(seed, "double descent")
    return overfitting.double_descent(counts, n, noise, REPEATS, rng, basis=basis, points=181)


def show_descent(degree: int, sample: Sample) -> Table:
    """Draw the errors far beyond as many coefficients as points."""
    n, noise = sample.n, sample.noise
    hint = "The same points, another idea of small: the fit through all points is not unique."
    label, bases = "Smallest coefficients of which basis", {"legendre": "Legendre", "chebyshev": "Chebyshev"}
    basis = controls.choice("basis", label, bases, "legendre", style="segments", help=hint)
    curve = descend(degree, n, noise, sample.seed, basis)
    note = f"median and 10 to 90 % of {REPEATS} samples of {n} points"
    Frame("descent", "More coefficients than points", note, hint="", panels=1).draw(pictures.descent(curve, degree, n))
    counts, true = curve.at.tolist(), curve.true[1].tolist()
    at_n, (first, after) = counts.index(n), curve.minima_around(n)
    again = "falls again" if true[after] < true[at_n] else "does not fall again"
    beside = "above" if true[after] > true[first] else "below"
    say(
        f"Median error against the truth: **{figure(true[first])}** at best with fewer coefficients than points "
        f"(k = {counts[first]}), **{figure(true[at_n])}** with as many, and beyond it {again}, to "
        f"**{figure(true[after])}** at k = {counts[after]}, {beside} the first minimum; at k = {counts[-1]} it is "
        f"**{figure(true[-1])}**."
    )
    what = {"basis": basis, "n": n, "noise": noise, "samples": REPEATS}
    return Table(*EFFECT_FILE, lambda: pictures.quantile_rows(curve, "coefficients", **what))


EFFECTS: dict[str, tuple[str, Callable[[int, Sample], Table]]] = {
    "parts": ("Bias and variance", show_parts),
    "learning": ("More points", show_learning),
    "descent": ("More coefficients", show_descent),
}


# ------------------------------------------------------------------ real data


def memorize(study: Study, **watching: Any) -> experiments.Memorization:
    """Train on shuffled labels: longer where there are more rows to memorise."""
    training, note = Training(max_steps=max(500, 5 * study.n_train // 2), eval_steps=12), "Training on shuffled labels"
    return study.compute(experiments.memorization, training=training, note=note, **watching)


def show_memorization(study: Study, share: float) -> Table:
    """Train on shuffled labels and draw what is learned."""
    note = f"{study.title}, {study.n_train} rows, mean and range over {len(study.seeds)} seeds"
    frame = Frame("memorized", "Shuffled labels", note, hint="")
    memorized = frame.follow(partial(memorize, study), lambda part, _: pictures.memorized(part))
    right, shuffled = (float(memorized.train_accuracy[i].mean()) for i in (0, -1))
    learns = shuffled > 0.95
    tests, with_ = memorized.test_accuracy.tolist(), "all labels shuffled instead of none"
    compared = words.compare(tests[0], tests[-1], "test accuracy", with_=with_, lower_is_better=False, percent=True)
    opening = (
        f"In {memorized.steps[-1]:,} steps the network {'still learns' if learns else 'does not learn all of'} the "
        f"{study.n_train} training rows when all their labels are shuffled: accuracy **{percent(shuffled, 1)}**, as "
        f"against {percent(right, 1)} with the right labels."
    )
    guess = f"Guessing classes as often as they occur gives {percent(memorized.chance, 1)}."
    guess += " Train accuracy cannot tell the two apart." if learns and right > 0.95 else ""
    sections.measured(words.around(compared, before=opening, after=guess, verdict="none"), more="memorization_more")
    return Table("overfitting_memorization", REAL_FILE, lambda: pictures.memorized_rows(memorized))


def show_width(study: Study, share: float) -> Table:
    """Train ever wider networks, draw what they come to, and say which width validation chooses."""
    labels = f"{100 * share:.0f} % of the labels shuffled, " if share else ""
    note = f"{study.title}, {study.n_train} rows, {labels}mean and range over {len(study.seeds)} seeds"
    how = {"n_val": validation_rows(study.data), "share": share, "note": "Training seven widths"}
    train = partial(study.compute, experiments.width, WIDTHS, **how)
    widths = Frame("widths", "Width", note, hint="").follow(
        train, lambda part, _: pictures.widths(part, study.data.n_classes)
    )
    losses = [getattr(widths, f"{split}_loss")[::-1].tolist() for split in ("val", "test")]  # the widest first
    chosen = words.choose([f"{units}" for units in reversed(WIDTHS)], *losses).level
    table = Table("overfitting_width", REAL_FILE, lambda: pictures.width_rows(widths))
    if not chosen:
        say(f"Of the {len(WIDTHS)} widths the widest has the lowest mean validation loss: here width does no harm.")
        return table
    best = WIDTHS[len(WIDTHS) - 1 - chosen]
    compared = study.compare(
        losses[1][chosen], losses[1][0], "test loss", with_=f"{WIDTHS[-1]} units instead of {best}"
    )
    noisy = ", whose labels are shuffled too," if widths.share else ""
    opening = f"Of the {len(WIDTHS)} widths the mean loss on validation rows{noisy} is lowest with {best} units."
    sections.measured(words.around(compared, before=opening), more="width_more")
    return table


def validation_rows(data: Dataset) -> int:
    """Return how many rows a width is chosen by."""
    return min(100, most_rows(data) // 3)


def show_boundary(study: Study, share: float) -> Table:
    """Draw a boundary while a narrow network learns it, and a wide one."""
    return boundary.watch_widths(study, (WIDTHS[1], WIDTHS[-1]), share=share)[0]


REAL: dict[str, tuple[str, Callable[[Study, float], Table]]] = {
    "memorization": ("Shuffled labels", show_memorization),
    "width": ("Width", show_width),
    boundary.VIEW: (boundary.LABEL, show_boundary),
}


# ------------------------------------------------------------------ common mistakes


def show_powers(sample: Sample) -> None:
    """Fit raw powers beside the Chebyshev basis."""
    fitted, right = fits(sample), fits(sample).errors.train.tolist()
    raw, warned = (each.tolist() for each in overfitting.raw_power_errors(fitted.x, fitted.y, DEGREES))
    Frame("powers", hint="", panels=1).draw(pictures.powers(right, raw, warned))
    first = next((degree for degree in DEGREES if warned[degree]), None)
    tells = "Here np.polyfit never warns" if first is None else f"From degree {first} on np.polyfit warns"
    through = sample.n - 1  # the first degree whose fit should pass through all points
    exact = through in DEGREES and bool(warned[through])
    worst = through if exact else max(DEGREES, key=lambda d: raw[d] - right[d])
    if raw[worst] - right[worst] < ROUNDING:
        say(f"{tells}, and it does no harm: its errors at the points are the same to rounding.")
        return
    no_longer = " and no longer passes through its points" if exact else ""
    say(
        f"{tells}{no_longer}: at degree {worst} its error there is **{figure(raw[worst])}**, where the same "
        f"fit in the Chebyshev basis has **{figure(right[worst])}**.",
        "worse",
    )


def errors_of_samples(sample: Sample) -> list[overfitting.ErrorByDegree]:
    """Fit all degrees to several samples."""
    return [fits(replace(sample, seed=seed, moved=())).errors for seed in range(sample.seed, sample.seed + SAMPLES)]


def show_by_train(sample: Sample) -> None:
    """Choose the degree by train error, and by validation error."""
    compared = overfitting.compare_choices(errors_of_samples(sample))
    harm = "" if compared.verdict == "worse" else f": {SAMPLES} samples cannot tell whether it does harm"
    if compared.verdict == "better" or not compared.worse:
        harm = ": here it does no harm"
    say(
        f"Over {SAMPLES} samples train error chose degree {compared.degrees[0]} (median), validation error degree "
        f"{compared.degrees[1]}. The error against the truth is **{figure(compared.true[0])}** by the first and "
        f"**{figure(compared.true[1])}** by the second (medians); choosing by train error was worse in "
        f"**{compared.worse} of {SAMPLES}** samples and better in {compared.better}{harm}.",
        "worse" if compared.verdict == "worse" else "none",
    )


def show_at_points(sample: Sample) -> None:
    """Judge each degree by its error at the sample's own x."""
    errors = errors_of_samples(sample)
    missed, overfits = overfitting.pass_at_points(errors, sample.noise)
    if not overfits:
        say(f"Here it does no harm: no degree overfits in any of {SAMPLES} samples.")
        return
    true, at_points = errors[0].true.tolist(), errors[0].true_at_points.tolist()
    worst = max(DEGREES, key=lambda degree: true[degree] / max(at_points[degree], 1e-30))
    say(
        f"Where it shows most, at degree {worst}, the error against the truth is **{figure(at_points[worst])}** at the "
        f"points and **{figure(true[worst])}** between them. Judged at the points alone, **{missed} of {overfits}** "
        f"overfits (over {SAMPLES} samples and all degrees) pass as about right.",
        "worse" if missed else "none",
    )


# ------------------------------------------------------------------ the prediction

ASKED = Sample(20, 0.3, 0, "even", False)
ANSWERS = ("It goes on rising", "It falls, but not below its first minimum", "It falls below its first minimum")


def answer(seed: int) -> tuple[str, str]:
    """Measure the error beyond as many coefficients as points."""
    curve = descend(DEGREES[-1], ASKED.n, ASKED.noise, seed, "legendre")
    counts, true = curve.at.tolist(), curve.true[1].tolist()
    at_n, (first, after) = true[counts.index(ASKED.n)], curve.minima_around(ASKED.n)
    right = ANSWERS[0] if true[after] >= at_n else ANSWERS[1] if true[after] >= true[first] else ANSWERS[2]
    return right, (
        f"The median error of {REPEATS} samples is **{figure(true[first])}** at best with fewer coefficients than "
        f"points, **{figure(at_n)}** with as many, and **{figure(true[after])}** beyond, at {counts[after]} "
        "coefficients: of all the fits that pass through the points the one of smallest coefficients is taken."
    )


# ------------------------------------------------------------------ the page

open_page("overfitting")
controls.place_lessons(LESSONS, STORIES, mistakes=("powers", "by_train", "at_points"))

picture, side = picture_and_controls()
with side:
    n = int(controls.slider("n", "Points n", 5, 100, 20, 5))
    noise = controls.slider("noise", "Noise (standard deviation)", 0.0, 1.0, 0.3, 0.05)
    seeds = controls.seeds()
    with st.popover("More"):
        spaced = {"even": "Even", "random": "Random"}
        spacing = controls.choice("spacing", "Spacing of x", spaced, "even", style="segments")
        hint = "RandomState(42) with 20 points and noise 0.3 is the reference sample."
        drawn = {"generator": "Generator", "legacy": "RandomState"}
        numbers = controls.choice("numbers", "Random numbers", drawn, "generator", style="segments", help=hint)
drawn_sample = Sample(n, noise, seeds[0], spacing, numbers == "legacy")
with picture:
    polynomials(drawn_sample)
sample = moved_by_hand(drawn_sample)

real_picture, real_side = picture_and_controls("The same on real data")
with real_side:
    real, show_real = controls.view("real", "Experiment", REAL)
    titles = with_own(DATA, (50,), refuse=with_classes("labels are shuffled"))
    data = controls.choice("data", "Data", titles, "digits")
    wanted = int(controls.slider("rows", "Training rows", 50, 400, 200, 50))
    rows = min(wanted, most_rows(load(data)) - (validation_rows(load(data)) if real == "width" else 1))
    if rows < wanted:
        st.caption(f"{escape.as_markdown(titles[data])} has {rows} rows to train on.")
    shares = real in ("width", boundary.VIEW)
    share = controls.slider("share", "Share of labels shuffled", 0.0, 1.0, 0.0, 0.1) if shares else 0.0

tabs = sections.tabs()
tabs[2].markdown(
    "The gap between train and validation loss, measured cleanly: both in evaluation mode, on hard labels."
)
files = lower_half(
    "overfitting",
    questions=[
        Question(
            f"{ASKED.n} points with noise {ASKED.noise:g} are given more and more coefficients, up to {COUNTS[-1]}. "
            f"What does the error against the truth do beyond {ASKED.n} of them?",
            ANSWERS,
            lambda: answer(seeds[0]),
        )
    ],
    mistakes=[
        Mistake(
            "powers",
            "Fit raw powers with polyfit",
            "The powers 1, x, x², … are nearly parallel, so np.polyfit drops what it cannot tell apart.",
            lambda: show_powers(sample),
        ),
        Mistake(
            "by_train",
            "Choose the degree by train error",
            "Train error falls with every degree, so it chooses the last, or one of those that pass through every "
            "point.",
            lambda: show_by_train(sample),
        ),
        Mistake(
            "at_points",
            "Judge by the error at the sample's own points",
            "A fit can be close to the truth at every point it was given, and far from it between them.",
            lambda: show_at_points(sample),
        ),
    ],
    tabs=tabs,
    write=export.to_gap_code,
    code=[overfitting.fit_polynomial, overfitting.verdict, overfitting.bias_variance, experiments.memorization],
)

with real_picture:  # last, since it trains
    trained = show_real(Study(data, rows, seeds, called=titles[data]), share)
degrees = Table("overfitting_by_degree", "the errors by degree", lambda: pictures.degree_rows(fits(sample)))
points = Table("overfitting_fits", "the sample and the fits", lambda: pictures.fit_rows(fits(sample)))
files.offer([degrees, points, trained])
