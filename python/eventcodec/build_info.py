"""What was compiled and which kernel each hot path uses on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from eventcodec import _native

__all__ = ["BuildInfo", "Kernel", "build_info"]


@dataclass(frozen=True)
class Kernel:
    """The implementation of one hot path.

    Attributes:
        chosen: the name of the kernel in use.
        available: the kernels this machine can run, best first; the last is "portable".
    """

    chosen: str
    available: tuple[str, ...]


@dataclass(frozen=True)
class BuildInfo:
    """The answer of build_info().

    Attributes:
        version: the version of eventcodec.
        compiler: the compiler of the native core.
        test_build: whether EVENTCODEC_DISABLE_CPU is honoured.
        cpu_features: the instruction sets of this machine that some kernel can use.
        kernels: hot path -> Kernel.
    """

    version: str
    compiler: str
    test_build: bool
    cpu_features: tuple[str, ...]
    kernels: dict[str, Kernel]


def build_info() -> BuildInfo:
    """Describe this build of eventcodec and the kernels that it chose for this machine.

    Returns:
        A BuildInfo.

    Example:
        >>> build_info().kernels["crc32c"].available[-1]
        'portable'
    """
    info = _native.build_info()
    return BuildInfo(
        version=info["version"],
        compiler=info["compiler"],
        test_build=info["test_build"],
        cpu_features=info["cpu_features"],
        kernels={
            path: Kernel(chosen=kernel["chosen"], available=kernel["available"])
            for path, kernel in info["kernels"].items()
        },
    )
