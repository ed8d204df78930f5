import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from reglab.early_stopping import (
    EarlyStopping,
    best_so_far,
    exponential_smoothing,
    generalization_loss,
    gl_stop,
    patience_stop,
    pq_stop,
    reference_curves,
    regret,
    saved,
    stopping_costs,
    training_progress,
    up_stop,
)
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "early_stopping.json").read_text())


def walk(losses, patience, min_delta=0.0):
    """Return after how many evaluations the rule stops (None: never), and the watch."""
    watch = EarlyStopping(patience, min_delta)
    for seen, loss in enumerate(losses, start=1):
        if watch.update(loss):
            return seen, watch
    return None, watch


def test_the_reference_curve():
    epochs = np.arange(200)
    curve = np.where(epochs < 30, 2 * np.exp(-epochs / 25) + 0.2, 0.3 + 0.01 * (epochs - 30))
    for patience in (1, 5, 20):
        stopped, watch = walk(curve, patience)
        assert (watch.best_index, round(watch.best, 4)) == (30, 0.3)
        assert stopped - 1 == 30 + patience
    assert round(curve[29], 3) == 0.827


@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "stopped", "best_index"),
    [
        ([1, 2], 1, 0, 2, 0),
        ([1, 2, 3, 4], 3, 0, 4, 0),
        ([1, 2, 3, 0.5, 2, 3, 4], 3, 0, 7, 3),
        ([1, 1, 1], 2, 0, 3, 0),  # as low again is no new best
        ([3, 2, 1], 1, 0, None, 2),
        ([1, 0.95, 0.89, 0.85], 1, 0.1, 2, 0),  # lower, but not by enough
        ([1, 0.95, 0.89, 0.85], 2, 0.1, None, 2),  # measured from the best that counted, not from the last
        ([1, 0.95, 0.91, 0.89, 0.88], 3, 0.1, None, 3),
        ([math.nan, math.nan, 1], 2, 0, 2, -1),
        ([1, math.nan, 0.5], 2, 0, None, 2),
        ([1, math.nan, math.nan], 2, 0, 3, 0),
        ([math.inf, 1], 2, 0, None, 1),
        ([], 1, 0, None, -1),
    ],
)
def test_sequences_by_hand(losses, patience, min_delta, stopped, best_index):
    seen, watch = walk(losses, patience, min_delta)
    assert (seen, watch.best_index) == (stopped, best_index)


def test_keras_counts_the_same():
    """Against Keras's rule as its documentation has it: stop once `wait` has reached `patience`."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        patience, min_delta = int(rng.integers(1, 6)), float(rng.choice([0, 0.05]))
        losses = rng.random(30).cumsum() % 1
        best, wait, keras = math.inf, 0, None
        for epoch, loss in enumerate(losses):
            wait += 1
            if loss < best - min_delta:
                best, wait = loss, 0
            elif wait >= patience:
                keras = epoch + 1
                break
        stopped, watch = walk(losses, patience, min_delta)
        assert stopped == keras
        assert watch.best == best


def test_none_never_stops_and_still_knows_the_best():
    stopped, watch = walk([3, 1, *range(2, 100)], None)
    assert stopped is None
    assert (watch.best, watch.best_index) == (1, 1)


@pytest.mark.parametrize("patience", [0, -2, 1.5])
def test_a_bad_patience_is_refused(patience):
    with pytest.raises(ValueError, match=f"^patience must be a whole number of at least 1, got {patience}$"):
        EarlyStopping(patience)


def test_a_bad_min_delta_is_refused():
    with pytest.raises(ValueError, match=r"^min_delta must be a number from 0 up, got -1$"):
        EarlyStopping(3, -1)


@pytest.mark.parametrize("case", GOLDEN["watched"])
def test_mode_baseline_and_start_are_keras(case):
    watch = EarlyStopping(
        case["patience"],
        case["min_delta"],
        mode=case["mode"],
        baseline=case["baseline"],
        start_from=case["start_from"],
    )
    stops = [watch.update(value) for value in case["values"]]
    stop = stops.index(True) if True in stops else len(stops) - 1
    again = EarlyStopping(case["patience"], case["min_delta"], mode=case["mode"], start_from=case["start_from"])
    for value in case["values"][: stop + 1]:
        again.update(value)
    assert [stop, again.best_index] == case["keras"]  # a baseline does not change which is the best


def test_the_cases_part_from_what_a_watch_without_options_does():
    """Each of the options decides in some of the cases, so that none could be left out."""
    for name, off in (("mode", "min"), ("baseline", None), ("start_from", 0)):
        cases = [case for case in GOLDEN["watched"] if case[name] != off]
        parted = 0
        for case in cases:
            options = {"mode": case["mode"], "baseline": case["baseline"], "start_from": case["start_from"], name: off}
            watch = EarlyStopping(case["patience"], case["min_delta"], **options)
            stops = [watch.update(value) for value in case["values"]]
            parted += (stops.index(True) if True in stops else len(stops) - 1) != case["keras"][0]
        assert parted >= 5, name


def test_a_new_best_below_the_baseline_spends_the_patience_and_is_not_where_it_stops():
    watch = EarlyStopping(2, mode="max", baseline=0.8)
    assert [watch.update(value) for value in (0.5, 0.6, 0.7, 0.65)] == [False, False, False, True]
    assert (watch.best, watch.best_index) == (0.7, 2)
    watch = EarlyStopping(2, mode="max", baseline=0.8)
    assert [watch.update(value) for value in (0.5, 0.85, 0.7, 0.65)] == [False, False, False, True]


def test_evaluations_before_the_start_are_counted_and_not_judged():
    watch = EarlyStopping(1, start_from=2)
    assert [watch.update(loss) for loss in (0.1, 0.2, 0.9, 0.95)] == [False, False, False, True]
    assert (watch.best, watch.best_index, watch.seen) == (0.9, 2, 4)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_best_where_higher_is_better(bad):
    watch = EarlyStopping(2, mode="max")
    assert [watch.update(value) for value in (bad, 0.5, bad, bad)] == [False, False, False, True]
    assert (watch.best, watch.best_index) == (0.5, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "auto"}, "mode must be 'min' or 'max', got 'auto'"),
        ({"baseline": math.nan}, "baseline must be a finite number, got nan"),
        ({"start_from": -1}, "start_from must be a whole number of at least 0, got -1"),
    ],
)
def test_options_of_the_watch_are_refused_by_name(options, message):
    with pytest.raises(ValueError, match=exactly(message)):
        EarlyStopping(2, **options)


# --- rules that read whole curves ---


def random_curves(seed, bad=True):
    """Make curves (runs, evaluations) that fall and rise, with ties, and with NaN and infinity in some."""
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(1, 6)), int(rng.integers(1, 40))
    curves = np.abs(np.linspace(1, -0.7, shape[1])) + rng.normal(0, 0.1, shape)
    curves = (np.abs(curves) * 32).round() / 32  # exact in binary
    if bad:
        curves[rng.random(shape) < 0.1] = np.nan
        curves[rng.random(shape) < 0.05] = np.inf
    return curves


@pytest.mark.parametrize("convention", ["keras", "sklearn"])
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=range(len(GOLDEN["cases"])))
def test_patience_is_that_of_keras_and_of_scikit_learn(case, convention):
    ours = patience_stop(case["losses"], case["patience"], case["min_delta"], convention=convention)
    assert list(ours) == case[convention]


def test_patience_on_a_curve_is_the_watch_in_training():
    for seed in range(200):
        curves, rng = random_curves(seed), np.random.default_rng(seed)
        patience, min_delta = int(rng.integers(1, 8)), float(rng.choice([0, 1 / 16, 0.3]))
        stop, returned = patience_stop(curves, patience, min_delta)
        assert stop.shape == returned.shape == curves.shape[:1]
        for run, curve in enumerate(curves):
            seen, watch = walk(curve, patience, min_delta)
            assert stop[run] == (len(curve) if seen is None else seen) - 1
            assert returned[run] == watch.best_index
            assert patience_stop(curve, patience, min_delta) == (stop[run], returned[run])


def test_patience_none_never_stops_and_returns_the_lowest():
    for convention in ("keras", "sklearn"):
        assert patience_stop([3, 1, *range(2, 100)], None, convention=convention) == (99, 1)


@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "keras", "sklearn"),
    [
        ([1, 2, 2, 2], 2, 0, (2, 0), (3, 0)),
        ([1, 1, 1, 1], 2, 0, (2, 0), (3, 0)),  # as low again: no new best in either, and not bad in scikit-learn
        ([1, 1, 2, 2, 2, 2], 2, 0, (2, 0), (4, 0)),
        ([1, 0.75, 0.5, 0.25, 0, -0.25], 3, 0.5, (5, 3), (4, 4)),  # slow progress adds up in Keras only
        ([1, 0.5, 0, 1], 1, 0.5, (1, 0), (3, 2)),  # lower by exactly min_delta
        ([math.nan, 1, 0.5, 2], 2, 0, (3, 2), (3, 2)),
        ([math.nan, math.nan, math.nan, 1], 1, 0, (0, -1), (1, -1)),
    ],
)
def test_where_the_two_conventions_part(losses, patience, min_delta, keras, sklearn):
    assert patience_stop(losses, patience, min_delta) == keras
    assert patience_stop(losses, patience, min_delta, convention="sklearn") == sklearn


def test_a_curve_without_a_number_returns_none():
    nothing = [math.nan] * 4
    for convention in ("keras", "sklearn"):
        assert patience_stop(nothing, 9, convention=convention) == (3, -1)
    assert gl_stop(nothing, 1) == pq_stop(nothing, nothing, 1, 2) == up_stop(nothing, 1, 2) == (3, -1)
    assert math.isnan(regret(nothing, -1))


def test_the_best_so_far_is_what_a_patience_returns_when_it_stops_there():
    losses = [0.9, 0.7, 0.65, 0.5, math.nan, 0.45, 0.6]
    assert best_so_far(losses).tolist() == [0, 1, 2, 3, 3, 5, 5]
    assert best_so_far(losses, 0.1).tolist() == [0, 1, 1, 3, 3, 3, 3]
    assert best_so_far([math.nan, 1.0]).tolist() == [-1, 1]
    for seed in range(40):
        curves = random_curves(seed)
        for min_delta, smoothing in ((0, 0), (0.1, 0), (0, 0.9), (0.1, 0.5)):
            best = best_so_far(curves, min_delta, smoothing)
            for t in range(curves.shape[-1]):
                cut = patience_stop(curves[:, : t + 1], None, min_delta, smoothing)
                np.testing.assert_array_equal(best[:, t], cut.returned)


def test_smoothing_by_hand():
    np.testing.assert_allclose(exponential_smoothing([1.0, 0.0, 0.0], 0.9), [1, 0.9, 0.81])
    smoothed = exponential_smoothing([[math.nan, 2, math.inf, 4], [8, math.nan, 0, 0]], 0.75)
    np.testing.assert_allclose(smoothed, [[math.nan, 2, math.nan, 2.5], [8, math.nan, 6, 4.5]])


def test_smoothing_changes_what_is_watched_and_returns_an_evaluation():
    losses = [1.0, 0.2, 0.9, 0.6, 0.5, 0.5, 0.7, 0.8, 0.9]  # 0.2 was luck
    assert patience_stop(losses, 2) == (3, 1)
    watched = exponential_smoothing(losses, 0.6)
    assert patience_stop(losses, 2, smoothing=0.6) == patience_stop(watched, 2)
    assert patience_stop(losses, 3, smoothing=0.6) == (8, 5) == (8, int(watched.argmin()))
    for seed in range(50):
        curves = random_curves(seed)
        stop, returned = patience_stop(curves, 3, smoothing=0.5)
        for run, curve in enumerate(exponential_smoothing(curves, 0.5)):
            assert patience_stop(curve, 3) == (stop[run], returned[run])
            if returned[run] >= 0:
                assert curve[returned[run]] == np.nanmin(curve[: stop[run] + 1])


def prechelt(val, train, alpha, s, k):
    """Walk a curve by the formulas: epochs t from 1. Return where GL, PQ and UP stop (None: never)."""
    gl = pq = up = None
    successive = 0
    for t in range(1, len(val) + 1):
        e, e_opt = val[t - 1], min(val[:t])
        loss = 100 * (e / e_opt - 1)
        if gl is None and loss > alpha:
            gl = t
        if t % k:
            continue
        strip = train[t - k : t]
        progress = 1000 * (sum(strip) / (k * min(strip)) - 1)
        if pq is None and (loss / progress > alpha if progress > 1e-9 else loss > 0):
            pq = t
        successive = successive + 1 if t > k and e > val[t - k - 1] else 0
        if up is None and successive >= s:
            up = t
    return gl, pq, up


def test_prechelts_rules_are_those_of_the_formulas():
    stopped = np.zeros(3)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        val = random_curves(seed, bad=False) + 1 / 64
        train = np.exp(-np.linspace(0, 3, val.shape[1])) * rng.uniform(0.9, 1.1, val.shape)
        alpha, s, k = float(rng.uniform(0, 20)), int(rng.integers(1, 4)), int(rng.integers(1, 6))
        rules = gl_stop(val, alpha), pq_stop(val, train, alpha, k), up_stop(val, s, k)
        for run in range(len(val)):
            expected = prechelt(val[run].tolist(), train[run].tolist(), alpha, s, k)
            for rule, (stop, returned), epoch in zip(range(3), rules, expected, strict=True):
                stopped[rule] += epoch is not None
                assert stop[run] == (val.shape[1] if epoch is None else epoch) - 1
                assert returned[run] == val[run, : stop[run] + 1].argmin()
    assert (stopped > 100).all()


def test_prechelts_measures_by_hand():
    loss = generalization_loss([[2, 1, 1.5, 1], [1, 1.1, 0.5, 0.6]])
    np.testing.assert_allclose(loss, [[0, 0, 50, 0], [0, 10, 0, 20]], atol=1e-12)
    np.testing.assert_allclose(training_progress([3, 2, 1, 1, 4], 3), [math.nan, math.nan, 1000, 1000 / 3, 1000])
    assert np.isnan(training_progress([1, 2], 3)).all()
    # The strip of (1.0, 0.8) moves by 125 thousandths: 20 percent of loss are 0.16 of it.
    val, train = [1.0, 1.0, 1.0, 1.2], [2.0, 1.5, 1.0, 0.8]
    assert pq_stop(val, train, 0.159, 2) == (3, 0)
    assert pq_stop([*val, 1, 1], [*train, 1, 1], 0.161, 2) == (5, 0)


def test_prechelts_rules_with_zeros_and_numbers_that_are_missing():
    np.testing.assert_allclose(generalization_loss([0, 0, 1]), [0, 0, math.inf])
    assert training_progress([0.0, 0.0, 1.0], 2).tolist()[1:] == [0, math.inf]
    assert gl_stop([0, 0, 1, 0], 50) == (2, 0)
    assert gl_stop([1, 1.25, 1, 1], 25) == (3, 0)  # not more than alpha
    assert gl_stop([math.nan, 1, 1, math.nan, 1], 50) == (3, 1)  # diverged
    assert pq_stop([1, 1, 1, math.inf, 1, 1], [1, 1, 1, math.nan, 1, 1], 5, 2) == (3, 0)  # the training loss too
    assert pq_stop([1, 1, 1, 1], [1, 1, 1, 1], 0, 2) == (3, 0)  # no loss and no progress is no reason
    assert pq_stop([1, 2, 1, 1], [1, 1, 1, 1], 100, 2) == (1, 0)  # a loss without progress is
    assert up_stop([1, math.nan, 1, 1], 1, 1) == (1, 0)
    assert up_stop([math.nan, math.nan, 1, 2], 1, 1) == (3, 2)


def test_the_reference_curves_and_every_rule_on_them():
    epoch, train, val = reference_curves(200)
    assert epoch.tolist() == list(range(200))
    assert (round(train[0], 4), round(train[20], 4)) == (2.1, 0.8358)
    assert (val[29].round(3), val[30].round(4), int(val.argmin())) == (0.827, 0.3, 30)
    assert patience_stop(val, 15) == (45, 30)
    assert patience_stop(val, 15, convention="sklearn") == (46, 30)
    assert gl_stop(val, 5) == (32, 30)  # 0.31 is 3.3 percent above 0.3, 0.32 is 6.7
    assert up_stop(val, 2, 5) == (44, 30)  # 0.827, 0.34, 0.39, 0.44 at epochs 29, 34, 39, 44
    assert pq_stop(val, train, 3, 5).returned == 30


def test_regret_and_share_saved():
    truth = np.array([[3.0, 1.0, 2.0], [math.nan, 2.0, 1.5], [math.nan] * 3])
    np.testing.assert_allclose(regret(truth, np.array([2, 2, 1])), [1, 0, math.nan])
    np.testing.assert_allclose(regret(truth, [-1, 0, -1]), [math.nan] * 3)  # none returned, or not known there
    assert saved(3, 4) == 0
    np.testing.assert_allclose(saved([0, 2], [1, 10, 50, 100]), [0.99, 0.5])
    for seed in range(30):
        curves = random_curves(seed)
        stop, returned = patience_stop(curves, 3)
        alive = returned >= 0
        assert (regret(curves, returned)[alive] >= 0).all()
        assert ((saved(stop, curves.shape[1]) >= 0) & (saved(stop, curves.shape[1]) < 1)).all()
        assert (regret(curves, patience_stop(curves, None).returned)[alive] == 0).all()


def test_what_stopping_costs_at_each_evaluation():
    losses, truth = [1.0, 0.9, 0.5, 0.8, 0.45], [2.0, 1.5, 1.0, 1.25, 1.1]
    costs = stopping_costs(losses, truth, min_delta=0.1)
    assert costs.returned.tolist() == [0, 0, 2, 2, 2]  # 0.9 and 0.45 are not lower by more than min_delta
    np.testing.assert_allclose(costs.restored, [1.0, 1.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(costs.unrestored, [1.0, 0.5, 0.0, 0.25, 0.1])
    lost = stopping_costs([np.nan, 0.5, np.nan], [3.0, 2.0, np.inf])
    np.testing.assert_allclose(lost.restored, [np.nan, 0.0, 0.0])
    np.testing.assert_allclose(lost.unrestored, [1.0, 0.0, np.nan])
    with pytest.raises(ValueError, match=r"losses must have the shape of truth, \(2,\), got \(3,\)"):
        stopping_costs([1.0, 2.0, 3.0], [1.0, 2.0])


def test_more_axes_are_more_runs():
    curves = np.random.default_rng(0).random((2, 3, 25))
    train = np.random.default_rng(1).random((2, 3, 25))
    rules = [
        (patience_stop, (curves, 2, 0.01, 0.3)),
        (patience_stop, (curves, 2, 0.01, 0.3, "sklearn")),
        (gl_stop, (curves, 30)),
        (pq_stop, (curves, train, 0.3)),
        (up_stop, (curves, 2, 3)),
    ]
    for rule, arguments in rules:
        stop, returned = rule(*arguments)
        assert stop.shape == returned.shape == (2, 3)
        for at in np.ndindex(2, 3):
            stopped = rule(*(a[at] if isinstance(a, np.ndarray) else a for a in arguments))
            assert stopped == (stop[at], returned[at])
            assert isinstance(stopped.stop, int)
        assert regret(curves, returned).shape == (2, 3)


def test_rules_leave_their_curves_alone():
    curves = random_curves(3)
    before = curves.copy()
    patience_stop(curves, 2, 0.1, 0.5)
    gl_stop(curves, 1)
    pq_stop(curves, curves, 1, 2)
    up_stop(curves, 1, 2)
    regret(curves, np.zeros(len(curves), int))
    np.testing.assert_array_equal(curves, before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: patience_stop([1.0], 0), "patience must be a whole number of at least 1, got 0"),
        (lambda: best_so_far([1.0], -1), "min_delta must be a number from 0 up, got -1"),
        (lambda: patience_stop([1.0], 1, -1), "min_delta must be a number from 0 up, got -1"),
        (lambda: patience_stop([1.0], 1, 0, 1.0), "smoothing must be in [0, 1), got 1.0"),
        (lambda: patience_stop([1.0], 1, convention="flax"), "convention must be 'keras' or 'sklearn', got 'flax'"),
        (lambda: patience_stop([], 1), "losses must have at least one evaluation on its last axis, got the shape (0,)"),
        (lambda: patience_stop("loss", 1), "losses must be numbers, all curves of one length, got 'loss'"),
        (lambda: patience_stop([[1], []], 1), "losses must be numbers, all curves of one length, got [[1], []]"),
        (lambda: patience_stop(1.0, 1), "losses must have at least one evaluation on its last axis, got the shape ()"),
        (lambda: gl_stop([-1.0], 1), "losses must be 0 or more, got -1"),
        (lambda: gl_stop([1.0], math.nan), "alpha must be a number from 0 up, got nan"),
        (lambda: pq_stop([1.0], [-1.0], 1), "train_losses must be 0 or more, got -1"),
        (lambda: pq_stop([1.0], [1.0, 2.0], 1), "train_losses must have the shape of losses, (1,), got (2,)"),
        (lambda: pq_stop([1.0], [1.0], 1, 0), "strip must be a whole number of at least 1, got 0"),
        (lambda: up_stop([1.0], 0), "strips must be a whole number of at least 1, got 0"),
        (lambda: regret([1.0], 1), "returned must be an index below 1, got 1"),
        (lambda: regret([1.0], 0.5), "returned must be an index below 1, got 0.5"),
        (lambda: regret([[1.0], [2.0]], 0), "returned must have one index per curve, the shape (2,), got ()"),
        (lambda: saved(-1, 3), "stop must be from 0 up, got -1"),
        (lambda: saved(3, 3), "stop must be an index below 3, got 3"),
        (lambda: saved(0, [2, 1]), "steps must be a number of evaluations or rising steps, got [2, 1]"),
        (lambda: saved(0, 0), "steps must be a number of evaluations or rising steps, got 0"),
        (lambda: reference_curves(0), "epochs must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
