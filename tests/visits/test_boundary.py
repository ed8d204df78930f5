"""The boundary that is watched while it is learned, and points moved by hand, on every page that has them."""

import base64
import json

import pytest

from pages.ui import boundary, by_hand, controls

from reglab.datasets import load
from reglab.experiments import plane_ends
from tests.opened import open_page, sentences

# Of each page the control that holds the view, what is set besides, and what both networks are called.
PAGES = {
    "overfitting": ("real", {"data": "Moons"}, ("4 hidden units", "128 hidden units")),
    "l2": ("effect", {"data": "Two moons"}, ("Without weight decay", "With weight decay 1")),
    "l1": ("effect", {}, ("Without L1", "With L1 strength 0.03")),
    "dropout": ("effect", {"data": "Two circles"}, ("Without dropout", "With dropout rate p 0.3")),
    "early_stopping": ("effect", {}, ("Without early stopping", "With patience 5")),
    "mixup": ("view", {"plane": "Three spirals"}, ("Without mixup", "With mixup α 0.1")),
    "label_smoothing": ("view", {}, ("Without label smoothing", "With label smoothing 0.1")),
    "gradient_clipping": ("view", {}, ("Without clipping", "With limit of the norm 0.1")),
}


def watched(app):
    """Return what the component of a page is sent."""
    (element,) = app.get("bidi_component")
    return json.loads(element.proto.json)


def opened(page, **parameters):
    """Return a page with the boundary in view."""
    control, given, _ = PAGES[page]
    return open_page(page, **{control: boundary.LABEL, **given, **parameters})


@pytest.mark.parametrize("page", PAGES)
def test_both_networks_are_sent_once_with_their_names(page, short_trainings):
    app = opened(page)
    sent = watched(app)
    assert tuple(side["name"] for side in sent["sides"]) == PAGES[page][2]
    for side in sent["sides"]:
        assert len(base64.b64decode(side["frames"])) == len(sent["steps"]) * sent["side"] ** 2
        assert len(side["val"]) == len(side["shares"]) == len(sent["steps"])
    assert sent["rows"]
    assert any("The pictures are of seed 0 alone, the sentence is about all 5." in said for said in sentences(app))
    assert not app.warning


def test_nothing_is_trained_for_it_before_its_view_is_open(short_trainings, monkeypatch):
    monkeypatch.setattr(boundary, "train", lambda *_, **how: pytest.fail("trained"))
    assert not open_page("l2", data="Wine, three cultivars", n="50").get("bidi_component")


def test_it_follows_strength_data_rows_and_seed_and_is_in_the_link(short_trainings):
    app = opened("l2")
    first = watched(app)
    assert app.query_params["l2_effect"] == boundary.LABEL
    app.select_slider(key="l2_decay").set_value(10.0).run()
    stronger = watched(app)
    assert stronger["sides"][0]["frames"] == first["sides"][0]["frames"]
    assert stronger["sides"][1]["frames"] != first["sides"][1]["frames"]
    assert stronger["id"] != first["id"]
    app.number_input(key="l2_seed").set_value(3).run()
    assert watched(app)["rows"] != first["rows"]
    app.select_slider(key="l2_decay").set_value(0.0).run()
    same = watched(app)["sides"]
    assert same[0]["frames"] == same[1]["frames"]
    assert any("is off, so both are the same network" in said for said in sentences(app))
    app.selectbox(key="l2_data").set_value("digits").run()
    app.button_group(key="l2_plane").set_value("spirals").run()
    assert watched(app)["classes"] == list(load("spirals").class_names)
    assert app.query_params["l2_plane"] == load("spirals").title


def test_points_of_ones_own_are_trained_on_and_are_in_the_link(short_trainings):
    points = ((2048, 4000, 1), (100, 200, 0))
    app = opened("l2", points=by_hand.written(points))
    sent = watched(app)
    assert sent["points"] == [list(point) for point in points]
    assert len(sent["rows"]) == 100
    assert any("Every seed trained on 2 points of your own too." in said for said in sentences(app))
    assert sent["sides"][0]["train"] != watched(opened("l2"))["sides"][0]["train"]
    assert app.query_params["l2_points"] == by_hand.written(points)
    (x0, x1), _ = plane_ends("moons")
    assert by_hand.to_plane(points[0], plane_ends("moons"))[0] == pytest.approx((x0 + x1) / 2, abs=0.01)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("00", "Points must be written in five letters each, got 2 letters, so none is used"),
        ("<b>aa", "Points must be written in letters, digits, - and _, got others, so none is used"),
        ("00001" * 41, "Points must be at most 40, got 41, so none is used"),
    ],
)
def test_points_that_a_link_has_wrong_are_refused_in_a_sentence(text, said, short_trainings):
    app = opened("l2", points=text)
    assert watched(app)["points"] == []
    assert said.replace("_", "\\_") in app.warning[0].value or said in app.warning[0].value


def test_a_point_of_a_class_that_the_data_lack_is_left_out(short_trainings):
    assert watched(opened("l2", points=by_hand.written([(1, 2, 2), (3, 4, 1)])))["points"] == [[3, 4, 1]]


def test_early_stopping_says_when_it_has_stopped(short_trainings):
    side = watched(opened("early_stopping", patience="1"))["sides"][1]
    assert None in side["val"]
    assert side["stopped"].startswith("stopped; the weights of step ")


def test_points_of_the_polynomial_are_moved_by_hand(short_trainings):
    app = open_page("overfitting", hand="true", degree="3")
    drawn = watched(app)
    assert len(drawn["points"]) == 20
    assert not drawn["moved"]
    points = [tuple(point) for point in drawn["points"]]
    points[0] = (points[0][0], 4095, 0)
    moved = open_page("overfitting", hand="true", degree="3", points=by_hand.written(points))
    sent = watched(moved)
    assert sent["moved"]
    assert sent["curves"][0] == drawn["curves"][0]
    assert sent["curves"][1] != drawn["curves"][1]
    assert sentences(moved)[0] != sentences(app)[0]
    few = open_page("overfitting", hand="true", degree="3", points=by_hand.written(points[:2]))
    assert "Points must be at least 3, got 2, so none is used" in few.warning[0].value


@pytest.mark.parametrize(("page", "view"), [("l2", "Ball and contours"), ("l1", "Diamond and ball")])
def test_the_centre_of_the_lines_of_equal_loss_is_moved_by_hand(page, view, short_trainings):
    was = watched(open_page(page, view=view, hand="true", strength="0.1"))
    point = (3000, 1000, 0)
    app = open_page(page, view=view, hand="true", strength="0.1", centre=by_hand.written([point]))
    sent = watched(app)
    assert sent["points"] == [list(point)]
    assert (was["moved"], sent["moved"]) == (False, True)
    assert sent["ends"] == was["ends"]
    assert sent["dots"] != was["dots"]
    at_zero = open_page(page, view=view, hand="true", strength="0.1", centre=by_hand.written([(2047, 2048, 0)]))
    assert len(watched(at_zero)["dots"]) == len(sent["dots"])


def test_what_the_component_sends_is_taken_where_it_is_right(short_trainings, monkeypatch):

    values = {}
    monkeypatch.setattr(controls, "set_values", values.update)
    for sent in ([[5, 6, 1]], [[5, 6, 2]], [["<b>", 6, 1]], "all", [[5, 6]], [[True, 6, 1]]):
        monkeypatch.setattr(by_hand.st, "session_state", {"l2_watched": {"moved": sent}})
        by_hand.take("points", "l2_watched", 40, 2)()
    assert values == {"points": by_hand.written([(5, 6, 1)])}
