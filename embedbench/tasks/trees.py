"""Tree tasks from a treebank: how far apart words are in the tree, and how deep each one is (Hewitt & Manning 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.conllu import Token
from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans, TreebankTask
from embedbench.tasks.tree_columns import Role
from embedbench.types import Split, TaskKind, TaskSplit


@dataclass(frozen=True)
class TreeTask(TreebankTask):
    """A task over whole trees: every word is a target with the spans (word, head); the root's head is the root itself.

    Labels are the words' roles (`Role`). A word whose tag is among `left_out` takes part in training and in rank
    correlations; it is left out of edges and roots, as Hewitt & Manning (2019, section 4.1) do with punctuation.

    Attributes:
        left_out: universal tags of the words that count as punctuation.
    """

    left_out: Sequence[str] = ("PUNCT", "SYM")

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: labels are roles."""
        return ()

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word with its head, labelled with the number of its role."""
        rows: list[tuple[int, ...]] = []
        roles: list[str] = []
        for start, tokens in self.trees(which):
            for i, token in enumerate(tokens):
                rows.append((start + i, start + (token.head - 1 if token.head else i)))
                roles.append(str(int(self._role(token))))
        return self.spans_of(which, rows, roles)

    def split(self, which: Split) -> TaskSplit:
        """Every word of one split.

        Raises:
            DataError: the file is missing or malformed.
        """
        kept = self._kept(which)
        return TaskSplit(kept.corpus, kept.spans, np.array(kept.labels, np.int64), kept.resampled)

    def _role(self, token: Token) -> Role:
        if token.upos in self.left_out:
            return Role.LEFT_OUT
        return Role.VERB if token.upos == "VERB" else Role.WORD


@register("task", "tree_distance")
@dataclass(frozen=True)
class TreeDistance(TreeTask):
    """How many edges lie between every two words of a sentence (Hewitt & Manning 2019, the distance probe)."""

    name: str = "tree_distance"

    METRIC: ClassVar[str] = "uuas"
    KIND: ClassVar[TaskKind] = TaskKind.TREE_DISTANCE


@register("task", "word_depth")
@dataclass(frozen=True)
class WordDepth(TreeTask):
    """How many edges lie between every word and the root of its tree (Hewitt & Manning 2019, the depth probe)."""

    name: str = "word_depth"

    METRIC: ClassVar[str] = "nspr"
    KIND: ClassVar[TaskKind] = TaskKind.TREE_DEPTH
