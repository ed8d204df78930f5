"""L2: the penalty, the decay, the ridge path, and where coupled and decoupled decay part."""

import json
from pathlib import Path

import numpy as np
import pytest

from reglab import l2
from tests.refusals import exactly

GOLDEN = json.loads(Path(__file__).with_name("golden").joinpath("l2.json").read_text())
RNG = np.random.default_rng


def test_the_reference_demonstration_to_its_digits():
    start = 2 * np.random.RandomState(42).randn(5)
    g = np.array([0.1, -0.05, 0.02, -0.1, 0.05])
    without, _ = l2.coupled_and_decoupled(start, lambda w: g, "sgd", 0.0, learning_rate=0.1, steps=10)
    coupled, _ = l2.coupled_and_decoupled(start, lambda w: g, "sgd", 0.2, learning_rate=0.1, steps=10)
    assert round(np.abs(without[-1]).sum(), 4) == 6.0597
    assert round(np.abs(coupled[-1]).sum(), 4) == 4.9493
    assert coupled[-1].round(3).tolist() == [0.720, -0.180, 1.040, 2.580, -0.428]


def test_the_gradient_is_that_of_the_penalty():
    for seed in range(20):
        w = RNG(seed).standard_normal((3, 4))
        strength, h = RNG(seed).uniform(0, 2), 1e-6
        for at in np.ndindex(w.shape):
            up, down = w.copy(), w.copy()
            up[at] += h
            down[at] -= h
            slope = (l2.penalty(up, strength) - l2.penalty(down, strength)) / (2 * h)
            assert slope == pytest.approx(l2.gradient(w, strength)[at], abs=1e-8)


def test_reference_penalty_is_a_tenth_of_the_squares():
    assert l2.penalty([1.0, 2.0, -3.0], 0.2) == pytest.approx(0.1 * 14)
    assert l2.penalty([], 0.2) == 0.0


def test_strengths_broadcast_over_models_and_keep_the_dtype():
    w = RNG(0).standard_normal((2, 3, 5)).astype(np.float32)  # (seeds, settings, weights)
    strengths = np.array([0.0, 0.1, 2.0], np.float32)
    penalties = l2.penalty(w, strengths)
    assert penalties.shape == (2, 3)
    for s, k in np.ndindex(2, 3):
        assert penalties[s, k] == pytest.approx(l2.penalty(w[s, k], float(strengths[k])), rel=1e-6)
        np.testing.assert_allclose(l2.gradient(w, strengths[:, None])[s, k], strengths[k] * w[s, k], rtol=1e-6)
        np.testing.assert_allclose(
            l2.shrink(w, 0.1, strengths[:, None])[s, k], (1 - 0.1 * strengths[k]) * w[s, k], rtol=1e-6
        )
    for result in (penalties, l2.gradient(w, 0.1), l2.gradient(w, strengths[:, None]), l2.shrink(w, 0.1, 0.1)):
        assert result.dtype == np.float32
    assert l2.gradient([1, 2], 0.5).tolist() == [0.5, 1.0]  # whole numbers become floats


def test_shrink_multiplies_in_place_when_asked():
    w = np.array([1.0, -2.0, 0.0])
    before = w.copy()
    assert l2.shrink(w, 0.1, 0.5).tolist() == pytest.approx([0.95, -1.9, 0.0])
    assert np.array_equal(w, before)
    assert l2.shrink(w, 0.1, 0.5, out=w) is w
    assert w.tolist() == pytest.approx([0.95, -1.9, 0.0])
    assert np.array_equal(l2.shrink(w, 0.1, 0.0), w)


def test_a_weight_is_halved_after_its_half_life():
    for learning_rate, decay in ((0.1, 0.2), (1e-3, 0.01), (0.5, 1.0)):
        steps = l2.half_life(learning_rate, decay)
        assert l2.shrink_factor(learning_rate, decay) ** steps == pytest.approx(0.5)
    assert l2.half_life(0.1, 0.0) == np.inf
    assert l2.half_life(0.1, 10.0) == 0.0
    np.testing.assert_allclose(l2.half_life(0.1, [0.0, 5.0]), [np.inf, 1.0])
    with pytest.raises(ValueError, match=r"learning_rate \* weight_decay must be in \[0, 1\], got 2"):
        l2.half_life(1.0, 2.0)


def test_what_is_left_after_some_steps_is_what_shrinking_leaves():
    w = np.array([2.0])
    for _ in range(7):
        w = l2.shrink(w, 0.1, 0.3)
    assert l2.left_after(0.1, 0.3, 7) == pytest.approx(w[0] / 2)
    np.testing.assert_allclose(l2.left_after(0.1, [0.0, 5.0, 10.0], 2), [1.0, 0.25, 0.0])
    assert l2.left_after(0.1, 0.3, l2.half_life(0.1, 0.3)) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="steps must be a number from 0 up, got -1"):
        l2.left_after(0.1, 0.3, -1)


def test_the_papers_normalised_decay_is_divided_by_the_root_of_the_steps_and_the_rate():
    # Loshchilov and Hutter 2019: decay = normalised * sqrt(batch / (rows * epochs)); 32 / (960 * 30) is 1 / 900.
    papers = 0.05 * np.sqrt(32 / (960 * 30))
    ours = l2.from_normalised(0.05, steps=900, learning_rate=0.003)
    assert 0.003 * ours == pytest.approx(papers)


def test_the_reference_path_is_the_descent_written_out():
    w, gradient = l2.reference_weights()
    path = l2.reference_path([0.0, 0.2, 1.0], learning_rate=0.1, steps=4)
    assert path.shape == (5, 3, 5)
    for level, strength in enumerate((0.0, 0.2, 1.0)):
        at = w.copy()
        for step in range(5):
            np.testing.assert_allclose(path[step, level], at)
            at = at - 0.1 * (gradient + strength * at)


@pytest.mark.parametrize(("n", "d"), [(30, 4), (5, 5), (6, 9), (1, 3), (200, 1)])
def test_the_ridge_path_solves_the_normal_equations(n, d):
    for seed in range(10):
        rng = RNG(seed)
        X, y, Y = rng.standard_normal((n, d)), rng.standard_normal(n), rng.standard_normal((n, 3))
        l2s = np.array([2.0, 1e-3, 0.1])  # in no order
        path, paths = l2.ridge_path(X, y, l2s), l2.ridge_path(X, Y, l2s)
        assert path.shape == (3, d)
        assert paths.shape == (3, d, 3)
        for k, strength in enumerate(l2s):
            normal = X.T @ X / n + strength * np.eye(d)
            np.testing.assert_allclose(path[k], np.linalg.solve(normal, X.T @ y / n), rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(paths[k], np.linalg.solve(normal, X.T @ Y / n), rtol=1e-9, atol=1e-12)


def test_ridge_at_strength_zero_is_the_least_squares_of_least_norm():
    rng = RNG(1)
    for n, d in ((30, 4), (4, 9), (20, 6)):
        X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
        if d == 6:
            X[:, 5] = X[:, 0]  # a duplicate column: the two share the weight
        np.testing.assert_allclose(l2.ridge_path(X, y, [0.0])[0], np.linalg.pinv(X) @ y, atol=1e-10)


def test_ridge_keeps_its_digits_on_nearly_parallel_columns():
    rng = RNG(2)
    X = rng.standard_normal((50, 3))
    X[:, 2] = X[:, 1] + 1e-7 * rng.standard_normal(50)
    y = X @ np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(l2.ridge_path(X, y, [0.0])[0], [1.0, 2.0, 3.0], rtol=1e-6)


def test_ridge_minimises_its_objective_and_its_norm_falls():
    for seed in range(10):
        rng = RNG(seed)
        X, y = rng.standard_normal((25, 5)), rng.standard_normal(25)
        l2s = np.logspace(-3, 2, 12)
        path = l2.ridge_path(X, y, l2s)

        def objective(w, strength, X=X, y=y):
            return 0.5 * np.mean((y - X @ w) ** 2) + l2.penalty(w, strength)

        for w, strength in zip(path, l2s, strict=True):
            near = w + 1e-3 * rng.standard_normal(5)
            assert objective(w, strength) < objective(near, strength)
        assert np.all(np.diff(np.linalg.norm(path, axis=1)) < 0)


def test_ridge_agrees_with_scikit_learn_at_alpha_n_l2():
    X, y = np.array(GOLDEN["X"]), np.array(GOLDEN["y"])
    np.testing.assert_allclose(l2.ridge_path(X, y, GOLDEN["l2s"]), GOLDEN["ridge"], rtol=1e-9)
    np.testing.assert_allclose(l2.ridge_path(X, GOLDEN["targets"], GOLDEN["l2s"]), GOLDEN["ridge_targets"], rtol=1e-9)
    np.testing.assert_allclose(l2.ridge_path(GOLDEN["wide"], y[:6], GOLDEN["l2s"]), GOLDEN["ridge_wide"], rtol=1e-9)


def test_degrees_of_freedom_are_the_trace_of_the_hat_matrix():
    for n, d in ((30, 4), (6, 9)):
        X = RNG(n).standard_normal((n, d))
        l2s = [0.0, 0.1, 5.0]
        for strength, df in zip(l2s, l2.effective_degrees_of_freedom(X, l2s), strict=True):
            hat = X @ l2.ridge_path(X, np.eye(n), [strength])[0]  # (n, n): what each target contributes
            assert df == pytest.approx(np.trace(hat))
    X = np.ones((10, 3))  # rank 1
    assert l2.effective_degrees_of_freedom(X, [0.0])[0] == pytest.approx(1)


def test_contours_have_the_loss_they_are_named_after():
    for seed in range(10):
        rng = RNG(seed)
        X, y = rng.standard_normal((20, 2)) @ rng.standard_normal((2, 2)), rng.standard_normal(20)
        least = 0.5 * np.mean((y - X @ np.linalg.lstsq(X, y)[0]) ** 2)
        levels = least + np.array([0.0, 0.1, 2.0])
        lines = l2.loss_contours(X, y, levels, points=33)
        assert lines.shape == (3, 33, 2)
        np.testing.assert_allclose(lines[:, 0], lines[:, -1], atol=1e-12)
        loss = 0.5 * np.mean((lines @ X.T - y) ** 2, axis=2)  # (levels, points)
        np.testing.assert_allclose(loss, levels[:, None] * np.ones(33), rtol=1e-9)


def test_the_ball_touches_the_line_of_equal_loss_at_the_solution():
    for seed in range(10):
        rng = RNG(seed)
        X, y = rng.standard_normal((20, 2)) + 0.5, rng.standard_normal(20) + 1
        g = l2.geometry(X, y, [0.0, 0.05, 1.0], points=721)
        np.testing.assert_allclose(g.path[0], g.least_squares, atol=1e-10)
        np.testing.assert_allclose(np.linalg.norm(g.balls, axis=2), g.radii[:, None] * np.ones(721), rtol=1e-12)
        for k in (1, 2):
            nearest = np.linalg.norm(g.touching[k] - g.path[k], axis=1).min()
            assert nearest < 0.02 * np.linalg.norm(g.least_squares)  # the line passes through the solution
            assert np.linalg.norm(g.touching[k], axis=1).min() >= g.radii[k] - 1e-9  # and stays outside the ball
        at_origin = 0.5 * np.mean(y**2)
        assert g.levels[-1] == pytest.approx(at_origin)
        assert np.linalg.norm(g.contours[-1], axis=1).min() < 0.02 * np.linalg.norm(g.least_squares) + 0.01


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_trajectories_are_those_of_torch(optimizer):
    gradient = l2.least_squares_gradient(GOLDEN["X"], GOLDEN["y"])
    both = l2.coupled_and_decoupled(
        GOLDEN["start"],
        gradient,
        optimizer,
        GOLDEN["strength"],
        learning_rate=GOLDEN["learning_rate"],
        steps=max(GOLDEN["steps"]),
    )
    for mode, trajectory in zip(("coupled", "decoupled"), both, strict=True):
        assert trajectory.shape == (201, 4)
        assert trajectory[0].tolist() == GOLDEN["start"]
        wanted = GOLDEN["trajectories"][f"{optimizer} {mode}"]
        np.testing.assert_allclose(trajectory[GOLDEN["steps"]], wanted, rtol=1e-9, atol=1e-12)


def test_coupled_and_decoupled_agree_under_sgd_alone():
    gradient = l2.least_squares_gradient(GOLDEN["X"], GOLDEN["y"])
    apart = {}
    for optimizer in ("sgd", "momentum", "adam"):
        coupled, decoupled = l2.coupled_and_decoupled([2.0, -1.0, 0.5, 3.0], gradient, optimizer, 0.1, steps=200)
        apart[optimizer] = np.abs(coupled - decoupled).max()
    assert apart["sgd"] < 1e-13
    assert apart["momentum"] > 1e-2
    assert apart["adam"] > 1e-2


def test_coupled_decay_ends_at_the_ridge_solution():
    X, y = np.array(GOLDEN["X"]), np.array(GOLDEN["y"])
    coupled, _ = l2.coupled_and_decoupled(
        np.zeros(4), l2.least_squares_gradient(X, y), "sgd", 0.3, learning_rate=0.3, steps=400
    )
    np.testing.assert_allclose(coupled[-1], l2.ridge_path(X, y, [0.3])[0], rtol=1e-9)


def test_adam_without_data_steps_by_the_learning_rate_whatever_the_strength():
    w = 2 * RNG(0).standard_normal(20)
    for strength in (1e-3, 0.1, 10.0):
        coupled, decoupled = l2.coupled_and_decoupled(w, None, "adam", strength, learning_rate=0.01, steps=1)
        np.testing.assert_allclose(np.abs(w) - np.abs(coupled[1]), 0.01, rtol=1e-3)
        np.testing.assert_allclose(decoupled[1], w * (1 - 0.01 * strength), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: l2.penalty([1.0], -0.1), r"l2 must be at least 0, got -0\.1"),
        (lambda: l2.gradient([1.0], np.nan), r"l2 must be at least 0, got nan"),
        (lambda: l2.shrink([1.0], 0.1, [-2.0]), r"learning_rate \* weight_decay must be at least 0, got -0\.2"),
        (lambda: l2.shrink_factor(-0.1, 0.1), r"learning_rate \* weight_decay must be at least 0"),
        (lambda: l2.ridge_path([[1.0]], [1.0, 2.0], [0.1]), r"y must have 1 rows, as X has, got shape \(2,\)"),
        (lambda: l2.ridge_path([1.0], [1.0], [0.1]), r"X must have the shape \(n, d\)"),
        (lambda: l2.ridge_path([[np.nan]], [1.0], [0.1]), r"X must be finite"),
        (lambda: l2.ridge_path([[1.0]], [np.inf], [0.1]), r"y must be finite"),
        (lambda: l2.ridge_path([[1.0]], [1.0], [-0.1]), r"l2s must be at least 0, got -0\.1"),
        (lambda: l2.ridge_path([[1.0]], [1.0], 0.1), r"l2s must be a 1-D array, got shape \(\)"),
        (lambda: l2.ridge_path([[1.0]], [1.0], [np.inf]), r"l2s must be finite"),
        (lambda: l2.effective_degrees_of_freedom([[1.0]], [-1.0]), r"l2s must be at least 0"),
        (lambda: l2.loss_contours(np.eye(3), np.ones(3), [1.0]), r"X must have two columns to be drawn, got 3"),
        (lambda: l2.loss_contours(np.ones((3, 2)), np.ones(3), [1.0]), r"X must have rank 2"),
        (lambda: l2.loss_contours(np.eye(2), np.ones(2), [-1.0]), r"levels must be at least the least loss, 0, got -1"),
        (lambda: l2.geometry(np.eye(2), np.eye(2), [1.0]), r"y must be a 1-D array, got shape \(2, 2\)"),
        (lambda: l2.geometry(np.eye(2), np.ones(2), [1.0], 0), r"n_contours must be a whole number of at least 1"),
        (lambda: l2.coupled_and_decoupled([1.0], None, "lion", 0.1), r'optimizer must be "sgd", "momentum" or "adam"'),
        (lambda: l2.coupled_and_decoupled([1.0], None, "sgd", -0.1), r"strength must be a number from 0 up, got -0\.1"),
        (lambda: l2.coupled_and_decoupled([1.0], None, "sgd", 0.1, steps=-1), r"steps must be a whole number"),
        (lambda: l2.coupled_and_decoupled([1.0], None, "sgd", 0.1, momentum=1.0), r"momentum must be in \[0, 1\), got"),
    ],
)
def test_errors_name_the_argument_and_what_it_got(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_empty_path_is_empty():
    assert l2.ridge_path(np.eye(3), np.ones(3), []).shape == (0, 3)
    assert l2.ridge_path(np.ones((5, 2)), np.ones(5), []).shape == (0, 2)


def test_inputs_are_left_alone():
    X, y, w = RNG(0).standard_normal((6, 2)), RNG(1).standard_normal(6), RNG(2).standard_normal(2)
    copies = X.copy(), y.copy(), w.copy()
    l2.ridge_path(X, y, [0.1])
    l2.geometry(X, y, [0.1])
    l2.coupled_and_decoupled(w, l2.least_squares_gradient(X, y), "momentum", 0.1, steps=3)
    l2.gradient(w, 0.1)
    for a, b in zip((X, y, w), copies, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_many_strengths_at_once_are_each_alone(optimizer):
    gradient = l2.least_squares_gradient(GOLDEN["X"], GOLDEN["y"])
    strengths = np.array([0.0, 0.1, 3.0])
    at_once = l2.coupled_and_decoupled(np.ones((3, 4)), gradient, optimizer, strengths[:, None], steps=20)
    for i, strength in enumerate(strengths):
        alone = l2.coupled_and_decoupled(np.ones(4), gradient, optimizer, strength, steps=20)
        for many, by_itself in zip(at_once, alone, strict=True):
            np.testing.assert_allclose(many[:, i], by_itself, rtol=1e-12, atol=1e-15)


def test_reference_weights_are_those_of_the_demonstration():
    w, g = l2.reference_weights()
    assert w.tolist() == (2 * np.random.RandomState(42).randn(5)).tolist()
    assert g.tolist() == [0.1, -0.05, 0.02, -0.1, 0.05]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: l2.shrink([1.0], 1, 5), "learning_rate * weight_decay must be in [0, 1], got 5"),
        (lambda: l2.shrink([1.0], -1, -0.5), "learning_rate must be at least 0, got -1"),
        (lambda: l2.shrink([1.0], 0.1, np.nan), "weight_decay must be finite, got nan"),
        (
            lambda: l2.shrink([1.0], 0.1, [0.1, 0.2]),
            "learning_rate * weight_decay must broadcast to the shape of w, (1,), got the shape (2,)",
        ),
        (
            lambda: l2.shrink([1.0], 0.1, 0.1, out=np.zeros(1, int)),
            "out must be an array like w, of float64 and the shape (1,), got int64 and (1,)",
        ),
        (lambda: l2.gradient([1.0], np.inf), "l2 must be finite, got inf"),
        (lambda: l2.gradient(["a"], 0.1), "w must be numbers, got ['a']"),
        (
            lambda: l2.penalty(np.ones((2, 3)), [0.1] * 3),
            "l2 must broadcast with the axes of w before its last, of the shape (2,), got the shape (3,)",
        ),
        (
            lambda: l2.geometry(np.eye(2), np.ones(2), [1.0], points=10**9),
            "n_contours * points must be at most 25000000, got 6000000000",
        ),
        (
            lambda: l2.coupled_and_decoupled([1.0], None, "sgd", 0.1, steps=10**9),
            "steps must be at most 100000, got 1000000000",
        ),
        (lambda: l2.coupled_and_decoupled([1.0], 0.5, "sgd", 0.1), "data_gradient must be a function, got 0.5"),
        (
            lambda: l2.coupled_and_decoupled([1.0], None, "adam", 0.1, betas=(0.9,)),
            "betas must be two numbers, got (0.9,)",
        ),
    ],
)
def test_what_would_be_wrong_without_a_word_is_refused(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call()
