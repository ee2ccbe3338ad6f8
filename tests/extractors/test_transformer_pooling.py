"""Vectorised pooling equals a loop over words, however the pieces are spread over batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.extractors.batching import flat_ranges, sorted_batches
from embedbench.extractors.piece_pooling import Pooling, WordPooling

OF_A_WORD = {
    Pooling.mean: lambda v: v.mean(0),
    Pooling.max: lambda v: v.max(0),
    Pooling.first: lambda v: v[0],
    Pooling.last: lambda v: v[-1],
}


@pytest.mark.parametrize("pooling", list(Pooling))
@given(
    counts=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 40)),
    seed=st.integers(0, 9),
)
@settings(deadline=None)
def test_pooling_equals_a_loop_over_words(pooling, counts, cuts, seed):
    rng = np.random.default_rng(seed)
    words = np.repeat(np.arange(len(counts)), counts)
    vectors = rng.normal(size=(len(words), 2, 3)).astype(np.float32)
    pools = WordPooling.of(pooling, words, len(counts))
    values = pools.empty(2, 3)
    parts = np.split(np.arange(len(words)), sorted(cut for cut in cuts if cut < len(words)))
    for part in rng.permutation(len(parts)):
        pieces = parts[part]
        # A batch holds other cells too, such as special pieces and padding.
        cells = rng.permutation(len(pieces) + 3)[: len(pieces)]
        batch = np.full((len(pieces) + 3, 2, 3), np.nan, np.float32)
        batch[cells] = vectors[pieces]
        pools.write(values, [torch.from_numpy(batch[:, k].copy()) for k in range(2)], pieces, cells)
    expected = np.stack([OF_A_WORD[pooling](vectors[words == word]) for word in range(len(counts))])
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_half_precision_pieces_are_averaged_in_single_precision():
    pieces = torch.tensor([[1.0], [1.0078125]], dtype=torch.bfloat16)
    pools = WordPooling.of(Pooling.mean, np.array([0, 0]), 1)
    values = pools.empty(1, 1)
    pools.write(values, [pieces], np.arange(2), np.arange(2))
    assert values[0, 0, 0] == 1.00390625


@given(lengths=st.lists(st.integers(0, 50), max_size=30), budget=st.integers(1, 200))
def test_batches_hold_every_sequence_once_within_the_budget(lengths, budget):
    sizes = np.array(lengths, dtype=np.int64)
    batches = list(sorted_batches(sizes, budget))
    assert sorted(np.concatenate(batches).tolist() if batches else []) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(sizes[batch].max(), 1) <= budget
    longest = [sizes[batch].max() for batch in batches]
    assert longest == sorted(longest, reverse=True)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=8))
def test_flat_ranges_are_the_ranges_in_order(ranges):
    starts, sizes = np.array(ranges, dtype=np.int64).reshape(-1, 2).T
    expected = [p for start, size in ranges for p in range(start, start + size)]
    assert flat_ranges(starts, sizes).tolist() == expected
