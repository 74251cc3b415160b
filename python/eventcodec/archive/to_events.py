"""A run of VisualDL as an event file: TensorBoard's kinds, the rest under other plugins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eventcodec.archive.losses import RunLosses
from eventcodec.reader.embedding import CONFIG_NAME, Embedding
from eventcodec.reader.run import Run, Tag
from eventcodec.vdl.summary import EMBEDDINGS, META_DATA, ROC_CURVE, as_summary_values, parse_value
from eventcodec.writer.summary_writer import SummaryWriter

if TYPE_CHECKING:
    from eventcodec.proto import ProjectorConfig

__all__ = ["write_events"]

_NOT_SHOWN = {
    ROC_CURVE: "kept as a tensor, which no page of TensorBoard shows",
    META_DATA: "the name of the run is kept, but no page of TensorBoard shows it",
}


def write_events(run: Run, directory: Path, losses: RunLosses) -> None:
    """Write a run into a directory.

    Args:
        run: of VisualDL logs.
        directory: made if missing.
        losses: takes what an event file cannot hold.
    """
    with SummaryWriter(directory, on_error="raise") as writer:
        for name, tag in run.contents():
            if tag.kind == "scalars":
                _write_scalars(writer, run, name, tag)
            elif tag.plugin in _NOT_SHOWN and (tag.plugin != META_DATA or tag.display_name):
                losses.add(name, _NOT_SHOWN[tag.plugin], tag.count)
        for name in run.raw:
            _write_messages(writer, run, name, losses)
        writer.flush(durable=True)
    if run.embeddings:
        _write_embeddings(run, directory, losses)
    # Of a run below another one they are its own.
    for path in sorted({each.parent for each in run.paths}):
        graphs = sum("vdlgraph" in each.name for each in path.iterdir())
        losses.add("", "VisualDL's graph files are not converted", graphs)


def _write_scalars(writer: SummaryWriter, run: Run, name: str, tag: Tag) -> None:
    from eventcodec.proto import Summary, SummaryMetadata

    series = run.scalars[name]
    start = 0
    if tag.display_name or tag.description:  # TensorBoard keeps what the first value says
        start = 1
        metadata = SummaryMetadata(
            display_name=tag.display_name, summary_description=tag.description
        )
        first = Summary.Value(tag=name, simple_value=float(series.values[0]), metadata=metadata)
        _add(writer, first, int(series.steps[0]), float(series.wall_times[0]))
    writer.add_scalar_series(
        name, series.values[start:], series.steps[start:], series.wall_times[start:]
    )


def _write_messages(writer: SummaryWriter, run: Run, name: str, losses: RunLosses) -> None:
    series = run.raw[name]
    for data, step, wall_time in zip(series, series.steps, series.wall_times, strict=True):
        value = parse_value(data)
        integers = sum(info.HasField("int_value") for info in value.hparam.hparamInfos)
        losses.add(name, "hyperparameters that are integers become float64", integers)
        if value.WhichOneof("one_value") == EMBEDDINGS:
            continue  # files beside the events, see _write_embeddings
        for summary in as_summary_values(value):
            _add(writer, summary, int(step), float(wall_time))


def _add(writer: SummaryWriter, value: object, step: int, wall_time: float) -> None:
    from eventcodec.proto import Summary

    writer._add_summary(Summary(value=[value]).SerializeToString(), step, wall_time)  # type: ignore[list-item]


def _write_embeddings(run: Run, directory: Path, losses: RunLosses) -> None:
    """Write the files of TensorBoard's projector: a configuration that names tables of text."""
    from google.protobuf import text_format

    from eventcodec.proto import ProjectorConfig

    config = ProjectorConfig()
    for number, (name, embedding) in enumerate(run.embeddings.items()):
        count = run.tags[name].count if name in run.tags else 1
        losses.add(name, "TensorBoard holds one embedding of a name: the last", count - 1)
        losses.add(name, "the time of an embedding is not kept")
        folder = Path("embeddings") / str(number)
        (directory / folder).mkdir(parents=True)
        _write_embedding(config, name, embedding, directory, folder, losses)
    (directory / CONFIG_NAME).write_text(text_format.MessageToString(config), encoding="utf-8")


def _write_embedding(
    config: ProjectorConfig,
    name: str,
    embedding: Embedding,
    directory: Path,
    folder: Path,
    losses: RunLosses,
) -> None:
    vectors = embedding.to_array()
    entry = config.embeddings.add(tensor_name=name, tensor_shape=vectors.shape)
    entry.tensor_path = (folder / "tensors.tsv").as_posix()
    # Nine digits give every float32 back.
    np.savetxt(directory / entry.tensor_path, vectors, fmt="%.9g", delimiter="\t")
    columns = embedding.metadata()
    if not columns:
        return
    entry.metadata_path = (folder / "metadata.tsv").as_posix()
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    if len(columns) > 1:
        rows.insert(0, list(columns))
    plain = [[_plain(label) for label in row] for row in rows]
    changed = sum(
        a != b
        for row, kept in zip(rows, plain, strict=True)
        for a, b in zip(row, kept, strict=True)
    )
    losses.add(name, "tabs and line ends in labels become spaces", changed)
    text = "".join("\t".join(row) + "\n" for row in plain)
    (directory / entry.metadata_path).write_text(text, encoding="utf-8", newline="")


def _plain(label: str) -> str:
    return " ".join(label.replace("\t", " ").splitlines()) if label else label
