"""Tables as Arrow streams, read by libraries that know nothing of us; selection of rows."""

from __future__ import annotations

import importlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import eventcodec


@pytest.fixture
def log(tmp_path: Path) -> eventcodec.Log:
    """Two runs with scalars, histograms and texts, written by torch."""
    from torch.utils.tensorboard import SummaryWriter

    for run in ("a", "größer"):
        with SummaryWriter(str(tmp_path / run)) as writer:
            for step in range(10):
                writer.add_scalar("loss", step / 2, step, walltime=step + 0.5)
                writer.add_scalar("lr", -step, step, walltime=step + 0.5)
            for step in range(3):
                writer.add_histogram("w", np.arange(step, 20), step, walltime=1.0)
                writer.add_text("note", f"text {step} ü", step, walltime=2.0)
    return eventcodec.open(tmp_path)


def test_pyarrow_takes_a_table(log: eventcodec.Log) -> None:
    table = log.scalars()
    arrow = pa.table(table)
    arrow.validate(full=True)
    assert arrow.equals(table.to_arrow())
    assert pa.schema(table) == arrow.schema
    names = pa.dictionary(pa.int32(), pa.utf8())
    assert arrow.schema.types == [names, names, pa.int64(), pa.float64(), pa.float64()]
    for column in table.columns:
        assert arrow[column].to_pylist() == table[column].tolist()


@pytest.mark.parametrize("wanted", [pa.utf8(), pa.large_utf8()])
def test_plain_strings_on_request(log: eventcodec.Log, wanted: pa.DataType) -> None:
    table = log.scalars()
    schema = pa.schema(dict.fromkeys(("run", "tag"), wanted) | {"step": pa.int64()})
    capsule = table.__arrow_c_stream__(schema.__arrow_c_schema__())

    class Once:
        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            return capsule

    arrow = pa.table(Once())
    arrow.validate(full=True)
    assert arrow.schema.field("run").type == wanted
    for column in table.columns:
        assert arrow[column].to_pylist() == table[column].tolist()


def test_numbers_are_not_copied(log: eventcodec.Log) -> None:
    table = log.scalars()
    values = table.to_arrow()["value"].chunk(0).to_numpy(zero_copy_only=True)
    assert values.ctypes.data == table["value"].ctypes.data
    kept = values.tolist()
    wanted = table["value"].tolist()
    del table, log
    assert kept == wanted == values.tolist()


def test_empty_tables(log: eventcodec.Log) -> None:
    for table in (log.scalars(tags="no"), log.histograms(tags="no"), log.texts(tags="no")):
        arrow = table.to_arrow()
        arrow.validate(full=True)
        assert arrow.num_rows == len(table) == 0
    log.hparams().to_arrow().validate(full=True)


def test_unused_capsules_are_released(log: eventcodec.Log) -> None:
    table = log.scalars()
    for _ in range(100):
        table.__arrow_c_stream__()
        table.__arrow_c_schema__()
    for wrong in ("no capsule", table.__arrow_c_stream__()):
        with pytest.raises(
            (TypeError, ValueError), match="must be a PyCapsule with an ArrowSchema"
        ):
            table.__arrow_c_stream__(wrong)


def test_an_empty_table_has_the_types_of_a_full_one(log: eventcodec.Log) -> None:
    full, empty = log.scalars(), log.scalars(tags="no such tag")
    assert len(full) > 0 == len(empty)
    for frame in (full.to_pandas(), empty.to_pandas()):
        assert frame["tag"].cat.categories.dtype == "str"
    assert empty.to_arrow().schema == full.to_arrow().schema
    assert empty.to_polars().schema == full.to_polars().schema


def test_runs_whose_names_are_not_utf8(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/na\xefve"
    with eventcodec.SummaryWriter(str(tmp_path / "plain")) as writer:
        writer.add_scalar("t", 1.0, 1)
    shutil.copytree(os.fsencode(tmp_path / "plain"), folder)
    log = eventcodec.open(tmp_path)
    names = ["na\udcefve", "plain"]
    assert list(log) == names
    table = log.scalars()
    assert table["run"].tolist() == table.to_pandas()["run"].tolist() == names
    assert table.to_arrow()["run"].to_pylist() == ["na\\udcefve", "plain"]
    assert table.to_polars()["run"].to_list() == ["na\\udcefve", "plain"]


def test_texts_and_missing_ones() -> None:
    from eventcodec.reader.columns import Strings
    from eventcodec.reader.table import Table

    values = ["a", None, "", "größer", None, *["x"] * 9]
    arrow = Table({"value": Strings(values)}).to_arrow()
    arrow.validate(full=True)
    assert arrow["value"].to_pylist() == values
    assert arrow["value"].null_count == 2


def test_histograms_and_texts(log: eventcodec.Log) -> None:
    table = log.histograms()
    assert len(table) == 6
    arrow = table.to_arrow()
    arrow.validate(full=True)
    for row, (run, step) in enumerate(zip(table["run"], table["step"], strict=True)):
        wanted = log[run].histograms["w"][int(step)]
        assert arrow["counts"][row].as_py() == wanted.counts.tolist()
        assert table["left"][row].tolist() == wanted.left.tolist()
        assert table["sum"][row] == wanted.sum
    texts = log.texts(runs="a", steps=(1, None))
    assert texts["value"].tolist() == ["text 1 ü", "text 2 ü"]
    assert texts.to_pandas()["value"].tolist() == ["text 1 ü", "text 2 ü"]


@pytest.mark.parametrize("library", ["polars", "duckdb"])
def test_other_libraries_take_a_table(log: eventcodec.Log, library: str) -> None:
    module = importlib.import_module(library)
    table = log.scalars()
    wanted = {run: float(table["value"][table["run"] == run].sum()) for run in log}
    if library == "polars":
        frame = table.to_polars()
        for column in table.columns:
            assert frame[column].to_list() == table[column].tolist()
        assert log.histograms().to_polars()["counts"].to_list() == [
            counts.tolist() for counts in log.histograms()["counts"]
        ]
        return
    rows = module.connect().from_arrow(table)
    found = rows.aggregate("run::varchar as run, sum(value) as total", "run").fetchall()
    assert dict(found) == wanted


def test_regular_expressions(log: eventcodec.Log) -> None:
    assert set(log.scalars(tags=re.compile("^l.$"))["tag"]) == {"lr"}
    assert set(log.scalars(tags=re.compile("o"))["tag"]) == {"loss"}
    assert set(log.scalars(runs=[re.compile("ö"), "nothing"])["run"]) == {"größer"}
    runs = (name for name in ["a"])  # an iterator that can be gone through once only
    assert set(log.scalars(runs=runs)["run"]) == {"a"}


def test_every_and_last(log: eventcodec.Log) -> None:
    def steps(**options: Any) -> list[int]:
        return log.scalars(runs="a", tags="loss", **options)["step"].tolist()

    assert steps(every=4) == [0, 4, 8]
    assert steps(last=2) == [8, 9]
    assert steps(last=0) == []
    assert steps(last=99) == list(range(10))
    assert steps(steps=(3, None), every=3, last=2) == [6, 9]
    assert len(log.scalars(last=1)) == 4
    assert log.histograms(runs="a", last=1)["step"].tolist() == [2]
    for wrong in ({"every": 0}, {"last": -1}):
        with pytest.raises(ValueError, match="must be at least"):
            log.scalars(**wrong)
