"""What several runs of one log say beside each other."""

import math

from reglab import read_log
from reglab.curves import Curve
from reglab.reporting.runs_compared import HARMED, HELPED, UNCLEAR, compare_runs, stages


def curve_at(*values, unit="epoch"):
    steps = list(range(1, 1 + len(values)))
    return Curve({"step": steps, "train_loss": [0.1] * len(values), "val_loss": list(values)}, unit=unit)


def test_whether_a_change_helped_is_told_beyond_the_noise_alone():
    def said(before, after, n_val=1000):
        return compare_runs({"a": curve_at(2.0, before), "b": curve_at(2.0, after)}, n_val)

    noise = math.hypot(1.2 * 1.0 / math.sqrt(1000), 1.2 * 0.9 / math.sqrt(1000))
    assert said(1.0, 0.9).answer == UNCLEAR
    assert f"within {2 * noise:.2g}, twice a rough guess of its noise" in said(1.0, 0.9).sentence
    beyond = math.hypot(1.2 * 1.0 / math.sqrt(1000), 1.2 * 0.8 / math.sqrt(1000))
    assert f"beyond {2 * beyond:.2g}, twice a rough guess of its noise" in said(1.0, 0.8).sentence
    right = {name: {**curve_at(2.0, at), "val_accuracy": [90.0, 97.0]} for name, at in (("a", 1.0), ("b", 0.8))}
    assert compare_runs({name: Curve(run) for name, run in right.items()}, 1000).answer == UNCLEAR
    helped = said(1.0, 0.8)
    assert (helped.question, helped.answer) == ("Did the change help?", HELPED)
    assert helped.sentence.startswith("The lowest validation loss is 0.8 in “b” and 1 in “a”")
    assert str(helped).startswith("Did the change help? Yes. The lowest")
    assert said(0.8, 1.0).answer == HARMED
    assert "Say the validation rows (n_val)" in said(1.0, 0.2, None).sentence
    assert said(1.0, 0.2, None).answer == "It cannot be told yet"
    assert said(-1.0, -1.2).answer == UNCLEAR  # below 0 no noise is known
    long = {"a": curve_at(*[1.0] * 6), "b": curve_at(*[0.5] * 5, 1.5)}
    assert "evaluation by evaluation it is the lower one 5 of 6 times" in compare_runs(long, 1000).sentence
    steps = {"a": long["a"], "b": curve_at(*[0.5] * 6, unit="step")}
    assert "evaluation by evaluation" not in compare_runs(steps, 9).sentence
    assert compare_runs({"a": long["a"]}, 1000) is None


def test_runs_of_the_same_seeds_are_paired_and_of_others_the_best_is_named():
    before, after = (1.0, 1.4, 1.2), (0.9, 1.31, 1.08)
    ends = {f"{name} seed {k}": end for name, each in (("base", before), ("drop", after)) for k, end in enumerate(each)}
    curves = {name: curve_at(2.0, end) for name, end in ends.items()}
    compared = compare_runs(curves, None)
    assert (compared.question, compared.answer) == ("Did the change from “base” to “drop” help?", HELPED)
    assert "1.2 in “base” and 1.1 in “drop”, lower in 3 of 3 seeds (paired difference -0.1 ± " in compared.sentence
    assert compared.lowest == ends
    back = compare_runs(dict(list(curves.items())[3:] + list(curves.items())[:3]), None)
    assert back.answer == HARMED
    wide = {**curves, "drop seed 1": curve_at(2.0, 1.6)}
    assert compare_runs(wide, None).answer == UNCLEAR
    three = compare_runs(dict(list(curves.items())[:3]), None)
    assert (three.question, three.answer) == ("", "")
    assert three.sentence.startswith("Of 3 runs “base seed 0” is best: its lowest validation loss is 1.")
    assert three.sentence.endswith("go up to 1.4; over the runs their standard deviation is 0.2.")


def test_a_run_that_was_resumed_has_stages():
    rows = ["epoch,loss,val_loss", "1,3,3", "2,2,2", "3,1,1.5"]
    again = [*rows, "2,2,2.1", "3,1,1.4", "4,1,1.3"]
    assert [[run.name for run in each] for each in stages(read_log("\n".join(again)))] == [["run 1", "run 2"]]
    anew = [*rows, "1,3,3", "2,2,2", "3,2,1.7", "2,2,2.1", "3,1,1.4", "4,1,1.3"]
    assert [len(each) for each in stages(read_log("\n".join(anew)))] == [1, 2]
