"""All techniques on the same data: each run is the one that `fit` makes, chosen by validation, paired by seed."""

import dataclasses

import numpy as np
import pytest

from reglab import Settings, Training, fit
from reglab.experiments import COMPARED, side_by_side, time_per_step
from reglab.experiments.all_techniques import _chosen
from reglab.experiments.combinations import GRID, turned_on

BASE, SHORT = Settings(learning_rate=3e-3), Training(max_steps=40, eval_steps=4)


@pytest.fixture(scope="module")
def seen():
    """Return what the progress was told."""
    return []


@pytest.fixture(scope="module")
def result(seen):
    def progress(share, part):
        seen.append((share, part))

    return side_by_side("wine", BASE, SHORT, n_train=50, seeds=[3, 4], progress=progress)


def test_each_technique_stands_at_the_strength_that_validation_chooses(result):
    assert result.seeds == (3, 4)
    assert result.names[0] == "none"
    assert result.settings[0] == BASE
    assert "augment" not in result.names, "a table's rows are not shifted"
    for name, settings, losses in zip(result.names[1:-2], result.settings[1:-2], result.val_loss[1:-2], strict=True):
        assert turned_on(settings) == (name,)
        run = fit(
            "wine", [dataclasses.replace(BASE, **{name: v}) for v in GRID[name][1:4]], SHORT, n_train=50, seeds=[3, 4]
        )
        best = int(run.kept("val_loss").mean(axis=1).argmin())
        assert getattr(settings, name) == GRID[name][1:4][best]
        np.testing.assert_array_equal(losses, run.kept("val_loss")[best])


def test_what_helps_is_combined_and_what_is_combined_is_chosen_by_validation(result):
    assert result.names[-2:] == ("all", "combined")
    means = dict(zip(result.names, result.val_loss.mean(axis=1), strict=True))
    helping = {name for name in result.names[1:-2] if means[name] < means["none"]}
    assert len(helping) > 1
    everything, chosen = result.settings[-2:]
    assert set(turned_on(everything)) == helping
    for name in helping:
        assert getattr(everything, name) == getattr(result.settings[result.names.index(name)], name)
    assert set(turned_on(chosen)) <= helping
    run = fit("wine", [everything, chosen], SHORT, n_train=50, seeds=[3, 4])
    np.testing.assert_array_equal(result.test_loss[-2:], run.kept("test_loss"))


def test_what_there_is_so_far_is_told(result, seen):
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for _, part in seen:
        assert part.val_loss.shape == part.test_loss.shape == (len(part.names), 2)
        assert len(part.settings) == len(part.time) == len(part.names)
        assert part.names == result.names or part.names == result.names[:-2]


def test_a_step_with_more_to_do_takes_longer(result):
    assert result.time[0] == 1.0
    assert np.isfinite(result.time).all()
    ratios = time_per_step("digits", [BASE, dataclasses.replace(BASE, augment=1.0)], n_train=100)
    assert ratios[0] == 1.0
    assert ratios[1] > 1.2


def test_a_number_to_predict_has_the_techniques_that_it_takes():
    result = side_by_side("diabetes", training=Training(max_steps=5, eval_steps=2), n_train=50, seeds=1)
    assert set(result.names) - {"none", "all", "combined"} == {"dropout", "clip_norm", "weight_decay", "l1", "patience"}
    assert set(COMPARED) >= set(result.names) - {"none", "all", "combined"}


def test_a_base_with_a_technique_is_refused():
    with pytest.raises(ValueError, match=r"^base must have no technique on, got dropout$"):
        side_by_side("wine", Settings(dropout=0.1))


def test_a_model_that_diverged_has_no_loss_though_its_last_weights_are_there():
    stack = {
        ("none", None): Settings(),
        ("dropout", 0.1): Settings(dropout=0.1),
        ("dropout", 0.5): Settings(dropout=0.5),
    }
    run = fit("moons", list(stack.values()), Training(max_steps=20, eval_steps=3), n_train=50, seeds=2)
    lost = np.array([[False, True], [False, True], [False, False]])
    result = _chosen(stack, dataclasses.replace(run, diverged=lost))
    assert np.isnan(result.test_loss).tolist() == [[False, True], [False, False]]
    assert result.settings[1].dropout == 0.5, "the other strength lost a seed"
