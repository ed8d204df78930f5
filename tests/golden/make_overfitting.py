"""Write overfitting.json: bases from SciPy, and least-squares fits of the reference sample in 60-digit arithmetic."""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import scipy
from scipy.special import eval_chebyt, eval_legendre

DEGREES = (0, 1, 3, 5, 10, 15, 19, 25, 40)


def fit(t: list[mp.mpf], y: list[mp.mpf], degree: int) -> list[float]:
    """Solve the normal equations of least squares, or beyond n coefficients those of the least norm."""
    A = mp.matrix([[mp.chebyt(k, v) for k in range(degree + 1)] for v in t])
    b = mp.matrix(y)
    c = mp.lu_solve(A.T * A, A.T * b) if degree < len(t) else A.T * mp.lu_solve(A * A.T, b)
    return [float(v) for v in c]


def main() -> None:
    mp.mp.dps = 60
    n = 20
    x = np.linspace(0, 2 * np.pi, n)
    y = np.sin(x) + 0.3 * np.random.RandomState(42).randn(n)
    t = [mp.mpf(float(v)) / mp.mpf(float(np.pi)) - 1 for v in x]
    points = np.linspace(-1, 1, 9)
    golden = {
        "versions": {"mpmath": mp.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "degrees": DEGREES,
        "coefficients": [fit(t, [mp.mpf(float(v)) for v in y], degree) for degree in DEGREES],
        "points": points.tolist(),
        "chebyshev": [[float(eval_chebyt(k, p)) for k in range(13)] for p in points],
        "legendre": [[float(eval_legendre(k, p)) for k in range(13)] for p in points],
    }
    Path(__file__).with_name("overfitting.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
