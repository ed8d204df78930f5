import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from reglab import checks, l1, l2
from tests.refusals import refusal


def test_numbers_of_all_kinds_are_numbers():
    for value in (1, 0.5, np.float32(0.5), np.int64(1), np.array(0.5), Fraction(1, 2), 2**63):
        assert checks.number("x", value, 0) == float(value)
        assert type(checks.number("x", value, 0)) is float


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.True_,
        "0.5",
        np.str_("0.5"),
        b"1",
        None,
        0.5j,
        np.complex64(1),
        10**400,
        Decimal("0.5"),
        [0.5],
        np.array([0.5]),
        np.datetime64("2024"),
        np.timedelta64(1, "D"),
        np.ma.masked,
        float("nan"),
        float("inf"),
        object(),
    ],
)
def test_what_is_no_finite_number_is_none(value):
    assert refusal(checks.number, "x", value, 0).startswith("x must be a number from 0 up, got ")
    assert refusal(checks.number, "x", value).startswith("x must be a finite number, got ")


def test_open_ends():
    assert refusal(checks.number, "x", 0, 0, low_open=True) == "x must be above 0, got 0"
    assert refusal(checks.number, "x", -1, 0, low_open=True) == "x must be a number from 0 up, got -1"
    assert refusal(checks.number, "x", 1, 0, 1, high_open=True) == "x must be in [0, 1), got 1"
    assert checks.number("x", 1, 0, 1) == 1


def test_whole_numbers_have_two_ends():
    assert checks.whole("n", np.int32(3), 1) == 3
    assert checks.whole("n", np.array(3), 1) == 3
    for value in (0, 2.0, True, "3", None, np.array([3]), -(10**400)):
        assert refusal(checks.whole, "n", value, 1).startswith("n must be a whole number of at least 1, got ")
    assert refusal(checks.whole, "n", 10**9, 1, 5) == "n must be at most 5, got 1000000000"
    assert refusal(checks.whole, "n", 2**63, 1) == f"n must be at most {2**63 - 1}, got {2**63}"


def test_a_value_is_shown_on_one_short_line():
    assert checks.shown(np.eye(2)) == "array([[1., 0.], [0., 1.]])"
    assert len(checks.shown("a" * 1000)) == 60
    assert checks.shown(np.float64(0.5)) == checks.shown(np.array(0.5)) == "0.5"
    assert checks.shown([10**5000]) == "a number of type list"


@pytest.mark.parametrize(
    "value",
    [
        ["1.5"],
        "x",
        [[1.0], [1.0, 2.0]],
        [None],
        [10**400],
        1j,
        [1j],
        {1, 2},
        {},
        (i for i in (1, 2)),
        True,
        np.array(["2024"], "datetime64[Y]"),
        np.ma.masked_array([1.0, 2.0], [True, False]),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_without_a_warning(value):
    assert refusal(checks.array, "x", value).startswith("x must be numbers, got ")
    assert refusal(checks.numbers, "x", value, finite=False).startswith("x must be numbers, got ")


def test_arrays_keep_their_precision_and_whole_numbers_become_floats():
    for given, made in (("f2", "f2"), ("f4", "f4"), ("f8", "f8"), ("u1", "f4"), ("i8", "f8"), ("?", "f4")):
        assert checks.numbers("x", np.ones(2, given)).dtype == made
    x = np.ones(3, np.float32)
    assert checks.numbers("x", x) is x
    table = np.array([1, 2.5, np.float32(3)], object)  # such as a column of a table
    assert checks.numbers("x", table).tolist() == [1, 2.5, 3]
    assert checks.numbers("x", np.ma.masked_array([1.0, 2.0])).tolist() == [1, 2]
    assert checks.numbers("x", []).shape == (0,)
    assert checks.array("labels", [], "iu").dtype == np.int64


def test_a_range_holds_for_every_number_of_an_array():
    assert refusal(checks.numbers, "rate", [0.5, 1.0], 0, 1, high_open=True) == "rate must be in [0, 1), got 1"
    assert refusal(checks.numbers, "rate", [0.5, np.nan], 0) == "rate must be a number from 0 up, got nan"
    assert refusal(checks.numbers, "rate", "x", 0) == "rate must be a number from 0 up, got 'x'"
    assert refusal(checks.numbers, "rate", -0.5, 0) == "rate must be a number from 0 up, got -0.5"
    assert refusal(checks.numbers, "x", [0.5, np.inf]) == "x must be finite, got inf"
    assert np.isnan(checks.numbers("x", [np.nan], finite=False)).all()


def test_what_would_fill_the_memory_is_refused_before_it_is_made():
    assert refusal(checks.array, "x", range(10**9)) == "x must be numbers, got 1000000000 of them, more than 25000000"
    assert "more than" in refusal(checks.array, "x", range(2**70))
    assert refusal(checks.several, "x", itertools.count(), most=5) == "x must have at most 5 values, got more"
    assert refusal(checks.seeds, "seeds", 10**9) == "seeds must be at most 10000, got 1000000000"
    assert refusal(checks.room, n=10**5, d=10**5) == "n * d must be at most 25000000, got 10000000000"
    assert refusal(checks.rounds, passes=10**5, blocks=2) == "passes * blocks must be at most 100000, got 200000"
    assert refusal(checks.sizes, "shape", (10**5, 10**5)).startswith("shape must be of at most 25000000 numbers, got ")
    assert refusal(checks.fits, "a", (10**5, 1), "b", (10**5,)).startswith("a and b must make at most 25000000 numbers")


def test_sequences():
    assert checks.several("x", (i for i in (1, 2))) == (1, 2)
    for value in (5, None, "ab", b"ab", {"a": 1}, {1, 2}):
        assert refusal(checks.several, "x", value) == f"x must be a sequence, got {value!r}"
    assert refusal(checks.several, "shares", [], 1, each="share") == "shares must have at least one share, got none"


def test_streams_are_never_drawn_from_a_number():
    rng = np.random.default_rng(0)
    assert checks.stream("rng", rng) is rng
    assert checks.stream("rng", None, none=True) is None
    assert checks.stream("rng", [rng, rng], many=True) == [rng, rng]
    assert refusal(checks.stream, "rng", 42) == "rng must be a numpy.random.Generator, got 42"
    several = "rng must be a numpy.random.Generator, a list of them (one per seed) or None, got []"
    assert refusal(checks.stream, "rng", [], many=True, none=True) == several
    old = np.random.RandomState(0)
    assert checks.stream("rng", old, legacy=True) is old
    assert "got RandomState" in refusal(checks.stream, "rng", old)


@pytest.mark.parametrize("path", [l2.ridge_path, l1.lasso_path, lambda X, y, l1s: l1.elastic_net_path(X, y, l1s, 0.1)])
def test_numbers_whose_products_overflow_are_refused_and_not_computed_with(path):
    X = np.random.default_rng(0).uniform(1, 2, (20, 3))
    y = X[:, 0]
    said = r"must hold numbers whose squares add up to at most 1e\+150, got "
    for scale in (1e75, 1e155, 8e307):
        with pytest.raises(ValueError, match=f"^X {said}"):
            path(X * scale, y, [0.1])
        with pytest.raises(ValueError, match=f"^y {said}"):
            path(X, y * scale, [0.1])
    assert np.isfinite(path(X * 1e73, y * 1e73, [0.1])).all()


def test_what_is_of_another_kind_is_refused_with_its_article():
    with pytest.raises(ValueError, match="advice must be an Array, got None"):
        checks.instance("advice", None, type("Array", (), {}))
    with pytest.raises(ValueError, match="rows must be a list, got None"):
        checks.instance("rows", None, list)
