"""The combined strategy's own pictures: test loss of every seed, an ablation, and a grid of two settings."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui.charts import colour, data, finish

PROVED = ("baseline", "best checkpoint", "settings")
ROLES = {"baseline": "gray", "best checkpoint": "blue", "settings": "green"}


@cache
def seeds_chart(y_max: float, y_title: str, y_min: float = 0.0, height: int = 220) -> dict[str, Any]:
    """Return the template; dataset "seeds": way, seed, value, and "means": way, value, text."""
    across = alt.X("way:N", sort=list(PROVED), title=None, axis=alt.Axis(labelAngle=0, labelLimit=160))
    up = alt.Y("value:Q", title=y_title, scale=alt.Scale(domain=[y_min, y_max], nice=False, zero=False))
    seeds = alt.Chart(data("seeds")).encode(x=across, y=up, detail=alt.Detail("seed:N"))
    threads = seeds.mark_line(strokeWidth=1, opacity=0.55, clip=True).encode(color=alt.ColorValue("gray"))
    points = seeds.mark_circle(size=38, opacity=0.9, clip=True).encode(
        color=colour("way", ROLES),
        tooltip=[alt.Tooltip("way:N"), alt.Tooltip("seed:N"), alt.Tooltip("value:Q", format=".3f")],
    )
    means = alt.Chart(data("means")).encode(x=across, y=up, color=colour("way", ROLES))
    rules = means.mark_tick(thickness=3, width=44)
    words = means.mark_text(fontWeight=600, baseline="bottom").encode(
        y=alt.YValue(-2), text=alt.Text("text:N")
    )  # above the marks
    return finish(alt.layer(threads, points, rules, words), height)


@cache
def grid_chart(first: str, second: str, height: int = 340) -> dict[str, Any]:
    """Return the heat map of two settings; dataset "cells": first, at, second, up, loss, rank, text, best."""
    cells = alt.Chart(data("cells")).encode(
        x=alt.X("first:O", title=first, sort=alt.EncodingSortField("at", "min"), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("second:O", title=second, sort=alt.EncodingSortField("up", "min", order="descending")),
    )
    tooltip = [
        alt.Tooltip("first:O", title=first),
        alt.Tooltip("second:O", title=second),
        alt.Tooltip("text:N", title="validation loss"),
    ]
    shade = alt.Color("rank:Q", scale=alt.Scale(scheme="viridis", reverse=True, domain=[0, 1]), legend=None)
    tiles = cells.mark_rect(cornerRadius=3, stroke=None).encode(
        color=alt.condition("datum.rank === null", alt.value("lightgray"), shade), tooltip=tooltip
    )
    frame = cells.transform_filter("datum.best").mark_rect(
        filled=False, strokeWidth=4, cornerRadius=3, stroke="red", strokeOpacity=1
    )
    dark = "datum.rank !== null && datum.rank > 0.45"  # the best cell is the brightest
    words = cells.mark_text(fontSize=12).encode(
        text=alt.Text("text:N"), color=alt.condition(dark, alt.value("white"), alt.value("black")), tooltip=tooltip
    )
    return finish(alt.layer(tiles, frame, words), height)
