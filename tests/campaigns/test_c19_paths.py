"""C19, C20 (P27, P28): hostile names, swapped directories, control characters in output."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from eventcodec import _native
from eventcodec.archive import import_scalars, merge
from eventcodec.archive.output import OutputDirectory, write_all

PARTS = ["..", ".", "", "a", "/", "//", "\0", "\n", "\x1b[2J", "~", "-rf", "C:", "\\", "con",
         "\u202e", "x" * 300, "%2e%2e", "..\\..", "\udcff", " "]  # fmt: skip


def hostile_names() -> list[str]:
    pairs = itertools.product(PARTS, repeat=2)
    names = {*PARTS, *("/".join(pair) for pair in pairs), "/etc/passwd", "../../x", "a/../../../b"}
    return sorted(names)


def tree_of(place: Path) -> set[tuple[str, int, int]]:
    found = set()
    for path in place.rglob("*"):
        status = path.lstat()
        found.add((str(path), status.st_size, status.st_mtime_ns))
    return found


def test_c19_hostile_names(campaign: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(Path(__file__).parent / "harness", outside)
    logs = outside / "logs"
    logs.mkdir()
    (logs / "events.out.tfevents.1").write_bytes(_native.frame(b"\x1a\rbrain.Event:2"))
    place = outside / "place"
    place.mkdir()
    before = tree_of(outside)
    names = campaign.choose(hostile_names(), fast=120)
    refused = 0
    for name in names:
        row = {"run": name, "tag": "t", "step": 1, "value": 1, "wall_time": 1.0}
        (tmp_path / "table.jsonl").write_text(json.dumps(row) + "\n")
        for sink in (
            lambda: import_scalars(tmp_path / "table.jsonl", place / "out"),
            lambda name=name: list(merge({name: logs}, place / "out")),
            lambda name=name: create_in(place / "out", name, "x"),
            lambda name=name: create_in(place / "out", "a", name),
        ):
            try:
                sink()
            except (ValueError, OSError):
                refused += 1
            made = place / "out"
            if made.exists():
                resolved = [path.resolve() for path in made.rglob("*")]
                assert all(path.is_relative_to(made) for path in resolved)
                shutil.rmtree(made)
            os.utime(place, ns=(0, next(m for p, _, m in before if p == str(place))))
            assert tree_of(outside) == before, name
    campaign.report("C19 hostile names", "P27", trials=4 * len(names), hits=refused, lost=0)


def create_in(place: Path, run: str, name: str) -> None:
    with OutputDirectory(place) as output:
        with output.tree.create(run, name) as (descriptor, piece):
            write_all(descriptor, b"x")
        output.commit([piece])


SWAPPER = """
import os, sys
root, outside, stop, swapped = sys.argv[1:]
swaps = tries = 0
while not os.path.exists(stop):
    tries += 1
    try:
        os.rename(root + "/a", f"{root}/kept{tries}")
        os.symlink(outside, root + "/a")
        swaps += 1
        if swaps == 1:
            open(swapped, "w").close()
        os.unlink(root + "/a")
    except OSError:
        continue
print(swaps)
"""


def test_c19_directories_that_are_swapped(campaign: Any, tmp_path: Path) -> None:
    """Another process replaces directories of the output by links, all the time."""
    outside, stop, swapped = (tmp_path / name for name in ("outside", "stop", "swapped"))
    least = 100_000 if campaign.long else 5000
    deadline = time.monotonic() + 60  # for the other process to begin
    outside.mkdir()
    made = refused = 0
    with OutputDirectory(tmp_path / "out") as output:
        arguments = [output.tree.path, outside, stop, swapped]
        swapper = subprocess.Popen(
            [sys.executable, "-c", SWAPPER, *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )
        try:
            for number in itertools.count():
                if number >= least and (swapped.exists() or time.monotonic() > deadline):
                    break
                try:
                    with output.tree.create("a/b", f"{number}") as (descriptor, _):
                        write_all(descriptor, b"x")
                    made += 1
                except OSError:
                    refused += 1
        finally:
            stop.touch()
            swaps = int(swapper.communicate(timeout=60)[0])
    assert list(outside.iterdir()) == []
    assert swaps > 0
    campaign.report("C19 swapped directories", "P27", trials=made + refused, hits=swaps, lost=0,
                    figures=f"{refused} refused")  # fmt: skip


HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def hidden_in(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in HIDDEN and c != "\n"}


@pytest.fixture
def odd_logs(tmp_path: Path) -> Path:
    """Tags, texts and run names with everything that a terminal or a spreadsheet obeys."""
    odd = [chr(code) for code in range(1, 0xA1)]
    odd += ["\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\r\n", "\x1b]0;x\x07"]
    tags = [*(f"t{c}x" for c in odd), "=1+1", "+1", "-1", "@x", "=cmd|' /C calc'!A0"]
    payloads = [Event(file_version="brain.Event:2").SerializeToString()]
    for tag in tags:
        event = Event(wall_time=1.0, step=1)
        event.summary.value.add(tag=tag, simple_value=-1.0)
        payloads.append(event.SerializeToString())
    data = bytearray(b"".join(map(_native.frame, payloads)))
    for run in ("r\x1b[31m", "\u202egnp", "=1"):
        path = tmp_path / "logs" / run / "events.out.tfevents.\x1b[1m"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        data[100] ^= 1
    return tmp_path / "logs"


def test_c20_output_is_printable(campaign: Any, odd_logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "o\x1bu\nt"
    out.mkdir()
    commands = [
        ["index", odd_logs],
        ["query", odd_logs, "SELECT * FROM tags"],
        ["query", odd_logs, "SELECT * FROM tags", "--json"],
        ["query", odd_logs, "SELECT * FROM tags", "--format", "csv"],
        ["query", odd_logs, "SELECT * FROM files"],
        ["query", odd_logs, 'SELECT tag AS "a\x1b[1m" FROM tags', "--format", "csv"],
        ["du", odd_logs, "--by-run"],
        ["du", odd_logs, "--by-run", "--json"],
        ["verify", odd_logs],
        ["repair", odd_logs, out / "r"],
        ["compact", odd_logs, out / "c"],
        ["compact", odd_logs, out / "c2", "--json"],
        ["shift", odd_logs, out / "s", "--step", "1"],
        ["diff", odd_logs, out / "s"],
        ["diff", odd_logs, out / "s", "--json"],
        ["merge", odd_logs, out / "m\x1b[1m"],
        ["merge", "--reduce", "mean", odd_logs, out / "r\x1b[1m"],
        ["repair", odd_logs, out / "r"],
    ]
    chosen = commands if campaign.long else [commands[n] for n in (1, 3, 8, 10, 12, 13, 16)]
    for arguments in chosen:
        done = subprocess.run(
            [sys.executable, "-m", "eventcodec.cli", *map(str, arguments)],
            capture_output=True,
            check=False,
            timeout=120,
        )
        for stream in (done.stdout, done.stderr):
            text = stream.decode("utf-8")
            assert hidden_in(text) == set(), (arguments, text)
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        if "csv" in arguments:
            rows = csv.reader(io.StringIO(done.stdout.decode()))
            cells = {cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")}
            assert cells <= {"-1.0"}  # the number that was logged
    campaign.report("C20 printable output", "P28", trials=len(chosen), hits=len(chosen), lost=0)
