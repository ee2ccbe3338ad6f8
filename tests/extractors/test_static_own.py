"""One-hot, random, precomputed and stacked vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedbench.errors import ConfigurationError, DataError, NumericalError
from embedbench.extractors.glove import Glove
from embedbench.extractors.one_hot import OneHot
from embedbench.extractors.precomputed import Axes, Precomputed
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.stack import Stack
from embedbench.types import Corpus

SENTENCES = [("a", "b", "a"), ("c",), ("b", "d")]


# One-hot


def test_one_hot_columns_follow_frequency_then_word() -> None:
    train = Corpus.of([("b", "a", "c"), ("c", "d", "a", "c")])
    fitted = OneHot(n=3).fitted(train)
    assert fitted.words == ("c", "a", "b")
    words = fitted.extract([("c", "d"), ("b", "new")])
    np.testing.assert_array_equal(words.values[:, 0], [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert words.alignment.out_of_vocabulary.tolist() == [1, 3]


@given(st.permutations(["a", "b", "b", "c", "d", "d"]), st.integers(1, 9))
def test_one_hot_does_not_depend_on_order(words: list[str], n: int) -> None:
    fitted = OneHot(n=n).fitted(Corpus.of([words]))
    assert fitted == OneHot(n=n).fitted(Corpus.of([sorted(words)]))
    values = fitted.extract([tuple(words)]).values
    assert values.shape == (6, 1, n + 1)
    np.testing.assert_array_equal(values.sum(axis=-1), 1)


def test_one_hot_must_be_fitted_and_its_fingerprint_covers_the_words() -> None:
    with pytest.raises(ConfigurationError, match="extractor 'one_hot' must see the training words"):
        OneHot().extract([("a",)])
    with pytest.raises(ConfigurationError, match="n must be at least 1, got 0"):
        OneHot(n=0)
    fingerprints = {OneHot(n=5).fitted(Corpus.of([text])).fingerprint for text in ("ab", "ac", "abb")}
    assert len(fingerprints) == 3
    assert OneHot(n=5).fingerprint not in fingerprints


# Random


def test_random_vectors_belong_to_word_and_seed() -> None:
    values = RandomVectors(size=5).extract(SENTENCES).values[:, 0]
    np.testing.assert_array_equal(values[0], values[2])
    assert len(np.unique(values, axis=0)) == 4
    np.testing.assert_array_equal(RandomVectors(size=5).extract([("d",)]).values[0, 0], values[5])
    assert not np.allclose(RandomVectors(size=5, seed=2).extract([("d",)]).values[0, 0], values[5])
    assert RandomVectors(size=5, name="x").fingerprint == RandomVectors(size=5).fingerprint
    assert len({RandomVectors(size=s, seed=t).fingerprint for s in (5, 6) for t in (1, 2)}) == 4
    with pytest.raises(ConfigurationError, match="size must be at least 1, got 0"):
        RandomVectors(size=0)


# Precomputed


def arrays(axes: Axes, dtype: Any = np.float32) -> dict[str, np.ndarray]:
    """Vectors of SENTENCES whose values name sentence, word, layer and dimension."""
    result = {}
    for i, sentence in enumerate(SENTENCES):
        layers = 1 if axes is Axes.words_dim else 2
        value = np.fromfunction(lambda w, k, d, i=i: 1000 * i + 100 * w + 10 * k + d, (len(sentence), layers, 3))
        if axes is Axes.words_dim:
            value = value[:, 0]
        elif axes is Axes.layers_words_dim:
            value = value.transpose(1, 0, 2)
        result[str(i)] = value.astype(dtype)
    return result


def written(folder: Path, values: dict[str, np.ndarray], kind: str = "npz", **options: Any) -> Precomputed:
    """A precomputed extractor over these values and the file of SENTENCES."""
    path = folder / f"vectors.{kind}"
    if kind == "npz":
        np.savez(path, **values)
    else:
        with h5py.File(path, "w") as file:
            for key, value in values.items():
                file[key] = value
    sentences = folder / "sentences.txt"
    sentences.write_text("\n".join(map(" ".join, SENTENCES)) + "\n", encoding="utf-8")
    return Precomputed(path=str(path), **{"sentences": str(sentences), **options})


@pytest.mark.parametrize("kind", ["npz", "hdf5"])
@pytest.mark.parametrize("axes", Axes)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_precomputed_vectors_are_found_by_their_words(tmp_path: Path, kind: str, axes: Axes, dtype: Any) -> None:
    extractor = written(tmp_path, arrays(axes, dtype), kind, axes=axes)
    values = extractor.extract([SENTENCES[2], (), SENTENCES[0], SENTENCES[2]]).values
    assert values.dtype == np.float32
    assert extractor.layer_names == (("table",) if axes is Axes.words_dim else ("layer0", "layer1"))
    assert values.shape == (7, len(extractor.layer_names), extractor.dim)
    assert values[:, 0, 0].tolist() == [2000, 2100, 0, 100, 200, 2000, 2100]
    assert values[:, -1, 2].tolist() == [v + 2 + 10 * (axes is not Axes.words_dim) for v in values[:, 0, 0].tolist()]


def test_allennlp_files_say_their_sentences_themselves(tmp_path: Path) -> None:
    index = {" ".join(sentence): str(i) for i, sentence in enumerate(SENTENCES)}
    values: dict[str, Any] = {**arrays(Axes.layers_words_dim), "sentence_to_index": [json.dumps(index)]}
    extractor = written(tmp_path, values, "hdf5", sentences=None)
    assert extractor.extract(SENTENCES[::-1]).values[0, 0, 0] == 2000
    assert extractor.known_sentences() == tuple(SENTENCES)


@pytest.mark.parametrize(
    "index", ["", "[]", "{}", '{"b d": ["2"]}', "[" * 100_000, '{"a  b": "0"}', '{"b": 0, "b": 1}']
)
def test_an_index_of_sentences_that_is_none(tmp_path: Path, index: str) -> None:
    values: dict[str, Any] = {**arrays(Axes.layers_words_dim), "sentence_to_index": [index]}
    with pytest.raises(DataError, match=r"the entry 'sentence_to_index' of .*vectors\.hdf5 (is no JSON|has 'a|has 'b)"):
        _ = written(tmp_path, values, "hdf5", sentences=None).known_sentences()


def test_order_alone_is_not_believed(tmp_path: Path) -> None:
    extractor = written(tmp_path, arrays(Axes.layers_words_dim), sentences=None)
    with pytest.raises(ConfigurationError, match=r"nothing says which sentences .*npz belong to: give extractor\.sent"):
        extractor.extract(SENTENCES)


def test_json_lines_hold_words_with_spaces(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('["New York", "a", "b"]\n', encoding="utf-8")
    extractor = written(tmp_path, arrays(Axes.layers_words_dim), sentences=str(tmp_path / "s.jsonl"))
    assert extractor.extract([("New York", "a", "b")]).values.shape == (3, 2, 3)
    for line, message in (("[1]", r"s\.jsonl, line 1: expected a JSON list of words"), ("{", "line 1: not JSON")):
        (tmp_path / "s.jsonl").write_text(line + "\n", encoding="utf-8")
        with pytest.raises(DataError, match=message):
            extractor.extract([("a",)])


def test_an_unknown_sentence_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no vectors for the sentence 'x y': it is not among its sentences"):
        written(tmp_path, arrays(Axes.layers_words_dim)).extract([("x", "y")])


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    values = arrays(Axes.layers_words_dim)
    del values["2"]
    with pytest.raises(DataError, match=r"the sentence 'b d': its key '2' is missing"):
        written(tmp_path, values).extract(SENTENCES)


def test_a_nan_is_named(tmp_path: Path) -> None:
    values = arrays(Axes.layers_words_dim)
    values["2"][1, 1, 0] = np.nan
    with pytest.raises(NumericalError, match=r"vectors\.npz, key '2', sentence 'b d': the vector of word 1 \('d'\)"):
        written(tmp_path, values).extract(SENTENCES)


def test_a_value_too_large_for_float32_is_named(tmp_path: Path) -> None:
    values = arrays(Axes.layers_words_dim, np.float64)
    values["1"][0, 0, 0] = 1e300
    with pytest.raises(NumericalError, match=r"sentence 'c': the vector of word 0 \('c'\) is not finite"):
        written(tmp_path, values).extract(SENTENCES)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((2, 2, 3), np.float32), r"key '1', sentence 'c': expected vectors for 1 words, got 2"),
        (np.zeros((3, 1, 3), np.float32), r"sentence 'c': expected 2 layers of 3 dimensions .* got \(3, 1, 3\)"),
        (np.zeros((2, 1, 4), np.float32), r"sentence 'c': expected 2 layers of 3 dimensions .* got \(2, 1, 4\)"),
        (np.zeros((1, 3), np.float32), r"key '1': an array of shape \(1, 3\) does not fit .*axes=layers_words_dim"),
        (np.zeros((2, 1, 3), np.int64), r"key '1' of .*: expected floating-point values, got int64"),
    ],
)
def test_an_array_that_does_not_fit_is_explained(tmp_path: Path, value: np.ndarray, message: str) -> None:
    values = {**arrays(Axes.layers_words_dim), "1": value}
    with pytest.raises(DataError, match=message):
        written(tmp_path, values).extract(SENTENCES)


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    extractor = written(tmp_path, arrays(Axes.words_dim), axes=Axes.words_dim)
    for content in (b"not vectors", b"\x89HDF\r\n\x1a\n damaged", b""):
        Path(str(extractor.path)).write_bytes(content)
        with pytest.raises(
            DataError, match=r"vectors\.npz is (neither an HDF5 nor an npz file, or is damaged|damaged or not HDF5)"
        ):
            extractor.extract(SENTENCES)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    values: dict[str, Any] = {**arrays(Axes.words_dim), "1": np.array([[object()]])}
    extractor = written(tmp_path, values, axes=Axes.words_dim)
    with pytest.raises(DataError, match=r"key '1' of .*npz cannot be read: .*allow_pickle"):
        extractor.extract(SENTENCES)


def test_the_fingerprint_of_precomputed_vectors_covers_both_files(tmp_path: Path) -> None:
    extractor = written(tmp_path, arrays(Axes.layers_words_dim))
    before = extractor.fingerprint
    assert replace(extractor, axes=Axes.words_layers_dim).fingerprint != before
    assert replace(extractor, name="x").fingerprint == before
    (tmp_path / "sentences.txt").write_text("a b a\nc\nb e\n", encoding="utf-8")
    assert extractor.fingerprint != before
    assert extractor.known_sentences()[2] == ("b", "e")


def test_precomputed_needs_a_path() -> None:
    with pytest.raises(ConfigurationError, match=r"extractor 'precomputed' needs extractor\.path=FILE"):
        Precomputed()


# Stack


def test_a_static_part_is_repeated_over_the_layers(tmp_path: Path) -> None:
    contextual = written(tmp_path, arrays(Axes.layers_words_dim))
    static = RandomVectors(size=4)
    stack = Stack(parts={"static": static, "contextual": contextual})
    values = stack.extract(SENTENCES).values
    assert (stack.dim, stack.layer_names, values.shape) == (7, ("layer0", "layer1"), (6, 2, 7))
    for layer in (0, 1):
        np.testing.assert_array_equal(values[:, layer, :4], static.extract(SENTENCES).values[:, 0])
    np.testing.assert_array_equal(values[:, :, 4:], contextual.extract(SENTENCES).values)
    assert stack.known_sentences() == tuple(SENTENCES)
    assert Stack(parts=[static]).known_sentences() is None


def test_different_numbers_of_layers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    two = written(tmp_path, arrays(Axes.layers_words_dim))
    three = written(tmp_path / "b", {"0": np.zeros((3, 3, 2), np.float32)}, name="other")
    with pytest.raises(ConfigurationError, match=r"different numbers of layers \(precomputed 2, other 3\)"):
        _ = Stack(parts=[two, three]).layer_names


def test_a_stack_fits_its_parts_and_unites_what_they_touched(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("a 1\nd 2\n", encoding="utf-8")
    stack = Stack(parts=[Glove(path=str(tmp_path / "v.txt"), cache=str(tmp_path)), OneHot(n=2)])
    fitted = stack.fitted(Corpus.of(SENTENCES))
    words = fitted.extract(SENTENCES)
    assert words.values.shape == (6, 1, 4)
    assert words.alignment.out_of_vocabulary.tolist() == [1, 3, 4, 5]  # b, c, b by GloVe; c, d by one-hot
    assert fitted.layer_names == ("table",)
    assert fitted.fingerprint != stack.fingerprint


def test_the_order_of_parts_counts() -> None:
    a, b = RandomVectors(seed=1), RandomVectors(seed=2)
    assert Stack(parts=[a, b]).fingerprint != Stack(parts=[b, a]).fingerprint


def test_parts_must_be_extractors() -> None:
    with pytest.raises(ConfigurationError, match=r"extractor 'stack' has no parts; add some"):
        Stack()
    with pytest.raises(ConfigurationError, match="a part of extractor 'stack' is a dict; expected an extractor"):
        Stack(parts=[{"size": 3}])
