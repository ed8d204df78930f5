"""The home page: the training step as a line, with every technique standing on it, and three ways in."""

import html

import streamlit as st

from pages.ui.layout import link, open_page
from pages.ui.lesson_index import lesson_link, lessons_of
from pages.ui.pages import COMBINED, LINE, PAGES, TECHNIQUES

WHAT_HAPPENS = {
    "batch": "rows are drawn",
    "target": "labels are set",
    "unit": "units fire",
    "branch": "blocks add up",
    "gradient": "errors flow back",
    "weights": "weights move",
    "after": "the run is watched",
}
# Page, the lesson that shows it, what differs from that lesson, and the sentence where it is not the page's own.
LEAVE_WITH: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("overfitting", "See it happen", {}, ""),
    ("l2", "Small weights", {}, ""),
    ("l1", "Reference", {}, ""),
    ("dropout", "See it work", {"effect": "Co-adaptation"}, ""),
    ("early_stopping", "See it work", {}, ""),
    ("image_augmentation", "See it work", {}, ""),
    ("label_smoothing", "See it work", {}, ""),
    ("combined_strategy", "Small images", {}, ""),
    ("l2", "Too much", {}, "Balance: too little overfits, too much underfits."),
)
FIVE_LINES = """\
from reglab import Settings, fit

dropped = Settings(dropout=0.5)
run = fit("digits", [Settings(), dropped])
loss = run.kept("test_loss").mean(axis=1)
print("test loss off, on:", loss.round(3))
"""

open_page("home")

st.html(
    '<p class="quiet">One training step, in the order in which it runs, and the techniques that act at each place.</p>'
)
for column, (place, items) in zip(st.columns(len(LINE), gap="small"), LINE, strict=True):
    with column, st.container(key=f"place_{place}", gap=None):
        st.html(f'<div class="step-place">{place}<br><span class="quiet">{WHAT_HAPPENS[place]}</span></div>')
        for name, _ in items:
            link(PAGES[name])

st.header("Three ways in", anchor=False)
learn, decide, build = st.columns([1, 1, 1.5], gap="medium")
with learn:
    st.markdown(
        "**Learn.** See what overfitting is, then take the techniques one by one. Every curve is trained while "
        "you watch, over several seeds; where a technique does not help, the page says so."
    )
    link(PAGES["overfitting"], "Start with overfitting")
with decide:
    st.markdown(
        "**Decide.** You have a run that overfits? Type its size and its two losses, read what to change, and "
        "watch the advice proved on real data."
    )
    link(COMBINED, "Diagnose a run")
with build:
    st.markdown("**Import.** The library behind the pages needs NumPy and nothing else.")
    # Streamlit's highlighter would be a third of the page's weight, in colours that are too faint.
    st.html(f'<pre class="five-lines"><code>{html.escape(FIVE_LINES.strip())}</code></pre>')

st.header("What to leave with", anchor=False)
with st.container(key="leave_with", gap=None):
    for name, lesson, values, sentence in LEAVE_WITH:
        lesson_link(PAGES[name], lesson, sentence or PAGES[name].lesson, **values)

# On demand: the links are many, and each page's script is read for them.
with st.expander("Every lesson, for teachers", key="home_every_lesson", on_change="rerun") as every:
    if every.open:
        st.html('<p class="quiet">Each link sets the whole page; “Copy link” there keeps every value.</p>')
        columns = st.columns(3, gap="medium")
        for number, page in enumerate(page for page in (*TECHNIQUES, COMBINED) if page.exists):
            with columns[number % 3]:
                st.subheader(page.title, anchor=False)
                with st.container(key=f"lessons_{page.name}", gap=None):
                    for lesson in lessons_of(page):
                        lesson_link(page, lesson)
