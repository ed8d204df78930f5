"""Write l1.json: paths of scikit-learn's coordinate descent, and the knots of its least angle regression."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.linear_model import enet_path, lars_path, lasso_path

from reglab.datasets import load

EXACT: dict[str, Any] = {"tol": 1e-15, "max_iter": 1_000_000}
SHARES = [1.0, 0.5, 0.1, 0.01, 0.001]  # of the strength at which all weights are zero
RATIO = 0.7


def problems() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    tall, wide = rng.standard_normal((30, 6)).round(2), rng.standard_normal((8, 15)).round(2)
    tall_y = (tall @ [2.0, 0, -1, 0, 0, 0.5] + rng.standard_normal(30)).round(2)
    wide_y = (wide[:, 0] - wide[:, 7] + 0.1 * rng.standard_normal(8)).round(2)
    diabetes = load("diabetes")
    X, y = diabetes.x.astype(float), diabetes.y.astype(float)
    return {"tall": (tall, tall_y), "wide": (wide, wide_y), "diabetes": ((X - X.mean(0)) / X.std(0), y - y.mean())}


def main() -> None:
    golden: dict[str, Any] = {"versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}}
    for name, (X, y) in problems().items():
        alphas = np.abs(X.T @ y).max() / len(X) * np.array(SHARES)
        knots, _, at_knots = lars_path(X, y, method="lasso", eps=1e-15)
        golden[name] = {
            "l1s": alphas.tolist(),
            "lasso": lasso_path(X, y, alphas=alphas, **EXACT)[1].T.tolist(),
            "knots": knots.tolist(),
            "at_knots": at_knots.T.tolist(),
            "alphas": alphas.tolist(),
            "l1_ratio": RATIO,
            "elastic_net": enet_path(X, y, l1_ratio=RATIO, alphas=alphas, **EXACT)[1].T.tolist(),
        }
        if name != "diabetes":  # which is bundled
            golden[name] |= {"X": X.tolist(), "y": y.tolist()}
    Path(__file__).with_name("l1.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
