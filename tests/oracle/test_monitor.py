"""The lines for Keras in the docstring of `Monitor`, run in Keras; and tensors of PyTorch."""

import os

import numpy as np
import pytest
import torch

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is loaded

import keras

import reglab
from reglab import Monitor
from reglab.datasets import load
from tests.test_monitor import snippets

# Keras 3.15 reads its variables in the way of NumPy 1.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_the_lines_for_keras_keep_what_its_history_and_its_logger_keep(tmp_path):
    digits = load("digits")
    order = np.random.default_rng(0).permutation(len(digits.x))
    (x_train, y_train), (x_val, y_val) = ((digits.x[rows], digits.y[rows]) for rows in (order[:100], order[100:200]))
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)])
    model.compile(keras.optimizers.AdamW(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fit, path, histories = model.fit, tmp_path / "history.csv", []

    def logged(*args, callbacks, **options):
        histories.append(fit(*args, callbacks=[*callbacks, keras.callbacks.CSVLogger(path)], verbose=0, **options))

    model.fit = logged
    names = {"keras": keras, "reglab": reglab, "model": model, "x_train": x_train, "y_train": y_train}
    names |= {"x_val": x_val, "y_val": y_val}
    exec(compile(snippets()["Keras"], "Monitor", "exec"), names)
    monitor = names["monitor"]
    assert monitor.curve["step"] == list(range(20))
    assert monitor.curve["train_loss"] == histories[0].history["loss"]
    assert monitor.curve["val_loss"] == histories[0].history["val_loss"]
    facts = {"n_classes": 10, "batch_size": 32, "n_val": 100, "learning_rate": 1e-3}
    assert monitor.advice == reglab.recommend(100, curve=reglab.read_log(path).curve(), **facts)
    assert monitor.advice.steps == 20 * 4


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_a_loss_that_requires_a_gradient_is_logged(kind):
    monitor = Monitor(100, n_classes=2, batch_size=10)
    for step in (1, 2):
        loss = torch.tensor(0.5, dtype=kind, requires_grad=True) * 1
        monitor.log(torch.tensor(step), train_loss=loss, val_loss=loss[None])
    assert monitor.curve["train_loss"] == [0.5, 0.5]
    with pytest.raises(ValueError, match="val_loss must be a number, or a tensor of one"):
        monitor.log(3, val_loss=torch.ones(2))


def test_a_tensor_of_keras_is_logged():
    monitor = Monitor(100, n_classes=2, batch_size=10)
    for step in (1, 2):
        monitor.log(step, train_loss=keras.ops.convert_to_tensor(0.5), val_loss=keras.Variable(0.25))
    assert monitor.curve["train_loss"] == [0.5, 0.5]
    assert monitor.curve["val_loss"] == [0.25, 0.25]
