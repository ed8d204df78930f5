import dataclasses

import numpy as np
import pytest

from reglab.engine.run import HISTORY
from reglab.engine.sweep import sweep, sweep_training
from reglab.engine.train import fit
from reglab.settings import Settings, Training
from tests.refusals import exactly

TRAINING = Training(hidden_sizes=(8,), max_steps=6, eval_steps=3)
OPTIONS = {"n_train": 30, "n_val": 20, "seeds": 2}
AXES = {"dropout": [0, 0.5], "weight_decay": [0, 0.1, 1.0]}


@pytest.fixture(scope="module")
def run():
    return sweep("digits", Settings(label_smoothing=0.1), AXES, TRAINING, **OPTIONS)


def test_settings_are_in_product_order_the_last_axis_fastest(run):
    pairs = [(s.dropout, s.weight_decay) for s in run.settings]
    assert pairs == [(0, 0), (0, 0.1), (0, 1.0), (0.5, 0), (0.5, 0.1), (0.5, 1.0)]
    assert all(s.label_smoothing == 0.1 for s in run.settings)


def test_each_setting_is_labelled_by_its_values(run):
    assert run.labels[0] == "dropout 0, weight_decay 0"
    assert run.labels[1] == "dropout 0, weight_decay 0.1"
    assert run.labels[5] == "dropout 0.5, weight_decay 1.0"
    assert run.axes == {"dropout": (0, 0.5), "weight_decay": (0, 0.1, 1.0)}
    assert list(run.axes) == list(AXES)


def test_the_histories_reshape_to_the_grid(run):
    grid = run.val_loss.reshape(2, 3, 2, -1)
    for i, dropout in enumerate(AXES["dropout"]):
        for j, weight_decay in enumerate(AXES["weight_decay"]):
            setting = Settings(label_smoothing=0.1, dropout=dropout, weight_decay=weight_decay)
            alone = fit("digits", setting, TRAINING, **OPTIONS)
            np.testing.assert_array_equal(grid[i, j], alone.val_loss[0])


def test_it_is_fit_with_the_same_list(run):
    plain = fit("digits", run.settings, TRAINING, **OPTIONS)
    for name in (*HISTORY, "kept_weights", "best"):
        np.testing.assert_array_equal(getattr(run, name), getattr(plain, name))
    assert plain.axes == {}


def test_any_field_can_be_an_axis():
    axes = {"patience": [None, 3], "dropout": [(0.1,), (0.2,)], "restore_best_weights": [True]}
    run = sweep("digits", Settings(), axes, TRAINING, **OPTIONS)
    assert [s.patience for s in run.settings] == [None, None, 3, 3]
    assert run.labels[-1] == "patience 3, dropout (0.2,), restore_best_weights True"


def test_no_axis_is_the_base_alone():
    base = Settings(l2=0.1)
    assert sweep("digits", base, {}, TRAINING, **OPTIONS).settings == (base,)


def test_options_reach_fit():
    seen = []
    sweep("digits", Settings(), {"l2": [0, 0.1]}, TRAINING, **OPTIONS, progress=lambda share, run: seen.append(share))
    assert seen[-1] == 1


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"dropuot": [0]}, "axes must name fields of Settings, got 'dropuot'"),
        ({"hidden_sizes": [(8,)]}, "axes must name fields of Settings, got 'hidden_sizes'"),
        ({"l2": []}, "axes['l2'] must have at least one value, got none"),
        ({"dropout": [0, 1.5]}, "dropout must be in [0, 1), got 1.5"),
    ],
)
def test_bad_axes_are_refused(axes, message):
    with pytest.raises(ValueError, match=exactly(message)):
        sweep("digits", Settings(), axes, TRAINING, **OPTIONS)


def test_labels_do_not_depend_on_the_base():
    runs = [
        sweep("digits", base, {"l2": [0.0, 0.1]}, dataclasses.replace(TRAINING, max_steps=1), **OPTIONS)
        for base in (Settings(), Settings(dropout=0.5, l2=0.7))
    ]
    assert runs[0].labels == runs[1].labels == ("l2 0.0", "l2 0.1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, {"l2": [0.1]}), "base must be a Settings, got None"),
        ((Settings(), ["l2"]), "axes must be a mapping, such as a dict, got ['l2']"),
        ((Settings(), {"l2": 0.1}), "axes['l2'] must be a sequence, got 0.1"),
        ((Settings(), {"l2": range(10**9)}), "axes['l2'] must have at most 10000 values, got more"),
        ((Settings(), {"l2": range(200), "l1": range(200)}), "axes must make at most 10000 settings, got 40000"),
    ],
)
def test_a_grid_that_is_none_or_too_large_is_refused(arguments, message):
    with pytest.raises(ValueError, match=exactly(message)):
        sweep("moons", *arguments, n_train=40, seeds=1)


def test_the_values_of_an_axis_may_come_from_a_generator():
    run = sweep("moons", Settings(), {"l2": (x / 10 for x in range(3))}, Training(max_steps=1), n_train=40, seeds=1)
    assert run.axes == {"l2": (0.0, 0.1, 0.2)}


def test_networks_are_swept_one_after_another():
    axes = {"hidden_sizes": [(4,), (8, 8)], "batch_size": (16, 30)}
    runs = sweep_training("digits", [Settings(), Settings(l2=0.1)], axes, TRAINING, **OPTIONS)
    assert list(runs) == [f"hidden_sizes {h}, batch_size {b}" for h in ((4,), (8, 8)) for b in (16, 30)]
    for (hidden_sizes, batch_size), run in zip(
        [(h, b) for h in ((4,), (8, 8)) for b in (16, 30)], runs.values(), strict=True
    ):
        training = dataclasses.replace(TRAINING, hidden_sizes=hidden_sizes, batch_size=batch_size)
        assert run.training == training
        np.testing.assert_array_equal(
            run.val_loss, fit("digits", [Settings(), Settings(l2=0.1)], training, **OPTIONS).val_loss
        )


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"dropout": [0.1]}, "axes must name fields of Training, got 'dropout'"),
        ({"batch_size": []}, "axes['batch_size'] must have at least one value, got none"),
    ],
)
def test_an_axis_of_networks_is_a_field_of_training(axes, message):
    with pytest.raises(ValueError, match=exactly(message)):
        sweep_training("digits", Settings(), axes, TRAINING, **OPTIONS)
