"""Smoothed targets against PyTorch's CrossEntropyLoss(label_smoothing), values and gradients."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from reglab.label_smoothing import smooth_labels, soft_label_loss, temperature


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_loss_and_gradient_are_pytorchs(smoothing, n_classes):
    rng = np.random.default_rng(n_classes)
    logits = torch.tensor(rng.normal(0, 3, (30, n_classes)), requires_grad=True)
    labels = rng.integers(n_classes, size=30)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)(logits, torch.tensor(labels))
    loss.backward()
    targets = smooth_labels(labels, n_classes, smoothing)
    outputs = logits.detach().numpy()
    log_p = outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))
    assert -(targets * log_p).sum(axis=1).mean() == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose((np.exp(log_p) - targets) / 30, logits.grad, atol=1e-15)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_loss_on_soft_labels_is_pytorchs(smoothing):
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 4, (2, 3, 50, 6)), rng.integers(6, size=50)
    ours = soft_label_loss(logits, labels, smoothing, from_logits=True)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)
    for at in np.ndindex(2, 3):
        theirs = loss(torch.tensor(logits[at]), torch.tensor(labels)).item()
        assert ours[at] == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0, 30.0])
def test_temperature_is_scipys(scale):
    rng = np.random.default_rng(2)
    labels = rng.integers(5, size=200)
    logits = scale * (rng.normal(size=(200, 5)) + np.eye(5)[labels])

    def loss(log_t):
        return -log_softmax(logits / np.exp(log_t), axis=1)[np.arange(200), labels].mean()

    best = minimize_scalar(loss, bracket=(-1, 1), tol=1e-12)
    assert temperature(logits, labels, from_logits=True) == pytest.approx(np.exp(best.x), rel=1e-6)
