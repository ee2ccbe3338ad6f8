"""Probes without training: nearest centroid and nearest neighbours, alone, against scikit-learn, on planted senses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neighbors import NearestCentroid as ScikitNearestCentroid

from embedbench.errors import ConfigurationError
from embedbench.mixing import Mean, Single
from embedbench.probing.members import ProbeData
from embedbench.probing.nearest import NearestMember, fit_nearest, plan_nearest
from embedbench.probing.nearest_probes import Distance, Nearest, NearestCentroid, NearestNeighbours
from embedbench.probing.probes import Pooling
from embedbench.types import ArrayVectors, Corpus, TaskSplit

MEMORY = 1 << 30
ALONE = (NearestMember(Single(0)),)
RAW = NearestCentroid(standardised=False)


def words(vectors, labels, lemmas=None) -> ProbeData:
    """One word per target, each a sentence of its own."""
    labels = np.asarray(labels, np.int64)
    place = np.arange(len(labels), dtype=np.int64)
    spans = np.stack([place, place + 1], axis=1)[:, None]
    column = None if lemmas is None else np.array(lemmas)
    split = TaskSplit(Corpus.of([["w"]] * len(labels)), spans, labels, place, lemmas=column)
    vectors = np.asarray(vectors, np.float32)
    return ProbeData(ArrayVectors(vectors[:, None] if vectors.ndim == 2 else vectors), split, {"task": labels})


def predicted(train: ProbeData, test: ProbeData, probe: Nearest, members=ALONE):
    return fit_nearest(train, test, members, probe, MEMORY).predict(test)


def clouds(n: int, seed: int, *, apart: float = 1.0, layers: int = 3, dim: int = 8) -> ProbeData:
    """Two senses for each of 10 lemmas; the top layer is moved by the sense, the others are noise about the lemma."""
    rng = np.random.default_rng(seed)
    world = np.random.default_rng(0)
    of_lemma, of_sense = world.normal(size=(10, dim)), world.normal(size=(10, 2, dim))
    lemmas, senses = rng.integers(0, 10, n), rng.integers(0, 2, n)
    vectors = rng.normal(size=(n, layers, dim)) + 5 * of_lemma[lemmas][:, None]
    vectors[:, -1] += 3 * apart * of_sense[lemmas, senses]
    return words(vectors, 2 * lemmas + senses, [f"lemma{lemma}" for lemma in lemmas])


@pytest.mark.parametrize("pooling", [Pooling.mean, Pooling.endpoint])
@pytest.mark.parametrize("standardised", [True, False])
def test_centroids_are_those_of_scikit_learn(standardised, pooling):
    rng = np.random.default_rng(0)
    train_labels, test_labels = rng.integers(0, 7, 300), rng.integers(0, 7, 200)
    scale = rng.uniform(0.1, 10, 5)
    moved = rng.normal(size=(7, 5))
    x, y = (scale * (rng.normal(size=(len(own), 5)) + moved[own]) for own in (train_labels, test_labels))
    x, y = x.astype(np.float32), y.astype(np.float32)
    probe = NearestCentroid(standardised=standardised, pooling=pooling)
    found = predicted(words(x, train_labels), words(y, test_labels), probe)[0]
    mean, deviation = (x.mean(axis=0), x.std(axis=0)) if standardised else (0, 1)
    wanted = ScikitNearestCentroid().fit((x - mean) / deviation, train_labels).predict((y - mean) / deviation)
    np.testing.assert_array_equal(found, wanted)
    assert 0.3 < (found == test_labels).mean() < 1


def test_centroids_within_a_lemma_are_those_of_scikit_learn_on_that_lemma_alone():
    train, test = clouds(300, 1, apart=0.3), clouds(200, 2, apart=0.3)
    found = predicted(train, test, RAW, [NearestMember(Single(2))])[0]
    x, y = train.vectors.values[:, 2], test.vectors.values[:, 2]
    for lemma in np.unique(train.split.lemmas):
        own, asked = train.split.lemmas == lemma, test.split.lemmas == lemma
        wanted = ScikitNearestCentroid().fit(x[own], train.labels["task"][own]).predict(y[asked])
        np.testing.assert_array_equal(found[asked], wanted)


@pytest.mark.parametrize("distance", list(Distance))
@pytest.mark.parametrize(("neighbours", "known"), [(1, 120), (5, 120), (5, 1200)])
def test_neighbours_are_those_of_scikit_learn(distance, neighbours, known):
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=(n, 4)).astype(np.float32) for n in (known, 80))
    labels = rng.integers(0, 3, known)
    probe = NearestNeighbours(neighbours=neighbours, distance=distance, standardised=False)
    found = predicted(words(x, labels), words(y, np.zeros(80)), probe)[0]
    voting = KNeighborsClassifier(neighbours, algorithm="brute", metric=distance.value)
    np.testing.assert_array_equal(found, voting.fit(x, labels).predict(y))


@pytest.mark.parametrize("probe", [RAW, NearestNeighbours(standardised=False)])
def test_a_lemma_leaves_only_its_own_senses_and_an_unknown_one_leaves_all(probe):
    train = words([[0, 0], [4, 0], [9, 9]], [0, 1, 2], ["bank", "bank", "tree"])
    # The last sense is the nearest of all, but not one of `bank`; `tree` has one sense, however far it is.
    test = words([[9, 8], [0, 0], [9, 8], [1, 0]], [0, 0, 0, 0], ["bank", "tree", "river", "river"])
    assert predicted(train, test, probe)[0].tolist() == [1, 2, 2, 0]


def test_a_sense_of_several_lemmas_has_a_centroid_in_each():
    train = words([[0], [2], [10], [12]], [0, 1, 1, 0], ["a", "a", "b", "b"])
    test = words([[0.4], [1.6], [10.4], [11.6]], [0] * 4, ["a", "a", "b", "b"])
    assert predicted(train, test, RAW)[0].tolist() == [0, 1, 1, 0]


def test_of_equally_near_senses_the_commonest_wins():
    """As with a static vector, which is the same in every sense: what is left is the most frequent sense."""
    train = words([[1], [1], [1], [7], [7], [7]], [0, 1, 1, 2, 2, 0], ["a", "a", "a", "b", "b", "b"])
    test = words([[1], [9], [8], [3]], [0] * 4, ["a", "a", "b", "c"])
    assert predicted(train, test, RAW)[0].tolist() == [1, 1, 2, 0]


def test_the_cosine_does_not_see_lengths():
    train = words([[1, 0], [0, 10]], [0, 1], ["a", "a"])
    test = words([[9, 6], [0.1, 0.2]], [0, 0], ["a", "a"])
    both = [NearestCentroid(standardised=False, distance=distance) for distance in Distance]
    assert [predicted(train, test, probe)[0].tolist() for probe in both] == [[1, 0], [0, 1]]


def test_two_spans_are_a_b_and_their_product():
    """Whether two signs agree is written in the product alone."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(400, 2))
    labels = (signs.prod(axis=1) > 0).astype(np.int64)
    place = np.arange(400, dtype=np.int64)
    spans = np.stack([np.stack([2 * place, 2 * place + 1], 1), np.stack([2 * place + 1, 2 * place + 2], 1)], axis=1)
    split = TaskSplit(Corpus.of([["a", "b"]] * 400), spans, labels, place)
    data = ProbeData(ArrayVectors(signs.reshape(-1, 1, 1).astype(np.float32)), split, {"task": labels})
    assert (predicted(data, data, RAW)[0] == labels).all()


def test_planted_senses_are_found_in_their_layer_and_noise_is_at_chance():
    members = plan_nearest(["scalar", "single", "mean"], ["task"], 3)
    assert [member.mix.label for member in members] == ["single:0", "single:1", "single:2", "mean"]
    train, dev, test = clouds(1500, 1), clouds(400, 2), clouds(600, 3)
    for probe in (NearestCentroid(), NearestNeighbours(neighbours=9)):
        fitted = fit_nearest(train, dev, members, probe, MEMORY)
        right = (fitted.predict(test) == test.labels["task"]).mean(axis=1)
        assert right[2] > 0.95
        assert np.abs(right[:2] - 0.5).max() < 0.06  # the lemma is known, the sense is a coin
        np.testing.assert_allclose(fitted.dev_scores, (fitted.predict(dev) == dev.labels["task"]).mean(axis=1))


def test_it_repeats_itself_alone_and_in_company():
    train, test = clouds(300, 1), clouds(100, 2)
    company = [NearestMember(Mean()), NearestMember(Single(2))]
    together = predicted(train, test, NearestCentroid(), company)
    np.testing.assert_array_equal(together[1], predicted(train, test, NearestCentroid(), company[1:])[0])
    np.testing.assert_array_equal(together, predicted(train, test, NearestCentroid(), company))


def test_the_banks_limit_of_memory_changes_nothing():
    train, test = clouds(300, 1), clouds(100, 2)
    small = fit_nearest(train, test, [NearestMember(Mean())], NearestCentroid(), 1).predict(test)
    np.testing.assert_array_equal(small, predicted(train, test, NearestCentroid(), [NearestMember(Mean())]))


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigurationError, match="add single or mean"):
        plan_nearest(["scalar", "cumulative"], ["task"], 3)
    with pytest.raises(ConfigurationError, match="cannot pool by attention"):
        NearestCentroid(pooling=Pooling.attentive)
    with pytest.raises(ConfigurationError, match="expected at least 1"):
        NearestNeighbours(neighbours=0)
    assert hash(NearestNeighbours()) == hash(dataclasses.replace(NearestNeighbours()))
