"""What the network makes of each digit, in the embedding projector, digits as thumbnails."""

import digits
import torch

from eventcodec import SummaryWriter

options = digits.arguments("embeddings", epochs=3)
images, labels, test_images, test_labels = digits.load()
network = digits.Network()
for _ in range(options.epochs):
    list(digits.train(network, images, labels))
with torch.no_grad():
    hidden = network.pool(torch.relu(network.first(test_images)))
    hidden = network.pool(torch.relu(network.second(hidden))).flatten(1)
    guesses = network(test_images).argmax(1)
with SummaryWriter(options.log_dir) as writer:
    writer.add_embedding(
        hidden,
        metadata=list(zip(test_labels.tolist(), guesses.tolist(), strict=True)),
        metadata_header=["digit", "guess"],
        label_img=1 - test_images,
        tag="hidden layer",
    )
    writer.add_embedding(test_images.flatten(1), test_labels.tolist(), tag="pixels")
