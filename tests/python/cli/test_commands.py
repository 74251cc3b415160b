"""Each command on a real log: what it prints, in text and in JSON, and its exit status."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import eventcodec
from eventcodec.cli.main import COMMANDS, cli


def invoke(*args):
    return CliRunner().invoke(cli, [str(a) for a in args], prog_name="eventcodec")


def pixels_of(path):
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    result = invoke(name, "--help")
    assert result.exit_code == 0
    assert f"Example:\n    eventcodec {name}" in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())


def test_without_a_command_the_help_is_shown():
    result = invoke()
    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.output for name in COMMANDS)
    assert "..." not in result.output.split("Commands:")[1]


def test_version():
    assert invoke("--version").output == f"eventcodec {eventcodec.__version__}\n"


def test_info_names_every_kernel():
    text, parsed = invoke("info").output, json.loads(invoke("info", "--json").output)
    info = eventcodec.build_info()
    assert parsed["version"] == info.version
    for path, kernel in info.kernels.items():
        assert path in text
        assert parsed["kernels"][path]["chosen"] == kernel.chosen


def test_ls_json_equals_the_reader(log_dir):
    parsed = json.loads(invoke("ls", log_dir, "--json").output)
    log = eventcodec.open(log_dir)
    assert [run["run"] for run in parsed["runs"]] == list(log.runs)
    for run in parsed["runs"]:
        tags = log.runs[run["run"]].tags
        assert [t["tag"] for t in run["tags"]] == list(tags)
        for entry in run["tags"]:
            tag = tags[entry["tag"]]
            assert (entry["kind"], entry["count"]) == (tag.kind, tag.count)
            assert (entry["first_step"], entry["last_step"]) == (tag.first_step, tag.last_step)
    by_tag = {t["tag"]: t for t in parsed["runs"][0]["tags"]}
    assert by_tag["loss"]["last_value"] == pytest.approx(1 / 50)
    assert by_tag["odd"]["last_value"] == "-Infinity"
    assert by_tag["photo"]["last_value"] is None


def test_ls_text_shows_every_tag_within_80_columns(log_dir):
    result = invoke("ls", log_dir)
    assert result.exit_code == 0
    assert all(len(line) <= 80 for line in result.output.splitlines())
    for words in ("run a", "run b", "loss", "0..49", "12x8", "first", "weights", "-inf"):
        assert words in result.output


def test_ls_picks_runs_and_tags(log_dir):
    parsed = json.loads(invoke("ls", log_dir, "--run", "b", "--tag", "l*", "--json").output)
    assert [(r["run"], [t["tag"] for t in r["tags"]]) for r in parsed["runs"]] == [("b", ["loss"])]


def test_show_json_has_every_event_in_order(log_dir):
    lines = invoke("show", log_dir, "--run", "a", "--json").output.splitlines()
    events = [json.loads(line) for line in lines]
    log = eventcodec.open(log_dir)["a"]
    assert len(events) == sum(tag.count for tag in log.tags.values())
    assert [e["wall_time"] for e in events] == sorted(e["wall_time"] for e in events)
    loss = [e["value"] for e in events if e["tag"] == "loss"]
    assert loss == log.scalars["loss"].values.tolist()
    assert [e["value"] for e in events if e["tag"] == "odd"] == [
        1.0,
        "NaN",
        "Infinity",
        "-Infinity",
    ]
    histogram = next(e["value"] for e in events if e["kind"] == "histograms")
    assert sum(histogram["counts"]) == histogram["num"] == 100
    photo = next(e["value"] for e in events if e["kind"] == "images")
    assert (photo["width"], photo["height"]) == (12, 8)
    assert any(
        e["value"] == "first\nsecond \x1b]0;title\x07" for e in events if e["kind"] == "texts"
    )


def test_show_and_plot_take_steps(log_dir):
    output = invoke("show", log_dir, "--tag", "/^lo/", "--steps", "18:20").output.splitlines()
    assert [re.findall(r"(\w)  step (\d+)  (\w+)", line)[0] for line in output] == [
        (name, step, "loss") for name in "ab" for step in ("18", "19")
    ]
    drawn = invoke("plot", log_dir, "--tag", "loss", "--steps", "5:").output
    assert invoke("plot", log_dir, "--tag", "loss").output != drawn
    for name in ("show", "plot"):
        result = invoke(name, log_dir, "--tag", "loss", "--steps", "999:")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "there is no value of 'loss' at these steps" in result.stderr
    result = invoke("show", log_dir, "--steps", "999:")
    assert result.stdout == ""
    assert "at these steps" in result.stderr


def test_show_text_limit_and_summaries(log_dir):
    assert len(invoke("show", log_dir, "--limit", 7).output.splitlines()) == 7
    assert invoke("show", log_dir, "--limit", 0).output == ""
    text = invoke("show", log_dir, "--tag", "weights", "--tag", "photo").output
    assert "histogram of 100 values" in text
    assert "image 12x8, " in text


@pytest.mark.parametrize("kind", ["scalars", "histograms", "images"])
def test_plot_in_the_terminal_fits(log_dir, kind):
    result = invoke("plot", log_dir, "--kind", kind, "--width", 70, "--height", 6)
    assert result.exit_code == 0
    assert result.output.strip()
    assert all(len(line) <= 70 for line in result.output.splitlines())


@pytest.mark.parametrize("x", ["step", "relative", "wall"])
def test_plot_axes(log_dir, x):
    result = invoke("plot", log_dir, "--tag", "loss", "--x", x, "--smoothing", 0.5)
    assert {"step": "step", "relative": "since the first value", "wall": "time"}[x] in result.output
    assert "smoothing 0.5" in result.output
    assert "A a" in result.output
    assert "B b" in result.output


@pytest.mark.parametrize("kind", ["scalars", "histograms", "images"])
@pytest.mark.parametrize("suffix", ["png", "svg", "html"])
def test_plot_writes_pictures(log_dir, tmp_path, kind, suffix):
    path = tmp_path / f"x.{suffix}"
    result = invoke("plot", log_dir, "--kind", kind, "-o", path, "--width", 900, "--height", 600)
    assert result.exit_code == 0
    assert str(path) in result.stderr
    if suffix == "png":
        pixels = pixels_of(path)
        assert pixels.shape == (600, 900, 3)
        assert pixels.std() > 5
    else:
        assert "<svg" in path.read_text()


def test_verify_whole(log_dir):
    result = invoke("verify", log_dir)
    assert result.exit_code == 0
    assert "all whole" in result.output
    parsed = json.loads(invoke("verify", log_dir, "--json").output)
    assert parsed["damaged"] == parsed["unreadable"] == 0
    assert len(parsed["files"]) == 2


def test_verify_finds_the_flipped_bit(damaged_dir):
    result = invoke("verify", damaged_dir, "--json")
    assert result.exit_code == 1
    (file,) = json.loads(result.output)["files"]
    (region,) = file["damage"]
    assert (region["records_before"], region["records_after"]) == (10, 10)
    assert file["records"] == 20
    text = invoke("verify", damaged_dir)
    assert text.exit_code == 1
    assert region["reason"] in text.output
    assert all(len(line) <= 80 for line in text.output.splitlines())


@pytest.mark.parametrize("name", ["ls", "show", "plot"])
def test_readers_of_a_damaged_file_show_the_rest_and_say_so(damaged_dir, name):
    result = invoke(name, damaged_dir)
    assert result.exit_code == 1
    assert "loss" in result.stdout
    assert f"eventcodec {name}: skipped 1 damaged region(s)" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", ["scalars", "histograms"])
def test_a_log_without_the_kind_is_wrong_usage(tmp_path, kind):
    with eventcodec.SummaryWriter(str(tmp_path)) as writer:
        writer.add_text("note", "nothing else", 0)
    result = invoke("plot", tmp_path, "--kind", kind)
    assert result.exit_code == 2
    assert f"no {kind}" in result.stderr


def test_help_of_one_command_loads_no_heavy_module():
    script = (
        "import sys\n"
        "from eventcodec.cli.main import cli\n"
        "try: cli(['show', '--help'], prog_name='eventcodec')\n"
        "except SystemExit: pass\n"
        "heavy = {'rich', 'matplotlib', 'torch', 'pandas', 'tensorboard', 'sklearn', 'PIL'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_run_that_is_not_shown_is_not_read(tmp_path):
    for run in ("a", "b"):
        eventcodec.SummaryWriter(tmp_path / run).add_scalar("loss", 1.0, 0)
    (file,) = (tmp_path / "b").iterdir()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert invoke("ls", tmp_path).exit_code == 1
    assert invoke("ls", tmp_path, "--run", "a").exit_code == 0
    missing = invoke("ls", tmp_path, "--run", "c")
    assert missing.exit_code == 2
    assert "no run matches 'c'; there is 'a', 'b'" in missing.output
