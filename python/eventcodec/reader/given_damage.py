"""Which damage of each file follow() has told of, and what is new."""

from __future__ import annotations

from collections.abc import Iterable

from eventcodec import _native
from eventcodec.damage import SkippedRegion

__all__ = ["GivenDamage"]


class GivenDamage:
    """What was told of each file."""

    def __init__(self) -> None:
        self._files: dict[str, dict[int, SkippedRegion]] = {}  # by offset

    def take(self, files: Iterable[tuple[str, _native.EventFile]]) -> list[SkippedRegion]:
        """Return the new regions of files and count them as told.

        One that goes to the end of a file may be the beginning of a longer one: it is new once
        more, when its end is known, if it is another then.

        Args:
            files: each with its run, as they were just scanned.
        """
        found = []
        for _, file in files:
            path, size = file.path, file.bytes
            told = self._files.pop(path, {})
            regions = [SkippedRegion(path, *region[:4]) for region in file.damage()]
            for number, region in enumerate(regions):
                before = told.get(region.offset)
                is_open = region.offset + region.length == size
                if before is None or (before != region and not is_open):
                    found.append(region)
                else:
                    regions[number] = before
            if regions:
                self._files[path] = {region.offset: region for region in regions}
        return found
