"""Sentence tasks about the root clause of a treebank's sentences: its tense, the number of its subject and object."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from embedbench.data.conllu import Token
from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans, TreebankTask
from embedbench.types import Split

_AUXILIARIES = ("aux", "cop")


@dataclass(frozen=True)
class _RootClauseTask(TreebankTask):
    """A task with at most one label per sentence, read off the root and its dependents."""

    @abstractmethod
    def label_of(self, tokens: tuple[Token, ...]) -> str | None:
        """The sentence's label, or None when it has none."""

    def labelled(self, which: Split) -> LabelledSpans:
        """Every sentence with a label."""
        indices: list[int] = []
        labels: list[str] = []
        for index, (_, tokens) in enumerate(self.trees(which)):
            if (label := self.label_of(tokens)) is not None:
                indices.append(index)
                labels.append(label)
        return self.sentences_of(which, indices, labels)


@register("task", "past_present")
@dataclass(frozen=True)
class PastPresent(_RootClauseTask):
    """Tense of the main verb: past or present (Conneau et al. 2018, "Tense").

    The tense is that of the root's first finite auxiliary or copula, else of the root itself. Sentences where it has
    none (modals, imperatives, verbless sentences) are left out.
    """

    name: str = "past_present"

    def label_of(self, tokens: tuple[Token, ...]) -> str | None:
        """Past, Pres or None."""
        root = _root(tokens)
        auxiliaries = [t for t in _dependents(tokens, root, _AUXILIARIES) if t.feats.get("VerbForm") == "Fin"]
        finite = auxiliaries[0] if auxiliaries else tokens[root - 1]
        tense = finite.feats.get("Tense") if finite.feats.get("VerbForm") == "Fin" else None
        return tense if tense in ("Past", "Pres") else None


@dataclass(frozen=True)
class _NumberTask(_RootClauseTask):
    """Number of one argument of the root clause."""

    pronouns: bool = False

    RELATIONS: ClassVar[tuple[str, ...]] = ()

    def label_of(self, tokens: tuple[Token, ...]) -> str | None:
        """Sing, Plur or None."""
        found = [i for i, t in enumerate(tokens, start=1) if t.head == _root(tokens) and t.deprel in self.RELATIONS]
        if len(found) != 1 or _dependents(tokens, found[0], ("conj",)):
            return None
        argument = tokens[found[0] - 1]
        if argument.upos not in (("NOUN", "PROPN", "PRON") if self.pronouns else ("NOUN", "PROPN")):
            return None
        number = argument.feats.get("Number")
        return number if number in ("Sing", "Plur") else None


@register("task", "subj_number")
@dataclass(frozen=True)
class SubjNumber(_NumberTask):
    """Number of the root clause's subject: singular or plural (Conneau et al. 2018, "SubjNum").

    Sentences without exactly one subject, with a coordinated one, or with one that carries no Number are left out.

    Attributes:
        pronouns: whether pronouns count as subjects; off, as in SentEval, because the word itself gives them away.
    """

    name: str = "subj_number"

    RELATIONS: ClassVar[tuple[str, ...]] = ("nsubj", "nsubj:pass")


@register("task", "obj_number")
@dataclass(frozen=True)
class ObjNumber(_NumberTask):
    """Number of the root clause's direct object: singular or plural (Conneau et al. 2018, "ObjNum").

    The same sentences are left out as for the subject.

    Attributes:
        pronouns: whether pronouns count as objects.
    """

    name: str = "obj_number"

    RELATIONS: ClassVar[tuple[str, ...]] = ("obj",)


def _root(tokens: tuple[Token, ...]) -> int:
    """The root's position, counted from 1."""
    return next(i for i, token in enumerate(tokens, start=1) if token.head == 0)


def _dependents(tokens: tuple[Token, ...], head: int, relations: tuple[str, ...]) -> list[Token]:
    """The dependents of a word with one of these universal relations, in order."""
    return [token for token in tokens if token.head == head and token.deprel.split(":")[0] in relations]
