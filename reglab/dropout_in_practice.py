"""Dropout in practice: which layers to drop and how much, as a rate for every layer from the inputs to the outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks, dropout
from reglab.settings import Settings

__all__ = [
    "Thinned",
    "active_units",
    "active_weights",
    "check_layers",
    "expected_active",
    "increasing",
    "input_and_hidden",
    "masks",
    "none_on_last",
    "reference",
    "thinned",
    "to_settings",
    "uniform",
]

Rates = tuple[float, ...]  # of every layer: the inputs, each hidden layer, the outputs


def masks(
    layer_sizes: Sequence[int], rates: Sequence[float], rng: np.random.Generator | np.random.RandomState | None
) -> list[NDArray[np.bool_]]:
    """Draw which units of every layer one training pass keeps.

    Parameters
    ----------
    layer_sizes : sequence of L int, each >= 1
        Units of every layer: the inputs, each hidden layer, the outputs.
    rates : sequence of L float in [0, 1)
        Probability of dropping a unit, one per layer.
    rng : numpy.random.Generator, numpy.random.RandomState or None
        The layers are drawn from it in their order. A `RandomState` is asked for ``binomial(1, 1 - rate, size)``, one
        call per layer; a `Generator` draws as training does (`reglab.dropout.mask`). None is evaluation: all are kept.

    Returns
    -------
    list of L arrays of bool, the l-th of shape (layer_sizes[l],)
        True where a unit is kept. Training multiplies it by ``kept / (1 - rate)``.

    Raises
    ------
    ValueError
        If a size or a rate is out of its range, or there are not as many of one as of the other.

    References
    ----------
    Srivastava et al. 2014, JMLR 15:1929-1958. Its p is the probability of *keeping* a unit: 0.8 and 0.5 there are the
    rates 0.2 and 0.5 here.

    Examples
    --------
    >>> layers = masks((784, 512, 256, 128, 10), (0.2, 0.5, 0.5, 0.5, 0), np.random.RandomState(42))
    >>> [int(layer.sum()) for layer in layers]
    [623, 255, 133, 67, 10]
    """
    layer_sizes, rates = check_layers(layer_sizes, rates)
    return _masks(layer_sizes, rates, checks.stream("rng", rng, none=True, legacy=True))


def _masks(
    layer_sizes: Sequence[int], rates: Sequence[float], rng: np.random.Generator | np.random.RandomState | None
) -> list[NDArray[np.bool_]]:
    """Draw the masks of `masks`."""
    if isinstance(rng, np.random.RandomState):
        return [rng.binomial(1, 1 - rate, size) == 1 for size, rate in zip(layer_sizes, rates, strict=True)]
    drawn = [dropout._mask((size,), rate, rng) for size, rate in zip(layer_sizes, rates, strict=True)]
    return [np.ones(n, bool) if mask is None else mask > 0 for n, mask in zip(layer_sizes, drawn, strict=True)]


def active_units(
    layer_sizes: Sequence[int],
    rates: Sequence[float],
    rng: np.random.Generator | np.random.RandomState | None,
    passes: int,
) -> NDArray[np.int64]:
    """Count the units that each of several training passes keeps.

    Parameters
    ----------
    layer_sizes, rates, rng
        As in `masks`.
    passes : int in 1 to 100000

    Returns
    -------
    array of int of shape (passes, L)

    Raises
    ------
    ValueError
        As `masks`, or if `passes` is below 1.

    Examples
    --------
    >>> active_units((100, 50), (0.5, 0), np.random.default_rng(0), 1000).mean(axis=0).round()
    array([50., 50.])
    """
    layer_sizes, rates = check_layers(layer_sizes, rates)
    checks.whole("passes", passes, 1, checks.MANY)
    checks.rounds(passes=passes, layer_sizes=len(layer_sizes))
    checks.stream("rng", rng, none=True, legacy=True)
    return np.array([[np.count_nonzero(mask) for mask in _masks(layer_sizes, rates, rng)] for _ in range(passes)])


@dataclass(frozen=True, eq=False)
class Thinned:
    """Training passes, each through the network that is left when units are dropped.

    Attributes
    ----------
    rates : tuple of L float
        Of every layer.
    masks : tuple of L arrays of bool, the l-th of shape (drawn, layer_sizes[l])
        Which units the first passes keep.
    active : array of int of shape (passes, L)
        How many units each pass keeps.
    """

    rates: Rates
    masks: tuple[NDArray[np.bool_], ...]
    active: NDArray[np.int64]


def thinned(
    layer_sizes: Sequence[int],
    rates: Sequence[float],
    rng: np.random.Generator | np.random.RandomState | None,
    passes: int,
    drawn: int,
) -> Thinned:
    """Draw training passes, and remember of the first ones which units they keep, of all of them how many.

    Parameters
    ----------
    layer_sizes, rates, rng
        As in `masks`.
    passes : int in 1 to 100000
    drawn : int in 1 to `passes`
        How many of them are remembered unit by unit.

    Returns
    -------
    Thinned

    Raises
    ------
    ValueError
        As `active_units`, or if `drawn` is out of its range.

    Examples
    --------
    >>> passes = thinned((784, 512, 256, 128, 10), (0.2, 0.5, 0.5, 0.5, 0), np.random.RandomState(42), 100, drawn=3)
    >>> passes.active[0].tolist(), passes.masks[0].sum(axis=1).tolist() == passes.active[:3, 0].tolist()
    ([623, 255, 133, 67, 10], True)
    """
    layer_sizes, rates = check_layers(layer_sizes, rates)
    checks.whole("passes", passes, 1, checks.MANY)
    checks.whole("drawn", drawn, 1, passes)
    checks.rounds(passes=passes, layer_sizes=len(layer_sizes))
    checks.room(drawn=drawn, layer_sizes=sum(layer_sizes))
    checks.stream("rng", rng, none=True, legacy=True)
    first = [_masks(layer_sizes, rates, rng) for _ in range(drawn)]
    seen = np.array([[np.count_nonzero(mask) for mask in layers] for layers in first])
    if passes > drawn:
        seen = np.concatenate([seen, active_units(layer_sizes, rates, rng, passes - drawn)])
    return Thinned(rates, tuple(map(np.array, zip(*first, strict=True))), seen)


def expected_active(
    layer_sizes: Sequence[int], rates: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of the number of units that a training pass keeps, of a binomial each.

    Parameters
    ----------
    layer_sizes, rates
        As in `masks`.

    Returns
    -------
    mean, deviation : arrays of shape (L,), in units
        (1 - rate) size, and the root of size rate (1 - rate).

    Raises
    ------
    ValueError
        As `masks`.

    Examples
    --------
    >>> expected_active((100, 25), (0.5, 0.2))
    (array([50., 20.]), array([5., 2.]))
    """
    layer_sizes, rates = check_layers(layer_sizes, rates)
    n, p = np.asarray(layer_sizes, float), np.asarray(rates, float)
    return (1 - p) * n, np.sqrt(n * p * (1 - p))


def active_weights(layer_sizes: Sequence[int], active: ArrayLike) -> NDArray[np.float64]:
    """Return the share of the weights that a pass trains: those between two units that are both kept.

    Parameters
    ----------
    layer_sizes : sequence of L int, L >= 2
    active : array of shape (..., L)
        How many units of each layer are kept.

    Returns
    -------
    array of shape (...), in [0, 1]

    Raises
    ------
    ValueError
        If there is another number of layers in `active`, or a layer has more active units than units.

    Examples
    --------
    Half of the units of two layers make a quarter of the weights between them:

    >>> float(active_weights((10, 10), (5, 5)))
    0.25
    """
    n = np.array(_check_sizes(layer_sizes), float)
    counts = checks.numbers("active", active).astype(np.float64, copy=False)
    if len(n) < 2 or counts.shape[-1:] != n.shape or (counts > n).any() or (counts < 0).any():
        asked = f"active must have 0 to {layer_sizes} units of 2 layers or more"
        raise ValueError(f"{asked}, got {checks.shown(active)}")
    total: NDArray[np.float64] = (counts[..., :-1] * counts[..., 1:]).sum(axis=-1) / (n[:-1] * n[1:]).sum()
    return total


# --- schedules: how the rates are spread over the layers ---


def uniform(layer_sizes: Sequence[int], rate: float = 0.5) -> Rates:
    """Drop every hidden layer alike, and neither inputs nor outputs.

    Parameters
    ----------
    layer_sizes : sequence of L int, L >= 2
    rate : float in [0, 1)

    Returns
    -------
    tuple of L float
        (0, rate, ..., rate, 0).

    Raises
    ------
    ValueError
        If `rate` is out of its range, or there are fewer than two layers.

    Examples
    --------
    >>> uniform((784, 512, 256, 128, 10), 0.5)
    (0.0, 0.5, 0.5, 0.5, 0.0)
    """
    return input_and_hidden(layer_sizes, 0.0, rate)


def input_and_hidden(layer_sizes: Sequence[int], input_rate: float = 0.2, rate: float = 0.5) -> Rates:
    """Drop the inputs a little and every hidden layer alike, as the 2014 paper does.

    Parameters
    ----------
    layer_sizes : sequence of L int, L >= 2
    input_rate : float in [0, 1)
    rate : float in [0, 1)

    Returns
    -------
    tuple of L float
        (input_rate, rate, ..., rate, 0).

    Raises
    ------
    ValueError
        If a rate is out of its range, or there are fewer than two layers.

    References
    ----------
    Srivastava et al. 2014, JMLR 15:1929-1958, appendix A.4: hidden units are kept with a probability of 0.5 to 0.8,
    inputs that are real numbers with 0.8.

    Examples
    --------
    >>> input_and_hidden((784, 512, 256, 128, 10))
    (0.2, 0.5, 0.5, 0.5, 0.0)
    """
    hidden = _hidden(layer_sizes)
    checks.number("input_rate", input_rate, 0, 1, high_open=True)
    checks.number("rate", rate, 0, 1, high_open=True)
    return (float(input_rate), *[float(rate)] * hidden, 0.0)


def increasing(layer_sizes: Sequence[int], rate: float = 0.5) -> Rates:
    """Let the rate rise linearly over the hidden layers, up to `rate` on the last.

    Parameters
    ----------
    layer_sizes : sequence of L int, L >= 2
    rate : float in [0, 1)

    Returns
    -------
    tuple of L float
        With H = L - 2 hidden layers (0, rate / H, 2 rate / H, ..., rate, 0).

    Raises
    ------
    ValueError
        If `rate` is out of its range, or there are fewer than two layers.

    Examples
    --------
    >>> increasing((784, 512, 256, 128, 10), 0.6)
    (0.0, 0.2, 0.4, 0.6, 0.0)
    """
    hidden = _hidden(layer_sizes)
    rate = checks.number("rate", rate, 0, 1, high_open=True)
    rising = [round(rate * (layer + 1) / hidden, 12) for layer in range(hidden)]
    return (0.0, *rising, 0.0)


def none_on_last(layer_sizes: Sequence[int], rate: float = 0.5) -> Rates:
    """Drop every hidden layer alike but the last, which the outputs read.

    Parameters
    ----------
    layer_sizes : sequence of L int, L >= 2
    rate : float in [0, 1)

    Returns
    -------
    tuple of L float
        (0, rate, ..., rate, 0, 0).

    Raises
    ------
    ValueError
        If `rate` is out of its range, or there are fewer than two layers.

    Examples
    --------
    >>> none_on_last((784, 512, 256, 128, 10), 0.5)
    (0.0, 0.5, 0.5, 0.0, 0.0)
    """
    rates = uniform(layer_sizes, rate)
    return (*rates[:-2], 0.0, 0.0)


SCHEDULES: dict[str, Callable[..., Rates]] = {
    "uniform": uniform,
    "input_and_hidden": input_and_hidden,
    "increasing": increasing,
    "none_on_last": none_on_last,
}


def to_settings(rates: Sequence[float], base: Settings = Settings()) -> Settings:
    """Return settings that train with a rate for every layer.

    Parameters
    ----------
    rates : sequence of L float in [0, 1)
        Of the inputs, each hidden layer, and the outputs.
    base : Settings
        What all else is.

    Returns
    -------
    Settings
        Its `input_dropout` is the first rate, its `dropout` the tuple of the hidden ones.

    Raises
    ------
    ValueError
        If a rate is out of its range, there are fewer than two, or the last is not 0: outputs are never dropped.

    Examples
    --------
    >>> settings = to_settings((0.2, 0.5, 0.5, 0))
    >>> settings.input_dropout, settings.dropout
    (0.2, (0.5, 0.5))
    """
    checked = tuple(checks.number("rates", rate, 0, 1, high_open=True) for rate in checks.several("rates", rates))
    if len(checked) < 2 or checked[-1] != 0:
        raise ValueError(f"rates must end with 0, since outputs are never dropped, and have two or more, got {rates}")
    return dataclasses.replace(checks.instance("base", base, Settings), input_dropout=checked[0], dropout=checked[1:-1])


def reference() -> tuple[tuple[int, ...], Rates, np.random.RandomState]:
    """Return the layers, the rates and NumPy's older stream of the demonstration in `masks`.

    Examples
    --------
    >>> layer_sizes, rates, rng = reference()
    >>> rates == input_and_hidden(layer_sizes)
    True
    >>> active_units(layer_sizes, rates, rng, 1).tolist()
    [[623, 255, 133, 67, 10]]
    """
    return (784, 512, 256, 128, 10), (0.2, 0.5, 0.5, 0.5, 0.0), np.random.RandomState(42)


def check_layers(layer_sizes: Sequence[int], rates: Sequence[float]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return sizes and rates; raise unless there is one size of at least 1 and one rate in [0, 1) for each layer.

    Examples
    --------
    >>> check_layers((3, 2), (0.5, 1))
    Traceback (most recent call last):
        ...
    ValueError: rates must be in [0, 1), got 1
    """
    sizes, checked = _check_sizes(layer_sizes), checks.several("rates", rates)
    if len(sizes) != len(checked):
        raise ValueError(f"rates must have one rate per layer ({len(sizes)}), got {len(checked)}")
    return sizes, tuple(checks.number("rates", rate, 0, 1, high_open=True) for rate in checked)


def _check_sizes(layer_sizes: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(checks.whole("layer_sizes", size, 1) for size in checks.several("layer_sizes", layer_sizes))
    checks.room(layer_sizes=sum(sizes))
    return sizes


def _hidden(layer_sizes: Sequence[int]) -> int:
    """Return the number of hidden layers, or raise."""
    sizes = _check_sizes(layer_sizes)
    if len(sizes) < 2:
        raise ValueError(f"layer_sizes must have inputs and outputs at least, got {sizes}")
    return len(sizes) - 2
