"""Exported tables and files: read back by other people's readers, safe whatever the log says."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

import eventcodec
from eventcodec.archive import export
from eventcodec.archive.export import safe_cell
from eventcodec.archive.export_files import safe_name

FORMULA = "=cmd|' /C calc'!A0"
HOSTILE = "../../evil\n\x1b[31m"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("log")
    rng = np.random.default_rng(0)
    with eventcodec.SummaryWriter(str(place / "a" / "x")) as writer:
        for step in range(9):
            writer.add_scalar("loss", float("nan") if step == 4 else step / 3, step)
            writer.add_scalar(FORMULA, -step, step)
            writer.add_image(HOSTILE, rng.random((3, 4, 5)), step)
            writer.add_text("note", f'+{step}, "ü"\n', step)
            writer.add_histogram("h", rng.normal(size=20), step, bins="auto")
        writer.add_image(HOSTILE, rng.random((3, 4, 5)), 8)  # a second one of that step
    return place


def as_frame(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path)
    if path.suffix == ".jsonl":
        return pd.DataFrame([json.loads(line) for line in path.read_text().splitlines()])
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pandas()
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all().to_pandas()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".arrow", ".parquet"])
def test_scalars(suffix: str, log: Path, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    report = export(log, path, steps=(2, 8), tags="loss")
    assert (report.path, report.rows, report.bytes) == (path, 6, path.stat().st_size)
    frame = as_frame(path)
    assert list(frame.columns) == ["run", "tag", "step", "wall_time", "value"]
    want = eventcodec.open(log).scalars(tags="loss", steps=(2, 8))
    assert frame["step"].tolist() == want["step"].tolist()
    np.testing.assert_array_equal(frame["value"].astype(float), want["value"])
    np.testing.assert_allclose(frame["wall_time"], want["wall_time"], rtol=1e-15)
    assert set(frame["run"]) == {"a/x"}
    assert [each.name for each in tmp_path.iterdir()] == [path.name]  # nothing temporary


def test_histograms_and_hparams(log: Path, tmp_path: Path) -> None:
    export(log, tmp_path / "h.csv", kind="histograms", last=2)
    frame = pd.read_csv(tmp_path / "h.csv")
    want = eventcodec.open(log).histograms(last=2)
    for row, counts in zip(frame["counts"], want["counts"], strict=True):
        assert json.loads(row) == counts.tolist()
    export(log, tmp_path / "h.parquet", kind="histograms")
    assert len(pq.read_table(tmp_path / "h.parquet")) == 9
    with pytest.raises(ValueError, match="there are no hparams to export"):
        export(log, tmp_path / "p.csv", kind="hparams")


def runs_with_odd_names(place: Path) -> dict[str, int]:
    names = {".": 3, "a": 4, "grid/größe=1 %2F": 5}
    for name, count in names.items():
        with eventcodec.SummaryWriter(place / name) as writer:
            for step in range(count):
                writer.add_scalar("loss", step / 3, step)
    with eventcodec.SummaryWriter(place / "without") as writer:
        writer.add_text("note", "no scalars", 0)
    return names


def test_partitions_are_one_table_to_others(tmp_path: Path) -> None:
    names = runs_with_odd_names(tmp_path / "log")
    path = tmp_path / "parts.parquet"
    report = export(tmp_path / "log", path, by_run=True)
    files = sorted(path.rglob("*.parquet"))
    assert (report.rows, report.files) == (sum(names.values()), len(names))
    assert report.bytes == sum(file.stat().st_size for file in files)
    assert {file.name for file in files} == {"scalars.parquet"}
    want = eventcodec.open(tmp_path / "log").scalars().to_pandas().astype({"run": str, "tag": str})
    order = ["run", "tag", "step"]
    frames = [
        pyarrow.dataset.dataset(path, partitioning="hive").to_table().to_pandas(),
        duckdb.sql(
            f"SELECT * FROM read_parquet('{path}/*/*', hive_partitioning = true, "
            "hive_types_autocast = false)"
        ).df(),
    ]
    for frame in frames:
        got = frame.astype({"run": str, "tag": str})[list(want.columns)].sort_values(order)
        pd.testing.assert_frame_equal(
            got.reset_index(drop=True), want.sort_values(order).reset_index(drop=True)
        )


def test_partitions_as_text_and_of_some_runs(tmp_path: Path) -> None:
    runs_with_odd_names(tmp_path / "log")
    path = tmp_path / "parts.csv"
    export(tmp_path / "log", path, by_run=True, runs="a", steps=(1, None))
    (file,) = path.rglob("*.csv")
    assert file.relative_to(path) == Path("run=a/scalars.csv")
    assert file.read_text().splitlines()[0] == "tag,step,wall_time,value"
    assert len(file.read_text().splitlines()) == 4


def test_partitions_that_cannot_be(tmp_path: Path) -> None:
    runs_with_odd_names(tmp_path / "log")
    for kind in ("hparams", "images"):
        with pytest.raises(ValueError, match="by_run is for tables"):
            export(
                tmp_path / "log",
                tmp_path / "out.csv" if kind == "hparams" else tmp_path / "o",
                kind=kind,
                by_run=True,
            )
    with pytest.raises(ValueError, match="no scalars to export"):
        export(tmp_path / "log", tmp_path / "out.csv", by_run=True, runs="without")
    with eventcodec.SummaryWriter(tmp_path / "log" / ("ü" * 100)) as writer:
        writer.add_scalar("loss", 1.0, 0)
    with pytest.raises(ValueError, match="too long a name"):
        export(tmp_path / "log", tmp_path / "out.csv", by_run=True)
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_csv_cells_are_no_formulas(log: Path, tmp_path: Path) -> None:
    export(log, tmp_path / "safe.csv")
    export(log, tmp_path / "raw.csv", raw=True)
    export(log, tmp_path / "text.csv", kind="texts")
    cells = {}
    for name in ("safe", "raw", "text"):
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            cells[name] = list(csv.reader(file))
    assert {row[1] for row in cells["safe"][1:]} == {"loss", f"'{FORMULA}"}
    assert {row[1] for row in cells["raw"][1:]} == {"loss", FORMULA}
    assert [row[4] for row in cells["text"][1:3]] == ['\'+0, "ü"\n', '\'+1, "ü"\n']
    # Numbers stay numbers, also negative ones.
    assert "-3.0" in {row[4] for row in cells["safe"]}


@pytest.mark.parametrize("start", list("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
def test_every_start_of_a_formula(start: str) -> None:
    assert safe_cell(f"{start}1") == f"'{start}1"


def test_images_as_files(log: Path, tmp_path: Path) -> None:
    report = export(log, tmp_path / "pictures", kind="images")
    (folder,) = (tmp_path / "pictures").glob("*/*")
    assert folder.parent.name == "a%2Fx"
    assert sorted(each.name for each in folder.iterdir()) == sorted(
        [f"{step}.png" for step in range(9)] + ["8_2.png"]
    )
    series = eventcodec.open(log)["a/x"].images[HOSTILE]
    assert (folder / "8_2.png").read_bytes() == series[9].encoded
    assert (report.rows, report.bytes) == (10, sum(len(each.encoded) for each in series))
    index = [
        json.loads(line)
        for line in (tmp_path / "pictures" / "index.jsonl").read_text().splitlines()
    ]
    assert [entry["step"] for entry in index] == [*range(9), 8]
    assert {(entry["run"], entry["tag"]) for entry in index} == {("a/x", HOSTILE)}
    assert all((tmp_path / "pictures" / entry["file"]).is_file() for entry in index)
    assert [each.name for each in tmp_path.iterdir()] == ["pictures"]


def test_texts_as_files(log: Path, tmp_path: Path) -> None:
    export(log, tmp_path / "texts", kind="texts", every=4)
    files = sorted((tmp_path / "texts").rglob("*.txt"))
    assert [each.name for each in files] == ["0.txt", "4.txt", "8.txt"]
    assert files[1].read_text() == '+4, "ü"\n'


def test_names_are_safe_and_stay_apart() -> None:
    rng = np.random.default_rng(1)
    names = ["", ".", "..", "...", "a", "a/b", "a%2Fb", "A", "a b", "\0", "ü", "con:", "-rf", ".a"]
    names += ["x" * n for n in (199, 200, 201, 400)] + ["x" * 400 + "y", "ü" * 100]
    names += ["".join(map(chr, rng.integers(1, 0x3000, 20))) for _ in range(300)]
    safe = [safe_name(name) for name in names]
    assert len(set(safe)) == len(names)
    for each in safe:
        assert 0 < len(each) <= 200
        assert not each.startswith(".")
        assert set(each) <= set("%._-") | set(map(chr, b"0123456789")) | {
            letter for letter in map(chr, range(65, 123)) if letter.isalpha()
        }


def test_destinations_that_cannot_be(log: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken.csv"
    taken.write_text("mine")
    with pytest.raises(FileExistsError):
        export(log, taken)
    assert taken.read_text() == "mine"
    assert export(log, taken, replace=True).rows == 18
    with pytest.raises(
        ValueError, match=r"must end in .csv, .jsonl, .arrow, .parquet, got '.*xls'"
    ):
        export(log, tmp_path / "a.xls")
    with pytest.raises(ValueError, match="go into a directory"):
        export(log, tmp_path / "a.csv", kind="images")
    with pytest.raises(ValueError, match="got 'scalar'"):
        export(log, tmp_path / "a.csv", kind="scalar")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="there are no audio to export"):
        export(log, tmp_path / "clips", kind="audio")
    with pytest.raises(FileNotFoundError):
        export(log, tmp_path / "no" / "where" / "a.csv")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["taken.csv"]
