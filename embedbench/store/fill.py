"""Filling a store: only the shards that are missing, each by one process, whatever is killed in between."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from embedbench.allocation import keep_freed_memory
from embedbench.files.durable import make_folder
from embedbench.progress import Progress, SilentProgress
from embedbench.store.building import ShardBuilder, Workers, locks, storage_errors
from embedbench.store.estimate import check_cap, check_free_space, size_of
from embedbench.store.inspection import missing_shards
from embedbench.store.layout import Layout, StoreDtype
from embedbench.store.manifest import check_owner, read_manifest, write_manifest
from embedbench.store.reading import LayeredStore
from embedbench.store.rounding import ROUNDING_WORDS
from embedbench.store.this_process import ThisProcess
from embedbench.types import Corpus, Extractor

_SILENT = SilentProgress()
_HERE = ThisProcess()


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
    workers: Workers = _HERE,
) -> LayeredStore:
    """The store of this extractor's vectors of this corpus, complete and checked.

    Shards that are present and undamaged are kept; the others are built. When none is missing the extractor is not
    asked to extract. Several processes may fill the same store at once: they share the shards out among themselves,
    and each shard is built once. A killed process loses the shards that it was computing and writing, and nothing else.

    Args:
        extractor: where vectors come from.
        corpus: the words.
        folder: the folder of this one store, see `store_folder`; it is created.
        dtype: how numbers are kept.
        layers: which of the extractor's layers to keep, ascending; None keeps all.
        max_bytes: refuse to fill a store whose vectors take more than this.
        verify: compare every shard's checksum, once per process; without it only headers and sizes are checked.
        progress: told the size before filling, and the words done.
        workers: who builds what is missing.

    Raises:
        StoreError: the store exceeds `max_bytes` or the free space, the folder belongs to other vectors, or it cannot
            be written; finished shards are kept.
        NumericalError: a vector has a NaN or an infinity, or a number too large for float16.
        ContractError: the extractor's answer has the wrong shape.
        DataError: the corpus has no word.
        ConfigurationError: `layers` does not fit the extractor.
        ClusterError: the workers are lost.
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
        with storage_errors(layout, folder, needed):
            _manifest(extractor, corpus, layout, folder)
        builder = ShardBuilder(extractor, layout, folder)
        bounds = layout.sentence_bounds
        with progress.phase(f"extract {layout.extractor}", words, "words") as advance:
            workers.build(
                builder,
                lambda shard: corpus.sentences[int(bounds[shard]) : int(bounds[shard + 1])],
                missing,
                corpus.sample(ROUNDING_WORDS),
                progress,
                advance,
            )
    elif read_manifest(folder) is None:
        with suppress(OSError):  # a finished store may be read-only; no vector depends on its manifest
            _manifest(extractor, corpus, layout, folder)
    return LayeredStore(folder, layout)


def _manifest(extractor: Extractor, corpus: Corpus, layout: Layout, folder: Path) -> None:
    make_folder(folder)
    locks(folder).mkdir(exist_ok=True)
    with FileLock(locks(folder) / "manifest.lock"):
        if read_manifest(folder) is None:
            write_manifest(
                folder, layout, extractor_fingerprint=extractor.fingerprint, corpus_fingerprint=corpus.fingerprint
            )
