"""What a call costs the training thread in the steady state: no heap, no system call, no lock."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import pytest
from harness.fault_shim import compiler

SETUP = """
    import ctypes, os, sys
    import numpy as np
    from eventcodec import SummaryWriter

    kind, directory = sys.argv[1:]
    writer = SummaryWriter(directory)
    add_scalar, add_metrics = writer.add_scalar, writer.add_metrics
    numbers = {
        "float": 0.5, "int": 12345, "bool": True, "float32": np.float32(0.5),
        "float64": np.float64(0.5), "keyword": 0.5, "metrics": 0.5,
    }
    if kind == "tensor":
        import torch
        numbers["tensor"] = torch.tensor(0.5)
    value = numbers[kind]
    mixed = {f"tag{i}": list(numbers.values())[i % 5] for i in range(20)}

    def log(calls):
        if kind == "keyword":
            for step in calls:
                add_scalar("train/loss", value, global_step=step)
        elif kind == "metrics":
            for step in calls:
                add_metrics(mixed, step)
        else:
            for step in calls:
                add_scalar("train/loss", value, step)

    # Up to where the I/O thread has just been woken: it is after every 64 KiB.
    empty = writer.stats().bytes_written
    log([1000] * 10)
    writer.flush()
    record_bytes = (writer.stats().bytes_written - empty) // 10
    log([1000] * (-(-65536 // record_bytes) - 10))
    calls = [1000] * (40000 // record_bytes)
"""
KINDS = [
    *("float", "int", "bool", "float32", "float64", "keyword", "metrics"),
    pytest.param(
        "tensor", marks=pytest.mark.skipif(find_spec("torch") is None, reason="no torch here")
    ),
]


def run(code: str, kind: str, directory: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SETUP) + textwrap.dedent(code), kind, directory],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("allocations") / "allocations.so"
    source = Path(__file__).with_name("allocations.c")
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler(), *flags, str(source), "-o", str(library)], check=True)
    return library


@pytest.mark.skipif(sys.platform != "linux", reason="counts the allocations of glibc")
@pytest.mark.parametrize("kind", KINDS)
def test_no_heap_allocation(tmp_path: Path, counter: Path, kind: str) -> None:
    # Python's own objects come from malloc, too, in this process.
    code = """
    allocations = ctypes.CDLL(None).allocations
    allocations.restype = ctypes.c_long
    before = allocations()
    between = allocations()
    log(calls)
    after = allocations()
    arrays = [bytearray(1000) for _ in calls]
    print((after - between) - (between - before), allocations() - after >= len(calls))
    """
    done = run(code, kind, tmp_path, LD_PRELOAD=str(counter), PYTHONMALLOC="malloc")
    assert done.returncode == 0, done.stderr
    of_calls, is_counted = done.stdout.split()
    assert is_counted == "True"
    assert int(of_calls) <= 2  # of the measurement itself; there are a hundred calls and more


# read, write, exit and exit_group, by machine: from Linux's tables of system calls.
ALLOWED = {"x86_64": (0, 1, 60, 231), "aarch64": (63, 64, 93, 94)}


@pytest.mark.skipif(platform.machine() not in ALLOWED, reason="knows no system calls by number")
@pytest.mark.parametrize("kind", KINDS)
def test_no_system_call(tmp_path: Path, kind: str) -> None:
    # A filter of the kernel's, on this thread alone: any other call ends the process.
    code = (
        f"""
    allowed = {ALLOWED[platform.machine()]}
    """
        """
    import struct
    LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
    KILL, ALLOW = 0x80000000, 0x7fff0000
    program = [(LOAD, 0, 0, 0)]
    program += [(JUMP_IF_EQUAL, len(allowed) - i, 0, number) for i, number in enumerate(allowed)]
    program += [(RETURN, 0, 0, KILL), (RETURN, 0, 0, ALLOW)]
    steps = b"".join(struct.pack("HBBI", *step) for step in program)
    memory = ctypes.create_string_buffer(steps)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(memory))
    out = sys.stdout.fileno()
    prctl = ctypes.CDLL(None).prctl
    assert prctl(38, 1, 0, 0, 0) == 0  # no new privileges, which a filter asks for
    log([1000])
    assert prctl(22, 2, header, 0, 0) == 0
    log(calls)
    os.write(out, b"logged\\n")
    os.getppid()
    os.write(out, b"not enforced\\n")
    """
    )
    # A machine may be so busy that the I/O thread finds a second without news in between, and has
    # to be told of the next record.
    for attempt in range(3):
        done = run(code, kind, tmp_path / str(attempt))
        assert done.returncode == -signal.SIGSYS, done.stderr
        if done.stdout == "logged\n":
            return
        assert done.stdout == "", "the filter was not in force"
    pytest.fail("a call made a system call")
