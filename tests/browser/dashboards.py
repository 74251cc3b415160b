"""Every dashboard of the released TensorBoard over the examples' logs, seen in Chromium.

`make test-browser` runs it: the screenshots are in build/screenshots.
"""

from __future__ import annotations

import pytest

# Dashboard, example, texts that must be shown, and how many elements of which name at least.
# charts and 3-D views are canvases or paths of SVG.
DASHBOARDS = [
    ("timeseries", "scalar_curves", ["loss/train", "accuracy/test"], {"line-chart": 3}),
    ("scalars", "compare_runs", ["loss", "rate=0.05", "rate=0.005"], {"svg": 1}),
    ("scalars", "scalar_curves", ["train", "test"], {"svg": 1}),
    ("images", "images", ["digits", "outline", "least sure of"], {"img": 2}),
    ("images", "confusion_matrix", ["confusion"], {"img": 1}),
    ("images", "feature_maps", ["cam", "kernels", "feature_maps"], {"img": 2}),
    ("images", "video", ["dreams"], {"img": 1}),
    ("audio", "audio", ["scale", "chord"], {"audio": 2}),
    ("histograms", "histograms", ["parameters", "gradients"], {"vz-histogram-timeseries": 1}),
    ("distributions", "histograms", ["parameters", "gradients"], {"vz-distribution-chart": 1}),
    ("graphs", "model_graph", ["Main Graph", "Network", "input", "output"], {"svg": 1}),
    ("text", "text", ["settings", "learning rate", "done"], {"table": 1}),
    ("text", "model_graph", ["Conv2d", "Total params"], {}),
    ("pr_curves", "pr_curves", ["digit/0", "digit/1"], {"svg": 1}),
    ("hparams", "hyperparameter_search", ["rate", "channels", "result/accuracy", "augment"], {}),
    ("mesh", "mesh", ["ripple", "sphere"], {"canvas": 2}),
    ("custom_scalars", "custom_scalars", ["loss with its spread", "where time goes"], {"svg": 1}),
    (
        "projector",
        "embeddings",
        ["hidden layer:00000", "Points:397", "Dimension:128"],
        {"canvas": 1},
    ),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize(
    ("dashboard", "example", "texts", "elements"),
    DASHBOARDS,
    ids=[f"{dashboard}-{example}" for dashboard, example, _, _ in DASHBOARDS],
)
def test_dashboard(
    open_page, screenshot, tensorboard, example_log, original, dashboard, example, texts, elements
):
    def missing(shown):
        # Long words are cut into pieces, so spaces tell nothing.
        shown_text = "".join(shown["text"].split())
        absent = [text for text in texts if "".join(text.split()) not in shown_text]
        return absent + [
            f"{count} {name}" for name, count in elements.items()
            if shown["counts"].get(name, 0) < count
        ]  # fmt: skip

    _, known_errors = open_page(f"{original}#{dashboard}", lambda shown: [])
    with tensorboard(*example_log(example)) as address:
        shown, errors = open_page(f"{address}#{dashboard}", missing)
        screenshot(f"{dashboard}-{example}")
    assert shown["counts"].get("img-unloaded", 0) == 0
    assert errors <= known_errors


def test_a_dashboard_without_data_is_seen(open_page, tensorboard, tmp_path, pytestconfig):
    from eventcodec import SummaryWriter

    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1, 1)
    with tensorboard(tmp_path) as address, pytest.raises(pytest.fail.Exception, match="sphere"):
        open_page(f"{address}#mesh", lambda s: [] if "sphere" in s["text"] else ["sphere"], 10)
    (pytestconfig.rootpath / "build" / "screenshots" / "failed.png").unlink()  # as it should
