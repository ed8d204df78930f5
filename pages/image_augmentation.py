"""Image augmentation: what each operation does to a picture, what training on changed copies teaches and breaks."""

import math
from typing import Any

import streamlit as st

from pages.charts import image_augmentation as pictures
from pages.charts.image_augmentation import STRENGTHS
from pages.ui import charts, controls, effect, panels, pictures_upload, runs, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.seeds import band, lowest
from pages.ui.words import percent

from reglab import image_augmentation, image_operations, invariance, mistakes, policy_search
from reglab.datasets import load
from reglab.settings import Settings, Training
from reglab.streams import generator

SCALE = effect.Scale("augment", (0.0, 0.1, 0.25, 0.5, 0.75, 1.0), "augmentation")
NAMES = tuple(map(SCALE.label, SCALE.values))
DATA = {name: load(name).title for name in ("digits", "glyphs")}
SIZES = (50, 100, 200, 400, 800)
SEEDS = 5
TITLES = {
    "flip_horizontal": "flip left-right", "flip_vertical": "flip up-down", "quarter_turn": "quarter turn",
    "half_turn": "half turn", "rotate": "rotate", "crop": "pad and crop", "centre_crop": "centre crop",
    "shift": "shift", "zoom": "zoom", "shear": "shear", "brighten": "brighten", "darken": "darken",
    "contrast": "contrast", "colour_jitter": "colour jitter", "noise": "noise", "cutout": "cutout",
}  # fmt: skip
VIEWS = {"operations": "Every operation", "grown": "A set grown", "rand": "RandAugment"}
SOURCES = {"digits": "Digits", "glyphs": "Glyphs", "own": "My picture"}
LABELLED = 3  # images of the set that is grown
DRAWN = 12  # draws of RandAugment
ANGLES, SHIFTS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 135, 180), (0.0, 0.0625, 0.125, 0.1875, 0.25, 0.375)
TURNED, SHIFTED = 15, 0.125  # degrees, share of the side: what the sentences tell
ROWS = 300  # test images that are turned and shifted
FORCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
CANDIDATES = {"single": "One operation each", "pairs": "Pairs, drawn at random"}
PAIRS = 16
PLAIN = 0.75  # the strength of `augment` that policies are held against
LENGTHS = (300, 600, 1000)  # steps
CLOSER = {"invariance": "Learned invariance", "safety": "Label safety", "policy": "Policy search", "size": "By size"}
UNDER = {"none": "as they are", **TITLES}
SHOWN = tuple(UNDER)

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "strength": 0.5, "view": "operations", "source": "digits", "image": 89, "draw": 33, "factor": 4, "num_ops": 2,
        "augment": 0.75, "data": "digits", "n": 200.0, "seed": 0, "closer": "invariance", "operation": "half_turn",
        "force": 0.3, "candidates": "single", "length": 1000.0, "turned": False, "far": False, "validated": False,
    },
    "3 images become 12": {"view": "grown"},
    "Too little": {"augment": 0.1},
    "A six turned over": {"closer": "safety"},
    "Labels that survive": {"source": "glyphs", "data": "glyphs", "closer": "safety"},
    "Which operations help": {"closer": "policy"},
    "How many rows": {"closer": "size"},
}  # fmt: skip


def written(values: list[float], digits: int = 3) -> str:
    """Return the mean over seeds in words."""
    middle = effect.mean(values)
    return "diverged" if middle is None else f"{middle:.{digits}f}"


def heading(level: int, part: int, text: str, who: str = "technique", kind: str = "still", **place: Any) -> Any:
    """Return what a level is called above a panel."""
    return {"level": level, "part": part, "text": text, "who": who, "kind": kind, "slot": 0.0, "place": 0, **place}


# ------------------------------------------------------------------ the mechanism


def image_of(source: str, number: int) -> Any:
    """Return a test image (height, width, channels)."""
    data = load(source)
    return data.x_test[number].reshape(*data.image_shape[:2], -1)


def label_of(source: str, number: int) -> str:
    """Return a test image's label in words."""
    return str(load(source).class_names[int(load(source).y_test[number])])


def family(view: str, images: list[Any], chance: int, many: int) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return a view's small pictures at every strength, and how far each operation changes a pixel at each."""
    cells, change = [], []

    def add(slot: int, level: int, image: Any) -> None:
        cells.append({"level": level, "slot": slot, "url": pictures_upload.url(image)})

    if view == "operations":
        for slot, name in enumerate(TITLES, 1):
            found = image_operations.at_strengths(name, images[0], STRENGTHS, generator(chance, "picture"))
            change.append([float(abs(image - images[0]).mean()) for image in found])
            for level, image in enumerate(found):
                add(slot, level, image)
        for level in range(len(STRENGTHS)):
            add(0, level, images[0])
        return cells, change
    for level, strength in enumerate(STRENGTHS):
        rng = generator(chance, "picture")
        if view == "grown":
            shown, _ = image_augmentation.augment_batch(images, range(len(images)), many, rng, strength=strength)
        else:
            shown = image_augmentation.rand_augment([images[0]] * DRAWN, many, strength, rng)
        for slot, image in enumerate(shown):
            add(slot, level, image)
    return cells, change


@kept(48)
def solve(view: str, source: str, number: int, chance: int, many: int) -> tuple[Any, list[Any]]:
    """Return what the mechanism's picture draws of bundled images, once for all visitors."""
    count = LABELLED if view == "grown" else 1
    cells, change = family(view, [image_of(source, number + i) for i in range(count)], chance, many)
    return charts.table(cells), change


def solve_own(view: str, uploaded: Any, chance: int, many: int) -> tuple[Any, list[Any]]:
    """Return the same of a person's own picture, which stays in that person's session alone, and only the last one."""
    asked = (uploaded.file_id, view, chance, many)
    kept = st.session_state.get("image_augmentation:own")
    if kept is None or kept[0] != asked:
        cells, change = family(view, [pictures_upload.read(uploaded.getvalue())], chance, many)
        kept = st.session_state["image_augmentation:own"] = (asked, charts.table(cells), change)
    return kept[1], kept[2]


def names_of(view: str, source: str, number: int, many: int) -> list[dict[str, Any]]:
    """Return what stands below the small pictures."""
    if view == "operations":
        texts = ["the image", *TITLES.values()]
    elif view == "grown":
        texts = [f"{label_of(source, number + i)}{'' if k else ', original'}" for i in range(LABELLED)
                 for k in range(many)]  # fmt: skip
    else:
        texts = [f"draw {i + 1}" for i in range(DRAWN)]
    original = {0} if view == "operations" else set(range(0, len(texts), many)) if view == "grown" else set()
    return [{"slot": i, "text": t, "who": "baseline" if i in original else "technique"} for i, t in enumerate(texts)]


def said_of(view: str, level: int, change: list[Any], many: int) -> str:
    """Say what the operations do at a strength."""
    strength = STRENGTHS[level]
    if view == "grown":
        return (
            f"**{LABELLED}** labelled images and factor {many} make **{LABELLED * many}**: each original and "
            f"{many - 1} copies, each changed by another operation at strength {strength:g}. The labels are unchanged, "
            "so only operations that keep them belong in the list: no flips, no half turns."
        )
    if view == "rand":
        return (
            f"Each copy is changed by **{many}** {'operation' if many == 1 else 'operations'} drawn at random, all at "
            f"magnitude **{strength:g}**. These two numbers are all that RandAugment searches."
        )
    if not level:
        return "At strength 0 every operation is the exact identity."
    mean = {name: values[level] for name, values in zip(TITLES, change, strict=True)}
    graded = {name: v for name, v in mean.items() if name not in image_operations.ALL_OR_NOTHING}
    most, least = max(graded, key=graded.__getitem__), min(graded, key=graded.__getitem__)
    flipped = [TITLES[name] for name in image_operations.ALL_OR_NOTHING if mean[name]]
    return (
        f"At strength {strength:g}, {TITLES[most]} changes a pixel by **{mean[most]:.3f}** on average, the most, and "
        f"{TITLES[least]} by **{mean[least]:.3f}**, the least (0 is black, 1 is white). Flips and turns by quarters "
        f"are all or nothing: strength is their probability, and {'they happen' if flipped else 'none happens'} in "
        "this draw."
    )


def own_picture() -> Any:
    """Ask for a picture; return the upload, or None."""
    limit = f"{pictures_upload.MAX_BYTES / 1e6:g} MB"
    uploaded = st.file_uploader(
        "PNG or JPEG", key=controls.key("upload"), max_upload_size=8,
        help=f"At most {limit}. It is made {pictures_upload.SIDE} pixels small and is not stored.",
    )  # fmt: skip
    st.caption("It stays in this session and is not stored; a link does not hold it.")
    return uploaded


@st.fragment
def mechanism() -> None:
    """Draw the mechanism; its controls run this alone."""
    picture, side = picture_and_controls()
    with picture:
        view = controls.choice("view", "Mechanism", VIEWS, "operations", style="segments")
        strength = controls.scale("strength", "Strength", STRENGTHS, 0.5)
    uploaded, many = None, 0
    with side:
        source = controls.choice("source", "Image", SOURCES, "digits")
        number = 89
        if source == "own" and view != "grown":
            uploaded = own_picture()
        else:
            number = controls.whole("image", "Which one", 0, 190, 89)
        chance = controls.whole("draw", "Draw", 0, 99, 33, help="Directions, places and noise are drawn from it.")
        if view == "grown":
            many = controls.whole("factor", "Factor", 2, 6, 4)
            if source == "own":
                st.caption("A set has labels: these are digits.")
        elif view == "rand":
            many = controls.whole("num_ops", "Operations per image", 1, 4, 2)
    shown = "digits" if source == "own" else source
    with picture:
        cells, change = None, []
        if uploaded is not None:
            try:
                cells, change = solve_own(view, uploaded, chance, many)
            except pictures_upload.Refused as refused:
                st.error(str(refused))
        if cells is None:
            cells, change = solve(view, shown, number, chance, many)
        draw_mechanism(view, strength, cells, names_of(view, shown, number, many), many)
        sections.say(said_of(view, STRENGTHS.index(strength), change, many))


def draw_mechanism(view: str, strength: float, cells: Any, names: list[dict[str, Any]], many: int) -> None:
    """Draw a view's small pictures."""
    count = len(names)
    wide, narrow = (9, 4) if view == "operations" else (many, many) if view == "grown" else (6, 4)
    charts.title(VIEWS[view], "move across the picture for less or more, click to keep")
    title = "magnitude" if view == "rand" else "strength"
    panels.show(
        pictures.grid(count, wide, narrow, title),
        {"now": [{"level": STRENGTHS.index(strength)}], "levels": pictures.slots(len(STRENGTHS)), "cells": cells,
         "names": names},
        key=controls.key("picture_grid"),
        alt_text="A grid of small pictures: an image, and copies of it that operations have changed, at the strength "
        "under the pointer.",
        now=f"{VIEWS[view]} at {title} {strength:g}: " + ", ".join(row["text"] for row in names) + ".",
        on_select=scrub.keep("strength", STRENGTHS, "picture_grid"), selection_mode="pin",
    )  # fmt: skip


# ------------------------------------------------------------------ the effect


def trained(data: str, n: int, seed: int) -> dict[str, Any]:
    """Return what every training of the page shares."""
    return {"dataset": data, "n_train": n, "seeds": range(seed, seed + SEEDS)}


def verdicts(run: Any, level: int) -> list[words.Comparison]:
    """Compare loss and accuracy on the test rows with those without augmentation, paired by seed."""
    loss, accuracy = run.kept("test_loss").tolist(), run.kept("test_accuracy").tolist()
    return [
        words.compare(loss[0], loss[level], "test loss", with_=f"augmentation {NAMES[level]}"),
        words.compare(accuracy[0], accuracy[level], "test accuracy", lower_is_better=False, percent=True),
    ]


def show_training(data: str, n: int, seed: int, augment: float) -> Any:
    """Draw strength against loss and the training curves, and say what is measured; return the run."""
    run = effect.show(
        SCALE, augment, **trained(data, n, seed), n_classes=load(data).n_classes, control="augment",
        name=f"augmentation {SCALE.label(augment)}", note=f"{DATA[data]}, n = {n}; hover to scrub, click to keep",
    )  # fmt: skip
    losses = run.kept("val_loss").tolist()
    best, level = lowest(losses), SCALE.values.index(augment)
    low = f"The lowest mean validation loss of the scale is **{written(losses[best])}**, {words.at(NAMES[best])}."
    if not level:
        sections.say(
            f"Augmentation is off: test loss **{written(run.kept('test_loss')[0].tolist())}**, test accuracy "
            f"{percent(effect.mean(run.kept('test_accuracy')[0].tolist()))}. {low}"
        )
        return run
    loss, accuracy = verdicts(run, level)
    sections.say(f"{loss.sentence} {accuracy.sentence} {low}", loss.verdict)
    return run


@kept(8)
def solve_invariance(data: str, n: int, seed: int, _run: Any) -> tuple[list[Any], list[Any]]:
    """Return the accuracy by angle and by shift, each [levels][seeds][amounts], once for all visitors."""
    return (
        invariance.accuracy_by_angle(_run, ANGLES, ROWS).tolist(),
        invariance.accuracy_by_shift(_run, SHIFTS, ROWS).tolist(),
    )


def show_invariance(data: str, n: int, seed: int, augment: float, run: Any) -> list[dict[str, Any]]:
    """Draw the accuracy on turned and on shifted test images; return the rows to download."""
    found = dict(zip(("angles", "shifts"), solve_invariance(data, n, seed, run), strict=True))
    amounts = {"angles": ANGLES, "shifts": SHIFTS}
    level, at = SCALE.values.index(augment), {"angles": ANGLES.index(TURNED), "shifts": SHIFTS.index(SHIFTED)}

    def column(name: str, i: int, k: int) -> list[float]:
        return [values[k] for values in found[name][i]]

    curves = {
        name: [
            {"level": i, "at": amount, "who": "technique" if i else "baseline", "kind": "still", "line": f"{i}",
             **band(column(name, i, k))}
            for i in range(len(NAMES)) for k, amount in enumerate(amounts[name])
        ]
        for name in found
    }  # fmt: skip
    kinds = (("still", "angles", 0, "upright"), ("turned", "angles", at["angles"], f"{TURNED}°"),
             ("shifted", "shifts", at["shifts"], "⅛ shift"))  # fmt: skip
    lines = [
        {"level": i, "who": "test", "kind": kind, "line": kind, **band(column(name, i, k))}
        for kind, name, k, _ in kinds for i in range(len(NAMES))
    ]  # fmt: skip
    headings = [
        heading(i, 0, f"{text} {percent(effect.mean(column(name, i, k)))}", "test", kind, slot=slot, place=place)
        for i in range(len(NAMES))
        for (kind, name, k, text), slot, place in zip(kinds, (0.0, 0.37, 0.66), (0, 108, 192), strict=True)
    ]  # fmt: skip
    for i in range(len(NAMES)):
        for part in (1, 2):
            headings.append(heading(i, part, "off", "baseline", slot=0.6, place=150))
            if i:
                headings.append(heading(i, part, f"augment {NAMES[i]}"))
    charts.title("What it has learned not to mind", f"{ROWS} test images, {DATA[data]}, n = {n}; hover to scrub")
    panels.show(
        pictures.invariance(NAMES, ANGLES[-1], SHIFTS[-1]),
        {"now": [{"level": level}], "levels": pictures.slots(len(NAMES)), "strengths": lines, "headings": headings,
         **curves},
        key=controls.key("picture_invariance_three"),
        alt_text="Left: accuracy on upright, turned and shifted test images against the strength of augmentation. "
        "Middle: accuracy against the angle, with augmentation and without. Right: accuracy against the shift.",
        now=f"Augmentation {NAMES[level]}: " + ", ".join(
            f"{text} {percent(effect.mean(column(name, level, k)))}" for _, name, k, text in kinds) + ".",
        on_select=scrub.keep("augment", SCALE.values, "picture_invariance_three"), selection_mode="pin",
    )  # fmt: skip
    if level:
        for name, k, what in (("angles", at["angles"], f"turned by {TURNED}°"),
                              ("shifts", at["shifts"], "shifted by an eighth of the side")):  # fmt: skip
            sections.measured(words.compare(
                column(name, 0, k), column(name, level, k), f"accuracy on images {what}", lower_is_better=False,
                percent=True, with_=f"augmentation {NAMES[level]}",
            ))  # fmt: skip
        far = words.compare(
            column("angles", 0, ANGLES.index(90)), column("angles", level, ANGLES.index(90)),
            "accuracy on images turned by 90°, which training never showed,", lower_is_better=False, percent=True,
        )  # fmt: skip
        sections.measured(far)
    else:
        sections.say(
            f"Without augmentation {percent(effect.mean(column('angles', 0, 0)))} of the upright images are read "
            f"right, **{percent(effect.mean(column('angles', 0, at['angles'])))}** when turned by {TURNED}° and "
            f"**{percent(effect.mean(column('shifts', 0, at['shifts'])))}** when shifted by an eighth of the side."
        )
    return [
        {"kind": name, "augment": SCALE.values[row["level"]], **{k: row[k] for k in ("at", "mean", "low", "high")}}
        for name, rows in curves.items() for row in rows
    ]  # fmt: skip


@kept(16)
def solve_safety(data: str, n: int, seed: int, force: float, _run: Any) -> Any:
    """Show a run's networks, trained without augmentation, changed test images, once for all visitors."""
    return invariance.label_safety(_run, force, tuple(TITLES), setting=0, seed=seed)


def show_safety(data: str, n: int, seed: int, augment: float, run: Any) -> list[dict[str, Any]]:
    """Draw what changed test images are read as; return the rows to download."""
    left, right = st.columns(2)
    with left:
        force = controls.scale("force", "Strength of the operations", FORCES, 0.3)
    with right:
        chosen = controls.choice("operation", "Test images", UNDER, "half_turn")
    found = solve_safety(data, n, seed, force, run)
    level, classes = SHOWN.index(chosen), tuple(found.class_names)
    accuracy, confusion = found.accuracy.tolist(), found.confusion.tolist()
    cells = [
        {"level": i, "label": a, "read": b, "share": share, "text": f"{100 * share:.0f}" if share >= 0.05 else ""}
        for i, matrix in enumerate(confusion) for a, row in enumerate(matrix) for b, share in enumerate(row)
    ]  # fmt: skip
    headings = [heading(i, 0, f"{UNDER[name]}: {percent(effect.mean(accuracy[i]))}", "test")
                for i, name in enumerate(SHOWN)]  # fmt: skip
    headings += [heading(i, 1, f"{UNDER[name]}, % of each label", "test") for i, name in enumerate(SHOWN)]
    charts.title("What changed test images are read as", f"trained without augmentation, {DATA[data]}, n = {n}")
    panels.show(
        pictures.safety(len(SHOWN), len(classes), 12 + 7 * max(map(len, classes))),
        {"now": [{"level": level}], "levels": [{"level": i} for i in range(len(SHOWN))],
         "names": [{"level": i, "text": text} for i, text in enumerate(UNDER.values())],
         "classes": [{"level": i, "text": name, "short": name[:3]} for i, name in enumerate(classes)],
         "points": [{"level": i, **band(values)} for i, values in enumerate(accuracy)], "cells": cells,
         "headings": headings},
        key=controls.key("picture_safety_three"),
        alt_text="Left: the share of test images that is read as its label under each operation. Right: what the "
        "images of each label are read as under one operation.",
        now=f"{UNDER[chosen]}: {percent(effect.mean(accuracy[level]))} read as their label.",
        on_select=scrub.keep("operation", SHOWN, "picture_safety_three"), selection_mode="pin",
    )  # fmt: skip
    sections.say(safety_sentence(chosen, force, classes, accuracy, confusion))
    return [{"operation": SHOWN[row["level"]], "label": classes[row["label"]], "read_as": classes[row["read"]],
             "share": row["share"]} for row in cells]  # fmt: skip


def safety_sentence(chosen: str, force: float, classes: Any, accuracy: list[Any], confusion: list[Any]) -> str:
    """Say which labels an operation does not keep, and which operations make one class of another."""
    level = SHOWN.index(chosen)
    taken = swapped(confusion[level])
    how = UNDER[chosen] if chosen in ("none", *image_operations.ALL_OR_NOTHING) else f"{UNDER[chosen]} {force:g}"
    told = ", ".join(f"**{percent(share)}** of {classes[a]} as {classes[b]}" for share, a, b in taken[:3])
    most = f"More than half of a class is read as another: {told}." if taken else "No class is read mostly as another."
    bad = [UNDER[name] for i, name in enumerate(SHOWN) if i and swapped(confusion[i])]
    kept = "none" if not bad else ", ".join(bad)
    return (
        f"With the test images under {how}, {percent(effect.mean(accuracy[level]))} are read as their label, "
        f"{percent(effect.mean(accuracy[0]))} as they are. {most} Operations of the list under which some class turns "
        f"into another: **{kept}**. An image that is merely read wrong may have kept its label; the policy search "
        "tells, by training."
    )


def swapped(matrix: list[list[float]]) -> list[tuple[float, int, int]]:
    """Return the classes that are mostly read as one other class, the surest first.

    >>> swapped([[0.9, 0.1], [0.7, 0.3]])
    [(0.7, 1, 0)]
    """
    pairs = [(share, a, b) for a, row in enumerate(matrix) for b, share in enumerate(row) if a != b and share > 0.5]
    return sorted(pairs, reverse=True)


def policy_name(policy: Any) -> str:
    """Return a policy in words."""
    steps = [TITLES[name] if len(policy.steps) == 1 else f"{TITLES[name]} {s:g}" for name, s in policy.steps]
    return " + ".join(steps)


def show_policy(data: str, n: int, seed: int, augment: float, run: Any) -> list[dict[str, Any]]:
    """Train with every candidate, as one stack, and draw what each came to; return the rows to download."""
    left, right = st.columns(2)
    with left:
        kind = controls.choice("candidates", "Candidates", CANDIDATES, "single", style="segments")
    with right:
        force = controls.scale("force", "Strength of the operations", FORCES, 0.3)
    candidates = (
        policy_search.single_policies(force, tuple(TITLES)) if kind == "single"
        else policy_search.random_policies(PAIRS, seed, high=max(force, 0.1))
    )  # fmt: skip
    charts.title("Which policy has the lowest validation loss?", f"{DATA[data]}, n = {n}; best on top")
    bar, place = st.empty(), st.container(key="panels_image_augmentation_policies_three", gap=None)
    found = runs.compute(
        policy_search.search, data, candidates, n_train=n, seeds=tuple(range(seed, seed + SEEDS)), place=bar,
        note=f"Training {SEEDS * (1 + len(candidates))} networks",
    )  # fmt: skip
    every = ["off", *map(policy_name, candidates)]
    val, test = found.val_loss.tolist(), found.test_loss.tolist()
    order = sorted(range(len(every)), key=lambda i: effect.mean(val[i]) or math.inf)
    draw_policies(place, [every[i] for i in order], [val[i] for i in order], [test[i] for i in order], test[0], val[0])
    best = found.best
    plain = run.kept("test_loss")[SCALE.values.index(PLAIN)].tolist()
    if best:
        loss = words.compare(test[0], test[best], "test loss", with_=f"the policy chosen ({every[best]})")
        both = words.compare(plain, test[best], "its test loss")
        against = {"better": "lower than", "worse": "higher than", "none": "not told apart by the seeds' noise from"}
        sections.say(
            f"{loss.sentence} Its validation loss reads {written(val[best])}, being the lowest of {len(every)}; only "
            f"the test loss is a fair measure. It is {against[both.verdict]} that of plain shifts, turns and zooms at "
            f"strength {PLAIN:g} ({written(plain)}).", loss.verdict,
        )  # fmt: skip
    else:
        sections.say("No candidate has a lower mean validation loss than training without augmentation.", "worse")
    compared = [(every[i], words.compare(test[0], test[i], "test loss").verdict) for i in range(1, len(every))]
    helps, harms = ([name for name, v in compared if v == verdict] for verdict in ("better", "worse"))
    sections.say(
        f"On the test rows, beyond the seeds' noise, **{len(helps)}** of {len(compared)} candidates help"
        f"{': ' + ', '.join(helps) if helps else ''}; **{len(harms)}** harm{': ' + ', '.join(harms) if harms else ''}."
    )
    return [
        {"policy": every[i], "seed": number, "val_loss": val[i][s], "test_loss": test[i][s]}
        for i in order for s, number in enumerate(found.seeds)
    ]  # fmt: skip


def draw_policies(
    place: Any, names: list[str], val: list[Any], test: list[Any], off: list[float], off_val: list[float]
) -> None:
    """Draw the losses of the candidates, the best on top."""
    means = [effect.mean(values) for values in val]
    seen = [v for v in means if v is not None]
    changes = [
        {"level": i, "change": b - a} for i, values in enumerate(test) for a, b in zip(off, values, strict=True)
        if math.isfinite(a) and math.isfinite(b)
    ]  # fmt: skip
    middles = [{"level": i, "change": effect.mean([row["change"] for row in changes if row["level"] == i])}
               for i in range(len(names))]  # fmt: skip
    headings = [
        heading(i, 1, f"{'−' if (row['change'] or 0) < 0 else '+'}{abs(row['change'] or 0):.3f}", "test")
        for i, row in enumerate(middles)
    ]
    far = charts.ceiling([abs(row["change"]) for row in changes])
    low, high = min(seen), max(seen)
    room = max(high - low, 0.02)
    with place:
        charts.show(
            pictures.policies(len(names), 20 + 6 * max(map(len, names)), "validation loss (nats)"),
            {
                "names": [{"level": i, "text": name} for i, name in enumerate(names)],
                "now": [{"level": 0, "low": max(0.0, low - 0.4 * room), "top": high + 0.25 * room, "far": far}],
                "levels": [{"level": i} for i in range(len(names))],
                "losses": [
                    {"level": i, "who": "baseline" if name == "off" else "technique", "mean": means[i]}
                    for i, name in enumerate(names)
                ],
                "without": [{"value": effect.mean(off_val), "who": "baseline"}],
                "changes": changes, "means": middles, "zero": [{"change": 0.0}],
                "legend": [
                    {"who": "technique", "text": "mean of the seeds", "slot": 0.0, "place": 0},
                    {"who": "baseline", "text": "off", "slot": 0.6, "place": 150},
                ],
                "headings": headings,
            },
            height="stretch", key=controls.key("picture_policies"),
            alt_text="Left: the validation loss of every candidate, the lowest on top. Right: the change of the test "
            "loss against training without augmentation, one dot per seed.",
            now="; ".join(f"{name} {value or math.nan:.3f}" for name, value in zip(names, means, strict=True)) + ".",
        )  # fmt: skip


def draw_by_size(place: Any, sizes: tuple[int, ...], found: list[Any], n: int, on: bool) -> None:
    """Draw the sizes that are trained."""
    roles = (("technique", "augment", 1), ("baseline", "off", 0))[0 if on else 1 :]
    rows = {name: size_rows(name, found, on) for name in ("loss", "accuracy")}
    shown = {"loss": lambda v: f"{v or math.nan:.3f}", "accuracy": percent}
    headings = [
        heading(i, part, f"{text} {shown[name](effect.mean(each[name][k]))}", who, slot=0.5 * j, place=150 * j)
        for part, name in enumerate(rows) for j, (who, text, k) in enumerate(roles) for i, each in enumerate(found)
    ]  # fmt: skip
    level, top = sizes.index(n), charts.ceiling(1.1 * (row["mean"] or 0.0) for row in rows["loss"])
    for row in rows["loss"]:
        row["high"] = row["high"] if row["high"] is None else min(row["high"], top)  # a panel does not clip
    keyed: dict[str, Any] = {}
    if len(found) == len(sizes):  # a key may be given once per run of the script
        keep = scrub.keep("n", tuple(map(float, sizes)), "picture_size")
        keyed = {"key": controls.key("picture_size"), "on_select": keep, "selection_mode": "pin"}
    charts.show(
        pictures.by_size(tuple(map(str, sizes)), "test loss (nats)"),
        {
            "now": [{"level": level, "top": top,
                     "low": math.floor(10 * min(row["low"] or 0.0 for row in rows["accuracy"])) / 10}],
            "levels": pictures.slots(len(sizes), 2), "losses": rows["loss"], "accuracies": rows["accuracy"],
            "headings": headings,
        },
        place=place, height="stretch",
        alt_text="Left: test loss against the number of training rows, with augmentation and without. Right: test "
        "accuracy.",
        now=f"{sizes[level]} rows: " + ", ".join(h["text"] for h in headings if h["level"] == level) + ".", **keyed,
    )  # fmt: skip


def size_rows(name: str, found: list[Any], on: bool) -> list[dict[str, Any]]:
    """Return a measure by size, without augmentation and with it."""
    return [
        {"level": i, "who": who, "kind": "still", "line": who, **band(each[name][k])}
        for k, who in enumerate(("baseline", "technique")[: 1 + on]) for i, each in enumerate(found)
    ]  # fmt: skip


def show_by_size(data: str, n: int, seed: int, augment: float, run: Any) -> list[dict[str, Any]]:
    """Draw test loss and accuracy by dataset size, with augmentation and without; return the rows to download."""
    steps = int(controls.scale("length", "Steps", tuple(map(float, LENGTHS)), 1000.0))
    training, sizes, found = Training(max_steps=steps, eval_steps=2), effect.sizes_of(data, SIZES), []
    what = f"{DATA[data]}, augmentation {SCALE.label(augment)}, {steps} steps"
    charts.title("For how many rows", f"{what}; hover to scrub, click to keep")
    bar, place = st.empty(), st.container(key="panels_image_augmentation_size", gap=None).empty()
    stack = tuple(Settings(augment=m, learning_rate=effect.BASE.learning_rate) for m in (0.0, augment))
    for size in sizes:
        one = runs.train(
            data, stack, training, n_train=size, seeds=tuple(range(seed, seed + SEEDS)), place=bar,
            note=f"Training on {size} rows",
        )  # fmt: skip
        found.append({name: one.kept(f"test_{name}").tolist() for name in ("loss", "accuracy")})
        draw_by_size(place, sizes, found, n, bool(augment))
    level = sizes.index(n)
    if not augment:
        sections.say("Augmentation is off: both lines are one.")
    else:
        each = [words.compare(one["loss"][0], one["loss"][1], "test loss", with_=f"{size} rows")
                for size, one in zip(sizes, found, strict=True)]  # fmt: skip
        sections.measured(each[level])
        helped, harmed = (
            ", ".join(str(size) for size, one in zip(sizes, each, strict=True) if one.verdict == v) or "none"
            for v in ("better", "worse")
        )
        gains = ", ".join(f"{size}: {100 * (1 - one.after / one.before):+.0f} %".replace("-", "−")
                          for size, one in zip(sizes, each, strict=True))  # fmt: skip
        sections.say(
            f"Beyond the seeds' noise, augmentation {augment:g} lowers the test loss at these numbers of rows: "
            f"**{helped}**; it raises it at: **{harmed}**. Share of the loss that it takes away: {gains}."
        )
    return [
        {"n": sizes[row["level"]], "augment": row["who"] == "technique", "measure": name,
         **{k: row[k] for k in ("mean", "low", "high")}}
        for name in ("loss", "accuracy") for row in size_rows(name, found, bool(augment))
    ]  # fmt: skip


SHOW = {"invariance": show_invariance, "safety": show_safety, "policy": show_policy, "size": show_by_size}


# ------------------------------------------------------------------ common mistakes


def compare_wrong(data: str, n: int, seed: int, augment: float, wrong: Any, what: str) -> None:
    """Train once more with a wrong function, and say what that did to loss and accuracy."""
    right, level = effect.train(SCALE, **trained(data, n, seed), place=st.empty()), SCALE.values.index(augment)
    run = runs.train(
        data, SCALE.settings(effect.BASE)[level], effect.TRAINING, n_train=n, seeds=tuple(range(seed, seed + SEEDS)),
        replace={"augment": wrong}, place=st.empty(), note="Training with the mistake",
    )  # fmt: skip
    loss, accuracy = (
        words.compare(right.kept(name)[level].tolist(), run.kept(name)[0].tolist(), text, **how)
        for name, text, how in (
            ("test_loss", "test loss", {"with_": what}),
            ("test_accuracy", "test accuracy", {"lower_is_better": False, "percent": True}),
        )
    )
    worse = "worse" in (loss.verdict, accuracy.verdict)
    sections.say(
        f"{loss.sentence} {accuracy.sentence}{'' if worse else ' Here it shows no harm.'}",
        "worse" if worse else loss.verdict,
    )


def show_validated(data: str, n: int, seed: int, augment: float) -> None:
    """Read the validation loss on augmented rows, and choose by it."""
    run, level = effect.train(SCALE, **trained(data, n, seed), place=st.empty()), SCALE.values.index(augment)
    clean, wrong = run.kept("val_loss").tolist(), invariance.augmented_validation(run, seed).tolist()
    by_clean, by_wrong = lowest(clean), lowest(wrong)
    opening = (
        f"At strength {SCALE.label(augment)} the same networks' validation loss reads **{written(wrong[level])}** on "
        f"augmented rows instead of **{written(clean[level])}**. Over the scale it is lowest at **{NAMES[by_wrong]}**, "
        f"on clean rows at **{NAMES[by_clean]}**."
    )
    if by_clean == by_wrong:
        sections.say(f"{opening} Both choose the same: the reading is wrong, the choice shows no harm here.")
        return
    test = run.kept("test_loss").tolist()
    found = words.compare(test[by_clean], test[by_wrong], "test loss", with_="the choice by augmented rows")
    sections.say(
        f"{opening} {found.sentence}{'' if found.verdict == 'worse' else ' Here it shows no harm.'}", found.verdict
    )


# ------------------------------------------------------------------ the page

open_page("image_augmentation")
controls.lessons(LESSONS)
mechanism()

st.header("On real training", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    augment = controls.scale("augment", "Augmentation m: shift up to m/8, turn 15 m°, zoom 10 m %", SCALE.values, 0.75)
    first_picture = st.container()
with effect_side:
    data = controls.choice("data", "Data", DATA, "digits")
    n = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 200.0))
    seed = controls.seed()

closer = controls.choice("closer", "Look closer", CLOSER, "invariance", style="segments")
second_picture = st.container()

predict, wrong, framework, code, papers = sections.tabs()
with predict:
    OPTIONS = ("Mostly as sixes", "Mostly as nines", "Mostly as another digit", "As no one digit in most cases")

    def answer() -> tuple[str, str]:
        run = effect.train(SCALE, **trained("digits", 200, 0), place=st.empty())
        six = solve_safety("digits", 200, 0, 0.3, run).confusion[SHOWN.index("half_turn"), 6].tolist()
        most = max(range(len(six)), key=six.__getitem__)
        right = OPTIONS[3] if six[most] <= 0.5 else {6: OPTIONS[0], 9: OPTIONS[1]}.get(most, OPTIONS[2])
        return right, (
            f"Of the sixes **{percent(six[9])}** are read as nines and {percent(six[6])} as sixes; most often they are "
            f"read as **{most}**. Trained with half turns, the network would be told that these are sixes."
        )

    sections.predict(
        "Networks trained on 200 digits without augmentation are shown the test sixes upside down. How do they read "
        "them?", OPTIONS, answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "turned", "Half turns on digits",
        "A recipe for photographs, flips and turns for every image: half of the digits upside down under their labels.",
        lambda: compare_wrong(data, n, seed, augment, mistakes.turned_over, "half turns too"),
    )  # fmt: skip
    sections.mistake(
        "far", "Magnitude too high",
        "A number of one library's scale given to another's: five times as far (RandAugment counts to 10, 30 or 1).",
        lambda: compare_wrong(data, n, seed, augment, mistakes.far_too_much, "five times the magnitude"),
    )  # fmt: skip
    sections.mistake(
        "validated", "Validation rows augmented too",
        "One transform for both loaders: the network is right, its validation loss is read on changed images.",
        lambda: show_validated(data, n, seed, augment),
    )  # fmt: skip
with framework:
    settings = Settings(augment=augment, learning_rate=effect.BASE.learning_rate)
    sections.framework(settings, effect.TRAINING, load(data))
with code:
    sections.code(
        image_augmentation.augment, image_augmentation.augment_batch, image_augmentation.rand_augment,
        image_operations.warp, image_operations.cutout, policy_search.augmenter,
    )  # fmt: skip
with papers:
    sections.papers("image_augmentation")
    download = st.empty()
copy_link()

with first_picture:  # last, since it trains
    run = show_training(data, n, seed, augment)
with second_picture:
    table = SHOW[closer](data, n, seed, augment, run)
with download:
    sections.download(table, f"image_augmentation_{closer}.csv", "Download the picture's numbers as CSV")
