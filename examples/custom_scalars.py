"""A dashboard of one's own: curves of several tags in one chart, and a mean with its margin."""

import argparse

import numpy as np

from eventcodec import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--log-dir", default="runs/custom_scalars")
options = parser.parse_args()
rng = np.random.default_rng(1)
with SummaryWriter(options.log_dir) as writer:
    for step in range(200):
        samples = 2 / (1 + step / 20) + rng.normal(0, 0.2, 30)
        writer.add_metrics(
            {
                "loss/mean": samples.mean(),
                "loss/lower": np.quantile(samples, 0.1),
                "loss/upper": np.quantile(samples, 0.9),
                "time/forward": 3 + rng.normal(0, 0.1),
                "time/backward": 7 + rng.normal(0, 0.3),
            },
            step,
        )
    writer.add_custom_scalars(
        {
            "training": {
                "loss with its spread": ["Margin", ["loss/mean", "loss/lower", "loss/upper"]],
                "where time goes": ["Multiline", ["time/forward", "time/backward"]],
            }
        }
    )
