"""matplotlib figures: which digits are taken for which."""

import digits
import torch
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from eventcodec import SummaryWriter

options = digits.arguments("confusion_matrix", epochs=3)
images, labels, test_images, test_labels = digits.load()
network = digits.Network()
with SummaryWriter(options.log_dir) as writer:
    for epoch in range(options.epochs):
        list(digits.train(network, images, labels, rate=0.01))
        with torch.no_grad():
            guesses = network(test_images).argmax(1)
        figure = Figure(figsize=(5, 4.5), layout="constrained")
        ConfusionMatrixDisplay.from_predictions(
            test_labels, guesses, ax=figure.subplots(), colorbar=False
        )
        writer.add_figure("confusion", figure, epoch)
