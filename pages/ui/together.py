"""What several settings do together: the rows of the pictures, and the sentences that their numbers write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pages.ui import effect, words
from pages.ui.effect import mean
from pages.ui.seeds import counted

from reglab.datasets import Dataset
from reglab.engine.evaluate import constant_loss

Losses = Mapping[str, Sequence[float]]  # test loss per seed, by what was turned off


def named(field: str) -> str:
    """Return a field of `Settings` in words."""
    return field.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """Return names as a list in words.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


# ---------------------------------------------------------------- the proof


def loss_title(n_classes: int | None) -> str:
    """Return what a loss axis is titled.

    >>> loss_title(10), loss_title(None)
    ('loss (nats)', 'loss (half the squared error)')
    """
    return "loss (nats)" if n_classes else "loss (half the squared error)"


def seed_rows(
    ways: Sequence[str], values: Sequence[Sequence[float]], seeds: Sequence[int], *, percent: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Return the datasets of the proof's picture of every seed; one that diverged has no value, and is counted.

    >>> [row["text"] for row in seed_rows(["a", "b"], [[0.5, 0.7], [0.4, math.nan]], [0, 1])["means"]]
    ['0.600', '0.400 (1/2)']
    """

    def show(value: float) -> str:
        return words.percent(value) if percent else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"

    rows, means = [], []
    for way, each in zip(ways, values, strict=True):
        seen = [value for value in each if math.isfinite(value)]
        rows += [
            {"way": way, "seed": str(seed), "value": value if math.isfinite(value) else None}
            for seed, value in zip(seeds, each, strict=True)
        ]
        middle = mean(seen)
        text = "diverged" if middle is None else show(middle) + counted(each)
        means.append({"way": way, "value": middle, "text": text})
    return {"seeds": rows, "means": means}


def floor(shares: Sequence[float]) -> float:
    """Return a round share below all of them.

    >>> floor([0.83, 0.91, math.nan])
    0.8
    """
    return math.floor(10 * min((share for share in shares if math.isfinite(share)), default=0.0)) / 10


def proved(
    tests: Mapping[str, Sequence[Sequence[float]]], counts: str, name: str, data: Dataset
) -> tuple[words.Comparison, words.Comparison, words.Comparison]:
    """Say what the settings did to what counts, to the other measure, and to what counts against the best checkpoint.

    tests: "loss" and "accuracy" (of a regression R squared) by seed: the baseline's, the best checkpoint's alone, and
    the settings'.
    """
    regression = data.n_classes is None
    loss, accuracy = (constant_loss(data), 0.0) if regression else effect.guess(data.name)
    guess = {"loss": loss, "accuracy": accuracy}

    def compare(measure: str, against: int, with_: str = "") -> words.Comparison:
        better = measure == "loss"
        what = "test loss" if better else "test R²" if regression else "test accuracy"
        return words.compare(
            tests[measure][against],
            tests[measure][2],
            what,
            with_=with_,
            lower_is_better=better,
            percent=not better and not regression,
            guess=guess[measure],
        )

    other = "accuracy" if counts == "loss" else "loss"
    return (
        compare(counts, 0, name),
        compare(other, 0),
        compare(counts, 1, f"{name} instead of the best checkpoint alone"),
    )


# ---------------------------------------------------------------- an ablation


def ablation_rows(losses: Losses, seeds: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """Return the datasets of the ablation's picture, from the losses by seed in the order of `leave_one_out`."""
    rows, means = [], []
    for place, (name, values) in enumerate(losses.items()):
        label = {"off": "none of them", "all": "all of them"}.get(name, f"without {named(name)}")
        who = {"off": "baseline", "all": "technique"}.get(name, "test")
        seen = [value for value in values if math.isfinite(value)]
        row = {"place": place, "way": label, "who": who}
        rows += [{**row, "seed": str(seed), "value": v} for seed, v in zip(seeds, values, strict=True) if v in seen]
        middle = mean(seen)
        text = "diverged" if middle is None else f"{middle:.3f}{counted(values)}"
        band = {"value": middle, "low": min(seen, default=None), "high": max(seen, default=None)}
        means.append({**row, **band, "text": f"{label} {text}", "number": text})
    whole = [{"value": row["value"]} for row in means if row["who"] == "technique"]
    return {
        "seeds": rows or [{"place": None, "way": "", "who": "", "seed": "", "value": None}],
        "means": means,
        "whole": whole,
    }


def carried(losses: Losses) -> words.Comparison:
    """Say which setting carried the gain and which did nothing, paired by seed.

    >>> off, all_ = [0.5, 0.52, 0.51], [0.3, 0.31, 0.30]
    >>> comparison = carried({"off": off, "all": all_, "dropout": [0.45, 0.47, 0.45], "l1": [0.3, 0.31, 0.3]})
    >>> print(comparison.sentence.partition(". ")[2])
    **Dropout** carried most: without it the loss is 0.153 higher. **Did nothing beyond the seeds' noise**: l1.
    """
    whole = words.compare(losses["off"], losses["all"], "test loss", with_="all of them")
    if not math.isfinite(whole.difference):
        return whole
    parts = {name: words.compare(v, losses["all"]) for name, v in losses.items() if name not in ("off", "all")}
    helped = sorted((n for n, c in parts.items() if c.verdict == "better"), key=lambda n: _drop(parts[n]))
    harmed = sorted((n for n, c in parts.items() if c.verdict == "worse"), key=lambda n: -parts[n].difference)
    idle = [n for n, c in parts.items() if c.verdict == "none"]
    said = [whole.sentence]
    if helped:
        first, *others = helped
        most = "carried" if whole.verdict == "better" else "helped"  # there is no gain to carry in a stack that harms
        said.append(f"**{named(first).capitalize()}** {most} most: {_without(parts[first])}.")
        said += [f"**{named(name).capitalize()}**: {_without(parts[name])}." for name in others]
    elif whole.verdict == "better" and len(parts) > 1:
        said.append("No single one carried it: with any one turned off, the others stand in for it.")
    said += [f"**{named(name).capitalize()}** did harm: {_without(parts[name])}." for name in harmed]
    if idle:
        said.append(f"**Did nothing beyond the seeds' noise**: {listed([named(name) for name in idle])}.")
    return words.Comparison(whole.verdict, " ".join(said), whole.before, whole.after, whole.difference, 0.0)


def _drop(part: words.Comparison) -> float:
    return part.difference if math.isfinite(part.difference) else -math.inf  # without it training diverged


def _without(part: words.Comparison) -> str:
    if not math.isfinite(part.difference):
        return "without it training diverges"
    return f"without it the loss is {abs(part.difference):.3f} {'higher' if part.difference < 0 else 'lower'}"


# ---------------------------------------------------------------- two settings over a grid


@dataclass(frozen=True)
class Grid:
    """A grid of two settings, measured: the cells as rows, and where the lowest mean validation loss is."""

    cells: list[dict[str, Any]]
    best: int | None
    now: str  # for screen readers

    @property
    def table(self) -> list[dict[str, Any]]:
        """The cells' values, to download."""
        return [{name: cell[name] for name in ("first", "second", "loss")} for cell in self.cells]


def value_of(value: Any) -> str:
    """Return a value on the grid as its axis writes it."""
    if value is None or value is False:
        return "off"
    return "on" if value is True else f"{value:g}"


def grid(settings: Sequence[Any], losses: Sequence[Sequence[float]], first: str, second: str) -> Grid:
    """Return the cells of a grid from its settings and their validation loss per seed."""
    means = [mean(values) for values in losses]
    seen = [value for value in means if value is not None]
    if not seen:
        return Grid(_cells(settings, means, first, second, None), None, "Nothing has been measured yet.")
    best = means.index(min(seen))
    cells = _cells(settings, means, first, second, best)
    at = cells[best]
    now = f"Lowest validation loss {min(seen):.3f} at {named(first)} {at['first']} and {named(second)} {at['second']}."
    return Grid(cells, best, now)


def _cells(
    settings: Sequence[Any], means: Sequence[float | None], first: str, second: str, best: int | None
) -> list[dict[str, Any]]:
    seen = [max(value, 1e-9) for value in means if value is not None]
    low, high = (math.log(min(seen)), math.log(max(seen))) if seen else (0.0, 1.0)
    order = {name: list(dict.fromkeys(value_of(getattr(s, name)) for s in settings)) for name in (first, second)}
    return [
        {
            "first": value_of(getattr(s, first)),
            "at": order[first].index(value_of(getattr(s, first))),
            "second": value_of(getattr(s, second)),
            "up": order[second].index(value_of(getattr(s, second))),
            "loss": value,
            "rank": None if value is None else (math.log(max(value, 1e-9)) - low) / (high - low or 1.0),
            "text": "–" if value is None else f"{value:.3f}",
            "best": number == best,
        }
        for number, (s, value) in enumerate(zip(settings, means, strict=True))
    ]


def pair_sentence(pair_grid: Grid, tests: Sequence[Sequence[float]], first: str, second: str) -> words.Comparison:
    """Say whether one setting moves the best value of the other, and what both bring beyond the better one alone.

    The cells are chosen on validation loss and compared on test loss.
    """
    if pair_grid.best is None:
        return words.Comparison("none", "Every cell diverged.", math.nan, math.nan, math.nan, math.inf)
    cells, best = pair_grid.cells, pair_grid.cells[pair_grid.best]
    low = [i for i, cell in enumerate(cells) if cell["loss"] is not None]
    a, b = named(first), named(second)
    pair = f"**{a} {best['first']}** with **{b} {best['second']}**"
    opening = f"Lowest at {pair}: validation loss **{best['loss']:.3f}**."
    lowest_by_first = {
        at: min((i for i in low if cells[i]["at"] == at), key=lambda i: cells[i]["loss"], default=None)
        for at in (0, best["at"])
    }
    start, there = lowest_by_first[0], lowest_by_first[best["at"]]
    moved = ""
    if best["at"] and start is not None and there is not None:
        was, now = cells[start], cells[there]
        same = "stays at" if was["second"] == now["second"] else "moves to"
        moved = (
            f" At {a} {was['first']} the best {b} is {was['second']}, at {a} {now['first']} it {same} {now['second']}."
        )
    alone = [i for i in low if not (cells[i]["at"] and cells[i]["up"])]
    single = min(alone, key=lambda i: cells[i]["loss"], default=None)
    if single is None or single == pair_grid.best:
        only = b if not best["at"] else a
        if not best["at"] and not best["up"]:
            return _verdict("none", f"{opening} Neither of the two brings anything here.")
        return _verdict("none", f"{opening}{moved} {only.capitalize()} alone is enough here: the other adds nothing.")
    gain = words.compare(
        tests[single],
        tests[pair_grid.best],
        "test loss",
        with_=f"both instead of {a} {cells[single]['first']} and {b} {cells[single]['second']}",
    )
    return words.Comparison(
        gain.verdict, f"{opening}{moved} {gain.sentence}", gain.before, gain.after, gain.difference, gain.half_width
    )


def _verdict(verdict: str, sentence: str) -> words.Comparison:
    return words.Comparison(verdict, sentence, math.nan, math.nan, math.nan, math.inf)
