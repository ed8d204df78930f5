"""How fast the library is: ratios against PyTorch and scikit-learn, both on one thread.

Each row times ours and theirs in turn, many short rounds in one process, and prints the ratio of the medians; single
times say little on a shared machine. A row whose other side is not installed says so.
"""

from __future__ import annotations

import importlib
import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import image_augmentation, l1, l2
from reglab.datasets import load
from reglab.engine.train import fit, prepare
from reglab.settings import Settings, Training

__all__ = [
    "Row",
    "bare_products",
    "evaluation_share",
    "late_step",
    "main",
    "medians",
    "mlp_rows",
    "our_steps",
    "path_rows",
    "repeated",
    "sklearn_steps",
    "torch_batched_steps",
    "torch_steps",
    "warp_rows",
]

ROUNDS = 15


@dataclass(frozen=True)
class Row:
    """One line of the table: `theirs` over `ours`, each a function that does the same amount of work."""

    work: str
    against: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    goal: float | None  # None: the table shows it, and asks nothing of it
    calls: int = 1  # of each in a round: after the other's, a short one's first call finds the caches cold


def medians(functions: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Time functions in turn and return the median seconds of each.

    Examples
    --------
    >>> sorted(medians({"a": lambda: sum(range(10)), "b": lambda: None}, rounds=3))
    ['a', 'b']
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for f in functions.values():
        f()
    for _ in range(rounds):
        for name, f in functions.items():
            start = time.perf_counter()
            f()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(t) for name, t in times.items()}


def repeated(f: Callable[[], Any], calls: int) -> Callable[[], None]:
    """Return a function that calls another so many times.

    Examples
    --------
    >>> repeated(lambda: print("once more"), 2)()
    once more
    once more
    """

    def go() -> None:
        for _ in range(calls):
            f()

    return go


def our_steps(settings: list[Settings], training: Training, steps: int, seeds: int = 1) -> Callable[[], None]:
    """Return a function that makes training steps, without evaluations, on 400 digits."""
    advance = prepare("digits", settings, training, n_train=400, seeds=seeds)
    return lambda: advance(steps)


def _torch() -> Any:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    return torch


def torch_steps(training: Training, settings: Settings, steps: int, *, fused: bool) -> Callable[[], None]:
    """Return the same steps as a PyTorch user writes them."""
    torch = _torch()
    sizes, rate = (64, *training.hidden_sizes, 10), settings.dropout
    layers: list[Any] = []
    for a, b in itertools.pairwise(sizes[:-1]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU(), *([torch.nn.Dropout(rate)] if rate else [])]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(*sizes[-2:]))
    adamw = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=settings.weight_decay, fused=fused)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=settings.label_smoothing)
    x, y = (torch.tensor(a[:400].copy()) for a in (load("digits").x, load("digits").y))
    batches: list[Any] = []

    def go() -> None:
        for _ in range(steps):
            if not batches:
                batches.extend(torch.randperm(400).split(training.batch_size))
            rows = batches.pop()
            adamw.zero_grad()
            loss(net(x[rows]), y[rows]).backward()
            adamw.step()

    return go


def torch_batched_steps(training: Training, models: int, steps: int, *, fused: bool) -> Callable[[], None]:
    """Return the steps of many models at once in PyTorch: batched products (bmm) and one AdamW."""
    torch = _torch()
    sizes, batch = (64, *training.hidden_sizes, 10), training.batch_size
    weights = [torch.nn.Parameter(torch.randn(models, a, b) * (2 / a) ** 0.5) for a, b in itertools.pairwise(sizes)]
    biases = [torch.nn.Parameter(torch.zeros(models, 1, b)) for b in sizes[1:]]
    adamw = torch.optim.AdamW([*weights, *biases], lr=1e-3, weight_decay=0.01, fused=fused)
    x, y = (torch.tensor(a[:400].copy()) for a in (load("digits").x, load("digits").y))

    def go() -> None:
        for _ in range(steps):
            rows = torch.randint(400, (models, batch))
            h = x[rows]  # (models, batch, 64)
            adamw.zero_grad()
            for w, b in zip(weights[:-1], biases[:-1], strict=True):
                h = torch.relu(torch.baddbmm(b, h, w))
            outputs = torch.baddbmm(biases[-1], h, weights[-1])
            mean = torch.nn.functional.cross_entropy(outputs.reshape(-1, 10), y[rows].reshape(-1))
            (mean * models).backward()
            adamw.step()

    return go


def bare_products(training: Training, steps: int) -> Callable[[], None]:
    """Return the matrix products of a training step alone."""
    rng, batch = np.random.default_rng(0), training.batch_size
    sizes = (64, *training.hidden_sizes, 10)
    weights = [rng.standard_normal(s).astype(np.float32) for s in itertools.pairwise(sizes)]
    units = [rng.standard_normal((batch, s)).astype(np.float32) for s in sizes]
    deltas = [np.empty_like(u) for u in units]
    gradients = [np.empty_like(w) for w in weights]

    def go() -> None:
        for _ in range(steps):
            for layer, w in enumerate(weights):
                np.matmul(units[layer], w, out=deltas[layer + 1])
            for layer in range(len(weights) - 1, -1, -1):
                np.matmul(units[layer].T, units[layer + 1], out=gradients[layer])
                if layer:
                    np.matmul(units[layer + 1], weights[layer].T, out=deltas[layer])

    return go


def sklearn_steps(training: Training, steps: int) -> Callable[[], None]:
    """Return the steps of scikit-learn's MLPClassifier, Adam."""
    neural_network = importlib.import_module("sklearn.neural_network")
    x, y = load("digits").x[:400].copy(), load("digits").y[:400].copy()
    model = neural_network.MLPClassifier(training.hidden_sizes, batch_size=training.batch_size, alpha=0.0, shuffle=True)
    per_call = -(-400 // training.batch_size)
    model.partial_fit(x, y, classes=np.arange(10))

    def go() -> None:
        for _ in range(0, steps, per_call):
            model.partial_fit(x, y)

    return go


def mlp_rows() -> list[Row]:
    """Return the rows of one network, and of thirty-two at once."""
    network = Training(hidden_sizes=(128, 128), batch_size=64)
    full, plain = Settings(dropout=0.5, label_smoothing=0.1, weight_decay=0.01), Settings(weight_decay=0.01)
    small = Training(hidden_sizes=(32, 32), batch_size=32)
    work = "one MLP 64-128-128-10, batch 64"
    work_many = "32 MLPs 64-32-32-10, batch 32, AdamW"
    extra = work + ", dropout .5, smoothing .1, AdamW"
    n, many = 42, 32
    fused = "PyTorch eager, fused AdamW"
    eager_full, fused_full = (torch_steps(network, full, n, fused=f) for f in (False, True))

    def loop_of_many() -> Callable[[], None]:
        loops = [torch_steps(small, plain, 10, fused=False) for _ in range(many)]

        def go() -> None:
            for f in loops:
                f()

        return go

    def stack() -> Callable[[], None]:
        return our_steps([plain], small, 10, seeds=many)

    return [
        Row(extra, "PyTorch eager", our_steps([full], network, n), eager_full, 4),
        Row(extra, fused, our_steps([full], network, n), fused_full, 3.5),
        Row(work + ", AdamW", fused, our_steps([plain], network, n), torch_steps(network, plain, n, fused=True), 2),
        Row(
            work + ", AdamW",
            "its matrix products alone",
            our_steps([plain], network, n),
            bare_products(network, n),
            1 / 2.9,
        ),
        Row(
            work + ", Adam",
            "scikit-learn MLPClassifier",
            our_steps([Settings()], network, n),
            sklearn_steps(network, n),
            2.3,
        ),
        Row(work_many, "a PyTorch loop", stack(), loop_of_many(), 12),
        *(
            Row(work_many, "PyTorch batched (bmm)" + how, stack(), torch_batched_steps(small, many, 10, fused=f), goal)
            for how, f, goal in (("", False, 2.3), (", fused AdamW", True, None))
        ),
    ]


def _standardised(a: NDArray[Any]) -> NDArray[np.float64]:
    scale = a.std(axis=0)
    whole: NDArray[np.float64] = (a.astype(np.float64) - a.mean(axis=0)) / np.where(scale > 0, scale, 1)
    return whole


def path_rows() -> list[Row]:
    """Return the rows of linear models' paths: the exact lasso, its bootstraps, ridge."""
    linear_model = importlib.import_module("sklearn.linear_model")
    diabetes, digits = load("diabetes"), load("digits")
    X = _standardised(np.concatenate([diabetes.x, diabetes.x_test]))  # (442, 10)
    y = _standardised(np.concatenate([diabetes.y, diabetes.y_test]))
    P = _standardised(np.concatenate([digits.x, digits.x_test]))  # (1797, 64)
    T = _standardised(np.eye(10)[np.concatenate([digits.y, digits.y_test])])  # (1797, 10)

    def strengths(X: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.abs(X.T @ y).max() / len(X) * np.logspace(0, -3, 100))

    l1s, l1s_digits, l2s = strengths(X, y), strengths(P, T), np.logspace(-4, 2, 100)

    def their_bootstraps() -> None:
        for rows in np.random.default_rng(0).integers(len(X), size=(100, len(X))):
            linear_model.lasso_path(X[rows], y[rows], alphas=l1s)

    def their_digits() -> None:
        for target in T.T:
            linear_model.lasso_path(P, target, alphas=l1s_digits)

    def their_ridges() -> None:
        for strength in l2s:
            linear_model.Ridge(alpha=len(X) * strength, fit_intercept=False).fit(X, y)

    def our_bootstraps() -> None:
        l1.bootstrap_lasso_paths(X, y, l1s, np.random.default_rng(0))

    lasso, loop = "scikit-learn lasso_path (1e-4; ours exact)", "a scikit-learn loop"
    return [
        Row(
            "lasso path, 100 strengths, diabetes",
            lasso,
            lambda: l1.lasso_path(X, y, l1s),
            lambda: linear_model.lasso_path(X, y, alphas=l1s),
            8,
            calls=10,
        ),
        Row(
            "lasso path, 100 strengths, digits' 10 targets",
            lasso,
            lambda: l1.lasso_path(P, T, l1s_digits),
            their_digits,
            2,
        ),
        Row("100 bootstrap lasso paths, diabetes", loop, our_bootstraps, their_bootstraps, 60),
        Row("ridge path, 100 strengths, diabetes", loop, lambda: l2.ridge_path(X, y, l2s), their_ridges, 15, calls=2),
    ]


def warp_rows() -> list[Row]:
    """Return the rows of the affine warp of a batch, each image moved in its own way."""
    ndimage = importlib.import_module("scipy.ndimage")
    rng = np.random.default_rng(0)

    def row(side: int, goal: float) -> Row:
        images = rng.random((64, side, side, 1), np.float32)
        matrices = (np.eye(2) + rng.normal(0, 0.1, (64, 2, 2))).astype(np.float32)
        shifts = rng.normal(0, 1, (64, 2)).astype(np.float32)

        def theirs() -> None:
            for image, matrix, shift in zip(images[..., 0], matrices, shifts, strict=True):
                ndimage.affine_transform(image, matrix, shift, order=1, mode="grid-constant")

        work = f"affine warp of 64 images, {side}x{side}"
        ours = partial(image_augmentation.warp, images, matrices, shifts)
        return Row(work, "a scipy.ndimage loop", ours, theirs, goal, calls=10)

    return [row(8, 4), row(28, 2)]


def late_step() -> str:
    """Compare a step at step 10,000 with one of the first 500: the moments of dead units must not slow it."""
    training = Training(hidden_sizes=(128, 128), batch_size=64, max_steps=20_000)
    early, late = (our_steps([Settings(weight_decay=0.01)], training, 100) for _ in range(2))
    for _ in range(100):
        late()
    ratios = []
    for _ in range(4):  # both move on: by 400 steps in the end
        times = []
        for f in (early, late):
            start = time.perf_counter()
            f()
            times.append(time.perf_counter() - start)
        ratios.append(times[1] / times[0])
    return f"a step at step 10,000 over one in the first 500: {statistics.median(ratios):.2f} (goal at most 1.4)"


def evaluation_share() -> str:
    """Say what part of a run its evaluations take, by timing it with forty of them and with one."""
    settings = [Settings(weight_decay=0.01)] * 5

    def whole(evaluations: int) -> Callable[[], None]:
        training = Training(max_steps=400, eval_steps=evaluations)

        def go() -> None:
            fit("digits", settings, training, seeds=1)

        return go

    took = medians({"forty": whole(40), "one": whole(1)}, rounds=5)
    return f"evaluations' share of a run of 400 steps with 40 of them: {1 - took['one'] / took['forty']:.0%}"


def main() -> None:
    """Print the table of speeds, row by row as they are measured."""
    print(f"{'work':<68} {'against':<42} {'ratio':>7}  {'goal':>7}", flush=True)
    for rows in (mlp_rows, path_rows, warp_rows):
        try:
            group = rows()
        except ImportError as missing:
            print(f"{rows.__doc__} Left out: {missing}.")
            continue
        for row in group:
            both = {"ours": row.ours, "theirs": row.theirs}
            took = medians({name: repeated(f, row.calls) for name, f in both.items()})
            ratio = f"{took['theirs'] / took['ours']:.2f}x"
            goal = "-" if row.goal is None else f"{row.goal:.2f}x"
            print(f"{row.work:<68} {row.against:<42} {ratio:>7}  {goal:>7}", flush=True)
    print(late_step(), evaluation_share(), sep="\n")
