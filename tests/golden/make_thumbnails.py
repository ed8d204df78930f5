"""Write pages/ui/thumbnails.json: the numbers of the small picture of every page, each of a real result.

Run it as `python -m tests.golden.make_thumbnails`, from the project's folder. A picture has the domains of its axes and
its marks; `pages/ui/thumbnails.py` draws them.
"""

import json
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import reglab
from reglab import Settings, Training, experiments, fit
from reglab.datasets import load

FILE = Path(__file__).resolve().parents[2] / "pages" / "ui" / "thumbnails.json"
BASE, TRAINING = Settings(learning_rate=3e-3), Training(max_steps=300, eval_steps=20)
Made = dict[str, Any]


def numbers(values: Any, digits: int = 3) -> list[float]:
    """Return values as short numbers."""
    return [float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=float).ravel()]


def line(who: str, x: Any, y: Any) -> Made:
    """Return a line, or the parts of one."""
    return {"mark": "line", "who": who, "x": numbers(x, 4), "y": numbers(y)}


def dots(who: str, x: Any, y: Any) -> Made:
    """Return points."""
    return {"mark": "dot", "who": who, "x": numbers(x, 4), "y": numbers(y)}


def bar(who: str, x: float, y: float, wide: float) -> Made:
    """Return a bar from the bottom up; wide: in pixels."""
    return {"mark": "bar", "who": who, "x": numbers([x]), "y": numbers([y]), "wide": wide}


def picture(alt: str, x: tuple[float, float], y: tuple[float, float], *marks: Made) -> Made:
    """Return a picture: what it shows in words, the ends of its axes, and its marks."""
    return {"alt": alt, "x": list(x), "y": list(y), "marks": list(marks)}


def image(values: Any, at: float, size: float) -> Made:
    """Return an image, its values in sixteenths; at: its left end as a share of the width, size: pixels of its own."""
    shades = np.clip(np.rint(16 * values), 0, 16).astype(int)
    return {"mark": "image", "who": "text", "at": at, "size": size, "rows": shades.tolist()}


def cells(who: str, on: Any) -> Made:
    """Return a grid of marks that are on or off, as texts of 0 and 1."""
    return {"mark": "cell", "who": who, "rows": ["".join("01"[bool(value)] for value in row) for row in on]}


def overfitting() -> Made:
    degree = 16
    result = experiments.sine_fits((degree,), 20, 0.3, 0)
    x, y = result.x, result.y
    across = np.linspace(x.min(), x.max(), 90)
    fitted = reglab.overfitting.fit_polynomial(x, y, degree)
    alt = f"Twenty points around a sine, and a polynomial of degree {degree} through them."
    marks = line("baseline", across[::4], np.sin(across[::4])), line("mistake", across, fitted(across))
    return picture(alt, (x.min(), x.max()), (-2, 2), *marks, dots("train", x, y))


def path(result: Any, strengths: Any, what: str) -> Made:
    across = np.log10(strengths)
    lines = [line("technique", across, coefficients) for coefficients in result.T]
    most = float(np.abs(result).max())
    ends = (float(across[0]), float(across[-1]))
    return picture(f"The ten coefficients of diabetes as the strength of {what} grows.", ends, (-most, most), *lines)


def l2() -> Made:
    strengths = np.logspace(-3, 1, 24)
    return path(experiments.ridge("diabetes", strengths).path, strengths, "L2")


def l1() -> Made:
    strengths = np.logspace(-2.5, -0.2, 30)
    return path(experiments.linear_path("diabetes", strengths).path, strengths, "L1")


def dropout() -> Made:
    training = Training(hidden_sizes=(12,), max_steps=300, eval_steps=2)
    run = fit("diabetes", replace(BASE, dropout=0.3), training, n_train=200, seeds=1)
    result = experiments.dropout_passes(run, load("diabetes").x_test[0], 0, 7, seed=0)
    alt = "Seven passes through twelve hidden units, of which each goes dark in three passes of ten."
    return picture(alt, (0, 12), (0, 7), cells("technique", result.mask))


def dropout_in_practice() -> Made:
    inputs, hidden = (0.0, 0.1, 0.2, 0.4), (0.0, 0.1, 0.3, 0.5, 0.7)
    settings = [replace(BASE, input_dropout=a, dropout=b) for a in inputs for b in hidden]
    run = fit("breast_cancer", settings, TRAINING, n_train=100, seeds=5)
    losses = np.log(run.kept("val_loss").mean(axis=1)).reshape(len(inputs), len(hidden))
    shares = (losses - losses.min()) / (losses.max() - losses.min())
    alt = "Validation loss by the rate of the inputs, upwards, and that of the hidden layers: the darker the lower."
    rows = [numbers(1 - row, 2) for row in shares[::-1]]
    return picture(alt, (0, 5), (0, 4), {"mark": "shade", "who": "technique", "rows": rows})


def early_stopping() -> Made:
    run = fit("breast_cancer", BASE, Training(max_steps=400), n_train=50, n_val=100, seeds=1)
    train, validation = run.train_loss[0, 0], run.val_loss[0, 0]
    best = int(np.nanargmin(validation))
    marks = line("train", run.steps, train), line("validation", run.steps, validation)
    alt = "Train loss falls on; validation loss rises again after its lowest point, which is marked."
    top = 1.4 * float(validation[-1])
    return picture(alt, (0, 400), (0, top), *marks, dots("technique", [run.steps[best]], [validation[best]]))


def image_augmentation() -> Made:
    digits = load("digits")
    three = digits.x[digits.y == 3][:1].reshape(1, 8, 8)
    three = (three - three.min()) / (three.max() - three.min())
    rng = np.random.default_rng(2)
    grown, _ = reglab.image_augmentation.augment_batch(three, [3], 4, rng, strength=0.9)
    marks = [image(each, place, 3.4) for each, place in zip(grown, (0.0, 0.25, 0.5, 0.75), strict=True)]
    return picture("A three, and three shifted, turned and zoomed copies of it.", (0, 1), (0, 1), *marks)


def text_augmentation() -> Made:
    sentence = "the movie was slow and sad"
    variant = reglab.text_augmentation.synonym_replacement(sentence, 0.4, np.random.default_rng(4))
    marks = [
        {"mark": "word", "who": who, "x": [0.5], "y": [at], "text": text}
        for who, at, text in (("baseline", 0.68, sentence), ("technique", 0.26, variant))
    ]
    return picture(f"“{sentence}” becomes “{variant}”.", (0, 1), (0, 1), *marks)


def mixup() -> Made:
    result = experiments.mixtures("digits", ("3", "8"), (0.5,))
    images = (result.images[0], result.blended[0], result.images[1])
    most = max(float(each.max()) for each in images)
    marks = [
        image(each.reshape(8, 8) / most, place, 4.6) for each, place in zip(images, (0.02, 0.345, 0.67), strict=True)
    ]
    return picture("A three, an eight, and between them the blend of both.", (0, 1), (0, 1), *marks)


def label_smoothing() -> Made:
    classes, label, smoothing = 5, 2, 0.3
    smooth = reglab.label_smoothing.smooth_labels([label], classes, smoothing)[0]
    marks = [
        bar(who, at + side, share, 9)
        for who, side, target in (("baseline", -0.19, np.eye(classes)[label]), ("technique", 0.19, smooth))
        for at, share in enumerate(target)
        if share
    ]
    alt = f"The target of one of {classes} classes, and the same with {smoothing:.0%} of it spread over all."
    return picture(alt, (-0.5, classes - 0.5), (0, 1), *marks)


def stochastic_depth() -> Made:
    rate, blocks, rows = 0.5, 8, 6
    rates = rate * np.arange(1, blocks + 1) / blocks
    rng = np.random.default_rng(1)
    running = [
        [bool(reglab.stochastic_depth.drop_path(np.ones((1, 1)), float(each), rng).any()) for each in rates]
        for _ in range(rows)
    ]
    alt = "Six passes through eight blocks, of which the later ones are skipped more often."
    return picture(alt, (0, blocks), (0, rows), cells("block", running))


def gradient_clipping() -> Made:
    rates = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    settings = [Settings(learning_rate=rate, clip_norm=norm) for norm in (0.0, 0.1) for rate in rates]
    how = Training(optimizer="sgd", max_steps=300, eval_steps=20)
    run = experiments.survivors(fit("breast_cancer", settings, how, n_train=200, seeds=5))
    losses = run.kept("val_loss").mean(axis=1).reshape(2, -1)
    lines = [
        line(who, np.log10(rates)[np.isfinite(each)], each[np.isfinite(each)])
        for who, each in zip(("baseline", "technique"), losses, strict=True)
    ]
    last = {name: values[-1:] for name, values in lines[0].items() if name in "xy"}
    alt = "Validation loss against the learning rate: without clipping training diverges where the gray line ends."
    return picture(alt, (-2, 1), (0, 0.4), *lines, dots("mistake", **last))


def combined_strategy() -> Made:
    how = Training(max_steps=1000, eval_steps=20)
    first = fit("digits", Settings(), how, n_train=200, seeds=5)
    train, validation = (float(first.kept(name).mean()) for name in ("train_loss", "val_loss"))
    advice = reglab.recommend(200, train, validation, task="image", n_classes=10, steps=1000)
    run = fit("digits", [Settings(), advice.settings], how, n_train=200, seeds=5)
    losses = run.kept("test_loss")
    lines = [line("rule", (0, 1), pair) for pair in losses.T]
    ends = [dots(who, [at] * 5, losses[at]) for at, who in enumerate(("baseline", "technique"))]
    alt = "Test loss of five seeds, each without any technique and with the settings that are advised."
    return picture(alt, (-0.15, 1.15), (0, 1.1 * float(losses.max())), *lines, *ends)


def your_data() -> Made:
    wine = load("wine")
    labels = np.concatenate([wine.y, wine.y_test])
    counts = np.bincount(labels)
    alt = f"How many wines each of three cultivars has: {', '.join(map(str, counts))}."
    bars = [bar("train", at, count, 26) for at, count in enumerate(counts)]
    return picture(alt, (-0.6, 2.6), (0, int(counts.max())), *bars)


def all_techniques() -> Made:
    result = experiments.side_by_side("digits", BASE, TRAINING, n_train=100, seeds=5)
    apart = result.test_loss[1:] - result.test_loss[0]
    apart = apart[np.argsort(apart.mean(axis=1))]
    half = 2.776 * apart.std(axis=1, ddof=1) / 5**0.5  # of Student's t with four degrees of freedom
    marks = [line("rule", (0, 0), (-0.5, len(apart) - 0.5))]
    for row, (mean, reach) in enumerate(zip(apart.mean(axis=1), half, strict=True)):
        who = "technique" if mean < -reach else "mistake" if mean > reach else "baseline"
        up = len(apart) - 1 - row
        marks += [line(who, (mean - reach, mean + reach), (up, up)), dots(who, [mean], [up])]
    ends = float((apart.mean(axis=1) - half).min()), float((apart.mean(axis=1) + half).max())
    alt = "How each technique changes the test loss of digits, with the 95 % interval: some lower it, some do not."
    return picture(alt, ends, (-0.5, len(apart) - 0.5), *marks)


PICTURES = (
    overfitting,
    l2,
    l1,
    dropout,
    dropout_in_practice,
    early_stopping,
    image_augmentation,
    text_augmentation,
    mixup,
    label_smoothing,
    stochastic_depth,
    gradient_clipping,
    all_techniques,
    combined_strategy,
    your_data,
)


def main() -> None:
    made = {
        "made_by": "python -m tests.golden.make_thumbnails",
        "versions": {"reglab": reglab.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "pictures": {make.__name__: make() for make in PICTURES},
    }
    FILE.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
