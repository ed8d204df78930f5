"""Kinds of logs that take more than a line of a layout: blank cells, parts apart, series, runs one after the other."""

import json
import warnings

import numpy as np
import pytest

from reglab.logs import CurveError, read_log
from tests.test_logs import TRAIN, VAL, event_file


def curve_of(source):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_log(source).curve()


# --- blank cells between blanks ---

HEADER = "epoch       main/loss   validation/main/loss  main/accuracy  validation/main/accuracy  elapsed_time\n"
WIDTHS = (12, 12, 22, 15, 26, 12)


def aligned(*rows, right=False):
    """Return rows of a table whose cells stand where the names of its header do."""
    names = HEADER.split()
    if right:
        lines = [" ".join(f"{name:>26}" for name in names)]
        return "\n".join(lines + [" ".join(f"{cell:>26}" for cell in row) for row in rows]) + "\n"
    return HEADER + "".join(
        "".join(f"{cell:<{width}}" for cell, width in zip(row, WIDTHS, strict=True)) + "\n" for row in rows
    )


@pytest.mark.parametrize("right", [False, True])
def test_blank_cells_stand_under_the_names_that_they_stand_under(right):
    rows = [
        (1, 1502.5, "", 0.21, "", 1.1),
        (2, 611.25, 702.5, 0.55, 0.41, 1.7),
        (3, 480.5, "", 0.67, "", 2.2),
        (4, 402.75, 655.5, 0.72, 0.44, 2.9),
    ]
    curve = curve_of("Training ...\n" + aligned(*rows, right=right) + "Test evaluation\n")
    assert (curve["step"], curve["val_loss"], curve["val_accuracy"]) == ([2, 4], [702.5, 655.5], [0.41, 0.44])
    assert (curve["train_loss"], curve["train_accuracy"]) == ([611.25, 402.75], [0.55, 0.72])


def test_what_is_blank_in_every_row_is_no_loss():
    with pytest.raises(CurveError, match=r"no validation loss"):
        curve_of(aligned(*((e, 5.5 - e, "", e / 8, "", 2 * e) for e in range(1, 6))))


# --- parts of a loss ---


def test_parts_of_a_loss_on_lines_of_their_own_are_summed():
    lines = ""
    for epoch, (a, b, c, d) in {1: (0.9, 0.5, 1.1, 0.6), 2: (0.5, 0.3, 0.9, 0.5), 3: (0.2, 0.1, 1.0, 0.6)}.items():
        lines += f"Epoch {epoch}: edge_loss_train: {a}\nEpoch {epoch}: edge_loss_val: {c}\n"
        lines += f"Epoch {epoch}: node_loss_train: {b} | node_roc_train: 1.0\n"
        lines += f"Epoch {epoch}: node_loss_val: {d} | node_roc_val: 0.8\n"
    curve = curve_of(lines)
    np.testing.assert_allclose(curve["train_loss"], [1.4, 0.8, 0.3])
    np.testing.assert_allclose(curve["val_loss"], [1.7, 1.4, 1.6])
    assert any(note.startswith("The losses are sums of their 2 parts") for note in curve.notes)


def test_a_loss_beside_its_total_is_no_part_of_it():
    split = [{"combined": {"loss": x}, "label": {"loss": x, "accuracy": [0.5, 0.6, 0.7]}} for x in (TRAIN[:3], VAL[:3])]
    curve = curve_of({"training": split[0], "validation": split[1]})
    assert (curve["train_loss"], curve["val_loss"]) == (TRAIN[:3], VAL[:3])
    alike = {"loss_a": TRAIN, "loss_b": TRAIN, "val_loss_a": VAL, "val_loss_b": VAL}
    assert curve_of(alike)["val_loss"] == VAL  # one thing under two names


def test_parts_in_brackets_are_summed():
    lines = "Step      Train loss              Test loss               Test metric\n"
    for step, (a, b, c) in {0: (1.25, 0.5, 1.5), 1000: (0.75, 0.25, 0.875), 2000: (0.5, 0.125, 0.75)}.items():
        lines += f"{step:<10}[{a:.2e}, {b:.2e}]    [{c:.2e}, {b:.2e}]    []  \n"
    curve = curve_of(lines + "\nBest model at step 2000:\n  train loss: 6.25e-01\n")
    assert (curve["step"], curve.unit) == ([0, 1000, 2000], "step")
    assert (curve["train_loss"], curve["val_loss"]) == ([1.75, 1.0, 0.625], [2.0, 1.125, 0.875])
    assert "Of several numbers in brackets, the parts of a loss, the sum is read." in curve.notes


# --- series in JSON ---


@pytest.mark.parametrize(
    ("steps", "values", "unit"), [("steps", "values", "step"), ("step", "value", "step"), ("epochs", "values", "epoch")]
)
def test_series_with_their_steps_beside_them(steps, values, unit):
    source = {
        f"{split}.loss": {steps: [1, 2, 3], "timestamps": ["2021-03-01"] * 3, values: losses}
        for split, losses in (("training", [2.2, 1.4, 0.8]), ("validation", [2.3, 1.7, 1.8]))
    }
    for form in (source, json.dumps(source, indent=2)):
        curve = curve_of(form)
        assert (curve["step"], curve["train_loss"], curve["val_loss"]) == ([1, 2, 3], [2.2, 1.4, 0.8], [2.3, 1.7, 1.8])
        assert curve.unit == unit


def test_steps_and_times_of_a_loss_are_no_losses():
    names = [f"{split}.loss/{part}" for split in ("training", "validation") for part in ("steps", "values")]
    rows = [(10, 2.2, 10, 2.3), (20, 1.4, 20, 1.7), (30, 0.8, 30, 1.8)]
    curve = curve_of("\n".join(",".join(map(str, row)) for row in (names, *rows)))
    assert (curve["train_loss"], curve["val_loss"]) == ([2.2, 1.4, 0.8], [2.3, 1.7, 1.8])


# --- runs one after the other ---


def test_a_run_that_begins_below_the_end_of_the_one_before_it_is_another():
    first = [f"epoch {e}\nloss: {2 - e / 100}\ntest accuracy: {40 + e / 10}%, ({e}/2466133)\n" for e in range(91, 101)]
    second = [f"epoch {e}\nloss: {1 - e / 200}\ntest accuracy: {60 + e / 9}%, ({e}/2466133)\n" for e in range(71, 81)]
    log = read_log("".join(first + second))
    assert [len(log.curve(run=run)["step"]) for run in range(len(log.runs))] == [10, 10]
    assert log.curve()["step"] == list(range(71, 81))


def test_rows_in_the_order_of_their_names_are_one_run():
    rows = sorted(range(1, 13), key=str)  # 1, 10, 11, 12, 2, ...
    text = "epoch,loss,val_loss\n" + "".join(f"{e},{1 / e},{1.1 / e}\n" for e in rows)
    log = read_log(text)
    assert (len(log.runs), log.curve()["step"]) == (1, list(range(1, 13)))


@pytest.mark.parametrize(
    "text",
    [
        "Best DT (max_depth=5)  - train err: 0.1752  |  test err: 0.1789\n"
        "  RF n_trees= 10  |  train err=0.0163  |  test err=0.2114\n"
        "  RF n_trees= 25  |  train err=0.0020  |  test err=0.1545\n"
        "  RF n_trees= 50  |  train err=0.0000  |  test err=0.1789\n",
        "#{'batch_size': 2048, 'lr': 0.1, 'weight_decay': 0.01}\n"
        "  #Train err: 3.17%, train loss: 0.1026\n  #Validation err: 2.99%, validation loss: 0.1008\n\n"
        "#{'batch_size': 2048, 'lr': 0.1, 'weight_decay': 0}\n"
        "  #Train err: 0.55%, train loss: 0.0185\n  #Validation err: 1.3%, validation loss: 0.0405\n",
    ],
)
def test_results_of_one_setting_each_are_no_curve(text):
    with pytest.raises(CurveError, match="table of runs"):
        curve_of(text)


def test_percentages_that_rise_under_no_name_are_no_losses():
    lines = [
        f"\nEpoch {e}: Train {60 + 4 * e}.11\nEpoch {e}: Valid {64 + e}.21\nEpoch {e}: Best 64.2" for e in range(4)
    ]
    with pytest.raises(CurveError, match="as a score does"):
        curve_of("\n".join(lines))
    falls = [f"epoch {e}: train {90 - 20 * e}.5 valid {91 - 18 * e}.5" for e in range(4)]
    assert curve_of("\n".join(falls))["val_loss"] == [91.5, 73.5, 55.5, 37.5]


# --- what a log says of its rows ---


def test_rows_of_each_split_on_lines_of_their_own():
    lines = "".join(f"Epoch: {e}, Steps: 68 | Train Loss: {2 / e} Vali Loss: {2.1 / e}\n" for e in range(1, 6))
    assert read_log("train 17565\nval 2297\ntest 4925\n" + lines).facts == {"n_train": 17565, "n_val": 2297}


# --- one run, written twice ---


def written_twice(losses=VAL):
    """Return a folder of TensorBoard's with its own CSV, whose losses a float of 32 bits rounds."""
    points = [(50 * i + 49, tag, x) for i in range(14) for tag, x in (("train_loss", TRAIN[i]), ("val_loss", VAL[i]))]
    rows = "".join(f"{at},{50 * at + 49},{t},{v}\n" for at, (t, v) in enumerate(zip(TRAIN, losses, strict=True)))
    return [
        ("version_0/events.out.tfevents.1.host.7.0", event_file(points)),
        ("version_0/metrics.csv", "epoch,step,train_loss,val_loss\n" + rows),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_a_folder_with_the_same_run_in_two_files_holds_one_run(turned):
    source = written_twice()[::-1] if turned else written_twice()
    log = read_log(source)
    assert len(log.runs) == 1
    np.testing.assert_allclose(log.curve()["val_loss"], VAL, rtol=1e-6)
    assert any("the same run" in note and "metrics.csv" in note for note in log.curve().notes)


def test_two_files_of_other_losses_are_two_runs():
    assert len(read_log(written_twice([loss + 0.01 for loss in VAL])).runs) == 2
