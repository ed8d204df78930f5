"""The timing of skipped blocks, without a word about how long anything takes."""

import numpy as np
import pytest

from reglab import time_saved as module
from reglab.experiments.time_saved import time_saved
from reglab.stochastic_depth import expected_depth, stack_gradients


def test_both_ways_make_the_same_steps_and_only_one_leaves_blocks_out(monkeypatch):
    made = {True: [], False: []}

    def spy(weights, x, targets, scales, *, skip):
        loss = stack_gradients(weights, x, targets, scales, skip=skip)
        made[skip].append((tuple(scales), loss[0], sum(g is None for g in loss[1])))
        return loss

    monkeypatch.setattr(module, "stack_gradients", spy)
    times = time_saved(6, [0.0, 0.8], width=4, batch=3, rounds=5, steps=2)
    made[True] = made[True][2:]  # the first pass only warms up
    assert len(made[True]) == len(made[False]) == 2 * 5 * 2
    for (a, loss_a, left_out), (b, loss_b, none) in zip(made[True], made[False], strict=True):
        assert (a, none) == (b, 0)
        assert loss_a == pytest.approx(loss_b)
        assert left_out == sum(scale == 0 for scale in a)
    assert max(left_out for _, _, left_out in made[True]) > 0
    counts = np.array([np.count_nonzero(scales) for scales, _, _ in made[True]]).reshape(
        5, 2, 2
    )  # rounds, rates, steps
    np.testing.assert_allclose(times.depth, counts.mean(axis=(0, 2)))
    assert times.depth[0] == 6 > times.depth[1]


def test_the_median_of_the_rounds_is_told_for_each_step(monkeypatch):
    clock = iter(np.arange(0, 10**6, 3.0))
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))  # each timing takes 3 seconds
    times = time_saved(2, [0.0, 0.3, 0.5], rounds=3, steps=6)
    np.testing.assert_allclose(times.skipped, [0.5] * 3)
    np.testing.assert_allclose(times.multiplied, [0.5] * 3)
    np.testing.assert_allclose(times.expected_depth, expected_depth([0.0, 0.3, 0.5], 2))
    assert times.depth[0] == 2


def test_a_time_below_what_is_possible_is_measured_again_and_else_called_noise(monkeypatch):
    def timed(of_the_second):
        lengths, runs, now = [], [], [0.0]

        def clock():
            if len(runs) % 2:  # the end of a run; the very first only warms up
                number = len(runs) // 2 - 1
                level = number // 2 % 2
                now[0] += of_the_second[min(number // 12, len(of_the_second) - 1)] if number >= 0 and level else 1.0
                lengths.append(number)
            runs.append(1)
            return now[0]

        monkeypatch.setattr(module.time, "perf_counter", clock)
        times = time_saved(8, [0.0, 0.5], width=2, batch=2, rounds=3, steps=1)
        return times, (len(lengths) - 1) // 12

    possible, tries = timed([0.9])
    assert (tries, possible.noise.tolist()) == (1, [False, False])
    busy_once, tries = timed([0.04, 0.9])  # 96 % less, where at most half of the blocks are left out
    assert (tries, busy_once.noise.tolist()) == (2, [False, False])
    assert busy_once.skipped[1] == pytest.approx(0.9)
    busy, tries = timed([0.04])
    assert (tries, busy.noise.tolist()) == (3, [False, True])


def test_a_deep_stack_does_not_blow_up_and_progress_is_told():
    shares = []
    time_saved(32, [0.8], rounds=3, steps=8, progress=lambda share, partial: shares.append(share))
    np.testing.assert_allclose(shares, [1 / 3, 2 / 3, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, [0.5]), "blocks must be a whole number of at least 1, got 0"),
        ((2, []), "rates must have at least one rate, got none"),
        ((2, [1.0]), r"rates must be in \[0, 1\), got 1.0"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        time_saved(*arguments)
