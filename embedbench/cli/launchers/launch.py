"""Cells handed to other processes or machines, and what is heard of them until the last has ended."""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict

from embedbench.cli import sweep
from embedbench.cli.console import CellProgress
from embedbench.clusters.elsewhere import Elsewhere
from embedbench.errors import EmbedbenchError


@dataclass
class Launch:
    """What the process that launched cells hears of them.

    Attributes:
        progress: is told of every cell that ends.
        trouble: why cells could not be launched, which Hydra would show with a traceback.
        n_cells: how many were launched so far.
        n_ended: how many of them have ended.
    """

    progress: CellProgress
    trouble: EmbedbenchError | None = None
    n_cells: int = 0
    n_ended: int = 0

    def expect(self, cells: int) -> None:
        """So many cells more there are."""
        self.n_cells += cells
        self.progress.expect(self.n_cells)

    def ended(self, end: sweep.CellEnd) -> None:
        """One more cell has ended."""
        self.n_ended += 1
        self.progress.count(end.status)
        where = f" on {end.node}" if end.node else ""
        self.progress.note(f"{self.n_ended} of {self.n_cells}: {end.name} {end.status}{where}")


@dataclass(frozen=True)
class LaunchedCell:
    """Runs one cell of a sweep in a process that knows nothing of it yet; picklable.

    Attributes:
        context: Hydra's.
        task: the job, as Hydra calls it.
        config: the sweep's, before the cell's overrides.
        singletons: Hydra's state.
    """

    context: HydraContext
    task: Callable[[Any], Any]
    config: DictConfig
    singletons: Mapping[Any, Any]

    def __call__(self, number: int, overrides: Sequence[str]) -> None:
        """Runs it; what becomes of it, it tells itself."""
        setup_globals()
        Singleton.set_state(dict(self.singletons))
        config = self.context.config_loader.load_sweep_config(self.config, list(overrides))
        with open_dict(config):
            config.hydra.job.id, config.hydra.job.num = f"cell_{number}", number
        ended = run_job(
            hydra_context=self.context,
            task_function=self.task,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        _ = ended.return_value  # raises what the job raised


class CellLauncher(Launcher):
    """What launchers to other processes have in common; Hydra makes one with the options of its configuration."""

    options: type

    def __init__(self, **options: Any) -> None:
        plain = {key: OmegaConf.to_container(v) if OmegaConf.is_config(v) else v for key, v in options.items()}
        self.asked = self.options(**plain)

    def setup(self, *, hydra_context: HydraContext, task_function: Callable[[Any], Any], config: DictConfig) -> None:
        """Keeps what Hydra gives."""
        self._context, self._task, self._config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Runs the cells and waits for the last. How each ended is told through the sweep, not returned."""
        launch: Launch = self._task.launch  # type: ignore[attr-defined]
        cells = {initial_job_idx + place: tuple(overrides) for place, overrides in enumerate(job_overrides)}
        try:
            folder = sweep.gather_beside(self._results(cells))
            run = Elsewhere.of(LaunchedCell(self._context, self._task, self._config, Singleton.get_state()))
            launch.expect(len(cells))
            with launch.progress.cell(f"{len(cells)} cells elsewhere"):
                for number, death in self.run(run, cells, folder, launch.progress):
                    launch.ended(_end(number, cells[number], death))
        except EmbedbenchError as error:
            launch.trouble = error
        return [_returned(overrides) for overrides in cells.values()]

    @abstractmethod
    def run(
        self, run: Elsewhere, cells: Mapping[int, tuple[str, ...]], folder: Path, progress: CellProgress
    ) -> Iterator[tuple[int, str]]:
        """The number of each cell as its process ends, and why that died; empty where it ended by itself.

        Args:
            run: is called with a number and overrides, where the cell is to run.
            cells: overrides by number.
            folder: that all machines share.
            progress: is told of what takes long.
        """

    def _results(self, cells: Mapping[int, tuple[str, ...]]) -> Path:
        """The results folder of the first cell."""
        first = self._context.config_loader.load_sweep_config(self._config, list(next(iter(cells.values()))))
        return Path(os.path.expanduser(str(first.results)))  # noqa: PTH111 - as the cell does


def _end(number: int, overrides: Sequence[str], death: str) -> sweep.CellEnd:
    """How the cell ended: in its own last word, or as its process did, which is then kept as the last word."""
    end, was_last = sweep.told_of(number)
    if end is None or not was_last:
        extractor, task = (end.extractor, end.task) if end else _named(overrides)
        end = sweep.CellEnd(extractor, task, "died", death, number)
        sweep.tell(end)
    return end


def _named(overrides: Sequence[str]) -> tuple[str, str]:
    """The extractor and the task that overrides select."""
    matches = [re.fullmatch(r"(extractor|task)=([\w.-]+)", text) for text in overrides]
    chosen = {match[1]: match[2] for match in matches if match}
    return chosen.get("extractor", "the extractor of the preset"), chosen.get("task", "the task of the preset")


def _returned(overrides: Sequence[str]) -> JobReturn:
    ended = JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED)
    ended.return_value = None
    return ended
