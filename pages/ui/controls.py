"""Widgets, the address bar and values: what a person sets is in the URL, and what the URL holds is checked.

Keys are `<page>_<name>`. The session holds the values. A page that is opened, and one to which the browser's Back or
Forward leads, takes them from the address: each control reads its own when it is drawn, and what it refuses is said in
one sentence. The page writes its address as a whole, once for each action: Streamlit's own binding of a widget would
write it parameter by parameter, each an entry of the browser's history, and drop a bad value without a word.
"""

from __future__ import annotations

import html
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui import escape, lecture
from pages.ui.pages import HOME, PAGES
from pages.ui.story import Story, as_html

from reglab.reporting.typed import as_count, as_number

_PAGE = "reglab:page"
_DEFAULTS = "reglab:defaults"
_REFUSED = "reglab:refused"
_NOTE = "reglab:note"
_OFF_STEP = "reglab:off_step"
_SET = "reglab:set"  # parameter -> (its new value, the one before, when), from `set_values`
_LINK = "reglab:unread"  # parameter -> its text in the address, until its control is drawn
_KNOWN = "reglab:known"  # page -> parameter -> its default, of every control that was drawn in this visit
_NAMES = "reglab:names"  # parameter of a choice -> {value: label}; a visitor's own columns may be among them
_WRITTEN = "reglab:written"  # parameter -> its text when the address was last written or read
_ASKED = "reglab:asked"  # parameters that the lesson named in the address stands for, until they count as written
_WRITES = "reglab:writes"  # whether this run has written the address: controls that are drawn later write it themselves
_ADDRESSES = "reglab:addresses"  # page -> its parameters, for the links that lead back to it
_LESSONS = "reglab:lessons"  # the place of their row, and the values of each
_STORY = "reglab:story"  # the lesson that is told, its story, and how many lessons were opened when it was
_OPENED = "reglab:opened"  # how many lessons were opened in this visit
_EXPLAINED = "reglab:explained"  # the terms that this run has explained
_LIT, _LIT_BEFORE, _CLICKED = "reglab:lit", "reglab:lit_before", "reglab:lesson_clicked"
LINE = 500  # characters of a text of one line
IN_FLIGHT = 1.0  # seconds in which the browser may still send the value from before
_OWN = tuple(f"{page}_" for page in PAGES)  # how the parameters of this app begin
_LABELS: dict[str, dict[str, str]] = {}  # query parameter of a choice -> {label as the URL writes it: value}

T = TypeVar("T")

# What a control makes of the text in the address: its value, and one sentence where it refuses the text.
Read = Callable[[str], tuple[Any, str | None]]


# Set by a lesson, but no part of what it shows: another tab may be looked at, and what can be trained may be.
LOOKED_AT = ("tab", "prove", "map")


def begin(page: str) -> None:
    """Start a run of a page; `layout.open_page` does it."""
    state = st.session_state
    known = state.setdefault(_KNOWN, {}).setdefault(page, {})
    state.setdefault(_NAMES, {})
    if state.get(_PAGE) != page or getattr(get_script_run_ctx(), "is_history_navigation", False):
        state[_PAGE] = page
        for parameter in known:
            state.pop(parameter, None)
        state[_LINK] = {name: text for name, text in st.query_params.items() if name.startswith(f"{page}_")}
        state[_WRITTEN] = {}
        state[_ASKED] = set()
        state[_REFUSED] = {}
        state[_SET] = {}
        state[_OFF_STEP] = {}
        for name in (_LIT, _LIT_BEFORE, _CLICKED, _STORY):
            state.pop(name, None)
    state[_DEFAULTS] = {}
    state[_EXPLAINED] = set()
    state[_WRITES] = False
    for parameter in list(state[_SET]):
        _keep_set(parameter)


def write_address() -> None:
    """Write what was set into the address bar, as one entry of the browser's history; `layout.copy_link` does it.

    A page that is opened, or gone back to, leaves its address as it is: nothing was set. One that has to wait for a
    training writes it before (`runs`).
    """
    state = st.session_state
    if _PAGE not in state:  # no page is drawn
        return
    state[_WRITES] = True
    page, written = state[_PAGE], state[_WRITTEN]
    known = state[_KNOWN][page]
    texts = {parameter: _written(parameter) for parameter in known if parameter in state}
    for parameter in state[_ASKED] & texts.keys():
        _take_as_written(parameter)
    address = {**state[_LINK], **{name: text for name, text in texts.items() if text != known[name]}}
    state.setdefault(_ADDRESSES, {})[page] = address
    if any(text != written.get(parameter, known[parameter]) for parameter, text in texts.items()):
        others = {name: text for name, text in st.query_params.items() if not name.startswith(_OWN)}
        st.query_params.from_dict({**others, **address})
        written.update(texts)


def address_of(page: str) -> dict[str, str]:
    """Return the parameters with which a page was left in this visit; none where it is the present one."""
    return {} if st.session_state.get(_PAGE) == page else st.session_state.get(_ADDRESSES, {}).get(page, {})


def set_by_the_clock(name: str) -> None:
    """Let a value that no person has set enter the address with the next action, not as an entry of its own."""
    st.session_state[_WRITTEN][key(name)] = _written(key(name))


def show_refusals() -> None:
    """Leave a place below the header for the sentence about refused values."""
    st.session_state[_NOTE] = st.empty()
    _draw_refusals()


def defaults() -> dict[str, str]:
    """Return the default of every control of this run as the URL would write it."""
    return dict(st.session_state.get(_DEFAULTS, {}))


def present() -> dict[str, str]:
    """Return the value of every control of this run as the URL would write it."""
    return {parameter: _written(parameter) for parameter in defaults()}


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

    def read(text: str) -> tuple[float, str | None]:
        sentence = wrong_number(label, text, lowest, highest, first)
        return first if sentence else kind(snap(as_number(text) or 0, lowest, highest, width)), sentence

    _admit(name, first, read)
    return st.slider(
        label, lowest, highest, first, width, key=key(name), help=help, format=format, persist_state="session"
    )


def scale(
    name: str,
    label: str,
    values: Sequence[float],
    default: float,
    *,
    named: Mapping[float, str] | None = None,
    help: str | None = None,
) -> float:
    """Return one of the values, in their order, which rise, evenly or not; a link's value between two takes the nearer.

    named: what a value is called that is not called by its number, such as an end that is off.
    """
    options = list(values)

    def nearest(value: float) -> float:
        return min(options, key=lambda option: abs(option - value))

    def read(text: str) -> tuple[float, str | None]:
        sentence = wrong_number(label, text, min(options), max(options), default)
        return default if sentence else nearest(as_number(text) or 0), sentence

    def written(value: float) -> str:
        return (named or {}).get(value) or _text(value)

    _admit(name, default, read)
    return st.select_slider(
        label, options, default, format_func=written, key=key(name), help=help, persist_state="session"
    )


def whole(name: str, label: str, low: int, high: int, default: int, *, help: str | None = None) -> int:
    """Return a whole number typed or stepped, for example the first seed."""

    def read(text: str) -> tuple[float, str | None]:
        sentence = wrong_number(label, text, low, high, default)
        return float(default if sentence else snap(as_number(text) or 0, low, high, 1)), sentence

    _admit(name, float(default), read)
    _take_snapped(name)
    typed = st.number_input(
        label, float(low), float(high), float(default), 1.0, "%.0f", key=key(name), help=help, persist_state="session"
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
    values, parameter = list(names), key(name)
    by_label = _LABELS[parameter] = {text: value for value, text in names.items()}
    st.session_state[_NAMES][parameter] = names

    def read(text: str) -> tuple[str, str | None]:
        if text in by_label:
            return by_label[text], None
        used = f"got {_short(text)}, so {names[default]} is used"
        return default, f"{label} must be one of {', '.join(by_label)}, {used}"

    _admit(name, default, read)
    wanted: Any = {"label": label, "options": values, "format_func": names.__getitem__, "key": parameter, "help": help}
    wanted["persist_state"] = "session"
    if style == "segments":
        chosen = st.segmented_control(**wanted, default=default, required=True)
    elif style == "radio":
        chosen = st.radio(**wanted, index=values.index(default), horizontal=True)
    else:
        chosen = st.selectbox(**wanted, index=values.index(default))
    return chosen if chosen in names else default


def view(name: str, label: str, views: Mapping[str, tuple[str, T]]) -> tuple[str, T]:
    """Return which of a picture's views is chosen, the first one at first, and what draws it.

    views: of each view's name, its label and the function that draws it.
    """
    labels = {each: text for each, (text, _) in views.items()}
    chosen = choice(name, label, labels, next(iter(views)), style="segments")
    return chosen, views[chosen][1]


def switch(name: str, label: str, default: bool = False, *, help: str | None = None) -> bool:
    """Return whether a switch is on."""

    def read(text: str) -> tuple[bool, str | None]:
        if text.lower() in ("true", "false"):
            return text.lower() == "true", None
        return default, f"{label} must be true or false, got {_short(text)}, so {_text(default)} is used"

    _admit(name, default, read)
    return st.toggle(label, default, key=key(name), help=help, persist_state="session")


def tabs(name: str, labels: Sequence[str]) -> Sequence[Any]:
    """Return tabs as containers; the URL holds which one is open."""

    def read(text: str) -> tuple[str, str | None]:
        if text in labels:
            return text, None
        return labels[0], f"Tab must be one of {', '.join(labels)}, got {_short(text)}, so {labels[0]} is open"

    _admit(name, labels[0], read)
    return st.tabs(labels, key=key(name), on_change="rerun")


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
    placeholder: str | None = None,
) -> float | None:
    """Return a number from free text, or None with a sentence below the field that says what was wrong.

    What was typed stays in the field, and in the URL; no other control loses its value. placeholder: what is taken
    where nothing is typed.
    """
    written = "" if default is None else _text(default)
    _admit(name, written, lambda text: (text[:60], None))
    text = st.text_input(
        label, written, key=key(name), help=help, max_chars=60, placeholder=placeholder, persist_state="session"
    )
    if optional and not text.strip():
        return None
    sentence = wrong_number(label, text, low, high, None, whole=whole)
    if sentence:
        said = html.escape(f"{sentence}. {hint}".rstrip())
        st.html(f'<div role="alert" class="field-error">{said}</div>')
        return None
    value = as_count(text) if whole else as_number(text)
    return int(value) if whole and value is not None else value


def line(name: str, label: str, wrong: Callable[[str], str], *, help: str | None = None) -> str:
    """Return a text of one line, with a sentence below the field where `wrong` returns one on it."""
    _admit(name, "", lambda text: (text[:LINE], None))
    text = st.text_input(label, "", key=key(name), help=help, max_chars=LINE, persist_state="session")
    if sentence := wrong(text):
        st.html(f'<div role="alert" class="field-error">{html.escape(sentence)}</div>')
    return text


def asked(name: str) -> str:
    """Return what the address has for a control that is not drawn yet in this run."""
    return str(st.session_state[_LINK].get(key(name), ""))


def held(name: str, *, most: int = 60, wrong: Callable[[str], str] = lambda text: "") -> str:
    """Return a short text that no widget shows, such as the checksum of a file: the link holds it.

    most: its letters. wrong: what is wrong with one in the address, as a sentence without its full stop, or nothing.
    """
    _admit(name, "", lambda text: ("", wrong(text)) if wrong(text) else (text[:most], None))
    return str(st.session_state[key(name)])


def pressed(name: str, label: str, *, help: str | None = None, disabled: bool = False) -> bool:
    """Return whether a button has been pressed; it stays pressed, and the link holds it."""
    _admit(name, False, lambda text: (text == "true", None))
    if st.button(label, key=f"{key(name)}:button", type="primary", help=help, disabled=disabled):
        st.session_state[key(name)] = True
        _write_if_late(key(name))
    return bool(st.session_state[key(name)])


def long_text(name: str, label: str, *, max_chars: int, help: str | None = None, placeholder: str | None = None) -> str:
    """Return a text of several lines."""
    _admit(name, "", lambda text: (text[:max_chars], None))
    return st.text_area(
        label,
        "",
        key=key(name),
        max_chars=max_chars,
        help=help,
        placeholder=placeholder,
        height=120,
        persist_state="session",
    )


def lessons(
    presets: Mapping[str, Mapping[str, Any]], stories: Mapping[str, Story], *, mistakes: Sequence[str] = ()
) -> None:
    """Draw a row of presets, each a full state of the page; call it before the controls.

    The first preset names every control of the page, with the controls' defaults; the others say what differs from it.
    What is the same on every page goes without saying: the seeds, and that a mistake is off. stories: what each tells,
    by its name. mistakes: their names. A link may ask for a preset by its name, `<page>_lesson`, as the list of lessons
    does (lesson_index.py).
    """
    place_lessons(presets, stories, mistakes=mistakes)
    draw_lessons()


def place_lessons(
    presets: Mapping[str, Mapping[str, Any]], stories: Mapping[str, Story], *, mistakes: Sequence[str] = ()
) -> None:
    """Leave the place of `lessons`, which the page's fragment fills: its controls run it alone, and may unlight one."""
    full, state = _whole(presets, mistakes), st.session_state
    _take_asked(full)
    state[_LESSONS] = (st.container(), full)
    lit = _lesson_set(full)
    if lit and lit != state.get(_STORY, ("",))[0]:
        state[_STORY] = (lit, stories.get(lit), state.get(_OPENED, 0))


def _lesson_set(full: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the lesson that the controls are set to, if they are to any."""
    now = {name: _present(name, value) for name, value in next(iter(full.values())).items()}
    named = {label: [(n, v) for n, v in values.items() if n not in LOOKED_AT] for label, values in full.items()}
    return next((label for label, values in named.items() if all(_same(now[n], v) for n, v in values)), None)


def draw_lessons() -> None:
    """Draw the row in the place that `place_lessons` has left, and light the lesson that the controls are set to."""
    for parameter in list(st.session_state[_SET]):
        _keep_set(parameter)
    st.session_state[_EXPLAINED] = set()  # a fragment that runs alone writes its sentences anew
    place, full = st.session_state[_LESSONS]
    lit = _lesson_set(full)
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
        _open_lesson(full, chosen or lit)  # a click on the lit one sets it anew

    st.session_state[picked] = lit
    place.pills("Lessons", list(full), key=picked, on_change=apply, label_visibility="collapsed")


def _open_lesson(full: Mapping[str, Mapping[str, Any]], name: str | None) -> None:
    """Set the page to a lesson, from a callback."""
    state = st.session_state
    state[_CLICKED] = True
    if name:
        state[_OPENED] = state.get(_OPENED, 0) + 1
        state.pop(_STORY, None)
        set_values(full[name])
    st.rerun()  # the whole page: a lesson sets more than the controls of the fragment that draws the row


def explained() -> set[str]:
    """Return the terms that this run has explained so far, to add to."""
    terms: set[str] = st.session_state.setdefault(_EXPLAINED, set())
    return terms


def tell(place: str) -> None:
    """Tell the story of the lesson that was opened, where it is about what follows, and lead on to the next one.

    place: as `Story.at` has it. The story stays as controls are moved, until another lesson is opened.
    """
    state = st.session_state
    with st.container(key=f"story_{place}", horizontal=True, vertical_alignment="center", gap="small"):
        name, story, arrived = state.get(_STORY, ("", None, 0))
        if story is None or story.at != place:
            for _ in range(2):  # at once, where another lesson was told here
                st.empty()
            return
        st.html(as_html(name, story, arrived), unsafe_allow_javascript=True)
        _, full = state[_LESSONS]
        names = list(full)
        following = next(iter(names[names.index(name) + 1 :]), None)
        if following:
            next_lesson: dict[str, Any] = {"on_click": _open_lesson, "args": (full, following), "type": "tertiary"}
            st.button(f"Next lesson: {following}", key=key("following"), width="content", **next_lesson)
        else:
            lead_on()


def lead_on() -> None:
    """Link to the page after the present one, in the order of the pages; to the home page after the last."""
    pages = [page for page in PAGES.values() if page is not HOME]
    at = [page.name for page in pages].index(st.session_state[_PAGE]) + 1
    following = pages[at] if at < len(pages) else HOME
    file = "streamlit_app.py" if following is HOME else f"pages/{following.name}.py"
    st.page_link(file, label=f"Next: {following.title}", width="content", query_params=lecture.address())


def take_lesson(presets: Mapping[str, Mapping[str, Any]]) -> None:
    """Set the controls to the preset that the link names, where they are read before `lessons` is drawn."""
    _take_asked(_whole(presets))


def _whole(presets: Mapping[str, Mapping[str, Any]], mistakes: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """Return what each preset sets: its own values, else the first one's, else what is the same on every page."""
    usual = {"seed": 0, "seeds": SEED_COUNTS[0], **dict.fromkeys(mistakes, False)}
    return {label: {**usual, **next(iter(presets.values())), **values} for label, values in presets.items()}


def set_values(values: Mapping[str, Any]) -> None:
    """Set controls from a button's callback, which runs before the page."""
    for name, value in values.items():
        st.session_state[_LINK].pop(key(name), None)
        was = st.session_state.get(key(name))
        new = float(value) if isinstance(was, float) else value
        st.session_state[key(name)] = new
        if was is not None and was != new:
            st.session_state.setdefault(_SET, {})[key(name)] = (new, was, time.monotonic())


# ---------------------------------------------------------------- plain functions


def wrong_number(
    label: str, text: str, low: float, high: float, default: float | None, *, whole: bool = False
) -> str | None:
    """Return one sentence, without its full stop, on what is wrong with a number given as text; None if it is right.

    >>> wrong_number("Dropout rate", "1e999", 0.0, 0.9, 0.5)
    'Dropout rate must be a number from 0 to 0.9, got 1e999, so 0.5 is used'
    """
    value = as_count(text) if whole else as_number(text)
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


# ---------------------------------------------------------------- reading and writing the address


def _take_asked(full: Mapping[str, Mapping[str, Any]]) -> None:
    """Set the controls to the lesson that the link names, except those that the link has a value for itself.

    The lesson's name stands for them in the address until something is set: a link is one entry of the history.
    """
    parameter, state = key("lesson"), st.session_state
    asked = state[_LINK].pop(parameter, None)
    if asked is None:
        return
    if asked in full:
        values = {name: value for name, value in full[asked].items() if key(name) not in state[_LINK]}
        set_values(values)
        state[_ASKED] = {key(name) for name in values}
        state[_OPENED] = state.get(_OPENED, 0) + 1
    else:
        sentence = f"Lesson must be one of {', '.join(full)}, got {_short(asked)}"
        state[_REFUSED][parameter] = sentence
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
    """Set a widget in which a number off its step was typed, before the widget is made."""
    waiting: dict[str, float] = st.session_state.setdefault(_OFF_STEP, {})
    if key(name) in waiting:
        st.session_state[key(name)] = waiting.pop(key(name))


def _snapped(name: str, value: float, on_step: float) -> float:
    """Return the value on its step. A widget that shows another takes it in a run of its own, since it is made now."""
    if on_step != value:
        st.session_state[_OFF_STEP][key(name)] = on_step
        st.rerun()
    return on_step


def _admit(name: str, default: Any, read: Read) -> None:
    """Give a control its value before it is drawn: what the address has for it, what it had, or its default."""
    parameter, state = key(name), st.session_state
    usual = _label(parameter, default)
    state[_DEFAULTS][parameter] = state[_KNOWN][state[_PAGE]][parameter] = usual
    if parameter in state[_SET]:
        _keep_set(parameter)
    text = state[_LINK].pop(parameter, None)
    refused: dict[str, str] = state[_REFUSED]
    if text is not None:
        state[parameter], sentence = read(text)
        state[_WRITTEN][parameter] = _written(parameter)
        if sentence:
            refused[parameter] = sentence
            _draw_refusals()
    elif parameter not in state:
        state[parameter] = default
    elif parameter in refused and _written(parameter) != usual:
        del refused[parameter]
        _draw_refusals()
    if parameter in state[_ASKED]:
        _take_as_written(parameter)
    _write_if_late(parameter)


def _take_as_written(parameter: str) -> None:
    """Count a value as written that the lesson in the address stands for."""
    state = st.session_state
    state[_ASKED].remove(parameter)
    state[_WRITTEN][parameter] = _written(parameter)


def _write_if_late(parameter: str) -> None:
    """Write the address where a control has changed after the run has written it, or in a fragment's own run."""
    state = st.session_state
    if state[_WRITES] and _written(parameter) != state[_WRITTEN].get(parameter, state[_DEFAULTS][parameter]):
        write_address()


def _written(parameter: str) -> str:
    """Return the present value as the address writes it."""
    return _label(parameter, st.session_state[parameter])


def _label(parameter: str, value: Any) -> str:
    return st.session_state[_NAMES].get(parameter, {}).get(value) or _text(value)


def _draw_refusals() -> None:
    refused = st.session_state.get(_REFUSED, {})
    note = st.session_state.get(_NOTE)
    if note is None:
        return
    if refused:
        note.warning("In this link, " + escape.as_markdown("; ".join(refused.values())) + ".")
    else:
        note.empty()


def _present(name: str, like: Any) -> Any:
    """Return the present value of a control that is drawn later in the run."""
    parameter = key(name)
    raw = st.session_state[_LINK].get(parameter)
    if raw is None:
        return st.session_state.get(parameter, like)
    return _LABELS.get(parameter, {}).get(raw, raw)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, str) and isinstance(b, bool):
        return a.lower() == str(b).lower()
    if isinstance(a, str) and isinstance(b, (int, float)):
        value = as_number(a)
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
