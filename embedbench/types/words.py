"""Words and their vectors: corpus, layered words, extractor, what a store answers. Shapes are the contract.

Words are addressed by their position in the corpus; spans are half-open `[start, end)` ranges of such positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Int64

from embedbench.fingerprint import sentences_fingerprint

Sentence = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Corpus:
    """An ordered collection of sentences, each a tuple of words."""

    sentences: tuple[Sentence, ...]

    @classmethod
    def of(cls, sentences: Iterable[Iterable[str]]) -> Corpus:
        """The corpus of any iterables of words.

        >>> Corpus.of([["a", "b"], ["c"]]).offsets.tolist()
        [0, 2, 3]
        """
        return cls(tuple(tuple(sentence) for sentence in sentences))

    @cached_property
    def offsets(self) -> Int64[np.ndarray, "sentences_plus_one"]:
        """The word position at which each sentence starts, and the number of words at the end."""
        lengths = np.fromiter((len(s) for s in self.sentences), dtype=np.int64, count=len(self.sentences))
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of the words in order, and of nothing else."""
        return sentences_fingerprint(self.sentences)

    @property
    def n_words(self) -> int:
        """The number of words."""
        return int(self.offsets[-1])

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words in corpus order; index = word position."""
        return tuple(word for sentence in self.sentences for word in sentence)

    def sentence_of(self, positions: Int64[np.ndarray, "*shape"]) -> Int64[np.ndarray, "*shape"]:
        """The sentence index of each word position."""
        return np.searchsorted(self.offsets, positions, side="right").astype(np.int64) - 1

    def sample(self, words: int) -> tuple[Sentence, ...]:
        """Sentences at equal distances over the whole corpus with about so many words, one at least, none empty.

        >>> Corpus.of([["a"], [], ["b", "c"], ["d"]]).sample(2)
        (('a',), ('b', 'c'))
        """
        filled = [sentence for sentence in self.sentences if sentence]
        wanted = min(max(round(words * len(filled) / max(self.n_words, 1)), 1), len(filled))
        return tuple(filled[k * len(filled) // wanted] for k in range(wanted))


def _no_positions() -> Int64[np.ndarray, "words"]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Alignment:
    """What happened between words and vectors; positions are relative to the words handed in, sorted.

    Attributes:
        without_piece: words that the tokenizer turned into nothing; they got the unknown piece.
        out_of_vocabulary: words unknown to a static table; they got what the policy says.
        windowed: words of sentences longer than the model's window; covered by overlapping windows.
        folded: words found only after case folding.
    """

    without_piece: Int64[np.ndarray, "n_without"] = field(default_factory=_no_positions)
    out_of_vocabulary: Int64[np.ndarray, "n_oov"] = field(default_factory=_no_positions)
    windowed: Int64[np.ndarray, "n_windowed"] = field(default_factory=_no_positions)
    folded: Int64[np.ndarray, "n_folded"] = field(default_factory=_no_positions)

    def counts(self) -> dict[str, int]:
        """How many words each kind touched."""
        return {
            "without_piece": len(self.without_piece),
            "out_of_vocabulary": len(self.out_of_vocabulary),
            "windowed": len(self.windowed),
            "folded": len(self.folded),
        }


@dataclass(frozen=True, eq=False)
class LayeredWords:
    """Layered word vectors, packed in corpus order without any padding."""

    values: Float[np.ndarray, "words layers dim"]
    alignment: Alignment = field(default_factory=Alignment)


@runtime_checkable
class Extractor(Protocol):
    """Sentences → layered word vectors. A frozen dataclass whose fields are its typed options.

    The vectors of a sentence do not depend on batch size, padding, order or neighbours.
    """

    @property
    def name(self) -> str:
        """The label in tables."""
        ...

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers; index 0 is the context-free input layer."""
        ...

    @property
    def dim(self) -> int:
        """The number of dimensions of every layer."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of everything that changes a vector; cheap: no model is loaded to compute it."""
        ...

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The vectors of these sentences' words, in order."""
        ...


@runtime_checkable
class FittedOnTrain(Protocol):
    """An extractor that must see the words of the training split first, such as one-hot vectors.

    One that must do so only sometimes has a boolean `needs_train` as well.
    """

    def fitted(self, train: Corpus) -> Extractor:
        """The extractor that knows the training words; its fingerprint covers them."""
        ...


@runtime_checkable
class Rounded(Protocol):
    """An extractor that may compute with fewer digits than float32, and can tell how far its vectors are off."""

    @property
    def computed_precision(self) -> str:
        """What it computes with: `fp32`, `bf16` or `fp16`."""
        ...

    def precision_error(self, sentences: Sequence[Sentence]) -> Mapping[str, float]:
        """Differences of the vectors of these sentences from those computed in float32."""
        ...


@runtime_checkable
class WordVectors(Protocol):
    """Layered vectors that can be gathered by word position: a store on disk, or an array in memory."""

    @property
    def n_words(self) -> int:
        """The number of words."""
        ...

    @property
    def n_layers(self) -> int:
        """The number of layers."""
        ...

    @property
    def dim(self) -> int:
        """The number of dimensions."""
        ...

    def gather(self, positions: Int64[np.ndarray, "n"]) -> Float32[np.ndarray, "n layers dim"]:
        """The vectors at these word positions, in the order asked for; repeats are allowed."""
        ...


@dataclass(frozen=True, eq=False)
class ArrayVectors:
    """Word vectors held in memory."""

    values: Float[np.ndarray, "words layers dim"]

    @property
    def n_words(self) -> int:
        """The number of words."""
        return int(self.values.shape[0])

    @property
    def n_layers(self) -> int:
        """The number of layers."""
        return int(self.values.shape[1])

    @property
    def dim(self) -> int:
        """The number of dimensions."""
        return int(self.values.shape[2])

    def gather(self, positions: Int64[np.ndarray, "n"]) -> Float32[np.ndarray, "n layers dim"]:
        """The vectors at these word positions."""
        return np.ascontiguousarray(self.values[positions], dtype=np.float32)
