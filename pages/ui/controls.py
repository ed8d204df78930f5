"""Widgets, the address bar and values: what a person sets is in the URL, and what the URL holds is checked.

Keys are `<page>_<name>`. Streamlit's own binding keeps a widget and the URL in step, but drops a bad value without a
word and accepts one off the step. So the first run of a page reads the raw values before the widgets are made, says in
one sentence what it refused, and every control hands back a value that is on its step.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

_PAGE = "reglab:page"
_DEFAULTS = "reglab:defaults"
_REFUSED = "reglab:refused"
_NOTE = "reglab:note"
_OFF_STEP = "reglab:off_step"
_ASKED = "reglab:asked"  # values of the lesson that the link names, until their controls are drawn
_SET = "reglab:set"  # parameter -> (its new value, the one before, when), from `set_values`
_LIT, _LIT_BEFORE, _CLICKED = "reglab:lit", "reglab:lit_before", "reglab:lesson_clicked"
IN_FLIGHT = 1.0  # seconds in which the browser may still send the value from before
_LABELS: dict[str, dict[str, str]] = {}  # query parameter of a choice -> {label as the URL writes it: value}


def begin(page: str) -> None:
    """Start a run of a page; `layout.open_page` does it."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state[_REFUSED] = {}
        st.session_state[_SET] = {}
        st.session_state[_ASKED] = {}
        for name in (_LIT, _LIT_BEFORE, _CLICKED):
            st.session_state.pop(name, None)
    st.session_state[_DEFAULTS] = {}
    for parameter in list(st.session_state[_SET]):
        _keep_set(parameter)


def show_refusals() -> None:
    """Leave a place below the header for the sentence about refused values."""
    st.session_state[_NOTE] = st.empty()
    _draw_refusals()


def defaults() -> dict[str, str]:
    """Return the default of every control of this run as the URL would write it."""
    return dict(st.session_state.get(_DEFAULTS, {}))


def key(name: str) -> str:
    """Return the widget key, which is also the query parameter, of a control of this page."""
    return f"{st.session_state[_PAGE]}_{name}"


def slider(
    name: str,
    label: str,
    low: float,
    high: float,
    default: float,
    step: float,
    *,
    help: str | None = None,
    format: str | None = None,
) -> float:
    """Return a number between low and high; a whole number if low, high, default and step are."""
    kind = int if all(isinstance(v, int) for v in (low, high, default, step)) else float
    lowest, highest, first, width = kind(low), kind(high), kind(default), kind(step)

    def check(text: str) -> str | None:
        return wrong_number(label, text, lowest, highest, first)

    _admit(name, label, _text(first), check)
    _take_snapped(name)
    value = st.slider(
        label, lowest, highest, first, width, key=key(name), help=help, format=format, bind="query-params"
    )
    return _snapped(name, value, snap(value, lowest, highest, width))


def scale(name: str, label: str, values: Sequence[float], default: float, *, help: str | None = None) -> float:
    """Return one of the values, which rise, evenly or not; a link's value between two takes the nearer."""
    options = list(values)
    low, high = options[0], options[-1]
    raw = None if key(name) in st.session_state else st.query_params.get(key(name))
    _admit(name, label, _text(default), lambda text: wrong_number(label, text, low, high, default))
    _take_snapped(name)
    value = st.select_slider(label, options, default, format_func=_text, key=key(name), help=help, bind="query-params")
    given = None if raw is None else parse_number(raw)
    if given is not None and low <= given <= high:
        return _snapped(name, value, min(options, key=lambda option: abs(option - given)))
    return value


def whole(name: str, label: str, low: int, high: int, default: int, *, help: str | None = None) -> int:
    """Return a whole number typed or stepped, for example the first seed."""

    _admit(name, label, str(default), lambda text: wrong_number(label, text, low, high, default))
    _take_snapped(name)
    # Of floats: Streamlit 1.67 raises OverflowError where a link gives 1e999 to a number input of whole numbers.
    typed = st.number_input(
        label, float(low), float(high), float(default), 1.0, "%.0f", key=key(name), help=help, bind="query-params"
    )
    return int(_snapped(name, typed, float(snap(typed, low, high, 1))))


def seed(default: int = 0) -> int:
    """Return the first seed of the runs."""
    return whole("seed", "First seed", 0, 999, default, help="The runs use this seed and the ones after it.")


SEED_COUNTS = (5, 10, 15, 20)


def seeds() -> tuple[int, ...]:
    """Return the seeds of the runs: the first one and how many, five unless more are asked for."""
    left, right = st.columns(2)
    with left:
        first = seed()
    with right:
        count = scale("seeds", "Seeds", SEED_COUNTS, SEED_COUNTS[0], help="More seeds tell smaller differences.")
    return tuple(range(first, first + int(count)))


def offer_seeds(name: str, area: Any) -> None:
    """Offer a button that adds five seeds to those of the page's `seeds`, where there may be more."""
    count = st.session_state.get(key("seeds"))
    more = next((n for n in SEED_COUNTS if count is not None and n > count), None)
    if more is None:
        return
    # The press is heard by the whole page, of which the picture may be a fragment.
    if area.button("Add five seeds", key=key(f"{name}:button"), on_click=set_values, args=({"seeds": more},)):
        st.rerun()


def choice(
    name: str,
    label: str,
    options: Mapping[str, str] | Sequence[str],
    default: str,
    *,
    style: str = "select",
    help: str | None = None,
) -> str:
    """Return one of the options: a mapping from value to label, or the values alone. The URL holds the label.

    style: "select" (a menu), "segments" (a row of buttons) or "radio".
    """
    names = dict(options) if isinstance(options, Mapping) else {option: option for option in options}
    values = list(names)
    by_label = _LABELS[key(name)] = {text: value for value, text in names.items()}

    def check(text: str) -> str | None:
        if text in by_label:
            return None
        return f"{label} must be one of {', '.join(by_label)}, got {_short(text)}, so {names[default]} is used"

    _admit(name, label, names[default], check)
    wanted: Any = {"label": label, "options": values, "format_func": names.__getitem__, "key": key(name), "help": help}
    if style == "segments":
        chosen = st.segmented_control(**wanted, default=default, required=True, bind="query-params")
    elif style == "radio":
        chosen = st.radio(**wanted, index=values.index(default), horizontal=True, bind="query-params")
    else:
        chosen = st.selectbox(**wanted, index=values.index(default), bind="query-params")
    return chosen if chosen in names else default


def switch(name: str, label: str, default: bool = False, *, help: str | None = None) -> bool:
    """Return whether a switch is on."""

    def check(text: str) -> str | None:
        if text.lower() in ("true", "false"):
            return None
        return f"{label} must be true or false, got {_short(text)}, so {str(default).lower()} is used"

    _admit(name, label, str(default).lower(), check)
    return st.toggle(label, default, key=key(name), help=help, bind="query-params")


def tabs(name: str, labels: Sequence[str]) -> Sequence[Any]:
    """Return tabs as containers; the URL holds which one is open."""

    def check(text: str) -> str | None:
        if text in labels:
            return None
        return f"Tab must be one of {', '.join(labels)}, got {_short(text)}, so {labels[0]} is open"

    _admit(name, "Tab", labels[0], check)
    return st.tabs(labels, key=key(name), on_change="rerun", bind="query-params")


def number(
    name: str,
    label: str,
    default: float | None,
    low: float,
    high: float,
    *,
    whole: bool = False,
    help: str | None = None,
    optional: bool = False,
    hint: str = "",
) -> float | None:
    """Return a number from free text, or None with a sentence below the field that says what was wrong.

    What was typed stays in the field, and in the URL; no other control loses its value.
    """
    written = "" if default is None else _text(default)
    _admit(name, label, written, lambda text: None)
    text = st.text_input(label, written, key=key(name), help=help, max_chars=60, bind="query-params")
    if optional and not text.strip():
        return None
    sentence = wrong_number(label, text, low, high, None, whole=whole)
    if sentence:
        st.html(
            f'<div role="alert" class="field-error">{_escape(sentence)}.{" " + _escape(hint) if hint else ""}</div>'
        )
        return None
    value = parse_number(text)
    return int(value) if whole and value is not None else value


def pressed(name: str, label: str, *, help: str | None = None, disabled: bool = False) -> bool:
    """Return whether a button has been pressed; it stays pressed, and the link holds it."""
    parameter = key(name)
    st.session_state[_DEFAULTS][parameter] = "false"
    if st.button(label, key=f"{parameter}:button", type="primary", help=help, disabled=disabled):
        st.query_params[parameter] = "true"
    return st.query_params.get(parameter) == "true"


def long_text(name: str, label: str, *, max_chars: int, help: str | None = None, placeholder: str | None = None) -> str:
    """Return a text of several lines."""
    _admit(name, label, "", lambda text: None)
    return st.text_area(
        label,
        "",
        key=key(name),
        max_chars=max_chars,
        help=help,
        placeholder=placeholder,
        height=120,
        bind="query-params",
    )


def lessons(presets: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw a row of presets, each a full state of the page; call it before the controls.

    The first preset names every control of the page, with the controls' defaults; the others say what differs from it.
    A link may ask for a preset by its name, `<page>_lesson`, as the list of lessons does (lesson_index.py).
    """
    full = {label: {**next(iter(presets.values())), **values} for label, values in presets.items()}
    _take_asked(full)
    base = next(iter(full.values()))
    now = {name: _present(name, value) for name, value in base.items()}
    # Which tab is open is set by a lesson, but is no part of what it shows: another one may be looked at.
    named = {label: [(n, v) for n, v in values.items() if n != "tab"] for label, values in full.items()}
    lit = next((label for label, values in named.items() if all(_same(now[n], v) for n, v in values)), None)
    picked = f"{st.session_state[_PAGE]}:lesson"
    was, changed = st.session_state.get(_LIT, (lit, 0.0))
    if lit != was:  # by a control, unless a lesson was clicked; what the browser says of it may be older
        changed = 0.0 if st.session_state.pop(_CLICKED, False) else time.monotonic()
        st.session_state[_LIT_BEFORE] = was
    st.session_state[_LIT] = (lit, changed)

    def apply() -> None:
        chosen = st.session_state.get(picked)
        _, at = st.session_state[_LIT]
        if chosen == st.session_state.get(_LIT_BEFORE) and time.monotonic() - at < IN_FLIGHT:
            return
        st.session_state[_CLICKED] = True
        set_values(full[chosen or lit] if chosen or lit else {})  # a click on the lit one sets it anew

    st.session_state[picked] = lit
    st.pills("Lessons", list(full), key=picked, on_change=apply, label_visibility="collapsed")


def set_values(values: Mapping[str, Any]) -> None:
    """Set controls from a button's callback, which runs before the page."""
    for name, value in values.items():
        was = st.session_state.get(key(name))
        new = float(value) if isinstance(was, float) else value
        st.session_state[key(name)] = new
        if was is not None and was != new:
            st.session_state.setdefault(_SET, {})[key(name)] = (new, was, time.monotonic())


# ---------------------------------------------------------------- plain functions


def parse_number(text: str) -> float | None:
    """Return the finite number that the text writes; None if it writes none.

    Commas and points are read by their pattern: groups of three digits are thousands, any other single comma is a
    decimal one, and so is the last of both kinds.

    >>> parse_number(" 0,38 "), parse_number("1e-3"), parse_number("1e999"), parse_number("nan")
    (0.38, 0.001, None, None)
    >>> parse_number("5,000"), parse_number("12,500,000"), parse_number("1,234.5"), parse_number("1.234,5")
    (5000.0, 12500000.0, 1234.5, 1234.5)
    """
    plain = text.strip().replace("\u2212", "-")
    number = re.fullmatch(r"([-+]?)([\d.,]*)((?:[eE][-+]?\d+)?)", plain)
    if number:
        sign, digits, power = number.groups()
        if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d*)?", digits):
            digits = digits.replace(",", "")
        elif re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+,\d*", digits) or re.fullmatch(
            r"[1-9]\d{0,2}(\.\d{3}){2,}", digits
        ):
            digits = digits.replace(".", "").replace(",", ".")
        elif digits.count(",") == 1 and "." not in digits:
            digits = digits.replace(",", ".")
        plain = sign + digits + power
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def wrong_number(
    label: str, text: str, low: float, high: float, default: float | None, *, whole: bool = False
) -> str | None:
    """Return one sentence, without its full stop, on what is wrong with a number given as text; None if it is right.

    >>> wrong_number("Dropout rate", "1e999", 0.0, 0.9, 0.5)
    'Dropout rate must be a number from 0 to 0.9, got 1e999, so 0.5 is used'
    """
    value = parse_number(text)
    if value is not None and low <= value <= high and not (whole and value != int(value)):
        return None
    kind = "a whole number" if whole else "a number"
    got = _short(text) if text.strip() else "nothing"
    used = "" if default is None else f", so {_text(default)} is used"
    return f"{label} must be {kind} from {_bound(low)} to {_bound(high)}, got {got}{used}"


def snap(value: float, low: float, high: float, step: float) -> float:
    """Return the value on the step nearest to it, within low and high.

    >>> snap(0.333, 0.0, 0.9, 0.05), snap(7, 1, 20, 1)
    (0.35, 7)
    """
    on_step = low + round((value - low) / step) * step
    inside = min(max(on_step, low), high)
    return inside if isinstance(low, int) and isinstance(step, int) else round(float(inside), 10)


# ---------------------------------------------------------------- the URL's first reading


def _take_asked(full: Mapping[str, Mapping[str, Any]]) -> None:
    """Set the controls to the lesson that the link names, except those that the link has a value for itself."""
    parameter = key("lesson")
    if parameter not in st.query_params:
        return
    asked = st.query_params[parameter]
    del st.query_params[parameter]
    if asked in full:
        values = {name: value for name, value in full[asked].items() if key(name) not in st.query_params}
        set_values(values)
        # A widget does not tell the address bar of a value that it starts with: its control does so (`_admit`).
        st.session_state[_ASKED] = {key(name): value for name, value in values.items()}
    else:
        sentence = f"Lesson must be one of {', '.join(full)}, got {_short(asked)}"
        st.session_state[_REFUSED][parameter] = sentence
        _draw_refusals()


def _keep_set(parameter: str) -> None:
    """Set a control once more that `set_values` has set, where the browser sent the value from before.

    Every message of the browser holds the values of all its widgets. One that is sent before the browser has heard of
    the new value (the pointer leaves the picture that was clicked, say) would put the control back.
    """
    new, was, at = st.session_state[_SET][parameter]
    now, age = st.session_state.get(parameter), time.monotonic() - at
    if age > IN_FLIGHT or now not in (new, was) or (now == new and age > IN_FLIGHT / 4):
        del st.session_state[_SET][parameter]
    elif now == was:
        st.session_state[parameter] = new


def _take_snapped(name: str) -> None:
    """Set a widget whose value in the URL was off its step, before the widget is made."""
    waiting: dict[str, float] = st.session_state.setdefault(_OFF_STEP, {})
    if key(name) in waiting:
        st.session_state[key(name)] = waiting.pop(key(name))


def _snapped(name: str, value: float, on_step: float) -> float:
    """Return the value on its step. A widget that shows another takes it in a run of its own, since it is made now."""
    if on_step != value:
        st.session_state[_OFF_STEP][key(name)] = on_step
        st.rerun()
    return on_step


def _admit(name: str, label: str, default: str, check: Callable[[str], str | None]) -> None:
    """Note the default for the copied link and, on the page's first run, check the raw value in the URL."""
    parameter = key(name)
    st.session_state[_DEFAULTS][parameter] = default
    if parameter in st.session_state[_SET]:
        _keep_set(parameter)
    asked = st.session_state.get(_ASKED, {})
    if parameter in asked:
        value = asked.pop(parameter)
        text = next((label for label, of in _LABELS.get(parameter, {}).items() if of == value), _text(value))
        if text != default:
            st.query_params[parameter] = text
    refused: dict[str, str] = st.session_state[_REFUSED]
    if parameter in st.session_state:
        if parameter in refused and _moved(parameter, default):
            del refused[parameter]
            _draw_refusals()
        return
    if parameter not in st.query_params:
        return
    sentence = check(st.query_params[parameter])
    if sentence:
        refused[parameter] = sentence
        _draw_refusals()


def _moved(parameter: str, default: str) -> bool:
    return _text(st.session_state[parameter]) != default


def _draw_refusals() -> None:
    refused = st.session_state.get(_REFUSED, {})
    note = st.session_state.get(_NOTE)
    if note is None:
        return
    if refused:
        note.warning("In this link, " + "; ".join(refused.values()) + ".")
    else:
        note.empty()


def _present(name: str, like: Any) -> Any:
    """Return the present value of a control that is drawn later in the run."""
    parameter = key(name)
    if parameter in st.session_state:
        return st.session_state[parameter]
    if parameter not in st.query_params:
        return like
    raw = st.query_params[parameter]
    return _LABELS.get(parameter, {}).get(raw, raw)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, str) and isinstance(b, bool):
        return a.lower() == str(b).lower()
    if isinstance(a, str) and isinstance(b, (int, float)):
        value = parse_number(a)
        return value is not None and math.isclose(value, b)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, abs_tol=1e-12)
    return bool(a == b)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def _bound(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else _text(value)


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
