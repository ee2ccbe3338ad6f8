"""Overlapping windows over sentences that are longer than a model can read at once. Nothing is truncated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64


@dataclass(frozen=True, eq=False)
class Windows:
    """What the model reads, and which of it is kept; ranges of piece positions, half-open.

    Attributes:
        start, end: what each window reads.
        kept_start, kept_end: the pieces whose vectors come from this window. The kept ranges of all windows cover
            every piece exactly once.
        windowed: per sentence, whether it needed more than one window.
    """

    start: Int64[np.ndarray, "windows"]
    end: Int64[np.ndarray, "windows"]
    kept_start: Int64[np.ndarray, "windows"]
    kept_end: Int64[np.ndarray, "windows"]
    windowed: Bool[np.ndarray, "sentences"]


def plan_windows(
    offsets: Int64[np.ndarray, "sentences_plus_one"], capacity: int | None, overlap: int, *, causal: bool
) -> Windows:
    """The windows of every sentence; empty sentences get none.

    Neighbouring windows share at least `overlap` pieces (half the capacity where that is less), and each piece is kept
    from the window in which it has the most context: for a bidirectional model the nearer edge of the window is as far
    away as possible, for a causal one as much as possible lies to the left.

    Args:
        offsets: the piece position at which each sentence starts, and the number of pieces at the end.
        capacity: pieces per window, special pieces not counted; None reads every sentence whole.
        overlap: pieces that neighbouring windows share.
        causal: whether the model looks only to the left.

    >>> plan = plan_windows(np.array([0, 3, 13]), 6, 2, causal=False)
    >>> list(zip(plan.start.tolist(), plan.end.tolist(), plan.kept_start.tolist(), plan.kept_end.tolist()))
    [(0, 3, 0, 3), (3, 9, 3, 8), (7, 13, 8, 13)]
    """
    lengths = np.diff(offsets)
    windowed = np.zeros(len(lengths), dtype=np.bool_) if capacity is None else lengths > capacity
    parts = []
    for sentence in np.flatnonzero(lengths):
        first, last = int(offsets[sentence]), int(offsets[sentence + 1])
        if windowed[sentence] and capacity is not None:
            parts.append(_cover(first, last, capacity, min(overlap, capacity // 2), causal=causal))
        else:
            parts.append(np.array([[first, last, first, last]], dtype=np.int64))
    columns = np.concatenate(parts) if parts else np.zeros((0, 4), np.int64)
    return Windows(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3], windowed)


def _cover(first: int, last: int, capacity: int, overlap: int, *, causal: bool) -> Int64[np.ndarray, "windows 4"]:
    """Evenly spaced windows of full capacity over `[first, last)`, which is longer than one window."""
    n = -(-(last - first - overlap) // (capacity - overlap))
    start = first + np.arange(n, dtype=np.int64) * (last - first - capacity) // (n - 1)
    end = start + capacity
    # Where the distance to the right edge of one window equals that to the left edge of the next.
    cut = end[:-1] if causal else (end[:-1] - 1 + start[1:]) // 2 + 1
    return np.stack([start, end, np.concatenate([[first], cut]), np.concatenate([cut, [last]])], axis=1)
