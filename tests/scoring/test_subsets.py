"""Which test targets have words that training knew."""

from __future__ import annotations

import numpy as np
import pytest
from labelled_words import english_ewt, pairs, tokens

from embedbench.scoring.baselines import word_majority
from embedbench.scoring.subsets import SUBSETS, subsets
from embedbench.types import Corpus, TaskSplit


def as_lists(found):
    return {name: np.flatnonzero(rows).tolist() for name, rows in found.items()}


def spans(sentences, ends, labels, questions=None) -> TaskSplit:
    corpus = Corpus.of(sentence.split() for sentence in sentences)
    bounds = np.array(ends)[:, None, :]
    return TaskSplit(corpus, bounds, np.array(labels), corpus.sentence_of(bounds[:, 0, 0]), questions)


def test_words_are_told_apart_exactly_as_written():
    train = tokens([["run", "dog", "the"], ["run", "the", "House"]], [0, 1, 2, 1, 2, 1])
    test = tokens([["run", "dog", "The", "the"], ["house", "run"]], [0] * 6)
    assert as_lists(subsets(train, test)) == {
        "seen": [0, 1, 3, 5],
        "unseen": [2, 4],
        "ambiguous": [0, 5],
        "unambiguous": [1, 3],
    }


@pytest.mark.parametrize(("usual", "subset"), [(18, "ambiguous"), (19, "unambiguous")])
def test_a_word_is_ambiguous_below_a_share_of_95_percent(usual, subset):
    train = tokens([["that"] * (usual + 1)], [0] * usual + [1])
    found = as_lists(subsets(train, tokens([["that", "x"]], [0, 0])))
    assert found == {"seen": [0], "unseen": [1], subset: [0]}


def test_empty_subsets_are_left_out():
    train = tokens([["a", "b"]], [0, 1])
    assert list(subsets(train, tokens([["a", "b"]], [0, 0]))) == ["seen", "unambiguous"]
    assert list(subsets(train, tokens([["c", "d"]], [0, 0]))) == ["unseen"]


def test_the_word_of_a_span_is_its_words_in_a_row_within_a_sentence():
    train = spans(["in New York now", "a new New", "York x"], [[1, 3], [4, 5]], [0, 1])
    test = spans(["New York a", "new New York", "York in New"], [[0, 2], [3, 5], [4, 6], [6, 7], [6, 8]], [0] * 5)
    #            New York   new New   New York   York    York in
    assert as_lists(subsets(train, test)) == {"seen": [0, 1, 2, 3], "unseen": [4], "unambiguous": [0, 2]}


def test_the_word_of_an_arc_is_its_dependent():
    train = pairs(["a b", "a c", "d b"], [0, 1, 1])
    test = pairs(["a z", "d z", "z a"], [0, 0, 0])
    assert as_lists(subsets(train, test)) == {"seen": [0, 1], "unseen": [2], "ambiguous": [0], "unambiguous": [1]}


def test_labels_are_compared_question_by_question():
    ends, asked = [[0, 1], [0, 1]], np.array(["moved", "alive"])
    train = spans(["dog runs"], ends, [0, 1], asked)
    test = spans(["dog sits"], [*ends, [1, 2], [1, 2]], [0] * 4, np.array(["moved", "alive"] * 2))
    by_words = {"seen": [0, 1], "unseen": [2, 3], "unambiguous": [0, 1]}
    assert as_lists(subsets(train, test)) == {**by_words, "alive": [1, 3], "moved": [0, 2]}


def test_whole_sentences_have_no_subsets():
    split = spans(["a b", "c"], [[0, 2], [2, 3]], [0, 1])
    assert subsets(split, split) == {}


def test_figures_of_english_ewt(data_folder):
    """Out of vocabulary 9.1 % and ambiguous 25.5 %, with word majorities of 86.7 and 75.2, computed independently."""
    train, test, _ = english_ewt(data_folder)
    found = subsets(train, test)
    assert tuple(found) == SUBSETS
    assert {name: int(rows.sum()) for name, rows in found.items()} == {
        "seen": 22_802,
        "unseen": 2_292,
        "ambiguous": 6_391,
        "unambiguous": 16_411,
    }
    assert 100 * found["unseen"].mean() == pytest.approx(9.1, abs=0.05)
    assert 100 * found["ambiguous"].mean() == pytest.approx(25.5, abs=0.05)
    right = word_majority(train, test) == test.labels
    assert 100 * right[found["ambiguous"]].mean() == pytest.approx(75.2, abs=0.05)
