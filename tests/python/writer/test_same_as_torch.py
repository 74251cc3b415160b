"""What torch.utils.tensorboard's writer declares and stores, field for field."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import torch.utils.tensorboard
from torch.utils.tensorboard.summary import scalar, text
from written import event_files, read_events

from eventcodec import SummaryWriter

# tensorboard's stub asks NumPy for a deprecated alias when its reader is made.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")


def test_signatures() -> None:
    theirs = torch.utils.tensorboard.SummaryWriter
    for name in ("add_scalar", "add_histogram", "add_image", "add_images", "add_text"):
        want = inspect.signature(getattr(theirs, name)).parameters.values()
        got = inspect.signature(getattr(SummaryWriter, name)).parameters.values()
        assert [(p.name, p.default) for p in got] == [(p.name, p.default) for p in want], name


def test_text(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "# Größe\n" + "x" * 300, 3)
    event = read_events(event_files(tmp_path)[0])[1]
    assert event.summary == text("note", "# Größe\n" + "x" * 300)
    assert event.step == 3


def test_new_style_scalars(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 0.1, 1, None, True)
        writer.add_scalar("a", 0.1, 1, new_style=True, double_precision=True)
        writer.add_scalar("a", 0.1, 1, double_precision=True)
    got = [event.summary for event in read_events(event_files(tmp_path)[0])[1:]]
    assert got == [
        scalar("a", 0.1, new_style=True),
        scalar("a", 0.1, new_style=True, double_precision=True),
        scalar("a", 0.1, double_precision=True),
    ]
