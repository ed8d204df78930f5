"""Scrubbing the strength redraws without the server; a click keeps the strength; nothing leaves the screen."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "label_smoothing"
PICTURE = ".st-key-panels_label_smoothing_picture_mechanism_three"
SOFT = ".st-key-panels_label_smoothing_picture_soft"
STRENGTHS = 17


def open_picture(visit, server, query="", picture=PICTURE, **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{picture} .marks").wait_for(timeout=60_000)
    page.locator(picture).scroll_into_view_if_needed()
    return visitor, page, wire


def column(page, level, picture=PICTURE, count=STRENGTHS):
    """Return the middle of a strength's column on the screen."""
    boxes = page.evaluate(
        """(picture) => { const columns = [...document.querySelectorAll(`${picture} .mark-rect`)].at(-1);
            return [...columns.querySelectorAll('path')].map(e => {
                const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }); }""",
        picture,
    )
    assert len(boxes) == count
    return boxes[level]


def shows(page, text, picture=PICTURE):
    words = page.locator(f"{picture} .marks text", has_text=re.compile(f"^{re.escape(text)}"))
    expect(words).to_have_count(1, timeout=10_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width, scheme):
    visitor, page, wire = open_picture(visit, server, width=width, scheme=scheme)
    shows(page, "ε = 0.1: 0.291")
    shows(page, "other: 0.394")
    if width == 1440:
        assert page.locator(PICTURE).bounding_box()["y"] < 600  # on the first screen
    wide = page.evaluate("() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth; }")
    assert wide <= width
    page.wait_for_timeout(500)
    before = wire.sent
    for level, text in ((4, "0.8667, each other 0.0667"), (0, "1, each other 0"), (16, "0.4667, each other 0.2667")):
        page.mouse.move(*column(page, level))
        shows(page, text)
    page.mouse.move(1, 1)
    shows(page, "ε = 0.1: 0.291")
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []


def test_a_click_keeps_the_strength_in_the_slider_and_the_link(server, visit):
    visitor, page, _ = open_picture(visit, server)
    page.mouse.click(*column(page, 4))
    expect(page.locator(".measured").first).to_contain_text("At ε = 0.2 ", timeout=20_000)
    page.wait_for_url(re.compile(f"{PAGE}_strength=0.2"))
    page.mouse.move(1, 1)
    shows(page, "ε = 0.2: 0.485")
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text("At ε = 0.2 ", timeout=20_000)
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def curves_beside(page):
    """Return the paths of the two curves while training, and the height of their floor."""
    return page.evaluate(
        """(picture) => {
            const found = [...document.querySelectorAll(`${picture} .mark-line path`)].slice(-2)
                .map(e => e.getAttribute('d'));
            const floor = [...document.querySelectorAll(`${picture} .mark-rule line`)].at(-1);
            return [...found, floor.getBoundingClientRect().y]; }""",
        SOFT,
    )


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_curves_while_training_follow_the_pointer(server, visit, width, scheme):
    query = "?label_smoothing_view=Soft+or+hard+validation+loss&label_smoothing_data=Wine,+three+cultivars"
    visitor, page, wire = open_picture(visit, server, query, SOFT, width=width, scheme=scheme)
    expect(page.locator(".measured", has_text="On labels smoothed by 0.1")).to_have_count(1, timeout=60_000)
    shows(page, "while training with smoothing 0.1", SOFT)
    page.wait_for_timeout(1000)
    at_first, before = curves_beside(page), wire.sent
    seen = [at_first]
    for level, text in ((6, "with smoothing 0.5"), (1, "with smoothing 0.02"), (0, "without smoothing")):
        page.mouse.move(*column(page, level, SOFT, 8))
        shows(page, f"while training {text}", SOFT)
        seen.append(curves_beside(page))
        assert all(path.count("L") >= 7 for path in seen[-1][:2])
    for each in zip(*seen, strict=True):
        assert len(set(each)) == len(seen)
    hard, soft, _ = seen[-1]
    assert hard == soft
    page.mouse.move(1, 1)
    shows(page, "while training with smoothing 0.1", SOFT)
    assert curves_beside(page) == at_first
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []
