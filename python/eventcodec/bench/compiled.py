"""Compiles the benchmark's C sources when they are needed, with the machine's own compiler."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["NotCompiledError", "compile_shared", "load_extension"]


class NotCompiledError(Exception):
    """A source could not be compiled here; the message says why."""


def compile_shared(source: str, target: Path, options: Sequence[str] = ()) -> None:
    """Compile one of the package's C files to a shared library, for the CPU at hand.

    Args:
        source: name of a file beside this one.
        target: the library to make.
        options: further arguments of the compiler.

    Raises:
        NotCompiledError: there is no compiler, or it refuses.
    """
    names = [name for name in (os.environ.get("CC"), "cc", "gcc", "clang") if name]
    compiler = next((path for name in names if (path := shutil.which(name))), None)
    if compiler is None:
        message = f"no C compiler: none of {', '.join(names)} is on PATH"
        raise NotCompiledError(message)
    flags = ("-O3", "-march=native", "-shared", "-fPIC", "-o", str(target))
    command = [compiler, *flags, *options, str(Path(__file__).with_name(source))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[0]
        message = f"{compiler} does not compile {source}: {last}"
        raise NotCompiledError(message)


def load_extension(name: str, source: str) -> Any:
    """Compile one of the package's C files to a module and import it.

    Args:
        name: of the module.
        source: name of a file beside this one.

    Raises:
        NotCompiledError: there is no compiler, or it refuses, as without Python's headers.
    """
    include = sysconfig.get_path("include")
    with tempfile.TemporaryDirectory(prefix="eventcodec-bench-") as directory:
        library = Path(directory) / f"{name}.so"
        compile_shared(source, library, ["-I", include])
        loader = importlib.machinery.ExtensionFileLoader(name, str(library))
        spec = importlib.util.spec_from_file_location(name, str(library), loader=loader)
        if spec is None:
            message = f"{library} cannot be imported"
            raise NotCompiledError(message)
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        return module
