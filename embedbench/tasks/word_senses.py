"""The sense of a word in its sentence, from any sense-annotated text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.conllulex import LexicalExpression, read_conllulex
from embedbench.data.locate import locate
from embedbench.data.senses import XML, SenseSentence, SenseSpan, read_sense_xml, read_senses, senses_beside
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import ControlKind, Corpus, Sentence, Split


@register("task", "word_sense")
@dataclass(frozen=True)
class WordSense(FileTask):
    """Sense of a word among those that train gives its lemma; for probe=nearest_centroid (Peters et al. 2018, 5.3).

    Files have one word per line with columns for the word, its sense and perhaps its lemma, and a blank line between
    sentences. A file whose name ends in `.conllulex` (packed or not) is STREUSLE's: supersenses of nouns and verbs are
    the senses, of words and of multiword expressions without a gap, and lemmas stand without their part of speech. A
    file `X.data.xml` is one of the evaluation framework of Raganato et al. (2017), with `X.gold.key.txt` beside it, and
    lemmas stand with their part of speech. Every target has its lemma, so `seen`, `ambiguous` and the like are told by
    the lemmas of train targets, and the commonest sense of the lemma is a baseline.

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

    @property
    def fingerprint(self) -> str:
        """Of the files' bytes, those of the senses beside XML files too, the options and the version."""
        beside = [file_fingerprint(locate(senses_beside(locate(spec)))) for spec in self.specs if XML in spec]
        return fingerprint(super().fingerprint, beside) if beside else super().fingerprint

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word or expression with a sense."""
        sentences = self._sentences(self.files[which])
        corpus = Corpus.of(sentence.words for sentence in sentences)
        starts = zip(corpus.offsets.tolist(), sentences, strict=False)
        found = [(start, own) for start, sentence in starts for own in sentence.senses]
        spans = np.array([(start + own.first, start + own.end) for start, own in found], np.int64).reshape(-1, 1, 2)
        labels, lemmas = tuple(own.sense for _, own in found), tuple(own.lemma for _, own in found)
        return LabelledSpans(corpus, spans, labels, lemmas=lemmas)

    def _sentences(self, spec: str) -> list[SenseSentence]:
        if ".conllulex" in spec:
            return _streusle(spec, multiword=self.multiword)
        if XML in spec:
            return read_sense_xml(locate(spec))
        return read_senses(
            locate(spec),
            word_column=self.word_column,
            sense_column=self.sense_column,
            lemma_column=self.lemma_column,
            none=self.none,
        )


def _streusle(spec: str, *, multiword: bool) -> list[SenseSentence]:
    return [
        SenseSentence(
            sentence.words,
            tuple(
                SenseSpan(own.words[0], own.words[-1] + 1, own.supersense, _lemma(own, sentence.words))
                for own in sentence.expressions
                if own.supersense.startswith(("n.", "v.")) and own.contiguous and (multiword or len(own.words) == 1)
            ),
        )
        for sentence in read_conllulex(locate(spec))
    ]


def _lemma(expression: LexicalExpression, words: Sentence) -> str:
    lemma = expression.lemma
    return " ".join(words[place] for place in expression.words).lower() if lemma == "_" else lemma
