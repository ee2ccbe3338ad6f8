"""Batches of whole sentences: which sentences go together, their standardised vectors, and a padded layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from embedbench.probing.standard import Standard, gather_finite
from embedbench.types import WordVectors

BatchT_co = TypeVar("BatchT_co", covariant=True)


@runtime_checkable
class SentenceData(Protocol[BatchT_co]):
    """One split as probes of whole sentences see it, unit by unit: sentence, or passage with its questions."""

    @property
    def vectors(self) -> WordVectors:
        """Layered vectors of the split's corpus."""
        ...

    @property
    def lengths(self) -> Sequence[int]:
        """The words of every unit, which fill batches."""
        ...

    def batch(self, units: Sequence[int], standard: Standard) -> BatchT_co:
        """Whole units, in this order."""
        ...

    def weight(self, units: Sequence[int]) -> int:
        """How many things the mean loss of these units is a mean of."""
        ...


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the words of a batch stand, packed and padded.

    Attributes:
        positions: the corpus position of every word, packed.
        places: the row of every word in the padded layout; padding points at row `words`.
        lengths: words of every sentence.
    """

    positions: Int64[np.ndarray, "words"]
    places: Int64[np.ndarray, "sentences longest"]
    lengths: Int64[np.ndarray, "sentences"]

    @classmethod
    def of(cls, offsets: Int64[np.ndarray, "sentences_plus_one"], sentences: Sequence[int]) -> Layout:
        """The layout of these sentences, in this order."""
        bounds = [(int(offsets[s]), int(offsets[s + 1])) for s in sentences]
        lengths = np.array([end - start for start, end in bounds], np.int64)
        positions = np.concatenate([np.arange(start, end, dtype=np.int64) for start, end in bounds])
        present = np.arange(lengths.max())[None] < lengths[:, None]
        places = np.full(present.shape, len(positions), np.int64)
        places[present] = np.arange(len(positions))
        return cls(positions, places, lengths)

    @property
    def present(self) -> Bool[np.ndarray, "sentences longest"]:
        """Which places are words, not padding."""
        return np.asarray(self.places < len(self.positions))


def sentence_lengths(offsets: Int64[np.ndarray, "sentences_plus_one"]) -> list[int]:
    """The words of every sentence, from where each starts."""
    lengths: list[int] = np.diff(offsets).tolist()
    return lengths


def n_words(data: SentenceData[object]) -> int:
    """The words of all units."""
    return sum(data.lengths)


def unit_batches(lengths: Sequence[int], order: Sequence[int], batch_words: int) -> Iterator[list[int]]:
    """The units in this order, cut into batches of at most `batch_words` words (but at least a unit).

    >>> list(unit_batches([3, 4, 9, 1], [0, 1, 2, 3], 8))
    [[0, 1], [2], [3]]
    """
    batch: list[int] = []
    words = 0
    for unit in order:
        if batch and words + lengths[unit] > batch_words:
            yield batch
            batch, words = [], 0
        batch.append(unit)
        words += lengths[unit]
    if batch:
        yield batch


def standardised_words(
    vectors: WordVectors, positions: Int64[np.ndarray, "words"], standard: Standard
) -> Float32[Tensor, "words layers dim"]:
    """The standardised vectors at these word positions.

    Raises:
        NumericalError: one of them is not finite.
    """
    chunk = gather_finite(vectors, positions)
    chunk -= standard.mean
    chunk *= standard.scale
    return torch.from_numpy(chunk)
