"""What a run has under one tag, from one file or several."""

from __future__ import annotations

from dataclasses import dataclass

from eventcodec.reader.series import Part

__all__ = ["Described", "Tag", "join_tags", "name_apart", "tag_of_part"]

# As EventFile.series() gives it.
Described = tuple[str, str, str, str, str, int, int, int, float, float]


@dataclass(frozen=True)
class Tag:
    """What a run has under one tag.

    Attributes:
        kind: the name of the Run attribute that holds it: "scalars", "histograms", "images",
            "texts", "audio", "tensors", "pr_curves", "meshes", "graphs", "hparams",
            "custom_scalars", or "raw" for what none of them knows.
        plugin: the TensorBoard plugin that shows it, "" when nothing in the file says so.
        count: number of values.
        first_step: step of the first value in the files, 0 when there is none.
        last_step: step of the last value in the files.
        first_wall_time: of the first value, seconds since 1970.
        last_wall_time: of the last value, seconds since 1970.
        display_name: from the metadata, "" for none.
        description: from the metadata, "" for none.
    """

    kind: str
    plugin: str
    count: int
    first_step: int
    last_step: int
    first_wall_time: float
    last_wall_time: float
    display_name: str = ""
    description: str = ""


def name_apart(name: str, description: str, known: str | None) -> str:
    """Tell curves of VisualDL's charts apart whose chart and name give the same tag.

    Args:
        name: of a series.
        description: of that series.
        known: the description of another series under this name; None for one that differs.
    """
    if known == description:
        return name
    return f"{name} ({description or 'a curve of its own'})"


def tag_of_part(described: Described, part: Part) -> Tag:
    """Return the tag of the rows of one file."""
    _, kind, plugin, display_name, description, count, *ends = described
    if part.rows is not None:
        steps, wall_times, _ = part.columns()
        count = len(steps)
        ends = [int(steps[0]), int(steps[-1]), float(wall_times[0]), float(wall_times[-1])]
    first_step, last_step, first_wall_time, last_wall_time = ends
    return Tag(
        kind=kind,
        plugin=plugin,
        count=count,
        first_step=int(first_step),
        last_step=int(last_step),
        first_wall_time=first_wall_time,
        last_wall_time=last_wall_time,
        display_name=display_name,
        description=description,
    )


def join_tags(first: Tag, later: Tag) -> Tag:
    """Return the tag of rows that stand in two files, the first before the later."""
    some = first if first.count else later
    last = later if later.count else first
    return Tag(
        kind=first.kind,
        plugin=first.plugin or later.plugin,
        count=first.count + later.count,
        first_step=some.first_step,
        last_step=last.last_step,
        first_wall_time=some.first_wall_time,
        last_wall_time=last.last_wall_time,
        display_name=first.display_name or later.display_name,
        description=first.description or later.description,
    )
