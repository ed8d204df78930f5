"""Your data: a table or images of one's own, what a network makes of them, and which settings help it there."""

import html

import streamlit as st

from pages.pictures import your_data as pictures
from pages.ui import controls, escape, own_data, own_file, own_upload, own_way, sections
from pages.ui.drawing import Frame
from pages.ui.layout import copy_link, facts, open_page

TASKS = {"": "As it looks", "classification": "Classes", "regression": "A number"}
NO_GROUPS = {"": "no groups"}


def show_example() -> None:
    """Draw a column of the example, which its control chooses, while there are no data of one's own."""
    example = own_file.example()
    with st.container(key="first_picture"):
        target = own_file.guess_target(example.columns)
        column = controls.choice("column", "A column of the example, wine", example.columns, target)
        kind, values = own_file.target_values(example, column)
        drawn = (
            pictures.shares(list(map(own_file.label, values)))
            if kind == "category"
            else pictures.histogram(values, column)
        )
        Frame("example", f"Example: {column}", f"{len(values):,} rows", hint="", panels=1).draw(drawn)


open_page("your_data")
given = own_upload.ask()
mine, wrong = None, ""
if given:
    source = "The example, wine" if given.example else given.name
    size = f"{len(given.content):,} bytes, checksum {given.checksum}"
    st.header(escape.as_markdown(own_file.short(source)), anchor=False)
    st.html(f'<div class="quiet">{html.escape(size)}</div>')
    guess = own_file.guess_target(given.columns)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        target = controls.choice("target", "Target: the column to predict", given.columns, guess)
    with middle:
        task = controls.choice("task", "It holds", TASKS, "", style="segments")
    with right:
        others = {column: column for column in given.columns if column != target and not given.arrays}
        groups = controls.choice(
            "groups",
            "Rows that belong together",
            NO_GROUPS | others,
            "",
            help="Such as those of one patient: never divided between training and test.",
        )
    if target == guess and not given.arrays:
        st.html(f'<div class="quiet">The target is a guess: {own_file.why_guessed(guess)}.</div>')
    try:
        mine = own_data.make(given, target, task or None, groups or None)
    except own_file.Refused as error:
        wrong = str(error)
        st.html(f'<div role="alert" class="field-error">{html.escape(wrong)}</div>')
    own_upload.show(given, target, own_file.kinds(given, mine.data if mine else None))
    picture, notes = st.columns([1, 1], gap="large")
    with picture:
        kind, values = own_file.target_values(given, target)
        if values:
            as_classes = mine.data.n_classes is not None if mine else kind == "category"
            drawn = (
                pictures.shares([own_file.label(value) for value in values])
                if as_classes
                else pictures.histogram(values)
            )
            Frame("target", f"Target “{own_file.short(target)}”", f"{len(values):,} rows", hint="", panels=1).draw(
                drawn
            )
    if mine:
        with notes:
            data = mine.data
            held, width = f"{len(data.x_test):,} held out for the test", f"{data.x.shape[1]:,} numbers a row"
            rows = f"{len(data.x):,} rows to train and validate on, {held}; {width}."
            said = [escape.as_markdown(own_file.without_code(note)) for note in data.notes]
            facts("What was read, and left out", [rows, *said])
        st.header("From your data to settings", anchor=False)
        left, right = st.columns([3, 1], gap="large", vertical_alignment="bottom")
        with right:
            seed = controls.seed()
        with left:
            begun = controls.pressed("diagnose", "Diagnose my data", help="Trains networks on it: seconds to a minute.")
        if begun:
            try:
                own_way.show(mine, seed)
            except ValueError as error:
                st.error(escape.as_markdown(f"{error}."))
else:
    show_example()
    st.info("Give a file, or try the example: the data then stand in the lists of data on the other pages too.")
copy_link()
sections.papers("your_data")
controls.lead_on()
