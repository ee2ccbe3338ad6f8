"""Filling a store: only the shards that are missing, each by one process, whatever is killed in between."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from embedbench.allocation import keep_freed_memory
from embedbench.errors import StoreError
from embedbench.files.durable import make_folder
from embedbench.progress import Advance, Progress, SilentProgress
from embedbench.store.encoding import encode_shard, stored_layers
from embedbench.store.estimate import check_cap, check_free_space, free_bytes, human_bytes, size_of
from embedbench.store.inspection import is_intact, missing_shards, trust
from embedbench.store.layout import Layout, StoreDtype, shard_path
from embedbench.store.manifest import check_owner, read_manifest, write_manifest
from embedbench.store.reading import LayeredStore
from embedbench.store.rounding import measure_rounding
from embedbench.store.shard import write_shard
from embedbench.types import Corpus, Extractor

_SILENT = SilentProgress()


def fill(
    extractor: Extractor,
    corpus: Corpus,
    folder: str | Path,
    *,
    dtype: StoreDtype = StoreDtype.float16,
    layers: Sequence[int] | None = None,
    max_bytes: int | None = None,
    verify: bool = True,
    progress: Progress = _SILENT,
) -> LayeredStore:
    """The store of this extractor's vectors of this corpus, complete and checked.

    Shards that are present and undamaged are kept; the others are built. When none is missing the extractor is not
    asked to extract. Several processes may fill the same store at once: they share the shards out among themselves,
    and each shard is built once. A killed process loses the shard it was building and nothing else.

    Args:
        extractor: where vectors come from.
        corpus: the words.
        folder: the folder of this one store, see `store_folder`; it is created.
        dtype: how numbers are kept.
        layers: which of the extractor's layers to keep, ascending; None keeps all.
        max_bytes: refuse to fill a store whose vectors take more than this.
        verify: compare every shard's checksum, once per process; without it only headers and sizes are checked.
        progress: told the size before filling, and the words done.

    Raises:
        StoreError: the store exceeds `max_bytes` or the free space, the folder belongs to other vectors, or it cannot
            be written; finished shards are kept.
        NumericalError: a vector has a NaN or an infinity, or a number too large for float16.
        ContractError: the extractor's answer has the wrong shape.
        DataError: the corpus has no word.
        ConfigurationError: `layers` does not fit the extractor.
    """
    folder = Path(folder)
    layout = Layout.of(extractor, corpus, dtype, layers)
    check_owner(folder, layout)
    missing = missing_shards(folder, layout, verify=verify, progress=progress)
    if missing:
        keep_freed_memory()
        words = sum(layout.shard_words(shard) for shard in missing)
        needed = words * layout.bytes_per_word
        kept = layout.n_shards - len(missing)
        resumed = f"; {kept} of {layout.n_shards} shards are there already" if kept else ""
        progress.note(f"store: {size_of(layout)} in {folder}{resumed}")
        check_cap(layout, folder, max_bytes)
        check_free_space(layout, folder, needed)
        with _storage_errors(layout, folder, needed):
            _manifest(extractor, corpus, layout, folder)
        with progress.phase(f"extract {layout.extractor}", words, "words") as advance:
            _Filling(extractor, corpus, layout, folder, progress, advance).build(missing)
        with _storage_errors(layout, folder, 0), FileLock(_locks(folder) / "precision.lock"):
            measure_rounding(folder, extractor, corpus)
    elif read_manifest(folder) is None:
        with suppress(OSError):  # a finished store may be read-only; no vector depends on its manifest
            _manifest(extractor, corpus, layout, folder)
    return LayeredStore(folder, layout)


@dataclass(frozen=True, eq=False)
class _Filling:
    """One process's part in building the missing shards."""

    extractor: Extractor
    corpus: Corpus
    layout: Layout
    folder: Path
    progress: Progress
    advance: Advance

    def build(self, missing: Sequence[int]) -> None:
        # Shards that another process is building are left to it; what remains is to wait for them, and to build them
        # after all should their process die: the system frees the locks of a dead process.
        taken = [shard for shard in missing if not self.build_one(shard, wait=False)]
        if taken:
            self.progress.note(f"store: waiting for another process to finish {len(taken)} shards in {self.folder}")
        for shard in taken:
            self.build_one(shard, wait=True)

    def build_one(self, shard: int, *, wait: bool) -> bool:
        """Whether the shard is there now; False only if another process holds it and `wait` is off."""
        words = self.layout.shard_words(shard)
        path = shard_path(self.folder, shard)
        lock = FileLock(_locks(self.folder) / f"{path.stem}.lock", timeout=-1 if wait else 0)
        with ExitStack() as held:
            with self._storage_errors(words):
                try:
                    held.enter_context(lock)
                except Timeout:
                    return False
                there = is_intact(path, self.layout, shard)
            if not there:
                self.advance(0, f"shard {shard + 1} of {self.layout.n_shards}")
                # Outside of _storage_errors: an extractor's own missing file is not the store's fault.
                answer = encode_shard(self.extractor, self.corpus, self.layout, shard)
                with self._storage_errors(words):
                    arrays = stored_layers(answer.values, self.corpus, self.layout, shard)
                    write_shard(path, self.layout, shard, answer.alignment, arrays)
                    trust(path)
        self.advance(words)
        return True

    @contextmanager
    def _storage_errors(self, words: int) -> Iterator[None]:
        with _storage_errors(self.layout, self.folder, words * self.layout.bytes_per_word):
            yield


def _manifest(extractor: Extractor, corpus: Corpus, layout: Layout, folder: Path) -> None:
    make_folder(folder)
    _locks(folder).mkdir(exist_ok=True)
    with FileLock(_locks(folder) / "manifest.lock"):
        if read_manifest(folder) is None:
            write_manifest(
                folder, layout, extractor_fingerprint=extractor.fingerprint, corpus_fingerprint=corpus.fingerprint
            )


def _locks(folder: Path) -> Path:
    return folder / "locks"


@contextmanager
def _storage_errors(layout: Layout, folder: Path, needed: int) -> Iterator[None]:
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
