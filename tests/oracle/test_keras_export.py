"""The exported Keras code against `fit`: on the same draws step by step, and on its own in the mean.

Keras evaluates at even distances; so does `fit` here. On the same draws, its Adam is given the epsilon that does what
ours does. Its backend is PyTorch, which the other tests need too.
"""

import os

import numpy as np
import pytest
import torch

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is loaded

import keras

from reglab import datasets, fit, stochastic_depth
from reglab.settings import Settings, Training
from tests.oracle.exported import (
    BATCH,
    BLOCKS,
    CASES,
    N_VAL,
    SGD,
    SHORT,
    N,
    Streams,
    execute,
    he,
    loss_on_test,
)

# Keras 3.15 reads its variables in the way of NumPy 1.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

EVERY, MAX_STEPS = 12, 144
SHORT = SHORT | {"max_steps": MAX_STEPS}


@pytest.fixture(autouse=True)
def even_evaluations(monkeypatch):
    monkeypatch.setattr("reglab.run.evaluation_steps", lambda *_: np.arange(EVERY, MAX_STEPS + 1, EVERY))


def keras_draws_ours(monkeypatch, seed, n_features):
    streams = Streams(seed)
    streams.random, streams.integers = streams.switch, streams.pixel
    draw = keras.initializers.VarianceScaling.__call__

    def init(self, shape, dtype=None):
        theirs = draw(self, shape, dtype)
        if theirs.is_meta:  # while Keras finds out shapes
            return theirs
        assert (self.mode, self.distribution) == ("fan_in", "untruncated_normal")
        return torch.tensor(he(streams.of["weights"], *shape) * np.float32(np.sqrt(self.scale / 2)))

    def drop(self, h, training=False):
        if not training or h.is_meta:
            return h
        if self.noise_shape:
            assert self.noise_shape == (None, 1)
            return h * torch.tensor(stochastic_depth.mask(len(h), self.rate, streams.of["drop_path_rate"]))
        place = "input_dropout" if h.shape[1] == n_features else "dropout"
        return h * torch.tensor(streams.mask(h.shape, self.rate, place))

    def epsilon(self):
        """Return the one that does as much before the bias correction as ours after it."""
        return self.recorded * (1 - self.beta_2 ** (int(self.iterations.value) + 1)) ** 0.5

    recorded = property(epsilon, lambda self, value: setattr(self, "recorded", value))
    monkeypatch.setattr(keras.optimizers.Adam, "epsilon", recorded, raising=False)
    monkeypatch.setattr(np.random, "default_rng", lambda _: streams)
    monkeypatch.setattr(keras.initializers.VarianceScaling, "__call__", init)
    monkeypatch.setattr(keras.layers.Dropout, "call", drop)


STEPS = CASES | {
    "adamw, clipped by value": ("digits", Settings(weight_decay=2.0, clip_value=0.01, learning_rate=3e-3), {}),
    "sgd, whole numbers": ("wine", Settings(learning_rate=1, momentum=0, clip_norm=1), SGD),
    "sgd, clipped by value": ("digits", Settings(clip_value=0.05, learning_rate=0.1), SGD),
    "stopping, clean loss": ("digits", Settings(patience=1, l2=0.1, label_smoothing=0.3, learning_rate=0.02), {}),
}


@pytest.mark.parametrize("name", STEPS)
def test_keras_makes_the_same_steps(name, monkeypatch):
    dataset, settings, changes = STEPS[name]
    data, training = datasets.load(dataset), Training(**SHORT | changes)
    ours = fit(data, settings, training, n_train=N, n_val=N_VAL, seeds=[1])
    assert np.isnan(ours.val_loss[..., -1]).any() == (settings.patience is not None)
    keras_draws_ours(monkeypatch, 1, data.x.shape[1])
    theirs = execute("Keras", data, settings, training, 1)
    variables = theirs["model"].variables
    weights = [v.numpy() for v in variables if v.name == "kernel"]
    assert len(weights) == len(training.hidden_sizes) + 1
    for layer, w in enumerate(weights):
        np.testing.assert_allclose(w, ours.weights(layer)[0, 0], rtol=1e-3, atol=1e-4)
    variances = [v for v in variables if v.name == "moving_variance"]
    assert theirs["val_loss"] == pytest.approx(ours.kept("val_loss")[0, 0], rel=0.05 if variances else 1e-4)
    for v in variances:  # the code says that they are not the unbiased ones
        v.assign(v * (BATCH / (BATCH - 1)))
    assert loss_on_test(theirs, data) == pytest.approx(ours.kept("test_loss")[0, 0], rel=1e-4)


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        (Settings(dropout=0.3, input_noise=0.2, weight_decay=1.0, learning_rate=3e-3), {}),
        (Settings(augment=0.5, label_smoothing=0.1, patience=4, learning_rate=5e-3), {}),
        (Settings(mixup_alpha=0.4, cutmix_alpha=1.0, input_dropout=0.1, clip_norm=1.0, learning_rate=3e-3), {}),
        (Settings(drop_path_rate=0.3, l2=0.03, l1=1e-3, learning_rate=3e-3), BLOCKS | {"batch_norm": True}),
    ],
)
def test_keras_on_its_own_draws_reaches_the_same_loss_in_the_mean(settings, changes):
    data, training, seeds = datasets.load("digits"), Training(**SHORT | changes), 5
    ours = fit(data, settings, training, n_train=N, n_val=N_VAL, seeds=seeds).kept("test_loss")[0]
    theirs = np.array([loss_on_test(execute("Keras", data, settings, training, s), data) for s in range(seeds)])
    gap = theirs - ours  # same rows, other weights, order and noise
    assert abs(gap.mean()) < 3 * gap.std(ddof=1) / np.sqrt(seeds)
