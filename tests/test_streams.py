import numpy as np
import pytest

from reglab import streams

DRAWS = {
    "normals": lambda rng: streams.normals(rng, (5, 3)),
    "uniforms": lambda rng: streams.uniforms(rng, (5, 3)),
    "levels": lambda rng: streams.levels(rng, (5, 3)),
    "permutations": lambda rng: streams.permutations(rng, 7),
    "uniforms of no axis": lambda rng: streams.uniforms(rng, ()),
}
draws = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())


def streams_of(seeds, purpose="test"):
    return [streams.generator(seed, purpose) for seed in seeds]


def test_a_seed_may_be_an_array_without_axes():
    drawn = [streams.generator(seed, "rows").integers(1 << 60) for seed in (np.array(3), 3)]
    assert drawn[0] == drawn[1]


def test_a_stream_is_its_seed_and_purpose():
    def start(seed, purpose):
        return tuple(streams.generator(seed, purpose).integers(2**63, size=4).tolist())

    pairs = [(seed, purpose) for seed in (0, 1, 2, 2**32, 2**32 + 1) for purpose in ("rows", "weights", "dropout")]
    assert len({start(*pair) for pair in pairs}) == len(pairs)
    assert start(1, "rows") == start(np.int64(1), "rows")


@draws
def test_a_list_of_streams_puts_seeds_and_an_axis_for_settings_first(draw):
    for seeds in ([4], [4, 9, 2]):
        together = draw(streams_of(seeds))
        assert together.shape[:2] == (len(seeds), 1)
        for row, seed in zip(together[:, 0], seeds, strict=True):
            np.testing.assert_array_equal(row, draw(streams.generator(seed, "test")))


@draws
def test_a_stream_moves_on(draw):
    rngs = streams_of([0, 1, 2])
    assert not np.array_equal(draw(rngs), draw(rngs))


def test_types_and_ranges():
    rng = streams.generator(0, "test")
    normal, uniform, level = streams.normals(rng, (400, 500)), streams.uniforms(rng, (400, 500)), None
    assert normal.dtype == uniform.dtype == np.float32
    n = normal.size
    assert abs(normal.mean()) < 4 / np.sqrt(n)
    assert abs(normal.var() - 1) < 4 * np.sqrt(2 / n)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 4 * np.sqrt(1 / 12 / n)
    level = streams.levels(rng, (400, 500))
    assert level.dtype == np.uint16
    assert abs(level.mean() / 65536 - 0.5) < 4 * np.sqrt(1 / 12 / n)
    # Each of the 16 bits is fair: no part of a word is used twice or thrown away.
    bits = (level.ravel()[:, None] >> np.arange(16)) & 1
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(n)


@pytest.mark.parametrize("shape", [(1,), (3,), (4,), (5, 3), (2, 3, 5)])
def test_levels_of_any_size_are_cut_from_whole_words(shape):
    level = streams.levels(streams.generator(0, "test"), shape)
    words = streams.generator(0, "test").bit_generator.random_raw((level.size + 3) // 4)
    assert level.shape == shape
    np.testing.assert_array_equal(level.ravel(), words.view(np.uint16)[: level.size])


def test_permutations_are_permutations():
    drawn = streams.permutations(streams_of(range(50)), 6)[:, 0]
    np.testing.assert_array_equal(np.sort(drawn, axis=-1), np.broadcast_to(np.arange(6), (50, 6)))
    assert len({tuple(row) for row in drawn.tolist()}) > 40
