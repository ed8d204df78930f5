"""What the advice is worth: every rule's regret against the best of a grid, on tasks that nothing was fitted on.

    regret ratio = (test loss of the rule - of the oracle) / (test loss of the baseline - of the oracle)

0 is as good as the best setting of the grid, 1 as bad as no regularization. The baseline is the unregularized run at
its last step; the oracle is the setting of the grid with the lowest mean test loss, at its last step or at its best
checkpoint, whichever is lower. ``python -m reglab.benchmark evidence`` prints the table; the grid's results are
committed in `reglab/data/evidence.json`, and ``--grid`` measures them again.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab.datasets import Dataset, load
from reglab.engine.evaluate import constant_loss
from reglab.engine.run import Run
from reglab.engine.train import fit
from reglab.settings import Settings, Training
from reglab.strategy import FITTED, NEAR, Advice, Fitted, curve_of, recommend
from reglab.streams import generator

__all__ = [
    "Reference",
    "Task",
    "ask",
    "base_runs",
    "evaluate",
    "fit_guess",
    "grid",
    "half",
    "interval",
    "load_task",
    "losses",
    "main",
    "measure",
    "measure_grid",
    "other_seeds_oracle",
    "random_search",
    "reference",
    "refit",
    "regret",
    "results",
    "rules",
    "save",
    "sequences",
    "show",
    "simulate",
    "simulated_regrets",
    "table",
    "textbook",
    "train",
]

Array = NDArray[np.float64]

RESULTS = Path(__file__).parent.parent / "data" / "evidence.json"
TRAINING = Training(max_steps=1200)
SEEDS = 5
TRIALS = 20  # of the random search
BOOTSTRAPS = 2000


@dataclass(frozen=True)
class Task:
    """A dataset at a size, some of its labels wrong."""

    dataset: str
    n_train: int
    wrong_labels: float = 0.0

    @property
    def name(self) -> str:
        """Such as "digits 200" or "digits 200, 20 % wrong"."""
        wrong = f", {self.wrong_labels:.0%} wrong".replace("%", " %") if self.wrong_labels else ""
        return f"{self.dataset} {self.n_train}{wrong}"


TASKS = (
    *(Task("digits", n) for n in (50, 100, 200, 400, 800)),
    Task("digits", 200, 0.2),
    *(Task("breast_cancer", n) for n in (50, 100, 200)),
    Task("breast_cancer", 100, 0.2),
    *(Task("wine", n) for n in (30, 60)),
    *(Task("diabetes", n) for n in (50, 100, 200)),
    *(Task("mnist1d", n) for n in (100, 300, 1000)),
    Task("glyphs", 100),
    *(Task("moons", n) for n in (50, 200)),
    *(Task("circles", n) for n in (50, 200)),
    *(Task("spirals", n) for n in (50, 150)),
    *(Task("sequences", n) for n in (100, 300, 1000)),
    Task("table", 400),
)


# --- the tasks ----------------------------------------------------------------------------------------


def _drawn(name: str, x: Array, y: NDArray[Any]) -> Dataset:
    """Make a dataset of drawn rows: the first 500 are for testing."""
    n_classes = int(y.max()) + 1
    return Dataset(
        name=name,
        title=name,
        x=x[500:].astype(np.float32),
        y=y[500:],
        x_test=x[:500].astype(np.float32),
        y_test=y[:500],
        task="tabular",
        n_classes=n_classes,
        feature_names=tuple(f"x{i}" for i in range(x.shape[1])),
        class_names=tuple(str(i) for i in range(n_classes)),
        image_shape=None,
        source="drawn for the benchmark",
        licence="MIT, as this library",
    )


def sequences(n: int = 3000, length: int = 30, motif: int = 8) -> Dataset:
    """Draw sequences of four letters, coded as categories: two classes have a motif in the middle, one has none.

    Examples
    --------
    >>> sequences().x.shape, sequences().n_classes
    ((2500, 120), 3)
    """
    rng = generator(0, "sequences")
    y = rng.integers(0, 3, n)
    liking = rng.normal(size=(3, motif, 4)) * 1.2  # how much a class likes a letter at a place
    liking[0] = 0
    weight = np.zeros((n, length, 4))
    start = (length - motif) // 2
    weight[:, start : start + motif] = liking[y]
    letters = (weight + rng.gumbel(size=weight.shape)).argmax(axis=-1)
    return _drawn("sequences", np.eye(4)[letters].reshape(n, -1), y)


def table(n: int = 3000, columns: int = 40, relevant: int = 10, hidden: int = 20, n_classes: int = 4) -> Dataset:
    """Draw a table of correlated columns; a small random network of ten hidden causes decides the class by chance.

    Examples
    --------
    >>> table().x.shape, table().n_classes
    ((2500, 40), 4)
    """
    rng = generator(0, "table")
    mix = rng.normal(size=(columns, columns)) * 0.3 + np.eye(columns)
    z = rng.normal(size=(n, columns))
    h = np.tanh(z[:, :relevant] @ rng.normal(size=(relevant, hidden)) / np.sqrt(relevant) * 1.5)
    logits = h @ rng.normal(size=(hidden, n_classes)) / np.sqrt(hidden) * 4.0
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=-1)
    return _drawn("table", z @ mix, y)


@cache
def load_task(task: Task) -> Dataset:
    """Return the task's dataset. Wrong labels are wrong everywhere: training, validation and test."""
    makers: dict[str, Callable[[], Dataset]] = {"sequences": sequences, "table": table}
    data = makers[task.dataset]() if task.dataset in makers else load(task.dataset)
    if not task.wrong_labels:
        return data
    n_classes = data.n_classes or 0
    rng = generator(0, f"wrong labels {data.name}")

    def spoil(y: NDArray[Any]) -> NDArray[Any]:
        other = (y + rng.integers(1, n_classes, len(y))) % n_classes
        return np.where(rng.random(len(y)) < task.wrong_labels, other, y)

    return dataclasses.replace(data, y=spoil(data.y), y_test=spoil(data.y_test))


# --- the grid -----------------------------------------------------------------------------------------


def grid(data: Dataset) -> list[Settings]:
    """Return the settings among which the oracle is found; the first is the baseline.

    Examples
    --------
    >>> len(grid(load("digits"))), len(grid(load("wine"))), len(grid(load("diabetes")))
    (32, 43, 36)
    """
    product = itertools.product
    out: list[dict[str, Any]] = []
    if data.task in ("image", "signal"):
        for decay, magnitude, noise in product((0, 0.1, 0.3, 1), (0, 0.5, 1), (0, 0.15)):
            out.append({"weight_decay": decay, "augment": magnitude, "input_noise": noise})
        out += [{"weight_decay": 3, "augment": m, "input_noise": 0.15} for m in (0.5, 1)]
        out += [{"weight_decay": d, "augment": 0.5, "input_noise": 0.4} for d in (0.1, 0.3)]
        others = {"dropout": 0.3, "label_smoothing": 0.05, "mixup_alpha": 0.2, "input_dropout": 0.1}
        out += [{"weight_decay": 0.3, "augment": 0.5, "input_noise": 0.15, name: v} for name, v in others.items()]
    else:
        for decay, noise in product((0, 0.1, 0.3, 1, 3, 10), (0, 0.15, 0.4, 0.8)):
            out.append({"weight_decay": decay, "input_noise": noise})
        out += [{"weight_decay": d, "input_noise": s, "dropout": 0.4} for d, s in product((0, 0.3, 1, 3), (0, 0.4))]
        if data.n_classes:
            out += [{"weight_decay": d, "input_noise": 0.15, "label_smoothing": 0.05} for d in (0.3, 1, 3)]
            out += [{"weight_decay": d, "input_noise": 0.15, "mixup_alpha": 0.2} for d in (0, 0.3, 1, 3)]
        out += [{"weight_decay": d, "input_noise": 0.15, "input_dropout": 0.2} for d in (0.3, 1, 3, 10)]
    return [Settings(**values) for values in out]


def train(
    task: Task, settings: Sequence[Settings], seeds: int | Sequence[int] = SEEDS, executor: Executor | None = None
) -> Run:
    """Train on a task to the last step, keeping each best checkpoint; on an executor's workers, if there is one."""
    keep = [dataclasses.replace(s, patience=TRAINING.eval_steps) for s in settings]
    return fit(load_task(task), keep, TRAINING, n_train=task.n_train, seeds=seeds, executor=executor)


def losses(run: Run) -> dict[str, Array]:
    """Return, each of shape (settings, seeds): the best validation loss, the test loss there and at the last step.

    A model that diverged has an infinite loss at its last step.
    """
    by_split = {"val": run.kept("val_loss"), "test": run.kept("test_loss"), "last": run.test_loss[..., -1]}
    return {name: np.where(np.isfinite(value), value, np.inf) for name, value in by_split.items()}


def measure(task: Task, executor: Executor | None = None) -> dict[str, list[list[float]]]:
    """Train a task's whole grid, and return its losses to four digits."""
    measured = losses(train(task, grid(load_task(task)), executor=executor))
    return {name: [[float(f"{v:.4g}") for v in row] for row in value.tolist()] for name, value in measured.items()}


def measure_grid(executor: Executor | None = None) -> None:
    """Measure all tasks' grids again, and write `RESULTS`."""
    tasks = {}
    for task in TASKS:
        print(task.name, flush=True)
        tasks[task.name] = measure(task, executor)
    save(tasks)


def save(tasks: Mapping[str, dict[str, list[list[float]]]]) -> None:
    """Write the grid's results, one setting a line."""
    about = {
        "about": "Losses of reglab.evidence.grid on reglab.evidence.TASKS: a row per setting, a column per seed; "
        "val: the lowest validation loss; test: the test loss at that checkpoint; last: at the last step.",
        "made by": "python -m reglab.benchmark evidence --grid",
        "numpy": np.__version__,
    }
    rows = {name: {kind: json.dumps(value) for kind, value in by_kind.items()} for name, by_kind in tasks.items()}
    text = json.dumps({**about, "tasks": rows}, indent=1).replace('"[[', "[[").replace(']]"', "]]")
    RESULTS.write_text(text.replace("], [", "],\n    [") + "\n", "utf-8")


@cache
def results() -> dict[str, dict[str, Array]]:
    """Return the committed results of the grid: per task, arrays of shape (settings, seeds)."""
    tasks = json.loads(RESULTS.read_text("utf-8"))["tasks"]
    return {task: {name: np.array(value) for name, value in by_kind.items()} for task, by_kind in tasks.items()}


@dataclass(frozen=True)
class Reference:
    """What a task's rules are measured against, each of shape (seeds,)."""

    baseline: Array
    oracle: Array
    setting: Settings  # the oracle's

    @property
    def tie(self) -> bool:
        """Whether baseline and oracle differ by less than two standard errors."""
        gain = self.baseline - self.oracle
        return bool(gain.mean() < 2 * gain.std(ddof=1) / np.sqrt(len(gain)))


def reference(task: Task) -> Reference:
    """Return a task's baseline and oracle."""
    in_grid = results()[task.name]
    either = np.stack([in_grid["test"], in_grid["last"]])  # (2, settings, seeds)
    kind, setting = np.unravel_index(np.argmin(either.mean(axis=-1)), either.shape[:2])
    return Reference(in_grid["last"][0], either[kind, setting], grid(load_task(task))[setting])


def regret(loss: Array, against: Reference) -> float:
    """Return the regret ratio of a rule's test losses, shape (seeds,)."""
    oracle = float(against.oracle.mean())
    return (float(loss.mean()) - oracle) / max(float(against.baseline.mean()) - oracle, 1e-9)


# --- the rules ----------------------------------------------------------------------------------------


def ask(task: Task, run: Run, seed: int, *, curve: bool, fitted: Fitted) -> Advice:
    """Ask for advice with what a person has: the size, and one seed's unregularized run."""
    data = load_task(task)
    return recommend(
        task.n_train,
        float(run.train_loss[0, seed, -1]),
        float(run.val_loss[0, seed, -1]),
        task="tabular" if data.task == "points" else data.task,
        n_classes=data.n_classes,
        constant_loss=None if data.n_classes else constant_loss(data),
        n_val=run.n_val,
        curve=curve_of(run, 0, seed=seed) if curve else None,
        steps=TRAINING.max_steps,
        fitted=fitted,
    )


def half(settings: Settings) -> Settings:
    """Return settings of half the strength."""
    names = ("weight_decay", "augment", "input_noise", "input_dropout", "label_smoothing", "mixup_alpha", "dropout")
    return dataclasses.replace(settings, **{name: getattr(settings, name) / 2 for name in names})


def textbook(data: Dataset) -> Settings:
    """Return the static recipe: dropout .3, decay .1, smoothing .05, light augmentation where there is one."""
    return Settings(
        dropout=0.3,
        weight_decay=0.1,
        label_smoothing=0.05 if data.n_classes else 0.0,
        augment=0.25 if data.task in ("image", "signal") else 0.0,
    )


def random_search(task: Task, trials: int, draws: int = 400) -> Array:
    """Return the test loss of the setting with the lowest validation loss among random ones, averaged over draws."""
    in_grid, rng = results()[task.name], generator(0, "random search")
    n_settings, n_seeds = in_grid["val"].shape
    order = rng.random((draws, n_settings)).argsort(axis=1)[:, :trials]  # (draws, trials)
    pick = in_grid["val"][order].argmin(axis=1)  # (draws, seeds)
    chosen = np.take_along_axis(order, pick, axis=1)
    return np.asarray(in_grid["test"][chosen, np.arange(n_seeds)].mean(axis=0))


def other_seeds_oracle(task: Task) -> Array:
    """Return each seed's test loss under the setting that is best on the other seeds: what can be reached at all."""
    test = results()[task.name]["test"]
    others = test.sum(axis=1, keepdims=True) - test
    return np.asarray(test[others.argmin(axis=0), np.arange(test.shape[1])])


def rules(task: Task, run: Run, fitted: Fitted) -> dict[str, Array]:
    """Train what is advised on a task and return each rule's test losses, of shape (seeds,)."""
    data, rows = load_task(task), []
    for seed in range(SEEDS):
        weak = ask(task, run, seed, curve=False, fitted=fitted).settings
        strong = ask(task, run, seed, curve=True, fitted=fitted).settings
        trained = losses(train(task, [textbook(data), weak, strong, half(strong)], seeds=(seed,)))
        val, test = trained["val"][:, 0], trained["test"][:, 0]
        first_val, first = run.val_loss[0, seed].min(), run.test_loss[0, seed, run.val_loss[0, seed].argmin()]
        three = int(np.argmin([first_val, val[2], val[3]]))
        rows.append(
            {
                "early stopping alone": first,
                "textbook recipe": test[0],
                "advice from size and last losses": test[1],
                "  and the check for harm": test[1] if val[1] < first_val else first,
                "advice from the curve": test[2],
                "  and the check for harm ": test[2] if val[2] < first_val else first,
                "  and one more run at half strength": [first, test[2], test[3]][three],
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


# --- what is fitted -----------------------------------------------------------------------------------


def base_runs() -> dict[Task, Run]:
    """Train every task's unregularized run, the one that the advice sees."""
    return {task: train(task, [Settings()]) for task in TASKS}


def fit_guess(runs: Mapping[Task, Run]) -> Fitted:
    """Fit by least squares, every dataset weighing the same, what the last losses say about the curve.

    Each run is seen at a quarter, a half and the whole of its length, so that the length is told apart.
    """
    rows, weights = [], []
    count = Counter(task.dataset for task in runs)
    for task, run in runs.items():
        constant = constant_loss(load_task(task))
        for seed in range(len(run.seeds)):
            for share in (0.25, 0.5, 1.0):
                seen = run.steps <= share * run.steps[-1]
                train_loss, val_loss = run.train_loss[0, seed, seen], run.val_loss[0, seed, seen]
                steps = run.steps[seen]
                near = steps[val_loss <= NEAR * val_loss.min()]
                at = int(val_loss.argmin())
                rows.append(
                    (
                        np.log(steps[-1]),
                        np.log(task.n_train),
                        np.clip((val_loss[-1] - train_loss[-1]) / constant, 0, 2),
                        np.log(np.clip(train_loss[-1] / constant, 1e-4, 2)),
                        np.log(near[0] * near[-1]) / 2,
                        np.clip(1 - train_loss[at] / val_loss[at], 0, 1),
                    )
                )
                weights.append(1 / count[task.dataset])
    length, size, gap, low, turn, known = np.array(rows).T
    root, ones = np.sqrt(weights), np.ones(len(rows))

    def solve(columns: list[Array], target: Array) -> tuple[float, ...]:
        x = np.stack(columns, axis=1) * root[:, None]
        return tuple(float(b) for b in np.linalg.lstsq(x, target * root, rcond=None)[0])

    return dataclasses.replace(FITTED, turn=solve([ones, length, size, gap], turn), known=solve([ones, low], known))


def simulate(task: Task, run: Run, fitted: Fitted) -> Array:
    """Return about the advice's test losses, of shape (seeds,), by interpolating in the grid instead of training."""
    in_grid, settings = results()[task.name], grid(load_task(task))
    out = []
    for seed in range(len(run.seeds)):
        advised = ask(task, run, seed, curve=True, fitted=fitted).settings
        at_noise = []
        for noise in sorted({s.input_noise for s in settings}):
            line = [Settings(weight_decay=s.weight_decay, input_noise=noise, augment=advised.augment) for s in settings]
            on = [settings.index(s) for s in dict.fromkeys(line) if s in settings]
            if len(on) < 2:
                continue
            decays = np.log(np.maximum([settings[i].weight_decay for i in on], 0.03))
            order, at = np.argsort(decays), np.log(max(advised.weight_decay, 0.03))
            both = [np.interp(at, decays[order], in_grid[name][on, seed][order]) for name in ("val", "test")]
            at_noise.append((noise, *both))
        noises, vals, tests = np.array(at_noise).T
        val, test = (np.interp(advised.input_noise, noises, values) for values in (vals, tests))
        out.append(test if val < in_grid["val"][0, seed] else in_grid["test"][0, seed])
    return np.array(out)


CANDIDATES = tuple(
    dataclasses.replace(
        FITTED,
        decay_base=times * FITTED.decay_base,
        decay_known=times * FITTED.decay_known,
        decay_augmented=times * FITTED.decay_augmented,
    )
    for times in (0.5, 0.7, 1.0, 1.4, 2.0)
)


def simulated_regrets(task: Task, run: Run) -> Array:
    """Return each candidate's regret on a task, shape (candidates,); over at least 15 % of the baseline's loss."""
    against = reference(task)
    baseline, oracle = float(against.baseline.mean()), float(against.oracle.mean())
    tests = [float(simulate(task, run, fitted).mean()) for fitted in CANDIDATES]
    return (np.array(tests) - oracle) / max(baseline - oracle, 0.15 * baseline)


def refit(runs: Mapping[Task, Run], regrets: Mapping[Task, Array], without: str | None = None) -> Fitted:
    """Fit the rules' numbers on all datasets but one: the candidate of least mean regret, and the guess."""
    used = {task: run for task, run in runs.items() if task.dataset != without}
    datasets = dict.fromkeys(task.dataset for task in used)
    mean = np.mean([np.mean([regrets[t] for t in used if t.dataset == d], axis=0) for d in datasets], axis=0)
    best, guess = CANDIDATES[int(mean.argmin())], fit_guess(used)
    return dataclasses.replace(best, turn=guess.turn, known=guess.known)


# --- the table ----------------------------------------------------------------------------------------


def interval(rows: Sequence[tuple[Task, float]]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean regret: datasets are drawn, and tasks within them."""
    rng = generator(0, "bootstrap")
    groups: dict[str, list[float]] = {}
    for task, value in rows:
        groups.setdefault(task.dataset, []).append(value)
    values = [np.array(group) for group in groups.values()]
    means = []
    for _ in range(BOOTSTRAPS):
        drawn = [values[i] for i in rng.integers(len(values), size=len(values))]
        means.append(np.concatenate([group[rng.integers(len(group), size=len(group))] for group in drawn]).mean())
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def evaluate(runs: Mapping[Task, Run], regrets: Mapping[Task, Array]) -> dict[str, list[tuple[Task, Array]]]:
    """Return every rule's test losses on every task, fitted without the task's dataset."""
    out: dict[str, list[tuple[Task, Array]]] = {}
    for dataset in dict.fromkeys(task.dataset for task in runs):
        fitted = refit(runs, regrets, without=dataset)
        for task, run in runs.items():
            if task.dataset != dataset:
                continue
            print(task.name, file=sys.stderr, flush=True)
            rule_losses = {
                **rules(task, run, fitted),
                "random search of 10": random_search(task, 10),
                f"random search of {TRIALS}": random_search(task, TRIALS),
                "the oracle of the other seeds": other_seeds_oracle(task),
            }
            for name, loss in rule_losses.items():
                out.setdefault(name, []).append((task, loss))
    return out


def show(rule_losses: Mapping[str, Sequence[tuple[Task, Array]]]) -> str:
    """Return the table."""
    names = list(rule_losses)
    against = {task: reference(task) for task, _ in rule_losses[names[0]]}
    ties = [task.name for task, ref in against.items() if ref.tie]
    lines = [
        f"{len(against)} tasks, {len(ties)} of them ties ({'; '.join(ties) or 'none'}): baseline and oracle within two "
        "standard errors, left out of the regrets.",
        "",
        f"{'rule':38s} mean regret [95 %]      worst  (where)                     losses to early stopping",
    ]
    stopping = dict(rule_losses["early stopping alone"])
    for name in names:
        rows = [(task, regret(loss, against[task])) for task, loss in rule_losses[name] if not against[task].tie]
        low, high = interval(rows)
        task, worst = max(rows, key=lambda row: row[1])
        worse = sum(_worse(loss, stopping[task]) for task, loss in rule_losses[name])
        mean = np.mean([value for _, value in rows])
        lines.append(f"{name:38s} {mean:5.2f} [{low:5.2f}, {high:5.2f}] {worst:11.2f}  ({task.name:24s}) {worse:8d}")
    lines += ["", *(f"  ({i}) {name.strip()}" for i, name in enumerate(names, 1)), ""]
    heads = "".join(f"{f'({i})':>6s}" for i in range(1, len(names) + 1))
    lines.append(f"{'task':26s} {'baseline':>9s} {'oracle':>8s}{heads}")
    for number, (task, ref) in enumerate(against.items()):
        values = [regret(rule_losses[name][number][1], ref) for name in names]
        cells = "".join(f"{'tie' if ref.tie else f'{v:.2f}':>6s}" for v in values)
        lines.append(f"{task.name:26s} {ref.baseline.mean():9.3f} {ref.oracle.mean():8.3f}{cells}")
    return "\n".join(lines)


def _worse(loss: Array, other: Array) -> bool:
    """Whether a rule's losses are above another's by more than two standard errors, paired by seed."""
    more = loss - other
    return bool(more.mean() > 2 * more.std(ddof=1) / np.sqrt(len(more)) and more.mean() > 1e-6)


def main(again: bool = False, executor: Executor | None = None) -> None:
    """Print the table.

    Parameters
    ----------
    again : bool
        Measure the grid again first.
    executor : concurrent.futures.Executor, optional
        Whose workers measure the grid.
    """
    if again:
        measure_grid(executor)
        results.cache_clear()
    runs = base_runs()
    regrets = {task: simulated_regrets(task, run) for task, run in runs.items()}
    print(show(evaluate(runs, regrets)))
    print(f"\nFitted on all of them, what the library has: {_rounded(refit(runs, regrets))}")


def _rounded(fitted: Fitted) -> Fitted:
    """Round to two digits, as the library has them."""
    two = {name: tuple(float(f"{b:.2g}") for b in getattr(fitted, name)) for name in ("turn", "known")}
    return dataclasses.replace(fitted, turn=two["turn"], known=two["known"])
