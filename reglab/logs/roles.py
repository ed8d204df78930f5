"""Which column is what: the likely column of each role, and what is done where none has the right name."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reglab.logs.curve import MEANING, ROLES
from reglab.logs.names import LETTERS, Meaning, counts, meaning_of, words
from reglab.logs.raw import RawRun, listed

__all__ = ["Candidate", "Guess", "guess", "rate", "refusal"]

Array = NDArray[np.float64]
TIME = 1e11  # milliseconds since 1970 are above it, and no count is
SECONDS = 1e9  # since 1970
MOST_ABSENT = 0.1  # of the evaluations may be without a count
UNNAMED = {"column", "unnamed", "index", "0", "1"}
RIVALS = {"g", "d", "gen", "disc", "generator", "discriminator", "adv", "critic", "actor"}  # whose sum means nothing


class Guess(NamedTuple):
    """The roles of columns, the columns made on the way, and what was done, one sentence each."""

    roles: dict[str, str]
    columns: dict[str, Array]
    notes: tuple[str, ...]


class Candidate(NamedTuple):
    """A column that may have a role."""

    rank: tuple[float, ...]
    name: str
    meaning: Meaning


def guess(raw: RawRun) -> Guess:
    """Return the likely column of each role."""
    columns = dict(raw.columns)
    if not raw.named:
        return Guess(_by_order(columns), columns, ())
    notes: list[str] = []
    roles: dict[str, str] = {}
    step = raw.step or _step(columns)
    if step:
        roles["step"] = step
    meanings = _meanings([name for name in columns if name != step])
    _losses(columns, meanings, roles, notes)
    _accuracies(columns, meanings, roles, notes)
    val = roles.get("val_loss") or roles.get("val_accuracy")
    if not raw.step and val and (better := _step(columns, ~np.isnan(columns[val]))):
        roles["step"] = better
    if "step" not in roles:
        first = next(iter(columns))
        if _rises(columns[first]) and UNNAMED.issuperset(words(first)) and first not in roles.values():
            roles["step"] = first
    return Guess({role: roles[role] for role in ROLES if role in roles}, columns, tuple(notes))


def _meanings(names: list[str]) -> dict[str, Meaning]:
    """Return what names tell; a letter is a split where the other one makes another of them, "t_loss" and "v_loss"."""
    spelt = {words(name): name for name in names}
    meanings = {}
    for name in names:
        these = words(name)
        other = tuple({"t": "v", "v": "t"}.get(word, word) for word in these)
        it = meaning_of(name)
        if it.kind and other != these and other in spelt:
            it = meaning_of(" ".join(LETTERS.get(word, word) for word in these))
        meanings[name] = it
    return meanings


def _rises(column: Array) -> bool:
    return bool(np.isfinite(column).all() and (column % 1 == 0).all() and (np.diff(column) > 0).all())


def _by_order(columns: dict[str, Array]) -> dict[str, str]:
    """Return the roles of columns without names: steps if the first rises, then training and validation loss."""
    names = list(columns)
    first = columns[names[0]]
    if np.nanmax(first, initial=0) > TIME:  # MLflow's files of one metric, for one: only a person can tell there
        return {}
    roles = {"step": names.pop(0)} if _rises(first) and len(names) > 1 else {}
    if len(names) > 2:  # an accuracy beside a loss, or parts of one: what stands where is not known
        return {}
    losses = ("train_loss", "val_loss") if len(names) > 1 else ("val_loss",)
    return roles | dict(zip(losses, names, strict=False))


def _step(columns: dict[str, Array], rows: NDArray[np.bool_] | None = None) -> str | None:
    """Return the column that counts by its name, rather one that has a value at most of `rows`."""
    ranked = []
    for name, column in columns.items():
        count = counts(name)
        known = column[np.isfinite(column)]
        if count is None or not len(known):
            continue
        falls = int((np.diff(known) < 0).sum())
        at = known if rows is None else column[rows & np.isfinite(column)]
        still = len(at) > 1 and at.min() == at.max()
        # A count that starts again counts within something else, unless nothing else counts.
        absent = rows is not None and rows.any() and bool(np.isnan(column[rows]).mean() > MOST_ABSENT)
        ranked.append(((absent, still, falls > 0, count[1], len(words(name))), name))
    return min(ranked)[1] if ranked else None


def _candidates(
    columns: dict[str, Array], meanings: dict[str, Meaning], kind: str, split: str, most: int = 3
) -> list[Candidate]:
    """Return the columns of a kind and a split, the likeliest first; `most` values are enough."""
    candidates = []
    for name, it in meanings.items():
        if it.kind == kind and (it.split or "train") == split:
            values = min(int((~np.isnan(columns[name])).sum()), most)
            rank = (float(it.tier == 2), -float(values), float(it.strange), float(it.split is None), float(it.tier))
            candidates.append(Candidate(rank, name, it))
    return sorted(candidates, key=lambda candidate: candidate.rank)


def _losses(columns: dict[str, Array], meanings: dict[str, Meaning], roles: dict[str, str], notes: list[str]) -> None:
    """Find the two losses."""
    val = _candidates(columns, meanings, "loss", "val")
    test = _candidates(columns, meanings, "loss", "test")
    most = min(
        3, *(int((~np.isnan(columns[candidates[0].name])).sum()) for candidates in (val or test,) if candidates), 3
    )
    train = _candidates(columns, meanings, "loss", "train", most)
    if not val and test:
        val = test
        if test[0].meaning.tier != 1 or "learn" not in {word for name in columns for word in words(name)}:
            notes.append(f"The only evaluation is on {test[0].name!r}: it is taken for the validation loss.")
    if not train and len(val) > 1:
        train, val = _two_validations(val, notes)
    step = columns[roles["step"]] if "step" in roles else None
    summed = _sum(columns, train, val, step, notes)
    if summed:
        roles["train_loss"], roles["val_loss"] = summed
        return
    if val:
        best = val[0]
        same = [t for t in train if t.meaning.core == best.meaning.core]
        pick = train[0] if train else None
        if pick and pick.meaning.core != best.meaning.core:
            if same:
                pick = same[0]
            else:
                twin = next(
                    (
                        (t, v)
                        for v in val
                        for t in train
                        if t.meaning.core == v.meaning.core and v.rank[0] == best.rank[0] and v.rank[1] == best.rank[1]
                    ),
                    None,
                )
                if twin:
                    pick, best = twin
        if pick:
            roles["train_loss"] = pick.name
            _compare(columns, pick, best, roles, notes)
        roles.setdefault("val_loss", best.name)
        if best.meaning.tier == 1 and pick and pick.meaning.tier == 0:
            notes.append(
                f"{best.name!r} is not named a loss: it is taken for the validation loss beside {pick.name!r}."
            )
        if best.meaning.tier == 2 and "log(" not in roles["val_loss"]:
            notes.append(
                f"There is no validation loss by that name: {best.name!r} ({best.meaning.what}) is used as one."
            )
    elif train:
        roles["train_loss"] = train[0].name
    if any(role.endswith("loss") for role in roles):
        chosen = set(roles.values())
        others = [c.name for c in (*train, *val, *test) if c.name not in chosen]
        if others:
            notes.append(f"Other losses are left out: {listed(dict.fromkeys(others))}.")


def _compare(
    columns: dict[str, Array], train: Candidate, val: Candidate, roles: dict[str, str], notes: list[str]
) -> None:
    """Say where the two losses may be two measures; a perplexity beside a loss is made one by its logarithm."""
    if (train.meaning.tier == 2) == (val.meaning.tier == 2):
        return
    odd, other = (train, val) if train.meaning.tier == 2 else (val, train)
    if odd.meaning.what == "perplexity":
        name = f"log({odd.name})"
        with np.errstate(divide="ignore", invalid="ignore"):
            columns[name] = np.where(np.isnan(columns[odd.name]), np.nan, np.log(columns[odd.name]))
        roles["train_loss" if odd is train else "val_loss"] = name
        notes.append(f"{odd.name!r} is a perplexity: its logarithm is the loss.")
    else:
        notes.append(
            f"{odd.name!r} may be another measure than {other.name!r}: then the gap between them means little."
        )


def _two_validations(val: list[Candidate], notes: list[str]) -> tuple[list[Candidate], list[Candidate]]:
    """Return the training and the validation losses of two numbered sets, validation_0 and validation_1."""
    numbered: dict[str, list[Candidate]] = {}
    for candidate in val:
        digit = next((word for word in candidate.meaning.core if word.isdigit()), None)
        if digit is not None:
            numbered.setdefault(digit, []).append(candidate)
    if len(numbered) < 2:
        return [], val
    first, last = min(numbered, key=int), max(numbered, key=int)
    train, rest = numbered[first], numbered[last]
    notes.append(
        f"{train[0].name!r} is taken for the training set, as the first of several often is; if it is not, no training "
        "loss is known."
    )
    clean = [
        [
            c._replace(meaning=c.meaning._replace(core=tuple(w for w in c.meaning.core if not w.isdigit())))
            for c in group
        ]
        for group in (train, rest)
    ]
    return clean[0], clean[1]


def _sum(
    columns: dict[str, Array], train: list[Candidate], val: list[Candidate], step: Array | None, notes: list[str]
) -> tuple[str, str] | None:
    """Return the names of two new columns, each the sum of a split's loss components, where there is no total."""
    parts = []
    for group in (train, val):
        components: dict[tuple[str, ...], str] = {}
        for candidate in group:
            if not {"loss", "losses"}.intersection(candidate.meaning.core) or candidate.meaning.tier:
                continue
            if not candidate.meaning.strange:
                return None  # there is a total
            components.setdefault(candidate.meaning.core, candidate.name)
        parts.append(components)
    shared = [core for core in parts[0] if core in parts[1]]
    if len(shared) < 2 or len(shared) < len(parts[1]) or any(RIVALS.intersection(core) for core in shared):
        return None
    if any("step" in core or "model" in core for core in shared):  # of a batch, or of models side by side
        return None
    if _twice([columns[parts[1][core]] for core in shared]):
        return None
    names = []
    for components in parts:
        name = " + ".join(components[core] for core in shared)
        columns[name] = _together([columns[components[core]] for core in shared], step)
        names.append(name)
    notes.append(f"The losses are sums of their {len(shared)} parts: {names[0]}, and the same of validation.")
    return names[0], names[1]


def _twice(parts: list[Array]) -> bool:
    """Tell whether two columns are one thing under two names."""
    return any(np.array_equal(a, b, equal_nan=True) for at, a in enumerate(parts) for b in parts[:at])


def _together(parts: list[Array], step: Array | None) -> Array:
    """Return the sum of columns; of those that stand in rows of their own at the same step, where the last one does."""
    total: Array = np.sum(parts, axis=0)
    if step is None or np.isfinite(total).any():
        return total
    there = [np.isfinite(part) for part in parts]
    for at in np.unique(step[np.isfinite(step)]):
        rows = [np.flatnonzero(has & (step == at)) for has in there]
        if all(len(row) for row in rows):
            total[max(row[-1] for row in rows)] = sum(part[row[-1]] for part, row in zip(parts, rows, strict=True))
    return total


def _accuracies(
    columns: dict[str, Array], meanings: dict[str, Meaning], roles: dict[str, str], notes: list[str]
) -> None:
    """Find the two accuracies; one without a split belongs to the losses before it."""
    train = _candidates(columns, meanings, "accuracy", "train")
    val = _candidates(columns, meanings, "accuracy", "val") or _candidates(columns, meanings, "accuracy", "test")
    if roles.get("train_loss") == roles.get("val_loss") and "train_loss" in roles:
        return
    alone = [c for c in train if c.meaning.split is None]
    if train and not val and len(alone) == len(train):
        split, why = _whose(list(columns), alone[0].name, meanings, roles)
        if split == "val":
            notes.append(f"{alone[0].name!r} is taken for the validation accuracy: {why}.")
            train, val = [], alone
    if train:
        roles["train_accuracy"] = train[0].name
    if val:
        roles["val_accuracy"] = val[0].name


def _whose(names: list[str], name: str, meanings: dict[str, Meaning], roles: dict[str, str]) -> tuple[str, str]:
    """Return whose an accuracy without a split is, and why."""
    if name.startswith("metrics/"):
        return "val", "metrics are the validation's there"
    if name.endswith("scores_") or name.startswith("validation"):
        return "val", "its name says so"
    train = roles.get("train_loss")
    val = roles.get("val_loss")
    explicit = train is not None and val is not None and meaning_of(train).split == "train"
    if not explicit:
        return "train", ""
    before = [
        meanings[other].split for other in names[: names.index(name)] if other in meanings and meanings[other].split
    ]
    if (
        before
        and before[-1] == "train"
        and any(meanings[o].split in ("val", "test") for o in names[names.index(name) :] if o in meanings)
    ):
        return ("train", "") if names.index(name) == names.index(str(train)) + 1 else ("val", "both losses name theirs")
    return "val", "both losses name their split, and tables of that kind give the validation's"


def refusal(raw: RawRun, roles: dict[str, str]) -> str:
    """Return the sentence on columns that make no curve: what they look like, and what to do."""
    there = listed(raw.columns)
    if raw.single:
        return f"This looks like {raw.single}: add the file of the other loss."
    if raw.nothing:
        said = next(iter(raw.nothing.values()))
        return f"{said}: nothing was evaluated, so log the loss on held-out rows."
    if "train_loss" in roles:
        return (
            f"There is a {MEANING['train_loss']} ({roles['train_loss']!r}) and no {MEANING['val_loss']}: what was "
            "learnt by heart shows on held-out rows alone, so log the loss on those too."
        )
    scores = [(name, meaning_of(name)) for name in raw.columns if meaning_of(name).kind == "score"]
    if scores:
        name, it = scores[0]
        what = {"AUC": "an AUC", "F score": "an F score"}.get(
            it.what, f"a score ({it.what})" if it.what != "score" else "a score"
        )
        return f"{name!r} is {what}, which is no loss: log the loss on training and validation rows too."
    if "train_accuracy" in roles:
        return (
            f"There is a {MEANING['train_accuracy']} ({roles['train_accuracy']!r}) alone: log the loss on training and "
            "validation rows."
        )
    if not raw.named:
        return "The columns have no names, and their order does not tell them: write a line of names above them."
    return (
        f"No column is a validation loss by its name, there are {there}: name one of them val_loss and one "
        "train_loss, or choose them."
    )


def rate(raw: RawRun) -> tuple[float, ...]:
    """Return how much of a curve a finding has: both losses 5, without names 1.5, nothing 0; and how many values."""
    if raw.single:
        return (4.5, 0)
    guessed = guess(raw)
    has = guessed.roles.keys()
    count = 0
    val = guessed.roles.get("val_loss") or guessed.roles.get("val_accuracy")
    if val:
        count = int((~np.isnan(guessed.columns[val])).sum())
    if not raw.named:
        return (1.5 if "val_loss" in has else 0.5, count)
    enough = (1.0 if count >= 2 else 0.0) + (0.1 if "step" in has else 0.0)
    if {"train_loss", "val_loss"} <= has:
        return (4.0 + enough, count)
    if "val_loss" in has:
        return (3.0 + 0.3 * enough, count)
    if "val_accuracy" in has:
        return (2.0 + 0.3 * enough + 0.3 * ("train_loss" in has), count)
    if "train_loss" in has or "train_accuracy" in has:
        return (1.8, 0)
    scored = any(meaning_of(name).kind == "score" for name in raw.columns)
    return (1.6 if scored else 0.2, 0)
