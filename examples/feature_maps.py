"""What a CNN sees: its feature maps, its kernels, and what its answer rests on (Grad-CAM)."""

import digits

import eventcodec.torch
from eventcodec import SummaryWriter

options = digits.arguments("feature_maps", epochs=3)
images, labels, test_images, _ = digits.load()
network = digits.Network()
with SummaryWriter(options.log_dir) as writer:
    for epoch in range(options.epochs):
        list(digits.train(network, images, labels))
        eventcodec.torch.log_feature_maps(writer, network, test_images[:1], epoch)
        eventcodec.torch.log_kernels(writer, network.first, epoch)
        eventcodec.torch.log_cam(writer, network, test_images[:16], "second", epoch)
