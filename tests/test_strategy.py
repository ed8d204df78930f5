"""The advisor: it always answers, does no harm, gives each setting a range and a source, and names what a log shows."""

import inspect
import json
import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reglab import Settings, Training, datasets, fit, load_run, read_log, strategy
from reglab.curves import UNITS, Curve
from reglab.settings import OPTIMIZERS
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
from reglab.strategy.log import _Log
from reglab.strategy.rules import FITTED, _guess
from tests.refusals import refusal

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
    switched_on = {name for name, value in vars(advice.settings).items() if value != getattr(default, name)}
    reasons = {reason.field for reason in advice.reasons}
    assert switched_on <= reasons <= switched_on | {"learning_rate"}  # a reason for what is set, and for nothing else
    assert reasons == set(advice.ranges)
    for reason in advice.reasons:
        assert reason.sentence.endswith(".")
        assert reason.source
        low, high = advice.ranges[reason.field]
        assert low <= getattr(advice.settings, reason.field) <= high
    if advice.diagnosis not in OVERFIT and advice.diagnosis != "diverging":
        assert switched_on == {"patience"}


# --- it always answers ---


def test_it_answers_whatever_the_losses():
    rng = np.random.default_rng(0)
    seen = Counter()
    for _ in range(1500):
        losses = [
            float(rng.choice([0.0, math.nan, math.inf, 10 ** rng.uniform(-6, 3)], p=[0.04, 0.03, 0.03, 0.9]))
            for _ in range(2)
        ]
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


def test_it_answers_whatever_is_told_and_whatever_is_not():
    """Curves of every unit, of losses and of accuracies, with any of the other numbers missing."""
    rng = np.random.default_rng(2)
    seen = Counter()
    for _ in range(800):
        n = int(rng.integers(1, 40))
        step = np.cumsum(rng.choice([0.5, 1, 1, 7, 100], n)) - rng.integers(0, 2)
        losses = 10 ** rng.uniform(-4, rng.choice([0, 2, 4]), (2, n))
        losses[rng.random((2, n)) < 0.01] = math.nan
        unit = str(rng.choice(UNITS))
        curve = Curve(
            {"step": np.maximum(step, 0).tolist(), "train_loss": losses[0].tolist(), "val_loss": losses[1].tolist()},
            unit=unit,
            certain=bool(rng.random() < 0.3),
            counted_from=rng.choice([0, 1, None]),
        )
        if n > 1 and curve["step"][0] == curve["step"][1]:
            continue
        facts = {
            "n_classes": rng.choice([None, 2, 10]),
            "constant_loss": rng.choice([None, None, 5.0, 4000.0]),
            "n_val": rng.choice([None, 5, 400]),
            "learning_rate": rng.choice([None, 1e-3, 0.3]),
            "batch_size": rng.choice([None, 1, 32, 10**4]),
            "steps": rng.choice([None, 1, 5000]),
            "task": str(rng.choice(TASKS)),
            "objective": str(rng.choice(["loss", "accuracy"])),
            "architecture": str(rng.choice(ARCHITECTURES, p=[0.7, 0.1, 0.1, 0.1])),
        }
        n_train = rng.choice([None, 1, 200, 10**6])
        last = curve["train_loss"][-1], curve["val_loss"][-1]
        advice = recommend(n_train, *last, curve=curve if rng.random() < 0.8 else None, **facts)
        check(advice)
        if advice.settings.weight_decay and facts["architecture"] == "dense":
            assert facts["learning_rate"]
            assert math.isfinite(advice.best_step)
        seen[unit, math.isfinite(advice.steps)] += 1
    assert min(seen[unit, known] for unit in UNITS[:2] + UNITS[3:] for known in (True, False) if unit != "step") > 10


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


def test_what_is_guessed_of_a_run_stays_within_its_bounds():
    def guess(train=0.1, rate=1e-3, fitted=FITTED):
        log = _Log(train=train, val=1.0, constant=1.0, n_val=None, steps=1000.0)
        return _guess(log, 200, rate, 32, fitted)

    first, last = guess(rate=1e9), guess(rate=1e-12)  # the turn is one of the run's steps
    assert (first.turn, first.best_range) == (1.0, (1.0, 3.0))
    assert (last.turn, last.best_range) == (1000.0, (1000 / 3, 1000.0))
    assert guess(train=1.9).known > guess(train=2.0).known == guess(train=100.0).known
    assert guess(train=2e-4).known < guess(train=1e-4).known == guess(train=0.0).known
    for share, known in ((1.5, 1.0), (-0.5, 0.0)):  # a share
        assert guess(fitted=replace(FITTED, known=(share, 0.0))).known == known


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
    single, several = advise(curve), advise({**curve, "best_step": [30, 100, 240]})
    assert several.ranges["weight_decay"][0] <= single.ranges["weight_decay"][0]
    assert several.ranges["weight_decay"][1] >= single.ranges["weight_decay"][1]
    width = [np.divide(*advice.ranges["weight_decay"][::-1]) for advice in (single, several)]
    assert width[1] > width[0]


def test_beyond_what_was_measured_is_said():
    inside, outside = (advise(curve_like(), n_train=n, n_val=400, batch_size=32) for n in (200, 10**6))
    assert inside.confidence == "high"
    assert outside.confidence == "medium"
    assert any("beyond" in sentence for sentence in outside.why)


# --- the curve's count: an epoch is no step ---

ROWS, BATCH = 5000, 32  # 157 steps in an epoch


def in_epochs(curve, n_train, batch_size, **facts):
    """The same curve, told in epochs."""
    a_pass = math.ceil(n_train / batch_size)
    return Curve({**curve, "step": [step / a_pass for step in curve["step"]]}, unit="epoch", counted_from=1, **facts)


def same(a, b):
    """Whether two answers are the same to the last digit, but for what is said of how the curve was read."""
    names = ("diagnosis", "confidence", "settings", "ranges", "reasons", "next_steps")
    times = all(x == y or math.isnan(x + y) for x, y in ((a.best_step, b.best_step), (a.steps, b.steps)))
    return times and all(getattr(a, name) == getattr(b, name) for name in names)


def overfit(step, unit="step", **facts):
    """A run of so many rows that was at its best in the middle."""
    n = len(step)
    away = np.abs(np.arange(n) - n // 2) / n
    return Curve(
        {"step": list(step), "train_loss": np.geomspace(2.0, 0.01, n).tolist(), "val_loss": (0.8 + away).tolist()},
        unit=unit,
        **facts,
    )


@pytest.mark.parametrize("batch_size", [32, 1, 7, 5000])
def test_every_labelled_log_gives_the_same_settings_in_epochs_and_in_steps(batch_size):
    for log in LOGS:
        n_train, last = log["n_train"], {k: log["curve"][k][-1] for k in ("train_loss", "val_loss")}
        losses = [math.nan if v is None else v for v in last.values()]
        known = {"n_classes": log["n_classes"], "n_val": log["n_val"], "batch_size": batch_size}
        steps, epochs = (
            recommend(n_train, *losses, curve=curve, **known)
            for curve in (Curve(log["curve"], certain=True), in_epochs(log["curve"], n_train, batch_size))
        )
        assert same(steps, epochs), log["labels"]
        assert any(re.fullmatch(r"Read [\d.,]+ epochs? of [\d,]+ steps?\.", why) for why in epochs.why)


@pytest.mark.parametrize(
    ("name", "n_train", "options"),
    [("digits", 100, {}), ("wine", 60, {}), ("diabetes", 100, {"objective": "accuracy"})],
)
def test_a_real_run_gives_the_same_settings_in_epochs_and_in_steps(name, n_train, options):
    run = fit(name, Settings(), Training(max_steps=600, eval_steps=20), n_train=n_train, seeds=2)
    curve = curve_of(run, seed=0)
    del curve["best_step"]
    facts = {"n_classes": {"digits": 10, "wine": 3}.get(name), "n_val": run.n_val, "batch_size": 32, **options}
    last = curve["train_loss"][-1], curve["val_loss"][-1]
    steps, epochs = (recommend(n_train, *last, curve=c, **facts) for c in (curve, in_epochs(curve, n_train, 32)))
    assert same(steps, epochs)
    assert steps.settings.weight_decay > 0
    assert steps.steps == 600
    a_pass = math.ceil(n_train / 32)
    assert f"Read {600 / a_pass:g} epochs of {a_pass} steps." in epochs.why


def test_epochs_are_counted_from_0_or_1_and_read_as_their_steps():
    steps = advise(overfit(range(157, 157 * 41, 157)), ROWS, batch_size=BATCH)
    from_1 = advise(overfit(range(1, 41), "epoch"), ROWS, batch_size=BATCH)
    from_0 = advise(overfit(range(40), "epoch"), ROWS, batch_size=BATCH)
    sparse = advise(overfit(range(1, 40, 2), "epoch", counted_from=0), ROWS, batch_size=BATCH)
    for advice in (from_1, from_0, sparse):
        assert "Read 40 epochs of 157 steps." in advice.why
        assert advice.steps == steps.steps == 40 * 157
    assert same(from_1, steps)
    assert same(from_0, steps)
    wrong = advise(overfit(range(1, 41)), 1000, batch_size=BATCH)  # 40 steps of 32 a pass: what epochs were taken for
    assert wrong.settings.weight_decay > 50 * from_1.settings.weight_decay


def test_a_last_step_below_one_pass_is_taken_for_epochs_and_said():
    plain = dict(overfit(range(1, 41)))
    epochs = advise(overfit(range(1, 41), "epoch"), ROWS, batch_size=BATCH)
    for curve in (
        plain,
        Curve(plain),
        [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)],
    ):
        advice = recommend(ROWS, 0.01, plain["val_loss"][-1], n_classes=10, curve=curve, batch_size=BATCH)
        assert same(advice, epochs) or advice.settings == epochs.settings
        assert any("less than one pass over the data, 157 steps: it is taken for an epoch" in why for why in advice.why)
        assert "Read 40 epochs of 157 steps." in advice.why
    at_the_pass = advise(overfit([*range(1, 40), 157]), ROWS, batch_size=BATCH)
    assert not any("epoch" in why for why in at_the_pass.why)
    for sure in (
        advise(Curve(plain, certain=True), ROWS, batch_size=BATCH),
        advise(plain, ROWS, batch_size=BATCH, architecture="language model", task="text"),
    ):
        assert sure.steps == 40
        assert not any("taken for an epoch" in why for why in sure.why)


def test_a_run_of_ours_that_is_shorter_than_a_pass_is_in_steps():
    run = fit("digits", Settings(), Training(max_steps=10, eval_steps=5), n_train=800, seeds=1)
    advice = recommend(800, 2.0, 2.1, n_classes=10, curve=curve_of(run), batch_size=32)
    assert advice.steps == 10
    assert not any("epoch" in why for why in advice.why)


def test_steps_that_rise_by_one_are_doubted():
    by_ones, by_tens = (advise(overfit(range(d, 41 * d, d)), 200, batch_size=BATCH, n_val=400) for d in (1, 10))
    assert any("as epochs do" in why for why in by_ones.why)
    assert by_tens.confidence == "high"
    assert by_ones.confidence == "medium"


@pytest.mark.parametrize(
    ("n_train", "batch_size", "asked"),
    [
        (None, 32, "Say the training rows (n_train): weight decay"),
        (5000, None, "Say the batch size (batch_size): weight decay"),
        (None, None, "Say the training rows (n_train) and the batch size (batch_size): weight decay"),
    ],
)
def test_epochs_without_their_steps_are_asked_for_and_no_decay_is_advised(n_train, batch_size, asked):
    for curve in (overfit(range(40), "epoch"), overfit(range(1, 41), "row")):
        advice = advise(curve, n_train, batch_size=batch_size, n_val=400)
        check(advice)
        assert advice.diagnosis in OVERFIT
        assert advice.confidence == "low"
        assert advice.settings.weight_decay == 0
        assert math.isnan(advice.best_step)
        assert math.isnan(advice.steps)
        assert advice.next_steps[0].startswith(asked)
    advised = advise(overfit(range(40), "epoch"), n_train, batch_size=batch_size, steps=40 * 157)
    assert (
        advised.settings.weight_decay
        == advise(overfit(range(40), "epoch"), ROWS, batch_size=BATCH).settings.weight_decay
    )
    assert "The curve's 40 epochs are spread evenly over the 6,280 steps told." in advised.why


def test_rows_that_nothing_counts_are_taken_for_epochs_or_spread_over_the_steps_told():
    epochs = advise(overfit(range(1, 41), "epoch"), ROWS, batch_size=BATCH, n_val=400)
    rows = advise(overfit(range(1, 41), "row"), ROWS, batch_size=BATCH, n_val=400)
    assert rows.settings == epochs.settings
    assert "No column counts steps or epochs: each row is taken for an epoch." in rows.why
    assert advise(overfit(range(1, 41), "row"), 500, batch_size=BATCH, n_val=400).confidence == "medium"
    assert advise(overfit(range(1, 41), "epoch"), 500, batch_size=BATCH, n_val=400).confidence == "high"
    for unit in ("row", "evaluation"):
        advice = advise(overfit(range(1, 41), unit), ROWS, batch_size=BATCH, steps=40 * 157)
        assert advice.settings == epochs.settings
        assert f"The curve counts {unit}s: its 40 are spread evenly over the 6,280 steps told." in advice.why
    asked = advise(overfit(range(1, 41), "evaluation"), ROWS, batch_size=BATCH)
    assert asked.settings.weight_decay == 0
    assert "how many steps" in asked.next_steps[0]


def test_steps_told_beside_a_curve_that_says_otherwise_are_named():
    advice = advise(overfit(range(1, 41), "epoch"), ROWS, batch_size=BATCH, steps=1000)
    assert "That makes 6,280 steps, and not the 1,000 told beside it." in advice.why
    steps = advise(overfit(range(10, 401, 10)), 200, batch_size=BATCH, steps=1000)
    assert "The curve ends at step 400, and not at the 1,000 told beside it." in steps.why
    assert not any("told beside" in why for why in advise(curve_like(), batch_size=BATCH, steps=1000).why)


def test_rounds_of_boosting_get_no_strengths_of_a_network():
    advice = advise(overfit(range(1, 41), "round"), 500, batch_size=BATCH, task="image", objective="accuracy")
    assert advice.diagnosis in OVERFIT
    assert advice.settings == Settings(patience=PATIENCE)
    assert "no optimizer steps" in advice.next_steps[0]
    assert MEASURED not in {reason.source for reason in advice.reasons}


def test_a_mild_overfit_that_is_not_far_and_did_not_turn_only_keeps_its_best():
    run = {"step": [100, 200, 300, 400], "train_loss": [1.0, 0.1, 0.02, 0.005], "val_loss": [1.1, 0.15, 0.06, 0.055]}
    facts = {"n_classes": 10, "n_val": 5000, "learning_rate": 1e-3}
    near = recommend(500, curve=run, **facts)
    assert near.diagnosis == "mild overfit"
    assert near.settings == Settings(patience=5, learning_rate=1e-3)
    assert near.next_steps == ("Keep the settings and the best checkpoint: nothing more is asked for.",)
    assert recommend(500, curve=run, **facts, task="image").settings.augment == 0.5  # copies helped there too
    turned = recommend(500, curve={**run, "val_loss": [1.1, 0.15, 0.05, 0.065]}, **facts)
    assert turned.settings.weight_decay > 0
    far = recommend(500, curve={**run, "val_loss": [1.1, 0.15, 0.1, 0.095]}, **facts)
    assert far.settings.weight_decay > 0


def test_an_error_rate_is_held_against_the_error_of_a_constant_guess():
    text = "\n".join(f"[{i}]\ttrain-error:{0.3 - 0.02 * i:.3f}\teval-error:{0.35 - 0.002 * i:.3f}" for i in range(12))
    curve = read_log(text).curve()
    assert strategy.is_error_rate(curve)
    why = " ".join(diagnose(curve, n_classes=2, n_val=400).why)
    assert "a constant guess's error, 0.5" in why
    shares = " ".join(diagnose(curve, class_shares=[0.7, 0.3], n_val=400).why)
    assert "0.3" in shares
    assert not strategy.is_error_rate(read_log(text.replace("error", "logloss")).curve())
    advice = recommend(curve=curve, n_train=500, n_classes=2, n_val=400)
    assert "max_depth, min_child_weight, lambda, subsample" in advice.next_steps[0]
    assert not any("learning rate" in step for step in advice.next_steps)


def test_a_diagnosis_names_the_best_point_as_the_curve_counts():
    assert diagnose(overfit(range(40), "epoch"), n_classes=10).best_step == 20
    assert diagnose(overfit(range(1, 41), "epoch"), n_classes=10).best_step == 21
    assert advise(overfit(range(40), "epoch"), ROWS, batch_size=BATCH).best_step == 21 * 157


# --- what was not told is not made up ---


def test_without_the_learning_rate_there_is_no_decay_and_it_is_asked_for():
    for curve in (None, curve_like()):
        advice = recommend(200, 0.01, 1.0, n_classes=10, n_val=400, curve=curve, learning_rate=None)
        check(advice)
        assert advice.settings.weight_decay == 0
        assert advice.confidence == "low"
        assert any("Say the learning rate" in step for step in advice.next_steps)
    diverging = recommend(200, 3.6, 3.6, n_classes=10, learning_rate=None)
    assert diverging.settings == Settings(clip_norm=1.0)
    assert "Say the learning rate" in diverging.next_steps[0]


def test_without_the_rows_there_is_a_diagnosis_and_no_decay_that_is_guessed():
    weak = recommend(None, 0.01, 1.0, n_classes=10, n_val=400, steps=1000)
    assert weak.diagnosis == "strong overfit"
    assert weak.settings.weight_decay == weak.settings.input_noise == 0
    assert "Say the training rows" in weak.next_steps[0]
    strong = advise(curve_like(), None, n_val=400)
    assert strong.settings.weight_decay == advise(curve_like(), 200, n_val=400).settings.weight_decay


# --- accuracies typed as losses ---


@pytest.mark.parametrize(
    ("train", "val", "name"),
    [
        (99, 70, "strong overfit"), (0.99, 0.70, "strong overfit"), (100, 98.9, "good"), (99, 90, "mild overfit"),
        (60, 57, "good"), (95.0, 60, "strong overfit"), (0.95, 0.6, "strong overfit"), (21, 19, "underfit"),
    ],
)  # fmt: skip
def test_accuracies_are_recognised_and_said(train, val, name):
    advice = recommend(200, train, val, n_classes=10, n_val=200, task="image", steps=1000)
    check(advice)
    assert advice.diagnosis == name
    assert advice.confidence == "low"
    assert any(f"{train:g} and {val:g} are read as accuracies" in why for why in advice.why)
    assert advice.settings.weight_decay == advice.settings.input_noise == advice.settings.label_smoothing == 0
    if name in OVERFIT:
        assert "Give the two losses" in advice.next_steps[0]


@pytest.mark.parametrize(
    ("train", "val", "options"),
    [
        (0.9, 0.5, {}), (0.94, 0.6, {}), (1.01, 0.7, {}),  # a loss may be so
        (0.99, 0.7, {"training_mode_loss": True}), (0.99, 0.97, {}), (0.2, 0.99, {}), (19, 12, {}), (101, 70, {}),
    ],
)  # fmt: skip
def test_losses_are_no_accuracies(train, val, options):
    advice = recommend(200, train, val, n_classes=10, n_val=200, **options)
    assert not any("read as accuracies" in why for why in advice.why)


def test_what_may_be_accuracies_is_asked():
    near = recommend(200, 93, 95, n_classes=10, n_val=200)  # the training value is not the larger
    assert near.confidence == "low"
    assert any("accuracies" in why for why in near.why)
    near = recommend(200, 0.99, 0.97, n_classes=10, n_val=200)  # as losses these are good, as accuracies too
    assert near.diagnosis == "good"
    assert any("accuracies" in why for why in near.why)
    assert not any("accuracies" in why for why in recommend(200, 0.8, 0.7, n_classes=10, n_val=200).why)
    untold = recommend(200, 99, 70)  # of what, classes or numbers, was not told
    assert untold.diagnosis != "diverging"
    assert untold.confidence == "low"
    assert any("accuracies" in why for why in untold.why)


def test_a_curve_of_accuracies_is_no_divergence():
    rows = np.linspace(0, 1, 20)
    rising = {"step": range(100, 2100, 100), "train_loss": 30 + 69 * rows, "val_loss": 30 + 40 * rows}
    assert advise(rising, n_val=200).diagnosis == "strong overfit"
    falling = {**rising, "train_loss": rising["train_loss"][::-1] + 69, "val_loss": rising["val_loss"][::-1]}
    assert not any("read as accuracies" in why for why in advise(falling, n_val=200).why)


def losses_of(train, val):
    return {"step": list(range(30, 30 * len(train) + 1, 30)), "train_loss": train, "val_loss": val}


def test_a_high_first_loss_is_no_rise_and_a_run_that_recovers_did_not_diverge():
    train = [2.27, 1.55, 1.07, 0.8, 0.6, 0.45, 0.34]
    falling = losses_of(train, [2.3, 1.6, 1.12, 0.86, 0.67, 0.53, 0.43])
    diagnosis = diagnose(falling, n_classes=2, n_val=400)
    assert diagnosis.name == "compute-limited"
    assert "rose to" not in diagnosis.why[0]
    # Overfit beyond a constant guess, 0.693: that is no divergence either.
    above = losses_of(train, [2.3, 1.6, 1.12, 0.86, 0.67, 0.7, 0.9])
    assert diagnose(above, n_classes=2, n_val=400).name == "severe overfit"
    # A rise after a lower loss is one, unless the run ends below a constant guess.
    risen, recovered = ([0.6, 0.5, 9.0, 2.0, 0.9, 0.8, end] for end in (0.72, 0.35))
    diverged = diagnose(losses_of(risen, risen), n_classes=2, n_val=400)
    assert diverged.name == "diverging"
    assert "rose to 9, 13 times a constant guess's" in diverged.why[0]
    assert diagnose(losses_of(recovered, recovered), n_classes=2, n_val=400).name != "diverging"


def test_a_validation_loss_of_0_is_no_overfit_and_is_doubted():
    for losses in ((0, 0), (0.0, 0.0)):
        advice = recommend(200, *losses, n_classes=10, n_val=200, steps=1000)
        assert advice.diagnosis == "good"
        assert advice.confidence == "low"
        assert any("exactly 0" in why for why in advice.why)
        assert advice.settings == Settings(patience=PATIENCE)


# --- regression in units of its own ---


def test_a_regression_in_its_own_units_is_judged_as_on_a_standardised_target():
    variance = 5930.0  # of diabetes' target
    for name, n_train in (("diabetes", 200), ("diabetes", 50)):
        run = fit(name, Settings(), Training(max_steps=600, eval_steps=20), n_train=n_train, seeds=1)
        curve = curve_of(run)
        raw = Curve(curve, certain=True)
        for loss in ("train_loss", "val_loss"):
            raw[loss] = [value * 2 * variance for value in curve[loss]]
        ours, theirs = (
            recommend(n_train, c["train_loss"][-1], c["val_loss"][-1], n_val=100, curve=c) for c in (curve, raw)
        )
        assert ours.diagnosis == theirs.diagnosis == "strong overfit"
        assert ours.settings == theirs.settings
        assert any("first loss" in why for why in theirs.why)
        facts = recommend(
            n_train, raw["train_loss"][-1], raw["val_loss"][-1], constant_loss=variance, n_val=100, curve=raw
        )
        assert facts.diagnosis == "strong overfit"
        assert facts.confidence == "high"


def test_losses_of_an_unknown_scale_are_judged_by_their_gap_alone():
    near = recommend(200, 2900, 3300)
    far = recommend(200, 100, 3300)
    assert (near.diagnosis, far.diagnosis) == ("good", "strong overfit")
    for advice in (near, far):
        check(advice)
        assert advice.confidence == "low"
        assert any("in units of their own" in why for why in advice.why)
        assert advice.settings.weight_decay == 0
    assert any("constant guess could not be checked" in why for why in near.why)
    assert "target's variance" in far.next_steps[0]
    assert recommend(200, 100, 3300, constant_loss=5930).settings.weight_decay > 0
    assert recommend(200, 9000, 9100, constant_loss=5930).diagnosis == "diverging"
    standard = recommend(200, 0.01, 0.7)  # up to 1.5 times 0.5 it may be standardised
    assert any("standardised target, 0.5" in why for why in standard.why)
    assert any("in units of their own" in why for why in recommend(200, 0.01, 0.76).why)


def test_without_classes_the_curve_tells_the_scale():
    """As on the page where the classes are left empty."""
    right = Counter()
    for log in LOGS:
        right[diagnose(log["curve"], n_val=log["n_val"]).name in log["labels"]] += 1
    assert right[True] >= 0.85 * len(LOGS)


# --- text: nothing was measured on it ---


@pytest.mark.parametrize("objective", ["loss", "accuracy"])
@pytest.mark.parametrize("curve", [None, curve_like()])
def test_text_gets_no_noise_and_nothing_is_called_measured_on_it(objective, curve):
    advice = recommend(
        200, 0.01, 1.0, task="text", n_classes=4, n_val=400, steps=1000, curve=curve, objective=objective
    )
    check(advice)
    assert advice.diagnosis in OVERFIT
    assert advice.settings.input_noise == advice.settings.mixup_alpha == advice.settings.augment == 0
    assert advice.confidence == "low"
    assert not any("measured here" in reason.source for reason in advice.reasons)
    assert any("Nothing was measured on text" in why for why in advice.why)
    assert all(reason.source.endswith("not measured on text") for reason in advice.reasons)
    good = recommend(200, 0.3, 0.31, task="text", n_classes=4, n_val=400)
    assert not any("measured here" in reason.source for reason in good.reasons)


def test_a_size_beyond_the_benchmark_is_not_called_measured():
    for n_train, inside in ((29, False), (30, True), (1000, True), (1001, False)):
        sources = {reason.source for reason in advise(curve_like(), n_train, batch_size=32).reasons}
        assert (MEASURED in sources) == inside


# --- literature is never shown as measured ---


@pytest.mark.parametrize(
    ("architecture", "task", "n_train", "steps", "expected"),
    [
        ("conv", "image", 50_000, 1000, {"augment": 0.5, "weight_decay": 0.02}),
        ("conv", "image", 1_200_000, 1000, {"mixup_alpha": 0.1, "weight_decay": 0.02}),
        ("transformer", "image", 20_000, 1000, {"mixup_alpha": 0.8}),
        ("transformer", "image", 1_200_000, 1000, {"mixup_alpha": 0.8, "label_smoothing": 0.1, "weight_decay": 0.05}),
        ("transformer", "image", 14_000_000, 1000, {"weight_decay": 0.03}),
        ("language model", "text", 10**6, 1000, {"weight_decay": 0.1, "clip_norm": 1.0}),
        ("language model", "text", 10**4, 1000, {"dropout": 0.1, "weight_decay": 0.1, "clip_norm": 1.0}),
        ("language model", "text", 1000, 1000, {"dropout": 0.1, "weight_decay": 0.8, "clip_norm": 1.0}),
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


PUBLISHED = [
    ("conv", "image", None, {"augment": (0.5, 0.25, 1), "l2": (5e-4, 1e-4, 1e-3)}),
    ("conv", "image", None, {"augment": (0.5, 0.25, 1), "weight_decay": (0.02, 0.01, 0.05)}),
    ("conv", "image", None, {"mixup_alpha": (0.1, 0.1, 0.2), "l2": (1e-4, 5e-5, 1e-4)}),
    ("conv", "image", None, {"mixup_alpha": (0.1, 0.1, 0.2), "weight_decay": (0.02, 0.01, 0.02)}),
    ("transformer", "image", None, {"mixup_alpha": (0.8, 0.2, 0.8)}),
    ("transformer", "image", None, {"mixup_alpha": (0.8, 0.2, 0.8), "label_smoothing": (0.1, 0.05, 0.1),
                                    "weight_decay": (0.05, 0.03, 0.1)}),
    ("transformer", "image", None, {"weight_decay": (0.03, 0.03, 0.1)}),
    ("language model", "text", None, {"weight_decay": (0.1, 0.05, 0.2), "clip_norm": (1, 0.5, 2)}),
    ("language model", "text", None, {"dropout": (0.1, 0, 0.2), "weight_decay": (0.1, 0.05, 0.2),
                                      "clip_norm": (1, 0.5, 2)}),
    ("language model", "text", None, {"dropout": (0.1, 0.1, 0.2), "weight_decay": (0.8, 0.8, 3.2),
                                      "clip_norm": (1, 0.5, 2)}),
    ("transformer", "text", "full", {"learning_rate": (2e-5, 1e-5, 5e-5), "dropout": (0.1, 0.1, 0.1),
                                     "weight_decay": (0.1, 0.01, 0.1)}),
    ("language model", "text", "full", {"learning_rate": (1e-5, 1e-5, 5e-5), "dropout": (0.1, 0, 0.2),
                                        "weight_decay": (0.01, 0.01, 0.1)}),
    ("language model", "text", "lora", {"learning_rate": (2e-4, 1e-4, 2e-4), "dropout": (0.1, 0, 0.1),
                                        "weight_decay": (0.01, 0, 0.1)}),
    ("transformer", "text", "lora", {"learning_rate": (2e-4, 1e-4, 5e-4), "dropout": (0.1, 0, 0.1),
                                     "weight_decay": (0.01, 0, 0.1)}),
    ("conv", "image", "full", {"learning_rate": (5e-5, 2e-5, 1e-4), "augment": (0.5, 0.25, 1)}),
]  # fmt: skip


def test_published_numbers_change_in_two_places_or_not_at_all():
    """What was searched where, as (value, low, high); the sources of the numbers stand beside them in the recipes."""
    rows = [(r.architecture, r.task, r.pretrained, r.settings) for r in strategy.RECIPES]
    assert rows == PUBLISHED


@pytest.mark.parametrize(
    ("architecture", "task", "rows_and_passes"),
    [
        ("conv", "image", [(99_999, 1), (100_000, 1)]),
        ("transformer", "image", [(99_999, 1), (4_999_999, 1), (5_000_000, 1)]),
        ("language model", "text", [(1000, 1.5), (1000, 4), (1000, 4.1)]),
    ],
)
def test_a_published_row_ends_where_the_next_begins(architecture, task, rows_and_passes):
    every = [r for r in strategy.RECIPES if (r.architecture, r.task, r.pretrained) == (architecture, task, None)]
    beyond = {"conv": (100_000, 1), "transformer": (100_000, 1), "language model": (1000, 1.6)}[architecture]
    for optimizer in OPTIMIZERS:
        kind = [r for r in every if optimizer in r.optimizers]
        assert [next(r for r in kind if r.fits(*case)) for case in rows_and_passes] == kind
        assert not kind[0].fits(*beyond)


def test_no_source_says_what_its_reader_did():
    cited = [recipe.source for recipe in strategy.RECIPES] + [
        line for recipe in strategy.RECIPES for line in recipe.also
    ]
    cited += [strategy.SMOOTHING, strategy.MIXUP, strategy.PLAYBOOK, strategy.NANOGPT]
    assert not [text for text in cited if re.search(r"opened|memory|checked|abstract|read in", text)]


def test_decay_in_many_passes_rises_with_the_models_size():
    """Kim et al. 2025, arXiv 2509.14786: .8, 1.6, 3.2, 3.2 at 150M, 300M, 600M, 1.4B."""
    advice = advise(curve_like(), n_train=1000, task="text", architecture="language model", batch_size=32)
    assert advice.settings.weight_decay == 0.8
    assert advice.ranges["weight_decay"] == (0.8, 3.2)
    assert any("2509.14786" in reason.source for reason in advice.reasons)
    passes = advise(overfit(range(1, 41), "epoch"), n_train=10**6, task="text", architecture="language model")
    assert passes.settings.weight_decay == 0.8  # forty passes, whatever a step is


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
        ({"current": {"dropout": 0.5}}, "current must be a Settings, got {'dropout': 0.5}"),
        ({"pretrained": "yes"}, "pretrained must be full or lora, or None, got 'yes'"),
        ({"optimizer": "lion"}, "optimizer must be one of sgd, adam, adamw, got 'lion'"),
        ({"target_variance": 0}, "target_variance must be above 0, got 0"),
        ({"class_shares": [0.9, 0.1]}, "class_shares must have one number per class, 10, got 2"),
        ({"class_shares": [1.0], "n_classes": None}, "class_shares must be how large each class is"),
        ({"class_shares": [0.5, -0.5], "n_classes": None}, "class_shares must be how large each class is"),
        ({"curve": {"step": [1], "train_accuracy": [0.5]}}, "curve must have the columns step, train_loss, val_loss"),
        ({"curve": {"step": [1], "val_accuracy": [101]}}, "must hold shares or percentages, got 101"),
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


def reason(advice, field):
    (matching,) = (reason for reason in advice.reasons if reason.field == field)
    return matching


def test_when_a_run_was_at_its_best_is_an_evaluation_of_it():
    # 1.0 and 1.05 at steps 400 and 900 are within 10 %: the middle, 600, was never looked at.
    val = [2.0, 1.0, 1.3, 1.05, 1.6]
    curve = {"step": [100, 400, 650, 900, 1000], "train_loss": [1.5, 0.6, 0.2, 0.1, 0.05], "val_loss": val}
    sentence = reason(advise(curve), "weight_decay").sentence
    assert "at its best between step 400 and step 900 (lowest at step 400; in the middle, 600): decay" in sentence
    alone = reason(advise({**curve, "val_loss": [2.0, 1.0, 1.3, 1.4, 1.6]}), "weight_decay").sentence
    assert "The run was at its best at step 400: decay" in alone
    guessed = recommend(200, 0.01, 1.0, n_classes=10, n_val=400, steps=1000)
    assert re.search(r"best about step \d+ \(a guess", reason(guessed, "weight_decay").sentence)


def test_patience_names_its_unit_and_why_the_loss_is_watched():
    by_loss, by_accuracy = (advise(curve_like(), objective=counts) for counts in ("loss", "accuracy"))
    for advice in (by_loss, by_accuracy):
        sentence = reason(advice, "patience").sentence
        assert (
            "Patience counts evaluations: a run of up to 40 of them, as reglab.fit makes, it never stops." in sentence
        )
    assert "Only the loss is watched, also where accuracy counts" in reason(by_accuracy, "patience").sentence
    assert "accuracy" not in reason(by_loss, "patience").sentence
    regression = recommend(100, 0.001, 0.6, constant_loss=0.5, n_val=400, steps=1000, objective="accuracy")
    assert "accuracy" not in reason(regression, "patience").sentence
    # It is so: a run on which patience counts ends with its last evaluation.
    run = fit("digits", Settings(patience=PATIENCE, learning_rate=0.01), Training(max_steps=400), n_train=30, seeds=1)
    assert 30 < len(run.steps) <= PATIENCE
    assert np.isfinite(run.val_loss).all()


def test_a_run_that_diverged_is_asked_for_nothing_that_its_advice_does_not_need():
    epochs = Curve(
        {"step": [1, 2, 3], "train_loss": [2.3, 5.0, math.nan], "val_loss": [2.3, 6.0, math.nan]}, unit="epoch"
    )
    advice = recommend(None, math.nan, math.nan, n_classes=10, curve=epochs, learning_rate=None)
    assert advice.diagnosis == "diverging"
    assert advice.next_steps[0] == "Say the learning rate (learning_rate): a tenth of it is to be tried next."
    assert not any("weight decay" in step for step in advice.next_steps)


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


# --- a run in place of a curve ---


@pytest.fixture(scope="module")
def wine():
    """Return a run of two settings and three seeds, which has nothing that is usual."""
    training = Training(max_steps=120, batch_size=16, optimizer="sgd")
    return fit(
        "wine",
        [Settings(learning_rate=0.02), Settings(learning_rate=0.05, dropout=0.5)],
        training,
        n_train=60,
        n_val=40,
        seeds=3,
    )


def test_a_run_says_itself_what_is_asked_beside_a_curve(wine):
    """Whoever hands in the run need not say anything of it; each number is held against those told by hand."""
    shares = np.bincount(datasets.load("wine").y).tolist()
    beside = {"n_classes": 3, "n_val": 40, "training_mode_loss": False, "class_shares": shares}
    for number, settings in enumerate(wine.settings):
        curve = curve_of(wine, number)
        by_hand = diagnose(curve, **beside, current=settings)
        of_run = diagnose(wine, setting=number)
        assert replace(of_run, why=of_run.why[:-1]) == by_hand
        rate = settings.learning_rate
        also = {"learning_rate": rate, "batch_size": 16, "optimizer": "sgd", "current": settings}
        advice, advised = recommend(60, curve=curve, **beside, **also), recommend(curve=wine, setting=number)
        assert replace(advised, why=advised.why[:-1]) == advice
        other = 0 if number else 1
        which = f"Read of the run: setting {number} of 2, {wine.labels[number]}, the mean of its 3 seeds"
        assert of_run.why[-1] == advised.why[-1] == f"{which}; setting={other} reads another one."


def test_a_run_is_of_its_own_kind():
    """Images, regression, own rows with unequal classes and a file: the task and the scale are the run's."""
    short = Training(max_steps=40)
    plain = fit("digits", Settings(), short, n_train=40, n_val=30, seeds=1)
    advice = recommend(curve=plain)
    assert (
        advice.why
        == recommend(
            40,
            task="image",
            n_val=30,
            curve=curve_of(plain),
            batch_size=32,
            n_classes=10,
            training_mode_loss=False,
            class_shares=np.bincount(datasets.load("digits").y).tolist(),
        ).why
    )
    signals = fit("mnist1d", Settings(), Training(max_steps=400), n_train=50, n_val=50, seeds=1)
    assert recommend(curve=signals).settings.augment  # which no table is advised
    thousands = fit("diabetes", Settings(), short, n_train=60, n_val=30, seeds=2)
    by_hand = diagnose(curve_of(thousands), constant_loss=0.5, n_val=30, training_mode_loss=False)
    assert replace(by_hand, why=(*by_hand.why, "Read of the run: the mean of its 2 seeds.")) == diagnose(thousands)
    x = np.random.default_rng(0).normal(size=(300, 3))
    rare = datasets.Dataset.from_arrays(x, np.where(x[:, 0] > 1.6, "rare", "usual"))
    run = fit(rare, Settings(), short, n_train=100, n_val=50, seeds=1)
    guess = strategy.entropy_of(np.bincount(rare.y).tolist())
    assert guess < 0.3
    columns = {name: np.full((1, 1, 2), guess) for name in ("train_loss", "val_loss")}
    columns |= {name: np.full((1, 1, 2), 0.95) for name in ("train_accuracy", "val_accuracy")}
    flat = replace(run, steps=np.array([1, 2]), **columns)
    assert diagnose(flat).name == diagnose(curve_of(flat), class_shares=np.bincount(rare.y).tolist()).name
    assert diagnose(flat).name != diagnose(curve_of(flat), n_classes=2).name


def test_a_run_from_a_file_takes_what_the_file_does_not_hold(tmp_path):
    run = fit("mnist1d", Settings(), Training(max_steps=400), n_train=50, n_val=50, seeds=1)
    run.save(tmp_path / "run.npz")
    loaded = load_run(tmp_path / "run.npz")
    assert not recommend(curve=loaded).settings.augment
    assert recommend(curve=loaded, task="signal").settings.augment
    assert diagnose(loaded).why == diagnose(curve_of(run), n_classes=10, n_val=50, training_mode_loss=False).why


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("n_train", 61, "60"),
        ("task", "image", "'tabular'"),
        ("n_classes", 2, "3"),
        ("n_val", 41, "40"),
        ("learning_rate", 0.1, "0.02"),
        ("batch_size", 32, "16"),
        ("training_mode_loss", True, "False"),
        ("architecture", "conv", "'dense'"),
        ("optimizer", "adam", "'sgd'"),
    ],
)
def test_what_a_run_says_of_itself_cannot_be_told_otherwise(wine, name, value, says):
    said = f"{name} must be left out or what the run says of itself, {says}, got "
    assert refusal(recommend, curve=wine, **{name: value}).startswith(said)
    if name in inspect.signature(diagnose).parameters:
        assert refusal(diagnose, wine, **{name: value}).startswith(said)


def test_what_a_run_says_of_itself_may_be_said_again(wine):
    again = {"n_train": np.int64(60), "n_classes": 3, "n_val": 40, "learning_rate": 0.02, "current": wine.settings[0]}
    assert recommend(curve=wine, **again) == recommend(curve=wine)
    said = refusal(recommend, curve=wine, current=Settings(l2=0.1))
    assert said.startswith(f"current must be left out or what the run says of itself, {wine.labels[0]}, got Settings(")
    assert diagnose(wine, constant_loss=3.0).name == diagnose(wine, target_variance=3.0).name  # either says the scale


def test_a_setting_is_of_a_run_and_a_run_has_rows_to_validate(wine):
    assert refusal(diagnose, wine, setting=2) == "setting must be at most 1, got 2"
    assert refusal(recommend, curve=wine, setting=-1) == "setting must be a whole number of at least 0, got -1"
    assert refusal(recommend, 60, curve=curve_of(wine), setting=1) == "setting must be at most 0, got 1"
    assert refusal(diagnose, curve_of(wine), setting=1) == "setting must be at most 0, got 1"
    run = fit("wine", Settings(), Training(max_steps=2), n_train=60, n_val=0, seeds=1)
    all_rows = "curve must be a run with validation rows, got one that trained on all of them (n_val=0)"
    assert refusal(recommend, curve=run) == refusal(diagnose, run) == all_rows


def test_a_diagnosis_says_itself_in_a_few_lines(wine):
    diagnosis = diagnose(wine)
    lines = repr(diagnosis).splitlines()
    assert lines[0] == f"<Diagnosis: {diagnosis.name}, confidence {diagnosis.confidence}>"
    assert lines[1].split() == ["gap", f"{diagnosis.gap:.3g}"]
    assert [line.removeprefix("  - ") for line in lines[3:]] == [*diagnosis.why, *diagnosis.unchecked]
    assert "<td>best step</td>" in diagnosis._repr_html_()
    of_accuracies = diagnose({"step": [1, 2, 3], "val_accuracy": [0.5, 0.7, 0.6], "train_accuracy": [0.5, 0.9, 1.0]})
    assert "gap" not in repr(of_accuracies).splitlines()[1]


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


def test_the_standard_error_is_the_noise_that_a_gap_is_held_against():
    assert strategy.standard_error(0.5, 400) == pytest.approx(1.2 * 0.5 / 20)
    assert strategy.standard_error(0.1, 100, train_loss=0.4) == pytest.approx(1.2 * 0.4 / 10)
    assert strategy.standard_error(0.1, 100, train_loss=0.4, constant_loss=0.3) == pytest.approx(1.2 * 0.3 / 10)
    assert strategy.standard_error(0.1, 100, accuracy=0.9) == pytest.approx(3 * 0.1 / 10)
    assert strategy.standard_error(0.1, 100, accuracy=1.0) == pytest.approx(math.sqrt(99) * 0.1 / 10)
    assert strategy.standard_error(0.1, 100, accuracy=0.5) == pytest.approx(1.2 * 0.1 / 10)
    assert strategy.standard_error(0.5, 1, train_loss=0.4) == pytest.approx(0.6)
    why = " ".join(recommend(200, 0.3, 0.31, n_classes=10, n_val=300).why)
    assert f"{strategy.standard_error(0.31, 300, train_loss=0.3, constant_loss=math.log(10)):.3g}" in why
    for wrong in ({"val_loss": -1, "n_val": 9}, {"val_loss": 1, "n_val": 0}, {"val_loss": math.nan, "n_val": 9}):
        with pytest.raises(ValueError, match="must be"):
            strategy.standard_error(**wrong)


@pytest.mark.parametrize(("name", "n_train"), [("digits", 200), ("breast_cancer", 50), ("moons", 50)])
def test_the_guess_of_the_noise_is_within_a_factor_of_two_of_that_of_the_rows(name, n_train):
    data = datasets.load(name)
    run = fit(data, Settings(), Training(max_steps=600, eval_steps=600), n_train=n_train, n_val=100, seeds=1)
    right = run.predict(data.x)[0, 0]
    losses = -np.log(np.clip(right[np.arange(len(data.y)), data.y], 1e-12, 1))
    accuracy = float((right.argmax(axis=-1) == data.y).mean())
    guess = strategy.standard_error(float(losses.mean()), len(losses), accuracy=accuracy)
    measured = float(losses.std()) / math.sqrt(len(losses))
    assert 0.5 < guess / measured < 2
    assert strategy.standard_error(float(losses.mean()), len(losses)) < 0.75 * measured


def test_a_patience_as_long_as_the_run_is_said_never_to_stop_it():
    log = {"step": list(range(1, 9)), "train_loss": [2.0, 1.4, 0.9, 0.5, 0.3, 0.2, 0.1, 0.05]}
    log["val_loss"] = [2.1, 1.6, 1.3, 1.2, 1.3, 1.5, 1.8, 2.1]
    for architecture in ("dense", "conv", "transformer"):
        advice = recommend(5000, curve=log, task="image", n_classes=10, n_val=1000, architecture=architecture)
        (said,) = [reason.sentence for reason in advice.reasons if reason.field == "patience"]
        assert f"a run of up to {advice.settings.patience} of them it never stops" in said
        assert "Stop when" not in said


@pytest.mark.parametrize("val_loss", [[1.02, 1.0], [1.1, 1.02, 1.0]])
def test_few_evaluations_whose_loss_still_falls_get_no_decay(val_loss):
    steps = list(range(1, 1 + len(val_loss)))
    log = Curve({"step": steps, "train_loss": [0.5, 0.2, 0.1][: len(steps)], "val_loss": val_loss}, unit="epoch")
    advice = recommend(200, curve=log, n_classes=10, n_val=5000, batch_size=32)
    assert advice.settings.weight_decay == advice.settings.input_noise == 0
    assert advice.confidence == "low"
    assert f"Log each epoch, and ask again: {len(steps)} evaluations are too few." in advice.next_steps
    more = Curve(
        {"step": [1, 2, 3, 4], "train_loss": [0.9, 0.5, 0.2, 0.1], "val_loss": [1.3, *[1.1, 1.02, 1.0]]}, unit="epoch"
    )
    assert not any(
        "Log each" in step for step in recommend(200, curve=more, n_classes=10, n_val=5000, batch_size=32).next_steps
    )
