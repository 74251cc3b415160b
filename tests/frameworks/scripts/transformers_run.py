"""A training with transformers' Trainer and its TensorBoardCallback."""

import os

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

os.environ["TENSORBOARD_LOGGING_DIR"] = "log"
set_seed(1)
config = GPT2Config(vocab_size=16, n_positions=8, n_embd=8, n_layer=1, n_head=1)
rows = torch.randint(0, 16, (16, 8))
trainer = Trainer(
    GPT2LMHeadModel(config),
    TrainingArguments(
        "out",
        report_to=["tensorboard"],
        logging_steps=1,
        max_steps=4,
        per_device_train_batch_size=4,
        save_strategy="no",
        use_cpu=True,
        disable_tqdm=True,
    ),
    train_dataset=[{"input_ids": row, "labels": row} for row in rows],
)
trainer.train()
