"""The page of L2 as Streamlit runs it: its views, its lessons, and its sentences, which the numbers write."""

from itertools import pairwise

import pytest

from pages.pictures import l2 as pictures
from pages.ui import levels, words

from reglab import fit, l2
from reglab.experiments import cross_validated, standardised
from reglab.settings import Settings, Training
from tests.opened import header, opener, sentences, take

VIEWS = ("Ridge path", "Ball and contours", "Shrinking", "Five weights", "Coupled or decoupled")
SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly
open_page = opener("l2")


def test_it_opens_on_its_first_lesson():
    app = open_page(**SMALL)
    assert not app.warning
    assert app.button_group(key="l2_view").value == "path"
    assert app.select_slider(key="l2_decay").value == 1.0
    assert "degrees of freedom" in sentences(app)[0]
    assert "validation loss" in sentences(app)[1].lower()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("strength", ["0", "0.2", "10"])
def test_every_view_is_a_link_and_says_what_it_shows(view, strength):
    app = open_page(view=view, strength=strength, **SMALL)
    assert not app.warning
    assert len(sentences(app)[0]) > 40
    assert "nan" not in " ".join(sentences(app))


def test_the_reference_demonstration_is_a_lesson_with_its_digits():
    app = open_page(**SMALL)
    take(app, "Reference: five weights")
    said = sentences(app)[0]
    assert "6.0597 without and 4.9493 with strength 0.2" in said
    assert "w = (0.720, −0.180, 1.040, 2.580, −0.428)" in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("strength", "1e999", "(l2 or weight_decay) must be a number from 0 to 10, got 1e999, so 0.02 is used"),
        ("decay", "-1", "Weight decay must be a number from 0 to 10, got -1, so 1 is used"),
        ("view", "ball", "Mechanism must be one of Ridge path, Ball and contours"),
        ("effect", "<b>", "Effect must be one of Training, Weights, By dataset size, Watch it learn, got \\<b\\>"),
        ("n", "1000", "Training rows n must be a number from 50 to 400, got 1000"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_a_value_between_two_strengths_takes_the_nearer():
    app = open_page(strength="0.24", decay="0.9", **SMALL)
    assert app.select_slider(key="l2_strength").value == 0.2
    assert app.select_slider(key="l2_decay").value == 1.0
    assert not app.warning


@pytest.mark.parametrize(("decay", "verb", "verdict"), [("1", "fell", "measured"), ("10", "rose", "measured worse")])
def test_the_sentence_says_that_it_helps_and_that_it_hurts(decay, verb, verdict):
    app = open_page(decay=decay, n="100")
    said = sentences(app)[1]
    assert f"With weight decay {decay}, validation loss {verb} from 0.4" in said
    assert "in 5 of 5 seeds" in said
    bodies = [element.proto.body for element in app.get("html") if 'role="status"' in element.proto.body]
    assert f'class="{verdict}' in bodies[1]


def test_off_is_said():
    said = sentences(open_page(decay="0", **SMALL))[1]
    assert said.startswith("Weight decay is off: validation loss ")
    poor = sentences(open_page(decay="0", data="MNIST-1D, ten signals", n="100"))[1]
    assert "no better than a constant guess, which comes to 2.303. Mean validation loss is lowest" in poor


def test_a_strength_of_the_path_is_chosen_without_the_test_rows():
    X, y, _, _ = standardised("diabetes")
    errors = cross_validated(X, y, lambda X, y: l2.ridge_path(X, y, pictures.STRENGTHS))
    said = sentences(open_page(**SMALL))[0]
    chosen = pictures.STRENGTHS[int(errors.argmin())]
    assert f"Cross-validation on the 300 training rows chooses strength {chosen:g}, which has 0.2" in said
    assert "lowest of the path" not in said


def test_the_best_of_the_scale_is_judged_on_test_rows():
    said = sentences(open_page(n="100"))[1]
    assert "Mean validation loss is lowest at weight decay 1 (0.314, of the 8 of the scale)." in said
    assert "On test rows, which had no part in that choice, test loss fell from 0.464 to 0.355" in said


def test_where_it_does_nothing_the_seeds_cannot_tell_and_five_more_are_offered():
    app = open_page(**SMALL)
    take(app, "When it does nothing")
    assert sentences(app)[1].startswith("Five seeds cannot tell whether with weight decay 0.01, validation loss")
    app.button(key="l2_verdict:button").click().run()
    assert not app.exception
    assert app.select_slider(key="l2_seeds").value == 10
    assert sentences(app)[1].startswith("Ten seeds cannot tell")


def test_what_leaves_an_axis_is_marked_and_no_floor_stands_for_a_value(drawn):
    app = open_page(view="Shrinking", rate="0.1", strength="10", **SMALL)
    assert "which halves it in less than a step" in sentences(app)[0]
    outside = {row["level"]: row["end"] for row in drawn["l2_picture_shrinking"]["outside"]}
    assert outside == {0: "high", len(pictures.STRENGTHS) - 1: "low"}
    app = open_page(view="Shrinking", rate="0.003", strength="1e-4", **SMALL)
    assert {row["level"] for row in drawn["l2_picture_shrinking"]["outside"]} == {0, 1, 2}
    assert "half-life 2,310,490 steps" in drawn["l2_picture_shrinking"]["levels"][1]["text"]
    app = open_page(view="Shrinking", rate="0.1", strength="0.5", **SMALL)
    assert "less than 0.1 % of a weight that no data holds up is left" in sentences(app)[0]
    app = open_page(view="Coupled or decoupled", strength="0", **SMALL)
    assert "Under all three the two are the same to rounding" in sentences(app)[0]
    apart = drawn["l2_picture_optimizers"]["apart"]
    assert [row["value"] for row in apart if row["level"] == 0] == [None] * 3
    assert all(row["value"] > pictures.FLOOR for row in apart if row["level"])


def test_too_much_is_in_every_frame(drawn):
    top = {}
    open_page(decay="10", n="100", adam="true", tab="Common mistakes")
    for key in ("l2_effect_weight_decay", "l2_picture_adam"):
        rows = drawn[key]["strengths" if "effect" in key else "lines"]
        top[key] = drawn[key]["now"][0]["top"]
        shown = [row for row in rows if row["level"] == drawn[key]["now"][0]["level"]]
        assert all(0.7 < row["mean"] < top[key] for row in shown)
    assert top["l2_picture_adam"] > 2.3  # where Adam's penalty ends
    open_page(decay="10", data="Two moons", n="50", effect="By dataset size")
    picture = drawn["l2_picture_size"]
    assert len(picture["losses"]) == 8
    assert all(row["high"] < picture["now"][0]["top"] for row in picture["losses"])
    assert all(row["mean"] > picture["now"][0]["top"] for row in picture["above"])


@pytest.mark.parametrize("effect", ["Weights", "By dataset size"])
def test_the_other_effects(effect):
    app = open_page(effect=effect, **SMALL)
    text = " ".join(sentences(app))
    assert ("root mean square" in text) == (effect == "Weights")
    assert ("This dataset has no more rows to train on." in text) == (effect == "By dataset size")
    assert "Five seeds cannot tell whether with weight decay 1" in text


def test_what_few_rows_make_it_worth_is_chosen_on_validation_and_compared_by_seed():
    said = sentences(open_page(effect="By dataset size", data="Two moons", n="50"))[1]
    scale = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    gains = []
    for n in (50, 400):
        run = fit(
            "moons",
            [Settings(weight_decay=d, learning_rate=3e-3) for d in scale],
            Training(max_steps=300, eval_steps=20),
            n_train=n,
            seeds=5,
        )
        best = run.kept("val_loss").mean(axis=1).argmin()
        gains.append((run.kept("test_loss")[0] - run.kept("test_loss")[best]).tolist())
        assert f"weight decay {scale[best]:g} on {n}" in said
    comparison = words.compare(gains[1], gains[0], lower_is_better=False)
    rose = f"rose from {comparison.before:.3f} on 400 rows to {comparison.after:.3f} on 50, in 5 of 5 seeds"
    assert f"takes off the test loss {rose}" in said


def test_the_mistakes_are_measured():
    app = open_page(adam="true", biases="true", short="true", n="100")
    shown = sentences(app)
    adam, biases, short = (next(s for s in shown if words in s) for words in ("Adam's l2", "the biases", "halves a"))
    assert "as Adam's l2 instead of AdamW's decay, validation loss rose from 0.314 to 2.3" in adam
    assert "no better than a constant guess, which comes to 2.303" in adam
    assert "each chosen on validation rows, test loss changed" in adam
    assert biases.startswith("Five seeds cannot tell whether with the biases decayed by 1 as well")
    assert "no harm" not in adam + biases + short
    assert "halves a weight in 23,105 steps; this run has 300" in short
    # 0.025 to 0.05 times the root of 1 / 300 steps is the paper's decay, which is not times the learning rate 0.003.
    assert "0.025 to 0.05 times the root of batch / (rows × epochs), is not multiplied by the learning rate" in short
    assert "divided by it, it would be 0.5 to 1." in short
    assert "default 0.01 instead of 1, which validation chooses, test loss rose from 0.355 to 0.460" in short


def test_a_mistake_runs_at_no_other_strength_than_is_set():
    shown = sentences(open_page(adam="true", biases="true", decay="0", **SMALL))
    assert "Weight decay is off, so no bias is decayed either: set a strength above." in shown
    assert any(s.startswith("At strength 0 the two are one. ") for s in shown)


def test_the_files_hold_what_the_pictures_mean(files):
    open_page(**SMALL)
    rows = files["l2_training.csv"]()
    assert header(rows) == "weight_decay, seed, n_train, step, train_loss, val_loss, test_loss, test_accuracy"
    assert len(rows) == 8 * 5 * 20
    open_page(effect="Weights", **SMALL)
    shares = {}
    for row in files["l2_weights.csv"]():
        shares.setdefault(row["weight_decay"], []).append(row["share_of_weights"])
    assert all(abs(sum(each) - 1) < 1e-9 for each in shares.values())  # none is left out, and no floor is put in
    assert min(share for each in shares.values() for share in each) == 0
    sizes = files["l2_sizes_of_weights.csv"]()
    assert list(sizes[0]) == ["weight_decay", "seed", "n_train", "root_mean_square"]
    assert len(sizes) == 8 * 5
    open_page(effect="By dataset size", data="Two moons", n="50")
    rows = files["l2_size.csv"]()
    assert {row["n_train"] for row in rows} == {50, 100, 200, 400}
    assert {"weight_decay", "seed", "val_loss", "test_loss"} <= set(rows[0])


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(**SMALL)
    app.radio(key="l2_prediction").set_value("Under momentum and plain SGD").run()
    text = " ".join(sentences(app))
    assert "Measured otherwise: Only under plain SGD" in text


def test_strengths_rise_and_hold_those_of_the_lessons():
    assert list(pictures.STRENGTHS) == sorted(set(pictures.STRENGTHS))
    assert {0.0, 0.01, 0.02, 0.1, 0.2, 10.0} <= set(pictures.STRENGTHS)


def test_columns_meet_and_leave_no_gap():
    for rows in (pictures.STRENGTH.columns(), levels.even("n", (1, 2, 3), "rows").columns(["a", "b", "c"])):
        assert all(a["to"] == b["from"] for a, b in pairwise(rows))
        assert all(row["from"] < row["to"] for row in rows)
