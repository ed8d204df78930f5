"""Mixup and CutMix: what mixed examples look like, and what they do to the loss, to calibration and to a boundary."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.charts import mixup as pictures
from pages.charts.mixup import WEIGHTS
from pages.ui import charts, controls, effect, panels, runs, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.scrub import pinning
from pages.ui.seeds import average, band, lowest

from reglab import experiments, mistakes, mixup
from reglab.datasets import load
from reglab.settings import Settings

ALPHAS = (0.0, 0.1, 0.2, 0.4, 1.0, 2.0)
DECAYS = (0.0, 0.1, 0.3, 1.0, 3.0)
SWITCHES = (0.0, 0.25, 0.5, 0.75, 1.0)
TECHNIQUES = {"mixup": "Mixup", "cutmix": "CutMix", "both": "Either, per batch"}
PAIRS = {"38": "Digits 3 and 8", "17": "Digits 1 and 7", "glyphs": "Ring and cross"}
CENTRES = {"middle": "Middle", "edge": "Edge", "corner": "Corner"}
SHAPES = {name: load(name).title for name in ("moons", "circles", "spirals")}  # a boundary can be drawn in the plane
TABLES = ("digits", "glyphs", "mnist1d", "breast_cancer", "wine")
DATA = {**{name: load(name).title for name in TABLES}, **SHAPES}
SIZES = (50, 100, 200, 400)
SIDE = 48  # points along a map
SURE = 0.9
VIEWS = {
    "calibration": "Accuracy and calibration", "rows": "By training rows", "boundary": "Boundary",
    "decay": "With weight decay",
}  # fmt: skip
FEWEST = 0.005  # share of the rows from which on a bin's accuracy is drawn
ASKED = {"data": "digits", "n": 100, "seeds": (0, 1, 2, 3, 4), "alpha": 0.1}  # of the prediction

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "weight": 0.6, "pair": "38", "centre": "middle", "technique": "mixup", "alpha": 0.1, "switch": 0.5,
        "data": "digits", "n": 100.0, "seed": 0, "seeds": 5, "view": "calibration", "lam": False, "hard": False,
    },
    "Too much": {"alpha": 2.0, "n": 400.0},
    "When it does nothing": {"alpha": 0.2, "n": 200.0},
    "A clipped box": {"weight": 0.75, "centre": "corner", "technique": "cutmix"},
    "Calibrated": {"data": "glyphs", "alpha": 0.4},
    "Smoother boundary": {"data": "moons", "n": 50.0, "alpha": 0.4, "view": "boundary"},
    "Spirals": {"data": "spirals", "alpha": 1.0, "view": "boundary"},
    "Less decay": {"n": 200.0, "alpha": 0.4, "view": "decay"},
}  # fmt: skip


@dataclass(frozen=True)
class Both(effect.Scale):
    """Mixup and CutMix at one alpha, one of the two in each batch."""

    switch_prob: float = 0.5

    def settings(self, base: Settings) -> tuple[Settings, ...]:
        """Return the base with both at each alpha."""
        how = {"switch_prob": self.switch_prob}
        return tuple(replace(base, mixup_alpha=a, cutmix_alpha=a, **how) for a in self.values)


MIXUP = effect.Scale("mixup_alpha", ALPHAS, "mixup α")
CUTMIX = effect.Scale("cutmix_alpha", ALPHAS, "CutMix α")
NAMES = tuple(map(MIXUP.label, ALPHAS))


def scale_of(technique: str, switch_prob: float) -> effect.Scale:
    """Return the strengths of mixup, of CutMix, or of both."""
    one = {"mixup": MIXUP, "cutmix": CUTMIX}
    return one.get(technique) or Both("mixup_alpha", ALPHAS, "mixup and CutMix α", switch_prob)


def heading(level: int, part: int, text: str, who: str = "technique", slot: float = 0.0, place: int = 0) -> Any:
    """Return what a level is called above a panel."""
    return {"level": level, "part": part, "text": text, "who": who, "slot": slot, "place": place}


def figure(value: float) -> str:
    """Return a number without trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


# ------------------------------------------------------------------ the mechanism


def two_images(pair: str) -> tuple[Any, Any, tuple[int, ...], tuple[str, str]]:
    """Return the first test image of each of two classes, their shape, and what they are called."""
    data = load("glyphs" if pair == "glyphs" else "digits")
    names = ("ring", "cross") if pair == "glyphs" else (pair[0], pair[1])
    labels = data.y_test.tolist()
    at = [labels.index(data.class_names.index(name)) for name in names]
    return data.x_test[at[0]], data.x_test[at[1]], data.image_shape or (), names


@kept(16)
def mix(pair: str, centre: str) -> tuple[dict[str, Any], list[float]]:
    """Mix two images at every lambda; return what the picture draws, and CutMix's recomputed lambdas."""
    a, b, shape, names = two_images(pair)
    height, width = shape[:2]
    row, column = {"middle": (height // 2, width // 2), "edge": (0, width // 2), "corner": (0, 0)}[centre]
    images, boxes, headings, shares = [], [], [], []
    for level, lam in enumerate(WEIGHTS):
        box = mixup.cut_box(lam, row, column, height, width)
        top, bottom, left, right = map(int, box)
        shares.append(float(mixup.kept_share(box, height, width)))
        images.append({
            "level": level,
            "mixup": pictures.picture(mixup.blend(a, b, lam).tolist(), shape),
            "cutmix": pictures.picture(mixup.paste(a[None], b[None], box, shape)[0].tolist(), shape),
        })  # fmt: skip
        if bottom > top and right > left:
            ends = {"x": left / width, "x2": right / width, "y": top / height, "y2": bottom / height}
            boxes.append({"level": level, **ends})
        headings += [
            heading(level, 1, f"{names[0]} and {names[1]}", "baseline"),
            heading(level, 2, f"mixup: {figure(lam)} of {names[0]}"),
            heading(level, 3, f"CutMix: {figure(shares[-1])} of {names[0]}"),
        ]
    drawn = {
        "images": images, "boxes": boxes or [{"level": None, "x": 0.0, "x2": 0.0, "y": 0.0, "y2": 0.0}],
        "originals": [
            {"slot": slot, "url": pictures.picture(image.tolist(), shape)} for slot, image in enumerate((a, b))
        ],
        "mixed": headings,
    }  # fmt: skip
    return drawn, shares


@kept(16)
def densities(alpha: float) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the densities of lambda at all strengths, and the present one's at each lambda in words."""
    edge = [0.001 * i for i in range(1, 20)]
    grid = [*edge, *(0.02 * i for i in range(1, 50)), *(1 - lam for lam in reversed(edge))]
    rows = [
        {"curve": f"{a:g}", "lam": lam, "value": value, "who": "technique" if a == alpha else "baseline"}
        for a in ALPHAS[1:] for lam, value in zip(grid, mixup.beta_density(a, grid).tolist(), strict=True)
    ]  # fmt: skip
    if not alpha:
        return rows, ["α is off: λ is 1"] * len(WEIGHTS)
    inside = [min(max(lam, 0.001), 0.999) for lam in WEIGHTS]
    values = mixup.beta_density(alpha, inside).tolist()
    return rows, [
        f"λ = {lam:.2f}, density {value:.2f}" if 0 < lam < 1 else f"λ = {lam:.0f}"
        for lam, value in zip(WEIGHTS, values, strict=True)
    ]


@st.fragment
def mechanism(alpha: float) -> None:
    """Draw the mechanism; its controls run this alone."""
    picture, side = picture_and_controls()
    with side:
        pair = controls.choice("pair", "Two images", PAIRS, "38")
        centre = controls.choice("centre", "Centre of CutMix's box", CENTRES, "middle")
    with picture:
        lam = controls.scale("weight", "Weight λ of the first image", WEIGHTS, 0.6)
        level = WEIGHTS.index(lam)
        drawn, shares = mix(pair, centre)
        curves, said = densities(alpha)
        charts.title("Two images, two mixtures", "hover over the density to scrub λ, click to keep")
        height, width = two_images(pair)[2][:2]
        panels.show(
            pictures.mechanism(),
            {
                "now": [{"level": level, "lam": lam}],
                "levels": [{**row, "lam": WEIGHTS[row["level"]]} for row in scrub.between(WEIGHTS)],
                "headings": [*drawn["mixed"], *(heading(i, 0, text) for i, text in enumerate(said))],
                "density": curves, **{name: drawn[name] for name in ("originals", "images", "boxes")},
            },
            key=controls.key("picture_mechanism_three"),
            alt_text="From left to right: the density of the weight λ, two images, their blend at λ, and the first "
            "image with a box of the second pasted in.",
            now=f"λ {lam:g}: mixup's target has {lam:g} of the first class, CutMix's {shares[level]:g}, for a box of "
            f"{(1 - shares[level]) * height * width:.0f} of {height * width} pixels.",
            **pinning("weight", WEIGHTS, "picture_mechanism_three"),
        )  # fmt: skip
        sections.say(mechanism_sentence(alpha, lam, shares[level], pair))


def mechanism_sentence(alpha: float, lam: float, share: float, pair: str) -> str:
    """Say what the two mixtures and their targets hold."""
    _, _, (height, width, *_), (first, second) = two_images(pair)
    pixels = height * width
    cut = (
        f"CutMix draws a box of {figure((1 - lam) * pixels)} of {pixels} pixels, of which whole pixels and the border "
        f"leave **{(1 - share) * pixels:.0f}**: its target is recomputed, **{figure(share)}** of the {first} and "
        f"{figure(1 - share)} of the {second}"
    )
    often = ""
    if alpha:
        draws = mixup.beta_quantile(alpha, [(i + 0.5) / 2000 for i in range(2000)]).tolist()
        near = sum(d < 0.1 or d > 0.9 for d in draws) / len(draws)
        often = f" At α = {alpha:g} λ is within 0.1 of 0 or 1 in **{100 * near:.0f} %** of the batches."
    return (
        f"At λ = {lam:g} every pixel of mixup is {figure(lam)} of the {first} and {figure(1 - lam)} of the {second}, "
        f"and so is its target. {cut}.{often}"
    )


# ------------------------------------------------------------------ the effect


def trained(data: str, n: int, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Return what every training of the page shares."""
    return {"dataset": data, "n_train": n, "seeds": seeds}


@kept(32)
def calibrate(
    scale: effect.Scale, data: str, n: int, seeds: tuple[int, ...], _run: Any
) -> experiments.Calibration:
    """Measure the calibration of a run, once for all visitors."""
    return experiments.calibration(_run)


def verdicts(
    run: Any, found: experiments.Calibration, level: int, with_: str, data: str
) -> list[words.Comparison]:
    """Compare clean loss, accuracy and calibration error with those without mixing, paired by seed."""
    accuracy, loss, error = run.kept("test_accuracy").tolist(), run.kept("test_loss").tolist(), found.error.tolist()
    guessed, right = effect.guess(data)
    return [
        words.compare(loss[0], loss[level], "test loss", with_=with_, guess=guessed),
        words.compare(
            accuracy[0], accuracy[level], "test accuracy", lower_is_better=False, percent=True, guess=right
        ),
        words.compare(error[0], error[level], "the calibration error (ECE)"),
    ]  # fmt: skip


def show_training(scale: effect.Scale, data: str, n: int, seeds: tuple[int, ...], alpha: float) -> Any:
    """Draw alpha against loss and the training curves, and say what is measured; return the run."""
    run = effect.show(
        scale, alpha, **trained(data, n, seeds), n_classes=load(data).n_classes, control="alpha",
        name=f"α {scale.label(alpha)}", note=f"{DATA[data]}, n = {n}; hover to scrub, click to keep",
    )  # fmt: skip
    found, level = calibrate(scale, data, n, seeds, run), ALPHAS.index(alpha)
    losses, guess = run.kept("test_loss").tolist(), effect.guess(data)[0]
    choice = words.choose(NAMES, run.kept("val_loss").tolist(), losses, what="α", guess=guess)
    if not level:
        off = average(losses[0])
        sections.say(
            f"Nothing is mixed: test loss **{off:.3f}**, accuracy "
            f"{100 * average(run.kept('test_accuracy')[0].tolist()):.1f} %, ECE "
            f"**{average(found.error[0].tolist()):.3f}**."
            f"{words.no_better_than_guess(f'{guess:.3f}') if off >= guess else ''} {choice.sentence}"
        )
        return run
    loss, *more = verdicts(run, found, level, f"{scale.title} = {alpha:g}", data)
    loss = replace(loss, sentence=loss.sentence + words.chosen_too(choice, level))
    sections.measured_each([loss, *more], more="more_training")
    return run


def columns(scale: effect.Scale, data: str, n: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows to download with what they share: the data, and of both techniques CutMix's numbers too."""
    if isinstance(scale, Both):
        both = {"switch_prob": scale.switch_prob}
        rows = [{scale.field: row[scale.field], "cutmix_alpha": row[scale.field], **both, **row} for row in rows]
    return [{"dataset": data, "n_train": n, **row} for row in rows]


def show_calibration(
    scale: effect.Scale, data: str, n: int, seeds: tuple[int, ...], alpha: float, run: Any
) -> dict[str, Any]:
    """Draw accuracy, calibration error and reliability; return the rows to download."""
    found, level = calibrate(scale, data, n, seeds, run), ALPHAS.index(alpha)
    errors, accuracies = found.error.tolist(), run.kept("test_accuracy").tolist()
    confidence, accuracy, count = (getattr(found.bins, name).tolist() for name in ("confidence", "accuracy", "count"))
    reliability = [
        {"level": i, "confidence": c, "accuracy": a, "size": k / sum(count[i])}
        for i in range(len(ALPHAS)) for c, a, k in zip(confidence[i], accuracy[i], count[i], strict=True)
        if k >= FEWEST * sum(count[i])
    ]  # fmt: skip
    headings = [
        row for i, name in enumerate(NAMES) for row in (
            heading(i, 0, f"α {name}: {100 * average(accuracies[i]):.1f} %"),
            heading(i, 1, f"α {name}: {average(errors[i]):.3f}"),
            heading(i, 2, f"α {name}"), heading(i, 2, "off", "baseline", 0.3, 72),
        )
    ]  # fmt: skip
    seen = [v for values in accuracies for v in values if math.isfinite(v)]
    charts.title(
        "As sure as it is right?",
        f"test rows, bins of {100 * FEWEST:g} % or more; a reliability curve below the diagonal is too confident",
    )
    panels.show(
        pictures.calibration(NAMES, scale.title),
        {
            "now": [{"level": level, "top": charts.ceiling(v for values in errors for v in values),
                     "low": math.floor(10 * min(seen, default=0)) / 10}],
            "levels": pictures.slots(len(NAMES), 2), "headings": headings,
            "accuracy": [{"level": i, "who": "technique", **band(values)} for i, values in enumerate(accuracies)],
            "errors": [{"level": i, "who": "technique", **band(values)} for i, values in enumerate(errors)],
            "diagonal": [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}],
            "reliability": reliability, "without": [row for row in reliability if not row["level"]],
        },
        key=controls.key("picture_calibration_three"),
        alt_text="Left: test accuracy against alpha. Middle: expected calibration error against alpha. Right: "
        "reliability diagram, accuracy against confidence; dashed without mixing.",
        now=f"At α {NAMES[level]} accuracy {100 * average(accuracies[level]):.1f} %, calibration error "
        f"{average(errors[level]):.3f}; without {100 * average(accuracies[0]):.1f} % and {average(errors[0]):.3f}.",
        **pinning("alpha", ALPHAS, "picture_calibration_three"),
    )  # fmt: skip
    T = found.temperature[level].tolist()
    sections.say(
        f"At α {NAMES[level]} the temperature fitted on validation rows is **{average(T):.2f}**: "
        f"{words.side(T, 1.0, 'the network', 'too timid', 'too confident')}. "
        f"Scaling by it takes the error from {average(errors[level]):.3f} to "
        f"**{average(found.scaled_error[level].tolist()):.3f}**, and without mixing from {average(errors[0]):.3f} to "
        f"**{average(found.scaled_error[0].tolist()):.3f}**."
    )
    per_seed = {
        "calibration_error": errors, "temperature": found.temperature.tolist(),
        "calibration_error_scaled": found.scaled_error.tolist(),
    }  # fmt: skip
    bins = [
        {scale.field: a, "bin_from": low, "confidence": c, "accuracy": right, "rows": k}
        for i, a in enumerate(ALPHAS)
        for low, c, right, k in zip(found.bins.edges.tolist(), confidence[i], accuracy[i], count[i], strict=False)
    ]
    ends = effect.numbers(run, scale.field, ALPHAS, ("test_accuracy",), **per_seed)
    return {
        "calibration": columns(scale, data, n, ends),
        "reliability": columns(scale, data, n, bins),
    }


def show_rows(
    scale: effect.Scale, data: str, n: int, seeds: tuple[int, ...], alpha: float, run: Any
) -> dict[str, Any]:
    """Draw loss, accuracy and calibration error by training rows; return the rows to download."""
    counts, level = effect.sizes_of(data, SIZES), ALPHAS.index(alpha)
    charts.title("Loss, accuracy and calibration by training rows", f"{DATA[data]}; hover to scrub, click to keep n")
    bar, picture = st.empty(), st.container(key="panels_mixup_rows_three", gap=None)
    drawn: dict[str, list[dict[str, Any]]] = {"loss": [], "accuracy": [], "error": []}
    headings, told, poor, table = [], [], [], []
    guess = effect.guess(data)[0]
    for at, count in enumerate(counts):
        one = effect.train(scale, **trained(data, count, seeds), place=bar, note=f"Training on {count} rows")
        error = calibrate(scale, data, count, seeds, one).error.tolist()
        each = effect.numbers(
            one, scale.field, ALPHAS, ("test_loss", "test_accuracy"), calibration_error=error
        )  # fmt: skip
        table += columns(scale, data, count, [row for row in each if row[scale.field] in (0.0, alpha)])
        measures = {
            "loss": one.kept("test_loss").tolist(), "accuracy": one.kept("test_accuracy").tolist(), "error": error,
        }  # fmt: skip
        for part, (name, values) in enumerate(measures.items()):
            shown = [f"{100 * average(v):.1f} %" if name == "accuracy" else f"{average(v):.3f}" for v in values]
            for who, i in (("baseline", 0), ("technique", level)) if level else (("baseline", 0),):
                drawn[name].append({"level": at, "who": who, **band(values[i])})
            headings.append(heading(at, part, f"off {shown[0]}", "baseline"))
            if level:
                headings.append(heading(at, part, f"α {NAMES[level]}: {shown[level]}", "technique", 0.4, 84))
        compared = verdicts(one, calibrate(scale, data, count, seeds, one), level, "", data)
        told.append(["unsure" if c.unsure else c.verdict for c in compared])
        if compared[0].after >= guess:
            poor.append(str(count))
    ends = {name: [row[end] for row in drawn[name] if row[end] is not None]
            for name, end in (("loss", "high"), ("error", "high"), ("accuracy", "low"))}  # fmt: skip
    tops = {name: charts.ceiling(ends[name]) for name in ("loss", "error")}
    low = math.floor(10 * min(ends["accuracy"], default=0)) / 10
    here = counts.index(n)
    panels.show(
        pictures.sizes(tuple(map(str, counts))),
        {"now": [{"level": here, **tops, "low": low}], "levels": pictures.slots(len(counts), 3), "headings": headings,
         **drawn},
        key=controls.key("picture_rows_three"), place=picture,
        alt_text="Test loss, test accuracy and calibration error against the number of training rows, without mixing "
        "and with it.",
        now=f"At n = {n}: " + ", ".join(row["text"] for row in headings if row["level"] == here) + ".",
        **pinning("n", tuple(map(float, counts)), "picture_rows_three"),
    )  # fmt: skip
    if not level:
        sections.say("Nothing is mixed: choose an α above 0.")
        return {"by_rows": table}
    parts = []
    kinds = (("better", "better"), ("worse", "worse"), ("unsure", "not told apart by the seeds"), ("none", "neither"))
    for number, name in enumerate(("test loss", "accuracy", "calibration error")):
        each = [
            f"{what} at n = {', '.join(str(c) for c, v in zip(counts, told, strict=True) if v[number] == verdict)}"
            for verdict, what in kinds
            if any(v[number] == verdict for v in told)
        ]
        parts.append(f"**{name}** {', '.join(each)}")
    guessing = f" At n = {', '.join(poor)} test loss is no better than a constant guess ({guess:.3f})." if poor else ""
    sections.say(f"{scale.title[0].upper()}{scale.title[1:]} = {alpha:g} against off: {'; '.join(parts)}.{guessing}")
    return {"by_rows": table}


@kept(16)
def solve_maps(shape: str, n: int, seeds: tuple[int, ...], _run: Any) -> dict[str, Any]:
    """Predict a grid around a 2-D shape by the first seed's network of each alpha."""
    data = load(shape)
    (x0, y0), (x1, y1) = data.x.min(axis=0).tolist(), data.x.max(axis=0).tolist()
    x0, x1, y0, y1 = x0 - 0.3, x1 + 0.3, y0 - 0.3, y1 + 0.3
    grid = [
        (x0 + (x1 - x0) * (i + 0.5) / SIDE, y0 + (y1 - y0) * (j + 0.5) / SIDE) for j in range(SIDE) for i in range(SIDE)
    ]
    p = _run.predict(grid)  # (alphas, seeds, points, K)
    top, likeliest, K = p.max(axis=-1), p.argmax(axis=-1), p.shape[-1]
    rows = experiments.rows_of(_run, "train")[0]
    return {
        "x": (x0, x1), "y": (y0, y1),
        "maps": [
            {"level": i, "map": pictures.regions(likeliest[i, 0].tolist(), top[i, 0].tolist(), SIDE, K)}
            for i in range(len(ALPHAS))
        ],
        "sure": (top > SURE).mean(axis=-1).tolist(),  # [alphas][seeds]
        "predicted": [
            {"mixup_alpha": a, "x1": x, "x2": y, "class": c, "confidence": q}
            for i, a in enumerate(ALPHAS)
            for (x, y), c, q in zip(grid, likeliest[i, 0].tolist(), top[i, 0].tolist(), strict=True)
        ],
        "rows": [
            {"x": x, "y": y, "slot": c}
            for (x, y), c in zip(data.x[rows].tolist(), data.y[rows].tolist(), strict=True)
        ],
    }  # fmt: skip


def show_boundary(
    scale: effect.Scale, data: str, n: int, seeds: tuple[int, ...], alpha: float, run: Any
) -> dict[str, Any]:
    """Draw what mixup does to a boundary in the plane; return the rows to download."""
    if data not in SHAPES:
        sections.say(f"{DATA[data]}: {load(data).x.shape[1]} inputs. A boundary can be drawn where there are two.")
        for column, (name, title) in zip(st.columns(len(SHAPES)), SHAPES.items(), strict=True):
            key = f"{controls.key(f'take_{name}')}:button"
            column.button(title, key=key, on_click=controls.set_values, args=({"data": name},))
        return {}
    level = ALPHAS.index(alpha)
    how = f"{DATA[data]}, n = {n}; the maps are of the first seed, stronger where the network is surer"
    charts.title("The boundary without mixup and with it", how)
    found = solve_maps(data, n, seeds, run)
    losses, sure = run.kept("test_loss").tolist(), found["sure"]
    headings = [
        row for i, name in enumerate(NAMES) for row in (
            heading(i, 0, f"test loss {average(losses[i]):.3f}", "test"),
            heading(i, 1, "off", "baseline"), heading(i, 2, f"mixup α {name}"),
        )
    ]  # fmt: skip
    panels.show(
        pictures.boundary(NAMES, found["x"], found["y"]),
        {
            "now": [{"level": level, "top": charts.ceiling(v for values in losses for v in values)}],
            "levels": pictures.slots(len(NAMES)), "headings": headings,
            "loss": [{"level": i, "who": "test", **band(values)} for i, values in enumerate(losses)],
            "maps": found["maps"], "without": found["maps"][:1], "rows": found["rows"],
        },
        key=controls.key("picture_boundary_three"),
        alt_text="Left: test loss against mixup's alpha on a 2-D shape. Middle and right: maps of the predicted class, "
        "without mixup and with it, with the training rows.",
        now=f"At α {NAMES[level]} test loss {average(losses[level]):.3f}, without {average(losses[0]):.3f}; sure on "
        f"{100 * average(sure[level]):.0f} % of the map, without {100 * average(sure[0]):.0f} %.",
        **pinning("alpha", ALPHAS, "picture_boundary_three"),
    )  # fmt: skip
    wide = f"more than {100 * SURE:.0f} % sure on **{100 * average(sure[0]):.0f} %** of the map"
    if not level:
        sections.say(f"Without mixup the network is {wide}; test loss {average(losses[0]):.3f}.")
    else:
        verdict = words.compare(losses[0], losses[level]).verdict
        sections.say(
            f"Without mixup the network is {wide}, with it on **{100 * average(sure[level]):.0f} %**."
            + (" Between two examples of one class lies another class here, and mixup labels it wrongly."
               if verdict == "worse" and data != "moons" else ""),
        )  # fmt: skip
    ends = effect.numbers(run, "mixup_alpha", ALPHAS, ("test_loss",), share_of_map_over_90_percent_sure=sure)
    return {
        "boundary": columns(scale, data, n, ends),
        "map": columns(scale, data, n, [{"seed": seeds[0], **row} for row in found["predicted"]]),
    }


def show_decay(
    scale: effect.Scale, data: str, n: int, seeds: tuple[int, ...], alpha: float, run: Any
) -> dict[str, Any]:
    """Draw validation loss over alpha and weight decay, of one stacked run; return the rows to download."""
    level, height = ALPHAS.index(alpha), len(DECAYS)
    charts.title("Alpha and weight decay together", f"{DATA[data]}, n = {n}; red: the best decay at each α")
    bar, place = st.empty(), st.container(key="panels_mixup_decay", gap=None)
    stack = tuple(s for d in DECAYS for s in scale.settings(replace(effect.BASE, weight_decay=d)))
    grid = runs.train(
        data, stack, effect.TRAINING, n_train=n, seeds=seeds, place=bar, note="Training the grid"
    )  # fmt: skip
    losses, test = (
        [[each[row * len(ALPHAS) + i] for row in range(height)] for i in range(len(ALPHAS))]  # [alpha][decay]
        for each in (grid.kept("val_loss").tolist(), grid.kept("test_loss").tolist())
    )
    best = [lowest(each) for each in losses]
    means = [[average(values) for values in each] for each in losses]
    order = sorted(m for each in means for m in each if math.isfinite(m))
    cells = [
        {"level": i, "row": row, "left": i - 0.48, "right": i + 0.48, "down": row - 0.47, "up": row + 0.47,
         "rank": order.index(m) / max(len(order) - 1, 1) if m in order else 1.0,
         "text": f"{m:.3f}" if math.isfinite(m) else "diverged", "best": row == best[i], "mean": m}
        for i, each in enumerate(means) for row, m in enumerate(each)
    ]  # fmt: skip
    lines = [
        {"level": i, "row": row, **band(values)} for i, each in enumerate(losses) for row, values in enumerate(each)
    ]
    labels = tuple("off" if d == 0 else f"{d:g}" for d in DECAYS)
    panels.show(
        pictures.decay(NAMES, labels, scale.title),
        {
            "now": [{"level": level, "top": charts.ceiling(v for each in losses for values in each for v in values)}],
            "levels": pictures.slots(len(NAMES)), "cells": cells, "lines": lines,
            "headings": [heading(i, 0, f"α {name}: best decay {labels[best[i]]}") for i, name in enumerate(NAMES)],
            "without": [row for row in lines if not row["level"]],
            "best": [{"level": i, "row": row, "mean": means[i][row]} for i, row in enumerate(best)],
            "legend": [{"who": "baseline", "text": "α off", "slot": 0.0, "place": 0},
                       {"who": "technique", "text": "the α chosen", "slot": 0.3, "place": 90}],
        },
        key=controls.key("picture_decay"), place=place,
        alt_text="Left: heat map of validation loss over alpha and weight decay; the best decay of each alpha is "
        "framed. Right: validation loss against weight decay at one alpha and without mixing.",
        now=f"At α {NAMES[level]} the best weight decay is {labels[best[level]]}, without mixing {labels[best[0]]}.",
        **pinning("alpha", ALPHAS, "picture_decay"),
    )  # fmt: skip
    sections.measured(decay_sentence(losses, test, best, level, labels, effect.guess(data)[0]), more="more_decay")
    return {"weight_decay": columns(scale, data, n, [
        {scale.field: settings.mixup_alpha or settings.cutmix_alpha, "weight_decay": settings.weight_decay,
         **{name: value for name, value in row.items() if name != "setting"}}
        for row in effect.numbers(grid, "setting", range(len(stack)), ("val_loss", "test_loss"))
        for settings in [stack[row["setting"]]]
    ])}  # fmt: skip


def decay_sentence(
    losses: Sequence[Sequence[Sequence[float]]], test: Sequence[Sequence[Sequence[float]]], best: Sequence[int],
    level: int, labels: Sequence[str], guess: float,
) -> words.Comparison:  # fmt: skip
    """Say whether alpha moves the decay that validation chooses, and what that is worth on test rows.

    losses, test: [alpha][decay][seed], on validation and on test rows. best: the decay chosen at each alpha.
    """
    without, here = best[0], best[level]
    opening = (
        f"Without mixing the lowest mean validation loss is **{average(losses[0][without]):.3f}**, at weight decay "
        f"**{labels[without]}**"
    )
    plain = words.Comparison("none", "", math.nan, math.nan, math.nan, math.nan)
    if not level:
        return replace(plain, sentence=f"{opening}. Choose an α above 0 to compare.")
    opening += f"; at α {NAMES[level]} it is **{average(losses[level][here]):.3f}**, at **{labels[here]}**."
    if here == without:
        return replace(plain, sentence=f"{opening} Validation chooses the same weight decay of the five for both.")
    cost = words.compare(
        test[level][without], test[level][here], "test loss", guess=guess,
        with_=f"that decay instead of {labels[without]}, at α {NAMES[level]}",
    )  # fmt: skip
    judged = f"On test rows, which had no part in the choice, {words.within(cost.sentence)}"
    return replace(cost, sentence=f"{opening} {judged}")


SHOW = {"calibration": show_calibration, "rows": show_rows, "boundary": show_boundary, "decay": show_decay}


# ------------------------------------------------------------------ common mistakes


def show_lam(data: str, n: int, seeds: tuple[int, ...], alpha: float) -> None:
    """Train CutMix with the labels mixed by the lambda that was drawn."""
    level = ALPHAS.index(alpha)
    if not level:
        sections.say("At α off the mistake changes nothing.")
        return
    if load(data).image_shape is None:
        data = "digits"
    right = effect.train(CUTMIX, **trained(data, n, seeds), place=st.empty())
    wrong = runs.train(
        data, CUTMIX.settings(effect.BASE)[level], effect.TRAINING, n_train=n, seeds=seeds,
        replace={"cutmix_alpha": mistakes.lam_as_drawn}, place=st.empty(), note="Training with the mistake",
    )  # fmt: skip
    guessed, share = effect.guess(data)
    loss = words.compare(right.kept("test_loss")[level].tolist(), wrong.kept("test_loss")[0].tolist(), "test loss",
                         with_=f"λ as drawn, CutMix α = {alpha:g}", guess=guessed)  # fmt: skip
    accuracy = words.compare(
        right.kept("test_accuracy")[level].tolist(), wrong.kept("test_accuracy")[0].tolist(), "test accuracy",
        lower_is_better=False, percent=True, guess=share,
    )  # fmt: skip
    sections.measured_each(
        [replace(loss, sentence=f"{DATA[data]}, n = {n}. {loss.sentence}"), accuracy], more="more_lam"
    )  # fmt: skip


def show_hard(scale: effect.Scale, data: str, n: int, seeds: tuple[int, ...], alpha: float) -> None:
    """Read the loss of the training loop as if its labels were hard."""
    run, level = effect.train(scale, **trained(data, n, seeds), place=st.empty()), ALPHAS.index(alpha)
    logged, clean, validation = (
        average(run.kept(name)[level].tolist()) for name in ("train_objective", "train_loss", "val_loss")
    )
    accuracy = average(run.kept("train_accuracy")[level].tolist())
    floor = ""
    if scale is MIXUP and level:
        labels = load(data).y
        unlike = [mixup.unlike_pairs(labels[own], run.training.batch_size) for own in experiments.rows_of(run, "train")]
        entropy = mixup.target_entropy(alpha)
        floor = (
            f" A target of two classes has an entropy of its own, {entropy:.3f} nats on average at this α; a pair of "
            f"one class, whose target is hard, has none. {100 * average(unlike):.0f} % of the pairs are unlike, so "
            f"that no network's loss on mixed targets gets below **{average(unlike) * entropy:.3f}** on average; the "
            "loop's is the mean of a few batches."
        )
    gap = "below" if logged > validation else "above"
    sections.say(
        f"At α {NAMES[level]} the loop logs a training loss of **{logged:.3f}**, and the validation loss is "
        f"{validation:.3f}, {gap} it (gap {words.signed(validation - logged)}). On the training rows as they are the "
        f"same networks' loss is **{clean:.3f}** and their accuracy {100 * accuracy:.1f} %: the clean gap is "
        f"**{words.signed(validation - clean)}**.{floor}",
    )  # fmt: skip


# ------------------------------------------------------------------ the page

open_page("mixup")
controls.lessons(LESSONS)
mechanism_place = st.container()

st.header("On real training", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    alpha = controls.scale("alpha", "α of the training, and of the density above", ALPHAS, 0.1)
    first_picture = st.container()
with effect_side:
    technique = controls.choice("technique", "Technique", TECHNIQUES, "mixup")
    switch_prob = 0.5
    if technique == "both":
        switch_prob = controls.scale("switch", "Probability of CutMix (switch_prob)", SWITCHES, 0.5)
    data = controls.choice("data", "Data", DATA, "digits")
    if technique != "mixup" and load(data).image_shape is None:
        technique = "mixup"
        st.caption(f"{DATA[data]} has no images to cut a box from: this is mixup.")
    wanted = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 100.0))
    n = min(wanted, effect.sizes_of(data, SIZES)[-1])
    if n < wanted:
        st.caption(f"{DATA[data]} has {len(load(data).x)} rows, of which {n} are for training.")
    seeds = controls.seeds()
scale = scale_of(technique, switch_prob)
with mechanism_place:
    mechanism(alpha)

view = controls.choice("view", "Look closer", VIEWS, "calibration", style="segments")
second_picture = st.container()

predict, wrong, framework, code, papers = sections.tabs()
with predict:
    OPTIONS = (
        "The loss falls and the accuracy rises",
        "The loss falls, the accuracy does not rise by more than noise",
        "The accuracy rises, the loss does not fall by more than noise",
        "Neither gets better by more than noise",
    )

    def answer() -> tuple[str, str]:
        asked = {name: ASKED[name] for name in ("data", "n", "seeds")}
        run = effect.train(MIXUP, **trained(**asked), place=st.empty())
        level = ALPHAS.index(ASKED["alpha"])
        with_ = f"mixup α = {ASKED['alpha']:g}"
        found = verdicts(run, calibrate(MIXUP, **asked, _run=run), level, with_, asked["data"])
        loss, accuracy = (comparison.verdict == "better" for comparison in found[:2])
        right = OPTIONS[0 if loss and accuracy else 1 if loss else 2 if accuracy else 3]
        return right, " ".join(comparison.sentence for comparison in found)

    sections.predict(
        f"{DATA[ASKED['data']]}, {ASKED['n']} training rows, mixup with α = {ASKED['alpha']:g}: what happens to the "
        "clean test loss and to the test accuracy?", OPTIONS, answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "lam", "λ not recomputed from the clipped box",
        "The border clips the box and whole pixels round it down; labels mixed by the λ that was drawn then hold more "
        "of the partner than the image does (correct_lam=False in timm).", lambda: show_lam(data, n, seeds, alpha),
    )  # fmt: skip
    sections.mistake(
        "hard", "Training loss read as if labels were hard",
        "The loop's loss is on mixed inputs and mixed targets; beside a validation loss on clean rows it can look like "
        "underfitting.", lambda: show_hard(scale, data, n, seeds, alpha),
    )  # fmt: skip
with framework:
    settings = scale.settings(effect.BASE)[ALPHAS.index(alpha)]
    sections.framework(settings, effect.TRAINING, load(data))
with code:
    sections.code(mixup.mixup, mixup.cutmix, mixup.cut_box, mixup.kept_share, mixup.paste, mixup.switch, mixup.blend)
with papers:
    sections.papers("mixup")
    downloads = st.container()
copy_link()

with first_picture:  # last, since it trains
    run = show_training(scale, data, n, seeds, alpha)
with second_picture:
    tables = SHOW[view](scale, data, n, seeds, alpha, run)
with downloads:
    tables = {"training": columns(scale, data, n, effect.history(run, scale.field, ALPHAS)), **tables}
    for name, rows in tables.items():
        sections.download(rows, f"mixup_{name}.csv", f"Download {name.replace('_', ' ')} as CSV")
