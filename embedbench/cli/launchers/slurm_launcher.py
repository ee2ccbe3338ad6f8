"""`launcher=slurm`: every cell a task of a SLURM job array."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from embedbench.cli.console import CellProgress
from embedbench.cli.launchers.launch import CellLauncher
from embedbench.clusters import slurm_queue
from embedbench.clusters.elsewhere import Elsewhere
from embedbench.clusters.options import Slurm
from embedbench.errors import ClusterError

_SECONDS_AFTER = 10.0
"""How long a job that has left the queue may take until its result is seen: network folders keep what they know."""

_SECONDS_BETWEEN_NOTES = 60.0


class SlurmLauncher(CellLauncher):
    """Submits cells with submitit and waits for them by asking the controller's queue, which needs no accounting."""

    options = Slurm
    asked: Slurm

    def run(
        self, run: Elsewhere, cells: Mapping[int, tuple[str, ...]], folder: Path, progress: CellProgress
    ) -> Iterator[tuple[int, str]]:
        """As jobs end, in any order."""
        jobs = self._submitted(run, cells, folder)
        named = sorted({job.job_id.partition("_")[0] for job in jobs.values()})
        progress.note(f"slurm: {len(jobs)} cells in {', '.join(named)}; their output is in {folder}")
        waiting = dict(jobs)
        try:
            for number, death in _ends(waiting, progress):
                del waiting[number]
                yield number, death
        except BaseException:
            # Interrupted, as by Ctrl-C: the cells would go on without anyone who asked for them.
            slurm_queue.cancel([job.job_id for job in waiting.values()])
            progress.note(f"slurm: cancelled {len(waiting)} cells")
            raise

    def _submitted(self, run: Elsewhere, cells: Mapping[int, tuple[str, ...]], folder: Path) -> dict[int, Any]:
        """The job of every cell.

        Raises:
            ClusterError: SLURM refuses them.
        """
        import submitit

        wanted = self.asked
        executor = submitit.SlurmExecutor(folder=folder / "jobs", max_num_timeout=wanted.requeues)
        chosen = {
            "partition": wanted.partition,
            "account": wanted.account,
            "qos": wanted.qos,
            "constraint": wanted.constraint,
            "mem": None if wanted.memory_gb is None else f"{math.ceil(wanted.memory_gb * 1024)}MB",
            "gpus_per_node": wanted.gpus or None,
            "setup": list(wanted.setup) or None,
            "additional_parameters": dict(wanted.sbatch) or None,
        }
        executor.update_parameters(
            job_name="embedbench",
            time=max(1, math.ceil(wanted.hours * 60)),
            nodes=1,
            cpus_per_task=wanted.cpus,
            array_parallelism=wanted.parallel,
            **{name: value for name, value in chosen.items() if value is not None},
        )
        jobs: dict[int, Any] = {}
        numbers = iter(cells)
        while some := list(itertools.islice(numbers, max(1, wanted.array_size))):
            try:
                made = executor.map_array(_Resumable(run), some, [cells[number] for number in some])
            except Exception as error:  # submitit raises whatever sbatch said
                slurm_queue.cancel([job.job_id for job in jobs.values()])
                raise ClusterError(f"SLURM refuses the cells: {_said(error)}") from error
            jobs.update(zip(some, made, strict=True))
        return jobs


class _Resumable:
    """The call of a cell, which submitit puts into the queue again where the job runs out of time or is pre-empted.

    Nothing is carried over: finished shards and records are on disk.
    """

    def __init__(self, run: Elsewhere) -> None:
        self.run = run

    def __call__(self, number: int, overrides: Sequence[str]) -> None:
        self.run(number, overrides)

    def checkpoint(self, number: int, overrides: Sequence[str]) -> Any:
        import submitit

        return submitit.helpers.DelayedSubmission(self, number, overrides)


def _ends(waiting: Mapping[int, Any], progress: CellProgress) -> Iterator[tuple[int, str]]:
    """The number of each job that has ended, and why it died. The mapping shrinks meanwhile."""
    gone_since: dict[int, float] = {}
    pause, told_at = 1.0, time.monotonic()
    while waiting:
        queue = slurm_queue.queued()
        now = time.monotonic()
        for number, job in list(waiting.items()):
            job_id = str(job.job_id)
            if job.paths.result_pickle.is_file():
                yield number, _death(job)
            elif queue is not None and job_id not in queue:
                if now - gone_since.setdefault(number, now) >= _SECONDS_AFTER:
                    yield number, f"SLURM's job {job_id} is {slurm_queue.last_word(job_id)}; see {job.paths.stderr}"
            else:
                gone_since.pop(number, None)
        if waiting and now - told_at >= _SECONDS_BETWEEN_NOTES:
            told_at = now
            progress.note(f"slurm: waiting for {len(waiting)} cells: {_states(waiting, queue)}")
        if waiting:
            time.sleep(pause)
            pause = min(pause * 1.2, 10.0)


def _death(job: Any) -> str:
    """Why a job failed that has left a result; empty where it did not."""
    error = job.exception()
    if error is None:
        return ""
    return f"SLURM's job {job.job_id} failed: {_said(error)}; see {job.paths.stderr}"


def _states(waiting: Mapping[int, Any], queue: Mapping[str, str] | None) -> str:
    if queue is None:
        return "the controller does not answer"
    counts: dict[str, int] = {}
    for job in waiting.values():
        state = queue.get(str(job.job_id), "ending")
        counts[state] = counts.get(state, 0) + 1
    return ", ".join(f"{n} {state}" for state, n in sorted(counts.items()))


def _said(error: Exception) -> str:
    """The last line of what submitit quotes: what sbatch, or the job's traceback, says at the end."""
    output = getattr(error, "output", None) or getattr(error, "stderr", None)
    text = output.decode(errors="replace") if isinstance(output, bytes) else str(output or error)
    lines = [line.strip() for line in text.splitlines() if line.strip(" -")]
    return lines[-1] if lines else type(error).__name__
