"""The words that a first-year student may not know, each in one sentence, and the mark that tells it where it stands.

A term is explained where a sentence has it first, to the pointer and to the keyboard.
"""

from __future__ import annotations

import html
import re

TERMS = {
    "nats": "The unit of a loss by the natural logarithm: 1 nat less is a probability 2.7 times as high, on average.",
    "paired difference": "The difference between two runs of the same seed, which share rows, weights and order.",
    "95 % interval": "Where the mean over ever more seeds is expected: such an interval holds it 19 times in 20.",
    "evaluation mode": "How a network is used: nothing is dropped, mixed or changed at random.",
    "training mode": "How a network is trained: dropout and other chance is on, so that its loss is another.",
    "evaluation": "A look at the losses in the course of training; early stopping counts these.",
    "patience": "How many evaluations without a new lowest loss are waited for before training stops.",
    "regret": "How much more loss the stopped weights have than the best ones of the whole run.",
    "calibration error": "How far what a network says of its sureness is from how often it is right.",
    "ECE": "Expected calibration error: the mean distance between sureness and the share that is right.",
    "degrees of freedom": "How many coefficients a fit is free to choose: with a penalty, less than their number.",
    "clean gap": "Validation loss minus training loss, both with everything random turned off.",
    "constant guess": "The same answer for every row, the best such one: a network should do better.",
    "ridge path": "All solutions of a linear regression, from no L2 penalty to a strong one.",
    "GL": "Generalization loss: by how many percent the validation loss is above its lowest so far.",
    "PQ": "GL divided by how much the training loss still moves: a rise counts less while training still gains.",
    "UP": "Stops once the validation loss has risen from strip to strip so many times in a row.",
}
# The longest first: an evaluation mode is no evaluation.
_TERM = re.compile(rf"\b({'|'.join(map(re.escape, sorted(TERMS, key=len, reverse=True)))})(?!\w)(?![^<]*>)")


def explain(text: str, explained: set[str]) -> str:
    """Return HTML in which each term that is not yet explained is marked, and add those to what is.

    >>> explain("a <b>regret</b> of 0.1, the regret", set()).count("data-means")
    1
    """

    def mark(match: re.Match[str]) -> str:
        term = match[1]
        if term in explained:
            return term
        explained.add(term)
        means = html.escape(TERMS[term])
        return f'<abbr class="term" tabindex="0" title="{means}" data-means="{means}">{term}</abbr>'

    return _TERM.sub(mark, text)
