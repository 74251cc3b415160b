"""encode_png against two independent decoders: Pillow and pypng."""

import io
import struct
import threading
import zlib

import numpy as np
import png as pypng
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import eventcodec

LEVELS = ["fast", "small", "stored"]
SEED = 20250101


def chunks(data):
    """The chunks of a PNG file as (type, data), each checksum verified."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        (crc,) = struct.unpack_from(">I", data, at + 8 + size)
        assert crc == zlib.crc32(kind + body)
        yield kind, body
        at += 12 + size
    assert at == len(data)


def decode_pillow(data):
    """Pixels as (H, W, C) uint8; Pillow knows 16 bits for grey only."""
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def decode_pypng(data):
    width, height, rows, info = pypng.Reader(bytes=data).read()
    dtype = np.uint16 if info["bitdepth"] == 16 else np.uint8
    return np.array([np.asarray(row, dtype) for row in rows]).reshape(height, width, info["planes"])


def check(data, want):
    """Every decoder gives `want` back, and the zlib stream ends where the chunks end."""
    want = want if want.ndim == 3 else want[..., np.newaxis]
    assert np.array_equal(decode_pypng(data), want)
    if want.dtype == np.uint8:
        assert np.array_equal(decode_pillow(data), want)
    elif want.shape[2] == 1:
        assert np.array_equal(decode_pillow(data).astype(np.uint16), want)
    parts = list(chunks(data))
    assert [kind for kind, _ in parts] == [b"IHDR", *[b"IDAT"] * (len(parts) - 2), b"IEND"]
    inflater = zlib.decompressobj()
    raw = inflater.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    assert inflater.eof
    assert inflater.unused_data == b""
    assert len(raw) == want.shape[0] * (1 + want[0].nbytes)


def gradient(height, width, channels):
    y, x, c = np.ogrid[:height, :width, :channels]
    return 128 + 100 * np.sin(x / 9 + c) * np.cos(y / 13)


def picture(kind, shape, dtype, seed=SEED):
    """One of several kinds of content, as uint8 or uint16."""
    height, width, channels = shape
    rng = np.random.default_rng(seed)
    scale = np.iinfo(dtype).max / 255
    if kind == "noise":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)
    if kind == "flat":
        return np.full(shape, 201 * int(scale), dtype)
    if kind == "gradient":
        return (gradient(*shape) * scale).astype(dtype)
    if kind == "grain":
        return ((gradient(*shape) + rng.normal(0, 4, shape)).clip(0, 255) * scale).astype(dtype)
    if kind == "sparse":
        return (np.where(rng.random(shape) < 0.01, 255, 0) * scale).astype(dtype)
    assert kind == "text"
    glyphs = rng.integers(0, 2, (5, 8, 6, 1)) * 255
    rows = -(-height // 8)
    columns = -(-width // 6)
    page = glyphs[rng.integers(0, 5, (rows, columns))].transpose(0, 2, 1, 3, 4)
    page = page.reshape(rows * 8, columns * 6, 1)[:height, :width]
    return (np.repeat(page, channels, axis=2) * scale).astype(dtype)


KINDS = ["noise", "flat", "gradient", "grain", "sparse", "text"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_pixels_come_back(kind, channels, dtype, level):
    pixels = picture(kind, (37, 53, channels), dtype)
    check(eventcodec.encode_png(pixels, level=level), pixels)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (1, 300), (300, 1), (2, 2), (7, 1)])
def test_thin_pictures(size, channels, level):
    for kind in ("noise", "flat", "gradient"):
        pixels = picture(kind, (*size, channels), np.uint8)
        check(eventcodec.encode_png(pixels, level=level), pixels)


# A block of the compressor is 128 KiB: pictures around one, two and three of them, and one row
# that is longer than a block.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(128, 1023, 1), (129, 1023, 1), (256, 341, 3), (3, 70001, 2)])
def test_several_blocks(shape, kind):
    pixels = picture(kind, shape, np.uint8)
    for level in ("fast", "stored"):
        data = eventcodec.encode_png(pixels, level=level)
        assert np.array_equal(decode_pillow(data), pixels)
        assert len(data) <= 1.005 * pixels.nbytes


def test_real_pictures_come_back():
    from sklearn.datasets import load_digits, load_sample_image

    digits = np.hstack((load_digits().images[:40] * 15).astype(np.uint8))
    check(eventcodec.encode_png(digits), digits)
    photograph = load_sample_image("china.jpg")
    data = eventcodec.encode_png(photograph)
    assert np.array_equal(decode_pillow(data), photograph)
    pillow = io.BytesIO()
    Image.fromarray(photograph).save(pillow, "png")
    assert len(data) <= 1.05 * len(pillow.getvalue())
    # What fpnge, level 4, made of the same picture: benchmarks/README.md.
    assert len(data) < 0.750 * photograph.nbytes


@pytest.mark.parametrize("side", [16, 64, 256])
def test_noise_hardly_grows(side):
    pixels = picture("noise", (side, side, 3), np.uint8)
    raw = pixels.nbytes + side
    for level in LEVELS:
        assert len(eventcodec.encode_png(pixels, level=level)) <= 1.005 * raw + 80


def test_small_is_not_larger_than_fast():
    for kind in ("gradient", "grain", "text", "sparse"):
        pixels = picture(kind, (120, 160, 3), np.uint8)
        small, fast = (eventcodec.encode_png(pixels, level=level) for level in ("small", "fast"))
        assert len(small) <= len(fast)


# Each filter must occur, or its code would go untested by the pictures above.
def test_every_filter_is_used():
    seen = set()
    for kind in KINDS:
        for seed in range(5):
            data = eventcodec.encode_png(picture(kind, (60, 64, 3), np.uint8, seed))
            raw = zlib.decompress(b"".join(body for name, body in chunks(data) if name == b"IDAT"))
            seen.update(raw[:: 1 + 64 * 3])
    assert seen == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::-1],
        lambda a: a[..., ::-1],
        lambda a: a[::3, 1::2],
        np.asfortranarray,
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: a[5:6, 3:4],
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_any_memory_layout(view, dtype):
    pixels = picture("grain", (41, 613, 3), np.uint16 if dtype == np.uint16 else np.uint8)
    pixels = (pixels / 255).astype(dtype) if dtype == np.float32 else pixels
    array = view(pixels)
    want = (array * np.float32(255)).astype(np.uint8) if dtype == np.float32 else array
    check(eventcodec.encode_png(array), np.ascontiguousarray(want))


def test_unaligned_and_swapped_arrays():
    pixels = picture("grain", (20, 30, 3), np.uint16)
    buffer = np.zeros(pixels.nbytes + 1, np.uint8)
    unaligned = buffer[1:].view(np.uint16).reshape(pixels.shape)
    unaligned[...] = pixels
    check(eventcodec.encode_png(unaligned), pixels)
    check(eventcodec.encode_png(pixels.astype(">u2")), pixels)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_clipped_and_truncated(dtype):
    values = np.array(
        [0, -0.0, 0.5, 1, 1.5, -1, 1e-7, 0.999, 1 / 255, 254.9999 / 255, np.inf, -np.inf, np.nan],
        dtype,
    )
    with np.errstate(invalid="ignore", over="ignore"):
        want = (values.astype(np.float32) * np.float32(255)).clip(0, 255)
    want = np.where(np.isnan(want), 0, want).astype(np.uint8)
    assert np.array_equal(decode_pillow(eventcodec.encode_png(values[np.newaxis]))[0, :, 0], want)


def test_every_half_precision_value():
    values = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(256, 256)
    with np.errstate(invalid="ignore"):
        scaled = (values.astype(np.float32) * np.float32(255)).clip(0, 255)
    want = np.where(np.isnan(scaled), 0, scaled).astype(np.uint8)
    check(eventcodec.encode_png(values), want)


def test_bools_are_black_and_white():
    pixels = np.random.default_rng(SEED).random((9, 14)) < 0.5
    check(eventcodec.encode_png(pixels), pixels.astype(np.uint8) * 255)


def test_torch_tensors_and_lists():
    torch = pytest.importorskip("torch")
    pixels = picture("grain", (8, 9, 3), np.uint8)
    check(eventcodec.encode_png(torch.from_numpy(pixels)), pixels)
    check(eventcodec.encode_png(torch.ones(4, 4, dtype=torch.bfloat16)), np.full((4, 4), 255, "u1"))
    check(eventcodec.encode_png([[0.0, 1.0]]), np.array([[0, 255]], np.uint8))


def test_dataformats_permute():
    pixels = picture("grain", (8, 9, 3), np.uint8)
    check(eventcodec.encode_png(pixels.transpose(2, 0, 1), dataformats="chw"), pixels)
    check(eventcodec.encode_png(pixels[..., 0].T, dataformats="WH"), pixels[..., 0])


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (
            np.zeros((3, 32, 32), np.float32),
            {},
            (
                "image must be (H, W) or (H, W, 1|3|4) uint8 or float, got (3, 32, 32) float32; "
                'pass dataformats="CHW"?'
            ),
        ),
        (
            np.zeros((2, 2, 5), np.uint8),
            {},
            (
                "image must be (H, W) or (H, W, 1|3|4) uint8 or float, got (2, 2, 5) uint8; "
                'pass dataformats="CHW"?'
            ),
        ),
        (
            np.zeros((4, 4), np.int64),
            {},
            "image must be (H, W) or (H, W, 1|3|4) uint8 or float, got (4, 4) int64",
        ),
        (
            np.zeros(4),
            {},
            "image must be (H, W) or (H, W, 1|3|4) uint8 or float, got (4,) float64",
        ),
        (
            np.zeros((2, 3, 4, 1)),
            {},
            "image must be (H, W) or (H, W, 1|3|4) uint8 or float, got (2, 3, 4, 1) float64",
        ),
        (
            np.zeros((4, 4)),
            {"dataformats": "CHW"},
            'image must be "CHW" uint8 or float, got (4, 4) float64',
        ),
        (
            np.zeros((4, 4)),
            {"dataformats": "HH"},
            'dataformats must be a permutation of "HW" or "HWC", got \'HH\'',
        ),
        (
            np.zeros((1, 4, 4, 1)),
            {"dataformats": "NHWC"},
            'dataformats must be a permutation of "HW" or "HWC", got \'NHWC\'',
        ),
        (
            np.zeros((4, 4)),
            {"level": "best"},
            "level must be 'fast', 'small' or 'stored', got 'best'",
        ),
        (np.zeros((4, 4)), {"threads": 0}, "threads must be at least 1, got 0"),
        (
            np.zeros((0, 4)),
            {},
            "a PNG is 1 to 2147483647 pixels high, got images of height 0",
        ),
        (
            np.zeros((4, 0)),
            {},
            "a PNG is 1 to 2147483647 pixels wide, got images of width 0",
        ),
        (
            np.broadcast_to(np.uint8(0), (1, 2**31)),
            {},
            "a PNG is 1 to 2147483647 pixels wide, got images of width 2147483648",
        ),
    ],
)
def test_mistakes_are_named(array, options, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        eventcodec.encode_png(array, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("kind", ["noise", "grain", "flat", "text"])
@pytest.mark.parametrize("level", ["fast", "stored"])
def test_threads_change_the_file_and_not_the_pixels(kind, level):
    pixels = picture(kind, (1100, 700, 3), np.uint8)
    one = eventcodec.encode_png(pixels, level=level)
    for threads in (2, 3, 64):
        many = eventcodec.encode_png(pixels, level=level, threads=threads)
        assert np.array_equal(decode_pillow(many), pixels)
        # Bands of half a megabyte: each begins with empty tables.
        assert [c for c, _ in chunks(many)].count(b"IDAT") == min(threads, 4)
        assert len(many) < 1.1 * len(one) + 2000
    small = picture(kind, (60, 70, 3), np.uint8)
    assert eventcodec.encode_png(small, threads=8) == eventcodec.encode_png(small)


def test_a_long_picture_in_bands_is_right_to_another_decoder():
    pixels = picture("grain", (900, 700, 2), np.uint8)
    check(eventcodec.encode_png(pixels, threads=2), pixels)


def test_complex_numbers_are_a_type_error():
    with pytest.raises(TypeError, match="must be real"):
        eventcodec.encode_png(np.zeros((2, 2), complex))


def test_the_lock_is_released():
    """A thread that only counts gets on while a large picture is encoded."""
    pixels = picture("noise", (2000, 2000, 3), np.uint8)
    done = threading.Event()
    counted = 0

    def encode():
        for _ in range(3):
            eventcodec.encode_png(pixels)
        done.set()

    thread = threading.Thread(target=encode)
    thread.start()
    while not done.wait(0.001):
        counted += 1
    thread.join()
    assert counted > 5


SAMPLES = [0, 1, 2, 3, 127, 128, 254, 255]
pixel_arrays = st.tuples(
    st.sampled_from([np.uint8, np.uint16]),
    st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(1, 4)),
).flatmap(
    lambda both: hnp.arrays(
        both[0],
        both[1],
        elements=st.sampled_from([0, 1, 2, 3, 127, 128, 254, 255]),
        fill=st.just(7),
    )
)


@settings(max_examples=150, deadline=None)
@given(pixels=pixel_arrays, level=st.sampled_from(LEVELS))
def test_round_trip(pixels, level):
    check(eventcodec.encode_png(pixels, level=level), pixels)
