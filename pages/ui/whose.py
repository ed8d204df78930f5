"""Whose numbers the page's fields hold, settled before they are drawn: an example's, or a person's own run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui import controls, run_facts, run_log
from pages.ui.own_run import EXAMPLE, NOT_TOLD, UNTOLD, present, state
from pages.ui.run_log import WAITING, Given

from reglab.curves import Curve

BEFORE = "combined_strategy:whose"
LOSSES = "combined_strategy:losses"  # while there is a curve: its losses, and those that were typed before it
BY_KIND = ("classes", "shares", "constant", "variance", "image_shape")  # drawn for one kind of target or data alone

Lessons = Mapping[str, Mapping[str, Any]]


def is_over(waiting: dict[str, Any], now: dict[str, Any]) -> bool:
    """Tell whether a person has gone on from a log that was refused.

    A file that is still listed stands for the run, whatever else is typed, until another curve is put in the field.
    """
    since = waiting.get("since", now)
    if "file" not in waiting:
        return bool(since != now)
    to_an_example = now["whose"] == "example" and since["whose"] == "own"
    return to_an_example or since["curve"] != now["curve"] or not run_log.listed()


def take_losses(curve: Curve | None) -> None:
    """Let the fields of the losses hold those of the curve; without one, what was typed before it comes back."""
    names = ("train", "val")
    now, saved = {name: present(name) for name in names}, st.session_state.get(LOSSES)
    if curve:
        none = [math.nan]  # a log of accuracies alone
        ends = {"train": curve.get("train_loss", none)[-1], "val": curve.get("val_loss", none)[-1]}
        written = {name: f"{value:.6g}" if math.isfinite(value) else "" for name, value in ends.items()}
        if saved is None:  # a link to a curve holds its losses, which nobody typed
            saved = {"typed": {name: now[name] if now[name] != written[name] else "" for name in names}}
        st.session_state[LOSSES] = {**saved, "written": written}
        controls.set_values({name: text for name, text in written.items() if now[name] != text})
    elif saved:
        del st.session_state[LOSSES]
        controls.set_values({name: saved["typed"][name] for name in names if now[name] == saved["written"][name]})


def of_lesson(lessons: Lessons, text: str) -> bool:
    """Tell whether a log is that of an example."""
    return bool(text) and any(text == lesson.get("curve") for lesson in lessons.values())


def begin_own(lessons: Lessons, now: dict[str, Any], drawn: bool) -> None:
    """Empty the fields of an example's numbers: a person's own run comes in.

    drawn: the fields were on the page before; else a link opens it, and what that does not name was not told.
    """
    lesson = {**EXAMPLE, **lessons[run_facts.nearest(lessons, now)]}
    unnamed = [field for field in run_facts.FIELDS if controls.key(field) not in st.query_params]
    empty = run_facts.of_example(lesson, now) if drawn else unnamed
    empty += ["curve"] if of_lesson(lessons, now["curve"]) else []
    untold = {
        name: NOT_TOLD
        for name in UNTOLD
        if (now[name] == lesson[name] if drawn else controls.key(name) not in st.query_params)
    }
    controls.set_values({"whose": "own", "diverged": False, **untold, **dict.fromkeys(empty, "")})


def settle(lessons: Lessons) -> tuple[Given | None, str]:
    """See whose numbers the fields hold, before they are drawn; return the log that was given, or why there is none.

    The fields of the losses hold those of the curve while there is one.
    """
    now, drawn = state(), controls.key("n") in st.session_state
    was, waiting = st.session_state.get(BEFORE), st.session_state.get(WAITING)
    if waiting and is_over(waiting, now):
        waiting = st.session_state.pop(WAITING) and None
    if now["whose"] == "own":
        if drawn and was == "example":
            begin_own(lessons, now, drawn)
        elif drawn:  # a field that was not drawn, since something else is predicted, has no number
            hidden = [field for field in BY_KIND if controls.key(field) not in st.session_state]
            controls.set_values(dict.fromkeys(hidden, ""))
    elif drawn and was == "own" and run_facts.nearest(lessons, now, exactly=True) is None:
        controls.set_values({name: EXAMPLE[name] for name in now})
    elif (now["curve"].strip() and not of_lesson(lessons, now["curve"])) or (waiting and "since" not in waiting):
        begin_own(lessons, now, drawn)
    now = state()
    run_log.forget_changes(now["curve"], drawn)
    if now["whose"] == "example" and run_log.listed():  # what is shown is not that file's
        st.session_state[run_log.FILES] = st.session_state.get(run_log.FILES, 0) + 1
    st.session_state[BEFORE] = now["whose"]
    given, wrong = None, ""
    if waiting:
        more = " Remove the file, or put a curve in the field: till then nothing is diagnosed."
        wrong = waiting["why"] + more * ("file" in waiting)
    elif now["curve"].strip():
        try:
            given = run_log.read(now["curve"])
        except ValueError as error:
            wrong = f"{error} Till the curve is put right or taken out, nothing is diagnosed."
    take_losses(given.curve if given else None)
    if waiting:
        st.session_state[WAITING] = {**waiting, "since": state()}
    return given, wrong
