"""A picture: its template, the rows that fill it, what it says, and what a click in it sets; drawn by one call.

A picture is made by a plain function in `pages/pictures`, from what was computed. The page gives it a frame, and the
frame draws it as often as it changes: while a training goes on, and once more at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.ui import charts, controls
from pages.ui.scrub import pinning

from reglab.engine.run import Run


@dataclass(frozen=True)
class Picture:
    """What is drawn, and what it says.

    template: built once, over named datasets. rows: each dataset's. alt: what the picture is, the same at any time.
    now: what it shows now, for those who do not see it. click: the control that a click sets, and its value at each
    level. table: what was measured, as rows to download; or what returns them.
    """

    template: Mapping[str, Any]
    rows: Mapping[str, charts.Rows]
    alt: str
    now: str = ""
    click: tuple[str, Sequence[float]] | None = None
    table: charts.Rows | Callable[[], charts.Rows] = field(default=(), repr=False)


class Frame:
    """The place of one picture on a page, with its title and a place for the progress of what it waits for.

    name: of its key, once on a page. panels: how many stand side by side, which sets the height; 1 has its template's.
    """

    def __init__(self, name: str, title: str = "", note: str = "", *, panels: int = 2, place: Any = None) -> None:
        area = place or st.container()
        self.key = controls.key(f"picture_{name}{'_three' if panels == 3 else ''}")
        self.panels, self.name = panels, self.key.removeprefix(controls.key(""))
        if title:
            charts.title(title, note, area)
        self.bar = area.empty()
        self.spot = charts.spot(area.container(key=f"panels_{self.key}", gap=None) if panels > 1 else area)

    def draw(self, picture: Picture, live: bool = False) -> Picture:
        """Draw the picture; a live one, which a training will replace, takes no click."""
        options: dict[str, Any] = {"height": "stretch"} if self.panels > 1 else {}
        if not live:  # a key may be given once in a run of the script
            options["key"] = self.key
            if picture.click:
                control, values = picture.click
                options |= pinning(control, values, self.name)
        charts.show(
            picture.template, picture.rows, place=self.spot, alt_text=picture.alt, now=picture.now, **options
        )
        return picture

    def watch(self, train: Callable[..., Run], picture_of: Callable[[Run], Picture]) -> tuple[Run, Picture]:
        """Train, drawing what there is so far, and draw the end; return the run and its picture.

        train: is called with `on_partial` and `place`, as `Study.train` and `Study.compute` take them.
        """
        run = train(on_partial=lambda partial: self.draw(picture_of(partial), live=True), place=self.bar)
        return run, self.draw(picture_of(run))
