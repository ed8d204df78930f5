"""The frame of every page: the sidebar, the header with the line of the training step, and the copied link."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from pages.ui import charts, controls, lecture
from pages.ui.pages import ALL_TECHNIQUES, COMBINED, HOME, LINE, PAGES, TECHNIQUES, YOUR_DATA, Page
from pages.ui.story import FIRST

# A finger on a picture is followed as a pointer is: a browser would give all its moves to what it touched first.
TOUCH = """<script>
if (!window.reglabTouch) {
  window.reglabTouch = true;
  document.addEventListener('pointerdown', (event) => {
    const mark = event.pointerType === 'touch' && event.target.closest('[data-testid="stVegaLiteChart"]');
    if (mark && event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
  });
}
</script>"""


def open_page(name: str) -> Page:
    """Draw the sidebar and the header; every page calls this first.

    Leaves a place for refused links and one for the copied link, which `copy_link` fills at the end of the page.
    """
    page = PAGES[name]
    title = page.title if page is HOME else f"{page.title} · reglab"
    sheets = {"lecture.css": lecture.is_on(), "embedded.css": bool(st.context.is_embedded)}
    folded: Literal["auto", "collapsed"] = "collapsed" if any(sheets.values()) else "auto"
    st.set_page_config(page_title=title, page_icon="📐", layout="wide", initial_sidebar_state=folded)
    _style("style.css", *(file for file, on in sheets.items() if on))
    st.html(TOUCH, unsafe_allow_javascript=True)
    charts.prepare()
    controls.begin(name)
    _sidebar()
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.title(page.title, anchor=False)
        if lecture.is_on():
            st.html(lecture.ANSWERS, unsafe_allow_javascript=True, width="content")
        if name != HOME.name:
            st.session_state["reglab:link"] = st.empty()
        what = "Large type, answers hidden, arrow keys go through the lessons."
        label = "End lecture" if lecture.is_on() else "Lecture"
        st.button(label, key="lecture", on_click=lecture.change, help=what, width="content")
    st.markdown(page.sentence)
    if page.formula or page.places:
        with st.container(key="about", gap="small"):  # on a phone it follows the first picture (style.css)
            if page.formula:
                parts = re.split(r" \\q?quad ", page.formula)  # a narrow screen breaks between them, not within
                st.markdown("\u00a0\u00a0\u00a0\u00a0 ".join(f"$\\displaystyle {part}$" for part in parts))
            if page.places or name == "overfitting":
                st.html(line(page))
    controls.show_refusals()
    return page


def picture_and_controls(
    heading: str = "", *, part: Literal["whole", "controls", "picture"] = "whole"
) -> tuple[Any, Any]:
    """Return two columns: the picture with its main control, and the other controls; a phone stacks them so.

    heading: above them; without one they are the page's first picture. part: "controls" and "picture" where the two of
    the first picture stand in columns of their own, since a clock draws the latter alone.
    """
    if heading:
        st.header(heading, anchor=False)
    if part != "picture":
        controls.tell("effect" if heading else FIRST)
    names = {"whole": "first_picture", "picture": "first_picture", "controls": "main_control"}
    place = st.container(key=None if heading else names[part])
    picture, side = place.columns([3.4, 1], gap="large")
    return picture, side


def line(page: Page) -> str:
    """Return the line of the training step as HTML, one row of its places, with the page's lit and named."""
    cells = []
    for place, items in LINE:
        lit = place in page.places
        labels = ", ".join(html.escape(label) for owner, label in items if owner == page.name)
        here = f' <em class="here">{labels}</em>' if lit else ""
        mark = ' class="lit" aria-current="step"' if lit else ""
        cells.append(f"<li{mark}><b>{place}</b>{here}</li>")
    return f'<ol class="line" aria-label="The training step, from batch to after; lit: this page">{"".join(cells)}</ol>'


def as_sentence(text: str) -> str:
    """Return a text with a capital first letter, but for a name that has its own, such as nanoGPT.

    >>> as_sentence("judgement, not measured"), as_sentence("nanoGPT, train.py")
    ('Judgement, not measured', 'nanoGPT, train.py')
    """
    first = text.partition(" ")[0]
    return text if first != first.lower() else text[:1].upper() + text[1:]


def settings_table(rows: Sequence[tuple[str, Any, tuple[float, float] | None, Sequence[tuple[str, str]]]]) -> None:
    """Show settings: (name, value, range to search or None, [(reason, source), ...])."""
    body = []
    for name, value, around, reasons in rows:
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        search = f" <small>search {around[0]:g} to {around[1]:g}</small>" if around and around[0] < around[1] else ""
        why = "<br>".join(
            f"{html.escape(reason)} <small>{html.escape(as_sentence(source))}</small>".strip()
            for reason, source in reasons
        )
        body.append(
            f"<tr><td class='name'>{html.escape(name.replace('_', ' '))}</td>"
            f'<td class="number"><b>{html.escape(shown)}</b>{search}</td><td>{why}</td></tr>'
        )
    head = "<thead><tr><th>setting</th><th>value</th><th>why, and who says so</th></tr></thead>"
    st.html(f'<table class="settings-table">{head}<tbody>{"".join(body)}</tbody></table>')


def facts(title: str, sentences: Sequence[str]) -> None:
    """Show a short list of sentences."""
    if sentences:
        st.markdown(f"**{title}**\n" + "".join(f"\n- {sentence}" for sentence in sentences))


def copy_link() -> None:
    """Write the address, and fill the header's place with a button that copies a link holding every value of the page.

    The address bar leaves defaults out, and may name a lesson; the button writes every value, so that a later default
    changes no old lesson. It reads the address bar when pressed, so values changed within a fragment are in it as well.
    """
    controls.write_address()
    place = st.session_state.get("reglab:link")
    if place is None:
        return
    defaults, present = (
        html.escape(json.dumps(texts).replace("<", "\\u003c")) for texts in (controls.defaults(), controls.present())
    )
    script = """
    (() => {
      const button = document.getElementById('copy-link');
      if (!button || button.dataset.ready) return;
      button.dataset.ready = '1';
      button.addEventListener('click', async () => {
        const address = new URLSearchParams(location.search), {lesson, present, defaults} = button.dataset;
        const query = new URLSearchParams(JSON.parse(address.has(lesson) ? present : defaults));
        if (address.get('lecture') === '1') query.set('lecture', '1');
        for (const [name, value] of address) if (query.has(name)) query.set(name, value);
        const link = location.origin + location.pathname + '?' + query;
        try { await navigator.clipboard.writeText(link); }
        catch { window.prompt('Copy this link', link); }
        button.dataset.link = link;
        button.textContent = 'Link copied';
        setTimeout(() => { button.textContent = 'Copy link'; }, 1500);
      });
    })();
    """
    body = (
        f'<button type="button" id="copy-link" class="copy-link" data-lesson="{controls.key("lesson")}" '
        f'data-present="{present}" data-defaults="{defaults}">Copy link</button><script>{script}</script>'
    )
    place.html(body, unsafe_allow_javascript=True, width="content")


@cache
def _rules(file: str) -> str:
    return Path(__file__).with_name(file).read_text("utf-8")


def _style(*files: str) -> None:
    """Send stylesheets. A style alone would be applied once the run has ended, and a page that trains be seen bare."""
    st.html(f'<span class="style"></span><style>{"".join(map(_rules, files))}</style>')


def _sidebar() -> None:
    with st.sidebar:
        st.html('<div class="sidebar-name">reglab</div><div class="sidebar-group">Learn</div>')
        st.page_link("streamlit_app.py", label="Home")
        for page in TECHNIQUES:
            link(page)
        st.html('<div class="sidebar-group">Decide</div>')
        link(ALL_TECHNIQUES)
        link(COMBINED)
        link(YOUR_DATA)


def link(page: Page, label: str = "") -> None:
    """Link to a page, as it was left in this visit; name it without a link while its script is not there."""
    if page.exists:
        address = {**lecture.address(), **controls.address_of(page.name)}
        st.page_link(f"pages/{page.name}.py", label=label or page.title, query_params=address)
    else:
        st.html(f'<div class="missing-page">{html.escape(label or page.title)}</div>')
