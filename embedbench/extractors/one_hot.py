"""One-hot vectors: 1-of-N over the most frequent training words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedbench.errors import ConfigurationError
from embedbench.extractors.static_table import TABLE_LAYER, DistinctWords
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.types import Alignment, Corpus, LayeredWords, Sentence

_VERSION = 1


@register("extractor", "one_hot")
@dataclass(frozen=True)
class OneHot:
    """1-of-N vectors over the N most frequent words of the training text, and one column for all other words.

    It must see the training words first: `fitted(train)` gives the extractor that knows them.

    Attributes:
        name: label in tables.
        n: how many words get a column of their own.

    Raises:
        ConfigurationError: n is not positive, or vectors are asked for before the training words are known.
    """

    name: str = "one_hot"
    n: int = 2000

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigurationError(f"extractor {self.name!r}: n must be at least 1, got {self.n}")

    @property
    def layer_names(self) -> tuple[str, ...]:
        """One layer."""
        return TABLE_LAYER

    @property
    def dim(self) -> int:
        """N + 1, also where the training text has fewer words: the other columns stay zero."""
        return self.n + 1

    @property
    def fingerprint(self) -> str:
        """Of n alone; that of the fitted extractor covers its words too."""
        return fingerprint("one_hot", _VERSION, self.n)

    def fitted(self, train: Corpus) -> FittedOneHot:
        """The extractor over the most frequent words of this corpus; equally frequent words in code point order."""
        counts = Counter(train.words)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return FittedOneHot(self.name, self.n, tuple(ranked[: self.n]))

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """Nothing: the training words are not known yet.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError(
            f"extractor {self.name!r} must see the training words before it can give vectors; call fitted(train) first"
        )


@dataclass(frozen=True)
class FittedOneHot:
    """One-hot vectors that know their words.

    Attributes:
        name: label in tables.
        n: how many words get a column of their own.
        words: the word of each column; the last column, n, is for all others.
    """

    name: str
    n: int
    words: tuple[str, ...]

    @property
    def layer_names(self) -> tuple[str, ...]:
        """One layer."""
        return TABLE_LAYER

    @property
    def dim(self) -> int:
        """N + 1."""
        return self.n + 1

    @property
    def fingerprint(self) -> str:
        """Of n and the words."""
        return fingerprint("one_hot", _VERSION, self.n, self.words)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """A 1 in the word's column, [words, 1, n + 1] float32; words without a column count as out of vocabulary."""
        column = {word: i for i, word in enumerate(self.words)}
        distinct = DistinctWords.of(sentences)
        columns = np.array([column.get(word, self.n) for word in distinct.words], np.int64)
        values = np.zeros((len(distinct.ids), 1, self.dim), np.float32)
        values[np.arange(len(distinct.ids)), 0, columns[distinct.ids]] = 1.0
        others = np.flatnonzero(columns == self.n).tolist()
        return LayeredWords(values, Alignment(out_of_vocabulary=distinct.positions_where(others)))
