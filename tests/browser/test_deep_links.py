"""Every page as the very first visit of a fresh server: whole, by keyboard, on a phone; and its link elsewhere."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from pages.ui.pages import PAGES

PATHS = ["", *(page.name for page in PAGES.values() if page.exists)]
VALUES = """() => [...document.querySelectorAll('[data-testid="stMain"] input')].filter(e => e.type !== 'file')
    .map(e => [e.getAttribute('aria-label'), e.type === 'checkbox' || e.type === 'radio' ? e.checked : e.value])"""


# Each element of the page that takes the keyboard, by a name to read; a group of radio buttons or tabs counts once.
REACHED = """(all) => {
    const element = '[data-testid="stElementContainer"]', chart = '[data-testid="stVegaLiteChart"]';
    const inputs = document.querySelectorAll('[data-testid="stMain"] :is(input, textarea, button, [role=tab])');
    const seen = e => e.checkVisibility() && !e.disabled && !e.closest(chart);
    const found = all ? [...inputs].filter(seen) : [document.activeElement];
    return found.map(e => e.closest(element)?.className.match(/st-key-[^ ]+/)?.[0]).filter(Boolean); }"""
OVERFLOW = """() => Math.max(document.querySelector('[data-testid="stMain"]').scrollWidth - innerWidth, 0,
    ...[...document.querySelectorAll('[data-testid="stMain"] [data-testid="stElementContainer"]')]
        .map(e => e.getBoundingClientRect().right - innerWidth))"""
FEWEST = {"": 0, "your_data": 1}  # controls of a page, and values of its link: before there is a file it asks for one


@pytest.mark.parametrize("path", PATHS)
def test_first_visit_shows_the_whole_page_to_everyone(fresh_server, visit, path):
    visitor = visit()
    page = visitor.open(f"{fresh_server}/{path}")
    title = PAGES[path or "home"].title
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text(title)
    links = page.locator('[data-testid="stSidebar"] [data-testid="stPageLink-NavLink"]')
    expect(links).to_have_count(len(PATHS), timeout=30_000)
    violations = Axe().run(page).response["violations"]
    assert [rule["id"] for rule in violations if rule["impact"] in ("serious", "critical")] == []
    wanted, reached = set(page.evaluate(REACHED, True)), set()
    assert len(wanted) >= FEWEST.get(path, 5)
    for _ in range(150):
        if wanted <= reached:
            break
        page.keyboard.press("Tab")
        reached.update(page.evaluate(REACHED, False))
    assert wanted <= reached, wanted - reached
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.settle()
    assert page.evaluate(OVERFLOW) <= 0
    assert visitor.exceptions() == 0
    assert visitor.errors == []
    assert visitor.outside == []


@pytest.mark.parametrize("path", PATHS[1:])
def test_the_copied_link_shows_the_same_values_elsewhere(server, visit, path):
    visitor = visit()
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.open(f"{server}/{path}")
    sliders = page.locator('[data-testid="stMain"] [data-testid="stSlider"] input[type="range"]')
    if sliders.count():
        sliders.first.focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(600)
        visitor.settle()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{server}/{path}?")
    assert len(re.findall(rf"[?&]{path}_\w+=", link)) >= min(2, FEWEST.get(path, 2)), "defaults are written too"
    other = visit()
    there = other.open(link)
    assert there.evaluate(VALUES) == page.evaluate(VALUES)
    assert there.locator('[data-testid="stAlertContentWarning"]').count() == 0
    assert other.exceptions() == 0


def test_the_first_page_of_a_visit_looks_like_the_same_page_later(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/gradient_clipping")
    title = page.locator('[data-testid="stMain"] h1')
    top = title.bounding_box()["y"]
    page.locator('[data-testid="stPageLink-NavLink"][href$="label_smoothing"]').click()
    expect(title).to_have_text("Label smoothing")
    page.locator('[data-testid="stPageLink-NavLink"][href$="gradient_clipping"]').click()
    expect(title).to_have_text("Gradient clipping")
    visitor.settle()
    assert title.bounding_box()["y"] == top
