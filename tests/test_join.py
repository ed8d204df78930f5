"""Runs put together are the run that `fit` returns for all of them at once."""

import dataclasses

import numpy as np
import pytest

from reglab import fit, join, load_run
from reglab.datasets import load
from reglab.engine.run import ARRAYS, FACTS
from reglab.settings import Settings, Training
from tests.refusals import exactly

TRAINING = Training(hidden_sizes=(4,), max_steps=6, eval_steps=3)
OPTIONS = {"training": TRAINING, "n_train": 60}
SETTINGS = [Settings(), Settings(l2=0.1), Settings(dropout=0.2)]


@pytest.fixture(scope="module")
def whole():
    return fit("penguins", SETTINGS, **OPTIONS, seeds=[3, 1, 4])


def assert_equal(run, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(run, name), getattr(other, name), err_msg=name)
    for name in FACTS:
        assert getattr(run, name) == getattr(other, name), name
    assert run.data == other.data


def test_seeds_are_joined(whole):
    parts = [fit("penguins", SETTINGS, **OPTIONS, seeds=seeds) for seeds in ([3], [1, 4])]
    assert_equal(join(parts), whole)
    np.testing.assert_array_equal(join(parts).predict(load("penguins").x_test), whole.predict(load("penguins").x_test))


def test_settings_are_joined(whole):
    parts = [fit("penguins", settings, **OPTIONS, seeds=[3, 1, 4]) for settings in (SETTINGS[0], SETTINGS[1:])]
    assert_equal(join(parts), whole)


def test_one_run_is_itself(whole):
    assert_equal(join([whole]), whole)


def test_each_seed_may_have_its_dataset():
    several = [load("wine"), dataclasses.replace(load("wine"), x=load("wine").x + 1)]
    parts = [fit([data], Settings(), TRAINING, n_train=60, seeds=[seed]) for seed, data in enumerate(several)]
    assert_equal(join(parts), fit(several, Settings(), TRAINING, n_train=60, seeds=2))


def test_of_a_run_that_was_loaded_no_rows_are_at_hand(whole, tmp_path):
    parts = [fit("penguins", SETTINGS, **OPTIONS, seeds=seeds) for seeds in ([3], [1, 4])]
    parts[0].save(tmp_path / "part.npz")
    joined = join([load_run(tmp_path / "part.npz"), parts[1]])
    assert joined.data == ()
    assert_equal(dataclasses.replace(joined, data=whole.data), whole)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seeds": [1]}, "runs must have each seed once, got 1 in two"),
        (
            {"settings": Settings(l2=1), "seeds": [2]},
            "runs must be of the same seeds or of the same settings, got runs that differ in both",
        ),
        ({"n_train": 50}, "runs must be of one n_train, got 60 and 50"),
        ({"dataset": "wine"}, "runs must be of one dataset, got 'penguins' and 'wine'"),
    ],
)
def test_other_runs_are_refused(changed, message):
    given = {"dataset": "penguins", "settings": SETTINGS[0], **OPTIONS, "seeds": [1]}
    with pytest.raises(ValueError, match=exactly(message)):
        join([fit(**given), fit(**{**given, **changed})])


def test_a_setting_of_one_seed_stands_once():
    first = fit("wine", SETTINGS[:2], TRAINING, n_train=60, seeds=1)
    with pytest.raises(ValueError, match="runs must have each setting of one seed once"):
        join([first, fit("wine", SETTINGS[1:], TRAINING, n_train=60, seeds=1)])
