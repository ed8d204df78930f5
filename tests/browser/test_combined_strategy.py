"""A person's own run in a browser: from a file to its curve, its diagnosis, the proof and the report."""

import re

import pytest
from playwright.sync_api import expect

from reglab.curves import MAX_BYTES

PAGE = "combined_strategy"
FILES = '[data-testid="stFileUploaderDropzoneInput"]'

LOG = b"epoch,loss,val_loss\n" + b"\n".join(b"%d,%.4f,%.4f" % (i, 2 * 0.8**i, 0.8 + abs(i - 9) / 50) for i in range(40))


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("large.csv", LOG + b"\n" * MAX_BYTES, "large.csv is not read. The log has more than 10 MB"),
        ("book.xlsx", b"PK\x03\x04junk", "book.xlsx is not read. The file is a zip archive"),
    ],
)
def test_a_refused_file_takes_the_diagnosis_of_the_one_before(server, visit, name, body, said):
    page = visit().open(f"{server}/combined_strategy?combined_strategy_whose=My+own+run")
    files = page.locator(FILES)
    files.set_input_files({"name": "good.csv", "mimeType": "text/csv", "buffer": LOG})
    expect(page.locator(".diagnosis")).to_have_count(1)
    expect(page.get_by_text("The curve is that of good.csv.")).to_have_count(1)
    files.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": body})
    expect(page.locator('[data-testid="stAlert"]').filter(has_text=said)).to_be_visible()
    expect(page.locator(".diagnosis")).to_have_count(0)


@pytest.mark.parametrize(
    "body",
    [
        b"once upon a time",
        b"epoch,loss,val_loss\n",
        b"epoch,loss\n1,0.5\n2,0.4\n3,0.3",
        b"epoch,auc,val_auc\n1,0.5,0.5\n2,0.7,0.6\n3,0.9,0.7",
        b"run,loss,val_loss\na,0.5,0.6\nb,0.4,0.5",
        b"epoch,train_loss,val_loss\n1,108.0%,110%\n2,54%,60%\n3,40%,50%",
        b"\x80\x04\x95junk",
    ],
)
def test_no_log_that_is_refused_leaves_a_diagnosis(server, visit, body):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    expect(page.locator(".diagnosis")).to_have_count(1)  # the example's
    page.locator(FILES).set_input_files({"name": "run.log", "mimeType": "text/plain", "buffer": body})
    section = page.locator(".st-key-combined_strategy_section_log")
    expect(section.get_by_role("alert").filter(has_text="nothing is diagnosed")).to_be_visible()
    expect(page.locator(".diagnosis")).to_have_count(0)
    expect(page.locator('[data-testid="stVegaLiteChart"]')).to_have_count(0)
    visitor.settle()
    assert visitor.exceptions() == 0


def type_into(page, label, text):
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


def test_from_a_file_of_40_epochs_to_its_curve_the_change_the_proof_and_the_report(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    page.locator(FILES).set_input_files({"name": "training.csv", "mimeType": "text/csv", "buffer": LOG})
    # The curve, what was read, and from which columns.
    chart = page.locator('[data-testid="stVegaLiteChart"]').first
    expect(chart.get_by_text(re.compile("^lowest 0.8 at epoch 9$"))).to_be_visible()
    expect(chart.get_by_text("epoch, counted from 0")).to_be_visible()
    assert chart.bounding_box()["y"] + chart.bounding_box()["height"] < 900  # on the first screen
    read = "Read 40 rows: epoch from “epoch”, training loss from “loss”, validation loss from “val_loss”."
    expect(page.get_by_text(read)).to_be_visible()
    fields = {
        "Training rows": "150",
        "Classes": "10",
        "Validation rows": "500",
        "Batch size": "32",
        "Learning rate": "0.001",
    }
    for label, text in fields.items():
        type_into(page, label, text)
    expect(page.get_by_text("a rough guess of the noise of 500 validation rows")).to_be_visible()
    expect(chart.get_by_text("a constant guess, 2.3")).to_be_visible()
    # What the run had, and the advice as a change against it.
    page.get_by_text("What the run already used", exact=True).click()
    type_into(page, "Dropout", ".5")
    expect(page.get_by_text("Against what the run had")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=re.compile("^(Dropout: 0.5|Keep dropout 0.5)"))).to_be_visible()
    expect(page.get_by_text("Not checked", exact=True)).to_be_visible()
    # The proof holds it against the run as it was, and the report has its numbers.
    expect(page.get_by_text("as the run was (dropout 0.5)")).to_be_visible()
    page.get_by_role("button", name="Prove it").click()
    expect(page.locator(".measured").first).to_contain_text(re.compile(r"of 5 seeds|seeds cannot tell"), timeout=90_000)
    visitor.settle()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report as HTML").click()
    report = saved.value.path().read_text("utf-8")
    assert saved.value.suggested_filename == "run.html"
    for part in ("<svg", "validation loss from “val_loss”", "best checkpoint", "training rows 150", "import torch"):
        assert part in report
    assert visitor.exceptions() == 0
    assert visitor.errors == []
    # The link holds all of it.
    again = visit().open(page.url)
    assert again.locator(".diagnosis").inner_text() == page.locator(".diagnosis").inner_text()
    expect(again.get_by_text("as the run was (dropout 0.5)")).to_be_visible()


def test_on_a_phone_inputs_picture_diagnosis_and_advice_stand_in_this_order(server, visit):
    page = visit(width=390, height=844).open(f"{server}/{PAGE}")
    places = [
        page.get_by_label("Training rows", exact=True),
        page.locator('[data-testid="stVegaLiteChart"]').first,
        page.locator(".diagnosis"),
        page.locator(".settings-table").first,
        page.get_by_role("button", name="Prove it"),
    ]
    tops = [place.bounding_box()["y"] for place in places]
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_the_log_says_is_taken_and_shown_at_its_field(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}")
    said = b"Namespace(batch_size=64, optimizer='SGD')\nTrain on 1250 samples\n"
    page.locator(FILES).set_input_files({"name": "run.log", "mimeType": "text/plain", "buffer": said + LOG})
    expect(page.get_by_text("Taken from the log: “batch_size=64”.")).to_be_visible()
    rows = page.get_by_label("Training rows", exact=True)
    expect(rows).to_have_value("")
    expect(rows).to_have_attribute("placeholder", "1,250")
    expect(page.get_by_text("Read 40 epochs of 20 steps.")).to_be_visible()
    type_into(page, "Batch size", "32")
    expect(page.get_by_text("The log says 64: “batch_size=64”.")).to_be_visible()
    expect(page.get_by_text("Read 40 epochs of 40 steps.")).to_be_visible()
    assert visitor.exceptions() == 0


def test_a_proof_says_how_long_it_takes_and_can_be_stopped(server, visit):
    visitor = visit()
    page = visitor.open(f"{server}/{PAGE}?{PAGE}_n=900&{PAGE}_batch=128&{PAGE}_steps=2000&{PAGE}_seed=71")
    page.get_by_role("button", name="Prove it").click()
    expect(page.get_by_text(re.compile(r"Training \d+ %, about [\d.]+ (second|minute)s? left"))).to_be_visible(
        timeout=60_000
    )
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    visitor.settle()
    assert "prove" not in page.url
    expect(page.locator('[data-testid="stProgress"]')).to_have_count(0)
    expect(page.get_by_role("button", name="Prove it")).to_be_enabled()
    assert visitor.exceptions() == 0


def test_the_lesson_with_a_curve_goes_all_the_way_to_the_proof(server, visit):
    page = visit(width=390, height=844).open(f"{server}/{PAGE}?{PAGE}_lesson=A+run+with+its+curve")
    expect(page.locator(".measured").first).to_contain_text(re.compile(r"of 5 seeds|seeds cannot tell"), timeout=90_000)
    expect(page.get_by_text("Its log is that of a real run, not yours")).to_be_visible()
    expect(page.locator(".diagnosis")).to_contain_text("Strong overfit")
    expect(page.get_by_text("Against what the run had")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
