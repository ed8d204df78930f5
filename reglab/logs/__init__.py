"""Training logs, whatever wrote them: `read_log` finds the runs and their columns, `Log.curve` makes a curve of one."""

from typing import TYPE_CHECKING

from reglab.on_demand import names_on_demand

if TYPE_CHECKING:
    from reglab.logs.assemble import curve_from
    from reglab.logs.curve import MEANING, ROLES, UNITS, Curve, CurveError, done
    from reglab.logs.read import Log, Run, read_log

__all__ = ["MEANING", "ROLES", "UNITS", "Curve", "CurveError", "Log", "Run", "curve_from", "done", "read_log"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_on_demand(__name__, ["assemble", "curve", "read"])
