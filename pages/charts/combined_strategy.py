"""The combined strategy's own picture: the test loss of every seed, without and with the advice."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import colour, data, finish

WAYS = ("baseline", "early stopping", "advice")
ROLES = {"baseline": "gray", "early stopping": "blue", "advice": "green"}


@cache
def seeds_chart(y_max: float, y_title: str, height: int = 220) -> dict[str, Any]:
    """Return the template; dataset "seeds": way, seed, value, and "means": way, value, text."""
    across = alt.X("way:N", sort=list(WAYS), title=None, axis=alt.Axis(labelAngle=0, labelLimit=160))
    up = alt.Y("value:Q", title=y_title, scale=alt.Scale(domain=[0, y_max], nice=False))
    seeds = alt.Chart(data("seeds")).encode(x=across, y=up, detail="seed:N")
    threads = seeds.mark_line(strokeWidth=1, opacity=0.55, clip=True).encode(color=alt.value("gray"))
    points = seeds.mark_circle(size=38, opacity=0.9, clip=True).encode(
        color=colour("way", ROLES), tooltip=["way:N", "seed:N", alt.Tooltip("value:Q", format=".3f")]
    )
    means = alt.Chart(data("means")).encode(x=across, y=up, color=colour("way", ROLES))
    rules = means.mark_tick(thickness=3, width=44)
    words = means.mark_text(fontWeight=600, baseline="top").encode(y=alt.value(0), text="text:N")
    return finish(alt.layer(threads, points, rules, words), height)


@cache
def grid_chart(first: str, second: str, height: int = 280) -> dict[str, Any]:
    """Return the heat map of two settings; dataset "cells": first, second, loss, text, best."""
    cells = alt.Chart(data("cells")).encode(
        x=alt.X("first:O", title=first, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("second:O", title=second, sort="descending"),
    )
    tiles = cells.mark_rect(cornerRadius=3, stroke=None).encode(
        color=alt.Color("rank:Q", scale=alt.Scale(scheme="viridis", reverse=True, domain=[0, 1]), legend=None),
        tooltip=["first:O", "second:O", alt.Tooltip("loss:Q", format=".3f", title="validation loss")],
    )
    words = cells.mark_text(fontSize=12).encode(
        text="text:N", color=alt.condition("datum.rank < 0.55", alt.value("white"), alt.value("black"))
    )
    return finish(alt.layer(tiles, words), height)
