"""L2 and weight decay: what the pull towards zero does to a solution, to a step, and to a network on real data."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import Any

import streamlit as st

from pages.charts import l2 as pictures
from pages.charts.l2 import OPTIMIZERS, STRENGTHS
from pages.ui import charts, controls, effect, panels, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.seeds import band
from pages.ui.words import percent, signed

from reglab import experiments, l2, mistakes
from reglab.datasets import load
from reglab.settings import Settings
from reglab.train import constant_loss

DECAY = effect.Scale("weight_decay", (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), "weight decay")
COUPLED = effect.Scale("l2", DECAY.values, "strength")
ADAMW = 0.01  # the default of PyTorch's AdamW
PAPERS_BEST = (0.025, 0.05)  # of the normalised decay (Loshchilov and Hutter 2019)
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
PAIRS = {"bmi s5": "bmi and s5", "s1 s2": "s1 and s2", "bp s3": "bp and s3", "age s1": "age and s1"}
DATA = {name: load(name).title for name in ("digits", "breast_cancer", "wine", "mnist1d", "moons", "diabetes")}
SIZES = (50, 100, 200, 400)
STEPS = 200  # of the optimizers compared
TEN = 10  # steps of the five weights
BIN = 40

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "view": "path", "strength": 0.02, "rate": 0.1, "pair": "bmi s5", "effect": "training", "decay": 1.0,
        "data": "digits", "n": 100.0, "seed": 0, "seeds": 5, "adam": False, "biases": False, "short": False,
        "tab": "Predict first",
    },
    "Too much": {"strength": 10.0, "decay": 10.0},
    "When it does nothing": {"view": "shrinking", "strength": 0.01, "rate": 0.001, "decay": 0.01, "data": "moons",
                             "n": 50.0, "short": True, "tab": "Common mistakes"},
    "Reference: five weights": {"view": "steps", "strength": 0.2},
    "Ball and ellipse": {"view": "ball", "strength": 0.2, "pair": "s1 s2"},
    "Only SGD agrees": {"view": "optimizers", "strength": 0.1, "adam": True, "tab": "Common mistakes"},
    "Few rows": {"effect": "size", "n": 50.0},
    "Small weights": {"effect": "weights", "decay": 3.0},
}  # fmt: skip


def figure(value: float) -> str:
    """Return a number with three digits, as a power of ten where it is far from 1."""
    if value == 0 or 1e-4 <= abs(value) < 1e4:
        return f"{value:.3g}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}e{int(power)}"


def count(steps: float) -> str:
    """Return a number of steps in words."""
    if math.isinf(steps) or steps < 1:
        return "never" if steps else "less than a step"
    return f"{steps:,.0f} steps" if steps >= 10 else f"{steps:.1f} steps"


def left(share: float) -> str:
    """Return a share of a weight; one that is not zero does not read so."""
    return "less than 0.1 %" if 0 < share < 5e-4 else percent(share, 1)


def named(strength: float) -> str:
    """Return a strength's heading."""
    return f"strength {strength:g}" if strength else "off"


def capital(text: str) -> str:
    """Return a text as the beginning of a sentence."""
    return text[0].upper() + text[1:]


# ------------------------------------------------------------------ the mechanism


@kept(1)
def diabetes() -> tuple[Any, Any, Any, Any]:
    """Return the ten standardised measures of diabetes, and what they are to predict."""
    return experiments.standardised("diabetes")


@kept(1)
def solve_path() -> tuple[dict[str, Any], list[str], float]:
    """Return what the ridge path's picture draws, a sentence for each strength, and the axis' limit."""
    X, y, X_test, y_test = diabetes()
    names = load("diabetes").feature_names
    path = l2.ridge_path(X, y, STRENGTHS)  # (strengths, features)
    used = l2.effective_degrees_of_freedom(X, STRENGTHS).tolist()
    loss = [float(((X_test @ w - y_test) ** 2).mean() / 2) for w in path]
    chosen = int(experiments.cross_validated(X, y, partial(l2.ridge_path, l2s=STRENGTHS)).argmin())
    norms = [float((w @ w) ** 0.5) for w in path]
    limit = 1.15 * float(abs(path).max())
    least = path[0].tolist()
    ends = charts.keep_apart(
        [{"value": w + limit, "name": n} for w, n in zip(least, names, strict=True)], 2 * limit, 0, 0.052
    )
    bars = [
        {"level": level, "from": i - 0.38, "to": i + 0.38, "value": value}
        for level, w in enumerate(path.tolist()) for i, value in enumerate(w)
    ]  # fmt: skip
    rule = f"Cross-validation on the {len(y)} training rows chooses "
    rule += f"strength {STRENGTHS[chosen]:g}, which has {loss[chosen]:.4f}." if chosen else "no penalty."
    sentences = []
    for level, strength in enumerate(STRENGTHS):
        at = f"At strength **{strength:g}**" if strength else "Without a penalty"
        shorter = f" instead of {norms[0]:.3f}" if level else ""
        sentence = (
            f"{at} the ten coefficients have the norm **{norms[level]:.3f}**{shorter} and use **{used[level]:.1f}** of "
            f"{len(names)} degrees of freedom. Half the squared error on the {len(y_test)} test rows is "
            f"**{loss[level]:.4f}**"
        )
        sentences.append(sentence + (f", without a penalty {loss[0]:.4f}. {rule}" if level else f". {rule}"))
    drawn = {
        "levels": pictures.columns([f"{named(s)}: norm {n:.2f}" for s, n in zip(STRENGTHS, norms, strict=True)]),
        "path": [
            {"level": level, "name": name, "value": value}
            for level, w in enumerate(path.tolist()) for name, value in zip(names, w, strict=True)
        ],
        "names": [{"name": end["name"], "value": end["value"] - limit, "level": 0} for end in ends],
        "zero": [{"value": 0, "from": -5, "to": 1}],
        "bars": bars,
        "least": [bar for bar in bars if bar["level"] == 0],
        "features": [{"at": i, "name": name} for i, name in enumerate(names)],
        "heading": [{"text": "outlined: without a penalty"}],
    }  # fmt: skip
    return drawn, sentences, limit


def show_path(strength: float, rate: float, pair: str) -> None:
    """Draw the whole ridge path."""
    drawn, sentences, limit = solve_path()
    level = STRENGTHS.index(strength)
    names = load("diabetes").feature_names
    charts.title("The ridge path", "diabetes, ten standardised measures; hover to scrub, click to keep")
    heights = [signed(bar["value"], 2) for bar in drawn["bars"][level * len(names) :]]
    bars = [f"{name} {height}" for name, height in zip(names, heights, strict=False)]
    panels.show(
        pictures.ridge_path(limit, names), {"now": [{"level": level}], **drawn}, key=controls.key("picture_path"),
        alt_text="Left: every coefficient of a ridge regression against the strength. Right: the coefficients at one "
        "strength as bars, those without a penalty outlined.",
        now=f"{capital(drawn['levels'][level]['text'])}. Coefficients: {', '.join(bars)}.",
        on_select=scrub.keep("strength", STRENGTHS, "picture_path"), selection_mode="pin",
    )  # fmt: skip
    sections.say(sentences[level])


@kept(8)
def solve_plane(pair: str) -> tuple[l2.Geometry, dict[str, Any], float]:
    """Return the geometry of two coefficients, and what the picture draws of it."""
    X, y, _, _ = diabetes()
    names = load("diabetes").feature_names
    pick = [names.index(name) for name in pair.split()]
    found = l2.geometry(X[:, pick], y, STRENGTHS, n_contours=5, points=181)
    limit = 1.3 * float(found.radii.max())
    path = found.path.tolist()
    who = dict(zip(pair.split(), ("validation", "train"), strict=True))  # for the style of their lines: solid, dashed

    def curve(points: Any, **more: Any) -> list[dict[str, Any]]:
        inside = pictures.within(points.tolist(), limit)
        return [{"order": i, "x": x, "y": y, **more} for i, (x, y) in enumerate(inside)]

    levels = list(enumerate(STRENGTHS))
    drawn = {
        "levels": pictures.columns([named(s) for s in STRENGTHS]),
        "path": [
            {"level": level, "name": name, "who": who[name], "value": value}
            for level, _ in levels for name, value in zip(who, path[level], strict=True)
        ],
        "legend": [
            {"level": level, "who": who[name], "text": f"{name} {signed(value)}", "slot": 0.4 * i, "place": 110 * i}
            for level, _ in levels for i, (name, value) in enumerate(zip(who, path[level], strict=True))
        ],
        "axes": [{"x": -limit, "x2": limit, "y": 0, "y2": 0}, {"x": 0, "x2": 0, "y": -limit, "y2": limit}],
        "contours": charts.table([row for line, c in enumerate(found.contours) for row in curve(c, line=line)]),
        "touching": charts.table([row for level, _ in levels for row in curve(found.touching[level], level=level)]),
        "balls": charts.table([row for level, _ in levels for row in curve(found.balls[level][::3], level=level)]),
        "way": [{"level": level, "x": x, "y": y} for level, (x, y) in enumerate(path)],
        "least": [{"x": path[0][0], "y": path[0][1]}],
        "heading": [{"text": "blue: lines of equal loss; green: the ball"}],
    }  # fmt: skip
    return found, drawn, limit


def show_ball(strength: float, rate: float, pair: str) -> None:
    """Draw the ball, the ellipse that touches it, and the way of the solution."""
    found, drawn, limit = solve_plane(pair)
    level = STRENGTHS.index(strength)
    first, second = pair.split()
    (a, b), (a0, b0) = found.path[level].tolist(), found.path[0].tolist()
    radius, widest = float(found.radii[level]), float(found.radii[0])
    charts.title("The ball and the ellipse", f"diabetes from {PAIRS[pair]} alone; hover to scrub, click to keep")
    panels.show(
        pictures.ball(limit, (first, second)), {"now": [{"level": level}], **drawn}, key=controls.key("picture_ball"),
        alt_text="Left: two coefficients against the strength. Right: the plane of the two, with ellipses of equal "
        "loss, the ball within which the solution is the best, the ellipse that touches it, and the path.",
        now=f"{capital(named(strength))}: {first} {signed(a)}, {second} {signed(b)}, radius of the ball {radius:.3f}.",
        on_select=scrub.keep("strength", STRENGTHS, "picture_ball"), selection_mode="pin",
    )  # fmt: skip
    way = f"{first} from {signed(a0)} to **{signed(a)}**, {second} from {signed(b0)} to **{signed(b)}**"
    turned = [name for name, now, was in ((first, a, a0), (second, b, b0)) if now * was < 0]
    sentence = (
        f"At strength **{strength:g}** the best solution within a ball of radius **{radius:.3f}** "
        f"({percent(radius / widest)} of the least-squares solution's) is where an ellipse touches it: {way}."
    )
    if turned:
        change = f"{turned[0]} changes its sign" if len(turned) == 1 else "both change their signs"
        sentence += f" On the way {change}: the two are tied by the data, not each alone."
    sections.say(sentence if level else "Without a penalty the solution is at the centre of the ellipses: "
        f"{first} {signed(a)}, {second} {signed(b)}, at a distance of **{widest:.3f}** from zero.")  # fmt: skip


@kept(16)
def solve_shrinking(rate: float) -> tuple[dict[str, Any], list[float]]:
    """Return the half-lives, and what is left of a weight step by step."""
    lives = [float(l2.half_life(rate, s)) for s in STRENGTHS]
    factors = [float(l2.shrink_factor(rate, s)) for s in STRENGTHS]
    steps = [10 ** (i / 20) for i in range(121)]
    share = [
        {"level": level, "step": step, "left": factor**step}
        for level, factor in enumerate(factors) for step in steps
    ]  # fmt: skip
    drawn = {
        "levels": pictures.columns(
            [f"{named(s)}: half-life {count(n)}" for s, n in zip(STRENGTHS, lives, strict=True)]
        ),
        "half": [{"level": i, "steps": n} for i, n in enumerate(lives) if 1 <= n <= pictures.LONGEST],
        "outside": [
            {"level": i, "end": "high" if n > 1 else "low"}
            for i, n in enumerate(lives) if not 1 <= n <= pictures.LONGEST
        ],
        "share": charts.table(share),
        "family": charts.table([row for row in share if row["level"] % 3 == 1]),
        "run": [{"step": effect.TRAINING.max_steps}],
        "heading": [{"text": f"share of a weight left; dashed: the {effect.TRAINING.max_steps} steps trained below"}],
    }  # fmt: skip
    return drawn, lives


def show_shrinking(strength: float, rate: float, pair: str) -> None:
    """Draw how fast decay alone forgets a weight."""
    drawn, lives = solve_shrinking(rate)
    level, length = STRENGTHS.index(strength), effect.TRAINING.max_steps
    factor = l2.shrink_factor(rate, strength)
    charts.title(
        "How fast a weight is forgotten", f"by decay alone, learning rate {rate:g}; hover to scrub, click to keep"
    )
    panels.show(
        pictures.shrinking(), {"now": [{"level": level}], **drawn}, key=controls.key("picture_shrinking"),
        alt_text="Left: the half-life of a weight in steps, against the strength. Right: the share of a weight that is "
        "left after so many steps.",
        now=f"{capital(drawn['levels'][level]['text'])}; after {length} steps {left(factor**length)} is left.",
        on_select=scrub.keep("strength", STRENGTHS, "picture_shrinking"), selection_mode="pin",
    )  # fmt: skip
    if not level:
        sections.say("Without decay nothing is forgotten: the factor is 1.")
        return
    sections.say(
        f"Each step multiplies a weight by 1 − {rate:g} × {strength:g} = **{factor:.10g}**, which halves it in "
        f"**{count(lives[level])}**. After the {length} steps that are trained below, "
        f"**{left(factor**length)}** of a weight that no data holds up is left."
    )


@kept(16)
def solve_steps(rate: float) -> tuple[dict[str, Any], list[list[float]], list[float]]:
    """Take ten steps with five weights at every strength."""
    start, gradient = l2.reference_weights()
    w = start + 0 * diabetes()[0][: len(STRENGTHS), :1]  # (strengths, weights)
    strengths = w[:, :1] * 0
    strengths[:, 0] = STRENGTHS
    coupled, _ = l2.coupled_and_decoupled(w, lambda w: gradient, "sgd", strengths, learning_rate=rate, steps=TEN)
    taken = coupled.tolist()  # [steps + 1][strengths][weights]
    sums = [sum(map(abs, w)) for w in taken[-1]]
    drawn = {
        "levels": pictures.columns([f"{named(s)}: {total:.4f}" for s, total in zip(STRENGTHS, sums, strict=True)]),
        "sums": [
            {"level": level, "who": who, "value": value}
            for level, total in enumerate(sums) for who, value in (("technique", total), ("baseline", sums[0]))
        ],
        "weights": [
            {"level": level, "step": step, "number": i, "value": value}
            for step, at in enumerate(taken) for level, w in enumerate(at) for i, value in enumerate(w)
        ],
        "without": [
            {"step": step, "number": i, "value": value}
            for step, at in enumerate(taken) for i, value in enumerate(at[0])
        ],
        "legend": [
            {"who": "technique", "text": "five weights with the penalty", "slot": 0.0, "place": 0},
            {"who": "baseline", "text": "without", "slot": 0.7, "place": 190},
        ],
    }  # fmt: skip
    return drawn, taken[-1], sums


def show_steps(strength: float, rate: float, pair: str) -> None:
    """Draw ten steps of five weights."""
    drawn, ends, sums = solve_steps(rate)
    level = STRENGTHS.index(strength)
    weights = ", ".join(map(signed, ends[level]))
    charts.title(
        "Five weights, ten steps", f"constant data gradient, learning rate {rate:g}; hover to scrub, click to keep"
    )
    panels.show(
        pictures.steps(7.0, -1.0, 4.0, TEN), {"now": [{"level": level}], **drawn}, key=controls.key("picture_steps"),
        alt_text="Left: the sum of the weights' sizes after ten steps, against the strength. Right: the five weights, "
        "step by step, with the penalty and without.",
        now=f"{capital(named(strength))}: sum {sums[level]:.4f}, without {sums[0]:.4f}; weights {weights}.",
        on_select=scrub.keep("strength", STRENGTHS, "picture_steps"), selection_mode="pin",
    )  # fmt: skip
    sections.say(
        f"After {TEN} steps the sum of |w| is **{sums[0]:.4f}** without and **{sums[level]:.4f}** with strength "
        f"{strength:g}, where w = ({weights}). In each step the penalty adds {strength:g} · w to the gradient, so a "
        "large weight is pulled harder than a small one."
    )


@kept(16)
def solve_optimizers(rate: float) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Train the diabetes regression both ways, at all strengths, under three optimizers."""
    X, y, _, _ = diabetes()
    gradient = l2.least_squares_gradient(X, y)
    w = 0 * X[: len(STRENGTHS)]  # (strengths, features)
    strengths = w[:, :1].copy()
    strengths[:, 0] = STRENGTHS
    rows, apart = [], {}
    for name in OPTIMIZERS:
        coupled, decoupled = l2.coupled_and_decoupled(w, gradient, name, strengths, learning_rate=rate, steps=STEPS)
        difference = abs(coupled - decoupled).max(axis=2)  # (steps + 1, strengths)
        apart[name] = difference.max(axis=0).tolist()
        for step in range(0, STEPS + 1, 4):
            for level, value in enumerate(difference[step].tolist()):
                rows.append({"level": level, "step": step, "line": name, "value": value or None})
    drawn = {
        "levels": pictures.columns([named(s) for s in STRENGTHS]),
        "apart": [
            {"level": level, "line": name, "value": value or None}  # no logarithmic axis has a 0
            for name, values in apart.items() for level, value in enumerate(values)
        ],
        "legend": [
            {"level": level, "line": name, "slot": slot, "place": place,
             "text": f"{label.split()[-1]} {apart[name][level]:.2g}"}
            for level in range(len(STRENGTHS))
            for (name, label), slot, place in zip(OPTIMIZERS.items(), (0.0, 0.3, 0.66), (0, 96, 226), strict=True)
        ],
        "steps": charts.table(rows),
        "heading": [
            {"level": level, "text": "the same, step by step" if strength else "no difference at any step"}
            for level, strength in enumerate(STRENGTHS)
        ],
    }  # fmt: skip
    return drawn, apart


def show_optimizers(strength: float, rate: float, pair: str) -> None:
    """Draw where the coupled penalty and decoupled decay part."""
    drawn, apart = solve_optimizers(rate)
    level = STRENGTHS.index(strength)
    said = ", ".join(f"{label} **{figure(apart[name][level])}**" for name, label in OPTIMIZERS.items())
    charts.title(
        "Coupled or decoupled", f"diabetes, {STEPS} steps, learning rate {rate:g}; hover to scrub, click to keep"
    )
    panels.show(
        pictures.optimizers(STEPS), {"now": [{"level": level}], **drawn}, key=controls.key("picture_optimizers"),
        alt_text="Left: the largest difference between weights trained with a coupled penalty and with decoupled decay "
        "of the same strength, under three optimizers, against the strength. Right: the same by step.",
        now=f"{capital(named(strength))}: {said.replace('*', '')}.",
        on_select=scrub.keep("strength", STRENGTHS, "picture_optimizers"), selection_mode="pin",
    )  # fmt: skip
    agree = [label for name, label in OPTIMIZERS.items() if apart[name][level] < 1e-9]
    part = [label for name, label in OPTIMIZERS.items() if label not in agree]
    who = f"Only under {agree[0]} are the two the same to rounding" if len(agree) == 1 else (
        f"Under {'all three' if len(agree) == 3 else ' and '.join(agree) or 'none'} the two are the same to rounding"
    )  # fmt: skip
    sections.say(
        f"The same strength, {strength:g}, as a penalty in the loss (l2) and as a factor on the weights "
        f"(weight_decay): over {STEPS} steps the weights differ by at most {said}. {who}"
        + (f"; under {' and '.join(part)} they part." if part else ".")
    )


VIEWS: dict[str, tuple[str, Callable[[float, float, str], None]]] = {
    "path": ("Ridge path", show_path),
    "ball": ("Ball and contours", show_ball),
    "shrinking": ("Shrinking", show_shrinking),
    "steps": ("Five weights", show_steps),
    "optimizers": ("Coupled or decoupled", show_optimizers),
}


@st.fragment
def mechanism(rate: float, pair: str) -> None:
    """Draw the mechanism; choosing a view or moving the strength runs this alone."""
    labels = {name: label for name, (label, _) in VIEWS.items()}
    view = controls.choice("view", "Mechanism", labels, "path", style="segments")
    strength = controls.scale("strength", "Strength (l2 or weight_decay)", STRENGTHS, 0.02)
    VIEWS[view][1](strength, rate, pair)


# ------------------------------------------------------------------ the effect


Downloads = dict[str, Callable[[], list[dict[str, Any]]]]  # by the file's name, what makes its rows


def trained(data: str, n: int, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Return what every training of the page shares."""
    return {"dataset": data, "n_train": n, "seeds": seeds}


def chosen(run: Any) -> words.Choice:
    """Choose a strength on the validation rows, and judge it on the test rows."""
    names = tuple(map(DECAY.label, DECAY.values))
    losses = (run.kept(f"{split}_loss").tolist() for split in ("val", "test"))
    return words.choose(names, *losses, what="weight decay", guess=constant_loss(load(run.dataset)))


def verdict(run: Any, decay: float) -> None:
    """Say what the present decay did, and what the one does that validation chooses."""
    losses, guess = run.kept("val_loss").tolist(), constant_loss(load(run.dataset))
    if not decay:
        loss = effect.mean(losses[0]) or math.nan
        poor = words.no_better_than_guess(f"{guess:.3f}") if loss >= guess else ""
        sections.say(f"Weight decay is off: validation loss **{loss:.3f}**.{poor} {chosen(run).sentence}")
        return
    found = words.compare(losses[0], losses[DECAY.values.index(decay)], with_=f"weight decay {decay:g}", guess=guess)
    sections.measured(replace(found, sentence=f"{found.sentence} {chosen(run).sentence}"), more="verdict")


def show_training(data: str, n: int, seeds: tuple[int, ...], decay: float) -> Downloads:
    """Draw strength against loss, and the training curves; return the rows to download."""
    run = effect.show(
        DECAY, decay, **trained(data, n, seeds), n_classes=load(data).n_classes, control="decay",
        name=f"weight decay {DECAY.label(decay)}", note=f"{DATA[data]}, n = {n}; hover to scrub, click to keep",
    )  # fmt: skip
    verdict(run, decay)
    return {"l2_training": lambda: effect.history(run, "weight_decay", DECAY.values)}


@kept(16)
def spread(data: str, n: int, seeds: tuple[int, ...], _run: Any) -> experiments.Weights:
    """Count the weights of a run, up to the largest."""
    layers = [_run.weights(layer) for layer in range(len(_run.sizes) - 1)]
    largest = max(float(abs(w).max(initial=0.1, where=w == w)) for w in layers)  # NaN where it diverged
    return experiments.spread_of_weights(_run, math.ceil(10 * largest) / 10, BIN)


def show_weights(data: str, n: int, seeds: tuple[int, ...], decay: float) -> Downloads:
    """Draw the sizes of the weights and their histogram; return the rows to download."""
    charts.title("What it does to the weights", f"{DATA[data]}, n = {n}; hover to scrub, click to keep")
    run = effect.train(DECAY, **trained(data, n, seeds), place=st.empty())
    found = spread(data, n, seeds, run)
    level = DECAY.values.index(decay)
    rms = [effect.mean(values) for values in found.rms.tolist()]
    names = tuple(map(DECAY.label, DECAY.values))
    edges = found.edges.tolist()
    counted = [
        {"level": i, "from": a, "to": b, "share": share}
        for i, shares in enumerate(found.shares.tolist())
        for a, b, share in zip(edges, edges[1:], shares, strict=False)
    ]
    seen = [[v for v in values if math.isfinite(v)] for values in found.rms.tolist()]
    size = ["diverged" if m is None else f"{m:.3f}" for m in (rms[0], rms[level])]
    panels.show(
        pictures.weights(names, DECAY.title, edges[-1]),
        {
            "now": [{"level": level, "top": charts.ceiling(v for values in seen for v in values)}],
            "levels": pictures.columns([
                f"weight decay {name}: " + ("diverged" if m is None else f"{m:.3f}")
                for name, m in zip(names, rms, strict=True)
            ], even=True),
            "sizes": [
                {"level": i, "mean": m, "low": min(v, default=None), "high": max(v, default=None)}
                for i, (m, v) in enumerate(zip(rms, seen, strict=True))
            ],
            "bins": [bar for bar in counted if bar["share"] > 0],
            "without": [
                {"from": a, "share": share if share > 0 else None}
                for a, share in zip(edges, found.shares[0].tolist(), strict=False)
            ],
            "legend": [
                {"who": "technique", "text": "share of all weights", "slot": 0.0, "place": 0},
                {"who": "baseline", "text": "without", "slot": 0.6, "place": 150},
            ],
        },
        key=controls.key("picture_weights"),
        alt_text="Left: the root mean square of the weights against weight decay. Right: a histogram of all weights, "
        "with weight decay and without.",
        now=f"Weight decay {names[level]}: root mean square {size[1]}, without {size[0]}.",
        on_select=scrub.keep("decay", DECAY.values, "picture_weights"), selection_mode="pin",
    )  # fmt: skip
    near = found.near_zero.tolist()
    if level:
        sections.say(
            f"The root mean square of the network's weights is **{size[0]}** without and **{size[1]}** with weight "
            f"decay {names[level]}; **{percent(near[level])}** of them lie within 0.01 of zero, without "
            f"{percent(near[0])}. Small, but not zero: that takes L1."
        )
    else:
        sections.say(
            f"Without weight decay the root mean square of the network's weights is **{size[0]}**, and "
            f"**{percent(near[0])}** of them lie within 0.01 of zero."
        )
    verdict(run, decay)
    return {
        "l2_weights": lambda: [
            {"weight_decay": DECAY.values[bar["level"]], "n_train": n, "seeds": len(seeds), "weight_from": bar["from"],
             "weight_to": bar["to"], "share_of_weights": bar["share"]}
            for bar in counted
        ],
        "l2_sizes_of_weights": lambda: [
            {"weight_decay": value, "seed": s, "n_train": n, "root_mean_square": size}
            for value, sizes in zip(DECAY.values, found.rms.tolist(), strict=True)
            for s, size in zip(seeds, sizes, strict=True)
        ],
    }  # fmt: skip


def show_by_size(data: str, n: int, seeds: tuple[int, ...], decay: float) -> Downloads:
    """Draw strength by dataset size, the training picture's runs at every size; return the rows to download."""
    sizes, level = effect.sizes_of(data, SIZES), DECAY.values.index(decay)
    names = tuple(map(DECAY.label, DECAY.values))
    charts.title("How much, for how many rows", f"{DATA[data]}; hover over the rows to scrub, click to keep")
    bar, picture = st.empty(), charts.spot(st.container(key="panels_l2_size", gap=None))
    its: list[Any] = []  # the runs of the sizes so far
    for size in sizes:
        its.append(effect.train(DECAY, **trained(data, size, seeds), place=bar, note=f"Training on {size} rows"))
        losses = [run.kept("val_loss").tolist() for run in its]  # [sizes so far][strengths][seeds]
        table = [[{"at": at, **band(values)} for at, values in enumerate(each)] for each in losses]
        best = [chosen(run).level for run in its]
        draw_by_size(data, n, level, sizes, table, best, picture, last=size == sizes[-1])
    picks = [f"weight decay **{names[b]}**" if b else "**no** weight decay" for b in best]
    if len(sizes) > 1:
        # What the decay that validation chooses takes off the test loss, by seed, with the fewest rows and the most.
        few, many = (
            [without - with_it for without, with_it in zip(test[0], test[b], strict=True)]
            for test, b in ((run.kept("test_loss").tolist(), b) for run, b in ((its[0], best[0]), (its[-1], best[-1])))
        )
        worth = words.compare(
            many, few, "what the chosen decay takes off the test loss", lower_is_better=False,
            with_=f"{sizes[0]} rows instead of {sizes[-1]}",
        )  # fmt: skip
        opening = f"Validation chooses {picks[0]} on {sizes[0]} rows and {picks[-1]} on {sizes[-1]}."
        sections.measured(replace(worth, verdict="none", sentence=f"{opening} {worth.sentence}"), more="worth")
    else:
        sections.say(f"On {sizes[0]} rows validation chooses {picks[0]}. This dataset has no more rows to train on.")
    if level:
        at, guess = losses[sizes.index(n)], constant_loss(load(data))
        sections.measured(words.compare(at[0], at[level], with_=f"weight decay {decay:g} on {n} rows", guess=guess))
    return {
        "l2_size": lambda: [
            {"n_train": run.n_train, **row} for run in its for row in effect.numbers(run, "weight_decay", DECAY.values)
        ]
    }


def draw_by_size(
    data: str, n: int, level: int, sizes: tuple[int, ...], table: list[Any], best: list[int], place: Any, last: bool
) -> None:
    """Draw the sizes that are trained."""
    names = tuple(map(DECAY.label, DECAY.values))
    unit = "validation loss (nats)" if load(data).n_classes else "half squared error"
    top = charts.ceiling(row[at]["high"] or 0.0 for row in table for at in (0, level))
    lines = [("baseline", "off", 0)] + ([("technique", f"decay {names[level]}", level)] if level else [])
    headings = [
        f"n = {size}" + ("" if b is None else f": lowest {words.at(names[b])}") for size, b in zip_longest(sizes, best)
    ]
    pinning: dict[str, Any] = {}
    if last:  # a key may be given once per run of the script, so the pictures on the way have none
        key = controls.key("picture_size")
        pinning = {
            "key": key,
            "on_select": scrub.keep("n", tuple(map(float, sizes)), "picture_size"),
            "selection_mode": "pin",
        }
    charts.show(
        pictures.by_size(tuple(map(str, sizes)), names, DECAY.title, unit),
        {
            "now": [{"level": sizes.index(n), "top": top}],
            "levels": pictures.columns(headings, even=True),
            "losses": [{"level": i, "who": who, **row[at]} for who, _, at in lines for i, row in enumerate(table)],
            "legend": [
                {"level": i, "who": who, "text": f"{label} {row[at]['mean'] or math.nan:.3f}", "slot": 0.4 * k,
                 "place": 120 * k}
                for k, (who, label, at) in enumerate(lines) for i, row in enumerate(table)
            ],
            "strengths": effect.cut(
                [{"level": i, **point} for i, row in enumerate(table) for point in row], top, "at", ["level"]
            ),
            "above": [
                {"level": i, "who": "technique", **point} for i, row in enumerate(table) for point in row
                if (point["mean"] or 0.0) > top
            ],
            "best": [{"level": i, **row[b]} for i, (row, b) in enumerate(zip(table, best, strict=True))],
            "present": [{"at": level}],
        },
        place=place, height="stretch",
        alt_text="Left: validation loss against the number of training rows, with and without weight decay. Right: "
        "validation loss against weight decay at one number of rows, the lowest marked.",
        now="; ".join(headings), **pinning,
    )  # fmt: skip


EFFECTS = {"training": "Training", "weights": "Weights", "size": "By dataset size"}
SHOW = {"training": show_training, "weights": show_weights, "size": show_by_size}
WHAT = {
    "l2_training": "the losses at every step", "l2_weights": "the histograms", "l2_size": "the losses by size",
    "l2_sizes_of_weights": "the weights' sizes",
}  # fmt: skip


# ------------------------------------------------------------------ common mistakes


def show_wrong(right: Any, wrong: Any, data: str, decay: float, names: tuple[str, str]) -> None:
    """Draw loss against strength, done right and done wrong."""
    who, level = ("technique", "mistake"), DECAY.values.index(decay)
    lines = [
        {"level": i, "who": w, **band(values)}
        for w, run in zip(who, (right, wrong), strict=True) for i, values in enumerate(run.kept("val_loss").tolist())
    ]  # fmt: skip
    legend = [
        {"who": w, "text": name, "slot": 0.5 * i, "place": 230 * i}
        for i, (w, name) in enumerate(zip(who, names, strict=True))
    ]
    charts.show(
        pictures.against(
            tuple(map(DECAY.label, DECAY.values)), "strength",
            "validation loss (nats)" if load(data).n_classes else "half squared error",
        ),
        {
            "now": [{"level": level, "top": charts.ceiling(row["high"] or 0.0 for row in lines)}],
            "lines": lines,
            "legend": legend,
        },
        key=controls.key(f"picture_{wrong.settings[-1].l2:g}"),
        alt_text=f"Validation loss against strength: {names[0]}, and {names[1]}.",
        now="; ".join(
            f"{names[row['who'] == 'mistake']} at {DECAY.values[row['level']]:g}: {row['mean'] or math.nan:.3f}"
            for row in lines
        ),
    )  # fmt: skip


def show_adam(data: str, n: int, seeds: tuple[int, ...], decay: float) -> None:
    """Give Adam's coupled penalty the strengths of AdamW's decay."""
    right = effect.train(DECAY, **trained(data, n, seeds), place=st.empty())
    wrong = effect.train(COUPLED, **trained(data, n, seeds), place=st.empty(), note="Training with the coupled penalty")
    show_wrong(right, wrong, data, decay, ("AdamW, weight_decay", "Adam with l2"))
    level, guess = DECAY.values.index(decay), constant_loss(load(data))
    a, b = chosen(right).level, chosen(wrong).level
    coupled, decay_chosen = (f"at {DECAY.values[best]:g}" if best else "off" for best in (b, a))
    own = words.compare(
        right.kept("test_loss")[a].tolist(), wrong.kept("test_loss")[b].tolist(), "test loss", guess=guess,
        with_=f"Adam's l2 {coupled} instead of weight decay {decay_chosen}, each chosen on validation rows",
    )  # fmt: skip
    if not level:
        sections.measured(replace(own, sentence=f"At strength 0 the two are one. {own.sentence}"), more="adam")
        return
    found = words.compare(
        right.kept("val_loss")[level].tolist(), wrong.kept("val_loss")[level].tolist(), guess=guess,
        with_=f"strength {decay:g} as Adam's l2 instead of AdamW's decay",
    )  # fmt: skip
    sections.measured(replace(found, sentence=f"{found.sentence} {own.sentence}"), more="adam")


def show_biases(data: str, n: int, seeds: tuple[int, ...], decay: float) -> None:
    """Decay the biases too."""
    if not decay:
        sections.say("Weight decay is off, so no bias is decayed either: set a strength above.")
        return
    right = effect.train(DECAY, **trained(data, n, seeds), place=st.empty())
    wrong = effect.train(
        DECAY, **trained(data, n, seeds), place=st.empty(), note="Training with decayed biases",
        replace_with={"weight_decay": mistakes.decays_biases},
    )  # fmt: skip
    level = DECAY.values.index(decay)
    size = [effect.mean([abs(b) for b in run.biases(0)[level].ravel().tolist()]) for run in (right, wrong)]
    found = words.compare(
        right.kept("val_loss")[level].tolist(), wrong.kept("val_loss")[level].tolist(),
        with_=f"the biases decayed by {decay:g} as well", guess=constant_loss(load(data)),
    )  # fmt: skip
    sentence = (
        f"{found.sentence} The first layer's biases are {figure(size[1] or math.nan)} large on average, "
        f"otherwise {figure(size[0] or math.nan)}."
    )
    sections.measured(replace(found, sentence=sentence), more="biases")


def show_short(data: str, n: int, seeds: tuple[int, ...]) -> None:
    """Measure AdamW's default in a short run."""
    run = effect.train(DECAY, **trained(data, n, seeds), place=st.empty())
    length, rate, best = effect.TRAINING.max_steps, effect.BASE.learning_rate, chosen(run).level
    # batch / (rows × epochs) is 1 / steps. The decay of the paper is not multiplied by the learning rate, ours is.
    low, high = (normalised / math.sqrt(length) / rate for normalised in PAPERS_BEST)
    opening = (
        f"At learning rate {rate:g} it halves a weight in {count(l2.half_life(rate, ADAMW))}; this run has {length}, "
        f"which leave {percent(l2.shrink_factor(rate, ADAMW) ** length, 1)} of it. The AdamW paper's best, "
        f"{PAPERS_BEST[0]:g} to {PAPERS_BEST[1]:g} times the root of batch / (rows × epochs), would be {low:.1g} to "
        f"{high:.1g} here."
    )
    test, guess = run.kept("test_loss").tolist(), constant_loss(load(data))
    picked = DECAY.values[best]
    instead = f"{picked:g}, which validation chooses" if best else "none, which validation chooses"
    found = words.compare(
        test[best], test[DECAY.values.index(ADAMW)], "test loss", guess=guess,
        with_=f"AdamW's default {ADAMW:g} instead of {instead}",
    )  # fmt: skip
    sections.measured(replace(found, sentence=f"{opening} {found.sentence}"), more="short")


# ------------------------------------------------------------------ the page

open_page("l2")
controls.lessons(LESSONS)

picture, side = picture_and_controls()
with side:
    rate = controls.scale(
        "rate", "Learning rate", RATES, 0.1, help="Of the steps in the pictures beside: not of the ridge path."
    )
    pair = controls.choice("pair", "Two measures for the ball", PAIRS, "bmi s5")
with picture:
    mechanism(rate, pair)

st.header("On real training", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    shown = controls.choice("effect", "Effect", EFFECTS, "training", style="segments")
    decay = controls.scale("decay", "Weight decay", DECAY.values, 1.0)
with effect_side:
    data = controls.choice("data", "Data", DATA, "digits")
    wanted = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 100.0))
    n = min(wanted, effect.sizes_of(data, SIZES)[-1])
    if n < wanted:
        st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
    seeds = controls.seeds()

predict, wrong, framework, code, papers = sections.tabs()
with predict:
    NAMES = tuple(OPTIMIZERS.values())
    OPTIONS = (
        f"Under {NAMES[0]}, {NAMES[1]} and {NAMES[2]}",
        f"Under {NAMES[1]} and {NAMES[2]}",
        f"Only under {NAMES[2]}",
    )

    def answer() -> tuple[str, str]:
        apart = {name: values[STRENGTHS.index(0.1)] for name, values in solve_optimizers(0.1)[1].items()}
        agree = sum(value < 1e-9 for value in apart.values())
        return OPTIONS[len(OPTIONS) - agree], "Largest differences of a weight: " + ", ".join(
            f"{label} **{figure(apart[name])}**" for name, label in OPTIMIZERS.items()
        ) + "."

    sections.predict(
        f"The same strength, 0.1, once as a penalty in the loss and once as weight decay, {STEPS} steps on diabetes. "
        "Where are the weights the same to rounding?", OPTIONS, answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "adam", "Adam with L2 taken for AdamW",
        "In PyTorch, Adam(weight_decay=x) adds x · w to the gradient, which Adam then divides by its own size.",
        lambda: show_adam(data, n, seeds, decay),
    )  # fmt: skip
    sections.mistake(
        "biases", "Decay the biases too",
        "All of model.parameters() in one group: a bias that is pulled to zero only moves the function.",
        lambda: show_biases(data, n, seeds, decay),
    )  # fmt: skip
    sections.mistake(
        "short", f"AdamW's default {ADAMW:g} in a short run",
        "It is multiplied by the learning rate at each step: in a short run that comes to almost nothing.",
        lambda: show_short(data, n, seeds),
    )  # fmt: skip
with framework:
    settings = Settings(weight_decay=decay, learning_rate=effect.BASE.learning_rate)
    sections.framework(settings, effect.TRAINING, load(data))
with code:
    sections.code(l2.gradient, l2.shrink, l2.half_life, l2.ridge_path, l2.coupled_and_decoupled)
with papers:
    sections.papers("l2")
    download = st.container()
copy_link()

with effect_picture:  # last, since it trains
    files = SHOW[shown](data, n, seeds, decay)
with download:
    for name, rows in files.items():
        sections.download(rows, f"{name}.csv", f"Download {WHAT[name]} as CSV")
