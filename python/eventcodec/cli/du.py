"""`eventcodec du`: how many bytes each tag has."""

from __future__ import annotations

import click

from eventcodec.cli.terminal import (
    console,
    escape,
    format_bytes,
    format_count,
    new_table,
    print_json,
)

__all__ = ["command"]

MOST_ROWS = 40


@click.command(short_help="Disk use of each tag.")
@click.argument("path", metavar="PATH")
@click.option("--by-run", is_flag=True, help="Of each run and tag.")
@click.option("--location", metavar="DIR", help="Of the index.  [default: PATH/.eventcodec]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a row.")
def command(path: str, by_run: bool, location: str | None, as_json: bool) -> None:
    """Say how many bytes each tag takes in the log directory PATH, the largest first.

    \b
    Example:
      eventcodec du runs
      eventcodec du runs --by-run --json
    """
    from eventcodec.archive.query import query

    name = "run, tag" if by_run else "tag"
    answer = query(
        path,
        f"SELECT {name}, min(kind) AS kind, sum(count) AS count, sum(bytes) AS bytes FROM tags"
        f" GROUP BY {name} ORDER BY bytes DESC, {name}",
        dialect="sqlite",
        location=location,
    )
    if as_json:
        for row in answer.rows:
            print_json(dict(zip(answer.columns, row, strict=True)))
        return
    headings = ("run", "tag") if by_run else ("tag",)
    table = new_table(*headings, "kind", ">values", ">bytes")
    for row in answer.rows[:MOST_ROWS]:
        *names, kind, count, size = row
        table.add_row(
            *(escape(str(each)) for each in names),
            kind,
            format_count(int(count or 0)),
            "-" if size is None else format_bytes(size),
        )
    out = console()
    out.print(table)
    hidden = len(answer.rows) - MOST_ROWS
    total = format_bytes(sum(row[-1] or 0 for row in answer.rows))
    if any(row[-1] is None for row in answer.rows):
        out.print(
            "- stands for curves of VisualDL charts that are counted with another of their name"
        )
    out.print(f"{total} in all" + (f", {format_count(hidden)} more row(s)" if hidden > 0 else ""))
