"""Scrubbing the passes redraws without the server; a click keeps the pass; playing steps; nothing leaves the screen."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "stochastic_depth"
PICTURE = ".st-key-panels_stochastic_depth_picture_passes_three"
PASSES = 40


def open_picture(visit, server, query="", **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{PICTURE} .marks").wait_for(timeout=60_000)
    page.locator(PICTURE).scroll_into_view_if_needed()
    return visitor, page, wire


def column(page, level):
    """Return the middle of a pass's column on the screen."""
    boxes = page.evaluate(
        """(picture) => { const columns = [...document.querySelectorAll(`${picture} .mark-rect`)].at(-1);
            return [...columns.querySelectorAll('path')].map(e => {
                const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }); }""",
        PICTURE,
    )
    assert len(boxes) == PASSES
    return boxes[level]


def lit_blocks(page):
    """Return how many blocks are drawn as running, which is one layer of filled boxes."""
    return page.evaluate(
        """(picture) => [...document.querySelectorAll(`${picture} .mark-rect`)].map(
            g => [...g.querySelectorAll('path')].filter(e => e.getAttribute('fill') !== 'transparent'
                && e.getAttribute('fill') !== 'none' && e.getAttribute('opacity') !== '0').length).reduce(
                (a, b) => Math.max(a, b), 0)""",
        PICTURE,
    )


def shows(page, text):
    words = page.locator(f"{PICTURE} .marks text", has_text=re.compile(f"^{re.escape(text)}"))
    expect(words).to_have_count(1, timeout=10_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width, scheme):
    visitor, page, wire = open_picture(visit, server, width=width, scheme=scheme)
    shows(page, "pass 1: 6.25 of 8 blocks")
    assert lit_blocks(page) == 50
    if width == 1440:
        assert page.locator(PICTURE).bounding_box()["y"] < 600  # on the first screen
    wide = page.evaluate("() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth; }")
    assert wide <= width
    page.wait_for_timeout(500)
    before = wire.sent
    for level in (19, 39):
        page.mouse.move(*column(page, level))
        shows(page, f"pass {level + 1}: ")
        heading = page.locator(f"{PICTURE} .marks text", has_text=re.compile(r"^pass \d+: ")).text_content()
        blocks = float(heading.removeprefix(f"pass {level + 1}: ").split()[0])
        assert lit_blocks(page) == pytest.approx(8 * blocks, abs=0.05)
    page.mouse.move(1, 1)
    shows(page, "pass 1: 6.25 of 8 blocks")
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []
    assert visitor.outside == []


def test_a_click_keeps_the_pass_in_the_slider_and_the_link_and_play_goes_on(server, visit):
    visitor, page, _ = open_picture(visit, server)
    page.mouse.click(*column(page, 4))
    expect(page.locator(".measured").first).to_contain_text("Pass 5 goes", timeout=20_000)
    page.wait_for_url(re.compile(f"{PAGE}_pass=5"))
    page.mouse.move(1, 1)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".measured").first).to_contain_text("Pass 8 goes", timeout=20_000)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=20_000)
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_time_saved_stands_without_controls_of_data_and_those_keep_their_values(server, visit):
    visitor, page, _ = open_picture(visit, server, "?stochastic_depth_data=Two+moons&stochastic_depth_n=50")
    rows = page.locator(".st-key-stochastic_depth_n:visible")
    expect(rows).to_be_visible()
    page.get_by_role("radio", name="Time saved").or_(page.get_by_role("button", name="Time saved")).last.click()
    page.locator(".st-key-panels_stochastic_depth_picture_times .marks").wait_for(timeout=60_000)
    expect(rows).to_have_count(0)
    page.get_by_role("tab", name="Common mistakes").click()
    expect(rows).to_be_visible()
    expect(page.locator(".st-key-stochastic_depth_data input")).to_have_value("Two moons")
    assert "stochastic_depth_n=50" in page.url
    assert visitor.exceptions() == 0
    assert visitor.errors == []
