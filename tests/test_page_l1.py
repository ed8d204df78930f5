"""The page of L1 as Streamlit runs it: its links, its lessons, its sentences both ways, the reference to its digits."""

import itertools
import math
import re

import pytest

from pages.pictures import l1 as pictures
from pages.ui import images, scrub

from reglab import fit, l1, l2
from reglab.experiments import cross_validated, stability, standardised
from reglab.settings import Settings, Training
from tests.opened import bodies, header, opener, sentences, take

REFERENCE = ("1.800, 0.300, −0.100, 0, −1.300", "1.335, 0.334, −0.200, 0.067, −1.001")
open_page = opener("l1")


def lesson(label):
    app = open_page()
    take(app, label)
    return app


def test_the_first_lesson_shows_the_path_and_what_it_keeps():
    app = open_page()
    assert "keeps 6 of 10 features: bmi, s5, bp, s3, sex and s6. Exactly zero: s2, age, s1 and s4." in sentences(app)[0]
    assert "Lasso at strength 0.1: bmi 0.295, s5 0.236, bp 0.141" in bodies(app, "for-readers")[0]


def test_the_reference_demonstration_is_a_lesson_to_its_digits():
    app = lesson("Reference")
    first, second = REFERENCE
    assert f"Step 20. L1: {first}. L2: {second}." in bodies(app, "for-readers")[0]
    assert f"L1 gives w = ({first}), with 1 exact zero:" in sentences(app)[0]
    assert f"gives ({second}), with 0" in sentences(app)[0]


@pytest.mark.parametrize(
    ("model", "features"),
    [
        ("Lasso", "the Lasso keeps 3 of 10"),
        ("Elastic net", "the elastic net keeps 7 of 10"),
        ("Ridge", "the ridge keeps 10 of 10 features: none is exactly zero"),
    ],
)
def test_the_three_penalties_at_one_strength(model, features):
    assert features in sentences(open_page(source="Breast cancer, means", model=model, strength=0.178))[0]


def test_the_step_of_one_view_is_one_of_the_other():
    app = lesson("Too much")
    for view in ("five", "ways", "five"):
        app.button_group(key="l1_view").set_value(view).run()
        assert not app.exception, app.exception[0].message
        slider = app.slider(key="l1_step")
        assert (slider.min, slider.max, slider.value) == (0, 60, 60)
    assert sentences(app)[0].startswith("After 60 steps at strength 0.501, L1 gives w = (0, 0, 0, 0, 0), with 5 exact")


def test_the_elastic_net_says_what_is_left_on_without_l1():
    X, y, X_test, y_test = (part[:, :10] if part.ndim > 1 else part for part in standardised("breast_cancer"))

    def explained(l2_strength):
        w = l2.ridge_path(X, y, [l2_strength])[0]
        return f"{1 - float(((y_test - X_test @ w) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()):.3f}"

    beside, plain = f"with L2 0.3 alone {explained(0.3)}", f"with no penalty {explained(0.0)}"
    net = {"source": "Breast cancer, means", "model": "Elastic net"}
    assert f", {beside}, {plain}. Cross-validation" in sentences(open_page(**net, strength="0.2"))[0]
    off = sentences(open_page(**net, strength="0"))[0]
    assert off.startswith("With L2 0.3 alone the elastic net keeps 10 of 10 features.")
    assert f"is {explained(0.3)}, {plain}." in off
    assert sentences(open_page(strength="0"))[0].startswith("With no penalty the Lasso keeps 10 of 10")


def test_a_strength_is_chosen_without_the_test_rows():
    X, y, _, _ = standardised("diabetes")
    errors = cross_validated(X, y, lambda X, y: l1.lasso_path(X, y, pictures.STRENGTHS))
    chosen = pictures.STRENGTHS[int(errors.argmin())]
    said = sentences(open_page())[0]
    assert f"Cross-validation on the 300 training rows chooses strength {chosen:g}, which has 0." in said
    assert "highest" not in said


def test_what_leaves_the_path_s_axis_is_marked(drawn):
    open_page(source="Breast cancer, means", strength="0")
    picture = drawn["l1_picture_path"]
    assert {row["end"] for row in picture["outside"] if row["level"] == 0} == {"high", "low"}
    ends = {row["text"].split()[0]: row["end"] for row in picture["bars"] if row["level"] == 0}
    assert {name: end for name, end in ends.items() if end} == {"perimeter": "high", "radius": "low", "area": "high"}
    assert all(row["level"] < 20 for row in picture["outside"])  # at larger strengths all are inside


def test_too_much_is_in_the_frame(drawn):
    lesson("Too much")
    picture = drawn["l1_effect_l1"]
    shown = [row for row in picture["strengths"] if row["level"] == picture["now"][0]["level"]]
    assert len(shown) == 3
    assert all(0.9 < row["mean"] < picture["now"][0]["top"] for row in shown)


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
    assert re.search(r"Clipping has \d, and on the way lost \d+ zeros that it had made", said)
    assert "lost none that it had made" in sentences(open_page(view="Three ways to zero", strength="0"))[0]
    assert " 1 times" not in said


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
    for said in (better, worse):
        assert "lowest at L1 strength 0.1" in said
        assert "On test rows, which had no part in that choice, test loss fell from 0.2" in said


def test_off_and_a_loss_above_guessing_are_said():
    off, poor = (sentences(open_page(data="MNIST-1D", n="100", l1=value))[1] for value in ("0", "0.01"))
    assert off.startswith("L1 is off: validation loss 4.1")
    assert "no better than a constant guess, which comes to 2.303. Mean validation loss is lowest" in off
    assert "validation loss fell from 4.1" in poor
    app = open_page(data="MNIST-1D", n="100", l1="0.01")
    assert any('class="measured none"' in element.proto.body for element in app.get("html"))


def test_where_it_does_nothing_the_seeds_cannot_tell_and_five_more_are_offered():
    app = lesson("When it does nothing")
    assert sentences(app)[1].startswith("Five seeds cannot tell whether with L1 strength 0.01, validation loss changed")
    app.button(key="l1_verdict:button").click().run()
    assert not app.exception
    assert app.select_slider(key="l1_seeds").value == 10
    assert "of 10 seeds (paired" in sentences(app)[1]


def test_the_first_layer_counts_its_zeros_and_says_what_they_cost():
    pruned, too_much = (sentences(open_page(effect="First layer", l1=value))[1] for value in ("0.4", "1"))
    share = [float(re.match(r"([\d.]+)", text).group()) for text in (pruned, too_much)]
    assert 50 < share[0] < share[1] < 100
    assert "Five seeds cannot tell whether with L1 strength 0.4, test accuracy changed" in pruned
    assert "test accuracy fell from" in too_much
    assert re.search(r"paired difference −\d+\.\d ± \d+\.\d points", too_much)


def test_stability_counts_the_shuffled_copies_that_each_seed_lets_in():
    X, y, _, _ = standardised("diabetes")

    def let_in(seed, at):
        selection = stability(X, y, [at], seed=seed)
        return (selection.path[0, 10:] != 0).sum(), (selection.frequency[0, 10:] >= 0.8).sum()

    said = sentences(open_page(effect="Stability selection", level="0.0316"))[1]
    single, often = (sum(counts) / 5 for counts in zip(*(let_in(seed, 0.0316) for seed in range(5)), strict=True))
    assert 0 < often < single
    assert f"the number of shuffled copies let in fell from {single:.3f} to {often:.3f}, in 5 of 5 seeds" in said
    strong = sentences(open_page(effect="Stability selection", level="0.501"))[1]
    assert "the number of shuffled copies let in stayed at 0.000, the same in every seed." in strong
    everything = sentences(open_page(effect="Stability selection", level="0"))[1]
    assert "stayed at 10.0" in everything
    nothing = sentences(open_page(effect="Stability selection", level="3.16"))[1]
    assert "keep 0 of 10 features and 0 shuffled copies" in nothing
    assert "none" not in nothing


def test_every_mistake_changes_one_thing_and_says_what_it_cannot_tell():
    def measured(**how):
        return " ".join(sentences(open_page(tab="Common mistakes", effect="Stability selection", **how))[2:])

    along = measured(subgradient="true")
    assert "the share of exact zeros in the first layer fell from 8.8 % to 0.0 %, in 5 of 5 seeds" in along
    assert "paired difference −8.8 ± 0." in along
    units = measured(units="true")
    assert "in their own units instead of standardised, R² on the test rows fell from 0.4" in units
    assert "in 5 of 5 seeds" in units
    assert "s1, bp, s3, s6 and bmi join first in their own units, bmi, s5, bp, s3 and sex standardised" in units
    assert "changes its place in the queue: from 2 to 7" in units
    adam = measured(adam="true")
    assert "in Adam's gradient instead of after its step, validation loss rose from 0.228" in adam
    assert "each chosen on validation rows, test loss rose from 0.2" in adam
    few = measured(adam="true", l1="0.01", data="Wine", n="50")
    assert few.startswith("Five seeds cannot tell whether with the subgradient of strength 0.01 in Adam's gradient")
    assert "no harm" not in along + units + adam + few
    off = measured(adam="true", subgradient="true", l1="0")  # nothing runs at a strength that is not set
    assert off.count("L1 is off") == 2


def test_the_prediction_is_chosen_on_validation_rows_and_measured():
    app = open_page(effect="Stability selection")
    app.radio(key="l1_prediction").set_value("10 to 50 %").run()
    (said,) = [text for text in sentences(app) if "keeps validation accuracy within one point" in text]
    assert re.search(r"Measured otherwise: More than 50 %\. At strength 0\.[24], .* are zero\. .*est accuracy", said)


def test_the_files_hold_what_the_pictures_mean(files):
    open_page(l1="0.1")
    rows = files["l1_training.csv"]()
    assert header(rows) == "l1, seed, n_train, step, train_loss, val_loss, test_loss, test_accuracy"
    run = fit(
        "digits",
        [Settings(l1=s, learning_rate=3e-3) for s in (0.0, 0.1)],
        Training(max_steps=300, eval_steps=20),
        n_train=200,
        seeds=5,
    )
    ends = [row["val_loss"] for row in rows if row["l1"] == 0.1 and row["step"] == 300]
    assert ends == run.val_loss[1, :, -1].tolist()
    assert math.isclose(max(row["train_loss"] for row in rows if row["l1"] == 0), run.train_loss[0].max())  # uncut
    open_page(effect="First layer", l1="0.4")
    zeros = [row["zeros_of_first_layer"] for row in files["l1_layer.csv"]() if row["l1"] == 0.4]
    weights = [row["weight"] for row in files["l1_weights.csv"]() if row["l1"] == 0.4]
    assert weights.count(0.0) / len(weights) == zeros[0]
    open_page(effect="Stability selection", level="0.0316")
    rows = files["l1_stability.csv"]()
    assert header(rows) == "l1, seed, feature, share_of_bootstraps, lasso_weight"
    assert {row["seed"] for row in rows} == set(range(5))
    assert max(abs(row["lasso_weight"]) for row in rows) > 0.3


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


def test_no_minus_stands_before_a_zero():
    said = " ".join(bodies(open_page(source="Breast cancer, means", model="Ridge", strength="3.16"), "for-readers"))
    said += " ".join(sentences(open_page(view="Five weights", strength="3.16", step="60")))
    assert not re.search(r"[-−]0\.0*(?![\d])", said)
    assert " -" not in said


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
    places_apart = pictures.apart(places, 0.1)
    ordered = [places_apart[i] for i in sorted(range(5), key=places.__getitem__)]
    assert all(b - a >= 0.1 - 1e-6 for a, b in itertools.pairwise(ordered))
    assert places_apart[3:] == [0.5, -0.4]
    assert sum(places_apart[:3]) == pytest.approx(sum(places[:3]), abs=1e-5)


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
