"""Heads and relations as columns: one target per word of the corpus, with spans (word, head) and its relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from embedbench.tasks.tree_columns import WordHeads
from embedbench.types import TaskSplit


@dataclass(frozen=True, eq=False)
class Heads(WordHeads):
    """The heads and relations of a split, word by word.

    Attributes:
        relations: the label of every word's relation to its head.
        kept: whether a word's head is scored.
    """

    relations: Int64[np.ndarray, "words"]
    kept: Bool[np.ndarray, "words"]

    @classmethod
    def of(cls, split: TaskSplit, label_names: Sequence[str] = (), left_out: Sequence[str] = ()) -> Heads:
        """The heads of a split; words whose relation is called one of `left_out` are not scored.

        Raises:
            ContractError: the targets are not all words of the corpus, in order, with heads that form a tree.
        """
        relations = np.asarray(split.labels, np.int64)
        unscored = [i for i, name in enumerate(label_names) if name in left_out]
        kept = ~np.isin(relations, unscored)
        return cls(**vars(WordHeads.read(split)), relations=relations, kept=kept)

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
