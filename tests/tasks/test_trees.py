"""Trees as columns: roles, faults, depths and distances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedbench.errors import ContractError
from embedbench.tasks.tree_columns import Role, Trees, tree_depths, tree_distances, tree_fault
from embedbench.tasks.trees import TreeDistance
from embedbench.types import Corpus, Split, TaskSplit

FILES = {"train": "grammar:train:9:5", "dev": "grammar:dev:9:5", "test": "grammar:test:40:5"}


def test_roles_follow_the_tags_that_are_left_out() -> None:
    trees = Trees.of(TreeDistance(files=FILES).split(Split.TEST))
    assert {Role(r) for r in np.unique(trees.roles)} == {Role.WORD, Role.LEFT_OUT, Role.VERB}
    verbs = Trees.of(TreeDistance(files=FILES, left_out=("VERB",)).split(Split.TEST))
    np.testing.assert_array_equal(verbs.kept, trees.roles != Role.VERB)
    # An edge is gone with either of its ends.
    own = np.arange(len(verbs.heads))
    assert (verbs.edges[~verbs.kept] == 0).all()
    assert (verbs.edges[~verbs.kept[own + verbs.heads]] == 0).all()


def test_distances_are_those_of_breadth_first_search() -> None:
    from scipy.sparse.csgraph import shortest_path

    trees = Trees.of(TreeDistance(files=FILES).split(Split.TEST))
    for start, end in zip(trees.offsets[:-1].tolist(), trees.offsets[1:].tolist(), strict=True):
        heads = trees.heads[start:end]
        graph = np.zeros((len(heads), len(heads)))
        graph[np.arange(len(heads)), np.arange(len(heads)) + heads] = 1
        np.fill_diagonal(graph, 0)
        by_scipy = shortest_path(graph, directed=False, unweighted=True)
        np.testing.assert_array_equal(tree_distances(heads), by_scipy)
        np.testing.assert_array_equal(tree_depths(heads), by_scipy[int(np.flatnonzero(heads == 0)[0])])


def split_of(heads, labels=None) -> TaskSplit:
    """Two sentences of three words each."""
    words = np.arange(6)
    spans = np.stack([np.stack([w, w + 1], axis=-1) for w in (words, np.array(heads))], axis=1)
    return TaskSplit(
        Corpus.of([["a", "b", "c"]] * 2), spans, np.zeros(6, np.int64) if labels is None else labels, words // 3
    )


@pytest.mark.parametrize(
    ("split", "fault"),
    [
        (split_of([0, 0, 1, 3, 3, 4]), ""),
        (split_of([0, 0, 1, 2, 3, 4]), "the head of word 3 lies in another sentence"),
        (split_of([0, 1, 1, 3, 3, 4]), "sentence 0 has 2 roots"),
        (split_of([0, 0, 1, 3, 5, 4]), "the heads of word 4 run in a circle"),
        (split_of([0, 0, 1, 3, 3, 4], np.full(6, 3)), "labels are [3]"),
        (
            replace(split_of([0, 0, 1, 3, 3, 4]), spans=split_of([0, 0, 1, 3, 3, 4]).spans[:, :1]),
            "expected (words, 2, 2)",
        ),
    ],
)
def test_what_is_no_tree_is_named(split, fault) -> None:
    assert tree_fault(split).startswith(fault) or fault in tree_fault(split)
    assert bool(tree_fault(split)) == bool(fault)
    if fault:
        with pytest.raises(ContractError, match="holds no trees"):
            Trees.of(split)
