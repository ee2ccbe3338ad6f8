"""Token tasks from a treebank's columns: part of speech, language-specific tag, one morphological feature."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from embedbench.data.conllu import Token
from embedbench.errors import DataError
from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans, TreebankTask
from embedbench.types import ControlKind, Split

_ABSENT = "_"


@dataclass(frozen=True)
class _TagTask(TreebankTask):
    """A task with one label per annotated word."""

    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE

    @abstractmethod
    def tags(self, tokens: tuple[Token, ...]) -> list[str]:
        """The label of each word of a sentence, or `_` for a word without one."""

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word that carries the annotation; words annotated `_` are left out."""
        rows: list[tuple[int, ...]] = []
        labels: list[str] = []
        for start, tokens in self.trees(which):
            for i, tag in enumerate(self.tags(tokens)):
                if tag != _ABSENT:
                    rows.append((start + i,))
                    labels.append(tag)
        if not labels:
            raise DataError(
                f"no word of {self.files[which]} carries what task {self.label} asks for: "
                "the column is '_' throughout; take another task or another treebank"
            )
        return self.spans_of(which, rows, labels)


@register("task", "upos")
@dataclass(frozen=True)
class Upos(_TagTask):
    """Universal part of speech of every word (UD column 4)."""

    name: str = "upos"

    def tags(self, tokens: tuple[Token, ...]) -> list[str]:
        """The UPOS tags."""
        return [token.upos for token in tokens]


@register("task", "xpos")
@dataclass(frozen=True)
class Xpos(_TagTask):
    """Language-specific part of speech of every word (UD column 5; Penn Treebank tags for English)."""

    name: str = "xpos"

    def tags(self, tokens: tuple[Token, ...]) -> list[str]:
        """The XPOS tags."""
        return [token.xpos for token in tokens]


@register("task", "feats")
@dataclass(frozen=True)
class Feats(_TagTask):
    """Value of one morphological feature of every word that carries it (UD column 6).

    Attributes:
        feature: for example Number, Tense, VerbForm, Case, Person, Mood.
        name: the name in tables; empty: `feats_` and the feature.
    """

    feature: str = "Number"
    name: str = ""

    @property
    def label(self) -> str:
        """The name in tables."""
        return self.name or f"feats_{self.feature}"

    def tags(self, tokens: tuple[Token, ...]) -> list[str]:
        """The feature's values."""
        return [token.feats.get(self.feature, _ABSENT) for token in tokens]
