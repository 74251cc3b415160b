"""The commands on VisualDL logs, run as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from eventcodec.compat.visualdl import LogWriter


@pytest.fixture
def log(tmp_path):
    with LogWriter(str(tmp_path / "vdl" / "run"), display_name="shown") as writer:
        for step in range(30):
            writer.add_scalar("train/loss", 1 / (step + 1), step, 1700000000000 + step)
        writer.add_text("note", "hello", 3)
        writer.add_roc_curve("roc", [0, 1, 1], [0.1, 0.4, 0.8], 1)
    return tmp_path / "vdl"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "eventcodec.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_ls_show_plot_and_verify(log):
    listed = run("ls", log)
    assert listed.returncode == 0
    rows = [line.split() for line in listed.stdout.splitlines()]
    assert ["train/loss", "scalars", "30", "0..29", "0.0333333"] in rows
    assert ["meta_data_tag", "raw", "1", "0", "shown"] in rows
    assert "hello" in run("show", log, "--tag", "note").stdout
    assert run("plot", log, "--tag", "train/loss").returncode == 0
    verified = run("verify", log, "--json")
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["files"][0]["records"] == 33


def test_verify_finds_a_wrong_length(log):
    (path,) = log.rglob("vdlrecords*")
    data = bytearray(path.read_bytes())
    first = 8 + int.from_bytes(data[:8], "little")
    data[first] ^= 1
    path.write_bytes(data)
    verified = run("verify", log, "--json")
    assert verified.returncode == 1
    (damage,) = json.loads(verified.stdout)["files"][0]["damage"]
    assert (damage["offset"], damage["records_before"], damage["records_after"]) == (first, 1, 31)
    assert damage["reason"] == "lengths contradict each other"


def test_convert(log, tmp_path):
    converted = run("convert", log, tmp_path / "tf")
    assert (converted.returncode, converted.stderr) == (0, "")
    assert "no page of TensorBoard shows" in " ".join(converted.stdout.split())
    assert "33 values of 1 run(s) written" in converted.stdout
    assert max(map(len, converted.stdout.splitlines())) <= 80
    again = run("convert", log, tmp_path / "tf")
    assert again.returncode == 3
    assert "File exists" in again.stderr
    back = run("convert", tmp_path / "tf", tmp_path / "back", "--to", "vdlrecords", "--json")
    assert json.loads(back.stdout)["losses"] == []
    assert run("convert", log, tmp_path / "x", "--to", "vdlrecords").returncode == 2
    assert run("convert", tmp_path / "missing", tmp_path / "x").returncode == 3


def test_convert_passes_over_damage(log, tmp_path):
    (path,) = log.rglob("vdlrecords*")
    data = bytearray(path.read_bytes())
    data[8] ^= 1
    path.write_bytes(data)
    converted = run("convert", log, tmp_path / "tf")
    assert converted.returncode == 1
    assert "damaged bytes skipped" in converted.stdout


def test_repair_keeps_every_intact_record(log, tmp_path):
    (path,) = log.rglob("vdlrecords*")
    whole = path.read_bytes()
    first = 8 + int.from_bytes(whole[:8], "little")
    second = first + 8 + int.from_bytes(whole[first : first + 8], "little")
    path.write_bytes(whole[: first + 8] + b"\xff" + whole[first + 9 :] + whole[:20])
    repaired = run("repair", log, tmp_path / "fixed")
    assert repaired.returncode in (0, 1)
    assert (tmp_path / "fixed" / "run" / path.name).read_bytes() == whole[:first] + whole[second:]
    assert run("verify", tmp_path / "fixed").returncode == 0
    in_place = run("repair", path, "--in-place")
    assert in_place.returncode in (0, 1)
    assert path.read_bytes() == whole[:first] + whole[second:]
    assert [each.name for each in path.parent.iterdir() if "vdlrecords" in each.name] == [path.name]


def test_commands_that_rewrite_events_say_what_to_do(log, tmp_path):
    for command in (("compact",), ("rewind", "--step", "3")):
        refused = run(command[0], log, tmp_path / "new", *command[1:])
        assert refused.returncode == 2, refused
        assert "eventcodec convert" in refused.stderr
        assert not (tmp_path / "new").exists()
