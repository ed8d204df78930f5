"""The row of lessons, lit by what the controls are set to, and the switches of mistakes, in a real browser."""

import pytest
from playwright.sync_api import expect

from pages.ui.lesson_index import lessons_of
from pages.ui.pages import TECHNIQUES

SLIDERS = {page.name: "" for page in TECHNIQUES} | {"dropout": "Pass", "stochastic_depth": "Pass"}


@pytest.mark.parametrize("page_name", SLIDERS)
def test_a_lesson_is_lit_while_the_mechanism_s_slider_is_where_it_has_it(server, visit, page_name):
    visitor = visit()
    page = visitor.open(f"{server}/{page_name}")
    lesson = next(iter(lessons_of(next(each for each in TECHNIQUES if each.name == page_name))))
    lit = page.get_by_role("radio", name=lesson, exact=True)
    expect(lit).to_be_checked()
    sliders = page.locator('[data-testid="stMain"] input[type="range"]')
    slider = (
        page.locator(f'input[type="range"][aria-label="{SLIDERS[page_name]}"]') if SLIDERS[page_name] else sliders.first
    )
    value = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("End")  # in the fragment, which alone is run
    expect(lit).not_to_be_checked()
    visitor.settle()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    visitor.settle()
    lit.click()
    expect(lit).to_be_checked()
    expect(slider).to_have_attribute("aria-valuetext", value)
    visitor.settle()
    expect(lit).to_be_checked()
    assert page.get_by_role("radio", name=lesson, exact=True).count() == 1
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_what_a_mistake_shows_leaves_the_other_switches_as_they_are(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/label_smoothing?label_smoothing_tab=Common+mistakes")
    switches = page.locator('[data-testid="stMain"] [data-testid="stCheckbox"]')
    expect(switches).to_have_count(3)
    gone = "window.gone = 0; new MutationObserver(list => list.forEach(change => change.removedNodes.forEach(node => {"
    gone += " if (node.querySelector?.('[data-testid=stCheckbox]')) window.gone += 1; })))"
    page.evaluate(f"() => {{ {gone}.observe(document.body, {{childList: true, subtree: true}}); }}")
    said = page.locator(".measured").count()
    for number in (0, 1):
        switches.nth(number).locator("label").click()
        visitor.settle()
    assert page.locator(".measured").count() > said
    assert page.evaluate("() => window.gone") == 0
    assert [box.is_checked() for box in switches.locator("input").all()] == [True, True, False]
    assert visitor.exceptions() == 0
