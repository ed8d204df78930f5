"""Every lesson of a page opens after every other one, in both orders; a control has one range wherever it stands."""

from itertools import pairwise

import pytest

from pages.ui import charts, drawing
from pages.ui.lesson_index import lessons_of
from pages.ui.pages import PAGES

from tests.walk_lessons import WITH_LESSONS, open_page, pairs, record_ranges, take


@pytest.fixture
def drawing_once(monkeypatch):
    """Return a function that is told whether pictures are drawn; the page trains, and says what it says, all the same.

    A picture follows from the controls alone. So a lesson is drawn at its first visit, and at a further one, where the
    controls are seen to be the same, it need not be: on the page of L2 that was a third of the time.
    """
    whole, show, draw = True, charts.show, drawing.Frame.draw

    def tell(drawn):
        nonlocal whole
        whole = drawn

    monkeypatch.setattr(charts, "show", lambda *args, **options: show(*args, **options) if whole else None)
    monkeypatch.setattr(drawing.Frame, "draw", lambda *args, **options: draw(*args, **options) if whole else None)
    return tell


@pytest.mark.parametrize("name", WITH_LESSONS)
def test_every_pair_of_lessons_opens_in_both_orders_with_one_range_for_each_control(
    name, monkeypatch, short_trainings, drawing_once
):
    """Each lesson sets every control that it names, and lights up; the first one is the page's default state."""
    ranges = {}
    record_ranges(monkeypatch.setattr, ranges)
    app = open_page(name)
    wrong, was, links = [], "", {}
    for lesson in pairs(lessons_of(PAGES[name])):
        drawing_once(lesson not in links)
        if said := take(app, name, lesson):
            wrong.append((was, lesson, said))
            app = open_page(name)
        elif links.setdefault(lesson, dict(app.query_params)) != dict(app.query_params):
            wrong.append((was, lesson, "Its controls are not those of its first visit."))
        was = lesson
    assert wrong == []
    assert {key: specs for key, specs in ranges.items() if len(specs) > 1} == {}
    # The walk ends at the first lesson: nothing is left in the link of what the others had set.
    defaults = app.session_state["reglab:defaults"]
    left = {key: value for key, value in app.query_params.items() if value not in ([defaults.get(key)], ["false"])}
    assert left == {}, f"the first lesson must name what others set, and name it as the page opens: {', '.join(left)}"


def test_a_walk_meets_every_pair_in_both_orders_once():
    walk = pairs("abcde")
    assert sorted(pairwise(walk)) == [(a, b) for a in "abcde" for b in "abcde" if a != b]
