"""A boundary that learns before one's eyes, and what is moved by hand: by pointer, by keyboard and on a phone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

LEARNING = "l2?l2_effect=Watch+it+learn&l2_data=Two+moons&l2_n=50"
POLYNOMIAL = "overfitting?overfitting_hand=true&overfitting_degree=5&overfitting_data=Wine&overfitting_rows=50"
CENTRES = {
    "l2": "l2?l2_view=Ball+and+contours&l2_hand=true&l2_strength=0.1&l2_data=Wine,+three+cultivars&l2_n=50",
    "l1": "l1?l1_view=Diamond+and+ball&l1_hand=true&l1_strength=0.1&l1_data=Wine&l1_n=50",
}
PIXELS = """canvas => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0; for (let i = 0; i < d.length; i += 4) sum = (sum * 31 + d[i] + 3 * d[i + 1] + 7 * d[i + 2]) % 1e9;
    return sum; }"""


def opened(visit, url, **how):
    """Open a page without motion; return the visitor, and its component's root."""
    visitor = visit(**how)
    visitor.page.emulate_media(reduced_motion="reduce")
    visitor.open(url)
    root = visitor.page.locator(".boundary, .movable")
    root.locator("canvas.plane").first.scroll_into_view_if_needed()
    return visitor, root


def pixels(root, number=0):
    return root.locator("canvas.plane").nth(number).evaluate(PIXELS)


def test_without_motion_it_waits_on_the_last_frame_and_with_it_it_plays(server, visit):
    visitor, root = opened(visit, f"{server}/{LEARNING}")
    expect(root.locator("output")).to_have_text("step 300 of 300")
    expect(root.locator(".play")).to_have_text("Play")
    moving = visit()
    moving.open(f"{server}/{LEARNING}")
    root = moving.page.locator(".boundary")
    root.locator("canvas.plane").first.scroll_into_view_if_needed()
    root.locator("select").select_option("4")
    expect(root.locator("output")).to_have_text("step 300 of 300")
    expect(root.locator(".play")).to_have_text("Play")
    assert visitor.errors == moving.errors == []


def test_it_plays_pauses_and_steps_without_a_message_to_the_server(server, visit):
    visitor, root = opened(visit, f"{server}/{LEARNING}")
    sent, url = visitor.wire.sent, visitor.page.url
    last, other = pixels(root), pixels(root, 1)
    root.get_by_role("slider", name="Step of the training").fill("0")
    expect(root.locator("output")).to_have_text("step 1 of 300")
    assert pixels(root) != last
    assert pixels(root, 1) != other
    first = pixels(root)
    root.locator("select").select_option("0.5")
    root.get_by_role("button", name="Play").click()
    expect(root.locator("output")).not_to_have_text("step 1 of 300")
    root.get_by_role("button", name="Pause").click()
    paused = root.locator("output").inner_text()
    assert pixels(root) != first
    visitor.page.wait_for_timeout(600)
    assert root.locator("output").inner_text() == paused
    root.get_by_role("button", name="One step forward").click()
    after = root.locator("output").inner_text()
    assert after != paused
    root.get_by_role("button", name="One step back").click()
    assert root.locator("output").inner_text() == paused
    assert visitor.wire.sent == sent
    assert visitor.page.url == url
    assert visitor.errors == []


def test_the_keyboard_plays_it_and_what_is_shown_is_said(server, visit):
    visitor, root = opened(visit, f"{server}/{LEARNING}")
    plane = root.locator("canvas.plane").first
    plane.focus()
    visitor.page.keyboard.press("Home")
    expect(root.locator("output")).to_have_text("step 1 of 300")
    visitor.page.keyboard.press("ArrowRight")
    expect(root.locator("output")).to_have_text("step 3 of 300")
    said = re.compile(
        r"^Without weight decay at step 3: train loss \d\.\d{3}, validation loss \d\.\d{3}, test loss \d\.\d{3}; "
        r"of the plane upper on \d+ %, lower on \d+ %\. With weight decay 1 at step 3: .+ %\.$"
    )
    expect(root.locator(".said")).to_have_text(said)
    expect(plane).to_have_attribute(
        "aria-label", re.compile("^Without weight decay at step 3: .+the training rows\\.$")
    )
    root.locator("select").select_option("0.5")
    plane.focus()
    visitor.page.keyboard.press("Space")
    expect(root.locator(".play")).to_have_text("Pause")
    visitor.page.keyboard.press("Space")
    expect(root.locator(".play")).to_have_text("Play")
    visitor.page.keyboard.press("End")
    expect(root.locator("output")).to_have_text("step 300 of 300")


def test_a_point_is_added_by_a_click_dragged_and_removed_and_the_training_follows(server, visit):
    visitor, root = opened(visit, f"{server}/{LEARNING}")
    page, plane = visitor.page, root.locator("canvas.plane").first
    before = root.locator(".numbers").first.inner_text()
    root.get_by_text("lower").click()
    box = plane.bounding_box()
    plane.click(position={"x": 0.2 * box["width"], "y": 0.2 * box["height"]})
    page.wait_for_url(re.compile(r"l2_points=\w{5}(&|$)"))
    expect(page.locator(".measured").last).to_contain_text("Every seed trained on 1 point of your own too.")
    expect(root.locator(".numbers").first).not_to_have_text(before)
    handle = root.locator(".layer").first.locator(".handle")
    expect(handle).to_have_attribute("aria-label", re.compile("^Point 1, lower, at "))
    was, there = page.url, handle.bounding_box()
    page.mouse.move(there["x"] + there["width"] / 2, there["y"] + there["height"] / 2)
    page.mouse.down()
    page.mouse.move(there["x"] + 60, there["y"] + 40, steps=4)
    page.mouse.up()
    expect(page).not_to_have_url(was)
    visitor.settle()
    assert abs(handle.bounding_box()["x"] + 14 - there["x"] - 60) < 3
    handle.focus()
    page.keyboard.press("Delete")
    expect(handle).to_have_count(0)
    page.wait_for_url(lambda url: "l2_points" not in url)
    expect(root.locator(".numbers").first).to_have_text(before)
    assert visitor.errors == []


def test_a_point_is_added_moved_and_removed_by_keyboard(server, visit):
    visitor, root = opened(visit, f"{server}/{LEARNING}")
    page = visitor.page
    root.get_by_role("button", name="Add a point").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"l2_points=\w{5}(&|$)"))
    handle = root.locator(".layer").first.locator(".handle")
    expect(handle).to_be_focused()
    was, place = page.url, handle.get_attribute("aria-label")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(handle).not_to_have_attribute("aria-label", place)
    expect(page).not_to_have_url(was)
    expect(handle).to_be_focused()
    page.keyboard.press("Backspace")
    page.wait_for_url(lambda url: "l2_points" not in url)
    assert visitor.errors == []


def test_a_point_of_the_polynomial_is_dragged_and_the_fit_changes(server, visit):
    visitor, root = opened(visit, f"{server}/{POLYNOMIAL}")
    page, sentence = visitor.page, visitor.page.locator(".measured").first
    before, drawn = sentence.inner_text(), pixels(root)
    handle = root.locator(".handle").nth(7)
    there = handle.bounding_box()
    page.mouse.move(there["x"] + 14, there["y"] + 14)
    page.mouse.down()
    page.mouse.move(there["x"] + 14, there["y"] + 90, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile("overfitting_points="))
    expect(sentence).not_to_have_text(before)
    visitor.settle()
    assert pixels(root) != drawn
    root.get_by_role("button", name="As it was").click()
    expect(sentence).to_have_text(before)
    page.wait_for_url(lambda url: "overfitting_points" not in url)
    handle.focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(sentence).not_to_have_text(before)
    assert visitor.errors == []


@pytest.mark.parametrize("page", CENTRES)
def test_the_centre_of_the_contours_is_dragged_and_moved_by_keyboard(server, visit, page):
    visitor, root = opened(visit, f"{server}/{CENTRES[page]}")
    sentence, handle = visitor.page.locator(".measured").first, root.locator(".handle")
    assert root.locator(".layer").bounding_box() == root.locator("canvas.plane").bounding_box()
    before, there = sentence.inner_text(), handle.bounding_box()
    visitor.page.mouse.move(there["x"] + 14, there["y"] + 14)
    visitor.page.mouse.down()
    visitor.page.mouse.move(there["x"] - 60, there["y"] + 40, steps=4)
    visitor.page.mouse.up()
    visitor.page.wait_for_url(re.compile(f"{page}_centre="))
    expect(sentence).not_to_have_text(before)
    moved = sentence.inner_text()
    handle.focus()
    visitor.page.keyboard.press("Shift+ArrowLeft")
    expect(sentence).not_to_have_text(moved)
    assert visitor.errors == []


PLACES = (LEARNING + "&l2_points=WWWW1", POLYNOMIAL, CENTRES["l1"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_on_a_phone_nothing_overflows_and_nobody_is_shut_out(server, visit, place, scheme):
    visitor, root = opened(visit, f"{server}/{place}", width=390, height=844, scheme=scheme)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    box = root.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    for each in root.locator("button:visible, canvas:visible").all():
        inside = each.bounding_box()
        assert inside["x"] >= box["x"] - 15
        assert inside["x"] + inside["width"] <= box["x"] + box["width"] + 15
    host = ".stBidiComponent"
    violations = Axe().run(visitor.page, context=host).response["violations"]
    assert [violation["id"] for violation in violations] == []
    assert visitor.errors == visitor.outside == []
