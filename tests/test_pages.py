"""The pages as Streamlit runs them: links and what they refuse, shared trainings, the words of the numbers."""

import functools
import json
import math
import os
import re
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import charts, controls, curve_text, runs, words
from pages.ui.pages import PAGES

from tests.opened import open_page

ROOT = Path(__file__).resolve().parent.parent
EXISTING = [page.name for page in PAGES.values() if page.exists]
COMBINED = "combined_strategy"


def said(app):
    """Return the warnings as they are read, without the marks that keep them from being Markdown."""
    return re.sub(r"\\([^\w\s])|\u200b", r"\1", " ".join(warning.value for warning in app.warning))


def html(app):
    return " ".join(element.body for element in app.get("html") if hasattr(element, "body")) or " ".join(
        element.proto.body for element in app.get("html")
    )


# --- every page


def test_the_home_page_runs():
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    assert not app.exception
    assert app.title[0].value == PAGES["home"].title


@pytest.mark.parametrize("name", EXISTING)
def test_a_page_opens_and_refuses_nothing_of_its_own(name, short_trainings):
    app = open_page(name)
    assert app.title[0].value == PAGES[name].title
    assert not said(app)
    # A picture comes before the file of what it shows.
    kinds = [element.type for element in app.main if element.type in ("vega_lite_chart", "download_button")]
    assert kinds[:1] != ["download_button"]
    # Its own defaults, written out as the copied link writes them, are read without a complaint.
    written = {key.removeprefix(f"{name}_"): value for key, value in app.session_state["reglab:defaults"].items()}
    again = open_page(name, **written)
    assert not said(again)


@functools.cache
def controls_of(name):
    """Return the names of a page's controls."""
    return [key.removeprefix(f"{name}_") for key in open_page(name).session_state["reglab:defaults"]]


@pytest.mark.parametrize("bad", ["nan", "1e999", "text", "-1e9", "<b>x</b>"])
@pytest.mark.parametrize("name", EXISTING)
def test_bad_values_in_a_link_are_refused_in_one_sentence(name, bad, short_trainings):
    app = open_page(name, **dict.fromkeys(controls_of(name), bad))
    assert len(app.warning) <= 1
    if app.slider:
        assert said(app).startswith("In this link, ")
        assert said(app).endswith(".")
        assert f"got {bad}" in said(app)


# --- the combined strategy's numbers


def test_an_off_step_value_is_snapped_in_the_widget_too():
    app = open_page(COMBINED, strength="0.333")
    assert app.slider(key=f"{COMBINED}_strength").value == 0.25
    assert not said(app)
    assert open_page(COMBINED, seed="7.4").number_input(key=f"{COMBINED}_seed").value == 7


def test_a_refused_value_says_what_is_right_and_goes_away_when_the_control_moves():
    app = open_page(COMBINED, strength="7")
    assert said(app) == "In this link, Strength must be a number from 0 to 2, got 7, so 1 is used."
    app.slider(key=f"{COMBINED}_strength").set_value(1.5).run()
    assert not said(app)
    assert app.slider(key=f"{COMBINED}_strength").value == 1.5


@pytest.mark.parametrize("text", ["1e999", "nan", "ten", "", "-1", "1 000"])
def test_typed_numbers_that_cannot_be_read_lose_nothing_else(text):
    app = open_page(COMBINED)
    app.text_input(key=f"{COMBINED}_val").set_value("0.7").run()
    app.text_input(key=f"{COMBINED}_train").set_value(text).run()
    assert not app.exception
    assert "Train loss must be a number from 0 to 1,000,000" in html(app)
    assert app.text_input(key=f"{COMBINED}_val").value == "0.7"
    assert app.text_input(key=f"{COMBINED}_train").value == text
    app.text_input(key=f"{COMBINED}_train").set_value("0,01").run()
    assert "must be a number" not in html(app)
    assert "diagnosis" in html(app)


def test_a_diverged_run_is_diagnosed_as_one():
    app = open_page(COMBINED, diverged="true")
    assert "<b>Diverging</b>" in html(app)


def test_a_pasted_curve_is_read_and_a_wrong_one_is_named():
    curve = "step,train_loss,val_loss\n" + "\n".join(
        f"{100 * i},{1 / i:.4f},{0.4 + i * 0.05:.4f}" for i in range(1, 11)
    )
    app = open_page(COMBINED, curve=curve)
    assert not app.error
    assert "overfit" in html(app)
    wrong = open_page(COMBINED, curve="step,train_loss\n1,2\n2,1")
    assert "validation loss" in wrong.error[0].value


# --- plain functions


@pytest.mark.parametrize(
    ("baseline", "technique", "verdict", "verb"),
    [
        ([0.40, 0.36, 0.38], [0.30, 0.27, 0.28], "better", "fell"),
        ([0.30, 0.27, 0.28], [0.40, 0.36, 0.38], "worse", "rose"),
        ([0.30, 0.30, 0.30], [0.25, 0.36, 0.31], "none", "Three seeds cannot tell"),
        ([0.30, 0.30], [0.30, 0.30], "none", "stayed"),
    ],
)
def test_the_sentence_says_what_was_measured(baseline, technique, verdict, verb):
    comparison = words.compare(baseline, technique)
    assert comparison.verdict == verdict
    assert verb in comparison.sentence


def test_the_interval_of_the_sentence_is_students():
    # Differences -1, -2, -3: mean -2, standard error 1 / sqrt(3), t(0.975, 2) = 4.303.
    comparison = words.compare([5.0, 6.0, 7.0], [4.0, 4.0, 4.0])
    assert comparison.difference == pytest.approx(-2)
    assert comparison.half_width == pytest.approx(4.303 / math.sqrt(3))
    assert comparison.verdict == "none"


def test_the_sentence_counts_what_diverged():
    comparison = words.compare([0.4, 0.4, 0.4, 0.4], [0.3, 0.3, 0.3, math.nan])
    assert "diverged in 0 of 4 seeds without it and in 1 of 4 with it" in comparison.sentence
    assert "3 of 3" in comparison.sentence
    assert words.compare([0.4, 0.4], [math.nan, math.inf]).verdict == "worse"
    cured = words.compare([math.nan, math.nan], [0.4, 0.4])
    assert cured.verdict == "better"
    assert "2 of 2 seeds without it and in 0 of 2 with it, where it ended at **0.400**" in cured.sentence
    assert words.compare([math.nan], [math.nan]).verdict == "none"


def test_higher_is_better_for_accuracy():
    comparison = words.compare([0.90, 0.91, 0.90], [0.95, 0.96, 0.95], "accuracy", lower_is_better=False, percent=True)
    assert comparison.verdict == "better"
    assert "rose from **90.3 %** to **95.3 %**" in comparison.sentence


@pytest.mark.parametrize("text", ["nan", "1e999", "-inf", "abc", "", "0.95", "-0.1"])
def test_wrong_numbers_are_named(text):
    sentence = controls.wrong_number("Rate", text, 0.0, 0.9, 0.5)
    assert sentence.startswith("Rate must be a number from 0 to 0.9, got ")
    assert sentence.endswith("so 0.5 is used")


@pytest.mark.parametrize("value", [0.0, 0.05, 0.333, 0.874, 0.9])
def test_snapped_values_are_on_the_step_and_in_range(value):
    snapped = controls.snap(value, 0.0, 0.9, 0.05)
    assert 0 <= snapped <= 0.9
    assert abs(snapped - value) <= 0.025 + 1e-12
    assert snapped == round(round(snapped / 0.05) * 0.05, 10)


def test_labels_are_kept_apart_inside_the_picture():
    labels = [{"step": 9, "value": v, "text": str(v), "who": "baseline"} for v in (0.0, 0.01, 0.99, 5.0, 0.5)]
    placed = charts.keep_apart(labels, y_max=1.0, x_max=10)
    heights = [label["value"] for label in placed]
    assert all(b - a >= 0.07 - 1e-9 for a, b in pairwise(heights))
    assert min(heights) >= 0
    assert max(heights) <= 1
    assert sorted(label["end"] for label in placed) == [0.0, 0.01, 0.5, 0.99, 5.0]


def test_a_template_is_built_once_and_does_not_follow_the_data():
    assert charts.loss_chart(1000, 1.3) is charts.loss_chart(1000, 1.3)
    assert "datasets" not in json.dumps(charts.loss_chart(1000, 1.3))


# --- curves that people bring


def test_a_curve_survives_csv_and_json():
    curve = {"step": [1.0, 2.0, 3.0], "train_loss": [0.9, 0.5, 0.1], "val_loss": [1.0, 0.7, 0.8]}
    assert curve_text.read(curve_text.as_csv(curve)) == curve
    assert curve_text.read(json.dumps(curve)) == curve
    rows = [dict(zip(curve, row, strict=True)) for row in zip(*curve.values(), strict=True)]
    assert curve_text.read(json.dumps(rows)) == curve


def test_a_long_curve_is_thinned_to_its_lowest_and_last_rows():
    n = 5000
    val = [1 + abs(i - 1234) / n for i in range(n)]
    curve = {"step": [float(i) for i in range(n)], "train_loss": [1.0] * n, "val_loss": val}
    short = curve_text.thin(curve)
    assert len(short["step"]) <= curve_text.MAX_ROWS
    assert 1234.0 in short["step"]
    assert short["step"][-1] == n - 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to read"),
        ("a,b\n1,2\n3,4", "validation loss"),
        ("step,loss,val_loss\n1,2,3", "at least 2"),
        ("{broken", "JSON"),
        (b"PK\x03\x04junk", "zip archive"),
    ],
)
def test_a_curve_that_cannot_be_read_is_refused_in_one_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        curve_text.read(text)


# --- shared trainings


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def endless(started):
    def work(tick):
        started.append(1)
        while True:
            time.sleep(0.005)
            tick(0.5, "half")

    return work


def test_a_training_that_nobody_watches_is_dropped_and_its_part_is_not_kept():
    started = []
    job = runs.Job(endless(started))
    with job.watched():
        wait_for(lambda: job.partial == "half")
    wait_for(lambda: job.state == "idle")
    assert job.result is None
    assert job.partial is None
    with job.watched():  # whoever comes next starts it anew
        wait_for(lambda: len(started) == 2)
    wait_for(lambda: job.state == "idle")


def test_a_training_is_held_between_two_runs_of_the_fragment_that_waits():
    started = []
    job = runs.Job(endless(started))
    with job.watched():
        wait_for(lambda: job.partial == "half")
        job.held_until = time.monotonic() + 60
    time.sleep(2 * runs.LEFT_ALONE)
    assert job.state == "running"
    with job.watched():
        assert started == [1]
        job.held_until = 0.0
    wait_for(lambda: job.state == "idle")


def test_thirty_visitors_share_one_training():
    go, started = threading.Event(), []

    def work(tick):
        started.append(1)
        while not go.is_set():
            time.sleep(0.005)
            tick(0.1)
        return "result"

    job = runs.Job(work)

    def visitor():
        with job.watched():
            wait_for(lambda: job.state == "done")

    visitors = [threading.Thread(target=visitor) for _ in range(30)]
    for thread in visitors:
        thread.start()
    wait_for(lambda: job.watchers == 30)
    go.set()
    for thread in visitors:
        thread.join()
    assert started == [1]
    assert job.result == "result"


def test_no_more_trainings_at_once_than_cores():
    go, running, most = threading.Event(), [], []

    def work(tick):
        running.append(1)
        most.append(len(running))
        while not go.is_set():
            time.sleep(0.005)
            tick(0.1)
        running.pop()
        return True

    jobs = [runs.Job(work) for _ in range(runs.CORES + 2)]
    watches = [job.watched() for job in jobs]
    for watch in watches:
        watch.__enter__()
    wait_for(lambda: len(running) == runs.CORES)
    time.sleep(0.2)
    assert sum(job.state == "waiting" for job in jobs) == 2
    go.set()
    wait_for(lambda: all(job.state == "done" for job in jobs))
    for watch in watches:
        watch.__exit__(None, None, None)
    assert max(most) == runs.CORES


def test_a_failed_training_tells_its_error():
    def work(tick):
        raise ValueError("n_train must be at least 2, got 1")

    job = runs.Job(work)
    with job.watched():
        wait_for(lambda: job.state == "failed")
    assert str(job.error) == "n_train must be at least 2, got 1"


# --- one BLAS thread


WATCHED = """
import ast, json, os, sys
path = "streamlit"
def end(threads):
    print(json.dumps([path, threads]), flush=True)
    os._exit(0)
class Watch:
    def find_spec(self, name, *rest):
        if name == "numpy":
            end(os.environ.get("OPENBLAS_NUM_THREADS"))
sys.meta_path.insert(0, Watch())
import streamlit  # a second's work, with which every page begins
for path in sys.argv[1:]:
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    tree = ast.parse(open(path).read())
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(ast.Module(imports, []), path, "exec"))
    end("no NumPy")
"""
PATHS = ["streamlit_app.py", *(f"pages/{name}.py" for name in EXISTING)]


@pytest.fixture(scope="module")
def threads():
    """Return how many threads are set when a page's imports load NumPy."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", WATCHED, *PATHS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.mark.parametrize("path", PATHS)
def test_a_page_limits_the_threads_before_numpy_is_loaded(path, threads):
    assert threads[path] in ("1", "no NumPy")
