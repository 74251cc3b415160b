"""examples/visualdl_digits.py with our LogWriter and with the original: the same records."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path

import numpy as np
import pytest

from eventcodec.compat.visualdl import LogReader

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "visualdl_digits.py"


@pytest.fixture(scope="module")
def example():
    specification = importlib.util.spec_from_file_location("visualdl_digits", EXAMPLE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def records(directory: Path) -> list:
    """Every value of a run in the order of the file."""
    (path,) = directory.glob("vdlrecords*")
    data = LogReader(file_path=str(path)).log_data
    return [value for tags in data.values() for values in tags.values() for value in values]


def content(value):
    """What a value says, but for its time and the encoding of pictures."""
    from PIL import Image

    sort = value.WhichOneof("one_value")
    body = getattr(value, sort)
    if sort == "image":
        picture = np.asarray(Image.open(io.BytesIO(body.encoded_image_string)).convert("RGB"))
        body = (picture.shape, picture.tobytes())
    elif sort == "hparam":  # its name is made of the file's
        body = ([i.SerializeToString() for i in body.hparamInfos], list(body.metricInfos))
    elif sort != "value":
        body = body.SerializeToString()
    return value.id, value.tag, sort, body


def test_both_writers_leave_the_same_records(example, visualdl, tmp_path):
    example.log_runs(tmp_path / "ours")
    with pytest.MonkeyPatch.context() as patch:
        # What numpy dropped; and without OpenCV, with which theirs shrinks a matrix of images.
        patch.setattr(np, "float", float, raising=False)
        patch.setitem(sys.modules, "cv2", None)
        example.log_runs(tmp_path / "theirs", visualdl.LogWriter)
    for run in example.RUNS:
        ours, theirs = (records(tmp_path / side / run) for side in ("ours", "theirs"))
        assert len(ours) == len(theirs) > 6 * example.EPOCHS
        for mine, other in zip(ours, theirs, strict=True):
            assert content(mine) == content(other), (run, mine.tag)
