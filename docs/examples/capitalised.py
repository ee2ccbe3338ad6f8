"""A complete task: whether a word is written with a capital, from any treebank."""

from dataclasses import dataclass

from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans, TreebankTask
from embedbench.types import ControlKind, Split


@register("task", "capitalised")
@dataclass(frozen=True)
class Capitalised(TreebankTask):
    """Whether a word begins with a capital letter."""

    name: str = "capitalised"
    CONTROL = ControlKind.WORD_TYPE

    def labelled(self, which: Split) -> LabelledSpans:
        """One target per alphabetic word."""
        rows, labels = [], []
        for start, tokens in self.trees(which):
            for i, token in enumerate(tokens):
                if token.form[0].isalpha():
                    rows.append((start + i,))
                    labels.append("upper" if token.form[0].isupper() else "lower")
        return self.spans_of(which, rows, labels)
