"""Word vectors looked up in a table: what happens to unknown words and to capital letters is said, and counted.

Shared by word2vec, GloVe and fastText. The table is memory-mapped: only the rows of words that occur are read.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from embedbench.errors import DataError
from embedbench.extractors.table_cache import edition, map_tensors, read_words
from embedbench.types import Alignment, LayeredWords, Sentence

TABLE_LAYER = ("table",)
"""The layer names of every static extractor."""


class OutOfVocabulary(enum.Enum):
    """The vector of a word that the table does not know."""

    zero = "zero"
    """All zeros."""
    mean = "mean"
    """The mean of all vectors of the table."""
    random = "random"
    """A Gaussian draw with the mean and standard deviation of the table per dimension, fixed by word and seed."""
    error = "error"
    """None: the run stops and names the word."""


class Case(enum.Enum):
    """How capital letters are treated when a word is looked up."""

    exact = "exact"
    """As written."""
    fold = "fold"
    """As written; where that is missing, in lower case."""
    lower = "lower"
    """Always in lower case."""


@dataclass(frozen=True, eq=False)
class WordTable:
    """Words and their vectors.

    Attributes:
        rows: the row of each word. Of a word listed twice in a file the first row counts, as in gensim.
        vectors: float32, memory-mapped.
        mean: of all rows, per dimension.
        std: standard deviation of all rows, per dimension.
        compose: the vector of an unknown word out of its parts (fastText), or None where it has none.
    """

    rows: Mapping[str, int]
    vectors: Float32[np.ndarray, "entries dim"]
    mean: Float32[np.ndarray, "dim"]
    std: Float32[np.ndarray, "dim"]
    compose: Callable[[str], Float32[np.ndarray, "dim"] | None] | None = None

    @property
    def dim(self) -> int:
        """The number of dimensions."""
        return int(self.vectors.shape[1])


def open_table(folder: Path) -> WordTable:
    """The finished table in this folder of the cache, without composition."""
    return _open_table(folder, edition(folder))


@lru_cache(maxsize=16)
def _open_table(folder: Path, _edition: tuple[int, int]) -> WordTable:
    words, _ = read_words(folder)
    tensors = map_tensors(folder)
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        rows.setdefault(word, row)
    return WordTable(rows, tensors["vectors"], np.array(tensors["mean"]), np.array(tensors["std"]))


def word_seed(word: str, seed: int) -> int:
    """128 bits that depend on the word and the seed alone; never on order, process or machine.

    >>> word_seed("tree", 1) == word_seed("tree", 1) != word_seed("tree", 2)
    True
    """
    text = f"{seed}\0{word}".encode("utf-8", errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:16], "little")


def word_gaussian(word: str, *, dim: int, seed: int) -> Float32[np.ndarray, "dim"]:
    """A standard normal vector that belongs to this word and seed."""
    return np.random.Generator(np.random.PCG64(word_seed(word, seed))).standard_normal(dim, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class DistinctWords:
    """The distinct words of some sentences in order of first appearance, and which one stands at each position."""

    words: tuple[str, ...]
    ids: Int64[np.ndarray, "positions"]

    @classmethod
    def of(cls, sentences: Iterable[Sentence]) -> DistinctWords:
        """Of these sentences.

        >>> DistinctWords.of([("a", "b"), (), ("a",)]).ids.tolist()
        [0, 1, 0]
        """
        seen: dict[str, int] = {}
        ids = [seen.setdefault(word, len(seen)) for sentence in sentences for word in sentence]
        return cls(tuple(seen), np.array(ids, np.int64))

    def positions_where(self, chosen: Iterable[int]) -> Int64[np.ndarray, "n"]:
        """The sorted word positions at which one of the chosen distinct words stands."""
        mask = np.zeros(len(self.words), bool)
        mask[list(chosen)] = True
        return np.flatnonzero(mask[self.ids]).astype(np.int64)


def look_up(
    table: WordTable, sentences: Sequence[Sentence], *, out_of_vocabulary: OutOfVocabulary, case: Case, seed: int
) -> LayeredWords:
    """The vectors of all words, [words, 1, dim] float32; each distinct word is looked up once.

    A word that `table.compose` can build gets that vector; it still counts as out of vocabulary.

    Raises:
        DataError: a word is unknown and the policy is `error`; word, sentence and the number of others are named.
    """
    distinct = DistinctWords.of(sentences)
    rows = np.full(len(distinct.words), -1, np.int64)
    folded: list[int] = []
    for i, word in enumerate(distinct.words):
        form = word.lower() if case is Case.lower else word
        row = table.rows.get(form)
        if row is None and case is Case.fold:
            form = word.lower()
            row = table.rows.get(form)
        if row is not None:
            rows[i] = row
            if form != word:
                folded.append(i)
    unknown = np.flatnonzero(rows < 0)
    vectors = np.empty((len(distinct.words), table.dim), np.float32)
    known = rows >= 0
    vectors[known] = table.vectors[rows[known]]
    for i in unknown.tolist():
        word = distinct.words[i]
        composed = table.compose(word.lower() if case is Case.lower else word) if table.compose else None
        if composed is not None:
            vectors[i] = composed
        elif out_of_vocabulary is OutOfVocabulary.zero:
            vectors[i] = 0.0
        elif out_of_vocabulary is OutOfVocabulary.mean:
            vectors[i] = table.mean
        elif out_of_vocabulary is OutOfVocabulary.random:
            vectors[i] = table.mean + table.std * word_gaussian(word, dim=table.dim, seed=seed)
        else:
            raise _unknown(word, sentences, n=len(unknown))
    alignment = Alignment(
        out_of_vocabulary=distinct.positions_where(unknown.tolist()), folded=distinct.positions_where(folded)
    )
    return LayeredWords(vectors[distinct.ids][:, None, :], alignment)


def _unknown(word: str, sentences: Sequence[Sentence], *, n: int) -> DataError:
    index, sentence = next((i, s) for i, s in enumerate(sentences) if word in s)
    return DataError(
        f"the word {word!r} (sentence {index} of those asked for: {' '.join(sentence)[:80]!r}) is not in the table, "
        f"and {n - 1} other distinct words are missing too; extractor.out_of_vocabulary=error asks to stop here, "
        "the other choices are zero, mean and random"
    )
