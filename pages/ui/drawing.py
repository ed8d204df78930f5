"""A picture, and the frame on a page that it is drawn into: once, or as often as a training changes it.

A picture is made by a plain function in `pages/pictures` from what was computed: its template, the rows that fill it,
and what it says to those who do not see it. The page gives it a frame:

    Frame("path", "The ridge path", "diabetes, ten measures").draw(pictures.ridge_path(ridge), strength)

The frame's name is typed once: the picture's key, its height and what a click sets follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pyarrow as pa
import streamlit as st

from pages.ui import charts, controls
from pages.ui.levels import Levels
from pages.ui.scrub import pinning

SCRUB = "hover to scrub, click to keep"
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Picture:
    """What is drawn, and what it says.

    template: built once, over named datasets. rows: each dataset's; the frame adds "now", the level that the control
    holds. alt: what the picture is, the same at any time. now: what it shows now, or that for every level. levels: of
    the control that the picture is over. top: an end of its axes, where that follows the data (`levels.TOP`). beside:
    what else the row of "now" holds for the template's expressions, by name, such as another end.
    """

    template: Mapping[str, Any]
    rows: Mapping[str, charts.Rows | pa.Table]
    alt: str
    now: str | Sequence[str] = ""
    levels: Levels | None = None
    top: float | None = None
    beside: Mapping[str, float | str] = field(default_factory=dict)

    def at(self, value: Any) -> tuple[dict[str, charts.Rows | pa.Table], str]:
        """Return the rows and the words at a value of the control.

        >>> from pages.ui.levels import even
        >>> p = Picture({}, {}, "Loss against rate.", ["loss 1", "loss 2"], even("rate", (0.0, 0.5), "rate"), top=3.0)
        >>> p.at(0.5)
        ({'now': [{'level': 1, 'top': 3.0}]}, 'loss 2')
        """
        level = 0 if self.levels is None or value is None else self.levels.of(value)
        words = self.now if isinstance(self.now, str) else self.now[level]
        if self.levels is None:
            return dict(self.rows), words
        top = {} if self.top is None else {"top": self.top}
        return {"now": [{"level": level, **top, **self.beside}], **self.rows}, words


class Frame:
    """The place of one picture on a page: its title, a place for the progress of what it waits for, and the picture.

    name: once on a page, of its key. note: beside the title, with the hint of what the pointer does; without a hint a
    click sets nothing. panels: how many stand side by side, which sets the height; a single one has its template's.
    """

    def __init__(
        self, name: str, title: str = "", note: str = "", *, hint: str = SCRUB, panels: int = 2, place: Any = None
    ) -> None:
        area = place or st.container()
        self.name, self.panels, self.click = f"picture_{name}{'_three' if panels == 3 else ''}", panels, bool(hint)
        if title:
            charts.title(title, note, area, hint=hint)
        self.bar = area.empty()
        self.spot = charts.spot(
            area.container(key=f"panels_{controls.key(self.name)}", gap=None) if panels > 1 else area
        )

    def draw(self, picture: Picture, value: Any = None, *, live: bool = False) -> None:
        """Draw the picture at the value of its control; a live one, which a training will replace, takes no click."""
        rows, words = picture.at(value)
        options: dict[str, Any] = {"height": "stretch"} if self.panels > 1 else {}
        if not live:  # a key may be given once in a run of the script
            options["key"] = controls.key(self.name)
            if self.click and picture.levels:
                options |= pinning(picture.levels.control, picture.levels.values, self.name)
        charts.show(picture.template, rows, place=self.spot, alt_text=picture.alt, now=words, **options)

    def follow(self, train: Callable[..., R], picture: Callable[[R, bool], Picture | None], value: Any = None) -> R:
        """Draw a training while it goes on and once it is done; return what it comes to.

        train: is given `on_partial` and `place`, as `Study.train` and `runs.compute` take them. picture: makes the
        picture of what there is, told whether it is live; None where there is nothing to draw yet. value: of the
        picture's control.
        """

        def draw(part: R, live: bool = True) -> None:
            drawn = picture(part, live)
            if drawn is not None:
                self.draw(drawn, value, live=live)

        whole = train(on_partial=draw, place=self.bar)
        draw(whole, live=False)
        return whole
