"""Label smoothing: what softer targets do to the loss, to accuracy, to confidence and to the last hidden layer."""

import math
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.charts import label_smoothing as pictures
from pages.charts.label_smoothing import STRENGTHS
from pages.ui import charts, controls, effect, panels, runs, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.seeds import band, lowest

from reglab import experiments, label_smoothing, mistakes
from reglab.datasets import load
from reglab.settings import Settings

SCALE = effect.Scale("label_smoothing", (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8), "label smoothing")
NAMES = tuple(map(SCALE.label, SCALE.values))
CONVENTIONS = {"uniform": "ε/K on every class", "others": "ε/(K−1) on the others"}
CLASSES = (2, 3, 5, 10, 100)
FEW = 10  # classes up to which each has a bar to be told apart
SURE = 10.0  # a logit gap of a network that is all but certain
DATA = {name: load(name).title for name in ("digits", "mnist1d", "wine", "breast_cancer", "moons")}
SIZES = (50, 100, 200, 400)
FEWEST = 0.005  # share of the rows from which on a bin's accuracy is more than chance
VIEWS = {"calibration": "Calibration", "clusters": "Clusters", "soft": "Soft or hard validation loss"}
SPLITS = {"test": "Test rows", "train": "Training rows"}
ASKED = {"data": "digits", "n": 200, "seeds": (0, 1, 2, 3, 4), "smoothing": 0.1}  # of the prediction

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "strength": 0.1, "convention": "uniform", "classes": 3.0, "smoothing": 0.1, "data": "moons", "n": 50.0,
        "seed": 0, "seeds": 5, "view": "calibration", "split": "test", "first": 0, "twice": False, "confused": False,
        "judged": False,
    },
    "Too much": {"strength": 0.8, "data": "digits", "n": 200.0, "smoothing": 0.8},
    "Loss up, accuracy the same": {"n": 200.0},
    "Reference: K = 3, shared": {"strength": 0.2, "convention": "others"},
    "Clusters": {"data": "digits", "n": 400.0, "view": "clusters"},
    "Soft or hard labels": {"data": "digits", "n": 200.0, "view": "soft"},
}  # fmt: skip


def figure(value: float) -> str:
    """Return a number with three significant digits or four decimals."""
    return "−∞" if value == -math.inf else "∞" if math.isinf(value) else f"{value:.4f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * share:.0f} %" if share >= 0.01 else f"{100 * share:.1f} %"


def heading(level: int, part: int, text: str, who: str = "technique", slot: float = 0.0, place: int = 0) -> Any:
    """Return what a level is called above a panel."""
    return {"level": level, "part": part, "text": text, "who": who, "slot": slot, "place": place}


def written(values: list[float], digits: int = 3) -> str:
    """Return the mean over seeds in words."""
    middle = effect.mean(values)
    return "diverged" if middle is None else f"{middle:.{digits}f}"


# ------------------------------------------------------------------ the mechanism


def targets_of(classes: int, strength: float, convention: str) -> tuple[float, float]:
    """Return the target of the right class, and of each other."""
    row = label_smoothing.smooth_labels([classes - 1], classes, strength, convention)[0].tolist()
    return row[-1], row[0]


def written_targets(classes: int, strength: float, convention: str) -> str:
    """Return the targets of the last class in words."""
    right, rest = targets_of(classes, strength, convention)
    if classes <= 5:
        return f"({', '.join([figure(rest)] * (classes - 1) + [figure(right)])})"
    return f"({classes - 1} times {figure(rest)}, {figure(right)})"


@kept(16)
def solve(classes: int, convention: str) -> tuple[dict[str, Any], float]:
    """Return what the mechanism's picture draws, and the top of its loss axes."""
    other = next(name for name in CONVENTIONS if name != convention)
    top = charts.ceiling([math.log(classes) + 0.3])
    levels = list(enumerate(STRENGTHS))
    floors = {name: label_smoothing.loss_floor(classes, STRENGTHS, name).tolist() for name in CONVENTIONS}
    low, high = pictures.GAPS
    gaps = [low + (high - low) * i / 84 for i in range(85)]
    losses, outside, lowest, bars, outlines, headings = [], [], [], [], [], []
    for level, strength in levels:
        values = label_smoothing.loss_by_gap(gaps, classes, strength, convention).tolist()
        drawn = [{"level": level, "gap": gap, "value": loss} for gap, loss in zip(gaps, values, strict=True)]
        losses += [{**row, "value": row["value"] if row["value"] <= top else None} for row in drawn]
        outside += [{**row, "who": "technique"} for row in (drawn[0], drawn[-1]) if row["value"] > top]
        best = label_smoothing.lowest_gap(classes, strength, convention)
        floor = floors[convention][level]
        if low <= best <= high:
            lowest.append({"level": level, "gap": best, "value": floor})
        for rows, name in ((bars, convention), (outlines, other)):
            right, rest = targets_of(classes, strength, name)
            rows += [
                {"level": level, "from": (i + 0.12) / classes, "to": (i + 0.88) / classes,
                 "value": right if i == classes - 1 else rest}
                for i in range(classes)
            ]  # fmt: skip
        right, rest = targets_of(classes, strength, convention)
        headings += [
            heading(level, 0, f"ε = {strength:g}: {floor:.3f}"),
            heading(level, 0, f"other: {floors[other][level]:.3f}", "baseline", 0.5, 120),
            heading(level, 1, f"{figure(right)}, each other {figure(rest)}"),
            heading(level, 2, "no lowest point" if math.isinf(best) else f"lowest at a gap of {best:.2f}"),
        ]
    tables = {
        "levels": pictures.strengths(len(STRENGTHS)), "headings": headings, "bars": bars, "other": outlines,
        "loss": losses, "outside": outside, "lowest": lowest,
        "floors": [
            {"level": level, "value": floors[name][level], "who": who}
            for name, who in ((convention, "technique"), (other, "baseline")) for level, _ in levels
        ],
    }  # fmt: skip
    return {name: charts.table(rows) for name, rows in tables.items()}, top


def conversion(classes: int, strength: float, convention: str) -> str:
    """Say which strength of the other convention makes the same targets."""
    if convention == "uniform":
        same = label_smoothing.to_others(strength, classes)
        return f"The other convention says the same as this one with **{figure(same)}** = {strength:g} (K − 1)/K"
    if strength >= (classes - 1) / classes:
        return "The other convention cannot say this: the right class is no longer the likeliest"
    same = label_smoothing.to_uniform(strength, classes)
    return f"The other convention says the same as this one with **{figure(same)}** = {strength:g} K/(K − 1)"


@st.fragment
def mechanism() -> None:
    """Draw the mechanism; its controls run this alone."""
    picture, side = picture_and_controls()
    with side:
        convention = controls.choice("convention", "Convention", CONVENTIONS, "uniform")
        classes = int(controls.scale("classes", "Classes K", tuple(map(float, CLASSES)), 3.0))
    with picture:
        strength = controls.scale("strength", "Strength ε", STRENGTHS, 0.1)
        level = STRENGTHS.index(strength)
        drawn, top = solve(classes, convention)
        right, rest = targets_of(classes, strength, convention)
        floor = label_smoothing.loss_floor(classes, strength, convention)
        best = label_smoothing.lowest_gap(classes, strength, convention)
        charts.title("The loss has a floor", "green: this convention, gray: the other; hover to scrub, click to keep")
        panels.show(
            pictures.mechanism(top, classes <= FEW), {"now": [{"level": level}], **drawn},
            key=controls.key("picture_mechanism_three"),
            alt_text="Left: the lowest loss that smoothed targets allow, against the strength, in both conventions. "
            "Middle: the targets as bars. Right: the loss against the gap between the right class's logit and the "
            "others', with its lowest point; dashed without smoothing.",
            now=f"Strength {strength:g}: target {figure(right)} for the right class, {figure(rest)} for each other; "
            f"the loss is lowest at a gap of {figure(best)}, where it is {floor:.3f}.",
            on_select=scrub.keep("strength", STRENGTHS, "picture_mechanism_three"), selection_mode="pin",
        )  # fmt: skip
        if not strength:
            sections.say("Without smoothing the loss falls towards 0 as the logit gap grows: certainty always pays.")
            return
        other = next(name for name in CONVENTIONS if name != convention)
        mine, theirs = (written_targets(classes, strength, name) for name in (convention, other))
        sure = label_smoothing.loss_by_gap(SURE, classes, strength, convention)
        lowest_theirs = label_smoothing.loss_floor(classes, strength, other)
        sections.say(
            f"At ε = {strength:g} the target of the last of {classes} classes is **{mine}**, in the other convention "
            f"{theirs}. {conversion(classes, strength, convention)}. No network gets below **{floor:.3f}** nats "
            f"({lowest_theirs:.3f} in the other one): the best logit gap is **{best:.2f}**, and one of {SURE:g} costs "
            f"{sure:.3f}."
        )


# ------------------------------------------------------------------ the effect


def trained(data: str, n: int, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Return what every training of the page shares."""
    return {"dataset": data, "n_train": n, "seeds": seeds}


@kept(16)
def calibrate(data: str, n: int, seeds: tuple[int, ...], _run: Any) -> experiments.Calibration:
    """Measure the calibration of a run, once for all visitors."""
    return experiments.calibration(_run)


@kept(16)
def cluster(data: str, n: int, seeds: tuple[int, ...], first: int, split: Any, _run: Any) -> experiments.Clusters:
    """Project three classes of a run's last hidden layer, once for all visitors."""
    return experiments.clusters(_run, range(first, first + 3), split)


@kept(16)
def soft_losses(data: str, n: int, seeds: tuple[int, ...], _run: Any) -> list[list[float]]:
    """Return each model's validation loss on labels that are smoothed as its training's, by strength and seed."""
    p, y = experiments.validation_predictions(_run)
    return [
        label_smoothing.soft_label_loss(p[level], y, strength).tolist() for level, strength in enumerate(SCALE.values)
    ]


def verdicts(run: Any, found: experiments.Calibration, level: int) -> list[words.Comparison]:
    """Compare clean loss, accuracy and calibration error with those without smoothing, paired by seed."""
    accuracy = run.kept("test_accuracy").tolist()
    loss, error = found.loss.tolist(), found.error.tolist()
    guess, share = effect.guess(run.dataset)
    with_ = f"label smoothing {NAMES[level]}"
    return [
        words.compare(loss[0], loss[level], "test loss on hard labels", with_=with_, guess=guess),
        words.compare(
            accuracy[0], accuracy[level], "test accuracy", lower_is_better=False, percent=True, guess=share
        ),
        words.compare(error[0], error[level], "the calibration error (ECE)"),
    ]


def show_training(data: str, n: int, seeds: tuple[int, ...], smoothing: float) -> Any:
    """Draw strength against loss and the training curves, and say what is measured; return the run."""
    run = effect.show(
        SCALE, smoothing, **trained(data, n, seeds), n_classes=load(data).n_classes, control="smoothing",
        name=f"smoothing {SCALE.label(smoothing)}", note=f"{DATA[data]}, n = {n}; hover to scrub, click to keep",
    )  # fmt: skip
    found, level = calibrate(data, n, seeds, run), SCALE.values.index(smoothing)
    test, guess = run.kept("test_loss").tolist(), effect.guess(data)[0]
    choice = words.choose(NAMES, run.kept("val_loss").tolist(), test, guess=guess)
    if not level:
        accuracy, off = effect.mean(run.kept("test_accuracy")[0].tolist()), effect.mean(test[0])
        poor = off is None or off >= guess
        sections.say(
            f"Label smoothing is off: test loss **{written(test[0])}**, accuracy "
            f"{percent(accuracy or math.nan)}, ECE **{written(found.error[0].tolist())}**."
            f"{words.no_better_than_guess(f'{guess:.3f}') if poor else ''} {choice.sentence}"
        )
        return run
    loss, *more = verdicts(run, found, level)
    loss = replace(loss, sentence=loss.sentence + words.chosen_too(choice, level))
    sections.measured_each([loss, *more], more="more_training")
    return run


def table(data: str, n: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows to download with what they share."""
    return [{"dataset": data, "n_train": n, **row} for row in rows]


def show_calibration(data: str, n: int, seeds: tuple[int, ...], smoothing: float, run: Any) -> dict[str, Any]:
    """Draw calibration error, reliability and confidences, with temperature scaling; return the rows to download."""
    found, level = calibrate(data, n, seeds, run), SCALE.values.index(smoothing)
    errors, scaled = found.error.tolist(), found.scaled_error.tolist()
    temperatures, edges = found.temperature.tolist(), found.bins.edges.tolist()
    headings, reliability, histogram = [], [], []
    for i, name in enumerate(NAMES):
        headings += [
            heading(i, 0, f"{name}: {written(errors[i])}"),
            heading(i, 0, f"scaled {written(scaled[i])}", "validation", 0.4, 92),
            heading(i, 1, "smoothed"),
            heading(i, 1, "off", "baseline", 0.3, 72),
            heading(i, 1, f"T = {written(temperatures[i], 2)}", "validation", 0.5, 108),
            heading(i, 2, "confidences" if i else "confidences, off"),
            heading(i, 2, "off", "baseline", 0.4, 92) if i else heading(i, 2, ""),
        ]
        for who, bins in (("technique", found.bins), ("validation", found.scaled_bins)):
            counts = bins.count[i].tolist()
            total = max(sum(counts), 1)
            for at, (c, a, k) in enumerate(
                zip(bins.confidence[i].tolist(), bins.accuracy[i].tolist(), counts, strict=True)
            ):
                if k >= FEWEST * total:
                    reliability.append({"level": i, "who": who, "confidence": c, "accuracy": a, "size": k / total})
                if who == "technique":
                    histogram.append({"level": i, "from": edges[at], "to": edges[at + 1], "share": k / total})
    shares = {row["from"]: row["share"] for row in histogram if not row["level"]}
    top = charts.ceiling(v for values in (*errors, *scaled) for v in values)
    note = f"test rows, bins of {percent(FEWEST)} or more; orange: temperature scaling"
    charts.title("Is 80 % sure right in 80 %?", note)
    panels.show(
        pictures.calibration(NAMES),
        {
            "now": [{"level": level, "top": top}], "levels": pictures.strengths(len(NAMES)), "headings": headings,
            "errors": [
                {"level": i, "who": who, **band(values)}
                for who, table in (("technique", errors), ("validation", scaled)) for i, values in enumerate(table)
            ],
            "diagonal": [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}],
            "reliability": reliability,
            "without": [r for r in reliability if not r["level"] and r["who"] == "technique"],
            "histogram": histogram,
            "before": [{"from": edge, "share": shares.get(edge, 0.0)} for edge in edges],
        },
        key=controls.key("picture_calibration_three"),
        alt_text="Left: expected calibration error against label smoothing, as trained and after temperature scaling. "
        "Middle: reliability diagram, accuracy against confidence; dashed without smoothing. Right: histogram of "
        "confidences.",
        now=f"Label smoothing {NAMES[level]}: calibration error {written(errors[level])}, without smoothing "
        f"{written(errors[0])}; after temperature scaling {written(scaled[level])}, temperature "
        f"{written(temperatures[level], 2)}.",
        on_select=scrub.keep("smoothing", SCALE.values, "picture_calibration_three"), selection_mode="pin",
    )  # fmt: skip
    T = effect.mean(temperatures[level]) or math.nan
    timid = words.side(temperatures[level], 1.0, "the network", "too timid", "too confident")
    scaled_loss = found.scaled_loss.tolist()
    how = f"With smoothing {NAMES[level]}" if level else "Without smoothing"
    sections.say(
        f"{how} the temperature fitted on validation rows is **{T:.2f}**: {timid}. Scaling takes the "
        f"error from {written(errors[level])} to **{written(scaled[level])}** and the test loss from "
        f"{written(found.loss[level].tolist())} to {written(scaled_loss[level])}, and changes no prediction. "
        f"Temperature scaling alone, without smoothing, comes to an error of **{written(scaled[0])}** and a loss of "
        f"**{written(scaled_loss[0])}**."
    )
    per_seed = {
        "calibration_error": errors, "temperature": temperatures, "calibration_error_scaled": scaled,
        "test_loss_scaled": scaled_loss,
    }  # fmt: skip
    ends = effect.numbers(run, SCALE.field, SCALE.values, ("test_loss", "test_accuracy"), **per_seed)
    every = [
        {SCALE.field: strength, "temperature_scaled": cooled, "bin_from": low, "confidence": c, "accuracy": a,
         "rows": k}
        for cooled, bins in ((False, found.bins), (True, found.scaled_bins))
        for i, strength in enumerate(SCALE.values)
        for values in [(bins.confidence, bins.accuracy, bins.count)]
        for low, c, a, k in zip(edges, *(x[i].tolist() for x in values), strict=False)
    ]  # fmt: skip
    return {"calibration": table(data, n, ends), "reliability": table(data, n, every)}


def show_clusters(data: str, n: int, seeds: tuple[int, ...], smoothing: float, run: Any) -> dict[str, Any]:
    """Draw three classes of the last hidden layer; return the rows to download."""
    K, level = load(data).n_classes, SCALE.values.index(smoothing)
    left, right = st.columns(2)
    with left:
        split = controls.choice("split", "Rows drawn", SPLITS, "test", style="segments")
    with right:
        wanted = int(controls.slider("first", "First of the three classes", 0, 7, 0, 1))
    if K < 3:
        sections.say(f"{DATA[data]} has {K} classes: the plane of this picture goes through the means of three.")
        return {}
    first = min(wanted, K - 3)
    names = [str(name) for name in load(data).class_names[first : first + 3]]
    found = {name: cluster(data, n, seeds, first, name, run) for name in SPLITS}
    drawn, spread = found[split], {name: found[name].spread.tolist() for name in SPLITS}
    labels = drawn.labels.tolist()
    points = [
        {"level": i, "x": x, "y": y, "slot": label - first}
        for i, plane in enumerate(drawn.points)
        for (x, y), label in zip(plane.tolist(), labels, strict=False)
    ]
    limit = charts.ceiling([0.9, *(0.9 * abs(row[axis]) for row in points for axis in ("x", "y"))])
    off, here = "without smoothing", [f"smoothing {name}" if i else "off" for i, name in enumerate(NAMES)]
    headings = [
        row for i in range(len(NAMES)) for row in (
            heading(i, 0, f"train {written(spread['train'][i])}", "train"),
            heading(i, 0, f"test {written(spread['test'][i])}", "test", 0.4, 100),
            heading(i, 1, off, "baseline"), heading(i, 2, here[i]),
        )
    ]  # fmt: skip
    charts.title(
        "Three classes in the last hidden layer",
        f"{', '.join(names)} as green dots, gray squares, yellow triangles; first seed",
    )
    top = charts.ceiling(v for table in spread.values() for values in table for v in values)
    panels.show(
        pictures.clusters(NAMES, limit),
        {
            "now": [{"level": level, "top": top}], "levels": pictures.strengths(len(NAMES)), "headings": headings,
            "spread": [
                {"level": i, "who": who, **band(values)}
                for who, table in spread.items() for i, values in enumerate(table)
            ],
            "points": points, "without": [row for row in points if not row["level"]],
        },
        key=controls.key("picture_clusters_three"),
        alt_text="Left: how far a row is from its class's mean, over how far the means are from each other, against "
        "label smoothing, on training and test rows. Middle and right: rows of three classes in the plane through "
        "their means in the last hidden layer, without smoothing and with it.",
        now=f"Label smoothing {NAMES[level]}: spread {written(spread['train'][level])} on training rows, "
        f"{written(spread['test'][level])} on test rows; without {written(spread['train'][0])} and "
        f"{written(spread['test'][0])}.",
        on_select=scrub.keep("smoothing", SCALE.values, "picture_clusters_three"), selection_mode="pin",
    )  # fmt: skip
    if not level:
        sections.say(
            f"Without smoothing a row is **{written(spread['train'][0])}** of the means' distance from its class's "
            f"mean on training rows, **{written(spread['test'][0])}** on test rows."
        )
    else:
        sections.measured_each([
            words.compare(spread[name][0], spread[name][level], f"the spread of a class on {SPLITS[name].lower()}")
            for name in ("train", "test")
        ], more="more_clusters")  # fmt: skip
    told = {f"spread_{name}": spread[name] for name in ("train", "test")}
    plane = [
        {SCALE.field: SCALE.values[row["level"]], "seed": seeds[0], "rows": split, "class": names[row["slot"]],
         "x": row["x"], "y": row["y"]}
        for row in points
    ]  # fmt: skip
    return {
        "spread": table(data, n, effect.numbers(run, SCALE.field, SCALE.values, (), **told)),
        "plane": table(data, n, plane),
    }


def curves_by_step(found: experiments.SoftValidation) -> list[dict[str, Any]]:
    """Return the points of every strength's curves on hard and on soft labels."""
    steps = found.steps.tolist()
    return [
        {"level": level, "step": step, "who": who, **band([values[at] for values in seeds])}
        for who, table in (("validation", found.hard), ("mistake", found.soft))
        for level, seeds in enumerate(table.tolist()) for at, step in enumerate(steps)
    ]  # fmt: skip


def show_soft(data: str, n: int, seeds: tuple[int, ...], smoothing: float, run: Any) -> dict[str, Any]:
    """Draw the validation loss on hard and on soft labels, of the same runs; return the rows to download."""
    K, level = load(data).n_classes, SCALE.values.index(smoothing)
    hard, soft = run.kept("val_loss").tolist(), soft_losses(data, n, seeds, run)
    floors = label_smoothing.loss_floor(K, SCALE.values).tolist()
    top = charts.ceiling([v for table in (hard, soft) for values in table for v in values])
    note = f"{DATA[data]}, n = {n}; gray: the floor of the soft one; hover to scrub, click to keep"
    charts.title("One run, two validation losses", note)
    bar, place = st.empty(), charts.spot(st.container(key="panels_label_smoothing_soft", gap=None))
    headings = [
        row for i, name in enumerate(NAMES) for row in (
            heading(i, 0, f"hard labels {written(hard[i])}", "validation"),
            heading(i, 0, f"soft labels {written(soft[i])}", "mistake", 0.5, 150),
            heading(i, 1, f"while training with smoothing {name}" if i else "while training without smoothing"),
        )
    ]  # fmt: skip

    def draw(found: experiments.SoftValidation, live: bool = True) -> None:
        """Draw what is there; a key may be given once per run of the script, so only the last picture has one."""
        points = effect.cut(curves_by_step(found), top, line=["level", "who"])
        select = {"key": controls.key("picture_soft"), **scrub.pinning("smoothing", SCALE.values, "picture_soft")}
        charts.show(
            pictures.soft(NAMES, int(found.steps[-1])),
            {
                "now": [{"level": level, "top": top}], "levels": pictures.strengths(len(NAMES)), "headings": headings,
                "losses": [
                    {"level": i, "who": who, **band(values)}
                    for who, table in (("validation", hard), ("mistake", soft)) for i, values in enumerate(table)
                ],
                "floors": [{"level": i, "value": value} for i, value in enumerate(floors)],
                "curves": charts.packed(points, ("level", "who"), effect.POINT),
            },
            place=place, height="stretch", **({} if live else select),
            alt_text="Left: validation loss of the same runs on hard labels and on smoothed ones, against label "
            "smoothing, with the floor of the smoothed one. Right: both while the runs of one strength train.",
            now=f"Label smoothing {NAMES[level]}: validation loss {written(hard[level])} on hard labels, "
            f"{written(soft[level])} on smoothed ones, whose floor is {floors[level]:.3f}.",
        )  # fmt: skip

    by_step = runs.compute(
        experiments.soft_validation, data, SCALE.values, settings=effect.BASE, n_train=n,
        seeds=seeds, on_partial=draw, place=bar, note="Training once more",
    )  # fmt: skip
    draw(by_step, live=False)
    steps, measures = by_step.steps.tolist(), ("hard", "soft", "test")
    history = [
        {SCALE.field: strength, "seed": seed, "step": step, "val_loss_hard_labels": a, "val_loss_soft_labels": b,
         "test_loss": c}
        for strength, *of in zip(SCALE.values, *(getattr(by_step, name).tolist() for name in measures), strict=True)
        for seed, *curves in zip(seeds, *of, strict=True) for step, a, b, c in zip(steps, *curves, strict=True)
    ]  # fmt: skip
    told = effect.numbers(run, SCALE.field, SCALE.values, (), val_loss_hard_labels=hard, val_loss_soft_labels=soft)
    tables = {"soft_labels": table(data, n, told), "soft_labels_by_step": table(data, n, history)}
    if not level:
        sections.say(f"Without smoothing the two are one: **{written(hard[0])}**.")
        return tables
    gap = (effect.mean(soft[level]) or math.nan) - (effect.mean(hard[level]) or math.nan)
    at = {name: [min(range(len(steps)), key=lambda k, own=own: own[k] if math.isfinite(own[k]) else math.inf)
                 for own in getattr(by_step, name)[level].tolist()] for name in ("hard", "soft")}  # fmt: skip
    test = by_step.test[level].tolist()
    stopped = words.compare(
        *([own[k] for own, k in zip(test, at[name], strict=True)] for name in ("hard", "soft")), "test loss",
        guess=effect.guess(data)[0], with_="each seed stopped where its soft loss is lowest instead of its hard one",
    )  # fmt: skip
    other = sum(a != b for a, b in zip(at["hard"], at["soft"], strict=True))
    sections.measured(replace(stopped, sentence=(
        f"On labels smoothed by {smoothing:g} the same networks' validation loss reads **{written(soft[level])}** "
        f"instead of {written(hard[level])}, {abs(gap):.3f} {'more' if gap > 0 else 'less'}; its own floor is "
        f"{floors[level]:.3f}. While training, the two are lowest at different steps in **{other} of {len(seeds)}** "
        f"seeds. {stopped.sentence if other else 'To stop by either comes to the same.'}"
    )), more="more_soft")  # fmt: skip
    return tables


SHOW = {"calibration": show_calibration, "clusters": show_clusters, "soft": show_soft}


# ------------------------------------------------------------------ common mistakes


def compare_wrong(
    data: str, n: int, seeds: tuple[int, ...], smoothing: float, wrong: Any, what: str, effective: float
) -> None:
    """Train once more with a wrong function, and say what that did to loss and accuracy."""
    level = SCALE.values.index(smoothing)
    right = effect.train(SCALE, **trained(data, n, seeds), place=st.empty())
    if not level:
        sections.say("At strength 0 the mistake changes nothing.")
        return
    run = runs.train(
        data, SCALE.settings(effect.BASE)[level], effect.TRAINING, n_train=n, seeds=seeds,
        replace={"label_smoothing": wrong}, place=st.empty(), note="Training with the mistake",
    )  # fmt: skip
    guess, share = effect.guess(data)
    loss = words.compare(
        right.kept("test_loss")[level].tolist(), run.kept("test_loss")[0].tolist(), "test loss on hard labels",
        with_=what, guess=guess,
    )  # fmt: skip
    accuracy = words.compare(
        right.kept("test_accuracy")[level].tolist(), run.kept("test_accuracy")[0].tolist(), "test accuracy",
        lower_is_better=False, percent=True, guess=share,
    )  # fmt: skip
    K = load(data).n_classes
    told = f"The network is trained as with **{figure(effective)}** instead of {smoothing:g}."
    if effective > 1 - 1e-9:  # no strength of this convention has such targets
        mine, theirs = (f"{1 - effective + effective / K:.3g}", f"{effective / K:.3g}")
        told = (
            f"The right class's target is **{mine}**, and each wrong one's **{theirs}**"
            + (": the network is taught a wrong class." if effective > 1 + 1e-9 else ": the labels say nothing.")
        )  # fmt: skip
    sections.measured_each(
        [replace(loss, sentence=f"{told} {loss.sentence}"), accuracy], more=f"more_{what.split()[1]}"
    )  # fmt: skip


def show_twice(data: str, n: int, seeds: tuple[int, ...], smoothing: float) -> None:
    """Smooth twice."""
    twice = 1 - (1 - smoothing) ** 2
    compare_wrong(data, n, seeds, smoothing, mistakes.smoothed_twice, "the labels smoothed twice", twice)


def show_confused(data: str, n: int, seeds: tuple[int, ...], smoothing: float) -> None:
    """Take the number of one convention for the other's."""
    K = load(data).n_classes
    compare_wrong(
        data, n, seeds, smoothing, mistakes.shared_by_the_others, "its number taken in the other convention",
        smoothing * K / (K - 1),
    )  # fmt: skip


def show_judged(data: str, n: int, seeds: tuple[int, ...]) -> None:
    """Choose the strength by validation loss on soft labels."""
    run = effect.train(SCALE, **trained(data, n, seeds), place=st.empty())
    hard, soft = run.kept("val_loss").tolist(), soft_losses(data, n, seeds, run)
    by_hard, by_soft = lowest(hard), lowest(soft)
    test = run.kept("test_loss").tolist()
    where, where_soft = words.at(NAMES[by_hard], "smoothing"), words.at(NAMES[by_soft])
    opening = (
        f"On hard labels the validation loss of the scale is lowest **{where}** "
        f"({written(hard[by_hard])}); each strength judged on labels smoothed as its own, **{where_soft}** "
        f"({written(soft[by_soft])})."
    )
    if by_hard == by_soft:
        sections.say(f"{opening} Both choose the same: the reading is wrong, the choice here is not.")
        return
    found = words.compare(
        test[by_hard], test[by_soft], "test loss", with_="the choice by soft labels", guess=effect.guess(data)[0]
    )  # fmt: skip
    sections.measured(replace(found, sentence=f"{opening} {found.sentence}"), more="more_judged")


# ------------------------------------------------------------------ the page

open_page("label_smoothing")
controls.lessons(LESSONS)
mechanism()

st.header("On real training", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    smoothing = controls.scale("smoothing", "Label smoothing ε of the training (ε/K on every class)", SCALE.values, 0.1)
    first_picture = st.container()
with effect_side:
    data = controls.choice("data", "Data", DATA, "moons")
    wanted = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 50.0))
    n = min(wanted, effect.sizes_of(data, SIZES)[-1])
    if n < wanted:
        st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
    seeds = controls.seeds()

view = controls.choice("view", "Look closer", VIEWS, "calibration", style="segments")
second_picture = st.container()

predict, wrong, framework, code, papers = sections.tabs()
with predict:
    OPTIONS = (
        "Both fall",
        "Both rise",
        "The loss falls, the calibration error rises",
        "The loss rises, the calibration error falls",
        "At least one does not change by more than noise",
    )

    def answer() -> tuple[str, str]:
        asked = {name: ASKED[name] for name in ("data", "n", "seeds")}
        run = effect.train(SCALE, **trained(**asked), place=st.empty())
        loss, accuracy, error = verdicts(
            run, calibrate(**asked, _run=run), SCALE.values.index(ASKED["smoothing"])
        )
        kinds = {("better", "better"): 0, ("worse", "worse"): 1, ("better", "worse"): 2, ("worse", "better"): 3}
        right = OPTIONS[kinds.get((loss.verdict, error.verdict), 4)]
        return right, f"{loss.sentence} {error.sentence} {accuracy.sentence}"

    sections.predict(
        f"{DATA[ASKED['data']]}, {ASKED['n']} training rows, label smoothing {ASKED['smoothing']:g}: what happens to "
        "the clean test loss and to the calibration error?", OPTIONS, answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "twice", "Smooth twice",
        "timm's Mixup smooths the labels that it mixes; a loss with label_smoothing after it smooths them once more.",
        lambda: show_twice(data, n, seeds, smoothing),
    )  # fmt: skip
    sections.mistake(
        "confused", "The two conventions confused",
        "A number tuned in tensor2tensor, shared among the other classes, given to PyTorch or the other way round.",
        lambda: show_confused(data, n, seeds, smoothing),
    )  # fmt: skip
    sections.mistake(
        "judged", "Validation loss on soft labels",
        "One criterion for training and validation: the run is right, its reading is wrong, since each strength has "
        "its own floor.", lambda: show_judged(data, n, seeds),
    )  # fmt: skip
with framework:
    settings = Settings(label_smoothing=smoothing, learning_rate=effect.BASE.learning_rate)
    sections.framework(settings, effect.TRAINING, load(data))
with code:
    sections.code(
        label_smoothing.smooth, label_smoothing.smooth_labels, label_smoothing.loss_by_gap,
        label_smoothing.reliability, label_smoothing.temperature,
    )  # fmt: skip
with papers:
    sections.papers("label_smoothing")
    st.markdown(
        "Müller, Kornblith and Hinton found accuracy hardly changed by smoothing (86.8 to 86.7 %, 72.1 to 72.7 %, 80.9 "
        "to 80.9 % on their tasks), and a calibration error of 0.024, 0.035 and 0.019 with it, of 0.021, 0.022 and "
        "0.018 with temperature scaling instead."
    )
    downloads = st.container()
copy_link()

with first_picture:  # last, since it trains
    run = show_training(data, n, seeds, smoothing)
with second_picture:
    tables = SHOW[view](data, n, seeds, smoothing, run)
with downloads:
    tables = {"training": table(data, n, effect.history(run, SCALE.field, SCALE.values)), **tables}
    for name, rows in tables.items():
        sections.download(rows, f"label_smoothing_{name}.csv", f"Download {name.replace('_', ' ')} as CSV")
