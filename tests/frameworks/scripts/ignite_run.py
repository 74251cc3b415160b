"""A training with Ignite's TensorboardLogger: outputs, weights and gradients."""

import torch
from ignite.engine import Engine, Events
from ignite.handlers.tensorboard_logger import (
    GradsHistHandler,
    OutputHandler,
    TensorboardLogger,
    WeightsHistHandler,
    WeightsScalarHandler,
)

torch.manual_seed(1)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)


def update(engine, batch):
    optimizer.zero_grad()
    loss = model(batch).square().mean()
    loss.backward()
    optimizer.step()
    return {"loss": loss.item()}


trainer = Engine(update)
with TensorboardLogger(log_dir="log") as logger:
    for handler in (
        OutputHandler("train", output_transform=lambda output: output),
        WeightsScalarHandler(model),
        WeightsHistHandler(model),
        GradsHistHandler(model),
    ):
        logger.attach(trainer, handler, Events.ITERATION_COMPLETED)
    trainer.run([torch.randn(8, 4) for _ in range(4)], max_epochs=2)
