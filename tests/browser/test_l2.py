"""L2 in a browser: the pointer scrubs without the server, a click sets slider and link, and the keyboard does all."""

import re

import pytest
from playwright.sync_api import expect

VIEWS = ("Ridge path", "Ball and contours", "Shrinking", "Five weights", "Coupled or decoupled")
# The frames of the page's socket: nothing is sent while the pointer only moves.
COUNT_FRAMES = """() => { window.sent = 0; const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...a) { window.sent += 1; return send.apply(this, a); }; }"""


def chart(page, number):
    picture = page.locator('[data-testid="stVegaLiteChart"]').nth(number)
    picture.scroll_into_view_if_needed()
    picture.locator("svg.marks").first.wait_for()
    return picture


def drawing(picture):
    return picture.locator("svg.marks").first.inner_html()


def scrub(page, picture, share):
    """Move the pointer to a share of the first panel's width."""
    box = picture.bounding_box()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.4 * box["height"], steps=3)
    page.wait_for_timeout(150)


@pytest.mark.parametrize("view", VIEWS)
def test_the_pointer_scrubs_without_a_message_to_the_server(server, visit, view):
    visitor = visit()
    visitor.page.add_init_script(f"({COUNT_FRAMES})()")
    page = visitor.open(f"{server}/l2?l2_view={view.replace(' ', '+')}&l2_data=Wine,+three+cultivars&l2_n=50")
    picture = chart(page, 0)
    scrub(page, picture, 0.15)
    first, sent, url = drawing(picture), page.evaluate("window.sent"), page.url
    scrub(page, picture, 0.38)
    assert drawing(picture) != first
    assert page.evaluate("window.sent") == sent
    assert page.url == url
    assert visitor.errors == []


def test_the_effect_scrubs_without_a_message_and_a_click_sets_slider_and_link(server, visit):
    visitor = visit()
    visitor.page.add_init_script(f"({COUNT_FRAMES})()")
    page = visitor.open(f"{server}/l2?l2_data=Wine,+three+cultivars&l2_n=50")
    picture = chart(page, 1)
    slider = page.locator('input[type="range"][aria-label="Weight decay"]')
    scrub(page, picture, 0.15)
    first, sent = drawing(picture), page.evaluate("window.sent")
    scrub(page, picture, 0.37)
    assert drawing(picture) != first
    assert page.evaluate("window.sent") == sent
    before = slider.get_attribute("aria-valuetext")
    box = picture.bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.4 * box["height"])
    expect(slider).not_to_have_attribute("aria-valuetext", before, timeout=20_000)
    visitor.settle()
    value = re.search(r"l2_decay=([\d.]+)", page.url)[1]
    assert float(slider.get_attribute("aria-valuetext")) == float(value)
    expect(page.locator(".measured").nth(1)).to_contain_text(f"ith weight decay {float(value):g},")
    assert visitor.errors == []


def test_a_click_in_the_mechanism_sets_its_slider(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/l2?l2_data=Wine,+three+cultivars&l2_n=50")
    picture = chart(page, 0)
    box = picture.bounding_box()
    page.mouse.click(box["x"] + 0.36 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_url(re.compile("l2_strength="), timeout=20_000)
    value = float(re.search(r"l2_strength=([\d.]+)", page.url)[1])
    assert value > 0.1
    expect(page.locator(".measured").first).to_contain_text(f"At strength {value:g}")


def test_everything_can_be_done_by_keyboard(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/l2?l2_data=Wine,+three+cultivars&l2_n=50")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("() => document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        )
    for name in ("Copy link", "Ridge path", "Strength", "Weight decay", "Learning rate", "First seed", "Predict first"):
        assert any(name in (text or "") for text in reached), name
    page.locator('input[type="range"][aria-label="Weight decay"]').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".measured").nth(1)).to_contain_text("ith weight decay 3,", timeout=20_000)
    assert "l2_decay=3" in page.url


def test_what_a_chart_shows_is_said(server, visit):
    page = visit().open(f"{server}/l2?l2_data=Wine,+three+cultivars&l2_n=50")
    said = page.locator(".for-readers")
    expect(said.first).to_contain_text("Strength 0.02: norm")
    expect(said.last).to_contain_text(re.compile(r"At weight decay 1: validation \d"))


@pytest.mark.parametrize("width", [1440, 390])
def test_the_legend_of_the_three_optimizers_fits(server, visit, width):
    page = visit(width=width).open(f"{server}/l2?l2_lesson=Only+SGD+agrees")
    page.locator('[data-testid="stVegaLiteChart"] .marks').first.wait_for()
    texts, lines, panel = page.locator('[data-testid="stVegaLiteChart"]').first.evaluate(
        """(chart) => {
            const box = e => { const {left, right} = e.getBoundingClientRect(); return [left, right]; };
            const texts = [...chart.querySelectorAll('text')].filter(e => /^(Adam|momentum|SGD) /.test(e.textContent));
            const y = texts[0].getBoundingClientRect();
            const lines = [...chart.querySelectorAll('.mark-rule line')].filter(e => {
                const at = e.getBoundingClientRect();
                return at.width > 5 && at.width < 30 && at.top > y.top && at.bottom < y.bottom; });
            return [texts.map(box), lines.map(box), chart.getBoundingClientRect().right]; }"""
    )
    assert (len(texts), len(lines)) == (3, 3)
    for (_, end), (start, _) in zip(sorted(texts), sorted(lines)[1:], strict=False):
        assert end + 2 <= start
    assert max(end for _, end in texts) <= panel
