"""The page of mixup and CutMix as Streamlit runs it: its pictures, its lessons, and its sentences."""

import re

import pytest

from pages.pictures import mixup as pictures
from pages.ui.levels import even

from reglab.datasets import load
from tests.opened import opener, plain, sentences, statuses, take

SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly
GLYPHS = load("glyphs").title
CUTMIX = {"technique": "CutMix"}
VIEWS = ("Accuracy and calibration", "By training rows", "Boundary", "With weight decay")
open_page = opener("mixup")


def verdict(app, words):
    """Return how the sentence with these words is marked."""
    body = next(b for b in statuses(app) if words in plain(b))
    return re.search(r'class="measured ?(\w*)"', body)[1] or "better"


def test_it_opens_on_a_lesson_where_it_helps():
    app = open_page()
    assert not app.warning
    assert app.button_group(key="mixup:lesson").value == "See it work"
    mixed, loss, accuracy, error, calibration = sentences(app)
    assert "At λ = 0.6 every pixel of mixup is 0.6 of the 3 and 0.4 of the 8, and so is its target." in mixed
    assert "a box of 25.6 of 64 pixels, of which whole pixels and the border leave 16" in mixed
    assert "recomputed, 0.75 of the 3 and 0.25 of the 8." in mixed
    assert "At α = 0.1 λ is within 0.1 of 0 or 1 in 81 % of the batches." in mixed
    assert "With mixup α = 0.1, test loss fell from" in loss
    assert verdict(app, "test loss fell from") == "better"
    assert loss.endswith("Mean validation loss is lowest here too.")
    assert accuracy.startswith("Five seeds cannot tell whether test accuracy changed")
    assert "the calibration error (ECE)" in error
    assert re.search(r"fitted on validation rows is 0.\d+: the network is too timid. Scaling", calibration)
    assert "constant guess" not in " ".join(sentences(app))
    # What validation chose is judged on test rows, and where five seeds cannot tell there may be more of them.
    take(app, "When it does nothing")
    loss = sentences(app)[1]
    assert loss.startswith("Five seeds cannot tell whether with mixup α = 0.2, test loss changed: ")
    chosen = r"lowest at α 0\.1 \(0\.23\d, of the 6 of the scale\)\. On test rows, which had no part in that choice, "
    assert re.search(chosen, loss)  # the last digit is another on another processor
    app.button(key="mixup_more_training:button").click().run()
    assert app.query_params["mixup_seeds"] == "10"
    assert sentences(app)[1].startswith("Ten seeds cannot tell whether with mixup α = 0.2, test loss changed: ")


def test_too_much_is_said_to_hurt_and_the_prediction_is_measured():
    app = open_page()
    take(app, "Too much")
    assert "With mixup α = 2, test loss rose from 0.1" in sentences(app)[1]
    assert "(ECE) rose from" in sentences(app)[3]
    assert verdict(app, "test loss rose from") == "worse"
    app.radio(key="mixup_prediction").set_value("The loss falls and the accuracy rises").run()
    assert any(s.startswith("Measured otherwise: Neither gets better by more than noise.") for s in sentences(app))
    assert any("Test accuracy fell from 74.0 % to 69.0 %" in s for s in sentences(app))


def test_a_clipped_box_is_a_lesson(short_trainings):
    app = open_page(**SMALL)
    take(app, "A clipped box")
    mixed, loss, *_ = sentences(app)
    assert "a box of 16 of 64 pixels, of which whole pixels and the border leave 4" in mixed
    assert "recomputed, 0.9375 of the 3 and 0.0625 of the 8." in mixed
    assert "ith CutMix α = 0.1, test loss" in loss


def test_the_other_lessons_say_what_they_show():
    app = open_page(**SMALL)
    other = "Between two examples of one class lies another class here, and mixup labels it wrongly."
    for lesson, words, data in (
        ("Calibrated", "The calibration error (ECE) fell from", GLYPHS),
        ("Smoother boundary", "with it on", "Two moons"),
        ("Spirals", other, "Three spirals"),
        ("Less decay", "with that decay instead of 1, at α 0.4, test loss", "Handwritten digits"),
    ):
        take(app, lesson)
        assert any(words in said for said in sentences(app)), lesson
        assert not any("constant guess" in said for said in sentences(app)), lesson
        # One lesson, one dataset: all pictures that train are of the same.
        titles = [e.proto.body for e in app.get("html") if "picture-title" in e.proto.body and ", n = " in e.proto.body]
        assert titles
        assert all(data in title for title in titles), lesson
    less = next(s for s in sentences(app) if "with that decay" in s)
    assert "at weight decay 1; at α 0.4 it is 0.2" in less
    assert "at 0.3. On test rows, which had no part in the choice, with that decay" in less


def test_where_alpha_does_not_move_the_best_decay_that_is_said():
    said = sentences(open_page(view="With weight decay", alpha="0.4", n="50"))
    assert "Validation chooses the same weight decay of the five for both." in said[-1]
    assert said[-1].count("at weight decay 3; at α 0.4") == 1


def test_a_loss_above_a_constant_guess_is_said_to_be_one():
    few = {"data": "MNIST-1D, ten signals", "n": "50"}
    off = sentences(open_page(alpha="0", **few))[1]
    assert "That is no better than a constant guess, which comes to 2.303." in off
    app = open_page(alpha="0.1", view="By training rows", **few)
    assert "which comes to 2.303" in sentences(app)[1]
    assert verdict(app, "test loss fell from") == "none"
    assert "test loss changed, yet no better than a constant guess, at n = 50, 100, 200" in sentences(app)[-1]
    assert "At n = 50, 100, 200, 400 test loss is no better than a constant guess (2.303)." in sentences(app)[-1]


def test_a_boundary_is_drawn_of_the_data_that_are_trained(short_trainings):
    app = open_page(view="Boundary", **SMALL)
    assert "13 inputs. A boundary can be drawn where there are two." in sentences(app)[-1]
    app.button(key="mixup_take_spirals:button").click().run()
    assert app.selectbox(key="mixup_data").value == "spirals"
    assert "sure on" in sentences(app)[-1]


def test_downloads_hold_what_is_measured(files, short_trainings):
    open_page(technique="Either, per batch", n="50", alpha="0.4")
    tables = {name: rows() for name, rows in files.items()}
    assert list(tables) == [
        "mixup_densities.csv",
        "mixup_mixtures.csv",
        "mixup_training.csv",
        "mixup_calibration.csv",
        "mixup_reliability.csv",
    ]
    assert list(tables["mixup_densities.csv"][0]) == ["alpha", "lambda", "density"]
    pixels = tables["mixup_mixtures.csv"]
    assert list(pixels[0]) == ["weight", "centre", "picture", "target_of_3", "row", "column", "channel", "value"]
    shown = {name: [row["value"] for row in pixels if row["picture"] == name] for name in ("3", "8", "mixup", "CutMix")}
    for a, b, mixed in zip(*(shown[name] for name in ("3", "8", "mixup")), strict=True):
        assert mixed == pytest.approx(0.6 * a + 0.4 * b, abs=1e-6)
    assert {row["picture"]: row["target_of_3"] for row in pixels} == {"3": 1, "8": 0, "mixup": 0.6, "CutMix": 0.75}
    shared = ["dataset", "n_train", "mixup_alpha", "cutmix_alpha", "switch_prob"]
    ends = ["test_accuracy", "calibration_error", "temperature", "calibration_error_scaled"]
    assert list(tables["mixup_calibration.csv"][0]) == [*shared, "seed", *ends]
    assert len(tables["mixup_calibration.csv"]) == 6 * 5
    assert list(tables["mixup_training.csv"][0])[5:8] == ["seed", "step", "train_loss"]
    bins = tables["mixup_reliability.csv"]
    assert sum(row["rows"] for row in bins) == 6 * 5 * 597  # none is left out, however few rows it has


@pytest.mark.parametrize("pair", ["Digits 1 and 7", "Ring and cross"])
@pytest.mark.parametrize("weight", ["0", "1"])
@pytest.mark.parametrize("alpha", ["0", "2"])
def test_the_mechanism_at_its_ends(pair, weight, alpha, short_trainings):
    app = open_page(pair=pair, weight=weight, alpha=alpha, centre="Corner", **SMALL)
    said = sentences(app)[0]
    assert ("of the batches" in said) == (alpha != "0")
    pixels = 256 if pair == "Ring and cross" else 64
    assert f"a box of {0 if weight == '1' else pixels} of {pixels} pixels" in said
    expected = {("1", 64): "1", ("1", 256): "1", ("0", 64): "0.75", ("0", 256): "0.75"}[
        weight, pixels
    ]  # a quarter is cut
    assert f"recomputed, {expected} of the" in said


@pytest.mark.parametrize("view", VIEWS)
def test_off_is_said_in_every_picture(view, short_trainings):
    said = sentences(open_page(alpha="0", view=view, lam="true", hard="true", **SMALL))
    assert any(s.startswith("Nothing is mixed: test loss ") for s in said)
    assert "At α off the mistake changes nothing." in said
    assert any(s.startswith("At α off the loop logs a training loss of ") for s in said)
    assert "nan" not in " ".join(said)


@pytest.mark.parametrize("view", VIEWS)
def test_every_picture_compares_with_off(view, short_trainings):
    said = sentences(open_page(alpha="0.4", view=view, **SMALL))
    words = {
        "Accuracy and calibration": "and without mixing from",
        "By training rows": "α = 0.4 against off: test loss",
        "Boundary": "A boundary can be drawn where there are two",
        "With weight decay": "Without mixing the lowest mean validation loss is",
    }
    assert any(words[view] in s for s in said)
    assert "nan" not in " ".join(said)


def test_cutmix_trains_on_images():
    assert "with CutMix α = 0.4, test loss" in sentences(open_page(alpha="0.4", n="50", **CUTMIX))[1]


def test_both_train_on_images_and_mixup_where_there_are_none(short_trainings):
    both = {"technique": "Either, per batch", "alpha": "0.4", "n": "50"}
    half, always = (sentences(open_page(switch=p, **both))[1] for p in ("0.5", "1"))
    assert "ith mixup and CutMix α = 0.4, test loss" in half
    assert half != always
    none = open_page(alpha="0.4", **SMALL, **CUTMIX)
    assert any("has no images to cut a box from: this is mixup." in c.value for c in none.caption)
    assert "ith mixup α = 0.4, test loss" in sentences(none)[1]


def test_the_mistakes_are_measured():
    app = open_page(alpha="1", n="200", lam="true", hard="true")
    lam = next(s for s in sentences(app) if "λ as drawn" in s)
    assert lam.startswith("Handwritten digits, 8 x 8, n = 200. ")
    assert "ith λ as drawn, CutMix α = 1, test loss " in lam
    assert "no harm" not in lam
    hard = next(s for s in sentences(app) if "the loop logs" in s)
    logged, clean = (float(re.search(f"{words} ([\\d.]+)", hard)[1]) for words in ("training loss of", "loss is"))
    assert logged > 0.7
    gaps = [float(gap.replace("−", "-")) for gap in re.findall(r"gap (?:is )?(−?\d\.\d+)", hard)]
    assert len(gaps) == 2
    assert gaps[0] < 0 < gaps[1]
    assert "below it (gap" in hard
    # Only pairs of unlike classes have an entropy: about nine in ten of ten classes, less each row with itself.
    assert "0.500 nats on average" in hard
    share, floor = re.search(r"(\d+) % of the pairs are unlike, .* gets below (0\.\d+) on average", hard).groups()
    assert 85 < int(share) < 90
    assert float(floor) == pytest.approx(0.5 * int(share) / 100, abs=0.003)
    assert clean < 1
    moons = next(s for s in sentences(open_page(alpha="1", n="50", data="Two moons", hard="true")) if "loop logs" in s)
    logged, floor = (float(re.search(f"{words} (0\\.\\d+)", moons)[1]) for words in ("loss of", "gets below"))
    assert floor < logged < 0.5  # half of the pairs are of one class


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("alpha", "3", "and of the density above must be a number from 0 to 2, got 3, so 0.1 is used"),
        ("weight", "1e999", "Weight λ of the first image must be a number from 0 to 1, got 1e999, so 0.6 is used"),
        ("technique", "cutout", "Technique must be one of Mixup, CutMix, Either, per batch, got cutout"),
        ("view", "<b>", "Look closer must be one of Accuracy and calibration, By training rows, Boundary"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said, short_trainings):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_weights_rise_evenly_from_0_to_1():
    assert (pictures.WEIGHTS[0], pictures.WEIGHTS[-1]) == (0.0, 1.0)
    assert all(abs(b - a - 0.05) < 1e-9 for a, b in zip(pictures.WEIGHTS, pictures.WEIGHTS[1:], strict=False))


def test_a_template_is_built_once_and_holds_no_data():
    alpha = even("alpha", (0.0, 0.1), "mixup α")
    for make, arguments in (
        (pictures._mechanism, ()),
        (pictures._calibration, (alpha,)),
        (pictures._by_rows, (alpha,)),
        (pictures._boundary, (alpha, (0.0, 1.0), (0.0, 1.0))),
        (pictures._decay, (alpha,)),
    ):
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)
