"""TensorBoard: one run per cell, scores by layer as curves, cells side by side under HPARAMS."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.errors import MissingExtraError
from embedbench.registry import register
from embedbench.results.schema import Record
from embedbench.results.writing import cell_folder
from embedbench.tracking.told import figures, labels


@register("tracker", "tensorboard")
@dataclass(frozen=True)
class TensorBoard:
    """Event files for TensorBoard: `tensorboard --logdir tracking/tensorboard`.

    Attributes:
        folder: where the runs go, one folder per cell, named as in results.
    """

    folder: str = "tracking/tensorboard"

    def ready(self) -> None:
        """Imports the writer.

        Raises:
            MissingExtraError: tensorboard is not installed.
        """
        _writer()

    def track(self, record: Record, folder: Path) -> bool:
        """Writes the cell's run, whole or not at all; layers are steps, other numbers stand at step 0."""
        names = (record.extractor, record.task, record.probe, record.identity)
        run = cell_folder(Path(self.folder).expanduser(), *names)
        if run.is_dir():
            return False
        partial = run.with_name(f".{run.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        with _writer()(str(partial)) as writer:
            told = figures(record)
            for figure in told:
                writer.add_scalar(figure.name, figure.value, figure.layer or 0)
            config = json.dumps(record.config, ensure_ascii=False, indent=1)
            writer.add_text("config", f"```json\n{config}\n```")
            writer.add_text("record", f"`{folder}`")
            self._compare(writer, record, {figure.name: figure.value for figure in told if figure.layer is None})
        partial.rename(run)
        return True

    def _compare(self, writer: Any, record: Record, single: dict[str, float]) -> None:
        """Makes the cell a row of the table HPARAMS, with the scores of its main metric."""
        from torch.utils.tensorboard.summary import hparams

        of_metric = f"test/{record.metric}/"
        scores = {name: value for name, value in single.items() if name.startswith(of_metric)}
        about = {name: value for name, value in labels(record).items() if name not in ("started", "finished")}
        for summary in hparams(about, scores):
            writer.file_writer.add_summary(summary)


def _writer() -> Callable[[str], Any]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingExtraError(needed_by="tracker=tensorboard", package="tensorboard", extra="tensorboard") from None
    return SummaryWriter
