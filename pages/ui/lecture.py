"""Lecture mode, which the address asks for by `?lecture=1`: large type, answers hidden, keys through the lessons."""

from __future__ import annotations

import streamlit as st

# What shows the answers and hides them again, and the keys; a key that a control takes is left to the control.
ANSWERS = """<button type="button" id="answers" class="copy-link" aria-pressed="false">Show answers (A)</button><script>
(() => {
  const button = document.getElementById('answers'), page = document.documentElement;
  if (!button || button.dataset.ready) return;
  button.dataset.ready = '1';
  const show = (on) => {
    page.toggleAttribute('data-answers', on);
    const now = document.getElementById('answers');
    if (!now) return;
    now.setAttribute('aria-pressed', on);
    now.textContent = on ? 'Hide answers (A)' : 'Show answers (A)';
  };
  show(false);
  window.reglabAnswers = show;
  button.addEventListener('click', () => show(!page.hasAttribute('data-answers')));
  if (window.reglabKeys) return;
  window.reglabKeys = true;
  const taken = 'input, textarea, [role=radio], [role=radiogroup], [role=tab], [role=slider], [role=combobox]';
  document.addEventListener('keydown', (event) => {
    const other = event.ctrlKey || event.altKey || event.metaKey || event.target.closest(taken);
    if (other || !document.getElementById('answers')) return;
    if (event.key.toLowerCase() === 'a') window.reglabAnswers(!page.hasAttribute('data-answers'));
    if (event.key === 'ArrowRight') document.querySelector('[class*="st-key-story_"] :is(button, a)')?.click();
    if (event.key === 'ArrowLeft') {
      const lessons = [...document.querySelectorAll('[class*="-lesson"] [role=radio]')];
      const name = document.querySelector('.story')?.dataset.lesson;
      lessons[lessons.findIndex((lesson) => lesson.textContent === name) - 1]?.click();
    }
  });
})();
</script>"""


def is_on() -> bool:
    """Return whether the page's address asks for lecture mode."""
    return bool(st.query_params.get("lecture") == "1")


def address() -> dict[str, str]:
    """Return what a link to another page holds, so that a lecture goes on there."""
    return {"lecture": "1"} if is_on() else {}


def change() -> None:
    """Begin or end lecture mode, from a callback."""
    if is_on():
        del st.query_params["lecture"]
    else:
        st.query_params["lecture"] = "1"
