"""Write calibration.json: SciPy's best temperatures, and PyTorch's cross-entropy at them and on smoothed labels."""

import json
from pathlib import Path

import numpy as np
import scipy
import torch
from scipy.optimize import minimize_scalar

CLASSES, ROWS = 4, 60


def cross_entropy(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0, smoothing: float = 0.0) -> float:
    loss = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)
    return loss(torch.tensor(logits / temperature), torch.tensor(labels)).item()


def main() -> None:
    rng = np.random.default_rng(0)
    cases = []
    for scale in (0.1, 1.0, 4.0, 20.0, 60.0):  # from far too timid to far too confident
        labels = rng.integers(CLASSES, size=ROWS)
        logits = (scale * (rng.normal(0, 1, (ROWS, CLASSES)) + np.eye(CLASSES)[labels])).round(3)
        best = minimize_scalar(
            lambda log_t, z=logits, y=labels: cross_entropy(z, y, np.exp(log_t)),
            bounds=(np.log(0.01), np.log(100)),
            method="bounded",
            options={"xatol": 1e-10},
        )
        cases.append(
            {
                "logits": logits.tolist(),
                "labels": labels.tolist(),
                "temperature": float(np.exp(best.x)),
                "loss_at_temperature": best.fun,
                "loss_by_smoothing": [[s, cross_entropy(logits, labels, smoothing=s)] for s in (0.0, 0.1, 0.5)],
            }
        )
    golden = {
        "versions": {"torch": torch.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "cases": cases,
    }
    Path(__file__).with_name("calibration.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
