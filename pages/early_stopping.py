"""Early stopping: when to stop, what is returned, and what it costs against the best evaluation of the whole run."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.charts import early_stopping as pictures
from pages.ui import charts, controls, curve_text, effect, panels, runs, scrub, sections, words
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.words import percent

from reglab import curves as own_curves
from reglab import early_stopping, experiments
from reglab.curves import ROLES, CurveError
from reglab.datasets import load
from reglab.early_stopping import Stop, gl_stop, patience_stop, pq_stop, up_stop
from reglab.settings import Settings, Training
from reglab.train import constant_loss

DATA = {name: load(name).title for name in ("digits", "breast_cancer", "wine", "mnist1d", "moons")}
SIZES = (50, 100, 200, 400)
NOISES = (0.0, 0.2, 0.4)
VALIDATION_ROWS = (25, 50, 100, 200)
PATIENCES = tuple(range(1, 21))
BASE = Settings(learning_rate=3e-3)
TRAINING = Training(max_steps=400)
TEST_ROWS = 25  # in each half, where the test rows are stopped on
MAX_CHARS = 8000  # of a pasted curve, which the link holds
OWN_ROWS = 200  # kept of a longer one
CHECKED = (
    "GL, PQ and UP are Prechelt's rules, and agree with public implementations such as "
    "[EarlyStopping.jl](https://github.com/JuliaAI/EarlyStopping.jl/blob/HEAD/src/criteria.jl), whose strips are of "
    "one evaluation."
)

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "patience": 5, "curve": "run", "data": "breast_cancer", "n": 50.0, "noise": 0.0, "seed": 0,
        "seeds": 5, "min_delta": 0.0, "smoothing": 0.0, "n_val": 100.0, "gl": 2.0, "pq": 0.5, "up": 2, "strip": 5,
        "effect": "rules", "restore": False, "one_off": False, "metric": False, "train": False, "test": False,
        "tab": sections.TABS[0],
    },
    "Too hasty": {"patience": 1, "data": "digits", "n": 400.0},
    "When it does nothing": {"patience": 20, "data": "digits", "n": 400.0},
    "Noisy labels": {"data": "digits", "n": 200.0, "noise": 0.4, "effect": "map"},
    "Few validation rows": {"n_val": 25.0},
    "Loss or accuracy": {"data": "mnist1d", "patience": 10, "seeds": 10, "metric": True, "tab": sections.TABS[1]},
    "Reference curves": {"curve": "reference", "patience": 10},
    "Your own curve": {"effect": "own"},
}  # fmt: skip
EFFECTS = {"rules": "Rules compared", "map": "Patience, noise and n", "own": "Your own curve"}
CURVES = {"run": "Run", "reference": "Reference"}
AXIS = "evaluation, counted from 0"


@dataclass(frozen=True)
class Rules:
    """The present settings of all rules."""

    patience: int
    min_delta: float
    smoothing: float
    gl: float
    pq: float
    up: int
    strip: int

    def read(self, val: Any, train: Any) -> dict[str, Stop]:
        """Return where each rule stops on validation and train losses, one curve or many."""
        found = {f"patience {self.patience}": self.wait(val)}
        found[f"GL {self.gl:g}"] = gl_stop(val, self.gl)
        if train is not None:
            found[f"PQ {self.pq:g}"] = pq_stop(val, train, self.pq, self.strip)
        found[f"UP {self.up}"] = up_stop(val, self.up, self.strip)
        return found

    def wait(self, val: Any, patience: int | None = None) -> Stop:
        """Return where a patience stops, by default the present one."""
        return patience_stop(val, patience or self.patience, self.min_delta, self.smoothing)

    def never(self, val: Any) -> Stop:
        """Return what going to the end returns, watching as the patience does."""
        return patience_stop(val, None, self.min_delta, self.smoothing)

    @property
    def name(self) -> str:
        """The present patience as a sentence calls it."""
        more = [f"{what} {value:g}" for what, value in (("min_delta", self.min_delta), ("smoothing", self.smoothing))
                if value]  # fmt: skip
        return f"patience {self.patience}" + (f" ({', '.join(more)})" if more else "")


def below(values: Sequence[float], top: float) -> list[tuple[float, float | None]]:
    """Return the points of a curve, cut where it leaves the axis: a panel does not clip."""
    points: list[tuple[float, float | None]] = []
    for i, value in enumerate(values):
        was = values[i - 1] if i else math.nan
        if (value - top) * (was - top) < 0:
            points.append((i - 1 + (top - was) / (value - was), top))
        points.append((i, value if value <= top else None))
    return points


def number(value: float) -> str:
    """Return a loss with three digits, a dash for none."""
    return "–" if math.isnan(value) else f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"


def mean(values: Any) -> float:
    """Return the mean over all seeds that have a value, nan where none has."""
    middle = effect.mean(values.ravel().tolist())
    return math.nan if middle is None else middle


def count_of(average: float, noun: str) -> str:
    """Return an average count with its noun."""
    text = f"{average:.1f}".removesuffix(".0")
    return f"{text} {noun}{'' if text == '1' else 's'}"


def tell(found: words.Comparison, more: str = "", button: str = "", before: str = "") -> None:
    """Write a comparison between other sentences; button: the name of the one that adds seeds."""
    sentence = " ".join(part for part in (before, found.sentence, more) if part)
    sections.measured(replace(found, sentence=sentence), more=button)


def guess(data: str) -> float:
    """Return what a constant guess comes to in loss."""
    return constant_loss(load(data))


def largest_class(data: str) -> float:
    """Return the accuracy of a constant guess."""
    labels = load(data).y_test.tolist()
    return max(map(labels.count, set(labels))) / len(labels)


# ------------------------------------------------------------------ the mechanism


def draw(
    name: str, rules: Rules, steps: list[float], train: list[float] | None, val: list[float],
    test: list[float] | None = None, *, x_title: str = AXIS, unit: str = "loss (nats)", place: Any = None,
    pinning: bool = True, noun: str = "evaluation",
) -> dict[str, Stop]:  # fmt: skip
    """Draw one curve with every rule's stop and return, and what stopping costs; return where the rules stop."""
    size, truth = len(val), test or val
    what = "test loss" if test else "validation loss"
    stops = rules.read(val, train)
    best = early_stopping.best_so_far(val, rules.min_delta, rules.smoothing).tolist()
    least = min((v for v in truth if math.isfinite(v)), default=math.nan)
    restored = [truth[at] - least if at >= 0 else math.nan for at in best]
    kept = [v - least for v in truth]
    seen = [curve for curve in (train, val, test) if curve]
    last = [next((v for v in reversed(curve) if math.isfinite(v)), 0.0) for curve in seen]
    top = charts.ceiling([1.35 * max(last), 1.9 * min((v for v in val if math.isfinite(v)), default=0.0)])
    cost = {k: truth[s.returned] - least if s.returned >= 0 else math.nan for k, s in stops.items()}
    prices = [*cost.values(), *kept[size // 2 :]]
    cost_top = charts.ceiling([max((p for p in prices if math.isfinite(p)), default=1.0)])
    own = next(iter(stops.values()))

    def heading(t: int) -> str:
        at = f"stop at {t}" + ("" if steps[t] == t else f" (step {steps[t]:g})")
        return f"{at}: returns {best[t]}, {what} {number(truth[best[t]])}" if best[t] >= 0 else at

    places = [(t + 0.5) / size for t in range(size)]
    losses = [
        {"level": x, "value": y, "who": who}
        for who, curve in (("train", train), ("validation", val), ("test", test)) if curve for x, y in below(curve, top)
    ]  # fmt: skip
    watched = early_stopping.exponential_smoothing(val, rules.smoothing).tolist() if rules.smoothing else []
    crowded = test is None or train is None or min(last[1:]) - last[0] < 0.15 * top
    under = "" if crowded else "test" if last[1] > last[2] else "validation"
    ends = [
        {
            "level": size - 1, "value": min(end, 0.97 * top), "text": who, "who": who,
            "side": "under" if who == under else "over",
        }
        for who, end in zip(
            [w for w, c in (("train", train), ("validation", val), ("test", test)) if c], last, strict=True
        )
    ]  # fmt: skip
    lanes = [
        {
            "lane": lane, "returned": stop.returned, "stop": stop.stop, "who": "baseline" if lane else "technique",
            "value": val[stop.returned] if stop.returned >= 0 and val[stop.returned] <= top else None,
            "cost": cost[label] if cost[label] <= cost_top else None,
            "name": label + (" to the end" if stop.stop == size - 1 else ""),
            "side": "right" if stop.stop < 0.6 * size else "left",
        }
        for lane, (label, stop) in enumerate(stops.items())
    ]  # fmt: skip
    both = (("technique", restored, "restored"), ("mistake", kept, "not restored"))
    legend = [
        {"level": t, "who": who, "slot": 0.45 * i, "place": 126 * i, "text": f"{text} +{number(values[t])}"}
        for i, (who, values, text) in enumerate(both) for t in range(size) if math.isfinite(values[t])
    ]  # fmt: skip
    waits = [(patience, rules.wait(val, patience).stop) for patience in PATIENCES]
    nearest = [min(waits, key=lambda wait, t=t: (abs(wait[1] - t), wait[0]))[0] for t in range(size)]
    key = f"picture_{name}"
    select: dict[str, Any] = {}
    if pinning:
        select = {"key": controls.key(key), "on_select": scrub.keep("patience", nearest, key), "selection_mode": "pin"}
    charts.show(
        pictures.curves(size, x_title, unit, f"{what} above the best{unit.removeprefix('loss')}"),
        {
            "now": [{"level": own.stop, "top": top, "cost_top": cost_top}],
            "levels": [
                {**row, "text": heading(row["level"])}
                for part in range(2) for row in scrub.between(places, part)
            ],
            "losses": losses,
            "watched": [{"level": x, "value": y, "who": "technique"} for x, y in below(watched, top)]
            or [{"level": None, "value": None, "who": "technique"}],
            "names": ends,
            "lanes": lanes,
            "here": [
                {"level": t, "at": at, "value": val[at] if val[at] <= top else None}
                for t, at in enumerate(best) if at >= 0
            ],
            "cost": [
                {"level": x, "value": y, "who": who} for who, values, _ in both for x, y in below(values, cost_top)
            ],
            "legend": legend,
        },
        place=place, height="stretch", **select,
        alt_text=f"Left: train and validation loss by {noun}; above them, for each stopping rule, a line from the "
        f"{noun} that it returns to the one at which it stops. Right: how far the {what} lies above its lowest when "
        "stopping there, with the best weights restored and with those at the stop kept.",
        now="; ".join(
            f"{label} stops at {stop.stop} and returns {stop.returned}, {number(cost[label])} above the best"
            for label, stop in stops.items()
        ) + ".",
    )  # fmt: skip
    return stops


def limits(data: str, n_val: int) -> tuple[int, tuple[int, ...]]:
    """Return how many validation rows a dataset has, at most those, and the numbers of training rows beside them."""
    pool = len(load(data).x)
    rows = min(n_val, pool // 3)
    return rows, tuple(size for size in SIZES if size + rows <= pool)


def train(
    data: str, noises: tuple[float, ...], sizes: tuple[int, ...], n_val: int, seeds: tuple[int, ...], **watching: Any
) -> Any:  # fmt: skip
    """Return whole runs, trained once for everyone."""
    return runs.compute(
        experiments.stopping_curves, data, noises, sizes, BASE, TRAINING, n_val=n_val, seeds=seeds, note="Training",
        **watching,
    )  # fmt: skip


def rows_in_words(data: str, noise: float, n: int, n_val: int) -> str:
    """Return what is trained and validated on."""
    labels = f", {percent(noise)} of the labels shuffled" if noise else ""
    return f"{DATA[data]}, n = {n}, {n_val} rows to validate{labels}"


def show_run(rules: Rules, data: str, noise: float, n: int, n_val: int, seeds: tuple[int, ...]) -> Any:
    """Draw the first seed's run while it trains; return the runs of all seeds."""
    average = "; thin: the average that patience watches" if rules.smoothing else ""
    charts.title(
        "When to stop",
        f"{rows_in_words(data, noise, n, n_val)}, seed {seeds[0]}; ● returns ■ stops{average}; hover to scrub, click "
        "to keep",
    )
    bar, picture = st.empty(), st.container(key="panels_early_stopping_run", gap=None).empty()

    def curves_of(found: Any) -> dict[str, Any]:
        measures = {k: getattr(found, f"{k}_loss")[0, 0, 0].tolist() for k in ("train", "val", "test")}
        return {"steps": found.steps.tolist(), **measures}

    def partial(found: Any) -> None:
        told = curves_of(found)
        if math.isfinite(told["val"][0]):
            draw("run", rules, **told, place=picture, pinning=False)

    found = train(data, (noise,), (n,), n_val, seeds, on_partial=partial, place=bar)
    draw("run", rules, **curves_of(found), place=picture)
    return found


def say_run(rules: Rules, found: Any) -> None:
    """Say what the present patience did in all seeds."""
    own = experiments.outcome(found, rules.wait(found.val_loss))
    stop, back = int(own.stop[0, 0, 0]), int(own.returned[0, 0, 0])
    ends = found.test_loss[0, 0, :, -1].tolist()
    compared = words.compare(ends, own.loss[0, 0].tolist(), "test loss", guess=guess(found.dataset),
                             with_=f"{rules.name} instead of all {found.steps[-1]} steps")  # fmt: skip
    does = (
        "does not stop before the end" if stop == len(found.steps) - 1
        else f"stops at evaluation {stop}, step {found.steps[stop]} of {found.steps[-1]},"
    )  # fmt: skip
    returns = (
        f"and returns evaluation **{back}**, whose test loss is **{number(own.regret[0, 0, 0])}** above the run's "
        "lowest" if back >= 0 else "and returns nothing, since no validation loss is finite"
    )  # fmt: skip
    tell(
        compared,
        f"On average what it returns is **{number(mean(own.regret))}** above its run's lowest test loss, and it saves "
        f"**{percent(mean(own.saved))}** of the steps.",
        "run_more", before=f"In this run {rules.name} {does} {returns}.",
    )  # fmt: skip


def show_reference(rules: Rules) -> None:
    """Draw the reference curves, which are formulas, and say so."""
    made = early_stopping.reference_curves()
    charts.title("The reference curves", "two formulas, no training; ● returns ■ stops; hover to scrub, click to keep")
    picture = st.container(key="panels_early_stopping_reference", gap=None).empty()
    epochs, val = made.epoch.tolist(), made.val_loss.tolist()
    stops = draw("reference", rules, epochs, made.train_loss.tolist(), val, x_title="epoch, counted from 0",
                 unit="loss", place=picture, noun="epoch")  # fmt: skip
    own = next(iter(stops.values()))
    best = min(range(len(val)), key=val.__getitem__)
    sections.say(
        f"The lowest validation loss is at epoch **{best}**, **{val[best]:.4f}**. {rules.name.capitalize()} stops at "
        f"epoch **{own.stop}** and returns epoch **{own.returned}**, {val[own.returned]:.4f}. The fall from "
        f"{val[best - 1]:.3f} at epoch {best - 1} to {val[best]:.3f} at epoch {best} is in the formula: no real run "
        "looks like it.",
        "better" if own.returned == best else "worse",
    )


# ------------------------------------------------------------------ the effect


def outcomes(found: Any, rules: dict[str, Stop]) -> list[dict[str, Any]]:
    """Return what each rule comes to in every run, as rows to download."""
    steps, table = found.steps.tolist(), []
    for label, stop in rules.items():
        got = experiments.outcome(found, stop)
        each = {
            "stop_evaluation": got.stop, "stop_step": found.steps[got.stop], "returned_evaluation": got.returned,
            "test_loss": got.loss, "regret": got.regret, "share_of_steps_saved": got.saved,
        }  # fmt: skip
        for i, noise in enumerate(found.noises):
            for j, size in enumerate(found.sizes):
                for k, seed in enumerate(found.seeds):
                    row = {name: values[i, j, k].item() for name, values in each.items()}
                    back = row["returned_evaluation"]
                    table.append({
                        "dataset": found.dataset, "share_of_labels_shuffled": noise, "n_train": size,
                        "n_val": found.n_val, "seed": seed, "rule": label, **row,
                        "returned_step": steps[back] if back >= 0 else None,
                    })  # fmt: skip
    return table


def curves_of_all(found: Any) -> list[dict[str, Any]]:
    """Return the curves of every seed, as rows to download."""
    names = ("train_loss", "val_loss", "test_loss", "val_accuracy", "test_accuracy")
    told = {"dataset": found.dataset, "share_of_labels_shuffled": found.noises[0], "n_train": found.sizes[0],
            "n_val": found.n_val}  # fmt: skip
    return [
        {**told, "seed": seed, "evaluation": t, "step": step,
         **{name: getattr(found, name)[0, 0, k, t].item() for name in names}}
        for k, seed in enumerate(found.seeds) for t, step in enumerate(found.steps.tolist())
    ]  # fmt: skip


def last_kept(found: Any) -> Stop:
    """Return going to the end and keeping what is there."""
    end = patience_stop(found.val_loss, None).stop
    return Stop(end, end)


def show_rules(rules: Rules, found: Any) -> list[dict[str, Any]]:
    """Draw what every rule costs and saves; return the rows to download."""
    charts.title("Rules compared", f"{rows_in_words(found.dataset, found.noises[0], found.sizes[0], found.n_val)}, "
                 f"mean and range over {len(found.seeds)} seeds")  # fmt: skip
    val = found.val_loss
    ways = rules.read(val, found.train_loss)
    for patience in (1, PATIENCES[-1]):
        ways.setdefault(f"patience {patience}", rules.wait(val, patience))
    ways["to the end, best restored"] = rules.never(val)
    ways["to the end, not restored"] = last_kept(found)
    table = outcomes(found, ways)
    drawn: dict[str, list[dict[str, Any]]] = {"regret": [], "share_of_steps_saved": []}
    for lane, label in enumerate(ways):
        who = "technique" if not lane else "mistake" if "not restored" in label else "baseline"
        for part, (measure, rows) in enumerate(drawn.items()):
            values = [row[measure] for row in table if row["rule"] == label and math.isfinite(row[measure])]
            middle = effect.mean(values)
            text = "diverged" if middle is None else percent(middle) if part else number(middle)
            rows.append({
                "part": part, "lane": lane + 0.15, "above": lane - 0.3, "mean": middle,
                "low": min(values, default=None), "high": max(values, default=None), "text": f"{label}: {text}",
                "who": who,
            })  # fmt: skip
    highest = charts.ceiling([row["high"] for row in drawn["regret"] if row["high"] is not None])
    panels.show(
        pictures.compared(len(ways)),
        {"now": [{"top": highest}], "rules": [row for rows in drawn.values() for row in rows]},
        key=controls.key(f"picture_rules_{len(ways)}_three"),  # as high as three panels in a stack
        alt_text="Left: how far the test loss of what each rule returns lies above the run's lowest. Right: the share "
        "of training steps that each rule saves.",
        now="; ".join(
            f"{a['text']}, saves {b['text'].rpartition(': ')[2]}" for a, b in zip(*drawn.values(), strict=True)
        ),
    )  # fmt: skip

    def average(label: str, measure: str) -> float:
        return mean(getattr(experiments.outcome(found, ways[label]), measure))

    body = "".join(
        f"<tr><td class='name'>{label}</td>" + "".join(
            f'<td class="number">{text}</td>' for text in (
                f"{average(label, 'stop'):.1f}", f"{average(label, 'returned'):.1f}",
                number(average(label, "loss")), number(average(label, "regret")), percent(average(label, "saved")),
            )
        ) + "</tr>"
        for label in ways
    )  # fmt: skip
    heads = ("rule", "stops at", "returns", "test loss", "regret", "steps saved")
    # No rule is called the best: the test rows that would choose it would then flatter it.
    end, own = (experiments.outcome(found, stop).loss[0, 0].tolist() for stop in (rules.never(val), rules.wait(val)))
    tell(
        words.compare(end, own, "test loss", guess=guess(found.dataset),
                      with_=f"{rules.name} instead of going to the end and restoring the best"),
        f"Going to the end without restoring costs **{number(average('to the end, not restored', 'regret'))}** "
        "against the run's lowest. Of two rules that return the same evaluation, the later only saves less.",
        "rules_more",
    )  # fmt: skip
    with st.expander("The same as a table"):
        st.html(
            f'<table class="settings-table"><thead><tr>{"".join(f"<th>{h}</th>" for h in heads)}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )
    st.caption(f"{CHECKED} Here they look at strips of evaluations, which are dense at first and sparse later.")
    return table


def show_map(
    rules: Rules, data: str, noise: float, n: int, n_val: int, seeds: tuple[int, ...]
) -> Callable[[], list[dict[str, Any]]]:  # fmt: skip
    """Draw regret by noise and size, and by patience in one cell; return what makes the rows to download."""
    _, sizes = limits(data, n_val)
    charts.title("Regret by patience, noise and n", f"{DATA[data]}, {n_val} rows to validate, mean of {len(seeds)} "
                 "seeds; hover over the cells to scrub, click to keep")  # fmt: skip
    bar, picture = st.empty(), st.container(key="panels_early_stopping_map", gap=None).empty()
    cells = [(i, j) for i in range(len(NOISES)) for j in range(len(sizes))]
    present = cells.index((NOISES.index(noise), sizes.index(n)))
    own = PATIENCES.index(rules.patience)

    def keep() -> None:
        picked = (st.session_state.get(controls.key("picture_map")) or {}).get("selection", {}).get("pin")
        if picked:
            i, j = cells[int(picked[0]["level"])]
            controls.set_values({"noise": NOISES[i], "n": float(sizes[j])})

    def show(found: Any, live: bool = True) -> Any:
        cost = experiments.patience_regret(found, PATIENCES, rules.min_delta, rules.smoothing)
        each = {cell: [effect.mean(by_seed) for by_seed in cost[:, cell[0], cell[1]].tolist()] for cell in cells}
        end = rules.never(found.val_loss).returned  # (noises, sizes, seeds)
        same = [(rules.wait(found.val_loss, p).returned == end).all(axis=-1) for p in PATIENCES]
        others = {
            label: experiments.outcome(found, stop).regret
            for label, stop in list(rules.read(found.val_loss, found.train_loss).items())[1:]
        }
        prices = [middle[own] for middle in each.values() if middle[own] is not None]
        highest = max(prices, default=1.0) or 1.0
        known_costs = [*cost.ravel().tolist(), *(v for regrets in others.values() for v in regrets.ravel().tolist())]
        top = charts.ceiling(known_costs)
        patience_rows, map_rows, levels, other_rows = [], [], [], []
        for level, (i, j) in enumerate(cells):
            middle = each[i, j]
            at = f"{percent(NOISES[i])} shuffled, n = {sizes[j]}"
            known = middle[own] is not None
            map_rows.append({"level": level, "column": j, "row": i, "share": (middle[own] or 0.0) / highest,
                             "text": number(middle[own]) if known else "…"})  # fmt: skip
            first = next((p for p, all_seeds in zip(PATIENCES, same, strict=True) if all_seeds[i, j]), None)
            enough = "none as to the end" if first is None else f"as to the end from patience {first}"
            levels.append({"level": level, "text": f"{at}: {enough}" if known else at, "at": at, "first": first})
            for p, value, by_seed in zip(PATIENCES, middle, cost[:, i, j].tolist(), strict=True):
                good = [v for v in by_seed if math.isfinite(v)]
                patience_rows.append({"level": level, "patience": p, "mean": value, "low": min(good, default=None),
                                      "high": max(good, default=None)})  # fmt: skip
            lines = [(effect.mean(regrets[i, j].tolist()), label) for label, regrets in others.items()]
            joined: dict[float, list[str]] = {}
            for value, label in lines:
                if value is not None:
                    joined.setdefault(round(value, 3), []).append(label)
            placed = charts.keep_apart(
                [{"value": v, "text": ", ".join(names), "level": level} for v, names in joined.items()], top, 1, 0.06
            )
            other_rows += [{"level": level, "mean": r["end"], "place": r["value"], "text": r["text"]} for r in placed]
        select: dict[str, Any] = {}
        if not live:
            select = {"key": controls.key("picture_map"), "on_select": keep, "selection_mode": "pin"}
        charts.show(
            pictures.regret_map(tuple(f"{percent(v)}" for v in NOISES), tuple(map(str, sizes)), PATIENCES[-1]),
            {
                "now": [{"level": present, "patience": rules.patience, "cost_top": top}], "cells": map_rows,
                "levels": levels, "patience": patience_rows,
                "others": other_rows or [{"level": None, "mean": None, "place": None, "text": ""}],
                "headings": [{"text": "mean and range over the seeds"}],
            },
            place=picture, height="stretch", **select,
            alt_text="Left: a map of the present patience's regret by share of shuffled labels and number of training "
            "rows. Right: regret in test loss against patience in one cell, with the other rules' as dashed lines.",
            now=f"{rules.name.capitalize()}: " + "; ".join(
                f"{percent(NOISES[i])} shuffled, n = {sizes[j]}: {row['text']}"
                for (i, j), row in zip(cells, map_rows, strict=True)
            ) + ".",
        )  # fmt: skip
        return levels

    found = train(data, NOISES, sizes, n_val, seeds, on_partial=show, place=bar)
    levels = show(found, live=False)
    (i, j), here = cells[present], levels[present]
    other = PATIENCES[0] if own else PATIENCES[-1]
    losses = [
        experiments.outcome(found, rules.wait(found.val_loss, p)).loss[i, j].tolist() for p in (other, rules.patience)
    ]
    same = (
        f"No patience up to {PATIENCES[-1]} returns in every seed what going to the end returns"
        if here["first"] is None else
        f"From patience {here['first']} on every seed returns what going to the end returns"
    )  # fmt: skip
    to_the_end = mean(experiments.outcome(found, rules.never(found.val_loss)).regret[i, j])
    tell(
        words.compare(*losses, "test loss", guess=guess(data), with_=f"{rules.name} instead of patience {other}"),
        f"{same}, which costs **{number(to_the_end)}** all the same: there the validation rows point to another "
        "evaluation than the test rows, and no waiting repairs that.",
        "map_more", before=f"The cell that is kept: {here['at']}.",
    )  # fmt: skip

    def rows() -> list[dict[str, Any]]:
        every = {f"patience {p}": rules.wait(found.val_loss, p) for p in PATIENCES}
        return outcomes(found, {**every, **rules.read(found.val_loss, found.train_loss)})

    return rows


def left_out(short: curve_text.Short) -> str:
    """Say what of a log was left out, if anything was."""
    fewer = []
    if short.rows < short.of_rows:
        fewer.append(f"of {short.of_rows} rows {short.rows}")
    if short.columns < short.of_columns:
        fewer.append(f"of {short.of_columns} columns the {short.columns} guessed")
    count = "; the rules count the rows kept" if short.rows < short.of_rows else ""
    told = " and ".join(fewer)
    return f"Note: {told[:1].upper()}{told[1:]} are kept, so that the link can hold them{count}." if fewer else ""


def upload() -> None:
    """Put an uploaded curve into the text field: as it is if the link can hold it, else thinned."""
    given = st.session_state.get(controls.key("file"))
    st.session_state["early_stopping:file"] = ""
    if given is None:
        return
    try:
        raw = given.getvalue()
        log = own_curves.read_curve(raw)
        text = raw.decode("utf-8-sig", "replace")
        if len(text) > MAX_CHARS or "\ufffd" in text:
            short = curve_text.shorten(log, MAX_CHARS, OWN_ROWS)
            text = short.text
            st.session_state["early_stopping:file"] = left_out(short)
        controls.set_values({"text": text})
    except ValueError as error:
        st.session_state["early_stopping:file"] = str(error)


def chosen_roles(log: Any) -> dict[str, str]:
    """Show which column is taken for what, and let it be changed."""
    roles = {}
    given = st.columns(3)
    for place, role in zip(given, ROLES[:3], strict=True):
        options = {"guess": "as guessed", "none": "none", **{f"c:{name}": name for name in log.columns}}
        label = {"step": "Column of steps", "train_loss": "Of train losses", "val_loss": "Of validation losses"}[role]
        if st.session_state.get(controls.key(role), "guess") not in options:
            del st.session_state[controls.key(role)]
        with place:
            pick = controls.choice(role, label, options, "guess")
        column = log.roles.get(role) if pick == "guess" else None if pick == "none" else pick[2:]
        if column:
            roles[role] = column
    return roles


def show_own(rules: Rules) -> list[dict[str, Any]]:
    """Read a curve of one's own and draw where the rules stop on it; return the rows to download."""
    left, right = st.columns([1.6, 1])
    with left:
        pasted = controls.long_text(
            "text", "Curve, as CSV or JSON", max_chars=MAX_CHARS, placeholder="epoch,loss,val_loss\n1,2.1,2.2\n…"
        )
    with right:
        st.file_uploader("or a file with it", ["csv", "json", "jsonl", "txt", "tsv"], key=controls.key("file"),
                         on_change=upload, max_upload_size=1)  # fmt: skip
    told = st.session_state.get("early_stopping:file", "")
    if told.startswith("Note: "):
        st.info(told.removeprefix("Note: "))
    elif told:
        st.error(told)
    if not pasted.strip():
        st.html('<div class="quiet">Paste what your run logged: one row per evaluation, with a validation loss. It '
                "stays in this page's link.</div>")  # fmt: skip
        return []
    try:
        log = own_curves.read_curve(pasted)
        roles = chosen_roles(log)
        curve = own_curves.curve_from(log.columns, roles, required=("val_loss",))
        val, train_loss = curve["val_loss"], curve.get("train_loss")
        steps = curve["step"]
        if min(v for v in val if math.isfinite(v)) < 0 or (
            train_loss and min((v for v in train_loss if math.isfinite(v)), default=0) < 0
        ):
            raise CurveError("Prechelt's rules compare shares of a loss, so no loss may be negative.")
    except CurveError as error:
        st.error(str(error))
        return []
    read = ", ".join(f"{role.replace('_', ' ')} from “{name}”" for role, name in roles.items())
    st.html(f'<div class="quiet">{sections.html.escape(f"{read}. " + " ".join((*log.notes, *curve.notes)))}</div>')
    charts.title("Your curve", "● returns ■ stops; hover to scrub, click to keep")
    picture = st.container(key="panels_early_stopping_own", gap=None).empty()
    stops = draw("own", rules, steps, train_loss, val, unit="loss", place=picture)
    low = min(range(len(val)), key=lambda i: val[i] if math.isfinite(val[i]) else math.inf)
    share = {label: early_stopping.saved(stop.stop, len(val)) for label, stop in stops.items()}
    told = "; ".join(
        f"{label} {'goes to the end' if stop.stop == len(val) - 1 else f'stops at step {steps[stop.stop]:g}'}, returns "
        f"step **{steps[stop.returned]:g}** ({number(val[stop.returned])}), saves **{percent(share[label])}** of "
        "the evaluations"
        for label, stop in stops.items() if stop.returned >= 0
    )  # fmt: skip
    sections.say(
        f"The lowest validation loss is **{number(val[low])}**, at step **{steps[low]:g}**. "
        f"{told[:1].upper()}{told[1:]}. "
        "What the weights are worth on fresh data this curve cannot say: its lowest point was chosen on it."
    )
    return [
        {"rule": label, "stop_step": steps[stop.stop], "returned_step": steps[stop.returned],
         "val_loss": val[stop.returned], "share_of_evaluations_saved": share[label]}
        for label, stop in stops.items() if stop.returned >= 0
    ]  # fmt: skip


# ------------------------------------------------------------------ common mistakes


def judged(name: str, found: words.Comparison, more: str = "") -> None:
    """Write what a mistake did, and that it shows no harm where it shows none: not where the seeds cannot tell."""
    no_harm = "" if found.verdict == "worse" or found.unsure else "Here it shows no harm."
    tell(found, " ".join(part for part in (no_harm, more) if part), f"{name}_more")


def show_pairs(
    name: str, labels: tuple[str, str], seeds: Sequence[int], measures: Sequence[tuple[Any, ...]], alt_text: str
) -> None:
    """Draw one or two measures of every seed, done right and done wrong.

    labels: what is right and what is wrong, short enough for a phone.
    measures: title, values done right, done wrong, ends of the axis, and the form in which means are written.
    """
    made = [pictures.pairs(part, seeds, *rest) for part, (_, *rest) in enumerate(measures)]
    rows, texts = ([row for panel in kind for row in panel] for kind in zip(*made, strict=True))
    ends = {f"{end}_{part}": of[3][i] for part, of in enumerate(measures) for i, end in enumerate(("low", "high"))}
    told = (
        f"{title}: " + ", ".join(
            f"seed {seed} " + " and ".join(f"{v:.3g}" if math.isfinite(v) else "diverged" for v in pair)
            for seed, *pair in zip(seeds, right, wrong, strict=True)
        )
        for title, right, wrong, *_ in measures
    )  # fmt: skip
    draw_it = charts.show if len(measures) == 1 else panels.show
    draw_it(
        pictures.paired(len(seeds), tuple(title for title, *_ in measures)),
        {
            "now": [ends], "pairs": rows, "words": texts or [pictures.NO_WORD],
            "legend": pictures.entries(labels),
        },
        key=controls.key(f"picture_wrong_{name}"), alt_text=alt_text,
        now=f"{labels[0]} and {labels[1]}, by seed. {'; '.join(told)}.",
    )  # fmt: skip


def show_stops(
    name: str, labels: tuple[str, str], found: Any, title: str, evaluations: tuple[Any, Any], rules: Rules,
    losses: Callable[[int], tuple[Any, Any]], alt_text: str,
) -> None:  # fmt: skip
    """Draw an evaluation of every seed, and the test loss of the weights that are kept.

    evaluations, losses: done right and done wrong, by seed; losses at any patience, since the axis holds all of them
    and stays while the patience moves.
    """
    at_all = [values[0, 0].tolist() for patience in PATIENCES for values in losses(patience)]
    here = [values[0, 0].tolist() for values in losses(rules.patience)]
    count = len(found.steps)
    kept = [[at if at >= 0 else math.nan for at in values[0, 0].tolist()] for values in evaluations]
    show_pairs(
        name, labels, found.seeds,
        [(title, *kept, (-1, count), ".1f"),
         ("test loss of the weights (nats)", *here, pictures.span([v for each in at_all for v in each]))],
        alt_text,
    )  # fmt: skip


def not_restored(rules: Rules, found: Any) -> None:
    """Keep the weights at the stop instead of the best."""

    def at(patience: int) -> Any:
        return experiments.outcome(found, rules.wait(found.val_loss, patience))

    def losses(patience: int) -> tuple[Any, Any]:
        one = at(patience)
        return one.loss, one.last

    own = at(rules.patience)
    show_stops(
        "restore", ("restored", "not restored"), found, "evaluation whose weights are kept",
        (own.returned, own.stop), rules, losses,
        "For each seed and on average, the evaluation whose weights are kept and their test loss: a dot with the best "
        "weights restored, a ring with those at the stop.",
    )  # fmt: skip
    judged("restore", words.compare(
        own.loss[0, 0].tolist(), own.last[0, 0].tolist(), "test loss", guess=guess(found.dataset),
        with_="the weights at the stop instead of the best",
    ))  # fmt: skip


def one_off(rules: Rules, found: Any) -> None:
    """Wait for one evaluation more, as scikit-learn's count of the same number does."""

    def at(patience: int) -> Any:
        return [experiments.outcome(found, rules.wait(found.val_loss, p)) for p in (patience, patience + 1)]

    a, b = at(rules.patience)
    show_stops(
        "one_off", ("Keras's count", "one later"), found, "evaluation at which it stops", (a.stop, b.stop), rules,
        lambda patience: tuple(own.loss for own in at(patience)),
        "For each seed and on average, the evaluation at which it stops and the test loss of the weights returned: a "
        "dot where patience is counted as in Keras, a ring where it waits for one evaluation more.",
    )  # fmt: skip
    later = count_of(float((b.stop - a.stop).mean()), "evaluation")
    more = float((found.steps[b.stop] - found.steps[a.stop]).mean())
    other = sum(x != y for x, y in zip(a.returned[0, 0].tolist(), b.returned[0, 0].tolist(), strict=True))
    differs = (
        " With a min_delta scikit-learn also compares with the lowest loss so far, Keras with the last that counted: "
        "only the count is changed here." if rules.min_delta else ""
    )  # fmt: skip
    judged(
        "one_off",
        words.compare(a.loss[0, 0].tolist(), b.loss[0, 0].tolist(), "test loss", guess=guess(found.dataset),
                      with_=f"{rules.patience} counted one evaluation later"),
        f"It stops {later} later on average, {words.plural(round(more), 'step')}, and returns other weights in {other} "
        f"of {len(found.seeds)} seeds.{differs}",
    )  # fmt: skip


def picked(measure: Any, at: Any) -> list[float]:
    """Return a measure of every seed at the evaluations, nan where a seed returns none."""
    both = zip(measure[0, 0].tolist(), at.returned[0, 0].tolist(), strict=True)
    return [curve[i] if i >= 0 else math.nan for curve, i in both]


def show_watched(rules: Rules, found: Any) -> None:
    """Draw the first seed's validation loss and accuracy, and the evaluation that watching each returns."""
    loss, accuracy = (curve[0, 0, 0].tolist() for curve in (found.val_loss, found.val_accuracy))

    def returned(patience: int) -> tuple[int, int]:
        """Return what watching the loss and watching the accuracy give back."""
        at = (int(rules.wait(curve, patience).returned[0, 0, 0]) for curve in (found.val_loss, -found.val_accuracy))
        return next(at), next(at)

    drawn = {at for patience in PATIENCES for at in returned(patience) if at >= 0}  # by any: the axes stay
    top = charts.ceiling([loss[-1], *(loss[at] for at in drawn), 1.5 * min(filter(math.isfinite, loss), default=0.5)])
    seen = [value for value in (accuracy[-1], *(accuracy[at] for at in drawn)) if math.isfinite(value)]
    low = max(math.floor(10 * min(seen, default=0.0) - 0.5) / 10, 0.0)
    curves = (below(loss, top), [(x, None if y is None else -y) for x, y in below([-v for v in accuracy], -low)])

    def told(at: int) -> str:
        if at < 0 or not math.isfinite(loss[at]):
            return "weights that have diverged"
        return f"evaluation {at}, validation loss {number(loss[at])} and accuracy {percent(accuracy[at])}"

    by_loss, by_accuracy = returned(rules.patience)
    charts.title("What each metric returns", f"seed {found.seeds[0]}")
    panels.show(
        pictures.watched(len(loss), AXIS),
        {
            "now": [{"top": top, "low": low}],
            "curves": [
                {"part": part, "level": x, "value": y} for part, points in enumerate(curves) for x, y in points
            ],
            "marks": [
                {"part": part, "level": at if at >= 0 else None, "value": of[at] if at >= 0 else None, "who": who}
                for part, (of, order) in enumerate(
                    ((loss, (by_loss, by_accuracy)), (accuracy, (by_accuracy, by_loss)))
                )
                for who, at in zip(pictures.WHO, order, strict=True)
            ],
            "legend": [
                {"part": part, **row} for part, order in enumerate((("loss", "accuracy"), ("accuracy", "loss")))
                for row in pictures.entries((f"{order[0]} watched", f"{order[1]} watched"))
            ],
        },
        key=controls.key("picture_wrong_metric"),
        alt_text="Left: validation loss by evaluation, right: validation accuracy; on each a dot at the evaluation "
        "that watching it returns, and a ring at the one that watching the other returns.",
        now=f"Seed {found.seeds[0]}: the loss watched returns {told(by_loss)}, accuracy watched {told(by_accuracy)}.",
    )  # fmt: skip


def wrong_metric(rules: Rules, found: Any) -> None:
    """Watch the loss where accuracy counts, and the other way round."""
    show_watched(rules, found)
    by_loss, by_accuracy = rules.wait(found.val_loss), rules.wait(-found.val_accuracy)
    finite = (([v if math.isfinite(v) else math.inf for v in curve] for curve in each[0, 0].tolist())
              for each in (found.val_loss, -found.val_accuracy))  # fmt: skip
    after = sum(
        min(range(len(up)), key=up.__getitem__) > min(range(len(low)), key=low.__getitem__)
        for low, up in zip(*finite, strict=True)
    )
    judged(
        "metric_accuracy",
        words.compare(
            picked(found.test_accuracy, by_accuracy), picked(found.test_accuracy, by_loss), "test accuracy",
            with_="the loss watched instead of the accuracy that counts", lower_is_better=False, percent=True,
            guess=largest_class(found.dataset),
        ),
        f"In {after} of {len(found.seeds)} seeds validation accuracy is first at its highest after the evaluation with "
        "the lowest validation loss.",
    )  # fmt: skip
    judged("metric_loss", words.compare(
        picked(found.test_loss, by_loss), picked(found.test_loss, by_accuracy), "test loss",
        with_="accuracy watched instead of the loss that counts", guess=guess(found.dataset),
    ))  # fmt: skip


def train_watched(rules: Rules, found: Any) -> None:
    """Watch the train loss."""

    def at(patience: int) -> Any:
        return [experiments.outcome(found, rules.wait(c, patience)) for c in (found.val_loss, found.train_loss)]

    right, wrong = at(rules.patience)
    show_stops(
        "train", ("validation watched", "train watched"), found, "evaluation at which it stops",
        (right.stop, wrong.stop), rules, lambda patience: tuple(own.loss for own in at(patience)),
        "For each seed and on average, the evaluation at which it stops and the test loss of the weights returned: a "
        "dot with the validation loss watched, a ring with the train loss.",
    )  # fmt: skip
    never = sum(stop == len(found.steps) - 1 for stop in wrong.stop[0, 0].tolist())
    judged(
        "train",
        words.compare(
            right.loss[0, 0].tolist(), wrong.loss[0, 0].tolist(), "test loss", guess=guess(found.dataset),
            with_="the train loss watched instead of the validation loss",
        ),
        f"It goes to the end in {never} of {len(found.seeds)} seeds, and saves {percent(mean(wrong.saved))} of the "
        f"steps instead of {percent(mean(right.saved))}.",
    )  # fmt: skip


def on_test(rules: Rules, found: Any) -> None:
    """Stop on the test rows, and ask fresh rows."""
    first, twice = found.seeds[0], 2 * len(found.seeds)
    own = runs.compute(
        experiments.stopping_on_test, found.dataset, BASE, TRAINING, patience=rules.patience,
        min_delta=rules.min_delta, smoothing=rules.smoothing, noise=found.noises[0], n_train=found.sizes[0],
        n_val=found.n_val, rows=TEST_ROWS, seeds=tuple(range(first, first + twice)), place=st.empty(),
        note="Training on halves",
    )  # fmt: skip
    reported, fresh = own.reported.tolist(), own.fresh.tolist()
    show_pairs(
        "test", ("fresh rows", "reported"), own.seeds,
        [("test loss (nats)", fresh, reported, pictures.span([*fresh, *reported]))],
        "For each seed and on average, the test loss of the weights returned: a ring on the rows that chose the "
        "evaluation, which is what is reported, a dot on fresh rows.",
    )  # fmt: skip
    gap = words.compare(reported, fresh, "test loss", guess=guess(found.dataset),
                        with_="fresh rows instead of those that were stopped on")  # fmt: skip
    judged(
        "test", gap,
        f"The difference is how far the reported loss flatters; each half has {own.rows} rows with right labels. "
        f"Chosen by validation loss, both halves give {number(mean(own.by_validation))} on average, which nothing "
        "flatters.",
    )  # fmt: skip


# ------------------------------------------------------------------ the page

@st.fragment
def page() -> None:
    """Draw all below the header: a control runs this alone, a third sooner than with header and sidebar."""
    controls.lessons(LESSONS)

    picture, side = picture_and_controls()
    with side:
        curve = controls.choice("curve", "Curve", CURVES, "run", style="segments")
        data = controls.choice("data", "Data", DATA, "breast_cancer")
        wanted = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 50.0))
        noise = controls.scale("noise", "Labels shuffled", NOISES, 0.0,
                               help="Of those trained and validated on; the test labels are right.")  # fmt: skip
        with st.expander("More"):
            min_delta = controls.scale("min_delta", "min_delta", (0.0, 0.001, 0.003, 0.01, 0.03, 0.1), 0.0,
                                       help="How much lower than the best a loss has to be to count.")  # fmt: skip
            smoothing = controls.slider("smoothing", "Smoothing", 0.0, 0.9, 0.0, 0.1,
                                        help="Patience watches the curve's exponential average.")  # fmt: skip
            wanted_val = int(controls.scale("n_val", "Validation rows", tuple(map(float, VALIDATION_ROWS)), 100.0))
            seeds = controls.seeds()
            gl = controls.scale("gl", "GL: percent above the best", (1.0, 2.0, 3.0, 5.0, 10.0), 2.0)
            pq = controls.scale("pq", "PQ: GL over progress", (0.01, 0.05, 0.1, 0.5, 1.0, 2.0), 0.5)
            up = controls.slider("up", "UP: strips that rise in a row", 1, 5, 2, 1)
            strip = controls.slider("strip", "Strip of PQ and UP, evaluations", 2, 10, 5, 1)
        n_val, sizes = limits(data, wanted_val)
        n = min(wanted, sizes[-1])
        if n < wanted or n_val < wanted_val:
            st.caption(f"{DATA[data]} has {len(load(data).x)} rows: {n} are for training, {n_val} for validation.")
    with picture:
        patience = controls.slider("patience", "Patience (evaluations without a new best)", 1, PATIENCES[-1], 5, 1)
        rules = Rules(patience, min_delta, smoothing, gl, pq, up, strip)
        if curve == "reference":
            show_reference(rules)
            found = train(data, (noise,), (n,), n_val, seeds, place=st.empty())
        else:
            found = show_run(rules, data, noise, n, n_val, seeds)
            say_run(rules, found)

    st.header("What it costs, what it saves", anchor=False)
    shown = controls.choice("effect", "Effect", EFFECTS, "rules", style="segments")
    effect_place = st.container()

    predict, wrong, framework, code, papers = sections.tabs()
    with predict:
        OPTIONS = ("It falls in most seeds", "It rises in most seeds", "It is the same in most seeds", "None of these")

        def answer() -> tuple[str, str]:
            """Read twice the patience from the same runs."""
            once, twice = (experiments.outcome(found, rules.wait(found.val_loss, k * patience)) for k in (1, 2))
            change = [b - a for a, b in zip(once.loss[0, 0].tolist(), twice.loss[0, 0].tolist(), strict=True)]
            counts = (sum(c < 0 for c in change), sum(c > 0 for c in change), sum(c == 0 for c in change))
            right = next((OPTIONS[i] for i, count in enumerate(counts) if 2 * count > len(seeds)), OPTIONS[3])
            compared = words.compare(once.loss[0, 0].tolist(), twice.loss[0, 0].tolist(), "test loss",
                                     with_=f"patience {2 * patience} instead of {patience}")  # fmt: skip
            return right, (
                f"The test loss falls in {counts[0]}, rises in {counts[1]} and stays in {counts[2]} of {len(seeds)} "
                f"seeds. {compared.sentence} The steps saved go from {percent(mean(once.saved))} to "
                f"{percent(mean(twice.saved))}."
            )

        sections.predict(
            f"Wait twice as long: patience {2 * patience} instead of {patience}. What happens to the test loss of the "
            "weights that are returned?", OPTIONS, answer,
        )  # fmt: skip
    with wrong:
        sections.mistake(
            "restore", "Best weights not restored",
            "restore_best_weights=False, Keras's default: the weights kept are those at which it stops.",
            lambda: not_restored(rules, found),
        )  # fmt: skip
        sections.mistake(
            "one_off", "Patience one off",
            "Keras stops at the patience-th evaluation without a new best, scikit-learn's n_iter_no_change of the same "
            "number one later.",
            lambda: one_off(rules, found),
        )  # fmt: skip
        sections.mistake(
            "metric", "The wrong metric watched",
            "Validation loss can rise from surer mistakes while accuracy still improves; accuracy moves in jumps, and "
            "patience runs out sooner.",
            lambda: wrong_metric(rules, found),
        )  # fmt: skip
        sections.mistake(
            "train", "The train loss watched",
            "monitor='loss' instead of 'val_loss': it goes on falling while the network overfits.",
            lambda: train_watched(rules, found),
        )  # fmt: skip
        sections.mistake(
            "test", "Stopping on the test set",
            "The evaluation is chosen by the loss that is then reported: the report is the lowest of many looks.",
            lambda: on_test(rules, found),
        )  # fmt: skip
    with framework:
        settings = Settings(patience=patience, min_delta=min_delta, learning_rate=BASE.learning_rate)
        sections.framework(settings, TRAINING, load(data))
        if smoothing:
            st.caption("The code watches the curve itself: early stopping in these frameworks has no smoothing.")
    with code:
        sections.code(early_stopping.EarlyStopping, early_stopping.patience_stop, early_stopping.gl_stop,
                      early_stopping.pq_stop, early_stopping.up_stop, experiments.patience_regret)  # fmt: skip
    with papers:
        sections.papers("early_stopping")
        st.caption(CHECKED)
        download = st.container()
    copy_link()

    with effect_place:  # last, since it may train
        if shown == "rules":
            rows = show_rules(rules, found)
        elif shown == "map":
            rows = show_map(rules, data, noise, n, n_val, seeds)
        else:
            rows = show_own(rules)
        with download:
            if rows:
                sections.download(rows, f"early_stopping_{shown}.csv", "Download what each rule comes to as CSV")
            if curve == "run":
                sections.download(lambda: curves_of_all(found), "early_stopping_curves.csv")


open_page("early_stopping")
page()
