"""`eventcodec bench`: our figures beside plain Python and every peer that is installed."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventcodec.cli.output import require
from eventcodec.cli.terminal import (
    console,
    format_count,
    format_seconds,
    new_table,
    progress,
    to_json,
)

if TYPE_CHECKING:
    from eventcodec.bench.compare import Change
    from eventcodec.bench.latency import LatencyRow
    from eventcodec.bench.measure import Row

__all__ = ["command"]

PICTURES = (".png", ".svg")
REPORTS = (".html", ".md")


def output_path(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    """Turn the value of `-o` into a path; refuse a suffix that names nothing we make."""
    if value is None:
        return None
    path = Path(value)
    if path.suffix.lower() not in (*PICTURES, *REPORTS):
        message = f"{value!r} must end in {', '.join((*REPORTS, *PICTURES))}"
        raise click.BadParameter(message, ctx=ctx, param=param)
    return path


def saved_run(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """Read the file of an earlier `--json`."""
    if value is None:
        return None
    try:
        run = json.loads(Path(value).read_text())
        rows = [(row["case"], row["contender"], row["call"], row["trials"]) for row in run["rows"]]
    except OSError as error:
        raise click.FileError(value, error.strerror or str(error)) from error
    except (ValueError, TypeError, KeyError) as error:
        message = f"{value!r} is no file that `eventcodec bench --json` wrote"
        raise click.BadParameter(message, ctx=ctx, param=param) from error
    if not rows:
        message = f"{value!r} has no figures that could be compared"
        raise click.BadParameter(message, ctx=ctx, param=param)
    return run


@click.command(short_help="Measure against plain Python and every peer.")
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@click.option("--quick", is_flag=True, help="Less work, rough figures: a few seconds a case.")
@click.option("--rounds", type=click.IntRange(1, 1000), help="Timed trials of each contender [5].")
@click.option("--list", "list_only", is_flag=True, help="Name the cases and stop.")
@click.option("--json", "json_file", metavar="FILE", help="Save the run; - prints it and no table.")
@click.option(
    "--compare", callback=saved_run, metavar="FILE", help="Say what changed since a saved run."
)
@click.option(
    "-o",
    "--output",
    callback=output_path,
    metavar="FILE",
    help="Write a report, FILE.html or .md, or its chart, .png or .svg.",
)
def command(
    *,
    groups: tuple[str, ...],
    quick: bool,
    rounds: int | None,
    list_only: bool,
    json_file: str | None,
    compare: Any,
    output: Path | None,
) -> None:
    """Measure eventcodec beside plain Python and every peer that is installed.

    A GROUP is a part of the names of cases; without one all are measured. Contenders take turns,
    and the figures are medians. "per call" is the time in the calling thread and "+-" half the
    distance of its quartiles, "+ close" the time until the file is complete, "rate" what comes of
    the latter, "slower" the contender's time over eventcodec's, "bytes" what comes out, and "limit"
    the share of what the machine allows. The cases called latency/... are percentiles of single
    calls.

    \b
    Example:
      eventcodec bench --quick
      eventcodec bench add_scalar png -o report.html
      eventcodec bench crc32c --json before.json
      eventcodec bench crc32c --compare before.json
    """
    from eventcodec.bench.cases import CASES
    from eventcodec.bench.latency import SCENARIOS

    every = [*CASES, *SCENARIOS]
    names = [name for name in every if not groups or any(group in name for group in groups)]
    unknown = [group for group in groups if not any(group in name for name in every)]
    if unknown:
        message = f"no case is called like {', '.join(unknown)!r}; there are {', '.join(every)}"
        raise click.BadParameter(message, param_hint="GROUP")
    if list_only:
        click.echo("\n".join(names))
        return
    if output is not None and output.suffix.lower() != ".md":
        require("matplotlib", extra="plot", purpose="a chart")
    rounds = rounds or (3 if quick else 5)
    cases = [name for name in names if name in CASES]
    tell_what_is_missing()
    rows = run(cases, quick=quick, rounds=rounds, table=json_file != "-")
    scenarios = [name for name in names if name in SCENARIOS]
    latencies = run_scenarios(scenarios, quick=quick, rounds=rounds)
    if latencies and json_file != "-":
        console().print(latency_table(latencies))
    if json_file is not None:
        save(as_object(rows, latencies, quick=quick), json_file)
    if compare is not None:
        from eventcodec.bench.compare import compare as compare_runs

        tell_changes(compare_runs(compare["rows"], rows), err=json_file == "-")
    if output is not None:
        write_output(as_object(rows, latencies, quick=quick), rows, latencies, output)


def save(run: dict[str, object], file: str) -> None:
    """Write a run as one JSON object to a file, or to stdout for "-"."""
    if file == "-":
        click.echo(to_json(run))
    else:
        Path(file).write_text(to_json(run) + "\n")


def tell_changes(changes: Sequence[Change], *, err: bool) -> None:
    """Tabulate what changed since a saved run, beyond what the neighbours changed by."""
    table = new_table("case", ">before", ">now", ">changed", ">noise", "verdict")
    for change in changes:
        table.add_row(
            change.case,
            format_seconds(change.before),
            format_seconds(change.now),
            f"{change.ratio - 1:+.1%}",
            f"{change.noise:.1%}",
            change.verdict,
        )
    out = console(stderr=err)
    if changes:
        out.print(table)
    else:
        out.print("no case is in both runs")


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
    from eventcodec.cli.bench_report import case_cells

    headings, cells = case_cells(rows)
    table = new_table("", *(f">{heading}" for heading in headings[1:]), title=rows[0].case)
    for line in cells:
        table.add_row(*line)
    return table


def as_object(
    rows: Sequence[Row], latencies: Sequence[LatencyRow], *, quick: bool
) -> dict[str, Any]:
    """Put everything that someone needs to judge the figures into one object."""
    import eventcodec
    from eventcodec.bench import peers

    info = eventcodec.build_info()
    return {
        "eventcodec": info.version,
        "kernels": {path: kernel.chosen for path, kernel in info.kernels.items()},
        "compiler": info.compiler,
        "machine": platform.platform(),
        "processors": os.cpu_count(),
        "processor": processor_name(),
        "python": platform.python_version(),
        "peers": peers.versions(),
        "quick": quick,
        "rows": [dataclasses.asdict(row) for row in rows],
        "latencies": [dataclasses.asdict(row) for row in latencies],
    }


def processor_name() -> str:
    """Name the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write_output(
    run: dict[str, Any], rows: Sequence[Row], latencies: Sequence[LatencyRow], output: Path
) -> None:
    """Write the report or the chart, and say where it is."""
    from eventcodec.cli import bench_report

    suffix = output.suffix.lower()
    if suffix == ".md":
        output.write_text(bench_report.as_markdown(run, rows, latencies))
    elif suffix == ".html":
        output.write_text(bench_report.as_page(run, rows, latencies))
    else:
        bench_report.save_chart(rows, output)
    click.echo(f"written: {output}", err=True)
