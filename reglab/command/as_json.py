"""The answer as one JSON object, by `schema.json` beside this file; what cannot be told is null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from reglab.logs import ROLES, Curve
from reglab.reporting.parts import Code
from reglab.reporting.runs_compared import HARMED, HELPED, RunsCompared
from reglab.settings import Settings
from reglab.strategy import Advice

__all__ = ["VERSION", "as_json"]

VERSION = 1  # of the schema: it rises where a name is taken away or changes its meaning


def as_json(
    advice: Advice,
    curve: Curve,
    code: Code | None,
    *,
    sources: Sequence[str],
    runs: Sequence[str],
    run: str,
    compared: RunsCompared | None = None,
) -> str:
    """Return the answer as JSON, on one line for each of its parts."""
    settings = {}
    for name in (field.name for field in fields(Settings)):
        reasons = [r for r in advice.reasons if r.field == name]
        if reasons or name in advice.ranges:
            low, high = advice.ranges.get(name, (None, None))
            settings[name] = {
                "value": getattr(advice.settings, name),
                "low": low,
                "high": high,
                "reasons": [{"sentence": reason.sentence, "source": reason.source} for reason in reasons],
            }
    answer = {
        "schema": VERSION,
        "read": {
            "sources": list(sources),
            "runs": list(runs),
            "run": run,
            "unit": curve.unit,
            "rows": len(curve["step"]),
            "notes": list(curve.notes),
        },
        "curve": {role: curve[role] for role in ROLES if role in curve},
        "comparison": None
        if compared is None
        else {
            "helped": {HELPED: "yes", HARMED: "no", "": None}.get(compared.answer, "unclear"),
            "sentence": str(compared),
            "lowest": [{"run": name, "val_loss": value} for name, value in compared.lowest.items()],
        },
        "diagnosis": {
            "name": advice.diagnosis,
            "confidence": advice.confidence,
            "why": list(advice.why),
            "unchecked": list(advice.unchecked),
            "best_step": advice.best_step,
            "steps": advice.steps,
        },
        "settings": settings,
        "changes": [asdict(change) for change in advice.changes],
        "next_steps": list(advice.next_steps),
        "code": None if code is None else {"framework": code.framework, "text": code.text, "notes": list(code.notes)},
    }
    return json.dumps(_finite(answer), indent=2, allow_nan=False, ensure_ascii=True)


def _finite(value: Any) -> Any:
    """Return data with null for numbers that are not finite, which JSON does not have."""
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
