"""VisualDL's web page shows our log in a real browser: `make test-visualdl-page`.

Starts the package's own server, without a network, and headless Chromium. Not part of `make test`,
because it needs a browser. VISUALDL_SCREENSHOT=FILE.png keeps a picture of the scalars' page.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "visualdl_digits.py"
# Enough for the page to fetch its data and draw.
PAGE_MILLISECONDS = 20_000
START_SECONDS = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address of a VisualDL server that shows the log of the example."""
    place = tmp_path_factory.mktemp("page")
    subprocess.run([sys.executable, EXAMPLE, "digits"], cwd=place, check=True)
    port = _free_port()
    options = ["--logdir", "digits", "--host", "127.0.0.1", "--port", str(port)]
    main = "from visualdl.server.app import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", main, *options, "--disable-telemetry"],
        cwd=place,
        env=os.environ | {"HOME": str(place)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/app"
    try:
        for _ in range(START_SECONDS):
            time.sleep(1)
            try:
                urllib.request.urlopen(f"{address}/api/runs", timeout=10).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, "the server has ended"
        yield address
    finally:
        process.terminate()
        process.wait()


def browse(address: str, profile: Path, *options: str) -> str:
    """Open a page in headless Chromium and return what it printed."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser is not None, "install chromium"
    return subprocess.run(
        [
            browser,
            *("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"),
            *("--window-size=1280,800", f"--virtual-time-budget={PAGE_MILLISECONDS}"),
            *(*options, address),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    ).stdout


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("scalar", ["accuracy", "slow learner", "fast learner", "<canvas"]),
        ("histogram", ["weights", "slow learner", "<svg"]),
        ("sample/image", ["digits", "<img"]),
        ("pr-curve", ["digit 3", "fast learner", "<canvas"]),
        ("hyper-parameter", ["learning rate", "penalty"]),
    ],
)
def test_page(server, tmp_path, page, words):
    shown = browse(f"{server}/{page}", tmp_path, "--dump-dom")
    assert [word for word in words if word not in shown] == []


def test_picture(server, tmp_path):
    picture = Path(os.environ.get("VISUALDL_SCREENSHOT", tmp_path / "page.png")).absolute()
    browse(f"{server}/scalar", tmp_path / "profile", f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG")
