"""Puts this package's writers where scripts and frameworks look for those of other packages."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

__all__ = ["patch", "unpatch"]

# Their module -> our module and the names that it gives; what we do not have is left alone.
_PLACES = {
    "torch.utils.tensorboard": ("eventcodec.compat.torch", ("SummaryWriter", "FileWriter")),
    "torch.utils.tensorboard.writer": (
        "eventcodec.compat.torch",
        ("SummaryWriter", "FileWriter", "EventFileWriter"),
    ),
    "tensorboardX": (
        "eventcodec.compat.tensorboardx",
        ("SummaryWriter", "FileWriter", "GlobalSummaryWriter"),
    ),
    "tensorboardX.writer": (
        "eventcodec.compat.tensorboardx.writer",
        ("SummaryWriter", "FileWriter", "EventFileWriter"),
    ),
    "tensorboardX.global_writer": (
        "eventcodec.compat.tensorboardx.global_writer",
        ("GlobalSummaryWriter", "SummaryWriter"),
    ),
    "tensorboardX.event_file_writer": (
        "eventcodec.compat.tensorboardx.event_file_writer",
        ("EventFileWriter",),
    ),
    "visualdl": ("eventcodec.compat.visualdl", ("LogWriter",)),
    "visualdl.writer.writer": ("eventcodec.compat.visualdl", ("LogWriter",)),
}

_active = False
_hooked: set[str] = set()  # modules that we hear of when they are imported
_originals: dict[Any, Any] = {}  # our class -> the one that it stands for


def patch() -> None:
    """Have torch.utils.tensorboard, tensorboardX and visualdl give our writers from here on.

    Nothing is imported by it: a package that is imported later gets them then. What code has taken
    from a package before (`from tensorboardX import SummaryWriter`) stays what it is, so call this
    first. What somebody else has put in place of a package's class stays as well. A second call
    does nothing.

    Example:
        >>> eventcodec.patch()
        >>> from torch.utils.tensorboard import SummaryWriter  # doctest: +SKIP
        >>> SummaryWriter.__module__  # doctest: +SKIP
        'eventcodec.compat.torch'
        >>> eventcodec.unpatch()
    """
    global _active  # noqa: PLW0603 - packages are patched for the process
    from wrapt import register_post_import_hook

    _active = True
    for name, (ours, _) in _PLACES.items():
        if importlib.util.find_spec(ours) is None:
            continue
        if name not in _hooked:
            _hooked.add(name)
            register_post_import_hook(_replace, name)  # at once if it is imported already
        elif name in sys.modules:
            _replace(sys.modules[name])


def unpatch() -> None:
    """Give the packages their own writers back. What was made or taken meanwhile stays."""
    global _active  # noqa: PLW0603 - packages are patched for the process
    _active = False
    for name, (_, names) in _PLACES.items():
        module = sys.modules.get(name)
        for each in names:
            found = getattr(module, each, None)
            if isinstance(found, type) and found in _originals:
                setattr(module, each, _originals[found])


def _replace(module: ModuleType) -> None:
    if not _active:
        return
    ours, names = _PLACES[module.__name__]
    package = module.__name__.partition(".")[0]
    for name in names:
        theirs = getattr(module, name, None)
        # EventFileWriter is tensorboard's in torch's module.
        if getattr(theirs, "__module__", "").partition(".")[0] not in (package, "tensorboard"):
            continue
        own = getattr(importlib.import_module(ours), name)
        _originals[own] = theirs
        setattr(module, name, own)
