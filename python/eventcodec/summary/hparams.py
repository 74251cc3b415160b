"""Hyperparameters to Summary bytes: what an experiment has, a session's values, and its end."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from eventcodec.summary.message import metadata_of
from eventcodec.summary.scalar import as_number

__all__ = ["HParamValue", "check_hparams", "hparams_summaries"]

# How values of the HParams dashboard are stored.
HParamValue = bool | float | str

# tensorboard/plugins/hparams/metadata.py
_TAGS = {
    "experiment": "_hparams_/experiment",
    "session_start_info": "_hparams_/session_start_info",
    "session_end_info": "_hparams_/session_end_info",
}


def hparams_summaries(
    hparams: Mapping[str, Any],
    metrics: Iterable[str],
    domains: Mapping[str, Sequence[Any]] | None = None,
    *,
    bools: Literal["bool", "number"] = "bool",
) -> tuple[bytes, bytes, bytes]:
    """Encode the hyperparameters of a session.

    Args:
        hparams: name -> value, see check_hparams.
        metrics: tags of the scalars that tell how well it went.
        domains: name -> all values that it can have; of the type of the value.
        bools: store bools as bools, or as the numbers 0 and 1, as torch does.

    Returns:
        Three serialized Summaries for three events: experiment, start and end of the session.

    Raises:
        TypeError: something has another type.
        ValueError: a domain is of a hyperparameter that is not there.

    Source: tensorboard/plugins/hparams/plugin_data.proto; torch.utils.tensorboard.summary.hparams.

    Example:
        >>> [each[4:22] for each in hparams_summaries({"lr": 0.1}, ["accuracy"])]
        [b'_hparams_/experime', b'_hparams_/session_', b'_hparams_/session_']
    """
    from eventcodec.proto import HParamsPluginData

    values = check_hparams(hparams)
    if bools == "number":
        values = {k: float(v) if isinstance(v, bool) else v for k, v in values.items()}
    experiment, start, end = HParamsPluginData(), HParamsPluginData(), HParamsPluginData()
    start.session_start_info.SetInParent()
    experiment.experiment.SetInParent()
    for name, value in values.items():
        field, kind = _form_of(value)
        setattr(start.session_start_info.hparams[name], field, value)
        experiment.experiment.hparam_infos.add(name=name, type=kind)
    _add_domains(experiment, values, domains or {}, bools)
    for tag in metrics:
        experiment.experiment.metric_infos.add().name.tag = tag
    end.session_end_info.status = 1  # STATUS_SUCCESS
    return _encode(experiment), _encode(start), _encode(end)


def check_hparams(hparams: Mapping[str, Any]) -> dict[str, HParamValue]:
    """Return hyperparameters in the types that the dashboard knows.

    Numbers become floats; also NumPy's, and arrays and tensors with one element. Functions and
    classes become their names, nested mappings "outer/inner". None is left out. Everything else
    becomes its str().

    Raises:
        TypeError: `hparams` is no mapping, or a key no str.

    Example:
        >>> check_hparams({"lr": np.float32(0.5), "layers": [8, 8], "opt": {"name": "sgd"}})
        {'lr': 0.5, 'layers': '[8, 8]', 'opt/name': 'sgd'}
    """
    if not isinstance(hparams, Mapping):
        raise TypeError(f"hyperparameters must be a dict, got {hparams!r}")
    checked: dict[str, HParamValue] = {}
    for name, value in hparams.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a hyperparameter must be a str, got {name!r}")
        if isinstance(value, Mapping):
            checked.update({f"{name}/{k}": v for k, v in check_hparams(value).items()})
        elif value is not None:
            checked[name] = _plain(value)
    return checked


def _plain(value: Any) -> HParamValue:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    if hasattr(value, "item"):  # arrays and tensors
        try:
            return as_number(value, "a hyperparameter")
        except (TypeError, ValueError):
            return str(value)
    return str(value)


def _form_of(value: HParamValue) -> tuple[str, int]:
    """Field of google.protobuf.Value and hparams.DataType of a value."""
    if isinstance(value, bool):
        return "bool_value", 2
    return ("string_value", 1) if isinstance(value, str) else ("number_value", 3)


def _add_domains(
    message: Any, values: dict[str, HParamValue], domains: Mapping[str, Sequence[Any]], bools: str
) -> None:
    infos = {info.name: info for info in message.experiment.hparam_infos}
    for name, domain in domains.items():
        if name not in infos:
            raise ValueError(
                f"hparam_domain_discrete must be of hyperparameters that are given, got {name!r}"
            )
        infos[name].domain_discrete.SetInParent()
        for each in domain:
            plain = _plain(each)
            if bools == "number" and isinstance(plain, bool):
                plain = float(plain)
            if type(plain) is not type(values[name]):
                raise TypeError(
                    f"hparam_domain_discrete[{name!r}] must be of the type of its value, got "
                    f"{each!r}"
                )
            setattr(infos[name].domain_discrete.values.add(), _form_of(plain)[0], plain)


def _encode(data: Any) -> bytes:
    from eventcodec.proto import Summary

    tag = _TAGS[data.WhichOneof("data")]
    metadata = metadata_of("hparams", data.SerializeToString(deterministic=True))
    summary = Summary(value=[Summary.Value(tag=tag, metadata=metadata)])
    return summary.SerializeToString()
