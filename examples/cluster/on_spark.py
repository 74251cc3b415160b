"""Bulk commands on Spark: a pool of its jobs as an Executor.

    python examples/cluster/on_spark.py LOGS

Needs `pip install pyspark` and Java. With a cluster's address in SPARK_MASTER it runs there, else
here. The log directory must have the same path on all machines. Spark has no call for one task, so
that each is a job with one partition; jobs run beside each other when threads of the driver wait
for them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pyspark
from pyspark.sql import SparkSession

from eventcodec.archive import index


class SparkExecutor(Executor):
    """Each call is a job of Spark; one whose worker dies is done again by another."""

    def __init__(self, context: pyspark.SparkContext, workers: int) -> None:
        self._context = context
        self._waiting = ThreadPoolExecutor(workers)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start one call."""
        return self._waiting.submit(self._run, partial(fn, *args, **kwargs))

    def _run(self, call: Callable[[], Any]) -> Any:
        [result] = self._context.parallelize([call], 1).map(lambda each: each()).collect()
        return result

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the calls that were started."""
        self._waiting.shutdown(wait, cancel_futures=cancel_futures)


if __name__ == "__main__":
    master = os.environ.get("SPARK_MASTER", "local[*]")
    session = SparkSession.builder.master(master).appName("eventcodec").getOrCreate()
    context = session.sparkContext
    with SparkExecutor(context, context.defaultParallelism) as executor:
        report = index(sys.argv[1], executor=executor, workers=context.defaultParallelism)
    print(f"Spark {pyspark.__version__}: {report.files} files, {report.read} read")
    session.stop()
