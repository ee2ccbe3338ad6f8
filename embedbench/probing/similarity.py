"""Graded similarity without training: the cosine of a target's two mean-pooled span vectors, per mix."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float64

from embedbench.errors import ContractError
from embedbench.mixing import Mix, mix_layers
from embedbench.probing.standard import WORDS_PER_CHUNK, gather_finite
from embedbench.types import TaskSplit, WordVectors


def similarities(vectors: WordVectors, split: TaskSplit, mixes: Sequence[Mix]) -> Float64[np.ndarray, "mixes targets"]:
    """The cosine of the two spans of every target, under every mix; a zero vector gives 0.

    Vectors are taken as the extractor gives them: there is no train split to standardise on. A learned mix that was
    never trained would be the plain mean, so it is refused.

    Raises:
        ContractError: the targets do not have two spans, or a mix is learned.
        NumericalError: a vector is not finite.
    """
    if split.spans.shape[1] != 2:
        raise ContractError(f"similarity needs targets of two spans; these have {split.spans.shape[1]}")
    for mix in mixes:
        if mix.learned:
            raise ContractError(
                f"mix {mix.label} is learned, and similarity trains nothing; use single, mean or concat"
            )
    cosines = np.zeros((len(mixes), len(split)))
    for begin, end in _chunks(split):
        spans = split.spans[begin:end]
        positions = np.concatenate([np.arange(a, b) for a, b in spans.reshape(-1, 2).tolist()])
        lengths = (spans[..., 1] - spans[..., 0]).reshape(-1)
        words = gather_finite(vectors, positions).astype(np.float64)
        pooled = np.add.reduceat(words, np.cumsum(lengths) - lengths, axis=0) / lengths[:, None, None]
        for row, mix in enumerate(mixes):
            mixed = mix_layers(torch.from_numpy(pooled), mix).numpy().reshape(end - begin, 2, -1)
            dots = np.einsum("td,td->t", mixed[:, 0], mixed[:, 1])
            norms = np.linalg.norm(mixed[:, 0], axis=1) * np.linalg.norm(mixed[:, 1], axis=1)
            cosines[row, begin:end] = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
    return cosines


def _chunks(split: TaskSplit) -> list[tuple[int, int]]:
    """Ranges of targets with about `WORDS_PER_CHUNK` words each."""
    done = np.cumsum((split.spans[..., 1] - split.spans[..., 0]).sum(axis=1))
    if not len(done):
        return []
    cuts = np.searchsorted(done, np.arange(WORDS_PER_CHUNK, int(done[-1]), WORDS_PER_CHUNK), side="right")
    edges = np.unique(np.concatenate([[0], cuts, [len(done)]])).tolist()
    return list(pairwise(edges))
