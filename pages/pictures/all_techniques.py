"""The picture of all techniques side by side: what each does to the test loss, by seed, and what a step costs."""

import math
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, words
from pages.ui.charts import colour, data
from pages.ui.drawing import Picture
from pages.ui.levels import Row
from pages.ui.seeds import counted

from reglab.experiments import SideBySide

NAMED = {
    "none": "none",
    "augment": "augmentation",
    "mixup_alpha": "mixup",
    "cutmix_alpha": "CutMix",
    "label_smoothing": "label smoothing",
    "dropout": "dropout",
    "clip_norm": "clipping",
    "weight_decay": "weight decay",
    "l1": "L1",
    "patience": "early stopping",
    "all": "all that help",
    "combined": "a few combined",
}
ORDERS = {"loss": "test loss", "step": "training step"}
ROLE = {"better": "technique", "worse": "mistake", "none": "baseline"}
LINE = 30  # pixels of a row
NAMES = 132  # pixels for the names on the left
WIDE = 520  # pixels from which there is room for whole words


@cache
def _gains(count: int) -> dict[str, Any]:
    room = f"(width > {WIDE} ? 176 : 116)"
    ends = [alt.ExprRef("data('zero')[0].low"), alt.ExprRef("data('zero')[0].high")]
    across = alt.Scale(domain=ends, nice=False, zero=False, range=[NAMES, {"expr": f"width - {room}"}])
    x = alt.X("value:Q", title="change of the test loss against none", scale=across, axis=alt.Axis(tickCount=5))
    up = alt.Scale(domain=[count - 0.5, -0.5], nice=False, zero=False)
    y = alt.Y("row:Q", title=None, scale=up, axis=None)
    ways, seeds = alt.Chart(data("ways")), alt.Chart(data("seeds"))
    written = [ways.mark_text(align="left").encode(alt.XValue(0), y, alt.Text("text:N"), color=colour("who"))] + [
        ways.mark_text(align="right", fontWeight=600 if bold else "normal").encode(
            alt.XValue(alt.ExprRef(f"width - {offset}")), y, alt.Text(f"{field}:N"), color=colour("who")
        )
        for field, offset, bold in (("loss", f"(width > {WIDE} ? 92 : 66)", True), ("time", "0", False))
    ]
    return charts.finish(
        alt.layer(
            alt.Chart(data("zero")).mark_rule(strokeWidth=1.5).encode(x, color=alt.ColorValue("gray")),
            ways.mark_rule(strokeWidth=6, opacity=0.35).encode(
                alt.X("low:Q", scale=across), y, alt.X2("high"), color=colour("who")
            ),
            seeds.mark_circle(size=22, opacity=0.7, clip=True).encode(x, y, color=colour("who")),
            ways.mark_tick(thickness=3, height=16).encode(x, y, color=colour("who")),
            *written,
        ),
        LINE * count,
    )


def strength_of(result: SideBySide, name: str) -> str:
    """Return a technique with its strength, in words."""
    strength = getattr(result.settings[result.names.index(name)], name, None)
    return NAMED[name] if strength is None else f"{NAMED[name]} {strength:g}"


def gains(result: SideBySide, order: str, guess: float, live: bool = False) -> Picture:
    """Return what each does to the test loss, paired by seed, and what a step of it takes.

    order: among `ORDERS`. guess: the loss of a constant guess: what is no better than that is not drawn as better.
    live: more is to come, so no difference is judged yet.
    """
    none, ways = result.test_loss[0].tolist(), []
    for name, losses, ratio in zip(result.names[1:], result.test_loss[1:].tolist(), result.time[1:], strict=True):
        apart = [b - a for a, b in zip(none, losses, strict=True) if math.isfinite(a) and math.isfinite(b)]
        loss = [value for value in losses if math.isfinite(value)]
        judged = words.compare(none, losses, guess=guess) if not live else None
        half = judged.half_width if judged and math.isfinite(judged.half_width) else 0.0
        mean = sum(apart) / len(apart) if apart else None
        ways.append(
            {
                "text": strength_of(result, name),
                "value": mean,
                "low": None if mean is None else mean - half,
                "high": None if mean is None else mean + half,
                "who": ROLE[judged.verdict] if judged else "baseline",
                "loss": f"{sum(loss) / len(loss):.3f}{'' if live else counted(losses)}"
                if loss
                else "diverged"
                if not live
                else "…",
                "time": f"×{ratio:.1f} time" if math.isfinite(ratio) else "",
                "apart": apart,
            }
        )
    if order == "loss" and not live:
        ways.sort(key=lambda way: math.inf if way["value"] is None else way["value"])
    return _picture(ways, live, 2 * (live and "all" not in result.names))


def _picture(ways: list[Row], live: bool, more: int) -> Picture:
    """Return the picture of the ways, with room for as many more as are to come."""
    seeds = [
        {"row": row, "value": value, "who": way["who"]} for row, way in enumerate(ways) for value in way.pop("apart")
    ]
    drawn = [each for way in ways for each in (way["low"], way["high"]) if each is not None]
    drawn += [row["value"] for row in seeds]
    low, high = min([0.0, *drawn]), max([0.0, *drawn])
    margin = 0.04 * (high - low) or 0.1
    said = "; ".join(f"{way['text']} {words.change(way['value'])}" for way in ways if way["value"] is not None)
    return Picture(
        _gains(len(ways) + more),
        {
            "ways": [{"row": row, **way} for row, way in enumerate(ways)],
            "seeds": seeds or [{"row": 0, "value": None, "who": "baseline"}],
            "zero": [{"value": 0.0, "low": low - margin, "high": high + margin}],
        },
        alt="How each technique, at the strength that validation chooses, changes the test loss: mean, 95 % interval "
        "and every seed; beside it the test loss, and the time of a step over one without any technique.",
        now=f"Change of the test loss: {said}." if said and not live else "Training.",
    )
