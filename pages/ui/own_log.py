"""A person's own log on a page: a text field and a file, what each column is taken for, and the curve that it gives.

What is pasted stays in the page's link, so a file that is too long for it is thinned.
"""

from __future__ import annotations

import html
from collections.abc import Callable

import streamlit as st

from pages.ui import controls, curve_text, escape

from reglab import curves
from reglab.curves import ROLES, CurveError

LABELS = {"step": "Column of steps", "train_loss": "Of train losses", "val_loss": "Of validation losses"}
NOTE = "Note: "
PASTED = 20_000_000  # characters: more than are read, so that it is the reader who refuses them, with a sentence
UPLOADED = 20  # MB, for the same reason


def ask(
    max_chars: int = curve_text.MAX_CHARS,
    most_rows: int = 200,
    *,
    refuse: Callable[[curves.Curve], str] | None = None,
    example: curves.Curve | None = None,
) -> curves.Curve | None:
    """Let the person paste or upload a log and choose its columns; return the curve, None where it cannot be read.

    max_chars: of the text, which the link holds. most_rows: kept of a longer log. refuse: what the page cannot do with
    a curve, in one sentence, or nothing. example: is returned as long as nothing was given.
    """
    file, notice = controls.key("file"), _notice()
    _shorten_paste(notice, max_chars, most_rows)
    left, right = st.columns([1.6, 1])
    with left:
        pasted = controls.long_text(
            "text", "Curve, as CSV or JSON", max_chars=PASTED, placeholder="epoch,loss,val_loss\n1,2.1,2.2\n…"
        )
    with right:
        st.file_uploader(
            "or a file with it",
            key=file,
            on_change=lambda: _upload(file, notice, max_chars, most_rows),
            max_upload_size=UPLOADED,
        )
    message = st.session_state.get(notice, "")
    if pasted != st.session_state.get(f"{notice}:beside"):
        message = ""  # a curve put in since then is another matter
    if message.startswith(NOTE):
        st.info(escape.as_markdown(message.removeprefix(NOTE)))
    elif message:
        go_on = "Remove the file, or put a curve in the field: till then none is drawn."
        st.error(escape.as_markdown(f"{message} {go_on}"))
        return None
    if not pasted.strip():
        st.html(
            '<div class="quiet">Paste what your run logged: one row per evaluation, with a validation loss. It stays '
            "in this page's link.</div>"
        )
        return example
    try:
        log = curves.read_curve(pasted)
        roles = _roles(log)
        curve = curves.curve_from(log.columns, roles, required=("val_loss",))
        if refuse and (reason := refuse(curve)):
            raise CurveError(reason)
    except CurveError as error:
        st.error(escape.as_markdown(str(error)))
        return None
    read = ", ".join(f"{role.replace('_', ' ')} from “{name}”" for role, name in roles.items())
    st.html(f'<div class="quiet">{html.escape(" ".join((f"{read}.", *log.notes, *curve.notes)))}</div>')
    return curve


def left_out(short: curve_text.Short) -> str:
    """Say what of a log was left out, if anything was.

    >>> left_out(curve_text.Short("", 60, 99, 3, 3))
    'Note: Of 99 rows 60 are kept, so that the link can hold them; the rules count the rows kept.'
    """
    fewer = []
    if short.rows < short.of_rows:
        fewer.append(f"of {short.of_rows} rows {short.rows}")
    if short.columns < short.of_columns:
        fewer.append(f"of {short.of_columns} columns the {short.columns} guessed")
    count = "; the rules count the rows kept" if short.rows < short.of_rows else ""
    left = " and ".join(fewer)
    return f"{NOTE}{left[:1].upper()}{left[1:]} are kept, so that the link can hold them{count}." if fewer else ""


def _notice() -> str:
    """Return under which name the session keeps what is to be said of the file."""
    return f"{controls.key('file')}:told"


def _upload(file: str, notice: str, max_chars: int, most_rows: int) -> None:
    """Put an uploaded log into the text field: as it is if the link can hold it, else thinned."""
    given = st.session_state.get(file)
    st.session_state[notice] = ""
    if given is None:
        return
    try:
        raw = given.getvalue()
        log = curves.read_curve(raw)
        text = raw.decode("utf-8-sig", "replace")
        if len(text) > max_chars or "\ufffd" in text:
            short = curve_text.shorten(log, max_chars, most_rows)
            text = short.text
            st.session_state[notice] = left_out(short)
        controls.set_values({"text": text})
    except ValueError as error:
        st.session_state[notice] = str(error)
    st.session_state[f"{notice}:beside"] = st.session_state.get(controls.key("text"), "")


def _shorten_paste(notice: str, max_chars: int, most_rows: int) -> None:
    """Thin a pasted log that is too long for the link, before its field is drawn."""
    text = st.session_state.get(controls.key("text"), "")
    if len(text) <= max_chars:
        return
    try:
        short = curve_text.shorten(curves.read_curve(text), max_chars, most_rows)
    except ValueError:
        return  # it is refused where it is read, and stays in the field
    controls.set_values({"text": short.text})
    st.session_state[notice], st.session_state[f"{notice}:beside"] = left_out(short), short.text


def _roles(log: curves.Log) -> dict[str, str]:
    """Show which column is taken for what, and let it be changed."""
    roles = {}
    for place, role in zip(st.columns(3), ROLES[:3], strict=True):
        options = {"guess": "as guessed", "none": "none", **{f"c:{name}": name for name in log.columns}}
        if st.session_state.get(controls.key(role), "guess") not in options:
            del st.session_state[controls.key(role)]
        with place:
            pick = controls.choice(role, LABELS[role], options, "guess")
        column = log.roles.get(role) if pick == "guess" else None if pick == "none" else pick[2:]
        if column:
            roles[role] = column
    return roles
