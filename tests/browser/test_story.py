"""The story of the last page: numbers in, the diagnosis read, the proof watched, the sentence read."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGE = "combined_strategy"


def type_into(page, label, text):
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


def test_numbers_in_diagnosis_read_proof_watched_sentence_read(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    type_into(page, "Training rows", "150")
    type_into(page, "Train loss", "0.002")
    type_into(page, "Validation loss", "0.9")
    expect(page.locator(".diagnosis b")).to_have_text("Strong overfit", timeout=10_000)
    table = page.locator(".settings-table").first
    expect(table).to_contain_text("weight decay")
    expect(table).to_contain_text("search")
    page.get_by_role("button", name="Prove it").click()
    # A picture before the end, then the whole of it and a sentence with its numbers.
    expect(page.locator('[data-testid="stVegaLiteChart"] .mark-line path').first).to_be_visible(timeout=10_000)
    sentence = page.locator(".measured").first
    expect(sentence).to_contain_text(re.compile(r"test loss (fell|rose|did not change)"), timeout=30_000)
    expect(sentence).to_contain_text(re.compile(r"\d of 5 seeds"))
    visitor.settle()
    assert "prove=true" in page.url
    assert "n=150" in page.url
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_a_button_that_cannot_be_pressed_can_be_read(server, visit):
    page = visit().open(f"{server}/{PAGE}?{PAGE}_task=Text")
    words = page.get_by_role("button", name="Prove it").locator("p")
    expect(words).to_have_css("color", re.compile(r"^rgba\(26, 32, 44"))


def test_a_slider_moved_meanwhile_drops_the_old_run(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}?{PAGE}_n=900&{PAGE}_prove=true&{PAGE}_seed=40&{PAGE}_strength=1.5")
    once = page.locator(".measured").first.inner_text()
    visitor = visit()
    page = visitor.page
    page.goto(f"{server}/{PAGE}?{PAGE}_n=900&{PAGE}_prove=true&{PAGE}_seed=50")
    page.locator('[data-testid="stProgress"]').wait_for(timeout=20_000)
    page.locator('input[type="range"][aria-label="Strength"]').focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".measured").first).to_contain_text("of 5 seeds", timeout=60_000)
    visitor.settle()
    assert "strength=1.5" in page.url
    assert page.locator(".measured").first.inner_text() != once
    # The picture that stays is that of the new values: the same as from a link that holds them.
    other = visit().open(page.url)
    assert other.locator(".measured").first.inner_text() == page.locator(".measured").first.inner_text()


def test_what_cannot_be_read_is_said_and_nothing_else_is_lost(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    type_into(page, "Validation loss", "0.7")
    type_into(page, "Train loss", "1e999")
    alert = page.get_by_role("alert").filter(has_text="Train loss must be a number from 0 to")
    expect(alert).to_contain_text("got 1e999")
    assert page.get_by_label("Train loss", exact=True).input_value() == "1e999"
    assert page.get_by_label("Validation loss", exact=True).input_value() == "0.7"
    type_into(page, "Train loss", "0.01")
    expect(page.locator(".diagnosis b")).to_be_visible()
    assert visitor.exceptions() == 0


def test_everything_can_be_reached_by_keyboard(server, visit):
    page = visit().open(f"{server}/{PAGE}")
    reached = set()
    for _ in range(70):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("() => document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        )
    for name in ("Training rows", "Train loss", "Validation loss", "Strength", "Prove it", "Copy link"):
        assert any(name in (text or "") for text in reached), name


def test_the_picture_stays_while_it_trains_and_when_a_slider_moves(server, visit):
    visitor = visit()
    page = visitor.page
    page.goto(f"{server}/{PAGE}?{PAGE}_n=300&{PAGE}_prove=true&{PAGE}_seed=60")
    page.locator('[data-testid="stVegaLiteChart"] .mark-line path').first.wait_for(timeout=60_000)
    page.wait_for_function("() => document.querySelectorAll('[data-testid=\"stVegaLiteChart\"] svg').length > 1")
    # The first is the run's; behind the training's comes that of every seed, once all have trained.
    second = "document.querySelectorAll('[data-testid=\"stVegaLiteChart\"] svg')[1]"
    page.evaluate(f"() => {{ window.drawn = {second}; }}")
    same = f"() => window.drawn === {second}"
    page.locator(".measured").first.wait_for(timeout=60_000)
    assert page.evaluate(same)
    page.locator('input[type="range"][aria-label="Strength"]').focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => location.search.includes('strength=1.25')")
    page.wait_for_timeout(500)
    visitor.settle()
    assert page.evaluate(same)


def upload(page, name, content):
    page.locator('[data-testid="stFileUploaderDropzoneInput"]').set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def test_an_uploaded_curve_is_read_into_the_link_and_a_pickle_is_refused(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    rows = [f"{epoch},{1 / epoch:.4f},{0.4 + 0.1 * epoch:.4f}" for epoch in range(1, 300)]
    upload(page, "log.csv", "\n".join(["Epoch,loss,val_loss", *rows]).encode())
    expect(page.locator(".diagnosis b")).to_have_text("Severe overfit")
    visitor.settle()
    assert "curve=" in page.url
    assert visit().open(page.url).locator(".diagnosis b").inner_text() == "Severe overfit"
    upload(page, "other.csv", b"\x80\x04\x95junk")
    expect(page.get_by_role("alert").filter(has_text="pickle")).to_be_visible()
    expect(page.locator(".diagnosis")).to_have_count(0)  # the first curve is not used in its place
    page.get_by_role("button", name="Remove other.csv").click()
    expect(page.locator(".diagnosis b")).to_have_text("Severe overfit")
    assert visitor.exceptions() == 0


def test_a_keras_log_is_read_in_epochs_and_a_long_paste_is_kept(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    expect(page.get_by_text("Example “Small images”.")).to_be_visible()
    rows = [f"{epoch},{2 / (1 + epoch):.4f},{0.84 + 0.012 * abs(epoch - 9):.4f}" for epoch in range(40)]
    upload(page, "training.csv", "\n".join(["epoch,loss,val_loss", *rows]).encode())
    expect(page.get_by_text("Both losses are taken from the curve")).to_be_visible()
    expect(page.get_by_label("Training rows", exact=True)).to_have_value("")
    typed = {"Training rows": "5,000", "Batch size": "32", "Classes": "10", "Learning rate": "0,001"}
    for label, text in typed.items():
        type_into(page, label, text)
    expect(page.get_by_text("Read 40 epochs of 157 steps.")).to_be_visible()
    expect(page.locator(".settings-table").first).to_contain_text("weight decay")
    visitor.settle()
    again = visit().open(page.url)
    expect(again.get_by_text("Read 40 epochs of 157 steps.")).to_be_visible()
    assert again.locator(".settings-table").first.inner_text() == page.locator(".settings-table").first.inner_text()
    # The browser holds back no part of a text.
    rows = [f"{10 * i},{2 / i:.6f},{1 + abs(i - 900) / 5000:.6f}" for i in range(1, 2000)]
    field = page.get_by_label("Curve, as CSV or JSON")
    put = "Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(field, text)"
    changed = "field.dispatchEvent(new Event('input', {bubbles: true}))"
    field.evaluate(f"(field, text) => {{ {put}; {changed}; }}", "\n".join(["step,loss,val_loss", *rows]))
    field.press("Control+Enter")
    expect(page.locator(".quiet").get_by_text("of 1,999 rows, so that the link can hold them.")).to_be_visible()
    visitor.settle()
    assert len(page.url) < 16_000
    assert visitor.exceptions() == 0


# --- what the settings do together


def test_each_setting_turned_off_in_turn_with_a_picture_on_the_way(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}?{PAGE}_n=150&{PAGE}_seed=80")
    page.get_by_role("button", name="Turn each off").click()
    expect(page.locator('[data-testid="stVegaLiteChart"] .mark-symbol path').first).to_be_visible(timeout=30_000)
    sentence = page.locator(".measured").first
    expect(sentence).to_contain_text("With all of them, test loss", timeout=60_000)
    visitor.settle()
    assert "ablate=true" in page.url
    assert page.get_by_text("without weight decay", exact=True).count() == 1
    assert visitor.exceptions() == 0
    assert visitor.errors == []


def test_the_map_of_two_settings_tells_a_cells_number_under_the_pointer(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    page.get_by_role("tab", name="Two at once").click()
    page.get_by_role("button", name="Map the two").click()
    sentence = page.locator(".measured").first
    expect(sentence).to_contain_text("Lowest at mixup alpha", timeout=60_000)
    visitor.settle()
    cells = page.locator('[data-testid="stVegaLiteChart"]').last.locator(".mark-rect path")
    assert cells.count() == 26  # five times five, and the frame of the best
    cells.nth(7).hover(position={"x": 8, "y": 8})
    tip = page.locator("#vg-tooltip-element.visible")
    expect(tip).to_contain_text(re.compile(r"validation loss\s*\d\.\d{3}"))
    assert visitor.exceptions() == 0


def test_a_setting_that_is_typed_is_in_the_proof_and_in_the_link(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    page.get_by_text("Change any setting").click()
    type_into(page, "l1", "0.0002")
    expect(page.get_by_text("l1 0.0002").first).to_be_visible()
    visitor.settle()
    assert "set_l1=0.0002" in page.url
    expect(visit().open(page.url).get_by_text("l1 0.0002").first).to_be_visible()


# --- the home page


def test_a_line_to_leave_with_opens_its_lesson_and_the_link_holds_it(server, visit):
    visitor = visit()
    page = visitor.open(server)
    page.get_by_role("link", name="Weight decay prefers small weights.").click()
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text("L2 / weight decay")
    lit = page.get_by_role("radio", name="Small weights", exact=True)
    expect(lit).to_be_checked()
    visitor.settle()
    assert page.url == f"{server}/l2?l2_lesson=Small+weights"
    expect(visit().open(page.url).get_by_role("radio", name="Small weights", exact=True)).to_be_checked()
    assert visitor.exceptions() == 0


def test_every_lesson_is_listed_on_demand(server, visit):
    visitor = visit()
    page = visitor.open(server)
    links = page.locator('[data-testid="stMain"] a[href*="_lesson="]')
    few = links.count()
    page.get_by_text("Every lesson, for teachers").click()
    expect(links.filter(has_text="Ball and ellipse")).to_be_visible()
    visitor.settle()
    assert links.count() > few + 50
    assert visitor.exceptions() == 0


@pytest.mark.parametrize("path", ["", PAGE])
def test_a_first_visit_is_light(server, visit, path):
    visitor, sent = visit(first=True), []
    network = visitor.context.new_cdp_session(visitor.page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    visitor.open(f"{server}/{path}")
    assert 1e6 < sum(sent) <= 4.5e6


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", PAGE])
def test_nothing_serious_stands_in_the_way_of_reading(server, visit, path, scheme):
    page = visit(scheme=scheme).open(f"{server}/{path}")
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")] == []
