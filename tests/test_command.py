"""The command: what it writes, its exit codes, its one sentence where something is wrong, its JSON by its schema."""

import codecs
import contextlib
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import reglab
from reglab import command
from reglab.command import arguments, diagnose
from reglab.strategy import DIAGNOSES

LOGS = Path(__file__).parent / "data" / "logs"
ROOT = Path(__file__).parent.parent
KERAS = LOGS / "keras_csvlogger.csv"
TOLD = ["--rows", "5,000", "--classes", "10", "--batch", "32"]
SCHEMA = json.loads((ROOT / "reglab" / "command" / "schema.json").read_text("utf-8"))
COMMAND = [sys.executable, "-m", "reglab", "diagnose"]


def log(tmp_path, train, val, name="log.csv"):
    rows = [f"{epoch},{t},{v}" for epoch, (t, v) in enumerate(zip(train, val, strict=True), start=1)]
    path = tmp_path / name
    path.write_text("\n".join(["epoch,train_loss,val_loss", *rows]) + "\n")
    return path


OF_LEVEL = {  # losses of 10 classes, told with 5,000 validation rows
    "good": ([2.0, 0.6, 0.51, 0.5, 0.5, 0.5], [2.0, 0.6, 0.505, 0.51, 0.51, 0.51]),
    "underfit": ([2.3, 2.29, 2.28], [2.3, 2.29, 2.285]),
    "mild overfit": ([2.0, 0.6, 0.4, 0.35, 0.33, 0.32], [2.0, 0.7, 0.5, 0.5, 0.51, 0.52]),
    "strong overfit": ([1.0, 0.3, 0.1], [1.0, 0.8, 0.9]),
    "severe overfit": ([1.0, 0.3, 0.0], [1.0, 0.8, 2.4]),
    "diverging": ([1.0, 5.0, math.nan], [1.0, 5.0, math.nan]),
}


def call(*argv):
    return command.main(["diagnose", *map(str, argv)])


# --- what it writes ---


def test_everything_is_written(capsys):
    assert call(KERAS, *TOLD, "--lr", "0.001", "--task", "image", "--image-shape", "8x8", "--framework", "keras") == 0
    out, err = capsys.readouterr()
    assert err == ""
    curve = reglab.read_log(KERAS).curve()
    advice = reglab.recommend(5000, curve=curve, n_classes=10, batch_size=32, task="image")
    one_line = " ".join(out.split())
    for title in ("The run", "What was read", "Diagnosis", "Settings to try", "Next", "In Keras"):
        assert f"\n{title}\n" in f"\n{out}"
    assert "t training loss, v validation loss, * both, ^ the best evaluation" in out
    for sentence in (*curve.notes, *advice.why, *advice.unchecked, *advice.next_steps):
        assert arguments.in_options(sentence) in one_line
    for reason in advice.reasons:
        assert f"{reason.sentence} [{reason.source}]" in one_line
    for field, (low, high) in advice.ranges.items():
        name = field.replace("_", " ")
        assert f"{name} {getattr(advice.settings, field):g} (search {low:g} to {high:g})" in one_line
    code = reglab.export.to_code(
        "Keras",
        advice.settings,
        reglab.Training(batch_size=32, max_steps=14 * 157, eval_steps=14),
        n_features=64,
        n_classes=10,
        task="image",
        image_shape=(8, 8),
    )
    assert out.endswith(code)


@pytest.mark.parametrize("width", [40, 77])
def test_the_answer_has_the_width_of_the_terminal(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    call(KERAS, *TOLD)
    text = capsys.readouterr().out.partition("\n# Trains")[0]
    picture = text.splitlines()[1:14]
    assert max(map(len, picture)) == width
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("encoding", "ascii_only"), [("ascii", True), ("latin-1", True), ("cp1252", True), ("utf-8", False)]
)
def test_only_what_the_output_can_write_is_written(monkeypatch, encoding, ascii_only):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    assert call(KERAS, *TOLD) == 0
    text = raw.getvalue().decode(encoding)
    assert text.isascii() == ascii_only
    assert ("│" in text) != ascii_only


def test_a_file_cannot_steer_the_terminal(capsys, tmp_path):
    path = tmp_path / "x\x1b[2J\u202e.json"
    path.write_text(json.dumps({"epoch": [1, 2], "train_loss": [1, 0.5], "val_loss\u009b2J\u202e": [1, 2]}))
    for argv in ([path], [path, "--json"], [path, "--run", "\x1b[2J"], ["missing\x1b[2J"], [path, "--rows", "\x1b[2J"]):
        with contextlib.suppress(SystemExit):
            call(*argv)
        out, err = capsys.readouterr()
        assert out or err
        assert not set(out + err) & set("\x1b\x9b\u202e\r\b")


# --- where the log comes from ---


def test_a_folder_and_its_files_are_one_log(capsys):
    answers = []
    for files in ([LOGS / "mlflow"], sorted((LOGS / "mlflow").iterdir())):
        assert call(*files, *TOLD, "--json") == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0]["curve"] == answers[1]["curve"]
    assert answers[1]["read"]["sources"] == sorted(path.name for path in (LOGS / "mlflow").iterdir())


def test_a_run_is_chosen_by_its_place_or_its_name(capsys, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.7\n1,0.8,1.1\n2,0.4,0.9\n")
    losses = {}
    for run in ("1", "2", "run 1", None):
        assert call(path, *TOLD, "--json", *(["--run", run] if run else [])) == 0
        answer = json.loads(capsys.readouterr().out)
        losses[run] = answer["curve"]["val_loss"], answer["read"]["run"]
        assert answer["read"]["runs"] == ["run 1", "run 2"]
    assert losses["1"] == losses["run 1"] == ([1.0, 0.7], "run 1")
    assert losses["2"] == losses[None] == ([1.1, 0.9], "run 2")
    for wrong in ("0", "3", "-1", "x", "0000000012", "9" * 5000):
        assert call(path, f"--run={wrong}") == 2
        assert re.fullmatch(
            r"reglab: --run must be from 1 to 2, or one of run 1, run 2, got .{1,70}\n", capsys.readouterr().err
        )


def test_what_the_log_says_is_taken_where_no_option_tells_it(capsys, tmp_path):
    path = tmp_path / "log.txt"
    rows = "".join(
        f"Epoch {at}/3\n - 1s - loss: {t} - val_loss: {v}\n"
        for at, t, v in ((1, 2.0, 2.1), (2, 1.0, 1.5), (3, 0.5, 1.6))
    )
    path.write_text("Train on 2086 samples, validate on 521 samples\n" + rows)
    call(path, "--classes", "10", "--rows", "4000", "--batch", "32", "--json")
    filled = json.loads(capsys.readouterr().out)
    path.write_text(rows)
    call(path, "--classes", "10", "--rows", "4000", "--batch", "32", "--val-rows", "521", "--json")
    given = json.loads(capsys.readouterr().out)
    assert [note for note in filled["read"]["notes"] if "was not given" in note] == [
        "--val-rows was not given: 521 is taken, of “Train on 2086 samples, validate on 521 samples” in the log."
    ]
    assert not any("was not given" in note for note in given["read"]["notes"])
    for part in ("diagnosis", "settings", "next_steps", "code"):
        assert filled[part] == given[part]


def test_what_is_told_is_held_against_the_log(capsys, tmp_path):
    path = tmp_path / "log.csv"
    rows = "".join(f"{at},{t},{v},64\n" for at, t, v in ((1, 2.0, 2.1), (2, 1.0, 1.5), (3, 0.5, 1.6)))
    path.write_text("epoch,loss,val_loss,batch_size\n" + rows)
    for batch, said in (("32", True), ("64", False)):
        call(path, "--classes", "10", "--rows", "4000", "--batch", batch, "--json")
        notes = json.loads(capsys.readouterr().out)["read"]["notes"]
        assert ("--batch 32 is taken, and the log says 64: “column 'batch_size'”." in notes) is said
        assert not any("was not given" in note for note in notes)


def test_every_exit_code_is_told(capsys):
    with pytest.raises(SystemExit):
        call("--help")
    said = capsys.readouterr().out
    for code in (
        "0  the answer",
        "1  with --fail-on",
        "2  an argument",
        "ends with 130",
        "the last answer before Ctrl-C",
    ):
        assert code in said


def test_what_the_log_says_of_the_run_is_taken_and_said_unless_it_is_told(capsys, tmp_path):
    path = tmp_path / "log.txt"
    rows = "".join(f"Epoch {at}: loss: {0.5**at} - val_loss: {1 + abs(at - 4) / 10}\n" for at in range(1, 13))
    path.write_text("optimizer: SGD, dropout: 0.3, num_classes: 10, batch_size: 32, lr: 0.05\n" + rows)
    assert call(path, "--rows", "2000", "--json") == 0
    taken = json.loads(capsys.readouterr().out)
    said = [note for note in taken["read"]["notes"] if "was not given" in note]
    assert "--current was not given: 0.3 is taken, of “dropout: 0.3” in the log." in said
    assert "--optimizer was not given: sgd is taken, of “optimizer: SGD” in the log." in said
    assert "--classes was not given: 10 is taken, of “num_classes: 10” in the log." in said
    assert len(said) == 5
    assert 0.3 in [change["now"] for change in taken["changes"] if change["field"] == "dropout"]
    assert "optim.SGD" in taken["code"]["text"]
    given = ("--optimizer", "adamw", "--current", "dropout=0.1", "--target-variance", "2")
    assert call(path, "--rows", "2000", "--json", *given) == 0
    notes = json.loads(capsys.readouterr().out)["read"]["notes"]
    assert [note.partition(" was")[0] for note in notes if "was not given" in note] == ["--batch", "--lr"]


def test_standard_input_is_read(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(codecs.BOM_UTF8 + KERAS.read_bytes())))
    assert call("-", *TOLD, "--json") == 0
    piped = json.loads(capsys.readouterr().out)
    assert call(KERAS, *TOLD, "--json") == 0
    of_file = json.loads(capsys.readouterr().out)
    assert piped["read"].pop("sources") == ["standard input"]
    assert of_file["read"].pop("sources") == [KERAS.name]
    assert piped["read"].pop("run") == "run 1"
    assert piped["diagnosis"] == of_file["diagnosis"]
    assert piped["settings"] == of_file["settings"]
    assert piped["curve"] == of_file["curve"]


@pytest.mark.parametrize("architecture", ["conv", "transformer", "language model"])
def test_the_code_of_other_than_dense_networks_is_lines_for_ones_own_training(capsys, architecture):
    answers = {}
    for framework in ("torch", "keras", "sklearn"):
        options = ["--architecture", architecture, "--task", "image", "--lr", "0.001", "--framework", framework]
        assert call(KERAS, *TOLD, *options, "--json") == 0
        answers[framework] = json.loads(capsys.readouterr().out)["code"]
    for framework in ("torch", "keras"):
        assert answers[framework]["notes"][0].startswith("The settings are what is to be carried over: these lines go")
        assert "put the lines into your own training" in answers[framework]["text"]
        assert not any("dense" in note for note in answers[framework]["notes"])
    assert "nn.Linear" not in answers["torch"]["text"]
    assert "keras.Sequential" not in answers["keras"]["text"]
    assert answers["sklearn"]["text"] == ""
    assert answers["sklearn"]["notes"] == [
        f"scikit-learn has no such networks ({architecture}): take PyTorch or Keras."
    ]


def test_two_runs_are_compared(capsys, tmp_path):
    """Two files are two runs: what changed between them helped, did harm, or cannot be told."""
    path = (
        log(tmp_path, [2.0, 1.0, 0.5], [2.0, 1.5, 1.4], "a.csv"),
        log(tmp_path, [2.0, 1.1, 0.6], [2.0, 1.3, 1.0], "b.csv"),
    )
    for files, rows, helped in (
        (path, "5000", "yes"),
        (path[::-1], "5000", "no"),
        (path, "9", "unclear"),
        (path, None, "unclear"),
    ):
        assert call(*files, *TOLD, *(["--val-rows", rows] if rows else []), "--json") == 0
        answer = json.loads(capsys.readouterr().out)
        check(answer)
        assert answer["comparison"]["helped"] == helped
        assert {each["run"]: each["val_loss"] for each in answer["comparison"]["lowest"]} == {
            "a.csv": 1.4,
            "b.csv": 1.0,
        }
    assert call(*path, *TOLD) == 0
    assert "Did the change help? It cannot be told yet." in " ".join(capsys.readouterr().out.split())
    assert call(*path, *TOLD, "--val-rows", "5000") == 0
    written = capsys.readouterr().out
    assert "\nSeveral runs\n" in written
    assert "Did the change help? Yes. The lowest validation loss is 1 in “b.csv”" in " ".join(written.split())
    assert call(path[0], *TOLD, "--json") == 0
    assert json.loads(capsys.readouterr().out)["comparison"] is None


def test_a_run_that_was_resumed_is_not_compared_with_itself(capsys, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n1,3,3\n2,2,2\n3,1,1.5\n2,2,2.1\n3,1,1.4\n4,1,1.3\n")
    assert call(path, *TOLD, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["read"]["runs"]) == 2
    assert answer["comparison"] is None


# --- exit codes ---


@pytest.mark.parametrize("name", OF_LEVEL)
@pytest.mark.parametrize("level", [None, *arguments.LEVELS])
def test_the_exit_code_tells_whether_a_level_is_reached(capsys, tmp_path, name, level):
    path = log(tmp_path, *OF_LEVEL[name])
    options = ["--rows", 500, "--classes", 10, "--batch", 32, "--val-rows", 5000, "--json"]
    code = call(path, *options, *(["--fail-on", level] if level else []))
    assert json.loads(capsys.readouterr().out)["diagnosis"]["name"] == name
    order = ["mild overfit", "strong overfit", "severe overfit", "diverging"]
    reached = level is not None and name in order and order.index(name) >= order.index(arguments.LEVELS[level])
    assert code == int(reached)


def test_the_levels_are_diagnoses():
    assert set(arguments.LEVELS.values()) <= set(DIAGNOSES)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ([], "the following arguments are required: FILE"),
        ([KERAS, "--rows", "many"], "argument --rows: must be a whole number from 1 to 1,000,000,000, got 'many'"),
        ([KERAS, "--rows", "0"], "argument --rows: must be a whole number from 1 to 1,000,000,000, got '0'"),
        ([KERAS, "--rows", "5,00"], "argument --rows: must be a whole number from 1 to 1,000,000,000, got '5,00'"),
        ([KERAS, "--rows", "1000000001"], "argument --rows: must be a whole number from 1 to 1,000,000,000, got "),
        ([KERAS, "--rows", "9" * 5000], "argument --rows: must be a whole number from 1 to 1,000,000,000, got "),
        ([KERAS, "--classes", "1"], "argument --classes: must be a whole number from 2 to 1,000,000,000, got '1'"),
        ([KERAS, "--lr", "nan"], "argument --lr: must be a number above 0 and below 1e12, got 'nan'"),
        ([KERAS, "--lr", "-1"], "argument --lr: must be a number above 0 and below 1e12, got '-1'"),
        ([KERAS, "--lr", "1e12"], "argument --lr: must be a number above 0 and below 1e12, got '1e12'"),
        (
            [KERAS, "--image-shape", "28"],
            "argument --image-shape: must be such as 28x28 or 32x32x3, of at most 25,000,000",
        ),
        ([KERAS, "--image-shape", "9999x9999"], "numbers, got '9999x9999'"),
        ([KERAS, "--fail-on", "mad"], "argument --fail-on: invalid choice: 'mad'"),
        ([KERAS, "--framework", "jax"], "argument --framework: invalid choice: 'jax'"),
        ([KERAS, "--watch", "--every", "0"], "argument --every: must be a number above 0 and below 1e6, got '0'"),
        ([KERAS, "--watch", "--every", "1e11"], "argument --every: must be a number above 0 and below 1e6, got '1e11'"),
        (["-", KERAS], "- is standard input, and stands alone: name the files, or pipe one log"),
        (["-", "--watch"], "--watch needs files: standard input is read once, to its end"),
        ([KERAS, "--row"], "ambiguous"),
        ([KERAS, "--current", "drop=0.5"], "argument --current: must name augment, clip_norm, "),
        ([KERAS, "--current", "dropout"], "argument --current: must be such as dropout=0.1, got 'dropout'"),
        ([KERAS, "--current", "dropout=1.5"], "argument --current: dropout must be in [0, 1), got 1.5"),
        ([KERAS, "--class-shares", "a,b"], "argument --class-shares: must be numbers such as 0.9,0.1, got 'a,b'"),
        ([KERAS, "--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_one_line(capsys, argv, sentence):
    with pytest.raises(SystemExit) as end:
        call(*argv)
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err or (sentence == "ambiguous" and "--row" in err)
    assert err.count("\n") == 1
    assert err.startswith("reglab")
    assert "--help says more" in err


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.csv", None, "The file 'missing.csv' cannot be opened: no such file or directory."),
        ("empty.csv", b"", "There is nothing to read: "),
        ("a.pkl", b"\x80\x04.", "The file is a pickle, which is never opened: "),
        ("short.csv", b"epoch,loss,val_loss\n1,0.9,1.0\n", "must have at least 2 values, got 1."),
        ("scores.csv", b"epoch,val_auc\n1,0.6\n2,0.7\n", "reglab: "),
        ("train.csv", b"epoch,train_loss\n1,0.6\n2,0.7\n", "reglab: "),
    ],
)
def test_a_log_that_cannot_be_read_is_refused_in_one_line(capsys, tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert call(tmp_path / name, *TOLD) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert re.fullmatch(r"reglab: [^\n]+\.\n", err)


@pytest.mark.parametrize("path", sorted(LOGS.iterdir()), ids=lambda path: path.name)
def test_every_kind_of_log_is_answered_or_refused_in_one_line(capsys, path):
    code = call(path, *TOLD, "--json")
    out, err = capsys.readouterr()
    assert (code, bool(out), bool(err)) in ((0, True, False), (2, False, True))
    if code:
        assert re.fullmatch(r"reglab: [^\n]+\.\n", err)
    else:
        check(json.loads(out))


def test_what_the_library_refuses_is_said_of_the_option(capsys):
    assert call(KERAS, "--classes", "3", "--class-shares", "0.5,0.5") == 2
    assert re.fullmatch(r"reglab: --class-shares must [^\n]+\n", capsys.readouterr().err)


def test_the_shares_of_the_classes_tell_how_many_there_are(capsys, tmp_path):
    path = log(tmp_path, *OF_LEVEL["strong overfit"])
    shares = ["--class-shares", "0.9,0.1", "--objective", "accuracy", "--rows", "500", "--batch", "32"]
    assert call(path, *shares, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert "label_smoothing" in answer["settings"]
    assert "nn.Linear(64, 2)" in answer["code"]["text"]


def test_the_code_has_the_optimizer_of_the_run(capsys, tmp_path):
    path = log(tmp_path, *OF_LEVEL["strong overfit"])
    assert call(path, *TOLD, "--lr", "0.1", "--optimizer", "sgd") == 0
    text = capsys.readouterr().out
    assert "torch.optim.SGD(" in text
    assert "AdamW(" not in text


def test_a_log_of_accuracies_is_answered_with_what_they_tell(capsys, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,train_acc,val_acc\n1,0.5,0.4\n2,0.7,0.5\n3,0.99,0.6\n")
    assert call(path, *TOLD) == 0
    text = capsys.readouterr().out
    assert "t training accuracy, v validation accuracy" in text
    assert "Strong overfit" in text
    assert call(path, *TOLD, "--json") == 0
    check(json.loads(capsys.readouterr().out))
    assert call(path, "--classes", "3", "--class-shares", "0.5,0.5") == 2
    assert "--class-shares must" in capsys.readouterr().err


# --- what the run had ---


def test_the_advice_is_a_change_against_what_the_run_had(capsys):
    current = reglab.Settings(dropout=0.5, weight_decay=0.01, patience=3)
    advice = reglab.recommend(
        5000,
        curve=reglab.read_log(KERAS).curve(),
        n_classes=10,
        batch_size=32,
        learning_rate=None,
        current=current,
        training_mode_loss=True,
        pretrained="full",
        optimizer="sgd",
    )
    options = ["--current", "dropout=.5,weight_decay=0.01, patience=3", "--training-mode", "--pretrained", "full"]
    assert call(KERAS, *TOLD, *options, "--optimizer", "sgd") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert advice.changes
    for change in advice.changes:
        assert change.sentence in text
    assert call(KERAS, *TOLD, *options, "--optimizer", "sgd", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    check(answer)
    assert [(entry["field"], entry["now"], entry["to"]) for entry in answer["changes"]] == [
        (change.field, change.now, change.to) for change in advice.changes
    ]
    assert answer["diagnosis"]["why"] == list(advice.why)
    assert call(KERAS, *TOLD) == 0
    assert "What changes" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value"), [([], None), (["--training-mode"], True), (["--no-training-mode"], False)]
)
def test_the_mode_of_the_training_loss_is_told_or_not_known(option, value):
    assert arguments.read(["diagnose", "x", *option]).training_mode_loss is value


def test_every_argument_of_the_library_is_an_option():
    import inspect

    parameters = inspect.signature(reglab.recommend).parameters.keys() - {
        "train_loss",
        "val_loss",
        "curve",
        "fitted",
        "setting",
    }
    assert set(diagnose.TOLD) == parameters
    assert all(hasattr(arguments.read(["diagnose", "x"]), name) for name in parameters)


# --- JSON ---


def check(value, schema=SCHEMA, where="answer"):
    """Hold a value against a schema, by what the schema's words mean; a word that is not known here fails."""
    known = {"$schema", "title", "description", "type", "required", "properties", "additionalProperties", "items"}
    assert not schema.keys() - known - {"enum", "const", "minimum"}, where
    kinds = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "null": type(None)}
    if "type" in schema:
        asked = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        assert any(isinstance(value, kinds[kind]) and not isinstance(value, bool) for kind in asked), where
    if "enum" in schema:
        assert value in schema["enum"], where
    if "const" in schema:
        assert value == schema["const"], where
    if "minimum" in schema:
        assert value >= schema["minimum"], where
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= value.keys(), where
        for name, part in value.items():
            rest = schema.get("additionalProperties", True)
            inner = schema.get("properties", {}).get(name, rest)
            assert inner is not False, f"{where}.{name} is not in the schema"
            if inner is not True:
                check(part, inner, f"{where}.{name}")
    if isinstance(value, list):
        for part in value:
            check(part, schema["items"], f"{where}[]")


@pytest.mark.parametrize("name", OF_LEVEL)
@pytest.mark.parametrize("options", [[], [*TOLD, "--lr", "0.001", "--task", "image"], ["--architecture", "conv"]])
def test_the_json_is_by_its_schema(capsys, tmp_path, name, options):
    assert call(log(tmp_path, *OF_LEVEL[name]), *options, "--json") == 0
    text = capsys.readouterr().out
    answer = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert text.isascii()
    check(answer)
    lengths = {len(column) for column in answer["curve"].values()}
    assert lengths == {answer["read"]["rows"]}
    assert answer["read"]["run"] in answer["read"]["runs"]


def test_the_json_has_null_for_what_is_not_finite(capsys, tmp_path):
    call(log(tmp_path, *OF_LEVEL["diverging"]), "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["curve"]["val_loss"] == [1.0, 5.0, None]
    assert answer["diagnosis"]["steps"] is None


def test_the_schema_names_what_the_library_names():
    parts = SCHEMA["properties"]
    assert parts["diagnosis"]["properties"]["name"]["enum"] == list(DIAGNOSES)
    assert parts["read"]["properties"]["unit"]["enum"] == list(reglab.logs.UNITS)
    assert parts["code"]["properties"]["framework"]["enum"] == list(reglab.export.FRAMEWORKS)
    assert list(parts["curve"]["properties"]) == list(reglab.logs.ROLES)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a.pop("code"),
        lambda a: a.update(more=1),
        lambda a: a["curve"].update(val_loss=["x"]),
        lambda a: a["diagnosis"].update(name="fine"),
        lambda a: a["read"].update(rows=1),
        lambda a: a["settings"]["patience"].pop("low"),
    ],
)
def test_the_check_of_the_schema_sees_what_is_wrong(capsys, spoil):
    call(KERAS, *TOLD, "--json")
    answer = json.loads(capsys.readouterr().out)
    check(answer)
    spoil(answer)
    with pytest.raises(AssertionError):
        check(answer)


# --- as it is told ---


def test_an_option_is_named_where_the_library_names_its_argument():
    assert arguments.in_options("Give both (n_val; batch_size).") == "Give both (--val-rows; batch_size)."
    assert arguments.in_options("(train_loss)") == "(train_loss)"
    assert arguments.in_options("n_val must be 1: (steps)") == "--val-rows must be 1: (--steps)"


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("5000", 5000),
        ("5,000", 5000),
        ("5.000", 5000),
        ("1_000_000", 10**6),
        (" 12 ", 12),
        ("1e4", 10_000),
        ("5'000", 5000),
    ],
)
def test_a_number_is_read_as_people_write_it(typed, rows):
    assert arguments.read(["diagnose", "x", "--rows", typed]).n_train == rows


@pytest.mark.parametrize("typed", ["5,00", "5.5", "1.000,5", "0.500", "5,0000"])
def test_a_malformed_count_is_refused(typed, capsys):
    with pytest.raises(SystemExit):
        arguments.read(["diagnose", "x", "--rows", typed])
    assert "must be a whole number" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "rate"), [("0.001", 1e-3), ("1e-3", 1e-3), ("0,001", 1e-3)])
def test_a_rate_is_read_as_people_write_it(typed, rate):
    assert arguments.read(["diagnose", "x", "--lr", typed]).learning_rate == rate


@pytest.mark.parametrize(
    ("option", "typed", "name", "value"),
    [
        ("--target-variance", "12,500", "target_variance", 12_500),
        ("--constant-loss", "1.234,5", "constant_loss", 1234.5),
        ("--class-shares", "90 %, 10 %", "class_shares", (90, 10)),
        ("--class-shares", "90/10", "class_shares", (90, 10)),
        ("--image-shape", "32 × 32 × 3", "image_shape", (32, 32, 3)),
    ],
)
def test_the_command_reads_a_number_as_the_fields_of_the_page_do(option, typed, name, value):
    assert getattr(arguments.read(["diagnose", "x", option, typed]), name) == value


def test_a_comma_that_may_be_a_decimal_one_is_said(capsys):
    call(KERAS, "--rows", "5000", "--batch", "32", "--target-variance", "12,500", "--json")
    notes = json.loads(capsys.readouterr().out)["read"]["notes"]
    assert "--target-variance 12,500 is read as 12500; write 12.500 for a decimal." in notes
    call(KERAS, "--rows", "5000", "--batch", "32", "--target-variance", "0,5", "--json")
    assert "is read as" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ([40, 60, 80, 95, 99], [38, 50, 60, 70, 60]),
        ([0.9, 0.92, 0.95, 0.97, 0.99], [0.9, 0.91, 0.92, 0.95, 0.93]),  # as shares, that begin high
    ],
)
def test_losses_that_are_accuracies_are_drawn_and_written_as_these_and_the_lowest_is_not_the_best(
    capsys, tmp_path, train, val
):
    whole = 100 if max(train) > 1 else 1
    before = log(tmp_path, train, val)
    after = log(tmp_path, train, [value - 0.01 * whole for value in val], "after.csv")
    options = ["--rows", "500", "--classes", "2", "--batch", "32", "--val-rows", "1000"]
    call(before, after, *options, "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["curve"]["val_accuracy"][-1] == pytest.approx(val[-1] / whole - 0.01)
    assert "val_loss" not in answer["curve"]
    assert answer["comparison"] is None
    call(before, *options)
    drawn = " ".join(capsys.readouterr().out.split()).partition("Diagnosis")[0]
    assert f"The highest validation accuracy, {max(val) / whole:g}, is at epoch 4." in drawn
    assert "lowest" not in drawn


def test_help_names_the_exit_codes_and_every_option(capsys):
    with pytest.raises(SystemExit) as end:
        call("--help")
    assert end.value.code == 0
    text = capsys.readouterr().out
    for option in (*arguments.OPTIONS.values(), "--json", "--fail-on", "--watch", "--run", "--framework"):
        assert option in text
    for code in ("  0  ", "  1  ", "  2  "):
        assert code in text


def test_the_script_is_the_command():
    import tomllib

    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert scripts == {"reglab": "reglab.command:main"}


# --- as a program ---


def test_a_pipe_may_be_closed_early():
    head = subprocess.run(
        f"{sys.executable} -m reglab diagnose {KERAS} | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
    )
    assert head.stdout.splitlines() == ["The run", "0"]
    assert head.stderr == ""


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_watch_answers_again_when_the_file_grows_and_ends_quietly(tmp_path):
    path = tmp_path / "log.csv"
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        options = [
            "--watch",
            "--every",
            "0.05",
            "--rows",
            "500",
            "--classes",
            "10",
            "--batch",
            "32",
            "--fail-on",
            "severe",
        ]
        # Where the tests run in the background of a shell, a program that they start is deaf to Ctrl-C.
        listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        program = subprocess.Popen(
            [*COMMAND, str(path), *options], stdout=out, stderr=err, cwd=ROOT, preexec_fn=listens
        )

        def written(name):
            return (tmp_path / name).read_text("utf-8")

        try:
            wait_for(lambda: "cannot be opened" in written("err"))
            log(tmp_path, *OF_LEVEL["good"])
            wait_for(lambda: written("out").count("\nDiagnosis\n") == 1)
            os.utime(path, (1, 1))  # touched, and says the same
            time.sleep(0.3)
            log(tmp_path, *OF_LEVEL["severe overfit"])
            wait_for(lambda: written("out").count("\nDiagnosis\n") == 2)
            assert "Severe overfit" in written("out")
            program.send_signal(signal.SIGINT)
            assert program.wait(20) == 1  # of the last answer
        finally:
            program.kill()
            program.wait()
    assert "Traceback" not in written("err")
    assert written("err").count("\n") == written("err").count("Waiting for more.") >= 1


def test_an_interruption_leaves_no_traceback(monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(diagnose, "_once", interrupted)
    assert call(KERAS) == 130
