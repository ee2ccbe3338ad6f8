"""Batches of sequences of similar length, so that little is padded and the matrices fit the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int64


def sorted_batches(lengths: Int64[np.ndarray, "sequences"], budget: int) -> Iterator[Int64[np.ndarray, "batch"]]:
    """The sequences in batches, longest first, each at most `budget` cells when padded to its longest sequence.

    A sequence longer than the budget is a batch of its own; sequences of equal length keep their order.

    >>> [batch.tolist() for batch in sorted_batches(np.array([3, 1, 2, 2]), 6)]
    [[0, 2], [3, 1]]
    """
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        longest = max(int(lengths[order[first]]), 1)
        last = first + max(budget // longest, 1)
        yield order[first:last]
        first = last


def flat_ranges(
    starts: Int64[np.ndarray, "ranges"], sizes: Int64[np.ndarray, "ranges"]
) -> Int64[np.ndarray, "positions"]:
    """Every position of the ranges `[start, start + size)`, one range after the other.

    >>> flat_ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    positions: Int64[np.ndarray, "positions"] = np.arange(total, dtype=np.int64)
    positions += np.repeat(starts - (ends - sizes), sizes)
    return positions
