"""What unknown words and capital letters get, and that it is counted."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedbench.errors import DataError
from embedbench.extractors.static_table import (
    Case,
    DistinctWords,
    OutOfVocabulary,
    WordTable,
    look_up,
    word_gaussian,
)
from embedbench.types import LayeredWords

VECTORS = np.array([[1, 2], [3, 4], [5, 9]], np.float32)
TABLE = WordTable({"the": 0, "The": 1, "cat": 2}, VECTORS, VECTORS.mean(axis=0), VECTORS.std(axis=0))
SENTENCES = [("The", "CAT"), (), ("the", "dog", "Dog", "CAT")]


def looked_up(
    policy: OutOfVocabulary = OutOfVocabulary.zero, case: Case = Case.fold, seed: int = 1, sentences=SENTENCES
) -> LayeredWords:
    return look_up(TABLE, sentences, out_of_vocabulary=policy, case=case, seed=seed)


@pytest.mark.parametrize(
    ("case", "rows", "unknown", "folded"),
    [
        (Case.exact, [1, None, 0, None, None, None], [1, 3, 4, 5], []),
        (Case.fold, [1, 2, 0, None, None, 2], [3, 4], [1, 5]),
        (Case.lower, [0, 2, 0, None, None, 2], [3, 4], [0, 1, 5]),
    ],
)
def test_case_policy(case: Case, rows: list[int | None], unknown: list[int], folded: list[int]) -> None:
    words = looked_up(case=case)
    expected = np.array([[0, 0] if row is None else VECTORS[row] for row in rows], np.float32)
    np.testing.assert_array_equal(words.values, expected[:, None, :])
    assert words.alignment.out_of_vocabulary.tolist() == unknown
    assert words.alignment.folded.tolist() == folded


def test_unknown_words_get_the_mean() -> None:
    np.testing.assert_allclose(looked_up(OutOfVocabulary.mean).values[3, 0], [3, 5])


def test_unknown_words_get_a_random_vector_of_their_own() -> None:
    values = looked_up(OutOfVocabulary.random).values
    dog = TABLE.mean + TABLE.std * word_gaussian("dog", dim=2, seed=1)
    np.testing.assert_array_equal(values[3, 0], dog)
    assert not np.array_equal(values[3], values[4])
    # Neither order nor neighbours matter; the seed does.
    reversed_ = looked_up(OutOfVocabulary.random, sentences=[("Dog",), ("dog",)]).values
    np.testing.assert_array_equal(reversed_[1, 0], dog)
    assert not np.array_equal(looked_up(OutOfVocabulary.random, seed=2).values[3, 0], dog)


def test_an_unknown_word_stops_the_run_when_asked() -> None:
    with pytest.raises(DataError, match=r"the word 'dog' \(sentence 2 .*'the dog Dog CAT'\).* 1 other distinct words"):
        looked_up(OutOfVocabulary.error)
    looked_up(OutOfVocabulary.error, sentences=[("the", "cat")])


def test_each_distinct_word_is_looked_up_once() -> None:
    class CountingRows(dict):
        asked = 0

        def get(self, key, default=None):
            self.asked += 1
            return super().get(key, default)

    rows = CountingRows(TABLE.rows)
    table = WordTable(rows, VECTORS, TABLE.mean, TABLE.std)
    sentences = [("the", "cat")] * 100
    words = look_up(table, sentences, out_of_vocabulary=OutOfVocabulary.zero, case=Case.exact, seed=1)
    assert words.values.shape == (200, 1, 2)
    assert rows.asked == 2


@given(st.lists(st.lists(st.text(max_size=2)).map(tuple)))
def test_distinct_words_restore_the_text(sentences) -> None:
    distinct = DistinctWords.of(sentences)
    assert [distinct.words[i] for i in distinct.ids] == [word for sentence in sentences for word in sentence]
    assert len(set(distinct.words)) == len(distinct.words)
    everywhere = distinct.positions_where(range(len(distinct.words)))
    assert everywhere.tolist() == list(range(len(distinct.ids)))


def test_a_words_gaussian_is_the_same_in_another_process() -> None:
    code = (
        "from embedbench.extractors.static_table import word_gaussian;"
        "print(word_gaussian('Bäume', dim=3, seed=7).tobytes().hex())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == word_gaussian("Bäume", dim=3, seed=7).tobytes().hex()


def test_gaussians_are_standard_normal_and_unrelated() -> None:
    drawn = np.stack([word_gaussian(f"w{i}", dim=200, seed=1) for i in range(200)])
    # 40,000 draws: three standard errors are 0.015 for the mean, 0.011 for the deviation.
    assert abs(drawn.mean()) < 0.015
    assert abs(drawn.std() - 1) < 0.011
    cosines = np.corrcoef(drawn)[np.triu_indices(200, 1)]
    # Of 19,900 pairs in 200 dimensions none should reach six standard errors.
    assert np.abs(cosines).max() < 6 / np.sqrt(200)


def test_a_words_gaussian_never_changes() -> None:
    # Golden: stores on users' disks rely on it. If NumPy changes its stream, raise _VERSION of the users of this.
    np.testing.assert_allclose(word_gaussian("tree", dim=3, seed=1), GOLDEN_TREE, rtol=1e-6)


GOLDEN_TREE = (-0.6120455265045166, -0.31191587448120117, -1.7594128847122192)
