"""What becomes of targets with a word that the extractor does not know, in tasks that train nothing.

A word that a static table lacks has a vector all the same (zero, by default), which says nothing about the embedding.
gensim's `evaluate_word_pairs` and the scripts of Faruqui & Dyer (2014) leave such targets out and tell how many; so do
we, unless the task's option `unknown` says otherwise.
"""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
from jaxtyping import Bool, Int64

from embedbench.cells import Cell
from embedbench.errors import DataError
from embedbench.tasks.suites import Unknown
from embedbench.types import Alignment, TaskSplit, WordVectors


class AlignedVectors(WordVectors, Protocol):
    """Word vectors that know which words the extractor did not know: a store."""

    @property
    def alignment(self) -> Alignment:
        """What happened between words and vectors."""
        ...


def unknown_rule(cell: Cell) -> Unknown:
    """The task's rule; a task without the option leaves out."""
    return cast(Unknown, getattr(cell.task, "unknown", Unknown.skip))


def has_unknown(spans: Int64[np.ndarray, "*spans 2"], vectors: AlignedVectors) -> Bool[np.ndarray, "*spans"]:
    """Whether a span has a word that the extractor does not know."""
    before = np.zeros(vectors.n_words + 1, np.int64)
    before[vectors.alignment.out_of_vocabulary + 1] = 1
    before = before.cumsum()
    return np.asarray(before[spans[..., 1]] > before[spans[..., 0]])


def refuse_none_left(cell: Cell, split: TaskSplit, left: int) -> None:
    """Refuses to score nothing.

    Raises:
        DataError: unknown words leave no target.
    """
    if not left:
        raise DataError(
            f"task {cell.task.meta.name}: every one of the {len(split)} targets has a word that {cell.extractor.name} "
            "does not know; set task.unknown=keep, or use an extractor with a larger vocabulary"
        )
