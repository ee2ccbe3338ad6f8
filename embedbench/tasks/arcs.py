"""Dependency tasks from a treebank: label of an arc, existence of an arc, distance to the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from embedbench.errors import ConfigurationError
from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans, TreebankTask, split_generator
from embedbench.types import ControlKind, Split


@register("task", "deprel")
@dataclass(frozen=True)
class Deprel(TreebankTask):
    """Label of every dependency arc, given both of its words.

    Spans are (dependent, head). Arcs from the artificial root are left out: they have no second word.

    Attributes:
        coarse: only the universal part of the label, before the colon.
    """

    name: str = "deprel"
    coarse: bool = False

    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE

    def labelled(self, which: Split) -> LabelledSpans:
        """Every arc between two words."""
        rows: list[tuple[int, ...]] = []
        labels: list[str] = []
        for start, tokens in self.trees(which):
            for i, token in enumerate(tokens):
                if token.head:
                    rows.append((start + i, start + token.head - 1))
                    labels.append(token.deprel.split(":")[0] if self.coarse else token.deprel)
        return self.spans_of(which, rows, labels)


@register("task", "arc")
@dataclass(frozen=True)
class Arc(TreebankTask):
    """Whether the second word is the head of the first (Liu et al. 2019, "syntactic arc prediction").

    Every arc gives one positive target (dependent, head) and one negative target (dependent, random word of the same
    sentence that is neither the dependent nor its head), so that half of the targets are arcs. Arcs of sentences with
    two words are left out: they have no third word to draw.

    Attributes:
        seed: of the negative targets.
    """

    name: str = "arc"
    seed: int = 13

    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE

    def labelled(self, which: Split) -> LabelledSpans:
        """Each arc, followed by its negative twin."""
        rng = split_generator(self.seed, which)
        rows: list[tuple[int, ...]] = []
        for start, tokens in self.trees(which):
            n = len(tokens)
            if n < 3:
                continue
            draws = rng.integers(0, n - 2, size=n).tolist()
            for i, token in enumerate(tokens):
                if token.head:
                    head, other = token.head - 1, draws[i]
                    # Step over the two words that may not be drawn, the lower one first.
                    for taken in sorted((i, head)):
                        other += other >= taken
                    rows += [(start + i, start + head), (start + i, start + other)]
        return self.spans_of(which, rows, ["arc", "none"] * (len(rows) // 2))


@register("task", "head_distance")
@dataclass(frozen=True)
class HeadDistance(TreebankTask):
    """Binned distance from every word to its head, given the word alone.

    The distance is the head's position minus the word's, in words; roots are left out.

    Attributes:
        edges: lower ends of the bins of the absolute distance, ascending from 1.
        signed: whether heads to the left (-) and to the right (+) are told apart.
    """

    name: str = "head_distance"
    edges: Sequence[int] = (1, 2, 3, 6)
    signed: bool = True

    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.edges or self.edges[0] != 1 or list(self.edges) != sorted(set(self.edges)):
            raise ConfigurationError(f"head_distance.edges is {list(self.edges)}; it must ascend and start with 1")

    def labelled(self, which: Split) -> LabelledSpans:
        """Every word that is not a root."""
        rows: list[tuple[int, ...]] = []
        distances: list[int] = []
        for start, tokens in self.trees(which):
            for i, token in enumerate(tokens):
                if token.head:
                    rows.append((start + i,))
                    distances.append(token.head - 1 - i)
        bins = {distance: self.bin_of(distance) for distance in set(distances)}
        return self.spans_of(which, rows, [bins[distance] for distance in distances])

    def bin_of(self, distance: int) -> str:
        """The name of the bin of a signed distance.

        >>> task = HeadDistance(files={"train": "a", "dev": "b", "test": "c"})
        >>> task.bin_of(1), task.bin_of(-4), task.bin_of(30)
        ('+1', '-3..5', '+6..')
        """
        sign = ("+" if distance > 0 else "-") if self.signed else ""
        k = max(i for i, edge in enumerate(self.edges) if edge <= abs(distance))
        if k == len(self.edges) - 1:
            return f"{sign}{self.edges[k]}.."
        low, high = self.edges[k], self.edges[k + 1] - 1
        return f"{sign}{low}" if low == high else f"{sign}{low}..{high}"
