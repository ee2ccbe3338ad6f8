"""Chunks (CoNLL-2000) as one BIO tag per word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedbench.errors import ConfigurationError
from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans
from embedbench.tasks.ner import Ner
from embedbench.types import Corpus, Split


@register("task", "chunking")
@dataclass(frozen=True)
class Chunking(Ner):
    """Chunks: the BIO tag of every word, scored by whole chunks (span F1, Tjong Kim Sang & Buchholz 2000).

    CoNLL-2000 has no dev split. Where train and dev are the same file, dev is the last part of its sentences, in one
    piece so that few articles are on both sides, and train is the rest.

    Attributes:
        dev_share: the part of the sentences that is dev, where train and dev are the same file.
    """

    name: str = "chunking"
    dev_share: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.dev_share < 1:
            raise ConfigurationError(f"{self.label}.dev_share is {self.dev_share}; expected a share between 0 and 1")

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word of the split, in order."""
        whole = super().labelled(which)
        if which is Split.TEST or self.files[Split.TRAIN] != self.files[Split.DEV]:
            return whole
        sentences = whole.corpus.sentences
        first = len(sentences) - max(1, round(self.dev_share * len(sentences)))
        if first < 1:
            raise ConfigurationError(
                f"{self.files[which]} has {len(sentences)} sentences; dev_share {self.dev_share} leaves none for train"
            )
        word = int(whole.corpus.offsets[first])
        chosen, tags = (
            (sentences[:first], whole.labels[:word])
            if which is Split.TRAIN
            else (sentences[first:], whole.labels[word:])
        )
        corpus = Corpus(chosen)
        starts = np.arange(corpus.n_words, dtype=np.int64)
        return LabelledSpans(corpus, np.stack([starts, starts + 1], axis=-1)[:, None, :], tags)
