"""Shards of a store built by several processes of this machine."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from embedbench.clusters.elsewhere import Elsewhere
from embedbench.errors import ConfigurationError
from embedbench.progress import Advance, Progress
from embedbench.store.building import ShardBuilder
from embedbench.store.layout import shard_path
from embedbench.store.shares import ShardWorker, Share, told
from embedbench.store.this_process import ThisProcess
from embedbench.types import Sentence


@dataclass(frozen=True)
class InProcesses:
    """Builds shards in this process and others beside it, each with a model and the sentences of its own.

    What one is building the others leave to it. The others only help: what they leave undone, because they died or
    failed, this process does, and says what is wrong with it.

    Attributes:
        processes: how many, this one included.
        threads: torch threads of each.
    """

    processes: int
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise ConfigurationError(f"runtime.processes is {self.processes}; it must be at least 1, or null for one")

    def build(
        self,
        builder: ShardBuilder,
        sentences: Callable[[int], Sequence[Sentence]],
        missing: Sequence[int],
        sample: Sequence[Sentence],
        progress: Progress,
        advance: Advance,
    ) -> None:
        """Shares the missing shards out and builds until all are there."""
        worker = ShardWorker(builder, self.threads)
        worker.ready()
        work = {shard: tuple(sentences(shard)) for shard in missing}
        # Each begins at another place, so that none waits for another before the end.
        n = min(self.processes, len(missing))
        starts = [place * len(missing) // n for place in range(1, n)]
        orders = [(*missing[first:], *missing[:first]) for first in starts]
        helpers = [_Helper(_Helping(worker, {shard: work[shard] for shard in order})) for order in orders]
        del work
        mine: list[int] = []
        try:
            ThisProcess(mine.append).build(builder, sentences, missing, sample, progress, advance)
        except BaseException:
            for helper in helpers:
                helper.process.terminate()
            raise
        finally:
            ended = [helper.ended() for helper in helpers]
        for line in told([worker.share(mine), *(share for share in ended if share is not None)]):
            progress.note(f"  {line}")


@dataclass(frozen=True, eq=False)
class _Helping:
    """What a helper does: every shard that is neither there nor being built."""

    worker: ShardWorker
    work: Mapping[int, Sequence[Sentence]]

    def __call__(self) -> Share:
        self.worker.ready()
        builder = self.worker.builder
        mine: list[int] = []
        for shard, sentences in self.work.items():
            if not shard_path(builder.folder, shard).exists():
                builder.build(shard, sentences, wait=False, begins=functools.partial(mine.append, shard))
        return self.worker.share(mine)


class _Helper:
    """A process that helps; it starts at once."""

    def __init__(self, helping: _Helping) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._answer, answers = spawn.Pipe(duplex=False)
        self.process = spawn.Process(target=_help, args=(Elsewhere.of(helping), answers), daemon=True)
        self.process.start()
        answers.close()

    def ended(self) -> Share | None:
        """What it tells when it has ended; None where it was killed or failed, as this process would have."""
        self.process.join()
        with self._answer:
            try:
                answer = self._answer.recv() if self._answer.poll() else None
            except EOFError:
                return None
        return answer if isinstance(answer, Share) else None


def _help(run: Elsewhere, answers: Connection) -> None:
    with contextlib.suppress(Exception):  # whatever it is, the process that is helped meets it too, and tells it
        answers.send(run())
