"""All techniques side by side: the picture and the sentences are of what the experiment measured."""

import pytest

from pages.pictures import all_techniques as pictures
from pages.ui import runs, words

from reglab.experiments import COMPARED, SideBySide
from tests.opened import marks_of, opener, rows_of, sentences

page = opener("all_techniques")


@pytest.fixture(scope="module")
def app():
    return page(data="Wine, three cultivars", n="50")


@pytest.fixture(scope="module")
def result(app):
    (job,) = (job for key, job in runs._jobs.items() if key[0].endswith("side_by_side") and key[1][0] == "wine")
    assert isinstance(job.result, SideBySide)
    return job.result


def test_every_name_has_its_words():
    assert set(pictures.NAMED) == {"none", *COMPARED, "all", "combined"}


def test_the_picture_has_every_difference_by_seed_and_what_a_step_takes(app, result):
    rows = rows_of(app, -1)
    apart = result.test_loss[1:] - result.test_loss[0]
    assert len(rows["ways"]) == len(result.names) - 1
    means = [row["value"] for row in rows["ways"]]
    assert means == sorted(means)
    assert means == pytest.approx(sorted(apart.mean(axis=1).tolist()), abs=1e-6)
    for at, way in enumerate(rows["ways"]):
        number = 1 + next(
            i for i, mean in enumerate(apart.mean(axis=1)) if mean == pytest.approx(way["value"], abs=1e-6)
        )
        judged = words.compare(result.test_loss[0].tolist(), result.test_loss[number].tolist())
        assert (way["low"] + way["high"]) / 2 == pytest.approx(way["value"], abs=1e-6)
        assert way["high"] - way["low"] == pytest.approx(2 * judged.half_width, rel=1e-3)
        seeds = sorted(row["value"] for row in rows["seeds"] if row["row"] == at)
        assert seeds == pytest.approx(sorted(apart[number - 1].tolist()), abs=1e-6)
        assert way["time"] == f"×{result.time[number]:.1f} time"
        assert rows["zero"][0]["low"] <= min(way["low"], *seeds)
        assert rows["zero"][0]["high"] >= max(way["high"], *seeds)


def test_the_sentences_say_what_the_best_of_them_and_the_combination_do(app, result):
    said = sentences(app)
    means = dict(zip(result.names, result.val_loss.mean(axis=1), strict=True))
    best = min((name for name in result.names if name not in ("none", "all", "combined")), key=means.__getitem__)
    assert pictures.strength_of(result, best) in said[0]
    assert "the lowest by validation" in said[0]
    assert "test loss" in said[0]
    assert "combined" in result.names
    assert "that instead of" in said[1]
    assert "all that lower validation loss, at full strength" in said[2]


def test_the_order_of_the_training_step_is_another_one(app):
    rows = rows_of(page(data="Wine, three cultivars", n="50", order="training step"), -1)
    texts = [row["text"].rstrip("0123456789. ") for row in rows["ways"]]
    assert texts[0] == "mixup"
    assert texts[-2:] == ["all that help", "a few combined"]


def test_a_live_picture_judges_nothing(app, result):
    live = pictures.gains(result, "loss", 1.0, live=True)
    assert {row["who"] for row in live.rows["ways"]} == {"baseline"}
    assert live.now == "Training."
    drawn = {name for name, _ in marks_of(live.template)}
    assert set(live.rows) <= drawn, "a dataset that no mark uses does not reach the browser"
