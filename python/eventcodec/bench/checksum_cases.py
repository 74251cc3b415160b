"""The cases of CRC-32C, called from Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import eventcodec
from eventcodec.bench import baselines, limits, peers
from eventcodec.bench.inputs import random_bytes
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect

__all__ = ["CHECKSUM_CASES"]


def crc32c_case(name: str, sizes: Sizes, size: int) -> Case:
    """Checksum a block of bytes, called from Python."""
    data = random_bytes(size)
    count = max(1, min(sizes.checksum_calls, sizes.checksum_bytes // size))
    want = baselines.crc32c(data)
    functions = {OURS: eventcodec.crc32c, PLAIN: baselines.crc32c, **peers.crc32c_functions()}

    def contender(label: str, function: Callable[[bytes], int]) -> Contender:
        def run() -> None:
            for _ in range(count):
                function(data)

        def check() -> None:
            expect(function(data) == want, f"{label}: wrong checksum")

        return Contender(label, lambda _: Trial(run, check=check))

    contenders = tuple(contender(*item) for item in functions.items())
    limit = limits.memory_read(size, count)
    return Case(name, "call", count, size, (*contenders, *limit), closes=False)


CHECKSUM_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "crc32c/64B": partial(crc32c_case, size=64),
    "crc32c/1KiB": partial(crc32c_case, size=1 << 10),
    "crc32c/1MiB": partial(crc32c_case, size=1 << 20),
}
