"""Which rows a seed draws: one permutation of the pool, its first rows to train on and its last to validate."""

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
        own = rows.x[50 * number : 50 * (number + 1)]
        np.testing.assert_allclose(own, (x - x.mean(axis=0)) / x.std(axis=0), atol=1e-4)
        seen = rows.eval_x[number, 0, rows.splits["val"]]
        np.testing.assert_allclose(seen, (data.x[val] - x.mean(axis=0)) / x.std(axis=0), atol=1e-4)
    assert {name: part.stop - part.start for name, part in rows.splits.items()} == {
        "train": 50, "val": 30, "test": len(data.x_test),
    }  # fmt: skip
