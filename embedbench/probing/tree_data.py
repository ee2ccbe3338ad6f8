"""One split as structural probes see it: standardised vectors and true distances or depths, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from embedbench.errors import ContractError
from embedbench.probing.sentence_training import unit_batches
from embedbench.probing.standard import Standard, gather_finite
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
    def n_words(self) -> int:
        """The number of words."""
        return len(self.trees.heads)

    def true(self, sentence: int) -> Int64[np.ndarray, "words width"]:
        """The distances of every two words of a sentence, or the depths of its words in one column."""
        found: np.ndarray = self._true_of(sentence).astype(np.int64)  # type: ignore[attr-defined]
        return found

    def words(self, sentence: int, standard: Standard) -> Float32[Tensor, "words layers dim"]:
        """The standardised vectors of a sentence."""
        start, end = self.trees.offsets[sentence : sentence + 2].tolist()
        return _standardised(self.vectors, np.arange(start, end, dtype=np.int64), standard)

    def batch(self, units: Sequence[int], standard: Standard) -> Sentences:
        """Whole sentences, in this order."""
        offsets = self.trees.offsets
        bounds = [(int(offsets[s]), int(offsets[s + 1])) for s in units]
        lengths = [end - start for start, end in bounds]
        positions = np.concatenate([np.arange(start, end, dtype=np.int64) for start, end in bounds])
        longest = max(lengths)
        places = np.full((len(bounds), longest), len(positions), np.int64)
        true = np.zeros((len(bounds), longest, longest if self.pairs else 1), np.float32)
        present = np.zeros(true.shape, np.bool_)
        done = 0
        for row, (sentence, length) in enumerate(zip(units, lengths, strict=True)):
            places[row, :length] = np.arange(done, done + length)
            own = self.true(sentence)
            true[row, :length, : own.shape[1]] = own
            present[row, :length, : own.shape[1]] = True
            done += length
        return Sentences(
            _standardised(self.vectors, positions, standard),
            torch.from_numpy(places),
            torch.from_numpy(true),
            torch.from_numpy(present),
            torch.tensor(lengths, dtype=torch.float32),
        )

    def batches(self, order: Sequence[int], batch_words: int) -> Iterator[list[int]]:
        """The sentences in this order, cut into batches of at most `batch_words` words (but at least a sentence)."""
        return unit_batches(np.diff(self.trees.offsets).tolist(), order, batch_words)

    def weight(self, units: Sequence[int]) -> int:
        """The number of sentences: the loss of a batch is a mean over them."""
        return len(units)

    def _true(self, sentence: int) -> Int64[np.ndarray, "words width"]:
        start, end = self.trees.offsets[sentence : sentence + 2].tolist()
        heads = self.trees.heads[start:end]
        return tree_distances(heads) if self.pairs else tree_depths(heads)[:, None]


def _standardised(
    vectors: WordVectors, positions: Int64[np.ndarray, "words"], standard: Standard
) -> Float32[Tensor, "words layers dim"]:
    chunk = gather_finite(vectors, positions)
    chunk -= standard.mean
    chunk *= standard.scale
    return torch.from_numpy(chunk)
