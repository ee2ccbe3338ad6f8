"""Dimension-matched vectors: scikit-learn's, layer by layer, and never fitted on anything but train."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace

import numpy as np
import pytest

from embedbench.errors import ConfigurationError, NumericalError
from embedbench.extractors.one_hot import OneHot
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.reduced import Method, Reduced
from embedbench.extractors.stack import Stack
from embedbench.fingerprint import fingerprint
from embedbench.types import Alignment, Corpus, FittedOnTrain, LayeredWords

SIZE = 12
RNG = np.random.default_rng(0)
TRAIN = Corpus.of([f"w{word}" for word in RNG.integers(0, 150, RNG.integers(1, 20))] for _ in range(60))
TEST = [("w1", "new"), ("w3",), ()]


@dataclass(frozen=True)
class TwoLayers:
    """Correlated dimensions of very different variance; the second layer is a mixture of the first and the place."""

    name: str = "two"
    seed: int = 0
    layer_names = ("table", "block1")
    dim = SIZE

    @property
    def fingerprint(self) -> str:
        return fingerprint("two", self.seed)

    def extract(self, sentences) -> LayeredWords:
        words = RandomVectors(size=SIZE, seed=self.seed).extract(sentences).values
        turned = words @ np.random.default_rng(self.seed).standard_normal((SIZE, SIZE)).astype(np.float32)
        place = np.concatenate([np.arange(len(s)) for s in sentences] or [np.zeros(0)])[:, None, None]
        values = np.concatenate([turned * np.logspace(0, 3, SIZE, dtype=np.float32), 5 + turned + place], axis=1)
        return LayeredWords(values.astype(np.float32), Alignment(folded=np.arange(len(words) > 0)))


def seen(corpus=TRAIN) -> np.ndarray:
    return TwoLayers().extract(corpus.sentences).values.astype(np.float64)


def aligned(got, expected):
    """The sign of a principal component means nothing."""
    return got * np.sign((got * expected).sum(axis=0))


@pytest.mark.parametrize("standardise", [True, False])
def test_pca_is_that_of_scikit_learn_in_every_layer(standardise):
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    reduced = Reduced(inner=TwoLayers(), dim=5, standardise=standardise).fitted(TRAIN).extract(TEST).values
    tested = TwoLayers().extract(TEST).values
    assert reduced.shape == (3, 2, 5)
    assert reduced.dtype == np.float32
    for layer in range(2):
        pipeline = make_pipeline(StandardScaler(with_std=standardise), PCA(5, svd_solver="full"))
        expected = pipeline.fit(seen()[:, layer]).transform(tested[:, layer])
        assert aligned(reduced[:, layer], expected) == pytest.approx(expected, rel=1e-4, abs=1e-3 * expected.std())


def test_a_random_projection_is_that_of_scikit_learn_and_the_same_for_all_layers():
    from sklearn.random_projection import GaussianRandomProjection

    reduced = Reduced(inner=TwoLayers(), dim=5, method=Method.random_projection, seed=7).extract(TEST).values
    tested = TwoLayers().extract(TEST).values
    for layer in range(2):
        expected = GaussianRandomProjection(5, random_state=7).fit_transform(tested[:, layer])
        assert reduced[:, layer] == pytest.approx(expected, rel=1e-4, abs=1e-3)


def test_pca_sees_the_drawn_train_sentences_and_no_others():
    """Fitted by hand on the sentences that the inner extractor was asked for while fitting."""
    asked = []

    @dataclass(frozen=True)
    class Spy(TwoLayers):
        def extract(self, sentences):
            asked.append(list(sentences))
            return super().extract(sentences)

    fitted = Reduced(inner=Spy(), dim=3, fit_words=100, seed=3).fitted(TRAIN)
    assert fitted.fingerprint
    assert not asked, "nothing is encoded before vectors are asked for"
    fitted.extract(TEST)
    fitted.extract(TEST)
    tested, drawn, again = asked
    assert (tested, again) == (TEST, TEST)
    assert 100 <= sum(map(len, drawn)) < 120
    places = [TRAIN.sentences.index(sentence) for sentence in drawn]
    assert places == sorted(places)
    other = Reduced(inner=Spy(), dim=3, fit_words=100, seed=4).fitted(TRAIN)
    other.extract(TEST)
    assert asked[-1] != drawn


def test_all_dimensions_kept_keep_all_distances():
    reduced = Reduced(inner=TwoLayers(), dim=SIZE, standardise=False).fitted(TRAIN).extract(TEST).values[:, 1]
    tested = TwoLayers().extract(TEST).values[:, 1]
    assert np.linalg.norm(reduced[0] - reduced[1]) == pytest.approx(np.linalg.norm(tested[0] - tested[1]), rel=1e-4)


def test_the_alignment_is_that_of_the_inner_extractor():
    assert Reduced(inner=TwoLayers(), dim=2).fitted(TRAIN).extract(TEST).alignment.folded.tolist() == [0]


def test_the_fingerprint_covers_everything_that_changes_a_vector():
    first = Reduced(inner=TwoLayers(), dim=5)
    others = [
        replace(first, inner=TwoLayers(seed=1)),
        replace(first, dim=4),
        replace(first, seed=1),
        replace(first, fit_words=99),
        replace(first, standardise=False),
        replace(first, method=Method.random_projection),
    ]
    prints = [one.fitted(TRAIN).fingerprint for one in (first, *others)]
    prints.append(first.fitted(Corpus(TRAIN.sentences[:50])).fingerprint)
    assert len(set(prints)) == len(prints)
    assert replace(first, name="other").fitted(TRAIN).fingerprint == prints[0]
    projected = others[-1]
    assert projected.fitted(TRAIN).fingerprint == replace(projected, fit_words=99).fingerprint


def test_what_must_be_fitted_inside_is_fitted():
    projected = Reduced(inner=OneHot(n=9), dim=4, method=Method.random_projection)
    assert projected.needs_train
    assert isinstance(projected, FittedOnTrain)
    assert projected.fitted(TRAIN).extract(TEST).values.shape == (3, 1, 4)
    assert not Reduced(inner=TwoLayers(), dim=4, method=Method.random_projection).needs_train
    stacked = Stack(parts=[Reduced(inner=TwoLayers(), dim=4), RandomVectors(size=3)])
    assert stacked.fitted(TRAIN).extract(TEST).values.shape == (3, 2, 7)


@pytest.mark.parametrize("method", Method)
def test_more_dimensions_than_there_are_are_refused(method):
    reduced = Reduced(inner=TwoLayers(), dim=SIZE + 1, method=method)
    with pytest.raises(ConfigurationError, match="cannot give 13 dimensions, since two has only 12"):
        reduced.fitted(TRAIN) if method is Method.pca else reduced.extract(TEST)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inner": None}, "its inner is None; add one"),
        ({"dim": 0}, "dim must be at least 1, got 0"),
        ({"fit_words": 0}, "fit_words must be at least 1, got 0"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        Reduced(**{"inner": TwoLayers(), **options})


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(ConfigurationError, match="cannot find 5 principal components in 3 train words"):
        Reduced(inner=TwoLayers(), dim=5).fitted(Corpus.of([["a", "b", "c"]]))
    with pytest.raises(ConfigurationError, match="must see the training words"):
        Reduced(inner=TwoLayers(), dim=5).extract(TEST)

    @dataclass(frozen=True)
    class Broken(TwoLayers):
        def extract(self, sentences):
            return LayeredWords(super().extract(sentences).values * np.nan)

    with pytest.raises(NumericalError, match="two gave for a train word holds a NaN"):
        Reduced(inner=Broken(), dim=5).fitted(TRAIN).extract(TEST)


def test_memory_does_not_grow_with_the_corpus():
    def peak(corpus):
        fitted = Reduced(inner=TwoLayers(), dim=5, fit_words=200).fitted(corpus)
        fitted.extract(TEST)
        tracemalloc.start()
        try:
            replace(fitted).extract(TEST)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    large = Corpus(TRAIN.sentences * 50)
    assert large.n_words > 20_000
    assert large.offsets is not None
    assert peak(large) < peak(TRAIN) + 1_000_000, "the vectors of all words of the large corpus take more"
