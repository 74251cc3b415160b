"""The writer's tests and campaigns under other versions of Python: `make test-pythons`.

    python tests/pythons.py INTERPRETER...

Makes an environment for each in build/pythons, with this package and the `pythons` extra, and runs
there what needs no torch, which has no wheel for every version. What is not run is printed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
# Campaigns of threads, forks, exits and faults; C16's limits of memory are of one version.
CAMPAIGNS = ["c01", "c02_death", "c07", "c11", "c12", "c13", "c17", "c18", "c25"]
BUILD = ["--no-build-isolation", "--config-settings=cmake.define.EVENTCODEC_TEST_BUILD=ON"]


def main(interpreters: list[str]) -> int:
    """Test under each interpreter; give how many of them failed."""
    modules = sorted(TESTS.glob("python/writer/test_*.py"))
    for name in CAMPAIGNS:
        modules += sorted(TESTS.glob(f"campaigns/test_{name}*.py"))
    run = [path for path in modules if not imports_torch(path)]
    failed = 0
    for interpreter in interpreters:
        python = environment(interpreter)
        command = [python, "-m", "pytest", "-q", *map(str, run)]
        failed += subprocess.run(command, check=False, cwd=ROOT).returncode != 0
        for path in modules:
            if path not in run:
                print(f"not run under {interpreter}: {path.relative_to(ROOT)}, which imports torch")
    return failed


def imports_torch(path: Path) -> bool:
    """Tell whether a module needs torch as soon as it is imported."""
    return re.search(r"^(import|from) torch\b", path.read_text(), re.MULTILINE) is not None


def environment(interpreter: str) -> str:
    """Make an environment with this package in it; give its Python."""
    asked = [interpreter, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
    try:
        version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        sys.exit(f"{interpreter} does not start; name others: make test-pythons PYTHONS='...'")
    place = ROOT / "build" / "pythons" / version
    python = str(place / "bin" / "python")
    if not Path(python).exists():
        subprocess.run([interpreter, "-m", "venv", str(place)], check=True)
    install = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    tools = ["scikit-build-core>=0.11", "pybind11>=2.13", "cmake>=3.21", "ninja"]
    subprocess.run([*install, *tools], check=True)
    subprocess.run([*install, *BUILD, "--editable", ".[pythons]"], check=True, cwd=ROOT)
    return python


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
