"""What the suites without training compute on word vectors: analogies, clusters, outliers."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64, Int64

from embedbench.mixing import Mix, mix_layers
from embedbench.probing.standard import WORDS_PER_CHUNK, gather_finite
from embedbench.types import Corpus, WordVectors

_MUL_EPSILON = 1e-3
"""Added to the denominator of 3CosMul (Levy & Goldberg 2014)."""

_QUESTIONS_PER_CHUNK = 512


def unit_entries(vectors: WordVectors, corpus: Corpus, mix: Mix) -> Float64[np.ndarray, "sentences dim"]:
    """The mean vector of every sentence under a mix that is not learned, at unit length; zero vectors stay zero.

    Raises:
        NumericalError: a vector is not finite.
    """
    import torch

    means = []
    for first in range(0, len(corpus.sentences), WORDS_PER_CHUNK):
        offsets = corpus.offsets[first : first + WORDS_PER_CHUNK + 1]
        words = gather_finite(vectors, np.arange(offsets[0], offsets[-1], dtype=np.int64)).astype(np.float64)
        pooled = np.add.reduceat(words, offsets[:-1] - offsets[0], axis=0) / np.diff(offsets)[:, None, None]
        means.append(mix_layers(torch.from_numpy(pooled), mix).numpy())
    return _unit(np.concatenate(means))


def answer_analogies(
    units: Float64[np.ndarray, "words dim"],
    questions: Int64[np.ndarray, "questions 3"],
    candidates: Bool[np.ndarray, "words"],
    *,
    multiply: bool,
) -> Int64[np.ndarray, "questions"]:
    """The candidate d that answers "a is to b as c is to d" best; a, b and c themselves are never answers.

    By 3CosAdd, cos(d, b - a + c), or by 3CosMul (Levy & Goldberg 2014, equations 3 and 4). The first of equal ones.
    """
    found = np.zeros(len(questions), np.int64)
    for start in range(0, len(questions), _QUESTIONS_PER_CHUNK):
        chunk = questions[start : start + _QUESTIONS_PER_CHUNK]
        a, b, c = (units[chunk[:, k]] for k in range(3))
        if multiply:
            near_a, near_b, near_c = ((1 + x @ units.T) / 2 for x in (a, b, c))
            scores = near_b * near_c / (near_a + _MUL_EPSILON)
        else:
            scores = (b - a + c) @ units.T
        scores[:, ~candidates] = -np.inf
        np.put_along_axis(scores, chunk, -np.inf, axis=1)
        found[start : start + len(chunk)] = scores.argmax(axis=1)
    return found


def cluster_words(
    units: Float64[np.ndarray, "words dim"], n_clusters: int, seed: int | None
) -> Int64[np.ndarray, "words"]:
    """The cluster of every word: by k-means from ten starts of this seed, or by average linkage if it is None."""
    from sklearn.cluster import AgglomerativeClustering, KMeans

    if seed is None:
        method = AgglomerativeClustering(n_clusters=n_clusters, metric="precomputed", linkage="average")
        return np.asarray(method.fit_predict(1 - units @ units.T), np.int64)
    means = KMeans(n_clusters=n_clusters, n_init=10, random_state=seed)
    return np.asarray(means.fit_predict(units), np.int64)


def outlier_position(units: Float64[np.ndarray, "words dim"]) -> int:
    """How many of the words before it the last one stands below, by mean cosine to all others; ties count against it.

    The order is that of the compactness of the set without the word (Camacho-Collados & Navigli 2016, equation 1): the
    sum of all cosines less twice those of the word.
    """
    cosines = units @ units.T
    np.fill_diagonal(cosines, 0)
    near = cosines.sum(axis=1)
    return int((near[:-1] > near[-1]).sum())


def _unit(vectors: Float64[np.ndarray, "words dim"]) -> Float64[np.ndarray, "words dim"]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = np.zeros_like(vectors)
    np.divide(vectors, lengths, out=unit, where=lengths > 0)
    return unit
