"""An animation: the digit that makes the network surest of each class, as it is found."""

import digits
import torch

from eventcodec import SummaryWriter

options = digits.arguments("video", epochs=3)
images, labels, _, _ = digits.load()
network = digits.Network()
for _ in range(options.epochs):
    list(digits.train(network, images, labels))
dreams = torch.full((10, 1, 8, 8), 0.3, requires_grad=True)
optimizer = torch.optim.Adam([dreams], lr=0.05)
frames = []
for _ in range(24):
    optimizer.zero_grad()
    scores = network(dreams)
    (dreams.square().sum() * 0.1 - scores.diagonal().sum()).backward()
    optimizer.step()
    frames.append(dreams.detach().clamp(0, 1).repeat_interleave(4, -1).repeat_interleave(4, -2))
with SummaryWriter(options.log_dir) as writer:
    writer.add_video("dreams", torch.stack(frames, 1), fps=8)  # (10, 24, 1, 32, 32)
