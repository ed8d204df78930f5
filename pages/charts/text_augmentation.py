"""The pictures of text augmentation: templates over named datasets, built once and filled by the page."""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import groupby
from typing import Any

import altair as alt

from pages.ui import charts
from pages.ui.charts import BASELINE, TECHNIQUE, TEST, VALIDATION, colour, data
from pages.ui.panels import START, Panel
from pages.ui.scrub import HERE, Part, columns, join, rules

STRENGTHS = tuple(round(0.05 * i, 2) for i in range(11))
WIDE_CHARS, NARROW_CHARS = 56, 40  # of a line of the sentences, in a view wider than ROOMY pixels or not
ROOMY = 660
SIDES = {"L": "left", "R": "right", "AL": "right"}  # where letters of a kind begin; no other character tells
INDENT = 2  # characters before a line's words, where the number of a sentence stands
CHAR, LINE = 7.25, 18  # pixels of a character and of a line

_GREEN, _GRAY, _VIOLET, _ORANGE = (alt.value(name) for name in (TECHNIQUE, BASELINE, TEST, VALIDATION))


def size_of(text: str) -> int:
    """Return how many characters wide a word is drawn: emoji and East Asian letters take two."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text if not unicodedata.combining(c))


def direction(text: str) -> str:
    """Return whether a text is written from the "left" or the "right", by its first letter; "" where it has none.

    The text field and the quoted sentences go by the same rule, in the browser.
    """
    return next((SIDES[d] for c in text if (d := unicodedata.bidirectional(c)) in SIDES), "")


def lay_out(marked: list[tuple[str, str]], width: int, row: float, mirrored: bool = False) -> list[tuple[int, float]]:
    """Return the column and the row of each word in lines of so many characters; the first line is `row`.

    mirrored: the words stand from right to left. The number of the sentence keeps its place, the first. Words on end
    that are written the other way keep their own order.

    >>> lay_out([("1", "number"), ("a", "plain"), ("word", "new"), (".", "plain")], 20, 0)
    [(0, 0), (2, 0), (4, 0), (8, 0)]
    >>> lay_out([("1", "number"), ("3", "plain"), ("1990", "new"), (".", "plain")], 20, 0, mirrored=True)
    [(0, 0), (19, 0), (14, 0), (13, 0)]
    """
    starts: list[tuple[int, float]] = []
    column = 0
    for text, who in marked:
        size = size_of(text)
        tight = column > 1 and who != "number" and len(text) == 1 and text in ",.;:!?)%…’”»،؛؟"
        start = column + (0 if tight or not column else 1)
        if column and start + size > width:
            start, row = INDENT, row + 1
        starts.append((start, row))
        column = start + size
    other = "left" if mirrored else "right"
    for (line, turned), run in groupby(range(len(marked)), lambda i: (starts[i][1], direction(marked[i][0]) == other)):
        if turned:
            places = list(run)
            ends = starts[places[0]][0] + starts[places[-1]][0] + size_of(marked[places[-1]][0])
            starts[places[0] : places[-1] + 1] = [(ends - starts[i][0] - size_of(marked[i][0]), line) for i in places]
    if not mirrored:
        return starts
    return [
        (start if who == "number" else width + INDENT - start - size_of(text), row)
        for (text, who), (start, row) in zip(marked, starts, strict=True)
    ]


def standing(text: str, mirrored: bool) -> str:
    """Return a word as it is drawn: marks that open or close turn round where the sentence is from right to left.

    >>> standing("(", mirrored=True) == "\\u200f(\\u200f", standing("(", mirrored=False)
    (True, '(')
    """
    return f"\u200f{text}\u200f" if mirrored and not direction(text) else text


@cache
def mechanism() -> dict[str, Any]:
    """Return the share of words that survives against the strength; beside it the sentence and its variants.

    Datasets: "now" (level), "levels", "headings" (level, text, who, slot, place), "survival" (level, mean, low, high),
    "words" (level, text, who: "plain", "protected", "new", "lost" or "number"; column, row, columns, rows: its place in
    a wide and in a narrow view, to be measured in characters and lines; size: in characters; right: whether it is
    aligned at its right end).
    """
    ticks = (("values", [0, 2, 4, 6, 8, 10]), ("labelExpr", "format(datum.value / 20, '~g')"))
    first = Part(False, "strength", "words that survive", (-0.4, 10.4), (0, 1), x_ticks=ticks,
                 y_ticks=(("format", "%"), ("values", [0, 0.25, 0.5, 0.75, 1])), number=0)  # fmt: skip
    rows = alt.Chart(data("survival"))
    x, y = first.x("level:Q"), first.y("mean:Q")
    curve = alt.layer(
        rows.mark_area(opacity=0.16).encode(x, first.y("low:Q"), alt.Y2("high"), color=_GREEN),
        *rules(first),
        rows.mark_line().encode(x, y, color=_GREEN),
        rows.transform_filter(HERE).mark_circle(size=56, opacity=1).encode(x, y, color=_GREEN),
        first.heading(alt.Chart(data("headings")).transform_filter(HERE), at=START, fontWeight=600)
        .encode(color=colour("who")),
    )  # fmt: skip
    second = Part(False, None, None, (0, 1), (0, 1), number=1)
    roomy = f"width > {ROOMY}"
    left = f"{second.left} + ({roomy} ? datum.column : datum.columns) * {CHAR}"
    top = f"{second.top} - 8 + ({roomy} ? datum.row : datum.rows) * {LINE}"
    words = alt.Chart(data("words")).transform_filter(HERE)
    middle = {"y": alt.YValue(alt.ExprRef(top))}
    at = {"x": alt.XValue(alt.ExprRef(f"{left} + (datum.right ? datum.size * {CHAR} : 0)")), **middle}
    align = alt.ExprRef("datum.right ? 'right' : 'left'")
    style = {"align": align, "baseline": "middle", "font": "monospace", "fontSize": 12}
    line = {"x": alt.XValue(alt.ExprRef(left)), "x2": alt.X2Value(alt.ExprRef(f"{left} + datum.size * {CHAR}"))}

    def of(who: str) -> alt.Chart:
        return words.transform_filter(f"datum.who == '{who}'")

    below = {"y": alt.YValue(alt.ExprRef(f"{top} + 8"))}
    sentences = alt.layer(
        of("plain").mark_text(**style).encode(**at, text="text:N", color=alt.value("currentColor")),
        of("number").mark_text(**style).encode(**at, text="text:N", color=_GRAY),
        of("new").mark_text(**style, fontWeight="bold").encode(**at, text="text:N", color=_GREEN),
        of("lost").mark_text(**style).encode(**at, text="text:N", color=_GRAY),
        of("lost").mark_rule(strokeWidth=1.25).encode(**line, **middle, color=_GRAY),
        of("protected").mark_text(**style).encode(**at, text="text:N", color=_VIOLET),
        of("protected").mark_rule(strokeWidth=1.25).encode(**line, **below, color=_VIOLET),
    )
    return join([curve, sentences, columns(first)])


@cache
def operations(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the test loss of each operation, with its range, and that without augmentation.

    Datasets: "rows" (name, mean, low, high, text), "baseline" (mean, low, high), "now" (low, top).
    """
    ends = [alt.ExprRef("data('now')[0].low"), alt.ExprRef("data('now')[0].top")]
    x = alt.X("mean:Q", title="test loss (nats)", scale=alt.Scale(domain=ends, nice=False, zero=False))
    y = alt.Y("name:N", title=None, sort=list(names), scale=alt.Scale(domain=list(names)),
              axis=alt.Axis(grid=False, ticks=False, domain=False))  # fmt: skip
    base, rows = alt.Chart(data("baseline")), alt.Chart(data("rows"))
    low, high = alt.X("low:Q", title="test loss (nats)"), alt.X2("high:Q")
    kept = alt.Chart(data("now")).mark_point(size=0, opacity=0, aria=False)
    return charts.finish(
        alt.layer(
            kept,
            base.mark_rect(opacity=0.14, clip=True).encode(low, high, color=_GRAY),
            base.mark_rule(strokeDash=[5, 4], strokeWidth=1.75).encode(x, color=_GRAY),
            rows.mark_rule(strokeWidth=2.25).encode(low, high, y, color=_GREEN),
            rows.mark_circle(size=80, opacity=1).encode(x, y, color=_GREEN),
            rows.mark_text(dy=-11, fontSize=12).encode(x, y, text="text:N", color=_GREEN),
        ),
        height=300,
    )


@cache
def sizes(values: tuple[int, ...]) -> dict[str, Any]:
    """Return the test loss against the training rows, with augmentation and without.

    Datasets: "rows" (level, mean, low, high, who), "legend" (text, who, slot, place), "now" (top).
    """
    ticks = (("values", list(range(len(values)))), ("labelExpr", f"[{', '.join(map(str, values))}][datum.value]"))
    top = 0, alt.ExprRef("data('now')[0].top")
    panel = Panel(False, "training rows n, before augmentation", "test loss (nats)", (-0.2, len(values) - 0.8), top,
                  x_ticks=ticks, alone=True)  # fmt: skip
    rows = alt.Chart(data("rows"))
    x, y, low = panel.x("level:Q"), panel.y("mean:Q"), panel.y("low:Q")
    kept = alt.Chart(data("now")).mark_point(size=0, opacity=0, aria=False)
    return charts.finish(
        alt.layer(
            kept,
            rows.mark_area(opacity=0.16).encode(x, low, alt.Y2("high"), colour("who")),
            rows.mark_line(point={"size": 40}).encode(x, y, colour("who")),
            panel.heading(alt.Chart(data("legend")), at=START, fontWeight=600).encode(color=colour("who")),
        ),
        height=300,
    )


@cache
def likelihood(iterations: int) -> dict[str, Any]:
    """Return the translators' log-likelihood per word against the iteration of EM.

    Datasets: "rows" (iteration, value, who, text), "ends" (the last of each line).
    """
    room = "(width > 520 ? 190 : 130)"
    across = alt.Scale(domain=[0, iterations], nice=False, range=[0, {"expr": f"width - {room}"}])
    x = alt.X("iteration:Q", title="iteration of EM", scale=across, axis=alt.Axis(grid=False, tickMinStep=1))
    y = alt.Y("value:Q", title="log-likelihood per word (nats)", scale=alt.Scale(domain=[-7, 0], nice=False))
    shade = alt.StrokeDash("text:N", legend=None)
    rows, ends = alt.Chart(data("rows")), alt.Chart(data("ends"))
    return charts.finish(
        alt.layer(
            rows.mark_line(point={"size": 22}).encode(x, y, shade, alt.Detail("text:N"), colour("who")),
            ends.mark_text(align="left", dx=8).encode(x, alt.Y("place:Q"), text="text:N", color=colour("who")),
        ),
        height=300,
    )
