"""What PyTorch's dropout does to mean and variance, ours does; and a kept unit is scaled alike."""

import numpy as np
import pytest
import torch

from reglab.dropout import dropout
from reglab.streams import generator


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.8])
def test_rate_and_scale_are_pytorchs(rate):
    torch.manual_seed(0)
    n = 200_000
    theirs = torch.nn.functional.dropout(torch.ones(n, dtype=torch.float64), rate).numpy()
    ours = dropout(np.ones(n), rate, generator(0, "dropout"))
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=1e-4)  # our rate is a multiple of 1/65536
    assert abs(ours.mean() - theirs.mean()) < 6 * np.sqrt(2 * rate / (1 - rate) / n)
    evaluated = torch.nn.Dropout(rate).eval()(torch.ones(3)).numpy()
    np.testing.assert_array_equal(dropout(np.ones(3), rate, None), evaluated)
