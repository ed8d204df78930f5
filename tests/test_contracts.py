"""What every public function does with an argument that makes no sense: one sentence with its name, at once.

The functions are found by walking the library. Each has an example of right arguments here, and every argument in turn
is replaced by every odd value. A call may return, and then nothing may be wrong with what it returns, or raise a
ValueError or TypeError that names the argument. None may take a second, or a few hundred megabytes: all calls are made
in a process with a limit on its memory, and a clock for each call. What it finds in some of them is shown by
``PYTHONPATH=. python tests/test_contracts.py l1 mixup.blend``.
"""

import dataclasses
import datetime
import decimal
import functools
import importlib
import inspect
import io
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import reglab
from reglab import experiments, image_operations, policy_search, text_experiments, text_task
from reglab.datasets import load
from reglab.early_stopping import EarlyStopping, Stop
from reglab.experiments import all_techniques, own_data
from reglab.experiments.invariance import label_safety
from reglab.logs import Curve, CurveError
from reglab.overfitting import Polynomial
from reglab.reporting import Monitor
from reglab.settings import Settings, Training

ROOT = Path(__file__).parent.parent
SECONDS = 1.0  # of processor time, for one call
MEGABYTES = 200  # for any call, above what the examples need

# The engine: called at every step, or with what a public function has checked. And programs, run by name.
ENGINE = {"bundled", "checks", "summary", "homotopy", "mistakes", "on_demand", "streams"}
ROOMS = {"evaluate", "join", "load", "run", "sweep", "train"}  # of the engine, with functions for a person
PROGRAMS = {"__main__", "benchmark", "command"}
WHOLE = {"experiments", "strategy", "export"}  # folders whose functions a person finds in the folder itself
OFFERING = {"logs", "own_data", "reporting"}  # folders of which only what they offer is for a person
INNER = {
    "image_operations.check_names",  # a check, which errors call by the name of what it checks
    "evaluate.Evaluation",
    "run.empty_run",
    "run.labels_of",
    "train.Block",
}
# What the library makes, and a person only reads.
MADE = {
    "dropout_in_practice.Thinned",
    "early_stopping.ReferenceCurves",
    "early_stopping.Stop",
    "early_stopping.StoppingCosts",
    "experiments.Adaptation",
    "experiments.Baselines",
    "experiments.LearnedBoundary",
    "experiments.Calibration",
    "experiments.Clusters",
    "experiments.Descents",
    "experiments.FivePasses",
    "experiments.LinearPath",
    "experiments.Memorization",
    "experiments.Mixtures",
    "experiments.Optimism",
    "experiments.Outcome",
    "experiments.Parting",
    "experiments.PassSpread",
    "experiments.Passes",
    "experiments.PlaneMap",
    "experiments.Ridge",
    "experiments.SideBySide",
    "experiments.SineFits",
    "experiments.SoftValidation",
    "experiments.Stability",
    "experiments.Trial",
    "experiments.StoppingCurves",
    "experiments.Turned",
    "experiments.Uncertainty",
    "experiments.Units",
    "experiments.Weights",
    "experiments.Width",
    "experiments.Zeros",
    "gradient_clipping.Valley",
    "guidelines.Check",
    "guidelines.Preset",
    "guidelines.PresetRow",
    "image_operations.Draws",
    "invariance.LabelSafety",
    "l2.Geometry",
    "label_smoothing.Projection",
    "label_smoothing.Reliability",
    "logs.CurveError",
    "logs.Log",
    "logs.Run",
    "overfitting.BiasVariance",
    "overfitting.Choices",
    "overfitting.ErrorByDegree",
    "overfitting.ErrorCurve",
    "policy_search.Search",
    "run.Run",
    "stochastic_depth.Passes",
    "strategy.Advice",
    "strategy.Change",
    "strategy.Diagnosis",
    "strategy.Fitted",
    "strategy.Reason",
    "strategy.Recipe",
    "text_experiments.TextRun",
    "text_experiments.Variants",
    "text_task.TextTask",
    "time_saved.TimeSaved",
    "translation.Translator",
}
# Arguments that may hold NaN and infinity, such as the weights of a network that diverged; and what says so by NaN.
NOT_FINITE = {
    "dropout.dropout": {"x"},
    "dropout.classic": {"x"},
    "dropout.variance": {"h"},
    "dropout.co_adaptation": {"h"},
    "logs.done": {"step"},
    "dropout.correlations": {"h"},
    "early_stopping.EarlyStopping.update": {"loss"},
    "early_stopping.best_so_far": {"losses"},
    "early_stopping.patience_stop": {"losses"},
    "early_stopping.exponential_smoothing": {"losses"},
    "early_stopping.generalization_loss": {"losses"},
    "early_stopping.training_progress": {"train_losses", "strip"},
    "early_stopping.gl_stop": {"losses"},
    "early_stopping.pq_stop": {"losses", "train_losses"},
    "early_stopping.up_stop": {"losses"},
    "early_stopping.regret": {"truth", "returned"},
    "early_stopping.stopping_costs": {"losses", "truth"},
    "experiments.at_returned": {"measure"},
    "gradient_clipping.clip_norm": {"gradient"},
    "gradient_clipping.clip_value": {"gradient"},
    "gradient_clipping.clip_by_global_norm": {"arrays"},
    "gradient_clipping.clip_by_value": {"arrays"},
    "gradient_clipping.clip_each_norm": {"arrays"},
    "gradient_clipping.global_norm": {"arrays"},
    "experiments.best_stable": {"losses"},
    "image_augmentation.add_noise": {"x"},
    "image_augmentation.augment": {"x"},
    "l1.penalty": {"w"},
    "l1.subgradient": {"w"},
    "l1.soft_threshold": {"w"},
    "l1.clip_at_zero": {"w", "before"},
    "l2.penalty": {"w"},
    "l2.gradient": {"w"},
    "l2.shrink": {"w"},
    "l2.half_life": {"learning_rate", "weight_decay"},
    "label_smoothing.apply_temperature": {"probabilities"},
    "label_smoothing.temperature": {"probabilities"},
    "mixup.blend": {"a", "b"},
    "mixup.mixup": {"x", "y"},
    "mixup.cutmix": {"x", "y"},
    "mixup.paste": {"x", "x_partner"},
    "overfitting.verdict": {"train_error", "validation_error"},
    "stochastic_depth.drop_path": {"x"},
    "guidelines.check_guidelines": {"train_loss", "val_loss"},
    "reporting.Monitor.log": {"train_loss", "val_loss", "train_accuracy", "val_accuracy"},
    "strategy.recommend": {"train_loss", "val_loss", "n_train", "learning_rate"},
    "stochastic_depth.stack_gradients": {"x", "targets", "weights"},
    "translation.share_known": {"sentences"},
    "translation.share_returned": {"sentences"},
}
ANYTHING = {"overfitting.shuffle_labels": {"y"}, "image_augmentation.augment_batch": {"labels"}}  # labels of any kind
# Two arguments that are right by themselves and do not fit each other, where the error names the other one.
MISFITS = {
    "dropout_in_practice.active_units": {"layer_sizes": "rates"},
    "dropout_in_practice.active_weights": {"layer_sizes": "active"},
    "dropout_in_practice.check_layers": {"layer_sizes": "rates"},
    "dropout_in_practice.expected_active": {"layer_sizes": "rates"},
    "dropout_in_practice.masks": {"layer_sizes": "rates"},
    "dropout_in_practice.thinned": {"layer_sizes": "rates"},
    "early_stopping.regret": {"truth": "returned"},
    "early_stopping.stopping_costs": {"truth": "losses"},
    "experiments.at_returned": {"measure": "returned"},
    "label_smoothing.project_on_class_plane": {"features": "classes"},
    "guidelines.check_guidelines": {"n_classes": "class_shares"},
    "strategy.diagnose": {"n_classes": "class_shares"},
    "strategy.recommend": {"n_classes": "class_shares"},
}


class Rng:
    """Stands for a new random generator at every call."""


RNG = Rng()
T = Training(hidden_sizes=(4,), max_steps=2, eval_steps=1)
S = Settings()


def packed_images():
    content = io.BytesIO()
    np.savez(content, x=np.arange(8 * 36).reshape(8, 6, 6) % 255, y=np.arange(8) % 2)
    return content.getvalue()


def examples(folder):
    """Return right arguments of every public function, by its module and name; files of theirs go to a folder."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 2)), rng.normal(size=8)
    images, rows = rng.random((3, 4, 4, 1)), rng.random((3, 16))
    draws = image_operations.draw((3, 4, 4, 1), np.random.default_rng(0))
    p, labels = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], [0, 1, 1]
    losses = [1.0, 0.5, 0.6, 0.7]
    small = {"training": T, "n_train": 10, "seeds": 1}
    bundled = {"dataset": "wine", "seed": 0, "progress": None}
    own_data.STEPS = (2, 2)  # in the process of these calls
    run = reglab.fit("digits", Settings(dropout=0.2), T, n_train=20, seeds=1)
    dropped = reglab.fit("moons", Settings(dropout=0.5), T, n_train=20, seeds=1)
    normed = reglab.fit("wine", S, dataclasses.replace(T, batch_norm=True), n_train=20, seeds=1)
    planar = reglab.fit("moons", S, T, n_train=20, seeds=1)
    seen = experiments.learned_boundary("moons", S, T, n_train=20, seeds=1, side=3)
    regression = reglab.fit("diabetes", Settings(dropout=0.5), T, n_train=20, seeds=1)
    stops = experiments.stopping_curves("moons", [0.0], [10], training=T, seeds=1)
    sine = experiments.sine_fits([1, 4], 5, 0.3, 1)
    moons, task = load("moons"), text_task.load_text("opinions")
    made = {field.name: getattr(moons, field.name) for field in dataclasses.fields(moons)}
    saved = Path(folder, "run.npz")
    parts = [reglab.fit(moons, S, T, n_train=10, n_val=10, seeds=[seed]) for seed in range(2)]
    run.save(saved)
    log = {"step": np.arange(1.0, 5), "train_loss": np.array(losses), "val_loss": np.array(losses)}
    advice = reglab.recommend(200, 0.6, 0.7, n_classes=3, curve=log)
    pixels = {"images": images, "strength": 0.5, "draws": draws}
    text = {"text": "a small pie", "strength": 0.5, "rng": RNG, "protect": ("name",), "synonyms": {"pie": ["tart"]}}
    mixed = {"x": rows, "y": np.eye(3), "alpha": 1.0, "rng": RNG}
    blocks = {"drop_path_rate": 0.5, "blocks": 3, "schedule": "linear"}
    layers = (4, 3, 2)
    safety = label_safety(run, 0.3, ["noise"])
    policies = [policy_search.Policy((("noise", 0.5),))]
    return {
        "combinations": {
            "turned_on": {"settings": S},
            "leave_one_out": {"settings": Settings(l2=0.1)},
            "ablation": {"dataset": "moons", "settings": Settings(l2=0.1), **small, "n_val": 10, "progress": None},
            "interaction": {
                "dataset": "moons",
                "first": "l2",
                "second": "l1",
                "base": S,
                **small,
                "n_val": 10,
                "progress": None,
            },
        },
        "logs": {
            "Curve": {
                "columns": log,
                "unit": "epoch",
                "certain": False,
                "counted_from": 0,
                "measure": "loss",
                "notes": ("read",),
            },
            "done": {"step": [0, 1, 2], "unit": "epoch", "counted_from": 0},
            "curve_from": {"columns": log, "roles": {name: name for name in log}, "required": ("val_loss",)},
            "read_log": {"source": "epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.7\n3,0.3,0.8", "name": "log.csv"},
        },
        "datasets": {
            "load": {"name": "moons"},
            "as_dataset": {"dataset": "moons"},
            "Dataset": made,
            "Dataset.from_arrays": {
                "x": np.arange(24.0).reshape(12, 2) % 7,
                "y": np.arange(12) % 2,
                "x_test": np.arange(4.0).reshape(2, 2),
                "y_test": np.arange(2),
                "task": "classification",
                "kind": "points",
                "test_share": 0.25,
                "groups": np.arange(12) % 4,
                "seed": 0,
                "n_classes": 2,
                "feature_names": ("a", "b"),
                "class_names": ("no", "yes"),
                "target_name": "",
                "name": "own",
                "title": "My own",
            },
            "Dataset.from_images": {
                "source": packed_images(),
                "size": 4,
                "decode": None,
                "groups": np.arange(8) % 4,
                "test_share": 0.25,
                "seed": 0,
                "name": "own",
                "title": "My own",
            },
            "Dataset.from_table": {
                "source": {"a": [7, 1, 5, 2, 6, 3] * 2, "b": list("uvw") * 4, "g": list("ppqqrr") * 2, "y": [0, 1] * 6},
                "target": "y",
                "task": "classification",
                "test_share": 0.25,
                "groups": "g",
                "drop": ("b",),
                "seed": 0,
                "name": "own",
                "title": "My own",
            },
        },
        "dropout": {
            "mask": {"shape": (4, 3), "rate": 0.5, "rng": RNG},
            "dropout": {"x": rows, "rate": 0.5, "rng": RNG},
            "classic": {"x": rows, "rate": 0.5, "rng": RNG},
            "variance": {"h": [1.0, 2.0], "rate": 0.5},
            "co_adaptation": {"h": X},
            "correlations": {"h": X},
            "reference": {"rate": 0.5},
        },
        "dropout_in_practice": {
            "masks": {"layer_sizes": layers, "rates": (0.2, 0.5, 0.0), "rng": RNG},
            "active_units": {"layer_sizes": layers, "rates": (0.2, 0.5, 0.0), "rng": RNG, "passes": 3},
            "thinned": {"layer_sizes": layers, "rates": (0.2, 0.5, 0.0), "rng": RNG, "passes": 3, "drawn": 1},
            "expected_active": {"layer_sizes": layers, "rates": (0.2, 0.5, 0.0)},
            "active_weights": {"layer_sizes": layers, "active": layers},
            "uniform": {"layer_sizes": layers, "rate": 0.5},
            "input_and_hidden": {"layer_sizes": layers, "input_rate": 0.2, "rate": 0.5},
            "increasing": {"layer_sizes": layers, "rate": 0.5},
            "none_on_last": {"layer_sizes": layers, "rate": 0.5},
            "to_settings": {"rates": (0.2, 0.5, 0.0), "base": S},
            "reference": {},
            "check_layers": {"layer_sizes": layers, "rates": (0.2, 0.5, 0.0)},
        },
        "early_stopping": {
            "EarlyStopping": {"patience": 2, "min_delta": 0.1, "mode": "max", "baseline": 0.5, "start_from": 1},
            "EarlyStopping.update": {"self": EarlyStopping(2), "loss": 0.5},
            "patience_stop": {
                "losses": losses,
                "patience": 2,
                "min_delta": 0.0,
                "smoothing": 0.0,
                "convention": "keras",
            },
            "best_so_far": {"losses": losses, "min_delta": 0.1, "smoothing": 0.5},
            "exponential_smoothing": {"losses": losses, "smoothing": 0.5},
            "generalization_loss": {"losses": losses},
            "training_progress": {"train_losses": losses, "strip": 2},
            "gl_stop": {"losses": losses, "alpha": 5.0},
            "pq_stop": {"losses": losses, "train_losses": losses, "alpha": 0.5, "strip": 2},
            "up_stop": {"losses": losses, "strips": 1, "strip": 2},
            "regret": {"truth": losses, "returned": 1},
            "saved": {"stop": 1, "steps": 4},
            "stopping_costs": {"losses": losses, "truth": losses, "min_delta": 0.1, "smoothing": 0.5},
            "reference_curves": {"epochs": 40},
        },
        "experiments": {
            "logistic_regression": {"X": rows, "y": [0, 1, 1], "l2": 0.1, "n_classes": 2},
            "linear_baselines": {"datasets": [moons], "seeds": [0], "n_train": 20, "n_val": 10, "progress": None},
            "trial": {"dataset": "moons", "seed": 0},
            "learn": bundled,
            "held_against": bundled,
            "prove": {**bundled, "settings": Settings(l2=0.1)},
            "take_apart": {**bundled, "settings": Settings(l2=0.1)},
            "sine_sample": {"n": 5, "noise": 0.3, "seed": 1, "spacing": "even", "legacy": True},
            "sine_fits": {"degrees": [1], "n": 5, "noise": 0.3, "seed": 1, "spacing": "even", "legacy": True}
            | {"points": [(0.0, 0.5), (1.0, 1.0)]},
            "memorization": {"dataset": "moons", "shares": (0.5,), "settings": S, **small, "progress": None},
            "width": {
                "dataset": "moons",
                "widths": (2,),
                "settings": S,
                **small,
                "share": 0.1,
                "n_val": 10,
                "progress": None,
            },
            "shuffled": {"data": moons, "share": 0.5, "seed": 0},
            "spread_of_weights": {"run": run, "limit": 0.5, "bins": 4},
            "standardised": {"dataset": "diabetes"},
            "strongest": {"dataset": "diabetes", "features": 3, "rows": 50},
            "cross_validated": {"X": X, "y": y, "path": lambda X, y: np.ones((3, X.shape[1])), "folds": 2},
            "size_of_biases": {"run": run, "layer": 0},
            "ridge": {"dataset": "diabetes", "l2s": [0.0, 0.1]},
            "ridge_plane": {
                "dataset": "diabetes",
                "features": ("bmi", "s5"),
                "l2s": [0.1, 0.2],
                "n_contours": 2,
                "points": 5,
                "centre": (0.1, 0.2),
            },
            "parting": {
                "dataset": "diabetes",
                "strengths": [0.1],
                "optimizers": ("sgd",),
                "learning_rate": 0.1,
                "steps": 3,
            },
            "r_squared": {"w": [0.1, 0.2], "X": X, "y": y},
            "linear_path": {
                "dataset": "diabetes",
                "strengths": [0.1, 0.2],
                "penalty": "net",
                "l2_beside": 0.1,
                "features": 2,
            },
            "lasso_plane": {
                "dataset": "diabetes",
                "features": ("bmi", "s5"),
                "l1s": [0.1, 0.2],
                "n_contours": 2,
                "points": 5,
                "centre": (0.1, 0.2),
            },
            "lasso_descents": {
                "dataset": "diabetes",
                "strength": 0.1,
                "methods": ("clipping",),
                "n_steps": 3,
                "features": 2,
            },
            "pulled": {"w": [1.0, -0.5], "strength": 0.1, "learning_rate": 0.1, "n_steps": 3},
            "zeros": {"run": run, "layer": 0},
            "explained_by_count": {"X": X, "y": y, "X_test": X, "y_test": y},
            "lasso_units": {"dataset": "diabetes", "seeds": [0], "feature": "bp", "factor": 0.1, "rows": 50},
            "stability": {"X": X, "y": y, "l1s": [0.3], "n_bootstraps": 2, "seed": 0},
            "dropout_passes": {
                "run": regression,
                "row": load("diabetes").x[0],
                "setting": 0,
                "passes": 3,
                "rate": 0.5,
                "classic": False,
                "seed": 0,
            },
            "pass_spread": {
                "run": regression,
                "row": load("diabetes").x[0],
                "rates": [0.0, 0.5],
                "setting": 0,
                "passes": 3,
                "classic": False,
                "seed": 0,
            },
            "five_passes": {"rate": 0.5, "classic": False},
            "adaptation": {"run": run, "bins": 3},
            "uncertainty": {"run": dropped, "passes": 2, "side": 2, "margin": 0.5, "seed": 0},
            "kept_by_patience": {"run": run, "name": "val_loss", "patience": 1},
            "monte_carlo": {"run": run, "x": load("digits").x[:2], "passes": 2, "seed": 0},
            "variance_shift": {"run": normed},
            "stopping_curves": {
                "dataset": "moons",
                "noises": (0.1,),
                "sizes": (10,),
                "settings": S,
                "training": T,
                "n_val": 10,
                "seeds": 1,
                "progress": None,
            },
            "outcome": {"curves": stops, "stop": Stop(np.zeros((1, 1, 1), int), np.zeros((1, 1, 1), int))},
            "patience_regret": {"curves": stops, "patiences": (1,), "min_delta": 0.0, "smoothing": 0.0},
            "enough_patience": {"curves": stops, "patiences": (1,), "min_delta": 0.0, "smoothing": 0.0},
            "accuracy_peaks_later": {"curves": stops},
            "at_returned": {"measure": [[0.5, 0.7]], "returned": [1]},
            "stopping_on_test": {
                "dataset": "moons",
                "settings": S,
                "patience": 1,
                **small,
                "n_val": 10,
                "rows": 5,
                "min_delta": 0.0,
                "smoothing": 0.0,
                "noise": 0.1,
                "progress": None,
            },
            "data_of": {"run": run},
            "rows_of": {"run": run, "split": "val"},
            "validation_predictions": {"run": run},
            "soft_validation_loss": {"run": run},
            "mixtures": {"dataset": "digits", "classes": ["3", "8"], "weights": [0.5], "centre": "edge"},
            "plane_ends": {"dataset": moons},
            "learned_boundary": {
                "dataset": moons,
                "settings": [S],
                **small,
                "n_val": 10,
                "points": [(0.0, 0.0, 1)],
                "share": 0.1,
                "side": 3,
                "progress": None,
            },
            "LearnedBoundary.answers": {"self": seen, "setting": 0, "evaluation": -1},
            "plane_map": {"run": planar, "side": 3, "margin": 0.3},
            "unlike_shares": {"run": run},
            "calibration": {"run": run, "n_bins": 3},
            "clusters": {"run": run, "classes": [0, 1, 2], "split": "test"},
            "soft_validation": {"dataset": "moons", "smoothing": 0.1, "settings": S, **small, "progress": None},
            "survivors": {"run": run},
            "share_clipped": {"run": run},
            "best_stable": {"losses": [[0.3, 0.4], [0.2, 0.3]]},
            "side_by_side": {
                "dataset": "moons",
                "base": S,
                "training": Training(max_steps=2, eval_steps=2),
                **small,
                "n_val": 10,
                "progress": None,
            },
            "time_per_step": {
                "dataset": "moons",
                "settings": [S],
                "training": Training(max_steps=2),
                "n_train": 20,
                "seeds": 1,
                "progress": None,
            },
            "turned_by_clipping": {"dataset": "moons", "settings": Settings(clip_norm=1.0), **small, "progress": None},
        },
        "export": {
            "to_code": {
                "framework": "PyTorch",
                "settings": S,
                "training": T,
                "n_features": 16,
                "n_classes": 3,
                "task": "image",
                "image_shape": (4, 4),
            },
            "code_of_run": {"framework": "PyTorch", "settings": S, "run": run},
            "text_to_code": {"framework": "PyTorch", "plan": text_experiments.Plan("swap", 0.1)},
            "to_gap_code": {"framework": "PyTorch"},
            "to_lasso_code": {"framework": "PyTorch"},
            "to_lines": {
                "framework": "PyTorch",
                "settings": Settings(dropout=0.2),
                "training": T,
                "n_classes": 10,
                "architecture": "conv",
                "task": "image",
            },
        },
        "gradient_clipping": {
            "clip_norm": {"gradient": X, "limit": 1.0},
            "clip_value": {"gradient": X, "limit": 1.0},
            "clip_by_global_norm": {"arrays": [X, y], "limit": 1.0},
            "clip_by_value": {"arrays": [X, y], "limit": 1.0},
            "clip_each_norm": {"arrays": [X, y], "limit": 1.0},
            "global_norm": {"arrays": [X, y]},
            "angle": {"before": [X, y], "after": [X + 1, y]},
            "valley": {
                "limits": [0.0, 1.0],
                "learning_rate": 0.3,
                "start": [1.0, 2.0],
                "steps": 3,
                "grid": 3,
                "reach": 2.0,
            },
            "valley_gradient": {"points": X, "limit": 1.0, "way": "norm", "steepness": 8.0},
            "descend": {
                "start": [1.0, 2.0],
                "learning_rate": 0.3,
                "limit": 1.0,
                "way": "norm",
                "steps": 3,
                "steepness": 8.0,
            },
        },
        "guidelines": {
            "check_guidelines": {
                "n_train": 200,
                "train_loss": 0.1,
                "val_loss": 0.4,
                "settings": S,
                "advised": S,
                "n_classes": 10,
                "constant_loss": 2.3,
                "n_val": 200,
                "curve": None,
                "steps": 1000,
                "batch_size": 32,
                "training_mode_loss": False,
                "class_shares": [10.0] * 10,
                "target_variance": 2.3,
                "architecture": "dense",
                "pretrained": None,
            },
        },
        "image_augmentation": {
            "add_noise": {"x": rows, "deviation": 0.5, "rng": RNG},
            "augment": {"x": rows, "magnitude": 0.5, "rng": RNG, "image_shape": (4, 4)},
            "augment_batch": {
                "images": images,
                "labels": labels,
                "factor": 2,
                "rng": RNG,
                "operations": ("noise",),
                "strength": 0.5,
            },
            "rand_augment": {"images": images, "num_ops": 1, "magnitude": 0.5, "rng": RNG, "operations": ("noise",)},
        },
        "image_operations": {
            "warp": {
                "images": images,
                "matrices": np.tile(np.eye(2), (3, 1, 1)),
                "shifts": np.ones((3, 2)),
                "fill": np.ones((3, 1)),
            },
            "draw": {"shape": (3, 4, 4, 1), "rng": RNG},
            **dict.fromkeys(image_operations.OPERATIONS, pixels),
            "turn": {"images": images, "degrees": 30.0},
            "operate": {"name": "zoom", "images": images, "strength": 0.5, "rng": RNG},
            "operate_each": {"names": ["noise", "zoom"], "which": np.array([0, 1, -1]), **pixels},
            "at_strengths": {"name": "zoom", "image": images[0], "strengths": [0.0, 0.5], "rng": RNG},
            "mean_change": {"images": images, "image": images[0]},
            "as_images": {"images": images},
        },
        "invariance": {
            "accuracy_by_angle": {"run": run, "degrees": [0, 90], "rows": 5},
            "accuracy_by_shift": {"run": run, "shares": [0, 0.25], "rows": 5},
            "label_safety": {"run": run, "strength": 0.3, "operations": ["noise"], "setting": 0, "seed": 0},
            "augmented_validation": {"run": run, "seed": 0},
            "LabelSafety.mostly_read": {"self": safety, "operation": "noise"},
            "LabelSafety.turned_into": {"self": safety, "operation": "noise"},
        },
        "l1": {
            "penalty": {"w": X, "l1": 0.1},
            "subgradient": {"w": X, "l1": 0.1},
            "soft_threshold": {"w": X, "t": 0.1, "out": np.empty_like(X)},
            "clip_at_zero": {"w": X, "before": -X},
            "descend": {"X": X, "y": y, "l1": 0.1, "method": "clipping", "n_steps": 3, "learning_rate": 0.1},
            "lasso_path": {"X": X, "y": y, "l1s": [0.1, 0.2]},
            "elastic_net_path": {"X": X, "y": y, "l1s": [0.1, 0.2], "l2": 0.1},
            "lasso_knots": {"X": X, "y": y},
            "bootstrap_lasso_paths": {"X": X, "y": y, "l1s": [0.1, 0.2], "rng": RNG, "n_bootstraps": 2},
            "selection_frequency": {"paths": np.ones((2, 3, 4))},
            "duality_gap": {"X": X, "y": y, "w": [0.1, 0.2], "l1": 0.1},
        },
        "l2": {
            "penalty": {"w": X, "l2": 0.1},
            "gradient": {"w": X, "l2": 0.1, "out": np.empty_like(X)},
            "shrink_factor": {"learning_rate": 0.1, "weight_decay": 0.2},
            "shrink": {"w": X, "learning_rate": 0.1, "weight_decay": 0.2, "out": np.empty_like(X)},
            "half_life": {"learning_rate": 0.1, "weight_decay": 0.2},
            "ridge_path": {"X": X, "y": y, "l2s": [0.1, 0.2]},
            "effective_degrees_of_freedom": {"X": X, "l2s": [0.1, 0.2]},
            "loss_contours": {"X": X, "y": y, "levels": [5.0, 6.0], "points": 5},
            "geometry": {"X": X, "y": y, "l2s": [0.1, 0.2], "n_contours": 2, "points": 5},
            "least_squares_gradient": {"X": X, "y": y},
            "coupled_and_decoupled": {
                "w": [1.0, 2.0],
                "data_gradient": None,
                "optimizer": "adam",
                "strength": 0.1,
                "learning_rate": 0.1,
                "steps": 3,
                "momentum": 0.9,
                "betas": (0.9, 0.999),
                "epsilon": 1e-8,
            },
            "reference_weights": {},
            "reference_path": {"l2s": [0.1, 0.2], "learning_rate": 0.1, "steps": 3},
            "left_after": {"learning_rate": 0.1, "weight_decay": 0.2, "steps": 3.0},
            "from_normalised": {"normalised": 0.05, "steps": 100, "learning_rate": 0.1},
        },
        "label_smoothing": {
            "smooth": {"targets": np.eye(3), "smoothing": 0.1},
            "smooth_labels": {"labels": labels, "n_classes": 3, "smoothing": 0.1, "convention": "others"},
            "to_others": {"smoothing": 0.1, "n_classes": 3},
            "to_uniform": {"smoothing": 0.1, "n_classes": 3},
            "loss_floor": {"n_classes": 3, "smoothing": 0.1, "convention": "others"},
            "lowest_gap": {"n_classes": 3, "smoothing": 0.1, "convention": "others"},
            "loss_by_gap": {"gaps": [1.0, 2.0], "n_classes": 3, "smoothing": 0.1, "convention": "others"},
            "soft_label_loss": {
                "probabilities": p,
                "labels": labels,
                "smoothing": 0.1,
                "convention": "others",
                "from_logits": False,
            },
            "reliability": {"probabilities": p, "labels": labels, "n_bins": 2},
            "expected_calibration_error": {"probabilities": p, "labels": labels, "n_bins": 2},
            "temperature": {"probabilities": p, "labels": labels, "from_logits": False},
            "apply_temperature": {"probabilities": p, "temperature": 2.0, "from_logits": False},
            "project_on_class_plane": {
                "features": [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
                "labels": [0, 1, 2],
                "classes": [0, 1, 2],
            },
        },
        "mixup": {
            "beta_quantile": {"alpha": 0.5, "u": [0.1, 0.9]},
            "beta_density": {"alpha": 0.5, "lam": [0.1, 0.9]},
            "near_one_image": {"alpha": 0.5, "within": 0.1},
            "target_entropy": {"alpha": 0.5},
            "unlike_pairs": {"labels": [0, 1, 1], "batch_size": 2},
            "blend": {"a": X, "b": -X, "lam": 0.3},
            "mixup": {**mixed, "y": [0, 2, 1], "n_classes": 3},
            "cut_box": {"lam": 0.75, "row": 0, "column": 2, "height": 4, "width": 4},
            "kept_share": {"box": (0, 2, 1, 3), "height": 4, "width": 4},
            "paste": {"x": rows, "x_partner": -rows, "box": tuple(map(np.array, (0, 2, 1, 3))), "image_shape": (4, 4)},
            "cutmix": {**mixed, "y": [0, 2, 1], "image_shape": (4, 4), "n_classes": 3, "correct_lam": True},
            "switch": {"mixup_alpha": 0.2, "cutmix_alpha": 1.0, "switch_prob": 0.5, "rng": RNG},
        },
        "overfitting": {
            "grid": {"points": 5},
            "sample": {"n": 5, "noise": 0.3, "rng": RNG, "spacing": "even"},
            "reference_sample": {},
            "chebyshev_basis": {"t": [0.1, 0.5], "degree": 3},
            "legendre_basis": {"t": [0.1, 0.5], "degree": 3},
            "Polynomial": {"coefficients": np.array([1.0, 2.0]), "domain": (0.0, 4.0)},
            "Polynomial.__call__": {"self": Polynomial(np.array([1.0, 2.0])), "x": [0.0, 2.0]},
            "fit_polynomial": {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0], "degree": 1, "domain": (0.0, 4.0)},
            "fit_raw_powers": {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0], "degree": 1},
            "raw_power_errors": {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0], "degrees": [1]},
            "choose_degrees": {"samples": [sine.errors], "by": "train"},
            "compare_choices": {"samples": [sine.errors]},
            "pass_at_points": {"samples": [sine.errors], "noise": 0.3},
            "sign_test": {"worse": 3, "better": 1},
            "verdict": {
                "train_error": 0.1,
                "validation_error": 0.2,
                "noise_variance": 0.1,
                "signal_variance": 0.5,
                "tolerance": 0.1,
            },
            "error_by_degree": {
                "x": [0.0, 1.0, 2.0],
                "y": [1.0, 3.0, 5.0],
                "degrees": [1],
                "x_val": [0.5],
                "y_val": [2.0],
                "noise": 0.3,
            },
            "bias_variance": {"degrees": [1], "n": 5, "noise": 0.3, "resamples": 3, "rng": RNG, "points": 5, "keep": 2},
            "learning_curve": {"degree": 1, "sizes": [5], "noise": 0.3, "resamples": 3, "rng": RNG, "points": 5},
            "double_descent": {
                "coefficients": [2],
                "n": 5,
                "noise": 0.3,
                "resamples": 3,
                "rng": RNG,
                "basis": "legendre",
                "points": 5,
            },
            "shuffle_labels": {"y": labels, "share": 0.5, "rng": RNG},
        },
        "policy_search": {
            "Policy": {"steps": (("noise", 0.5),)},
            "single_policies": {"strength": 0.5, "operations": ["noise"]},
            "random_policies": {"count": 2, "seed": 0, "length": 1, "operations": ["noise"], "low": 0.1, "high": 0.6},
            "augmenter": {"policies": policies},
            "search": {"dataset": "digits", "policies": policies, "settings": S, **small, "progress": None},
        },
        "run": {
            "evaluation_steps": {"max_steps": 100, "eval_steps": 5},
            "Run.kept": {"self": run, "name": "val_loss"},
            "Run.weights": {"self": run, "layer": 0},
            "Run.biases": {"self": run, "layer": 0},
            "Run.predict": {"self": run, "x": load("digits").x[:2]},
            "Run.hidden": {"self": run, "x": load("digits").x[:2]},
        },
        "settings": {
            "Settings": {field.name: getattr(S, field.name) for field in dataclasses.fields(S)},
            "Training": {field.name: getattr(T, field.name) for field in dataclasses.fields(T)},
        },
        "stochastic_depth": {
            "rates": blocks,
            "expected_depth": blocks,
            "some_skipped": blocks,
            "mask": {"batch": 4, "rate": 0.5, "rng": RNG},
            "masks": {"batch": 4, "blocks": 3, "drop_path_rate": 0.5, "rng": RNG},
            "batch_masks": {"batch": 4, "blocks": 3, "drop_path_rate": 0.5, "rng": RNG},
            "kept_blocks": {"passes": 2, "rows": 3, "blocks": 3, "drop_path_rate": 0.5, "rng": RNG, "mode": "row"},
            "draw_passes": {"passes": 2, "rows": 3, "blocks": 3, "drop_path_rate": 0.5, "rng": RNG, "mode": "row"},
            "drop_path": {"x": X, "rate": 0.5, "rng": RNG, "mode": "row"},
            "stack_gradients": {
                "weights": [np.eye(2), np.eye(2)],
                "x": X,
                "targets": -X,
                "scales": [1.0, 2.0],
                "skip": True,
            },
        },
        "reporting": {
            "Monitor": {"n_train": 200, "n_classes": 10, "batch_size": 32, "n_val": 100, "task": "image"},
            "Monitor.log": {
                "self": Monitor(200),
                "step": 1,
                "epoch": None,
                "train_loss": 0.5,
                "val_loss": 0.5,
                "train_accuracy": 0.5,
                "val_accuracy": 0.5,
            },
            "report": {
                "curve": Curve(log),
                "advice": advice,
                "settings": S,
                "training": T,
                "title": "A run",
                "notes": ["a"],
                "verdict": "b",
                "proof": [["a"], [1.0]],
                "compared": "b is better.",
                "architecture": "dense",
                "answer": "c",
                "framework": "Keras",
                "task": "tabular",
                "n_classes": 3,
                "n_features": 4,
                "image_shape": (2, 2),
                "learning_rate": 1e-3,
                "batch_size": 8,
                "optimizer": "adamw",
                "target_variance": 2.3,
                "setting": 0,
                "format": "html",
            },
        },
        "strategy": {
            "curve_of": {"run": run, "setting": 0, "seed": 0},
            "diagnose": {
                "curve": {name: column.tolist() for name, column in log.items()},
                "setting": 0,
                "n_classes": 3,
                "constant_loss": 1.1,
                "n_val": 100,
                "training_mode_loss": False,
                "class_shares": [0.2, 0.3, 0.5],
                "target_variance": 1.1,
                "current": S,
                "architecture": "dense",
                "pretrained": None,
            },
            "recommend": {
                "n_train": 200,
                "train_loss": 0.1,
                "val_loss": 0.4,
                "task": "image",
                "n_classes": 10,
                "constant_loss": 2.3,
                "n_val": 200,
                "curve": None,
                "setting": 0,
                "objective": "loss",
                "learning_rate": 1e-3,
                "batch_size": 32,
                "steps": 1000,
                "training_mode_loss": False,
                "architecture": "dense",
                "pretrained": None,
                "optimizer": "adamw",
                "current": S,
                "class_shares": [10.0] * 10,
                "target_variance": 2.3,
                "fitted": reglab.strategy.FITTED,
            },
            "coupled_decay": {"weight_decay": 0.1, "momentum": 0.9},
            "standard_error": {
                "val_loss": 0.4,
                "n_val": 200,
                "train_loss": 0.1,
                "constant_loss": 2.3,
                "accuracy": 0.9,
            },
            "shares_right": {"curve": {"step": [1, 2], "val_accuracy": [0.5, 0.9]}},
            "entropy_of": {"class_shares": [0.9, 0.1]},
            "is_error_rate": {"curve": {"step": [1], "train_loss": [0.1], "val_loss": [0.2]}},
        },
        "evaluate": {"constant_loss": {"dataset": moons}},
        "join": {"join": {"runs": [parts[0], parts[1]]}},
        "load": {"load_run": {"path": saved}},
        "sweep": {
            "sweep": {
                "dataset": "moons",
                "base": S,
                "axes": {"l2": [0.1]},
                **small,
                "n_val": 10,
                "progress": None,
                "replace": None,
                "executor": None,
                "workers": None,
            },
            "sweep_training": {
                "dataset": "moons",
                "settings": S,
                "axes": {"hidden_sizes": [(4,)]},
                **small,
            },
        },
        "text_augmentation": {
            "synonym_replacement": text,
            "random_insertion": text,
            "random_swap": text,
            "random_deletion": text,
            "augment": {"sentence": "a small open pie", "strength": 0.5, "rng": RNG, "protect": ("name",)},
            "back_translate": {
                "sentence": "a small open pie",
                "forward": str.upper,
                "backward": str.lower,
                "strength": 0.5,
                "rng": RNG,
                "protect": ("name",),
            },
            "changes": {"sentence": "a small pie", "variant": "a little pie"},
            "survival": {"sentence": "a small pie", "variant": "a little pie"},
        },
        "text_experiments": {
            "Plan": {"operation": "eda", "strength": 0.1, "copies": 1, "protect": ("name",)},
            "vary": {
                "sentence": "a small open pie",
                "operation": "de",
                "strength": 0.5,
                "rng": RNG,
                "protect": ("name",),
            },
            "compare": {
                "task": "opinions",
                "plans": [text_experiments.Plan(copies=1)],
                "n_train": 10,
                "seeds": [0],
                "training": T,
                "settings": S,
                "progress": None,
            },
            "grown": {
                "sentences": ["a small pie"],
                "bags": np.ones((1, 1), np.float32),
                "y": np.array([1]),
                "plan": text_experiments.Plan("swap", 0.5, 1),
                "seed": 0,
                "vocabulary": ["pie"],
            },
            "variants": {
                "sentence": "a small pie",
                "operation": "swap",
                "strengths": [0.0, 0.5],
                "count": 2,
                "seed": 0,
            },
            "negations_lost": {"operation": "swap", "strength": 0.5, "draws": 2, "seed": 0},
            "broken": {"operation": "swap", "strength": 0.5, "protect": ("placeholder",), "seed": 0},
        },
        "text_task": {
            "bag_of_words": {"sentences": ["a small pie"], "vocabulary": ["pie"]},
            "rows": {"task": task, "seed": 0, "n_train": 10, "n_val": 10},
            "stacked": {
                "task": task,
                "seed": 0,
                "train": np.zeros((2, len(task.vocabulary)), np.float32),
                "y": np.array([0, 1]),
                "val": np.array([3, 4]),
            },
            "bags_of": {"name": "opinions"},
            "vocabulary_of": {"sentences": ["a small pie"], "size": 10},
            "opinion": {"rng": RNG},
            "load_text": {"name": "opinions"},
            "constant_guess": {"name": "opinions"},
        },
        "texts": {
            "listed": {"text": "not no"},
            "read": {"name": "parallel.tsv.gz"},
            "thesaurus": {},
            "parallel": {"language": "de"},
            "check_sentence": {"sentence": "a small pie"},
            "split": {"sentence": "a small pie"},
            "join": {"words": ["pie"], "gaps": ["", ""]},
            "is_negation": {"word": "not"},
            "kinds_of": {"words": ["not", "pie"]},
        },
        "time_saved": {
            "time_saved": {
                "blocks": 2,
                "rates": [0.5],
                "width": 2,
                "batch": 2,
                "rounds": 1,
                "steps": 1,
                "seed": 0,
                "progress": None,
            }
        },
        "train": {
            "default_n_val": {"n_train": 10, "n_pool": 100},
            "fit": {
                "dataset": moons,
                "settings": S,
                **small,
                "n_val": 10,
                "progress": None,
                "replace": None,
                "executor": None,
                "workers": None,
                "watch": None,
            },
            "prepare": {"dataset": moons, "settings": [S], **small},
        },
        "translation": {
            "words_of": {"sentence": "Delete files?"},
            "train": {"pairs": [(["das", "haus"], ["the", "house"])], "iterations": 2},
            "pair": {"language": "de"},
            "share_known": {"sentences": ["a pie"], "translator": reglab.translation.pair("de")[0]},
            "likelihood_per_word": {"language": "de"},
            "share_returned": {"sentences": ["a pie"], "forward": str.upper, "backward": str.lower},
            "Translator.__call__": {"self": reglab.translation.pair("de")[0], "sentence": "Monday", "rng": RNG},
        },
    }


# Of these there is no number, text, sequence or function to be made.
NEVER = (
    "object()",
    "{1, 2}",
    "1j",
    "Decimal",
    "date",
    "datetime64",
    "[None]",
    "[10**400]",
    "objects",
    "complex",
    "dates",
    "masked",
)


def odd_values():
    """Return what nobody means, by a name; each is made when it is used, since some are used up by it."""
    objects = np.empty(2, object)
    objects[:] = [None, "x"]
    return {
        "None": lambda: None,
        "nan": lambda: float("nan"),
        "inf": lambda: float("inf"),
        "-1": lambda: -1,
        "-0.5": lambda: -0.5,
        "1.5": lambda: 1.5,
        "True": lambda: True,
        "10**400": lambda: 10**400,
        "10**5000": lambda: 10**5000,  # Python makes no text of it
        "2**63": lambda: 2**63,
        "10**9": lambda: 10**9,
        "10**6": lambda: 10**6,
        "'x'": lambda: "x",
        "b''": lambda: b"",
        "[]": lambda: [],
        "()": lambda: (),
        "{}": lambda: {},
        "{1, 2}": lambda: {1, 2},
        "generator": lambda: (i for i in (1, 2)),
        "object()": object,
        "1j": lambda: 1j,
        "Decimal": lambda: decimal.Decimal("NaN"),
        "date": lambda: datetime.date(2024, 1, 1),
        "datetime64": lambda: np.datetime64("2024-01-01"),
        "[nan]": lambda: [float("nan"), 1.0],
        "[None]": lambda: [None, 1.0],
        "['x']": lambda: ["x", "y"],
        "[10**400]": lambda: [10**400, 1],
        "[10**9]": lambda: [10**9, 10**9],
        "ragged": lambda: [[1.0], [1.0, 2.0]],
        "objects": objects.copy,
        "complex": lambda: np.array([1j, 2.0]),
        "dates": lambda: np.array(["2024-01-01", "2024-01-02"], "datetime64[D]"),
        "masked": lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
        "no rows": lambda: np.empty((0, 2)),
        "many axes": lambda: np.ones((1, 2, 1, 2, 1)),
        "whole": lambda: np.arange(3),
        "whole rows": lambda: np.arange(6).reshape(3, 2),
        "booleans": lambda: np.array([True, False]),
    }


# --- the calls ---


class Late(BaseException):
    """Ends a call that has taken too long."""


@functools.cache
def homes():
    """Return every module with functions for a person, each with the name under which they are found."""
    by_home = {}
    for module in pkgutil.walk_packages(reglab.__path__, "reglab."):
        folder, _, name = module.name.removeprefix("reglab.").rpartition(".")
        inner = folder in OFFERING or name in ENGINE or (folder == "engine" and name not in ROOMS)
        if inner or {folder, name} & PROGRAMS:
            continue
        home = importlib.import_module(module.name)
        by_home[home] = folder if folder in WHOLE and getattr(reglab, name, None) is not home else name
    return by_home


def public():
    """Yield the name of every public function and class of the library."""
    for home, shown in homes().items():
        for name in sorted({*vars(home), *home.__all__}):  # a package has its parts' names once they are asked for
            thing = getattr(home, name)
            plain = inspect.unwrap(thing) if callable(thing) else thing
            ours = inspect.isfunction(plain) or inspect.isclass(plain)
            of = plain.__module__ if ours else ""
            at_home = of == home.__name__ or (shown in OFFERING and of.startswith(f"{home.__name__}."))
            if at_home and not name.startswith("_"):
                yield f"{shown}.{name}"


def find(name):
    shown, *path = name.split(".")
    named = next(home for home, other in homes().items() if other == shown and home.__name__.endswith(shown))
    return functools.reduce(getattr, path, named)


def fresh(value):
    """Return an argument that a call may use up or overwrite."""
    if isinstance(value, Rng):
        return np.random.default_rng(0)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, EarlyStopping):
        return EarlyStopping(value.patience)
    if isinstance(value, Monitor):
        return Monitor(200)
    if type(value) in (list, tuple):
        return type(value)(map(fresh, value))
    return value


def leaves(value, depth=0):
    """Yield the arrays and floats in what a function returned."""
    if isinstance(value, (np.ndarray, np.generic, float)):
        yield np.asarray(value)
    elif depth == 4 or type(value).__name__ in ("Run", "TextRun", "Dataset"):  # of models that may have diverged
        return
    elif isinstance(value, (list, tuple, dict)):
        for part in list(value.values() if isinstance(value, dict) else value)[:100]:
            yield from leaves(part, depth + 1)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name), depth + 1)


def silently_wrong(result, like, not_finite):
    """Say what is wrong with what a call returned; `like` is what the right arguments give."""
    kinds = [[leaf.dtype.kind for leaf in leaves(value)] for value in (like, result)]
    for leaf in leaves(result):
        if leaf.dtype.kind not in "biufUS":
            return f"returned {leaf.dtype}"
        if leaf.dtype.kind == "f" and not (not_finite or np.isfinite(leaf).all()):
            return "returned what is not finite"
    if len(kinds[0]) == len(kinds[1]) and any(a == "f" and b in "iub" for a, b in zip(*kinds, strict=True)):
        return "returned whole numbers for floats"
    return ""


def names_argument(error, names):
    """Tell whether an error is one that a function may raise, and names one of the arguments."""
    if isinstance(error, CurveError):  # for a person who gave a file
        return True
    matches = [re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(error)) for name in names]
    return isinstance(error, (ValueError, TypeError)) and any(matches)


def fault(function, arguments, like, argument, odd, exempt):
    """Make a call with one odd argument, and say what is wrong with how it ends; nothing if it is right."""
    not_finite, anything, other = exempt
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        result = function(**arguments)
    except Late:
        return "took too long"
    except MemoryError:
        return "asked for too much memory"
    except Exception as error:
        names = {argument, argument.removesuffix("s"), other.get(argument, argument)}  # of many degrees, "degree"
        return "" if names_argument(error, names) else f"raised {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if argument in anything:
        return ""
    if odd in NEVER or (odd in ("nan", "inf", "[nan]") and argument not in not_finite):
        return "was taken"
    return silently_wrong(result, like, argument in not_finite)


def faults(name, example):
    """Return how many calls were made of a function with odd arguments, and what was wrong with them."""
    function = find(name)
    exempt = NOT_FINITE.get(name, ()), ANYTHING.get(name, ()), MISFITS.get(name, {})
    like = function(**{key: fresh(value) for key, value in example.items()})
    missing = inspect.signature(function).parameters.keys() - example.keys()
    complaints = [
        f"{key} has no example" for key in missing - {"options", "argument"}
    ]  # what an error calls the argument
    tried = [(argument, odd) for argument in example if argument != "self" for odd in odd_values().items()]
    for argument, (odd, make) in tried:
        arguments = {key: fresh(value) for key, value in example.items()} | {argument: make()}
        if wrong := fault(function, arguments, like, argument, odd, exempt):
            complaints.append(f"{argument}={odd} {wrong:.200}")
    return len(tried), complaints


def main(only):
    with tempfile.TemporaryDirectory() as folder:
        call_all(examples(folder), only)


def call_all(made, only):
    import resource

    def late(*_):
        raise Late

    warnings.simplefilter("error")
    signal.signal(signal.SIGPROF, late)
    all_techniques.STEPS = 1  # whose time is measured: twenty of them took an eighth of all calls
    given = {f"{module}.{name}": value for module, entries in made.items() for name, value in entries.items()}
    text_experiments.vary("a pie", "fr", 0.5, np.random.default_rng(0))  # reads what is read once
    needed = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (needed + MEGABYTES * 2**20, resource.RLIM_INFINITY))
    for name, example in given.items():
        if not only or name.startswith(only):
            print(json.dumps([name, *faults(name, example)]), flush=True)


# --- the tests ---


@functools.cache
def walk():
    """Make the calls in a process of its own; return the future of what it says."""
    command, there = [sys.executable, "-B", __file__], {**os.environ, "PYTHONPATH": str(ROOT)}
    how = {"capture_output": True, "text": True, "cwd": ROOT, "env": there, "timeout": 300}
    return ThreadPoolExecutor(1).submit(subprocess.run, command, **how)


@pytest.fixture(scope="module")
def results():
    """Return how many calls were made of each function, and what was wrong with them."""
    done = walk().result()  # on its way since the tests were collected
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: (calls, wrong) for name, calls, wrong in map(json.loads, done.stdout.splitlines())}


def test_every_public_function_has_an_example(results):
    there = set(public())
    assert there - results.keys() - MADE - INNER == set()
    assert (MADE | INNER) - there == set()  # nothing is excused that is not there
    assert {name for name in results if name.count(".") == 1} - there == set()
    assert sum(calls for calls, _ in results.values()) > 25_000


@pytest.mark.parametrize("module", sorted({name.partition(".")[0] for name in public()}))
def test_an_odd_argument_is_refused_by_its_name_or_nothing_is_wrong(results, module):
    of_module = {name: wrong for name, (_, wrong) in results.items() if name.startswith(f"{module}.")}
    assert of_module
    assert {name: wrong for name, wrong in of_module.items() if wrong} == {}


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
