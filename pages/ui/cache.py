"""What is computed once for all visitors and kept: `st.cache_resource`, made once for all runs of a page's script.

What is computed of a visitor's own data is kept in the session alone (`own_data`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from types import CodeType
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from pages.ui import own_data

P = ParamSpec("P")
R = TypeVar("R")

_made: dict[tuple[str, CodeType], Any] = {}


def cached(max_entries: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the results of a function of scalars, strings and tuples; arguments named `_like` this do not count.

    max_entries: how many results; the oldest goes first.

    A page's script runs anew for every change, and Streamlit reads a function's source each time that it is decorated:
    a sixth of such a run. So the first run's function serves all that follow. It must use nothing that differs between
    two runs of the script but its arguments.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        place = function.__code__.co_filename, function.__code__
        if place not in _made:
            shared = st.cache_resource(max_entries=max_entries, show_spinner=False)(function)
            _made[place] = _by_session(function, shared, max_entries)
        first: Callable[P, R] = _made[place]
        return first

    return decorate


def cached_of(max_entries: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the results of a function of runs and of what was computed: things that are equal to themselves alone.

    A `Run` is the same object for all who ask `runs.train` for it, and so are the results of a `cached` function. So
    they are keys themselves, and no argument is there for the key alone. The arguments are held as long as the results.

    >>> @cached_of(2)
    ... def doubled(values: tuple[int, ...]) -> list[int]:
    ...     return [2 * value for value in values]
    >>> doubled((1, 2)) is doubled((1, 2))
    True
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        place = function.__code__.co_filename, function.__code__
        if place not in _made:
            _made[place] = _by_session(function, lru_cache(max_entries)(function), max_entries)
        first: Callable[P, R] = _made[place]
        return first

    return decorate


def _by_session(function: Callable[P, R], shared: Callable[P, R], max_entries: int) -> Callable[P, R]:
    """Return a function that keeps in the session what is asked of one's own data, and all else for all visitors.

    The library's functions are given the dataset where they are asked by its name; those of pages load it themselves.
    """
    place = function.__module__, function.__qualname__
    resolve = own_data.given if function.__module__.startswith("reglab") else lambda value: value

    @wraps(function)
    def asked(*args: P.args, **how: P.kwargs) -> R:
        named = tuple(sorted((name, value) for name, value in how.items() if not name.startswith("_")))
        if not (own_data.is_own(args) or own_data.is_own(tuple(value for _, value in named))):
            return shared(*args, **how)
        mine, key = own_data.here(place), (args, named)
        if key not in mine:
            given: Any = [resolve(value) for value in args]
            mine[key] = own_data.hold(function(*given, **{name: resolve(value) for name, value in how.items()}))
            for old in list(mine)[:-max_entries]:
                del mine[old]
        result: R = mine[key]
        return result

    return asked
