"""Image augmentation: what each operation does to a picture, what training on changed copies teaches and breaks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import image_augmentation as pictures
from pages.pictures.image_augmentation import ANGLES, LABELLED, ROWS, STRENGTHS, TITLES, TURNED, UNDER, VIEWS
from pages.ui import controls, effect, escape, pictures_upload, sections, words
from pages.ui.cache import cached, cached_of
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.levels import even
from pages.ui.lower import Mistake, Question, Table, lower_half, table_of
from pages.ui.right_wrong import show_misled, show_mistaken
from pages.ui.seeds import average, lowest, written
from pages.ui.story import Story
from pages.ui.study import Study, choose, with_classes
from pages.ui.words import percent

from reglab import image_augmentation, image_operations, invariance, mistakes, policy_search
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.experiments.invariance import LabelSafety
from reglab.settings import Settings, Training

SCALE = effect.Scale("augment", (0.0, 0.1, 0.25, 0.5, 0.75, 1.0), "augmentation")
NAMES = tuple(map(SCALE.label, SCALE.values))
BY_AUGMENT = even("augment", SCALE.values, "augment", NAMES, margin=0.5)
OPERATIONS = tuple(TITLES)
DATA = ("digits", "glyphs")
SIZES = (50, 100, 200, 400, 800)
SOURCES = {"digits": "Digits", "glyphs": "Glyphs", "own": "My picture"}
FORCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
CANDIDATES = {"single": "One operation each", "pairs": "Pairs, drawn at random"}
PAIRS = 16
OWN = "image_augmentation:own"  # a person's own picture
LENGTHS = (300, 600, 1000)  # steps

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"strength": 0.5, "view": "operations", "source": "digits", "image": 89}
    | {"draw": 33, "factor": 4, "num_ops": 2, "augment": 0.75, "data": "digits", "n": 200.0, "closer": "invariance"}
    | {"operation": "half_turn", "force": 0.3, "candidates": "single", "length": 1000.0},
    "3 images become 12": {"view": "grown"},
    "Too little": {"augment": 0.1},
    "A six turned over": {"closer": "safety"},
    "Labels that survive": {"source": "glyphs", "data": "glyphs", "closer": "safety"},
    "Which operations help": {"closer": "policy"},
    "How many rows": {"closer": "size"},
}
STORIES = {
    "See it work": Story(
        "Each operation changes the same digit, more and more as the strength rises.",
        "Which of them would you still read at full strength?",
    ),
    "3 images become 12": Story(
        "Every image stands beside its changed copies, all of them under its label.",
        "Are twelve such images worth as much as twelve new ones?",
    ),
    "Too little": Story(
        "Shifts by a fraction of a pixel leave almost the same images.", "Can the seeds tell it from none?", "effect"
    ),
    "A six turned over": Story(
        "See how networks that never saw one read a digit that is turned over.", "Does its label survive?", "closer"
    ),
    "Labels that survive": Story(
        "The same operations on glyphs instead of digits.",
        "Which operations are safe here and were not on digits?",
        "closer",
    ),
    "Which operations help": Story(
        "Every operation is tried alone on the same rows.", "Is what helps most what you would have chosen?", "closer"
    ),
    "How many rows": Story(
        "See what augmentation is worth, from few rows to many.", "Where does it help most?", "closer"
    ),
}


# ------------------------------------------------------------------ the mechanism


of_bundled = cached(48)(pictures.of_bundled)  # once for all visitors


def said_of(view: str, strength: float, copies: pictures.Copies, many: int) -> str:
    """Say what the operations do at a strength."""
    if view == "grown":
        return (
            f"**{LABELLED}** labelled images and factor {many} make **{LABELLED * many}**: each original and "
            f"{many - 1} copies, each changed by another operation at strength {strength:g}. The labels are unchanged, "
            "so only operations that keep them belong in the list: no flips, no half turns."
        )
    if view == "rand":
        return (
            f"Each copy is changed by **{many}** {'operation' if many == 1 else 'operations'} drawn at random, all at "
            f"magnitude **{strength:g}**. These two numbers are all that RandAugment searches."
        )
    if not strength:
        return "At strength 0 every operation is the exact identity."
    mean = {name: values[STRENGTHS.index(strength)] for name, values in copies.change.items()}
    graded = {name: value for name, value in mean.items() if name not in image_operations.ALL_OR_NOTHING}
    most, least = max(graded, key=graded.__getitem__), min(graded, key=graded.__getitem__)
    turned = max(image_operations.ALL_OR_NOTHING, key=mean.__getitem__)
    happen = f"they happen in this draw, {TITLES[turned]} changing a pixel by **{mean[turned]:.3f}**, the most of them"
    return (
        f"At strength {strength:g}, of the operations that have degrees, {TITLES[most]} changes a pixel by "
        f"**{mean[most]:.3f}** on average, the most, and {TITLES[least]} by **{mean[least]:.3f}**, the least (0 is "
        "black, 1 is white). Flips, quarter turns and half turns have none, and are not among these: strength is "
        f"their probability, and {happen if mean[turned] else 'none happens in this draw'}."
    )


@st.fragment
def mechanism() -> None:
    """Draw the mechanism; its controls run this alone."""
    controls.draw_lessons()
    picture, side = picture_and_controls()
    with picture:
        view = controls.choice("view", "Mechanism", VIEWS, "operations", style="segments")
        strength = controls.scale("strength", "Strength", STRENGTHS, 0.5)
    uploaded, number, many = None, 89, 0
    with side:
        source = controls.choice("source", "Image", SOURCES, "digits")
        if source == "own" and view != "grown":
            uploaded = pictures_upload.ask()
        else:
            number = controls.whole("image", "Which one", 0, 190, 89)
        draw = controls.whole("draw", "Draw", 0, 99, 33, help="Directions, places and noise are drawn from it.")
        if view == "grown":
            many = controls.whole("factor", "Factor", 2, 6, 4)
            if source == "own":
                st.caption("A set has labels: these are digits.")
        elif view == "rand":
            many = controls.whole("num_ops", "Operations per image", 1, 4, 2)
    shown = "digits" if source == "own" else source
    copies, what = of_bundled(view, shown, number, draw, many), {"source": SOURCES[shown], "image": number}
    with picture:
        if uploaded is not None:
            try:
                copies = pictures_upload.of_session(OWN, uploaded, pictures.of_picture, view, draw, many)
                what = {"source": SOURCES["own"]}
            except pictures_upload.Refused as refused:
                st.error(escape.as_markdown(str(refused)))
        hint = "move across the picture for less or more, click to keep"
        Frame("grid", VIEWS[view], hint=hint).draw(pictures.grid(view, copies, many), strength)
        sections.say(said_of(view, strength, copies, many))
    with side:
        pixels = partial(pictures.pixel_rows, view, copies, draw, many, strength, **what)
        sections.download(pixels, f"image_augmentation_{view}.csv", "Download pixels")


# ------------------------------------------------------------------ the effect

label_safety = cached_of(16)(invariance.label_safety)  # once for all visitors


def show_training(study: Study, augment: float) -> Run:
    """Draw strength against loss and the training curves, and say what is measured; return the run."""
    run, level = study.show(SCALE, augment, control="augment"), BY_AUGMENT.of(augment)
    loss, accuracy = study.on_test_rows((run, 0), (run, level), with_=f"augmentation {NAMES[level]}")
    off = f"Augmentation is off: test loss **{written([loss.before])}**, test accuracy {percent(accuracy.before)}."
    study.verdict_on_test(SCALE, run, augment, (loss, accuracy), off=off)
    return run


def show_invariance(study: Study, augment: float, run: Run) -> list[Table]:
    """Draw the accuracy on turned and on shifted test images."""
    note = f"{ROWS} test images, {study.note}"
    frame = Frame("invariance", "What it has learned not to mind", note, hint="hover to scrub", panels=3)
    frame.draw(pictures.invariance(BY_AUGMENT, run), augment)
    kinds, level = pictures.each_kind(run), BY_AUGMENT.of(augment)
    if level:
        far, with_ = pictures.turned(run)[..., ANGLES.index(90)].tolist(), f"augmentation {NAMES[level]}"
        turned = (kinds["turned"], f"accuracy on images turned by {TURNED}°", with_)
        shifted = (kinds["shifted"], "accuracy on images shifted by an eighth of the side", with_)
        beyond = (far, "accuracy on images turned by 90°, which training never showed,", "")
        comparisons = [
            study.compare_accuracy(values[0], values[level], what, with_=named)
            for values, what, named in (turned, shifted, beyond)
        ]
        sections.measured_each(comparisons, more="more_invariance")
    else:
        still, by_angle, by_shift = (percent(average(values[0])) for values in kinds.values())
        sections.say(
            f"Without augmentation {still} of the upright images are read right, **{by_angle}** when turned by "
            f"{TURNED}° and **{by_shift}** when shifted by an eighth of the side."
        )
    return [table_of(study, "invariance", lambda: pictures.moved_rows(BY_AUGMENT, run))]


def show_safety(study: Study, augment: float, run: Run) -> list[Table]:
    """Draw what changed test images are read as."""
    left, right = st.columns(2)
    with left:
        force = controls.scale("force", "Strength of the operations", FORCES, 0.3)
    with right:
        chosen = controls.choice("operation", "Test images", UNDER, "half_turn")
    safety, note = (
        label_safety(run, force, OPERATIONS, seed=run.seeds[0]),
        f"trained without augmentation, {study.note}",
    )
    Frame("safety", "What changed test images are read as", hint=note, panels=3).draw(pictures.safety(safety), chosen)
    sections.say(safety_sentence(chosen, force, safety))
    return [
        table_of(study, "safety", lambda: pictures.safety_rows(safety, force, study.seeds)),
        table_of(study, "read_as", lambda: pictures.read_rows(safety, force)),
    ]


def safety_sentence(chosen: str, force: float, safety: LabelSafety) -> str:
    """Say which labels an operation does not keep, and which operations make one class of another."""
    names, right = safety.class_names, [percent(average(values)) for values in safety.accuracy.tolist()]
    how = UNDER[chosen] if chosen in ("none", *image_operations.ALL_OR_NOTHING) else f"{UNDER[chosen]} {force:g}"
    taken = [f"**{percent(share)}** of {names[a]} as {names[b]}" for share, a, b in safety.mostly_read(chosen)[:3]]
    most = f"More than half of a class is read as another: {', '.join(taken)}."
    made, merely = (", ".join(TITLES[name] for name in which if name in TITLES) for which in safety.mistaken())
    keeps = (
        f" Under {merely} some class is mostly read as another that keeps its own images: such images look like "
        "nothing that was trained on, and may have kept their label."
    )
    return (
        f"With the test images under {how}, {right[safety.operations.index(chosen)]} are read as their label, "
        f"{right[0]} as they are. {most if taken else 'No class is read mostly as another.'} Operations of the list "
        "that make one class of another, whose own images are then no longer read as it: "
        f"**{made or 'none'}**.{keeps if merely else ''}"
    )


def show_policy(study: Study, augment: float, run: Run) -> list[Table]:
    """Train with every candidate, as one stack, and draw what each came to."""
    left, right = st.columns(2)
    with left:
        kind = controls.choice("candidates", "Candidates", CANDIDATES, "single", style="segments")
    with right:
        force = controls.scale("force", "Strength of the operations", FORCES, 0.3)
    tried = (
        policy_search.single_policies(force, OPERATIONS)
        if kind == "single"
        else policy_search.random_policies(PAIRS, study.seeds[0], high=max(force, 0.1))
    )
    note = f"{study.note}; best on top"
    frame = Frame("policies", "Which policy has the lowest validation loss?", note, hint="", panels=3)
    note = f"Training {len(study.seeds) * (1 + len(tried))} networks"
    searched = study.compute(policy_search.search, tried, place=frame.bar, note=note)
    frame.draw(pictures.policies(searched))
    every, plain = pictures.candidates(searched), study.chosen(SCALE, run)
    val, test = searched.val_loss.tolist(), searched.test_loss.tolist()
    choice = words.choose(every, val, test, what="policy", of="the list", guess=study.guess)
    judged = [replace(choice.compared, sentence=choice.sentence)]
    if choice.level and plain.level:
        with_ = (
            f"policy {every[choice.level]} instead of shifts, turns and zooms at {NAMES[plain.level]}, which "
            "validation chooses of their scale"
        )
        ours = run.kept("test_loss")[plain.level].tolist()
        judged.append(study.compare(ours, test[choice.level], "test loss", with_=with_))
    each = each_policy(every, [study.compare(test[0], losses, "test loss") for losses in test])
    sections.measured_each([*judged, words.alone(each)], more="more_policy")
    return [table_of(study, "policies", lambda: pictures.policy_rows(searched))]


def each_policy(names: Sequence[str], comparisons: Sequence[words.Comparison]) -> str:
    """Say which candidates help and which harm on test rows, the first of the list being none."""
    kinds = words.by_kind(names[1:], comparisons[1:])
    count, unsure = len(names) - 1, len(kinds.pop("unsure", []))
    phrases = [f"it is {words.CHANGES[kind]} with **{len(at)}** ({', '.join(at)})" for kind, at in kinds.items()]
    phrases += [f"the seeds cannot tell of **{unsure}** of {count} candidates"] if unsure else []
    return (
        f"Test loss of each against going without: {'; '.join(phrases)}. Of {count} intervals of 95 % about "
        f"{0.05 * count:.1f} leave zero out by chance alone."
    )


def show_by_size(study: Study, augment: float, run: Run) -> list[Table]:
    """Draw test loss and accuracy by dataset size, with augmentation and without."""
    steps = int(controls.scale("length", "Steps", tuple(map(float, LENGTHS)), 1000.0))
    studies = study.but(training=Training(max_steps=steps, eval_steps=2)).sized(SIZES)
    by_rows = even("n", [float(each.n_train) for each in studies], "training rows n", margin=0.5)
    frame = Frame("size", "For how many rows", f"{study.title}, augmentation {SCALE.label(augment)}, {steps} steps")
    level, trained = by_rows.of(float(study.n_train)), list[Run]()
    stack = [replace(study.base, augment=strength) for strength in sorted({0.0, augment})]
    for each in studies:
        trained.append(each.train(stack, place=frame.bar, note=f"Training on {each.n_train} rows"))
        picture = pictures.by_size(by_rows, level, trained, bool(augment))
        frame.draw(picture, float(study.n_train), live=each != studies[-1])
    if augment:
        comparisons = [
            study.compare_at((run, 0), (run, 1), "test_loss", with_=f"{run.n_train} rows") for run in trained
        ]
        sections.measured(comparisons[level], more="more_size")
        say_by_size(study, augment, [str(run.n_train) for run in trained], comparisons)
    else:
        sections.say("Augmentation is off: both lines are one.")
    return [Table("image_augmentation_by_size", "by size", lambda: pictures.size_rows(trained, steps))]


def say_by_size(study: Study, augment: float, sizes: Sequence[str], each: Sequence[words.Comparison]) -> None:
    """Say at which numbers of rows augmentation helps, with what share of the loss it takes away."""
    shares = [percent(abs(1 - comparison.after / comparison.before)) for comparison in each]
    kinds = words.by_kind([f"{size} ({share})" for size, share in zip(sizes, shares, strict=True)], each)
    parts = "; ".join(f"{words.CHANGES[kind]} at n = **{', '.join(at)}**" for kind, at in kinds.items())
    sections.say(
        f"With augmentation {augment:g} test loss is {parts}; in brackets, by what share of the loss without it."
        + words.poor_at(sizes, each, study.guess)
    )


CLOSER: dict[str, tuple[str, Callable[[Study, float, Run], list[Table]]]] = {
    "invariance": ("Learned invariance", show_invariance),
    "safety": ("Label safety", show_safety),
    "policy": ("Policy search", show_policy),
    "size": ("By size", show_by_size),
}


# ------------------------------------------------------------------ common mistakes


def show_turned(study: Study, augment: float) -> None:
    """Turn half of the images over as well."""
    opening = "" if augment else "Augmentation is off: here the half turns are all that changes an image."
    show_mistaken("turned_over", study, SCALE, augment, mistakes.turned_over, before=opening, with_="half turns too")


def show_far(study: Study, augment: float) -> None:
    """Augment five times as far."""
    opening = (
        f"Images are shifted by up to {5 * augment / 8:.2g} of their side and turned by up to {75 * augment:.0f}°."
    )
    bug = mistakes.far_too_much
    show_mistaken("far_too_much", study, SCALE, augment, bug, before=opening, with_="five times the magnitude")


def show_validated(study: Study, augment: float) -> None:
    """Read the validation loss on augmented rows, and choose by it."""
    run, level = study.sweep(SCALE, place=st.empty()), BY_AUGMENT.of(augment)
    clean, wrong = run.kept("val_loss").tolist(), invariance.augmented_validation(run, study.seeds[0]).tolist()
    by_clean, by_wrong = lowest(clean), lowest(wrong)
    reading = (
        f"At strength {NAMES[level]} the same networks' validation loss reads **{written(wrong[level])}** on augmented "
        f"rows instead of **{written(clean[level])}**. "
        if level
        else ""
    )
    opening = (
        f"{reading}Over the scale the mean on augmented rows, each strength's rows at its own, is lowest "
        f"**{words.at(NAMES[by_wrong])}**, on clean rows **{words.at(NAMES[by_clean])}**."
    )
    show_misled("validated", study, run, by_clean, by_wrong, opening, with_="the choice by augmented rows")


def no_images(data: Dataset) -> str:
    """Return why a person's own data are not augmented here, nothing where they are images of classes."""
    if data.task != "image":
        return (
            "Your own data are a table: a shift or a turn makes another valid picture of the same thing, and there is "
            "no such change of a row of which it is known that its target stays."
        )
    return with_classes("it is read off which labels survive")(data)


# ------------------------------------------------------------------ the prediction

ANSWERS = ("Mostly as sixes", "Mostly as nines", "Mostly as another digit", "As no one digit in most cases")
ASKED = Study("digits", 200, (0, 1, 2, 3, 4))


def answer() -> tuple[str, str]:
    """Measure what the sixes are read as when they are turned over."""
    safety = label_safety(ASKED.sweep(SCALE, place=st.empty()), 0.3, OPERATIONS, seed=ASKED.seeds[0])
    six = safety.confusion[safety.operations.index("half_turn"), 6].tolist()
    most = max(range(len(six)), key=six.__getitem__)
    right = ANSWERS[3] if six[most] <= 0.5 else {6: ANSWERS[0], 9: ANSWERS[1]}.get(most, ANSWERS[2])
    return right, (
        f"Of the sixes **{percent(six[9])}** are read as nines and {percent(six[6])} as sixes; most often they are "
        f"read as **{most}**, on average over five networks. Half turns in training would call these sixes."
    )


# ------------------------------------------------------------------ the page

open_page("image_augmentation")
controls.place_lessons(LESSONS, STORIES, mistakes=("turned", "far", "validated"))
mechanism()

effect_picture, effect_side = picture_and_controls("On real training")
with effect_picture:
    augment = controls.scale("augment", "Augmentation m: shift up to m/8, turn 15 m°, zoom 10 m %", SCALE.values, 0.75)
    first_picture = st.container()
with effect_side:
    study = choose(DATA, SIZES, n=200, refuse=no_images)

controls.tell("closer")
_, show = controls.view("closer", "Look closer", CLOSER)
second_picture = st.container()

files = lower_half(
    "image_augmentation",
    questions=[
        Question(
            "Networks trained on 200 digits without augmentation see test sixes upside down. How do they read them?",
            ANSWERS,
            answer,
        )
    ],
    mistakes=[
        Mistake(
            "turned",
            "Half turns on digits",
            "A recipe for photographs, flips and turns for all: half of the digits upside down under their labels.",
            lambda: show_turned(study, augment),
        ),
        Mistake(
            "far",
            "Magnitude too high",
            "A number of one library's scale given to another's, five times as far: RandAugment counts to 10, 30 or 1.",
            lambda: show_far(study, augment),
            off="" if augment else "At strength 0 the mistake changes nothing.",
        ),
        Mistake(
            "validated",
            "Validation rows augmented too",
            "One transform for both loaders: the network is right, its validation loss is read on changed images.",
            lambda: show_validated(study, augment),
        ),
    ],
    study=study,
    settings=Settings(augment=augment, learning_rate=study.base.learning_rate),
    code=[
        image_augmentation.augment,
        image_augmentation.augment_batch,
        image_augmentation.rand_augment,
        image_operations.warp,
        image_operations.cutout,
        policy_search.augmenter,
    ],
)

with first_picture:  # last, since it trains
    run = show_training(study, augment)
with second_picture:
    tables = show(study, augment, run)
losses = table_of(study, "training", lambda: effect.history(run, SCALE.field, SCALE.values))
files.offer([losses, *tables])
