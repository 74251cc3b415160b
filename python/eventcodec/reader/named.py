"""Named: a mapping whose things are made when they are asked for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

__all__ = ["Named"]

_Item = TypeVar("_Item")


class Named(Mapping[str, _Item]):
    """A read-only mapping from names to things that are made when they are first asked for.

    A name that is not there raises a KeyError that says which names are near it.
    """

    def __init__(self, what: str, names: Collection[str], make: Callable[[str], _Item]) -> None:
        self._what = what
        self._names = names if isinstance(names, dict) else dict.fromkeys(names)
        self._make = make
        self._made: dict[str, _Item] = {}

    def __getitem__(self, name: str) -> _Item:
        made = self._made.get(name)
        if made is None:
            if name not in self._names:
                raise KeyError(self._explain(name))
            made = self._made[name] = self._make(name)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __repr__(self) -> str:
        shown = ", ".join(repr(name) for name in list(self._names)[:8])
        more = ", ..." if len(self._names) > 8 else ""
        return f"<{len(self)} {self._what}: {shown}{more}>"

    def _explain(self, name: object) -> str:
        if not self._names:
            return f"no {self._what} {name!r}: there are none"
        near = difflib.get_close_matches(str(name), list(self._names), n=3, cutoff=0.4)
        shown = near or list(self._names)[:3]
        return f"no {self._what} {name!r}; nearest: {', '.join(map(repr, shown))}"
