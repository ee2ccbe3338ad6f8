"""How large a store will be, and whether it may be."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedbench.errors import StoreError
from embedbench.store.layout import Layout, StoreDtype
from embedbench.types import Corpus, Extractor


@dataclass(frozen=True)
class SizeEstimate:
    """The size of a store before it exists: words x layers x dims x bytes per number.

    Attributes:
        bytes: size of all vectors; the headers of the shards add less than 0.1 %.
        words: words of the corpus.
        layers: layers kept.
        dim: dimensions of every layer.
    """

    bytes: int
    words: int
    layers: int
    dim: int

    def __str__(self) -> str:
        itemsize = self.bytes // (self.words * self.layers * self.dim)
        return (
            f"{self.words:,} words x {self.layers} layers x {self.dim} dims x {itemsize} bytes = "
            f"{human_bytes(self.bytes)}"
        )


def estimate(
    extractor: Extractor,
    corpus: Corpus,
    dtype: StoreDtype = StoreDtype.float16,
    layers: Sequence[int] | None = None,
) -> SizeEstimate:
    """The size that the store of these vectors will have; no model is loaded.

    Raises:
        DataError: the corpus has no word.
        ConfigurationError: `layers` does not fit the extractor.
    """
    return size_of(Layout.of(extractor, corpus, dtype, layers))


def size_of(layout: Layout) -> SizeEstimate:
    """The size of a store with this layout."""
    return SizeEstimate(layout.n_words * layout.bytes_per_word, layout.n_words, len(layout.layers), layout.dim)


def check_cap(layout: Layout, folder: Path, max_bytes: int | None) -> None:
    """Refuses a store larger than the user allows.

    Raises:
        StoreError: with the figures and the ways out.
    """
    size = size_of(layout)
    if max_bytes is not None and size.bytes > max_bytes:
        way_out = "" if layout.dtype is StoreDtype.float16 else "store float16, "
        raise StoreError(
            f"the store of extractor {layout.extractor!r} in {folder} would hold {size}, more than the cap of "
            f"{human_bytes(max_bytes)}; keep fewer layers, {way_out}or raise the cap"
        )


def check_free_space(layout: Layout, folder: Path, missing_bytes: int) -> None:
    """Refuses to start what cannot end.

    Raises:
        StoreError: the disk has less room than the missing shards need.
    """
    free = free_bytes(folder)
    if free is not None and free < missing_bytes:
        raise StoreError(
            f"the store of extractor {layout.extractor!r} needs {human_bytes(missing_bytes)} more in {folder}, where "
            f"{human_bytes(free)} are free; free some space, keep fewer layers, or choose a folder on another disk"
        )


def free_bytes(folder: Path) -> int | None:
    """The bytes free for this user on the disk of a folder that may not exist yet; None where nobody knows."""
    for place in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return None


def human_bytes(n_bytes: int) -> str:
    """A size for people, in decimal units.

    >>> human_bytes(1_099_806_720), human_bytes(999)
    ('1.1 GB', '999 bytes')
    """
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes} bytes"
