"""Image summaries against torch.utils.tensorboard: equal fields, equal decoded pixels."""

import io
import itertools
import warnings

import numpy as np
import pytest
from PIL import Image

from eventcodec.summary.image import image_summary, images_summary

torch = pytest.importorskip("torch")
summary_pb2 = pytest.importorskip("tensorboard.compat.proto.summary_pb2")
SEED = 20250102

DTYPES = [
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
    "float16", "float32", "float64",
]  # fmt: skip


def parse(data):
    """The tag, the fields and the decoded pixels of the one value of a Summary."""
    summary = summary_pb2.Summary.FromString(data)
    (value,) = summary.value
    assert value.WhichOneof("value") == "image"
    with Image.open(io.BytesIO(value.image.encoded_image_string)) as image:
        pixels = np.asarray(image)
    return value.tag, value.image.height, value.image.width, value.image.colorspace, pixels


def by_torch(tag, image, dataformats):
    from torch.utils.tensorboard import summary

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # casts of NaN and of what is too large
        return summary.image(tag, image, dataformats=dataformats).SerializeToString()


def same(got, want):
    *fields, pixels = parse(got)
    *want_fields, want_pixels = parse(want)
    assert fields == want_fields
    assert np.array_equal(pixels, want_pixels)


def values(shape, dtype, seed=SEED):
    """Numbers in and around the range of pixels, of any dtype."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0.5, 0.5, shape).astype(dtype)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    if dtype == "uint8":
        return rng.integers(low, high, shape, dtype=dtype, endpoint=True)
    return rng.choice(np.array([low, 0, 1, 2, high], dtype), shape)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_dtypes_and_channels(dtype, channels):
    image = values((channels, 11, 17), dtype)
    same(image_summary("a/b", image), by_torch("a/b", image, "CHW"))


@pytest.mark.parametrize("letters", ["".join(p) for p in itertools.permutations("CHW")])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_order_of_three(letters, channels):
    sizes = {"C": channels, "H": 5, "W": 7}
    image = values([sizes[letter] for letter in letters], "float32")
    for spelling in (letters, letters.lower()):
        same(image_summary("x", image, dataformats=spelling), by_torch("x", image, letters))


@pytest.mark.parametrize("letters", ["HW", "WH"])
def test_every_order_of_two(letters):
    image = values((5, 7), "float64")
    same(image_summary("x", image, dataformats=letters), by_torch("x", image, letters))


@pytest.mark.parametrize("letters", ["".join(p) for p in itertools.permutations("NCHW")])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_order_of_four(letters, channels):
    sizes = {"N": 10, "C": channels, "H": 5, "W": 7}
    images = values([sizes[letter] for letter in letters], "float32")
    same(images_summary("x", images, dataformats=letters), by_torch("x", images, letters))


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 16, 17])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "bool", "int64"])
def test_grids(count, dtype):
    images = values((count, 3, 4, 5), dtype)
    same(images_summary("grid", images), by_torch("grid", images, "NCHW"))


# torch's make_grid takes three channels only; with two and four the grid is laid out the same way.
@pytest.mark.parametrize("channels", [2, 4])
def test_grids_with_alpha(channels):
    images = values((10, channels, 4, 5), "uint8")
    _, height, width, colorspace, pixels = parse(images_summary("grid", images))
    assert (height, width, colorspace) == (8, 40, channels)
    want = np.zeros((8, 40, channels), np.uint8)
    for i, image in enumerate(images):
        y, x = i // 8 * 4, i % 8 * 5
        want[y : y + 4, x : x + 5] = image.transpose(1, 2, 0)
    assert np.array_equal(pixels, want)


def test_not_finite_and_out_of_range():
    image = values((3, 13, 64), "float32")
    image.reshape(-1)[::7] = np.nan
    image.reshape(-1)[1::7] = np.inf
    image.reshape(-1)[2::7] = -np.inf
    image.reshape(-1)[3::7] = 3.4e38
    image.reshape(-1)[4::7] = 1e-42
    same(image_summary("x", image), by_torch("x", image, "CHW"))
    wide = np.array([[[1e300, -1e300, 0.5, np.nan]]])
    same(image_summary("x", wide), by_torch("x", wide, "CHW"))


@pytest.mark.parametrize(
    "view", [lambda a: a[:, ::2, 1::3], lambda a: a[::-1, ::-1], lambda a: a.transpose(0, 2, 1)]
)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_views(view, dtype):
    image = view(values((3, 30, 1100), dtype))
    same(image_summary("x", image), by_torch("x", image, "CHW"))


@pytest.mark.parametrize(
    "dtype", ["bfloat16", "float16", "float32", "float64", "uint8", "int64", "bool"]
)
def test_tensors(dtype):
    tensor = torch.from_numpy(values((3, 16, 16), "float32") * 2).to(getattr(torch, dtype))
    if tensor.is_floating_point():
        tensor.requires_grad_(True)
    same(image_summary("x", tensor), by_torch("x", tensor, "CHW"))


def test_every_bfloat16_value():
    bits = torch.arange(65536, dtype=torch.int32).to(torch.int16).reshape(1, 256, 256)
    tensor = bits.view(torch.bfloat16)
    same(image_summary("x", tensor), by_torch("x", tensor, "CHW"))


def test_tags_are_kept():
    for tag in ("a", "a/b", "größe 图", "x" * 300):
        assert parse(image_summary(tag, np.zeros((1, 2, 2))))[0] == tag


@pytest.mark.parametrize(
    ("tag", "error"), [("", ValueError), ("\ud800", UnicodeEncodeError), (b"x", TypeError)]
)
def test_bad_tags(tag, error):
    with pytest.raises(error):
        image_summary(tag, np.zeros((1, 2, 2)))


def test_fields_of_every_size():
    for height, width in ((1, 1), (1, 127), (128, 1), (3, 20000)):
        got = parse(image_summary("x", np.zeros((height, width), np.uint8), dataformats="HW"))
        assert got[1:4] == (height, width, 3)


@pytest.mark.parametrize(
    ("make", "image", "options", "message"),
    [
        (
            image_summary, np.zeros((32, 30, 3), np.float32), {},
            ("image must have 1 to 4 channels and no side of 0, got (32, 30, 3) float32 with "
            "dataformats='CHW'; pass dataformats=\"HWC\"?"),
        ),
        (
            image_summary, np.zeros((5, 6, 7)), {},
            ("image must have 1 to 4 channels and no side of 0, got (5, 6, 7) float64 with "
            "dataformats='CHW'"),
        ),
        (
            image_summary, np.zeros((3, 0, 4)), {},
            ("image must have 1 to 4 channels and no side of 0, got (3, 0, 4) float64 with "
            "dataformats='CHW'"),
        ),
        (
            image_summary, np.zeros((4, 5)), {},
            "image must have the 3 dimensions of dataformats='CHW', got (4, 5) float64",
        ),
        (
            images_summary, np.zeros((0, 3, 4, 5)), {},
            ("images must have 1 to 4 channels and no side of 0, got (0, 3, 4, 5) float64 with "
            "dataformats='NCHW'"),
        ),
        (
            images_summary, np.zeros((3, 4, 5)), {},
            "images must have the 4 dimensions of dataformats='NCHW', got (3, 4, 5) float64",
        ),
        (
            image_summary, np.zeros((3, 4, 5)), {"dataformats": "CHH"},
            'dataformats must be a permutation of "HW", "HWC" or "NHWC", got \'CHH\'',
        ),
        (
            image_summary, np.zeros((3, 4, 5)), {"dataformats": "XYZ"},
            'dataformats must be a permutation of "HW", "HWC" or "NHWC", got \'XYZ\'',
        ),
    ],
)  # fmt: skip
def test_mistakes_are_named(make, image, options, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        make("x", image, **options)
    assert str(caught.value) == message
