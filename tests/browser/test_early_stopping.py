"""Scrubbing evaluations sends nothing; a click keeps a patience; a pasted curve stays in the link."""

import re

from playwright.sync_api import expect

PAGE = "early_stopping"
PICTURE = f".st-key-panels_{PAGE}_run"
OWN = f".st-key-panels_{PAGE}_own"
SLIDER = 'input[type="range"][aria-label^="Patience"]'
LOG = "epoch,loss,val_loss\n" + "\n".join(
    f"{i},{1 / i:.3f},{v}" for i, v in enumerate([0.9, 0.7, 0.6, 0.5, 0.52, 0.53, 0.54, 0.56, 0.58, 0.6, 0.65], start=1)
)


def open_picture(visit, server, picture=PICTURE, query="", **how):
    visitor = visit(**how)
    sent = []
    visitor.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{picture} .marks").wait_for(timeout=60_000)
    page.locator(picture).scroll_into_view_if_needed()
    return visitor, page, sent


def column(page, level):
    """Return the middle of an evaluation's column on the screen; the picture's only invisible rectangles."""
    boxes = page.evaluate(
        """(picture) => [...document.querySelectorAll(`${picture} .mark-rect path`)].map(e => {
            const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })""",
        PICTURE,
    )
    assert len(boxes) == 78  # two panels of 39 evaluations
    return boxes[level]


def shows(page, level):
    text = re.compile(rf"^stop at {level}\b")
    expect(page.locator(f"{PICTURE} .marks text", has_text=text)).to_have_count(1, timeout=10_000)


def test_scrubbing_redraws_without_a_message_to_the_server(server, visit):
    visitor, page, sent = open_picture(visit, server)
    page.wait_for_timeout(500)
    before = len(sent)
    for level in (5, 12, 30, 38):
        page.mouse.move(*column(page, level))
        shows(page, level)
    page.mouse.move(1, 1)
    page.wait_for_timeout(300)
    assert len(sent) == before
    assert visitor.errors == []


def test_a_click_keeps_the_patience_that_stops_there(server, visit):
    visitor, page, _ = open_picture(visit, server)
    page.mouse.click(*column(page, 21))
    page.wait_for_url(re.compile(f"{PAGE}_patience="))
    patience = re.search(f"{PAGE}_patience=(\\d+)", page.url)[1]
    expect(page.locator(SLIDER)).to_have_value(patience)
    page.mouse.move(1, 1)
    shows(page, 21)
    expect(page.locator(".measured").first).to_contain_text(f"patience {patience} stops at evaluation 21,")
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text(f"patience {patience} stops at evaluation 21,")
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_a_pasted_curve_is_drawn_and_stays_in_the_link(server, visit):
    visitor, page, _ = open_picture(visit, server, query=f"?{PAGE}_effect=Your+own+curve", width=390, height=844)
    field = page.locator("textarea")
    field.fill(LOG)
    field.press("Control+Enter")
    page.locator(f"{OWN} .marks").wait_for(timeout=60_000)
    told = page.locator(".measured", has_text="The lowest validation loss is 0.500, at step 4.")
    expect(told).to_have_count(1)
    other = visit()
    other.open(page.url).locator(f"{OWN} .marks").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert visitor.exceptions() == other.exceptions() == 0
    assert visitor.errors == []
