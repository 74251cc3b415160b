"""`ls --tree` and `ls --long`: every count is that of the reader, and nothing leaves the page."""

from __future__ import annotations

import io
import json
import random
import re

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

import eventcodec
from eventcodec.cli.main import cli
from eventcodec.cli.rows import RowColumn, Rows
from eventcodec.cli.terminal import escape, format_wall_time
from eventcodec.proto import Event, Summary


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """Runs at the root, beside each other, below each other, and very deep."""
    place = tmp_path_factory.mktemp("sweep")
    runs = {".": 2, "lr1/train": 5, "lr1/eval": 3, "lr2": 1, "lr2/train": 4, "d/" * 39 + "d": 1}
    for run, count in {**runs, "evil\x1b[31m\u202e": 1}.items():
        with eventcodec.SummaryWriter(str(place / run)) as writer:
            for step in range(count):
                value = float("nan") if step in {1, 2} else step / 4
                writer.add_scalar("loss", value, step, walltime=1.7e9 + step)
            writer.add_scalar("t" * 60, 1.0, 1_000_000, walltime=1.7e9)
    return place


def run_ls(*args):
    return CliRunner().invoke(cli, ["ls", *map(str, args)], prog_name="eventcodec")


def shown(*args):
    result = run_ls(*args)
    assert result.exit_code == 0, result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", result.output)
    return result.output


def branches(output):
    """The lines of a tree: (depth, what stands there)."""
    lines = [re.match(r"([│├└─\s]*)(.*)", line).groups() for line in output.splitlines()]
    return [(len(guide) // 4, re.sub(r"\s+", " ", words)) for guide, words in lines]


def test_tree_has_every_run_at_its_place_with_its_counts(sweep):
    lines = branches(shown(sweep, "--tree", "--tag", "loss", "--run", "[!d]*"))
    # The root's line holds a path of any length and may take several.
    assert "1 tag, 2 values" in " ".join(words for depth, words in lines if depth == 0)
    assert [line for line in lines if line[0] > 0] == [
        (1, "evil\\x1b[31m\\u202e 1 tag, 1 value"),
        (1, "lr1 2 runs, 8 values"),
        (2, "eval 1 tag, 3 values"),
        (2, "train 1 tag, 5 values"),
        (1, "lr2 1 tag, 1 value"),
        (2, "train 1 tag, 4 values"),
    ]


def test_tree_counts_are_those_of_the_reader(sweep):
    log = eventcodec.open(sweep)
    output = re.sub(r"[│├└─\s]+", " ", shown(sweep, "--tree"))
    for name in ("lr1/train", "lr1/eval"):
        tags = log.runs[name].tags
        values = sum(tag.count for tag in tags.values())
        assert f"{name.split('/')[1]} {len(tags)} tags, {values} values" in output


def test_a_very_deep_run_still_fits(sweep):
    output = shown(sweep, "--tree", "--run", "d/*")
    assert "".join(re.findall(r"[d/]", output.split("d  1 run", 1)[1])).count("d") >= 39


def test_long_says_what_the_files_say(sweep):
    output = shown(sweep, "--long", "--run", "lr1/train", "--tag", "loss")
    files = list((sweep / "lr1/train").iterdir())
    size = sum(file.stat().st_size for file in files)
    assert f"run lr1/train, {size} B in 1 file\n" in re.sub(r" +\n", "\n", output)
    first, second = (line.split() for line in output.rstrip().splitlines()[-2:])
    moments = [
        eventcodec.open(sweep).runs["lr1/train"].tags["loss"].first_wall_time + late
        for late in (0, 4)
    ]
    assert first[:4] == ["loss", "scalars", "5", "0..4"]
    assert second[:3] == ["scalars", "2", "1"]
    assert [first[-1][-6:], second[-1][-6:]] == [f"{m % 60:06.3f}" for m in moments]


def test_long_fits_with_large_numbers_and_names(sweep, log_dir):
    assert "1000000" in shown(sweep, "--long")
    output = shown(log_dir, "--long")
    for words in ("histograms", "12x8", "first wall time", "last wall time", "run b", "images"):
        assert words in output


@pytest.mark.parametrize(
    "views", [("--tree", "--long"), ("--tree", "--json"), ("--long", "--json")]
)
def test_two_views_at_once_are_wrong_usage(sweep, views):
    result = CliRunner().invoke(cli, ["ls", str(sweep), *views], prog_name="eventcodec")
    assert result.exit_code == 2
    assert "choose one" in result.stderr
    assert result.stdout == ""


def test_a_narrow_terminal_has_every_tag(command, log_dir):
    for view in ((), ("--long",)):
        output = command("ls", log_dir, *view, env={"COLUMNS": "40"}).stdout
        assert all(len(line) <= 40 for line in output.splitlines())
        for name, run in eventcodec.open(log_dir).runs.items():
            lines = output.split(f"run {name}")[1].split("\n\n")[0].splitlines()
            for tag, entry in run.tags.items():
                at = lines.index(escape(tag))
                assert lines[at + 1].startswith(f"  {entry.count} {entry.kind}, step")
                if view:  # all that the table of a wider terminal has
                    nan = np.isnan(run.scalars[tag].values).sum() if tag in run.scalars else None
                    found = "" if nan is None else f", {nan} NaN"
                    assert lines[at + 2] == f"  plugin {entry.plugin}{found}"
                    assert lines[at + 3] == f"  from {format_wall_time(entry.first_wall_time)}"
                    assert lines[at + 4] == f"  to   {format_wall_time(entry.last_wall_time)}"
            assert (" in 1 file" in lines[0]) == bool(view)


def test_very_long_and_empty_tags(tmp_path):
    tag = "first/" + "x" * 5000 + "/last"
    values = [Summary.Value(tag=name, simple_value=1.0) for name in (tag, "", "short")]
    with eventcodec.RecordWriter(tmp_path / "events.out.tfevents.1") as writer:
        writer.write(Event(step=1, summary=Summary(value=values)).SerializeToString())
    for view in ((), ("--long",)):
        output = shown(tmp_path, *view)
        assert len(output.splitlines()) < 16
        assert "(5,011 characters)" in re.sub(r" {2,}.*\n", " ", output)
        assert re.search('^"" ', output, re.MULTILINE)


def test_names_match_themselves_and_regular_expressions(tmp_path):
    with eventcodec.SummaryWriter(str(tmp_path)) as writer:
        for name in ("a[0]", "a0", "loss", "lr", "/x/"):
            writer.add_scalar(name, 1.0, 1)

    def tags(*globs):
        options = [word for glob in globs for word in ("--tag", glob)]
        (run,) = json.loads(run_ls(tmp_path, "--json", *options).stdout)["runs"]
        return [each["tag"] for each in run["tags"]]

    assert tags("a[0]") == ["a[0]", "a0"]
    assert tags("/^l/") == ["loss", "lr"]
    assert tags("/[0-9]/", "lr") == ["a[0]", "a0", "lr"]
    assert tags("/x/") == ["/x/"]
    result = run_ls(tmp_path, "--tag", "/(/")
    assert result.exit_code == 2
    assert "no regular expression: '/(/'" in result.stderr


def test_damage_in_json_says_what_was_found_by_a_search(tmp_path):
    with eventcodec.SummaryWriter(str(tmp_path)) as writer:
        for step in range(9):
            writer.add_scalar("loss", 1.0, step)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[8 + 16 + int.from_bytes(data[:8], "little")] ^= 1  # the checksum of a length
    path.write_bytes(data)
    result = run_ls(tmp_path, "--json")
    (damage,) = json.loads(result.stdout)["damage"]
    assert damage["recovered"] is True
    assert result.exit_code == 1
    assert "a search found what follows" in result.stderr


def drawn(print_with, width):
    out = Console(
        file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False,
        color_system=None,
    )  # fmt: skip
    print_with(out)
    return out.file.getvalue()


def test_rows_without_colours_are_drawn_as_rich_draws_them():
    rng = random.Random(0)
    names = [*"ab/_-", " ", "\u00e9", "\u65e5", "train/", "\U0001f642", "\u0301"]
    columns = (
        RowColumn("kind"), RowColumn("count", right=True), RowColumn("last", least=12, most=20),
    )  # fmt: skip

    def text(most):
        known = names if rng.random() < 0.4 else names[:5]
        return "".join(rng.choice(known) for _ in range(rng.randint(1, most)))

    laid_out = 0
    for _ in range(200):
        rows = [
            (escape(text(150)), "scalars", f"{rng.randint(0, 10**9):,}", escape(text(30)))
            for _ in range(3)
        ]
        table = Rows(f"run {escape(text(20))}", "tag", columns, rows)
        width = rng.choice([60, 80, 200])
        by_rich = drawn(lambda out, table=table: out.print(table), width)
        by_rows = drawn(lambda out, table=table: table.print_to(out, out.width), width)
        assert by_rows == by_rich
        laid_out += table._lines(Console(color_system=None), width) is not None
    assert laid_out > 100  # the others rich has drawn twice
