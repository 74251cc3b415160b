"""C4 (P17, P18): each flipped bit costs the record it stands in, and nothing else changes."""

from __future__ import annotations

import os
import random
from bisect import bisect_right
from pathlib import Path
from typing import Any

from harness.generated_logs import draw_events, frame
from harness.scanned import Scanned, record_bounds, scan

BYTES = {"fast": 2_500, "long": 64 << 10}
BURSTS = {"fast": 4_000, "long": 1_000_000}


class Corpus:
    """A file of every kind of record, and what is left of it without each of them."""

    def __init__(self, directory: Path, rng: random.Random, size: int) -> None:
        self.path = directory / "events.tfevents.0"
        data = b""
        while len(data) < size:
            events = draw_events(rng, 12)
            data += b"".join(frame(each.SerializeToString()) for each in events)
        self.data = data
        self.bounds = record_bounds(data)
        self._without: dict[int, Scanned] = {}
        self.path.write_bytes(data)

    def without(self, record: int) -> Scanned:
        if record not in self._without:
            start, stop = self.bounds[record : record + 2]
            # Each record in its own place, so that references do not move: nothing of them is
            # compared but the item.
            rest = self.path.with_name("rest.tfevents.0")
            rest.write_bytes(self.data[:start] + self.data[stop:])
            self._without[record] = scan(rest)
        return self._without[record]

    def check(self, changes: dict[int, int]) -> None:
        """Change bytes of one record (offset -> mask), scan, and put them back."""
        record = bisect_right(self.bounds, min(changes)) - 1
        assert max(changes) < self.bounds[record + 1]
        with self.path.open("rb+", buffering=0) as file:
            for offset, mask in changes.items():
                os.pwrite(file.fileno(), bytes([self.data[offset] ^ mask]), offset)
            found = scan(self.path)
            for offset in changes:
                os.pwrite(file.fileno(), self.data[offset : offset + 1], offset)
        want = self.without(record)
        start, stop = self.bounds[record : record + 2]
        context = (changes, record)
        if record == len(self.bounds) - 2 and found.pending:
            # A header of the last record that claims more than there is: unfinished, not damaged.
            assert (found.damage, found.pending) == ([], stop - start), context
        else:
            ((offset, length, *_, before),) = found.damage
            assert (offset, length, before) == (start, stop - start, record), context
        assert found.records == want.records == len(self.bounds) - 2, context
        assert (found.rows, found.starts) == (want.rows, want.starts), context


def test_c04_every_bit(campaign: Any, tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, campaign.random, round(BYTES[campaign.scale] * campaign.share))
    trials = 0
    for offset in range(len(corpus.data)):
        for bit in range(8):
            corpus.check({offset: 1 << bit})
            trials += 1
    campaign.report("C4 single bits", "P17, P18", trials=trials, hits=trials, lost=0)


def test_c04_bursts(campaign: Any, tmp_path: Path) -> None:
    """Up to 32 bits in a row anywhere in a record; up to 5 in a payload."""
    rng = campaign.random
    corpus = Corpus(tmp_path, rng, 20_000)
    trials = round(BURSTS[campaign.scale] * campaign.share)
    for _ in range(trials):
        record = rng.randrange(len(corpus.bounds) - 2)
        start, stop = corpus.bounds[record : record + 2]
        changes: dict[int, int] = {}
        if rng.random() < 0.5:
            burst = (rng.getrandbits(32) | 1) << rng.randrange(8)
            first = rng.randrange(start, stop)
            for place in range(5):
                mask = burst >> (8 * place) & 0xFF
                if mask and first + place < stop:
                    changes[first + place] = mask
        elif stop - start > 16:
            for _ in range(rng.randint(1, 5)):
                changes[rng.randrange(start + 12, stop - 4)] = 1 << rng.randrange(8)
        if changes:
            corpus.check(changes)
    campaign.report("C4 bursts", "P17, P18", trials=trials, hits=trials, lost=0)
