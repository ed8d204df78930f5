"""Logs that nobody's training wrote: odd structures, and texts made so that reading them takes long."""

import json
import math
import os
import random
import time
from pathlib import Path

import pytest

from pages.ui import charts, own_run

import reglab
from reglab.logs import CurveError, console, events, read_log, sources, tables

TWO = "epoch 1 loss: 0.9 val_loss: 1.0\nepoch 2 loss: 0.8 val_loss: 0.9\n"


def in_a_sentence(error):
    assert 10 < len(str(error)) < 400, str(error)


def seconds(source, name=None):
    """Return the processor time of reading a source, which may be refused in a sentence."""
    begin = time.process_time()
    try:
        read_log(source, name).curve()
    except CurveError as error:
        in_a_sentence(error)
    return time.process_time() - begin


# --- the time of reading grows with the length of a text, not with its square ---

RUNS = {
    "a word": "a",
    "digits": "1",
    "blanks": " ",
    "a wrapped number": ("tensor(", " "),
    "a wrapped number behind its name": ("x.tensor([", "\t"),
    "digits in a list": ("[", "1", "x"),
    "a quotation in a list": ('["', "x"),
    "stamps": "1:11",
    "stamps with fractions": "1:11.1",
    "epochs": "epoch",
    "numbered epochs": "epoch 1",
    "steps": "step ",
    "names": "loss: ",
    "bars": ("|", "1|"),
    "open brackets": ("best ", "("),
    "wrapped names": "a:\n",
    "blank lines below a name": ("a:\n", " \n"),
    "hexadecimal digits": "deadbeef01",
    "escapes": "\x1b[1;",
    "tags": "<tr",
    "dashes": "-",
    "dates": "2020-01-01 ",
}


@pytest.mark.parametrize("name", RUNS)
def test_a_long_run_of_one_sign_takes_a_time_in_proportion(name):
    begin, run, end = (*RUNS[name], "")[:3] if isinstance(RUNS[name], tuple) else ("", RUNS[name], "")
    short, long = (f"{begin}{run * (n // len(run))}{end}\nloss: 1\n{TWO}" for n in (20_000, 80_000))
    assert seconds(long) < 8 * min(seconds(short), seconds(short)) + 0.2


def test_a_number_stands_behind_its_name_again_where_a_narrow_terminal_broke_the_line():
    text = "epoch 1 loss:\n0.9 \nval_loss: \n\n 1.0\nepoch 2 loss:\n8e-1\nval_loss:\n0.9\n"
    curve = read_log(text).curve()
    assert (curve["train_loss"], curve["val_loss"]) == ([0.9, 0.8], [1.0, 0.9])


def test_of_a_line_that_is_too_long_the_end_is_read_and_that_is_said():
    text = TWO + "x" * 6_000 + " epoch 3 loss: 0.7 val_loss: 0.8\n"
    curve = read_log(text).curve()
    assert curve["val_loss"] == [1.0, 0.9, 0.8]
    assert "Of 1 longer line, the last 5,000 characters are read." in curve.notes
    assert not any("longer line" in note for note in read_log(TWO).curve().notes)


# --- odd structures ---


@pytest.mark.parametrize("cells", [5, {"a": 1}, ["x"], [None], [{"outputs": 5}], [{"outputs": ["x"]}]])
def test_a_damaged_notebook_is_refused_in_a_sentence(cells):
    with pytest.raises(CurveError, match=r"The notebook is damaged: its '(cells|outputs)' must be a list of mappings"):
        read_log(json.dumps({"nbformat": 4, "cells": cells}))


def test_a_notebook_in_which_something_is_missing_is_read():
    data = {"text/plain": TWO.splitlines(keepends=True)}
    cells = [{}, {"outputs": None}, {"outputs": [{"data": 5}, {"text": None}, {"data": data}]}]
    assert read_log(json.dumps({"nbformat": 4, "cells": cells})).curve()["val_loss"] == [1.0, 0.9]


KEYS = (
    *("loss", "val_loss", "train", "val", "test", "epoch", "step", "value", "name", "x", "y", "data", "traces", "0"),
    *("iterations", "iteration", "meta", "learn_metrics", "test_metrics", "learn", "log_history", "history", "1", ""),
    *("nbformat", "cells", "outputs", "text", "text/plain", "loss_curve_", "validation_scores_", "run", "seed", "2"),
)
LEAVES = (
    *(0, 1, 2, 0.5, -1, 1.7e9, 1e308, 10**400, -(10**400), math.nan, math.inf, True, False, None),
    *("", "0.5", "nan", "x", "1" * 50, "train", "val_loss", "0.5%", "1/2", "2024-01-01", "\ud800"),
)


SHAPES = (
    {
        "iterations": [{"iteration": 0, "learn": ..., "test": ...}, ...],
        "meta": {"learn_metrics": ..., "test_metrics": ...},
    },
    {"data": [{"name": ..., "x": ..., "y": ...}, {"name": "val_loss", "x": ..., "y": ...}]},
    {"loss": [[1, ...], [2, ...]], "val_loss": [{"step": ..., "value": ...}, {"step": 2, "value": ...}]},
    [[1.7e9, ..., ...], [1.8e9, ..., ...]],
    {"1": {"loss": ..., "val_loss": 2}, "2": {"loss": 1, "val_loss": ...}},
    {"nbformat": 4, "cells": [{"outputs": [..., {"data": ..., "text": ...}]}, ...]},
)


def filled(shape, rng):
    """Return a shape with random JSON where it has three dots."""
    if isinstance(shape, dict):
        return {key: filled(value, rng) for key, value in shape.items()}
    if isinstance(shape, list):
        return [filled(value, rng) for value in shape]
    return nested(rng, 3) if shape is ... else shape


def nested(rng, depth=0):
    """Return random JSON with the keys that the readers look for, and at times in the shapes that they do."""
    kind = rng.random()
    if depth == 0 and kind < 0.5:
        return filled(rng.choice(SHAPES), rng)
    if depth == 5 or kind < 0.15 + 0.1 * depth:
        return rng.choice(LEAVES)
    n = rng.choice((0, 1, 2, 2, 3, 3, 4))
    if kind < 0.6:
        return {rng.choice(KEYS): nested(rng, depth + 1) for _ in range(n)}
    if kind < 0.8:  # a list of what is alike, as tables are
        state = rng.randrange(10**6)
        return [nested(random.Random(state + (rng.random() < 0.2)), depth + 1) for _ in range(n)]
    return [rng.choice(LEAVES[:8]) for _ in range(n)] if kind < 0.9 else [nested(rng, depth + 1) for _ in range(n)]


@pytest.mark.parametrize("seed", range(8))
def test_any_nested_data_give_a_curve_or_a_sentence(seed):
    rng = random.Random(seed)
    for _ in range(150):
        data = nested(rng)
        text = json.dumps(data)
        sources = [data] if isinstance(data, (dict, list)) else []
        for source in (*sources, text, f"log = {data!r}", f"{text}\n{json.dumps(nested(rng))}", text[: len(text) // 2]):
            try:
                read_log(source).curve()
            except CurveError as error:
                in_a_sentence(error)


# --- what is within the limits of size, and more than is read ---

TOO_MUCH = {
    "epochs on one line": ("epoch 1 loss: 0.5 val_loss: 0.6 " * 6_000, "more than 5,000 printed lines"),
    "printed lines": ("epoch 1 loss: 0.5 val_loss: 0.6\n" * 5_001, "more than 5,000 printed lines"),
    "commas": (("," * 30 + "\n") * 6_000 + "1,2", "A single row without names is no log"),
    "bars": (("|" * 5_001 + "1\n") * 20, "at most 5,000 values and 500,000 characters: leave columns out"),
    "values": (("|" * 4_990 + "1\n") * 62, "more than 300,000 values"),
    "columns": ("x," * 5_001 + "loss,val_loss\n" + ("1," * 5_001 + "1,2\n") * 3, "Line 1 is longer than the rows"),
}


@pytest.fixture
def a_tenth(monkeypatch):
    """Let a tenth of the lines and of the values be too many, which takes a tenth of the time."""
    assert (console.MAX_LINES, tables.MAX_VALUES) == (50_000, 3_000_000)
    monkeypatch.setattr(console, "MAX_LINES", 5_000)
    monkeypatch.setattr(tables, "MAX_VALUES", 300_000)


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_is_said(name, a_tenth):
    source, sentence = TOO_MUCH[name]
    with pytest.raises(CurveError, match=sentence):
        read_log(source)


def test_as_many_lines_as_are_read_are_not_too_many(a_tenth):
    read_log("epoch 1 loss: 0.5 val_loss: 0.6\n" * 5_000)


def test_a_header_of_many_columns_is_read():
    names = ["epoch", *(f"layer_{at}_norm" for at in range(4_000)), "loss", "val_loss"]
    rows = [[epoch, *[0.1] * 4_000, 1 / epoch, 1 + epoch / 9] for epoch in range(1, 5)]
    curve = read_log("\n".join(",".join(map(str, row)) for row in (names, *rows))).curve()
    assert curve["step"] == [1, 2, 3, 4]
    assert curve["val_loss"] == [row[-1] for row in rows]


def test_a_quotation_that_is_never_closed_is_searched_once():
    assert seconds(('{"a":["' + "x" * 400_000 + "\n") * 4) < 10


def test_many_plain_rows_are_read_without_a_closer_look_at_each(monkeypatch):
    looked = []
    kinds = tables._kinds
    monkeypatch.setattr(tables, "_kinds", lambda cells, separator: looked.append(1) or kinds(cells, separator))
    text = "epoch,loss,val_loss\n" + "\n".join(f"{at},{1 / at},1e-3" for at in range(1, 3_001))
    assert read_log(text).curve()["train_loss"] == [1 / at for at in range(1, 3_001)]
    assert len(looked) < 10


def test_a_row_of_another_width_is_looked_at_in_a_table_of_plain_numbers():
    wide = ",".join(f"c{at}" for at in range(101))
    text = f"epoch,loss,val_loss\n1,3,4\n2,2,3\n{wide}\n{','.join(['1'] * 101)}\n3,1,2\n"
    assert [len(block.rows) for block in tables._blocks(list(enumerate(text.splitlines(), 1)), ",")] == [2, 1]


# --- paths that are no files, and numbers that are too large ---


def test_a_path_that_is_no_ordinary_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(CurveError, match="is no ordinary file and no folder"):
            read_log(path)


def test_no_more_of_a_file_is_read_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_EVENT_BYTES", 100)
    monkeypatch.setattr(sources, "MAX_BYTES", 100)
    (tmp_path / "log.csv").write_text("x" * 1_000)
    with pytest.raises(CurveError, match="no more are read"):
        read_log(tmp_path / "log.csv")


def test_shares_that_sum_to_infinity_are_shares():
    facts = {"n_classes": None, "constant_loss": None, "target_variance": None}
    assert own_run.guess(class_shares=[1e308, 1e308], **facts) == pytest.approx(math.log(2))
    large, small = (reglab.recommend(100, 0.1, 1.0, class_shares=shares) for shares in ([1e308, 1e308], [1, 1]))
    assert large.diagnosis == small.diagnosis


def test_whole_numbers_that_a_browser_does_not_have_are_drawn():
    drawn = charts.table({"step": [1, 10**19]}), charts.table([{"step": 1}, {"step": 10**19}])
    assert [row["step"].to_pylist() for row in drawn] == [[1.0, 1e19]] * 2


def test_the_values_of_an_event_file_are_counted_and_not_its_records_alone(monkeypatch):
    raw = (Path(__file__).parent / "data/logs/tensorboard/events.out.tfevents.1764000000.host.1234.0").read_bytes()
    series, _ = events.scalars(raw)
    monkeypatch.setattr(events, "MAX_VALUES", sum(map(len, series.values())) - 1)
    with pytest.raises(CurveError, match=r"The event file has more than .* values: log less often"):
        read_log(raw)


def test_a_validation_loss_that_is_never_finite_makes_a_curve():
    curve = read_log("epoch,loss,val_loss\n1,2,nan\n2,1,nan\n3,0.5,nan").curve()
    assert curve["train_loss"] == [2, 1, 0.5]
    assert not any(math.isfinite(loss) for loss in curve["val_loss"])
