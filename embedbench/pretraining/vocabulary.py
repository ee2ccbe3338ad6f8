"""The classes of a softmax over words, and the unigram model as the floor below every language model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int64

from embedbench.pretraining.encoded_text import EncodedText, TrainingCorpus


@dataclass(frozen=True, eq=False)
class WordClasses:
    """The most frequent words, most frequent first; all others are one class, both sentence boundaries are two.

    Attributes:
        of_type: the class of each type of the corpus.
        counts: training occurrences of each class, falling.
        unknown: the class of all other words.
        start: the class of `<S>`.
        end: the class of `</S>`.
    """

    of_type: Int64[np.ndarray, "types"]
    counts: Int64[np.ndarray, "classes"]
    unknown: int
    start: int
    end: int

    @classmethod
    def of(cls, corpus: TrainingCorpus, size: int, min_count: int) -> WordClasses:
        """At most `size` words that occur at least `min_count` times in the training text."""
        counts, n = corpus.counts, len(corpus.types)
        frequent = np.argsort(-counts, kind="stable")[:size]
        frequent = frequent[counts[frequent] >= min_count]
        sentences = corpus.train.n_sentences
        rest = int(counts.sum() - counts[frequent].sum())
        members = np.concatenate([counts[frequent], [rest, sentences, sentences]])
        order = np.argsort(-members, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        unknown, start, end = (int(k) for k in place[len(frequent) :])
        of_type = np.full(n, unknown, dtype=np.int64)
        of_type[frequent] = place[: len(frequent)]
        return cls(of_type, members[order].astype(np.int64), unknown, start, end)

    @property
    def n_classes(self) -> int:
        """Words, the unknown class and two boundaries."""
        return len(self.counts)

    @cached_property
    def _nats(self) -> np.ndarray:
        # One is added to every count; each direction predicts words and one of the two boundaries.
        smoothed = self.counts + 1.0
        smoothed[self.start] = 0
        with np.errstate(divide="ignore"):
            nats: np.ndarray = -np.log(smoothed / smoothed.sum())
        return nats

    def unigram_loss(self, text: EncodedText) -> float:
        """Nats per prediction of the unigram model: each word and each sentence end by its training frequency."""
        classes = self.of_type[text.ids]
        total = float(self._nats[classes].sum() + self._nats[self.end] * text.n_sentences)
        return total / (len(classes) + text.n_sentences)
