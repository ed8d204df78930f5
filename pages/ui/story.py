"""A lesson's story: what to look at, a question, and where on the page it is told. Plain data and its HTML.

A lesson is opened at its story: the script that is sent with one scrolls there once, unless the reader moves first.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

FIRST = "mechanism"  # the place at the top of a page, above its first picture

ARRIVE = """
(() => {
  const main = document.querySelector('[data-testid="stMain"]'), arrived = 'ARRIVED';
  if (!main || window.reglabArrived === arrived) return;
  window.reglabArrived = arrived;
  window.reglabAnswers?.(false);
  let moved = false, smooth = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const stop = () => { moved = true; };
  const moves = ['wheel', 'touchmove', 'keydown', 'pointerdown'];
  for (const move of moves) window.addEventListener(move, stop, {once: true, capture: true, passive: true});
  const app = document.querySelector('[data-testid="stApp"]');
  let until = 0;  // what is drawn last may move the page once more
  const go = () => {
    if (!until || app.dataset.testScriptState === 'running') until = performance.now() + 3000;
    if (moved || window.reglabArrived !== arrived || performance.now() > until) return;
    const story = document.querySelector(`.story[data-arrived="${arrived}"]`);
    let wait = 200;
    if (story) {
      const above = story.getBoundingClientRect().top - main.getBoundingClientRect().top;
      const top = story.dataset.place === 'FIRST' ? 0 : Math.max(0, main.scrollTop + above - 72);
      if (Math.abs(main.scrollTop - top) > 3) {
        main.scrollTo({top, behavior: smooth ? 'smooth' : 'instant'});
        [smooth, wait] = [false, smooth ? 900 : 200];
      }
    }
    setTimeout(go, wait);
  };
  go();
})();
""".replace("FIRST", FIRST)


@dataclass(frozen=True)
class Story:
    """What a lesson tells: what to look at, one question, and the place on the page that both are about.

    at: "mechanism", the first picture; "effect", the training's; "closer", the one after; "tab", the page's tabs.
    """

    look: str
    ask: str
    at: str = FIRST


def as_html(lesson: str, story: Story, arrived: int) -> str:
    """Return a lesson's story as HTML; arrived: how many lessons were opened so far, 0 where none is scrolled to.

    >>> as_html("Too much", Story("Look at <it>.", "Why?"), 0).partition(">")[2]
    'Look at &lt;it&gt;. <em>Why?</em></p>'
    """
    words = f"{html.escape(story.look)} <em>{html.escape(story.ask)}</em>"
    script = f"<script>{ARRIVE.replace('ARRIVED', str(arrived))}</script>" if arrived else ""
    what = f'data-lesson="{html.escape(lesson)}" data-arrived="{arrived}" data-place="{story.at}"'
    return f'<p class="story" {what}>{words}</p>{script}'
