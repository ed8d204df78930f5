"""Which rows a seed draws: one permutation of the pool, its first rows to train on and its last to validate."""

import dataclasses

import numpy as np
import pytest

from reglab.datasets import load
from reglab.engine.rows import Rows, draw_rows
from reglab.streams import generator


@pytest.mark.parametrize(("n_train", "n_val"), [(1, 1), (30, 70), (60, 40)])
def test_training_and_validation_rows_are_the_ends_of_one_permutation(n_train, n_val):
    train, val = draw_rows(3, 100, n_train, n_val)
    order = generator(3, "rows").permutation(100)
    np.testing.assert_array_equal(train, order[:n_train])
    np.testing.assert_array_equal(val, order[100 - n_val :])
    assert not set(train) & set(val)


def test_rows_are_standardised_by_their_seeds_training_rows_alone():
    data = load("wine")
    rows = Rows((data, data), (1, 2), 50, 30, 16)
    for number, seed in enumerate((1, 2)):
        train, val = draw_rows(seed, len(data.x), 50, 30)
        x = data.x[train]
        seed_rows = rows.x[50 * number : 50 * (number + 1)]
        np.testing.assert_allclose(seed_rows, (x - x.mean(axis=0)) / x.std(axis=0), atol=1e-4)
        seen = rows.eval_x[number, 0, rows.splits["val"]]
        np.testing.assert_allclose(seen, (data.x[val] - x.mean(axis=0)) / x.std(axis=0), atol=1e-4)
    assert {name: part.stop - part.start for name, part in rows.splits.items()} == {
        "train": 50,
        "val": 30,
        "test": len(data.x_test),
    }


def test_at_most_four_hundred_training_rows_are_evaluated():
    """So many are enough for the training loss, and evaluations cost less than the steps."""
    data = load("mnist1d")
    rows = Rows((data,), (0,), 500, 20, 16)
    assert rows.splits["train"] == slice(0, 400)
    assert rows.splits["val"] == slice(400, 420)
    np.testing.assert_array_equal(rows.eval_x[0, 0, :400], rows.x[:400])
    np.testing.assert_array_equal(rows.eval_y[0, 0, 400:420], data.y[draw_rows(0, len(data.x), 500, 20)[1]])


def test_a_column_that_hardly_moves_is_not_blown_up():
    """Its scale is 1 where its deviation is at most a millionth of its mean, which is rounding; else its own."""
    data = load("diabetes")
    alternating = np.where(np.arange(len(data.x)) % 2, 1.0, -1.0)
    for share, scaled in ((0.97e-6, False), (1.2e-6, True)):
        x = data.x.copy().astype(np.float64)
        x[:, 0] = 1000.0 * (1 + share * alternating)
        wide = dataclasses.replace(data, x=x)
        scale = float(Rows((wide,), (0,), 300, 20, 16).scale[0, 0, 0])
        assert (scale != 1) == scaled, (share, scale)


def test_regression_targets_are_one_column_of_floats_and_classes_are_one_hot():
    assert Rows((load("diabetes"),), (0,), 30, 20, 16).y.shape == (30, 1)
    y = Rows((load("wine"),), (0,), 30, 20, 16).y
    assert y.shape == (30, 3)
    assert (y.sum(axis=1) == 1).all()
