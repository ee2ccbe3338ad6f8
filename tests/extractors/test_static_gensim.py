"""word2vec, GloVe and fastText as extractors: equal to gensim, trained deterministically, checked at the edge."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from gensim.models import FastText as GensimFastText
from gensim.models import KeyedVectors
from gensim.models import Word2Vec as GensimWord2Vec
from gensim.models.fasttext import load_facebook_vectors
from gensim.test.utils import datapath

from embedbench.errors import ConfigurationError, DataError, MissingExtraError
from embedbench.extractors import corpus_training
from embedbench.extractors.fasttext import FastText
from embedbench.extractors.glove import Glove
from embedbench.extractors.static_table import Case, OutOfVocabulary
from embedbench.extractors.word2vec import Word2Vec

CORPUS = "gensim:lee_background.cor"
SMALL: dict[str, Any] = {"vector_size": 12, "window": 3, "negative": 3, "epochs": 2, "min_count": 5, "seed": 3}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


def lee() -> list[list[str]]:
    return [line.split() for line in Path(datapath("lee_background.cor")).read_text("utf-8").splitlines()]


def vectors_of(extractor: Any, words: list[str]) -> np.ndarray:
    return extractor.extract([(word,) for word in words]).values[:, 0]


@pytest.mark.parametrize("sg", [False, True])
def test_trained_word2vec_equals_gensim(cache: str, sg: bool) -> None:
    expected = GensimWord2Vec(lee(), sg=int(sg), workers=1, **SMALL).wv
    got = vectors_of(Word2Vec(corpus=CORPUS, sg=sg, case=Case.exact, cache=cache, **SMALL), expected.index_to_key)
    assert got.tobytes() == expected.vectors.tobytes()


def test_trained_fasttext_equals_gensim_also_for_unknown_words(cache: str) -> None:
    expected = GensimFastText(lee(), workers=1, min_n=2, max_n=4, bucket=500, **SMALL).wv
    extractor = FastText(corpus=CORPUS, min_n=2, max_n=4, buckets=500, case=Case.exact, cache=cache, **SMALL)
    words = [*expected.index_to_key, "unheardofword", "Zzyzx", "ß"]
    assert vectors_of(extractor, words).tobytes() == np.stack([expected[word] for word in words]).tobytes()


def test_facebook_model_equals_gensim(cache: str) -> None:
    expected = load_facebook_vectors(datapath("lee_fasttext.bin"))
    extractor = FastText(path="gensim:lee_fasttext.bin", case=Case.exact, cache=cache)
    words = [*expected.index_to_key, "neverseenbefore", "Zzyzx"]
    extracted = extractor.extract([tuple(words)])
    assert extracted.values[:, 0].tobytes() == np.stack([expected[word] for word in words]).tobytes()
    unknown = [i for i, word in enumerate(words) if word not in expected.key_to_index]
    assert unknown
    assert extracted.alignment.out_of_vocabulary.tolist() == unknown
    assert extractor.dim == expected.vector_size


def test_a_packed_facebook_model_equals_the_plain_one(cache: str, tmp_path) -> None:
    packed = tmp_path / "model.bin.gz"
    with open(datapath("lee_fasttext.bin"), "rb") as plain, gzip.open(packed, "wb", compresslevel=1) as stream:
        shutil.copyfileobj(plain, stream)
    words = ["the", "neverseenbefore"]
    one, other = (FastText(path=path, cache=cache) for path in (str(packed), "gensim:lee_fasttext.bin"))
    assert vectors_of(one, words).tobytes() == vectors_of(other, words).tobytes()


def test_fasttext_without_subwords_follows_the_policy(cache: str) -> None:
    options = {"path": "gensim:lee_fasttext.bin", "subwords": False, "cache": cache}
    assert not vectors_of(FastText(**options), ["neverseenbefore"]).any()
    with pytest.raises(DataError, match="the word 'neverseenbefore'"):
        vectors_of(FastText(**options, out_of_vocabulary=OutOfVocabulary.error), ["neverseenbefore"])


def test_a_word_without_ngrams_follows_the_policy(cache: str) -> None:
    # '<>' has two characters, and the smallest n-gram of this model has three.
    extractor = FastText(path="gensim:lee_fasttext.bin", cache=cache, out_of_vocabulary=OutOfVocabulary.mean)
    expected = load_facebook_vectors(datapath("lee_fasttext.bin")).vectors.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(vectors_of(extractor, [""])[0], expected, rtol=1e-5, atol=1e-7)


def test_training_again_gives_the_same_bits(cache: str, tmp_path: Path) -> None:
    first = Word2Vec(corpus=CORPUS, cache=cache, **SMALL)
    second = Word2Vec(corpus=CORPUS, cache=str(tmp_path), **SMALL)
    assert first.fingerprint == second.fingerprint
    words = ["the", "of", "Australia"]
    assert vectors_of(first, words).tobytes() == vectors_of(second, words).tobytes()


def test_training_sees_all_of_a_very_long_sentence(tmp_path: Path) -> None:
    # gensim alone drops what follows the 10,000th word of a sentence.
    # 2,000 equally frequent words, because gensim thins out frequent ones first.
    common = " ".join(f"w{i}" for i in range(2_000))
    (tmp_path / "c.txt").write_text(f"{common} " * 6 + "late early " * 10 + "\n", encoding="utf-8")
    options = {"path": None, "corpus": str(tmp_path / "c.txt"), "vector_size": 4, "cache": str(tmp_path)}
    once = vectors_of(Word2Vec(**options, epochs=1), ["late"])
    again = vectors_of(Word2Vec(**options, epochs=5), ["late"])
    assert not np.array_equal(once, again), "more epochs must move the late word"


def test_corpus_with_comments_and_tags(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("# doc = x\nthe_DT cat_NN\n" * 5, encoding="utf-8")
    source = {"corpus": str(tmp_path / "c.txt"), "comment": "# doc", "tag_separator": "_"}
    extractor = Word2Vec(**source, min_count=1, vector_size=4, cache=str(tmp_path))
    alignment = extractor.extract([("the", "cat", "doc", "=", "the_DT")]).alignment
    assert alignment.out_of_vocabulary.tolist() == [2, 3, 4]


def test_a_corpus_of_rare_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("only once here\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no word of .*c\.txt occurs 5 times; lower extractor\.min_count"):
        vectors_of(Word2Vec(corpus=str(tmp_path / "c.txt"), cache=str(tmp_path)), ["only"])


@pytest.mark.parametrize("kind", [Word2Vec, FastText])
def test_exactly_one_source_is_needed(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"either extractor\.path=FILE .* or extractor\.corpus=FILE .*neither"):
        kind()
    with pytest.raises(ConfigurationError, match="got both"):
        kind(path="a", corpus="b")


def test_glove_needs_a_path() -> None:
    with pytest.raises(ConfigurationError, match=r"extractor 'glove' needs extractor\.path=FILE"):
        Glove()


def test_a_pickle_needs_trust(tmp_path: Path, cache: str) -> None:
    vectors = KeyedVectors.load_word2vec_format(datapath("euclidean_vectors.bin"), binary=True)
    path = str(tmp_path / "mine.kv")
    vectors.save(path, sep_limit=0)  # large arrays in files of their own
    with pytest.raises(ConfigurationError, match=r"mine\.kv is a pickle .*extractor\.trust=true"):
        vectors_of(Word2Vec(path=path, cache=cache), ["the"])
    words = vectors.index_to_key
    trusted = Word2Vec(path=path, trust=True, case=Case.exact, cache=cache)
    assert vectors_of(trusted, words).tobytes() == vectors.vectors.tobytes()
    # The arrays beside the pickle are part of what is fingerprinted.
    np.save(f"{path}.vectors.npy", vectors.vectors * 2)
    assert trusted.fingerprint != Word2Vec(path=datapath("euclidean_vectors.bin"), case=Case.exact).fingerprint
    np.testing.assert_array_equal(vectors_of(trusted, words), vectors.vectors * 2)


def test_a_text_file_is_no_fasttext_model(cache: str) -> None:
    with pytest.raises(DataError, match=r"lee_fasttext\.vec is not a Facebook fastText model.*extractor=word2vec"):
        vectors_of(FastText(path="gensim:lee_fasttext.vec", cache=cache), ["the"])


@pytest.mark.parametrize("kept", [50, 5_000, 100_000])  # within the options, the words, the vectors
def test_a_cut_fasttext_model_is_named(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "cut.bin"
    path.write_bytes(Path(datapath("lee_fasttext.bin")).read_bytes()[:kept])
    with pytest.raises(DataError, match=r"the fastText model .*cut\.bin is damaged or incomplete"):
        vectors_of(FastText(path=str(path), cache=str(tmp_path)), ["the"])


def test_the_fingerprint_covers_what_changes_a_vector_and_nothing_else(tmp_path: Path) -> None:
    base = Word2Vec(corpus=CORPUS)
    changes: list[dict[str, Any]] = [
        {"vector_size": 7}, {"window": 4}, {"negative": 4}, {"epochs": 6}, {"sg": True}, {"min_count": 4}, {"seed": 2},
        {"out_of_vocabulary": OutOfVocabulary.mean}, {"case": Case.exact}, {"comment": "#"}, {"tag_separator": "_"},
        {"corpus": "gensim:lee.cor"},
    ]  # fmt: skip
    fingerprints = {base.fingerprint, *(replace(base, **change).fingerprint for change in changes)}
    assert len(fingerprints) == len(changes) + 1
    assert replace(base, name="other", cache="elsewhere").fingerprint == base.fingerprint
    copy = tmp_path / "copy.cor"
    shutil.copy(datapath("lee_background.cor"), copy)
    assert replace(base, corpus=str(copy)).fingerprint == base.fingerprint


def test_the_seed_of_a_file_matters_only_for_random_vectors() -> None:
    base = Word2Vec(path="gensim:euclidean_vectors.bin")
    assert replace(base, seed=2).fingerprint == base.fingerprint
    random = replace(base, out_of_vocabulary=OutOfVocabulary.random)
    assert replace(random, seed=2).fingerprint != random.fingerprint


def test_without_gensim_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise corpus_training.PackageNotFoundError(name)

    monkeypatch.setattr(corpus_training, "version", absent)
    with pytest.raises(MissingExtraError, match=r"extractor 'word2vec' needs the package gensim.*embedbench\[static\]"):
        _ = Word2Vec(corpus=CORPUS).fingerprint


@pytest.mark.parametrize(("case", "n_pairs", "rho"), [(Case.lower, 243, 0.69), (Case.exact, 253, 0.70)])
def test_googlenews_ranks_word_pairs_as_people_do(
    data_folder: Path, cache: str, case: Case, n_pairs: int, rho: float
) -> None:
    path = str(data_folder / "vectors" / "googlenews_word2vec_300d.8k.bin.gz")
    lines = (data_folder / "wordsim" / "EN-WS-353-ALL.txt").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    extracted = Word2Vec(path=path, case=case, cache=cache).extract([(a, b) for a, b, _ in rows])
    unknown = set((extracted.alignment.out_of_vocabulary // 2).tolist())
    covered = [i for i in range(len(rows)) if i not in unknown]
    left, right = extracted.values[0::2, 0][covered], extracted.values[1::2, 0][covered]
    cosine = (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    assert len(covered) == n_pairs
    # Two decimals are what is published about this file; the rank correlation of fixed vectors has no noise.
    assert round(scipy.stats.spearmanr(cosine, [float(rows[i][2]) for i in covered]).statistic, 2) == rho
