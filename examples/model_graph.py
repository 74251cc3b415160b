"""The graph of a model, and its layers as a table."""

import digits
import torch

import eventcodec.torch
from eventcodec import SummaryWriter

options = digits.arguments("model_graph")
network = digits.Network()
with SummaryWriter(options.log_dir) as writer:
    writer.add_graph(network, torch.zeros(1, 1, 8, 8))
    eventcodec.torch.log_model_summary(writer, network, (1, 1, 8, 8))
