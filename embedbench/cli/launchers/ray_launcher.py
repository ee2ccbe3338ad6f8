"""`launcher=ray`: every cell a Ray task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from embedbench.cli.console import CellProgress
from embedbench.cli.launchers.launch import CellLauncher
from embedbench.clusters.elsewhere import Elsewhere
from embedbench.clusters.options import Ray
from embedbench.clusters.ray_cluster import connected, why


class RayLauncher(CellLauncher):
    """Runs cells as tasks of a Ray cluster. One that is lost costs no other, and is begun again `retries` times."""

    options = Ray
    asked: Ray

    def run(
        self, run: Elsewhere, cells: Mapping[int, tuple[str, ...]], folder: Path, progress: CellProgress
    ) -> Iterator[tuple[int, str]]:
        """As tasks end, in any order."""
        wanted = self.asked
        with connected(wanted.address, "launcher=ray") as ray:
            memory = {} if wanted.memory_gb is None else {"memory": int(wanted.memory_gb * 1e9)}
            task = ray.remote(run_cell).options(
                num_cpus=wanted.cpus, num_gpus=wanted.gpus, max_retries=wanted.retries, name="cell", **memory
            )
            shared = ray.put(run)
            waiting = {task.remote(shared, number, overrides): number for number, overrides in cells.items()}
            while waiting:
                (ended,), _ = ray.wait(list(waiting), num_returns=1)
                try:
                    ray.get(ended)
                    death = ""
                except ray.exceptions.RayError as error:
                    death = why(error)
                yield waiting.pop(ended), death


def run_cell(run: Elsewhere, number: int, overrides: tuple[str, ...]) -> None:
    """The task."""
    run(number, overrides)
