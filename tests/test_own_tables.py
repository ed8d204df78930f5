"""Tables of one's own: what is read, which kinds of columns there are, what each seed learns, and what is said."""

import codecs
import datetime
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import reglab
from reglab import Dataset
from reglab.engine.rows import Rows, draw_rows
from reglab.own_data import MAX_COLUMNS, MAX_ROWS, MAX_WIDTH, read_table
from reglab.own_data.columns import Reading, parse, readings, useless
from reglab.own_data.encoding import MAX_CATEGORIES, RARE, Encoding, Part
from reglab.own_data.read_table import Table
from tests.refusals import refusal


def read(source, *named):
    """Return the columns of a source as lists, and what is said of it."""
    table = read_table.read_table(source, named)
    return {name: cells.tolist() for name, cells in table.columns.items()}, table.notes


def text(*cells):
    """Return a column of text."""
    column = np.empty(len(cells), object)
    column[:] = cells
    return column


# --- reading CSV ---

TWO = {"a": ["1", "2"], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("source", "separator"),
    [
        ("a,b\n1,x\n2,y\n", ""),
        ("a;b\n1;x\n2;y\n", "semicolons"),
        ("a\tb\r\n1\tx\r\n2\ty", "tabs"),
        ("a|b\n1|x\n\n2|y\n", "bars"),
        ('"a","b"\n"1","x"\n"2","y"\n', ""),
        ("\ufeffa, b\n1, x\n2,  y\n", ""),
    ],
)
def test_separators_are_found_out(source, separator):
    assert read(source) == (TWO, (f"The cells are separated by {separator}.",) if separator else ())
    assert read(source.encode("utf-8"))[0] == TWO


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"", ()),
        ("utf-8", codecs.BOM_UTF8, ()),
        ("utf-16-le", codecs.BOM_UTF16_LE, ()),
        ("utf-16-be", codecs.BOM_UTF16_BE, ()),
        ("utf-16-le", b"", ()),
        ("utf-16-be", b"", ()),
        ("utf-32-le", codecs.BOM_UTF32_LE, ()),
        ("cp1252", b"", ("The text is no UTF-8, and was read as Windows-1252.",)),
    ],
)
def test_encodings_are_found_out(encoding, mark, said, tmp_path):
    content = mark + "town,n\nZürich,1\nKöln,2\n".encode(encoding)
    expected = ({"town": ["Zürich", "Köln"], "n": ["1", "2"]}, said)
    assert read(content) == read(bytearray(content)) == expected
    path = tmp_path / "towns.csv"
    path.write_bytes(content)
    assert read(path) == read(str(path)) == expected


def test_bytes_that_windows_does_not_know_are_latin():
    assert read(b"a,b\n\xe4\x81,1\n")[1] == ("The text is no UTF-8, and was read as Latin-1.",)


def test_the_separator_is_that_of_the_rows_and_not_of_a_name():
    assert read("mass, kg;size\n1;2\n3;4\n")[0] == {"mass, kg": ["1", "3"], "size": ["2", "4"]}


def test_a_quoted_cell_may_hold_separators_and_lines():
    table, notes = read('name,n\n"Braund, Mr. ""Owen""",1\n"two\nlines",2\n')
    assert table["name"] == ['Braund, Mr. "Owen"', "two lines"]
    assert notes == ()


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "null", "None", "?", "-", " <NA> "])
def test_missing_values_have_many_names(cell):
    assert read(f"a,b\n1,x\n{cell},y\n")[0]["a"] == ["1", None]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", ["column 1", "column 2", "column 3"]),  # a number at the top
        ("x,a\ny,b\nx,c\n", ["column 1", "column 2"]),  # of which half is enough
        ("p,x,s\ne,x,s\np,y,s\n", ["column 1", "column 2", "column 3"]),  # values that occur again
        ("length,kind\n1,a\n2,b\n", ["length", "kind"]),
        ("town,kind\nBern,a\nRom,b\n", ["town", "kind"]),
        ("place,2019,2020\nBern,1,2\nRom,3,4\n", ["column 1", "column 2", "column 3"]),
        (",x,x\nr1,1,2\nr2,3,4\n", ["column 1", "x", "x (2)"]),
    ],
)
def test_a_header_is_told_from_data(source, names):
    table, notes = read(source)
    assert list(table) == names
    said = "The first row is data like the others: the columns are named by their number, from column 1."
    assert (said in notes) == (names[1] == "column 2")
    assert all(len(cells) == source.count("\n") - (said not in notes) for cells in table.values())


def test_a_first_row_with_the_names_that_are_asked_for_is_the_header():
    assert list(read("place,2019,2020\nBern,1,2\nRom,3,4\n", "2020")[0]) == ["place", "2019", "2020"]


def test_rows_of_another_length_are_left_out_and_said():
    rows = "".join(f"{i},x\n" for i in range(10))
    table, notes = read(f"a,b\n{rows}1,2,3\n")
    assert len(table["a"]) == 10
    said = (
        "1 row has another number of cells and is left out: the row that ends in line 12 has 3 cells and the header 2."
    )
    assert notes == (said,)
    rows = "".join(f"{i},x\n" for i in range(19))
    assert read(f"a,b\n{rows}1\n2\n")[1][0].startswith("2 rows have another number of cells and are left out: ")


def test_a_row_per_tenth_may_have_another_length():
    rows = "".join(f"{i},x\n" for i in range(17))
    assert len(read(f"a,b\n{rows}1\n2\n")[0]["a"]) == 17  # 2 of 20 rows, the header is one
    said = "source must have as many cells in every row, and the row that ends in line 18 has 1 cells and the header 2"
    assert refusal(read, f"a,b\n{rows[:-5]}1\n2\n") == said


# --- reading columns, rows and data frames ---


class Frame:
    """Columns as other libraries than pandas have them: names, one column by its name, values by `to_numpy`."""

    def __init__(self, given):
        self.given, self.columns = given, list(given)

    def __getitem__(self, name):
        return self.given[name]

    def __len__(self):
        return len(self.given[self.columns[0]])


DAY = datetime.date(2020, 2, 1)
MIXED = {
    "number": [1, 2.5, None],
    "decimal": [Decimal("1.5"), 2, None],
    "flag": [True, False, True],
    "word": ["x", "NA", "z"],
    "day": [DAY, datetime.datetime(2020, 2, 1, 12), None],
    "either": [1, "many", 2.0],
}


@pytest.mark.parametrize(
    "source",
    [
        MIXED,
        [dict(zip(MIXED, row, strict=True)) for row in zip(*MIXED.values(), strict=True)],
        pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in MIXED.items()}),
        Frame({name: pd.Series(values, dtype=object) for name, values in MIXED.items()}),
    ],
    ids=["columns", "rows", "pandas", "another"],
)
def test_columns_of_objects_are_numbers_truth_values_text_or_days(source):
    table = read_table.read_table(source)
    kinds = {name: cells.dtype.kind for name, cells in table.columns.items()}
    assert kinds == {"number": "f", "decimal": "f", "flag": "b", "word": "O", "day": "M", "either": "O"}
    np.testing.assert_array_equal(table.columns["number"], [1, 2.5, np.nan])
    np.testing.assert_array_equal(table.columns["decimal"], [1.5, 2, np.nan])
    assert table.columns["word"].tolist() == ["x", None, "z"]
    assert table.columns["either"].tolist() == ["1", "many", "2"]
    days = np.array(["2020-02-01", "2020-02-01T12", "NaT"], "datetime64[us]")
    np.testing.assert_array_equal(table.columns["day"], days)


def test_a_data_frame_with_types_of_its_own():
    frame = pd.DataFrame(
        {
            "i": pd.Series([1, None, 3], dtype="Int64"),
            "flag": pd.Series([True, None, False], dtype="boolean"),
            "word": pd.Series(["x", None, "?"], dtype="string"),
            "code": pd.Series([1.0, 2.0, np.nan]).astype("category"),
            "day": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "zone": pd.to_datetime(["2020-01-01 01:00+01:00", None, "2020-01-03 00:00+00:00"], utc=True),
            "span": pd.to_timedelta(["1D", "36h", None]),
            7: np.arange(3, dtype=np.uint8),
        }
    )
    table = read_table.read_table(frame).columns
    np.testing.assert_array_equal(table["i"], [1, np.nan, 3])
    assert table["flag"].tolist() == ["True", None, "False"]
    assert table["word"].tolist() == ["x", None, None]
    assert table["code"].tolist() == ["1", "2", None]
    days = np.array(["2020-01-01", "NaT", "2020-01-03"], "datetime64[us]")
    np.testing.assert_array_equal(table["day"], days)
    np.testing.assert_array_equal(table["zone"], days)
    np.testing.assert_array_equal(table["span"], [1, 1.5, np.nan])
    np.testing.assert_array_equal(table["7"], [0, 1, 2])


def test_rows_may_lack_a_column():
    assert read([{"a": 1, "b": "x"}, {"b": "y", "c": True}])[0]["b"] == ["x", "y"]
    assert read([{"a": 1}, {"c": True}])[0]["c"] == [None, "True"]


# --- kinds of columns ---


@pytest.mark.parametrize(
    ("cells", "kind", "style", "values"),
    [
        (["1", "-2.5", ".5", "1e3"], "number", "point", [1, -2.5, 0.5, 1000]),
        (["1,5", "2", "-0,25"], "number", "comma", [1.5, 2, -0.25]),
        (["1.234,5", "2.000", "1"], "number", "comma", [1234.5, 2000, 1]),
        (["1,234.5", "999", "1,000,000"], "number", "thousands", [1234.5, 999, 1e6]),
        (["1,234", "5,678"], "number", "thousands", [1234, 5678]),
        (["0,123", "5,678"], "number", "comma", [0.123, 5.678]),
        (["yes", "No", None], "boolean", "", [1, 0, np.nan]),
        (["T", "F", "T"], "boolean", "", [1, 0, 1]),
        (["2020-01-02", "1970-01-01 12:00", None], "date", "ISO 8601", [18263, 0.5, np.nan]),
        (["2020-01-02T00:00+02:00", "2020-01-02T00:00Z"], "date", "ISO 8601", [18263 - 1 / 12, 18263]),
        (["02.01.2020", "1.1.1970"], "date", "%d.%m.%Y", [18263, 0]),
        (["1/2/2020", "12/31/1969 18:00"], "date", "%m/%d/%Y", [18263, -0.25]),
        (["2/1/2020", "31/12/1969"], "date", "%d/%m/%Y", [18263, -1]),
        (["1/2/2020", "1/1/1970"], "date", "%m/%d/%Y", [18263, 0]),
        (["red", "blue", None], "category", "", ["red", "blue", None]),
        (["1", "2", "many"], "category", "", ["1", "2", "many"]),
        (["=1+1", "<b>x</b>"], "category", "", ["=1+1", "<b>x</b>"]),
        (["1_000", "٣"], "category", "", ["1_000", "٣"]),
        (["2020-13-01", "2020-01-01"], "category", "", ["2020-13-01", "2020-01-01"]),
    ],
)
def test_text_is_read_as_what_it_is(cells, kind, style, values):
    column = text(*cells)
    reading = readings(Table({"a": column}))["a"]
    assert reading == Reading(kind, style)
    numbers, odd = parse(reading, column)
    assert odd == ()
    if kind == "category":
        assert numbers.tolist() == values
    else:
        np.testing.assert_allclose(numbers, values, rtol=1e-12)


def test_one_thousand_two_hundred_or_one_and_a_fifth_is_told_by_the_other_columns():
    both = text("1,234", "5,678")
    assert readings(Table({"a": both, "b": text("1,5", "2,25")}))["a"].style == "comma"
    assert readings(Table({"a": both}, decimal_commas=True))["a"].style == "comma"
    assert readings(Table({"a": both, "b": text("1,234.5")}, decimal_commas=True))["a"].style == "thousands"
    assert readings(read_table.read_table("a;b\n1,234;x\n5,678;y\n"))["a"].style == "comma"


def test_nine_numbers_in_ten_make_a_number():
    cells = [*map(str, range(9)), "unknown"]
    values, odd = parse(readings(Table({"a": text(*cells)}))["a"], text(*cells))
    assert odd == ("unknown",)
    np.testing.assert_array_equal(values, [*range(9), np.nan])
    assert readings(Table({"a": text(*cells[1:])}))["a"].kind == "category"


@pytest.mark.parametrize("huge", ["1e39", "-1e400", np.inf, -1e39])
def test_numbers_beyond_those_of_the_network_are_missing(huge):
    cells = text("1", huge) if isinstance(huge, str) else np.array([1.0, huge])
    values, odd = parse(Reading("number", "point"), cells)
    np.testing.assert_array_equal(values, [1, np.nan])
    assert len(odd) == 1


@pytest.mark.parametrize(
    ("reading", "cells", "values", "odd"),
    [
        (Reading("number"), np.array([True, False]), [1, 0], 0),
        (Reading("boolean"), np.array([1.0, 0.0, 2.0]), [1, 0, np.nan], 1),
        (Reading("boolean"), text("true", "1", "maybe"), [1, 1, np.nan], 1),
        (Reading("date"), text("2020-01-02", "soon"), [18263, np.nan], 1),
        (Reading("date"), np.array([1.0]), [np.nan], 1),
        (Reading("number"), np.array(["2020-01-02"], "datetime64[us]"), [np.nan], 1),
    ],
)
def test_cells_of_another_type_are_read_as_the_kind_that_they_are_to_be(reading, cells, values, odd):
    numbers, wrong = parse(reading, cells)
    np.testing.assert_array_equal(numbers, values)
    assert len(wrong) == odd


def test_a_category_of_numbers_is_their_text():
    assert parse(Reading("category"), np.array([1.0, 2.5, np.nan]))[0].tolist() == ["1", "2.5", None]


# --- what is left out ---

N = 40


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("number", np.full(N, np.nan), "empty"),
        ("category", text(*[None] * N), "empty"),
        ("number", np.full(N, 3.0), "constant"),
        ("category", text(*["x"] * N), "constant"),
        ("number", np.where(np.arange(N) < 9, np.nan, 3.0), None),  # where it is missing may tell something
        ("number", np.arange(N, 0.0, -1), "identifier"),
        ("number", np.arange(1000.0, 1000 + 2 * N, 2)[:N], "identifier"),  # 79 from the first to the last
        ("number", np.append(np.arange(N - 1.0), 2 * N - 1), "identifier"),
        ("number", np.append(np.arange(N - 1.0), 2 * N), None),
        ("number", np.append(np.arange(N - 1.0), 0), None),
        ("number", np.arange(N) + 0.5, None),
        ("number", np.append(np.arange(N - 1.0), np.nan), None),
        ("date", np.arange(N, dtype=float), None),
        ("number", np.arange(19.0), None),
        ("number", np.arange(20.0), "identifier"),
        ("category", text(*[f"name {i}" for i in range(N)]), "identifier"),
        ("category", text(*[f"name {i}" for i in range(N - 1)], "name 0"), None),
        ("category", text(*[f"{i:030}" for i in range(N)]), "free text"),
        ("category", text(*[f"{i:029}" for i in range(N)]), "identifier"),
        ("category", text(*[f"{i % 21:030}" for i in range(N)]), "free text"),
        ("category", text(*[f"{i % 20:030}" for i in range(N)]), None),
    ],
)
def test_columns_that_teach_nothing_are_left_out(kind, values, why):
    assert useless({"a": (kind, values)}) == ({"a": why} if why else {})


def test_a_column_that_is_another_one_is_left_out():
    x = np.array([0.0, np.nan, 2.0, 0.0])
    again = np.array([-0.0, np.nan, 2.0, 0.0])
    words = text("a", None, "b", "a")
    reasons = useless({"x": ("number", x), "y": ("boolean", again), "z": ("number", x + 1), "v": ("category", words)})
    assert reasons == {"y": "the same as 'x'"}
    assert useless({"v": ("category", words), "w": ("category", words.copy())}) == {"w": "the same as 'v'"}


# --- the encoding ---


def test_the_pool_decides_which_columns_a_category_has():
    values = text(*["b"] * RARE, *["a"] * RARE, *["c"] * (RARE - 1), *[None] * RARE)
    part = Part.of("k", Reading("category"), values)
    assert part.names == ("k: a", "k: b", "k missing", "k other")
    np.testing.assert_array_equal(part.encode(text("b", "c", None, "new", "a")).argmax(axis=1), [1, 3, 2, 3, 0])
    assert MAX_CATEGORIES == 50
    several = text(*[f"v{i % 60:02}" for i in range(60 * RARE)])
    assert len(Part.of("k", Reading("category"), several).names) == MAX_CATEGORIES + 1


def test_a_number_has_an_indicator_where_the_pool_lacks_some():
    assert Part.of("a", Reading("number"), np.array([1.0, 2.0])).names == ("a",)
    part = Part.of("a", Reading("number"), np.array([1.0, np.nan]))
    np.testing.assert_array_equal(part.encode(np.array([np.nan, 5.0])), [[np.nan, 1], [5, 0]])


def test_a_date_counts_from_the_first_day_of_the_pool():
    part = Part.of("day", Reading("date"), np.array([18263.5, 18300.0]))
    np.testing.assert_array_equal(part.encode(np.array([18263.75, 18262.0])), [[0.75], [-1]])


PARTS = (Part("x", "number", indicator=True), Part("k", "category", categories=("a", "b")), Part("z", "number"))
TRAIN = np.array(
    [
        [1, 0, 1, 0, 0, 7],
        [2, 0, 1, 0, 0, 7],
        [9, 0, 1, 0, 0, 7],
        [np.nan, 1, 0, 1, 0, 7],
        [4, 0, 0, 1, 0, 7],
    ],
    np.float32,
)


def test_a_filling_is_learnt_of_training_rows_alone():
    filling = Encoding(PARTS).learn(TRAIN)
    assert filling.value[0] == 3.0  # the median of 1, 2, 4 and 9
    np.testing.assert_array_equal(filling.used, [True, True, True, False, True, False])
    new = np.array([[np.nan, 1, 0, 1, 0, np.nan], [5, 0, 1, 0, 0, 9]], np.float32)
    before = new.copy()
    np.testing.assert_array_equal(filling.apply(new), [[3, 1, 0, 0, 1, 7], [5, 0, 1, 0, 0, 7]])
    np.testing.assert_array_equal(new, before)


def test_a_category_of_three_training_rows_keeps_its_column():
    assert RARE == 3
    more = np.vstack([TRAIN, TRAIN[3:4]])
    assert Encoding(PARTS).learn(more).used.tolist() == [True, True, True, True, False, False]


def test_others_that_no_training_row_has_are_as_they_were_in_training():
    only = np.array([[0, 0, 1, 0, 0, i] for i in range(4)] + [[0, 0, 0, 1, 0, i] for i in range(4)], np.float32)
    filling = Encoding(PARTS).learn(only)
    np.testing.assert_array_equal(filling.apply(np.array([[0, 0, 0, 0, 1, 2]], np.float32)), [[0, 0, 0, 0, 0, 2]])


def test_a_column_without_any_number_is_zero():
    assert Encoding((Part("x", "number"),)).learn(np.full((4, 1), np.nan, np.float32)).apply(TRAIN[:, :1]).max() == 0


def test_an_encoding_takes_rows_as_they_were_given():
    encoding = Encoding((Part("a", "number", "comma"), Part("f", "boolean"), Part("d", "date", "%d.%m.%Y", 18262.0)))
    expected = [[1.5, 1, 1], [np.nan, 0, 0]]
    given = {"a": ["1,5", None], "f": ["yes", "no"], "d": ["2.1.2020", "1.1.2020"], "more": [0, 0]}
    np.testing.assert_array_equal(encoding.encode(given), expected)
    np.testing.assert_array_equal(encoding.encode("a;f;d\n1,5;yes;02.01.2020\n;no;01.01.2020\n"), expected)
    typed = pd.DataFrame({"a": [1.5, np.nan], "f": [True, False], "d": pd.to_datetime(["2020-01-02", "2020-01-01"])})
    np.testing.assert_array_equal(encoding.encode(typed), expected)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": [1.0]}, "x must have the column 'f'"),
        ({"b": [1.0]}, "x must have the columns 'a' and 'f'"),
        ({"a": ["many"], "f": [True]}, "x's column 'a' must hold numbers, got 'many'"),
        ({"a": [1.0], "f": ["maybe"]}, "x's column 'f' must hold truth values, got 'maybe'"),
        ({"a": [], "f": []}, "x must have rows, got none"),
    ],
)
def test_rows_that_do_not_fit_the_encoding_are_refused(given, said):
    encoding = Encoding((Part("a", "number"), Part("f", "boolean")))
    assert refusal(encoding.encode, given) == said


def test_an_odd_cell_is_missing_where_it_was_in_training_and_refused_else():
    tenth = [*map(str, range(9)), "many"]
    for cells in (tenth, tenth[1:], ["many"]):
        taught = Encoding((Part("a", "number", missing=("many",)),))
        assert np.isnan(taught.encode({"a": cells})[:, 0]).tolist() == [False] * (len(cells) - 1) + [True]
        other = Encoding((Part("a", "number", missing=("none of it",)),))
        assert refusal(other.encode, {"a": cells}) == "x's column 'a' must hold numbers, got 'many'"


def test_an_encoding_is_written_and_read_again():
    encoding = Encoding((*PARTS, Part("d", "date", "ISO 8601", 18262.0)), (("id", "identifier"),))
    again = Encoding.from_text(encoding.as_text())
    assert again == encoding
    assert again.names == encoding.names


@pytest.mark.parametrize(
    "content",
    ["", "5", "null", "[]", "{}", '{"parts": [], "left_out": []}', '{"parts": [{"name": "a"}], "left_out": []}'],
)
def test_text_that_is_no_encoding_is_refused(content):
    assert refusal(Encoding.from_text, content) == f"text must be an encoding as as_text writes it, got {content!r}"
    wrong = json.loads(Encoding(PARTS).as_text())
    wrong["parts"][0]["kind"] = "picture"
    assert refusal(Encoding.from_text, json.dumps(wrong)).startswith(
        "text must be an encoding as as_text writes it, got"
    )


# --- from a table to a run ---


def made(n=120, **changes):
    """Return columns of several kinds, some of them missing, and a target of two classes."""
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=(2, n)), rng.integers(0, 4, n)
    return {
        "id": np.arange(n),
        "x": np.where(rng.random(n) < 0.1, np.nan, x[0]),
        "size": x[1] * 1000,
        "town": np.array(["Bern", "Rom", "Oslo", "Wien"])[kind],
        "y": np.where(x[0] + (kind == 1) + 0.3 * rng.normal(size=n) > 0, "up", "down"),
        **changes,
    }


def test_each_seed_fills_and_merges_by_its_own_training_rows():
    town = np.array(["Bern"] * 100 + ["Rom"] * 10 + ["Oslo"] * 10)
    data = Dataset.from_table(made(town=town), "y")
    assert np.isnan(data.x).any()
    rows = Rows((data, data), (3, 4), 20, 30, 16)
    assert np.isfinite(rows.x).all()
    assert np.isfinite(rows.eval_x).all()
    at = data.feature_names.index("x")
    for number, seed in enumerate((3, 4)):
        train, val = draw_rows(seed, len(data.x), 20, 30)
        x = data.x[train, at].astype(np.float64)
        x = np.where(np.isnan(x), np.nanmedian(x), x)
        seed_rows = rows.x[20 * number : 20 * (number + 1), at]
        np.testing.assert_allclose(seed_rows, (x - x.mean()) / x.std(), atol=1e-5)
        of_val = data.x[val, at].astype(np.float64)
        of_val = np.where(np.isnan(of_val), np.nanmedian(data.x[train, at]), of_val)
        seen = rows.eval_x[number, 0, rows.splits["val"], at]
        np.testing.assert_allclose(seen, (of_val - x.mean()) / x.std(), atol=1e-5)


def test_a_run_predicts_rows_of_the_table_as_they_were_given():
    given = made()
    data = Dataset.from_table(given, "y")
    run = reglab.fit(data, reglab.Settings(), reglab.Training(max_steps=60), n_train=60, seeds=2)
    frame = pd.DataFrame(given)
    expected = run.predict(data.encoding.encode(frame))
    assert expected.shape == (1, 2, 120, 2)
    np.testing.assert_array_equal(run.predict(given), expected)
    np.testing.assert_array_equal(run.predict(frame), expected)
    np.testing.assert_array_equal(run.predict(frame.drop(columns=["y", "id"]).to_dict("records")), expected)
    np.testing.assert_array_equal(run.hidden(given), run.hidden(data.encoding.encode(frame)))
    predicted = run.predict(data.x_test).argmax(axis=-1)
    np.testing.assert_allclose((predicted == data.y_test).mean(axis=-1), run.kept("test_accuracy"))
    unknown = run.predict([{"x": None, "size": 0, "town": "Paris"}])
    np.testing.assert_allclose(unknown.sum(axis=-1), 1, rtol=1e-6)
    assert refusal(run.predict, np.ones((2, 3))) == "x must have the shape (n, 8), got (2, 3)"
    assert refusal(run.predict, [[1.0] * 8]).startswith("x must be CSV text, its bytes, a path, a mapping of columns")
    assert refusal(run.predict, np.full((1, 8), np.inf)) == "x must be finite, got inf"


def test_datasets_of_one_run_share_an_encoding():
    first, other = (Dataset.from_table(made(), "y", seed=seed) for seed in (0, 1))
    assert first.encoding == other.encoding
    training = reglab.Training(max_steps=2)
    assert reglab.fit([first, other], reglab.Settings(), training, n_train=20, seeds=2).encoding == first.encoding
    third = Dataset.from_table(made(town=np.array(["Bern", "Rom", "Oslo", "Kyiv"] * 30)), "y")
    said = "dataset must be of one kind and size for all seeds, got 2 kinds"
    assert refusal(reglab.fit, [first, third], reglab.Settings(), training, n_train=20, seeds=2) == said


def test_test_rows_decide_nothing():
    """Whatever stands in them, the encoding and the rows of the pool are the same."""
    given = made()
    data = Dataset.from_table(given, "y")
    drawn = np.array(
        [not any(np.array_equal(row, each, equal_nan=True) for each in data.x) for row in data.encoding.encode(given)]
    )
    changed = {**given, "size": np.where(drawn, np.nan, given["size"]), "town": np.where(drawn, "Paris", given["town"])}
    again = Dataset.from_table(changed, "y")
    assert again.encoding == data.encoding
    np.testing.assert_array_equal(again.x, data.x)
    assert (again.x_test[:, again.feature_names.index("town other")] == 1).all()


# --- twelve tables ---


def wide():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 300))
    return {f"x{i}": column for i, column in enumerate(x.T)} | {
        "y": np.where(x[:, 0] + rng.normal(size=80) > 0, "a", "b")
    }


def tall():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(20_000, 4))
    return {f"x{i}": column for i, column in enumerate(x.T)} | {"y": np.where(x[:, 0] * x[:, 1] > 0, 1, -1)}


def categorical():
    rng = np.random.default_rng(3)
    colour, shape = rng.choice(["red", "green", "blue"], 400), rng.choice(["disc", "ring"], 400)
    rare = np.where(np.arange(400) < 390, "common", [f"rare {i}" for i in range(400)])
    noise = rng.choice([f"s{i}" for i in range(12)], 400)
    y = np.where((colour == "red") ^ (shape == "ring") ^ (rng.random(400) < 0.1), "odd", "even")
    return {"colour": colour, "shape": shape, "rare": rare, "noise": noise, "y": y}


def missing():
    given = made(300)
    return pd.DataFrame({**given, "town": np.where(np.arange(300) % 7, given["town"], None)})


def imbalanced():
    rng = np.random.default_rng(4)
    y = np.array([0] * 475 + [1] * 25)
    x = rng.normal(size=(500, 3)) + y[:, None]
    return "a;b;c;ill\n" + "\n".join(
        ";".join([*(f"{v:.3f}".replace(".", ",") for v in row), str(label)]) for row, label in zip(x, y, strict=True)
    )


def in_thousands():
    rng = np.random.default_rng(5)
    size, rooms = rng.uniform(30, 200, 300), rng.integers(1, 7, 300)
    price = 3000 * size + 20_000 * rooms + rng.normal(0, 20_000, 300)
    rows = (f'{s:.3f},{r},"{p:,.0f}"' for s, r, p in zip(size, rooms, price, strict=True))
    return "size,rooms,price\n" + "\n".join(rows)


def dates():
    rng = np.random.default_rng(6)
    days = rng.integers(0, 700, 200)
    day = [datetime.date(2019, 1, 3) + datetime.timedelta(days=int(d)) for d in days]
    y = days / 100 + rng.normal(size=200)
    return [{"day": d.strftime("%d.%m.%Y"), "height": float(h), "y": float(h)} for d, h in zip(day, y, strict=True)]


def duplicates():
    given = made(100)
    return {name: np.concatenate([values, values[:50]]) for name, values in given.items() if name != "id"}


def leaking():
    given = made(200)
    return {**given, "reason": np.where(given["y"] == "up", "rose", "fell")}


def one_class():
    return {**made(), "y": ["up"] * 120}


def with_text():
    words = ["the network learns", "a loss that rises", "rows of a table", "one more sentence", "what stands here"]
    rng = np.random.default_rng(7)
    return {**made(), "said": [" and ".join(rng.choice(words, 3)) + f" {i // 2}" for i in range(120)]}


def groups():
    rng = np.random.default_rng(8)
    patient = np.repeat(np.arange(30), 6)
    level = rng.normal(size=30)[patient]
    x = level + 0.1 * rng.normal(size=180)
    return {
        "patient": [f"p{i}" for i in patient],
        "x": x,
        "z": rng.normal(size=180),
        "y": x + x.std() * rng.normal(size=180) > 0,
    }


CLASSES = "The target 'y' holds 2 different labels and is taken for classes."
TOO_SMALL = "they may be trained on and validated on, and the gap be too small."
MEDIAN = "the median of a seed's training rows stands there, and a column of its own says where."
TABLES = {  # the table, options, shape of the pool and of the test, what is said
    "wide": (
        wide,
        {},
        ((60, 300), 20, 2),
        [CLASSES, "The columns are read as numbers 'x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7' and 292 more."],
    ),
    "tall": (
        tall,
        {},
        ((15_000, 4), 5_000, 2),
        [
            f"{CLASSES[:-1]}: task='regression' takes them for numbers.",
            "The columns are read as numbers 'x0', 'x1', 'x2' and 'x3'.",
        ],
    ),
    "categorical": (
        categorical,
        {},
        ((300, 22), 100, 2),
        [
            CLASSES,
            "The columns are read as categories 'colour', 'shape', 'rare' and 'noise'.",
            "In 'rare' 9 values of fewer than 3 rows are merged into one, other.",
            "98 of 100 test rows stand in the pool as well; they stay, since of all 400 rows only 80 are unlike, but "
            "if they are copies the test loss is too low.",
            f"222 of 300 rows of the pool equal earlier ones: {TOO_SMALL}",
        ],
    ),
    "missing": (
        missing,
        {},
        ((225, 9), 75, 2),
        [
            CLASSES,
            "The columns are read as numbers 'x' and 'size'; as categories 'town'.",
            f"Values are missing in 'x': {MEDIAN}",
            "What is missing in 'town' is a category of its own.",
            "'id' is left out: it has another value in every row, and so tells rows apart and nothing else.",
        ],
    ),
    "imbalanced": (
        imbalanced,
        {"test_share": 0.72},
        ((140, 3), 360, 2),
        [
            "The cells are separated by semicolons.",
            "The target 'ill' holds 2 different labels and is taken for classes: task='regression' takes them for "
            "numbers.",
            "The columns are read as numbers 'a', 'b' and 'c'.",
            "A comma is read as a decimal comma in 'a', 'b' and 'c'.",
            "Of these classes there are fewer than 8 rows in the pool: '1' (7).",
            "'0' has 95 % of the rows of the pool: a guess of it alone has an accuracy of 0.95.",
        ],
    ),
    "regression in thousands": (
        in_thousands,
        {},
        ((225, 2), 75, None),
        [
            "The target 'price' holds 300 different whole numbers and is taken for a regression: task='classification' "
            "takes them for classes.",
            "A comma is read as one that groups thousands in 'price'.",
            "The columns are read as numbers 'size' and 'rooms'.",
        ],
    ),
    "dates": (
        dates,
        {"drop": ["height"]},
        ((140, 1), 50, None),
        [
            "The target 'y' holds 200 different numbers and is taken for a regression.",
            "The column is read as dates 'day'.",
            "'day' counts the days since 2019-01-06.",
            "11 of 50 test rows stand in the pool as well: the 10 rows of the pool that equal them were left out.",
            f"19 of 140 rows of the pool equal earlier ones: {TOO_SMALL}",
        ],
    ),
    "duplicate rows": (
        duplicates,
        {},
        ((99, 8), 37, 2),
        [
            CLASSES,
            "The columns are read as numbers 'x' and 'size'; as categories 'town'.",
            f"Values are missing in 'x': {MEDIAN}",
            "14 of 37 test rows stand in the pool as well: the 14 rows of the pool that equal them were left out.",
            f"31 of 99 rows of the pool equal earlier ones: {TOO_SMALL}",
        ],
    ),
    "leaking column": (
        leaking,
        {},
        ((150, 11), 50, 2),
        [
            CLASSES,
            "The columns are read as numbers 'x' and 'size'; as categories 'town' and 'reason'.",
            f"Values are missing in 'x': {MEDIAN}",
            "'id' is left out: it has another value in every row, and so tells rows apart and nothing else.",
            "This column alone may give the target away: 'reason'. If it is known only after the target, leave it out.",
        ],
    ),
    "text column": (
        with_text,
        {},
        ((90, 8), 30, 2),
        [
            CLASSES,
            "The columns are read as numbers 'x' and 'size'; as categories 'town'.",
            f"Values are missing in 'x': {MEDIAN}",
            "'id' is left out: it has another value in every row, and so tells rows apart and nothing else.",
            "'said' is left out: it is free text.",
        ],
    ),
    "groups": (
        groups,
        {"groups": "patient"},
        ((138, 2), 42, 2),
        [
            CLASSES,
            "The columns are read as numbers 'x' and 'z'.",
            "30 groups are kept whole, 7 of them for the test.",
        ],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_each_kind_of_table_goes_through(name):
    make, options, sizes, said = TABLES[name]
    target = {"imbalanced": "ill", "regression in thousands": "price"}.get(name, "y")
    data = Dataset.from_table(make(), target, **options)
    assert list(data.notes) == said
    assert (data.x.shape, len(data.x_test), data.n_classes) == sizes
    run = reglab.fit(data, reglab.Settings(), reglab.Training(max_steps=30), n_train=40, seeds=2)
    assert np.isfinite(run.kept("test_loss")).all()
    assert not run.diverged.any()


def test_a_table_of_one_class_is_refused():
    assert (
        refusal(Dataset.from_table, one_class(), "y") == "the target 'y' must have at least two classes, got only 'up'"
    )
    assert refusal(Dataset.from_table, made(y=[2.5] * 120), "y") == (
        "the target 'y' must have at least two different numbers in the pool, got only 2.5"
    )


def test_groups_stay_together():
    given = groups()
    data = Dataset.from_table(given, "y", groups="patient")
    assert len(np.unique(data.groups)) == 23  # of 30
    patients = dict(zip(given["x"].astype(np.float32).tolist(), given["patient"], strict=True))
    pairs = {(patients[x], int(group)) for x, group in zip(data.x[:, 0].tolist(), data.groups, strict=True)}
    assert len(pairs) == 23
    assert {patients[x] for x in data.x_test[:, 0].tolist()} == set(given["patient"]) - {
        patient for patient, _ in pairs
    }


def test_a_regression_is_told_in_its_own_unit():
    data = Dataset.from_table(in_thousands(), "price")
    assert data.target_name == "price"
    assert 3e5 < data.target_mean < 5e5
    assert data.y.mean() == pytest.approx(0, abs=1e-5)
    run = reglab.fit(data, reglab.Settings(learning_rate=0.01), reglab.Training(max_steps=300), n_train=150, seeds=2)
    assert run.kept("test_accuracy").min() > 0.95  # R squared


# --- what is said of a column ---


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"w": [*["1"] * 60, *["2"] * 59, "x"]},
            "In 'w' 1 cell is none of its numbers, such as 'x', and counts as missing.",
        ),
        (
            {"w": [*["1/2/2020"] * 60, *["3/4/2020"] * 60]},
            "'w' counts the days since 2020-01-02, and is read as month/day/year.",
        ),
        ({"w": ["x"] * 120, "v": [1] * 120}, "'w' and 'v' are left out: they have one value in all rows of the pool."),
        ({"w": [None] * 120}, "'w' is left out: it is empty."),
        ({"w": made()["size"]}, "'w' is left out: it is the same as 'size'."),
        ({"w": [f"n{i // 2 % 58}" for i in range(120)]}, None),
    ],
)
def test_what_was_done_with_a_column_is_said(changes, said):
    data = Dataset.from_table(made(**changes), "y", test_share=0.0)
    if said is None:
        assert any("values of fewer than 3 rows are merged into one, other." in note for note in data.notes)
    else:
        assert said in data.notes


def test_rows_without_a_target_are_left_out():
    y = np.where(np.arange(120) < 7, None, made()["y"])
    data = Dataset.from_table(made(y=y), "y")
    assert len(data.x) + len(data.x_test) == 113
    assert data.notes[1] == "7 rows have no target and are left out."
    price = ["unknown", *[f"{i * i}.5" for i in range(119)]]
    said = "1 row has no target, or none that is a number, such as 'unknown', and is left out."
    assert Dataset.from_table(made(y=price), "y").notes[1] == said


# --- what is refused ---


@pytest.mark.parametrize(
    ("source", "target", "options", "said"),
    [
        (made(), "z", {}, "target must be a column of source, 'id', 'x', 'size', 'town' and 'y', got 'z'"),
        (made(), "y", {"groups": "z"}, "groups must be a column of source, 'id', 'x', 'size', 'town' and 'y', got 'z'"),
        (made(), "y", {"drop": ["z"]}, "drop must be a column of source, 'id', 'x', 'size', 'town' and 'y', got 'z'"),
        (
            made(),
            4,
            {},
            "target must be a column of source, 'id', 'x', 'size', 'town' and 'y', got '4': the column at 4 is called "
            "'y'",
        ),
        (made(), 4.5, {}, "target must be text of at most 100000 characters, got float"),
        (made(), "y", {"groups": "x"}, "groups must be a column without missing values, got some in 'x'"),
        (made(), "y", {"task": "tabular"}, "task must be one of classification, regression, got 'tabular'"),
        (made(), "y", {"task": "regression"}, None),
        (made(), "y", {"test_share": 0.95}, "test_share must be in [0, 0.9], got 0.95"),
        (made(), "y", {"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        (
            made(),
            np.arange(3),
            {},
            "target must be the name of a column of source, got ndarray: give it as one of its columns, such as with "
            "source.assign(target=...)",
        ),
        (made(), "y", {"name": 5}, "name must be text of at most 100000 characters, got int"),
        (made(y=["2020-01-01"] * 120), "y", {}, "target must be a column of classes or numbers, got dates in 'y'"),
        (made(y=[None] * 120), "y", {}, "target must be a column with values, got none in 'y'"),
        (
            {"y": [0, 1] * 9},
            "y",
            {},
            "source must have a column to learn from beside the target, got none: no other column",
        ),
        (
            {"y": [0, 1] * 9, "a": [1] * 18},
            "y",
            {},
            "source must have a column to learn from beside the target, got none: 'a' is left out: it has one value in "
            "all rows of the pool.",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_one_sentence(source, target, options, said):
    sentence = refusal(Dataset.from_table, source, target, **options)
    assert (
        sentence == said
        if said
        else sentence.startswith("the target 'y' must be numbers where task is 'regression', got ")
    )


ASKED = (
    "source must be CSV text, its bytes, a path, a mapping of columns, a list of rows as mappings or a data frame, got "
)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no/such/file.csv", f"{ASKED}'no/such/file.csv': No such file or directory"),
        ("a\0b", f"{ASKED}'a\\x00b': no path"),
        (".", f"{ASKED}'.': Is a directory"),
        ("\n\n", "source must have rows, got text without any"),
        (b"", "source must have rows, got text without any"),
        ("a,b\n", "source must have rows below its header, got none"),
        (5, f"{ASKED}5"),
        (None, f"{ASKED}None"),
        ([], "source must have at least one row, got none"),
        ([1, 2], f"{ASKED}a row that is 1"),
        ({}, "source must have rows, got none"),
        ({"a": []}, "source must have rows, got none"),
        ({"a": 5}, "source's column 'a' must hold numbers, text, dates or truth values, one for each row, got 5"),
        (
            {"a": "xyz"},
            "source's column 'a' must hold numbers, text, dates or truth values, one for each row, got 'xyz'",
        ),
        ({"a": [1, 2], "b": [1]}, "source must have as many rows in every column, and 'a' has 2 and 'b' 1"),
        ({"a": [[1], [2]]}, "source's column 'a' must hold numbers, text, dates or truth values, got [1]"),
        ({"a": [1j]}, "source's column 'a' must hold numbers, text, dates or truth values, got 1j"),
        ({"a": np.ones((2, 2))}, None),
        (np.ones((2, 2)), f"{ASKED}array([[1., 1.], [1., 1.]]): arrays are for Dataset.from_arrays"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "source must have another name for each column, got 'a' twice"),
        (
            b"PK\x03\x04rest",
            "source must be CSV text, got a zip archive, such as an Excel workbook: save the table as CSV",
        ),
        (b"\x1f\x8b\x08", "source must be CSV text, got a gzip archive: unpack it"),
        (
            b"PAR1",
            "source must be CSV text, got a Parquet file: read it with a library for it, and hand in the data frame",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0", "source must be CSV text, got bytes that are no text"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(source, said):
    sentence = refusal(read, source)
    assert sentence == said if said else sentence.endswith("one for each row, got the shape (2, 2)")


def test_the_bounds_are_those_that_are_said():
    assert (MAX_ROWS, MAX_COLUMNS, MAX_WIDTH) == (50_000, 500, 10_000)
    columns = {f"c{i}": [0.5 * i, 1.5] for i in range(MAX_COLUMNS + 1)}
    many = "source must have at most 500 columns, got "
    assert refusal(read, columns) == f"{many}501"
    assert refusal(read, pd.DataFrame(columns)) == f"{many}501"
    assert refusal(read, [columns]) == f"{many}501"
    assert refusal(read, ",".join(columns) + "\n") == f"{many}501"
    assert refusal(read, "1," * 4_000_000 + "\n") == f"{many}4000001"
    del columns["c500"]
    assert len(read(columns)[0]) == MAX_COLUMNS
    long = {"a": range(MAX_ROWS + 1)}
    assert refusal(read, {"a": list(long["a"])}) == "source must have at most 50000 rows, got 50001"
    assert refusal(read, pd.DataFrame(long)) == "source must have at most 50000 rows, got 50001"
    assert refusal(read, "a,b\n" + "1,x\n" * (MAX_ROWS + 1)) == "source must have at most 50000 rows, got more"
    assert len(read("a,b\n" + "1,x\n" * MAX_ROWS)[0]["a"]) == MAX_ROWS


def test_a_cell_of_eight_megabytes_is_refused():
    said = "source must have cells of at most 131072 characters: a quote may be open"
    assert refusal(read, "a,b\n" + "x" * 8_000_000 + ",1\n") == said
    assert refusal(read, 'a,b\n"' + "x,1\n" * 100_000) == said


def test_a_file_of_more_than_its_bound_is_refused(monkeypatch, tmp_path):
    assert read_table.MAX_BYTES == 100_000_000
    monkeypatch.setattr(read_table, "MAX_BYTES", 10)
    (tmp_path / "large.csv").write_text("a,b\n" + "1,2\n" * 9)
    assert refusal(read, tmp_path / "large.csv") == "source must be of at most 10 bytes, got 11"


def test_too_many_numbers_of_a_row_are_refused():
    rng = np.random.default_rng(0)
    many = {f"c{i}": rng.integers(0, 50, 400).astype(str) for i in range(230)}
    many = {name: np.char.add("v", values) for name, values in many.items()}
    sentence = refusal(Dataset.from_table, {**many, "y": ["a", "b"] * 200}, "y")
    assert sentence.startswith("source must make at most 10000 numbers of a row, got 11")


def test_names_from_outside_are_said_on_one_line_as_they_are():
    name = "<img src=x>\n![a](//b)" + "x" * 500
    data = Dataset.from_table({**made(), name: [1] * 120}, "y")
    note = next(note for note in data.notes if "<img" in note)
    assert "\n" not in note
    assert len(note) < 200


def test_a_saved_run_still_takes_rows_of_the_table(tmp_path):
    given = made()
    data = Dataset.from_table(given, "y")
    run = reglab.fit(data, reglab.Settings(), reglab.Training(max_steps=10), n_train=60, seeds=2)
    run.save(tmp_path / "run.npz")
    again = reglab.load_run(tmp_path / "run.npz")
    assert again.encoding == data.encoding
    np.testing.assert_array_equal(again.predict(given), run.predict(given))


def test_a_regression_predicts_in_the_unit_of_its_column():
    data = Dataset.from_table(in_thousands(), "price")
    run = reglab.fit(data, reglab.Settings(learning_rate=0.01), reglab.Training(max_steps=300), n_train=150, seeds=2)
    predicted = run.predict({"size": [50, 100, 150], "rooms": [3, 3, 3]})
    np.testing.assert_allclose(predicted.mean(axis=(0, 1)), [210_000, 360_000, 510_000], atol=40_000)


def test_the_bundled_table_is_read_as_its_description_says():
    data = reglab.datasets.load("penguins")
    assert data.class_names == ("Adelie", "Chinstrap", "Gentoo")
    assert [part.name for part in data.encoding.parts if part.kind == "category"] == ["island", "sex"]
    assert data.encoding.left_out == ()
    assert np.isnan(np.concatenate([data.x, data.x_test])).any(axis=1).sum() == 2  # penguins without measures
    run = reglab.fit("penguins", reglab.Settings(), reglab.Training(max_steps=200), n_train=100, seeds=2)
    assert run.kept("test_accuracy").min() > 0.95


# --- points that group thousands ---


def grouped(source):
    """Return a column's values, sorted, and what is said of its points."""
    data = Dataset.from_table(source, "label", test_share=0)
    return np.unique(data.x[:, 0]).tolist(), [note for note in data.notes if note.startswith("A point")]


@pytest.mark.parametrize(
    ("rows", "said", "expected"),
    [
        ("price;size;label\n987;1,5;a\n1.435;2,5;b\n2.093;3,25;a\n1.500;4,5;b\n", "groups thousands", [987, 1435]),
        ("price,label\n987,a\n1.435,b\n2.093,a\n1.500,b\n", "groups thousands", [987, 1435]),
        ("price,label\n1.000,a\n1.007,b\n2.093,a\n1.500,b\n", "a decimal point", [1.0, 1.007]),
    ],
)
def test_a_point_before_three_digits_groups_thousands_where_that_can_be_told(rows, said, expected):
    values, notes = grouped(rows)
    assert np.allclose(values[:2], expected)
    assert len(notes) == 1
    assert said in notes[0]


def test_other_points_are_decimal_points_without_a_word():
    assert grouped("price,label\n987,a\n1.4,b\n2.093,a\n1.500,b\n")[1] == []
    for size in ("0.5", '"1,234"'):
        rows = f"price,size,label\n987,{size},a\n1.435,7,b\n2.093,4,a\n1.500,9,b\n"
        assert grouped(rows) == (pytest.approx([1.435, 1.5, 2.093, 987]), [])


def test_a_target_that_groups_thousands_is_read_so():
    data = Dataset.from_table("a,price\n1,987\n2,1.435\n4,2.093\n9,1.500\n5,800\n", "price", test_share=0)
    assert data.target_mean == pytest.approx((987 + 1435 + 2093 + 1500 + 800) / 5)


def test_large_numbers_that_differ_by_little_keep_their_steps():
    seconds = 1.7e9 + 10 * np.arange(40) ** 2 / 40
    data = Dataset.from_table({"time": seconds, "y": np.arange(40) % 2}, "y", test_share=0)
    assert np.allclose(np.sort(data.x[:, 0]), seconds - 1.7e9, atol=1e-3)
    assert "'time' counts from 1,700,000,000, since its numbers differ by little." in data.notes
    assert np.allclose(data.encoding.encode({"time": [1.7e9 + 5]}), [[5.0]])
    said = "Numbers are rounded in 'column 0', which differ by little: subtract the smallest before they are handed in"
    assert any(note.startswith(said) for note in Dataset.from_arrays(seconds[:, None], np.arange(40) % 2).notes)


def marked():
    """Return a table of which half the masses are one text, and some infinite."""
    mass = [str(row / 4) if row % 2 else "k. A." for row in range(40)]
    height = [np.inf if row == 8 else row * 1.5 for row in range(40)]
    return {"mass": mass, "height": height, "y": [row % 4 > 1 for row in range(40)]}


def test_one_text_among_numbers_stands_for_a_missing_one():
    data = Dataset.from_table(marked(), "y", test_share=0)
    assert data.feature_names == ("mass", "mass missing", "height", "height missing")
    said = "In 'mass' 20 cells are none of its numbers, such as 'k. A.', and count as missing."
    assert said in data.notes
    numbers = list(map(str, range(10)))
    for cells, kind in (
        ([*numbers, *["k. A."] * 20], "number"),
        ([*numbers[1:], *["k. A."] * 20], "category"),  # so few may be the names of classes
        ([*numbers, *["10+"] * 20], "category"),
        ([*numbers, "1.5", "2.5", "1,5", "2,5", *["k. A."] * 20], "category"),
        ([*numbers, *["k. A.", "unknown"] * 20], "category"),
    ):
        assert readings(Table({"a": text(*cells)}))["a"].kind == kind


def test_what_was_missing_in_training_is_missing_in_each_row_of_predict():
    encoding = Encoding.from_text(Dataset.from_table(marked(), "y", test_share=0).encoding.as_text())
    rows = encoding.encode({"mass": ["k. A."], "height": [np.inf]})
    assert rows[0, 1] == rows[0, 3] == 1
    for many in (1, 30):  # a batch of any size
        assert refusal(encoding.encode, {"mass": ["heavy"] + ["1"] * many, "height": [1] * (many + 1)}) == (
            "x's column 'mass' must hold numbers, got 'heavy'"
        )


def test_a_column_whose_gaps_tell_the_target_is_said():
    y = np.arange(60) % 2
    value = np.where(y == 1, np.random.default_rng(0).normal(size=60), np.nan)
    for target in (y, 100.5 * y):
        task = "regression" if target.dtype.kind == "f" else None
        data = Dataset.from_table({"paid": value, "a": np.arange(60) ** 2 % 17, "y": target}, "y", task=task)
        assert any("may give the target away: 'paid'." in note for note in data.notes)


def test_a_class_of_over_four_rows_in_five_is_said():
    x = np.random.default_rng(0).normal(size=(100, 2))
    for few, said in ((19, True), (20, False)):
        notes = Dataset.from_arrays(x, ["ill"] * few + ["well"] * (100 - few), test_share=0).notes
        sentence = "'well' has 81 % of the rows of the pool: a guess of it alone has an accuracy of 0.81."
        assert (sentence in notes) == said
        assert any("a guess of it alone" in note for note in notes) == said


def test_one_row_is_a_table_of_one_row():
    encoding = Encoding((Part("a", "number", indicator=True), Part("b", "category", categories=("x",))))
    row = {"a": 1.5, "b": "x"}
    for given in (row, pd.Series(row), pd.DataFrame([row]).iloc[0]):
        assert encoding.encode(given).tolist() == [[1.5, 0, 1, 0]]


def test_one_row_of_the_pool_that_is_in_the_test_is_one():
    x = np.arange(8.0)[:, None]
    notes = Dataset.from_arrays(x, [0, 1] * 4, x[:1], [0]).notes
    said = "1 of 1 test rows stand in the pool as well: the row of the pool that equals one was left out."
    assert said in notes


# --- files as people have them ---


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["sep={}\r\n", '"sep={}"\n', "SEP={}\n"])
def test_the_separator_that_excel_writes_in_the_first_line_is_taken(line, separator):
    rows = [["1,5", "x|y;z"], ["2", "y"]]
    written = [separator.join(f'"{cell}"' for cell in row) for row in (("a", "b"), *rows)]
    source = line.format(separator) + "\n".join(written)
    assert read(source)[0] == {"a": ["1,5", "2"], "b": ["x|y;z", "y"]}
    assert "the row that ends in line 5 has 1 cells" in refusal(read, f"{source}\n9")  # the first line counts


def test_a_header_that_comes_again_is_no_row():
    block = "a,kind\n1,x\n2,y\n3,x\n"
    table, notes = read(block * 2)
    assert table == {"a": ["1", "2", "3"] * 2, "kind": ["x", "y", "x"] * 2}
    assert notes == ("1 row repeats the header, and is left out.",)
    assert read(block * 3)[1] == ("2 rows repeat the header, and are left out.",)
    # Data that repeat their first row have no header for that.
    assert list(read("1,x\n2,y\n1,x\n")[0]) == ["column 1", "column 2"]
    assert list(read("x,u\ny,v\nx,u\n")[0]) == ["column 1", "column 2"]


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("Sales of 2024\n\n", "1 line stands above the header, and is left out."),
        ("Sales,,\nall shops,,\n", "2 lines stand above the header, and are left out."),
    ],
)
def test_a_title_above_the_header_is_no_header(above, said):
    table, notes = read(f"{above}a,b,kind\n1,2,x\n3,4,y\n")
    assert table == {"a": ["1", "3"], "b": ["2", "4"], "kind": ["x", "y"]}
    assert notes == (said,)
    assert list(read(f"{above}a,b,kind\n1,2,x\n3,4,y\n", "kind")[0]) == ["a", "b", "kind"]
    assert list(read("a,\n1,2\n3,4\n")[0]) == ["a", "column 2"]  # a header without its last name
    assert list(read("7,,\n1,2,x\n3,4,y\n")[0]) == ["column 1", "column 2", "column 3"]  # a first row with gaps


def test_blanks_cut_where_nothing_else_does():
    table, notes = read("mass  sex\n 3.5  m\n4.1 f\n")
    assert table == {"mass": ["3.5", "4.1"], "sex": ["m", "f"]}
    assert notes == ("The cells are separated by blanks.",)
    assert list(read("a sentence\nof two\nwords each\n")[0]) == ["a sentence"]
    assert list(read("town\nNew York\nBonn\n")[0]) == ["town"]


@pytest.mark.parametrize("cell", ["#N/A", "#DIV/0!", "#value!", "#REF!", "#NUM!", "NaT", "--", "—", "."])
def test_what_a_spreadsheet_could_not_compute_is_missing(cell):
    assert read(f"a,b\n1,x\n{cell},y\n")[0]["a"] == ["1", None]


@pytest.mark.parametrize(
    ("cells", "style", "unit", "values"),
    [
        (("1 234", "950", "1 234 567"), "point", "", [1234, 950, 1234567]),
        (("5'123.5", "2'000", "7"), "point", "", [5123.5, 2000, 7]),
        (("1\u202f234,5", "12\u00a0000,25"), "comma", "", [1234.5, 12000.25]),
        (("-1’234", "1’000"), "point", "", [-1234, 1000]),
        (("1 234 €", "95 €"), "point", "€", [1234, 95]),
        (("7:30", "12:15", "23:00:36"), "clock", "", [7.5, 12.25, 23.01]),
    ],
)
def test_numbers_are_read_as_people_write_them(cells, style, unit, values):
    table = read_table.read_table("\n".join(["a;b", *(f"{cell};{i}.5" for i, cell in enumerate(cells))]))
    reading = readings(table)["a"]
    assert reading == Reading("number", style, unit)
    np.testing.assert_allclose(parse(reading, table.columns["a"])[0], values)


@pytest.mark.parametrize(
    "cells", [("1 23", "4 567"), ("12 34 56", "1 234"), ("a 1 234 b", "c"), ("1 234'567", "2"), ("7:61", "8:00")]
)
def test_text_that_only_looks_like_grouped_numbers_is_none(cells):
    table = Table({"a": text(*cells)})
    reading = readings(table)["a"]
    assert reading.kind == "category"
    assert parse(reading, table.columns["a"])[0].tolist() == list(cells)  # as it is


def test_what_groups_thousands_and_what_is_a_time_is_said_and_predicted():
    rows = [f"{i % 24}:{i % 60:02};{i + 1} {i % 1000:03};{(i * 7) % 13},5" for i in range(60)]
    data = Dataset.from_table("\n".join(["at;income;y", *rows]), "y")
    assert "The times in 'at' are read as hours: 7:30 is 7.5." in data.notes
    assert "A blank or an apostrophe groups thousands in 'income': 1 234 is 1234." in data.notes
    np.testing.assert_allclose(data.x[:, 1], data.given * 1000 + 1000 + data.given % 1000)
    run = reglab.fit(data, reglab.Settings(), reglab.Training(max_steps=2), n_train=30, seeds=1)
    given = {"at": ["7:30"], "income": ["12 345"]}
    np.testing.assert_array_equal(run.predict(given), run.predict({"at": [7.5], "income": [12345]}))
    target = Dataset.from_table("\n".join(["a;y", *(f"{i},5;{i + 1} {(i * 37) % 1000:03}" for i in range(60))]), "y")
    assert target.n_classes is None
    assert any(note.startswith("A blank or an apostrophe groups thousands in 'y'") for note in target.notes)


def test_times_of_day_may_be_pythons():
    cells = [datetime.time(7, 30), datetime.time(12, 15), None]
    table = read_table.read_table({"at": cells})
    assert parse(readings(table)["at"], table.columns["at"])[0].tolist()[:2] == [7.5, 12.25]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('[{"a": 1, "y": "u"},\n {"a": 2, "y": "v"}]', "JSON: hand in its rows as a list of mappings"),
        ('{"a": 1, "y": "u"}\n{"a": 2, "y": "v"}\n', "JSON: hand in its rows as a list of mappings"),
        ("<!DOCTYPE html>\n<html></html>\n", "a web page: save the table in it as CSV"),
        ("\n<?xml version='1.0'?>\n<a/>\n", "XML: save the table in it as CSV"),
    ],
)
def test_text_of_another_kind_is_called_what_it_is(content, what):
    assert refusal(read_table.read_table, content) == f"source must be CSV text, got {what}"


def test_brackets_alone_make_no_json():
    assert read("[a],b\n1,x\n2,y\n")[0] == {"[a]": ["1", "2"], "b": ["x", "y"]}
    assert list(read("[" * 50_000 + "\n1\n2\n")[0]) == ["[" * 50_000]
