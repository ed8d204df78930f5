"""Stochastic depth: in training whole residual blocks are skipped, the deeper the more often.

`masks` is what training multiplies its branches with: a skipped branch is still computed, so it saves no time there.
`stack_gradients` is a residual stack that can leave skipped blocks out, forward and backward, as the paper does.

Elsewhere
---------
* The paper: p_l is the probability of *keeping* block l, it scales at test time, and its first block is skipped too.
* timm's ``DropPath`` and torchvision's ``StochasticDepth``: the rate of skipping, scaled in training, as here. timm's
  rates over the depth are our "linear".

References
----------
G. Huang et al., "Deep networks with stochastic depth", ECCV 2016, arXiv:1603.09382.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.streams import Rng, uniforms

__all__ = [
    "Passes",
    "batch_masks",
    "draw_passes",
    "drop_path",
    "expected_depth",
    "kept_blocks",
    "mask",
    "masks",
    "rates",
    "some_skipped",
    "stack_gradients",
]

SCHEDULES = ("linear", "paper", "uniform")
MODES = ("row", "batch")


def rates(drop_path_rate: ArrayLike, blocks: int, schedule: str = "linear") -> NDArray[np.float64]:
    """Return each block's probability of being skipped.

    Parameters
    ----------
    drop_path_rate : float or array in [0, 1)
        Of the last block.
    blocks : int >= 1
    schedule : "linear", "paper" or "uniform"
        "linear" rises evenly from 0 at the first block (timm); "paper" from the input on, so that its first block has
        1 / blocks of the rate; "uniform" is the rate at every block.

    Returns
    -------
    array of shape (..., blocks)

    Raises
    ------
    ValueError
        If `schedule` is unknown, or a number is out of its range.

    Examples
    --------
    >>> rates(0.2, 3).tolist()
    [0.0, 0.1, 0.2]
    >>> rates(0.4, 4, "paper").tolist()
    [0.1, 0.2, 0.30000000000000004, 0.4]
    """
    last = checks.numbers("drop_path_rate", drop_path_rate, 0, 1, high_open=True)
    blocks = checks.whole("blocks", blocks, 1, checks.MANY)
    return _rates(last, blocks, checks.one_of("schedule", schedule, SCHEDULES))


def _rates(drop_path_rate: ArrayLike, blocks: int, schedule: str = "linear") -> NDArray[np.float64]:
    """Return the rates of `rates`."""
    share = np.linspace(0, 1, blocks) if blocks > 1 else np.ones(blocks)
    if schedule != "linear":
        share = np.arange(1, blocks + 1) / blocks if schedule == "paper" else np.ones(blocks)
    return np.asarray(drop_path_rate, np.float64)[..., None] * share


def expected_depth(drop_path_rate: ArrayLike, blocks: int, schedule: str = "linear") -> Any:
    """Return how many blocks a pass goes through on average.

    Parameters
    ----------
    drop_path_rate : float or array in [0, 1)
    blocks : int >= 1
    schedule : "linear", "paper" or "uniform"
        As in `rates`.

    Returns
    -------
    float, or array of the shape of `drop_path_rate`

    Raises
    ------
    ValueError
        As `rates`.

    Examples
    --------
    The paper's network of 54 blocks, the last kept in one of two passes:

    >>> round(expected_depth(0.5, 54, "paper"), 6), round(expected_depth(0.5, 54), 6)
    (40.25, 40.5)
    """
    depth = np.sum(1 - rates(drop_path_rate, blocks, schedule), axis=-1)
    return float(depth) if np.ndim(depth) == 0 else depth


def some_skipped(drop_path_rate: ArrayLike, blocks: int, schedule: str = "linear") -> Any:
    """Return the probability that a pass skips at least one block.

    Parameters
    ----------
    drop_path_rate : float or array in [0, 1)
    blocks : int >= 1
    schedule : "linear", "paper" or "uniform"
        As in `rates`.

    Returns
    -------
    float, or array of the shape of `drop_path_rate`

    Raises
    ------
    ValueError
        As `rates`.

    Examples
    --------
    >>> some_skipped(0.5, 2), round(some_skipped(0.5, 3), 6)
    (0.5, 0.625)
    """
    some = 1 - np.prod(1 - rates(drop_path_rate, blocks, schedule), axis=-1)
    return float(some) if np.ndim(some) == 0 else some


def mask(batch: int, rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32] | None:
    """Draw what a block's branch is multiplied with, row by row: 0 where it is skipped, else 1 / (1 - rate).

    Parameters
    ----------
    batch : int >= 1
    rate : float or array in [0, 1)
        One per model: an array broadcasts against the draws, of shape (batch, 1).
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation.

    Returns
    -------
    float32 array of shape (..., batch, 1), or None
        None in evaluation: nothing is multiplied.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    Huang et al. 2016, "Deep networks with stochastic depth", arXiv:1603.09382.

    Notes
    -----
    Elsewhere: the paper's p_l is the probability of *keeping* a block and scales at test time; timm's and
    torchvision's rate is that of skipping it, scaled in training, as here.

    Examples
    --------
    >>> np.unique(mask(100, 0.5, np.random.default_rng(0))).tolist()
    [0.0, 2.0]
    """
    rates = checks.numbers("rate", rate, 0, 1, high_open=True)
    batch = checks.whole("batch", batch, 1, checks.ROOM)
    checks.fits("rate", rates.shape, "batch", (batch, 1))
    return _mask(batch, rates, checks.stream("rng", rng, none=True, many=True))


def _mask(batch: int, rate: ArrayLike, rng: Rng | None) -> NDArray[np.float32] | None:
    """Draw the mask of `mask`: what training does."""
    if rng is None:
        return None
    rate = np.asarray(rate, np.float32)
    stays = uniforms(rng, (batch, 1)) >= rate
    return np.multiply(stays, 1 / (1 - rate), dtype=np.float32)


def masks(batch: int, blocks: int, drop_path_rate: ArrayLike, rng: Rng | None) -> list[NDArray[np.float32] | None]:
    """Draw what the branches of a stack of blocks are multiplied with, row by row: what training does.

    Parameters
    ----------
    batch, blocks : int >= 1
    drop_path_rate : float or array in [0, 1)
        Of the last block; those before it have rates rising linearly from 0. One per model.
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation.

    Returns
    -------
    list of float32 arrays of shape (..., batch, 1), or of None
        One per block, as `mask` draws them.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> [m.shape for m in masks(32, 3, 0.5, np.random.default_rng(0))]
    [(32, 1), (32, 1), (32, 1)]
    """
    last, batch, blocks = _check_stack(drop_path_rate, batch, blocks)
    return _masks(batch, blocks, last, checks.stream("rng", rng, none=True, many=True))


def _masks(batch: int, blocks: int, drop_path_rate: ArrayLike, rng: Rng | None) -> list[NDArray[np.float32] | None]:
    """Draw the masks of `masks`: what training does."""
    skip = _rates(drop_path_rate, blocks)  # (..., blocks)
    return [_mask(batch, skip[..., block, None, None], rng) for block in range(blocks)]


def batch_masks(
    batch: int, blocks: int, drop_path_rate: ArrayLike, rng: Rng | None
) -> list[NDArray[np.float32] | None]:
    """Draw the same for a whole batch at once, as the paper does: all of its rows skip a block, or none.

    The arguments are those of `masks`, in whose place it trains:
    ``fit(..., replace={"drop_path_rate": stochastic_depth.batch_masks})``.

    Returns
    -------
    list of float32 arrays of shape (..., 1, 1), or of None

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> [m.shape for m in batch_masks(32, 2, 0.5, np.random.default_rng(0))]
    [(1, 1), (1, 1)]
    """
    last, _, blocks = _check_stack(drop_path_rate, batch, blocks)
    return _masks(1, blocks, last, checks.stream("rng", rng, none=True, many=True))


def kept_blocks(
    passes: int, rows: int, blocks: int, drop_path_rate: float, rng: np.random.Generator, mode: str = "row"
) -> NDArray[np.bool_]:
    """Draw which blocks each row of a batch goes through, pass after pass.

    Parameters
    ----------
    passes, rows, blocks : int >= 1
    drop_path_rate : float in [0, 1)
        Of the last block, as in `masks`.
    rng : numpy.random.Generator
    mode : "row" or "batch"

    Returns
    -------
    array of bool of shape (passes, rows, blocks)
        False where the block is skipped.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> kept_blocks(2, 3, 4, 0.5, np.random.default_rng(0)).sum(axis=2)
    array([[3, 3, 2],
           [4, 4, 2]])
    """
    passes, rows = checks.whole("passes", passes, 1), checks.whole("rows", rows, 1)
    blocks = checks.whole("blocks", blocks, 1)
    checks.room(passes=passes, rows=rows, blocks=blocks)
    checks.rounds(passes=passes, blocks=blocks)
    checks.number("drop_path_rate", drop_path_rate, 0, 1, high_open=True)
    _check_mode(mode)
    checks.stream("rng", rng)
    passed = np.empty((passes, rows, blocks), bool)
    for number in range(passes):
        for block, drawn in enumerate(_masks(rows if mode == "row" else 1, blocks, drop_path_rate, rng)):
            assert drawn is not None
            passed[number, :, block] = drawn[:, 0] > 0
    return passed


@dataclass(frozen=True, eq=False)
class Passes:
    """Which blocks each row of a batch goes through, pass after pass.

    Attributes
    ----------
    drop_path_rate : float
        Of the last block.
    mask : array of bool of shape (passes, rows, blocks)
        False where the block is skipped.
    """

    drop_path_rate: float
    mask: NDArray[np.bool_]

    def depth(self) -> NDArray[np.int64]:
        """Return how many blocks each row goes through, shape (passes, rows)."""
        return np.asarray(self.mask.sum(axis=2))

    def mean_depth(self) -> NDArray[np.float64]:
        """Return the mean depth of all passes up to each, shape (passes,)."""
        return _so_far(self.depth().mean(axis=1))

    def survival(self) -> NDArray[np.float64]:
        """Return how often each block was kept in all passes up to each, shape (passes, blocks)."""
        return _so_far(self.mask.mean(axis=1))


def _so_far(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean of the first value, of the first two, and so on, along the first axis."""
    count = np.arange(1, len(values) + 1).reshape(-1, *(1,) * (values.ndim - 1))
    return np.asarray(values.cumsum(axis=0) / count)


def draw_passes(
    passes: int, rows: int, blocks: int, drop_path_rate: float, rng: np.random.Generator, mode: str = "row"
) -> Passes:
    """Draw which blocks each row of a batch goes through, and count them.

    Parameters
    ----------
    passes, rows, blocks, drop_path_rate, rng, mode
        As `kept_blocks` takes them.

    Returns
    -------
    Passes

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> passes = draw_passes(2, 3, 4, 0.5, np.random.default_rng(0))
    >>> passes.depth().tolist(), passes.mean_depth().round(2).tolist(), passes.survival()[-1].round(2).tolist()
    ([[3, 3, 2], [4, 4, 2]], [2.67, 3.0], [1.0, 0.83, 0.33, 0.83])
    """
    passed = kept_blocks(passes, rows, blocks, drop_path_rate, rng, mode)
    return Passes(float(drop_path_rate), passed)


def drop_path(x: NDArray[Any], rate: float, rng: np.random.Generator | None, mode: str = "row") -> NDArray[Any]:
    """Skip a residual branch, for each row of a batch or for the whole batch.

    Parameters
    ----------
    x : array of shape (batch, ...)
        The branch's output, before it is added to the block's input.
    rate : float in [0, 1)
        Probability of skipping.
    rng : numpy.random.Generator or None
        None is evaluation: x comes back unchanged.
    mode : "row" or "batch"
        torchvision's names.

    Returns
    -------
    array of x's shape and dtype; whole numbers become floats

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> drop_path(np.ones((4, 2)), 0.5, np.random.default_rng(0)).tolist()
    [[2.0, 2.0], [2.0, 2.0], [2.0, 2.0], [0.0, 0.0]]
    >>> drop_path(np.ones((2, 1)), 0.5, None).tolist()
    [[1.0], [1.0]]
    """
    checks.number("rate", rate, 0, 1, high_open=True)
    _check_mode(mode)
    branch = checks.numbers("x", x, finite=False)
    if not branch.ndim:
        raise ValueError(f"x must have the shape (batch, ...), got {branch.shape}")
    drawn = _mask(len(branch) if mode == "row" else 1, rate, checks.stream("rng", rng, none=True))
    if drawn is None:
        return branch
    skipped: NDArray[Any] = branch * drawn.reshape(-1, *(1,) * (branch.ndim - 1)).astype(branch.dtype)
    return skipped


def stack_gradients(
    weights: Sequence[NDArray[Any]],
    x: NDArray[Any],
    targets: NDArray[Any],
    scales: Sequence[float],
    *,
    skip: bool = True,
) -> tuple[float, list[NDArray[Any] | None]]:
    """Run a batch forward and backward through a stack of residual blocks: h + scale relu(h W).

    Parameters
    ----------
    weights : sequence of arrays of shape (units, units)
        One per block.
    x, targets : arrays of shape (batch, units)
    scales : sequence of float
        What each branch is multiplied with, for the whole batch: 0 where the block is skipped.
    skip : bool
        Whether a block of scale 0 is left out. Else it is computed and multiplied by 0, which costs all its time.

    Returns
    -------
    loss : float
        Half the squared error, summed over the units and averaged over the batch.
    gradients : list of arrays of shape (units, units), or of None
        By the weights; None where a block was left out.

    Raises
    ------
    ValueError
        If there are not as many scales as weights, or the shapes do not fit.

    Examples
    --------
    >>> W = [np.eye(2), np.eye(2)]
    >>> loss, gradients = stack_gradients(W, np.ones((1, 2)), np.zeros((1, 2)), [0.0, 2.0])
    >>> loss, gradients[0], gradients[1].tolist()
    (9.0, None, [[6.0, 6.0], [6.0, 6.0]])
    """
    x, targets = checks.numbers("x", x, finite=False), checks.numbers("targets", targets, finite=False)
    if x.ndim != 2 or not len(x):
        raise ValueError(f"x must have the shape (batch, units), got {x.shape}")
    if targets.shape != x.shape:
        raise ValueError(f"targets must have the shape of x, {x.shape}, got {targets.shape}")
    weights = [checks.numbers("weights", w, finite=False) for w in checks.several("weights", weights)]
    square = (x.shape[1], x.shape[1])
    for w in weights:
        if w.shape != square:
            raise ValueError(f"weights must each have the shape {square}, as x has units, got {w.shape}")
    scales = [checks.number("scales", scale) for scale in checks.several("scales", scales)]
    if len(scales) != len(weights):
        raise ValueError(f"scales must be, as weights, one per block ({len(weights)}), got {len(scales)}")
    return _stack_gradients(weights, x, targets, scales, skip=checks.flag("skip", skip))


def _stack_gradients(
    weights: Sequence[NDArray[Any]], x: NDArray[Any], targets: NDArray[Any], scales: Sequence[float], *, skip: bool
) -> tuple[float, list[NDArray[Any] | None]]:
    """Run the batch of `stack_gradients`."""
    run = [block for block in range(len(weights)) if scales[block] or not skip]
    h, inputs, gates = x, [], []
    for block in run:
        z = h @ weights[block]  # (batch, units)
        inputs.append(h)
        gates.append((z > 0) * np.asarray(scales[block], z.dtype))  # ReLU and scale are one factor
        h = h + z * gates[-1]
    delta = h - targets
    loss = float(np.vdot(delta, delta) / (2 * len(x)))
    delta /= len(x)
    gradients: list[NDArray[Any] | None] = [None] * len(weights)
    for block, before, gate in zip(reversed(run), reversed(inputs), reversed(gates), strict=True):
        back = delta * gate
        gradients[block] = before.T @ back
        delta = delta + back @ weights[block].T
    return loss, gradients


def _check_mode(mode: str) -> None:
    checks.one_of("mode", mode, MODES, "'row' or 'batch'")


def _check_stack(drop_path_rate: ArrayLike, batch: int, blocks: int) -> tuple[NDArray[Any], int, int]:
    last = checks.numbers("drop_path_rate", drop_path_rate, 0, 1, high_open=True)
    batch, blocks = checks.whole("batch", batch, 1), checks.whole("blocks", blocks, 1, checks.MANY)
    checks.room(batch=batch, blocks=blocks, drop_path_rate=last.size)
    return last, batch, blocks
