"""Writes images, audio clips and texts of a log as files, under names that are safe everywhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from eventcodec.archive.output import OutputTree, Piece, write_all
from eventcodec.json_lines import to_json
from eventcodec.reader.log import Log
from eventcodec.reader.select import Patterns, Steps, as_patterns, matches, rows_of

__all__ = ["INDEX_NAME", "safe_name", "write_files"]

INDEX_NAME = "index.jsonl"
_UNSAFE = re.compile(rb"[^A-Za-z0-9._-]")
_LONGEST_NAME = 200  # bytes; file systems allow 255, and copies often add to a name
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"\xff\xd8\xff", "jpg"),
    (b"BM", "bmp"),
    (b"RIFF", "wav"),
)


def safe_name(name: str) -> str:
    """Return a name of a file or directory for a run or tag; different ones stay different.

    Letters, digits and ".", "_", "-" stand for themselves; every other byte of the UTF-8 form is
    %XX, and so is a dot in front. A name that gets too long ends in a hash instead.

    Example:
        >>> safe_name("loss/train"), safe_name(".."), safe_name("")
        ('loss%2Ftrain', '%2E.', '%')
    """
    encoded = name.encode("utf-8", "surrogateescape")
    safe = _UNSAFE.sub(lambda found: b"%%%02X" % ord(found.group()), encoded).decode("ascii") or "%"
    if safe.startswith("."):
        safe = "%2E" + safe[1:]
    if len(safe) <= _LONGEST_NAME:
        return safe
    digest = hashlib.sha256(encoded).hexdigest()[:32]
    return f"{safe[: _LONGEST_NAME - len(digest) - 1]}%{digest}"


class _Found(NamedTuple):
    """One value to be written."""

    run: str
    tag: str
    step: int
    wall_time: float
    data: bytes
    suffix: str


def write_files(
    log: Log,
    kind: str,
    tree: OutputTree,
    *,
    runs: Patterns,
    tags: Patterns,
    steps: Steps,
    every: int | None,
    last: int | None,
) -> tuple[list[Piece], int]:
    """Write RUN/TAG/STEP.SUFFIX for each value, and an index of all.

    Returns:
        The pieces, of which the last is the index; the bytes of the others together.
    """
    pieces: list[Piece] = []
    size = 0
    index: list[str] = []
    used: dict[tuple[str, str, str], int] = {}
    for found in _values(log, kind, runs, tags, steps, every, last):
        place = f"{safe_name(found.run)}/{safe_name(found.tag)}"
        name = f"{found.step}.{found.suffix}"
        number = used[found.run, found.tag, name] = used.get((found.run, found.tag, name), 0) + 1
        if number > 1:
            name = f"{found.step}_{number}.{found.suffix}"
        pieces.append(_write(tree, place, name, found.data))
        size += len(found.data)
        entry = {"file": f"{place}/{name}", **found._asdict()}
        del entry["data"], entry["suffix"]
        index.append(to_json(entry) + "\n")
    pieces.append(_write(tree, ".", INDEX_NAME, "".join(index).encode("ascii")))
    return pieces, size


def _write(tree: OutputTree, place: str, name: str, data: bytes) -> Piece:
    with tree.create(place, name) as (descriptor, piece):
        write_all(descriptor, data)
    return piece


def _values(
    log: Log,
    kind: str,
    runs: Patterns,
    tags: Patterns,
    steps: Steps,
    every: int | None,
    last: int | None,
) -> Iterator[_Found]:
    run_patterns, tag_patterns = as_patterns(runs, "runs"), as_patterns(tags, "tags")
    for name, run in log.runs.items():
        if not matches(name, run_patterns):
            continue
        for tag, series in getattr(run, kind).items():
            if not matches(tag, tag_patterns):
                continue
            for row in rows_of(series.steps, steps, every, last).tolist():
                value = series[row]
                yield _Found(name, tag, value.step, value.wall_time, *_data_of(kind, value))


def _data_of(kind: str, value: Any) -> tuple[bytes, str]:
    """Return the bytes of a file, and its suffix by what the bytes are."""
    if kind == "texts":
        return value.value.encode("utf-8", "backslashreplace"), "txt"
    data: bytes = value.encoded
    return data, next((suffix for start, suffix in _SIGNATURES if data.startswith(start)), "bin")
