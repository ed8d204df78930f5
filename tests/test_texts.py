"""The bundled texts, and the cut into words: nothing is lost, and what matters is known."""

import random
from pathlib import Path

import pytest

from reglab import texts

README = (texts.DATA / "README.md").read_text("utf-8")
ODD = [
    "",
    " ",
    "a",
    "...",
    "Dear {name}, it isn't %(count)d%% of 3.5!",
    "שלום עולם, زيارة جيدة؟",
    "😀👍🏽 wow 👨‍👩‍👧",
    "हिन्दी भाषा",
    "{{ user.name }} and {% if x %} <b>bold</b>",
    "a\u00a0b\tc\n",
    "x" * 5000,
    "{" * 5000,
    "%(" * 2500,
    "<a" * 2500,
    "a-" * 2500,
    "'" * 5000,
    "1," * 2500,
    "@." * 2500,
    "%5." * 1600,
]


def test_every_bundled_text_has_its_checksum_its_place_in_the_readme_and_its_licence():
    files = sorted(path.name for path in texts.DATA.glob("*.gz"))
    assert files == sorted(texts.CHECKSUMS)
    for name in files:
        assert texts.read(name)
        assert f"`{name}`" in README
    for name, words in (("wordnet", "Permission to use, copy, modify"), ("django", "Redistribution and use in source")):
        assert words in (texts.DATA / f"{name}_licence.txt").read_text("utf-8")
    assert (texts.DATA / "thesaurus.txt.gz").stat().st_size <= 200_000
    assert sum(path.stat().st_size for path in texts.DATA.glob("*.gz")) <= 400_000


def test_a_damaged_text_is_refused(tmp_path, monkeypatch):
    content = bytearray((texts.DATA / "parallel.tsv.gz").read_bytes())
    content[len(content) // 2] ^= 1
    Path(tmp_path / "parallel.tsv.gz").write_bytes(content)
    monkeypatch.setattr(texts, "DATA", tmp_path)
    with pytest.raises(ValueError, match=r"parallel\.tsv\.gz is damaged: sha256 must be 211b\w+, got \w+"):
        texts.read("parallel.tsv.gz")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: texts.read("digits"), "name must be one of definitions.tsv.gz, .*, got 'digits'"),
        (lambda: texts.parallel("es"), "language must be one of de, fr, got 'es'"),
        (lambda: texts.split("a" * 2**20), "sentence must be text of at most 5000 characters, got 1048576"),
        (lambda: texts.split(None), "sentence must be text of at most 5000 characters, got NoneType"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("sentence", ODD, ids=range(len(ODD)))
def test_a_sentence_is_put_together_as_it_was(sentence):
    words, gaps = texts.split(sentence)
    assert texts.join(words, gaps) == sentence
    assert len(texts.kinds_of(words)) == len(words) == len(gaps) - 1
    assert all(not gap.strip() for gap in gaps)


def test_random_text_is_put_together_as_it_was():
    rng = random.Random(0)
    letters = "aZé9 \n.,'-{}%()<>/@_sd😀ש"
    for _ in range(500):
        sentence = "".join(rng.choice(letters) for _ in range(rng.randrange(40)))
        assert texts.join(*texts.split(sentence)) == sentence


def test_a_text_without_placeholders_is_cut_by_the_shorter_rule_as_by_the_whole_one():
    rng = random.Random(1)
    pieces = [*"aZé9 .,'-{}%$()<>/@:_sdש😀", "http", "://", "%s", "{a}", "$", "a@b.c", "<b>", "%%", "3.5%"]
    for _ in range(5000):
        sentence = "".join(rng.choice(pieces) for _ in range(rng.randrange(12)))
        assert texts.split(sentence)[0] == [token.group() for token in texts._TOKEN.finditer(sentence)]


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("The film was not good.", "word word word negation word mark"),
        ("Anna met Rose; Bill left", "name word name mark name word"),
        ("Bill left. Rose met NASA", "word word mark word word name"),
        ("THE FILM WAS BAD", "word word word word"),
        ("I can't, {x} %s %(n)d %%", "word negation mark placeholder placeholder placeholder placeholder"),
        ("at 3.5% of 1,000 on 2nd", "word number word number word number"),
        ("see https://a.b/c?d or a.b@c.de, <br/>", "word placeholder word placeholder mark placeholder"),
        ("50% discount, 100 % sure", "number word mark number mark word"),
        ("nobody never nothing nicht jamais wasn’t", "negation negation negation negation negation negation"),
    ],
)
def test_words_are_known_for_what_they_are(sentence, kinds):
    assert texts.kinds_of(texts.split(sentence)[0]) == kinds.split()


def test_synonyms_are_other_common_words_in_small_letters():
    book = texts.thesaurus()
    assert len(book) > 6000
    for word, others in book.items():
        assert 1 <= len(others) <= 6
        assert word not in others
        assert all(other.isalpha() and other == other.lower() for other in others)


def test_parallel_sentences_are_pairs():
    for language in texts.LANGUAGES:
        pairs = texts.parallel(language)
        assert len(pairs) > 800
        assert all(english.strip() and other.strip() for english, other in pairs)
