"""Sounds: a tone for each step of a scale, and a chord in stereo."""

import argparse

import numpy as np

from eventcodec import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--log-dir", default="runs/audio")
options = parser.parse_args()
RATE = 22050
time = np.arange(RATE) / RATE
fade = np.exp(-3 * time)
with SummaryWriter(options.log_dir) as writer:
    for step, half_tones in enumerate((0, 2, 4, 5, 7, 9, 11, 12)):
        tone = np.sin(2 * np.pi * 262 * 2 ** (half_tones / 12) * time) * fade
        writer.add_audio("scale", tone, step, sample_rate=RATE)
    left = sum(np.sin(2 * np.pi * each * time) for each in (262, 330)) * fade / 2
    right = sum(np.sin(2 * np.pi * each * time) for each in (330, 392)) * fade / 2
    writer.add_audio("chord", np.stack([left, right], axis=1), sample_rate=RATE)
