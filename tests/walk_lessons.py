"""Open every lesson of every page after every other one, and from the ends of its controls: tests/walk_lessons.py.

Run by hand, from the project's folder: `python -m tests.walk_lessons` for all pages, or with the names of some. It
trains what the pages train, so that it takes minutes. `tests/visits/test_lessons.py` walks the pairs alone, with short
trainings.
"""

import sys
import time
from itertools import chain, combinations
from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages.ui import controls, sections
from pages.ui.lesson_index import lessons_of
from pages.ui.pages import PAGES

ROOT = Path(__file__).resolve().parent.parent
WITH_LESSONS = [page.name for page in PAGES.values() if lessons_of(page)]
RANGED = ("slider", "scale", "whole", "choice", "tabs", "number")


def pairs(names):
    """Return a round trip that goes from each name to each other one exactly once.

    >>> pairs("abc")
    ['a', 'b', 'a', 'c', 'b', 'c', 'a']
    """
    return [*chain.from_iterable(combinations(names, 2)), names[0]]


def open_page(name, timeout=300):
    """Run a page as the sidebar opens it."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=timeout).run()
    return app.switch_page(f"pages/{name}.py").run()


def take(app, name, lesson):
    """Click a lesson; return what went wrong, or nothing."""
    app.button_group(key=f"{name}:lesson").set_value(lesson).run()
    if app.exception:
        return app.exception[0].message
    if app.button_group(key=f"{name}:lesson").value != lesson:
        return "It does not light up."
    return unhelped(app)


def unhelped(app):
    """Return what is wrong where a page says that its seeds cannot tell and no button adds some, or nothing."""
    unsure = any(sections.UNSURE.search(element.body) for element in app.get("html"))
    offered = any(button.label == "Add five seeds" for button in app.button)
    few = any(control.label == "Seeds" and control.value < controls.SEED_COUNTS[-1] for control in app.select_slider)
    return "Its seeds cannot tell, and no button adds some." if unsure and few and not offered else ""


def record_ranges(replace, ranges):
    """Note the range or the options of every control that is drawn, in `ranges` by its key.

    replace: is called with an object, a name and a function, as pytest's `monkeypatch.setattr` is.
    """

    def noting(kind, draw):
        def drawn(name, *arguments, **options):
            spec = {
                "slider": lambda label, low, high, default, step, **_: (low, high, default, step),
                "scale": lambda label, values, default, **_: (*values, "by default", default),
                "whole": lambda label, low, high, default, **_: (low, high, default),
                "choice": lambda label, options, default, **_: (*dict.fromkeys(options), "by default", default),
                "tabs": lambda labels: tuple(labels),
                "number": lambda label, default, low, high, whole=False, **_: (default, low, high, whole),
            }[kind](*arguments, **options)
            ranges.setdefault(controls.key(name), set()).add((kind, *spec))
            return draw(name, *arguments, **options)

        return drawn

    for kind in RANGED:
        replace(controls, kind, noting(kind, getattr(controls, kind)))


def ends(app):
    """Return each control of a page with its two ends, as (kind, key, values)."""
    ends_of = []
    for element in app.main:
        kind, key = element.type, getattr(element, "key", None)
        if not key or ":" in key:
            continue
        if kind == "slider":
            ends_of.append((kind, key, (element.min, element.max)))
        elif kind == "select_slider":
            first, last = (0.0 if text == "off" else float(text) for text in (element.options[0], element.options[-1]))
            ends_of.append((kind, key, (first, last)))
        elif kind == "number_input":
            ends_of.append((kind, key, (element.min, element.max)))
        elif kind == "toggle":
            ends_of.append((kind, key, (False, True)))
    return ends_of


def put(app, controls_at, side):
    """Set controls to one of their ends, in one run of the page; return what went wrong, or nothing."""
    for kind, key, values in controls_at:
        getattr(app, kind)(key=key).set_value(values[side])
    app.run()
    return app.exception[0].message if app.exception else ""


def walk(name):
    """Return what goes wrong on a page's pairs of lessons, and from the ends of their controls into each lesson."""
    app, wrong, was = open_page(name, 3000), [], "the start"
    lessons = lessons_of(PAGES[name])

    def note(said, what):
        nonlocal app
        if said:
            wrong.append(f"{name}: {what}: {said}")
            app = open_page(name, 3000)

    for lesson in pairs(lessons):
        note(take(app, name, lesson), f"{lesson}, from {was}")
        was = lesson
    for lesson, following in zip(lessons, (*lessons[1:], lessons[0]), strict=True):
        for side in (0, 1):  # all controls at once, but five seeds
            note(take(app, name, lesson), lesson)
            note(
                put(app, [each for each in ends(app) if each[1] != f"{name}_seeds"], side),
                f"{lesson}, with all controls at {('the lower', 'the upper')[side]} end",
            )
            note(take(app, name, following), f"{following}, from the ends of {lesson}")
    seen = set()
    for lesson in lessons:  # each control alone, where it is shown first
        note(take(app, name, lesson), lesson)
        for control in [each for each in ends(app) if each[1] not in seen]:
            seen.add(control[1])
            for side in (0, 1):
                note(put(app, [control], side), f"{lesson}, with {control[1]} at {control[2][side]}")
                note(take(app, name, lesson), f"{lesson}, from {control[1]} at {control[2][side]}")
    return wrong


if __name__ == "__main__":
    failed = []
    controls.IN_FLIGHT = 0.0  # without a browser no message is under way
    for page in sys.argv[1:] or WITH_LESSONS:
        since = time.monotonic()
        failed += (walked := walk(page))
        print(f"{page}: {len(walked)} wrong, {time.monotonic() - since:.0f} s", *walked, sep="\n  ", flush=True)
    sys.exit(bool(failed))
