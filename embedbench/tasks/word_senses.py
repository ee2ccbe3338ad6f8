"""The sense of a word in its sentence, from any sense-annotated text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.conllulex import read_conllulex
from embedbench.data.locate import locate
from embedbench.data.senses import read_senses
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import ControlKind, Corpus, Sentence, Split

_Sense = tuple[int, int, str, str]
"""First word and end in the sentence, sense, lemma."""


@register("task", "word_sense")
@dataclass(frozen=True)
class WordSense(FileTask):
    """Sense of a word among those that train gives its lemma; for probe=nearest_centroid (Peters et al. 2018, 5.3).

    Files have one word per line with columns for the word, its sense and perhaps its lemma, and a blank line between
    sentences. A file whose name ends in `.conllulex` (packed or not) is STREUSLE's: supersenses of nouns and verbs are
    the senses, of words and of multiword expressions without a gap. Every target has its lemma, without its part of
    speech, so `seen`, `ambiguous` and the like are told by the lemmas of train targets, and the commonest sense of the
    lemma is a baseline.

    Attributes:
        word_column: the index of the column of words; negative: from the end.
        sense_column: the index of the column of senses.
        lemma_column: the index of the column of lemmas; null: the word without case.
        none: what stands in the column of senses for a word that has none.
        multiword: of STREUSLE, whether multiword expressions count.
    """

    name: str = "word_sense"
    word_column: int = 0
    sense_column: int = -1
    lemma_column: int | None = None
    none: str = "_"
    multiword: bool = True

    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word or expression with a sense."""
        sentences = list(self._sentences(self.files[which]))
        corpus = Corpus.of(words for words, _ in sentences)
        spans, labels, lemmas = [], [], []
        for start, (_, found) in zip(corpus.offsets.tolist(), sentences, strict=False):
            for first, end, sense, lemma in found:
                spans.append((start + first, start + end))
                labels.append(sense)
                lemmas.append(lemma)
        rows = np.array(spans, np.int64).reshape(-1, 1, 2)
        return LabelledSpans(corpus, rows, tuple(labels), lemmas=tuple(lemmas))

    def _sentences(self, spec: str) -> Iterator[tuple[Sentence, list[_Sense]]]:
        if ".conllulex" in spec:
            yield from _streusle(spec, multiword=self.multiword)
            return
        for sentence in read_senses(
            locate(spec),
            word_column=self.word_column,
            sense_column=self.sense_column,
            lemma_column=self.lemma_column,
            none=self.none,
        ):
            pairs = enumerate(zip(sentence.senses, sentence.lemmas, strict=True))
            yield sentence.words, [(place, place + 1, sense, lemma) for place, (sense, lemma) in pairs if sense]


def _streusle(spec: str, *, multiword: bool) -> Iterator[tuple[Sentence, list[_Sense]]]:
    for sentence in read_conllulex(locate(spec)):
        yield (
            sentence.words,
            [
                (own.words[0], own.words[-1] + 1, own.supersense, _lemma(own.lemma, sentence.words, own.words))
                for own in sentence.expressions
                if own.supersense.startswith(("n.", "v.")) and own.contiguous and (multiword or len(own.words) == 1)
            ],
        )


def _lemma(lemma: str, words: Sentence, own: tuple[int, ...]) -> str:
    return " ".join(words[place] for place in own).lower() if lemma == "_" else lemma
