"""Geometry against pairs counted one by one, hand-computed corner cases and scikit-learn; CKA and its invariances."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import ortho_group

from embedbench.errors import ContractError, DataError, NumericalError
from embedbench.scoring.cka import cka_between_layers, linear_cka
from embedbench.scoring.geometry import (
    Occurrences,
    anisotropy,
    explained_by_first_component,
    intra_sentence_similarity,
    maximum_explainable_variance,
    self_similarity,
    standardised,
)
from embedbench.types import Corpus

TEXT = Corpus.of([["a", "b", "a"], ["b", "c"], ["a", "c", "c", "d"], ["b"]])


def cosine(x, y):
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


@pytest.fixture
def words():
    return Occurrences.of(np.random.default_rng(0).normal(0.4, 1, (TEXT.n_words, 6)), TEXT)


def test_anisotropy_is_the_mean_over_pairs_of_sentences_of_random_words(words):
    by_sentence = [words.vectors[words.sentences == s] for s in range(4)]
    pairs = [
        np.mean([cosine(x, y) for x in one for y in other]) for one, other in itertools.combinations(by_sentence, 2)
    ]
    assert anisotropy(words) == pytest.approx(np.mean(pairs))


def test_self_similarity_is_the_mean_over_pairs_of_occurrences(words):
    by_type = [words.vectors[words.types == t] for t in range(3)]  # d occurs once
    pairs = [np.mean([cosine(x, y) for x, y in itertools.combinations(v, 2)]) for v in by_type]
    assert self_similarity(words, least=2) == pytest.approx(np.mean(pairs))
    only_b = [cosine(x, y) for x, y in itertools.combinations(by_type[1], 2)]
    assert self_similarity(words, least=3) == pytest.approx(np.mean(only_b)), "only b stands in three sentences"


def test_intra_sentence_similarity_is_that_of_words_and_their_mean(words):
    found = []
    for s in range(4):
        vectors = words.vectors[words.sentences == s]
        found.append(np.mean([cosine(v, vectors.mean(axis=0)) for v in vectors]))
    assert intra_sentence_similarity(words) == pytest.approx(np.mean(found))


def test_maximum_explainable_variance_is_scikit_learn_s(words):
    from sklearn.decomposition import PCA

    shares = [PCA(1).fit(words.vectors[words.types == t]).explained_variance_ratio_[0] for t in range(3)]
    assert maximum_explainable_variance(words, least=2) == pytest.approx(np.mean(shares))
    line = np.outer(np.arange(5.0), [1.0, 2.0])
    assert explained_by_first_component(line) == pytest.approx(1)
    cross = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    assert explained_by_first_component(cross) == pytest.approx(0.5)


def test_a_vector_per_word_type_has_self_similarity_one():
    table = np.random.default_rng(1).normal(size=(4, 5))
    static = Occurrences.of(table[["abcd".index(word) for word in TEXT.words]], TEXT)
    assert self_similarity(static, least=2) == pytest.approx(1)
    assert maximum_explainable_variance(static, least=2) == 1.0


def test_directions_decide_and_lengths_do_not(words):
    lengths = np.random.default_rng(2).uniform(0.1, 9, (TEXT.n_words, 1))
    longer = Occurrences.of(words.vectors * lengths, TEXT)
    assert anisotropy(longer) == pytest.approx(anisotropy(words))
    assert self_similarity(longer, 2) == pytest.approx(self_similarity(words, 2))


def test_one_rogue_dimension_makes_all_words_alike_until_it_is_standardised():
    values = np.random.default_rng(3).normal(size=(TEXT.n_words, 50))
    values[:, 7] += 100
    assert anisotropy(Occurrences.of(values, TEXT)) > 0.98
    assert abs(anisotropy(Occurrences.of(standardised(values), TEXT))) < 0.2
    constant = np.concatenate([values, np.full((TEXT.n_words, 1), 3.0)], axis=1)
    assert (standardised(constant)[:, -1] == 0).all()


def test_zero_vectors_are_left_out_and_counted():
    values = np.random.default_rng(4).normal(size=(TEXT.n_words, 3)).astype(np.float32)
    values[[0, 9]] = 0
    words = Occurrences.of(values, TEXT)
    assert (words.zeros, len(words.vectors)) == (2, TEXT.n_words - 2)
    assert np.isfinite(anisotropy(words))


def test_what_cannot_be_measured_is_refused(words):
    with pytest.raises(DataError, match="no word occurs in 5 different sentences"):
        self_similarity(words)
    one = Corpus.of([["a", "b"]])
    with pytest.raises(DataError, match="there are 1 sentences"):
        anisotropy(Occurrences.of(np.ones((2, 3)), one))
    with pytest.raises(ContractError, match="3 vectors for a corpus of 2"):
        Occurrences.of(np.ones((3, 3)), one)
    with pytest.raises(NumericalError, match="word 1 is not finite"):
        Occurrences.of(np.array([[1.0], [np.nan]]), one)


@pytest.fixture
def layers():
    rng = np.random.default_rng(5)
    return rng.normal(size=(200, 8)), rng.normal(size=(200, 5))


def gram_cka(x, y):
    """The definition, by centred Gram matrices of words by words."""
    n = len(x)
    centring = np.eye(n) - 1 / n
    k, m = centring @ x @ x.T @ centring, centring @ y @ y.T @ centring
    return (k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum())


def test_cka_is_its_definition_and_keeps_its_invariances(layers):
    x, y = layers
    value = linear_cka(x, y)
    assert value == pytest.approx(gram_cka(x, y))
    assert linear_cka(x, x) == pytest.approx(1)
    rotation = ortho_group.rvs(8, random_state=0)
    assert linear_cka(x @ rotation, y) == pytest.approx(value)
    assert linear_cka(3 * x + 7, -0.01 * y) == pytest.approx(value)
    assert linear_cka(y, x) == pytest.approx(value)
    stretched = x @ np.diag([100.0, *[1.0] * 7])
    assert linear_cka(stretched, x) < 0.9, "another linear map is another arrangement"


def test_debiased_cka_by_definition_and_of_unrelated_layers(layers):
    x, y = (side - side.mean(axis=0) for side in layers)

    def hsic(x, y):
        n, one = len(x), np.ones(len(x))
        k, m = (g - np.diag(np.diag(g)) for g in (x @ x.T, y @ y.T))
        both = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
        return (np.trace(k @ m) + both - 2 / (n - 2) * (one @ k @ m @ one)) / (n * (n - 3))

    expected = hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))
    assert linear_cka(x, y, debiased=True) == pytest.approx(expected)
    rng = np.random.default_rng(6)
    wide = rng.normal(size=(50, 300)), rng.normal(size=(50, 300))
    assert linear_cka(*wide) > 0.8, "plain CKA of unrelated layers with few words"
    assert abs(linear_cka(*wide, debiased=True)) < 0.1


def test_cka_between_layers_has_a_row_per_layer():
    values = np.random.default_rng(7).normal(size=(60, 3, 4)).astype(np.float32)
    table = cka_between_layers(values, values[:, :2])
    assert table.shape == (3, 2)
    np.testing.assert_allclose(np.diag(table), 1)
    assert (np.delete(table, [0, 3]) < 0.5).all()


def test_cka_of_what_arranges_nothing_is_refused(layers):
    x, _ = layers
    with pytest.raises(NumericalError, match="all the same"):
        linear_cka(x, np.full((200, 3), 0.1))
    with pytest.raises(ContractError, match="200 and 10"):
        linear_cka(x, x[:10])
    with pytest.raises(NumericalError, match="word 3 is not finite"):
        linear_cka(x, np.where(np.arange(200)[:, None] == 3, np.nan, x))
