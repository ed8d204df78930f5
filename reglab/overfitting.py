"""Overfitting: a model that memorises its noisy sample instead of learning what produced it.

Polynomials of growing degree through n noisy points of sin on [0, 2 pi], where everything can be measured: the error
on the points themselves, on fresh noisy points, and against the truth between the points. The fits are least squares
in the Chebyshev basis on [-1, 1], since raw powers are too ill-conditioned to be fitted at high degree.

Glossary: n points, k = degree + 1 coefficients, x the inputs in the domain, t the same mapped to [-1, 1].

References
----------
S. Geman, E. Bienenstock and R. Doursat, "Neural networks and the bias/variance dilemma", Neural Computation 1992.
C. Zhang et al., "Understanding deep learning requires rethinking generalization", ICLR 2017, arXiv:1611.03530.
M. Belkin, D. Hsu, S. Ma and S. Mandal, "Reconciling modern machine-learning practice and the classical bias-variance
trade-off", PNAS 2019, arXiv:1812.11118.
L. N. Trefethen, "Approximation theory and approximation practice", SIAM 2013.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks

__all__ = [
    "DOMAIN",
    "BiasVariance",
    "Choices",
    "ErrorByDegree",
    "ErrorCurve",
    "Polynomial",
    "bias_variance",
    "chebyshev_basis",
    "choose_degrees",
    "compare_choices",
    "double_descent",
    "error_by_degree",
    "fit_polynomial",
    "fit_raw_powers",
    "grid",
    "learning_curve",
    "legendre_basis",
    "pass_at_points",
    "raw_power_errors",
    "reference_sample",
    "sample",
    "shuffle_labels",
    "sign_test",
    "verdict",
]

Array = NDArray[Any]
Verdict = Literal["under", "good", "over"]

DOMAIN = (0.0, 2.0 * np.pi)  # one period of sin
ROUNDING = 1e-9  # squared errors that differ by less are the same
MAX_PAIRS = 1000  # of a sign test, whose sum of binomials is exact
MAX_DEGREE = 10_000  # beyond, a basis takes seconds to make and hours to fit


def grid(points: int = 2001) -> Array:
    """Return equally spaced inputs over the domain [0, 2 pi], ends included.

    Parameters
    ----------
    points : int, >= 2

    Returns
    -------
    array of shape (points,)

    Raises
    ------
    ValueError
        If `points` is below 2.

    Examples
    --------
    >>> grid(3).round(4)
    array([0.    , 3.1416, 6.2832])
    """
    checks.whole("points", points, 2, checks.ROOM)
    return np.linspace(*DOMAIN, points)


def sample(
    n: int, noise: float, rng: np.random.Generator | np.random.RandomState, spacing: Literal["even", "random"] = "even"
) -> tuple[Array, Array]:
    """Return n noisy points of sin on [0, 2 pi].

    Parameters
    ----------
    n : int, >= 2
    noise : float, >= 0
        Standard deviation of the Gaussian noise on y.
    rng : numpy.random.Generator
    spacing : "even" or "random"
        x equally spaced, ends included, or drawn uniformly and sorted (for validation: it falls between the points).

    Returns
    -------
    x, y : arrays of shape (n,)

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> x, y = sample(5, noise=0.0, rng=np.random.default_rng(0))
    >>> y.round(3) + 0.0
    array([ 0.,  1.,  0., -1.,  0.])
    """
    checks.whole("n", n, 2, checks.ROOM)
    checks.number("noise", noise, 0)
    checks.stream("rng", rng, legacy=True)
    checks.one_of("spacing", spacing, ("even", "random"), '"even" or "random"')
    x = grid(n) if spacing == "even" else np.sort(rng.uniform(*DOMAIN, n))
    return x, np.sin(x) + noise * rng.standard_normal(n)


def reference_sample() -> tuple[Array, Array]:
    """Return the sample of the reference lesson: 20 equally spaced points of sin, noise 0.3, always the same.

    Returns
    -------
    x, y : arrays of shape (20,)

    Examples
    --------
    >>> x, y = reference_sample()
    >>> y[:3].round(4)
    array([0.149 , 0.2832, 0.8085])
    """
    return sample(20, 0.3, np.random.RandomState(42))


def chebyshev_basis(t: ArrayLike, degree: int) -> Array:
    """Return the Chebyshev polynomials T_0 .. T_degree at t, one a column.

    Parameters
    ----------
    t : array of shape (n,)
        Usually within [-1, 1], where every T_k stays within [-1, 1] too.
    degree : int, >= 0

    Returns
    -------
    array of shape (n, degree + 1)

    Raises
    ------
    ValueError
        If the degree is not a whole number of at least 0.

    Examples
    --------
    >>> chebyshev_basis([0.5], degree=3)
    array([[ 1. ,  0.5, -0.5, -1. ]])
    """
    t = _check_basis(t, degree)
    return _chebyshev(t, degree)


def _chebyshev(t: Array, degree: int) -> Array:
    T = [np.ones_like(t), t]
    for _ in range(2, degree + 1):
        T.append(2 * t * T[-1] - T[-2])
    return np.stack(T[: degree + 1], axis=-1)


def legendre_basis(t: ArrayLike, degree: int) -> Array:
    """Return the Legendre polynomials P_0 .. P_degree at t, one a column, each 1 at t = 1.

    Parameters
    ----------
    t : array of shape (n,)
        Usually within [-1, 1], where every P_k stays within [-1, 1] too.
    degree : int, >= 0

    Returns
    -------
    array of shape (n, degree + 1)

    Raises
    ------
    ValueError
        If the degree is not a whole number of at least 0.

    Examples
    --------
    >>> legendre_basis([0.5], degree=3)
    array([[ 1.    ,  0.5   , -0.125 , -0.4375]])
    """
    t = _check_basis(t, degree)
    return _legendre(t, degree)


def _check_basis(t: ArrayLike, degree: int) -> Array:
    checks.whole("degree", degree, 0, MAX_DEGREE)
    at = checks.numbers("t", t).astype(np.float64, copy=False)
    checks.room(t=at.size, degree=degree + 1)
    return at


def _legendre(t: Array, degree: int) -> Array:
    P = [np.ones_like(t), t]
    for k in range(2, degree + 1):
        P.append(((2 * k - 1) * t * P[-1] - (k - 1) * P[-2]) / k)
    return np.stack(P[: degree + 1], axis=-1)


@dataclass(frozen=True, eq=False)
class Polynomial:
    """A polynomial in the Chebyshev basis: call it with x to get its values.

    Attributes
    ----------
    coefficients : array of shape (degree + 1,)
        Of T_0 .. T_degree.
    domain : tuple of two floats
        The interval of x that is mapped to [-1, 1].

    Examples
    --------
    >>> Polynomial(np.array([1.0, 2.0]), domain=(0.0, 4.0))([0.0, 2.0, 4.0])
    array([-1.,  1.,  3.])
    """

    coefficients: Array
    domain: tuple[float, float] = DOMAIN

    def __post_init__(self) -> None:
        coefficients = checks.numbers("coefficients", self.coefficients)
        if coefficients.ndim != 1 or not len(coefficients):
            raise ValueError(f"coefficients must have the shape (degree + 1,), got {coefficients.shape}")
        object.__setattr__(self, "coefficients", coefficients)
        object.__setattr__(self, "domain", _check_domain(self.domain))

    @property
    def degree(self) -> int:
        """The degree."""
        return len(self.coefficients) - 1

    def __call__(self, x: ArrayLike) -> Array:
        """Return the values at x, in the shape of x."""
        t = _to_unit(checks.numbers("x", x).astype(np.float64, copy=False), self.domain)
        return np.asarray(chebyshev_basis(t, self.degree) @ self.coefficients)


def fit_polynomial(x: ArrayLike, y: ArrayLike, degree: int, domain: tuple[float, float] = DOMAIN) -> Polynomial:
    """Fit a polynomial by least squares.

    Parameters
    ----------
    x, y : arrays of shape (n,)
    degree : int, >= 0
        From n - 1 on the fit passes through every point. Beyond, many do, and the one whose Chebyshev coefficients
        have the least norm is returned.
    domain : tuple of two floats
        The interval that is mapped to [-1, 1]; `x` should lie within it.

    Returns
    -------
    Polynomial

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or the degree is not a whole number of at least 0.

    Examples
    --------
    >>> fit = fit_polynomial([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], degree=1)
    >>> fit([0.5, 4.0]).round(6)
    array([2., 9.])
    """
    x, y = _points(x, y)
    low, high = _check_domain(domain)
    checks.whole("degree", degree, 0, MAX_DEGREE)
    basis = chebyshev_basis(_to_unit(x, (low, high)), degree)  # (n, degree + 1)
    return Polynomial(_least_squares(basis, y), (low, high))


def fit_raw_powers(x: ArrayLike, y: ArrayLike, degree: int) -> tuple[Callable[[ArrayLike], Array], bool]:
    """Fit a polynomial in the raw powers 1, x, x^2, ..., as `np.polyfit` does: the common mistake.

    The powers are nearly parallel (condition number 5e16 at degree 15 on the reference sample), so at high degree
    `np.polyfit` truncates what it cannot resolve, warns (RankWarning), and no longer passes through the points.

    Parameters
    ----------
    x, y : arrays of shape (n,)
    degree : int, >= 0

    Returns
    -------
    predict : callable
        From x to the values of the fit.
    warned : bool
        Whether `np.polyfit` warns: its rank fell below degree + 1.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or the degree is not a whole number of at least 0.

    Examples
    --------
    >>> x, y = reference_sample()
    >>> predict, warned = fit_raw_powers(x, y, degree=19)
    >>> bool(np.mean((predict(x) - y) ** 2) > 1e-4), warned
    (True, True)
    >>> bool(np.mean((fit_polynomial(x, y, degree=19)(x) - y) ** 2) < 1e-20)
    True
    """
    x, y = _points(x, y)
    checks.whole("degree", degree, 0, MAX_DEGREE)
    # full=True returns the rank that the warning is about, in place of the warning
    coefficients, _, rank, _, _ = np.polyfit(x, y, degree, full=True)
    return (lambda at: np.polyval(coefficients, np.asarray(at, dtype=float))), bool(rank < degree + 1)


def raw_power_errors(x: ArrayLike, y: ArrayLike, degrees: Sequence[int]) -> tuple[Array, NDArray[np.bool_]]:
    """Measure what raw powers make of each degree on the sample's own points (`fit_raw_powers`).

    Parameters
    ----------
    x, y : arrays of shape (n,)
    degrees : sequence of int

    Returns
    -------
    errors : array of shape (degrees,)
        Mean squared errors on the sample.
    warned : array of bool of shape (degrees,)
        Whether `np.polyfit` warns.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or a degree is not a whole number of at least 0.

    Examples
    --------
    >>> errors, warned = raw_power_errors(*reference_sample(), degrees=[3, 19])
    >>> errors.round(4), warned
    (array([0.0617, 0.0003]), array([False,  True]))
    """
    x, y = _points(x, y)
    fits = [fit_raw_powers(x, y, degree) for degree in _degrees(degrees)]
    return np.array([np.mean((predict(x) - y) ** 2) for predict, _ in fits]), np.array([warns for _, warns in fits])


def verdict(
    train_error: float,
    validation_error: float,
    noise_variance: float,
    signal_variance: float = 0.5,
    tolerance: float = 0.15,
) -> Verdict:
    """Return "under", "good" or "over" from measured errors alone.

    No fit can beat the noise, so what counts is the excess of the validation error over the noise. It is the sum of
    two measured parts:

    * the misfit, train_error - noise_variance: what the fit misses even on its own points;
    * the gap, validation_error - train_error: what it gets wrong only on points it has not seen.

    "good" if the excess is at most `tolerance` of the signal; else the larger part names the fault: the misfit
    "under", the gap "over".

    Parameters
    ----------
    train_error, validation_error : float, >= 0
        Mean squared errors against noisy targets.
    noise_variance : float, >= 0
        The error of the truth itself.
    signal_variance : float, >= 0
        The variance of the truth, so the excess error of a constant; 1/2 for sin over its period.
    tolerance : float in [0, 1]
        The share of the signal that a good fit may miss.

    Returns
    -------
    "under", "good" or "over"

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> verdict(train_error=0.354, validation_error=0.296, noise_variance=0.09)  # a line through a sine
    'under'
    >>> verdict(train_error=0.062, validation_error=0.135, noise_variance=0.09)
    'good'
    >>> verdict(train_error=0.010, validation_error=1.483, noise_variance=0.09)
    'over'
    """
    for name, error in ("train_error", train_error), ("validation_error", validation_error):
        if not checks.numbers(name, error, finite=False).ndim == 0 or not error >= 0:  # infinite where a fit diverged
            raise ValueError(f"{name} must be at least 0, got {checks.shown(error)}")
    checks.number("noise_variance", noise_variance, 0)
    checks.number("signal_variance", signal_variance, 0)
    checks.number("tolerance", tolerance, 0, 1)
    if validation_error - noise_variance <= tolerance * signal_variance:
        return "good"
    return "under" if train_error - noise_variance >= validation_error - train_error else "over"


@dataclass(frozen=True, eq=False)
class ErrorByDegree:
    """The fits of several degrees to one sample, and their mean squared errors.

    Attributes
    ----------
    degrees : tuple of int
    fits : tuple of Polynomial
    train : array of shape (degrees,)
        On the sample itself, noise included.
    validation : array of shape (degrees,)
        On other noisy points.
    true_at_points : array of shape (degrees,)
        Against sin, at the x of the sample.
    true : array of shape (degrees,)
        Against sin, on 2001 equally spaced points: between the points of the sample.
    verdicts : tuple of "under", "good", "over"
    """

    degrees: tuple[int, ...]
    fits: tuple[Polynomial, ...]
    train: Array
    validation: Array
    true_at_points: Array
    true: Array
    verdicts: tuple[Verdict, ...]


def error_by_degree(
    x: ArrayLike,
    y: ArrayLike,
    degrees: Sequence[int],
    x_val: ArrayLike,
    y_val: ArrayLike,
    noise: float,
) -> ErrorByDegree:
    """Fit all degrees to a sample of sin and measure each of them.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        The sample, as from `sample`.
    degrees : sequence of int
    x_val, y_val : arrays of shape (n_val,)
        The validation points, as from `sample(..., spacing="random")`.
    noise : float, >= 0
        The standard deviation of the noise in both, for the verdict.

    Returns
    -------
    ErrorByDegree

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite or a degree is not a whole number of at least 0.

    Examples
    --------
    >>> x, y = reference_sample()
    >>> x_val, y_val = sample(400, 0.3, np.random.default_rng(0), spacing="random")
    >>> errors = error_by_degree(x, y, [1, 3, 15], x_val, y_val, noise=0.3)
    >>> errors.train.round(4)
    array([0.3543, 0.0617, 0.01  ])
    >>> errors.true.round(3)
    array([0.206, 0.045, 1.393])
    >>> errors.verdicts
    ('under', 'good', 'over')
    """
    x, y = _points(x, y)
    x_val, y_val = _points(x_val, y_val, "x_val", "y_val")
    degrees = _degrees(degrees)
    checks.number("noise", noise, 0)
    between = grid()
    fits = tuple(fit_polynomial(x, y, degree) for degree in degrees)

    def error(at: Array, target: Array) -> Array:
        basis = chebyshev_basis(_to_unit(at, DOMAIN), max(degrees))  # (points, highest + 1), for all fits
        return np.array([np.mean((basis[:, : f.degree + 1] @ f.coefficients - target) ** 2) for f in fits])

    train, validation = error(x, y), error(x_val, y_val)
    return ErrorByDegree(
        degrees=degrees,
        fits=fits,
        train=train,
        validation=validation,
        true_at_points=error(x, np.sin(x)),
        true=error(between, np.sin(between)),
        verdicts=tuple(verdict(t, v, noise**2) for t, v in zip(train, validation, strict=True)),
    )


def choose_degrees(samples: Sequence[ErrorByDegree], by: Literal["train", "validation"]) -> tuple[Array, Array]:
    """Choose a degree on each sample by its lowest error, and judge it against the truth.

    Parameters
    ----------
    samples : sequence of ErrorByDegree
    by : "train" or "validation"
        The error that chooses; of equal ones the lower degree.

    Returns
    -------
    degrees : array of int of shape (samples,)
    true : array of shape (samples,)
        Each one's error against sin, between the points.

    Raises
    ------
    ValueError
        If there is no sample or `by` is another error.

    Examples
    --------
    >>> x, y = reference_sample()
    >>> errors = error_by_degree(x, y, range(20), *sample(400, 0.3, np.random.default_rng(0), "random"), noise=0.3)
    >>> degrees, true = choose_degrees([errors], by="train")
    >>> degrees, true.round()
    (array([19]), array([736.]))
    >>> choose_degrees([errors], by="validation")[0]
    array([5])
    """
    given = _samples(samples)
    checks.one_of("by", by, ("train", "validation"), '"train" or "validation"')
    best = [int(np.argmin(getattr(errors, by))) for errors in given]
    pairs = list(zip(given, best, strict=True))
    return np.array([errors.degrees[at] for errors, at in pairs]), np.array([errors.true[at] for errors, at in pairs])


def pass_at_points(samples: Sequence[ErrorByDegree], noise: float) -> tuple[int, int]:
    """Count the fits that overfit, and those of them that pass as good at the points of their own sample.

    Parameters
    ----------
    samples : sequence of ErrorByDegree
    noise : float, >= 0
        The standard deviation of the noise in all of them.

    Returns
    -------
    passed, overfits : int
        Of all degrees on all samples: the overfits that `verdict` calls good if it is given the error against sin at
        the x of the sample, plus the noise, instead of the validation error; and all overfits.

    Raises
    ------
    ValueError
        If there is no sample or `noise` is out of its range.

    Examples
    --------
    >>> x, y = reference_sample()
    >>> errors = error_by_degree(x, y, range(20), *sample(400, 0.3, np.random.default_rng(0), "random"), noise=0.3)
    >>> pass_at_points([errors], noise=0.3)
    (4, 7)
    """
    given, variance = _samples(samples), checks.number("noise", noise, 0) ** 2
    over = [(errors, at) for errors in given for at, label in enumerate(errors.verdicts) if label == "over"]
    judged = [
        verdict(float(errors.train[at]), float(errors.true_at_points[at]) + variance, variance) for errors, at in over
    ]
    return judged.count("good"), len(over)


def sign_test(worse: int, better: int) -> float:
    """Return how likely one side outnumbers the other by so much or more, were both as likely.

    Parameters
    ----------
    worse, better : int, >= 0
        How many of the pairs went either way; those that are equal are left out.

    Returns
    -------
    float in (0, 1]

    Raises
    ------
    ValueError
        If a count is out of its range.

    Examples
    --------
    >>> sign_test(20, 0), sign_test(3, 3)
    (1.9073486328125e-06, 1.0)
    """
    pairs = checks.whole("worse", worse, 0, MAX_PAIRS) + checks.whole("better", better, 0, MAX_PAIRS)
    most = max(worse, better)
    tail: int = sum(math.comb(pairs, k) for k in range(most, pairs + 1))
    ways: int = 2**pairs
    return min(1.0, 2 * tail / ways)


@dataclass(frozen=True)
class Choices:
    """What choosing the degree by train error costs against choosing it by validation error, over many samples.

    Attributes
    ----------
    degrees : (by train error, by validation error)
        The median degree that is chosen.
    true : (by train error, by validation error)
        The median error against sin.
    worse, better : int
        On how many samples the choice by train error has the larger error, and the smaller.
    verdict : "worse", "better" or "none"
        Which of the two a sign test at 5 % tells; "none" where it cannot.
    """

    degrees: tuple[int, int]
    true: tuple[float, float]
    worse: int
    better: int
    verdict: Literal["worse", "better", "none"]


def compare_choices(samples: Sequence[ErrorByDegree]) -> Choices:
    """Choose a degree on each sample by its train error and by its validation error, and compare what they come to.

    Parameters
    ----------
    samples : sequence of ErrorByDegree
        Of an even number the upper median is given. Errors that differ by less than 1e-9 are the same.

    Returns
    -------
    Choices

    Raises
    ------
    ValueError
        If there is no sample.

    Examples
    --------
    >>> x, y = reference_sample()
    >>> errors = error_by_degree(x, y, range(20), *sample(400, 0.3, np.random.default_rng(0), "random"), noise=0.3)
    >>> compare_choices([errors] * 6).degrees, compare_choices([errors] * 6).verdict, compare_choices([errors]).verdict
    ((19, 5), 'worse', 'none')
    """
    (by_train, wrong), (by_validation, right) = (choose_degrees(samples, by) for by in ("train", "validation"))
    worse, better = int((wrong > right + ROUNDING).sum()), int((wrong < right - ROUNDING).sum())
    certain, middle = sign_test(worse, better) < 0.05, len(wrong) // 2
    return Choices(
        degrees=(int(np.sort(by_train)[middle]), int(np.sort(by_validation)[middle])),
        true=(float(np.sort(wrong)[middle]), float(np.sort(right)[middle])),
        worse=worse,
        better=better,
        verdict="none" if not certain else "worse" if worse > better else "better",
    )


def _samples(samples: Sequence[ErrorByDegree]) -> tuple[ErrorByDegree, ...]:
    given = checks.several("samples", samples, 1, each="sample")
    return tuple(checks.instance("samples", errors, ErrorByDegree) for errors in given)


@dataclass(frozen=True, eq=False)
class BiasVariance:
    """Where the error of each degree comes from, measured over many samples.

    Attributes
    ----------
    degrees : tuple of int
    bias2 : array of shape (degrees,)
        Mean squared difference of the average fit from the truth.
    variance : array of shape (degrees,)
        Mean squared difference of a fit from the average fit.
    noise : float
        Variance of the noise.
    total : array of shape (degrees,)
        Mean squared error on fresh noisy targets, measured on its own; bias2 + variance + noise up to chance.
    median : array of shape (degrees,)
        The same error of the sample in the middle: half of the samples are below it, far below the mean where few
        samples have by far the largest errors.
    x : array of shape (points,)
        Where the fits were evaluated: equally spaced over the domain.
    mean_fit : array of shape (degrees, points)
    curves : array of shape (degrees, kept, points)
        The first few fits, to draw.
    resamples : int
        How many samples were fitted.
    """

    degrees: tuple[int, ...]
    bias2: Array
    variance: Array
    noise: float
    total: Array
    median: Array
    x: Array
    mean_fit: Array
    curves: Array
    resamples: int

    @property
    def chance(self) -> Array:
        """What the chance of so many samples adds to bias2 and takes off the variance: (degrees,)."""
        return np.asarray(self.variance / (self.resamples - 1))

    @property
    def unbiased(self) -> tuple[Array, Array]:
        """Bias^2 and variance without what chance adds to the one and takes off the other.

        Where there is no bias, the first comes out as often below zero as above.
        """
        return np.asarray(self.bias2 - self.chance), np.asarray(self.variance + self.chance)


def bias_variance(
    degrees: Sequence[int],
    n: int,
    noise: float,
    resamples: int,
    rng: np.random.Generator,
    *,
    points: int = 401,
    keep: int = 20,
) -> BiasVariance:
    """Draw many samples, fit each, and split the error into bias^2, variance and noise.

    The x stay where they are (n equally spaced points) and the noise is drawn anew, the same draws for every degree;
    so all fits of a degree share one factorisation.

    Parameters
    ----------
    degrees : sequence of int
    n : int, >= 2
        Points in each sample.
    noise : float, >= 0
        Standard deviation.
    resamples : int, >= 2
    rng : numpy.random.Generator
    points : int, >= 2
        Equally spaced points on which errors are measured.
    keep : int, >= 0
        How many of the fits to return as curves.

    Returns
    -------
    BiasVariance

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    The average fit is that of the resamples, so bias^2 is too high by variance / resamples, and the variance too low
    by as much: their sum is right. `BiasVariance.unbiased` takes that out.

    Examples
    --------
    >>> parts = bias_variance([1, 3, 5], 20, 0.3, resamples=300, rng=np.random.default_rng(0))
    >>> parts.bias2.round(2), parts.variance.round(2)
    (array([0.2 , 0.01, 0.  ]), array([0.01, 0.02, 0.02]))
    """
    degrees = _degrees(degrees)
    checks.whole("keep", keep, 0)
    _check_resamples(n, noise, resamples, rng, points, max(degrees) + 1)
    checks.room(degrees=len(degrees), points=points, keep=max(1, min(keep, resamples)))
    x, y = _resamples(n, noise, resamples, rng)  # (n,), (n, resamples)
    at = grid(points)
    truth = np.sin(at)[:, None]  # (points, 1)
    fresh = truth + noise * rng.standard_normal((len(at), resamples))  # (points, resamples)
    basis, basis_at = (chebyshev_basis(_to_unit(v, DOMAIN), max(degrees)) for v in (x, at))
    bias2, variance, errors, mean_fit, curves = [], [], [], [], []
    for degree in degrees:
        k = degree + 1
        fits = basis_at[:, :k] @ _least_squares(basis[:, :k], y)  # (points, resamples)
        mean = fits.mean(axis=1, keepdims=True)  # (points, 1)
        bias2.append(np.mean((mean - truth) ** 2))
        variance.append(np.mean((fits - mean) ** 2))
        errors.append(np.mean((fits - fresh) ** 2, axis=0))  # (resamples,)
        mean_fit.append(mean[:, 0])
        curves.append(fits[:, :keep].T)
    return BiasVariance(
        degrees=degrees,
        bias2=np.array(bias2),
        variance=np.array(variance),
        noise=float(noise) ** 2,
        total=np.mean(errors, axis=1),
        median=np.median(errors, axis=1),
        x=at,
        mean_fit=np.array(mean_fit),
        curves=np.array(curves),
        resamples=resamples,
    )


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """Mean squared errors over many samples, against the sample's size or the number of coefficients.

    Attributes
    ----------
    at : array of shape (m,), int
        The sizes, or the numbers of coefficients.
    train, validation, true : arrays of shape (3, m)
        On the sample, on fresh noisy points, and against sin on an even grid; rows are the 10 % quantile over the
        samples, the median and the 90 % quantile.
    """

    at: Array
    train: Array
    validation: Array
    true: Array

    def stays_within(self, limit: float) -> int | None:
        """Return from where on the median validation error stays within a limit; None where it does not."""
        within = (self.validation[1] <= limit).tolist()
        return next((int(at) for i, at in enumerate(self.at) if all(within[i:])), None)

    def minima_around(self, n: int) -> tuple[int, int]:
        """Return where the median error against sin is lowest before `n`, and after it, by their numbers.

        n: one of `at`, not the last; where it is the first, there is nothing before it, and the first is returned.
        """
        middle, at_n = self.true[1], self.at.tolist().index(n)
        return int(middle[: max(at_n, 1)].argmin()), at_n + 1 + int(middle[at_n + 1 :].argmin())


def learning_curve(
    degree: int, sizes: Sequence[int], noise: float, resamples: int, rng: np.random.Generator, *, points: int = 401
) -> ErrorCurve:
    """Measure one degree at several sample sizes: train error rises and validation error falls towards the noise.

    Parameters
    ----------
    degree : int, >= 0
    sizes : sequence of int, each >= 2
        Equally spaced points in a sample. Up to degree + 1 the fit passes through all of them.
    noise : float, >= 0
        Standard deviation.
    resamples : int, >= 2
    rng : numpy.random.Generator
    points : int, >= 2
        Equally spaced points on which errors are measured.

    Returns
    -------
    ErrorCurve

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> curve = learning_curve(5, [10, 100], 0.3, resamples=300, rng=np.random.default_rng(0))
    >>> curve.train[1].round(2), curve.validation[1].round(2)
    (array([0.03, 0.08]), array([0.13, 0.1 ]))
    """
    checks.whole("degree", degree, 0, MAX_DEGREE)
    sizes = checks.several("sizes", sizes)
    if not sizes:
        raise ValueError("sizes must not be empty")
    for n in sizes:
        checks.whole("sizes", n, 2)
        _check_resamples(n, noise, resamples, rng, points, degree + 1, size="sizes")
    at = grid(points)
    basis_at = chebyshev_basis(_to_unit(at, DOMAIN), degree)
    rows = []
    for n in sizes:
        x, y = _resamples(n, noise, resamples, rng)
        fresh = noise * rng.standard_normal((len(at), resamples))
        rows.append(_errors(chebyshev_basis(_to_unit(x, DOMAIN), degree), y, basis_at, np.sin(at), fresh))
    train, validation, true = np.array(rows).transpose(1, 2, 0)  # 3 arrays of shape (3, sizes)
    return ErrorCurve(np.array(sizes), train, validation, true)


def double_descent(
    coefficients: Sequence[int],
    n: int,
    noise: float,
    resamples: int,
    rng: np.random.Generator,
    *,
    basis: Literal["legendre", "chebyshev"] = "legendre",
    points: int = 401,
) -> ErrorCurve:
    """Measure the least-squares fit as its coefficients outnumber the points.

    With fewer coefficients than points the fit is the usual one; with n it is the only one through all the points, and
    swings wildly between them; with more, many pass through all of them, and the one of least coefficient norm is
    taken. Whether the error falls again depends on what "least" prefers, hence the two bases: a Legendre polynomial
    has less energy the higher its degree (2 / (2k + 1) over [-1, 1]), so a small norm means a smooth fit, and the
    error falls; Chebyshev polynomials cost the same at every degree, and the fit shrinks to spikes at the points.

    Parameters
    ----------
    coefficients : sequence of int, each >= 1
        Numbers of coefficients (degree + 1).
    n : int, >= 2
        Equally spaced points in a sample.
    noise : float, >= 0
        Standard deviation.
    resamples : int, >= 2
    rng : numpy.random.Generator
    basis : "legendre" or "chebyshev"
    points : int, >= 2
        Equally spaced points on which errors are measured.

    Returns
    -------
    ErrorCurve

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    The second descent is no free lunch here: it ends above the first minimum.

    Examples
    --------
    >>> curve = double_descent([4, 20, 200], 20, 0.3, resamples=200, rng=np.random.default_rng(0))
    >>> few, as_many, many = curve.true[1]
    >>> bool(few < many < 0.1 < 1000 < as_many)
    True
    """
    counts = checks.several("coefficients", coefficients)
    if not counts:
        raise ValueError("coefficients must not be empty")
    for k in counts:
        checks.whole("coefficients", k, 1, MAX_DEGREE)
    _check_resamples(n, noise, resamples, rng, points, max(counts))
    checks.one_of("basis", basis, ("legendre", "chebyshev"), '"legendre" or "chebyshev"')
    functions = legendre_basis if basis == "legendre" else chebyshev_basis
    x, y = _resamples(n, noise, resamples, rng)
    at = grid(points)
    fresh = noise * rng.standard_normal((len(at), resamples))
    basis_x, basis_at = (functions(_to_unit(v, DOMAIN), max(counts) - 1) for v in (x, at))
    rows = [_errors(basis_x[:, :k], y, basis_at[:, :k], np.sin(at), fresh) for k in counts]
    train, validation, true = np.array(rows).transpose(1, 2, 0)  # 3 arrays of shape (3, counts)
    return ErrorCurve(np.array(counts), train, validation, true)


def shuffle_labels(y: ArrayLike, share: float, rng: np.random.Generator) -> Array:
    """Return the labels with a share of them shuffled, to see whether a model can memorise what has no pattern.

    Exactly round(share * n) rows, drawn at random, exchange their labels among themselves. So the number of labels of
    each class stays, and some rows get their own label back: of the shuffled rows about sum(p_k^2), one in K for K
    even classes, are still right.

    Parameters
    ----------
    y : array of shape (n,)
        Labels, or targets of a regression.
    share : float in [0, 1]
        0 leaves all labels; 1 shuffles all.
    rng : numpy.random.Generator

    Returns
    -------
    array of the shape and dtype of `y`
        A copy.

    Raises
    ------
    ValueError
        If `y` is not one-dimensional or `share` is out of its range.

    References
    ----------
    C. Zhang et al., ICLR 2017, arXiv:1611.03530, who replace a share of the labels by random ones.

    Examples
    --------
    >>> shuffle_labels([0, 0, 0, 0, 1, 1, 1, 1], share=0.5, rng=np.random.default_rng(3))
    array([1, 0, 0, 0, 0, 1, 1, 1])
    """
    y = checks.array("y", y, "biufcSUOMm", "a 1-D array").copy()
    if y.ndim != 1:
        raise ValueError(f"y must be a 1-D array, got shape {y.shape}")
    checks.number("share", share, 0, 1)
    checks.stream("rng", rng)
    rows = rng.choice(len(y), round(share * len(y)), replace=False) if len(y) else np.zeros(0, dtype=int)
    y[rows] = y[rng.permutation(rows)]
    return y


def _check_domain(domain: tuple[float, float]) -> tuple[float, float]:
    ends = tuple(checks.number("domain", end) for end in checks.several("domain", domain))
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise ValueError(f"domain must be an interval, low < high, got {domain}")
    return ends[0], ends[1]


def _to_unit(x: Array, domain: tuple[float, float]) -> Array:
    low, high = domain
    return (2.0 * x - (low + high)) / (high - low)


def _least_squares(basis: Array, y: Array) -> Array:
    """Solve by SVD, the least norm where there are many solutions; y is (n,) or (n, resamples)."""
    return np.asarray(np.linalg.lstsq(basis, y, rcond=None)[0])


def _check_resamples(
    n: int, noise: float, resamples: int, rng: np.random.Generator, points: int, coefficients: int, size: str = "n"
) -> None:
    """Raise unless the samples can be drawn, and fitted within the memory."""
    checks.whole(size, n, 2)
    checks.number("noise", noise, 0)
    checks.whole("resamples", resamples, 2, checks.MANY)
    checks.whole("points", points, 2)
    checks.stream("rng", rng)
    for many in ({size: n}, {"points": points}):
        checks.room(resamples=resamples, **many)
        checks.room(coefficients=coefficients, **many)
    checks.room(coefficients=coefficients, resamples=resamples)


def _resamples(n: int, noise: float, resamples: int, rng: np.random.Generator) -> tuple[Array, Array]:
    x = grid(n)
    return x, np.sin(x)[:, None] + noise * rng.standard_normal((n, resamples))


def _errors(basis: Array, y: Array, basis_at: Array, truth: Array, fresh: Array) -> Array:
    """Return quantiles over the resamples (10 %, median, 90 %) of train, validation and true error: (3, 3)."""
    w = _least_squares(basis, y)  # (k, resamples)
    off = basis_at @ w - truth[:, None]  # (points, resamples)
    errors = [np.mean(r * r, axis=0) for r in (basis @ w - y, off - fresh, off)]
    return np.asarray(np.quantile(errors, [0.1, 0.5, 0.9], axis=1).T)


def _points(x: ArrayLike, y: ArrayLike, x_name: str = "x", y_name: str = "y") -> tuple[Array, Array]:
    x, y = (checks.numbers(name, a).astype(np.float64, copy=False) for name, a in ((x_name, x), (y_name, y)))
    if x.ndim != 1 or len(x) == 0:
        raise ValueError(f"{x_name} must be a 1-D array of at least one point, got shape {x.shape}")
    if y.shape != x.shape:
        raise ValueError(f"{y_name} must have the shape of {x_name}, {x.shape}, got {y.shape}")
    return x, y


def _degrees(degrees: Sequence[int]) -> tuple[int, ...]:
    checked = tuple(checks.whole("degree", degree, 0, MAX_DEGREE) for degree in checks.several("degrees", degrees))
    if not checked:
        raise ValueError("degrees must not be empty")
    return checked
