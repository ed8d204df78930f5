"""Make exam_logs.json: logs of small PyTorch runs as people have them, labelled by what the logs do not show.

A log has few columns: losses as that person took them (in training mode, with a penalty inside, in raw units, of a
handful of validation rows). Its labels come from what only this script sees: the clean training loss, the loss of all
test rows, the constant guess of those, and the spread of the validation rows. The rule is `labels_of`, and was written
before any log was judged; a label next to a boundary, by a factor of `NEAR`, is as good. Run (two minutes, needs
PyTorch): python -m tests.golden.make_exam_logs
"""

import json
import math
import platform
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from reglab import datasets
from reglab.text.texts import read

NEAR = 1.3
DIVERGING, UNDERFIT, NOISY, GOOD = "diverging", "underfit", "too noisy", "good"
BELOW, LIMITED = "validation below train", "compute-limited"
MILD, STRONG, SEVERE = "mild overfit", "strong overfit", "severe overfit"


# --- data: (x, y) of the pool and of the test rows ---


def table(name, rng, *, wrong=0.0, shares=None, raw=False):
    """A dataset of the library; `wrong` labels, classes thinned to `shares`, a raw target."""
    data = datasets.load(name)
    flat = data.task in ("tabular", "signal", "points")
    mean, deviation = (data.x.mean(0), data.x.std(0) + 1e-8) if flat else (data.x.mean(), data.x.std())
    pool, test = ((x - mean) / deviation for x in (data.x, data.x_test))
    y, y_test = data.y, data.y_test
    if raw:
        y, y_test = (v * data.target_scale + data.target_mean for v in (y, y_test))
    if wrong:
        other = (y + rng.integers(1, data.n_classes, len(y))) % data.n_classes
        y = np.where(rng.random(len(y)) < wrong, other, y)
        other = (y_test + rng.integers(1, data.n_classes, len(y_test))) % data.n_classes
        y_test = np.where(rng.random(len(y_test)) < wrong, other, y_test)
    if shares:
        keep = [rng.random(len(v)) < np.array(shares)[v] / max(shares) for v in (y, y_test)]
        pool, y, test, y_test = pool[keep[0]], y[keep[0]], test[keep[1]], y_test[keep[1]]
    return pool, y, test, y_test, data.n_classes


def text(unit, context=6, sentences=1200):
    """Windows of characters or words, each with what follows it."""
    texts = [f"{line.split(chr(9))[-1]}." for line in read("definitions.tsv.gz").splitlines()[:sentences]]
    parts = list(" ".join(texts)) if unit == "char" else " ".join(texts).split()
    names = {part: i for i, part in enumerate(sorted(set(parts)))}
    numbers = np.array([names[part] for part in parts])
    windows = np.lib.stride_tricks.sliding_window_view(numbers, context + 1)
    cut = int(0.75 * len(windows))
    x, y = windows[:, :-1], windows[:, -1]
    return x[:cut], y[:cut], x[cut:], y[cut:], len(names)


# --- networks ---


def dense(n_in, n_out, width, dropout, batch_norm):
    layers = []
    for size in (width, width) if width else ():
        layers += [nn.Linear(n_in, size), *[nn.BatchNorm1d(size)] * batch_norm, nn.ReLU(), nn.Dropout(dropout)]
        n_in = size
    return nn.Sequential(*layers, nn.Linear(n_in, n_out))


def conv(shape, n_out, width, dropout, batch_norm):
    channels = shape[2] if len(shape) > 2 else 1
    return nn.Sequential(
        nn.Unflatten(1, (*shape[:2], channels)),
        Channels(),
        nn.Conv2d(channels, width, 3, padding=1),
        *[nn.BatchNorm2d(width)] * batch_norm,
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        *[nn.BatchNorm2d(2 * width)] * batch_norm,
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.LazyLinear(n_out),
    )


class Channels(nn.Module):
    def forward(self, x):
        return x.permute(0, 3, 1, 2)


def words(n_names, width, dropout, context=6):
    return nn.Sequential(
        nn.Embedding(n_names, 24),
        nn.Flatten(),
        nn.Linear(24 * context, width),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(width, n_names),
    )


# --- runs ---


def exam(
    name,
    data,
    n_train,
    n_val,
    *,
    kind="dense",
    width=64,
    epochs=30,
    lr=1e-3,
    batch=32,
    dropout=0.0,
    batch_norm=False,
    optimizer="adamw",
    decay=0.0,
    smoothing=0.0,
    penalty=0.0,
    mixup=False,
    logged="clean",
    tell=("n_classes", "n_val"),
    every=1,
    warm=0,
    spike=None,
    restart=None,
    loss="mse",
    **options,
):
    return {**locals(), "options": options}


def rows_of(entry):
    rng = np.random.default_rng(zlib.crc32(entry["name"].encode()))
    data, options = entry["data"], entry["options"]
    pool, y, test, y_test, n_classes = text(data) if data in ("char", "word") else table(data, rng, **options)
    order = np.arange(len(pool)) if data in ("char", "word") else rng.permutation(len(pool))
    at = order[: entry["n_train"]], order[-entry["n_val"] :]
    assert len(order) >= entry["n_train"] + entry["n_val"], entry["name"]
    sets = [(pool[at[0]], y[at[0]]), (pool[at[1]], y[at[1]]), (test[:3000], y_test[:3000])]
    kind = torch.float32 if n_classes is None else torch.long
    inputs = torch.long if data in ("char", "word") else torch.float32
    return [(torch.tensor(a, dtype=inputs), torch.tensor(b, dtype=kind)) for a, b in sets], n_classes


def losses(net, x, y, how):
    """Return the loss of each row, in evaluation mode on hard labels."""
    net.eval()
    with torch.no_grad():
        out = net(x)
    net.train()
    if y.dtype == torch.long:
        return F.cross_entropy(out, y, reduction="none")
    error = out[:, 0] - y
    return error.abs() if how == "mae" else error**2


def run(entry):
    e = entry
    torch.manual_seed(zlib.crc32(e["name"].encode()) % 2**31)
    (train, val, test), n_classes = rows_of(e)
    x, y = train
    n_out = n_classes or 1
    if e["kind"] == "dense":
        net = dense(x.shape[1], n_out, e["width"], e["dropout"], e["batch_norm"])
    elif e["kind"] == "conv":
        shape = {"digits": (8, 8), "glyphs": (16, 16, 3)}[e["data"]]
        net = conv(shape, n_out, e["width"], e["dropout"], e["batch_norm"])
        net(x[:2])
    else:
        net = words(n_classes, e["width"], e["dropout"])
    make = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[e["optimizer"]]
    more = {"momentum": 0.9} if e["optimizer"] == "sgd" else {}
    steps = make(net.parameters(), lr=e["lr"], weight_decay=e["decay"], **more)
    log = {"epoch": [], "train_loss": [], "val_loss": []}
    seen = {"train": [], "test": [], "spread": []}  # what the log does not show
    generator = torch.Generator().manual_seed(1)

    def penalised():
        return e["penalty"] * sum((w**2).sum() for w in net.parameters() if w.ndim > 1)

    def objective(rows):
        inputs, targets = x[rows], y[rows]
        if n_classes is None:
            out = net(inputs)[:, 0] - targets
            value = (out.abs() if e["loss"] == "mae" else out**2).mean()
        elif e["mixup"]:
            share = float(np.random.default_rng(int(rows[0])).beta(1.0, 1.0))
            other = torch.roll(torch.arange(len(rows)), 1)
            out = net(share * inputs + (1 - share) * inputs[other])
            value = share * F.cross_entropy(out, targets) + (1 - share) * F.cross_entropy(out, targets[other])
        else:
            value = F.cross_entropy(net(inputs), targets, label_smoothing=e["smoothing"])
        return value + penalised()

    def evaluate(epoch, running):
        clean, held, all_rows = (losses(net, *rows, e["loss"]) for rows in (train, val, test))
        seen["train"].append(float(clean.mean()))
        seen["test"].append(float(all_rows.mean()))
        seen["spread"].append(float(held.std()) / math.sqrt(len(held)))
        extra = float(torch.as_tensor(penalised()).detach())
        log["epoch"].append(epoch)
        log["train_loss"].append(running if e["logged"] == "training mode" else float(clean.mean()) + extra)
        log["val_loss"].append(float(held.mean()) + extra)

    for epoch in range(1, e["epochs"] + 1):
        if e["restart"] and epoch == e["restart"]:  # a resumed run: the optimizer has forgotten, the rate is high again
            steps = make(net.parameters(), lr=3 * e["lr"], weight_decay=e["decay"], **more)
        if e["spike"] and epoch == e["spike"]:  # a broken batch
            with torch.no_grad():
                for w in net.parameters():
                    w.add_(0.5 * w.abs().mean() * torch.randn(w.shape, generator=generator) * 3)
        order = torch.randperm(len(x), generator=generator)
        values = []
        for rows in order.split(e["batch"]):
            if len(rows) < 2:
                continue
            steps.zero_grad()
            value = objective(rows)
            value.backward()
            steps.step()
            values.append(float(value.detach()))
        if epoch % e["every"] == 0:
            evaluate(epoch, float(np.mean(values)))
    return log, seen, n_classes, guess(train, test, e["loss"])


def guess(train, test, how):
    """Return the test loss of the constant that is best on the training rows."""
    y, y_test = train[1], test[1]
    if y.dtype == torch.long:
        shares = torch.bincount(y, minlength=int(max(y.max(), y_test.max())) + 1).double() + 0.5
        return float(-(shares / shares.sum()).log()[y_test].mean())
    if how == "mae":
        return float((y_test - y.median()).abs().mean())
    return float(((y_test - y.mean()) ** 2).mean())


def labels_of(entry, log, seen, constant):
    """Return the right labels, the class first, by what the log does not show."""
    train, test = (np.array(seen[name]) for name in ("train", "test"))
    T, R = float(train[-1]), float(test[-1])
    if not (np.isfinite(T) and np.isfinite(R)) or max(1.5 * np.nanmin(train), np.nanmin(train) + 0.25 * constant) < T:
        return [DIVERGING]
    logged_gap, error = log["val_loss"][-1] - log["train_loss"][-1], seen["spread"][-1]
    best, lowest = int(np.argmin(test)), float(test.min())
    g, rise, cost = R - T, R / lowest, R - lowest
    right = []
    if entry["n_val"] <= 15 and abs(logged_gap) < 3 * error:
        return [NOISY]
    if entry["n_val"] <= 25:
        right.append(NOISY)
    if entry["logged"] == "training mode" and logged_gap < -2 * error and rise < 1.2:
        return [BELOW]
    if 0.6 * constant < T and g < 0.15 * constant:
        falling = float(test[int(0.7 * len(test))]) - R > 0.05 * constant
        return [UNDERFIT, *[LIMITED] * falling, *right]
    if 0.6 / NEAR * constant < T and g < 0.15 * NEAR * constant:
        right.append(UNDERFIT)
    before = float(test[int(0.7 * len(test))])
    if best > 0.9 * len(test) - 1 and before - R > 0.04 * constant and 0.04 * constant < T and g < 0.25 * constant:
        first = [LIMITED]
        if before - R < 0.04 * NEAR * constant or 0.04 * NEAR * constant > T:
            first.append(GOOD if g < 0.05 * constant else MILD)
        return [*first, *[MILD] * (g > 0.05 * constant), *right]
    if best > 0.7 * len(test) and before - R > 0.02 * constant:
        right.append(LIMITED)
    severe = max(min(rise / 1.8, cost / (0.1 * constant)), min(g / constant, rise / 1.1))
    strong = max(g / (0.25 * constant), min(rise / 1.2, cost / (0.02 * constant)))
    good = max(g / (0.05 * constant), rise / 1.1)
    if severe > 1:
        return [SEVERE, *[STRONG] * (severe < NEAR), *right]
    if strong > 1:
        return [STRONG, *[SEVERE] * (severe > 1 / NEAR), *[MILD] * (strong < NEAR), *right]
    if good < 1:
        return [GOOD, *[MILD] * (good > 1 / NEAR), *right]
    return [MILD, *[STRONG] * (strong > 1 / NEAR), *[GOOD] * (good < NEAR), *right]


N = ("n_val",)
BOTH = ("n_classes", "n_val")
RUNS = [
    # diverging: the rate is too high, at once, in the middle or at the end
    exam("rate 30", "digits", 300, 200, optimizer="sgd", lr=30.0, epochs=10),
    exam("rate 3 of adam", "mnist1d", 400, 300, lr=3.0, epochs=20),
    exam("rate, regression", "diabetes", 150, 100, optimizer="sgd", lr=0.3, raw=True, epochs=10, tell=N),
    exam("rate, no classes", "glyphs", 300, 200, optimizer="sgd", lr=3.0, epochs=12, tell=N),
    exam("resumed at a wild rate", "digits", 400, 300, optimizer="sgd", lr=0.4, restart=14, epochs=20),
    exam("resumed at a wild rate, no classes", "mnist1d", 600, 300, optimizer="sgd", lr=0.35, restart=12, epochs=18,
         tell=N),
    exam("broken at the end", "digits", 500, 300, spike=20, epochs=20, lr=1e-5),
    # underfit: too slow, too small, too short, regularized to death; also where nobody told the classes
    exam("slow", "digits", 400, 300, lr=1e-6, epochs=15),
    exam("slow, no classes", "glyphs", 600, 300, lr=1e-6, epochs=15, tell=N),
    exam("line for spirals", "spirals", 500, 300, width=0, epochs=40, lr=1e-2),
    exam("dropout .9", "mnist1d", 800, 400, dropout=0.9, epochs=20, logged="clean"),
    exam("decay to death", "digits", 500, 400, decay=80.0, epochs=20),
    exam("imbalance, slow", "moons", 350, 150, shares=[0.95, 0.05], lr=1e-5, epochs=25),
    exam("regression, slow", "diabetes", 180, 100, raw=True, lr=1e-5, epochs=30, tell=N),
    exam("wrong labels, line", "mnist1d", 2000, 500, width=0, wrong=0.5, epochs=20, lr=1e-3),
    # a handful of validation rows
    exam("8 rows of moons", "moons", 300, 8, epochs=40),
    exam("10 rows of digits", "digits", 900, 10, epochs=12),
    exam("6 rows of wine", "wine", 80, 6, epochs=40),
    exam("12 rows of glyphs", "glyphs", 1500, 12, epochs=12),
    exam("9 rows of cancer", "breast_cancer", 250, 9, epochs=15),
    exam("10 rows, no classes", "circles", 400, 10, epochs=40, tell=N),
    exam("7 rows, regression", "diabetes", 250, 7, raw=True, epochs=60, lr=3e-3, tell=N),
    exam("10 rows of a conv", "digits", 800, 10, kind="conv", width=8, epochs=10),
    # healthy
    exam("cancer, decayed", "breast_cancer", 280, 110, decay=3.0, dropout=0.3, epochs=25),
    exam("moons, wide", "moons", 700, 300, epochs=40, decay=1.0),
    exam("circles", "circles", 700, 300, epochs=60, decay=2.0),
    exam("conv on digits", "digits", 1000, 200, kind="conv", width=12, epochs=10),
    exam("batch norm, noisy", "glyphs", 1500, 400, kind="conv", width=8, batch_norm=True, batch=16, epochs=12),
    exam("batch norm, no classes", "digits", 1000, 200, kind="conv", width=8, batch_norm=True, batch=16, epochs=14,
         tell=N),
    exam("spike that recovers", "digits", 1000, 200, kind="conv", width=12, spike=6, epochs=14),
    exam("imbalance, healthy", "moons", 350, 180, shares=[0.9, 0.1], decay=0.5, epochs=60),
    exam("smoothing, clean", "digits", 1000, 200, kind="conv", width=12, smoothing=0.1, epochs=12),
    exam("spirals, wide", "spirals", 700, 300, epochs=80, lr=2e-3),
    # training loss in training mode: validation below it, nothing wrong
    exam("dropout .5", "digits", 500, 400, dropout=0.5, logged="training mode", epochs=25),
    exam("dropout .7, no classes", "glyphs", 1200, 400, dropout=0.7, logged="training mode", epochs=20, tell=N),
    exam("mixup", "digits", 800, 400, mixup=True, logged="training mode", epochs=30),
    exam("smoothing .2", "digits", 900, 300, smoothing=0.2, logged="training mode", epochs=12),
    exam("conv, dropout .6", "digits", 900, 300, kind="conv", width=8, dropout=0.6, logged="training mode", epochs=15),
    exam("dropout, regression", "diabetes", 180, 110, raw=True, dropout=0.6, lr=3e-3, logged="training mode",
         epochs=40, tell=N),
    exam("fast, running mean", "digits", 1000, 200, logged="training mode", dropout=0.3, epochs=4),
    exam("words, dropout .6", "word", 5000, 1500, kind="words", dropout=0.7, logged="training mode", epochs=3),
    # stopped early
    exam("short", "mnist1d", 2000, 500, epochs=12),
    exam("short, no classes", "mnist1d", 2200, 500, epochs=14, tell=N),
    exam("digits, 4 epochs", "digits", 900, 300, epochs=6),
    exam("spirals, short", "spirals", 600, 300, epochs=30),
    exam("short conv", "glyphs", 1400, 400, kind="conv", width=6, epochs=5),
    exam("resumed, still falling", "mnist1d", 2000, 500, lr=3e-4, restart=12, epochs=20),
    exam("characters, short", "char", 9000, 2000, kind="words", epochs=5, width=96),
    exam("words, short", "word", 4000, 1500, kind="words", epochs=2, lr=5e-4),
    # a gap that costs little
    exam("digits 500", "digits", 500, 400, epochs=30),
    exam("digits 300", "digits", 300, 400, epochs=30),
    exam("digits 600, no classes", "digits", 600, 400, epochs=40, tell=N),
    exam("glyphs 1200", "glyphs", 1200, 500, epochs=20),
    exam("conv 300", "digits", 300, 400, kind="conv", width=8, epochs=25),
    exam("batch norm 400", "digits", 400, 400, batch_norm=True, epochs=25),
    exam("penalty inside", "digits", 500, 400, penalty=1e-3, epochs=40),
    exam("characters", "char", 15000, 2000, kind="words", epochs=12, width=96),
    exam("cancer 200", "breast_cancer", 200, 180, epochs=20),
    # a gap that costs much
    exam("digits 60", "digits", 60, 400, epochs=60),
    exam("digits 80, no classes", "digits", 80, 400, epochs=60, tell=N),
    exam("moons 60", "moons", 60, 400, epochs=120, lr=3e-3),
    exam("glyphs 300", "glyphs", 300, 400, epochs=40),
    exam("diabetes", "diabetes", 180, 110, raw=True, width=128, lr=3e-3, epochs=60, tell=N),
    exam("diabetes, absolute", "diabetes", 150, 110, raw=True, width=128, lr=3e-3, epochs=100, loss="mae", tell=N),
    exam("conv glyphs 200", "glyphs", 200, 400, kind="conv", width=8, epochs=25),
    exam("characters, long", "char", 6000, 2000, kind="words", epochs=15, width=128),
    exam("imbalance 80", "moons", 150, 300, shares=[0.85, 0.15], epochs=150, lr=3e-3),
    # learnt by heart
    exam("mnist1d 300", "mnist1d", 300, 400, width=128, epochs=80),
    exam("mnist1d 200, no classes", "mnist1d", 200, 400, width=128, epochs=100, tell=N),
    exam("wrong labels", "digits", 400, 400, wrong=0.25, width=128, epochs=50),
    exam("wrong labels, two classes", "breast_cancer", 150, 200, wrong=0.25, epochs=100, lr=2e-3),
    exam("moons, wrong labels", "moons", 120, 400, wrong=0.3, width=128, epochs=300, lr=3e-3, every=6),
    exam("words, long", "word", 3000, 1500, kind="words", epochs=12, width=128, lr=2e-3),
    exam("conv, batch norm, wrong labels", "digits", 400, 400, kind="conv", width=12, batch_norm=True, wrong=0.3,
         epochs=30),
]  # fmt: skip


def rounded(values):
    return [float(f"{v:.4g}") if math.isfinite(v) else None for v in values]


def made(entry):
    log, seen, n_classes, constant = run(entry)
    facts = {"n_classes": n_classes} if "n_classes" in entry["tell"] and n_classes else {}
    names = ("name", "data", "n_train", "n_val", "kind", "batch", "logged")
    curve = {"epoch": log["epoch"], "train_loss": rounded(log["train_loss"]), "val_loss": rounded(log["val_loss"])}
    ends = {"train": seen["train"][-1], "test": seen["test"][-1], "lowest": min(seen["test"]), "guess": constant}
    labels = labels_of(entry, log, seen, constant)
    return {
        "labels": labels,
        **{name: entry[name] for name in names},
        "told": facts,
        "curve": curve,
        "truth": {name: float(f"{v:.3g}") if math.isfinite(v) else None for name, v in ends.items()},
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    lines = [json.dumps(made(entry)) for entry in RUNS]
    text_out = '{"versions": ' + json.dumps(versions) + ', "logs": [\n' + ",\n".join(lines) + "\n]}\n"
    Path(__file__).with_name("exam_logs.json").write_text(text_out, "utf-8")
