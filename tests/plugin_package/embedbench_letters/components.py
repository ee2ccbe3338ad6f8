"""One component of every kind, as a package of somebody else's would have them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench import LayeredWords, Sentence
from embedbench.fingerprint import fingerprint
from embedbench.probing.probes import Pooling
from embedbench.registry import register
from embedbench.tasks.base import LabelledSpans, TreebankTask
from embedbench.types import ControlKind, Split


class Case(enum.Enum):
    """What becomes of capital letters."""

    keep = "keep"
    lower = "lower"


@register("extractor", "letter_places")
@dataclass(frozen=True)
class LetterPlaces:
    """Whether each letter is in the word, and in layer 1 where it stands last.

    Attributes:
        case: what becomes of capital letters.
        alphabet: the letters that are counted.
        name: the label in tables.
    """

    case: Case = Case.lower
    alphabet: str = "abcdefghijklmnopqrstuvwxyz"
    name: str = "letter_places"
    layer_names: ClassVar[tuple[str, ...]] = ("is_there", "place")

    @property
    def dim(self) -> int:
        """One dimension per letter."""
        return len(self.alphabet)

    @property
    def fingerprint(self) -> str:
        """Of the options and a version of this file."""
        return fingerprint("letter_places", 1, self.case.value, self.alphabet)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """One vector per word and layer."""
        words = [word for sentence in sentences for word in sentence]
        words = [word.lower() for word in words] if self.case is Case.lower else words
        values = np.zeros((len(words), 2, self.dim), np.float32)
        for i, word in enumerate(words):
            places = np.array([word.rfind(letter) for letter in self.alphabet])
            values[i, 0], values[i, 1] = places >= 0, (places + 1) / len(word)
        return LayeredWords(values)


@register("task", "ends_in_vowel")
@dataclass(frozen=True)
class EndsInVowel(TreebankTask):
    """Whether a word ends in a vowel.

    Attributes:
        vowels: the letters that count as vowels.
    """

    vowels: str = "aeiou"
    name: str = "ends_in_vowel"
    METRIC = "half_accuracy"
    CONTROL = ControlKind.WORD_TYPE

    def labelled(self, which: Split) -> LabelledSpans:
        """One target per word."""
        rows = [(start + i,) for start, tokens in self.trees(which) for i in range(len(tokens))]
        forms = [token.form for _, tokens in self.trees(which) for token in tokens]
        return self.spans_of(which, rows, ["yes" if form[-1].lower() in self.vowels else "no" for form in forms])


@register("probe", "narrow")
@dataclass(frozen=True)
class Narrow:
    """A perceptron with a few hidden units.

    Attributes:
        units: of the hidden layer.
        name: the label in tables.
    """

    units: int = 12
    name: str = "narrow"
    pooling: Pooling = Pooling.mean
    dropout: ClassVar[float] = 0.0

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """One hidden layer."""
        return (self.units,)


@register("mix", "faded")
@dataclass(frozen=True)
class Faded:
    """Every layer counts `fade` times as much as the one below.

    Attributes:
        fade: the factor from one layer to the next.
    """

    fade: float = 0.5
    learned: ClassVar[bool] = False
    normed: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """`faded:<fade>`."""
        return f"faded:{self.fade}"

    def coefficients(self, n_layers: int) -> np.ndarray:
        """Weights that sum to 1."""
        weights = self.fade ** np.arange(n_layers)
        return (weights / weights.sum()).astype(np.float32)[None]


@register("metric", "half_accuracy")
@dataclass(frozen=True)
class HalfAccuracy:
    """The share of right targets, halfway between the mean over targets and one."""

    name: ClassVar[str] = "half_accuracy"
    higher_is_better: ClassVar[bool] = True
    chance: ClassVar[str] = "half of one more than the share of the most frequent label"

    def value(self, gold, predicted, context) -> float:
        """From 0.5 to 1."""
        return 0.5 + float((gold == predicted).mean()) / 2

    def statistics(self, gold, predicted, context):
        """Right targets and all targets."""
        return context.total((gold == predicted).astype(np.int64), np.ones(len(gold)))

    def value_from(self, sums):
        """From the sums."""
        return 0.5 + sums[..., 0] / sums[..., 1] / 2
