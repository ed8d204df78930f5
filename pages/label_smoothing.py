"""Label smoothing: what softer targets do to the loss, to accuracy, to confidence and to the last hidden layer."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import label_smoothing as pictures
from pages.pictures.label_smoothing import CONVENTIONS, SMOOTHING, STRENGTHS, Losses, other_than, targets_of
from pages.ui import boundary, controls, effect, reliability, sections, words
from pages.ui.cache import cached_of
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Mistake, Question, Table, lower_half, table_of
from pages.ui.reliability import calibration, verdicts
from pages.ui.right_wrong import show_misled, show_mistaken
from pages.ui.seeds import average, lowest, written
from pages.ui.story import Story
from pages.ui.study import Study, choose, with_classes
from pages.ui.words import Comparison, percent, short

from reglab import experiments, label_smoothing, mistakes
from reglab.engine.run import Run
from reglab.settings import Settings

SCALE = effect.Scale(pictures.FIELD, SMOOTHING.values, SMOOTHING.title)
NAMES = SMOOTHING.names
CLASSES = (2, 3, 5, 10, 100)
SURE = 10.0  # a logit gap of a network that is all but certain
DATA = ("digits", "mnist1d", "wine", "breast_cancer", "moons")
SIZES = (50, 100, 200, 400)
HARD = "test loss on hard labels"
SPLITS = {"test": "Test rows", "train": "Training rows"}
ASKED, ASKED_SMOOTHING = Study("digits", 200, (0, 1, 2, 3, 4)), 0.1  # of the prediction

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"strength": 0.1, "convention": "uniform", "classes": 3.0}
    | {"smoothing": 0.1, "data": "moons", "n": 50.0, "view": "calibration", "split": "test", "first": 0},
    "Too much": {"strength": 0.8, "data": "digits", "n": 200.0, "smoothing": 0.8},
    "Loss up, accuracy the same": {"n": 200.0},
    "Reference: K = 3, shared": {"strength": 0.2, "convention": "others"},
    "Clusters": {"data": "digits", "n": 400.0, "view": "clusters"},
    "Soft or hard labels": {"data": "digits", "n": 200.0, "view": "soft"},
}
STORIES = {
    "See it work": Story(
        "The target is no longer 1 and 0, so that the loss has a floor above zero.",
        "How sure is the network to be where the loss is lowest?",
    ),
    "Too much": Story(
        "Smoothed this far, the network is kept from being sure of anything.",
        "What does that do to the loss on hard labels?",
        "effect",
    ),
    "Loss up, accuracy the same": Story(
        "Follow the loss and the accuracy on test rows: they may disagree.",
        "Which of the two would you report?",
        "effect",
    ),
    "Reference: K = 3, shared": Story(
        "The same ε, shared among the other classes alone.", "Which convention leaves the right class less?"
    ),
    "Clusters": Story(
        "Each point is a row, as the layer before the last sees it.",
        "Does smoothing draw the classes together?",
        "closer",
    ),
    "Soft or hard labels": Story(
        "The same networks, judged on soft and on hard labels.", "Which strength does each of the two choose?", "closer"
    ),
}


# ------------------------------------------------------------------ the mechanism


def written_targets(n_classes: int, strength: float, convention: str) -> str:
    """Return the targets of the last class in words."""
    right, rest = targets_of(n_classes, strength, convention)
    if n_classes <= 5:
        return f"({', '.join([short(rest)] * (n_classes - 1) + [short(right)])})"
    return f"({n_classes - 1} times {short(rest)}, {short(right)})"


def conversion(n_classes: int, strength: float, convention: str) -> str:
    """Say which strength of the other convention makes the same targets."""
    if convention == "uniform":
        same, how = label_smoothing.to_others(strength, n_classes), "(K − 1)/K"
    elif strength >= (n_classes - 1) / n_classes:
        return "The other convention cannot say this: the right class is no longer the likeliest"
    else:
        same, how = label_smoothing.to_uniform(strength, n_classes), "K/(K − 1)"
    return f"The other convention needs **{short(same)}** = {strength:g} {how} to say the same"


def say_floor(n_classes: int, strength: float, convention: str) -> None:
    """Say what the targets are, in both conventions, and what loss they allow."""
    if not strength:
        sections.say("Without smoothing the loss falls towards 0 as the logit gap grows: certainty always pays.")
        return
    both = (convention, other_than(convention))
    mine, theirs = (written_targets(n_classes, strength, name) for name in both)
    floor, lowest_theirs = (label_smoothing.loss_floor(n_classes, strength, name) for name in both)
    best = label_smoothing.lowest_gap(n_classes, strength, convention)
    sure = label_smoothing.loss_by_gap(SURE, n_classes, strength, convention)
    sections.say(
        f"At ε = {strength:g} the target of the last of {n_classes} classes is **{mine}**, in the other convention "
        f"{theirs}. {conversion(n_classes, strength, convention)}. No network gets below **{floor:.3f}** nats "
        f"({lowest_theirs:.3f} in the other one): the best logit gap is **{best:.2f}**, and one of {SURE:g} costs "
        f"{sure:.3f}."
    )


@st.fragment
def mechanism() -> None:
    """Draw the mechanism; its controls run this alone."""
    controls.draw_lessons()
    picture, side = picture_and_controls()
    with side:
        convention = controls.choice("convention", "Convention", CONVENTIONS, "uniform")
        n_classes = int(controls.scale("classes", "Classes K", tuple(map(float, CLASSES)), 3.0))
        rows = partial(pictures.target_rows, n_classes)
        sections.download(rows, "label_smoothing_targets.csv", "Download targets")
    with picture:
        strength = controls.scale("strength", "Strength ε", STRENGTHS, 0.1)
        note = "green: this convention, gray: the other"
        frame = Frame("mechanism", "The loss has a floor", note, panels=3)
        frame.draw(pictures.mechanism(n_classes, convention), strength)
        say_floor(n_classes, strength, convention)


# ------------------------------------------------------------------ the effect

# Computed once for all visitors.
clusters = cached_of(32)(experiments.clusters)
soft_losses = cached_of(16)(experiments.soft_validation_loss)


def show_training(study: Study, smoothing: float) -> Run:
    """Draw strength against loss and the training curves, and say what is measured; return the run."""
    run = study.show(SCALE, smoothing, control="smoothing", name=f"smoothing {SCALE.label(smoothing)}")
    comparisons = smoothed(study, run, SMOOTHING.of(smoothing))
    off = f"Label smoothing is off: {reliability.off_in_words(comparisons)}"
    study.verdict_on_test(SCALE, run, smoothing, comparisons, off=off, what="")
    return run


def smoothed(study: Study, run: Run, level: int) -> list[Comparison]:
    """Compare clean loss, accuracy and calibration error with those without smoothing."""
    return verdicts(study, run, level, what=HARD, with_=f"label smoothing {NAMES[level]}")


def show_calibration(study: Study, smoothing: float, run: Run) -> list[Table]:
    """Draw calibration error, reliability and confidences, with temperature scaling."""
    calibrated, level = calibration(run), SMOOTHING.of(smoothing)
    note = f"test rows, bins of {percent(reliability.FEWEST, 1)} or more"
    hint = "orange: temperature scaling"
    frame = Frame("calibration", "Is 80 % sure right in 80 %?", note, hint=hint, panels=3)
    frame.draw(pictures.calibration(calibrated), smoothing)
    temperature = reliability.temperature_in_words(calibrated.temperature[level].tolist())
    error, scaled, loss, scaled_loss = (
        [written(seeds) for seeds in each.tolist()]
        for each in (calibrated.error, calibrated.scaled_error, calibrated.loss, calibrated.scaled_loss)
    )
    sections.say(
        f"{f'With smoothing {NAMES[level]}' if level else 'Without smoothing'} {temperature}. Scaling takes the error "
        f"from {error[level]} to **{scaled[level]}** and the test loss from {loss[level]} to {scaled_loss[level]}, and "
        f"changes no prediction. Temperature scaling alone, without smoothing, comes to an error of **{scaled[0]}** "
        f"and a loss of **{scaled_loss[0]}**.",
        more="more_temperature",
    )
    return [
        table_of(study, "calibration", lambda: pictures.calibration_rows(run, calibrated)),
        table_of(study, "reliability", lambda: pictures.bin_rows(calibrated)),
    ]


def show_clusters(study: Study, smoothing: float, run: Run) -> list[Table]:
    """Draw three classes of the last hidden layer."""
    n_classes, level = study.data.n_classes or 0, SMOOTHING.of(smoothing)
    left, right = st.columns(2)
    with left:
        split = controls.choice("split", "Rows drawn", SPLITS, "test", style="segments")
    with right:
        wanted = int(controls.slider("first", "First of the three classes", 0, 7, 0, 1))
    if n_classes < 3:
        sections.say(
            f"{study.title} has {n_classes} classes: the plane of this picture goes through the means of three."
        )
        return []
    first = min(wanted, n_classes - 3)
    names = [str(name) for name in study.data.class_names[first : first + 3]]
    three = range(first, first + 3)
    train, test = clusters(run, three, "train"), clusters(run, three, "test")
    note = f"{', '.join(names)} as green dots, gray squares, yellow triangles"
    frame = Frame("clusters", "Three classes in the last hidden layer", note, hint="first seed", panels=3)
    frame.draw(pictures.clusters(train, test, split, first), smoothing)
    of_train, of_test = train.spread.tolist(), test.spread.tolist()
    if level:
        what = "the spread of a class on"
        comparisons = [
            words.compare(spread[0], spread[level], f"{what} {SPLITS[name].lower()}")
            for name, spread in (("train", of_train), ("test", of_test))
        ]
        sections.measured_each(comparisons, more="more_clusters")
    else:
        sections.say(
            f"Without smoothing a row is **{written(of_train[0])}** of the means' distance from its class's mean on "
            f"training rows, **{written(of_test[0])}** on test rows."
        )
    drawn = train if split == "train" else test
    return [
        table_of(study, "spread", lambda: pictures.spread_rows(run, train, test)),
        table_of(study, "plane", lambda: pictures.plane_rows(run, drawn, split, first, names)),
    ]


def show_soft(study: Study, smoothing: float, run: Run) -> list[Table]:
    """Draw the validation loss on hard and on soft labels, of the same runs."""
    hard, soft = run.kept("val_loss").tolist(), soft_losses(run).tolist()
    floors = label_smoothing.loss_floor(study.data.n_classes or 0, SCALE.values).tolist()
    note = f"{study.note}; gray: the floor of the soft one"
    frame = Frame("soft", "One run, two validation losses", note)
    train = partial(
        study.compute, experiments.soft_validation, SCALE.values, settings=study.base, note="Training once more"
    )
    by_step = frame.follow(train, lambda part, live: pictures.soft(hard, soft, floors, part), smoothing)
    say_soft(study, smoothing, hard, soft, floors, by_step)
    return [
        table_of(study, "soft_labels", lambda: pictures.soft_rows(run, hard, soft)),
        table_of(study, "soft_labels_by_step", lambda: pictures.step_rows(by_step, study.seeds)),
    ]


def say_soft(
    study: Study, smoothing: float, hard: Losses, soft: Losses, floors: list[float], by_step: experiments.SoftValidation
) -> None:
    """Say how far the two losses are apart, and what it costs to stop by the soft one."""
    if not smoothing:
        sections.say(f"Without smoothing the two are one: **{written(hard[0])}**.")
        return
    level = SMOOTHING.of(smoothing)
    gap = average(soft[level]) - average(hard[level])
    apart = f"{abs(gap):.3f} {'more' if gap > 0 else 'less'}"
    with_ = "each seed stopped where its soft loss is lowest instead of its hard one"
    by_hard, by_soft = (by_step.stopped_by(loss)[level].tolist() for loss in ("hard", "soft"))
    comparison = study.compare(by_hard, by_soft, "test loss", with_=with_)
    other = int((by_step.lowest("hard") != by_step.lowest("soft"))[level].sum())
    sentence = (
        f"On labels smoothed by {smoothing:g} the same networks' validation loss reads "
        f"**{written(soft[level])}** instead of {written(hard[level])}, {apart}; its own floor is {floors[level]:.3f}. "
        f"While training, the two are lowest at different steps in **{other} of {len(study.seeds)}** seeds. "
        f"{comparison.sentence if other else 'To stop by either comes to the same.'}"
    )
    sections.measured(replace(comparison, sentence=sentence), more="more_soft")


VIEWS: dict[str, tuple[str, Callable[[Study, float, Run], list[Table]]]] = {
    "calibration": ("Calibration", show_calibration),
    "clusters": ("Clusters", show_clusters),
    "soft": ("Soft or hard validation loss", show_soft),
    boundary.VIEW: (boundary.LABEL, lambda study, smoothing, run: boundary.show(study, SCALE, smoothing)),
}


# ------------------------------------------------------------------ common mistakes


def trained_as(study: Study, smoothing: float, effective: float) -> str:
    """Say on which targets a network is trained by mistake; effective: the strength that has them."""
    if effective <= 1 - 1e-9:
        return f"The network is trained as with **{short(effective)}** instead of {smoothing:g}."
    # No strength of this convention has such targets.
    share = effective / (study.data.n_classes or 0)
    taught = "the network is taught a wrong class" if effective > 1 + 1e-9 else "the labels say nothing"
    mine, theirs = f"{1 - effective + share:.3g}", f"{share:.3g}"
    return f"The right class's target is **{mine}**, and each wrong one's **{theirs}**: {taught}."


def show_twice(study: Study, smoothing: float) -> None:
    """Smooth twice."""
    before, with_ = trained_as(study, smoothing, 1 - (1 - smoothing) ** 2), "the labels smoothed twice"
    bug = mistakes.smoothed_twice
    show_mistaken("twice", study, SCALE, smoothing, bug, before=before, what=HARD, with_=with_)


def show_confused(study: Study, smoothing: float) -> None:
    """Take the number of one convention for the other's."""
    n_classes, with_ = study.data.n_classes or 0, "its number taken in the other convention"
    before = trained_as(study, smoothing, smoothing * n_classes / (n_classes - 1))
    bug = mistakes.shared_by_the_others
    show_mistaken("confused", study, SCALE, smoothing, bug, before=before, what=HARD, with_=with_)


def show_judged(study: Study) -> None:
    """Choose the strength by validation loss on soft labels."""
    run = study.sweep(SCALE, place=st.empty())
    hard, soft = run.kept("val_loss").tolist(), soft_losses(run).tolist()
    by_hard, by_soft = lowest(hard), lowest(soft)
    opening = (
        f"On hard labels the validation loss of the scale is lowest **{words.at(NAMES[by_hard], 'smoothing')}** "
        f"({written(hard[by_hard])}); each strength judged on labels smoothed as its own, "
        f"**{words.at(NAMES[by_soft])}** ({written(soft[by_soft])})."
    )
    show_misled("judged", study, run, by_hard, by_soft, opening, with_="the choice by soft labels")


# ------------------------------------------------------------------ the prediction

ANSWERS = (
    "Both fall",
    "Both rise",
    "The loss falls, the calibration error rises",
    "The loss rises, the calibration error falls",
    "At least one does not change by more than noise",
)


def answer() -> tuple[str, str]:
    """Measure what smoothing does to the clean test loss and to the calibration error."""
    run = ASKED.sweep(SCALE, place=st.empty())
    loss, accuracy, error = smoothed(ASKED, run, SMOOTHING.of(ASKED_SMOOTHING))
    kinds = {("better", "better"): 0, ("worse", "worse"): 1, ("better", "worse"): 2, ("worse", "better"): 3}
    right = ANSWERS[kinds.get((loss.verdict, error.verdict), 4)]
    return right, f"{loss.sentence} {error.sentence} {accuracy.sentence}"


# ------------------------------------------------------------------ the page

open_page("label_smoothing")
controls.place_lessons(LESSONS, STORIES, mistakes=("twice", "confused", "judged"))
mechanism()

effect_picture, effect_side = picture_and_controls("On real training")
with effect_picture:
    label = "Label smoothing ε of the training (ε/K on every class)"
    smoothing = controls.scale("smoothing", label, SCALE.values, 0.1)
    first_picture = st.container()
with effect_side:
    study = choose(DATA, SIZES, n=50, default="moons", refuse=with_classes("labels are smoothed"))
off = "" if smoothing else "At strength 0 the mistake changes nothing."

controls.tell("closer")
_, show = controls.view("view", "Look closer", VIEWS)
second_picture = st.container()

files = lower_half(
    "label_smoothing",
    questions=[
        Question(
            f"{ASKED.title}, {ASKED.n_train} training rows, label smoothing {ASKED_SMOOTHING:g}: what happens to the "
            "clean test loss and to the calibration error?",
            ANSWERS,
            answer,
        )
    ],
    mistakes=[
        Mistake(
            "twice",
            "Smooth twice",
            "timm's Mixup smooths the labels that it mixes; a loss with label_smoothing after it smooths them once "
            "more.",
            lambda: show_twice(study, smoothing),
            off,
        ),
        Mistake(
            "confused",
            "The two conventions confused",
            "A number tuned in tensor2tensor, shared among the other classes, given to PyTorch or the other way round.",
            lambda: show_confused(study, smoothing),
            off,
        ),
        Mistake(
            "judged",
            "Validation loss on soft labels",
            "One criterion for training and validation: the run is right, its reading is wrong, since each strength "
            "has its own floor.",
            lambda: show_judged(study),
        ),
    ],
    study=study,
    settings=Settings(label_smoothing=smoothing, learning_rate=study.base.learning_rate),
    code=[
        label_smoothing.smooth,
        label_smoothing.smooth_labels,
        label_smoothing.loss_by_gap,
        label_smoothing.reliability,
        label_smoothing.temperature,
    ],
)
files.place.markdown(
    "Müller, Kornblith and Hinton found accuracy hardly changed by smoothing (86.8 to 86.7 %, 72.1 to 72.7 %, 80.9 to "
    "80.9 % on their tasks), and a calibration error of 0.024, 0.035 and 0.019 with it, of 0.021, 0.022 and 0.018 with "
    "temperature scaling instead."
)

with first_picture:  # last, since it trains
    run = show_training(study, smoothing)
with second_picture:
    tables = show(study, smoothing, run)
losses = table_of(study, "training", lambda: effect.history(run, SCALE.field, SCALE.values))
files.offer([losses, *tables])
