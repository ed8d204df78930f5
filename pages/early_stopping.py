"""Early stopping: when to stop, what is returned, and what it costs against the best evaluation of the whole run."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import early_stopping as pictures
from pages.pictures.early_stopping import PATIENCES, Rules, by_seed, mean, number
from pages.ui import boundary, controls, escape, own_log, runs, sections, words
from pages.ui.drawing import Frame, Picture
from pages.ui.glossary import TERMS
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Mistake, Question, Table, lower_half
from pages.ui.own_data import load
from pages.ui.right_wrong import say_harm
from pages.ui.story import Story
from pages.ui.study import Study, with_own
from pages.ui.words import percent

from reglab import early_stopping, experiments
from reglab.curves import Curve
from reglab.early_stopping import EarlyStopping, gl_stop, patience_stop, pq_stop, up_stop
from reglab.engine.rows import most_rows
from reglab.experiments import Outcome, StoppingCurves
from reglab.settings import Settings, Training

DATA = {name: load(name).title for name in ("digits", "breast_cancer", "wine", "mnist1d", "moons")}
SIZES, NOISES, VALIDATION_ROWS = (50, 100, 200, 400), (0.0, 0.2, 0.4), (25, 50, 100, 200)
BASE, TRAINING = Settings(learning_rate=3e-3), Training(max_steps=400)
EACH = "what each rule comes to"  # in the files to download
LEAST, TEST_ROWS = 75, 25  # rows of one's own, a third to validate; in each half, where the test rows are stopped on
NO_ACCURACY = "A regression has no accuracy, and its R² rises exactly as far as its loss falls on the same rows."
CHECKED = (
    "GL, PQ and UP are Prechelt's rules, and agree with public implementations such as "
    "[EarlyStopping.jl](https://github.com/JuliaAI/EarlyStopping.jl/blob/HEAD/src/criteria.jl), whose strips are of "
    "one evaluation."
)

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"patience": 5, "curve": "run", "data": "breast_cancer", "n": 50.0, "noise": 0.0, "min_delta": 0.0}
    | {"smoothing": 0.0, "n_val": 100.0, "gl": 2.0, "pq": 0.5, "up": 2, "strip": 5, "effect": "rules"}
    | {"tab": sections.TABS[0]},
    "Too hasty": {"patience": 1, "data": "digits", "n": 400.0},
    "When it does nothing": {"patience": 20, "data": "digits", "n": 400.0},
    "Noisy labels": {"data": "digits", "n": 200.0, "noise": 0.4, "effect": "map"},
    "Few validation rows": {"n_val": 25.0},
    "Loss or accuracy": {"data": "mnist1d", "patience": 10, "seeds": 10, "metric": True, "tab": sections.TABS[1]},
    "Reference curves": {"curve": "reference", "patience": 10},
    "Your own curve": {"effect": "own"},
}
STORIES = {
    "See it work": Story(
        "Training goes on past the lowest loss, stops, and hands back the weights from there.",
        "How much of the run is saved?",
    ),
    "Too hasty": Story("A single evaluation without a new best ends the run.", "What is lost against waiting longer?"),
    "When it does nothing": Story(
        "With this much patience, see how little of the run is left to save.",
        "Where would a shorter patience have stopped?",
    ),
    "Noisy labels": Story(
        "Two in five labels are wrong: compare what each patience costs.", "Which patience costs least?", "effect"
    ),
    "Few validation rows": Story(
        "With few validation rows the curve jumps: see which jump ends the run.", "How much patience sits them out?"
    ),
    "Loss or accuracy": Story(
        "The same run, watched by its loss and by its accuracy.", "Which of the two would you watch?", "tab"
    ),
    "Reference curves": Story(
        "These are the curves of the reference, not of a run here.",
        "Where does the rule stop, and where is the lowest loss?",
    ),
    "Your own curve": Story(
        "Put in a curve of your own, and every rule is tried on it.",
        "Which rule would have stopped where you did?",
        "effect",
    ),
}


# ------------------------------------------------------------------ the mechanism


def limits(data: str, n_val: int) -> tuple[int, tuple[int, ...]]:
    """Return how many validation rows a dataset has, at most those, and the numbers of training rows beside them."""
    pool = most_rows(load(data))
    rows = min(n_val, pool // 3)
    return rows, tuple(size for size in SIZES if size + rows <= pool)


def labels_of(data: str) -> str:
    """Return what the rows of a dataset have: labels, or a regression's targets."""
    return "labels" if load(data).n_classes else "targets"


@dataclass(frozen=True)
class Watched(Study):
    """A study whose runs are watched on so many validation rows; noise: the share of its labels that is shuffled."""

    n_val: int = 100
    noise: float = 0.0

    @property
    def labels(self) -> str:
        """What the network learns to say of a row."""
        return labels_of(self.dataset)

    @property
    def note(self) -> str:
        """What is trained and validated on."""
        labels = f", {percent(self.noise)} of the {self.labels} shuffled" if self.noise else ""
        return f"{super().note}, {self.n_val} rows to validate{labels}"

    def curves(self, noises: tuple[float, ...] = (), sizes: tuple[int, ...] = (), **watching: Any) -> StoppingCurves:
        """Return whole runs, trained once for everyone; noises, sizes: others than its own."""
        how = {"n_val": self.n_val, "seeds": self.seeds, "note": "Training", **watching}
        given = self.dataset, noises or (self.noise,), sizes or (self.n_train,), self.base, self.training
        curves: StoppingCurves = runs.compute(experiments.stopping_curves, *given, **how)
        return curves


def show_run(rules: Rules, study: Watched) -> StoppingCurves:
    """Draw the first seed's run while it trains, say what the present patience did in all; return the runs of all."""

    def picture(curves: StoppingCurves, live: bool) -> Picture | None:
        losses = [getattr(curves, f"{split}_loss")[0, 0, 0].tolist() for split in ("train", "val", "test")]
        known = math.isfinite(losses[1][0]) or not live
        unit = f"loss ({pictures.unit_of(curves)})"
        return pictures.curves(rules, curves.steps.tolist(), *losses, unit=unit) if known else None

    frame = Frame("run", "When to stop", f"{study.note}, seed {study.seeds[0]}", hint=rules.key)
    curves = frame.follow(study.curves, picture)
    outcome, end = experiments.outcome(curves, rules.wait(curves.val_loss)), curves.steps[-1]
    stop, back, above = outcome.stop[0, 0, 0], outcome.returned[0, 0, 0], number(outcome.regret[0, 0, 0])
    early = f"stops at evaluation {stop}, step {curves.steps[stop]} of {end},"
    does = early if stop < len(curves.steps) - 1 else "does not stop before the end"
    returns = f"and returns evaluation **{back}**, whose test loss is **{above}** above the run's lowest"
    returns = returns if back >= 0 else "and returns nothing, since no validation loss is finite"
    ends = curves.test_loss[0, 0, :, -1].tolist()
    compared = study.compare(ends, by_seed(outcome.loss), "test loss", with_=f"{rules.name} instead of all {end} steps")
    after = (
        f"On average what it returns is **{number(mean(outcome.regret))}** above its run's lowest test loss, and it "
        f"saves **{percent(mean(outcome.saved))}** of the steps."
    )
    opening = f"In this run {rules.name} {does} {returns}."
    sections.measured(words.around(compared, before=opening, after=after), more="run_more")
    return curves


def show_reference(rules: Rules) -> None:
    """Draw the reference curves, which are formulas, and say so."""
    epochs, losses, val = (curve.tolist() for curve in early_stopping.reference_curves())
    x_title = "epoch, counted from 0"
    frame = Frame("reference", "The reference curves", "two formulas, no training", hint=rules.key)
    frame.draw(pictures.curves(rules, epochs, losses, val, x_title=x_title, unit="loss", noun="epoch"))
    stop, best = rules.wait(val), min(range(len(val)), key=val.__getitem__)
    sections.say(
        f"The lowest validation loss is at epoch **{best}**, **{val[best]:.4f}**. {rules.name.capitalize()} stops at "
        f"epoch **{stop.stop}** and returns epoch **{stop.returned}**, {val[stop.returned]:.4f}. The fall from "
        f"{val[best - 1]:.3f} at epoch {best - 1} to {val[best]:.3f} at epoch {best} is in the formula: no real run "
        "looks like it.",
        "better" if stop.returned == best else "worse",
    )


# ------------------------------------------------------------------ the effect


def show_rules(rules: Rules, study: Watched, curves: StoppingCurves) -> Table:
    """Draw what every rule costs and saves."""
    ways = rules.ways(curves)
    note = f"{study.note}, mean and range over {len(curves.seeds)} seeds"
    frame = Frame(f"rules_{len(ways)}", "Rules compared", note, hint="", panels=3)  # as high as three in a stack
    frame.draw(pictures.compared(curves, ways))
    outcomes = {label: experiments.outcome(curves, stop) for label, stop in ways.items()}
    # No rule is called the best: the test rows that would choose it would then flatter it.
    present, end = (outcomes[label] for label in (next(iter(ways)), "to the end, best restored"))
    with_ = f"{rules.name} instead of going to the end and restoring the best"
    compared = study.compare(by_seed(end.loss), by_seed(present.loss), "test loss", with_=with_)
    after = (
        f"Going to the end without restoring costs **{number(mean(outcomes['to the end, not restored'].regret))}** "
        "against the run's lowest. Of two rules that return the same evaluation, the later only saves less."
    )
    sections.measured(words.around(compared, after=after), more="rules_more")
    st.expander("The same as a table").html(pictures.as_table(outcomes))
    st.caption(f"{CHECKED} Here they look at strips of evaluations, which are dense at first and sparse later.")
    return Table("early_stopping_rules", EACH, lambda: pictures.outcome_rows(curves, ways))


def show_map(rules: Rules, study: Watched, curves: StoppingCurves) -> Table:
    """Draw regret by noise and size, and by patience in one cell; say what the patience does there."""
    sizes = limits(study.dataset, study.n_val)[1]
    note = f"{study.title}, {study.n_val} rows to validate, mean of {len(study.seeds)} seeds"
    frame = Frame("map", "Regret by patience, noise and n", note, hint="hover over the cells to scrub, click to keep")
    training, at = partial(study.curves, NOISES, sizes), (study.noise, float(study.n_train))
    every = frame.follow(training, lambda part, live: pictures.regret_map(rules, part, live=live), at)
    cell = NOISES.index(study.noise), sizes.index(study.n_train)
    other = PATIENCES[-1] if rules.patience == PATIENCES[0] else PATIENCES[0]
    stops = (rules.wait(every.val_loss, patience) for patience in (other, rules.patience))
    before, after = (experiments.outcome(every, stop).loss[cell].tolist() for stop in stops)
    compared = study.compare(before, after, "test loss", with_=f"{rules.name} instead of patience {other}")
    enough = int(experiments.enough_patience(every, PATIENCES, rules.min_delta, rules.smoothing)[cell])
    same = f"From patience {enough} on every seed returns" if enough >= 0 else ""
    same = same or f"No patience up to {PATIENCES[-1]} returns in every seed"
    to_the_end = mean(experiments.outcome(every, rules.never(every.val_loss)).regret[cell])
    opening = f"The cell that is kept: {pictures.called(every, cell)}."
    closing = (
        f"{same} what going to the end returns, which costs **{number(to_the_end)}** all the same: there the "
        "validation rows point to another evaluation than the test rows, and no waiting repairs that."
    )
    sections.measured(words.around(compared, before=opening, after=closing), more="map_more")
    return Table("early_stopping_map", EACH, lambda: pictures.map_rows(rules, every))


def negative(curve: Curve) -> str:
    """Say that a loss is negative, if one is."""
    losses = [*curve["val_loss"], *(curve.get("train_loss") or ())]
    if min((loss for loss in losses if math.isfinite(loss)), default=0.0) >= 0:
        return ""
    return "Prechelt's rules compare shares of a loss, so no loss may be negative."


def show_own(rules: Rules, study: Watched, curves: StoppingCurves) -> Table | None:
    """Draw where the rules stop on a curve of one's own, on one of the runs till there is one."""
    curve = own_log.ask(refuse=negative, example=(example := pictures.as_curve(curves)))
    if curve is None:
        return None
    steps, losses, val = curve["step"], curve.get("train_loss"), curve["val_loss"]
    title, note = (
        ("Your curve", "") if curve is not example else ("An example", f"{study.note}, seed {study.seeds[-1]}")
    )
    drawn = pictures.curves(rules, steps, losses, val, unit="loss", counts=curve.unit)
    Frame("own", title, note, hint=rules.key).draw(drawn)
    stops = {label: stop for label, stop in rules.read(val, losses).items() if stop.returned >= 0}
    rows, last = pictures.own_rows(stops, steps, val), len(val) - 1
    ends = ["goes to the end" if s.stop == last else f"stops at {curve.unit} {steps[s.stop]:g}" for s in stops.values()]
    phrases = [
        f"{row['rule']} {end}, returns {curve.unit} **{row['returned_step']:g}** ({number(row['val_loss'])}), saves "
        f"**{percent(row['share_of_evaluations_saved'])}** of the evaluations"
        for row, end in zip(rows, ends, strict=True)
    ]
    low = min(range(len(val)), key=lambda i: val[i] if math.isfinite(val[i]) else math.inf)
    sections.say(
        f"The lowest validation loss is **{number(val[low])}**, at {curve.unit} **{steps[low]:g}**. "
        f"{words.capital('; '.join(phrases))}. "
        "What the weights are worth on fresh data this curve cannot say: its lowest point was chosen on it."
    )
    return Table("early_stopping_own", EACH, lambda: rows) if stops else None


def show_learning(rules: Rules, study: Watched, curves: StoppingCurves) -> Table:
    """Draw a boundary while it is learned, to the end and until patience stops it."""
    names = "Without early stopping", f"With patience {rules.patience}"
    patient = replace(study.base, patience=rules.patience, min_delta=rules.min_delta)
    return boundary.watch(study, patient, names, n_val=study.n_val, share=study.noise)[0]


EFFECTS: dict[str, tuple[str, Callable[[Rules, Watched, StoppingCurves], Table | None]]] = {
    "rules": ("Rules compared", show_rules),
    "map": ("Patience, noise and n", show_map),
    "own": ("Your own curve", show_own),
    boundary.VIEW: (boundary.LABEL, show_learning),
}


# ------------------------------------------------------------------ common mistakes


def show_stops(
    name: str, rules: Rules, study: Watched, curves: StoppingCurves, with_: str
) -> tuple[Any, Outcome, Outcome]:
    """Draw a mistake about stopping; return the comparison of the test losses, and what is done right and wrong."""
    Frame(f"wrong_{name}", hint="").draw(pictures.stops(name, rules, curves))
    right, wrong = pictures.right_and_wrong(name, rules, curves)
    compared = study.compare(by_seed(right.loss), by_seed(wrong.loss), "test loss", with_=with_)
    return compared, right, wrong


def not_restored(rules: Rules, study: Watched, curves: StoppingCurves) -> None:
    """Keep the weights at the stop instead of the best."""
    compared, *_ = show_stops("restore", rules, study, curves, "the weights at the stop instead of the best")
    say_harm("restore", compared)


def one_off(rules: Rules, study: Watched, curves: StoppingCurves) -> None:
    """Wait for one evaluation more, as scikit-learn's count of the same number does."""
    with_ = f"{rules.patience} counted one evaluation later"
    compared, a, b = show_stops("one_off", rules, study, curves, with_)
    later, more = f"{mean(b.stop - a.stop):.1f}".removesuffix(".0"), mean(curves.steps[b.stop] - curves.steps[a.stop])
    after = (
        f"It stops {later} evaluation{'' if later == '1' else 's'} later on average, "
        f"{words.plural(round(more), 'step')}, and returns other weights in {int((a.returned != b.returned).sum())} of "
        f"{len(curves.seeds)} seeds."
    )
    if rules.min_delta:
        after += (
            " With a min_delta scikit-learn also compares with the lowest loss so far, Keras with the last that "
            "counted: only the count is changed here."
        )
    say_harm("one_off", compared, after)


def wrong_metric(rules: Rules, study: Watched, curves: StoppingCurves) -> None:
    """Watch the loss where accuracy counts, and the other way round."""
    title, note = "What each metric returns", f"seed {curves.seeds[0]}"
    Frame("wrong_metric", title, note, hint="").draw(pictures.watched(rules, curves))
    by_loss, by_accuracy = (rules.wait(watched).returned for watched in (curves.val_loss, -curves.val_accuracy))
    (loss, other_loss), (accuracy, other_accuracy) = (
        [by_seed(experiments.at_returned(measure, returned)) for returned in (by_loss, by_accuracy)]
        for measure in (curves.test_loss, curves.test_accuracy)
    )
    with_, by = "the loss watched instead of the accuracy that counts", ("by accuracy", "by the loss")
    counts = study.compare_accuracy(other_accuracy, accuracy, with_=with_, between=by)
    later = (
        f"In {int(experiments.accuracy_peaks_later(curves).sum())} of {len(curves.seeds)} seeds validation accuracy is "
        "first at its highest after the evaluation with the lowest validation loss."
    )
    say_harm("metric_accuracy", counts, later)
    with_ = "accuracy watched instead of the loss that counts"
    say_harm("metric_loss", study.compare(loss, other_loss, "test loss", with_=with_, between=(by[1], by[0])))


def train_watched(rules: Rules, study: Watched, curves: StoppingCurves) -> None:
    """Watch the train loss."""
    with_ = "the train loss watched instead of the validation loss"
    compared, right, wrong = show_stops("train", rules, study, curves, with_)
    never = int((wrong.stop == len(curves.steps) - 1).sum())
    after = (
        f"It goes to the end in {never} of {len(curves.seeds)} seeds, and saves {percent(mean(wrong.saved))} of the "
        f"steps instead of {percent(mean(right.saved))}."
    )
    say_harm("train", compared, after)


def on_test(rules: Rules, study: Watched, curves: StoppingCurves) -> None:
    """Stop on the test rows, and ask fresh rows."""
    frame, first = Frame("wrong_test", hint="", panels=1), study.seeds[0]
    how: dict[str, Any] = {"noise": study.noise, "n_val": study.n_val, "rows": TEST_ROWS, **rules.watch}
    how |= {
        "seeds": tuple(range(first, first + 2 * len(study.seeds))),
        "place": frame.bar,
        "note": "Training on halves",
    }
    optimism = study.compute(experiments.stopping_on_test, study.base, study.training, **how)
    frame.draw(pictures.on_test(optimism))
    with_ = "fresh rows instead of those that were stopped on"
    flatters = study.compare(optimism.reported.tolist(), optimism.fresh.tolist(), "test loss", with_=with_)
    more = (
        f"The difference is how far the reported loss flatters; each half has {optimism.rows} rows with right "
        f"{study.labels}. Chosen by validation loss, both halves give {number(mean(optimism.by_validation))} on "
        "average, which nothing flatters."
    )
    say_harm("test", flatters, more)


# ------------------------------------------------------------------ the prediction

ASKED = {"dataset": "digits", "n_train": 200, "called": "", "n_val": 100, "noise": 0.4}
ANSWERS = ("It falls in most seeds", "It rises in most seeds", "It is the same in most seeds", "None of these")


def answer(rules: Rules, study: Watched) -> tuple[str, str]:
    """Read twice the patience from the same runs, of which none is drawn here."""
    curves = (asked := study.but(**ASKED)).curves(place=st.empty())
    patience, seeds = rules.patience, len(curves.seeds)
    once, twice = (experiments.outcome(curves, rules.wait(curves.val_loss, times * patience)) for times in (1, 2))
    change = [b - a for a, b in zip(by_seed(once.loss), by_seed(twice.loss), strict=True)]
    counts = (sum(c < 0 for c in change), sum(c > 0 for c in change), sum(c == 0 for c in change))
    right = next((ANSWERS[i] for i, count in enumerate(counts) if 2 * count > seeds), ANSWERS[3])
    with_ = f"patience {2 * patience} instead of {patience}"
    compared = asked.compare(by_seed(once.loss), by_seed(twice.loss), "test loss", with_=with_)
    return right, (
        f"The test loss falls in {counts[0]}, rises in {counts[1]} and stays in {counts[2]} of {seeds} seeds. "
        f"{compared.sentence} The steps saved go from {percent(mean(once.saved))} to {percent(mean(twice.saved))}."
    )


# ------------------------------------------------------------------ the page


def choose() -> tuple[str, Watched, Callable[[int], Rules]]:
    """Let the person choose the curve, the study, and the rules but for the patience."""
    scale = controls.scale
    curve = controls.choice("curve", "Curve", {"run": "Run", "reference": "Reference"}, "run", style="segments")
    titles = with_own(DATA, SIZES, pool=LEAST)
    data = controls.choice("data", "Data", titles, "breast_cancer")
    wanted = int(scale("n", "Training rows n", tuple(map(float, SIZES)), 50.0))
    labels = labels_of(data)
    hint = f"Of those trained and validated on; the test {labels} are right."
    noise = scale("noise", f"{labels.capitalize()} shuffled", NOISES, 0.0, help=hint)
    with st.expander("More"):
        hint = "How much lower than the best a loss has to be to count."
        min_delta = scale("min_delta", "min_delta", (0.0, 0.001, 0.003, 0.01, 0.03, 0.1), 0.0, help=hint)
        hint = "Patience watches the curve's exponential average."
        smoothing = controls.slider("smoothing", "Smoothing", 0.0, 0.9, 0.0, 0.1, help=hint)
        wanted_val = int(scale("n_val", "Validation rows", tuple(map(float, VALIDATION_ROWS)), 100.0))
        seeds = controls.seeds()
        gl = scale("gl", "GL: percent above the best", (1.0, 2.0, 3.0, 5.0, 10.0), 2.0, help=TERMS["GL"])
        pq = scale("pq", "PQ: GL over progress", (0.01, 0.05, 0.1, 0.5, 1.0, 2.0), 0.5, help=TERMS["PQ"])
        up = int(controls.slider("up", "UP: strips that rise in a row", 1, 5, 2, 1, help=TERMS["UP"]))
        strip = int(controls.slider("strip", "Strip of PQ and UP, evaluations", 2, 10, 5, 1))
    n_val, sizes = limits(data, wanted_val)
    n = min(wanted, sizes[-1])
    if n < wanted or n_val < wanted_val:
        called = escape.as_markdown(titles[data])
        st.caption(f"{called} has {most_rows(load(data)):,} rows: {n} are for training, {n_val} for validation.")
    rest = partial(Rules, min_delta=min_delta, smoothing=smoothing, gl=gl, pq=pq, up=up, strip=strip)
    return curve, Watched(data, n, seeds, TRAINING, BASE, titles[data], n_val, noise), rest


@st.fragment
def page() -> None:
    """Draw all below the header: a control runs this alone, a third sooner than with header and sidebar."""
    controls.lessons(LESSONS, STORIES, mistakes=("restore", "one_off", "metric", "train", "test"))

    picture, side = picture_and_controls()
    with side:
        curve, study, rest = choose()
    with picture:
        title = "Patience (evaluations without a new best)"
        rules = rest(int(controls.slider("patience", title, 1, PATIENCES[-1], 5, 1, help=TERMS["patience"])))
        if curve == "reference":
            show_reference(rules)
            watched = study.curves(place=st.empty())
        else:
            watched = show_run(rules, study)

    st.header("What it costs, what it saves", anchor=False)
    controls.tell("effect")
    _, show = controls.view("effect", "Effect", EFFECTS)
    effect_place = st.container()

    asked = (
        f"{study.but(**ASKED).note}. Wait twice as long: patience {2 * rules.patience} instead of {rules.patience}. "
        "What happens to the test loss of the weights that are returned?"
    )
    tabs = sections.tabs()
    files = lower_half(
        "early_stopping",
        questions=[Question(asked, ANSWERS, lambda: answer(rules, study))],
        mistakes=[
            Mistake(
                "restore",
                "Best weights not restored",
                "restore_best_weights=False, Keras's default: the weights kept are those at which it stops.",
                lambda: not_restored(rules, study, watched),
            ),
            Mistake(
                "one_off",
                "Patience one off",
                "Keras stops at the patience-th evaluation without a new best, scikit-learn's n_iter_no_change of the "
                "same number one later.",
                lambda: one_off(rules, study, watched),
            ),
            Mistake(
                "metric",
                "The wrong metric watched",
                "Validation loss can rise from surer mistakes while accuracy still improves: the two may part.",
                lambda: wrong_metric(rules, study, watched),
                off="" if study.data.n_classes else NO_ACCURACY,
            ),
            Mistake(
                "train",
                "The train loss watched",
                "monitor='loss' instead of 'val_loss': it goes on falling while the network overfits.",
                lambda: train_watched(rules, study, watched),
            ),
            Mistake(
                "test",
                "Stopping on the test set",
                "The evaluation is chosen by the loss that is then reported: the report is the lowest of many looks.",
                lambda: on_test(rules, study, watched),
            ),
        ],
        study=study,
        settings=Settings(patience=rules.patience, min_delta=rules.min_delta, learning_rate=study.base.learning_rate),
        tabs=tabs,
        code=[EarlyStopping, patience_stop, gl_stop, pq_stop, up_stop, experiments.patience_regret],
    )
    if rules.smoothing:
        tabs[2].caption("The code watches the curve itself: early stopping in these frameworks has no smoothing.")
    files.place.caption(CHECKED)

    with effect_place:  # last, since it may train
        table = show(rules, study, watched)
    curves = (
        Table("early_stopping_curves", "the curves", lambda: pictures.curve_rows(watched)) if curve == "run" else None
    )
    files.offer([each for each in (table, curves) if each is not None])


open_page("early_stopping")
page()
