"""Runs one trial after another in children of a process that has imported everything already.

A child costs milliseconds instead of an interpreter's start, and still ends like a whole program:
the workload runs as the last thing of the main module, so its return, exception or exit takes the
interpreter down in the ordinary way.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["ForkServer", "HangError", "Trial"]

_CAMPAIGNS = Path(__file__).parent.parent


class HangError(AssertionError):
    """A process did not end in time."""


class Trial:
    """A child that runs one workload."""

    def __init__(self, server: ForkServer, pid: int, output: Path) -> None:
        self.pid = pid
        self.started = time.monotonic()
        self.seconds = 0.0
        self._server = server
        self._output = output

    def kill(self, signal_number: int = signal.SIGKILL) -> None:
        """Send a signal to the child."""
        os.kill(self.pid, signal_number)

    def wait(self, timeout: float = 60) -> int:
        """Return the exit status, or minus the signal; HangError after `timeout` seconds."""
        answer = self._server.ask(wait=self.pid, timeout=timeout)
        self.seconds = time.monotonic() - self.started
        if answer["status"] is None:
            self.kill()
            self._server.ask(wait=self.pid, timeout=60)
            raise HangError(f"not ended after {timeout} s; its output: {self.output}")
        status: int = answer["status"]
        return status

    @property
    def output(self) -> str:
        """What the child wrote to stdout and stderr."""
        return self._output.read_text() if self._output.exists() else ""


class ForkServer:
    """The server, from the side of the tests."""

    def __init__(self, scratch: Path, shim: Path, workloads: str, python: str | None = None):
        environment = os.environ | {
            "LD_PRELOAD": str(shim),
            "PYTHONPATH": os.pathsep.join([str(_CAMPAIGNS), os.environ.get("PYTHONPATH", "")]),
        }
        python = python or sys.executable
        self._scratch = scratch
        self._trials = 0
        self._process = subprocess.Popen(
            [python, "-W", "always", "-m", "harness.fork_server", workloads],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.version = self.ask(hello=True)["version"]

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the fork server ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def start(self, workload: str, **arguments: Any) -> Trial:
        """Run workload(**arguments) in a new child."""
        self._trials += 1
        output = self._scratch / f"output{self._trials % 64}"
        answer = self.ask(
            start=workload,
            arguments={name: _plain(value) for name, value in arguments.items()},
            output=str(output),
        )
        return Trial(self, answer["pid"], output)

    def run(self, workload: str, timeout: float = 60, **arguments: Any) -> Trial:
        """Run a workload to its end, which must be an exit with status 0."""
        trial = self.start(workload, **arguments)
        status = trial.wait(timeout)
        assert status == 0, f"{workload}({arguments}) ended with {status}: {trial.output}"
        return trial

    def stop(self) -> None:
        """End the server; its children are done."""
        self._process.communicate(timeout=30)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


# ---- inside the server ----


def _wait(pid: int, pidfd: int, timeout: float) -> int | None:
    ready, _, _ = select.select([pidfd], [], [], timeout)
    if not ready:
        return None
    os.close(pidfd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _serve() -> dict[str, Any]:
    """Answer requests; returns, in a new child, what the child is to do."""
    answers = os.dup(1)
    children: dict[int, int] = {}

    def answer(**facts: Any) -> None:
        os.write(answers, (json.dumps(facts) + "\n").encode())

    for line in iter(sys.stdin.readline, ""):
        request: dict[str, Any] = json.loads(line)
        if "start" in request:
            pid = os.fork()
            if pid == 0:
                os.close(answers)
                for pidfd in children.values():
                    os.close(pidfd)
                return request
            children[pid] = os.pidfd_open(pid)
            answer(pid=pid)
        elif "wait" in request:
            pid = request["wait"]
            status = _wait(pid, children[pid], request["timeout"])
            if status is not None:
                del children[pid]
            answer(status=status)
        else:
            answer(version=sys.version.split()[0])
    os._exit(0)


def _redirect(output: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for descriptor in (1, 2):
        opened = os.open(output, flags | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
        flags &= ~os.O_TRUNC
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


if __name__ == "__main__":
    _modules = [importlib.import_module(name) for name in sys.argv[1].split(",")]
    _request = _serve()
    _redirect(_request["output"])
    _module_name, _name = _request["start"].split(":")
    getattr(sys.modules[_module_name], _name)(**_request["arguments"])
