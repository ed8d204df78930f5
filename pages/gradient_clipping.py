"""Gradient clipping: what it does to a step's length and direction, and to a training that would blow up without it."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import gradient_clipping as pictures
from pages.pictures.gradient_clipping import BOUNDS, LIMIT, LIMITS, MOST, RATE, RATES, REACH, share
from pages.ui import boundary, controls, effect, sections, words
from pages.ui.cache import cached, cached_of
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Mistake, Question, Table, lower_half
from pages.ui.own_data import load
from pages.ui.seeds import average, estimate
from pages.ui.story import Story
from pages.ui.study import Study, Trained, choose

from reglab import experiments, gradient_clipping, mistakes
from reglab.engine.run import Run
from reglab.settings import Settings, Training

SCALES = {
    "norm": effect.Scale("clip_norm", LIMITS, "limit of the norm"),
    "value": effect.Scale("clip_value", LIMITS, "limit of each element"),
}
WAYS = {"norm": "Norm", "value": "Value"}
WALKS = (0.05, 0.1, 0.2, 0.3)  # learning rates in the valley
WALK = 30  # its steps
DATA = ("breast_cancer", "digits", "wine", "moons", "mnist1d", "diabetes")
SIZES = (50, 100, 200, 400)
TRAINING = Training(optimizer="sgd", max_steps=300, eval_steps=20)

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"bound": 1.0, "walk": 0.3}
    | {"limit": 0.1, "way": "norm", "lr": 1.0, "data": "breast_cancer", "n": 200.0, "view": "loss"},
    "Too much": {"limit": 0.003, "lr": 0.01, "data": "digits"},
    "When it does nothing": {"limit": 3.0, "lr": 0.01},
    "Over half the steps": {"limit": 0.1, "lr": 0.03, "view": "norms"},
    "How far the learning rate may go": {"view": "rates"},
    "By value": {"bound": 2.0, "way": "value"},
}
STORIES = {
    "See it work": Story(
        "One gradient is shortened as a whole, the other is cut number by number.", "Which of the two turns?"
    ),
    "Too much": Story(
        "The limit is so low that the steps hardly move the weights.",
        "Does the loss still come down in time?",
        "effect",
    ),
    "When it does nothing": Story(
        "The gradient hardly ever reaches this limit.", "Is there any difference to training without it?", "effect"
    ),
    "Over half the steps": Story(
        "Each step's gradient beside the limit: what is above it is shortened.", "Which steps are those?", "effect"
    ),
    "How far the learning rate may go": Story(
        "See which learning rates still train, with a limit and without.",
        "How much further does clipping let it go?",
        "effect",
    ),
    "By value": Story("Cut number by number, a long gradient turns.", "By how much does it turn in this valley?"),
}


# ------------------------------------------------------------------ the mechanism

valley = cached(8)(gradient_clipping.valley)  # once for all visitors


@st.fragment
def mechanism() -> None:
    """Draw the mechanism; its controls run this alone."""
    controls.draw_lessons()
    picture, side = picture_and_controls()
    with side:
        rate = controls.scale("walk", "Learning rate of the walk", WALKS, 0.3)
        walked = valley(BOUNDS, rate, steps=WALK)
        gradients, walks = (lambda: pictures.gradient_rows(walked)), (lambda: pictures.walk_rows(walked))
        sections.download(gradients, "gradient_clipping_valley.csv", "Download gradients")
        sections.download(walks, "gradient_clipping_walks.csv", "Download walks")
    with picture:
        bound = controls.scale("bound", "Limit c in the valley (8x² + y²)/2", BOUNDS, 1.0, named={0.0: "off"})
        note, hint = "arrow: root of the step's size; red: a walk", "hover at left to scrub"
        frame = Frame("valley", "Shorter, or turned too", note, hint=hint, panels=3)
        frame.draw(pictures.valley(walked), bound)
        say_valley(walked, bound)


def say_valley(walked: gradient_clipping.Valley, bound: float) -> None:
    """Say how often and how far the gradient is clipped at a limit, and where the walks end."""
    level = BOUNDS.index(bound)
    leaves, paths = walked.leaves(REACH).tolist(), walked.paths.tolist()

    def ended(way: int, level: int) -> str:
        if leaves[way][level]:
            return f"leaves the map in **{words.plural(leaves[way][level], 'step')}**"
        return f"is **{math.hypot(*paths[way][level][-1]):.2f}** from the bottom after {WALK} steps"

    walk = f"walk at learning rate {walked.learning_rate:g} {ended(0, BOUNDS.index(0.0))}"
    if not bound:
        sections.say(f"Without clipping, a {walk}.")
        return
    norm, value = walked.degrees[:, level].mean(axis=-1).tolist()
    parts = [share(part) for part in walked.share()[:, level].tolist()]
    sections.say(
        f"At a limit of {bound:g} the gradient is clipped at {parts[0]} of the points by norm, which turns it by "
        f"**{norm:.0f}°**, and at {parts[1]} by value, which turns it by **{value:.0f}°** on average, "
        f"{walked.degrees[1, level].max():.0f}° at most. A {walk} without clipping; clipped by norm it "
        f"{ended(0, level)}, by value it {ended(1, level)}."
    )


# ------------------------------------------------------------------ the effect

survivors = cached_of(32)(experiments.survivors)  # once for all visitors; models that diverged count as lost


def parts(run: Run, setting: int) -> list[float]:
    """Return the share of steps that were clipped at a setting, by seed."""
    return list(experiments.share_clipped(run)[setting].tolist())


def limited(way: str, study: Study) -> Run:
    """Train every limit of a scale."""
    return survivors(study.sweep(SCALES[way], place=st.empty()))


def conclusion(part: float, fails: bool = False) -> str:
    """Say what a share of clipped steps means; fails: some seed diverges, or a guess is as good."""
    if not math.isfinite(part):
        return "Every seed diverged before its first evaluation."
    if part > MOST:
        means = (
            "more than half, so the limit sets their length and not the gradient. Whether a lower learning rate "
            "changes that, the view Learning rates measures."
        )
    elif part and fails:
        means = "too few, or to too long a step, for this learning rate."
    else:
        means = "the limit catches the leaps and leaves the rest." if part else "the limit is never reached."
    return f"**{words.capital(share(part))}** of the steps were clipped: {means}"


def verdict(study: Study, run: Run, way: str, limit: float) -> None:
    """Say what clipping did to validation loss and to divergence, and what the share of clipped steps means."""
    scale, level = SCALES[way], LIMIT.of(limit)
    losses, choice = run.kept("val_loss").tolist(), study.chosen(scale, run, "a limit of")
    if level:
        comparison = study.compare(losses[0], losses[level], with_=f"a {scale.title} of {limit:g}")
        sections.measured(words.with_choice(comparison, choice), more="verdict")
        fails = bool(run.diverged[level].any()) or bool(study.poor(average(losses[level])))
        sections.say(conclusion(average(parts(run, level)), fails))
        return
    gone, count, loss = int(run.diverged[0].sum()), len(run.seeds), average(losses[0])
    ended = f"; validation loss{' in the others' if gone else ''} **{loss:.3f}**" if gone < count else ""
    sections.say(
        f"Without clipping, learning rate {study.base.learning_rate:g} diverged in **{gone} of {count}** seeds{ended}."
        f"{study.poor(loss)} {choice.sentence}",
        more="verdict",
    )


def show_loss(study: Study, way: str, limit: float) -> list[Table]:
    """Draw the limit against loss and the training curves."""
    scale = SCALES[way]
    frame = Frame(f"loss_{way}", f"{words.capital(scale.title)} against loss", noted(study))
    picture = partial(pictures.losses, scale=scale, limit=limit)
    run = frame.follow(partial(study.sweep, scale), lambda run, live: picture(run, live=live), limit)
    verdict(study, survivors(run), way, limit)
    return [steps_table("loss", run, way)]


def noted(study: Study) -> str:
    """Return what is trained, as a picture's note has it."""
    return f"{study.note}, learning rate {study.base.learning_rate:g}"


def steps_table(view: str, run: Run, way: str) -> Table:
    """Return the file of a scale's trainings."""
    rate = run.settings[0].learning_rate
    what = "the losses and norms at every step"
    return Table(f"gradient_clipping_{view}", what, lambda: pictures.step_rows(run, SCALES[way], rate))


def show_norms(study: Study, way: str, limit: float) -> list[Table]:
    """Draw the share of clipped steps and the norms of a real run."""
    hint = f"right: {len(study.seeds)} seeds{', red above the limit' if way == 'norm' else ''}"
    frame, level = Frame("norms", "How often it acts", noted(study), hint=hint), LIMIT.of(limit)
    run = study.sweep(SCALES[way], place=frame.bar)
    frame.draw(pictures.norms(run, way == "norm"), limit)
    seen = sorted(norm for each in run.gradient_norm[level].tolist() for norm in each if math.isfinite(norm))
    if seen:
        sections.say(
            f"The median norm before clipping is {seen[len(seen) // 2]:.3g}, from {seen[0]:.3g} to {seen[-1]:.3g} over "
            "the evaluations of all seeds. " + (conclusion(average(parts(run, level))) if level else "Clipping is off.")
        )
    else:
        sections.say("Every seed diverged before its first evaluation: there is no norm to show.")
    return [steps_table("norms", run, way)]


def show_rates(study: Study, way: str, limit: float) -> list[Table]:
    """Draw loss against the learning rate, with and without clipping."""
    scale, shown, rate = SCALES[way], limit or 0.1, study.base.learning_rate
    frame = Frame("rates", "How far the learning rate may go", f"{study.note}; limit {shown:g}")
    limits = (Settings(), scale.settings(Settings())[LIMIT.of(shown)])
    settings = [replace(each, learning_rate=lr) for each in limits for lr in RATES]
    run = survivors(study.train(settings, place=frame.bar))
    unit = "nats" if study.data.n_classes else "half squared error"
    frame.draw(pictures.rates(run, shown, rate, f"validation loss ({unit})"), rate)
    say_rates(study, run, f"With a {scale.title} of {shown:g}", limit)
    rows = Table("gradient_clipping_rates", "the losses by learning rate", lambda: pictures.rate_rows(run, scale.field))
    return [rows]


def say_rates(study: Study, run: Run, clipped: str, limit: float) -> None:
    """Say which learning rate is best without clipping and with it, and how often it is clipped at the ends."""
    count, losses = len(RATES), run.kept("val_loss").tolist()
    sentences, best = [] if limit else ["The limit is off, so this is shown with 0.1."], list[Trained]()
    for first, opening in ((0, "Without clipping"), (count, clipped)):
        part = losses[first : first + count]
        at = experiments.best_stable(part)
        lost = f"{int(run.diverged[first : first + count].sum())} of {count * len(run.seeds)} runs diverge"
        sentences.append(
            f"{opening} some seed diverges at every learning rate."
            if at is None
            else f"{opening} mean validation loss is lowest at a learning rate of **{RATE.names[at]}** "
            f"({average(part[at]):.3f}), of those at which no seed diverges; {lost}."
        )
        best += [] if at is None else [(run, first + at)]
    if len(best) == 2:
        off, on = best
        with_ = "clipping, each at the learning rate that validation chose"
        comparison = study.compare_at(off, on, "test_loss", with_=with_)
        sentences.append(f"On test rows, which had no part in that choice, {words.within(comparison.sentence)}")
        sections.measured(replace(comparison, sentence=" ".join(sentences)), more="rates")
    else:
        sections.say(" ".join(sentences))
    low, high = (average(parts(run, at)) for at in (count, -1))
    turn = "here a lower learning rate is clipped more" if low > high else "a lower learning rate is clipped less"
    turn = "the learning rate does not change it" if low == high else turn
    ends = f"{share(low)} at a learning rate of {RATE.names[0]} and {share(high)} at {RATE.names[-1]}"
    sections.say(f"The share of clipped steps is {ends}: {turn}.")


def show_learning(study: Study, way: str, limit: float) -> list[Table]:
    """Draw a boundary while it is learned, without clipping and with it."""
    return boundary.show(study, SCALES[way], limit, technique="clipping")


VIEWS = {
    "loss": ("Loss", show_loss),
    "norms": ("Gradient norms", show_norms),
    "rates": ("Learning rates", show_rates),
    boundary.VIEW: (boundary.LABEL, show_learning),
}


# ------------------------------------------------------------------ common mistakes


def each_array(study: Study, limit: float) -> list[experiments.Turned]:
    """Train with each array clipped by its own norm, ten seeds at a time: the experiment trains 16 at most."""
    given = experiments.turned_by_clipping, replace(study.base, clip_norm=limit), study.training
    parts = [study.but(seeds=study.seeds[first : first + 10]) for first in range(0, len(study.seeds), 10)]
    return [part.compute(*given, place=st.empty(), note="Training with the mistake") for part in parts]


def show_each(study: Study, limit: float) -> None:
    """Clip each array by its own norm."""
    right = limited("norm", study).kept("val_loss")[LIMIT.of(limit)].tolist()
    trained = each_array(study, limit)
    wrong = [loss for each in trained for loss in survivors(each.run).kept("val_loss")[0].tolist()]
    picture = pictures.turned([seed for each in trained for seed in each.degrees.T.tolist()])
    Frame("turned", hint="", panels=1).draw(picture)
    with_ = f"each array clipped to {limit:g} by its own norm instead of all by their common one"
    comparison = study.compare(right, wrong, with_=with_)
    clipped = [seed.tolist() for each in trained for seed in each.of_clipped_steps()]
    if not any(clipped):
        opening = "No array reaches the limit: the gradient is not turned."
        sections.measured(words.around(comparison, before=opening), more="each")
        return
    arrays = 2 * (len(study.training.hidden_sizes) + 1)
    turned = (
        f"In the steps that it clips, it turns the gradient by **{estimate([average(each) for each in clipped])}°** "
        f"(mean over the seeds, 95 % interval), at most by {max(v for each in clipped for v in each):.0f}°, where the "
        "common norm turns it by 0°."
    )
    cannot = (
        f"All {arrays} arrays at their limit make a step √{arrays} = {math.sqrt(arrays):.1f} times as long as the "
        "limit, so this difference cannot tell the turn from the length."
    )
    sections.measured(words.around(comparison, before=turned, after=cannot), more="each")


def show_confused(study: Study, limit: float) -> None:
    """Give a limit that was meant for the norm to clipping by value."""
    level = LIMIT.of(limit)
    by_norm, by_value = two = [limited(way, study) for way in WAYS]
    with_ = f"{limit:g} as the limit of each element instead of the norm"
    comparison = study.compare_at((by_norm, level), (by_value, level), with_=with_)
    norm, value = (estimate([100 * part for part in parts(run, level)]) for run in two)
    after = (
        f"By norm {norm} % of the steps are clipped, by value {value} % (mean over the seeds, 95 % interval; a seed "
        "that diverges counts up to there)."
    )
    sections.measured(words.around(comparison, after=after), more="confused")


# ------------------------------------------------------------------ the prediction

ASKED = {"dataset": "digits", "n_train": 200, "called": ""}
ANSWERS = {"better": "Lower", "none": "The same, within the seeds' noise", "worse": "Higher"}


def answer(study: Study) -> tuple[str, str]:
    """Measure how low the loss gets at a learning rate that only clipping survives."""
    wild, calm = (study.but(**ASKED, base=Settings(learning_rate=rate)) for rate in (1.0, 0.01))
    clipped = limited("norm", wild).kept("val_loss")[LIMIT.of(0.03)].tolist()
    free = limited("norm", calm).kept("val_loss")[0].tolist()
    between = "at rate 0.01 without a limit", "at rate 1 with a limit of 0.03"
    comparison = calm.compare(free, clipped, "the validation loss", between=between)
    at_one = limited("norm", wild).diverged.sum(axis=-1).tolist()
    lost = (
        f"At a learning rate of 1, {at_one[0]} of {len(study.seeds)} runs diverge without clipping and "
        f"{at_one[LIMIT.of(0.03)]} with a limit of 0.03."
    )
    return ANSWERS[comparison.verdict], f"{lost} {comparison.sentence}"


# ------------------------------------------------------------------ the page

open_page("gradient_clipping")
controls.place_lessons(LESSONS, STORIES, mistakes=("each", "confused"))
mechanism()

effect_picture, effect_side = picture_and_controls("On real training")
with effect_picture:
    limit = controls.scale("limit", "Limit of the training's gradient", LIMITS, 0.1)
    view, show = controls.view("view", "Effect", VIEWS)
    first_picture = st.container()
with effect_side:
    meant = "By the global norm of all weights and biases, or each element by itself."
    way = controls.choice("way", "Clip by", WAYS, "norm", style="segments", help=meant)
    base = Settings(learning_rate=controls.scale("lr", "Learning rate (SGD)", RATES, 1.0))
    study = choose(DATA, SIZES, n=200, default="breast_cancer", training=TRAINING, base=base)
off = "" if limit else "Without a limit the mistake changes nothing: set a limit above."

files = lower_half(
    "gradient_clipping",
    questions=[
        Question(
            f"{load('digits').title}, 200 rows, a learning rate of 1 and a gradient clipped to 0.03: how low "
            "does the validation loss get, against learning rate 0.01 without clipping?",
            tuple(ANSWERS.values()),
            lambda: answer(study),
        )
    ],
    mistakes=[
        Mistake(
            "each",
            "Each array by its own norm",
            "Keras's clipnorm shortens each array by its own norm; global_clipnorm is the one of the paper, and of "
            "these pages.",
            lambda: show_each(study, limit),
            off,
        ),
        Mistake(
            "confused",
            "A limit of the norm given to clipping by value",
            "max_norm of clip_grad_norm_ is a limit of the whole gradient, clip_value of clip_grad_value_ of each "
            "element.",
            lambda: show_confused(study, limit),
            off,
        ),
    ],
    study=study,
    settings=SCALES[way].settings(base)[LIMIT.of(limit)],
    code=[
        gradient_clipping.clip_norm,
        gradient_clipping.clip_value,
        gradient_clipping.clip_by_global_norm,
        gradient_clipping.angle,
        mistakes.clips_each_array,
    ],
)

with first_picture:  # last, since it trains
    tables = show(study, way, limit)
files.offer(tables)
