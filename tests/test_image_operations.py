import numpy as np
import pytest

from reglab.solvers.image_operations import (
    ALL_OR_NOTHING,
    OPERATIONS,
    Draws,
    as_images,
    at_strengths,
    draw,
    mean_change,
    operate,
    operate_each,
    turn,
)

MOVES = ("rotate", "crop", "centre_crop", "shift", "zoom", "shear")
COLOURS = ("brighten", "darken", "contrast", "colour_jitter", "noise", "cutout")


def images(n=4, shape=(8, 8, 1), seed=0, dtype=np.float64):
    return np.random.default_rng(seed).random((n, *shape)).astype(dtype)


def given(batch, *u):
    """Give every image of a batch the same draws."""
    z = np.random.default_rng(1).normal(size=batch.shape).astype(np.float32)
    return Draws(np.tile(np.array([*u, 0.5, 0.5, 0.5, 0.5][:4], np.float32), (len(batch), 1)), z)


def test_there_is_every_operation():
    assert (*ALL_OR_NOTHING, *MOVES, *COLOURS) == tuple(OPERATIONS)


# --- what holds for all of them ---


@pytest.mark.parametrize("shape", [(8, 8, 1), (16, 16, 3), (5, 9, 2)])
@pytest.mark.parametrize("name", OPERATIONS)
def test_strength_0_and_evaluation_are_the_exact_identity(name, shape):
    before = images(6, shape, dtype=np.float32) * 3 - 1
    np.testing.assert_array_equal(operate(name, before, 0, np.random.default_rng(0)), before)
    np.testing.assert_array_equal(operate(name, before, 1, None), before)


@pytest.mark.parametrize("name", OPERATIONS)
def test_full_strength_changes_most_images_and_keeps_shape_and_precision(name):
    for dtype in (np.float32, np.float64):
        before = images(50, (9, 9, 3), dtype=dtype)
        untouched = before.copy()
        after = operate(name, before, 1.0, np.random.default_rng(0))
        assert after.shape == before.shape
        assert after.dtype == dtype
        assert (after != before).any(axis=(1, 2, 3)).mean() > 0.9
        np.testing.assert_array_equal(before, untouched)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_image_is_changed_by_its_own_strength_and_draws(name):
    """A batch is the same as its images one by one."""
    before = images(5, (6, 7, 3))
    draws, strength = draw(before.shape, np.random.default_rng(2)), np.linspace(0, 1, 5)
    which = np.zeros(5, int)
    together = operate_each([name], which, before, strength, draws)
    for i in range(5):
        only = np.array([i])
        alone = operate_each([name], which[only], before[only], strength[only], draws.of(only))
        np.testing.assert_allclose(together[only], alone, atol=1e-12)


@pytest.mark.parametrize("name", OPERATIONS)
def test_raw_and_standardised_pixels_are_changed_alike(name):
    before = images(5, (8, 8, 3))
    draws, which = draw(before.shape, np.random.default_rng(3)), np.zeros(5, int)
    raw = operate_each([name], which, before, 0.7, draws)
    standardised = operate_each([name], which, 2.5 * before - 0.8, 0.7, draws)
    np.testing.assert_allclose(standardised, 2.5 * raw - 0.8, atol=1e-6)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_plain_image_stays_plain(name):
    before = np.full((3, 8, 8, 3), 0.3)
    np.testing.assert_allclose(operate(name, before, 1.0, np.random.default_rng(0)), before, atol=1e-12)


@pytest.mark.parametrize("name", [*MOVES, *COLOURS])
def test_more_strength_changes_more(name):
    ramp = np.add.outer(np.arange(16.0), 2 * np.arange(16.0))[None, :, :, None]
    draws = given(ramp, 0.3, 0.2)
    by = [np.abs(operate_each([name], np.zeros(1, int), ramp, s, draws) - ramp).mean() for s in (0, 0.25, 0.5, 1)]
    assert by == sorted(by)
    assert by[0] == 0 < by[2] < by[3]


# --- exact permutations ---


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 7, 3), (5, 8, 2)])
def test_flips_and_half_turns_are_exact_permutations(shape):
    before = images(3, shape)
    for name, expected in (
        ("flip_horizontal", before[:, :, ::-1]),
        ("flip_vertical", before[:, ::-1]),
        ("half_turn", before[:, ::-1, ::-1]),
    ):
        after = operate(name, before, 1.0, np.random.default_rng(0))
        np.testing.assert_array_equal(after, expected)
        np.testing.assert_array_equal(operate(name, after, 1.0, np.random.default_rng(0)), before)


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 7, 3)])
def test_quarter_turns_are_exact_to_either_side(shape):
    before = images(200, shape)
    after = operate("quarter_turn", before, 1.0, np.random.default_rng(0))
    left = (after == np.rot90(before, axes=(1, 2))).all(axis=(1, 2, 3))
    right = (after == np.rot90(before, -1, axes=(1, 2))).all(axis=(1, 2, 3))
    assert (left ^ right).all()
    assert 0.3 < left.mean() < 0.7


@pytest.mark.parametrize("name", ALL_OR_NOTHING)
def test_the_strength_of_a_flip_is_its_probability(name):
    before = images(2000, (3, 3, 1))
    share = (operate(name, before, 0.3, np.random.default_rng(0)) != before).any(axis=(1, 2, 3)).mean()
    assert abs(share - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 2000)


# --- how far ---


def bar(side=41):
    """A short bar to the right of the centre, and the coordinates around it."""
    rows, columns = np.mgrid[:side, :side] - side // 2
    return (np.exp(-((rows / 2) ** 2)) * (columns > 0) * (columns < 12))[None, :, :, None], rows, columns


@pytest.mark.parametrize("degrees", [0, 30, -45, 90, 180, 250])
def test_turn_is_by_its_angle_to_the_left(degrees):
    image, rows, columns = bar()
    after = turn(image, degrees)[0, :, :, 0]
    down, across = (after * rows).sum(), (after * columns).sum()
    assert (np.rad2deg(np.arctan2(-down, across)) - degrees + 180) % 360 - 180 == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize(("u", "sign"), [(0.2, -1), (0.8, 1)])
@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_rotate_is_by_90_degrees_at_strength_1(u, sign, strength):
    image = bar()[0]
    after = OPERATIONS["rotate"](image, strength, given(image, u))
    np.testing.assert_allclose(after, turn(image, sign * 90 * strength), atol=1e-6)


def blob(side=41, deviation=4.0):
    rows, columns = np.mgrid[:side, :side] - side // 2
    return np.exp(-(rows**2 + columns**2) / (2 * deviation**2))[None, :, :, None], rows, columns


@pytest.mark.parametrize("strength", [0.4, 1.0])
@pytest.mark.parametrize("u", [0.0, 0.3, 0.7])
def test_shift_is_by_a_quarter_of_the_side_at_strength_1(strength, u):
    image, rows, columns = blob(deviation=2.0)
    after = OPERATIONS["shift"](image, strength, given(image, u))[0, :, :, 0]
    down, across = (after * rows).sum() / after.sum(), (after * columns).sum() / after.sum()
    assert np.hypot(down, across) == pytest.approx(strength * 41 / 4, rel=0.02)
    assert np.exp(1j * np.arctan2(-down, -across)) == pytest.approx(np.exp(2j * np.pi * u), abs=0.02)


@pytest.mark.parametrize(("u", "factor"), [(0.8, 1.5), (0.2, 1 / 1.5)])
def test_zoom_is_by_half_at_strength_1(u, factor):
    image, rows, _ = blob()
    after = OPERATIONS["zoom"](image, 1.0, given(image, u))[0, :, :, 0]
    assert np.sqrt((after * rows**2).sum() / after.sum()) == pytest.approx(4 * factor, rel=0.02)


@pytest.mark.parametrize("u", [(0.8, 0.2), (0.2, 0.2), (0.8, 0.8)])
def test_shear_slants_along_one_axis(u):
    image, rows, columns = blob()
    after = OPERATIONS["shear"](image, 1.0, given(image, *u))[0, :, :, 0]
    covariance = (after * rows * columns).sum() / after.sum()
    along = columns if u[1] < 0.5 else rows  # what slides by the tangent of the other
    assert np.sign(covariance) == (-1 if u[0] > 0.5 else 1)
    spread = (after * along**2).sum() / after.sum()
    assert abs(covariance) == pytest.approx(0.5 * 16, rel=0.05)
    assert spread == pytest.approx(16 * 1.25, rel=0.05)


def test_crop_moves_by_whole_pixels_within_its_padding():
    before = np.add.outer(100 * np.arange(16.0), np.arange(16.0))[None, :, :, None].repeat(400, axis=0)
    after = operate("crop", before, 1.0, np.random.default_rng(0))
    by = after[:, 8, 8, 0] - before[:, 8, 8, 0]
    rows, columns = np.rint(by / 100), by - 100 * np.rint(by / 100)
    assert set(rows) == set(columns) == set(range(-4, 5))
    k, r, c = after[0, :, :, 0], int(rows[0]), int(columns[0])
    inside = [(i, j) for i in range(16) for j in range(16) if 0 <= i + r < 16 and 0 <= j + c < 16]
    assert all(k[i, j] == before[0, i + r, j + c, 0] for i, j in inside)


def test_the_centre_crop_of_strength_1_is_the_middle_half():
    before = np.add.outer(np.arange(9.0), np.arange(9.0))[None, :, :, None]
    after = operate("centre_crop", before, 1.0, np.random.default_rng(0))[0, :, :, 0]
    np.testing.assert_allclose(after, np.add.outer(np.arange(2, 6.5, 0.5), np.arange(2, 6.5, 0.5)), atol=1e-12)


def test_colours_move_by_shares_of_the_image_range():
    before = images(300, (6, 6, 3)) * np.random.default_rng(1).uniform(0.1, 5, (300, 1, 1, 1))
    spread = np.ptp(before, axis=(1, 2, 3), keepdims=True)
    rng = np.random.default_rng
    np.testing.assert_allclose(operate("brighten", before, 0.6, rng(0)) - before, 0.3 * spread + 0 * before)
    np.testing.assert_allclose(before - operate("darken", before, 0.6, rng(0)), 0.3 * spread + 0 * before)
    after = operate("contrast", before, 0.5, rng(0))
    ratio = after.std(axis=(1, 2, 3)) / before.std(axis=(1, 2, 3))
    assert set(ratio.round(6)) == {0.55, 1.45}
    np.testing.assert_allclose(after.mean(axis=(1, 2, 3)), before.mean(axis=(1, 2, 3)))
    way = (operate("colour_jitter", before, 1.0, rng(0)) - before) / spread
    assert np.ptp(way, axis=(1, 2)).max() < 1e-6  # each channel as a whole
    assert 0.45 < way.max() <= 0.5
    assert -0.5 <= way.min() < -0.45
    steps = (operate("noise", before, 0.5, rng(0)) - before) / spread
    assert abs(steps.std() - 0.15) < 4 * 0.15 / np.sqrt(2 * steps.size)
    assert abs(steps.mean()) < 4 * 0.15 / np.sqrt(steps.size)


@pytest.mark.parametrize(("strength", "size"), [(1.0, (4, 5)), (0.5, (2, 2)), (0.1, (0, 0))])
def test_cutout_paints_one_rectangle_with_the_mean_colour(strength, size):
    before = images(200, (8, 10, 3))
    after = operate("cutout", before, strength, np.random.default_rng(0))
    painted = (after != before).all(axis=-1)
    corners = set()
    for image, hole, old in zip(after, painted, before, strict=True):
        assert hole.sum() == size[0] * size[1]
        if hole.any():
            rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
            assert (len(rows), len(columns)) == size
            np.testing.assert_allclose(image[hole], old.mean(axis=(0, 1)) + 0 * image[hole])
            corners.add((rows[0], columns[0]))
    if strength == 1:
        assert corners == {(i, j) for i in range(5) for j in range(6)}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_slider_shows_the_same_draws_at_every_strength(name):
    image = images(1, (8, 8, 3))[0]
    images_at = at_strengths(name, image, [0.0, 0.4, 1.0], np.random.default_rng(7))
    np.testing.assert_array_equal(images_at[0], image)
    for strength, changed in zip((0.4, 1.0), images_at[1:], strict=True):
        np.testing.assert_allclose(
            changed, operate(name, image[None], strength, np.random.default_rng(7))[0], atol=1e-12
        )


def test_the_change_of_a_pixel_is_the_mean_over_all_of_an_image():
    batch = images(3, (4, 5, 3))
    image = images(1, (4, 5, 3), seed=1)[0]
    far = [np.mean([abs(a - b) for a, b in zip(each.ravel(), image.ravel(), strict=True)]) for each in batch]
    np.testing.assert_allclose(mean_change(batch, image), far)
    assert mean_change(np.full((1, 2, 2), 255, np.uint8), np.zeros((2, 2), np.uint8)).tolist() == [255.0]
    with pytest.raises(ValueError, match=r"image must have the shape of each of images, \(4, 5, 3\), got \(4, 4, 3\)"):
        mean_change(batch, image[:, :4])


# --- arguments ---


def test_images_may_lack_channels_and_be_whole_numbers():
    before = np.arange(50, dtype=np.uint8).reshape(2, 5, 5)
    after = operate("half_turn", before, 1.0, np.random.default_rng(0))
    np.testing.assert_array_equal(after, before[:, ::-1, ::-1])
    assert as_images(before).dtype == np.float32


def test_images_without_an_operation_stay():
    before = images()
    after = operate_each(["noise"], np.array([-1, 0, -1, 0]), before, 1.0, draw(before.shape, np.random.default_rng(0)))
    assert (after == before).all(axis=(1, 2, 3)).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: operate("melt", images(), 0.5, np.random.default_rng(0)), "operations must be among .*, got 'melt'"),
        (lambda: operate("zoom", images(), 1.5, np.random.default_rng(0)), r"strength must be in \[0, 1\], got 1.5"),
        (lambda: operate("zoom", images(), np.nan, np.random.default_rng(0)), r"strength must be in \[0, 1\], got nan"),
        (lambda: operate("zoom", np.zeros((8, 8)), 0.5, None), r"images must be .*got float64 of shape \(8, 8\)"),
        (lambda: operate("zoom", np.full((1, 2, 2), np.nan), 0.5, None), "images must be finite"),
        (lambda: operate("zoom", np.array([[["a"]]]), 0.5, None), "images must be numbers"),
        (
            lambda: operate("colour_jitter", images(shape=(4, 4, 5)), 0.5, np.random.default_rng(0)),
            "images must have at most 4 channels, got 5",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
