"""Points moved by hand: as the link has them, what is refused, and what the browser is sent of a boundary."""

import base64
import json

import numpy as np
import pytest

from pages.ui import boundary, by_hand
from pages.ui.study import Study

from reglab import experiments, fit, l1, l2
from reglab.settings import Settings, Training

SHORT = Training(hidden_sizes=(8,), max_steps=20, eval_steps=4)


def test_what_the_link_has_is_read_as_it_was_written():
    rng = np.random.default_rng(0)
    points = tuple((int(a), int(b), int(k)) for a, b, k in rng.integers(0, [4096, 4096, 64], (40, 3)))
    text = by_hand.written(points)
    assert by_hand.read(text) == points
    assert by_hand.wrong(text, 40) == ""
    assert by_hand.wrong(text, 39) == "Points must be at most 39, got 40, so none is used"
    assert by_hand.wrong(text[:5], 40, 2) == "Points must be at least 2, got 1, so none is used"
    assert "five letters each" in by_hand.wrong(text[:-1], 40)
    assert "got others" in by_hand.wrong("ééééé", 40)


def test_a_place_is_found_again_within_half_a_step():
    ends = (-2.0, 3.0), (0.0, 0.5)
    for x, y in np.random.default_rng(1).uniform([-2, 0], [3, 0.5], (20, 2)).tolist():
        back = by_hand.to_plane(by_hand.from_plane(x, y, ends), ends)
        assert back == pytest.approx((x, y), abs=5 / by_hand.FULL)
    assert by_hand.from_plane(99, -99, ends) == (by_hand.FULL, 0, 0)


def test_the_browser_is_sent_every_frame_and_the_losses_of_the_seed_that_is_drawn():
    study, points = Study("moons", 30, (4, 5), SHORT), ((0, 4095, 1),)
    learned = experiments.learned_boundary(
        "moons", (Settings(), Settings(patience=1)), SHORT, n_train=30, seeds=(4, 5), points=[(0.0, 0.0, 1)]
    )
    sides = [boundary.Side(name, "baseline", learned, number) for number, name in enumerate(("<b>a", "b"))]
    sent = boundary.payload(study, sides, points)
    assert json.loads(json.dumps(sent, allow_nan=False)) == json.loads(json.dumps(sent))
    for number, side in enumerate(sent["sides"]):
        codes = np.frombuffer(base64.b64decode(side["frames"]), np.uint8)
        assert np.array_equal(codes.reshape(learned.codes[number].shape), learned.codes[number])
        for split in ("train", "val", "test"):
            losses = getattr(learned.run, f"{split}_loss")[number, 0]
            assert np.allclose(np.array(side[split], float), losses, atol=1e-5, equal_nan=True)
    assert len(sent["rows"]) == 30
    assert sent["points"] == [[0, 4095, 1]]
    other = boundary.payload(study, sides, ())
    assert other["id"] != sent["id"]
    rows = boundary.loss_rows(sides)
    assert len(rows) == 2 * 2 * len(learned.run.steps)
    assert [row["step"] for row in rows[:3]] == learned.run.steps[:3].tolist()


def test_a_sample_of_ones_own_is_fitted_and_judged_on_the_same_fresh_points():
    drawn = experiments.sine_fits([3, 9], 12, 0.3, 7)
    same = experiments.sine_fits([3, 9], 99, 0.3, 7, points=list(zip(drawn.x.tolist(), drawn.y.tolist(), strict=True)))
    assert np.array_equal(same.errors.validation, drawn.errors.validation)
    assert np.array_equal(same.errors.train, drawn.errors.train)
    moved = [(x, y + 2 * (i == 4)) for i, (x, y) in enumerate(zip(drawn.x.tolist(), drawn.y.tolist(), strict=True))]
    assert experiments.sine_fits([3, 9], 12, 0.3, 7, points=moved).errors.train[0] > drawn.errors.train[0]
    for wrong in ([(1.0, 2.0)], [(1.0,), (2.0,)], [(1.0, float("nan")), (2.0, 3.0)], 3):
        with pytest.raises(ValueError, match="points must be"):
            experiments.sine_fits([3], 12, 0.3, 7, points=wrong)


@pytest.mark.parametrize("centre", [(0.3, -0.2), (-0.7, 0.7), (0.0, 0.0)])
def test_a_centre_that_is_moved_is_the_least_squares_solution_with_the_same_lines_of_equal_loss(centre):
    strengths, two = [0.0, 0.1, 0.5], ("bmi", "bp")
    ridge, lasso = (
        plane("diabetes", two, strengths, centre=centre) for plane in (experiments.ridge_plane, experiments.lasso_plane)
    )
    assert ridge.least_squares == pytest.approx(centre, abs=1e-12)
    X, y = experiments.shared._two_features("diabetes", two, centre)
    assert ridge.path == pytest.approx(l2.ridge_path(X, y, strengths))
    assert lasso.path == pytest.approx(l1.lasso_path(X, y, strengths))
    if any(centre):
        was = experiments.ridge_plane("diabetes", two, strengths)
        shapes = [plane.contours[-1] - plane.least_squares for plane in (was, ridge)]
        ratio = shapes[1] / np.where(abs(shapes[0]) < 1e-9, np.nan, shapes[0])
        assert np.nanstd(ratio) < 1e-6 * np.nanmean(ratio)
    for wrong in ((0.1,), (0.1, 0.2, 0.3), (float("inf"), 0.0), "ab"):
        with pytest.raises(ValueError, match="centre must"):
            experiments.ridge_plane("diabetes", two, strengths, centre=wrong)


def test_what_is_watched_is_the_pages_own_run():
    """More evaluations change nothing of a training: the last frame is what the effect's picture ends with."""
    few, many = (Training(hidden_sizes=(8,), max_steps=40, eval_steps=n) for n in (4, 36))
    run = fit("moons", Settings(), few, n_train=30, seeds=2)
    learned = experiments.learned_boundary("moons", Settings(), many, n_train=30, seeds=2, side=4)
    assert np.array_equal(learned.run.kept_weights, run.kept_weights)
