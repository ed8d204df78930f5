"""The controls and the address: written once for each action, read where a page is opened or gone back to."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.state.query_params_proxy import QueryParamsProxy
from streamlit.testing.v1 import AppTest

from pages.ui import controls, layout

from tests.walk_lessons import open_page, take

# Without a training: the mechanism's controls are enough.
SCRIPT = """
import streamlit as st
from pages.ui import controls
from pages.ui.layout import copy_link, open_page

open_page("l2")
everything = {"a": 1, "b": 0.5, "c": "x", "d": False, "late": 3}
controls.lessons({"All": everything, "Other": {"a": 4, "c": "y", "d": True}}, {})
a = controls.slider("a", "A", 0, 10, 1, 1)
if a < 9:
    controls.scale("b", "B", (0.1, 0.5, 2.0), 0.5)
controls.choice("c", "C", {"x": "The first", "y": "The second"}, "x")
controls.switch("d", "D")
copy_link()
controls.slider("late", "Late", 0, 10, 3, 1)
"""


@pytest.fixture
def writes(monkeypatch):
    """Collect what is written into the address, each time as a whole."""
    addresses, write = [], QueryParamsProxy.from_dict

    def noting(self, address):
        addresses.append(dict(address))
        write(self, address)

    monkeypatch.setattr(QueryParamsProxy, "from_dict", noting)
    return addresses


@pytest.fixture
def alone(monkeypatch):
    """Leave the links to the pages out: the script stands by itself."""
    monkeypatch.setattr(layout, "_sidebar", lambda: None)


def opened(**parameters):
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    for name, value in parameters.items():
        app.query_params[f"l2_{name}"] = value
    return app.run()


def values(app):
    by_key = {
        element.key: element.value
        for kind in ("slider", "select_slider", "selectbox", "toggle")
        for element in app.get(kind)
    }
    return {key.removeprefix("l2_"): value for key, value in by_key.items()}


def back(app, monkeypatch, **parameters):
    """Run as after the browser's Back, which leads to these parameters."""
    app.query_params.clear()
    app.query_params.update({f"l2_{name}": value for name, value in parameters.items()})
    with monkeypatch.context() as patch:
        patch.setattr(controls, "get_script_run_ctx", lambda: SimpleNamespace(is_history_navigation=True))
        return app.run()


START = {"a": 1, "b": 0.5, "c": "x", "d": False, "late": 3}


def test_a_page_that_is_opened_writes_nothing(alone, writes):
    assert values(opened()) == START
    app = opened(a="3", b="0.50", late="7", d="TRUE", c="The first")
    assert values(app) == {**START, "a": 3, "d": True, "late": 7}
    assert writes == []


def test_a_lesson_is_written_once(alone, writes):
    app = opened(late="7")
    app.button_group(key="l2:lesson").set_value("Other").run()
    other = {"l2_a": "4", "l2_c": "The second", "l2_d": "true"}
    assert writes == [other]
    assert values(app) == {**START, "a": 4, "c": "y", "d": True}
    app.run()
    assert writes == [other]
    app.slider(key="l2_a").set_value(9).run()
    assert writes == [other, {**other, "l2_a": "9"}]


def test_a_link_to_a_lesson_writes_nothing_until_something_is_set(alone, writes, monkeypatch):
    app = opened(lesson="Other", late="7")
    assert values(app) == {**START, "a": 4, "c": "y", "d": True, "late": 7}
    app.run()
    assert writes == []
    app.select_slider(key="l2_b").set_value(2.0).run()
    whole = {"l2_a": "4", "l2_b": "2", "l2_c": "The second", "l2_d": "true", "l2_late": "7"}
    assert writes == [whole]
    back(app, monkeypatch, lesson="Other", late="7")
    assert values(app) == {**START, "a": 4, "c": "y", "d": True, "late": 7}
    back(app, monkeypatch, lesson="Other", a="9")  # the second time "b" is known, and not drawn
    assert values(app) == {"a": 9, "c": "y", "d": True, "late": 3}
    assert writes == [whole]


def test_a_link_to_a_lesson_counts_a_control_as_written_where_it_stands_below_the_place_of_the_link(alone, writes):
    app = AppTest.from_string(SCRIPT.replace('"d": True}', '"late": 6}'), default_timeout=60)
    app.query_params["l2_lesson"] = "Other"
    assert values(app.run()) == {**START, "a": 4, "c": "y", "late": 6}
    assert writes == []
    app.slider(key="l2_late").set_value(5).run()
    assert writes == [{"l2_a": "4", "l2_c": "The second", "l2_late": "5"}]


def test_a_control_below_the_place_of_the_link_is_written_once_too(alone, writes):
    app = opened()
    app.slider(key="l2_late").set_value(5).run()
    assert writes == [{"l2_late": "5"}]


def test_back_leads_to_what_the_address_says_and_writes_nothing(alone, writes, monkeypatch):
    app = opened()
    app.button_group(key="l2:lesson").set_value("Other").run()
    app.slider(key="l2_a").set_value(7).run()
    del writes[:]
    back(app, monkeypatch, a="4", c="The second", d="true")
    assert values(app) == {**START, "a": 4, "c": "y", "d": True}
    assert app.button_group(key="l2:lesson").value == "Other"
    back(app, monkeypatch)
    assert values(app) == START
    assert app.button_group(key="l2:lesson").value == "All"
    back(app, monkeypatch, a="11")
    assert values(app) == START
    assert "A must be a number from 0 to 10, got 11" in app.warning[0].value
    back(app, monkeypatch)
    assert not app.warning
    assert writes == []


def test_a_control_that_is_not_drawn_keeps_its_value(alone):
    app = opened(b="2")
    app.slider(key="l2_a").set_value(9).run()
    assert "b" not in values(app)
    app.slider(key="l2_a").set_value(3).run()
    assert values(app)["b"] == 2.0


def test_another_parameter_stays_in_the_address(alone, writes):
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.query_params.update({"from": "a list", "l1_step": "3"})
    app.run().slider(key="l2_a").set_value(2).run()
    assert writes == [{"from": "a list", "l2_a": "2"}]


def test_the_sidebar_leads_back_to_a_page_as_it_was_left(short_trainings):
    app = open_page("l2")
    take(app, "l2", "Ball and ellipse")
    address = dict(app.query_params)
    assert {"l2_view", "l2_pair"} <= address.keys()
    app.query_params.clear()
    app.switch_page("pages/l1.py").run()
    links = {link.proto.page: link.proto.query_string for link in app.get("page_link")}
    assert links["l1"] == ""
    assert all(f"{name}=" in links["l2"] for name in address)
