"""The pictures of text augmentation: templates over named datasets, built once and filled by the page."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts
from pages.ui.charts import BASELINE, TECHNIQUE, TEST, VALIDATION, colour, data
from pages.ui.panels import START, Panel
from pages.ui.scrub import HERE, Part, columns, join, rules

STRENGTHS = tuple(round(0.05 * i, 2) for i in range(11))
WIDE_CHARS, NARROW_CHARS = 56, 40  # of a line of the sentences, in a view wider than ROOMY pixels or not
ROOMY = 660
CHAR, LINE = 7.25, 18  # pixels of a character and of a line

_GREEN, _GRAY, _VIOLET, _ORANGE = (alt.value(name) for name in (TECHNIQUE, BASELINE, TEST, VALIDATION))


@cache
def mechanism() -> dict[str, Any]:
    """Return the share of words that survives against the strength; beside it the sentence and its variants.

    Datasets: "now" (level), "levels", "headings" (level, text, who, slot, place), "survival" (level, mean, low, high),
    "words" (level, text, who: "plain", "protected", "new", "lost" or "number"; column, row, columns, rows: its place in
    a wide and in a narrow view, to be measured in characters and lines; size: in characters).
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
    at = {"x": alt.XValue(alt.ExprRef(left)), "y": alt.YValue(alt.ExprRef(top))}
    right = {"x2": alt.X2Value(alt.ExprRef(f"{left} + datum.size * {CHAR}"))}
    style = {"align": "left", "baseline": "middle", "font": "monospace", "fontSize": 12}

    def of(who: str) -> alt.Chart:
        return words.transform_filter(f"datum.who == '{who}'")

    below = {**at, "y": alt.YValue(alt.ExprRef(f"{top} + 8"))}
    sentences = alt.layer(
        of("plain").mark_text(**style).encode(**at, text="text:N", color=alt.value("currentColor")),
        of("number").mark_text(**style).encode(**at, text="text:N", color=_GRAY),
        of("new").mark_text(**style, fontWeight="bold").encode(**at, text="text:N", color=_GREEN),
        of("lost").mark_text(**style).encode(**at, text="text:N", color=_GRAY),
        of("lost").mark_rule(strokeWidth=1.25).encode(**at, **right, color=_GRAY),
        of("protected").mark_text(**style).encode(**at, text="text:N", color=_VIOLET),
        of("protected").mark_rule(strokeWidth=1.25).encode(**below, **right, color=_VIOLET),
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
