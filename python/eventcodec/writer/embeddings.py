"""SummaryWriter.add_embedding, and the projector's configuration that it extends."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventcodec.arrays import as_array
from eventcodec.summary.embedding import (
    embedding_name,
    folder_name,
    metadata_file,
    sprite_of,
    tensors_file,
)
from eventcodec.summary.scalar import as_step

if TYPE_CHECKING:
    from eventcodec.writer.summary_writer import SummaryWriter

__all__ = ["add_embedding"]


_CONFIG_NAME = "projector_config.pbtxt"


def add_embedding(
    self: SummaryWriter,
    mat: Any,
    metadata: Sequence[Any] | None = None,
    label_img: Any = None,
    global_step: Any = None,
    tag: str = "default",
    metadata_header: Sequence[str] | None = None,
) -> None:
    """Log vectors for the embedding projector.

    They are files beside the event file: <log_dir>/<step>/<tag>/tensors.tsv, metadata.tsv and
    sprite.png, and an entry in <log_dir>/projector_config.pbtxt, which keeps those of others. The
    same tag and step replace what was there.

    Args:
        mat: numbers (n, dimensions).
        metadata: n labels, each shown as its str(); with metadata_header n rows of values. Tabs and
            line ends are stored as \\t, \\n and \\r.
        label_img: n thumbnails (n, channels, height, width) as in add_images; shrunk when the
            picture of them all would exceed 8192 pixels, which browsers cannot show.
        global_step: the step; None is 0.
        tag: name of the embedding.
        metadata_header: the names of the columns of metadata.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        OSError: the files cannot be written.

    Example:
        >>> vectors = np.random.default_rng(0).normal(size=(3, 8))
        >>> writer.add_embedding(vectors, metadata=["a", "b", "c"], tag="letters")
    """
    from eventcodec.proto import EmbeddingInfo

    vectors = as_array(mat, argument="mat")
    if vectors.ndim != 2 or vectors.size == 0:
        raise ValueError(f"mat must have the shape (n, dimensions), got {vectors.shape}")
    step = 0 if global_step is None else as_step(global_step, "global_step")
    if not isinstance(tag, str):
        raise TypeError(f"tag must be a str, got {tag!r}")
    for name, given in (("metadata", metadata), ("label_img", label_img)):
        if given is not None and len(given) != len(vectors):
            raise ValueError(
                f"{name} must be one for each of {len(vectors)} vectors, got {len(given)}"
            )
    folder = f"{step:05d}/{folder_name(tag)}"
    info = EmbeddingInfo(tensor_name=embedding_name(tag, step), tensor_path=f"{folder}/tensors.tsv")
    files = {"tensors.tsv": tensors_file(vectors)}
    if metadata is not None:
        info.metadata_path = f"{folder}/metadata.tsv"
        files["metadata.tsv"] = metadata_file(metadata, metadata_header)
    if label_img is not None:
        files["sprite.png"], size = sprite_of(label_img)
        info.sprite.image_path = f"{folder}/sprite.png"
        info.sprite.single_image_dim.extend(size)
    if not self._is_muted:
        _write(Path(self._directory), folder, files, info)


def _write(directory: Path, folder: str, files: dict[str, bytes], info: Any) -> None:
    (directory / folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / folder / name).write_bytes(content)
    _extend_config(directory / _CONFIG_NAME, info)


def _extend_config(path: Path, info: Any) -> None:
    """Add an entry, or replace the one of its name. A file that nobody can read is only added to.

    Entries are appended in one write where that is enough, so that writers do not undo each other's
    work.
    """
    from google.protobuf import text_format

    from eventcodec.proto import ProjectorConfig

    text = path.read_text("utf-8", errors="surrogateescape") if path.exists() else ""
    entry = text_format.MessageToString(ProjectorConfig(embeddings=[info]), as_utf8=True)
    try:
        config = text_format.Parse(text, ProjectorConfig(), allow_unknown_field=True)
    except (text_format.ParseError, UnicodeError):
        config = ProjectorConfig()
    names = [each.tensor_name for each in config.embeddings]
    if info.tensor_name not in names:
        begin = "" if not text or text.endswith("\n") else "\n"
        with path.open("a", encoding="utf-8") as file:
            file.write(begin + entry)
        return
    config.embeddings[names.index(info.tensor_name)].CopyFrom(info)
    replacement = path.with_name(f".{path.name}.{os.getpid()}")
    replacement.write_text(text_format.MessageToString(config, as_utf8=True), "utf-8")
    replacement.replace(path)
