"""How much work a trial of each case does."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Sizes"]


@dataclass(frozen=True)
class Sizes:
    """How much work a trial of each case does; `quick` is for a first look and for tests.

    Attributes:
        scalars: how many a trial logs, and add_metrics in calls that are as few as they may be.
        series: length of a column of add_scalar_series; where it takes a call a point, `scalars`.
        pictures, picture_bytes: a trial encodes a picture so often, and no more bytes than this.
        picture_side: pictures are cut to this many rows and columns; 0 leaves them whole.
        worth_threads: bytes of a picture from which two threads are a contender of their own.
        scanned, long_scanned: scalars of one file, and of one that two threads share.
        files, file_scalars: a log has so many files of so many scalars.
        blob_bytes: size of the log of images and histograms.
        latency_calls: how many calls of a trial are timed one by one, fewer when time is up.
        latency_seconds: when it is.
    """

    checksum_bytes: int = 8 << 20
    checksum_calls: int = 10_000
    records: int = 5_000
    scalars: int = 20_000
    series: int = 1_000_000
    small_histograms: int = 200
    large_histograms: int = 3
    images: int = 2
    image_side: int = 1024
    pictures: int = 100
    picture_bytes: int = 64 << 20
    picture_side: int = 0
    worth_threads: int = 4 << 20
    scanned: int = 100_000
    long_scanned: int = 1_000_000
    files: int = 1_000
    file_scalars: int = 1_000
    blob_bytes: int = 500_000_000
    latency_calls: int = 100_000
    latency_seconds: float = 1.0

    @classmethod
    def quick(cls) -> Sizes:
        """Make a run of a few seconds, whose figures are rough."""
        return cls(
            checksum_bytes=2 << 20,
            checksum_calls=1_000,
            records=500,
            scalars=2_000,
            series=100_000,
            small_histograms=20,
            large_histograms=1,
            images=1,
            image_side=256,
            pictures=5,
            picture_bytes=4 << 20,
            picture_side=200,
            scanned=5_000,
            long_scanned=200_000,
            files=100,
            file_scalars=100,
            blob_bytes=20_000_000,
            latency_calls=20_000,
            latency_seconds=0.25,
        )
