"""Static vectors of a contextual extractor: each word's mean over its contexts in a corpus, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

from embedbench.data.locate import locate
from embedbench.data.raw_text import read_sentences
from embedbench.errors import ConfigurationError
from embedbench.extractors.static_table import Case, DistinctWords
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.registry import register
from embedbench.types import Alignment, Corpus, FittedOnTrain, LayeredWords, Sentence

_VERSION = 1
_SENTENCES_PER_CALL = 2_000
"""Of the corpus given to the inner extractor at a time, so that memory grows neither with it nor with the words."""


@register("extractor", "averaged")
@dataclass(frozen=True)
class Averaged:
    """One vector per word type and layer: the mean of what another extractor gives its occurrences in a corpus.

    The way to ask a contextual model for words out of context (Bommasani et al. 2020): a word alone is a sentence such
    a model has hardly seen. Meant for lists of words (word similarity, analogies, categories): all contexts of the
    words asked for are encoded whenever vectors are made.

    Attributes:
        name: label in tables.
        inner: the extractor that is averaged (`+extractor@extractor.inner=minilm` places a preset).
        corpus: raw text with the contexts, one sentence a line.
        comment: lines of the corpus that begin with this are no text; empty: every line is.
        tag_separator: the corpus is `word_TAG` text with this separator; empty: its words are taken whole.
        contexts: most occurrences of a word that are averaged, spread evenly over the corpus.
        at_least: a word with fewer occurrences is unknown: it gets zeros and is counted.
        case: which occurrences are a word's: `exact` as written, `lower` whatever their capitals, `fold` as written
            and, where there is none, in lower case.

    Raises:
        ConfigurationError: there is no inner extractor or no corpus, or the numbers of contexts cannot be.
    """

    name: str = "averaged"
    inner: Any = None
    corpus: str = ""
    comment: str = ""
    tag_separator: str = ""
    contexts: int = 20
    at_least: int = 1
    case: Case = Case.lower

    def __post_init__(self) -> None:
        if not callable(getattr(self.inner, "extract", None)):
            raise ConfigurationError(
                f"extractor {self.name!r} averages another extractor, but its inner is {self.inner!r}; add one, such "
                "as +extractor@extractor.inner=minilm"
            )
        if not self.corpus:
            raise ConfigurationError(f"extractor {self.name!r} needs text with contexts: extractor.corpus=FILE")
        if not 1 <= self.at_least <= self.contexts:
            raise ConfigurationError(
                f"extractor {self.name!r}: at_least is {self.at_least} and contexts is {self.contexts}; expected "
                "1 <= at_least <= contexts"
            )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Those of the inner extractor."""
        return tuple(self.inner.layer_names)

    @property
    def dim(self) -> int:
        """That of the inner extractor."""
        return int(self.inner.dim)

    @property
    def fingerprint(self) -> str:
        """Of the inner extractor, the corpus file and how it is read, and the options."""
        reading = [self.comment, self.tag_separator, self.case.value]
        text = file_fingerprint(locate(self.corpus))
        return fingerprint("averaged", _VERSION, self.inner.fingerprint, text, reading, self.contexts, self.at_least)

    @property
    def needs_train(self) -> bool:
        """Whether the inner extractor must see the training words first."""
        return isinstance(self.inner, FittedOnTrain) and bool(getattr(self.inner, "needs_train", True))

    def fitted(self, train: Corpus) -> Averaged:
        """The extractor whose inner one knows the training words, where it must."""
        return replace(self, inner=self.inner.fitted(train)) if self.needs_train else self

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The mean of each word, [words, layers, dim] float32; the same wherever the word stands.

        Raises:
            DataError: the corpus is missing, damaged or holds no sentence.
        """
        distinct = DistinctWords.of(sentences)
        occurrences = [self._chosen(word) for word in distinct.words]
        values = np.zeros((len(distinct.words), len(self.layer_names), self.dim), np.float64)
        counts = np.array([len(found) for found in occurrences], np.int64)
        known = np.flatnonzero(counts)
        if len(known):
            word_of = np.repeat(np.arange(len(counts)), counts)
            self._sum_into(values, np.concatenate([occurrences[word] for word in known]), word_of)
            values[known] /= counts[known, None, None]
        alignment = Alignment(out_of_vocabulary=distinct.positions_where(np.flatnonzero(counts == 0).tolist()))
        return LayeredWords(values.astype(np.float32)[distinct.ids], alignment)

    def _chosen(self, word: str) -> Int64[np.ndarray, "contexts"]:
        """The corpus positions whose vectors make up a word's; none where it has too few."""
        found = self._contexts.positions(word.lower() if self.case is Case.lower else word)
        if not len(found) and self.case is Case.fold:
            found = self._contexts.positions(word.lower())
        if len(found) < self.at_least:
            return found[:0]
        return found[np.linspace(0, len(found) - 1, min(len(found), self.contexts)).round().astype(np.int64)]

    def _sum_into(
        self, sums: np.ndarray, positions: Int64[np.ndarray, "occurrences"], words: Int64[np.ndarray, "occurrences"]
    ) -> None:
        """Adds the inner extractor's vectors at these corpus positions to the rows of their words."""
        contexts = self._contexts
        order = np.argsort(positions, kind="stable")
        positions, words = positions[order], words[order]
        sentence_of = np.searchsorted(contexts.offsets, positions, side="right") - 1
        needed = np.unique(sentence_of)
        for start in range(0, len(needed), _SENTENCES_PER_CALL):
            chunk = needed[start : start + _SENTENCES_PER_CALL]
            texts = [contexts.sentence(number) for number in chunk.tolist()]
            here = slice(*np.searchsorted(sentence_of, [chunk[0], chunk[-1] + 1]))
            begins = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
            rows = begins[np.searchsorted(chunk, sentence_of[here])] + positions[here]
            rows -= contexts.offsets[sentence_of[here]]
            vectors = self.inner.extract(texts).values
            np.add.at(sums, words[here], vectors[rows])

    @cached_property
    def _contexts(self) -> _Contexts:
        return _Contexts.read(locate(self.corpus), self.comment, self.tag_separator, lower=self.case is Case.lower)


@dataclass(frozen=True, eq=False)
class _Contexts:
    """A corpus whose words can be found: about 20 bytes per word, however long the words are."""

    rows: dict[str, int]
    ids: Int64[np.ndarray, "words"]
    forms: tuple[str, ...]
    offsets: Int64[np.ndarray, "bounds"]
    by_row: Int64[np.ndarray, "words"]
    begins: Int64[np.ndarray, "rows_and_end"]

    @classmethod
    def read(cls, path: Path, comment: str, tag_separator: str, *, lower: bool) -> _Contexts:
        seen: dict[str, int] = {}
        ids: list[int] = []
        offsets = [0]
        for sentence in read_sentences(path, comment=comment, tag_separator=tag_separator):
            ids += [seen.setdefault(word, len(seen)) for word in sentence]
            offsets.append(len(ids))
        rows: dict[str, int] = {}
        row_of_form = np.array([rows.setdefault(form.lower() if lower else form, len(rows)) for form in seen])
        row_of_word = row_of_form[np.array(ids, np.int64)]
        by_row = np.argsort(row_of_word, kind="stable")
        begins = np.searchsorted(row_of_word[by_row], np.arange(len(rows) + 1))
        return cls(rows, np.array(ids, np.int64), tuple(seen), np.array(offsets, np.int64), by_row, begins)

    def positions(self, word: str) -> Int64[np.ndarray, "occurrences"]:
        """Where the word stands, in the order of the corpus."""
        row = self.rows.get(word)
        return self.by_row[:0] if row is None else self.by_row[self.begins[row] : self.begins[row + 1]]

    def sentence(self, number: int) -> Sentence:
        """A sentence as it is written."""
        return tuple(self.forms[form] for form in self.ids[self.offsets[number] : self.offsets[number + 1]].tolist())
