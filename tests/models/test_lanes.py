"""Lanes read every word once, sentences whole and in order, and waste no step."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedbench.models.lanes import Lanes

LENGTHS = st.lists(st.integers(0, 12), max_size=150)


def read_out(lanes, reads):
    """The words of each lane, in the order in which it reads them."""
    words = [[] for _ in range(max(lanes.running, default=0))]
    at = 0
    for running in lanes.running:
        for lane, word in enumerate(reads[at : at + running].tolist()):
            words[lane].append(word)
        at += running
    assert at == len(reads)
    return words


def sentences_of(lengths):
    ends = np.cumsum(lengths, dtype=int)
    return [tuple(range(end - size, end)) for end, size in zip(ends.tolist(), lengths, strict=True) if size]


@given(LENGTHS)
def test_a_lane_restarts_exactly_where_a_sentence_begins(lengths):
    lanes = Lanes.balanced(lengths)
    assert list(lanes.running) == sorted(lanes.running, reverse=True)
    found = []
    for lane, (forward, backward) in enumerate(
        zip(read_out(lanes, lanes.forward), read_out(lanes, lanes.backward), strict=True)
    ):
        cuts = [0, *(step for step, starting in sorted(lanes.restarts.items()) if lane in starting), len(forward)]
        for first, last in itertools.pairwise(cuts):
            found.append(tuple(forward[first:last]))
            assert backward[first:last] == forward[first:last][::-1]
    assert sorted(found) == sentences_of(lengths)


@given(LENGTHS, st.integers(1, 5))
def test_a_carrying_lane_never_restarts_and_keeps_the_order(lengths, n):
    lanes = Lanes.carrying(lengths, n)
    assert not lanes.restarts
    words = [[word for k in range(lane, len(lengths), n) for word in range(sum(lengths[:k]), sum(lengths[: k + 1]))]
             for lane in range(n)]  # fmt: skip
    assert sorted(read_out(lanes, lanes.forward)) == sorted(lane for lane in words if lane)


@given(LENGTHS, st.integers(1, 400))
def test_blocks_cover_all_steps_within_the_budget(lengths, budget):
    lanes = Lanes.balanced(lengths)
    blocks = lanes.blocks(budget)
    assert [step for block in blocks for step in block] == list(range(len(lanes.running)))
    for block in blocks:
        assert len(block) == 1 or sum(lanes.running[step] for step in block) <= budget


def test_lanes_of_ordinary_text_are_nearly_equal():
    lengths = np.random.default_rng(0).integers(3, 40, 1000).tolist()
    running = Lanes.balanced(lengths).running
    assert max(running) == 192
    assert sum(running) / (len(running) * max(running)) > 0.95
