"""Options and fixtures of the campaigns: how long, from which seed, with which tools."""

from __future__ import annotations

import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.acks import AckBoard
from harness.fault_shim import FaultControl, build_shim
from harness.fork_server import ForkServer
from harness.results import Row, update_results

_ROWS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("campaigns")
    group.addoption("--campaign", choices=["fast", "long"], default="fast", help="how many trials")
    group.addoption("--seed", type=int, default=None, help="replay the trials of this seed")
    group.addoption(
        "--share", type=float, default=1.0, help="run this part of the trials of a long run"
    )
    group.addoption(
        "--interpreter",
        default=None,
        help="a Python with eventcodec installed: fork and exit campaigns run under it, too",
    )


class Campaign:
    """One campaign of one test: its scale, its random numbers, its row."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        config = request.config
        self.long: bool = config.getoption("--campaign", "fast") == "long"
        seed = config.getoption("--seed", None)
        self.seed: int = secrets.randbits(32) if seed is None else seed
        self.random = random.Random(self.seed)
        self.share: float = config.getoption("--share", 1.0) if self.long else 1.0
        self.lines: list[str] = []
        self._started = time.monotonic()
        self._directory = Path(__file__).parent
        node = request.node.nodeid
        print(f"replay: python -m pytest '{node}' --campaign={self.scale} --seed={self.seed}")

    @property
    def scale(self) -> str:
        """The value of --campaign."""
        return "long" if self.long else "fast"

    def choose(self, cases: list[Any], fast: int) -> list[Any]:
        """Return the cases of this run: `fast` of them, or in a long run all or a share."""
        count = round(len(cases) * self.share) if self.long else fast
        return self.random.sample(cases, count)

    def report(
        self, campaign: str, promise: str, *, trials: int, hits: int, lost: int, figures: str = ""
    ) -> None:
        """Record the outcome; in a long run also in RESULTS.md."""
        seconds = round(time.monotonic() - self._started, 2)
        row = Row(campaign, promise, trials, hits, lost, seconds, self.seed, figures)
        self.lines.append(row.line())
        print(row.line())
        if self.long:
            update_results(self._directory / "RESULTS.md", row)


@pytest.fixture
def campaign(request: pytest.FixtureRequest) -> Iterator[Campaign]:
    """The campaign that a test runs."""
    campaign = Campaign(request)
    yield campaign
    request.config.stash.setdefault(_ROWS, []).extend(campaign.lines)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(_ROWS, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled fault shim."""
    return build_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="session")
def interpreter(request: pytest.FixtureRequest) -> str:
    """The Python that runs the trials: --interpreter, or this one."""
    chosen: str | None = request.config.getoption("--interpreter", None)
    return chosen or sys.executable


@pytest.fixture(scope="module")
def fork_server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    shim: Path,
    interpreter: str,
) -> Iterator[ForkServer]:
    """A fork server with the workloads that the test module names in WORKLOADS."""
    scratch = tmp_path_factory.mktemp("fork_server")
    server = ForkServer(scratch, shim, request.module.WORKLOADS, interpreter)
    yield server
    server.stop()


@pytest.fixture
def acks(tmp_path: Path) -> AckBoard:
    """The oracle of acknowledged records."""
    return AckBoard(tmp_path / "acks")


@pytest.fixture
def control(tmp_path: Path) -> FaultControl:
    """The control block of the fault shim."""
    return FaultControl(tmp_path / "control")


@pytest.fixture
def new_directory(tmp_path: Path) -> Callable[[], Path]:
    """new_directory() -> an empty directory of its own for each trial."""
    count = 0

    def make() -> Path:
        nonlocal count
        count += 1
        directory = tmp_path / f"run{count}"
        directory.mkdir()
        return directory

    return make
