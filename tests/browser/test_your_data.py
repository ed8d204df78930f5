"""From a CSV to the report, as a visitor goes: nothing of the file is in the address."""

import random

from playwright.sync_api import expect

SEEDED = random.Random(0)
ROWS = [[SEEDED.gauss(0, 1) for _ in range(4)] for _ in range(160)]
TABLE = "mass,length,width,<b>kind</b>\n" + "".join(
    f"{a:.3f},{b:.3f},{c:.3f},{'heavy' if a + 0.7 * noise > 0 else 'light'}\n" for a, b, c, noise in ROWS
)


def test_a_csv_becomes_a_diagnosis_a_proof_and_a_report(visit, server):
    visitor = visit()
    page = visitor.open(f"{server}/your_data")
    page.locator('input[type="file"]').set_input_files(
        {"name": "my table.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    )
    expect(page.get_by_role("heading", name="my table.csv")).to_be_visible()
    first = page.locator(".first-rows")
    expect(first).to_contain_text("<b>kind</b>")
    assert first.locator("b").count() == 0
    page.get_by_role("button", name="Diagnose my data").click()
    report = page.get_by_role("button", name="Report as Markdown")
    expect(report).to_be_visible(timeout=120_000)
    for title in ("What it says", "Settings to try", "To take along"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    with page.expect_download() as download:
        report.click()
    written = download.value.path().read_text("utf-8")
    assert "Five folds: every row is tested once" in written
    assert "training" in written
    for held in ("mass", "light", "my%20table", "table.csv"):
        assert held not in page.url
    assert "your_data_file=" in page.url
    assert not visitor.exceptions()
    assert not visitor.errors
    assert not visitor.outside
