"""How tensorboardX cleans tags."""

from __future__ import annotations

import logging
import re
from functools import lru_cache

__all__ = ["clean_tag"]

logger = logging.getLogger(__name__)

_NOT_ALLOWED = re.compile(r"[^-/\w\.]")


@lru_cache(maxsize=4096)
def clean_tag(name: str) -> str:
    """Replace what tensorboardX does not allow in a tag by underscores.

    Example:
        >>> clean_tag("/loss (mean)")
        'loss__mean_'
    """
    clean = _NOT_ALLOWED.sub("_", name).lstrip("/")
    if clean != name:
        logger.info("Summary name %s is illegal; using %s instead.", name, clean)
    return clean
