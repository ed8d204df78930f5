"""The judge as an unseen exam, the scale where nobody told it, and advice as a change against what the run had."""

import dataclasses
import json
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from reglab import Settings, Training, datasets, fit, read_log, recommend
from reglab.benchmark import evidence
from reglab.curves import Curve
from reglab.strategy import DIAGNOSES, MEASURED, OVERFIT, RECIPES, Change, curve_of, diagnose
from reglab.strategy.training_mode import _hard

EXAM = json.loads((Path(__file__).parent / "golden" / "exam_logs.json").read_text("utf-8"))["logs"]


def curve(train, val, step=None, unit="epoch", **more):
    step = list(range(1, len(val) + 1)) if step is None else step
    return Curve({"step": step, "train_loss": list(train), "val_loss": list(val), **more}, unit=unit)


def falling(first, low, rows=12, rise=1.0, gap=0.0, turn=None):
    """A curve that falls to `low` at `turn` and rises from there; the training loss ends `gap` below."""
    turn = rows - 1 if turn is None else turn
    val = np.concatenate([np.geomspace(first, low, turn + 1), np.linspace(low, low * rise, rows - turn)[1:]])
    return curve(np.geomspace(first, val[-1] - gap, rows), val)


def name(*args, **facts):
    return diagnose(*args, **facts).name


# --- the exam: real runs, labelled by what the logs do not show


def judged(log):
    columns = {n: [math.nan if v is None else v for v in c] for n, c in log["curve"].items()}
    facts = {"n_val": log["n_val"], **log["told"]}
    if log["kind"] == "words":
        facts["architecture"] = "language model"
    return diagnose(Curve({"step": columns.pop("epoch"), **columns}, unit="epoch"), **facts)


def test_the_exam_has_every_class():
    assert len(EXAM) >= 70
    assert {log["labels"][0] for log in EXAM} == set(DIAGNOSES)


def test_nine_logs_of_ten_of_the_exam_are_judged_right_and_three_of_four_in_every_class():
    right, total = Counter(), Counter()
    for log in EXAM:
        total[log["labels"][0]] += 1
        right[log["labels"][0]] += judged(log).name in log["labels"]
    assert sum(right.values()) >= 0.9 * sum(total.values())
    for label in total:
        assert right[label] >= 0.75 * total[label], label


def test_no_severe_overfit_divergence_or_underfit_of_the_exam_is_called_good():
    for log in EXAM:
        if log["labels"][0] in ("severe overfit", "diverging", "underfit"):
            assert judged(log).name != "good", log["name"]


def test_every_diagnosis_says_what_it_could_not_check():
    for log in EXAM:
        assert len(judged(log).unchecked) >= 2
    bare = diagnose(falling(2.3, 0.5, gap=0.3))
    assert any("n_val" in sentence for sentence in bare.unchecked)
    assert any("constant guess" in sentence for sentence in bare.unchecked)
    assert any("clean" in sentence for sentence in bare.unchecked)
    full = diagnose(falling(2.3, 0.5, gap=0.3), n_classes=10, n_val=500, training_mode_loss=False)
    assert len(full.unchecked) == len(bare.unchecked) - 3
    assert any("curve" in sentence for sentence in recommend(200, 0.1, 0.9, n_classes=10).unchecked)


# --- noise, divergence, cost


def test_noise_comes_first_where_validation_rows_are_few():
    few = {"n_classes": 10, "n_val": 12}
    assert name(falling(2.3, 0.5, gap=0.3), **few) == "too noisy"  # 1.7 standard errors
    assert name(falling(2.3, 0.5, gap=0.49), **few) == "too noisy"
    assert name(falling(2.3, 0.5, gap=0.3, turn=6), n_classes=10, n_val=1200) == "mild overfit"
    twenty = {"n_classes": 10, "n_val": 20}  # a standard error of .134
    assert name(falling(2.3, 0.5, gap=0.39), **twenty) == "too noisy"
    assert name(falling(2.3, 0.5, gap=0.45, turn=6), **twenty) == "strong overfit"
    risen = [2.3, 1.0, 0.03, 0.03, 0.03, 0.5]  # by 3.5 standard errors, the gap is 2.5
    assert name(curve([2.3, 1.0, 0.4, 0.3, 0.2, 0.165], risen), **twenty) == "severe overfit"
    assert name(falling(2.3, 2.2, gap=0.01), **few) == "underfit"  # which the training loss says
    assert name(falling(2.3, 0.5, rise=6, gap=2.9, turn=4), n_classes=10, n_val=20) == "severe overfit"


def test_a_loss_that_ends_near_its_lowest_does_not_diverge():
    train = [2.4, 1.2, 20.0, 5.0, 1.6, 1.2, 0.9, 0.8, 0.75, 0.7]
    assert name(curve(train, [v + 0.01 for v in train]), n_classes=10, n_val=500) != "diverging"
    rises = [2.3, 0.6, 0.4, 0.35, 0.33, 2.3, 2.31, 2.3, 2.3, 2.3]  # it broke, and stays at a guess
    for facts in ({"n_classes": 10}, {}):
        assert name(curve(rises, rises), n_val=500, **facts) == "diverging"
    late = [
        2.3,
        1.0,
        0.5,
        0.5,
        0.5,
        8.0,
        8.0,
        2.4,
        1.0,
        0.85,
        0.85,
        0.85,
    ]  # 8 is above 3 ln 10; it ends above its lowest
    ended, recovered = ([*late[:-3], end, end, end] for end in (2.4, 2.2))
    assert name(curve(late, ended), n_classes=10, n_val=500) == "diverging"
    assert name(curve(late, recovered), n_classes=10, n_val=500) != "diverging"
    spike = [2.3, 0.6, 0.4, 0.35, 0.33, 2.3, 0.34, 0.33, 0.32, 0.31]
    assert name(curve(spike, spike), n_val=500, n_classes=10) != "diverging"


def test_one_validation_loss_that_stands_alone_at_the_end_is_said_and_not_read():
    val = [*np.geomspace(2.3, 0.3, 15), 0.31, 0.9]
    train = np.geomspace(2.3, 0.25, 17)
    diagnosis = diagnose(curve(train, val), n_classes=10, n_val=400)
    assert diagnosis.name not in ("strong overfit", "severe overfit")
    assert any("stands alone" in why for why in diagnosis.why)
    both = diagnose(curve([*train[:-1], 0.8], val), n_classes=10, n_val=400)
    assert not any("stands alone" in why for why in both.why)
    short = diagnose(curve(train[-5:], val[-5:]), n_classes=10, n_val=400)
    assert not any("stands alone" in why for why in short.why)


def test_what_never_beat_a_constant_guess_is_never_good():
    for train, val in ((2.29, 2.3), (1.5, 2.29), (0.9, 2.35)):
        for n_val in (None, 20, 300):
            assert name(curve([2.4, 2.35, train], [2.4, 2.35, val]), n_classes=10, n_val=n_val) != "good"
    stuck = curve([2.6, *[2.304] * 9], [2.5, *[2.31] * 9])  # nobody told the classes
    assert name(stuck, n_val=300) == "underfit"


def test_a_squared_error_in_raw_units_is_underfit_above_fifteen_hundredths_of_its_first():
    for share, expected in ((0.14, "good"), (0.16, "underfit")):
        losses = [24_000.0, *[24_000 * share] * 9]
        assert name(curve(losses, losses)) == expected


@pytest.mark.parametrize(
    ("low", "rise", "gap", "expected"),
    [
        (0.5, 1.0, 0.40, "mild overfit"), (0.5, 1.0, 0.45, "strong overfit"),  # .18 of ln 10 is .414
        (0.5, 1.15, 0.3, "mild overfit"), (0.5, 1.25, 0.3, "strong overfit"), (0.5, 2.0, 0.9, "severe overfit"),
        (0.02, 2.0, 0.038, "mild overfit"),  # twice nothing is nothing
        (0.9, 1.9, 1.2, "severe overfit"), (2.0, 1.2, 1.9, "strong overfit"), (1.9, 1.4, 2.5, "severe overfit"),
    ],
)  # fmt: skip
def test_strong_and_severe_ask_for_a_gap_or_a_rise_that_costs_something(low, rise, gap, expected):
    run = falling(2.3, low, rows=200, rise=rise, gap=gap, turn=80)
    assert name(run, n_classes=10, n_val=4000) == expected


def test_where_rules_part():
    ten = {"n_classes": 10, "n_val": 4000}
    above = {end: curve(np.linspace(4, end, 10), np.linspace(4, end, 10)) for end in (3.55, 3.65)}  # 1.5 ln 10 = 3.45
    assert name(above[3.55], **ten) == "underfit"  # the median of its last three is 11 % below its first: it falls
    assert name(above[3.65], **ten) == "diverging"  # 8 %
    risen = curve([1.0, 0.97, 0.95, 0.95, 0.95], [1.0, 0.95, 1.0, 1.05, 1.08])
    assert name(risen, n_val=4000) == "underfit"  # a training loss that stays at its first, whatever validation does
    words = {"n_val": 4000, "architecture": "language model"}
    assert name(curve(np.linspace(7, 6.75, 10), np.linspace(7, 6.76, 10)), **words) != "underfit"  # fell by 3.4 %
    below = curve(np.linspace(2.0, 1.5, 12), [2, 1, *[0.5] * 3, *np.linspace(0.5, 0.68, 7)])
    assert name(below, **ten) == "strong overfit"  # it rose by a third, below the training loss or not
    for losses in ((1.0, math.inf), (math.nan, 1.0)):
        advice = recommend(200, *losses)
        assert (advice.diagnosis, advice.confidence) == ("diverging", "high")
    with pytest.raises(ValueError, match="curve must map"):
        diagnose(None)


# --- the scale, where it is told in other words or not at all


def test_unequal_classes_have_a_lower_guess():
    run = curve([0.5, 0.36, 0.34], [0.5, 0.37, 0.35])
    shares = {"n_val": 500, "class_shares": [90, 10]}  # their entropy is .325
    assert name(run, n_val=500, n_classes=2) != "underfit"
    assert name(run, **shares) == "underfit"
    for other in ([0.9, 0.1], [450, 50], {"no": 0.9, "yes": 0.1}, np.array([9, 1])):
        assert diagnose(run, n_val=500, class_shares=other).why == diagnose(run, **shares).why
    assert recommend(200, 0.02, 0.34, class_shares=[9, 1], n_val=400).diagnosis in OVERFIT


def test_the_targets_variance_is_the_guess_of_a_squared_error():
    run = falling(30000, 5500, gap=50)
    assert name(run, n_val=300, target_variance=6000) == "underfit"
    assert name(falling(30000, 500, gap=20), n_val=300, target_variance=6000) in ("good", "compute-limited")
    assert (
        recommend(200, 100, 3300, target_variance=5930).settings
        == recommend(200, 100, 3300, constant_loss=5930).settings
    )


def test_a_penalty_inside_the_loss_is_no_divergence_and_no_underfit():
    inside = curve(np.geomspace(9, 4.1, 12), np.geomspace(9, 4.2, 12))
    diagnosis = diagnose(inside, n_classes=10, n_val=400)
    assert diagnosis.name not in ("diverging", "underfit")
    assert any("penalty" in why for why in diagnosis.why)
    with_accuracy = curve(
        np.geomspace(3.5, 1.7, 12), np.geomspace(3.5, 1.8, 12), train_accuracy=list(np.linspace(0.3, 0.97, 12))
    )
    assert name(with_accuracy, n_classes=10, n_val=400) != "underfit"
    assert name(curve(np.geomspace(3.5, 1.7, 12), np.geomspace(3.5, 1.8, 12)), n_classes=10, n_val=400) == "underfit"


def test_losses_below_0_are_judged_by_the_curve_alone():
    val = [-0.2, -0.5, -0.7, -0.75, -0.6, -0.5]
    dice = curve([-0.2, -0.55, -0.8, -0.9, -0.95, -0.97], val)
    diagnosis = diagnose(dice, n_val=300)
    assert diagnosis.name in OVERFIT
    assert any("Dice" in why for why in diagnosis.why)
    assert diagnosis.gap == pytest.approx(0.47)
    assert diagnose(dice, n_val=300, n_classes=2).name == diagnosis.name
    advice = recommend(200, -0.97, -0.5, curve=dice, batch_size=32, n_val=300)
    assert advice.diagnosis == diagnosis.name
    lower = curve([3, -2, -5, -8], [3, -2, -4, -4.2])
    assert diagnose(lower, n_val=300).name in DIAGNOSES
    assert any("-8" in why for why in diagnose(lower, n_val=300).why)


def test_a_language_model_is_judged_by_what_it_reached_and_by_no_guess_among_all_words():
    tuned = falling(3.4, 3.0, rise=1.0, gap=0.2)  # far below ln 50257 = 10.8
    for facts in ({"architecture": "language model"}, {"n_classes": 50257}):
        diagnosis = diagnose(tuned, n_val=2000, **facts)
        assert diagnosis.name in ("mild overfit", "compute-limited", "good")
        assert any("language model" in why for why in diagnosis.why)
    heart = falling(3.4, 3.0, rise=1.5, gap=3.5, turn=4)
    assert name(heart, n_val=2000, architecture="language model") in ("severe overfit", "strong overfit")
    flat = curve(np.linspace(7.0, 6.95, 10), np.linspace(7.0, 6.97, 10))
    assert name(flat, n_val=2000, architecture="language model") == "underfit"
    assert name(flat, n_val=2000, architecture="language model", pretrained="lora") != "underfit"
    assert recommend(None, 1.0, 1.6, architecture="language model", task="text").diagnosis in OVERFIT


def test_a_pretrained_run_that_begins_low_is_no_underfit():
    tuned = curve(np.linspace(0.65, 0.5, 8), np.linspace(0.66, 0.52, 8))
    assert name(tuned, n_val=400) == "underfit"
    assert name(tuned, n_val=400, pretrained="full") != "underfit"


# --- what was told beside the curve


def test_the_curves_own_losses_win_over_those_told_beside_it():
    run = falling(2.3, 0.5, gap=0.3)
    same = recommend(200, None, None, n_classes=10, n_val=400, curve=run, batch_size=32)
    other = recommend(200, 0.01, 3.0, n_classes=10, n_val=400, curve=run, batch_size=32)
    assert (other.diagnosis, other.settings) == (same.diagnosis, same.settings)
    assert "The curve ends at 0.2 and 0.5: these are read, and not the 0.01 and 3 told beside it." in other.why
    rounded = recommend(200, 0.2, 0.5, n_classes=10, n_val=400, curve=run, batch_size=32)
    assert rounded.why == same.why
    diverged = recommend(200, math.nan, 0.5, n_classes=10, n_val=400, curve=run, batch_size=32)
    assert diverged.diagnosis == "diverging"
    assert any("after its last row" in why for why in diverged.why)


# --- accuracies


def accuracies(val, train=None):
    columns = {"step": list(range(1, len(val) + 1)), "val_accuracy": list(val)}
    return Curve(columns | ({} if train is None else {"train_accuracy": list(train)}), unit="epoch")


@pytest.mark.parametrize(
    ("val", "train", "expected"),
    [
        ([0.4, 0.7, 0.75, 0.75, 0.75], [0.4, 0.8, 0.9, 0.99, 1.0], "strong overfit"),
        ([40, 70, 75, 75, 75], [40, 80, 90, 99, 100], "strong overfit"),  # in percent
        ([0.4, 0.9, 0.93, 0.93, 0.93], [0.4, 0.91, 0.94, 0.98, 1.0], "mild overfit"),
        ([0.4, 0.9, 0.93, 0.935, 0.94], [0.4, 0.91, 0.94, 0.95, 0.95], "good"),
        ([0.1, 0.1, 0.11, 0.1, 0.1], [0.1, 0.11, 0.1, 0.12, 0.11], "underfit"),
        ([0.1, 0.1, 0.11, 0.1, 0.1], [0.1, 0.5, 0.8, 0.95, 1.0], "severe overfit"),
        ([0.4, 0.6, 0.7, 0.72, 0.8], [0.4, 0.6, 0.7, 0.73, 0.81], "compute-limited"),
        ([0.5, 0.8, 0.85, 0.86, 0.86], [0.4, 0.6, 0.7, 0.72, 0.73], "validation below train"),
        (
            [0.1, 0.4, 0.55, 0.6, 0.7],
            [0.1, 0.6, 0.8, 0.9, 0.95],
            "strong overfit",
        ),  # it rises, and the gap is .28 of .9
        ([0.5, 0.8, 0.9, 0.9, 0.9], None, "good"),
        ([0.5, 0.9, 0.9, 0.8, 0.7], None, "mild overfit"),
        ([0.1, 0.1, 0.1, 0.1, 0.1], None, "underfit"),
        ([0.1, 0.3, 0.5, 0.6, 0.75], None, "compute-limited"),
    ],
)
def test_accuracies_alone_tell_a_gap_and_a_turn_and_set_no_decay(val, train, expected):
    advice = recommend(500, curve=accuracies(val, train), n_classes=10, n_val=600, batch_size=32)
    assert advice.diagnosis == expected
    assert advice.confidence == "low"
    assert advice.settings.weight_decay == advice.settings.input_noise == 0
    assert any("losses" in step for step in advice.next_steps)
    assert any("takes the losses" in sentence for sentence in advice.unchecked)
    assert diagnose(accuracies(val, train), n_classes=10).best_step is not None
    assert math.isnan(diagnose(accuracies(val, train)).gap)


def test_without_classes_a_guess_is_taken_to_be_right_for_every_second_row():
    assert name(accuracies([0.7] * 5, [0.7, 0.71, 0.72, 0.72, 0.72]), n_val=600) == "good"  # .28 wrong, below .6 of .5
    assert name(accuracies([0.66] * 5, [0.66, 0.67, 0.68, 0.68, 0.68]), n_val=600) == "underfit"


def test_a_training_loss_without_a_validation_loss_is_refused():
    run = accuracies([0.5, 0.9, 0.9, 0.8, 0.7])
    run["train_loss"] = [1.0, 0.5, 0.2, 0.1, 0.05]
    with pytest.raises(ValueError, match="curve must have the columns step, train_loss, val_loss, got"):
        diagnose(run, n_classes=10, n_val=600)


def test_a_handful_of_rows_tells_no_gap_of_accuracies():
    run = accuracies([0.5, 0.8, 0.8, 0.8], [0.5, 0.85, 0.9, 0.95])
    assert name(run, n_classes=3, n_val=10) == "too noisy"
    assert name(run, n_classes=3, n_val=3000) == "strong overfit"


# --- training mode


def test_smoothing_is_taken_out_of_a_training_loss_by_a_bound_that_holds():
    rng = np.random.default_rng(0)
    for n_classes, smoothing in ((2, 0.1), (3, 0.3), (10, 0.1), (100, 0.05)):
        logits = rng.normal(size=(4000, n_classes)) * 1.5
        logits[:, 0] += rng.uniform(0, 6)
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        hard = -np.log(p[:, 0])
        soft = (1 - smoothing) * hard - smoothing * np.log(p).mean(1)
        bound = float(_hard(np.array([soft.mean()]), smoothing, n_classes)[0])
        assert hard.mean() <= bound <= soft.mean() + 1.5
        # A network that gives the targets themselves has the least loss on soft labels, and is told exactly.
        q = np.full(n_classes, smoothing / n_classes)
        q[0] += 1 - smoothing
        least = float(-(q * np.log(q)).sum())
        assert _hard(np.array([least]), smoothing, n_classes)[0] == pytest.approx(-math.log(q[0]), abs=2e-3)
        assert math.isnan(_hard(np.array([least - 0.1]), smoothing, n_classes)[0])


def test_a_real_run_with_smoothing_is_judged_as_on_hard_labels():
    run = fit("digits", Settings(label_smoothing=0.2), Training(max_steps=800, eval_steps=20), n_train=100, seeds=1)
    clean = curve_of(run)
    soft = Curve({**clean, "train_loss": run.train_objective[0, 0].tolist()}, certain=True)
    facts = {"n_classes": 10, "n_val": run.n_val}
    misled = diagnose(soft, **facts)
    read = diagnose(soft, training_mode_loss=True, current=Settings(label_smoothing=0.2), **facts)
    assert misled.name == "validation below train"
    assert read.name == diagnose(clean, **facts).name
    assert any("on hard labels: that is read" in why for why in read.why)


def test_what_was_on_in_training_is_named_first_where_validation_lies_below():
    below = curve(np.geomspace(2.3, 0.9, 12), np.geomspace(2.3, 0.5, 12))
    facts = {"n_classes": 10, "n_val": 500}
    dropped = diagnose(below, current=Settings(dropout=0.5), **facts)
    assert dropped.name == "validation below train"
    assert any("dropout on" in why and "probably" in why for why in dropped.why)
    assert not any("both sets" in why for why in dropped.why)  # no leak where dropout explains it
    clean = diagnose(below, training_mode_loss=False, **facts)
    assert any("both sets" in why for why in clean.why)
    assert not any("both sets" in why for why in diagnose(below, training_mode_loss=True, **facts).why)
    assert not any("both sets" in why for why in diagnose(falling(2.3, 0.5, gap=0.4), **facts).why)


def test_wrong_labels_are_a_possible_cause_only_where_the_validation_accuracy_fell():
    def diagnosed(val_accuracy, n_val=1600, learnt=0.9):
        run = falling(2.3, 0.9, rows=20, rise=1.6, gap=1.3, turn=6)
        run["val_accuracy"] = list(np.linspace(0.2, 0.7, 10)) + [0.7] * 9 + [val_accuracy]
        run["train_accuracy"] = [learnt] * 19 + [1.0]
        return any("wrong labels" in why for why in diagnose(run, n_classes=10, n_val=n_val).why)

    assert diagnosed(0.64)  # 5 standard errors
    assert not diagnosed(0.651)  # 4.1, but less than five points
    assert not diagnosed(0.62, n_val=300)  # 2.9
    assert diagnosed(0.61, n_val=300)  # 3.2
    assert not diagnosed(0.64, n_val=None)
    assert not diagnosed(0.64, learnt=1.0)  # nothing was left to learn by heart when it began
    percent = falling(2.3, 0.9, rows=20, rise=1.6, gap=1.3, turn=6)
    percent["val_accuracy"] = [70.0] * 19 + [60.0]
    assert not any("wrong labels" in why for why in diagnose(percent, n_classes=10, n_val=400).why)
    percent["train_accuracy"] = [80.0] * 19 + [100.0]
    assert any("fell by 10 points" in why for why in diagnose(percent, n_classes=10, n_val=400).why)
    assert not any("wrong labels" in why for log in EXAM for why in judged(log).why)  # whose accuracies are not known


def test_a_loss_and_an_accuracy_that_are_best_far_apart_are_both_told():
    def diagnosed(accuracy):
        run = falling(2.3, 0.9, rows=20, rise=1.6, gap=1.3, turn=4)
        diagnosis = diagnose({**run, "val_accuracy": accuracy}, n_classes=10, n_val=400)
        return [why for why in diagnosis.why if "decides which weights to keep" in why]

    (said,) = diagnosed([*np.linspace(0.2, 0.6, 10), *np.linspace(0.6, 0.7, 10)])
    assert "The validation loss was lowest after" in said
    assert "that was highest, 0.7, after" in said
    assert diagnosed([0.2, 0.3, 0.5, 0.7, 0.7] + [0.6] * 15) == []
    assert diagnosed([0.7] * 20) == []
    assert diagnosed([math.nan] * 20) == []


@pytest.mark.parametrize(("wrong", "named"), [(0.0, False), (0.3, True)])
def test_wrong_labels_of_a_real_run_are_named(wrong, named):
    data = datasets.load("moons")
    flip = np.random.default_rng(0).random(len(data.y)) < wrong
    noisy = dataclasses.replace(data, y=np.where(flip, 1 - data.y, data.y))
    run = fit(
        noisy, Settings(learning_rate=3e-3), Training(max_steps=1500, eval_steps=20), n_train=100, n_val=400, seeds=1
    )
    why = diagnose(curve_of(run), n_classes=2, n_val=400).why
    assert any("wrong labels" in sentence for sentence in why) == named


def test_a_run_that_never_is_below_a_constant_guess_has_no_signal_or_a_fault():
    val = [0.763, 0.77, 0.775, 0.78, 0.791]
    run = {"step": [1, 2, 3, 4, 5], "train_loss": [0.7, 0.68, 0.65, 0.62, 0.6], "val_loss": val}
    for n_val in (30, 1000):
        advice = recommend(200, curve=run, n_classes=2, n_val=n_val)
        assert advice.diagnosis == "underfit"
        assert "0.763 at its lowest, was never below a constant guess's loss, 0.693" in advice.why[0]
        assert advice.next_steps[0].startswith("Look at the data first")
        assert not any("rain longer" in step or "harm" in step for step in advice.next_steps)
        assert not any("learning rate that is far off" in why for why in advice.why)
    stuck = {**run, "train_loss": [0.7, 0.7, 0.69, 0.69, 0.69]}
    assert "or a learning rate that is far off" in recommend(200, curve=stuck, n_classes=2, n_val=1000).why[0]
    learnt = recommend(200, curve={**run, "train_loss": [0.7, 0.5, 0.3, 0.2, 0.1]}, n_classes=2, n_val=1000)
    assert learnt.diagnosis.endswith("overfit")
    assert any("was never below" in why for why in learnt.why)
    below = recommend(200, curve={**run, "val_loss": [0.69, *val[1:]]}, n_classes=2, n_val=1000)
    assert not any("was never below" in why for why in below.why)
    short = {name: column[:4] for name, column in run.items()}
    assert not any("was never below" in why for why in diagnose(short, n_classes=2, n_val=1000).why)


def test_a_validation_accuracy_that_never_moves_is_that_of_one_class():
    def diagnosed(accuracy, train=0.83, losses=True):
        run = {"step": [1, 2, 3, 4, 5], "train_accuracy": [train] * 5, "val_accuracy": accuracy}
        if losses:
            run |= {"train_loss": [0.5, 0.46, 0.45, 0.45, 0.45], "val_loss": [0.5, 0.46, 0.46, 0.46, 0.46]}
        advice = recommend(200, curve=run, n_classes=2, n_val=400)
        return [why for why in advice.why if "0.83 at all 5 evaluations" in why], advice.diagnosis

    assert diagnosed([0.83] * 5) == diagnosed([83.0] * 5) != ([], "underfit")
    assert diagnosed([0.83] * 5, losses=False)[1] == "underfit"
    assert diagnosed([0.83] * 5, train=0.9)[0] == []
    assert diagnosed([0.83] * 4 + [0.84])[0] == []


# --- advice as a change


OVER = falling(2.3, 0.6, rows=20, rise=1.8, gap=1.0, turn=4)


MILD = falling(2.3, 0.6, rows=20, rise=1.1, gap=0.3, turn=10)


def changed(current, run=OVER, **facts):
    facts = {"n_classes": 10, "n_val": 400, "batch_size": 32, "task": "image", **facts}
    advice = recommend(500, curve=run, current=current, **facts)
    return advice, {change.field: change for change in advice.changes}


def test_the_advice_is_a_change_against_what_the_run_had():
    advice, changes = changed(Settings(dropout=0.5, weight_decay=0.01, augment=0.5), MILD)
    assert advice.diagnosis == "mild overfit"
    assert isinstance(changes["dropout"], Change)
    assert (changes["dropout"].now, changes["dropout"].to) == (0.5, 0.0)
    assert changes["dropout"].sentence.startswith("Dropout: 0.5 -> off.")
    assert changes["weight_decay"].now == 0.01
    assert changes["weight_decay"].to == advice.settings.weight_decay > 0.1
    assert re.match(r"Weight decay: 0\.01 -> [\d.]+\. ", changes["weight_decay"].sentence)
    assert changes["augment"].sentence.startswith("Keep augment 0.5.")
    assert advice.settings.augment == 0.5
    assert advice.confidence != "high"
    assert any("without regularization; this one had dropout 0.5, augment 0.5" in why for why in advice.why)
    assert MEASURED not in {reason.source for reason in advice.reasons}
    assert {change.field for change in advice.changes} >= {reason.field for reason in advice.reasons}


def test_without_anything_on_the_changes_begin_at_off():
    advice, changes = changed(None)
    assert changes["weight_decay"].now == 0
    assert changes["weight_decay"].sentence.startswith("Weight decay: off -> ")
    assert advice.settings == changed(Settings())[0].settings
    assert MEASURED in {reason.source for reason in advice.reasons}


def test_what_is_already_stronger_stays():
    advice, changes = changed(Settings(weight_decay=9.0, augment=0.9))
    assert advice.settings.weight_decay == 9.0
    assert advice.settings.augment == 0.9
    assert advice.ranges["weight_decay"][1] == 9.0
    assert "already at least" in changes["weight_decay"].sentence


def test_without_a_decay_nothing_is_taken_away():
    advice, changes = changed(Settings(dropout=0.5, l2=1e-3), learning_rate=None)
    assert advice.settings.dropout == 0.5
    assert advice.settings.l2 == 1e-3
    assert "stays" in changes["dropout"].sentence
    advice, _ = changed(Settings(dropout=(0.2, 0.5), l2=1e-3), MILD)
    assert advice.settings.dropout == advice.settings.l2 == 0


@pytest.mark.parametrize("run", [OVER, falling(2.3, 0.6, rows=20, rise=3.0, gap=1.5, turn=4)])
@pytest.mark.parametrize("architecture", ["dense", "language model", "transformer", "conv"])
@pytest.mark.parametrize("task", ["image", "text", "tabular"])
def test_nothing_is_taken_away_from_a_strong_or_severe_overfit(run, architecture, task):
    had = Settings(dropout=0.2, drop_path_rate=0.1)
    advice, _ = changed(had, run, architecture=architecture, task=task)
    assert advice.diagnosis in ("strong overfit", "severe overfit")
    assert advice.settings.dropout == 0.2
    assert advice.settings.drop_path_rate == 0.1
    dense = architecture == "dense" or (architecture == "conv" and task == "image")
    assert any("benchmark's grid" in reason.source for reason in advice.reasons) == dense


def test_a_severe_overfit_of_one_pass_is_told_wrong():
    words = {"architecture": "language model", "task": "text", "batch_size": 10}
    run = falling(2.3, 0.6, rows=20, rise=3.0, gap=1.7, turn=4)
    run = Curve({**run, "step": [10 * at for at in run["step"]]})
    wrong = recommend(10**6, curve=run, **words)
    assert wrong.diagnosis == "severe overfit"
    assert any("cannot come of 0.002 passes" in why and "(n_train)" in why for why in wrong.why)
    for n_train, facts in ((100, words), (10**6, {**words, "batch_size": None}), (None, words)):
        assert not any("cannot come of" in why for why in recommend(n_train, curve=run, **facts).why)


def test_a_loss_that_goes_on_rising_does_not_stand_alone():
    val = [*np.geomspace(2.3, 1.5, 6), 1.48, 1.52, 1.9, 3.0]
    diagnosis = diagnose(curve(np.geomspace(2.3, 0.4, 10), val), n_classes=10, n_val=400)
    assert not any("stands alone" in why for why in diagnosis.why)
    assert diagnosis.name == "severe overfit"


def test_a_rise_leads_where_the_gap_is_none():
    below = curve(np.linspace(2.0, 1.5, 12), [2, 1, *[0.5] * 3, *np.linspace(0.5, 0.68, 7)])
    diagnosis = diagnose(below, n_classes=10, n_val=4000, training_mode_loss=False)
    assert diagnosis.why[0].startswith("The validation loss rose to 1.3")
    assert "1.5, is above the validation loss" in diagnosis.why[0]
    assert diagnosis.confidence == "medium"
    assert any("no sign of an overfit" in why for why in diagnosis.why)
    above = curve(np.linspace(2.0, 0.3, 12), [2, 1, *[0.5] * 3, *np.linspace(0.5, 0.68, 7)])
    again = diagnose(above, n_classes=10, n_val=4000, training_mode_loss=False)
    assert (again.name, again.confidence) == ("strong overfit", "high")
    assert not any("no sign of an overfit" in why for why in again.why)


# --- what is asked, and what is refused


def test_accuracies_are_asked_for_the_losses_once():
    seen = Curve({"step": [1, 2, 3], "train_accuracy": [0.5, 0.9, 0.99], "val_accuracy": [0.5, 0.6, 0.6]}, unit="epoch")
    for arguments in ({"curve": seen}, {"train_loss": 0.99, "val_loss": 0.6}):
        steps = recommend(500, **arguments, n_classes=10, n_val=200, batch_size=32).next_steps
        assert sum("Give the two losses" in step for step in steps) == 1


def test_what_is_missing_is_asked_for_by_its_name():
    with pytest.raises(ValueError, match=r"train_loss and val_loss must be .*, or a curve given instead"):
        recommend(500)
    with pytest.raises(ValueError, match=r"^val_loss must be a loss of 0 or more, or a curve given instead, got None"):
        recommend(500, 0.3)
    assert recommend(200, 100, 3300).next_steps[0].startswith("Say for regression the target's variance (target_var")
    for other in (read_log("epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.7\n3,0.3,0.8"), np.zeros((3, 3))):
        with pytest.raises(ValueError, match=r"read_log\(x\)\.curve\(\) makes one"):
            diagnose(other)


def test_an_underfit_loses_its_regularization_and_a_good_run_keeps_it():
    under, changes = changed(Settings(dropout=0.9, weight_decay=100.0), run=falling(2.3, 2.2, gap=0.01))
    assert under.diagnosis == "underfit"
    assert under.settings.dropout == under.settings.weight_decay == 0
    assert changes["weight_decay"].sentence.startswith("Weight decay: 100 -> off.")
    good, changes = changed(
        Settings(dropout=0.2),
        run=curve([*np.geomspace(2, 0.28, 6), *[0.28] * 6], [*np.geomspace(2, 0.3, 6), *[0.3] * 6]),
    )
    assert good.diagnosis == "good"
    assert good.settings.dropout == 0.2
    assert changes["dropout"].sentence.startswith("Keep dropout 0.2.")
    diverged, changes = changed(
        Settings(dropout=0.2), run=curve([2.3, 5, math.nan], [2.3, 6, math.nan]), learning_rate=0.1
    )
    assert diverged.settings == Settings(learning_rate=0.01, clip_norm=1.0, dropout=0.2)
    assert changes["learning_rate"].sentence.startswith("Learning rate: 0.1 -> 0.01.")


def test_smoothing_stays_where_accuracy_counts_and_falls_where_the_loss_does():
    by_loss, _ = changed(Settings(label_smoothing=0.3))
    by_accuracy, _ = changed(Settings(label_smoothing=0.3), objective="accuracy")
    assert by_loss.settings.label_smoothing < 0.1
    assert by_accuracy.settings.label_smoothing == 0.3


def test_what_makes_no_sense_on_the_data_is_taken_away():
    text, _ = changed(Settings(input_noise=0.1, augment=0.5, dropout=0.1), task="text")
    assert text.settings.input_noise == text.settings.augment == 0
    table, _ = changed(Settings(augment=0.5), task="tabular")
    assert table.settings.augment == 0


def test_the_grid_of_the_benchmark_says_of_dropout_what_is_cited():
    best = 0
    tasks = evidence.TASKS
    results = evidence.results()
    for task in tasks:
        in_grid = results[task.name]
        lowest = np.minimum(in_grid["test"].mean(axis=-1), in_grid["last"].mean(axis=-1))
        best += not evidence.grid(evidence.load_task(task))[int(np.argmin(lowest))].dropout
    (source,) = {reason.source for reason in changed(Settings(dropout=0.5))[0].reasons if reason.field == "dropout"}
    assert f"on {best} of its {len(tasks)} tasks" in source


# --- optimizers, architectures, fine-tuning


def test_sgd_is_told_what_its_coupled_decay_is_and_nothing_is_called_measured():
    advice, _ = changed(None, optimizer="sgd", task="tabular")
    assert MEASURED not in {reason.source for reason in advice.reasons}
    (step,) = (step for step in advice.next_steps if "PyTorch's SGD" in step)
    rate = float(re.search(r"give it ([\d.e-]+) there", step).group(1))
    assert rate == pytest.approx(advice.settings.weight_decay / 10, rel=0.06)  # momentum .9
    assert "where momentum 0.9 multiplies it by 10, so give it" in step
    adam, _ = changed(None, optimizer="adam", task="tabular")
    assert any("take AdamW" in step for step in adam.next_steps)
    assert adam.settings == changed(None, task="tabular")[0].settings


def test_a_regime_without_a_published_row_is_named():
    for pretrained, regime in ((None, "(transformer, tabular)"), ("lora", "(transformer, tabular, lora)")):
        advice, _ = changed(None, architecture="transformer", task="tabular", pretrained=pretrained)
        assert any(f"No published row fits {regime}" in step for step in advice.next_steps)


def test_few_images_of_a_convolutional_network_are_advised_like_a_dense_one_and_called_a_guess():
    advice = recommend(999, curve=OVER, n_classes=10, n_val=400, batch_size=32, task="image", architecture="conv")
    assert advice.settings.weight_decay > 0
    assert advice.settings.augment == 0.5
    assert advice.settings.input_noise == advice.settings.l2 == 0
    assert advice.confidence == "low"
    assert all("measured here: " not in reason.source for reason in advice.reasons)
    assert any("a guess" in why for why in advice.why)
    more = recommend(1000, curve=OVER, n_classes=10, n_val=400, batch_size=32, task="image", architecture="conv")
    assert (more.settings.weight_decay, more.settings.l2) == (0.02, 0)  # AdamW's decay is decoupled


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("n_train", [500, 50_000, 1_000_000])
@pytest.mark.parametrize(("architecture", "task"), [("conv", "image"), ("transformer", "image"), ("dense", "tabular")])
@pytest.mark.parametrize("had", [{"weight_decay": 5e-4}, {"l2": 5e-4}, {}])
def test_two_decays_are_never_advised(optimizer, n_train, architecture, task, had):
    facts = {"curve": OVER, "n_classes": 10, "n_val": 400, "batch_size": 32, "task": task, "architecture": architecture}
    advice = recommend(n_train, **facts, optimizer=optimizer, learning_rate=0.1, current=Settings(**had))
    assert advice.diagnosis in OVERFIT
    assert not (advice.settings.weight_decay and advice.settings.l2)
    if architecture == "conv" and n_train > 1000:
        coupled = optimizer == "sgd"
        assert bool(advice.settings.l2) == coupled
        assert bool(advice.settings.weight_decay) != coupled


def test_the_weight_decay_of_sgd_is_read_as_coupled():
    facts = {"n_classes": 10, "task": "image", "architecture": "conv", "optimizer": "sgd", "learning_rate": 0.1}
    advice = recommend(50_000, curve=OVER, batch_size=128, current=Settings(weight_decay=5e-4), **facts)
    assert (advice.settings.weight_decay, advice.settings.l2) == (0, 5e-4)
    assert any("PyTorch's SGD" in why and "l2 0.0005" in why for why in advice.why)
    assert {change.field: (change.now, change.to) for change in advice.changes}["l2"] == (5e-4, 5e-4)
    assert not any("decoupled" in step for step in advice.next_steps)
    decoupled, _ = changed(Settings(weight_decay=0.01), optimizer="adamw", task="tabular")
    assert not any("PyTorch's SGD" in why for why in decoupled.why)


@pytest.mark.parametrize("pretrained", ["full", "lora"])
@pytest.mark.parametrize(
    ("architecture", "task"),
    [("transformer", "text"), ("language model", "text"), ("conv", "image"), ("dense", "tabular")],
)
def test_fine_tuning_has_published_rows_or_says_that_there_are_none(pretrained, architecture, task):
    advice = recommend(
        3000,
        curve=OVER,
        n_classes=4,
        n_val=400,
        batch_size=32,
        task=task,
        architecture=architecture,
        pretrained=pretrained,
        learning_rate=1e-3,
    )
    rows = [r for r in RECIPES if (r.architecture, r.task, r.pretrained) == (architecture, task, pretrained)]
    assert advice.diagnosis in OVERFIT
    assert advice.confidence == "low"
    assert all("measured here: " not in reason.source for reason in advice.reasons)
    assert len(rows) <= 1
    if rows:
        value, _, high = rows[0].settings["learning_rate"]
        assert advice.settings.learning_rate == value
        low = recommend(
            3000,
            curve=OVER,
            n_classes=4,
            n_val=400,
            batch_size=32,
            task=task,
            architecture=architecture,
            pretrained=pretrained,
            learning_rate=high / 2,
        )
        assert low.settings.learning_rate == high / 2  # as small as published: it stays
        assert all(source for source in (reason.source for reason in advice.reasons))
    else:
        assert any("No published row fits" in step for step in advice.next_steps)
        assert advice.settings.weight_decay == 0


def test_a_reason_that_rests_on_a_guess_says_probably():
    weak = recommend(200, 0.001, 1.2, n_classes=10, n_val=400, steps=1000)
    for reason in weak.reasons:
        if reason.field in ("weight_decay", "input_noise"):
            assert "probably" in reason.sentence
    strong, _ = changed(None, task="tabular")
    assert not any("probably" in reason.sentence for reason in strong.reasons)


# --- losses that are not finite

NANOGPT_LOG = """step 0: train loss 4.2874, val loss 4.2823
iter 0: loss 4.2664, time 18471.62ms, mfu -100.00%
step 1000: train loss 1.9, val loss 2.0
iter 1010: loss 1.9, time 18.62ms, mfu 10.00%
step 2000: train loss 1.5, val loss 1.7
iter 2010: loss 1.5, time 18.62ms, mfu 10.00%
step 3000: train loss 1.3, val loss 1.6
iter 3010: loss {last}, time 18.62ms, mfu 10.00%
"""


@pytest.mark.parametrize("last", ["nan", "inf"])
def test_a_training_loss_that_is_not_finite_after_the_last_evaluation_is_a_divergence(last):
    read = read_log(NANOGPT_LOG.format(last=last)).curve()
    assert read["step"] == [0, 1000, 2000, 3000, 3001]
    assert np.isnan([read["train_loss"][-1], read["val_loss"][-1]]).all()
    assert any("not finite after the last evaluation" in note for note in read.notes)
    assert name(read, architecture="language model") == "diverging"
    calm = read_log(NANOGPT_LOG.format(last="1.3")).curve()
    assert calm["step"] == [0, 1000, 2000, 3000]
    passing = read_log(NANOGPT_LOG.format(last=last) + "iter 3020: loss 1.3, time 18.62ms, mfu 10.00%\n").curve()
    assert passing["step"] == [0, 1000, 2000, 3000]  # it is finite again


def test_a_validation_loss_that_alone_is_not_finite_is_no_divergence_of_the_training():
    broken = curve([2.3, 1.0, 0.5], [2.3, 1.1, math.nan])
    advice = recommend(5000, curve=broken, n_classes=10, batch_size=32, learning_rate=0.1)
    assert (advice.diagnosis, advice.confidence) == ("diverging", "low")
    assert "look at the validation rows" in advice.why[0]
    assert advice.settings == Settings(learning_rate=0.1)
    assert not any("learning rate" in step for step in advice.next_steps)
    assert any("validation rows" in step for step in advice.next_steps)
    never = curve([2.3, 1.0, 0.5], [math.nan] * 3)
    assert recommend(5000, curve=never, n_classes=10, learning_rate=0.1).settings == Settings(learning_rate=0.1)
    for train in ([2.3, 3.0, 5.0], [2.3, 1.0, math.nan]):  # it rose, or is not finite either
        both = recommend(5000, curve=curve(train, [2.3, 3.1, math.nan]), n_classes=10, learning_rate=0.1)
        assert (both.diagnosis, both.settings.learning_rate) == ("diverging", 0.01)


def test_an_underfit_does_not_rise():
    train = [2.3, 2.1, 1.9, 1.8, 1.7, 1.65, 1.6, 1.6, 1.6]
    for end, expected in ((1.74, "underfit"), (1.84, "mild overfit")):  # 1.09 and 1.15 times the lowest
        val = [2.3, 2.1, 1.8, 1.6, 1.6, 1.6, (1.6 + end) / 2, end, end]
        assert name(curve(train, val), n_classes=10, n_val=20_000) == expected


# --- what is too early to say, and what is next


@pytest.mark.parametrize("n_classes", [10, None])
def test_two_or_three_evaluations_whose_loss_still_falls_are_no_verdict(n_classes):
    for run in (curve([2.2, 1.8], [2.1, 1.7]), curve([2.25, 2.0, 1.75], [2.2, 1.95, 1.7])):
        advice = recommend(5000, curve=run, n_classes=n_classes, n_val=5000, batch_size=32)
        assert (advice.diagnosis, advice.confidence) == ("compute-limited", "low")
        assert any("too early to say" in sentence for sentence in advice.unchecked)
        assert advice.next_steps[0].startswith("Let the run go on")
        assert not any("Keep the settings" in step or "Take regularization" in step for step in advice.next_steps)
        assert advice.settings.weight_decay == advice.settings.input_noise == 0
    flat = curve([2.30, 2.29, 2.28], [2.30, 2.29, 2.285])  # it hardly falls
    assert name(flat, n_classes=10, n_val=5000) == "underfit"
    four = curve([2.25, 2.0, 1.75, 1.5], [2.2, 1.95, 1.7, 1.45])
    assert not any("too early" in sentence for sentence in diagnose(four, n_classes=10).unchecked)
    # A gap of a quarter of a constant guess's loss, .58, is one already.
    assert name(curve([2.0, 0.6], [2.2, 1.15]), n_classes=10, n_val=5000) == "compute-limited"
    assert name(curve([2.0, 0.6], [2.2, 1.25]), n_classes=10, n_val=5000) == "strong overfit"


def test_what_is_next_does_not_contradict_itself():
    falls = falling(1.2, 0.4, rows=12, gap=0.02)
    facts = {"n_classes": 4, "n_val": 2000, "batch_size": 32, "task": "text"}
    tuned = recommend(3000, curve=falls, architecture="transformer", pretrained="lora", **facts)
    assert tuned.diagnosis == "compute-limited"
    assert any("few epochs" in step for step in tuned.next_steps)
    assert not any("Train longer" in step for step in tuned.next_steps)
    scratch = recommend(3000, curve=falls, **facts)
    assert any("Train longer" in step for step in scratch.next_steps)
    none = recommend(3000, curve=OVER, architecture="dense", pretrained="full", **facts)
    assert not any("half the strength" in step or "Check for harm" in step for step in none.next_steps)
    some, _ = changed(None)
    assert any("half the strength" in step for step in some.next_steps)


# --- accuracies that were told as losses, and first losses that are no guess


@pytest.mark.parametrize(
    "run", [curve([0.9, 0.95, 0.99], [0.9, 0.96, 0.97]), curve([0.99, 0.99, 0.99], [0.98, 0.985, 0.985])]
)
def test_high_losses_that_do_not_fall_are_probably_accuracies(run):
    for facts in ({"n_classes": 2}, {"class_shares": [0.8, 0.2]}):
        advice = recommend(500, curve=run, n_val=200, **facts)
        assert (advice.diagnosis, advice.confidence) == ("good", "low")
        assert any("are probably accuracies" in why and "If they are losses" in why for why in advice.why)
        assert any("Give the two losses" in step for step in advice.next_steps)


def test_where_losses_are_probably_accuracies():
    rising = curve([0.9, 0.95, 0.99], [0.9, 0.96, 0.97])
    assert any("probably accuracies" in why for why in diagnose(rising).why)  # without classes they must rise
    assert any("probably accuracies" in why for why in recommend(500, 0.99, 0.985, n_classes=2).why)
    for args, facts in (
        ((curve([0.99, 0.99, 0.99], [0.98, 0.985, 0.985]),), {}),  # a squared error of nothing learnt is near 1
        ((rising,), {"n_classes": 10}),  # below the guess, 2.3
        ((rising,), {"target_variance": 1.0}),
        ((curve([1.2, 1.0, 0.95], [1.2, 1.0, 0.95]),), {"n_classes": 2}),  # they fell
        ((curve([0.7, 0.75, 0.85], [0.7, 0.75, 0.88]),), {"n_classes": 2}),  # not high
        ((curve([0.9, 0.95, 1.02], [0.9, 0.96, 1.01]),), {"n_classes": 2}),  # above 1
    ):
        assert not any("probably accuracies" in why for why in diagnose(*args, **facts).why)


def test_a_first_loss_that_is_no_guess_says_no_scale():
    late = curve(np.linspace(0.9, 0.85, 10), np.linspace(0.92, 0.9, 10), step=range(95, 105))
    right = curve([0.62, 0.6, 0.6], [0.65, 0.64, 0.64], train_accuracy=[0.75, 0.76, 0.76], val_accuracy=[0.7] * 3)
    low = curve([0.1, 0.099, 0.098], [0.11, 0.109, 0.3])
    for run, said in ((late, "begins late, at 95"), (right, "first accuracy, 75 %"), (low, "first loss, 0.11, is far")):
        diagnosis = diagnose(run, n_val=400)
        assert any(said in why for why in diagnosis.why), diagnosis.why
        assert diagnosis.name != "underfit"
        assert diagnosis.confidence != "high"
        assert any("constant guess: its loss was not told" in sentence for sentence in diagnosis.unchecked)
        assert not any(said in why for why in diagnose(run, n_val=400, n_classes=2).why)
    early = curve(np.linspace(0.9, 0.85, 10), np.linspace(0.92, 0.9, 10), step=range(3, 13))
    assert not any("begins late" in why for why in diagnose(early).why)
    assert name(late) != name(early) == "underfit"
    risen = curve([0.5, 0.2, 0.1, 2.0, 3.0], [0.5, 0.3, 0.3, 2.0, 3.0], step=range(95, 100))
    assert name(risen) == "diverging"  # a rise needs no scale


def test_a_run_that_has_lost_much_and_still_falls_is_no_underfit():
    falls = falling(6.66, 4.08, rows=12)
    diagnosis = diagnose(falls)
    assert diagnosis.name == "compute-limited"
    stays = diagnose(curve([6.66, *[5.0] * 8], [6.66, *[5.0] * 8]))
    assert stays.name == "underfit"
    assert stays.why[0] == "The training loss, 5, is still above 60 % of the curve's first, 6.66."


@pytest.mark.parametrize(("rows", "patience"), [(3, 5), (5, 5), (12, 12), (40, 40), (60, 40)])
def test_patience_fits_the_evaluations_of_the_run(rows, patience):
    run = falling(2.3, 0.6, rows=rows, rise=1.8, gap=1.0, turn=1)
    for pretrained in (None, "full"):
        facts = {"n_classes": 4, "batch_size": 32, "task": "text", "architecture": "transformer"}
        advice = recommend(3000, curve=run, pretrained=pretrained, **facts)
        assert advice.settings.patience == patience
        assert advice.ranges["patience"] == (min(10, patience), patience)
    assert recommend(200, 0.1, 0.9, n_classes=10).settings.patience == 40


def test_a_patience_that_was_told_stays():
    good = curve([2.3, 1.0, 0.6, 0.51, 0.5, 0.5], [2.3, 1.0, 0.6, 0.51, 0.505, 0.505])
    for run in (good, OVER):
        advice, changes = changed(Settings(patience=7), run)
        assert advice.settings.patience == 7
        assert changes["patience"].sentence.startswith("Keep patience 7.")
    falls, _ = changed(Settings(patience=7), falling(1.2, 0.4, rows=12, gap=0.02))
    assert falls.diagnosis == "compute-limited"
    assert falls.settings.patience == 12  # it may have been cut short


@pytest.mark.parametrize(("task", "most"), [("image", 3), ("signal", 3), ("tabular", 10)])
def test_no_decay_is_advised_beyond_those_that_were_tried(task, most):
    fell = [1.9, 1.2, 0.9, 0.84, 0.88, 0.95, 1.05, 1.2]
    steps = {"step": list(range(10, 90, 10)), "train_loss": [2 * 0.5**i for i in range(8)], "val_loss": fell}
    at_rate = {"curve": Curve(steps, unit="step"), "n_classes": 10, "n_val": 2000, "batch_size": 32, "task": task}
    advice = recommend(500, **at_rate, learning_rate=1e-4)
    assert advice.settings.weight_decay == advice.ranges["weight_decay"][1] == most
    (reason,) = [reason.sentence for reason in advice.reasons if reason.field == "weight_decay"]
    assert reason.endswith(f": {most} is the largest that was tried.")
    within = recommend(500, **at_rate, learning_rate=0.1)
    (reason,) = [reason.sentence for reason in within.reasons if reason.field == "weight_decay"]
    assert reason.endswith("holds it there.")
    assert within.settings.weight_decay < 1
