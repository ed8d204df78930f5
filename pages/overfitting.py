"""Overfitting: the degree of a polynomial, where its error comes from, and the same on real data."""

import math
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from pages.charts import overfitting as pictures
from pages.charts.overfitting import WIDTHS, figure
from pages.ui import charts, controls, panels, runs, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls

from reglab import experiments, overfitting
from reglab.datasets import load
from reglab.settings import Training
from reglab.streams import generator
from reglab.train import constant_loss

DEGREES = tuple(range(pictures.TOP_DEGREE + 1))
DATA = {"digits": "Digits", "breast_cancer": "Breast cancer", "wine": "Wine", "mnist1d": "MNIST-1D", "moons": "Moons"}
SIZES = (5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100, 130, 160, 200)
COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 22, 25, 28, 32, 36, 45, 56, 63, 80, 112, 160, 225, 320, 400)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
RESAMPLES = 300
percent = partial(words.percent, digits=1)
SAMPLES = 20  # on which a mistake is measured

LESSONS: dict[str, dict[str, Any]] = {
    "See it happen": {
        "degree": 16, "n": 20, "noise": 0.3, "seed": 0, "seeds": 5, "spacing": "even", "numbers": "generator",
        "effect": "parts", "basis": "legendre", "real": "memorization", "data": "digits", "rows": 200, "share": 0.0,
        "powers": False, "by_train": False, "at_points": False, "framework": "PyTorch", "tab": sections.TABS[0],
    },
    "Too simple": {"degree": 1},
    "About right": {"degree": 3},
    "Reference": {"degree": 15, "seed": 42, "numbers": "legacy"},
    "Between the points": {"degree": 19, "seed": 42, "numbers": "legacy", "at_points": True,
                           "tab": sections.TABS[1]},
    "More points": {"n": 100, "effect": "learning"},
    "No noise": {"noise": 0.0},
    "Second descent": {"degree": 19, "effect": "descent"},
    "Noisy labels": {"real": "width", "data": "breast_cancer", "share": 0.2},
}  # fmt: skip
VERDICTS = {"under": "too simple", "good": "about right", "over": "overfit"}
COLOURS = {"under": "none", "good": "better", "over": "worse"}  # of the bar beside the sentence

Sample = tuple[int, float, int, str, bool]  # n, noise, first seed, spacing, legacy


class Measured(NamedTuple):
    """All degrees on one sample: the errors, the degrees' columns, the texts, and the picture's tables."""

    errors: overfitting.ErrorByDegree
    columns: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    tables: dict[str, Any]


def say(sentence: str, verdict: str = "none") -> None:
    """Write a measured sentence."""
    sections.measured(words.Comparison(verdict, sentence, math.nan, math.nan, math.nan, math.nan))


def entries(*texts: tuple[str, str], slots: tuple[float, ...], places: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return a legend's rows from (who, text)."""
    rows = zip(texts, slots, places, strict=False)
    return [{"who": who, "text": text, "slot": slot, "place": place} for (who, text), slot, place in rows]


# ------------------------------------------------------------------ the polynomials


@kept(64)
def measure(sample: Sample) -> Measured:
    """Fit all degrees to one sample, and make ready what the picture draws of them."""
    n, noise, seed, spacing, legacy = sample
    x, y, x_val, y_val = experiments.sine_sample(n, noise, seed, spacing, legacy=legacy)
    found = overfitting.error_by_degree(x, y, DEGREES, x_val, y_val, noise)
    limit = height(noise)
    measures = (
        ("train", "train", found.train.tolist(), 0.0, 0, 0.0),
        ("validation", "validation", found.validation.tolist(), 0.33, 106, -0.2),
        ("test", "truth", found.true.tolist(), 0.73, 226, 0.2),
    )
    errors = [
        {"degree": at, "error": error, "who": who} for who, _, values, *_ in measures
        for at, error in pictures.inside_log(zip(DEGREES, values, strict=True), pictures.LOW, pictures.HIGH)
    ]  # fmt: skip
    marks = [
        {"degree": d, "across": d + aside, "error": values[d], "who": who, "text": f"{label} {figure(values[d])}",
         "slot": slot, "place": place}
        for who, label, values, slot, place, aside in measures for d in DEGREES
    ]  # fmt: skip
    at = [math.pi * (1 - math.cos(math.pi * i / 120)) for i in range(121)]  # closer together towards the ends
    curves = [found.fits[d](at).tolist() for d in DEGREES]
    fits = [
        {"degree": d, "curve": charts.pack(pictures.inside(zip(at, curves[d], strict=True), -limit, limit))}
        for d in DEGREES
    ]
    columns = [
        {"degree": d, "low": d - 0.5, "high": d + 0.5, "bottom": pictures.LOW, "top": pictures.HIGH,
         "text": f"degree {d}: {VERDICTS[found.verdicts[d]]}", "beyond": pictures.reach(curves[d], limit)}
        for d in DEGREES
    ]  # fmt: skip
    drawn = {
        "degrees": columns,
        "errors": errors,
        "marks": marks,
        "fits": fits,
        "truth": {"x": at, "y": [math.sin(a) for a in at]},
        "sample": {"x": x.tolist(), "y": y.tolist()},
        "key": [{"text": "sample", "what": "sample"}, {"text": "sin x", "what": "truth"}],
    }
    return Measured(found, columns, marks, {name: charts.table(rows) for name, rows in drawn.items()})


def curves_of(sample: Sample) -> list[dict[str, Any]]:
    """Return the sample, the truth and all fits, as rows to download."""
    n, noise, seed, spacing, legacy = sample
    x, y, _, _ = experiments.sine_sample(n, noise, seed, spacing, legacy=legacy)
    at = overfitting.grid(201)
    rows = [{"what": "sample", "degree": None, "x": a, "y": b} for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    rows += [{"what": "truth", "degree": None, "x": a, "y": math.sin(a)} for a in at.tolist()]
    return rows + [
        {"what": "fit", "degree": d, "x": a, "y": b}
        for d, fit in enumerate(measure(sample).errors.fits) for a, b in zip(at.tolist(), fit(at).tolist(), strict=True)
    ]


def told(sample: Sample) -> str:
    """Return what a sample is."""
    n, noise, seed, spacing, legacy = sample
    where = "even" if spacing == "even" else "random x"
    return f"{n} points, {where}, noise {noise:g}, " + (f"RandomState({seed})" if legacy else f"seed {seed}")


def height(noise: float) -> float:
    """Return the top of the y axis: one of two, so that it does not follow the slider."""
    return 2.0 if noise <= 0.5 else 4.0


def keep_clicked() -> None:
    """Set the slider to the degree that was clicked."""
    for name in ("fit", "parts"):
        picked = st.session_state.get(controls.key(f"picture_{name}"))
        rows = picked["selection"].get("pin") if picked else None
        if rows:
            controls.set_values({"degree": int(rows[0]["degree"])})


def verdict_sentence(found: overfitting.ErrorByDegree, degree: int, sample: Sample) -> str:
    """Say what one degree does to one sample."""
    n, noise = sample[:2]
    at_points, between = float(found.true_at_points[degree]), float(found.true[degree])
    sentence = (
        f"**Degree {degree} is {VERDICTS[found.verdicts[degree]]}.** Mean squared error on its own {n} points "
        f"**{figure(found.train[degree])}**, on new points **{figure(found.validation[degree])}**, of which "
        f"{noise**2:.3g} is noise. Against the truth: **{figure(at_points)}** at the points, "
        f"**{figure(between)}** between them"
    )
    if between > 2 * at_points and found.verdicts[degree] == "over":
        sentence += f", {figure(between / at_points)} times as much: the damage is between the points"
    if degree >= n:
        sentence += (
            f". {degree + 1} coefficients for {n} points: many fits pass through all of them, "
            "the one of smallest coefficients is drawn"
        )
    return sentence + "."


@st.fragment
def polynomials(sample: Sample) -> None:
    """Draw the mechanism and where its error comes from; moving the degree runs this alone."""
    degree = int(controls.slider("degree", "Degree of the polynomial", 0, pictures.TOP_DEGREE, 16, 1))
    measured = measure(sample)
    found, here = measured.errors, measured.columns[degree]
    charts.title("Error by degree, and the fit", f"{told(sample)}; hover to see each fit, click to keep it")
    shown = ", ".join(row["text"] for row in measured.texts if row["degree"] == degree)
    panels.show(
        pictures.fits(height(sample[1])), {"now": [here], **measured.tables}, key=controls.key("picture_fit"),
        alt_text="Left: mean squared error against degree, on the sample, on new points and against the truth. "
        "Right: the sample, the truth and the fit of one degree.",
        now=f"{here['text']}. Mean squared errors: {shown}.",
        on_select=keep_clicked, selection_mode="pin",
    )  # fmt: skip
    say(verdict_sentence(found, degree, sample), COLOURS[found.verdicts[degree]])
    effect = controls.choice("effect", "Where it comes from", EFFECTS, "parts", style="segments")
    {"parts": show_parts, "learning": show_learning, "descent": show_descent}[effect](degree, sample)


EFFECTS = {"parts": "Bias and variance", "learning": "More points", "descent": "More coefficients"}


@kept(64)
def split_error(n: int, noise: float, seed: int) -> overfitting.BiasVariance:
    """Split the error of every degree over many samples."""
    rng = generator(seed, "bias and variance")
    return overfitting.bias_variance(DEGREES, n, noise, RESAMPLES, rng, points=141, keep=10)


EFFECT_ROWS: dict[str, Any] = st.session_state.setdefault("overfitting:effect_rows", {})  # of the picture that is drawn


def show_parts(degree: int, sample: Sample) -> None:
    """Draw bias, variance and noise by degree, and some of the fits that were averaged."""
    n, noise, seed = sample[:3]
    limit, top = height(noise), 1.0 if noise <= 0.5 else 3.0
    found = split_error(n, noise, seed)
    # The average of the fits still varies by variance / samples, which raises their bias² by as much: taken out.
    chance = [v / (RESAMPLES - 1) for v in found.variance.tolist()]
    bias2 = [max(b - c, 0.0) for b, c in zip(found.bias2.tolist(), chance, strict=True)]
    variance = [v + c for v, c in zip(found.variance.tolist(), chance, strict=True)]
    total = found.total.tolist()
    stacks = {
        "noise": [(0.0, found.noise)] * len(DEGREES),
        "variance": [(found.noise, found.noise + v) for v in variance],
        "bias²": [(found.noise + v, found.noise + v + b) for b, v in zip(bias2, variance, strict=True)],
    }
    at = found.x.tolist()
    curves: dict[str, list[Any]] = {"line": [], "x": [], "y": []}
    for number, values in enumerate(found.curves[degree].tolist()):
        curve = list(pictures.inside(zip(at, values, strict=True), -limit, limit))
        curves["line"] += [number] * len(curve)
        curves["x"] += [round(a, 4) for a, _ in curve]
        curves["y"] += [None if b is None else round(b, 4) for _, b in curve]
    mean = list(pictures.inside(zip(at, found.mean_fit[degree].tolist(), strict=True), -limit, limit))
    names = zip(("noise", "variance", "bias²", "measured"), (0.02, 0.2, 0.44, 0.62), (6, 66, 146, 206), strict=True)
    numbers = f"{RESAMPLES} samples of {n} points"
    charts.title("Where the error comes from", numbers)
    unsure = bias2[degree] < 2 * chance[degree]  # it cannot be told from chance
    bias = f"under {figure(2 * chance[degree])}" if unsure else figure(bias2[degree])
    parts = f"bias² {bias}, variance {figure(variance[degree])}, noise {found.noise:.3g}"
    panels.show(
        pictures.parts(limit, top),
        {
            "degrees": [
                {**row, "bottom": 0.0, "top": top, "now": row["degree"] == degree} for row in measure(sample).columns
            ],
            "parts": [
                {"degree": d, "part": part, "low": low, "high": high}
                for part, edges in stacks.items() for d, (low, high) in zip(DEGREES, edges, strict=True)
            ],
            "total": [{"degree": d, "error": total[d], "who": "validation"} for d in DEGREES],
            "legend": [
                {"part": part, "text": f"{part} {figure(total[degree])}" if part == "measured" else part, "slot": slot,
                 "place": place} for part, slot, place in names
            ],
            "curves": curves,
            "mean": {"x": [a for a, _ in mean], "y": [b for _, b in mean]},
            "truth": measure(sample).tables["truth"],
            "heading": [{
                "text": f"degree {degree}: {len(found.curves[degree])} of the fits, and the mean of all",
                "beyond": pictures.reach(found.curves[degree].ravel().tolist(), limit),
            }],
        },
        key=controls.key("picture_parts"),
        alt_text="Left: bias squared, variance and noise stacked against the degree, with the measured total as dots. "
        "Right: fits of one degree to several samples, their mean, and the truth.",
        now=f"Degree {degree}: {parts}.", on_select=keep_clicked, selection_mode="pin",
    )  # fmt: skip
    best = min(DEGREES, key=total.__getitem__)
    say(
        f"At degree {degree} {parts}: together **{figure(bias2[degree] + variance[degree] + found.noise)}**; measured "
        f"on fresh points **{figure(total[degree])}**. In these samples the total is lowest, {figure(total[best])}, at "
        f"degree {best}."
    )
    EFFECT_ROWS["rows"] = lambda: [
        {"degree": d, "n": n, "noise": noise, "samples": RESAMPLES, "bias_squared": found.bias2[d] - chance[d],
         "variance": variance[d], "noise_variance": found.noise, "mse_measured": total[d]} for d in DEGREES
    ]  # fmt: skip


def bands(curve: overfitting.ErrorCurve, at: str, *lines: tuple[str, str]) -> list[dict[str, Any]]:
    """Return rows of the median and its band from (name of the error, who)."""
    rows = []
    for name, who in lines:
        low, mid, high = getattr(curve, name).tolist()
        for where, *errors in zip(curve.at.tolist(), low, mid, high, strict=True):
            drawn = dict(zip(("low", "mid", "high"), map(pictures.positive, errors), strict=True))
            rows.append({at: where, **drawn, "who": who})
    return rows


def quantiles(curve: overfitting.ErrorCurve, at: str, **more: Any) -> list[dict[str, Any]]:
    """Return the errors of a curve as rows to download."""
    return [
        {at: where, **more, "error": name, **dict(zip(("mse_10_percent", "mse_median", "mse_90_percent"), row,
                                                      strict=True))}
        for name in ("train", "validation", "true")
        for where, row in zip(curve.at.tolist(), getattr(curve, name).T.tolist(), strict=True)
    ]  # fmt: skip


@kept(64)
def learn(degree: int, n: int, noise: float, seed: int) -> overfitting.ErrorCurve:
    """Measure one degree at all sizes."""
    sizes = sorted({*SIZES, n})
    rng = generator(seed, "learning curve")
    return overfitting.learning_curve(degree, sizes, noise, RESAMPLES // 3, rng, points=181)


def show_learning(degree: int, sample: Sample) -> None:
    """Draw the errors of one degree against the number of points."""
    n, noise, seed = sample[:3]
    curve = learn(degree, n, noise, seed)
    here = curve.at.tolist().index(n)
    train, validation = (float(v[1][here]) for v in (curve.train, curve.validation))
    legend = entries(
        ("technique", f"n = {n}"), ("train", f"train {figure(train)}"),
        ("validation", f"validation {figure(validation)}"), slots=(0.0, 0.25, 0.58), places=(0, 90, 210),
    )  # fmt: skip
    charts.title(f"Degree {degree} with more points", f"median and 10 to 90 % of {RESAMPLES // 3} samples at each size")
    charts.show(
        pictures.learning(),
        {
            "curves": bands(curve, "n", ("train", "train"), ("validation", "validation")),
            "floor": [{"error": pictures.positive(noise**2)}],
            "now": [{"n": n}],
            "legend": legend,
        },
        key=controls.key("picture_learning"),
        alt_text="Train and validation error of one degree against the number of points; the noise as a dashed line.",
        now=f"At {n} points: train {figure(train)}, validation {figure(validation)}.",
    )
    last, largest = float(curve.validation[1][-1]), int(curve.at[-1])
    near = [v <= 1.5 * noise**2 for v in curve.validation[1].tolist()]
    enough = next((int(size) for i, size in enumerate(curve.at) if all(near[i:])), None)
    floor = (
        "Without noise there is no floor." if not noise
        else f"From {enough} points on it stays below 1.5 times the noise, {noise**2:.3g}." if enough
        else f"Up to {largest} points it does not stay below 1.5 times the noise, {noise**2:.3g}."
    )  # fmt: skip
    say(
        f"With {n} points degree {degree} has a median train error of **{figure(train)}** and a validation error of "
        f"**{figure(validation)}**; with {largest} points validation error is **{figure(last)}**. {floor}"
    )
    EFFECT_ROWS["rows"] = lambda: quantiles(curve, "n", degree=degree, noise=noise, samples=RESAMPLES // 3)


@kept(64)
def descend(degree: int, n: int, noise: float, seed: int, basis: str) -> overfitting.ErrorCurve:
    """Measure fits of ever more coefficients."""
    counts = sorted({*COUNTS, max(n - 1, 1), n, n + 1, degree + 1})
    rng = generator(seed, "double descent")
    return overfitting.double_descent(counts, n, noise, RESAMPLES // 3, rng, basis=basis, points=181)


def show_descent(degree: int, sample: Sample) -> None:
    """Draw the errors far beyond as many coefficients as points."""
    n, noise, seed = sample[:3]
    basis = controls.choice(
        "basis", "Smallest coefficients of which basis", {"legendre": "Legendre", "chebyshev": "Chebyshev"}, "legendre",
        style="segments", help="The same points, another idea of small: the fit through all points is not unique.",
    )  # fmt: skip
    curve = descend(degree, n, noise, seed, basis)
    counts, true = curve.at.tolist(), curve.true[1].tolist()
    here, at_n = counts.index(degree + 1), counts.index(n)
    first = min(range(at_n), key=true.__getitem__) if at_n else 0
    after = min(range(at_n + 1, len(counts)), key=true.__getitem__)
    legend = entries(
        ("technique", f"degree {degree}"), ("train", f"train {figure(float(curve.train[1][here]))}"),
        ("test", f"truth {figure(true[here])}"), slots=(0.0, 0.31, 0.67), places=(0, 100, 220),
    )  # fmt: skip
    charts.title("More coefficients than points", f"median and 10 to 90 % of {RESAMPLES // 3} samples of {n} points")
    charts.show(
        pictures.descent(),
        {
            "curves": bands(curve, "k", ("train", "train"), ("true", "test")),
            "rules": [
                {"k": n, "text": f"k = n = {n}", "who": "baseline"},
                {"k": degree + 1, "text": "", "who": "technique"},
            ],
            "legend": legend,
        },
        key=controls.key("picture_descent"),
        alt_text="Train error and error against the truth, against the number of coefficients, up to 400.",
        now=f"With {degree + 1} coefficients: {legend[1]['text']}, {legend[2]['text']}.",
    )
    worst = "falls again" if true[after] < true[at_n] else "does not fall again"
    beside = "above" if true[after] > true[first] else "below"
    say(
        f"Median error against the truth: **{figure(true[first])}** at best with fewer coefficients than points "
        f"(k = {counts[first]}), **{figure(true[at_n])}** with as many, and beyond it {worst}, to "
        f"**{figure(true[after])}** at k = {counts[after]}, {beside} the first minimum; at k = {counts[-1]} it is "
        f"**{figure(true[-1])}**."
    )
    EFFECT_ROWS["rows"] = lambda: quantiles(
        curve, "coefficients", basis=basis, n=n, noise=noise, samples=RESAMPLES // 3
    )


# ------------------------------------------------------------------ real data


def spread(values: Any) -> dict[str, float | None]:
    """Return mean and range over the seeds; None where nothing has been trained yet."""
    seen = [v for v in values.tolist() if math.isfinite(v)]
    if not seen:
        return {"low": None, "mid": None, "high": None}
    return {"low": min(seen), "mid": sum(seen) / len(seen), "high": max(seen)}


def ask_memorization(data: str, rows: int, seeds: tuple[int, ...], **how: Any) -> experiments.Memorization:
    """Train on shuffled labels: longer where there are more rows to memorise."""
    training = Training(max_steps=max(500, 5 * rows // 2), eval_steps=12)
    return runs.compute(
        experiments.memorization, data, SHARES, training=training, n_train=rows, seeds=seeds,
        note="Training on shuffled labels", **how,
    )  # fmt: skip


def show_memorization(data: str, rows: int, seeds: tuple[int, ...]) -> list[dict[str, Any]]:
    """Train and draw; return the rows to download."""
    charts.title("Shuffled labels", f"{DATA[data]}, {rows} rows, mean and range over {len(seeds)} seeds")
    bar, place = st.empty(), panels.spot(controls.key("picture_memorized"))

    def table(found: experiments.Memorization) -> list[dict[str, Any]]:
        return [
            {"share": share, "who": who, **spread(values[i])}
            for who, values in (("train", found.train_accuracy), ("test", found.test_accuracy))
            for i, share in enumerate(found.shares)
        ]

    def draw(found: experiments.Memorization) -> None:
        ends = [row for row in table(found) if row["mid"] is not None]
        learned = [
            {"share": share, "step": int(step), "accuracy": spread(found.train_curves[i, :, s])["mid"]}
            for i, share in enumerate(found.shares) for s, step in enumerate(found.steps)
        ]  # fmt: skip
        panels.show(
            pictures.memorized(int(found.steps[-1])),
            {
                "curves": ends or [{"share": None, "low": None, "mid": None, "high": None, "who": "train"}],
                "chance": [{"start": 0, "end": 1, "accuracy": found.chance}],
                "legend": entries(("train", "train"), ("test", "test"), ("baseline", f"chance {percent(found.chance)}"),
                                  slots=(0.0, 0.25, 0.48), places=(0, 74, 142)),
                "learned": [row for row in learned if row["accuracy"] is not None]
                or [{"share": 0, "step": None, "accuracy": None}],
                "heading": [{"text": "train accuracy by step; fainter: fewer shuffled"}],
            },
            key=controls.key("picture_memorized"), place=place,
            alt_text="Left: train and test accuracy against the share of shuffled labels. "
            "Right: train accuracy by step, one curve for each share.",
            now="; ".join(
                f"{words.percent(row['share'])} shuffled, {row['who']} {percent(row['mid'])}" for row in ends
            ),
        )  # fmt: skip

    found = ask_memorization(data, rows, seeds, on_partial=draw, place=bar)
    draw(found)
    right, shuffled = (float(found.train_accuracy[i].mean()) for i in (0, -1))
    learns = shuffled > 0.95
    compared = words.compare(
        found.test_accuracy[0].tolist(), found.test_accuracy[-1].tolist(), "test accuracy", lower_is_better=False,
        percent=True, with_="all labels shuffled instead of none",
    )  # fmt: skip
    steps = int(found.steps[-1])
    sentence = (
        f"In {steps:,} steps the network {'still learns' if learns else 'does not learn all of'} the {rows} training "
        f"rows when all their labels are shuffled: accuracy **{percent(shuffled)}**, as against {percent(right)} with "
        f"the right labels. {compared.sentence} Guessing classes as often as they occur gives {percent(found.chance)}."
        f"{' Train accuracy cannot tell the two apart.' if learns and right > 0.95 else ''}"
    )
    sections.measured(replace(compared, sentence=sentence, verdict="none"), more="memorization_more")
    return [
        {"dataset": data, "n_train": rows, "share_of_labels_shuffled": share, "seed": seed, "split": split,
         "step": step, "accuracy": accuracy}
        for i, share in enumerate(found.shares) for j, seed in enumerate(seeds)
        for split, step, accuracy in (
            *(("train", int(step), float(value)) for step, value in zip(found.steps, found.train_curves[i, j],
                                                                        strict=True)),
            ("test", steps, float(found.test_accuracy[i, j])),
        )
    ]  # fmt: skip


def show_width(data: str, rows: int, seeds: tuple[int, ...], share: float) -> list[dict[str, Any]]:
    """Train and draw; return the rows to download."""
    labels = f"{100 * share:.0f} % of the labels shuffled, " if share else ""
    charts.title("Width", f"{DATA[data]}, {rows} rows, {labels}mean and range over {len(seeds)} seeds")
    bar, place = st.empty(), panels.spot(controls.key("picture_widths"))

    def table(found: experiments.Width, what: str) -> list[dict[str, Any]]:
        return [
            {"width": units, "who": who, **spread(getattr(found, f"{who}_{what}")[i])}
            for who in ("train", "test") for i, units in enumerate(found.widths)
        ]  # fmt: skip

    def draw(found: experiments.Width) -> None:
        # Two datasets that begin alike would be one to the browser, which then knows but the first by its name.
        none = {"width": None, "low": None, "mid": None, "high": None}
        accuracy, loss = ([r for r in table(found, what) if r["mid"] is not None] for what in ("accuracy", "loss"))
        highest = charts.ceiling([row["high"] for row in loss] or [0.0])
        panels.show(
            pictures.widths(),
            {
                "now": [{"top": max(highest, charts.loss_ceiling(load(data).n_classes))}],
                "accuracy": accuracy or [{**none, "who": "train"}],
                "loss": loss or [{**none, "who": "test"}],
                "legend": entries(("train", "train"), ("test", "test"), slots=(0.0, 0.25), places=(0, 74)),
            },
            key=controls.key("picture_widths"), place=place,
            alt_text="Left: train and test accuracy against the number of hidden units. Right: the losses.",
            now="; ".join(f"{row['width']} units, {row['who']} accuracy {percent(row['mid'])}" for row in accuracy),
        )  # fmt: skip

    found = runs.compute(
        experiments.width, data, WIDTHS, n_train=rows, n_val=validation_rows(data), share=share, seeds=seeds,
        on_partial=draw, place=bar, note="Training seven widths",
    )  # fmt: skip
    draw(found)
    # Chosen by validation loss and judged on test rows, the widest as the baseline.
    losses = [getattr(found, f"{split}_loss")[::-1].tolist() for split in ("val", "test")]
    chosen = words.choose([f"{units}" for units in reversed(WIDTHS)], *losses).level
    best = WIDTHS[len(WIDTHS) - 1 - chosen]
    if not chosen:
        say(f"Of the {len(WIDTHS)} widths the widest has the lowest mean validation loss: here width does no harm.")
    else:
        compared = words.compare(
            losses[1][chosen], losses[1][0], "test loss", guess=constant_loss(load(data)),
            with_=f"{WIDTHS[-1]} units instead of {best}",
        )  # fmt: skip
        noisy = ", whose labels are shuffled too," if share else ""
        sentence = (
            f"Of the {len(WIDTHS)} widths the mean loss on validation rows{noisy} is lowest with {best} units. "
            f"{compared.sentence}"
        )
        sections.measured(replace(compared, sentence=sentence), more="width_more")
    return [
        {"dataset": data, "n_train": rows, "share_of_labels_shuffled": share, "hidden_units": units, "seed": seed,
         **{name: float(getattr(found, name)[i, j])
            for name in ("train_loss", "val_loss", "test_loss", "train_accuracy", "test_accuracy")}}
        for i, units in enumerate(WIDTHS) for j, seed in enumerate(seeds)
    ]  # fmt: skip


def validation_rows(data: str) -> int:
    """Return how many rows a width is chosen by."""
    return min(100, len(load(data).x) // 3)


# ------------------------------------------------------------------ common mistakes


def show_powers(sample: Sample) -> None:
    """Fit raw powers beside the Chebyshev basis."""
    n, noise, seed, spacing, legacy = sample
    x, y, _, _ = experiments.sine_sample(n, noise, seed, spacing, legacy=legacy)
    right = measure(sample).errors.train.tolist()
    raw, warned = [], []
    for degree in DEGREES:
        predict, warns = overfitting.fit_raw_powers(x, y, degree)
        raw.append(float(((predict(x) - y) ** 2).mean()))
        warned.append(warns)
    charts.show(
        pictures.powers(),
        {
            "lines": [
                {"degree": d, "error": pictures.positive(errors[d]), "who": who}
                for who, errors in (("technique", right), ("mistake", raw)) for d in DEGREES
            ],
            "warned": [{"degree": d, "error": pictures.positive(raw[d])} for d in DEGREES if warned[d]]
            or [{"degree": None, "error": None}],
            "legend": entries(("technique", "Chebyshev basis"), ("mistake", "raw powers (dots: polyfit warns)"),
                              slots=(0.0, 0.4), places=(0, 140)),
        },
        key=controls.key("picture_powers"),
        alt_text="Error at the sample's points by degree, in the Chebyshev basis and with raw powers.",
        now=f"Degree {DEGREES[-1]}: Chebyshev {figure(right[-1])}, raw powers {figure(raw[-1])}.",
    )  # fmt: skip
    first = next((d for d in DEGREES if warned[d]), None)
    tells = "Here np.polyfit never warns" if first is None else f"From degree {first} on np.polyfit warns"
    exact = n - 1 if n - 1 in DEGREES and warned[n - 1] else None  # the first fit that should pass through all points
    worst = max(DEGREES, key=lambda d: raw[d] - right[d]) if exact is None else exact
    if raw[worst] - right[worst] < 1e-9:
        say(f"{tells}, and it does no harm: its errors at the points are the same to rounding.")
        return
    no_longer = " and no longer passes through its points" if worst == exact else ""
    say(
        f"{tells}{no_longer}: at degree {worst} its error there is **{figure(raw[worst])}**, where the same "
        f"fit in the Chebyshev basis has **{figure(right[worst])}**.", "worse",
    )  # fmt: skip


@kept(32)
def errors_of_samples(sample: Sample) -> list[overfitting.ErrorByDegree]:
    """Fit all degrees to several samples."""
    n, noise, seed, spacing, legacy = sample
    return [measure((n, noise, s, spacing, legacy)).errors for s in range(seed, seed + SAMPLES)]


def show_by_train(sample: Sample) -> None:
    """Choose the degree by train error, and by validation error."""
    found = errors_of_samples(sample)
    chosen = {name: [min(DEGREES, key=getattr(f, name).__getitem__) for f in found] for name in ("train", "validation")}
    true = {name: [float(f.true[d]) for f, d in zip(found, by, strict=True)] for name, by in chosen.items()}
    pairs = list(zip(true["train"], true["validation"], strict=True))
    worse, better = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
    middle = {name: sorted(values)[SAMPLES // 2] for name, values in true.items()}
    degrees = {name: sorted(by)[SAMPLES // 2] for name, by in chosen.items()}
    certain = chance_of(max(worse, better), worse + better) < 0.05
    harm = (
        "." if certain and worse > better else ": here it does no harm." if certain or not worse
        else f": {SAMPLES} samples cannot tell whether it does harm."
    )  # fmt: skip
    say(
        f"Over {SAMPLES} samples train error chose degree {degrees['train']} (median), validation error degree "
        f"{degrees['validation']}. The error against the truth is **{figure(middle['train'])}** by the first and "
        f"**{figure(middle['validation'])}** by the second (medians); choosing by train error was worse in "
        f"**{worse} of {SAMPLES}** samples and better in {better}{harm}",
        "worse" if certain and worse > better else "none",
    )


def chance_of(most: int, of: int) -> float:
    """Return how likely one side is the larger in so many of the pairs, were both as likely: the sign test."""
    return min(1.0, 2 * sum(math.comb(of, k) for k in range(most, of + 1)) / 2**of)


def show_at_points(sample: Sample) -> None:
    """Judge each degree by its error at the sample's own x."""
    noise = sample[1]
    found = errors_of_samples(sample)
    missed, overfits = 0, 0
    for errors in found:
        for degree in DEGREES:
            if errors.verdicts[degree] == "over":
                overfits += 1
                at_points = float(errors.true_at_points[degree]) + noise**2
                missed += overfitting.verdict(float(errors.train[degree]), at_points, noise**2) == "good"
    here = found[0]
    worst = max(DEGREES, key=lambda d: float(here.true[d]) / max(float(here.true_at_points[d]), 1e-30))
    if not overfits:
        say(f"Here it does no harm: no degree overfits in any of {SAMPLES} samples.")
        return
    say(
        f"Where it shows most, at degree {worst}, the error against the truth is "
        f"**{figure(here.true_at_points[worst])}** at the points and **{figure(here.true[worst])}** between them. "
        f"Judged at the points alone, **{missed} of {overfits}** overfits (over {SAMPLES} samples and all degrees) "
        "pass as about right.",
        "worse" if missed else "none",
    )


# ------------------------------------------------------------------ in your framework

FRAMEWORKS = {
    "PyTorch": '''\
def measure(model, loss_fn, x, y):
    model.eval()  # no dropout, batch norm's running statistics
    with torch.inference_mode():
        loss = loss_fn(model(x), y).item()
    model.train()
    return loss


loss_fn = torch.nn.CrossEntropyLoss()  # hard labels: no label_smoothing here, whatever you train with
train_loss = measure(model, loss_fn, x_train, y_train)  # all rows, no augmentation
val_loss = measure(model, loss_fn, x_val, y_val)
print(f"gap {val_loss - train_loss:.3f}")''',
    "Keras": '''\
# history.history["loss"] is a mean over the epoch, with dropout on: not this. Measure both sets alike:
train_loss = model.evaluate(x_train, y_train, verbose=0, return_dict=True)["loss"]
val_loss = model.evaluate(x_val, y_val, verbose=0, return_dict=True)["loss"]
print(f"gap {val_loss - train_loss:.3f}")  # kernel_regularizer's penalty is in both, so not in the gap''',
    "scikit-learn": '''\
from sklearn.metrics import log_loss

# loss_curve_ has the penalty in it and is a mean over the epoch; score() is accuracy. Measure both sets alike:
train_loss = log_loss(y_train, model.predict_proba(x_train), labels=model.classes_)
val_loss = log_loss(y_val, model.predict_proba(x_val), labels=model.classes_)
print(f"gap {val_loss - train_loss:.3f}")''',
}  # fmt: skip

# ------------------------------------------------------------------ the page

open_page("overfitting")
controls.lessons(LESSONS)

picture, side = picture_and_controls()
with side:
    n = int(controls.slider("n", "Points n", 5, 100, 20, 5))
    noise = controls.slider("noise", "Noise (standard deviation)", 0.0, 1.0, 0.3, 0.05)
    seeds = controls.seeds()
    with st.popover("More"):
        spacing = controls.choice(
            "spacing", "Spacing of x", {"even": "Even", "random": "Random"}, "even", style="segments"
        )
        numbers = controls.choice(
            "numbers", "Random numbers", {"generator": "Generator", "legacy": "RandomState"}, "generator",
            style="segments", help="RandomState(42) with 20 points and noise 0.3 is the reference sample.",
        )  # fmt: skip
sample: Sample = (n, noise, seeds[0], spacing, numbers == "legacy")
with picture:
    polynomials(sample)

st.header("The same on real data", anchor=False)
real_picture, real_side = picture_and_controls()
with real_side:
    real = controls.choice(
        "real", "Experiment", {"memorization": "Shuffled labels", "width": "Width"}, "memorization", style="segments"
    )
    data = controls.choice("data", "Data", DATA, "digits")
    wanted = int(controls.slider("rows", "Training rows", 50, 400, 200, 50))
    rows = min(wanted, len(load(data).x) - (validation_rows(data) if real == "width" else 1))
    if rows < wanted:
        st.caption(f"{DATA[data]} has {rows} rows to train on.")
    share = controls.slider("share", "Share of labels shuffled", 0.0, 1.0, 0.0, 0.1) if real == "width" else 0.0

predict, mistakes, framework, code, papers = sections.tabs()
with predict:

    def answer() -> tuple[str, str]:
        found = ask_memorization("digits", 200, seeds)
        train = float(found.train_accuracy[-1].mean())
        right = OPTIONS[0] if train < 0.3 else OPTIONS[1] if train < 0.85 else OPTIONS[2]
        return right, f"Train accuracy reaches **{percent(train)}**, over {len(seeds)} seeds; test accuracy " + (
            f"**{percent(float(found.test_accuracy[-1].mean()))}**."
        )

    OPTIONS = ("About 10 %, as by guessing", "About half", "Nearly 100 %")
    sections.predict(
        "All labels of 200 handwritten digits are shuffled, so there is nothing to learn from them. "
        "What accuracy does the network reach on these 200?", OPTIONS, answer,
    )  # fmt: skip
with mistakes:
    sections.mistake(
        "powers", "Fit raw powers with polyfit",
        "The powers 1, x, x², … are nearly parallel, so np.polyfit drops what it cannot tell apart.",
        lambda: show_powers(sample),
    )  # fmt: skip
    sections.mistake(
        "by_train", "Choose the degree by train error",
        "Train error falls with every degree, so it chooses the last, or one of those that pass through every point.",
        lambda: show_by_train(sample),
    )  # fmt: skip
    sections.mistake(
        "at_points", "Judge by the error at the sample's own points",
        "A fit can be close to the truth at every point it was given, and far from it between them.",
        lambda: show_at_points(sample),
    )  # fmt: skip
with framework:
    st.markdown("The gap between train and validation loss, measured cleanly: both in evaluation mode, on hard labels.")
    chosen = controls.choice("framework", "Framework", tuple(FRAMEWORKS), "PyTorch", style="segments")
    if not sections.closed("In your framework"):  # the highlighter of code weighs more than the rest of the page
        st.code(FRAMEWORKS[chosen], language="python")
with code:
    sections.code(overfitting.fit_polynomial, overfitting.verdict, overfitting.bias_variance, experiments.memorization)
with papers:
    sections.papers("overfitting")
    found = measure(sample).errors
    table = [
        {"n": n, "noise": noise, "seed": seeds[0], "degree": d, "train_mse": float(found.train[d]),
         "validation_mse": float(found.validation[d]), "mse_against_truth_at_points": float(found.true_at_points[d]),
         "mse_against_truth": float(found.true[d]), "verdict": VERDICTS[found.verdicts[d]]} for d in DEGREES
    ]  # fmt: skip
    sections.download(table, "overfitting_by_degree.csv", "Download the errors by degree as CSV")
    sections.download(lambda: curves_of(sample), "overfitting_fits.csv", "Download the sample and the fits as CSV")
    sections.download(lambda: EFFECT_ROWS["rows"](), "overfitting_effect.csv",
                      "Download the picture of where it comes from as CSV")  # fmt: skip
    download = st.container()
copy_link()

with real_picture:  # last, since it trains
    trained = (
        show_memorization(data, rows, seeds) if real == "memorization" else show_width(data, rows, seeds, share)
    )
with download:
    sections.download(trained, f"overfitting_{real}.csv", "Download the picture of real data as CSV")
