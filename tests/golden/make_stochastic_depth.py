"""Write stochastic_depth.json: what PyTorch's autograd makes of a residual stack whose branches are scaled."""

import json
from pathlib import Path

import numpy as np
import torch

BLOCKS, UNITS, ROWS = 4, 3, 5


def case(weights: np.ndarray, x: np.ndarray, targets: np.ndarray, scales: list[float]) -> dict[str, object]:
    leaves = [torch.tensor(w, requires_grad=True) for w in weights]
    h = torch.tensor(x)
    for w, scale in zip(leaves, scales, strict=True):
        h = h + scale * torch.relu(h @ w)
    loss = torch.nn.functional.mse_loss(h, torch.tensor(targets), reduction="sum") / (2 * ROWS)
    loss.backward()
    return {"scales": scales, "loss": loss.item(), "gradients": [w.grad.tolist() for w in leaves]}


def main() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.7, (BLOCKS, UNITS, UNITS)).round(3)
    x, targets = rng.normal(size=(2, ROWS, UNITS)).round(3)
    scales = ([1.0] * BLOCKS, [1.0, 0.0, 1.5, 2.0], [0.0, 0.0, 0.0, 2.0], [1.0, 1.25, 0.0, 0.0])
    golden = {
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "weights": weights.tolist(),
        "x": x.tolist(),
        "targets": targets.tolist(),
        "cases": [case(weights, x, targets, each) for each in scales],
    }
    Path(__file__).with_name("stochastic_depth.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
