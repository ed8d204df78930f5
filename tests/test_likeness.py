"""How far a proof's baseline is like the person's run."""

import math

import pytest

from pages.ui.likeness import Overfit, of_baseline, of_losses, sentence

from reglab import Settings, Training, datasets, fit, strategy


@pytest.mark.parametrize(
    ("theirs", "here", "said"),
    [
        (0.5, 0.2, "It overfits less than your run: the settings have less to gain here."),
        (0.5, 1.1, "It overfits more than your run: the settings have more to gain here."),
        (0.5, 0.3, "In how much it overfits it is like your run."),
        (0.5, 0.9, "In how much it overfits it is like your run."),
        (-0.1, 0.4, "It overfits more than your run"),
        (0.4, -0.1, "It overfits less than your run"),
        (0.0, 0.0, "it is like your run."),
    ],
)
def test_the_gaps_are_held_against_each_other(theirs, here, said):
    text = sentence(Overfit("mild overfit", theirs), Overfit("mild overfit", here), "your run")
    assert said in text
    assert f"a gap of {100 * theirs:.0f} % of a constant guess's loss" in text


def test_where_the_scale_is_not_known_the_diagnoses_are():
    mild, severe = Overfit("mild overfit", math.nan), Overfit("severe overfit", 0.9)
    assert "It overfits more than your run" in sentence(mild, severe, "your run")
    assert "It overfits less than your run" in sentence(severe, mild, "your run")
    assert "%" not in sentence(mild, severe, "your run")
    assert "“good”" in sentence(Overfit("good", math.nan), mild, "your run")
    assert math.isnan(of_losses("good", 0.1, None, 2.3).gap)
    assert math.isnan(of_losses("good", 0.1, 0.2, None).gap)


def test_the_baseline_is_judged_as_any_run_is():
    run = fit("digits", [Settings(), Settings(dropout=0.5)], Training(max_steps=300), n_train=50, seeds=2)
    here = of_baseline(run, datasets.load("digits"), 200)
    assert here.diagnosis == strategy.diagnose(strategy.curve_of(run), n_classes=10, n_val=200).name
    gap = (run.val_loss[0].mean(axis=0)[-1] - run.train_loss[0].mean(axis=0)[-1]) / math.log(10)
    assert here.gap == pytest.approx(gap)
