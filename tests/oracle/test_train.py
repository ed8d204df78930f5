"""The trainer against PyTorch's optimizers and scikit-learn's networks, live, on their own batches."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor

from reglab.datasets import load
from reglab.engine import train
from reglab.engine.run import empty_run
from reglab.engine.train import fit
from reglab.settings import Settings, Training

STEPS = 200
CASES = {
    "sgd": ("sgd", Settings(learning_rate=0.05, momentum=0.0), {}),
    "sgd, momentum": ("sgd", Settings(learning_rate=0.01, momentum=0.9), {}),
    "sgd, momentum, l2": ("sgd", Settings(learning_rate=0.01, momentum=0.9, l2=0.1), {"weight_decay": 0.1}),
    "adam": ("adam", Settings(), {}),
    "adam, l2": ("adam", Settings(l2=0.1), {"weight_decay": 0.1}),
    "adamw": ("adamw", Settings(weight_decay=2.0), {"weight_decay": 2.0}),
    "adamw, clipping, smoothing": (
        "adamw",
        Settings(weight_decay=1.0, clip_norm=0.5, label_smoothing=0.1),
        {"weight_decay": 1.0},
    ),
}


def make_block(data, setting, training, n_train=100, seed=0):
    run = empty_run(data, (setting,), training, n_train, 20, (seed,))
    return train.Block(data, run, slice(0, 1), slice(0, 1))


def make_optimizer(kind, setting, options, w, b):
    groups = [{"params": w}, {"params": b, "weight_decay": 0.0}]
    options = {"weight_decay": 0.0, **options, "lr": setting.learning_rate}
    if kind == "sgd":
        return torch.optim.SGD(groups, momentum=setting.momentum, **options)
    return (torch.optim.Adam if kind == "adam" else torch.optim.AdamW)(groups, **options)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("dataset", "architecture"),
    [
        ("digits", "plain"),
        ("breast_cancer", "plain"),
        ("diabetes", "plain"),
        ("digits", "residual"),
        ("diabetes", "residual"),
        # Not the digits: batch norm leaves the weights of their constant pixels no gradient but rounding errors, and
        # Adam makes whole steps of those.
        ("breast_cancer", "batch norm"),
        ("diabetes", "batch norm"),
    ],
)
def test_200_steps_are_pytorchs(name, dataset, architecture):
    kind, setting, options = CASES[name]
    data = load(dataset)
    if data.n_classes is None:
        setting = dataclasses.replace(setting, label_smoothing=0.0)
    residual, batch_norm = architecture == "residual", architecture == "batch norm"
    training = Training(hidden_sizes=(12, 12), optimizer=kind, residual=residual, batch_norm=batch_norm)
    block = make_block(data, setting, training)
    net = block.step.net

    def tensor(a):
        return torch.tensor(a[0, 0].astype(np.float64), requires_grad=True)

    w = [tensor(a) for a in net.weights]
    others = [tensor(a[:, :, 0]) for a in (*net.biases, *net.gains)]
    norms = [torch.nn.BatchNorm1d(12, affine=False, dtype=torch.float64) for _ in net.gains]

    def forward(x):
        for layer in range(2):
            z = x @ w[layer]
            if batch_norm:
                z = norms[layer](z) * others[3 + layer]
            z = z + others[layer]
            # Next to zero float32 may be on the other side of ReLU than float64: from there the runs would part.
            lit = torch.tensor(block.step.passed.gates[layer][0, 0] > 0)
            assert ((z > 0) == lit)[z.abs() > 1e-4].all()
            x = x + z * lit if residual and layer else z * lit
        return x @ w[2] + others[2]

    cross_entropy = torch.nn.CrossEntropyLoss(label_smoothing=setting.label_smoothing)

    def loss_function(outputs, y):
        return ((outputs - y) ** 2).mean() / 2 if data.n_classes is None else cross_entropy(outputs, y.argmax(1))

    optimizer = make_optimizer(kind, setting, options, w, others)
    batches = block.rows.batches()
    for _ in range(STEPS):
        rows = next(batches)
        x, y = (torch.tensor(a[rows[0]].astype(np.float64)) for a in (block.rows.x, block.rows.y))
        block.step(rows, tracked=False)
        optimizer.zero_grad()
        loss_function(forward(x), y).backward()
        if setting.clip_norm:
            torch.nn.utils.clip_grad_norm_([*w, *others], setting.clip_norm)
        optimizer.step()
    for ours, theirs in zip(net.weights, w, strict=True):
        np.testing.assert_allclose(ours[0, 0], theirs.detach(), atol=1e-5)
    for ours, theirs in zip((*net.biases, *net.gains), others, strict=True):
        np.testing.assert_allclose(ours[0, 0, 0], theirs.detach(), atol=1e-5)
    for ours, theirs in zip(block.step.architecture["statistics"], norms, strict=True):
        np.testing.assert_allclose(ours.mean[0, 0, 0], theirs.running_mean, atol=1e-5)
        np.testing.assert_allclose(ours.variance[0, 0, 0], theirs.running_var, rtol=1e-4)


@pytest.mark.parametrize("dataset", ["digits", "wine"])
def test_recorded_losses_are_scikit_learns(dataset):
    data = load(dataset)
    run = fit(data, Settings(dropout=0.2), Training(max_steps=100), n_train=80, n_val=30, seeds=2)
    for s, p in enumerate(run.predict(data.x_test)[0]):
        p = p.astype(np.float64) / p.sum(axis=1, keepdims=True, dtype=np.float64)
        labels = np.arange(data.n_classes)
        assert run.kept("test_loss")[0, s] == pytest.approx(log_loss(data.y_test, p, labels=labels), rel=1e-4)
        assert run.kept("test_accuracy")[0, s] == accuracy_score(data.y_test, p.argmax(axis=1))


def test_recorded_r_squared_is_scikit_learns():
    data = load("diabetes")
    run = fit(data, Settings(), Training(max_steps=100), n_train=80, n_val=30, seeds=2)
    raw = data.y_test * data.target_scale + data.target_mean
    for s, predicted in enumerate(run.predict(data.x_test)[0]):
        assert run.kept("test_accuracy")[0, s] == pytest.approx(r2_score(raw, predicted), rel=1e-5)


@pytest.mark.parametrize("dataset", ["wine", "diabetes"])
@pytest.mark.parametrize("l2", [0.0, 0.02])
def test_full_batch_sgd_is_scikit_learns_mlp(dataset, l2):
    """Their alpha is divided by the batch's rows: alpha = l2 * batch_size."""
    data = load(dataset)
    regression = data.n_classes is None
    n, rate = 60, 0.05
    training = Training(hidden_sizes=(7,), optimizer="sgd", batch_size=n)
    block = make_block(data, Settings(learning_rate=rate, momentum=0.0, l2=l2), training, n_train=n)
    x = block.rows.x.astype(np.float64)
    y = block.rows.y[:, 0].astype(np.float64) if regression else block.rows.y.argmax(axis=1)
    theirs = (MLPRegressor if regression else MLPClassifier)(
        hidden_layer_sizes=(7,),
        solver="sgd",
        alpha=l2 * n,
        batch_size=n,
        learning_rate_init=rate,
        momentum=0.0,
        shuffle=False,
        random_state=0,
    )
    more = {} if regression else {"classes": np.arange(data.n_classes)}
    theirs.partial_fit(x, y, **more)
    for ours, start in zip(block.step.net.weights, theirs.coefs_, strict=True):
        ours[0, 0] = start
    for ours, start in zip(block.step.net.biases, theirs.intercepts_, strict=True):
        ours[0, 0, 0] = start
    for _ in range(100):
        theirs.partial_fit(x, y)
        block.step(np.arange(n)[None], tracked=True)
    for ours, coefficients in zip(block.step.net.weights, theirs.coefs_, strict=True):
        np.testing.assert_allclose(ours[0, 0], coefficients, atol=1e-5)
    assert block.step.objective[-1].item() == pytest.approx(theirs.loss_, rel=1e-5)
