"""Single images, grids of them, and boxes: digits, the worst mistakes, one with its outline."""

import digits
import torch

from eventcodec import SummaryWriter

options = digits.arguments("images", epochs=3)
images, labels, test_images, test_labels = digits.load()
network = digits.Network()


def enlarge(pictures: torch.Tensor) -> torch.Tensor:
    """Make 32 x 32 of 8 x 8, so that they can be seen."""
    return pictures.repeat_interleave(4, -1).repeat_interleave(4, -2)


with SummaryWriter(options.log_dir) as writer:
    writer.add_image("one digit", enlarge(images[0]), 0)
    writer.add_images("digits", enlarge(images[:32]), 0)
    for epoch in range(options.epochs):
        list(digits.train(network, images, labels))
        with torch.no_grad():
            shares = network(test_images).softmax(1)
        right = shares.gather(1, test_labels[:, None]).flatten()
        writer.add_images("least sure of", enlarge(test_images[right.argsort()[:16]]), epoch)
    picture = enlarge(images[0])
    rows, columns = torch.nonzero(picture[0] > 0.2, as_tuple=True)
    outline = [[columns.min(), rows.min(), columns.max(), rows.max()]]
    writer.add_image_with_boxes("outline", picture, torch.tensor(outline), 0, labels=["digit"])
