"""Building one shard: from its sentences alone, under a lock, in whatever process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from filelock import FileLock, Timeout

from embedbench.errors import StoreError
from embedbench.progress import Advance, Progress
from embedbench.store.encoding import encode_shard, stored_layers
from embedbench.store.estimate import free_bytes, human_bytes
from embedbench.store.inspection import is_intact, trust
from embedbench.store.layout import Layout, shard_path
from embedbench.store.rounding import measure_rounding
from embedbench.store.shard import write_shard
from embedbench.types import Extractor, LayeredWords, Sentence


@dataclass(frozen=True, eq=False)
class ShardBuilder:
    """Builds the shards of one store. It is small and picklable: sentences come with each shard.

    Attributes:
        extractor: where vectors come from.
        layout: the plan of the store.
        folder: of the store.
    """

    extractor: Extractor
    layout: Layout
    folder: Path

    def build(
        self, shard: int, sentences: Sequence[Sentence], *, wait: bool, begins: Callable[[], None] = lambda: None
    ) -> bool:
        """Whether the shard is there now; False only if another process holds it and `wait` is off.

        Args:
            shard: which.
            sentences: of this shard.
            wait: for another process that builds it; should that die, the system frees its lock.
            begins: called when it is not there and is built here.

        Raises:
            StoreError: it cannot be written.
            NumericalError: a vector has a NaN or an infinity, or a number too large for float16.
            ContractError: the extractor's answer has the wrong shape.
        """
        begun = self.begin(shard, sentences, wait=wait, begins=begins)
        if begun is None:
            return False
        try:
            begun.write()
        finally:
            begun.release()
        return True

    def begin(
        self, shard: int, sentences: Sequence[Sentence], *, wait: bool, begins: Callable[[], None]
    ) -> BegunShard | None:
        """The shard computed and its lock held, to be written and released; None if another process holds it.

        Arguments and errors are those of `build`, but for what writing raises.
        """
        path = shard_path(self.folder, shard)
        lock = FileLock(locks(self.folder) / f"{path.stem}.lock", timeout=-1 if wait else 0)
        with storage_errors(self.layout, self.folder, self.bytes_of(shard)):
            try:
                lock.acquire()
            except Timeout:
                return None
        try:
            with storage_errors(self.layout, self.folder, self.bytes_of(shard)):
                there = is_intact(path, self.layout, shard)
            if there:
                return BegunShard(self, shard, sentences, lock, None)
            begins()
            # Outside of storage_errors: an extractor's own missing file is not the store's fault.
            answer = encode_shard(self.extractor, sentences, self.layout, shard)
            return BegunShard(self, shard, sentences, lock, answer)
        except BaseException:
            lock.release()
            raise

    def bytes_of(self, shard: int) -> int:
        """What a shard takes on the disk, its header aside."""
        return self.layout.shard_words(shard) * self.layout.bytes_per_word

    def measure_rounding(self, sample: Sequence[Sentence]) -> None:
        """Keeps how far the vectors are from those of fp32, where the extractor knows.

        Raises:
            StoreError: it cannot be written.
        """
        with storage_errors(self.layout, self.folder, 0), FileLock(locks(self.folder) / "precision.lock"):
            measure_rounding(self.folder, self.extractor, sample)


@dataclass(frozen=True, eq=False)
class BegunShard:
    """A shard between being computed and being there.

    Attributes:
        builder: of the store.
        shard: which.
        sentences: of this shard.
        lock: held until `release`.
        answer: the vectors; None where the shard was there already.
    """

    builder: ShardBuilder
    shard: int
    sentences: Sequence[Sentence]
    lock: FileLock
    answer: LayeredWords | None

    def write(self) -> None:
        """Writes it, in whatever thread.

        Raises:
            StoreError: it cannot be written.
            NumericalError: a vector has a NaN or an infinity, or a number too large for float16.
        """
        if self.answer is None:
            return
        layout, folder = self.builder.layout, self.builder.folder
        path = shard_path(folder, self.shard)
        with storage_errors(layout, folder, self.builder.bytes_of(self.shard)):
            arrays = stored_layers(self.answer.values, self.sentences, layout, self.shard)
            write_shard(path, layout, self.shard, self.answer.alignment, arrays)
            trust(path)

    def release(self) -> None:
        """Lets other processes see to it; in the thread that began it."""
        self.lock.release()


@runtime_checkable
class Workers(Protocol):
    """Whoever builds the missing shards of a store: this process, several, or those of many machines."""

    def build(
        self,
        builder: ShardBuilder,
        sentences: Callable[[int], Sequence[Sentence]],
        missing: Sequence[int],
        sample: Sequence[Sentence],
        progress: Progress,
        advance: Advance,
    ) -> None:
        """Builds the shards and measures the rounding; all are there when it returns.

        Args:
            builder: of the store.
            sentences: those of a shard.
            missing: the shards to build.
            sample: sentences on which the rounding is measured.
            progress: is told what a reader may want to know.
            advance: is told the words of every shard that is there.
        """
        ...


def locks(folder: Path) -> Path:
    """Where the locks of a store are."""
    return folder / "locks"


@contextmanager
def storage_errors(layout: Layout, folder: Path, needed: int) -> Iterator[None]:
    """Turns the system's refusals into one sentence."""
    try:
        yield
    except OSError as error:
        free = free_bytes(folder)
        room = "" if free is None else f" and {human_bytes(free)} are free"
        where = f" ({os.fspath(error.filename)})" if error.filename else ""
        raise StoreError(
            f"cannot write the store of extractor {layout.extractor!r} in {folder}: {error.strerror or error}{where}; "
            f"{human_bytes(needed)} were to be written{room}; finished shards are kept, so free some space or choose a "
            "folder that can be written, and run again"
        ) from error
