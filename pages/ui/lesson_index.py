"""Every page's lessons, read from the pages themselves without running them, and links that open one."""

from __future__ import annotations

import ast
from functools import cache

import streamlit as st

from pages.ui import lecture
from pages.ui.layout import link
from pages.ui.pages import PAGES_FOLDER, Page


@cache
def lessons_of(page: Page) -> tuple[str, ...]:
    """Return the names of a page's lessons: the keys of its LESSONS; none while its script is not there."""
    if not page.exists:
        return ()
    for node in ast.parse((PAGES_FOLDER / f"{page.name}.py").read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "LESSONS" for target in targets):
            value = getattr(node, "value", None)
            keys = value.keys if isinstance(value, ast.Dict) else []
            return tuple(key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
    return ()


def lesson_link(page: Page, lesson: str, label: str = "", **values: str) -> None:
    """Link to a lesson; to the page as it opens where it has no lesson of that name.

    values: of controls that differ from the lesson, as the page's links write them.
    """
    if lesson in lessons_of(page):
        parameters = {f"{page.name}_{name}": value for name, value in {"lesson": lesson, **values}.items()}
        st.page_link(f"pages/{page.name}.py", label=label or lesson, query_params={**lecture.address(), **parameters})
    else:
        link(page, label)
