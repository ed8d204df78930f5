"""Tables as they stand in printed lines: behind what a logger writes before each, and with blanks for empty cells."""

from __future__ import annotations

import re
from collections import Counter

from reglab.logs.names import counts, meaning_of
from reglab.logs.raw import is_number

__all__ = ["blanks_filled", "without_prefix"]

Line = tuple[int, str]
STAMPED = re.compile(r"[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d|\d\d[-/]\d\d|[IWED]\d{4})[ T_]\d\d:\d\d:\d\d")
ENDS = re.compile(r" [:|-] |[\])|:] ")  # of what a logger writes
MAX_PREFIX = 120  # characters
LEAST = 3  # lines that make a table: its header and two rows
NAME = re.compile(r"\S+(?: \S+)*")
CELL = re.compile(r"\S+")


def without_prefix(lines: list[Line]) -> list[Line]:
    """Return the lines of a table without what a logger writes before each; others as they are.

    What it writes is the same in every line but for its digits, and ends before the names of the header.
    """
    if sum(STAMPED.match(line) is not None for _, line in lines) < LEAST:
        return lines
    masks = {at: re.sub(r"\d", "#", line[:MAX_PREFIX]) for at, line in lines if STAMPED.match(line)}
    begins = {at: [mask[: end.end()] for end in ENDS.finditer(mask)] for at, mask in masks.items()}
    often = Counter(prefix for prefixes in begins.values() for prefix in prefixes)
    for at, line in lines:
        for prefix in reversed(begins.get(at, ())):
            if often[prefix] >= LEAST and _known(re.split(r"\t|\s{2,}|,|\|", line[len(prefix) :])) > 1:
                return [(row, text[len(prefix) :]) for row, text in lines if prefix in begins.get(row, ())]
    return lines


def blanks_filled(lines: list[Line]) -> list[Line]:
    """Return the lines of a table with tabs between its cells, where rows leave cells blank; others as they are.

    Every cell of such a table begins, or every cell ends, where a name of its header does.
    """
    filled = list(lines)
    for order, (_, line) in enumerate(lines):
        names = list(NAME.finditer(line)) if "  " in line.strip() and "\t" not in line else []
        texts = [name[0] for name in names]
        if len(names) < 3 or any(map(is_number, texts)) or _known(texts) < 2:
            continue
        rows = []
        for place in range(order + 1, len(lines)):
            cells = list(CELL.finditer(lines[place][1]))
            if set(lines[place][1]) <= set(" -=+|"):
                continue
            if len(cells) < 2 or len(cells) > len(names) or not all(is_number(cell[0]) for cell in cells):
                break
            rows.append((place, cells))
        if not any(len(cells) < len(names) for _, cells in rows):
            continue
        for edge in (re.Match.start, re.Match.end):
            at = {edge(name): number for number, name in enumerate(names)}
            if all(edge(cell) in at for _, cells in rows for cell in cells):
                filled[order] = (lines[order][0], "\t".join(texts))
                for place, cells in rows:
                    row = [""] * len(names)
                    for cell in cells:
                        row[at[edge(cell)]] = cell[0]
                    filled[place] = (lines[place][0], "\t".join(row))
                break
    return filled


def _known(names: list[str]) -> int:
    """Return how many names mean something."""
    return sum(bool(meaning_of(name).kind or counts(name)) for name in names)
