"""Blocks of pieces that a transformer is trained on: whole sentences of one document, as many as fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from embedbench.extractors.batching import flat_ranges
from embedbench.pretraining.pieces import PieceText


@dataclass(frozen=True, eq=False)
class Blocks:
    """Runs of pieces `[start, start + length)` of a text.

    Attributes:
        start: the first piece of each.
        length: its pieces.
        n_words: the words that begin in it.
    """

    start: Int64[np.ndarray, "blocks"]
    length: Int64[np.ndarray, "blocks"]
    n_words: Int64[np.ndarray, "blocks"]


def blocks_of(text: PieceText, capacity: int) -> Blocks:
    """Every piece once, in order: sentences are joined while they fit, and cut where one alone does not."""
    last_of_document = np.zeros(len(text.n_words) + 1, dtype=bool)
    last_of_document[text.documents] = True
    starts: list[int] = []
    lengths: list[int] = []
    begin = end = 0
    for sentence in range(len(text.n_words)):
        first, last = int(text.offsets[sentence]), int(text.offsets[sentence + 1])
        if end > begin and (last - begin > capacity or last_of_document[sentence]):
            starts.append(begin)
            lengths.append(end - begin)
            begin = first
        while last - begin > capacity:
            starts.append(begin)
            lengths.append(capacity)
            begin += capacity
        end = last
    if end > begin:
        starts.append(begin)
        lengths.append(end - begin)
    start, length = np.array(starts, dtype=np.int64), np.array(lengths, dtype=np.int64)
    begins = np.ones(len(text.ids), dtype=np.int64)
    begins[1:] = text.words[1:] != text.words[:-1]
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(begins)])
    return Blocks(start, length, before[start + length] - before[start])


def padded(
    text: PieceText, start: Int64[np.ndarray, "rows"], length: Int64[np.ndarray, "rows"], padding: int
) -> Int64[np.ndarray, "rows columns"]:
    """These runs as rows of one width."""
    cells = np.full((len(start), max(int(length.max()), 1)), padding, dtype=np.int64)
    cells[np.arange(cells.shape[1])[None, :] < length[:, None]] = text.ids[flat_ranges(start, length)]
    return cells


def whole_words(
    words: Int64[np.ndarray, "pieces"], share: float, generator: np.random.Generator
) -> Int64[np.ndarray, "chosen"]:
    """The pieces of a random choice of words, about `share` of all words and at least one."""
    first = np.concatenate([[True], words[1:] != words[:-1]])
    number = np.cumsum(first) - 1
    n = int(number[-1]) + 1
    chosen = generator.random(n) < share
    if not chosen.any():
        chosen[generator.integers(n)] = True
    return np.flatnonzero(chosen[number])
