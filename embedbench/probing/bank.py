"""The bank: every distinct span vector of a split once, standardised, ready to be gathered batch by batch.

Mean-pooled spans are averaged here once instead of in every epoch; for linear mixes the mean over words and the mix
over layers commute. A token occurs in many targets (dependent here, head there) but only once in the bank.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from embedbench.mixing import normalise_words
from embedbench.probing.groups import Batch
from embedbench.probing.mapped import MappedVectors
from embedbench.probing.probes import Pooling
from embedbench.probing.standard import WORDS_PER_CHUNK, Standard, gather_finite, words_of_targets
from embedbench.progress import Progress, SilentProgress
from embedbench.types import TaskSplit, WordVectors


@dataclass(frozen=True, eq=False)
class Bank:
    """Standardised span vectors of one split.

    Attributes:
        values: layer by layer, so that each layer of a batch is one contiguous matrix.
        first: for every target and part the first row of `values`. A part is a span, or one end of a span.
        lengths: rows of every part; 1 unless the pooling is attentive.
        by_word: whether a part is its words, as attentive pooling needs them, instead of one vector.
        mapped: the file behind `values` where they are too many for memory.
    """

    values: Float32[Tensor, "layers rows dim"]
    first: Int64[np.ndarray, "targets parts"]
    lengths: Int64[np.ndarray, "targets parts"]
    by_word: bool
    mapped: MappedVectors | None = None

    def of(self, targets: Int64[np.ndarray, "chosen"]) -> Bank:
        """The bank of these targets only, in this order; the vectors are shared, not copied."""
        return replace(self, first=self.first[targets], lengths=self.lengths[targets])

    def window(self, targets: Int64[np.ndarray, "chosen"]) -> Bank:
        """The bank of these targets only, in this order, with their vectors in memory."""
        chosen = self.of(targets)
        if self.mapped is None or not len(targets):
            return chosen
        first, lengths = chosen.first.ravel(), chosen.lengths.ravel()
        into = np.cumsum(lengths) - lengths
        rows = np.unique(np.arange(lengths.sum(), dtype=np.int64) + np.repeat(first - into, lengths))
        moved = np.searchsorted(rows, chosen.first).astype(np.int64)
        return replace(chosen, values=self.mapped.rows(rows), first=moved, mapped=None)

    def batch(self, targets: Int64[np.ndarray, "batch"]) -> Batch:
        """The vectors of these targets; not copied where they lie side by side."""
        if not self.by_word and self.first.shape[1] == 1 and (run := _side_by_side(self.first[targets, 0])):
            return Batch(self.values[:, None, run], None, len(targets))
        first = np.ascontiguousarray(self.first[targets].T)
        n_parts, size = first.shape
        rows, segments = first.ravel(), None
        if self.by_word:
            lengths = np.ascontiguousarray(self.lengths[targets].T).ravel()
            segments = np.repeat(np.arange(len(rows)), lengths)
            into = np.cumsum(lengths) - lengths
            rows = np.arange(lengths.sum(), dtype=np.int64) + np.repeat(rows - into, lengths)
            n_parts = 1
        layers, _, dim = self.values.shape
        values, index = torch.empty(layers, len(rows), dim), torch.from_numpy(rows)
        for layer in range(layers):
            torch.index_select(self.values[layer], 0, index, out=values[layer])
        return Batch(
            values.view(layers, n_parts, -1, dim), None if segments is None else torch.from_numpy(segments), size
        )


def _side_by_side(rows: Int64[np.ndarray, "batch"]) -> slice | None:
    """The rows as a slice, if each follows the one before."""
    start, end = int(rows[0]), int(rows[-1]) + 1
    return slice(start, end) if end - start == len(rows) and bool((np.diff(rows) == 1).all()) else None


def build_bank(
    vectors: WordVectors,
    split: TaskSplit,
    standard: Standard,
    pooling: Pooling,
    *,
    normed: bool,
    memory_bytes: int,
    progress: Progress | None = None,
) -> Bank:
    """The bank of a split.

    Args:
        vectors: layered vectors of the split's corpus.
        split: whose spans.
        standard: measured on train.
        pooling: decides what a row is: a mean-pooled span, or (endpoint, attentive) a word.
        normed: whether each layer of each word is normalised on its own after standardising and before pooling.
        memory_bytes: a larger bank lives in a temporary file that is mapped into memory and has no name.
        progress: told of the spans done.

    Raises:
        NumericalError: a vector is not finite.
    """
    starts, ends = split.spans[..., 0], split.spans[..., 1]
    if pooling is Pooling.endpoint:
        words = np.stack([starts, ends - 1], axis=-1).reshape(len(split), -1)
        starts, ends = words, words + 1
    width = split.corpus.n_words + 1
    if pooling is Pooling.attentive:
        rows = words_of_targets(split)
        first, lengths = np.searchsorted(rows, starts).astype(np.int64), ends - starts
        row_starts, row_ends = rows, rows + 1
    else:
        keys, inverse = np.unique(starts * width + ends, return_inverse=True)
        first, lengths = inverse.reshape(starts.shape).astype(np.int64), np.ones_like(starts)
        row_starts, row_ends = keys // width, keys % width
    shape = (vectors.n_layers, len(row_starts), vectors.dim)
    mapped = MappedVectors.of(shape) if 4 * shape[0] * shape[1] * shape[2] > memory_bytes else None
    values = torch.zeros(shape, dtype=torch.float32) if mapped is None else mapped.values
    with (progress or SilentProgress()).phase("pooling spans", len(row_starts), "span") as advance:
        for begin, end in _chunks(row_ends - row_starts):
            values[:, begin:end] = _pooled(vectors, row_starts[begin:end], row_ends[begin:end], standard, normed)
            advance(end - begin)
    return Bank(values, first, lengths, pooling is Pooling.attentive, mapped)


def _pooled(
    vectors: WordVectors,
    starts: Int64[np.ndarray, "spans"],
    ends: Int64[np.ndarray, "spans"],
    standard: Standard,
    normed: bool,
) -> Float32[Tensor, "layers spans dim"]:
    lengths = ends - starts
    into = np.cumsum(lengths) - lengths
    positions = np.arange(lengths.sum(), dtype=np.int64) + np.repeat(starts - into, lengths)
    words = gather_finite(vectors, positions)
    words -= standard.mean
    words *= standard.scale
    if normed:
        words = normalise_words(torch.from_numpy(words)).numpy()
    if len(words) > len(starts):
        words = np.add.reduceat(words, into, axis=0)
        words /= lengths[:, None, None].astype(np.float32)
    return torch.from_numpy(words).transpose(0, 1)


def _chunks(lengths: Int64[np.ndarray, "spans"]) -> list[tuple[int, int]]:
    """Ranges of spans with about `WORDS_PER_CHUNK` words each."""
    done = np.cumsum(lengths)
    if not len(done):
        return []
    cuts = np.searchsorted(done, np.arange(WORDS_PER_CHUNK, int(done[-1]), WORDS_PER_CHUNK), side="right")
    edges = np.unique(np.concatenate([[0], cuts, [len(done)]])).tolist()
    return list(pairwise(edges))
