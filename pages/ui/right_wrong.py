"""A mistake beside what is right: in a picture of one measure over the levels of a strength, and in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import altair as alt
import streamlit as st

from pages.ui import charts, sections, words
from pages.ui.drawing import Frame, Picture
from pages.ui.effect import Scale, outcomes
from pages.ui.levels import GREEN, TOP, Levels, entries, legend, span
from pages.ui.panels import beyond
from pages.ui.seeds import average
from pages.ui.study import Study

from reglab.engine.run import Run

PERCENT = (("format", "%"), ("tickCount", 5))


@cache
def _against(levels: Levels, title: str, low: float, percent: bool) -> dict[str, Any]:
    panel = levels.panel(title, (low, TOP), alone=True, y_ticks=PERCENT if percent else ())
    band, line, _, left = levels.curve(panel, "lines", point={"size": 30})
    rule = alt.Chart(charts.data("now")).mark_rule(strokeWidth=2, opacity=0.5)
    here = rule.encode(levels.x(panel), **span(panel), color=GREEN)
    above = beyond(panel, levels.chart("lines")).encode(levels.x(panel))
    return charts.finish(alt.layer(band, here, line, above, left, *legend(panel)), height=220)


def against(
    levels: Levels,
    right: Sequence[Sequence[float]],
    wrong: Sequence[Sequence[float]],
    names: tuple[str, str],
    title: str,
    *,
    what: str = "Validation loss",
    low: float = 0.0,
    top: float | None = None,
    percent: bool = False,
) -> Picture:
    """Return the picture of a measure, done right and done wrong; it is drawn into `Frame(name, hint="", panels=1)`.

    right, wrong: the measure by level and seed; NaN where a seed diverged, none where there is no way to do it. names:
    of the two, short enough for a phone. title: of its axis, from `low` to `top`, by default a little above all values;
    arrows say what is above it. what: the measure, as its sentence begins.
    """
    pairs = [(names[0], "technique", right), (names[1], "mistake", wrong)]
    lines = [row for _, who, values in pairs for row in levels.rows(values, who)]
    said = []
    for name, *both in zip(levels.names, right, wrong, strict=True):
        means = [average(each) for each in both]
        figures = [f"{who} {mean:.3f}" for who, mean in zip(names, means, strict=True) if math.isfinite(mean)]
        if figures:
            said.append(f"{levels.title} {name}: {', '.join(figures)}")
    return Picture(
        _against(levels, title, low, percent),
        {"lines": lines, "legend": entries(*((name, who) for name, who, _ in pairs))},
        alt=f"{what} against {levels.title}: {names[0]}, and {names[1]}.",
        now=words.capital("; ".join(said)),
        levels=levels,
        top=charts.ceiling(row["high"] or 0.0 for row in lines) if top is None else top,
    )


def show_against(
    name: str,
    levels: Levels,
    right: Run,
    wrong: Run,
    names: tuple[str, str],
    title: str,
    value: float,
    *,
    top: float | None = None,
    first: int = 0,
) -> None:
    """Draw the validation loss of a scale, done right and done wrong, in a frame of that name (`against`).

    value: of the control, whose level is marked. first: the first level at which there is a way to do it wrong.
    """
    good, bad = (outcomes(run, "val_loss") for run in (right, wrong))
    bad = [[] if level < first else losses for level, losses in enumerate(bad)]
    Frame(name, hint="", panels=1).draw(against(levels, good, bad, names, title, top=top), value)


def say_harm(name: str, comparison: words.Comparison, more: str = "") -> None:
    """Write what a mistake did, and that it shows no harm where it shows none.

    name: of the button that adds seeds. more: sentences that come after.
    """
    after = " ".join(filter(None, (words.no_harm(comparison), more)))
    sections.measured(words.around(comparison, after=after), more=f"more_{name}")


def show_mistaken(
    name: str, study: Study, scale: Scale, value: float, wrong: Callable[..., Any], *, before: str = "", **how: Any
) -> None:
    """Train one strength once more with a wrong function in its place, and write what that did on the test rows.

    name: of the mistake. before: a sentence that comes first. how: as `Study.compare_at` takes it, for the loss.
    """
    level, note = scale.values.index(value), "Training with the mistake"
    right = study.sweep(scale, place=st.empty())
    run = study.train(scale.settings(study.base)[level], replace={scale.field: wrong}, place=st.empty(), note=note)
    loss, accuracy = study.on_test_rows((right, level), (run, 0), **how)
    sections.measured_each([words.around(loss, before=before), accuracy], more=f"more_{name}")


def show_misled(name: str, study: Study, run: Run, right: int, wrong: int, opening: str, *, with_: str) -> None:
    """Write what it costs on the test rows to choose a strength by a wrong reading, where it costs anything.

    right, wrong: the levels chosen. opening: the sentence on how they were. with_: what the wrong choice is called.
    """
    if right == wrong:
        sections.say(f"{opening} Both choose the same: the reading is wrong, the choice here is not.")
        return
    comparison = study.compare_at((run, right), (run, wrong), "test_loss", with_=with_)
    sections.measured(words.around(comparison, before=opening), more=f"more_{name}")
