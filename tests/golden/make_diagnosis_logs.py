"""Make diagnosis_logs.json: curves of real runs under known conditions, each with the diagnoses that are right for it.

The first of a log's labels is its class; the others are as good. They were given for the condition and by looking at
the curves, not by the rules. Run: python tests/golden/make_diagnosis_logs.py
"""

import dataclasses
import json
import platform
from pathlib import Path

import numpy as np

import reglab
from reglab import Settings, Training, datasets, fit
from reglab.streams import generator

DIVERGING, UNDERFIT, NOISY, GOOD = "diverging", "underfit", "too noisy", "good"
BELOW, LIMITED = "validation below train", "compute-limited"
MILD, STRONG, SEVERE = "mild overfit", "strong overfit", "severe overfit"


def log(
    labels, name, n_train, n_val=400, *, steps=1200, wrong=0.0, optimizer="adamw", hidden=(64, 64), mode="clean", **s
):
    return {
        "labels": labels,
        "dataset": name,
        "n_train": n_train,
        "n_val": n_val,
        "wrong_labels": wrong,
        "train_loss": mode,  # clean, or the objective in training mode
        "training": Training(max_steps=steps, optimizer=optimizer, hidden_sizes=hidden, eval_steps=24),
        "settings": Settings(**s),
    }


LOGS = [
    # the learning rate is too high
    log([DIVERGING], "digits", 200, 100, steps=200, optimizer="sgd", learning_rate=10.0),
    log([DIVERGING, UNDERFIT], "mnist1d", 300, 300, steps=300, learning_rate=0.3),
    log([DIVERGING], "digits", 100, 100, steps=150, learning_rate=0.3),
    log([DIVERGING], "diabetes", 100, 100, steps=200, optimizer="sgd", learning_rate=1.0),
    log([DIVERGING], "breast_cancer", 50, 100, steps=100, learning_rate=1.0),
    # too short, too slow, too small, or regularized to death
    log([UNDERFIT, LIMITED], "digits", 400, 300, steps=12),
    log([UNDERFIT], "glyphs", 300, 300, steps=600, learning_rate=1e-6),
    log([UNDERFIT], "digits", 400, 300, steps=600, weight_decay=100.0),
    log([UNDERFIT], "mnist1d", 1000, steps=600, dropout=0.9),
    log([UNDERFIT], "spirals", 400, hidden=()),
    log([UNDERFIT], "spirals", 400, steps=800, input_noise=4.0),
    # a handful of validation rows
    log([NOISY], "wine", 60, 6, steps=300),
    log([NOISY], "moons", 200, 8, steps=800),
    log([NOISY], "circles", 200, 10, steps=800),
    log([NOISY], "breast_cancer", 200, 12, steps=200),
    log([NOISY], "spirals", 400, 8),
    log([NOISY], "glyphs", 1000, 10, steps=800),
    # well regularized, enough rows
    log([GOOD, MILD], "breast_cancer", 250, 150, steps=600, weight_decay=3.0, input_noise=0.3),
    log([GOOD, MILD], "digits", 800, weight_decay=0.3, augment=0.5),
    log([GOOD, MILD], "moons", 600, weight_decay=1.0, input_noise=0.15),
    log([GOOD, MILD], "spirals", 600, steps=3000, input_noise=0.15),
    log([GOOD], "circles", 600, weight_decay=1.0, input_noise=0.15),
    # the training loss was taken in training mode
    log([BELOW], "digits", 400, mode="objective", dropout=0.6),
    log([BELOW], "breast_cancer", 200, 200, steps=600, mode="objective", dropout=0.7),
    log([BELOW], "glyphs", 1000, mode="objective", mixup_alpha=1.0),
    log([BELOW], "digits", 400, mode="objective", label_smoothing=0.2),
    log([BELOW], "glyphs", 1000, mode="objective", augment=1.0, dropout=0.5),
    # stopped while it was still getting better
    log([LIMITED], "mnist1d", 2000, steps=500),
    log([LIMITED], "mnist1d", 2500, steps=800),
    log([LIMITED], "spirals", 150, steps=500),
    log([LIMITED, MILD], "digits", 800, steps=200),
    log([LIMITED, GOOD, MILD], "spirals", 500),
    log([LIMITED, MILD], "glyphs", 1500, steps=200),
    # a gap that costs little
    log([MILD], "digits", 400),
    log([MILD, GOOD], "digits", 800),
    log([MILD, GOOD], "glyphs", 1000),
    log([MILD, STRONG], "digits", 200),
    log([MILD, GOOD], "moons", 500, steps=600),
    log([MILD, GOOD], "circles", 500, steps=800),
    # a gap that costs much
    log([STRONG], "moons", 200),
    log([STRONG], "circles", 200),
    log([STRONG], "glyphs", 300, 300, steps=800),
    log([STRONG, SEVERE], "diabetes", 200, 100),
    log([STRONG, SEVERE], "diabetes", 100, 100),
    log([STRONG], "digits", 50),
    log([STRONG], "digits", 100),
    log([STRONG], "breast_cancer", 50, 200),
    log([STRONG], "moons", 50, 300, dropout=0.3),
    # learnt by heart
    log([SEVERE], "mnist1d", 300, 300),
    log([SEVERE], "mnist1d", 100, 300, steps=800),
    log([SEVERE, STRONG], "glyphs", 100, 300, steps=800),  # training .00, validation flat and high
    log([SEVERE, STRONG], "glyphs", 150, 300, steps=800),
    log([SEVERE, STRONG], "digits", 200, wrong=0.2),
    log([SEVERE], "breast_cancer", 100, 200, wrong=0.2),
    log([SEVERE], "moons", 100, wrong=0.3),
]


def data_of(entry):
    data = datasets.load(entry["dataset"])
    if not entry["wrong_labels"]:
        return data
    rng = generator(0, f"wrong labels {data.name}")
    other = (data.y + rng.integers(1, data.n_classes, len(data.y))) % data.n_classes
    return dataclasses.replace(data, y=np.where(rng.random(len(data.y)) < entry["wrong_labels"], other, data.y))


def rounded(values):
    return [float(f"{v:.3g}") for v in values]


def run_of(entry):
    data = data_of(entry)
    run = fit(data, entry["settings"], entry["training"], n_train=entry["n_train"], n_val=entry["n_val"], seeds=1)
    alive = np.isfinite(run.val_loss[0, 0]) & np.isfinite(run.train_loss[0, 0])
    train = run.train_loss if entry["train_loss"] == "clean" else run.train_objective
    curve = {"step": run.steps[alive].tolist(), "train_loss": rounded(train[0, 0, alive])}
    curve["val_loss"] = rounded(run.val_loss[0, 0, alive])
    if run.diverged.any():  # as a log shows it
        curve["step"].append(int(run.steps[~alive][0]))
        curve["train_loss"].append(None)
        curve["val_loss"].append(None)
    options = {name: value for name, value in vars(entry["settings"]).items() if value != getattr(Settings(), name)}
    steps = entry["training"].max_steps
    names = ("labels", "dataset", "n_train", "n_val", "wrong_labels", "train_loss")
    known = {name: entry[name] for name in names}
    return {**known, "n_classes": data.n_classes, "max_steps": steps, "settings": options, "curve": curve}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "numpy": np.__version__, "reglab": reglab.__version__}
    lines = [json.dumps(run_of(entry)) for entry in LOGS]
    text = '{"versions": ' + json.dumps(versions) + ', "logs": [\n' + ",\n".join(lines) + "\n]}\n"
    Path(__file__).with_name("diagnosis_logs.json").write_text(text, "utf-8")
