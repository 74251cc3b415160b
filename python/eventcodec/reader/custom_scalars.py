"""The layout of the custom scalars dashboard as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventcodec.reader.tensor import to_ndarray

if TYPE_CHECKING:
    from eventcodec.proto import Summary

__all__ = ["layout_of"]


def layout_of(value: Summary.Value) -> list[dict[str, Any]]:
    """Return the categories of a layout; see Run.custom_scalars for their form.

    Raises:
        ValueError: the value holds no layout.
        google.protobuf.message.DecodeError: the layout is malformed.

    Source: tensorboard/plugins/custom_scalar/layout.proto.
    """
    from eventcodec.proto import Layout

    strings = to_ndarray(value.tensor).reshape(-1)
    if len(strings) == 0 or not isinstance(strings[0], bytes):
        raise ValueError("no layout in the tensor")
    layout = Layout.FromString(strings[0])
    return [
        {
            "title": category.title,
            "closed": category.closed,
            "charts": [_chart(chart) for chart in category.chart],
        }
        for category in layout.category
    ]


def _chart(chart: Any) -> dict[str, Any]:
    if chart.WhichOneof("content") == "margin":
        series = [
            {"value": each.value, "lower": each.lower, "upper": each.upper}
            for each in chart.margin.series
        ]
        return {"title": chart.title, "kind": "margin", "series": series}
    return {"title": chart.title, "kind": "multiline", "tags": list(chart.multiline.tag)}
