"""Every page's first picture is on its first screen, and moves with the control above it."""

import re

import pytest
from playwright.sync_api import expect

from pages.ui.pages import ALL_TECHNIQUES, COMBINED, HOME, PAGES, TECHNIQUES, YOUR_DATA

SIZES = [(1440, 900), (390, 844)]
# The first picture that is seen, and the share of it that is on the screen, once it has stood still for a while.
STANDS = """() => {
    if (document.querySelector('[data-testid="stSkeleton"]')) return;
    const charts = [...document.querySelectorAll('.st-key-first_picture [data-testid="stVegaLiteChart"] svg.marks')];
    const first = charts.find(chart => chart.getBoundingClientRect().height > 20);
    if (!first || ![...document.querySelectorAll('style')].some(style => style.textContent.includes('.story'))) return;
    const {top, height} = first.getBoundingClientRect(), at = performance.now(), was = window.stood;
    if (!was || was.top !== top || was.height !== height) window.stood = {top, height, at};
    if (at - window.stood.at < 800) return;
    return {top, height, seen: (Math.min(innerHeight, top + height) - Math.max(0, top)) / height}; }"""


def first_picture(page):
    """Return where the first picture is, and how much of it is on the screen."""
    return page.wait_for_function(STANDS, timeout=120_000, polling=200).json_value()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_the_first_picture_is_on_the_first_screen_and_follows_its_control(server, visit, name, size):
    visitor = visit(width=size[0], height=size[1])
    page = visitor.page
    page.goto(f"{server}/{'' if name == HOME.name else name}")
    box = first_picture(page)
    assert box["top"] > 0
    assert box["seen"] >= 0.6
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    if size == SIZES[0] and PAGES[name] in TECHNIQUES:
        moves(page)
    assert visitor.errors == []


def moves(page):
    """See that the first picture follows the control above it."""
    picture = page.locator('.st-key-first_picture [data-testid="stVegaLiteChart"] svg.marks').first
    before = picture.inner_html()
    place = ".st-key-main_control" if page.locator(".st-key-main_control").count() else ".st-key-first_picture"
    slider = page.locator(f'{place} input[type="range"]').first
    slider.focus()
    lowest = slider.evaluate("slider => slider.value === slider.min")
    page.keyboard.press("ArrowRight" if lowest else "ArrowLeft")
    expect(picture).not_to_have_js_property("innerHTML", before)
    assert slider.bounding_box()["y"] < picture.bounding_box()["y"]


def test_the_example_of_a_run_and_of_data_move_with_their_controls(server, visit):
    page = visit().page
    page.goto(f"{server}/{COMBINED.name}")
    texts = page.locator('.st-key-first_picture [data-testid="stVegaLiteChart"] svg.marks text')
    expect(texts.filter(has_text="0.25, gap 0.249")).to_have_count(1)
    field = page.get_by_label("Validation loss", exact=True)
    field.fill("0.75")
    field.press("Enter")
    expect(texts.filter(has_text=re.compile(r"0\.75, gap 0\.749"))).to_have_count(1)
    page.goto(f"{server}/{YOUR_DATA.name}")
    expect(texts.filter(has_text="cultivar 2")).to_have_count(1)
    page.locator(".st-key-first_picture").get_by_role("combobox").click()
    page.get_by_role("option", name="alcohol", exact=True).click()
    expect(texts.filter(has_text="alcohol, in its own unit")).to_have_count(1)


def test_a_page_that_trains_is_dressed_while_it_does(server, visit):
    page = visit().page
    page.goto(f"{server}/{ALL_TECHNIQUES.name}?{ALL_TECHNIQUES.name}_seed=70")
    page.locator('[data-testid="stProgress"]').wait_for(timeout=60_000)
    expect(page.locator("#copy-link")).to_have_css("border-radius", "8px")
    assert page.locator('[data-testid="stApp"]').get_attribute("data-test-script-state") == "running"
