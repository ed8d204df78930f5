"""The proof on real data: the settings against none, each of them turned off in turn, and two of them over a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.pictures.combined_strategy import PROVED, grid_chart, seeds_chart
from pages.ui import charts, likeness, runs, sections, together, words
from pages.ui.own_data import load

from reglab import combinations
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.settings import Settings, Training

STEPS = 1000
STEPS_TRAINED = (100, 2000)  # as few and as many as the proof trains
MAPPED = Training(max_steps=500, eval_steps=10)


@dataclass(frozen=True)
class Plan:
    """What is trained: the run as it was, its best checkpoint, and the settings, on the data; said: of all of it."""

    data: Dataset
    stack: tuple[Settings, Settings, Settings]
    how: Training
    n_train: int
    n_val: int
    said: str


@dataclass(frozen=True)
class Proved:
    """What a proof showed: its sentence, its numbers as rows, the head first, and what is to be done."""

    sentence: str
    rows: tuple[tuple[str | float, ...], ...]
    verdict: str = ""


def without(settings: Settings, names: Sequence[str]) -> Settings:
    """Return the settings with the strengths of these names off."""
    off: dict[str, Any] = dict.fromkeys(names, 0.0)
    return replace(settings, **off)


def fitting(settings: Settings, data: Dataset, optimizer: str) -> tuple[Settings, dict[str, Any], list[str]]:
    """Return the settings that the data can be trained with, what the network needs for them, and what to say."""
    notes, off = [], Settings()
    for name in ("augment", "cutmix_alpha"):
        kinds = ("image", "signal") if name == "augment" else ("image",)
        if getattr(settings, name) and data.task not in kinds:
            settings = without(settings, [name])
            notes.append(f"{name.replace('_', ' ')} needs {' or '.join(kinds)} data: left out.")
    if data.n_classes is None:
        soft = [name for name in ("label_smoothing", "mixup_alpha") if getattr(settings, name)]
        settings = without(settings, soft)
        notes += [f"{name.replace('_', ' ')} needs classes: left out." for name in soft]
    if settings.drop_path_rate:
        notes.append("Drop path skips residual blocks: all of these networks are residual, the baseline too.")
    if settings.mixup_alpha and settings.cutmix_alpha:
        notes.append(f"Each batch takes CutMix with probability {settings.switch_prob:g}, else mixup.")
    if settings.momentum != off.momentum and optimizer != "sgd":
        notes.append("Momentum acts in SGD alone: choose it as the optimizer.")
    if settings.patience is None and (settings.min_delta or not settings.restore_best_weights):
        notes.append("Without patience, min delta and restore best weights do nothing.")
    return settings, {"residual": bool(settings.drop_path_rate), "optimizer": optimizer}, notes


def proof_steps(known: float | None) -> tuple[int, str]:
    """Return how long the proof trains, as long as the run did within bounds, and what to say of it."""
    if known is None:
        return STEPS, f"How many steps your run took was not told: {STEPS:,} are taken."
    asked = round(known)
    steps = min(max(asked, STEPS_TRAINED[0]), STEPS_TRAINED[1])
    if steps == asked:
        return steps, f"Your run took {asked:,} steps, and so do these."
    longer = "as many as are trained" if steps < asked else "as few as are trained"
    acts = "weight decay acts by the steps, so that it acts otherwise on your run"
    return steps, f"Your {asked:,} steps are {steps:,} here, {longer}: {acts}."


def show_proof(
    plan: Plan, seed: int, name: str, counts: str, lower_rate: bool, theirs: likeness.Overfit, whose: str
) -> Proved:
    """Train the run as it was, with the best checkpoint kept and with the settings, and say what the settings did.

    counts: "loss" or "accuracy", by which they are judged; lower_rate: they are to mend a run that diverged. theirs:
    how much the person's run overfits; whose: what a sentence calls it.
    """
    data, stack, how, n_train = plan.data, plan.stack, plan.how, plan.n_train
    loss_top = charts.loss_ceiling(data.n_classes, n_train)
    template = charts.loss_chart(how.max_steps, loss_top, together.loss_title(data.n_classes))
    lines = [
        (0, "train", "baseline", "baseline train"),
        (0, "validation", "baseline", "baseline validation"),
        (2, "train", "technique", "settings train"),
        (2, "validation", "technique", "settings validation"),
    ]
    curves_place, seeds_place = st.columns([1.9, 1], gap="medium")
    with curves_place:
        above = f"; what is above {loss_top:g} leaves the picture" if lower_rate else ""
        charts.title("Training", f"mean and range over 5 seeds, clean losses{above}")
        picture = charts.spot()
    with seeds_place:
        charts.title(f"Test {counts}", "each seed, at the weights kept")
        paired = charts.spot()
    (bar, stop), said = runs.bar_with_stop("prove"), st.container()

    def draw(run: Run) -> dict[str, list[dict[str, Any]]]:
        rows = charts.curves(run, lines, x_max=how.max_steps, y_max=loss_top)
        charts.show(
            template,
            rows,
            alt_text="Loss over training steps, baseline against the settings",
            now=charts.in_words(rows["labels"]),
            place=picture,
        )
        return rows

    run = runs.train(
        data.name,
        stack,
        how,
        n_train=n_train,
        n_val=plan.n_val,
        seeds=range(seed, seed + 5),
        on_partial=draw,
        place=bar,
        stop=stop,
    )
    rows = draw(run)
    tests = {measure: run.kept(f"test_{measure}").tolist() for measure in ("loss", "accuracy")}
    drawn = together.seed_rows(PROVED, tests[counts], run.seeds, percent=counts == "accuracy")
    shares = counts == "accuracy"
    values = [value for by_seed in tests[counts] for value in by_seed]
    low, high = (together.floor(values), 1.0) if shares else (0.0, charts.ceiling(values))
    title = "test accuracy" if shares else f"test {together.loss_title(data.n_classes)}"
    charts.show(
        seeds_chart(high, title, low),
        drawn,
        alt_text=f"Test {counts} of each seed: baseline, the best checkpoint alone, the settings",
        now=", ".join(f"{row['way']} {row['text']}" for row in drawn["means"]),
        place=paired,
    )
    comparisons = together.proved(tests, counts, name, data)
    sections.measured(comparisons[0], said)
    verdict = ""
    with said:
        if lower_rate and not run.diverged[0].any():
            head = f"At the learning rate {stack[0].learning_rate:g} the networks here do not diverge:"
            rest = "what a lower one is worth to your run they cannot show."
            verdict = f"{head} {rest}"
            st.markdown(f"**{head}** {rest}")
        elif comparisons[0].verdict != "better":
            verdict = _kept(comparisons[0], name)
            st.markdown(f"**{verdict}**")
        st.markdown(" ".join(other.sentence for other in comparisons[1:]))
        like = "" if lower_rate else likeness.sentence(theirs, likeness.of_baseline(run, data, plan.n_val), whose)
        st.markdown(like)
    sections.download(rows["curves"], "proof.csv")
    other = "R²" if data.n_classes is None else "accuracy"
    each = [
        (way, str(run.seeds[j]), *(_cell(tests[measure][i][j]) for measure in ("loss", "accuracy")))
        for i, way in enumerate(PROVED)
        for j in range(len(run.seeds))
    ]
    sentence = " ".join(filter(None, [*(comparison.sentence.replace("**", "") for comparison in comparisons), like]))
    return Proved(sentence, (("network", "seed", "test loss", f"test {other}"), *each), verdict)


def _kept(comparison: words.Comparison, name: str) -> str:
    """Say that the run is to be kept as it was, since the settings did harm, gained nothing, or cannot be judged.

    >>> print(_kept(words.compare([0.4, 0.3], [0.3, 0.28]), "the advice"))
    Five seeds cannot tell whether the advice helped: another first seed gives five more. Till then keep the run as it \
was, with its best checkpoint.
    """
    if comparison.unsure:
        unclear = f"Five seeds cannot tell whether {name} helped: another first seed gives five more. Till then keep"
        return f"{unclear} the run as it was, with its best checkpoint."
    did = "did harm" if comparison.verdict == "worse" else "gained nothing"
    return f"On this data {name} {did}. Keep the run as it was, with its best checkpoint."


def _cell(value: float) -> float | str:
    return value if math.isfinite(value) else "diverged"


def show_ablation(plan: Plan, seed: int) -> None:
    """Turn off each of the settings in turn, and say which one carried the gain."""
    settings, how, n_train = plan.stack[2], plan.how, plan.n_train
    stack = combinations.leave_one_out(settings)
    beside = f"{plan.data.title}, n = {n_train}, {how.max_steps:,} steps; seeds, mean and range"
    charts.title("Test loss with each setting turned off", beside)
    picture, (bar, stop) = charts.spot(), runs.bar_with_stop("ablate")
    title = f"test {together.loss_title(plan.data.n_classes)}"

    def draw(run: Any) -> tuple[list[dict[str, Any]], dict[str, list[float]]]:
        losses = dict(zip(stack, run.kept("test_loss").tolist(), strict=True))
        drawn = together.ablation_rows(losses, run.seeds)
        charts.show(
            charts.ablation_chart(len(stack), title),
            drawn,
            place=picture,
            alt_text="Test loss of every seed: without any of the settings, with all, and with each one turned off",
            now="; ".join(row["text"] for row in drawn["means"]),
        )
        return drawn["seeds"], losses

    run = runs.compute(
        combinations.ablation,
        plan.data.name,
        settings,
        how,
        n_train=n_train,
        n_val=plan.n_val,
        seeds=tuple(range(seed, seed + 5)),
        on_partial=draw,
        place=bar,
        note="Training the ablation",
        stop=stop,
    )
    table, losses = draw(run)
    sections.measured(together.carried(losses))
    if settings.mixup_alpha and settings.cutmix_alpha:
        st.caption("With mixup turned off every batch takes CutMix, and with CutMix turned off mixup.")
    sections.download(table, "ablation.csv", "Download the ablation as CSV")


def companions(names: set[str], base: Settings, how: Training) -> tuple[Settings, Training, str]:
    """Return what two settings need to act at all, and a sentence on it."""
    notes = []
    if "momentum" in names:
        how, base = replace(how, optimizer="sgd"), replace(base, learning_rate=0.03)
        notes.append("Trained by SGD at rate 0.03, where momentum acts.")
    if "drop_path_rate" in names or base.drop_path_rate:
        how = replace(how, residual=True)
        notes.append("The networks are residual, so that there are blocks to skip.")
    if names & {"min_delta", "restore_best_weights"} and base.patience is None:
        base = replace(base, patience=3)
        notes.append("Patience is 3.")
    if "switch_prob" in names:
        base = replace(base, mixup_alpha=base.mixup_alpha or 0.2, cutmix_alpha=base.cutmix_alpha or 1.0)
        notes.append("Mixup and CutMix are both on.")
    return base, how, " ".join(notes)


def show_map(data: str, first: str, second: str, rest: Settings, n_train: int, n_val: int, seed: int) -> None:
    """Train a grid of two settings, and say whether one moves the best value of the other."""
    base, how, note = companions({first, second}, rest, MAPPED)
    names = first.replace("_", " "), second.replace("_", " ")
    note_beside = f"{load(data).title}, n = {n_train}, {how.max_steps} steps, mean of 3 seeds"
    charts.title("Validation loss for each pair", note_beside)
    picture, (bar, stop) = charts.spot(), runs.bar_with_stop("map")

    def draw(run: Any) -> together.Grid:
        grid = together.grid(run.settings, run.kept("val_loss").tolist(), first, second)
        charts.show(
            grid_chart(*names),
            {"cells": grid.cells},
            place=picture,
            now=grid.now,
            alt_text="Heat map of the validation loss for each pair of values; the best cell has a frame",
        )
        return grid

    run = runs.compute(
        combinations.interaction,
        data,
        first,
        second,
        base,
        how,
        n_train=n_train,
        n_val=n_val,
        seeds=tuple(range(seed, seed + 3)),
        on_partial=draw,
        place=bar,
        note="Training the grid",
        stop=stop,
    )
    grid = draw(run)
    sections.measured(together.pair_sentence(grid, run.kept("test_loss").tolist(), first, second))
    if note:
        st.caption(note)
    sections.download(grid.table, "grid.csv", "Download the grid as CSV")
