"""Write batch_norm.json: PyTorch's BatchNorm1d, without gain and shift, on three batches."""

import json
from pathlib import Path

import numpy as np
import torch


def main() -> None:
    torch.manual_seed(0)
    layer = torch.nn.BatchNorm1d(4, affine=False)
    batches = torch.randn(3, 8, 4) * torch.tensor([1.0, 3.0, 0.2, 1.0]) + torch.tensor([0.0, 5.0, -1.0, 2.0])
    delta = torch.randn(8, 4)
    first = batches[0].clone().requires_grad_()
    torch.nn.functional.batch_norm(first, None, None, training=True).backward(delta)
    outputs = torch.stack([layer(batch) for batch in batches])
    layer.eval()
    golden = {
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "batches": batches.tolist(),
        "outputs": outputs.tolist(),
        "running_mean": layer.running_mean.tolist(),
        "running_variance": layer.running_var.tolist(),
        "evaluated": layer(batches[0]).tolist(),
        "delta": delta.tolist(),
        "gradient": first.grad.tolist(),
    }
    Path(__file__).with_name("batch_norm.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
