"""Classification of whole texts from TAB-separated tables: one sentence, or a pair of sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.tsv import read_labelled_pairs, read_labelled_texts
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans, sentence_spans
from embedbench.types import Corpus, Sentence, Split


@register("task", "sentiment")
@dataclass(frozen=True)
class Sentiment(FileTask):
    """Class of a sentence, by default its sentiment (Socher et al. 2013); any table of labelled sentences.

    Words are separated by white space.

    Attributes:
        text: the name of the column of the sentence.
        target: the name of the column of the label.
    """

    name: str = "sentiment"
    text: str = "sentence"
    target: str = "label"

    def labelled(self, which: Split) -> LabelledSpans:
        """Every row."""
        rows = read_labelled_texts(locate(self.files[which]), text=self.text, label=self.target)
        corpus = Corpus.of(row.text.split() for row in rows)
        return LabelledSpans(corpus, sentence_spans(corpus, range(len(rows))), tuple(row.label for row in rows))


@register("task", "pairs")
@dataclass(frozen=True)
class Pairs(FileTask):
    """Class of a pair of sentences, by default textual entailment (SICK, Marelli et al. 2014).

    Words are separated by white space. A sentence that occurs in several pairs stands in the corpus once, so the
    cluster of a target is the set of pairs that share its first sentence.

    Attributes:
        first: the name of the column of the first sentence.
        second: the name of the column of the second sentence.
        target: the name of the column of the label.
    """

    name: str = "pairs"
    first: str = "sentence_A"
    second: str = "sentence_B"
    target: str = "entailment_judgment"

    def labelled(self, which: Split) -> LabelledSpans:
        """Every row."""
        rows = read_labelled_pairs(locate(self.files[which]), first=self.first, second=self.second, label=self.target)
        places: dict[Sentence, int] = {}
        for row in rows:
            for text in (row.first, row.second):
                places.setdefault(tuple(text.split()), len(places))
        corpus = Corpus.of(places)
        spans = [sentence_spans(corpus, [places[tuple(getattr(r, s).split())] for r in rows]) for s in _SIDES]
        return LabelledSpans(corpus, np.concatenate(spans, axis=1), tuple(row.label for row in rows))


_SIDES = ("first", "second")
