"""Write dropout_in_practice.json: NumPy's legacy masks of the reference, and SciPy's binomial moments."""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import binom


def main() -> None:
    sizes, rates = (784, 512, 256, 128, 10), (0.2, 0.5, 0.5, 0.5, 0.0)
    rng = np.random.RandomState(42)
    layers = [rng.binomial(1, 1 - rate, size) for size, rate in zip(sizes, rates, strict=True)]
    again = [rng.binomial(1, 1 - rate, size) for size, rate in zip(sizes, rates, strict=True)]
    cases = [(1, 0.5), (10, 0.0), (128, 0.5), (512, 0.3), (784, 0.2), (1000, 0.999)]
    golden = {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
        "layer_sizes": sizes,
        "rates": rates,
        "active": [int(layer.sum()) for layer in layers],
        "active_in_the_second_pass": [int(layer.sum()) for layer in again],
        "kept": ["".join(map(str, layer)) for layer in layers],
        "binomial": [
            {"size": n, "rate": p, "mean": float(binom.mean(n, 1 - p)), "deviation": float(binom.std(n, 1 - p))}
            for n, p in cases
        ],
    }
    Path(__file__).with_name("dropout_in_practice.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
