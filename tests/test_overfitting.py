"""Overfitting: polynomial fits, their measured errors, and what is concluded from them."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reglab import overfitting
from reglab.overfitting import (
    bias_variance,
    choose_degrees,
    compare_choices,
    double_descent,
    error_by_degree,
    fit_polynomial,
    fit_raw_powers,
    learning_curve,
    pass_at_points,
    raw_power_errors,
    reference_sample,
    sample,
    shuffle_labels,
    sign_test,
    verdict,
)

GOLDEN = json.loads(Path(__file__).with_name("golden").joinpath("overfitting.json").read_text())
RNG = np.random.default_rng


def smoother(n, degree, at):
    """The matrix from n even noisy values to the fit at other points, from NumPy's own basis."""
    basis, basis_at = (np.polynomial.chebyshev.chebvander(x / np.pi - 1, degree) for x in (overfitting.grid(n), at))
    return basis_at @ np.linalg.pinv(basis)


@pytest.mark.parametrize(
    ("degree", "train", "at_points", "between", "digits"),
    [
        (1, 0.3543, 0.2636, 0.2059, 4),
        (3, 0.0617, 0.0430, 0.0450, 4),
        (5, 0.0386, 0.0427, 0.0391, 4),
        (15, 0.0100, 0.0714, 1.39, 2),
        (19, 0.0, 0.0814, 736, 0),
    ],
)
def test_the_reference_demonstration_to_its_digits(degree, train, at_points, between, digits):
    x, y = reference_sample()
    errors = error_by_degree(x, y, [degree], x, y, 0.3)
    assert round(errors.train[0], 4) == train
    assert round(errors.true_at_points[0], 4) == at_points
    assert round(errors.true[0], digits) == between
    assert errors.train[0] < 1e-20 or degree < 19


def test_the_reference_sample_is_the_legacy_generators():
    x, y = reference_sample()
    assert np.array_equal(x, np.linspace(0, 2 * np.pi, 20))
    assert np.array_equal(y, np.sin(x) + 0.3 * np.random.RandomState(42).randn(20))


def test_bases_agree_with_scipy_and_numpy():
    np.testing.assert_allclose(overfitting.chebyshev_basis(GOLDEN["points"], 12), GOLDEN["chebyshev"], atol=1e-13)
    np.testing.assert_allclose(overfitting.legendre_basis(GOLDEN["points"], 12), GOLDEN["legendre"], atol=1e-13)
    t = RNG(0).uniform(-1, 1, 50)
    for degree in (0, 1, 2, 40):
        chebyshev, legendre = np.polynomial.chebyshev.chebvander, np.polynomial.legendre.legvander
        np.testing.assert_allclose(overfitting.chebyshev_basis(t, degree), chebyshev(t, degree), atol=1e-12)
        np.testing.assert_allclose(overfitting.legendre_basis(t, degree), legendre(t, degree), atol=1e-12)


def test_coefficients_agree_with_sixty_digit_arithmetic():
    x, y = reference_sample()
    for degree, coefficients in zip(GOLDEN["degrees"], GOLDEN["coefficients"], strict=True):
        fit = fit_polynomial(x, y, degree)
        assert fit.degree == degree
        np.testing.assert_allclose(fit.coefficients, coefficients, rtol=1e-8, atol=1e-9 * max(map(abs, coefficients)))


def test_fits_agree_with_numpys_chebyshev():
    for seed in range(20):
        rng = RNG(seed)
        x, y = sample(15, 0.5, rng, spacing="random")
        degree = int(rng.integers(0, 9))
        theirs = np.polynomial.Chebyshev.fit(x, y, degree, domain=overfitting.DOMAIN)
        fit = fit_polynomial(x, y, degree)
        np.testing.assert_allclose(fit.coefficients, theirs.coef, rtol=1e-7, atol=1e-9)
        at = rng.uniform(0, 6, (3, 4))
        np.testing.assert_allclose(fit(at), theirs(at), rtol=1e-7, atol=1e-8)


def test_a_polynomial_is_found_again_on_any_domain():
    for seed in range(20):
        rng = RNG(seed)
        low = rng.uniform(-50, 50)
        domain = (low, low + rng.uniform(0.1, 100))
        powers = rng.standard_normal(4)
        x = rng.uniform(*domain, 12)
        t = (x - domain[0]) / (domain[1] - domain[0])
        fit = fit_polynomial(x, np.polyval(powers, t), 3, domain)
        np.testing.assert_allclose(fit(domain), np.polyval(powers, [0.0, 1.0]), atol=1e-8)


def test_least_squares_leaves_a_residual_without_trend():
    for seed in range(10):
        x, y = sample(30, 0.4, RNG(seed))
        residual = y - fit_polynomial(x, y, 6)(x)
        np.testing.assert_allclose(overfitting.chebyshev_basis(x / np.pi - 1, 6).T @ residual, 0, atol=1e-11)


def test_beyond_n_the_fit_interpolates_and_degree_zero_is_the_mean():
    x, y = sample(12, 0.3, RNG(0))
    for degree in (11, 15, 40):
        np.testing.assert_allclose(fit_polynomial(x, y, degree)(x), y, atol=1e-9)
    assert fit_polynomial(x, y, 0).coefficients == pytest.approx([y.mean()])
    assert fit_polynomial([1.0], [2.0], 0)(5.0) == pytest.approx(2.0)
    basis = overfitting.chebyshev_basis(x / np.pi - 1, 40)
    null = np.eye(41) - np.linalg.pinv(basis) @ basis
    norm = np.linalg.norm(fit_polynomial(x, y, 40).coefficients)
    for seed in range(5):  # any other interpolating fit has larger coefficients
        other = fit_polynomial(x, y, 40).coefficients + null @ RNG(seed).standard_normal(41)
        assert np.linalg.norm(other) > norm


def test_samples_are_sin_plus_noise():
    x, y = sample(40_000, 0.3, RNG(0), spacing="random")
    assert np.all(np.diff(x) >= 0)
    assert x[0] > 0
    assert x[-1] < 2 * np.pi
    noise = y - np.sin(x)
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert abs(noise.mean()) < 0.01
    x, y = sample(9, 0.0, RNG(0))
    assert np.array_equal(x, np.linspace(0, 2 * np.pi, 9))
    assert np.array_equal(y, np.sin(x))


def test_train_error_only_falls_with_the_degree():
    for seed in range(10):
        rng = RNG(seed)
        x, y = sample(20, 0.3, rng)
        errors = error_by_degree(x, y, range(20), *sample(100, 0.3, rng, "random"), 0.3)
        assert np.all(np.diff(errors.train) < 1e-12)
        assert errors.validation.argmin() not in (0, 1, 2, 17, 18, 19)


def test_errors_are_those_of_their_fits():
    rng = RNG(3)
    x, y = sample(20, 0.3, rng)
    x_val, y_val = sample(50, 0.3, rng, "random")
    errors = error_by_degree(x, y, [4, 0, 9], x_val, y_val, 0.3)  # in no order
    at = np.linspace(0, 2 * np.pi, 2001)
    assert errors.degrees == (4, 0, 9)
    for k, fit in enumerate(errors.fits):
        assert fit.degree == errors.degrees[k]
        assert errors.train[k] == pytest.approx(np.mean((fit(x) - y) ** 2))
        assert errors.validation[k] == pytest.approx(np.mean((fit(x_val) - y_val) ** 2))
        assert errors.true_at_points[k] == pytest.approx(np.mean((fit(x) - np.sin(x)) ** 2))
        assert errors.true[k] == pytest.approx(np.mean((fit(at) - np.sin(at)) ** 2))
        assert errors.verdicts[k] == verdict(errors.train[k], errors.validation[k], 0.09)


def test_verdict_reads_the_errors():
    assert verdict(0.6, 0.6, 0.1) == "under"
    assert verdict(0.09, 0.10, 0.09) == "good"
    assert verdict(0.0, 5.0, 0.09) == "over"
    assert verdict(0.05, 0.08, 0.09) == "good"  # better than the noise, by luck
    assert verdict(0.0, 0.0, 0.0) == "good"
    assert verdict(float("inf"), float("inf"), 0.1) in ("under", "over")
    # the limit: 15 % of the signal's variance above the noise
    assert verdict(0.09, 0.09 + 0.0749, 0.09) == "good"
    assert verdict(0.09, 0.09 + 0.0751, 0.09) == "over"
    # the excess is half misfit, half gap: the larger half decides
    assert verdict(0.51, 1.0, 0.0) == "under"
    assert verdict(0.49, 1.0, 0.0) == "over"
    assert verdict(0.49, 1.0, 0.0, signal_variance=10.0) == "good"
    assert verdict(0.49, 1.0, 0.0, tolerance=0.99, signal_variance=1.02) == "good"


def test_the_same_degree_may_be_under_good_or_over():
    seen = set()
    for n, noise, truth_degree in ((200, 0.1, 9), (8, 0.6, 6), (200, 0.3, 2)):
        x, y = sample(n, noise, RNG(1))
        x_val, y_val = sample(500, noise, RNG(2), "random")
        seen.add(error_by_degree(x, y, [truth_degree], x_val, y_val, noise).verdicts[0])
    assert seen == {"under", "good", "over"}
    x, y = sample(200, 0.3, RNG(1))
    val = sample(500, 0.3, RNG(2), "random")
    few_x, few_y = sample(13, 0.3, RNG(1))
    assert error_by_degree(x, y, [11], *val, 0.3).verdicts == ("good",)  # one degree, enough points
    assert error_by_degree(few_x, few_y, [11], *val, 0.3).verdicts == ("over",)  # and too few


def test_bias_and_variance_have_their_closed_forms():
    n, noise, at = 20, 0.3, np.linspace(0, 2 * np.pi, 401)
    degrees = [0, 1, 3, 5, 9, 13]
    parts = bias_variance(degrees, n, noise, 4000, RNG(0))
    for k, degree in enumerate(degrees):
        S = smoother(n, degree, at)
        bias2 = np.mean((S @ np.sin(overfitting.grid(n)) - np.sin(at)) ** 2)
        variance = noise**2 * np.mean(np.sum(S * S, axis=1))
        assert parts.bias2[k] == pytest.approx(bias2 + variance / 4000, rel=0.03, abs=2e-4)
        assert parts.variance[k] == pytest.approx(variance, rel=0.08)
    assert parts.noise == pytest.approx(0.09)


def test_the_parts_add_up_to_the_error_on_fresh_targets():
    parts = bias_variance(range(13), 20, 0.3, 600, RNG(1))
    np.testing.assert_allclose(parts.bias2 + parts.variance + parts.noise, parts.total, rtol=0.02)
    assert parts.mean_fit.shape == (13, 401)
    assert parts.curves.shape == (13, 20, 401)
    # and once more by hand: other noise, other points, one fit at a time
    rng = RNG(2)
    errors = []
    for _ in range(400):
        x, y = sample(20, 0.3, rng)
        at = rng.uniform(0, 2 * np.pi, 200)
        errors.append(np.mean((fit_polynomial(x, y, 6)(at) - np.sin(at) - 0.3 * rng.standard_normal(200)) ** 2))
    assert np.mean(errors) == pytest.approx(parts.total[6], rel=0.05)
    assert np.median(errors) == pytest.approx(parts.median[6], rel=0.05)


def test_half_of_the_samples_are_below_the_median():
    parts, x, at = bias_variance([15], 20, 0.3, 400, RNG(1)), overfitting.grid(20), overfitting.grid(401)
    S, rng = smoother(20, 15, at), RNG(3)
    errors = [
        np.mean((S @ (np.sin(x) + 0.3 * rng.standard_normal(20)) - np.sin(at) - 0.3 * rng.standard_normal(401)) ** 2)
        for _ in range(2000)
    ]
    assert 0.44 < np.mean(errors < parts.median[0]) < 0.56
    assert parts.median[0] < 0.75 * parts.total[0]


def test_without_noise_only_bias_is_left():
    parts = bias_variance([1, 4, 9], 20, 0.0, 5, RNG(0))
    np.testing.assert_allclose(parts.variance, 0, atol=1e-25)
    np.testing.assert_allclose(parts.total, parts.bias2)
    np.testing.assert_allclose(parts.curves[:, 0], parts.mean_fit, atol=1e-12)


def test_learning_curve_closes_on_the_noise():
    curve = learning_curve(5, [10, 20, 50, 400], 0.3, 1000, RNG(0))
    assert curve.train.shape == curve.validation.shape == curve.true.shape == (3, 4)
    assert np.all(np.diff(curve.train[1]) > 0)
    assert np.all(np.diff(curve.validation[1]) < 0)
    assert np.all(np.diff(curve.train, axis=0) > 0)  # low, median, high
    for at, train in zip(curve.at, curve.train[1], strict=True):  # noise * (n - k) / n; a chi-square's median is lower
        df = at - 6
        assert train == pytest.approx(0.09 / at * df * (1 - 2 / (9 * df)) ** 3, rel=0.06)
    assert curve.validation[1, -1] == pytest.approx(0.09, rel=0.05)


def test_a_sample_smaller_than_the_coefficients_is_interpolated():
    curve = learning_curve(9, [4, 10, 30], 0.3, 50, RNG(0))
    assert curve.train[2, :2].max() < 1e-20
    assert curve.train[0, 2] > 1e-3


def test_double_descent_peaks_at_n_and_falls_again_for_legendre():
    counts = [4, 10, 15, 20, 30, 60, 200]
    curve = double_descent(counts, 20, 0.3, 200, RNG(0))
    true = curve.true[1]
    assert counts[int(true.argmax())] == 20
    assert np.all(np.diff(true[:4]) > 0)
    assert np.all(np.diff(true[3:]) < 0)
    assert true[0] < true[-1] < 0.07
    assert curve.train[2, 3:].max() < 1e-20
    chebyshev = double_descent(counts, 20, 0.3, 200, RNG(0), basis="chebyshev")
    np.testing.assert_allclose(chebyshev.true[:, :4], curve.true[:, :4], rtol=1e-6)  # one fit, whatever its basis
    assert chebyshev.true[1, -1] > 0.4  # nothing but spikes at the points


def test_double_descent_is_the_least_norm_fit():
    curve = double_descent([25], 8, 0.3, 2, RNG(4), basis="chebyshev", points=2001)
    x, at = overfitting.grid(8), overfitting.grid()
    noise = 0.3 * RNG(4).standard_normal((8, 2))  # the same two samples
    fits = [fit_polynomial(x, np.sin(x) + e, 24)(at) for e in noise.T]
    assert curve.true[1, 0] == pytest.approx(np.mean((fits - np.sin(at)) ** 2))


def test_raw_powers_warn_and_stop_interpolating():
    x, y = reference_sample()
    for degree in (1, 3, 9):
        predict, warned = fit_raw_powers(x, y, degree)
        assert not warned
        np.testing.assert_allclose(predict(x), fit_polynomial(x, y, degree)(x), atol=1e-6)
    predict, warned = fit_raw_powers(x, y, 19)
    assert warned
    with pytest.warns(np.exceptions.RankWarning):
        theirs = np.polyfit(x, y, 19)
    assert np.array_equal(predict(x), np.polyval(theirs, x))
    assert np.mean((predict(x) - y) ** 2) > 1e-4
    assert np.mean((fit_polynomial(x, y, 19)(x) - y) ** 2) < 1e-20


def test_the_errors_of_raw_powers_are_those_of_numpys_fit():
    x, y = reference_sample()
    errors, warned = raw_power_errors(x, y, [1, 4, 19])
    for error, warns, degree in zip(errors, warned, (1, 4, 19), strict=True):
        with pytest.warns(np.exceptions.RankWarning) if warns else nullcontext():
            fit = np.polyfit(x, y, degree)
        assert error == pytest.approx(np.mean((np.polyval(fit, x) - y) ** 2))
    assert warned.tolist() == [False, False, True]


def test_chance_is_taken_out_of_bias_and_variance():
    """Without bias the mean of many estimates of bias^2 is zero; that of the plain ones is variance / resamples."""
    splits = [bias_variance([9], 20, 0.3, 4, RNG(seed)) for seed in range(300)]
    bias2, variance = (np.mean([split.unbiased[part][0] for split in splits]) for part in (0, 1))
    plain = np.mean([split.bias2[0] for split in splits])
    assert abs(bias2) < 0.1 * plain
    assert plain == pytest.approx(variance / 4, rel=0.1)
    exact = 0.09 * np.mean(np.sum(smoother(20, 9, overfitting.grid(401)) ** 2, axis=1))
    assert variance == pytest.approx(exact, rel=0.05)


def fits_of(seeds):
    return [
        error_by_degree(*sample(20, 0.3, RNG(seed)), range(20), *sample(400, 0.3, RNG(seed + 99), "random"), 0.3)
        for seed in seeds
    ]


def test_a_degree_is_chosen_by_one_error_and_judged_against_the_truth():
    errors = fits_of(range(4))
    for by in ("train", "validation"):
        degrees, true = choose_degrees(errors, by)
        for sample_errors, degree, error in zip(errors, degrees, true, strict=True):
            assert getattr(sample_errors, by)[degree] == min(getattr(sample_errors, by))
            assert error == sample_errors.true[degree]
    assert choose_degrees(errors, "train")[0].min() >= 18  # the last, or another that passes through all points
    assert choose_degrees(errors, "validation")[0].max() < 15


def test_two_ways_to_choose_are_compared_by_their_medians_and_a_sign_test():
    errors = fits_of(range(7))
    both = compare_choices(errors)
    (by_train, wrong), (by_validation, right) = (choose_degrees(errors, by) for by in ("train", "validation"))
    assert both.degrees == (np.median(by_train), np.median(by_validation))
    assert both.true == (np.median(wrong), np.median(right))
    assert (both.worse, both.better, both.verdict) == (7, 0, "worse")
    assert compare_choices(errors[:5]).verdict == "none"  # 0.0625


def test_errors_that_differ_by_rounding_are_the_same():
    [errors] = fits_of([0])
    best, last = int(np.argmin(errors.validation)), int(np.argmin(errors.train))
    true = np.array(errors.true)
    for apart, worse in ((5e-10, 0), (2e-9, 1)):
        true[last] = true[best] + apart
        choices = compare_choices([replace(errors, true=true)])
        assert (choices.worse, choices.better) == (worse, 0)


def test_where_a_curve_stays_low_and_its_minima_on_both_sides_of_a_number_are_told():
    middle = np.array([3.0, 1.0, 2.0, 9.0, 2.0, 1.5])
    curve = overfitting.ErrorCurve(np.array([1, 2, 4, 8, 16, 32]), *(np.stack([middle] * 3) for _ in range(3)))
    assert curve.stays_within(2.0) == 16
    assert curve.stays_within(1.0) is None
    assert curve.stays_within(9.0) == 1
    assert curve.minima_around(8) == (1, 5)
    assert curve.minima_around(1) == (0, 1)


def test_overfits_that_pass_at_the_points_are_counted():
    errors = fits_of(range(4))
    passed, overfits = pass_at_points(errors, 0.3)
    assert overfits == sum(sample_errors.verdicts.count("over") for sample_errors in errors)
    close = sum(
        error <= 0.15 * 0.5
        for sample_errors in errors
        for error, kind in zip(sample_errors.true_at_points, sample_errors.verdicts, strict=True)
        if kind == "over"
    )
    assert 0 < passed <= close
    assert pass_at_points(fits_of([1])[:1] * 2, 0.3)[1] == 2 * fits_of([1])[0].verdicts.count("over")


@pytest.mark.parametrize(("worse", "better", "p"), [(5, 0, 0.0625), (6, 0, 0.03125), (9, 1, 0.021484375), (0, 0, 1.0)])
def test_the_sign_test_is_that_of_the_tables(worse, better, p):
    assert sign_test(worse, better) == sign_test(better, worse) == p


def test_raw_powers_are_as_ill_conditioned_as_said():
    x, _ = reference_sample()
    assert np.linalg.cond(np.vander(x / np.pi - 1, 16)) < 1e7
    assert 1e16 < np.linalg.cond(np.vander(x, 16)) < 1e17
    assert np.linalg.cond(overfitting.chebyshev_basis(x / np.pi - 1, 15)) < 100


def test_shuffled_labels_are_the_same_labels():
    for seed in range(30):
        rng = RNG(seed)
        y = rng.integers(0, 5, 200)
        share = rng.uniform()
        shuffled = shuffle_labels(y, share, rng)
        assert shuffled.dtype == y.dtype
        assert np.array_equal(np.bincount(shuffled, minlength=5), np.bincount(y, minlength=5))
        assert (shuffled != y).sum() <= round(share * 200)
    y = np.arange(1000)  # all different: nearly every chosen row moves
    for share in (0.0, 0.25, 1.0):
        moved = (shuffle_labels(y, share, RNG(0)) != y).sum()
        assert round(share * 1000) - 6 <= moved <= round(share * 1000)
    assert np.array_equal(y, np.arange(1000))


def test_of_the_shuffled_labels_the_expected_share_is_wrong():
    y = np.repeat(np.arange(4), 2500)
    wrong = np.mean(shuffle_labels(y, 0.6, RNG(0)) != y)
    assert wrong == pytest.approx(0.6 * 0.75, abs=0.01)
    assert shuffle_labels(np.array([], int), 0.5, RNG(0)).shape == (0,)
    assert shuffle_labels(np.array([0.5, 1.5], np.float32), 1.0, RNG(0)).dtype == np.float32


def test_one_stream_gives_one_result():
    for function in (
        lambda rng: bias_variance([3], 10, 0.3, 5, rng).total,
        lambda rng: learning_curve(3, [10, 20], 0.3, 5, rng).validation,
        lambda rng: double_descent([3, 30], 10, 0.3, 5, rng).validation,
        lambda rng: shuffle_labels(np.arange(20), 0.5, rng),
        lambda rng: sample(5, 0.3, rng)[1],
    ):
        assert np.array_equal(function(RNG(7)), function(RNG(7)))
        assert not np.array_equal(function(RNG(7)), function(RNG(8)))


X, Y = [0.0, 1.0], [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_polynomial(X, Y, -1), r"degree must be a whole number of at least 0, got -1"),
        (lambda: fit_polynomial(X, Y, 1.5), r"degree must be a whole number of at least 0, got 1\.5"),
        (lambda: fit_polynomial(X, [1.0], 1), r"y must have the shape of x, \(2,\), got \(1,\)"),
        (lambda: fit_polynomial([], [], 1), r"x must be a 1-D array of at least one point, got shape \(0,\)"),
        (lambda: fit_polynomial([np.nan, 1.0], Y, 1), r"x must be finite"),
        (lambda: fit_polynomial(X, [1.0, np.inf], 1), r"y must be finite"),
        (lambda: fit_polynomial(X, Y, 1, (1.0, 1.0)), r"domain must be an interval, low < high, got \(1\.0, 1\.0\)"),
        (lambda: fit_raw_powers(X, Y, -1), r"degree must be a whole number of at least 0, got -1"),
        (lambda: fit_raw_powers(X, [1.0], 1), r"y must have the shape of x"),
        (lambda: overfitting.chebyshev_basis(X, -1), r"degree must be"),
        (lambda: overfitting.legendre_basis(X, -1), r"degree must be"),
        (lambda: overfitting.grid(1), r"points must be a whole number of at least 2, got 1"),
        (lambda: sample(1, 0.3, RNG(0)), r"n must be a whole number of at least 2, got 1"),
        (lambda: sample(5, -0.3, RNG(0)), r"noise must be a number from 0 up, got -0\.3"),
        (lambda: sample(5, 0.3, RNG(0), "odd"), r'spacing must be "even" or "random", got \'odd\''),
        (lambda: error_by_degree(X, Y, [], X, Y, 0.3), r"degrees must not be empty"),
        (lambda: error_by_degree(X, Y, [-2], X, Y, 0.3), r"degree must be a whole number of at least 0, got -2"),
        (lambda: error_by_degree(X, Y, [1], X, [1.0], 0.3), r"y_val must have the shape of x_val"),
        (lambda: error_by_degree(X, Y, [1], X, [1.0, np.nan], 0.3), r"y_val must be finite"),
        (lambda: verdict(-1.0, 0.1, 0.1), r"train_error must be at least 0, got -1"),
        (lambda: verdict(0.1, np.nan, 0.1), r"validation_error must be at least 0, got nan"),
        (lambda: verdict(0.1, 0.1, -0.1), r"noise_variance must be a number from 0 up, got -0\.1"),
        (lambda: verdict(0.1, 0.1, 0.1, tolerance=2.0), r"tolerance must be in \[0, 1\], got 2"),
        (lambda: bias_variance([1], 20, 0.3, 1, RNG(0)), r"resamples must be a whole number of at least 2, got 1"),
        (lambda: bias_variance([], 20, 0.3, 9, RNG(0)), r"degrees must not be empty"),
        (lambda: bias_variance([1], 1, 0.3, 9, RNG(0)), r"n must be a whole number of at least 2, got 1"),
        (lambda: learning_curve(1, [], 0.3, 9, RNG(0)), r"sizes must not be empty"),
        (lambda: learning_curve(-1, [9], 0.3, 9, RNG(0)), r"degree must be a whole number of at least 0, got -1"),
        (lambda: double_descent([0], 9, 0.3, 9, RNG(0)), r"coefficients must be a whole number of at least 1, got 0"),
        (lambda: double_descent([], 9, 0.3, 9, RNG(0)), r"coefficients must not be empty"),
        (lambda: double_descent([3], 9, 0.3, 9, RNG(0), basis="raw"), r'basis must be "legendre" or "chebyshev"'),
        (lambda: shuffle_labels([[1]], 0.5, RNG(0)), r"y must be a 1-D array, got shape \(1, 1\)"),
        (lambda: shuffle_labels([1, 2], 1.5, RNG(0)), r"share must be in \[0, 1\], got 1\.5"),
    ],
)
def test_errors_name_the_argument_and_what_it_got(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_labels_that_would_fill_the_memory_are_not_shuffled():
    with pytest.raises(ValueError, match="y must be a 1-D array, got 1000000000000 of them, more than 25000000"):
        shuffle_labels(range(10**12), 0.5, np.random.default_rng(0))
