"""Trees as columns of a task split: one target per word of the corpus, with spans (word, head) and a role as label."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from embedbench.errors import ContractError
from embedbench.types import TaskSplit


class Role(enum.IntEnum):
    """What a word of a tree is to the scores; the label of its target."""

    WORD = 0
    """Any word that counts."""
    LEFT_OUT = 1
    """Punctuation: it takes part in training and in rank correlations, not in edges and roots."""
    VERB = 2
    """A word that counts and is a verb; only the baseline `first_verb` asks."""


@dataclass(frozen=True, eq=False)
class WordHeads:
    """The heads of a split, word by word.

    Attributes:
        offsets: the word position at which each sentence starts, and the number of words at the end.
        heads: how many words to the right of a word its head stands (negative: left); 0 for the root.
    """

    offsets: Int64[np.ndarray, "sentences_plus_one"]
    heads: Int64[np.ndarray, "words"]

    @classmethod
    def read(cls, split: TaskSplit) -> WordHeads:
        """The heads of a split whose targets have the spans (word, head).

        Raises:
            ContractError: the targets are not all words of the corpus, in order, with heads that form a tree.
        """
        fault = heads_fault(split)
        if fault:
            raise ContractError(f"this split holds no trees: {fault}")
        spans = split.spans[..., 0]
        return WordHeads(split.corpus.offsets, spans[:, 1] - spans[:, 0])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def sentences(self) -> Int64[np.ndarray, "words"]:
        """The sentence of every word."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.offsets))

    @property
    def sentence_slices(self) -> list[slice]:
        """The words of every sentence."""
        return [slice(start, end) for start, end in itertools.pairwise(self.offsets.tolist())]


@dataclass(frozen=True, eq=False)
class Trees(WordHeads):
    """The trees of a split, word by word.

    Attributes:
        roles: the `Role` of every word.
    """

    roles: Int64[np.ndarray, "words"]

    @classmethod
    def of(cls, split: TaskSplit) -> Trees:
        """The trees of a split of a tree task.

        Raises:
            ContractError: the targets are not all words of the corpus, in order, with heads that form a tree and roles.
        """
        heads, fault = WordHeads.read(split), _roles_fault(split)
        if fault:
            raise ContractError(f"this split holds no trees: {fault}")
        return cls(**vars(heads), roles=np.asarray(split.labels, np.int64))

    @property
    def kept(self) -> Bool[np.ndarray, "words"]:
        """Whether a word counts for edges and roots."""
        return np.asarray(self.roles != Role.LEFT_OUT)

    @property
    def edges(self) -> Int64[np.ndarray, "words"]:
        """`heads`, with 0 also for words that are left out and for words whose head is."""
        own = np.arange(len(self.heads), dtype=np.int64)
        return np.where(self.kept & self.kept[own + self.heads], self.heads, 0)


def tree_fault(split: TaskSplit) -> str:
    """What is wrong with the trees and roles of a split; empty if nothing is."""
    return heads_fault(split) or _roles_fault(split)


def _roles_fault(split: TaskSplit) -> str:
    found = np.unique(split.labels).tolist()
    expected = [int(role) for role in Role]
    return "" if set(found) <= set(expected) else f"labels are {found}, expected roles {expected}"


def heads_fault(split: TaskSplit) -> str:
    """What is wrong with the heads of a split, whatever its labels are; empty if nothing is."""
    spans, n_words = split.spans, split.corpus.n_words
    if spans.shape[1:] != (2, 2):
        return f"spans have shape {spans.shape}, expected (words, 2, 2): the word and its head"
    if len(spans) != n_words or not np.array_equal(spans[:, 0, 0], np.arange(n_words)):
        return f"there are {len(spans)} targets for {n_words} words; expected every word once, in order"
    if not np.array_equal(spans[..., 1], spans[..., 0] + 1):
        return "a span is longer than a word"
    above = spans[:, 1, 0]
    sentences = split.sentences
    outside = np.flatnonzero(split.corpus.sentence_of(above) != sentences)
    if len(outside):
        return f"the head of word {outside[0]} lies in another sentence"
    roots = np.bincount(sentences[above == spans[:, 0, 0]], minlength=len(split.corpus.sentences))
    if (roots != 1).any():
        return f"sentence {int(np.argmax(roots != 1))} has {roots[np.argmax(roots != 1)]} roots, expected 1"
    # Following heads from head to head doubles the steps; after log2(longest sentence) rounds everybody is at a root.
    for _ in range(int(np.diff(split.corpus.offsets).max(initial=1)).bit_length()):
        above = above[above]
    lost = np.flatnonzero(spans[above, 1, 0] != above)
    return f"the heads of word {lost[0]} run in a circle" if len(lost) else ""


def tree_depths(heads: Int64[np.ndarray, "words"]) -> Int64[np.ndarray, "words"]:
    """How many edges lie between every word of one sentence and the root.

    >>> tree_depths(np.array([1, 0, 1, -2])).tolist()
    [1, 0, 2, 1]
    """
    above = np.arange(len(heads)) + heads
    depths, place = np.zeros(len(heads), np.int64), np.arange(len(heads))
    while (above[place] != place).any():
        depths += above[place] != place
        place = above[place]
    return depths


def tree_distances(heads: Int64[np.ndarray, "words"]) -> Int64[np.ndarray, "words words"]:
    """How many edges lie between every two words of one sentence.

    >>> tree_distances(np.array([1, 0, 1, -2])).tolist()
    [[0, 1, 3, 2], [1, 0, 2, 1], [3, 2, 0, 1], [2, 1, 1, 0]]
    """
    n = len(heads)
    distances = np.zeros((n, n), np.int64)
    order = np.argsort(tree_depths(heads), kind="stable")
    for done, word in enumerate(order.tolist()[1:], 1):
        seen = order[:done]
        distances[word, seen] = distances[seen, word] = distances[word + heads[word], seen] + 1
    return distances
