"""A coloured surface that changes, and a point cloud."""

import argparse

import numpy as np

from eventcodec import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--log-dir", default="runs/mesh")
options = parser.parse_args()
SIDE = 40
axis = np.linspace(-1, 1, SIDE)
x, y = np.meshgrid(axis, axis)
corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
faces = np.concatenate(
    [
        np.stack([corner, corner + 1, corner + SIDE], 1),
        np.stack([corner + 1, corner + SIDE + 1, corner + SIDE], 1),
    ]
)
camera = {"camera": {"cls": "PerspectiveCamera", "fov": 60}}
rng = np.random.default_rng(1)
with SummaryWriter(options.log_dir) as writer:
    for step in range(5):
        z = np.sin(4 * np.hypot(x, y) - step) / 3
        vertices = np.stack([x, y, z], -1).reshape(1, -1, 3)
        height = ((z - z.min()) / np.ptp(z) * 255).ravel()
        colors = np.stack([height, 128 - height / 2, 255 - height], -1)[None].astype(int)
        writer.add_mesh("ripple", vertices, colors, faces[None], camera, step)
    cloud = rng.normal(size=(1, 500, 3))
    cloud /= np.linalg.norm(cloud, axis=-1, keepdims=True)
    writer.add_mesh("sphere", cloud, ((cloud + 1) * 127).astype(int), config_dict=camera)
