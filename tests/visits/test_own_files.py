"""Twelve tables and three sets of images through the whole page: read as the library reads them, diagnosed, proved."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_sample_image

from pages.ui import own_data, runs

from reglab import Dataset, Settings, Training, fit
from tests import test_own_tables as made
from tests.opened import open_page
from tests.test_page_your_data import npz, refused, text

NAME = "your_data"


def as_csv(source):
    """Return a table as the bytes of a file."""
    return (source if isinstance(source, str) else pd.DataFrame(source).to_csv(index=False)).encode()


TARGETS = {"imbalanced": "ill", "regression in thousands": "price"}
TABLES = {name: (as_csv(make()), TARGETS.get(name, "y")) for name, (make, *_) in made.TABLES.items()}


def upload(content, name="table.csv"):
    app = open_page(NAME)
    app.file_uploader(key=f"{NAME}_upload").upload(name, content, "text/csv").run()
    assert not app.exception, app.exception[0].message
    return app


def go_through(app, data):
    """Hold that the page has the data, and goes the whole way from them to code and a report."""
    mine = app.session_state[own_data._OWN].data
    assert (mine.x.shape, len(mine.x_test), mine.n_classes) == (data.x.shape, len(data.x_test), data.n_classes)
    assert f"{len(data.x):,} rows to train and validate on, {len(data.x_test):,} held out" in text(app)
    assert list(mine.notes) == list(data.notes)
    app.button(key=f"{NAME}_diagnose:button").click().run()
    assert not app.exception, app.exception[0].message
    assert not app.error
    assert "What it says" in [header.value for header in app.header]
    assert app.code
    assert len(app.get("download_button")) >= 2
    assert not any(own_data.is_own(key) for key in runs._jobs)


@pytest.mark.parametrize("name", TABLES)
def test_each_kind_of_table_goes_the_whole_way(name, short_trainings):
    content, target = TABLES[name]
    groups = "patient" if name == "groups" else None
    app = upload(content)
    if app.selectbox(key=f"{NAME}_target").value != target:
        app.selectbox(key=f"{NAME}_target").set_value(target).run()
    if groups:
        app.selectbox(key=f"{NAME}_groups").set_value(groups).run()
    go_through(app, Dataset.from_table(content, target, groups=groups))


def test_a_table_of_one_class_is_refused_at_its_target():
    app = upload(as_csv(made.one_class()))
    app.selectbox(key=f"{NAME}_target").set_value("y").run()
    (said,) = refused(app)
    assert said == "The target 'y' must have at least two classes, got only 'up'."


# --- images


def in_folders(images, suffix, **options):
    """Return an archive of images, a folder for each class."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for kind, pictures in images.items():
            for number, pixels in enumerate(pictures):
                file = io.BytesIO()
                Image.fromarray(pixels).save(file, suffix, **options)
                archive.writestr(f"{kind}/{number}.{suffix.lower()}", file.getvalue())
    return out.getvalue()


def photographs():
    """Return patches of two photographs, 48 x 48 in colour, as JPEG."""
    rng, patches = np.random.default_rng(0), {}
    for name in ("china", "flower"):
        photograph = load_sample_image(f"{name}.jpg")
        corners = zip(rng.integers(0, 370, 60).tolist(), rng.integers(0, 590, 60).tolist(), strict=True)
        patches[name] = [photograph[top : top + 48, left : left + 48] for top, left in corners]
    return in_folders(patches, "JPEG", quality=90)


def digits():
    """Return handwritten digits, 8 x 8 grey, as arrays."""
    bunch = load_digits()
    return npz(images=bunch.images.astype(np.uint8) * 15, labels=bunch.target)


def discs():
    """Return discs and rings of many sizes, 16 bits of grey, as PNG."""
    rng, shapes = np.random.default_rng(1), {"disc": [], "ring": []}
    for number in range(80):
        side = int(rng.integers(20, 60))
        y, x = np.mgrid[:side, :side] / side - rng.uniform(0.4, 0.6, 2)[:, None, None]
        far = np.hypot(x, y)
        on = far < 0.3 if number % 2 else (far < 0.3) & (far > 0.15)
        pixels = (40_000 * on + rng.normal(12_000, 2_000, on.shape)).clip(0, 65_535).astype(np.uint16)
        shapes["disc" if number % 2 else "ring"].append(pixels)
    return in_folders(shapes, "PNG")


IMAGES = {"photographs": (photographs, "p.zip"), "digits": (digits, "d.npz"), "discs": (discs, "d.zip")}


def decode(content):
    image = Image.open(io.BytesIO(content))
    return np.asarray(image if image.mode == "I;16" else image.convert("RGB"))


@pytest.mark.parametrize("name", IMAGES)
def test_each_set_of_images_goes_the_whole_way(name, short_trainings):
    make, file = IMAGES[name]
    content = make()
    app = upload(content, file)
    data, mine = Dataset.from_images(content, decode=decode), app.session_state[own_data._OWN].data
    assert (data.image_shape[:2], data.n_classes) == (((8, 8), 10) if name == "digits" else ((32, 32), 2))
    assert (mine.image_shape[:2], mine.class_names) == (data.image_shape[:2], data.class_names)
    assert (len(mine.x), len(mine.x_test)) == (len(data.x), len(data.x_test))
    np.testing.assert_allclose(mine.x.mean(), data.x.mean(), atol=0.05)  # other rows are drawn for the test
    assert app.get("image")
    go_through(app, mine)


@pytest.mark.parametrize("name", IMAGES)
def test_each_set_of_images_is_learnt(name):
    data = Dataset.from_images(IMAGES[name][0](), decode=decode)
    run = fit(data, Settings(), Training(max_steps=300), n_train=None, seeds=2)
    guess = (data.y_test == np.bincount(data.y).argmax()).mean()
    assert run.kept("test_accuracy").min() > guess + 0.15


def test_grey_of_16_bits_that_was_cut_off_is_said():
    said = Dataset.from_images(
        discs(), decode=lambda content: np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    )
    assert "80 of 80 images are of one shade all over; so look 16 bits of grey" in " ".join(said.notes)
    assert "one shade" not in " ".join(Dataset.from_images(discs(), decode=decode).notes)


# --- hostile archives of images


def huge_png():
    """Return a PNG of a few bytes whose header says 100,000 x 100,000 pixels."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))


def archive_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def small_png():
    out = io.BytesIO()
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(out, "PNG")
    return out.getvalue()


PNG = small_png()
HOSTILE = {
    "a header of 10 gigapixels": lambda: archive_of((f"{'ab'[i % 2]}/{i}.png", huge_png()) for i in range(8)),
    "a bomb": lambda: archive_of((f"{'ab'[i % 2]}/{i}.png", PNG + bytes(19_000_000)) for i in range(16)),
    "many files": lambda: archive_of((f"{'ab'[i % 2]}/{i}.png", PNG) for i in range(5_001)),
    "one folder": lambda: archive_of((f"a/{i}.png", PNG) for i in range(8)),
    "paths that climb": lambda: archive_of((f"../../{'ab'[i % 2]}/{i}.png", PNG) for i in range(8)),
    "an archive in it": lambda: archive_of([("a/1.png", PNG), ("b/1.png", PNG), ("b/more.zip", archive_of([]))]),
    "a script for an image": lambda: archive_of((f"{'ab'[i % 2]}/{i}.png", b"<script>1</script>") for i in range(8)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_gets_one_sentence(kind):
    app = upload(HOSTILE[kind](), "<img src=//x>.zip")
    assert not app.exception
    said = refused(app)
    if kind == "paths that climb" and not said:  # nothing is written, so that a path is a name and no more
        assert set(app.session_state[own_data._OWN].data.class_names) == {"a", "b"}
        return
    (sentence,) = said
    assert sentence.rstrip(".").count(". ") == 0
    assert len(sentence) < 300
    assert own_data._FILE not in app.session_state
    assert "<script>1" not in " ".join(e.proto.body for e in app.get("html") if "<style" not in e.proto.body)
