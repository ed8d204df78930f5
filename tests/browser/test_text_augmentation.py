"""Scrubbing the strength rewrites the variants without the server; a click keeps it, and a link the sentence."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "text_augmentation"
PICTURE = ".st-key-panels_text_augmentation_picture_mechanism_three"
STRENGTHS = 11
OFF = f"?{PAGE}_amount=0"


def open_picture(visit, server, query=OFF, **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{PICTURE} .marks").wait_for(timeout=60_000)
    page.locator(PICTURE).scroll_into_view_if_needed()
    return visitor, page, wire


def column(page, level):
    """Return the middle of a strength's column on the screen."""
    boxes = page.evaluate(
        """(picture) => { const columns = [...document.querySelectorAll(`${picture} .mark-rect`)].at(-1);
            return [...columns.querySelectorAll('path')].map(e => {
                const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }); }""",
        PICTURE,
    )
    assert len(boxes) == STRENGTHS
    return boxes[level]


def drawn(page):
    """Return the words in the picture, and the right end of the last of them."""
    return page.evaluate(
        """(picture) => { const marks = [...document.querySelectorAll(`${picture} .marks text`)].filter(
                e => e.getAttribute('font-family') === 'monospace' && e.textContent);
            const box = document.querySelector(picture).getBoundingClientRect();
            const ends = marks.map(e => e.getBoundingClientRect());
            return [marks.map(e => e.textContent), Math.max(...ends.map(r => r.right)) - box.right,
                    Math.max(...ends.map(r => r.bottom)) - box.bottom]; }""",
        PICTURE,
    )


def shows(page, text):
    words = page.locator(f"{PICTURE} .marks text", has_text=re.compile(f"{re.escape(text)}$"))
    expect(words).to_have_count(1, timeout=10_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_scrubbing_rewrites_the_variants_without_a_message_to_the_server(server, visit, width, scheme):
    visitor, page, wire = open_picture(visit, server, width=width, scheme=scheme)
    shows(page, "survive at 0.2")
    if width == 1440:
        assert page.locator(PICTURE).bounding_box()["y"] < 600  # on the first screen
    wide = page.evaluate("() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth; }")
    assert wide <= width
    page.wait_for_timeout(500)
    before = wire.sent
    protected = {"Anna", "not", "{city}", "3"}
    seen = []
    for level, text in ((10, "survive at 0.5"), (0, "100 % survive at 0"), (4, "survive at 0.2")):
        page.mouse.move(*column(page, level))
        shows(page, text)
        variants, over, below = drawn(page)
        assert over <= 1
        assert below <= 1
        assert all(variants.count(word) >= 4 for word in protected)  # in the sentence and in each of its variants
        seen.append(tuple(variants))
    assert len(set(seen)) == 3
    page.mouse.move(1, 1)
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []


def test_a_click_keeps_the_strength_and_a_sentence_is_in_the_link(server, visit):
    visitor, page, _ = open_picture(visit, server)
    page.mouse.click(*column(page, 6))
    expect(page.locator(".measured").first).to_contain_text("At strength 0.3 ", timeout=20_000)
    page.wait_for_url(re.compile(f"{PAGE}_strength=0.3"))
    field = page.get_by_label("Your sentence")
    field.fill("The quick animal did not stop at {place}.")
    field.blur()
    page.wait_for_url(re.compile("quick"))
    expect(page.locator(f"{PICTURE} .marks text", has_text="{place}").first).to_be_attached(timeout=20_000)
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text("At strength 0.3 ", timeout=20_000)
    expect(other.locator(f"{PICTURE} .marks text", has_text="{place}").first).to_be_attached(timeout=20_000)
    assert visitor.exceptions() == 0
    assert visitor.errors == []
