"""Write gradient_clipping.json: what PyTorch's clip_grad_norm_ and clip_grad_value_ make of some gradients."""

import json
from pathlib import Path

import numpy as np
import torch


def with_gradients(arrays: list[np.ndarray]) -> list[torch.Tensor]:
    parameters = [torch.zeros(a.shape, dtype=torch.float64, requires_grad=True) for a in arrays]
    for parameter, a in zip(parameters, arrays, strict=True):
        parameter.grad = torch.tensor(a)
    return parameters


def by_value(arrays: list[np.ndarray], clip_value: float) -> dict[str, object]:
    parameters = with_gradients(arrays)
    torch.nn.utils.clip_grad_value_(parameters, clip_value)
    return {"clip_value": clip_value, "clipped": [p.grad.tolist() for p in parameters]}


def clipped(arrays: list[np.ndarray], max_norm: float) -> dict[str, object]:
    parameters = with_gradients(arrays)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    return {"max_norm": max_norm, "norm": norm.item(), "clipped": [p.grad.tolist() for p in parameters]}


def main() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).round(3) for shape in ((3, 2), (2,), (2, 4))]
    golden = {
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "arrays": [a.tolist() for a in arrays],
        "cases": [clipped(arrays, max_norm) for max_norm in (0.5, 1.0, 3.0, 100.0)],
        "by_value": [by_value(arrays, clip_value) for clip_value in (0.1, 0.5, 10.0)],
    }
    Path(__file__).with_name("gradient_clipping.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
