"""The command line: ``reglab diagnose FILE...``, or ``python -m reglab diagnose FILE...``."""

from typing import TYPE_CHECKING

from reglab.on_demand import names_on_demand

if TYPE_CHECKING:
    from reglab.command.diagnose import main

__all__ = ["main"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_on_demand(__name__, ["diagnose"])
