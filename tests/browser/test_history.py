"""The browser's history: one entry for each action, and Back and Forward show exactly what was there."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

STATE = """() => ({
    url: location.pathname + location.search,
    lit: [...document.querySelectorAll('[data-testid="stMain"] [role=radio][aria-checked=true]')].map(e => e.innerText),
    sliders: [...document.querySelectorAll('[data-testid="stMain"] input[type=range]')]
        .map(e => [e.getAttribute('aria-label'), e.value]),
    title: document.querySelector('[data-testid="stMain"] h1').innerText,
    told: [...document.querySelectorAll('.measured')].map(e => e.innerText),
})"""


def state(visitor):
    visitor.page.wait_for_timeout(300)
    visitor.settle()
    return visitor.page.evaluate(STATE)


def entries(page):
    return page.evaluate("history.length")


# Lessons, and a slider that stands in a fragment of its own or not.
WALKS = [
    ("l2", "Ball and ellipse", "Small weights", "Weight decay", "L1 / sparsity"),
    ("l1", "Reference", "Elastic net", "Strength of the penalty", "Mixup & CutMix"),
    (
        "early_stopping",
        "Too hasty",
        "Few validation rows",
        "Patience (evaluations without a new best)",
        "Label smoothing",
    ),
]


@pytest.mark.parametrize(("path", "first", "second", "slider", "other"), WALKS)
def test_back_and_forward_show_what_was_there_and_each_action_is_one_entry(
    server, visit, path, first, second, slider, other
):
    visitor = visit()
    page = visitor.open(f"{server}/{path}")
    seen, lengths = [state(visitor)], [entries(page)]

    def did():
        seen.append(state(visitor))
        lengths.append(entries(page))

    for lesson in (first, second):
        page.get_by_role("radio", name=lesson, exact=True).click()
        expect(page.get_by_role("radio", name=lesson, exact=True)).to_be_checked()
        did()
    page.locator(f'input[type="range"][aria-label="{slider}"]').focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    did()
    assert len({each["url"] for each in seen}) == 4
    assert [b - a for a, b in pairwise(lengths)] == [1, 1, 1]
    for back in (2, 1):
        page.go_back()
        assert state(visitor) == seen[back]
    page.go_forward()
    assert state(visitor) == seen[2]
    assert entries(page) == lengths[-1]
    # By the sidebar to another page and back: its settings are there again, and each click is one entry.
    sidebar = page.locator('[data-testid="stSidebar"]')
    sidebar.get_by_role("link", name=other, exact=True).click()
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text(other)
    elsewhere = state(visitor)
    length = entries(page)
    sidebar.get_by_role("link", name=seen[0]["title"], exact=True).click()
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text(seen[0]["title"])
    assert state(visitor) == seen[2]
    assert entries(page) == length + 1
    page.go_back()
    assert state(visitor) == elsewhere
    page.go_back()
    assert state(visitor) == seen[2]
    page.go_back()
    assert state(visitor) == seen[1]
    page.reload()
    assert state(visitor) == seen[1]
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_a_typed_number_and_a_pressed_button_are_one_entry_each(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/combined_strategy")
    length, first = entries(page), state(visitor)
    field = page.get_by_label("Training rows", exact=True)
    field.fill("150")
    field.press("Enter")
    typed = state(visitor)
    assert entries(page) == length + 1
    page.get_by_role("button", name="Prove it").click()
    expect(page.locator(".measured").first).to_be_visible()
    proved = state(visitor)
    assert entries(page) == length + 2
    page.go_back()
    assert state(visitor) == typed
    expect(field).to_have_value("150")
    page.go_back()
    assert state(visitor) == first
    expect(field).to_have_value("200")
    page.go_forward()
    page.go_forward()
    assert state(visitor) == proved
    assert visitor.exceptions() == 0


def test_what_the_clock_sets_is_no_entry(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/stochastic_depth")
    length = entries(page)
    passes = page.locator('input[type="range"][aria-label="Pass"]')
    page.get_by_role("button", name="Play", exact=True).click()
    expect(passes).not_to_have_value("0")
    at = passes.input_value()
    expect(passes).not_to_have_value(at)
    page.get_by_role("button", name="Pause", exact=True).click()
    visitor.settle()
    assert entries(page) == length
    at = passes.input_value()
    page.get_by_role("button", name="Next pass", exact=True).click()
    expect(passes).not_to_have_value(at)
    visitor.settle()
    assert entries(page) == length + 1
    page.go_back()
    visitor.settle()
    assert visitor.exceptions() == 0


def test_a_lesson_s_link_on_home_is_one_entry_and_back_leads_home(server, visit):
    visitor = visit()
    page = visitor.open(server)
    home, length = state(visitor), entries(page)
    page.get_by_role("link", name="Weight decay prefers small weights.").click()
    expect(page.get_by_role("radio", name="Small weights", exact=True)).to_be_checked()
    opened = state(visitor)
    assert entries(page) == length + 1
    page.get_by_role("button", name="Copy link").click()
    copied = page.locator("#copy-link").get_attribute("data-link")
    assert "l2_lesson" not in copied
    assert "l2_decay=3&" in copied  # as the lesson has it, not by default
    page.locator('input[type="range"][aria-label="Weight decay"]').focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    moved = state(visitor)
    assert entries(page) == length + 2
    assert "l2_lesson" not in moved["url"]
    page.go_back()
    assert state(visitor) == opened
    page.go_back()
    assert state(visitor) == home
    page.go_forward()
    assert state(visitor) == opened
    page.go_forward()
    assert state(visitor) == moved
    assert visitor.exceptions() == 0


def test_a_link_that_writes_defaults_stays_as_it_is_until_something_is_set(server, visit):
    visitor = visit()
    asked = "l2_n=100&l2_decay=3.0&l2_strength=nonsense"
    page = visitor.open(f"{server}/l2?{asked}")
    expect(page.get_by_text("In this link, ")).to_be_visible()
    assert page.url.endswith(asked)
    length = entries(page)
    page.get_by_role("radio", name="Ball and ellipse", exact=True).click()
    visitor.settle()
    assert entries(page) == length + 1
    assert "nonsense" not in page.url
    page.go_back()
    expect(page.get_by_text("In this link, ")).to_be_visible()
    assert page.url.endswith(asked)
