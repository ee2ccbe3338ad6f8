"""One split as biaffine probes see it: standardised vectors, gold heads and relations, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from embedbench.errors import ContractError
from embedbench.probing.sentence_batches import Layout, sentence_lengths, standardised_words
from embedbench.probing.standard import Standard
from embedbench.tasks.head_columns import Heads
from embedbench.types import WordVectors


@dataclass(frozen=True, eq=False)
class GoldHeads:
    """What is to be learned of a batch. A choice is 0 for the root, else a word's place from 1.

    Attributes:
        choices: the choice of every word; 0 for padding.
        head_rows: the row of every word's head, packed; row `words` is the root.
        relations: the relation of every word, packed.
    """

    choices: Int64[Tensor, "sentences longest"]
    head_rows: Int64[Tensor, "words"]
    relations: Int64[Tensor, "words"]


@dataclass(frozen=True, eq=False)
class HeadBatch:
    """A batch of whole sentences with their gold heads.

    Attributes:
        vectors: standardised vectors of all words, packed.
        places: the row of every word in the padded layout; padding points at row `words`.
        allowed: which choices a word has: root, and all other words of its sentence; padding has the root alone.
        gold: by label column.
    """

    vectors: Float32[Tensor, "words layers dim"]
    places: Int64[Tensor, "sentences longest"]
    allowed: Bool[Tensor, "sentences longest choices"]
    gold: Mapping[str, GoldHeads]


@dataclass(frozen=True, eq=False)
class HeadData:
    """The vectors and the heads of a split.

    Attributes:
        vectors: layered vectors of the split's corpus.
        columns: heads and relations of the same sentences by label column, such as `task` and `control`.

    Raises:
        ContractError: the vectors are not those of the words that have heads.
    """

    vectors: WordVectors
    columns: Mapping[str, Heads]

    def __post_init__(self) -> None:
        for heads in self.columns.values():
            if self.vectors.n_words != len(heads.heads):
                raise ContractError(
                    f"there are vectors of {self.vectors.n_words} words for heads of {len(heads.heads)} words"
                )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def _choices(self) -> Mapping[str, Int64[np.ndarray, "words"]]:
        return {name: heads.choices for name, heads in self.columns.items()}

    @property
    def offsets(self) -> Int64[np.ndarray, "sentences_plus_one"]:
        """The word position at which each sentence starts, and the number of words at the end."""
        return next(iter(self.columns.values())).offsets

    @cached_property
    def lengths(self) -> list[int]:
        """The words of every sentence."""
        return sentence_lengths(self.offsets)

    def words(self, sentence: int, standard: Standard) -> Float32[Tensor, "words layers dim"]:
        """The standardised vectors of a sentence."""
        return standardised_words(self.vectors, Layout.of(self.offsets, [sentence]).positions, standard)

    def batch(self, units: Sequence[int], standard: Standard) -> HeadBatch:
        """Whole sentences, in this order."""
        layout = Layout.of(self.offsets, units)
        return HeadBatch(
            vectors=standardised_words(self.vectors, layout.positions, standard),
            places=torch.from_numpy(layout.places),
            allowed=torch.from_numpy(allowed_choices(layout.present)),
            gold={name: self._gold(name, layout) for name in self.columns},
        )

    def _gold(self, column: str, layout: Layout) -> GoldHeads:
        choices = np.zeros(layout.present.shape, np.int64)
        choices[layout.present] = self._choices[column][layout.positions]
        own = np.arange(len(layout.positions), dtype=np.int64)
        heads = self.columns[column].heads[layout.positions]
        return GoldHeads(
            choices=torch.from_numpy(choices),
            head_rows=torch.from_numpy(np.where(heads == 0, len(own), own + heads)),
            relations=torch.from_numpy(self.columns[column].relations[layout.positions]),
        )

    def weight(self, units: Sequence[int]) -> int:
        """How many words: the loss is a mean over them."""
        return sum(self.lengths[unit] for unit in units)


def allowed_choices(present: Bool[np.ndarray, "sentences longest"]) -> Bool[np.ndarray, "sentences longest choices"]:
    """Which choices every word has: the root, and all words of its sentence but itself."""
    words = present[:, :, None] & present[:, None, :] & ~np.eye(present.shape[1], dtype=np.bool_)
    return np.concatenate([np.ones((*present.shape, 1), np.bool_), words], axis=2)
