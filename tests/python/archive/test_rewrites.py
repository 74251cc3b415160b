"""compact, rewind, merge, split, shift, diff and import, against what they promise."""

from __future__ import annotations

import csv
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event, SessionLog

import eventcodec
from eventcodec import _native
from eventcodec.archive import (
    compact,
    diff,
    import_scalars,
    merge,
    reduce_runs,
    rewind,
    shift,
    split,
)

VERSION = Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString()


def event(step: int, **values: float) -> bytes:
    made = Event(wall_time=1.7e9 + step, step=step)
    for tag, value in values.items():
        made.summary.value.add(tag=tag, simple_value=value)
    return made.SerializeToString()


def restart(step: int) -> bytes:
    made = Event(wall_time=1.7e9, step=step)
    made.session_log.status = SessionLog.START
    return made.SerializeToString()


def write(path: Path, *payloads: bytes, version: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [VERSION, *payloads] if version else payloads
    path.write_bytes(b"".join(map(_native.frame, frames)))
    return path


def records(path: Path) -> list[bytes]:
    with eventcodec.RecordReader(path) as reader:
        return list(reader)


def points(place: Path, run: str = ".", tag: str = "loss") -> list[tuple[int, float]]:
    series = eventcodec.open(place)[run].scalars[tag]
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


@pytest.fixture
def overlapping(tmp_path: Path) -> Path:
    """Two sessions that overlap from step 5 to 9, with nothing that says so."""
    place = tmp_path / "logs"
    write(place / "events.out.tfevents.1", *(event(n, loss=n) for n in range(10)))
    write(place / "events.out.tfevents.2", *(event(n, loss=-n) for n in range(5, 15)))
    return place


class TestCompact:
    def test_untouched_records_are_copied_bit_for_bit(self, tmp_path: Path) -> None:
        # Fields in an odd order, unknown fields, a packed field written one by one.
        odd = b"\x10\x05" + event(0, loss=2.0)[:9] + b"\x2a\x0b" + b"\x0a\x09\x15\x00\x00\x80\x3f"
        odd += b"\x0a\x02ab" + b"\x98\x3f\x07"
        assert Event.FromString(odd).summary.value[0].tag == "ab"
        source = write(tmp_path / "in/events.out.tfevents.1", event(1, a=1.0, b=2.0), odd)
        [change] = compact(tmp_path / "in", tmp_path / "out")
        copied = tmp_path / "out/events.out.tfevents.1"
        assert copied.read_bytes() == source.read_bytes()
        assert change.records_unchanged == change.records_after == 3
        assert change.bytes_after == copied.stat().st_size

    def test_restarts_are_resolved(self, tmp_path: Path) -> None:
        place = tmp_path / "in"
        write(
            place / "events.out.tfevents.1",
            *(event(n, loss=n) for n in range(10)),
            restart(7),
            *(event(n, loss=-n) for n in range(7, 12)),
        )
        write(place / "events.out.tfevents.2", restart(9), *(event(n, loss=0.5) for n in (9, 10)))
        before = points(place)
        list(compact(place, tmp_path / "out"))
        assert points(tmp_path / "out") == before
        log = eventcodec.open(tmp_path / "out", purge=False)
        assert log["."].scalars["loss"].steps.tolist() == list(range(11))
        versions = [p for p in records(tmp_path / "out/events.out.tfevents.1") if b"brain" in p]
        assert versions == [VERSION]

    @pytest.mark.parametrize(
        ("dedup", "want"),
        [
            ("all", [*((n, n) for n in range(10)), *((n, -n) for n in range(5, 15))]),
            ("first", [*((n, n) for n in range(10)), *((n, -n) for n in range(10, 15))]),
            ("last", [*((n, n) for n in range(5)), *((n, -n) for n in range(5, 15))]),
        ],
    )
    def test_dedup(self, overlapping: Path, tmp_path: Path, dedup: Any, want: Any) -> None:
        list(compact(overlapping, tmp_path / "out", dedup=dedup))
        assert points(tmp_path / "out") == want

    def test_every_and_most(self, overlapping: Path, tmp_path: Path) -> None:
        list(compact(overlapping, tmp_path / "a", keep_every=4))
        whole = points(overlapping)
        assert points(tmp_path / "a") == whole[::4]
        list(compact(overlapping, tmp_path / "b", keep_every=2, dedup="last", max_points=4))
        kept = points(tmp_path / "b")
        assert len(kept) == 4
        deduplicated = [*whole[:5], *whole[10:]][::2]
        assert [kept[0], kept[-1]] == [deduplicated[0], deduplicated[-1]]
        assert set(kept) <= set(deduplicated)

    def test_tags(self, tmp_path: Path) -> None:
        place = tmp_path / "in"
        image = Event(step=1)
        image.summary.value.add(tag="x").image.encoded_image_string = b"png"
        mixed = event(2, loss=1.0, lr=2.0, **{"debug/a": 3.0})
        write(place / "events.out.tfevents.1", image.SerializeToString(), mixed, event(3, loss=4.0))
        changes = list(
            compact(
                place,
                tmp_path / "out",
                drop=["debug/*"],
                strip=["images"],
                rename={"lr": "rate", "loss": "a much longer name than before"},
            )
        )
        run = eventcodec.open(tmp_path / "out")["."]
        assert list(run.tags) == ["a much longer name than before", "rate"]
        assert points(tmp_path / "out", tag="a much longer name than before") == [(2, 1), (3, 4)]
        assert points(tmp_path / "out", tag="rate") == [(2, 2.0)]
        by_tag = {each.tag: each for each in changes[0].tags}
        assert (by_tag["x"].values_before, by_tag["x"].values_after) == (1, 0)
        assert by_tag["x"].bytes_before == len(_native.frame(image.SerializeToString()))
        list(compact(place, tmp_path / "kept", keep=["l*"]))
        assert list(eventcodec.open(tmp_path / "kept")["."].tags) == ["loss", "lr"]

    def test_dry_run_writes_nothing(self, overlapping: Path, tmp_path: Path) -> None:
        options: dict[str, Any] = {"dedup": "last", "max_points": 5}
        [dry] = compact(overlapping, tmp_path / "out", dry_run=True, **options)
        assert not (tmp_path / "out").exists()
        [wet] = compact(overlapping, tmp_path / "out", **options)
        assert dry == wet
        assert {path.name for path in tmp_path.iterdir()} == {"logs", "out"}

    def test_a_missing_version_is_added(self, tmp_path: Path) -> None:
        write(tmp_path / "in/events.out.tfevents.1", event(1, loss=1), version=False)
        list(compact(tmp_path / "in", tmp_path / "out"))
        first, *_ = records(tmp_path / "out/events.out.tfevents.1")
        assert Event.FromString(first).file_version == "brain.Event:2"

    def test_wrong_options(self, overlapping: Path, tmp_path: Path) -> None:
        for options in ({"dedup": "some"}, {"keep_every": 0}, {"max_points": 1}):
            with pytest.raises(ValueError, match=next(iter(options))):
                compact(overlapping, tmp_path / "out", **options)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="renamed to nothing"):
            compact(overlapping, tmp_path / "out", rename={"a": ""})
        with pytest.raises(FileExistsError):
            list(compact(overlapping, overlapping))


def test_rewind(tmp_path: Path) -> None:
    place = tmp_path / "in"
    write(
        place / "events.out.tfevents.1",
        *(event(n, loss=n) for n in range(10)),
        restart(5),
        *(event(n, loss=-n) for n in range(5, 20)),
    )
    list(rewind(place, tmp_path / "out", step=8))
    assert points(tmp_path / "out") == [*((n, n) for n in range(5)), (5, -5), (6, -6), (7, -7)]
    list(rewind(place, tmp_path / "nothing", step=0))
    assert records(tmp_path / "nothing/events.out.tfevents.1") == [VERSION]


class TestMerge:
    def test_side_by_side(self, overlapping: Path, tmp_path: Path) -> None:
        other = tmp_path / "other/logs"
        write(other / "sub/events.out.tfevents.9", event(1, loss=5))
        with pytest.raises(ValueError, match="OTHER=PATH"):
            merge([overlapping, other], tmp_path / "out")
        runs = [run.run for run in merge({"a": overlapping, "b": other}, tmp_path / "out")]
        assert sorted(runs) == ["a", "b/sub"]
        copied = tmp_path / "out/a/events.out.tfevents.1"
        assert copied.read_bytes() == (overlapping / "events.out.tfevents.1").read_bytes()

    @pytest.mark.parametrize("name", ["..", "../x", "/etc", "a//b", "", "a\0b", "a\nb"])
    def test_hostile_names(self, overlapping: Path, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="rename it"):
            merge({name: overlapping}, tmp_path / "out")

    @pytest.fixture
    def seeds(self, tmp_path: Path) -> Path:
        rng = np.random.default_rng(3)
        for seed, steps in enumerate([range(10), range(0, 10, 2), range(5)]):
            write(
                tmp_path / f"seeds/{seed}/events.out.tfevents.1",
                *(event(n, loss=float(np.float32(rng.normal()))) for n in steps),
            )
        return tmp_path / "seeds"

    @pytest.mark.parametrize("operation", ["mean", "std", "min", "max", "median", "count"])
    @pytest.mark.parametrize("missing", ["ignore", "drop"])
    def test_reductions_are_those_of_pandas(
        self, seeds: Path, tmp_path: Path, operation: str, missing: Any
    ) -> None:
        frame = eventcodec.open(seeds).scalars().to_pandas()
        table = frame.astype({"run": str}).pivot_table(index="step", columns="run", values="value")
        if missing == "drop":
            table = table.dropna()
        want = getattr(table, operation)(axis=1)
        [made] = reduce_runs([seeds], tmp_path / "out", operations=[operation], missing=missing)
        assert made.run == operation
        series = eventcodec.open(tmp_path / "out")[operation].scalars["loss"]
        assert series.steps.tolist() == want.index.tolist()
        np.testing.assert_allclose(series.values, want.to_numpy(), rtol=1e-12)

    def test_as_tensorboard_reducer_does(self, seeds: Path, tmp_path: Path) -> None:
        """Where all runs have the same steps the two must agree."""
        import tensorboard_reducer as reducer

        for seed in range(3):
            write(
                tmp_path / f"same/{seed}/events.out.tfevents.1",
                *(event(n, loss=n * seed / 3) for n in range(6)),
            )
        frames = reducer.load_tb_events(
            [str(path) for path in sorted((tmp_path / "same").iterdir())], verbose=False
        )
        theirs = reducer.reduce_events(frames, ["mean", "std", "min", "max"])
        list(reduce_runs([tmp_path / "same"], tmp_path / "out", operations=theirs))
        for operation, tags in theirs.items():
            ours = eventcodec.open(tmp_path / "out")[operation].scalars["loss"]
            np.testing.assert_allclose(ours.values, tags["loss"].to_numpy(), rtol=1e-6)

    def test_several_sources_reduce_equal_names(self, seeds: Path, tmp_path: Path) -> None:
        runs = list(reduce_runs([seeds, seeds], tmp_path / "out", operations=["mean", "count"]))
        assert len(runs) == 6
        assert points(tmp_path / "out", "count/0")[0] == (0, 2.0)
        assert points(tmp_path / "out", "mean/1") == points(seeds, "1")

    def test_refusals(self, seeds: Path, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="not every run has step 1"):
            list(reduce_runs([seeds], tmp_path / "o", operations=["mean"], missing="error"))
        with pytest.raises(ValueError, match="there is no reduction 'mode'"):
            reduce_runs([seeds], tmp_path / "o", operations=["mode"])
        assert not (tmp_path / "o").exists()


def test_split(overlapping: Path, tmp_path: Path) -> None:
    changes = list(split(overlapping, tmp_path / "out", max_bytes=200))
    assert [change.parts > 1 for change in changes] == [True, True]
    sizes = [path.stat().st_size for path in (tmp_path / "out").iterdir()]
    assert max(sizes) < 300
    assert list(diff(overlapping, tmp_path / "out")) == []
    [change] = split(overlapping / "events.out.tfevents.1", tmp_path / "whole", max_bytes=10**9)
    assert change.parts == 1


def test_shift(overlapping: Path, tmp_path: Path) -> None:
    list(shift(overlapping, tmp_path / "out", step=-7, time=0.5))
    before = eventcodec.open(overlapping)["."].scalars["loss"]
    after = eventcodec.open(tmp_path / "out")["."].scalars["loss"]
    assert (after.steps == before.steps - 7).all()
    assert (after.wall_times == before.wall_times + 0.5).all()
    assert (after.values == before.values).all()
    list(shift(overlapping, tmp_path / "same"))
    name = "events.out.tfevents.1"
    assert (tmp_path / "same" / name).read_bytes() == (overlapping / name).read_bytes()
    with pytest.raises(ValueError, match="64 bits"):
        list(shift(overlapping, tmp_path / "far", step=(1 << 63) - 5))
    with pytest.raises(ValueError, match="finite"):
        shift(overlapping, tmp_path / "far", time=math.inf)
    assert not (tmp_path / "far").exists()


class TestDiff:
    def test_equal(self, overlapping: Path, tmp_path: Path) -> None:
        list(compact(overlapping, tmp_path / "out"))
        assert list(diff(overlapping, tmp_path / "out")) == []

    def test_where(self, tmp_path: Path) -> None:
        base = [event(n, loss=n, lr=0.1) for n in range(5)]
        write(tmp_path / "a/r/events.out.tfevents.1", *base)
        write(tmp_path / "a/only/events.out.tfevents.1", *base)
        changed = [*base[:3], event(3, loss=3.5, lr=0.1), base[4], event(5, lr=1, new=2)]
        write(tmp_path / "b/r/events.out.tfevents.1", *changed)
        found = {(d.run, d.tag): d[2:] for d in diff(tmp_path / "a", tmp_path / "b")}
        assert found == {
            ("only", ""): ("run", -1, "there", ""),
            ("r", "loss"): ("value", 3, "3.0", "3.5"),
            ("r", "lr"): ("count", 5, "5", "6"),
            ("r", "new"): ("tag", -1, "", "scalars"),
        }

    def test_bits_count(self, tmp_path: Path) -> None:
        nan = [event(1, loss=math.nan)]
        write(tmp_path / "a/events.out.tfevents.1", *nan, event(2, loss=0.0))
        write(tmp_path / "b/events.out.tfevents.1", *nan, event(2, loss=-0.0))
        [found] = diff(tmp_path / "a", tmp_path / "b")
        assert (found.what, found.row) == ("value", 1)


class TestImport:
    ROWS = (
        ("a", "loss", 1, 1.5, 0.1),
        ("a/b", "loss", 1, 1.5, math.nan),
        ("a", "loss", 2, 2.5, math.inf),
        ("a", 'l,r "x"\n', 2, 2.5, -1e300),
        (".", "loss", -(2**63), 0.0, 2.0**-149),
    )

    def expected(self) -> list[str]:
        return sorted(map(repr, self.ROWS))

    def found(self, place: Path) -> list[str]:
        table = eventcodec.open(place).scalars()
        columns = [table[name].tolist() for name in ("run", "tag", "step", "wall_time", "value")]
        return sorted(map(repr, zip(*columns, strict=True)))

    @pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
    def test_round_trip(self, tmp_path: Path, form: str) -> None:
        names = ("run", "tag", "step", "wall_time", "value")
        source = tmp_path / f"table.{form}"
        if form == "csv":
            with source.open("w", newline="") as file:
                csv.writer(file).writerows([names, *self.ROWS])
        elif form == "jsonl":
            lines = [json.dumps(dict(zip(names, row, strict=True))) for row in self.ROWS]
            source.write_text("\n".join(lines) + "\n")
        else:
            import pandas as pd

            pd.DataFrame(self.ROWS, columns=names).to_parquet(source)
        report = import_scalars(source, tmp_path / "out")
        assert (report.rows, report.runs) == (5, [".", "a", "a/b"])
        assert report.bytes == sum(p.stat().st_size for p in (tmp_path / "out").rglob("*tf*"))
        assert self.found(tmp_path / "out") == self.expected()

    def test_columns_that_may_be_missing(self, tmp_path: Path) -> None:
        source = tmp_path / "table.csv"
        source.write_text("tag,step,value,other\nloss,1,0.5,x\n")
        os.utime(source, (1.6e9, 1.6e9))
        import_scalars(source, tmp_path / "out")
        assert self.found(tmp_path / "out") == [repr((".", "loss", 1, 1.6e9, 0.5))]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("tag,step\nloss,1\n", "no column 'value'"),
            ("tag,step,value\nloss,one,1\n", "line 2: step must be"),
            ("tag,step,value\nloss,1,x\n", "line 2: value must be"),
            ("tag,step,value\nloss,9223372036854775808,1\n", "64 bits"),
            ("tag,step,value\n,1,1\n", "line 2: tag must be"),
            ("run,tag,step,value\n../x,loss,1,1\n", "rename it"),
            ("run,tag,step,value\n/etc,loss,1,1\n", "rename it"),
            ("run,tag,step,value\na\x1b,loss,1,1\n", "rename it"),
            ("tag,step,value,wall_time\nloss,1,1,nan\n", "wall_time must be"),
        ],
    )
    def test_wrong_tables(self, tmp_path: Path, content: str, message: str) -> None:
        (tmp_path / "table.csv").write_text(content)
        with pytest.raises(ValueError, match=message):
            import_scalars(tmp_path / "table.csv", tmp_path / "out")
        assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]

    def test_wrong_files(self, tmp_path: Path) -> None:
        for name, content in {
            "a.jsonl": b"[1]\n",
            "b.jsonl": b"{\n",
            "c.parquet": b"no parquet",
            "d.csv": b"tag,step,value\n\xff,1,1\n",
            "e.txt": b"",
            "f.jsonl": b"[" * 100_000,
        }.items():
            (tmp_path / name).write_bytes(content)
            with pytest.raises(ValueError, match=name.split(".")[1]):
                import_scalars(tmp_path / name, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_the_commands(overlapping: Path, tmp_path: Path, command: Any) -> None:
    out = tmp_path / "out"
    done = command("compact", overlapping, out / "c", "--dedup", "last", "--json")
    assert done.returncode == 3  # there is no directory `out`
    out.mkdir()
    done = command("compact", overlapping, out / "c", "--dedup", "last", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"][0]["records_after"] == 16
    assert command("diff", overlapping, out / "c").returncode == 1
    assert command("rewind", out / "c", out / "r", "--step", "5").returncode == 0
    assert command("shift", out / "r", out / "s", "--step", "5").returncode == 0
    assert command("split", out / "s", out / "p", "--max-bytes", "0.1k").returncode == 0
    assert command("diff", out / "s", out / "p").returncode == 0
    assert command("merge", out / "s", f"again={out / 'p'}", out / "m").returncode == 0
    assert sorted(eventcodec.open(out / "m").runs) == ["again", "s"]
    assert command("merge", "--reduce", "mean", out / "m", out / "mean").returncode == 0
    assert points(out / "mean", "mean") == points(out / "s")
    assert command("compact", overlapping, out / "x", "--rename", "a").returncode == 2
    (tmp_path / "t.csv").write_text("tag,step,value\nloss,1,1\n")
    assert command("import", tmp_path / "t.csv", out / "i").returncode == 0
