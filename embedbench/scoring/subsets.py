"""Which test targets have words that training knew: the subsets that are scored beside the whole.

The word of a target is the words of its first span, one after the other: the token, the span, the dependent of an arc.
Of a task with lemmas it is the lemma instead, and `seen` ones are those of train targets.
Words are compared exactly as written, which is the first thing that `word_majority` looks up too; its later look-ups
without case have no part here, so `House` is unseen where train has only `house`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Int64

from embedbench.errors import DataError
from embedbench.types import Corpus, TaskSplit

WHOLE = "whole"
"""The name of all targets together."""

SEEN, UNSEEN, AMBIGUOUS, UNAMBIGUOUS = "seen", "unseen", "ambiguous", "unambiguous"

SUBSETS = (SEEN, UNSEEN, AMBIGUOUS, UNAMBIGUOUS)
"""The names of the subsets, in the order in which they are told."""

LARGEST_SHARE = 0.95
"""A word is ambiguous where its commonest train label has a smaller share of its train targets than this.

With "two labels or more" instead, one annotation error would make a frequent word ambiguous: 53.8 % of the test words
of UD English-EWT, among them `the`, rather than 25.5 %.
"""

Words = tuple[str, ...]
_Key = TypeVar("_Key", bound=Hashable)


def subsets(train: TaskSplit, test: TaskSplit) -> dict[str, Bool[np.ndarray, "targets"]]:
    """The test targets of every subset that is not empty, by name, in the order of `SUBSETS`.

    `seen` words stand somewhere in the train corpus, within one sentence, whether they are the words of a target or
    not; `unseen` ones do not. `ambiguous` words are those of train targets with different labels, see `LARGEST_SHARE`;
    `unambiguous` ones are those of train targets otherwise. Where a task asks several questions, labels are compared
    question by question. Words that train has, but not as a target, are neither.

    Then come the parts of the task's own, if it has any: its groups, and what its several questions ask, by name.

    Where every target is a whole sentence, there are only these: sentences are hardly ever seen twice.

    Raises:
        DataError: a part of the task's own is called like one of `SUBSETS`.
    """
    return ({} if _of_sentences(test) else _by_words(train, test)) | own_parts(test)


def own_parts(test: TaskSplit) -> dict[str, Bool[np.ndarray, "targets"]]:
    """The test targets of every group of the task, and of every question, by name, sorted.

    Raises:
        DataError: one is called like one of `SUBSETS`.
    """
    columns = [np.asarray(column) for column in (test.groups, test.questions) if column is not None]
    found = {str(name): column == name for column in columns for name in np.unique(column)}
    taken = sorted({WHOLE, *SUBSETS} & set(found))
    if taken:
        raise DataError(f"a part of the task is called {taken[0]!r}, which is the name of a subset; call it otherwise")
    return found


def _by_words(train: TaskSplit, test: TaskSplit) -> dict[str, Bool[np.ndarray, "targets"]]:
    words, known = _known_by(test), list(zip(_questions(train), _known_by(train), strict=True))
    shares = largest_shares(known, np.asarray(train.labels, np.int64))
    asked = zip(_questions(test), words, strict=True)
    if train.lemmas is None or test.lemmas is None:
        seen = seen_in(train.corpus, words)
    else:
        seen = np.isin(test.lemmas, train.lemmas)
    return which_subsets(seen, [shares.get(key) for key in asked])


def which_subsets(
    seen: Bool[np.ndarray, "targets"], shares: Sequence[float | None]
) -> dict[str, Bool[np.ndarray, "targets"]]:
    """The subsets that are not empty, from what is known of each target's word; no share: no train target has it."""
    share = np.array([np.nan if known is None else known for known in shares], np.float64)
    # NaN is on neither side of a comparison.
    found = {SEEN: seen, UNSEEN: ~seen, AMBIGUOUS: share < LARGEST_SHARE, UNAMBIGUOUS: share >= LARGEST_SHARE}
    return {name: rows for name, rows in found.items() if rows.any()}


def _of_sentences(split: TaskSplit) -> bool:
    first = split.spans[:, 0]
    sentence = split.corpus.sentence_of(first[:, 0])
    bounds = np.stack([split.corpus.offsets[sentence], split.corpus.offsets[sentence + 1]], axis=1)
    return bool((first == bounds).all())


def _known_by(split: TaskSplit) -> list[Words]:
    """The words of every target, or its lemma."""
    if split.lemmas is not None:
        return [(str(lemma),) for lemma in split.lemmas.tolist()]
    words = split.corpus.words
    return [words[start:end] for start, end in split.spans[:, 0].tolist()]


def _questions(split: TaskSplit) -> list[str]:
    return [""] * len(split) if split.questions is None else [str(question) for question in split.questions.tolist()]


def seen_in(corpus: Corpus, asked: Sequence[Words]) -> Bool[np.ndarray, "asked"]:
    """Whether these words stand somewhere in the corpus in a row, within one sentence."""
    wanted = set(asked)
    found: set[Words] = set()
    for length in sorted(set(map(len, wanted))):
        for sentence in corpus.sentences:
            found.update(sentence[start : start + length] for start in range(len(sentence) - length + 1))
        found &= wanted  # what nobody asked for need not stay in memory
    return np.array([words in found for words in asked], bool)


def largest_shares(keys: Sequence[_Key], labels: Int64[np.ndarray, "targets"]) -> dict[_Key, float]:
    """The share of the commonest label among the targets of each key."""
    if not keys:
        return {}
    numbers: dict[_Key, int] = {}
    rows: Int64[np.ndarray, "targets"] = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    pairs, counts = np.unique(np.stack([rows, labels]), axis=1, return_counts=True)
    most = np.zeros(len(numbers), np.int64)
    np.maximum.at(most, pairs[0], counts)
    shares = most / np.bincount(rows, minlength=len(numbers))
    return {key: float(shares[number]) for key, number in numbers.items()}
