"""Bags of words against scikit-learn's, and IBM Model 1's likelihood against SciPy's optimum."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.feature_extraction.text import CountVectorizer

from reglab.text.text_task import NAMES, bag_of_words, load_text
from reglab.text.texts import split
from reglab.text.translation import NULL, train


@pytest.mark.parametrize("name", NAMES)
def test_bags_of_words_are_scikit_learns(name):
    task = load_text(name)
    theirs = CountVectorizer(
        binary=True, vocabulary=list(task.vocabulary), tokenizer=lambda text: split(text)[0], token_pattern=None
    )
    np.testing.assert_array_equal(bag_of_words(task.pool, task.vocabulary), theirs.transform(task.pool).toarray())


def test_em_ends_at_the_maximum_of_the_likelihood():
    """Model 1's likelihood has one maximum, which a general optimizer finds too."""
    texts = [("das haus", "the house"), ("das buch", "the book"), ("ein buch", "a book"), ("ein haus", "a house")]
    pairs = [(german.split(), english.split()) for german, english in texts]
    sources = [NULL, *sorted({e for es, _ in pairs for e in es})]
    targets = sorted({f for _, fs in pairs for f in fs})

    def loss(flat):
        t = np.exp(log_softmax(flat.reshape(len(sources), len(targets)), axis=1))
        total = 0.0
        for es, fs in pairs:
            rows = [0, *(sources.index(e) for e in es)]
            total += sum(np.log(t[rows, targets.index(f)].mean()) for f in fs)
        return -total

    start = np.random.default_rng(0).normal(size=len(sources) * len(targets))
    best = minimize(loss, start, method="BFGS", options={"gtol": 1e-8})
    assert train(pairs, 400).log_likelihood[-1] == pytest.approx(-best.fun, abs=1e-3)
