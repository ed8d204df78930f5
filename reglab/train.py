"""The training step is a line, every technique has its place on it, and `fit` walks a stack of models along it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import (
    checks,
    dropout,
    gradient_clipping,
    image_augmentation,
    l1,
    l2,
    label_smoothing,
    mixup,
    stochastic_depth,
)
from reglab.batch_norm import running
from reglab.datasets import Dataset, as_dataset
from reglab.early_stopping import EarlyStopping
from reglab.network import (
    Array,
    Parameters,
    Pass,
    apply,
    backward,
    cross_entropy,
    forward,
    half_squared_error,
    initialise,
    mean_cross_entropy,
)
from reglab.optimizers import Adam, Sgd
from reglab.run import HISTORY, Run, empty_run
from reglab.settings import Settings, Training
from reglab.streams import generator

# Each place of the line with the techniques that act there, in the order in which they act. A technique is named by
# its field in `Settings`; its function is given its value per model and the seeds' own random streams. It is the one
# without checks: the public function of the same name checks what a person hands in, and then calls it.
PLACES: dict[str, dict[str, Callable[..., Any]]] = {
    "batch": {
        "augment": image_augmentation._augment,
        "input_noise": image_augmentation._add_noise,
        "switch_prob": mixup._switch,
        "mixup_alpha": mixup._mixup,
        "cutmix_alpha": mixup._cutmix,
    },
    "target": {"label_smoothing": label_smoothing._smooth},
    "unit": {"input_dropout": dropout._mask, "dropout": dropout._mask},
    "branch": {"drop_path_rate": stochastic_depth._masks},
    "gradient": {
        "l2": l2._gradient,
        "clip_value": gradient_clipping._clip_value,
        "clip_norm": gradient_clipping._clip_norm,
    },
    "weights": {"weight_decay": l2._shrink, "l1": l1._soft_threshold},
    "after": {"patience": EarlyStopping},
}

BLOCK = 32  # models trained at a time: enough to spread the cost of a call, few enough for the processor's cache
TRAIN_ROWS = 400  # at most so many training rows are evaluated
OBJECTIVE_STEPS = 8  # train_objective is the mean over so many steps before an evaluation
TICK = 0.02  # seconds between two calls of `progress`
DIVERGED = 100  # a clean training loss of so many times the best constant guess's
MAX_MODELS = 10_000
ROOM = 250_000_000  # numbers that a run makes at once, of four bytes each


def default_n_val(n_train: int, n_pool: int) -> int:
    """Return how many validation rows `fit` takes when it is not told: as many as for training, from 50 to 400.

    Parameters
    ----------
    n_train : int >= 1
    n_pool : int >= 1

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> default_n_val(200, 1200), default_n_val(1000, 1200)
    (200, 200)
    """
    n_train, n_pool = checks.whole("n_train", n_train, 1), checks.whole("n_pool", n_pool, 1)
    return max(1, min(max(n_train, 50), 400, n_pool - n_train))


def constant_loss(dataset: Dataset | str) -> float:
    """Return about the loss of the best constant guess: ln(n_classes), or half the targets' variance.

    Examples
    --------
    >>> round(constant_loss("digits"), 3)
    2.303
    """
    data = as_dataset(dataset)
    return float(np.log(data.n_classes)) if data.n_classes else float(np.var(data.y) / 2)


def fit(
    dataset: Dataset | str | Sequence[Dataset],
    settings: Settings | Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int = 200,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 5,
    progress: Callable[[float, Run], None] | None = None,
    replace: Mapping[str, Callable[..., Any]] | None = None,
) -> Run:
    """Train one model per setting and seed, all as one stack.

    A seed redraws everything that chance decides: which rows of the pool are for training and for validation, the
    initial weights, the order of the batches, and the noise. Models of one seed share all of it, so a difference
    between two settings is paired by seed. A model's run depends on its seed, settings and training alone: it is the
    same, bit for bit, alone and in a larger stack (on one machine, with one BLAS thread).

    Parameters
    ----------
    dataset : Dataset or str, or a sequence of Dataset
        Or its name in `reglab.datasets.NAMES`. Of a sequence each seed has its own, all of one kind and size; the run
        is named after the first.
    settings : Settings, or a sequence of them
    training : Training
    n_train : int
        Training rows, drawn from the pool.
    n_val : int, optional
        Validation rows, drawn from the rest of the pool; by default `default_n_val`.
    seeds : int or sequence of int
        How many (0, 1, ...), or which; one may stand there again, for another dataset with the same draws.
    progress : callable, optional
        Is called about every 20 ms with the share done and the run as it stands, its history NaN where there is none
        yet. An exception that it raises ends the training.
    replace : mapping of str to callable, optional
        Other functions for the techniques in `PLACES`, by their name in `Settings`.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If an argument is not as above or out of its range, or the run would not fit the memory.

    Examples
    --------
    >>> run = fit("digits", [Settings(), Settings(dropout=0.5)], Training(max_steps=20), n_train=50, seeds=2)
    >>> run.val_loss.shape == (2, 2, len(run.steps))
    True
    """
    several = _alike(dataset) if isinstance(dataset, Iterable) and not isinstance(dataset, str) else ()
    data = several[0] if several else as_dataset(dataset)  # type: ignore[arg-type]
    stack = (settings,) if isinstance(settings, Settings) else checks.several("settings", settings, most=MAX_MODELS)
    seed_list = _check(data, stack, training, n_train, n_val, seeds, replace)
    if progress is not None:
        checks.function("progress", progress)
    if several and len(several) != len(seed_list):
        raise ValueError(f"dataset must be one, or one for each of {len(seed_list)} seeds, got {len(several)}")
    if n_val is None:
        n_val = default_n_val(n_train, len(data.x))
    run = empty_run(data, stack, training, n_train, n_val, seed_list)
    blocks = list(_blocks(len(stack), len(seed_list)))
    total, done = len(stack) * len(seed_list) * training.max_steps, 0
    last_tick = time.perf_counter()
    for chosen_settings, chosen_seeds in blocks:
        own = several[chosen_seeds] or data
        block = _Block(own, run, chosen_settings, chosen_seeds, {} if replace is None else replace)
        with _may_diverge():
            for step in block.train():
                now = time.perf_counter()
                if progress is not None and now - last_tick > TICK:
                    last_tick = now
                    progress((done + step * block.models) / total, run)
        done += training.max_steps * block.models
    if progress is not None:
        progress(1.0, run)
    return run


def prepare(
    dataset: Dataset | str,
    settings: Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int = 200,
    seeds: int = 1,
) -> Callable[[int], None]:
    """Return a function that makes so many training steps of a stack each time it is called, and evaluates nothing.

    It is `fit`'s own step, for measuring its speed; the arguments are those of `fit`.

    Raises
    ------
    ValueError
        As `fit`.

    Examples
    --------
    >>> advance = prepare("digits", [Settings()], n_train=50)
    >>> advance(10)
    """
    data, stack = as_dataset(dataset), checks.several("settings", settings, most=MAX_MODELS)
    seed_list = _check(data, stack, training, n_train, None, seeds, None)
    run = empty_run(data, stack, training, n_train, default_n_val(n_train, len(data.x)), seed_list)
    blocks = [_Block(data, run, k, s, {}) for k, s in _blocks(len(run.settings), len(seed_list))]
    batches = [block.batches() for block in blocks]

    def advance(steps: int) -> None:
        with _may_diverge():
            for block, rows in zip(blocks, batches, strict=True):
                for _ in range(steps):
                    block.step(next(rows), tracked=False)

    return advance


def _may_diverge() -> np.errstate:
    """Keep NumPy from warning while models train: one that diverges is marked."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def _alike(datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """Return the datasets as a tuple; raise unless one stack can hold them."""
    several = checks.several("dataset", datasets, most=MAX_MODELS)
    for data in several:
        checks.instance("dataset", data, Dataset)
    kinds = {(d.x.shape, d.x_test.shape, d.task, d.n_classes, d.image_shape) for d in several}
    if len(kinds) != 1:
        raise ValueError(f"dataset must be of one kind and size for all seeds, got {len(kinds)} kinds")
    return several


def _check(
    data: Dataset,
    stack: tuple[Settings, ...],
    training: Training,
    n_train: int,
    n_val: int | None,
    seeds: int | Sequence[int],
    replace: Mapping[str, Callable[..., Any]] | None,
) -> tuple[int, ...]:
    """Return the seeds as a tuple; raise where an argument is out of its range."""
    if not stack or not all(isinstance(s, Settings) for s in stack):
        raise ValueError(f"settings must be one Settings or several, got {checks.shown(stack)}")
    checks.instance("training", training, Training)
    layers = len(training.hidden_sizes)
    for s in stack:
        if isinstance(s.dropout, tuple) and len(s.dropout) != layers:
            raise ValueError(f"dropout must have one rate per hidden layer ({layers}), got {s.dropout}")
        if s.augment and data.task not in ("image", "signal"):
            raise ValueError(f"augment must be 0 for a dataset of {data.task} rows, got {s.augment}")
        if s.drop_path_rate and not (training.residual and layers > 1):
            raise ValueError(f"drop_path_rate must be 0 unless residual is on, got {s.drop_path_rate}")
        if data.n_classes is None and (s.label_smoothing or s.mixup_alpha):
            raise ValueError("label_smoothing and mixup_alpha must be 0 for regression")
        if s.cutmix_alpha and (data.image_shape is None or data.n_classes is None):
            raise ValueError(f"cutmix_alpha must be 0 unless the dataset has images of classes, got {s.cutmix_alpha}")
    checks.whole("n_train", n_train, 2)
    if n_val is not None:
        checks.whole("n_val", n_val, 1)
    if n_train + (n_val or 1) > len(data.x):
        raise ValueError(
            f"n_train + n_val must be at most {len(data.x)}, the rows of {data.name}'s pool, "
            f"got {n_train} + {n_val or 1}"
        )
    seed_list = checks.seeds("seeds", seeds, MAX_MODELS)
    widths = (data.x.shape[1], *training.hidden_sizes, data.n_classes or 1)
    models, rows = len(stack) * len(seed_list), TRAIN_ROWS + (n_val or TRAIN_ROWS) + len(data.x_test)
    weights = sum(a * b for a, b in itertools.pairwise(widths))
    at_once = 5 * weights + max(widths[1:]) * max(rows, min(training.batch_size, n_train))
    history = 2 * len(HISTORY) * min(training.eval_steps, training.max_steps)
    needed = models * (weights + history) + min(models, BLOCK) * at_once
    if needed > ROOM:
        raise ValueError(f"training, settings and seeds must need at most {ROOM} numbers at once, got {needed}")
    if replace is None:
        return seed_list
    known = {name for place in PLACES.values() for name in place}
    if unknown := [str(name) for name in checks.mapping("replace", replace) if name not in known]:
        raise ValueError(f"replace must name techniques among {', '.join(sorted(known))}, got {', '.join(unknown)}")
    for name, other in replace.items():
        checks.function(f"replace[{name!r}]", other)
    return seed_list


def _blocks(n_settings: int, n_seeds: int) -> Iterator[tuple[slice, slice]]:
    """Cut the stack into blocks of at most `BLOCK` models: whole seeds where they fit, else parts of one seed."""
    seeds_at_once = max(1, BLOCK // n_settings)
    for seed in range(0, n_seeds, seeds_at_once):
        for setting in range(0, n_settings, BLOCK):
            yield slice(setting, min(setting + BLOCK, n_settings)), slice(seed, min(seed + seeds_at_once, n_seeds))


class _Block:
    """Some models of a run while they train: axis 0 is the seed, axis 1 the setting."""

    def __init__(
        self,
        data: Dataset | Sequence[Dataset],
        run: Run,
        settings: slice,
        seeds: slice,
        replace: Mapping[str, Callable[..., Any]],
    ) -> None:
        self.run, self.at = run, (settings, seeds)
        self.settings, self.seeds = run.settings[settings], run.seeds[seeds]
        self.stack = S, K = len(self.seeds), len(self.settings)
        self.models = S * K
        self.each = (data,) * S if isinstance(data, Dataset) else data  # one per seed
        self.data, self.training = self.each[0], run.training
        self.function = {name: f for place in PLACES.values() for name, f in place.items()} | dict(replace)
        layers = len(self.training.hidden_sizes)

        def per_model(values: list[Any]) -> Array:
            return np.repeat(np.array([values], np.float32), S, axis=0)

        self.strength: dict[str, Array] = {  # (S, K), and (S, K, layers) for dropout
            name: per_model([getattr(s, name) for s in self.settings])
            for name in self.function
            if name not in ("dropout", "patience")
        }
        rates = [s.dropout if isinstance(s.dropout, tuple) else (s.dropout,) * layers for s in self.settings]
        self.strength["dropout"] = per_model(rates)
        # A place that is off in every model costs nothing; one whose function is replaced is always called.
        self.on = {name for name, value in self.strength.items() if value.any() or name in replace}
        self.on -= {"switch_prob"}  # no strength: it is on, at 0 too, where there is something to choose between
        if {"mixup_alpha", "cutmix_alpha"} <= self.on or "switch_prob" in replace:
            self.on |= {"switch_prob"}
        self.rng = {name: [generator(seed, name) for seed in self.seeds] for name in (*self.function, "order")}
        self._take_rows()
        self.net, self.gradient = (Parameters(run.sizes, self.stack, self.training.batch_norm) for _ in range(2))
        self.running: Array = np.zeros((*self.stack, run.kept_statistics.shape[-1]), np.float32)
        statistics = running(self.training.hidden_sizes, self.running) if self.training.batch_norm else []
        for layer in statistics:
            layer.variance[:] = 1
        self.architecture: dict[str, Any] = {"residual": self.training.residual, "statistics": statistics}
        initialise(
            self.net, [generator(seed, "weights") for seed in self.seeds], residual=self.training.residual
        )
        self.learning_rate = per_model([s.learning_rate for s in self.settings])
        momentum = per_model([s.momentum for s in self.settings])[..., None]
        rate, shape = self.learning_rate[..., None], self.net.flat.shape
        self.optimizer = Sgd(shape, rate, momentum) if self.training.optimizer == "sgd" else Adam(shape, rate)
        self.batch = min(self.training.batch_size, run.n_train)
        self.passed = Pass(run.sizes, self.stack, self.batch)
        self.objective: list[Array] = []  # of the last steps, each (S, K)
        self.norm: Array = np.full(self.stack, np.nan, np.float32)
        self.clipped: Array = np.zeros(self.stack, np.float32)  # steps since the last evaluation

    def _take_rows(self) -> None:
        """Draw each seed's training and validation rows, and standardise all rows by the training rows."""
        data, run, K = self.data, self.run, len(self.settings)
        n_pool, n, n_val = len(data.x), run.n_train, run.n_val
        order = np.stack([generator(seed, "rows").permutation(n_pool) for seed in self.seeds])  # (S, n_pool)
        train, val = order[:, :n], order[:, n_pool - n_val :]
        x = np.stack([d.x[rows] for d, rows in zip(self.each, train, strict=True)])  # (S, n, D)
        axes = (1, 2) if data.task in ("image", "signal") else (1,)  # one scale for all pixels, or one per feature
        wide = x.astype(np.float64)  # so that a constant column has a deviation of almost exactly 0
        centre = wide.mean(axis=axes, keepdims=True)  # (S, 1, 1 or D)
        scale = wide.std(axis=axes, keepdims=True)
        scale = np.where(scale > 1e-6 * np.abs(centre), scale, 1).astype(np.float32)
        centre = centre.astype(np.float32)
        run.centre[self.at[1]], run.scale[self.at[1]] = centre, scale
        self.x = ((x - centre) / scale).reshape(-1, data.x.shape[1])  # (S * n, D)
        y = np.concatenate([d.y[rows] for d, rows in zip(self.each, train, strict=True)])  # (S * n,)
        self.y = np.eye(data.n_classes, dtype=np.float32)[y] if data.n_classes else y[:, None].astype(np.float32)
        # Evaluation sees a fixed part of the training rows, the validation rows and the test rows in one pass.
        seen = train[:, :TRAIN_ROWS]
        parts = list(zip(self.each, seen, val, strict=True))
        rows = np.stack([np.concatenate([d.x[a], d.x[b], d.x_test]) for d, a, b in parts])  # (S, rows, D)
        self.eval_x = ((rows - centre) / scale)[:, None]  # (S, 1, rows, D)
        self.eval_y = np.stack([np.concatenate([d.y[a], d.y[b], d.y_test]) for d, a, b in parts])[:, None]
        cuts = np.cumsum([0, seen.shape[1], n_val, len(data.x_test)])
        ends = zip(("train", "val", "test"), cuts[:-1], cuts[1:], strict=True)
        self.splits = {split: slice(a, b) for split, a, b in ends if a < b}  # a dataset may have no test rows
        self.spread = [[(max(float(np.var(self.eval_y[s, 0, c])), 1e-30)) for c in self.splits.values()]
                       for s in range(len(self.seeds))] if data.n_classes is None else []
        self.diverging = DIVERGED * np.array([[constant_loss(d)] for d in self.each])  # (S, 1)
        self.live = np.ones((len(self.seeds), K), bool)

    def train(self) -> Iterator[int]:
        """Walk the line, step by step; yield the number of each step done."""
        watches = [[self.function["patience"](s.patience, s.min_delta) for s in self.settings] for _ in self.seeds]
        rows = self.batches()
        evaluation = 0
        for step in range(1, self.training.max_steps + 1):
            due = int(self.run.steps[evaluation])
            self.step(next(rows), tracked=due - step < OBJECTIVE_STEPS)
            if step == due:
                self.evaluate(evaluation, watches)
                evaluation += 1
                if not self.live.any():
                    break
            yield step

    def step(self, rows: NDArray[np.int64], tracked: bool) -> None:
        """Make one step of all models: the line, from the batch to the weights."""
        f, on, value, rng, net = self.function, self.on, self.strength, self.rng, self.net
        # batch
        x = self.x.take(rows, axis=0)[:, None]  # (S, 1, B, D)
        y = self.y.take(rows, axis=0)[:, None]  # (S, 1, B, C)
        if "augment" in on:
            x = self._augment(x)
        if "input_noise" in on:
            x = f["input_noise"](x, value["input_noise"][..., None, None], rng["input_noise"])
        alpha, cut_alpha = value["mixup_alpha"], value["cutmix_alpha"]
        if "switch_prob" in on:  # one of the two in each batch
            alpha, cut_alpha = f["switch_prob"](alpha, cut_alpha, value["switch_prob"], rng["switch_prob"])
        if "mixup_alpha" in on:
            x, y = f["mixup_alpha"](x, y, alpha, rng["mixup_alpha"])
        if "cutmix_alpha" in on:
            x, y = f["cutmix_alpha"](x, y, cut_alpha, rng["cutmix_alpha"], self.data.image_shape)
        # target
        if "label_smoothing" in on:
            y = f["label_smoothing"](y, value["label_smoothing"][..., None, None])
        # unit
        x, masks = self._masks(x, self.batch, rng)
        # branch: its masks are in `masks` too
        outputs = forward(self.passed, net, x, masks, **self.architecture)  # (S, K, C, B)
        targets = np.ascontiguousarray(y.mT)
        loss = self._loss(outputs, targets, tracked)
        backward(self.passed, net, self.gradient, residual=self.training.residual)
        # gradient
        g, w = self.gradient, net.flat_weights
        if "l2" in on:
            g.flat_weights += f["l2"](w, value["l2"][..., None])
        if tracked:
            self.objective.append(self._with_penalties(loss))
            self.norm = np.sqrt(np.vecdot(g.flat, g.flat))
        gradient = g.flat
        if "clip_value" in on or "clip_norm" in on:
            beyond = np.zeros(self.stack, bool)
            for name in ("clip_value", "clip_norm"):
                if name in on:
                    gradient, size = f[name](gradient, value[name])  # (S, K): its largest element, or its norm
                    beyond |= (size > value[name]) & (value[name] > 0)
            self.clipped += beyond
        update = self.optimizer.step(gradient)
        # weights
        if "weight_decay" in on:
            f["weight_decay"](w, self.learning_rate[..., None], value["weight_decay"][..., None], out=w)
        net.flat -= update
        if "l1" in on:
            f["l1"](w, (self.learning_rate * value["l1"])[..., None], out=w)

    def _augment(self, x: Array) -> Array:
        """Augment the batch of those models for which it is on."""
        strength = self.strength["augment"]  # (S, K)
        which = np.flatnonzero(strength[0]) if strength.any() else np.arange(strength.shape[1])
        moved: Array = self.function["augment"](x, strength[:, which], self.rng["augment"], self.data.image_shape)
        if len(which) == strength.shape[1]:
            return moved
        out = np.repeat(x, strength.shape[1], axis=1)
        out[:, which] = moved
        return out

    def _masks(self, x: Array, batch: int, rng: Mapping[str, Any]) -> tuple[Array, list[Array | None]]:
        """Apply input dropout, and draw the masks of the hidden layers and branches. A stream of None is evaluation."""
        f, on, value = self.function, self.on, self.strength
        if "input_dropout" in on:
            kept = f["input_dropout"](x.shape[-2:], value["input_dropout"][..., None, None], rng["input_dropout"])
            x = x if kept is None else x * kept
        masks: list[Array | None] = [None] * len(self.training.hidden_sizes)
        if "dropout" in on:
            for layer, size in enumerate(self.training.hidden_sizes):
                masks[layer] = f["dropout"]((batch, size), value["dropout"][..., layer, None, None], rng["dropout"])
        if "drop_path_rate" in on:
            blocks = len(masks) - 1
            branches = f["drop_path_rate"](batch, blocks, value["drop_path_rate"], rng["drop_path_rate"])
            for block, kept in enumerate(branches):
                units = masks[block + 1]
                masks[block + 1] = kept if units is None else units if kept is None else units * kept
        return x, masks

    def _loss(self, outputs: Array, targets: Array, tracked: bool) -> Array | None:
        deltas = self.passed.output_deltas
        if self.data.n_classes is None:
            return half_squared_error(outputs, targets, deltas)
        log_total = cross_entropy(outputs, targets, deltas)
        return mean_cross_entropy(outputs, targets, log_total) if tracked else None

    def _with_penalties(self, loss: Array | None) -> Array:
        assert loss is not None
        w = self.net.flat_weights
        total = loss
        if "l2" in self.on:
            total = total + l2._penalty(w, self.strength["l2"])
        if "l1" in self.on:
            total = total + l1._penalty(w, self.strength["l1"])
        return total

    def batches(self) -> Iterator[NDArray[np.int64]]:
        """Yield (S, B) row numbers: each seed's rows in an order drawn anew for every pass through them."""
        n = self.run.n_train
        offset = np.arange(len(self.seeds))[:, None] * n
        left = np.empty((len(self.seeds), 0), np.int64)
        while True:
            while left.shape[1] < self.batch:
                order = np.stack([r.permutation(n) for r in self.rng["order"]]) + offset
                left = np.concatenate([left, order], axis=1)
            yield left[:, : self.batch]
            left = left[:, self.batch :]

    def evaluate(self, evaluation: int, watches: list[list[EarlyStopping]]) -> None:
        """Record the clean losses and accuracies; mark who has stopped or diverged; keep weights."""
        x, masks = self._masks(self.eval_x, self.eval_x.shape[-2], dict.fromkeys(self.rng))
        outputs = apply(self.net, x, masks, **self.architecture)  # (S, K, C, rows)
        losses, right = self._clean(outputs)  # (S, K, rows) each
        run, found = self.run, {}
        for number, (split, rows) in enumerate(self.splits.items()):
            loss, share = losses[..., rows].mean(axis=-1), right[..., rows].mean(axis=-1)
            if self.data.n_classes is None:  # R squared, from half the squared error
                share = 1 - 2 * loss / np.array(self.spread)[:, number, None]
            found[f"{split}_loss"], found[f"{split}_accuracy"] = loss, share
        # Added up in order: np.mean would sum a stack of one in another order than a larger stack.
        found["train_objective"] = np.asarray(sum(self.objective) / np.float32(len(self.objective)))
        found["gradient_norm"] = self.norm
        found["clipped"] = self.clipped / np.diff(run.steps, prepend=0)[evaluation]
        self.clipped[:] = 0
        self.objective.clear()
        blown = (found["train_loss"] > self.diverging) | ~np.isfinite(self.net.flat).all(axis=-1)
        for split in self.splits:
            blown |= ~np.isfinite(found[f"{split}_loss"])  # whatever the cause
        run.diverged[self.at] |= (blown & self.live).T
        self.live &= ~blown
        for name, value in found.items():
            getattr(run, name)[self.at][..., evaluation] = np.where(self.live, value, np.nan).T
        best, kept = run.best[self.at], run.kept_weights[self.at]
        for s, k in np.argwhere(self.live):
            setting, watch = self.settings[k], watches[s][k]
            stop = watch.update(float(found["val_loss"][s, k]))
            restoring = setting.patience is not None and setting.restore_best_weights
            if not restoring or watch.best_index == evaluation:
                best[k, s] = evaluation
                kept[k, s] = self.net.flat[s, k]
                run.kept_statistics[self.at][k, s] = self.running[s, k]
            self.live[s, k] = not stop

    def _clean(self, outputs: Array) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Return each row's loss against its hard label, and whether its prediction is right."""
        if self.data.n_classes is None:
            error = outputs[..., 0, :].astype(np.float64) - self.eval_y
            return error**2 / 2, error
        top = outputs.max(axis=-2, keepdims=True)
        log_total = np.log(np.exp(outputs - top).sum(axis=-2))  # (S, K, rows)
        at_label = np.take_along_axis(outputs, self.eval_y[:, :, None], axis=-2)[..., 0, :]
        top = top[..., 0, :]
        return (log_total + (top - at_label)).astype(np.float64), outputs.argmax(axis=-2) == self.eval_y
