"""Settings as framework code: the same training in PyTorch, Keras or scikit-learn, with the conventions converted."""

from typing import TYPE_CHECKING

from reglab.on_demand import names_on_demand

if TYPE_CHECKING:
    from reglab.export.writer import (
        FRAMEWORKS,
        TASKS,
        code_of_run,
        text_to_code,
        to_code,
        to_gap_code,
        to_lasso_code,
        to_lines,
    )

__all__ = ["FRAMEWORKS", "TASKS", "code_of_run", "text_to_code", "to_code", "to_gap_code", "to_lasso_code", "to_lines"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_on_demand(__name__, ["writer"])
