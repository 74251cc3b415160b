"""The demo's network: its gradients are those of finite differences, and it learns."""

import numpy as np

from eventcodec.demo.network import Network
from eventcodec.demo.pictures import misclassified_grid, weight_grid


def test_gradients_match_finite_differences():
    generator = np.random.default_rng(0)
    network = Network(6, 5, 3, generator=generator)
    images, labels = generator.normal(size=(20, 6)), generator.integers(0, 3, 20)
    step = network.train_step(images, labels, rate=0.0, momentum=0.0, decay=0.0)
    for name, gradient in step.gradients.items():
        parameter = network.parameters[name]
        for index in [(0,) * parameter.ndim, tuple(n - 1 for n in parameter.shape)]:
            kept, small = parameter[index], 1e-6
            parameter[index] = kept + small
            above = network.evaluate(images, labels)[0]
            parameter[index] = kept - small
            below = network.evaluate(images, labels)[0]
            parameter[index] = kept
            np.testing.assert_allclose(gradient[index], (above - below) / (2 * small), atol=1e-6)


def test_it_learns_what_can_be_learned():
    generator = np.random.default_rng(1)
    images = generator.normal(size=(300, 4))
    labels = (images[:, 0] > 0).astype(np.int64)
    network = Network(4, 16, 2, generator=generator)
    before, _ = network.evaluate(images, labels)
    for _ in range(200):
        network.train_step(images, labels, rate=0.1, momentum=0.9, decay=0.0)
    loss, accuracy = network.evaluate(images, labels)
    assert loss < before / 3
    assert accuracy > 0.97
    assert (network.predict(images) == labels).mean() == accuracy


def test_grids_keep_their_size():
    few = misclassified_grid(np.zeros((0, 64)), side=8)
    many = misclassified_grid(np.ones((100, 64)), side=8)
    assert few.shape == many.shape
    assert many.min() == 0
    grid = weight_grid(np.random.default_rng(0).normal(size=(64, 10)), side=8)
    assert grid.shape[2] == 3
    assert grid.dtype == np.uint8
