"""The lower half of a technique page: predict first, common mistakes, in your framework, the code, the papers."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui import charts, controls, escape, glossary, own_data, pairs
from pages.ui.pages import PAGES
from pages.ui.words import Comparison, alone

from reglab import export
from reglab.datasets import Dataset
from reglab.settings import Settings, Training

# Values in which no line ends: 0.1 ± 0.02, 95 %, 5 of 5.
WHOLE = re.compile(r"(?:[+−]?[\d.,]+(?: %)? )?± [\d.]+(?: (?:%|points))?|[+−]?\d[\d.,]* (?:%|points)|\b\d+ of \d+\b")
# What a sentence says where more seeds may tell more, whatever it says besides.
UNSURE = re.compile(r"seeds\W+cannot tell|not told apart by the seeds")
TABS = ("Predict first", "Common mistakes", "In your framework", "The code", "Papers and data")


def tabs() -> Sequence[Any]:
    """Return the five tabs of sections 7 to 10, as containers, in the order of `TABS`."""
    controls.tell("tab")
    return controls.tabs("tab", TABS)


def closed(tab: str) -> bool:
    """Return whether a tab of `TABS` is closed; what it would show may then wait until it is opened."""
    return bool(st.session_state.get(controls.key("tab"), tab) != tab)


def measured(comparison: Comparison | str, place: Any = None, *, more: str = "") -> None:
    """Write the sentence that the numbers wrote, with a bar whose colour says better, worse or neither.

    more: the name of a button that adds five seeds, where the seeds cannot tell and the page has `controls.seeds`.
    """
    verdict = "better" if isinstance(comparison, str) else comparison.verdict
    sentence = comparison if isinstance(comparison, str) else comparison.sentence
    whole = WHOLE.sub(r'<span class="whole">\g<0></span>', html.escape(sentence))
    bold = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", whole)
    drawn = "" if isinstance(comparison, str) else pairs.of(comparison)
    body = f"<span>{glossary.explain(bold, controls.explained())}</span>{drawn}"
    area = (place or st).container(gap="small") if more else (place or st)
    area.html(f'<div class="measured {"" if verdict == "better" else verdict}" role="status">{body}</div>')
    if more and UNSURE.search(sentence):
        controls.offer_seeds(more, area)


def measured_each(comparisons: Sequence[Comparison], more: str) -> None:
    """Write several comparisons of the same runs; the first that the seeds cannot tell has the button `more`."""
    first = next((comparison for comparison in comparisons if UNSURE.search(comparison.sentence)), None)
    for comparison in comparisons:
        measured(comparison, more=more if comparison is first else "")


def say(sentence: str, verdict: str = "none", place: Any = None, *, more: str = "") -> None:
    """Write a measured sentence that is no comparison of its own; verdict: "better", "worse" or "none".

    more: the name of the button, as in `measured`.
    """
    measured(alone(sentence, verdict), place, more=more)


def predict(
    question: str, options: Sequence[str], answer: Callable[[], tuple[str, str]], *, name: str = "prediction"
) -> None:
    """Ask one question; after a choice, `answer()` measures and returns (the right option, what was measured)."""
    guess = st.radio(escape.as_markdown(question), options, index=None, key=controls.key(name))
    if guess is None:
        st.html('<div class="quiet">Choose first; the measured answer follows.</div>')
        return
    right, sentence = answer()
    opening = "As you predicted. " if guess == right else f"Measured otherwise: {right}. "
    say(opening + sentence, "better" if guess == right else "none", more=f"{name}_more")


def mistake(name: str, label: str, story: str, show: Callable[[], None], off: str = "") -> None:
    """Offer a switch that puts a real, documented bug in; `show()` runs only while it is on.

    off: why the bug changes nothing at the present settings, which is said in place of what it does.
    """
    on = controls.switch(name, label)
    st.html(f'<div class="quiet">{html.escape(story)}</div>')
    if on and off:
        say(off)
    elif on:
        show()


def framework(settings: Settings, training: Training, dataset: Dataset) -> None:
    """Show the present settings as the code of one framework, chosen by the reader; in an open tab only."""
    if closed("In your framework"):  # the highlighter of code weighs more than the rest of the page
        return
    name = controls.choice("framework", "Framework", export.FRAMEWORKS, export.FRAMEWORKS[0], style="segments")
    shapes = {"n_features": dataset.x.shape[1], "n_classes": dataset.n_classes, "image_shape": dataset.image_shape}
    st.code(export.to_code(name, settings, training, task=dataset.task, **shapes), language="python")


def code(*objects: Any) -> None:
    """Show the source that trains, of modules, functions or classes; in an open tab only."""
    if closed("The code"):
        return
    for item in objects:
        # A public function checks what it is given, and calls the one that trains, of the same name with an underscore.
        trains = getattr(inspect.getmodule(item), f"_{getattr(item, '__name__', '')}", None)
        for part in (item, trains) if inspect.isfunction(trains) else (item,):
            st.code(inspect.getsource(part).rstrip(), language="python")


def papers(name: str) -> None:
    """List the page's sources."""
    for paper in PAGES[name].papers:
        st.markdown(f"{paper.authors} ({paper.year}). [{paper.title}]({paper.url})")


def _called(rows: charts.Rows) -> charts.Rows:
    """Return rows in which one's own data are called by their checksum: their name is of the session alone.

    >>> _called([{"dataset": "own data 0123456789ab 77 1", "loss": 0.5}])
    [{'dataset': 'your data 0123456789ab', 'loss': 0.5}]
    """
    if isinstance(rows, Mapping):
        return {name: list(map(_text, values)) if name == "dataset" else values for name, values in rows.items()}
    return [{**row, "dataset": _text(row["dataset"])} if "dataset" in row else row for row in rows]


def _text(name: Any) -> Any:
    return own_data.of_table(name) if isinstance(name, str) else name


def download(
    rows: charts.Rows | Callable[[], charts.Rows], file_name: str, label: str = "Download the curves as CSV"
) -> None:
    """Offer the picture's rows, or what returns them, as a CSV file, which is made when it is asked for."""

    def made() -> str:
        return charts.csv(_called(rows() if callable(rows) else rows))

    st.download_button(label, made, file_name, "text/csv", on_click="ignore", key=controls.key(f"csv_{file_name}"))
