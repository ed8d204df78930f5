"""The page of gradient clipping as Streamlit runs it: its valley, its lessons, and its sentences."""

import dataclasses
import html
import math
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.charts import gradient_clipping as pictures

from reglab import fit, gradient_clipping
from reglab.settings import Settings, Training

ROOT = Path(__file__).resolve().parent.parent
SMALL = {"data": "Wine, three cultivars", "n": "50"}  # trains quickly


def open_page(**parameters):
    """Run the page as if its link had been opened."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=180).run()
    for name, value in parameters.items():
        app.query_params[f"gradient_clipping_{name}"] = value
    app.switch_page("pages/gradient_clipping.py").run()
    assert not app.exception
    return app


def bodies(app):
    return [e.proto.body for e in app.get("html") if 'role="status"' in e.proto.body]


def sentences(app):
    """Return the measured sentences without their markup."""
    return [html.unescape(re.sub(r"<.*?>", "", body)) for body in bodies(app)]


def test_it_opens_on_a_run_that_clipping_saves():
    app = open_page()
    assert not app.warning
    assert app.button_group(key="gradient_clipping:lesson").value == "See it work"
    valley, loss, part = sentences(app)
    assert "which turns it by 0°, and at" in valley
    assert "without clipping; clipped by norm it is 0." in valley
    assert "training diverged in 5 of 5 seeds without it and in 0 of 5 with it, where it ended at 0.1" in loss
    assert 'class="measured "' in bodies(app)[1]
    assert part.startswith("15 % of the steps were clipped: the limit catches the leaps")


def test_too_much_raises_the_loss_and_is_clipped_at_every_step():
    app = open_page()
    app.button_group(key="gradient_clipping:lesson").set_value("Too much").run()
    assert not app.exception
    _, loss, part = sentences(app)
    assert "With a limit of the norm of 0.003, validation loss rose from 0.2" in loss
    assert 'class="measured worse"' in bodies(app)[1]
    assert part.startswith("100 % of the steps were clipped: more than half, so the limit sets their length")


def test_a_limit_that_is_never_reached_changes_nothing():
    _, loss, part = sentences(open_page(limit="3", lr="0.01", **SMALL))
    assert "stayed at" in loss or "seeds cannot tell" in loss
    assert part in ("0 % of the steps were clipped: the limit is never reached.",
                    "under 1 % of the steps were clipped: the limit catches the leaps and leaves the rest.",
                    "1 % of the steps were clipped: the limit catches the leaps and leaves the rest.")  # fmt: skip


def test_the_valleys_sentence_is_what_the_library_computes():
    said = sentences(open_page(bound="2", walk="0.2", **SMALL))[0]
    at = [-2 + 0.4 * i for i in range(11)]
    points = [(x, y) for x in at for y in at if abs(x) + abs(y) > 1e-9]
    valley_gradient = gradient_clipping.valley_gradient
    turns = [
        gradient_clipping.angle([valley_gradient(p)], [valley_gradient(p, 2.0, "value")]) for p in points
    ]  # fmt: skip
    assert f"by value, which turns it by {sum(turns) / len(turns):.0f}° on average, {max(turns):.0f}° at most" in said
    end = gradient_clipping.descend((0.35, 2.0), 0.2, 2.0, steps=30)[-1]
    assert f"clipped by norm it is {math.hypot(*end):.2f} from the bottom after 30 steps" in said


@pytest.mark.parametrize("view", ["Loss", "Gradient norms", "Learning rates"])
@pytest.mark.parametrize("way", ["Norm", "Value"])
def test_every_view_is_drawn_with_and_without_a_limit(view, way):
    for limit in ("0", "0.1"):
        said = sentences(open_page(view=view, way=way, limit=limit, bound="0", each="true", confused="true", **SMALL))
        assert said[0] == "Without clipping, a walk at learning rate 0.3 leaves the map in 6 steps."
        assert "nan" not in " ".join(said)
        assert said.count("Without a limit the mistake changes nothing.") == (2 if limit == "0" else 0)


def test_off_counts_what_diverged():
    assert sentences(open_page(limit="0"))[1].startswith("Without clipping, learning rate 1 diverged in 5 of 5 seeds. ")
    calm = sentences(open_page(limit="0", lr="0.01", **SMALL))[1]
    assert calm.startswith("Without clipping, learning rate 0.01 diverged in 0 of 5 seeds; validation loss 0.")


def test_the_learning_rates_are_compared_at_their_best_and_the_share_by_what_it_did():
    _, told, part = sentences(open_page(view="Learning rates"))
    assert "Without clipping the loss is lowest at a learning rate of 0.01 (0.093), and 9 of 25 runs diverge." in told
    assert "With a limit of the norm of 0.1 the loss is lowest at" in told
    assert "and 0 of 25 runs diverge. " in told
    assert "ith clipping, each at its own best learning rate, validation loss" in told
    assert part.endswith("15 % at 1: here a lower learning rate is clipped more.")


def test_the_mistakes_are_measured():
    said = sentences(open_page(each="true", confused="true"))
    each, confused = said[3:]
    assert re.match(r"In the steps that it clips, it turns the gradient by [12]\d\.\d° on average and ", each)
    assert "With each array clipped by its own norm, validation loss rose from 0.1" in each
    assert "ith 0.1 as the limit of each element, validation loss" in confused
    # Which of the wild runs diverge depends on the processor.
    training, setting = Training(optimizer="sgd", max_steps=300, eval_steps=20), Settings(learning_rate=1.0)
    ways = [dataclasses.replace(setting, **{field: 0.1}) for field in ("clip_norm", "clip_value")]
    lost = fit("breast_cancer", ways, training, n_train=200, seeds=5).diverged.sum(axis=1).tolist()
    assert f"diverged in {lost[0]} of 5 seeds without it and in {lost[1]} of 5 with it" in confused
    assert lost[0] == 0 < lost[1]
    assert "By norm 15 % of the steps are clipped, by value " in confused
    assert "no harm" not in each + confused


def test_a_mistake_that_does_no_harm_is_said_to_do_none():
    said = sentences(open_page(each="true", limit="3", lr="0.01", **SMALL))
    assert said[-1].endswith("Here it shows no harm.") != ("seeds cannot tell" in said[-1])
    assert " rose from " not in said[-1]


def test_the_prediction_is_answered_by_a_measurement():
    app = open_page(**SMALL)
    app.radio(key="gradient_clipping_prediction").set_value("Higher").run()
    told = next(said for said in sentences(app) if said.startswith("As you predicted."))
    assert "With learning rate 1 and a limit of 0.03 instead of 0.01 and none, validation loss rose from 0.093" in told


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("limit", "-1", "Limit of the training's gradient must be a number from 0 to 3, got -1, so 0.1 is used"),
        ("lr", "1e999", "Learning rate (SGD) must be a number from 0.01 to 1, got 1e999, so 1 is used"),
        ("way", "both", "Clip by must be one of Norm, Value, got both"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said):
    app = open_page(**{**SMALL, name: value})
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_a_template_is_built_once_and_holds_no_data():
    names = ("off", "0.1")
    for make, arguments in (
        (pictures.valley, (names,)), (pictures.norms, (names, 300)), (pictures.rates, (names, "u")),
        (pictures.turned, (300,)),
    ):  # fmt: skip
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)
