"""One's own curve: tables and JSON, every guess, and every sentence for what cannot be read."""

import json
import math
import pickle
import re

import numpy as np
import pytest

from reglab import curves, read_log, strategy
from reglab.curves import ROLES, UNITS, Curve, CurveError, curve_from, done, read_curve
from reglab.early_stopping import patience_stop

RIGHT = "give a log with a training and a validation loss for each evaluation."
PLAIN = {"step": [1, 2, 3], "train_loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.8]}


def read(source):
    log = read_curve(source)
    return curve_from(log.columns, log.roles)


# --- formats ---


@pytest.mark.parametrize(
    "source",
    [
        "epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.7\n3,0.3,0.8",
        "epoch,loss,val_loss\r\n1,0.9,1.0\r\n2,0.5,0.7\r\n3,0.3,0.8\r\n\r\n",
        " Epoch , Train Loss , Validation Loss \n1, .9, 1\n2, 5e-1, 0.7\n3, 0.3, 8e-1",
        "Epoch;Training loss;Valid loss\n1;0,9;1,0\n2;0,5;0,7\n3;0,3;0,8\n",
        "Iteration\ttrainLoss\tvalLoss\n1\t0,9\t1\n2\t0,5\t0,7\n3\t0,3\t0,8",
        "step|train/loss|eval/loss\n1|.9|1\n2|.5|.7\n3|.3|.8",
        "step train_loss val_loss\n  1   0.9   1.0\n  2   0.5   0.7\n  3   0.3   0.8",
        "epoch,train,val\n1,.9,1\n2,.5,.7\n3,.3,.8",
        "1,0.9,1.0\n2,0.5,0.7\n3,0.3,0.8",
        "# epoch loss val_loss\n1 0.9 1.0\n2 0.5 0.7\n# half way\n3 0.3 0.8",
        "% a comment\n// and another\n1 .9 1\n2 .5 .7\n3 .3 .8",
        ",loss,val_loss\n1,.9,1\n2,.5,.7\n3,.3,.8",
        "\tloss\tval_loss\n1\t.9\t1\n2\t.5\t.7\n3\t.3\t.8",
        '"epoch","Loss, training","Loss, validation"\n1,"0.9",1\n2,".5",.7\n3,.3,.8',
        "epoch,loss,val_loss,\n1,.9,1,\n2,.5,.7,\n3,.3,.8,",
        "epoch,loss,val_loss\n1,.9,1,\n2,.5,.7, \n3,.3,.8",
        "time,epoch,loss,val_loss\n12:00,1,.9,1\n12:01,2,.5,.7\n12:02,3,.3,.8",
        '{"step": [1, 2, 3], "loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.8]}',
        "{'epoch': [1, 2, 3], 'loss': [0.9, 0.5, 0.3], 'val_loss': [1.0, 0.7, 0.8]}",
        '{"epoch": [1, 2, 3], "history": {"loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.8]}}',
        '{"train": {"loss": [0.9, 0.5, 0.3]}, "val": {"loss": [1.0, 0.7, 0.8]}, "name": "run"}',
        '{"loss": {"0": 0.9, "1": 0.5, "2": 0.3}, "val_loss": {"0": 1, "1": 0.7, "2": 0.8}}',
        '[{"step": 1, "loss": 0.9, "val_loss": 1}, {"step": 2, "loss": 0.5, "val_loss": 0.7},\n'
        '{"step": 3, "loss": 0.3, "val_loss": 0.8}]',
        '\n\n{"step": 1, "loss": "0.9", "val_loss": 1}\n\n{"step": 2, "loss": 0.5, "val_loss": 0.7},\n'
        '{"step": 3, "loss": 0.3, "val_loss": 0.8, "note": null}\n',
        "{'step': 1, 'loss': 0.9, 'val_loss': 1, 'lr': None}\n{'step': 2, 'loss': 0.5, 'val_loss': 0.7}\n"
        "{'step': 3, 'loss': 0.3, 'val_loss': 0.8}",
        '[{"train": {"loss": 0.9}, "val": {"loss": 1}}, {"train": {"loss": 0.5}, "val": {"loss": 0.7}},'
        ' {"train": {"loss": 0.3}, "val": {"loss": 0.8}}]',
        "[[1, 0.9, 1], [2, 0.5, 0.7], [3, 0.3, 0.8]]",
        '[["epoch", "loss", "val_loss"], [1, 0.9, 1], [2, 0.5, 0.7], [3, 0.3, 0.8]]',
        "[1, 0.9, 1]\n[2, 0.5, 0.7]\n[3, 0.3, 0.8]",
        '{"log_history": [{"step": 1, "loss": 0.9}, {"step": 1, "eval_loss": 1}, {"step": 2, "loss": 0.5},'
        ' {"step": 2, "eval_loss": 0.7}, {"step": 3, "loss": 0.3}, {"step": 3, "eval_loss": 0.8},'
        ' {"step": 3, "train_loss": 0.57, "train_runtime": 9}]}',
    ],
)
def test_formats(source):
    assert dict(read(source)) == PLAIN
    assert dict(read(source.encode())) == PLAIN
    assert dict(read("\ufeff" + source)) == PLAIN
    assert dict(read(b"\xef\xbb\xbf" + source.encode())) == PLAIN
    assert dict(read(source.encode("utf-16"))) == PLAIN


def test_any_curve_comes_back_from_any_format():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(3, 40))
        curve = {"step": rng.integers(1, 100, n).cumsum().tolist()}
        for role in ROLES[1:]:
            curve[role] = (rng.random(n) * (1 if role.endswith("accuracy") else 10.0 ** rng.integers(-3, 3))).tolist()
        rows = list(zip(*curve.values(), strict=True))
        lines = [list(curve), *rows]
        written = {mark: "\n".join(mark.join(map(str, line)) for line in lines) for mark in ",;\t| "}
        written["comma"] = written[";"].replace(".", ",")
        written["columns"] = json.dumps(curve)
        written["rows"] = json.dumps([dict(zip(curve, row, strict=True)) for row in rows], indent=1)
        written["lines"] = "\n".join(str(dict(zip(curve, row, strict=True))) for row in rows)
        for text in written.values():
            assert dict(read(text)) == curve


def test_columns_are_as_in_the_file_and_the_guess_can_be_changed():
    log = read_curve("epoch,loss,val_loss,test_loss,lr\n1,.9,1,.8,.1\n2,.5,.7,.6,.1\n3,.3,.8,.7,")
    assert list(log.columns) == ["epoch", "loss", "val_loss", "test_loss", "lr"]
    np.testing.assert_array_equal(log.columns["lr"], [0.1, 0.1, math.nan])
    assert log.roles == {"step": "epoch", "train_loss": "loss", "val_loss": "val_loss"}
    other = curve_from(log.columns, {"train_loss": "loss", "val_loss": "test_loss"})
    assert other == {"step": [1, 2, 3], "train_loss": [0.9, 0.5, 0.3], "val_loss": [0.8, 0.6, 0.7]}
    assert other.notes == ("There is no column of steps: the rows are numbered from 1.",)
    alone = curve_from(log.columns, {"val_loss": "val_loss"}, required=())
    assert list(alone) == ["step", "val_loss"]


def test_columns_of_one_name_are_told_apart():
    log = read_curve("epoch,loss,loss,val_loss\n1,.9,9,1\n2,.5,5,.7\n3,.3,3,.8")
    assert list(log.columns) == ["epoch", "loss", "loss (3)", "val_loss"]
    assert log.columns["loss (3)"].tolist() == [9, 5, 3]


def test_numbers_as_they_are_written():
    log = read_curve(json.dumps({"a": [1, "2", " \u22121.5e-3 ", "40 %", None, "", 10**400, "-inf", float("nan")]}))
    inf, nan = math.inf, math.nan
    np.testing.assert_array_equal(log.columns["a"], [1, 2, -0.0015, 40, nan, nan, inf, inf, inf])


def test_a_log_is_kept_as_it_was_in_a_cache():
    log = read_curve("epoch,loss,val_loss\n1,.9,1\n2,.5,.7\n3,.3,.8")
    again = pickle.loads(pickle.dumps(log))
    assert again.roles == log.roles
    curve = curve_from(log.columns, {"train_loss": "loss", "val_loss": "val_loss"})
    unpickled = pickle.loads(pickle.dumps(curve))
    assert (unpickled, unpickled.notes) == (curve, curve.notes)
    assert unpickled.notes


# --- the guess ---


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        ("epoch,accuracy,loss,val_accuracy,val_loss", ("epoch", "loss", "val_loss", "accuracy", "val_accuracy")),
        ("epoch,trn_acc,train_loss,val_acc,valid_loss", ("epoch", "train_loss", "valid_loss", "trn_acc", "val_acc")),
        ("training_loss,validation_loss", (None, "training_loss", "validation_loss")),
        ("loss,step,eval_loss,epoch", ("step", "loss", "eval_loss")),
        ("Epoch,global_step,loss,dev loss", ("global_step", "loss", "dev loss")),
        ("iter,Loss/train,Loss/val,Loss/test", ("iter", "Loss/train", "Loss/val")),
        ("epoch,loss,test_loss,test_acc", ("epoch", "loss", "test_loss", None, "test_acc")),  # the only evaluation
        ("epoch,test_loss,val_loss", ("epoch", None, "val_loss")),
        ("epoch,train_objective,train_loss,val_loss", ("epoch", "train_loss", "val_loss")),
        ("epoch,train_loss_step,train_loss_epoch,val_loss", ("epoch", "train_loss_epoch", "val_loss")),
        ("loss_l2,loss,val_loss_std,val_loss", (None, "loss", "val_loss")),
        ("Step,run 7 - val_loss,run 7 - val_loss__MIN", ("Step", None, "run 7 - val_loss")),
        ("epoch,eval_train_loss,eval_loss", ("epoch", "eval_train_loss", "eval_loss")),
        ("steps_per_second,train_steps,loss,val_loss", ("train_steps", "loss", "val_loss")),
        ("steps_per_second,loss,val_loss", (None, "loss", "val_loss")),
        ("loss,train_loss,val_loss", (None, "train_loss", "val_loss")),
        ("train-logloss,eval-logloss", (None, "train-logloss", "eval-logloss")),
        (
            "sparse_categorical_accuracy,val_sparse_categorical_accuracy,val_loss,loss",
            (None, "loss", "val_loss", "sparse_categorical_accuracy", "val_sparse_categorical_accuracy"),
        ),
        ("Unnamed: 0,loss,val_loss", ("Unnamed: 0", "loss", "val_loss")),
        ("epoch,learning_rate,time", ("epoch",)),
    ],
)
def test_roles_are_guessed_from_names(header, roles):
    rows = "\n".join(",".join([str(row)] * len(header.split(","))) for row in (1, 2, 3))
    expected = {role: name for role, name in zip(ROLES, roles, strict=False) if name}
    assert read_curve(f"{header}\n{rows}").roles == expected


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("1 .9 1\n2 .5 .7\n3 .3 .8", {"step": "column 1", "train_loss": "column 2", "val_loss": "column 3"}),
        ("1 1\n2 .7\n3 .8", {"step": "column 1", "val_loss": "column 2"}),
        (".9 1\n.5 .7\n.3 .8", {"train_loss": "column 1", "val_loss": "column 2"}),
        ("3 .9\n2 .5\n1 .3", {"train_loss": "column 1", "val_loss": "column 2"}),
        ("1\n.7\n.8", {"val_loss": "column 1"}),
        ("1\n2\n3", {"val_loss": "column 1"}),
    ],
)
def test_roles_are_guessed_from_their_order(text, roles):
    log = read_curve(text)
    assert log.roles == roles
    assert "There is no header: the columns are told by their order." in log.notes


def test_a_column_of_one_value_is_not_the_training_loss():
    log = read_curve('[{"step": 1, "loss": 1}, {"step": 2, "loss": 2}, {"step": 3, "loss": 3, "train_loss": 2}]')
    assert log.roles["train_loss"] == "loss"


def test_a_column_of_steps_that_falls_is_passed_over():
    text = "step,epoch,loss,val_loss\n1,1,1,1\n2,2,1,1\n1,3,1,1"
    assert read_curve(text).roles["step"] == "epoch"


# --- rows ---


def test_training_loss_logged_at_other_steps_is_meant_or_interpolated_and_says_so():
    rows = [{"loss": 2 - step / 1000, "step": step} for step in range(100, 901, 100)]
    rows += [{"eval_loss": 2.0, "step": step, "epoch": step / 450} for step in (50, 450, 900, 950)]
    curve = read(json.dumps(sorted(rows, key=lambda row: row["step"])))
    assert curve["step"] == [50, 450, 900, 950]
    np.testing.assert_allclose(
        curve["train_loss"], [1.9, 1.75, 1.3, 1.3]
    )  # of 100 .. 400 and 500 .. 900; the ends are the nearest
    assert curve.notes == (
        "Merged 13 rows into 12, one per step.",
        "Left out 8 of 12 rows, which have no validation loss.",
        "The training loss of some batches was logged between evaluations: at 2 of 4 the mean of those since the one "
        "before is read, of up to 5.",
        "The training loss was logged at other steps: interpolated at 2 of 4.",
        "The training loss is not known everywhere: at 1 before its first value that one and at 1 after its last value "
        "that one is taken.",
    )


def test_missing_values_are_gaps_and_no_divergence():
    text = "epoch,loss,val_loss\n1,.9,1\n2,,\n3,.5,NA\n4,null,.7\n5,.3,.8\n6,.2,\n7,,-"
    curve = read(text)
    assert curve == {"step": [1, 4, 5], "train_loss": [0.9, 0.4, 0.3], "val_loss": [1, 0.7, 0.8]}
    assert not any("diverged" in note for note in curve.notes)


def test_nan_that_numbers_follow_is_a_gap():
    curve = read("epoch,loss,val_loss\n1,.9,nan\n2,nan,1\n3,.5,nan\n4,nan,.7\n5,.3,nan\n6,nan,.8\n7,.2,nan")
    assert curve["step"] == [2, 4, 6]
    np.testing.assert_allclose(curve["train_loss"], [0.7, 0.4, 0.25])
    assert not any("diverged" in note for note in curve.notes)


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-Infinity", "1e999"])
def test_nan_at_the_end_is_where_it_diverged(value):
    curve = read(f"epoch,loss,val_loss\n1,.9,1\n2,.5,.7\n3,.3,.8\n4,{value},{value}\n5,{value},{value}")
    assert curve["step"] == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(curve["val_loss"], [1, 0.7, 0.8, math.nan, math.nan])
    np.testing.assert_array_equal(curve["train_loss"], [0.9, 0.5, 0.3, math.nan, math.nan])
    assert curve.notes == ("A loss is not finite from epoch 4 on: the run diverged there.",)
    assert strategy.diagnose(curve, n_classes=3).name == "diverging"
    assert patience_stop(curve["val_loss"], 2) == (3, 1)


def test_a_training_loss_that_diverged_alone_is_seen():
    rows = [{"step": s, "loss": 1.0, "eval_loss": 1.5} for s in (1, 2, 3)] + [{"step": 4, "loss": math.nan}]
    curve = read(json.dumps(rows))
    assert curve["step"] == [1, 2, 3, 4]
    assert math.isnan(curve["train_loss"][3])
    assert math.isnan(curve["val_loss"][3])
    assert strategy.diagnose(curve, n_classes=3).name == "diverging"


def test_accuracies_are_shares():
    curve = read("epoch,loss,val_loss,acc,val_acc\n1,.9,1,50%,0.5\n2,.5,.7,75 %,\n3,.3,.8,100%,.75")
    assert curve["train_accuracy"] == [0.5, 0.75, 1]
    np.testing.assert_array_equal(curve["val_accuracy"], [0.5, math.nan, 0.75])
    assert curve.notes == ("The training accuracy is in percent, the validation accuracy a share: divided by 100.",)
    assert read("loss,val_loss,val_acc\n1,1,-3\n1,1,0.5\n1,1,1")["val_accuracy"] == [-3, 0.5, 1]  # R squared


def test_rows_without_a_value_are_passed_over():
    assert dict(read("epoch,loss,val_loss,lr\n1,.9,1,1\n2,.5,.7,1\n,,,1\n3,.3,.8,1\n3,,,2")) == PLAIN
    steps = [1, 2.5, 3]
    assert read(f"epoch,loss,val_loss\n{steps[0]},.9,1\n{steps[1]},.5,.7\n{steps[2]},.3,.8")["step"] == steps


def test_a_curve_is_what_the_advisor_reads():
    curve = read("epoch,loss,val_loss\n" + "\n".join(f"{i},{1 / i},{0.5 + abs(i - 8) / 20}" for i in range(1, 30)))
    assert strategy.diagnose(curve, n_classes=3).best_step == 8
    assert patience_stop(curve["val_loss"], 3) == (10, 7)


# --- what the first column counts ---


def unit_of(header, column):
    """Read a log of five rows with such a first column."""
    rows = [f"{count},{1 / (i + 1)},{1 + i / 9}" for i, count in enumerate(column)]
    return read("\n".join([f"{header},loss,val_loss", *rows] if header is not None else rows))


@pytest.mark.parametrize(
    ("header", "column", "unit", "counted_from"),
    [
        ("epoch", range(5), "epoch", 0),
        ("Epoch", range(1, 6), "epoch", 1),
        ("epoch", (0, 10, 20, 30, 40), "epoch", 0),
        ("epoch", (0.0, 0.5, 1.0, 1.5, 2.0), "epoch", 1),
        ("epochs", (0.64, 1.0, 1.64, 2.0, 2.64), "epoch", 1),
        ("step", range(100, 600, 100), "step", 1),
        ("step", (0, 250, 500, 750, 1000), "step", 1),  # evaluated before the first
        ("Step", range(5), "step", 0),  # calls of a logger
        ("step", (49, 99, 149, 199, 249), "step", 0),  # each ends a stretch of 50
        ("step", (156, 313, 470, 627, 784), "step", 0),
        ("step", (50, 99, 149, 199, 249), "step", 1),
        ("step", (3, 7, 11, 15, 19), "step", 1),  # stretches of 4: too short to tell
        ("iteration", range(10, 60, 10), "step", 1),
        ("global_step", range(7, 12), "step", 1),
        ("boosting round", range(5), "round", 0),
        ("evaluation", range(1, 6), "evaluation", 1),
        ("row", range(1, 6), "row", 1),
        ("", range(5), "row", 0),  # the index of pandas
        ("Unnamed: 0", range(5), "row", 0),
        (None, range(1, 6), "row", 1),
        (None, range(100, 600, 100), "step", 1),
    ],
)
def test_a_curve_knows_what_its_first_column_counts(header, column, unit, counted_from):
    curve = unit_of(header, column)
    assert (curve.unit, curve.counted_from) == (unit, counted_from)
    assert curve["step"] == list(column)  # as the log has it
    assert curve.done == [count + (1 - counted_from) for count in column]
    assert any("counted from 0" in note for note in curve.notes) == (counted_from == 0)


def test_without_a_first_column_the_rows_are_the_unit():
    curve = read("loss,val_loss\n.9,1\n.5,.7\n.3,.8")
    assert (curve.unit, curve.counted_from, curve.certain) == ("row", 1, False)
    assert "There is no column of steps: the rows are numbered from 1." in curve.notes


def test_what_is_missing_at_the_start_does_not_hide_that_a_log_counts_from_0():
    curve = read("epoch,loss,val_loss\n0,.9,NA\n1,.5,.7\n2,.4,NA\n3,.3,.8\n4,.2,NA\n5,.1,.9")
    assert curve["step"] == [1, 3, 5]
    assert curve.done == [2, 4, 6]


def test_a_step_is_certain_by_its_name_or_beside_epochs():
    rows = "\n".join(f"{i},{i * 50},{1 / i},1" for i in range(1, 5))
    assert read(f"epoch,step,loss,val_loss\n{rows}").certain
    assert read(f"other,global_step,loss,val_loss\n{rows}").certain
    assert not read(f"other,step,loss,val_loss\n{rows}").certain
    same = "\n".join(f"{i},{i},{1 / i},1" for i in range(1, 5))
    assert not read(f"epoch,step,loss,val_loss\n{same}").certain  # it counts epochs too
    assert not read(f"epoch,other,loss,val_loss\n{rows}").certain  # epochs, not steps


def test_a_counter_of_calls_gives_way_to_epochs():
    text = "_step,epoch,train/loss,val/loss\n0,0,.9,\n1,0,,1\n2,1,.5,\n3,1,,.7\n4,2,.3,\n5,2,,.8"
    assert read_curve(text).roles["step"] == "epoch"
    assert read("_step,loss,val_loss\n0,.9,1\n1,.5,.7\n2,.3,.8").unit == "step"


def test_times_in_a_table_without_names_are_no_steps():
    text = "\n".join(f"{1764000000000 + 3200 * i},{1 / (i + 1)},{i}" for i in range(9))
    assert read_curve(text).roles == {}
    with pytest.raises(CurveError, match="No column is chosen for the validation loss"):
        read(text)


def test_a_curve_made_by_hand_says_its_unit():
    columns = {"step": [0, 1, 2], "train_loss": [3, 2, 1], "val_loss": [3, 2, 1]}
    assert Curve(columns).unit == "step"
    assert Curve(columns).done == [0, 1, 2]
    assert [Curve(columns, unit=unit).done[0] for unit in UNITS] == [0, 1, 1, 1, 1]
    assert Curve(columns, unit="epoch", counted_from=1).done == [0, 1, 2]
    assert done([1.5, 2], "epoch").tolist() == [1.5, 2]
    with pytest.raises(ValueError, match=r"^unit must be one of step, epoch, round, evaluation, row, got 'year'$"):
        Curve(columns, unit="year")
    with pytest.raises(ValueError, match=r"^counted_from must be 0, 1 or None, got 2$"):
        Curve(columns, counted_from=2)
    unpickled = pickle.loads(pickle.dumps(Curve(columns, unit="epoch", certain=True, counted_from=0)))
    assert (unpickled, unpickled.unit, unpickled.certain, unpickled.counted_from) == (columns, "epoch", True, 0)


# --- what cannot be read ---


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", f"There is nothing to read: {RIGHT}"),
        (b" \n", f"There is nothing to read: {RIGHT}"),
        (None, f"A log must be text, bytes, a path, a mapping or a list, got NoneType: {RIGHT}"),
        ("# a comment", f"There are only comments: {RIGHT}"),
        (
            "once upon a time",
            "No number with a name before it, and no table of numbers, is found in what begins with "
            f"'once upon a time': {RIGHT}",
        ),
        ("epoch,loss\n1,.5\n2,.4,.3", "Line 3 has 3 values where 2 are expected: give every row as many."),
        ("# x\n\nepoch,loss\n1,.5\n2", "Line 5 has 1 values where 2 are expected: give every row as many."),
        (
            '{"loss": [1, 2], "val_loss": [1]}',
            "Column 'loss' has 2 values and 'val_loss' 1: give every column as many, with null where there is none.",
        ),
        ("[]", f"The text begins like JSON and holds no list of numbers that can be read: {RIGHT}"),
        ("[" * 100_000, f"The text begins like JSON and holds no list of numbers that can be read: {RIGHT}"),
        (b"PK\x03\x04etc", f"The file is a zip archive, such as .xlsx or .npz: {RIGHT}"),
        (pickle.dumps({"loss": [1, 2, 3]}), f"The file is a pickle, which is never opened: {RIGHT}"),
        (b"\x93NUMPY\x01\x00", f"The file is a NumPy array: {RIGHT}"),
        (
            "epoch,loss\n1,2".encode("utf-16-le"),
            "Line 1 has a character that is no text: the file is binary, or not in UTF-8.",
        ),
        (b"epoch,loss\n1,\x00\xff", "Line 2 has a character that is no text: the file is binary, or not in UTF-8."),
        ("1\n" * 5_000_001, "The log has more than 10 MB, and no more are read: leave rows out."),
        ("é" * 5_000_001, "The log has more than 10 MB, and no more are read: leave rows out."),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(source, sentence):
    with pytest.raises(CurveError, match=f"^{re.escape(sentence)}$"):
        read_curve(source)


def test_limits_are_inclusive():
    text = "val_loss\n" + "1\n" * curves.MAX_ROWS
    assert len(read_curve(text).columns["val_loss"]) == curves.MAX_ROWS
    row = ",".join("1" * curves.MAX_COLUMNS)
    assert len(read_curve(f"{row}\n{row}").columns) == curves.MAX_COLUMNS


@pytest.mark.parametrize(
    ("text", "roles", "sentence"),
    [
        (
            "epoch,loss,lr\n1,1,1\n2,1,1\n3,1,1",
            None,
            "No column is chosen for the validation loss: there are 'epoch', 'loss', 'lr'.",
        ),
        ("val_loss\n1\n2\n3", None, "No column is chosen for the training loss: there are 'val_loss'."),
        ("loss,val_loss\n1,1\n2,", None, "The validation loss must have at least 2 values, got 1."),
        ("loss,val_loss\n1,1\n,2\n,3", None, "The training loss must have at least 2 values, got 1."),
        (
            "step,loss,val_loss\n1,1,1\n,1,1\n3,1,1",
            None,
            "Row 2 has no step: give each row one, or choose no column for the step.",
        ),
        (
            "loss,val_loss,val_acc\n1,1,.1\n1,1,200\n1,1,.3",
            None,
            "The validation accuracy must be in [0, 1] or in percent, got 200.",
        ),
        (
            "loss,val_loss,val_acc\n1,1,1\n1,1,100.5",
            None,
            "The validation accuracy must be in [0, 1] or in percent, got 100.5.",
        ),
        (
            "loss,val_loss,val_acc\n1,1,-1\n1,1,1.5",
            None,
            "The validation accuracy must be in [0, 1] or in percent, got -1.",
        ),
        (
            "a,b\n1,1\n2,2\n3,3",
            {"train_loss": "a", "val_loss": "c"},
            "There is no column 'c' for the validation loss: there are 'a', 'b'.",
        ),
        (
            "a,b\n1,1\n2,2\n3,3",
            {"train_loss": "a", "val_loss": "a"},
            "Column 'a' is chosen for two roles: choose one column for each.",
        ),
        (
            "a,b\n1,1\n2,2\n3,3",
            {"test_loss": "a", "val_loss": "b"},
            "A role must be one of step, train_loss, val_loss, train_accuracy, val_accuracy, got 'test_loss'.",
        ),
    ],
)
def test_what_makes_no_curve_is_said_in_one_sentence(text, roles, sentence):
    log = read_curve(text)
    with pytest.raises(CurveError, match=f"^{re.escape(sentence)}$"):
        curve_from(log.columns, log.roles if roles is None else roles)


def test_columns_of_several_lengths_are_refused():
    with pytest.raises(CurveError, match=r"^Columns must be of one length, got 2, 3 rows\.$"):
        curve_from({"a": np.ones(2), "b": np.ones(3)}, {"train_loss": "a", "val_loss": "b"})


def test_nothing_is_left_out_in_silence():
    log = read_curve("time,epoch,loss,val_loss,name\n12:00,1,.9,1,a\n12:01,2,.5,.7,b\n12:02,3,.3,.8,c")
    assert log.notes == ("Read as CSV, separated by commas.", "Left out what has no numbers: 'time', 'name'.")
    assert read_curve("a;b\n1,5;2").notes[1] == "Commas in numbers are read as decimal points."
    assert read_curve('{"step": 1}\n{"step": 2}').notes == ("Read as JSON, one row per line.",)


PIECES = (
    *("epoch", "loss", "val_loss", "\n", "\n", ",", ";", "\t", " ", "1", "2.5", "nan", "-inf", "{", "}", "[", "]", ":"),
    *('"', "'", "null", "None", "#", "%", "\ufeff", "é", "\x00", "\u2028", "1e999", "=", "|", "true"),
)


def attempt(source):
    """Return the curve, or the sentence that says why there is none."""
    try:
        return read(source)
    except CurveError as error:
        return str(error)


def test_nothing_but_a_curve_error_is_raised():
    """Whatever is given: noise, pieces of logs put together at random, and logs with a few characters changed."""
    rows = [{"step": s, "loss": 1 / s, "val_loss": 2 / s} for s in range(1, 6)]
    wholes = [json.dumps(rows), "\n".join(map(str, rows)), "step,loss,val_loss\n1,1,1\n2,1,1\n3,1,1\n4,1,1"]
    read_well = 0
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        if seed % 4 == 0:
            source = "".join(rng.choice(PIECES, int(rng.integers(1, 60))))
        elif seed % 4 == 1:
            source = rng.bytes(int(rng.integers(1, 200)))
        else:
            changed = bytearray(wholes[seed % 3], "ascii")
            for at in rng.integers(len(changed), size=seed % 4 - 1):
                changed[at] = int(rng.integers(32, 127))
            source = bytes(changed)
        outcome = attempt(source)
        if isinstance(outcome, str):
            assert re.fullmatch(r"[A-Z].*\.", outcome)  # one line, a sentence
        else:
            read_well += 1
            assert (np.diff(outcome["step"]) > 0).all()
            assert len({len(column) for column in outcome.values()}) == 1
            assert len(outcome["val_loss"]) >= 2
    assert read_well > 100


def test_a_curve_made_of_another_counts_and_measures_as_it_does():
    rows = {"step": [0, 1, 2], "train_loss": [0.4, 0.3, 0.2], "val_loss": [0.4, 0.35, 0.3]}
    curve = Curve(rows, unit="epoch", certain=True, counted_from=0, measure="error", notes=("Read.",))
    last = curve.but({name: column[1:] for name, column in curve.items()}, notes=("Two rows.",))
    assert last["step"] == [1, 2]
    assert (last.unit, last.certain, last.counted_from, last.measure) == ("epoch", True, 0, "error")
    assert last.notes == ("Two rows.",)
    steps = curve.but(unit="step", measure="loss")
    assert (dict(steps), steps.unit, steps.measure, steps.notes) == (rows, "step", "loss", ("Read.",))
    with pytest.raises(ValueError, match=r"^measure must be one of loss, error, got 'auc'$"):
        curve.but(measure="auc")


def test_what_a_log_calls_an_error_is_measured_as_one():
    text = "[0]\ttrain-error:0.3\teval-error:0.4\n[1]\ttrain-error:0.2\teval-error:0.35\n"
    assert read_log(text).curve().measure == "error"
    assert read_log(text.replace("error", "logloss")).curve().measure == "loss"
