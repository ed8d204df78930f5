"""Tables in a text: CSV and its cousins, Markdown, fixed width, with a header or none, alone or among other lines."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from reglab.logs import prefixes
from reglab.logs.curve import CurveError
from reglab.logs.names import counts, meaning_of, words
from reglab.logs.raw import MAX_COLUMNS, RUN_WORDS, Piece, RawRun, from_cells, is_number, number, unique
from reglab.logs.results import refuse_columns

__all__ = ["Block", "read"]

SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", "&": "ampersands", "": "blanks"}
WIDE = "  "  # two blanks and more, between cells that have one in them: "2024-01-01 10:00:00", "1.2 sec"
LATEX = re.compile(r"\\(?:textbf|mathbf|underline|emph)\{([^{}]*)\}|\\\\(?:\[[^\]]*\])?\s*(?:\\hline)?\s*$|\\(?=%)")
TYPES = re.compile(r"[iuf]\d{1,2}|str|bool|cat|date|datetime.*")  # polars writes them below its header
RULE = re.compile(r"[\s|+:=\-_─━═┼╪╞╡├┤┌┐└┘┬┴╇╈┡┩┢┪╋╂┿]*")
BARS = str.maketrans("│┃║┆¦", "|||||")
MAX_LINE = 500_000  # characters of a row
MAX_CELLS = 5_000  # of a row
MAX_VALUES = 3_000_000  # of a table
COMMENT = ("#", "%", "//")
POINTED = re.compile(r"\s*[-+]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?\s*")  # "1.000", a thousand beside decimal commas
THOUSANDS = re.compile(r"\s*[-+]?[1-9]\d{0,2}(?:,\d{3})+\s*")
DECIMAL = re.compile(r"\s*[-+]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+),\d+(e[-+]?\d+)?%?\s*", re.I)
SPREAD = re.compile(r"(?<=[\d%])[ \t]{0,9}(?:±|\+/-|\+-|\\pm)[ \t]{0,9}\d[\d.,]{0,30}(?:e[-+]?\d{1,3})?%?", re.I)
# DeepXDE's parts of a loss, "[1.24e+00, 3.40e-01]"; what it has no metric of is "[]".
IN_BRACKETS = re.compile(r"^[^\n]*\bTrain loss {2,}Test loss\b[^\n]*\n\s*\d+ +\[", re.M)
LISTED = re.compile(r"\[((?:[-+\d.e]{1,25}(?:, )?){0,50})\]", re.I)
NUMBER = r"-?\d{1,15}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,3})?"
PLAIN = re.compile(NUMBER)
BLANKS = re.compile(r"\S\s+\S")
BANDS = ("__MIN", "__MAX")
# YOLOv5's results.txt has no header: an epoch of several, the memory, and these.
YOLO = (
    *("epoch", "memory", "train box loss", "train obj loss", "train cls loss", "sum of three", "targets", "size"),
    *("precision", "recall", "map50", "map", "val box loss", "val obj loss", "val cls loss"),
)
OF_YOLO = re.compile(r"\d+/\d+ [\d.]+G")


NAMED, CUT = 3, 40  # lines that are named where they cannot be read, and characters of a cell


@dataclass
class Block:
    """A table as it is found: its header, its rows and where they stand."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    ragged: list[tuple[int, int]] = field(default_factory=list)  # the line, and how many values it has
    starts: list[int] = field(default_factory=list)  # the rows before which the header stood again
    unread: list[tuple[int, list[str]]] = field(default_factory=list)  # lines of its width that are no numbers

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.rows[0]) if self.rows else len(self.header)


def read(piece: Piece) -> list[RawRun]:
    """Return the runs in every table of a text, in its order."""
    text = piece.text if piece.text.isascii() else piece.text.translate(BARS)
    text, lists = LISTED.subn(_sum, text) if IN_BRACKETS.search(text) else (text, 0)
    text, spreads = SPREAD.subn("", text) if any(mark in text for mark in ("±", "+/-", "+-", "\\pm")) else (text, 0)
    lines = [(at, line) for at, line in enumerate(text.split("\n"), start=1) if line.strip()]
    wide = [at for at, line in lines if len(line) > MAX_CELLS and _is_wide(line)]
    if wide:
        alone = len(lines) == 1 or piece.text.lstrip()[:1] in ("{", "[")  # no table
        lines = [(at, line) for at, line in lines if len(line) <= MAX_CELLS or not _is_wide(line)]
        wide = [] if alone else wide
    if "<tr" in piece.text:
        lines = _from_html(piece.text)
    if all(line.lstrip().startswith("#") for _, line in lines):
        lines = [(at, line.lstrip().lstrip("#")) for at, line in lines]
    lines = prefixes.blanks_filled(prefixes.without_prefix(lines))
    tables: dict[tuple[int, int], tuple[int, list[RawRun]]] = {}
    error: CurveError | None = None
    for separator in (*SEPARATORS, WIDE):
        if separator and sum(separator in line for _, line in lines) < 1:
            continue
        if separator == WIDE and any(run.named for _, runs in tables.values() for run in runs):
            continue
        for block in _blocks(lines, separator):
            try:
                runs = _runs(block, separator, len(lines))
            except CurveError as wrong:
                error = error or wrong
                continue
            # The same lines may be a table by two separators: the one that gives more names that mean something.
            known = sum(bool(meaning_of(name).kind or counts(name)) for name in block.header)
            same = (block.places[0], block.places[-1])
            if same not in tables or tables[same][0] < known:
                tables[same] = (known, runs)
    if wide and not any(run.named for _, runs in tables.values() for run in runs):
        raise CurveError(
            f"Line {wide[0]} is longer than the rows of a table that are read, of at most {MAX_CELLS:,} values and "
            f"{MAX_LINE:,} characters: leave columns out."
        )
    if not tables:
        if error:
            raise error
        single = _one_column(lines)
        if single:
            return _runs(single, "", len(lines))
    notes = ["What stands behind ± is left out."] * bool(spreads)
    notes += ["Of several numbers in brackets, the parts of a loss, the sum is read."] * bool(lists)
    return [run.noted(*notes) for place in sorted(tables) for run in tables[place][1]]


def _sum(parts: re.Match[str]) -> str:
    """Return the sum of numbers as text, a dash where there is none."""
    numbers = [float(part) for part in parts[1].split(", ") if is_number(part)]
    return f"{sum(numbers):.10g}" if numbers else "-"


def _is_wide(line: str) -> bool:
    """Tell whether a line is longer than the rows that are read."""
    if len(line) > MAX_LINE or any(line.count(separator) > MAX_CELLS for separator in SEPARATORS if separator):
        return True
    return line.count(" ") > MAX_CELLS and len(line.split()) > MAX_CELLS


def _from_html(text: str) -> list[tuple[int, str]]:
    """Return the rows of HTML tables as lines with tabs."""
    rows = [row[max(row.lower().rfind("<tr"), 0) :] for row in re.split(r"</tr\s*>", text, flags=re.I)]
    cells = (re.sub(r"\s+", " ", row) for row in rows)
    parted = (re.sub(r"<[^<>]{0,500}>", "", re.sub(r"</t[dh]\s*>", "\t", row, flags=re.I)) for row in cells)
    return [(at, row.strip(" ").removesuffix("\t")) for at, row in enumerate(parted, start=1) if row.strip()]


def _split(line: str, separator: str) -> list[str]:
    """Return the cells of a line; taken one by one, a quote that is left open does not swallow the rest."""
    if separator == "," and line.lstrip()[:1] in ("(", "["):
        line = line.strip().rstrip(",;").lstrip("([").rstrip(")]")  # a tuple or a list
    if separator == WIDE:
        return re.split(r"\s{2,}", line.strip())
    if separator == "|":
        line = line.strip()
        line = line.removeprefix("|").removesuffix("|")
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)] if separator else line.split()
    try:
        return next(csv.reader([line], delimiter=separator or " ", skipinitialspace=True))
    except (csv.Error, StopIteration):
        return [line]


def _kinds(cells: list[str], separator: str) -> tuple[int, int]:
    """Return how many cells hold a number, and how many are empty."""
    numbers = empty = 0
    for cell in cells:
        kind = _kind(cell, separator != ",")
        numbers += kind == "number"
        empty += kind == "empty"
    return numbers, empty


@lru_cache(65_536)  # printed lines have the same words in every line
def _kind(cell: str, commas: bool) -> str:
    """Return whether a cell is a "number" or "empty", "" for neither; `commas`: decimal ones are numbers."""
    if not cell:
        return "empty"
    if commas and DECIMAL.fullmatch(cell):
        return "number"
    try:
        value = number(cell)
    except ValueError:
        return ""
    return "empty" if math.isnan(value) else "number"


def _blocks(lines: list[tuple[int, str]], separator: str) -> list[Block]:
    """Return the tables that one separator makes."""
    blocks: list[Block] = []
    maybe: tuple[int, str] | None = None  # a line that may be a header
    comments: list[str] = []
    regular: re.Pattern[str] | None = None  # a row of plain numbers, as many as the table at hand is wide
    values = 0
    for order, (at, line) in enumerate(lines):
        if regular and not maybe and regular.fullmatch(line):
            blocks[-1].rows.append(line.split(separator))
            blocks[-1].places.append(at)
            continue
        if not separator and not BLANKS.search(line):
            continue
        stripped = line.lstrip()
        if stripped.startswith(COMMENT) and not re.match(r"%?\s*\d", stripped.lstrip("#")):
            comments = [*comments[-2:], stripped.lstrip("#%/ \t")]
            continue
        if separator and separator not in line:
            current = blocks[-1] if blocks else None
            if current and is_number(line) and current.places[-1] == lines[order - 1][0]:
                current.ragged.append((at, 1))
            continue
        if RULE.fullmatch(line) and (separator in ("", "|")):
            continue
        cells = _split(LATEX.sub(r"\1", line) if separator == "&" else line, separator)
        if all(TYPES.fullmatch(cell.strip()) for cell in cells):
            continue
        while (
            separator == "," and len(cells) > 1 and not cells[-1].strip() and blocks and len(cells) > blocks[-1].width
        ):
            cells.pop()
        if len(cells) < 2:
            continue
        numbers, empty = _kinds(cells, separator)
        if not numbers or 2 * (numbers + empty) < len(cells):  # a row is numbers, or empty, for the most part
            if not numbers:
                first = _split(maybe[1], separator) if maybe and separator == "|" else []
                if len(first) == len(cells) > 2 and any(first) and not all(cell.strip() for cell in cells):
                    line = "|".join(f"{a} {b}" for a, b in zip(first, cells, strict=True))  # a header on two lines
                maybe = (order, line)
            if separator and blocks and len(cells) == blocks[-1].width and cells != blocks[-1].header:
                blocks[-1].unread.append((at, cells))
            continue
        current = blocks[-1] if blocks else None
        header = _header(lines, order, maybe, cells, separator, current) if maybe else None
        if (
            header is not None
            and current
            and maybe
            and current.unread[-1:]
            and current.unread[-1][0] == lines[maybe[0]][0]
        ):
            current.unread.pop()  # it is the header of what follows
        maybe = None
        if header is not None:
            if current and current.rows and header == current.header:
                current.starts.append(len(current.rows))
            else:
                current = Block(header)
                blocks.append(current)
        elif current is None or (len(cells) != current.width and not _fits(current, cells)):
            if current and numbers + empty == len(cells) and current.places[-1] == lines[order - 1][0]:
                current.ragged.append((at, len(cells)))
                continue
            headers = [_split(comment, separator) for comment in reversed(comments)]
            fitting = (names for names in headers if len(names) == len(cells) and not any(map(is_number, names)))
            current = Block(next(fitting, []))
            blocks.append(current)
        assert current is not None
        row = _fitted(current, cells)
        current.rows.append(row)
        current.places.append(at)
        values += len(row)
        if values > MAX_VALUES:
            raise CurveError(f"A table has more than {MAX_VALUES:,} values, and no more are read: leave columns out.")
        regular = _regular(current.width, separator) if separator.strip(" ") and current.width <= MAX_COLUMNS else None
    return [block for block in blocks if block.rows]


@lru_cache(16)
def _regular(width: int, separator: str) -> re.Pattern[str]:
    """Return the pattern of a row of so many plain numbers, which needs no closer look."""
    return re.compile(rf"{NUMBER}(?:{re.escape(separator)}{NUMBER}){{{width - 1}}}")


def _header(
    lines: list[tuple[int, str]],
    order: int,
    maybe: tuple[int, str],
    cells: list[str],
    separator: str,
    current: Block | None,
) -> list[str] | None:
    """Return the names above a row, if the line that may be a header fits it."""
    place, line = maybe
    between = [line for _, line in lines[place + 1 : order] if not RULE.fullmatch(line)]
    options = [_split(line, separator)]
    if not separator:
        options.insert(0, [name for name in re.split(r"\s{2,}|\t", line.strip()) if name])
    for names in options:
        names = [name.strip().strip('"').strip("*").strip() for name in names]
        while len(names) > len(cells) and not names[-1]:
            names.pop()
        while len(cells) > len(names) > 1 and not cells[-1].strip():
            cells = cells[:-1]
        known = any(meaning_of(name).kind or counts(name) for name in names)
        if (len(between) > (20 if known else 2) or (current is not None and not known)) and names != getattr(
            current, "header", None
        ):
            continue
        if len(names) == len(cells):
            return names
        if len(names) + 1 == len(cells) and known and not separator:
            return ["", *names]  # the index of pandas
    names = options[-1]
    first = 0 if separator or between else _known(names)
    if 2 < first <= len(cells):  # names of several words stand behind those that matter
        return names[:first] + [""] * (len(cells) - first)
    return None


def _known(names: list[str]) -> int:
    """Return how many names at the beginning mean something: 0 where others do too, or a word is half a name."""
    means = [bool(meaning_of(name).kind or counts(name)) for name in names]
    first = means.index(False) if False in means else len(means)
    halves = any(meaning_of(name).kind == "loss" and meaning_of(name).tier == 1 for name in names[:first])
    return 0 if any(means[first:]) or halves else first


def _fits(block: Block, cells: list[str]) -> bool:
    """Tell whether a row has but empty cells more than the table is wide."""
    return len(cells) > block.width and not any(cell.strip() for cell in cells[block.width :])


def _fitted(block: Block, cells: list[str]) -> list[str]:
    return cells[: block.width] if block.rows or block.header else cells


def _one_column(lines: list[tuple[int, str]]) -> Block | None:
    """Return a table of a single column, if the text is nothing else."""
    rows = [(at, line.strip().rstrip(",;")) for at, line in lines if not line.lstrip().startswith(COMMENT)]
    if not rows:
        return None
    header = [] if is_number(rows[0][1]) else [rows.pop(0)[1]]
    if not rows or sum(_kinds([cell for _, cell in rows], "")) < len(rows):
        return None
    return Block(header, [[cell] for _, cell in rows], [at for at, _ in rows])


def _turned(block: Block) -> tuple[Block, bool]:
    """Return a table that has its losses in rows, each behind its name, as one that has them in columns."""
    rows = block.rows
    names = [row[0] for row in rows]
    losses = sum(meaning_of(name).kind == "loss" for name in names)
    if any(block.header) or block.ragged or losses < 2 or block.width < 3 or any(map(is_number, names)):
        return block, False
    columns = [list(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    return Block(names, columns, list(range(1, 1 + len(columns)))), True


def _runs(block: Block, separator: str, lines: int) -> list[RawRun]:
    """Return the runs of one table."""
    if not block.header and block.width == len(YOLO) and OF_YOLO.fullmatch(" ".join(block.rows[0][:2])):
        block.header = list(YOLO)
    block, turned = _turned(block)
    width, rows = block.width, block.rows
    if block.ragged and (len(rows) < 2 or len(block.ragged) > max(1, len(rows) // 10)):
        at, count = block.ragged[0]
        raise CurveError(f"Line {at} has {count} values where {width} are expected: give every row as many.")
    notes = [f"Read as CSV, separated by {SEPARATORS.get(separator, 'blanks')}."]
    for at, count in block.ragged[:3]:
        notes.append(f"Left out line {at}, which has {count} values where {width} are expected.")
    if len(block.ragged) > 3:
        notes.append(f"Left out {len(block.ragged) - 3} more lines like it.")
    other = lines - len(rows) - len(block.ragged) - (1 + len(block.starts) if block.header else 0)
    if other > len(rows) and not block.header:
        return []  # numbers among lines that say what they are, such as counts beneath a progress bar
    notes += _unread(block)
    rest = other - len(block.unread)
    if rest > 0:
        notes.append(f"Left out {rest} other {'line' if rest == 1 else 'lines'} of the text.")
    if separator != "," and _has_decimal_commas(rows):
        pointed = any(POINTED.fullmatch(cell) for row in rows for cell in row)
        rows = [
            [(cell.replace(".", "") if POINTED.fullmatch(cell) else cell).replace(",", ".") for cell in row]
            for row in rows
        ]
        notes.append("Commas in numbers are read as decimal points.")
        notes += ["Points in them part the thousands."] * pointed
    notes += ["The table is turned: each of its rows is a column that its first value names."] * turned
    named = any(block.header)
    names = unique(block.header or [""] * width)
    if block.header and not block.header[0]:
        names[0] = "index" if "index" not in names else names[0]
        names[0] = "" if "" not in block.header[1:] else names[0]
    if not named:
        notes.append("There is no header: the columns are told by their order.")
    cells = {name: _plain(name, [row[at] for row in rows]) for at, name in enumerate(names)}
    refuse_columns(cells)
    bands = [name for name in names if name.endswith(BANDS)]
    if bands and len(bands) < len(names) - 1:
        notes.append("Left out the bands, which end in __MIN and __MAX.")
        cells = {name: column for name, column in cells.items() if name not in bands}
    places = [f"Line {at}" for at in block.places]
    goes_on = any(_rises(column) for name, column in cells.items() if counts(name))  # and no run begins anew
    parts = [0, *(() if goes_on else block.starts), len(rows)]
    raw_runs = []
    for begin, end in pairwise(parts):
        part = {name: column[begin:end] for name, column in cells.items()}
        for columns in _by_panel(part) if bands else [("", part)]:
            run, chosen = columns
            more = {"name": run} if run else {}
            raw_runs += [
                raw.noted(**more) if more else raw
                for raw in from_cells(chosen, places[begin:end], notes=notes, named=named, whole=named and other <= 0)
            ]
    return raw_runs


def _unread(block: Block) -> list[str]:
    """Return what is said of lines within a table that hold too little that is a number: line, column and cell."""
    notes = []
    names = block.header or [""] * block.width
    for at, cells in block.unread[:NAMED]:
        wrong = [
            f"{cell.strip()[:CUT]!r} in column {name!r}" if name else f"{cell.strip()[:CUT]!r} in column {column}"
            for column, (name, cell) in enumerate(zip(names, cells, strict=True), start=1)
            if cell.strip() and not is_number(cell)
        ]
        notes.append(f"Left out line {at}, where no number is: {' and '.join(wrong[:2])}.")
    if len(block.unread) > NAMED:
        notes.append(f"Left out {len(block.unread) - NAMED} more lines that are no numbers.")
    return notes


def _plain(name: str, column: list[Any]) -> list[Any]:
    """Return a column of nothing but plain numbers as numbers, unless it may name runs; another as it is."""
    if RUN_WORDS.intersection(words(name)) or not all(map(PLAIN.fullmatch, column)):
        return column
    return [float(cell) for cell in column]


def _rises(column: list[Any]) -> bool:
    """Tell whether every cell is a number above the one before it."""
    return all(map(is_number, column)) and all(number(a) < number(b) for a, b in pairwise(column))


def _by_panel(cells: dict[str, list[Any]]) -> list[tuple[str, dict[str, list[Any]]]]:
    """Return the columns of each run of a Weights & Biases panel, whose names begin with the run's."""
    runs: dict[str, list[str]] = {}
    shared = []
    for name in cells:
        run, mark, _ = name.rpartition(" - ")
        if mark:
            runs.setdefault(run, []).append(name)
        else:
            shared.append(name)
    if len(runs) < 2:
        return [(next(iter(runs), ""), cells)]
    return [(run, {name: cells[name] for name in (*shared, *names)}) for run, names in runs.items()]


def _has_decimal_commas(rows: list[list[str]]) -> bool:
    """Tell whether numbers have decimal commas: some have a comma, and none a point but between its thousands."""
    numbers = [cell for row in rows for cell in row if re.fullmatch(r"\s*[-+]?[\d.,]+(e[-+]?\d+)?\s*", cell, re.I)]
    pointed = [cell for cell in numbers if "." in cell]
    commas = [cell for cell in numbers if "," in cell and not (pointed and THOUSANDS.fullmatch(cell))]
    return bool(commas) and all(map(POINTED.fullmatch, pointed))
