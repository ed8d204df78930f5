"""Series of points in JSON and in data: CatBoost's, TensorBoard's, lines of charts, and pairs of step and value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reglab.logs.names import meaning_of
from reglab.logs.raw import RawRun, from_cells, from_rows, is_number, number

__all__ = ["catboost", "graphs", "numbers_in", "points", "tensorboard", "traces"]


ACROSS = ("x", "steps", "step", "iterations", "epochs", "epoch")
UP = ("y", "values", "value")
MAX_GRAPHS = 5_000  # mappings in which graphs are looked for


def numbers_in(value: Any) -> list[Any] | None:
    """Return a list of numbers, which pandas also writes as a mapping of row numbers; None if it is none."""
    if isinstance(value, Mapping):
        if not value or not all(isinstance(key, (int, np.integer)) or str(key).isdigit() for key in value):
            return None
        value = list(value.values())
    elif hasattr(value, "tolist") and getattr(value, "ndim", 1) == 1:
        value = value.tolist()
    elif isinstance(value, tuple):
        value = list(value)
    if not isinstance(value, list) or not value or any(isinstance(cell, (Mapping, list)) for cell in value):
        return None
    return value


def catboost(data: Any) -> list[RawRun]:
    """Return the run in CatBoost's catboost_training.json, whose values stand in lists that a header names."""
    if not (isinstance(data, Mapping) and isinstance(data.get("iterations"), list) and "meta" in data):
        return []
    meta = data["meta"] if isinstance(data["meta"], Mapping) else {}
    rows = []
    for row in data["iterations"]:
        if not isinstance(row, Mapping):
            continue
        flat: dict[str, Any] = {"round": row.get("iteration")}
        for split in ("learn", "test"):
            metrics, values = meta.get(f"{split}_metrics"), row.get(split)
            metrics = metrics if isinstance(metrics, list) else []
            for at, value in enumerate(values if isinstance(values, list) else []):
                metric = metrics[at] if at < len(metrics) and isinstance(metrics[at], Mapping) else {}
                name = f"{split} {metric.get('name') or at}"
                if not meaning_of(name).kind:  # such as PRAUC, which is to rise, and MultiClass, which is to fall
                    name += {"Max": " score", "Min": " loss"}.get(str(metric.get("best_value")), "")
                flat[name] = value
        rows.append(flat)
    return from_rows(rows, notes=("Read as CatBoost's JSON, one row per round.",)) if rows else []


def traces(data: Any) -> list[RawRun]:
    """Return the run in lines of a chart, each with a name and its x and y, as Plotly and ClearML save them."""
    if isinstance(data, Mapping):
        data = data.get("data", data.get("traces"))
    if not isinstance(data, list) or not data or not all(isinstance(trace, Mapping) for trace in data):
        return []
    lines: dict[str, dict[float, Any]] = {}
    for at, trace in enumerate(data[:100], start=1):
        x, y = numbers_in(trace.get("x")), numbers_in(trace.get("y"))
        if x is None or y is None or len(x) != len(y) or not all(map(is_number, x)):
            return []
        lines[str(trace.get("name") or f"line {at}")] = dict(zip(map(number, x), y, strict=True))
    cells = _at_every_step(lines)
    unit = None if any((np.diff(cells["step"]) != 1).tolist()) else "row"
    return from_cells(cells, notes=("Read as JSON, a line of a chart each.",), unit=unit)


def graphs(data: Any) -> list[RawRun]:
    """Return the run in mappings that lie in others, each with its x and y, as ClearML and Sacred give them."""
    lines: dict[str, dict[float, Any]] = {}
    counted: set[str] = set()
    level = {"": data}
    for _ in range(4):
        below: dict[str, Any] = {}
        for name, node in level.items():
            if not isinstance(node, Mapping) or len(below) > MAX_GRAPHS:
                continue
            across, up = (next((key for key in keys if key in node), "") for keys in (ACROSS, UP))
            x, y = numbers_in(node.get(across)), numbers_in(node.get(up))
            if x is None or y is None or len(x) != len(y) or not all(map(is_number, x)):
                below |= {f"{name}/{key}".lstrip("/"): inner for key, inner in list(node.items())[:200]}
            elif name:
                lines[name] = dict(zip(map(number, x), y, strict=True))
                counted.add(across)
        level = below
    if len(lines) < 2:
        return []
    cells = _at_every_step(lines)
    if counted <= {"epochs", "epoch"}:
        cells = {"epoch" if name == "step" else name: column for name, column in cells.items()}
    said = "x and y of a graph each" if counted == {"x"} else f"{min(counted)!r} beside the values of each"
    return from_cells(cells, notes=(f"Read as JSON, {said}.",))


def points(data: Any) -> list[RawRun]:
    """Return the run in series of points, each a step and a value: [[0, 2.3], [100, 1.9]], or with these names."""
    if not isinstance(data, Mapping):
        return []
    lines: dict[str, dict[float, Any]] = {}
    for name, held in list(data.items())[:200]:
        if not (isinstance(held, list) and len(held) > 1 and meaning_of(str(name)).kind):
            continue
        if all(isinstance(point, Mapping) and {"step", "value"} <= point.keys() for point in held):
            held = [[point["step"], point["value"]] for point in held]
        if all(isinstance(point, list) and len(point) == 2 and is_number(point[0]) for point in held):
            line = {number(step): value for step, value in held}
            if list(line) == sorted(line) and len(line) == len(held):
                lines[str(name)] = line
    if not lines:
        return []
    return from_cells(_at_every_step(lines), notes=("Read as JSON, a step and a value each.",))


def tensorboard(data: Any) -> list[RawRun]:
    """Return TensorBoard's JSON of one tag: rows of wall time, step and value."""
    if not (isinstance(data, list) and data and all(isinstance(row, list) and len(row) == 3 for row in data)):
        return []
    if not all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for row in data for cell in row):
        return []
    if not all(row[0] > 1e9 for row in data):
        return []
    columns = {
        "step": np.array([number(row[1]) for row in data], float),
        "value": np.array([number(row[2]) for row in data], float),
    }
    return [RawRun(columns, ("Read as TensorBoard's JSON of one tag.",), single="TensorBoard's download of one tag")]


def _at_every_step(lines: Mapping[str, Mapping[float, Any]]) -> dict[str, list[Any]]:
    """Return columns of series at the steps that any of them has."""
    steps = sorted({step for line in lines.values() for step in line})
    return {"step": list(steps)} | {name: [line.get(step) for step in steps] for name, line in lines.items()}
