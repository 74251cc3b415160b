"""The demo, run once for real: it learns, its log is whole and complete, its picture is one."""

from __future__ import annotations

import io
import sys

import pytest
from click.testing import CliRunner
from PIL import Image

import eventcodec
from eventcodec.cli.main import cli


def test_demo_from_training_to_picture(command, tmp_path):
    done = command("demo", "--epochs", 5, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    place = tmp_path / "runs" / "eventcodec-demo"
    for words in ("run train", "run test", "misclassified", "learning_rate", "values/s", "loss"):
        assert words in done.stdout
    assert "tensorboard --logdir runs/eventcodec-demo" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())

    log = eventcodec.open(place)
    assert log.damage == []
    train, test = log["train"], log["test"]
    loss = train.scalars["loss"].values
    assert loss.size == 5 * 42
    assert loss[-20:].mean() < loss[:20].mean() / 1.5
    assert test.scalars["accuracy"].values[-1] > 0.7
    assert {"weights/hidden", "gradients/output"} <= set(train.histograms)
    assert train.images["first_layer"][-1].to_array().shape[2] == 3
    assert "| momentum | 0.9 |" in next(iter(train.texts.values()))[0].value

    picture = Image.open(io.BytesIO((place / "curves.png").read_bytes()))
    assert picture.size[0] > 1000
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 20

    again = command("demo", "--epochs", 1, cwd=tmp_path)
    assert "runs/eventcodec-demo-2" in again.stdout
    used = command("demo", "runs/eventcodec-demo", cwd=tmp_path)
    assert used.returncode == 2
    assert "name another directory" in used.stderr


def test_the_same_seed_gives_the_same_log(tmp_path):
    from eventcodec.demo.digits import Settings, load_digits, train

    settings = Settings(epochs=1)
    for name in ("x", "y"):
        train(tmp_path / name, load_digits(settings), settings)
    x, y = eventcodec.open(tmp_path / "x"), eventcodec.open(tmp_path / "y")
    for tag in x["train"].scalars:
        assert (x["train"].scalars[tag].values == y["train"].scalars[tag].values).all()


@pytest.mark.parametrize("package", ["sklearn", "matplotlib"])
def test_a_missing_package_is_named_with_its_extra(monkeypatch, tmp_path, package):
    monkeypatch.setitem(sys.modules, package, None)
    result = CliRunner().invoke(cli, ["demo", str(tmp_path)], prog_name="eventcodec")
    assert result.exit_code == 2
    assert "pip install 'eventcodec[demo]'" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not any(tmp_path.iterdir())
