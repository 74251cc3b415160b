"""A training with Lightning's TensorBoardLogger: metrics, hyperparameters, graph."""

import lightning
import torch
from lightning.pytorch.loggers import TensorBoardLogger

lightning.seed_everything(1, verbose=False)


class Model(lightning.LightningModule):
    def __init__(self, rate: float = 0.1, name: str = "small") -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(4, 1)
        self.example_input_array = torch.zeros(1, 4)

    def forward(self, x):
        return self.layer(x)

    def training_step(self, batch, _):
        loss = self(batch[0]).square().mean()
        self.log("train/loss", loss)
        self.log_dict({"weight": self.layer.weight.sum(), "rate": 0.1})
        return loss

    def on_train_epoch_end(self):
        self.logger.experiment.add_histogram("weights", self.layer.weight, self.current_epoch)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.rate)


data = torch.utils.data.TensorDataset(torch.randn(32, 4))
logger = TensorBoardLogger("log", name="run", version="v", log_graph=True)
trainer = lightning.Trainer(
    max_epochs=2,
    logger=logger,
    log_every_n_steps=1,
    accelerator="cpu",
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(Model(), torch.utils.data.DataLoader(data, batch_size=8))
logger.log_hyperparams({"rate": 0.1, "name": "small"}, {"hp/final": 0.5})
logger.save()
logger.finalize("success")
