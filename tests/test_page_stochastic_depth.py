"""The page of stochastic depth as Streamlit runs it: its passes, its lessons, and its sentences."""

import re

import numpy as np
import pytest

from pages.pictures import stochastic_depth as pictures
from pages.ui import charts, right_wrong

from reglab import stochastic_depth, time_saved
from reglab.streams import generator
from tests.opened import marks_of, opener, sentences, statuses, take

SMALL = {"data": "Two moons", "n": "50", "depth": "2"}  # trains quickly
open_page = opener("stochastic_depth")


@pytest.fixture
def drawn(monkeypatch):
    """Collect the pictures that a page draws, by key: the template and the datasets."""
    rows, show = {}, charts.show

    def noting(spec, datasets, *, key=None, **how):
        rows[key] = spec, {name: charts.table(rows).to_pylist() for name, rows in datasets.items()}
        return show(spec, datasets, key=key, **how)

    monkeypatch.setattr(charts, "show", noting)
    return rows


@pytest.fixture(scope="module")
def small():
    """Return the page with a small training, for tests that only read it."""
    return open_page(**SMALL)


def test_it_opens_on_a_lesson_where_it_helps():
    app = open_page()
    assert not app.warning
    assert app.button_group(key="stochastic_depth:lesson").value == "See it work"
    drawn, loss, accuracy = sentences(app)
    assert "of 8 blocks: its 8 rows draw for themselves" in drawn
    assert "the expected depth is 6.00" in drawn
    assert "set 50 %, and scaled by 1/(1 − p) = 2" in drawn
    assert "With rate 0.5, validation loss fell from 0.4" in loss
    assert "Mean validation loss is lowest at rate 0.8 (0.3" in loss
    assert "On test rows, which had no part in that choice, test loss fell from 0.6" in loss
    assert "Test accuracy rose from 88." in accuracy
    assert all('class="measured "' in body for body in statuses(app)[1:])


def test_too_much_raises_the_loss_and_says_so():
    app = open_page()
    take(app, "Too much")
    assert "With rate 0.8, validation loss rose from 0.17" in sentences(app)[1]
    assert 'class="measured worse"' in statuses(app)[1]


def test_the_sentence_of_a_pass_is_what_was_drawn():
    said = sentences(open_page(rate="0.8", depth="4", mode="Batch", seed="3", **{"pass": "7"}, data="Two moons"))[0]
    drawn = stochastic_depth.kept_blocks(40, 8, 4, 0.8, generator(3, "drop_path_rate"), "batch")
    assert f"Pass 7 goes through {drawn[6, 0].sum()} of 4 blocks: all rows skip the same blocks." in said
    assert f"Over 40 passes it is {drawn.sum(axis=2).mean():.2f}, the expected depth is 2.40." in said
    assert f"kept in {100 * drawn[:, 0, 3].mean():.0f} %, set 20 %" in said
    factor = float(re.search(r"its mean factor is ([\d.]+)\. ", said)[1])
    assert factor == pytest.approx(drawn[:, 0, 3].mean() * 5, abs=0.006)


def test_next_goes_to_the_next_pass_and_play_steps_by_itself():
    app = open_page(**SMALL)
    app.button(key="stochastic_depth_next").click().run()
    assert app.select_slider(key="stochastic_depth_pass").value == 2
    assert sentences(app)[0].startswith("Pass 2 ")
    app.button(key="stochastic_depth_play").click().run()
    assert app.button(key="stochastic_depth_play").label == "Pause"
    app.button(key="stochastic_depth_play").click().run()
    assert app.button(key="stochastic_depth_play").label == "Play"
    assert not app.exception


def test_off_is_said_and_the_deepest_is_drawn():
    drawn, timed = sentences(open_page(rate="0", depth="32", effect="Time saved", **{"pass": "40"}))
    assert drawn == "At rate 0 every pass goes through all 32 blocks."
    assert timed.startswith("Without stochastic depth a step takes ")


def test_off_is_said_of_the_training_and_a_mistake_is_shown_at_the_lowest_rate(short_trainings):
    _, off, wrong, _ = sentences(open_page(rate="0", twice="true", **SMALL))
    assert off.startswith("Stochastic depth is off: validation loss ")
    assert wrong.startswith("At rate 0 no block is skipped, so the mistake is shown at rate 0.1. ")
    assert "at rate 0.1, validation loss" in wrong or "at rate 0.1 of" in wrong
    assert "nan" not in off + wrong


def stub(skipped, multiplied):
    """Return what a measurement of those times would find."""
    depth = np.array([2, 1.95, 1.9, 1.85, 1.75, 1.6])
    return lambda *_, **__: time_saved.TimeSaved(
        (0, 0.1, 0.2, 0.3, 0.5, 0.8),
        depth,
        depth,
        1e-6 * np.array(skipped),
        1e-6 * np.array(multiplied),
        np.zeros(6, bool),
    )


@pytest.mark.parametrize(
    ("times", "words", "kind"),
    [
        ([100, 90, 90, 90, 90, 60], "takes 60 µs instead of 100 µs, 40 % less; the timed passes went through 20 %", ""),
        ([100, 90, 90, 90, 90, 115], "takes 115 µs instead of 100 µs, 15 % more;", "none"),
        ([100, 90, 90, 90, 90, 94], "6 % less, which is within the 10 % that a timing may be off by;", "none"),
        ([100, 90, 90, 90, 90, 100], "takes 100 µs instead of 100 µs, the same;", "none"),
    ],
)
def test_the_time_is_told_whichever_way_it_comes_out(monkeypatch, times, words, kind):
    monkeypatch.setattr(time_saved, "time_saved", stub(times, [101] * 6))
    monkeypatch.setattr("pages.ui.runs.compute", lambda function, *_, **__: function())
    app = open_page(rate="0.8", effect="Time saved", **SMALL)
    assert words in sentences(app)[1]
    assert "Multiplied by 0, as the trainer of these pages does, it takes 101 µs." in sentences(app)[1]
    assert f'class="measured {kind}"' in statuses(app)[1]


def test_a_saving_beyond_that_of_the_blocks_is_said_to_be_the_timing(monkeypatch):
    beyond = "20 % fewer blocks (expected 1.6 of 2), which saves at most as much: a timing may be off by 10 %."
    monkeypatch.setattr("pages.ui.runs.compute", lambda function, *_, **__: function())
    for last, says in ((79, True), (81, False)):
        monkeypatch.setattr(time_saved, "time_saved", stub([100, 90, 90, 90, 90, last], [101] * 6))
        timed = sentences(open_page(rate="0.8", effect="Time saved", **SMALL))[1]
        assert (beyond in timed) == says, timed


def test_the_mistakes_are_measured():
    said = sentences(open_page(rate="0.8", twice="true", uniform="true", plain="true", n="400", depth="4"))
    twice, _, uniform, _, even, plain, residual = said[3:]
    assert "ith branches scaled at test as well at rate 0.8, validation loss" in twice
    assert "With one rate of 0.8 for all blocks instead of the rising one, validation loss rose from 0.2" in uniform
    assert "ith one rate of 0.4, which skips as many blocks as the rising one, validation loss" in even
    assert "no harm" not in " ".join(said)
    assert "With layers skipped at rate 0.8 in the network without skip connections, validation loss rose from" in plain
    assert "ith blocks skipped at rate 0.8 in the residual network, validation loss" in residual


def test_one_rate_for_all_is_also_compared_where_it_skips_no_more_than_the_schedule(short_trainings):
    said = sentences(open_page(rate="0.8", depth="4", uniform="true", data="Two moons", n="50"))
    expected = [stochastic_depth.expected_depth(0.8, 4, way) for way in ("linear", "uniform")]
    assert expected == pytest.approx([2.4, 0.8])
    assert "the expected depth falls from 2.4 to 0.8 blocks, so this difference cannot tell the schedule" in said[3]
    assert stochastic_depth.expected_depth(0.4, 4, "uniform") == pytest.approx(expected[0])


def test_skipping_without_a_skip_connection_is_one_change_and_says_so_where_it_lowers_the_loss(drawn):
    comparison, residual = sentences(open_page(rate="0.1", plain="true"))[3:]
    (_, sets) = drawn["stochastic_depth_picture_wrong_plain"]
    loss = {(row["who"], row["level"]): row["mean"] for row in sets["lines"]}
    fell = f"validation loss fell from {loss['mistake', 0]:.3f} to {loss['mistake', 1]:.3f}, in"
    expected = f"With layers skipped at rate 0.1 in the network without skip connections, {fell} "
    assert re.search(re.escape(expected) + r"[45] of 5 seeds", comparison)  # as many as the processor makes of it
    assert "At this rate the mistake lowers the loss all the same." in comparison
    lost = 1 - np.prod(1 - stochastic_depth.rates(0.1, 8))
    assert (
        f"a row loses at least one layer, and with it all that it was, in {100 * lost:.0f} % of its passes."
        in comparison
    )
    ends = f"({loss['mistake', 0]:.3f} without skip connections, {loss['technique', 0]:.3f} with them)"
    assert f"The two networks differ at rate 0 already {ends}" in residual


def test_what_the_seeds_cannot_tell_may_be_asked_of_five_more():
    app = open_page(**SMALL)
    assert "Five seeds cannot tell" in sentences(app)[1]
    app.button(key="stochastic_depth_verdict:button").click().run()
    assert not app.exception
    assert app.select_slider(key="stochastic_depth_seeds").value == 10
    assert "of 10 seeds" in sentences(app)[1]


def test_a_loss_that_a_guess_reaches_is_said_to_be_no_better(monkeypatch, short_trainings):
    monkeypatch.setattr("pages.ui.effect.guess", lambda data: (0.1, 0.99))
    for rate in ("0", "0.5"):
        app = open_page(rate=rate, **SMALL)
        assert "That is no better than a constant guess, which comes to 0.100." in sentences(app)[1]
        assert 'class="measured "' not in "".join(statuses(app)[1:])


def test_the_time_has_no_controls_of_data_beside_it(small):
    app = open_page(effect="Time saved", **SMALL)
    inside = {tab.label: {each.key for each in (*tab.selectbox, *tab.select_slider)} for tab in app.tabs}
    asked = {f"stochastic_depth_{name}" for name in ("data", "n", "seeds")}
    assert asked <= inside["Common mistakes"]  # which train on data whichever effect is shown
    assert app.selectbox(key="stochastic_depth_data").value == "moons"
    assert not asked & {key for tab in small.tabs for key in (each.key for each in tab.select_slider)}


def test_each_entry_of_a_legend_has_the_mark_that_it_names(drawn, short_trainings):
    open_page(**SMALL)
    spec, sets = drawn["stochastic_depth_picture_passes_three"]
    assert [(row["mark"], row["text"]) for row in sets["legend"]] == [
        ("dot", "so far"),
        ("line", "set"),
        ("dashes", "Huang"),
    ]
    drawn_with = {name: {mark["type"] for of, mark in marks_of(spec) if of == name} for name in ("survival", "legend")}
    assert drawn_with == {"survival": {"circle"}, "legend": {"circle", "rule", "text"}}


def test_what_leaves_the_axis_of_a_mistake_is_marked_there(drawn, short_trainings):
    open_page(rate="0.1", plain="true", **SMALL)
    spec, _ = drawn["stochastic_depth_picture_wrong_plain"]
    assert [name for name, mark in marks_of(spec) if mark.get("shape") == "triangle-up"] == ["lines"]


def test_what_is_drawn_is_downloaded_with_names(files, short_trainings):
    open_page(rate="0.5", mode="Batch", **SMALL)
    rows = files["stochastic_depth_training.csv"]()
    assert {"dataset": "moons", "blocks": 2, "skipped_for": "batch", "n_train": 50}.items() <= rows[0].items()
    assert {row["drop_path_rate"] for row in rows} == {0, 0.1, 0.2, 0.3, 0.5, 0.8}
    assert {"seed", "step", "train_loss", "val_loss", "test_loss", "test_accuracy"} < set(rows[0])
    assert len(rows) % (6 * 5) == 0
    assert not {"level", "who", "slot", "place"} & set(rows[0])


def test_the_times_are_downloaded_with_their_unit(monkeypatch, files):
    monkeypatch.setattr(time_saved, "time_saved", stub([100, 90, 90, 90, 90, 60], [101] * 6))
    monkeypatch.setattr("pages.ui.runs.compute", lambda function, *_, **__: function())
    open_page(rate="0.8", effect="Time saved", **SMALL)
    rows = files["stochastic_depth_time.csv"]()
    assert len(rows) == 2 * 6
    assert rows[5] == {
        "blocks": 2,
        "units": 32,
        "batch_rows": 32,
        "drop_path_rate": 0.8,
        "skipped_blocks": "left out",
        "blocks_expected": 1.6,
        "blocks_drawn": 1.6,
        "microseconds_per_step": pytest.approx(60),
        "noise": False,
    }


def test_the_sources_are_told_by_what_they_set(small):
    (sources,) = [caption.value for caption in small.caption if "Huang" in caption.value]
    assert "keep the last block with probability p_L = 0.5: of their 54 blocks a pass goes through 40.25" in sources
    assert "A DropPath rate of 0.1 is that of DeiT (Touvron et al. 2021)." in sources


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(**SMALL)
    app.radio(key="stochastic_depth_prediction").set_value("With 2 blocks").run()
    (answer,) = [said for said in sentences(app) if said.startswith("As you predicted. ")]
    assert "ith 2 blocks and rate 0.8, validation loss" in answer


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rate", "1", "rising from 0 at the first must be a number from 0 to 0.8, got 1, so 0.5 is used"),
        ("depth", "1e999", "Residual blocks must be a number from 2 to 32, got 1e999, so 8 is used"),
        ("mode", "pixel", "Skipped for must be one of Each row, Batch, got pixel"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said, short_trainings):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_a_template_is_built_once_and_holds_no_data():
    against = right_wrong._against, (pictures.RATE, "u", 0.0, False)
    for make, arguments in ((pictures._passes, (8,)), (pictures._times, (8,)), against):
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)


def test_cells_are_numbered_as_the_string_of_a_pass():
    cells = pictures.cells(4)
    assert [cell["cell"] for cell in cells] == list(range(4 * pictures.ROWS))
    assert cells[5]["x"] < 2 < cells[5]["x2"]  # row 1, block 2
    assert cells[5]["y2"] < cells[1]["y"]  # below the row before
