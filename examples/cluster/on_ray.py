"""Bulk commands on Ray: a pool of its tasks as an Executor.

    python examples/cluster/on_ray.py LOGS

Needs `pip install ray`. With the address of a cluster in RAY_ADDRESS it runs there, else here. The
log directory must have the same path on all machines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import ray

from eventcodec.archive import index


@ray.remote
def call(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call anything that can be pickled: Ray itself takes functions only."""
    return fn(*args, **kwargs)


class RayExecutor(Executor):
    """Each call is a task of Ray; one whose worker dies is done again by another."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start one call."""
        return call.remote(fn, args, kwargs).future()


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False)
    workers = int(ray.cluster_resources()["CPU"])
    report = index(sys.argv[1], executor=RayExecutor(), workers=workers)
    print(f"Ray {ray.__version__}: {report.files} files, {report.read} read")
    ray.shutdown()
