"""L1: the threshold, the exact path with its certificate, the elastic net and stability selection."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from reglab import homotopy, l1, l2
from reglab.datasets import load
from tests.refusals import exactly

GOLDEN = json.loads(Path(__file__).with_name("golden").joinpath("l1.json").read_text())
RNG = np.random.default_rng
KINDS = (
    "gauss",
    "wide",
    "duplicate",
    "ties",
    "near",
    "constant",
    "zero",
    "orthogonal",
    "noiseless",
    "rank two",
    "scales",
    "signs",
    "target zero",
)


def problem(kind, seed):
    """Return X (n, d) and y (n,) of one kind, of random size."""
    rng = RNG([KINDS.index(kind), seed])
    n, d = int(rng.integers(5, 50)), int(rng.integers(2, 20))
    if kind == "wide":
        n, d = int(rng.integers(3, 15)), int(rng.integers(15, 50))
    X = rng.standard_normal((n, d))
    y = X[:, 0] + rng.standard_normal(n)
    if kind == "duplicate":  # some columns twice, one once more with the other sign
        X = np.concatenate([X, X[:, : (d + 1) // 2], -X[:, :1]], axis=1)
    elif kind == "ties":
        X, y = rng.choice([-1.0, 0.0, 1.0], (n, d)), rng.choice([-1.0, 0.0, 1.0, 2.0], n)
    elif kind == "near":  # each column twice, the second a little off: relatively 1e-3 to 1e-11
        X = np.concatenate([X, X + 10.0 ** -rng.integers(3, 12) * rng.standard_normal(X.shape)], axis=1)
    elif kind == "constant":
        X[:, 0] = X[:, d // 2] = 1
    elif kind == "zero":
        X[:, ::2] = 0
    elif kind == "orthogonal":
        basis = np.linalg.qr(np.column_stack([X[:, : n - 1], y]))[0]
        X, y = 3 * basis[:, :-1], basis[:, -1]
    elif kind == "noiseless":
        y = X[:, 0] - 2 * X[:, -1]
    elif kind == "rank two":
        X = X[:, :2] @ rng.standard_normal((2, d))
    elif kind == "scales":
        X *= 10.0 ** rng.integers(-4, 5, d)
    elif kind == "signs":  # few rows of -1 and 1: many columns tie, many are equal
        X = rng.choice([-1.0, 1.0], (int(rng.integers(4, 10)), d))
        y = X[:, 0] + X[:, -1]
    elif kind == "target zero":
        y = np.zeros(n)
    return X, y / (np.sqrt(np.mean(y**2)) or 1)  # so that the objective of zero weights is 1/2


def strengths(X, y, lowest=1e-4, count=30):
    """Return `count` strengths, from just above where all weights are zero, down to a share of that."""
    top = max(np.abs(X.T @ y).max() / len(X), 1e-10 * np.abs(X).max(), 1e-10)
    return 1.1 * top * np.logspace(0, np.log10(lowest), count)


@pytest.fixture
def searches(monkeypatch):
    """Count how often a point of a path had to be searched for again."""
    calls = []

    def search(*args, **kwargs):
        calls.append(args)
        return homotopy_search(*args, **kwargs)

    homotopy_search = homotopy.feature_sign_search
    monkeypatch.setattr(homotopy, "feature_sign_search", search)
    return calls


# --- the penalty and its steps ---


def test_the_reference_demonstration_to_its_digits():
    start, strength, learning_rate = np.array([2, 0.5, -0.3, 0.1, -1.5]), 0.1, 0.1
    w, beside = start.copy(), start.copy()
    for _ in range(20):
        w = l1.soft_threshold(w, learning_rate * strength)
        beside -= learning_rate * 2 * strength * beside  # the gradient of strength * sum(w^2)
    np.testing.assert_allclose(w, [1.8, 0.3, -0.1, 0, -1.3], atol=1e-12)
    assert (w == 0).sum() == 1
    assert beside.round(3).tolist() == [1.335, 0.334, -0.200, 0.067, -1.001]
    assert (beside == 0).sum() == 0


def test_the_subgradient_is_the_slope_of_the_penalty_and_zero_at_zero():
    for seed in range(20):
        w, strength, h = RNG(seed).standard_normal((3, 4)), RNG(seed).uniform(0, 2), 1e-7
        for at in np.ndindex(w.shape):
            up, down = w.copy(), w.copy()
            up[at] += h
            down[at] -= h
            slope = (l1.penalty(up, strength) - l1.penalty(down, strength)) / (2 * h)
            assert slope == pytest.approx(l1.subgradient(w, strength)[at], abs=1e-6)
    assert l1.subgradient([0.0, -2.0], 0.3).tolist() == [0, -0.3]


def test_penalty_takes_one_strength_per_model():
    w = RNG(0).standard_normal((3, 2, 4, 5)).astype(np.float32)
    each = l1.penalty(w, [[1, 2], [0, 3], [4, 5]])
    assert each.dtype == np.float32
    assert each[2, 1] == pytest.approx(5 * np.abs(w[2, 1]).sum(), rel=1e-6)
    assert each[1, 0] == 0
    assert l1.penalty([], 0.2) == 0.0


def test_soft_threshold_is_the_proximal_step():
    """No point nearby, nor zero, has a smaller (1/2) (v - w)^2 + t abs(v)."""
    rng = RNG(0)
    w, t = rng.standard_normal(500), rng.uniform(0, 1, 500)
    best = l1.soft_threshold(w, t)

    def objective(v):
        return 0.5 * (v - w) ** 2 + t * np.abs(v)

    for other in (best + 1e-4, best - 1e-4, np.zeros(500), w):
        assert (objective(best) <= objective(other)).all()
    assert ((best == 0) == (np.abs(w) <= t)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_soft_threshold_keeps_the_dtype_and_writes_in_place(dtype):
    w = np.array([[2, -0.05, 0.1], [-3, 0.0, np.inf]], dtype)
    t = np.array([[0.1], [0.5]])  # one threshold per model
    expected = np.array([[1.9, 0, 0], [-2.5, 0, np.inf]], dtype)
    fresh = l1.soft_threshold(w, t)
    assert fresh.dtype == dtype
    np.testing.assert_allclose(fresh, expected, rtol=1e-6)
    assert l1.soft_threshold(w, t, out=w) is w
    np.testing.assert_array_equal(w, fresh)
    assert not np.signbit(w[w == 0]).any()


def test_whole_numbers_become_floats():
    assert l1.soft_threshold([2, 0, -1], 0.5).tolist() == [1.5, 0, -0.5]
    assert l1.clip_at_zero([1, -1, 2], [1, 1, 0]).tolist() == [1, 0, 2]


def test_threshold_zero_changes_nothing():
    w = RNG(0).standard_normal(50)
    np.testing.assert_array_equal(l1.soft_threshold(w, 0), w)


def test_a_nan_stays_visible():
    assert np.isnan(l1.soft_threshold([np.nan, 1.0], 0.1)).tolist() == [True, False]


def test_only_the_soft_threshold_ends_with_the_lassos_zeros():
    rng = RNG(1)
    X = rng.standard_normal((40, 10))
    y = X @ np.array([2, -1, 0.5, 0, 0, 0, 0, 0, 0, 0]) + 0.5 * rng.standard_normal(40)
    exact = l1.lasso_path(X, y, [0.15])[0]
    ends = {method: l1.descend(X, y, 0.15, method, n_steps=500, learning_rate=0.1)[-1] for method in l1.METHODS}
    assert 3 <= (exact == 0).sum() <= 7
    np.testing.assert_allclose(ends["soft_threshold"], exact, atol=1e-12)
    np.testing.assert_array_equal(ends["soft_threshold"] == 0, exact == 0)
    assert (ends["subgradient"] == 0).sum() == 0
    assert np.abs(ends["subgradient"] - exact).max() < 0.05  # close to it, but never at rest
    late = l1.descend(X, y, 0.15, "clipping", n_steps=500, learning_rate=0.1)[-100:, exact == 0]
    assert 0 < (late == 0).mean() < 1  # a clipped weight is pushed out again


def test_descent_never_raises_the_objective_at_its_own_rate():
    for seed in range(10):
        X, y = problem("gauss", seed)
        path = l1.descend(X, y, 0.1, n_steps=50)
        objective = [np.sum((y - X @ w) ** 2) / (2 * len(y)) + l1.penalty(w, 0.1) for w in path]
        assert (np.diff(objective) <= 1e-14).all()
        assert (path[0] == 0).all()
    assert l1.descend(np.zeros((3, 2)), [1, 2, 3], 0.1, n_steps=2).tolist() == [[0, 0]] * 3


# --- the path ---


@pytest.mark.parametrize("kind", KINDS)
def test_every_point_of_the_path_has_a_duality_gap_below_1e_9(kind, searches):
    points = 0
    for seed in range(20):
        X, y = problem(kind, seed)
        l1s = strengths(X, y)
        path = l1.lasso_path(X, y, l1s)
        gaps = l1.duality_gap(X, y, path, l1s)
        assert gaps.max() <= 1e-9, f"seed {seed}"
        assert gaps.min() >= 0
        points += len(l1s)
    if kind == "near":  # only these need the search, and not everywhere
        assert 0 < len(searches) < points / 2
    else:
        assert not searches


def test_columns_that_agree_to_1e_5_seldom_need_the_search(searches):
    for seed in range(10):
        X, y = problem("gauss", seed)
        X = np.concatenate([X, X + 1e-5 * RNG(seed).standard_normal(X.shape)], axis=1)
        l1s = strengths(X, y)
        assert l1.duality_gap(X, y, l1.lasso_path(X, y, l1s), l1s).max() <= 1e-9
    assert len(searches) < 0.15 * 10 * len(l1s)


def test_the_gap_is_zero_at_the_solution_alone():
    for seed in range(20):
        X, y = problem("gauss", seed)
        strength = strengths(X, y)[10]
        w = l1.lasso_path(X, y, [strength])[0]
        off = w + 0.01 * RNG(seed).standard_normal(w.shape)

        def objective(v, X=X, y=y, strength=strength):
            return np.sum((y - X @ v) ** 2) / (2 * len(y)) + l1.penalty(v, strength)

        assert l1.duality_gap(X, y, w, strength) < 1e-12
        assert 0 < objective(off) - objective(w) <= l1.duality_gap(X, y, off, strength)
    assert l1.duality_gap(X, y, np.zeros(X.shape[1]), 100.0) == 0


def test_strengths_come_back_in_their_order():
    X, y = problem("gauss", 0)
    l1s = strengths(X, y)
    shuffled = RNG(0).permutation(len(l1s))
    np.testing.assert_array_equal(l1.lasso_path(X, y, l1s[shuffled]), l1.lasso_path(X, y, l1s)[shuffled])
    twice = l1.lasso_path(X, y, [l1s[5], l1s[5]])
    np.testing.assert_array_equal(twice[0], twice[1])
    assert l1.lasso_path(X, y, []).shape == (0, X.shape[1])


def test_at_strength_zero_it_is_least_squares():
    for seed in range(20):
        X, y = RNG(seed).standard_normal((30, 6)), RNG(seed + 100).standard_normal(30)
        np.testing.assert_allclose(l1.lasso_path(X, y, [0.0])[0], np.linalg.lstsq(X, y)[0], atol=1e-12)


def test_with_more_features_than_rows_it_ends_at_the_interpolation_of_least_l1():
    for seed in range(20):
        X, y = RNG(seed).standard_normal((6, 15)), RNG(seed + 100).standard_normal(6)
        w = l1.lasso_path(X, y, [0.0])[0]
        np.testing.assert_allclose(X @ w, y, atol=1e-12)
        assert (w != 0).sum() <= 6
        null = np.linalg.svd(X)[2][6:]  # moves that change no prediction
        for move in RNG(seed).standard_normal((200, 9)) @ null:
            assert np.abs(w + 0.01 * move).sum() >= np.abs(w).sum() - 1e-12


def test_from_the_largest_correlation_up_all_weights_are_exactly_zero():
    X, y = problem("gauss", 1)
    top = np.abs(X.T @ y).max() / len(X)
    path = l1.lasso_path(X, y, [10 * top, top * (1 + 1e-12), top * (1 - 1e-6)])
    assert (path[:2] == 0).all()
    assert (path[2] != 0).sum() == 1


def test_of_equal_columns_the_first_carries_the_weight():
    X, y = RNG(0).standard_normal((20, 3)), RNG(1).standard_normal(20)
    double = l1.lasso_path(np.concatenate([X, X], axis=1), y, strengths(X, y))
    np.testing.assert_allclose(double[:, :3], l1.lasso_path(X, y, strengths(X, y)), atol=1e-12)
    assert (double[:, 3:] == 0).all()


def test_targets_go_together_as_they_go_alone():
    X, Y = RNG(0).standard_normal((30, 8)), RNG(1).standard_normal((30, 4))
    Y[:, 2] = 0
    l1s = strengths(X, Y[:, 0])
    together = l1.lasso_path(X, Y, l1s)
    assert together.shape == l2.ridge_path(X, Y, l1s + 0.1).shape == (30, 8, 4)
    for y, path in zip(Y.T, np.moveaxis(together, -1, 0), strict=True):
        np.testing.assert_allclose(path, l1.lasso_path(X, y, l1s), atol=1e-13)


def test_inputs_are_left_as_they_were():
    X, y = problem("gauss", 0)
    before = X.copy(), y.copy()
    l1s = strengths(X, y)
    l1.lasso_path(X, y, l1s)
    l1.elastic_net_path(X, y, l1s, 0.1)
    l1.bootstrap_lasso_paths(X, y, l1s, RNG(0), 3)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])


# --- knots ---


def test_between_knots_the_path_is_straight_and_its_features_stay():
    for seed in range(20):
        X, y = problem("wide" if seed % 2 else "gauss", seed)
        l1s, w = l1.lasso_knots(X, y)
        assert (np.diff(l1s) < 0).all()
        assert l1s[0] == pytest.approx(np.abs(X.T @ y).max() / len(y))
        assert l1s[-1] == 0
        assert (w[0] == 0).all()
        thirds = l1s[:-1] + np.diff(l1s) / 3
        np.testing.assert_allclose(l1.lasso_path(X, y, thirds), w[:-1] + np.diff(w, axis=0) / 3, atol=1e-10)
        changes = [(a != 0) ^ (b != 0) for a, b in pairwise(w[1:])]
        assert all(change.sum() <= 2 for change in changes)
        assert any(change.any() for change in changes)


def test_a_target_of_zeros_has_one_knot():
    l1s, w = l1.lasso_knots([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0])
    assert l1s.tolist() == [0]
    assert w.tolist() == [[0, 0]]


def test_features_that_tie_join_at_one_knot():
    l1s, w = l1.lasso_knots(np.eye(3), [3.0, -3.0, 1.0])
    np.testing.assert_allclose(l1s, [1, 1 / 3, 0], atol=1e-15)
    np.testing.assert_allclose(w, [[0, 0, 0], [2, -2, 0], [3, -3, 1]], atol=1e-14)


# --- elastic net ---


def augmented(X, y, l2):
    """Return the Lasso that is the elastic net: d rows more, and a factor for the strengths."""
    n, d = X.shape
    return np.concatenate([X, np.sqrt(n * l2) * np.eye(d)]), np.concatenate([y, np.zeros(d)]), n / (n + d)


@pytest.mark.parametrize("l2", [1e-13, 1e-3, 0.5])
def test_the_elastic_net_is_the_lasso_with_a_ridge_in_its_rows(l2, searches):
    for kind in ("gauss", "wide", "duplicate", "near", "zero"):
        for seed in range(5):
            X, y = problem(kind, seed)
            l1s = strengths(X, y)
            path = l1.elastic_net_path(X, y, l1s, l2)
            more, target, factor = augmented(X, y, l2)
            assert l1.duality_gap(more, target, path, factor * l1s).max() <= 1e-9
    assert bool(searches) == (l2 < 1e-12)  # a ridge worth the name keeps columns apart


def test_without_l2_the_elastic_net_is_the_lasso_and_without_l1_the_ridge():
    X, y = problem("gauss", 2)
    l1s = strengths(X, y)
    np.testing.assert_array_equal(l1.elastic_net_path(X, y, l1s, 0.0), l1.lasso_path(X, y, l1s))
    ridge = np.linalg.solve(X.T @ X / len(X) + 0.3 * np.eye(X.shape[1]), X.T @ y / len(X))
    np.testing.assert_allclose(l1.elastic_net_path(X, y, [0.0], 0.3)[0], ridge, atol=1e-12)


def test_l2_makes_equal_columns_share():
    X, y = RNG(0).standard_normal((20, 1)), RNG(1).standard_normal(20)
    w = l1.elastic_net_path(np.repeat(X, 3, axis=1), y, [0.01], 0.1)[0]
    assert w[0] != 0
    np.testing.assert_allclose(w, w[0])


# --- bootstrap ---


def test_bootstraps_are_the_paths_of_the_drawn_rows():
    for kind in ("gauss", "wide", "ties"):
        X, y = problem(kind, 5)
        l1s = strengths(X, y, count=12)
        paths = l1.bootstrap_lasso_paths(X, y, l1s, RNG(3), n_bootstraps=15)
        assert paths.shape == (15, 12, X.shape[1])
        for rows, path in zip(RNG(3).integers(len(X), size=(15, len(X))), paths, strict=True):
            assert l1.duality_gap(X[rows], y[rows], path, l1s).max() <= 1e-9
            if kind == "gauss":
                np.testing.assert_allclose(path, l1.lasso_path(X[rows], y[rows], l1s), atol=1e-10)


def test_bootstraps_of_columns_that_nearly_agree_are_right_too(searches):
    for seed in range(10):
        X, y = problem("near", seed)
        l1s = strengths(X, y, count=8)
        paths = l1.bootstrap_lasso_paths(X, y, l1s, RNG(3), n_bootstraps=5)
        for rows, path in zip(RNG(3).integers(len(X), size=(5, len(X))), paths, strict=True):
            assert l1.duality_gap(X[rows], y[rows], path, l1s).max() <= 1e-9
    assert searches


def test_what_the_data_support_is_selected_and_noise_is_not():
    rng = RNG(0)
    X = rng.standard_normal((200, 10))
    y = X[:, 0] - X[:, 1] + rng.standard_normal(200)
    frequency = l1.selection_frequency(l1.bootstrap_lasso_paths(X, y, [0.5, 0.2, 0.0], RNG(1)))
    assert frequency.shape == (3, 10)
    assert (frequency[:2, :2] > 0.95).all()
    assert (frequency[:2, 2:] < 0.5).all()
    assert (frequency[2] == 1).all()


# --- against scikit-learn's figures ---


@pytest.mark.parametrize("name", ["tall", "wide", "diabetes"])
def test_golden_paths(name):
    golden = GOLDEN[name]
    if name == "diabetes":
        data = load("diabetes")
        X, y = data.x.astype(float), data.y.astype(float)
        X, y = (X - X.mean(0)) / X.std(0), y - y.mean()
    else:
        X, y = np.array(golden["X"]), np.array(golden["y"])
    np.testing.assert_allclose(l1.lasso_path(X, y, golden["l1s"]), golden["lasso"], atol=1e-6)
    l1s, w = l1.lasso_knots(X, y)
    np.testing.assert_allclose(l1s, golden["knots"], atol=1e-12)
    np.testing.assert_allclose(w, golden["at_knots"], atol=1e-10)
    for alpha, theirs in zip(golden["alphas"], golden["elastic_net"], strict=True):
        ratio = golden["l1_ratio"]
        ours = l1.elastic_net_path(X, y, [alpha * ratio], alpha * (1 - ratio))[0]
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


# --- what is refused ---

X, Y = [[1.0, 2.0], [3.0, 5.0]], [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: l1.penalty([1.0], -1), r"l1 must be at least 0 and finite, got -1"),
        (lambda: l1.penalty([1.0], np.nan), r"l1 must be at least 0 and finite, got nan"),
        (
            lambda: l1.penalty(np.ones((2, 3)), [1, 2, 3]),
            r"l1 must have the first axes of w, .*, got shape \(3,\)",
        ),
        (lambda: l1.subgradient([1.0], -0.5), r"l1 must be at least 0 and finite, got -0.5"),
        (lambda: l1.soft_threshold([1.0], [0.1, -2]), r"t must be at least 0 and finite, got -2"),
        (lambda: l1.clip_at_zero([1.0], [1.0, 2.0]), r"before must have the shape of w, \(1,\), got \(2,\)"),
        (lambda: l1.lasso_path([1.0, 2.0], Y, [0.1]), r"X must have shape \(n, d\), neither of them 0, got \(2,\)"),
        (lambda: l1.lasso_path(np.ones((0, 2)), [], [0.1]), r"X must have shape .*, got \(0, 2\)"),
        (lambda: l1.lasso_path(X, [1.0], [0.1]), r"y must have shape \(2,\) or \(2, n_targets\).*, got \(1,\)"),
        (lambda: l1.lasso_path(X, [1.0, np.nan], [0.1]), r"y must be finite, got nan"),
        (lambda: l1.lasso_path([[1.0, np.inf], [0.0, 1.0]], Y, [0.1]), r"X must be finite, got inf"),
        (lambda: l1.lasso_path(X, Y, 0.1), r"l1s must be a 1-D array, got shape \(\)"),
        (lambda: l1.lasso_path(X, Y, [0.1, -0.2]), r"l1s must be at least 0 and finite, got -0.2"),
        (lambda: l1.lasso_path(X, Y, [0.1, np.inf]), r"l1s must be at least 0 and finite, got inf"),
        (lambda: l1.elastic_net_path(X, Y, [0.1], -1), r"l2 must be at least 0 and finite, got -1"),
        (lambda: l1.elastic_net_path(X, Y, [0.1], [1, 2]), r"l2 must be one number, got shape \(2,\)"),
        (lambda: l1.lasso_knots(X, [Y, Y]), r"y must have shape \(n,\), got \(2, 2\)"),
        (lambda: l1.bootstrap_lasso_paths(X, [Y, Y], [0.1], RNG(0)), r"y must have shape \(n,\), got \(2, 2\)"),
        (lambda: l1.bootstrap_lasso_paths(X, Y, [0.1], RNG(0), 0), r"n_bootstraps must be .* at least 1, got 0"),
        (lambda: l1.selection_frequency([[1.0]]), r"paths must have shape .*, got \(1, 1\)"),
        (lambda: l1.duality_gap(X, Y, [1.0], 0.1), r"w must have shape \(2,\), as l1 and X have it, got \(1,\)"),
        (lambda: l1.duality_gap(X, Y, [1.0, 2.0], [0.1]), r"w must have shape \(1, 2\).*, got \(2,\)"),
        (lambda: l1.descend(X, Y, 0.1, "proximal"), r"method must be one of soft_threshold, .*, got 'proximal'"),
        (lambda: l1.descend(X, Y, -0.1), r"l1 must be at least 0 and finite, got -0.1"),
        (lambda: l1.descend(X, Y, 0.1, n_steps=-1), r"n_steps must be a whole number of at least 0, got -1"),
        (lambda: l1.descend(X, Y, 0.1, learning_rate=0), r"learning_rate must be above 0 and finite, got 0"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: l1.soft_threshold([1.0], [0.1, 0.2]), "t must broadcast to the shape of w, (1,), got the shape (2,)"),
        (
            lambda: l1.soft_threshold([1.0], 0.1, out=[0.0]),
            "out must be an array like w, of float64 and the shape (1,), got [0.0]",
        ),
        (lambda: l1.penalty(np.array([1j]), 0.1), "w must be numbers, got array([0.+1.j])"),
        (lambda: l1.descend(X, Y, 0.1, n_steps=10**9), "n_steps must be at most 100000, got 1000000000"),
        (
            lambda: l1.bootstrap_lasso_paths(X, Y, [0.1], RNG(0), 10**9),
            "n_bootstraps must be at most 100000, got 1000000000",
        ),
        (lambda: l1.bootstrap_lasso_paths(X, Y, [0.1], 0), "rng must be a numpy.random.Generator, got 0"),
        (
            lambda: l1.lasso_path(np.ma.masked_array(X, [[True, False]] * 2), Y, [0.1]),
            "X must be numbers, got masked values",
        ),
    ],
)
def test_what_would_hang_or_be_wrong_without_a_word_is_refused(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call()
