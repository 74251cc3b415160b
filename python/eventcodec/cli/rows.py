"""Tables of many rows: drawn by rich, or, where that takes too long, just as rich would draw them.

rich lays a cell out as if it were text of any kind, which takes a tenth of a millisecond. Most
cells of most tables need nothing but spaces; what needs more is left to rich.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from eventcodec.cli.terminal import new_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["RowColumn", "Rows"]

_GAP = "   "  # between two columns: padding, the box, padding
_RULE = "\u2500"
# A table of more rows has no colours, which here are no more than those of its heading.
_MOST_COLOURED = 1000
_LINES_AT_ONCE = 4096


class RowColumn(NamedTuple):
    """A column.

    Attributes:
        heading: what stands above it; its cells have as many lines.
        right: aligned right.
        least: its width at least.
        most: its width at the most; None for any.
        folds: a line that is too long is folded, else it ends with an ellipsis.
    """

    heading: str
    right: bool = False
    least: int = 0
    most: int | None = None
    folds: bool = False


@dataclass(frozen=True)
class Rows:
    """A table. The first column is folded where the terminal is too narrow.

    Attributes:
        title: a line above it, already escaped.
        first: the first column, of one line a cell.
        others: the other columns.
        cells: of each column, already escaped; at least one row.
    """

    title: str
    first: str
    others: tuple[RowColumn, ...]
    cells: Sequence[Sequence[str]]

    def print_to(self, out: Console, width: int) -> None:
        """Print the table.

        Args:
            out: where to.
            width: of `out`, which takes a while to find out.
        """
        plain = out.color_system is None or len(self.cells[0]) > _MOST_COLOURED
        lines = self._lines(width) if plain and out.encoding.startswith("utf") else None
        if lines is None:
            out.print(self)
            return
        while block := list(islice(lines, _LINES_AT_ONCE)):
            out.file.write("\n".join(block) + "\n")

    def __rich__(self) -> Table:
        from rich.text import Text

        table = new_table(self.first, title=self.title)
        for column in self.others:
            table.add_column(
                column.heading,
                justify="right" if column.right else "left",
                no_wrap=not column.folds,
                overflow="fold" if column.folds else "ellipsis",
                min_width=column.least or None,
                max_width=column.most,
            )
        for row in zip(*self.cells, strict=True):
            table.add_row(*map(Text, row))
        return table

    def _lines(self, out_width: int) -> Iterator[str] | None:
        """Lay it out; None where that takes more than spaces and folding."""
        wanted = max(_width(self.first), _widest(self.cells[0]))
        widths = [wanted]
        for column, cells in zip(self.others, self.cells[1:], strict=True):
            width = max(column.least, _widest([column.heading]), _widest(cells))
            widths.append(width if column.most is None else min(width, column.most))
        rest = sum(widths[1:]) + len(_GAP) * (len(widths) - 1)
        widths[0] = min(widths[0], out_width - rest)
        # Where it is short, rich takes from the widest column that folds, padding included.
        folding = [w + 1 for w, column in zip(widths[1:], self.others, strict=True) if column.folds]
        least = max([_width(self.first), *(folding if widths[0] < wanted else ())])
        if widths[0] < least or _width(self.title) > widths[0] + rest:
            return None
        return self._lay_out(widths)

    def _lay_out(self, widths: list[int]) -> Iterator[str]:
        total = sum(widths) + len(_GAP) * (len(widths) - 1)
        rights = [False, *(column.right for column in self.others)]
        folds = [True, *(column.folds for column in self.others)]
        form = _GAP.join(
            f"%{width}s" if right else f"%-{width}s"
            for width, right in zip(widths, rights, strict=True)
        )

        def line_of(cells: tuple[str, ...]) -> str:
            line = form % cells
            if len(line) == total and line.isascii():  # as of nearly all: every cell has its room
                return line
            return _GAP.join(map(_fit, cells, widths, rights))

        yield _fit(self.title, total, False)
        headings = [self.first, *(column.heading for column in self.others)]
        height = max(heading.count("\n") for heading in headings) + 1
        above = [[""] * (height - len(of)) + of for of in (each.split("\n") for each in headings)]
        yield from map(line_of, zip(*above, strict=True))
        yield _RULE * total
        first = widths[0]
        plain = height == 1 and not any(folds[1:])
        for row in zip(*self.cells, strict=True):
            if plain and len(row[0]) <= first and row[0].isascii():
                yield line_of(row)
                continue
            columns = [
                list(_fold(cell, width)) if fold else cell.split("\n")
                for cell, width, fold in zip(row, widths, folds, strict=True)
            ]
            for at, right in enumerate(rights):
                if right:
                    columns[at] = [line.rstrip() for line in columns[at]]
            yield from map(line_of, zip_longest(*columns, fillvalue=""))


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _widest(cells: Iterable[str]) -> int:
    """Return the width of the longest line."""
    text = "\n".join(cells)
    return max(map(len if text.isascii() else _width, text.split("\n")))


def _fit(text: str, width: int, right: bool) -> str:
    """Pad a text to a width, or cut it."""
    size = _width(text)
    if size > width:
        from rich.cells import set_cell_size

        return set_cell_size(text, width - 1) + "\u2026"
    return " " * (width - size) + text if right else text + " " * (width - size)


def _fold(cell: str, width: int) -> Iterator[str]:
    """Yield the lines of a cell in a column that is so narrow."""
    if "\n" in cell:
        for line in cell.split("\n"):
            yield from _fold(line, width)
    elif len(cell) <= width and cell.isascii():
        yield cell
    elif cell.isascii() and " " not in cell:
        yield from (cell[at : at + width] for at in range(0, len(cell), width))
    else:
        from rich.console import Console
        from rich.text import Text

        wrapped = Text(cell).wrap(Console(), width, justify="left", overflow="fold")
        yield from (line.plain for line in wrapped)
