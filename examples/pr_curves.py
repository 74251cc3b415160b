"""A precision-recall curve for each class, as training goes on."""

import digits
import torch

from eventcodec import SummaryWriter

options = digits.arguments("pr_curves", epochs=3)
images, labels, test_images, test_labels = digits.load()
network = digits.Network()
with SummaryWriter(options.log_dir) as writer:
    for epoch in range(options.epochs):
        list(digits.train(network, images, labels, rate=0.01))
        with torch.no_grad():
            shares = network(test_images).softmax(1)
        for digit in range(10):
            writer.add_pr_curve(f"digit/{digit}", test_labels == digit, shares[:, digit], epoch)
