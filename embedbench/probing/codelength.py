"""The online code in numbers: its blocks, what it costs to know nothing, and what is left of that. Always in bits.

Voita & Titov 2020, https://aclanthology.org/2020.emnlp-main.14, section 3.2: the labels are sent block by block; the
first block costs log2 K bits per target, each later one what a probe trained on the blocks before it gives. Their
code for control tasks adds nats to the bits of the first block; here natural logarithms never leave `bits`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from embedbench.errors import ContractError

CODELENGTH, COMPRESSION = "codelength", "compression"
"""The names of the two metrics: bits, and how many times shorter than the uniform code."""

PORTIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Where blocks end, as fractions of the train targets (their published code; section 3.3 rounds them)."""


def uniform_bits(n_targets: int, n_labels: int) -> float:
    """The bits that n labels of K kinds cost without any model: n log2 K.

    >>> uniform_bits(1000, 16)
    4000.0
    """
    return n_targets * math.log2(n_labels)


def bits(log_probabilities: Float64[np.ndarray, "*targets"]) -> float:
    """The bits that labels cost which were given these natural logarithms of probabilities.

    >>> round(bits(np.log([0.5, 0.25])), 12)
    3.0
    """
    return float(-log_probabilities.sum() / math.log(2))


def compression(codelength: float, n_targets: int, n_labels: int) -> float:
    """The uniform code divided by this code: 1 when the vectors tell nothing.

    Raises:
        ContractError: the code has no length, as with a single label, which leaves nothing to send.
    """
    if not codelength > 0:
        raise ContractError(
            f"a code of {codelength} bits for {n_targets} targets with {n_labels} labels has no compression; "
            "codelength needs at least two labels: set codelength=false for this task"
        )
    return uniform_bits(n_targets, n_labels) / codelength


def shuffled(
    clusters: Int64[np.ndarray, "targets"], seed: int
) -> tuple[Int64[np.ndarray, "targets"], Int64[np.ndarray, "clusters"]]:
    """The order in which targets are sent, and where in it each cluster ends.

    Whole clusters are shuffled, as the published code shuffles sentences: a word's neighbours are sent with it, so that
    no probe is trained on one half of a sentence and coded on the other. Targets of a cluster keep their order.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _SHUFFLE])))
    names, index, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    place = np.empty(len(names), np.int64)
    order = generator.permutation(len(names))
    place[order] = np.arange(len(names))
    return np.argsort(place[index], kind="stable").astype(np.int64), np.cumsum(sizes[order]).astype(np.int64)


_SHUFFLE = 0xC0DE
"""Sets this stream of random numbers apart from every other of the same seed."""


def block_ends(
    cluster_ends: Int64[np.ndarray, "clusters"], n_labels: int, portions: Sequence[float] = PORTIONS
) -> list[int]:
    """How many targets were sent at the end of every block; ends of clusters, strictly ascending, all targets last.

    A block ends with the first cluster that completes its portion. The first block has at least as many targets as
    there are labels, so that each could have been seen once; portions that are too small for that are left out.

    >>> block_ends(np.arange(2, 20_002, 2), 16)
    [20, 40, 80, 160, 320, 640, 1250, 2500, 5000, 10000, 20000]
    >>> block_ends(np.arange(1, 101), 16)
    [25, 50, 100]
    """
    total = int(cluster_ends[-1])
    wanted = [max(1, math.ceil(round(portion * total, 6))) for portion in portions if portion < 1]
    ends = [int(cluster_ends[np.searchsorted(cluster_ends, end)]) for end in wanted if end >= n_labels]
    return sorted({*ends, total})
