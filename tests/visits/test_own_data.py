"""A visitor's own data on every technique's page: what runs on them, what is said where it does not."""

import gc
import io
import json
import re
import time
import weakref
import zipfile

import numpy as np
import pytest
from PIL import Image

from pages.ui import own_data, own_file, runs, sections
from pages.ui.pages import PAGES

from reglab import experiments
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.experiments.dropout import Adaptation
from reglab.experiments.label_smoothing import Calibration, Clusters
from tests.opened import open_page, plain

RNG = np.random.default_rng(0)
EVIL = "<img src=//x>**b** :red[y] ![a](//b)"
TECHNIQUES = tuple(name for name in PAGES if name not in ("your_data", "combined_strategy", "home"))
VIEWS = {  # of what trains, by the control that chooses it
    "overfitting": ("real", ("memorization", "learning", "width")),
    "l2": ("effect", ("learning", "training", "weights", "size")),
    "l1": ("effect", ("training", "layer")),
    "dropout": ("effect", ("training", "adaptation", "size")),
    "dropout_in_practice": ("view", ("schedules", "map", "norm")),
    "early_stopping": ("effect", ("rules", "map")),
    "image_augmentation": ("closer", ("invariance", "safety", "policy", "size")),
    "mixup": ("view", ("calibration", "rows", "boundary", "decay")),
    "label_smoothing": ("view", ("calibration", "clusters", "soft")),
    "stochastic_depth": ("effect", ("training",)),
    "gradient_clipping": ("view", ("loss", "norms", "rates")),
    "all_techniques": ("order", ("step",)),
}


def table(rows=160):
    """Return a table of numbers, categories and gaps, whose target and one of whose classes are named by markup."""
    lines = []
    for i in range(rows):
        a, b = RNG.normal(size=2).tolist()
        mass = "" if i % 11 == 0 else f"{a:.3f}"
        lines.append(f"{mass},{b:.3f},{'xyz'[i % 3]},{(EVIL, 'q', 'r')[i % 3 if abs(b) < 0.4 else int(b > 0)]}")
    return "\n".join([f"mass,length,island,{EVIL}", *lines]).encode()


def regression():
    """Return a table whose last column is a number in thousands."""
    lines = [f"{a:.3f},{b:.3f},{1000 * (a - b) + 20_000:.1f}" for a, b in RNG.normal(size=(160, 2)).tolist()]
    return "\n".join(["a,b,price", *lines]).encode()


def images():
    """Return an archive of small colour images, one folder per class, one of them named by markup."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for level, kind in enumerate(("dark", "<b>light**x**", "middle")):
            for number in range(50):
                file = io.BytesIO()
                Image.fromarray(RNG.integers(60 * level, 60 * level + 90, (8, 8, 3), np.uint8)).save(file, "PNG")
                archive.writestr(f"{kind}/{number}.png", file.getvalue())
    return out.getvalue()


KINDS = {"table": ("<b>**t**.csv", table), "images": ("p.zip", images), "regression": ("r.csv", regression)}
FILES = {kind: (name, make()) for kind, (name, make) in KINDS.items()}
# Where data of a kind are not taken, what is said of it.
REFUSED = {
    ("image_augmentation", "table"): "Your own data are a table",
    ("image_augmentation", "regression"): "Your own data are a table",
    ("overfitting", "regression"): "Your own data are a regression: labels are shuffled",
    ("mixup", "regression"): "Your own data are a regression: labels are mixed",
    ("label_smoothing", "regression"): "Your own data are a regression: labels are smoothed",
    **{("text_augmentation", kind): "Your own data hold no sentences to change" for kind in KINDS},
}


def with_own(kind):
    """Return the page of one's own data with a file of a kind, as a visitor has it who goes on from there."""
    app = open_page("your_data")
    app.file_uploader(key="your_data_upload").upload(*FILES[kind], "text/csv").run()
    assert not app.exception, app.exception[0].message
    return app


def visit(app, page):
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception[0].message
    return app


def take_own(app, page):
    app.selectbox(key=f"{page}_data").set_value(app.session_state[own_data._OWN].name).run()
    assert not app.exception, app.exception[0].message


def said(app):
    html = [plain(e.proto.body) for e in app.get("html") if "<style" not in e.proto.body]
    kinds = ("markdown", "info", "warning", "error", "caption")
    return " ".join(html + [e.value for kind in kinds for e in getattr(app, kind)]).replace("\\", "")


def as_it_is(app):
    """Hold that names from outside are text wherever they stand, and that nothing names the session."""
    for body in (e.proto.body for e in app.get("html") if "<style" not in e.proto.body):
        assert "<img" not in body
        assert "<b>light" not in body
        assert "<b>b</b>" not in body
        assert "<b>x</b>" not in body
    texts = [e.value for kind in ("markdown", "info", "warning", "error", "caption") for e in getattr(app, kind)]
    texts += [e.label for kind in ("radio", "toggle", "button") for e in getattr(app, kind)]
    for text in texts:
        bare = re.sub(r"\\.", "", text)  # what is escaped
        assert "<img" not in bare
        assert "![a]" not in bare
        assert ":red[" not in bare
        assert "**b**" not in bare
    assert not re.search(rf"{own_data.PREFIX}[0-9a-f]", said(app))


@pytest.fixture
def files_of(monkeypatch):
    """Collect what every page offers to download, as the file has it."""
    from pages.ui import charts

    offered, csv = [], charts.csv

    def noting(rows, file_name, label=""):
        offered.append(csv(sections._called(rows() if callable(rows) else rows)))

    monkeypatch.setattr(sections, "download", noting)
    return offered


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", TECHNIQUES)
def test_every_page_runs_on_ones_own_data_or_says_why_not(page, kind, short_trainings, files_of):
    app = visit(with_own(kind), page)
    if why := REFUSED.get((page, kind)):
        assert why in said(app)
        assert not [o for o in app.selectbox(key=f"{page}_data").options if own_data.CALLED in o]
        return
    take_own(app, page)
    control, views = VIEWS[page]
    for view in views:
        files_of.clear()
        app.button_group(key=f"{page}_{control}").set_value(view).run()
        assert not app.exception, app.exception[0].message
        assert not app.error
        as_it_is(app)
        assert "nan" not in re.sub(r"\w*nan\w+|\w+nan", "", said(app))
        mine = app.session_state[own_data._OWN]
        assert files_of
        assert not any(mine.name in file for file in files_of)
    assert own_file.checksum(FILES[kind][1]) in " ".join([*files_of, said(app)])
    assert not any(own_data.is_own(key) for key in runs._jobs)


MISTAKES = {
    "l1": ("subgradient", "adam"),
    "dropout": ("left_on", "norm"),
    "dropout_in_practice": ("before",),
    "early_stopping": ("restore", "test"),
    "image_augmentation": ("turned", "validated"),
    "mixup": ("lam", "hard"),
    "label_smoothing": ("twice", "judged"),
    "stochastic_depth": ("twice",),
    "gradient_clipping": ("each",),
}


@pytest.mark.parametrize("page", MISTAKES)
def test_mistakes_are_measured_on_ones_own_data_too(page, short_trainings):
    kind = "images" if page == "image_augmentation" else "table"
    app = visit(with_own(kind), page)
    take_own(app, page)
    for name in MISTAKES[page]:
        app.toggle(key=f"{page}_{name}").set_value(True).run()
        assert not app.exception, app.exception[0].message
        as_it_is(app)
    assert not any(own_data.is_own(key) for key in runs._jobs)


def two_classes():
    """Return a table of gaps, categories, a constant and two classes, with names of markup and one that is repeated."""
    lines = [
        f"{'' if i % 9 == 0 else f'{a:.3f}'},{b:.3f},{'xyz'[i % 3]},7,{2 * b + 1:.3f},{'no' if a + b > 0 else 'yes'}"
        for i, (a, b) in enumerate(RNG.normal(size=(160, 2)).tolist())
    ]
    return "\n".join([f"{EVIL},a **long** name of a column that has no end,island,constant,b,kind", *lines]).encode()


@pytest.mark.parametrize("kind", ["regression", "two classes"])
def test_the_lassos_pictures_are_of_ones_own_columns(kind, short_trainings, files_of, monkeypatch):
    monkeypatch.setitem(FILES, "two classes", ("two.csv", two_classes()))
    app = visit(with_own(kind), "l1")
    mine = app.session_state[own_data._OWN]
    app.selectbox(key="l1_source").set_value(mine.name).run()
    for view in ("path", "plane", "ways", "five"):
        files_of.clear()
        app.button_group(key="l1_view").set_value(view).run()
        assert not app.exception, app.exception[0].message
        as_it_is(app)
        if view != "five":
            assert mine.name not in files_of[0]
            assert mine.file.checksum in files_of[0]
    app.button_group(key="l1_view").set_value("path").run()
    app.selectbox(key="l1_model").set_value("net").run()
    text = said(app)
    assert "columns that go most with the target" in text
    assert "nan" not in re.sub(r"\w*nan\w+|\w+nan", "", text)
    app.button_group(key="l1_effect").set_value("stability").run()
    assert not app.exception, app.exception[0].message
    as_it_is(app)
    rows = len(mine.data.x)
    assert f"one Lasso on all {rows} rows keeps" in said(app)
    names = experiments.strongest(mine.data).feature_names
    assert 2 <= len(names) <= 10
    assert f"of {len(names)} features" in said(app)
    assert ("island" in " ".join(names)) == (kind != "regression")
    assert not any(own_data.is_own(key) for key in runs._jobs)


@pytest.mark.parametrize(
    ("kind", "why"), [("table", "have 3 classes: a linear"), ("images", "have 3 classes: a linear")]
)
def test_the_lasso_says_why_it_has_no_picture_of_ones_own(kind, why, short_trainings):
    app = visit(with_own(kind), "l1")
    assert why in said(app)
    assert not [o for o in app.selectbox(key="l1_source").options if own_data.CALLED in o]


def test_a_regression_is_stopped_by_its_loss_in_its_unit(short_trainings):
    app = visit(with_own("regression"), "early_stopping")
    take_own(app, "early_stopping")
    app.select_slider(key="early_stopping_noise").set_value("0.4").run()
    assert not app.exception, app.exception[0].message
    for name in ("restore", "one_off", "train", "test", "metric"):
        app.toggle(key=f"early_stopping_{name}").set_value(True).run()
        assert not app.exception, app.exception[0].message
    text = said(app)
    assert "its loss falls on the same rows" in text
    assert "40 % of the targets shuffled" in " ".join(text.split())
    assert "rows with right targets" in text
    specs = " ".join(e.proto.spec for e in app.get("vega_lite_chart"))
    assert "half squared error" in specs
    assert "nats" not in specs


def test_a_regression_has_r_squared_and_its_own_unit(short_trainings):
    app = visit(with_own("regression"), "dropout")
    take_own(app, "dropout")
    app.button_group(key="dropout_effect").set_value("size").run()
    app.button_group(key="dropout_measure").set_value("accuracy").run()
    assert not app.exception, app.exception[0].message
    assert "best mean validation R²" in said(app)
    assert "accuracy" not in " ".join(e.proto.body for e in app.get("html") if 'role="status"' in e.proto.body)
    visit(app, "stochastic_depth")
    take_own(app, "stochastic_depth")
    assert "est R²" in said(app)
    specs = " ".join(e.proto.spec for e in app.get("vega_lite_chart"))
    assert "half squared error" in specs


def points():
    """Return two numbers and two classes of unequal sizes: data whose map can be drawn."""
    lines = [f"{a:.3f},{b:.3f},{'in' if a * a + b * b < 0.5 else 'out'}" for a, b in RNG.normal(size=(200, 2)).tolist()]
    return "\n".join(["a,b,where", *lines]).encode()


def test_maps_of_two_features_are_drawn_of_ones_own(short_trainings, monkeypatch):
    monkeypatch.setitem(FILES, "points", ("points.csv", points()))
    app = visit(with_own("points"), "mixup")
    take_own(app, "mixup")
    app.button_group(key="mixup_view").set_value("boundary").run()
    assert not app.exception, app.exception[0].message
    assert "sure on" in said(app)
    app.button_group(key="mixup_view").set_value("learning").run()
    (element,) = app.get("bidi_component")
    assert json.loads(element.proto.json)["classes"] == ["in", "out"]
    assert not any(group.key == "mixup_plane" for group in app.button_group)
    visit(app, "dropout")
    app.button_group(key="dropout_effect").set_value("uncertainty").run()
    app.selectbox(key="dropout_shape").set_value(app.session_state[own_data._OWN].name).run()
    assert not app.exception, app.exception[0].message
    assert "standard deviation" in said(app)
    # A guess by the shares of classes of such sizes costs less than ln 2.
    from pages.ui import effect

    data = app.session_state[own_data._OWN].data
    share = float(data.y.mean())
    monkeypatch.setattr(effect, "load", lambda name: data)
    expected = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert effect.guess(f"{own_data.PREFIX}x")[0] == pytest.approx(expected)
    assert expected < 0.66
    app = visit(with_own("table"), "dropout")
    app.button_group(key="dropout_effect").set_value("uncertainty").run()
    assert "A map takes two features and two classes" in said(app)


def grouped(rows=120, in_one=40):
    """Return a table of which one group has a third of the rows."""
    lines = [
        f"{a:.3f},{b:.3f},{'p' if i < in_one else i // 2},{'uv'[int(a > 0)]}"
        for i, (a, b) in enumerate(RNG.normal(size=(rows, 2)).tolist())
    ]
    return "\n".join(["a,b,patient,kind", *lines]).encode()


@pytest.mark.parametrize("page", ["l1", "early_stopping", "overfitting", "label_smoothing"])
def test_groups_leave_fewer_rows_and_no_page_asks_for_more(page, short_trainings, monkeypatch):
    monkeypatch.setitem(FILES, "groups", ("groups.csv", grouped(180, 60)))
    app = with_own("groups")
    app.selectbox(key="your_data_groups").set_value("patient").run()
    visit(app, page)
    offered = [o for o in app.selectbox(key=f"{page}_data").options if own_data.CALLED in o]
    if not offered:
        assert "too few rows" in said(app)
        return
    take_own(app, page)
    assert not app.error


def test_too_few_rows_in_whole_groups_are_said(monkeypatch):
    monkeypatch.setitem(FILES, "groups", ("groups.csv", grouped()))
    app = with_own("groups")
    app.selectbox(key="your_data_groups").set_value("patient").run()
    if len(app.session_state[own_data._OWN].data.x) < 72:
        pytest.fail("the table is too small for this test")
    visit(app, "l1")
    assert "Your own data have too few rows" in said(app)


# --- what is computed of them


HELD = (Dataset, Run, Calibration, Clusters, Adaptation)


def alive():
    gc.collect()  # other packages' objects may warn when they are asked for their class
    return {id(thing): weakref.ref(thing) for thing in gc.get_objects() if issubclass(type(thing), HELD)}


def test_nothing_of_ones_own_data_outlives_the_session(short_trainings):
    visits = {"label_smoothing": ("view", ("calibration", "clusters")), "dropout": ("effect", ("adaptation",))}
    before = set(alive())
    app = with_own("table")
    for page, (control, views) in visits.items():
        visit(app, page)
        take_own(app, page)
        for view in views:
            app.button_group(key=f"{page}_{control}").set_value(view).run()
            assert not app.exception, app.exception[0].message
    name = app.session_state[own_data._OWN].name
    mine = app.session_state[own_data._COMPUTED].values()
    assert {type(thing) for thing in mine} >= {Calibration, Clusters, Adaptation}
    watched = [weakref.ref(thing) for thing in mine if isinstance(thing, HELD)]
    watched += [ref for ref in alive().values() if getattr(ref(), "name", getattr(ref(), "dataset", "")) == name]
    assert {type(ref()) for ref in watched} == set(HELD)
    assert before
    del app, mine
    left = []
    for _ in range(100):  # a thread that trained or drew may still be ending
        gc.collect()
        left = [type(ref()).__name__ for ref in watched if ref() is not None]
        if not left:
            break
        time.sleep(0.1)
    assert not left


def test_what_was_computed_of_ones_own_data_is_told_from_all_else(short_trainings):
    app = visit(with_own("table"), "dropout")
    take_own(app, "dropout")
    app.button_group(key="dropout_effect").set_value("adaptation").run()
    places = app.session_state[own_data._KEPT]
    assert ("reglab.experiments.dropout", "adaptation") in places
    assert ("pages.pictures.dropout", "adaptation") in places  # the picture, which is made of the result alone
    # Another file, and all of it is forgotten.
    visit(app, "your_data")
    app.file_uploader(key="your_data_upload").upload(*FILES["regression"], "text/csv").run()
    assert own_data._COMPUTED not in app.session_state
