import json
from pathlib import Path

import numpy as np
import pytest

from reglab import mistakes
from reglab.datasets import load
from reglab.engine import train
from reglab.engine.network import cross_entropy, mean_cross_entropy
from reglab.engine.train import fit
from reglab.export import to_code
from reglab.mixup import (
    beta_density,
    beta_quantile,
    blend,
    cut_box,
    cutmix,
    kept_share,
    mixup,
    near_one_image,
    paste,
    switch,
    target_entropy,
    unlike_pairs,
)
from reglab.settings import Settings, Training
from reglab.streams import generator, permutations, uniforms
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "mixup.json").read_text())


def batch(n=12, features=3, n_classes=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, features)), np.eye(n_classes)[rng.integers(n_classes, size=n)]


@pytest.mark.parametrize("alpha", GOLDEN["quantiles"], ids=lambda alpha: f"alpha {alpha}")
def test_beta_quantile_is_scipys(alpha):
    ours = beta_quantile(float(alpha), GOLDEN["u"])
    np.testing.assert_allclose(ours, GOLDEN["quantiles"][alpha], atol=1e-4)


def test_beta_quantile_has_closed_forms():
    u = np.linspace(0, 1, 101)
    np.testing.assert_allclose(beta_quantile(1.0, u), u, atol=1e-6)
    np.testing.assert_allclose(beta_quantile(0.5, u), np.sin(np.pi * u / 2) ** 2, atol=1e-5)  # the arcsine law
    x = beta_quantile(2.0, u)
    np.testing.assert_allclose(3 * x**2 - 2 * x**3, u, atol=1e-5)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4, 1.0, 2.0, 8.0])
def test_beta_quantile_rises_is_symmetric_and_has_the_variance(alpha):
    u = (np.arange(100_000) + 0.5) / 100_000
    x = beta_quantile(alpha, u)
    assert (np.diff(x) >= 0).all()
    np.testing.assert_allclose(x + x[::-1], 1, atol=1e-12)
    assert x.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=1e-3)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.4, 1.0, 2.0])
def test_mixtures_that_are_nearly_one_image_are_counted_among_the_draws(alpha):
    draws = beta_quantile(alpha, (np.arange(100_000) + 0.5) / 100_000)
    for within in (0.02, 0.1, 0.5):
        counted = ((draws <= within) | (draws >= 1 - within)).mean()
        assert near_one_image(alpha, within) == pytest.approx(counted, abs=1e-4)


def test_alpha_0_is_the_identity_and_so_is_evaluation():
    x, y = batch()
    for mixed_x, mixed_y in (mixup(x, y, 0.0, generator(0, "mixup")), mixup(x, y, 1.0, None)):
        np.testing.assert_array_equal(mixed_x, x)
        np.testing.assert_array_equal(mixed_y, y)
    assert (beta_quantile(0.0, [0.0, 0.3, 1.0]) == 1).all()


@pytest.mark.parametrize(("dataset", "alpha"), [("moons", 1.0), ("digits", 0.4)])
def test_the_floor_of_the_mixed_loss_is_the_entropy_times_the_share_of_unlike_pairs(dataset, alpha):
    labels = load(dataset).y[:100]
    rng, entropy = generator(0, "mixup"), []
    for _ in range(4000):
        _, target = mixup(np.zeros((32, 1)), np.eye(10)[rng.permutation(labels)[:32]], alpha, rng)
        entropy.append(-(target * np.log(np.maximum(target, 1e-300))).sum(axis=1).mean())
    floor = target_entropy(alpha) * unlike_pairs(labels, 32)
    assert np.mean(entropy) == pytest.approx(floor, abs=4 * np.std(entropy) / np.sqrt(len(entropy)))


def test_inputs_and_targets_are_blended_alike():
    x, y = batch()
    for seed in range(20):
        mixed_x, mixed_y = mixup(x, y, 1.0, generator(seed, "mixup"))
        rng = generator(seed, "mixup")
        lam = beta_quantile(1.0, uniforms(rng, ()))
        partner = permutations(rng, len(x))
        np.testing.assert_allclose(mixed_x, lam * x + (1 - lam) * x[partner], atol=1e-12)
        np.testing.assert_allclose(mixed_y, lam * y + (1 - lam) * y[partner], atol=1e-12)
        np.testing.assert_allclose(mixed_y.sum(axis=1), 1)


def test_a_batch_keeps_its_mean():
    x, y = batch()
    mixed_x, mixed_y = mixup(x, y, 0.4, generator(0, "mixup"))
    np.testing.assert_allclose(mixed_x.mean(axis=0), x.mean(axis=0))
    np.testing.assert_allclose(mixed_y.mean(axis=0), y.mean(axis=0))


def test_models_of_a_seed_share_the_uniform_number_and_the_partners():
    alphas = np.array([[0.0, 0.2, 1.0, 0.2]] * 2, np.float32)
    x, y = (np.stack([a, a])[:, None].astype(np.float32) for a in batch())  # (seeds, 1, batch, ...)
    mixed_x, mixed_y = mixup(x, y, alphas, [generator(5, "mixup"), generator(6, "mixup")])
    assert mixed_x.shape == (2, 4, 12, 3)
    assert mixed_y.shape == (2, 4, 12, 4)
    assert mixed_x.dtype == np.float32
    for s, seed in enumerate((5, 6)):
        for k, alpha in enumerate(alphas[0]):
            alone = mixup(x[s, 0], y[s, 0], float(alpha), generator(seed, "mixup"))
            np.testing.assert_array_equal(mixed_x[s, k], alone[0])
            np.testing.assert_array_equal(mixed_y[s, k], alone[1])
    np.testing.assert_array_equal(mixed_x[:, 1], mixed_x[:, 3])
    assert not np.allclose(mixed_x[:, 1], mixed_x[:, 2])


def test_whole_number_inputs_are_mixed_too():
    x, y = np.arange(12)[:, None], np.eye(12, dtype=int)
    mixed_x, mixed_y = mixup(x, y, 1.0, generator(1, "mixup"))
    np.testing.assert_allclose(mixed_x[:, 0], mixed_y @ np.arange(12.0))
    assert (mixed_x % 1 != 0).any()


@pytest.mark.parametrize("alpha", [-0.1, np.array([[0.2, -0.1]])])
def test_a_negative_alpha_is_refused(alpha):
    x, y = (a[None, None] for a in batch())
    with pytest.raises(ValueError, match=r"^alpha must be a number from 0 up, got -0\.1"):
        mixup(x, y, alpha, [generator(0, "mixup")])


# --- the density and the mixed loss


@pytest.mark.parametrize("alpha", GOLDEN["densities"], ids=lambda alpha: f"alpha {alpha}")
def test_density_is_scipys(alpha):
    np.testing.assert_allclose(beta_density(float(alpha), GOLDEN["lam"]), GOLDEN["densities"][alpha], rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_density_is_the_slope_of_the_distribution_function(alpha):
    u = np.linspace(0.2, 0.8, 7)
    slope = 2e-3 / (beta_quantile(alpha, u + 1e-3) - beta_quantile(alpha, u - 1e-3))
    np.testing.assert_allclose(beta_density(alpha, beta_quantile(alpha, u)), slope, rtol=0.02)


@pytest.mark.parametrize(("alpha", "lam"), [(0.0, 0.5), (1.0, 0.0), (1.0, [0.5, 1.0])])
def test_a_density_that_is_nowhere_is_refused(alpha, lam):
    with pytest.raises(ValueError, match=r"^alpha must be above 0 and lam in \(0, 1\), got "):
        beta_density(alpha, lam)


def test_loss_and_gradient_on_mixed_targets_are_pytorchs():
    """The loss on mixed targets is the mixture of the two losses, as PyTorch computes them."""
    golden = GOLDEN["mixed"]
    logits, labels = np.array(golden["logits"]), np.array(golden["labels"])
    y = np.eye(3)[labels]
    for lam, loss, gradient in zip(golden["lam"], golden["losses"], golden["gradients"], strict=True):
        targets = blend(y, y[golden["partners"]], lam).T[None, None]
        outputs = np.ascontiguousarray(logits.T)[None, None]
        deltas = np.empty_like(outputs)
        log_total = cross_entropy(outputs, targets, deltas)
        assert mean_cross_entropy(outputs, targets, log_total).item() == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(deltas[0, 0].T, gradient, rtol=1e-6, atol=1e-8)


# --- CutMix: the box


def slow_box(lam, row, column, height, width):
    """Mark the pixels inside, one by one, by the paper's algorithm."""
    inside = np.zeros((height, width), bool)
    tall, wide = int(height * np.sqrt(1 - lam)), int(width * np.sqrt(1 - lam))
    for r in range(row - tall // 2, row + tall // 2):
        for c in range(column - wide // 2, column + wide // 2):
            if 0 <= r < height and 0 <= c < width:
                inside[r, c] = True
    return inside


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 16), (5, 12), (1, 9)])
def test_box_and_share_are_counted_pixel_by_pixel(height, width):
    rng = np.random.default_rng(0)
    for _ in range(200):
        lam, row, column = rng.random(), rng.integers(height), rng.integers(width)
        inside = slow_box(lam, row, column, height, width)
        box = cut_box(lam, row, column, height, width)
        assert kept_share(box, height, width) == pytest.approx(1 - inside.mean(), abs=1e-15)
        drawn = paste(np.zeros((1, height * width)), np.ones((1, height * width)), box, (height, width))
        np.testing.assert_array_equal(drawn.reshape(height, width), inside)


def test_boxes_by_hand():
    """A quarter of 8 x 8 is 4 x 4: whole in the middle, halved at an edge, quartered in a corner."""
    for (row, column), edges, share in (
        ((4, 4), (2, 6, 2, 6), 0.75),
        ((0, 4), (0, 2, 2, 6), 0.875),
        ((0, 0), (0, 2, 0, 2), 0.9375),
        ((7, 7), (5, 8, 5, 8), 1 - 9 / 64),
    ):
        box = cut_box(0.75, row, column, 8, 8)
        assert tuple(map(int, box)) == edges
        assert kept_share(box, 8, 8) == share
    assert tuple(map(int, cut_box(0.0, 4, 4, 8, 8))) == (0, 8, 0, 8)
    assert kept_share(cut_box(1.0, 4, 4, 8, 8), 8, 8) == 1


def test_a_side_is_rounded_down_and_halved():
    """As in timm: of five rows' side, two lie on either side of the centre."""
    top, bottom, left, right = cut_box(1 - (5.9 / 16) ** 2, 8, 8, 16, 16)
    assert (bottom - top, right - left) == (4, 4)
    assert kept_share(cut_box(1 - (1.9 / 8) ** 2, 4, 4, 8, 8), 8, 8) == 1  # a side of one pixel is none


def test_the_box_never_holds_more_than_was_drawn():
    rng = np.random.default_rng(1)
    lam, row, column = rng.random(5000), rng.integers(8, size=5000), rng.integers(8, size=5000)
    shares = kept_share(cut_box(lam, row, column, 8, 8), 8, 8)
    assert (shares >= lam - 1e-12).all()
    assert shares.mean() - lam.mean() > 0.1  # on 8 x 8 pixels, what the border clips and rounding takes


def images(n=12, shape=(6, 4, 3), n_classes=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, int(np.prod(shape)))), np.eye(n_classes)[rng.integers(n_classes, size=n)]


@pytest.mark.parametrize("shape", [(6, 4, 3), (6, 12), (24, 3)])
def test_cutmix_pastes_the_partners_box_and_mixes_the_targets_by_its_share(shape):
    x, y = images()
    cut = 0
    for seed in range(30):
        mixed_x, mixed_y = cutmix(x, y, 1.0, generator(seed, "cutmix"), shape)
        rng = generator(seed, "cutmix")
        lam = beta_quantile(1.0, uniforms(rng, ()))
        partner = permutations(rng, len(x))
        row, column = (int(u * size) for u, size in zip(uniforms(rng, (2,)), shape, strict=False))
        inside = slow_box(lam, row, column, *shape[:2])
        pixels = np.repeat(inside.ravel(), (*shape, 1)[2])  # all channels of a pixel
        np.testing.assert_array_equal(mixed_x, np.where(pixels, x[partner], x))
        share = 1 - inside.mean()
        np.testing.assert_allclose(mixed_y, share * y + (1 - share) * y[partner], atol=1e-7)
        np.testing.assert_allclose(mixed_y.sum(axis=1), 1)
        cut += inside.any()
    assert cut > 10


def test_cutmix_at_alpha_0_and_in_evaluation_is_the_identity():
    x, y = images()
    for mixed_x, mixed_y in (cutmix(x, y, 0.0, generator(0, "cutmix"), (6, 4, 3)), cutmix(x, y, 1.0, None, (6, 4, 3))):
        np.testing.assert_array_equal(mixed_x, x)
        np.testing.assert_array_equal(mixed_y, y)


def test_cutmix_of_models_of_a_seed_shares_number_partners_and_centre():
    alphas = np.array([[0.0, 0.2, 1.0, 0.2]] * 2, np.float32)
    x, y = (np.stack([a, a])[:, None].astype(np.float32) for a in images())  # (seeds, 1, batch, ...)
    mixed_x, mixed_y = cutmix(x, y, alphas, [generator(5, "cutmix"), generator(6, "cutmix")], (6, 4, 3))
    assert mixed_x.shape == (2, 4, 12, 72)
    assert mixed_y.dtype == mixed_x.dtype == np.float32
    for s, seed in enumerate((5, 6)):
        for k, alpha in enumerate(alphas[0]):
            alone = cutmix(x[s, 0], y[s, 0], float(alpha), generator(seed, "cutmix"), (6, 4, 3))
            np.testing.assert_array_equal(mixed_x[s, k], alone[0])
            np.testing.assert_array_equal(mixed_y[s, k], alone[1])


@pytest.mark.parametrize("shape", [(8, 8), (72,), (6, 4, 2), (6, 4, 3, 1)])
def test_a_shape_that_does_not_fit_is_refused(shape):
    x, y = images()
    with pytest.raises(ValueError, match=r"^image_shape must be .* of 72 features, got \("):
        cutmix(x, y, 1.0, generator(0, "cutmix"), shape)
    with pytest.raises(ValueError, match=r"^alpha must be a number from 0 up, got -1"):
        cutmix(x, y, -1.0, generator(0, "cutmix"), (6, 4, 3))


# --- one of the two, in each batch


def test_switch_chooses_cutmix_with_its_probability_and_never_both():
    counts = np.zeros(3)
    rng = generator(0, "switch")
    for _ in range(4000):
        mix, cut = switch(0.4, 1.0, [0.0, 0.3, 1.0], rng)
        assert ((mix > 0) != (cut > 0)).all()
        assert set(np.unique([mix, cut])) <= {0.0, 0.4, 1.0}
        counts += cut > 0
    assert (counts[0], counts[2]) == (0, 4000)
    assert abs(counts[1] / 4000 - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 4000)


def test_switch_leaves_alone_what_is_on_alone():
    for seed in range(20):
        mix, cut = switch([0.4, 0.0, 0.0], [0.0, 1.0, 0.0], 0.5, generator(seed, "switch"))
        assert (mix.tolist(), cut.tolist()) == ([0.4, 0.0, 0.0], [0.0, 1.0, 0.0])


SHORT = Training(max_steps=40, eval_steps=4)


def test_switch_prob_at_its_ends_is_one_of_the_two_alone():
    both = Settings(mixup_alpha=0.4, cutmix_alpha=1.0)
    settings = [
        Settings(mixup_alpha=0.4),
        Settings(mixup_alpha=0.4, cutmix_alpha=1.0, switch_prob=0.0),
        both,
        Settings(mixup_alpha=0.4, cutmix_alpha=1.0, switch_prob=1.0),
        Settings(cutmix_alpha=1.0),
    ]
    only_mixup, never, half, always, only_cutmix = fit("digits", settings, SHORT, n_train=50, seeds=2).val_loss
    np.testing.assert_array_equal(only_mixup, never)
    np.testing.assert_array_equal(only_cutmix, always)
    for setting, among in zip(settings, (only_mixup, never, half, always, only_cutmix), strict=True):
        np.testing.assert_array_equal(fit("digits", setting, SHORT, n_train=50, seeds=2).val_loss[0], among)
    assert both.switch_prob == 0.5  # timm's default
    for other in (never, always):
        assert (half[:, -1] != other[:, -1]).all()


@pytest.mark.parametrize("dataset", ["moons", "wine", "mnist1d", "diabetes"])
def test_cutmix_without_images_is_refused(dataset):
    assert load(dataset).image_shape is None
    with pytest.raises(
        ValueError, match=r"^cutmix_alpha must be 0 unless the dataset has images of classes, got 0\.5$"
    ):
        fit(dataset, Settings(cutmix_alpha=0.5), SHORT, n_train=50, seeds=1)


def test_what_is_off_is_not_called():
    def never(*arguments):
        raise AssertionError

    names = ("mixup_alpha", "cutmix_alpha")
    for on in names:
        block = {name: never for name in names if name != on}
        with pytest.raises(AssertionError):  # one that is replaced is called
            fit("digits", Settings(**{on: 0.4}), SHORT, n_train=50, seeds=1, replace=block)
    blocks = train.Block(load("digits"), fit("digits", Settings(), SHORT, n_train=50, seeds=1), *[slice(0, 1)] * 2)
    assert not blocks.step.names & set(names)
    assert not blocks.step.one_of_two


# --- the mistake, and the exported code


def test_lam_as_drawn_is_too_low_for_what_the_image_holds():
    x, y = np.repeat(np.eye(4), 16, axis=1), np.eye(4)  # the share of a class's pixels is 1 in its own image
    low = []
    for seed in range(200):
        right_x, right = cutmix(x, y, 1.0, generator(seed, "cutmix"), (8, 8))
        wrong_x, wrong = mistakes.lam_as_drawn(x, y, 1.0, generator(seed, "cutmix"), (8, 8))
        np.testing.assert_array_equal(right_x, wrong_x)
        rng = generator(seed, "cutmix")
        lam = beta_quantile(1.0, uniforms(rng, ()))
        moved = permutations(rng, 4) != np.arange(4)
        if moved.any():
            np.testing.assert_allclose(wrong.max(axis=1)[moved], max(lam, 1 - lam), atol=1e-6)
            low.append((right - wrong)[moved][y[moved] > 0].mean())
    assert min(low) >= -1e-7
    assert np.mean(low) > 0.1


def test_lam_as_drawn_raises_the_test_loss_on_digits():
    how = {"n_train": 200, "seeds": 3}
    setting, training = Settings(cutmix_alpha=1.0, learning_rate=3e-3), Training(max_steps=300, eval_steps=2)
    right, wrong = (
        fit("digits", setting, training, **how, replace=replace).kept("test_loss")[0]
        for replace in (None, {"cutmix_alpha": mistakes.lam_as_drawn})
    )
    assert (wrong > 1.1 * right).all()


@pytest.mark.parametrize("shape", [(8, 8), (5, 9), (4, 4, 3)])
def test_exported_numpy_code_cuts_as_reglab_does(shape):
    """Keras's code on our draws; PyTorch's is held in tests/oracle."""
    size = int(np.prod(shape))
    x, y = images(10, shape)

    class Drawn:
        def __init__(self):
            self.rng = generator(3, "cutmix")

        def beta(self, a, b):
            return beta_quantile(a, uniforms(self.rng, ())).item()

        def permutation(self, n):
            return permutations(self.rng, n)

        def integers(self, n):
            return int(self.rng.random(dtype=np.float32) * n)

    code = to_code("Keras", Settings(cutmix_alpha=0.8), n_features=size, n_classes=4, task="image", image_shape=shape)
    scope = {"np": np, "rng": Drawn()}
    exec(code[code.index("def cutmix") : code.index("def batches")], scope)
    ours = generator(3, "cutmix")
    for _ in range(10):
        for mine, theirs in zip(cutmix(x, y, 0.8, ours, shape), scope["cutmix"](x, y), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-6)


@pytest.mark.parametrize("shape", [(5,), (6, 4), (6, 4, 3)])
@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_labels_and_images_with_their_axes_are_mixed_as_one_hot_rows_and_flat_images_are(mix, shape):
    if mix is cutmix and len(shape) == 1:
        shape = (6, 4, 1)
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(8, *shape)), rng.integers(0, 3, 8)
    shapes = {"image_shape": shape} if mix is cutmix else {}
    flat, targets = mix(x.reshape(8, -1), np.eye(3)[labels], 0.7, np.random.default_rng(1), **shapes)
    mixed, y = mix(x, labels, 0.7, np.random.default_rng(1), n_classes=3)
    assert mixed.shape == x.shape
    np.testing.assert_array_equal(mixed, flat.reshape(x.shape))
    np.testing.assert_allclose(y, targets, rtol=1e-6)
    assert not np.array_equal(mixed, x)


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_labels_of_several_seeds_are_mixed_as_one_hot_rows_are(mix):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(2, 1, 6, 12)), rng.integers(0, 4, (2, 1, 6))
    shapes = {"image_shape": (3, 4)} if mix is cutmix else {}
    streams = [[np.random.default_rng(seed) for seed in (1, 2)] for _ in range(2)]
    expected = mix(x, np.eye(4)[labels], 1.0, streams[0], **shapes)
    for ours, theirs in zip(mix(x, labels, 1.0, streams[1], n_classes=4, **shapes), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_in_evaluation_images_are_unchanged_and_labels_are_one_hot(mix):
    x = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    same, y = mix(x, [2, 0, 1], 1.0, None, n_classes=3)
    np.testing.assert_array_equal(same, x)
    np.testing.assert_array_equal(y, [[0, 0, 1], [1, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: mixup(np.ones((3, 2)), np.eye(2), 1.0, rng), "y must have the rows of x, 3, got 2"),
        (
            lambda rng: mixup(np.ones((3, 2)), [0, 1, 2], 1.0, rng),
            "y must have the shape (batch, n_classes), got (3,): n_classes makes rows of labels",
        ),
        (
            lambda rng: mixup(np.ones((3, 2)), [0, 1, 3], 1.0, rng, n_classes=3),
            "y must be whole numbers from 0 to 2, got [0, 1, 3]",
        ),
        (
            lambda rng: mixup(np.ones((3, 2)), [0.0, 1.0, 2.0], 1.0, rng, n_classes=3),
            "y must be whole numbers from 0 to 2, got [0.0, 1.0, 2.0], of the type float64: astype(int) makes whole "
            "numbers of them",
        ),
        (
            lambda rng: mixup(np.ones((3, 2)), np.eye(3, dtype=int), 1.0, rng, n_classes=3),
            "y must have the shape (batch,) where n_classes is told, got (3, 3)",
        ),
        (
            lambda rng: mixup(np.ones((3, 2)), [0, 0], 1.0, rng, n_classes=1),
            "n_classes must be a whole number of at least 2, got 1",
        ),
        (lambda rng: mixup(np.ones((3, 2)), [0, 1], 1.0, rng, n_classes=2), "y must have the rows of x, 3, got 2"),
        (
            lambda rng: mixup(np.ones((0, 2)), np.ones((0, 2)), 1.0, rng),
            "x must have at least one row of at least one number, got the shape (0, 2)",
        ),
        (
            lambda rng: mixup(np.ones((1, 3, 2)), np.ones((1, 1, 3, 2)), 1.0, [rng]),
            "x must have the shape (seeds, settings, batch, features), got (1, 3, 2)",
        ),
        (
            lambda rng: cutmix(np.ones((3, 16)), np.eye(3), 1.0, rng),
            "image_shape must be (height, width) or (height, width, channels) of x, of 16 features, got None",
        ),
        (
            lambda rng: cutmix(np.ones((3, 4, 4)), np.eye(3), 1.0, rng, (2, 8)),
            "x must have the shape (batch, height, width), (batch, height, width, channels), or flattened "
            "(batch, features), got (3, 4, 4) and image_shape (2, 8)",
        ),
        (
            lambda rng: cutmix(np.ones((3, 2, 4, 4, 1)), np.eye(3), 1.0, rng),
            "x must have the shape (batch, height, width), (batch, height, width, channels), or flattened "
            "(batch, features), got (3, 2, 4, 4, 1)",
        ),
        (lambda rng: mixup(np.ones(3), np.eye(3), 1.0, rng), "x must have the shape (batch, ...), got (3,)"),
        (lambda rng: mixup(np.ones((3, 2)), np.eye(3), [1.0, 0.5], rng), "alpha must be a number, got the shape (2,)"),
        (lambda rng: mixup(np.ones((3, 2)), np.eye(3), np.nan, rng), "alpha must be a number from 0 up, got nan"),
        (
            lambda rng: mixup(np.ones((1, 1, 3, 2)), np.ones((1, 1, 3, 2)), 1.0, [rng, rng]),
            "rng must be one per seed of x and y (1, 1), got 2",
        ),
        (
            lambda rng: blend(np.ones(2), np.ones(3), 0.5),
            "b must broadcast with a, of the shape (2,), got the shape (3,)",
        ),
        (lambda rng: blend(np.ones(2), np.ones(2), 1.5), "lam must be in [0, 1], got 1.5"),
        (lambda rng: cut_box(0.5, 9, 0, 8, 8), "row must be whole numbers from 0 to 7, got 9"),
        (
            lambda rng: cut_box(0.5, 0, 0, 10**9, 10**9),
            "height * width must be at most 25000000, got 1000000000000000000",
        ),
        (lambda rng: kept_share((0, 9, 0, 1), 8, 8), "box must be whole numbers from 0 to 8, got 9"),
        (lambda rng: switch(0.2, 1.0, 1.5, rng), "switch_prob must be in [0, 1], got 1.5"),
        (lambda rng: switch(-0.2, 1.0, 0.5, rng), "mixup_alpha must be a number from 0 up, got -0.2"),
        (lambda rng: beta_quantile(0.5, [1.5]), "u must be in [0, 1], got 1.5"),
        (lambda rng: beta_density(1e9, [0.5]), "alpha must be at most 1e+06, got 1000000000.0"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call(np.random.default_rng(0))
