"""Embeddings: what the projector's configuration names, which stands beside the event files; and
those that stand in a VisualDL log."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.errors import CorruptRecordError

__all__ = ["CONFIG_NAME", "Embedding", "RecordedEmbedding", "find_embeddings", "recorded_embedding"]

# tensorboard/plugins/projector/__init__.py: PROJECTOR_FILENAME
CONFIG_NAME = "projector_config.pbtxt"
# tensorboard/plugins/projector/metadata.py: where the plugin keeps what belongs to a run
_ASSETS = Path("plugins", "org_tensorflow_tensorboard_projector")


@dataclass(frozen=True)
class Embedding:
    """One embedding of a run. Its files are read when they are asked for.

    Attributes:
        name: of the tensor; of its file when the configuration does not say it.
        shape: as the configuration says, () when it does not.
        tensor_path: of the vectors, "" for none (they stand in a checkpoint).
        metadata_path: of the labels, "" for none.
        sprite_path: of the image of all thumbnails, "" for none.
        sprite_size: (width, height) of one thumbnail in pixels, () for none.

    The paths are those of the configuration, relative to `directory`, and never followed out of
    the log directory.
    """

    name: str
    shape: tuple[int, ...]
    tensor_path: str
    metadata_path: str
    sprite_path: str
    sprite_size: tuple[int, ...]
    directory: Path = field(repr=False)
    root: Path = field(repr=False)

    def to_array(self) -> NDArray[np.float32]:
        """Read the vectors.

        Returns:
            float32[vectors, dimensions].

        Raises:
            ValueError: the path leads out of the log directory, or the file is no table of numbers.
            OSError: the file cannot be read.

        Source: tensorboard/plugins/projector/projector_plugin.py: lines of numbers with tabs
        between them; what is no text is float32 one after the other, of the shape that the
        configuration says. A file that ends in .bytes is taken for the latter even if it could be
        text.
        """
        path = self.resolve(self.tensor_path)
        try:
            if path.suffix == ".bytes":
                return self._of_bytes(path)
            if path.stat().st_size == 0:
                return np.empty((0, *(self.shape[1:] or (0,))), np.float32)
            try:
                lines: NDArray[np.float32] = np.loadtxt(
                    path, dtype=np.float32, delimiter="\t", ndmin=2, comments=None
                )
            except UnicodeDecodeError:
                if not self.shape:
                    raise
                return self._of_bytes(path)
            return lines
        except ValueError as error:
            raise ValueError(f"{path}: not the vectors of an embedding: {error}") from error

    def _of_bytes(self, path: Path) -> NDArray[np.float32]:
        flat = np.frombuffer(path.read_bytes(), "<f4")
        return flat.astype(np.float32).reshape(self.shape)

    def metadata(self) -> dict[str, list[str]]:
        """Read the labels of the vectors.

        Returns:
            Column -> one label for each vector. A file of one column has no heading: it is "label".
            {} when the embedding has no metadata.

        Raises:
            ValueError: the path leads out of the log directory, or a line has other columns.
            OSError: the file cannot be read.
        """
        if not self.metadata_path:
            return {}
        path = self.resolve(self.metadata_path)
        lines = io.StringIO(path.read_text("utf-8", errors="backslashreplace"), newline="")
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        if not rows:
            return {}
        heading = rows.pop(0) if len(rows[0]) > 1 else ["label"]
        for number, row in enumerate(rows, start=2):
            if len(row) != len(heading) and not (len(heading) == 1 and not row):
                raise ValueError(
                    f"{path}: line {number} has {len(row)} columns, the heading {len(heading)}"
                )
        return {name: [row[i] if row else "" for row in rows] for i, name in enumerate(heading)}

    def resolve(self, path: str) -> Path:
        """Return where a path of the configuration leads.

        Raises:
            ValueError: there is none, or it leads out of the log directory.
        """
        if not path:
            raise ValueError(f"embedding {self.name!r} has no such file")
        try:
            found = (self.directory / path).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a zero byte
            raise ValueError(f"embedding {self.name!r}: cannot follow {path!r}") from error
        if not found.is_relative_to(self.root.resolve()):
            raise ValueError(
                f"embedding {self.name!r}: {path!r} leads out of the log directory {self.root}"
            )
        return found


class RecordedEmbedding(Embedding):
    """An embedding that stands in the log itself, as VisualDL writes it. It has no paths."""

    def __init__(
        self, name: str, vectors: NDArray[np.float32], labels: dict[str, list[str]]
    ) -> None:
        super().__init__(name, vectors.shape, "", "", "", (), Path(), Path())
        object.__setattr__(self, "_vectors", vectors)
        object.__setattr__(self, "_labels", labels)

    def to_array(self) -> NDArray[np.float32]:
        """Return the vectors: float32[vectors, dimensions]."""
        vectors: NDArray[np.float32] = self.__dict__["_vectors"].copy()
        return vectors

    def metadata(self) -> dict[str, list[str]]:
        """Return the labels of the vectors: column -> one label for each vector."""
        labels: dict[str, list[str]] = self.__dict__["_labels"]
        return {column: list(values) for column, values in labels.items()}


def recorded_embedding(content: bytes, name: str) -> RecordedEmbedding:
    """Return the embedding of a VisualDL Embeddings message.

    Raises:
        ValueError: vectors or labels of different lengths.
        google.protobuf.message.DecodeError: it is malformed.
    """
    from eventcodec.proto import Record

    message = Record.Embeddings.FromString(content)
    lengths = {(len(each.label), len(each.vectors)) for each in message.embeddings}
    if len(lengths) > 1:
        raise ValueError(f"embedding {name!r} has vectors or labels of different lengths")
    columns, width = lengths.pop() if lengths else (0, 0)
    heading = list(message.label_meta) or (["label"] if columns == 1 else [])
    if len(heading) != columns:
        heading = [f"label_{number}" for number in range(columns)]
    vectors = np.empty((len(message.embeddings), width), np.float32)
    for row, each in zip(vectors, message.embeddings, strict=True):
        row[:] = each.vectors
    labels = {
        column: [each.label[number] for each in message.embeddings]
        for number, column in enumerate(heading)
    }
    return RecordedEmbedding(name, vectors, labels)


def find_embeddings(directories: list[Path], root: Path) -> dict[str, Embedding]:
    """Return the embeddings of a run by name; the last of a name counts.

    Args:
        directories: of the run; the configuration stands there or where the plugin keeps its own.
        root: the log directory, which no path may leave.

    Raises:
        CorruptRecordError: a configuration cannot be parsed.
        OSError: it cannot be read.
    """
    found: dict[str, Embedding] = {}
    places = [place for each in directories for place in (each, each / _ASSETS)]
    for directory in places:
        config = directory / CONFIG_NAME
        if config.is_file():
            for each in _parse(config).embeddings:
                name = each.tensor_name or Path(each.tensor_path).name
                found[name] = Embedding(
                    name,
                    tuple(each.tensor_shape),
                    each.tensor_path,
                    each.metadata_path,
                    each.sprite.image_path,
                    tuple(each.sprite.single_image_dim),
                    directory,
                    root,
                )
    return found


def _parse(config: Path) -> Any:
    from google.protobuf import text_format

    from eventcodec.proto import ProjectorConfig

    try:
        text = config.read_text("utf-8")
        return text_format.Parse(text, ProjectorConfig(), allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        message = f"no projector configuration: {error}"
        raise CorruptRecordError(message, path=str(config)) from error
