"""Your data: uploads and what is refused, the choice of the target, the link, and that no session sees another's."""

import html
import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from pages.ui import escape, own_data, own_file, runs

from tests.opened import bodies, opener, plain

NAME = "your_data"
open_page = opener(NAME)
RNG = np.random.default_rng(0)
MEASURED = RNG.normal(size=(120, 3))
TABLE = (
    "mass,length,island,species\n"
    + "".join(f"{a:.3f},{b:.3f},{'xyz'[i % 3]},{'pq'[int(a > 0)]}\n" for i, (a, b, _) in enumerate(MEASURED.tolist()))
).encode()
OTHER = TABLE.replace(b"species", b"kind")


def upload(app, content=TABLE, name="table.csv"):
    app.file_uploader(key=f"{NAME}_upload").upload(name, content, "text/csv").run()
    assert not app.exception, app.exception[0].message
    return app


def refused(app):
    return [
        plain(e.proto.body) for e in app.get("html") if "field-error" in e.proto.body and "<style" not in e.proto.body
    ]


def text(app):
    """Return all that the page says."""
    said = [plain(e.proto.body) for e in app.get("html") if "<style" not in e.proto.body]
    said += [e.value for kind in ("markdown", "info", "warning", "header", "caption") for e in getattr(app, kind)]
    return " ".join(said).replace("\\", "").replace("\u200b", "")


def npz(**arrays):
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


# --- a file and its target


def test_a_table_is_shown_with_what_was_read_of_it():
    app = upload(open_page())
    assert app.header[0].value == "table.csv"
    assert app.selectbox(key=f"{NAME}_target").value == "species"
    assert "The target is a guess: it is the last column." in text(app)
    said = text(app)
    assert "90 rows to train and validate on, 30 held out for the test" in said
    assert "The columns are read as numbers 'mass' and 'length'; as categories 'island'." in said
    (table,) = [e.proto.body for e in app.get("html") if 'class="first-rows"' in e.proto.body]
    assert re.findall(r"<th>(.*?)<small>(.*?)</small>", table) == [
        ("species", "target"),
        ("mass", "number"),
        ("length", "number"),
        ("island", "category"),
    ]
    assert table.count("<tr>") == 1 + own_file.ROWS
    counts = TABLE.count(b",q\n"), TABLE.count(b",p\n")
    assert f"{max(counts)} (" in bodies(app, "for-readers")[-1]


def test_a_number_as_the_target_is_a_regression_with_its_histogram():
    app = upload(open_page())
    app.selectbox(key=f"{NAME}_target").set_value("length").run()
    assert "taken for a regression" in text(app) or "is a regression" in text(app)
    assert bodies(app, "for-readers")[-1].startswith("From ")
    assert app.query_params[f"{NAME}_target"] == "length"
    assert "is a guess" not in text(app)


def test_the_task_is_chosen_where_it_is_unclear():
    rows = "".join(f"{a:.3f},{i % 5}\n" for i, (a, *_) in enumerate(MEASURED.tolist()))
    app = upload(open_page(), f"a,rating\n{rows}".encode())
    assert app.session_state[own_data._OWN].data.n_classes == 5
    app.button_group(key=f"{NAME}_task").set_value("regression").run()
    assert app.session_state[own_data._OWN].data.n_classes is None


def test_rows_that_belong_together_are_told():
    app = upload(open_page())
    app.selectbox(key=f"{NAME}_groups").set_value("island").run()
    assert app.session_state[own_data._OWN].data.groups is not None
    # What is the target is no group, and the choice of groups does not stay behind.
    app.selectbox(key=f"{NAME}_target").set_value("island").run()
    assert not app.exception
    assert app.selectbox(key=f"{NAME}_groups").value == ""


def test_the_example_is_called_one_and_is_the_bundled_wine():
    app = open_page()
    app.button(key=f"{NAME}_example").click().run()
    assert app.header[0].value == "The example, wine"
    data = app.session_state[own_data._OWN].data
    assert (len(data.x) + len(data.x_test), data.x.shape[1], data.n_classes) == (178, 13, 3)
    assert app.query_params[f"{NAME}_file"] == own_file.example().checksum


def test_arrays_are_taken_of_an_archive():
    app = upload(open_page(), npz(x=MEASURED, y=(MEASURED[:, 0] > 0).astype(int)), "arrays.npz")
    assert app.session_state[own_data._OWN].data.x.shape == (90, 3)
    assert not refused(app)


def photographs(size=(40, 30)):
    """Return an archive of grey images, one folder per class."""
    rng, out = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for kind, level in (("dark", 60), ("<b>light", 180)):
            for number in range(12):
                file = io.BytesIO()
                pixels = rng.integers(level - 40, level + 40, size[::-1], np.uint8)
                Image.fromarray(pixels).save(file, "PNG")
                archive.writestr(f"{kind}/{number}.png", file.getvalue())
    return out.getvalue()


def test_images_are_taken_of_an_archive_and_shown():
    app = upload(open_page(), photographs(), "photographs.zip")
    assert not app.exception
    assert not refused(app)
    data = app.session_state[own_data._OWN].data
    assert data.task == "image"
    assert data.image_shape[:2] == (32, 32)
    assert set(data.class_names) == {"dark", "<b>light"}
    assert (len(data.x), len(data.x_test)) == (18, 6)
    assert any("resized to 32 x 32" in note for note in data.notes)
    assert len(set(data.notes)) == len(data.notes)
    (shown,) = app.get("image")
    assert len(shown.proto.imgs) == 4  # two of each class
    assert {image.caption for image in shown.proto.imgs} == {"dark", escape.as_markdown("<b>light")}


def test_an_archive_of_images_that_cannot_be_read_is_refused_in_one_sentence():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(9):
            archive.writestr(f"{'ab'[number % 2]}/{number}.png", b"no image at all")
    app = upload(open_page(), out.getvalue(), "broken.zip")
    assert not app.exception
    assert len(refused(app)) == 1


@pytest.mark.parametrize(
    ("columns", "guess"),
    [(("a", "Target", "b"), "Target"), (("y", "a"), "y"), (("a", "b"), "b"), (("class", "label"), "label")],
)
def test_the_target_is_guessed_by_its_name_or_its_place(columns, guess):
    assert own_file.guess_target(columns) == guess


# --- what is refused


def long_line():
    return b"a" * 7_999_999 + b"\n"


def wide():
    return ("\n".join([",".join(f"c{i}" for i in range(10_000)), ",".join(["1"] * 10_000)]) + "\n").encode()


def bomb():
    return npz(x=np.zeros((50_000, 600)), y=np.zeros(50_000))


def lying():
    """Return an archive of an array whose header claims far more than it holds."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 3)})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("x.npy", "y.npy"):
            archive.writestr(name, header.getvalue() + b"0" * 80)
    return out.getvalue()


def packed(name, content, times=1):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(times):
            archive.writestr(name.format(number), content)
    return out.getvalue()


HOSTILE = {
    "empty": (lambda: b"", "The file is empty."),
    "too large": (lambda: b"a,b\n" * 2_000_001, "The file has 8.0 MB; at most 8 MB can be read."),
    "one line": (long_line, "The file must have cells of at most 131072 characters"),
    "wide": (wide, "The file must have at most 500 columns, got 10000."),
    "long": (lambda: b"a,b\n" + b"1,2\n" * 50_001, "The file must have at most 50000 rows, got "),
    "no text": (lambda: bytes(range(256)) * 9, "The file must be CSV text, got bytes that are no text."),
    "bomb": (bomb, "The archive unpacks to 240 MB; at most 100 MB can be read."),
    "lying": (lying, "x.npy holds objects, or less than it says: save arrays of numbers or text."),
    "pickle": (lambda: npz(x=np.array([{}]), y=np.zeros(1)), "x.npy holds objects, or less than it says"),
    "cut off": (lambda: npz(x=MEASURED, y=MEASURED[:, 0])[:300], "The archive is damaged, encrypted, or holds"),
    "other names": (lambda: npz(a=MEASURED), "The archive must hold arrays named x and y or"),
    "blank lines": (lambda: b"\n" * 7_999_999, "The file must have at most 500000 lines, got 7999999."),
    "packed table": (lambda: packed("t.csv", b"a,b\n1,2\n"), "The file is an archive with t.csv in it: unpack it, and"),
    "one folder": (
        lambda: packed("cat/{}.png", b"no image", 9),
        "The file must have at least two folders, one per class,",
    ),
    "header alone": (lambda: b"a,b\n", "The file must have rows below its header, got none."),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gets_one_sentence_and_what_was_there_stays(kind):
    make, sentence = HOSTILE[kind]
    app = upload(upload(open_page()), make(), "hostile.csv")
    (said,) = refused(app)
    assert said.startswith(sentence)
    assert said.endswith(" What was there before stays.")
    assert said.count(". ") == 1
    assert app.header[0].value == "table.csv"
    assert len(app.session_state[own_data._OWN].data.x) == 90
    assert not refused(upload(app))


def test_names_and_cells_are_shown_as_they_are():
    name, cell = "<img src=//x>**b**", "=HYPERLINK(1)"
    rows = "".join(f"{a:.3f},{cell if i % 2 else '<script>1</script>'},{i % 2}\n" for i, (a, *_) in enumerate(MEASURED))
    app = upload(open_page(), f"a,{name},{name}2\n{rows}".encode(), "<b>:red[x].csv")
    (table,) = [e.proto.body for e in app.get("html") if 'class="first-rows"' in e.proto.body]
    assert html.escape(name) in table
    assert cell in table
    assert "&lt;script&gt;" in table
    for body in [e.proto.body for e in app.get("html") if "<style" not in e.proto.body]:
        assert "<img" not in body
        assert "<script>1" not in body
    for element in (*app.markdown, *app.caption, *app.header):
        assert "<img" not in re.sub(r"\\<", "", element.value)
        assert ":red[" not in element.value


def test_a_target_that_cannot_be_learnt_is_refused_at_its_field():
    app = upload(open_page(), b"a,b\n" + b"".join(b"%d.5,same\n" % i for i in range(40)))
    (said,) = refused(app)
    assert "same" in said
    assert own_data._OWN not in app.session_state
    app.selectbox(key=f"{NAME}_target").set_value("a").run()
    assert not app.exception


# --- the link, and other sessions


def test_a_link_holds_the_checksum_and_asks_for_the_file():
    app = upload(open_page())
    app.selectbox(key=f"{NAME}_target").set_value("island").run()
    link = {name.removeprefix(f"{NAME}_"): value for name, value in app.query_params.items()}
    assert link == {"file": own_file.checksum(TABLE), "target": "island"}
    other = open_page(**link)
    assert f"a file with the checksum {own_file.checksum(TABLE)}: give that file" in text(other)
    for held in ("table.csv", "mass", "island"):
        assert held not in text(other)
    upload(other)
    assert other.selectbox(key=f"{NAME}_target").value == "island"
    assert "another one" not in text(other)


def test_another_file_than_the_link_asks_for_is_said():
    app = upload(open_page(file=own_file.checksum(TABLE), target="island"), OTHER)
    assert f"{own_file.checksum(TABLE)}, and this is another one, {own_file.checksum(OTHER)}" in text(app)


def test_two_sessions_share_neither_data_nor_trainings(short_trainings):
    first, second = upload(open_page()), open_page()
    assert own_data._OWN not in second.session_state
    upload(second)
    dataset, two = (app.session_state[own_data._OWN] for app in (first, second))
    assert dataset.file.checksum == two.file.checksum
    assert dataset.name != two.name
    assert dataset.data is not two.data
    assert not any(own_data.is_own(key) for key in runs._jobs)


def test_the_data_are_forgotten_when_asked():
    app = upload(open_page())
    app.button(key=f"{NAME}_forget").click().run()
    assert not app.exception
    assert not [key for key in (own_data._OWN, own_data._FILE, own_data._KEPT) if key in app.session_state]


# --- on the other pages


def test_a_techniques_page_offers_ones_own_data_to_this_session_alone(short_trainings):
    app = upload(open_page())
    app.switch_page("pages/l2.py").run()
    label = f"Your data {own_file.checksum(TABLE)}, species"
    assert label in app.selectbox(key="l2_data").options
    app.selectbox(key="l2_data").set_value(app.session_state[own_data._OWN].name).run()
    assert not app.exception
    assert app.query_params["l2_data"] == label
    assert label not in opener("l2")().selectbox(key="l2_data").options
    assert not any(own_data.is_own(key) for key in runs._jobs)
    # Who opens the link without the file is asked for it; another target is other data.
    other = opener("l2")(data=label)
    assert f"a file with the checksum {own_file.checksum(TABLE)}: give that file" in text(other)
    # What is chosen anew on the page of the data is what stands in the list.
    app.switch_page("pages/your_data.py").run()
    app.selectbox(key=f"{NAME}_target").set_value("island").run()
    app.switch_page("pages/l2.py").run()
    assert not app.exception
    assert f"Your data {own_file.checksum(TABLE)}, island" in app.selectbox(key="l2_data").options


def test_data_of_too_few_rows_are_not_offered_and_it_is_said():
    app = upload(open_page(), TABLE[: TABLE.index(b"\n", 400) + 1])
    app.switch_page("pages/l2.py").run()
    assert "Your own data have too few rows for this page" in text(app)
    assert not any(option.startswith("Your data") for option in app.selectbox(key="l2_data").options)


@pytest.mark.parametrize(("task", "on"), [("tabular", "Your data"), ("image", "Handwritten digits")])
def test_the_proof_runs_on_ones_own_data_where_they_are_of_the_kind_that_was_told(task, on):
    app = upload(open_page())
    app.switch_page("pages/combined_strategy.py").run()
    fields = {"n": "100", "train": "0.002", "val": "0.14", "classes": "2"}
    for name, value in fields.items():
        app.text_input(key=f"combined_strategy_{name}").set_value(value)
    app.button_group(key="combined_strategy_task").set_value(task).run()
    assert not app.exception
    (said,) = [body for body in bodies(app, "quiet") if body.startswith("Trains on ")]
    assert f"rows of {on}" in said
    assert ("Your own data are of another kind" in said) == (task == "image")


def test_the_whole_way_ends_in_settings_code_and_a_report(short_trainings):
    app = upload(open_page())
    app.button(key=f"{NAME}_diagnose:button").click().run()
    assert not app.exception
    assert not app.error
    assert [header.value for header in app.header][1:3] == ["From your data to settings", "What it says"]
    assert "Five folds: every row is tested once" in text(app)
    assert app.get("download_button")
    assert app.code
    assert not any(own_data.is_own(key) for key in runs._jobs)
