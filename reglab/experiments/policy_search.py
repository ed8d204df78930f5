"""Choose an augmentation by validation loss: AutoAugment's idea, with all candidates trained as one stack.

A policy is a few operations of `reglab.image_operations`, each with a strength. In every batch each image gets each of
them with probability 1/2, in their order, with draws of its own. `search` trains one network per policy and seed, and
one without augmentation, on the same rows from the same initial weights.

AutoAugment's controller, which learns where to look next, is left out: all candidates are trained, as RandAugment's
authors found a grid search over their two numbers enough.

References
----------
E. D. Cubuk et al., "AutoAugment", 2019, arXiv:1805.09501.
E. D. Cubuk et al., "RandAugment", 2020, arXiv:1909.13719.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset, as_dataset
from reglab.engine.train import fit
from reglab.image_augmentation import GENTLE
from reglab.settings import Settings, Training
from reglab.solvers.image_operations import ALL_OR_NOTHING, OPERATIONS, _draw, _operate_each, check_names
from reglab.streams import generator

__all__ = ["Policy", "Search", "augmenter", "random_policies", "search", "single_policies"]

Array = NDArray[np.float64]
PROBABILITY = 0.5  # that an image gets an operation of the policy


@dataclass(frozen=True)
class Policy:
    """Operations with their strengths, in the order in which they are applied.

    Parameters
    ----------
    steps : tuple of (str, float)
        Names of `OPERATIONS`, strengths in [0, 1].

    Raises
    ------
    ValueError
        If a name is unknown or a strength is out of its range.

    Examples
    --------
    >>> Policy((("rotate", 0.2), ("noise", 0.5))).steps[1]
    ('noise', 0.5)
    """

    steps: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        steps = [checks.several("steps", step) for step in checks.several("steps", self.steps)]
        if any(len(step) != 2 for step in steps):
            raise ValueError(f"steps must be pairs of a name and a strength, got {checks.shown(self.steps)}")
        check_names([name for name, _ in steps], "steps")
        for _, strength in steps:
            checks.number("strength", strength, 0, 1)
        object.__setattr__(self, "steps", tuple(steps))


def single_policies(strength: float, operations: Sequence[str] = tuple(OPERATIONS)) -> tuple[Policy, ...]:
    """Return one policy per operation; flips and turns by quarters are at strength 1, so half of the images get them.

    Parameters
    ----------
    strength : float in [0, 1]
    operations : sequence of str

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> [policy.steps for policy in single_policies(0.3, ["rotate", "half_turn"])]
    [(('rotate', 0.3),), (('half_turn', 1.0),)]
    """
    strength, operations = checks.number("strength", strength, 0, 1), check_names(operations)
    return tuple(Policy(((name, 1.0 if name in ALL_OR_NOTHING else float(strength)),)) for name in operations)


def random_policies(
    count: int, seed: int, *, length: int = 2, operations: Sequence[str] = GENTLE, low: float = 0.1, high: float = 0.6
) -> tuple[Policy, ...]:
    """Draw policies: different operations, each with a strength of its own.

    Parameters
    ----------
    count : int in 1 to 10000
    seed : int, >= 0
    length : int, >= 1
        Operations per policy, at most as many as there are.
    operations : sequence of str
    low, high : float in [0, 1]
        Strengths are drawn between, to two decimals.

    Returns
    -------
    tuple of Policy

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> [len(policy.steps) for policy in random_policies(3, seed=0)]
    [2, 2, 2]
    """
    checks.whole("count", count, 1, 10_000)
    checks.whole("seed", seed, 0)
    checks.whole("length", length, 1)
    operations = check_names(operations)
    low, high = checks.number("low", low, 0, 1), checks.number("high", high, 0, 1)
    if low > high:
        raise ValueError(f"low must be at most high, {high}, got {low}")
    if length > len(operations):
        raise ValueError(f"length must be at most {len(operations)}, the number of operations, got {length}")
    rng = generator(seed, "policies")
    drawn = [(rng.permutation(len(operations))[:length], rng.uniform(low, high, length)) for _ in range(count)]
    return tuple(
        Policy(tuple((operations[i], round(float(s), 2)) for i, s in zip(which, strengths, strict=True)))
        for which, strengths in drawn
    )


def augmenter(policies: Sequence[Policy]) -> Callable[..., tuple[NDArray[Any], NDArray[Any]]]:
    """Return the function that stands in for `Settings.augment` where each model has a policy of its own.

    A model's policy is named by the value of its `augment`: (i + 1) / len(policies) is policy i, 0 is none. All models
    of a seed share their draws, so a model's run is the same in whatever stack it is.

    Parameters
    ----------
    policies : sequence of Policy

    Returns
    -------
    callable
        For ``fit(..., replace={"augment": ...})``, with the signature of the line's first place.

    Raises
    ------
    ValueError
        If there is no policy.

    Examples
    --------
    >>> half = augmenter([Policy((("half_turn", 1.0),))])
    >>> images = np.random.default_rng(0).random((1, 1, 100, 64)).astype(np.float32)
    >>> turned, _ = half(images, np.eye(2), np.ones((1, 1)), [np.random.default_rng(0)], (8, 8))
    >>> bool(0.3 < (turned != images).any(axis=-1).mean() < 0.7)
    True
    """
    policies = _check_policies(policies)
    names = sorted({name for policy in policies for name, _ in policy.steps})
    longest = max(len(policy.steps) for policy in policies)
    which = np.full((len(policies) + 1, longest), -1)  # operation by policy and step; the last policy is none
    strength = np.zeros((len(policies) + 1, longest), np.float32)
    for i, policy in enumerate(policies):
        for step, (name, value) in enumerate(policy.steps):
            which[i, step], strength[i, step] = names.index(name), value

    def augment(
        x: NDArray[Any],
        y: NDArray[Any],
        number: NDArray[Any],
        rngs: Sequence[np.random.Generator],
        image_shape: tuple[int, ...],
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        chosen = np.rint(np.asarray(number) * len(policies)).astype(int) - 1  # (S, K)
        batch, features = x.shape[-2:]
        models = chosen.shape[1]
        height, width = image_shape[:2]
        shape = (batch, height, width, features // (height * width))
        again = np.tile(np.arange(batch), models)
        out = np.repeat(x, models, axis=1) if x.shape[1] == 1 else x.copy()  # (S, K, batch, features)
        for seed, stream in enumerate(rngs):
            images = out[seed].reshape(models * batch, *shape[1:])
            for step in range(longest):
                draws, happens = _draw(shape, stream), stream.random(batch) < PROBABILITY
                mine = np.where(happens, which[chosen[seed], step][:, None], -1).ravel()  # (models * batch,)
                force = np.repeat(strength[chosen[seed], step], batch)
                images = _operate_each(names, mine, images, force, draws.of(again))
            out[seed] = images.reshape(models, batch, features)
        return out, y

    return augment


@dataclass(frozen=True, eq=False)
class Search:
    """What each policy came to.

    Attributes
    ----------
    policies : tuple of Policy
    seeds : tuple of int
    val_loss, test_loss, test_accuracy : arrays of shape (1 + policies, seeds)
        Clean, at the end; first without augmentation.
    """

    policies: tuple[Policy, ...]
    seeds: tuple[int, ...]
    val_loss: Array
    test_loss: Array
    test_accuracy: Array

    @property
    def best(self) -> int:
        """The row with the lowest mean validation loss; 0 is no augmentation."""
        means = self.val_loss.mean(axis=1)
        return int(np.argmin(np.where(np.isfinite(means), means, np.inf)))


def search(
    dataset: Dataset | str,
    policies: Sequence[Policy],
    settings: Settings = Settings(learning_rate=3e-3),
    training: Training = Training(max_steps=300, eval_steps=4),
    *,
    n_train: int = 200,
    seeds: int | Sequence[int] = 5,
    progress: Callable[[float, Any], None] | None = None,
) -> Search:
    """Train with each policy, and without any, as one stack.

    Parameters
    ----------
    dataset : Dataset or str
        Of images.
    policies : sequence of Policy
    settings : Settings
        Its `augment` is replaced.
    training : Training
    n_train : int
        Training rows.
    seeds : int or sequence of int
    progress : callable, optional
        Is called with the share done. An exception that it raises ends the search.

    Returns
    -------
    Search
        The best policy's validation loss is optimistic, being the lowest of many; its test loss is not.

    Raises
    ------
    ValueError
        If the dataset has no images or an argument is out of its range.

    References
    ----------
    Cubuk et al. 2019, arXiv:1805.09501.

    Examples
    --------
    >>> searched = search("digits", single_policies(0.3, ["rotate", "half_turn"]), n_train=100, seeds=2)
    >>> searched.val_loss.shape
    (3, 2)
    """
    data = as_dataset(dataset)
    if data.task != "image":
        raise ValueError(f"dataset must have images, got {data.name}, of {data.task} rows")
    policies = _check_policies(policies)
    checks.instance("settings", settings, Settings)
    if progress is not None:
        checks.function("progress", progress)
    stack = [dataclasses.replace(settings, augment=i / len(policies)) for i in range(len(policies) + 1)]
    run = fit(
        data,
        stack,
        training,
        n_train=n_train,
        seeds=seeds,
        replace={"augment": augmenter(policies)},
        progress=None if progress is None else lambda share, _: progress(share, None),
    )
    return Search(tuple(policies), run.seeds, *(run.kept(name) for name in ("val_loss", "test_loss", "test_accuracy")))


def _check_policies(policies: Sequence[Policy]) -> tuple[Policy, ...]:
    checked = checks.several("policies", policies)
    if not checked or not all(isinstance(policy, Policy) for policy in checked):
        raise ValueError(f"policies must be a sequence of at least one Policy, got {checks.shown(policies)}")
    return checked
