"""EDA's four operations and back-translation: their rates, what they may never touch, and what they refuse."""

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest

from reglab import text_augmentation as ta
from reglab.text.texts import STOP_WORDS, kinds_of, parallel, split, thesaurus
from reglab.text_augmentation import EDA, PROTECTED, augment, back_translate, changes, survival
from tests.refusals import exactly

SENTENCE = "Anna said the food was not good, but the small room near {city} was quiet and 3 waiters were friendly."
HEBREW, ARABIC = "שלום עולם טוב", "مرحبا بالعالم الجميل"
ODD = ["", " ", "...", "a", "😀👍🏽", HEBREW, ARABIC, "not", "{a} %s 3", "x" * 5000, "good " * 999]
all_operations = pytest.mark.parametrize("operation", [*EDA.values(), augment])


def protected(sentence, kinds=PROTECTED):
    words = split(sentence)[0]
    return [word for word, kind in zip(words, kinds_of(words), strict=True) if kind in kinds]


def messages():
    return [english for english, _ in parallel("de")]


@all_operations
@pytest.mark.parametrize("sentence", [SENTENCE, *ODD], ids=range(12))
def test_strength_0_and_no_stream_are_the_identity(operation, sentence):
    assert operation(sentence, 0, np.random.default_rng(0)) == sentence
    assert operation(sentence, 1.0, None) == sentence


@all_operations
@pytest.mark.parametrize("strength", [0.05, 0.3, 1.0])
def test_placeholders_numbers_negations_and_names_survive(operation, strength):
    for number, sentence in enumerate([SENTENCE, *messages()[::3]]):
        variant = operation(sentence, strength, np.random.default_rng(number))
        words = Counter(split(variant)[0])
        assert not Counter(protected(sentence)) - words
        assert split(variant)[0].count("not") == split(sentence)[0].count("not")


@all_operations
@pytest.mark.parametrize("sentence", ODD, ids=range(11))
@pytest.mark.parametrize("protect", [PROTECTED, ()])
def test_odd_text_gets_a_result(operation, sentence, protect):
    changed = operation(sentence, 1.0, np.random.default_rng(0), protect=protect)
    assert bool(changed.strip()) == bool(sentence.strip())


@all_operations
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a" * 2**20, 0.1, None), "sentence must be text of at most 5000 characters, got 1048576"),
        (("a", 1.5, None), r"strength must be in \[0, 1\], got 1.5"),
        (("a", math.nan, None), r"strength must be .*, got nan"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(operation, arguments, said):
    with pytest.raises(ValueError, match=said):
        operation(*arguments)


def test_an_unknown_kind_is_refused():
    for wrong in (("names",), "name", np.array(np.nan)):
        with pytest.raises(ValueError, match="protect must hold kinds among placeholder, number, negation, name, got "):
            ta.random_swap("a b", 0.5, np.random.default_rng(0), protect=wrong)


@pytest.mark.parametrize("operation", EDA)
def test_a_sentence_that_was_changed_before_is_changed_as_if_it_were_new(operation):
    sentence = "Anna paid 3 coins for a small open pie, not for {name}."
    for protect in (PROTECTED, ("name",), ()):
        ta._cut.cache_clear()
        first = [EDA[operation](sentence, 0.4, np.random.default_rng(seed), protect=protect) for seed in range(20)]
        again = [EDA[operation](sentence, 0.4, np.random.default_rng(seed), protect=protect) for seed in range(20)]
        assert first == again
        assert ta._cut.cache_info().currsize == 1
    other = {"small": ("wee",), "open": ("wee",)}
    changed = ta.synonym_replacement(sentence, 0.4, np.random.default_rng(0), synonyms=other)
    assert changed == "Anna paid 3 coins for a wee wee pie, not for {name}."


def test_a_list_of_words_gives_a_list_and_stays_as_it_was():
    words = ["a", "small", "open", "pie"]
    for operation in EDA.values():
        changed = operation(words, 0.5, np.random.default_rng(1))
        assert isinstance(changed, list)
        assert operation(" ".join(words), 0.5, np.random.default_rng(1)) == " ".join(changed)
    assert words == ["a", "small", "open", "pie"]


@pytest.mark.parametrize("strength", [0.1, 0.25, 0.5])
def test_deletion_loses_each_word_with_its_probability(strength):
    sentence, words = " ".join(["word"] * 200), 200
    lost = [words - len(ta.random_deletion(sentence, strength, np.random.default_rng(s)).split()) for s in range(50)]
    sigma = math.sqrt(strength * (1 - strength) / (words * 50))
    assert abs(sum(lost) / (50 * words) - strength) < 4 * sigma


@pytest.mark.parametrize(("strength", "times"), [(0.01, 1), (0.1, 1), (0.3, 3), (0.5, 5)])
def test_the_others_touch_their_share_of_the_words_and_at_least_one(strength, times):
    text = "quick small large happy friend food movie animal garden house"  # ten words, each with synonyms
    for seed in range(20):

        def made(name, seed=seed):
            return EDA[name](text, strength, np.random.default_rng(seed))

        replaced = made("synonyms").split()
        changed = [(a, b) for a, b in zip(text.split(), replaced, strict=True) if a != b]
        assert len(changed) == times
        assert all(b in thesaurus()[a] for a, b in changed)
        inserted = made("insertion").split()
        assert len(inserted) == 10 + times
        assert not Counter(text.split()) - Counter(inserted)
        swapped = made("swap").split()
        assert sorted(swapped) == sorted(text.split())
        moved = sum(a != b for a, b in zip(text.split(), swapped, strict=True))
        assert moved <= 2 * times
        assert times > 1 or moved == 2


def test_a_higher_strength_changes_what_a_lower_one_changes_and_more():
    for name, seed in itertools.product(("synonyms", "deletion"), range(10)):
        last = set()
        for strength in (0.1, 0.2, 0.4, 0.8):
            variant = EDA[name](SENTENCE, strength, np.random.default_rng(seed))
            words = Counter(split(variant)[0])
            lost = {word for word in split(SENTENCE)[0] if not words[word]}
            assert last <= lost
            last = lost


def test_stop_words_are_neither_replaced_nor_given():
    sentence = "the and of with a to in"
    for seed in range(5):
        assert ta.synonym_replacement(sentence, 1.0, np.random.default_rng(seed)) == sentence
        assert ta.random_insertion(sentence, 1.0, np.random.default_rng(seed)) == sentence
    assert not STOP_WORDS & {"not", "no", "never"}


def test_synonyms_take_the_capital_and_the_marks_of_the_word_they_replace():
    book = {"quick": ("swift",), "stop": ("halt",), "name": ("title",)}
    said = ta.synonym_replacement("Quick, {name}! Stop.", 1.0, np.random.default_rng(0), synonyms=book)
    assert said == "Swift, {name}! Halt."
    naive = ta.synonym_replacement("Quick, {name}! Stop.", 1.0, np.random.default_rng(0), protect=(), synonyms=book)
    assert naive == "Swift, {title}! Halt."


def test_without_protection_a_negation_goes():
    lost = [ta.random_deletion("not good", 0.5, np.random.default_rng(s), protect=()) for s in range(2000)]
    share = lost.count("good") / 2000  # "not" alone is drawn with probability 1/4, both with 1/4, one of which stays
    assert abs(share - 0.375) < 4 * math.sqrt(0.375 * 0.625 / 2000)
    without_not = [ta.random_deletion("not good", 0.5, np.random.default_rng(s)) for s in range(200)]
    assert set(without_not) == {"not good", "not"}


def test_any_of_the_four_is_drawn_evenly(monkeypatch):
    for name in EDA:
        monkeypatch.setitem(EDA, name, lambda sentence, strength, rng, protect, name=name: name)
    drawn = Counter(augment(SENTENCE, 0.2, np.random.default_rng(seed)) for seed in range(2000))
    assert set(drawn) == set(EDA)
    assert all(abs(count / 2000 - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 2000) for count in drawn.values())


# --- back-translation


def upper(text):
    return text.replace("small", "little").replace("quiet", "calm")


def test_back_translation_takes_any_pair_of_callables():
    assert back_translate("a small quiet room", upper, str) == "a little calm room"
    assert back_translate("a small quiet room", str, str, strength=0.0) == "a small quiet room"
    seen = []
    back_translate("a b", lambda text: seen.append(text) or "there", lambda text: seen.append(text) or "back")
    assert seen == ["a b", "there"]


def test_its_strength_is_the_share_of_the_differences_that_are_kept():
    sentence = "small x " * 50
    shares = []
    for seed in range(40):
        returned = back_translate(sentence, upper, str, strength=0.3, rng=np.random.default_rng(seed))
        assert len(returned.split()) == 100
        shares.append(returned.split().count("little") / 50)
    assert abs(np.mean(shares) - 0.3) < 4 * math.sqrt(0.3 * 0.7 / 2000)
    assert back_translate(sentence, upper, str, strength=1.0, rng=np.random.default_rng(0)) == upper(sentence)


@pytest.mark.parametrize(
    ("sentence", "returned"),
    [
        ("Not {count} files", "Not count files"),
        ("it is not good", "it is good"),
        ("it is good", "it is not good"),
        ("it costs 3.5 here", "it costs 3 here"),
        ("so Anna came", "so Hanna came"),
        ("%s of %s", "%s of"),
    ],
)
def test_a_round_trip_that_loses_or_adds_what_matters_is_refused(sentence, returned):
    assert back_translate(sentence, str, lambda text: returned) == sentence
    assert back_translate(sentence, str, lambda text: returned, protect=()) == returned
    for seed in range(10):
        back = back_translate(sentence, str, lambda text: returned, strength=0.5, rng=np.random.default_rng(seed))
        assert back == sentence


def test_a_part_of_the_differences_loses_nothing_either():
    # All of them together move the negation; one alone would drop it, or put in a second.
    made = {
        back_translate(
            "it is not so good", str, lambda text: "not it is so good", strength=0.5, rng=np.random.default_rng(seed)
        )
        for seed in range(20)
    }
    assert made == {"it is not so good", "not it is so good"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"strength": 2}, r"strength must be in \[0, 1\], got 2"),
        ({"strength": 0.5}, "rng must be a numpy.random.Generator where strength is below 1, got None at 0.5"),
        ({"forward": lambda text: None}, "forward must return text of at most 5000 characters, got NoneType"),
        ({"backward": lambda text: "a" * 9999}, "backward must return text of at most 5000 characters, got 9999"),
    ],
)
def test_back_translation_refuses_what_cannot_be(options, said):
    given = {"forward": str, "backward": str, **options}
    with pytest.raises(ValueError, match=said):
        back_translate("a b", **given)


# --- what has changed


def test_changes_put_sentence_and_variant_together_again():
    rng = random.Random(0)
    for _ in range(200):
        a, b = ([rng.choice("abcd") for _ in range(rng.randrange(8))] for _ in range(2))
        marked = changes(" ".join(a), " ".join(b))
        assert [word for word, mark in marked if mark != "new"] == a
        assert [word for word, mark in marked if mark != "lost"] == b
        assert 0 <= survival(" ".join(a), " ".join(b)) <= 1


def test_survival_counts_what_is_in_its_place():
    assert survival("a b c d", "a b c d") == survival("", "") == 1
    assert survival("a b c d", "a c") == 0.5
    assert survival("a b c d", "a c b d") == 0.5
    assert survival("a b", "a x b y") == 1


# --- a list is the words of one sentence ---


@all_operations
def test_a_list_of_sentences_is_not_taken_for_the_words_of_one(operation):
    for sentences in (["a small open pie", "a tree"], ["pie", "two small pies"]):
        with pytest.raises(ValueError, match=r"^(text|sentence) must be "):
            operation(sentences, 0.5, np.random.default_rng(0))


def test_the_sentence_says_which_one_and_what_to_do():
    said = "text must be one sentence or a list of its words, got a list with 'a small open pie' in it: "
    with pytest.raises(ValueError, match=exactly(f"{said}change each sentence by itself")):
        ta.random_swap(["a small open pie", "a tree"], 0.5, None)
    with pytest.raises(ValueError, match=exactly("sentence must be text of at most 5000 characters, got list")):
        ta.augment(["a small open pie"], 0.5, np.random.default_rng(0))


def test_words_may_have_marks_and_placeholders_may_have_blanks():
    words = ["Dear", "{% name of the guest %}", "<a href=x>", "pie!"]
    assert len(ta.random_swap(words, 0.5, np.random.default_rng(0))) == 4


def test_other_words_than_text_are_refused():
    for words in (["a", 5], ["a", None], [["a"]]):
        with pytest.raises(ValueError, match=r"^text must be a sentence or a list of its words, got "):
            ta.random_deletion(words, 0.5, np.random.default_rng(0))
