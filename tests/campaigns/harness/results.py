"""One row for each campaign: printed by every run, kept in RESULTS.md by a long one."""

from __future__ import annotations

import datetime
import fcntl
import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Row", "update_results"]

_HEADER = """\
# Results of the long campaigns

Written by `make campaign`; [README.md](README.md) says what each campaign does. A hit is a trial in
which the fault struck while it mattered; lost is what the promise forbids to lose.

| date | campaign | promises | trials | hits | lost | seconds | seed | commit | figures |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """The outcome of one campaign."""

    campaign: str
    promise: str
    trials: int
    hits: int
    lost: int
    seconds: float
    seed: int
    figures: str = ""

    def line(self) -> str:
        """The row for machines."""
        return "CAMPAIGN " + json.dumps(asdict(self))

    def cells(self, commit: str) -> str:
        """The row for people."""
        rate = f"{self.hits} ({100 * self.hits / max(self.trials, 1):.1f} %)"
        cells = (
            datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
            self.campaign,
            self.promise,
            f"{self.trials:,}",
            rate,
            self.lost,
            f"{self.seconds:.0f}",
            self.seed,
            commit,
            self.figures,
        )
        return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def update_results(path: Path, row: Row) -> None:
    """Put the row into the table at `path`, in the place of the campaign's older one."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # campaigns may run side by side
        file.seek(0)
        lines = file.read().removeprefix(_HEADER).splitlines(keepends=True)
        kept = [line for line in lines if line.split(" | ")[1:2] != [row.campaign]]
        kept.append(row.cells(_commit(path.parent)))
        kept.sort(key=lambda line: line.split(" | ")[1])
        file.truncate(0)
        file.write(_HEADER + "".join(kept))


def _commit(directory: Path) -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        result = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return result.stdout.strip() or "unknown"
