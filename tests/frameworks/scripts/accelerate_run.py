"""accelerate's tracker: scalars, groups of scalars, images, hyperparameters."""

import numpy as np
from accelerate import Accelerator

accelerator = Accelerator(log_with="tensorboard", project_dir="log", cpu=True)
accelerator.init_trackers("run", config={"rate": 0.1, "name": "small", "deep": True})
for step in range(5):
    accelerator.log({"loss": 1 / (step + 1), "note": f"step {step}"}, step=step)
    accelerator.log({"group": {"a": step, "b": -step}}, step=step)
tracker = accelerator.get_tracker("tensorboard")
tracker.log_images({"noise": np.linspace(0, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)}, step=1)
accelerator.end_training()
