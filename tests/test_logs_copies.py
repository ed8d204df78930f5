"""Logs that were read wrongly in silence: counts, scores and lists without names, and values copied between rows."""

import pytest

from reglab.logs import CurveError, read_log
from reglab.logs.repeats import LEAST

LOSSES = [(1.9, 1.64), (1.3, 1.22), (1.0, 1.02), (0.8, 0.91), (0.6, 0.86), (0.5, 0.84), (0.4, 0.85), (0.3, 0.88)]


def refused(text, name=None):
    with pytest.raises(CurveError) as caught:
        read_log(text, name).curve()
    return str(caught.value)


# --- Ultralytics without a header, or without a validation loss


def yolo_console(version):
    """Return what YOLO prints: losses of training, and of validation the counts of images and instances."""
    parts, size = ("box", "obj", "cls") if version == 5 else ("box_loss", "cls_loss", "dfl_loss"), "img_size"
    head = f"      Epoch   {'gpu_mem' if version == 5 else 'GPU_mem'} {' '.join(parts)}   labels  {size}\n"
    lines = ""
    for at, (train, _) in enumerate(LOSSES, start=1):
        bar = "100%|██████████| 8/8 [00:03<00:00,  2.41it/s]"
        lines += f"{head}    {at}/8   2.61G   {train}   {train / 2}   {train / 3:.4f}   28   640: {bar}\n"
        lines += f"               Class     Images  Instances      P       R   mAP50  mAP50-95: {bar}\n"
        lines += f"                 all        722       1444    0.5{at}    0.4{at}    0.3{at}    0.2{at}\n\n"
    return lines


@pytest.mark.parametrize("version", [5, 8])
def test_counts_of_images_are_no_losses(version):
    said = refused(yolo_console(version))
    assert "Ultralytics prints no validation loss" in said
    assert "results.csv" in said


def test_the_text_file_of_yolov5_has_the_columns_that_it_is_known_to_have():
    rows = [
        f"{at}/8 3.2G {t} {t / 2} {t / 4} {1.75 * t} 31 640 0.5 0.4 0.3 0.2 {v} {v / 2} {v / 4}\n"
        for at, (t, v) in enumerate(LOSSES)
    ]
    curve = read_log("".join(rows), "results.txt").curve()
    assert curve["train_loss"] == pytest.approx([1.75 * t for t, _ in LOSSES])
    assert curve["val_loss"] == pytest.approx([1.75 * v for _, v in LOSSES])
    assert (curve.unit, curve.done[-1]) == ("epoch", 8)


def test_four_columns_without_names_are_not_told_by_their_order():
    assert "write a line of names" in refused("".join(f"{t} {v} 0.{at}1 0.{at}2\n" for at, (t, v) in enumerate(LOSSES)))


# --- printed lists


@pytest.mark.parametrize("rows", [3, 5, 8])
def test_lists_without_names_are_columns_where_the_first_counts(rows):
    train, val = map(list, zip(*LOSSES[:rows], strict=True))
    curve = read_log(f"{list(range(1, rows + 1))}\n{train}\n{val}\n").curve()
    assert (curve["step"], curve["train_loss"], curve["val_loss"]) == (list(range(1, rows + 1)), train, val)
    two = read_log([train, val]).curve() if rows > 3 else curve
    assert (two["train_loss"], two["val_loss"]) == (train, val)


def test_lists_that_are_rows_are_still_read_as_rows():
    curve = read_log("".join(f"[{at}, {t}, {v}]\n" for at, (t, v) in enumerate(LOSSES[:3], start=1))).curve()
    assert curve["val_loss"] == [v for _, v in LOSSES[:3]]


# --- CatBoost


def catboost(values, best):
    lines = ""
    for at, value in enumerate(values):
        top = best(values[: at + 1])
        lines += f"{at}:\tlearn: {value + 0.1:.7f}\ttest: {value:.7f}\tbest: {top:.7f} ({values.index(top)})"
        lines += "\ttotal: 3ms\tremaining: 9ms\n"
    return lines


@pytest.mark.parametrize("values", [[0.6, 0.72, 0.7, 0.68, 0.66], [0.6, 0.7, 0.8], [0.8, 0.7, 0.6]])
def test_what_is_best_at_its_highest_is_a_score(values):
    assert "is a score" in refused(catboost(values, max))


@pytest.mark.parametrize("values", [[0.6, 0.52, 0.5, 0.58, 0.66], [0.6, 0.5, 0.4], [0.6, 0.7, 0.8]])
def test_what_is_best_at_its_lowest_is_a_loss(values):
    assert read_log(catboost(values, min)).curve()["val_loss"] == values


@pytest.mark.parametrize(("name", "best", "is_loss"), [("MultiClass", "Min", True), ("PRAUC", "Max", False)])
def test_the_file_of_catboost_says_what_its_best_is(name, best, is_loss):
    meta = {f"{split}_metrics": [{"name": name, "best_value": best}] for split in ("learn", "test")}
    rounds = [{"iteration": at, "learn": [t], "test": [v]} for at, (t, v) in enumerate(LOSSES)]
    log = {"meta": meta, "iterations": rounds}
    if is_loss:
        assert read_log(log).curve()["val_loss"] == [v for _, v in LOSSES]
    else:
        assert "score" in refused(log)


# --- two evaluations at one rounded epoch


@pytest.mark.parametrize("width", [0.004, 0.006, 0.0009])
def test_evaluations_whose_epochs_are_rounded_alike_are_several(width):
    text = "".join(
        f"{{'loss': {t}, 'learning_rate': 1e-05, 'epoch': {round(at * width, 2)}}}\n"
        f"{{'eval_loss': {v}, 'eval_runtime': 1.2, 'epoch': {round(at * width, 2)}}}\n"
        for at, (t, v) in enumerate(LOSSES, start=1)
    )
    curve = read_log(text).curve()
    assert curve["val_loss"] == [v for _, v in LOSSES]
    assert curve["train_loss"] == [t for t, _ in LOSSES]
    assert all(a < b for a, b in zip(curve["step"], curve["step"][1:], strict=False))
    assert abs(curve["step"][-1] - len(LOSSES) * width) < 0.01
    assert any("spread evenly" in note for note in curve.notes)


def test_an_evaluation_after_the_fit_at_the_last_epoch_is_not_spread():
    rows = "".join(f"{at / 2},{t},{v}\n" for at, (t, v) in enumerate(LOSSES, start=1))
    curve = read_log(f"epoch,loss,eval_loss\n{rows}4.0,,0.84\n").curve()
    assert len(curve["step"]) == len(LOSSES)


def test_steps_are_taken_where_there_are_any():
    text = "".join(
        f"{{'eval_loss': {v}, 'loss': {t}, 'epoch': {round(at * 0.004, 2)}, 'step': {50 * at}}}\n"
        for at, (t, v) in enumerate(LOSSES, start=1)
    )
    curve = read_log(text).curve()
    assert (curve["step"], curve.unit) == ([50 * at for at in range(1, 9)], "step")


# --- values that are copied between evaluations


def copied(each, first=1, rows=80, how="before"):
    """Return a table with a row of training every step, and at each the validation of the evaluation before or after.

    how : "before" copies forward, as ffill does, and "after" back, as bfill does
    """
    lines = "step,train_loss,val_loss\n"
    for at in range(first, first + rows):
        evaluation = at // each if how == "before" else -(-at // each)
        val = f"{1 / (1 + 0.1 * evaluation) + 0.3:.4f}"
        lines += f"{at},{2 / (1 + 0.05 * at):.5f},{val if evaluation else ''}\n"
    return lines


@pytest.mark.parametrize("each", [2, 5, 10, 20])
@pytest.mark.parametrize("how", ["before", "after"])
def test_a_value_that_is_copied_between_evaluations_is_one_of_them(each, how):
    curve = read_log(copied(each, how=how)).curve()
    assert curve["step"] == list(range(each, 81, each))
    assert len(set(curve["val_loss"])) == len(curve["val_loss"])
    said = [note for note in curve.notes if "unchanged" in note]
    assert len(said) == 1
    assert f"for {each} rows at a time" in said[0]


def test_an_evaluation_at_the_first_step_is_where_its_copies_begin():
    curve = read_log(copied(10, first=10, rows=70)).curve()
    assert curve["step"] == list(range(10, 80, 10))


@pytest.mark.parametrize("digits", [1, 2])
def test_a_loss_that_is_rounded_or_stands_still_is_no_copy(digits):
    rows = "".join(f"{at},{2 / (1 + at):.5f},{1 / (1 + 0.1 * at) + 0.3:.{digits}f}\n" for at in range(1, 60))
    assert len(read_log(f"epoch,loss,val_loss\n{rows}").curve()["val_loss"]) == 59
    still = "".join(f"{at},{2 / (1 + at):.5f},0.6931\n" for at in range(1, 20))
    assert len(read_log(f"epoch,loss,val_loss\n{still}").curve()["val_loss"]) == 19


def test_few_values_show_no_pattern():
    rows = "".join(f"{at},{2 / at:.3f},{[0.9, 0.9, 0.8, 0.8][at - 1]}\n" for at in range(1, LEAST - 1))
    assert len(read_log(f"epoch,loss,val_loss\n{rows}").curve()["val_loss"]) == 4


# --- what counts


def test_an_iteration_of_scikit_learn_is_an_epoch():
    text = "".join(
        f"Iteration {at}, loss = {t:.8f}\nValidation score: {0.8 - v / 10:.6f}\n" for at, (t, v) in enumerate(LOSSES, 1)
    )
    curve = read_log(text).curve()
    assert (curve.unit, curve.done[-1]) == ("epoch", 8)
