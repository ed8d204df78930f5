"""The exported PyTorch and scikit-learn code against `fit`: on the same draws step by step, and on its own in the mean.

On the same draws, the libraries' random functions are replaced by ones that draw from the trainer's own streams.
"""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.neural_network import MLPClassifier, MLPRegressor

from reglab import datasets, experiments, fit, image_augmentation, l1, l2, stochastic_depth
from reglab.export import to_code, to_lasso_code
from reglab.settings import Settings, Training
from reglab.streams import generator
from tests.oracle.exported import (
    ADAM,
    CASES,
    LINEAR,
    N_VAL,
    SGD,
    SHORT,
    N,
    Streams,
    execute,
    he,
    loss_on_test,
)


def torch_draws_ours(monkeypatch, seed, n_features):
    streams = Streams(seed)

    class Beta:
        def __init__(self, alpha, _):
            self.alpha = alpha

        def sample(self):
            return torch.tensor(streams.beta(self.alpha))

    def init(w):
        with torch.no_grad():
            w.copy_(torch.tensor(he(streams.of["weights"], *w.shape[::-1]).T))

    def drop(h, p, training, _=False):
        if h.shape[1] == 1 and training:
            return torch.tensor(stochastic_depth.mask(len(h), p, streams.of["drop_path_rate"]))
        place = "input_dropout" if h.shape[1] == n_features else "dropout"
        return h * torch.tensor(streams.mask(h.shape, p, place)) if training else h

    monkeypatch.setattr(torch.nn.init, "kaiming_normal_", init)
    monkeypatch.setattr(torch, "randperm", lambda n: torch.tensor(streams.permutation(n)))
    monkeypatch.setattr(torch, "randn_like", lambda x: torch.tensor(streams.standard_normal(x.shape)))
    monkeypatch.setattr(
        torch, "rand", lambda *shape: torch.tensor(streams.uniform(0, 1, shape) if all(shape) else streams.switch())
    )
    monkeypatch.setattr(torch, "randint", lambda size, _: torch.tensor(streams.pixel(size)))
    monkeypatch.setattr(torch.distributions, "Beta", Beta)
    monkeypatch.setattr(torch.nn.functional, "dropout", drop)


STEPS = CASES | {
    "adamw": ("digits", Settings(weight_decay=2.0, learning_rate=3e-3), {}),
    "sgd, clipped by value and by norm": ("digits", Settings(clip_value=0.05, clip_norm=0.3, learning_rate=0.1), SGD),
}


@pytest.mark.parametrize("name", STEPS)
def test_pytorch_makes_the_same_steps(name, monkeypatch):
    dataset, settings, changes = STEPS[name]
    data, training = datasets.load(dataset), Training(**SHORT | changes)
    ours = fit(data, settings, training, n_train=N, n_val=N_VAL, seeds=2)
    assert np.isnan(ours.val_loss[..., -1]).any() == (settings.patience is not None)
    for seed in range(2):
        torch_draws_ours(monkeypatch, seed, data.x.shape[1])
        theirs = execute("PyTorch", data, settings, training, seed)
        assert theirs["val_loss"] == pytest.approx(ours.kept("val_loss")[0, seed], rel=2e-5)
        assert loss_on_test(theirs, data) == pytest.approx(ours.kept("test_loss")[0, seed], rel=2e-5)
        for layer, w in enumerate(p for p in theirs["model"].parameters() if p.ndim == 2):
            np.testing.assert_allclose(w.detach().numpy().T, ours.weights(layer)[0, seed], rtol=1e-3, atol=1e-4)


def sklearn_draws_ours(monkeypatch, seed):
    streams = Streams(seed)

    def init(self, fan_in, fan_out, dtype):
        return he(streams.of["weights"], fan_in, fan_out).astype(dtype), np.zeros(fan_out, dtype)

    streams.random = lambda shape: (streams.mask(shape, 0.1, "input_dropout") > 0) * 1.0
    monkeypatch.setattr(np.random, "default_rng", lambda _: streams)
    for model in (MLPClassifier, MLPRegressor):
        monkeypatch.setattr(model, "_init_coef", init)


SKLEARN_STEPS = {
    "defaults": ("digits", Settings(), {}, 1e-4),
    "l2, adam": ("digits", Settings(l2=0.02), ADAM, 1e-4),
    "l2, sgd": ("digits", Settings(l2=0.02, learning_rate=0.02, momentum=0.8), SGD, 1e-4),
    "decay": ("digits", Settings(weight_decay=2.0, learning_rate=3e-3), {}, 0.02),  # it comes after the step
    "l1": ("wine", Settings(l1=3e-3, learning_rate=3e-3), {}, 1e-4),
    "linear": ("digits", Settings(l2=0.02, learning_rate=0.01), LINEAR, 1e-4),
    "regression": ("diabetes", Settings(l2=0.05, input_noise=0.3), {}, 1e-4),
    "stopping": ("digits", Settings(patience=1, learning_rate=0.02), {}, 1e-3),
    "stopping, last weights": (
        "digits",
        Settings(patience=1, restore_best_weights=False, learning_rate=0.02),
        {},
        1e-4,
    ),
    "inputs": ("digits", Settings(input_noise=0.2, input_dropout=0.1), {}, 1e-4),
    "images": ("digits", Settings(augment=0.8), {}, 1e-4),
    "coloured images": ("glyphs", Settings(augment=0.5), {}, 1e-4),
    "signals": ("mnist1d", Settings(augment=1.0), {}, 1e-4),
}


@pytest.mark.parametrize("name", SKLEARN_STEPS)
def test_sklearn_makes_the_same_steps_from_the_same_weights(name, monkeypatch):
    dataset, settings, changes, margin = SKLEARN_STEPS[name]
    data, training = datasets.load(dataset), Training(**SHORT | changes)
    ours = fit(data, settings, training, n_train=N, n_val=N_VAL, seeds=2)
    assert np.isnan(ours.val_loss[..., -1]).any() == (settings.patience is not None)
    for seed in range(2):
        sklearn_draws_ours(monkeypatch, seed)
        theirs = execute("scikit-learn", data, settings, training, seed)
        assert theirs["val_loss"] == pytest.approx(ours.kept("val_loss")[0, seed], rel=margin)
        assert loss_on_test(theirs, data) == pytest.approx(ours.kept("test_loss")[0, seed], rel=margin)


@pytest.mark.parametrize(
    ("framework", "settings"),
    [
        ("PyTorch", Settings(dropout=0.3, input_noise=0.2, mixup_alpha=0.4, weight_decay=1.0, learning_rate=3e-3)),
        ("PyTorch", Settings(augment=0.5, label_smoothing=0.1, patience=4, learning_rate=5e-3)),
        ("scikit-learn", Settings(l2=0.03, input_dropout=0.2, patience=4, learning_rate=5e-3)),
        ("scikit-learn", Settings(augment=0.5, weight_decay=1.0, learning_rate=3e-3)),
    ],
)
def test_code_on_its_own_draws_reaches_the_same_loss_in_the_mean(framework, settings):
    data, training, seeds = datasets.load("digits"), Training(**SHORT | {"max_steps": 200}), 5
    ours = fit(data, settings, training, n_train=N, n_val=N_VAL, seeds=seeds).kept("test_loss")[0]
    theirs = np.array([loss_on_test(execute(framework, data, settings, training, s), data) for s in range(seeds)])
    gap = theirs - ours  # same rows, other weights, order and noise
    assert abs(gap.mean()) < 3 * gap.std(ddof=1) / np.sqrt(seeds)


@pytest.mark.parametrize("shape", [(8, 12), (9, 5, 3)])
def test_images_that_are_not_square_are_moved_as_in_reglab(shape, monkeypatch):
    n_features = int(np.prod(shape))
    rows = np.random.default_rng(0).random((20, n_features), dtype=np.float32)
    ours = image_augmentation.augment(rows[None, None], np.array([[1.0]]), [generator(3, "augment")], shape)[0, 0]
    torch_draws_ours(monkeypatch, 3, n_features)
    of_torch = {"torch": torch, "F": torch.nn.functional, "math": math}
    of_numpy = {"np": np, "rng": Streams(3), "affine_transform": ndimage.affine_transform}
    shapes = {"n_features": n_features, "n_classes": 2, "task": "image", "image_shape": shape}
    for framework, end, scope, x in (
        ("PyTorch", "@torch", of_torch, torch.tensor(rows)),
        ("Keras", "def batches", of_numpy, rows),
    ):
        code = to_code(framework, Settings(augment=1.0), **shapes)
        exec(code[code.index("def augment") : code.index(end)], scope)
        np.testing.assert_allclose(np.asarray(scope["augment"](x)), ours, atol=2e-5)


def test_the_linear_regressions_are_those_of_the_library():
    X, y, _, _ = experiments.standardised("diabetes")
    y = y - y.mean()
    there = {"X": torch.tensor(X), "y": torch.tensor(y), "l1": 0.2, "n_steps": 2000, "torch": torch}
    exec(to_lasso_code("PyTorch").replace("zeros(X.shape[1])", "zeros(X.shape[1], dtype=X.dtype)"), there)
    lasso = l1.lasso_path(X, y, [0.2])[0]
    np.testing.assert_allclose(there["w"], lasso, atol=1e-6)
    assert ((there["w"].numpy() == 0) == (lasso == 0)).all()
    there = {"X": X, "y": y, "l1": 0.2, "l2": 0.5}
    exec(to_lasso_code("scikit-learn"), there)
    for name, path in (
        ("lasso", lasso),
        ("net", l1.elastic_net_path(X, y, [0.2], 0.5)[0]),
        ("ridge", l2.ridge_path(X, y, [0.5])[0]),
    ):
        np.testing.assert_allclose(there[name].coef_, path, atol=1e-3)
