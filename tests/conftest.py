"""What holds for every test: one BLAS thread, and no test is excused."""

import functools
import gc
import os
import sys
from collections.abc import Mapping

import pytest

# Before NumPy or PyTorch is loaded. At this size several threads are slower, and may round differently.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

EXCUSED = ("skipped", "xfailed")


def count_excused(config):
    stats = config.pluginmanager.get_plugin("terminalreporter").stats
    return sum(len(stats.get(outcome, ())) for outcome in EXCUSED)


def pytest_sessionfinish(session):
    if count_excused(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if number := count_excused(config):
        terminalreporter.section("no test is skipped here", sep="!", red=True)
        terminalreporter.line(f"{number} skipped or expected to fail: this run counts as failed")


def pytest_collection_finish(session):
    """Let every page opened share what is the same for all; begin what a second core can do meanwhile."""
    if "streamlit.testing.v1" in sys.modules:
        from streamlit.components.v2 import manifest_scanner as scanner
        from streamlit.testing.v1 import app_test, local_script_runner

        if scan := getattr(scanner, "scan_component_manifests", None):  # a tenth of a second for every page opened
            scanner.scan_component_manifests = functools.cache(scan)
        for module in (app_test, local_script_runner):  # a server has one, and compiles a page once
            if make := getattr(module, "ScriptCache", None):
                module.ScriptCache = functools.cache(make)
        if look := getattr(local_script_runner, "require_widgets_deltas", None):  # at all events, each millisecond

            def wait(runner, timeout=3):
                runner._script_thread.join(timeout)
                look(runner, timeout)  # at once where the script has ended

            local_script_runner.require_widgets_deltas = wait
        look_up_state()
    if charts := sys.modules.get("pages.ui.charts"):
        validate_first(charts)
    gc.freeze()  # what is collected stays, and looking for garbage among it took a twenty-fifth of the tests' time
    gc.set_threshold(20_000, 20, 100)
    if not session.config.option.collectonly and not hasattr(session.config, "workerinput"):  # one of several processes
        for module in {item.module for item in session.items if item.path.name == "test_contracts.py"}:
            module.walk()


def look_up_state():
    """Let a widget ask the session for its value alone: for each of them Streamlit collects the values of all."""
    from streamlit.runtime.state import safe_session_state
    from streamlit.runtime.state.common import is_element_id

    whole = getattr(safe_session_state.SafeSessionState, "filtered_state", None)
    if not isinstance(whole, property):
        return

    class Values(Mapping):
        def __init__(self, state):
            self.state = state

        def __getitem__(self, key):
            with self.state._lock:
                if is_element_id(key) or key.startswith("$$STREAMLIT_INTERNAL_KEY"):
                    raise KeyError(key)
                return self.state._state[key]

        def __iter__(self):
            return iter(whole.fget(self.state))

        def __len__(self):
            return len(whole.fget(self.state))

    safe_session_state.SafeSessionState.filtered_state = property(Values)


def shape_of(part):
    """Return what a template is made of, as text, whatever its numbers are."""
    if isinstance(part, dict):
        return f"{{{','.join(f'{name}:{shape_of(value)}' for name, value in part.items())}}}"
    if isinstance(part, list):
        return f"[{','.join(map(shape_of, part))}]"
    return repr(part) if isinstance(part, str) else type(part).__name__


def validate_first(charts):
    """Hold each template that Altair makes as a whole against Vega-Lite's schema, when the first of its shape is shown.

    The page does not: it takes as long as making the template.
    """
    import altair as alt

    show, valid = charts.show, set()

    @functools.wraps(show)
    def shown(spec, *arguments, **options):
        shape = "" if "resolve" in spec else shape_of(spec)  # panels are joined as dicts
        if shape and shape not in valid:
            (alt.LayerChart if "layer" in spec else alt.Chart).validate(spec)
            valid.add(shape)
        return show(spec, *arguments, **options)

    charts.show = shown


@pytest.fixture(autouse=True)
def no_browser(monkeypatch):
    """Without a browser nothing is drawn, so no picture waits for another, no message is under way, and few watch."""
    seconds = {("charts", "HEAD_START"): 0.0, ("charts", "READY"): 0.0, ("controls", "IN_FLIGHT"): 0.0}
    seconds["runs", "REDRAW"] = 1.0  # the first part of every training is still drawn, and later ones of a long one
    for (module, name), value in seconds.items():
        if f"pages.ui.{module}" in sys.modules:
            monkeypatch.setattr(sys.modules[f"pages.ui.{module}"], name, value)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Within a file the tests with short trainings come last, so that they share them and no other is given them."""
    place = {path: number for number, path in enumerate(dict.fromkeys(item.path for item in items))}
    items.sort(key=lambda item: (place[item.path], "short_trainings" in getattr(item, "fixturenames", ())))


@pytest.fixture(scope="module")
def trained_shortly():
    """Return what was trained shortly for the tests of a file: it is kept for them alone."""
    import streamlit as st

    st.cache_resource.clear()
    yield {}
    st.cache_resource.clear()


@pytest.fixture
def short_trainings(monkeypatch, trained_shortly):
    """Make one step before each evaluation of a run, and measure losses anew at every tenth; of texts no variants."""
    import numpy as np

    from pages.ui import runs

    from reglab import text_experiments
    from reglab.engine import train

    def short(block):
        batches, measure = block.rows.batches(), block.evaluate._measure
        for evaluation, step in enumerate(block.run.steps.tolist()):
            block.step(next(batches), tracked=True)
            if evaluation % 10 == 0:
                block.evaluate._measure = functools.partial(dict, measure())
            block.evaluate(evaluation)
            if not block.evaluate.live.any():
                break
            yield step

    def as_they_are(sentences, bags, y, plan, seed, vocabulary):
        return np.tile(bags, (plan.copies + 1, 1)), np.tile(y, plan.copies + 1)

    monkeypatch.setattr(train.Block, "train", short)
    monkeypatch.setattr(text_experiments, "grown", as_they_are)
    monkeypatch.setattr(runs, "POLL", 0.002)
    monkeypatch.setattr(runs, "_jobs", trained_shortly)


@pytest.fixture
def drawn(monkeypatch):
    """Collect the datasets of the pictures that a page draws, by key."""
    from pages.ui import charts

    pictures, show = {}, charts.show

    def noting(spec, datasets, *, key=None, **how):
        pictures[key] = {name: charts.table(rows).to_pylist() for name, rows in datasets.items()}
        return show(spec, datasets, key=key, **how)

    monkeypatch.setattr(charts, "show", noting)
    return pictures


@pytest.fixture
def files(monkeypatch):
    """Collect what makes the rows that a page offers to download, by the file's name."""
    from pages.ui import sections

    downloads = {}
    monkeypatch.setattr(
        sections, "download", lambda rows, name, *_: downloads.update({name: rows if callable(rows) else lambda: rows})
    )
    return downloads


@pytest.fixture
def trained(monkeypatch):
    """Record what a page trains; the trainings are short, so that every one of them is a real run."""
    from dataclasses import replace

    from pages.ui import runs

    from reglab import combinations

    seen, how = [], runs.fit

    def short(data, settings, training, **options):
        seen.append((data, settings, training))
        return how(data, settings, replace(training, max_steps=20, eval_steps=3), **options)

    monkeypatch.setattr(runs, "fit", short)
    monkeypatch.setattr(combinations, "fit", short)
    return seen
