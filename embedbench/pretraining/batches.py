"""The order in which sentences are trained on: by seed and epoch alone."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

_POOL = 50


def shuffled_batches(
    lengths: Int64[np.ndarray, "sentences"], cells_per_batch: int, *, seed: int, epoch: int
) -> list[Int64[np.ndarray, "members"]]:
    """Every sentence once, in batches of similar length and at most `cells_per_batch` cells when padded.

    Sentences are shuffled, sorted by length within pools of about 50 batches, cut, and the batches shuffled again: so
    little is padded and batches stay random. A longer sentence is a batch of its own.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    pool = max(1, int(_POOL * cells_per_batch / max(lengths.mean(), 1)))
    batches: list[np.ndarray] = []
    for start in range(0, len(order), pool):
        members = order[start : start + pool]
        members = members[np.argsort(lengths[members], kind="stable")]
        first = 0
        for last in range(1, len(members) + 1):
            if last == len(members) or (last - first + 1) * lengths[members[last]] > cells_per_batch:
                batches.append(members[first:last])
                first = last
    return [batches[k].astype(np.int64) for k in rng.permutation(len(batches))]
