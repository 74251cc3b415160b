"""Run by test_engine.py: bulk work on a Dask cluster of two processes, one of which is killed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from distributed import Client, LocalCluster

from eventcodec.archive import compact, index, repair, verify


def kill_one(client: Client, victims: list[int]) -> None:
    """Kill the worker that was there first, once."""
    if not victims:
        [pid, *_] = client.run(os.getpid).values()
        os.kill(pid, signal.SIGKILL)
        victims.append(pid)


def main(logs: Path, out: Path) -> None:
    sys.modules["eventcodec.archive.index"]._TASK_BYTES = 1 << 20  # several tasks of little data
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        assert cluster.scheduler_address.startswith("tcp://")
        executor = client.get_executor(pure=False)
        at_work = {"executor": executor, "workers": 2}
        victims: list[int] = []
        report = index(
            logs,
            location=out / "index",
            progress=lambda files, size: kill_one(client, victims),
            **at_work,
        )
        assert victims, "nobody was killed"
        assert report.read == report.files
        for number, _ in enumerate(compact(logs, out / "compact", keep_every=2, **at_work)):
            if number == 1:
                kill_one(client, victims := [])
        list(repair(logs, out / "repaired", **at_work))
        reports = sorted(verify(logs, threads=2, executor=executor), key=lambda r: r.path)
        assert reports == sorted(verify(logs), key=lambda r: r.path)
        # The command finds a running cluster by its address.
        scheduler = cluster.scheduler_address
        status = os.spawnl(
            os.P_WAIT, sys.executable, sys.executable, "-m", "eventcodec.cli", "index", str(logs),
            "--location", str(out / "command"), "--engine", "dask", "--scheduler", scheduler,
        )  # fmt: skip
        assert status == 0
    print("done")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
