"""Scrubbing evaluations sends nothing; a click keeps a patience; a pasted curve stays in the link."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "early_stopping"
PICTURE = f".st-key-panels_{PAGE}_picture_run"
OWN = f".st-key-panels_{PAGE}_picture_own"
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
    sentence = page.locator(".measured", has_text="The lowest validation loss is 0.500, at epoch 4.")
    expect(sentence).to_have_count(1)
    other = visit()
    other.open(page.url).locator(f"{OWN} .marks").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert visitor.exceptions() == other.exceptions() == 0
    assert visitor.errors == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("lesson", ["See it work", "When it does nothing"])
def test_no_name_stands_across_the_line_of_the_stop(server, visit, width, lesson):
    _, page, _ = open_picture(visit, server, query=f"?{PAGE}_lesson={lesson}", width=width)
    page.mouse.move(1, 1)
    crossed = page.evaluate(
        """(picture) => {
            const boxes = (of) => [...document.querySelectorAll(`${picture} .marks ${of}`)].map(e => {
                return [e.textContent, e.getBoundingClientRect()]; });
            const lines = boxes('.mark-rule line').map(([_, box]) => box).filter(box => box.height > 90);
            const words = /^(patience|GL|PQ|UP|train|validation|test)/;
            const names = boxes('text').filter(([text]) => words.test(text) && !text.includes('('));
            return [lines.length, names.length, names.filter(([_, box]) => lines.some(line =>
                box.left < line.right && line.left < box.right && box.top < line.bottom && line.top < box.bottom
            )).map(([text]) => text)]; }""",
        PICTURE,
    )
    assert crossed == [4, 7, []]  # the stop of the control, and the one shown, in both panels


@pytest.mark.parametrize("width", [1440, 390])
def test_no_curve_runs_through_the_name_of_a_rule(server, visit, width):
    _, page, _ = open_picture(visit, server, query=f"?{PAGE}_lesson=Too hasty", width=width)
    page.mouse.move(1, 1)
    names, crossed = page.evaluate(
        """(picture) => {
            const names = [...document.querySelectorAll(`${picture} .marks text`)].filter(e =>
                /^(patience|GL|PQ|UP)/.test(e.textContent)).map(e => [e.textContent, e.getBoundingClientRect()]);
            const crossed = new Set();
            const drawn = [...document.querySelectorAll(`${picture} .marks .mark-line path`)];
            for (const path of drawn.filter(e => e.getAttribute("d"))) {
                const to = path.getScreenCTM(), end = path.getTotalLength();
                for (let at = 0; at <= end; at += 1) {
                    const {x, y} = path.getPointAtLength(at).matrixTransform(to);
                    for (const [name, box] of names)
                        if (x > box.left && x < box.right && y > box.top + 2 && y < box.bottom - 2) crossed.add(name);
                }
            }
            return [names.length, [...crossed]]; }""",
        PICTURE,
    )
    assert (names, crossed) == (4, [])
