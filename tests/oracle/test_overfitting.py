"""Overfitting against SciPy and scikit-learn, live."""

import numpy as np
from scipy.linalg import lstsq
from scipy.special import eval_chebyt, eval_legendre
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from reglab import overfitting


def test_bases_are_scipys():
    t = np.linspace(-1, 1, 101)
    for k in range(60):
        np.testing.assert_allclose(overfitting.chebyshev_basis(t, 60)[:, k], eval_chebyt(k, t), atol=1e-11)
        np.testing.assert_allclose(overfitting.legendre_basis(t, 60)[:, k], eval_legendre(k, t), atol=1e-11)


def test_fits_are_scipys_with_either_driver():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, y = overfitting.sample(12, 0.3, rng)
        for degree in (0, 2, 7, 11, 20):
            basis = overfitting.chebyshev_basis(x / np.pi - 1, degree)
            for driver in ("gelsd", "gelsy"):
                theirs = lstsq(basis, y, lapack_driver=driver)[0]
                ours = overfitting.fit_polynomial(x, y, degree).coefficients
                np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-9)


def test_errors_are_those_of_a_scikit_learn_pipeline():
    rng = np.random.default_rng(0)
    x, y = overfitting.sample(20, 0.3, rng)
    x_val, y_val = overfitting.sample(100, 0.3, rng, spacing="random")
    errors = overfitting.error_by_degree(x, y, range(10), x_val, y_val, 0.3)
    for degree in range(10):
        basis = FunctionTransformer(lambda v, k=degree: np.polynomial.chebyshev.chebvander(v[:, 0] / np.pi - 1, k))
        model = make_pipeline(basis, LinearRegression(fit_intercept=False)).fit(x[:, None], y)
        np.testing.assert_allclose(errors.validation[degree], np.mean((model.predict(x_val[:, None]) - y_val) ** 2))
