"""Shards of a store built by this process: one is computed while the one before is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from embedbench.progress import Advance, Progress
from embedbench.store.building import BegunShard, ShardBuilder
from embedbench.types import Sentence


class ThisProcess:
    """Builds the shards one after the other; while one is written, the next is computed.

    Args:
        begins: told every shard that is not there and is built here.
    """

    def __init__(self, begins: Callable[[int], object] = lambda _shard: None) -> None:
        self._begins = begins

    def build(
        self,
        builder: ShardBuilder,
        sentences: Callable[[int], Sequence[Sentence]],
        missing: Sequence[int],
        sample: Sequence[Sentence],
        progress: Progress,
        advance: Advance,
    ) -> None:
        """Builds those that no other process is building, then waits for the others."""
        layout = builder.layout

        def began(shard: int, *, wait: bool) -> BegunShard | None:
            def begins() -> None:
                self._begins(shard)
                advance(0, f"shard {shard + 1} of {layout.n_shards}")

            return builder.begin(shard, sentences(shard), wait=wait, begins=begins)

        # Shards that another process is building are left to it; what remains is to wait for them, and to build them
        # after all should their process die: the system frees the locks of a dead process.
        taken = []
        with _Writing(lambda shard: advance(layout.shard_words(shard))) as writing:
            for shard in missing:
                begun = began(shard, wait=False)
                if begun is None:
                    taken.append(shard)
                else:
                    writing.next(begun)
        if taken:
            progress.note(f"store: waiting for another process to finish {len(taken)} shards in {builder.folder}")
        with _Writing(lambda shard: advance(layout.shard_words(shard))) as writing:
            for shard in taken:
                begun = began(shard, wait=True)
                assert begun is not None
                writing.next(begun)
        builder.measure_rounding(sample)


class _Writing:
    """A thread that writes one shard at a time, and is given the next when it has written the last.

    Args:
        written: told every shard that is on the disk.
    """

    def __init__(self, written: Callable[[int], None]) -> None:
        self._written = written
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="write-shard")
        self._pending: tuple[BegunShard, Future[None]] | None = None

    def __enter__(self) -> _Writing:
        return self

    def next(self, begun: BegunShard) -> None:
        """Writes this one, once the one before is written: no more than two shards are in memory."""
        try:
            self._finish()
            self._pending = begun, self._thread.submit(begun.write)
        except BaseException:
            begun.release()
            raise

    def _finish(self) -> None:
        if self._pending is None:
            return
        (begun, future), self._pending = self._pending, None
        try:
            future.result()
        finally:
            wait([future])  # an interrupt ends the waiting, not the writing; nobody else may write meanwhile
            begun.release()
        self._written(begun.shard)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # What has been computed is kept, also when the next shard fails; that one's error is the one to tell.
        with self._thread:
            try:
                self._finish()
            except Exception:
                if kind is None:
                    raise
