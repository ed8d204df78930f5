"""Write mixup.json: SciPy's quantiles and densities of Beta(alpha, alpha), PyTorch's loss on mixed targets."""

import json
from pathlib import Path

import numpy as np
import scipy
import torch
from scipy.stats import beta


def mixed_losses() -> dict[str, list[float]]:
    """Return PyTorch's cross-entropy of logits against mixed targets, and its gradient by the logits."""
    rng = np.random.default_rng(0)
    logits, labels, partners = rng.normal(0, 2, (4, 3)), rng.integers(3, size=4), rng.permutation(4)
    losses, gradients = [], []
    weights = [0.0, 0.25, 0.8125, 1.0]
    for lam in weights:
        z = torch.tensor(logits, requires_grad=True)
        first, second = torch.tensor(labels), torch.tensor(labels[partners])
        cross_entropy = torch.nn.functional.cross_entropy
        loss = lam * cross_entropy(z, first) + (1 - lam) * cross_entropy(z, second)
        loss.backward()
        losses.append(loss.item())
        gradients.append(z.grad.tolist())
    return {
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        "partners": partners.tolist(),
        "lam": weights,
        "losses": losses,
        "gradients": gradients,
    }


def main() -> None:
    u = [0.0, 0.001, 0.01, 0.1, 0.25, 0.4, 0.49, 0.5, 0.6, 0.8, 0.95, 0.999, 1.0]
    lam = [0.001, 0.02, 0.2, 0.5, 0.7, 0.99]
    golden = {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__, "torch": torch.__version__},
        "u": u,
        "quantiles": {str(a): beta.ppf(u, a, a).tolist() for a in (0.1, 0.2, 0.4, 0.5, 1.0, 1.5, 3.0, 10.0)},
        "lam": lam,
        "densities": {str(a): beta.pdf(lam, a, a).tolist() for a in (0.1, 0.4, 1.0, 3.0, 10.0)},
        "mixed": mixed_losses(),
    }
    Path(__file__).with_name("mixup.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
