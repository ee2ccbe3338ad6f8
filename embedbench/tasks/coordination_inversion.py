"""Were two coordinated clauses swapped? Made from any treebank (Conneau et al. 2018, "CoordInv")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from embedbench.errors import ConfigurationError
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans, sentence_spans
from embedbench.tasks.generated import Tree, fresh_trees
from embedbench.types import Corpus, Sentence, Split

_CLAUSAL = ("nsubj", "csubj", "expl")
_ALWAYS_CAPITAL = frozenset({"I", "I'm", "I've", "I'll", "I'd"})


class Coordination(NamedTuple):
    """A sentence of two coordinated clauses: `first`, `link` (comma and conjunction), `second`, `end` (full stop)."""

    first: Sentence
    link: Sentence
    second: Sentence
    end: Sentence

    @property
    def original(self) -> Sentence:
        """First clause, link, second clause, end."""
        return (*self.first, *self.link, *self.second, *self.end)

    @property
    def inverted(self) -> Sentence:
        """Second clause, link, first clause, end."""
        return (*self.second, *self.link, *self.first, *self.end)


@register("task", "coordination_inversion")
@dataclass(frozen=True)
class CoordinationInversion(FileTask):
    """Whether two coordinated clauses were swapped (Conneau et al. 2018, "CoordInv"); any treebank.

    Used are sentences that are exactly two clauses, each with a subject of its own, joined by a conjunction. Every one
    of them is there as it is and with its clauses swapped, which together are a cluster; the original has one of the
    two, drawn at random, but treebanks hold few such sentences (English-EWT: 622, 78 and 85), and of a draw of 85 a
    probe that knows nothing gets up to 60 % right. So that a capital letter does not tell, the sentence's first word is
    written small in both (unless it is a name or "I"). A bag of context-free vectors is the same for both and gets
    exactly half of them right. No source sentence is in two splits, or twice in one.

    Attributes:
        shortest: sentences with fewer words are left out.
        longest: sentences with more words are left out.
    """

    name: str = "coordination_inversion"
    shortest: int = 5
    longest: int = 28

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= self.shortest <= self.longest:
            raise ConfigurationError(
                f"{self.label}.shortest is {self.shortest} and longest {self.longest}; "
                "expected 2 <= shortest <= longest"
            )

    def labelled(self, which: Split) -> LabelledSpans:
        """Every suitable sentence, in order: as it is, then inverted."""
        trees = (tree for tree in fresh_trees(self.files, which) if self.shortest <= len(tree) <= self.longest)
        found = [parts for tree in trees if (parts := coordination(tree)) is not None]
        corpus = Corpus.of(sentence for parts in found for sentence in (parts.original, parts.inverted))
        return LabelledSpans(
            corpus,
            sentence_spans(corpus, range(2 * len(found))),
            ("original", "inverted") * len(found),
            np.repeat(np.arange(len(found), dtype=np.int64), 2),
        )


def coordination(tokens: Tree) -> Coordination | None:
    """The two clauses of a sentence that is nothing else, or None.

    The root has one `conj` in all; it and the root have a subject each. The conjunct's words stand together at the end
    of the sentence, before closing punctuation, and begin with punctuation, if any, and its `cc`.
    """
    root = next(i for i, token in enumerate(tokens, 1) if token.head == 0)
    conjuncts = [i for i, token in enumerate(tokens, 1) if token.head == root and _relation(token.deprel) == "conj"]
    if len(conjuncts) != 1 or tokens[0].upos in ("CCONJ", "PUNCT"):
        return None
    conjunct = conjuncts[0]
    links = [i for i, token in enumerate(tokens, 1) if token.head == conjunct and _relation(token.deprel) == "cc"]
    if len(links) != 1 or not (_has_subject(tokens, root) and _has_subject(tokens, conjunct)):
        return None
    inside = _yield(tokens, conjunct)
    end = len(tokens)
    while end and tokens[end - 1].upos == "PUNCT":
        end -= 1
    # `start`: the first word of the link; punctuation before the conjunction belongs to the link whatever its head.
    start = cc = links[0]
    while start > 1 and tokens[start - 2].upos == "PUNCT":
        start -= 1
    second = range(cc + 1, end + 1)
    closed = all(i in inside for i in second) and not any(i in inside for i in range(1, start))
    if not closed or root >= start or len(second) < 2 or start < 3:
        return None
    words = tuple(token.form for token in tokens)
    return Coordination((_small(tokens), *words[1 : start - 1]), words[start - 1 : cc], words[cc:end], words[end:])


def _relation(deprel: str) -> str:
    return deprel.split(":")[0]


def _has_subject(tokens: Tree, head: int) -> bool:
    return any(token.head == head and _relation(token.deprel) in _CLAUSAL for token in tokens)


def _yield(tokens: Tree, top: int) -> set[int]:
    """The positions of a word and all below it."""
    inside = {top}
    grown = True
    while grown:
        below = {i for i, token in enumerate(tokens, 1) if token.head in inside} | {top}
        grown = below != inside
        inside = below
    return inside


def _small(tokens: Tree) -> str:
    """The first word as it is written inside a sentence."""
    first = tokens[0]
    if first.upos == "PROPN" or first.form in _ALWAYS_CAPITAL or first.form[1:] != first.form[1:].lower():
        return first.form
    return first.form.lower()
