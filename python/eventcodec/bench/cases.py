"""Every case: the same input and the same work for eventcodec, plain Python and every peer.

A group of cases is a file that ends in a table of them, and a line here. A case is built only when
it is asked for, since that imports the peers. Everything of ours is called through the public
names, as a user would.
"""

from __future__ import annotations

from collections.abc import Callable

from eventcodec.bench.checksum_cases import CHECKSUM_CASES
from eventcodec.bench.framing_cases import FRAMING_CASES
from eventcodec.bench.histogram_cases import HISTOGRAM_CASES
from eventcodec.bench.image_cases import IMAGE_CASES
from eventcodec.bench.scalar_cases import SCALAR_CASES
from eventcodec.bench.scan_cases import SCAN_CASES
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import Case
from eventcodec.bench.visualdl_cases import VISUALDL_CASES

__all__ = ["CASES", "build_case"]

CASES: dict[str, Callable[[str, Sizes], Case]] = {
    **CHECKSUM_CASES,
    **FRAMING_CASES,
    **SCALAR_CASES,
    **HISTOGRAM_CASES,
    **IMAGE_CASES,
    **SCAN_CASES,
    **VISUALDL_CASES,
}


def build_case(name: str, sizes: Sizes) -> Case:
    """Make the inputs and the contenders of one case; imports the peers it needs."""
    return CASES[name](name, sizes)
