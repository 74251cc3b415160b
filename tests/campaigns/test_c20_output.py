"""C19, C20 (P27, P28): hostile names reach neither the terminal nor a path."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import eventcodec
from eventcodec.archive import export
from eventcodec.archive.export import safe_cell
from eventcodec.cli.terminal import escape, to_json

HIDDEN = [chr(code) for code in (*range(0xA1), *range(0x200B, 0x2010), *range(0x2028, 0x202F))]
HIDDEN += [chr(code) for code in (*range(0x2060, 0x2070), 0xFEFF, 0x061C, 0x034F, 0x3164)]
PARTS = ["..", ".", "/", "\\", "~", "C:", "con", "\n", "\x1b]0;x\x07", "$(touch x)", "`x`", "%2e"]
PARTS += ["-rf", "é", "\u202e", "a" * 260, "|", ";", "*", "=1+1", " ", "NUL", "..%2f", "\x7f"]
NAMES = {"fast": 1_500, "long": 100_000}


def is_hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"}


def draw_names(rng: random.Random, count: int) -> list[str]:
    names = ["".join(rng.choices(PARTS + HIDDEN, k=rng.randint(1, 5))) for _ in range(count)]
    return list(dict.fromkeys(name.replace("\0", "\1") for name in names))


def test_c20_every_character(campaign: Any) -> None:
    for character in HIDDEN:
        text = f"a{character}b"
        assert not any(map(is_hidden, escape(text))), repr(character)
        line = to_json({text: text})
        assert line.isascii()
        assert line.isprintable()
        assert json.loads(line) == {text: text}
        out = io.StringIO()
        csv.writer(out).writerow([safe_cell(character + "1"), text])
        cell, plain = next(csv.reader(io.StringIO(out.getvalue(), newline="")))
        assert cell.lstrip("'") == character.lstrip("'") + "1"
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert plain == text
    campaign.report("C20 characters", "P28", trials=len(HIDDEN), hits=len(HIDDEN), lost=0)


def test_c19_c20_hostile_tags(campaign: Any, tmp_path: Path) -> None:
    """Files of hostile tags stay where they should; every command prints them harmless."""
    count = round(NAMES[campaign.scale] * campaign.share)
    names = draw_names(campaign.random, count)
    inside = tmp_path / "inside"
    inside.mkdir()
    with eventcodec.SummaryWriter(str(inside / "log")) as writer:
        for name in names:
            writer.add_text(name, name, 0)
            writer.add_scalar("scalar " + name, 1.0, 0)
    before = sorted(each.name for each in tmp_path.iterdir())
    log = eventcodec.open(inside / "log")
    report = export(log, inside / "texts", kind="texts")
    assert report.rows == len(log["."].texts) == len(names)
    files = [path for path in (inside / "texts").rglob("*") if path.is_file()]
    assert len(files) == len(names) + 1
    assert sorted(each.name for each in tmp_path.iterdir()) == before
    assert sorted(each.name for each in inside.iterdir()) == ["log", "texts"]
    for arguments in (
        ["ls"],
        ["show"],
        ["tail", "--timeout", "0"],
        ["tail", "--timeout", "0", "--json"],
    ):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "eventcodec.cli",
                arguments[0],
                str(inside / "log"),
                *arguments[1:],
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
            env={**os.environ, "COLUMNS": "80"},
        )
        hidden = {character for character in done.stdout if is_hidden(character)} - {"\n"}
        assert not hidden, (arguments, hidden)
    campaign.report("C19, C20 tags", "P27, P28", trials=len(names), hits=len(names), lost=0)
