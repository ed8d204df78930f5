import dataclasses
import importlib
import inspect
import itertools
import json
import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from reglab.datasets import Dataset, load
from reglab.dropout import mask
from reglab.engine import rows as rows_room
from reglab.engine import train
from reglab.engine.evaluate import constant_loss
from reglab.engine.line import PLACES
from reglab.engine.run import HISTORY, empty_run
from reglab.engine.step import Step
from reglab.engine.sweep import sweep
from reglab.engine.train import default_n_val, fit
from reglab.experiments.combinations import GRID
from reglab.image_augmentation import add_noise, augment
from reglab.label_smoothing import smooth
from reglab.mixup import cutmix, mixup
from reglab.settings import Settings, Training
from reglab.stochastic_depth import rates
from reglab.streams import generator, uniforms
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "train.json").read_text())
TECHNIQUES = [name for place in PLACES.values() for name in place if name != "learning_rate"]
SHAPES = {  # features, and the shape of an image
    "tabular": (4, None),
    "points": (2, None),
    "image": (16, (4, 4)),
    "colour": (12, (2, 2, 3)),
    "signal": (9, None),
}


def make_dataset(task="tabular", n_classes=3, n_pool=100, n_test=30, seed=0):
    """Draw a small data set that can be learned, its features on unlike scales."""
    rng = np.random.default_rng(seed)
    d, image_shape = SHAPES[task]
    x = rng.normal(size=(n_pool + n_test, d))
    scores = x @ rng.normal(size=(d, n_classes or 1)) + 0.3 * rng.normal(size=(n_pool + n_test, n_classes or 1))
    y = scores.argmax(axis=1) if n_classes else (scores[:, 0] / scores.std()).astype(np.float32)
    if task in ("tabular", "points"):
        x = x * np.logspace(-2, 2, d) + 5
    x = x.astype(np.float32)
    return Dataset(
        name="drawn",
        title="Drawn",
        x=x[:n_pool],
        y=y[:n_pool],
        x_test=x[n_pool:],
        y_test=y[n_pool:],
        task="image" if task == "colour" else task,
        n_classes=n_classes,
        feature_names=tuple(f"x{i}" for i in range(d)),
        class_names=tuple(f"c{i}" for i in range(n_classes or 0)),
        image_shape=image_shape,
        source="this test",
        licence="MIT",
    )


def make_block(data, settings, training, *, n_train=40, n_val=20, seeds=(0, 1), replace=None):
    run = empty_run(data, tuple(settings), training, n_train, n_val, tuple(seeds))
    return train.Block(data, run, slice(0, len(settings)), slice(0, len(seeds)), replace)


class Recorded:
    """An optimizer that keeps a copy of the gradient it is given and of the step it makes."""

    def __init__(self, optimizer):
        self.optimizer = optimizer

    def step(self, gradient):
        self.gradient = gradient.astype(np.float64)
        update = self.optimizer.step(gradient)
        self.update = update.copy()
        return update


def assert_same_models(first, at, other, there):
    """Compare two runs' models bit for bit."""
    for name in HISTORY:
        np.testing.assert_array_equal(getattr(first, name)[at], getattr(other, name)[there], err_msg=name)
    for name in ("best", "diverged", "kept_weights", "kept_statistics"):
        np.testing.assert_array_equal(getattr(first, name)[at], getattr(other, name)[there], err_msg=name)


# --- the step: every place of the line against finite differences in double precision ---


def objective(flat, sizes, x, y, masks, training, regression, l2, l1):
    """Compute the objective of one model as design and papers have it; `flat` may have leading axes."""
    pairs = list(itertools.pairwise(sizes))
    lengths = [a * b for a, b in pairs] + list(sizes[1:]) + list(sizes[1:-1] if training.batch_norm else ())
    parts = np.split(flat, np.cumsum(lengths)[:-1], axis=-1)
    layers = len(pairs)
    w = [part.reshape(*flat.shape[:-1], a, b) for part, (a, b) in zip(parts[:layers], pairs, strict=True)]
    b = [part[..., None, :] for part in parts[layers : 2 * layers]]
    gains = [part[..., None, :] for part in parts[2 * layers :]]
    h = x
    for layer in range(layers - 1):
        z = h @ w[layer]
        if training.batch_norm:
            z = z - z.mean(axis=-2, keepdims=True)
            z = z / np.sqrt((z**2).mean(axis=-2, keepdims=True) + 1e-5) * gains[layer]
        z = np.maximum(z + b[layer], 0) * masks[layer]
        h = h + z if training.residual and layer else z
    outputs = h @ w[-1] + b[-1]
    if regression:
        loss = ((outputs - y) ** 2).mean(axis=(-2, -1)) / 2
    else:
        top = outputs.max(axis=-1, keepdims=True)
        log_p = outputs - top - np.log(np.exp(outputs - top).sum(axis=-1, keepdims=True))
        loss = -(y * log_p).sum(axis=-1).mean(axis=-1)
    penalised = np.concatenate(parts[:layers], axis=-1)
    return loss + l2 / 2 * (penalised**2).sum(axis=-1) + l1 * np.abs(penalised).sum(axis=-1)


def central_differences(f, flat, step=1e-6):
    shifts = np.eye(len(flat)) * step
    return (f(flat + shifts) - f(flat - shifts)) / (2 * step)


class Replay:
    """One model's draws, made again from its streams, one setting and one seed at a time."""

    def __init__(self, data, setting, training, seed):
        self.data, self.setting, self.training = data, setting, training
        self.rng = {name: generator(seed, name) for name in (*TECHNIQUES, "switch_prob")}

    def draw(self, x, y):
        s, rng, sizes = self.setting, self.rng, self.training.hidden_sizes
        x, y = x.astype(np.float64), y.astype(np.float64)
        x = augment(x, s.augment, rng["augment"], self.data.image_shape) if s.augment else x
        x = add_noise(x, s.input_noise, rng["input_noise"])
        cuts = bool(s.cutmix_alpha)
        if s.mixup_alpha and s.cutmix_alpha:
            cuts = uniforms(rng["switch_prob"], ()) < s.switch_prob
        x, y = mixup(x, y, 0 if cuts else s.mixup_alpha, rng["mixup_alpha"])
        if s.cutmix_alpha:
            x, y = cutmix(x, y, s.cutmix_alpha if cuts else 0, rng["cutmix_alpha"], self.data.image_shape)
        y = smooth(y, s.label_smoothing)
        x = x * mask(x.shape, s.input_dropout, rng["input_dropout"])
        per_layer = s.dropout if isinstance(s.dropout, tuple) else (s.dropout,) * len(sizes)
        masks = [
            mask((len(x), size), rate, rng["dropout"]).astype(np.float64)
            for size, rate in zip(sizes, per_layer, strict=True)
        ]
        for block, rate in enumerate(rates(s.drop_path_rate, len(sizes) - 1) if self.training.residual else ()):
            stays = uniforms(rng["drop_path_rate"], (len(x), 1)) >= rate
            masks[block + 1] = masks[block + 1] * stays / (1 - rate)
        return x, y, masks


ALL = {"input_noise": 0.3, "input_dropout": 0.2, "dropout": (0.3, 0.5), "l2": 0.05, "l1": 0.01, "weight_decay": 0.5}
SOFT = {"mixup_alpha": 0.7, "label_smoothing": 0.15}
SINGLE = [
    Settings(),
    Settings(input_noise=0.5),
    Settings(mixup_alpha=0.4),
    Settings(label_smoothing=0.2),
    Settings(input_dropout=0.3),
    Settings(dropout=0.5),
    Settings(dropout=(0.0, 0.6)),
    Settings(l2=0.3),
    Settings(l1=0.05),
    Settings(weight_decay=3.0),
    Settings(clip_norm=0.1),
    Settings(clip_norm=1e3, l2=0.1, label_smoothing=0.1),
    Settings(clip_value=0.02),
    Settings(clip_value=0.05, clip_norm=0.1, l2=0.3),
    Settings(**ALL, **SOFT),
    Settings(**ALL, **SOFT, clip_norm=0.2),
]
DEEP = [
    Settings(),
    Settings(drop_path_rate=0.5),
    Settings(dropout=(0.1, 0.3, 0.5), drop_path_rate=0.7, l2=0.1, clip_norm=0.3, **SOFT),
]
LINES = {
    "each place alone, and all": (make_dataset(), SINGLE, Training(hidden_sizes=(6, 5))),
    "images": (
        make_dataset("image"),
        [Settings(), Settings(augment=0.5), Settings(augment=1.0, **ALL, **SOFT)],
        Training(hidden_sizes=(6, 5)),
    ),
    "images mixed": (
        make_dataset("image"),
        [
            Settings(cutmix_alpha=1.0),
            Settings(cutmix_alpha=0.5, mixup_alpha=2.0, switch_prob=0.6),
            Settings(mixup_alpha=0.4),
            Settings(cutmix_alpha=1.0, **ALL, **SOFT),
        ],
        Training(hidden_sizes=(6, 5)),
    ),
    "colour images": (
        make_dataset("colour"),
        [Settings(augment=1.0), Settings(cutmix_alpha=2.0)],
        Training(hidden_sizes=(6,)),
    ),
    "signals": (
        make_dataset("signal"),
        [Settings(augment=1.0, **ALL, **SOFT), Settings(dropout=0.2)],
        Training(hidden_sizes=(6, 5)),
    ),
    "regression": (
        make_dataset(n_classes=None),
        [Settings(), Settings(**ALL), Settings(**ALL, clip_norm=0.1), Settings(l2=0.2)],
        Training(hidden_sizes=(6, 5)),
    ),
    "residual": (make_dataset(), DEEP, Training(hidden_sizes=(5, 5, 5), residual=True)),
    "batch norm": (
        make_dataset(),
        [Settings(), Settings(**ALL, **SOFT)],
        Training(hidden_sizes=(6, 5), batch_norm=True),
    ),
    "residual, batch norm": (make_dataset(), DEEP, Training(hidden_sizes=(5, 5, 5), residual=True, batch_norm=True)),
    "linear": (
        make_dataset(),
        [Settings(), Settings(input_dropout=0.3, l2=0.1, label_smoothing=0.1)],
        Training(hidden_sizes=()),
    ),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_every_step_is_the_line(line, optimizer):
    """Objective, gradient and update of three steps, for each model alone, with all its randomness replayed."""
    data, settings, training = LINES[line]
    training = dataclasses.replace(training, optimizer=optimizer, batch_size=10)
    settings = [dataclasses.replace(s, learning_rate=0.01 * (k + 1)) for k, s in enumerate(settings)]
    block = make_block(data, settings, training)
    block.step.optimizer = Recorded(block.step.optimizer)
    block.step.net.flat[:] += np.random.default_rng(5).normal(0, 0.1, block.step.net.flat.shape)  # biases and gains too
    replays = [[Replay(data, setting, training, seed) for setting in settings] for seed in block.run.seeds]
    batches = block.rows.batches()
    n_weights = block.step.net.n_weights
    for _ in range(3):
        rows = next(batches)
        before = block.step.net.flat.astype(np.float64)
        block.step.objective.clear()
        block.step(rows, tracked=True)
        for s in range(len(block.run.seeds)):
            for k, setting in enumerate(settings):
                x, y, masks = replays[s][k].draw(block.rows.x[rows[s]], block.rows.y[rows[s]])

                def f(flat, l1, x=x, y=y, masks=masks, l2=setting.l2):
                    sizes, regression = block.run.sizes, data.n_classes is None
                    return objective(flat, sizes, x, y, masks, training, regression, l2, l1)

                expected = f(before[s, k], setting.l1)
                assert block.step.objective[0][s, k] == pytest.approx(expected, rel=1e-5)
                gradient = central_differences(lambda flat, f=f: f(flat, 0.0), before[s, k])  # l1 acts later
                assert block.step.norm[s, k] == pytest.approx(np.linalg.norm(gradient), rel=1e-4)
                if setting.clip_value:
                    gradient = np.clip(gradient, -setting.clip_value, setting.clip_value)
                if setting.clip_norm:
                    gradient *= min(1, setting.clip_norm / np.linalg.norm(gradient))
                stepped = block.step.optimizer.gradient[s, k]
                np.testing.assert_allclose(stepped, gradient, rtol=1e-3, atol=2e-5 * np.linalg.norm(gradient))
                # The weights: decay, then the step, then the soft threshold; the biases: the step.
                rate, update = setting.learning_rate, block.step.optimizer.update[s, k]
                after = before[s, k].copy()
                after[:n_weights] *= 1 - rate * setting.weight_decay
                after -= update
                w = after[:n_weights]
                after[:n_weights] = np.sign(w) * np.maximum(np.abs(w) - rate * setting.l1, 0)
                np.testing.assert_allclose(block.step.net.flat[s, k], after, rtol=1e-5, atol=1e-6)


def test_the_strengths_of_the_line_do_something():
    """So that the test above cannot pass on draws that are all the identity."""
    data, settings, training = LINES["images"]
    x = np.random.default_rng(0).normal(size=(10, 16))
    new_x, new_y, masks = Replay(data, settings[2], training, 0).draw(x, np.eye(3)[np.arange(10) % 3])
    assert np.abs(new_x - x).max() > 0.5
    assert new_y.min() > 0
    assert [set(np.unique(m.round(3))) for m in masks] == [{0, 1.429}, {0, 2}]


@pytest.mark.parametrize("strength", [0.02, 0.3])
def test_l1_leaves_exact_zeros_where_no_data_pull(strength):
    """A constant feature is 0 once standardised, so its weights feel l1 alone: |w| falls by rate * l1 a step."""
    data = make_dataset()
    data.x[:, 1] = data.x_test[:, 1] = 7.0
    block = make_block(data, [Settings(l1=strength, learning_rate=0.1)], Training(hidden_sizes=(6,), optimizer="sgd"))
    w, batches = block.step.net.weights[0], block.rows.batches()
    start = w[:, :, 1].copy()
    for steps in range(1, 31):
        block.step(next(batches), tracked=False)
        expected = np.sign(start) * np.maximum(np.abs(start) - steps * 0.1 * strength, 0)
        np.testing.assert_allclose(w[:, :, 1], expected, atol=1e-5)
        np.testing.assert_array_equal(w[:, :, 1] == 0, np.abs(start) <= np.float32(steps * 0.1 * strength))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_weight_decay_alone_is_a_power(optimizer):
    data = make_dataset()
    data.x[:, 1] = data.x_test[:, 1] = 7.0
    setting = Settings(weight_decay=0.4, learning_rate=0.1)
    block = make_block(data, [setting], Training(hidden_sizes=(6,), optimizer=optimizer))
    w, batches = block.step.net.weights[0], block.rows.batches()
    start = w[:, :, 1].copy()
    for _ in range(50):
        block.step(next(batches), tracked=False)
    np.testing.assert_allclose(w[:, :, 1], start * 0.96**50, rtol=1e-4)


# --- PyTorch's trajectories ---


def golden_block(case):
    x, y = np.array(GOLDEN["x"], np.float32), np.array(GOLDEN["y"])
    data = dataclasses.replace(make_dataset(), x=np.concatenate([x, x]), y=np.concatenate([y, y]))
    hidden = tuple(len(b) for b in GOLDEN["biases"][:-1])
    training = Training(hidden_sizes=hidden, optimizer=case["optimizer"], batch_size=len(GOLDEN["batches"][0]))
    block = make_block(data, [Settings(**case["settings"])], training, n_train=len(x), n_val=5, seeds=(0,))
    block.rows.x[:], block.rows.y[:] = x, np.eye(3)[y]
    for ours, theirs in zip(block.step.net.weights, GOLDEN["weights"], strict=True):
        ours[0, 0] = theirs
    for ours, theirs in zip(block.step.net.biases, GOLDEN["biases"], strict=True):
        ours[0, 0, 0] = theirs
    return block


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_weights_after_200_steps_are_pytorchs(name):
    case = GOLDEN["cases"][name]
    block = golden_block(case)
    assert len(GOLDEN["batches"]) == 200
    losses = []
    for rows in GOLDEN["batches"]:
        block.step(np.array([rows]), tracked=True)
        losses.append(block.step.objective.pop().item())
    if not case["settings"].get("l2"):
        np.testing.assert_allclose(losses[::20], case["losses"], rtol=1e-5)
    for ours, theirs, start in zip(block.step.net.weights, case["weights"], GOLDEN["weights"], strict=True):
        np.testing.assert_allclose(ours[0, 0], theirs, atol=1e-5)
        assert np.abs(np.array(theirs) - start).max() > 0.05  # it has gone somewhere
    for ours, theirs in zip(block.step.net.biases, case["biases"], strict=True):
        np.testing.assert_allclose(ours[0, 0, 0], theirs, atol=1e-5)


# --- a model depends on its seed, settings and training alone ---


def forty_settings():
    """Forty unlike settings; every technique is on in some, and off in others."""
    rng, grid = (
        np.random.default_rng(0),
        {
            "dropout": [0.0, 0.5, (0.2, 0.4)],
            "input_dropout": [0.0, 0.2],
            "input_noise": [0.0, 0.3],
            "augment": [0.0, 0.5, 1.0],
            "mixup_alpha": [0.0, 0.2, 1.0],
            "cutmix_alpha": [0.0, 0.5, 1.0],
            "switch_prob": [0.0, 0.3, 1.0],
            "label_smoothing": [0.0, 0.1],
            "drop_path_rate": [0.0, 0.4],
            "weight_decay": [0.0, 1.0],
            "l2": [0.0, 0.01],
            "l1": [0.0, 0.001],
            "clip_norm": [0.0, 0.5],
            "clip_value": [0.0, 0.1],
            "patience": [None, 1, 3],
            "learning_rate": [1e-3, 3e-3, 1e-2],
        },
    )
    grid |= {name: [GRID[name][0], GRID[name][2]] for name in TECHNIQUES if name not in grid}
    stack = [Settings()]
    while len(stack) < 40:
        setting = Settings(**{name: values[rng.integers(len(values))] for name, values in grid.items()})
        stack += [setting] if setting not in stack else []
    for name in TECHNIQUES:
        on = [bool(getattr(s, name)) for s in stack]
        assert 5 < sum(on) < 35, name
    return stack


@pytest.fixture(scope="module")
def forty():
    training = Training(hidden_sizes=(8, 8), residual=True, batch_size=16, max_steps=12, eval_steps=6)
    return training, fit("digits", forty_settings(), training, n_train=40, n_val=30, seeds=(2, 7))


@pytest.mark.parametrize("k", [0, 1, 5, 15, 16, 23, 31, 32, 39])
def test_a_model_is_the_same_alone_and_among_forty(forty, k):
    training, stacked = forty
    alone = fit("digits", stacked.settings[k], training, n_train=40, n_val=30, seeds=[7])
    assert_same_models(alone, (0, 0), stacked, (k, 1))


def test_a_model_is_the_same_in_another_order_and_call(forty):
    training, stacked = forty
    turned = fit("digits", stacked.settings[::-1], training, n_train=40, n_val=30, seeds=[7, 2])
    assert_same_models(turned, (slice(None, None, -1), slice(None, None, -1)), stacked, ())


@pytest.mark.parametrize(
    ("data", "training", "n_val"),
    [
        (make_dataset(), Training(hidden_sizes=(6, 5), batch_size=1), 1),
        (make_dataset(), Training(hidden_sizes=(1,), batch_size=9, batch_norm=True), 2),
        (make_dataset(n_classes=None), Training(hidden_sizes=(), batch_size=7), 3),
        (make_dataset("points", 2), Training(hidden_sizes=(17,), optimizer="sgd"), 20),
        (make_dataset("colour", 2), Training(hidden_sizes=(5, 5), batch_norm=True, residual=True), 20),
    ],
    ids=["one row a batch", "one hidden unit", "linear regression", "points", "batch norm"],
)
def test_small_shapes_are_the_same_alone_too(data, training, n_val):
    training = dataclasses.replace(training, max_steps=9, eval_steps=4)
    settings = [Settings(), Settings(l2=0.1, l1=0.01), Settings(dropout=0.5, clip_norm=0.5), Settings(weight_decay=0.5)]
    stacked = fit(data, settings, training, n_train=23, n_val=n_val, seeds=6)
    for k in range(4):
        for seed in (0, 3, 5):
            alone = fit(data, settings[k], training, n_train=23, n_val=n_val, seeds=(seed,))
            assert_same_models(alone, (0, 0), stacked, (k, seed))


def test_seed_3_is_column_3_of_five_seeds():
    training = Training(hidden_sizes=(8,), max_steps=10)
    settings = [Settings(), Settings(dropout=0.5)]
    five, third = (fit("digits", settings, training, n_train=40, seeds=seeds) for seeds in (5, (3,)))
    assert (five.seeds, third.seeds) == ((0, 1, 2, 3, 4), (3,))
    assert_same_models(third, (slice(None), 0), five, (slice(None), 3))
    assert len(np.unique(five.val_loss[:, :, -1])) == 10  # other seeds and settings are other runs


def test_each_seed_may_have_a_dataset_of_its_own_and_a_seed_may_come_again():
    settings, training = [Settings(), Settings(dropout=0.5)], Training(hidden_sizes=(8,), max_steps=10)
    for n_classes in (3, None):
        sets = [make_dataset(n_classes=n_classes, seed=seed) for seed in range(3)] * 7  # more than one block holds
        seeds = [4, 4, 9] * 7
        together = fit(sets, settings, training, n_train=40, n_val=30, seeds=seeds)
        for s in (0, 1, 2, 16, 20):
            alone = fit(sets[s], settings, training, n_train=40, n_val=30, seeds=[seeds[s]])
            assert_same_models(alone, (slice(None), 0), together, (slice(None), s))


def test_a_dataset_of_larger_targets_does_not_say_when_another_diverges():
    small = make_dataset(n_classes=None)
    large = dataclasses.replace(small, y=1000 * small.y)
    setting = Settings(clip_norm=1.0, learning_rate=30.0)  # far off, and finite
    training = Training(hidden_sizes=(8,), optimizer="sgd", max_steps=10)
    together = fit([large, small], setting, training, n_train=40, n_val=30, seeds=[0, 1])
    assert together.diverged[0, 1]
    assert_same_models(fit(small, setting, training, n_train=40, n_val=30, seeds=[1]), (0, 0), together, (0, 1))


def test_without_test_rows_there_is_no_test_history_and_the_rest_is_the_same():
    data = make_dataset()
    bare = dataclasses.replace(data, x_test=data.x_test[:0], y_test=data.y_test[:0])
    first, two = (fit(d, Settings(dropout=0.3), n_train=40, n_val=30, seeds=2) for d in (data, bare))
    assert np.isnan(two.test_loss).all()
    assert np.isnan(two.test_accuracy).all()
    np.testing.assert_array_equal(first.kept_weights, two.kept_weights)
    np.testing.assert_allclose(first.val_loss, two.val_loss, rtol=1e-5)


# --- paired ---


def test_models_of_a_seed_share_weights_rows_and_order():
    data = make_dataset()
    settings = [Settings(), Settings(dropout=0.5, l2=0.1, mixup_alpha=0.3, input_noise=0.1)]
    block = make_block(data, settings, Training(), seeds=(4, 9))
    other = make_block(data, settings[1:], Training(), seeds=(9,))
    np.testing.assert_array_equal(block.step.net.flat[:, 0], block.step.net.flat[:, 1])
    np.testing.assert_array_equal(block.step.net.flat[1, 1], other.step.net.flat[0, 0])
    assert not np.array_equal(block.step.net.flat[0], block.step.net.flat[1])
    np.testing.assert_array_equal(block.rows.x[40:], other.rows.x)
    ours, theirs = block.rows.batches(), other.rows.batches()
    for _ in range(5):
        block_rows, other_rows = next(ours), next(theirs)
        np.testing.assert_array_equal(block_rows[1] - 40, other_rows[0])
        assert not np.array_equal(block_rows[0], block_rows[1] - 40)
        block.step(block_rows, tracked=False)


def test_a_unit_kept_at_a_high_rate_is_kept_at_every_lower_one():
    drawn = []

    def spy(shape, rate, rng):
        masks = mask(shape, rate, rng)
        if masks is not None:
            drawn.append(masks)
        return masks

    settings = [Settings(dropout=rate) for rate in (0.0, 0.3, 0.5)]
    training = Training(hidden_sizes=(8, 7), max_steps=4, eval_steps=1, batch_size=10)
    fit(make_dataset(), settings, training, n_train=40, seeds=2, replace={"dropout": spy})
    assert [m.shape for m in drawn] == [(2, 3, 10, 8), (2, 3, 10, 7)] * 4
    for m in drawn:
        off, low, high = (m[:, k] > 0 for k in range(3))
        assert off.all()
        assert (low | ~high).all()
        assert 0.3 < high.mean() < low.mean() < 0.9
        assert not np.array_equal(m[0], m[1])
    assert not np.array_equal(drawn[0], drawn[2])


# --- rows ---


def rows_of(seed, n_pool, n_train, n_val):
    order = generator(seed, "rows").permutation(n_pool)
    return order[:n_train], order[n_pool - n_val :]


def test_every_pass_shows_each_training_row_once():
    block = make_block(make_dataset(), [Settings()], Training(batch_size=16), n_train=40)
    batches = block.rows.batches()
    seen = np.concatenate([next(batches) for _ in range(10)], axis=1)  # (S, 160): four passes
    for s in range(2):
        passes = seen[s].reshape(4, 40)
        np.testing.assert_array_equal(np.sort(passes), np.tile(np.arange(40) + 40 * s, (4, 1)))
        assert len(np.unique(passes, axis=0)) == 4


def test_a_batch_is_at_most_the_training_rows():
    block = make_block(make_dataset(), [Settings()], Training(batch_size=1000), n_train=40)
    rows = next(block.rows.batches())
    np.testing.assert_array_equal(np.sort(rows), [np.arange(40), np.arange(40, 80)])
    block.step(rows, tracked=False)


@pytest.mark.parametrize("task", ["tabular", "image", "signal"])
def test_training_rows_are_redrawn_by_seed_and_standardise_all_rows(task):
    data = make_dataset(task)
    block = make_block(data, [Settings()], Training(), seeds=(0, 5))
    for s, seed in enumerate((0, 5)):
        chosen, validation = rows_of(seed, 100, 40, 20)
        assert not set(chosen) & set(validation)
        axis = 0 if task == "tabular" else None
        x = data.x[chosen].astype(np.float64)
        centre, scale = x.mean(axis=axis), x.std(axis=axis)
        np.testing.assert_allclose(block.rows.x[40 * s : 40 * (s + 1)], (x - centre) / scale, atol=1e-4)
        np.testing.assert_array_equal(block.rows.y[40 * s : 40 * (s + 1)], np.eye(3)[data.y[chosen]])
        rows = np.concatenate([x, data.x[validation], data.x_test])
        np.testing.assert_allclose(block.rows.eval_x[s, 0], (rows - centre) / scale, atol=2e-4)
        labels = np.concatenate([data.y[chosen], data.y[validation], data.y_test])
        np.testing.assert_array_equal(block.rows.eval_y[s, 0], labels)
    assert set(rows_of(0, 100, 40, 20)[0]) != set(rows_of(5, 100, 40, 20)[0])


def test_a_constant_feature_is_centred_and_not_scaled_and_small_ones_are_scaled():
    data = make_dataset()
    for value in (0.0, 0.1, -1234.56):
        data.x[:, 0] = value
        data.x[:, 1] = 1e-9 * np.arange(100)
        run = fit(data, Settings(), Training(max_steps=2), n_train=70, n_val=20, seeds=3)
        np.testing.assert_array_equal(run.scale[:, 0, 0], 1)
        np.testing.assert_allclose(run.centre[:, 0, 0], value, rtol=1e-6)
        assert (run.scale[:, 0, 1] < 1e-7).all()
        assert np.isfinite(run.test_loss).all()


SMALL = Training(hidden_sizes=(8,), max_steps=12, eval_steps=4, batch_size=16)
STRONG = Settings(dropout=0.3, mixup_alpha=0.3, l2=0.01, patience=2)


def test_test_rows_change_nothing_but_the_test_history():
    data = make_dataset()
    rng = np.random.default_rng(1)
    other = dataclasses.replace(data, x_test=data.x_test * 3 + 1, y_test=rng.permutation(data.y_test))
    first, two = (fit(d, STRONG, SMALL, n_train=40, n_val=30, seeds=2) for d in (data, other))
    for name in (*HISTORY, "best", "kept_weights", "centre", "scale"):
        if not name.startswith("test"):
            np.testing.assert_array_equal(getattr(first, name), getattr(two, name), err_msg=name)
    assert (first.test_loss != two.test_loss).all()


def test_rows_left_over_in_the_pool_change_nothing_and_validation_rows_train_nothing():
    data = make_dataset()
    chosen, validation = rows_of(0, 100, 40, 30)
    left = np.setdiff1d(np.arange(100), np.concatenate([chosen, validation]))
    assert len(left) == 30
    changed = [dataclasses.replace(data, x=data.x.copy(), y=data.y.copy()) for _ in range(2)]
    for other, rows in zip(changed, (left, validation), strict=True):
        other.x[rows] *= -2
        other.y[rows] = (other.y[rows] + 1) % 3
    setting = dataclasses.replace(STRONG, patience=None)
    first, two, three = (fit(d, setting, SMALL, n_train=40, n_val=30, seeds=[0]) for d in (data, *changed))
    assert_same_models(first, (), two, ())
    for name in (*HISTORY, "kept_weights"):
        if not name.startswith("val"):
            np.testing.assert_array_equal(getattr(first, name), getattr(three, name), err_msg=name)
    assert (first.val_loss != three.val_loss).all()


def test_at_most_400_training_rows_are_evaluated(monkeypatch):
    monkeypatch.setattr(rows_room, "TRAIN_ROWS", 25)
    data = make_dataset()
    run = fit(data, Settings(), SMALL, n_train=40, n_val=30, seeds=[0])
    assert_losses(run, "train", *(a[rows_of(0, 100, 40, 30)[0][:25]] for a in (data.x, data.y)))


# --- what is recorded ---


def assert_losses(run, split, x, y, atol=1e-5):
    """Hold the kept losses and accuracies against what `predict` says of raw rows, seed by seed."""
    predicted = run.predict(x).astype(np.float64)
    if predicted.ndim == 4:
        loss = -np.log(np.take_along_axis(predicted, y[None, None, :, None], axis=-1))[..., 0].mean(axis=-1)
        accuracy = (predicted.argmax(axis=-1) == y).mean(axis=-1)
    else:
        loss = ((predicted - y) ** 2).mean(axis=-1) / 2
        accuracy = 1 - ((predicted - y) ** 2).sum(axis=-1) / ((y - y.mean()) ** 2).sum()
    np.testing.assert_allclose(run.kept(f"{split}_loss"), loss, rtol=1e-4, atol=atol)
    np.testing.assert_allclose(run.kept(f"{split}_accuracy"), accuracy, atol=atol)


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (make_dataset(), [Settings(), STRONG, Settings(label_smoothing=0.3, input_noise=0.5, input_dropout=0.3)]),
        (make_dataset("image"), [Settings(augment=1.0, dropout=0.5, learning_rate=0.01)]),
        (make_dataset(n_classes=None), [Settings(), Settings(dropout=0.3, learning_rate=0.02, patience=1)]),
    ],
    ids=["tabular", "image", "regression"],
)
@pytest.mark.parametrize("architecture", [{}, {"batch_norm": True}, {"residual": True, "hidden_sizes": (6, 6)}])
def test_predict_from_raw_rows_reproduces_the_kept_losses(data, settings, architecture):
    """Clean losses: evaluation mode, hard labels, no penalty, whatever training does."""
    training = dataclasses.replace(SMALL, **architecture)
    for seed in (0, 3):
        run = fit(data, settings, training, n_train=40, n_val=30, seeds=(seed,))
        chosen, validation = rows_of(seed, 100, 40, 30)
        assert_losses(run, "test", data.x_test, data.y_test)
        assert_losses(run, "train", data.x[chosen], data.y[chosen])
        assert_losses(run, "val", data.x[validation], data.y[validation])


def test_probabilities_sum_to_1_and_weights_are_those_that_predict():
    data = make_dataset()
    run = fit(data, [Settings(), STRONG], SMALL, n_train=40, n_val=30, seeds=2)
    p = run.predict(data.x_test)
    assert p.shape == (2, 2, 30, 3)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-5)
    x = (data.x_test - run.centre) / run.scale  # (seeds, n, features)
    for k in range(2):
        for s in range(2):
            h = np.maximum(x[s] @ run.weights(0)[k, s] + run.biases(0)[k, s], 0)
            outputs = h @ run.weights(1)[k, s] + run.biases(1)[k, s]
            log_p = outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))
            np.testing.assert_allclose(np.log(p[k, s]), log_p, atol=1e-4)
            np.testing.assert_allclose(run.hidden(data.x_test)[k, s], h, atol=1e-5)


def test_the_objective_is_the_mean_of_the_last_eight_steps_and_the_norm_that_of_the_last(monkeypatch):
    objectives, norms = [], []
    with_penalties = Step._with_penalties

    def spy(block, loss):
        objectives.append(with_penalties(block, loss))
        return objectives[-1]

    def after_penalties(block):
        norms.append(np.linalg.norm(block.gradient.flat, axis=-1))
        return norms[-1]

    monkeypatch.setattr(train, "OBJECTIVE_STEPS", 10**6)  # so that the spy sees every step
    settings = [Settings(l2=0.05, clip_norm=0.1, dropout=0.3), Settings(l1=0.01)]
    training = Training(hidden_sizes=(8,), max_steps=36, eval_steps=4, batch_size=16)
    monkeypatch.setattr(Step, "_with_penalties", spy)
    monkeypatch.setattr(Step, "_norm", after_penalties)
    fit(make_dataset(), settings, training, n_train=40, seeds=2)
    monkeypatch.undo()
    run = fit(make_dataset(), settings, training, n_train=40, seeds=2)
    assert run.steps.tolist() == [3, 9, 21, 36]
    assert train.OBJECTIVE_STEPS == 8
    for number, (start, stop) in enumerate([(0, 3), (3, 9), (13, 21), (28, 36)]):
        expected = np.mean(objectives[start:stop], axis=0).T
        np.testing.assert_allclose(run.train_objective[..., number], expected, rtol=1e-5)
        np.testing.assert_allclose(run.gradient_norm[..., number], norms[stop - 1].T, rtol=1e-5)


def test_a_run_says_what_it_was_told():
    data = make_dataset()
    settings = [Settings(), STRONG]
    run = fit(data, settings, SMALL, n_train=40, seeds=np.int64(2))
    assert (run.dataset, run.settings, run.training) == ("drawn", tuple(settings), SMALL)
    assert (run.n_train, run.n_val, run.seeds) == (40, 50, (0, 1))
    assert run.steps.tolist() == [1, 3, 7, 12]
    for name in HISTORY:
        assert getattr(run, name).shape == (2, 2, 4)
    assert run.labels == (
        "dropout 0.0, mixup_alpha 0.0, l2 0.0, patience None",
        "dropout 0.3, mixup_alpha 0.3, l2 0.01, patience 2",
    )
    both = fit(data, [Settings(l2=0.1), Settings(l2=0.1, l1=0.1)], SMALL, n_train=40, seeds=1)
    assert both.labels == ("l1 0.0", "l1 0.1")  # what they share tells nothing
    assert fit(data, Settings(), SMALL, n_train=40, seeds=1).labels == ("defaults",)
    assert fit(data, Settings(l2=0.1), SMALL, n_train=40, seeds=1).labels == ("l2 0.1",)


def test_a_longer_training_learns():
    run = fit("digits", Settings(), Training(max_steps=300, eval_steps=5), n_train=200, seeds=2)
    assert (np.diff(run.train_loss, axis=-1) < 0).all()
    assert run.kept("test_accuracy").min() > 0.8
    assert run.kept("train_accuracy").min() > run.kept("test_accuracy").max()


def test_default_n_val_stays_within_the_pool():
    for n_pool in (3, 100, 1200):
        for n_train in range(2, n_pool, 7):
            n_val = default_n_val(n_train, n_pool)
            assert 1 <= n_val <= min(400, n_pool - n_train)
            if n_pool - n_train >= 400:
                assert n_val == min(max(n_train, 50), 400)


def test_constant_loss_is_that_of_the_best_guess_on_balanced_classes_or_the_mean():
    assert constant_loss(make_dataset()) == pytest.approx(np.log(3))
    data = make_dataset(n_classes=None)
    assert constant_loss(data) == pytest.approx(((data.y - data.y.mean()) ** 2).mean() / 2, rel=1e-5)


# --- models that stop or diverge ---


def first_nan(values):
    """Return where a history ends; after its end it holds no number."""
    ended = np.isnan(values)
    end = int(ended.argmax()) if ended.any() else len(values)
    assert ended[end:].all()
    return end


EVERY_STEP = Training(hidden_sizes=(8,), max_steps=60, eval_steps=10**6, batch_size=16, optimizer="sgd")
GROWING = Settings(learning_rate=0.1, weight_decay=25)  # weights are multiplied by -1.5 a step


@pytest.mark.parametrize("task", ["tabular", "regression"])
@pytest.mark.filterwarnings("error")
def test_a_diverged_model_is_marked_and_the_others_are_untouched(task):
    data = make_dataset(n_classes=None if task == "regression" else 3)
    settings = [Settings(), GROWING, Settings(learning_rate=1e30), Settings(learning_rate=0.05, dropout=0.2)]
    run = fit(data, settings, EVERY_STEP, n_train=40, n_val=30, seeds=2)
    assert run.steps.tolist() == list(range(1, 61))
    assert run.diverged.tolist() == [[False] * 2, [True] * 2, [True] * 2, [False] * 2]
    for s in range(2):
        end = first_nan(run.train_loss[1, s])
        assert 1 < end < 60
        for name in HISTORY:
            assert first_nan(getattr(run, name)[1, s]) == end
            assert first_nan(getattr(run, name)[2, s]) == 0
        assert run.best[1, s] == end - 1
        assert run.best[2, s] == -1
        for k in (0, 3):
            alone = fit(data, settings[k], EVERY_STEP, n_train=40, n_val=30, seeds=[s])
            assert_same_models(alone, (0, 0), run, (k, s))
            assert first_nan(run.val_loss[k, s]) == 60
            assert run.best[k, s] == 59
        # The weights of its last good evaluation are kept: those of a run that ends there.
        shorter = dataclasses.replace(EVERY_STEP, max_steps=end)
        short = fit(data, GROWING, shorter, n_train=40, n_val=30, seeds=[s])
        assert not short.diverged.any()
        np.testing.assert_array_equal(short.kept_weights[0, 0], run.kept_weights[1, s])
        assert short.kept("test_loss").item() == run.kept("test_loss")[1, s]
    assert np.isfinite(run.kept_weights[1]).all()
    assert run.kept("train_loss")[1].max() <= 100 * constant_loss(data)
    assert np.isnan(run.kept("test_loss")[2]).all()
    assert np.isnan(run.predict(data.x_test)[2]).all()


def test_a_stopped_model_keeps_its_best_weights_and_the_others_are_untouched():
    """Memorised noise: the validation loss falls, then rises."""
    data = make_dataset(seed=3)
    rng = np.random.default_rng(0)
    data = dataclasses.replace(data, y=np.where(rng.random(100) < 0.4, rng.integers(3, size=100), data.y))
    training = Training(hidden_sizes=(64,), max_steps=150, eval_steps=20, batch_size=16)
    settings = [
        Settings(learning_rate=0.003),
        Settings(learning_rate=0.003, patience=3),
        Settings(learning_rate=0.003, patience=3, restore_best_weights=False),
        Settings(learning_rate=0.003, patience=1, min_delta=100),
    ]
    run = fit(data, settings, training, n_train=20, n_val=40, seeds=3)
    assert not run.diverged.any()
    for s in range(3):
        free = run.val_loss[0, s]
        best, expected_end = 0, len(free)
        for i, loss in enumerate(free):
            best = i if loss < free[best] else best
            if i - best >= 3:
                expected_end = i + 1
                break
        assert 4 < expected_end < 20  # it does stop, and not at once
        assert [first_nan(run.val_loss[k, s]) for k in range(4)] == [20, expected_end, expected_end, 2]
        assert run.best[:, s].tolist() == [19, best, expected_end - 1, 0]
        for name in HISTORY:  # until it stops it is the model that does not
            history = getattr(run, name)[:, s, :expected_end]
            np.testing.assert_array_equal(history[1], history[0], err_msg=name)
        alone = fit(data, settings[0], training, n_train=20, n_val=40, seeds=[s])
        assert_same_models(alone, (0, 0), run, (0, s))
        lone = fit(data, settings, training, n_train=20, n_val=40, seeds=[s])
        _, validation = rows_of(s, 100, 20, 40)
        assert_losses(lone, "val", data.x[validation], data.y[validation])
        assert lone.kept("val_loss")[1, 0] == np.nanmin(lone.val_loss[1, 0])


def test_a_model_with_an_infinite_weight_has_diverged_even_if_its_loss_is_finite():
    block = make_block(make_dataset(), [Settings(), Settings()], EVERY_STEP)
    block.step(next(block.rows.batches()), tracked=True)
    block.step.net.biases[0][0, 1, 0, 0] = -np.inf  # a unit that is off for good
    block.evaluate(0)
    assert block.run.diverged.tolist() == [[False, False], [True, False]]
    assert np.isnan(block.run.train_loss[..., 0]).tolist() == [[False, False], [True, False]]
    assert block.run.best.tolist() == [[0, 0], [-1, 0]]


def test_a_stopped_model_cannot_diverge_any_more():
    stopping = dataclasses.replace(GROWING, patience=1, min_delta=1e6)
    run = fit(make_dataset(), [stopping, Settings()], EVERY_STEP, n_train=40, seeds=2)
    assert not run.diverged.any()
    assert [first_nan(run.val_loss[0, s]) for s in range(2)] == [2, 2]
    assert (run.best[0] == 0).all()
    assert np.isfinite(run.kept_weights).all()


def test_training_ends_once_every_model_has_stopped(monkeypatch):
    steps, step = [], Step.__call__
    monkeypatch.setattr(Step, "__call__", lambda block, *a, **o: (steps.append(1), step(block, *a, **o)))
    run = fit(make_dataset(), Settings(patience=1, min_delta=100), EVERY_STEP, n_train=40, seeds=2)
    assert len(steps) == 2
    assert np.isfinite(run.val_loss[..., :2]).all()
    assert np.isnan(run.val_loss[..., 2:]).all()


# --- progress and replace ---


def test_progress_is_told_the_share_done_and_the_run_so_far(monkeypatch):
    monkeypatch.setattr(train, "TICK", -1.0)
    seen = []

    def progress(fraction, run):
        known = np.isfinite(run.val_loss)
        assert (known[..., :-1] | ~known[..., 1:]).all()  # evaluations come in order
        assert known.any(axis=-1).tolist() == (run.best >= 0).tolist()
        seen.append((fraction, int(known.sum())))

    settings = [Settings(dropout=rate) for rate in np.linspace(0, 0.5, 17)]
    run = fit(make_dataset(), settings, SMALL, n_train=40, seeds=2, progress=progress)  # two blocks
    fractions, known = zip(*seen, strict=True)
    assert len(seen) == 2 * 12 + 1
    np.testing.assert_allclose(fractions, [*np.arange(1, 25) / 24, 1])
    assert known[0] == 17
    assert list(known) == sorted(known)
    assert known[-1] == run.val_loss.size


def test_an_exception_in_progress_ends_the_run_and_leaves_a_partial_one(monkeypatch):
    monkeypatch.setattr(train, "TICK", -1.0)
    partial = []

    def progress(fraction, run):
        partial.append(run)
        if fraction >= 0.5:
            raise InterruptedError("enough")

    errors_before = np.geterr()
    with pytest.raises(InterruptedError, match="enough") as caught:
        fit(make_dataset(), Settings(), SMALL, n_train=40, seeds=1, progress=progress)
    assert caught.tb is not None  # while the traceback holds the run
    assert np.geterr() == errors_before
    run = partial[-1]
    assert len(partial) == 6
    assert np.isfinite(run.val_loss[0, 0]).tolist() == [True, True, False, False]  # steps 1, 3, 7, 12
    assert run.best.tolist() == [[1]]
    assert_losses(run, "test", make_dataset().x_test, make_dataset().y_test)


def test_progress_changes_no_number(monkeypatch):
    monkeypatch.setattr(train, "TICK", -1.0)
    data = make_dataset()
    watched = fit(data, STRONG, SMALL, n_train=40, seeds=2, progress=lambda share, run: run.predict(data.x_test))
    assert_same_models(watched, (), fit(data, STRONG, SMALL, n_train=40, seeds=2), ())


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_replaced_function_is_called_even_where_its_strength_is_0(name):
    calls, original = [], {n: f for place in PLACES.values() for n, f in place.items()}[name]

    def spy(*arguments, **options):
        calls.append(arguments)
        return original(*arguments, **options)

    data, training = make_dataset("image"), dataclasses.replace(SMALL, hidden_sizes=(8, 8), residual=True)
    plain = fit(data, Settings(), training, n_train=40, seeds=2)
    replaced = fit(data, Settings(), training, n_train=40, seeds=2, replace={name: spy})
    assert len(calls) >= (2 if name == "patience" else 12)
    assert_same_models(replaced, (), plain, ())


def test_a_replacement_trains_in_the_place_of_the_original():
    def halved(shape, rate, rng):
        return np.full((1, 1, *shape), 0.5, np.float32)

    data = make_dataset()
    runs = [fit(data, Settings(dropout=0.5), SMALL, n_train=40, seeds=2, replace=r) for r in ({}, {"dropout": halved})]
    assert (runs[0].train_loss != runs[1].train_loss).all()


# --- no rows to validate on ---


@pytest.mark.parametrize("n_classes", [3, None])
def test_without_validation_rows_all_of_the_pool_can_be_trained_on(n_classes):
    data = make_dataset(n_classes=n_classes)
    run = fit(data, [Settings(), Settings(weight_decay=0.1)], SMALL, n_train=100, n_val=0, seeds=2)
    assert np.isnan(run.val_loss).all()
    assert np.isnan(run.val_accuracy).all()
    assert np.isnan(run.kept("val_loss")).all()
    assert not run.diverged.any()
    assert (run.best == len(run.steps) - 1).all()
    assert_losses(run, "test", data.x_test, data.y_test)
    assert_losses(run, "train", data.x, data.y)


def test_the_rows_and_the_training_are_those_of_a_run_that_validates():
    data = make_dataset()
    first, two = (fit(data, Settings(), SMALL, n_train=40, n_val=n, seeds=2) for n in (0, 30))
    np.testing.assert_array_equal(first.kept_weights, two.kept_weights)
    np.testing.assert_array_equal(first.test_loss, two.test_loss)


# --- groups ---


def in_groups(groups, **options):
    return dataclasses.replace(make_dataset(**options), groups=groups)


@pytest.mark.parametrize("seed", range(10))
def test_training_and_validation_rows_share_no_group_at_any_number_of_rows(seed):
    groups = np.random.default_rng(seed).integers(0, 9, 100)
    most = rows_room.most_rows(in_groups(groups))
    assert most == 101 - np.bincount(groups).max()
    for n_train in range(2, most, 7):
        train_rows, val_rows = rows_room.draw_rows(seed, 100, n_train, most - n_train, groups)
        assert (len(train_rows), len(val_rows)) == (n_train, most - n_train)
        assert len({*train_rows, *val_rows}) == most
        assert not set(groups[train_rows]) & set(groups[val_rows])


def test_groups_are_drawn_by_the_seed_and_of_one_row_each_change_nothing_but_the_order():
    groups = np.arange(100) // 5
    first, again, other = (rows_room.draw_rows(seed, 100, 50, 45, groups)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert set(groups[first]) != set(groups[other])
    assert rows_room.most_rows(in_groups(np.arange(100))) == 100


def test_fit_keeps_groups_apart_and_refuses_what_would_divide_one():
    data = in_groups(np.arange(100) // 10)
    block = make_block(data, [Settings()], Training(), n_train=41, n_val=50)
    for s, seed in enumerate((0, 1)):
        train_rows, val_rows = rows_room.draw_rows(seed, 100, 41, 50, data.groups)
        assert not set(data.groups[train_rows]) & set(data.groups[val_rows])
        np.testing.assert_array_equal(block.rows.eval_y[s, 0, 41:91], data.y[val_rows])
    said = "n_train + n_val must be at most 91, the rows that drawn has to train and validate on in whole groups"
    with pytest.raises(ValueError, match=exactly(f"{said}, got 41 + 51")):
        fit(data, Settings(), SMALL, n_train=41, n_val=51)
    said = "n_train must be at most 90, since drawn has 91 rows to train and validate on in whole groups, got 91"
    with pytest.raises(ValueError, match=exactly(said)):
        fit(data, Settings(), SMALL, n_train=91)
    assert fit(data, Settings(), SMALL, n_train=60, seeds=1).n_val == 31
    assert fit(data, Settings(), SMALL, n_train=100, n_val=0, seeds=1).n_train == 100


# --- bad input ---

TOGETHER = "n_train + n_val must be at most 100, the rows that drawn has to train and validate on"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": []}, "settings must be one Settings or several, got ()"),
        ({"settings": [0.5]}, "settings must be one Settings or several, got (0.5,)"),
        ({"settings": None}, "settings must be a sequence, got None"),
        ({"training": None}, "training must be a Training, got None"),
        ({"settings": Settings(dropout=(0.1,))}, "dropout must have one rate per hidden layer (2), got (0.1,)"),
        ({"settings": Settings(augment=0.5)}, "augment must be 0 for a dataset of tabular rows, got 0.5"),
        ({"settings": Settings(drop_path_rate=0.5)}, "drop_path_rate must be 0 unless residual is on, got 0.5"),
        ({"n_train": 1}, "n_train must be a whole number of at least 2, got 1"),
        ({"n_train": 40.0}, "n_train must be a whole number of at least 2, got 40.0"),
        ({"n_val": -1}, "n_val must be a whole number of at least 0, got -1"),
        (
            {"n_val": 0, "settings": [Settings(), Settings(patience=5)]},
            "patience must be None where n_val is 0, with no loss to wait for, got 5",
        ),
        ({"n_val": 0, "n_train": 101}, f"{TOGETHER}, got 101 + 0"),
        (
            {"n_train": 100, "n_val": None},
            "n_train must be at most 99, since drawn has 100 rows to train and validate on, got 100",
        ),
        (
            {"n_val": 70},
            f"{TOGETHER}, got 40 + 70",
        ),
        ({"seeds": 0}, "seeds must be a whole number of at least 1, got 0"),
        ({"seeds": (1, -2)}, "seeds must be a whole number of at least 0, got -2"),
        ({"seeds": ()}, "seeds must be a number of seeds or a sequence of at least one, got none"),
        ({"seeds": 2.5}, "seeds must be a whole number of at least 1, got 2.5"),
        ({"seeds": True}, "seeds must be a whole number of at least 1, got True"),
        ({"seeds": 10**9}, "seeds must be at most 10000, got 1000000000"),
        ({"n_train": 10**400}, f"n_train must be at most {2**63 - 1}, got 1{'0' * 56}..."),
        ({"progress": 1}, "progress must be a function, got 1"),
        ({"replace": ["dropout"]}, "replace must be a mapping, such as a dict, got ['dropout']"),
        ({"replace": {"dropout": None}}, "replace['dropout'] must be a function, got None"),
    ],
)
def test_bad_input_is_refused(changes, message):
    arguments = {"settings": Settings(), "training": Training(max_steps=1), "n_train": 40, "n_val": 20, "seeds": 1}
    with pytest.raises(ValueError, match=exactly(message)):
        fit(make_dataset(), **{**arguments, **changes})


def test_what_is_no_dataset_is_refused_by_its_name():
    with pytest.raises(ValueError, match=r"^dataset must be a Dataset, got 1$"):
        fit([make_dataset(), 1], Settings(), SMALL, n_train=40, seeds=2)
    calls = [partial(fit, wrong, Settings()) for wrong in ("iris", None, 5)]
    for call in (*calls, partial(constant_loss, 5), partial(train.prepare, None, [Settings()])):
        with pytest.raises(ValueError, match=r"^dataset must be a Dataset or one of digits, .*, spirals, got "):
            call()


@pytest.mark.parametrize(
    "much",
    [
        {"training": Training(hidden_sizes=(10**5, 10**5))},
        {"training": Training(hidden_sizes=(10**6,))},
        {"training": Training(eval_steps=10**6, max_steps=5 * 10**6), "seeds": 100},
        {"settings": [Settings()] * 10**4, "seeds": 10**4},
    ],
    ids=range(4),
)
def test_what_would_fill_the_memory_is_refused_before_it_is_made(much):
    with pytest.raises(ValueError, match=r"^training, settings and seeds must need at most 250000000 numbers at once"):
        fit(make_dataset(), **{"settings": Settings(), "n_train": 40, "seeds": 1, **much})


@pytest.mark.parametrize("part", ["x", "x_test"])
@pytest.mark.parametrize("patience", [None, 1])
def test_a_loss_that_is_no_number_marks_the_model_whatever_the_cause(part, patience):
    data = make_dataset()
    broken = dataclasses.replace(data, x=data.x.copy(), x_test=data.x_test.copy())
    getattr(broken, part)[3, 0] = np.nan  # after the check: of the validation rows in some seeds, of training in others
    run = fit(broken, Settings(patience=patience), SMALL, n_train=40, n_val=60, seeds=4)
    assert run.diverged.all()
    assert (run.best == -1).all()
    for name in ("train_loss", "val_loss", "test_loss"):
        assert np.isnan(getattr(run, name)).all()
    whole = fit(data, Settings(patience=patience), SMALL, n_train=40, n_val=60, seeds=4)
    assert not whole.diverged.any()


def called_by(place):
    """List what the entries of a place call of the techniques: themselves, or what their few lines name."""
    for entry in PLACES[place].values():
        if entry.__module__ != "reglab.engine.line":
            yield entry
        for module, name in re.findall(r"\b(\w+)\.(_\w+)\(", inspect.getsource(entry)):
            yield getattr(importlib.import_module(f"reglab.{module}"), name)


def test_what_trains_checks_nothing_and_the_public_function_of_its_name_calls_it():
    for place in ("target", "unit", "branch", "batch", "gradient", "weights"):
        for function in called_by(place):
            public = getattr(sys.modules[function.__module__], function.__name__.removeprefix("_"))
            assert public is not function
            assert function.__name__ in public.__code__.co_names
            assert [name for name in public.__code__.co_names if "check" in name]
            assert not [name for name in function.__code__.co_names if "check" in name]


@pytest.mark.parametrize("setting", [Settings(label_smoothing=0.1), Settings(mixup_alpha=0.1)])
def test_soft_labels_are_refused_for_regression(setting):
    with pytest.raises(ValueError, match=r"^label_smoothing and mixup_alpha must be 0 for regression"):
        fit(make_dataset(n_classes=None), setting, SMALL, n_train=40)


def test_datasets_that_are_not_alike_or_not_one_for_each_seed_are_refused():
    data, others = make_dataset(), (make_dataset(n_classes=4), make_dataset(n_pool=90), make_dataset(n_test=9))
    with pytest.raises(ValueError, match=r"^dataset must be one, or one for each of 3 seeds, got 2$"):
        fit([data, data], Settings(), n_train=40, seeds=3)
    for other in others:
        with pytest.raises(ValueError, match=r"^dataset must be of one kind and size for all seeds, got 2 kinds$"):
            fit([data, other], Settings(), n_train=40, seeds=2)
    with pytest.raises(ValueError, match=r"^dataset must be of one kind and size for all seeds, got 0 kinds$"):
        fit([], Settings(), n_train=40, seeds=2)


def test_unknown_names_in_replace_are_refused():
    with pytest.raises(ValueError, match=r"^replace must name techniques among augment, .*, got dropuot$"):
        fit(make_dataset(), Settings(), SMALL, n_train=40, replace={"dropuot": mask})


def test_predict_refuses_what_is_not_finite():
    run = fit(make_dataset(), Settings(), SMALL, n_train=40, seeds=1)
    for bad, said in ((np.nan, "nan"), (1e39, "inf")):
        with pytest.raises(ValueError, match=f"^x must be finite, got {said}$"):
            run.predict([[0.0, 0.0, 0.0, bad]])
    for call in (lambda: run.kept("loss"), lambda: run.weights(5), lambda: run.biases("first")):
        with pytest.raises(ValueError, match=r"^(name|layer) must be "):
            call()


def test_predict_refuses_rows_of_another_shape():
    run = fit(make_dataset(), Settings(), SMALL, n_train=40, seeds=1)
    for x in (np.zeros((3, 5)), np.zeros(4)):
        with pytest.raises(ValueError, match=r"^x must have the shape \(n, 4\), got \("):
            run.predict(x)


def test_a_name_is_as_good_as_its_dataset():
    first, two = (fit(data, Settings(), SMALL, n_train=40, seeds=1) for data in ("moons", load("moons")))
    assert_same_models(first, (), two, ())
    assert sweep("moons", Settings(), {"l2": [0]}, SMALL, n_train=40, seeds=1).dataset == "moons"
