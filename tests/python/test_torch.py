"""eventcodec.torch: what the calls log, compared with what torch itself says of the model."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
import torch
from torch import nn

import eventcodec
import eventcodec.torch as torch_calls


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3), nn.Flatten(), nn.Linear(96, 3)
    )


@pytest.fixture
def logged(tmp_path):
    """logged(call) -> the run that it logged."""

    def log(call):
        with eventcodec.SummaryWriter(tmp_path) as writer:
            call(writer)
        return eventcodec.open(tmp_path)["."]

    return log


def test_parameters(model, logged):
    model(torch.rand(2, 1, 8, 8)).sum().backward()
    run = logged(lambda w: torch_calls.log_parameters(w, model, 5))
    names = dict(model.named_parameters())
    assert set(run.histograms) == {f"{k}/{n}" for k in ("parameters", "gradients") for n in names}
    for name, parameter in names.items():
        assert run.histograms[f"parameters/{name}"][0].num == parameter.numel()
        found = run.histograms[f"gradients/{name}"][0]
        assert np.float32(found.max) == parameter.grad.max().item()
    assert run.histograms["parameters/0.weight"].steps.tolist() == [5]


def test_parameters_without_gradients(model, logged):
    run = logged(lambda w: torch_calls.log_parameters(w, model, 5))
    assert len(run.histograms) == len(list(model.parameters()))


def test_feature_maps(model, logged):
    model.train()
    pictures = torch.rand(2, 1, 8, 8)
    run = logged(lambda w: torch_calls.log_feature_maps(w, model, pictures, 3))
    assert model.training
    assert set(run.images) == {"feature_maps/0", "feature_maps/2"}
    maps = model[0](pictures)[0].detach().numpy()  # 4 of 6 x 6, enlarged 4 times, framed
    shown = run.images["feature_maps/0"][0].to_array()
    assert shown.shape == (26, 4 * 26, 3)
    for index, one in enumerate(maps):
        tile = shown[1:25:4, 26 * index + 1 : 26 * index + 25 : 4, 0]
        want = (one - one.min()) / (one.max() - one.min()) * 255
        assert np.abs(tile - want).max() <= 1.0


def test_feature_maps_of_named_layers(model, logged):
    run = logged(
        lambda w: torch_calls.log_feature_maps(w, model, torch.rand(1, 1, 8, 8), layers=["1"])
    )
    assert set(run.images) == {"feature_maps/1"}


@pytest.mark.parametrize(
    ("layers", "message"), [(["9"], "no layer '9'"), (["4"], "gave no"), (["x"], "it has")]
)
def test_feature_maps_refuses(model, logged, layers, message):
    with pytest.raises(ValueError, match=message):
        logged(
            lambda w: torch_calls.log_feature_maps(w, model, torch.rand(1, 1, 8, 8), layers=layers)
        )


@pytest.mark.parametrize(("channels", "tiles"), [(1, 4), (3, 4), (2, 8)])
def test_kernels(logged, channels, tiles):
    layer = nn.Conv2d(channels, 4, 5)
    run = logged(lambda w: torch_calls.log_kernels(w, layer, 1))
    shown = run.images["kernels"][0].to_array()
    assert shown.shape == (27, tiles * 27, 3)  # 5 x 5, enlarged 5 times, framed
    kernel = layer.weight[0].detach().numpy()
    if channels == 2:
        kernel = kernel[:1]
    want = (kernel - kernel.min()) / (kernel.max() - kernel.min()) * 255
    tile = shown[1:26:5, 1:26:5].transpose(2, 0, 1)
    assert np.abs(tile - want).max() <= 1.0


def test_kernels_refuses_what_has_none(logged):
    with pytest.raises(ValueError, match="weight"):
        logged(lambda w: torch_calls.log_kernels(w, nn.Linear(2, 2)))


def test_cam_is_hot_where_the_score_comes_from(logged):
    class Corner(nn.Module):
        """Its score of class 1 is what is bright in the lower right corner."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 1, bias=False)
            nn.init.ones_(self.conv.weight)

        def forward(self, pictures):
            found = self.conv(pictures)
            return torch.stack([found.sum((1, 2, 3)) * 0, found.sum((1, 2, 3))], 1)

    model = Corner()
    picture = torch.zeros(1, 1, 24, 24)
    picture[..., 16:, 16:] = 1
    run = logged(lambda w: torch_calls.log_cam(w, model, picture, "conv", 2))
    shown = run.images["cam"][0].to_array().astype(int)
    redness = shown[..., 0] - shown[..., 1]
    assert redness[20, 20] > 100
    assert redness[4, 4] == 0
    assert model.conv.weight.grad is None


def test_cam_equals_the_formula(model, logged):
    pictures = torch.rand(2, 1, 8, 8)
    activations = model[:3](pictures)
    scores = model[3:](activations)
    (gradient,) = torch.autograd.grad(scores[:, 2].sum(), activations)
    heat = torch.relu((gradient.mean((2, 3), keepdim=True) * activations).sum(1)).detach()
    run = logged(lambda w: torch_calls.log_cam(w, model, pictures, "2", classes=[2, 2]))
    shown = run.images["cam"][0].to_array().astype(int)
    assert shown.shape == (24, 48, 3)
    for index in range(2):
        if heat[index].max() == 0:
            continue
        redness = (shown[..., 0] - shown[..., 1])[:, 24 * index : 24 * index + 24]
        hottest = divmod(int(redness.argmax()), 24)
        wanted = divmod(int(heat[index].argmax()), heat.shape[2])
        for found, want in zip(hottest, wanted, strict=True):  # 4 x 4 over 24 x 24
            assert abs(found / 24 - (want + 0.5) / 4) < 0.25


@pytest.mark.parametrize("has_torchinfo", [True, False])
def test_model_summary(model, logged, monkeypatch, has_torchinfo):
    real_import = builtins.__import__

    def without_torchinfo(name, *args, **kwargs):
        if name == "torchinfo":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    if not has_torchinfo:
        monkeypatch.setattr(builtins, "__import__", without_torchinfo)
    run = logged(lambda w: torch_calls.log_model_summary(w, model, (2, 1, 8, 8), 1))
    text = run.texts["model_summary/text_summary"][0].value
    total = sum(p.numel() for p in model.parameters())
    assert f"{total:,}" in text
    assert "Conv2d" in text
    assert "[2, 6, 4, 4]" in text
