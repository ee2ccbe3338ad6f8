"""Means over contexts: by hand from the inner extractor's vectors; whatever stands beside a word changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from embedbench.errors import ConfigurationError, DataError
from embedbench.extractors.averaged import Averaged
from embedbench.extractors.one_hot import OneHot
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.static_table import Case
from embedbench.types import Corpus, LayeredWords

LINES = ["The cat sat .", "a dog saw the cat", "", "Cat and dog", "the the the"]


@dataclass(frozen=True)
class Placed:
    """A word's vector says in which sentence of which length and where it stands."""

    name: str = "placed"
    layer_names = ("table", "block1")
    dim = 2
    fingerprint = "placed"

    def extract(self, sentences) -> LayeredWords:
        rows = [[[len(s), k], [ord(s[0][0]), k * k]] for s in sentences for k in range(len(s))]
        return LayeredWords(np.array(rows, np.float32).reshape(-1, 2, 2))


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return str(path)


def vectors(words, **options):
    return Averaged(inner=Placed(), **options).extract([(word,) for word in words])


def test_means_over_all_contexts_by_hand(corpus):
    got = vectors(["cat", "dog"], corpus=corpus).values
    # cat: place 1 of 4 behind `The`, 4 of 5 behind `a`, 0 of 3; dog: 1 of 5 behind `a`, 2 of 3 behind `Cat`.
    cat = [[4, 5 / 3], [(ord("T") + ord("a") + ord("C")) / 3, 17 / 3]]
    dog = [[4, 1.5], [(ord("a") + ord("C")) / 2, 2.5]]
    np.testing.assert_allclose(got, [cat, dog], rtol=1e-6)


def test_capitals_count_as_asked_for(corpus):
    exact = vectors(["Cat", "cat"], corpus=corpus, case=Case.exact).values[:, 0]
    np.testing.assert_allclose(exact, [[3, 0], [4.5, 2.5]])
    folded = vectors(["CAT"], corpus=corpus, case=Case.fold)
    np.testing.assert_allclose(folded.values[0, 0], [4.5, 2.5])


def test_occurrences_are_spread_over_the_corpus(corpus):
    # The first and the last of five: place 0 of 4, place 2 of 3.
    np.testing.assert_allclose(vectors(["the"], corpus=corpus, contexts=2).values[0, 0], [3.5, 1])


def test_rare_and_unknown_words_are_counted(corpus):
    words = vectors(["cat", "dog", "unheard"], corpus=corpus, at_least=3)
    assert words.alignment.out_of_vocabulary.tolist() == [1, 2]
    assert not words.values[1:].any()
    assert words.values[0].any()


def test_company_and_calls_change_nothing(corpus, monkeypatch):
    monkeypatch.setattr("embedbench.extractors.averaged._SENTENCES_PER_CALL", 1)
    single = vectors(["dog"], corpus=corpus).values
    monkeypatch.undo()
    together = Averaged(inner=Placed(), corpus=corpus).extract([("the", "dog"), (), ("cat", "dog")]).values
    np.testing.assert_array_equal(together[1], single[0])
    np.testing.assert_array_equal(together[3], single[0])


def test_a_static_extractor_is_its_own_mean(corpus):
    inner = RandomVectors(size=5)
    averaged = Averaged(inner=inner, corpus=corpus, case=Case.exact)
    words = [("cat", "dog", "the")]
    np.testing.assert_allclose(averaged.extract(words).values, inner.extract(words).values, rtol=1e-6)


def test_inner_extractors_see_train(corpus):
    averaged = Averaged(inner=OneHot(n=2), corpus=corpus, case=Case.exact)
    assert averaged.needs_train
    fitted = averaged.fitted(Corpus.of([("cat", "cat", "dog", "dog", "the")]))
    np.testing.assert_allclose(fitted.extract([("cat",)]).values[0, 0], fitted.inner.extract([("cat",)]).values[0, 0])


def test_the_text_and_every_option_are_in_the_fingerprint(corpus, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("The cat sat .\n")
    asked = [{}, {"corpus": str(other)}, {"contexts": 3}, {"at_least": 2}, {"case": Case.exact}, {"comment": "#"}]
    found = {Averaged(inner=Placed(), **{"corpus": corpus, **options}).fingerprint for options in asked}
    assert len(found) == len(asked)


def test_what_cannot_be_is_refused(corpus, tmp_path):
    with pytest.raises(ConfigurationError, match="inner is None"):
        Averaged(corpus=corpus)
    with pytest.raises(ConfigurationError, match=r"extractor\.corpus=FILE"):
        Averaged(inner=Placed())
    with pytest.raises(ConfigurationError, match="1 <= at_least <= contexts"):
        Averaged(inner=Placed(), corpus=corpus, contexts=2, at_least=3)
    with pytest.raises(DataError, match=r"nowhere\.txt"):
        Averaged(inner=Placed(), corpus=str(tmp_path / "nowhere.txt")).extract([("cat",)])
