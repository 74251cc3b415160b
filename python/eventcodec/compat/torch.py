"""torch.utils.tensorboard's SummaryWriter, FileWriter and RecordWriter.

>>> import tempfile
>>> from eventcodec.compat.torch import SummaryWriter
>>> with SummaryWriter(tempfile.mkdtemp()) as writer:
...     writer.add_scalar("loss", 0.25, 7)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventcodec.compat.facade import Facade
from eventcodec.compat.file_writer import EventFileWriter, FileWriter, RecordWriter
from eventcodec.writer.hyperparameters import log_session
from eventcodec.writer.log_directory import sub_directory
from eventcodec.writer.scalars import RunLayout

__all__ = ["EventFileWriter", "FileWriter", "RecordWriter", "SummaryWriter"]


class SummaryWriter(Facade):
    """torch.utils.tensorboard.SummaryWriter over the native writer.

    Methods and arguments are those of torch, and what they write is what torch writes, but where
    docs/compat.md says otherwise. More options, all by keyword: see eventcodec.SummaryWriter.
    """

    _file_writer_class = FileWriter

    def _open_trial(self, name: str) -> SummaryWriter:
        return SummaryWriter(sub_directory(self._directory, name), **self._options_of_sub_run())

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
        *,
        layout: RunLayout = "runs",
    ) -> None:
        """Log hyperparameters, see eventcodec.SummaryWriter; bools as the numbers 0 and 1."""
        log_session(
            self,
            hparam_dict,
            metric_dict,
            hparam_domain_discrete,
            run_name,
            global_step,
            layout,
            bools="number",
        )

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Log an image with boxes, see eventcodec.SummaryWriter.

        Labels that are not one for each box are left out.
        """
        texts = self._labels_of_boxes(labels, box_tensor)
        super().add_image_with_boxes(
            tag, img_tensor, box_tensor, global_step, walltime, rescale, dataformats, texts
        )
