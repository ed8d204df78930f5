"""IBM Model 1 by expectation maximization, against its formula, NLTK's table, and what it must never do."""

import itertools
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest

from reglab import translation
from reglab.text.texts import parallel
from reglab.text.translation import (
    NULL,
    likelihood_per_word,
    pair,
    share_known,
    share_returned,
    train,
    words_of,
)
from reglab.text_augmentation import back_translate

GOLDEN = json.loads((Path(__file__).parent / "golden" / "text_augmentation.json").read_text("utf-8"))


def slow_em(pairs, iterations):
    """Return t(f | e) and the log-likelihoods, straight from the paper, in loops."""
    targets = {f for _, fs in pairs for f in fs}
    t = {(e, f): 1 / len(targets) for es, fs in pairs for e in [NULL, *es] for f in fs}
    history = []
    for _ in range(iterations + 1):
        count, total, log = dict.fromkeys(t, 0.0), {}, 0.0
        for es, fs in pairs:
            for f in fs:
                sources = [NULL, *es]
                z = sum(t[e, f] for e in sources)
                log += math.log(z / len(sources))
                for e in sources:
                    count[e, f] += t[e, f] / z
                    total[e] = total.get(e, 0.0) + t[e, f] / z
        history.append(log)
        last, t = t, {(e, f): c / total[e] for (e, f), c in count.items()}
    return last, history


def random_pairs(seed):
    rng = random.Random(seed)
    return [
        tuple([rng.choice(letters) for _ in range(rng.randint(1, 5))] for letters in ("abcdef", "uvwxyz"))
        for _ in range(rng.randint(1, 12))
    ]


@pytest.mark.parametrize("seed", range(12))
def test_the_vectorised_em_is_the_papers(seed):
    pairs = random_pairs(seed)
    translator = train(pairs, 4)
    t, history = slow_em(pairs, 4)
    assert translator.log_likelihood == pytest.approx(history)
    for e, (words, p) in translator.table.items():
        assert sum(p) == pytest.approx(1)
        assert dict(zip(words, p, strict=True)) == pytest.approx({f: t[e, f] for f in words}, abs=1e-4)


@pytest.mark.parametrize("seed", range(40))
def test_the_likelihood_never_falls(seed):
    history = train(random_pairs(seed), 15).log_likelihood
    assert len(history) == 16
    assert all(b >= a - 1e-9 for a, b in itertools.pairwise(history))


@pytest.mark.parametrize("language", ["de", "fr"])
def test_the_likelihood_of_the_bundled_sentences_never_falls(language):
    for translator in pair(language):
        history = translator.log_likelihood
        assert all(b >= a for a, b in itertools.pairwise(history))
        assert history[-1] - history[0] > 10_000


@pytest.mark.parametrize("name", ["toy", "messages"])
def test_the_table_is_nltks(name):
    pairs = [(e, f) for e, f in GOLDEN[name]["pairs"]]
    translator = train(pairs, GOLDEN["iterations"])
    for e, row in GOLDEN[name]["table"].items():
        ours = dict(zip(*translator.table[e], strict=True))
        assert {f: ours[f] for f in row} == pytest.approx(row, abs=1e-6)
    assert len(GOLDEN[name]["table"]) >= 4


def test_the_first_iteration_by_hand():
    # "das haus" - "the house", "das buch" - "the book": after one iteration t(the | das) = .5, as in the textbooks.
    translator = train([(["das", "haus"], ["the", "house"]), (["das", "buch"], ["the", "book"])], 1)
    assert dict(zip(*translator.table["das"], strict=True)) == pytest.approx({"the": 0.5, "book": 0.25, "house": 0.25})
    assert translator.log_likelihood[0] == pytest.approx(4 * math.log(1 / 3))


@pytest.mark.parametrize(
    ("pairs", "iterations", "said"),
    [
        ([], 1, "pairs must hold at least one pair with a word on both sides, got none"),
        ([([], ["a"]), (["b"], [])], 1, "pairs must hold at least one pair with a word on both sides, got none"),
        ([(["a"], ["b"])], 0, "iterations must be .* at least 1, got 0"),
    ],
)
def test_what_cannot_be_trained_is_refused(pairs, iterations, said):
    with pytest.raises(ValueError, match=said):
        train(pairs, iterations)


@pytest.mark.parametrize("language", ["de", "fr"])
def test_placeholders_numbers_and_unknown_words_pass(language):
    forward, backward = pair(language)
    for text in ("{name} 3.5 %(count)d xyzzy 😀 שלום", "", "  ", "<b>!?</b>"):
        assert backward(forward(text)) == text


def test_a_negation_becomes_a_negation_and_nothing_else_does():
    for language in ("de", "fr"):
        forward, _ = pair(language)
        rng = np.random.default_rng(0)
        for sentence in ("this page is not valid", "you do not have permission"):
            for _ in range(50):
                kinds = [translation.is_negation(word) for word in words_of(forward(sentence, rng))]
                assert kinds == [translation.is_negation(word) for word in words_of(sentence)]


def test_a_draw_gives_other_translations_and_the_same_ones_again():
    forward, _ = pair("de")
    text = "Please enter a valid date."
    drawn = {forward(text, np.random.default_rng(seed)) for seed in range(20)}
    assert len(drawn) > 3
    assert forward(text, np.random.default_rng(7)) == forward(text, np.random.default_rng(7))
    assert forward(text) == forward(text)


def test_the_share_that_returns_is_counted():
    assert share_returned(["a b c d"], str, lambda text: text.replace("b", "x")) == 0.75
    assert share_returned(["a b"], str, lambda text: "a") == 0
    assert math.isnan(share_returned(["..."], str, str))
    english = [text for text, _ in parallel("de")]
    assert 0.6 < share_returned(english, *pair("de")) < 0.9  # weak, and the page says so


def test_the_embedded_pair_serves_back_translation():
    sentence = "Please enter the correct value for {field}."
    returned = back_translate(sentence, *pair("de"))
    assert returned != sentence
    assert "{field}" in returned


def test_the_share_of_known_words_is_counted():
    translator = train([(["das", "haus"], ["the", "house"])], 2)
    assert share_known(["Das Haus. Das Boot!", "Mein Haus"], translator) == 4 / 6
    assert math.isnan(share_known(["..."], translator))


@pytest.mark.parametrize("language", ["de", "fr"])
def test_the_likelihood_of_a_word_is_that_of_all_by_their_number(language):
    pairs = [(words_of(english), words_of(other)) for english, other in parallel(language)]
    pairs = [both for both in pairs if all(both)]
    for side, (values, translator) in enumerate(zip(likelihood_per_word(language), pair(language), strict=True)):
        targets = sum(len(both[1 - side]) for both in pairs)
        np.testing.assert_allclose(values * targets, translator.log_likelihood)
        assert values[0] < values[-1] < 0
