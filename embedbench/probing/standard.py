"""Standardised inputs: per layer and dimension, mean 0 and variance 1 over the train words that occur in targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from embedbench.errors import ContractError, NumericalError
from embedbench.progress import Progress, SilentProgress
from embedbench.types import TaskSplit, WordVectors

WORDS_PER_CHUNK = 2048
"""Words gathered at a time: about 20 MB of a model with 7 layers of 384 dimensions."""

_CONSTANT = 1e-7
"""A deviation below this fraction of the mean is rounding of a constant dimension, not signal."""


@dataclass(frozen=True, eq=False)
class Standard:
    """What turns vectors into standardised vectors: (vector - mean) * scale.

    Attributes:
        mean: per layer and dimension.
        scale: one over the standard deviation; 0 where a dimension is constant, which thereby stays 0.
    """

    mean: Float32[np.ndarray, "layers dim"]
    scale: Float32[np.ndarray, "layers dim"]


def words_of_targets(split: TaskSplit) -> Int64[np.ndarray, "words"]:
    """The positions of all words that occur in a span of a target, each once, ascending."""
    inside = np.zeros(split.corpus.n_words + 1, np.int64)
    np.add.at(inside, split.spans[..., 0].ravel(), 1)
    np.add.at(inside, split.spans[..., 1].ravel(), -1)
    return np.flatnonzero(np.cumsum(inside)[:-1]).astype(np.int64)


def measure_standard(
    vectors: WordVectors, positions: Int64[np.ndarray, "words"], progress: Progress | None = None
) -> Standard:
    """The mean and scale over these words, streamed, with float64 accumulators.

    Raises:
        ContractError: there is no word.
        NumericalError: a vector is not finite.
    """
    if not len(positions):
        raise ContractError("there is no word to standardise over; the train split has no target")
    shape = (vectors.n_layers, vectors.dim)
    total, squares = np.zeros(shape), np.zeros(shape)
    shift: np.ndarray | None = None
    with (progress or SilentProgress()).phase("standardising", len(positions), "word") as advance:
        for start in range(0, len(positions), WORDS_PER_CHUNK):
            chunk = gather_finite(vectors, positions[start : start + WORDS_PER_CHUNK])
            # Deviations from a nearby value: the difference of two large sums of squares would lose small variances.
            shift = chunk.mean(axis=0, dtype=np.float64).astype(np.float32) if shift is None else shift
            chunk -= shift
            total += chunk.sum(axis=0, dtype=np.float64)
            squares += np.einsum("wld,wld->ld", chunk, chunk, dtype=np.float64, casting="same_kind")
            advance(len(chunk))
    assert shift is not None
    mean = total / len(positions)
    deviation = np.sqrt(np.maximum(squares / len(positions) - mean**2, 0))
    mean += shift
    constant = deviation <= _CONSTANT * np.abs(mean)
    scale = np.where(constant, 0, 1 / np.where(constant, 1, deviation))
    return Standard(mean.astype(np.float32), scale.astype(np.float32))


def gather_finite(
    vectors: WordVectors, positions: Int64[np.ndarray, "words"]
) -> Float32[np.ndarray, "words layers dim"]:
    """The vectors at these positions.

    Raises:
        NumericalError: one of them is NaN or infinite; the message names word position and layer.
    """
    chunk = vectors.gather(positions)
    # A sum is finite only if every term is, and costs one pass without a temporary array.
    if not np.isfinite(chunk.sum(dtype=np.float64)):
        word, layer = np.argwhere(~np.isfinite(chunk).all(axis=2))[0]
        raise NumericalError(
            f"the vector of the word at position {positions[word]}, layer {layer}, holds a NaN or an infinity; "
            "probes need finite vectors: check the extractor (a float16 store overflows beyond 65504)"
        )
    return chunk
