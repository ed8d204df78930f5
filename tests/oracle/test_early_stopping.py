"""Patience against scikit-learn's own count, live."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from reglab.early_stopping import patience_stop


def test_patience_is_that_of_scikit_learns_training_loop():
    """`loss_curve_` of a training without patience tells where one with patience has to stop."""
    rng = np.random.default_rng(0)
    early = 0
    for seed in range(12):
        x, y = rng.normal(size=(80, 5)), rng.integers(2, size=80)
        patience, tol = int(rng.integers(1, 5)), float(rng.choice([0.0, 1e-3, 1e-2]))
        common = {"hidden_layer_sizes": (8,), "learning_rate_init": 0.1, "batch_size": 16, "random_state": seed}
        whole = MLPClassifier(max_iter=40, tol=0, n_iter_no_change=40, **common)
        stopped = MLPClassifier(max_iter=40, tol=tol, n_iter_no_change=patience, **common)
        for model in (whole, stopped):
            fit_quietly(model, x, y)
        stop, returned = patience_stop(whole.loss_curve_, patience, tol, convention="sklearn")
        assert stop == stopped.n_iter_ - 1
        assert whole.loss_curve_[returned] == stopped.best_loss_
        early += stop < 39
    assert early >= 8


def fit_quietly(model, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped before it converges: that is the point
        model.fit(x, y)
