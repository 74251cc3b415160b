"""C18 (P9): file names stay unique when clock, host name and process id do not tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.event_records import read_run
from harness.fault_shim import FaultControl
from harness.fork_server import ForkServer

WORKLOADS = "workloads.names"

SECONDS = 1_700_000_000
PID = 4242


def test_c18_equal_clock_host_and_pid(
    campaign: Any,
    fork_server: ForkServer,
    control: FaultControl,
    new_directory: Callable[[], Path],
) -> None:
    processes, writers = (64, 1000) if campaign.long else (64, 200)
    control.impersonate(SECONDS, PID)
    directory = new_directory()
    trials = [
        fork_server.start(
            "workloads.names:open_many",
            directory=directory,
            control=control.path,
            writers=writers,
            number=number,
        )
        for number in range(processes)
    ]
    for trial in trials:
        assert trial.wait(300) == 0, trial.output
    contents = read_run(directory)
    logged = []
    for content in contents:
        assert content.path.name.startswith(f"events.out.tfevents.{SECONDS}.samehost.{PID}.")
        version, event = content.events
        assert version.file_version == "brain.Event:2"
        logged.append(event.summary.value[0].tag)
    expected = [f"{number}/{index}" for number in range(processes) for index in range(writers)]
    collisions = len(expected) - len(contents)
    campaign.report(
        "C18 names",
        "P9",
        trials=len(expected),
        hits=len(expected) - writers,
        lost=collisions,
        figures=f"{collisions} collisions of {processes} processes x {writers} writers",
    )
    assert sorted(logged) == sorted(expected)
