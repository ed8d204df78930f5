"""The home page: its picture, the small one of every page, the nine things to leave with, and every lesson."""

import html
import json
import re
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.pictures import home as pictures
from pages.ui import effect, runs, thumbnails
from pages.ui.lesson_index import lessons_of
from pages.ui.pages import COMBINED, PAGES, TECHNIQUES

from tests.golden import make_thumbnails
from tests.opened import open_page, rows_of, sentences

ROOT = Path(__file__).resolve().parent.parent
EXISTING = [page.name for page in (*TECHNIQUES, COMBINED) if page.exists]
LEAVE_WITH = {
    "Overfitting is memorizing instead of generalizing.": "overfitting",
    "Weight decay prefers small weights.": "l2",
    "L1 sets weights to exactly zero.": "l1",
    "Dropout silences units at random: the others must do without them.": "dropout",
    "Early stopping keeps the best epoch.": "early_stopping",
    "Augmentation teaches what does not matter.": "image_augmentation",
    "Label smoothing tempers confidence.": "label_smoothing",
    "Combine: weight decay, augmentation, early stopping.": "combined_strategy",
    "Balance: too little overfits, too much underfits.": "l2",
}


# What the measured sentences of its lesson say, in the order of LEAVE_WITH.
SHOWN = (
    r"its own 20 points 0\.0\d+, on new points [1-9]",
    r"weights is 0\.\d+ without and 0\.0\d+ with weight decay 3",
    r"L1 gives .* with 1 exact zero",
    r"\d of 12 units are dark.*validation loss fell from .* in 5 of 5 seeds",
    r"test loss fell from .* in 5 of 5 seeds.*it saves \d+ % of the steps",
    r"accuracy on images shifted by an eighth of the side rose from .* in 5 of 5 seeds",
    r"calibration error \(ECE\) fell from .* in 5 of 5 seeds",
    r"With the advice, test loss fell from .* in 5 of 5 seeds",
    r"With weight decay 10, validation loss rose from .* in 5 of 5 seeds",
)


@pytest.fixture(scope="module")
def home():
    return AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()


@pytest.fixture(scope="module")
def run(home):
    """Return the run of these settings: the page's, or one that is trained where the page's is of others."""
    settings = pictures.SCALE.settings(effect.BASE)
    return runs.train("digits", settings, effect.TRAINING, n_train=100, seeds=(0, 1, 2, 3, 4))


def test_title_and_sentence_say_what_this_is(home):
    assert "reglab" in home.title[0].value
    assert "regularization" in home.title[0].value
    assert home.main.get("markdown")[0].value.startswith("What keeps a neural network from learning its training data")


# --- the picture


def test_train_and_validation_loss_part_as_the_run_has_it(home, run):
    rows = rows_of(home, -1)
    for split, name in pictures.SPLITS.items():
        drawn = [row for row in rows["losses"] if row["who"] == split]
        values = run.kept(name)
        assert [row["mean"] for row in drawn] == pytest.approx(values.mean(axis=1).tolist(), rel=1e-5)
        assert [row["low"] for row in drawn] == pytest.approx(values.min(axis=1).tolist(), rel=1e-5)
        assert [row["high"] for row in drawn] == pytest.approx(values.max(axis=1).tolist(), rel=1e-5)
        assert max(row["high"] for row in drawn) < pictures.TOP
        for level, curve in ((row["level"], row["curve"]) for row in rows["curves"] if row["who"] == split):
            steps, means, *_ = zip(*(point.split(",") for point in curve.split(" ")), strict=True)
            at = {float(step): mean for step, mean in zip(steps, means, strict=True)}
            last = getattr(run, name)[level, :, -1].mean()
            assert float(at[300.0]) == pytest.approx(last, rel=1e-3)
    weak, best, much = ((rows["gaps"][at]["train"], rows["gaps"][at]["validation"]) for at in (0, 5, 7))
    assert weak[0] < 0.01 < 0.3 < weak[1], "without a strength the two losses part"
    assert best[1] < weak[1]
    assert much[0] > 0.5, "with too much they rise together"


def test_the_picture_says_what_it_shows_at_every_strength(run):
    picture = pictures.parting(run)
    assert len(picture.now) == len(pictures.SCALE.values)
    assert picture.now[0].startswith("Weight decay off: train 0.0")
    whole, part = (
        sum(len(row["curve"]) for row in pictures.parting(run, levels).rows["curves"]) for levels in (range(8), [3])
    )
    assert part < whole / 6, "while it trains the strength that is shown is enough"


def test_the_slider_is_in_the_link_and_the_sentence_measures_it(home, run):
    assert sentences(home)[0].startswith(
        "Without weight decay the network has its 100 digits by heart: train loss 0.00"
    )
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params["home_decay"] = "1"
    app.run()
    assert rows_of(app, -1)["now"][0]["level"] == 5
    before, after = (f"{run.kept('val_loss')[level].mean():.3f}" for level in (0, 5))
    assert f"With weight decay 1, validation loss fell from {before} to {after}" in sentences(app)[0]
    app.select_slider(key="home_decay").set_value(10.0).run()
    assert app.query_params == {"home_decay": "10"}
    assert "validation loss rose from" in sentences(app)[0]


def test_the_page_on_weight_decay_opens_with_what_was_trained_here(home):
    jobs = set(runs._jobs)
    assert not open_page("l2").exception
    assert set(runs._jobs) == jobs


# --- the small picture of every page


LONG = ("dropout_in_practice", "gradient_clipping", "combined_strategy", "all_techniques")  # to train
CHEAP = [make for make in make_thumbnails.PICTURES if make.__name__ not in LONG]


def nearly(made, stored):
    """Tell whether two pictures are the same but for the last digit of their numbers."""
    if isinstance(made, dict):
        return made.keys() == stored.keys() and all(nearly(made[name], stored[name]) for name in made)
    if isinstance(made, (list, tuple)):
        return len(made) == len(stored) and all(map(nearly, made, stored))
    return made == stored if isinstance(made, str) else made == pytest.approx(stored, rel=0.02, abs=0.01)


@pytest.mark.parametrize("make", CHEAP, ids=lambda make: make.__name__)
def test_a_small_picture_is_of_a_real_result(make):
    assert nearly(json.loads(json.dumps(make())), thumbnails.pictures()[make.__name__])


def test_every_page_has_a_small_picture_that_is_drawn_once_and_says_what_it_is(home):
    pages = [page.name for page in PAGES.values() if page.exists]
    assert sorted(thumbnails.pictures()) == sorted(pages)
    drawn = [text.value for text in home.main.get("markdown") if text.value.startswith("<svg")]
    assert sorted(drawn) == sorted(thumbnails.thumbnail(name) for name in pages)
    assert sum(map(len, drawn)) < 40_000
    for picture in drawn:
        assert re.search(r'role="img" aria-label="[^"]{20,}"', picture)
    versions = json.loads(thumbnails.FILE.read_text("utf-8"))["versions"]
    assert set(versions) == {"reglab", "numpy", "python"}


def test_small_pictures_have_the_colours_of_the_theme():
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    style = (ROOT / "pages" / "ui" / "style.css").read_text("utf-8")
    roles = {"train": "blue", "validation": "orange", "baseline": "gray", "technique": "green", "mistake": "red"}
    for role, name in roles.items():
        pair = f"{theme['light'][f'{name}Color']}, {theme['dark'][f'{name}Color']}"
        assert re.search(rf"\.thumbnail \.{role}\b[^}}]*--ink: light-dark\({pair}\)", style), role


# --- the lessons


def said(app):
    return " ".join(warning.value for warning in app.warning)


def links(app):
    """Return the links of the page below its header: label -> (path, query)."""
    return {link.label: (link.page, link.query_string) for link in (e.proto for e in app.main.get("page_link"))}


def test_nine_things_to_leave_with_each_open_the_lesson_that_shows_it(home):
    linked = links(home)
    for sentence, name in LEAVE_WITH.items():
        if PAGES[name].exists:
            path, query = linked[sentence]
            assert path == name
            assert f"{name}_lesson=" in query, f"{sentence} names a lesson that pages/{name}.py has not"


@pytest.mark.parametrize(("sentence", "shown"), list(zip(LEAVE_WITH, SHOWN, strict=True)), ids=LEAVE_WITH.values())
def test_the_lesson_shows_what_to_leave_with(home, sentence, shown):
    name, query = links(home)[sentence]
    given = dict(part.split("=") for part in query.split("&"))
    app = open_page(name, **{key.removeprefix(f"{name}_"): text.replace("+", " ") for key, text in given.items()})
    assert re.search(shown, " ".join(sentences(app)).replace("\u00a0", " "), re.DOTALL)
    if sentence.startswith("Combine: "):
        table = next(e.proto.body for e in app.get("html") if 'class="settings-table"' in e.proto.body)
        for part in ("weight decay", "augment", "keep the best checkpoint"):
            assert f">{part}<" in table


def test_the_list_for_teachers_is_made_when_it_is_opened(home):
    assert not [query for label, (_, query) in links(home).items() if query and label not in LEAVE_WITH]
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.session_state["home_every_lesson"] = True
    app.run()
    assert not app.exception
    listed = [(e.proto.label, e.proto.query_string) for e in app.main.get("page_link") if e.proto.query_string]
    every = [lesson for page in (*TECHNIQUES, COMBINED) for lesson in lessons_of(page)]
    assert sorted(label for label, _ in listed if label not in LEAVE_WITH) == sorted(every)


@pytest.mark.parametrize("name", EXISTING)
def test_the_lessons_read_from_a_page_are_those_that_it_shows(name, short_trainings):
    listed = lessons_of(PAGES[name])
    assert len(listed) > 1
    app = open_page(name, lesson=listed[1])
    assert not said(app)
    pills = app.button_group(key=f"{name}:lesson")
    assert tuple(pills.options) == listed
    assert pills.value == listed[1]
    # The lesson's name stays in the address until something is set: opening is one entry of the browser's history.
    assert app.query_params == {f"{name}_lesson": listed[1]}


def test_a_link_may_change_a_value_of_its_lesson_and_a_lesson_that_is_none_is_refused(short_trainings):
    app = open_page("l2", lesson="Too much", decay="0.3")
    assert app.select_slider(key="l2_decay").value == 0.3
    assert app.button_group(key="l2:lesson").value is None
    wrong = open_page("l2", lesson="Far too much")
    assert said(wrong).startswith("In this link, Lesson must be one of See it work, Too much, ")
    assert said(wrong).endswith("got Far too much.")


def test_the_five_lines_are_shown_without_the_highlighter_and_run(home, capsys, short_trainings):
    assert not home.main.get("code")
    source = next(e.proto.body for e in home.main.get("html") if 'class="five-lines' in e.proto.body)
    lines = source.partition("<code>")[2].partition("</code>")[0]
    exec(compile(html.unescape(lines), "five lines", "exec"), {})
    assert capsys.readouterr().out.startswith("test loss ")
