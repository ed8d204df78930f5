"""Experiments: against `fit` alone, against what must hold, and what they refuse."""

import dataclasses

import numpy as np
import pytest

from reglab import experiments, label_smoothing, overfitting
from reglab.datasets import load
from reglab.early_stopping import patience_stop
from reglab.engine.train import fit
from reglab.settings import Settings, Training
from reglab.streams import generator

SHORT = Training(hidden_sizes=(16,), max_steps=60, eval_steps=3)


def test_legacy_sample_is_the_reference_sample():
    x, y, x_val, y_val = experiments.sine_sample(20, 0.3, 42, legacy=True)
    want_x, want_y = overfitting.reference_sample()
    assert np.array_equal(x, want_x)
    assert np.array_equal(y, want_y)
    assert x_val.shape == y_val.shape == (experiments.VALIDATION_POINTS,)


@pytest.mark.parametrize("spacing", ["even", "random"])
def test_a_seed_decides_the_sample(spacing):
    first, again, other = (experiments.sine_sample(30, 0.5, seed, spacing) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])
    assert not np.array_equal(first[3], other[3])


def test_validation_noise_is_not_the_samples():
    _, y, x_val, y_val = experiments.sine_sample(400, 0.5, 0)
    noise, fresh = y - np.sin(overfitting.grid(400)), y_val - np.sin(x_val)
    assert abs(np.corrcoef(noise, fresh)[0, 1]) < 0.2
    assert abs(fresh.std() - 0.5) < 0.06


def test_reference_demonstration_to_the_digits():
    """The table of the reference lesson, drawn as the page draws it."""
    x, y, x_val, y_val = experiments.sine_sample(20, 0.3, 42, legacy=True)
    found = overfitting.error_by_degree(x, y, range(20), x_val, y_val, 0.3)
    for degree, train, at_points, between in (
        (1, "0.3543", "0.2636", "0.2059"),
        (3, "0.0617", "0.0430", "0.0450"),
        (5, "0.0386", "0.0427", "0.0391"),
        (15, "0.0100", "0.0714", "1.39"),
        (19, None, "0.0814", "736"),
    ):
        assert train is None or f"{found.train[degree]:.4f}" == train
        assert f"{found.true_at_points[degree]:.4f}" == at_points
        digits = 0 if len(between) == 3 else len(between) - 2
        assert f"{found.true[degree]:.{digits}f}" == between
    assert found.train[19] < 1e-20
    assert [found.verdicts[degree] for degree in (1, 3, 5, 15, 19)] == ["under", "good", "good", "over", "over"]


def test_memorization_is_fit_on_shuffled_labels():
    found = experiments.memorization("wine", [0.0, 0.6], Settings(), SHORT, n_train=40, seeds=[2, 5])
    for i, share in enumerate(found.shares):
        data = experiments.shuffled(load("wine"), share, 2)
        run = fit(data, Settings(), SHORT, n_train=40, n_val=1, seeds=[2, 5])
        assert np.array_equal(found.train_accuracy[i], run.train_accuracy[0, :, -1])
        assert np.array_equal(found.test_accuracy[i], run.test_accuracy[0, :, -1])
        assert np.array_equal(found.train_curves[i], run.train_accuracy[0])
    assert np.array_equal(found.steps, run.steps)


def test_labels_are_shuffled_and_test_labels_stay():
    data = load("digits")
    half = experiments.shuffled(data, 0.5, seed=0)
    changed = np.mean(half.y != data.y)
    assert 0.4 < changed < 0.5  # one in ten of the shuffled rows has its own label again
    assert np.array_equal(np.bincount(half.y), np.bincount(data.y))
    assert np.array_equal(half.y_test, data.y_test)
    assert np.array_equal(half.y, overfitting.shuffle_labels(data.y, 0.5, generator(0, "shuffled labels")))
    assert np.array_equal(experiments.shuffled(data, 0.0, seed=0).y, data.y)


def test_shuffled_labels_are_memorised_and_the_test_falls_to_chance():
    found = experiments.memorization("digits", seeds=3)
    assert found.train_accuracy.min() > 0.98
    means = found.test_accuracy.mean(axis=1)
    assert (np.diff(means) < 0).all()
    assert means[0] > 0.88
    assert abs(means[-1] - found.chance) < 0.06
    assert abs(found.chance - 0.1) < 0.002


def test_chance_is_that_of_guessing_by_frequency():
    found = experiments.memorization("breast_cancer", [0.0], training=SHORT, n_train=20, seeds=1)
    positive = load("breast_cancer").y.mean()
    assert found.chance == pytest.approx(positive**2 + (1 - positive) ** 2)


def test_width_is_fit_at_each_width():
    found = experiments.width("wine", [3, 12], Settings(), SHORT, n_train=40, n_val=30, share=0.2, seeds=[1])
    data = experiments.shuffled(load("wine"), 0.2, 1)
    for i, units in enumerate((3, 12)):
        how = Training(hidden_sizes=(units,), max_steps=60, eval_steps=3)
        run = fit(data, Settings(), how, n_train=40, n_val=30, seeds=[1])
        for name in ("train_loss", "val_loss", "test_loss", "train_accuracy", "test_accuracy"):
            assert np.array_equal(getattr(found, name)[i], run.kept(name)[0])
    assert found.share == 0.2


@pytest.mark.parametrize("experiment", [experiments.memorization, experiments.width])
def test_progress_rises_and_shows_what_is_there(experiment):
    seen = []

    def progress(fraction, found):
        seen.append((fraction, np.isfinite(found.test_accuracy).all(axis=1).sum()))

    values = (0, 1) if experiment is experiments.memorization else (2, 4)
    experiment("wine", values, training=SHORT, n_train=30, seeds=2, progress=progress)
    fractions, done = zip(*seen, strict=True)
    assert list(fractions) == sorted(fractions)
    assert fractions[-1] == 1.0
    assert done[-1] == 2
    assert 1 in done, "the first result is shown before the second is there"


def test_the_ends_are_trained_first():
    order = []

    def progress(fraction, found):
        order.append(tuple(np.flatnonzero(np.isfinite(found.test_accuracy[:, 0]))))

    experiments.memorization("wine", [0, 0.5, 1], training=SHORT, n_train=30, seeds=1, progress=progress)
    assert [step for i, step in enumerate(order) if i == 0 or step != order[i - 1]][-3:] == [(0,), (0, 2), (0, 1, 2)]


def test_an_exception_in_progress_ends_the_experiment():
    def stop(fraction, found):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiments.memorization("wine", [0.0], training=SHORT, n_train=30, seeds=1, progress=stop)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: experiments.memorization("diabetes"), "dataset must have classes, got diabetes, a regression"),
        (lambda: experiments.memorization("wine", []), "shares must have at least one share, got none"),
        (lambda: experiments.memorization("wine", [1.5]), r"shares must be in \[0, 1\], got 1.5"),
        (lambda: experiments.memorization("wine", seeds=0), "seeds must be a whole number of at least 1, got 0"),
        (lambda: experiments.memorization("wine", seeds=[]), "at least one, got none"),
        (lambda: experiments.memorization("wine", n_train=120), "n_train"),
        (lambda: experiments.width("wine", []), "widths must have at least one width, got none"),
        (lambda: experiments.width("wine", [0]), "widths must be a whole number of at least 1, got 0"),
        (lambda: experiments.width("wine", share=-0.1), r"share must be in \[0, 1\], got -0.1"),
        (lambda: experiments.sine_sample(20, 0.3, -1), "seed must be a whole number of at least 0, got -1"),
        (lambda: experiments.sine_sample(1, 0.3, 0), "n must be a whole number of at least 2, got 1"),
        (lambda: experiments.sine_sample(20, 0.3, 0, "odd"), 'spacing must be "even" or "random"'),
    ],
)
def test_errors_name_the_argument(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# --- cross-validation


def test_cross_validation_is_the_loss_on_rows_left_out():
    X, y, _, _ = experiments.standardised("wine")
    X, y = X[:12, :3], y[:12]
    fitted = []

    def path(some, target):
        fitted.append((some, target))
        return np.linalg.lstsq(some, target)[0][None]

    found = experiments.cross_validated(X, y, path, folds=12)
    errors = []
    for some, target in fitted:  # each leaves one row out, all of them once
        (out,) = [i for i in range(12) if not (some == X[i]).all(axis=1).any()]
        assert np.array_equal(np.delete(y, out), target)
        errors.append((y[out] - X[out] @ np.linalg.lstsq(some, target)[0]) ** 2 / 2)
    assert found == pytest.approx([np.mean(errors)])


@pytest.mark.parametrize("folds", [1, 13, 2.5])
def test_cross_validation_needs_two_folds_with_a_row_each(folds):
    with pytest.raises(ValueError, match="folds must be"):
        experiments.cross_validated(np.ones((12, 1)), np.ones(12), lambda X, y: np.ones((1, 1)), folds)


# --- stability selection


def test_stability_knows_the_shuffled_copies_and_repeats_itself():
    X, y, _, _ = experiments.standardised("diabetes")
    strengths = [0.3, 0.03, 0.0]
    found = experiments.stability(X, y, strengths, n_bootstraps=30, seed=3)
    assert found.shuffled.tolist() == [False] * 10 + [True] * 10
    assert found.path.shape == found.frequency.shape == (3, 20)
    assert found.frequency.min() >= 0
    assert found.frequency.max() <= 1
    again = experiments.stability(X, y, strengths, n_bootstraps=30, seed=3)
    np.testing.assert_array_equal(found.frequency, again.frequency)
    assert (experiments.stability(X, y, strengths, n_bootstraps=30, seed=4).frequency != found.frequency).any()


def test_features_that_matter_are_chosen_far_more_often_than_copies_that_cannot():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 6))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = X[:, 0] - X[:, 1] + 0.3 * rng.standard_normal(200)
    found = experiments.stability(X, y - y.mean(), [0.3], n_bootstraps=50)
    assert (found.frequency[0, :2] == 1).all()
    assert found.frequency[0, found.shuffled].max() < 0.2
    assert set(np.flatnonzero(found.path[0])) == {0, 1}


def small(rates, seeds=1):
    how = Training(hidden_sizes=(12,), max_steps=40, eval_steps=2)
    return fit("diabetes", [Settings(dropout=rate) for rate in rates], how, n_train=50, seeds=seeds)


@pytest.mark.parametrize("classic", [False, True])
def test_dropout_passes_have_the_mean_and_deviation_of_theory(classic):
    run, row = small([0.0, 0.3, 0.7]), load("diabetes").x_test[3]
    for setting, rate in enumerate((0.0, 0.3, 0.7)):
        found = experiments.dropout_passes(run, row, setting, 20_000, classic=classic)
        assert abs(found.outputs.mean() - found.evaluation) <= 4 * found.deviation / 20_000**0.5 + 1e-6
        assert found.outputs.std() == pytest.approx(found.deviation, rel=0.05, abs=1e-6)
        assert (~found.kept).mean() == pytest.approx(rate, abs=0.01)
    inverted = experiments.dropout_passes(run, row, 1)
    assert inverted.evaluation == pytest.approx(float(run.predict([row])[1, 0, 0]), rel=1e-4)


def test_a_dropout_pass_is_made_by_the_units_that_it_keeps():
    run, row = small([0.5]), load("diabetes").x_test[0]
    found = experiments.dropout_passes(run, row, passes=10)
    by_hand = (found.units * found.kept * 2) @ run.weights(1)[0, 0, :, 0] + run.biases(1)[0, 0, 0]
    np.testing.assert_allclose(found.outputs, by_hand, rtol=1e-5)
    with pytest.raises(ValueError, match="run must have one hidden layer and one output"):
        experiments.dropout_passes(fit("wine", Settings(), Training(max_steps=2), n_train=20, seeds=1), [0.0] * 13)


def test_monte_carlo_passes_are_those_of_thinned_networks():
    settings = [Settings(), Settings(dropout=0.5), Settings(input_dropout=0.5)]
    moons, how = load("moons"), Training(hidden_sizes=(8, 8), max_steps=60)
    run = fit(moons, settings, how, n_train=50, seeds=2)
    p = experiments.monte_carlo(run, moons.x_test[:20], 30)
    assert p.shape == (30, 3, 2, 20, 2)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-5)
    for one in p:
        np.testing.assert_allclose(one[0], run.predict(moons.x_test[:20])[0], rtol=1e-4, atol=1e-6)
    assert (p[:, 1:].std(axis=0).mean(axis=(1, 2, 3)) > 0.01).all()
    # One mask for all rows of a pass: a row that is there twice gets the same prediction.
    twice = experiments.monte_carlo(run, moons.x_test[[4, 4]], 5)
    np.testing.assert_array_equal(twice[..., 0, :], twice[..., 1, :])
    with pytest.raises(ValueError, match="got a regression"):
        experiments.monte_carlo(small([0.5]), load("diabetes").x_test)


@pytest.fixture(scope="module")
def smoothed():
    stack = [Settings(), Settings(label_smoothing=0.3)]
    return fit("digits", stack, Training(max_steps=150, eval_steps=5), n_train=60, seeds=(3, 5))


def test_rows_of_a_run_are_those_it_was_validated_and_trained_on(smoothed):
    p, y = experiments.validation_predictions(smoothed)
    hard = label_smoothing.soft_label_loss(p, np.broadcast_to(y, p.shape[:-1]), 0.0)
    np.testing.assert_allclose(hard, smoothed.kept("val_loss"), rtol=1e-5)
    data, rows = load("digits"), experiments.rows_of(smoothed, "train")
    assert rows.shape == (2, 60)
    for s in range(2):
        own = label_smoothing.soft_label_loss(smoothed.predict(data.x[rows[s]])[:, s], data.y[rows[s]], 0.0)
        np.testing.assert_allclose(own, smoothed.kept("train_loss")[:, s], rtol=1e-4)
    assert not set(rows[0]) & set(experiments.rows_of(smoothed, "val")[0])


def test_calibration_is_that_of_each_model_alone(smoothed):
    found, data = experiments.calibration(smoothed), load("digits")
    p = smoothed.predict(data.x_test)
    for k in range(2):
        for s in range(2):
            error = label_smoothing.expected_calibration_error(p[k, s], data.y_test)
            assert found.error[k, s] == pytest.approx(error)
    pooled = label_smoothing.reliability(p.reshape(2, -1, 10), np.tile(data.y_test, 2))
    np.testing.assert_array_equal(found.bins.count, pooled.count)
    np.testing.assert_allclose(found.bins.accuracy, pooled.accuracy)
    np.testing.assert_allclose(found.bins.confidence, pooled.confidence)
    np.testing.assert_allclose(found.loss, smoothed.kept("test_loss"), rtol=1e-5)


def test_temperature_scaling_mends_what_smoothing_did_to_calibration(smoothed):
    found = experiments.calibration(smoothed)
    assert (found.temperature[1] < 1).all()
    assert (found.temperature[1] < found.temperature[0]).all()
    assert (found.scaled_error[1] < found.error[1]).all()
    assert (found.scaled_loss[1] < found.loss[1]).all()


def test_calibration_and_clusters_leave_a_model_that_diverged_out(smoothed):
    weights = smoothed.kept_weights.copy()
    weights[0, 0] = np.nan
    lost = dataclasses.replace(smoothed, kept_weights=weights)
    found, whole = experiments.calibration(lost), experiments.calibration(smoothed)
    assert np.isnan(found.error[0, 0])
    assert found.error[0, 1] == whole.error[0, 1]
    assert found.bins.count.sum(axis=1).tolist() == [597, 2 * 597]
    spread = experiments.clusters(lost, [0, 1, 2]).spread
    assert np.isnan(spread).tolist() == [[True, False], [False, False]]
    assert len(experiments.clusters(lost, [0, 1, 2]).points[0]) == 0


@pytest.mark.parametrize("split", ["train", "test"])
def test_clusters_are_in_units_of_the_distance_of_their_means(smoothed, split):
    found = experiments.clusters(smoothed, [4, 5, 6], split)
    for points in found.points:
        assert len(points) == len(found.labels)
        means = np.stack([points[found.labels == c].mean(axis=0) for c in (4, 5, 6)])
        sides = ((means - np.roll(means, 1, axis=0)) ** 2).sum(axis=1)
        assert sides.mean() == pytest.approx(1)
    own = means[found.labels - 4]
    assert found.spread[1, 0] == pytest.approx(np.sqrt(((points - own) ** 2).sum(axis=1).mean()))


def test_the_beginning_of_a_run_is_the_shorter_run():
    how = Training(max_steps=60, eval_steps=4)
    found = experiments.soft_validation("digits", 0.2, Settings(), how, n_train=60, seeds=2)
    run = fit("digits", Settings(label_smoothing=0.2), how, n_train=60, seeds=2)
    assert found.steps.tolist() == run.steps.tolist()
    np.testing.assert_allclose(found.hard, run.val_loss[0], rtol=1e-5)
    np.testing.assert_allclose(found.test, run.test_loss[0], rtol=1e-5)
    assert (found.soft >= label_smoothing.loss_floor(10, 0.2)).all()
    assert (found.soft[:, -1] > found.hard[:, -1]).all()


def test_several_strengths_are_those_alone():
    how = Training(max_steps=30, eval_steps=3)
    both = experiments.soft_validation("wine", (0.0, 0.3), Settings(), how, n_train=50, seeds=2)
    assert both.soft.shape == (2, 2, 3)
    np.testing.assert_array_equal(both.hard[0], both.soft[0])
    for level, strength in enumerate((0.0, 0.3)):
        alone = experiments.soft_validation("wine", strength, Settings(), how, n_train=50, seeds=2)
        np.testing.assert_array_equal(both.hard[level], alone.hard)
        np.testing.assert_array_equal(both.soft[level], alone.soft)


def test_soft_validation_reports_its_progress_and_can_be_stopped():
    seen = []

    def progress(fraction, found):
        seen.append(fraction)
        if fraction > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        experiments.soft_validation("wine", 0.1, training=Training(max_steps=60, eval_steps=4), n_train=50, seeds=2,
                                    progress=progress)  # fmt: skip
    assert seen == sorted(seen)
    assert len(seen) > 1


# --- early stopping


@pytest.fixture(scope="module")
def stopping():
    return experiments.stopping_curves("wine", [0.0, 0.4], [30, 50], training=SHORT, n_val=30, seeds=2)


def test_stopping_curves_are_those_of_fit(stopping):
    data = experiments.shuffled(load("wine"), 0.4, 0)
    run = fit(data, Settings(learning_rate=3e-3), SHORT, n_train=50, n_val=30, seeds=2)
    for name in ("train_loss", "val_loss", "test_loss", "val_accuracy", "test_accuracy"):
        assert np.array_equal(getattr(stopping, name)[1, 1], getattr(run, name)[0])


def test_a_rule_read_from_a_whole_run_is_the_stopped_run():
    how = Training(max_steps=300, eval_steps=20)
    curves = experiments.stopping_curves("wine", [0.0], [50], training=how, n_val=30, seeds=3)
    found = experiments.outcome(curves, patience_stop(curves.val_loss, 2))
    for restore, loss in ((True, found.loss), (False, found.last)):
        stopped = Settings(learning_rate=3e-3, patience=2, restore_best_weights=restore)
        run = fit("wine", stopped, how, n_train=50, n_val=30, seeds=3)
        assert np.array_equal(run.kept("test_loss")[0], loss[0, 0])
        assert np.array_equal(np.isfinite(run.val_loss[0]).sum(axis=-1) - 1, found.stop[0, 0])
    assert (found.stop < len(curves.steps) - 1).any(), "no run was stopped"


def test_outcome_is_measured_on_the_test_rows(stopping):
    found = experiments.outcome(stopping, patience_stop(stopping.val_loss, 1))
    assert found.regret.shape == (2, 2, 2)
    assert np.allclose(found.regret, found.loss - stopping.test_loss.min(axis=-1))
    assert np.array_equal(found.saved, 1 - stopping.steps[found.stop] / stopping.steps[-1])
    last = len(stopping.steps) - 1
    to_the_end = experiments.outcome(stopping, patience_stop(stopping.val_loss, None))
    assert (to_the_end.stop == last).all()
    assert np.array_equal(to_the_end.last, stopping.test_loss[..., -1])


def test_patience_regret_is_that_of_each_patience(stopping):
    cost = experiments.patience_regret(stopping, [1, 3], min_delta=0.01, smoothing=0.3)
    assert cost.shape == (2, 2, 2, 2)
    rule = patience_stop(stopping.val_loss, 3, 0.01, 0.3)
    assert np.array_equal(cost[1], experiments.outcome(stopping, rule).regret)
    assert (cost >= 0).all()


def test_the_loss_that_was_stopped_on_flatters():
    found = experiments.stopping_on_test("digits", training=Training(max_steps=200), rows=20, seeds=6)
    assert found.rows == 20
    assert (found.fresh - found.reported).mean() > 0
    # What validation chooses is no lower on the halves than what was chosen on each of them.
    assert found.by_validation.mean() > found.reported.mean()


def test_stopping_on_the_test_rows_watches_as_validation_is_watched():
    how = {"training": SHORT, "n_train": 50, "n_val": 30, "rows": 30, "seeds": [4]}
    found = experiments.stopping_on_test("wine", patience=1, min_delta=0.3, smoothing=0.5, noise=0.4, **how)
    curves = experiments.stopping_curves("wine", [0.4], [50], training=SHORT, n_val=30, seeds=[4])
    at = patience_stop(curves.val_loss, 1, 0.3, 0.5).returned[0, 0, 0]
    assert at != patience_stop(curves.val_loss, 1).returned[0, 0, 0]
    assert 2 * found.rows == len(load("wine").x_test)  # so that both halves are all test rows
    assert np.isclose(found.by_validation[0], curves.test_loss[0, 0, 0, at], rtol=1e-5)
    other = experiments.stopping_on_test("wine", patience=1, **how)
    assert not np.array_equal(other.reported, found.reported)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: experiments.stopping_curves("diabetes"), "dataset must have classes, got diabetes, a regression"),
        (lambda: experiments.stopping_curves("wine", []), "noises must have at least one value, got none"),
        (lambda: experiments.stopping_curves("wine", [0.0], []), "sizes must have at least one value, got none"),
        (lambda: experiments.stopping_curves("wine", [2]), r"noises must be in \[0, 1\], got 2"),
        (lambda: experiments.stopping_curves("wine", settings=Settings(patience=3)), "no patience.*got 3"),
        (lambda: experiments.stopping_on_test("wine", Settings(patience=3)), "no patience.*got 3"),
        (lambda: experiments.stopping_on_test("wine", rows=0), "rows must be a whole number of at least 1, got 0"),
    ],
)
def test_errors_of_stopping_name_the_argument(call, said):
    with pytest.raises(ValueError, match=said):
        call()
