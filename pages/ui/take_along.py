"""What is taken along of a run: its settings as code, and a report in one file with its curve and all that was said."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.ui import controls, escape, own_run, plan, proof, run_facts, sections
from pages.ui.own_data import load

import reglab
from reglab import strategy
from reglab.curves import Curve
from reglab.export import FRAMEWORKS
from reglab.reporting.parts import FEWEST, code_of
from reglab.reporting.typed import as_shape

FILES = {"markdown": ("Markdown", "run.md", "text/markdown"), "html": ("HTML", "run.html", "text/html")}


def about_code(
    wanted: plan.Wanted, n_classes: int | None, shares: Sequence[float] | None, variance: float | None
) -> tuple[dict[str, Any], list[str]]:
    """Return what the code is to know of the run, as `reglab.report` takes it, and what had to be guessed of that.

    The sizes are those of the person's own data, and not those of the data that the proof is trained on.
    """
    task, shape, guessed = "image" if wanted.which == "image" else wanted.task, None, []
    if task == "image":
        shape = as_shape(str(own_run.present("image_shape")))
        if own_run.present("whose") == "example" and shape is None:
            shape = load("digits").image_shape
            guessed.append("The example's images are taken as large as those of digits.")
    count = n_classes or (len(shares) if shares else None)
    if wanted.target == "number":
        count = None
    elif count is None and wanted.architecture != "language model":
        count = FEWEST
        guessed.append(f"How many classes there are was not told: the code has {FEWEST}.")
    about = {
        "task": task,
        "n_classes": count,
        "image_shape": shape,
        "learning_rate": wanted.rate,
        "batch_size": wanted.batch,
        "optimizer": wanted.optimizer,
        "architecture": "dense" if wanted.which == "image" else wanted.architecture,
        "target_variance": variance if wanted.target == "number" else None,
    }
    return about, guessed


def _chosen(wanted: plan.Wanted) -> reglab.Settings | None:
    """Return the settings that are tried in place of those that are advised, None where these are."""
    return wanted.settings if wanted.given or wanted.which != "advice" else None


def show_code(
    advice: strategy.Advice,
    curve: Curve | None,
    wanted: plan.Wanted,
    about: dict[str, Any],
    guessed: Sequence[str] = (),
) -> None:
    """Show the settings as the code of one framework, chosen by the reader; in an open tab only.

    about, guessed: as `about_code` returns them.
    """
    if sections.closed("In your framework"):  # the highlighter of code weighs more than the rest of the page
        return
    name = controls.choice("framework", "Framework", FRAMEWORKS, FRAMEWORKS[0], style="segments")
    code = code_of(name, advice, curve, _chosen(wanted), **about)
    if code is None:
        st.markdown("Trees have no code here: the settings above are those of the boosting library.")
        return
    st.markdown(escape.as_markdown(run_facts.in_labels(" ".join([*guessed, *code.notes]))))
    if code.text:
        st.code(code.text, language="python")


def _in_words(advice: strategy.Advice) -> strategy.Advice:
    """Return an advice whose sentences have the labels of the page's fields in place of the library's names."""
    parts: dict[str, Any] = {
        name: tuple(map(run_facts.in_labels, getattr(advice, name))) for name in ("why", "next_steps", "unchecked")
    }
    both: dict[str, Any] = {
        name: tuple(
            dataclasses.replace(each, sentence=run_facts.in_labels(each.sentence)) for each in getattr(advice, name)
        )
        for name in ("reasons", "changes")
    }
    return dataclasses.replace(advice, **parts, **both)


def offer(
    advice: strategy.Advice,
    curve: Curve | None,
    wanted: plan.Wanted,
    planned: proof.Plan | None,
    proved: proof.Proved | None,
    about: dict[str, Any],
    guesses: Sequence[str] = (),
    compared: str = "",
) -> None:
    """Offer the report as a file, which is made when it is asked for.

    about: as `about_code` returns it. guesses: what was taken for granted of the run, one sentence each. compared: what
    several runs say beside each other.
    """
    framework = st.session_state.get(controls.key("framework"), FRAMEWORKS[0])
    now = own_run.state()
    said = st.session_state.get(own_run.SAID, {})
    notes = [run_facts.listing(now), own_run.chosen(), *run_facts.whence(now, said), *map(run_facts.in_labels, guesses)]
    in_words = _in_words(advice)

    def made(kind: str) -> Callable[[], str]:
        return lambda: reglab.report(
            curve,
            in_words,
            _chosen(wanted),
            notes=notes,
            verdict=f"{proved.sentence} {planned.said}" if proved and planned else "",
            compared=run_facts.in_labels(compared),
            answer=proved.verdict if proved else "",
            proof=proved.rows if proved else (),
            framework=framework,
            format=kind,
            **about,
        )

    for place, (kind, (label, name, mime)) in zip(st.columns([1, 1, 2]), FILES.items(), strict=False):
        place.download_button(
            f"Report as {label}", made(kind), name, mime, on_click="ignore", key=controls.key(f"report_{kind}")
        )
