"""Stochastic depth: residual blocks skipped pass by pass, what that does to training, and the time that it saves."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.charts import stochastic_depth as pictures
from pages.charts.stochastic_depth import ROWS
from pages.ui import charts, controls, effect, panels, play, runs, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.scrub import pinning
from pages.ui.seeds import average, band, lowest

from reglab import mistakes, stochastic_depth
from reglab.datasets import load
from reglab.settings import Settings, Training
from reglab.streams import generator
from reglab.time_saved import time_saved

RATE = effect.Scale("drop_path_rate", (0.0, 0.1, 0.2, 0.3, 0.5, 0.8), "drop path rate")
NAMES = tuple(map(RATE.label, RATE.values))
DEPTHS = (2, 4, 8, 16, 32)  # blocks
MODES = {"row": "Each row", "batch": "Batch"}
DATA = {name: load(name).title for name in ("digits", "mnist1d", "moons", "breast_cancer", "wine")}
SIZES = (50, 100, 200, 400)
WIDTH, BATCH = 32, 32
SEEDS = 5
PASSES = 40  # drawn
AGAIN = "stochastic_depth:again"
ASKED = {"data": "digits", "n": 200, "seed": 0, "mode": "row"}  # of the prediction
ASKED_RATE = 0.8

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "rate": 0.5, "mode": "row", "depth": 8.0, "pass": 1.0, "effect": "training", "data": "digits", "n": 200.0,
        "seed": 0, "twice": False, "uniform": False, "plain": False,
    },
    "Too much": {"rate": 0.8, "depth": 2.0, "n": 400.0},
    "When it does nothing": {"data": "moons"},
    "A whole batch at once": {"mode": "batch"},
    "32 blocks": {"rate": 0.8, "depth": 32.0, "n": 100.0},
    "Time saved": {"rate": 0.8, "mode": "batch", "effect": "time"},
}  # fmt: skip


# ------------------------------------------------------------------ the mechanism


@kept(32)
def solve_passes(rate: float, blocks: int, mode: str, seed: int) -> dict[str, Any]:
    """Draw which blocks a batch goes through, pass after pass, and return what the picture draws of it."""
    drawn = stochastic_depth.kept_blocks(PASSES, ROWS, blocks, rate, generator(seed, "drop_path_rate"), mode)
    depths = drawn.sum(axis=2).tolist()  # [passes][rows]
    shares = drawn.mean(axis=1).tolist()  # [passes][blocks]
    expected = stochastic_depth.expected_depth(rate, blocks)
    shots, survival, total, so_far = [], [], 0.0, [0.0] * blocks
    for level, (rows, each) in enumerate(zip(depths, shares, strict=True)):
        depth = sum(rows) / ROWS
        total += depth
        so_far = [a + b for a, b in zip(so_far, each, strict=True)]
        mean = total / (level + 1)
        survival += [{"level": level, "block": i + 1, "share": s / (level + 1)} for i, s in enumerate(so_far)]
        shots.append({
            "level": level, "depth": depth, "mean": mean, "fewest": min(rows), "most": max(rows),
            "text0": f"pass {level + 1}: {depth:.3g} of {blocks} blocks",
            "text2": f"mean {mean:.2f}, expected {expected:.3g}",
        })  # fmt: skip
    return {
        "kept": "".join("1" if on else "0" for shot in drawn.tolist() for row in shot for on in row),
        "shots": shots, "last": shares, "expected": expected,
        "tables": {
            "levels": charts.table(scrub.between([(i + 1) / (PASSES + 1) for i in range(PASSES)])),
            "cells": charts.table(pictures.cells(blocks)),
            "paths": [{"x": 0.2, "x2": blocks + 0.8, "y": row + 0.5} for row in range(ROWS)],
            "passes": charts.table(shots),
            "survival": charts.table(survival),
            "set": [
                {"block": i + 1, "share": 1 - skipped, "kind": kind}
                for kind in ("linear", "paper")
                for i, skipped in enumerate(stochastic_depth.rates(rate, blocks, kind).tolist())
            ],
            "expected": [{"x": 0, "x2": PASSES + 1, "depth": expected}],
            "legend": [
                {"who": "technique", "text": "so far", "slot": 0.0, "place": 0},
                {"who": "baseline", "text": "1 − p (dashed: paper)", "slot": 0.28, "place": 74},
            ],
        },
    }  # fmt: skip


def mechanism(rate: float, blocks: int, mode: str, seed: int, ticking: bool) -> None:
    """Draw the mechanism; stepping and playing run this alone."""
    play.keep_time(PASSES, ticking)
    picture, side = picture_and_controls()
    with side:
        number = play.buttons(PASSES, ticking)
    with picture:
        found = solve_passes(rate, blocks, mode, seed)
        shot, last = found["shots"][number - 1], found["shots"][-1]
        charts.title("Blocks are skipped", f"{ROWS} rows of a batch, {PASSES} passes; hover over the passes to scrub")
        panels.show(
            pictures.passes(blocks, PASSES),
            {"now": [{"level": number - 1, "kept": found["kept"]}], **found["tables"]},
            key=controls.key("picture_passes_three"),
            alt_text="Left: the residual blocks of every row of a batch in one training pass, filled where they run, "
            "hollow where they are skipped. Middle: how often each block is kept, as measured so far and as set. "
            "Right: how many blocks each pass goes through, with their mean and the expected depth.",
            now=f"{shot['text0']}; mean so far {shot['mean']:.2f}, expected {found['expected']:.2f}.",
            **pinning("pass", range(1, PASSES + 1), "picture_passes_three"),
        )  # fmt: skip
        if not rate:
            sections.say(f"At rate 0 every pass goes through all **{blocks}** blocks.")
            return
        kept = sum(each[-1] for each in found["last"]) / PASSES
        few, most = shot["fewest"], shot["most"]
        own = (
            f"its {ROWS} rows draw for themselves, {few if few == most else f'{few} to {most}'} each" if mode == "row"
            else "all rows skip the same blocks"
        )  # fmt: skip
        sections.say(
            f"Pass {number} goes through **{shot['depth']:.3g}** of {blocks} blocks: {own}. Over {PASSES} passes it is "
            f"**{last['mean']:.2f}**, the expected depth is **{found['expected']:.2f}**. The last block is kept in "
            f"**{100 * kept:.0f} %**, set {100 * (1 - rate):.0f} %, and scaled by 1/(1 − p) = {1 / (1 - rate):.3g}: "
            f"its mean factor is **{kept / (1 - rate):.2f}**. In evaluation all blocks run, unscaled."
        )


# ------------------------------------------------------------------ the effect


def network(blocks: int, residual: bool = True) -> Training:
    """Return the network: an input layer and so many blocks of one layer each."""
    return Training(
        hidden_sizes=(WIDTH,) * (blocks + 1), residual=residual, batch_size=BATCH,
        max_steps=effect.TRAINING.max_steps, eval_steps=effect.TRAINING.eval_steps,
    )  # fmt: skip


def trained(data: str, n: int, seed: int, blocks: int, mode: str) -> dict[str, Any]:
    """Return what the trainings of the page share."""
    drawn = {"drop_path_rate": stochastic_depth.batch_masks} if mode == "batch" else None
    return {
        "dataset": data, "n_train": n, "seeds": range(seed, seed + SEEDS), "training": network(blocks),
        "replace_with": drawn,
    }  # fmt: skip


def verdict(run: Any, rate: float) -> None:
    """Say what the present rate did to validation loss and test accuracy, and where the lowest loss is."""
    level, losses = RATE.values.index(rate), run.kept("val_loss").tolist()
    best = lowest(losses)
    where = f"The lowest mean of the scale is {average(losses[best]):.3f}, {words.at(NAMES[best])}."
    accuracy = run.kept("test_accuracy").tolist()
    if not level:
        sections.say(
            f"Stochastic depth is off: validation loss **{average(losses[0]):.3f}**, test accuracy "
            f"**{100 * average(accuracy[0]):.1f} %**. {where}"
        )
        return
    found = words.compare(losses[0], losses[level], with_=f"rate {rate:g}")
    sections.say(f"{found.sentence} {where}", found.verdict)
    sections.measured(
        words.compare(accuracy[0], accuracy[level], "test accuracy", lower_is_better=False, percent=True)
    )  # fmt: skip


def show_training(how: dict[str, Any], rate: float, blocks: int, note: str) -> list[dict[str, Any]]:
    """Draw the rate against loss and the training curves; return the rows to download."""
    run = effect.show(
        RATE, rate, **how, name=f"rate {RATE.label(rate)}", control="rate", n_classes=load(how["dataset"]).n_classes,
        note=f"{note}; hover to scrub, click to keep",
    )  # fmt: skip
    verdict(run, rate)
    names = ("train_loss", "val_loss", "test_loss", "val_accuracy", "test_accuracy")
    return [{"blocks": blocks, **row} for row in effect.numbers(run, "rate", RATE.values, names)]


def measure_again() -> None:
    """Forget the present times."""
    st.session_state[AGAIN] = st.session_state.get(AGAIN, 0) + 1


def show_time(how: dict[str, Any], rate: float, blocks: int, note: str) -> list[dict[str, Any]]:
    """Time steps that leave skipped blocks out, and steps that multiply them by 0; return the rows to download."""
    charts.title("Time of a training step", f"timed on this server: {blocks} blocks of {WIDTH} units, {BATCH} rows")
    bar, picture = st.empty(), st.container()
    st.button("Measure again", on_click=measure_again, key=controls.key("again"))
    found = runs.compute(
        time_saved, blocks, RATE.values, width=WIDTH, batch=BATCH, seed=st.session_state.get(AGAIN, 0), place=bar,
        note="Timing steps",
    )  # fmt: skip
    ways = (("technique", "left out", found.skipped), ("baseline", "multiplied by 0", found.multiplied))
    times = [
        {"level": i, "depth": depth, "value": 1e6 * seconds, "who": who}
        for who, _, each in ways
        for i, (depth, seconds) in enumerate(zip(found.depth.tolist(), each.tolist(), strict=True))
    ]
    level, count = RATE.values.index(rate), len(NAMES)
    top = charts.ceiling(row["value"] for row in times)
    whole = 1e6 * float(found.skipped[0])
    with picture:
        panels.show(
            pictures.times(NAMES, blocks),
            {
                "now": [{"level": level, "top": top}],
                "levels": scrub.between([(i + 0.4) / (count - 0.2) for i in range(count)]),
                "times": times, "line": [{"depth": 0, "value": 0}, {"depth": blocks, "value": whole}],
                "headings": [
                    {"level": i, "part": 0, "text": f"{text} {1e6 * float(each[i]):.0f} µs", "who": who,
                     "slot": 0.42 * k, "place": 120 * k}
                    for i in range(count) for k, (who, text, each) in enumerate(ways)
                ] + [
                    {"level": i, "part": 1, "text": f"{depth:.3g} blocks; dashed: in proportion", "who": "baseline",
                     "slot": 0.0, "place": 0}
                    for i, depth in enumerate(found.depth.tolist())
                ],
            },
            key=controls.key("picture_times"),
            alt_text="Left: the time of a training step against the rate, leaving skipped blocks out and multiplying "
            "them by 0. Right: the same against the blocks that a pass goes through on average.",
            now=f"At rate {NAMES[level]} {1e6 * found.skipped[level]:.0f} µs with skipped blocks left out, "
            f"{1e6 * found.multiplied[level]:.0f} µs with them multiplied by 0.",
            **pinning("rate", RATE.values, "picture_times"),
        )  # fmt: skip
        tell_time(found, level, blocks)
    return times


def tell_time(found: Any, level: int, blocks: int) -> None:
    """Say what leaving blocks out saves, and that multiplying them saves nothing."""
    off, here, masked = (1e6 * float(t) for t in (found.skipped[0], found.skipped[level], found.multiplied[level]))
    if not level:
        sections.say(f"Without stochastic depth a step takes **{off:.0f} µs**. Choose a rate to see what it saves.")
        return
    if found.noise[level] or found.noise[0]:
        sections.say(
            f"At rate {NAMES[level]} a step seems to take **{here:.0f} µs** instead of {off:.0f} µs: less than leaving "
            "those blocks out can make it, in three measurements. The server is busy, and this is noise."
        )
        return
    saved, shallower = 100 * (1 - here / off), 100 * (1 - float(found.depth[level]) / blocks)
    took = f"**{saved:.0f} %** less" if saved >= 0.5 else f"**{-saved:.0f} %** more" if saved <= -0.5 else "the same"
    sections.say(
        f"At rate {NAMES[level]} a step that leaves skipped blocks out takes **{here:.0f} µs** instead of {off:.0f} "
        f"µs, {took}; the timed passes went through {shallower:.0f} % fewer blocks (expected "
        f"{found.expected_depth[level]:.3g} of {blocks}). Multiplied by 0, as the trainer of these pages does, it "
        f"takes {masked:.0f} µs. Only a whole batch can leave a block out: drawn for each row, it has rows to work on.",
        "better" if saved >= 0.5 else "none",
    )  # fmt: skip


EFFECTS = {"training": "Training", "time": "Time saved"}
SHOW: dict[str, Callable[..., list[dict[str, Any]]]] = {"training": show_training, "time": show_time}


# ------------------------------------------------------------------ common mistakes


def show_wrong(name: str, right: Any, wrong: Any, rate: float, label: str, more: str = "") -> None:
    """Draw loss against the rate, done right and done wrong, and say whether it does harm."""
    level = max(RATE.values.index(rate), 1)
    who = ("technique", "mistake")
    losses = [run.kept("val_loss").tolist() for run in (right, wrong)]
    charts.show(
        pictures.against(NAMES, "validation loss"),
        {
            "now": [{"level": level, "top": 1.5 * effect.top_of_axis(right)}],
            "lines": [
                {"level": i, "who": w, **band(values)}
                for w, each in zip(who, losses, strict=True) for i, values in enumerate(each)
            ],
            "legend": [
                {"who": w, "text": text, "slot": 0.4 * i, "place": 130 * i}
                for i, (w, text) in enumerate(zip(who, ("done right", label), strict=True))
            ],
        },
        key=controls.key(f"picture_wrong_{name}"),
        alt_text=f"Validation loss against the drop path rate: done right, and {label}.",
        now=f"At rate {NAMES[level]}: done right {average(losses[0][level]):.3f}, {label} "
        f"{average(losses[1][level]):.3f}.",
    )  # fmt: skip
    found = words.compare(losses[0][level], losses[1][level], with_=f"{label}, rate {NAMES[level]}")
    accuracy = words.compare(
        right.kept("test_accuracy")[level].tolist(), wrong.kept("test_accuracy")[level].tolist(), "test accuracy",
        lower_is_better=False, percent=True,
    )  # fmt: skip
    harm = "worse" in (found.verdict, accuracy.verdict)
    no_harm = "" if harm or found.unsure or accuracy.unsure else " Here it shows no harm."
    sections.say(
        f"{found.sentence} {accuracy.sentence}{no_harm}{more if found.verdict == 'better' else ''}",
        "worse" if harm else found.verdict,
    )


def show_replaced(name: str, wrong: Any, label: str, how: dict[str, Any], rate: float, more: str = "") -> None:
    """Put a wrong function in the place of the masks, each row drawing for itself."""
    own = {**how, "replace_with": None}
    right = effect.train(RATE, **own, place=st.empty())
    bad = effect.train(
        RATE, **{**own, "replace_with": {"drop_path_rate": wrong}}, place=st.empty(), note=f"Training, {label}"
    )  # fmt: skip
    show_wrong(name, right, bad, rate, label, more)


def show_plain(how: dict[str, Any], rate: float, blocks: int) -> None:
    """Skip layers of a network that has no connection around them."""
    right = effect.train(RATE, **{**how, "replace_with": None}, place=st.empty())
    plain = [
        Settings(
            dropout=(0.0, *stochastic_depth.rates(p, blocks).tolist()), learning_rate=effect.BASE.learning_rate
        ) for p in RATE.values
    ]  # fmt: skip
    bad = runs.train(
        how["dataset"], plain, network(blocks, residual=False), n_train=how["n_train"], seeds=tuple(how["seeds"]),
        replace={"dropout": mistakes.layer_skipped_without_a_skip}, place=st.empty(), note="Training without skips",
    )  # fmt: skip
    show_wrong("plain", right, bad, rate, "no skip connection")
    level = max(RATE.values.index(rate), 1)
    losses = bad.kept("val_loss").tolist()
    sections.say(
        f"The plain network alone, at rate 0, comes to **{average(losses[0]):.3f}**; with its layers skipped at rate "
        f"{NAMES[level]}, to **{average(losses[level]):.3f}**. The trainer refuses drop_path_rate without residual."
    )


# ------------------------------------------------------------------ the page


@st.fragment
def page() -> None:
    """Draw all below the header: a control runs this alone, a third sooner than with header and sidebar."""
    controls.lessons(LESSONS)

    above, beside = picture_and_controls()
    with above:
        rate = controls.scale("rate", "Drop path rate of the last block, rising from 0 at the first", RATE.values, 0.5)
    with beside:
        mode = controls.choice(
            "mode", "Skipped for", MODES, "row", style="segments",
            help="Each row of a batch draws for itself (timm), or the whole batch skips a block (the paper).",
        )  # fmt: skip
    drawn_mechanism = st.container()

    st.header("On real training", anchor=False)
    effect_picture, effect_side = picture_and_controls()
    with effect_picture:
        shown = controls.choice("effect", "Effect", EFFECTS, "training", style="segments")
    with effect_side:
        blocks = int(controls.scale("depth", "Residual blocks", tuple(map(float, DEPTHS)), 8.0))
        data = controls.choice("data", "Data", DATA, "digits")
        wanted = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 200.0))
        n = min(wanted, effect.sizes_of(data, SIZES)[-1])
        if n < wanted:
            st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
        seed = controls.seed()
    with drawn_mechanism:
        play.draw(mechanism, rate, blocks, mode, seed)

    how = trained(data, n, seed, blocks, mode)
    predict, wrong, framework, code, papers = sections.tabs()
    with predict:
        OPTIONS = ("With 2 blocks", "With 8 blocks", "With both", "With neither, by more than noise")

        def answer() -> tuple[str, str]:
            level, told = RATE.values.index(ASKED_RATE), []
            for depth in (2, 8):
                run = effect.train(RATE, **trained(**ASKED, blocks=depth), place=st.empty())
                losses = run.kept("val_loss").tolist()
                told.append(words.compare(losses[0], losses[level], with_=f"{depth} blocks and rate {ASKED_RATE:g}"))
            few, many = (found.verdict == "better" for found in told)
            right = OPTIONS[2 if few and many else 0 if few else 1 if many else 3]
            return right, " ".join(found.sentence for found in told)

        sections.predict(
            f"{DATA[ASKED['data']]}, {ASKED['n']} training rows: with how many blocks does a rate of {ASKED_RATE:g} "
            "lower the validation loss?", OPTIONS, answer,
        )  # fmt: skip
    with wrong:
        sections.mistake(
            "twice", "Scaled at test as well",
            "The paper scales each branch by its survival at test, timm by 1/(1 − p) in training; here both are done.",
            lambda: show_replaced(
                "twice", mistakes.branch_scaled_at_test_too, "scaled at test as well", how, rate,
                " Smaller branches make smaller logits: a network that is too sure of itself is tempered by the "
                "mistake.",
            ),
        )  # fmt: skip
        sections.mistake(
            "uniform", "One rate for all blocks",
            "Without the schedule over depth the first blocks, on which all later ones build, are missing as often.",
            lambda: show_replaced("uniform", mistakes.one_rate_for_all_blocks, "one rate for all blocks", how, rate),
        )  # fmt: skip
        sections.mistake(
            "plain", "On a network without skip connections",
            "A skipped layer then hands on zeros instead of its input: nothing of the row is left.",
            lambda: show_plain(how, rate, blocks),
        )  # fmt: skip
    with framework:
        settings = Settings(drop_path_rate=rate, learning_rate=effect.BASE.learning_rate)
        sections.framework(settings, how["training"], load(data))
        if mode == "batch":
            st.caption(
                "This code draws for each row. For a whole batch: torch.ones(1, 1) in PyTorch, noise_shape=(1, 1) in "
                "Keras."
            )
    with code:
        sections.code(
            stochastic_depth.rates, stochastic_depth.mask, stochastic_depth.masks, stochastic_depth.drop_path,
            stochastic_depth.stack_gradients,
        )  # fmt: skip
    with papers:
        sections.papers("stochastic_depth")
        download = st.empty()
    copy_link()

    with effect_picture:  # last, since it trains
        table = SHOW[shown](how, rate, blocks, f"{DATA[data]}, n = {n}, {blocks} blocks of {WIDTH} units")
    with download:
        sections.download(table, f"stochastic_depth_{shown}.csv", "Download the picture's numbers as CSV")


open_page("stochastic_depth")
page()
