"""Logs of every kind, each with what is right for it: its columns, its unit, how many points, and the last losses."""

import json
import math
import pickle
import re
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import reglab
from reglab.logs import Curve, CurveError, Log, events, literal, read, read_log
from reglab.logs.assemble import curve_from
from reglab.logs.raw import Piece
from tests.mutate_logs import attempt, mutants

LOGS = Path(__file__).parent / "data" / "logs"
BOARD = LOGS / "tensorboard"
OF_RUNS = (
    "This looks like a table of runs, with one row per run and no curve: give one run's history, or its panel of "
    "losses."
)
RIGHT = "give a log with a training and a validation loss for each evaluation."

# The run that most files here hold: an overfit in 14 epochs, its validation loss lowest at the sixth.
TRAIN = [1.912, 1.331, 1.012, 0.791, 0.624, 0.493, 0.387, 0.302, 0.234, 0.179, 0.137, 0.105, 0.079, 0.06]
VAL = [1.641, 1.229, 1.024, 0.913, 0.859, 0.841, 0.852, 0.883, 0.924, 0.976, 1.031, 1.09, 1.148, 1.204]
TRAIN_ACCURACY = [0.312, 0.529, 0.641, 0.718, 0.779, 0.828, 0.866, 0.896, 0.922, 0.943, 0.959, 0.971, 0.98, 0.986]
VAL_ACCURACY = [0.41, 0.56, 0.631, 0.67, 0.688, 0.695, 0.699, 0.698, 0.697, 0.695, 0.693, 0.692, 0.69, 0.689]
RUN = {"train_loss": TRAIN, "val_loss": VAL, "train_accuracy": TRAIN_ACCURACY, "val_accuracy": VAL_ACCURACY}

BOTH = ("train_loss", "val_loss")
WITH_VAL = (*BOTH, "val_accuracy")
ALL = (*BOTH, "train_accuracy", "val_accuracy")


def curve_of(source, name=None, **chosen):
    return read_log(source, name).curve(**chosen)


# --- files as frameworks write them ---

# The roles, the unit, what it counts from, how many points, the last step and the step of the lowest validation loss.
FILES = {
    "fastai_history.csv": (WITH_VAL, "epoch", 0, 14, 13, 5),
    "fastai_notebook_table.txt": (WITH_VAL, "epoch", 0, 14, 13, 5),
    "hf_log_history.json": (WITH_VAL, "step", 1, 14, 700, 300),
    "hf_model_card_table.md": (WITH_VAL, "step", 1, 14, 700, 300),
    "hf_notebook_table.txt": (WITH_VAL, "epoch", 1, 14, 14, 6),
    "hf_stdout.txt": (WITH_VAL, "epoch", 1, 14, 14, 6),
    "hf_trainer_state.json": (WITH_VAL, "step", 1, 14, 700, 300),
    "keras3_stdout_verbose1.txt": (ALL, "epoch", 1, 14, 14, 6),
    "keras3_stdout_verbose2.txt": (ALL, "epoch", 1, 14, 14, 6),
    "keras_csvlogger.csv": (ALL, "epoch", 0, 14, 13, 5),
    "keras_csvlogger_na.csv": (ALL, "epoch", 0, 7, 13, 5),
    "keras_history.json": (ALL, "row", 1, 14, 14, 6),
    "keras_history_pandas.csv": (ALL, "row", 0, 14, 13, 5),
    "keras_history_pandas.json": (ALL, "row", 1, 14, 14, 6),
    "keras_history_repr.txt": (ALL, "row", 1, 14, 14, 6),
    "keras_regression_history.json": (BOTH, "row", 1, 14, 14, 6),
    "lightgbm_record_evaluation.json": (BOTH, "round", 1, 20, 20, 10),
    "lightning_metrics.csv": (ALL, "step", 0, 14, 699, 299),
    "lightning_metrics_old.csv": (BOTH, "step", 0, 14, 699, 299),
    "nanogpt_stdout.txt": (BOTH, "step", 1, 14, 3250, 1250),
    "pytorch_stdout.txt": (ALL, "epoch", 1, 14, 14, 6),
    "sklearn_mlp_attributes.json": (("train_loss", "val_accuracy"), "epoch", 1, 14, 14, None),
    "skorch_history.json": (WITH_VAL, "epoch", 1, 14, 14, 6),
    "tensorboard/events.out.tfevents.1764000000.host.1234.0": (WITH_VAL, "step", 0, 14, 13, 5),
    "ultralytics_classify_results.csv": (WITH_VAL, "epoch", 1, 14, 14, 6),
    "ultralytics_detect_results.csv": (BOTH, "epoch", 1, 14, 14, 6),
    "wandb_history_to_csv.csv": (BOTH, "epoch", 0, 14, 13, 5),
    "wandb_panel_grouped.csv": (BOTH, "epoch", 0, 14, 13, 5),
    "wandb_panel_one_run.csv": (BOTH, "step", 0, 14, 13, 5),
    "wandb_panel_run_name_says_eval.csv": (BOTH, "step", 0, 14, 13, 5),
    "wandb_panel_sparse_val.csv": (BOTH, "step", 0, 14, 699, 299),
    "xgboost_evals_result_native.json": (BOTH, "round", 1, 20, 20, 10),
    "xgboost_evals_result_sklearn.json": (BOTH, "round", 1, 20, 20, 10),
    "xgboost_stdout.txt": (BOTH, "round", 0, 20, 19, 9),
}
# Where the last losses are not those of the run.
LAST = {
    "hf_log_history.json": (0.06045, 1.204),  # the mean of the two since the evaluation before, 0.0602 and 0.0607
    "hf_stdout.txt": (0.0607, 1.204),
    "hf_trainer_state.json": (0.06045, 1.204),
    "lightning_metrics_old.csv": (0.05927916118870926, 1.204),
    "sklearn_mlp_attributes.json": (0.06, None),
    "ultralytics_detect_results.csv": (1.882, 4.309),  # the sums of three
    "wandb_panel_sparse_val.csv": (0.0593, 1.204),
    **dict.fromkeys(
        (
            "lightgbm_record_evaluation.json",
            "xgboost_evals_result_native.json",
            "xgboost_evals_result_sklearn.json",
            "xgboost_stdout.txt",
        ),
        (0.1448, 0.52695),
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_right(name):
    roles, unit, counted_from, points, last, best = FILES[name]
    curve = curve_of(LOGS / name)
    assert tuple(curve)[1:] == roles
    assert (curve.unit, curve.counted_from, len(curve["step"]), curve["step"][-1]) == (unit, counted_from, points, last)
    if best is not None:
        assert curve["step"][int(np.argmin(curve["val_loss"]))] == best
    for role, value in zip(BOTH, LAST.get(name, (0.06, 1.204)), strict=True):
        if value is not None:
            assert curve[role][-1] == pytest.approx(value, rel=1e-6)
    for role in ("train_accuracy", "val_accuracy"):
        if role in roles:
            assert curve[role][-1] == pytest.approx(RUN[role][-1], rel=1e-6)
    raw = (LOGS / name).read_bytes()
    assert curve_of(raw, name) == curve  # an upload is read as the file is


# What a file's notes must say, of what was done and what was left out.
NOTES = {
    "hf_trainer_state.json": [
        "Read 14 rows: step from “step”, training loss from “loss”, validation loss from "
        "“eval_loss”, validation accuracy from “eval_accuracy”.",
        "Other losses are left out: 'train_loss'.",
    ],
    "lightning_metrics.csv": ["Other losses are left out: 'train_loss_step'."],
    "sklearn_mlp_attributes.json": [
        "There is no validation loss: the validation accuracy alone tells when it turns; log the loss too."
    ],
    "ultralytics_detect_results.csv": [
        "The losses are sums of their 3 parts: train/box_loss + train/cls_loss + "
        "train/dfl_loss, and the same of validation."
    ],
    "fastai_history.csv": [
        "'accuracy' is taken for the validation accuracy: both losses name their split, and tables of that kind give "
        "the validation's.",
        "Left out what has no numbers: 'time'.",
    ],
    "ultralytics_classify_results.csv": [
        "'metrics/accuracy_top1' is taken for the validation accuracy: metrics are the validation's there."
    ],
    "wandb_panel_one_run.csv": ["Left out the bands, which end in __MIN and __MAX."],
    "xgboost_evals_result_sklearn.json": [
        "'validation_0/logloss' is taken for the training set, as the first of "
        "several often is; if it is not, no training loss is known."
    ],
    "keras_csvlogger.csv": ["The epochs are counted from 0: epoch 0 is number 1."],
}


@pytest.mark.parametrize("name", NOTES)
def test_what_was_done_is_said(name):
    notes = curve_of(LOGS / name).notes
    assert [note for note in NOTES[name] if note not in notes] == []
    assert all(re.fullmatch(r"\S.*\.", note) for note in notes)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mlflow/train_loss", "This looks like MLflow's file of one metric: add the file of the other loss."),
        ("mlflow/val_loss", "This looks like MLflow's file of one metric: add the file of the other loss."),
        (
            "tensorboard/run-train-tag-epoch_loss.csv",
            "This looks like TensorBoard's download of one tag: add the file of the other loss.",
        ),
        (
            "sklearn_mlp_loss_curve_only.json",
            "This is one column of numbers without a name, which may be a training loss or a validation loss: give "
            "both, each with its name.",
        ),
        (
            "wandb_runs_table.csv",
            "This looks like a table of runs, with one row per run and no curve: give one run's "
            "history, or its panel of losses.",
        ),
        (
            "wandb_panel_two_runs.csv",
            "There is a validation loss ('lilac-sky-2 - val_loss') and no training loss: how far the two are apart "
            "tells what was learnt by heart, so log the loss on the training rows too, or add the file of it.",
        ),
    ],
)
def test_a_file_without_a_curve_is_refused(name, sentence):
    with pytest.raises(CurveError, match=f"^{re.escape(sentence)}$"):
        curve_of(LOGS / name)


def test_every_file_has_its_test():
    files = {path.relative_to(LOGS).as_posix() for path in LOGS.rglob("*") if path.is_file()}
    elsewhere = {
        "mlflow/train_loss",
        "mlflow/val_loss",
        "tensorboard/run-train-tag-epoch_loss.csv",
        "tensorboard/run-validation-tag-epoch_loss.csv",
        "sklearn_mlp_loss_curve_only.json",
        "wandb_panel_two_runs.csv",
        "wandb_runs_table.csv",
    }
    assert files == FILES.keys() | elsewhere


# --- lines that training loops print: the run above in every layout ---

# A layout is a head, then for each epoch lines with {e} from 1, {z} from 0, {s} steps of 50; {t} {v} losses, {a} {w}
# accuracies as shares and {p} {q} in percent.
LAYOUTS = {
    "brackets": ("", "Epoch [{e}/14], Train Loss: {t}, Train Acc: {p}%, Val Loss: {v}, Val Acc: {q}%\n", "epoch", ALL),
    "bars between": ("", "Epoch {e}/14 | Train Loss {t} acc {a} | Val Loss {v} acc {w} | 12.3s\n", "epoch", ALL),
    "two lines": (
        "",
        "Epoch: {e:02d} | Epoch Time: 0m 6s\n"
        "\tTrain Loss: {t} | Train Acc: {p}%\n"
        "\t Val. Loss: {v} |  Val. Acc: {q}%\n",
        "epoch",
        ALL,
    ),
    "a block": ("", "Epoch {e}/14\n----------\ntrain Loss: {t} Acc: {a}\nval Loss: {v} Acc: {w}\n\n", "epoch", ALL),
    "said after": ("", "Train loss: {t}\nVal loss: {v}\nEpoch {e} finished\n", "epoch", BOTH),
    "a bar of fifty": (
        "",
        "Epoch {e}/14\n"
        " 1/50 [>.....] - ETA: 9s - loss: 2.5 - acc: 0.1\r50/50 [==============] - 1s 12ms/step - loss: {t} - acc: "
        "{a} - val_loss: {v} - val_acc: {w}\n",
        "epoch",
        ALL,
    ),
    "samples": (
        "Train on 5000 samples, validate on 500 samples\n",
        "Epoch {e}/14\n"
        "5000/5000 [====] - 2s 1ms/sample - loss: {t} - accuracy: {a} - val_loss: {v} - val_accuracy: {w}\n",
        "epoch",
        ALL,
    ),
    "checkpoints": (
        "",
        "Epoch {e}/14\n"
        "50/50 - 1s - loss: {t} - val_loss: {v}\n\n"
        "Epoch {e:05d}: val_loss improved from inf to 0.00001, saving model to best.h5\n",
        "epoch",
        BOTH,
    ),
    "log levels": (
        "",
        "2025-01-01 10:00:00,123 - root - INFO - Epoch {e}: Train Loss={t}, Val Loss={v}\n",
        "epoch",
        BOTH,
    ),
    "a dict at the end": ("", "INFO:trainer:Epoch {e}: {{'train_loss': {t}, 'val_loss': {v}}}\n", "epoch", BOTH),
    "JSON at the end": (
        "",
        '2021-01-01 | INFO | train | {{"epoch": {e}, "train_loss": "{t}"}}\n'
        '2021-01-01 | INFO | valid | {{"epoch": {e}, "valid_loss": "{v}"}}\n',
        "epoch",
        BOTH,
    ),
    "fairseq": (
        "",
        "2021-01-01 10:00:00 | INFO | train | epoch {e:03d} | loss {t} | ppl 9.9 | wps 100\n"
        "2021-01-01 10:00:00 | INFO | valid | epoch {e:03d} | valid on 'valid' subset | loss {v} | ppl 9.9\n",
        "epoch",
        BOTH,
    ),
    "flair": (
        "",
        "epoch {e} - iter 4/44 - loss 9.9 - time (sec): 0.5\n"
        "EPOCH {e} done: loss {t} - lr 0.02\n"
        "DEV : loss {v} - f1-score (micro avg)  0.8012\n",
        "epoch",
        BOTH,
    ),
    "word language model": (
        "",
        "| epoch {e} | 200/ 2983 batches | lr 20.00 | ms/batch  5.60 | loss {t} | ppl 2060.23\n"
        "------\n"
        "| end of epoch {e} | time: 17.12s | valid loss {v} | valid ppl 239.83\n"
        "------\n",
        "epoch",
        BOTH,
    ),
    "MNIST": (
        "",
        "Train Epoch: {e} [0/60000 (0%)]\tLoss: {t}\n\nTest set: Average loss: {v}, Accuracy: {x}/10000 ({q}%)\n\n",
        "epoch",
        WITH_VAL,
    ),
    "meters": (
        "",
        "Epoch: [{z}][  0/50]\tTime 1.5 ( 1.5)\tLoss 2.9e+00 (2.9e+00)\tAcc@1 10.9 ( 10.9)\n"
        "Epoch: [{z}][49/50]\tTime 0.1 ( 0.2)\tLoss 9.9 ({t})\tAcc@1 9.9 ({p})\n"
        "Test: [9/9]\tTime 0.1 ( 0.1)\tLoss 9.9 ({v})\tAcc@1 9.9 ({q})\n",
        "epoch",
        ALL,
    ),
    "timm": (
        "",
        "Train: {z} [   0/50 (  0%)]  Loss: 9.9 (9.9)  Time: 5.1s (5.1s)  LR: 1e-06\n"
        "Train: {z} [  49/50 (100%)]  Loss: 9.9 ({t})  Time: 0.5s\n"
        "Test: [  9/9]  Time: 0.1 (0.3)  Loss: 9.9 ({v})  Acc@1: 9.9 ({q})\n",
        "epoch",
        WITH_VAL,
    ),
    "nanoGPT": (
        "tokens per iteration will be: 16,384\n",
        "step {s}: train loss {t}, val loss {v}\niter {s}: loss 9.9, time 121.73ms, mfu 10.78%\n",
        "step",
        BOTH,
    ),
    "a step in brackets": ("", "Ep 1 (Step {s:06d}): Train loss {t}, Val loss {v}\n", "step", BOTH),
    "apple": (
        "",
        "Iter {s}: Train loss {t}, Learning Rate 1.0e-05, It/sec 1.2\nIter {s}: Val loss {v}, Val took 1.6s\n",
        "step",
        BOTH,
    ),
    "estimators": (
        "",
        "INFO:tensorflow:loss = {t}, step = {s} (1.2 sec)\n"
        "INFO:tensorflow:Saving dict for global step {s}: accuracy = {w}, global_step = {s}, loss = {v}\n",
        "step",
        WITH_VAL,
    ),
    "Detectron": (
        "",
        "[01/01 10:00:00 d2.utils.events]:  eta: 0:10:00  iter: {s}  total_loss: {t}  loss_cls: 0.9  validation_loss: "
        "{v}  time: 0.5  lr: 0.001\n",
        "step",
        BOTH,
    ),
    "nnU-Net": (
        "",
        "2023-01-01 10:00:00.123456: Epoch {z} \n"
        "2023-01-01 10:00:00.1: Current learning rate: 0.01 \n"
        "2023-01-01 10:01:00.1: train_loss {t} \n"
        "2023-01-01 10:01:00.1: val_loss {v} \n"
        "2023-01-01 10:01:00.1: Pseudo dice [0.1, 0.2] \n"
        "2023-01-01 10:01:00.1: Epoch time: 80.01 s \n",
        "epoch",
        BOTH,
    ),
    "Ignite": (
        "",
        "Training Results - Epoch: {e}  Avg accuracy: {a} Avg loss: {t}\n"
        "Validation Results - Epoch: {e}  Avg accuracy: {w} Avg loss: {v}\n",
        "epoch",
        ALL,
    ),
    "an ordinal": ("", "{e}-th epoch | train_loss={t} | valid_loss={v} | best_valid_loss=0.1\n", "epoch", BOTH),
    "in brackets": ("", "[train-{e}/14] loss: {t} | acc: {p}%\n[val-{e}/14] loss: {v} | acc: {q}%\n", "epoch", ALL),
    "both before": ("", "Epoch {e}: train/val loss: {t}/{v}\n", "epoch", BOTH),
    "progress bars": (
        "",
        "Epoch {z}: 100%|██████████| 50/50 [00:01<00:00, 45.1it/s, v_num=0, train_loss={t}, val_loss={v}]\n",
        "epoch",
        BOTH,
    ),
    "no epochs": ("", "train_loss : {t} val_loss : {v}\ntrain_acc : {p}% val_acc : {q}%\n", "row", ALL),
    "headings": (
        "",
        "EPOCH {e}:\nTraining:\n  loss: {t}, acc: {a}\nValidation:\n  loss: {v}, acc: {w}\n",
        "epoch",
        ALL,
    ),
    "glued": ("", "Epoch{e} train_err 0.01, train_loss {t}\nEpoch{e} test_err 0.02, test_loss {v}\n", "epoch", BOTH),
    "tensors": (
        "",
        "epoch {e} train loss tensor({t}, device='cuda:0', grad_fn=<NllLossBackward0>) val loss tensor({v})\n",
        "epoch",
        BOTH,
    ),
    "Spanish": ("", "Época {e}/14 - pérdida de entrenamiento: {t} - pérdida de validación: {v}\n", "epoch", BOTH),
    "Chinese": ("", "第{e}轮 训练损失: {t} 验证损失: {v}\n", "epoch", BOTH),
    "rounds": ("", "Round {e} | train loss {t} | test loss {v}\n", "round", BOTH),
    "LightGBM": (
        "[LightGBM] [Info] Total Bins 1234\n",
        "[{e}]\ttraining's binary_logloss: {t}\tvalid_1's binary_logloss: {v}\n",
        "round",
        BOTH,
    ),
    "XGBoost": ("", "[{z}]\ttrain-error:0.10\ttrain-logloss:{t}\teval-error:0.12\teval-logloss:{v}\n", "round", BOTH),
    "CatBoost": (
        "Learning rate set to 0.03\n",
        "{z}:\tlearn: {t}\ttest: {v}\tbest: 0.1 (6)\ttotal: 50.1ms\tremaining: 9s\n",
        "round",
        BOTH,
    ),
    "scikit-learn": ("", "Iteration {e}, loss = {t}\nValidation score: {w}\n", "epoch", ("train_loss", "val_accuracy")),
    "tables": ("epoch,loss,accuracy,val_loss,val_accuracy\n", "{z},{t},{a},{v},{w}\n", "epoch", ALL),
    "Markdown": (
        "# A run\n| Epoch | Training Loss | Validation Loss | Accuracy |\n|:--|:-:|:-:|--:|\n",
        "| {e} | {t} | **{v}** | {w} |\n",
        "epoch",
        WITH_VAL,
    ),
    "a fence": ("Here is my log:\n```\n epoch  train_loss  val_loss\n", " {e:>5}  {t:>10}  {v:>8}\n", "epoch", BOTH),
    "a box": (
        "┏━━━━━━━┳━━━━━━━┳━━━━━━┓\n┃ Epoch ┃ Train ┃ Val  ┃\n┡━━━━━━━╇━━━━━━━╇━━━━━━┩\n",
        "│ {e} │ {t} │ {v} │\n",
        "epoch",
        BOTH,
    ),
    "pandas": ("   epoch  train_loss  val_loss\n", "{z}      {e}        {t}      {v}\n", "epoch", BOTH),
    "skorch": (
        "  epoch    train_loss    valid_acc    valid_loss     dur\n"
        "-------  ------------  -----------  ------------  ------\n",
        "      {e}        \x1b[36m{t}\x1b[0m       \x1b[32m{w}\x1b[0m        {v}  0.0300\n",
        "epoch",
        WITH_VAL,
    ),
    "decimal commas": ("Epoche;Trainingsverlust;Validierungsverlust\n", "{e};{tc};{vc}\n", "epoch", BOTH),
    "long form": ("epoch,split,loss,acc\n", "{e},train,{t},{a}\n{e},val,{v},{w}\n", "epoch", ALL),
    "metrics in rows": ("step,metric,value\n", "{s},train_loss,{t}\n{s},val_loss,{v}\n", "step", BOTH),
    "a table of HTML": (
        "<table><tr><th>epoch</th><th>train_loss</th><th>valid_loss</th></tr>",
        "<tr><td>{z}</td><td>{t}</td><td>{v}</td></tr>",
        "epoch",
        BOTH,
    ),
    "tuples": ("", "    ({s}, {t}, {v}),\n", "step", BOTH),
    "DETR": (
        "",
        '{{"train_loss": {t}, "train_loss_ce": 0.1, "test_loss": {v}, "test_loss_ce": 0.1, "epoch": {z}, "test_bbox": '
        "[0.1, 0.2]}}\n",
        "epoch",
        BOTH,
    ),
    "MMDetection": (
        "",
        '{{"mode": "train", "epoch": {e}, "iter": 50, "loss": {t}}}\n'
        '{{"mode": "val", "epoch": {e}, "iter": 20, "loss": {v}}}\n',
        "epoch",
        BOTH,
    ),
    "AllenNLP": (
        "",
        "2021-01-01 10:00:00,123 - INFO - trainer - Epoch {z}/13\n"
        "2021-01-01 10:01:00,123 - INFO - logger -          Training |  Validation\n"
        "2021-01-01 10:01:00,123 - INFO - logger - accuracy | {a}  | {w}\n"
        "2021-01-01 10:01:00,123 - INFO - logger - gpu_0_memory_MB | 500.0  | N/A\n"
        "2021-01-01 10:01:00,123 - INFO - logger - loss | {t} | {v}\n",
        "epoch",
        ALL,
    ),
    "Paddle": (
        "",
        "Epoch {e}/14\n"
        "step 10/50 [=>....] - loss: 2.5 - acc: 0.1 - 10ms/step\n"
        "step 50/50 [====] - loss: {t} - acc: {a} - 10ms/step\n"
        "Eval begin...\n"
        "step 10/10 [====] - loss: {v} - acc: {w} - 5ms/step\n"
        "Eval samples: 100\n",
        "epoch",
        ALL,
    ),
    "Trax": (
        "",
        "Step    {s}: Ran 50 train steps in 10.00 secs\n"
        "Step    {s}: train CrossEntropyLoss |  {t}\n"
        "Step    {s}: eval  CrossEntropyLoss |  {v}\n"
        "Step    {s}: eval          Accuracy |  {w}\n\n",
        "step",
        WITH_VAL,
    ),
    "ESPnet": (
        "",
        "2021-01-01 10:00:00,1 (trainer:300) INFO: {e}epoch results: [train] iter_time=0.1, loss_ctc=50.1, loss={t}, "
        "time=10.0, [valid] loss_ctc=40.1, loss={v}, acc={w}, time=1 minute\n",
        "epoch",
        WITH_VAL,
    ),
    "Coqui": (
        "",
        " > EPOCH: {z}/1000\n\n"
        " > TRAINING (2022-01-01 10:00:00) \n\n"
        "   --> STEP: 24/50 -- GLOBAL_STEP: {s}\n"
        "     | > loss: 2.5  ({t})\n\n"
        " > EVALUATION \n\n"
        "  --> EVAL PERFORMANCE\n"
        "     | > avg_loss: {v} (-0.01)\n\n",
        "step",
        BOTH,
    ),
    "Caffe": (
        "",
        "I0101 10:00:00.1 12345 solver.cpp:330] Iteration {s}, Testing net (#0)\n"
        "I0101 10:00:01.1 12345 solver.cpp:397]     Test net output #0: accuracy = {w}\n"
        "I0101 10:00:01.1 12345 solver.cpp:397]     Test net output #1: loss = {v} (* 1 = {v} loss)\n"
        "I0101 10:00:02.1 12345 solver.cpp:218] Iteration {s} (0 iter/s, 0.1s/100 iters), loss = {t}\n",
        "step",
        WITH_VAL,
    ),
    "MXNet": (
        "",
        "INFO:root:Epoch[{z}] Train-cross-entropy={t}\n"
        "INFO:root:Epoch[{z}] Time cost=10.0\n"
        "INFO:root:Epoch[{z}] Validation-cross-entropy={v}\n",
        "epoch",
        BOTH,
    ),
    "MATLAB": (
        "|  Epoch  |  Iteration  |  Time Elapsed  |  Mini-batch  |  Validation  |  Mini-batch  |  Validation  |\n"
        "|         |             |   (hh:mm:ss)   |   Accuracy   |   Accuracy   |     Loss     |     Loss     |\n"
        "|=====================================================================================|\n",
        "| {e} | {s} | 00:00:02 | {p}% | {q}% | {t} | {v} |\n",
        "step",
        ALL,
    ),
    "homework": (
        "",
        "[ Train | {e:03d}/014 ] loss = {t}, acc = {a}\n[ Valid | {e:03d}/014 ] loss = {v}, acc = {w}\n",
        "epoch",
        ALL,
    ),
    "a counter": ("", "[{e:>2}/14] train_loss: {t} valid_loss: {v}\n", "epoch", BOTH),
    "misspelt": ("", "eopch: {e}, train_loss: {t}, valid_loss: {v}, valid_acc: {w}\n", "epoch", WITH_VAL),
    "a narrow terminal": (
        "",
        "Epoch {z}/13  ------- 4/4 0:00:00 • 0:00:00 9.15it/s loss: 9.9\n"
        "        train_loss: {t}\n"
        "        valid_loss: {v}\n"
        "        valid_accuracy:   \n"
        "        {w}\n",
        "epoch",
        WITH_VAL,
    ),
    "checkpoints within a line": (
        "",
        "Epoch {e}/14\n"
        "40/50 [===>.] - ETA: 0s - loss: 9.9Epoch {z:05d}: val_loss improved from 9.1 to 9.0, saving to best.hdf5\n"
        "50/50 [=====] - 1s - loss: {t} - val_loss: {v}\n",
        "epoch",
        BOTH,
    ),
    "a container": ("", "trainer  | [{z}]    train-logloss:{t}   valid-logloss:{v}\n", "round", BOTH),
    "a process": ("", "  (Booster pid=56) [{z}]    train-logloss:{t}    valid-logloss:{v}\n", "round", BOTH),
    "quoted": ("> Epoch\ttrain/loss (avg)\tval/loss\t\n", "> {z}\t{t}\t**{v}**\tso it goes\n", "epoch", BOTH),
    "means in Chinese": (
        "",
        "Epoch {e} | Batch  10 | Loss: 9.9 | Avg Loss: 9.8\n"
        "Epoch {e} 训练完成 | 平均训练损失: {t}\n"
        "  验证完成 | 验证损失: {v}\n",
        "epoch",
        BOTH,
    ),
    "names of several words": (
        "# Total time: 00:59\n# epoch\ttrain_loss valid_loss accuracy cpu used peak gpu used peak\n",
        "#     {e}\t{t}   {v}   {w}\t      0   2       80  6220\n",
        "epoch",
        WITH_VAL,
    ),
    "TFLearn": (
        "Training samples: 1309\n--\n",
        "Training Step: {s}  | total loss: 9.9\n"
        "| Adam | epoch: {e:03d} | loss: {t} - acc: {a} | val_loss: {v} - val_acc: {w} -- iter: 1309/1309\n--\n",
        "epoch",
        ALL,
    ),
    "an epoch in brackets": (
        "",
        "[{z}] train loss: {t} - valid loss: {v} - valid acc: {w} [BEST]\n",
        "epoch",
        WITH_VAL,
    ),
    "Lasagne": (
        "",
        "Epoch {e} of 14 took 3.214s\n"
        "  training loss:\t\t{t}\n"
        "  validation loss:\t\t{v}\n"
        "  validation accuracy:\t\t{q} %\n",
        "epoch",
        WITH_VAL,
    ),
    "luz": (
        "",
        "Epoch {e}/14\nTrain metrics: Loss: {t} - Acc: {a}\nValid metrics: Loss: {v} - Acc: {w}\n",
        "epoch",
        ALL,
    ),
    "Korean": (
        "",
        "반복 140 || 손실: 9.9 || 10반복 소요 시간: 196.9 초\n"
        "에폭 {e} || 훈련 손실: {t} || 검증 손실: {v}\n"
        "에폭 소요 시간: 36.3 초\n",
        "epoch",
        BOTH,
    ),
    "a table in Korean": (
        "에폭 | 훈련 손실 | 검증 손실 | 검증 정확도 | 시간\n-----------\n",
        "  {e} | {t} | {v} | {w} | 28.3s\n",
        "epoch",
        WITH_VAL,
    ),
    "Turkish": ("epoch,eğitim kaybı,doğrulama kaybı,doğrulama doğruluk\n", "{e},{t},{v},{w}\n", "epoch", WITH_VAL),
    "a heading with its epoch": (
        "",
        "Epoch {e}, train loss: {t}\nEpoch {e}, dev results:\nLoss: {v}, Accuracy: {w}\n",
        "epoch",
        WITH_VAL,
    ),
    "a counter behind a word": ("", "[v2 {e:03d}/14] train_loss={t} dev_loss={v} found=12\n", "epoch", BOTH),
    "a counter without splits": ("", "[ {e:>3}/14] loss={t} val={v} E=1.02 I=0.98\n", "epoch", BOTH),
    "evaluated on both": (
        "",
        "[epoch {e}] train_eval_loss: {t} train_accuracy: {a} test_eval_loss: {v} test_accuracy: {w}\n",
        "epoch",
        ALL,
    ),
    "a counter alone": ("", "[{e}/14]:\n\tTrain loss: {t}\n\tVal loss: {v}\n\tTrain time: 12.345 s\n", "epoch", BOTH),
    "xgb.cv": (
        ",train-logloss-mean,train-logloss-std,test-logloss-mean,test-logloss-std\n",
        "{z},{t},0.01,{v},0.02\n",
        "round",
        BOTH,
    ),
    "Keras for R": (
        "epoch,value,metric,data\n",
        "{e},{t},loss,training\n{e},{v},loss,validation\n{e},{a},accuracy,training\n{e},{w},accuracy,validation\n",
        "epoch",
        ALL,
    ),
    "Polars": (
        "shape: (14, 3)\n"
        "┌───────┬────────────┬──────────┐\n"
        "│ epoch ┆ train_loss ┆ val_loss │\n"
        "│ ---   ┆ ---        ┆ ---      │\n"
        "│ i64   ┆ f64        ┆ f64      │\n"
        "╞═══════╪════════════╪══════════╡\n",
        "│ {e}     ┆ {t}        ┆ {v}      │\n",
        "epoch",
        BOTH,
    ),
    "LaTeX": (
        "\\begin{tabular}{cccc}\n\\hline\nEpoch & Train loss & Val loss & Val acc (\\%) \\\\\n\\hline\n",
        "{e} & {t} & \\textbf{{{v}}} & {q} \\\\\n",
        "epoch",
        WITH_VAL,
    ),
    "against each other": (
        "",
        "Epoch {e:3d}\tTrain vs Dev Loss: {t} --- {v}\n         \tTrain vs Dev Acc: {p}% --- {q}%\n",
        "epoch",
        ALL,
    ),
    "accuracies below": (
        "",
        "{e}   Average training loss: {t}\n  Accuracy: {a}\nsaved\n{e}   Average valid loss: {v}\n  Accuracy: {w}\n",
        "row",
        ALL,
    ),
    "sentences on the best": (
        "",
        "iter {s}   train loss: {t}\ndev loss: {v}\nLoss 9.9 is better than best val loss 9.99.\n",
        "step",
        BOTH,
    ),
    "arrays of one": ("", "epoch {e} loss=[[{t}]], val_loss=[[{v}]]\n", "epoch", BOTH),
    "remarks": (
        "| Epoch | Train Loss | Val Loss | Val Acc |\n|---|---|---|---|\n",
        "| **{e}** | {t} | **{v}** ✅ best | {q}% (high) |\n",
        "epoch",
        WITH_VAL,
    ),
    "Marian": (
        "",
        "[2021-01-01 10:00:00] Ep. 1 : Up. {s} : Sen. 5,529,093 : Cost {t} : Time 8.42s : 2193.04 words/s\n"
        "[2021-01-01 10:00:01] [valid] Ep. 1 : Up. {s} : ce-mean-words : {v} : new best\n"
        "[2021-01-01 10:00:02] [valid] Ep. 1 : Up. {s} : perplexity : 9.9 : stalled 1 times (last best: 9.8)\n",
        "step",
        BOTH,
    ),
    "CLU": (
        "",
        "I0101 10:00:00.123456 1234 logging_writer.py:48] [{s}] steps_per_second=1.7, train_accuracy={a}, "
        "train_loss={t}\n"
        "I0101 10:00:00.123456 1234 train.py:415] eval epoch: {z}, loss: {v}, accuracy: {q}\n"
        "I0101 10:00:00.123456 1234 logging_writer.py:48] [{s}] eval_accuracy={w}, eval_loss={v}\n",
        "step",
        ALL,
    ),
    "an epoch with dots": (
        "",
        "Epoch... ({e}/14 | Loss: {t}, Learning Rate: 0.0001)\nEpoch... ({e}/14 | Eval Loss: {v} | Eval wer: 30.2 |)\n",
        "epoch",
        BOTH,
    ),
    "WeNet": (
        "",
        "2021-01-01 10:00:00,123 INFO Epoch {z} TRAIN info lr 0.001\n"
        "2021-01-01 10:00:00,123 DEBUG TRAIN Batch {z}/100 loss {t} loss_att 5.1 loss_ctc 9.2 lr 0.0001 rank 0\n"
        "2021-01-01 10:00:00,123 DEBUG CV Batch {z}/0 loss 9.9 loss_att 2.2 loss_ctc 4.2 history loss 9.8 rank 0\n"
        "2021-01-01 10:00:00,123 INFO Epoch {z} CV info cv_loss {v}\n",
        "epoch",
        BOTH,
    ),
    "a process in brackets": (
        "",
        "2021-01-01 10:00:00,123 - Epoch {z}/13\n"
        "2021-01-01 10:01:00,123 [24] writer l269 INFO |   Training |  Validation\n"
        "2021-01-01 10:01:00,123 [24] writer l288 INFO | gpu_0_memory_MB | 11890.0 | N/A\n"
        "2021-01-01 10:01:00,123 [24] writer l283 INFO | loss |  {t}  |  {v}\n",
        "epoch",
        BOTH,
    ),
    "an epoch with a hyphen": ("", "Epoch-{e} Train loss: {t}, acc: {a} | Dev loss: {v}, acc: {w}\n", "epoch", ALL),
    "an epoch behind the name": (
        "",
        "Training loss after Epoch {e}: {t}\nAverage Validation Loss after Epoch {e}/14: {v}\n",
        "epoch",
        BOTH,
    ),
    "the best so far in capitals": (
        "",
        "epoch {e} train loss: {t}\nBEST | Epoch {e} | dev loss: {v} dev acc: {w}\n",
        "epoch",
        WITH_VAL,
    ),
    "PaddleSeg": (
        "",
        "[TRAIN] epoch: 1, iter: {s}/700, loss: {t}, lr: 0.009, batch_cost: 0.5344, reader_cost: 0.07273, ips: 3.7 "
        "samples/sec | ETA 00:04:16\n"
        "[EVAL] #Images: 500, mIoU: 0.31, Acc: {w}\n",
        "step",
        ("train_loss", "val_accuracy"),
    ),
    "top1": (
        "",
        "01 INFO: END epoch:{z}   train top1: {a} top5: 0.99 loss:  {t}  batch_cost: 0.26346 s, ips: 12 images/sec.\n"
        "02 INFO: END valid top1: {w} top5: 0.99 loss: {v}  batch_cost: 0.09155 s, ips: 3 images/sec.\n",
        "epoch",
        ALL,
    ),
    "fairseq of 2018": (
        "",
        "| epoch {e:03d}  8000 / 8223 loss=9.9 (9.8), wps=961, bsz=32, lr=0.001\n"
        "| epoch {e:03d} | train loss {t} | train ppl 7.59 | s/checkpoint 7748 | words/s 961\n"
        "| epoch {e:03d} | valid on 'valid' subset  1000 / 1311 loss=9.9\n"
        "| epoch {e:03d} | valid on 'valid' subset | valid loss {v} | valid ppl 8.78\n",
        "epoch",
        BOTH,
    ),
    "Tacotron 2": (
        "Epoch: 0\n",
        "Train loss {s} {t} Grad Norm 13.484264 5.71s/it\n"
        "Validation loss {s}: {v}  \n"
        "Saving model and optimizer state at iteration {s} to /data/checkpoint_{s}\n",
        "step",
        BOTH,
    ),
    "Megatron": (
        "",
        " iteration      {s}/  700 | consumed samples: 2058 | elapsed time per iteration (ms): 1391.4 | learning "
        "rate: 1.5E-05 | lm loss: {t} | loss scale: 1.0 | grad norm: 0.811 |\n"
        "------\n"
        " validation loss at iteration {s} | lm loss value: {v} | lm loss PPL: 1.16E+01 | \n"
        "------\n",
        "step",
        BOTH,
    ),
    "MMEngine": (
        "",
        "01/01 10:00:00 - mmengine - INFO - Epoch(train) [{e}][ 50/100]  lr: 9.9e-03  eta: 0:34:24  time: 1.0377  "
        "memory: 4796  loss: {t}\n"
        "01/01 10:00:00 - mmengine - INFO - Epoch(val) [{e}][20/20]    accuracy/top1: {q}  loss: {v}  data_time: 0.01 "
        " time: 0.03\n",
        "epoch",
        WITH_VAL,
    ),
    "Sockeye": (
        "",
        "[INFO:sockeye.training] Epoch[0] Batch [{s}]   Speed: 186.94 samples/sec  1.59 updates/sec\n"
        "[INFO:sockeye.training] Checkpoint [{e}]  Updates={s} Epoch=0 Samples=315607 Time-cost=698.434 "
        "Updates/sec=1.432\n"
        "[INFO:sockeye.training] Checkpoint [{e}]  Train-cross-entropy={t}\n"
        "[INFO:sockeye.training] Checkpoint [{e}]  Validation-cross-entropy={v}\n",
        "step",
        BOTH,
    ),
    "Julia's log": (
        "",
        "┌ Info: epoch\n│   epoch = {e}\n│   train_loss = {t}f0\n└   test_loss = {v}f0\n",
        "epoch",
        BOTH,
    ),
    "two letters": ("", "Ep {e}/14 | tr_loss {t} | va_loss {v} | va_acc {w}\n", "epoch", WITH_VAL),
    "a letter for the loss": ("", "epoch {e}: L_train={t} L_val={v}\n", "epoch", BOTH),
    "in and out of sample": ("", "Epoch {e}: in-sample loss {t}, out-of-sample loss {v}\n", "epoch", BOTH),
    "glued before the loss": (
        "",
        "Epoch{z}: train_loss {t}, train_acc {a}, valid_loss {v}, valid_acc {w}\n",
        "epoch",
        ALL,
    ),
    "the metric before its splits": (
        "",
        "Epoch {e} Summary | Loss - Train: {t}, Val: {v} | Acc - Train: {p}%, Val: {q}%\n",
        "epoch",
        ALL,
    ),
    "the metric before its splits, with signs": (
        "",
        "Epoch {e} | Loss: train={t} val={v} | Acc: train={a} val={w}\n",
        "epoch",
        ALL,
    ),
    "accuracies in parentheses": ("", "Epoch {e}: train {t} (acc {a}) val {v} (acc {w})\n", "epoch", ALL),
    "a header before every row": ("", "| epoch | train_loss | val_loss |\n| {e} | {t} | {v} |\n", "epoch", BOTH),
    "behind a bar": (
        "",
        "Epoch Progress:   0%|          | {z}/14 [00:02<21:01,  1.26s/it]Data Size: 1%, Epoch: {e}, Train Loss: {t}, "
        "Val Loss: {v}\n\n",
        "epoch",
        BOTH,
    ),
    "GluonTS": (
        "",
        "INFO:trainer:Epoch[{z}] Evaluation metric 'epoch_loss'={t}\n"
        "INFO:trainer:Epoch[{z}] Evaluation metric 'validation_epoch_loss'={v}\n",
        "epoch",
        BOTH,
    ),
    "a setting that names the epoch": (
        "Namespace(batch_size=20, epoch=14, lr=0.1)\n",
        "[{e}] train loss: {t} valid loss: {v}\n",
        "epoch",
        BOTH,
    ),
    "YAML": ("", "- epoch: {e}\n  train_loss: {t}\n  val_loss: {v}\n", "epoch", BOTH),
    "JavaScript": (
        "const history = [\n",
        "  {{ epoch: {e}, acc: {a}, val_acc: {w}, loss: {t}, val_loss: {v} }},\n",
        "epoch",
        ALL,
    ),
    "a letter for each split": (
        "",
        "Epoch [{e}/14] | T_Loss: {t} T_Acc: {p}% | V_Loss: {v} V_Acc: {q}% | LR: 0.001000\n",
        "epoch",
        ALL,
    ),
    "a letter glued to the loss": (
        "",
        "Saved best iter {s} vloss {v} best.pt\n"
        "iter [{s:5d}/  700] tloss {t} vloss {v}: 100%|██████████| 700/700 [00:04<00:00, 22.88it/s]\n",
        "step",
        BOTH,
    ),
    "graph nets": (
        "# (iteration number), T (elapsed seconds), Ltr (training loss), Lge (test/generalization loss)\n",
        "# {s:05d}, T 8.7, Ltr {t}, Lge {v}, Ctr 0.2749, Str 0.0000, Cge 0.2444, Sge 0.0000\n",
        "step",
        BOTH,
    ),
    "Kaldi": (
        "CROSSVAL PRERUN AVG.LOSS 8.4100 (Xent),\n",
        "ITERATION {e:02d}: TRAIN AVG.LOSS {t}, (lrate0.008), CROSSVAL AVG.LOSS {v}, nnet accepted "
        "(nnet_iter{e:02d}_learnrate0.008_tr2.0844_cv2.2329)\n",
        "epoch",
        BOTH,
    ),
    "steps that begin anew in every epoch": (
        "Iter: 000, Train Loss: 146.5, Train MAPE: 3.3127, Train RMSE: 175.1, lr: 0.003\n",
        "Iter: 300, Train Loss: 27.4, Train MAPE: 0.2088, Train RMSE: 40.6, lr: 0.003\n"
        "Epoch: {e:03d}, Inference Time: 9.6686 secs\n"
        "Epoch: {e:03d}, Train Loss: {t}, Train MAE 55.5, Train RMSE: 7.1, Valid Loss: {v}, Valid MAPE: 0.18, "
        "Training Time: 171.3025/epoch\n",
        "epoch",
        BOTH,
    ),
    "neural translation": (
        "# First evaluation, global step 0\n  sample train data:\n    ref: That , of course , was it .\n",
        "  epoch {z} step {s} lr 1 step-time 0.89s wps 5.78K ppl {t} bleu 0.00\n"
        "# Finished epoch {z}, step {s}. Perform external evaluation\n"
        "  eval dev: perplexity {v}, time 3s, Tue Apr 25 23:27:41 2017.\n"
        "  eval test: perplexity 9.9, time 3s, Tue Apr 25 23:27:44 2017.\n",
        "step",
        BOTH,
    ),
    "a table behind a logger": (
        "2026-01-17 09:54:24,590 INFO [net/Main] model._log : Step\tTrain loss\tValid loss\n",
        "2026-01-17 09:56:00,560 INFO [net/Main] model._log : {s}\t{t}\t{v}\n",
        "step",
        BOTH,
    ),
    "a comment behind the header": (
        "#  step      rmse_val    rmse_trn         lr\n"
        "# If there is no reference data, rmse_*_{val,trn} will print nan\n",
        "{s:7d}      {v}    {t}    1.0e-03\n",
        "step",
        BOTH,
    ),
    "llm.c": (
        "",
        "s:{s} trl:{t} lr:6.000000e-04 norm:0.61\ns:{s} tel:{v}\n",
        "step",
        BOTH,
    ),
    "bars of both splits": (
        "==> Building model..\n",
        "\nEpoch: {z}\n"
        " [================ 391/391 ==============>]  Step: 51ms | Tot: 20s | Loss: {t} | Acc: {p}% (24052/50000)\n"
        " [================ 100/100 ==============>]  Step: 21ms | Tot: 2s | Loss: {v} | Acc: {q}% (4052/10000)\n"
        "Saving..\n",
        "epoch",
        ALL,
    ),
    "an evaluation under its heading at every step": (
        "",
        "2017-01-01T10:00:00.123: step {s}, loss {t}, acc {a}\n\n"
        "Evaluation:\n2017-01-01T10:00:01.123: step {s}, loss {v}, acc {w}\n\n"
        "Saved model checkpoint to /runs/1/checkpoints/model-{s}\n\n",
        "step",
        ALL,
    ),
}


def written(layout, rows=14):
    """Return the run in a layout."""
    head, line, *_ = LAYOUTS[layout]
    text = head
    for i, (t, v, a, w) in enumerate(list(zip(TRAIN, VAL, TRAIN_ACCURACY, VAL_ACCURACY, strict=True))[:rows]):
        percent = {"p": round(100 * a, 3), "q": round(100 * w, 3), "x": round(10_000 * w)}
        comma = {"tc": str(t).replace(".", ","), "vc": str(v).replace(".", ",")}
        text += line.format(e=i + 1, z=i, s=50 * (i + 1), t=t, v=v, a=a, w=w, **percent, **comma)
    return text


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_read_right(layout):
    *_, unit, roles = LAYOUTS[layout]
    curve = curve_of(written(layout))
    assert (curve.unit, tuple(curve)[1:]) == (unit, roles)
    assert curve.done[-1] == (700 if unit == "step" else 14)
    for role in roles:
        np.testing.assert_allclose(curve[role], RUN[role], rtol=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_rows_are_enough_and_lines_may_end_as_in_windows(layout):
    curve = curve_of(written(layout, 2).replace("\n", "\r\n").encode())
    for role in LAYOUTS[layout][-1]:
        np.testing.assert_allclose(curve[role], RUN[role][:2], rtol=1e-9)


# --- readers, one by one ---

SAMPLES = {
    "TensorBoard event files": (
        [BOARD / "events.out.tfevents.1764000000.host.1234.0"],
        "Read as a TensorBoard event file.",
    ),
    "files of one metric": (
        [LOGS / "mlflow" / "train_loss", LOGS / "mlflow" / "val_loss"],
        "Read as MLflow's file of one metric.",
    ),
    "JSON and printed Python": ([LOGS / "hf_stdout.txt"], "Read as JSON, one row per line."),
    "tables": ([LOGS / "hf_model_card_table.md"], "Read as CSV, separated by bars."),
    "console lines": ([LOGS / "nanogpt_stdout.txt"], "Read as console lines, each number by the name before it."),
}


@pytest.mark.parametrize("name", read.READERS)
def test_each_reader_is_hit(name, monkeypatch):
    source, note = SAMPLES[name]
    assert note in curve_of(source).notes
    monkeypatch.setattr(read, "READERS", {name: read.READERS[name]})
    assert len(curve_of(source)["step"]) == 14  # by itself
    monkeypatch.setattr(read, "READERS", {})
    with pytest.raises(CurveError):
        read_log(source)  # without any


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def tensor(kind, value):
    formats = {1: "<f", 2: "<d", 3: "<i"}
    if kind == "content":  # as TensorFlow 2 writes it: type, no dimensions, the bytes
        return b"\x08\x01" + field(2, b"") + field(4, struct.pack("<f", value))
    if kind == "vector":
        return b"\x08\x01" + field(2, field(2, b"\x08\x03")) + field(4, struct.pack("<3f", value, value, value))
    number, code = {1: 5, 2: 6}[kind], kind
    return b"\x08" + bytes([code]) + field(2, b"") + field(number, struct.pack(formats[code], value))


def event_file(points, kind="simple"):
    """Return an event file of (step, tag, value)."""
    raw = b""
    for step, tag, value in points:
        scalar = varint(2 << 3 | 5) + struct.pack("<f", value) if kind == "simple" else field(8, tensor(kind, value))
        event = varint(1 << 3 | 1) + struct.pack("<d", 1.0) + b"\x10" + varint(step)
        event += field(5, field(1, field(1, tag.encode()) + scalar))
        head = struct.pack("<Q", len(event))
        crc = struct.pack("<I", events.masked_crc(head)), struct.pack("<I", events.masked_crc(event))
        raw += head + crc[0] + event + crc[1]
    return raw


POINTS = [(i, tag, value) for i in range(5) for tag, value in (("train/loss", TRAIN[i]), ("val/loss", VAL[i]))]


@pytest.mark.parametrize("kind", ["simple", "content", 1, 2])
def test_an_event_file_holds_simple_values_or_tensors(kind):
    curve = curve_of(event_file(POINTS, kind), "events.out.tfevents.1")
    np.testing.assert_allclose(curve["train_loss"], TRAIN[:5], rtol=1e-6)
    np.testing.assert_allclose(curve["val_loss"], VAL[:5], rtol=1e-6)


def test_an_event_file_without_scalars_is_refused():
    sentence = "This is a TensorBoard event file without scalars: add the one that the losses were written to."
    with pytest.raises(CurveError, match=f"^{re.escape(sentence)}$"):
        read_log(event_file(POINTS, "vector"))
    sentence = "The file is named as TensorBoard's event files are, and its first bytes are none: it is damaged."
    with pytest.raises(CurveError, match=f"^{re.escape(sentence)}$"):
        read_log(b"\x00" * 40, "events.out.tfevents.1")


def test_a_damaged_tail_is_said_and_what_stands_before_is_read():
    raw = event_file(POINTS)
    record = len(raw) // len(POINTS)
    for cut in (raw[:-5], raw[:-40], raw[: -record - 3], raw[: 8 * record] + bytes(60)):
        curve = curve_of(cut)
        assert len(curve["step"]) >= 4
        assert any("damaged or cut at byte" in note for note in curve.notes)
    broken = bytearray(raw)
    broken[6 * record + 30] ^= 255
    assert len(curve_of(bytes(broken))["step"]) == 3


def test_a_restart_in_an_event_file_is_a_run_of_its_own():
    log = read_log(event_file([*POINTS, *[(i, tag, value + 1) for i, tag, value in POINTS[:6]]]))
    assert len(log.runs) == 2
    assert len(log.curve()["step"]) == 3
    assert len(log.curve(run=0)["step"]) == 5


# --- several files at once ---


def files(*names):
    return [(name.rpartition("/")[2], (LOGS / name).read_bytes()) for name in names]


@pytest.mark.parametrize(
    ("source", "unit"),
    [
        (
            [
                (
                    f"dvclive/plots/metrics/{split}/loss.tsv",
                    "step\tloss\n" + "\n".join(f"{i}\t{x}" for i, x in enumerate(losses)),
                )
                for split, losses in (("train", TRAIN), ("val", VAL))
            ],
            "step",
        ),
        (files("mlflow/train_loss", "mlflow/val_loss"), "step"),
        (files("mlflow/val_loss", "mlflow/train_loss"), "step"),
        (dict(files("mlflow/val_loss", "mlflow/train_loss")), "step"),
        (LOGS / "mlflow", "step"),
        (files("tensorboard/run-train-tag-epoch_loss.csv", "tensorboard/run-validation-tag-epoch_loss.csv"), "epoch"),
        (sorted(BOARD.glob("*.csv")), "epoch"),
        (
            [
                (
                    f"run-exp_{split}-tag-loss.json",
                    json.dumps([[1.7e9 + i, i, loss] for i, loss in enumerate(losses)]) + "\n",
                )
                for split, losses in (("train", TRAIN), ("validation", VAL))
            ],
            "step",
        ),
        (
            [
                ("train.csv", "epoch,loss\n" + "\n".join(f"{i},{t}" for i, t in enumerate(TRAIN))),
                ("val.csv", "epoch,loss\n" + "\n".join(f"{i},{v}" for i, v in enumerate(VAL))),
            ],
            "epoch",
        ),
        (
            [
                ("learn_error.tsv", "iter\tLogloss\n" + "\n".join(f"{i}\t{t}" for i, t in enumerate(TRAIN))),
                ("test_error.tsv", "iter\tLogloss\n" + "\n".join(f"{i}\t{v}" for i, v in enumerate(VAL))),
            ],
            "round",
        ),
        (
            [
                (
                    "train/events.out.tfevents.1",
                    event_file([(i, "epoch_loss", t) for i, t in enumerate(TRAIN)], "content"),
                ),
                (
                    "validation/events.out.tfevents.2",
                    event_file([(i, "epoch_loss", v) for i, v in enumerate(VAL)], "content"),
                ),
            ],
            "epoch",
        ),
    ],
)
def test_files_of_one_metric_make_one_log(source, unit):
    log = read_log(source)
    curve = log.curve()
    assert len(log.runs) == 1
    assert (curve.unit, curve.counted_from) == (unit, 0)
    np.testing.assert_allclose(curve["train_loss"], TRAIN, rtol=1e-6)
    np.testing.assert_allclose(curve["val_loss"], VAL, rtol=1e-6)
    assert any(note.startswith("Put together from 2 files: ") for note in curve.notes)


def test_files_of_one_row_each_are_put_in_their_order():
    source = [
        (
            f"metrics_epoch_{i}.json",
            json.dumps({"epoch": i, "training_loss": TRAIN[i], "validation_loss": VAL[i]}, indent=1),
        )
        for i in (3, 0, 2, 1)
    ]
    curve = curve_of(source)
    assert (curve["step"], curve["val_loss"]) == ([0, 1, 2, 3], VAL[:4])


def test_two_event_files_of_keras_are_told_apart_without_their_folders():
    train = event_file([(i, "epoch_loss", t) for i, t in enumerate(TRAIN)], "content")
    held_out = event_file(
        [(i, tag, v) for i, v in enumerate(VAL) for tag in ("epoch_loss", "evaluation_loss_vs_iterations")]
    )
    curve = curve_of([("events.out.tfevents.1.v2", train), ("events.out.tfevents.2.v2", held_out)])
    np.testing.assert_allclose(curve["val_loss"], VAL, rtol=1e-6)


def test_two_logs_are_two_runs_by_their_files():
    first, (name, content) = files("keras_csvlogger.csv", "fastai_history.csv")  # of the same losses
    assert [run.name for run in read_log([first, (name, content)]).runs] == ["keras_csvlogger.csv"]
    log = read_log([first, (name, content.replace(b"1.641", b"1.7"))])
    assert [run.name for run in log.runs] == ["keras_csvlogger.csv", "fastai_history.csv"]
    assert tuple(log.curve())[1:] == WITH_VAL
    assert tuple(log.curve(run="keras_csvlogger.csv"))[1:] == ALL


def test_what_is_no_log_among_several_is_left_out_and_said():
    notes = curve_of([("a.csv", written("tables")), ("x.png", b"\x89PNG...")]).notes
    assert f"Left out 'x.png': the file is a picture: {RIGHT}" in notes
    with pytest.raises(
        CurveError, match=r"^There are 101 sources, and at most 100 are read at once: leave some out\.$"
    ):
        read_log([written("tables")] * 200)


# --- as frameworks keep them ---


class Frame(dict):
    """Looks like a DataFrame."""

    @property
    def columns(self):
        return list(self)


class Scalar:
    """Looks like a tensor of one value."""

    def __init__(self, value):
        self.value = value

    def __float__(self):
        return self.value


HISTORY = {"loss": TRAIN, "val_loss": VAL, "accuracy": TRAIN_ACCURACY, "val_accuracy": VAL_ACCURACY}
ROWS = [
    row
    for i in range(14)
    for row in ({"loss": TRAIN[i], "step": 50 * (i + 1)}, {"eval_loss": VAL[i], "step": 50 * (i + 1)})
]


@pytest.mark.parametrize(
    ("source", "unit"),
    [
        (HISTORY, "row"),
        ({name: [np.float32(x) for x in column] for name, column in HISTORY.items()}, "row"),
        ({name: np.array(column) for name, column in HISTORY.items()}, "row"),
        ({name: [Scalar(x) for x in column] for name, column in HISTORY.items()}, "row"),
        (SimpleNamespace(history=HISTORY, epoch=list(range(14)), model=object()), "epoch"),
        (ROWS, "step"),
        (SimpleNamespace(state=SimpleNamespace(log_history=ROWS)), "step"),
        ({"log_history": ROWS, "epoch": 14.0}, "step"),
        (Frame(epoch=list(range(1, 15)), train_loss=TRAIN, val_loss=VAL), "epoch"),
        (
            {"config": {"lr": 0.1, "sizes": [64, 64]}, "classes": ["a", "b"], "train_losses": TRAIN, "val_losses": VAL},
            "row",
        ),
        (list(HISTORY.items()), "row"),
        ({"train": {"logloss": TRAIN, "auc": TRAIN}, "eval": {"logloss": VAL, "auc": VAL}}, "round"),
        ({f"epoch_{i + 1}": {"train_loss": TRAIN[i], "val_loss": VAL[i]} for i in range(14)}, "epoch"),
        ([{"name": "train", "x": list(range(14)), "y": TRAIN}, {"name": "val", "x": list(range(14)), "y": VAL}], "row"),
        (
            {
                "train_loss": [[50 * i, t] for i, t in enumerate(TRAIN)],
                "best_val_loss": 0.841,
                "val_loss": [[50 * i, v] for i, v in enumerate(VAL)],
            },
            "step",
        ),
        (
            {
                "train_loss": [{"step": i, "value": t} for i, t in enumerate(TRAIN)],
                "val_loss": [{"step": i, "value": v} for i, v in enumerate(VAL)],
            },
            "step",
        ),
        (str(HISTORY), "row"),
        (f"history = {HISTORY}", "row"),
        (f"Train losses: {TRAIN}\nVal losses: {VAL}\n", "row"),
        (f"train_loss = {np.array(TRAIN)}\nval_loss = {np.array(VAL)}\n", "row"),
        (f"defaultdict(<class 'list'>, {HISTORY})", "row"),
        (f"{{'loss': [{', '.join(f'np.float64({x})' for x in TRAIN)}], 'val_loss': array({VAL})}}", "row"),
        (["epoch,loss,val_loss", *(f"{i},{t},{v}" for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)))], "epoch"),
    ],
    ids=range(23),
)
def test_data_as_frameworks_keep_them(source, unit):
    curve = curve_of(source)
    assert curve.unit == unit
    np.testing.assert_allclose(curve["train_loss"], TRAIN, rtol=1e-6)
    np.testing.assert_allclose(curve["val_loss"], VAL, rtol=1e-6)


def test_a_notebook_is_read_by_what_its_cells_printed():
    outputs = [{"output_type": "stream", "text": [line + "\n" for line in written("brackets").split("\n")]}]
    notebook = {"cells": [{"cell_type": "code", "source": ["x = 1"], "outputs": outputs}], "nbformat": 4}
    assert curve_of(json.dumps(notebook))["val_loss"] == VAL


# --- several runs ---


@pytest.mark.parametrize(
    ("text", "names", "last"),
    [
        (
            "epoch,loss,val_loss\n0,.9,1\n1,.5,.7\nepoch,loss,val_loss\n0,.8,1.1\n1,.4,.9",
            ["run 1", "run 2"],
            [1.1, 0.9],
        ),
        ("epoch,loss,val_loss\n0,.9,1\n1,.5,.7\n0,.8,1.1\n1,.4,.9", ["run 1", "run 2"], [1.1, 0.9]),
        ("epoch,loss,val_loss\n1,.9,1\n2,.5,.7\n3,.4,.6\n2,.8,1.1\n3,.3,.9", ["run 1", "run 2"], [1, 1.1, 0.9]),
        ("epoch,loss,val_loss\n1,.9,1\n2,.5,.7\n3,.4,.6\n1,.8,1.1", ["run 1", "run 2"], [1, 0.7, 0.6]),
        ("run,epoch,loss,val_loss\na,1,.9,1\na,2,.5,.7\nb,1,.8,1.1\nb,2,.4,.9", ["a", "b"], [1.1, 0.9]),
        ("seed,epoch,loss,val_loss\n7,1,.9,1\n7,2,.5,.7\n8,1,.8,1.1\n8,2,.4,.9", ["seed 7", "seed 8"], [1.1, 0.9]),
        (
            "Fold 1\n"
            "Epoch 1 train loss 0.9 val loss 1.0\n"
            "Epoch 2 train loss 0.5 val loss 0.7\n"
            "Fold 2\n"
            "Epoch 1 train loss 0.8 val loss 1.1\n"
            "Epoch 2 train loss 0.4 val loss 0.9",
            ["run 1", "run 2"],
            [1.1, 0.9],
        ),
        (
            "{'loss': [3, 2], 'val_loss': [3.5, 2.5]}\n{'loss': [2, 1], 'val_loss': [2.3, 2.1]}",
            ["run 1", "run 2"],
            [2.3, 2.1],
        ),
        (
            '{"adam": {"loss": [3, 2], "val_loss": [3.5, 2.5]}, "sgd": {"loss": [2, 1], "val_loss": [2.3, 2.1]}}',
            ["adam", "sgd"],
            [2.3, 2.1],
        ),
        ("epoch,loss,val_loss\n3,.3,.9\n2,.5,.7\n1,.9,1", ["run 1"], [1, 0.7, 0.9]),
    ],
)
def test_of_several_runs_the_last_is_taken_and_the_others_are_offered(text, names, last):
    log = read_log(text)
    assert [run.name for run in log.runs] == names
    assert log.curve()["val_loss"] == last
    for name in names[:-1]:
        assert len(log.curve(run=name)["step"]) >= 2
    if len(names) > 1:
        taken = log.run.name
        other = (set(names) - {taken}).pop()
        said = f"The log holds 2 runs: {taken!r} is read; others are {other!r}."
        if last == [1, 1.1, 0.9]:
            said = (
                f"The log is of one run that was resumed from epoch 2: {taken!r} is the whole of it, with the rows "
                f"before; as it was earlier: {other!r}."
            )
        assert said in log.notes


def test_a_run_that_is_not_there_is_refused():
    log = read_log(written("tables"))
    for run in ("other", 1, -2, True, None.__class__):
        with pytest.raises(CurveError, match=r"^There is no run .*: there are 'run 1'\.$"):
            log.curve(run=run)


# --- columns ---


@pytest.mark.parametrize(
    ("text", "roles", "note"),
    [
        (
            "epoch,train_rmse,val_rmse\n1,3,4\n2,2,3",
            {"train_loss": "train_rmse", "val_loss": "val_rmse"},
            "There is no validation loss by that name: 'val_rmse' (root mean squared error) is used as one.",
        ),
        (
            "epoch,rmse,loss,val_rmse\n1,3,9,4\n2,2,4,3",
            {"train_loss": "rmse", "val_loss": "val_rmse"},
            "Other losses are left out: 'loss'.",
        ),
        (
            "epoch,train_loss,val_mae\n1,3,4\n2,2,3",
            {"train_loss": "train_loss", "val_loss": "val_mae"},
            "'val_mae' may be another measure than 'train_loss': then the gap between them means little.",
        ),
        (
            "epoch,train_ppl,valid_ppl\n1,30,40\n2,20,30",
            {"train_loss": "train_ppl", "val_loss": "valid_ppl"},
            "There is no validation loss by that name: 'valid_ppl' (perplexity) is used as one.",
        ),
        (
            "epoch,train_loss,valid_ppl\n1,3,40\n2,2,30",
            {"train_loss": "train_loss", "val_loss": "log(valid_ppl)"},
            "'valid_ppl' is a perplexity: its logarithm is the loss.",
        ),
        (
            "epoch,train_loss,test_loss\n1,3,4\n2,2,3",
            {"train_loss": "train_loss", "val_loss": "test_loss"},
            "The only evaluation is on 'test_loss': it is taken for the validation loss.",
        ),
        (
            "epoch,train_loss,val_loss,test_loss\n1,3,4,5\n2,2,3,4",
            {"train_loss": "train_loss", "val_loss": "val_loss"},
            "Other losses are left out: 'test_loss'.",
        ),
        (
            "epoch,loss_a,loss_b,val_loss_a,val_loss_b\n1,1,2,3,4\n2,1,1,2,3",
            {"train_loss": "loss_a + loss_b", "val_loss": "val_loss_a + val_loss_b"},
            "The losses are sums of their 2 parts: loss_a + loss_b, and the same of validation.",
        ),
        (
            "epoch,train_acc,val_acc\n1,.5,.4\n2,.7,.6",
            {"train_accuracy": "train_acc", "val_accuracy": "val_acc"},
            "There are accuracies and no losses: they tell a gap and when it turns, and not how sure the model is; log "
            "the losses too.",
        ),
    ],
)
def test_what_stands_for_a_loss_is_said(text, roles, note):
    log = read_log(text)
    assert {role: name for role, name in log.roles.items() if role != "step"} == roles
    assert note in log.curve().notes


def test_sums_are_sums():
    curve = curve_of("epoch,loss_a,loss_b,val_loss_a,val_loss_b\n1,1,2,3,4\n2,1,1,2,3")
    assert (curve["train_loss"], curve["val_loss"]) == ([3, 2], [7, 5])


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "[0]\ttrain-auc:0.71\teval-auc:0.69\n[1]\ttrain-auc:0.75\teval-auc:0.71",
            "'train auc' is an AUC, which is no loss: log the loss on training and validation rows too.",
        ),
        (
            '{"training": {"auc": [0.7, 0.8]}, "valid_1": {"auc": [0.6, 0.7]}}',
            "'training/auc' is an AUC, which is no loss: log the loss on training and validation rows too.",
        ),
        (
            "epoch,val_f1\n1,.5\n2,.6",
            "'val_f1' is an F score, which is no loss: log the loss on training and validation rows too.",
        ),
        (
            "0:\ttest: 0.7793\tbest: 0.7793 (0)\n1:\ttest: 0.8093\tbest: 0.8093 (1)",
            "'test' rises from 0.7793 to 0.8093, as a score does, and is not named a loss: log the loss on training "
            "and validation rows, or name the column val_loss if it is one.",
        ),
        (
            "Epoch: 001, Loss: 1.9, Val: 0.23, Test: 0.24\nEpoch: 002, Loss: 1.8, Val: 0.43, Test: 0.44",
            "'val' rises from 0.23 to 0.43, as a score does, and is not named a loss: log the loss on training and "
            "validation rows, or name the column val_loss if it is one.",
        ),
        (
            "epoch,loss\n1,.9\n2,.5",
            "There is a training loss ('loss') and no validation loss: what was learnt by heart "
            "shows on held-out rows alone, so log the loss on those too.",
        ),
        (
            "epoch,train_acc\n1,.5\n2,.6",
            "There is a training accuracy ('train_acc') alone: log the loss on training and validation rows.",
        ),
        (
            "epoch,a,b\n1,.5,1\n2,.6,2",
            "No column is a validation loss by its name, there are 'epoch', 'a', 'b': name one of them val_loss and "
            "one train_loss, or choose them.",
        ),
        (
            "| Model | Training Loss | Validation Loss |\n|---|---|---|\n| A | 0.17 | 0.63 |\n| B | 0.20 | 0.77 |",
            "This looks like a table of runs, with one row per run and no curve: give one run's history, or its "
            "panel of losses.",
        ),
        (
            "epoch,loss,val_loss\n1,.9,1\n2,.5,.7\n3,.3,oops",
            "Line 4 must have a number in column 'val_loss', got 'oops'.",
        ),
        ("epoch,loss,val_loss\n1,.9,1", "The validation loss must have at least 2 values, got 1."),
        (
            "step,loss,val_loss\n1,1,1\n,1,1\n3,1,1",
            "Row 2 has no step: give each row one, or choose no column for the step.",
        ),
        ({"a": {1, 2}}, f"The data hold no list of numbers: {RIGHT}"),
        (
            "epoch,val_loss,lr\n1,.9,.1\n2,.5,.1",
            "There is a validation loss ('val_loss') and no training loss: how far the two are apart tells what was "
            "learnt by heart, so log the loss on the training rows too, or add the file of it.",
        ),
        (
            "base model: Lasso (L2-loss with L1-reg)\n"
            "training error: 0.5\n"
            "validation error: 0.6\n\n"
            "base model: Ridge\n"
            "training error: 0.4\n"
            "validation error: 0.5",
            OF_RUNS,
        ),
        ("CNN:   loss: 1.5 - val_loss: 1.4\nLSTM:  loss: 0.4 - val_loss: 1.8", OF_RUNS),
        (
            "- **TinyNet**: Epoch: 15 | Train Loss: 0.1 | Test Loss: 3.5\n"
            "- **Net-B0**: Epoch: 15 | Train Loss: 0.3 | Test Loss: 0.4\n"
            "- **Net-B2**: Epoch: 15 | Train Loss: 0.4 | Test Loss: 0.4",
            OF_RUNS,
        ),
        (
            "Training random_forest...\n"
            "Train Accuracy: 0.98\n"
            "Test Accuracy:  0.81\n"
            "CV Score: 0.7 (+/- 0.02)\n\n"
            "Training xgboost...\n"
            "Train Accuracy: 0.92\n"
            "Test Accuracy:  0.83\n"
            "CV Score: 0.8 (+/- 0.02)",
            OF_RUNS,
        ),
        ("# Model 10MB, small\n# loss: 0.73 - val_loss: 1.05\n\n# Model 5MB,\n# loss: 0.88 - val_loss: 1.08", OF_RUNS),
        (
            "degree=1 features= 5 train_acc=0.769 test_acc=0.785\ndegree=2 features= 20 train_acc=0.783 test_acc=0.805",
            OF_RUNS,
        ),
        (
            "Epoch 20/20\n"
            "9/9 [===] - 28s - loss: 0.9 - val_loss: 0.6\n"
            "Test MAE: 0.4\n\n"
            "momentum=0.9\n\n"
            "Epoch 20/20\n"
            "9/9 [===] - 28s - loss: 0.8 - val_loss: 0.7\n"
            "Test MAE: 0.5",
            OF_RUNS,
        ),
        (
            "train loss: 2.07 -> 1.94\neval loss: 2.09 -> 1.97",
            "No number with a name before it, and no table of numbers, is found in what begins with "
            f"'train loss: 2.07 -> 1.94': {RIGHT}",
        ),
        ("Fold\tTraining Loss\tValidation Loss\n0\t.12\t.34\n1\t.14\t.32\n2\t.13\t.36", OF_RUNS),
        ("hidden_size,beta,train_loss,val_loss\n8,.1,.12,.15\n8,1,.22,.25\n16,.1,.1,.14", OF_RUNS),
        ("### Gini\n- Train_acc: 0.94, Val_acc: 0.81\n### Entropy\n- Train_acc: 0.87, Val_acc: 0.82", OF_RUNS),
        ("Model Name,epochs,train loss,val loss\nA,3,.1,1.5\nB,3,.2,1.6", OF_RUNS),
        (
            "[500] train-logloss:0.33 valid-logloss:0.34\n"
            "[500] train-logloss:0.32 valid-logloss:0.33\n"
            "[499] train-logloss:0.31 valid-logloss:0.32",
            "The validation loss must have at least 2 values, got 1.",
        ),
        (
            "Epoch 1/9 - Train: 0.62 | Val: 0.65 | Loss: 1.23\nEpoch 2/9 - Train: 0.71 | Val: 0.72 | Loss: 0.98",
            "'val' rises from 0.65 to 0.72, as a score does, and is not named a loss: log the loss on training and "
            "validation rows, or name the column val_loss if it is one.",
        ),
        ([], f"There is nothing to read: {RIGHT}"),
        (Path("no such folder") / "log.csv", "The file 'log.csv' cannot be opened: no such file or directory."),
        ("# A\n# Test loss: 0.49\n# Test accuracy: 0.92\n# B\n# Test loss: 1.26\n# Test accuracy: 0.81\n", OF_RUNS),
        (
            "### 1.\n"
            "***** train metrics *****\n"
            "  epoch      =       30.0\n"
            "  train_loss =     0.0549\n"
            "***** eval metrics *****\n"
            "  eval_loss  =     0.0364\n",
            "These are the metrics of a finished run, one value each, and no curve: "
            "give its history, such as trainer_state.json.",
        ),
        ("1\n" * 300_002, "The log has more than 300,000 lines, and no more are read: keep every second, or fewer."),
        (b"PK\x03\x04etc", f"The file is a zip archive, such as .xlsx or .npz: {RIGHT}"),
    ],
)
def test_a_refusal_says_what_it_looks_like_and_what_to_do(source, sentence):
    with pytest.raises(CurveError, match=f"^{re.escape(sentence)}$"):
        curve_of(source)


def test_a_text_is_never_taken_for_a_path(monkeypatch):
    monkeypatch.chdir(LOGS)
    with pytest.raises(CurveError, match=r"^This is no log but the name of a file, 'keras_csvlogger.csv'"):
        read_log("keras_csvlogger.csv")


def test_a_cut_or_ragged_line_is_left_out_and_said():
    text = written("tables")
    curve = curve_of(text + "14,0.05")
    assert len(curve["step"]) == 14
    assert "Left out line 16, which has 2 values where 5 are expected." in curve.notes
    cut = curve_of(json.dumps(ROWS)[:-30])
    assert len(cut["step"]) == 13
    assert "The data is cut at its end: what stands before is read." in cut.notes


def test_of_two_tables_the_last_with_losses_is_read():
    first = "epoch | train_loss | val_loss\n1 | 9 | 9\n2 | 8 | 8\n\n"
    text = (
        f"{first}Early stopping at epoch 2\n\nrun | score\na | 1\nb | 2\n\n"
        + written("Markdown")
        + "\nthanks, 1 person\n"
    )
    curve = curve_of(text)
    assert curve["val_loss"] == VAL
    assert any(note.startswith("Left out") and "of the text" in note for note in curve.notes)


def test_lists_of_other_lengths():
    curve = curve_of({"train_losses": [1, 2, 3, 4, 5, 6], "val_losses": [9, 8], "confusion": [1, 2, 3]})
    assert curve["train_loss"] == [2, 5]
    assert "'train_losses' has 6 values for 2 evaluations: the mean of each 3 is taken." in curve.notes
    assert "Left out lists of other lengths: 'confusion'." in curve.notes
    assert curve_of({"train_loss": [3, 2, 1], "val_loss": [4, 3]})["train_loss"] == [3, 2]


def test_several_evaluations_in_one_epoch_are_spread_over_it():
    curve = curve_of("epoch,loss,val_loss\n1,9,9\n1,8,8\n2,7,7\n2,6,6")
    assert curve["step"] == curve.done == [0.5, 1, 1.5, 2]
    assert "Several evaluations have the same epoch: they are spread evenly over it." in curve.notes
    assert curve_of("epoch,loss,val_loss\n0,9,9\n0,8,8\n1,7,7\n1,6,6").done == [0.5, 1, 1.5, 2]


def test_a_run_that_diverged_from_its_first_row_on_is_a_curve():
    for text in (
        "epoch,loss,val_loss\n1,nan,nan\n2,nan,nan\n3,nan,nan",
        "Epoch 1/3\n9/9 - 1s - loss: nan - val_loss: nan\nEpoch 2/3\n9/9 - 1s - loss: nan - val_loss: nan",
    ):
        curve = curve_of(text)
        assert all(math.isnan(loss) for loss in curve["val_loss"])
        assert any("A loss is not finite from epoch 1 on" in note for note in curve.notes)


def test_epochs_on_one_line_are_told_apart():
    curve = curve_of(written("samples").replace("\n", " "))
    assert curve["val_loss"] == VAL
    assert curve["step"] == list(range(1, 15))


def test_lines_that_hold_nothing_are_counted():
    text = "Loading data\nEpoch 1: train loss 0.9 val loss 1.0\nSaved\nEpoch 2: train loss 0.5 val loss 0.7\nBye 3"
    assert "Left out 3 of 5 lines, which hold no loss, accuracy or score." in curve_of(text).notes


def test_accuracies_are_scaled_together_by_what_each_is():
    def accuracies(train, val, names=("train_acc", "val_acc")):
        rows = "\n".join(f"{i},{a},{w}" for i, (a, w) in enumerate(zip(train, val, strict=True)))
        curve = curve_of(f"epoch,{','.join(names)}\n{rows}")
        return curve["train_accuracy"], curve["val_accuracy"], [note for note in curve.notes if "percent" in note]

    said = "The {} accuracy is in percent{}: divided by 100."
    share = ([0.3, 0.6], [0.2, 0.5], [])
    assert accuracies([0.3, 0.6], [0.2, 0.5]) == share
    assert accuracies([30, 60], [20, 50]) == (*share[:2], [said.format("training", ""), said.format("validation", "")])
    assert accuracies([30, 60], [0.2, 0.5]) == (
        *share[:2],
        [said.format("training", ", the validation accuracy a share")],
    )
    assert accuracies([0.3, 0.6], [20, 50]) == (
        *share[:2],
        [said.format("validation", ", the training accuracy a share")],
    )
    low = accuracies([1, 5], [0.5, 0.9])  # of a thousand classes
    assert low[:2] == ([0.01, 0.05], [0.5 / 100, 0.9 / 100])
    assert accuracies([0.2, 0.4], [0.1, 0.3], ("train acc (%)", "val acc (%)"))[0] == [0.002, 0.004]
    assert accuracies(["0.2%", "0.4%"], ["0.1%", "0.3%"])[1] == [0.001, 0.003]
    assert accuracies([0.3, 1], [0.2, 1.0]) == ([0.3, 1], [0.2, 1.0], [])  # all rows right, and not one percent
    assert accuracies([1, 1.2], [1, 1.5])[:2] == ([0.01, 0.012], [0.01, 0.015])
    assert accuracies([0, 100], [0.5, 60])[:2] == ([0, 1], [0.005, 0.6])
    # As a share the other is ten times nearer, or further, than in percent where it is a tenth of the middle.
    assert accuracies([2, 8, 9], [0.1, 0.8, 0.75])[1] == [0.1, 0.8, 0.75]
    assert accuracies([2, 8, 9], [0.1, 0.82, 0.75])[1] == [0.1 / 100, 0.82 / 100, 0.75 / 100]
    assert accuracies([2, 8, 9, 9], [0.1, 0.85, 0.75, 0.7])[1][1] == 0.85
    text = "Epoch 1 train loss 9 acc 0.2% | val loss 9 acc 0.1%\nEpoch 2 train loss 8 acc 0.4% | val loss 8 acc 0.3%"
    assert curve_of(text)["val_accuracy"] == [0.001, 0.003]


def test_an_accuracy_that_stands_in_no_row_of_the_curve_is_scaled_by_nothing():
    nan = math.nan
    columns = {"loss": [0.9, 0.5, nan], "val_loss": [1, 0.7, nan], "acc": [0.2, 0.4, nan], "val_acc": [nan, nan, 60]}
    roles = dict(zip(("train_loss", "val_loss", "train_accuracy", "val_accuracy"), columns, strict=True))
    curve = curve_from({name: np.array(values) for name, values in columns.items()}, roles)
    assert curve["train_accuracy"] == [0.2, 0.4]
    assert np.isnan(curve["val_accuracy"]).all()
    assert not any("percent" in note for note in curve.notes)


def test_an_error_in_percent_beside_a_share_is_divided():
    lines = (
        f"epoch {e}, minibatch 9/9, train error {t}, validation error {v} %"
        for e, t, v in ((1, 0.02, 1.5), (2, 0.01, 1.1), (3, 0.005, 1.2))
    )
    curve = curve_of("\n".join(lines))
    assert (curve["train_loss"], curve["val_loss"]) == ([0.02, 0.01, 0.005], [0.015, 1.1 / 100, 1.2 / 100])
    assert "The validation loss is in percent, and the other is not: divided by 100." in curve.notes
    both = curve_of("\n".join(f"epoch {e}: train error {e + 1}% validation error {e + 2}%" for e in (1, 2)))
    assert (both["train_loss"], both["val_loss"]) == ([2, 3], [3, 4])


def test_a_summary_at_the_end_is_no_evaluation():
    text = written("glued") + "[best] test_loss=0.1\nFinal train_loss: 0.2, test_loss: 0.3\n"
    assert curve_of(text)["val_loss"] == VAL


@pytest.mark.parametrize("nan", ["NaN", "nan", "inf"])
def test_nan_in_a_sparse_table_is_no_value(nan):
    pairs = list(zip(TRAIN, VAL, strict=True))
    turns = [line for i, (t, v) in enumerate(pairs) for line in (f"{i},{t},{nan}", f"{i},{nan},{v}")]
    blocks = [f"{i},{t},{nan}" for i, (t, _) in enumerate(pairs)] + [f"{i},{nan},{v}" for i, (_, v) in enumerate(pairs)]
    for rows in (turns, blocks):
        curve = curve_of("\n".join(["epoch,train_loss,val_loss", *rows]))
        assert (curve["train_loss"], curve["val_loss"]) == (TRAIN, VAL)
        assert not any("diverged" in note for note in curve.notes)
    tested = [*(f"{row},{nan}" for row in turns), f"13,{nan},{nan},.9"]
    curve = curve_of("\n".join(["epoch,train_loss,val_loss,test_loss", *tested]))
    assert (curve["train_loss"], curve["val_loss"]) == (TRAIN, VAL)
    curve = curve_of("\n".join(["epoch,train_loss,val_loss", *turns[:9], f"9,{nan},{nan}", f"10,{nan},{nan}"]))
    assert any("diverged" in note for note in curve.notes)  # nothing is finite any more


def test_a_data_frame_with_gaps_is_read_as_its_file_is():
    column = [x for pair in zip(TRAIN, [math.nan] * 14, strict=True) for x in pair]
    other = [x for pair in zip([math.nan] * 14, VAL, strict=True) for x in pair]
    curve = curve_of(Frame(step=[i // 2 for i in range(28)], loss=column, eval_loss=other))
    assert (curve["train_loss"], curve["val_loss"]) == (TRAIN, VAL)


def test_what_is_no_log_is_refused_by_its_type_and_a_name_of_a_file_as_one():
    for source in ((x for x in [1, 2]), iter([1]), {1, 2}, 3, None, object()):
        kind = type(source).__name__
        with pytest.raises(CurveError, match=f"^A log must be text, bytes, a path, a mapping or a list, got {kind}: "):
            read_log(source)
    with pytest.raises(CurveError, match=r"^This is no log but the name of a file, 'runs/metrics\.csv'"):
        read_log("runs/metrics.csv")


def test_what_is_said_twice_in_an_epoch_is_one_evaluation():
    lines = (
        f"[hook] epoch {e}: {{'train_loss': {t}0001, 'val_loss': {v}0001}}\n[log] Epoch {e}/3: train_loss={t} "
        f"val_loss={v}"
        for e, t, v in ((1, 0.9, 1.0), (2, 0.5, 0.7), (3, 0.3, 0.8))
    )
    curve = curve_of("\n".join(lines))
    assert (curve["step"], curve["val_loss"]) == ([1, 2, 3], [1.0, 0.7, 0.8])
    assert "Merged 6 rows into 3, one per epoch." in curve.notes


def test_a_count_that_evaluations_do_not_have_is_no_step():
    rows = []
    for e, t, v in zip(range(1, 15), TRAIN, VAL, strict=True):
        rows += [{"step": 50 * e, "loss": t, "epoch": e}, {"epoch": e, "val_loss": v}]
    text = "\n".join(map(json.dumps, rows))
    curve = curve_of(text)
    assert (curve.unit, curve["step"], curve["val_loss"]) == ("epoch", list(range(1, 15)), VAL)


def test_rows_in_another_order_are_sorted_and_a_restart_is_not():
    rows = [f"{e},{t},{v}" for e, t, v in zip(range(1, 15), TRAIN, VAL, strict=True)]
    by_loss = [rows[i] for i in np.argsort(VAL)]
    for order in (by_loss, rows[::-1], [*rows[7:], *rows[:7]]):
        log = read_log("\n".join(["epoch,train_loss,val_loss", *order]))
        assert (len(log.runs), log.curve()["step"], log.curve()["val_loss"]) == (1, list(range(1, 15)), VAL)
        assert "The rows do not stand in the order of 'epoch': they are sorted by it." in log.curve().notes
    log = read_log("\n".join(["epoch,train_loss,val_loss", *rows[:9], *rows[:7]]))
    assert [len(log.curve(run=run)["step"]) for run in (0, 1)] == [9, 7]


def test_a_last_row_without_a_step_is_a_summary():
    text = "".join(
        f"{{'loss': {t}, 'epoch': {e}.0}}\n{{'eval_loss': {v}, 'epoch': {e}.0}}\n"
        for e, t, v in zip(range(1, 4), TRAIN, VAL, strict=False)
    )
    curve = curve_of(text + "{'eval_loss': 9.9, 'eval_accuracy': 0.5}\n")
    assert (curve["val_loss"], curve["step"]) == (VAL[:3], [1, 2, 3])
    assert "Left out 1 of 7 rows, which have no step." in curve.notes


def test_losses_below_zero_are_read():
    assert curve_of("epoch,loss,val_loss\n1,-.1,-.2\n2,-.5,-.4")["val_loss"] == [-0.2, -0.4]


def test_more_rows_than_are_read_are_thinned_and_said(monkeypatch):
    assert reglab.logs.runs.MAX_ROWS == 100_000
    monkeypatch.setattr(reglab.logs.runs, "MAX_ROWS", 1_000)
    rows = [f"{i},{1 / (i + 1)},{'' if i % 10 else 1}" for i in range(1_500)]
    log = read_log("\n".join(["step,loss,val_loss", *rows]))
    assert np.isfinite(log.columns["val_loss"]).sum() == 150  # every evaluation
    assert 500 < len(log.columns["loss"]) <= 1_000
    assert any(re.fullmatch(r"Kept [\d,]+ of 1,500 rows, evenly: no more are read\.", note) for note in log.notes)


def test_more_columns_than_are_read_are_left_out_and_said():
    names = [f"metric_{i}" for i in range(150)]
    text = "\n".join(
        [",".join(["epoch", *names, "loss", "val_loss"])] + [",".join([str(i)] * 153) for i in range(1, 4)]
    )
    log = read_log(text)
    assert len(log.columns) == 100
    assert log.curve()["val_loss"] == [1, 2, 3]
    assert "Left out 53 of 153 columns, which are no losses." in log.notes


def test_roles_can_be_chosen():
    log = read_log("epoch,a,b,c\n1,1,4,7\n2,2,5,8")
    curve = log.curve(roles={"step": "epoch", "train_loss": "a", "val_loss": "c"})
    assert (curve["train_loss"], curve["val_loss"]) == ([1, 2], [7, 8])
    with pytest.raises(CurveError, match=r"^There is no column 'd' for the validation loss: "):
        log.curve(roles={"val_loss": "d"})


def test_roles_that_are_not_chosen_are_guessed_and_none_leaves_one_out():
    log = read_log("epoch,loss,val_loss,other\n1,1,4,7\n2,2,5,8")
    assert log.curve(roles={"val_loss": "other"}) == {"step": [1, 2], "train_loss": [1, 2], "val_loss": [7, 8]}
    assert log.curve(roles={"val_loss": "loss"}) == {"step": [1, 2], "val_loss": [1, 2]}  # one column, one role
    curve = log.curve(roles={"train_loss": None})
    assert curve == {"step": [1, 2], "val_loss": [4, 5]}
    assert "There is no training loss: how far the two are apart is not known." in curve.notes
    assert log.curve(roles={"step": None}).unit == "row"
    with pytest.raises(CurveError, match=r"^A role must be one of step, .*, got 'loss'\.$"):
        log.curve(roles={"loss": "loss"})


def test_the_runs_of_a_panel_are_offered():
    log = read_log(LOGS / "wandb_panel_two_runs.csv")
    assert [run.name for run in log.runs] == ["brisk-pond-1", "lilac-sky-2"]
    assert len(log.curve(run="brisk-pond-1", roles={"train_loss": None})["step"]) == 14
    assert len(log.curve(run=1, roles={"train_loss": None})["step"]) == 11


def test_a_column_of_one_value_is_left_out_of_a_guess():
    curve = curve_of("epoch,train_loss,val_loss,val_acc,train_acc\n1,.9,1,.5,\n2,.5,.7,.6,.7")
    assert list(curve) == ["step", "train_loss", "val_loss", "val_accuracy"]
    assert "Left out 'train_acc', which has fewer than 2 values." in curve.notes


def test_a_log_says_what_it_is_in_a_notebook():
    assert repr(read_log("epoch,loss,val_loss\n1,.9,1\n2,.5,.7\n1,.8,1.1\n2,.4,.9")) == (
        "<Log of 2 runs>\n"
        "  'run 1': 2 rows; step 'epoch', train_loss 'loss', val_loss 'val_loss'\n"
        "* 'run 2': 2 rows; step 'epoch', train_loss 'loss', val_loss 'val_loss'\n"
        "  curve: 2 rows, counted in epochs; step, train_loss, val_loss\n"
        "  - Read 2 rows: epoch from “epoch”, training loss from “loss”, validation loss from “val_loss”.\n"
        "  - The log holds 2 runs: 'run 2' is read; others are 'run 1'.\n"
        "  - Read as CSV, separated by commas."
    )
    assert "\n  no curve: No column is a validation loss by its name" in repr(read_log("epoch,a\n1,1\n2,2"))
    assert "\n  the first 3 are not shown\n" in repr(read_log("epoch,loss,val_loss\n" + "1,.9,1\n2,.5,.7\n" * 11))


def test_a_log_is_kept_as_it_was_in_a_cache():
    log = pickle.loads(pickle.dumps(read_log(written("tables"))))
    assert log.curve()["val_loss"] == VAL


def test_the_package_offers_it():
    assert (reglab.read_log, reglab.Log, reglab.Curve) == (read_log, Log, Curve)


# --- what stands around a run in its log ---

BAR = "1563/1563 [==============================] - 8s 5ms/step - "
BELOW = "Left out an evaluation on rows of its own"


def keras(line, first=1, last=14):
    """Return the run as Keras prints it, an epoch on a line of its own above a line of both splits."""
    return "".join(
        f"Epoch {first + at}/{last}\n{line}loss: {t} - accuracy: {a} - val_loss: {v} - val_accuracy: {w}\n"
        for at, (t, a, v, w) in enumerate(zip(TRAIN, TRAIN_ACCURACY, VAL, VAL_ACCURACY, strict=True))
    )


@pytest.mark.parametrize(
    ("line", "evaluation"),
    [
        (BAR, "313/313 [==============================] - 1s 3ms/step - loss: 4.4539 - accuracy: 0.3071\n"),
        (
            BAR,
            "  1/313 [..............................] - ETA: 9s - loss: 4.1 - accuracy: 0.3\n" + BAR + "loss: 4.4539",
        ),
        ("1563/1563 ━━━━━━━━━━━━━━━━━━━━ 8s 5ms/step - ", "313/313 ━━━━━━━━━━━━━━━━━━━━ 1s 3ms/step - loss: 4.4539\n"),
        (" - 383s - ", "32/32 - 1s - loss: 0.9000 - accuracy: 0.6100\n"),
        ("1563/1563 - 8s - ", "313/313 - 1s - loss: 0.9000 - accuracy: 0.6100 - 812ms/epoch - 3ms/step\n"),
    ],
)
def test_an_evaluation_after_the_fit_is_no_training_loss(line, evaluation):
    curve = curve_of(keras(line) + evaluation)
    assert {role: curve[role] for role in ALL} == RUN
    assert any(note.startswith(BELOW) for note in curve.notes)
    assert not any(note.startswith(BELOW) for note in curve_of(keras(line)).notes)
    between = curve_of(keras(line).replace("Epoch 7/", evaluation + "Epoch 7/"))  # a callback that evaluates
    assert {role: between[role] for role in ALL} == RUN


def test_batches_between_evaluations_are_meant():
    head = "epoch,step,train_loss,val_loss\n"
    rows = ""
    for at, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)):
        batches = ((9, t - 0.05), (50, t), (90, t + 0.05))
        rows += "".join(f"{at},{100 * at + place},{loss},\n" for place, loss in batches)
        rows += f"{at},{100 * at + 99},,{v}\n"
    curve = curve_of(head + rows + "14,1450,9,\n")  # what is behind the last evaluation is no part of it
    assert curve["train_loss"] == pytest.approx(TRAIN)
    assert any(
        "at 14 of 14 the mean of those since the one before is read, of up to 3." in note for note in curve.notes
    )
    assert not any("interpolated" in note for note in curve.notes)
    meant = curve_of(
        re.sub(r"(?m)^\d+,\d*[59]0,.*\n", "", head + rows)
    )  # a single batch each: nothing to take a mean of
    assert any("interpolated at 14 of 14" in note for note in meant.notes)
    same = curve_of(re.sub(r"(?m)(99),,", r"\g<1>,0.5,", head + rows))  # measured where the validation loss is
    assert same["train_loss"] == [0.5] * 14
    epochs = curve_of("epoch,loss,val_loss\n1,4,\n2,3,3\n3,2,\n4,1,2\n")  # of an epoch, not of a batch
    assert epochs["train_loss"] == [3, 1]


def trainer_state(every):
    """A trainer_state.json of 500 steps, evaluated every 50, with a training loss every so many."""
    rows = []
    for step in range(50, 550, 50):
        rows += [{"loss": round(2 * 0.99**step, 4), "step": step}] * (step % every == 0)
        rows.append({"eval_loss": 0.8 + abs(step - 200) / 800, "step": step})
    rows.append({"step": 500, "train_loss": 0.6, "train_runtime": 33.0})
    return json.dumps({"global_step": 500, "train_batch_size": 8, "log_history": rows})


def test_a_trainer_that_logged_few_training_losses_is_read_with_what_is_not_known_or_refused():
    log = read_log(trainer_state(200))
    curve = log.curve()
    assert curve["train_loss"][:4] == [0.268] * 4
    assert curve["train_loss"][-3:] == [0.0359] * 3
    said = "at 3 before its first value that one and at 2 after its last value that one is taken."
    assert f"The training loss is not known everywhere: {said}" in curve.notes
    assert not any("not known everywhere" in note for note in read_log(trainer_state(50)).curve().notes)
    with pytest.raises(CurveError, match=r"training loss \('loss'\) was logged at one step alone: .* logging_steps"):
        read_log(trainer_state(500)).curve()


@pytest.mark.parametrize(
    ("head", "facts"),
    [
        ("Train on 2086 samples, validate on 2084 samples\n", {"n_train": 2086, "n_val": 2084}),
        ("Training samples: 1309\nValidation samples: 327\n", {"n_train": 1309, "n_val": 327}),
        ("Namespace(batch_size=64, lr=0.1, epochs=14)\n", {"batch_size": 64, "learning_rate": 0.1}),
        (
            "***** Running training *****\n  Num examples = 25,000\n  Instantaneous batch size per device = 8\n"
            "  Total train batch size (w. parallel, distributed & accumulation) = 16\n",
            {"n_train": 25000, "batch_size": 16},
        ),
        ("lr: 1.0e-03\nlr: 1.0e-04\n", {"learning_rate": 1e-3}),
        ("batch_size=32\nbatch_size=64\n", {}),  # which of them is not known
        ("batch size: 3.5, train_samples: 25%, val_samples: 3/50, training samples: 0, lr: 0, batch_size_x: 3\n", {}),
        ("train_samples_per_second: 45\n", {}),
        (
            "optimizer: AdamW(lr=0.0007, momentum=0.9)\nnum_classes: 10\nlabel_smoothing=0.1\n",
            {"optimizer": "adamw", "n_classes": 10, "label_smoothing": 0.1, "learning_rate": 0.0007},
        ),
        (
            "optim=OptimizerNames.ADAMW_TORCH, weight_decay=1e-2, num_labels=1\n(d): Dropout(p=0.5, inplace=False)\n",
            {"optimizer": "adamw", "dropout": 0.5, "weight_decay": 0.01},
        ),
        ("'dropout': 0.2, attention_dropout=0.1, optimizer='sgd'\n", {"dropout": 0.2, "optimizer": "sgd"}),
        ("dropout=0.1\ndropout=0.2\nweight_decay=0\nwd: 5\noptimizer: adam\noptimizer: sgd\noptimizer=rmsprop\n", {}),
    ],
)
def test_what_a_log_says_of_its_run(head, facts):
    log = read_log(head + keras(" - 1s - "))
    assert log.facts == facts
    assert len([note for note in log.notes if note.startswith("The log says the ")]) == len(facts)
    assert log.curve()["val_loss"] == VAL


def test_a_learning_rate_is_the_largest_of_its_column():
    rows = "".join(f"{at},{t},{v},{0.01 / (1 + at // 5):g}\n" for at, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)))
    log = read_log("epoch,loss,val_loss,lr\n" + rows)
    assert log.facts == {"learning_rate": 0.01}
    assert log.notes[-1] == "The log says the learning rate, 0.01: “column 'lr', its largest value”."
    two = keras(" - 1s - lr: 0.1 - ") + keras(" - 1s - lr: 0.2 - ")
    assert read_log(two).facts == {}  # of two runs
    assert read_log((LOGS / "hf_trainer_state.json").read_bytes()).facts["learning_rate"] == pytest.approx(
        4.8214e-5, rel=1e-4
    )


def with_nan(**at):
    """Return the run as Keras prints it, with NaN in rows of its losses."""
    lines = keras(BAR).split("\n")
    for role, rows in at.items():
        for row in rows:
            lines[2 * row + 1] = re.sub(rf"- {role}: \S+", f"- {role}: nan", lines[2 * row + 1])
    return "\n".join(lines)


def test_a_loss_that_is_finite_again_did_not_diverge():
    curve = curve_of(with_nan(loss=[5]))
    assert np.isnan(curve["train_loss"]).nonzero()[0].tolist() == [5]
    assert curve["val_loss"] == VAL
    assert "The training loss is not finite at epoch 6 alone: a numerical fault, and the run went on." in curve.notes
    assert not any("interpolated" in note or "diverged" in note for note in curve.notes)
    whole = reglab.diagnose(Curve({**RUN, "step": range(1, 15)}, unit="epoch"), n_classes=10, n_val=2000)
    assert reglab.diagnose(curve, n_classes=10, n_val=2000).name == whole.name
    held_out = curve_of(with_nan(val_loss=[5]))
    assert np.isnan(held_out["val_loss"]).nonzero()[0].tolist() == [5]
    assert any("validation loss is not finite at epoch 6 alone" in note for note in held_out.notes)
    assert len(curve_of(with_nan(val_loss=[1, 3, 5, 7]))["step"]) == 10  # as often as not, NaN says not evaluated


def test_a_run_that_ends_in_nan_diverged_whatever_was_before():
    for at, first in (
        ({"loss": [12, 13]}, 13),
        ({"loss": [5, 12, 13]}, 13),
        ({"loss": [13]}, 14),
        ({"val_loss": [13]}, 14),
    ):
        curve = curve_of(with_nan(**at))
        assert f"A loss is not finite from epoch {first} on: the run diverged there." in curve.notes
        assert reglab.diagnose(curve, n_classes=10).name == "diverging"
    both = curve_of(with_nan(loss=[5, 13], val_loss=[13]))
    assert reglab.diagnose(both, n_classes=10).name == "diverging"


def test_one_loss_that_is_not_finite_in_the_last_row_is_a_fault_where_another_was():
    curve = curve_of(with_nan(loss=[5], val_loss=[13]))
    assert (curve["step"][-1], curve["val_loss"]) == (13, VAL[:-1])
    assert any("not finite at epoch 14, the last, where the training loss is" in note for note in curve.notes)
    assert not any("diverged" in note for note in curve.notes)


def test_an_evaluation_one_step_after_the_last_is_left_out():
    head = "epoch,step,train_loss,val_loss,test_loss\n"
    rows = "".join(
        f"{at},{100 * at + 90},{t},,\n{at},{100 * at + 99},,{v},\n"
        for at, (t, v) in enumerate(zip(TRAIN, VAL, strict=True))
    )
    curve = curve_of(head + rows + "14,1400,,0.0142,\n14,1400,,,0.0322\n")
    assert curve["val_loss"] == VAL
    assert any(
        note.startswith("Left out the evaluation at step 1400, one step after that at 1399") for note in curve.notes
    )
    assert curve_of(head + rows + "14,1400,0.05,1.3,\n")["val_loss"] == [*VAL, 1.3]  # trained there
    assert curve_of(head + rows + "14,1409,,1.3,\n")["val_loss"] == [*VAL, 1.3]
    each = "".join(f"0,{at},{t},{v},\n" for at, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)))
    assert curve_of(head + each + "0,14,,1.3,\n")["val_loss"] == [*VAL, 1.3]


@pytest.mark.parametrize(("apart", "rows"), [(9, 14), (10, 13), (10, 3)])
def test_an_evaluation_after_the_fit_stands_behind_three_that_lie_ten_steps_apart(apart, rows):
    text = "".join(f"{apart * at - 1},{TRAIN[at - 1]},{VAL[at - 1]}\n" for at in range(1, rows + 1))
    curve = curve_of("step,train_loss,val_loss\n" + text + f"{apart * rows},,0.5\n")
    assert len(curve["step"]) == (rows if apart == 10 else rows + 1)


def test_an_evaluation_is_told_from_epochs_by_its_batches_where_no_epoch_is_said():
    lines = keras(BAR).split("\n")[1::2]
    assert (
        curve_of("\n".join([*lines, "313/313 [==============================] - 1s - loss: 9.0"]))["train_loss"]
        == TRAIN
    )


@pytest.mark.parametrize(
    "line", ["1562/1562 [==============================] - 477s - ", "1562/1562 - 47s - ", " - 47s - "]
)
def test_a_log_that_begins_in_mid_run_counts_by_its_epochs(line):
    text = keras(line, 129, 200).split("\n", 1)[1]
    curve = curve_of(text)
    assert (curve.unit, curve["step"], curve["val_loss"]) == ("epoch", list(range(129, 143)), VAL)
    assert curve_of(text + "Epoch 143/200\n")["step"] == curve["step"]  # it ends within an epoch, too
    assert curve_of("1000/1562 [=====>.....] - ETA: 9s - loss: 9 - accuracy: 0.1\n" + text)["train_loss"] == TRAIN


# --- nothing is run, and nothing but a sentence is raised ---


def test_nothing_is_executed():
    for text in (
        "{'loss': [__import__('os').getpid(), 2], 'val_loss': [1, 2]}",
        "{'loss': [exit(), 2], 'val_loss': [1, 2]}",
    ):
        try:
            curve = curve_of(text)
        except CurveError:
            continue
        assert len(curve["step"]) == 2
    assert next(iter(literal.documents("{'a': print('run')}")))[1] == {"a": "run"}  # the text, not what it would do


@pytest.mark.parametrize("seed", range(4))
def test_mutated_logs_give_a_log_or_one_sentence_each_within_a_second(seed):
    read_well = 0
    for number, (name, source) in enumerate(mutants(seed, 100)):
        outcome, seconds = attempt(source, name)
        assert seconds < 1, (seed, number, name)
        if isinstance(outcome, str):
            assert re.fullmatch(r"\S.*\.", outcome), (seed, number, name, outcome)  # one line, a sentence
            continue
        read_well += 1
        assert (np.diff(outcome["step"]) > 0).all(), (seed, number, name)
        assert len({len(column) for column in outcome.values()}) == 1
    assert read_well > 30


def test_readers_take_any_text():
    for reader in read.READERS.values():
        for text in ("", "\n", "{", "[[", "1,2\n3", "loss:", "epoch 1", "|", "||\n|-|", "{'a': [", "\x00"):
            try:
                runs = reader(Piece(text=text))
            except CurveError:
                continue
            assert isinstance(runs, list)


def test_lines_whose_times_fall_are_turned_round():
    rows = [
        f"2024-03-01 12:{at:02d}:07 train loss={t} val loss={v}"
        for at, (t, v) in enumerate(zip(TRAIN, VAL, strict=True))
    ]
    newest, oldest = curve_of("\n".join(reversed(rows))), curve_of("\n".join(rows))
    assert newest["val_loss"] == oldest["val_loss"] == VAL
    assert "The lines are turned round, since their times fall." in newest.notes
    assert not any("turned" in note for note in oldest.notes)


def test_a_table_with_its_losses_in_rows_is_turned():
    rows = [["epoch", *range(1, 1 + len(VAL))], ["train_loss", *TRAIN], ["val_loss", *VAL]]
    curve = curve_of("\n".join(",".join(map(str, row)) for row in rows))
    assert (curve["step"][-1], curve["train_loss"], curve["val_loss"], curve.unit) == (len(VAL), TRAIN, VAL, "epoch")
    assert "The table is turned: each of its rows is a column that its first value names." in curve.notes


def test_a_bound_that_is_to_rise_is_no_loss():
    with pytest.raises(
        CurveError, match=r"^'train_elbo' is a score \(lower bound, which is to rise\), which is no loss"
    ):
        curve_of("epoch,train_elbo,val_elbo\n1,-171,-170\n2,-80,-150\n3,-3,-168")


def test_lines_of_a_table_that_cannot_be_read_are_named_with_column_and_cell():
    rows = ["epoch,loss,val_loss", "1,2,2.1", f"2,oops,{'?' * 99}", "3,1,1.5", "xx,yy,zz", "4,0.9,1.4", "5,0.8,1.5"]
    notes = read_log("\n".join(rows)).curve().notes
    assert (
        f"Left out line 3, where no number is: 'oops' in column 'loss' and {'?' * 40!r} in column 'val_loss'." in notes
    )
    assert "Left out line 5, where no number is: 'xx' in column 'epoch' and 'yy' in column 'loss'." in notes
    assert not any("of the text" in note for note in notes)
    many = [*rows, *["a,b,c"] * 5, "a note"]
    notes = read_log("\n".join(many)).curve().notes
    assert "Left out 4 more lines that are no numbers." in notes
    assert "Left out 1 other line of the text." in notes


def test_a_header_that_stands_again_is_no_line_that_cannot_be_read():
    rows = ["epoch,loss,val_loss", "1,2,2.1", "2,1,1.5"]
    for again in (rows, ["step,train_loss,val_loss", "1,2,2.1", "2,1,1.6"]):
        log = read_log("\n".join([*rows, *again]))
        assert not any("no number" in note for run in log.runs for note in run.notes)
