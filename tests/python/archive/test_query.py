"""`query`, and the commands that ask the index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_logs import VERSION, append, scalar

import eventcodec
from eventcodec.archive import query


class TestQuery:
    """SQL over the index, in both dialects."""

    @pytest.fixture(params=["sqlite", "duckdb"])
    def dialect(self, request: pytest.FixtureRequest) -> Any:
        return request.param

    def ask(self, logs: Path, sql: str, dialect: Any) -> list[tuple[Any, ...]]:
        return query(logs, sql, dialect=dialect).rows

    def test_scalars_are_what_open_gives(self, logs: Path, dialect: Any) -> None:
        rows = self.ask(logs, "SELECT * FROM scalars", dialect)
        table = eventcodec.open(logs).scalars()
        columns = [table[name].tolist() for name in ("run", "tag", "step", "wall_time", "value")]
        assert sorted(rows) == sorted(zip(*columns, strict=True))

    def test_statistics(self, logs: Path, dialect: Any) -> None:
        append(
            logs / "s/events.out.tfevents.1",
            VERSION,
            *(scalar(n, "v", value) for n, value in enumerate([3.0, float("nan"), -1.5, 2.0])),
            *(scalar(n, "nan", float("nan")) for n in range(3)),
            scalar(1, "inf", float("inf")),
        )
        sql = "SELECT tag, min, max, last, nan_count, count FROM tags WHERE run = 's' ORDER BY tag"
        assert self.ask(logs, sql, dialect) == [
            ("inf", float("inf"), float("inf"), float("inf"), 0, 1),
            ("nan", None, None, None, 3, 3),
            ("v", -1.5, 3.0, 2.0, 1, 4),
        ]

    def test_runs_and_files(self, logs: Path, dialect: Any) -> None:
        path = logs / "a/events.out.tfevents.1"
        path.write_bytes(path.read_bytes()[:-3])
        rows = self.ask(logs, "SELECT run, files, tags, health, last_step FROM runs", dialect)
        assert sorted(rows) == [
            (".", 2, 4, "whole", 6),
            ("a", 2, 4, "pending", 6),
            ("b/c", 2, 4, "whole", 6),
        ]
        [(size,)] = self.ask(logs, "SELECT sum(bytes) FROM files", dialect)
        assert size == sum(p.stat().st_size for p in logs.rglob("*tfevents*"))

    def test_hparams(self, logs: Path, dialect: Any) -> None:
        with eventcodec.SummaryWriter(str(logs / "h")) as writer:
            writer.add_scalar("x", 1, 1)
        from torch.utils.tensorboard import SummaryWriter

        with SummaryWriter(str(logs / "t")) as writer:
            writer.add_hparams({"lr": 0.25, "name": "adam", "on": True}, {"x": 1.0}, run_name=".")
        rows = self.ask(logs, "SELECT name, value FROM hparams ORDER BY name", dialect)
        numbers = ("0.25", "1") if dialect == "duckdb" else (0.25, 1.0)  # torch stores True as 1
        assert rows == [("lr", numbers[0]), ("name", "adam"), ("on", numbers[1])]

    @pytest.mark.parametrize(
        "sql",
        [
            "GIVE 1",
            "SELECT * FROM nothing",
            "DELETE FROM files",
            "DROP TABLE files",
            "ATTACH '/tmp/x.sqlite' AS x",
            "SELECT 1; SELECT 2; DROP TABLE files",
        ],
    )
    def test_wrong_sql(self, logs: Path, sql: str) -> None:
        with pytest.raises(ValueError, match="SQL"):
            self.ask(logs, sql, "sqlite")
        assert self.ask(logs, "SELECT count(*) FROM files", "sqlite") == [(6,)]

    @pytest.mark.parametrize(
        "sql", ["GIVE 1", "SELECT * FROM read_csv('/etc/passwd')", "COPY files TO '/tmp/x'"]
    )
    def test_duckdb_reaches_no_files(self, logs: Path, sql: str) -> None:
        with pytest.raises(ValueError, match="SQL"):
            self.ask(logs, sql, "duckdb")

    def test_the_examples_of_the_help_run(self, logs: Path, dialect: Any) -> None:
        import re

        from eventcodec.cli.query import command

        examples = re.findall(r'"(SELECT[^"]*)"', command.help or "")
        assert len(examples) == 5
        for sql in examples:
            self.ask(logs, sql, dialect)


def test_the_commands(logs: Path, command: Any) -> None:
    done = command("index", logs, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["read"] == 6
    sql = "SELECT run, tag, step, value FROM scalars WHERE step = 5 ORDER BY run"
    rows = command("query", logs, sql, "--json").stdout.splitlines()
    assert json.loads(rows[0]) == {"run": ".", "tag": "loss", "step": 5, "value": 2.5}
    table = command("query", logs, sql, "--format", "csv").stdout.splitlines()
    assert table[0] == "run,tag,step,value"
    assert table[1].startswith(".,loss,5,2.5")
    assert command("query", logs, "GIVE 1").returncode == 2
    assert command("du", logs, "--by-run").returncode == 0
    facts = [json.loads(line) for line in command("du", logs, "--json").stdout.splitlines()]
    assert {each["tag"] for each in facts} == {"loss", "late", "weights", "x"}


def test_csv_cells_are_safe(tmp_path: Path, command: Any) -> None:
    evil = '=cmd|"/c calc"!A1\x1b[31m\r\n'
    append(tmp_path / "events.out.tfevents.1", VERSION, scalar(1, evil, -2.0))
    done = command("query", tmp_path, "SELECT tag, last FROM tags", "--format", "csv")
    _, row = done.stdout.splitlines()
    assert row.startswith("\"'=cmd")
    assert row.endswith(",-2.0")
    assert "\x1b" not in done.stdout
    done = command("query", tmp_path, "SELECT tag, last FROM tags")
    assert "\x1b" not in done.stdout


def test_du_counts_the_records_of_visualdl(tmp_path: Path, command: Any) -> None:
    from eventcodec.compat.visualdl import LogWriter
    from eventcodec.proto import Record

    def of_each_tag() -> dict[str, int]:
        """By the rule of VisualDL's own reader: a length, and as many bytes."""
        (path,) = tmp_path.rglob("vdlrecords*")
        data, sizes = path.read_bytes(), {}
        while data:
            size = 8 + int.from_bytes(data[:8], "little")
            (value,) = Record.FromString(data[8:size]).values
            tag = value.tag + (f"/{value.tag_value.tag}" if value.HasField("tag_value") else "")
            sizes[tag] = sizes.get(tag, 0) + size
            data = data[size:]
        return sizes

    def counted() -> dict[str, int]:
        rows = [json.loads(line) for line in command("du", tmp_path, "--json").stdout.splitlines()]
        return {row["tag"]: row["bytes"] for row in rows}

    def log(first_step: int) -> None:
        name = "vdlrecords.1700000000.log"
        with LogWriter(str(tmp_path / "run"), file_name=name, display_name="shown") as writer:
            for step in range(first_step, first_step + 200):
                writer.add_scalar("loss", step / 2, step)
                writer.add_scalar("a long name of a rate", step, step)
                writer.add_scalars("chart", {"sin": 1.0, "cos": 0.0}, step)
            writer.add_image("x", np.zeros((9, 9, 3)), first_step)
            writer.add_text("note", "x" * 5000, first_step)

    log(0)
    first = counted()
    assert first == of_each_tag()
    assert len(first) == 7
    log(200)  # the second pass reads what was added
    assert counted() == of_each_tag() != first
