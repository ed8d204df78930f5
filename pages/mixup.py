"""Mixup and CutMix: what mixed examples look like, and what they do to the loss, to calibration and to a boundary."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import mixup as pictures
from pages.pictures.mixup import ALPHAS, DECAYS, SURE, WEIGHTS, Both, by_alpha
from pages.ui import boundary, controls, effect, escape, levels, reliability, sections, words
from pages.ui.cache import cached_of
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Mistake, Question, Table, lower_half, table_of
from pages.ui.own_data import load
from pages.ui.reliability import calibration, verdicts
from pages.ui.right_wrong import show_mistaken
from pages.ui.seeds import average, lowest
from pages.ui.story import Story
from pages.ui.study import Study, choose, with_classes
from pages.ui.words import percent, short, signed

from reglab import experiments, mistakes, mixup
from reglab.engine.run import Run

SWITCHES = (0.0, 0.25, 0.5, 0.75, 1.0)
TECHNIQUES = {"mixup": "Mixup", "cutmix": "CutMix", "both": "Either, per batch"}
PAIRS = {"38": "Digits 3 and 8", "17": "Digits 1 and 7", "glyphs": "Ring and cross"}
PICTURED = {"38": ("digits", ("3", "8")), "17": ("digits", ("1", "7")), "glyphs": ("glyphs", ("ring", "cross"))}
CENTRES = {"middle": "Middle", "edge": "Edge", "corner": "Corner"}
SHAPES = ("moons", "circles", "spirals")  # a boundary can be drawn in the plane
DATA = ("digits", "glyphs", "mnist1d", "breast_cancer", "wine", *SHAPES)
SIZES = (50, 100, 200, 400)
ASKED, ASKED_ALPHA = Study("glyphs", 200, (0, 1, 2, 3, 4)), 0.4  # of the prediction, as no lesson has it

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"weight": 0.6, "pair": "38", "centre": "middle"}
    | {"technique": "mixup", "alpha": 0.1, "switch": 0.5, "data": "digits", "n": 100.0, "view": "calibration"},
    "Too much": {"alpha": 2.0, "n": 400.0},
    "When it does nothing": {"alpha": 0.2, "n": 200.0},
    "A clipped box": {"weight": 0.75, "centre": "corner", "technique": "cutmix"},
    "Calibrated": {"data": "glyphs", "alpha": 0.4},
    "Smoother boundary": {"data": "moons", "n": 50.0, "alpha": 0.4, "view": "boundary"},
    "Spirals": {"data": "spirals", "alpha": 1.0, "view": "boundary"},
    "Less decay": {"n": 200.0, "alpha": 0.4, "view": "decay"},
}
STORIES = {
    "See it work": Story(
        "Two images laid over each other, and a piece of one set into the other.",
        "Which of the mixtures would you still read?",
    ),
    "Too much": Story(
        "With this α most images are mixed thoroughly.", "What does that do to the loss on clean images?", "effect"
    ),
    "When it does nothing": Story(
        "With this α most mixtures are nearly one image alone.", "Can the seeds tell it from none?", "effect"
    ),
    "A clipped box": Story(
        "The box hangs over the border, so that less is pasted than λ says.", "Which λ do the labels need?"
    ),
    "Calibrated": Story(
        "Compare how sure the networks are with how often they are right.",
        "Does mixup bring the two together?",
        "closer",
    ),
    "Smoother boundary": Story(
        "The map shows how sure the network is between the two moons.", "Where does mixup make it less sure?", "closer"
    ),
    "Spirals": Story(
        "Between two points of one arm may lie the other one, where a mixed label is wrong.",
        "Does the boundary still follow the arms?",
        "closer",
    ),
    "Less decay": Story(
        "Mixup and weight decay together, each at several strengths.",
        "Does mixup leave less for decay to do?",
        "closer",
    ),
}
MIXUP = effect.Scale("mixup_alpha", ALPHAS, "mixup α")
CUTMIX = effect.Scale("cutmix_alpha", ALPHAS, "CutMix α")
NAMES = by_alpha(MIXUP).names
# Of a measure that may be lower or higher where it is better.
CHANGES = {
    **words.CHANGES,
    "better": "better",
    "worse": "worse",
    "guess": "changed, yet no better than a constant guess,",
}


# ------------------------------------------------------------------ the mechanism

mixtures = cached_of(16)(experiments.mixtures)  # once for all visitors


def say_mixed(mixed: experiments.Mixtures, lam: float, alpha: float) -> None:
    """Say what the two mixtures and their targets hold."""
    (first, second), pixels = mixed.names, mixed.shape[0] * mixed.shape[1]
    share = float(mixed.shares[WEIGHTS.index(lam)])
    near = percent(mixup.near_one_image(alpha, 0.1))
    often = f" At α = {alpha:g} λ is within 0.1 of 0 or 1 in **{near}** of the batches." if alpha else ""
    sections.say(
        f"At λ = {lam:g} every pixel of mixup is {short(lam)} of the {first} and {short(1 - lam)} of the {second}, "
        f"and so is its target. CutMix draws a box of {short((1 - lam) * pixels)} of {pixels} pixels, of which whole "
        f"pixels and the border leave **{(1 - share) * pixels:.0f}**: its target is recomputed, **{short(share)}** of "
        f"the {first} and {short(1 - share)} of the {second}.{often}"
    )


@st.fragment
def mechanism(alpha: float) -> None:
    """Draw the mechanism; its controls run this alone."""
    controls.draw_lessons()
    picture, side = picture_and_controls()
    with side:
        pair = controls.choice("pair", "Two images", PAIRS, "38")
        centre: Any = controls.choice("centre", "Centre of CutMix's box", CENTRES, "middle")
    with picture:
        lam = controls.scale("weight", "Weight λ of the first image", WEIGHTS, 0.6)
        mixed = mixtures(*PICTURED[pair], WEIGHTS, centre)
        hint = "hover over the density to scrub λ, click to keep"
        frame = Frame("mechanism", "Two images, two mixtures", hint=hint, panels=3)
        frame.draw(pictures.mechanism(mixed, alpha), lam)
        say_mixed(mixed, lam, alpha)
    with side:
        sections.download(pictures.density_rows, "mixup_densities.csv", "Download densities")
        pixels = partial(pictures.pixel_rows, mixed, lam, CENTRES[centre])
        sections.download(pixels, "mixup_mixtures.csv", "Download pixels")


# ------------------------------------------------------------------ the effect

plane_map = cached_of(16)(experiments.plane_map)  # once for all visitors


def table(name: str, study: Study, scale: effect.Scale, rows: Callable[[], Sequence[levels.Row]]) -> Table:
    """Return the file of a picture, whose rows say on which data they were measured, and of which technique."""
    return table_of(study, name, lambda: pictures.with_cutmix(scale, rows()))


def show_training(study: Study, scale: effect.Scale, alpha: float) -> Run:
    """Draw alpha against loss and the training curves, and say what is measured; return the run."""
    run = study.show(scale, alpha, control="alpha", name=f"α {scale.label(alpha)}")
    comparisons = verdicts(study, run, ALPHAS.index(alpha), with_=f"{scale.title} = {alpha:g}")
    off = f"Nothing is mixed: {reliability.off_in_words(comparisons)}"
    study.verdict_on_test(scale, run, alpha, comparisons, off=off, what="α")
    return run


def show_calibration(study: Study, scale: effect.Scale, alpha: float, run: Run) -> list[Table]:
    """Draw accuracy, calibration error and reliability."""
    calibrated, level = calibration(run), ALPHAS.index(alpha)
    note = f"test rows, bins of {100 * reliability.FEWEST:g} % or more"
    hint = "a reliability curve below the diagonal is too confident"
    frame = Frame("calibration", "As sure as it is right?", note, hint=hint, panels=3)
    frame.draw(pictures.calibration(by_alpha(scale), run, calibrated), alpha)
    temperature = reliability.temperature_in_words(calibrated.temperature[level].tolist())
    error, scaled = (
        [average(seeds) for seeds in each.tolist()] for each in (calibrated.error, calibrated.scaled_error)
    )
    sections.say(
        f"At α {NAMES[level]} {temperature}. Scaling by it takes the error from {error[level]:.3f} to "
        f"**{scaled[level]:.3f}**, and without mixing from {error[0]:.3f} to **{scaled[0]:.3f}**.",
        more="more_temperature",
    )
    return [
        table("calibration", study, scale, lambda: pictures.calibration_rows(scale.field, run, calibrated)),
        table("reliability", study, scale, lambda: reliability.rows(scale.field, ALPHAS, calibrated.bins)),
    ]


def show_rows(study: Study, scale: effect.Scale, alpha: float, run: Run) -> list[Table]:
    """Draw loss, accuracy and calibration error by training rows."""
    studies, level = study.sized(SIZES), ALPHAS.index(alpha)
    hint = "hover to scrub, click to keep n"
    frame = Frame("rows", "Loss, accuracy and calibration by training rows", study.title, hint=hint, panels=3)
    runs = [each.sweep(scale, place=frame.bar, note=f"Training on {each.n_train} rows") for each in studies]
    sizes = levels.even("n", [float(each.n_train) for each in studies], "training rows n", margin=0.5)
    each = [pictures.measures(trained, calibration(trained)) for trained in runs]
    frame.draw(pictures.by_rows(sizes, by_alpha(scale), level, each), float(study.n_train))
    if level:
        say_by_rows(studies, runs, scale, level)
    else:
        sections.say("Nothing is mixed: choose an α above 0.")

    def rows() -> list[levels.Row]:
        return [
            row
            for size, trained in zip(studies, runs, strict=True)
            for row in size.table(
                pictures.with_cutmix(scale, pictures.size_rows(scale.field, alpha, trained, calibration(trained)))
            )
        ]

    return [Table("mixup_by_rows", "by rows", rows)]


def say_by_rows(studies: Sequence[Study], runs: Sequence[Run], scale: effect.Scale, level: int) -> None:
    """Say at which numbers of rows an alpha makes each measure better."""
    by_size = [verdicts(each, run, level) for each, run in zip(studies, runs, strict=True)]
    names, counts = ("test loss", "accuracy", "calibration error"), [str(each.n_train) for each in studies]
    parts = []
    for name, compared in zip(names, zip(*by_size, strict=True), strict=True):
        kinds = words.by_kind(counts, compared).items()
        parts.append(f"**{name}** " + ", ".join(f"{CHANGES[kind]} at n = {', '.join(at)}" for kind, at in kinds))
    poor = words.poor_at(counts, [loss for loss, *_ in by_size], studies[0].guess, "At n = {} test loss is {}.")
    sections.say(f"{words.capital(scale.title)} = {ALPHAS[level]:g} against off: {'; '.join(parts)}.{poor}")


def show_boundary(study: Study, scale: effect.Scale, alpha: float, run: Run) -> list[Table]:
    """Draw what mixup does to a boundary in the plane."""
    if study.data.x.shape[1] != 2:
        inputs = study.data.x.shape[1]
        sections.say(f"{study.title}: {inputs} inputs. A boundary can be drawn where there are two.")
        for column, name in zip(st.columns(len(SHAPES)), SHAPES, strict=True):
            key = f"{controls.key(f'take_{name}')}:button"
            column.button(load(name).title, key=key, on_click=controls.set_values, args=({"data": name},))
        return []
    mapped, level = plane_map(run), ALPHAS.index(alpha)
    hint = "the maps are of the first seed, stronger where the network is surer"
    frame = Frame("boundary", "The boundary without mixup and with it", study.note, hint=hint, panels=3)
    frame.draw(pictures.boundary(by_alpha(scale), run, mapped), alpha)
    losses = run.kept("test_loss").tolist()
    sure = [percent(average(seeds)) for seeds in mapped.sure(SURE).tolist()]
    without = f"Without mixup the network is more than {percent(SURE)} sure on **{sure[0]}** of the map"
    worse = words.compare(losses[0], losses[level]).verdict == "worse" and study.dataset != "moons"
    between = " Between two examples of one class lies another class here, and mixup labels it wrongly."
    sections.say(
        f"{without}, with it on **{sure[level]}**.{between if worse else ''}"
        if level
        else f"{without}; test loss {average(losses[0]):.3f}."
    )
    return [
        table("boundary", study, scale, lambda: pictures.boundary_rows(run, mapped)),
        table("map", study, scale, lambda: pictures.map_rows(run, mapped)),
    ]


def show_decay(study: Study, scale: effect.Scale, alpha: float, run: Run) -> list[Table]:
    """Draw validation loss over alpha and weight decay, of one stacked run."""
    hint = "red: the best decay at each α"
    frame = Frame("decay", "Alpha and weight decay together", study.note, hint=hint)
    stack = [
        settings for decay in DECAYS.values for settings in scale.settings(replace(study.base, weight_decay=decay))
    ]
    grid = study.train(stack, place=frame.bar, note="Training the grid")
    losses, test = (
        grid.kept(name).reshape(len(DECAYS.values), len(ALPHAS), -1).swapaxes(0, 1).tolist()
        for name in ("val_loss", "test_loss")
    )  # by alpha, decay and seed
    frame.draw(pictures.decay(by_alpha(scale), losses), alpha)
    say_decay(study, losses, test, ALPHAS.index(alpha))
    return [table("weight_decay", study, scale, lambda: pictures.decay_rows(scale.field, grid))]


ByDecay = Sequence[Sequence[Sequence[float]]]  # by alpha, decay and seed


def say_decay(study: Study, losses: ByDecay, test: ByDecay, level: int) -> None:
    """Say whether alpha moves the decay that validation chooses, and what that is worth on test rows."""
    without, here = lowest(losses[0]), lowest(losses[level])
    opening = (
        f"Without mixing the lowest mean validation loss is **{average(losses[0][without]):.3f}**, at weight decay "
        f"**{DECAYS.names[without]}**"
    )
    if not level:
        sections.say(f"{opening}. Choose an α above 0 to compare.")
        return
    at = f"at α {NAMES[level]}"
    opening += f"; {at} it is **{average(losses[level][here]):.3f}**, at **{DECAYS.names[here]}**."
    if here == without:
        sections.say(f"{opening} Validation chooses the same weight decay of the five for both.")
        return
    with_ = f"that decay instead of {DECAYS.names[without]}, {at}"
    cost = study.compare(test[level][without], test[level][here], "test loss", with_=with_)
    judged = f"{opening} On test rows, which had no part in the choice, {words.within(cost.sentence)}"
    sections.measured(replace(cost, sentence=judged), more="more_decay")


VIEWS: dict[str, tuple[str, Callable[[Study, effect.Scale, float, Run], list[Table]]]] = {
    "calibration": ("Accuracy and calibration", show_calibration),
    "rows": ("By training rows", show_rows),
    "boundary": ("Boundary", show_boundary),
    "decay": ("With weight decay", show_decay),
    boundary.VIEW: (
        boundary.LABEL,
        lambda study, scale, alpha, run: boundary.show(study, MIXUP, alpha, technique="mixup"),
    ),
}


# ------------------------------------------------------------------ common mistakes


def show_lam(study: Study, alpha: float) -> None:
    """Train CutMix with the labels mixed by the lambda that was drawn."""
    if study.data.image_shape is None:
        study = study.but(dataset="digits", called="")
    before, with_ = f"{study.note}.", f"λ as drawn, CutMix α = {alpha:g}"
    show_mistaken("lam", study, CUTMIX, alpha, mistakes.lam_as_drawn, before=before, with_=with_)


def show_hard(study: Study, scale: effect.Scale, alpha: float) -> None:
    """Read the loss of the training loop as if its labels were hard."""
    run, level = study.sweep(scale, place=st.empty()), ALPHAS.index(alpha)
    measures = ("train_objective", "train_loss", "val_loss", "train_accuracy")
    logged, clean, validation, accuracy = (average(run.kept(name)[level].tolist()) for name in measures)
    floor = ""
    if scale is MIXUP and level:
        unlike, entropy = average(experiments.unlike_shares(run).tolist()), mixup.target_entropy(alpha)
        floor = (
            f" A target of two classes has an entropy of its own, {entropy:.3f} nats on average at this α; a pair of "
            f"one class, whose target is hard, has none. {percent(unlike)} of the pairs are unlike, so that no "
            f"network's loss on mixed targets gets below **{unlike * entropy:.3f}** on average; the loop's is the mean "
            "of a few batches."
        )
    gap = "below" if logged > validation else "above"
    sections.say(
        f"At α {NAMES[level]} the loop logs a training loss of **{logged:.3f}**, and the validation loss is "
        f"{validation:.3f}, {gap} it (gap {signed(validation - logged)}). On the training rows as they are the same "
        f"networks' loss is **{clean:.3f}** and their accuracy {percent(accuracy, 1)}: the clean gap is "
        f"**{signed(validation - clean)}**.{floor}"
    )


# ------------------------------------------------------------------ the prediction

ANSWERS = (
    "The loss falls and the accuracy rises",
    "The loss falls, the accuracy does not rise by more than noise",
    "The accuracy rises, the loss does not fall by more than noise",
    "Neither gets better by more than noise",
)


def answer() -> tuple[str, str]:
    """Measure what mixup does to the clean test loss and to the accuracy."""
    run = ASKED.sweep(MIXUP, place=st.empty())
    comparisons = verdicts(ASKED, run, ALPHAS.index(ASKED_ALPHA), with_=f"mixup α = {ASKED_ALPHA:g}")
    loss, accuracy = (compared.verdict == "better" for compared in comparisons[:2])
    right = ANSWERS[0 if loss and accuracy else 1 if loss else 2 if accuracy else 3]
    return right, " ".join(compared.sentence for compared in comparisons)


# ------------------------------------------------------------------ the page

open_page("mixup")
controls.place_lessons(LESSONS, STORIES, mistakes=("lam", "hard"))
mechanism_place = st.container()

effect_picture, effect_side = picture_and_controls("On real training")
with effect_picture:
    alpha = controls.scale("alpha", "α of the training, and of the density above", ALPHAS, 0.1)
    first_picture = st.container()
with effect_side:
    technique = controls.choice("technique", "Technique", TECHNIQUES, "mixup")
    switch_prob = 0.5
    if technique == "both":
        switch_prob = controls.scale("switch", "Probability of CutMix (switch_prob)", SWITCHES, 0.5)
    mixed = with_classes("labels are mixed and calibration is measured")
    study = choose(DATA, SIZES, n=100, refuse=mixed)
    if technique != "mixup" and study.data.image_shape is None:
        technique = "mixup"
        st.caption(f"{escape.as_markdown(study.title)} has no images to cut a box from: this is mixup.")
both = Both("mixup_alpha", ALPHAS, "mixup and CutMix α", switch_prob)
scale = {"mixup": MIXUP, "cutmix": CUTMIX, "both": both}[technique]
with mechanism_place:
    mechanism(alpha)

controls.tell("closer")
_, show = controls.view("view", "Look closer", VIEWS)
second_picture = st.container()

files = lower_half(
    "mixup",
    questions=[
        Question(
            f"{ASKED.title}, {ASKED.n_train} training rows, mixup with α = {ASKED_ALPHA:g}: what happens to the clean "
            "test loss and to the test accuracy?",
            ANSWERS,
            answer,
        )
    ],
    mistakes=[
        Mistake(
            "lam",
            "λ not recomputed from the clipped box",
            "The border clips the box and whole pixels round it down; labels mixed by the λ that was drawn then hold "
            "more of the partner than the image does (correct_lam=False in timm).",
            lambda: show_lam(study, alpha),
            off="" if alpha else "At α off the mistake changes nothing.",
        ),
        Mistake(
            "hard",
            "Training loss read as if labels were hard",
            "The loop's loss is on mixed inputs and mixed targets; beside a validation loss on clean rows it can look "
            "like underfitting.",
            lambda: show_hard(study, scale, alpha),
        ),
    ],
    study=study,
    settings=scale.settings(study.base)[ALPHAS.index(alpha)],
    code=[mixup.mixup, mixup.cutmix, mixup.cut_box, mixup.kept_share, mixup.paste, mixup.switch, mixup.blend],
)

with first_picture:  # last, since it trains
    run = show_training(study, scale, alpha)
with second_picture:
    tables = show(study, scale, alpha, run)
losses = table("training", study, scale, lambda: effect.history(run, scale.field, ALPHAS))
files.offer([losses, *tables])
