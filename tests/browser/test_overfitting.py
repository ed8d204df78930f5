"""Scrubbing the degree redraws without the server; a click keeps the degree; the keyboard reaches everything."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "overfitting"
PICTURE = ".st-key-panels_overfitting_picture_fit"
SLIDER = 'input[type="range"][aria-label="Degree of the polynomial"]'


def open_picture(visit, server, query="", **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{PICTURE} .marks").wait_for(timeout=60_000)
    page.locator(PICTURE).scroll_into_view_if_needed()
    return visitor, page, wire


def heading(page):
    """Return the picture's own words on the fit that it shows."""
    texts = page.locator(f"{PICTURE} .marks text").all_text_contents()
    return next((text for text in texts if re.match(r"degree \d+: ", text)), "")


def column(page, degree):
    """Return the middle of a degree's column on the screen."""
    boxes = page.evaluate(
        """(picture) => [...document.querySelectorAll(`${picture} .mark-rect path`)].map(e => {
            const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })""",
        PICTURE,
    )
    assert len(boxes) == 20
    return boxes[degree]


def fit_path(page):
    lines = f"{PICTURE} .mark-line path"
    return page.evaluate("(lines) => [...document.querySelectorAll(lines)].map(e => e.getAttribute('d')).join()", lines)


def shows(page, text):
    expect(page.locator(f"{PICTURE} .marks text", has_text=re.compile(f"^{text}"))).to_have_count(1, timeout=10_000)


@pytest.mark.parametrize("width", [1440, 390])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width):
    visitor, page, wire = open_picture(visit, server, width=width)
    assert heading(page) == "degree 16: overfit"
    page.wait_for_timeout(500)
    before, seen = wire.sent, set()
    for degree in (1, 3, 5, 10, 19):
        page.mouse.move(*column(page, degree))
        shows(page, f"degree {degree}: ")
        seen.add(fit_path(page))
    assert len(seen) == 5
    expect(page.locator("#vg-tooltip-element.visible")).to_have_count(0)
    page.mouse.move(1, 1)
    shows(page, "degree 16: overfit")
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []


def test_every_degree_under_the_pointer_redraws(server, visit):
    _, page, _ = open_picture(visit, server)
    redraws = page.evaluate(
        """async (picture) => {
            const svg = document.querySelector(`${picture} svg.marks`);
            const columns = [...svg.querySelectorAll('.mark-rect path')];
            const changed = [];
            for (const degree of [2, 9, 4, 18, 6, 12, 1, 15]) {
                const r = columns[degree].getBoundingClientRect(), was = svg.innerHTML;
                columns[degree].dispatchEvent(new PointerEvent('pointermove', {
                    bubbles: true, clientX: r.x + r.width / 2, clientY: r.y + r.height / 2, pointerType: 'mouse'}));
                for (let i = 0; i < 500 && svg.innerHTML === was; i++) await new Promise(r => setTimeout(r, 0));
                changed.push(svg.innerHTML !== was);
            }
            return changed;
        }""",
        PICTURE,
    )
    assert redraws == [True] * 8


def test_a_click_keeps_the_degree_in_the_slider_and_the_link(server, visit):
    visitor, page, _ = open_picture(visit, server)
    slider = page.locator(SLIDER)
    for degree in (3, 19):
        page.mouse.click(*column(page, degree))
        expect(slider).to_have_value(str(degree), timeout=10_000)
        page.mouse.move(1, 1)
        shows(page, f"degree {degree}: ")
        page.wait_for_url(re.compile(f"{PAGE}_degree={degree}"))
        expect(page.locator(".measured").first).to_contain_text(f"Degree {degree} is ")
        visitor.settle()  # a picture that is being drawn anew takes no click
    # The same point again, after the slider has moved away from it.
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".measured").first).to_contain_text("Degree 18 is ", timeout=10_000)
    visitor.settle()
    page.mouse.click(*column(page, 19))
    expect(slider).to_have_value("19", timeout=10_000)
    other = visit().open(page.url)
    assert heading(other) == "degree 19: overfit"
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_keyboard_moves_the_degree_and_the_picture_stays(server, visit):
    visitor, page, _ = open_picture(visit, server)
    page.evaluate("(picture) => { document.querySelector(`${picture} .marks`).kept = true; }", PICTURE)
    page.locator(SLIDER).focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    shows(page, "degree 12: about right")
    expect(page.locator(f"{PICTURE} .for-readers")).to_contain_text("Degree 12: about right. Mean squared errors: ")
    page.locator('input[type="range"][aria-label="Points n"]').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".measured").first).to_contain_text("on its own 25 points", timeout=10_000)
    assert page.evaluate("(picture) => document.querySelector(`${picture} .marks`).kept === true", PICTURE)
    assert visitor.exceptions() == 0


def test_every_control_is_reached_by_keyboard(server, visit):
    _, page, _ = open_picture(visit, server)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("() => document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        )
    for name in (
        "Copy link",
        "See it happen",
        "Degree of the polynomial",
        "Points n",
        "Noise (standard deviation)",
        "More",
        "Bias and variance",
        "Training rows",
        "Predict first",
    ):
        assert any(name in (text or "") for text in reached), name


def test_real_data_is_drawn_while_it_trains(server, visit):
    visitor = visit()
    page = visitor.page
    page.goto(f"{server}/{PAGE}?{PAGE}_seed=77&{PAGE}_rows=400")
    # The rest of the page is there before the training is done.
    expect(page.get_by_role("tab", name="Papers and data")).to_be_visible(timeout=60_000)
    expect(page.locator(".measured")).to_have_count(3, timeout=120_000)
    expect(page.locator(".measured").last).to_contain_text("With all labels shuffled")
    visitor.settle()
    assert visitor.exceptions() == 0
    assert visitor.errors == []
