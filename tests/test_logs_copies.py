"""Logs that were read wrongly in silence: counts, scores and lists without names, and values copied between rows."""

import json

import pytest

from reglab.logs import CurveError, console, read_log
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


def test_two_evaluations_that_come_to_one_value_are_two():
    values = [0.9, 0.8, 0.7, 0.7, 0.6, 0.5, 0.5, 0.5, 0.6, 0.7]
    rows = "".join(f"{at},{2 / (1 + at):.5f},{values[(at - 1) // 5]}\n" for at in range(1, 51))
    assert read_log(f"step,train_loss,val_loss\n{rows}").curve()["val_loss"] == values


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


# --- layouts that were refused, or read without what counts


def test_graphs_of_x_and_y_are_no_columns_of_their_own():
    train, val = zip(*LOSSES, strict=True)
    at = list(range(0, 80, 10))
    graphs = {"loss": {"train": {"name": "train", "x": at, "y": train}, "validation": {"x": at, "y": val}}}
    curve = read_log(json.dumps(graphs)).curve()
    assert (curve["step"], curve["train_loss"], curve["val_loss"]) == (at, list(train), list(val))


def test_a_column_called_value_has_the_name_of_its_file(tmp_path):
    for name, column in zip(("train_loss", "val_loss"), zip(*LOSSES, strict=True), strict=True):
        rows = "".join(f"{at},2024-01-01 10:00:00,{loss}\n" for at, loss in enumerate(column, start=1))
        (tmp_path / f"{name}.csv").write_text(f"step,timestamp,value\n{rows}")
    assert read_log(tmp_path).curve()["val_loss"] == [v for _, v in LOSSES]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for split, column in zip(("train", "val"), zip(*LOSSES, strict=True), strict=True):
        (tmp_path / split).mkdir()
        rows = "".join(f"{at}\t{loss}\n" for at, loss in enumerate(column, start=1))
        (tmp_path / split / "loss.tsv").write_text(f"step\tloss\n{rows}")
    for source in (tmp_path, [tmp_path / "train" / "loss.tsv", tmp_path / "val" / "loss.tsv"]):
        curve = read_log(source).curve()
        assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])


def test_cells_with_a_blank_in_them_stand_two_blanks_apart():
    rows = "".join(
        f"   2023-01-01 10:00:{at:02d}   {at}.1 sec   {at}.0   {t}   {v}\n" for at, (t, v) in enumerate(LOSSES, start=1)
    )
    curve = read_log(
        f"   timestamp   duration   number_of_trees   training_logloss   validation_logloss\n{rows}"
    ).curve()
    assert curve["val_loss"] == [v for _, v in LOSSES]


@pytest.mark.parametrize(
    "before",
    ["2024-05-06 12:13:14.456 | INFO     | __main__:train:88 - ", "2024-05-06 12:13:14,456 - INFO - trainer - ", ""],
)
def test_an_epoch_in_brackets_stands_behind_what_a_logger_writes(before):
    lines = "".join(
        f"{before}[{at:03d}/008] train_loss={t} val_loss={v} (3.2s)\n" for at, (t, v) in enumerate(LOSSES, 1)
    )
    curve = read_log(lines).curve()
    assert (curve.unit, curve.done) == ("epoch", [float(at) for at in range(1, 9)])


# --- bars that are drawn again


@pytest.mark.parametrize("draw", ["keras", "tqdm"])
def test_of_a_bar_that_is_drawn_again_the_last_state_is_read(draw):
    lines = ""
    for at, (t, v) in enumerate(LOSSES, start=1):
        lines += f"Epoch {at}/8\n" if draw == "keras" else ""
        for batch in range(1, 100):
            if draw == "keras":
                lines += f"\r{batch:>2}/99 [{'=' * (batch // 9)}>....] - ETA: 3s - loss: {t + 1 / batch:.4f}"
            else:
                lines += f"\rEpoch {at}: {batch:>3}%|██  | {batch}/99 [00:01<00:02, 51.3it/s, loss={t + 1 / batch:.4f}]"
        bar = f"\r99/99 [=====] - 3s - loss: {t:.4f} - val_loss: {v:.4f}\n"
        lines += bar if draw == "keras" else f"\nEpoch {at}: train loss {t}, val loss {v}\n"
    curve = read_log(lines).curve()
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])


def test_a_bar_over_the_epochs_keeps_each_of_them():
    lines = "".join(
        f"\r{at * 12:>3}%|██  | {at}/8 [00:01<00:02, 1.3it/s, loss={t}, val_loss={v}]"
        for at, (t, v) in enumerate(LOSSES, 1)
    )
    assert read_log(lines).curve()["val_loss"] == [v for _, v in LOSSES]


def test_a_log_of_bars_takes_a_third_of_the_work_that_its_lines_would():
    drawn = [f"{batch:>3}/150 [{'=' * (batch // 5)}>..] - ETA: 3s - loss: 0.{batch:03d}" for batch in range(1, 150)]
    assert len(console._as_drawn_last([*drawn, "Epoch 2/9", *drawn])) == 3
    assert console._as_drawn_last(["1/9 - loss: 1 - val_loss: 2", "2/9 - loss: 1 - val_loss: 2"])[0].startswith("1/9")


@pytest.mark.parametrize(
    "head", ["輪次 | 訓練損失 | 驗證損失", "轮次 | 训练损失 | 验证损失", "周期 | 训练损失 | 验证损失"]
)
def test_the_epochs_of_chinese_tables_are_epochs(head):
    rows = "".join(f"{at} | {t} | {v}\n" for at, (t, v) in enumerate(LOSSES, start=1))
    curve = read_log(f"{head}\n---|---|---\n{rows}").curve()
    assert (curve.unit, curve["val_loss"]) == ("epoch", [v for _, v in LOSSES])
