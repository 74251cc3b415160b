"""crc32c and masked_crc32c: every kernel against two independent implementations."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import crc32c as crc32c_package
import google_crc32c
import numpy as np
import pytest

import eventcodec

# Taking these away one after the other makes each kernel the chosen one.
DISABLED_AND_KERNEL = [
    ("", None),
    ("avx512", "vpclmul_avx2"),
    ("avx512,vpclmul", "pclmul"),
    ("avx512,vpclmul,pclmul", "sse42"),
    ("armpmull", "armv8"),
    ("avx512,vpclmul,pclmul,sse42,armcrc", "portable"),
]

# Runs in a process of its own, because kernels are chosen once: prints the kernel, then compares.
COMPARE = """
import random
import crc32c as crc32c_package, google_crc32c
import eventcodec
print(eventcodec.build_info().kernels["crc32c"].chosen)
draw = random.Random(2)
data = draw.randbytes(1 << 21)
sizes = [*range(1200), *(draw.randrange(1 << 18) for _ in range(200)), 1 << 20, (1 << 20) + 1]
for size in sizes:
    start = draw.randrange(64)
    part = data[start : start + size]
    want = crc32c_package.crc32c(part)
    assert google_crc32c.value(part) == want
    assert eventcodec.crc32c(part) == want, size
    cut = draw.randrange(size + 1)
    assert eventcodec.crc32c(part[cut:], eventcodec.crc32c(part[:cut])) == want, (size, cut)
"""


@pytest.mark.parametrize(("disabled", "kernel"), DISABLED_AND_KERNEL)
def test_every_kernel_agrees_with_both_packages(disabled: str, kernel: str | None) -> None:
    if not eventcodec.build_info().test_build:
        pytest.skip("this build does not honour EVENTCODEC_DISABLE_CPU")
    available = eventcodec.build_info().kernels["crc32c"].available
    if kernel is not None and kernel not in available:
        pytest.skip(f"{kernel} does not run on this machine, only {available}")
    result = subprocess.run(
        [sys.executable, "-c", COMPARE],
        env={**os.environ, "EVENTCODEC_DISABLE_CPU": disabled},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == (kernel or available[0])


# RFC 3720 appendix B.4, and the check value of the CRC catalogue.
@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"123456789", 0xE3069283),
        (b"", 0),
    ],
)
def test_published_vectors(data: bytes, crc: int) -> None:
    assert eventcodec.crc32c(data) == crc


def test_masked_is_the_rule_of_tensorflow() -> None:
    draw = random.Random(3)
    for size in range(100):
        data = draw.randbytes(size)
        crc = crc32c_package.crc32c(data)
        want = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
        assert eventcodec.masked_crc32c(data) == want


def test_anything_contiguous_is_data() -> None:
    array = np.arange(1000, dtype=np.float32).reshape(10, 100)
    want = google_crc32c.value(array.tobytes())
    assert eventcodec.crc32c(array) == want
    assert eventcodec.crc32c(bytearray(array.tobytes())) == want
    assert eventcodec.crc32c(memoryview(array.tobytes())) == want
    assert eventcodec.masked_crc32c(array) == eventcodec.masked_crc32c(array.tobytes())


def test_value_by_position_and_by_keyword() -> None:
    first = eventcodec.crc32c(b"1234")
    assert eventcodec.crc32c(b"56789", first) == 0xE3069283
    assert eventcodec.crc32c(b"56789", value=first) == 0xE3069283


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="bytes-like"):
        eventcodec.crc32c("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes 1 or 2 arguments, got 0"):
        eventcodec.crc32c()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes 1 or 2 arguments, got 3"):
        eventcodec.crc32c(b"", 0, 0)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'start'"):
        eventcodec.crc32c(b"", start=0)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        eventcodec.crc32c(b"", "0")  # type: ignore[arg-type]
    for value in (-1, 1 << 32, 1 << 64):
        with pytest.raises(ValueError, match=rf"0\.\.0xffffffff, got {value}"):
            eventcodec.crc32c(b"", value)
    with pytest.raises((ValueError, BufferError)):
        eventcodec.crc32c(np.arange(10)[::2])
    with pytest.raises(TypeError, match="bytes-like"):
        eventcodec.masked_crc32c(None)  # type: ignore[arg-type]
