"""The advisor: from one unregularized run to a diagnosis and settings for the next run.

`recommend` always answers. From the size and the last two losses alone it guesses *when* the run was at its best; with
the curve it sees it, and advises better. How much better is measured: ``python -m reglab.benchmark evidence``.

It says what it read, and asks for what it needs: a number that would rest on something untold is left out.
"""

from typing import TYPE_CHECKING

from reglab.on_demand import names_on_demand

if TYPE_CHECKING:
    from reglab.strategy.advice import (
        ARCHITECTURES,
        FITTED,
        MEASURED_ROWS,
        PATIENCE,
        PRETRAINED,
        TASKS,
        Advice,
        Change,
        Fitted,
        Reason,
        recommend,
    )
    from reglab.strategy.changes import coupled_decay
    from reglab.strategy.diagnosis import DIAGNOSES, OVERFIT, Diagnosis, diagnose
    from reglab.strategy.literature import (
        JUDGEMENT,
        MEASURED,
        MIXUP,
        NANOGPT,
        NOT_AT_THIS_SIZE,
        NOT_ON_TEXT,
        PLAYBOOK,
        RECIPES,
        SMOOTHING,
        Recipe,
    )
    from reglab.strategy.log import NEAR
    from reglab.strategy.noise import shares_right, standard_error
    from reglab.strategy.reading import USUAL_BATCH, USUAL_STEPS, curve_of
    from reglab.strategy.scale import entropy_of, is_error_rate

__all__ = [
    "ARCHITECTURES",
    "DIAGNOSES",
    "FITTED",
    "JUDGEMENT",
    "MEASURED",
    "MEASURED_ROWS",
    "MIXUP",
    "NANOGPT",
    "NEAR",
    "NOT_AT_THIS_SIZE",
    "NOT_ON_TEXT",
    "OVERFIT",
    "PATIENCE",
    "PLAYBOOK",
    "PRETRAINED",
    "RECIPES",
    "SMOOTHING",
    "TASKS",
    "USUAL_BATCH",
    "USUAL_STEPS",
    "Advice",
    "Change",
    "Diagnosis",
    "Fitted",
    "Reason",
    "Recipe",
    "coupled_decay",
    "curve_of",
    "diagnose",
    "entropy_of",
    "is_error_rate",
    "recommend",
    "shares_right",
    "standard_error",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_on_demand(
        __name__, ["advice", "changes", "diagnosis", "literature", "log", "noise", "reading", "scale"]
    )
