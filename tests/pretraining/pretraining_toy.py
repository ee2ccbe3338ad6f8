"""A small predictable language, and a listener that stops a training like Ctrl-C would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from embedbench.pretraining.encoded_text import TrainingCorpus
from embedbench.progress import SilentProgress
from embedbench.types import Sentence

_ANIMALS = ("dog", "cat", "horse", "bird", "fox")
_VERBS = {"dog": "barks", "cat": "purrs", "horse": "runs", "bird": "sings", "fox": "hides"}
_PLACES = ("house", "river", "forest", "garden", "road", "unbelievableness")


def toy_sentences(n: int, seed: int = 0) -> list[Sentence]:
    """The animal decides the verb, so a word that is seen tells others."""
    rng = np.random.default_rng(seed)
    sentences: list[Sentence] = []
    for _ in range(n):
        animal = _ANIMALS[rng.integers(len(_ANIMALS))]
        sentence = ["The", animal, _VERBS[animal]]
        for _ in range(int(rng.integers(3))):
            sentence += ["near", "the", _PLACES[rng.integers(len(_PLACES))]]
        sentences.append((*sentence, "."))
    return sentences


def toy_corpus(n: int = 300, documents: int = 10) -> TrainingCorpus:
    sentences = toy_sentences(n)
    return TrainingCorpus.of([sentences[k::documents] for k in range(documents)], held_out=0.1, description="toy")


class Interrupting(SilentProgress):
    """Progress that raises KeyboardInterrupt once that many words are done."""

    def __init__(self, words: int) -> None:
        self._words = words

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[object]:
        done = 0

        def advance(n: int, doing: str = "") -> None:
            nonlocal done
            done += n
            if unit == "words" and done >= self._words:
                raise KeyboardInterrupt

        yield advance

    def note(self, message: str) -> None:
        pass


class Noting(Interrupting):
    """Progress that keeps its notes."""

    def __init__(self) -> None:
        super().__init__(1 << 60)
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)
