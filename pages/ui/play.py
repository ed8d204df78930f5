"""Stepping and playing through the passes of a mechanism, whose present one is the page's control "pass"."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import controls

TICK = 0.8  # seconds between two passes


def draw(mechanism: Callable[..., None], *arguments: Any) -> None:
    """Run `mechanism(*arguments, ticking)` in a fragment, which the clock runs again while it plays."""
    ticking = bool(st.session_state.get(_playing()))
    st.fragment(mechanism, run_every=TICK if ticking else None)(*arguments, ticking)


def keep_time(passes: int, ticking: bool) -> None:
    """Step where it plays; the mechanism calls this first."""
    if ticking and st.session_state.get(_playing()):
        _tick(passes)
    if bool(st.session_state.get(_playing())) != ticking:
        st.rerun()  # the whole page, which says whether this is run again by the clock


def buttons(passes: int, ticking: bool) -> int:
    """Draw the slider of passes and the buttons that step and play; return the present pass, from 1."""
    number = int(controls.scale("pass", "Pass", tuple(float(i + 1) for i in range(passes)), 1.0))
    st.button("Next pass", on_click=_step, args=(passes,), key=controls.key("next"), width="stretch")
    st.button("Pause" if ticking else "Play", on_click=_play, args=(passes,), key=controls.key("play"), width="stretch")
    return number


def _playing() -> str:
    return controls.key("playing")


def _present() -> int:
    return int(st.session_state.get(controls.key("pass"), 1))


def _step(passes: int) -> None:
    """Go to the next pass, from the last to the first."""
    st.session_state[controls.key("pass")] = float(_present() % passes + 1)


def _play(passes: int) -> None:
    """Start or end playing; from the last pass it starts anew."""
    st.session_state[_playing()] = not st.session_state.get(_playing())
    if _present() >= passes:
        _step(passes)


def _tick(passes: int) -> None:
    """Step, where the last step was long enough ago; after the last pass, stop."""
    at = f"{_playing()}:at"
    if time.monotonic() - st.session_state.get(at, 0.0) < 0.75 * TICK:
        return
    st.session_state[at] = time.monotonic()
    if _present() < passes:
        _step(passes)
        controls.set_by_the_clock("pass")
    else:
        st.session_state[_playing()] = False
