"""Where every vector of a store lies: its key, its folder, its shards and which words each of them holds."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ConfigurationError, DataError
from embedbench.fingerprint import fingerprint
from embedbench.types import Alignment, Corpus, Extractor

FORMAT = 2
"""Version of the files; part of every key, so that old stores are left alone instead of misread."""

SENTENCES_PER_SHARD = 512
WORDS_PER_SHARD = 4_096
"""A shard ends early when its sentences are so long that it would hold more words than this, unless it is a single
sentence: memory while filling is bounded by a shard, whatever counts as a sentence in the corpus."""

ALIGNMENT_KINDS = tuple(field.name for field in fields(Alignment))


class StoreDtype(enum.StrEnum):
    """How numbers are kept on disk."""

    float16 = "float16"
    """Half the size; 11 significant bits, magnitudes up to 65,504; magnitudes below 6e-8 become zero."""
    float32 = "float32"
    """Exact for every backend that computes in float32 or bfloat16."""

    @property
    def numpy(self) -> np.dtype[np.floating]:
        """The little-endian numpy dtype."""
        return np.dtype("<f2" if self is StoreDtype.float16 else "<f4")


@dataclass(frozen=True, eq=False)
class Layout:
    """The plan of one store; a pure function of extractor, corpus, layers and dtype. No model is loaded for it.

    Attributes:
        extractor: label of the extractor.
        key: fingerprint of all that decides the bytes of the store.
        layers: which of the extractor's layers are kept, by index.
        layer_names: their names.
        dim: dimensions of every layer.
        dtype: how numbers are kept.
        sentence_bounds: shard i holds sentences `[sentence_bounds[i], sentence_bounds[i + 1])`.
        word_bounds: the same in word positions.
    """

    extractor: str
    key: str
    layers: tuple[int, ...]
    layer_names: tuple[str, ...]
    dim: int
    dtype: StoreDtype
    sentence_bounds: Int64[np.ndarray, "shards_plus_one"]
    word_bounds: Int64[np.ndarray, "shards_plus_one"]

    @classmethod
    def of(cls, extractor: Extractor, corpus: Corpus, dtype: StoreDtype, layers: Sequence[int] | None = None) -> Layout:
        """The layout of this extractor's vectors of this corpus.

        Raises:
            DataError: the corpus has no word.
            ConfigurationError: `layers` is empty, not ascending, or names a layer that the extractor does not have.
        """
        if corpus.n_words == 0:
            raise DataError(
                f"there is nothing to store for extractor {extractor.name!r}: the corpus has "
                f"{len(corpus.sentences)} sentences and no word; check the files of the task"
            )
        names = tuple(extractor.layer_names)
        kept = tuple(range(len(names))) if layers is None else tuple(layers)
        if not kept or list(kept) != sorted(set(kept)) or kept[0] < 0 or kept[-1] >= len(names):
            raise ConfigurationError(
                f"extractor {extractor.name!r} has the layers 0 to {len(names) - 1} and cannot give {list(kept)}; "
                "name one or more of them in ascending order, each once"
            )
        bounds = shard_bounds(corpus)
        key = fingerprint(
            extractor.fingerprint,
            corpus.fingerprint,
            list(kept),
            dtype.value,
            [FORMAT, SENTENCES_PER_SHARD, WORDS_PER_SHARD, list(ALIGNMENT_KINDS)],
        )
        return cls(
            extractor=extractor.name,
            key=key,
            layers=kept,
            layer_names=tuple(names[layer] for layer in kept),
            dim=extractor.dim,
            dtype=dtype,
            sentence_bounds=bounds,
            word_bounds=corpus.offsets[bounds],
        )

    @property
    def n_shards(self) -> int:
        """The number of shards."""
        return len(self.word_bounds) - 1

    @property
    def n_words(self) -> int:
        """The number of words of the corpus."""
        return int(self.word_bounds[-1])

    @cached_property
    def bytes_per_word(self) -> int:
        """The bytes of all layers of one word."""
        return len(self.layers) * self.dim * self.dtype.numpy.itemsize

    def shard_words(self, shard: int) -> int:
        """The number of words of one shard."""
        return int(self.word_bounds[shard + 1] - self.word_bounds[shard])


def shard_bounds(corpus: Corpus) -> Int64[np.ndarray, "shards_plus_one"]:
    """The sentence index at which each shard starts, and the number of sentences at the end.

    A function of the corpus alone, so that a resumed fill hands the extractor the same sentences as an
    uninterrupted one.

    >>> shard_bounds(Corpus.of([["a"]] * 1000)).tolist()
    [0, 512, 1000]
    """
    offsets, bounds, n_sentences = corpus.offsets, [0], len(corpus.sentences)
    while (start := bounds[-1]) < n_sentences:
        fitting = int(np.searchsorted(offsets, offsets[start] + WORDS_PER_SHARD, side="right")) - 1
        bounds.append(min(start + SENTENCES_PER_SHARD, max(start + 1, fitting)))
    return np.array(bounds, dtype=np.int64)


def shard_path(folder: Path, shard: int) -> Path:
    """The file of one shard."""
    return folder / f"shard-{shard:05d}.safetensors"


def store_folder(
    cache: str | Path,
    extractor: Extractor,
    corpus: Corpus,
    *,
    dtype: StoreDtype = StoreDtype.float16,
    layers: Sequence[int] | None = None,
) -> Path:
    """The folder below `cache` that belongs to exactly these vectors: the extractor's label and half of the key.

    Raises:
        DataError: the corpus has no word.
        ConfigurationError: `layers` does not fit the extractor.
    """
    layout = Layout.of(extractor, corpus, dtype, layers)
    # The label is the user's own; only the key must be unique.
    label = re.sub(r"[^\w.-]+", "_", layout.extractor)[:80].strip(".") or "extractor"
    return Path(cache) / f"{label}-{layout.key[:16]}"
