"""The advisor: it always answers, does no harm, gives each setting a range and a source, and names what a log shows."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from reglab import Settings, Training, fit
from reglab.strategy import (
    ARCHITECTURES,
    DIAGNOSES,
    MEASURED,
    OVERFIT,
    PATIENCE,
    TASKS,
    Diagnosis,
    curve_of,
    diagnose,
    recommend,
)

LOGS = json.loads((Path(__file__).parent / "golden" / "diagnosis_logs.json").read_text("utf-8"))["logs"]


def curve_like(turn=100, steps=1000, low=0.5, high=1.5, known=1.0):
    """A validation loss that is lowest at `turn`, and a training loss below it."""
    step = np.unique(np.ceil(steps * (np.arange(1, 41) / 40) ** 2).astype(int))
    away = np.abs(np.log(step / turn))
    val = low + (high - low) * away / away.max()
    train = val * (1 - known * np.minimum(step / turn, 1)) * np.where(step > 1.3 * turn, 0.5, 1) + 1e-4
    return {"step": step.tolist(), "train_loss": train.tolist(), "val_loss": val.tolist()}


def advise(curve, n_train=200, **options):
    return recommend(n_train, curve["train_loss"][-1], curve["val_loss"][-1], n_classes=10, curve=curve, **options)


def check(advice):
    """What holds for every answer."""
    assert advice.diagnosis in DIAGNOSES
    assert advice.confidence in ("high", "medium", "low")
    assert advice.why
    assert all(advice.why)
    assert advice.next_steps
    default = Settings(learning_rate=advice.settings.learning_rate)
    told = {name for name, value in vars(advice.settings).items() if value != getattr(default, name)}
    reasons = {reason.field for reason in advice.reasons}
    assert told <= reasons <= told | {"learning_rate"}  # a reason for what is set, and for nothing else
    assert reasons == set(advice.ranges)
    for reason in advice.reasons:
        assert reason.sentence.endswith(".")
        assert reason.source
        low, high = advice.ranges[reason.field]
        assert low <= getattr(advice.settings, reason.field) <= high
    if advice.diagnosis not in OVERFIT and advice.diagnosis != "diverging":
        assert told == {"patience"}


# --- it always answers ---


def test_it_answers_whatever_the_losses():
    rng = np.random.default_rng(0)
    seen = Counter()
    for _ in range(1500):
        losses = [float(rng.choice([0.0, math.nan, math.inf, 10 ** rng.uniform(-6, 3)], p=[0.04, 0.03, 0.03, 0.9]))
                  for _ in range(2)]
        advice = recommend(
            int(10 ** rng.uniform(0, 9)),
            *losses,
            task=str(rng.choice(TASKS)),
            n_classes=rng.choice([None, 2, 3, 1000]),
            constant_loss=rng.choice([None, 0.1, 5.0]),
            n_val=rng.choice([None, 1, 30, 400, 10**6]),
            objective=str(rng.choice(["loss", "accuracy"])),
            learning_rate=float(10 ** rng.uniform(-6, 1)),
            batch_size=int(10 ** rng.uniform(0, 5)),
            steps=rng.choice([None, 1, 1000, 10**7]),
            training_mode_loss=bool(rng.random() < 0.3),
            architecture=str(rng.choice(ARCHITECTURES)),
        )
        check(advice)
        seen[advice.diagnosis] += 1
    assert set(seen) == set(DIAGNOSES) - {"compute-limited"}  # which takes a curve


def test_it_answers_whatever_the_curve():
    rng = np.random.default_rng(1)
    for _ in range(500):
        n = int(rng.integers(1, 60))
        losses = 10 ** rng.uniform(-6, 2, (2, n))
        losses[rng.random((2, n)) < 0.02] = math.nan
        curve = {"step": np.cumsum(rng.integers(1, 100, n)).tolist()}
        curve |= {"train_loss": losses[0].tolist(), "val_loss": losses[1].tolist()}
        check(advise(curve, n_train=int(rng.integers(1, 5000)), task=str(rng.choice(TASKS))))


def test_the_curve_changes_the_strength_and_not_whether_there_is_an_answer():
    curve = curve_like(turn=60)
    weak = recommend(200, curve["train_loss"][-1], curve["val_loss"][-1], n_classes=10, n_val=200, steps=1000)
    strong = advise(curve, n_val=200)
    assert weak.settings.weight_decay > 0
    assert strong.settings.weight_decay > 0
    assert weak.confidence == "medium"
    assert strong.confidence == "high"
    assert any("weaker" in step for step in weak.next_steps)
    assert not any("weaker" in step for step in strong.next_steps)
    assert math.isfinite(weak.best_step)


def test_it_trains():
    run = fit("digits", Settings(), Training(max_steps=150), n_train=50, seeds=2)
    curve = curve_of(run)
    advice = advise(curve, n_train=50, task="image", n_val=run.n_val)
    again = fit("digits", [Settings(), advice.settings], Training(max_steps=50), n_train=50, seeds=1)
    assert np.isfinite(again.kept("test_loss")).all()
    assert PATIENCE >= 1


# --- what it advises ---


def test_the_later_the_turn_the_weaker_the_decay():
    decays = [advise(curve_like(turn=t)).settings.weight_decay for t in (20, 60, 200, 600)]
    assert decays == sorted(decays, reverse=True)
    assert decays[0] > 4 * decays[-1]


def test_decay_goes_with_one_over_the_learning_rate():
    slow, fast = (advise(curve_like(turn=300), learning_rate=rate).settings for rate in (1e-3, 1e-2))
    assert slow.weight_decay == pytest.approx(10 * fast.weight_decay, rel=0.05)
    assert fast.learning_rate == 1e-2


def test_a_run_that_was_at_its_best_late_is_held_back_less():
    short, long = (advise(curve_like(turn=300, steps=steps)) for steps in (600, 6000))
    assert long.settings.weight_decay > 1.4 * short.settings.weight_decay


def test_what_was_not_learnt_by_heart_gets_no_noise():
    by_heart, not_by_heart = (advise(curve_like(known=known)).settings for known in (1.0, 0.1))
    assert by_heart.input_noise > 5 * not_by_heart.input_noise
    assert by_heart.weight_decay > not_by_heart.weight_decay


def test_without_a_curve_a_larger_gap_means_more_and_more_rows_mean_less():
    def decay(n, val):
        return recommend(n, 0.001, val, n_classes=10, n_val=400, steps=1200).settings.weight_decay

    assert decay(200, 3.0) > decay(200, 1.0) > decay(200, 0.4)
    assert decay(50, 1.0) > decay(1000, 1.0)


def test_without_a_curve_the_guess_goes_with_rate_batch_and_training_loss():
    def guess(train=0.01, **options):
        return recommend(200, train, 1.0, n_classes=10, n_val=400, steps=1200, **options)

    assert guess(learning_rate=1e-2).best_step < guess().best_step < guess(learning_rate=1e-4).best_step
    assert guess(batch_size=128).best_step < guess().best_step < guess(batch_size=8).best_step
    assert guess(train=1e-4).settings.input_noise > guess(train=0.3).settings.input_noise
    assert guess().best_step <= 1200


@pytest.mark.parametrize(("task", "augment"), [("tabular", 0.0), ("text", 0.0), ("image", 0.5), ("signal", 1.0)])
def test_only_images_and_signals_are_augmented(task, augment):
    assert advise(curve_like(), task=task).settings.augment == augment


def test_accuracy_asks_for_soft_targets_and_loss_does_not():
    for task in TASKS:
        loss, accuracy = (advise(curve_like(), task=task, objective=o).settings for o in ("loss", "accuracy"))
        assert accuracy.label_smoothing == 0.1 > loss.label_smoothing
        assert loss.mixup_alpha == 0


def test_regression_gets_no_soft_targets():
    curve = curve_like(low=0.2, high=0.6)
    for objective in ("loss", "accuracy"):
        advice = recommend(100, 0.001, 0.6, task="image", constant_loss=0.5, curve=curve, objective=objective)
        assert advice.diagnosis in OVERFIT
        assert advice.settings.label_smoothing == advice.settings.mixup_alpha == 0


@pytest.mark.parametrize("loss", [(2.2, 2.25), (0.3, 0.31)])
def test_first_do_no_harm(loss):
    advice = recommend(200, *loss, n_classes=10, n_val=400)
    assert advice.diagnosis in ("underfit", "good")
    assert advice.settings == Settings(patience=PATIENCE)


@pytest.mark.parametrize("loss", [(math.nan, 1.0), (1.0, math.inf), (3.6, 3.6)])
def test_a_run_that_diverges_gets_a_lower_rate_and_no_regularization(loss):
    advice = recommend(200, *loss, n_classes=10, learning_rate=0.1)
    assert advice.diagnosis == "diverging"
    assert advice.settings == Settings(learning_rate=0.01, clip_norm=1.0)


def test_next_steps_check_for_harm():
    steps = advise(curve_like()).next_steps
    assert any("keep the better" in step for step in steps)
    assert any("half the strength" in step for step in steps)


def test_a_training_mode_loss_is_doubted():
    clean, doubted = (
        recommend(200, 0.9, 0.5, n_classes=10, n_val=400, training_mode_loss=mode) for mode in (False, True)
    )
    assert clean.diagnosis == doubted.diagnosis == "validation below train"
    assert doubted.confidence == "low"
    assert any("evaluation mode" in sentence for sentence in doubted.why)
    assert any("evaluation mode" in step for step in doubted.next_steps)


def test_several_runs_widen_the_range():
    curve = curve_like(turn=100)
    one, several = advise(curve), advise({**curve, "best_step": [30, 100, 240]})
    assert several.ranges["weight_decay"][0] <= one.ranges["weight_decay"][0]
    assert several.ranges["weight_decay"][1] >= one.ranges["weight_decay"][1]
    width = [np.divide(*advice.ranges["weight_decay"][::-1]) for advice in (one, several)]
    assert width[1] > width[0]


def test_beyond_what_was_measured_is_said():
    inside, outside = (advise(curve_like(), n_train=n, n_val=400) for n in (200, 10**6))
    assert inside.confidence == "high"
    assert outside.confidence == "medium"
    assert any("beyond" in sentence for sentence in outside.why)


# --- literature is never shown as measured ---


@pytest.mark.parametrize(
    ("architecture", "task", "n_train", "steps", "expected"),
    [
        ("conv", "image", 50_000, 1000, {"augment": 0.5, "l2": 5e-4}),
        ("conv", "image", 1_200_000, 1000, {"mixup_alpha": 0.1, "weight_decay": 0.02}),
        ("transformer", "image", 20_000, 1000, {"mixup_alpha": 0.8}),
        ("transformer", "image", 1_200_000, 1000, {"mixup_alpha": 0.8, "label_smoothing": 0.1, "weight_decay": 0.05}),
        ("transformer", "image", 14_000_000, 1000, {"weight_decay": 0.03}),
        ("language model", "text", 10**6, 1000, {"weight_decay": 0.1, "clip_norm": 1.0}),
        ("language model", "text", 10**4, 1000, {"dropout": 0.1, "weight_decay": 0.1, "clip_norm": 1.0}),
        ("language model", "text", 1000, 1000, {"dropout": 0.1, "weight_decay": 1.0, "clip_norm": 1.0}),
        ("transformer", "tabular", 1000, 1000, {}),
        ("language model", "image", 1000, 1000, {}),
    ],
)
def test_other_architectures(architecture, task, n_train, steps, expected):
    curve = curve_like(steps=steps)
    advice = advise(curve, n_train=n_train, task=task, architecture=architecture)
    check(advice)
    assert advice.settings == Settings(**expected, patience=PATIENCE)
    assert advice.confidence == "low"
    assert MEASURED not in {reason.source for reason in advice.reasons}
    assert bool(expected) != any("No published row" in step for step in advice.next_steps)


# --- what it refuses ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_train": 0}, "n_train must be a whole number of at least 1, got 0"),
        ({"n_train": "many"}, "n_train must be"),
        ({"n_train": math.nan}, "n_train must be"),
        ({"train_loss": -0.1}, "train_loss must be a loss of 0 or more"),
        ({"val_loss": "low"}, "val_loss must be a loss of 0 or more"),
        ({"val_loss": None}, "val_loss must be a loss of 0 or more"),
        ({"train_loss": True}, "train_loss must be a loss of 0 or more"),
        ({"task": "video"}, "task must be one of tabular, image, signal, text, got 'video'"),
        ({"task": ["image"]}, "task must be one of"),
        ({"objective": "fame"}, "objective must be one of loss, accuracy, got 'fame'"),
        ({"architecture": "rnn"}, "architecture must be one of"),
        ({"n_classes": 1}, "n_classes must be a whole number of at least 2, got 1"),
        ({"constant_loss": 0}, "constant_loss must be above 0, got 0"),
        ({"constant_loss": math.nan}, "constant_loss must be"),
        ({"n_val": 0}, "n_val must be a whole number of at least 1, got 0"),
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
        ({"learning_rate": math.nan}, "learning_rate must be"),
        ({"curve": "csv"}, "curve must map step, train_loss, val_loss"),
        ({"curve": 3}, "curve must map"),
        ({"curve": {}}, "curve must have the columns step, train_loss, val_loss, got no columns"),
        ({"curve": {"epoch": [1], "loss": [1]}}, "curve must have the columns step, train_loss, val_loss, got epoch, "),
        ({"curve": []}, "curve must have the columns"),
        ({"curve": [1, 2]}, "curve's rows must map"),
        ({"curve": {"step": [], "train_loss": [], "val_loss": []}}, "curve must have at least one row"),
        ({"curve": {"step": [1, 2], "train_loss": [1], "val_loss": [1, 2]}}, "curve's columns must be of one length"),
        ({"curve": {"step": [2, 1], "train_loss": [1, 1], "val_loss": [1, 1]}}, "rise from row to row"),
        ({"curve": {"step": [1, 1], "train_loss": [1, 1], "val_loss": [1, 1]}}, "rise from row to row"),
        ({"curve": {"step": [1, math.nan], "train_loss": [1, 1], "val_loss": [1, 1]}}, "rise from row to row"),
        ({"curve": {"step": [1], "train_loss": [-1], "val_loss": [1]}}, "must not be negative, got -1"),
        ({"curve": {"step": [1], "train_loss": ["a"], "val_loss": [1]}}, "must be a sequence of numbers"),
        ({"curve": {"step": [1], "train_loss": 1, "val_loss": [1]}}, "must be a sequence of numbers"),
        ({"curve": {"step": [1], "train_loss": [[1]], "val_loss": [1]}}, "one number per evaluation"),
        ({"curve": {n: range(10**6) for n in ("step", "train_loss", "val_loss")}}, "at most 100000 rows, got 1000000"),
        ({"curve": [{"step": 1}] * 10**6}, "at most 100000 rows, got 1000000"),
    ],
)
def test_bad_input_gets_one_sentence(change, message):
    good = {"n_train": 200, "train_loss": 0.1, "val_loss": 0.5, "n_classes": 10}
    recommend(**good)
    with pytest.raises(ValueError, match="must") as caught:
        recommend(**{**good, **change})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_rows_and_columns_are_one_curve():
    columns = curve_like()
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    assert advise(columns) == recommend(200, rows[-1]["train_loss"], rows[-1]["val_loss"], n_classes=10, curve=rows)


# --- curves of runs ---


def test_curve_of_averages_the_seeds():
    run = fit("digits", [Settings(), Settings(weight_decay=1.0)], Training(max_steps=60), n_train=50, seeds=3)
    curve = curve_of(run, 1)
    assert curve["step"] == run.steps.tolist()
    np.testing.assert_allclose(curve["val_loss"], run.val_loss[1].mean(axis=0))
    assert curve["best_step"] == [int(run.steps[v.argmin()]) for v in run.val_loss[1]]
    alone = curve_of(run, 1, seed=2)
    assert alone["train_loss"] == run.train_loss[1, 2].tolist()
    assert len(alone["best_step"]) == 1


def test_curve_of_a_run_that_stopped_ends_where_it_stopped():
    run = fit("digits", Settings(patience=1, learning_rate=0.05), Training(max_steps=200), n_train=50, seeds=1)
    ended = np.isfinite(run.val_loss[0, 0]).sum()
    assert ended < len(run.steps)
    assert len(curve_of(run)["step"]) == ended
    assert diagnose(curve_of(run), n_classes=10).name != "diverging"


def test_curve_of_a_run_that_diverged_says_so():
    run = fit("digits", Settings(learning_rate=10.0), Training(optimizer="sgd", max_steps=50), n_train=50, seeds=2)
    assert run.diverged.any()
    assert diagnose(curve_of(run), n_classes=10).name == "diverging"


# --- diagnoses of labelled logs, from real runs ---


def name_of(log):
    return diagnose(log["curve"], n_classes=log["n_classes"], n_val=log["n_val"]).name


def test_there_are_logs_of_every_class():
    assert len(LOGS) >= 40
    classes = Counter(log["labels"][0] for log in LOGS)
    assert set(classes) == set(DIAGNOSES)
    assert min(classes.values()) >= 5


def test_diagnoses_are_right_on_nine_logs_of_ten_and_in_every_class():
    right, total = Counter(), Counter()
    for log in LOGS:
        total[log["labels"][0]] += 1
        right[log["labels"][0]] += name_of(log) in log["labels"]
    assert sum(right.values()) >= 0.9 * sum(total.values())
    for label in total:
        assert right[label] >= 0.75 * total[label], label


def test_never_good_for_what_is_bad():
    bad = {"severe overfit", "diverging", "underfit"}
    for log in LOGS:
        if set(log["labels"]) & bad:
            assert name_of(log) != "good", log["labels"]


def test_validation_flat_and_far_above_training_is_overfit():
    step = list(range(50, 1050, 50))
    curve = {"step": step, "train_loss": np.geomspace(1.5, 0.04, 20).tolist(), "val_loss": [1.2] * 20}
    for n_val in (None, 100, 1000):
        assert diagnose(curve, n_classes=10, n_val=n_val).name == "strong overfit"


def test_validation_below_training_throughout_is_not_called_a_leak():
    step = list(range(50, 1050, 50))
    train = np.geomspace(2.0, 0.5, 20)
    diagnosis = diagnose(
        {"step": step, "train_loss": train.tolist(), "val_loss": (train * 0.6).tolist()}, n_classes=10, n_val=400
    )
    assert isinstance(diagnosis, Diagnosis)
    assert diagnosis.name == "validation below train"
    assert "training mode" in diagnosis.why[1]
    assert diagnosis.why[1].index("training mode") < diagnosis.why[1].index("leak")
