"""Runs first in every Python that `eventcodec run` starts, because its folder is on PYTHONPATH.

A folder and not a call, so that processes that a script starts in turn, such as the workers of
torchrun, are served as well.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run_next() -> None:
    """Run the sitecustomize that this one stands before."""
    others = [path for path in sys.path if path and Path(path).resolve() != HERE]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def patch() -> None:
    """Replace the writers, in a Python that has eventcodec."""
    try:
        from eventcodec.replacement import patch
    except ImportError as error:  # another interpreter than the one of `eventcodec run`
        sys.stderr.write(f"eventcodec: writers are not replaced in {sys.executable}: {error}\n")
    else:
        patch()


run_next()
patch()
