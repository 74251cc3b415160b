"""What a resumed run hides of the files that are there already, and how.

The readers of TensorBoard disagree about restarts, so a resumed file tells each in its own way, in
its first records; T is the step from which earlier points are hidden:

    SessionLog START at T, twice    Its Python readers drop, of all tags, the points from T on. The
                                    slow loader takes no notice of the first START of a run.
    a value that shows nothing      Its data server, the default loader, takes no notice of START.
    at T, for each tag that has     It drops the points of a tag from the step of a new one on, and
    points from T on                shows nothing for a value of a kind that the tag does not have.

All of them read the files of a directory in the order of their names, so the name of the new file
must be the last. Earlier files stay as they are.

Source: tensorboard/backend/event_processing/{event_accumulator,plugin_event_accumulator}.py,
_Purge; tensorboard/data/server/{run,reservoir,data_compat}.rs.
"""

from __future__ import annotations

import re
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from eventcodec import _native

__all__ = ["Earlier", "read_earlier"]

_EVENT_FILE_MARK = "tfevents"  # TensorBoard takes every file whose name contains it
# No points of a series: the readers keep the newest whatever its step.
_STEPLESS_KINDS = {"graphs", "hparams"}
_TAGS_PER_RECORD = 1000


@dataclass(frozen=True)
class Earlier:
    """What the files of a run hold before a new one is begun.

    Attributes:
        last_steps: the highest step of each tag.
        first_second: a file stamped with this second, or a later one, is read after all of them.
    """

    last_steps: dict[str, int]
    first_second: int

    def hiding_summaries(self, step: int) -> list[bytes]:
        """Return Summary bytes that hide, in the data server, all points from `step` on."""
        tags = [tag for tag, last in self.last_steps.items() if last >= step]
        return [
            _native.hidden_summary(tags[at : at + _TAGS_PER_RECORD])
            for at in range(0, len(tags), _TAGS_PER_RECORD)
        ]


def read_earlier(directory: str) -> Earlier | None:
    """Look through the event files of a run.

    Args:
        directory: of the run; its subdirectories are other runs.

    Returns:
        What they hold; None when there are none. What is damaged in them is passed over.
    """
    paths = [
        path
        for path in sorted(Path(directory).iterdir())
        if _EVENT_FILE_MARK in path.name and path.is_file()
    ]
    if not paths:
        return None
    last_steps: dict[str, int] = {}
    for path in paths:
        for tag, step in _last_steps(path):
            last_steps[tag] = max(step, last_steps.get(tag, step))
    return Earlier(last_steps, _first_second([path.name for path in paths]))


def _last_steps(path: Path) -> list[tuple[str, int]]:
    """Highest step of each series of one file."""
    file = _native.EventFile(str(path))
    # A file that cannot be read is one that TensorBoard cannot show either.
    _native.scan_files([file], mode="salvage", verify=True, threads=1, keep_rows=True)
    return [
        (tag, int(file.columns(number)[0].max()))
        for number, (tag, kind, _, _, _, count, *_) in enumerate(file.series())
        if count and kind not in _STEPLESS_KINDS
    ]


def _first_second(names: list[str]) -> int:
    stamps = [re.match(r"events\.out\.tfevents\.(\d{10})\.", name) for name in names]
    first_second = max([int(stamp[1]) for stamp in stamps if stamp], default=-1) + 1
    begin = f"events.out.tfevents.{max(first_second, int(time.time())):010d}."
    later = [name for name in names if name > begin]
    if later:
        warnings.warn(
            f"{later[-1]!r} sorts after every name that an event file is given; TensorBoard will "
            "go on showing all that it holds, rename it to have that hidden",
            RuntimeWarning,
            stacklevel=4,
        )
    return first_second
