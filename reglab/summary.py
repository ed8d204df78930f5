"""What an object says of itself: a few lines in a terminal, a table in a notebook, of the same words."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MOST", "Summary"]

MOST = 8  # rows, and notes


@dataclass(frozen=True)
class Summary:
    """A title, rows of cells, and sentences. Text that comes from outside is shown as text.

    Examples
    --------
    >>> said = Summary("a run", (("dropout", "0.5"), ("l2", "0.01")), ("It is short.",))
    >>> print(said.as_text())
    <a run>
      dropout  0.5
      l2       0.01
      - It is short.
    >>> Summary("<b>", (), ()).as_html()
    '<p><b>&lt;b&gt;</b></p>'
    """

    title: str
    rows: Sequence[tuple[str, ...]]
    notes: Sequence[str] = ()

    def as_text(self) -> str:
        """Return the title and at most `MOST` rows and notes, a line each."""
        rows = [tuple(map(_plain, row)) for row in self.rows[:MOST]]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        lines += _more(self.rows, "rows") + [f"- {_plain(note)}" for note in self.notes[:MOST]]
        return "\n".join([f"<{_plain(self.title)}>", *(f"  {line}".rstrip() for line in lines)])

    def as_html(self) -> str:
        """Return the same as HTML."""
        rows = ["".join(f"<td>{html.escape(_plain(cell))}</td>" for cell in row) for row in self.rows[:MOST]]
        table = f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>" if rows else ""
        notes = [*_more(self.rows, "rows"), *map(_plain, self.notes[:MOST])]
        listed = f"<ul>{''.join(f'<li>{html.escape(note)}</li>' for note in notes)}</ul>" if notes else ""
        return f"<p><b>{html.escape(_plain(self.title))}</b></p>{table}{listed}"


def _more(rows: Sequence[tuple[str, ...]], what: str) -> list[str]:
    return [f"and {len(rows) - MOST:,} more {what}"] if len(rows) > MOST else []


def _plain(text: str) -> str:
    """Return text on one line, without what steers a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in " ".join(text.split()))
