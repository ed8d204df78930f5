"""From a person's own data to settings: what a network makes of them, what is advised, whether it helps, and the code.

Everything is computed by `reglab.experiments.own_data`; here it is drawn and said.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import your_data as pictures
from pages.ui import controls, escape, runs, sections, to_try, together, words
from pages.ui.drawing import Frame
from pages.ui.layout import facts
from pages.ui.own_data import Own
from pages.ui.seeds import average

import reglab
from reglab import strategy
from reglab.engine.run import Run
from reglab.experiments import own_data as way
from reglab.experiments.baselines import Baselines
from reglab.experiments.combinations import leave_one_out, turned_on
from reglab.export import FRAMEWORKS
from reglab.settings import Settings

FILES = {"markdown": ("Markdown", "your_data.md", "text/markdown"), "html": ("HTML", "your_data.html", "text/html")}
LINEAR = "ridge regression", "logistic regression"


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a network without regularization made of the data, what it is held against, and what is advised."""

    mine: Own
    seed: int
    rows: way.Trial
    run: Run
    base: Baselines
    advice: strategy.Advice

    @property
    def linear(self) -> str:
        """What the linear model is called."""
        return LINEAR[self.mine.data.n_classes is not None]

    @property
    def guess(self) -> str:
        """What the constant guess is called."""
        return "the majority guess" if self.mine.data.n_classes else "the mean guess"


def learn(mine: Own, seed: int) -> Learnt:
    """Train the network without regularization, drawing it; say first where a linear model or a guess does better."""
    rows, data = way.trial(mine.data, seed), mine.data
    st.html(f'<div class="quiet">{html.escape(rows.sentence)}</div>')
    first = st.container()
    left, right = st.columns([1.5, 1], gap="medium")
    curve = Frame("learnt", "Without regularization", "mean and range, clean losses", hint="", panels=1, place=left)
    unit = together.loss_title(data.n_classes)
    run: Run = curve.follow(
        partial(runs.compute, way.learn, mine.name, seed, note="Training the network"),
        lambda run, live: pictures.learnt(run, unit),
    )
    beside = Frame("beside", "Test loss, beside", "each seed", hint="", panels=1, place=right)
    base = runs.compute(way.held_against, mine.name, seed, place=beside.bar, note="Fitting the baselines")
    learnt = Learnt(mine, seed, rows, run, base, strategy.recommend(curve=run))
    beside.draw(pictures.beside(_losses(learnt), run.seeds, f"test {unit}"))
    with first:
        _hold_against(learnt, run, 0, "the network without regularization")
    return learnt


def _losses(learnt: Learnt, **more: Sequence[float]) -> dict[str, Sequence[float]]:
    base = learnt.base
    held = {learnt.guess: base.guess_loss.tolist(), learnt.linear: base.linear_loss.tolist()}
    return {**held, "the network": learnt.run.kept("test_loss")[0].tolist(), **more}


def _hold_against(learnt: Learnt, run: Run, setting: int, name: str) -> None:
    """Say how a network stands beside the linear model and the guess, in loss and in accuracy."""
    base, n_classes = learnt.base, learnt.mine.data.n_classes
    accuracy = "test accuracy" if n_classes else "test R²"
    for measure, linear, guess in (
        ("test_loss", base.linear_loss, base.guess_loss),
        ("test_accuracy", base.linear_accuracy, base.guess_accuracy),
    ):
        loss = measure == "test_loss"
        comparison = words.compare(
            linear.tolist(),
            run.kept(measure)[setting].tolist(),
            "test loss" if loss else accuracy,
            lower_is_better=loss,
            percent=not loss and n_classes is not None,
            guess=average(guess.tolist()),
            between=(f"with {learnt.linear}", f"with {name}"),
        )
        sections.measured(comparison)
        if loss and comparison.verdict == "worse":
            st.markdown(
                f"**{words.capital(learnt.linear)} does better than {name}**: the simpler model is to be beaten."
            )


def diagnose(learnt: Learnt) -> Settings | None:
    """Show the diagnosis and the settings to try; return them, None where no strength is advised."""
    advice = learnt.advice
    st.header("What it says", anchor=False)
    st.html(
        f'<div class="diagnosis"><b>{advice.diagnosis[0].upper()}{advice.diagnosis[1:]}</b>'
        f"<span>confidence: {advice.confidence}</span></div>"
    )
    st.markdown(escape.as_markdown(" ".join(advice.why)))
    facts("Next", [escape.as_markdown(sentence) for sentence in advice.next_steps])
    facts("Not checked", [escape.as_markdown(sentence) for sentence in advice.unchecked])
    st.header("Settings to try", anchor=False)
    settings = to_try.show("advice", advice, None)
    if turned_on(settings) and not to_try.only_keeps(settings):
        return settings
    st.info("No strength is advised, so there is nothing to prove: the advice is above.")
    return None


def prove(learnt: Learnt, settings: Settings) -> Run:
    """Train the settings beside none, drawing it, and say what they did on rows that no network was trained on."""
    data, mine = learnt.mine.data, learnt.mine
    st.header("Does it help on your data?", anchor=False)
    first = st.container()
    left, right = st.columns([1.5, 1], gap="medium")
    unit = together.loss_title(data.n_classes)
    frame = Frame("proved", "With the settings and without", "mean and range", hint="", panels=1, place=left)
    run: Run = frame.follow(
        partial(runs.compute, way.prove, mine.name, settings, learnt.seed, note="Proving the settings"),
        lambda run, live: pictures.proved(run, unit),
    )
    tests = {measure: run.kept(f"test_{measure}").tolist() for measure in ("loss", "accuracy")}
    loss = tests["loss"]
    more = {"its best checkpoint": loss[1], "with the settings": loss[2]}
    beside = Frame("proved_beside", "Test loss, beside", "each seed", hint="", panels=1, place=right)
    beside.draw(pictures.beside(_losses(learnt, **more), run.seeds, f"test {unit}"))
    with first:
        comparisons = together.proved(tests, "loss", "the settings", data)
        sections.measured(comparisons[0])
        if data.n_classes is None:
            st.markdown(_in_its_unit(learnt, average(loss[0]), average(loss[2])))
        st.markdown(" ".join(other.sentence for other in comparisons[1:]))
    _hold_against(learnt, run, 2, "the network with the settings")
    return run


def _in_its_unit(learnt: Learnt, before: float, after: float) -> str:
    """Say what two losses of a regression are as errors in the target's unit."""
    scale = learnt.mine.data.target_scale
    was, now = (math.sqrt(2 * loss) * scale for loss in (before, after))
    return f"In the target's own unit the root mean squared error was {was:.4g} and is {now:.4g}."


def take_apart(learnt: Learnt, settings: Settings) -> None:
    """Turn off each of the settings in turn, and say which one carried the gain."""
    data = learnt.mine.data
    st.header("Which one carried it", anchor=False)
    first = st.container()
    frame = Frame("apart", "Test loss with each setting turned off", "mean and range", hint="", panels=1)
    names, unit = list(leave_one_out(settings)), f"test {together.loss_title(data.n_classes)}"

    def losses(run: Run) -> dict[str, list[float]]:
        return dict(zip(names, run.kept("test_loss").tolist(), strict=True))

    run: Run = frame.follow(
        partial(runs.compute, way.take_apart, learnt.mine.name, settings, learnt.seed, note="Turning each off"),
        lambda run, live: pictures.apart(together.ablation_rows(losses(run), run.seeds), len(names), unit),
    )
    with first:
        sections.measured(together.carried(losses(run)))


def take_along(learnt: Learnt, settings: Settings | None, proved: Run | None) -> None:
    """Show the settings as code, and offer the report as a file."""
    data = learnt.mine.data
    st.header("To take along", anchor=False)
    chosen = settings or learnt.advice.settings
    sections.framework(chosen, learnt.run.training, data)
    framework = st.session_state.get(controls.key("framework"), FRAMEWORKS[0])
    verdict, rows = "", []
    if proved is not None:
        tests = {measure: proved.kept(f"test_{measure}").tolist() for measure in ("loss", "accuracy")}
        comparisons = together.proved(tests, "loss", "the settings", data)
        verdict = " ".join(comparison.sentence.replace("**", "") for comparison in comparisons)
        ways = ("without regularization", "best checkpoint", "settings")
        rows = [("network", "seed", "test loss", "test accuracy" if data.n_classes else "test R²")] + [
            (name, str(seed), tests["loss"][i][j], tests["accuracy"][i][j])
            for i, name in enumerate(ways)
            for j, seed in enumerate(proved.seeds)
        ]

    def made(kind: str) -> Callable[[], str]:
        return lambda: reglab.report(
            strategy.curve_of(learnt.run),
            learnt.advice,
            settings,
            learnt.run.training,
            title="Your data, and what to try",
            notes=[learnt.rows.sentence, *data.notes],
            verdict=verdict,
            proof=rows,
            framework=framework,
            task=data.task,
            n_classes=data.n_classes,
            n_features=data.x.shape[1],
            image_shape=data.image_shape,
            learning_rate=chosen.learning_rate,
            batch_size=learnt.run.training.batch_size,
            format=kind,
        )

    for place, (kind, (label, name, mime)) in zip(st.columns([1, 1, 2]), FILES.items(), strict=False):
        place.download_button(
            f"Report as {label}", made(kind), name, mime, on_click="ignore", key=controls.key(f"report_{kind}")
        )


def show(mine: Own, seed: int) -> None:
    """Go the whole way."""
    learnt = learn(mine, seed)
    settings = diagnose(learnt)
    proved: Any = None
    if settings is not None:
        proved = prove(learnt, settings)
        take_apart(learnt, settings)
    take_along(learnt, settings, proved)
