"""The hyperparameters of a run: experiment, start and end of the session as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventcodec.proto import HParamsPluginData, Summary
    from eventcodec.reader.series import ScalarSeries

__all__ = ["Experiment", "HParams", "merge", "message_of", "plain_value"]

_STATUS = {0: "unknown", 1: "success", 2: "failure", 3: "running"}


@dataclass(frozen=True)
class Experiment:
    """What an experiment declares.

    Attributes:
        name: of the experiment, "" for none.
        description: "" for none.
        user: who owns it, "" for none.
        time_created: seconds since 1970, 0 for not said.
        hparams: hyperparameter -> its discrete domain as a list, (min, max) of an interval, or
            None for any value.
        metrics: (group, tag) of each metric; a group is a run below the session's.
    """

    name: str
    description: str
    user: str
    time_created: float
    hparams: dict[str, Any]
    metrics: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class HParams:
    """The session of one run.

    Attributes:
        hparams: hyperparameter -> float, str, bool or None. Integers are stored as floats.
        metrics: metric of the experiment -> the last value that this run logged for its tag.
        status: "success", "failure", "running" or "unknown"; "running" without an end.
        group_name: of sessions that belong together, "" for none.
        start_time: seconds since 1970, 0 for not said.
        end_time: seconds since 1970, 0 for not said.
        experiment: what this run declares, or None: the declaration may stand in another run.
    """

    hparams: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    status: str = "unknown"
    group_name: str = ""
    start_time: float = 0.0
    end_time: float = 0.0
    experiment: Experiment | None = None


def message_of(value: Summary.Value) -> HParamsPluginData:
    """Return the plugin's message, which stands in the metadata of a value.

    Raises:
        google.protobuf.message.DecodeError: it is malformed.
    """
    from eventcodec.proto import HParamsPluginData

    return HParamsPluginData.FromString(value.metadata.plugin_data.content)


def merge(
    messages: Iterable[HParamsPluginData], scalars: Mapping[str, ScalarSeries]
) -> HParams | None:
    """Merge the plugin's messages of a run; a later message replaces an earlier one of its sort.

    Args:
        messages: those of the run, in the order of the files.
        scalars: those of the run, for the metrics: their last values count.

    Source: tensorboard/plugins/hparams/plugin_data.proto.
    """
    found: dict[str, Any] = {}
    for data in messages:
        sort = data.WhichOneof("data")
        if sort is not None:
            found[sort] = getattr(data, sort)
    if not found:
        return None
    start, end = found.get("session_start_info"), found.get("session_end_info")
    experiment = _experiment(found["experiment"]) if "experiment" in found else None
    tags = [tag for group, tag in experiment.metrics if not group] if experiment else []
    running = 3 if start is not None else 0
    return HParams(
        hparams={}
        if start is None
        else {k: plain_value(v) for k, v in sorted(start.hparams.items())},
        metrics={
            tag: float(scalars[tag].values[-1])
            for tag in tags
            if tag in scalars and len(scalars[tag])
        },
        status=_STATUS.get(running if end is None else int(end.status), "unknown"),
        group_name="" if start is None else start.group_name,
        start_time=0.0 if start is None else start.start_time_secs,
        end_time=0.0 if end is None else end.end_time_secs,
        experiment=experiment,
    )


def _experiment(message: Any) -> Experiment:
    return Experiment(
        name=message.name,
        description=message.description,
        user=message.user,
        time_created=message.time_created_secs,
        hparams={info.name: _domain(info) for info in message.hparam_infos},
        metrics=tuple((info.name.group, info.name.tag) for info in message.metric_infos),
    )


def _domain(info: Any) -> Any:
    sort = info.WhichOneof("domain")
    if sort == "domain_discrete":
        return [plain_value(value) for value in info.domain_discrete.values]
    if sort == "domain_interval":
        return (info.domain_interval.min_value, info.domain_interval.max_value)
    return None


def plain_value(value: Any) -> Any:
    """Return what a google.protobuf.Value holds."""
    sort = value.WhichOneof("kind")
    if sort is None or sort == "null_value":
        return None
    if sort == "list_value":
        return [plain_value(each) for each in value.list_value.values]
    if sort == "struct_value":
        return {name: plain_value(each) for name, each in value.struct_value.fields.items()}
    return getattr(value, sort)
