"""A training with stable-baselines3, and a recorder of its own for other kinds."""

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import HParam


class Record(BaseCallback):
    def _on_training_start(self):
        self.logger.record("hparams", HParam({"rate": 0.1}, {"train/loss": 0.0}))

    def _on_step(self):
        self.logger.record("own/steps", self.num_timesteps)
        self.logger.record("own/text", "hello")
        return True


torch.set_num_threads(1)
model = PPO(
    "MlpPolicy",
    "CartPole-v1",
    tensorboard_log="log",
    n_steps=64,
    batch_size=32,
    n_epochs=1,
    seed=1,
    device="cpu",
)
model.learn(128, callback=Record())
