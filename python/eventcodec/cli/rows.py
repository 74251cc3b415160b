"""Tables of many rows: drawn by rich, or, where there are no colours, just as rich would draw them.

rich lays a cell out as if it were text of any kind, which takes a tenth of a millisecond. Most
cells of most tables need nothing but spaces; what needs more is left to rich.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from eventcodec.cli.terminal import new_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["RowColumn", "Rows"]

_GAP = 3  # cells between two columns: padding, the box, padding
_RULE = "\u2500"


class RowColumn(NamedTuple):
    """A column whose cells stay on one line.

    Attributes:
        heading: what stands above it.
        right: aligned right.
        least: its width at least.
        most: its width at the most; what is longer ends with an ellipsis. None for any.
    """

    heading: str
    right: bool = False
    least: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Rows:
    """A table. The first column is folded where the terminal is too narrow, the others never are.

    Attributes:
        title: a line above it, already escaped.
        first: the heading of the first column.
        others: the other columns.
        rows: the cells, already escaped; at least one row.
    """

    title: str
    first: str
    others: tuple[RowColumn, ...]
    rows: Sequence[tuple[str, ...]]

    def print_to(self, out: Console, width: int) -> None:
        """Print the table.

        Args:
            out: where to.
            width: of `out`, which takes a while to find out.
        """
        lines = None if out.color_system is not None else self._lines(out, width)
        if lines is None:
            out.print(self)
        else:
            out.file.write("\n".join(lines) + "\n")

    def __rich__(self) -> Table:
        from rich.text import Text

        table = new_table(self.first, title=self.title)
        for column in self.others:
            table.add_column(
                column.heading,
                justify="right" if column.right else "left",
                no_wrap=True,
                overflow="ellipsis",
                min_width=column.least or None,
                max_width=column.most,
            )
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table

    def _lines(self, out: Console, out_width: int) -> Iterator[str] | None:
        """Lay it out; None where that takes more than spaces and folding."""
        from rich.cells import cell_len

        columns = list(zip(*self.rows, strict=True))
        widths = [max(map(cell_len, (self.first, *columns[0])))]
        for column, cells in zip(self.others, columns[1:], strict=True):
            width = max(column.least, *map(cell_len, (column.heading, *cells)))
            widths.append(width if column.most is None else min(width, column.most))
        rest = sum(widths[1:]) + _GAP * (len(widths) - 1)
        widths[0] = min(widths[0], out_width - rest)
        if widths[0] < cell_len(self.first) or cell_len(self.title) > widths[0] + rest:
            return None
        return self._lay_out(out, widths)

    def _lay_out(self, out: Console, widths: list[int]) -> Iterator[str]:
        total = sum(widths) + _GAP * (len(widths) - 1)
        rights = [False, *(column.right for column in self.others)]
        gap = " " * _GAP
        yield _fit(self.title, total, False)
        headings = (self.first, *(column.heading for column in self.others))
        yield gap.join(map(_fit, headings, widths, rights))
        yield _RULE * total
        blank = gap.join(" " * width for width in widths[1:])
        for row in self.rows:
            folded = _fold(out, row[0], widths[0])
            first = folded[0] if folded else ""
            yield gap.join(map(_fit, (first, *row[1:]), widths, rights))
            for more in folded[1:]:
                yield _fit(more, widths[0], False) + gap + blank


def _fit(text: str, width: int, right: bool) -> str:
    """Pad a text to a width, or cut it."""
    size = len(text)
    if not text.isascii():
        from rich.cells import cell_len

        size = cell_len(text)
    if size > width:
        from rich.cells import set_cell_size

        return set_cell_size(text, width - 1) + "\u2026"
    return " " * (width - size) + text if right else text + " " * (width - size)


def _fold(out: Console, text: str, width: int) -> list[str]:
    """Return the lines of a text in so narrow a column."""
    if len(text) <= width and text.isascii():
        return [text]
    if text.isascii() and " " not in text:
        return [text[at : at + width] for at in range(0, len(text), width)]
    from rich.text import Text

    lines = Text(text).wrap(out, width, justify="left", overflow="fold")
    return [line.plain for line in lines]
