"""Baselines that see no vector: what a score must beat before it says anything about an embedding."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int64, Integer

from embedbench.errors import DataError
from embedbench.types import TaskSplit

CONTROL_CEILING = "control_ceiling"
"""The baseline of control labels alone: those of all train words learned by heart."""

BASELINES = (
    *("majority", "word_majority", "chain", "random_tree", "first_word", "first_verb"),
    *("next_word", "previous_word"),
    *("word_overlap", "random_span", "overlapping_sentence"),
    *("distance", "length", "overlap"),
    *("lemma_majority", "nearest_name", "random_name"),
    CONTROL_CEILING,
)
"""The names under which baselines appear in tables."""

Predictor = Callable[[TaskSplit, TaskSplit], Int64[np.ndarray, "_"]]
"""(train, test) → a label for every test target, from words and places alone."""


def majority(train: TaskSplit, test: TaskSplit) -> Int64[np.ndarray, "targets"]:
    """The most frequent train label, for every test target; the smallest index of equally frequent ones.

    Raises:
        DataError: train is empty.
    """
    return np.full(len(test), _most_frequent(_train_labels(train)), dtype=np.int64)


def word_majority(train: TaskSplit, test: TaskSplit) -> Int64[np.ndarray, "targets"]:
    """The most frequent train label of the target's words.

    Looks up all spans exactly as written, then without case, then the first span alone exactly, then without case,
    then takes the overall majority; ties go to the smallest label index. On a token task this is nearly the best that
    any vector per word type can do with the words seen in train.

    Raises:
        DataError: train is empty.
    """
    labels = _train_labels(train)
    predicted = np.full(len(test), _most_frequent(labels), dtype=np.int64)
    n_spans = test.spans.shape[1]
    finest_last = [(n, fold) for n in sorted({1, n_spans}) for fold in (True, False)]  # what comes later wins
    for n, fold in finest_last:
        spans = list(range(n))
        table = _most_frequent_by_key(list(_strings(train, spans, fold=fold)), labels)
        for target, key in enumerate(_strings(test, spans, fold=fold)):
            label = table.get(key)
            if label is not None:
                predicted[target] = label
    return predicted


def lemma_majority(train: TaskSplit, test: TaskSplit) -> Int64[np.ndarray, "targets"]:
    """The most frequent train label of the target's lemma, or of all targets where train does not have the lemma.

    The most frequent sense, the baseline of word sense disambiguation, counted in train; ties go to the smallest index.

    Raises:
        DataError: train is empty, or a split has no lemmas.
    """
    if train.lemmas is None or test.lemmas is None:
        raise DataError("the most frequent sense of a lemma needs lemmas; this task has none")
    return majority_by_key(train.lemmas.tolist(), test.lemmas.tolist(), train, majority(train, test))


def majority_by_key(
    train_keys: Sequence[Hashable],
    test_keys: Sequence[Hashable],
    train: TaskSplit,
    otherwise: Int64[np.ndarray, "targets"],
) -> Int64[np.ndarray, "targets"]:
    """The most frequent train label of the targets with the same key; `otherwise` where train has none."""
    table = _most_frequent_by_key(train_keys, _train_labels(train))
    return np.array([table.get(key, label) for key, label in zip(test_keys, otherwise, strict=True)], dtype=np.int64)


def by_question(predict: Predictor, train: TaskSplit, test: TaskSplit) -> Int64[np.ndarray, "targets"]:
    """What a baseline predicts, question by question where the task asks several."""
    if train.questions is None or test.questions is None:
        return predict(train, test)
    predicted = np.zeros(len(test), np.int64)
    for question in np.unique(test.questions):
        rows = test.questions == question
        predicted[rows] = predict(_only(train, train.questions == question), _only(test, rows))
    return predicted


def _only(split: TaskSplit, rows: Bool[np.ndarray, "targets"]) -> TaskSplit:
    return replace(split.only(rows), questions=None)


def _train_labels(train: TaskSplit) -> Int64[np.ndarray, "targets"]:
    if not len(train):
        raise DataError("a majority baseline needs at least one training target; the train split is empty")
    labels: Integer[np.ndarray, "targets"] = np.asarray(train.labels)
    return labels.astype(np.int64)


def _most_frequent(labels: Int64[np.ndarray, "targets"]) -> int:
    return int(np.bincount(labels).argmax())  # argmax takes the first of equals


def _strings(split: TaskSplit, spans: Sequence[int], *, fold: bool) -> Iterator[Hashable]:
    words = tuple(map(str.lower, split.corpus.words)) if fold else split.corpus.words
    for target in split.spans[:, spans].tolist():
        yield tuple(words[start:end] for start, end in target)


def _most_frequent_by_key(keys: Sequence[Hashable], labels: Int64[np.ndarray, "targets"]) -> dict[Hashable, int]:
    numbers: dict[Hashable, int] = {}
    rows = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.int64, count=len(keys))
    n_labels = int(labels.max()) + 1
    pairs, counts = np.unique(rows * n_labels + labels, return_counts=True)
    key, label = np.divmod(pairs, n_labels)
    # By key, then rarest first, then largest label first: the last write per key is the one to keep.
    order = np.lexsort((-label, counts, key))
    best = np.zeros(len(numbers), dtype=np.int64)
    best[key[order]] = label[order]
    return {key: int(best[number]) for key, number in numbers.items()}
