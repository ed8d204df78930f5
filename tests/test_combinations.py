"""Ablations and grids of two settings: the right stacks, paired, and the same as the runs that they are made of."""

import dataclasses

import numpy as np
import pytest

from reglab import Settings, Training, fit
from reglab.experiments.combinations import GRID, TECHNIQUES, ablation, interaction, leave_one_out, turned_on

SHORT = Training(max_steps=15, eval_steps=3)
BOTH = Settings(augment=0.5, weight_decay=2.0, patience=40, learning_rate=3e-3)


def test_an_ablation_turns_off_one_technique_at_a_time():
    stack = leave_one_out(BOTH)
    assert list(stack) == ["off", "all", "augment", "weight_decay", "patience"]
    assert stack["off"] == Settings(learning_rate=3e-3)
    assert stack["all"] == BOTH
    for name in turned_on(BOTH):
        assert getattr(stack[name], name) == getattr(Settings(), name)
        assert dataclasses.replace(stack[name], **{name: getattr(BOTH, name)}) == BOTH


def test_every_technique_can_be_turned_off():
    on = {"dropout": (0.1, 0.2), "patience": 3}
    for name in TECHNIQUES:
        settings = Settings(**{name: on.get(name, 0.1)})
        assert turned_on(settings) == (name,)
        assert leave_one_out(settings)[name] == Settings()
    with pytest.raises(ValueError, match="at least one technique on"):
        leave_one_out(Settings(learning_rate=0.1, momentum=0.0))


def test_an_ablation_is_the_runs_it_is_made_of_paired_by_seed():
    run = ablation("digits", BOTH, SHORT, n_train=40, n_val=50, seeds=[3, 4])
    assert run.labels == ("off", "all", "augment", "weight_decay", "patience")
    alone = fit("digits", dataclasses.replace(BOTH, augment=0.0), SHORT, n_train=40, n_val=50, seeds=[4])
    np.testing.assert_array_equal(run.test_loss[2, 1], alone.test_loss[0, 0])
    # Augmentation was on in "all": turned off, it changes something.
    assert (run.kept("test_loss")[1] != run.kept("test_loss")[2]).all()


def test_the_grid_has_every_setting_from_off_up():
    default = Settings()
    assert set(GRID) == set(vars(default))
    for name, values in GRID.items():
        assert len(set(values)) == len(values) > 1
        for value in values:
            dataclasses.replace(default, **{name: value})  # all within their ranges
    for name in TECHNIQUES:
        assert GRID[name][0] == getattr(default, name)


def test_an_interaction_crosses_the_values_of_two_settings_over_a_base():
    seen = []
    run = interaction(
        "moons",
        "weight_decay",
        "restore_best_weights",
        Settings(patience=2),
        SHORT,
        n_train=30,
        n_val=30,
        seeds=2,
        progress=lambda fraction, part: seen.append(part.val_loss.shape),
    )
    pairs = [(s.weight_decay, s.restore_best_weights) for s in run.settings]
    assert pairs == [(a, b) for a in GRID["weight_decay"] for b in GRID["restore_best_weights"]]
    assert all(s.patience == 2 for s in run.settings)
    assert run.val_loss.shape == (10, 2, 3)
    assert seen[0] == (10, 2, 3)
    alone = fit("moons", run.settings[5], SHORT, n_train=30, n_val=30, seeds=2)
    np.testing.assert_array_equal(run.val_loss[5], alone.val_loss[0])


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("decay", "dropout", "first must be one of weight_decay, .* got 'decay'"),
        ("dropout", "x", "second must be one of .* got 'x'"),
        ("dropout", "dropout", "second must be another setting than first, got 'dropout' twice"),
    ],
)
def test_two_settings_that_make_no_grid_are_refused(first, second, message):
    with pytest.raises(ValueError, match=message):
        interaction("moons", first, second)
