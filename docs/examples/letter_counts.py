"""A complete backend: how often each letter occurs in a word."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedbench import LayeredWords, Sentence
from embedbench.fingerprint import fingerprint
from embedbench.registry import register

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@register("extractor", "letter_counts")
@dataclass(frozen=True)
class LetterCounts:
    """How often each letter of the alphabet occurs in the word.

    Attributes:
        lower: whether capital letters count as small ones.
        name: the label in tables.
    """

    lower: bool = True
    name: str = "letter_counts"
    layer_names = ("table",)
    dim = len(LETTERS)

    @property
    def fingerprint(self) -> str:
        """Of everything that changes a vector: here the options and a version of this file."""
        return fingerprint("letter_counts", 1, self.lower)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """One vector per word, in order: [words, 1 layer, 26]."""
        words = [word.lower() if self.lower else word for sentence in sentences for word in sentence]
        counts = [[word.count(letter) for letter in LETTERS] for word in words]
        return LayeredWords(np.array(counts, np.float32).reshape(len(words), 1, self.dim))
