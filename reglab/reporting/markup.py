"""An answer as one Markdown or HTML file: nothing in it is loaded, and what comes from outside is shown as text."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from reglab.reporting import characters, svg
from reglab.reporting.outside import as_markdown, plain
from reglab.reporting.parts import Part, Setting

__all__ = ["as_html", "as_markdown_file"]

HEAD = ("setting", "value", "search", "why", "source")
STYLE = """\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886; }
pre { overflow-x: auto; padding: .8rem; background: #8881; font-size: .85rem; }
.lead { font-weight: 600; }
@media (max-width: 40rem) {
  table, tbody, tr, td { display: block; }
  tr { padding: .5rem 0; border-bottom: 1px solid #8886; }
  tr:has(th), td:empty { display: none; }
  td { padding: 0; border: 0; overflow-wrap: anywhere; }
  td[data-of]::before { content: attr(data-of) ": "; opacity: .75; }
}
footer { margin-top: 2rem; font-size: .85rem; }
"""
# A browser that obeys it loads nothing, whatever stands in the file.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def as_markdown_file(title: str, parts: Sequence[Part], footer: str) -> str:
    r"""Return the parts of an answer as a Markdown file.

    Examples
    --------
    >>> print(as_markdown_file("A *run*", [Part("Next", sentences=("Train longer.",))], "The end."))
    # A \*run\*
    <BLANKLINE>
    ## Next
    <BLANKLINE>
    - Train longer.
    <BLANKLINE>
    ---
    <BLANKLINE>
    The end.
    <BLANKLINE>
    """
    blocks = [f"# {as_markdown(title)}"]
    for part in parts:
        blocks.append(f"## {as_markdown(part.title)}")
        if part.curve is not None:
            blocks.append(_fenced(characters.draw(part.curve), "text"))
        if part.lead:
            blocks.append(f"**{as_markdown(part.lead)}**")
        for rows in (_rows(part.settings), part.table):
            if rows:
                lines = ["| " + " | ".join(map(as_markdown, row)) + " |" for row in rows]
                blocks.append("\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]))
        if part.sentences:
            blocks.append("\n".join(f"- {as_markdown(sentence)}" for sentence in part.sentences))
        if part.code is not None and part.code.text:
            blocks.append(_fenced(part.code.text, "python"))
    return "\n\n".join([*blocks, "---", as_markdown(footer)]) + "\n"


def as_html(title: str, parts: Sequence[Part], footer: str) -> str:
    """Return the parts of an answer as an HTML file.

    Examples
    --------
    >>> text = as_html("A <run>", [Part("Next", sentences=("Train longer.",))], "The end.")
    >>> print(text[text.index("<h1>") : text.index("</section>")])
    <h1>A &lt;run&gt;</h1>
    <section>
    <h2>Next</h2>
    <ul>
    <li>Train longer.</li>
    </ul>
    <BLANKLINE>
    """
    drawn = STYLE + svg.STYLE * any(part.curve is not None for part in parts)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{_text(title)}</title>",
        f"<style>\n{drawn}</style>",
        "</head>",
        "<body>",
        f"<h1>{_text(title)}</h1>",
    ]
    for part in parts:
        lines += ["<section>", f"<h2>{_text(part.title)}</h2>"]
        if part.curve is not None:
            lines.append(svg.draw(part.curve))
        if part.lead:
            lines.append(f'<p class="lead">{_text(part.lead)}</p>')
        for rows in (_rows(part.settings), part.table):
            if rows:
                lines += ["<table>", _head(rows[0]), *(_row(row, rows[0]) for row in rows[1:]), "</table>"]
        if part.sentences:
            lines += ["<ul>", *(f"<li>{_text(sentence)}</li>" for sentence in part.sentences), "</ul>"]
        if part.code is not None and part.code.text:
            lines.append(f"<pre><code>{_text(part.code.text)}</code></pre>")
        lines.append("</section>")
    return "\n".join([*lines, f"<footer>{_text(footer)}</footer>", "</body>", "</html>"]) + "\n"


def _rows(settings: Sequence[Setting]) -> list[tuple[str, ...]]:
    """Return settings as the rows of a table, one for each reason, the head first."""
    rows: list[tuple[str, ...]] = [HEAD] if settings else []
    for setting in settings:
        for order, (sentence, source) in enumerate(setting.reasons or (("", ""),)):
            named = (setting.name, setting.value, setting.search) if not order else ("", "", "")
            rows.append((*named, sentence, source))
    return rows


def _fenced(text: str, language: str) -> str:
    """Return text as a block of code, within a fence that is longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}{language}\n{plain(text).rstrip()}\n{fence}"


def _head(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<th>{_text(cell)}</th>" for cell in cells) + "</tr>"


def _row(cells: Sequence[str], head: Sequence[str]) -> str:
    """Return a row, each of whose cells says under which head it stands: on a phone the head is not drawn."""
    named = zip(cells, head, strict=True)
    return "<tr>" + "".join(f'<td data-of="{_text(name)}">{_text(cell)}</td>' for cell, name in named) + "</tr>"


def _text(text: str) -> str:
    return html.escape(plain(text))
