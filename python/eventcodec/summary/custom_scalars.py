"""Layouts of the custom scalars dashboard to Summary bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventcodec.summary.message import check_names, metadata_of, string_tensor, tensor_value

__all__ = ["Layout", "check_layout", "custom_scalars_summary"]

_TAG = "custom_scalars__config__"

# category -> chart -> ("Multiline" or "Margin", tags)
Layout = Mapping[str, Mapping[str, Sequence[Any]]]


def custom_scalars_summary(layout: Layout) -> bytes:
    """Encode which scalars are drawn together.

    Args:
        layout: category -> {chart -> [kind, tags]}. The tags of a "Multiline" chart are regular
            expressions; those of a "Margin" chart are three names: value, lower and upper bound.

    Returns:
        A serialized Summary: the layout in a string tensor; plugin "custom_scalars".

    Raises:
        TypeError: `layout` has another form.
        ValueError: a kind is another one, or a margin chart has not three tags.

    Source: tensorboard/plugins/custom_scalar/layout.proto.

    Example:
        >>> b"loss/.*" in custom_scalars_summary({"losses": {"all": ["Multiline", ["loss/.*"]]}})
        True
    """
    from eventcodec import proto

    message = proto.Layout()
    for category, charts in check_layout(layout).items():
        category_message = message.category.add(title=category)
        for chart, (kind, tags) in charts.items():
            chart_message = category_message.chart.add(title=chart)
            if kind == "Margin":
                value, lower, upper = tags
                chart_message.margin.series.add(value=value, lower=lower, upper=upper)
            else:
                chart_message.multiline.tag.extend(tags)
    tensor = string_tensor([message.SerializeToString()], ())
    return tensor_value(_TAG, tensor, metadata_of("custom_scalars")).SerializeToString()


def check_layout(layout: Any) -> dict[str, dict[str, tuple[str, list[str]]]]:
    """Return a copy of a layout, all of it checked.

    Raises:
        TypeError, ValueError: as custom_scalars_summary.
    """
    if not isinstance(layout, Mapping):
        raise TypeError(f"layout must be {{category: {{chart: [kind, tags]}}}}, got {layout!r}")
    checked: dict[str, dict[str, tuple[str, list[str]]]] = {}
    for category, charts in layout.items():
        if not isinstance(category, str) or not isinstance(charts, Mapping):
            raise TypeError(
                f"a category must be a str with {{chart: [kind, tags]}}, got {category!r}: "
                f"{charts!r}"
            )
        checked[category] = {chart: _check_chart(chart, form) for chart, form in charts.items()}
    return checked


def _check_chart(chart: object, form: Any) -> tuple[str, list[str]]:
    if not isinstance(chart, str):
        raise TypeError(f"the title of a chart must be a str, got {chart!r}")
    if isinstance(form, str) or not isinstance(form, Sequence) or len(form) != 2:
        raise TypeError(f"the chart {chart!r} must be [kind, tags], got {form!r}")
    kind, tags = form[0], check_names(form[1], f"the tags of the chart {chart!r}")
    if kind not in ("Multiline", "Margin"):
        raise ValueError(f'the chart {chart!r} must be "Multiline" or "Margin", got {kind!r}')
    if kind == "Margin" and len(tags) != 3:
        raise ValueError(
            f"the margin chart {chart!r} must have three tags: value, lower and upper bound; got "
            f"{tags!r}"
        )
    return kind, tags
