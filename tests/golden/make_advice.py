"""Make advice.json: what the advisor answers to the logs of diagnosis_logs.json and to a thousand made-up ones.

It pins every threshold, constant and range: whoever changes one on purpose makes this file anew, reads the difference,
and says in the commit why it is better. Whether the answers are right is measured elsewhere, by the labels of
diagnosis_logs.json and by the benchmark. Run: python -m tests.golden.make_advice
"""

import dataclasses
import json
import math
import random
from pathlib import Path

from reglab.curves import Curve
from reglab.settings import Settings
from reglab.strategy import recommend

HERE = Path(__file__).resolve().parent
CASES = 1200
HOWS = ("curve", "losses")


def made_up(number):
    """Return the arguments of one call: a curve that falls and turns, or its last losses alone."""
    rng = random.Random(number)
    n_classes = rng.choice([None, 2, 3, 10])
    scale = math.log(n_classes) if n_classes else rng.choice([0.5, 0.5, 40.0])
    final = scale * rng.choice([rng.uniform(0, 0.1), rng.uniform(0, 0.7), rng.uniform(0.3, 1.7)])
    lowest = max(final * rng.uniform(0.8, 1.3), scale * rng.uniform(0.02, 1.1))
    last = lowest * rng.choice([1.0, rng.uniform(1.0, 1.3), rng.uniform(1.0, 2.5)])
    length = rng.choice([40, 400, 1000, 5000])
    evaluations = rng.choice([4, 8, 20])
    at = rng.randrange(evaluations)
    arguments = {
        "n_train": rng.choice([10, 30, 100, 400, 1000, 3000]),
        "train_loss": round(final, 4),
        "val_loss": round(last, 4),
        "task": rng.choice(["tabular", "tabular", "image", "signal", "text"]),
        "n_classes": n_classes,
        "n_val": rng.choice([None, 8, 30, 60, 200, 1000, 1000, 1000]),
        "objective": rng.choice(["loss", "loss", "accuracy"]),
        "learning_rate": rng.choice([3e-4, 1e-3, 1e-3, 3e-3, 1e-2]),
        "batch_size": rng.choice([None, 8, 32, 100]),
        "training_mode_loss": rng.random() < 0.1,
        "architecture": rng.choice(["dense"] * 8 + ["conv", "transformer", "language model"]),
        "constant_loss": None if n_classes or rng.random() < 0.5 else scale,
    }
    if rng.random() < 0.3:
        return {**arguments, "steps": rng.choice([None, length])}
    peak = rng.choice([1.0, 1.0, 1.0, rng.uniform(1.0, 5.0)])
    steps, train, val = [], [], []
    for i in range(evaluations):
        done = (i + 1) / evaluations
        steps.append(max(i + 1, round(length * done)))
        train.append(round(final + (scale - final) * max(0.0, 1 - done * rng.uniform(1.0, 2.0)), 4))
        share = abs(i - at) / max(at if i < at else evaluations - 1 - at, 1)
        val.append(round(lowest + ((scale if i < at else last) - lowest) * share, 4))
    train[0], train[-1], val[-1] = round(scale, 4), round(final, 4), round(last, 4)
    train[number % 2] = round(scale * peak, 4) if peak > 1 else train[number % 2]  # from the first row on, or a rise
    unit = rng.choice(["step", "step", "step", "epoch", "row", "evaluation", "round"])
    if unit != "step":
        steps = list(range(1, evaluations + 1))
    curve = {"step": steps, "train_loss": train, "val_loss": val}
    return {**arguments, "curve": (curve, unit), "steps": rng.choice([None, None, length])}


def accuracies(number):
    """Return the arguments of one call that gives two accuracies in percent, or large losses, in the losses' place."""
    rng = random.Random(f"accuracies {number}")
    train = rng.choice([rng.uniform(25, 100), rng.uniform(85, 100), rng.uniform(10, 110)])
    val = train - rng.choice([rng.uniform(0, 5), rng.uniform(-5, 20), rng.uniform(0, 60)])
    return {
        "n_train": 400,
        "train_loss": round(train, 1),
        "val_loss": round(max(val, 0.0), 1),
        "n_classes": rng.choice([2, 3, 10]),
        "n_val": rng.choice([None, 30, 200, 1000]),
    }


def near_nothing(number):
    """Return the arguments of one call whose losses hardly differ from each other, where the rules part."""
    rng = random.Random(f"near {number}")
    scale = rng.choice([0.5, math.log(2), math.log(10), 30.0])
    final = scale * rng.uniform(0.01, 0.7)
    val = final + scale * rng.choice([rng.uniform(0, 0.05), rng.uniform(0, 0.15)])
    lowest = val - scale * rng.uniform(0, 0.05)
    steps = [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]
    at = rng.randrange(3, 10)
    down = [scale * rng.uniform(0.9, 1.0), *(lowest + scale * 0.3 / (i + 1) for i in range(8)), val]
    down[at] = lowest if at < 9 else val
    train = [scale, *(final + (scale - final) * 0.5 / (i + 1) for i in range(8)), final]
    curve = {"step": steps, "train_loss": [round(v, 4) for v in train], "val_loss": [round(v, 4) for v in down]}
    scale_by = rng.choice(["classes", "constant", "nothing"])
    return {
        "n_train": 400,
        "train_loss": curve["train_loss"][-1],
        "val_loss": curve["val_loss"][-1],
        "n_val": rng.choice([200, 1000, 5000]),
        "n_classes": {math.log(2): 2, math.log(10): 10}.get(scale) if scale_by == "classes" else None,
        "constant_loss": scale if scale_by == "constant" else None,
        "curve": (curve, "step"),
    }


def exam_log(log):
    """Return the arguments of a call for one of the logs of exam_logs.json."""
    curve = {name: [math.nan if v is None else v for v in column] for name, column in log["curve"].items()}
    return {
        "n_train": log["n_train"],
        "n_val": log["n_val"],
        **log["told"],
        "task": "text" if log["kind"] == "words" else "image" if log["kind"] == "conv" else "tabular",
        "architecture": {"words": "language model"}.get(log["kind"], log["kind"]),
        "batch_size": log["batch"],
        "curve": ({"step": curve.pop("epoch"), **curve}, "epoch"),
    }


def regularized(number):
    """Return the arguments of one call for a run that had something on, from scratch or from pretrained weights."""
    rng = random.Random(f"regularized {number}")
    arguments = made_up(number + CASES)
    on = {
        "dropout": rng.choice([0.0, 0.1, 0.5, (0.2, 0.5)]),
        "weight_decay": rng.choice([0.0, 0.01, 0.1, 5.0]),
        "augment": rng.choice([0.0, 0.0, 0.3, 1.0]),
        "label_smoothing": rng.choice([0.0, 0.0, 0.1, 0.3]),
        "mixup_alpha": rng.choice([0.0, 0.0, 0.2]),
        "l2": rng.choice([0.0, 0.0, 1e-3]),
        "input_noise": rng.choice([0.0, 0.0, 0.1, 1.0]),
        "clip_norm": rng.choice([0.0, 0.0, 1.0]),
    }
    only_smoothing = {"label_smoothing": rng.choice([0.05, 0.1, 0.3])} if rng.random() < 0.2 else on
    kind = rng.choice(
        [
            ("dense", arguments["task"]),
            ("dense", "tabular"),
            ("conv", "image"),
            ("transformer", "text"),
            ("language model", "text"),
        ]
    )
    n_classes = arguments["n_classes"]
    return {
        **arguments,
        "current": Settings(**only_smoothing),
        "training_mode_loss": rng.choice([None, True, False]),
        "architecture": kind[0],
        "task": kind[1],
        "pretrained": rng.choice([None, None, None, "full", "lora"]),
        "optimizer": rng.choice(["adamw", "adamw", "adam", "sgd"]),
        "class_shares": [5.0] + [1.0] * (n_classes - 1) if n_classes and rng.random() < 0.3 else None,
        "target_variance": 30.0 if n_classes is None and rng.random() < 0.3 else None,
    }


def untold(number):
    """Return the arguments of one call with a curve whose scale nobody told: raw, below 0, late, spiky, words."""
    rng = random.Random(f"untold {number}")
    kind = rng.choice(["raw", "below zero", "late", "words", "spiky", "stuck", "accuracies", "penalty"])
    first = {"raw": rng.choice([30.0, 6000.0]), "late": rng.uniform(0.3, 0.9), "words": rng.uniform(4, 9)}.get(
        kind, 2.3
    )
    rows = rng.choice([5, 9, 16, 40])
    low = first * rng.choice([rng.uniform(0.02, 0.3), rng.uniform(0.3, 0.98)])
    rise = rng.choice([1.0, rng.uniform(1.0, 1.4), rng.uniform(1.0, 2.5)])
    at, gap = rng.randrange(1, rows), rng.choice([rng.uniform(0, 0.1), rng.uniform(-0.2, 0.9)])
    val = [first + (low - first) * min(i / at, 1) for i in range(rows)]
    val = [v * (1 + (rise - 1) * max(i - at, 0) / max(rows - 1 - at, 1)) for i, v in enumerate(val)]
    train = [
        max(v * (1 - gap * i / (rows - 1)) if i <= at else low * (1 - gap * i / (rows - 1)), 1e-4)
        for i, v in enumerate(val)
    ]
    if kind == "below zero":
        train, val = ([v / 2.4 - 0.95 for v in column] for column in (train, val))
    if kind == "spiky":
        place = rng.choice([rows - 1, rows // 2])
        val[place] *= rng.uniform(1.1, 2)
        train[place] *= rng.choice([1, 1, rng.uniform(1.1, 4)])
    if kind == "stuck":
        level = math.log(rng.choice([2, 3, 4, 5, 7, 10])) * rng.uniform(0.95, 1.05)
        train, val = ([level * rng.uniform(0.99, 1.01) + (i < 2) for i in range(rows)] for _ in range(2))
    if kind == "penalty":
        train, val = ([v + (6 if i < rows / 3 else 1.5) for i, v in enumerate(column)] for column in (train, val))
    arguments = {
        "n_train": rng.choice([None, 400, 5000]),
        "n_val": rng.choice([None, 10, 300, 300, 5000, 5000]),
        "n_classes": rng.choice([2, 10]) if kind in ("penalty", "accuracies") else None,
        "batch_size": 32,
        "pretrained": rng.choice([None, None, None, "full"]),
        "architecture": "language model" if kind == "words" else rng.choice(["dense", "dense", "conv"]),
        "task": "text" if kind == "words" else "tabular",
    }
    curve = {"step": list(range(1, rows + 1)), "train_loss": train, "val_loss": val}
    if kind == "accuracies":
        ends = rng.uniform(0.5, 1), rng.uniform(0.45, 1)
        train, val = (
            [0.3 + (end - 0.3) * min(2 * i / rows, 1) - 0.02 * rng.random() for i in range(rows)] for end in ends
        )
        val[rows // 2] += rng.choice([0, 0.05, 0.15])
        curve = {"step": curve["step"], "val_accuracy": val} | ({"train_accuracy": train} if rng.random() < 0.7 else {})
    return {**arguments, "curve": ({n: [round(v, 4) for v in c] for n, c in curve.items()}, "epoch")}


def written(value):
    return f"{value:g}" if not isinstance(value, tuple) else " and ".join(f"{v:g}" for v in value)


def answer(arguments):
    """Return what the advisor says in one line: diagnosis, confidence, when, settings with ranges, counts."""
    curve = arguments.get("curve")
    given = {**arguments, "curve": Curve(curve[0], unit=curve[1])} if curve else arguments
    advice = recommend(**given)
    off = dataclasses.asdict(Settings())
    values = {name: v for name, v in dataclasses.asdict(advice.settings).items() if v != off[name]}
    settings = [
        f"{name} {written(value)}" + (" [{:g}, {:g}]".format(*advice.ranges[name]) if name in advice.ranges else "")
        for name, value in values.items()
    ]
    counts = f"{len(advice.why)} whys, {len(advice.reasons)} reasons, {len(advice.next_steps)} steps"
    when = f"{advice.best_step:.4g} of {advice.steps:.4g}"
    more = f"{len(advice.changes)} changes, {len(advice.unchecked)} unchecked"
    return (
        f"{advice.diagnosis}, {advice.confidence}, {when}: {'; '.join(settings)} | {counts}, {more} | {advice.why[0]}"
    )


def of_log(log, with_curve):
    """Return the arguments of a call for one of the kept logs."""
    curve = {name: [math.nan if v is None else v for v in column] for name, column in log["curve"].items()}
    arguments = {
        "n_train": log["n_train"],
        "train_loss": curve["train_loss"][-1],
        "val_loss": curve["val_loss"][-1],
        "n_classes": log["n_classes"],
        "n_val": log["n_val"],
        "training_mode_loss": log["train_loss"] != "clean",
        "learning_rate": log["settings"].get("learning_rate", 1e-3),
    }
    return {**arguments, "curve": (curve, "step")} if with_curve else {**arguments, "steps": log["max_steps"]}


def cases():
    """Return the arguments of every call, by its kind and its name."""
    logs = json.loads((HERE / "diagnosis_logs.json").read_text("utf-8"))["logs"]
    exam = json.loads((HERE / "exam_logs.json").read_text("utf-8"))["logs"]
    made = {
        "regularized": (regularized, CASES // 2),
        "untold": (untold, CASES * 3 // 4),
        "made up": (made_up, CASES),
        "accuracies": (accuracies, CASES // 4),
        "near": (near_nothing, CASES // 3),
    }
    return {
        "log": {f"log {i}, {how}": of_log(log, how == "curve") for i, log in enumerate(logs) for how in HOWS},
        "exam": {f"exam {log['name']}": exam_log(log) for log in exam},
        **{kind: {f"{kind} {i}": call(i) for i in range(number)} for kind, (call, number) in made.items()},
    }


if __name__ == "__main__":
    answers = {name: answer(arguments) for kind in cases().values() for name, arguments in kind.items()}
    (HERE / "advice.json").write_text(json.dumps(answers, indent=0) + "\n", "utf-8")
