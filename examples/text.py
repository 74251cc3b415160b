"""Texts: the settings of a run as a table, and notes that come with time."""

import argparse
import platform

from eventcodec import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--log-dir", default="runs/text")
options = parser.parse_args()
settings = {"learning rate": 0.05, "batch": 64, "Python": platform.python_version()}
rows = "\n".join(f"| {name} | {value} |" for name, value in settings.items())
with SummaryWriter(options.log_dir) as writer:
    writer.add_text("settings", f"| setting | value |\n|---|---|\n{rows}")
    for step, sentence in enumerate(["begun", "learning rate **halved**", "done: `98 %`"]):
        writer.add_text("notes", sentence, step)
