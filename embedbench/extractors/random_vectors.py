"""Random vectors: what a probe learns without any knowledge in the embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedbench.errors import ConfigurationError
from embedbench.extractors.static_table import TABLE_LAYER, DistinctWords, word_gaussian
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

_VERSION = 1


@register("extractor", "random")
@dataclass(frozen=True)
class RandomVectors:
    """One fixed standard normal vector per word type: the baseline that knows word identity and nothing else.

    The vector depends on word and seed alone, so it is the same in every split, corpus and process.

    Attributes:
        name: label in tables.
        size: the number of dimensions.
        seed: another seed gives other vectors.

    Raises:
        ConfigurationError: the size is not positive.
    """

    name: str = "random"
    size: int = 300
    seed: int = 1

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ConfigurationError(f"extractor {self.name!r}: size must be at least 1, got {self.size}")

    @property
    def layer_names(self) -> tuple[str, ...]:
        """One layer."""
        return TABLE_LAYER

    @property
    def dim(self) -> int:
        """Dimensions of the vectors."""
        return self.size

    @property
    def fingerprint(self) -> str:
        """Of size and seed."""
        return fingerprint("random", _VERSION, self.size, self.seed)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The fixed vector of each word, [words, 1, dim] float32."""
        distinct = DistinctWords.of(sentences)
        vectors = np.empty((len(distinct.words), self.size), np.float32)
        for i, word in enumerate(distinct.words):
            vectors[i] = word_gaussian(word, dim=self.size, seed=self.seed)
        return LayeredWords(vectors[distinct.ids][:, None, :])
