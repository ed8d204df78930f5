"""One's own data: kept in the visitor's session alone, and found there under a name that no other session has.

The data are in no file, no log, no cache and no link. What is computed of them is kept in the session too: `runs` and
`cached` ask `is_own` of what they are given, and `here` for the place.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from pages.ui.own_file import CHECKSUM, File

from reglab import datasets
from reglab.datasets import Dataset

T = TypeVar("T")

PREFIX = "own data "
CALLED = "Your data"
ASKED = re.compile(rf"{CALLED} ([0-9a-f]{{{CHECKSUM}}})\b")  # as a link to a technique's page names it
_OWN = "reglab:own_data"  # the file, and the dataset that is made of it
_FILE = "reglab:own_file"
_TOKEN = "reglab:own_token"  # what no other session has in the names of its data
_KEPT = "reglab:own_kept"  # place -> what is kept of this session's own data
_COMPUTED = "reglab:own_computed"  # id -> what was computed of this session's own data


@dataclass(frozen=True, eq=False)
class Own:
    """A dataset of one's own, with the choices that made it of a file."""

    file: File
    target: str
    task: str | None
    groups: str | None
    data: Dataset

    @property
    def name(self) -> str:
        """What it is found under: of this session alone."""
        return self.data.name

    @property
    def label(self) -> str:
        """What it is called in lists and links: by its checksum, and by the choices without which it is another."""
        how = [self.target, *filter(None, [self.task, self.groups and f"groups {self.groups}"])]
        return f"{CALLED} {self.file.checksum}, {', '.join(how)}"


def take(file: File | None) -> None:
    """Let a file stand for the session's own data, or none; what was computed of the one before is forgotten."""
    for place in (_OWN, _KEPT, _COMPUTED, _FILE):
        st.session_state.pop(place, None)
    if file is not None:
        st.session_state[_FILE] = file


def file() -> File | None:
    """Return the session's own file, None where none was given."""
    uploaded: File | None = st.session_state.get(_FILE)
    return uploaded


def make(given: File, target: str, task: str | None = None, groups: str | None = None) -> Own:
    """Return the dataset of a file and choices, which the session then has as its own; made once for the same ones.

    Raise `own_file.Refused` where there is none; the one before is then no more.
    """
    was = current()
    if was and was.file is given and (was.target, was.task, was.groups) == (target, task, groups):
        return was
    for place in (_OWN, _KEPT, _COMPUTED):
        st.session_state.pop(place, None)
    token = st.session_state.setdefault(_TOKEN, secrets.token_hex(8))
    name = f"{PREFIX}{given.checksum} {token} {secrets.token_hex(4)}"
    made = Own(given, target, task, groups, given.dataset(target, task, groups, name))
    st.session_state[_OWN] = made
    return made


def current() -> Own | None:
    """Return the session's own dataset, None where there is none."""
    mine: Own | None = st.session_state.get(_OWN)
    return mine


def load(name: str) -> Dataset:
    """Return the bundled dataset of that name, or the session's own.

    >>> load("wine").n_classes
    3
    """
    if not name.startswith(PREFIX):
        return datasets.load(name)
    mine = current()
    if mine is None or mine.name != name:
        raise ValueError("dataset must be one of this session")
    return mine.data


def is_own(value: Any) -> bool:
    """Tell whether something is one's own data by its name, or was computed of it.

    >>> is_own("wine"), is_own(f"{PREFIX}0a 1b"), is_own((3, "own data 0a 1b"))
    (False, True, True)
    """
    if isinstance(value, (tuple, list)):
        return any(map(is_own, value))
    if value is None or isinstance(value, (int, float)):
        return False
    name = value if isinstance(value, str) else getattr(value, "dataset", "")
    if isinstance(name, str) and name.startswith(PREFIX):
        return True
    return not isinstance(value, str) and id(value) in st.session_state.get(_COMPUTED, {})


def hold(result: T) -> T:
    """Return what was computed of one's own data, noted as that: most results do not name the data they are of."""
    st.session_state.setdefault(_COMPUTED, {})[id(result)] = result  # it is held, so that its id is of nothing else
    return result


def given(value: Any) -> Any:
    """Return what the library is given: the dataset for a name of one's own, all else as it is."""
    return load(value) if isinstance(value, str) and value.startswith(PREFIX) else value


def here(place: Hashable) -> dict[Any, Any]:
    """Return where this session keeps what is computed of its own data, by the place that asks."""
    by_place: dict[Hashable, dict[Any, Any]] = st.session_state.setdefault(_KEPT, {})
    return by_place.setdefault(place, {})


def titles(names: dict[str, str]) -> dict[str, str]:
    """Return what datasets are called, by name, with the session's own behind them."""
    mine = current()
    return {**names, mine.name: mine.label} if mine else names


def of_table(name: str) -> str:
    """Return what a file to download calls a dataset.

    >>> of_table("wine"), of_table(f"{PREFIX}0123456789ab 77 1")
    ('wine', 'your data 0123456789ab')
    """
    return f"your data {name.removeprefix(PREFIX)[:CHECKSUM]}" if name.startswith(PREFIX) else name
