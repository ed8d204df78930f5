"""Gradient clipping: what it does to a step's length and direction, and to a training that would blow up without it."""

import dataclasses
import itertools
import math
from typing import Any

import streamlit as st

from pages.charts import gradient_clipping as pictures
from pages.charts.gradient_clipping import GRID, LONGEST, REACH, WHO
from pages.ui import charts, controls, effect, panels, runs, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.scrub import pinning
from pages.ui.seeds import average, band, lowest

from reglab import experiments, gradient_clipping, mistakes
from reglab.datasets import load
from reglab.engine.evaluate import constant_loss
from reglab.settings import Settings, Training

LIMITS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SCALES = {
    "norm": effect.Scale("clip_norm", LIMITS, "limit of the norm"),
    "value": effect.Scale("clip_value", LIMITS, "limit of each element"),
}
NAMES = tuple(map(SCALES["norm"].label, LIMITS))
WAYS = {"norm": "Norm", "value": "Value"}
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
RATE_NAMES = tuple(f"{rate:g}" for rate in RATES)
BOUNDS = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)  # in the valley
BOUND_NAMES = tuple(map(SCALES["norm"].label, BOUNDS))
WALKS = (0.05, 0.1, 0.2, 0.3)  # learning rates in the valley
START, WALK = (0.35, 2.0), 30  # of a walk, and its steps
DATA = {name: load(name).title for name in ("breast_cancer", "digits", "wine", "moons", "mnist1d", "diabetes")}
SIZES = (50, 100, 200, 400)
SEEDS = 5
TRAINING = Training(optimizer="sgd", max_steps=300, eval_steps=20)
MOST = 0.5  # share of clipped steps from which on the limit sets the step
VIEWS = {"loss": "Loss", "norms": "Gradient norms", "rates": "Learning rates"}
ASKED = {"data": "breast_cancer", "n": 200, "seed": 0}  # of the prediction

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "bound": 1.0, "walk": 0.3, "limit": 0.1, "way": "norm", "lr": 1.0, "data": "breast_cancer", "n": 200.0,
        "seed": 0, "view": "loss", "each": False, "confused": False,
    },
    "Too much": {"limit": 0.003, "lr": 0.01, "data": "digits"},
    "When it does nothing": {"limit": 3.0, "lr": 0.01},
    "Over half the steps": {"limit": 0.1, "lr": 0.03, "view": "norms"},
    "How far the learning rate may go": {"view": "rates"},
    "By value": {"bound": 2.0, "way": "value"},
}  # fmt: skip


def heading(level: int, part: int, text: str, who: str = "technique", slot: float = 0.0, place: int = 0) -> Any:
    """Return what a level is called above a panel."""
    return {"level": level, "part": part, "text": text, "who": who, "slot": slot, "place": place}


def share(value: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.0f} %" if value >= 0.005 or value == 0 else "under 1 %"


# ------------------------------------------------------------------ the mechanism


def inside(path: list[list[float]]) -> list[list[float]]:
    """Cut a walk where it leaves the map."""
    kept = [path[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(path):
        far = max(abs(x1), abs(y1))
        if far <= REACH:
            kept.append([x1, y1])
            continue
        ends = [(math.copysign(REACH, b) - a) / (b - a) for a, b in ((x0, x1), (y0, y1)) if abs(b) > REACH]
        t = min(ends)
        return [*kept, [x0 + t * (x1 - x0), y0 + t * (y1 - y0)]]
    return kept


@kept(8)
def solve_valley(rate: float) -> dict[str, Any]:
    """Clip the valley's gradient at every point and limit, walk down it, and return what the picture draws."""
    at = [-2 + 4 * i / (GRID - 1) for i in range(GRID)]
    points = [(x, y) for x in at for y in at if x or y]
    raw = gradient_clipping.valley_gradient(points)
    longest = math.hypot(*gradient_clipping.valley_gradient((2.0, 2.0)).tolist())

    def arrows(gradients: list[list[float]]) -> list[dict[str, float]]:
        ends = []
        for (x, y), (gx, gy) in zip(points, gradients, strict=True):
            size = math.hypot(gx, gy)
            scale = LONGEST * (size / longest) ** 0.5 / size  # the root of the size: short ones are seen too
            ends.append({"x": x, "y": y, "x2": x - scale * gx, "y2": y - scale * gy})
        return ends

    rows: dict[str, list[dict[str, Any]]] = {"arrows": [], "paths": [], "turns": [], "headings": []}
    found: dict[tuple[int, str], dict[str, float]] = {}
    for level, bound in enumerate(BOUNDS):
        for part, way in enumerate(WHO, start=1):
            clipped = gradient_clipping.valley_gradient(points, bound, way)
            turns = [gradient_clipping.angle([a], [b]) for a, b in zip(raw, clipped, strict=True)]
            path = gradient_clipping.descend(START, rate, bound, way, steps=WALK).tolist()
            seen = inside(path)
            mean = sum(turns) / len(turns)
            left = len(seen) - 1 if seen[-1] != path[-1] else 0
            found[level, way] = {
                "mean": mean, "most": max(turns), "end": math.hypot(*path[-1]), "left": left,
                "share": float((clipped != raw).any(axis=1).mean()),
            }
            rows["arrows"] += [{"level": level, "way": way, "who": WHO[way], **a} for a in arrows(clipped.tolist())]
            rows["paths"] += [{"level": level, "way": way, "step": i, "x": x, "y": y} for i, (x, y) in enumerate(seen)]
            rows["turns"].append({"level": level, "mean": mean, "who": WHO[way]})
            name = f"{WAYS[way].lower()} {BOUND_NAMES[level]}"
            rows["headings"] += [
                heading(level, 0, f"{WAYS[way].lower()} {mean:.0f}°", WHO[way], 0.4 * (part - 1), 92 * (part - 1)),
                heading(level, part, f"{name}: {f'gone in {left}' if left else 'stays'}", WHO[way]),
            ]
    return {
        "found": found,
        "tables": {
            **{name: charts.table(each) for name, each in rows.items()},
            "levels": pictures.slots(len(BOUNDS)), "raw": charts.table(arrows(raw.tolist())),
            "bottom": [{"x": 0, "y": 0}],
        },
    }  # fmt: skip


def ended(found: dict[str, float]) -> str:
    """Say where a walk ended."""
    if found["left"]:
        return f"leaves the map in **{found['left']}** steps"
    return f"is **{found['end']:.2f}** from the bottom after {WALK} steps"


@st.fragment
def mechanism() -> None:
    """Draw the mechanism; its controls run this alone."""
    picture, side = picture_and_controls()
    with side:
        rate = controls.scale("walk", "Learning rate of the walk", WALKS, 0.3)
    with picture:
        bound = controls.scale("bound", "Limit c in the valley (8x² + y²)/2", BOUNDS, 1.0)
        level = BOUNDS.index(bound)
        solved = solve_valley(rate)
        norm, value, off = (solved["found"][at] for at in ((level, "norm"), (level, "value"), (0, "norm")))
        charts.title("Shorter, or turned too", "arrow: root of the step's size; red: a walk; hover at left to scrub")
        panels.show(
            pictures.valley(BOUND_NAMES), {"now": [{"level": level}], **solved["tables"]},
            key=controls.key("picture_valley_three"),
            alt_text="Left: how far clipping turns the gradient on average, by norm and by value, against the limit. "
            "Middle and right: the downhill steps in a narrow valley, clipped by norm and by value, with a walk down.",
            now=f"Limit {BOUND_NAMES[level]}: turned by {norm['mean']:.1f} degrees on average by norm, "
            f"{value['mean']:.1f} by value.",
            **pinning("bound", BOUNDS, "picture_valley_three"),
        )  # fmt: skip
        if not bound:
            sections.say(f"Without clipping, a walk at learning rate {rate:g} {ended(off)}.")
            return
        sections.say(
            f"At a limit of {bound:g} the gradient is clipped at {share(norm['share'])} of the points by norm, which "
            f"turns it by **{norm['mean']:.0f}°**, and at {share(value['share'])} by value, which turns it by "
            f"**{value['mean']:.0f}°** on average, {value['most']:.0f}° at most. A walk at learning rate {rate:g} "
            f"{ended(off)} without clipping; clipped by norm it {ended(norm)}, by value it {ended(value)}."
        )


# ------------------------------------------------------------------ the effect


def base(lr: float) -> Settings:
    """Return the settings without clipping."""
    return Settings(learning_rate=lr)


def trained(data: str, n: int, seed: int) -> dict[str, Any]:
    """Return what every training of the page shares."""
    return {"dataset": data, "n_train": n, "seeds": range(seed, seed + SEEDS), "training": TRAINING}


def survivors(run: Any) -> Any:
    """Return the run with the models that diverged counted as lost: a run keeps their last weights before that."""
    best = run.best.copy()
    best[run.diverged] = -1
    return dataclasses.replace(run, best=best)


def shares(run: Any) -> list[list[float]]:
    """Return the share of all steps that were clipped, by setting and seed."""
    lengths = [b - a for a, b in zip([0, *run.steps.tolist()], run.steps.tolist(), strict=False)]
    found = []
    for seeds in run.clipped.tolist():
        row = []
        for each in seeds:
            seen = [(part, steps) for part, steps in zip(each, lengths, strict=True) if math.isfinite(part)]
            row.append(sum(p * s for p, s in seen) / sum(s for _, s in seen) if seen else math.nan)
        found.append(row)
    return found


def limited(way: str, how: dict[str, Any], lr: float, place: Any = None) -> Any:
    """Train every limit of the scale."""
    return survivors(effect.train(SCALES[way], base=base(lr), place=place or st.empty(), **how))


def conclusion(part: float) -> str:
    """Say what a share of clipped steps means."""
    if not math.isfinite(part):
        return "Every seed diverged before its first evaluation."
    if part > MOST:
        means = "more than half, so the limit sets their length and not the gradient. The usual advice is to lower the "
        means += "learning rate; the view Learning rates measures what that does here."
    else:
        means = "the limit catches the leaps and leaves the rest." if part else "the limit is never reached."
    return f"**{share(part)}** of the steps were clipped: {means}"


def verdict(run: Any, way: str, limit: float, lr: float) -> None:
    """Say what clipping did to validation loss and to divergence, and what the share of clipped steps means."""
    level, losses = LIMITS.index(limit), run.kept("val_loss").tolist()
    best, gone = lowest(losses), int(run.diverged[0].sum())
    where = f"The lowest mean of the scale is {average(losses[best]):.3f}, {words.at(NAMES[best])}."
    if not level:
        ended = f"; validation loss in the others **{average(losses[0]):.3f}**" if 0 < gone < SEEDS else ""
        ended = ended if gone else f"; validation loss **{average(losses[0]):.3f}**"
        sections.say(f"Without clipping, learning rate {lr:g} diverged in **{gone} of {SEEDS}** seeds{ended}. {where}")
        return
    told = words.compare(
        losses[0], losses[level], with_=f"a {SCALES[way].title} of {limit:g}", guess=constant_loss(load(run.dataset))
    )  # fmt: skip
    sections.say(f"{told.sentence} {where}", told.verdict)
    sections.say(conclusion(average(shares(run)[level])))


def show_loss(way: str, limit: float, lr: float, how: dict[str, Any], note: str) -> list[dict[str, Any]]:
    """Draw the limit against loss and the training curves; return the rows to download."""
    scale, level = SCALES[way], LIMITS.index(limit)
    n_classes = load(how["dataset"]).n_classes
    unit = "loss (nats)" if n_classes else "half squared error"
    chart_key = controls.key(f"effect_{scale.field}")
    charts.title(f"{scale.title[0].upper()}{scale.title[1:]} against loss", f"{note}; hover to scrub, click to keep")
    bar = st.empty()
    picture = charts.spot(st.container(key=f"panels_{chart_key}", gap=None))

    def draw(found: Any, live: bool = True) -> None:
        run = survivors(found)
        top = charts.loss_ceiling(n_classes, how["n_train"]) if live else effect.top_of_axis(run)
        gone = int(run.diverged[level].sum())
        gone_too = f", {gone} of {SEEDS} seeds gone" if gone else ""
        sets = effect.rows(run, scale, limit, top, f"limit {scale.label(limit)}{gone_too}")
        here = ", ".join(row["text"] for row in sets["strengths"] if row["level"] == level)
        keyed = {} if live else {"key": chart_key, **pinning("limit", LIMITS, f"effect_{scale.field}")}
        charts.show(
            effect.template(scale, TRAINING.max_steps, unit), sets, place=picture, height="stretch",
            now=f"At {scale.title} {scale.label(limit)}: {here}{gone_too}.",
            alt_text=f"Left: train, validation and test loss against the {scale.title}, mean and range over the seeds "
            "that did not diverge. Right: training curves at one limit and without it.", **keyed,
        )  # fmt: skip

    run = effect.train(scale, base=base(lr), on_partial=draw, place=bar, **how)
    draw(run, live=False)
    run = survivors(run)
    verdict(run, way, limit, lr)
    own = effect.numbers(
        run, "limit", LIMITS, ("train_loss", "val_loss"), diverged=run.diverged.tolist(), clipped=shares(run)
    )  # fmt: skip
    return [{"way": way, "learning_rate": lr, **row} for row in own]


def show_norms(way: str, limit: float, lr: float, how: dict[str, Any], note: str) -> list[dict[str, Any]]:
    """Draw the share of clipped steps and the norms of a real run; return the rows to download."""
    charts.title("How often it acts", f"{note}; right: {SEEDS} seeds, red above the limit")
    run = limited(way, how, lr)
    level, parts = LIMITS.index(limit), shares(run)
    history = run.gradient_norm.tolist()
    points = [
        {"level": i, "step": int(step), "size": each[at],
         "beyond": way == "norm" and 0 < LIMITS[i] < each[at]}
        for i, seeds in enumerate(history) for each in seeds for at, step in enumerate(run.steps) if each[at] > 0
    ]  # fmt: skip
    own = "limit" if way == "norm" else "limit of elements"
    sizes = [math.log10(point["size"]) for point in points if math.isfinite(point["size"])] or [0.0]
    panels.show(
        pictures.norms(NAMES, TRAINING.max_steps),
        {
            "now": [{"level": level, "floor": 10.0 ** math.floor(min(sizes)), "top": 10.0 ** math.ceil(max(sizes))}],
            "levels": pictures.slots(len(LIMITS)),
            "headings": [
                row for i, name in enumerate(NAMES) for row in (
                    heading(i, 0, f"{name}: {share(average(parts[i]))} clipped; dashed: half"),
                    heading(i, 1, f"{own} {name}" if i else "without clipping"),
                )
            ],
            "shares": [{"level": i, **band(values)} for i, values in enumerate(parts)],
            "half": [{"level": i, "share": MOST} for i in range(len(LIMITS))],
            "norms": points or [{"level": None, "step": None, "size": None, "beyond": False}],
            "limits": [
                {"level": i, "x": 0, "x2": TRAINING.max_steps, "limit": c if c and way == "norm" else None}
                for i, c in enumerate(LIMITS)
            ],
        },
        key=controls.key("picture_norms"),
        alt_text="Left: the share of training steps that were clipped against the limit. Right: the norm of the "
        "gradient before clipping at every evaluation of every seed, with the limit.",
        now=f"Limit {NAMES[level]}: {share(average(parts[level]))} of the steps clipped.",
        **pinning("limit", LIMITS, "picture_norms"),
    )  # fmt: skip
    seen = sorted(v for each in history[level] for v in each if math.isfinite(v))
    if seen:
        sections.say(
            f"The median norm before clipping is {seen[len(seen) // 2]:.3g}, from {seen[0]:.3g} to {seen[-1]:.3g} over "
            "the evaluations of all seeds. " + (conclusion(average(parts[level])) if level else "Clipping is off.")
        )
    else:
        sections.say("Every seed diverged before its first evaluation: there is no norm to show.")
    return [
        {SCALES[way].field: LIMITS[i], "learning_rate": lr, "seed": seed, "step": int(step), "gradient_norm": each[at]}
        for i, seeds in enumerate(history) for seed, each in zip(run.seeds, seeds, strict=True)
        for at, step in enumerate(run.steps)
    ]  # fmt: skip


def show_rates(way: str, limit: float, lr: float, how: dict[str, Any], note: str) -> list[dict[str, Any]]:
    """Draw loss against the learning rate, with and without clipping; return the rows to download."""
    scale, shown = SCALES[way], limit or 0.1
    charts.title("How far the learning rate may go", f"{note}; limit {shown:g}; hover to scrub, click to keep")
    stack = [dataclasses.replace(base(rate), **{scale.field: c}) for c in (0.0, shown) for rate in RATES]
    run = survivors(runs.train(
        how["dataset"], stack, TRAINING, n_train=how["n_train"], seeds=tuple(how["seeds"]), place=st.empty(),
    ))  # fmt: skip
    count, level = len(RATES), RATES.index(lr)
    values, parts = run.kept("val_loss").tolist(), shares(run)[count:]
    losses = {"baseline": values[:count], "technique": values[count:]}
    gone = {who: run.diverged[at].sum(axis=1).tolist() for who, at in (("baseline", slice(count)),
                                                                      ("technique", slice(count, None)))}  # fmt: skip
    best = {who: lowest(each) for who, each in losses.items()}
    top = charts.ceiling(3 * average(losses[who][best[who]]) for who in losses)
    lines = [{"level": i, "who": who, **band(v)} for who, each in losses.items() for i, v in enumerate(each)]
    names = {"baseline": "off", "technique": f"limit {shown:g}"}
    panels.show(
        pictures.rates(RATE_NAMES, "validation loss"),
        {
            "now": [{"level": level, "top": top}], "levels": pictures.slots(count),
            "headings": [
                row for i in range(count) for row in (
                    *(heading(i, 0, f"{names[who]} {average(losses[who][i]):.3f}" if gone[who][i] < SEEDS
                              else f"{names[who]} diverged", who, 0.42 * k, 130 * k)
                      for k, who in enumerate(losses)),
                    heading(i, 1, f"{RATE_NAMES[i]}: {share(average(parts[i]))} clipped; dashed: half"),
                )
            ],
            "losses": effect.cut(lines, top, "level", ["who"]),
            "gone": [
                {"level": i, "who": who, "up": 4 + 14 * k, "text": f"{gone[who][i]} gone"}
                for k, who in enumerate(losses) for i in range(count) if gone[who][i]
            ] or [{"level": None, "who": "baseline", "up": 0, "text": ""}],
            "shares": [{"level": i, **band(v)} for i, v in enumerate(parts)],
            "half": [{"level": i, "share": MOST} for i in range(count)],
        },
        key=controls.key("picture_rates"),
        alt_text="Left: validation loss against the learning rate, without clipping and with it, and how many seeds "
        "diverged. Right: the share of steps clipped against the learning rate.",
        now="; ".join(
            f"{RATE_NAMES[r['level']]} {names[r['who']]}: " + ("diverged" if r["mean"] is None else f"{r['mean']:.3f}")
            for r in lines
        ),
        **pinning("lr", RATES, "picture_rates"),
    )  # fmt: skip
    told = [
        f"{how} the loss is lowest at a learning rate of **{RATE_NAMES[best[who]]}** "
        f"({average(losses[who][best[who]]):.3f}), and {sum(gone[who])} of {count * SEEDS} runs diverge"
        for who, how in (("baseline", "Without clipping"), ("technique", f"With a {scale.title} of {shown:g}"))
    ]
    found = words.compare(
        losses["baseline"][best["baseline"]], losses["technique"][best["technique"]],
        with_="clipping, each at its own best learning rate", guess=constant_loss(load(how["dataset"])),
    )  # fmt: skip
    low, high = (average(parts[i]) for i in (0, -1))
    turn = "here a lower learning rate is clipped more" if low > high else "a lower learning rate is clipped less"
    turn = "the learning rate does not change it" if low == high else turn
    sections.say(f"{told[0]}. {told[1]}. {found.sentence}", found.verdict)
    ends = f"{share(low)} at a learning rate of {RATE_NAMES[0]} and {share(high)} at {RATE_NAMES[-1]}"
    sections.say(f"The share of clipped steps is {ends}: {turn}.")
    return [{**row, "learning_rate": RATES[row["level"]]} for row in lines]


SHOW = {"loss": show_loss, "norms": show_norms, "rates": show_rates}


# ------------------------------------------------------------------ common mistakes


def show_each(limit: float, lr: float, how: dict[str, Any]) -> None:
    """Clip each array by its own norm."""
    if not limit:
        sections.say("Without a limit the mistake changes nothing.")
        return
    right = limited("norm", how, lr).kept("val_loss")[LIMITS.index(limit)].tolist()
    found = runs.compute(
        experiments.turned_by_clipping, how["dataset"], Settings(clip_norm=limit, learning_rate=lr), TRAINING,
        n_train=how["n_train"], seeds=tuple(how["seeds"]), place=st.empty(), note="Training with the mistake",
    )  # fmt: skip
    degrees = found.degrees.tolist()  # [steps][seeds]
    rows = [{"step": i + 1, **band(each)} for i, each in enumerate(degrees)]
    charts.show(
        pictures.turned(TRAINING.max_steps),
        {"turned": rows, "legend": [{"who": "mistake", "text": "array by array; by global norm it is 0", "slot": 0.0,
                                     "place": 0}]},
        key=controls.key("picture_turned"),
        alt_text="By how many degrees the gradient is turned at every step where each array is clipped by itself.",
        now=f"Mean {average([v for each in degrees for v in each]):.1f} degrees.",
    )  # fmt: skip
    clipped = [v for each, on in zip(degrees, found.clipped.tolist(), strict=True)
               for v, is_on in zip(each, on, strict=True) if is_on and math.isfinite(v)]  # fmt: skip
    wrong = survivors(found.run).kept("val_loss")[0].tolist()
    told = words.compare(
        right, wrong, with_="each array clipped by its own norm", guess=constant_loss(load(how["dataset"]))
    )  # fmt: skip
    turned = (
        f"In the steps that it clips, it turns the gradient by **{average(clipped):.1f}°** on average and "
        f"{max(clipped):.0f}° at most, where the global norm turns it by 0°." if clipped
        else "No array reaches the limit: the gradient is not turned."
    )  # fmt: skip
    no_harm = "" if told.verdict == "worse" or told.unsure else " Here it shows no harm."
    sections.say(f"{turned} {told.sentence}{no_harm}", told.verdict)


def show_confused(limit: float, lr: float, how: dict[str, Any]) -> None:
    """Give a limit that was meant for the norm to clipping by value."""
    if not limit:
        sections.say("Without a limit the mistake changes nothing.")
        return
    level = LIMITS.index(limit)
    right, wrong = (limited(way, how, lr) for way in ("norm", "value"))
    losses = (run.kept("val_loss")[level].tolist() for run in (right, wrong))
    told = words.compare(
        *losses, with_=f"{limit:g} as the limit of each element", guess=constant_loss(load(how["dataset"]))
    )  # fmt: skip
    no_harm = "" if told.verdict == "worse" or told.unsure else " Here it shows no harm."
    parts = [share(average(shares(run)[level])) for run in (right, wrong)]
    sections.say(
        f"{told.sentence}{no_harm} By norm {parts[0]} of the steps are clipped, by value {parts[1]}.", told.verdict
    )  # fmt: skip


# ------------------------------------------------------------------ the page


open_page("gradient_clipping")
controls.lessons(LESSONS)
mechanism()

st.header("On real training", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    limit = controls.scale("limit", "Limit of the training's gradient", LIMITS, 0.1)
    view = controls.choice("view", "Effect", VIEWS, "loss", style="segments")
    first_picture = st.container()
with effect_side:
    way = controls.choice(
        "way", "Clip by", WAYS, "norm", style="segments",
        help="By the global norm of all weights and biases, or each element by itself.",
    )  # fmt: skip
    lr = controls.scale("lr", "Learning rate (SGD)", RATES, 1.0)
    data = controls.choice("data", "Data", DATA, "breast_cancer")
    wanted = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 200.0))
    n = min(wanted, effect.sizes_of(data, SIZES)[-1])
    if n < wanted:
        st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
    seed = controls.seed()

how = trained(data, n, seed)
predict, wrong, framework, code, papers = sections.tabs()
with predict:
    OPTIONS = {"better": "Lower", "none": "The same, within the seeds' noise", "worse": "Higher"}

    def answer() -> tuple[str, str]:
        own = trained(**ASKED)
        wild = limited("norm", own, 1.0).kept("val_loss")[LIMITS.index(0.03)].tolist()
        calm = limited("norm", own, 0.01).kept("val_loss")[0].tolist()
        told = words.compare(calm, wild, with_="learning rate 1 and a limit of 0.03 instead of 0.01 and none")
        return OPTIONS[told.verdict], told.sentence

    sections.predict(
        f"{DATA[ASKED['data']]}, {ASKED['n']} rows: at a learning rate of 1 every run diverges, unless its gradient is "
        "clipped to 0.03. How low does the validation loss then get, against learning rate 0.01 without clipping?",
        tuple(OPTIONS.values()), answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "each", "Each array by its own norm",
        "Keras's clipnorm shortens each weight matrix by itself; global_clipnorm is the one of the papers.",
        lambda: show_each(limit, lr, how),
    )  # fmt: skip
    sections.mistake(
        "confused", "A limit of the norm given to clipping by value",
        "max_norm of clip_grad_norm_ is a limit of the whole gradient, clip_value of clip_grad_value_ of each element.",
        lambda: show_confused(limit, lr, how),
    )  # fmt: skip
with framework:
    field = SCALES[way].field
    sections.framework(Settings(learning_rate=lr, **{field: limit}), TRAINING, load(data))
with code:
    sections.code(
        gradient_clipping.clip_norm, gradient_clipping.clip_value, gradient_clipping.clip_by_global_norm,
        gradient_clipping.angle, mistakes.clips_each_array,
    )  # fmt: skip
with papers:
    sections.papers("gradient_clipping")
    download = st.empty()
copy_link()

with first_picture:  # last, since it trains
    table = SHOW[view](way, limit, lr, how, f"{DATA[data]}, n = {n}, learning rate {lr:g}")
with download:
    sections.download(table, f"gradient_clipping_{view}.csv", "Download the picture's numbers as CSV")
