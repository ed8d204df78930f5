"""The home page in a browser: its picture on the first screen, moved by the pointer alone, and what leads on."""

import pytest
from playwright.sync_api import expect

PICTURE = '.st-key-panels_home_picture_parting [data-testid="stVegaLiteChart"]'
# The times from a pointer's move to the picture that it changes, in the browser's own clock.
WATCH = """(picture) => { window.times = []; let moved = 0;
    picture.addEventListener('pointermove', () => { moved = performance.now(); }, true);
    new MutationObserver(() => { if (moved) { window.times.push(performance.now() - moved); moved = 0; } })
        .observe(picture.querySelector('svg.marks'), {subtree: true, childList: true, attributes: true}); }"""


def heading(page):
    """Return the numbers above the picture: train, validation, gap."""
    return page.locator(PICTURE).locator("svg.marks text").filter(has_text="validation ").first


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_is_on_the_first_screen(server, visit, width, height, scheme):
    visitor = visit(width=width, height=height, scheme=scheme)
    page = visitor.open(server)
    box = page.locator(PICTURE).locator("svg.marks").bounding_box()
    assert box["y"] > 0
    assert box["y"] + box["height"] <= height
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop") == 0
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_a_drag_moves_the_picture_without_the_server_and_a_click_sets_the_slider(server, visit):
    visitor = visit()
    page = visitor.open(server)
    picture = page.locator(PICTURE)
    box = picture.bounding_box()

    def at(share):
        return box["x"] + share * box["width"], box["y"] + 0.5 * box["height"]

    expect(heading(page)).to_contain_text("validation 0.433")
    seen, sent = set(), visitor.wire.sent
    picture.evaluate(WATCH)
    page.mouse.move(*at(0.05))
    page.mouse.down()
    for step in range(20):
        page.mouse.move(*at(0.05 + 0.02 * step))
        page.wait_for_timeout(40)
        seen.add(heading(page).text_content())
    assert len(seen) == 8, "each strength shows its own loss"
    assert visitor.wire.sent == sent
    times = sorted(page.evaluate("window.times"))
    assert len(times) >= 7
    page.mouse.up()
    page.mouse.click(*at(0.32))
    slider = page.locator('input[type="range"][aria-label="Strength of weight decay"]')
    expect(slider).to_have_attribute("aria-valuetext", "1")
    visitor.settle()
    assert "home_decay=1" in page.url
    expect(page.locator(".measured").first).to_contain_text("With weight decay 1, validation loss fell from 0.433")


def test_a_finger_moves_the_picture_too(server, visit):
    visitor = visit(width=390, height=844)
    page = visitor.open(server)
    touch = visitor.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    box = page.locator(PICTURE).bounding_box()
    seen = set()
    for step in range(16):
        point = {"x": box["x"] + (0.2 + 0.045 * step) * box["width"], "y": box["y"] + 0.25 * box["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": [point]})
        page.wait_for_timeout(60)
        seen.add(heading(page).text_content())
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert len(seen) >= 6


def test_the_slider_moves_the_picture_by_keyboard(server, visit):
    visitor = visit()
    page = visitor.open(server)
    page.locator('input[type="range"][aria-label="Strength of weight decay"]').focus()
    page.keyboard.press("End")
    expect(page.locator(".measured").first).to_contain_text("With weight decay 10, validation loss rose")
    assert "home_decay=10" in page.url


def test_a_small_picture_leads_to_its_page(server, visit):
    visitor = visit(width=390, height=844)
    page = visitor.open(server)
    card = page.locator(".st-key-card_l1")
    card.scroll_into_view_if_needed()
    box = card.locator("svg.thumbnail").bounding_box()
    assert box["width"] > 100
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text("L1 / sparsity")
    assert visitor.errors == []


def test_all_techniques_are_drawn_while_they_train_and_at_the_end(server, visit):
    visitor = visit()
    page = visitor.page
    page.goto(f"{server}/all_techniques?all_techniques_data=Wine,+three+cultivars&all_techniques_n=50")
    names = page.locator('[data-testid="stVegaLiteChart"] svg.marks text')
    expect(names.filter(has_text="weight decay")).to_be_visible(timeout=60_000)
    page.locator(".measured").first.wait_for(timeout=240_000)
    visitor.settle()
    assert names.filter(has_text="×").count() > 5, "the time of a step"
    expect(names.filter(has_text="all that help")).to_be_visible()
    assert visitor.exceptions() == 0
    assert visitor.errors == []
