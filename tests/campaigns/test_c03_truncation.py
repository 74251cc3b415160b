"""C3 (P18, P20): a file cut at every byte, and one that grows from any cut."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from harness.generated_logs import draw_events, frame
from harness.scanned import look, record_bounds, scan, scan_file

from eventcodec import _native

RECORDS = {"fast": 120, "long": 10_000}
GROWTHS = {"fast": 60, "long": 2_000}


def mixed_file(path: Path, rng: random.Random, records: int) -> bytes:
    events = [each.SerializeToString() for each in draw_events(rng, records)]
    data = b"".join(map(frame, events))
    path.write_bytes(data)
    return data


def test_c03_every_cut(campaign: Any, tmp_path: Path) -> None:
    """Each cut gives the records before it, calls the rest pending, and nothing damaged."""
    path = tmp_path / "events.tfevents.0"
    data = mixed_file(path, campaign.random, round(RECORDS[campaign.scale] * campaign.share))
    bounds = record_bounds(data)
    whole = len(bounds) - 1
    cuts = 0
    for cut in range(len(data) - 1, -1, -1):
        os.truncate(path, cut)
        while bounds[whole] > cut:
            whole -= 1
        file = _native.EventFile(os.fsencode(path))
        scan_file(file)
        assert (file.records, file.pending, file.damage()) == (whole, cut - bounds[whole], []), cut
        cuts += 1
    campaign.report("C3 cuts", "P18, P20", trials=cuts, hits=cuts, lost=0)


def test_c03_growth_from_any_cut(campaign: Any, tmp_path: Path) -> None:
    """However a file grows, the end is what one scan of the whole finds."""
    path = tmp_path / "events.tfevents.0"
    data = mixed_file(path, campaign.random, 150)
    want = scan(path)
    trials = round(GROWTHS[campaign.scale] * campaign.share)
    for _ in range(trials):
        path.write_bytes(b"")
        file = _native.EventFile(os.fsencode(path))
        cuts = sorted(campaign.random.sample(range(1, len(data)), campaign.random.randint(1, 20)))
        with path.open("ab", buffering=0) as out:
            for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
                out.write(data[start:stop])
                scan_file(file)
        assert look(file) == want
    campaign.report("C3 growth", "P20", trials=trials, hits=trials, lost=0)
