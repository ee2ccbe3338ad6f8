"""One split as pointers see it: passages with all their questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Int64

from embedbench.errors import ContractError
from embedbench.probing.pointer import Questions
from embedbench.probing.sentence_batches import standardised_words
from embedbench.probing.standard import Standard
from embedbench.tasks.answers import ANSWER, PASSAGE, QUESTION, answers_fault
from embedbench.types import TaskSplit, WordVectors


@dataclass(frozen=True, eq=False)
class PointerData:
    """The vectors and the questions of a split.

    Attributes:
        vectors: layered vectors of the split's corpus.
        split: whose targets have the spans passage, question and answer.

    Raises:
        ContractError: the vectors are not those of the corpus, or the targets are no questions about passages.
    """

    vectors: WordVectors
    split: TaskSplit

    def __post_init__(self) -> None:
        if self.vectors.n_words != self.split.corpus.n_words:
            raise ContractError(
                f"there are vectors of {self.vectors.n_words} words for a corpus of {self.split.corpus.n_words} words"
            )
        fault = answers_fault(self.split) if len(self.split) else ""
        if fault:
            raise ContractError(f"this split holds no questions about passages: {fault}")

    def __len__(self) -> int:
        return len(self.passages)

    @cached_property
    def passages(self) -> list[Int64[np.ndarray, "questions"]]:
        """The targets of every passage, in corpus order."""
        _, passage = np.unique(self.split.spans[:, PASSAGE, 0], return_inverse=True)
        order = np.argsort(passage, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(passage[order])) + 1) if len(order) else []

    @cached_property
    def lengths(self) -> list[int]:
        """The words of every passage."""
        spans = [self.split.spans[targets[0], PASSAGE] for targets in self.passages]
        return [int(end - start) for start, end in spans]

    def weight(self, units: Sequence[int]) -> int:
        """The number of questions: the loss of a batch is a mean over them."""
        return sum(len(self.passages[unit]) for unit in units)

    def targets(self, units: Sequence[int]) -> Int64[np.ndarray, "questions"]:
        """The targets of these passages, in the order of `batch`."""
        return np.concatenate([self.passages[unit] for unit in units])

    def batch(self, units: Sequence[int], standard: Standard) -> Questions:
        """Whole passages, in this order."""
        targets = self.targets(units)
        spans = self.split.spans[targets]
        lengths = [self.lengths[unit] for unit in units]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        passage = np.repeat(np.arange(len(units)), [len(self.passages[unit]) for unit in units])
        own = np.array(lengths)[passage]
        place = _ranges(np.zeros_like(own), own)
        question_lengths = spans[:, QUESTION, 1] - spans[:, QUESTION, 0]
        begins = np.array([self.split.spans[self.passages[unit][0], PASSAGE, 0] for unit in units])
        positions = [
            _ranges(begins, begins + lengths),
            _ranges(spans[:, QUESTION, 0], spans[:, QUESTION, 1]),
        ]
        # One read for both: a store is fastest when asked once.
        vectors = standardised_words(self.vectors, np.concatenate(positions), standard)
        words, question_words = vectors.split([len(part) for part in positions])
        answers = spans[:, ANSWER] - spans[:, PASSAGE, :1]
        answers[:, 1] -= 1
        return Questions(
            words=words,
            question_words=question_words,
            question_of=torch.from_numpy(np.repeat(np.arange(len(targets)), question_lengths)),
            pair_word=torch.from_numpy(place + np.repeat(starts[passage], own)),
            pair_question=torch.from_numpy(np.repeat(np.arange(len(targets)), own)),
            pair_place=torch.from_numpy(place),
            answers=torch.from_numpy(answers),
            lengths=torch.from_numpy(question_lengths.astype(np.float32)),
            longest=max(lengths),
        )


def _ranges(starts: Int64[np.ndarray, "n"], ends: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "positions"]:
    """All positions of all ranges, one range after the other."""
    lengths = ends - starts
    into = np.cumsum(lengths) - lengths
    positions: np.ndarray = np.arange(lengths.sum(), dtype=np.int64) + np.repeat(starts - into, lengths)
    return positions
