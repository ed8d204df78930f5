"""The home page: one picture that moves, the training step with every technique standing on it, and three ways in."""

import html

import streamlit as st

from pages.pictures import home as pictures
from pages.pictures.home import DECAY, SCALE
from pages.ui import controls, sections
from pages.ui.drawing import Frame
from pages.ui.layout import link, open_page
from pages.ui.lesson_index import lesson_link, lessons_of
from pages.ui.pages import ALL_TECHNIQUES, COMBINED, LINE, PAGES, TECHNIQUES, YOUR_DATA, Page
from pages.ui.seeds import written
from pages.ui.study import Study
from pages.ui.thumbnails import thumbnail

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
    ("dropout", "See it work", {}, ""),
    ("early_stopping", "See it work", {}, ""),
    ("image_augmentation", "See it work", {}, ""),
    ("label_smoothing", "See it work", {}, ""),
    ("combined_strategy", "Small images", {"prove": "true"}, ""),
    ("l2", "Too much", {}, "Balance: too little overfits, too much underfits."),
)
WAYS_IN = (
    (
        PAGES["overfitting"],
        "Learn: start with overfitting",
        "Then take the techniques one by one. Every curve is a real run over several seeds; where a technique does "
        "not help, the page says so.",
    ),
    (
        COMBINED,
        "Bring a log: diagnose a run",
        "Type its losses or give its log. Read what to change, and watch the advice proved on real data.",
    ),
    (
        YOUR_DATA,
        "Bring data: see what helps it",
        "Give a table or images. A network learns them here, and the settings that help them are found and proved.",
    ),
)
FIVE_LINES = """\
from reglab import Settings, fit

dropped = Settings(dropout=0.5)
run = fit("digits", [Settings(), dropped])
loss = run.kept("test_loss").mean(axis=1)
print("test loss off, on:", loss.round(3))
"""

STUDY = Study("digits", 100, (0, 1, 2, 3, 4))


@st.fragment
def living_picture() -> None:
    """Draw how the two losses part as the strength is moved; the slider runs this alone."""
    decay = controls.scale("decay", "Strength of weight decay", SCALE.values, 0.0, named={0.0: "off"})
    frame = Frame("parting", "Train and validation loss", f"{STUDY.n_train} digits, five seeds")
    level = DECAY.of(decay)
    run = frame.follow(
        lambda **how: STUDY.sweep(SCALE, **how),
        lambda run, live: pictures.parting(run, [level] if live else range(len(SCALE.values))),
        decay,
    )
    losses = run.kept("val_loss").tolist()
    if level:
        sections.measured(STUDY.compare(losses[0], losses[level], with_=f"weight decay {decay:g}"))
    else:
        train = written(run.kept("train_loss")[0].tolist())
        sections.say(
            f"Without weight decay the network has its {STUDY.n_train} digits by heart: train loss **{train}**. On "
            f"others it is worse: validation loss **{written(losses[0])}**. Move the strength, until it is too much."
        )


def card(page: Page, label: str = "") -> None:
    """Draw a page's small picture above its link."""
    with st.container(key=f"card_{page.name}", gap=None):
        st.markdown(thumbnail(page.name), unsafe_allow_html=True)
        link(page, label)


def training_step() -> None:
    """Draw the line of the training step, and on it every technique, its picture where it stands first."""
    st.html('<p class="quiet">One training step, in the order in which it runs, and what acts at each place.</p>')
    drawn: set[str] = set()
    for column, (place, items) in zip(st.columns(len(LINE), gap="small"), LINE, strict=True):
        with column, st.container(key=f"place_{place}", gap=None):
            st.html(f'<div class="step-place">{place}<br><span class="quiet">{WHAT_HAPPENS[place]}</span></div>')
            for name in sorted((name for name, _ in items), key=lambda name: name in drawn):
                (link if name in drawn else card)(PAGES[name])
                drawn.add(name)
    picture, words = st.columns([1, 4], gap="medium", vertical_alignment="center")
    with picture:
        card(ALL_TECHNIQUES)
    with words:
        st.markdown(
            "Which of them helps most? That depends on the data: all of them on the same rows, each at its best "
            "strength, judged on test rows, with what each costs in time."
        )


def ways_in() -> None:
    """Draw the three ways in."""
    st.header("Three ways in", anchor=False)
    for column, (page, label, words) in zip(st.columns(len(WAYS_IN), gap="medium"), WAYS_IN, strict=True):
        with column, st.container(key=f"way_{page.name}", gap=None):
            card(page, label)
            st.html(f"<p>{words}</p>")


def what_to_leave_with() -> None:
    """Draw the nine things to leave with, and the library in five lines."""
    things, library = st.columns([1.4, 1], gap="large")
    with things:
        st.header("What to leave with", anchor=False)
        with st.container(key="leave_with", gap=None):
            for name, lesson, values, sentence in LEAVE_WITH:
                lesson_link(PAGES[name], lesson, sentence or PAGES[name].lesson, **values)
    with library:
        st.header("In your own code", anchor=False)
        # Streamlit's highlighter would be a third of the page's weight, in colours that are too faint.
        st.html(f'<pre class="five-lines"><code>{html.escape(FIVE_LINES.strip())}</code></pre>')
        st.html('<p class="quiet">The library behind the pages, reglab, needs NumPy and nothing else.</p>')


def every_lesson() -> None:
    """List every lesson; on demand, since the links are many, and each page's script is read for them."""
    with st.expander("Every lesson, for teachers", key="home_every_lesson", on_change="rerun") as every:
        if not every.open:
            return
        st.html('<p class="quiet">Each link sets the whole page; “Copy link” there keeps every value.</p>')
        columns = st.columns(3, gap="medium")
        for number, page in enumerate(page for page in (*TECHNIQUES, COMBINED) if page.exists):
            with columns[number % 3]:
                st.subheader(page.title, anchor=False)
                with st.container(key=f"lessons_{page.name}", gap=None):
                    for lesson in lessons_of(page):
                        lesson_link(page, lesson)


open_page("home")
living = st.container(key="first_picture")
training_step()
ways_in()
what_to_leave_with()
every_lesson()
controls.write_address()
with living:  # last, since it trains
    living_picture()
