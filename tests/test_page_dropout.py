"""The dropout page as Streamlit runs it: lessons, stepping, both gaps, every effect, and every mistake measured."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parent.parent
NAME = "dropout"
NUMBER = r"(−?\d+\.\d+)"


def open_page(**parameters):
    """Run the page as if its link had been opened."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300)
    app.run()
    for parameter, value in parameters.items():
        app.query_params[f"{NAME}_{parameter}"] = value
    app.switch_page(f"pages/{NAME}.py").run()
    assert not app.exception
    return app


def bodies(app, kind):
    """Return the texts of the page's HTML elements of one class, tags removed."""
    found = [element.proto.body for element in app.get("html")]
    return [re.sub(r"<[^>]+>", "", body) for body in found if f'class="{kind}' in body]


def said(app):
    return bodies(app, "measured")


def drawn(app):
    """Return the names of the datasets of each picture."""
    return [{dataset.name for dataset in element.proto.datasets} for element in app.get("vega_lite_chart")]


def control(app, name):
    return app.session_state[f"{NAME}_{name}"]


def take(app, lesson):
    app.button_group(key=f"{NAME}:lesson").set_value(lesson).run()
    assert not app.exception
    return app


def numbers(pattern, text):
    found = re.search(pattern, text)
    assert found, text
    return [float(number.replace("−", "-")) for number in found.groups()]


@pytest.fixture(scope="module")
def page():
    return open_page()


def test_opens_whole(page):
    first, second = drawn(page)
    assert {"edges", "units", "passes", "theory"} <= first
    assert {"strengths", "gaps", "curves", "without"} <= second
    assert re.match(r"In pass 1, \d+ of 12 units are dark, and the output is ", said(page)[0])
    assert len(said(page)) == 2
    assert not page.warning
    for element in page.get("vega_lite_chart"):
        assert len(element.proto.alt) > 40
        assert json.loads(element.proto.spec)["height"] == 300
    assert len(bodies(page, "for-readers")) == 2


def test_the_sentence_names_both_gaps(page):
    text = said(page)[1]
    assert text.startswith("With p = 0.3, validation loss fell from ")
    naive, clean = numbers(rf"read in training mode is {NUMBER}; the clean gap is {NUMBER}\.", text)
    logged, train, validation = numbers(r"as trained (\S+), train, clean (\S+), validation (\S+), test \S+\.$",
                                        bodies(page, "for-readers")[1])  # fmt: skip
    assert naive == pytest.approx(validation - logged, abs=0.0015)
    assert clean == pytest.approx(validation - train, abs=0.0015)
    assert naive < clean


def test_passes_are_stepped_to_the_last_and_on_to_the_first():
    app = open_page(**{"pass": "39"})
    texts = []
    for _ in range(3):
        texts.append(bodies(app, "for-readers")[0])
        app.button(key=f"{NAME}_next").click().run()
    assert [re.match(r"pass \d+: \d+ of 12 units dark", text)[0].split(":")[0] for text in texts] == [
        "pass 39", "pass 40", "pass 1",
    ]  # fmt: skip
    assert control(app, "pass") == 2


def test_playing_steps_and_stops_after_the_last_pass():
    app = open_page(**{"pass": "38"})
    app.button(key=f"{NAME}_play").click().run()
    assert app.session_state["dropout_playing"]
    assert app.button(key=f"{NAME}_play").label == "Pause"
    seen = []
    for _ in range(4):
        seen.append(control(app, "pass"))
        app.session_state["dropout_playing:at"] = 0.0  # as if the clock had come round
        app.run()
    assert seen[-1] == 40
    assert not app.session_state["dropout_playing"]
    assert app.button(key=f"{NAME}_play").label == "Play"


@pytest.mark.parametrize("convention", ["Inverted", "Classic"])
def test_mean_and_variance_agree_with_theory(convention):
    text = said(open_page(view="Mean and variance", rate="0.5", convention=convention))[0]
    assert numbers(r"that is (\S+) h²", text) == [0.25 if convention == "Classic" else 1.0]
    variance, theory = numbers(r"variance is (\S+), by theory (\S+);", text)
    assert variance == pytest.approx(theory, rel=0.15)


def test_the_reference_lesson_shows_its_numbers():
    app = take(open_page(), "Five passes by hand")
    text = said(app)[0]
    assert "(0 4 6 8 0), (0 0 6 8 10), (0 4 6 0 0), (0 0 6 0 0), (2 0 0 0 0); evaluation gives (1 2 3 4 5)" in text
    assert "(0.5 1 1.5 2 2.5): 50 % low" in text
    app.select_slider(key=f"{NAME}_rate").set_value(0.3).run()
    assert "30 % low" in said(app)[0]


def test_too_much_is_measured_as_worse():
    app = take(open_page(), "Too much")
    assert control(app, "rate") == 0.8
    assert "validation loss rose from" in said(app)[1]
    assert 'class="measured worse"' in " ".join(element.proto.body for element in app.get("html"))


def test_the_lesson_where_it_does_nothing_says_so():
    text = said(take(open_page(), "When it does nothing"))[1]
    assert "Five seeds cannot tell" in text


def test_co_adaptation_is_compared():
    app = open_page(effect="Co-adaptation", rate="0.5")
    assert {"points", "bins", "without"} <= drawn(app)[1]
    text = said(app)[1]
    assert "the mean absolute correlation between hidden units" in text
    assert any(end in text for end in ("lean on each other less.", "counts that too.", "changes it little."))


def test_uncertainty_is_mapped():
    app = open_page(effect="Uncertainty", rate="0.5", n="100")
    assert {"maps", "points", "rows"} <= drawn(app)[1]
    rows, border, most = numbers(r"deviation of (\S+) at the test rows, (\S+) at the map.{1,6}s border and at most "
                                 r"(\S+?)\. ", said(app)[1])  # fmt: skip
    assert 0 < rows < most
    assert 0 < border < most
    off = open_page(effect="Uncertainty", rate="0", n="100")
    assert "every pass is the same" in said(off)[1]


def test_rate_by_size_with_and_without_early_stopping():
    data = "Wine, three cultivars"
    app = open_page(effect="By dataset size", data=data, n="50", rate="0.5")
    best = said(app)[1]
    assert "Trained to the end, the best rate is" in best
    assert "Trained with early stopping, the best rate is" in best
    assert len(said(app)) == 4
    accuracy = open_page(effect="By dataset size", data=data, n="50", rate="0.5", measure="Accuracy")
    assert "validation accuracy" in said(accuracy)[2]


SWITCHES = {
    "left_on": "left on at test",
    "twice": "scaled twice",
    "by_rate": "scaled by p",
    "norm": "dropout before a batch norm",
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_mistake_shows_its_harm_or_says_that_there_is_none(name):
    app = open_page(tab="Common mistakes", n="50", **{name: "true"})
    found = [text for text in said(app) if f"ith {SWITCHES[name]}, p = 0.3, validation loss" in text]
    assert len(found) == 1
    verdicts = (" rose from " in found[0], "seeds cannot tell" in found[0], found[0].endswith("Here it shows no harm."))
    assert sum(verdicts) == 1
    assert any({"lines", "legend"} <= names for names in drawn(app))


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(n="50")
    radio = app.radio(key=f"{NAME}_prediction")
    radio.set_value(radio.options[0]).run()
    assert not app.exception
    told = [text for text in said(app) if "Logged in training mode it is" in text]
    assert len(told) == 1
    logged, validation = numbers(r"it is (\S+), validation loss (\S+);", told[0])
    assert told[0].startswith("As you predicted" if logged > validation else "Measured otherwise")
