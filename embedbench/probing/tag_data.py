"""One split as CRF tagging heads see it: standardised vectors and tags of whole sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from embedbench.errors import ConfigurationError
from embedbench.probing.members import ProbeData
from embedbench.probing.sentence_batches import Layout, sentence_lengths, standardised_words
from embedbench.probing.standard import Standard
from embedbench.types import WordVectors


@dataclass(frozen=True, eq=False)
class TagBatch:
    """A batch of whole sentences.

    Attributes:
        vectors: standardised vectors of all words, packed.
        places: the row of every word in the padded layout; padding points at row `words`.
        tags: the tag of every word in the padded layout, 0 for padding, by label column.
    """

    vectors: Float32[Tensor, "words layers dim"]
    places: Int64[Tensor, "sentences longest"]
    tags: Mapping[str, Int64[Tensor, "sentences longest"]]


@dataclass(frozen=True, eq=False)
class TagData:
    """A split whose targets are all words of the corpus, in order.

    Attributes:
        data: vectors, targets and label columns.

    Raises:
        ConfigurationError: the targets are something else.
    """

    data: ProbeData

    def __post_init__(self) -> None:
        split = self.data.split
        every = np.arange(split.corpus.n_words)[:, None] + np.arange(2)
        if split.spans.shape[1:] != (1, 2) or not np.array_equal(split.spans[:, 0], every):
            raise ConfigurationError(
                f"a CRF tags every word of every sentence, in order; this task has {len(split)} targets of "
                f"{split.spans.shape[1]} spans over {split.corpus.n_words} words: choose another probe, such as "
                "probe=linear"
            )

    @property
    def vectors(self) -> WordVectors:
        """Layered vectors of the split's corpus."""
        return self.data.vectors

    @property
    def offsets(self) -> Int64[np.ndarray, "sentences_plus_one"]:
        """The word position at which each sentence starts, and the number of words at the end."""
        return self.data.split.corpus.offsets

    @cached_property
    def lengths(self) -> list[int]:
        """The words of every sentence."""
        return sentence_lengths(self.offsets)

    def words(self, sentence: int, standard: Standard) -> Float32[Tensor, "words layers dim"]:
        """The standardised vectors of a sentence."""
        return standardised_words(self.vectors, Layout.of(self.offsets, [sentence]).positions, standard)

    def batch(self, units: Sequence[int], standard: Standard) -> TagBatch:
        """Whole sentences, in this order."""
        layout = Layout.of(self.offsets, units)
        present = layout.present
        tags = {}
        for name, column in self.data.labels.items():
            padded = np.zeros(present.shape, np.int64)
            padded[present] = column[layout.positions]
            tags[name] = torch.from_numpy(padded)
        vectors = standardised_words(self.vectors, layout.positions, standard)
        return TagBatch(vectors, torch.from_numpy(layout.places), tags)

    def weight(self, units: Sequence[int]) -> int:
        """How many words: the loss is a mean over them."""
        return sum(self.lengths[unit] for unit in units)
