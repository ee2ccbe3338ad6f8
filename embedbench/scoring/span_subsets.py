"""Subsets of a task in BIO tags: of its spans, not of its tags, since a span needs all of its words.

A gold or predicted span belongs to a subset by its words, joined. Every other span is made `O`, on both sides, so that
the metric itself stays as it is: a predicted span that is right lies in the same subset as its gold span.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from embedbench.scoring.bio import BioLabels
from embedbench.scoring.subsets import largest_shares, seen_in, which_subsets
from embedbench.types import TaskSplit

_Labels = Int64[np.ndarray, "targets"]


@dataclass(frozen=True, eq=False)
class SpanSubset:
    """Labels of which only the spans of one subset are left.

    Attributes:
        name: of the subset.
        gold: the gold labels.
        predictions: the predicted labels, in the order handed in.
        n: gold spans; at least one.
    """

    name: str
    gold: _Labels
    predictions: tuple[_Labels, ...]
    n: int


def span_subsets(
    train: TaskSplit, test: TaskSplit, label_names: tuple[str, ...], gold: _Labels, predictions: Sequence[_Labels]
) -> Iterator[SpanSubset]:
    """The subsets that have a gold span, in the order of `SUBSETS`.

    A span is `seen` where its words stand in the train corpus in a row, whether as a span or not, and `ambiguous` where
    they are gold train spans of different types.

    Args:
        train: what was known.
        test: the words of the targets; every target is a word of its sentence, in order.
        label_names: `O`, `B-…`, `I-…`.
        gold: a label per test target.
        predictions: columns of labels.
    """
    bio = BioLabels.of(label_names)
    outside = label_names.index("O")
    known = _Spans.of(bio, train, np.asarray(train.labels, np.int64))
    types = [bio.types[train.labels[own[0]]] for own in known.targets]
    shares = largest_shares(known.words, np.array(types, np.int64))
    columns = [(labels, _Spans.of(bio, test, labels)) for labels in (gold, *predictions)]
    asked = sorted({words for _, spans in columns for words in spans.words})
    found = which_subsets(seen_in(train.corpus, asked), [shares.get(words) for words in asked])
    for name, rows in found.items():
        inside = {words for words, own in zip(asked, rows.tolist(), strict=True) if own}
        n = sum(words in inside for words in columns[0][1].words)
        if n:
            kept = [spans.only(labels, inside, outside) for labels, spans in columns]
            yield SpanSubset(name, kept[0], tuple(kept[1:]), n)


@dataclass(frozen=True, eq=False)
class _Spans:
    """The spans of a column of labels: their targets, and the words of these."""

    targets: list[Int64[np.ndarray, "_"]]
    words: list[tuple[str, ...]]

    @classmethod
    def of(cls, bio: BioLabels, split: TaskSplit, labels: _Labels) -> _Spans:
        # In the order in which the metric reads them: sentence by sentence.
        sentences = split.sentences
        order = np.argsort(sentences, kind="stable")
        new = np.diff(sentences[order], prepend=-1) != 0
        new[:1] = True
        firsts, lasts = bio.spans(labels[order], new)
        targets = [order[first : last + 1] for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)]
        words = split.corpus.words
        tokens = split.spans[:, 0, 0]
        return cls(targets, [tuple(words[token] for token in tokens[own].tolist()) for own in targets])

    def only(self, labels: _Labels, inside: set[tuple[str, ...]], outside: int) -> _Labels:
        """The labels with every other span made `O`."""
        kept = labels.copy()
        for own, words in zip(self.targets, self.words, strict=True):
            if words not in inside:
                kept[own] = outside
        return kept
