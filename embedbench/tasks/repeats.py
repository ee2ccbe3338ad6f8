"""Targets of a split that ask what another one asks, and how many of them contradict each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from embedbench.types import TREES, Corpus, Sentence, TaskKind, TaskSplit

_GIVEN = {**dict.fromkeys((*TREES, TaskKind.HEAD_SELECTION), 1), TaskKind.POINTER: 2, TaskKind.ANALOGY: 3}
"""How many spans of a target are given where the others are what is looked for: heads, answers, the fourth word."""


class Repeats(NamedTuple):
    """How many targets of a split ask what an earlier one asks.

    Attributes:
        repeated: all targets less different ones.
        long: those of them that have a sentence long enough not to repeat by nature.
        contradicting: those of them whose answer is not the commonest of equal targets. Whoever answers equal targets
            equally has at least so many wrong, if answers are right or wrong.
    """

    repeated: int
    long: int
    contradicting: int


def repeats(split: TaskSplit, kind: TaskKind, long_from: int) -> Repeats:
    """The repeated targets of a split: the same words and spans of the same sentences with the same question.

    The order of spans counts, and a lemma whose senses are asked for is part of the question. A sentence is long from
    `long_from` words on. The answer is the label, or the spans that are looked for.
    """
    given, numbers = _GIVEN.get(kind, split.spans.shape[1]), dict[Sentence, int]()
    asked_spans, found_spans = split.spans[:, :given], split.spans[:, given:]
    named = [_numbered(column)[:, None] for column in (split.questions, split.lemmas) if column is not None]
    asked = _numbered(np.concatenate([rows_in_context(split.corpus, asked_spans, numbers), *named], axis=1))
    sought = found_spans.shape[1] > 0
    answers = _numbered(rows_in_context(split.corpus, found_spans, numbers) if sought else np.asarray(split.labels))

    _, first = np.unique(asked, return_index=True)
    repeated = np.ones(len(split), bool)
    repeated[first] = False
    pairs, counts = np.unique(np.stack([asked, answers], axis=1), axis=0, return_counts=True)
    commonest = np.zeros(len(first), np.int64)
    np.maximum.at(commonest, pairs[:, 0], counts)
    long = longest_sentences(split.corpus, asked_spans) >= long_from
    return Repeats(int(repeated.sum()), int((repeated & long).sum()), len(split) - int(commonest.sum()))


def rows_in_context(
    corpus: Corpus, spans: Int64[np.ndarray, "targets n_spans 2"], numbers: dict[Sentence, int]
) -> Int64[np.ndarray, "targets columns"]:
    """What every target shows, as numbers: the sentences of its spans, and where in them the spans are.

    `numbers` gives equal sentences the same number, and is added to.
    """
    number = np.array([numbers.setdefault(sentence, len(numbers)) for sentence in corpus.sentences], np.int64)
    own = corpus.sentence_of(spans[..., 0])
    places = spans - corpus.offsets[own][..., None]
    return np.concatenate([number[own], places.reshape(len(spans), -1)], axis=1)


def longest_sentences(corpus: Corpus, spans: Int64[np.ndarray, "targets n_spans 2"]) -> Int64[np.ndarray, "targets"]:
    """How many words the longest sentence has that a span of the target lies in."""
    lengths: Int64[np.ndarray, "targets"] = np.diff(corpus.offsets)[corpus.sentence_of(spans[..., 0])].max(axis=1)
    return lengths


def _numbered(column: np.ndarray) -> Int64[np.ndarray, "targets"]:
    """The same number, counted from 0, for the same value or row."""
    return np.unique(column, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
