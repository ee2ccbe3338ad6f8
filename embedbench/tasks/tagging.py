"""Token tasks from a treebank's columns: part of speech, language-specific tag, one morphological feature."""

from __future__ import annotations

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

    def tag(self, token: Token) -> str:
        """The word's label, or `_` for a word without one."""
        raise NotImplementedError

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word that carries the annotation; words annotated `_` are left out."""
        rows: list[tuple[int, ...]] = []
        labels: list[str] = []
        for start, tokens in self.trees(which):
            for i, token in enumerate(tokens):
                if (tag := self.tag(token)) != _ABSENT:
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

    def tag(self, token: Token) -> str:
        """The UPOS tag."""
        return token.upos


@register("task", "xpos")
@dataclass(frozen=True)
class Xpos(_TagTask):
    """Language-specific part of speech of every word (UD column 5; Penn Treebank tags for English)."""

    name: str = "xpos"

    def tag(self, token: Token) -> str:
        """The XPOS tag."""
        return token.xpos


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

    def tag(self, token: Token) -> str:
        """The feature's value."""
        return token.feats.get(self.feature, _ABSENT)
