"""A grid search for the HParams dashboard: each trial is a run with its curves and its result."""

import itertools

import digits

from eventcodec import SummaryWriter

options = digits.arguments("hyperparameter_search", epochs=4)
images, labels, test_images, test_labels = digits.load()
DOMAINS = {"rate": [0.2, 0.05, 0.01], "channels": [4, 16], "augment": [False, True]}
for number, values in enumerate(itertools.product(*DOMAINS.values())):
    trial = dict(zip(DOMAINS, values, strict=True))
    network = digits.Network(trial["channels"])
    with SummaryWriter(f"{options.log_dir}/trial-{number}") as writer:
        for epoch in range(options.epochs):
            shown = images.roll(epoch % 2, -1) if trial["augment"] else images
            losses = list(digits.train(network, shown, labels, trial["rate"]))
            writer.add_scalar("loss", sum(losses) / len(losses), epoch)
        result = {"result/accuracy": digits.accuracy(network, test_images, test_labels)}
        # "single": the trial is this run, and needs no directory below it.
        writer.add_hparams(trial, result, DOMAINS, global_step=epoch, layout="single")
    print(f"{trial}: {result['result/accuracy']:.1%}")
