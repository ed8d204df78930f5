"""The page of early stopping as Streamlit runs it: lessons, sentences that the numbers write, curves of one's own."""

import json
import math
import re

import numpy as np
import pytest

from pages.pictures import early_stopping as pictures
from pages.ui import curve_text
from pages.ui.runs import compute

from reglab import curves, early_stopping, experiments
from reglab.datasets import load
from reglab.settings import Settings, Training
from tests.opened import bodies, header, opener, rows_of, take

NAME = "early_stopping"
SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly
N_VAL = len(load("wine").x) // 3  # validation rows that the page then takes
OWN = {**SMALL, "effect": "Your own curve"}
LOG = "epoch,loss,val_loss\n" + "\n".join(
    f"{i},{1 / i:.3f},{v}" for i, v in enumerate([0.9, 0.7, 0.6, 0.5, 0.52, 0.53, 0.54, 0.56, 0.58, 0.6, 0.65], start=1)
)
open_page = opener(NAME)


def specs(app):
    return [json.loads(element.proto.spec) for element in app.get("vega_lite_chart")]


def values(rows, part, *names):
    return [[row[name] for row in rows if row["part"] == part] for name in names]


@pytest.fixture(scope="module")
def page():
    return open_page(**SMALL)


def test_it_opens_on_a_real_run(page):
    assert not page.warning
    assert len(specs(page)) == 2
    run, rules = bodies(page)
    assert re.search(r"In this run patience 5 stops at evaluation \d+, step \d+ of 400, and returns evaluation \d", run)
    assert re.search(r"saves \d+ % of the steps", run)
    # Judged against what is named; no rule is called the best by the test rows that would choose it.
    assert "with patience 5 instead of all 400 steps, test loss" in run
    assert "ith patience 5 instead of going to the end and restoring the best, test loss" in rules
    assert not any("lowest mean regret" in text for text in (run, rules))
    now = bodies(page, "for-readers")
    assert len(now) == 2
    for rule in ("atience", "GL 2", "PQ 0.5", "UP 2"):
        assert f"{rule}" in now[0]
        assert f"{rule}" in now[1]
    checked = [caption.value for caption in page.caption if "[EarlyStopping.jl]" in caption.value]
    assert len(checked) == 2  # under the rules' picture and the papers
    assert "GL, PQ and UP are Prechelt's rules, and agree with public implementations" in checked[0]


@pytest.mark.parametrize(("min_delta", "smoothing"), [(0.1, 0.0), (0.0, 0.9), (0.1, 0.9)])
def test_the_picture_watches_as_the_sentence_does(min_delta, smoothing, runs):
    app = open_page(min_delta=str(min_delta), smoothing=str(smoothing), **SMALL)
    val, test = runs.val_loss[0, 0, 0], runs.test_loss[0, 0, 0]
    stop, back = early_stopping.patience_stop(val, 5, min_delta, smoothing)
    assert back != int(val[: stop + 1].argmin())  # the plain best, which is another
    (title, *_) = bodies(app, "picture-title")
    assert ("thin line: the average watched" in title) == (smoothing > 0)
    sentence = f"stops at evaluation {stop}, step {runs.steps[stop]} of 400, and returns evaluation {back}, "
    assert sentence in bodies(app)[0]
    rows = rows_of(app, 0)
    assert rows["now"][0]["level"] == stop
    (there,) = [row for row in rows["levels"] if row["level"] == stop and row["part"] == 0]
    assert there["text"] == f"stop at {stop} (step {runs.steps[stop]}): returns {back}, test loss {test[back]:.3f}"
    assert next(row["at"] for row in rows["here"] if row["level"] == stop) == back
    assert rows["lanes"][0]["returned"] == back
    restored, not_restored = (row["text"] for row in rows["legend"] if row["level"] == stop)
    assert restored == f"restored +{test[back] - test.min():.3f}"
    assert not_restored == f"not restored +{test[stop] - test.min():.3f}"
    best = early_stopping.best_so_far(val, min_delta, smoothing)
    level = len(val) // 2
    (cost,) = [row["value"] for row in rows["cost"] if row["level"] == level and row["who"] == "technique"]
    assert cost is None or math.isclose(cost, test[best[level]] - test.min())


def test_the_first_example_is_one_that_works():
    app = open_page()
    first, rules = bodies(app)
    assert "of 5 seeds" in first
    assert "test loss fell from" in first
    assert "no better than a constant guess" not in first
    rows = rows_of(app, 0)
    stop = rows["now"][0]["level"]
    costs = {r["who"]: r["value"] for r in rows["cost"] if r["level"] == stop}
    assert costs["technique"] < costs["mistake"]  # restoring the best is worth it in the run that is drawn
    assert "restored +" in rows["legend"][0]["text"]
    assert "Going to the end without restoring costs" in rules
    # What leaves an axis is marked: curves begin above it, and an arrow stands where they enter.
    for name, edge in (("losses", rows["now"][0]["top"]), ("cost", rows["now"][0]["cost_top"])):
        for who in {row["who"] for row in rows[name]}:
            curve = [row["value"] for row in rows[name] if row["who"] == who]
            assert None in curve
            assert edge in curve
    assert json.dumps(specs(app)[0]).count("triangle-up") == 3


def test_what_is_drawn_is_downloaded_with_names(files, runs):
    open_page(**SMALL)
    rules, curves_told = files["early_stopping_rules.csv"](), files["early_stopping_curves.csv"]()
    assert header(rules) == (
        "dataset, share_of_labels_shuffled, n_train, n_val, seed, rule, stop_evaluation, "
        "stop_step, returned_evaluation, test_loss, regret, share_of_steps_saved, returned_step"
    )
    assert {(row["n_train"], row["n_val"]) for row in rules} == {(50, N_VAL)}
    assert len(curves_told) == 5 * len(runs.steps)
    np.testing.assert_allclose([r["test_loss"] for r in curves_told], runs.test_loss[0, 0].ravel())
    open_page(effect="Patience, noise and n", **SMALL)
    rows = files["early_stopping_map.csv"]()
    assert len(rows) == (20 + 3) * 3 * 5  # rules, shares of labels, seeds
    row = next(r for r in rows if r["rule"] == "patience 7" and r["seed"] == 2 and not r["share_of_labels_shuffled"])
    outcome = experiments.outcome(runs, rule(runs.val_loss, 7))
    assert row["regret"] == outcome.regret[0, 0, 2]
    assert row["stop_step"] == runs.steps[outcome.stop[0, 0, 2]]


def test_moving_the_patience_keeps_the_template(page):
    before = specs(page)
    page.slider(key=f"{NAME}_patience").set_value(9).run()
    assert not page.exception
    assert specs(page) == before
    nine = re.search(r"Patience 9 stops at (\d+) and returns (\d+)", bodies(page, "for-readers")[0])
    assert int(nine[1]) - int(nine[2]) == 9
    page.slider(key=f"{NAME}_patience").set_value(5).run()


def test_the_reference_demonstration_is_a_lesson_with_its_numbers(page):
    take(page, "Reference curves")
    said = bodies(page)[0]
    assert "The lowest validation loss is at epoch 30, 0.3000." in said
    assert "Patience 10 stops at epoch 40 and returns epoch 30" in said
    assert "The fall from 0.827 at epoch 29 to 0.300 at epoch 30 is in the formula" in said
    take(page, "See it work")


def test_the_lessons_show_what_they_say():
    app = open_page(test="true")
    assert re.search(
        r"With patience 5 instead of all 400 steps, test loss fell from 0\.\d+ to 0\.\d+, in 5 of 5 seeds",
        bodies(app)[0],
    )
    assert "fresh rows instead of those that were stopped on, test loss rose from" in bodies(app)[-1]
    take(app, "Too hasty")
    assert re.search(
        r"With patience 1 instead of all 400 steps, test loss rose from 0\.\d+ to 0\.\d+, in 5 of 5 seeds",
        bodies(app)[0],
    )
    take(app, "When it does nothing")
    assert "saves 0 % of the steps" in bodies(app)[0]
    take(app, "Loss or accuracy")
    accuracy, loss = bodies(app)[2:]
    assert "With the loss watched instead of the accuracy that counts, test accuracy fell from" in accuracy
    assert re.search(r"paired difference −\d\.\d ± \d\.\d points", accuracy)
    assert "With accuracy watched instead of the loss that counts, test loss rose from" in loss
    assert loss.endswith("That is no better than a constant guess, which comes to 2.303.")


def test_the_map_names_every_cell():
    app = open_page(effect="Patience, noise and n", **SMALL)
    said = bodies(app)[1]
    assert "The cell that is kept: 0 % shuffled, n = 50." in said
    assert re.search(r"patience 5 instead of patience 1, test loss", said)
    assert re.search(r"From patience \d+ on every seed returns what going to the end returns", said)
    now = bodies(app, "for-readers")[1]
    assert re.findall(r"(\d+) % shuffled", now) == ["0", "20", "40"]
    assert "…" not in now


def test_mistakes_are_measured():
    app = open_page(
        restore="true", one_off="true", metric="true", train="true", test="true", tab="Common mistakes", **SMALL
    )
    restore, one_off, accuracy, loss, train, test = bodies(app)[2:]
    assert "ith the weights at the stop instead of the best, test loss" in restore
    assert re.search(r"It stops (1 evaluation|0\.\d evaluations) later on average, \d+ steps?,", one_off)
    assert "the loss watched instead of the accuracy that counts" in accuracy
    assert "accuracy watched instead of the loss that counts" in loss
    assert re.search(r"the train loss watched instead of the validation loss, test loss .* in [45] of 5 seeds", train)
    assert "goes to the end in 5 of 5 seeds" in train
    assert "fresh rows instead of those that were stopped on" in test


@pytest.fixture(scope="module")
def runs():
    """Return the runs that the page reads with SMALL, trained by the library."""
    return experiments.stopping_curves("wine", [0.0], [50], n_val=N_VAL, seeds=5)


def rule(losses, patience):
    return early_stopping.patience_stop(losses, patience)


def of_mistake(name, runs, patience):
    """Return the evaluations and the test losses, right and wrong, that the library gives."""
    best = experiments.outcome(runs, rule(runs.val_loss, patience))
    if name == "restore":
        comparison = best.returned, best.stop, best.loss, best.last
    else:
        stop = rule(runs.train_loss, patience) if name == "train" else rule(runs.val_loss, patience + 1)
        other = experiments.outcome(runs, stop)
        comparison = best.stop, other.stop, best.loss, other.loss
    return [each[0, 0] for each in comparison]


@pytest.mark.parametrize("patience", [1, 20])
@pytest.mark.parametrize("name", ["restore", "one_off", "train"])
def test_a_mistake_about_stopping_is_drawn_seed_by_seed(name, patience, runs):
    app = open_page(**{name: "true"}, patience=str(patience), tab="Common mistakes", **SMALL)
    assert len(specs(app)) == 3
    assert len(bodies(app)) == 3
    rows = rows_of(app, 2)
    expected = of_mistake(name, runs, patience)
    right, wrong = values(rows["pairs"], 0, "right", "wrong")
    np.testing.assert_allclose([right, wrong], [[*each, each.mean()] for each in expected[:2]])
    right, wrong = values(rows["pairs"], 1, "right", "wrong")
    np.testing.assert_allclose([right, wrong], [[*each, each.mean()] for each in expected[2:]])
    assert [row["name"] for row in rows["pairs"]] == [*(f"seed {i}" for i in range(5)), "mean"] * 2
    ends = rows["now"][0]
    assert ends["low_1"] <= min(right + wrong) <= max(right + wrong) <= ends["high_1"]
    mean_of = {row["who"]: row["text"] for row in rows["words"] if row["part"]}
    assert mean_of == {"technique": f"{right[-1]:.3f}", "mistake": f"{wrong[-1]:.3f}"}
    assert all(text in bodies(app)[2] for text in mean_of.values())  # the sentence has the picture's means
    now = bodies(app, "for-readers")[2]
    assert now.count("seed 4") == 2
    assert f"seed 0 {right[0]:.3g} and {wrong[0]:.3g}" in now


def test_the_axes_of_a_mistake_stay_while_the_patience_moves():
    app = open_page(restore="true", metric="true", tab="Common mistakes", **SMALL)
    before = [(spec, rows_of(app, i)["now"]) for i, spec in enumerate(specs(app))][2:]
    app.slider(key=f"{NAME}_patience").set_value(19).run()
    assert not app.exception
    assert [(spec, rows_of(app, i)["now"]) for i, spec in enumerate(specs(app))][2:] == before
    assert len(before) == 2


@pytest.mark.parametrize("patience", [1, 20])
def test_the_wrong_metric_is_drawn_on_the_first_seed(patience, runs):
    app = open_page(metric="true", patience=str(patience), tab="Common mistakes", **SMALL)
    assert (len(specs(app)), len(bodies(app))) == (3, 4)
    rows = rows_of(app, 2)
    at = [int(rule(each, patience).returned[0, 0, 0]) for each in (runs.val_loss, -runs.val_accuracy)]
    for part, (measure, order) in enumerate(((runs.val_loss, at), (runs.val_accuracy, at[::-1]))):
        curve = measure[0, 0, 0]
        who, level, value = values(rows["marks"], part, "who", "level", "value")
        assert who == ["technique", "mistake"]
        assert level == order
        np.testing.assert_allclose(value, curve[order])
        points = {x: y for x, y in zip(*values(rows["curves"], part, "level", "value"), strict=True) if y is not None}
        assert all(math.isclose(points[i], curve[i]) for i in order)
        limits = (rows["now"][0]["low"], 1.0) if part else (0.0, rows["now"][0]["top"])
        assert limits[0] <= min(points.values()) <= max(points.values()) <= limits[1]
    template = json.dumps(specs(app)[2])  # what is cut off is marked
    assert (template.count("triangle-up"), template.count("triangle-down")) == (1, 1)


def measured_on_test(**watch):
    """Return what the library measures: once, where the page has asked it the same."""
    study = "wine", Settings(learning_rate=3e-3), Training(max_steps=400)
    how = {"patience": 5, "min_delta": 0.0, "smoothing": 0.0, "noise": 0.0, "n_train": 50, "n_val": N_VAL, **watch}
    return compute(experiments.stopping_on_test, *study, rows=25, seeds=tuple(range(10)), **how)


def test_stopping_on_the_test_set_is_drawn_as_it_was_measured():
    app = open_page(test="true", tab="Common mistakes", **SMALL)
    assert (len(specs(app)), len(bodies(app))) == (3, 3)
    optimism = measured_on_test()
    fresh, reported = values(rows_of(app, 2)["pairs"], 0, "right", "wrong")
    np.testing.assert_allclose(fresh, [*optimism.fresh, optimism.fresh.mean()])
    np.testing.assert_allclose(reported, [*optimism.reported, optimism.reported.mean()])


def test_no_harm_is_not_said_where_the_seeds_cannot_tell():
    """And five more can be added there."""
    app = open_page(metric="true", one_off="true", tab="Common mistakes", **SMALL)
    unsure = [text for text in bodies(app) if "seeds cannot tell" in text]
    assert unsure
    assert not any("no harm" in text for text in unsure)
    assert any("stayed at" in text and "Here it shows no harm." in text for text in bodies(app))
    more = next(button for button in app.button if button.label == "Add five seeds")
    more.click().run()
    assert not app.exception
    assert app.session_state[f"{NAME}_seeds"] == 10
    assert any("of 10 seeds" in text for text in bodies(app))


def test_stopping_on_the_test_set_watches_as_the_page_does():
    app = open_page(test="true", min_delta="0.1", smoothing="0.5", noise="0.4", tab="Common mistakes", **SMALL)
    optimism = measured_on_test(min_delta=0.1, smoothing=0.5, noise=0.4)
    fresh, reported = values(rows_of(app, 2)["pairs"], 0, "right", "wrong")
    np.testing.assert_allclose([fresh[:-1], reported[:-1]], [optimism.fresh, optimism.reported])


def test_a_seed_that_diverges_is_named_and_left_out_of_the_mean():
    nan = math.nan
    rows, words = pictures.pairs(0, (7, 8, 9, 10), [1.0, nan, 3.0, nan], [2.0, 2.0, nan, nan], (0.0, 4.0))
    assert [(row["right"], row["wrong"]) for row in rows] == [(1, 2), (None, 2), (3, None), (None, None), (1, 2)]
    lost = [(row["lane"], row["who"]) for row in words if row["text"] == "diverged"]
    assert lost == [(1, "technique"), (2, "mistake"), (3, "baseline")]
    beyond = {row["lane"]: row["at"] for row in words if row["text"] == "diverged"}
    assert beyond[2] == 0.0  # the other one, at 3, is far away
    rows, words = pictures.pairs(0, (0,), [nan], [math.inf], pictures.span([nan]))
    assert (rows[-1]["right"], rows[-1]["wrong"]) == (None, None)
    assert [row["text"] for row in words] == ["diverged"]


@pytest.mark.parametrize(("late", "never"), [(0, 1), (1, 0)])
def test_a_run_that_diverges_is_still_drawn(late, never, monkeypatch):
    whole = experiments.stopping_curves

    def broken(*args, **how):
        stopping = whole(*args, **how)
        for name in ("train_loss", "val_loss", "test_loss"):
            getattr(stopping, name)[0, 0, late, 6:] = math.nan  # after some evaluations
            getattr(stopping, name)[0, 0, never] = math.nan  # from the start
        return stopping

    monkeypatch.setattr(experiments, "stopping_curves", broken)
    on = dict.fromkeys(("restore", "one_off", "metric", "train"), "true")
    app = open_page(**on, seed=f"{late + 77}", tab="Common mistakes", **SMALL)
    assert len(specs(app)) == 6
    for number in (2, 3, 5):
        lost = [(row["lane"], row["part"]) for row in rows_of(app, number)["words"] if row["text"] == "diverged"]
        assert (never, 1) in lost
    assert not any("nan" in text or "-1" in text for text in bodies(app, "for-readers")[2:])


def test_a_pasted_curve_is_read_and_judged():
    app = open_page(text=LOG, patience="3", **OWN)
    assert not app.error
    said = bodies(app)[1]
    assert "The lowest validation loss is 0.500, at epoch 4." in said
    assert "Patience 3 stops at epoch 7, returns epoch 4 (0.500)" in said
    assert any("step from “epoch”, train loss from “loss”" in text for text in bodies(app, "quiet"))


def test_its_columns_can_be_changed():
    app = open_page(text=LOG, val_loss="loss", train_loss="none", step="none", **OWN)
    assert not app.error
    assert "The lowest validation loss is 0.091, at row 11." in bodies(app)[1]
    assert "PQ" not in bodies(app)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2\n3", "Line 2 has 1 values where 2 are expected"),
        ("epoch,loss\n1,2\n2,1\n3,1", "No column is chosen for the validation loss"),
        ("epoch,val_loss\n1,2\n2,-2\n3,1", "no loss may be negative"),
        ("hello", "No number with a name before it, and no table of numbers, is found"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(text, said):
    app = open_page(text=text, **OWN)
    assert [said in error.value for error in app.error] == [True]


def test_until_there_is_a_curve_an_example_is_drawn_and_named_as_one(runs):
    app = open_page(**OWN)
    assert any(text.startswith("An example") and "seed 4" in text for text in bodies(app, "picture-title"))
    lowest = runs.val_loss[0, 0, -1].min()
    assert f"The lowest validation loss is {lowest:.3f}" in bodies(app)[1]
    app.text_area(key=f"{NAME}_text").set_value("no log at all").run()
    assert app.error
    assert not any(text.startswith("An example") for text in bodies(app, "picture-title"))


def test_an_uploaded_curve_lands_in_the_field():
    app = open_page(**OWN)
    app.get("file_uploader")[0].upload("log.csv", LOG.encode(), "text/csv").run()
    assert not app.exception
    assert app.text_area(key=f"{NAME}_text").value == LOG
    assert "at epoch 4" in bodies(app)[1]


def log_of(rows, extra=()):
    """Return a log as CSV: validation loss lowest at row 1234, the other one at row 321."""
    lines = [
        f"{i},{1 / (i + 1):.6f},{1 + abs(i - 1234) / rows:.6f},{2 + abs(i - 321) / rows:.6f}" + "".join(extra)
        for i in range(rows)
    ]
    names = "epoch,loss,val_loss,dev_nll" + "".join(f",more_{i}" for i in range(len(extra)))
    return "\n".join([names, *lines])


def test_the_columns_of_a_long_upload_can_still_be_changed():
    app = open_page(**OWN)
    app.get("file_uploader")[0].upload("log.csv", log_of(5000).encode(), "text/csv").run()
    assert not app.exception
    rows = len(app.text_area(key=f"{NAME}_text").value.splitlines()) - 1
    assert [note.value for note in app.info] == [
        f"Of 5000 rows {rows} are kept, so that the link can hold them; the rules count the rows kept."
    ]
    assert "The lowest validation loss is 1.000, at epoch 1234." in bodies(app)[1]
    app.selectbox(key=f"{NAME}_val_loss").set_value("c:dev_nll").run()
    assert not app.exception
    assert "The lowest validation loss is 2.000, at epoch 321." in bodies(app)[1]


def test_only_what_no_link_can_hold_loses_its_columns():
    app = open_page(**OWN)
    text = log_of(2000, extra=[",0.123456"] * 60)
    app.get("file_uploader")[0].upload("log.csv", text.encode(), "text/csv").run()
    assert not app.exception
    rows = len(app.text_area(key=f"{NAME}_text").value.splitlines()) - 1
    assert 190 <= rows <= 200
    assert [note.value for note in app.info] == [
        f"Of 2000 rows {rows} and of 64 columns the 3 guessed are kept, so that the link can hold them; the rules "
        "count the rows kept."
    ]
    assert app.text_area(key=f"{NAME}_text").value.startswith("epoch,loss,val_loss\n")
    assert "at epoch 1234." in bodies(app)[1]


def test_a_short_log_keeps_all_rows_and_columns():
    log = curves.read_curve(log_of(1300))
    text, rows, of_rows, columns, of_columns = curve_text.shorten(log, 100_000, 2000)
    assert (rows, of_rows, columns, of_columns) == (1300, 1300, 4, 4)
    again = curves.read_curve(text)
    assert again.roles == log.roles
    for name, column in log.columns.items():
        np.testing.assert_allclose(again.columns[name], column, rtol=1e-4)


@pytest.mark.parametrize("chars", [3000, 8000])
def test_a_log_is_thinned_to_what_fits(chars):
    short = curve_text.shorten(curves.read_curve(log_of(5000)), chars, 200)
    assert 0.8 * chars < len(short.text) <= chars or short.rows > 195
    steps = curves.read_curve(short.text).columns["epoch"]
    assert {0, 321, 1234, 4999} <= set(steps.tolist())
    assert np.diff(steps).max() < 1.6 * 5000 / short.rows  # evenly


def test_rows_that_take_turns_are_thinned_apart():
    steps = [{"step": 10 * i, "loss": 1 / (i + 1), "rate": 0.1} for i in range(3000)]
    steps += [{"step": 300 * i, "eval_loss": 1 + abs(i - 40) / 100} for i in range(100)]
    log = curves.read_curve("\n".join(json.dumps(row) for row in sorted(steps, key=lambda row: row["step"])))
    short = curve_text.shorten(log, 8000, 200)
    assert (short.of_rows, short.columns) == (3000, 4)  # one per step
    whole = curves.curve_from(log.columns, log.roles)
    again = curves.read_curve(short.text)
    thinned = curves.curve_from(again.columns, again.roles)
    assert len(thinned["step"]) > 90
    at = [whole["step"].index(step) for step in thinned["step"]]
    for role in ("train_loss", "val_loss"):
        np.testing.assert_allclose(thinned[role], [whole[role][i] for i in at], rtol=1e-4)


@pytest.mark.parametrize("names", ["", "step,loss,val_loss,rate\n", '"a, b",loss,"val loss",rate per s\n'])
def test_a_short_text_reads_as_the_log_does(names):
    text = names + "\n".join(f"{1_700_000_000 + i},{1 / (i + 1)},{1 + i % 7},nan" for i in range(900))
    # Of columns without names no more than three are told apart.
    text = text.replace(",nan", ",0.5" if names else "")
    log = curves.read_curve(text)
    short = curve_text.shorten(log, 8000, 200)
    again = curves.read_curve(short.text)
    first, second = (curves.curve_from(read.columns, read.roles) for read in (log, again))
    assert short.columns == short.of_columns == (4 if names else 3)
    assert set(second["step"]) <= set(first["step"])
    assert second["step"][-1] == first["step"][-1]


def test_a_log_that_diverged_still_has():
    log = curves.read_curve("val_loss,loss\n" + "\n".join(f"{1 if i < 900 else 'nan'},0.5" for i in range(1000)))
    again = curves.read_curve(curve_text.shorten(log, 3000, 200).text)
    curve = curves.curve_from(again.columns, again.roles)
    assert curve["step"][-1] == 1000  # the row's number, which the file does not have
    assert "diverged" in curve.notes[-1]


def test_columns_that_are_too_many_to_guess_are_refused_in_one_sentence():
    text = "\n".join([",".join(f"metric_{i}" for i in range(80)), *[",".join(["0.123456"] * 80)] * 100])
    with pytest.raises(ValueError, match=r"^The link cannot hold all 80 columns, and none .* alone\.$"):
        curve_text.shorten(curves.read_curve(text), 8000, 200)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("patience", "99", "Patience (evaluations without a new best) must be a number from 1 to 20, got 99"),
        ("noise", "2", "Labels shuffled must be a number from 0 to 0.4, got 2"),
        ("curve", "x", "Curve must be one of Run, Reference, got x"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_the_prediction_is_answered_by_a_reading():
    app = open_page(**SMALL)
    app.radio(key=f"{NAME}_prediction").set_value("It falls in most seeds").run()
    assert any("The test loss falls in " in text and "of 5 seeds" in text for text in bodies(app))
    assert "200" in app.radio(key=f"{NAME}_prediction").label  # other data than are drawn


def test_a_refused_file_leaves_no_old_curve_and_a_long_paste_is_thinned():
    app = open_page(text=LOG, **OWN)
    assert "at epoch 4" in bodies(app)[1]
    app.get("file_uploader")[0].upload("bad.csv", b"\x80\x04\x95junk", "text/csv").run()
    assert "Remove the file, or put a curve in the field" in app.error[0].value
    assert not any("at epoch 4" in body for body in bodies(app))
    app.text_area(key=f"{NAME}_text").set_value(log_of(5000)).run()
    assert not app.exception
    assert not app.error
    assert len(app.text_area(key=f"{NAME}_text").value) <= curve_text.MAX_CHARS
    assert app.info[0].value.startswith("Of 5000 rows ")
    app.text_area(key=f"{NAME}_text").set_value(LOG).run()  # of which all rows are kept
    assert not app.info
    assert "at epoch 4" in bodies(app)[1]
