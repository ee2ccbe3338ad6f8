"""Trivial cues are counted as by hand, and the right one is chosen."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.scoring.cues import by_cue, trivial_cue
from embedbench.types import Corpus, TaskSplit


def split(sentences, spans, labels):
    spans = np.array(spans)
    return TaskSplit(Corpus.of([s.split() for s in sentences]), spans, np.array(labels), np.arange(len(spans)))


def test_two_words_of_a_sentence_have_a_signed_distance():
    train = split(["a b c d"], [[[0, 1], [1, 2]], [[1, 2], [2, 3]], [[2, 3], [1, 2]], [[3, 4], [0, 1]]], [1, 1, 0, 0])
    assert trivial_cue(train) == "distance"
    test = split(["x y z"], [[[0, 1], [1, 2]], [[1, 2], [0, 1]], [[0, 1], [2, 3]]], [0, 0, 0])
    # +1 was always 1, -1 always 0; +2 never seen: the majority, the smaller of equals.
    assert by_cue("distance")(train, test).tolist() == [1, 0, 0]


def test_two_sentences_have_words_in_common():
    train = split(["A b", "a B", "c d", "e f"], [[[0, 2], [2, 4]], [[4, 6], [6, 8]], [[0, 2], [4, 6]]], [1, 0, 0])
    assert trivial_cue(train) == "overlap"
    test = split(["x", "X", "y"], [[[0, 1], [1, 2]], [[0, 1], [2, 3]]], [0, 0])
    assert by_cue("overlap")(train, test).tolist() == [1, 0]


def test_sentences_have_a_length_and_words_have_none():
    train = split(["a b c", "d", "e f"], [[[0, 3]], [[3, 4]], [[4, 6]]], [2, 0, 1])
    assert trivial_cue(train) == "length"
    assert by_cue("length")(train, train).tolist() == [2, 0, 1]
    assert trivial_cue(split(["a b"], [[[0, 1]], [[1, 2]]], [0, 1])) is None


@pytest.mark.parametrize("name", ["distance", "overlap"])
def test_a_cue_on_real_pairs_runs_on_the_spans_alone(name):
    """Labels of the test split have no say."""
    train = split(["a b", "c d"], [[[0, 1], [1, 2]], [[2, 3], [3, 4]]], [0, 1])
    other = split(["a b", "c d"], [[[0, 1], [1, 2]], [[2, 3], [3, 4]]], [1, 0])
    assert by_cue(name)(train, train).tolist() == by_cue(name)(train, other).tolist()
