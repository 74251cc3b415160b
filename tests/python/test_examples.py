"""Every example runs as a user would run it, and logs what it says."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

import eventcodec

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# What the others share, and the one that tests/interop compares with VisualDL's own writer.
ELSEWHERE = {"digits", "visualdl_digits"}
SCRIPTS = sorted({path.stem for path in EXAMPLES.glob("*.py")} - ELSEWHERE)
TAKES_EPOCHS = "import digits"

# Script -> what its log must hold: {kind of series: some tags of a run}.
HOLDS = {
    "scalar_curves": {"scalars": {"loss/train", "accuracy/test"}},
    "compare_runs": {"scalars": {"loss", "accuracy/test"}, "custom_scalars": None},
    "images": {"images": {"one digit", "digits", "least sure of", "outline"}},
    "histograms": {"histograms": {"parameters/first.weight", "gradients/classify.bias"}},
    "pr_curves": {"pr_curves": {f"digit/{digit}" for digit in range(10)}},
    "embeddings": {"embeddings": {"hidden layer:00000", "pixels:00000"}},
    "model_graph": {"graphs": {"__run_graph__"}, "texts": {"model_summary/text_summary"}},
    "audio": {"audio": {"scale", "chord"}},
    "text": {"texts": {"settings/text_summary", "notes/text_summary"}},
    "confusion_matrix": {"images": {"confusion"}},
    "hyperparameter_search": {"scalars": {"result/accuracy"}, "hparams": None},
    "custom_scalars": {"scalars": {"loss/mean"}, "custom_scalars": None},
    "mesh": {"meshes": {"ripple_VERTEX", "ripple_FACE", "ripple_COLOR", "sphere_VERTEX"}},
    "feature_maps": {"images": {"cam", "kernels", "feature_maps/second"}},
    "video": {"images": {"dreams"}},
}


def test_every_example_is_known():
    assert sorted(HOLDS) == SCRIPTS
    readme = (EXAMPLES / "README.md").read_text()
    for name in SCRIPTS:
        assert f"({name}.py)" in readme
        assert f"(images/{name}." in readme


@pytest.fixture
def as_a_script(tmp_path, monkeypatch):
    """as_a_script(path, *options): run it as Python would, in this process, which has torch."""
    import torch

    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    threads, random_state = torch.get_num_threads(), torch.get_rng_state()

    def run(path, *options):
        monkeypatch.setattr(sys, "argv", [str(path), *options])
        runpy.run_path(str(path), run_name="__main__")

    yield run
    torch.set_num_threads(threads)
    torch.set_rng_state(random_state)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", SCRIPTS)
def test_example(tmp_path, as_a_script, name):
    script = EXAMPLES / f"{name}.py"
    as_a_script(script, *(["--epochs", "1"] if TAKES_EPOCHS in script.read_text() else []))
    log = eventcodec.open(tmp_path / "runs" / name)
    assert log.damage == []
    run = next(iter(log.runs.values()))
    for kind, tags in HOLDS[name].items():
        found = getattr(run, kind)
        assert found
        if tags is not None:
            assert tags <= set(found), kind
