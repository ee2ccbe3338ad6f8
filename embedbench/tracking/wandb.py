"""Weights & Biases, offline unless told otherwise: one run per cell, to be sent by `wandb sync` or never."""

from __future__ import annotations

import enum
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.errors import MissingExtraError
from embedbench.registry import register
from embedbench.results.reading import RECORD
from embedbench.results.schema import Record
from embedbench.tracking.told import called, figures, labels

_COMPLETE = "embedbench.complete"


class Mode(enum.StrEnum):
    """Whether runs leave this machine."""

    offline = "offline"
    online = "online"


@register("tracker", "wandb")
@dataclass(frozen=True)
class WeightsAndBiases:
    """Runs of Weights & Biases: `wandb sync tracking/wandb/offline-run-*` sends them.

    Attributes:
        folder: runs go into `wandb/` below it.
        project: its name.
        mode: `offline` sends nothing.
    """

    folder: str = "tracking"
    project: str = "embedbench"
    mode: Mode = Mode.offline

    def ready(self) -> None:
        """Imports the library.

        Raises:
            MissingExtraError: wandb is not installed.
        """
        _wandb()

    def track(self, record: Record, folder: Path) -> bool:
        """Makes a run: numbers of layers are its history, all others its summary; the record's file goes with it."""
        wandb, place = _wandb(), Path(self.folder).expanduser()
        if any((place / "wandb").glob(f"*run-*-{record.identity}/{_COMPLETE}")):
            return False
        place.mkdir(parents=True, exist_ok=True)
        run = wandb.init(
            project=self.project,
            dir=str(place),
            mode=str(self.mode),
            id=record.identity,
            resume="allow" if self.mode is Mode.online else None,
            name=called(record),
            group=record.extractor,
            job_type=record.task,
            config={**record.config, "cell": labels(record)},
            reinit="create_new",
            settings=wandb.Settings(
                silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True
            ),
        )
        try:
            self._log(run, record)
            # A copy in the run's own folder; the library itself would make a link to the results.
            shutil.copy(folder / RECORD, run.dir)
            run.save(str(Path(run.dir) / RECORD), base_path=run.dir, policy="now")
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish()
        (Path(run.dir).parent / _COMPLETE).touch()
        return True

    def _log(self, run: Any, record: Record) -> None:
        by_layer: dict[int, dict[str, float]] = {}
        for figure in figures(record):
            if figure.layer is None:
                run.summary[figure.name] = figure.value
            else:
                by_layer.setdefault(figure.layer, {})[figure.name] = figure.value
        run.define_metric("layer")
        run.define_metric("*", step_metric="layer")
        for layer in sorted(by_layer):
            run.log({"layer": layer, **by_layer[layer]})


def _wandb() -> Any:
    # Set before the import, which would otherwise report its own errors to its makers.
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    try:
        import wandb
    except ImportError:
        raise MissingExtraError(needed_by="tracker=wandb", package="wandb", extra="wandb") from None
    return wandb
