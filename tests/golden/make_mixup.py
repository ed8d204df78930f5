"""Write mixup.json: SciPy's quantiles of Beta(alpha, alpha)."""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import beta


def main() -> None:
    u = [0.0, 0.001, 0.01, 0.1, 0.25, 0.4, 0.49, 0.5, 0.6, 0.8, 0.95, 0.999, 1.0]
    golden = {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
        "u": u,
        "quantiles": {str(a): beta.ppf(u, a, a).tolist() for a in (0.1, 0.2, 0.4, 0.5, 1.0, 1.5, 3.0, 10.0)},
    }
    Path(__file__).with_name("mixup.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
