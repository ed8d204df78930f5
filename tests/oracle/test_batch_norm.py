import numpy as np
import pytest
import torch

from reglab.engine import batch_norm


@pytest.mark.parametrize("seed", range(5))
def test_batch_norm_is_pytorchs(seed):
    rng = np.random.default_rng(seed)
    layer = torch.nn.BatchNorm1d(6, affine=False)
    running = batch_norm.Statistics.start((1, 6))
    for _ in range(20):
        z = rng.normal(rng.normal(size=6), rng.uniform(0.1, 4, 6), (16, 6)).astype(np.float32)
        delta = rng.normal(size=z.shape).astype(np.float32)
        theirs = torch.tensor(z, requires_grad=True)
        out = layer(theirs)
        out.backward(torch.tensor(delta))
        ours = z.copy()
        inverse = batch_norm.normalise(ours, running)
        np.testing.assert_allclose(ours, out.detach(), atol=5e-6)
        np.testing.assert_allclose(batch_norm.normalise_backward(delta, ours, inverse), theirs.grad, atol=2e-5)
    np.testing.assert_allclose(running.variance[0], layer.running_var, rtol=1e-4)
    layer.eval()
    np.testing.assert_allclose(batch_norm.apply(z, running), layer(torch.tensor(z)), atol=1e-5)
