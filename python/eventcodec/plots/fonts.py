"""Fonts for the words in pictures: those of this machine that have what matplotlib's own lacks."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["families", "missing_characters"]

# What comes with matplotlib; Latin, Greek, Cyrillic, Hebrew, Arabic.
OWN = "DejaVu Sans"
# Families that systems have for the scripts of East and South Asia and for emoji. matplotlib takes
# each character from the first that has it.
OTHERS = (
    *(f"Noto Sans CJK {region}" for region in ("SC", "JP", "KR", "TC")),
    *("Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Microsoft YaHei", "SimHei", "Yu Gothic", "Malgun Gothic"),
    *("PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS"),
    *("Noto Sans Devanagari", "Noto Sans Thai", "Noto Emoji", "Segoe UI Symbol", "Symbola"),
)
_MISSING = re.compile(r"Glyph (\d+) .*missing from")


def families() -> list[str]:
    """Return the families to draw words with, the first first."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [OWN, *(name for name in OTHERS if name in installed)]


@contextmanager
def missing_characters() -> Iterator[set[str]]:
    """Collect the characters that no font has, of which matplotlib warns one by one."""
    missing: set[str] = set()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield missing
    for each in caught:
        found = _MISSING.match(str(each.message))
        if found is not None:
            missing.add(chr(int(found[1])))
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
