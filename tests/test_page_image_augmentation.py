"""The page of image augmentation as Streamlit runs it: views, lessons, uploads, its sentences, and every mistake."""

import base64
import dataclasses
import io
import json
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pages.pictures import image_augmentation as pictures
from pages.ui import pictures_upload, runs
from pages.ui.levels import even
from pages.ui.pictures_upload import MAX_BYTES, SIDE, Refused, read

from reglab import policy_search
from reglab.settings import Training
from reglab.solvers.image_operations import OPERATIONS
from tests.opened import datasets_of, header, layers_of, numbers, opener, sentences, statuses, take

NAME = "image_augmentation"
SMALL = {"n": "50"}  # trains quickly
LEVELS = even("n", (50.0, 100.0), "rows")
open_page = opener(NAME)


def only_sentence(app, opening):
    matching = [sentence for sentence in sentences(app) if sentence.startswith(opening)]
    assert len(matching) == 1, sentences(app)
    return matching[0]


OPERATION_TITLES = (
    "flip left-right",
    "flip up-down",
    "quarter turn",
    "half turn",
    "rotate",
    "pad and crop",
    "centre crop",
    "shift",
    "zoom",
    "shear",
    "brighten",
    "darken",
    "contrast",
    "colour jitter",
    "noise",
    "cutout",
)


# --- the page


def test_it_opens_on_a_lesson_where_it_helps():
    app = open_page()
    assert not app.warning
    assert app.button_group(key=f"{NAME}:lesson").value == "See it work"
    grid, effect, closer = datasets_of(app)
    assert {"cells", "names"} <= grid
    assert {"strengths", "curves", "baseline"} <= effect
    assert {"angles", "shifts"} <= closer
    mechanism, loss, accuracy, turned, shifted, far = sentences(app)
    assert mechanism.startswith("At strength 0.5, ")
    assert loss.startswith("With augmentation 0.75, test loss fell from 0.2")
    assert "Mean validation loss is lowest at augmentation 0.5 (0.206, of the 6 of the scale)." in loss
    judged = "On test rows, which had no part in that choice, test loss fell from 0.282 to 0.232 at augmentation 0.5, "
    assert judged in loss
    assert accuracy.startswith("Five seeds cannot tell whether test accuracy changed: ")
    assert "points, 95 % interval" in accuracy
    assert 'class="measured"' in statuses(app)[1].replace(" ", "").replace('divclass="measured"', 'class="measured"')
    assert "accuracy on images turned by 15° rose from" in turned
    assert "accuracy on images shifted by an eighth of the side rose from" in shifted
    assert "cannot tell whether accuracy on images turned by 90°, which training never showed, changed" in far
    for element in app.get("vega_lite_chart"):
        assert len(element.proto.alt) > 40
    app.button(key=f"{NAME}_more_training:button").click().run()
    assert app.select_slider(key=f"{NAME}_seeds").value == 10
    assert " of 10 seeds " in sentences(app)[1]


@pytest.mark.parametrize("draw", ["33", "13"])
def test_what_changes_a_pixel_most_is_said_of_which_operations(draw, short_trainings):
    sentence, copies = sentences(open_page(draw=draw))[0], pictures.of_bundled("operations", "digits", 89, int(draw), 0)
    mean = {name: values[5] for name, values in copies.change.items()}  # at strength 0.5
    whole = {name: mean.pop(name) for name in ("flip_horizontal", "flip_vertical", "quarter_turn", "half_turn")}
    assert f"of the operations that have degrees, {pictures.TITLES[max(mean, key=mean.get)]} changes" in sentence
    assert "Flips, quarter turns and half turns have none, and are not among these: strength is their prob" in sentence
    happens = (
        f"they happen in this draw, quarter turn changing a pixel by {whole['quarter_turn']:.3f}, the most of them."
    )
    assert sentence.endswith(happens if any(whole.values()) else "and none happens in this draw.")
    assert any(whole.values()) == (draw == "33")


def test_a_loss_above_a_constant_guess_is_said_to_be_one(monkeypatch, short_trainings):
    monkeypatch.setattr("pages.ui.effect.guess", lambda dataset: (0.1, 0.99))
    app = open_page(closer="By size", length="300", **SMALL)
    loss, accuracy, shown, by_size = sentences(app)[1:]
    assert "That is no better than a constant guess, which comes to 0.100." in loss
    assert "That is no better than a constant guess, which comes to 99.0 %." in accuracy
    assert "That is no better than a constant guess" in shown
    assert by_size.endswith("At n = 50, 100, 200, 400, 800 it is no better than a constant guess (0.100).")
    assert 'class="measured "' not in "".join(statuses(app))
    off = open_page(augment="0", closer="Label safety", **SMALL)
    assert "That is no better than a constant guess, which comes to 0.100." in only_sentence(
        off, "Augmentation is off: "
    )


def test_where_it_hurts_it_says_so():
    app = open_page(n="800", augment="1")
    assert only_sentence(app, "With augmentation 1, test loss").startswith(
        "With augmentation 1, test loss rose from 0.1"
    )
    assert 'class="measured worse"' in statuses(app)[1]


def test_off_is_said_in_every_view(short_trainings):
    for closer, opening in (
        ("Learned invariance", "Without augmentation "),
        ("Label safety", "With the test images under half turn, "),
        ("By size", "Augmentation is off: both lines are one."),
    ):
        app = open_page(augment="0", strength="0", closer=closer, length="300", **SMALL)
        assert only_sentence(app, "At strength 0 every operation is the exact identity.")
        assert only_sentence(app, "Augmentation is off: test loss ")
        assert only_sentence(app, opening)
        assert "nan" not in " ".join(sentences(app))


def test_the_reference_demonstration_is_a_lesson(short_trainings):
    app = take(open_page(**SMALL), "3 images become 12")
    assert sentences(app)[0].startswith("3 labelled images and factor 4 make 12: each original and 3 copies")
    first = app.get("vega_lite_chart")[0].proto
    reader = next(e.proto.body for e in app.get("html") if 'class="for-readers"' in e.proto.body)
    assert len(re.findall("original", reader)) == 3
    assert json.loads(first.spec)["height"] == 300


def test_rand_augment_says_its_two_numbers(short_trainings):
    text = sentences(open_page(view="RandAugment", num_ops="1", strength="0.3", **SMALL))[0]
    assert text.startswith("Each copy is changed by 1 operation drawn at random, all at magnitude 0.3.")


@pytest.mark.parametrize("strength", ["0", "1"])
@pytest.mark.parametrize("source", ["Digits", "Glyphs"])
def test_the_mechanism_at_its_ends(source, strength, short_trainings):
    for view in ("Every operation", "A set grown", "RandAugment"):
        assert "nan" not in sentences(open_page(view=view, source=source, strength=strength, image="190", **SMALL))[0]


def test_sixes_turned_over_are_read_as_nines():
    app = take(open_page(), "A six turned over")
    text = only_sentence(app, "With the test images under half turn, ")
    (six,) = numbers(r"(\d+) % of 6 as 9", text)
    assert six > 60
    (share,) = numbers(r"half turn, (\d+) % are read", text)
    assert share < 60
    made, merely = share_of_operations(text)
    assert made == ["half turn"]
    assert "quarter turn" in merely  # all digits then look like fours, and fours are still read as fours
    app.radio(key=f"{NAME}_prediction").set_value("Mostly as sixes").run()
    assert only_sentence(app, "Measured otherwise: Mostly as nines. Of the sixes ")
    app.radio(key=f"{NAME}_prediction").set_value("Mostly as nines").run()
    assert only_sentence(app, "As you predicted. Of the sixes ")


def share_of_operations(text):
    """Return the operations that make one class of another, and those under which one is merely taken for another."""
    made, merely = share_words(r"no longer read as it: (.*?)\.(?: Under (.*?) some class is mostly read)?", text)
    return made.split(", "), (merely or "").split(", ")


def share_words(pattern, text):
    match = re.search(pattern, text)
    assert match, text
    return match.groups()


def test_bright_images_are_not_said_to_be_of_another_class(monkeypatch):
    # What is looked at are the networks without augmentation, at the end: the others are spared its cost, and all of
    # them the evaluations on their way.
    fit, spared = runs.fit, {"augment": lambda x, y, *_: (x, y)}

    def sparing(data, stack, training, *, replace, **how):
        return fit(data, stack, dataclasses.replace(training, eval_steps=1), replace=spared, **how)

    monkeypatch.setattr(runs, "fit", sparing)
    monkeypatch.setattr(runs, "_jobs", {})
    text = only_sentence(open_page(lesson="Labels that survive"), "With the test images under half turn, ")
    made, merely = share_of_operations(text)
    assert made == ["quarter turn"]  # horizontal bars become vertical ones, and vertical ones horizontal
    assert "brighten" in merely


def test_an_operation_that_keeps_labels_is_said_to():
    text = only_sentence(
        open_page(closer="Label safety", operation="contrast", force="0.1"), "With the test images under con"
    )
    assert "No class is read mostly as another." in text


@pytest.mark.parametrize("candidates", ["One operation each", "Pairs, drawn at random"])
def test_the_policy_search_chooses_and_is_judged_on_test_rows(monkeypatch, candidates, short_trainings):
    right = policy_search.search
    monkeypatch.setattr(
        policy_search, "search", lambda *given, **how: right(*given, training=Training(max_steps=60), **how)
    )
    app = open_page(closer="Policy search", candidates=candidates, **SMALL)
    assert {"losses", "changes", "means"} <= datasets_of(app)[2]
    [chosen] = [text for text in sentences(app) if " of the list)" in text]
    assert re.match("Mean validation loss is lowest (at policy .*|without it) \\(.*, of the 17 of the list\\)", chosen)
    assert "On test rows, which had no part in that choice, " in chosen or "going without" in chosen
    verdict = only_sentence(app, "Test loss of each against going without: ")
    counts = [int(n) for n in re.findall(r"with (\d+) \(", verdict)]
    (unsure,) = numbers(r"the seeds cannot tell of (\d+) of 16 candidates", verdict)
    assert sum(counts) + unsure == 16
    assert verdict.endswith("Of 16 intervals of 95 % about 0.8 leave zero out by chance alone.")


def test_by_size_it_counts_where_it_helps():
    app = open_page(closer="By size", length="300")
    text = only_sentence(app, "With augmentation 0.75 test loss is lower at n = ")
    assert re.search(r"lower at n = [^;]*200 \(\d+ %\)", text)
    assert "not told apart by the seeds at n = " in text
    assert text.count(" %)") == 5
    assert only_sentence(app, "With 200 rows, test loss fell from")


def test_the_mistakes_are_measured():
    app = open_page(turned="true", far="true", validated="true")
    far = only_sentence(app, "Images are shifted by up to 0.47 of their side and turned by up to 56°. ")
    assert "With five times the magnitude, test loss rose from" in far
    assert only_sentence(app, "With half turns too, test loss rose from")
    text = only_sentence(app, "At strength 0.75 the same networks' validation loss reads ")
    wrong, clean = numbers(r"reads ([\d.]+) on augmented rows instead of ([\d.]+)\.", text)
    assert wrong > clean
    assert "no harm" not in " ".join(sentences(app))
    off = open_page(far="true", turned="true", validated="true", augment="0", **SMALL)  # five times nothing
    assert only_sentence(off, "At strength 0 the mistake changes nothing.")
    assert only_sentence(off, "Augmentation is off: here the half turns are all that changes an image.")
    assert only_sentence(off, "Over the scale the mean on augmented rows, each strength's rows at its own, is lowest ")


def test_downloads_hold_what_is_measured(files, short_trainings):
    for closer in ("Learned invariance", "Label safety", "By size"):
        open_page(closer=closer, length="300", **SMALL)
    tables = {name: rows() for name, rows in files.items()}
    assert {name: header(rows) for name, rows in tables.items()} == {
        f"{NAME}_operations.csv": "view, source, image, draw, strength, picture, name, row, column, channel, value",
        f"{NAME}_training.csv": "dataset, n_train, augment, seed, step, train_loss, val_loss, test_loss, test_accuracy",
        f"{NAME}_invariance.csv": "dataset, n_train, augment, seed, test_images, change, amount, test_accuracy",
        f"{NAME}_safety.csv": "dataset, n_train, operation, strength, seed, test_accuracy",
        f"{NAME}_read_as.csv": "dataset, n_train, operation, strength, label, read_as, mean_share_over_seeds",
        f"{NAME}_by_size.csv": "dataset, n_train, steps, augment, seed, test_loss, test_accuracy",
    }
    pixels = tables[f"{NAME}_operations.csv"]
    assert len(pixels) == 17 * 64
    assert {row["name"] for row in pixels} == {"the image", *OPERATION_TITLES}
    assert len(tables[f"{NAME}_invariance.csv"]) == 6 * 5 * (11 + 6)  # strengths, seeds, angles and shifts
    assert len(tables[f"{NAME}_by_size.csv"]) == 5 * 2 * 5  # numbers of rows, strengths, seeds
    turned = [row for row in tables[f"{NAME}_safety.csv"] if row["operation"] in ("half turn", "rotate")]
    assert [row["strength"] for row in turned[::5]] == [1.0, 0.3]  # a half turn is all or nothing


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("augment", "2", "zoom 10 m % must be a number from 0 to 1, got 2, so 0.75 is used"),
        ("image", "1e999", "Which one must be a number from 0 to 190, got 1e999, so 89 is used"),
        ("source", "web", "Image must be one of Digits, Glyphs, My picture, got web"),
        ("operation", "<b>", "Test images must be one of as they are, flip left-right"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, sentence, short_trainings):
    app = open_page(closer="Label safety", **{**SMALL, name: value})
    assert len(app.warning) == 1
    assert sentence in app.warning[0].value


def test_a_template_is_built_once_and_holds_no_data():
    for make, arguments in (
        (pictures._grid, (pictures.STRENGTH, 17, 9, 4)),
        (pictures._invariance, (LEVELS,)),
        (pictures._safety, (17, 10, 20)),
        (pictures._policies, (17, 100)),
        (pictures._by_size, (LEVELS,)),
    ):
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)


def test_a_legend_shows_what_is_drawn_and_an_arrow_what_leaves_the_axis():
    marks = {
        (layer["mark"]["type"], layer["transform"][0]["filter"])
        for layer in layers_of(pictures._policies(17, 100))
        if layer.get("data", {}).get("name") == "legend" and layer["mark"]["type"] != "text"
    }
    assert marks == {("rule", "datum.shape == 'line'"), ("circle", "datum.shape == 'dot'")}
    named = [layer for layer in layers_of(pictures._policies(17, 100)) if layer.get("data", {}).get("name") == "names"]
    opacities = [layer["mark"]["opacity"] for layer in named]
    assert opacities == [1, {"expr": "width > 520 ? 0 : 1"}]  # of the lower list where the two are stacked
    losses, accuracies = (str(part) for part in pictures._by_size(LEVELS)["layer"][1:3])
    assert "datum.worst > data('now')[0].top" in losses
    assert "triangle-up" not in accuracies


# --- a person's own picture


def encoded(picture, kind="PNG", **how):
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def painted(width=120, height=90, mode="RGB"):
    ramp = np.add.outer(np.arange(height), 2 * np.arange(width)) % 256
    return Image.fromarray(np.stack([ramp, 255 - ramp, ramp // 2], -1).astype(np.uint8)).convert(mode)


def png_that_claims(width, height):
    """A small file whose header claims to hold a large picture."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def text_bomb():
    """A PNG whose compressed note unpacks to 200 MB."""
    whole = encoded(painted())
    note = b"zTXt" + b"note\0\0" + zlib.compress(bytes(200_000_000), 9)
    chunk = struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
    return whole[:33] + chunk + whole[33:]  # after the header


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "LA", "CMYK", "I;16"])
def test_pictures_of_every_kind_become_small_squares(mode):
    if mode == "I;16":
        body = encoded(Image.fromarray((np.arange(90 * 120).reshape(90, 120) * 6).astype(np.uint16)))
    else:
        body = encoded(painted(mode=mode), "JPEG" if mode == "CMYK" else "PNG")
    square = read(body)
    assert square.shape == (SIDE, SIDE, 3)
    assert square.dtype == np.float32
    assert square.min() >= 0
    assert 0.5 < square.max() <= 1


def test_a_picture_keeps_its_colours_its_middle_and_its_way_up():
    picture = Image.new("RGB", (300, 100), "blue")
    picture.paste((255, 0, 0), (100, 0, 200, 50))  # the upper half of the middle square
    turned = Image.Exif()
    turned[274] = 3  # a camera held upside down
    for body, top, low in (
        (encoded(picture), [1, 0, 0], [0, 0, 1]),
        (encoded(picture, "JPEG", quality=95, subsampling=0), [1, 0, 0], [0, 0, 1]),
        (encoded(picture, "JPEG", quality=95, subsampling=0, exif=turned), [0, 0, 1], [1, 0, 0]),
    ):
        square = read(body)
        np.testing.assert_allclose(square[8, 32], top, atol=0.03)
        np.testing.assert_allclose(square[56, 32], low, atol=0.03)


def test_what_is_transparent_is_white():
    assert (read(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)))) == 1).all()


REFUSED = {
    "no picture": (b"hello, this is a text", "The file is not a PNG or JPEG picture."),
    "nothing": (b"", "The file is not a PNG or JPEG picture."),
    "a GIF": (encoded(painted(), "GIF"), "The file is not a PNG or JPEG picture."),
    "too many bytes": (bytes(MAX_BYTES + 1), "The file has 8.0 MB; at most 8 MB can be read."),
    "too many pixels": (png_that_claims(7000, 7000), "The picture has 49,000,000 pixels; at most 16,000,000 can be"),
    "far too many": (
        png_that_claims(30_000, 30_000),
        "The picture has too many pixels; at most 16,000,000 can be read.",
    ),
    "almost as many": (
        png_that_claims(7900, 12_000),
        "The picture has too many pixels; at most 16,000,000 can be read.",
    ),
    "1 x 100,000": (png_that_claims(1, 100_000), "A picture's sides must be from 8 to 8,000 pixels, got 1 x 100,000."),
    "too small": (encoded(painted(7, 200)), "A picture's sides must be from 8 to 8,000 pixels, got 7 x 200."),
    "animated": (
        encoded(painted(), save_all=True, append_images=[painted(mode="L").convert("RGB")]),
        "The picture is animated; only a still one can be read.",
    ),
    "a truncated PNG": (encoded(painted())[:-150], "The picture is cut off or damaged"),
    "a truncated JPEG": (encoded(painted(), "JPEG")[:-400], "The picture is cut off or damaged"),
    "a damaged PNG": (png_that_claims(500, 500), "The picture is cut off or damaged"),
    "a note that unpacks to 200 MB": (text_bomb, "The picture is cut off or damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_in_one_sentence(name):
    body, sentence = REFUSED[name]
    with pytest.raises(Refused) as refused:
        read(body() if callable(body) else body)  # what is large is made when it is asked for
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).count(". ") == 0
    assert str(refused.value).endswith(".")


def test_a_picture_is_drawn_as_it_is():
    image = np.linspace(-0.2, 1.2, 64).reshape(8, 8, 1)
    url = pictures_upload.url(image)
    assert url.startswith("data:image/png;base64,")
    back = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))) / 255
    np.testing.assert_allclose(back, image[..., 0].clip(0, 1), atol=0.002)
    assert pictures_upload.url(np.zeros((SIDE, SIDE, 3))).startswith("data:image/jpeg;base64,")


def test_an_upload_is_drawn_and_a_bad_one_is_refused_in_its_place():
    app = open_page(source="My picture", **SMALL)
    before = sentences(app)[0]
    uploader = app.get("file_uploader")[0]
    uploader.upload("mine.png", encoded(painted()), "image/png").run()
    assert not app.exception
    assert not app.error
    assert sentences(app)[0] != before
    uploaded = app.session_state["image_augmentation:own"]
    assert len(uploaded[1].cells) == len(pictures.STRENGTHS) * (1 + len(OPERATIONS))
    app.get("file_uploader")[0].upload("bad.png", b"nothing", "image/png").run()
    assert not app.exception
    assert app.error[0].value == "The file is not a PNG or JPEG picture."
    assert sentences(app)[0] == before  # the bundled image again
