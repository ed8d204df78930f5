import json
from pathlib import Path

import numpy as np
import pytest

from reglab.stochastic_depth import (
    batch_masks,
    draw_passes,
    drop_path,
    expected_depth,
    kept_blocks,
    mask,
    masks,
    rates,
    some_skipped,
    stack_gradients,
)
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "stochastic_depth.json").read_text())


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


# --- the schedule over depth ---


def test_the_schedules_end_at_the_rate_and_rise_as_they_say():
    np.testing.assert_allclose(rates(0.4, 4, "paper"), [0.1, 0.2, 0.3, 0.4])  # l / L of it
    np.testing.assert_allclose(rates(0.4, 4, "uniform"), [0.4] * 4)
    for schedule in ("linear", "paper", "uniform"):
        assert rates(0.4, 1, schedule).tolist() == [0.4]
        assert rates([0.1, 0.6], 7, schedule)[:, -1].tolist() == pytest.approx([0.1, 0.6])
    with pytest.raises(ValueError, match="schedule must be one of linear, paper, uniform, got 'cosine'"):
        rates(0.4, 4, "cosine")


def test_the_expected_depth_is_the_papers():
    # Huang et al. 2016: with p_L = 0.5 it is (3 L - 1) / 4, 40.25 of 54 blocks.
    assert expected_depth(0.5, 54, "paper") == pytest.approx((3 * 54 - 1) / 4)
    np.testing.assert_allclose(expected_depth([0.0, 0.5], 8), [8, 6])
    assert expected_depth(0.5, 8, "uniform") == 4


@pytest.mark.parametrize("mode", ["row", "batch"])
def test_passes_are_as_deep_as_expected_and_blocks_survive_as_set(mode):
    passed = kept_blocks(500, 8, 6, 0.6, np.random.default_rng(0), mode)
    assert passed.shape == (500, 8, 6)
    assert passed[:, :, 0].all()  # the first block is never skipped
    same = (passed == passed[:, :1]).all()
    assert same == (mode == "batch")
    draws = 500 * (8 if mode == "row" else 1)
    p = rates(0.6, 6)
    assert (np.abs(passed.mean(axis=(0, 1)) - (1 - p)) <= 4 * np.sqrt(p * (1 - p) / draws)).all()
    assert abs(passed.sum(axis=2).mean() - expected_depth(0.6, 6)) < 4 * np.sqrt((p * (1 - p)).sum() / draws)


def test_the_masks_of_a_stack_are_those_of_its_blocks_drawn_in_order():
    rngs = [np.random.default_rng(0), np.random.default_rng(1)]
    stack = masks(16, 3, np.array([[0.0, 0.5, 0.8]] * 2), rngs)
    for k, rate in enumerate((0.0, 0.5, 0.8)):
        for s in range(2):
            rng = np.random.default_rng(s)
            for drawn, by_block in zip(stack, rates(rate, 3), strict=True):
                assert drawn.shape == (2, 3, 16, 1)
                np.testing.assert_array_equal(drawn[s, k], mask(16, by_block, rng))
    assert masks(16, 3, 0.5, None) == [None] * 3
    assert batch_masks(16, 3, 0.5, None) == [None] * 3


def test_a_whole_batch_is_multiplied_with_one_number():
    stack = batch_masks(64, 4, np.array([[0.5, 0.7]]), [np.random.default_rng(3)])
    assert [m.shape for m in stack] == [(1, 2, 1, 1)] * 4


def test_the_mean_factor_of_every_block_is_1():
    rng = np.random.default_rng(0)
    for block, drawn in enumerate(masks(40_000, 4, 0.8, rng)):
        p = rates(0.8, 4)[block]
        assert abs(drawn.mean() - 1) <= 4 * np.sqrt(p / (1 - p) / 40_000)


# --- a stack that leaves blocks out ---


def random_stack(seed, blocks=5, units=4, rows=6):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.5, (blocks, units, units)), *rng.normal(size=(2, rows, units)), rng


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"scales {case['scales']}")
def test_loss_and_gradients_are_pytorchs(case):
    arrays = [np.array(GOLDEN[name]) for name in ("weights", "x", "targets")]
    for skip in (True, False):
        loss, gradients = stack_gradients(*arrays, case["scales"], skip=skip)
        assert loss == pytest.approx(case["loss"], rel=1e-12)
        for ours, theirs, scale in zip(gradients, case["gradients"], case["scales"], strict=True):
            assert (ours is None) == (skip and scale == 0)
            np.testing.assert_allclose(0 if ours is None else ours, theirs, atol=1e-12)


def test_leaving_a_block_out_is_multiplying_it_by_0():
    for seed in range(20):
        weights, x, targets, rng = random_stack(seed)
        scales = [float(m[0, 0]) for m in batch_masks(1, 5, 0.8, rng)]
        left_out, multiplied = (stack_gradients(weights, x, targets, scales, skip=skip) for skip in (True, False))
        assert left_out[0] == multiplied[0]
        for a, b in zip(left_out[1], multiplied[1], strict=True):
            np.testing.assert_array_equal(0 if a is None else a, b)


def test_gradients_are_finite_differences_with_blocks_skipped():
    weights, x, targets, _ = random_stack(3)
    scales, step = [1.0, 0.0, 1.25, 2.0, 0.0], 1e-6
    _, gradients = stack_gradients(weights, x, targets, scales)
    for at in np.ndindex(weights.shape):
        ends = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[at] += sign * step
            ends.append(stack_gradients(moved, x, targets, scales)[0])
        expected = (ends[0] - ends[1]) / (2 * step)
        gradient = 0.0 if gradients[at[0]] is None else gradients[at[0]][at[1:]]
        assert gradient == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_all_blocks_skipped_leaves_the_input():
    weights, x, targets, _ = random_stack(0)
    loss, gradients = stack_gradients(weights, x, targets, [0.0] * 5)
    assert loss == pytest.approx(((x - targets) ** 2).sum() / 12)
    assert gradients == [None] * 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kept_blocks(0, 1, 1, 0.5, None), "passes must be a whole number of at least 1, got 0"),
        (lambda: kept_blocks(1, 1, 2.5, 0.5, None), "blocks must be a whole number of at least 1, got 2.5"),
        (lambda: kept_blocks(1, 1, 1, 1.0, None), r"drop_path_rate must be in \[0, 1\), got 1.0"),
        (lambda: kept_blocks(1, 1, 1, 0.5, None, "pixel"), "mode must be 'row' or 'batch', got 'pixel'"),
        (lambda: stack_gradients([], np.ones((1, 1)), np.ones((1, 1)), [1.0]), r"one per block \(0\), got 1"),
    ],
)
def test_bad_input_is_refused_by_name_range_and_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_whole_numbers_become_floats_and_are_scaled_like_them():
    whole = np.arange(1, 9).reshape(4, 2)
    for rate in (0.0, 0.3):
        floats = drop_path(whole, rate, np.random.default_rng(1))
        np.testing.assert_array_equal(floats, drop_path(whole.astype(float), rate, np.random.default_rng(1)))
        assert floats.dtype == drop_path(whole, rate, None).dtype == np.float64
    assert drop_path(whole.astype(np.float16), 0.3, np.random.default_rng(1)).dtype == np.float16


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rates(2.0, 4), "drop_path_rate must be in [0, 1), got 2.0"),
        (lambda: rates(0.5, 0), "blocks must be a whole number of at least 1, got 0"),
        (lambda: rates([0.1, np.nan], 4), "drop_path_rate must be in [0, 1), got nan"),
        (lambda: expected_depth(0.5, 10**9), "blocks must be at most 100000, got 1000000000"),
        (lambda: mask(4, 1.0, np.random.default_rng(0)), "rate must be in [0, 1), got 1.0"),
        (lambda: mask(10**9, 0.5, np.random.default_rng(0)), "batch must be at most 25000000, got 1000000000"),
        (lambda: masks(4, 3, -0.5, np.random.default_rng(0)), "drop_path_rate must be in [0, 1), got -0.5"),
        (
            lambda: masks(10**6, 10**4, 0.5, np.random.default_rng(0)),
            "batch * blocks * drop_path_rate must be at most 25000000, got 10000000000",
        ),
        (
            lambda: batch_masks(4, 3, 0.5, 42),
            "rng must be a numpy.random.Generator, a list of them (one per seed) or None, got 42",
        ),
        (
            lambda: kept_blocks(10**6, 1, 54, 0.5, np.random.default_rng(0)),
            "passes * rows * blocks must be at most 25000000, got 54000000",
        ),
        (lambda: drop_path(np.array(["a"]), 0.5, None), "x must be numbers, got array(['a'], dtype='<U1')"),
    ],
)
def test_what_is_no_rate_block_or_stream_is_refused_by_its_name(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call()


@pytest.mark.parametrize("mode", ["row", "batch"])
def test_passes_are_counted_up_to_each(mode):
    passes = draw_passes(12, 5, 4, 0.6, np.random.default_rng(3), mode)
    passed = kept_blocks(12, 5, 4, 0.6, np.random.default_rng(3), mode)
    np.testing.assert_array_equal(passes.mask, passed)
    assert passes.drop_path_rate == 0.6
    for number in range(12):
        assert passes.depth()[number].tolist() == [sum(row) for row in passed[number].tolist()]
        so_far = passed[: number + 1]
        assert passes.mean_depth()[number] == pytest.approx(so_far.sum() / (5 * (number + 1)))
        np.testing.assert_allclose(passes.survival()[number], so_far.mean(axis=(0, 1)))
    assert len(set(passes.mean_depth().round(6))) > 6


def test_some_block_is_skipped_as_often_as_passes_show():
    passed = kept_blocks(400, 50, 4, 0.3, np.random.default_rng(0))
    wanted = some_skipped(0.3, 4)
    assert wanted == pytest.approx(1 - 0.9 * 0.8 * 0.7)
    assert abs((~passed.all(axis=2)).mean() - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / (400 * 50))
    np.testing.assert_allclose(some_skipped(np.array([0.0, 0.3]), 4), [0, wanted])
    assert some_skipped(0.5, 3, "uniform") == pytest.approx(1 - 0.5**3)
