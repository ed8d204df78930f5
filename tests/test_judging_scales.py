"""What is no gap: other scales, losses that rise from the start, two points, and numbers that are no losses."""

import math

import numpy as np
import pytest

from reglab import read_log, recommend
from reglab.curves import Curve
from reglab.strategy import diagnose
from tests.test_judging import EXAM, judged

FALLS = np.geomspace(2.3, 0.4, 20)
TURNS = np.concatenate([np.geomspace(2.3, 0.9, 8), np.linspace(0.9, 1.6, 13)[1:]])


def curve(train, val, unit="epoch"):
    return Curve({"step": list(range(1, len(val) + 1)), "train_loss": list(train), "val_loss": list(val)}, unit=unit)


# --- losses on other scales


@pytest.mark.parametrize("facts", [{}, {"n_classes": 10}, {"n_classes": 10, "n_val": 400}])
@pytest.mark.parametrize("times", [1 / 60, 1 / 12, 12, 60, 1000])
def test_losses_on_other_scales_are_said_and_their_gap_is_not_judged(times, facts):
    on = np.linspace(1, 1.1, 20)  # the validation loss falls a little less
    diagnosis = diagnose(curve(FALLS, times * FALLS * on), **facts)
    assert diagnosis.name in ("compute-limited", "good")
    assert diagnosis.confidence != "high"
    assert math.isnan(diagnosis.gap)
    assert any("on other scales" in sentence for sentence in diagnosis.why)
    assert any("on other scales" in sentence for sentence in diagnosis.unchecked)


@pytest.mark.parametrize("times", [1 / 60, 60])
def test_a_turn_counts_on_any_scale(times):
    diagnosis = diagnose(curve(np.geomspace(2.3, 0.1, 20), times * TURNS), n_classes=10)
    assert diagnosis.name == "strong overfit"
    assert diagnosis.best_step == 8
    log = curve(np.geomspace(2.3, 0.1, 20), times * TURNS)
    advice = recommend(400, 0.1, times * TURNS[-1], curve=log, batch_size=32, learning_rate=1e-3)
    assert advice.settings.input_noise == 0  # which rests on how far the losses are apart


def test_a_loss_that_is_summed_over_batches_is_no_divergence():
    lines = "".join(
        f"2023-02-01 10:00:0{at},002 EPOCH {at} done: loss {train:.4f} - lr 0.1000000\n"
        f"2023-02-01 10:00:1{at},100 DEV : loss {val:.8f} - f1-score (micro avg)  0.8\n"
        for at, (train, val) in enumerate([(132.1, 2.1), (80, 1.4), (60, 1.2), (52, 1.1), (48, 1.05), (45, 1.07)], 1)
    )
    diagnosis = diagnose(read_log(lines).curve(), n_classes=5)
    assert diagnosis.name in ("compute-limited", "good")
    assert "a sum beside a mean" in " ".join(diagnosis.why)


@pytest.mark.parametrize(
    ("train", "val", "facts"),
    [
        (np.geomspace(2.3, 0.01, 20), np.linspace(2.4, 4.0, 20), {"n_classes": 10}),  # learnt by heart
        (np.geomspace(0.05, 0.005, 20), np.linspace(1.1, 0.9, 20), {"n_classes": 10}),  # a log that begins late
        (np.geomspace(0.09, 0.001, 20), np.linspace(1.2, 1.3, 20), {}),
        (np.geomspace(2.3, 0.1, 20), np.concatenate([[40.0], np.linspace(1.5, 0.9, 19)]), {"n_classes": 10}),
    ],
)
def test_a_gap_is_no_other_scale(train, val, facts):
    diagnosis = diagnose(curve(train, val), **facts)
    assert not any("on other scales" in sentence for sentence in diagnosis.why)
    assert diagnosis.name in ("mild overfit", "strong overfit", "severe overfit")


def test_no_run_of_the_exam_is_on_two_scales():
    assert not [log["name"] for log in EXAM if any("other scales" in sentence for sentence in judged(log).why)]


# --- losses that rise from the start


@pytest.mark.parametrize("facts", [{}, {"n_classes": 2}, {"n_classes": 2, "n_val": 400}])
@pytest.mark.parametrize("rise", [0.06, 0.2, 1.0, 20.0])
@pytest.mark.parametrize("unit", ["epoch", "round", "step"])
def test_losses_that_rise_from_the_start_diverge(rise, unit, facts):
    up = 0.7 * (1 + rise * np.linspace(0, 1, 12) ** 1.5)
    diagnosis = diagnose(curve(up, 1.01 * up, unit), **facts)
    assert diagnosis.name == "diverging"
    assert "rise from the first evaluation on" in diagnosis.why[0]


def test_losses_of_a_density_that_rise_from_the_start_diverge():
    assert diagnose(curve(np.linspace(-3, -2, 8), np.linspace(-2.9, -1.9, 8))).name == "diverging"


def test_noise_about_a_guess_is_no_divergence():
    noise = np.random.default_rng(0).normal(0, 0.004, (2, 15))
    still = 2.303 + np.linspace(0, 0.01, 15)
    assert diagnose(curve(still + noise[0], still + noise[1]), n_classes=10).name == "underfit"
    assert diagnose(curve(np.linspace(1.0, 0.2, 10), np.linspace(1.0, 2.0, 10))).name != "diverging"


# --- few points


@pytest.mark.parametrize(
    ("train", "val"), [([1.2, 0.3], [1.3, 1.4]), ([2.3, 0.1], [2.4, 2.9]), ([2.3, 2.2], [2.3, 2.25])]
)
@pytest.mark.parametrize("facts", [{}, {"n_classes": 10, "n_val": 1000, "training_mode_loss": False}])
def test_two_points_are_too_few_to_be_sure(train, val, facts):
    diagnosis = diagnose(curve(train, val), **facts)
    assert diagnosis.confidence == "low"
    assert any("2 evaluations it is too early" in sentence for sentence in diagnosis.unchecked)


@pytest.mark.parametrize("val", [[-3.0, -2.4, -2.8], [1.0, 1.8, 1.2]])
def test_the_last_is_not_called_the_lowest_where_the_first_is(val):
    why = diagnose(curve([v - 0.05 for v in val], val)).why
    assert not any("the last is the lowest" in sentence for sentence in why)


# --- numbers that are typed


@pytest.mark.parametrize("n_classes", [2, 10, 100])
@pytest.mark.parametrize(
    ("train", "val", "right"),
    [(99, 70, (99, 70)), (71, 99, (71, 99)), (45, 52, (45, 52)), (52.5, 45.1, (52.5, 45.1)), (88, 88, (88, 88))],
)
def test_accuracies_in_percent_are_recognised_whichever_is_higher(train, val, right, n_classes):
    advice = recommend(5000, train, val, n_classes=n_classes, batch_size=32)
    read = next(sentence for sentence in advice.why if "accuracies in percent" in sentence)
    assert f"{right[0]:g} % of the training rows and {right[1]:g} % of the validation rows are right" in read
    assert ("If they are error rates" in read) == (val > train)
    assert advice.diagnosis != "diverging"
    assert advice.settings.weight_decay == 0


@pytest.mark.parametrize("n_classes", [2, 10, 100])
@pytest.mark.parametrize(("train", "val"), [(1, 29), (0, 35.5), (3.2, 20), (10, 35)])
def test_error_rates_in_percent_are_recognised(train, val, n_classes):
    advice = recommend(5000, train, val, n_classes=n_classes, batch_size=32)
    read = next(sentence for sentence in advice.why if "error rates in percent" in sentence)
    assert f"{100 - train:g} % of the training rows and {100 - val:g} % of the validation rows are right" in read
    assert advice.diagnosis == "strong overfit"
    assert advice.settings.weight_decay == 0


def test_small_error_rates_have_one_decimal_at_most():
    assert any("error rates" in sentence for sentence in recommend(5000, 0.5, 12, n_classes=10, batch_size=32).why)
    assert recommend(5000, 0.512, 12.07, n_classes=10, batch_size=32).diagnosis == "severe overfit"


@pytest.mark.parametrize(("train", "val"), [(8.27, 12.31), (14.2, 11)])
def test_what_may_be_percentages_is_asked_for(train, val):
    advice = recommend(5000, train, val, n_classes=10, batch_size=32)
    assert advice.confidence == "low"
    assert any("accuracies or error rates in percent" in sentence for sentence in advice.why)


def test_losses_of_a_regression_and_of_a_curve_are_no_percentages():
    assert not any("percent" in sentence for sentence in recommend(5000, 1, 29, batch_size=32).why)
    rising = curve(np.geomspace(2.3, 71, 12), np.geomspace(2.4, 99, 12))
    assert diagnose(rising, n_classes=10).name == "diverging"
