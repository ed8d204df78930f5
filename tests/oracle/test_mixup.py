"""Beta(alpha, alpha) against SciPy and PyTorch, the mixed loss against PyTorch, the box against timm's convention.

timm is not installed here: its `rand_bbox` and `cutmix_bbox_and_lam` are written anew below from what its source does,
read in copies of it. Against timm itself nothing is run.
"""

import math

import numpy as np
import pytest
import torch
from scipy.special import digamma
from scipy.stats import beta, kstest

from reglab.engine.network import cross_entropy, mean_cross_entropy
from reglab.mixup import _draw, beta_density, beta_quantile, blend, cut_box, kept_share, mixup, paste, target_entropy


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0, 5.0, 20.0])
def test_quantiles_are_scipys(alpha):
    u = np.linspace(0, 1, 2001)
    np.testing.assert_allclose(beta_quantile(alpha, u), beta.ppf(u, alpha, alpha), atol=2e-4)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 4.0, 20.0])
def test_density_is_scipys_and_pytorchs(alpha):
    lam = np.linspace(0.001, 0.999, 999)
    ours = beta_density(alpha, lam)
    np.testing.assert_allclose(ours, beta.pdf(lam, alpha, alpha), rtol=1e-11)
    a = torch.tensor(alpha, dtype=torch.float64)
    theirs = torch.distributions.Beta(a, a).log_prob(torch.tensor(lam)).exp().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-11)


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.0, 4.0])
def test_mean_entropy_of_the_targets_is_a_difference_of_digammas(alpha):
    assert target_entropy(alpha) == pytest.approx(digamma(2 * alpha + 1) - digamma(alpha + 1), abs=2e-4)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 2.0])
def test_draws_are_betas(alpha):
    draws = beta_quantile(alpha, np.random.default_rng(0).random(5000))
    assert kstest(draws, beta(alpha, alpha).cdf).pvalue > 1e-3


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.9375, 1.0])
def test_loss_on_mixed_targets_is_pytorchs(lam):
    rng = np.random.default_rng(1)
    logits, labels, partner = rng.normal(0, 3, (30, 10)), rng.integers(10, size=30), rng.permutation(30)
    z = torch.tensor(logits, requires_grad=True)
    first, second = torch.tensor(labels), torch.tensor(labels[partner])
    f = torch.nn.functional.cross_entropy
    loss = lam * f(z, first) + (1 - lam) * f(z, second)
    loss.backward()
    y = np.eye(10)
    outputs = np.ascontiguousarray(logits.T)[None, None]
    targets = blend(y[labels], y[labels[partner]], lam).T[None, None]
    deltas = np.empty_like(outputs)
    log_total = cross_entropy(outputs, targets, deltas)
    assert mean_cross_entropy(outputs, targets, log_total).item() == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(deltas[0, 0].T, z.grad, rtol=1e-6, atol=1e-8)  # 1 / batch is rounded to float32


def timms_box(height, width, lam, row, column):
    """Return top, bottom, left, right and the corrected lambda, by timm's convention."""
    ratio = math.sqrt(1 - lam)
    tall, wide = int(height * ratio), int(width * ratio)
    top, bottom = (min(max(edge, 0), height) for edge in (row - tall // 2, row + tall // 2))
    left, right = (min(max(edge, 0), width) for edge in (column - wide // 2, column + wide // 2))
    return (top, bottom, left, right), 1.0 - (bottom - top) * (right - left) / float(height * width)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 16), (7, 20), (224, 224)])
def test_box_and_corrected_lambda_are_timms(height, width):
    rng = np.random.default_rng(height)
    lam, row, column = rng.random(500), rng.integers(height, size=500), rng.integers(width, size=500)
    box = cut_box(lam, row, column, height, width)
    shares = kept_share(box, height, width)
    for i in range(500):
        edges, corrected = timms_box(height, width, lam[i], int(row[i]), int(column[i]))
        assert tuple(int(edge[i]) for edge in box) == edges
        assert shares[i] == corrected


@pytest.mark.parametrize("shape", [(8, 8), (9, 6, 3)])
def test_pasting_is_a_slice_in_pytorch(shape):
    """timm: x[:, :, yl:yh, xl:xh] = x.flip(0)[:, :, yl:yh, xl:xh], here with the partners given."""
    rng = np.random.default_rng(2)
    height, width, channels = (*shape, 1)[:3]
    x, other = rng.normal(size=(2, 4, int(np.prod(shape))))
    for _ in range(20):
        box = cut_box(rng.random(), rng.integers(height), rng.integers(width), height, width)
        top, bottom, left, right = map(int, box)
        theirs, partners = (
            torch.tensor(a).view(4, height, width, channels).permute(0, 3, 1, 2).clone() for a in (x, other)
        )
        theirs[:, :, top:bottom, left:right] = partners[:, :, top:bottom, left:right]
        np.testing.assert_array_equal(paste(x, other, box, shape), theirs.permute(0, 2, 3, 1).reshape(4, -1))


def test_what_a_training_loop_in_pytorch_holds_is_mixed():
    """Images with their axes and labels as tensors; the mixed loss is that of PyTorch's own mixture of two losses."""
    torch.manual_seed(0)
    x, labels, logits = torch.rand(6, 3, 8, 8), torch.tensor([0, 2, 1, 0, 2, 2]), torch.randn(6, 3)
    mixed, y = mixup(x, labels, 1.0, np.random.default_rng(0), n_classes=3)
    lam, partner = _draw(np.ones((6, 1)), 1.0, np.random.default_rng(0))
    lam = float(lam)
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, (lam * x + (1 - lam) * x[partner]).numpy(), rtol=1e-6)
    loss = torch.nn.functional.cross_entropy
    expected = lam * loss(logits, labels) + (1 - lam) * loss(logits, labels[partner])
    assert loss(logits, torch.tensor(y)).item() == pytest.approx(expected.item(), rel=1e-6)
