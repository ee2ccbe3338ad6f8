"""Similarity is the cosine of mean-pooled spans."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cosine

from embedbench.errors import ContractError
from embedbench.mixing import Concat, Mean, Scalar, Single
from embedbench.probing import similarity as similarity_module
from embedbench.probing.similarity import similarities
from embedbench.types import ArrayVectors, Corpus, TaskSplit


def test_it_equals_scipy_for_every_mix(make_world, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity_module, "WORDS_PER_CHUNK", 11)
    data = make_world(30, 4, spans=2)
    found = similarities(data.vectors, data.split, [Single(0), Mean(), Concat()])
    words = data.vectors.values.astype(np.float64)
    for row, mixed in enumerate([words[:, 0], words.mean(axis=1), words.reshape(len(words), -1)]):
        expected = [1 - cosine(*(mixed[start:end].mean(axis=0) for start, end in spans)) for spans in data.split.spans]
        np.testing.assert_allclose(found[row], expected, atol=1e-6)


def test_a_zero_vector_is_similar_to_nothing() -> None:
    values = np.ones((3, 1, 4), np.float32)
    values[1] = 0
    spans = np.array([[[0, 1], [1, 2]], [[1, 2], [1, 2]], [[0, 1], [2, 3]]])
    split = TaskSplit(Corpus.of([["a", "b", "c"]]), spans, np.array([1.0, 2.0, 3.0]), np.arange(3))
    np.testing.assert_allclose(similarities(ArrayVectors(values), split, [Single(0)])[0], [0, 0, 1])


def test_learned_mixes_and_single_spans_are_refused(make_world) -> None:
    with pytest.raises(ContractError, match="mix scalar is learned, and similarity trains nothing"):
        similarities(make_world(5, 1, spans=2).vectors, make_world(5, 1, spans=2).split, [Scalar()])
    with pytest.raises(ContractError, match="targets of two spans; these have 1"):
        similarities(make_world(5, 1).vectors, make_world(5, 1).split, [Single(0)])
