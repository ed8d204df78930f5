"""The page of L2 as Streamlit runs it: its views, its lessons, and its sentences, which the numbers write."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.charts import l2 as pictures

ROOT = Path(__file__).resolve().parent.parent
VIEWS = ("Ridge path", "Ball and contours", "Shrinking", "Five weights", "Coupled or decoupled")
SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly


def open_page(**parameters):
    """Run the page as if its link had been opened."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120).run()
    for name, value in parameters.items():
        app.query_params[f"l2_{name}"] = value
    app.switch_page("pages/l2.py").run()
    assert not app.exception
    return app


def sentences(app):
    """Return the measured sentences without their markup."""
    bodies = [element.proto.body for element in app.get("html")]
    return [re.sub(r"<.*?>", "", body) for body in bodies if 'role="status"' in body]


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
    app.button_group(key="l2:lesson").set_value("Reference: five weights").run()
    assert not app.exception
    said = sentences(app)[0]
    assert "6.0597 without and 4.9493 with strength 0.2" in said
    assert "w = (0.720, −0.180, 1.040, 2.580, −0.428)" in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("strength", "1e999", "(l2 or weight_decay) must be a number from 0 to 10, got 1e999, so 0.02 is used"),
        ("decay", "-1", "Weight decay must be a number from 0 to 10, got -1, so 1 is used"),
        ("view", "ball", "Mechanism must be one of Ridge path, Ball and contours"),
        ("effect", "<b>", "Effect must be one of Training, Weights, By dataset size, got <b>"),
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


@pytest.mark.parametrize("effect", ["Weights", "By dataset size"])
def test_the_other_effects(effect):
    app = open_page(effect=effect, **SMALL)
    told = " ".join(sentences(app))
    assert ("root mean square" in told) == (effect == "Weights")
    assert ("where data is scarce" in told) == (effect == "By dataset size")
    assert "With weight decay 1" in told


def test_the_mistakes_are_measured():
    app = open_page(adam="true", biases="true", short="true", n="100")
    told = sentences(app)
    adam, biases, short = (
        next(s for s in told if words in s) for words in ("Adam&#x27;s l2", "the biases", "halves a")
    )
    assert "validation loss rose" in adam
    assert "biases decayed by 1" in biases
    assert "rose" in biases or "shows no harm" in biases
    assert "halves a weight in 23,105 steps; this run has 300" in short
    share = int(re.search(r"That is (-?\d+) % of what", short)[1])
    assert share < 10


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(**SMALL)
    app.radio(key="l2_prediction").set_value("Under momentum and plain SGD").run()
    told = " ".join(sentences(app))
    assert "Measured otherwise: Only under plain SGD" in told


def test_strengths_rise_and_hold_those_of_the_lessons():
    assert list(pictures.STRENGTHS) == sorted(set(pictures.STRENGTHS))
    assert {0.0, 0.01, 0.02, 0.1, 0.2, 10.0} <= set(pictures.STRENGTHS)


def test_columns_meet_and_leave_no_gap():
    for rows in (pictures.columns([""] * len(pictures.STRENGTHS)), pictures.columns(["a", "b", "c"], even=True)):
        assert all(a["to"] == b["from"] for a, b in pairwise(rows))
        assert all(row["from"] < row["to"] for row in rows)
