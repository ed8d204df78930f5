"""Clipping by global norm against PyTorch's clip_grad_norm_ on random gradients."""

import numpy as np
import pytest
import torch

from reglab.gradient_clipping import clip_by_global_norm, clip_norm


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 5.0, 1000.0])
def test_clipping_is_pytorchs(max_norm):
    rng = np.random.default_rng(0)
    for scale in (0.1, 1.0, 50.0):
        arrays = [rng.normal(0, scale, shape) for shape in ((8, 16), (16,), (16, 3), (3,))]
        parameters = [torch.zeros(a.shape, dtype=torch.float64, requires_grad=True) for a in arrays]
        for parameter, a in zip(parameters, arrays, strict=True):
            parameter.grad = torch.tensor(a)
        norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        ours, our_norm = clip_by_global_norm(arrays, max_norm)
        flat, flat_norm = clip_norm(np.concatenate([a.ravel() for a in arrays]), max_norm)
        assert our_norm == pytest.approx(norm.item(), rel=1e-12)
        assert flat_norm == pytest.approx(norm.item(), rel=1e-12)
        expected = np.concatenate([p.grad.numpy().ravel() for p in parameters])
        np.testing.assert_allclose(np.concatenate([a.ravel() for a in ours]), expected, rtol=1e-5)
        np.testing.assert_allclose(flat, expected, rtol=1e-5)
