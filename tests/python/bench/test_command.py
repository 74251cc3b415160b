"""`eventcodec bench`: tables, charts, reports, saved runs."""

from __future__ import annotations

import io
import json

import numpy as np
from click.testing import CliRunner
from PIL import Image

from eventcodec.cli.main import cli


def invoke(*args):
    return CliRunner().invoke(cli, [str(a) for a in args], prog_name="eventcodec")


def pixels_of(path):
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))


def test_saves_a_run_and_draws_it(tmp_path):
    chart, saved = tmp_path / "chart.png", tmp_path / "run.json"
    args = ("bench", "--quick", "--rounds", 2, "crc32c/64B", "crc32c/1KiB")
    result = invoke(*args, "--json", saved, "-o", chart)
    assert result.exit_code == 0, result.stderr
    assert "crc32c/64B" in result.stdout
    parsed = json.loads(saved.read_text())
    assert {row["case"] for row in parsed["rows"]} == {"crc32c/64B", "crc32c/1KiB"}
    ours = [row for row in parsed["rows"] if row["contender"] == "eventcodec"]
    assert all(row["slower"] == row["total_slower"] == 1 for row in ours)
    assert all(len(row["trials"]) == 2 for row in parsed["rows"])
    limits = [row for row in parsed["rows"] if row["limit"]]
    assert [row["contender"] for row in limits] == ["memory read"] * 2
    assert all(row["share"] > 0 for row in parsed["rows"])
    assert pixels_of(chart).shape[0] > 200


def test_compares_with_a_saved_run(tmp_path):
    saved = tmp_path / "run.json"
    args = ("bench", "--quick", "--rounds", 3, "crc32c/1KiB")
    assert invoke(*args, "--json", saved).exit_code == 0
    again = invoke(*args, "--compare", saved)
    assert again.exit_code == 0, again.stderr
    assert "verdict" in again.stdout
    run = json.loads(saved.read_text())
    for row in run["rows"]:
        if row["contender"] == "eventcodec":
            row["call"] /= 1000
            row["trials"] = [time / 1000 for time in row["trials"]]
    saved.write_text(json.dumps(run))
    assert invoke(*args, "--compare", saved).stdout.rstrip().endswith("slower")
    saved.write_text("{}")
    assert invoke(*args, "--compare", saved).exit_code == 2
    assert invoke(*args, "--compare", tmp_path / "missing").exit_code in (1, 3)


def test_reports(tmp_path):
    page, text = tmp_path / "report.html", tmp_path / "RESULTS.md"
    args = ("bench", "--quick", "--rounds", 1, "crc32c/64B", "latency/hot-8")
    assert invoke(*args, "-o", page).exit_code == 0
    assert invoke(*args, "-o", text).exit_code == 0
    content = page.read_text()
    assert "<svg" in content
    assert "<h2>crc32c/64B</h2>" in content
    markdown = text.read_text().splitlines()
    assert "### crc32c/64B" in markdown
    assert markdown.index("## Goals") < markdown.index("## crc32c")
    assert any(line.startswith("| crc32c/64B: in the call | <= 50 ns |") for line in markdown)
    assert any(line.startswith("| eventcodec | ") for line in markdown)
    assert any(line.startswith("| hot-8 | eventcodec | ") for line in markdown)
    assert invoke(*args, "-o", tmp_path / "report.pdf").exit_code == 2


def test_tabulates_latencies():
    args = ("bench", "--quick", "--rounds", 1, "latency/hot-8")
    result = invoke(*args)
    assert result.exit_code == 0, result.stderr
    heading, _, ours, *_ = result.stdout.splitlines()
    assert heading.split() == ["latency", "p50", "p99", "p99.9", "max", "calls"]
    assert ours.split()[:2] == ["hot-8", "eventcodec"]
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    parsed = json.loads(invoke(*args, "--json", "-").stdout)
    assert parsed["rows"] == []
    assert {row["scenario"] for row in parsed["latencies"]} == {"latency/hot-8"}


def test_table_lists_and_refuses():
    listed = invoke("bench", "--list").output.splitlines()
    assert "add_scalar/positional" in listed
    for case in ("crc32c/64B", "framing", "png/depth 16 bit", "histogram/64 bins, 1e3"):
        table = invoke("bench", "--quick", "--rounds", 1, case).output
        assert "eventcodec" in table
        assert "plain Python" in table
        assert all(len(line) <= 80 for line in table.splitlines())
    assert invoke("bench", "nothing").exit_code == 2
