"""Heads and relations as columns: one target per word of the corpus, with spans (word, head) and its relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from embedbench.errors import ContractError
from embedbench.tasks.tree_columns import heads_fault
from embedbench.types import TaskSplit


@dataclass(frozen=True, eq=False)
class Heads:
    """The heads and relations of a split, word by word.

    Attributes:
        offsets: the word position at which each sentence starts, and the number of words at the end.
        heads: how many words to the right of a word its head stands (negative: left); 0 for the root.
        relations: the label of every word's relation to its head.
        kept: whether a word's head is scored.
    """

    offsets: Int64[np.ndarray, "sentences_plus_one"]
    heads: Int64[np.ndarray, "words"]
    relations: Int64[np.ndarray, "words"]
    kept: Bool[np.ndarray, "words"]

    @classmethod
    def of(cls, split: TaskSplit, label_names: Sequence[str] = (), left_out: Sequence[str] = ()) -> Heads:
        """The heads of a split; words whose relation is called one of `left_out` are not scored.

        Raises:
            ContractError: the targets are not all words of the corpus, in order, with heads that form a tree.
        """
        fault = heads_fault(split)
        if fault:
            raise ContractError(f"this split holds no trees: {fault}")
        spans, relations = split.spans[..., 0], np.asarray(split.labels, np.int64)
        unscored = [i for i, name in enumerate(label_names) if name in left_out]
        return cls(split.corpus.offsets, spans[:, 1] - spans[:, 0], relations, ~np.isin(relations, unscored))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def sentences(self) -> Int64[np.ndarray, "words"]:
        """The sentence of every word."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.offsets))

    @property
    def choices(self) -> Int64[np.ndarray, "words"]:
        """The head of every word as a choice within its sentence: 0 for the root, else the head's place from 1."""
        own = np.arange(len(self.heads), dtype=np.int64) - self.offsets[self.sentences]
        return np.where(self.heads == 0, 0, own + self.heads + 1)


def heads_of_choices(choices: Int64[np.ndarray, "*members words"]) -> Int64[np.ndarray, "*members words"]:
    """The heads (see `Heads`) from choices within one sentence.

    >>> heads_of_choices(np.array([2, 0, 2, 3])).tolist()
    [1, 0, -1, -1]
    """
    own = np.arange(choices.shape[-1], dtype=np.int64)
    return np.where(choices == 0, 0, choices - 1 - own)
