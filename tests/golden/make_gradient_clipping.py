"""Write gradient_clipping.json: what PyTorch's clip_grad_norm_ makes of some gradients."""

import json
from pathlib import Path

import numpy as np
import torch


def clipped(arrays: list[np.ndarray], max_norm: float) -> dict[str, object]:
    parameters = [torch.zeros(a.shape, dtype=torch.float64, requires_grad=True) for a in arrays]
    for parameter, a in zip(parameters, arrays, strict=True):
        parameter.grad = torch.tensor(a)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    return {"max_norm": max_norm, "norm": norm.item(), "clipped": [p.grad.tolist() for p in parameters]}


def main() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).round(3) for shape in ((3, 2), (2,), (2, 4))]
    golden = {
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "arrays": [a.tolist() for a in arrays],
        "cases": [clipped(arrays, max_norm) for max_norm in (0.5, 1.0, 3.0, 100.0)],
    }
    Path(__file__).with_name("gradient_clipping.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
