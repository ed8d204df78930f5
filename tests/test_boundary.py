"""Frames of a boundary that is learned: against `fit` bit for bit, what they pack, and points of one's own."""

import dataclasses

import numpy as np
import pytest

from reglab import experiments
from reglab.datasets import Dataset, load
from reglab.engine.run import ARRAYS
from reglab.engine.train import fit
from reglab.experiments import boundary
from reglab.settings import Settings, Training

SHORT = Training(hidden_sizes=(16,), max_steps=60, eval_steps=6)
BOTH = (Settings(learning_rate=3e-3), Settings(learning_rate=3e-3, weight_decay=3.0, dropout=0.2))


def test_the_run_is_that_of_fit_bit_for_bit():
    learned = experiments.learned_boundary("moons", BOTH, SHORT, n_train=40, seeds=[3, 5], side=8)
    run = fit("moons", BOTH, SHORT, n_train=40, seeds=[3, 5])
    for name in ARRAYS:
        assert np.array_equal(getattr(learned.run, name), getattr(run, name), equal_nan=True), name
    assert learned.codes.shape == (2, len(run.steps), 64)
    assert np.array_equal(learned.rows, load("moons").x[experiments.rows_of(run, "train")[0]])
    assert np.array_equal(learned.labels, load("moons").y[experiments.rows_of(run, "train")[0]])


def test_a_frame_is_what_a_run_to_that_step_predicts():
    learned = experiments.learned_boundary("spirals", BOTH, SHORT, n_train=40, seeds=[4, 9], side=12)
    for evaluation, step in enumerate(learned.run.steps.tolist()):
        short = fit("spirals", BOTH, dataclasses.replace(SHORT, max_steps=step, eval_steps=1), n_train=40, seeds=[4])
        p = short.predict(learned.points)[:, 0]
        for setting in range(2):
            likeliest, confidence = learned.answers(setting, evaluation)
            assert np.array_equal(likeliest, p[setting].argmax(axis=-1))
            assert np.abs(confidence - p[setting].max(axis=-1)).max() <= (1 - 1 / 3) / (learned.levels - 1) / 2 + 1e-6


def test_models_of_a_seed_begin_alike_and_go_apart():
    training = dataclasses.replace(SHORT, max_steps=200, eval_steps=200)
    off, strong = BOTH[0], Settings(learning_rate=3e-3, weight_decay=30.0)
    learned = experiments.learned_boundary("moons", (off, off, strong), training, n_train=40, seeds=1, side=8)
    assert np.array_equal(learned.codes[0], learned.codes[1])
    apart = np.abs(learned.codes[0].astype(int) - learned.codes[2]).mean(axis=-1)
    assert 0 < 3 * apart[0] < apart[-1]


@pytest.mark.parametrize("n_classes", [2, 3, 7, 20])
def test_what_is_packed_is_unpacked(n_classes):
    rng = np.random.default_rng(n_classes)
    p = rng.dirichlet(np.full(n_classes, 0.4), size=500).astype(np.float32)
    p[:n_classes], p[n_classes] = np.eye(n_classes), np.nan
    learned = experiments.learned_boundary("moons", Settings(), SHORT, n_train=40, seeds=1, side=2)
    learned = dataclasses.replace(learned, codes=boundary._packed(p)[None, None], n_classes=n_classes)
    likeliest, confidence = learned.answers(0, 0)
    rest = np.arange(500) != n_classes
    assert likeliest[n_classes] == -1
    assert np.isnan(confidence[n_classes])
    assert np.array_equal(likeliest[rest], p[rest].argmax(axis=-1))
    half = (1 - 1 / n_classes) / (learned.levels - 1) / 2
    assert np.abs(confidence[rest] - p[rest].max(axis=-1)).max() <= half + 1e-6
    assert np.array_equal(confidence[:n_classes], np.ones(n_classes))
    assert learned.shares.shape == (1, 1, n_classes)
    assert learned.shares.sum() == pytest.approx(499 / 500)


def test_a_model_that_stops_goes_back_to_what_it_keeps():
    settings = (Settings(learning_rate=0.02), Settings(learning_rate=0.02, patience=1))
    training = Training(hidden_sizes=(64,), max_steps=400, eval_steps=20)
    learned = experiments.learned_boundary("moons", settings, training, n_train=30, seeds=1, side=8)
    stopped = np.flatnonzero(np.isnan(learned.run.val_loss[1, 0]))
    assert 0 < len(stopped) < 18
    back, before = int(learned.run.best[1, 0]), int(stopped[0]) - 1
    assert back == before - 1
    assert all(np.array_equal(learned.codes[1, e], learned.codes[1, back]) for e in stopped)
    assert not np.array_equal(learned.codes[1, before], learned.codes[1, back])
    assert np.array_equal(learned.codes[0, :before], learned.codes[1, :before])


def test_where_all_have_stopped_or_diverged_the_last_answers_are_what_is_kept():
    wild = Settings(learning_rate=1e6, momentum=0.0)
    training = dataclasses.replace(SHORT, optimizer="sgd")
    learned = experiments.learned_boundary("moons", wild, training, n_train=40, seeds=1, side=4)
    assert learned.run.diverged.all()
    assert learned.run.best[0, 0] == -1
    assert (learned.codes == boundary.NO_ANSWER).all()
    assert learned.answers(0, -1)[0].tolist() == [-1] * 16
    assert learned.shares.sum() == 0


def test_points_are_trained_on_beside_the_same_rows():
    mine = [(0.25, 1.5, 1), (-1.0, 0.125, 0)]
    with_points = experiments.learned_boundary("circles", BOTH, SHORT, n_train=30, seeds=[2, 7], points=mine, side=4)
    without = experiments.learned_boundary("circles", BOTH, SHORT, n_train=30, seeds=[2, 7], side=4)
    assert with_points.rows[-2:].tolist() == [[0.25, 1.5], [-1.0, 0.125]]
    assert with_points.labels[-2:].tolist() == [1, 0]
    assert np.array_equal(with_points.rows[:-2], without.rows)
    assert np.array_equal(with_points.labels[:-2], without.labels)
    for split, rows in (("train", 30), ("val", 50)):
        numbers = experiments.rows_of(with_points.run, split), experiments.rows_of(without.run, split)
        for seed, (mine_at, at) in enumerate(zip(*numbers, strict=True)):
            data = with_points.run.data[seed]
            assert np.array_equal(data.x[mine_at[:rows]], load("circles").x[at])
            assert np.array_equal(data.y[mine_at[:rows]], load("circles").y[at])
    assert with_points.run.n_val == without.run.n_val == 50
    assert not np.array_equal(with_points.run.train_loss, without.run.train_loss)


def test_a_share_of_the_labels_is_shuffled_for_each_seed_but_not_that_of_a_point():
    point = (0.0, 0.0, 1)
    learned = experiments.learned_boundary("moons", BOTH[0], SHORT, n_train=200, seeds=2, points=[point], share=1.0)
    right = experiments.learned_boundary("moons", BOTH[0], SHORT, n_train=200, seeds=2, side=4)
    assert np.array_equal(learned.rows[:-1], right.rows)
    assert 0.3 < (learned.labels[:-1] != right.labels).mean() < 0.7
    assert learned.labels[-1] == 1
    run = fit(experiments.shuffled(load("moons"), 1.0, 0), BOTH[0], SHORT, n_train=200, seeds=1)
    alone = experiments.learned_boundary("moons", BOTH[0], SHORT, n_train=200, seeds=1, share=1.0, side=4).run
    assert np.array_equal(alone.val_loss, run.val_loss)


def test_a_table_with_two_columns_is_learned_too():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 2))
    data = Dataset.from_arrays(x * [1, 1000], np.where(x[:, 0] > x[:, 1] ** 2, "in", "out"), groups=np.arange(90) // 3)
    learned = experiments.learned_boundary(data, BOTH, SHORT, n_train=20, n_val=20, seeds=2, points=[(0, 0, 1)], side=6)
    (x0, x1), (y0, y1) = experiments.plane_ends(data)
    assert learned.points[:, 0].min() == pytest.approx(x0 + (x1 - x0) / 12)
    assert learned.points[:, 1].max() == pytest.approx(y1 - (y1 - y0) / 12)
    assert learned.run.class_names == ("in", "out")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"dataset": "wine"}, "dataset must have two inputs, got wine of 13"),
        ({"dataset": "diabetes"}, "dataset must have classes"),
        ({"side": 1}, "side must be a whole number of at least 2, got 1"),
        ({"points": [(0.0, 0.0)]}, "points must be of x, y and class each"),
        ({"points": [(0.0, 0.0, 2)]}, "points must be at most 1, got 2"),
        ({"points": [(float("nan"), 0.0, 1)]}, "points must be"),
        ({"share": 1.5}, "share must be in"),
        ({"n_train": 1000}, "n_train must be at most 999"),
        ({"training": dataclasses.replace(SHORT, batch_norm=True)}, "training must be without batch norm"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, sentence):
    given = {"dataset": "moons", "settings": Settings(), "training": SHORT, "n_train": 40, "seeds": 1, **wrong}
    with pytest.raises(ValueError, match=sentence):
        experiments.learned_boundary(**given)


def test_who_watches_a_run_is_shown_every_evaluation_of_every_model():
    training, settings = Training(hidden_sizes=(8,), max_steps=20, eval_steps=5), [Settings(l2=k) for k in range(20)]
    seen = {}

    def watch(evaluation, at, weights):
        for k in range(20)[at[0]]:
            for s in range(3)[at[1]]:
                seen[evaluation, k, s] = weights[k - at[0].start, s - at[1].start]

    run = fit("moons", settings, training, n_train=20, seeds=3, watch=watch)
    evaluations = len(run.steps)
    assert len(seen) == evaluations * 60
    for k in range(20):
        for s in range(3):
            assert np.array_equal(seen[evaluations - 1, k, s], run.kept_weights[k, s])
            assert not np.array_equal(seen[0, k, s], seen[evaluations - 1, k, s])
    with pytest.raises(ValueError, match="watch must be"):
        fit("moons", settings, training, n_train=20, seeds=3, watch=3)
