"""The home page: the nine things to leave with, each with the lesson that shows it, and every lesson for teachers."""

import html
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.lesson_index import lessons_of
from pages.ui.pages import COMBINED, PAGES, TECHNIQUES

from tests.opened import open_page

ROOT = Path(__file__).resolve().parent.parent
EXISTING = [page.name for page in (*TECHNIQUES, COMBINED) if page.exists]
LEAVE_WITH = {
    "Overfitting is memorizing instead of generalizing.": "overfitting",
    "Weight decay prefers small weights.": "l2",
    "L1 sets weights to exactly zero.": "l1",
    "Dropout stops units from leaning on each other.": "dropout",
    "Early stopping keeps the best epoch.": "early_stopping",
    "Augmentation teaches what does not matter.": "image_augmentation",
    "Label smoothing tempers confidence.": "label_smoothing",
    "Combine: weight decay, dropout, augmentation, early stopping.": "combined_strategy",
    "Balance: too little overfits, too much underfits.": "l2",
}


@pytest.fixture(scope="module")
def home():
    return AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()


def said(app):
    return " ".join(warning.value for warning in app.warning)


def links(app):
    """Return the links of the page below its header: label -> (path, query)."""
    return {link.label: (link.page, link.query_string) for link in (e.proto for e in app.main.get("page_link"))}


def test_nine_things_to_leave_with_each_open_the_lesson_that_shows_it(home):
    linked = links(home)
    for sentence, name in LEAVE_WITH.items():
        if PAGES[name].exists:
            path, query = linked[sentence]
            assert path == name
            assert f"{name}_lesson=" in query, f"{sentence} names a lesson that pages/{name}.py has not"


def test_the_list_for_teachers_is_made_when_it_is_opened(home):
    assert not [query for label, (_, query) in links(home).items() if query and label not in LEAVE_WITH]
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.session_state["home_every_lesson"] = True
    app.run()
    assert not app.exception
    listed = [(e.proto.label, e.proto.query_string) for e in app.main.get("page_link") if e.proto.query_string]
    every = [lesson for page in (*TECHNIQUES, COMBINED) for lesson in lessons_of(page)]
    assert sorted(label for label, _ in listed if label not in LEAVE_WITH) == sorted(every)


@pytest.mark.parametrize("name", EXISTING)
def test_the_lessons_read_from_a_page_are_those_that_it_shows(name, short_trainings):
    listed = lessons_of(PAGES[name])
    assert len(listed) > 1
    app = open_page(name, lesson=listed[1])
    assert not said(app)
    pills = app.button_group(key=f"{name}:lesson")
    assert tuple(pills.options) == listed
    assert pills.value == listed[1]
    # The lesson's name stays in the address until something is set: opening is one entry of the browser's history.
    assert app.query_params == {f"{name}_lesson": listed[1]}


def test_a_link_may_change_a_value_of_its_lesson_and_a_lesson_that_is_none_is_refused(short_trainings):
    app = open_page("l2", lesson="Too much", decay="0.3")
    assert app.select_slider(key="l2_decay").value == 0.3
    assert app.button_group(key="l2:lesson").value is None
    wrong = open_page("l2", lesson="Far too much")
    assert said(wrong).startswith("In this link, Lesson must be one of See it work, Too much, ")
    assert said(wrong).endswith("got Far too much.")


def test_the_five_lines_are_shown_without_the_highlighter_and_run(home, capsys):
    assert not home.main.get("code")
    source = next(e.proto.body for e in home.main.get("html") if "five-lines" in e.proto.body)
    lines = source.partition("<code>")[2].partition("</code>")[0]
    exec(compile(html.unescape(lines), "five lines", "exec"), {})
    assert capsys.readouterr().out.startswith("test loss ")
