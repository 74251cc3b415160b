"""How weights and gradients of a CNN change from epoch to epoch."""

import digits

import eventcodec.torch
from eventcodec import SummaryWriter

options = digits.arguments("histograms")
images, labels, _, _ = digits.load()
network = digits.Network()
with SummaryWriter(options.log_dir) as writer:
    for epoch in range(options.epochs):
        losses = list(digits.train(network, images, labels))
        # parameters/<name> and gradients/<name> of every layer, one line.
        eventcodec.torch.log_parameters(writer, network, epoch)
        writer.add_histogram("loss of the batches", losses, epoch, bins="auto")
