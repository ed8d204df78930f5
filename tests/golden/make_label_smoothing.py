"""Write label_smoothing.json: PyTorch's cross-entropy with label smoothing."""

import json
from pathlib import Path

import numpy as np
import torch


def main() -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 3, (12, 5)).round(3), rng.integers(5, size=12)
    golden = {
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "classes": 5,
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        "cases": [
            {
                "smoothing": smoothing,
                "loss": torch.nn.CrossEntropyLoss(label_smoothing=smoothing)(
                    torch.tensor(logits), torch.tensor(labels)
                ).item(),
            }
            for smoothing in (0.0, 0.1, 0.3, 0.9)
        ],
    }
    Path(__file__).with_name("label_smoothing.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
