"""Logistic regression and the ridge of the baselines against scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression

from reglab.experiments.baselines import logistic_regression


@pytest.mark.parametrize("load", [load_iris, load_digits])
@pytest.mark.parametrize("l2", [1.0, 0.1, 0.01])
def test_logistic_regression_is_that_of_scikit_learn(load, l2):
    X, y = load(return_X_y=True)
    X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-3)
    theirs = LogisticRegression(C=1 / (len(X) * l2), tol=1e-10, max_iter=5000).fit(X, y)
    W, bias = logistic_regression(X, y, l2)
    np.testing.assert_allclose(W, theirs.coef_.T, atol=3e-3)
    logits = X @ W + bias
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(p / p.sum(axis=1, keepdims=True), theirs.predict_proba(X), atol=3e-3)
