"""The command as a process: statuses, one line for an error, pipes, colours, hostile names."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata

import numpy as np
import pytest

import eventcodec
from eventcodec.cli.terminal import (
    escape,
    format_bytes,
    format_rate,
    format_seconds,
    format_wall_time,
    to_json,
)

COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-7]|9[0-7]|4[0-7]|[34]8;)[0-9;]*m")


def one_line(stderr: str) -> str:
    assert stderr.endswith("\n")
    assert stderr.count("\n") == 1, stderr
    assert "Traceback" not in stderr
    return stderr


@pytest.mark.parametrize("name", ["ls", "show", "plot", "verify"])
def test_a_missing_path_is_an_io_error(command, tmp_path, name):
    done = command(name, tmp_path / "nowhere")
    assert done.returncode == 3
    assert one_line(done.stderr).startswith(f"eventcodec {name}: ")
    assert "nowhere" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["ls", "show", "plot", "verify"])
def test_a_directory_without_event_files_is_an_io_error(command, tmp_path, name):
    done = command(name, tmp_path)
    assert done.returncode == 3
    assert "no event files" in one_line(done.stderr)


@pytest.mark.parametrize(
    "args",
    [
        ("frobnicate",),
        ("ls",),
        ("ls", "x", "--colour"),
        ("plot", "x", "--smoothing", "1"),
        ("plot", "x", "-o", "x.gif"),
        ("show", "x", "--limit", "-1"),
        ("bench", "nothing"),
    ],
)
def test_wrong_usage_is_status_2_and_one_line(command, args):
    done = command(*args)
    assert done.returncode == 2
    assert one_line(done.stderr).startswith("eventcodec")
    assert "--help" in done.stderr


def test_an_unknown_tag_names_the_nearest(command, log_dir):
    done = command("show", log_dir, "--tag", "lss")
    assert done.returncode == 2
    assert "'loss'" in one_line(done.stderr)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's /dev/full")  # noqa: PTH110
def test_a_full_disk_is_an_io_error(log_dir):
    line = f"{shlex.quote(sys.executable)} -m eventcodec.cli ls {shlex.quote(str(log_dir))}"
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        f"{line} > /dev/full", shell=True, capture_output=True, text=True, check=False, env=buffered
    )
    assert done.returncode == 3
    assert one_line(done.stderr) == "eventcodec ls: No space left on device\n"


STARVED = """
import resource, sys
import rich.console, rich.table  # what a command imports has its place
import eventcodec.cli.ls
from eventcodec.cli.main import main
status = open("/proc/self/statm").read()
room = int(status.split()[0]) * resource.getpagesize() + (24 << 20)
resource.setrlimit(resource.RLIMIT_AS, (room, room))
sys.argv[:] = ["eventcodec", "ls", sys.argv[1]]
main()
"""


def test_too_little_memory_is_told_in_one_line(tmp_path):
    with eventcodec.SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("loss", np.zeros(2_000_000), np.arange(2_000_000))  # 48 MB
    done = subprocess.run(
        [sys.executable, "-c", STARVED, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "no memory for its values: choose runs, tags or steps" in one_line(done.stderr)


def test_a_reader_that_leaves_early_is_no_error(log_dir):
    line = (
        f"{shlex.quote(sys.executable)} -m eventcodec.cli show {shlex.quote(str(log_dir))} --json"
    )
    script = f'set -o pipefail; {line} | (read -r first; echo "$first")'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["tag"] == "loss"


def test_a_reader_of_a_plot_that_leaves_early_is_no_error(log_dir):
    """rich has an answer of its own to a pipe that is closed: status 1."""
    line = f"{shlex.quote(sys.executable)} -m eventcodec.cli plot {shlex.quote(str(log_dir))}"
    script = f"set -o pipefail; {line} | true"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize(
    ("command", "status"), [("verify damaged", 1), ("verify sound", 0), ("diff damaged sound", 1)]
)
def test_the_status_is_right_even_for_a_reader_that_left(
    log_dir, damaged_dir, command, status, form
):
    paths = {"damaged": damaged_dir, "sound": log_dir / "b"}
    name, *asked = command.split()
    line = shlex.join(
        [sys.executable, "-m", "eventcodec.cli", name, *(str(paths[each]) for each in asked), *form]
    )
    script = f"set -o pipefail; {line} | true"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")


def test_no_escape_reaches_a_pipe(command, log_dir):
    for name in ("ls", "show", "plot", "verify"):
        done = command(name, log_dir, env={"TERM": "xterm-256color"})
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout


def test_colours_on_a_terminal_only_without_no_color(terminal, log_dir):
    assert COLOUR.search(terminal("plot", log_dir, "--tag", "loss"))
    assert not COLOUR.search(terminal("plot", log_dir, "--tag", "loss", env={"NO_COLOR": "1"}))


def test_answers_wider_than_the_terminal(command, terminal, log_dir, tmp_path):
    asked = ("query", log_dir, "SELECT * FROM tags WHERE tag = 'loss'", "--location", tmp_path)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal(*asked)).replace("\r\n", "\n")
    assert re.search(r"^kind +scalars *$", shown, re.MULTILINE)  # a line for each column
    assert max(map(len, shown.splitlines())) <= 80
    heading, _, *rows = command(*asked).stdout.splitlines()  # nobody reads: a row is a line
    assert heading.split()[:4] == ["run", "tag", "kind", "plugin"]
    assert all("loss" in row for row in rows)


def test_an_answer_without_rows_shows_its_columns(command, log_dir, tmp_path):
    asked = ("query", log_dir, "SELECT run, tag FROM tags WHERE 1 = 0", "--location", tmp_path)
    assert command(*asked).stdout.splitlines()[0].split() == ["run", "tag"]


@pytest.mark.parametrize("name", ["ls", "show"])
def test_hostile_names_are_shown_as_escapes(command, terminal, log_dir, name):
    for written in (command(name, log_dir).stdout, terminal(name, log_dir)):
        plain = re.sub(r"\x1b\[[0-9;]*m", "", written).replace("\r\n", "\n")
        hidden = {c for c in plain if unicodedata.category(c) in {"Cc", "Cf"}} - {"\n"}
        assert hidden == set()
        assert "evil\\x1b[31m" in plain.replace("\n", "")
        assert "\x1b[31mgnp" not in written


def test_json_has_no_raw_control_bytes(command, log_dir):
    for line in command("show", log_dir, "--json").stdout.splitlines():
        assert line.isascii()
        assert line.isprintable()
        json.loads(line, parse_constant=lambda name: pytest.fail(f"bare {name} in JSON"))


def test_ascii_terminals_get_escapes_not_errors(command, log_dir):
    done = command("plot", log_dir, "--tag", "loss", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_escape_covers_every_character_that_hides():
    for code in [*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x200F, 0x202E, 0x2066, 0x2028, 0xFEFF]:
        assert escape(f"a{chr(code)}b") == "a" + chr(code).encode("unicode_escape").decode() + "b"
    assert escape("Verlust/größe 損失") == "Verlust/größe 損失"


def test_json_round_trips():
    value = {"a\x7f\x1b\u202e": [1.5, None, "ü"], "b": (float("inf"),)}
    line = to_json(value)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == {"a\x7f\x1b\u202e": [1.5, None, "ü"], "b": ["Infinity"]}


def test_formats():
    assert [format_seconds(s) for s in (5.7e-8, 1.2e-6, 0.034, 2.5)] == [
        "57 ns",
        "1.2 us",
        "34 ms",
        "2.5 s",
    ]
    assert [format_bytes(n) for n in (999, 1500, 56_000_000)] == ["999 B", "1.5 kB", "56.0 MB"]
    assert format_rate(12.34e6, "events/s") == "12.3 M events/s"
    assert format_rate(1.26e9, "B/s") == "1.26 GB/s"
    assert format_rate(12, "events/s") == "12 events/s"
    assert format_wall_time(1e300) == "1e+300"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", format_wall_time(1.7e9))


def test_an_unknown_command_names_the_nearest(command):
    done = command("exprt", "runs")
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr).startswith("eventcodec: no command 'exprt'; there is export")


@pytest.mark.parametrize("name", ["ls", "show"])
def test_what_holds_no_values_says_so(command, tmp_path, name):
    file = tmp_path / "events.out.tfevents.1"
    file.write_bytes(b"vm\n")
    for path, said in ((file, "in this file"), (tmp_path, "in the files of this directory")):
        done = command(name, path)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == f"eventcodec {name}: {path}: no events {said}\n"
    file.unlink()
    eventcodec.SummaryWriter(str(tmp_path)).close()
    done = command(name, tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"eventcodec {name}: no values in {tmp_path} yet\n"
    done = command(name, "")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert 'must not be empty ("." is this directory)' in done.stderr
