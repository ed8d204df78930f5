"""Giving a file of one's own: upload, example, what was refused, and what a link asks for."""

from __future__ import annotations

import html

import streamlit as st

from pages.ui import controls, escape, own_data, own_file
from pages.ui.own_file import File, Refused

from reglab.own_data import MAX_COLUMNS, MAX_ROWS

BOUNDS = (
    f"At most {own_file.MAX_BYTES / 1e6:g} MB, {MAX_ROWS:,} rows and {MAX_COLUMNS} columns. Images: an archive with "
    "a folder for each class; they are made at most 32 x 32."
)
UPLOADED = 20  # MB that reach the reader, who says what is too large; what the browser refuses is said nowhere
REFUSED = "reglab:own_refused"  # why the file that was given last is not read
WANTED = "reglab:own_wanted"  # the checksum of the file that the page's link asks for
CHOICES = ("target", "task", "groups")


def ask() -> File | None:
    """Let a person give a file; return the one that the session has, None where there is none."""
    left, right = st.columns([2.2, 1], gap="large", vertical_alignment="bottom")
    with left:
        st.file_uploader(
            "A table (CSV, TSV, TXT), arrays x and y (NPZ), or images (ZIP)",
            key=controls.key("upload"),
            on_change=_upload,
            max_upload_size=UPLOADED,
        )
        if why := st.session_state.get(REFUSED):
            stays = " What was there before stays." if own_data.file() else ""
            st.html(f'<div role="alert" class="field-error">{html.escape(why + stays)}</div>')
    with right:
        st.button("Try an example, wine", key=controls.key("example"), on_click=_example)
        if own_data.file():
            st.button("Forget the data", key=controls.key("forget"), on_click=_forget)
    st.caption(BOUNDS)
    st.caption("It stays in this session, is stored nowhere, and no link holds it: a link holds its checksum.")
    return _answer(own_data.file())


def _answer(given: File | None) -> File | None:
    """Say which file the page's link asks for, and let the link hold the checksum of the one that is given."""
    wanted = controls.held("file")
    if given is None:
        if wanted:
            st.session_state[WANTED] = wanted
            st.info(f"This link is of a file with the checksum {escape.as_markdown(wanted)}: give that file.")
        return None
    if wanted and wanted != given.checksum:
        st.session_state[WANTED] = wanted
    if (asked := st.session_state.get(WANTED)) and asked != given.checksum:
        asks = f"The link asks for a file with the checksum {escape.as_markdown(asked)}"
        st.warning(f"{asks}, and this is another one, {given.checksum}: what is shown is of this one.")
    if wanted != given.checksum:
        st.session_state[controls.key("file")] = given.checksum
        controls.set_by_the_clock("file")
    return given


def _put(given: File) -> None:
    """Let a file stand for the data; what was chosen of another one is forgotten, what its link holds is not."""
    had = own_data.file()
    if had and had.checksum == given.checksum:
        return
    own_data.take(given)
    if had:
        for name in CHOICES:
            st.session_state.pop(controls.key(name), None)
    st.session_state[controls.key("file")] = given.checksum


def _upload() -> None:
    uploaded = st.session_state.get(controls.key("upload"))
    if uploaded is None:  # it was taken out of the list: what was read of it stays until it is forgotten
        st.session_state.pop(REFUSED, None)
        return
    try:
        _put(own_file.read(uploaded.name, uploaded.getvalue()))
        st.session_state.pop(REFUSED, None)
    except Refused as error:
        st.session_state[REFUSED] = str(error)


def _example() -> None:
    st.session_state.pop(REFUSED, None)
    _put(own_file.example())


def _forget() -> None:
    own_data.take(None)
    for name in (REFUSED, WANTED, *(controls.key(choice) for choice in (*CHOICES, "file"))):
        st.session_state.pop(name, None)


def show(given: File, target: str, kinds: dict[str, str]) -> None:
    """Show a file's first rows as they are, the target first, with what each column is read as; or some images."""
    images, classes = own_file.first_images(given)
    if classes:
        st.image(images, caption=[escape.as_markdown(label) for label in classes], width=96)
        return
    names, rows = own_file.first_rows(given, target)
    what = {name: "target" if name == target else kinds.get(name, "") for name in names}
    heads = "".join(
        f"<th>{html.escape(own_file.short(name))}<small>{html.escape(kind)}</small></th>" for name, kind in what.items()
    )
    cells = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    st.html(
        f'<div class="first-rows" role="region" aria-label="The first rows" tabindex="0"><table><thead><tr>{heads}'
        f"</tr></thead><tbody>{cells}</tbody></table></div>"
    )
    more = [name for name in given.table.columns if name not in names]
    if more and not given.arrays:
        left_out = sum(kinds.get(name, "").startswith("left out") for name in more)
        st.html(f'<div class="quiet">{len(more)} more columns, {left_out} of them left out.</div>')
