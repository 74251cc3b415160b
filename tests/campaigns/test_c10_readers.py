"""C10 (P17, P18): generated logs, read here and by protobuf, TensorBoard and the data server."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.data_server import read_with_data_server
from harness.event_records import event_files, read_event_file
from harness.generated_logs import frame, write_log, write_run
from tensorboard.backend.event_processing import event_accumulator as theirs

import eventcodec
from eventcodec.compat.tensorboard import EventAccumulator

RUNS = {"fast": 500, "long": 10_000}
BATCH = 250  # runs of one log directory
# What the data server reads under the same kinds as this library does.
SERVED = {"simple", "histo", "image", "image_tensor", "text"}
NOT_SERVED = {
    "scalar_tensor",
    "histogram_tensor",
    "audio",
    "audio_tensor",
    "text_parts",
    "tensor",
    "integers",
    "pr_curve",
    "hparams",
    "hparams_tensor",
    "old_tensor",
    "own_scalar",
}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in peers' own code

Points = dict[str, list[tuple[int, float, bytes]]]


def number(value: float) -> bytes:
    """A number that compares bit by bit, but for the payload of NaN."""
    return np.float64(value).tobytes() if value == value else b"nan"  # noqa: PLR0124


def expected_scalars(run: Path) -> Points:
    """The values of simple_value, from protobuf, with TensorBoard's purge."""
    found: Points = {}
    for content in (read_event_file(path) for path in event_files(run)):
        for event in content.events:
            if event.session_log.status == 1:
                for tag, points in found.items():
                    found[tag] = [point for point in points if point[0] < event.step]
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    point = (event.step, event.wall_time, number(value.simple_value))
                    found.setdefault(value.tag, []).append(point)
    return {tag: points for tag, points in found.items() if points}


def own_scalars(run: eventcodec.reader.Run) -> Points:
    return {
        tag: [(point.step, point.wall_time, number(point.value)) for point in series]
        for tag, series in run.scalars.items()
    }


def test_c10_protobuf_and_tensorboard(campaign: Any, tmp_path: Path) -> None:
    runs = round(RUNS[campaign.scale] * campaign.share)
    everything = theirs.STORE_EVERYTHING_SIZE_GUIDANCE
    events = 0
    for start in range(0, runs, BATCH):
        root = tmp_path / "log"
        names = write_log(root, campaign.random, min(BATCH, runs - start), events=20)
        log = eventcodec.open(root)
        assert not log.damage
        assert list(log.runs) == [each.name for each in names]
        for name in names:
            simple = {
                tag: points
                for tag, points in own_scalars(log[name.name]).items()
                if tag.endswith("/simple")
            }
            assert simple == expected_scalars(name), name
            want = theirs.EventAccumulator(str(name), everything).Reload()
            got = EventAccumulator(str(name), everything).Reload()
            assert got.Tags() == want.Tags()
            for tag in want.Tags()["tensors"]:
                pairs = zip(got.Tensors(tag), want.Tensors(tag), strict=True)
                for mine, peer in pairs:
                    message = mine.tensor_proto.SerializeToString()
                    assert message == peer.tensor_proto.SerializeToString()
                    events += 1
        shutil.rmtree(root)
    campaign.report(
        "C10 protobuf, TensorBoard",
        "P17",
        trials=runs,
        hits=runs,
        lost=0,
        figures=f"{events} events compared",
    )


def test_c10_data_server(campaign: Any, tmp_path: Path) -> None:
    """Its rule for steps that repeat: of each step of a tag the last value."""
    runs = min(round(RUNS[campaign.scale] * campaign.share) // 5, 2_000)
    root = tmp_path / "log"
    write_log(root, campaign.random, runs, events=20, restarts=False, without=NOT_SERVED)
    log = eventcodec.open(root)
    (tmp_path / "server").mkdir()
    served = read_with_data_server(root, tmp_path / "server")
    assert set(served) <= set(log.runs)
    points = 0
    for name, kinds in served.items():
        run = log[name]
        mine = {
            tag: {step: (at, value) for step, at, value in series}
            for tag, series in own_scalars(run).items()
        }
        peer = {
            tag: {step: (at, number(value)) for step, at, value in series}
            for tag, series in kinds["scalars"].items()
        }
        assert mine == peer, name
        points += sum(map(len, peer.values()))
        for tag, series in kinds["texts"].items():
            last = {each.step: each.value for each in run.texts[tag]}
            assert last == {step: text for step, _, text in series}
        for tag, series in kinds["images"].items():
            last_images: dict[int, list[bytes]] = {}
            wall_times: dict[int, float] = {}
            for each in run.images[tag]:
                if wall_times.get(each.step) != each.wall_time:
                    last_images[each.step] = []
                    wall_times[each.step] = each.wall_time
                last_images[each.step].append(each.encoded)
            for step, _, images in series:
                assert last_images[step][-len(images) :] == images
    campaign.report(
        "C10 data server",
        "P17",
        trials=runs,
        hits=runs,
        lost=0,
        figures=f"{points} points compared",
    )


def test_c10_damaged_files(campaign: Any, tmp_path: Path) -> None:
    """TensorBoard stops at damage: what it has read until then is the beginning of what we read."""
    runs = round(RUNS[campaign.scale] * campaign.share) // 4
    more = 0
    for trial in range(runs):
        rng = random.Random(campaign.random.getrandbits(64))
        (path,) = write_run(tmp_path / f"run{trial}", rng, events=20, restarts=False)
        data = bytearray(path.read_bytes())
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        else:
            for _ in range(rng.randint(1, 3)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        data += frame(b"\x09" + bytes(8)) * rng.randint(0, 1)
        path.write_bytes(data)
        everything = theirs.STORE_EVERYTHING_SIZE_GUIDANCE
        want = theirs.EventAccumulator(str(path), everything, purge_orphaned_data=False).Reload()
        run = eventcodec.open(path, purge=False)["."]
        for tag in want.Tags()["scalars"]:
            peer = [(e.step, e.wall_time, number(e.value)) for e in want.Scalars(tag)]
            mine = own_scalars(run)[tag]
            assert mine[: len(peer)] == peer
            more += len(mine) - len(peer)
        shutil.rmtree(path.parent)
    campaign.report(
        "C10 damaged files",
        "P18",
        trials=runs,
        hits=more,
        lost=0,
        figures=f"{more} scalars that TensorBoard does not reach",
    )
