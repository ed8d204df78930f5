"""Scrubbing lambda redraws without the server; a click keeps it, and so does the link; nothing leaves the screen."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "mixup"
PICTURE = ".st-key-panels_mixup_picture_mechanism_three"
WEIGHTS = 21


def open_picture(visit, server, query="", **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{PICTURE} .marks").wait_for(timeout=60_000)
    page.locator(PICTURE).scroll_into_view_if_needed()
    return visitor, page, wire


def column(page, level):
    """Return the middle of a weight's column on the screen."""
    boxes = page.evaluate(
        """(picture) => { const columns = [...document.querySelectorAll(`${picture} .mark-rect`)].at(-1);
            return [...columns.querySelectorAll('path')].map(e => {
                const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }); }""",
        PICTURE,
    )
    assert len(boxes) == WEIGHTS
    return boxes[level]


def images(page):
    """Return what the four images hold."""
    return page.evaluate(
        "(picture) => [...document.querySelectorAll(`${picture} .mark-image image`)].map(e => e.getAttribute('href')"
        " || e.getAttributeNS('http://www.w3.org/1999/xlink', 'href'))",
        PICTURE,
    )


def shows(page, text):
    words = page.locator(f"{PICTURE} .marks text", has_text=re.compile(f"^{re.escape(text)}$"))
    expect(words).to_have_count(1, timeout=10_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width, scheme):
    visitor, page, wire = open_picture(visit, server, width=width, scheme=scheme)
    shows(page, "mixup: 0.6 of 3")
    shows(page, "CutMix: 0.75 of 3")
    if width == 1440:
        assert page.locator(PICTURE).bounding_box()["y"] < 600  # on the first screen
    wide = page.evaluate("() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth; }")
    assert wide <= width
    page.wait_for_timeout(500)
    before, first = wire.sent, images(page)
    assert len(set(first)) == 4
    for level, text, other in ((4, "mixup: 0.2 of 3", "CutMix: 0.4375 of 3"), (20, "mixup: 1 of 3", "CutMix: 1 of 3")):
        page.mouse.move(*column(page, level))
        shows(page, text)
        shows(page, other)
    three, eight, blend, cut = images(page)
    assert three == blend == cut != eight  # all of the first image
    page.mouse.move(1, 1)
    shows(page, "mixup: 0.6 of 3")
    assert images(page) == first
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []
    assert visitor.outside == []


def test_a_click_keeps_the_weight_and_the_link_holds_technique_and_weight(server, visit):
    visitor, page, _ = open_picture(visit, server, "?mixup_technique=CutMix&mixup_n=50")
    page.mouse.click(*column(page, 4))
    expect(page.locator(".measured").first).to_contain_text("At λ = 0.2 ", timeout=20_000)
    page.wait_for_url(re.compile(f"{PAGE}_weight=0.2"))
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text("At λ = 0.2 ", timeout=20_000)
    expect(other.locator(".measured").nth(1)).to_contain_text("ith CutMix α = 0.1", timeout=60_000)
    assert visitor.exceptions() == 0
    assert visitor.errors == []
