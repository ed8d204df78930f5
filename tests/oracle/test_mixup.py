"""Quantiles of Beta(alpha, alpha) against SciPy's."""

import numpy as np
import pytest
from scipy.stats import beta

from reglab.mixup import beta_quantile


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0, 5.0, 20.0])
def test_quantiles_are_scipys(alpha):
    u = np.linspace(0, 1, 2001)
    np.testing.assert_allclose(beta_quantile(alpha, u), beta.ppf(u, alpha, alpha), atol=2e-4)
