"""The page of label smoothing as Streamlit runs it: its pictures, its lessons, and its sentences."""

import re

import pytest

from pages.pictures import label_smoothing as pictures

from reglab import label_smoothing
from tests.opened import header, opener, sentences, statuses, take

SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly
DIGITS = {"data": "Handwritten digits, 8 x 8"}
OTHERS = "ε/(K−1) on the others"
SOFT = "Soft or hard validation loss"
open_page = opener("label_smoothing")


def test_it_opens_on_a_lesson_where_it_helps():
    app = open_page()
    assert not app.warning
    assert app.button_group(key="label_smoothing:lesson").value == "See it work"
    floor, loss, accuracy, error, calibration = sentences(app)
    assert "(0.0333, 0.0333, 0.9333), in the other convention (0.05, 0.05, 0.9)." in floor
    assert "below 0.291 nats (0.394 in the other one)" in floor
    assert "With label smoothing 0.1, test loss on hard labels fell from" in loss
    assert "On test rows, which had no part in that choice, test loss fell from" in loss
    assert 'class="measured "' in statuses(app)[1]
    assert "constant guess" not in loss
    assert "Five seeds cannot tell whether test accuracy changed" in accuracy
    assert "The calibration error (ECE) fell from" in error
    assert "five seeds cannot tell whether the network is too timid or too confident" in calibration
    assert "Temperature scaling alone" in calibration
    app.button(key="label_smoothing_more_training:button").click().run()
    assert "Ten seeds cannot tell whether test accuracy changed" in sentences(app)[2]
    assert sentences(app)[4].startswith("With smoothing 0.1 the temperature")


def test_the_reference_demonstration_is_a_lesson_with_its_digits(short_trainings):
    app = open_page(**SMALL)
    take(app, "Reference: K = 3, shared")
    said = sentences(app)[0]
    assert "is (0.1, 0.1, 0.8), in the other convention (0.0667, 0.0667, 0.8667)." in said
    assert "needs 0.3 = 0.2 K/(K − 1)" in said
    assert f"below {label_smoothing.loss_floor(3, 0.2, 'others'):.3f} nats" in said


@pytest.mark.parametrize("convention", ["ε/K on every class", OTHERS])
@pytest.mark.parametrize("classes", ["2", "100"])
@pytest.mark.parametrize("strength", ["0", "0.8"])
def test_the_mechanism_at_its_ends(convention, classes, strength, short_trainings):
    app = open_page(convention=convention, classes=classes, strength=strength, **SMALL)
    said = sentences(app)[0]
    assert ("certainty always pays" in said) == (strength == "0")
    assert "nan" not in said
    cannot = convention == OTHERS and classes == "2" and strength == "0.8"
    assert ("no longer the likeliest" in said) == cannot


def test_on_digits_it_raises_loss_and_calibration_error_and_says_so():
    app = open_page(n="200", **DIGITS)
    _, loss, accuracy, error, calibration = sentences(app)
    assert "test loss on hard labels rose from 0.2" in loss
    assert "Mean validation loss is lowest at 0.02 (0.243, of the 8 of the scale)." in loss
    assert "Five seeds cannot tell" in accuracy
    assert "(ECE) rose from 0.0" in error
    assert 'class="measured worse"' in statuses(app)[1]
    assert "the network is too timid" in calibration
    app.radio(key="label_smoothing_prediction").set_value("Both fall").run()
    assert any(said.startswith("Measured otherwise: Both rise.") for said in sentences(app))


def test_a_loss_above_a_constant_guess_is_said_to_be_one():
    app = open_page(data="MNIST-1D, ten signals", n="200")
    _, loss, _, error, _ = sentences(app)
    assert "fell from 3.586 to 2.556" in loss
    assert "That is no better than a constant guess, which comes to 2.303." in loss
    assert 'class="measured none"' in statuses(app)[1]
    assert "ECE) fell from" in error
    off = sentences(open_page(data="MNIST-1D, ten signals", n="200", smoothing="0"))[1]
    assert "no better than a constant guess" in off


def test_downloads_hold_what_is_measured(files, short_trainings):
    for view in ("Calibration", "Clusters", SOFT):
        open_page(view=view, **SMALL)
    tables = {name: rows() for name, rows in files.items()}
    targets = tables.pop("label_smoothing_targets.csv")
    assert header(targets) == (
        "classes, convention, strength, target_of_right_class, target_of_each_other, lowest_loss, "
        "gap_of_lowest_loss, logit_gap, loss"
    )
    assert len(targets) == 2 * 17 * 85  # conventions, strengths, gaps
    fifth = next(row for row in targets if row["strength"] == 0.2 and row["convention"] == OTHERS)
    assert [round(fifth[name], 3) for name in ("target_of_right_class", "lowest_loss")] == [0.8, 0.639]
    assert {name: header(rows) for name, rows in tables.items()} == {
        f"label_smoothing_{name}.csv": f"dataset, n_train, label_smoothing, {fields}"
        for name, fields in {
            "training": "seed, step, train_loss, val_loss, test_loss, test_accuracy",
            "calibration": "seed, test_loss, test_accuracy, calibration_error, temperature, calibration_error_scaled, "
            "test_loss_scaled",
            "reliability": "temperature_scaled, bin_from, confidence, accuracy, rows",
            "spread": "seed, spread_train, spread_test",
            "plane": "seed, rows, class, x, y",
            "soft_labels": "seed, val_loss_hard_labels, val_loss_soft_labels",
            "soft_labels_by_step": "seed, step, val_loss_hard_labels, val_loss_soft_labels, test_loss",
        }.items()
    }
    assert sum(row["rows"] for row in tables["label_smoothing_reliability.csv"]) == 2 * 8 * 5 * 58


def test_off_is_said_in_every_picture(short_trainings):
    for view, words in (
        ("Calibration", "Without smoothing the temperature"),
        ("Clusters", "Without smoothing a row is"),
        (SOFT, "Without smoothing the two are one"),
    ):
        said = sentences(open_page(smoothing="0", view=view, twice="true", **SMALL))
        assert said[1].startswith("Label smoothing is off: test loss ")
        assert any(s.startswith(words) for s in said)
        assert "At strength 0 the mistake changes nothing." in said
        assert "nan" not in " ".join(said)


@pytest.mark.parametrize("split", ["Test rows", "Training rows"])
def test_the_clusters_are_compared_on_training_and_on_test_rows(split, short_trainings):
    said = sentences(open_page(view="Clusters", split=split, first="7", **SMALL))
    assert sum("the spread of a class on" in s.lower() for s in said) == 2


def test_two_classes_have_no_plane(short_trainings):
    said = sentences(open_page(view="Clusters", data="Two moons", n="50"))
    assert "Two moons has 2 classes: the plane of this picture goes through the means of three." in said


def test_the_soft_validation_loss_reads_higher_than_the_hard_one():
    said = next(s for s in sentences(open_page(view=SOFT, **SMALL)) if s.startswith("On labels smoothed by 0.1"))
    soft, hard = map(float, re.search(r"reads ([\d.]+) instead of ([\d.]+),", said).groups())
    assert soft > hard
    assert f"its own floor is {label_smoothing.loss_floor(3, 0.1):.3f}" in said
    # What a stop by the soft loss costs is told on test rows, seed by seed.
    assert re.search(r"lowest at different steps in [1-5] of 5 seeds\. .*soft loss is lowest", said)
    assert "no harm" not in said


def test_the_mistakes_are_measured():
    app = open_page(twice="true", confused="true", judged="true", n="200", **DIGITS)
    shown = sentences(app)
    twice, confused, judged = (
        next(s for s in shown if words in s) for words in ("smoothed twice", "the other convention, test", "judged on")
    )
    assert twice.startswith("The network is trained as with 0.19 instead of 0.1.")
    assert "test loss on hard labels rose" in twice
    assert confused.startswith("The network is trained as with 0.1111 instead of 0.1.")
    assert "ith its number taken in the other convention, test loss on hard labels" in confused
    assert "no harm" not in " ".join(shown)
    assert "lowest at smoothing 0.02" in judged
    assert "without it" in judged


@pytest.mark.parametrize(
    ("data", "smoothing", "said"),
    [
        ("Two moons", "0.8", "The right class's target is 0.2, and each wrong one's 0.8: the network is taught"),
        ("Wine, three cultivars", "0.8", "is 0.2, and each wrong one's 0.4: the network is taught a wrong class."),
        ("Two moons", "0.5", "The right class's target is 0.5, and each wrong one's 0.5: the labels say nothing."),
        ("Handwritten digits, 8 x 8", "0.8", "The network is trained as with 0.8889 instead of 0.8."),
    ],
)
def test_conventions_confused_may_teach_a_wrong_class(data, smoothing, said, short_trainings):
    app = open_page(confused="true", data=data, smoothing=smoothing, n="50")
    assert any(said in sentence for sentence in sentences(app))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("smoothing", "1", "(ε/K on every class) must be a number from 0 to 0.8, got 1, so 0.1 is used"),
        ("strength", "1e999", "Strength ε must be a number from 0 to 0.8, got 1e999, so 0.1 is used"),
        ("convention", "both", "Convention must be one of ε/K on every class"),
        (
            "view",
            "<b>",
            "Look closer must be one of Calibration, Clusters, Soft or hard validation loss, Watch it learn, "
            "got \\<b\\>",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said, short_trainings):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_strengths_rise_evenly_and_hold_those_of_the_reference():
    assert {0.0, 0.1, 0.2} <= set(pictures.STRENGTHS)
    assert all(abs(b - a - 0.05) < 1e-9 for a, b in zip(pictures.STRENGTHS, pictures.STRENGTHS[1:], strict=False))


def test_a_template_is_built_once_and_holds_no_data():
    for make, arguments in (
        (pictures._mechanism, (2.0, True)),
        (pictures._calibration, ()),
        (pictures._clusters, (1.5,)),
        (pictures._soft, (300,)),
    ):
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)
