"""The settings to try: where each comes from, at another strength, with what is typed over them, and in words."""

from __future__ import annotations

import html
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from pages.ui import controls, escape, own_run, run_facts
from pages.ui.layout import facts, settings_table

from reglab import guidelines, strategy
from reglab.settings import Settings

OPTIMIZERS = {"run": "As the run's", "adamw": "AdamW", "adam": "Adam", "sgd": "SGD"}
# Every field of Settings can be typed: up to these values, or up to 100.
HIGHEST = (
    {"learning_rate": 1.0, "patience": 1000.0}
    | dict.fromkeys(("dropout", "input_dropout", "drop_path_rate", "label_smoothing", "momentum"), 0.99)
    | dict.fromkeys(("augment", "switch_prob"), 1.0)
)
YES_NO = {"as above": None, "yes": True, "no": False}


def show(which: str, advice: strategy.Advice, current: Settings | None) -> Settings:
    """Show what is to be tried, each value with where it comes from; return its settings.

    current: what the run had, against which the advice is a change; None where nothing was told of it.
    """
    if which == "advice":
        if current is not None:
            sentences = [escape.as_markdown(run_facts.in_labels(change.sentence)) for change in advice.changes]
            facts("Against what the run had", sentences or ["Nothing changes: keep what the run had."])
        settings_table(
            [
                (
                    # A patience of as many evaluations as are made never stops: what it does is to keep the best.
                    "keep the best checkpoint" if field.name == "patience" else field.name,
                    "patience " * (field.name == "patience")
                    + written(field.name, getattr(advice.settings, field.name)),
                    advice.ranges.get(field.name),
                    [
                        (run_facts.in_labels(reason.sentence), reason.source)
                        for reason in advice.reasons
                        if reason.field == field.name
                    ],
                )
                for field in fields(Settings)
                if any(reason.field == field.name for reason in advice.reasons)
            ]
        )
        return advice.settings
    preset = guidelines.PRESETS[which]
    proved = (
        "Every row of it enters the proof below, on digits and a network of one residual block: "
        "both far smaller than what it was made for."
    )
    st.markdown(f"**Literature, not measured here.** {proved if which == 'image' else ''}")
    settings_table(
        [
            (row.what, row.value, None, [(f"Here: {row.field.replace('_', ' ')} {row.taken:g}.", row.source)])
            for row in preset.rows
        ]
    )
    return preset.settings


def show_guidelines(settings: Settings, advised: Settings, **run: Any) -> None:
    """Hold what is to be tried against the four guidelines; run: as `reglab.guidelines.check_guidelines` takes it."""
    st.header("Four guidelines, checked", anchor=False)
    body = "".join(
        f"<tr><td>{html.escape(check.guideline)}</td>"
        f'<td class="number"><b>{check.verdict}</b></td><td>{html.escape(check.sentence)}</td></tr>'
        for check in guidelines.check_guidelines(settings=settings, advised=advised, **run)
    )
    head = "<thead><tr><th>guideline</th><th>your run and these settings</th><th>the numbers</th></tr></thead>"
    st.html(f'<table class="settings-table">{head}<tbody>{body}</tbody></table>')


def at_strength(settings: Settings, factor: float) -> Settings:
    """Return the settings with every strength multiplied, within its limits."""
    given = {name: getattr(settings, name) for name in guidelines.LIGHT}
    return replace(settings, **{name: min(factor * value, HIGHEST.get(name, 100.0)) for name, value in given.items()})


def _limits(name: str) -> tuple[float, float, bool]:
    """Return from where to where a setting can be typed, and whether it is a whole number."""
    return 1e-6 if name == "learning_rate" else 0, HIGHEST.get(name, 100.0), name == "patience"


def _is_wrong(name: str) -> bool:
    """Tell whether a setting that was typed is none."""
    text = str(st.session_state.get(controls.key(f"set_{name}"), ""))
    low, top, whole = _limits(name)
    return bool(text.strip()) and bool(controls.wrong_number(name, text, low, top, None, whole=whole))


def typed(settings: Settings, trained_by: str) -> tuple[Settings, set[str], str]:
    """Offer every field; return the settings with what was typed, which fields that were, and the optimizer.

    trained_by: the run's optimizer.
    """
    given: dict[str, Any] = {}
    wrong = any(_is_wrong(field.name) for field in fields(Settings) if not isinstance(field.default, bool))
    label = "Change any setting: what is typed here replaces the value above"
    with own_run.section("settings", label, first=False, wrong=wrong):
        columns = st.columns(3)
        for number, field in enumerate(fields(Settings)):
            name, label = field.name, field.name.replace("_", " ")
            with columns[number % 3]:
                if isinstance(field.default, bool):
                    given[name] = YES_NO[controls.choice(f"set_{name}", label, list(YES_NO), "as above")]
                    continue
                hint = "In evaluations; 0 never stops." if name == "patience" else "Empty: as above."
                low, top, whole = _limits(name)
                given[name] = controls.number(
                    f"set_{name}", label, None, low, top, whole=whole, optional=True, help=hint
                )
        with columns[(len(given)) % 3]:
            optimizer = controls.choice("optimizer", "optimizer", OPTIMIZERS, "run", help="Momentum acts in SGD.")
    changed = {name: value for name, value in given.items() if value is not None}
    if changed.get("patience") == 0:
        changed["patience"] = None
    return replace(settings, **changed), set(changed), trained_by if optimizer == "run" else optimizer


def only_keeps(settings: Settings) -> bool:
    """Tell whether settings do nothing but stop early and keep the best checkpoint."""
    keeping = {
        name: getattr(settings, name) for name in ("patience", "min_delta", "restore_best_weights", "learning_rate")
    }
    return settings == Settings(**keeping)


def in_words(settings: Settings) -> str:
    """List what differs from the defaults."""
    off = vars(Settings())
    on = {name: value for name, value in vars(settings).items() if value != off[name]}
    listed = [f"{name.replace('_', ' ')} {written(name, value)}" for name, value in on.items()]
    return ", ".join(listed) or "nothing is on"


def written(name: str, value: Any) -> str:
    """Return a value of a setting as text."""
    if name == "patience" and value is not None:
        return f"{value} evaluations"
    return "never" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value).lower()
