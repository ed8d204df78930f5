import numpy as np
import pytest

from reglab import dropout, mistakes
from reglab.settings import Settings, Training
from reglab.train import fit

SHORT = Training(max_steps=300, eval_steps=5)


def losses(settings, replace=None):
    return fit("digits", settings, SHORT, n_train=200, seeds=3, replace=replace).kept("test_loss")[0]


@pytest.mark.parametrize(
    ("wrong", "rate", "factor"),
    [(mistakes.left_on, 0.5, 1.5), (mistakes.scaled_twice, 0.3, 1.02), (mistakes.scaled_by_rate, 0.2, 1.5)],
)
def test_a_dropout_mistake_raises_the_test_loss_in_every_seed(wrong, rate, factor):
    right = losses(Settings(dropout=rate))
    assert (losses(Settings(dropout=rate), {"dropout": wrong}) > factor * right).all()


def test_scaling_by_the_rate_is_right_at_one_half():
    right, wrong = (f((4, 1000), 0.5, np.random.default_rng(0)) for f in (dropout.mask, mistakes.scaled_by_rate))
    np.testing.assert_array_equal(right, wrong)


def test_scaled_twice_is_30_percent_low_at_rate_30_percent():
    assert mistakes.scaled_twice((1, 4), 0.3, None) == pytest.approx(0.7)


def test_decayed_biases_shrink_with_the_weights():
    settings = Settings(weight_decay=20.0)
    right, wrong = (
        fit("digits", settings, SHORT, n_train=200, seeds=2, replace=replace)
        for replace in (None, {"weight_decay": mistakes.decays_biases})
    )
    for layer in range(3):
        assert np.linalg.norm(wrong.biases(layer)) < 0.9 * np.linalg.norm(right.biases(layer))
