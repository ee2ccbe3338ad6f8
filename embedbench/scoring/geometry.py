"""The geometry of one layer: how alike all words are, the occurrences of one word, and the words of one sentence.

Ethayarajh 2019, https://aclanthology.org/D19-1006. Every measure is exact: means of cosines over all pairs follow from
sums of unit vectors, so nothing is sampled. Cosines of contextual layers are dominated by a few dimensions (Timkey &
van Schijndel 2021); report the measures of `standardised` vectors beside those of the raw ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64

from embedbench.errors import ContractError, DataError, NumericalError
from embedbench.types import Corpus

LEAST_OCCURRENCES = 5
"""A word counts from this many different sentences on (section 3.2)."""


@dataclass(frozen=True, eq=False)
class Occurrences:
    """The words of a corpus in one layer. Zero vectors have no direction; they are left out and counted.

    Attributes:
        vectors: one per word.
        sentences: the sentence of each word.
        types: the number of each word's type; equal spelling, equal type.
        zeros: words that were left out.
    """

    vectors: Float64[np.ndarray, "words dim"]
    sentences: Int64[np.ndarray, "words"]
    types: Int64[np.ndarray, "words"]
    zeros: int = 0

    @classmethod
    def of(cls, values: Float[np.ndarray, "words dim"], corpus: Corpus) -> Occurrences:
        """The words of a corpus with their vectors.

        Raises:
            ContractError: there is not one vector per word.
            NumericalError: a vector is not finite.
        """
        if len(values) != corpus.n_words:
            raise ContractError(f"there are {len(values)} vectors for a corpus of {corpus.n_words} words")
        vectors = np.asarray(values, np.float64)
        if not np.isfinite(vectors).all():
            raise NumericalError(f"the vector of word {int(np.argwhere(~np.isfinite(vectors))[0, 0])} is not finite")
        sentences = np.repeat(np.arange(len(corpus.sentences), dtype=np.int64), np.diff(corpus.offsets))
        types = np.unique(np.array(corpus.words, dtype=object), return_inverse=True)[1].astype(np.int64)
        kept = vectors.any(axis=1)
        return cls(vectors[kept], sentences[kept], types[kept], int((~kept).sum()))

    @property
    def units(self) -> Float64[np.ndarray, "words dim"]:
        """The vectors with length 1."""
        units: Float64[np.ndarray, "words dim"] = self.vectors / np.linalg.norm(self.vectors, axis=1, keepdims=True)
        return units


@dataclass(frozen=True)
class LayerGeometry:
    """The measures of one layer; similarities as they are, so subtract `anisotropy` to adjust them.

    Attributes:
        anisotropy: mean cosine of random words.
        self_similarity: mean cosine of occurrences of the same word.
        intra_sentence: mean cosine of a word and the mean of its sentence.
        explainable: maximum explainable variance.
        zeros: words without a direction, which were left out.
    """

    anisotropy: float
    self_similarity: float
    intra_sentence: float
    explainable: float
    zeros: int


def measure(values: Float[np.ndarray, "words dim"], corpus: Corpus) -> LayerGeometry:
    """All measures of one layer.

    Raises:
        DataError: the corpus is too small for one of them.
        NumericalError: a vector is not finite.
    """
    words = Occurrences.of(values, corpus)
    return LayerGeometry(
        anisotropy=anisotropy(words),
        self_similarity=self_similarity(words),
        intra_sentence=intra_sentence_similarity(words),
        explainable=maximum_explainable_variance(words),
        zeros=words.zeros,
    )


def standardised(values: Float[np.ndarray, "words dim"]) -> Float64[np.ndarray, "words dim"]:
    """Every dimension with mean 0 and variance 1 over these words; a constant dimension becomes 0."""
    centred = np.asarray(values, np.float64) - values.mean(axis=0, dtype=np.float64)
    deviation = centred.std(axis=0)
    constant = deviation <= 1e-7 * np.abs(values).max(initial=0.0)
    return np.where(constant, 0.0, centred / np.where(constant, 1.0, deviation))


def anisotropy(words: Occurrences) -> float:
    """The mean cosine of two random words from different sentences: 0 where directions are spread evenly.

    Every pair of sentences counts alike, whatever their lengths, as in the published sampling. It is the baseline of
    the two similarities below: what they are worth is what they exceed it by.

    Raises:
        DataError: there are fewer than two sentences.
    """
    sums, sizes = _sums(words.units, words.sentences)
    means = sums / sizes[:, None]
    n = len(means)
    if n < 2:
        raise DataError(f"anisotropy compares words of different sentences; there are {n} sentences with a vector")
    total = means.sum(axis=0)
    return float((total @ total - (means * means).sum()) / (n * (n - 1)))


def self_similarity(words: Occurrences, least: int = LEAST_OCCURRENCES) -> float:
    """The mean cosine between occurrences of the same word (section 3.2), averaged over words; 1 without context.

    Raises:
        DataError: no word occurs in that many sentences.
    """
    chosen = _repeated(words, least)
    sums, sizes = _sums(words.units[chosen], words.types[chosen])
    return float((((sums * sums).sum(axis=1) - sizes) / (sizes * (sizes - 1))).mean())


def intra_sentence_similarity(words: Occurrences) -> float:
    """The mean cosine between a word and the mean vector of its sentence (section 3.2), averaged over sentences.

    A sentence whose vectors cancel has no mean direction and is left out.

    Raises:
        DataError: no sentence is left.
    """
    sums, sizes = _sums(words.vectors, words.sentences)
    units, _ = _sums(words.units, words.sentences)
    lengths = np.linalg.norm(sums, axis=1)
    kept = lengths > 0
    if not kept.any():
        raise DataError("intra-sentence similarity needs a sentence whose mean vector is not zero")
    return float(((units[kept] * sums[kept]).sum(axis=1) / (lengths[kept] * sizes[kept])).mean())


def maximum_explainable_variance(words: Occurrences, least: int = LEAST_OCCURRENCES) -> float:
    """The share of variance of a word's occurrences along their first principal component, averaged over words.

    An upper bound on how well one static vector could stand for the word (section 3.2). Centred, as in the published
    code. A word whose occurrences are all the same is fully explained: 1.

    Raises:
        DataError: no word occurs in that many sentences.
    """
    chosen = _repeated(words, least)
    order = np.argsort(words.types[chosen], kind="stable")
    vectors, types = words.vectors[chosen][order], words.types[chosen][order]
    groups = np.split(vectors, np.flatnonzero(np.diff(types)) + 1)
    return float(np.mean([explained_by_first_component(group) for group in groups]))


def explained_by_first_component(vectors: Float64[np.ndarray, "words dim"]) -> float:
    """The largest squared singular value of the centred vectors, as a share of all; 1 where nothing varies."""
    centred = vectors - vectors.mean(axis=0)
    # The smaller of the two Gram matrices has the same eigenvalues.
    gram = centred @ centred.T if len(centred) < centred.shape[1] else centred.T @ centred
    total = float(np.trace(gram))
    if total <= 1e-12 * float((vectors * vectors).sum()):
        return 1.0
    return min(1.0, float(np.linalg.eigvalsh(gram)[-1]) / total)


def _repeated(words: Occurrences, least: int) -> Int64[np.ndarray, "chosen"]:
    """The occurrences of words that stand in at least that many different sentences."""
    pairs = np.unique(np.stack([words.types, words.sentences], axis=1), axis=0)
    sentences = np.bincount(pairs[:, 0], minlength=int(words.types.max(initial=-1)) + 1)
    chosen = np.flatnonzero(sentences[words.types] >= max(2, least))
    if not len(chosen):
        raise DataError(f"no word occurs in {least} different sentences; give more text")
    return chosen.astype(np.int64)


def _sums(
    rows: Float64[np.ndarray, "words dim"], groups: Int64[np.ndarray, "words"]
) -> tuple[Float64[np.ndarray, "groups dim"], Float64[np.ndarray, "groups"]]:
    """Rows summed within groups, and the size of each group; groups in ascending order."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sizes = np.diff([*starts, len(groups)]).astype(np.float64)
    return np.add.reduceat(rows[order], starts, axis=0), sizes
