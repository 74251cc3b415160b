"""MLflow's autologging of a torch writer; prints what MLflow has seen."""

import json

import mlflow
import mlflow.pytorch
from torch.utils.tensorboard import SummaryWriter

mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.pytorch.autolog(log_every_n_step=1)
with mlflow.start_run() as run:
    writer = SummaryWriter("log")
    for step in range(5):
        writer.add_scalar("loss", 1 / (step + 1), step)
    writer.add_hparams({"rate": 0.1}, {"final": 0.5}, run_name="trial")
    writer.close()
mlflow.flush_async_logging()
client = mlflow.MlflowClient()
seen = [
    [(name, m.step, round(m.value, 5)) for m in client.get_metric_history(run.info.run_id, name)]
    for name in ("loss", "final")
]
print("SEEN", json.dumps([seen, client.get_run(run.info.run_id).data.params]))
