"""L1 against scikit-learn, live."""

import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import ElasticNet, Lasso, enet_path, lars_path, lasso_path

from reglab import l1

EXACT = {"tol": 1e-14, "max_iter": 1_000_000}


def standardised(X):
    deviation = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1)


def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return standardised(X), y - y.mean()


def strengths(X, y, lowest=1e-3, count=20):
    return np.abs(X.T @ y).max() / len(X) * np.logspace(0, np.log10(lowest), count)


def test_lasso_path_is_coordinate_descents_limit():
    for seed, (n, d) in enumerate([(40, 5), (30, 12), (100, 30)] * 5):
        rng = np.random.default_rng(seed)
        X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
        l1s = strengths(X, y)
        np.testing.assert_allclose(l1.lasso_path(X, y, l1s), lasso_path(X, y, alphas=l1s, **EXACT)[1].T, atol=1e-6)


def test_it_is_never_above_scikit_learn_and_has_its_exact_fit_on_diabetes():
    X, y = diabetes()
    l1s = strengths(X, y, count=100)
    ours, theirs = l1.lasso_path(X, y, l1s), lasso_path(X, y, alphas=l1s)[1].T

    def objectives(path):
        return np.sum((y - path @ X.T) ** 2, axis=1) / (2 * len(y)) + l1s * np.abs(path).sum(axis=1)

    assert (objectives(ours) <= objectives(theirs) * (1 + 1e-14)).all()
    assert l1.duality_gap(X, y, ours, l1s).max() < 1e-12 * np.mean(y**2)
    fitted = Lasso(alpha=l1s[50], fit_intercept=False, **EXACT).fit(X, y).coef_
    np.testing.assert_allclose(ours[50], fitted, rtol=1e-6, atol=1e-6)


def test_digits_ten_targets_with_constant_columns():
    X, labels = load_digits(return_X_y=True)
    X, Y = standardised(X), standardised(np.eye(10)[labels])
    l1s = strengths(X, Y)
    for y, path in zip(Y.T, np.moveaxis(l1.lasso_path(X, Y, l1s), -1, 0), strict=True):
        np.testing.assert_allclose(path, lasso_path(X, y, alphas=l1s, tol=1e-12)[1].T, atol=1e-6)


def test_knots_are_those_of_least_angle_regression():
    problems = [diabetes()]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        problems.append((rng.standard_normal((40, 12)), rng.standard_normal(40)))
    for X, y in problems:
        alphas, _, coefficients = lars_path(X, y, method="lasso", eps=1e-15)
        l1s, w = l1.lasso_knots(X, y)
        np.testing.assert_allclose(l1s, alphas, atol=1e-9)
        np.testing.assert_allclose(w, coefficients.T, atol=1e-8)


def test_elastic_net_strengths_are_converted_as_documented():
    X, y = diabetes()
    alphas = strengths(X, y, count=10)
    for ratio in (0.3, 0.9):
        theirs = enet_path(X, y, l1_ratio=ratio, alphas=alphas, **EXACT)[1].T
        for alpha, w in zip(alphas, theirs, strict=True):
            ours = l1.elastic_net_path(X, y, [alpha * ratio], alpha * (1 - ratio))[0]
            np.testing.assert_allclose(ours, w, rtol=1e-6, atol=1e-6)
            fitted = ElasticNet(alpha=alpha, l1_ratio=ratio, fit_intercept=False, **EXACT).fit(X, y).coef_
            np.testing.assert_allclose(ours, fitted, rtol=1e-6, atol=1e-6)


def test_bootstraps_are_a_loop_over_resamples():
    X, y = diabetes()
    l1s = strengths(X, y, count=10)
    paths = l1.bootstrap_lasso_paths(X, y, l1s, np.random.default_rng(0), n_bootstraps=10)
    draws = np.random.default_rng(0).integers(len(X), size=(10, len(X)))
    for rows, path in zip(draws, paths, strict=True):
        theirs = lasso_path(X[rows], y[rows], alphas=l1s, **EXACT)[1].T
        np.testing.assert_allclose(path, theirs, rtol=1e-6, atol=1e-6)
