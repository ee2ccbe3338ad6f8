"""In which order train targets are seen: shuffled, yet read from nearby places for a while."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

WINDOW = 4096
"""Targets that are shuffled among each other: 4 batches, whose vectors fit into little memory."""
_BLOCK = 16
"""Neighbours that come into a window together, about a sentence of words: what a disk reads at once."""


def shuffled(n_targets: int, generator: np.random.Generator) -> Int64[np.ndarray, "targets"]:
    """Every target once. Up to a window of them, all orders are equally likely.

    Beyond that, blocks of neighbours are drawn at random into windows, and targets are shuffled within each. A batch is
    then drawn from hundreds of places of the corpus, but a window of batches reads every place once, and as a piece:
    vectors that do not fit into memory come from the disk once per pass instead of once per target.

    >>> sorted(shuffled(5, np.random.default_rng(0)).tolist())
    [0, 1, 2, 3, 4]
    """
    if n_targets <= WINDOW:
        return generator.permutation(n_targets)
    blocks = generator.permutation(-(-n_targets // _BLOCK))
    order = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
    order = order[order < n_targets]
    for start in range(0, n_targets, WINDOW):
        generator.shuffle(order[start : start + WINDOW])
    return order
