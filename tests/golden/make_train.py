"""Write train.json: weights of a small network after 200 steps of PyTorch's optimizers, in double precision."""

import itertools
import json
from pathlib import Path

import numpy as np
import torch

SIZES, N, BATCH, STEPS = (4, 6, 3), 48, 16, 200

# Ours, and what PyTorch calls it.
CASES = {
    "sgd": ({"learning_rate": 0.1, "momentum": 0.0}, lambda p: torch.optim.SGD(p, lr=0.1)),
    "sgd, momentum": ({"learning_rate": 0.02, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9)),
    "sgd, momentum, l2": (
        {"learning_rate": 0.02, "momentum": 0.9, "l2": 0.05},
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.05),
    ),
    "adam": ({"learning_rate": 0.003}, lambda p: torch.optim.Adam(p, lr=0.003)),
    "adam, l2": ({"learning_rate": 0.003, "l2": 0.05}, lambda p: torch.optim.Adam(p, lr=0.003, weight_decay=0.05)),
    "adamw, weight decay": (
        {"learning_rate": 0.003, "weight_decay": 0.8},
        lambda p: torch.optim.AdamW(p, lr=0.003, weight_decay=0.8),
    ),
    "adamw, label smoothing, clipping": (
        {"learning_rate": 0.003, "label_smoothing": 0.2, "clip_norm": 0.2},
        lambda p: torch.optim.AdamW(p, lr=0.003, weight_decay=0.0),
    ),
}


def network(weights, biases):
    """Return the forward pass, and the parameters in two groups: weights are penalised, biases are not."""
    w = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in weights]
    b = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in biases]

    def forward(x):
        for layer in range(len(w) - 1):
            x = torch.relu(x @ w[layer] + b[layer])
        return x @ w[-1] + b[-1]

    return forward, w, b


def train(make_optimizer, settings, weights, biases, x, y, batches):
    """Train on the batches given and return the weights and biases at the end."""
    forward, w, b = network(weights, biases)
    optimizer = make_optimizer([{"params": w}, {"params": b, "weight_decay": 0.0}])
    loss_function = torch.nn.CrossEntropyLoss(label_smoothing=settings.get("label_smoothing", 0.0))
    x, y = torch.tensor(x), torch.tensor(y)
    losses = []
    for rows in batches:
        optimizer.zero_grad()
        loss = loss_function(forward(x[rows]), y[rows])
        loss.backward()
        if "clip_norm" in settings:
            torch.nn.utils.clip_grad_norm_([*w, *b], settings["clip_norm"])
        optimizer.step()
        losses.append(loss.item())
    return {
        "losses": losses[::20],
        "weights": [a.detach().tolist() for a in w],
        "biases": [a.detach().tolist() for a in b],
    }


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, SIZES[0])).round(2)
    y = (x @ rng.normal(size=(SIZES[0], SIZES[-1])) + rng.normal(size=(N, SIZES[-1]))).argmax(axis=1)
    weights = [rng.normal(0, 0.6, pair).round(2) for pair in itertools.pairwise(SIZES)]
    biases = [rng.normal(0, 0.1, size).round(2) for size in SIZES[1:]]
    batches = np.stack([rng.permutation(N)[:BATCH] for _ in range(STEPS)])
    golden = {
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "x": x.tolist(),
        "y": y.tolist(),
        "weights": [w.tolist() for w in weights],
        "biases": [b.tolist() for b in biases],
        "batches": batches.tolist(),
        "cases": {
            name: {
                "optimizer": name.partition(",")[0],
                "settings": settings,
                **train(make, settings, weights, biases, x, y, batches),
            }
            for name, (settings, make) in CASES.items()
        },
    }
    Path(__file__).with_name("train.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
