"""The page of mixup and CutMix as Streamlit runs it: its pictures, its lessons, and its sentences."""

import html
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.charts import mixup as pictures

ROOT = Path(__file__).resolve().parent.parent
SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly
CUTMIX = {"technique": "CutMix"}
VIEWS = ("Accuracy and calibration", "By training rows", "Boundary", "With weight decay")


def open_page(**parameters):
    """Run the page as if its link had been opened."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=180).run()
    for name, value in parameters.items():
        app.query_params[f"mixup_{name}"] = value
    app.switch_page("pages/mixup.py").run()
    assert not app.exception
    return app


def bodies(app):
    return [e.proto.body for e in app.get("html") if 'role="status"' in e.proto.body]


def sentences(app):
    """Return the measured sentences without their markup."""
    return [html.unescape(re.sub(r"<.*?>", "", body)) for body in bodies(app)]


def verdict(app, words):
    """Return how the sentence with these words is marked."""
    body = next(b for b in bodies(app) if words in html.unescape(re.sub(r"<.*?>", "", b)))
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
    assert "did not change by more than the seeds' noise" in accuracy
    assert "The calibration error (ECE)" in error
    assert "the temperature fitted on validation rows" in calibration


def test_too_much_is_said_to_hurt_and_the_prediction_is_measured():
    app = open_page()
    app.button_group(key="mixup:lesson").set_value("Too much").run()
    assert not app.exception
    assert "With mixup α = 2, test loss rose from 0.1" in sentences(app)[1]
    assert "(ECE) rose from" in sentences(app)[3]
    assert verdict(app, "test loss rose from") == "worse"
    app.radio(key="mixup_prediction").set_value("The loss falls and the accuracy rises").run()
    assert any(s.startswith("Measured otherwise: The loss falls, the accuracy does not rise") for s in sentences(app))


def test_nothing_is_a_lesson_too():
    app = open_page()
    app.button_group(key="mixup:lesson").set_value("When it does nothing").run()
    assert "test loss did not change by more than the seeds' noise" in sentences(app)[1]


def test_a_clipped_box_is_a_lesson():
    app = open_page(**SMALL)
    app.button_group(key="mixup:lesson").set_value("A clipped box").run()
    assert not app.exception
    mixed, loss, *_ = sentences(app)
    assert "a box of 16 of 64 pixels, of which whole pixels and the border leave 4" in mixed
    assert "recomputed, 0.9375 of the 3 and 0.0625 of the 8." in mixed
    assert "With CutMix α = 0.1, test loss" in loss


def test_the_other_lessons_say_what_they_show():
    app = open_page(**SMALL)
    for lesson, words in (
        ("Calibrated", "The calibration error (ECE) fell from"),
        ("Smoother boundary", "with it on"),
        ("Spirals", "Between two examples of one class lies another class here, and mixup labels it wrongly."),
        ("Less decay", "the lowest mean moves to less decay"),
    ):
        app.button_group(key="mixup:lesson").set_value(lesson).run()
        assert not app.exception
        assert any(words in said for said in sentences(app)), lesson
    less = next(s for s in sentences(app) if "the lowest mean moves" in s)
    assert "at weight decay 1; at α 0.4 it is 0.2" in less
    assert "at 0.3." in less


def test_where_alpha_does_not_move_the_best_decay_that_is_said():
    said = sentences(open_page(view="With weight decay", alpha="0.4", n="50"))
    assert "On these data mixing does not change the best weight decay of the five." in said[-1]
    assert said[-1].count("at weight decay 3; at α 0.4") == 1


@pytest.mark.parametrize("pair", ["Digits 1 and 7", "Ring and cross"])
@pytest.mark.parametrize("weight", ["0", "1"])
@pytest.mark.parametrize("alpha", ["0", "2"])
def test_the_mechanism_at_its_ends(pair, weight, alpha):
    app = open_page(pair=pair, weight=weight, alpha=alpha, centre="Corner", **SMALL)
    said = sentences(app)[0]
    assert ("of the batches" in said) == (alpha != "0")
    pixels = 256 if pair == "Ring and cross" else 64
    assert f"a box of {0 if weight == '1' else pixels} of {pixels} pixels" in said
    kept = {("1", 64): "1", ("1", 256): "1", ("0", 64): "0.75", ("0", 256): "0.75"}[weight, pixels]  # a quarter is cut
    assert f"recomputed, {kept} of the" in said


@pytest.mark.parametrize("view", VIEWS)
def test_off_is_said_in_every_picture(view):
    said = sentences(open_page(alpha="0", view=view, lam="true", hard="true", **SMALL))
    assert any(s.startswith("Nothing is mixed: test loss ") for s in said)
    assert "At α off the mistake changes nothing." in said
    assert "At α off the two readings are nearly one." in said
    assert "nan" not in " ".join(said)


@pytest.mark.parametrize("view", VIEWS)
def test_every_picture_compares_with_off(view):
    said = sentences(open_page(alpha="0.4", view=view, **SMALL))
    words = {
        "Accuracy and calibration": "and without mixing from", "By training rows": "α = 0.4 against off: test loss",
        "Boundary": "Without mixup the network is more than 90 % sure on",
        "With weight decay": "Without mixing the lowest mean validation loss is",
    }  # fmt: skip
    assert any(words[view] in s for s in said)
    assert "nan" not in " ".join(said)


def test_cutmix_and_both_train_on_images_and_mixup_where_there_are_none():
    assert "With CutMix α = 0.4, test loss" in sentences(open_page(alpha="0.4", n="50", **CUTMIX))[1]
    both = {"technique": "Either, per batch", "alpha": "0.4", "n": "50"}
    half, always = (sentences(open_page(switch=p, **both))[1] for p in ("0.5", "1"))
    assert "With mixup and CutMix α = 0.4, test loss" in half
    assert half != always
    none = open_page(alpha="0.4", **SMALL, **CUTMIX)
    assert any("has no images to cut a box from: this is mixup." in c.value for c in none.caption)
    assert "With mixup α = 0.4, test loss" in sentences(none)[1]


def test_the_mistakes_are_measured():
    app = open_page(alpha="1", n="200", lam="true", hard="true")
    lam = next(s for s in sentences(app) if "λ as drawn" in s)
    assert lam.startswith("Handwritten digits, 8 x 8, n = 200. With λ as drawn, CutMix α = 1, test loss ")
    assert "rose from" in lam or "no harm" in lam
    hard = next(s for s in sentences(app) if "the loop logs" in s)
    logged, clean = (float(re.search(f"{words} ([\\d.]+)", hard)[1]) for words in ("training loss of", "loss is"))
    assert logged > 0.7
    gaps = [float(gap.replace("−", "-")) for gap in re.findall(r"gap (?:is )?([+−]\d\.\d+)", hard)]
    assert len(gaps) == 2
    assert gaps[0] < 0 < gaps[1]
    assert "that is underfitting" in hard
    assert "0.500 nats on average" in hard
    assert clean < 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("alpha", "3", "and of the density above must be a number from 0 to 2, got 3, so 0.1 is used"),
        ("weight", "1e999", "Weight λ of the first image must be a number from 0 to 1, got 1e999, so 0.6 is used"),
        ("technique", "cutout", "Technique must be one of Mixup, CutMix, Either, per batch, got cutout"),
        ("view", "<b>", "Look closer must be one of Accuracy and calibration, By training rows, Boundary"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_weights_rise_evenly_from_0_to_1():
    assert (pictures.WEIGHTS[0], pictures.WEIGHTS[-1]) == (0.0, 1.0)
    assert all(abs(b - a - 0.05) < 1e-9 for a, b in zip(pictures.WEIGHTS, pictures.WEIGHTS[1:], strict=False))


def test_a_template_is_built_once_and_holds_no_data():
    names = ("off", "0.1")
    for make, arguments in (
        (pictures.mechanism, ()), (pictures.calibration, (names, "mixup α")), (pictures.sizes, (names,)),
        (pictures.boundary, (names, (0.0, 1.0), (0.0, 1.0))), (pictures.decay, (names, names, "mixup α")),
    ):  # fmt: skip
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)
