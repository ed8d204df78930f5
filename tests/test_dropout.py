import itertools

import numpy as np
import pytest

from reglab.dropout import classic, co_adaptation, correlations, dropout, mask, reference, variance
from reglab.streams import generator

RATES = [0.1, 0.3, 0.5, 0.9]


def masks(rate, n=200_000, seed=0):
    return mask((n,), rate, generator(seed, "dropout"))


class Replayed:
    """A stream whose raw bits lie at or above one half exactly where the reference keeps a unit."""

    def __init__(self, pattern):
        self.pattern, self.bit_generator = pattern, self

    def random_raw(self, n):
        levels = np.zeros(4 * n, np.uint16)
        levels[: len(self.pattern)] = np.where(self.pattern, 0x8000, 0x7FFF)
        return levels.view(np.uint64)


def test_the_reference_masks_give_the_reference_activations():
    rng, x = np.random.RandomState(42), np.arange(1.0, 6.0)  # the reference's own draws
    draws = [rng.binomial(1, 0.5, 5) for _ in range(5)]
    passes = [x * mask((5,), 0.5, [Replayed(k == 1)])[0, 0] for k in draws]
    assert [p.tolist() for p in passes] == [
        [0, 4, 6, 8, 0],
        [0, 0, 6, 8, 10],
        [0, 4, 6, 0, 0],
        [0, 0, 6, 0, 0],
        [2, 0, 0, 0, 0],
    ]
    np.testing.assert_array_equal(dropout(x, 0.5, None), x)


def test_classic_dropout_scales_at_test_and_doing_both_is_low_by_the_rate():
    x, rate = np.ones(200_000), 0.3
    trained = dropout(x, rate, generator(0, "dropout")).mean()
    assert trained * (1 - rate) == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("rate", RATES)
def test_units_are_dropped_at_the_rate(rate):
    dropped = (masks(rate) == 0).mean()
    assert abs(dropped - rate) < 4 * np.sqrt(rate * (1 - rate) / 200_000)


@pytest.mark.parametrize("rate", RATES)
def test_mean_and_variance_of_the_output(rate):
    h, n = 3.0, 200_000
    out = dropout(np.full(n, h), rate, generator(1, "dropout"))
    variance = h**2 * rate / (1 - rate)
    assert abs(out.mean() - h) < 4 * np.sqrt(variance / n)
    # The variance of a scaled coin's sample variance, from its fourth moment.
    scale = h / (1 - rate)
    fourth = scale**4 * (rate * (1 - rate) ** 4 + (1 - rate) * rate**4)
    assert abs(out.var() - variance) < 4 * np.sqrt((fourth - variance**2) / n) + 1e-4 * variance


@pytest.mark.parametrize("rate", [*RATES, 0.123456, 1 / 3])
def test_the_scale_keeps_the_mean_exact_for_the_rate_as_rounded(rate):
    values = np.unique(masks(rate))
    rounded = round(rate * 65536) / 65536
    assert values.tolist() == [0.0, np.float32(1 / (1 - rounded))]


def test_a_unit_kept_at_a_high_rate_is_kept_at_every_lower_one():
    draws = [masks(rate, 1000) > 0 for rate in (0, *RATES)]
    for low, high in itertools.pairwise(draws):
        assert (low | ~high).all()
        assert (low & ~high).any()


def test_one_draw_serves_all_settings_of_a_seed():
    rates = np.array([[0.0, 0.3, 0.5]] * 2)[..., None, None]
    drawn = mask((4, 50), rates, [generator(3, "dropout"), generator(8, "dropout")])
    assert drawn.shape == (2, 3, 4, 50)
    for s, seed in enumerate((3, 8)):
        for k, rate in enumerate((0.0, 0.3, 0.5)):
            np.testing.assert_array_equal(drawn[s, k], mask((4, 50), rate, generator(seed, "dropout")))
    assert not np.array_equal(drawn[0, 2], drawn[1, 2])


def test_rate_0_and_evaluation_are_the_identity():
    x = np.random.default_rng(0).normal(size=(20, 30))
    np.testing.assert_array_equal(dropout(x, 0.0, generator(0, "dropout")), x)
    assert dropout(x, 0.5, None) is x
    assert mask((3,), 0.5, None) is None
    assert np.all(mask((100,), 0.0, generator(0, "dropout")) == 1)


def test_the_highest_rates_leave_finite_numbers():
    for rate in (0.9999, 0.99999999):
        drawn = masks(rate)
        assert np.isfinite(drawn).all()
        assert (drawn > 0).mean() < 0.001


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_keep_their_type(dtype):
    assert dropout(np.ones(4, dtype), 0.3, generator(0, "dropout")).dtype == dtype


def test_whole_numbers_are_scaled_too():
    out = dropout(np.arange(1, 101), 0.2, generator(0, "dropout"))
    stays = out > 0
    assert 0 < stays.sum() < 100
    np.testing.assert_allclose(out[stays], 1.25 * np.arange(1, 101)[stays], rtol=1e-4)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"^rate must be in \[0, 1\), got "):
        dropout(np.ones(3), rate, generator(0, "dropout"))


def test_classic_dropout_in_both_modes():
    x = np.arange(1.0, 6.0)
    np.testing.assert_allclose(classic(x, 0.3, None), 0.7 * x)
    both = [f(np.ones(10_000), 0.3, generator(0, "dropout")) for f in (classic, dropout)]
    assert set(np.unique(both[0])) == {0.0, 1.0}
    np.testing.assert_allclose(both[0] / 0.7, both[1], rtol=1e-4)
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\), got 1"):
        classic(x, 1, None)


@pytest.mark.parametrize("rate", RATES)
def test_the_variance_is_the_measured_one(rate):
    h, n = np.array([0.5, -2.0]), 200_000
    out = dropout(np.broadcast_to(h, (n, 2)), rate, generator(2, "dropout"))
    np.testing.assert_allclose(out.var(axis=0), variance(h, rate), rtol=0.05)
    quieter = classic(np.broadcast_to(h, (n, 2)), rate, generator(2, "dropout"))
    np.testing.assert_allclose(quieter.var(axis=0), variance(h, rate) * (1 - rate) ** 2, rtol=0.05)


def test_the_reference_by_hand():
    h, drawn = reference()
    assert (h * drawn * 2).tolist() == [
        [0, 4, 6, 8, 0],
        [0, 0, 6, 8, 10],
        [0, 4, 6, 0, 0],
        [0, 0, 6, 0, 0],
        [2, 0, 0, 0, 0],
    ]
    assert reference(0.0)[1].all()


def test_correlations_are_numpys_and_a_dead_unit_is_left_out():
    h = np.random.default_rng(0).normal(size=(3, 50, 4))
    for model in range(3):
        expected = np.corrcoef(h[model].T)[np.triu_indices(4, 1)]
        np.testing.assert_allclose(correlations(h)[model], expected)
        np.testing.assert_allclose(co_adaptation(h)[model], np.abs(expected).mean())
    dead = h.copy()
    dead[..., 2] = 0.1
    np.testing.assert_allclose(co_adaptation(dead), co_adaptation(h[..., [0, 1, 3]]))
    assert np.isnan(co_adaptation(np.zeros((5, 3))))


@pytest.mark.parametrize("rate", [-0.5, 1.0, 2, np.nan, True, "0.5", None, [0.5, 1.0], 10**400])
def test_masks_refuse_what_is_no_rate(rate):
    with pytest.raises(ValueError, match=r"^rate must be in \[0, 1\), got "):
        mask((4, 3), rate, np.random.default_rng(0))


def test_masks_refuse_what_does_not_fit_the_memory_or_the_units():
    for shape, said in (((10**9, 10**9), "of at most 25000000 "), ((4, -1), "a whole number"), (7, "a sequence")):
        with pytest.raises(ValueError, match=f"^shape must be {said}"):
            mask(shape, 0.5, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"^rate must broadcast with shape, of the shape \(4, 3\), got the shape \(2,"):
        mask((4, 3), [0.1, 0.2], np.random.default_rng(0))


def test_a_stream_of_32_bits_is_refused_since_half_of_its_levels_would_be_0():
    rng = np.random.Generator(np.random.MT19937(0))
    calls = (lambda: mask((4, 3), 0.5, [rng]), lambda: dropout([1.0], 0.5, rng), lambda: classic([1.0], 0.5, rng))
    for draw in calls:
        with pytest.raises(ValueError, match=r"^rng must have a bit generator of 64 bits, .*, got MT19937$"):
            draw()
    for bits in (np.random.PCG64, np.random.Philox, np.random.SFC64):
        drawn = mask((1000, 100), 0.5, np.random.Generator(bits(0))) > 0
        assert abs(drawn.mean() - 0.5) < 0.01


def test_whole_numbers_become_floats_in_training_and_in_evaluation():
    for apply in (dropout, classic):
        for rng in (None, np.random.default_rng(0)):
            assert apply([1, 2, 3], 0.5, rng).dtype == np.float64
            assert apply(np.ones(3, np.float16), 0.5, rng).dtype == np.float16
