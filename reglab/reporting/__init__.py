"""What a person takes along: `Monitor` watches a run from within its training loop, `report` writes it as one file."""

from typing import TYPE_CHECKING

from reglab.on_demand import names_on_demand

if TYPE_CHECKING:
    from reglab.reporting.monitor import Monitor
    from reglab.reporting.write import report

__all__ = ["Monitor", "report"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_on_demand(__name__, ["monitor", "write"])
