"""Stochastic depth: residual blocks skipped pass by pass, what that does to training, and the time that it saves."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import stochastic_depth as pictures
from pages.pictures.stochastic_depth import PASSES, RATE, RATES, ROWS
from pages.ui import charts, controls, effect, play, runs, sections, words
from pages.ui.cache import cached
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Mistake, Question, Table, lower_half
from pages.ui.own_data import load
from pages.ui.right_wrong import show_against
from pages.ui.seeds import average
from pages.ui.story import Story
from pages.ui.study import Study, choose

from reglab import mistakes, stochastic_depth
from reglab.engine.run import Run
from reglab.experiments.time_saved import ERROR, TimeSaved, time_saved
from reglab.settings import Settings, Training
from reglab.streams import generator

DROPPED = effect.Scale("drop_path_rate", RATES, "drop path rate")
# One rate for all blocks that skips as many of them as the schedule does, whose mean is half of the last block's.
EVEN = effect.Scale("drop_path_rate", tuple(rate / 2 for rate in RATES), "rate of every block")
DEPTHS = (2, 4, 8, 16, 32)  # blocks
MODES = {"row": "Each row", "batch": "Batch"}
DATA = ("digits", "mnist1d", "moons", "breast_cancer", "wine")
SIZES = (50, 100, 200, 400)
WIDTH, BATCH = 32, 32
AGAIN = "stochastic_depth:again"
WHOLE_BATCH = {"drop_path_rate": stochastic_depth.batch_masks}  # in place of the masks of each row

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"rate": 0.5, "mode": "row", "depth": 8.0, "pass": 1.0}
    | {"effect": "training", "data": "digits", "n": 200.0},
    "Too much": {"rate": 0.8, "depth": 2.0, "n": 400.0},
    "When it does nothing": {"data": "moons"},
    "A whole batch at once": {"mode": "batch"},
    "32 blocks": {"rate": 0.8, "depth": 32.0, "n": 100.0},
    "Time saved": {"rate": 0.8, "mode": "batch", "effect": "time"},
}
STORIES = {
    "See it work": Story(
        "The later a block, the more often a pass skips it.", "How many blocks does a pass go through on average?"
    ),
    "Too much": Story(
        "Only two blocks, of which the last is skipped in most passes.", "What is left to learn with?", "effect"
    ),
    "When it does nothing": Story(
        "Eight blocks are far more than two moons need.", "Can the seeds tell skipping from none?", "effect"
    ),
    "A whole batch at once": Story(
        "All rows of a batch skip the same blocks.", "What is gained by that, and what is lost?"
    ),
    "32 blocks": Story(
        "A deep stack on few rows: compare the loss with and without skipping.",
        "Is the gain larger than with eight blocks?",
        "effect",
    ),
    "Time saved": Story(
        "See what a step takes as more blocks are skipped.", "Is as much time saved as blocks are skipped?", "effect"
    ),
}


# ------------------------------------------------------------------ the mechanism


@cached(32)
def passes(rate: float, blocks: int, mode: str, seed: int) -> stochastic_depth.Passes:
    """Draw which blocks a batch goes through, pass after pass."""
    return stochastic_depth.draw_passes(PASSES, ROWS, blocks, rate, generator(seed, "drop_path_rate"), mode)


def mechanism(rate: float, blocks: int, mode: str, seed: int, ticking: bool) -> None:
    """Draw the mechanism; stepping and playing run this alone."""
    play.keep_time(PASSES, ticking)
    controls.draw_lessons()
    drawn = passes(rate, blocks, mode, seed)
    picture, side = picture_and_controls(part="picture")
    with side:
        number = play.buttons(PASSES, ticking)
        file, rows = "stochastic_depth_passes.csv", lambda: pictures.pass_rows(drawn, MODES[mode], seed)
        sections.download(rows, file, "Download passes")
    with picture:
        note, hint = f"{ROWS} rows of a batch, {PASSES} passes", "hover over the passes to scrub"
        Frame("passes", "Blocks are skipped", note, hint=hint, panels=3).draw(pictures.passes(drawn), float(number))
        say_pass(drawn, number, mode)


def say_pass(drawn: stochastic_depth.Passes, number: int, mode: str) -> None:
    """Say how deep a pass goes, and what all of them come to."""
    rate, blocks = drawn.drop_path_rate, drawn.mask.shape[2]
    if not rate:
        sections.say(f"At rate 0 every pass goes through all **{blocks}** blocks.")
        return
    depth, last = drawn.depth()[number - 1], float(drawn.survival()[-1, -1])
    few, most = depth.min(), depth.max()
    each = f"{few}" if few == most else f"{few} to {most}"
    how = f"its {ROWS} rows draw for themselves, {each} each" if mode == "row" else "all rows skip the same blocks"
    expected = stochastic_depth.expected_depth(rate, blocks)
    sections.say(
        f"Pass {number} goes through **{depth.mean():.3g}** of {blocks} blocks: {how}. Over {PASSES} passes it is "
        f"**{drawn.mean_depth()[-1]:.2f}**, the expected depth is **{expected:.2f}**. The last block is kept in "
        f"**{100 * last:.0f} %**, set {100 * (1 - rate):.0f} %, and scaled by 1/(1 − p) = {1 / (1 - rate):.3g}: "
        f"its mean factor is **{last / (1 - rate):.2f}**. In evaluation all blocks run, unscaled."
    )


# ------------------------------------------------------------------ the effect


def network(blocks: int) -> Training:
    """Return the network: an input layer and so many blocks of one layer each."""
    return replace(effect.TRAINING, hidden_sizes=(WIDTH,) * (blocks + 1), residual=True, batch_size=BATCH)


def blocks_of(study: Study) -> int:
    """Return the residual blocks of a study's network."""
    return len(study.training.hidden_sizes) - 1


def verdict(study: Study, run: Run, rate: float) -> None:
    """Say what the present rate did to validation loss and test accuracy, and which rate validation chooses."""
    off, on, choice = (run, 0), (run, RATE.of(rate)), study.chosen(DROPPED, run, "rate")
    loss, accuracy = study.compare_at(off, on, with_=f"rate {rate:g}"), study.compare_at(off, on, "test_accuracy")
    if rate:
        sections.measured_each((words.with_choice(loss, choice), accuracy), more="verdict")
    else:
        sections.say(
            f"Stochastic depth is off: validation loss **{loss.before:.3f}**, test accuracy "
            f"**{words.percent(accuracy.before, 1)}**.{study.poor(loss.before)} {choice.sentence}",
            more="verdict",
        )


def show_training(study: Study, rate: float, mode: str) -> list[Table]:
    """Draw the rate against loss and the training curves."""
    blocks, masks = blocks_of(study), WHOLE_BATCH if mode == "batch" else None
    name, note = f"rate {DROPPED.label(rate)}", f"{blocks} blocks of {WIDTH} units"
    run = study.show(DROPPED, rate, control="rate", name=name, note=note, replace=masks)
    verdict(study, run, rate)
    names = ("train_loss", "val_loss", "test_loss", "val_accuracy", "test_accuracy")
    shared = {"dataset": study.dataset, "blocks": blocks, "skipped_for": MODES[mode].lower()}
    rows = partial(effect.history, run, DROPPED.field, RATES, names)
    return [Table("stochastic_depth_training", "the losses at every step", lambda: [shared | row for row in rows()])]


def measure_again() -> None:
    """Forget the present times."""
    st.session_state[AGAIN] = st.session_state.get(AGAIN, 0) + 1


def show_time(study: Study, rate: float, mode: str) -> list[Table]:
    """Time steps that leave skipped blocks out, and steps that multiply them by 0."""
    blocks = blocks_of(study)
    note = f"timed on this server: {blocks} blocks of {WIDTH} units, {BATCH} rows"
    frame, said = Frame("times", "Time of a training step", hint=note), st.container()
    st.button("Measure again", on_click=measure_again, key=controls.key("again"))
    drawn = {"seed": st.session_state.get(AGAIN, 0), "place": frame.bar, "note": "Timing steps"}
    times = runs.compute(time_saved, blocks, RATES, width=WIDTH, batch=BATCH, **drawn)
    frame.draw(pictures.times(times, blocks), rate)
    with said:
        say_time(times, RATE.of(rate), blocks)
    timed = {"blocks": blocks, "units": WIDTH, "batch_rows": BATCH}
    return [Table("stochastic_depth_time", "the times", lambda: pictures.time_rows(times, **timed))]


def say_time(times: TimeSaved, level: int, blocks: int) -> None:
    """Say what leaving blocks out saves, and that multiplying them saves nothing."""
    off, here, masked = (1e6 * float(t) for t in (times.skipped[0], times.skipped[level], times.multiplied[level]))
    if not level:
        sections.say(f"Without stochastic depth a step takes **{off:.0f} µs**. Choose a rate to see what it saves.")
        return
    if times.noise[level] or times.noise[0]:
        sections.say(
            f"At rate {RATE.names[level]} a step seems to take **{here:.0f} µs** instead of {off:.0f} µs: less than "
            "leaving those blocks out can make it, in three measurements. The server is busy, and this is noise."
        )
        return
    saved, shallower = 100 * (1 - here / off), 100 * (1 - float(times.depth[level]) / blocks)
    took = f"**{saved:.0f} %** less" if saved >= 0.5 else f"**{-saved:.0f} %** more" if saved <= -0.5 else "the same"
    close = f", which is within the {100 * ERROR:.0f} % that a timing may be off by"
    close = close if 0.5 <= abs(saved) <= 100 * ERROR else ""
    beyond = f", which saves at most as much: a timing may be off by {100 * ERROR:.0f} %" if saved > shallower else ""
    sections.say(
        f"At rate {RATE.names[level]} a step that leaves skipped blocks out takes **{here:.0f} µs** instead of "
        f"{off:.0f} µs, {took}{close}; the timed passes went through {shallower:.0f} % fewer blocks (expected "
        f"{times.expected_depth[level]:.3g} of {blocks}){beyond}. Multiplied by 0, as the trainer of these pages does, "
        f"it takes {masked:.0f} µs. Only a whole batch can leave a block out: drawn for each row, it has rows to "
        "work on.",
        "better" if saved > 100 * ERROR else "none",
    )


VIEWS = {"training": ("Training", show_training), "time": ("Time saved", show_time)}


# ------------------------------------------------------------------ common mistakes


def shown_at(rate: float) -> tuple[int, str]:
    """Return the level at which a mistake is shown, with a sentence where it is not the rate that is set."""
    level = max(RATE.of(rate), 1)
    return level, "" if rate else f"At rate 0 no block is skipped, so the mistake is shown at rate {RATE.names[level]}."


def draw_against(name: str, study: Study, right: Run, wrong: Run, names: tuple[str, str], level: int) -> None:
    """Draw the validation loss of two runs against the rate."""
    top = max(effect.top_of_axis(right, level), charts.ceiling([average(wrong.kept("val_loss")[level].tolist())]))
    show_against(f"wrong_{name}", RATE, right, wrong, names, study.loss, RATES[level], top=top)


def masked_wrongly(
    study: Study, name: str, bug: Callable[..., Any], label: str, level: int, with_: str
) -> tuple[Run, words.Comparison, words.Comparison]:
    """Train with masks that are drawn wrongly, and draw it; return the right run, and loss and accuracy compared."""
    right, wrong = study.right_and_wrong(DROPPED, {"drop_path_rate": bug}, note=f"Training, {label}")
    draw_against(name, study, right, wrong, ("done right", label), level)
    loss = study.compare_at((right, level), (wrong, level), with_=with_)
    return right, loss, study.compare_at((right, level), (wrong, level), "test_accuracy")


def show_twice(study: Study, level: int, opening: str) -> None:
    """Scale branches in training and at test."""
    bug, label = mistakes.branch_scaled_at_test_too, "scaled at test as well"
    with_ = f"branches {label} at rate {RATE.names[level]}"
    _, loss, accuracy = masked_wrongly(study, "twice", bug, label, level, with_)
    more = (
        "That it is lower does not make the scaling right: smaller branches make smaller logits, and a network that is "
        "too sure of itself may gain by that alone, which is not measured here."
    )
    after = more if loss.verdict == "better" else ""
    sections.measured_each((words.around(loss, before=opening, after=after), accuracy), more="twice")


def show_uniform(study: Study, level: int, opening: str) -> None:
    """Skip every block at the last one's rate, and beside it at the rate that skips as many as the schedule."""
    bug, label = mistakes.one_rate_for_all_blocks, "one rate for all blocks"
    with_ = f"one rate of {RATES[level]:g} for all blocks instead of the rising one"
    right, loss, accuracy = masked_wrongly(study, "uniform", bug, label, level, with_)
    note = "Training, one rate of the same depth"
    even = study.sweep(EVEN, replace={"drop_path_rate": bug}, place=st.empty(), note=note)
    blocks, ways = blocks_of(study), ("linear", "uniform")
    rising, flat = (stochastic_depth.expected_depth(RATES[level], blocks, way) for way in ways)
    amount = (
        f"It also skips more: the expected depth falls from {rising:.3g} to {flat:.3g} blocks, so this difference "
        "cannot tell the schedule from the amount. The last sentence holds the amount still."
    )
    with_ = f"one rate of {EVEN.values[level]:g}, which skips as many blocks as the rising one"
    alone = study.compare_at((right, level), (even, level), with_=with_)
    first = words.around(loss, before=opening, after=amount)
    sections.measured_each((first, accuracy, alone), more="uniform")


def show_plain(study: Study, level: int, opening: str) -> None:
    """Skip layers of a network that has no connection around them; compare it with itself at rate 0."""
    right, blocks, p = study.sweep(DROPPED, place=st.empty()), blocks_of(study), RATE.names[level]
    rates = [(0.0, *stochastic_depth.rates(rate, blocks).tolist()) for rate in RATES]
    bug, note = {"dropout": mistakes.layer_skipped_without_a_skip}, "Training without skips"
    settings = [replace(study.base, dropout=each) for each in rates]
    plain = study.network(residual=False).train(settings, replace=bug, place=st.empty(), note=note)
    draw_against("plain", study, right, plain, ("with skip connections", "without"), level)
    with_ = f"layers skipped at rate {p} in the network without skip connections"
    of_plain = study.compare_at((plain, 0), (plain, level), with_=with_)
    with_ = f"blocks skipped at rate {p} in the residual network"
    beside = study.compare_at((right, 0), (right, level), with_=with_)
    harm = "At this rate the mistake lowers the loss all the same. " if of_plain.verdict == "better" else ""
    lost = words.percent(stochastic_depth.some_skipped(RATES[level], blocks))
    after = f"{harm}In training a row loses at least one layer, and with it all that it was, in {lost} of its passes."
    first = words.around(of_plain, before=opening, after=after)
    after = (
        f"The two networks differ at rate 0 already ({of_plain.before:.3f} without skip connections, "
        f"{beside.before:.3f} with them), so that the distance of the two lines is not the mistake's alone."
    )
    sections.measured_each((first, words.around(beside, after=after)), more="plain")


# ------------------------------------------------------------------ the prediction

ASKED: dict[str, Any] = {"dataset": "digits", "n_train": 100}  # as no lesson has it
ASKED_RATE = 0.8
ANSWERS = ("With 2 blocks", "With 8 blocks", "With both", "With neither, by more than noise")


def answer(study: Study) -> tuple[str, str]:
    """Measure with how many blocks the rate lowers the loss."""
    comparisons = []
    for blocks in (2, 8):
        run = study.but(**ASKED, training=network(blocks)).sweep(DROPPED, place=st.empty())
        losses = run.kept("val_loss")[[0, RATE.of(ASKED_RATE)]].tolist()
        comparisons.append(words.compare(*losses, with_=f"{blocks} blocks and rate {ASKED_RATE:g}"))
    few, many = (comparison.verdict == "better" for comparison in comparisons)
    right = ANSWERS[2 if few and many else 0 if few else 1 if many else 3]
    return right, " ".join(comparison.sentence for comparison in comparisons)


# ------------------------------------------------------------------ the page


@st.fragment
def page() -> None:
    """Draw all below the header: a control runs this alone, a third sooner than with header and sidebar."""
    controls.place_lessons(LESSONS, STORIES, mistakes=("twice", "uniform", "plain"))
    above, beside = picture_and_controls(part="controls")
    with above:
        rate = controls.scale("rate", "Drop path rate of the last block, rising from 0 at the first", RATES, 0.5)
    with beside:
        meant = "Each row of a batch draws for itself (timm), or the whole batch skips a block (the paper)."
        mode = controls.choice("mode", "Skipped for", MODES, "row", style="segments", help=meant)
    drawn_mechanism = st.container()

    effect_picture, effect_side = picture_and_controls("On real training")
    with effect_picture:
        shown, show = controls.view("effect", "Effect", VIEWS)
    with effect_side:
        blocks = int(controls.scale("depth", "Residual blocks", tuple(map(float, DEPTHS)), 8.0))
    tabs = sections.tabs()
    _, wrong, framework, *_ = tabs
    with effect_side if shown == "training" else wrong:  # the time of a step is not that of any data
        study = choose(DATA, SIZES, n=200, training=network(blocks))
    with drawn_mechanism:
        play.draw(mechanism, rate, blocks, mode, study.seeds[0])
    at = shown_at(rate)
    if mode == "batch":
        wrong.caption("The mistakes draw for each row.")

    files = lower_half(
        "stochastic_depth",
        tabs=tabs,
        questions=[
            Question(
                f"{load(ASKED['dataset']).title}, {ASKED['n_train']} training rows: with how many blocks does a rate "
                f"of {ASKED_RATE:g} lower the validation loss?",
                ANSWERS,
                lambda: answer(study),
            )
        ],
        mistakes=[
            Mistake(
                "twice",
                "Scaled at test as well",
                "The paper scales each branch by its survival at test, timm by 1/(1 − p) in training; here both are "
                "done.",
                lambda: show_twice(study, *at),
            ),
            Mistake(
                "uniform",
                "One rate for all blocks",
                "One DropPath(p) for all blocks, without the schedule: the first blocks, on which all later ones "
                "build, are missing as often as the last.",
                lambda: show_uniform(study, *at),
            ),
            Mistake(
                "plain",
                "On a network without skip connections",
                "A skipped layer hands on zeros instead of its input: in that pass the layers after it see nothing of "
                "the row. The trainer refuses drop_path_rate without residual, so layers are dropped whole here. The "
                "network without skip connections is compared with itself at rate 0.",
                lambda: show_plain(study, *at),
            ),
        ],
        study=study,
        settings=Settings(drop_path_rate=rate, learning_rate=study.base.learning_rate),
        code=[
            stochastic_depth.rates,
            stochastic_depth.mask,
            stochastic_depth.masks,
            stochastic_depth.drop_path,
            stochastic_depth.stack_gradients,
        ],
    )
    if mode == "batch":
        whole = "torch.ones(1, 1) in PyTorch, noise_shape=(1, 1) in Keras."
        framework.caption(f"This code draws for each row. For a whole batch: {whole}")
    files.place.caption(
        "Huang et al. 2016 let the rate rise linearly, block l of L being kept with probability 1 − (l/L)(1 − p_L), "
        "and keep the last block with probability p_L = 0.5: of their 54 blocks a pass goes through "
        f"{stochastic_depth.expected_depth(0.5, 54, 'paper'):.2f} on average. A DropPath rate of 0.1 is that of DeiT "
        "(Touvron et al. 2021). The rates of this page rise from 0 at the first block, as in timm."
    )

    with effect_picture:  # last, since it trains
        tables = show(study, rate, mode)
    files.offer(tables)


open_page("stochastic_depth")
page()
