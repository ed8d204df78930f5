import numpy as np
import pytest

from reglab.stochastic_depth import drop_path, mask, rates


def test_rates_rise_linearly_to_the_last_block():
    np.testing.assert_allclose(rates(0.3, 4), [0, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(rates(np.array([0.0, 0.2]), 3), [[0, 0, 0], [0, 0.1, 0.2]])
    np.testing.assert_allclose(rates(0.3, 1), [0.3])


@pytest.mark.parametrize("mode", ["row", "batch"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_rows_are_skipped_at_the_rate_and_the_mean_is_kept(mode, rate):
    rng = np.random.default_rng(0)
    passes = np.array([drop_path(np.ones((50, 3)), rate, rng, mode) for _ in range(400)])  # (passes, rows, features)
    assert (passes == passes[..., :1]).all()  # a row is kept or skipped whole
    assert set(np.unique(passes.round(5))) == {0.0, round(1 / (1 - rate), 5)}
    draws = passes[:, :, 0] if mode == "row" else passes[:, :1, 0]
    if mode == "batch":
        assert (passes == passes[:, :1]).all()
    four_sigma = 4 * np.sqrt(rate * (1 - rate) / draws.size)
    assert abs((draws == 0).mean() - rate) < four_sigma
    assert abs(draws.mean() - 1) < four_sigma / (1 - rate)


def test_nothing_is_skipped_in_evaluation_or_at_rate_0():
    x = np.random.default_rng(0).normal(size=(5, 3))
    assert drop_path(x, 0.5, None) is x
    np.testing.assert_array_equal(drop_path(x, 0.0, np.random.default_rng(0)), x)
    assert mask(5, 0.5, None) is None


def test_a_row_kept_at_a_high_rate_is_kept_at_every_lower_one():
    low, high = (mask(1000, rate, np.random.default_rng(3)) for rate in (0.2, 0.6))
    assert (low[high > 0] > 0).all()
    assert (low > 0).sum() > (high > 0).sum()


def test_models_of_a_stack_have_their_own_rates_and_their_seeds_draws():
    rngs = [np.random.default_rng(0), np.random.default_rng(1)]
    drawn = mask(64, np.array([[0.0, 0.5]] * 2)[..., None, None], rngs)
    assert drawn.shape == (2, 2, 64, 1)
    assert (drawn[:, 0] == 1).all()
    assert (drawn[0, 1] != drawn[1, 1]).any()


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_rates_outside_0_to_1_are_refused(rate):
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\), got"):
        drop_path(np.ones((2, 2)), rate, np.random.default_rng(0))


def test_unknown_modes_are_refused():
    with pytest.raises(ValueError, match="mode must be 'row' or 'batch', got 'column'"):
        drop_path(np.ones((2, 2)), 0.5, None, "column")
