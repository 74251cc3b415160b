"""What reading costs as logs grow: events, tags, runs and images, ten times as many each time.

    python benchmarks/growth.py [--most N] [--rounds N] [--only DIMENSION] [--scratch DIR]

Takes some eight minutes on a machine that has nothing else to do, 7 GB of disk and of page cache,
and writes benchmarks/growth.md and docs/images/growth.png. With --most 1e7 a tenth of everything is
the largest size; --only, for one part, just prints its table. What costs more than a second of a
processor is measured once. --only billion is no part of the whole: one file of 53 GB.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from following import Followed, follow_at_scale
from logs import write_events, write_images, write_runs, write_tags
from programs import LIMIT, Cost, run_child, run_command, run_data_server

HERE = Path(__file__).parent
OURS = ("open, nothing asked", "open, one series", "open", "verify", "ls")
PEERS = ("rustboard", "EventAccumulator")
LONGEST = 600  # processor seconds of ours
START = 0.5  # of a second that a process may take before it has read anything

HEADING = """\
# Growth

Written by `python benchmarks/growth.py`: what reading costs as a log grows, in processor time (user
and system) of the work alone on one thread, files in the page cache, and in memory of the whole
process. The programs are those of [archives.md](archives.md): `open` gives all scalars as one
table, `open, one series` the steps and values of one tag of one run, `open, nothing asked` only
opens. `ls` is the command, charged with the start of Python and its imports. `rustboard` is
TensorBoard's Rust data server with checksums; it and EventAccumulator keep every point. It holds a
descriptor for each file: where it could not open them all it has no figure.
{machine}, Python {python}; median of {rounds} round(s), of what takes over a second one; load
average {load:.1f} at the start, of which this is 1.

In these tables the last line says how many times more one unit costs at the largest size than two
powers of ten below: 1 is a cost that grows exactly with the size. The first program at a size,
`open, nothing asked`, also pays for the memory that the system has to find after the writing.

![cost against size](../docs/images/growth.png)
"""


class Dimension(NamedTuple):
    """What grows.

    Attributes:
        name: of the unit, in the plural.
        what: the log, in words.
        write: makes a log of so many units in a directory.
        powers: the sizes, as powers of ten.
        programs: what is measured.
    """

    name: str
    what: str
    write: Callable[[Path, int], None]
    powers: range
    programs: tuple[str, ...]


DIMENSIONS = (
    Dimension("events", "one file, ten tags", write_events, range(4, 9), (*OURS, *PEERS)),
    Dimension("tags", "one file, ten scalars a tag", write_tags, range(2, 7), (*OURS, *PEERS)),
    Dimension(
        "runs", "a file each, of ten tags with ten scalars", write_runs, range(1, 6),
        (*OURS, *PEERS),
    ),
    Dimension(
        "images", "one file, 100 kB each", write_images, range(1, 5),
        ("open, nothing asked", "verify", "ls", "rustboard"),
    ),
)  # fmt: skip

# Of each program its costs by size; None: it takes too long.
Found = dict[str, dict[int, Cost | None]]


def measure(program: str, place: Path) -> Cost | None:
    """Measure one program once."""
    if program == "rustboard":
        return run_data_server(place)
    if program == "ls":
        return run_command("ls", str(place))
    limit = LIMIT if program in PEERS else LONGEST
    return run_child(program, place, place, limit=limit)


def measure_all(dimension: Dimension, scratch: Path, rounds: int, most: int) -> Found:
    """Measure every program at every size."""
    found: Found = {program: {} for program in dimension.programs}
    for size in [10**power for power in dimension.powers if 10**power <= most]:
        place = scratch / f"{dimension.name}{size}"
        dimension.write(place, size)
        for program in dimension.programs:
            before = found[program].get(size // 10)
            costly = before is not None and before.seconds > LIMIT / 10 + START
            if program in PEERS and (costly or None in found[program].values()):
                found[program][size] = None
                continue
            costs = [measure(program, place)]
            while costs[0] is not None and costs[0].seconds < 1 and len(costs) < rounds:
                costs.append(measure(program, place))
            found[program][size] = middle([cost for cost in costs if cost is not None])
            print(f"{size:>12,} {dimension.name}: {program}: {found[program][size]}", flush=True)
        shutil.rmtree(place)
    return found


def middle(costs: list[Cost]) -> Cost | None:
    """Take the median of each column."""
    if not costs:
        return None
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def table(dimension: Dimension, found: Found) -> list[str]:
    """Lay out what the sizes of one dimension cost."""
    sizes = list(next(iter(found.values())))
    unit = dimension.name[:-1]
    lines = [
        f"\n## {dimension.name.capitalize()}: {dimension.what}\n",
        f"Processor time for each {unit}, and in all; memory.\n",
        f"| {dimension.name} | " + " | ".join(found) + " |",
        "|---:|" + "---:|" * len(found),
    ]
    for size in sizes:
        cells = [worded(costs[size], size) for costs in found.values()]
        lines.append(f"| {size:,} | " + " | ".join(cells) + " |")
    factors = [growth(costs) for costs in found.values()]
    lines.append("| a hundred times more | " + " | ".join(factors) + " |")
    return lines


def worded(cost: Cost | None, size: int) -> str:
    """Word a cost."""
    if cost is None:
        return f"over {LIMIT} s"
    if cost.unread:
        return f"{cost.unread:,.0f} files not opened"
    return f"{duration(cost.seconds / size)}, {duration(cost.seconds)}; {cost.memory:,.0f} MiB"


def duration(seconds: float) -> str:
    """Word a time with two or three digits."""
    for scale, name in ((1, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {name}"
    return f"{seconds * 1e9:.0f} ns"


def growth(costs: dict[int, Cost | None]) -> str:
    """Word how the cost of a unit grew over the last two powers of ten."""
    last = max(costs)
    first = costs.get(last // 100)
    at_last = costs[last]
    if first is None or at_last is None or first.seconds == 0 or at_last.unread:
        return ""
    return f"{at_last.seconds / 100 / first.seconds:.2f}"


BILLION = Dimension(
    "events", "one file, ten tags", write_events, range(9, 10), ("open, one tag", "verify")
)

FOLLOWING = """
## follow

`eventcodec.follow` over runs of a file each: of a processor, what it takes while nothing happens;
the time from a flush until the value came, in a file that has grown lately (30 times) and in one
that has not (once).

| files | all given after | idle: of a processor | growing file: median, most | idle file | memory |
|---:|---:|---:|---:|---:|---:|"""


def followed_row(found: Followed) -> str:
    """Lay out what follow() did over so many files."""
    median, most = found.busy
    return (
        f"| {found.files:,} | {found.started:.2f} s | {found.share:.1%} | "
        f"{median:.0f} ms, {most:.0f} ms | {found.idle:.3g} s | {found.memory:,.0f} MiB |"
    )


def plot(all_found: dict[str, Found]) -> None:
    """Draw cost against size, one picture for each dimension."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(11, 8))
    programs = (*OURS, *PEERS)
    colours = dict(zip(programs, plt.get_cmap("tab10").colors, strict=False))
    lines: dict[str, Any] = {}
    for axis, dimension in zip(axes.flat, DIMENSIONS, strict=True):
        for program, costs in all_found[dimension.name].items():
            known = {size: cost.seconds for size, cost in costs.items() if cost and not cost.unread}
            [lines[program]] = axis.plot(
                list(known), [max(seconds, 1e-4) for seconds in known.values()],
                marker="o", markersize=4, color=colours[program],
                linestyle="--" if program in PEERS else "-",
            )  # fmt: skip
        low, high = axis.get_ylim()
        sizes = [10**power for power in dimension.powers]
        for seconds in (1e-9, 1e-7, 1e-5, 1e-3, 1e-1):  # what grows exactly with the size
            guide = [size * seconds for size in sizes]
            axis.plot(sizes, guide, color="0.85", linewidth=0.8, zorder=0)
        axis.set(xscale="log", yscale="log", ylim=(max(low, 1e-4) / 2, high * 2))
        axis.set(xlabel=f"{dimension.name} ({dimension.what})", ylabel="processor seconds")
        axis.grid(visible=True, which="major", alpha=0.3)
    figure.legend(
        [lines[program] for program in programs], programs, loc="upper center", ncols=4, fontsize=9
    )
    figure.tight_layout(rect=(0, 0, 1, 0.93))
    figure.savefig(HERE.parent / "docs" / "images" / "growth.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=float, default=1e8, help="events at most")
    parser.add_argument("--rounds", type=int, default=3)
    parts = [*(each.name for each in DIMENSIONS), "follow"]
    parser.add_argument("--only", choices=[*parts, "billion"], default=None)
    parser.add_argument("--scratch", type=Path, default=None, help="where to make the logs")
    arguments = parser.parse_args()
    wanted = parts if arguments.only is None else [arguments.only]
    load = os.getloadavg()[0]
    fewer = 1e8 / arguments.most  # the others are made smaller together with the events
    found: dict[str, Found] = {}
    lines: list[str] = []
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as name:
        scratch = Path(name)
        for dimension in DIMENSIONS:
            if dimension.name in wanted:
                most = int(10 ** dimension.powers[-1] / fewer)
                found[dimension.name] = measure_all(dimension, scratch, arguments.rounds, most)
                lines += table(dimension, found[dimension.name])
        if "billion" in wanted:
            lines += table(BILLION, measure_all(BILLION, scratch, 1, 10**9))
        if "follow" in wanted:
            lines.append(FOLLOWING)
            for files in (10, 1000, int(1e5 / fewer)):
                seconds = 30 if files > 1000 else 10
                lines.append(followed_row(follow_at_scale(scratch, files, seconds)))
    print("\n".join(lines))
    if arguments.only is not None:
        return
    heading = HEADING.format(
        machine=f"{platform.machine()}, {os.cpu_count()} processors",
        python=platform.python_version(),
        rounds=arguments.rounds,
        load=load,
    )
    (HERE / "growth.md").write_text(heading + "\n".join(lines) + "\n")
    plot(found)


if __name__ == "__main__":
    main()
