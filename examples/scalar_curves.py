"""Loss and accuracy of a training run, step by step."""

import digits

from eventcodec import SummaryWriter

options = digits.arguments("scalar_curves")
images, labels, test_images, test_labels = digits.load()
network = digits.Network()
step = 0
with SummaryWriter(options.log_dir) as writer:
    for epoch in range(options.epochs):
        for loss in digits.train(network, images, labels):
            writer.add_scalar("loss/train", loss, step)
            step += 1
        measured = {
            "accuracy/train": digits.accuracy(network, images, labels),
            "accuracy/test": digits.accuracy(network, test_images, test_labels),
        }
        writer.add_metrics(measured, step)  # one call for all metrics of a step
        print(f"epoch {epoch}: {measured['accuracy/test']:.1%} of unseen digits")
