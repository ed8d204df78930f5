"""A training curve that a person pastes or uploads, short enough for a link. Plain functions."""

from __future__ import annotations

import math

from reglab import curves

MAX_ROWS = 60  # kept for the link: the lowest validation loss and the last row always are
COLUMNS = ("step", "train_loss", "val_loss")

Curve = dict[str, list[float]]


def read(source: str | bytes) -> Curve:
    """Return a curve from CSV or JSON, its columns told by their names; raise ValueError with one sentence.

    >>> read("epoch,loss,val_loss\\n1,0.9,1.0\\n2,0.5,0.7\\n3,0.3,0.8")
    {'step': [1, 2, 3], 'train_loss': [0.9, 0.5, 0.3], 'val_loss': [1.0, 0.7, 0.8]}
    """
    log = curves.read_curve(source)
    return curves.curve_from(log.columns, log.roles)


def thin(curve: Curve, rows: int = MAX_ROWS) -> Curve:
    """Return at most so many rows, evenly spread, with the lowest validation loss and the last row among them."""
    n = len(curve["step"])
    if n <= rows:
        return curve
    lowest = min(range(n), key=lambda i: curve["val_loss"][i] if math.isfinite(curve["val_loss"][i]) else math.inf)
    keep = sorted({round(i * (n - 1) / (rows - 2)) for i in range(rows - 1)} | {lowest, n - 1})
    return {name: [column[i] for i in keep] for name, column in curve.items()}


def as_csv(curve: Curve) -> str:
    """Return the curve as short CSV."""
    lines = [
        ",".join(f"{value:.5g}" if name != "step" else f"{value:g}" for name, value in zip(COLUMNS, row, strict=True))
        for row in zip(*(curve[name] for name in COLUMNS), strict=True)
    ]
    return "\n".join([",".join(COLUMNS), *lines])
