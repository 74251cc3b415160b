"""Three learning rates, each a run of its own: TensorBoard draws them into the same charts."""

import digits

from eventcodec import SummaryWriter

options = digits.arguments("compare_runs", epochs=4)
images, labels, test_images, test_labels = digits.load()
for rate in (0.2, 0.05, 0.005):
    network = digits.Network()
    step = 0
    with SummaryWriter(f"{options.log_dir}/rate={rate}") as writer:
        for _ in range(options.epochs):
            for loss in digits.train(network, images, labels, rate):
                writer.add_scalar("loss", loss, step)
                step += 1
            test = digits.accuracy(network, test_images, test_labels)
            # Curves of one run in one chart, without a run for each of them.
            writer.add_scalars("accuracy", {"test": test}, step, layout="single")
    print(f"rate {rate}: {test:.1%}")
