"""Decoding heads: the best tree by trying all trees, always one root, and what is refused."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest

from embedbench.errors import MissingExtraError, NumericalError
from embedbench.probing import allennlp
from embedbench.probing.head_decoding import greedy_heads, is_tree, tree_heads


@cache
def all_trees(n: int) -> list[tuple[int, ...]]:
    """Every assignment of choices in which each word leads to the one word below the root, found by walking up."""

    def rooted(choices) -> bool:
        for word in range(1, n + 1):
            steps = 0
            while word and steps <= n:
                word, steps = choices[word - 1], steps + 1
            if word:
                return False
        return choices.count(0) == 1

    return [choices for choices in product(range(n + 1), repeat=n) if rooted(choices)]


def total(scores, choices) -> float:
    return float(sum(scores[word, choice] for word, choice in enumerate(choices)))


def random_scores(rng, n) -> np.ndarray:
    scores = np.log(rng.dirichlet(np.ones(n + 1), n))
    scores[np.arange(n), np.arange(1, n + 1)] = -np.inf
    return scores


def test_there_are_as_many_trees_as_cayley_says() -> None:
    """n to the power of n - 1 rooted labelled trees (Cayley 1889)."""
    assert [len(all_trees(n)) for n in range(1, 6)] == [n ** (n - 1) for n in range(1, 6)]


@pytest.mark.parametrize("n", range(1, 6))
def test_the_tree_is_the_best_of_all_trees(n) -> None:
    rng = np.random.default_rng(n)
    not_greedy = 0
    for _ in range(40):
        scores = random_scores(rng, n)
        found = tree_heads(scores)
        best = max(all_trees(n), key=lambda choices: total(scores, choices))
        assert tuple(found.tolist()) == best
        not_greedy += not np.array_equal(found, greedy_heads(scores))
    assert not_greedy > 5 or n < 3


def test_a_tree_has_one_root_also_where_the_root_is_everybodys_best_head() -> None:
    scores = np.full((6, 7), -9.0)
    scores[:, 0] = -0.1
    scores[3, 0] = 0.0
    found = tree_heads(scores)
    assert greedy_heads(scores).tolist() == [0] * 6
    assert is_tree(found)
    assert found[3] == 0


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_it_is_always_a_tree(n) -> None:
    rng = np.random.default_rng(n)
    for scale in (0, 1, 60):
        for _ in range(5):
            scores = np.round(rng.normal(size=(n, n + 1)) * scale)  # many ties
            assert is_tree(tree_heads(scores))
            assert is_tree(tree_heads(scores.astype(np.float32)))


def test_scores_are_left_as_they_are() -> None:
    scores = random_scores(np.random.default_rng(1), 5)
    before = scores.copy()
    tree_heads(scores)
    np.testing.assert_array_equal(scores, before)


def test_scores_that_are_no_numbers_are_refused() -> None:
    scores = np.zeros((3, 4))
    scores[1, 0] = np.nan
    with pytest.raises(NumericalError, match="not finite"):
        tree_heads(scores)


def test_without_allennlp_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setattr(allennlp, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'embedbench\[elmo\]'"):
        tree_heads(np.zeros((3, 4)))
