"""The update rules as their papers write them, step by step in double precision. PyTorch's are in test_train."""

import numpy as np
import pytest

from reglab.engine.optimizers import FLUSH_EVERY, Adam, Sgd


def gradients(steps, n=6, seed=0):
    return np.random.default_rng(seed).normal(size=(steps, 1, 1, n)) * np.logspace(-3, 2, n)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_is_heavy_ball(momentum):
    sgd, velocity = Sgd((1, 1, 6), np.full((1, 1, 1), 0.1, np.float32), np.full((1, 1, 1), momentum, np.float32)), 0
    for g in gradients(30):
        velocity = momentum * velocity + g
        np.testing.assert_allclose(sgd.step(g.astype(np.float32)), 0.1 * velocity, rtol=1e-5, atol=1e-7)


def test_adam_is_the_papers_algorithm_1():
    adam, m, v = Adam((1, 1, 6), np.full((1, 1, 1), 0.01, np.float32)), 0, 0
    for t, g in enumerate(gradients(2 * FLUSH_EVERY + 50), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        expected = 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(adam.step(g.astype(np.float32)), expected, rtol=1e-4, atol=1e-7)


def test_epsilon_counts_where_gradients_are_tiny():
    adam = Adam((1, 1, 1), np.float32(1.0))
    for _ in range(20):  # both corrected moments are those of the gradient: 1e-8 / (1e-8 + epsilon)
        assert adam.step(np.full((1, 1, 1), 1e-8, np.float32)).item() == pytest.approx(0.5, rel=1e-4)


def test_models_have_their_own_learning_rate_and_momentum():
    rates, momenta = np.array([[[0.1], [0.2]]], np.float32), np.array([[[0.0], [0.9]]], np.float32)
    sgd, adam = Sgd((1, 2, 3), rates, momenta), Adam((1, 2, 3), rates)
    ones = np.ones((1, 2, 3), np.float32)
    sgd.step(ones.copy())
    np.testing.assert_allclose(sgd.step(ones.copy())[0, :, 0], [0.1, 0.2 * 1.9], rtol=1e-6)
    np.testing.assert_allclose(adam.step(ones.copy())[0, :, 0], [0.1, 0.2], rtol=1e-6)


def test_the_step_is_written_over_the_gradient():
    for optimizer in (Sgd((1, 1, 3), np.float32(0.1), np.float32(0.9)), Adam((1, 1, 3), np.float32(0.1))):
        g = np.ones((1, 1, 3), np.float32)
        assert optimizer.step(g) is g


def test_moments_of_dead_units_end_at_exactly_zero():
    adam = Adam((1, 1, 1), np.float32(0.1))
    adam.step(np.full((1, 1, 1), 1e-12, np.float32))
    for _ in range(10 * FLUSH_EVERY):
        adam.step(np.zeros((1, 1, 1), np.float32))
    assert adam.m.item() == 0


def test_a_gradient_that_is_no_number_stays_one():
    adam = Adam((1, 1, 1), np.float32(0.1))
    for _ in range(FLUSH_EVERY + 1):
        step = adam.step(np.full((1, 1, 1), np.nan, np.float32))
    assert np.isnan(step).all()
