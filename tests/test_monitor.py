"""The monitor: what it keeps, what it refuses, and that its answer is that of the same run told in any other way."""

import ast
import json
import math
import re
import subprocess
import sys
import types

import numpy as np
import pytest

import reglab
from reglab import Monitor
from reglab.strategy import recommend

TRAIN = [2.1, 1.2, 0.7, 0.4, 0.2, 0.1, 0.05, 0.02]
VAL = [2.2, 1.5, 1.1, 0.9, 0.95, 1.0, 1.1, 1.2]
TOLD = {"n_classes": 10, "batch_size": 32, "n_val": 500, "task": "image", "learning_rate": 1e-3}


def logged(n_train=5000, count="epoch", every=1, **facts):
    monitor = Monitor(n_train, **{**TOLD, **facts})
    for at, (train, val) in enumerate(zip(TRAIN, VAL, strict=True), start=1):
        monitor.log(**{count: at * every}, train_loss=train, val_loss=val)
    return monitor


# --- one answer ---


def as_csv(count, every):
    rows = [f"{at * every},{t},{v}" for at, (t, v) in enumerate(zip(TRAIN, VAL, strict=True), start=1)]
    return "\n".join([f"{count},train_loss,val_loss", *rows]) + "\n"


def arguments(facts, n_train):
    named = {"n_classes": "--classes", "batch_size": "--batch", "n_val": "--val-rows", "learning_rate": "--lr"}
    given = [part for name, option in named.items() for part in (option, str(facts[name]))]
    return [*given, "--rows", str(n_train), "--task", facts["task"], "--json"]


def of_json(text):
    """Return what an answer in JSON says, as `essence` has it."""
    answer = json.loads(text)
    settings = {
        name: (setting["value"], setting["low"], setting["high"]) for name, setting in answer["settings"].items()
    }
    reasons = {
        (name, r["sentence"], r["source"]) for name, setting in answer["settings"].items() for r in setting["reasons"]
    }
    diagnosis = answer["diagnosis"]
    return (
        diagnosis["name"],
        diagnosis["confidence"],
        diagnosis["why"],
        diagnosis["best_step"],
        diagnosis["steps"],
        settings,
        reasons,
        answer["next_steps"],
    )


def essence(advice):
    settings = {name: (getattr(advice.settings, name), *ends) for name, ends in advice.ranges.items()}
    reasons = {(reason.field, reason.sentence, reason.source) for reason in advice.reasons}
    return (
        advice.diagnosis,
        advice.confidence,
        list(advice.why),
        advice.best_step,
        advice.steps,
        settings,
        reasons,
        list(advice.next_steps),
    )


@pytest.mark.parametrize(("count", "every"), [("epoch", 1), ("step", 157), ("step", 1)])
def test_the_same_run_has_the_same_answer_however_it_is_told(tmp_path, count, every):
    n_train, text = 5000, as_csv(count, every)
    step = [at * every for at in range(1, len(TRAIN) + 1)]
    curve = reglab.Curve({"step": step, "train_loss": TRAIN, "val_loss": VAL}, unit=count)
    advice = recommend(n_train, TRAIN[-1], VAL[-1], curve=curve, **TOLD)
    pasted = reglab.read_log(text).curve()
    path = tmp_path / "history.csv"
    path.write_text(text)
    monitor = logged(n_train, count, every)
    assert recommend(n_train, TRAIN[-1], VAL[-1], curve=pasted, **TOLD) == advice
    assert monitor.advice == advice
    assert monitor.diagnosis == advice.diagnosis
    command = [sys.executable, "-m", "reglab", "diagnose"]
    options = arguments(TOLD, n_train)
    of_file = subprocess.run([*command, str(path), *options], capture_output=True, text=True, check=True)
    of_pipe = subprocess.run([*command, "-", *options], input=text, capture_output=True, text=True, check=True)
    assert of_json(of_file.stdout) == of_json(of_pipe.stdout) == essence(advice)


def test_epochs_and_the_same_run_in_steps_have_the_same_settings():
    epochs, steps = logged(5000, "epoch").advice, logged(5000, "step", 157).advice
    assert epochs.settings == steps.settings
    assert epochs.ranges == steps.ranges
    assert epochs.steps == steps.steps == 8 * 157


def test_epochs_may_count_from_0():
    monitor = Monitor(5000, **TOLD)
    for epoch, (train, val) in enumerate(zip(TRAIN, VAL, strict=True)):
        monitor.log(epoch=epoch, train_loss=train, val_loss=val)
    assert monitor.advice == logged().advice


# --- what is kept ---


def test_losses_may_come_at_steps_of_their_own():
    monitor = Monitor(5000, **TOLD)
    for step in range(1, 101):
        monitor.log(step, train_loss=1 / step)
        if step % 25 == 0:
            monitor.log(step, val_loss=2 / step)
    curve = monitor.curve
    assert curve["step"] == [25, 50, 75, 100]
    assert curve["train_loss"] == [1 / step for step in (25, 50, 75, 100)]
    assert curve["val_loss"] == [2 / step for step in (25, 50, 75, 100)]
    assert curve.unit == "step"


def test_accuracies_alone_make_a_curve():
    monitor = Monitor(5000, **TOLD)
    for epoch, share in enumerate([0.5, 0.7, 0.6], start=1):
        monitor.log(epoch=epoch, val_accuracy=share)
    assert monitor.curve == {"step": [1, 2, 3], "val_accuracy": [0.5, 0.7, 0.6]}
    assert any("losses" in sentence for sentence in monitor.advice.next_steps)
    assert "The highest validation accuracy, 0.7, is at epoch 2." in repr(monitor)
    monitor.log(epoch=4, train_loss=0.5, val_accuracy=0.6)
    assert monitor.curve is None  # one loss: the other is waited for


def test_of_several_values_of_a_step_the_last_stands():
    monitor = logged()
    monitor.log(epoch=8, val_loss=1.3)  # as when the best checkpoint is evaluated once more
    assert monitor.curve["val_loss"] == [*VAL[:-1], 1.3]
    assert monitor.curve["train_loss"] == TRAIN


def test_accuracies_are_kept_beside_the_losses():
    monitor = Monitor(5000, **TOLD)
    for epoch in (1, 2):
        monitor.log(epoch=epoch, train_loss=1, val_loss=1, train_accuracy=50 * epoch, val_accuracy=0.25 * epoch)
    assert monitor.curve["train_accuracy"] == [0.5, 1.0]
    assert monitor.curve["val_accuracy"] == [0.25, 0.5]


class Tensor:
    """A tensor that has to be asked for its number, as one that requires a gradient."""

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value

    def __array__(self, *_, **__):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


@pytest.mark.parametrize("kind", [float, np.float32, np.array, lambda v: np.array([v]), Tensor])
def test_a_value_may_be_a_tensor_of_one(kind):
    monitor = Monitor(5000, **TOLD)
    for epoch in (1, 2):
        monitor.log(epoch=kind(epoch) if kind is not Tensor else epoch, train_loss=kind(0.5), val_loss=kind(0.25))
    assert monitor.curve["train_loss"] == [0.5, 0.5]


@pytest.mark.parametrize("end", [math.nan, math.inf, -math.inf, np.float32("nan")])
@pytest.mark.parametrize("which", ["train_loss", "val_loss"])
def test_a_loss_that_is_no_number_diverged(end, which):
    monitor = logged()
    monitor.log(epoch=9, **{"train_loss": 0.1, "val_loss": 1.0, which: end})
    assert monitor.diagnosis == "diverging"
    assert "diverging" in repr(monitor)


def test_a_run_may_diverge_before_it_began():
    monitor = Monitor(5000, **TOLD)
    monitor.log(1, train_loss=math.nan, val_loss=math.nan)
    monitor.log(2, train_loss=math.nan, val_loss=math.nan)
    assert monitor.diagnosis == "diverging"
    assert "diverging" in repr(monitor)


def test_before_there_is_a_curve_there_is_no_answer():
    monitor = Monitor(5000, **TOLD)
    assert (monitor.curve, monitor.advice, monitor.diagnosis) == (None, None, None)
    monitor.log(1, train_loss=1.0, val_loss=1.0)
    monitor.log(2, train_loss=0.5)
    assert (monitor.curve, monitor.advice, monitor.diagnosis) == (None, None, None)
    assert repr(monitor) == "Monitor: 2 training and 1 validation losses so far, 2 of each make a curve"
    monitor.log(3, val_loss=1.0)
    assert monitor.curve is not None
    assert monitor.diagnosis is not None


def test_the_answer_follows_what_is_logged():
    monitor = Monitor(5000, **TOLD)
    seen = []
    for epoch, (train, val) in enumerate(zip(TRAIN, VAL, strict=True), start=1):
        monitor.log(epoch=epoch, train_loss=train, val_loss=val)
        seen.append(monitor.diagnosis)
    assert seen[0] is None
    assert seen[-1] == "strong overfit"
    assert len(set(seen[1:])) > 1
    assert monitor.advice is monitor.advice  # asked for once


def test_a_curve_has_two_evaluations_and_is_of_accuracies_only_where_no_loss_is_logged():
    def curve(*logged):
        monitor = Monitor(500)
        for at, values in enumerate(logged, start=1):
            monitor.log(at, **values)
        return monitor.curve

    assert curve({"val_accuracy": 0.5}) is None
    assert curve({"val_accuracy": 0.5}, {"val_accuracy": 0.6}) is not None
    for loss in ("train_loss", "val_loss"):
        assert curve({"val_accuracy": 0.5, loss: 1.0}, {"val_accuracy": 0.6}) is None
    assert curve({"train_loss": 1.0, "val_loss": 1.0}, {"val_loss": 0.9}) is None
    assert curve({"train_loss": 1.0, "val_loss": 1.0}, {"train_loss": 0.9, "val_loss": 0.9}) is not None


def test_a_long_run_is_thinned(monkeypatch):
    monkeypatch.setattr("reglab.reporting.monitor.MAX_ROWS", 4)
    curve = logged().curve
    assert curve["step"] == [1, 3, 6, 8]
    assert curve["val_loss"] == [VAL[at - 1] for at in (1, 3, 6, 8)]
    assert "Kept 4 of 8 rows, evenly: no more are read." in curve.notes
    assert curve.unit == "epoch"


def test_a_few_lines_say_where_the_run_is():
    lines = repr(logged()).splitlines()
    assert lines[0] == "Monitor: 8 evaluations up to epoch 8. The lowest validation loss, 0.9, is at epoch 4."
    assert lines[1].startswith("  strong overfit (confidence: ")
    assert "augment 0.5" in lines[2]
    steep = Monitor(500)
    for step, loss in enumerate([40.0, 1.0, 1.1], start=1):
        steep.log(step, train_loss=loss, val_loss=loss)
    assert repr(steep).splitlines()[0] == (
        "Monitor: 3 evaluations up to step 3. The lowest validation loss, 1, is at step 2."  # not that its axis is
    )
    broken = Monitor(500)
    for step in (1, 2):
        broken.log(step, train_loss=1.0, val_loss=math.inf)
    assert repr(broken).splitlines()[0] == "Monitor: 2 evaluations up to step 2."


# --- what is refused ---


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"train_loss": 1}, "step or epoch must be given, and not both"),
        ({"step": 9, "epoch": 9, "train_loss": 1}, "step or epoch must be given, and not both"),
        ({"step": 9, "train_loss": 1}, "step cannot be logged after epoch: count one of them"),
        ({"epoch": 7, "train_loss": 1}, "epoch must rise, got 7 after 8: make a new Monitor for a new run"),
        ({"epoch": -1, "val_loss": 1}, "epoch must be a number from 0 up, got -1"),
        ({"epoch": math.nan, "val_loss": 1}, "epoch must be a number from 0 up, got nan"),
        ({"epoch": 9}, "train_loss, val_loss, train_accuracy, val_accuracy: give at least one of them"),
        ({"epoch": 9, "val_loss": "0.5"}, "val_loss must be a number, or a tensor of one, got '0.5'"),
        ({"epoch": 9, "val_loss": [0.5]}, "val_loss must be a number, or a tensor of one, got [0.5]"),
        ({"epoch": 9, "val_loss": np.ones(2)}, "val_loss must be a number, or a tensor of one, got"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_and_not_kept(given, sentence):
    monitor = logged()
    before = monitor.advice
    with pytest.raises(ValueError, match=re.escape(sentence)):
        monitor.log(**given)
    assert monitor.advice == before
    monitor.log(epoch=9, train_loss=0.01, val_loss=1.3)
    assert len(monitor.curve["step"]) == 9


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"n_train": 0}, "n_train must be a whole number of at least 1, got 0"),
        ({"n_classes": 1}, "n_classes must be a whole number of at least 2, got 1"),
        ({"task": "sound"}, "task must be one of"),
        ({"n_class": 10}, "n_class is no option: there are "),
        ({"curve": {}}, "curve is no option: there are "),
        ({"train_loss": 1.0}, "train_loss is no option: there are "),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(facts, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Monitor(**{"n_train": 5000, **facts})


def test_a_learning_rate_that_nobody_told_is_asked_for():
    monitor = logged(learning_rate=None)
    assert not monitor.advice.settings.weight_decay
    assert monitor.advice.next_steps[0].startswith("Say the learning rate")
    untold = Monitor(5000, **{name: value for name, value in TOLD.items() if name != "learning_rate"})
    for at, (train, val) in enumerate(zip(TRAIN, VAL, strict=True), start=1):
        untold.log(epoch=at, train_loss=train, val_loss=val)
    assert untold.advice == monitor.advice


# --- the lines for frameworks, of the docstring ---


def snippets():
    """Return the indented examples of the docstring, by the framework that they are for."""
    blocks = {}
    for block in re.split(r"\n    (?=In [A-Z])", Monitor.__doc__)[1:]:
        lines = [line[8:] for line in block.splitlines() if line.startswith(" " * 8) or not line]
        blocks[block.split()[1].rstrip(",")] = "\n".join(lines).strip()
    return blocks


def test_there_are_lines_for_three_frameworks():
    assert snippets().keys() == {"Keras", "Lightning", "Hugging"}
    for text in snippets().values():
        ast.parse(text)


def run(text, module):
    """Run lines that use a framework, of which a stand-in is given."""
    names = {module.__name__: module, "monitor": Monitor(5000, **TOLD)}
    exec(compile(text, "Monitor", "exec"), names)
    return names


def test_the_lines_for_lightning_log_what_its_hook_is_given():
    """`on_train_epoch_end(trainer, pl_module)`, after validation, with `callback_metrics` and `global_step`."""

    class Trainer:
        def __init__(self, max_epochs, callbacks):
            self.callbacks, self.global_step, self.callback_metrics = callbacks, 0, {}

        def fit(self):
            for train, val in zip(TRAIN, VAL, strict=True):
                self.global_step += 157
                self.callback_metrics = {"train_loss": Tensor(train), "val_loss": Tensor(val)}
                for callback in self.callbacks:
                    callback.on_train_epoch_end(self, None)

    lightning = types.SimpleNamespace(__name__="lightning", Callback=object, Trainer=Trainer)
    names = run(snippets()["Lightning"], lightning)
    names["trainer"].fit()
    assert names["monitor"].advice == logged(count="step", every=157).advice


def test_the_lines_for_hugging_face_log_what_its_hook_is_given():
    """`on_log(args, state, control, logs=None, **kwargs)`: training losses, evaluations, and the run's summary."""

    class Trainer:
        def __init__(self, *_, callbacks):
            self.callbacks = callbacks

        def train(self):
            state = types.SimpleNamespace(global_step=0)
            for train, val in zip(TRAIN, VAL, strict=True):
                state.global_step += 157
                for logs in ({"loss": train, "epoch": 1.0}, {"eval_loss": val, "eval_runtime": 1.0}):
                    for callback in self.callbacks:
                        callback.on_log(None, state, None, logs=logs, model=None)
            for logs in ({"train_runtime": 9.0, "train_loss": 1.0}, {"eval_loss": VAL[-1]}):
                for callback in self.callbacks:
                    callback.on_log(None, state, None, logs=logs)

    transformers = types.SimpleNamespace(__name__="transformers", TrainerCallback=object, Trainer=Trainer)
    names = run(snippets()["Hugging"], transformers)
    names["trainer"].train()
    assert names["monitor"].advice == logged(count="step", every=157).advice


@pytest.mark.parametrize("name", ["train_accuracy", "val_accuracy"])
@pytest.mark.parametrize("value", [197.0, 100.1, -0.1])
def test_an_accuracy_beyond_its_range_is_refused_and_not_kept(name, value):
    monitor = reglab.Monitor(500)
    with pytest.raises(ValueError, match=f"{name} must be a share, or in percent from 0 to 100, got"):
        monitor.log(1, **{name: value})
    monitor.log(1, **{name: 100.0})
    monitor.log(1, **{name: 0.0})
    assert "0 training and 0 validation losses" in repr(monitor)


def test_nan_where_a_loop_does_not_evaluate_is_no_value_as_in_a_log():
    train = [1.7 * 0.87**epoch for epoch in range(30)]
    val = [1.2 + 0.03 * abs(epoch - 13) if epoch % 7 == 6 else math.nan for epoch in range(30)]
    monitor = reglab.Monitor(5000, n_classes=10, batch_size=32)
    for epoch, (t, v) in enumerate(zip(train, val, strict=True), start=1):
        monitor.log(epoch=epoch, train_loss=t, val_loss=v)
    log = reglab.read_log({"epoch": list(range(1, 31)), "train_loss": train, "val_loss": val})
    assert monitor.curve["val_loss"] == log.curve()["val_loss"]
    assert len(monitor.curve["step"]) == 4
    assert monitor.diagnosis == "strong overfit"


@pytest.mark.parametrize("at", [1_764_480_000, 1_764_480_000_123.0, 1_000_000_000])
@pytest.mark.parametrize("unit", ["step", "epoch"])
def test_a_time_is_no_count(unit, at):
    monitor = Monitor(500)
    with pytest.raises(ValueError, match=f"^{unit} must count {unit}s, below 1,000,000,000, got {at:.0f}, which looks"):
        monitor.log(**{unit: at}, train_loss=1.0)
    monitor.log(**{unit: 999_999_999}, train_loss=1.0)
