"""`eventcodec tail` and `eventcodec export` as a user runs them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pandas as pd

import eventcodec


def test_tail_prints_lines(command, log_dir):
    done = command("tail", log_dir, "--timeout", "0", "--tag", "loss", "--json")
    points = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert [each["step"] for each in points if each["run"] == "b"] == list(range(20))
    assert {each["tag"] for each in points} == {"loss"}
    done = command("tail", log_dir, "--timeout", "0", "--run", "a")
    assert len(done.stdout.splitlines()) == 55
    assert "evil\\x1b[31m\\n\\u202egnp.exe" in done.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout)


def test_tail_shows_a_table_on_a_terminal(terminal, log_dir):
    screen = terminal("tail", log_dir, "--timeout", "0")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen)
    assert "newest values" in plain
    (line,) = {each for each in plain.splitlines() if each.startswith("b ")}
    assert re.search(r"b +loss +20 +19 +0.1 +[▁▂▃▄▅▆▇█]{20}", line)
    assert "▁··" in plain or "···" in plain  # of the tag with NaN and the infinities
    assert all(len(each) <= 80 for each in plain.splitlines())


def test_tail_keeps_names_and_numbers_on_a_narrow_terminal(terminal, log_dir):
    screen = terminal("tail", log_dir, "--timeout", "0", env={"COLUMNS": "40"})
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen)
    assert re.search(r"^b +loss +19 +0\.1 *\r?$", plain, re.MULTILINE)
    assert all(len(each) <= 40 for each in plain.splitlines())


def test_tail_sees_what_comes_and_ends_at_an_interrupt(tmp_path):
    with eventcodec.SummaryWriter(str(tmp_path), durability="process") as writer:
        process = subprocess.Popen(
            [sys.executable, "-m", "eventcodec.cli", "tail", str(tmp_path), "--json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for step in range(3):
            writer.add_scalar("loss", step, step)
            assert json.loads(process.stdout.readline())["step"] == step
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        process.stdout.close()


def test_tail_tells_of_damage(command, terminal, damaged_dir):
    (path,) = (each for each in damaged_dir.rglob("*tfevents*"))
    done = command("tail", damaged_dir, "--timeout", "0", "--json")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 19
    said = r"eventcodec tail: skipped \d+ damaged bytes of .* at byte \d+: \w+ checksum mismatch\n"
    assert re.fullmatch(said, done.stderr)
    assert str(path) in done.stderr
    screen = terminal("tail", damaged_dir, "--timeout", "0", status=1)
    assert re.search(r"skipped \d+ damaged bytes of", screen)


def test_tail_of_nothing(command, tmp_path):
    done = command("tail", tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1


def test_export(command, log_dir, tmp_path):
    done = command("export", log_dir, tmp_path / "out.csv", "--tag", "loss", "--steps", "10:12")
    assert done.returncode == 0
    assert re.fullmatch(r".*out\.csv: 4 rows, \d+ B\n", done.stderr)
    assert pd.read_csv(tmp_path / "out.csv")["step"].tolist() == [10, 11, 10, 11]
    done = command("export", log_dir, tmp_path / "out.csv")
    assert done.returncode == 3
    assert "File exists" in done.stderr
    assert command("export", log_dir, tmp_path / "out.csv", "--force").returncode == 0
    done = command("export", log_dir, tmp_path / "photos", "--kind", "images", "--last", "1")
    assert "1 file, " in done.stderr
    assert (tmp_path / "photos" / "a" / "photo" / "2.png").is_file()


def test_export_says_what_is_wrong(command, log_dir, tmp_path):
    for arguments, words in (
        (["out.xls"], "must end in"),
        (["out.csv", "--steps", "7"], "no range of steps"),
        (["out.csv", "--tag", "los"], "there is 'loss'"),
        (["out.csv", "--kind", "audio"], "leave off the suffix"),
    ):
        done = command("export", log_dir, *arguments, cwd=tmp_path)
        assert done.returncode == 2, arguments
        assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_export_says_how_to_replace_a_file(command, log_dir, tmp_path):
    (tmp_path / "out.csv").write_text("mine")
    done = command("export", log_dir, "out.csv", cwd=tmp_path)
    assert done.returncode == 3
    assert "out.csv: File exists: " in done.stderr
    assert "--force" in done.stderr
    assert (tmp_path / "out.csv").read_text() == "mine"
    assert command("export", log_dir, "out.csv", "--force", cwd=tmp_path).returncode == 0


def test_damage_is_told_after_the_export(command, damaged_dir, tmp_path):
    done = command("export", damaged_dir, tmp_path / "out.csv")
    assert done.returncode == 1
    assert "damaged region" in done.stderr
    assert len(pd.read_csv(tmp_path / "out.csv")) == 19
