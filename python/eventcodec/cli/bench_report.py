"""The figures of `eventcodec bench` as cells of a table, a Markdown file and a web page."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventcodec.cli.terminal import format_count, format_rate, format_seconds

if TYPE_CHECKING:
    from eventcodec.bench.latency import LatencyRow
    from eventcodec.bench.measure import Row

__all__ = ["as_markdown", "as_page", "case_cells", "format_ratio", "save_chart"]

Cells = tuple[list[str], list[list[str]]]
TITLE = "eventcodec and its peers"
EXPLANATION = (
    "Medians of trials that were run in turns. <b>slower</b>: the time in the call over "
    "eventcodec's; lines on orange are faster. <b>limit</b>: the share of what the machine allows, "
    "whose own line is grey."
)
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; margin: 1.8rem 0 .3rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .8rem; text-align: right; border-bottom: 1px solid #e6e6e6; }
th:first-child, td:first-child, td.text { text-align: left; padding-left: 0; }
tr.ours { font-weight: 600; } tr.limit { color: #777; } tr.faster { background: #fdf0e4; }
svg { max-width: 100%; height: auto; } code { background: #f4f4f4; padding: 0 .2rem; }
"""


def format_ratio(ratio: float) -> str:
    """Format a ratio with as many digits as mean something."""
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2f}x"


def case_cells(rows: Sequence[Row]) -> Cells:
    """Give the headings and lines of one case: columns that no line fills are left out."""
    first = rows[0]
    columns = {
        "": [row.contender for row in rows],
        f"per {first.unit}": [format_seconds(row.call) for row in rows],
        "+-": [f"{row.spread:.0%}" for row in rows],
    }
    if first.closes:
        columns["+ close"] = [format_seconds(row.total) for row in rows]
    columns["rate"] = [rate_of(row) for row in rows]
    columns["slower"] = ["" if row.limit else format_ratio(row.slower) for row in rows]
    if any(row.stored for row in rows):
        columns["bytes"] = [format_count(round(row.stored)) if row.stored else "" for row in rows]
    if any(row.share for row in rows):
        columns["limit"] = ["" if row.limit else format_share(row.share) for row in rows]
    return list(columns), [list(line) for line in zip(*columns.values(), strict=True)]


def rate_of(row: Row) -> str:
    """Bytes a second where a unit has bytes, or else units a second; close() included."""
    if row.size:
        return format_rate(row.size / row.total, "B/s")
    return format_rate(1 / row.total, "/s").replace(" /s", "/s")


def format_share(share: float) -> str:
    """Format a share of the machine's limit."""
    percent = 100 * share
    return f"{percent:.0f}%" if percent >= 10 else f"{percent:.2g}%"


def latency_cells(rows: Sequence[LatencyRow]) -> Cells:
    """Give the headings and lines of all scenarios."""
    headings = ["latency", "", "p50", "p99", "p99.9", "max", "calls"]
    lines = [
        [
            row.scenario.removeprefix("latency/"),
            row.contender,
            *map(format_seconds, (row.p50, row.p99, row.p999, row.worst)),
            format_count(row.calls),
        ]
        for row in rows
    ]
    return headings, lines


def cases_of(rows: Sequence[Row]) -> list[list[Row]]:
    """Group the rows by case, in their order."""
    names = dict.fromkeys(row.case for row in rows)
    return [[row for row in rows if row.case == name] for name in names]


def lost(rows: Sequence[Row]) -> list[Row]:
    """Give the contenders that are faster than eventcodec; the limits of the machine are none."""
    floors = ("C floor", "2 threads")
    return [row for row in rows if row.slower < 1 and not row.limit and row.contender not in floors]


def goal_cells(rows: Sequence[Row]) -> Cells:
    """Give the headings and lines of the goals whose figures the run has."""
    from eventcodec.bench.goals import outcomes

    headings = ["case", "", "goal", "measured", ""]
    lines = [
        [
            outcome.goal.case,
            outcome.goal.text,
            f"{'>=' if outcome.goal.at_least else '<='} "
            + format_figure(outcome.goal.bound, outcome.goal.unit),
            format_figure(outcome.measured, outcome.goal.unit),
            "reached" if outcome.reached else "MISSED",
        ]
        for outcome in outcomes(rows)
    ]
    return headings, lines


def format_figure(value: float, unit: str) -> str:
    """Format a figure of a goal."""
    if unit == "x":
        return f"{value:,.0f}x" if value >= 100 else f"{value:.3g}x"
    if unit == "seconds":
        return format_seconds(value)
    return format_rate(value, unit).replace(" /s", "/s")


def goal_summary(lines: Sequence[Sequence[str]]) -> str:
    """Say how many goals were reached."""
    reached = sum(line[-1] == "reached" for line in lines)
    return f"{reached} of the {len(lines)} goals that this run measured were reached."


def facts(run: dict[str, Any]) -> list[tuple[str, str]]:
    """Give what someone needs to judge the figures."""
    return [
        ("date", datetime.now(timezone.utc).strftime("%Y-%m-%d")),
        ("machine", f"{run['machine']}, {run['processors']} processors, {run['processor']}"),
        ("eventcodec", f"{run['eventcodec']}, {run['compiler']}"),
        ("kernels", ", ".join(f"{path} {kernel}" for path, kernel in run["kernels"].items())),
        ("python", run["python"]),
        ("peers", ", ".join(f"{name} {version}" for name, version in run["peers"].items())),
    ]


def as_markdown(run: dict[str, Any], rows: Sequence[Row], latencies: Sequence[LatencyRow]) -> str:
    """Write a run as a Markdown file: goals, what was lost, then the cases group by group."""
    goals = goal_cells(rows)
    parts = [
        "# Results",
        "Made by `eventcodec bench -o benchmarks/RESULTS.md`"
        + (" with `--quick`: rough figures" if run["quick"] else "")
        + ". Read ratios, not absolute figures; what the columns mean is in "
        "[README.md](README.md).",
        "\n".join(f"* {name}: {value}" for name, value in facts(run)),
        *([] if not goals[1] else ["## Goals", goal_summary(goals[1]), markdown_table(goals)]),
        "## Where someone else is faster",
        "\n".join(
            f"* {row.case}: {row.contender} takes {format_seconds(row.call)} a {row.unit}, "
            f"{format_ratio(row.slower)} of eventcodec's time"
            for row in lost(rows)
        )
        or "Nowhere in this run.",
    ]
    group = ""
    for case in cases_of(rows):
        if group != (group := case[0].case.split("/")[0]):
            parts.append(f"## {group}")
        parts += [f"### {case[0].case}", markdown_table(case_cells(case))]
    if latencies:
        parts += ["## Latency", markdown_table(latency_cells(latencies))]
    return "\n\n".join(parts) + "\n"


def markdown_table(cells: Cells) -> str:
    """Lay out cells as a Markdown table."""
    headings, lines = cells
    rule = ["---", *["--:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, rule, *lines))


def as_page(run: dict[str, Any], rows: Sequence[Row], latencies: Sequence[LatencyRow]) -> str:
    """Write a run as a web page of its own, with the chart in it."""
    known = "".join(
        f"<tr><td>{html.escape(name)}</td><td class=text>{html.escape(value)}</td></tr>"
        for name, value in facts(run)
    )
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{TITLE}</title><style>{STYLE}</style><h1>{TITLE}</h1><table>{known}</table>",
        f"<p>{EXPLANATION}</p>",
        chart_as_svg(rows) if rows else "",
    ]
    goals = goal_cells(rows)
    if goals[1]:
        kinds = ["" if line[-1] == "reached" else "faster" for line in goals[1]]
        parts += [f"<h2>Goals</h2><p>{goal_summary(goals[1])}</p>", page_table(goals, kinds)]
    for case in cases_of(rows):
        parts.append(f"<h2>{html.escape(case[0].case)}</h2>")
        kinds = [
            "ours"
            if row.contender == "eventcodec"
            else "limit"
            if row.limit
            else "faster"
            if row.slower < 1
            else ""
            for row in case
        ]
        parts.append(page_table(case_cells(case), kinds))
    if latencies:
        cells = latency_cells(latencies)
        parts += ["<h2>Latency</h2>", page_table(cells, [""] * len(cells[1]))]
    return "\n".join(parts) + "</html>\n"


def page_table(cells: Cells, kinds: Sequence[str]) -> str:
    """Lay out cells as a table of a web page; `kinds` are the classes of its lines."""
    headings, lines = cells
    head = "".join(f"<th>{html.escape(heading)}" for heading in headings)
    body = "".join(
        f"<tr class='{kind}'>" + "".join(f"<td>{html.escape(cell)}" for cell in line)
        for kind, line in zip(kinds, lines, strict=True)
    )
    return f"<table><tr>{head}{body}</table>"


def draw(rows: Sequence[Row]) -> Any:
    """Draw the chart of all cases."""
    from eventcodec.bench.chart import draw_chart
    from eventcodec.bench.trial import OURS

    shown = [row for row in rows if not row.limit]
    times = {
        row.case: f"{format_seconds(row.call)} per {row.unit}"
        for row in shown
        if row.contender == OURS
    }
    return draw_chart(shown, title=TITLE, times=times)


def chart_as_svg(rows: Sequence[Row]) -> str:
    """Draw the chart into the page."""
    file = io.StringIO()
    draw(rows).savefig(file, format="svg")
    return file.getvalue()[file.getvalue().index("<svg") :]


def save_chart(rows: Sequence[Row], output: Path) -> None:
    """Draw the chart into a file."""
    from eventcodec.plots.picture import save

    save(draw(rows), output, title=TITLE)
