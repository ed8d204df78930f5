"""The lower half of a technique's page, the same on every page: a question, mistakes, code, sources and files.

A page gives what it has as values; `lower_half` draws the tabs in their order. What trains is drawn last on a page, so
`lower_half` returns the place where the files of its pictures are offered then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui import charts, controls, sections
from pages.ui.layout import copy_link
from pages.ui.study import Compared, Study

from reglab.export import FRAMEWORKS
from reglab.settings import Settings


@dataclass(frozen=True)
class Question:
    """A question with its options; `answer()` measures and returns the right option and what was measured."""

    text: str
    options: Sequence[str]
    answer: Callable[[], tuple[str, str]]
    name: str = "prediction"


@dataclass(frozen=True)
class Mistake:
    """A real, documented bug: the switch that puts it in, its story, and `show()`, which measures what it does.

    off: why it changes nothing at the present settings, if so: it is said, and nothing is measured.
    """

    name: str
    label: str
    story: str
    show: Callable[[], None]
    off: str = ""


@dataclass(frozen=True)
class Table:
    """A file to download: its name without the ending, what it holds, and what makes its rows when it is asked for."""

    name: str
    what: str
    rows: Callable[[], charts.Rows]


def table_of(study: Compared, name: str, rows: Callable[[], Sequence[Mapping[str, Any]]]) -> Table:
    """Return the file of a page's picture, whose rows say on which data they were measured."""
    return Table(controls.key(name), name.replace("_", " "), lambda: study.table(rows()))


@dataclass(frozen=True)
class Files:
    """The place for the files of a page's pictures."""

    place: Any

    def offer(self, tables: Sequence[Table]) -> None:
        """Offer the tables as CSV files."""
        with self.place:
            for table in tables:
                sections.download(table.rows, f"{table.name}.csv", f"Download {table.what} as CSV")


def lower_half(
    page: str,
    *,
    questions: Sequence[Question],
    mistakes: Sequence[Mistake],
    study: Study | None = None,
    settings: Settings | None = None,
    code: Sequence[Any],
    more_code: Callable[[str], str] | None = None,
    tabs: Sequence[Any] = (),
    write: Callable[[str], str] | None = None,
) -> Files:
    """Draw a page's five tabs, and fill the header's copied link; call it once all controls of the page are drawn.

    study, settings: the present ones, which the framework's code has. more_code: what that goes on with, made of the
    framework's name. write: what makes a framework's code of its name, on a page without a study. code: the functions
    whose source is shown. tabs: `sections.tabs()`, where a page has more to put into them.
    """
    predict, wrong, ported, source, papers = tabs or sections.tabs()
    # Each question and each mistake has a place of its own: what one shows does not count the others on to a later
    # place in their tab, where the browser would make their switches anew and lose a press under way.
    with predict:
        for question in questions:
            with st.container():
                sections.predict(question.text, question.options, question.answer, name=question.name)
    with wrong:
        for mistake in mistakes:
            with st.container():
                sections.mistake(mistake.name, mistake.label, mistake.story, mistake.show, mistake.off)
    with ported:
        if study is not None and settings is not None:
            sections.framework(settings, study.training, study.data)
        elif write and not sections.closed(sections.TABS[2]):
            name = controls.choice("framework", "Framework", FRAMEWORKS, FRAMEWORKS[0], style="segments")
            st.code(write(name), language="python")
        if more_code and not sections.closed(sections.TABS[2]):
            st.code(more_code(st.session_state[controls.key("framework")]), language="python")
    with source:
        sections.code(*code)
    with papers:
        sections.papers(page)
        files = Files(st.container())
    copy_link()
    return files
