"""L2 against scikit-learn and PyTorch, live."""

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier

from reglab import l2


def test_ridge_path_is_ridge_at_alpha_n_l2():
    for seed, (n, d) in enumerate([(40, 5), (5, 12), (12, 12), (100, 30)] * 5):
        rng = np.random.default_rng(seed)
        X, y = rng.standard_normal((n, d)), rng.standard_normal((n, 2))
        l2s = np.logspace(-3, 2, 7)
        for target in (y, y[:, 0]):
            for strength, ours in zip(l2s, l2.ridge_path(X, target, l2s), strict=True):
                theirs = Ridge(alpha=n * strength, fit_intercept=False, solver="svd").fit(X, target).coef_.T
                np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-11)


def test_centring_stands_in_for_the_intercept_on_diabetes():
    X, y = load_diabetes(return_X_y=True)
    ours = l2.ridge_path(X - X.mean(0), y - y.mean(), [1e-4, 1e-2])
    for strength, w in zip((1e-4, 1e-2), ours, strict=True):
        np.testing.assert_allclose(w, Ridge(alpha=len(X) * strength).fit(X, y).coef_, rtol=1e-8)


def test_trajectories_are_torchs_at_random_settings():
    for seed in range(6):
        rng = np.random.default_rng(seed)
        X, y, start = rng.standard_normal((15, 3)), rng.standard_normal(15), rng.standard_normal(3)
        rate, strength, momentum = rng.uniform(0.001, 0.1), rng.uniform(0, 1), rng.uniform(0, 0.95)
        makers = {
            ("sgd", 0): lambda p, s=strength, r=rate: torch.optim.SGD(p, lr=r, weight_decay=s),
            ("momentum", 0): lambda p, s=strength, r=rate, m=momentum: torch.optim.SGD(
                p, lr=r, momentum=m, weight_decay=s
            ),
            ("adam", 0): lambda p, s=strength, r=rate: torch.optim.Adam(p, lr=r, weight_decay=s),
            ("adam", 1): lambda p, s=strength, r=rate: torch.optim.AdamW(p, lr=r, weight_decay=s),
        }
        tx, ty = torch.tensor(X), torch.tensor(y)
        for (optimizer, mode), make in makers.items():
            w = torch.tensor(start, requires_grad=True)
            opt = make([w])
            for _ in range(50):
                opt.zero_grad()
                (0.5 * torch.mean((tx @ w - ty) ** 2)).backward()
                opt.step()
            ours = l2.coupled_and_decoupled(
                start,
                l2.least_squares_gradient(X, y),
                optimizer,
                strength,
                learning_rate=rate,
                steps=50,
                momentum=momentum,
            )[mode]
            np.testing.assert_allclose(ours[-1], w.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_penalty_and_gradient_are_autograds():
    w = torch.randn(4, 3, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(0))
    loss = 0.7 / 2 * torch.sum(w**2)
    loss.backward()
    array = w.detach().numpy()
    np.testing.assert_allclose(l2.penalty(array, 0.7), loss.item(), rtol=1e-14)
    np.testing.assert_allclose(l2.gradient(array, 0.7), w.grad.numpy(), rtol=1e-14)


def test_mlp_classifiers_alpha_is_l2_times_the_batch():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((16, 3)), np.arange(16) % 2
    strength, rate = 0.5, 0.1

    def after_one_step(alpha, rate=rate):
        model = MLPClassifier(
            (4,), solver="sgd", alpha=alpha, batch_size=16, learning_rate_init=rate, momentum=0.0, random_state=0
        )
        return model.partial_fit(X, y, classes=[0, 1]).coefs_

    plain, penalised = after_one_step(0.0), after_one_step(strength * 16)
    start = after_one_step(0.0, rate=1e-300)
    for w, a, b in zip(start, plain, penalised, strict=True):
        np.testing.assert_allclose(a - b, rate * l2.gradient(w, strength), rtol=1e-9)
