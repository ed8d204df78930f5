"""The Lasso's path: the homotopy and the search against every possible active set, and against each other."""

from itertools import product

import numpy as np
import pytest

from reglab import homotopy

RNG = np.random.default_rng


def moments(X, Y):
    """Return X'X/n, X'y/n and y'y/n of the targets, the columns of Y."""
    return X.T @ X / len(X), Y.T @ X / len(X), (Y**2).mean(axis=0)


def problem(seed, n=30, d=8, targets=1):
    X, Y = RNG(seed).standard_normal((n, d)), RNG(seed + 1000).standard_normal((n, targets))
    Y += X[:, :1]
    return X, Y, np.abs(Y.T @ X).max() / n * np.logspace(0.1, -4, 20)


def objective(X, y, strength, w):
    return np.sum((y - w @ X.T) ** 2, axis=-1) / (2 * len(y)) + strength * np.abs(w).sum(axis=-1)


def try_every_active_set(X, y, strength):
    """Return the solution from the definition: signs s on A with X_A'(y - Xw)/n = strength * s, the best of all."""
    best, least = np.zeros(X.shape[1]), objective(X, y, strength, np.zeros(X.shape[1]))
    for s in product((-1, 0, 1), repeat=X.shape[1]):
        A = np.flatnonzero(s)
        w = np.zeros(X.shape[1])
        w[A] = np.linalg.solve(X[:, A].T @ X[:, A], X[:, A].T @ y - len(y) * strength * np.take(s, A))
        if objective(X, y, strength, w) < least:
            best, least = w, objective(X, y, strength, w)
    return best


def test_both_find_the_best_of_all_active_sets():
    for seed in range(8):
        X, Y, l1s = problem(seed, n=6, d=4)
        X += 2 * X[:, :1]  # correlated, so that features drop out again
        paths, missed = homotopy.solve(*moments(X, Y), l1s[::3])
        assert missed == []
        for strength, w in zip(l1s[::3], paths[0], strict=True):
            best = try_every_active_set(X, Y[:, 0], strength)
            np.testing.assert_allclose(w, best, atol=1e-9)
            np.testing.assert_array_equal(w == 0, best == 0)
            searched = homotopy.feature_sign_search(X, Y[:, 0], strength, np.zeros(4))
            np.testing.assert_allclose(searched, best, atol=1e-9)
            np.testing.assert_array_equal(searched == 0, best == 0)


def test_features_drop_out_and_come_back():
    dropped = 0
    for seed in range(20):
        X, Y, _ = problem(seed, n=12, d=10)
        X += 2 * X[:, :1]
        _, w = homotopy.knots(*moments(X, Y), stop=0.0)
        active = w[:, 0] != 0
        dropped += (active[:-1] & ~active[1:]).sum()
        np.testing.assert_allclose(w[-1, 0], np.linalg.lstsq(X, Y[:, 0])[0], atol=1e-9)
    assert dropped > 10


def test_it_stops_where_it_is_told():
    X, Y, _ = problem(0, targets=3)
    top = np.abs(Y.T @ X).max(axis=1) / len(X)
    whole, _ = homotopy.knots(*moments(X, Y), stop=0.0)
    for stop in (0.3 * top.min(), 0.5 * (top.min() + top.max()), 2 * top.max()):
        lam, w = homotopy.knots(*moments(X, Y), stop=stop)
        np.testing.assert_allclose(lam[-1], np.minimum(stop, top), rtol=1e-14)
        assert (np.diff(lam, axis=0) <= 0).all()
        assert len(lam) < len(whole)
        assert w.shape == (*lam.shape, 8)


def test_models_with_grams_of_their_own_go_together_as_they_go_alone():
    problems = [moments(*problem(seed)[:2]) for seed in range(5)]
    l1s = problem(0)[2]
    grams = np.stack([gram for gram, _, _ in problems])
    together, _ = homotopy.solve(grams, *(np.concatenate(part) for part in list(zip(*problems, strict=True))[1:]), l1s)
    for alone, path in zip(problems, together, strict=True):
        np.testing.assert_allclose(homotopy.solve(*alone, l1s)[0][0], path, atol=1e-13)


def test_blocks_do_not_show(monkeypatch):
    X, Y, l1s = problem(0, targets=7)
    whole, _ = homotopy.solve(*moments(X, Y), l1s)
    monkeypatch.setattr(homotopy, "BLOCK", 2 * 8 * 20)
    np.testing.assert_allclose(homotopy.solve(*moments(X, Y), l1s)[0], whole, atol=1e-13)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_a_path_that_loses_its_way_is_noticed(monkeypatch, scale):
    X, Y, l1s = problem(0, targets=7)
    X, l1s = X * scale, l1s * scale
    follow = homotopy.knots
    monkeypatch.setattr(homotopy, "BLOCK", 2 * 8 * 20)  # three models at a time
    assert homotopy.solve(*moments(X, Y), l1s)[1] == []

    def lost(*args, **kwargs):
        lam, w = follow(*args, **kwargs)
        w = w.copy()
        w[4:, -1] *= 1 + 1e-6  # the last model of each block
        return lam, w

    monkeypatch.setattr(homotopy, "knots", lost)
    paths, missed = homotopy.solve(*moments(X, Y), l1s)
    assert len(missed) > 15
    assert {model for model, _ in missed} == {2, 5, 6}
    for model, i in missed:
        w = homotopy.feature_sign_search(X, Y[:, model], l1s[i], paths[model, i])
        assert objective(X, Y[:, model], l1s[i], w) < objective(X, Y[:, model], l1s[i], paths[model, i])


def test_a_column_that_depends_on_the_active_ones_never_joins():
    for seed in range(20):
        X, Y, _ = problem(seed, n=20, d=3)
        Y = 3 * X.sum(axis=1, keepdims=True) + 0.1 * Y
        # The averages have a correlation of lam as soon as those they are of have it.
        X = np.column_stack([X, X[:, :2].mean(axis=1), X.mean(axis=1), X @ RNG(seed).standard_normal((3, 3))])
        _, w = homotopy.knots(*moments(X, Y), stop=0.0)
        for active in w[:, 0] != 0:
            assert np.linalg.matrix_rank(X * active) == active.sum()


def test_the_search_never_raises_the_objective():
    for seed in range(30):
        X, Y, l1s = problem(seed, n=10, d=15)
        start = RNG(seed).standard_normal(15) * (RNG(seed).random(15) < 0.5)
        for strength in l1s[::5]:
            w = homotopy.feature_sign_search(X, Y[:, 0], strength, start)
            assert objective(X, Y[:, 0], strength, w) <= objective(X, Y[:, 0], strength, start)


@pytest.mark.parametrize("more", ["equal", "sums"])
def test_the_search_leaves_a_start_whose_features_are_dependent(more):
    X, Y, l1s = problem(0)
    copies = X[:, :4] if more == "equal" else X[:, :4] + X[:, 4:]
    X = np.concatenate([X, copies, -copies], axis=1)
    paths, _ = homotopy.solve(*moments(X, Y), l1s)
    for seed, (strength, path) in enumerate(zip(l1s, paths[0], strict=True)):
        w = homotopy.feature_sign_search(X, Y[:, 0], strength, RNG(seed).standard_normal(16))
        assert objective(X, Y[:, 0], strength, w) == pytest.approx(objective(X, Y[:, 0], strength, path), rel=1e-12)
        assert np.linalg.matrix_rank(X * (w != 0)) == (w != 0).sum()
