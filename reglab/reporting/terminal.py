"""An answer as plain characters, in lines of the terminal's width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from reglab.reporting import characters
from reglab.reporting.outside import as_ascii, plain
from reglab.reporting.parts import Part

__all__ = ["as_text", "table"]


def as_text(parts: Sequence[Part], width: int = 80, *, ascii_only: bool = False) -> str:
    """Return the parts of an answer as text, in which nothing steers the terminal.

    Examples
    --------
    >>> print(as_text([Part("Next", sentences=("Train longer.",))]))
    Next
      Train longer.
    <BLANKLINE>
    """
    width = min(max(width, characters.WIDTHS[0]), characters.WIDTHS[1])
    blocks = []
    for part in parts:
        lines = [part.title]
        if part.curve is not None:
            lines += characters.draw(part.curve, width, ascii_only=ascii_only).splitlines()
        lines += _wrapped(part.lead, width, "  ") if part.lead else []
        for setting in part.settings:
            search = f"  (search {setting.search})" if setting.search else ""
            lines += _wrapped(f"{setting.name} {setting.value}{search}", width, "  ")
            for sentence, source in setting.reasons:
                lines += _wrapped(f"{sentence} [{source}]", width, "      ")
        lines += [f"  {line}" for line in table(part.table)]
        for sentence in part.sentences:
            lines += _wrapped(sentence, width, "  ")
        if part.code is not None and part.code.text:
            lines += ["", *part.code.text.splitlines()]
        blocks.append("\n".join(lines))
    text = plain("\n\n".join(blocks)) + "\n"
    return as_ascii(text) if ascii_only else text


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines, its columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip() for row in rows]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or [
        indent.rstrip()
    ]
