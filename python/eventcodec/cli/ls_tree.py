"""`eventcodec ls --tree`: runs as a tree of directories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventcodec.cli.terminal import escape, plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

__all__ = ["Branch", "print_tree"]

# Deeper directories share one line, or their indent would leave no room for names.
MOST_LEVELS = 12
# A tree of more runs has no colours: rich takes a quarter of a millisecond for each.
MOST_COLOURED = 1000


@dataclass
class Branch:
    """A directory.

    Attributes:
        label: the last part of its name, escaped.
        said: what is in it, in words.
        is_run: it has event files.
        inside: the directories in it.
    """

    label: str
    said: str
    is_run: bool
    inside: list[Branch] = field(default_factory=list)

    def __rich__(self) -> Tree:
        from rich.text import Text
        from rich.tree import Tree

        line = Text(self.label, style="bold" if self.is_run else "", overflow="fold")
        tree = Tree(line.append(f"  {self.said}", style="not bold dim"), guide_style="dim")
        tree.children += [each.__rich__() for each in self.inside]
        return tree

    def lines(self, out: Console, width: int) -> Iterator[str]:
        """Yield what rich would print without colours."""
        yield from _lines_of(self, out, width, "", "")


def print_tree(out: Console, path: str, counts: Mapping[str, tuple[int, int]]) -> None:
    """Print the runs at the directories they lie in.

    A run says how many tags and values it has, a directory that is no run how many runs lie below
    it.

    Args:
        out: where to.
        path: what the root is called.
        counts: of each run its tags and values; the slashes of a name separate directories, "." is
            the root itself.
    """
    root = tree_of(path, counts)
    plain = out.color_system is None or len(counts) > MOST_COLOURED
    if plain and out.encoding.startswith("utf"):
        out.file.writelines(line + "\n" for line in root.lines(out, out.width))
    else:
        out.print(root)


def tree_of(path: str, counts: Mapping[str, tuple[int, int]]) -> Branch:
    """Hang the runs at the directories they lie in; see print_tree()."""
    sums = sums_below(counts)

    def branch(label: str, own: tuple[int, int] | None, below: tuple[int, int] | None) -> Branch:
        if own is not None:
            said = f"{plural(own[0], 'tag')}, {plural(own[1], 'value')}"
        else:
            runs, values = below or (0, 0)
            said = f"{plural(runs, 'run')}, {plural(values, 'value')}"
        return Branch(escape(label), said, own is not None)

    root = branch(path, counts.get("") or counts.get("."), sums.get(""))
    known = {"": root}
    for name in sorted(counts, key=parts_of):
        above = ""
        for part in parts_of(name):
            place = f"{above}/{part}" if above else part
            if place not in known:
                known[place] = branch(part, counts.get(place), sums.get(place))
                known[above].inside.append(known[place])
            above = place
    return root


def parts_of(run: str) -> list[str]:
    """Split a run's name into directories; the run of the root has none."""
    return [] if run in {"", "."} else run.split("/", MOST_LEVELS - 1)


def sums_below(counts: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return for each directory above a run, "" for the root, the runs below it and their values.

    Args:
        counts: of each run, its tags and values.
    """
    sums: dict[str, tuple[int, int]] = {}
    for name, (_, values) in counts.items():
        above = "" if name in {"", "."} else name
        while above:
            above = above.rpartition("/")[0]
            runs_before, values_before = sums.get(above, (0, 0))
            sums[above] = (runs_before + 1, values_before + values)
    return sums


def _lines_of(branch: Branch, out: Console, width: int, fork: str, guide: str) -> Iterator[str]:
    """Yield the lines of a directory and those inside it.

    Args:
        branch: the directory.
        out: where they will be printed.
        width: of a line.
        fork: what stands before its first line.
        guide: what stands before the others.
    """
    line = f"{branch.label}  {branch.said}"
    if line.isascii() and len(fork) + len(line) <= width:
        yield fork + line
    else:
        from rich.text import Text

        for wrapped in Text(line).wrap(out, width - len(fork), overflow="fold"):
            yield fork + wrapped.plain
            fork = guide
    for each in branch.inside:
        last = each is branch.inside[-1]
        yield from _lines_of(
            each,
            out,
            width,
            guide + ("\u2514\u2500\u2500 " if last else "\u251c\u2500\u2500 "),
            guide + ("    " if last else "\u2502   "),
        )
