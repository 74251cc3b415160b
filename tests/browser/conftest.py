"""A real TensorBoard and a real Chromium for the tests of what people see."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SCREENSHOTS = ROOT / "build" / "screenshots"
START_SECONDS = 60

# All that a page shows, through shadow roots and frames: its text, and how many of some elements.
COLLECT = """
const counts = {}, texts = [];
function walk(node) {
  if (node.nodeType === Node.TEXT_NODE && node.data.trim()) texts.push(node.data.trim());
  if (node.nodeType === Node.ELEMENT_NODE) {
    const name = node.localName;
    if (name === 'script' || name === 'style') return;
    let key = name;
    if (name === 'img') key = node.naturalWidth > 0 ? 'img' : 'img-unloaded';
    counts[key] = (counts[key] || 0) + 1;
    if (node.shadowRoot) walk(node.shadowRoot);
    if (name === 'iframe') { try { walk(node.contentDocument); } catch (error) {} }
    if (name === 'input' && node.value) texts.push(node.value);
  }
  for (const child of node.childNodes) walk(child);
}
walk(document);
return {text: texts.join(''), counts: counts};
"""


def needed(*names):
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    pytest.exit(f"none of {names} is installed: apt-get install chromium chromium-driver", 2)
    return ""


@contextmanager
def _tensorboard(log_dir, cwd=None):
    """Serve a log directory, named from `cwd`; yields the address."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(log_dir)]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0"],
        cwd=cwd,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = None
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                address = found[0]
                break
        assert address is not None, "TensorBoard did not start"
        yield address
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


@pytest.fixture(scope="session")
def tensorboard():
    """tensorboard(log_dir): a context manager that serves it and gives the address."""
    return _tensorboard


@pytest.fixture(scope="session")
def browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = needed("chromium", "chromium-browser", "google-chrome")
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1280,900"):
        options.add_argument(f"--{flag}")
    # A GL of the processor, for meshes and the projector.
    options.add_argument("--enable-unsafe-swiftshader")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(needed("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def screenshot(browser):
    """screenshot(name): keep what the browser shows in build/screenshots."""

    def keep(name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    return keep


@pytest.fixture
def open_page(browser, screenshot):
    """open_page(url, wanted, seconds) -> (what is shown, console errors); waits for `wanted`."""

    def open_it(url, wanted, seconds=60.0):
        browser.get("about:blank")
        browser.get_log("browser")
        browser.get(url)
        end = time.monotonic() + seconds
        while True:
            shown = browser.execute_script(COLLECT)
            missing = wanted(shown)
            if not missing:
                break
            if time.monotonic() > end:
                screenshot("failed")
                pytest.fail(f"{url} does not show {missing}; it shows {shown['text'][-1500:]}")
            time.sleep(0.5)
        time.sleep(2)  # animations, and what fails late
        entries = [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]
        return shown, {re.sub(r"http://127\.0\.0\.1:\d+|\?.*", "", e["message"]) for e in entries}

    return open_it


@pytest.fixture(scope="session")
def example_log(tmp_path_factory):
    """example_log(name) -> the log directory of an example, run once, and what it is in."""
    base = tmp_path_factory.mktemp("examples")

    def log(name):
        directory = Path("runs") / name
        if not (base / directory).exists():
            before, argv = Path.cwd(), sys.argv
            os.chdir(base)
            sys.argv = [name, "--log-dir", str(directory)]
            sys.path.insert(0, str(EXAMPLES))
            try:
                runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
            finally:
                os.chdir(before)
                sys.argv = argv
                sys.path.remove(str(EXAMPLES))
        return directory, base

    return log


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    """The address of a TensorBoard over what torch's own writer writes of every kind."""
    import numpy as np
    import torch
    from matplotlib.figure import Figure
    from torch.utils.tensorboard import SummaryWriter

    directory = tmp_path_factory.mktemp("original")
    rng = np.random.default_rng(0)
    model = torch.nn.Linear(3, 1)
    with SummaryWriter(str(directory)) as writer:
        for step in range(5):
            writer.add_scalar("a", step, step)
            writer.add_histogram("h", rng.normal(size=100), step)
            writer.add_pr_curve("p", rng.integers(0, 2, 50), rng.random(50), step)
            writer.add_mesh("m", torch.rand(1, 50, 3), global_step=step)
        figure = Figure()
        figure.subplots().plot([1, 2])
        writer.add_figure("f", figure, 1)
        writer.add_images("i", rng.random((8, 3, 16, 16)), 1)
        writer.add_audio("s", np.sin(np.arange(4000)), 1)
        writer.add_text("t", "hello", 1)
        writer.add_graph(model, torch.zeros(1, 3))
        writer.add_custom_scalars_multilinechart(["a"])
        writer.add_embedding(rng.random((50, 5)), label_img=torch.rand(50, 1, 8, 8))
        writer.add_hparams({"lr": 0.1}, {"acc": 0.5}, run_name="trial")
    with _tensorboard(directory) as address:
        yield address
