"""The page of L1 as Streamlit runs it: its links, its lessons, its sentences both ways, the reference to its digits."""

import html
import itertools
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.charts import l1 as pictures
from pages.ui import images, scrub

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ("1.800, 0.300, −0.100, 0, −1.300", "1.335, 0.334, −0.200, 0.067, −1.001")


def open_page(**parameters):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.run()
    for name, value in parameters.items():
        app.query_params[f"l1_{name}"] = value
    app.switch_page("pages/l1.py").run()
    assert not app.exception, app.exception[0].message
    return app


def bodies(app, kind):
    found = [element.proto.body for element in app.get("html")]
    return [html.unescape(re.sub("<[^>]+>", "", body)) for body in found if f'class="{kind}' in body]


def sentences(app):
    return [body for body in bodies(app, "measured") if body]


def lesson(label):
    app = open_page()
    app.button_group(key="l1:lesson").set_value(label).run()
    assert not app.exception, app.exception[0].message
    return app


def test_the_first_lesson_shows_the_path_and_what_it_keeps():
    app = open_page()
    assert "keeps 6 of 10 features: bmi, s5, bp, s3, sex and s6. Exactly zero: s2, age, s1 and s4." in sentences(app)[0]
    assert "Lasso at strength 0.1: bmi 0.295, s5 0.236, bp 0.141" in bodies(app, "for-readers")[0]


def test_the_reference_demonstration_is_a_lesson_to_its_digits():
    app = lesson("Reference")
    first, second = REFERENCE
    assert f"Step 20. L1: {first}. L2: {second}." in bodies(app, "for-readers")[0]
    assert f"L1 gives w = ({first}), with 1 exact zero" in sentences(app)[0]
    assert f"gives ({second}), with 0" in sentences(app)[0]


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("Lasso", "the Lasso keeps 3 of 10"),
        ("Elastic net", "the elastic net keeps 7 of 10"),
        ("Ridge", "the ridge keeps 10 of 10 features: none is exactly zero"),
    ],
)
def test_the_three_penalties_at_one_strength(model, kept):
    assert kept in sentences(open_page(source="Breast cancer, means", model=model, strength=0.178))[0]


@pytest.mark.parametrize(
    ("strength", "said"),
    [
        ("0.1", "on a side, so neither weight is 0 yet"),
        ("0.447", "the diamond's corner, bp is exactly 0"),
        ("1", "has shrunk to a point: both are exactly 0"),
    ],
)
def test_the_diamond_says_where_the_ellipse_meets_it(strength, said):
    sentence = sentences(open_page(view="Diamond and ball", strength=strength))[0]
    assert said in sentence
    assert "the ridge has none at any" in sentence


def test_only_the_soft_threshold_ends_with_the_lassos_zeros():
    said = sentences(open_page(view="Three ways to zero", strength="0.2"))[0]
    assert "the soft threshold has 7 exact zeros, just those of the Lasso. The subgradient has 0" in said
    assert re.search(r"Clipping has \d, and on the way lost a zero that it had made \d+ times", said)
    assert "lost none that it had made" in sentences(open_page(view="Three ways to zero", strength="0"))[0]


def test_every_end_of_the_sliders_draws_a_page():
    for view in ("Lasso path", "Diamond and ball", "Three ways to zero", "Five weights"):
        for strength in ("0", "3.16"):
            ends = {"strength": strength, "step": "0", "level": strength}
            assert len(sentences(open_page(view=view, effect="Stability selection", **ends))) == 2


def test_the_effects_sentence_comes_out_both_ways():
    better = sentences(open_page())[1]
    worse = sentences(open_page(l1="1"))[1]
    assert "validation loss fell from" in better, better
    assert "validation loss rose from" in worse, worse
    assert "of the first layer's weights are exactly zero" in worse
    assert "L1 is off: validation loss" in sentences(open_page(l1="0"))[1]


def test_the_first_layer_counts_its_zeros_and_says_what_they_cost():
    pruned, too_much = (sentences(open_page(effect="First layer", l1=value))[1] for value in ("0.4", "1"))
    share = [float(re.match(r"([\d.]+)", text).group()) for text in (pruned, too_much)]
    assert 50 < share[0] < share[1] < 100
    assert "test accuracy did not change by more than the seeds' noise" in pruned
    assert "test accuracy fell from" in too_much


def test_stability_leaves_shuffled_copies_out_or_says_that_it_does_not():
    assert re.search(r"It leaves out \d", sentences(open_page(effect="Stability selection", level="0.0316"))[1])
    weak = sentences(open_page(effect="Stability selection", level="0.501"))[1]
    assert "drops no more of them than one Lasso does" in weak
    everything = sentences(open_page(effect="Stability selection", level="0"))[1]
    assert "and 10 shuffled" in everything


def test_every_mistake_shows_its_harm_or_that_there_is_none():
    def measured(**how):
        return " ".join(sentences(open_page(tab="Common mistakes", effect="Stability selection", **how))[2:])

    assert re.search(r"exactly zero, the subgradient 0\.0\s%", measured(subgradient="true"))
    units = measured(units="true")
    assert "s1, bp, s3, s6 and bmi in their own units" in units
    assert "changes its place in the queue: from 2 to 7" in units
    assert "in Adam's gradient, validation loss rose from" in measured(adam="true")
    assert "Here it shows no harm" in measured(adam="true", l1="0.01", data="Wine", n="50")


def test_the_prediction_is_measured():
    app = open_page(effect="Stability selection")
    app.radio(key="l1_prediction").set_value("More than 50 %").run()
    assert any("test accuracy is" in text and "means of 5 seeds" in text for text in sentences(app))


@pytest.mark.parametrize("bad", ["nan", "1e999", "text", "-1"])
def test_bad_values_of_each_view_are_refused_in_one_sentence(bad):
    values = dict.fromkeys(("strength", "step", "level", "seed"), bad)
    app = open_page(view="Three ways to zero", effect="Stability selection", **values)
    (warning,) = app.warning
    assert warning.value.startswith("In this link, ")
    assert warning.value.count(f"got {bad}") == 4


def test_a_strength_between_two_takes_the_nearer():
    app = open_page(strength="0.101")
    assert not app.warning
    assert app.select_slider(key="l1_strength").value == 0.1


# --- plain functions


def test_columns_cover_the_panel_and_meet_halfway():
    places = [0.9, 0.1, 0.1, 0.4]
    rows = scrub.between(places)
    assert [row["level"] for row in rows] == [1, 2, 3, 0]
    assert rows[0]["from"] == 0
    assert rows[-1]["to"] == 1
    assert all(a["to"] == b["from"] for a, b in itertools.pairwise(rows))
    assert rows[2]["to"] == pytest.approx(0.65)


def test_labels_are_apart_in_their_order_and_near_their_places():
    places = [0.0, 0.01, 0.02, 0.5, -0.4]
    found = pictures.apart(places, 0.1)
    ordered = [found[i] for i in sorted(range(5), key=places.__getitem__)]
    assert all(b - a >= 0.1 - 1e-6 for a, b in itertools.pairwise(ordered))
    assert found[3:] == [0.5, -0.4]
    assert sum(found[:3]) == pytest.approx(sum(places[:3]), abs=1e-5)


def test_a_picture_has_its_pixels():
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    rows = [[(255, 0, 0, 255), (0, 255, 0, 40), (0, 0, 0, 0)], [(1, 2, 3, 4)] * 3]
    picture = Image.open(BytesIO(b64decode(images.png(rows).partition(",")[2])))
    assert picture.size == (3, 2)
    assert [picture.getpixel((x, y)) for y in range(2) for x in range(3)] == rows[0] + rows[1]


def test_exact_zeros_look_unlike_the_smallest_weight():
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    url = pictures.tiles([[0.0, 1e-9, -1e-9, 1.0]] * 4, (2, 2), 1.0)
    picture = Image.open(BytesIO(b64decode(url.partition(",")[2])))
    assert picture.size == (5, 5)
    zero, small, below, large = (picture.getpixel(at) for at in ((0, 0), (1, 0), (0, 1), (1, 1)))
    assert zero == pictures.DEAD
    assert small[:3] == large[:3] == pictures.ORANGE
    assert below[:3] == pictures.BLUE
    assert zero[3] < small[3] < large[3]
    assert picture.getpixel((2, 0))[3] == 0


def test_each_framework_has_its_code_with_the_present_strength():
    for framework, words in (("PyTorch", "softshrink"), ("Keras", "SoftThreshold"), ("scikit-learn", "Lasso(alpha=l1")):
        app = open_page(tab="In your framework", effect="Stability selection", l1="0.4", framework=framework)
        text = "\n".join(block.value for block in app.code)
        assert words in text
        assert "0.4" in text
