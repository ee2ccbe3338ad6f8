"""The order of train targets is a permutation that depends on the seed, and reads nearby for a while."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedbench.probing.orders import WINDOW, shuffled


@given(st.integers(0, 4 * WINDOW), st.integers(0, 2**32))
def test_every_target_comes_once_and_the_seed_decides_when(n, seed):
    order = shuffled(n, np.random.default_rng(seed))
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    np.testing.assert_array_equal(order, shuffled(n, np.random.default_rng(seed)))


def test_few_targets_come_in_any_order():
    generator = np.random.default_rng(0)
    found = {tuple(shuffled(3, generator)) for _ in range(200)}
    assert len(found) == 6


def test_a_window_reads_pieces_and_every_batch_comes_from_all_over():
    n, batch = 12 * WINDOW, 1024
    order = shuffled(n, np.random.default_rng(0))
    for start in range(0, n, WINDOW):
        window = np.sort(order[start : start + WINDOW])
        pieces = 1 + int((np.diff(window) > 1).sum())
        assert pieces <= WINDOW // 16 + 2
    # Tenths of the corpus have their share of every batch: about 102 of 1,024, from 256 blocks.
    for start in range(0, n, batch):
        share = np.bincount(order[start : start + batch] * 10 // n, minlength=10)
        assert share.min() > 20
        assert share.max() < 220
