"""Scrubbing passes and rates redraws without the server; a click keeps them; play steps from pass to pass."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "dropout"
NETWORK = ".st-key-panels_dropout_picture_network"
GAPS = ".st-key-panels_dropout_picture_gaps"


def open_page(visit, server, query="", **how):
    visitor = visit(**how)
    wire = visitor.wire
    page = visitor.open(f"{server}/{PAGE}{query}")
    page.locator(f"{GAPS} .marks").wait_for(timeout=60_000)
    return visitor, page, wire


def columns(page, picture):
    """Return the middles of the columns that take the pointer, from left to right."""
    page.locator(picture).scroll_into_view_if_needed()
    boxes = page.evaluate(
        """(picture) => [...document.querySelectorAll(`${picture} .mark-rect path`)].map(e => {
            const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2, r.height]; })""",
        picture,
    )
    tallest = max(height for _, _, height in boxes)
    return sorted((x, y) for x, y, height in boxes if height == tallest)


def shows(page, picture, pattern):
    texts = page.locator(f"{picture} .marks text", has_text=re.compile(pattern))
    expect(texts.first).to_be_visible(timeout=10_000)


def drawing(page, picture):
    return page.evaluate("(p) => document.querySelector(`${p} svg.marks`).innerHTML", picture)


@pytest.mark.parametrize("width", [1440, 390])
def test_scrubbing_redraws_without_a_message_to_the_server(server, visit, width):
    visitor, page, wire = open_page(visit, server, width=width)
    page.wait_for_timeout(500)
    before = wire.sent
    for picture, count, number, pattern in (
        (NETWORK, 40, 12, r"^pass 13: \d+ of 12 units dark"),
        (GAPS, 9, 6, "^logged gap"),
    ):
        seen = {drawing(page, picture)}
        at = columns(page, picture)
        assert len(at) == count
        page.mouse.move(*at[number])
        shows(page, picture, pattern)
        seen.add(drawing(page, picture))
        page.mouse.move(*at[1])
        page.wait_for_timeout(200)
        seen.add(drawing(page, picture))
        assert len(seen) == 3
        page.mouse.move(1, 1)
    page.wait_for_timeout(300)
    assert wire.sent == before
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert visitor.errors == []


def test_a_click_keeps_the_pass_and_the_rate(server, visit):
    visitor, page, _ = open_page(visit, server)
    page.mouse.click(*columns(page, NETWORK)[24])
    page.wait_for_url(re.compile(f"{PAGE}_pass=25"))
    page.mouse.click(*columns(page, GAPS)[7])  # at once: the first click's messages are still under way
    page.wait_for_url(re.compile(f"{PAGE}_rate=0.7"))
    expect(page.locator(".measured").nth(1)).to_contain_text("ith p = 0.7, validation loss")
    other = visit().open(page.url)
    expect(other.locator(".measured").first).to_contain_text("In pass 25, ")
    expect(other.locator(".measured").nth(1)).to_contain_text("ith p = 0.7, ")
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_first_picture_is_on_the_first_screen_and_play_steps(server, visit):
    visitor, page, _ = open_page(visit, server, f"?{PAGE}_pass=38")
    box = page.locator(NETWORK).bounding_box()
    assert box["y"] + box["height"] <= 900
    page.get_by_role("button", name="Next pass").click()
    expect(page.locator(".measured").first).to_contain_text("In pass 39, ")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".measured").first).to_contain_text("In pass 40, ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # it has stopped
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".measured").first).to_contain_text("In pass 3, ")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_a_control_moved_while_its_fragment_trains_is_heard_before_the_training_ends(server, visit):
    visitor, page, _ = open_page(visit, server, "?dropout_steps=1500.0&dropout_n=400.0&dropout_seed=7")
    seed = page.get_by_label("First seed", exact=True)
    seed.fill("8")
    seed.press("Enter")
    training = page.locator('[data-testid="stProgress"]', has_text="Training")
    expect(training).to_be_visible()
    page.get_by_role("slider", name="Dropout rate p").first.press("ArrowRight")
    expect(page.locator(".picture-title").first).to_contain_text("at p = 0.4")
    expect(training).to_be_visible()
    expect(training).to_have_count(0)
    expect(page.locator(".measured").nth(1)).to_contain_text("ith p = 0.4, ")
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_pictures_numbers_are_downloaded_as_shown(server, visit):
    _, page, _ = open_page(visit, server, "?dropout_tab=Papers+and+data&dropout_rate=0.5")
    shows(page, GAPS, "^logged gap")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the losses at every evaluation").click()
    header, *rows = download.value.path().read_text().strip().split("\n")
    assert header.startswith("dataset,dropout,seed,n_train,step,train_objective,train_loss,val_loss")
    assert len(rows) == 9 * 5 * 20
    losses = [float(row.split(",")[7]) for row in rows if row.startswith("digits,0.5,") and row.split(",")[4] == "300"]
    shows(page, GAPS, rf"^val\. {sum(losses) / len(losses):.3f}")
