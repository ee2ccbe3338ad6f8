"""Shards of a store built by processes of a Ray cluster, on many machines, into one shared folder.

Only sentences go there and a few numbers come back: vectors never leave the process that computes them, but for the
shard it writes. At most two shards per process are under way, so that memory is bounded in every process whatever the
size of the corpus: a model and one shard in a worker, the corpus in the process that hands shards out.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.clusters.elsewhere import Elsewhere
from embedbench.clusters.ray_cluster import connected, why
from embedbench.errors import ClusterError, ConfigurationError, EmbedbenchError
from embedbench.progress import Advance, Progress
from embedbench.store.building import ShardBuilder
from embedbench.store.layout import shard_path
from embedbench.store.shares import ShardWorker, Share, told
from embedbench.types import Sentence

_UNDER_WAY = 2
"""Shards that a process has been given: the one it builds and the one it takes next."""

_LOSSES = 3
"""How often a shard may be lost with its process; a sentence that kills every process would be tried for ever."""

_SECONDS_TO_SEE = 60.0
"""How long a file written on another machine may stay unseen: network folders keep what they know of a folder."""


@dataclass(frozen=True)
class OnRay:
    """Builds shards by processes of a Ray cluster, each with a model of its own. One that dies is replaced.

    Attributes:
        address: of the cluster; None starts one on this machine.
        processes: how many; None takes as many as the cluster has room for.
        threads: torch threads, and cores asked for, of each; None is one.
        gpus: GPUs of each.
    """

    address: str | None = None
    processes: int | None = None
    threads: int | None = None
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if self.processes is not None and self.processes < 1:
            raise ConfigurationError(f"runtime.processes is {self.processes}; it must be at least 1, or null")
        if self.gpus < 0:
            raise ConfigurationError(f"runtime.gpus is {self.gpus}; it cannot be negative")

    def build(
        self,
        builder: ShardBuilder,
        sentences: Callable[[int], Sequence[Sentence]],
        missing: Sequence[int],
        sample: Sequence[Sentence],
        progress: Progress,
        advance: Advance,
    ) -> None:
        """Hands shards out and waits for the last.

        Raises:
            ClusterError: the cluster cannot be reached or has no room, processes die again and again, or what they have
                written cannot be seen here.
            StoreError: a node does not see the store.
            EmbedbenchError: what a worker raised.
        """
        builder = ShardBuilder(builder.extractor, builder.layout, builder.folder.absolute())
        threads = self.threads or 1
        with connected(self.address, "runtime=ray") as ray:
            room = self._room(ray.cluster_resources(), threads)
            n = min(len(missing), self.processes or room)
            nodes = sum(bool(node["Alive"]) for node in ray.nodes())
            progress.note(f"ray: {nodes} nodes; {n} processes of {threads} threads build {len(missing)} shards")
            packed = ray.put(Elsewhere.of(_Give(ShardWorker(builder, threads))))
            actor = ray.remote(_Actor).options(num_cpus=threads, num_gpus=self.gpus, max_restarts=0, max_task_retries=0)
            handing = _Handing(ray, lambda: actor.remote(packed), builder, sentences, advance)
            handing.hand_out(missing, n)
            handing.measure(sample)
            for line in told(handing.shares):
                progress.note(f"  {line}")

    def _room(self, resources: dict[str, float], threads: int) -> int:
        room = int(resources.get("CPU", 0) // threads)
        if self.gpus:
            room = min(room, int(resources.get("GPU", 0) / self.gpus))
        if room < 1:
            raise ClusterError(
                f"the Ray cluster has {resources.get('CPU', 0):g} cores and {resources.get('GPU', 0):g} GPUs in all; "
                f"one process asks for {threads} cores and {self.gpus:g} GPUs: set runtime.threads and runtime.gpus"
            )
        return room


@dataclass(frozen=True)
class _Give:
    """A call that gives a worker; the surroundings are set before it is unpickled."""

    worker: ShardWorker

    def __call__(self) -> ShardWorker:
        return self.worker


class _Actor:
    """A process of the cluster."""

    def __init__(self, packed: Elsewhere) -> None:
        self._packed = packed
        self._worker: ShardWorker | None = None

    def ready(self) -> Share:
        # Not when the actor is made: what is raised there comes back as the actor's death.
        self._worker = self._packed()
        return self._worker.ready()

    def build(self, shard: int, sentences: Sequence[Sentence]) -> Share:
        assert self._worker is not None
        return self._worker.build(shard, sentences)

    def measure(self, sample: Sequence[Sentence]) -> Share:
        assert self._worker is not None
        return self._worker.measure_rounding(sample)


class _Handing:
    """Hands shards to processes that are there, and again where one dies."""

    def __init__(
        self,
        ray: Any,
        hire: Callable[[], Any],
        builder: ShardBuilder,
        sentences: Callable[[int], Sequence[Sentence]],
        advance: Advance,
    ) -> None:
        self._ray, self._hire, self._builder, self._sentences, self._advance = ray, hire, builder, sentences, advance
        self._flying: dict[Any, tuple[Any, int | None]] = {}
        self._staff: list[Any] = []
        self._losses: Counter[int | None] = Counter()
        self._todo: deque[int] = deque()
        self.shares: list[Share] = []

    def hand_out(self, missing: Sequence[int], processes: int) -> None:
        self._todo = deque(missing)
        for _ in range(processes):
            self._take_on()
        done = 0
        while done < len(missing):
            actor, shard, share = self._next()
            if share is not None and shard is None:
                self._staff.append(actor)
            elif share is not None and shard is not None:
                self._see(shard, share)
                done += 1
                self._advance(share.words)
            self._feed()

    def _feed(self) -> None:
        """Gives shards to whoever has few; also to those that had none left, when another has died."""
        for so_many in range(1, _UNDER_WAY + 1):
            for actor in self._staff:
                if self._todo and sum(busy is actor for busy, _ in self._flying.values()) < so_many:
                    given = self._todo.popleft()
                    self._flying[actor.build.remote(given, tuple(self._sentences(given)))] = actor, given

    def measure(self, sample: Sequence[Sentence]) -> None:
        """By one that is there; a new one, should none be left."""
        while True:
            if not self._staff:
                self._take_on()
                actor, _, share = self._next()
                self._staff += [actor] if share is not None else []
                continue
            actor = self._staff[-1]
            self._flying[actor.measure.remote(tuple(sample))] = actor, None
            ended, _, share = self._next()
            while ended is not actor:
                ended, _, share = self._next()
            if share is not None:
                return

    def _take_on(self) -> None:
        actor = self._hire()
        self._flying[actor.ready.remote()] = actor, None

    def _next(self) -> tuple[Any, int | None, Share | None]:
        """Who has ended what, and what it tells; None where it died, whose shards are to be built again."""
        (ended,), _ = self._ray.wait(list(self._flying), num_returns=1)
        actor, shard = self._flying.pop(ended)
        try:
            share = self._ray.get(ended)
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, EmbedbenchError):
                raise error.cause from error
            raise ClusterError(f"a process of runtime=ray failed: {why(error)}") from error
        except self._ray.exceptions.RayError as error:
            self._lost(actor, shard, error)
            return actor, shard, None
        self.shares.append(share)
        return actor, shard, share

    def _lost(self, actor: Any, shard: int | None, error: Exception) -> None:
        lost = [shard, *(other for ref, (busy, other) in self._flying.items() if busy is actor)]
        self._flying = {ref: (busy, other) for ref, (busy, other) in self._flying.items() if busy is not actor}
        self._staff = [other for other in self._staff if other is not actor]
        # The first is the one it built; the other only waited.
        self._losses[shard] += 1
        if self._losses[shard] > _LOSSES:
            what = "before they had any work" if shard is None else f"while they built shard {shard + 1}"
            raise ClusterError(
                f"{self._losses[shard]} processes of runtime=ray died {what}, the last of {why(error)}; finished "
                "shards are kept: give each process more memory (fewer runtime.processes), or leave the sentences out"
            )
        self._todo.extendleft(reversed([other for other in lost if other is not None]))
        self._take_on()

    def _see(self, shard: int, share: Share) -> None:
        """Waits until the shard can be seen here.

        Raises:
            ClusterError: it cannot.
        """
        path: Path = shard_path(self._builder.folder, shard)
        deadline = time.monotonic() + _SECONDS_TO_SEE
        while not path.exists():
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"{share.node} has written {path}, which cannot be seen where the command was given; set "
                    "paths.store to a folder that all nodes share"
                )
            time.sleep(0.2)
