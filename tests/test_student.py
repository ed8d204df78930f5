"""Student's t, for the interval of a mean."""

import math

import numpy as np
import pytest

from reglab.reporting.student import t_975


@pytest.mark.parametrize("n", [2, 3, 5, 12, 31])
def test_its_density_has_95_percent_between(n):
    free = n - 1
    t = np.linspace(-t_975(n), t_975(n), 200_001)
    scale = math.exp(math.lgamma((free + 1) / 2) - math.lgamma(free / 2)) / math.sqrt(free * math.pi)
    assert np.trapezoid(scale * (1 + t**2 / free) ** (-(free + 1) / 2), t) == pytest.approx(0.95, abs=2e-4)


def test_of_one_value_there_is_no_interval_and_of_many_it_is_the_normal_one():
    assert t_975(1) == math.inf
    assert t_975(500) == 1.96
