import json
from pathlib import Path

import numpy as np
import pytest

from reglab.engine import batch_norm

GOLDEN = json.loads((Path(__file__).parent / "golden" / "batch_norm.json").read_text())


def array(name):
    return np.array(GOLDEN[name], np.float32)


def test_training_and_evaluation_are_pytorchs():
    running = batch_norm.Statistics.start((1, 4))
    for batch, expected in zip(array("batches"), array("outputs"), strict=True):
        z = batch.copy()
        batch_norm.normalise(z, running)
        np.testing.assert_allclose(z, expected, atol=2e-6)
    np.testing.assert_allclose(running.mean[0], array("running_mean"), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(running.variance[0], array("running_variance"), rtol=1e-5)
    np.testing.assert_allclose(batch_norm.apply(array("batches")[0], running), array("evaluated"), atol=2e-6)


def test_the_derivative_is_pytorchs():
    z = array("batches")[0].copy()
    inverse = batch_norm.normalise(z, batch_norm.Statistics.start((1, 4)))
    back = batch_norm.normalise_backward(array("delta"), z, inverse)
    np.testing.assert_allclose(back, array("gradient"), atol=1e-5)


@pytest.mark.parametrize("shape", [(8, 3), (2, 3, 8, 5), (1, 1, 2, 1)])
def test_a_batch_has_mean_0_and_variance_1(shape):
    for seed in range(5):
        z = (np.random.default_rng(seed).normal(3, 2, shape)).astype(np.float32)
        batch_norm.normalise(z, batch_norm.Statistics.start((*shape[:-2], 1, shape[-1])))
        np.testing.assert_allclose(z.mean(axis=-2), 0, atol=1e-5)
        np.testing.assert_allclose(z.var(axis=-2), 1, atol=1e-3)


def test_each_model_of_a_stack_is_normalised_by_itself():
    z = np.random.default_rng(0).normal(size=(2, 3, 8, 4)).astype(np.float32)
    whole = z.copy()
    batch_norm.normalise(whole, batch_norm.Statistics.start((2, 3, 1, 4)))
    for s in range(2):
        for k in range(3):
            alone = z[s, k].copy()
            batch_norm.normalise(alone, batch_norm.Statistics.start((1, 4)))
            np.testing.assert_array_equal(whole[s, k], alone)


def test_running_statistics_are_views_of_the_flat_array():
    flat = np.arange(10, dtype=np.float32)[None]
    first, second = batch_norm.running((3, 2), flat)
    assert first.mean.tolist() == [[[0, 1, 2]]]
    assert first.variance.tolist() == [[[3, 4, 5]]]
    assert second.mean.tolist() == [[[6, 7]]]
    second.variance[:] = -1
    assert flat[0, -2:].tolist() == [-1, -1]
