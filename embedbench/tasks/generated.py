"""What tasks share that change sentences of a treebank: which sentences they may change, and which of them they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Bool

from embedbench.data.conllu import Token
from embedbench.tasks.sources import treebank
from embedbench.types import Split

Tree = tuple[Token, ...]


def fresh_trees(files: Mapping[str, str], which: Split) -> Iterator[Tree]:
    """The trees of a split whose words occur in no earlier split (train, dev, test) and not before in this one.

    Case does not count. So no changed sentence is ever tested whose source was trained on.
    """
    earlier = list(Split)[: list(Split).index(which)]
    seen = {_words(tree.tokens) for split in earlier for tree in treebank(files[split])}
    for tree in treebank(files[which]):
        words = _words(tree.tokens)
        if words not in seen:
            seen.add(words)
            yield tree.tokens


def half(n: int, rng: np.random.Generator) -> Bool[np.ndarray, "n"]:
    """Half of n, drawn at random: one less than the others where n is odd."""
    chosen = np.zeros(n, bool)
    chosen[rng.permutation(n)[: n // 2]] = True
    return chosen


def _words(tokens: Tree) -> tuple[str, ...]:
    return tuple(token.form.casefold() for token in tokens)
