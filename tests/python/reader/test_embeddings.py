"""Embeddings on disk: what torch and tensorboardX write, and what TensorBoard's projector takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventcodec


def test_embeddings(peer_writer: Any, tmp_path: Path) -> None:
    vectors = np.random.default_rng(2).normal(size=(4, 3)).astype(np.float32)
    labels = [["one", "1"], ["two", "2"], ["three", "3"], ["größer", "4"]]
    peer_writer.add_embedding(vectors, labels, tag="words", metadata_header=["name", "number"])
    peer_writer.add_embedding(vectors[:2], ["x", "y"], tag="few", global_step=1)
    peer_writer.add_scalar("a", 1.0)
    peer_writer.close()
    found = eventcodec.open(tmp_path)["."].embeddings
    words, few = (next(e for name, e in found.items() if name.startswith(n)) for n in ("wo", "fe"))
    np.testing.assert_allclose(words.to_array(), vectors, rtol=1e-6)
    assert words.metadata() == {
        "name": ["one", "two", "three", "größer"],
        "number": ["1", "2", "3", "4"],
    }
    assert few.metadata() == {"label": ["x", "y"]}
    with pytest.raises(ValueError, match="has no such file"):
        few.resolve(few.sprite_path)


@pytest.mark.parametrize(
    "text",
    [
        'embeddings: { tensor_name: "e" tensor_path: "t.tsv" tensor_shape: [2, 2] }',
        "embeddings < tensor_name: 'e'; tensor_path: 't' '.tsv', >",
        'embeddings: [ { tensor_name: "e" tensor_path: "a" }, { tensor_name: "f" } ]',
        '# c\r\nmodel_checkpoint_path: "x"\r\nembeddings {\r\n tensor_name: "e" # c\r\n}\r\n',
        r'embeddings { tensor_name: "\303\274\x41\u00e9" sprite { single_image_dim: [0x8, 020] } }',
        "# nothing",
    ],
)
def test_spellings_of_projector_configurations(
    tmp_path: Path, frame: Any, event: Any, text: str
) -> None:
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    (tmp_path / "events.out.tfevents.1.h").write_bytes(frame(event(a=1.0).SerializeToString()))
    (tmp_path / "projector_config.pbtxt").write_bytes(text.encode())
    wanted = text_format.Parse(text, ProjectorConfig()).embeddings
    found = eventcodec.open(tmp_path)["."].embeddings.values()
    assert [(e.name, e.tensor_path, e.shape, e.sprite_size) for e in found] == [
        (
            each.tensor_name,
            each.tensor_path,
            tuple(each.tensor_shape),
            tuple(each.sprite.single_image_dim),
        )
        for each in wanted
    ]


def test_places_of_projector_configurations(tmp_path: Path, frame: Any, event: Any) -> None:
    """TensorBoard looks beside the runs, in the plugin's folder of a run, and at the top."""
    run = tmp_path / "train"
    assets = run / "plugins" / "org_tensorflow_tensorboard_projector"
    assets.mkdir(parents=True)
    (run / "events.out.tfevents.1.h").write_bytes(frame(event(a=1.0).SerializeToString()))
    vectors = np.array([[1.0, -2.5], [3.0, 4.0]], np.float32)
    (assets / "v.bin").write_bytes(vectors.tobytes())
    (assets / "projector_config.pbtxt").write_text(
        'embeddings { tensor_path: "v.bin" tensor_shape: [2, 2] }'
    )
    (tmp_path / "v.tsv").write_text("1.0\t-2.5\n3.0\t4.0\n")
    (tmp_path / "none.tsv").write_text("")
    (tmp_path / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "k" tensor_path: "v.tsv" }'
        'embeddings { tensor_name: "none" tensor_path: "none.tsv" }'
    )
    log = eventcodec.open(tmp_path)
    (embedding,) = log["train"].embeddings.values()
    assert embedding.name == "v.bin"  # as TensorBoard calls it
    np.testing.assert_array_equal(embedding.to_array(), vectors)
    assert list(log.embeddings) == ["k", "none"]
    np.testing.assert_array_equal(log.embeddings["k"].to_array(), vectors)
    assert log.embeddings["none"].to_array().shape == (0, 0)


@pytest.mark.parametrize(
    "path", ["../secret.tsv", "/etc/hostname", "link.tsv", "a/../../secret.tsv"]
)
def test_embeddings_do_not_leave_the_log_directory(
    tmp_path: Path, path: str, frame: Any, event: Any
) -> None:
    (tmp_path / "secret.tsv").write_text("1\t2\n")
    log = tmp_path / "log"
    log.mkdir()
    (log / "link.tsv").symlink_to(tmp_path / "secret.tsv")
    (log / "events.out.tfevents.1.h").write_bytes(frame(event(a=1.0).SerializeToString()))
    (log / "projector_config.pbtxt").write_text(
        f'embeddings {{ tensor_name: "e" tensor_path: "{path}" metadata_path: "{path}" }}'
    )
    embedding = eventcodec.open(log)["."].embeddings["e"]
    for read in (embedding.to_array, embedding.metadata):
        with pytest.raises(ValueError, match="leads out of the log directory"):
            read()


def test_a_damaged_projector_configuration(tmp_path: Path, frame: Any, event: Any) -> None:
    (tmp_path / "events.out.tfevents.1.h").write_bytes(frame(event(a=1.0).SerializeToString()))
    (tmp_path / "projector_config.pbtxt").write_text("embeddings {")
    run = eventcodec.open(tmp_path)["."]
    with pytest.raises(eventcodec.CorruptRecordError, match="no projector configuration"):
        _ = run.embeddings
