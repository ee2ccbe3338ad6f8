"""The trackers of one command: asked for in its configuration, told of finished cells, never in a cell's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from embedbench.cli.cell_config import require
from embedbench.cli.configuration import build
from embedbench.cli.console import CellProgress
from embedbench.outcomes import Outcome
from embedbench.registry import load_components
from embedbench.results.schema import Status
from embedbench.tracking.told import called
from embedbench.tracking.tracker import Tracker


class Tracking:
    """The trackers that a command has used so far."""

    def __init__(self) -> None:
        self._trackers: dict[str, Tracker] = {}
        self._lost: set[str] = set()

    def prepare(self, config: DictConfig) -> None:
        """Looks whether every tracker of the configuration can be told of cells, before one is measured.

        Raises:
            ConfigurationError: one is no tracker, or its library is not installed.
        """
        for name, node in _nodes(config).items():
            if name not in self._trackers:
                load_components()  # a worker process of a launcher starts without the user's own
                tracker = build(node)
                require("tracker", node, tracker, Tracker)
                tracker.ready()
                self._trackers[name] = tracker

    def tell(self, outcome: Outcome, progress: CellProgress) -> None:
        """Tells every tracker of a cell that has its scores, also one that was finished before.

        A tracker that fails is complained about once and not told of any further cell of this command, which would
        wait for a dead server as often as there are cells. All it missed it is told when the command is run again.
        """
        record = outcome.record
        if record.status is not Status.DONE:
            return
        for name, tracker in self._trackers.items():
            if name in self._lost:
                continue
            try:
                tracker.track(record, Path(outcome.folder))
            except Exception as error:  # whatever it is, the record is on disk and the sweep goes on
                self._lost.add(name)
                progress.complain(
                    f"embedbench: the tracker {name} failed at {called(record)} ({type(error).__name__}: {error}); the "
                    f"record is kept in {outcome.folder}, and the sweep goes on without this tracker: run the same "
                    "command again to tell it of all finished cells"
                )


def _nodes(config: DictConfig) -> dict[str, Any]:
    """The configured trackers by name; a file of the user's own may describe one without a name."""
    chosen = config.get("tracker") or {}
    if "_target_" in chosen:
        return {str(chosen["_target_"]).rpartition(".")[2]: chosen}
    return {str(name): node for name, node in chosen.items()}
