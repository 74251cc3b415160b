"""SummaryWriter.add_hparams."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from eventcodec import _native
from eventcodec.summary.hparams import hparams_summaries
from eventcodec.writer.device_scalars import check_number
from eventcodec.writer.scalars import RunLayout, check_run_layout

if TYPE_CHECKING:
    from eventcodec.writer.event_log import EventLog
    from eventcodec.writer.summary_writer import SummaryWriter

__all__ = ["add_hparams", "log_session"]


def add_hparams(
    self: SummaryWriter,
    hparam_dict: Mapping[str, Any],
    metric_dict: Mapping[str, Any],
    hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
    run_name: str | None = None,
    global_step: Any = None,
    *,
    layout: RunLayout = "runs",
) -> None:
    """Log hyperparameters and how well they did, for the HParams dashboard.

    Args:
        hparam_dict: name -> value. Bools, numbers (also NumPy's, and tensors with one element) and
            strings are kept; functions are logged by their name, nested dicts as "outer/inner",
            everything else as its str(); None is left out.
        metric_dict: tag -> number, which is also logged as a scalar of that tag.
        hparam_domain_discrete: name -> all values that the hyperparameter can have.
        run_name: directory of the trial within log_dir; None for the time.
        global_step: the step of the metrics; None is 0.
        layout: "runs" makes the trial a run of its own, <log_dir>/<run_name>, as torch does;
            "single" logs it to this writer's file: the run of this writer is the trial.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_hparams({"lr": 0.1, "adam": True}, {"accuracy": 0.9}, layout="single")
    """
    log_session(
        self, hparam_dict, metric_dict, hparam_domain_discrete, run_name, global_step, layout
    )


def log_session(
    writer: SummaryWriter,
    hparams: Mapping[str, Any],
    metrics: Mapping[str, Any],
    domains: Mapping[str, Sequence[Any]] | None,
    run_name: str | None,
    step: Any,
    layout: RunLayout,
    bools: Literal["bool", "number"] = "bool",
    has_step: bool = True,
) -> None:
    """Log one trial: the arguments of add_hparams, how bools are stored, and whether the
    description of the session has the step of its metrics.
    """
    check_run_layout(layout)
    if not isinstance(metrics, Mapping):
        raise TypeError(f"metric_dict must be a dict of numbers, got {metrics!r}")
    numbers = {}
    for tag, number in metrics.items():
        _native.check_tag(tag)
        numbers[tag] = check_number(number, tag)
    summaries = hparams_summaries(hparams, numbers, domains, bools=bools)
    if layout == "single":
        if run_name is not None:
            raise ValueError(f'run_name is for layout="runs", got {run_name!r} with "single"')
        log: EventLog = writer
    else:
        writer._check_open()
        log = writer._open_trial(run_name or str(time.time()))
    for summary in summaries:
        log._log_summary(summary, step if has_step else None, None)
    for tag, number in numbers.items():
        log.add_scalar(tag, number, step)
    if log is not writer:
        log.close()
