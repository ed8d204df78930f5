"""Data sets made of images of one's own: folders, zip archives and .npz files, and what is refused of them."""

import io
import struct
import warnings
import zipfile

import numpy as np
import pytest
from PIL import Image

from reglab import Settings, Training, fit
from reglab.datasets import Dataset
from reglab.own_data import archive, images
from reglab.own_data.images import MAX_SIDE, pixel_size, resize
from tests.refusals import refusal

FORMATS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP"}


def decode(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def encoded(pixels, suffix="png", **options):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, FORMATS[suffix], **options)
    return content.getvalue()


def noise(seed, shape=(12, 10, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def animals(each=6, shape=(12, 10, 3), root=""):
    """Return files of two classes by name."""
    return {
        f"{root}{kind}/{i}.png": encoded(noise(100 * at + i, shape))
        for at, kind in enumerate(("cat", "dog"))
        for i in range(each)
    }


def packed(files, compression=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", compression) as made:
        warnings.simplefilter("ignore")  # a name twice
        for name, data in files.items() if isinstance(files, dict) else files:
            made.writestr(name, data)
    return content.getvalue()


def arrays_in(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def made(files, size=None, **options):
    source = packed(files) if isinstance(files, dict) else files
    return Dataset.from_images(source, size, **{"decode": decode, "seed": 1, **options})


# --- a folder per class ---


@pytest.mark.parametrize("where", ["bytes", "zip", "folder", "text"])
def test_a_folder_and_a_zip_are_the_same_images(where, tmp_path):
    files = animals()
    source = packed(files)
    if where == "zip":
        (tmp_path / "own.zip").write_bytes(source)
        source = tmp_path / "own.zip"
    elif where != "bytes":
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
        source = str(tmp_path) if where == "text" else tmp_path
    data = made(source)
    assert (data.task, data.image_shape, data.class_names) == ("image", (12, 10, 3), ("cat", "dog"))
    assert (len(data.x), len(data.x_test)) == (8, 4)
    assert data.notes[0] == "12 colour images of 12 x 10 were read."
    of_files = {decode(content).tobytes(): name.split("/")[0] for name, content in files.items()}
    for x, y in ((data.x, data.y), (data.x_test, data.y_test)):
        for row, label in zip(x, y, strict=True):
            pixels = np.round(row * 255).astype(np.uint8)
            assert of_files[pixels.tobytes()] == data.class_names[label]


def test_raw_images_are_predicted_as_they_were_trained_on():
    data = made(animals())
    run = fit(data, Settings(), Training(max_steps=5, hidden_sizes=(4,)), n_train=6, n_val=2, seeds=1)
    raw = np.round(data.x * 255).reshape(-1, 12, 10, 3).astype(np.uint8)
    np.testing.assert_allclose(run.predict(raw), run.predict(data.x), atol=1e-6)


@pytest.mark.parametrize("root", ["", "animals/", "a/b/"])
@pytest.mark.parametrize("inner", ["", "indoors/"])
def test_the_class_is_the_first_folder_that_differs(root, inner):
    files = {name.replace("cat/", f"cat/{inner}"): content for name, content in animals(root=root).items()}
    assert made(files).class_names == ("cat", "dog")


def test_folders_of_train_and_test_are_put_together():
    files = animals(root="all/train/") | {
        name: content
        for kind in ("cat", "dog")
        for name, content in {f"all/test/{kind}/9.png": encoded(noise(ord(kind[0]) + 1000))}.items()
    }
    data = made(files)
    assert data.class_names == ("cat", "dog")
    assert len(data.x) + len(data.x_test) == 14
    assert "The folders 'test', 'train' were put together, and test rows drawn of all." in data.notes


def test_what_is_no_image_is_left_out_and_said():
    files = animals() | {
        "readme.txt": b"hello",
        "cat/labels.csv": b"1,2",
        "__MACOSX/cat/._0.png": b"no image",
        "cat/.DS_Store": b"",
        ".hidden/0.png": b"",
    }
    data = made(files)
    assert data.notes[1] == "2 files that are no images were left out, such as 'cat/labels.csv'."
    assert len(data.x) + len(data.x_test) == 12


def test_grey_images_have_one_channel_and_one_that_has_colour_gives_all_three():
    grey = {name: encoded(noise(i, (9, 9))) for i, name in enumerate(animals())}
    data = made(grey)
    assert data.image_shape == (9, 9)
    assert data.notes[0] == "12 grey images of 9 x 9 were read."
    assert made(grey | {"cat/0.png": encoded(noise(0, (9, 9, 3)))}).image_shape == (9, 9, 3)


def test_a_transparent_ground_is_white_and_sixteen_bits_are_read():
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., 3] = 51  # a fifth of black, over white
    files = animals(shape=(4, 4, 3)) | {"cat/0.png": encoded(pixels)}
    data = made(files, decode=lambda content: np.asarray(Image.open(io.BytesIO(content))))
    assert data.notes[1] == "1 of them is transparent in places: white stands there."
    assert (np.abs(np.concatenate([data.x, data.x_test]) - 0.8).max(axis=1) < 1e-6).sum() == 1
    deep = made(animals(), decode=lambda content: decode(content).astype(np.uint16) * 257)
    np.testing.assert_allclose(deep.x, made(animals()).x, atol=1e-7)


# --- sizes ---


@pytest.mark.parametrize(("before", "after"), [((6, 4), (3, 2)), ((7, 5), (3, 4)), ((3, 2), (7, 5)), ((5, 5), (5, 5))])
def test_a_new_pixel_is_the_mean_of_its_area(before, after):
    pixels = np.random.default_rng(0).random((2, *before, 3), np.float32)
    fine = pixels.repeat(after[0], axis=1).repeat(after[1], axis=2)  # both grids fit into this one
    blocks = fine.reshape(2, after[0], before[0], after[1], before[1], 3).mean(axis=(2, 4))
    np.testing.assert_allclose(resize(pixels, *after), blocks, atol=1e-6)


@pytest.mark.parametrize(
    ("shapes", "size", "shape"),
    [
        ([(32, 32)], None, (32, 32)),
        ([(33, 32)], None, (32, 32)),
        ([(20, 33)], None, (32, 32)),
        ([(20, 10)], None, (20, 10)),
        ([(20, 10), (10, 20)], None, (32, 32)),
        ([(20, 10), (40, 20)], None, (32, 32)),
        ([(20, 10), (40, 20)], 16, (16, 16)),
        ([(20, 10)], (8, 4), (8, 4)),
    ],
)
def test_images_become_of_one_size_of_at_most_32(shapes, size, shape):
    names = list(animals())
    pixels = [noise(i, (*shapes[i % len(shapes)], 3)) for i in range(len(names))]
    data = made({name: encoded(each) for name, each in zip(names, pixels, strict=True)}, size)
    assert data.image_shape == (*shape, 3)
    ours = {row.round(4).tobytes() for row in np.concatenate([data.x, data.x_test])}
    expected = {resize(each / np.float32(255), *shape).ravel().round(4).tobytes() for each in pixels}
    assert len(ours & expected) >= 11  # a rounding may fall on either side
    resized = set(shapes) != {shape}
    assert ("resized to" in data.notes[0]) == resized
    if len(shapes) == 2:
        assert "of 2 sizes were read" in data.notes[0]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("shape", [(7, 300, 3), (300, 7), (5, 6, 4)])
def test_the_header_tells_the_size(suffix, shape):
    if shape[-1] == 4 and suffix == "jpg":
        shape = (5, 6, 3)
    pixels = noise(0, shape)
    for options in ({}, {"lossless": True} if suffix == "webp" else {"comment": b"x" * 300} if suffix == "jpg" else {}):
        content = encoded(pixels, suffix, **options)
        assert pixel_size(content) == (shape[1], shape[0])
        for end in range(0, 30, 3):
            assert pixel_size(content[:end]) is None or end > 9  # what ends before its size is told


def test_the_header_of_an_image_with_an_alpha_channel_or_animation_is_read():
    frames = [Image.fromarray(noise(i, (6, 9, 3))) for i in range(3)]
    for suffix in ("gif", "webp", "png"):
        content = io.BytesIO()
        frames[0].save(content, FORMATS[suffix], save_all=True, append_images=frames[1:])
        assert pixel_size(content.getvalue()) == (9, 6)
    assert pixel_size(b"BM" + bytes(12) + struct.pack("<IHH", 12, 5, 4)) == (5, 4)  # of OS/2
    assert pixel_size(b"\x89PNG\r\n\x1a\n" + bytes(16)) is None  # no pixels
    assert pixel_size(b"\xff\xd8" + b"\xff\xff\xff\xc0" + struct.pack(">HBHH", 9, 8, 3, 4)) == (4, 3)


def test_a_file_is_decoded_only_where_its_header_says_few_pixels():
    called = []
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 4000, 4001)
    sentence = refusal(made, animals() | {"cat/0.png": bomb}, decode=called.append)
    assert sentence == "source must hold images of at most 16000000 pixels, got 4000 x 4001 in 'cat/0.png'"
    assert not called


def test_all_files_together_have_few_pixels(monkeypatch):
    monkeypatch.setattr(images, "MAX_TOTAL_PIXELS", 12 * 120)
    assert len(made(animals()).x) == 8
    monkeypatch.setattr(images, "MAX_TOTAL_PIXELS", 12 * 120 - 1)
    assert refusal(made, animals()) == "source must hold at most 1439 pixels in all, got more"


# --- an .npz file ---


@pytest.mark.parametrize(
    "names",
    [
        ("x", "y", "x_test", "y_test"),
        ("x_train", "y_train", "x_test", "y_test"),
        ("images", "labels", "test_images", "test_labels"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 3)])
def test_an_npz_holds_images_and_labels_and_may_hold_a_test(names, shape):
    x, y = noise(0, (20, *shape)), np.arange(20) % 2
    data = Dataset.from_images(arrays_in(**dict(zip(names[:2], (x, y), strict=True))))
    assert (data.image_shape, len(data.x), len(data.x_test), data.pixel_unit) == (shape, 16, 4, 255)
    parts = (x[:14], y[:14, None], x[14:], y[14:, None])  # labels in a column, as medical sets have them
    data = Dataset.from_images(arrays_in(**dict(zip(names, parts, strict=True)), extra=y))
    np.testing.assert_allclose(data.x, x[:14].reshape(14, -1) / np.float32(255), atol=1e-7)
    np.testing.assert_array_equal(data.y_test, y[14:])
    assert data.notes[0] == "Of the arrays ['extra'] nothing was used."


@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 3)])
def test_large_arrays_are_resized(shape):
    x, y = noise(0, (20, *shape)), np.array(["cat", "dog"] * 10)
    data = Dataset.from_images(arrays_in(x=x[:16], y=y[:16], x_test=x[16:], y_test=y[16:]))
    assert data.image_shape == (MAX_SIDE, MAX_SIDE, *shape[2:])
    assert data.notes[0] == "The images of 48 x 64 were resized to 32 x 32 by the mean of each area."
    expected = resize(x.reshape(20, 48, 64, -1), 32, 32).reshape(20, -1) / 255
    np.testing.assert_allclose(np.concatenate([data.x, data.x_test]), expected, atol=1e-6)
    assert Dataset.from_images(arrays_in(x=x, y=y), (6, 8)).image_shape == (6, 8, *shape[2:])


def test_an_npz_is_never_unpickled():
    class Told:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    content = arrays_in(x=noise(0, (8, 4, 4)), y=np.array([Told()] * 8, object))
    sentence = refusal(Dataset.from_images, content)
    assert sentence.startswith(
        "source's y must be an array of numbers or text, got a file without: Object arrays cannot"
    )


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"a": np.ones(3)},
            "source must have arrays called x and y, x_train and y_train, images and labels, train_images",
        ),
        ({"x": np.ones((8, 4)), "y": np.ones(8)}, "source's x must be numbers of the shape (images, height, width) or"),
        (
            {"x": np.full((8, 4, 4), "a"), "y": np.ones(8)},
            "source's x must be numbers of the shape (images, height, wid",
        ),
        (
            {"x": np.full((8, 4, 4), np.nan), "y": np.arange(8) % 2},
            "source must hold images and their labels, got what",
        ),
        ({"x": np.full((8, 40, 4), np.inf), "y": np.arange(8) % 2}, "source must hold images and their labels, got wh"),
        (
            {"x": np.ones((8, 4, 4)), "y": np.arange(7) % 2},
            "source must hold images and their labels, got what is not: y",
        ),
        (
            {"x": np.ones((8, 4, 4)), "y": np.ones(8, int)},
            "source must hold images and their labels, got what is not: y",
        ),
        ({"x": np.ones(()), "y": np.ones(8)}, "source's x must be an array, got one number"),
    ],
)
def test_arrays_that_are_no_images_get_one_sentence(arrays, said):
    sentence = refusal(Dataset.from_images, arrays_in(**arrays))
    assert sentence.startswith(said)
    assert "\n" not in sentence


def test_an_array_that_says_to_be_larger_than_it_is_is_refused():
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (10**6, 10**3, 10**3)}
    )
    content = packed({"x.npy": header.getvalue() + b"12", "y.npy": header.getvalue()})
    assert refusal(Dataset.from_images, content).startswith("source's x must be an array of numbers or text, got")


# --- what is refused ---


def damaged(where):
    """Return an archive with one byte of a file's content changed."""
    content = bytearray(packed(animals(), zipfile.ZIP_STORED))
    at = content.index(b"IDAT") + where
    content[at] ^= 255
    return bytes(content)


def encrypted():
    content = bytearray(packed(animals()))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying(by):
    """Return an archive whose last file is said to unpack to other than it does."""
    content = bytearray(packed(animals()))
    at = content.rindex(b"PK\x01\x02") + 24
    size = struct.unpack_from("<I", content, at)[0]
    struct.pack_into("<I", content, at, size + by)
    return bytes(content)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"", "got what is no zip archive, or a damaged one: File is not a zip file"),
        (b"text", "got what is no zip archive, or a damaged one: File is not a zip file"),
        (packed(animals())[:-30], "got what is no zip archive, or a damaged one: File is not a zip file"),
        (packed(animals())[600:], "source must "),
        (damaged(6), "source must not be damaged, got 'cat/0.png': Bad CRC-32 for file 'cat/0.png'"),
        (lying(-3), "source must not be damaged, got 'dog/5.png': Bad CRC-32 for file 'dog/5.png'"),
        (lying(3), "source must not be damaged, got 'dog/5.png': "),
        (encrypted(), "source must not be encrypted, got a password on 'dog/5.png'"),
        (packed(animals() | {"../up.png": b""}), "source must hold names within itself, got '../up.png'"),
        (packed(animals() | {"cat/../../up.png": b""}), "source must hold names within itself, got 'cat/../../up.png'"),
        (packed(animals() | {"/etc/up.png": b""}), "source must hold names within itself, got '/etc/up.png'"),
        (packed(animals() | {"..\\up.png": b""}), "source must hold names within itself, got '..\\\\up.png'"),
        (packed(animals() | {"C:/up.png": b""}), "source must hold names within itself, got 'C:/up.png'"),
        (packed([*animals().items(), ("cat/0.png", b"")]), "source must hold each name once, got 'cat/0.png' twice"),
        (packed(animals() | {"cat/more.zip": packed({})}), "source must not hold archives, got 'cat/more.zip'"),
        (
            packed(animals() | {"cat/a.png": packed({})}),
            "source must hold images (PNG, JPEG, GIF, BMP or WebP), got 'c",
        ),
        (packed(animals() | {"a.png": b""}), "source must have at least two folders, one per class, with images in"),
        (packed({"cat/a.txt": b""}), "source must hold at least 4 images (PNG, JPEG, GIF, BMP or WebP), got 0"),
        (
            packed({n: c for n, c in animals().items() if "cat" in n}),
            "source must have at least two folders, one per cl",
        ),
        (
            packed({n: c for n, c in animals().items() if "cat" in n or n == "dog/0.png"}),
            "source must have at least 2 r",
        ),
        (packed({}), "source must hold at least 4 images (PNG, JPEG, GIF, BMP or WebP), got 0"),
        (
            lambda: packed({f"cat/{i}.txt": b"" for i in range(10_001)}),
            "source must hold at most 10000 files and folders, got m",
        ),
        (
            lambda: packed({f"{i % 2}/{i}.png": b"" for i in range(5001)}),
            "source must hold at most 5000 images, got 5001",
        ),
        (
            lambda: packed({"a/0.png": bytes(20_000_001)}),
            "source must hold files of at most 20000000 bytes, got 20000001 in 'a",
        ),
        ([1], "source must be a folder or a zip archive with one folder per class, or an .npz file: a path or bytes"),
        (None, "source must be a folder or a zip archive with one folder per class, or an .npz file: a path or bytes"),
        ("", "source must be a folder or a zip archive with one folder per class, or an .npz file: a path or bytes"),
        ("no such folder", "got 'no such folder': No such file or directory"),
        (
            "a\0b",
            "source must be a folder or a zip archive with one folder per class, or an .npz file: a path or bytes",
        ),
        ("/dev/null", "got what is neither a folder nor an ordinary file"),
    ],
    ids=range(30),
)
def test_a_source_that_is_none_gets_one_sentence(source, said):
    source = source() if callable(source) else source  # what takes long to pack is not packed at every collection
    sentence = refusal(made, source)
    assert said in sentence
    assert sentence.startswith("source must ")
    assert "\n" not in sentence
    assert len(sentence) < 300


def test_a_bomb_is_refused_by_what_it_says_it_unpacks_to():
    zeros = bytes(20_000_000)
    bomb = packed({f"{i % 2}/{i}.png": zeros for i in range(11)})
    assert len(bomb) < 300_000
    assert refusal(made, bomb) == "source must unpack to at most 200000000 bytes, got 220000000"


def test_bounds_are_met_exactly(monkeypatch):
    files = animals()
    monkeypatch.setattr(archive, "MAX_BYTES", max(len(packed(files)), sum(map(len, files.values()))))
    monkeypatch.setattr(archive, "MAX_ENTRIES", 12)
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", max(map(len, files.values())))
    monkeypatch.setattr(images, "MAX_IMAGES", 12)
    monkeypatch.setattr(images, "MAX_PIXELS", 120)
    assert len(made(files).x) == 8


def test_links_of_a_folder_are_not_followed(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "0.png").write_bytes(encoded(noise(5)))
    folder = tmp_path / "own"
    for name, content in animals().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "eel").symlink_to(tmp_path / "secret")
    (folder / "cat" / "9.png").symlink_to(tmp_path / "secret" / "0.png")
    data = made(folder)
    assert (data.class_names, len(data.x) + len(data.x_test)) == (("cat", "dog"), 12)


@pytest.mark.parametrize(
    ("decoder", "said"),
    [
        (None, "decode must be a function from the bytes of an image to its pixels, got None: lambda content: numpy."),
        (5, "decode must be a function, got 5"),
        (lambda content: 1 / 0, "source must hold images that decode takes, got 'cat/0.png': 'division by zero'"),
        (lambda content: "<b>", "decode's pixels must be numbers, got '<b>'"),
        (lambda content: np.ones(3), "decode must return pixels (height, width) or (height, width, channels), uint8, "),
        (lambda content: np.ones((2, 2, 5)), "uint16 or from 0 to 1, got the shape (2, 2, 5) of 'cat/0.png'"),
        (lambda content: np.ones((0, 2)), "uint16 or from 0 to 1, got the shape (0, 2) of 'cat/0.png'"),
        (lambda content: np.ones((2, 2), int), "uint16 or from 0 to 1, got int64 of 'cat/0.png'"),
        (lambda content: np.full((2, 2), 1.5), "uint16 or from 0 to 1, got other floats of 'cat/0.png'"),
        (lambda content: np.full((2, 2), np.nan), "uint16 or from 0 to 1, got other floats of 'cat/0.png'"),
    ],
    ids=range(10),
)
def test_a_decoder_that_is_none_gets_one_sentence(decoder, said):
    assert said in refusal(made, animals(), decode=decoder)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (33, "size must be at most 32, got 33"),
        (0, "size must be a whole number of at least 1, got 0"),
        ((8, 8, 3), "size must be one number of pixels, or height and width, got (8, 8, 3)"),
        (8.0, "size must be a whole number of at least 1, got 8.0"),
    ],
)
def test_a_size_that_is_none_gets_one_sentence(size, said):
    assert refusal(made, animals(), size) == said
