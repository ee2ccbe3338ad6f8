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
    alphabetic; ties go by the alphabet. The targets are the `n_words` after the first `skip`. Only sentences with
    exactly one of the targets, once, are used.

    Attributes:
        n_words: how many target words.
        skip: how many of the most frequent words are no targets.
        fewest: every target must be in at least this many training sentences.
    """

    name: str = "word_content"
    n_words: int = 200
    skip: int = 150
    fewest: int = 5

    def labelled(self, which: Split) -> LabelledSpans:
        """Every sentence with exactly one target word."""
        corpus = words(self.files[which])
        targets = self._targets
        indices: list[int] = []
        labels: list[str] = []
        for index, sentence in enumerate(corpus.sentences):
            found = [folded for word in sentence if (folded := word.casefold()) in targets]
            if len(found) == 1:
                indices.append(index)
                labels.append(found[0])
        return LabelledSpans(corpus, sentence_spans(corpus, indices), tuple(labels))

    @cached_property
    def _targets(self) -> frozenset[str]:
        counts: Counter[str] = Counter()
        for sentence in words(self.files[Split.TRAIN]).sentences:
            counts.update({word.casefold() for word in sentence if word.isalpha()})
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        targets = ranked[self.skip : self.skip + self.n_words]
        if len(targets) < self.n_words or counts[targets[-1]] < self.fewest:
            enough = sum(counts[word] >= self.fewest for word in ranked)
            raise ConfigurationError(
                f"word_content wants {self.n_words} words after the {self.skip} most frequent, each in {self.fewest} "
                f"or more training sentences, but {self.files[Split.TRAIN]} has {enough} such words in all; "
                "lower n_words or skip"
            )
        return frozenset(targets)


def _swappable(sentence: Sentence) -> list[int]:
    """The positions whose word differs from the next one, ignoring case."""
    folded = [word.casefold() for word in sentence]
    return [i for i in range(len(folded) - 1) if folded[i] != folded[i + 1]]


def _swap(sentence: Sentence, place: int) -> Sentence:
    return (*sentence[:place], sentence[place + 1], sentence[place], *sentence[place + 2 :])
