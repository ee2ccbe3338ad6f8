"""Exact match and F1 of answers, as SQuAD's official evaluation (version 1.1, Rajpurkar et al. 2016) defines them.

Both compare texts after normalisation: lower case, without ASCII punctuation, without the words a, an and the, white
space collapsed. F1 is that of the bags of words parted at white space; where no word is in common it is 0, also where
nothing is left of either text. Of several gold answers the best one counts. The rules are English, and XQuAD applies
them to every language all the same: in Chinese and Thai, which write no spaces, F1 is close to exact match.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Real

from embedbench.errors import DataError
from embedbench.registry import register
from embedbench.scoring.metric import MetricContext

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(answer: str) -> str:
    """The answer as it is compared.

    >>> normalised(" The  U.S. Army, (1775)-")
    'us army 1775'
    """
    return " ".join(_ARTICLES.sub(" ", answer.lower().translate(_NO_PUNCTUATION)).split())


def exact_match(predicted: str, answers: Iterable[str]) -> float:
    """1 if the prediction is one of the gold answers after normalisation, else 0."""
    found = normalised(predicted)
    return float(any(found == normalised(answer) for answer in answers))


def answer_f1(predicted: str, answers: Iterable[str]) -> float:
    """The F1 of words with the gold answer that gives the most.

    >>> answer_f1("in the year 1975", ["1975", "May 1975"])
    0.5
    """
    return max(_f1(normalised(predicted).split(), normalised(answer).split()) for answer in answers)


def _f1(predicted: list[str], gold: list[str]) -> float:
    same = (Counter(predicted) & Counter(gold)).total()
    if not same:
        return 0.0
    precision, recall = same / len(predicted), same / len(gold)
    return 2 * precision * recall / (precision + recall)


@dataclass(frozen=True)
class _MeanOfAnswers:
    """The mean over questions of what every answer earns; the gold column is 1.

    Of any two numbers it is 1 - |gold - predicted|.
    """

    higher_is_better = True
    name = "mean_of_answers"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The mean over questions."""
        if len(gold) != len(predicted) or not len(gold):
            raise DataError(
                f"{self.name} got {len(gold)} gold and {len(predicted)} predicted values; there must be one of each"
            )
        return float(np.mean(1 - np.abs(gold - np.asarray(predicted, np.float64))))

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 2"]:
        """What the answers earn together, and how many there are."""
        return context.total(1 - np.abs(gold - np.asarray(predicted, np.float64)), np.ones(len(gold)))

    def value_from(self, sums: Float64[np.ndarray, "resamples 2"]) -> Float64[np.ndarray, "resamples"]:
        """The sum divided by how many."""
        mean: np.ndarray = np.zeros(sums.shape[:-1])
        np.divide(sums[..., 0], sums[..., 1], out=mean, where=sums[..., 1] > 0)
        return mean


@register("metric", "exact_match")
@dataclass(frozen=True)
class ExactMatch(_MeanOfAnswers):
    """The share of answers that are a gold answer, as SQuAD 1.1 normalises them (Rajpurkar et al. 2016)."""

    name = "exact_match"
    chance = "near 0; see the baseline random_span"


@register("metric", "answer_f1")
@dataclass(frozen=True)
class AnswerF1(_MeanOfAnswers):
    """The mean F1 of the words of an answer with those of the gold answer, as in SQuAD 1.1 (Rajpurkar et al. 2016)."""

    name = "answer_f1"
    chance = "a few percent; see the baseline random_span"
