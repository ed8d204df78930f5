"""The page of gradient clipping as Streamlit runs it: its valley, its lessons, and its sentences."""

import dataclasses
import math
import re

import pytest

from pages.pictures import gradient_clipping as pictures

from reglab import fit, gradient_clipping
from reglab.settings import Settings, Training
from tests.opened import marks_of, opener, sentences, statuses, take

SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly
open_page = opener("gradient_clipping")


@pytest.fixture(scope="module")
def opened():
    """Return the page as it opens, for tests that only read it."""
    return open_page()


def test_it_opens_on_a_run_that_clipping_saves(opened):
    assert not opened.warning
    assert opened.button_group(key="gradient_clipping:lesson").value == "See it work"
    valley, loss, part = sentences(opened)
    assert "which turns it by 0°, and at" in valley
    assert "without clipping; clipped by norm it is 0." in valley
    assert "training diverged in 5 of 5 seeds without it and in 0 of 5 with it, where it ended at 0.1" in loss
    assert 'class="measured "' in statuses(opened)[1]
    assert part.startswith("15 % of the steps were clipped: the limit catches the leaps")


def test_too_much_raises_the_loss_and_is_clipped_at_every_step():
    app = open_page()
    take(app, "Too much")
    _, loss, part = sentences(app)
    assert "With a limit of the norm of 0.003, validation loss rose from 0.2" in loss
    assert 'class="measured worse"' in statuses(app)[1]
    assert part.startswith("100 % of the steps were clipped: more than half, so the limit sets their length")


def test_a_limit_that_is_never_reached_changes_nothing():
    _, loss, part = sentences(open_page(limit="3", lr="0.01", **SMALL))
    assert "stayed at" in loss or "seeds cannot tell" in loss
    assert part in (
        "0 % of the steps were clipped: the limit is never reached.",
        "Under 1 % of the steps were clipped: the limit catches the leaps and leaves the rest.",
        "1 % of the steps were clipped: the limit catches the leaps and leaves the rest.",
    )


def test_a_limit_under_which_the_run_fails_is_not_praised():
    _, loss, part = sentences(open_page(limit="3"))
    # How many of so wild runs diverge depends on the processor's rounding.
    assert "no better than a constant guess" in loss or re.search(r"and in [1-5] of 5 with it", loss)
    assert re.fullmatch(
        r"\d+ % of the steps were clipped: too few, or to too long a step, for this learning rate\.", part
    )


def test_off_comes_after_the_highest_limit_of_the_valley(drawn, short_trainings):
    app = open_page(bound="0", **SMALL)
    picture = drawn["gradient_clipping_picture_valley_three"]
    assert picture["now"][0]["level"] == 9
    turned = [row["mean"] for row in picture["turns"] if row["who"] == "baseline"]
    assert turned == sorted(turned, reverse=True)  # a higher limit turns less, and none not at all
    assert turned[-1] == 0
    assert app.select_slider(key="gradient_clipping_bound").options[-2:] == ["12", "off"]
    free = "walk at learning rate 0.3 leaves the map in 6 steps"
    assert sentences(app)[0] == f"Without clipping, a {free}."
    assert f" A {free} without clipping; clipped by norm it is " in sentences(open_page(**SMALL))[0]


@pytest.mark.usefixtures("short_trainings")
def test_no_line_leads_from_off_to_the_lowest_limit(drawn):
    open_page(**SMALL)
    open_page(view="Gradient norms", **SMALL)
    open_page(view="Learning rates", **SMALL)
    losses, shares, rates = (
        [row for row in drawn[f"gradient_clipping_picture_{name}"][rows] if row["level"] == 0.5]
        for name, rows in (("loss_norm", "strengths"), ("norms", "shares"), ("rates", "shares"))
    )
    assert sorted((row["who"], row["mean"]) for row in losses) == [
        ("test", None),
        ("train", None),
        ("validation", None),
    ]
    off = [row for row in drawn["gradient_clipping_picture_loss_norm"]["strengths"] if row["level"] < 0.5]
    assert sorted(row["level"] for row in off if row["who"] == "test") == [-0.2, 0.0, 0.2]  # a line of its own
    assert len({row["mean"] for row in off if row["who"] == "test"}) == 1
    assert [row["mean"] for row in shares] == [None]
    assert rates == []


def test_the_valleys_sentence_is_what_the_library_computes(short_trainings):
    said = sentences(open_page(bound="2", walk="0.2", **SMALL))[0]
    at = [-2 + 0.4 * i for i in range(11)]
    points = [(x, y) for x in at for y in at if abs(x) + abs(y) > 1e-9]
    valley_gradient = gradient_clipping.valley_gradient
    turns = [gradient_clipping.angle([valley_gradient(p)], [valley_gradient(p, 2.0, "value")]) for p in points]
    assert f"by value, which turns it by {sum(turns) / len(turns):.0f}° on average, {max(turns):.0f}° at most" in said
    end = gradient_clipping.descend((0.35, 2.0), 0.2, 2.0, steps=30)[-1]
    assert f"clipped by norm it is {math.hypot(*end):.2f} from the bottom after 30 steps" in said


@pytest.mark.parametrize("view", ["Loss", "Gradient norms", "Learning rates"])
@pytest.mark.parametrize("way", ["Norm", "Value"])
def test_every_view_is_drawn_with_and_without_a_limit(view, way):
    for limit in ("0", "0.1"):
        said = sentences(open_page(view=view, way=way, limit=limit, bound="0", each="true", confused="true", **SMALL))
        assert said[0] == "Without clipping, a walk at learning rate 0.3 leaves the map in 6 steps."
        assert "nan" not in " ".join(said)
        nothing = said.count("Without a limit the mistake changes nothing: set a limit above.")
        assert nothing == (2 if limit == "0" else 0)


def test_off_counts_what_diverged():
    assert sentences(open_page(limit="0"))[1].startswith("Without clipping, learning rate 1 diverged in 5 of 5 seeds. ")
    calm = sentences(open_page(limit="0", lr="0.01", **SMALL))[1]
    assert calm.startswith("Without clipping, learning rate 0.01 diverged in 0 of 5 seeds; validation loss 0.")


def test_the_learning_rates_are_chosen_on_validation_rows_and_judged_on_test_rows():
    _, sentence, part = sentences(open_page(view="Learning rates"))
    chosen = "is lowest at a learning rate of 0.01 (0.093), of those at which no seed diverges"
    assert f"Without clipping mean validation loss {chosen}; 9 of 25 runs diverge." in sentence
    assert "With a limit of the norm of 0.1 mean validation loss is lowest at" in sentence
    assert "; 0 of 25 runs diverge. On test rows, which had no part in that choice, " in sentence
    assert "ith clipping, each at the learning rate that validation chose, test loss" in sentence
    assert part.endswith("15 % at 1: here a lower learning rate is clipped more.")
    off = sentences(open_page(view="Learning rates", limit="0", **SMALL))[1]
    assert off.startswith("The limit is off, so this is shown with 0.1. ")


def test_the_limit_is_chosen_on_validation_rows_and_judged_on_test_rows(opened):
    sentence = sentences(opened)[1]
    assert "Mean validation loss is lowest at a limit of 0.003 (0.1" in sentence
    assert "On test rows, which had no part in that choice, test loss cannot be compared seed by seed" in sentence


def test_by_value_nothing_is_green_where_seeds_diverge_and_a_guess_is_no_worse():
    app = open_page()
    take(app, "By value")
    sentence = sentences(app)[1]
    assert re.search("in 5 of 5 seeds without it and in [1-5] of 5 with it", sentence)
    assert "That is no better than a constant guess, which comes to 0.693." in sentence
    assert 'class="measured none"' in statuses(app)[1]


def test_curves_of_seeds_that_diverged_do_not_press_the_others_out_of_the_picture(drawn):
    open_page(way="Value", limit="0.1")
    sets = drawn["gradient_clipping_picture_loss_value"]
    top = sets["now"][0]["top"]
    level = sets["now"][0]["level"]
    assert level == 4
    curve = next(r["curve"] for r in sets["curves"] if r["level"] == level and r["split"] == "validation")
    points = [point.split(",") for point in curve.split()]
    # Where the curve is above the axis, arrows stand.
    above = [float(step) for step, mean, *_ in points if not mean]
    assert above
    assert [row["step"] for row in sets["leaving"] if row["level"] == level] == above
    assert points[-1][0] == "300"
    assert 0 < float(points[-1][1]) < top


def test_what_leaves_the_axis_of_the_learning_rates_is_marked_there(drawn):
    open_page(view="Learning rates", way="Value", limit="0.1", lr="0.01")
    sets = drawn["gradient_clipping_picture_rates"]
    top = sets["now"][0]["top"]
    far = [row for row in sets["means"] if row["mean"] is not None and row["mean"] > top]
    assert far
    assert all(
        row["mean"] is None
        for cut in far
        for row in sets["losses"]
        if row["level"] == cut["level"] and row["who"] == cut["who"]
    )
    spec = pictures._rates("u")
    assert [name for name, mark in marks_of(spec) if mark.get("shape") == "triangle-up"] == ["means"]


def test_what_the_seeds_cannot_tell_may_be_asked_of_five_more():
    app = open_page(limit="3", lr="0.01", each="true", **SMALL)
    assert "Five seeds cannot tell" in sentences(app)[1]
    app.button(key="gradient_clipping_verdict:button").click().run()
    assert not app.exception
    assert app.select_slider(key="gradient_clipping_seeds").value == 10
    assert "of 10 seeds" in sentences(app)[1]
    assert "of 10 seeds" in sentences(app)[3]


def test_twenty_seeds_are_clipped_array_by_array_too(short_trainings):
    said = sentences(open_page(seeds="20", each="true", **SMALL))
    assert re.search(r"in \d+ of 20 seeds|20 seeds cannot tell", said[3])


def test_what_is_measured_is_downloaded_as_it_is(files):
    open_page(way="Value", **SMALL)
    rows = files["gradient_clipping_loss.csv"]()
    columns = {"dataset": "wine", "n_train": 50, "learning_rate": 1.0, "clip_value": 0.0, "seed": 0}
    assert columns.items() <= rows[0].items()
    assert {"train_loss", "val_loss", "test_loss", "gradient_norm", "share_of_steps_clipped", "diverged"} < set(rows[0])
    run = fit(
        "wine",
        [Settings(learning_rate=1.0, clip_value=limit) for limit in (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)],
        Training(optimizer="sgd", max_steps=300, eval_steps=20),
        n_train=50,
        seeds=5,
    )
    assert len(rows) == 8 * 5 * len(run.steps)
    norms = [row["gradient_norm"] for row in rows]
    wanted = [value if math.isfinite(value) else None for value in run.gradient_norm.ravel().tolist()]
    assert norms == wanted
    assert not {"level", "who", "slot", "place"} & set(rows[0])


def test_the_learning_rates_are_downloaded_by_seed_with_and_without_a_limit(files):
    open_page(view="Learning rates", **SMALL)
    rows = files["gradient_clipping_rates.csv"]()
    assert len(rows) == 2 * 5 * 5
    assert {(row["clip_norm"], row["learning_rate"]) for row in rows} == {
        (limit, rate) for limit in (0.0, 0.1) for rate in (0.01, 0.03, 0.1, 0.3, 1.0)
    }
    assert set(rows[0]) == {
        "dataset",
        "n_train",
        "learning_rate",
        "clip_norm",
        "seed",
        "val_loss",
        "test_loss",
        "diverged",
        "share_of_steps_clipped",
    }
    assert all((row["val_loss"] is None) == row["diverged"] for row in rows)


def test_the_mistakes_are_measured():
    said = sentences(open_page(each="true", confused="true"))
    each, confused = said[3:]
    assert re.match(
        r"In the steps that it clips, it turns the gradient by [12]\d\.\d ± \d\.\d° \(mean over the seeds, 95 %", each
    )
    common = "each array clipped to 0.1 by its own norm instead of all by their common one"
    assert f"With {common}, validation loss rose from 0.1" in each
    assert each.endswith(
        "All 6 arrays at their limit make a step √6 = 2.4 times as long as the limit, so this difference cannot tell "
        "the turn from the length."
    )
    assert "ith 0.1 as the limit of each element instead of the norm, validation loss" in confused
    # Which of the wild runs diverge depends on the processor.
    training, setting = Training(optimizer="sgd", max_steps=300, eval_steps=20), Settings(learning_rate=1.0)
    ways = [dataclasses.replace(setting, **{field: 0.1}) for field in ("clip_norm", "clip_value")]
    lost = fit("breast_cancer", ways, training, n_train=200, seeds=5).diverged.sum(axis=1).tolist()
    assert f"diverged in {lost[0]} of 5 seeds without it and in {lost[1]} of 5 with it" in confused
    assert lost[0] == 0 < lost[1]
    by_norm = r"By norm 1\d\.\d ± \d\.\d % of the steps are clipped, by value \d+\.\d ± \d+\.\d % \(mean over the seeds"
    assert re.search(by_norm, confused)
    assert "no harm" not in each + confused


def test_a_turn_in_one_seed_alone_has_no_margin(monkeypatch):
    monkeypatch.setattr("pages.ui.seeds.margin", lambda values: math.inf)
    each, confused = sentences(open_page(each="true", confused="true", **SMALL))[3:]
    assert re.match(r"In the steps that it clips, it turns the gradient by \d+\.\d° \(mean", each)
    assert "inf" not in each + confused


def test_no_harm_is_not_found_where_the_seeds_cannot_tell():
    said = sentences(open_page(each="true", limit="3", lr="0.01", **SMALL))
    assert "seeds cannot tell" in said[-1] or "stayed at" in said[-1]
    assert "no harm" not in said[-1]
    assert " rose from " not in said[-1]


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(**SMALL)
    app.radio(key="gradient_clipping_prediction").set_value("The same, within the seeds' noise").run()
    answer = next(said for said in sentences(app) if said.startswith("As you predicted."))
    settings = [Settings(learning_rate=1.0, clip_norm=limit) for limit in (0.0, 0.03)]
    how = Training(optimizer="sgd", max_steps=300, eval_steps=20)
    run = fit("digits", settings, how, n_train=200, seeds=range(5))
    without, clipped = run.diverged.sum(axis=-1).tolist()
    assert without > clipped
    assert f"{without} of 5 runs diverge without clipping and {clipped} with a limit of 0.03." in answer
    free = fit("digits", Settings(learning_rate=0.01), how, n_train=200, seeds=range(5)).kept("val_loss").mean()
    ends = f"{free:.3f} at rate 0.01 without a limit, {run.kept('val_loss')[1].mean():.3f} at rate 1 with a limit of"
    assert f"Five seeds cannot tell whether the validation loss changed: {ends} 0.03" in answer


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("limit", "-1", "Limit of the training's gradient must be a number from 0 to 3, got -1, so 0.1 is used"),
        ("lr", "1e999", "Learning rate (SGD) must be a number from 0.01 to 1, got 1e999, so 1 is used"),
        ("way", "both", "Clip by must be one of Norm, Value, got both"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said, short_trainings):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_a_template_is_built_once_and_holds_no_data():
    for make, arguments in (
        (pictures._valley, ()),
        (pictures._norms, (300,)),
        (pictures._rates, ("u",)),
        (pictures._turned, (300,)),
    ):
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)
