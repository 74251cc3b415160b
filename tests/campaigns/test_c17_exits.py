"""C17 (P1, P2, P16): what the end of a process, whatever it is, leaves in the file."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.acks import AckBoard
from harness.event_records import read_run
from harness.fault_shim import FaultControl
from harness.fork_server import ForkServer
from workloads.exits import ABRUPT, GRACEFUL

WORKLOADS = "workloads.exits"

STATUS = {
    "exception": 1,
    "sys.exit": 3,
    "KeyboardInterrupt": -signal.SIGINT,
    "SIGTERM with a handler": 4,
    "SIGTERM": -signal.SIGTERM,
    "os._exit": 5,
    "os.abort": -signal.SIGABRT,
    "SIGKILL": -signal.SIGKILL,
    "faulthandler": -signal.SIGSEGV,
}
EXIT_SECONDS = 5.0
SLACK_SECONDS = 2.0  # for a machine with more to run than it has cores
# After this long, buffered records are safe from anything but power loss; the promise is 0.05.
SETTLED_SECONDS = 0.4


@pytest.mark.parametrize("durability", ["buffered", "process", "sync"])
def test_c17_exits(
    campaign: Any,
    fork_server: ForkServer,
    acks: AckBoard,
    control: FaultControl,
    new_directory: Callable[[], Path],
    durability: str,
) -> None:
    ways = itertools.product(GRACEFUL + ABRUPT, (False, True))
    cases = [(how, close, 0.0) for how, close in ways]
    cases += [(how, False, SETTLED_SECONDS) for how in ABRUPT]
    lost = unwritten = 0
    repeats = round(50 * campaign.share) if campaign.long else 1
    for how, close, pause in cases * repeats:
        acks.reset()
        control.reset()
        directory = new_directory()
        trial = fork_server.start(
            "workloads.exits:log_and_end",
            directory=directory,
            acks=acks.path,
            control=control.path,
            how=how,
            durability=durability,
            records=20 if durability == "sync" else 2000,
            close=close,
            pause=pause,
            hang=False,
        )
        status = trial.wait(60)
        if "ModuleNotFoundError" in trial.output:
            pytest.skip(f"this Python has no {how} module: {trial.output}")
        case = (how, close, pause)
        assert status == STATUS.get(how, 0), (case, trial.output)
        steps = [step for content in read_run(directory) for step in content.steps]
        assert steps == list(range(len(steps))), case
        missing = max(0, acks.acked - len(steps))
        if how in ABRUPT and durability == "buffered" and not close and not pause:
            unwritten += missing  # within the bound that C1 checks
        else:
            assert missing == 0, case
            lost += missing
    campaign.report(
        f"C17 exits, {durability}, Python {fork_server.version}",
        "P1 P2 P16",
        trials=len(cases) * repeats,
        hits=len(cases) * repeats,
        lost=lost,
        figures=f"{unwritten} records within the bound of buffered",
    )


def test_c17_exits_with_dead_storage(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    trials = []
    # The one that takes longest comes last, as they are waited for one after the other.
    ways = sorted([*GRACEFUL, "os._exit", "SIGTERM"], key=lambda how: how == "collected")
    for number, how in enumerate(ways):
        trial = fork_server.start(
            "workloads.exits:log_and_end",
            directory=new_directory(),
            acks=AckBoard(tmp_path / f"acks{number}").path,
            control=FaultControl(tmp_path / f"control{number}").path,
            how=how,
            durability="buffered",
            records=100,
            close=False,
            pause=0.05 * (number % 2),
            hang=True,
        )
        trials.append((how, trial))
    longest = 0.0
    for how, trial in trials:
        status = trial.wait(60)
        assert status == STATUS.get(how, 0), (how, trial.output)
        # A writer that is collected while the program runs is closed then, and waited for.
        waits = 2 if how == "collected" else 1
        longest = max(longest, trial.seconds / waits)
    campaign.report(
        f"C17 exits with dead storage, Python {fork_server.version}",
        "P16",
        trials=len(trials),
        hits=len(trials),
        lost=0,
        figures=f"four writers, longest wait {longest:.2f} s",
    )
    assert longest < EXIT_SECONDS + SLACK_SECONDS
