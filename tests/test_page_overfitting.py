"""The overfitting page as Streamlit runs it: lessons, sentences, what each picture says, and what links it refuses."""

import json
import re

import altair
import pytest

from pages.pictures import overfitting as pictures

from reglab import experiments
from tests.opened import bodies, datasets_of, numbers, opener, rows_of, take

NAME = "overfitting"
open_page = opener(NAME)


def sentence(app):
    """Return what the numbers say of the first picture."""
    return bodies(app, "measured")[0]


def charts(app):
    return [json.loads(element.proto.spec) for element in app.get("vega_lite_chart")]


def control(app, name):
    return app.session_state[f"{NAME}_{name}"]


@pytest.fixture(scope="module")
def page():
    return open_page()


def test_opens_whole(page):
    assert len(charts(page)) == 3
    assert sentence(page).startswith("Degree 16 is overfit.")
    assert len(bodies(page, "measured")) == 3
    assert not page.warning


def test_every_picture_says_what_it_shows_now(page):
    now = bodies(page, "for-readers")
    assert len(now) == 3
    assert re.fullmatch(r"Degree 16: overfit. Mean squared errors: train \S+, validation \S+, truth \S+\.", now[0])
    assert "100 % shuffled, test " in now[2]
    for element in page.get("vega_lite_chart"):
        assert len(element.proto.alt) > 40


REFERENCE = {
    1: ("too simple", "0.354", "0.264", "0.206"),
    3: ("about right", "0.0617", "0.0430", "0.0450"),
    5: ("about right", "0.0386", "0.0427", "0.0391"),
    15: ("overfit", "0.0100", "0.0714", "1.39"),
    19: ("overfit", None, "0.0814", "736"),
}


def test_the_reference_lesson_shows_its_table():
    app = take(open_page(), "Reference")
    assert (control(app, "n"), control(app, "noise"), control(app, "seed")) == (20, 0.3, 42)
    assert control(app, "numbers") == "legacy"
    for degree, (verdict, train, at_points, between) in REFERENCE.items():
        app.slider(key=f"{NAME}_degree").set_value(degree).run()
        text = sentence(app)
        assert text.startswith(f"Degree {degree} is {verdict}.")
        assert f"Against the truth: {at_points} at the points, {between} between them" in text
        error = re.search(r"on its own 20 points (\S+),", text).group(1)
        assert error == train if train else float(error.replace("−", "-")) < 1e-20
        assert ("the damage is between the points" in text) == (degree >= 15)


def test_a_lesson_is_a_full_state(short_trainings):
    app = open_page(n="60", noise="0.8", spacing="Random", effect="More points", degree="2")
    assert "more than" not in sentence(app)
    take(app, "No noise")
    assert (control(app, "n"), control(app, "noise"), control(app, "spacing")) == (20, 0.0, "even")
    assert control(app, "effect") == "parts"
    assert sentence(app).startswith("Degree 16 is about right.")
    take(app, "Between the points")
    assert control(app, "at_points") is True
    assert control(app, "tab") == "Common mistakes"
    assert "Judged at the points alone" in bodies(app, "measured")[-2] + bodies(app, "measured")[-1]
    take(app, "See it happen")
    assert sentence(app).startswith("Degree 16 is overfit.")
    assert control(app, "at_points") is False


@pytest.mark.parametrize(
    ("lesson", "says"),
    [
        ("Too simple", "Degree 1 is too simple."),
        ("About right", "Degree 3 is about right."),
        ("More points", "Degree 16 is about right."),
        ("Second descent", "Degree 19 is overfit."),
    ],
)
def test_lessons_show_what_they_say(page, lesson, says):
    assert sentence(take(page, lesson)).startswith(says)


def test_every_effect_is_reached_by_a_link(short_trainings):
    for effect, dataset in (("Bias and variance", "parts"), ("More points", "floor"), ("More coefficients", "rules")):
        app = open_page(effect=effect, real="Width", data="Wine", rows="50")
        assert dataset in datasets_of(app)[1]
        assert "loss" in datasets_of(app)[2]
        assert not app.warning


def test_the_second_descent_depends_on_the_basis():
    ends = {}
    for basis in ("Legendre", "Chebyshev"):
        text = bodies(open_page(effect="More coefficients", basis=basis), "measured")[1]
        assert "beyond it falls again" in text
        ends[basis] = float(re.search(r"at k = 400 it is (\S+)\.$", text).group(1))
    assert ends["Legendre"] < 0.1 < ends["Chebyshev"]


def test_bias_and_variance_are_the_measured_total():
    for degree in ("1", "5", "12"):
        text = bodies(open_page(degree=degree), "measured")[1]
        together, measured = re.search(r"together (\S+); measured on fresh points (\S+), the mean", text).groups()
        assert abs(float(together) - float(measured)) < 0.03 * float(measured)


def test_the_parts_shown_add_up_and_a_lucky_sample_is_told_from_the_mean():
    first, text = bodies(open_page(degree="15"), "measured")[:2]
    assert first.startswith("Degree 15 is about right.")  # for this sample: the mean of many is far above the noise
    parts = r"bias² under \S+, not told from chance and taken as 0; variance (\S+); noise (\S+); together (\S+);"
    variance, noise, together = numbers(parts, text)
    assert together == pytest.approx(variance + noise, rel=0.006)  # three digits each
    mean, median, error = numbers(
        r"points (\S+), the mean of 300 samples\. Half of them are below (\S+); the sample above, .* has (\S+)\.", text
    )
    assert error < median < 0.75 * mean
    assert numbers(r"on new points (\S+),", first) == [error]


def test_mistakes_measure_their_harm():
    app = open_page(powers="true", by_train="true", at_points="true", seed="42", numbers="RandomState")
    powers, by_train, at_points = [
        text for text in bodies(app, "measured") if "np.polyfit" in text or "chose degree" in text or "Judged" in text
    ]
    assert re.match(r"From degree 1\d on np.polyfit warns and no longer passes through its points", powers)
    plain = powers.replace("−", "-")
    raw, right = (float(re.search(p, plain).group(1)) for p in (r"there is (\S+), where", r"basis has (\S+)\.$"))
    assert raw > 1e-4 > 1e-20 > right
    assert by_train.endswith("choosing by train error was worse in 20 of 20 samples and better in 0.")
    assert "0.0814 at the points and 736 between them" in at_points


def test_mistakes_say_when_they_do_no_harm():
    texts = " ".join(bodies(open_page(n="5", powers="true"), "measured"))
    assert "From degree 5 on np.polyfit warns, and it does no harm: its errors" in texts
    texts = " ".join(bodies(open_page(noise="0", at_points="true", by_train="true"), "measured"))
    assert "Here it does no harm: no degree overfits" in texts
    assert "worse in 0 of 20 samples and better in 0: here it does no harm." in texts


def test_bad_values_are_refused_in_one_sentence_and_the_rest_stays():
    app = open_page(degree="99", noise="nan", n="40", effect="Bogus", share="2", data="diabetes", tab="x")
    (warning,) = app.warning
    for part in (
        "got 99, so 16 is used",
        "got nan, so 0.3 is used",
        "got Bogus, so Bias and variance is used",
        "got diabetes, so Digits is used",
        "got x, so Predict first is open",
    ):
        assert part in warning.value
    assert control(app, "n") == 40
    assert control(app, "degree") == 16


def test_an_off_step_value_is_snapped():
    app = open_page(noise="0.333", degree="3")
    assert control(app, "noise") == 0.35
    assert "of which 0.122 is noise" in sentence(app)


def test_few_rows_are_said(short_trainings):
    app = open_page(data="Wine", rows="400")
    assert any("Wine has 119 rows to train on." in caption.value for caption in app.caption)
    assert "the 119 training rows" in bodies(app, "measured")[2]
    app = open_page(data="Wine", rows="400", real="Width")  # a third of them is kept to choose a width by
    assert any("Wine has 80 rows to train on." in caption.value for caption in app.caption)


def test_what_leaves_an_axis_is_marked_and_is_no_plateau():
    app = open_page(degree="19")
    rows = rows_of(app, 0)
    for who in ("train", "validation", "test"):
        curve = [row["error"] for row in rows["errors"] if row["who"] == who]
        marked = {row["level"]: row["error"] for row in rows["marks"] if row["who"] == who}
        assert list(marked) == list(range(20))  # every measured one, none of them clamped
        assert marked[19] < 1e-20 if who == "train" else marked[19] > 1000
        assert curve[-1] is None  # it ends where it leaves the axis
        assert curve[-2] == pytest.approx(pictures.LOW if who == "train" else pictures.HIGH)
        assert sum(error is not None for error in curve) < len(marked)
    spec = json.dumps(charts(app)[0])
    assert "triangle-up" in spec
    assert "triangle-down" in spec
    assert re.fullmatch(r"▲ to \d+  ▼ to −\d+", rows["levels"][19]["beyond"])
    parts = rows_of(app, 1)
    assert parts["legend"][-1]["text"].startswith("measured 1")
    assert max(row["error"] for row in parts["total"]) > 1000


def test_the_losses_of_all_widths_are_within_the_axis():
    app = open_page(real="Width", data="Moons", rows="50", share="0.5")
    rows = rows_of(app, 2)
    assert max(row["high"] for row in rows["loss"]) < rows["now"][0]["top"]


def test_a_width_is_chosen_on_validation_and_judged_on_test():
    widths = experiments.width("wine", n_train=50, n_val=40)
    losses = widths.val_loss.mean(axis=1)
    best, last = int(losses.argmin()), len(widths.widths) - 1
    app = open_page(real="Width", data="Wine", rows="50")
    said = bodies(app, "measured")[2]
    assert f"validation rows is lowest with {widths.widths[best]} units" in said
    assert f"with 128 units instead of {widths.widths[best]}, test loss" in said
    for which in (best, last):
        assert f"{widths.test_loss[which].mean():.3f}" in said
    assert "Five seeds cannot tell" in said
    more = next(button for button in app.button if button.label == "Add five seeds")
    more.click().run()
    assert not app.exception
    assert "of 10 seeds" in bodies(app, "measured")[2]


def test_what_is_drawn_is_downloaded_with_names(files, short_trainings):
    wide = {"data": "Wine", "rows": "50", "degree": "19"}
    open_page(**wide)
    assert [row["train_mse"] for row in files["overfitting_by_degree.csv"]()][19] < 1e-20
    assert {"n", "noise", "seed", "degree", "mse_against_truth"} < set(files["overfitting_by_degree.csv"]()[0])
    fits = files["overfitting_fits.csv"]()
    assert {row["what"] for row in fits} == {"sample", "truth", "fit"}
    assert max(row["y"] for row in fits) > 100
    effect = files["overfitting_effect.csv"]()
    assert [row["degree"] for row in effect] == list(range(20))
    shares = files["overfitting_memorization.csv"]()
    assert {row["share_of_labels_shuffled"] for row in shares} == {0, 0.25, 0.5, 0.75, 1}
    assert {row["seed"] for row in shares} == set(range(5))
    for effect, at in (("More points", "n"), ("More coefficients", "coefficients")):
        open_page(effect=effect, real="Width", **wide)
        rows = files["overfitting_effect.csv"]()
        assert at in rows[0]
        assert {row["error"] for row in rows} == {"train", "validation", "true"}
        assert min(row["mse_median"] for row in rows) < 1e-20
    assert len(files["overfitting_width.csv"]()) == 7 * 5
    assert {"hidden_units", "val_loss"} < set(files["overfitting_width.csv"]()[0])


def test_without_noise_there_is_no_floor_to_reach():
    said = bodies(open_page(noise="0", effect="More points"), "measured")[1]
    assert said.endswith("Without noise there is no floor.")


def test_the_reference_sample_is_named_where_its_control_is_closed():
    app = open_page(numbers="RandomState", seed="42", spacing="Random")
    assert any("20 points, random x, noise 0.3, RandomState(42)" in text for text in bodies(app, "picture-title"))


def test_prediction_is_answered_by_a_run(page):
    take(page, "See it happen")
    right = "It falls, but not below its first minimum"
    page.radio(key=f"{NAME}_prediction").set_value(right).run()
    (answer,) = (text for text in bodies(page) if text.startswith("As you predicted. The median error of 100 samples"))
    first, beyond = numbers(r"is (0\.\d+) at best .* points, [\d,]+ with as many, and (0\.\d+) beyond", answer)
    assert first < beyond
    page.radio(key=f"{NAME}_prediction").set_value("It goes on rising").run()
    assert any(text.startswith(f"Measured otherwise: {right}.") for text in bodies(page))


def test_the_template_does_not_follow_the_sliders(page):
    take(page, "See it happen")
    before = page.get("vega_lite_chart")[0].proto.spec
    page.slider(key=f"{NAME}_degree").set_value(3).run()
    page.slider(key=f"{NAME}_noise").set_value(0.1).run()
    page.slider(key=f"{NAME}_n").set_value(90).run()
    assert page.get("vega_lite_chart")[0].proto.spec == before


def test_curves_are_cut_at_the_edge():
    xs = [i / 50 for i in range(101)]
    curve = list(pictures.inside(((x, 5 * (x - 1) ** 3) for x in xs), -1.0, 1.0))
    assert all(y is None or abs(y) <= 1.0 for _, y in curve)
    ys = [y for _, y in curve]
    assert ys[0] == -1.0
    assert ys[-2:] == [1.0, None]
    assert [x for x, _ in curve] == sorted(x for x, _ in curve)
    spike = list(pictures.inside([(0.0, -3.0), (1.0, 3.0), (2.0, -3.0)], -1.0, 1.0))
    assert [y for _, y in spike] == [-1.0, 1.0, None, 1.0, -1.0, None]


TEMPLATES = [
    (pictures._fits, (2.0,)),
    (pictures._parts, (4.0, 3.0)),
    (pictures._learning, ()),
    (pictures._descent, ()),
    (pictures._memorized, (500,)),
    (pictures._widths, ()),
    (pictures._powers, ()),
]


@pytest.mark.parametrize(("template", "scalars"), TEMPLATES, ids=lambda value: getattr(value, "__name__", ""))
def test_templates_are_valid_and_built_once(template, scalars):
    spec = template(*scalars)
    assert template(*scalars) is spec
    altair.Chart.from_dict(spec, validate=True)
    assert "values" not in json.dumps(spec.get("datasets", {}))


def test_every_dataset_that_is_sent_has_a_mark(short_trainings):
    """The browser raises an error at new rows for a name that the template does not hold, and stops drawing."""
    for effect, real in (("Bias and variance", "Width"), ("More coefficients", "Shuffled labels")):
        pictures = open_page(effect=effect, real=real).get("vega_lite_chart")
        assert len(pictures) == 3
        for picture in pictures:
            spec = picture.proto.spec.replace(" ", "")
            assert [d.name for d in picture.proto.datasets if f'"name":"{d.name}"' not in spec] == []
