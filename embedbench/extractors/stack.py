"""Stacked vectors: other extractors side by side, such as GloVe beside ELMo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from embedbench.errors import ConfigurationError, ContractError
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.types import Alignment, Corpus, FittedOnTrain, LayeredWords, Sentence

_VERSION = 1


@register("extractor", "stack")
@dataclass(frozen=True)
class Stack:
    """The vectors of other extractors, concatenated dimension by dimension.

    All parts have the same number of layers, or one: a part of one layer (a static table) is repeated over the layers
    of the others, so layer k of the stack is layer k of the contextual part beside the same static vector.

    Attributes:
        name: label in tables.
        parts: the extractors, as a list, or as a mapping whose keys are for the reader (Hydra can place a preset
            under a key: `+extractor@extractor.parts.left=glove_twitter`).

    Raises:
        ConfigurationError: there is no part, one of them is not an extractor, or the numbers of layers do not fit.
    """

    name: str = "stack"
    parts: Any = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self._parts:
            raise ConfigurationError(
                f"extractor {self.name!r} has no parts; add some, such as "
                "+extractor@extractor.parts.left=glove_twitter +extractor@extractor.parts.right=minilm"
            )
        for part in self._parts:
            # isinstance(part, Extractor) would read every property, and so load the model, before Python 3.12.
            if not callable(getattr(part, "extract", None)):
                raise ConfigurationError(
                    f"a part of extractor {self.name!r} is a {type(part).__name__}; expected an extractor"
                )

    @property
    def _parts(self) -> tuple[Any, ...]:
        if isinstance(self.parts, Mapping):
            return tuple(self.parts.values())
        return tuple(self.parts)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Those of the parts with most layers; different names of one layer are joined by `+`."""
        names = [part.layer_names for part in self._parts]
        counts = sorted({len(of_part) for of_part in names} - {1})
        if len(counts) > 1:
            having = ", ".join(f"{part.name} {len(of_part)}" for part, of_part in zip(self._parts, names, strict=True))
            raise ConfigurationError(
                f"the parts of extractor {self.name!r} have different numbers of layers ({having}); "
                "expected the same number, or 1"
            )
        full = [of_part for of_part in names if not counts or len(of_part) == counts[0]]
        return tuple("+".join(dict.fromkeys(layer)) for layer in zip(*full, strict=True))

    @property
    def dim(self) -> int:
        """The sum of the parts' dimensions."""
        return sum(part.dim for part in self._parts)

    @property
    def fingerprint(self) -> str:
        """Of the parts, in their order."""
        return fingerprint("stack", _VERSION, [part.fingerprint for part in self._parts])

    @property
    def needs_train(self) -> bool:
        """Whether any part must see the training words first."""
        return any(isinstance(part, FittedOnTrain) and getattr(part, "needs_train", True) for part in self._parts)

    def fitted(self, train: Corpus) -> Stack:
        """The stack whose parts know the training words, where they must."""
        return replace(
            self,
            parts=[part.fitted(train) if isinstance(part, FittedOnTrain) else part for part in self._parts],
        )

    def known_sentences(self) -> tuple[Sentence, ...] | None:
        """The sentences that every part knows, or None when all parts take any sentence."""
        known = [part.known_sentences() for part in self._parts if hasattr(part, "known_sentences")]
        closed = [sentences for sentences in known if sentences is not None]
        if not closed:
            return None
        common = set(closed[0]).intersection(*closed[1:])
        return tuple(sentence for sentence in closed[0] if sentence in common)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The parts' vectors side by side, [words, layers, sum of dims] float32; a word is counted when any part did.

        Raises:
            ContractError: a part gave another number of words or layers than it promises.
        """
        n_words, n_layers = sum(map(len, sentences)), len(self.layer_names)
        values = np.empty((n_words, n_layers, self.dim), np.float32)
        alignments = []
        start = 0
        for part in self._parts:
            words = part.extract(sentences)
            expected = (n_words, len(part.layer_names), part.dim)
            if words.values.shape != expected:
                raise ContractError(
                    f"part {part.name!r} of extractor {self.name!r} gave vectors of shape {words.values.shape}; "
                    f"expected {expected} (words, layers, dim)"
                )
            # A part of one layer broadcasts over the layers of the others.
            values[:, :, start : start + part.dim] = words.values
            start += part.dim
            alignments.append(words.alignment)
        return LayeredWords(values, _united(alignments))


def _united(alignments: Sequence[Alignment]) -> Alignment:
    def union(kind: str) -> Any:
        return np.unique(np.concatenate([getattr(alignment, kind) for alignment in alignments])).astype(np.int64)

    return Alignment(**{kind: union(kind) for kind in Alignment().counts()})
