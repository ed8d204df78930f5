"""Scrubbing the path redraws without the server; a click keeps the strength; the keyboard reaches everything."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "l1"
PICTURE = ".st-key-panels_l1_picture_path"
SLIDER = 'input[type="range"][aria-label="Strength of the penalty"]'
# A strength's number in the scale, its name, and how many features the Lasso keeps there.
LEVELS = {61: ("1", 0), 51: ("0.316", 3), 31: ("0.0316", 7), 0: ("0", 10)}


def open_picture(visit, server, query="", picture=PICTURE, **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{picture} .marks").wait_for(timeout=60_000)
    page.locator(picture).scroll_into_view_if_needed()
    return visitor, page, wire


def column(page, number, picture=PICTURE):
    """Return the middle of a column on the screen."""
    return page.evaluate(
        """([picture, number]) => {
            const columns = [...document.querySelectorAll(`${picture} .mark-rect`)].at(-1).querySelectorAll('path');
            const r = columns[number].getBoundingClientRect();
            return [r.x + r.width / 2, r.y + r.height / 2]; }""",
        [picture, number],
    )


def shows(page, text, picture=PICTURE):
    texts = page.locator(f"{picture} .marks text", has_text=re.compile(f"^{text}$"))
    expect(texts).to_have_count(1, timeout=10_000)


def lines(page, picture=PICTURE):
    """Return what the picture draws."""
    return page.locator(f"{picture} .marks").first.inner_html()


@pytest.mark.parametrize("width", [1440, 390])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width):
    visitor, page, wire = open_picture(visit, server, width=width)
    shows(page, "Lasso, l1 = 0.1")
    page.wait_for_timeout(500)
    before, seen = wire.sent, set()
    for level, (name, features) in LEVELS.items():
        page.mouse.move(*column(page, level))
        shows(page, f"Lasso, l1 = {name}")
        shows(page, f"{features} of 10 features")
        seen.add(lines(page))
    assert len(seen) == len(LEVELS)
    page.mouse.move(1, 1)
    shows(page, "Lasso, l1 = 0.1")
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert visitor.errors == []


def test_the_names_of_the_chosen_features_follow_the_pointer(server, visit):
    _, page, _ = open_picture(visit, server)
    page.mouse.move(*column(page, 51))
    shows(page, "3 of 10 features")
    texts = page.locator(f"{PICTURE} .marks text").all_text_contents()
    chosen = {text.split()[0] for text in texts if re.fullmatch(r"\w+\s+−?\d\.\d{3}", text)}
    assert chosen == {"bmi", "s5", "bp"}
    assert len([text for text in texts if re.fullmatch(r"\w+\s+0", text)]) == 7


def test_a_click_keeps_the_strength_in_the_slider_and_the_link(server, visit):
    visitor, page, _ = open_picture(visit, server)
    sentence = page.locator(".measured").first
    for level in (51, 31, 51):
        name, features = LEVELS[level]
        page.mouse.click(*column(page, level))
        page.wait_for_url(re.compile(rf"{PAGE}_strength={name}(&|$)"))
        expect(page.locator(SLIDER)).to_have_value(str(level), timeout=10_000)
        page.mouse.move(1, 1)
        shows(page, f"Lasso, l1 = {name}")
        expect(sentence).to_contain_text(f"keeps {features} of 10 features")
    # The same point again, after the slider has moved away from it; Streamlit sends a cleared selection a little later.
    page.wait_for_timeout(1000)
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowLeft")
    expect(sentence).to_contain_text("At strength 0.282", timeout=10_000)
    page.mouse.click(*column(page, 51))
    expect(sentence).to_contain_text("At strength 0.316", timeout=10_000)
    other = visit().open(page.url)
    shows(other, r"Lasso, l1 = 0\.316")
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_keyboard_moves_the_strength_and_the_picture_stays(server, visit):
    visitor, page, _ = open_picture(visit, server)
    page.evaluate("(picture) => { document.querySelector(`${picture} .marks`).kept = true; }", PICTURE)
    page.locator(SLIDER).focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    shows(page, r"Lasso, l1 = 0\.126")
    expect(page.locator(f"{PICTURE} .for-readers")).to_contain_text("Lasso at strength 0.126: bmi 0.")
    assert page.evaluate("(picture) => document.querySelector(`${picture} .marks`).kept === true", PICTURE)
    assert visitor.exceptions() == 0


@pytest.mark.parametrize(
    ("view", "picture", "number", "heading"),
    [
        ("Three ways to zero", "ways_three", 0, "soft threshold: 10 exact zeros"),
        ("Three ways to zero", "ways_three", 61 + 30, r"subgradient: 0 exact zeros"),
        ("Five weights", "five", 0, "L1: 2.000, 0.500, −0.300, 0.100, −1.500"),
        ("Five weights", "five", 61 + 20, "L2: 1.335, 0.334, −0.200, 0.067, −1.001"),
    ],
)
def test_every_panel_of_steps_is_scrubbed_and_a_click_keeps_the_step(server, visit, view, picture, number, heading):
    picture = f".st-key-panels_l1_picture_{picture}"
    start = 10
    visitor, page, wire = open_picture(visit, server, f"?l1_view={view}&l1_step={start}", picture)
    page.wait_for_timeout(500)
    before = wire.sent
    page.mouse.move(*column(page, number, picture))
    shows(page, heading, picture)
    assert wire.sent == before
    page.mouse.click(*column(page, number, picture))
    step = number % 61
    expect(page.locator('input[type="range"][aria-label="Step"]')).to_have_value(str(step), timeout=10_000)
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_diamond_and_the_first_layer_are_scrubbed(server, visit):
    picture = ".st-key-panels_l1_picture_plane"
    visitor, page, wire = open_picture(visit, server, "?l1_view=Diamond+and+ball&l1_effect=First+layer", picture)
    page.wait_for_timeout(500)
    before = wire.sent
    page.mouse.move(*column(page, 17, picture))  # columns stand by the coefficient, from strong to weak
    expect(page.locator(f"{picture} .marks text", has_text=re.compile(r"^Lasso: 0\.\d{3}, 0$"))).to_have_count(1)
    layer = ".st-key-panels_l1_picture_layer"
    page.locator(layer).scroll_into_view_if_needed()
    image = page.locator(f"{layer} .marks image")
    expect(image).to_have_count(1)
    shown = image.get_attribute("href") or image.get_attribute("xlink:href")
    page.mouse.move(*column(page, 6, layer))
    shows(page, r"L1 1: .*", layer)
    assert (image.get_attribute("href") or image.get_attribute("xlink:href")) != shown
    assert wire.sent == before
    page.mouse.click(*column(page, 6, layer))
    expect(page.locator('input[type="range"][aria-label="L1 strength"]')).to_have_value("6", timeout=10_000)
    page.wait_for_url(re.compile("l1_l1=1"))
    assert visitor.exceptions() == 0
    assert visitor.errors == []


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
        "See it work",
        "Lasso path",
        "Strength of the penalty",
        "Linear regression on",
        "Penalty",
        "Strength against loss",
        "L1 strength",
        "Data",
        "Training rows n",
        "Predict first",
    ):
        assert any(name in (text or "") for text in reached), name
