"""The advisor's exact answers: a changed threshold, constant or range is seen here, and made anew on purpose."""

import json
from pathlib import Path

import pytest

from tests.golden.make_advice import answer, cases

GOLDEN = json.loads((Path(__file__).parent / "golden" / "advice.json").read_text("utf-8"))
CASES = cases()


@pytest.mark.parametrize("kind", sorted(CASES, key=lambda kind: len(CASES[kind])))
def test_the_advisor_answers_as_it_did(kind):
    now = {name: answer(arguments) for name, arguments in CASES[kind].items()}
    assert {name: text for name, text in now.items() if text != GOLDEN[name]} == {}


def test_every_answer_is_asked_for():
    assert {name for kind in CASES.values() for name in kind} == GOLDEN.keys()


def test_the_answers_are_of_every_kind():
    diagnoses = {text.partition(",")[0] for text in GOLDEN.values()}
    assert len(diagnoses) == 9
    for field in ("weight_decay", "input_noise", "augment", "label_smoothing", "mixup_alpha", "clip_norm"):
        assert sum(f"{field} " in text for text in GOLDEN.values()) > 20, field
