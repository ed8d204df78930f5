"""Stochastic depth against PyTorch: timm's DropPath in its own few lines, and autograd through a stack with skips."""

import numpy as np
import pytest
import torch

from reglab.stochastic_depth import drop_path, kept_blocks, masks, rates, stack_gradients


def timms_drop_path(x, drop_prob, keeps):
    """Multiply as timm's DropPath does, with these draws of which rows are kept."""
    keep_prob = 1 - drop_prob
    random_tensor = keeps.to(x.dtype).view(x.shape[0], *(1,) * (x.ndim - 1))
    return x * random_tensor.div_(keep_prob)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(6, 4), (6, 3, 2, 2)])
def test_a_row_is_scaled_as_timms(rate, shape):
    x = np.random.default_rng(1).normal(size=shape)
    ours = drop_path(x, rate, np.random.default_rng(2))
    keeps = torch.tensor(np.random.default_rng(2).random((6, 1), dtype=np.float32)[:, 0] >= np.float32(rate))
    np.testing.assert_allclose(ours, timms_drop_path(torch.tensor(x), rate, keeps).numpy(), rtol=1e-6)


@pytest.mark.parametrize("blocks", [1, 2, 5, 24])
def test_the_rates_are_timms(blocks):
    theirs = torch.linspace(0, 0.3, blocks, dtype=torch.float64)
    np.testing.assert_allclose(rates(0.3, blocks)[1:], theirs[1:], rtol=1e-12)  # timm's only block alone has rate 0


def test_the_gradients_are_autograds_whatever_is_skipped():
    rng = np.random.default_rng(0)
    for scaled_blocks in kept_blocks(20, 1, 6, 0.7, rng)[:, 0]:
        weights = rng.normal(0, 0.4, (6, 5, 5))
        x, targets = rng.normal(size=(2, 7, 5))
        scales = (scaled_blocks / (1 - rates(0.7, 6))).tolist()
        leaves = [torch.tensor(w, requires_grad=True) for w in weights]
        h = torch.tensor(x)
        for w, scale in zip(leaves, scales, strict=True):
            h = h + scale * torch.relu(h @ w)
        loss = ((h - torch.tensor(targets)) ** 2).sum() / 14
        loss.backward()
        loss_here, gradients = stack_gradients(weights, x, targets, scales)
        assert loss_here == pytest.approx(loss.item(), rel=1e-12)
        for w, gradient, scale in zip(leaves, gradients, scales, strict=True):
            assert (gradient is None) == (scale == 0)
            np.testing.assert_allclose(0 if gradient is None else gradient, w.grad, rtol=1e-9, atol=1e-12)


def test_torchs_dropout_on_a_column_of_ones_is_the_mask_of_the_export():
    torch.manual_seed(0)
    scaled = torch.nn.functional.dropout(torch.ones(20_000, 1), 0.3, True).numpy()
    ours = masks(20_000, 2, 0.3, np.random.default_rng(0))[1]
    np.testing.assert_allclose(np.unique(scaled), np.unique(ours), rtol=1e-6)
    assert abs((scaled > 0).mean() - (ours > 0).mean()) < 4 * np.sqrt(2 * 0.21 / 20_000)
