"""`eventcodec bench`: our figures beside plain Python and every peer that is installed."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventcodec.cli.output import picture_path, require
from eventcodec.cli.terminal import (
    console,
    format_count,
    format_rate,
    format_seconds,
    new_table,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from eventcodec.bench.latency import LatencyRow
    from eventcodec.bench.measure import Row

__all__ = ["command"]


@click.command(short_help="Measure against plain Python and every peer.")
@click.option("--quick", is_flag=True, help="Less work, rough figures: a few seconds a case.")
@click.option(
    "--only",
    "patterns",
    multiple=True,
    metavar="NAME",
    help="Only cases whose name contains NAME; may be repeated.",
)
@click.option("--rounds", type=click.IntRange(1, 1000), help="Timed trials of each contender [5].")
@click.option("--list", "list_only", is_flag=True, help="Name the cases and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "-o", "--output", callback=picture_path, help="Draw a chart: FILE.png, .svg or .html."
)
def command(
    *,
    quick: bool,
    patterns: tuple[str, ...],
    rounds: int | None,
    list_only: bool,
    as_json: bool,
    output: Path | None,
) -> None:
    """Measure eventcodec beside plain Python and every peer that is installed.

    Contenders take turns; the figures are medians. "per call" is the time in the calling thread,
    "+ close" that until the file is complete, "rate" what comes of the latter, "slower" the
    contender's time over eventcodec's, and "bytes" what a unit takes in the file. The cases called
    latency/... are percentiles of the time of single calls.

    \b
    Example:
      eventcodec bench --quick
      eventcodec bench --only add_scalar -o chart.png
    """
    from eventcodec.bench.cases import CASES
    from eventcodec.bench.latency import SCENARIOS

    every = [*CASES, *SCENARIOS]
    names = [name for name in every if not patterns or any(p in name for p in patterns)]
    if not names:
        message = f"no case is called like {', '.join(patterns)!r}; there are {', '.join(every)}"
        raise click.BadParameter(message, param_hint="--only")
    if list_only:
        click.echo("\n".join(names))
        return
    if output is not None:
        require("matplotlib", extra="plot", purpose="a chart")
    rounds = rounds or (3 if quick else 5)
    cases = [name for name in names if name in CASES]
    tell_what_is_missing()
    rows = run(cases, quick=quick, rounds=rounds, table=not as_json)
    scenarios = [name for name in names if name in SCENARIOS]
    latencies = run_scenarios(scenarios, quick=quick, rounds=rounds)
    if as_json:
        print_json(as_object(rows, latencies, quick=quick))
    elif latencies:
        console().print(latency_table(latencies))
    if output is not None and rows:
        write_chart(rows, output)


def run(names: Sequence[str], *, quick: bool, rounds: int, table: bool) -> list[Row]:
    """Measure the cases; print each one's table as it is finished."""
    from functools import partial

    from eventcodec.bench.cases import build_case
    from eventcodec.bench.measure import measure
    from eventcodec.bench.sizes import Sizes

    sizes = Sizes.quick() if quick else Sizes()
    out = console()
    rows: list[Row] = []
    for name in names:
        # A bar for each case, gone before its table is printed.
        with progress(f"measuring {name}, trials", total=0) as advance:
            rows += (found := measure(partial(build_case, name, sizes), rounds, advance))
        if table:
            out.print(case_table(found))
            out.print()
    return rows


def run_scenarios(names: Sequence[str], *, quick: bool, rounds: int) -> list[LatencyRow]:
    """Measure the distributions of latency; a scenario that cannot be had is named and left out."""
    from eventcodec.bench.compiled import NotCompiledError
    from eventcodec.bench.latency import measure_latency
    from eventcodec.bench.sizes import Sizes

    sizes = Sizes.quick() if quick else Sizes()
    rows: list[LatencyRow] = []
    for name in names:
        with progress(f"measuring {name}, calls", total=0) as advance:
            try:
                rows += measure_latency(name, sizes, rounds, advance)
            except NotCompiledError as error:
                click.echo(f"skipped {name}: {error}", err=True)
    return rows


def latency_table(rows: Sequence[LatencyRow]) -> object:
    """Lay out the distributions of all scenarios."""
    table = new_table("latency", "", ">p50", ">p99", ">p99.9", ">max", ">calls")
    previous = ""
    for row in rows:
        if previous not in ("", row.scenario):
            table.add_section()
        table.add_row(
            row.scenario.removeprefix("latency/") if row.scenario != previous else "",
            row.contender,
            *map(format_seconds, (row.p50, row.p99, row.p999, row.worst)),
            format_count(row.calls),
        )
        previous = row.scenario
    return table


def tell_what_is_missing() -> None:
    """Say on stderr why there is no C floor, where there is none."""
    from eventcodec.bench import c_floor

    if not c_floor.available():
        click.echo(f"skipped the C floor: {c_floor.why_not()}", err=True)


def case_table(rows: Sequence[Row]) -> object:
    """Lay out the contenders of one case."""
    first = rows[0]
    headings = (f">per {first.unit}", ">+ close", ">rate", ">slower", ">+ close", ">bytes")
    table = new_table("", *headings, title=first.case)
    for row in rows:
        rate = (
            format_rate(row.size / row.total, "B/s")
            if row.size
            else format_rate(1 / row.total, f"{row.unit}s/s")
        )
        table.add_row(
            row.contender,
            format_seconds(row.call),
            format_seconds(row.total) if row.closes else "-",
            rate,
            format_ratio(row.slower),
            format_ratio(row.total_slower) if row.closes else "-",
            format_count(round(row.stored)) if row.stored else "-",
        )
    return table


def format_ratio(ratio: float) -> str:
    """Format a ratio with as many digits as mean something."""
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2f}x"


def as_object(
    rows: Sequence[Row], latencies: Sequence[LatencyRow], *, quick: bool
) -> dict[str, object]:
    """Put everything that someone needs to judge the figures into one object."""
    import eventcodec
    from eventcodec.bench import peers

    info = eventcodec.build_info()
    return {
        "eventcodec": info.version,
        "kernels": {path: kernel.chosen for path, kernel in info.kernels.items()},
        "compiler": info.compiler,
        "machine": platform.platform(),
        "python": platform.python_version(),
        "peers": peers.versions(),
        "quick": quick,
        "rows": [dataclasses.asdict(row) for row in rows],
        "latencies": [dataclasses.asdict(row) for row in latencies],
    }


def write_chart(rows: Sequence[Row], output: Path) -> None:
    """Draw the chart and say where it is."""
    from eventcodec.bench.chart import draw_chart
    from eventcodec.bench.trial import OURS
    from eventcodec.plots.picture import save

    title = "eventcodec and its peers"
    times = {
        row.case: f"{format_seconds(row.call)} per {row.unit}"
        for row in rows
        if row.contender == OURS
    }
    save(draw_chart(rows, title=title, times=times), output, title=title)
    click.echo(f"chart: {output}", err=True)
