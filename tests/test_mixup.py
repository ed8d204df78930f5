import json
from pathlib import Path

import numpy as np
import pytest

from reglab.mixup import beta_quantile, mixup
from reglab.streams import generator, permutations, uniforms

GOLDEN = json.loads((Path(__file__).parent / "golden" / "mixup.json").read_text())


def batch(n=12, features=3, n_classes=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, features)), np.eye(n_classes)[rng.integers(n_classes, size=n)]


@pytest.mark.parametrize("alpha", GOLDEN["quantiles"], ids=lambda alpha: f"alpha {alpha}")
def test_beta_quantile_is_scipys(alpha):
    ours = beta_quantile(float(alpha), GOLDEN["u"])
    np.testing.assert_allclose(ours, GOLDEN["quantiles"][alpha], atol=1e-4)


def test_beta_quantile_has_closed_forms():
    u = np.linspace(0, 1, 101)
    np.testing.assert_allclose(beta_quantile(1.0, u), u, atol=1e-6)
    np.testing.assert_allclose(beta_quantile(0.5, u), np.sin(np.pi * u / 2) ** 2, atol=1e-5)  # the arcsine law
    x = beta_quantile(2.0, u)
    np.testing.assert_allclose(3 * x**2 - 2 * x**3, u, atol=1e-5)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4, 1.0, 2.0, 8.0])
def test_beta_quantile_rises_is_symmetric_and_has_the_variance(alpha):
    u = (np.arange(100_000) + 0.5) / 100_000
    x = beta_quantile(alpha, u)
    assert (np.diff(x) >= 0).all()
    np.testing.assert_allclose(x + x[::-1], 1, atol=1e-12)
    assert x.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=1e-3)


def test_alpha_0_is_the_identity_and_so_is_evaluation():
    x, y = batch()
    for mixed_x, mixed_y in (mixup(x, y, 0.0, generator(0, "mixup")), mixup(x, y, 1.0, None)):
        np.testing.assert_array_equal(mixed_x, x)
        np.testing.assert_array_equal(mixed_y, y)
    assert (beta_quantile(0.0, [0.0, 0.3, 1.0]) == 1).all()


def test_inputs_and_targets_are_blended_alike():
    x, y = batch()
    for seed in range(20):
        mixed_x, mixed_y = mixup(x, y, 1.0, generator(seed, "mixup"))
        rng = generator(seed, "mixup")
        lam = beta_quantile(1.0, uniforms(rng, ()))
        partner = permutations(rng, len(x))
        np.testing.assert_allclose(mixed_x, lam * x + (1 - lam) * x[partner], atol=1e-12)
        np.testing.assert_allclose(mixed_y, lam * y + (1 - lam) * y[partner], atol=1e-12)
        np.testing.assert_allclose(mixed_y.sum(axis=1), 1)


def test_a_batch_keeps_its_mean():
    x, y = batch()
    mixed_x, mixed_y = mixup(x, y, 0.4, generator(0, "mixup"))
    np.testing.assert_allclose(mixed_x.mean(axis=0), x.mean(axis=0))
    np.testing.assert_allclose(mixed_y.mean(axis=0), y.mean(axis=0))


def test_models_of_a_seed_share_the_uniform_number_and_the_partners():
    alphas = np.array([[0.0, 0.2, 1.0, 0.2]] * 2, np.float32)
    x, y = (np.stack([a, a])[:, None].astype(np.float32) for a in batch())  # (seeds, 1, batch, ...)
    mixed_x, mixed_y = mixup(x, y, alphas, [generator(5, "mixup"), generator(6, "mixup")])
    assert mixed_x.shape == (2, 4, 12, 3)
    assert mixed_y.shape == (2, 4, 12, 4)
    assert mixed_x.dtype == np.float32
    for s, seed in enumerate((5, 6)):
        for k, alpha in enumerate(alphas[0]):
            alone = mixup(x[s, 0], y[s, 0], float(alpha), generator(seed, "mixup"))
            np.testing.assert_array_equal(mixed_x[s, k], alone[0])
            np.testing.assert_array_equal(mixed_y[s, k], alone[1])
    np.testing.assert_array_equal(mixed_x[:, 1], mixed_x[:, 3])
    assert not np.allclose(mixed_x[:, 1], mixed_x[:, 2])


def test_whole_number_inputs_are_mixed_too():
    x, y = np.arange(12)[:, None], np.eye(12, dtype=int)
    mixed_x, mixed_y = mixup(x, y, 1.0, generator(1, "mixup"))
    np.testing.assert_allclose(mixed_x[:, 0], mixed_y @ np.arange(12.0))
    assert (mixed_x % 1 != 0).any()


@pytest.mark.parametrize("alpha", [-0.1, np.array([[0.2, -0.1]])])
def test_a_negative_alpha_is_refused(alpha):
    x, y = (a[None, None] for a in batch())
    with pytest.raises(ValueError, match=r"^alpha must be a number from 0 up, got -0\.1"):
        mixup(x, y, alpha, [generator(0, "mixup")])
