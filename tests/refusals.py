"""What a wrong argument is told: one sentence, compared to the letter."""

import re

import pytest


def exactly(sentence):
    """Return the pattern of a sentence and nothing else, for `match`."""
    return rf"\A{re.escape(sentence)}\Z"


def refusal(call, *arguments, **options):
    """Return what a call with a wrong argument says."""
    with pytest.raises(ValueError, match=" must ") as caught:
        call(*arguments, **options)
    return str(caught.value)
