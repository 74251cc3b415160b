"""Runs the tasks of a bulk command: on threads here, or on any executor anywhere.

Whatever is a concurrent.futures.Executor will do: threads and processes of the standard library,
`dask.distributed`, and what docs/archives.md says of Ray, Spark and MPI. At most a window of tasks
is handed over at a time, so that memory does not grow with their number.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from eventcodec.reader.threads import count_workers

__all__ = ["byte_balanced", "dask_executor", "run"]

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

# Tasks in flight for each worker: enough that none waits for the next.
_WINDOW = 4


def byte_balanced(
    items: Iterable[_Task], size_of: Callable[[_Task], int], *, most_bytes: int, most_items: int
) -> Iterator[list[_Task]]:
    """Cut items, in their order, into chunks of about equal bytes.

    Args:
        items: what to cut.
        size_of: the bytes of one.
        most_bytes: a chunk ends once it has as many.
        most_items: and once it has as many items.
    """
    chunk: list[_Task] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += size_of(item)
        if size >= most_bytes or len(chunk) >= most_items:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def run(
    function: Callable[[_Task], _Result],
    tasks: Iterable[_Task],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[_Result]:
    """Yield function(task) for every task, in the order in which they end.

    Args:
        function: importable by name where the executor runs; what it takes and gives is pickled
            unless that is threads.
        tasks: taken as they are needed.
        executor: None for threads of this process: the native core leaves the interpreter free.
        workers: how many tasks run at a time; None for one per processor. Of an executor, how many
            it has.

    Raises:
        ValueError: `workers` is less than 1.
        Exception: what a task raised; the tasks that have not begun are cancelled.
    """
    count = count_workers(workers)
    with contextlib.ExitStack() as stack:
        if executor is None:
            executor = stack.enter_context(ThreadPoolExecutor(count))
        pending: set[Future[_Result]] = set()
        try:
            for task in tasks:
                pending.add(executor.submit(function, task))
                if len(pending) >= _WINDOW * count:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in pending:
                future.cancel()


class _DaskExecutor(Executor):
    """Tasks of a Dask client, with a thread here that waits for each.

    distributed has an executor of its own, which takes a result for an error when the worker that
    has it dies just then (distributed/cfexecutor.py looks at the status after the result).
    """

    def __init__(self, client: Any, threads: int) -> None:
        self._client = client
        self._waiting = ThreadPoolExecutor(_WINDOW * threads)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._waiting.submit(self._result, fn, args, kwargs)

    def _result(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._client.submit(fn, *args, pure=False, **kwargs).result()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._waiting.shutdown(wait, cancel_futures=cancel_futures)


@contextlib.contextmanager
def dask_executor(
    *, scheduler: str | None = None, workers: int | None = None
) -> Iterator[tuple[Executor, int]]:
    """Give an executor over a Dask cluster, and how many threads it has.

    Args:
        scheduler: the address of a running one, "tcp://host:8786"; None to start one here.
        workers: of a cluster started here, how many processes; None for one per processor.

    Yields:
        A concurrent.futures.Executor and its number of threads. A task whose worker dies is
        run again by another one.

    Raises:
        ImportError: `distributed` is not installed.
        OSError: no scheduler answers at the address.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        message = "the dask engine needs distributed: pip install 'eventcodec[dask]'"
        raise ImportError(message) from error
    with contextlib.ExitStack() as stack:
        if scheduler is None:
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=count_workers(workers),
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                )
            )
            client = stack.enter_context(Client(cluster))
        else:
            client = stack.enter_context(Client(scheduler, timeout="10s"))
        threads = max(sum(client.nthreads().values()), 1)
        executor = _DaskExecutor(client, threads)
        # After an error nobody waits for tasks: the client's end is theirs.
        stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        yield executor, threads
