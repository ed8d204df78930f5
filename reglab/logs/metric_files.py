"""Files of one metric, of which two or more make a log: TensorBoard's download of a tag, MLflow's file store."""

from __future__ import annotations

import re

import numpy as np

from reglab.logs.raw import Piece, RawRun, number

__all__ = ["read"]

TENSORBOARD = re.compile(r"\s*\"?Wall time\"?,\"?Step\"?,\"?Value\"?\s*", re.I)
MLFLOW = re.compile(r"(\d{13}) (\S+) (\d+)\s*")


def read(piece: Piece) -> list[RawRun]:
    """Return the metric in a file, its name taken from the file's."""
    lines = [line for line in piece.text.split("\n") if line.strip()]
    if len(lines) > 1 and TENSORBOARD.fullmatch(lines[0]):
        return _tensorboard(lines[1:])
    rows = [MLFLOW.fullmatch(line) for line in lines]
    if lines and sum(row is not None for row in rows) >= max(1, 0.9 * len(lines)):
        return _mlflow([row for row in rows if row is not None], len(lines))
    return []


def _tensorboard(lines: list[str]) -> list[RawRun]:
    steps, values = [], []
    for line in lines:
        cells = line.split(",")
        try:
            step, value = float(cells[1]), number(cells[2])
        except (ValueError, IndexError):
            continue
        steps.append(step)
        values.append(value)
    if not steps:
        return []
    columns = {"step": np.array(steps), "value": np.array(values)}
    notes = ["Read as TensorBoard's download of one tag."]
    if len(steps) < len(lines):
        notes.append(f"Left out {len(lines) - len(steps)} of {len(lines)} lines, which hold no value.")
    return [RawRun(columns, tuple(notes), single="TensorBoard's download of one tag")]


def _mlflow(rows: list[re.Match[str]], lines: int) -> list[RawRun]:
    steps, values = [], []
    for row in rows:
        try:
            values.append(number(row[2]))
        except ValueError:
            continue
        steps.append(float(row[3]))
    if not steps:
        return []
    notes = ["Read as MLflow's file of one metric."]
    if len(steps) < lines:
        notes.append(f"Left out {lines - len(steps)} of {lines} lines, which hold no value.")
    columns = {"step": np.array(steps), "value": np.array(values)}
    return [RawRun(columns, tuple(notes), single="MLflow's file of one metric")]
