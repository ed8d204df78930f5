"""Write l2.json: trajectories of PyTorch's optimizers and solutions of scikit-learn's Ridge."""

import json
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.linear_model import Ridge

STEPS, LEARNING_RATE, STRENGTH = 200, 0.05, 0.3
SHOWN = (1, 2, 10, 50, 200)  # the steps whose weights are kept


def trajectory(optimizer: str, mode: str, X: torch.Tensor, y: torch.Tensor, start: torch.Tensor) -> list[list[float]]:
    """Train linear regression on half the mean squared error; return the weights after the steps in SHOWN."""
    w = start.clone().requires_grad_(True)
    coupled = STRENGTH if mode == "coupled" else 0.0
    opt: torch.optim.Optimizer
    if optimizer == "adam":
        opt = (
            torch.optim.Adam([w], lr=LEARNING_RATE, weight_decay=STRENGTH)
            if mode == "coupled"
            else torch.optim.AdamW([w], lr=LEARNING_RATE, weight_decay=STRENGTH)
        )
    else:
        momentum = 0.9 if optimizer == "momentum" else 0.0
        opt = torch.optim.SGD([w], lr=LEARNING_RATE, momentum=momentum, weight_decay=coupled)
    shown = []
    for step in range(1, STEPS + 1):
        opt.zero_grad()
        loss = 0.5 * torch.mean((X @ w - y) ** 2)
        loss.backward()
        if mode == "decoupled" and optimizer != "adam":  # PyTorch has no SGDW
            with torch.no_grad():
                w.mul_(1 - LEARNING_RATE * STRENGTH)
        opt.step()
        if step in SHOWN:
            shown.append(w.detach().tolist())
    return shown


def main() -> None:
    rng = np.random.default_rng(0)
    X, y, start = rng.standard_normal((30, 4)).round(3), rng.standard_normal(30).round(3), np.array([2.0, -1.0, 0.5, 3])
    tensors = [torch.tensor(a, dtype=torch.float64) for a in (X, y, start)]
    wide = rng.standard_normal((6, 9)).round(3)
    targets = rng.standard_normal((30, 2)).round(3)
    l2s = [0.001, 0.1, 1.0, 10.0]

    def ridge(X: np.ndarray, y: np.ndarray) -> list[list[float]]:
        return [Ridge(alpha=len(X) * l2, fit_intercept=False, solver="svd").fit(X, y).coef_.T.tolist() for l2 in l2s]

    golden = {
        "versions": {"torch": torch.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "X": X.tolist(),
        "y": y.tolist(),
        "targets": targets.tolist(),
        "wide": wide.tolist(),
        "start": start.tolist(),
        "learning_rate": LEARNING_RATE,
        "strength": STRENGTH,
        "steps": SHOWN,
        "trajectories": {
            f"{optimizer} {mode}": trajectory(optimizer, mode, *tensors)
            for optimizer in ("sgd", "momentum", "adam")
            for mode in ("coupled", "decoupled")
        },
        "l2s": l2s,
        "ridge": ridge(X, y),
        "ridge_targets": ridge(X, targets),
        "ridge_wide": ridge(wide, y[:6]),
    }
    Path(__file__).with_name("l2.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
