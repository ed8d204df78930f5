"""Logs whose numbers or names mislead: fillers, curves of another kind, workers, and numbers in other signs."""

import re
import time

import numpy as np
import pytest

from reglab.logs import CurveError, console, read_log
from reglab.logs.raw import number
from tests.test_logs import event_file

LOSSES = [(1.9, 1.64), (1.3, 1.22), (1.0, 1.02), (0.8, 0.91), (0.6, 0.86), (0.5, 0.84), (0.4, 0.85), (0.3, 0.88)]


def curve_of(text):
    return read_log(text).curve()


def refused(text):
    with pytest.raises(CurveError) as caught:
        curve_of(text)
    sentence = str(caught.value)
    assert 10 < len(sentence) < 400
    return sentence


def table(values, names="epoch,loss,val_loss"):
    """Return a table whose last columns are as given, the row's number and a falling training loss before them."""
    rows = "".join(
        f"{at},{t},{value}\n" for at, ((t, _), value) in enumerate(zip(LOSSES, values, strict=True), start=1)
    )
    return f"{names}\n{rows}"


# --- fillers where nothing was evaluated ---


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ([0, 0, 0, 0.91, 0, 0, 0, 0.88], {4: 0.91, 8: 0.88}),
        ([0, 1.22, 0, 0.91, 0, 0.84, 0, 0.88], {2: 1.22, 4: 0.91, 6: 0.84, 8: 0.88}),
        ([-1, -1, -1, 0.91, -1, 0.84, -1, -1], {4: 0.91, 6: 0.84}),
        (
            [-1, 1.22, 1.02, 0.91, 0.86, 0.84, 0.85, 0.88],
            dict(enumerate([1.22, 1.02, 0.91, 0.86, 0.84, 0.85, 0.88], 2)),
        ),
        ([999, 1.22, 999, 0.91, 999, 0.84, 999, 0.88], {2: 1.22, 4: 0.91, 6: 0.84, 8: 0.88}),
        (
            ["0.0000", "0.0000", "1.02", "0.91", "0.86", "0.84", "0.85", "0.88"],
            {3: 1.02, 4: 0.91, 5: 0.86, 6: 0.84, 7: 0.85, 8: 0.88},
        ),
        ([0, -0.4, 0, -0.5, 0, -0.6, 0, -0.5], {2: -0.4, 4: -0.5, 6: -0.6, 8: -0.5}),
    ],
)
def test_a_filler_at_epochs_without_an_evaluation_is_no_value(values, left):
    log = read_log(table(values))
    curve = log.curve()
    assert dict(zip(curve["step"], curve["val_loss"], strict=True)) == left
    filler = float(values[0])
    n = 8 - len(left)
    rows = "row" if n == 1 else "rows"
    assert f"{filler:g} in {n} {rows} of 'val_loss' is taken for no value: nothing was measured there." in curve.notes


@pytest.mark.parametrize(
    "values",
    [
        [0.9, 0.5, 0.1, 0, 0, 0.01, 0, 0],  # rounded, and learnt by heart
        [0.9, 0.5, 0.3, 0.1, 0, 0, 0, 0],
        [0.9, -0.2, -1, -1.3, -1.6, -1.8, -1, -2],  # a log density
        [9.99, 2.1, 1.5, 1.2, 1.1, 1.0, 0.9, 0.8],
        [0.69, 0.69, 0.69, 0.69, 0.69, 0.69, 0.69, 0.69],
    ],
)
def test_values_that_a_run_comes_to_are_no_fillers(values):
    curve = curve_of(table(values))
    assert curve["val_loss"] == values
    assert not any("no value" in note for note in curve.notes)


@pytest.mark.parametrize("filler", [0, -1, 999])
def test_a_column_of_nothing_but_a_filler_is_no_validation(filler):
    sentence = refused(table([filler] * 8))
    assert sentence == (
        f"'val_loss' is {filler} in every row: nothing was evaluated, so log the loss on held-out rows."
    )


def test_an_accuracy_has_fillers_where_its_loss_has():
    rows = "".join(
        f"{e},{t},{v if e % 2 == 0 else 0},{0.5 if e % 2 == 0 else 0}\n" for e, (t, v) in enumerate(LOSSES, 1)
    )
    curve = curve_of("epoch,loss,val_loss,val_acc\n" + rows)
    assert curve["val_accuracy"] == [0.5] * 4
    lines = "".join(
        f"Epoch {e} train loss {t} val acc {0.5 if e % 2 == 0 else -1}\n" for e, (t, _) in enumerate(LOSSES, 1)
    )
    assert curve_of(lines)["val_accuracy"] == [0.5] * 4
    starts = "".join(f"{e},{t},{v},{max(0, e - 4) / 8}\n" for e, (t, v) in enumerate(LOSSES, 1))
    assert curve_of("epoch,loss,val_loss,val_acc\n" + starts)["val_accuracy"][:5] == [0, 0, 0, 0, 0.125]


def test_a_training_loss_has_fillers_at_evaluations_too():
    rows = "".join(f"{e},{t},0\n{e},0,{v}\n" for e, (t, v) in enumerate(LOSSES, 1))
    curve = curve_of("epoch,loss,val_loss\n" + rows)
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])


# --- curves by something else than the time of one run ---


@pytest.mark.parametrize(
    "name", ["n_samples", "train_sizes", "Training examples", "train_size", "n_train", "data fraction"]
)
def test_a_learning_curve_by_rows_is_refused(name):
    rows = "".join(f"{100 * at},{t},{v}\n" for at, (v, t) in enumerate(LOSSES, 1))
    sentence = refused(f"{name},train_loss,val_loss\n{rows}")
    assert sentence == (
        f"The rows stand for training sets of other sizes ({name!r}), each another model, and not for the time of one "
        "run: give the losses of one training by epoch or step."
    )


def test_a_learning_curve_by_rows_is_refused_in_json_and_lines_too():
    v, t = zip(*LOSSES, strict=True)
    assert "training sets of other sizes" in refused(
        {"train_sizes": [100 * k for k in range(1, 9)], "train_loss": t, "val_loss": v}
    )
    lines = "".join(f"n_samples={100 * k}: train loss {a}, val loss {b}\n" for k, (b, a) in enumerate(LOSSES, 1))
    assert "one row per run" in refused(lines)


@pytest.mark.parametrize(
    "head",
    [
        "epoch,n_train,loss,val_loss",
        "samples_seen,loss,val_loss",
        "step,n_samples,loss,val_loss",
        "epoch,n_samples,loss,val_loss",
    ],
)
def test_rows_that_are_counted_beside_a_run_are_no_learning_curve(head):
    wide = head.count(",") == 3
    rows = "".join(
        f"{at},{500 if 'train' in head else 500 * at},{t},{v}\n" if wide else f"{500 * at},{t},{v}\n"
        for at, (t, v) in enumerate(LOSSES, 1)
    )
    assert len(curve_of(f"{head}\n{rows}")["val_loss"]) == 8


@pytest.mark.parametrize("layout", ["lr,loss,val_loss\n", "iteration,lr,loss,val_loss\n", ""])
def test_a_learning_rate_range_test_is_refused(layout):
    rows = ""
    for at, (t, v) in enumerate(LOSSES):
        lr = 10.0 ** (at - 7)
        if layout:
            rows += f"{at},{lr:g},{t},{v}\n" if "iter" in layout else f"{lr:g},{t},{v}\n"
        else:
            rows += f"iter {at} lr: {lr:.1e} train loss: {t} val loss: {v}\n"
    sentence = refused(layout + rows)
    assert sentence == (
        "The learning rate rises from 1e-07 to 1 by equal factors, as in a range test: such losses tell which rate to "
        "take and nothing of overfit, so give the log of a training."
    )


@pytest.mark.parametrize(
    "rates", [[1e-3] * 8, [k * 1e-4 for k in range(1, 9)], [1e-6, 1e-5, 1e-4, 1e-3, 1e-3, 9e-4, 5e-4, 1e-4]]
)
def test_a_warm_up_or_a_decay_is_no_range_test(rates):
    rows = "".join(f"{at},{lr:g},{t},{v}\n" for at, (lr, (t, v)) in enumerate(zip(rates, LOSSES, strict=True)))
    assert len(curve_of("epoch,lr,loss,val_loss\n" + rows)["val_loss"]) == 8


# --- networks that play against each other ---

GAN = re.compile(
    r"^'.+' and '.+' are losses of networks that play against each other, of which none falls as the model gets "
    r"better, and their distance is no overfit: log a loss on training and validation rows that is to fall\.$"
)


@pytest.mark.parametrize(
    "text",
    [
        "epoch,d_loss,g_loss\n" + "".join(f"{e},{a},{b}\n" for e, (a, b) in enumerate(LOSSES)),
        "epoch,d_loss,g_loss,val_d_loss,val_g_loss\n"
        + "".join(f"{e},{a},{b},{b},{a}\n" for e, (a, b) in enumerate(LOSSES)),
        "epoch,D_loss_real,D_loss_fake,G_loss\n" + "".join(f"{e},{a},{b},{b}\n" for e, (a, b) in enumerate(LOSSES)),
        "".join(
            f"[{e}/8][50/391] Loss_D: {a} Loss_G: {b} D(x): 0.6 D(G(z)): 0.4 / 0.3\n" for e, (a, b) in enumerate(LOSSES)
        ),
        "".join(f"{e} [D loss: {a}, acc.: 60.1%] [G loss: {b}]\n" for e, (a, b) in enumerate(LOSSES)),
        "".join(f"Epoch {e}: generator loss: {a}, discriminator loss: {b}\n" for e, (a, b) in enumerate(LOSSES)),
        "".join(
            f"Epoch {e}: train gen loss: {a}, train disc loss: {b}, val gen loss: {b}, val disc loss: {a}\n"
            for e, (a, b) in enumerate(LOSSES)
        ),
    ],
)
def test_losses_of_networks_that_play_against_each_other_are_refused(text):
    assert GAN.match(refused(text))


def test_a_total_beside_them_is_read():
    text = "epoch,train_loss,val_loss,d_loss,g_loss\n" + "".join(
        f"{e},{a},{b},1,2\n" for e, (a, b) in enumerate(LOSSES)
    )
    assert curve_of(text)["train_loss"] == [a for a, _ in LOSSES]
    total = "epoch,d_loss,val_d_loss\n" + "".join(f"{e},{a},{b}\n" for e, (a, b) in enumerate(LOSSES))
    assert len(curve_of(total)["val_loss"]) == 8  # a distance, or any other letter


# --- resumed runs and several workers ---


def test_a_resumed_run_is_said_to_be_one():
    text = "epoch,loss,val_loss\n1,.9,1\n2,.5,.7\n3,.4,.6\n2,.8,1.1\n3,.3,.9\n4,.2,.8\n3,.35,.95\n4,.25,.85\n"
    log = read_log(text)
    assert [run.name for run in log.runs] == ["run 1", "run 2", "run 3"]
    assert log.curve()["val_loss"] == [1, 1.1, 0.95, 0.85]
    said = (
        "The log is of one run that was resumed 2 times, from epoch 2 and 3: 'run 3' is the whole of it, with the rows "
        "before; as it was earlier: 'run 1', 'run 2'."
    )
    assert said in log.notes
    assert not any("runs: " in note for note in log.notes)
    assert "'run 1' is read; it went on later, as 'run 2', 'run 3'." in " ".join(log.curve(run=0).notes)


def test_other_runs_beside_a_resumed_one_are_offered():
    text = "epoch,loss,val_loss\n1,9,9\n2,8,8\n1,.9,1\n2,.5,.7\n3,.4,.6\n2,.8,1.1\n3,.3,.9\n"
    notes = read_log(text).notes
    assert "The log holds 2 runs: 'run 3' is read; others are 'run 1'." in notes
    assert (
        "It is one run that was resumed from epoch 2: 'run 3' is the whole of it, with the rows before; as it was "
        "earlier: 'run 2'." in notes
    )


PREFIXES = [
    "[rank{r}] ",
    "[Rank {r}]: ",
    "rank {r}: ",
    "[GPU {r}] ",
    "[1,{r}]<stdout>: ",
    "[default{r}]:",
    "{r}: ",
    "(RayTrainWorker pid=710{r}) ",
    "rank={r} ",
]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_of_several_workers_the_first_is_read_and_that_is_said(prefix):
    text = ""
    for e, (t, v) in enumerate(LOSSES, 1):
        for r in (1, 0) if e % 2 else (0, 1):
            text += prefix.format(r=r) + f"Epoch {e}: train loss {t + r}, val loss {v + r}\n"
    curve = curve_of(text)
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])
    assert "2 workers print the same lines: those of the first are read, and 8 others are left out." in curve.notes


def test_what_one_worker_alone_prints_is_kept():
    text = "".join(
        f"[rank0] epoch {e} train loss {t}\n[rank1] epoch {e} train loss {t + 1}\n[rank1] epoch {e} val loss {v}\n"
        for e, (t, v) in enumerate(LOSSES, 1)
    )
    curve = curve_of(text)
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])


def test_a_column_of_ranks_makes_runs():
    rows = "".join(f"{r},{e},{t + r},{v + r}\n" for e, (t, v) in enumerate(LOSSES, 1) for r in (0, 1))
    log = read_log("rank,epoch,train_loss,val_loss\n" + rows)
    assert [run.name for run in log.runs] == ["rank 0", "rank 1"]


# --- numbers as people write them ---


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.5", 1234.5),
        ("-1,234.5", -1234.5),
        ("1\u202f234,5", None),
        ("1\u202f234.5", 1234.5),
        ("1\u00a0234", 1234),
        ("12 345", 12345),
        ("1'234.5", 1234.5),
        ("1.7 ± 0.02", 1.7),
        ("1.7±0.02", 1.7),
        ("1.7 +/- 0.02", 1.7),
        ("\u0661\u066b\u0665", 1.5),
        ("\u06f1\u06f2", 12),
        ("\uff11\uff0e\uff15", 1.5),
        ("\u0661\u066c\u0662\u0663\u0664", 1234),
        ("1 23", None),
        ("0 234", None),
        ("± 0.5", None),
    ],
)
def test_a_number_is_read_as_it_is_written(cell, value):
    if value is None:
        with pytest.raises(ValueError, match=r"^$|could not convert"):
            number(cell)
    else:
        assert number(cell) == value


STEPS = [500, 1000, 1500, 2000, 2500, 3000, 3500, 4000]


@pytest.mark.parametrize(
    "write",
    [
        lambda s, t, v: f"{s:,};{t};{v}\n".replace(",", "\u202f"),
        lambda s, t, v: f"{s:,};{t};{v}\n".replace(",", "\u00a0").replace(".", ","),
        lambda s, t, v: f"{s:,};{t};{v}\n".replace(".", "x").replace(",", ".").replace("x", ","),
        lambda s, t, v: f'"{s:,}",{t},{v}\n',
        lambda s, t, v: f"{s:,}\t{t} ± 0.02\t{v} ± 0.1\n",
        lambda s, t, v: f"| {s:,} | {t} ± 0.02 | {v} ± 0.1 |\n",
        lambda s, t, v: f"{s}  {t} ± 0.02  {v} +/- 0.1\n",
        lambda s, t, v: f"{s},{t},{v}\n".translate({ord("0") + k: chr(0x660 + k) for k in range(10)}),
        lambda s, t, v: f"{s};{t};{v}\n".translate(
            {ord("0") + k: chr(0x6F0 + k) for k in range(10)} | {ord("."): "\u066b"}
        ),
    ],
)
def test_a_table_of_such_numbers_is_read(write):
    names = ["step", "loss", "val_loss"]
    rows = "".join(write(s, t, v) for s, (t, v) in zip(STEPS, LOSSES, strict=True))
    mark = ";" if ";" in rows else "\t" if "\t" in rows else "|" if "|" in rows else "," if "," in rows else "  "
    head = mark.join(names) + "\n"
    curve = curve_of((f"| {mark.join(names)} |\n|---|---|---|\n" if mark == "|" else head) + rows)
    assert curve["step"] == STEPS
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])


@pytest.mark.parametrize(
    "write",
    [
        lambda s, t, v: f"Step {s:,}: train loss {t}, val loss {v}\n".replace(",", "\u202f", 1 if s > 999 else 0),
        lambda s, t, v: f"step {s}: train loss {t} ± 0.02, val loss {v} ± 0.1\n",
        lambda s, t, v: f"Step {s:_}; Trainingsverlust {t}; Validierungsverlust {v}\n".replace(".", ",").replace(
            "_", "."
        ),
        lambda s, t, v: f"step {s} train loss {t} val loss {v}\n".translate(
            {ord("0") + k: chr(0x660 + k) for k in range(10)}
        ),
    ],
)
def test_lines_with_such_numbers_are_read(write):
    curve = curve_of("".join(write(s, t, v) for s, (t, v) in zip(STEPS, LOSSES, strict=True)))
    assert curve["step"] == STEPS
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])


# --- the best so far, and the batch size ---


@pytest.mark.parametrize(
    "name", ["best_val_loss", "val_loss_best", "min_val_loss", "lowest val loss", "best_validation_loss"]
)
def test_the_best_so_far_is_no_validation_loss(name):
    best = np.minimum.accumulate([v for _, v in LOSSES])
    sentence = refused(table(best, f"epoch,train_loss,{name}"))
    assert sentence == (
        f"{name!r} is the best validation loss so far, which never rises, and not that of each evaluation: log the "
        "validation loss itself."
    )


def test_the_best_so_far_is_no_validation_loss_in_lines_either():
    best = np.minimum.accumulate([v for _, v in LOSSES])
    text = "".join(
        f"Epoch {e} train loss: {t} best val loss: {b}\n"
        for e, ((t, _), b) in enumerate(zip(LOSSES, best, strict=True), 1)
    )
    assert refused(text).startswith("'best val loss' is the best validation loss so far")
    both = "".join(
        f"Epoch {e} train loss: {t} val loss: {v} best val loss: 0.1\n" for e, (t, v) in enumerate(LOSSES, 1)
    )
    assert curve_of(both)["val_loss"] == [v for _, v in LOSSES]


def test_a_batch_size_in_a_column_is_told():
    rows = "".join(f"{e},{t},{v},64,5000\n" for e, (t, v) in enumerate(LOSSES, 1))
    log = read_log("epoch,loss,val_loss,batch_size,n_train\n" + rows)
    assert log.facts == {"n_train": 5000, "batch_size": 64}
    assert "The log says the batch size, 64: “column 'batch_size'”." in log.notes
    assert read_log("epoch,loss,val_loss,batch_size,n_train\n" + rows.replace(",64", ",32", 1)).facts == {
        "n_train": 5000
    }


# --- marks of direction ---

MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def test_no_mark_of_direction_comes_in_with_a_name():
    def clean(log):
        texts = [*log.notes, *log.curve().notes, repr(log), *(run.name for run in log.runs), *log.columns]
        assert not set("".join(texts)) & set(MARKS)

    rows = "".join(f"{e},{t},{v},\n" for e, (t, v) in enumerate(LOSSES, 1))
    clean(read_log(f"epoch,train_{MARKS}loss,val_loss,x{MARKS}\n" + rows, name=f"run{MARKS}.csv"))
    clean(read_log({f"lo{MARKS}ss": [2, 1], f"val_loss{MARKS}": [2, 1]}))
    clean(
        read_log([(f"a{MARKS}.csv", "epoch,loss,val_loss\n" + rows), (f"b{MARKS}.csv", "epoch,loss,val_loss\n" + rows)])
    )
    clean(
        read_log(
            {
                "run": [f"a{MARKS}", f"a{MARKS}", f"b{MARKS}", f"b{MARKS}"],
                "loss": [2, 1, 2, 1],
                "val_loss": [2, 1, 2, 1],
            }
        )
    )


def test_no_mark_of_direction_comes_out_of_a_file_of_data(tmp_path):
    path = tmp_path / f"run{MARKS[0]}.csv"
    path.write_text("epoch,loss,val_loss\n1,2,2\n2,1,1\n")
    assert not set(repr(read_log(path))) & set(MARKS)


# --- batches between evaluations, where the truth is known ---


@pytest.mark.parametrize(("batches", "noise"), [(20, 0.05), (20, 0.2), (50, 0.2)])
@pytest.mark.parametrize("fall", [lambda t: 0.1 + 2.2 * np.exp(-t / 1.5), lambda t: 2.3 / (1 + t) ** 0.8])
def test_the_gap_at_an_evaluation_is_that_of_the_last_batches(batches, noise, fall):
    off = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        time = np.arange(1, 8 * batches + 1) / batches
        losses = fall(time) * (1 + noise * rng.standard_normal(len(time)))
        text = "step,train_loss,val_loss\n"
        for at, loss in enumerate(losses, 1):
            text += f"{10 * at},{loss},\n" + (f"{10 * at + 1},,2.5\n" if at % batches == 0 else "")
        curve = curve_of(text)
        off.append(np.array(curve["train_loss"]) / fall(time[batches - 1 :: batches]) - 1)
    first, last = np.sqrt(np.mean(np.square(off), 0))[[0, -1]]
    assert first < 0.2  # of the mean of all it is 0.25 to 0.45
    assert last < 0.14
    assert "of the last quarter, of at least 4, of those since the one before" in " ".join(curve.notes)
    assert any(note.startswith("Such a mean lags a loss that falls") for note in curve.notes)


def test_of_few_batches_the_mean_of_all_is_taken():
    rows = "".join(f"{100 * e + 20 * k},{2 + k},\n" for e in range(3) for k in range(4))
    rows = "".join(
        f"{part}\n" for e in range(3) for part in (*rows.splitlines()[4 * e : 4 * e + 4], f"{100 * e + 99},,3")
    )
    curve = curve_of("step,train_loss,val_loss\n" + rows)
    assert curve["train_loss"] == [3.5] * 3
    assert not any("lags" in note for note in curve.notes)


# --- what stands beside a table, a heading that is over, models side by side ---


def test_what_stands_before_a_table_of_html_is_no_part_of_its_header():
    rows = "".join(f"<tr><td>{e}</td><td>{t}</td><td>{v}</td></tr>\n" for e, (t, v) in enumerate(LOSSES, 1))
    head = "<tr><th>Epoch</th><th>Train Loss</th><th>Val Loss</th></tr>\n"
    curve = curve_of(f"#### Loss\n![a](b.jpg)\n\n<table>\n{head}{rows}</table>\n")
    assert (curve.unit, curve["step"], curve["val_loss"]) == ("epoch", list(range(1, 9)), [v for _, v in LOSSES])
    assert not any("Other losses" in note for note in curve.notes)


def test_a_heading_ends_with_its_epoch():
    text = "".join(
        f"Epoch: {e}, Batch: 7, Loss: {t + 1}\nEPOCH RESULTS: Loss: {t}\nPerforming evaluation.\n"
        f"VALIDATION RESULTS: Time: 0.1, Loss: {v}\n"
        for e, (t, v) in enumerate(LOSSES, 1)
    )
    curve = curve_of(text)
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])


def test_losses_of_models_side_by_side_are_not_summed():
    text = "".join(
        f"Epoch {e}\nTraining...\nModel1 Loss: {t}, Model2 Loss: {v}\nValidating...\nModel1 Loss: {v}, Model2 Loss: 9\n"
        for e, (t, v) in enumerate(LOSSES, 1)
    )
    curve = curve_of(text)
    assert (curve["train_loss"], curve["val_loss"]) == ([t for t, _ in LOSSES], [v for _, v in LOSSES])
    assert any(note.startswith("Other losses are left out: ") and "model 2 loss" in note for note in curve.notes)


def test_a_str_is_never_a_path_and_a_path_is_one(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(table([v for _, v in LOSSES]))
    assert "A str is always text" in read_log.__doc__
    assert "`pathlib.Path`" in read_log.__doc__
    assert refused(str(path)).startswith("This is no log but the name of a file")
    assert refused(str(path)).endswith("give what the file holds, or a pathlib.Path of it.")
    assert read_log(path).curve()["val_loss"] == [v for _, v in LOSSES]


# --- long logs ---


def test_event_records_with_alternating_steps_take_a_time_in_proportion():
    def seconds(n):
        points = [(i + 10 if i % 2 else i + 3, tag, 1.0) for i in range(n) for tag in ("train/loss", "val/loss")]
        raw = b"".join(event_file(points[at : at + 500]) for at in range(0, len(points), 500))
        begin = time.process_time()
        assert refused(raw).startswith("The steps must rise")
        return time.process_time() - begin

    seconds(500)  # what is done once
    assert seconds(12_000) < 8 * min(seconds(3_000), seconds(3_000)) + 0.2


def test_of_more_lines_than_are_read_evaluations_are_kept(monkeypatch):
    monkeypatch.setattr(console, "MAX_LINES", 5_000)  # a tenth of what is read, which takes a tenth of the time
    text = ""
    for e in range(10):
        text += "".join(f"Epoch {e} batch {k} loss: {2 - e / 10 + k / 1e4:.5f}\n" for k in range(520))
        text += "".join(f"some words {k} between\n" for k in range(10))
        text += f"Epoch {e}: val_loss: {1.5 - e / 20}\n"
    curve = curve_of(text)
    np.testing.assert_allclose(curve["val_loss"], [1.5 - e / 20 for e in range(10)])
    np.testing.assert_allclose(curve["train_loss"], [2 - e / 10 + 0.026 for e in range(10)], atol=2e-3)
    assert any(note.startswith("Of 5,310 printed lines 5,000 are read: ") for note in curve.notes)
