"""A stack of PyTorch's Dropout layers keeps as many units, and SciPy's binomial gives the same moments."""

import numpy as np
import pytest
import torch
from scipy.stats import binom, chisquare

from reglab.dropout_in_practice import active_units, expected_active
from reglab.streams import generator

SIZES, RATES = (784, 512, 256, 128, 10), (0.2, 0.5, 0.5, 0.5, 0.0)
PASSES = 1500


def test_counts_are_those_of_pytorchs_dropout_layers():
    torch.manual_seed(0)
    layers = [torch.nn.Dropout(rate) for rate in RATES]
    theirs = np.stack(
        [
            torch.count_nonzero(layer(torch.ones(PASSES, size)), dim=1).numpy()
            for layer, size in zip(layers, SIZES, strict=True)
        ],
        axis=1,
    )
    ours = active_units(SIZES, RATES, generator(0, "dropout"), PASSES)
    assert ours.shape == theirs.shape
    _, deviation = expected_active(SIZES, RATES)
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) <= 4 * deviation * (2 / PASSES) ** 0.5).all()
    np.testing.assert_allclose(ours.std(axis=0), theirs.std(axis=0), rtol=0.12)


def test_in_evaluation_pytorchs_dropout_keeps_all_as_ours_does():
    for size, rate in zip(SIZES, RATES, strict=True):
        assert int(torch.count_nonzero(torch.nn.Dropout(rate).eval()(torch.ones(size)))) == size
    assert active_units(SIZES, RATES, None, 2).tolist() == [list(SIZES)] * 2


@pytest.mark.parametrize(("size", "rate"), [(784, 0.2), (128, 0.5), (12, 0.7)])
def test_counts_follow_scipys_binomial(size, rate):
    law = binom(size, 1 - rate)
    mean, deviation = expected_active((size,), (rate,))
    assert mean[0] == pytest.approx(law.mean(), rel=1e-12)
    assert deviation[0] == pytest.approx(law.std(), rel=1e-12)
    counts = active_units((size,), (rate,), generator(1, "dropout"), PASSES)[:, 0]
    cuts = np.unique(law.ppf(np.linspace(0, 1, 9)[1:-1]))  # about eight groups as likely as each other
    shares = np.diff(np.concatenate([[0], law.cdf(cuts), [1]]))
    seen = np.histogram(counts, [-0.5, *(cuts + 0.5), size + 0.5])[0]
    assert chisquare(seen, shares * PASSES).pvalue > 1e-3
