"""Zeros: a part without any information, which gives a probe the size that it has with another part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedbench.errors import ConfigurationError
from embedbench.extractors.static_table import TABLE_LAYER
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

_VERSION = 1


@register("extractor", "zeros")
@dataclass(frozen=True)
class Zeros:
    """The zero vector for every word: the padding of a baseline in conditional probing (Hewitt et al. 2021).

    `stack(A, zeros like B)` has the layers and dimensions of `stack(A, B)`, and the information of A alone.

    Attributes:
        name: label in tables.
        like: an extractor whose layers and dimensions it takes; none of its vectors are computed.
        size: dimensions of the one layer it has without `like`.

    Raises:
        ConfigurationError: not exactly one of `like` and `size` is given.
    """

    name: str = "zeros"
    like: Any = None
    size: int | None = None

    def __post_init__(self) -> None:
        if (self.like is None) == (self.size is None):
            raise ConfigurationError(
                f"extractor {self.name!r} needs either size or like, such as extractor.size=300 or "
                "+extractor@extractor.like=minilm"
            )
        if self.size is not None and self.size < 1:
            raise ConfigurationError(f"extractor {self.name!r}: size must be at least 1, got {self.size}")
        if self.like is not None and not callable(getattr(self.like, "extract", None)):
            raise ConfigurationError(
                f"extractor {self.name!r}: like is a {type(self.like).__name__}; expected an extractor"
            )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Those of `like`, or one layer."""
        return TABLE_LAYER if self.like is None else tuple(self.like.layer_names)

    @property
    def dim(self) -> int:
        """That of `like`, or `size`."""
        return int(self.like.dim if self.size is None else self.size)

    @property
    def fingerprint(self) -> str:
        """Of the number of layers and dimensions; which extractor they were taken from changes nothing."""
        return fingerprint("zeros", _VERSION, len(self.layer_names), self.dim)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """Zeros, [words, layers, dim] float32."""
        return LayeredWords(np.zeros((sum(map(len, sentences)), len(self.layer_names), self.dim), np.float32))
