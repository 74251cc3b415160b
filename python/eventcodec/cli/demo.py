"""`eventcodec demo`: train a small real classifier, log it, read it back, show what is there."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventcodec.cli.output import require
from eventcodec.cli.terminal import (
    console,
    escape,
    format_bytes,
    format_count,
    format_rate,
    format_seconds,
    new_table,
    progress,
)

if TYPE_CHECKING:
    from eventcodec.demo.digits import Outcome
    from eventcodec.reader import Log

__all__ = ["command"]

DEFAULT = "runs/eventcodec-demo"
PICTURE = "curves.png"
SMOOTHING = 0.6


@click.command(short_help="Train, log, read back and draw a small real classifier.")
@click.argument("directory", required=False)
@click.option("--epochs", type=click.IntRange(1, 10_000), default=30, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True)
def command(directory: str | None, epochs: int, seed: int) -> None:
    """Train a classifier of handwritten digits, log it to DIRECTORY and read the log back.

    Takes some seconds and needs no network: the digits come with scikit-learn. Without DIRECTORY
    the log goes to runs/eventcodec-demo, or to the first free runs/eventcodec-demo-2, -3, ...

    \b
    Example:
      eventcodec demo
      eventcodec demo /tmp/digits --epochs 100
    """
    require("sklearn", extra="demo", purpose="the demo's data (scikit-learn)")
    require("matplotlib", extra="demo", purpose="the demo's picture")
    place = choose_directory(directory)
    outcome = train(place, epochs, seed)
    log, seconds = read_back(place)
    out = console()
    print_contents(log)
    print_throughput(log, place, outcome, seconds)
    picture = draw(log, place)
    out.print()
    out.print(f"test accuracy  {outcome.test_accuracy:.1%} of the digits the network never saw")
    out.print(f"picture        {escape(str(picture))}", soft_wrap=True)
    out.print(
        f"same log in    tensorboard --logdir {shlex.quote(escape(str(place)))}", soft_wrap=True
    )


def choose_directory(asked: str | None) -> Path:
    """Find a directory without event files; a second log in one would draw over the first."""
    if asked is not None:
        place = Path(asked)
        if holds_events(place):
            message = f"{asked!r} holds event files already; name another directory"
            raise click.BadParameter(message, param_hint="DIRECTORY")
        return place
    place, number = Path(DEFAULT), 1
    while holds_events(place):
        number += 1
        place = Path(f"{DEFAULT}-{number}")
    return place


def holds_events(place: Path) -> bool:
    """Say whether there is an event file anywhere below."""
    return next(place.rglob("*tfevents*"), None) is not None


def train(place: Path, epochs: int, seed: int) -> Outcome:
    """Train and log, under a progress bar."""
    from eventcodec.demo.digits import Settings, load_digits
    from eventcodec.demo.digits import train as train_digits

    settings = Settings(epochs=epochs, seed=seed)
    digits = load_digits(settings)
    out = console()
    out.print(
        f"training on {len(digits.train_labels):,} handwritten digits, "
        f"testing on {len(digits.test_labels):,}"
    )
    out.print(f"logging to {escape(str(place))}", soft_wrap=True)
    with progress("training, epoch", total=epochs) as advance:
        return train_digits(place, digits, settings, advance=advance)


def read_back(place: Path) -> tuple[Log, float]:
    """Open the log and touch every scalar; give it and the seconds that took."""
    import eventcodec

    start = time.perf_counter()
    log = eventcodec.open(place)
    for run in log.runs.values():
        for tag in run.scalars:
            run.scalars[tag].values.sum()
    return log, time.perf_counter() - start


def print_contents(log: Log) -> None:
    """List the runs and tags, as `eventcodec ls` does."""
    from eventcodec.cli.ls_views import run_table

    out = console()
    for name, run in log.runs.items():
        out.print()
        out.print(run_table(name, run, run.listing()))


def print_throughput(log: Log, place: Path, outcome: Outcome, seconds: float) -> None:
    """Say what was logged and read, and how fast."""
    size = sum(path.stat().st_size for path in place.rglob("*tfevents*"))
    read = sum(tag.count for run in log.runs.values() for tag in run.tags.values())
    rows = [(f"log {kind}", *figures) for kind, figures in outcome.logged.items()]
    table = new_table("what", ">values", ">time", ">rate")
    for what, count, taken in (*rows, ("open and read back", read, seconds)):
        rate = format_rate(count / taken, "values/s") if count else ""
        table.add_row(what, format_count(count) if count else "", format_seconds(taken), rate)
    out = console()
    out.print()
    out.print(table)
    out.print()
    logging = sum(taken for _, taken in outcome.logged.values())
    out.print(
        f"training took {format_seconds(outcome.seconds)}, {logging / outcome.seconds:.1%} of it "
        f"for logging {format_bytes(size)}; {len(log.damage)} damaged regions"
    )


def draw(log: Log, place: Path) -> Path:
    """Draw loss and accuracy in the terminal and as a picture; give the picture's path."""
    from eventcodec.cli.panels import scalar_panels
    from eventcodec.cli.plot import print_lines, terminal_width
    from eventcodec.plots.braille import draw_panel
    from eventcodec.plots.picture import draw_panels, save

    panels = scalar_panels(log, log.runs, ("loss", "accuracy"))
    console().print()
    for panel in panels:
        print_lines(draw_panel(panel, width=terminal_width(), height=10, smoothing=SMOOTHING))
    title = "Handwritten digits: training and test"
    picture = place / PICTURE
    save(draw_panels(panels, title=title, smoothing=SMOOTHING), picture, title=title)
    return picture
