"""What the extractor contract is checked on: a backend, sentences, and how its vectors are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from embedbench.types import Corpus, FittedOnTrain, LayeredWords, Sentence

Outcome = tuple[bool, str]
"""Whether a promise was kept, and what was measured."""

_AT_MOST = 50
"""How many of its own sentences a backend of precomputed vectors is tried on."""

_LONG = ("the", "river", "that", "the", "bank", "near", "the", "town", "overlooks", "is", "deep", "and", "wide")

SENTENCES: tuple[Sentence, ...] = (
    ("The", "bank", "raised", "its", "rates", "."),
    ("She", "sat", "on", "the", "bank", "of", "the", "river", ",", "where", "the", "water", "is", "deep", "."),
    ("the", "bank"),
    ("Rates",),
    ("I", "do", "n't", "believe", "that", "3.14159", "is", "pi", "!"),
    ("The", "bank", "raised", "its", "rates", "."),
    (
        "\N{LATIN CAPITAL LETTER A WITH DIAERESIS}pfel",
        "und",
        "na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve",
        "caf\u00e9s",
    ),
    (*_LONG, *_LONG, *_LONG),
)
"""Ordinary sentences: a repeated one, the same word in several contexts, one word alone, many lengths."""

UNUSUAL_WORDS: tuple[str, ...] = (
    "\N{ZERO WIDTH SPACE}",
    "\N{ZERO WIDTH JOINER}",
    "\N{SOFT HYPHEN}",
    "\N{NO-BREAK SPACE}",
    "\N{REPLACEMENT CHARACTER}",
    "\N{FAMILY}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}",
    "\N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED}\N{HEBREW LETTER VAV}\N{HEBREW LETTER FINAL MEM}",
    "\N{RIGHT-TO-LEFT MARK}",
    "e\N{COMBINING ACUTE ACCENT}\N{COMBINING DIAERESIS BELOW}",
    "\N{COMBINING ACUTE ACCENT}",
    "\N{GOTHIC LETTER AHSA}",
    "\N{CJK UNIFIED IDEOGRAPH-8A9E}",
    "two words",
    "[MASK]",
    "</s>",
)


@dataclass(frozen=True, eq=False)
class Subject:
    """A backend with the sentences to try it on.

    Attributes:
        given: the backend as it was handed in; anything, because a broken one is to be described, not crashed on.
        extractor: the same, fitted on the sentences where it must be.
        sentences: what to extract; at least one, none empty.
        tolerance: largest distance of two versions of a vector, relative to its norm.
        is_closed: it knows only sentences of its own, so no others are asked for.
    """

    given: Any
    extractor: Any
    sentences: tuple[Sentence, ...]
    tolerance: float
    is_closed: bool

    @classmethod
    def of(cls, given: Any, sentences: Sequence[Sentence] | None, tolerance: float) -> Subject:
        """The backend with these sentences, or the ones it knows, or ordinary ones.

        Raises:
            ValueError: there is no sentence with a word.
        """
        known = getattr(given, "known_sentences", lambda: None)()
        chosen = sentences if sentences is not None else known[:_AT_MOST] if known is not None else SENTENCES
        kept = tuple(tuple(sentence) for sentence in chosen if len(sentence))
        if not kept:
            raise ValueError("there is no sentence with a word to try it on")
        extractor = given.fitted(Corpus.of(kept)) if isinstance(given, FittedOnTrain) else given
        return cls(given, extractor, kept, tolerance, known is not None)

    @property
    def words(self) -> list[str]:
        """The words of all sentences."""
        return [word for sentence in self.sentences for word in sentence]

    @cached_property
    def together(self) -> LayeredWords:
        """All sentences, extracted in one call, once."""
        return self.extract(self.sentences)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """What the backend gives for these sentences.

        Raises:
            TypeError: it is not LayeredWords.
            ValueError: it is not one vector per word, layer and dimension.
        """
        words = self.extractor.extract(list(sentences))
        if not isinstance(words, LayeredWords):
            raise TypeError(f"extract gave a {type(words).__name__}; expected LayeredWords")
        expected = (sum(map(len, sentences)), len(self.extractor.layer_names), self.extractor.dim)
        if words.values.shape != expected:
            raise ValueError(f"expected vectors of shape {expected} (words, layers, dim), got {words.values.shape}")
        return words

    def distance(
        self, got: Float[np.ndarray, "words layers dim"], expected: Float[np.ndarray, "words layers dim"]
    ) -> Outcome:
        """Whether vectors agree: the largest distance, relative to the norm of the expected vector."""
        if not got.size:
            return True, "no vectors to compare"
        exact = expected.astype(np.float64)
        difference = np.linalg.norm(got - exact, axis=-1)
        # A zero vector has no norm to divide by, and a difference of NaN must stay NaN.
        relative = np.where(difference == 0, 0.0, difference / np.maximum(np.linalg.norm(exact, axis=-1), 1e-30))
        # NaN is not larger than anything: ask whether all are within the tolerance, not whether one is beyond it.
        passed = bool((relative <= self.tolerance).all())
        word, layer = np.unravel_index(int(np.argmax(relative)), relative.shape)
        where = "" if passed else f", at word {word}, layer {layer}"
        return passed, f"largest relative distance {relative[word, layer]:.1e}, allowed {self.tolerance:.0e}{where}"
