import json
from pathlib import Path

import numpy as np
import pytest

from reglab import image_augmentation, image_operations, mistakes
from reglab.datasets import load
from reglab.engine.train import fit
from reglab.image_augmentation import GENTLE, add_noise, augment, augment_batch, rand_augment, warp
from reglab.settings import Settings, Training
from reglab.solvers.image_operations import ALL_OR_NOTHING, OPERATIONS
from reglab.streams import generator, normals, uniforms

GOLDEN = json.loads((Path(__file__).parent / "golden" / "image_augmentation.json").read_text())
QUARTER = np.array([[0.0, 1.0], [-1.0, 0.0]])


def images(n=3, shape=(8, 8), seed=0):
    return np.random.default_rng(seed).random((n, *shape, *(() if len(shape) == 3 else (1,))))


def at_magnitude(monkeypatch, draws):
    """Make every image draw these numbers in [-1, 1]: shift of rows, of columns, rotation, zoom."""
    fixed = (np.asarray(draws, np.float32) + 1) / 2
    monkeypatch.setattr(image_augmentation, "uniforms", lambda rng, shape: np.broadcast_to(fixed, shape))


# --- warp ---


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_warp_is_scipys_affine_transform(case):
    image = np.array(GOLDEN["image"])[None, :, :, None]
    ours = warp(image, np.array([case["matrix"]]), np.array([case["shift"]]))
    np.testing.assert_allclose(ours[0, :, :, 0], case["expected"], atol=1e-12)


@pytest.mark.parametrize("shape", [(8, 8), (5, 7), (6, 4, 3)])
def test_the_identity_changes_nothing(shape):
    before = images(shape=shape)
    np.testing.assert_array_equal(warp(before, np.broadcast_to(np.eye(2), (3, 2, 2)), np.zeros((3, 2))), before)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (-np.eye(2), lambda a: a[:, ::-1, ::-1]),
        (np.diag([1.0, -1.0]), lambda a: a[:, :, ::-1]),
        (np.diag([-1.0, 1.0]), lambda a: a[:, ::-1]),
        (QUARTER, lambda a: np.rot90(a, axes=(1, 2))),
        (QUARTER.T, lambda a: np.rot90(a, 3, axes=(1, 2))),
    ],
    ids=["half turn", "horizontal flip", "vertical flip", "quarter turn", "quarter turn back"],
)
@pytest.mark.parametrize("shape", [(8, 8), (5, 5, 3)])
def test_flips_and_turns_are_exact_permutations(matrix, expected, shape):
    before = images(shape=shape)
    np.testing.assert_array_equal(warp(before, np.stack([matrix] * 3), np.zeros((3, 2))), expected(before))


def test_whole_shifts_move_pixels_and_bring_in_0():
    before = images()
    out = warp(before, np.stack([np.eye(2)] * 3), np.array([[2.0, 0.0], [0.0, -3.0], [100.0, 0.0]]))
    np.testing.assert_array_equal(out[0, :-2], before[0, 2:])
    assert not out[0, -2:].any()
    np.testing.assert_array_equal(out[1, :, 3:], before[1, :, :-3])
    assert not out[1, :, :3].any()
    assert not out[2].any()


def test_half_a_pixel_is_the_mean_of_neighbours():
    before = images(1)
    out = warp(before, np.eye(2)[None], np.array([[0.0, 0.5]]))
    np.testing.assert_allclose(out[0, :, :-1], (before[0, :, :-1] + before[0, :, 1:]) / 2)
    np.testing.assert_allclose(out[0, :, -1], before[0, :, -1] / 2)


def test_each_image_and_channel_is_moved_on_its_own():
    rng = np.random.default_rng(1)
    before = images(4, (6, 7, 3))
    matrices, shifts = np.eye(2) + rng.normal(0, 0.2, (4, 2, 2)), rng.normal(0, 1, (4, 2))
    together = warp(before, matrices, shifts)
    for i in range(4):
        for c in range(3):
            alone = warp(before[i : i + 1, :, :, c : c + 1], matrices[i : i + 1], shifts[i : i + 1])
            np.testing.assert_array_equal(together[i, :, :, c], alone[0, :, :, 0])


def test_whole_number_pixels_are_interpolated_too():
    before = np.arange(0, 250, 10, dtype=np.uint8).reshape(1, 5, 5, 1)
    out = warp(before, np.eye(2)[None], np.array([[0.0, 0.5]]))
    assert out[0, 0, 0, 0] == 5


# --- augment ---


@pytest.mark.parametrize("shape", [(8, 8), (16, 16, 3), (5, 9), None])
def test_magnitude_0_and_evaluation_are_the_identity(shape):
    x = np.random.default_rng(0).random((4, 40 if shape is None else int(np.prod(shape)))).astype(np.float32)
    np.testing.assert_array_equal(augment(x, 0.0, generator(0, "augment"), shape), x)
    assert augment(x, 1.0, None, shape) is x
    stacked = augment(x[None, None], np.array([[0.0, 0.5]], np.float32), [generator(0, "augment")], shape)
    np.testing.assert_allclose(stacked[0, 0], x, atol=1e-6)
    assert np.abs(stacked[0, 1] - x).max() > 0.01


def test_a_whole_shift_at_magnitude_1_is_an_eighth_of_the_side(monkeypatch):
    before = images(2, (8, 16))[..., 0]
    at_magnitude(monkeypatch, [1, -1, 0, 0])
    out = augment(before.reshape(2, -1), 1.0, generator(0, "augment"), (8, 16)).reshape(2, 8, 16)
    np.testing.assert_allclose(out[:, :-1, 2:], before[:, 1:, :-2], atol=1e-5)
    # What enters has the colour of the top left corner.
    np.testing.assert_allclose(out[:, -1], np.broadcast_to(before[:, 0, :1], (2, 16)), atol=1e-5)
    np.testing.assert_allclose(out[:, :, :2], np.broadcast_to(before[:, :1, :1], (2, 8, 2)), atol=1e-5)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("magnitude", [0.5, 1.0])
def test_rotation_is_by_15_degrees_at_magnitude_1(monkeypatch, sign, magnitude):
    """Bars from the centre to the right, down, left and up all turn by the same angle and keep their length."""
    side = 41
    rows, columns = np.mgrid[:side, :side] - side // 2
    right = np.exp(-((rows / 2) ** 2)) * (columns > 0) * (columns < 15)
    bars = np.stack([np.rot90(right, -quarter) for quarter in range(4)])  # turning from columns to rows
    at_magnitude(monkeypatch, [0, 0, sign, 0])
    out = augment(bars.reshape(4, -1), magnitude, generator(0, "augment"), (side, side)).reshape(4, side, side)
    down, across = ((out * axis).sum(axis=(1, 2)) / out.sum(axis=(1, 2)) for axis in (rows, columns))
    turned = np.rad2deg(np.unwrap(np.arctan2(down, across))) - 90 * np.arange(4)
    np.testing.assert_allclose(np.abs(turned), 15 * magnitude, atol=0.2)
    assert len(set(np.sign(turned))) == 1
    np.testing.assert_allclose(np.hypot(down, across), (right * columns).sum() / right.sum(), rtol=0.01)
    at_magnitude(monkeypatch, [0, 0, -sign, 0])
    back = augment(bars.reshape(4, -1), magnitude, generator(0, "augment"), (side, side)).reshape(4, side, side)
    np.testing.assert_allclose(back[0], out[0, ::-1], atol=1e-5)


@pytest.mark.parametrize(("draw", "factor"), [(1, 1.1), (-1, 0.9), (0.5, 1.05)])
def test_zoom_is_by_10_percent_at_magnitude_1(monkeypatch, draw, factor):
    side = 61
    rows, columns = np.mgrid[:side, :side] - side // 2
    blob = np.exp(-(rows**2 + columns**2) / (2 * 6.0**2))
    at_magnitude(monkeypatch, [0, 0, 0, draw])
    out = augment(blob.reshape(1, -1), 1.0, generator(0, "augment"), (side, side)).reshape(side, side)
    width = np.sqrt((out * rows**2).sum() / out.sum())
    assert width / np.sqrt((blob * rows**2).sum() / blob.sum()) == pytest.approx(factor, rel=0.01)


def test_every_image_has_its_own_draws_within_their_ranges():
    """A flat ramp tells the shift of its image: bilinear interpolation keeps it a ramp."""
    ramp = np.tile(np.arange(33.0), (33, 1)).reshape(1, -1)
    out = augment(np.repeat(ramp, 300, axis=0), 1.0, generator(0, "augment"), (33, 33)).reshape(300, 33, 33)
    u = 2 * uniforms(generator(0, "augment"), (300, 4)) - 1
    np.testing.assert_allclose(out[:, 16, 16], 16 + u[:, 1] * 33 / 8, atol=1e-4)
    slope = out[:, 16, 17] - out[:, 16, 16]
    np.testing.assert_allclose(slope, np.cos(np.deg2rad(15) * u[:, 2]) / (1 + 0.1 * u[:, 3]), atol=1e-4)
    assert np.abs(u).max() <= 1


def test_a_plain_image_stays_as_it_is():
    x = np.full((5, 16 * 16 * 3), 0.7, np.float32)
    np.testing.assert_allclose(augment(x, 1.0, generator(0, "augment"), (16, 16, 3)), x, atol=1e-6)


def test_signals_move_by_a_tenth_and_change_their_gain_by_a_tenth():
    line = np.tile(np.arange(50.0), (200, 1))
    out = augment(line, 1.0, generator(0, "augment"), None)
    u = 2 * uniforms(generator(0, "augment"), (200, 4)) - 1
    at = np.clip(np.arange(50) + 5 * u[:, :1], 0, 49)  # extended by its ends
    np.testing.assert_allclose(out, at * (1 + 0.1 * u[:, 1:2]), atol=1e-4)


def test_models_of_a_seed_share_draws_that_the_magnitude_scales():
    ramp = np.tile(np.arange(33.0, dtype=np.float32), (33, 1)).reshape(1, 1, 1, -1).repeat(4, axis=2)
    magnitudes = np.array([[0.25, 1.0]] * 2, np.float32)
    rngs = [generator(0, "augment"), generator(1, "augment")]
    out = augment(ramp, magnitudes, rngs, (33, 33)).reshape(2, 2, 4, 33, 33)
    shifts = out[..., 16, 16] - 16
    np.testing.assert_allclose(4 * shifts[:, 0], shifts[:, 1], atol=1e-3)
    assert np.abs(shifts[0] - shifts[1]).max() > 0.1
    for s in range(2):
        for k, m in enumerate(magnitudes[0]):
            alone = augment(ramp[0, 0], float(m), generator(s, "augment"), (33, 33)).reshape(4, 33, 33)
            np.testing.assert_array_equal(out[s, k], alone)


@pytest.mark.parametrize("shape", [(8, 8), None])
def test_whole_numbers_are_moved_too(shape):
    x = np.random.default_rng(0).integers(0, 255, (3, 64)).astype(np.uint8)
    moved = augment(x, 1.0, generator(0, "augment"), shape)
    np.testing.assert_allclose(moved, augment(x.astype(np.float32), 1.0, generator(0, "augment"), shape))
    assert np.abs(moved - x).max() > 1


# --- noise ---


@pytest.mark.parametrize("deviation", [0.1, 0.5, 2.0])
def test_noise_has_its_deviation_and_mean_0(deviation):
    x, n = np.full((400, 500), 3.0, np.float32), 200_000
    noise = add_noise(x, deviation, generator(0, "noise")) - x
    assert abs(noise.mean()) < 4 * deviation / np.sqrt(n)
    assert abs(noise.std() - deviation) < 4 * deviation / np.sqrt(2 * n) + 1e-6


def test_noise_of_deviation_0_and_evaluation_are_the_identity():
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_array_equal(add_noise(x, 0.0, generator(0, "noise")), x)
    assert add_noise(x, 0.5, None) is x


def test_models_of_a_seed_share_noise_that_the_deviation_scales():
    deviations = np.array([[0.0, 0.5, 1.0]] * 2, np.float32)[..., None, None]
    out = add_noise(np.zeros((2, 1, 4, 5), np.float32), deviations, [generator(0, "noise"), generator(1, "noise")])
    assert out.shape == (2, 3, 4, 5)
    assert out.dtype == np.float32
    assert not out[:, 0].any()
    for s in range(2):
        np.testing.assert_array_equal(out[s, 2], normals(generator(s, "noise"), (4, 5)))
    np.testing.assert_array_equal(2 * out[:, 1], out[:, 2])


def test_noise_takes_any_leading_axes_and_whole_numbers():
    x = np.zeros((3, 4, 5), int)
    out = add_noise(x, 0.5, generator(0, "noise"))
    assert out.shape == x.shape
    np.testing.assert_array_equal(out[0], out[2])
    assert out.std() > 0.1


# --- growing a set ---


def test_three_labelled_images_become_twelve():
    """The reference: factor 4, each original and 3 different transformations of it, labels unchanged."""
    digits = load("digits")
    three, labels = digits.x_test[:3].reshape(3, 8, 8), digits.y_test[:3]
    grown, of = augment_batch(three, labels, 4, np.random.default_rng(42))
    assert grown.shape == (12, 8, 8)
    assert of.tolist() == [label for label in labels.tolist() for _ in range(4)]
    for i in range(3):
        copies = grown[4 * i : 4 * i + 4]
        np.testing.assert_array_equal(copies[0], three[i])
        assert len({image.tobytes() for image in copies}) == 4


@pytest.mark.parametrize("shape", [(8, 8), (6, 7, 3)])
@pytest.mark.parametrize("factor", [1, 2, 5, 25])
def test_each_copy_is_of_another_operation(monkeypatch, shape, factor):
    before, targets, seen = images(7, shape)[..., 0] if len(shape) == 2 else images(7, shape), np.eye(7), []
    right = image_augmentation.operate_each
    monkeypatch.setattr(
        image_augmentation, "operate_each", lambda names, which, *rest: seen.append(which) or right(names, which, *rest)
    )
    grown, of = augment_batch(before, targets, factor, np.random.default_rng(0))
    assert grown.shape == (7 * factor, *shape)
    np.testing.assert_array_equal(grown[::factor], before)
    np.testing.assert_array_equal(of, np.repeat(targets, factor, axis=0))
    which = seen[0].reshape(7, factor)
    assert (which[:, 0] == -1).all()
    for row in which[:, 1:]:
        for start in range(0, len(row), len(GENTLE)):
            part = row[start : start + len(GENTLE)]
            assert len(set(part)) == len(part)
    if factor > len(GENTLE):
        assert len({tuple(row) for row in which}) == 7  # each image has an order of its own


def test_growing_is_repeatable_and_strength_0_only_repeats():
    before = images(3)[..., 0]
    first, two = (augment_batch(before, [1, 2, 3], 4, np.random.default_rng(5))[0] for _ in range(2))
    np.testing.assert_array_equal(first, two)
    same, _ = augment_batch(before, [1, 2, 3], 4, np.random.default_rng(5), strength=0)
    np.testing.assert_array_equal(same, np.repeat(before, 4, axis=0))


def test_only_the_named_operations_are_used():
    before = images(4, (5, 5))[..., 0]
    grown, _ = augment_batch(before, range(4), 2, np.random.default_rng(0), operations=["half_turn"], strength=1)
    np.testing.assert_array_equal(grown[1::2], before[:, ::-1, ::-1])


def test_gentle_operations_keep_the_way_up():
    assert not set(GENTLE) & set(ALL_OR_NOTHING)
    assert set(GENTLE) < set(OPERATIONS)


# --- the mistakes ---


def test_turned_over_turns_half_of_the_images_alike_in_every_model_of_a_seed():
    x, y = np.random.default_rng(0).random((2, 1, 400, 192)).astype(np.float32), np.eye(3)

    def turned_over(magnitude):
        streams = [generator(seed, "augment") for seed in (3, 4)]
        images, labels = mistakes.turned_over(x, y, magnitude, streams, (8, 8, 3))
        assert labels is y
        return images

    out = turned_over(np.zeros((2, 1)))
    over = x.reshape(2, 1, 400, 8, 8, 3)[..., ::-1, ::-1, :].reshape(x.shape)
    turned = (out == over).all(axis=-1)
    assert (turned ^ (out == x).all(axis=-1)).all()
    assert abs(turned.mean() - 0.5) < 4 * 0.5 / np.sqrt(800)
    assert (turned[0] != turned[1]).any()
    two = turned_over(np.array([[0.0, 0.5]] * 2, np.float32))
    np.testing.assert_array_equal(two[:, 1:], turned_over(np.array([[0.5]] * 2, np.float32)))


def test_a_mistake_lowers_the_test_accuracy_in_every_seed():
    how = {"training": Training(max_steps=300, eval_steps=2), "n_train": 200, "seeds": 3}
    right, over, far = (
        fit("digits", Settings(augment=0.5, learning_rate=3e-3), replace=replace, **how).kept("test_accuracy")[0]
        for replace in (None, {"augment": mistakes.turned_over}, {"augment": mistakes.far_too_much})
    )
    assert (over < right).all()
    assert (far < right - 0.2).all()


# --- RandAugment ---


def test_rand_augment_applies_num_ops_at_one_magnitude(monkeypatch):
    seen, right = [], image_augmentation.operate_each
    monkeypatch.setattr(image_augmentation, "operate_each", lambda *given: seen.append(given) or right(*given))
    before = images(900)
    out = rand_augment(before, 3, 0.4, np.random.default_rng(0))
    assert out.shape == before.shape
    assert [given[3] for given in seen] == [0.4] * 3
    share = np.bincount(np.concatenate([given[1] for given in seen]), minlength=len(GENTLE)) / 2700
    assert np.abs(share - 1 / len(GENTLE)).max() < 4 * np.sqrt(1 / len(GENTLE) / 2700)  # all equally often
    np.testing.assert_array_equal(seen[1][2], right(*seen[0]))  # one after the other


def test_rand_augment_can_be_off():
    before = images(3)
    for num_ops, magnitude, rng in ((0, 1.0, 0), (3, 0.0, 0), (3, 1.0, None)):
        stream = None if rng is None else np.random.default_rng(rng)
        np.testing.assert_array_equal(rand_augment(before, num_ops, magnitude, stream), before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: augment_batch(images(), [1, 2], 2, rng), r"labels must be one per image \(3\), got .*\(2,"),
        (lambda rng: augment_batch(images(), 1, 2, rng), r"labels must be one per image \(3\), got the shape \(\)"),
        (lambda rng: augment_batch(images(), [1] * 3, 0, rng), "factor must be a whole number of at least 1, got 0"),
        (lambda rng: augment_batch(images(), [1] * 3, 2, rng, operations=[]), "operations must be a sequence of at"),
        (lambda rng: augment_batch(images(), [1] * 3, 2, rng, operations="noise"), "at least one name, got 'noise'"),
        (lambda rng: augment_batch(images(), [1] * 3, 2, rng, strength=2), r"strength must be in \[0, 1\], got 2"),
        (lambda rng: rand_augment(images(), -1, 0.5, rng), "num_ops must be a whole number of at least 0, got -1"),
        (lambda rng: rand_augment(images(), 1, 7, rng), r"magnitude must be in \[0, 1\], got 7"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))


def test_what_enters_is_the_fill():
    before = images(3, (8, 8, 3))
    fill = np.arange(9.0).reshape(3, 3)
    out = warp(before, np.stack([np.eye(2)] * 3), np.full((3, 2), 100.0), fill)
    np.testing.assert_array_equal(out, np.broadcast_to(fill[:, None, None], out.shape))


def test_more_images_than_a_block_holds_are_all_moved(monkeypatch):
    before, matrices = images(7, (8, 8, 2)), np.eye(2) + np.random.default_rng(0).normal(0, 0.2, (7, 2, 2))
    shifts, fill = np.random.default_rng(1).normal(0, 3, (7, 2)), np.arange(14.0).reshape(7, 2)
    whole = warp(before, matrices, shifts, fill)
    monkeypatch.setattr(image_operations, "BLOCK", 130)  # two images at a time
    np.testing.assert_array_equal(warp(before, matrices, shifts, fill), whole)
