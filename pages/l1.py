"""L1 and sparsity: how weights come to be exactly zero, which ones, and what that does to a network."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.charts import l1 as pictures
from pages.charts.l1 import STRENGTHS
from pages.ui import charts, controls, effect, panels, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.seeds import band

from reglab import experiments, l1, l2, mistakes
from reglab.datasets import load
from reglab.settings import Settings
from reglab.streams import generator
from reglab.train import constant_loss

L1 = effect.Scale("l1", (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 1.0), "L1 strength")
COUPLED = effect.Scale("l2", L1.values, "strength")  # whose gradient a mistake replaces by that of L1
VIEWS = {"path": "Lasso path", "plane": "Diamond and ball", "ways": "Three ways to zero", "five": "Five weights"}
MODELS = {"lasso": "Lasso", "net": "Elastic net", "ridge": "Ridge"}
CALLED = {"lasso": "Lasso", "net": "elastic net", "ridge": "ridge"}
SOURCES = {"diabetes": "Diabetes", "breast_cancer": "Breast cancer, means"}
PAIRS = {"diabetes": ("bmi", "bp"), "breast_cancer": ("radius", "texture")}
NETS = (0.03, 0.1, 0.3, 1.0, 3.0)
WAYS = {"soft_threshold": "soft threshold", "subgradient": "subgradient", "clipping": "clipping"}
FEATURES = 10
STEPS = 60  # of the three ways, and of the five weights
FIVE, FIVE_RATE = (2.0, 0.5, -0.3, 0.1, -1.5), 0.1
EFFECTS = {"training": "Strength against loss", "layer": "First layer", "stability": "Stability selection"}
DATA = {"digits": "Digits", "breast_cancer": "Breast cancer", "wine": "Wine", "mnist1d": "MNIST-1D"}
SIZES = (50.0, 100.0, 200.0, 400.0)
percent = partial(words.percent, digits=1)
BOOTSTRAPS, STABLE = 100, 0.8
DRAWN, KEPT = 200, 5  # rows that each seed draws, and features, of the comparison of units
KILOPASCAL = 0.133322  # of a millimetre of mercury

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "view": "path", "strength": 0.1, "model": "lasso", "net": 0.3, "source": "diabetes", "step": STEPS,
        "effect": "training", "l1": 0.03, "level": 0.1, "data": "digits", "n": 200.0, "seed": 0, "seeds": 5,
        "subgradient": False, "units": False, "adam": False, "tab": sections.TABS[0],
    },
    "Too much": {"strength": 0.501, "l1": 1.0},
    "When it does nothing": {"strength": 0.001, "l1": 0.01, "n": 400.0},
    "Reference": {"view": "five", "step": 20},
    "Diamond and ball": {"view": "plane", "strength": 0.398},
    "No zeros": {"view": "ways", "subgradient": True, "tab": sections.TABS[1]},
    "Elastic net": {"source": "breast_cancer", "model": "net", "strength": 0.2},
    "Pruned": {"effect": "layer", "l1": 0.4},
    "Stable": {"effect": "stability", "level": 0.0316},
}  # fmt: skip


def figure(weight: float) -> str:
    """Return a weight with three digits; 0 is exactly zero."""
    return words.signed(weight) if weight else "0"


def listed(names: list[str], most: int = 10) -> str:
    """Return names as a list in words."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "none"


def named(strength: float) -> str:
    """Return a strength in words."""
    return f"strength {strength:g}"


def columns(places: list[float], part: int = 0) -> list[dict[str, Any]]:
    """Return the columns of a panel that take the pointer."""
    return scrub.between(places, part)


def tables(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return a picture's rows in the form in which they are sent, once for all visitors."""
    return {name: charts.table(rows) for name, rows in drawn.items()}


def headings(texts: list[str], part: int = 0) -> list[dict[str, Any]]:
    """Return what each level is called above a panel."""
    return [{"level": level, "part": part, "text": text} for level, text in enumerate(texts)]


def r_squared(w: Any, X: Any, y: Any) -> float:
    """Return the share of the variance of y that X @ w explains."""
    return 1 - float(((y - X @ w) ** 2).sum() / ((y - y.mean()) ** 2).sum())


# ------------------------------------------------------------------ the mechanism


@kept(8)
def problem(source: str) -> tuple[Any, Any, Any, Any, tuple[str, ...]]:
    """Return ten standardised measures and their target, of the pool and of the test rows, and the names."""
    X, y, X_test, y_test = experiments.standardised(source)
    names = tuple(name.removeprefix("mean ") for name in load(source).feature_names[:FEATURES])
    return X[:, :FEATURES], y, X_test[:, :FEATURES], y_test, names


@kept(8)
def span_of(source: str) -> tuple[float, float]:
    """Return the ends of the coefficients' axis, the same for every penalty: nearly collinear features leave it."""
    X, y, *_ = problem(source)
    seen = [w[1 + pictures.PER_DECADE :] for w in (l1.lasso_path(X, y, STRENGTHS), l2.ridge_path(X, y, STRENGTHS))]
    low, high = min(float(w.min()) for w in seen), max(float(w.max()) for w in seen)
    room = 0.12 * (high - low)
    return math.floor(10 * (low - room)) / 10, math.ceil(10 * (high + room)) / 10


@kept(16)
def solve_path(source: str, model: str, net: float) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return what the path's picture draws; for each strength a sentence, and the coefficients in words."""
    X, y, X_test, y_test, names = problem(source)
    lasso = l1.lasso_path(X, y, STRENGTHS)  # (strengths, features)
    solve: Callable[[Any, Any], Any] = {
        "lasso": partial(l1.lasso_path, l1s=STRENGTHS),
        "net": partial(l1.elastic_net_path, l1s=STRENGTHS, l2=net),
        "ridge": partial(l2.ridge_path, l2s=STRENGTHS),
    }[model]
    path = solve(X, y)
    weights = path.tolist()
    joined = [max(level for level, w in enumerate(lasso[:, i].tolist()) if w or not level) for i in range(FEATURES)]
    order = sorted(range(FEATURES), key=lambda i: (-joined[i], -abs(lasso[0, i])))  # as they join the Lasso
    low, high = span_of(source)
    share = pictures.room(names)
    start = pictures.LEVELS[0] - (pictures.LEVELS[1] - pictures.LEVELS[0]) * share / (1 - share)
    span = pictures.LEVELS[1] - start
    kept = [[names[i] for i in order if w[i]] for w in weights]
    explained = [r_squared(w, X_test, y_test) for w in path]
    chosen = int(experiments.cross_validated(X, y, solve).argmin())
    # What the path begins with has no penalty, but for the elastic net, whose L2 part stays.
    nothing = f"L2 {net:g} alone" if model == "net" else "no penalty"
    first = f"with {nothing} {words.signed(explained[0])}"
    plain = f"with no penalty {words.signed(r_squared(lasso[0], X_test, y_test))}"
    rule = f"Cross-validation on the {len(y)} training rows chooses "
    rule += f"{named(STRENGTHS[chosen])}, which has {words.signed(explained[chosen])}." if chosen else f"{nothing}."
    knots = l1.lasso_knots(X, y)[0].tolist() if model == "lasso" else []
    ticks = [1 + pictures.PER_DECADE * math.log10(1000 * knot) for knot in knots if STRENGTHS[1] <= knot]

    sentences = []
    for level, strength in enumerate(STRENGTHS):
        left_out = [names[i] for i in order if not weights[level][i]]
        at = f"At strength **{strength:g}**" if level else f"With {nothing}"
        at = f"{at} the {CALLED[model]}"
        sentence = f"{at} keeps **{len(kept[level])} of {FEATURES}** features"
        if left_out and kept[level]:
            sentence += f": {listed(kept[level])}. Exactly zero: {listed(left_out)}"
        elif level:
            sentence += ": all are exactly zero" if left_out else ": none is exactly zero"
        sentence += f". R² on the {len(y_test)} test rows is **{words.signed(explained[level])}**"
        beside = ([first] if level else []) + ([plain] if model == "net" else [])
        sentences.append(f"{', '.join([sentence, *beside])}. {rule}")

    def alive(level: int, i: int) -> bool:
        return any(weights[at][i] for at in (level - 1, level, level + 1) if 0 <= at < len(weights))

    lines = []
    for i, name in enumerate(names):  # where a weight is zero the gray line is enough
        curve = pictures.cut([(level, w[i]) for level, w in enumerate(weights) if level], low, high)
        lines += [(x, name, y if alive(round(x), i) else None) for x, y in curve]

    def within(weight: float) -> float:
        return min(max(weight, low), high)

    def end(weight: float) -> str:
        return "high" if weight > high else "low" if weight < low else ""

    starts = [within(w) for w in weights[1]]
    ends = pictures.apart(starts, 0.055 * (high - low))
    strength_of = {"lasso": "l1 = ", "net": f"l2 = {net:g}, l1 = ", "ridge": "l2 = "}[model]
    drawn = {
        "levels": columns([(level - start) / span for level in range(len(STRENGTHS))]),
        "headings": headings([f"{MODELS[model]}, {strength_of}{s:g}" for s in STRENGTHS])
        + headings([f"{len(k)} of {FEATURES} features" for k in kept], 1),
        "path": dict(zip(("level", "name", "value"), zip(*lines, strict=True), strict=True)),
        "here": [
            {"level": level, "value": value} for level, w in enumerate(weights) for value in w
            if value and within(value) == value
        ] or [{"level": -1, "value": 0.0}],
        "outside": [{"level": i, "end": e} for i, w in enumerate(weights) for e in sorted(set(map(end, w))) if e]
        or [{"level": -1, "end": ""}],
        "knots": [{"level": tick} for tick in ticks] or [{"level": None}],
        "zero": [{"from": -0.2, "to": len(STRENGTHS) - 0.5, "value": 0}],
        "names": [
            {"name": name, "from": -3.6, "to": 0.8, "value": end, "start": weight}
            for name, end, weight in zip(names, ends, starts, strict=True)
        ],
        "axis": [{"value": 0, "from": -0.7, "to": FEATURES - 0.3}],
        "bars": [
            {"level": level, "row": FEATURES - 1 - rank, "value": within(w[i]),
             "text": f"{names[i]}  {figure(w[i])}",
             "who": "technique" if w[i] else "baseline", "end": end(w[i])}
            for level, w in enumerate(weights) for rank, i in enumerate(order)
        ],
    }  # fmt: skip
    said = [", ".join(f"{names[i]} {figure(w[i])}" for i in order) for w in weights]
    return tables(drawn), sentences, said


def show_path(source: str, strength: float, model: str, net: float) -> None:
    """Draw a whole path, scrubbed."""
    drawn, sentences, said = solve_path(source, model, net)
    level = STRENGTHS.index(strength)
    names, rows = problem(source)[4], len(problem(source)[1])
    ticks = "; ticks: where a feature joins or leaves" if model == "lasso" else ""
    charts.title(f"The {CALLED[model]} path", f"{rows} rows, standardised{ticks}; hover to scrub, click to keep")
    panels.show(
        pictures.path(*span_of(source), names), {"now": [{"level": level}], **drawn}, key=controls.key("picture_path"),
        alt_text="Left: every coefficient against the strength of the penalty. Right: the coefficients at one "
        "strength as "
        "bars with the features' names, gray where exactly zero.",
        now=f"{MODELS[model]} at {named(strength)}: {said[level]}.",
        on_select=scrub.keep("strength", STRENGTHS, "picture_path"), selection_mode="pin",
    )  # fmt: skip
    sections.say(sentences[level])


@kept(8)
def solve_plane(source: str) -> tuple[dict[str, Any], Any, Any, float]:
    """Return what the plane of two coefficients draws, both paths, and the axes' limit."""
    X, y, _, _, names = problem(source)
    X = X[:, [names.index(name) for name in PAIRS[source]]]
    found = l2.geometry(X, y, STRENGTHS, n_contours=5, points=97)
    paths = (l1.lasso_path(X, y, STRENGTHS), found.path)
    limit = charts.ceiling([1.15 * float(found.radii.max())])
    losses = ((y[:, None] - X @ paths[0].T) ** 2).mean(axis=0) / 2
    ellipses = (l2.loss_contours(X, y, losses.clip(losses[0], None) + 1e-12, 97), found.touching)
    radii = abs(paths[0]).sum(axis=1).tolist()
    corners = [[(r, 0), (0, r), (-r, 0), (0, -r), (r, 0)] for r in radii]
    bodies = (corners, found.balls[:, ::3].tolist())

    def curves(many: Any) -> list[dict[str, Any]]:
        return [{"level": level, **pictures.written(points, limit)} for level, points in enumerate(many)]

    drawn: dict[str, Any] = {
        "levels": [], "headings": [],
        "axes": [{"x": -limit, "x2": limit, "y": 0, "y2": 0}, {"x": 0, "x2": 0, "y": -limit, "y2": limit}],
        "contours": curves(found.contours.tolist()),
        "least": [{"x": float(found.least_squares[0]), "y": float(found.least_squares[1])}],
    }  # fmt: skip
    for part, path in enumerate(path.tolist() for path in paths):
        drawn["levels"] += columns([(a + limit) / (2 * limit) for a, _ in path], part)
        drawn["headings"] += headings(
            [f"{('Lasso', 'Ridge')[part]}: {', '.join(map(figure, pair))}" for pair in path], part
        )
        drawn[f"touching{part}"] = curves(ellipses[part].tolist())
        drawn[f"body{part}"] = curves(bodies[part])
        drawn[f"way{part}"] = [{"level": level, "x": a, "y": b} for level, (a, b) in enumerate(path)]
    return tables(drawn), *paths, limit


def show_plane(source: str, strength: float) -> None:
    """Draw the diamond and the ball, each with the ellipse that touches it."""
    drawn, lasso, ridge, limit = solve_plane(source)
    level, pair = STRENGTHS.index(strength), PAIRS[source]
    charts.title("Diamond and ball", f"from {listed(list(pair))} alone; blue: equal loss; hover, click to keep")
    a, b = lasso[level].tolist(), ridge[level].tolist()

    def said(weights: list[float]) -> str:
        return ", ".join(f"{name} {figure(w)}" for name, w in zip(pair, weights, strict=True))

    panels.show(
        pictures.balls(limit, pair), {"now": [{"level": level}], **drawn}, key=controls.key("picture_plane"),
        alt_text="The plane of two coefficients, twice. Left: the Lasso's solution, where an ellipse of equal loss "
        "touches a "
        "diamond. Right: the ridge's, where an ellipse touches a ball. Dashed: the way of the solution.",
        now=f"At {named(strength)}, Lasso: {said(a)}. Ridge: {said(b)}.",
        on_select=scrub.keep("strength", STRENGTHS, "picture_plane"), selection_mode="pin",
    )  # fmt: skip
    zeros = [name for name, w in zip(pair, a, strict=True) if not w]
    first = max((i for i, w in enumerate(lasso.tolist()) if all(w)), default=0)
    if len(zeros) == 1:
        sentence = f"At strength **{strength:g}** the ellipse meets the diamond's corner, **{zeros[0]} is exactly 0**"
    elif zeros:
        sentence = f"At strength **{strength:g}** the diamond has shrunk to a point: both are exactly 0"
    else:
        sentence = f"At strength **{strength:g}** the ellipse meets the diamond on a side, so neither weight is 0 yet"
    sections.say(
        f"{sentence} ({said(a)}). The ball has no corners: the ridge of the same strength has **{said(b)}**. The "
        f"Lasso has "
        f"an exact zero from strength {STRENGTHS[min(first + 1, len(STRENGTHS) - 1)]:g} on; the ridge has "
        f"{sum(not all(w) for w in ridge.tolist()) or 'none'} at any."
    )


def step_columns(n_steps: int, parts: int) -> list[dict[str, Any]]:
    """Return the columns of steps in several panels."""
    places = [step / n_steps for step in range(n_steps + 1)]
    return [row for part in range(parts) for row in columns(places, part)]


def by_step(taken: list[list[float]], who: list[str], other: str = "weight") -> dict[str, list[Any]]:
    """Return the rows of some weights' lines and dots.

    other: the dot of a weight of the technique's that is not zero.
    """
    steps, each = range(len(taken)), range(len(who))
    alive = {"technique": other, "baseline": "weight"}
    return {
        "level": [step for _ in each for step in steps],
        "value": [taken[step][i] for i in each for step in steps],
        "number": [i for i in each for _ in steps],
        "who": [who[i] for i in each for _ in steps],
        "dot": [alive[who[i]] if taken[step][i] else "zero" for i in each for step in steps],
    }


@kept(128)
def solve_ways(source: str, strength: float) -> tuple[dict[str, Any], dict[str, list[list[float]]], list[float]]:
    """Descend in three ways; return what the picture draws, the weights by method and step, and the Lasso's own."""
    X, y, *_ = problem(source)
    goal = l1.lasso_path(X, y, [strength])[0].tolist()
    taken = {method: l1.descend(X, y, strength, method, n_steps=STEPS).tolist() for method in WAYS}
    who = ["baseline" if w else "technique" for w in goal]
    drawn: dict[str, Any] = {"levels": step_columns(STEPS, len(WAYS)), "headings": []}
    for part, (method, label) in enumerate(WAYS.items()):
        path = taken[method]
        counts = [sum(not w for w in at) for at in path]
        drawn["headings"] += headings([f"{label}: {words.plural(count, 'exact zero')}" for count in counts], part)
        drawn[f"weights{part}"] = by_step(path, who, "missed")
        drawn[f"ends{part}"] = [{"value": w} for w in goal]
    return tables(drawn), taken, goal


@kept(8)
def height_of(source: str) -> float:
    """Return the limit of the weights' axis, which does not follow the slider."""
    X, y, *_ = problem(source)
    return charts.ceiling([float(abs(l1.descend(X, y, 0.0, n_steps=STEPS)).max())])


def show_ways(source: str, strength: float, step: int) -> None:
    """Draw soft thresholding, the subgradient and clipping side by side."""
    drawn, taken, goal = solve_ways(source, strength)
    limit, zeros = height_of(source), [i for i, w in enumerate(goal) if not w]
    charts.title("Three ways to zero", "green: 0 in the Lasso; red dot: not here; triangles: the Lasso; click to keep")
    counts = {method: [sum(not w for w in at) for at in path] for method, path in taken.items()}
    panels.show(
        pictures.steps(len(WAYS), STEPS, -limit, limit), {"now": [{"level": step}], **drawn},
        key=controls.key("picture_three"),
        alt_text="Ten weights over the steps of a descent to the Lasso's solution, in three ways: by soft threshold, "
        "by the "
        "subgradient, and by the subgradient with clipping.",
        now=f"Step {step}: "
        + ", ".join(f"{label} {words.plural(counts[m][step], 'exact zero')}" for m, label in WAYS.items())
        + f"; the Lasso has {len(zeros)}.",
        on_select=scrub.keep("step", range(STEPS + 1), "picture_three"), selection_mode="pin",
    )  # fmt: skip
    last = {method: path[-1] for method, path in taken.items()}
    own = [i for i, w in enumerate(last["soft_threshold"]) if not w] == zeros
    lost = sum(
        not before[i] and bool(after[i]) for i in zeros
        for before, after in zip(taken["clipping"][1:], taken["clipping"][2:], strict=False)
    )  # fmt: skip
    smallest = min(abs(w) for w in last["subgradient"])
    least = f", the smallest weight being {smallest:.1g}" if not counts["subgradient"][-1] else ""
    sections.say(
        f"After {STEPS} steps at strength **{strength:g}** the soft threshold has **{counts['soft_threshold'][-1]}** "
        f"exact "
        f"zeros, {'just those of the Lasso' if own else f'where the Lasso has {len(zeros)}'}. The subgradient has "
        f"**{counts['subgradient'][-1]}**{least}. Clipping has **{counts['clipping'][-1]}**, and on the way "
        + (f"lost a zero that it had made **{words.times(lost)}**." if lost else "lost none that it had made.")
    )


@kept(128)
def solve_five(strength: float) -> tuple[dict[str, Any], list[list[list[float]]]]:
    """Take steps with five weights and no data, under L1 and under L2."""
    paths = [[list(FIVE)], [list(FIVE)]]
    for _ in range(STEPS):
        paths[0].append(l1.soft_threshold(paths[0][-1], FIVE_RATE * strength).tolist())
        pull = l2.gradient(paths[1][-1], 2 * strength).tolist()  # of strength * sum(w^2)
        paths[1].append([w - FIVE_RATE * g for w, g in zip(paths[1][-1], pull, strict=True)])
    drawn: dict[str, Any] = {"levels": step_columns(STEPS, 2), "headings": []}
    for part, path in enumerate(paths):
        drawn["headings"] += headings([f"{('L1', 'L2')[part]}: {in_words(at)}" for at in path], part)
        drawn[f"weights{part}"] = by_step(path, [("technique", "baseline")[part]] * len(FIVE))
        drawn[f"ends{part}"] = [{"value": None}]
    return tables(drawn), paths


def in_words(weights: list[float]) -> str:
    """Return several weights."""
    return ", ".join(map(figure, weights))


def show_five(strength: float, step: int) -> None:
    """Draw five weights that no data holds."""
    drawn, paths = solve_five(strength)
    charts.title("Five weights, no data", f"learning rate {FIVE_RATE:g}; green dot: exactly zero; click to keep a step")
    a, b = (path[step] for path in paths)
    panels.show(
        pictures.steps(2, STEPS, -2.2, 2.2), {"now": [{"level": step}], **drawn}, key=controls.key("picture_five"),
        alt_text=f"Five weights over {STEPS} steps without a data gradient. Left: under L1. Right: under L2.",
        now=f"Step {step}. L1: {in_words(a)}. L2: {in_words(b)}.",
        on_select=scrub.keep("step", range(STEPS + 1), "picture_five"), selection_mode="pin",
    )  # fmt: skip
    sections.say(
        f"After {step} steps at strength **{strength:g}**, L1 gives w = (**{in_words(a)}**), with "
        f"**{words.plural(sum(not w for w in a), 'exact zero')}**: each step takes the same "
        f"{FIVE_RATE * strength:.3g} off every weight. L2, the gradient of {strength:g} · Σw², gives ({in_words(b)}), "
        f"with **{sum(not w for w in b)}**: it takes a share of each, so a small weight is hardly pulled."
    )


@st.fragment
def mechanism(view: str, source: str, model: str, net: float) -> None:
    """Draw the mechanism; moving its sliders runs this alone."""
    strength = controls.scale("strength", "Strength of the penalty", STRENGTHS, 0.1)
    if view == "path":
        show_path(source, strength, model, net)
        return
    if view == "plane":
        show_plane(source, strength)
        return
    step = int(controls.slider("step", "Step", 0, STEPS, STEPS, 1))
    if view == "ways":
        show_ways(source, strength, step)
    else:
        show_five(strength, step)


# ------------------------------------------------------------------ the effect


Downloads = dict[str, Callable[[], list[dict[str, Any]]]]  # by the file's name, what makes its rows


def trained(data: str, n: int, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Return what every training of the page shares."""
    return {"dataset": data, "n_train": n, "seeds": seeds}


def zeros_of(run: Any) -> Any:
    """Return the share of the first layer's weights that are exactly zero, (settings, seeds)."""
    return (run.weights(0) == 0).mean(axis=(2, 3))


def chosen(run: Any) -> words.Choice:
    """Choose a strength on the validation rows, and judge it on the test rows."""
    losses = (run.kept(f"{split}_loss").tolist() for split in ("val", "test"))
    guess = constant_loss(load(run.dataset))
    return words.choose(tuple(map(L1.label, L1.values)), *losses, what="L1 strength", guess=guess)


def show_training(data: str, n: int, seeds: tuple[int, ...], strength: float) -> Downloads:
    """Draw strength against loss, and the training curves; return the rows to download."""
    run = effect.show(
        L1, strength, **trained(data, n, seeds), n_classes=load(data).n_classes, control="l1",
        name=f"L1 {L1.label(strength)}", note=f"{DATA[data]}, n = {n}; hover to scrub, click to keep",
    )  # fmt: skip
    losses, level, guess = run.kept("val_loss").tolist(), L1.values.index(strength), constant_loss(load(data))
    files: Downloads = {"l1_training": lambda: effect.history(run, "l1", L1.values)}
    if not level:
        loss = effect.mean(losses[0]) or math.nan
        poor = words.no_better_than_guess(f"{guess:.3f}") if loss >= guess else ""
        sections.say(f"L1 is off: validation loss **{loss:.3f}**.{poor} {chosen(run).sentence}")
        return files
    found = words.compare(losses[0], losses[level], with_=f"L1 strength {strength:g}", guess=guess)
    zeros = f"**{percent(effect.mean(zeros_of(run)[level].tolist()))}** of the first layer's weights are exactly zero."
    sections.measured(replace(found, sentence=f"{found.sentence} {zeros} {chosen(run).sentence}"), more="verdict")
    return files


@kept(16)
def draw_layer(data: str, n: int, seeds: tuple[int, ...], _run: Any) -> list[str]:
    """Return the first layer of the first seed's network at every strength, as pictures."""
    shape = load(data).image_shape
    d = load(data).x.shape[1]
    first = _run.weights(0)[:, 0]  # (settings, inputs, units)
    limit = 0.7 * max((abs(w) for w in first[0].ravel().tolist() if math.isfinite(w)), default=1.0)
    return [pictures.tiles(w.T.tolist(), shape[:2] if shape else (d, 1), limit) for w in first]


def most_frequent(data: str) -> float:
    """Return the accuracy of a constant guess on the test rows: the share of their largest class."""
    labels = load(data).y_test.tolist()
    return max(map(labels.count, set(labels))) / len(labels)


def show_layer(data: str, n: int, seeds: tuple[int, ...], strength: float) -> Downloads:
    """Draw the first layer, and accuracy against the share of zeros; return the rows to download."""
    each = "each unit's pixels" if load(data).image_shape else "a column for each unit"
    charts.title("The first layer", f"{each}; orange above 0, blue below, gray exactly 0; hover, click to keep")
    run = effect.train(L1, **trained(data, n, seeds), place=st.empty())
    level = L1.values.index(strength)
    share = [effect.mean(values) or 0.0 for values in zeros_of(run).tolist()]
    accuracy = [band(values) for values in run.kept("test_accuracy").tolist()]
    low = min((a["low"] for a in accuracy if a["low"] is not None), default=0.0)
    base = accuracy[0]["mean"] or 0.0
    zero = run.weights(0) == 0  # (settings, seeds, inputs, units)
    inputs, units = zero.shape[2:]
    left = [int((~zero[i, 0]).sum()) for i in range(len(L1.values))]
    panels.show(
        pictures.layer(),
        {
            "now": [{"level": level, "low": max(0.0, math.floor(10 * low - 0.2) / 10)}],
            "levels": columns(share),
            "headings": headings([
                f"L1 {L1.label(s)}: {percent(z)} zeros, accuracy {percent(a['mean'] or 0)}"
                for s, z, a in zip(L1.values, share, accuracy, strict=True)
            ]) + headings([f"{count:,} of {inputs * units:,} weights left" for count in left], 1),
            "points": [{"level": i, "zeros": z, **a} for i, (z, a) in enumerate(zip(share, accuracy, strict=True))],
            "base": [{"from": 0, "to": 1, "accuracy": base}],
            "pictures": [{"level": i, "url": url} for i, url in enumerate(draw_layer(data, n, seeds, run))],
        },
        key=controls.key("picture_layer"),
        alt_text="Left: test accuracy against the share of the first layer's weights that are exactly zero, one point "
        "for "
        "each strength, mean and range over the seeds. Right: the first layer's weights at one strength, as small "
        "pictures.",
        now=f"L1 {L1.label(strength)}: {percent(share[level])} of the weights are zero, test accuracy "
        f"{percent(accuracy[level]['mean'] or 0)}, without L1 {percent(base)}.",
        on_select=scrub.keep("l1", L1.values, "picture_layer"), selection_mode="pin",
    )  # fmt: skip
    dead = zero[level].all(axis=2).sum(axis=1).mean(), zero[level].all(axis=1).sum(axis=1).mean()
    counted = (
        f"**{percent(share[level])}** of the first layer's weights are exactly zero; of its {inputs} inputs "
        f"**{dead[0]:.1f}** have no weight left, of its {units} units **{dead[1]:.1f}** (means of {len(seeds)} seeds)."
    )
    rows = ("test_accuracy",)
    files: Downloads = {
        "l1_layer": lambda: [
            {"n_train": n, **row}
            for row in effect.numbers(run, "l1", L1.values, rows, zeros_of_first_layer=zeros_of(run).tolist())
        ],
        "l1_weights": lambda: [
            {"l1": value, "seed": seeds[0], "n_train": n, "input": i, "unit": j, "weight": weight}
            for value, layer in zip(L1.values, run.weights(0)[:, 0].tolist(), strict=True)
            for i, each in enumerate(layer) for j, weight in enumerate(each)
        ],
    }  # fmt: skip
    if not level:
        sections.say(f"L1 is off: {counted}")
        return files
    found = words.compare(
        run.kept("test_accuracy")[0].tolist(), run.kept("test_accuracy")[level].tolist(), "test accuracy",
        with_=f"L1 strength {strength:g}", lower_is_better=False, percent=True, guess=most_frequent(data),
    )  # fmt: skip
    sections.measured(replace(found, sentence=f"{counted} {found.sentence}"), more="layer")
    return files


@kept(64)
def choose_often(source: str, seed: int) -> experiments.Stability:
    """Follow a hundred bootstrap paths at once."""
    X, y, *_ = problem(source)
    return experiments.stability(X, y, STRENGTHS, n_bootstraps=BOOTSTRAPS, seed=seed)


def show_stability(source: str, seeds: tuple[int, ...], strength: float) -> Downloads:
    """Draw how often each feature is chosen; return the rows to download."""
    each, names = [choose_often(source, seed) for seed in seeds], problem(source)[4]
    found = each[0]
    level = STRENGTHS.index(strength)
    frequency = found.frequency.tolist()
    order = sorted(range(FEATURES), key=lambda i: -sum(at[i] for at in frequency))
    both = [*names, *(f"{name}, shuffled" for name in names)]
    best_copy = [max(at[FEATURES:]) for at in frequency]
    rows = FEATURES + 1
    charts.title(
        "Stability selection",
        f"{BOOTSTRAPS} bootstrap paths of seed {seeds[0]}; beside each feature a shuffled copy, which cannot matter; "
        "click to keep",
    )  # fmt: skip
    chosen = [[both[i] for i in range(2 * FEATURES) if at[i] >= STABLE] for at in frequency]
    n = len(STRENGTHS)
    often = percent(STABLE, digits=0)
    panels.show(
        pictures.stability((*names, "shuffled"), STABLE),
        {
            "now": [{"level": level}],
            "levels": columns([(i + 0.5) / n for i in range(n)]),
            "headings": headings(
                [f"{named(s)}: {len(c)} in {often} or more" for s, c in zip(STRENGTHS, chosen, strict=True)]
            ),
            "lines": {
                "level": [i for _ in both for i in range(n)],
                "name": [name for name in both for _ in range(n)],
                "value": [frequency[i][j] for j in range(2 * FEATURES) for i in range(n)],
                "who": [("baseline" if copy else "technique") for copy in found.shuffled.tolist() for _ in range(n)],
            },
            "bars": [
                {"level": i, "row": rows - 1 - rank, "value": at[j], "text": f"{names[j]}  {percent(at[j], digits=0)}",
                 "who": "technique" if at[j] >= STABLE else "baseline"}
                for i, at in enumerate(frequency) for rank, j in enumerate(order)
            ] + [
                {"level": i, "row": 0, "value": copy, "text": f"shuffled  {percent(copy, digits=0)}",
                 "who": "technique" if copy >= STABLE else "baseline"} for i, copy in enumerate(best_copy)
            ],
            "threshold": [{"from": -0.5, "to": n - 0.5, "value": STABLE, "bottom": -0.7, "high": rows - 0.3}],
            "legend": [
                {"who": "technique", "text": "feature", "slot": 0.0, "place": 0},
                {"who": "baseline", "text": "shuffled copy", "slot": 0.3, "place": 90},
            ],
        },
        key=controls.key("picture_stability"),
        alt_text="Left: the share of bootstrap samples in which each feature is chosen, against the strength; the "
        "shuffled "
        "copies in gray. Right: the same at one strength as bars, last the most frequent shuffled copy.",
        now=f"At {named(strength)}: " + ", ".join(f"{both[j]} {frequency[level][j]:.2f}" for j in order)
        + f", the most frequent shuffled copy {best_copy[level]:.2f}.",
        on_select=scrub.keep("level", STRENGTHS, "picture_stability"), selection_mode="pin",
    )  # fmt: skip
    # How many features, and how many shuffled copies, one Lasso and most bootstraps let in, by seed.
    one = [[sum(map(bool, half)) for half in halves(its.path[level].tolist())] for its in each]
    often_in = [[[share >= STABLE for share in half] for half in halves(its.frequency[level].tolist())] for its in each]
    most = [[sum(half) for half in both_halves] for both_halves in often_in]
    stable = [name for name in chosen[level] if name in names]
    kept_names = f"**{len(stable)} of {FEATURES}** features{f' ({listed(stable)})' if stable else ''}"
    found_in = words.compare(
        [float(let_in) for _, let_in in one], [float(let_in) for _, let_in in most],
        "the number of shuffled copies let in", with_=f"at least {often} of the bootstraps instead of one Lasso",
    )  # fmt: skip
    sections.measured(
        replace(found_in, sentence=(
            f"With seed {seeds[0]}, at {named(strength)}, one Lasso on all {len(problem(source)[1])} rows keeps "
            f"**{one[0][0]} of {FEATURES}** features and **{one[0][1]} of {FEATURES}** shuffled copies. At least "
            f"{often} of the bootstraps keep {kept_names} and **{most[0][1]}** shuffled copies. {found_in.sentence}"
        )), more="stability",
    )  # fmt: skip
    return {
        "l1_stability": lambda: [
            {"l1": s, "seed": seed, "feature": name, "share_of_bootstraps": frequency[i][j],
             "lasso_weight": weights[i][j]}
            for seed, its in zip(seeds, each, strict=True)
            for frequency, weights in [(its.frequency.tolist(), its.path.tolist())]
            for i, s in enumerate(STRENGTHS) for j, name in enumerate(both)
        ]
    }  # fmt: skip


def halves(values: list[float]) -> tuple[list[float], list[float]]:
    """Return what belongs to the features, and what to their shuffled copies."""
    return values[:FEATURES], values[FEATURES:]


WHAT = {
    "l1_training": "the losses at every step", "l1_layer": "accuracies and zeros",
    "l1_weights": "the first layer's weights", "l1_stability": "the choices",
}  # fmt: skip


# ------------------------------------------------------------------ common mistakes


def show_against(
    name: str, right: list[dict[str, Any]], wrong: list[dict[str, Any]], texts: tuple[str, str], now: int, top: float,
    axes: tuple[tuple[str, ...], str, str], alt_text: str, is_share: bool = False, low: float = 0.0,
) -> None:  # fmt: skip
    """Draw a measure done right and done wrong."""
    lines = [
        {"level": i, "who": who, **row}
        for who, rows in (("technique", right), ("mistake", wrong)) for i, row in enumerate(rows)
    ]  # fmt: skip
    charts.show(
        pictures.against(*axes, low=low, percent=is_share),
        {
            "now": [{"level": now, "top": top}],
            "lines": lines,
            "legend": [{"who": w, "text": text, "slot": 0.5 * i, "place": 230 * i}
                       for i, (w, text) in enumerate(zip(("technique", "mistake"), texts, strict=True))],
        },
        key=controls.key(f"picture_{name}"), alt_text=alt_text,
        now="; ".join(
            f"{texts[row['who'] == 'mistake']} {words.at(axes[0][row['level']])}: {row['mean'] or 0:.3f}"
            for row in lines
        ),
    )  # fmt: skip


def along_the_subgradient(data: str, n: int, seeds: tuple[int, ...]) -> Any:
    """Return the run whose weights step along the subgradient in place of the soft threshold."""
    return effect.train(
        L1, **trained(data, n, seeds), place=st.empty(), note="Training along the subgradient",
        replace_with={"l1": mistakes.along_subgradient},
    )  # fmt: skip


def show_subgradient(data: str, n: int, seeds: tuple[int, ...], strength: float) -> None:
    """Step along the subgradient in place of the soft threshold."""
    if not strength:
        sections.say("L1 is off, so there is nothing to step along: set a strength above.")
        return
    right, wrong = effect.train(L1, **trained(data, n, seeds), place=st.empty()), along_the_subgradient(data, n, seeds)
    shares = [[band(values) for values in zeros_of(run).tolist()] for run in (right, wrong)]
    level = L1.values.index(strength)
    show_against(
        "subgradient", *shares, ("soft threshold", "subgradient"), level, 1.0,
        (tuple(map(L1.label, L1.values)), L1.title, "exact zeros"),
        "Share of exact zeros in the first layer against the strength: by soft threshold, by the subgradient.", True,
    )  # fmt: skip
    near = float((abs(wrong.weights(0)[level]) < 0.01).mean())
    zeros = words.compare(
        *(zeros_of(run)[level].tolist() for run in (right, wrong)), "the share of exact zeros in the first layer",
        with_=f"the subgradient of strength {strength:g} instead of the soft threshold", lower_is_better=False,
        percent=True,
    )  # fmt: skip
    found = words.compare(*(run.kept("val_loss")[level].tolist() for run in (right, wrong)), "validation loss")
    sentence = (
        f"{zeros.sentence} **{percent(near)}** then lie within 0.01 of zero, and only a cut-off of one's own prunes "
        f"them. {found.sentence}"
    )
    sections.measured(replace(zeros, sentence=sentence), more="subgradient")


def explained_by_count(X: Any, y: Any, X_test: Any, y_test: Any) -> tuple[list[float], list[int]]:
    """Return R² on the test rows with at most so many features, and the features in the order in which they join."""
    centre, level = X.mean(axis=0), y.mean()
    explained, order = [math.nan] * (X.shape[1] + 1), []
    for w in l1.lasso_knots(X - centre, y - level)[1]:  # from strong to weak, so the last of each number stays
        kept = [i for i, weight in enumerate(w.tolist()) if weight]
        explained[len(kept) :] = [r_squared(w, X_test - centre, y_test - level)] * (len(explained) - len(kept))
        order += [i for i in kept if i not in order]
    return explained, order


@kept(8)
def raw_units(seeds: tuple[int, ...]) -> tuple[dict[str, list[list[float]]], dict[str, list[str]]]:
    """Return, for scalings, R² on the test rows by seed and number of features, and on all rows who joins in turn."""
    data = load("diabetes")
    names = data.feature_names
    X, y, X_test, y_test = experiments.standardised(data)
    raw = data.x.astype("float64")
    in_kilopascals = raw[0] * 0 + 1
    in_kilopascals[names.index("bp")] = KILOPASCAL
    scalings = {
        "standardised": (X, X_test), "raw": (raw, data.x_test), "kilopascals": (raw * in_kilopascals, data.x_test),
    }  # fmt: skip
    draws = [generator(seed, "rows of the Lasso").permutation(len(X))[:DRAWN] for seed in seeds]
    explained = {
        scaling: [explained_by_count(fitted[rows], y[rows], tested, y_test)[0] for rows in draws]
        for scaling, (fitted, tested) in scalings.items() if scaling != "kilopascals"
    }  # fmt: skip
    order = {
        scaling: [names[i] for i in explained_by_count(fitted, y, tested, y_test)[1]]
        for scaling, (fitted, tested) in scalings.items()
    }  # fmt: skip
    return explained, order


def show_units(seeds: tuple[int, ...]) -> None:
    """Follow the Lasso on features in their own units."""
    explained, order = raw_units(seeds)
    counts = tuple(range(1, FEATURES + 1))
    lines = [
        [band([by_count[count] for by_count in explained[scaling]]) for count in counts]
        for scaling in ("standardised", "raw")
    ]
    seen = [end for each in lines for row in each for end in (row["low"], row["high"]) if end is not None]
    show_against(
        "units", *lines, ("standardised", "in their own units"), KEPT - 1, charts.ceiling(seen),
        (tuple(map(str, counts)), "features kept at most", "R² on the test rows"),
        "R squared on diabetes' test rows against the number of features kept: standardised, and in their own units.",
        low=min(0.0, math.floor(10 * min(seen)) / 10),
    )  # fmt: skip
    found = words.compare(
        *([by_count[KEPT] for by_count in explained[scaling]] for scaling in ("standardised", "raw")),
        "R² on the test rows", with_=f"at most {KEPT} features in their own units instead of standardised",
        lower_is_better=False,
    )  # fmt: skip
    first = {scaling: listed(names[:KEPT]) for scaling, names in order.items()}
    bp = {scaling: names.index("bp") + 1 for scaling, names in order.items()}
    moved = "changes" if bp["raw"] != bp["kilopascals"] else "does not change"
    sentence = (
        f"Each seed draws {DRAWN} rows. {found.sentence} On all rows {first['raw']} join first in their own units, "
        f"{first['standardised']} standardised. Writing blood pressure in kilopascals instead of millimetres of "
        f"mercury {moved} its place in the queue: from {bp['raw']} to {bp['kilopascals']}."
    )
    sections.measured(replace(found, sentence=sentence), more="units")


def amount(level: int) -> str:
    """Return a strength of the scale in words."""
    return named(L1.values[level]) if level else "no L1"


def show_adam(data: str, n: int, seeds: tuple[int, ...], strength: float) -> None:
    """Hand Adam the penalty's slope with the data's."""
    if not strength:
        sections.say("L1 is off, so Adam's gradient holds none of it: set a strength above.")
        return
    right = along_the_subgradient(data, n, seeds)
    wrong = effect.train(
        COUPLED, **trained(data, n, seeds), place=st.empty(), note="Training with L1 in Adam's gradient",
        replace_with={"l2": mistakes.l1_in_the_gradient},
    )  # fmt: skip
    losses = [run.kept("val_loss").tolist() for run in (right, wrong)]
    level, guess = L1.values.index(strength), constant_loss(load(data))
    lines = [[band(values) for values in each] for each in losses]
    show_against(
        "adam", *lines, ("subgradient after Adam", "in Adam's gradient"), level,
        charts.ceiling([row["high"] or 0 for each in lines for row in each]),
        (tuple(map(L1.label, L1.values)), "strength", "validation loss (nats)"),
        "Validation loss against the strength: the subgradient after Adam's step, and in Adam's gradient.",
    )  # fmt: skip
    found = words.compare(
        losses[0][level], losses[1][level], guess=guess,
        with_=f"the subgradient of strength {strength:g} in Adam's gradient instead of after its step",
    )  # fmt: skip
    a, b = chosen(right).level, chosen(wrong).level
    own = words.compare(
        right.kept("test_loss")[a].tolist(), wrong.kept("test_loss")[b].tolist(), "test loss", guess=guess,
        with_=f"{amount(b)} in Adam's gradient instead of {amount(a)} after its step, each chosen on validation rows",
    )  # fmt: skip
    sections.measured(replace(found, sentence=f"{found.sentence} {own.sentence}"), more="adam")


# ------------------------------------------------------------------ in your framework

LINEAR = {
    "PyTorch": '''\
# The Lasso: X standardised, y centred. torch has no solver for it; this is the page's soft threshold.
step = 1 / torch.linalg.matrix_norm(X, 2) ** 2 * len(X)
w = torch.zeros(X.shape[1])
for _ in range(n_steps):
    w = torch.nn.functional.softshrink(w - step * X.T @ (X @ w - y) / len(X), float(step * l1))''',
    "Keras": '''\
# keras.regularizers.L1(l1) goes by the subgradient: no weight becomes exactly zero. The constraint above does it.''',
    "scikit-learn": '''\
# The linear models of the pictures: X standardised, y centred.
from sklearn.linear_model import ElasticNet, Lasso, Ridge

lasso = Lasso(alpha=l1, fit_intercept=False).fit(X, y)
net = ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), fit_intercept=False).fit(X, y)
ridge = Ridge(alpha=len(X) * l2, fit_intercept=False).fit(X, y)''',
}

# ------------------------------------------------------------------ the page

open_page("l1")
controls.lessons(LESSONS)

picture, side = picture_and_controls()
model, net = "lasso", 0.3
with picture:
    view = controls.choice("view", "Mechanism", VIEWS, "path", style="segments")
with side:
    if view == "five":
        st.html(f'<div class="quiet">Start: {in_words(list(FIVE))}. No data: the penalty alone moves them.</div>')
        source = "diabetes"
    else:
        source = controls.choice("source", "Linear regression on", SOURCES, "diabetes")
    if view == "path":
        model = controls.choice("model", "Penalty", MODELS, "lasso")
    if view == "path" and model == "net":
        net = controls.scale("net", "L2 beside it", NETS, 0.3)
with picture:
    mechanism(view, source, model, net)

st.header("On real data", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    shown = controls.choice("effect", "Effect", EFFECTS, "training", style="segments")
    if shown == "stability":
        level = controls.scale("level", "Strength of the Lasso", STRENGTHS, 0.1)
    strength = controls.scale("l1", "L1 strength", L1.values, 0.03) if shown != "stability" else 0.0
with effect_side:
    if shown == "stability":
        strength = controls.scale("l1", "L1 strength of the network", L1.values, 0.03)
    data = controls.choice("data", "Data", DATA, "digits")
    wanted = int(controls.scale("n", "Training rows n", SIZES, 200.0))
    n = max(int(size) for size in SIZES if size <= max(0.7 * len(load(data).x), SIZES[0]))
    n = min(wanted, n)
    if n < wanted:
        st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
    seeds = controls.seeds()

predict, wrong, framework, code, papers = sections.tabs()
with predict:
    OPTIONS = ("Less than 10 %", "10 to 50 %", "More than 50 %")

    def answer() -> tuple[str, str]:
        run = effect.train(L1, **trained("digits", 200, seeds), place=st.empty())
        accuracy = [effect.mean(values) or 0.0 for values in run.kept("val_accuracy").tolist()]
        zeros = [effect.mean(values) or 0.0 for values in zeros_of(run).tolist()]
        held = [i for i, a in enumerate(accuracy) if a >= accuracy[0] - 0.01]
        most = max(held, key=zeros.__getitem__)
        right = OPTIONS[0] if zeros[most] < 0.1 else OPTIONS[1] if zeros[most] <= 0.5 else OPTIONS[2]
        tested = words.compare(
            *(run.kept("test_accuracy")[level].tolist() for level in (0, most)), "test accuracy",
            lower_is_better=False, percent=True,
        )  # fmt: skip
        return right, (
            f"At strength {L1.label(L1.values[most])}, the largest that keeps validation accuracy within one point, "
            f"**{percent(zeros[most])}** are zero. {tested.sentence}"
        )

    sections.predict(
        "A network learns 200 handwritten digits. What share of its first layer's weights can L1 set to exactly zero "
        "before accuracy falls by more than one point?", OPTIONS, answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "subgradient", "Where are my zeros? The subgradient",
        "A step along the sign of each weight, as l1 · w.abs().sum() in a loss asks for, goes across zero and back "
        "again. Here it takes the soft threshold's place, and nothing else changes.",
        lambda: show_subgradient(data, n, seeds, strength),
    )  # fmt: skip
    sections.mistake(
        "units", "Features that are not standardised",
        "One strength for all: a feature in small units has a large number of them, needs a small weight, and is "
        "cheap.",
        lambda: show_units(seeds),
    )  # fmt: skip
    sections.mistake(
        "adam", "L1 in Adam's gradient",
        "Adam divides a gradient by its own size: a weight that the data hold loosely is pulled at full learning rate. "
        "Here the subgradient goes into Adam's gradient instead of after its step.",
        lambda: show_adam(data, n, seeds, strength),
    )  # fmt: skip
with framework:
    sections.framework(Settings(l1=strength, learning_rate=effect.BASE.learning_rate), effect.TRAINING, load(data))
    if framework.open:
        st.code(LINEAR[st.session_state[controls.key("framework")]], language="python")
with code:
    sections.code(l1.soft_threshold, l1.subgradient, l1.clip_at_zero, l1.descend, l1.lasso_path, experiments.stability)
with papers:
    sections.papers("l1")
    download = st.container()
copy_link()

with effect_picture:  # last, since it trains
    if shown == "stability":
        files = show_stability(source, seeds, level)
    else:
        files = {"training": show_training, "layer": show_layer}[shown](data, n, seeds, strength)
with download:
    for name, rows in files.items():
        sections.download(rows, f"{name}.csv", f"Download {WHAT[name]} as CSV")
