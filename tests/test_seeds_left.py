"""Where seeds diverged, a picture says how many its means are of; where a band leaves an axis, an arrow says so."""

import dataclasses
import json
import math

import numpy as np
import pytest

from pages.pictures import (
    all_techniques,
    dropout,
    dropout_in_practice,
    gradient_clipping,
    image_augmentation,
    l2,
    mixup,
    overfitting,
)
from pages.ui import charts, effect, right_wrong, seeds, together
from pages.ui.levels import even
from pages.ui.panels import Panel, beyond
from pages.ui.study import Study

import reglab
from reglab.settings import Settings, Training
from tests.opened import marks_of

RATES = effect.Scale("dropout", dropout.RATES, "dropout rate p")
SHORT = Training(max_steps=20, eval_steps=3)


@pytest.fixture(scope="module")
def run():
    """Return a run over the rates, of which two seeds of three diverged at the second; it keeps their last weights."""
    whole = reglab.fit("moons", list(RATES.settings(Settings())), SHORT, n_train=50, seeds=3)
    diverged = np.zeros_like(whole.diverged)
    diverged[1, :2] = True
    return dataclasses.replace(whole, diverged=diverged)


def drawn_of(picture):
    """Return the names of the datasets that some mark of a picture draws as words of "seeds"."""
    text = json.dumps(picture.template)
    return '"field": "seeds"' in text, {name for name, _ in marks_of(picture.template)}


def test_the_training_picture_says_how_many_seeds_are_left(run):
    rows = effect.rows(run, RATES, 0.0, 1.0, "p")
    (left,) = (row for row in rows["strengths"] if row["level"] == 1 and row["who"] == "validation")
    assert left["mean"] == left["low"] == left["high"] == run.kept("val_loss")[1, 2]
    assert rows["gone"] == [{"level": 1, "who": "all", "seeds": "1/3|left"}]
    template = effect.template(RATES, 20)
    assert '"field": "seeds"' in json.dumps(template)
    assert set(rows) <= {name for name, _ in marks_of(template)}


def test_the_sentence_counts_them_too(run):
    study = Study("moons", 50, (0, 1, 2))
    said = study.compare_at((run, 0), (run, 1)).sentence
    assert "in the one seed that did not diverge" in said
    assert "Training diverged in 0 of 3 seeds without it and in 2 of 3 with it" in said
    assert study.chosen(RATES, run).level != 1


def test_training_curves_are_of_those_that_are_left(run):
    drawn = charts.curves(run, [(1, "train", "technique", "1")], x_max=20, y_max=9.0)["curves"]
    assert [row["mean"] for row in drawn] == run.train_loss[1, 2].tolist()


def test_the_picture_of_both_gaps_does_too(run):
    picture = dropout.gaps(run, 1)
    words, datasets = drawn_of(picture)
    assert words
    assert set(picture.rows) <= datasets
    assert picture.rows["gone"].to_pylist() == [{"level": 1, "who": "all", "seeds": "1/3|left"}]


def test_so_do_the_ways_to_train(run):
    each = [dropout_in_practice.Way(f"way {at}", run, at) for at in range(4)]
    picture = dropout_in_practice.ways(even("way", tuple("abcd"), "", tuple("abcd")), each, 1)
    assert picture.rows["gone"] == [{"level": 1, "at": 1, "who": "all", "seeds": "1/3|left"}]
    words, datasets = drawn_of(picture)
    assert words
    assert set(picture.rows) <= datasets


def test_a_mistake_says_it_of_what_is_done_right_and_wrong():
    levels = even("rate", (0.0, 0.5), "rate")
    picture = right_wrong.against(levels, [[1.0, 2.0], [1.0, 1.0]], [[], [math.nan, 3.0]], ("right", "wrong"), "loss")
    said = {(row["level"], row["who"]): row.get("seeds") for row in picture.rows["lines"]}
    assert said[1, "mistake"] == "1/2|left"
    assert {value for key, value in said.items() if key != (1, "mistake")} == {None}
    assert drawn_of(picture)[0]


def test_the_learning_rates_and_the_sizes_do():
    assert '"field": "seeds"' in json.dumps(gradient_clipping._rates("u"))
    sizes, decay = even("n", (50.0, 100.0), "n"), even("decay", (0.0, 1.0), "decay")
    assert json.dumps(l2._by_size(sizes, decay, "u")).count('"field": "seeds"') == 2
    assert json.dumps(dropout._by_size(sizes, "u", True)).count('"field": "seeds"') == 2


def test_a_mean_in_words_says_of_how_many_it_is():
    losses = [[[1.0, math.nan]] * 5, [[2.0, 2.0]] * 5, *[[[3.0, 3.0]] * 5] * 4]  # by alpha, decay and seed
    texts = [
        cell["text"]
        for cell in mixup.decay(mixup.by_alpha(effect.Scale("mixup_alpha", mixup.ALPHAS, "α")), losses).rows["cells"]
    ]
    assert (texts[0], texts[5]) == ("1.000 (1/2)", "2.000")
    rows = together.ablation_rows({"off": [1.0, math.nan], "all": [2.0, 2.0]}, (0, 1))
    assert [row["number"] for row in rows["means"]] == ["1.000 (1/2)", "2.000"]


def test_a_level_at_which_a_seed_diverged_is_not_the_lowest():
    assert seeds.lowest([[2.0, 2.0], [1.0, math.nan], [1.5, 1.5]]) == 2
    assert seeds.lowest([[math.nan, 2.0], [1.0, math.nan]]) == 0


def test_of_the_policies_it_comes_last():
    class Searched:
        val_loss = np.array([[2.0, 2.0], [1.0, np.nan], [1.5, 1.5]])

    assert image_augmentation.best_first(Searched()) == [2, 0, 1]


# ------------------------------------------------------------------ what leaves an axis


def test_a_band_that_leaves_the_axis_has_its_arrow(run):
    high = run.val_loss.max() - 1e-3
    rows = effect.rows(run, RATES, 0.0, float(high), "p")
    bands = charts.curves(run, [(0, "validation", "baseline", "0")], x_max=20, y_max=1.0)["curves"]
    outside = [row["step"] for row in bands if row["high"] > high]
    above = [row["step"] for row in rows["leaving"] if row["level"] == 0]
    assert set(outside) <= set(above)
    assert len(above) == len(set(above)), "one arrow for a role and a step"


def test_arrows_at_one_place_stand_one_below_the_other():
    panel = Panel(False, "x", "y", (0, 1), (0, 1))
    spec = beyond(panel, effect.alt.Chart(charts.data("rows"))).encode(panel.x("level:Q")).to_dict()
    window = next(step for step in spec["transform"] if "window" in step)
    assert (window["groupby"], window["window"][0]["op"]) == (["level"], "dense_rank")
    assert "datum.beside" in spec["encoding"]["y"]["value"]["expr"]
    assert "datum.high" in spec["transform"][0]["filter"]


def test_a_band_below_the_axis_has_one_that_points_down():
    panel = Panel(False, "x", "y", (0, 1), (0, 1))
    spec = (
        beyond(panel, effect.alt.Chart(charts.data("rows")), "low", "0.5", low=True).encode(panel.x("at:Q")).to_dict()
    )
    assert spec["mark"]["shape"] == "triangle-down"
    assert "datum.low < 0.5" in spec["transform"][0]["filter"]


def test_quantiles_of_samples_that_leave_the_axis_have_their_arrows():
    for template, across in ((overfitting._learning(), "n"), (overfitting._descent(), "k")):
        text = json.dumps(template)
        assert f"datum.high > {overfitting.HIGH if across == 'n' else overfitting.HIGHEST}" in text
        assert f"datum.low < {overfitting.LOW}" in text
        assert text.count(f'"groupby": ["{across}"]') == 2


def test_curves_of_a_proof_that_leave_the_axis_are_marked():
    spec = charts.loss_chart(20, 0.5)
    (arrows,) = (layer for layer in spec["layer"] if layer["mark"].get("shape") == "triangle-up")
    assert arrows["transform"] == [{"filter": "datum.high > 0.5"}]


# ------------------------------------------------------------------ all techniques


def test_what_is_no_better_than_a_guess_is_not_drawn_as_better():
    names, losses = ("none", "dropout"), np.array([[3.0, 3.1, 3.2], [2.9, 3.0, 3.1]])
    settings = (Settings(), Settings(dropout=0.5))
    result = reglab.experiments.SideBySide(names, settings, losses, losses, np.array([1.0, 1.0]), (0, 1, 2))
    for guess, who in ((2.303, "baseline"), (10.0, "technique")):
        assert [row["who"] for row in all_techniques.gains(result, "loss", guess).rows["ways"]] == [who]
