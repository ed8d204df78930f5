"""The strength-against-loss picture: its plain functions."""

import dataclasses
import math

import numpy as np
import pytest

from pages.ui import effect

from reglab import Settings, Training, fit

SCALE = effect.Scale("weight_decay", (0.0, 0.1, 1.0), "weight decay")


@pytest.fixture(scope="module")
def run():
    stack = SCALE.settings(Settings())
    return fit("wine", stack, Training(hidden_sizes=(8,), max_steps=30, eval_steps=5), n_train=30, seeds=3)


def with_losses(run, val):
    """Return the run with other validation and test losses at the end, (settings, seeds)."""
    losses = np.repeat(np.array(val, float)[..., None], len(run.steps), axis=2)
    return dataclasses.replace(run, val_loss=losses, test_loss=losses)


def test_a_scale_is_the_base_with_each_strength():
    base = Settings(dropout=0.5)
    assert [s.weight_decay for s in SCALE.settings(base)] == [0.0, 0.1, 1.0]
    assert {s.dropout for s in SCALE.settings(base)} == {0.5}
    assert [SCALE.label(value) for value in SCALE.values] == ["off", "0.1", "1"]


def test_rows_have_every_strength_and_split_with_mean_and_range(run):
    sets = effect.rows(run, SCALE, 0.1, 2.0, "weight decay 0.1")
    assert sets["now"] == [{"level": 1, "top": 2.0}]
    assert len(sets["strengths"]) == 9
    for row in sets["strengths"]:
        values = run.kept(f"{effect.SHORT[row['who']]}_loss")[row["level"]]
        assert row["mean"] == pytest.approx(values.mean())
        assert (row["low"], row["high"]) == (values.min(), values.max())
        assert row["text"] == f"{row['who']} {values.mean():.3f}"
    assert {row["level"] for row in sets["curves"]} == {1, 2}
    assert len(sets["curves"]) == 4  # train and validation, packed
    first = next(row for row in sets["curves"] if row["split"] == "validation")["curve"].split(" ")[0]
    step, mean, low, high = map(float, first.split(","))
    assert step == run.steps[0]
    assert mean == pytest.approx(min(run.val_loss[1, :, 0].mean(), 2.0), abs=1e-3)
    assert low <= mean <= high
    assert {row["level"] for row in sets["baseline"]} == {0}
    assert {row["who"] for row in sets["baseline"]} == {"baseline"}


def test_columns_of_the_pointer_meet(run):
    slots = effect.rows(run, SCALE, 0.0, 1.0, "off")["slots"]
    assert [slot["to"] for slot in slots[:-1]] == [slot["from"] for slot in slots[1:]]


def test_what_diverged_is_named_and_what_has_not_begun_is_not(run):
    lost = dataclasses.replace(run, best=np.full_like(run.best, -1), diverged=np.ones_like(run.diverged))
    assert {row["text"] for row in effect.rows(lost, SCALE, 0.0, 1.0, "")["strengths"]} == {
        "train diverged",
        "validation diverged",
        "test diverged",
    }
    begun = dataclasses.replace(run, best=np.full_like(run.best, -1))
    assert effect.rows(begun, SCALE, 0.0, 1.0, "")["strengths"][0]["text"] == "validation …"


def test_the_axis_shows_the_baseline_and_half_of_the_strengths(run):
    assert effect.top_of_axis(with_losses(run, [[0.4] * 3, [0.3] * 3, [9.0] * 3])) == 0.75  # the worst may leave it
    assert effect.top_of_axis(with_losses(run, [[0.1] * 3, [0.6] * 3, [0.7] * 3])) == 1.0
    assert effect.top_of_axis(dataclasses.replace(run, best=np.full_like(run.best, -1))) == 1.0


def test_means_leave_out_what_diverged():
    assert effect.mean([1.0, 3.0, math.nan, math.inf]) == 2.0
    assert effect.mean([math.nan]) is None


def test_curves_are_cut_where_they_leave_the_axis_each_for_itself():
    points = [("train", 0, 4.0), ("train", 2, 2.0)]
    points += [("validation", 0, 4.0), ("validation", 2, 3.5), ("validation", 6, 2.5)]
    rows = [{"line": "1", "split": s, "step": t, "mean": m, "low": m - 1, "high": m + 1} for s, t, m in points]
    cut = effect.cut(rows, top=3.0)
    assert [(row["split"], row["step"], row["mean"]) for row in cut] == [
        ("train", 0, None),
        ("train", 1.0, 3.0),
        ("train", 2, 2.0),
        ("validation", 0, None),
        ("validation", 2, None),
        ("validation", 4.0, 3.0),
        ("validation", 6, 2.5),
    ]
    assert max(row["high"] for row in cut) == 3.0


def test_a_template_does_not_follow_the_data():
    assert effect.template(SCALE, 300) is effect.template(effect.Scale(*dataclasses.astuple(SCALE)), 300)
    assert "datasets" not in effect.template(SCALE, 300)


def test_the_axis_holds_a_curve_that_rises_on_the_way(run):
    hump = with_losses(run, [[0.3] * 3, [0.2] * 3, [0.4] * 3])
    hump.val_loss[2, :, -2] = 2.0
    assert effect.top_of_axis(hump) < 1
    assert effect.top_of_axis(hump, 2) > 2


def test_the_axis_does_not_follow_a_seed_that_diverges(run):
    lost = with_losses(run, [[0.3] * 3, [0.2] * 3, [0.4] * 3])
    lost.val_loss[2, 1, -2:] = [1e6, np.nan]
    assert effect.top_of_axis(lost, 2) > 1e5
    for seeds in ([1], [0, 1, 2]):
        diverged = np.zeros_like(run.diverged)
        diverged[2, seeds] = True
        assert effect.top_of_axis(dataclasses.replace(lost, diverged=diverged), 2) < 1


def test_the_history_has_every_evaluation_as_it_was(run):
    lost = dataclasses.replace(run, val_loss=np.where(run.steps > run.steps[1], np.nan, run.val_loss))
    rows = effect.history(lost, "dropout", SCALE.values)
    assert len(rows) == run.val_loss.size
    last = [row for row in rows if row["step"] == run.steps[-1]]
    assert [row["test_loss"] for row in last] == run.test_loss[:, :, -1].ravel().tolist()
    assert {row["val_loss"] for row in last} == {None}
    assert {row["n_train"] for row in rows} == {run.n_train}
    assert [row["dropout"] for row in last[:: len(run.seeds)]] == list(SCALE.values)


def test_the_axis_holds_what_is_set_and_leaves_out_what_would_press_the_rest_flat(run):
    spread = with_losses(run, [[0.3] * 3, [0.2] * 3, [9.0] * 3])
    assert effect.top_of_axis(spread) < 1
    assert effect.top_of_axis(spread, 2) > 9


def test_downloads_have_every_evaluation_of_every_model(run):
    rows = effect.history(run, "weight_decay", SCALE.values)
    assert len(rows) == 3 * 3 * len(run.steps)
    assert list(rows[0])[:4] == ["weight_decay", "seed", "n_train", "step"]
    row = rows[-1]
    assert (row["weight_decay"], row["seed"], row["step"]) == (1.0, 2, 30)
    assert row["test_loss"] == run.test_loss[2, 2, -1]


def test_a_constant_guess_is_the_largest_class():
    loss, accuracy = effect.guess("breast_cancer")
    assert loss == pytest.approx(math.log(2))
    assert accuracy == pytest.approx(106 / 169)
