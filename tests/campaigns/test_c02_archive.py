"""C2 (P10): death at every call of repair, index, compact and split that touches a file."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.fault_shim import compiler
from harness.fork_server import ForkServer
from tensorboard.compat.proto.event_pb2 import Event, SessionLog

import eventcodec
from eventcodec import _native
from eventcodec.archive import compact, index, repair, split

WORKLOADS = "workloads.archive"
MOMENTS = [0, 1, 2]  # before a call, after it, in the middle of a write


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled kill_shim.c, in the place of the other shim."""
    library = tmp_path_factory.mktemp("kill_shim") / "kill_shim.so"
    source = Path(__file__).parent / "harness" / "kill_shim.c"
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler(), *flags, str(source), "-o", str(library), "-ldl"], check=True)
    return library


@pytest.fixture(scope="module")
def killer(
    tmp_path_factory: pytest.TempPathFactory, shim: Path, interpreter: str
) -> Iterator[ForkServer]:
    server = ForkServer(tmp_path_factory.mktemp("server"), shim, WORKLOADS, interpreter)
    yield server
    server.stop()


def scalar(step: int) -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag="loss", simple_value=step)
    return event.SerializeToString()


def make_logs(place: Path, extra: int = 0) -> Path:
    """Three runs: damaged, restarted, clean."""
    version = Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString()
    restart = Event(wall_time=1.7e9, step=5)
    restart.session_log.status = SessionLog.START
    clean = [version, *map(scalar, range(12 + extra))]
    again = [version, restart.SerializeToString(), *map(scalar, range(5, 9))]
    for run, name, payloads in (
        ("a", "1", clean),
        ("b/c", "1", clean),
        ("b/c", "2", again),
        ("d", "1", clean),
    ):
        data = bytearray(b"".join(map(_native.frame, payloads)))
        if run == "a":
            data[100] ^= 1
        path = place / run / f"events.out.tfevents.{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return place


def contents(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


REFERENCE: dict[str, Callable[[Path, Path], object]] = {
    "repair": lambda source, out: list(repair(source, out)),
    "compact": lambda source, out: list(compact(source, out, dedup="last", keep_every=2)),
    "split": lambda source, out: list(split(source, out, max_bytes=300)),
}


def walk(
    killer: ForkServer, job: str, moment: int, source: Callable[[], Path], out: Callable[[], Path]
) -> Iterator[tuple[Path, Path, bool]]:
    """Kill a job at one call after the other until it completes."""
    for call in range(100_000):
        logs, destination = source(), out()
        trial = killer.start(
            "workloads.archive:work",
            job=job,
            source=logs,
            out=destination,
            call=call,
            moment=moment,
        )
        status = trial.wait()
        assert status in (0, -signal.SIGKILL), trial.output
        yield logs, destination, status == 0
        if status == 0:
            assert call > 5, "the shim does not see the calls"
            return


@pytest.mark.parametrize("job", ["repair", "compact", "split"])
def test_c02_output_is_whole_or_absent(
    campaign: Any, killer: ForkServer, tmp_path: Path, job: str
) -> None:
    logs = make_logs(tmp_path / "logs")
    before = contents(logs)
    REFERENCE[job](logs, tmp_path / "reference")
    wanted = contents(tmp_path / "reference")
    trials = 0
    for moment in MOMENTS if campaign.long else campaign.random.sample(MOMENTS, 1):
        place = tmp_path / f"out{moment}"

        def new_place(place: Path = place) -> Path:
            place.mkdir()
            return place / "logs"

        for _, out, alive in walk(killer, job, moment, lambda: logs, new_place):
            assert contents(logs) == before
            found = contents(out) if out.exists() else None
            assert found in (None, wanted)
            assert alive <= (found is not None)
            # What is left of a killed one is no log of its own, and does not hinder the next.
            if found is None:
                assert not list(out.parent.glob("logs*"))
            shutil.rmtree(out.parent)
            trials += 1
    campaign.report(
        f"C2 death at every call of {job}", "P10", trials=trials, hits=trials - 1, lost=0
    )


def test_c02_in_place_keeps_what_was(campaign: Any, killer: ForkServer, tmp_path: Path) -> None:
    pristine = make_logs(tmp_path / "pristine")
    damaged = "a/events.out.tfevents.1"
    before = contents(pristine)
    list(repair(pristine, tmp_path / "reference"))
    repaired = contents(tmp_path / "reference")[damaged]
    count = 0

    def copy() -> Path:
        nonlocal count
        count += 1
        return Path(shutil.copytree(pristine, tmp_path / f"copy{count}"))

    trials = 0
    for moment in MOMENTS:
        for logs, _, alive in walk(killer, "in_place", moment, copy, lambda: tmp_path / "unused"):
            after = contents(logs)
            assert after[damaged] in (before[damaged], repaired)
            kept = after.get("a/events.out.tf-events.1.broken")
            if after[damaged] == repaired:
                assert kept == before[damaged]
            assert not alive or after[damaged] == repaired
            others = {name: data for name, data in before.items() if name != damaged}
            assert {name: after[name] for name in others} == others
            marked = [name for name in after if "tfevents" in name.rpartition("/")[2]]
            assert sorted(marked) == sorted(before)
            shutil.rmtree(logs)
            trials += 1
    campaign.report(
        "C2 death at every call of repair --in-place", "P10", trials=trials, hits=trials - 3, lost=0
    )


def answers(place: Path, *, indexed: bool) -> Any:
    log = eventcodec.open(place, index=indexed)
    return [
        (run.name, tag, s.steps.tolist(), s.values.tolist())
        for run in log.runs.values()
        for tag, s in run.scalars.items()
    ], log.damage


@pytest.mark.parametrize("history", ["new", "grown"])
def test_c02_a_killed_indexer_leaves_a_usable_index(
    campaign: Any, killer: ForkServer, tmp_path: Path, history: str
) -> None:
    count = trials = 0

    def source() -> Path:
        nonlocal count
        count += 1
        logs = make_logs(tmp_path / f"logs{count}")
        if history == "grown":
            index(logs)
            path = logs / "d/events.out.tfevents.1"
            path.write_bytes(path.read_bytes() + _native.frame(scalar(99)))
            (logs / "b/c/events.out.tfevents.1").unlink()
        return logs

    for moment in MOMENTS if campaign.long else campaign.random.sample(MOMENTS, 1):
        for logs, _, _ in walk(killer, "index", moment, source, lambda: tmp_path / "unused"):
            wanted = answers(logs, indexed=False)
            assert answers(logs, indexed=True) == wanted
            index(logs)
            assert answers(logs, indexed=True) == wanted
            assert index(logs).read == 0
            left = [path.name for path in (logs / ".eventcodec").iterdir()]
            assert not [name for name in left if name.endswith(".partial")]
            shutil.rmtree(logs)
            trials += 1
    campaign.report(
        f"C2 death at every call of index, {history}", "P10", trials=trials, hits=trials - 1, lost=0
    )
