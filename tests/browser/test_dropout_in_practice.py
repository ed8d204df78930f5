"""Scrubbing passes and cells redraws without the server; a click keeps a pass, and both rates of a cell."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "dropout_in_practice"
LAYERS = f".st-key-panels_{PAGE}_picture_layers"
SCHEDULES = f".st-key-panels_{PAGE}_picture_schedules"
MAP = f".st-key-panels_{PAGE}_picture_map"
WINE = f"{PAGE}_data=Wine%2C+three+cultivars&{PAGE}_n=50"  # trains quickly


def open_page(visit, server, query="", picture=SCHEDULES, **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}?{WINE}{query}")
    page.locator(f"{picture} .marks").wait_for(timeout=60_000)
    return visitor, page, wire


def targets(page, picture, count):
    """Return the middles of the invisible marks that take the pointer: the last layer, in the order of their rows."""
    page.locator(picture).scroll_into_view_if_needed()
    boxes = page.evaluate(
        """([picture, count]) => [...document.querySelectorAll(`${picture} .mark-rect`)]
            .map(group => [...group.querySelectorAll('path')])
            .filter(paths => paths.length == count && paths.every(p => getComputedStyle(p).opacity == 0)).at(-1)
            .map(e => { const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })""",
        [picture, count],
    )
    assert len(boxes) == count
    return boxes


def shows(page, picture, pattern):
    expect(page.locator(f"{picture} .marks text", has_text=re.compile(pattern)).first).to_be_visible(timeout=10_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width, scheme):
    visitor, page, wire = open_page(visit, server, f"&{PAGE}_draws=RandomState(42)", width=width, scheme=scheme)
    shows(page, LAYERS, r"^pass 1: 1088 of 1690 units, 36 % of the weights$")
    for text in ("623 of 784", "255 of 512", "133 of 256", "67 of 128", "10 of 10"):
        shows(page, LAYERS, f"^{text}$")
    if width == 1440:
        box = page.locator(LAYERS).bounding_box()
        assert box["y"] + box["height"] <= 900  # on the first screen
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= width
    page.wait_for_timeout(500)
    before = wire.sent
    for level in (11, 39):
        page.mouse.move(*targets(page, LAYERS, 40)[level])
        shows(page, LAYERS, rf"^pass {level + 1}: \d+ of 1690 units")
    rising, not_last = r"^increasing \(0, 0\.1, 0\.2, 0\.3, 0\)$", r"^none on the last \(0, 0\.3, 0\.3, 0, 0\)$"
    for level, text in ((3, rising), (4, not_last)):
        page.mouse.move(*targets(page, SCHEDULES, 5)[level])
        shows(page, SCHEDULES, text)
    page.mouse.move(1, 1)
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []


def test_a_click_keeps_the_pass_and_the_schedule(server, visit):
    visitor, page, _ = open_page(visit, server)
    page.mouse.click(*targets(page, LAYERS, 40)[24])
    page.wait_for_url(re.compile(f"{PAGE}_pass=25"))
    expect(page.locator(".measured").first).to_contain_text("In pass 25 ")
    page.mouse.move(1, 1)  # leaving the picture clears its selection, which runs the fragment once more
    page.wait_for_timeout(1000)
    visitor.settle()
    page.mouse.click(*targets(page, SCHEDULES, 5)[4])
    page.wait_for_url(re.compile(f"{PAGE}_schedule=None"))
    expect(page.locator(".measured").nth(1)).to_contain_text("ith none on the last, rates ")
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text("In pass 25 ")
    expect(other.locator(".measured").nth(1)).to_contain_text("ith none on the last, rates ")
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_a_cell_shows_its_numbers_and_a_click_keeps_both_rates(server, visit):
    visitor, page, wire = open_page(visit, server, f"&{PAGE}_view=Input+rate+by+hidden+rate", MAP)
    expect(page.locator(".measured").nth(1)).to_contain_text("of the 25 of the picture")
    page.wait_for_timeout(500)
    before = wire.sent
    for level, text in ((8, "input 0.1, hidden 0.5"), (21, "input 0.5, hidden 0.1")):
        page.mouse.move(*targets(page, MAP, 25)[level])
        shows(page, MAP, f"^{re.escape(text)}$")
        shows(page, MAP, r"^train \d\.\d{3}, validation \d\.\d{3}, test \d\.\d{3}$")
    assert wire.sent == before
    page.mouse.click(*targets(page, MAP, 25)[21])
    page.wait_for_url(re.compile(f"{PAGE}_input_rate=0.5"))
    page.wait_for_url(re.compile(f"{PAGE}_hidden=0.1"))
    expect(page.locator(".measured").nth(1)).to_contain_text("ith input 0.5, hidden 0.1, ")
    assert visitor.exceptions() == 0
    assert visitor.errors == []
