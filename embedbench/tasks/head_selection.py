"""Head selection from a treebank: which word of the sentence every word depends on, and by what relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans, TreebankTask
from embedbench.types import ControlKind, Split, TaskKind


@register("task", "head_selection")
@dataclass(frozen=True)
class HeadSelection(TreebankTask):
    """The head of every word among the words of its sentence and the root: parsing as probing (UAS and LAS).

    Every word is a target with the spans (word, head); the root's head is the root itself. Words left out are trained
    on, may be heads and take part in the decoded tree; their own heads are not scored. Punctuation is left out by
    default, as is usual for Penn Treebank figures (Dozat & Manning 2017); `left_out=[]` scores every word, as CoNLL
    2018 does.

    Attributes:
        left_out: relations of the words whose heads are not scored.
        coarse: use the universal relation alone (`acl:relcl` is `acl`), as the LAS of CoNLL 2018.
    """

    name: str = "head_selection"
    left_out: Sequence[str] = ("punct",)
    coarse: bool = True

    METRIC: ClassVar[str] = "uas"
    KIND: ClassVar[TaskKind] = TaskKind.HEAD_SELECTION
    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE_HEAD

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word with its head, labelled with its relation."""
        rows: list[tuple[int, ...]] = []
        relations: list[str] = []
        for start, tokens in self.trees(which):
            for i, token in enumerate(tokens):
                rows.append((start + i, start + (token.head - 1 if token.head else i)))
                relations.append(token.deprel.split(":")[0] if self.coarse else token.deprel)
        return self.spans_of(which, rows, relations)
