"""The dropout page as Streamlit runs it: lessons, stepping, both gaps, every effect, and every mistake measured."""

import json
import math
import re
from dataclasses import replace

import pytest

from pages.ui import effect

from reglab import fit
from reglab.dropout import variance
from tests.opened import bodies, datasets_of, layers_of, numbers, opener, take

NAME = "dropout"
NUMBER = r"(−?\d+\.\d+)"
open_page = opener(NAME)


def spec_of(app, number):
    return json.loads(app.get("vega_lite_chart")[number].proto.spec)


def control(app, name):
    return app.session_state[f"{NAME}_{name}"]


@pytest.fixture(scope="module")
def page():
    return open_page()


def test_opens_whole(page):
    first, second = datasets_of(page)
    assert {"edges", "units", "passes", "theory"} <= first
    assert {"strengths", "gaps", "curves", "without"} <= second
    assert re.match(r"In pass 1, \d+ of 12 units are dark, and the output is ", bodies(page)[0])
    assert re.search(r"\(standard error \d\.\d{3}\), in evaluation", bodies(page)[0])
    assert len(bodies(page)) == 2
    assert not page.warning
    for element in page.get("vega_lite_chart"):
        assert len(element.proto.alt) > 40
        assert json.loads(element.proto.spec)["height"] == 300
    assert len(bodies(page, "for-readers")) == 2


def test_the_sentence_names_both_gaps(page):
    text = bodies(page)[1]
    assert text.startswith("With p = 0.3, validation loss fell from ")
    gap, clean = numbers(rf"to the validation loss, is {NUMBER}; the clean gap, with dropout off, is {NUMBER}\.", text)
    logged, train, validation = numbers(
        r"train, logged (\S+), train, clean (\S+), validation (\S+), test \S+\.$", bodies(page, "for-readers")[1]
    )
    assert gap == pytest.approx(validation - logged, abs=0.0015)
    assert clean == pytest.approx(validation - train, abs=0.0015)
    assert gap < clean


def test_the_best_rate_is_chosen_on_validation_rows_and_judged_on_test_rows(page):
    text = bodies(page)[1]
    assert "Mean validation loss is lowest at p 0.3 (0.203, of the 9 of the scale). On test rows, which had no" in text
    # Here the seeds cannot tell on test rows, though they do on the validation rows that chose.
    assert "five seeds cannot tell whether test loss changed: 0.282 without, 0.258 at p 0.3" in text
    assert page.button(key=f"{NAME}_verdict:button").label == "Add five seeds"


@pytest.mark.usefixtures("short_trainings")
def test_passes_are_stepped_to_the_last_and_on_to_the_first():
    app = open_page(**{"pass": "39"})
    texts = []
    for _ in range(3):
        texts.append(bodies(app, "for-readers")[0])
        app.button(key=f"{NAME}_next").click().run()
    assert [re.match(r"Pass \d+: \d+ of 12 units dark", text)[0].split(":")[0] for text in texts] == [
        "Pass 39",
        "Pass 40",
        "Pass 1",
    ]
    assert control(app, "pass") == 2


@pytest.mark.usefixtures("short_trainings")
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
    text = bodies(open_page(view="Mean and variance", rate="0.5", convention=convention))[0]
    assert numbers(r"that is (\S+) h²", text) == [0.25 if convention == "Classic" else 1.0]
    measured, theory = numbers(r"variance is (\S+), by theory (\S+);", text)
    assert measured == pytest.approx(theory, rel=0.15)


def test_mean_and_variance_are_those_of_one_network(drawn):
    app = open_page(view="Mean and variance", rate="0.5")
    assert "In one network, trained without dropout, " in bodies(app)[0]
    points = drawn[f"{NAME}_picture_spread"]["points"]
    assert len({round(p["expected"], 9) for p in points}) == 1  # in evaluation it does not depend on the rate
    rates = [i / 10 for i in range(9)]
    for rate, point in zip(rates, points, strict=True):  # and the variance is that of one network's units, scaled
        assert point["theory"] == pytest.approx(points[5]["theory"] * float(variance(1.0, rate)), rel=1e-6, abs=1e-12)
        assert point["variance"] == pytest.approx(point["theory"], rel=0.2, abs=1e-6)
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert "variance of the output" in json.dumps(spec)
    assert "standard deviation" not in json.dumps(spec)


@pytest.mark.usefixtures("short_trainings")
def test_the_reference_lesson_shows_its_numbers():
    app = take(open_page(), "Five passes by hand")
    text = bodies(app)[0]
    assert "(0 4 6 8 0), (0 0 6 8 10), (0 4 6 0 0), (0 0 6 0 0), (2 0 0 0 0); evaluation gives (1 2 3 4 5)" in text
    assert "(0.5 1 1.5 2 2.5): 50 % low" in text
    app.select_slider(key=f"{NAME}_rate").set_value(0.3).run()
    assert "30 % low" in bodies(app)[0]


def test_too_much_is_measured_as_worse_and_is_in_the_frame(drawn):
    app = take(open_page(), "Too much")
    assert control(app, "rate") == 0.8
    picture = drawn[f"{NAME}_picture_gaps"]
    (now,) = picture["now"]
    here = [row["mean"] for row in picture["strengths"] if row["level"] == now["level"] == 8]
    assert len(here) == 4
    assert all(1.5 < mean < now["top"] for mean in here)
    curves = {row["kind"]: row["curve"].split()[-1] for row in picture["curves"] if row["level"] == 8}
    assert all(re.fullmatch(r"300,[\d.]+,[\d.]+,[\d.]+", last) for last in curves.values()), curves
    assert "validation loss rose from" in bodies(app)[1]
    assert 'class="measured worse"' in " ".join(element.proto.body for element in app.get("html"))


def test_long_on_few_rows_every_loss_has_its_number_and_no_curve_crosses_the_words(drawn):
    app = take(open_page(), "Long, on 50 rows")
    picture = drawn[f"{NAME}_picture_gaps"]
    (now,) = picture["now"]
    legend = [row for row in picture["legend"] if row["level"] == now["level"] == 5]
    assert all(re.fullmatch(r"(logged|clean|val\.|test) \d\.\d{3}", row["text"]) for row in legend)
    assert [(row["up"], row["slot"]) for row in legend] == [(1, 0.0), (1, 0.5), (0, 0.0), (0, 0.5)]  # in two lines
    (clean,) = [row for row in picture["gaps"] if row["level"] == 5 and row["who"] == "technique"]
    means = {(row["kind"], row["level"]): row["mean"] for row in picture["strengths"]}
    gap = means["validation", 5] - means["clean", 5]  # after 1,500 steps it is another on another processor
    assert 1.3 < gap < 1.6
    assert (clean["text"], clean["side"]) == (f"clean gap {gap:.2f}", "right")
    for kind in ("logged", "clean", "validation", "test"):
        for level in (5, 6):
            ends = means[kind, level], means[kind, level + 1]
            assert not min(ends) < clean["middle"] < max(ends), kind
    assert max(row["high"] for row in picture["strengths"] if row["who"] == "test") > now["top"]
    arrows = [layer for layer in layers_of(spec_of(app, 1)) if layer["mark"].get("shape") == "triangle-up"]
    assert ["datum.high >" in str(layer["transform"]) for layer in arrows] == [True, True]


def test_the_words_of_a_gap_take_the_side_where_no_curve_crosses_them():
    from pages.pictures.dropout import _bars

    curves = {  # of the page's first lesson, in round numbers
        "logged": [0.0, 0.02, 0.04, 0.09, 0.19, 0.38, 1.0, 1.4, 1.9],
        "clean": [0.0, 0.0, 0.0, 0.01, 0.02, 0.05, 0.18, 0.7, 1.5],
        "validation": [0.25, 0.21, 0.22, 0.2, 0.21, 0.26, 0.39, 0.9, 1.6],
        "test": [0.28, 0.26, 0.26, 0.26, 0.27, 0.3, 0.41, 0.9, 1.6],
    }
    ends = {kind: [{"mean": value} for value in values] for kind, values in curves.items()}
    bars = {bar["text"]: bar for bar in _bars(3, ends, 0.5)}
    assert {text: bar["side"] for text, bar in bars.items()} == {"logged gap 0.11": "left", "clean gap 0.19": "left"}
    for bar in bars.values():
        assert bar["beside"] == 3 - 0.16  # beyond the bars, which stand on both sides of the rate
        for values in curves.values():
            assert min(abs(bar["middle"] - value) for value in values[:4]) > 0.03
    assert abs(bars["logged gap 0.11"]["middle"] - bars["clean gap 0.19"]["middle"]) > 0.03


def test_the_picture_says_its_outputs_with_a_minus_sign(page):
    words = bodies(page, "for-readers")[0]
    assert re.search(r"output −?\d\.\d{3}, mean so far −?\d\.\d{3}, evaluation −\d\.\d{3}\.", words)
    assert "-" not in words


def test_the_lesson_where_it_does_nothing_says_so():
    text = bodies(take(open_page(), "When it does nothing"))[1]
    assert "Five seeds cannot tell" in text


def test_co_adaptation_is_compared():
    app = open_page(effect="Co-adaptation", rate="0.5")
    assert {"points", "bins", "without"} <= datasets_of(app)[1]
    text = bodies(app)[1]
    assert "the mean absolute correlation between hidden units" in text
    sentence = ("as far as correlation shows it.", "cannot tell why they agree.", "seeds cannot tell")
    assert sum(end in text for end in sentence) == 1


def test_uncertainty_is_mapped():
    app = open_page(effect="Uncertainty", rate="0.5", n="100")
    assert {"maps", "points", "rows"} <= datasets_of(app)[1]
    rows, border, difference, _ = numbers(
        r"deviation of (\S+) at the test rows and of (\S+) at the map.{1,6}s border "
        rf"\(paired difference \+?{NUMBER} ± (\S+), 95",
        bodies(app)[1],
    )
    assert rows > 0
    assert border > 0
    assert difference == pytest.approx(border - rows, abs=0.0011)
    off = open_page(effect="Uncertainty", rate="0", n="100")
    assert "every pass is the same" in bodies(off)[1]


@pytest.mark.parametrize("seed", [0, 2])
def test_passes_claim_no_more_than_the_seeds_tell(seed):
    """Of seed 2 alone passes agree more at the border than at the test rows, of seed 0 alone less."""
    text = bodies(open_page(effect="Uncertainty", rate="0.2", n="100", seed=str(seed)))[1]
    difference, half = numbers(rf"paired difference \+?{NUMBER} ± (\S+), 95", text)
    unsure, more, less = (
        "seeds cannot tell" in text,
        "agree more where the" in text and "tell" not in text,
        "agree less where the" in text,
    )
    assert (unsure, more, less) == (abs(difference) <= half, difference > half, difference < -half)
    assert "not whether they are right" in text
    assert not any(word in text for word in ("surer", "doubt", "right or wrong"))


@pytest.mark.usefixtures("short_trainings")
def test_the_data_named_are_the_data_drawn(files):
    app = take(open_page(), "Uncertainty")
    assert app.selectbox(key=f"{NAME}_shape").options == ["Two moons", "Two circles"]
    assert f"{NAME}_data" not in [box.key for box in app.selectbox]
    assert {row["dataset"] for row in files["dropout_maps.csv"]()} == {"moons"}


def test_uncertainty_trains_as_many_steps_as_are_set(files):
    short, long = ({}, {})
    for steps, trained in (("300", short), ("500", long)):
        open_page(effect="Uncertainty", rate="0.5", n="50", steps=steps)
        trained.update({name: rows() for name, rows in files.items()})
    assert short["dropout_uncertainty.csv"] != long["dropout_uncertainty.csv"]
    assert {row["steps"] for row in long["dropout_uncertainty.csv"]} == {500}


@pytest.mark.usefixtures("short_trainings")
def test_downloads_hold_what_is_drawn_by_name_and_seed(files):
    wine = {"data": "Wine, three cultivars", "n": "50"}
    open_page(**wine)
    rows = files["dropout_training.csv"]()
    assert set(rows[0]) == {
        "dataset",
        "dropout",
        "seed",
        "n_train",
        "step",
        "train_objective",
        "train_loss",
        "val_loss",
        "test_loss",
        "val_accuracy",
        "test_accuracy",
    }
    assert len({(row["dropout"], row["seed"], row["step"]) for row in rows}) == len(rows) == 9 * 5 * 20
    open_page(effect="Co-adaptation", **wine)
    assert set(files["dropout_adaptation.csv"]()[0]) == {
        "dataset",
        "n_train",
        "dropout",
        "seed",
        "mean_absolute_correlation",
    }
    assert len(files["dropout_adaptation.csv"]()) == 9 * 5
    pairs = files["dropout_pairs.csv"]()
    assert sum(row["share_of_pairs_of_all_seeds"] for row in pairs) == pytest.approx(9)
    open_page(effect="By dataset size", **wine)
    rows = files["dropout_size.csv"]()
    assert len({(row["n_train"], row["dropout"], row["seed"], row["early_stopping"]) for row in rows}) == len(rows)
    assert len(rows) == 2 * 9 * 5 * 2  # 25 and 50 rows
    for rows in files.values():
        assert not {"level", "who", "slot", "place", "at", "kind"} & set(rows()[0])


@pytest.mark.usefixtures("short_trainings")
def test_rate_by_size_with_and_without_early_stopping():
    data = "Wine, three cultivars"
    app = open_page(effect="By dataset size", data=data, n="50", rate="0.5")
    best = bodies(app)[1]
    assert best.startswith("These rates have the best mean validation loss. Trained to the end: ")
    assert ". With early stopping: " in best
    assert len(bodies(app)) == 4
    for kind, text in zip(("Trained to the end", "With early stopping"), bodies(app)[2:], strict=True):
        assert text.startswith(f"{kind} on 50 rows: ")
        assert "Mean validation loss is lowest " in text
    accuracy = open_page(effect="By dataset size", data=data, n="50", rate="0.5", measure="Accuracy")
    assert "Mean validation accuracy is highest " in bodies(accuracy)[2]
    assert bodies(accuracy)[2].count("points, 95") >= 1  # differences of shares are told in points
    assert re.search(r"\d\.\d %", bodies(accuracy, "for-readers")[1])


SWITCHES = {
    "left_on": "dropout left on at test",
    "twice": "dropout scaled twice",
    "by_rate": "dropout scaled by p",
    "norm": "dropout before a batch norm",
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_mistake_shows_its_harm_or_says_that_there_is_none(name):
    app = open_page(tab="Common mistakes", data="Wine, three cultivars", n="50", **{name: "true"})
    sentences = [text for text in bodies(app) if f"ith {SWITCHES[name]}, p = 0.3, validation loss" in text]
    assert len(sentences) == 1
    before_interval = sentences[0].partition(" interval)")[0]  # what follows is of other comparisons
    verdicts = (
        " rose from " in before_interval,
        "seeds cannot tell" in before_interval,
        sentences[0].endswith("Here it shows no harm."),
    )
    assert sum(verdicts) == 1
    assert any({"lines", "legend"} <= names for names in datasets_of(app))


@pytest.mark.usefixtures("short_trainings")
@pytest.mark.parametrize("name", SWITCHES)
def test_a_mistake_without_dropout_says_why_nothing_is_shown(name):
    app = open_page(tab="Common mistakes", n="50", rate="0", **{name: "true"})
    assert "Dropout is off, so the mistake changes nothing: set a rate above." in bodies(app)
    assert not any({"lines", "legend"} <= names for names in datasets_of(app))


def test_what_is_worse_than_a_constant_guess_is_said_and_stays_in_the_frame(drawn):
    app = open_page(tab="Common mistakes", data="Wine, three cultivars", n="50", rate="0.8", by_rate="true")
    (sentence,) = [text for text in bodies(app) if "ith dropout scaled by p, p = 0.8" in text]
    assert "no better than a constant guess, which comes to 1.099" in sentence
    picture = drawn[f"{NAME}_picture_wrong_by_rate"]
    means = [row["mean"] for row in picture["lines"] if row["level"] == 8]
    assert 1.3 < max(means) < picture["now"][0]["top"]
    off = bodies(open_page(data="MNIST-1D, ten signals", n="50", rate="0"))[1]
    assert off.startswith("Dropout is off: validation loss ")
    assert "That is no better than a constant guess, which comes to 2.303." in off


def test_dropout_before_batch_norm_is_told_from_dropping_another_layer():
    app = open_page(tab="Common mistakes", data="Wine, three cultivars", n="50", norm="true", rate="0.5")
    (sentence,) = [text for text in bodies(app) if "ith dropout before a batch norm" in text]
    before, after = numbers(r"variance of (\S+) times .* and of (\S+) times with dropout after it", sentence)
    assert before > 1.1 > after
    assert "The move also changes which layer is dropped; without batch norm that alone: " in sentence


@pytest.mark.usefixtures("short_trainings")
def test_no_axis_of_names_loses_a_label():
    for view in ("Mean and variance", "Five passes by hand"):
        specs = [json.loads(e.proto.spec) for e in open_page(view=view).get("vega_lite_chart")]
        axes = []

        def collect(node, axes=axes):
            if isinstance(node, dict):
                axes.extend([node["axis"]] if isinstance(node.get("axis"), dict) else [])
                node = list(node.values())
            for child in node if isinstance(node, list) else ():
                collect(child)

        collect(specs)
        named = [axis for axis in axes if "values" in axis]
        assert named
        assert all(axis["tickCount"] >= len(axis["values"]) for axis in named)


def test_the_prediction_is_answered_by_a_training_that_is_not_drawn():
    app = open_page(n="50")
    radio = app.radio(key=f"{NAME}_prediction")
    radio.set_value("It is higher").run()
    assert not app.exception
    (answer,) = (text for text in bodies(app) if "On the training rows, dropout off" in text)
    both, training = [effect.BASE, replace(effect.BASE, dropout=0.5)], replace(effect.TRAINING, max_steps=1500)
    run = fit("digits", both, training, n_train=50, seeds=range(5))
    off, on = run.kept("val_loss").mean(axis=-1).tolist()
    assert f"validation loss rose from {off:.3f} to {on:.3f}" in answer
    assert answer.startswith("As you predicted. ")
    assert f"it is {run.kept('train_loss')[0].mean():.3f} without" in answer
    radio.set_value("It is lower").run()
    assert any(text.startswith("Measured otherwise: It is higher. ") for text in bodies(app))


@pytest.mark.parametrize("view", ["Network", "Mean and variance"])
def test_a_mean_says_how_far_chance_takes_it_from_evaluation(view):
    sentence = bodies(open_page(rate="0.3", view=view))[0]
    away, share = numbers(r" (\S+) standard errors away; chance alone takes (\S+) % of such means as far", sentence)
    mean, error, evaluation = numbers(
        r"mean (?:over 2,000 passes )?is (\S+) \(standard error (\S+)\), in evaluation (?:it is )?([−\d.]+\d)", sentence
    )
    assert away == pytest.approx(abs(mean - evaluation) / error, rel=0.05, abs=0.1)  # of figures with three decimals
    assert share == pytest.approx(100 * math.erfc(away / math.sqrt(2)), rel=0.15, abs=4)
