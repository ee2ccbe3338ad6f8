"""Supersenses of nouns and verbs, roles and functions of adpositions, from STREUSLE."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.conllulex import LexicalExpression, read_conllulex
from embedbench.data.locate import locate
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import ControlKind, Corpus, Split


@dataclass(frozen=True)
class _ExpressionTask(FileTask):
    """A task with a label per strong lexical expression: a word, or a multiword expression.

    An expression with a gap ("have … experience") is no span and is left out.

    Attributes:
        multiword: whether multiword expressions count.
    """

    multiword: bool = True

    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE

    @abstractmethod
    def label_of(self, expression: LexicalExpression) -> str:
        """The expression's label, or nothing."""

    def labelled(self, which: Split) -> LabelledSpans:
        """Every expression with a label."""
        sentences = read_conllulex(locate(self.files[which]))
        corpus = Corpus.of(sentence.words for sentence in sentences)
        spans: list[tuple[int, int]] = []
        labels: list[str] = []
        for start, sentence in zip(corpus.offsets.tolist(), sentences, strict=False):
            for expression in sentence.expressions:
                counts = expression.contiguous and (self.multiword or len(expression.words) == 1)
                if counts and (label := self.label_of(expression)):
                    spans.append((start + expression.words[0], start + expression.words[-1] + 1))
                    labels.append(label)
        return LabelledSpans(corpus, np.array(spans, np.int64).reshape(-1, 1, 2), tuple(labels))


@register("task", "supersense")
@dataclass(frozen=True)
class Supersense(_ExpressionTask):
    """Supersense of a noun or verb, such as n.PERSON or v.motion (STREUSLE, Schneider & Smith 2015)."""

    name: str = "supersense"

    def label_of(self, expression: LexicalExpression) -> str:
        """`n.…` or `v.…`."""
        return expression.supersense if expression.supersense.startswith(("n.", "v.")) else ""


@register("task", "adposition_role")
@dataclass(frozen=True)
class AdpositionRole(_ExpressionTask):
    """Role of an adposition or possessive in its scene, such as p.Topic (STREUSLE, Schneider et al. 2018)."""

    name: str = "adposition_role"

    def label_of(self, expression: LexicalExpression) -> str:
        """`p.…`; opaque and unclear ones have none."""
        return expression.supersense if expression.supersense.startswith("p.") else ""


@register("task", "adposition_function")
@dataclass(frozen=True)
class AdpositionFunction(_ExpressionTask):
    """Function of an adposition or possessive: what it codes by itself (STREUSLE, Schneider et al. 2018)."""

    name: str = "adposition_function"

    def label_of(self, expression: LexicalExpression) -> str:
        """`p.…`; opaque and unclear ones have none."""
        return expression.function if expression.function.startswith("p.") else ""
