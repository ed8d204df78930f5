"""The pictures of text augmentation, each one block: its template, the rows that fill it, and what it says in words."""

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

import altair as alt

from pages.ui import charts, effect
from pages.ui.cache import cached_of
from pages.ui.charts import BASELINE, TECHNIQUE, TEST, colour, data
from pages.ui.drawing import Picture
from pages.ui.levels import TOP, Row, entries, even, legend, sent
from pages.ui.scrub import HERE, Part, join
from pages.ui.seeds import average, band
from pages.ui.study import levels_of
from pages.ui.words import percent, signed

from reglab import text_augmentation
from reglab.experiments.text_experiments import TRAINING, TextRun, Variants
from reglab.text import texts

GREEN, GRAY, VIOLET = (alt.ColorValue(name) for name in (TECHNIQUE, BASELINE, TEST))
STRENGTHS = tuple(round(0.05 * i, 2) for i in range(11))
STRENGTH = even("strength", STRENGTHS, "strength", tuple(f"{s:g}" for s in STRENGTHS), ticks=range(0, 11, 2))


# ------------------------------------------------------------------ a sentence in lines

SHOWN = 3  # variants drawn
WIDE_CHARS, NARROW_CHARS = 56, 40  # of a line of the sentences, in a view wider than ROOMY pixels or not
ROOMY = 660
SIDES = {"L": "left", "R": "right", "AL": "right"}  # where letters of a kind begin; no other character tells
INDENT = 2  # characters before a line's words, where the number of a sentence stands
CHAR, LINE = 7.25, 18  # pixels of a character and of a line

Marked = list[tuple[str, str]]  # words, and what they are: "plain", "protected", "new", "lost" or "number"


def size_of(text: str) -> int:
    """Return how many characters wide a word is drawn: emoji and East Asian letters take two."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text if not unicodedata.combining(c))


def direction(text: str) -> str:
    """Return whether a text is written from the "left" or the "right", by its first letter; "" where it has none.

    The text field and the quoted sentences go by the same rule, in the browser.
    """
    return next((SIDES[d] for c in text if (d := unicodedata.bidirectional(c)) in SIDES), "")


def lay_out(marked: Marked, width: int, row: float, mirrored: bool = False) -> list[tuple[int, float]]:
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


def pieces(marked: Marked) -> Marked:
    """Cut words that no line has room for.

    >>> pieces([("a" * 40, "plain")]) == [("a" * 36, "plain"), ("a" * 4, "plain")]
    True
    """
    most = NARROW_CHARS - 4
    return [(text[i : i + most], who) for text, who in marked for i in range(0, max(len(text), 1), most)]


def marked_of(sentence: str, variant: str | None, number: int) -> Marked:
    """Return a sentence's words with what is protected, or a variant's with what it changed, after their number."""
    if variant is None:
        cut, kinds = texts.split(sentence)[0], text_augmentation.PROTECTED
        of = zip(cut, texts.kinds_of(cut), strict=True)
        return pieces([("·", "number"), *((word, "protected" if kind in kinds else "plain") for word, kind in of)])
    changes = text_augmentation.changes(sentence, variant)
    return pieces([(str(number), "number"), *((word, {"kept": "plain"}.get(who, who)) for word, who in changes)])


# ------------------------------------------------------------------ the mechanism


@cache
def _mechanism() -> dict[str, Any]:
    percents = (("format", "%"), ("values", [0, 0.25, 0.5, 0.75, 1]))
    first = STRENGTH.panel("words that survive", (0, 1), kind=Part, number=0, y_ticks=percents)
    curve = STRENGTH.scrubbed(first, *STRENGTH.curve(first, "survival"), STRENGTH.heading(first))

    second = Part(False, None, None, (0, 1), (0, 1), number=1)
    roomy = f"width > {ROOMY}"
    left = f"{second.left} + ({roomy} ? datum.column : datum.columns) * {CHAR}"
    top = f"{second.top} - 8 + ({roomy} ? datum.row : datum.rows) * {LINE}"
    every = alt.Chart(data("words")).transform_filter(HERE)
    middle, below = {"y": alt.YValue(alt.ExprRef(top))}, {"y": alt.YValue(alt.ExprRef(f"{top} + 8"))}
    at = {"x": alt.XValue(alt.ExprRef(f"{left} + (datum.right ? datum.size * {CHAR} : 0)")), **middle}
    align = alt.ExprRef("datum.right ? 'right' : 'left'")
    style: dict[str, Any] = {"align": align, "baseline": "middle", "font": "monospace", "fontSize": 12}
    line = {"x": alt.XValue(alt.ExprRef(left)), "x2": alt.X2Value(alt.ExprRef(f"{left} + datum.size * {CHAR}"))}

    def of(who: str) -> alt.Chart:
        return every.transform_filter(f"datum.who == '{who}'")

    sentences = alt.layer(
        of("plain").mark_text(**style).encode(**at, text=alt.Text("text:N"), color=alt.ColorValue("currentColor")),
        of("number").mark_text(**style).encode(**at, text=alt.Text("text:N"), color=GRAY),
        of("new").mark_text(**style, fontWeight="bold").encode(**at, text=alt.Text("text:N"), color=GREEN),
        of("lost").mark_text(**style).encode(**at, text=alt.Text("text:N"), color=GRAY),
        of("lost").mark_rule(strokeWidth=1.25).encode(**line, **middle, color=GRAY),
        of("protected").mark_text(**style).encode(**at, text=alt.Text("text:N"), color=VIOLET),
        of("protected").mark_rule(strokeWidth=1.25).encode(**line, **below, color=VIOLET),
    )
    return join([curve, sentences])


def _word_rows(sentence: str, shown: Sequence[str], level: int) -> Iterable[Row]:
    """Yield the words of a sentence and of its variants, with their places in a wide and in a narrow view.

    column, row, columns, rows: in characters and lines, of the wide view and of the narrow one. size: in characters.
    right: whether the word is aligned at its right end.
    """
    right = direction(sentence) == "right"
    row = rows = 0.0
    for number, variant in enumerate([None, *shown]):
        marked = marked_of(sentence, variant, number)
        wide, narrow = (lay_out(marked, *at, right) for at in ((WIDE_CHARS, row), (NARROW_CHARS, rows)))
        for (word, who), a, b in zip(marked, wide, narrow, strict=True):
            turned = right and who != "number"
            place = {"column": a[0], "row": a[1], "columns": b[0], "rows": b[1]}
            text = standing(word, turned)
            yield {"level": level, "text": text, "who": who, **place, "size": size_of(word), "right": turned}
        row, rows = wide[-1][1] + 1.4, narrow[-1][1] + 1.4


@cached_of(32)
def mechanism(varied: Variants) -> Picture:
    """Return the share of words that survives against the strength; beside it the sentence and its variants."""
    survival = varied.survival.tolist()
    means = [percent(average(shares)) for shares in survival]
    drawn = [row for level, made in enumerate(varied.texts) for row in _word_rows(varied.sentence, made[:SHOWN], level)]
    return Picture(
        _mechanism(),
        {
            "words": charts.table(drawn),
            "survival": STRENGTH.rows(survival),
            "levels": STRENGTH.columns(
                [f"{mean} survive at {strength:g}" for mean, strength in zip(means, STRENGTHS, strict=True)]
            ),
        },
        alt="Left: the share of the sentence's words that survive, against the strength, mean and range. Right: the "
        "sentence with its protected words underlined, and three variants with what changed marked.",
        now=[
            f"Strength {strength:g}: {mean} of the words survive. Variants: {' / '.join(made[:SHOWN])}"
            for strength, mean, made in zip(STRENGTHS, means, varied.texts, strict=True)
        ],
        levels=STRENGTH,
    )


def variant_rows(varied: Variants, operation: str, draw: int) -> list[Row]:
    """Return every variant, and the share of the words that survives in it, to download."""
    return [
        {
            "operation": operation,
            "draw": draw,
            "strength": strength,
            "variant": number,
            "text": text,
            "share_of_words_that_survive": share,
        }
        for strength, made, shares in zip(varied.strengths, varied.texts, varied.survival.tolist(), strict=True)
        for number, (text, share) in enumerate(zip(made, shares, strict=True), 1)
    ]


# ------------------------------------------------------------------ the effect


def training(scale: effect.Scale, run: TextRun, amount: float) -> Picture:
    """Return losses against the strength; beside it the training curves at one strength and without it."""
    level, name = scale.values.index(amount), scale.label(amount)
    rows = effect.rows(run, scale, amount, effect.top_of_axis(run, level), f"strength {name}")
    here = [row["text"] for row in rows["strengths"] if row["level"] == level]
    return Picture(
        effect.template(scale, TRAINING.max_steps),
        rows,
        alt="Left: train, validation and test loss against the strength of text augmentation, mean and range over the "
        "seeds. Right: training curves at one strength and without it.",
        now=f"At strength {name}: {', '.join(here)}.",
        levels=levels_of(scale, "amount"),
    )


# ------------------------------------------------------------------ the translators


@cache
def _likelihood(iterations: int) -> dict[str, Any]:
    room = "(width > 520 ? 190 : 130)"
    across = alt.Scale(domain=[0, iterations], nice=False, range=[0, {"expr": f"width - {room}"}])
    x = alt.X("iteration:Q", title="iteration of EM", scale=across, axis=alt.Axis(grid=False, tickMinStep=1))
    y = alt.Y("value:Q", title="log-likelihood per word (nats)", scale=alt.Scale(domain=[-7, 0], nice=False))
    shade = alt.StrokeDash("text:N", legend=None)
    rows, ends = alt.Chart(data("rows")), alt.Chart(data("ends"))
    labels = ends.mark_text(align="left", dx=8)
    return charts.finish(
        alt.layer(
            rows.mark_line(point={"size": 22}).encode(x, y, shade, alt.Detail("text:N"), colour("who")),
            labels.encode(x, alt.Y("place:Q"), text=alt.Text("text:N"), color=colour("who")),
        ),
        height=300,
    )


def likelihood(curves: Mapping[str, Sequence[float]]) -> Picture:
    """Return the translators' log-likelihood per word against the iteration of EM; curves: by translator."""
    roles = {name: "technique" if name.startswith("English") else "baseline" for name in curves}
    ends = [
        {"iteration": len(values) - 1, "value": values[-1] + 7, "who": roles[name], "text": name}
        for name, values in curves.items()
    ]
    apart = charts.keep_apart(ends, 7.0, 1.0)
    up = sum(end["value"] - end["end"] for end in apart) / len(apart)  # half of the labels go up, half go down
    return Picture(
        _likelihood(ends[-1]["iteration"]),
        {
            "rows": [
                {"iteration": i, "value": value, "who": roles[name], "text": name}
                for name, values in curves.items()
                for i, value in enumerate(values)
            ],
            "ends": [{**end, "place": end["value"] - 7 - up} for end in apart],
        },
        alt="The log-likelihood per word of four translators against the iteration of expectation maximization.",
        now=", ".join(f"{end['text']} ends at {signed(end['end'] - 7, 2)}" for end in apart) + ".",
    )


def likelihood_rows(curves: Mapping[str, Sequence[float]]) -> list[Row]:
    """Return the translators' log-likelihood per word at every iteration, to download."""
    return [
        {"translator": name, "iteration": i, "log_likelihood_per_word_nats": value}
        for name, values in curves.items()
        for i, value in enumerate(values)
    ]


# ------------------------------------------------------------------ the operations


@cache
def _operations(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the template; a loss is written so that it ends or begins at its dot, off the baseline's rule ("side")."""
    ends = [sent("low"), TOP]
    title, scale = "test loss (nats)", alt.Scale(domain=ends, nice=False, zero=False)
    bare = alt.Axis(grid=False, ticks=False, domain=False)
    x = alt.X("mean:Q", title=title, scale=scale)
    y = alt.Y("name:N", title=None, sort=list(names), scale=alt.Scale(domain=list(names)), axis=bare)
    low, high = alt.X("low:Q", title=title), alt.X2("high:Q")
    base, rows = alt.Chart(data("baseline")), alt.Chart(data("rows"))
    sides: Any = (("right", -3), ("left", 3))
    losses = [
        rows.transform_filter(f"datum.side == '{side}'").mark_text(align=side, dx=dx, dy=-11, fontSize=12)
        for side, dx in sides
    ]
    return charts.finish(
        alt.layer(
            _now(),
            base.mark_rect(opacity=0.14, clip=True).encode(low, high, color=GRAY),
            base.mark_rule(strokeDash=[5, 4], strokeWidth=1.75).encode(x, color=GRAY),
            rows.mark_rule(strokeWidth=2.25).encode(low, high, y, color=GREEN),
            rows.mark_circle(size=80, opacity=1).encode(x, y, color=GREEN),
            *(text.encode(x, y, text=alt.Text("text:N"), color=GREEN) for text in losses),
        ),
        height=300,
    )


def _now() -> Any:
    """Return a layer that keeps the dataset "now", which the axes read."""
    return alt.Chart(data("now")).mark_point(size=0, opacity=0, aria=False)


def operations(names: tuple[str, ...], loss: Sequence[Sequence[float]]) -> Picture:
    """Return the test loss of each operation, with its range, and that without augmentation, the first by seed."""
    off, *means = (average(values) for values in loss)
    seen = [value for values in loss for value in values if math.isfinite(value)]
    rows = [
        {"name": name, **band(values), "text": f"{mean:.3f}", "side": "left" if mean > off else "right"}
        for name, values, mean in zip(names, loss[1:], means, strict=True)
    ]
    return Picture(
        _operations(names),
        {
            "now": [{"low": math.floor(10 * min(seen)) / 10, "top": math.ceil(10 * max(seen)) / 10}],
            "rows": rows,
            "baseline": [band(loss[0])],
        },
        alt="The test loss of each operation, mean and range over the seeds, beside that without augmentation.",
        now="; ".join(f"{row['name']} {row['text']}" for row in rows) + f"; without {off:.3f}.",
    )


# ------------------------------------------------------------------ the sizes


@cache
def _sizes(values: tuple[int, ...]) -> dict[str, Any]:
    levels = even("n", values, "training rows n, before augmentation", margin=0.2)
    panel = levels.panel("test loss (nats)", (0, TOP), alone=True)
    area, line, _, left = levels.curve(panel, "rows", point={"size": 40})
    return charts.finish(alt.layer(_now(), area, line, left, *legend(panel)), height=300)


def sizes(values: tuple[int, ...], losses: Sequence[Sequence[Sequence[float]]]) -> Picture:
    """Return the test loss against the training rows; losses: without augmentation and with it, by size."""
    rows: list[Row] = [
        {"level": level, "who": who, **band(loss[k])}
        for k, who in enumerate(("baseline", "technique"))
        for level, loss in enumerate(losses)
    ]
    means = [(average(without), average(augmented)) for without, augmented in losses]
    return Picture(
        _sizes(values),
        {
            "now": [{"top": charts.ceiling([row["high"] or 0.0 for row in rows])}],
            "rows": rows,
            "legend": entries(("without", "baseline"), ("augmented", "technique")),
        },
        alt="The test loss against the number of training rows, with augmentation and without.",
        now="; ".join(f"n = {n}: {a:.3f} without, {b:.3f} with it" for n, (a, b) in zip(values, means, strict=True))
        + ".",
    )


def size_rows(operation: str, strengths: Sequence[float], runs: Mapping[int, TextRun]) -> list[Row]:
    """Return what every network came to, by its number of training rows, to download."""
    return [
        {"n_train": size, "operation": operation, **row}
        for size, run in runs.items()
        for row in effect.numbers(run, "strength", strengths, ("test_loss", "test_accuracy"))
    ]
