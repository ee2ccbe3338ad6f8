"""The text that every family trains on: words as numbers, split by document into training and held-out text."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Int32, Int64

from embedbench.errors import DataError
from embedbench.extractors.batching import flat_ranges
from embedbench.fingerprint import array_fingerprint, fingerprint
from embedbench.types import Sentence


@dataclass(frozen=True, eq=False)
class EncodedText:
    """Sentences as numbers of a vocabulary.

    Attributes:
        ids: the word at each position.
        offsets: where each sentence starts, and the number of words at the end.
        documents: the sentence at which each document starts, and the number of sentences at the end.
    """

    ids: Int32[np.ndarray, "words"]
    offsets: Int64[np.ndarray, "sentences_plus_one"]
    documents: Int64[np.ndarray, "documents_plus_one"]

    @property
    def n_words(self) -> int:
        """The number of words."""
        return len(self.ids)

    @property
    def n_sentences(self) -> int:
        """The number of sentences."""
        return len(self.offsets) - 1

    @cached_property
    def lengths(self) -> Int64[np.ndarray, "sentences"]:
        """Words per sentence, each at least 1."""
        sizes: np.ndarray = np.diff(self.offsets)
        return sizes

    def words_of(self, sentences: Int64[np.ndarray, "chosen"]) -> Int32[np.ndarray, "words"]:
        """The words of these sentences, one after the other."""
        words: np.ndarray = self.ids[flat_ranges(self.offsets[sentences], self.lengths[sentences])]
        return words


@dataclass(frozen=True, eq=False)
class TrainingCorpus:
    """What is trained on and what is held out, over one list of distinct words.

    Attributes:
        types: the distinct words of both parts, by first occurrence.
        train: the text to learn from.
        held_out: the text that losses and perplexities are measured on.
        description: one line per source, for the model card.
    """

    types: tuple[str, ...]
    train: EncodedText
    held_out: EncodedText
    description: tuple[str, ...] = field(default=())

    @cached_property
    def counts(self) -> Int64[np.ndarray, "types"]:
        """How often each type occurs in the training text."""
        counts: Int64[np.ndarray, "types"] = np.bincount(self.train.ids, minlength=len(self.types)).astype(np.int64)
        return counts

    @cached_property
    def fingerprint(self) -> str:
        """Of the words, their order and the split."""
        parts = [(part.ids, part.offsets, part.documents) for part in (self.train, self.held_out)]
        return fingerprint(list(self.types), [array_fingerprint(*arrays) for arrays in parts])

    @classmethod
    def of(
        cls,
        documents: Iterable[Iterable[Sentence]],
        *,
        held_out: float = 0.01,
        longest: int = 100,
        description: str = "sentences in memory",
    ) -> TrainingCorpus:
        """The corpus of documents in memory; see `CorpusFiles` for `held_out` and `longest`.

        Raises:
            DataError: there are not two sentences.
        """
        builder = CorpusBuilder(longest)
        builder.add_source(documents, held_out, description)
        return builder.finish()


class CorpusBuilder:
    """Collects sources into one corpus."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._numbers: dict[str, int] = {}
        self._parts: tuple[list[tuple[np.ndarray, np.ndarray, np.ndarray]], ...] = ([], [])
        self._description: list[str] = []

    def add_source(self, documents: Iterable[Iterable[Sentence]], held_out: float, description: str) -> None:
        """Appends documents to the training text and their last ones to the held-out text.

        Raises:
            DataError: there are not two sentences.
        """
        ids, lengths, sizes = array("i"), array("q"), array("q")
        for document in documents:
            before = len(lengths)
            for sentence in document:
                for start in range(0, len(sentence), self._longest):
                    cut = sentence[start : start + self._longest]
                    ids.extend(self._numbers.setdefault(word, len(self._numbers)) for word in cut)
                    lengths.append(len(cut))
            if len(lengths) > before:
                sizes.append(len(lengths) - before)
        if len(lengths) < 2:
            raise DataError(f"{description}: {len(lengths)} sentences; expected at least two, one to hold out")
        words = np.array(lengths, dtype=np.int64)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(words)])
        documents_at = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(sizes, dtype=np.int64))])
        # The last boundary before which at least the asked share of words remains to be trained on.
        boundaries = documents_at[1:-1] if len(documents_at) > 2 else np.arange(1, len(words))
        kept = offsets[boundaries] <= (1 - held_out) * offsets[-1]
        cut_at = int(boundaries[kept][-1]) if kept.any() else int(boundaries[0])
        numbers = np.array(ids, dtype=np.int32)
        middle = int(offsets[cut_at])
        before_cut, after_cut = documents_at[documents_at < cut_at], documents_at[documents_at > cut_at]
        self._parts[0].append((numbers[:middle], words[:cut_at], np.diff([*before_cut, cut_at])))
        self._parts[1].append((numbers[middle:], words[cut_at:], np.diff([cut_at, *after_cut])))
        self._description.append(
            f"{description}: {len(sizes):,} documents, {middle:,} words for training, "
            f"{len(numbers) - middle:,} held out"
        )

    def finish(self) -> TrainingCorpus:
        """The corpus of everything added."""
        train, held_out = (_joined(part) for part in self._parts)
        return TrainingCorpus(tuple(self._numbers), train, held_out, tuple(self._description))


def _joined(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> EncodedText:
    ids, lengths, documents = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    zero = np.zeros(1, np.int64)
    return EncodedText(
        ids.astype(np.int32),
        np.concatenate([zero, np.cumsum(lengths, dtype=np.int64)]),
        np.concatenate([zero, np.cumsum(documents, dtype=np.int64)]),
    )
