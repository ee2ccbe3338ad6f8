"""What one process has done of a store, as far as those who wait for it want to know."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from embedbench.allocation import keep_freed_memory, peak_memory
from embedbench.clusters.elsewhere import node_name
from embedbench.errors import StoreError
from embedbench.store.building import ShardBuilder
from embedbench.store.estimate import human_bytes
from embedbench.store.manifest import check_owner, read_manifest
from embedbench.types import Sentence


@dataclass(frozen=True)
class Share:
    """What a process tells of itself when it has built something; small, whatever that was.

    Attributes:
        node: the machine.
        process: its number there.
        peak_memory: the largest resident memory since it began, in bytes; None where the system does not tell.
        shards: that it tells of.
        words: of these.
    """

    node: str
    process: int
    peak_memory: int | None
    shards: int = 0
    words: int = 0


@dataclass(frozen=True, eq=False)
class ShardWorker:
    """A process's part in filling a store that others fill with it.

    Attributes:
        builder: of the store.
        threads: torch threads of the process; None leaves torch's own choice.
    """

    builder: ShardBuilder
    threads: int | None = None

    def ready(self) -> Share:
        """Looks whether this process sees the store that it is to fill.

        Raises:
            StoreError: its folder is another one here than where the command was given.
        """
        builder = self.builder
        if read_manifest(builder.folder) is None:
            raise StoreError(
                f"{node_name()} does not see the store {builder.folder}, which was begun where the command was given; "
                "set paths.store to a folder that all nodes share"
            )
        check_owner(builder.folder, builder.layout)
        keep_freed_memory()
        if self.threads is not None:
            import torch

            torch.set_num_threads(self.threads)
        return self.share()

    def build(self, shard: int, sentences: Sequence[Sentence], begins: Callable[[], None] = lambda: None) -> Share:
        """Builds a shard, or finds it built."""
        self.builder.build(shard, sentences, wait=True, begins=begins)
        return self.share([shard])

    def measure_rounding(self, sample: Sequence[Sentence]) -> Share:
        """Measures the rounding where the extractor computes, which may be another processor than elsewhere."""
        self.builder.measure_rounding(sample)
        return self.share()

    def share(self, shards: Sequence[int] = ()) -> Share:
        """What is to be told of these shards."""
        words = sum(self.builder.layout.shard_words(shard) for shard in shards)
        return Share(node_name(), os.getpid(), peak_memory(), len(shards), words)


def told(shares: Iterable[Share]) -> list[str]:
    """One line per process: shards, words, peak memory."""
    by_process: dict[tuple[str, int], list[Share]] = {}
    for share in shares:
        by_process.setdefault((share.node, share.process), []).append(share)
    return [_line(node, process, own) for (node, process), own in sorted(by_process.items())]


def _line(node: str, process: int, own: Sequence[Share]) -> str:
    peaks = [share.peak_memory for share in own if share.peak_memory is not None]
    memory = f", peak memory {human_bytes(max(peaks))}" if peaks else ""
    shards, words = sum(share.shards for share in own), sum(share.words for share in own)
    return f"process {process} on {node}: {shards} shards, {words:,} words{memory}"
