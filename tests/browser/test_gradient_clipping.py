"""Scrubbing the limit redraws without the server; a click keeps it; nothing leaves the screen."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "gradient_clipping"
PICTURE = ".st-key-panels_gradient_clipping_picture_valley_three"
LIMITS = 10


def open_picture(visit, server, query="", **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{PICTURE} .marks").wait_for(timeout=60_000)
    page.locator(PICTURE).scroll_into_view_if_needed()
    return visitor, page, wire


def column(page, level):
    """Return the middle of a limit's column on the screen."""
    boxes = page.evaluate(
        """(picture) => { const columns = [...document.querySelectorAll(`${picture} .mark-rect`)].at(-1);
            return [...columns.querySelectorAll('path')].map(e => {
                const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }); }""",
        PICTURE,
    )
    assert len(boxes) == LIMITS
    return boxes[level]


def shows(page, text):
    words = page.locator(f"{PICTURE} .marks text", has_text=re.compile(f"^{re.escape(text)}"))
    expect(words).to_have_count(1, timeout=10_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width, scheme):
    visitor, page, wire = open_picture(visit, server, width=width, scheme=scheme)
    shows(page, "norm 1: stays")
    if width == 1440:
        assert page.locator(PICTURE).bounding_box()["y"] < 600  # on the first screen
    wide = page.evaluate("() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth; }")
    assert wide <= width
    page.wait_for_timeout(500)
    before = wire.sent
    for level, texts in ((9, ("norm off: gone in 6", "value off: gone in 6", "value 0°")), (3, ("norm 2: stays",))):
        page.mouse.move(*column(page, level))
        for text in texts:
            shows(page, text)
    page.mouse.move(1, 1)
    shows(page, "norm 1: stays")
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []
    assert visitor.outside == []


def test_a_click_keeps_the_limit_in_the_slider_and_the_link(server, visit):
    visitor, page, _ = open_picture(visit, server)
    page.mouse.click(*column(page, 3))
    expect(page.locator(".measured").first).to_contain_text("At a limit of 2 ", timeout=20_000)
    page.wait_for_url(re.compile(f"{PAGE}_bound=2"))
    page.mouse.move(1, 1)
    shows(page, "norm 2: stays")
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text("At a limit of 2 ", timeout=20_000)
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_no_rule_strikes_through_the_counts_of_what_diverged(server, visit):
    picture = ".st-key-panels_gradient_clipping_picture_rates"
    page = visit().open(f"{server}/{PAGE}?gradient_clipping_view=Learning+rates")
    left = page.locator(f"{picture} .marks text", has_text=re.compile(r"^(none|\d/\d)left$"))
    expect(left).to_have_count(2, timeout=60_000)
    crossed = page.evaluate(
        """(picture) => { const box = e => e.getBoundingClientRect();
            const rules = [...document.querySelectorAll(`${picture} .mark-rule line`)].map(box)
                .filter(r => r.height > 50);
            const words = [...document.querySelectorAll(`${picture} .mark-text text`)]
                .filter(e => /^(none|\\d\\/\\d)left$/.test(e.textContent)).map(box);
            return [rules.length, words.filter(w => rules.some(
                r => r.left < w.right && w.left < r.right && r.top < w.bottom && w.top < r.bottom)).length]; }""",
        picture,
    )
    assert crossed[0] > 0
    assert crossed[1] == 0
