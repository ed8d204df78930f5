"""A curve of one's own, by the names that the pages use: `reglab.logs` reads it."""

from __future__ import annotations

from reglab.logs.assemble import curve_from
from reglab.logs.curve import MEANING, ROLES, UNITS, Curve, CurveError, done
from reglab.logs.raw import MAX_COLUMNS
from reglab.logs.read import Log
from reglab.logs.read import read_log as read_curve
from reglab.logs.runs import MAX_ROWS
from reglab.logs.sources import MAX_BYTES

__all__ = [
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "MEANING",
    "ROLES",
    "UNITS",
    "Curve",
    "CurveError",
    "Log",
    "curve_from",
    "done",
    "read_curve",
]
