"""Sentence tasks made from any text, without annotation: was a bigram swapped, which word does it contain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embedbench.errors import ConfigurationError
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans, sentence_spans, split_generator
from embedbench.tasks.sources import words
from embedbench.types import Corpus, Sentence, Split


@register("task", "bigram_shift")
@dataclass(frozen=True)
class BigramShift(FileTask):
    """Whether two neighbouring words were swapped (Conneau et al. 2018, "BShift"); any treebank or raw text.

    Half of the sentences, drawn at random, have one adjacent pair swapped; every source sentence is used once. A pair
    of the same word (ignoring case) is never chosen, and a sentence with no other pair is left out. A bag of
    context-free vectors cannot tell: swapped or not, its words are the same.

    Attributes:
        shortest: sentences with fewer words are left out.
        longest: sentences with more words are left out.
        seed: of the choice of sentences and of pairs.
    """

    name: str = "bigram_shift"
    shortest: int = 5
    longest: int = 28
    seed: int = 13

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= self.shortest <= self.longest:
            raise ConfigurationError(
                f"bigram_shift.shortest is {self.shortest} and longest {self.longest}; "
                "expected 2 <= shortest <= longest"
            )

    def labelled(self, which: Split) -> LabelledSpans:
        """Every sentence of suitable length, in order; half of them swapped."""
        chosen: list[tuple[Sentence, list[int]]] = []
        for sentence in words(self.files[which]).sentences:
            if self.shortest <= len(sentence) <= self.longest and (places := _swappable(sentence)):
                chosen.append((sentence, places))
        rng = split_generator(self.seed, which)
        swapped = np.zeros(len(chosen), bool)
        swapped[rng.permutation(len(chosen))[: len(chosen) // 2]] = True
        draws = rng.random(len(chosen))
        sentences = [
            _swap(sentence, places[int(draw * len(places))]) if swap else sentence
            for (sentence, places), swap, draw in zip(chosen, swapped, draws, strict=True)
        ]
        corpus = Corpus.of(sentences)
        labels = tuple("swapped" if swap else "original" for swap in swapped)
        return LabelledSpans(corpus, sentence_spans(corpus, range(len(sentences))), labels)


@register("task", "word_content")
@dataclass(frozen=True)
class WordContent(FileTask):
    """Which of N mid-frequency words a sentence contains (Conneau et al. 2018, "WC"); any treebank or raw text.

    Words are ranked by the number of training sentences that contain them, ignoring case and words that are not
    alphabetic; ties go by the alphabet. The targets are the first `n_words` after the first `skip` that can be learned:
    a word that is the only target of fewer than `fewest` training sentences makes room for the next one ("united" is
    hardly ever without "states"). Only sentences with exactly one of the targets, once, are used.

    Attributes:
        n_words: how many target words.
        skip: how many of the most frequent words are no targets.
        fewest: every target must be the only one of at least this many training sentences.
    """

    name: str = "word_content"
    n_words: int = 200
    skip: int = 150
    fewest: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_words < 2 or self.skip < 0 or self.fewest < 1:
            raise ConfigurationError(
                f"word_content got n_words={self.n_words}, skip={self.skip} and fewest={self.fewest}; "
                "expected at least 2, 0 and 1"
            )

    def labelled(self, which: Split) -> LabelledSpans:
        """Every sentence with exactly one target word."""
        corpus = words(self.files[which])
        found = [(index, only) for index, s in enumerate(corpus.sentences) if (only := _only(_fold(s), self._targets))]
        spans = sentence_spans(corpus, [index for index, _ in found])
        return LabelledSpans(corpus, spans, tuple(word for _, word in found))

    @cached_property
    def _targets(self) -> frozenset[str]:
        folded = [_fold(sentence) for sentence in words(self.files[Split.TRAIN]).sentences]
        counts = Counter(word for sentence in folded for word in set(sentence) if word.isalpha())
        candidates = sorted(counts, key=lambda word: (-counts[word], word))[self.skip :]
        while len(candidates) >= self.n_words:
            targets = frozenset(candidates[: self.n_words])
            uses = Counter(only for sentence in folded if (only := _only(sentence, targets)))
            rare = {word for word in targets if uses[word] < self.fewest}
            if not rare:
                return targets
            candidates = [word for word in candidates if word not in rare and counts[word] >= self.fewest]
        raise ConfigurationError(
            f"word_content wants {self.n_words} words, each the only target of {self.fewest} or more sentences of "
            f"{self.files[Split.TRAIN]}, but only {len(candidates)} can be had after the {self.skip} most frequent; "
            "lower n_words or skip, or take more text"
        )


def _fold(sentence: Sentence) -> list[str]:
    return [word.casefold() for word in sentence]


def _only(sentence: list[str], targets: frozenset[str]) -> str:
    """The only target word of a sentence, or nothing when it has none, several, or one twice."""
    found = [word for word in sentence if word in targets]
    return found[0] if len(found) == 1 else ""


def _swappable(sentence: Sentence) -> list[int]:
    """The positions whose word differs from the next one, ignoring case."""
    folded = _fold(sentence)
    return [i for i in range(len(folded) - 1) if folded[i] != folded[i + 1]]


def _swap(sentence: Sentence, place: int) -> Sentence:
    return (*sentence[:place], sentence[place + 1], sentence[place], *sentence[place + 2 :])
