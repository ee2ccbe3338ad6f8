"""Sentence tasks about shape: how many words, and how deep the tree."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from embedbench.data.conllu import Token
from embedbench.errors import ConfigurationError
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans, TreebankTask, sentence_spans
from embedbench.tasks.sources import words
from embedbench.types import Split


@register("task", "sentence_length")
@dataclass(frozen=True)
class SentenceLength(FileTask):
    """Number of words of a sentence, in bins (Conneau et al. 2018, "SentLen"); any treebank or raw text.

    Attributes:
        edges: the lower end of each bin, and one past the last length; sentences outside are left out.
    """

    name: str = "sentence_length"
    edges: Sequence[int] = (5, 9, 13, 17, 21, 26, 29)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.edges) < 3 or list(self.edges) != sorted(set(self.edges)):
            raise ConfigurationError(
                f"sentence_length.edges is {list(self.edges)}; it must ascend and hold three numbers or more"
            )

    def labelled(self, which: Split) -> LabelledSpans:
        """Every sentence within the edges."""
        corpus = words(self.files[which])
        indices: list[int] = []
        labels: list[str] = []
        for index, sentence in enumerate(corpus.sentences):
            k = bisect_right(self.edges, len(sentence)) - 1
            if 0 <= k < len(self.edges) - 1:
                indices.append(index)
                # Two digits, so that the labels sort by length.
                labels.append(f"{self.edges[k]:02d}..{self.edges[k + 1] - 1:02d}")
        return LabelledSpans(corpus, sentence_spans(corpus, indices), tuple(labels))


@register("task", "tree_depth")
@dataclass(frozen=True)
class TreeDepth(TreebankTask):
    """Depth of a sentence's dependency tree (after Conneau et al. 2018, "TreeDepth", who used constituents).

    The depth is the number of arcs from the root to the deepest word; a one-word sentence has depth 0.

    Attributes:
        lowest: depths up to this are one class.
        highest: depths from this on are one class.
    """

    name: str = "tree_depth"
    lowest: int = 1
    highest: int = 7

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.lowest < self.highest:
            raise ConfigurationError(
                f"tree_depth.lowest is {self.lowest} and highest {self.highest}; expected 0 <= lowest < highest"
            )

    def labelled(self, which: Split) -> LabelledSpans:
        """Every sentence."""
        labels = [self._name_of(depth_of(tokens)) for _, tokens in self.trees(which)]
        return self.sentences_of(which, list(range(len(labels))), labels)

    def _name_of(self, depth: int) -> str:
        if depth <= self.lowest:
            return f"..{self.lowest:02d}"
        return f"{self.highest:02d}.." if depth >= self.highest else f"{depth:02d}"


def depth_of(tokens: tuple[Token, ...]) -> int:
    """The number of arcs from the root to the deepest word; the reader and the grammar give trees without cycles."""
    depths = [-1] * len(tokens)
    for start in range(len(tokens)):
        # Climb to the first word whose depth is known, then name the depths on the way back.
        path = [start]
        while depths[path[-1]] < 0 and tokens[path[-1]].head:
            path.append(tokens[path[-1]].head - 1)
        depth = max(depths[path[-1]], 0)
        for step, word in enumerate(reversed(path)):
            depths[word] = depth + step
    return max(depths)
