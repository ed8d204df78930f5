"""Scrubbing redraws without the server; a click keeps the strength; an upload is drawn; nothing leaves the screen."""

import base64
import re

import pytest
from playwright.sync_api import expect

PAGE = "image_augmentation"
GRID = ".st-key-panels_image_augmentation_picture_grid"
SAFETY = ".st-key-panels_image_augmentation_picture_safety_three"
STRENGTHS, IMAGES = 11, 17
PNG = (  # 8 x 8 pixels, orange
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGP80CPCgA0wYRUdtBIAPVMBoOBer/gAAAAASUVORK5CYII="
)


def open_page(visit, server, query="", picture=GRID, **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{picture} .marks").first.wait_for(timeout=60_000)
    page.locator(picture).scroll_into_view_if_needed()
    return visitor, page, wire


def places(page, picture, count):
    """Return the middles of what takes the pointer, in its order."""
    boxes = page.evaluate(
        """(picture) => { const hits = [...document.querySelectorAll(`${picture} .mark-rect`)].at(-1);
            return [...hits.querySelectorAll('path')].map(e => {
                const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }); }""",
        picture,
    )
    assert len(boxes) == count
    return boxes


def images(page):
    return page.evaluate(
        "(p) => [...document.querySelectorAll(`${p} .marks image`)].map(e => e.getAttribute('xlink:href') || "
        "e.getAttribute('href'))",
        GRID,
    )


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width, scheme):
    visitor, page, wire = open_page(visit, server, width=width, scheme=scheme)
    if width == 1440:
        assert page.locator(GRID).bounding_box()["y"] + 150 < 900  # on the first screen
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= width
    now = images(page)
    assert len(now) == IMAGES
    assert all(link.startswith("data:image/png;base64,") for link in now)
    page.wait_for_timeout(500)
    before = wire.sent
    at = places(page, GRID, STRENGTHS)
    page.mouse.move(*at[0])
    page.wait_for_function(
        "([p, n]) => new Set([...document.querySelectorAll(`${p} .marks image`)].map(e => "
        "e.getAttribute('xlink:href') || e.getAttribute('href'))).size === n",
        arg=[GRID, 1],
    )
    page.mouse.move(*at[7])
    page.wait_for_timeout(300)
    full = images(page)
    assert len(full) == IMAGES
    assert len(set(full)) == IMAGES  # each does something of its own (at 1, a rotation is a quarter turn)
    page.mouse.move(1, 1)
    page.wait_for_timeout(300)
    assert images(page) == now
    assert wire.sent == before
    assert visitor.errors == []


def test_a_click_keeps_the_strength_and_the_operation(server, visit):
    visitor, page, _ = open_page(visit, server, f"?{PAGE}_closer=Label+safety")
    page.mouse.click(*places(page, GRID, STRENGTHS)[3])
    page.wait_for_url(re.compile(f"{PAGE}_strength=0.3"))
    expect(page.locator(".measured").first).to_contain_text("At strength 0.3,")
    page.mouse.move(1, 1)
    page.wait_for_timeout(1000)
    visitor.settle()
    page.locator(SAFETY).scroll_into_view_if_needed()
    page.mouse.click(*places(page, SAFETY, IMAGES)[1])
    page.wait_for_url(re.compile(f"{PAGE}_operation=flip"))
    expect(page.locator(".measured").last).to_contain_text("under flip left-right,")
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text("At strength 0.3,")
    expect(other.locator(".measured").last).to_contain_text("under flip left-right,")
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_a_picture_of_ones_own_is_drawn_and_a_text_is_refused(server, visit):
    visitor, page, _ = open_page(visit, server, f"?{PAGE}_source=My+picture")
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": base64.b64decode(PNG)})
    page.wait_for_function(
        "(p) => [...document.querySelectorAll(`${p} .marks image`)].every(e => "
        "(e.getAttribute('xlink:href') || e.getAttribute('href')).includes('jpeg'))",
        arg=GRID,
    )
    assert len(images(page)) == IMAGES
    upload.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.get_by_text("The file is not a PNG or JPEG picture.")).to_be_visible()
    assert visitor.exceptions() == 0
    assert visitor.errors == []
