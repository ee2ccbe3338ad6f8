"""Named entities as one BIO tag per word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.bio import read_tagged
from embedbench.data.locate import locate
from embedbench.registry import register
from embedbench.tasks import grammar
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import ControlKind, Corpus, Split


@register("task", "ner")
@dataclass(frozen=True)
class Ner(FileTask):
    """Named entities: the BIO tag of every word, scored by whole entities (span F1, Tjong Kim Sang & De Meulder 2003).

    Files hold one word and its tag per line, with a blank line between sentences; the grammar also has entities.

    Attributes:
        word_column: the index of the column of words; negative: from the end.
        tag_column: the index of the column of tags; negative: from the end.
    """

    name: str = "ner"
    word_column: int = 0
    tag_column: int = -1

    METRIC: ClassVar[str] = "span_f1"
    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word, in order, so that entities can be put together again."""
        corpus, tags = self._tagged(self.files[which])
        starts = np.arange(corpus.n_words, dtype=np.int64)
        return LabelledSpans(corpus, np.stack([starts, starts + 1], axis=-1)[:, None, :], tags)

    def _tagged(self, spec: str) -> tuple[Corpus, tuple[str, ...]]:
        if grammar.is_spec(spec):
            sentences = grammar.from_spec(spec)
            corpus = Corpus.of([token.form for token in sentence.tree.tokens] for sentence in sentences)
            return corpus, tuple(tag for sentence in sentences for tag in sentence.entities)
        tagged = read_tagged(locate(spec), word_column=self.word_column, tag_column=self.tag_column)
        return Corpus.of(s.words for s in tagged), tuple(tag for s in tagged for tag in s.tags)
