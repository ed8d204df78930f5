"""A constant guess and a linear model on a network's rows: by their definitions, and where the gradient is zero."""

import numpy as np
import pytest

from reglab import Dataset, Settings, Training, fit
from reglab.datasets import load
from reglab.engine.rows import Rows
from reglab.experiments.baselines import L2S, linear_baselines, logistic_regression

RNG = np.random.default_rng(1)
X = RNG.normal(size=(80, 4))
Y = (X @ RNG.normal(size=(4, 3)) + 0.5 * RNG.normal(size=(80, 3))).argmax(axis=1)


def gradient(W, bias, l2):
    logits = X @ W + bias
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = (p / p.sum(axis=1, keepdims=True) - np.eye(3)[Y]) / len(X)
    return X.T @ error + l2 * W, error.sum(axis=0)


@pytest.mark.parametrize("l2", [10.0, 0.1, 1e-3])
def test_logistic_regression_ends_where_its_gradient_is_zero(l2):
    for part in gradient(*logistic_regression(X, Y, l2), l2):
        assert np.abs(part).max() < 1e-5


def test_a_strong_penalty_leaves_the_shares_of_the_classes():
    W, bias = logistic_regression(X, Y, 1e3)
    assert np.abs(W).max() < 1e-3
    np.testing.assert_allclose(np.exp(bias) / np.exp(bias).sum(), np.bincount(Y) / len(Y), atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[0], Y, 0.1), r"X must have the shape \(n, d\)"),
        ((X, Y[:-1], 0.1), "y must have one class for each row of X"),
        ((X, Y, 0.0), "l2 must be"),
        ((X, Y, 0.1, 2), r"y must be below n_classes \(2\), got 2"),
    ],
)
def test_what_is_no_problem_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        logistic_regression(*arguments)


def test_the_guess_is_that_of_the_training_rows_alone():
    data = load("wine")
    baselines = linear_baselines([data], [3], n_train=60, n_val=40)
    rows = Rows([data], [3], 60, 40, 60)
    shares = rows.y.mean(axis=0)
    np.testing.assert_allclose(baselines.guess_loss[0], -np.log(shares)[data.y_test].mean(), rtol=1e-6)
    assert baselines.guess_accuracy[0] == (data.y_test == shares.argmax()).mean()


def test_a_regression_has_ridge_and_the_mean():
    data = load("diabetes")
    baselines = linear_baselines([data] * 2, [0, 1], n_train=200, n_val=60)
    rows = Rows([data], [0], 200, 60, 200)
    x, y = rows.x.astype(float), rows.y[:, 0].astype(float)
    test = rows.eval_x[0, 0, rows.splits["test"]]
    centred = y - y.mean()
    w = np.linalg.solve(x.T @ x + 200 * baselines.l2[0] * np.eye(10), x.T @ centred)
    error = data.y_test - (test @ w + y.mean())
    np.testing.assert_allclose(baselines.linear_loss[0], (error**2).mean() / 2, rtol=1e-5)
    np.testing.assert_allclose(baselines.linear_accuracy[0], 1 - (error**2).mean() / data.y_test.var(), rtol=1e-5)
    np.testing.assert_allclose(baselines.guess_loss[0], ((data.y_test - y.mean()) ** 2).mean() / 2, rtol=1e-5)


def test_the_validation_rows_choose_the_strength_not_the_test_rows():
    data = load("wine")
    first = linear_baselines([data], [0], n_train=30, n_val=40)
    swapped = Dataset(
        **{f: getattr(data, f) for f in data.__dataclass_fields__ if f not in ("x_test", "y_test")},
        x_test=-data.x_test,
        y_test=data.y_test,
    )
    assert linear_baselines([swapped], [0], n_train=30, n_val=40).l2[0] == first.l2[0] in L2S


def test_a_network_without_hidden_layers_comes_near_the_linear_model():
    data = load("wine")
    baselines = linear_baselines([data], [0], n_train=60, n_val=40)
    settings = Settings(l2=float(baselines.l2[0]), learning_rate=0.03)
    run = fit(data, settings, Training(hidden_sizes=(), max_steps=1500), n_train=60, n_val=40, seeds=1)
    assert run.kept("test_loss")[0, 0] == pytest.approx(baselines.linear_loss[0], abs=0.02)
