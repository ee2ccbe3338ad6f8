"""Exact match and F1 against SQuAD's official evaluation: every expected number was worked out by its rules by hand."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.scoring.answers import answer_f1, exact_match, normalised
from embedbench.scoring.intervals import Bootstrap, estimates
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Cat", "cat"),
        ("a  an\tthe", ""),
        ("theatre another", "theatre another"),
        ("U.S.-based", "usbased"),
        ("the-cat", "thecat"),  # punctuation goes first, so that there is no article left
        ("“the” cat", "“ ” cat"),  # only ASCII punctuation goes, and then the article between the quotes
        ("$3.50 (a)", "350"),
        ("Ünïcode\u00a0A", "ünïcode"),
    ],
)
def test_texts_are_normalised_as_squad_does(text, expected) -> None:
    assert normalised(text) == expected


@pytest.mark.parametrize(
    ("predicted", "answers", "exact", "f1"),
    [
        ("the Denver Broncos.", ["Denver Broncos"], 1.0, 1.0),
        ("Broncos", ["Denver Broncos"], 0.0, 2 / 3),  # precision 1, recall 1/2
        ("in the year 1975", ["1975", "May 1975"], 0.0, 0.5),  # 1 of 3 words, 1 of 1: 0.5; 1 of 3, 1 of 2: 0.4
        ("1975", ["the year 1975", "1975!"], 1.0, 1.0),  # the best gold answer counts
        ("to be to be", ["to be"], 0.0, 2 / 3),  # bags of words: 2 of 4, 2 of 2
        ("Eve", ["Ann"], 0.0, 0.0),
        ("the", ["a"], 1.0, 0.0),  # both are empty: exact, but no word in common (version 1.1)
        ("half-time", ["half time"], 0.0, 0.0),  # halftime against half, time
    ],
)
def test_the_scores_of_hand_made_answers(predicted, answers, exact, f1) -> None:
    assert exact_match(predicted, answers) == exact
    assert answer_f1(predicted, answers) == pytest.approx(f1, abs=1e-12)


@pytest.mark.parametrize("name", ["exact_match", "answer_f1"])
def test_a_metric_is_the_mean_over_questions_and_draws_passages(name) -> None:
    earned = np.array([1.0, 0.0, 0.5, 0.5])
    one, every = MetricContext(np.zeros(4, np.int64)), MetricContext(np.arange(4))
    assert metric(name).value(np.ones(4), earned, one) == 0.5
    [alone] = estimates(metric(name), np.ones(4), [earned[None]], one, Bootstrap(resamples=99))
    assert (alone.low, alone.high) == (0.5, 0.5)
    [found] = estimates(metric(name), np.ones(4), [earned[None]], every, Bootstrap(resamples=99))
    assert found.low < 0.5 < found.high
