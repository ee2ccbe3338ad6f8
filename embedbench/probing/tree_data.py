"""One split as structural probes see it: standardised vectors and true distances or depths, sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from embedbench.errors import ContractError
from embedbench.probing.sentence_batches import Layout, sentence_lengths, standardised_words
from embedbench.probing.standard import Standard
from embedbench.probing.structural import Sentences
from embedbench.tasks.tree_columns import Trees, tree_depths, tree_distances
from embedbench.types import WordVectors

_KEPT_SENTENCES = 20_000
"""True distances kept in memory: about 100 MB for English-EWT."""


@dataclass(frozen=True, eq=False)
class TreeData:
    """The vectors and the trees of a split.

    Attributes:
        vectors: layered vectors of the split's corpus.
        trees: its trees.
        pairs: whether distances of pairs are asked for, rather than depths.

    Raises:
        ContractError: the vectors are not those of the trees' words.
    """

    vectors: WordVectors
    trees: Trees
    pairs: bool

    def __post_init__(self) -> None:
        if self.vectors.n_words != len(self.trees.heads):
            raise ContractError(
                f"there are vectors of {self.vectors.n_words} words for trees over {len(self.trees.heads)} words"
            )
        object.__setattr__(self, "_true_of", lru_cache(maxsize=_KEPT_SENTENCES)(self._true))

    def __len__(self) -> int:
        return len(self.trees)

    @property
    def offsets(self) -> Int64[np.ndarray, "sentences_plus_one"]:
        """The word position at which each sentence starts, and the number of words at the end."""
        return self.trees.offsets

    @cached_property
    def lengths(self) -> list[int]:
        """The words of every sentence."""
        return sentence_lengths(self.offsets)

    def true(self, sentence: int) -> Int64[np.ndarray, "words width"]:
        """The distances of every two words of a sentence, or the depths of its words in one column."""
        found: np.ndarray = self._true_of(sentence).astype(np.int64)  # type: ignore[attr-defined]
        return found

    def words(self, sentence: int, standard: Standard) -> Float32[Tensor, "words layers dim"]:
        """The standardised vectors of a sentence."""
        return standardised_words(self.vectors, Layout.of(self.offsets, [sentence]).positions, standard)

    def batch(self, units: Sequence[int], standard: Standard) -> Sentences:
        """Whole sentences, in this order."""
        layout = Layout.of(self.trees.offsets, units)
        longest = layout.places.shape[1]
        true = np.zeros((len(units), longest, longest if self.pairs else 1), np.float32)
        present = np.zeros(true.shape, np.bool_)
        for row, sentence in enumerate(units):
            own = self.true(sentence)
            true[row, : len(own), : own.shape[1]] = own
            present[row, : len(own), : own.shape[1]] = True
        return Sentences(
            standardised_words(self.vectors, layout.positions, standard),
            torch.from_numpy(layout.places),
            torch.from_numpy(true),
            torch.from_numpy(present),
            torch.from_numpy(layout.lengths).float(),
        )

    def weight(self, units: Sequence[int]) -> int:
        """How many sentences: the loss is a mean over them."""
        return len(units)

    def _true(self, sentence: int) -> Int64[np.ndarray, "words width"]:
        start, end = self.trees.offsets[sentence : sentence + 2].tolist()
        heads = self.trees.heads[start:end]
        return tree_distances(heads) if self.pairs else tree_depths(heads)[:, None]
