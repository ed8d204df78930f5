"""Every lesson opens at what it is about; the lessons lead on to each other, through a lecture too; embedded pages."""

import io
import os
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from pages.ui.lesson_index import lessons_of
from pages.ui.pages import COMBINED, PAGES, TECHNIQUES

WITH_LESSONS = [*TECHNIQUES, COMBINED]
EVERY_LESSON = bool(os.environ.get("EVERY_LESSON"))  # by hand, which takes a quarter of an hour
# Of the pages with lessons that are about what stands below the first screen: those of which it once showed nothing.
FAR = {
    "overfitting": ["Noisy labels"],
    "l2": ["Few rows", "Small weights"],
    "l1": ["Pruned", "Stable"],
    "dropout_in_practice": ["Too much"],
    "image_augmentation": ["Too little", "How many rows"],
    "label_smoothing": ["Clusters"],
}
CHANGED = 0.01  # of the first screen's pixels, at least
# The largest share of a picture, or of the table that stands for one, that is on the screen.
SEEN = """() => Math.max(0, ...[...document.querySelectorAll('svg.marks, .settings-table')].map(each => {
    const {top, height} = each.getBoundingClientRect(), seen = Math.min(innerHeight, top + height) - Math.max(0, top);
    return height > 20 ? seen / Math.min(height, innerHeight) : 0; }))"""


def pixels(page):
    """Return what is on the screen, beside the sidebar."""
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"), dtype=int)[:, 300:]


def stands(page):
    """Wait until what is on the screen stands still for a second."""
    page.wait_for_function(
        """() => { const story = document.querySelector('.story'), at = performance.now();
            const top = story?.getBoundingClientRect().top, was = window.storyAt;
            if (!was || was.top !== top) window.storyAt = {top, at};
            return story && top >= 0 && top < innerHeight && at - window.storyAt.at > 1200; }""",
        timeout=60_000,
        polling=200,
    )


def tells(page, lesson):
    """Wait until this lesson's story is told; the one before may stand until the script has run to its end."""
    expect(page.locator(f'.story[data-lesson="{lesson}"]')).to_be_visible()
    expect(page.locator(".story")).to_have_count(1)


@pytest.mark.parametrize("page_of", WITH_LESSONS, ids=lambda page: page.name)
def test_a_lesson_opens_at_what_it_is_about(server, visit, page_of):
    visitor = visit()
    page = visitor.open(f"{server}/{page_of.name}")
    usual, (first, *others) = pixels(page), lessons_of(page_of)
    if not EVERY_LESSON:
        others = FAR.get(page_of.name, others[-1:])
    tells(page, first)
    wrong = []
    for lesson in others:
        page.goto(f"{server}/{page_of.name}?{page_of.name}_lesson={lesson.replace(' ', '+')}")
        visitor.settle()
        stands(page)
        assert page.locator(".story").get_attribute("data-lesson") == lesson
        changed, seen = float((abs(pixels(page) - usual) > 24).mean()), page.evaluate(SEEN)
        if changed < CHANGED or seen < 0.6:
            wrong.append(f"{lesson}: {changed:.1%} of the screen is another, {seen:.0%} of a picture is on it")
    assert wrong == []
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_next_lesson_leads_through_a_page_and_to_the_next_one(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/l2")
    for lesson in lessons_of(PAGES["l2"])[1:]:
        page.get_by_role("button", name=f"Next lesson: {lesson}", exact=True).click()
        tells(page, lesson)
        visitor.settle()
        stands(page)
    page.get_by_role("link", name="Next: L1 / sparsity", exact=True).click()
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text("L1 / sparsity")
    tells(page, lessons_of(PAGES["l1"])[0])
    assert visitor.errors == []


def test_a_lesson_is_not_scrolled_to_once_the_reader_has_moved(server, visit):
    visitor = visit()
    page = visitor.page
    page.goto(f"{server}/l2?l2_lesson=Small+weights")
    page.locator(".story").wait_for()
    page.mouse.move(700, 400)
    page.mouse.wheel(0, 4000)
    page.wait_for_timeout(1500)
    at = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop")
    page.wait_for_timeout(2500)
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop") >= at


def test_a_lecture_hides_its_answers_and_goes_on_by_keys(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/label_smoothing?lecture=1")
    expect(page.locator('[data-testid="stSidebar"]')).to_be_hidden()
    answer = page.locator(".measured").first
    expect(answer).to_be_hidden()
    page.keyboard.press("a")
    expect(answer).to_be_visible()
    lessons = lessons_of(PAGES["label_smoothing"])
    for lesson in lessons[1:]:
        page.keyboard.press("ArrowRight")
        tells(page, lesson)
        expect(page.locator(".measured").first).to_be_hidden()
        visitor.settle()
    page.keyboard.press("ArrowLeft")
    tells(page, lessons[-2])
    visitor.settle()
    page.get_by_role("button", name="Show answers (A)").click()
    expect(page.locator(".measured").first).to_be_visible()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#copy-link")).to_have_attribute("data-link", re.compile("lecture=1"))
    page.keyboard.press("ArrowRight")
    tells(page, lessons[-1])
    visitor.settle()
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text("Stochastic depth")
    assert "lecture=1" in page.url
    visitor.settle()
    page.get_by_role("button", name="End lecture").click()
    expect(page.locator('[data-testid="stSidebar"]')).to_be_visible()
    assert visitor.exceptions() == 0
    assert visitor.errors == []


@pytest.mark.parametrize("name", ["l2", "dropout", "combined_strategy"])
def test_an_embedded_page_is_its_picture_and_its_control(server, visit, name):
    visitor = visit(width=900, height=600)
    page = visitor.page
    page.goto(f"{server}/{name}?embed=true")
    page.locator(".st-key-first_picture svg.marks").first.wait_for()
    expect(page.locator("h1")).to_be_hidden()
    expect(page.locator('[data-testid="stSidebar"]')).to_be_hidden()
    expect(page.locator(".measured:visible")).to_have_count(0)
    expect(page.locator('[data-testid="stVegaLiteChart"]:visible')).to_have_count(1)
    controls = page.locator('input[type="range"]:visible, input[type="text"]:visible')
    expect(controls.first).to_be_visible()  # it comes as a skeleton first
    assert controls.count() in (1, 3)
    assert visitor.errors == []


@pytest.mark.parametrize("query", ["lecture=1", "embed=true"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_there_either(server, visit, query, scheme):
    page = visit(scheme=scheme).page
    page.goto(f"{server}/l2?{query}")
    page.locator(".st-key-first_picture svg.marks").first.wait_for()
    page.wait_for_timeout(3000)
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")] == []
