"""The page of dropout in practice as Streamlit runs it: its pictures, its lessons, and its sentences."""

import html
import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.charts import dropout_in_practice as pictures

ROOT = Path(__file__).resolve().parent.parent
NAME = "dropout_in_practice"
SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly
MAP, NORM = "Input rate by hidden rate", "With batch norm"


def open_page(**parameters):
    """Run the page as if its link had been opened."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=180).run()
    for name, value in parameters.items():
        app.query_params[f"{NAME}_{name}"] = value
    app.switch_page(f"pages/{NAME}.py").run()
    assert not app.exception
    return app


def bodies(app):
    return [e.proto.body for e in app.get("html") if 'role="status"' in e.proto.body]


def sentences(app):
    """Return the measured sentences without their markup."""
    return [html.unescape(re.sub(r"<.*?>", "", body)) for body in bodies(app)]


def take(app, lesson):
    app.button_group(key=f"{NAME}:lesson").set_value(lesson).run()
    assert not app.exception
    return app


@pytest.fixture(scope="module")
def page():
    return open_page()


def test_it_opens_on_a_lesson_where_a_schedule_helps(page):
    assert not page.warning
    assert page.button_group(key=f"{NAME}:lesson").value == "See it work"
    mechanism, effect = sentences(page)
    assert "units are active of 784, 512, 256, 128 and 10" in mechanism
    assert "by theory (1\u00a0−\u00a0p)\u00a0n 627.2, 256.0, 128.0, 64.0 and 10.0." in mechanism
    assert effect.startswith("With uniform, rates (0, 0.3, 0.3, 0.3, 0), validation loss fell from ")
    assert "Test loss went from " in effect
    assert 'class="measured "' in bodies(page)[1]
    for element in page.get("vega_lite_chart"):
        assert len(element.proto.alt) > 40
        assert json.loads(element.proto.spec)["height"] == 300


def test_where_it_hurts_the_sentence_says_so():
    app = take(open_page(), "Too much")
    effect = sentences(app)[1]
    assert effect.startswith("With input and hidden, rates (0.2, 0.5, 0.5, 0.5, 0), validation loss rose from ")
    assert "The lowest mean of the five is " in effect
    assert 'class="measured worse"' in bodies(app)[1]


def test_the_reference_demonstration_is_a_lesson_with_its_digits():
    app = take(open_page(**SMALL), "Reference: 784 to 10")
    assert sentences(app)[0].startswith(
        "In pass 1 623, 255, 133, 67 and 10 units are active of 784, 512, 256, 128 and 10, and 36 % of the weights"
    )


def test_a_rate_is_edited_per_layer_and_in_evaluation_all_are_kept():
    app = open_page(**SMALL)
    app.select_slider(key=f"{NAME}_hidden2").set_value(0.9).run()
    app.select_slider(key=f"{NAME}_output").set_value(0.5).run()
    assert sentences(app)[0].endswith("627.2, 256.0, 25.6, 64.0 and 5.0.")
    off = open_page(**SMALL, **dict.fromkeys(("input", "hidden1", "hidden2", "hidden3", "output"), "0"))
    assert sentences(off)[0].startswith("In pass 1 784, 512, 256, 128 and 10 units are active")
    assert "and 100 % of the weights" in sentences(off)[0]


def test_no_dropout_is_compared_with_nothing():
    told = sentences(open_page(schedule="None", **SMALL))[1]
    assert told.startswith("Without dropout validation loss is 0.")
    assert "stayed at" in sentences(open_page(hidden="0", schedule="Uniform", **SMALL))[1]


def test_the_map_names_its_cell_the_lowest_one_and_the_usual_one():
    app = open_page(view=MAP, hidden="0.7", **SMALL)
    told = sentences(app)[1]
    assert "ith input 0.2, hidden 0.7, validation loss " in told
    lowest, usual = map(float, re.search(r"The lowest of 25 is ([\d.]+), at .* has ([\d.]+) \(test", told).groups())
    assert lowest <= usual
    origin = sentences(open_page(view=MAP, hidden="0", input_rate="0", **SMALL))[1]
    assert origin.startswith("Without dropout validation loss is ")


def test_batch_norm_is_compared_and_its_statistics_are_passed_in():
    told = sentences(open_page(view=NORM, **SMALL))
    assert "ith both instead of neither, validation loss " in told[1]
    assert "ith dropout after the last norm, validation loss " in told[2]
    assert "an argument that is passed in" in told[3]
    assert len(sentences(open_page(view=NORM, way="Neither", **SMALL))) == 3


MISTAKES = {
    "before": "ith dropout before the last norm rather than after it, validation loss ",
    "half": "ith an input rate of 0.5 rather than 0.2, validation loss ",
    "keep": "ith 0.2 and 0.5 taken for probabilities of keeping, validation loss ",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_shows_its_harm_or_says_that_there_is_none(name):
    app = open_page(tab="Common mistakes", **{name: "true"}, **SMALL)
    (told,) = [text for text in sentences(app) if MISTAKES[name] in text]
    assert sum((" rose from " in told, "seeds cannot tell" in told, told.endswith("Here it shows no harm."))) == 1
    if name == "keep":
        assert " rose from " in told
    elif name == "before":
        before, after = map(float, re.search(r"dropout on, ([\d.]+) times .*, and ([\d.]+) times", told).groups())
        assert before > 1.1 > after


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(**SMALL)
    radio = app.radio(key=f"{NAME}_prediction")
    radio.set_value("Input and hidden").run()
    (told,) = [text for text in sentences(app) if "Mean validation losses: " in text]
    assert told.startswith("Measured otherwise: ")
    means = [float(value) for value in re.findall(r"(\d\.\d{3})", told)]
    assert len(means) == 5
    assert means[2] > min(means)  # of input and hidden


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("hidden", "1", "Rate p of the hidden layers must be a number from 0 to 0.7, got 1, so 0.3 is used"),
        ("hidden1", "1e999", "Rate, hidden 1 (512 units) must be a number from 0 to 0.9, got 1e999, so 0.5 is used"),
        ("schedule", "<b>", "Schedule must be one of None, Uniform, Input and hidden, Increasing, None on the last"),
        ("view", "all", "Effect must be one of Schedules, Input rate by hidden rate, With batch norm, got all"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_a_template_is_built_once_and_holds_no_data():
    names = ("none", "uniform")
    for make, arguments in (
        (pictures.layers, (names, 784)), (pictures.ways, (names, 300, "loss")),
        (pictures.grid, (names, names, 300, "loss")),
    ):  # fmt: skip
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)
