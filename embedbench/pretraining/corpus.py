"""The text that every family trains on: words as numbers, split by document into training and held-out text."""

from __future__ import annotations

import enum
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64

from embedbench.data.locate import locate
from embedbench.data.text import empty, numbered_lines
from embedbench.errors import ConfigurationError, DataError
from embedbench.extractors.batching import flat_ranges
from embedbench.fingerprint import array_fingerprint, fingerprint
from embedbench.pretraining.tokenisation import VERSION as TOKENISATION
from embedbench.pretraining.tokenisation import sentences_of
from embedbench.progress import Progress, SilentProgress
from embedbench.types import Sentence


class WordForm(enum.StrEnum):
    """How the lines of a file become words; the names are what a user types."""

    auto = "auto"
    """Recognised by the first lines."""
    spaces = "spaces"
    """One sentence a line, words separated by white space."""
    tagged = "tagged"
    """The same, each word with a tag: `word_TAG`."""
    text = "text"
    """Running text, one or more sentences a line; see `tokenisation`."""


@dataclass(frozen=True)
class CorpusFiles:
    """Raw text files to train on.

    Attributes:
        files: paths, plain or packed (.gz, .xz, .bz2), read in this order; also `gensim:NAME`.
        words: how their lines become words.
        marks: a line that begins with one of these starts a new document and is no text.
        held_out: share of each file's words that is kept from training: its last whole documents, or its last
            sentences where there is only one document.
        longest: words of a sentence; a longer one is cut into several.

    Raises:
        ConfigurationError: a share or a length that cannot be.
    """

    files: tuple[str, ...]
    words: WordForm = WordForm.auto
    marks: tuple[str, ...] = ("# book =", "# doc =")
    held_out: float = 0.01
    longest: int = 100

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", tuple(self.files))
        object.__setattr__(self, "marks", tuple(self.marks))
        if not self.files:
            raise ConfigurationError("no corpus is given; expected corpus.files=[FILE,…]")
        if not 0 < self.held_out <= 0.5 or self.longest < 2:
            raise ConfigurationError(
                f"corpus.held_out={self.held_out} and corpus.longest={self.longest} cannot be; expected a share above "
                "0 and at most 0.5, and at least 2 words"
            )


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
        builder = _Builder(longest)
        builder.add_source(documents, held_out, description)
        return builder.finish()


def read_corpus(options: CorpusFiles, progress: Progress | None = None) -> TrainingCorpus:
    """The corpus of raw text files, read line by line; only numbers of words are kept in memory.

    Raises:
        DataError: a file is missing, damaged, or holds less than two sentences.
    """
    builder = _Builder(options.longest)
    progress = progress or SilentProgress()
    with progress.phase("read the corpus", len(options.files), "files") as advance:
        for spec in options.files:
            path = locate(spec)
            form = recognise(path, options.marks) if options.words is WordForm.auto else options.words
            rules = f"text (rules {TOKENISATION})" if form is WordForm.text else form.value
            builder.add_source(
                _documents(path, form, options.marks), options.held_out, f"{path.name}, words from {rules}"
            )
            advance(1)
    return builder.finish()


_TAGGED = re.compile(r"\S+_[A-Z$.,:()'`#\"-]+\Z")
_LINES_LOOKED_AT = 200


def recognise(path: Path, marks: Sequence[str]) -> WordForm:
    """How the lines of a file become words, judged by its first 200 lines of text.

    `tagged` where nine words in ten carry a tag, `spaces` where nine full stops and commas in ten stand alone, else
    `text`.
    """
    words: list[str] = []
    for count, line in enumerate(_text_lines(path, marks)):
        if count == _LINES_LOOKED_AT:
            break
        words += line.split()
    if words and sum(bool(_TAGGED.match(word)) for word in words) > 0.9 * len(words):
        return WordForm.tagged
    ends = [word for word in words if word[-1] in ".,;?!"]
    alone = sum(len(word) == 1 for word in ends)
    return WordForm.spaces if alone > 0.9 * len(ends) else WordForm.text


def _text_lines(path: Path, marks: Sequence[str]) -> Iterator[str]:
    return (line for _, line in numbered_lines(path) if not line.startswith(tuple(marks)))


def _documents(path: Path, form: WordForm, marks: Sequence[str]) -> Iterator[list[Sentence]]:
    document: list[Sentence] = []
    found = False
    for _, line in numbered_lines(path):
        if marks and line.startswith(tuple(marks)):
            if document:
                yield document
            document = []
            continue
        if form is WordForm.text:
            document += sentences_of(line)
        elif words := line.split():
            if form is WordForm.tagged:
                words = [word.rpartition("_")[0] or word for word in words]
            document.append(tuple(words))
        found = found or bool(document)
    if not found:
        raise empty(path, "sentences")
    if document:
        yield document


class _Builder:
    """Collects sources into one corpus."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._numbers: dict[str, int] = {}
        self._parts: tuple[list[tuple[np.ndarray, np.ndarray, np.ndarray]], ...] = ([], [])
        self._description: list[str] = []

    def add_source(self, documents: Iterable[Iterable[Sentence]], held_out: float, description: str) -> None:
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
