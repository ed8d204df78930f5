"""Links, names of files and of columns, and typed text that look like marks: shown as text; no host is asked."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from reglab import curves

HOST = "http://elsewhere.example"
NAMES = (
    f"![x]({HOST}/a.png)",
    f"<img src={HOST}/b.png>",
    "$x^2$",
    ":red[x]",
    ":material/home:",
    ":smile:",
    "a.b[0]|'\"",
    "**b** _i_ `c`",
    f"{HOST}/c",
    "-> --",
)
DRAWN = "p :is(img, a, em, strong, code, .katex, span)"  # what Markdown would make of them
ALERT = '[data-testid="stAlert"]'


def same(text):
    """Drop the spaces without width that keep Streamlit from reading a name or an address."""
    return text.replace("\u200b", "")


def is_text(page, place, name):
    expect(page.locator(place).first).to_be_visible(timeout=30_000)
    page.wait_for_timeout(500)
    text = same(page.locator(place).first.inner_text())
    assert name in text
    assert page.locator(place).first.locator(DRAWN).count() == 0


@pytest.mark.parametrize("page_name", ["combined_strategy", "early_stopping"])
@pytest.mark.parametrize("name", NAMES)
def test_a_link_shows_its_values_as_text(server, visit, page_name, name):
    visitor = visit()
    asked = f"{page_name}_seed={quote(name)}&{page_name}_lesson={quote(name)}&{page_name}_tab={quote(name)}"
    page = visitor.open(f"{server}/{page_name}?{asked}")
    cut = name if len(name) <= 30 else name[:29] + "…"
    is_text(page, ALERT, cut)
    assert same(page.locator(ALERT).first.inner_text()).count(f"got {cut}") == 3
    assert visitor.outside == []
    assert visitor.exceptions() == 0


def upload(page, name, body):
    page.locator('[data-testid="stFileUploaderDropzoneInput"]').set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": body}
    )


def test_names_of_columns_and_files_are_text_on_the_combined_page(server, visit):
    visitor = visit()

    def opened():  # anew for each file: one that is refused stays in the list till it is removed
        page = visitor.open(f"{server}/combined_strategy")
        page.get_by_text("More about the run").click()
        return page

    for name in (f"![x]({HOST.replace('//', '')}).csv", "$x^2$ :red[x].csv"):
        page = opened()
        upload(page, name, b"\x80\x04\x95junk")
        expect(page.locator(ALERT).filter(has_text="pickle")).to_contain_text(name)  # which ignores what has no width
    for name in NAMES:
        quoted = '"' + name.replace('"', '""') + '"'
        log = f"epoch,{quoted},other\n1,2,3\n2,2,3\n3,2,3\n"
        page = opened()
        upload(page, "log.csv", log.encode())
        alert = page.locator(ALERT).filter(has_text="No column is a validation loss by its name")
        expect(alert).to_contain_text(repr(list(curves.read_curve(log).columns)[1]))  # without the marks around it
        assert alert.locator(DRAWN).count() == 0
    assert visitor.outside == []
    assert visitor.exceptions() == 0


def test_names_of_columns_are_text_on_a_technique_page(server, visit):
    visitor = visit()
    names = [name.replace(",", "") for name in NAMES]
    head = ",".join(["epoch", "loss", "val_loss", *('"' + name.replace('"', '""') + '"' for name in names)])
    rows = [",".join([f"{i}", f"{1 / i:.3f}", f"{1 + i / 10:.1f}", *["1"] * len(names)]) for i in range(1, 6)]
    text = quote("\n".join([head, *rows]))
    asked = f"early_stopping_effect={quote('Your own curve')}&early_stopping_text={text}"
    page = visitor.open(f"{server}/early_stopping?{asked}")
    names = list(curves.read_curve("\n".join([head, *rows])).columns)[3:]  # without the marks around them
    field = page.get_by_role("combobox", name="Of train losses")
    field.press("ArrowDown")
    expect(page.get_by_role("option").filter(has_text=names[-1])).to_be_visible()
    shown = [same(option) for option in page.get_by_role("option").all_inner_texts()]
    assert [name for name in names if name not in shown] == []
    page.get_by_role("option").nth(shown.index(names[0])).click()
    expect(page.get_by_text("train loss from").first).to_contain_text(names[0])
    visitor.settle()
    assert visitor.outside == []
    assert visitor.exceptions() == 0


def test_a_typed_sentence_is_text(server, visit):
    visitor = visit()
    sentence = f"**bold** ![x]({HOST}/a.png) <img src={HOST}/b.png> $x$ :red[x]"
    asked = {"text": sentence, "operation": "Back-translation, German"}
    query = "&".join(f"text_augmentation_{control}={quote(value)}" for control, value in asked.items())
    page = visitor.open(f"{server}/text_augmentation?{query}")
    shown = page.locator(".measured").first
    expect(shown).to_contain_text("and back:")
    assert "<img src=" in same(shown.inner_text())
    assert shown.locator(":is(img, a)").count() == 0
    assert "**" in same(shown.inner_text())
    assert visitor.outside == []
    assert visitor.exceptions() == 0
