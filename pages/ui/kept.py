"""What is computed once for all visitors and kept: `st.cache_resource`, made once for all runs of a page's script."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any, ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
R = TypeVar("R")

_made: dict[tuple[str, CodeType], Any] = {}


def kept(max_entries: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the results of a function of scalars, strings and tuples; arguments named `_like` this do not count.

    max_entries: how many results; the oldest goes first.

    A page's script runs anew for every change, and Streamlit reads a function's source each time that it is decorated:
    a sixth of such a run. So the first run's function serves all that follow. It must use nothing that differs between
    two runs of the script but its arguments.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        place = function.__code__.co_filename, function.__code__
        if place not in _made:
            _made[place] = st.cache_resource(function, max_entries=max_entries, show_spinner=False)
        return _made[place]

    return decorate
