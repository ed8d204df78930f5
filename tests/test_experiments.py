"""Experiments: against `fit` alone, against what must hold, and what they refuse."""

import dataclasses

import numpy as np
import pytest

import reglab
from reglab import experiments, l1, l2, label_smoothing, mixup, overfitting
from reglab.datasets import load
from reglab.early_stopping import patience_stop
from reglab.engine.train import fit
from reglab.settings import Settings, Training
from reglab.streams import generator
from tests.refusals import refusal

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


def test_fits_are_of_the_sample_and_judged_on_its_validation_points():
    fits = experiments.sine_fits([2, 5], 12, 0.4, 7, "random")
    x, y, x_val, y_val = experiments.sine_sample(12, 0.4, 7, "random")
    assert np.array_equal([fits.x, fits.y], [x, y])
    assert (fits.noise, fits.seed) == (0.4, 7)
    for at, degree in enumerate((2, 5)):
        fit = overfitting.fit_polynomial(x, y, degree)
        assert fits.errors.train[at] == pytest.approx(np.mean((fit(x) - y) ** 2))
        assert fits.errors.validation[at] == pytest.approx(np.mean((fit(x_val) - y_val) ** 2))


def test_reference_demonstration_to_the_digits():
    """The table of the reference lesson, drawn as the page draws it."""
    x, y, x_val, y_val = experiments.sine_sample(20, 0.3, 42, legacy=True)
    errors = overfitting.error_by_degree(x, y, range(20), x_val, y_val, 0.3)
    for degree, train, at_points, between in (
        (1, "0.3543", "0.2636", "0.2059"),
        (3, "0.0617", "0.0430", "0.0450"),
        (5, "0.0386", "0.0427", "0.0391"),
        (15, "0.0100", "0.0714", "1.39"),
        (19, None, "0.0814", "736"),
    ):
        assert train is None or f"{errors.train[degree]:.4f}" == train
        assert f"{errors.true_at_points[degree]:.4f}" == at_points
        digits = 0 if len(between) == 3 else len(between) - 2
        assert f"{errors.true[degree]:.{digits}f}" == between
    assert errors.train[19] < 1e-20
    assert [errors.verdicts[degree] for degree in (1, 3, 5, 15, 19)] == ["under", "good", "good", "over", "over"]


def test_memorization_is_fit_on_shuffled_labels():
    memorized = experiments.memorization("wine", [0.0, 0.6], Settings(), SHORT, n_train=40, seeds=[2, 5])
    for i, share in enumerate(memorized.shares):
        data = experiments.shuffled(load("wine"), share, 2)
        run = fit(data, Settings(), SHORT, n_train=40, n_val=1, seeds=[2, 5])
        assert np.array_equal(memorized.train_accuracy[i], run.train_accuracy[0, :, -1])
        assert np.array_equal(memorized.test_accuracy[i], run.test_accuracy[0, :, -1])
        assert np.array_equal(memorized.train_curves[i], run.train_accuracy[0])
    assert np.array_equal(memorized.steps, run.steps)


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
    memorized = experiments.memorization("digits", seeds=3)
    assert memorized.train_accuracy.min() > 0.98
    means = memorized.test_accuracy.mean(axis=1)
    assert (np.diff(means) < 0).all()
    assert means[0] > 0.88
    assert abs(means[-1] - memorized.chance) < 0.06
    assert abs(memorized.chance - 0.1) < 0.002


def test_chance_is_that_of_guessing_by_frequency():
    memorized = experiments.memorization("breast_cancer", [0.0], training=SHORT, n_train=20, seeds=1)
    positive = load("breast_cancer").y.mean()
    assert memorized.chance == pytest.approx(positive**2 + (1 - positive) ** 2)


def test_width_is_fit_at_each_width():
    widths = experiments.width("wine", [3, 12], Settings(), SHORT, n_train=40, n_val=30, share=0.2, seeds=[1])
    data = experiments.shuffled(load("wine"), 0.2, 1)
    for i, units in enumerate((3, 12)):
        how = Training(hidden_sizes=(units,), max_steps=60, eval_steps=3)
        run = fit(data, Settings(), how, n_train=40, n_val=30, seeds=[1])
        for name in ("train_loss", "val_loss", "test_loss", "train_accuracy", "test_accuracy"):
            assert np.array_equal(getattr(widths, name)[i], run.kept(name)[0])
    assert widths.share == 0.2


@pytest.mark.parametrize("experiment", [experiments.memorization, experiments.width])
def test_progress_rises_and_shows_what_is_there(experiment):
    seen = []

    def progress(fraction, so_far):
        seen.append((fraction, np.isfinite(so_far.test_accuracy).all(axis=1).sum()))

    values = (0, 1) if experiment is experiments.memorization else (2, 4)
    experiment("wine", values, training=SHORT, n_train=30, seeds=2, progress=progress)
    fractions, done = zip(*seen, strict=True)
    assert list(fractions) == sorted(fractions)
    assert fractions[-1] == 1.0
    assert done[-1] == 2
    assert 1 in done, "the first result is shown before the second is there"


def test_the_ends_are_trained_first():
    order = []

    def progress(fraction, so_far):
        order.append(tuple(np.flatnonzero(np.isfinite(so_far.test_accuracy[:, 0]))))

    experiments.memorization("wine", [0, 0.5, 1], training=SHORT, n_train=30, seeds=1, progress=progress)
    assert [step for i, step in enumerate(order) if i == 0 or step != order[i - 1]][-3:] == [(0,), (0, 2), (0, 1, 2)]


def test_an_exception_in_progress_ends_the_experiment():
    def stop(fraction, so_far):
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

    errors_of_path = experiments.cross_validated(X, y, path, folds=12)
    errors = []
    for some, target in fitted:  # each leaves one row out, all of them once
        (out,) = [i for i in range(12) if not (some == X[i]).all(axis=1).any()]
        assert np.array_equal(np.delete(y, out), target)
        errors.append((y[out] - X[out] @ np.linalg.lstsq(some, target)[0]) ** 2 / 2)
    assert errors_of_path == pytest.approx([np.mean(errors)])


@pytest.mark.parametrize("folds", [1, 13, 2.5])
def test_cross_validation_needs_two_folds_with_a_row_each(folds):
    with pytest.raises(ValueError, match="folds must be"):
        experiments.cross_validated(np.ones((12, 1)), np.ones(12), lambda X, y: np.ones((1, 1)), folds)


# --- stability selection


def test_stability_knows_the_shuffled_copies_and_repeats_itself():
    X, y, _, _ = experiments.standardised("diabetes")
    strengths = [0.3, 0.03, 0.0]
    selection = experiments.stability(X, y, strengths, n_bootstraps=30, seed=3)
    assert selection.shuffled.tolist() == [False] * 10 + [True] * 10
    assert selection.path.shape == selection.frequency.shape == (3, 20)
    assert selection.frequency.min() >= 0
    assert selection.frequency.max() <= 1
    again = experiments.stability(X, y, strengths, n_bootstraps=30, seed=3)
    np.testing.assert_array_equal(selection.frequency, again.frequency)
    assert (experiments.stability(X, y, strengths, n_bootstraps=30, seed=4).frequency != selection.frequency).any()


def test_features_that_matter_are_chosen_far_more_often_than_copies_that_cannot():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 6))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = X[:, 0] - X[:, 1] + 0.3 * rng.standard_normal(200)
    selection = experiments.stability(X, y - y.mean(), [0.3], n_bootstraps=50)
    assert (selection.frequency[0, :2] == 1).all()
    assert selection.frequency[0, selection.shuffled].max() < 0.2
    assert set(np.flatnonzero(selection.path[0])) == {0, 1}


def small(rates, seeds=1):
    """Train small networks on diabetes, one for each dropout rate."""
    how = Training(hidden_sizes=(12,), max_steps=40, eval_steps=2)
    return fit("diabetes", [Settings(dropout=rate) for rate in rates], how, n_train=50, seeds=seeds)


@pytest.mark.parametrize("classic", [False, True])
def test_dropout_passes_have_the_mean_and_deviation_of_theory(classic):
    run, row = small([0.0, 0.3, 0.7]), load("diabetes").x_test[3]
    for setting, rate in enumerate((0.0, 0.3, 0.7)):
        passes = experiments.dropout_passes(run, row, setting, 20_000, classic=classic)
        assert abs(passes.outputs.mean() - passes.evaluation) <= 4 * passes.deviation / 20_000**0.5 + 1e-6
        assert passes.outputs.std() == pytest.approx(passes.deviation, rel=0.05, abs=1e-6)
        assert (~passes.mask).mean() == pytest.approx(rate, abs=0.01)
    inverted = experiments.dropout_passes(run, row, 1)
    predicted = (float(run.predict([row])[1, 0, 0]) - run.target_mean) / run.target_scale
    assert inverted.evaluation == pytest.approx(predicted, rel=1e-4)


def test_a_dropout_pass_is_made_by_the_units_that_it_keeps():
    run, row = small([0.5]), load("diabetes").x_test[0]
    passes = experiments.dropout_passes(run, row, passes=10)
    by_hand = (passes.units * passes.mask * 2) @ run.weights(1)[0, 0, :, 0] + run.biases(1)[0, 0, 0]
    np.testing.assert_allclose(passes.outputs, by_hand, rtol=1e-5)
    with pytest.raises(ValueError, match="run must have one hidden layer and one output"):
        experiments.dropout_passes(fit("wine", Settings(), Training(max_steps=2), n_train=20, seeds=1), [0.0] * 13)


def test_one_network_can_be_sent_through_at_any_rate():
    run, row = small([0.0, 0.5]), load("diabetes").x_test[0]
    off, usual = (experiments.dropout_passes(run, row, 0, 4000, **how) for how in ({"rate": 0.5}, {}))
    assert off.evaluation == usual.evaluation  # the same network
    assert usual.deviation == 0
    assert off.outputs.std() == pytest.approx(off.deviation, rel=0.1)
    assert (~off.mask).mean() == pytest.approx(0.5, abs=0.02)
    trained = experiments.dropout_passes(run, row, 1, 10, rate=0.5)
    np.testing.assert_array_equal(trained.outputs, experiments.dropout_passes(run, row, 1, 10).outputs)
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\), got 1"):
        experiments.dropout_passes(run, row, rate=1)


@pytest.mark.parametrize("classic", [False, True])
def test_the_spread_of_passes_is_that_of_the_passes_at_each_rate(classic):
    run, row, rates = small([0.0, 0.5]), load("diabetes").x_test[1], (0.0, 0.3, 0.8)
    by_rate = experiments.pass_spread(run, row, rates, 1, 500, classic=classic, seed=4)
    for i, rate in enumerate(rates):
        passes = experiments.dropout_passes(run, row, 1, 500, rate=rate, classic=classic, seed=4)
        assert by_rate.mean[i] == passes.outputs.mean()
        assert by_rate.variance[i] == passes.outputs.var()
        assert by_rate.evaluation[i] == passes.evaluation
        assert by_rate.theory[i] == pytest.approx(passes.deviation**2)
    assert by_rate.variance[1:] == pytest.approx(by_rate.theory[1:], rel=0.3)


@pytest.mark.parametrize("classic", [False, True])
def test_five_passes_by_hand_have_the_mean_and_deviation_of_their_draws(classic):
    five = experiments.five_passes(0.3, classic=classic)
    rng, scale = np.random.default_rng(0), 1 if classic else 1 / 0.7
    many = five.activations * (rng.random((50_000, 5)) >= 0.3) * scale
    assert five.evaluation == pytest.approx(many.mean(axis=0), rel=0.02)
    assert five.deviation == pytest.approx(many.std(axis=0), rel=0.02)
    np.testing.assert_array_equal(five.values > 0, five.mask)
    np.testing.assert_allclose(five.values.max(axis=0), five.activations * scale)


def test_adaptation_counts_every_pair_of_units_once():
    run = fit("wine", [Settings(), Settings(dropout=0.5)], Training(max_steps=30), n_train=50, seeds=2)
    adapted = experiments.adaptation(run, bins=10)
    assert adapted.edges.tolist() == pytest.approx([i / 10 for i in range(11)])
    for setting in range(2):
        sizes = []
        for hidden in run.hidden(load("wine").x_test)[setting].astype(float):
            with np.errstate(invalid="ignore"):
                table = np.abs(np.corrcoef(hidden.T))
            sizes += [r for i, row in enumerate(table) for r in row[:i] if np.isfinite(r)]
        counts, _ = np.histogram(np.minimum(sizes, 1), bins=10, range=(0, 1))
        assert adapted.shares[setting] == pytest.approx(counts / len(sizes), abs=2 / len(sizes))
    assert adapted.mean.shape == (2, 2)
    assert adapted.mean[0, 0] != adapted.mean[0, 1]


def test_uncertainty_is_the_spread_of_monte_carlo_passes():
    run = fit("moons", [Settings(), Settings(dropout=0.3)], Training(max_steps=60), n_train=50, seeds=2)
    over_passes, data = experiments.uncertainty(run, passes=12, side=5, margin=0.5, seed=3), load("moons")
    low, high = data.x.min(axis=0).astype(float) - 0.5, data.x.max(axis=0).astype(float) + 0.5
    assert (over_passes.x, over_passes.y) == ((low[0], high[0]), (low[1], high[1]))
    lowest = [(low[0] + (high[0] - low[0]) * (i + 0.5) / 5, low[1] + (high[1] - low[1]) * 0.1) for i in range(5)]
    np.testing.assert_allclose(over_passes.points[:5], lowest)  # the lowest row first
    assert len(over_passes.points) == 25
    p = experiments.monte_carlo(run, [*over_passes.points.tolist(), *data.x_test.tolist()], 12, seed=3)[..., 1]
    np.testing.assert_allclose(over_passes.means, p[:, :, 0, :25].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(over_passes.spreads, p[:, :, 0, :25].std(axis=0), atol=1e-6)
    np.testing.assert_allclose(over_passes.rows, p[..., 25:].std(axis=0).mean(axis=-1), atol=1e-6)
    at_border = [k for k in range(25) if k // 5 in (0, 4) or k % 5 in (0, 4)]
    assert len(at_border) == 16
    np.testing.assert_allclose(over_passes.border, p.std(axis=0)[..., at_border].mean(axis=-1), atol=1e-6)
    with pytest.raises(ValueError, match="run must be of two classes and two features, got the sizes"):
        experiments.uncertainty(fit("wine", Settings(), Training(max_steps=2), n_train=20, seeds=1))


def test_patience_keeps_what_the_measure_was_at_its_returned_evaluation():
    how = Training(max_steps=200, eval_steps=5)
    run = fit("moons", [Settings(learning_rate=0.03), Settings(dropout=0.5)], how, n_train=20, seeds=3)
    stopped = experiments.kept_by_patience(run, "test_accuracy", 3)
    returned = patience_stop(run.val_loss, 3).returned
    for i in range(2):
        for j in range(3):
            assert stopped[i, j] == run.test_accuracy[i, j, returned[i, j]]
    assert (returned < len(run.steps) - 1).any()  # else it says nothing
    gone = dataclasses.replace(run, val_loss=np.full_like(run.val_loss, np.nan))
    assert np.isnan(experiments.kept_by_patience(gone, "test_accuracy", 3)).all()
    with pytest.raises(ValueError, match="name must be one of"):
        experiments.kept_by_patience(run, "loss", 3)


def test_monte_carlo_passes_are_those_of_thinned_networks():
    settings = [Settings(), Settings(dropout=0.5), Settings(input_dropout=0.5)]
    moons, how = load("moons"), Training(hidden_sizes=(8, 8), max_steps=60)
    run = fit(moons, settings, how, n_train=50, seeds=2)
    p = experiments.monte_carlo(run, moons.x_test[:20], 30)
    assert p.shape == (30, 3, 2, 20, 2)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-5)
    for each in p:
        np.testing.assert_allclose(each[0], run.predict(moons.x_test[:20])[0], rtol=1e-4, atol=1e-6)
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
        by_hand = label_smoothing.soft_label_loss(smoothed.predict(data.x[rows[s]])[:, s], data.y[rows[s]], 0.0)
        np.testing.assert_allclose(by_hand, smoothed.kept("train_loss")[:, s], rtol=1e-4)
    assert not set(rows[0]) & set(experiments.rows_of(smoothed, "val")[0])


def test_calibration_is_that_of_each_model_alone(smoothed):
    calibrated, data = experiments.calibration(smoothed), load("digits")
    p = smoothed.predict(data.x_test)
    for k in range(2):
        for s in range(2):
            error = label_smoothing.expected_calibration_error(p[k, s], data.y_test)
            assert calibrated.error[k, s] == pytest.approx(error)
    pooled = label_smoothing.reliability(p.reshape(2, -1, 10), np.tile(data.y_test, 2))
    np.testing.assert_array_equal(calibrated.bins.count, pooled.count)
    np.testing.assert_allclose(calibrated.bins.accuracy, pooled.accuracy)
    np.testing.assert_allclose(calibrated.bins.confidence, pooled.confidence)
    np.testing.assert_allclose(calibrated.loss, smoothed.kept("test_loss"), rtol=1e-5)


def test_temperature_scaling_mends_what_smoothing_did_to_calibration(smoothed):
    calibrated = experiments.calibration(smoothed)
    assert (calibrated.temperature[1] < 1).all()
    assert (calibrated.temperature[1] < calibrated.temperature[0]).all()
    assert (calibrated.scaled_error[1] < calibrated.error[1]).all()
    assert (calibrated.scaled_loss[1] < calibrated.loss[1]).all()


def test_calibration_and_clusters_leave_a_model_that_diverged_out(smoothed):
    weights = smoothed.kept_weights.copy()
    weights[0, 0] = np.nan
    lost = dataclasses.replace(smoothed, kept_weights=weights)
    calibrated, whole = experiments.calibration(lost), experiments.calibration(smoothed)
    assert np.isnan(calibrated.error[0, 0])
    assert calibrated.error[0, 1] == whole.error[0, 1]
    assert calibrated.bins.count.sum(axis=1).tolist() == [597, 2 * 597]
    spread = experiments.clusters(lost, [0, 1, 2]).spread
    assert np.isnan(spread).tolist() == [[True, False], [False, False]]
    assert len(experiments.clusters(lost, [0, 1, 2]).points[0]) == 0


@pytest.mark.parametrize("split", ["train", "test"])
def test_clusters_are_in_units_of_the_distance_of_their_means(smoothed, split):
    clustered = experiments.clusters(smoothed, [4, 5, 6], split)
    for points in clustered.points:
        assert len(points) == len(clustered.labels)
        means = np.stack([points[clustered.labels == c].mean(axis=0) for c in (4, 5, 6)])
        sides = ((means - np.roll(means, 1, axis=0)) ** 2).sum(axis=1)
        assert sides.mean() == pytest.approx(1)
    row_means = means[clustered.labels - 4]
    assert clustered.spread[1, 0] == pytest.approx(np.sqrt(((points - row_means) ** 2).sum(axis=1).mean()))


def test_the_beginning_of_a_run_is_the_shorter_run():
    how = Training(max_steps=60, eval_steps=4)
    followed = experiments.soft_validation("digits", 0.2, Settings(), how, n_train=60, seeds=2)
    run = fit("digits", Settings(label_smoothing=0.2), how, n_train=60, seeds=2)
    assert followed.steps.tolist() == run.steps.tolist()
    np.testing.assert_allclose(followed.hard, run.val_loss[0], rtol=1e-5)
    np.testing.assert_allclose(followed.test, run.test_loss[0], rtol=1e-5)
    assert (followed.soft >= label_smoothing.loss_floor(10, 0.2)).all()
    assert (followed.soft[:, -1] > followed.hard[:, -1]).all()


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

    def progress(fraction, so_far):
        seen.append(fraction)
        if fraction > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        experiments.soft_validation(
            "wine", 0.1, training=Training(max_steps=60, eval_steps=4), n_train=50, seeds=2, progress=progress
        )
    assert seen == sorted(seen)
    assert len(seen) > 1


def test_the_loss_on_soft_labels_has_the_smoothing_of_each_models_training(smoothed):
    soft, data = experiments.soft_validation_loss(smoothed), load("digits")
    np.testing.assert_allclose(soft[0], smoothed.kept("val_loss")[0], rtol=1e-5)
    rows, strength = experiments.rows_of(smoothed, "val"), smoothed.settings[1].label_smoothing
    assert strength > 0
    for s, seed_rows in enumerate(rows):
        p = smoothed.predict(data.x[seed_rows])[1, s]
        targets = label_smoothing.smooth_labels(data.y[seed_rows], 10, strength)
        assert soft[1, s] == pytest.approx(-(targets * np.log(p)).sum(axis=1).mean(), rel=1e-4)


def test_the_evaluation_of_the_lowest_loss_leaves_out_what_diverged():
    nan = np.nan
    hard = np.array([[[3.0, 1.0, 2.0], [nan, 5.0, 4.0]], [[nan, nan, nan], [1.0, 1.0, nan]]])
    followed = experiments.SoftValidation(np.arange(3), hard, -hard, hard)
    assert followed.lowest("hard").tolist() == [[1, 2], [0, 0]]
    assert followed.lowest("soft").tolist() == [[0, 1], [0, 0]]
    test = np.arange(12.0).reshape(2, 2, 3)
    followed = experiments.SoftValidation(np.arange(3), hard, -hard, test)
    assert followed.stopped_by("hard").tolist() == [[1, 5], [6, 9]]
    assert followed.stopped_by("soft").tolist() == [[0, 4], [6, 9]]


# --- mixup


@pytest.mark.parametrize(("dataset", "classes"), [("digits", ("1", "7")), ("glyphs", ("ring", "cross"))])
@pytest.mark.parametrize("centre", ["middle", "edge", "corner"])
def test_two_images_are_mixed_pixel_by_pixel_and_by_a_box(dataset, classes, centre):
    weights = (0.0, 0.3, 1.0)
    mixed, data = experiments.mixtures(dataset, classes, weights, centre), load(dataset)
    for name, image in zip(classes, mixed.images, strict=True):
        label = data.class_names.index(name)
        np.testing.assert_array_equal(image, data.x_test[data.y_test == label][0])
    a, b = mixed.images
    for i, lam in enumerate(weights):
        np.testing.assert_allclose(mixed.blended[i], lam * a + (1 - lam) * b, atol=1e-6)
        top, bottom, left, right = mixed.boxes[i]
        image, first, second = (each.reshape(mixed.shape).copy() for each in (mixed.pasted[i], a, b))
        first[top:bottom, left:right] = second[top:bottom, left:right]
        np.testing.assert_array_equal(image, first)
        pixels = mixed.shape[0] * mixed.shape[1]
        assert mixed.shares[i] == pytest.approx(1 - (bottom - top) * (right - left) / pixels)


def test_what_is_no_image_or_no_class_is_not_mixed():
    with pytest.raises(ValueError, match="dataset must be one of images, got wine"):
        experiments.mixtures("wine", ("0", "1"), [0.5])
    with pytest.raises(ValueError, match="classes must be"):
        experiments.mixtures("digits", ("3", "x"), [0.5])


def test_a_map_is_what_the_networks_predict_at_its_points():
    run, data = fit("moons", [Settings(), Settings(mixup_alpha=1.0)], SHORT, n_train=50, seeds=2), load("moons")
    mapped = experiments.plane_map(run, side=4, margin=0.5)
    (x0, y0), (x1, y1) = data.x.min(axis=0) - 0.5, data.x.max(axis=0) + 0.5
    assert (*mapped.x, *mapped.y) == pytest.approx((x0, x1, y0, y1))
    assert mapped.points[6] == pytest.approx([x0 + 2.5 / 4 * (x1 - x0), y0 + 1.5 / 4 * (y1 - y0)])
    p = run.predict(mapped.points)
    np.testing.assert_array_equal(mapped.likeliest, p.argmax(axis=-1))
    assert mapped.sure(0.7)[1, 0] == (p[1, 0].max(axis=1) > 0.7).mean()
    trained_on = experiments.rows_of(run, "train")[0]
    np.testing.assert_array_equal(mapped.rows, data.x[trained_on])
    np.testing.assert_array_equal(mapped.labels, data.y[trained_on])
    with pytest.raises(ValueError, match="run must be of data with two inputs, got wine of 13"):
        experiments.plane_map(fit("wine", Settings(), SHORT, n_train=50, seeds=1))


def test_unlike_pairs_are_counted_among_each_seeds_rows():
    run = fit("wine", Settings(), SHORT, n_train=50, seeds=2)
    labels = load("wine").y[experiments.rows_of(run, "train")]
    shares = [mixup.unlike_pairs(each, run.training.batch_size) for each in labels]
    assert experiments.unlike_shares(run).tolist() == shares
    assert shares[0] != shares[1]


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
    outcome = experiments.outcome(curves, patience_stop(curves.val_loss, 2))
    for restore, loss in ((True, outcome.loss), (False, outcome.last)):
        stopped = Settings(learning_rate=3e-3, patience=2, restore_best_weights=restore)
        run = fit("wine", stopped, how, n_train=50, n_val=30, seeds=3)
        assert np.array_equal(run.kept("test_loss")[0], loss[0, 0])
        assert np.array_equal(np.isfinite(run.val_loss[0]).sum(axis=-1) - 1, outcome.stop[0, 0])
    assert (outcome.stop < len(curves.steps) - 1).any(), "no run was stopped"


def test_outcome_is_measured_on_the_test_rows(stopping):
    outcome = experiments.outcome(stopping, patience_stop(stopping.val_loss, 1))
    assert outcome.regret.shape == (2, 2, 2)
    assert np.allclose(outcome.regret, outcome.loss - stopping.test_loss.min(axis=-1))
    assert np.array_equal(outcome.saved, 1 - stopping.steps[outcome.stop] / stopping.steps[-1])
    last = len(stopping.steps) - 1
    to_the_end = experiments.outcome(stopping, patience_stop(stopping.val_loss, None))
    assert (to_the_end.stop == last).all()
    assert np.array_equal(to_the_end.last, stopping.test_loss[..., -1])


def test_a_measure_is_read_where_a_rule_returns():
    measure = np.arange(12.0).reshape(2, 2, 3)
    values = experiments.at_returned(measure, [[0, 2], [-1, 1]])
    np.testing.assert_array_equal(values, [[0, 5], [np.nan, 10]])


def test_enough_patience_returns_what_going_to_the_end_returns(stopping):
    enough = experiments.enough_patience(stopping, range(1, 41))
    end = patience_stop(stopping.val_loss, None).returned
    for cell in np.ndindex(enough.shape):
        same = [(patience_stop(stopping.val_loss[cell], p).returned == end[cell]).all() for p in range(1, 41)]
        assert enough[cell] == same.index(True) + 1
    assert (experiments.enough_patience(stopping, [1]) == np.where(enough == 1, 1, -1)).all()


def test_accuracy_that_peaks_after_the_lowest_loss_is_seen(stopping):
    loss, accuracy = stopping.val_loss.copy(), stopping.val_accuracy.copy()
    accuracy[:] = 0.5
    accuracy[0, 0, 0, 2] = 0.9
    loss[0, 0, 0] = [0.4, 0.3, 0.5]
    loss[0, 0, 1] = loss[0, 0, 0]
    later = experiments.accuracy_peaks_later(dataclasses.replace(stopping, val_loss=loss, val_accuracy=accuracy))
    assert later[0, 0].tolist() == [True, False]


def test_patience_regret_is_that_of_each_patience(stopping):
    cost = experiments.patience_regret(stopping, [1, 3], min_delta=0.01, smoothing=0.3)
    assert cost.shape == (2, 2, 2, 2)
    rule = patience_stop(stopping.val_loss, 3, 0.01, 0.3)
    assert np.array_equal(cost[1], experiments.outcome(stopping, rule).regret)
    assert (cost >= 0).all()


def test_the_loss_that_was_stopped_on_flatters():
    optimism = experiments.stopping_on_test("digits", training=Training(max_steps=200), rows=20, seeds=6)
    assert optimism.rows == 20
    assert (optimism.fresh - optimism.reported).mean() > 0
    # What validation chooses is no lower on the halves than what was chosen on each of them.
    assert optimism.by_validation.mean() > optimism.reported.mean()


def test_stopping_on_the_test_rows_watches_as_validation_is_watched():
    how = {"training": SHORT, "n_train": 50, "n_val": 30, "rows": 30, "seeds": [4]}
    optimism = experiments.stopping_on_test("wine", patience=1, min_delta=0.3, smoothing=0.5, noise=0.4, **how)
    curves = experiments.stopping_curves("wine", [0.4], [50], training=SHORT, n_val=30, seeds=[4])
    at = patience_stop(curves.val_loss, 1, 0.3, 0.5).returned[0, 0, 0]
    assert at != patience_stop(curves.val_loss, 1).returned[0, 0, 0]
    assert 2 * optimism.rows == len(load("wine").x_test)  # so that both halves are all test rows
    assert np.isclose(optimism.by_validation[0], curves.test_loss[0, 0, 0, at], rtol=1e-5)
    other = experiments.stopping_on_test("wine", patience=1, **how)
    assert not np.array_equal(other.reported, optimism.reported)


def test_a_regression_is_stopped_on_its_loss_and_says_that_it_has_no_classes():
    how = {"training": SHORT, "n_val": 30, "seeds": 2}
    curves = experiments.stopping_curves("diabetes", [0.0, 0.4], [50], **how)
    run = fit("diabetes", Settings(learning_rate=3e-3), SHORT, n_train=50, n_val=30, seeds=2)
    np.testing.assert_array_equal(curves.val_loss[0, 0], run.val_loss[0])
    np.testing.assert_array_equal(curves.test_accuracy[0, 0], run.test_accuracy[0])
    # Shuffled targets are trained on, and those of the test rows stay.
    assert (curves.test_loss[1] > curves.test_loss[0]).mean() > 0.5
    how["training"] = Training(max_steps=200)
    optimism = experiments.stopping_on_test("diabetes", n_train=50, rows=20, **how)
    assert np.isfinite(optimism.reported).all()
    assert optimism.reported.mean() < optimism.fresh.mean()
    assert curves.n_classes is optimism.n_classes is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: experiments.stopping_curves("moon"), "dataset must be a Dataset or one of"),
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


def test_the_ridge_of_a_dataset_is_what_its_parts_measure():
    l2s = [0.0, 0.02, 1.0]
    path = experiments.ridge("diabetes", l2s)
    X, y, X_test, y_test = experiments.standardised("diabetes")
    for level, strength in enumerate(l2s):
        w = np.linalg.solve(X.T @ X / len(X) + strength * np.eye(10), X.T @ y / len(X))
        np.testing.assert_allclose(path.path[level], w)
        assert path.norms[level] == pytest.approx(np.sqrt(w @ w))
        assert path.test_loss[level] == pytest.approx(((y_test - X_test @ w) ** 2).mean() / 2)
    assert path.degrees[0] == pytest.approx(10)
    errors = experiments.cross_validated(X, y, lambda X, y: l2.ridge_path(X, y, l2s))
    assert path.chosen == errors.argmin()
    assert (path.n_train, path.n_test) == (300, 142)
    with pytest.raises(ValueError, match="must be a regression, got wine"):
        experiments.ridge("wine", l2s)


def table_for_a_line(rows=90, names=("a", "b", "kind", "same", "copy", "noise"), classes=2):
    """Return a table with gaps, a category of two, a constant, a copy, and noise."""
    rng = np.random.default_rng(4)
    a, b, noise = rng.normal(size=(3, rows))
    y = 3 * a + b + 0.1 * noise
    y = np.digitize(y, np.quantile(y, np.arange(1, classes) / classes)) if classes else 1000 * y
    columns = [np.where(np.arange(rows) % 8 == 1, np.nan, a), b, np.where(b > 0, "up", "down"), np.ones(rows), 2 * b]
    return reglab.Dataset.from_table(dict(zip(names, [*columns, rng.normal(size=rows)], strict=True)) | {"y": y}, "y")


@pytest.mark.parametrize("classes", [0, 2])
def test_the_strongest_columns_hold_what_no_other_one_holds(classes):
    data = table_for_a_line(classes=classes)
    best = experiments.strongest(data)
    assert best.feature_names[:2] == ("a", "b")
    assert not {"same", "copy"} & set(best.feature_names)
    assert np.isfinite(best.x).all()
    assert np.isfinite(best.x_test).all()
    assert np.linalg.matrix_rank(best.x - best.x.mean(axis=0)) == best.x.shape[1]
    filled = np.isnan(data.x[:, 0])
    np.testing.assert_array_equal(best.x[filled, 0], np.nanmedian(data.x[:, 0]))  # of the rows to train on alone
    assert experiments.strongest(data, 1).feature_names == ("a",)
    few = experiments.strongest(data, rows=20)
    assert (len(few.x), len(few.y), len(few.x_test)) == (20, 20, 20)
    path = experiments.linear_path(best, [0.0, 0.1, 10.0], features=2)
    assert path.explained[0] > (0.5 if classes else 0.7)
    assert not path.path[2].any()


def test_the_strongest_columns_are_named_where_the_data_name_none():
    X = np.random.default_rng(0).normal(size=(60, 3))
    data = reglab.Dataset.from_arrays(X, X[:, 2])
    assert experiments.strongest(data, 1).feature_names == ("column 3",)
    gray, colour = np.random.default_rng(0).random((2, 60, 4, 5, 3)), np.random.default_rng(1).random((60, 4, 5, 3))
    by_pixel = reglab.Dataset.from_arrays(colour, colour[:, 2, 3, 1] > 0.5)
    assert experiments.strongest(by_pixel, 1).feature_names == ("pixel 2, 3 g",)
    by_pixel = reglab.Dataset.from_arrays(gray[0, ..., 0], gray[0, :, 3, 4, 0] > 0.5)
    assert experiments.strongest(by_pixel, 1).feature_names == ("pixel 3, 4",)


def test_a_line_is_refused_where_there_is_none():
    says = "dataset must be a regression or have two classes, got wine with 3"
    assert refusal(experiments.strongest, "wine") == says
    flat = reglab.Dataset.from_arrays(np.ones((60, 2)), np.arange(60) % 2, x_test=np.ones((4, 2)), y_test=[0, 1, 0, 1])
    assert refusal(experiments.strongest, flat).startswith("dataset must have a column that varies with its target")


def test_what_is_missing_in_a_table_is_no_gap_of_a_linear_model():
    data = table_for_a_line(classes=0)
    X, y, X_test, y_test = experiments.standardised(data)
    for values in (X, y, X_test, y_test):
        assert np.isfinite(values).all()
    units = experiments.lasso_units(data, [0], "a", 1000.0, rows=40)
    assert np.isfinite(units.raw).all()


def test_the_plane_of_two_measures_is_fitted_from_those_two():
    X, y, _, _ = experiments.standardised("diabetes")
    names = list(load("diabetes").feature_names)
    two = X[:, [names.index("s2"), names.index("bp")]]
    plane = experiments.ridge_plane("diabetes", ("s2", "bp"), [0.0, 0.3])
    np.testing.assert_allclose(plane.path[0], np.linalg.lstsq(two, y, rcond=None)[0])
    with pytest.raises(ValueError, match="features must be one of age, sex"):
        experiments.ridge_plane("diabetes", ("s2", "height"), [0.1])


def test_zeros_of_a_descent_are_counted_at_its_end_and_lost_where_the_next_step_leaves_them():
    goal = np.array([0.0, 0.0, 1.0])
    there = [[1.0, 1.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]  # its second feature's zero is none of the Lasso's
    leaves = [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.1, 0.0, 0.2]]
    descended = experiments.Descents(("a", "b"), goal, np.array([there, leaves]))
    assert descended.zeros.tolist() == [2, 1]
    assert descended.agree.tolist() == [True, False]
    assert descended.lost.tolist() == [0, 1]


def test_features_are_chosen_by_one_lasso_or_by_a_share_of_the_bootstraps():
    shuffled = np.array([False, False, True])
    selection = experiments.Stability((0.1,), shuffled, np.array([[0.5, 0.0, -0.1]]), np.array([[1.0, 0.8, 0.79]]))
    assert selection.chosen(0).tolist() == [True, False, True]
    assert selection.chosen(0, 0.8).tolist() == [True, True, False]


def test_parting_is_the_largest_difference_of_the_two_at_each_step():
    X, y, _, _ = experiments.standardised("diabetes")
    differences = experiments.parting("diabetes", [0.1, 1.0], ["sgd", "adam"], learning_rate=0.01, steps=30)
    assert differences.apart.shape == (2, 31, 2)
    coupled, decoupled = l2.coupled_and_decoupled(
        np.zeros(10), l2.least_squares_gradient(X, y), "adam", 1.0, learning_rate=0.01, steps=30
    )
    np.testing.assert_allclose(differences.apart[1, :, 1], abs(coupled - decoupled).max(axis=1))
    assert differences.largest("adam")[1] == differences.apart[1, :, 1].max()
    assert differences.largest("sgd").max() < 1e-12 < differences.largest("adam").min()


def test_the_two_agree_where_no_weight_differs_by_a_billionth():
    apart = np.array([[[0.0, 0.0, 0.0], [9e-10, 2e-9, 0.0]]])
    differences = experiments.Parting(("sgd",), np.array([0.0, 0.1, 1.0]), apart)
    assert differences.agrees("sgd").tolist() == [True, False, True]


def test_biases_are_measured_without_the_models_that_diverged():
    run = fit("wine", [Settings(), Settings(learning_rate=1e30, weight_decay=1.0)], SHORT, n_train=50, seeds=2)
    size = experiments.size_of_biases(run)
    assert size[0] == pytest.approx(np.abs(run.biases(0)[0]).mean())
    assert run.diverged[1].all()
    assert np.isnan(size[1])


def test_a_histogram_without_a_limit_holds_every_weight():
    run = fit("wine", [Settings(), Settings(weight_decay=3.0)], SHORT, n_train=50, seeds=2)
    largest = max(float(abs(run.weights(layer)).max()) for layer in range(2))
    edges = experiments.spread_of_weights(run, None, 10).edges
    assert largest <= edges[-1] < largest + 0.1
    assert edges[-1] * 10 == pytest.approx(round(edges[-1] * 10))


STRENGTHS = [0.0, 0.01, 0.03, 0.1, 0.3, 1.0]


@pytest.mark.parametrize(("penalty", "beside"), [("lasso", 0.0), ("net", 0.3), ("ridge", 0.0)])
def test_a_linear_path_is_what_its_parts_measure(penalty, beside):
    solved = experiments.linear_path("diabetes", STRENGTHS, penalty, l2_beside=beside)
    X, y, X_test, y_test = experiments.standardised("diabetes")
    paths = {
        "lasso": l1.lasso_path(X, y, STRENGTHS),
        "net": l1.elastic_net_path(X, y, STRENGTHS, 0.3),
        "ridge": l2.ridge_path(X, y, STRENGTHS),
    }
    np.testing.assert_array_equal(solved.path, paths[penalty])
    for w, explained in zip(solved.path, solved.explained, strict=True):
        assert explained == pytest.approx(1 - np.var(y_test - X_test @ w) / np.var(y_test), abs=0.01)
    least_squares = np.linalg.lstsq(X, y, rcond=None)[0]
    assert solved.plain == pytest.approx(experiments.r_squared(least_squares, X_test, y_test))
    assert (len(solved.knots) > 0) == (penalty == "lasso")
    assert sorted(solved.order) == list(range(10))
    supports = [set(np.flatnonzero(w)) for w in paths["lasso"]]
    for strong in supports:  # what a stronger Lasso keeps comes first
        assert set(solved.order[: len(strong)]) == strong or len(strong) == 10


def test_a_linear_path_uses_the_first_features_alone():
    solved = experiments.linear_path("breast_cancer", STRENGTHS, features=4)
    assert solved.names == tuple(load("breast_cancer").feature_names[:4])
    assert solved.path.shape == (6, 4)
    with pytest.raises(ValueError, match="features must be"):
        experiments.linear_path("diabetes", STRENGTHS, features=11)


def test_the_diamond_touches_its_ellipse_at_the_lassos_solution():
    plane = experiments.lasso_plane("diabetes", ("bmi", "bp"), STRENGTHS, points=2001)
    for path, radius, corners, ellipse in zip(plane.path, plane.radii, plane.balls, plane.touching, strict=True):
        assert radius == pytest.approx(abs(path).sum())
        np.testing.assert_allclose(abs(corners).sum(axis=1), radius)
        assert np.linalg.norm(ellipse - path, axis=1).min() < 0.01


def test_descents_are_those_of_l1_and_their_goal_is_the_lasso():
    X, y, _, _ = experiments.standardised("diabetes")
    descended = experiments.lasso_descents("diabetes", 0.2, n_steps=400)
    np.testing.assert_array_equal(descended.paths[1], l1.descend(X, y, 0.2, "subgradient", n_steps=400))
    np.testing.assert_allclose(descended.paths[0, -1], descended.goal, atol=1e-6)


def test_without_data_l1_takes_the_same_off_every_weight_and_l2_a_share():
    paths = experiments.pulled([2.0, -0.3], 0.5, learning_rate=0.1, n_steps=10)
    np.testing.assert_allclose(paths[0, :, 0], 2.0 - 0.05 * np.arange(11))
    np.testing.assert_allclose(paths[0, 6:, 1], 0.0, atol=1e-12)
    np.testing.assert_allclose(paths[1], np.outer(0.9 ** np.arange(11), [2.0, -0.3]))


def test_zeros_are_counted_in_a_layer_by_inputs_and_units():
    run = fit("wine", [Settings(), Settings(l1=1.0)], SHORT, n_train=50, seeds=2)
    zeros = experiments.zeros(run)
    w = run.weights(0)[1]  # (seeds, inputs, units)
    assert zeros.share[1].tolist() == [(each == 0).mean() for each in w]
    assert zeros.left[1] == np.count_nonzero(w[0])
    assert zeros.dead_inputs[1] == np.mean([(abs(each).sum(axis=1) == 0).sum() for each in w])
    assert zeros.dead_units[1] == np.mean([(abs(each).sum(axis=0) == 0).sum() for each in w])
    assert zeros.shape == (13, 16)


def test_a_unit_changes_the_lassos_order_in_its_own_units_alone():
    by_units = experiments.lasso_units("diabetes", [0, 1], "bp", 0.133322, rows=100)
    same = experiments.lasso_units("diabetes", [0, 1], "bp", 1.0, rows=100)
    assert by_units.order_raw == same.order_raw == same.order_rescaled != by_units.order_rescaled
    assert by_units.standardised.shape == (2, 11)
    # With no feature nothing but the mean of the drawn rows is left; with all the order does not matter.
    X, y, X_test, y_test = experiments.standardised("diabetes")
    drawn = generator(0, "rows of the Lasso").permutation(len(X))[:100]
    A = np.c_[np.ones(100), X[drawn]]
    w = np.linalg.lstsq(A, y[drawn], rcond=None)[0]
    whole = 1 - ((y_test - w[0] - X_test @ w[1:]) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
    assert by_units.raw[0, 10] == pytest.approx(by_units.standardised[0, 10], abs=1e-6)
    assert by_units.standardised[0, 10] == pytest.approx(whole, abs=0.02)
