"""Repeated sentences: encoded once, laid out for every time, what happened to their words too."""

from __future__ import annotations

import numpy as np
import pytest
from bilm_fixtures import write_options, write_weights

from embedbench.extractors.distinct_sentences import extract_distinct
from embedbench.extractors.elmo import Elmo
from embedbench.extractors.transformer import Transformer
from embedbench.types import Alignment, LayeredWords

REPEATED = (("b", "a"), ("c",), ("b", "a"), (), ("c",), (), ("d", "d", "a"))
TOLERANCE = 1e-6
"""Of the largest value: the batches of the distinct sentences are others, whose sums round differently."""


def lengths_and_letters(sentences):
    """One dimension that tells word and sentence; words `a` were folded, words `d` have no piece."""
    words = [(word, len(sentence)) for sentence in sentences for word in sentence]
    values = np.array([[[ord(word), size]] for word, size in words], np.float32).reshape(len(words), 1, 2)
    of = {letter: np.array([k for k, (word, _) in enumerate(words) if word == letter], np.int64) for letter in "ad"}
    return LayeredWords(values, Alignment(without_piece=of["d"], folded=of["a"]))


def test_every_sentence_is_asked_for_once_and_laid_out_where_it_stands():
    asked = []

    def extract(sentences):
        asked.extend(sentences)
        return lengths_and_letters(sentences)

    got, expected = extract_distinct(extract, REPEATED), lengths_and_letters(REPEATED)
    assert asked == [("b", "a"), ("c",), (), ("d", "d", "a")]
    np.testing.assert_array_equal(got.values, expected.values)
    for kind in ("without_piece", "out_of_vocabulary", "windowed", "folded"):
        np.testing.assert_array_equal(getattr(got.alignment, kind), getattr(expected.alignment, kind))


def test_nothing_is_copied_where_nothing_is_repeated():
    whole = lengths_and_letters(REPEATED[:2])
    assert extract_distinct(lambda sentences: whole, REPEATED[:2]) is whole


@pytest.mark.parametrize("kind", ["elmo", "transformer"])
def test_extractors_give_what_they_give_without_repeats(kind, tmp_path, tiny_folder):
    if kind == "elmo":
        options = write_options(tmp_path)
        extractor = Elmo(options=str(options), weights_file=str(write_weights(tmp_path, options)))
    else:
        extractor = Transformer(model=str(tiny_folder / "bert"))
    plain = np.concatenate([extractor._extract([sentence]).values for sentence in REPEATED])
    got = extractor.extract(REPEATED)
    assert got.values.shape == plain.shape
    assert np.abs(got.values - plain).max() <= TOLERANCE * np.abs(plain).max()
    np.testing.assert_array_equal(got.values[:2], got.values[3:5])


def test_an_elmo_that_carries_its_state_reads_every_sentence(tmp_path):
    options = write_options(tmp_path)
    files = {"options": str(options), "weights_file": str(write_weights(tmp_path, options))}
    got = Elmo(**files, carry_state=True).extract((("a",), ("a",))).values
    assert np.abs(got[0, 1:] - got[1, 1:]).max() > 1e-3
