"""The page of stochastic depth as Streamlit runs it: its passes, its lessons, and its sentences."""

import html
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.charts import stochastic_depth as pictures

from reglab import stochastic_depth, time_saved
from reglab.streams import generator

ROOT = Path(__file__).resolve().parent.parent
SMALL = {"data": "Two moons", "n": "50", "depth": "2"}  # trains quickly


def open_page(**parameters):
    """Run the page as if its link had been opened."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=180).run()
    for name, value in parameters.items():
        app.query_params[f"stochastic_depth_{name}"] = value
    app.switch_page("pages/stochastic_depth.py").run()
    assert not app.exception
    return app


def bodies(app):
    return [e.proto.body for e in app.get("html") if 'role="status"' in e.proto.body]


def sentences(app):
    """Return the measured sentences without their markup."""
    return [html.unescape(re.sub(r"<.*?>", "", body)) for body in bodies(app)]


def test_it_opens_on_a_lesson_where_it_helps():
    app = open_page()
    assert not app.warning
    assert app.button_group(key="stochastic_depth:lesson").value == "See it work"
    drawn, loss, accuracy = sentences(app)
    assert "of 8 blocks: its 8 rows draw for themselves" in drawn
    assert "the expected depth is 6.00" in drawn
    assert "set 50 %, and scaled by 1/(1 − p) = 2" in drawn
    assert "With rate 0.5, validation loss fell from 0.4" in loss
    assert "The lowest mean of the scale is 0.3" in loss
    assert "Test accuracy rose from 88." in accuracy
    assert all('class="measured "' in body for body in bodies(app)[1:])


def test_too_much_raises_the_loss_and_says_so():
    app = open_page()
    app.button_group(key="stochastic_depth:lesson").set_value("Too much").run()
    assert not app.exception
    assert "With rate 0.8, validation loss rose from 0.17" in sentences(app)[1]
    assert 'class="measured worse"' in bodies(app)[1]


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


def test_off_is_said_of_the_training_and_a_mistake_is_shown_at_the_lowest_rate():
    _, off, wrong = sentences(open_page(rate="0", twice="true", **SMALL))
    assert off.startswith("Stochastic depth is off: validation loss ")
    assert "rate 0.1" in wrong  # at 0 the mistake would change nothing
    assert "nan" not in off + wrong


def stub(skipped, multiplied):
    """Return what a measurement of those times would find."""
    depth = np.array([2, 1.95, 1.9, 1.85, 1.75, 1.6])
    return lambda *_, **__: time_saved.TimeSaved(
        (0, 0.1, 0.2, 0.3, 0.5, 0.8), depth, depth, 1e-6 * np.array(skipped), 1e-6 * np.array(multiplied),
        np.zeros(6, bool),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("times", "words", "kind"),
    [
        ([100, 90, 90, 90, 90, 60], "takes 60 µs instead of 100 µs, 40 % less; the timed passes went through 20 %", ""),
        ([100, 90, 90, 90, 90, 110], "takes 110 µs instead of 100 µs, 10 % more;", "none"),
        ([100, 90, 90, 90, 90, 100], "takes 100 µs instead of 100 µs, the same;", "none"),
    ],
)
def test_the_time_is_told_whichever_way_it_comes_out(monkeypatch, times, words, kind):
    monkeypatch.setattr(time_saved, "time_saved", stub(times, [101] * 6))
    monkeypatch.setattr("pages.ui.runs.compute", lambda function, *_, **__: function())
    app = open_page(rate="0.8", effect="Time saved", **SMALL)
    assert words in sentences(app)[1]
    assert "Multiplied by 0, as the trainer of these pages does, it takes 101 µs." in sentences(app)[1]
    assert f'class="measured {kind}"' in bodies(app)[1]


def test_the_mistakes_are_measured():
    said = sentences(open_page(rate="0.8", twice="true", uniform="true", plain="true", n="400"))
    twice, uniform, plain, alone = said[3:]
    assert "ith scaled at test as well, rate 0.8, validation loss" in twice
    # The network is too sure of itself: what is measured is no harm, and where the seeds cannot tell, that is said.
    assert ("seeds cannot tell" in twice) != ("Here it shows no harm." in twice)
    assert "With one rate for all blocks, rate 0.8, validation loss rose from 0.2" in uniform
    assert "no harm" not in uniform
    assert "With no skip connection, rate 0.8, validation loss rose from 0.2" in plain
    assert "The plain network alone, at rate 0, comes to 0." in alone


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(**SMALL)
    app.radio(key="stochastic_depth_prediction").set_value("With 8 blocks").run()
    (told,) = [said for said in sentences(app) if said.startswith("As you predicted. ")]
    assert "ith 2 blocks and rate 0.8, validation loss" in told


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rate", "1", "rising from 0 at the first must be a number from 0 to 0.8, got 1, so 0.5 is used"),
        ("depth", "1e999", "Residual blocks must be a number from 2 to 32, got 1e999, so 8 is used"),
        ("mode", "pixel", "Skipped for must be one of Each row, Batch, got pixel"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_a_template_is_built_once_and_holds_no_data():
    names = ("off", "0.1")
    for make, arguments in ((pictures.passes, (8, 40)), (pictures.times, (names, 8)), (pictures.against, (names, "u"))):
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)


def test_cells_are_numbered_as_the_string_of_a_pass():
    cells = pictures.cells(4)
    assert [cell["cell"] for cell in cells] == list(range(4 * pictures.ROWS))
    assert cells[5]["x"] < 2 < cells[5]["x2"]  # row 1, block 2
    assert cells[5]["y2"] < cells[1]["y"]  # below the row before
