"""Baselines that see no vector."""

from __future__ import annotations

import numpy as np
import pytest
from labelled_words import english_ewt, pairs, tokens

from embedbench.errors import DataError
from embedbench.scoring.baselines import majority, word_majority
from embedbench.types import Corpus, TaskSplit


def test_majority_is_the_commonest_train_label_and_ties_go_to_the_smaller_index():
    train, test = tokens([["a", "b", "c", "d"]], [2, 1, 2, 1]), tokens([["x", "y"]], [0, 0])
    assert majority(train, test).tolist() == [1, 1]


def test_words_have_their_own_majority_and_unknown_ones_the_overall():
    train = tokens([["run", "run", "run", "dog"], ["the", "The", "the"]], [1, 1, 2, 3, 0, 4, 0])
    test = tokens([["run", "dog", "The", "the", "cat"]], [0] * 5)
    assert word_majority(train, test).tolist() == [1, 3, 4, 0, 0]


def test_a_word_unknown_as_written_is_looked_up_without_case():
    train = tokens([["a", "a", "a", "House", "house", "house", "Dog"]], [0, 0, 0, 1, 2, 2, 3])
    test = tokens([["House", "HOUSE", "DOG", "cat"]], [0] * 4)
    assert word_majority(train, test).tolist() == [1, 2, 3, 0]


def test_ties_within_a_word_go_to_the_smaller_index():
    train, test = tokens([["x", "x", "x", "x"]], [3, 1, 1, 3]), tokens([["x"]], [0])
    assert word_majority(train, test).tolist() == [1]


def test_pairs_back_off_to_the_first_word_then_to_the_overall_majority():
    train = pairs(["a b", "a b", "a c", "a c", "a c", "d e", "d e"], [1, 1, 2, 2, 2, 1, 1])
    test = pairs(["a b", "a z", "z b"], [0, 0, 0])
    assert word_majority(train, test).tolist() == [1, 2, 1]


def test_spans_of_other_lengths_are_other_words():
    corpus = Corpus.of([["new", "york", "new"]])
    split = TaskSplit(corpus, np.array([[[0, 2]], [[2, 3]]]), np.array([1, 0]), np.array([0, 0]))
    assert word_majority(split, split).tolist() == [1, 0]


def test_an_empty_train_split_is_refused():
    empty = TaskSplit(Corpus.of([]), np.zeros((0, 1, 2), np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))
    with pytest.raises(DataError, match="train split is empty"):
        majority(empty, empty)


def test_figures_of_english_ewt(data_folder):
    """Majority 16.4 and word majority 86.66, as computed independently for UD 2.x English-EWT test."""
    train, test, _ = english_ewt(data_folder)
    assert 100 * np.mean(majority(train, test) == test.labels) == pytest.approx(16.4, abs=0.05)
    assert 100 * np.mean(word_majority(train, test) == test.labels) == pytest.approx(86.66, abs=0.05)
