"""The word cache of a biLM: the character CNN's own vectors, each computed once, never more than it may keep."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bilm_fixtures import write_options

from embedbench.models.bilm_characters import character_ids
from embedbench.models.bilm_options import read_options
from embedbench.models.bilm_weights import random_bilm
from embedbench.models.known_words import KnownWords

TOLERANCE = 1e-6
"""Of values around 1: other batches of words round differently."""


@pytest.fixture
def model(tmp_path):
    return random_bilm(read_options(write_options(tmp_path)), 0)


@pytest.fixture
def asked(model, monkeypatch):
    """How many words the character CNN was asked for, call by call."""
    counts = []
    plain = type(model).words

    def counting(self, ids):
        counts.append(len(ids))
        return plain(self, ids)

    monkeypatch.setattr(type(model), "words", counting)
    return counts


def plain(model, words):
    with torch.no_grad():
        return type(model).words(model, character_ids(list(words), model.options.max_characters)).numpy()


def test_words_of_earlier_chunks_are_not_computed_again(model, asked):
    chunks = [("the", "cat", "日本語", ""), ("cat", "x" * 60, "the"), ("cat", "the")]
    expected = [plain(model, chunk) for chunk in chunks]
    asked.clear()
    known = KnownWords(model)
    for chunk, vectors in zip(chunks, expected, strict=True):
        np.testing.assert_allclose(known(chunk).numpy(), vectors, atol=TOLERANCE)
    assert asked == [4, 1, 0]


def test_a_full_cache_starts_afresh_and_a_chunk_that_does_not_fit_is_not_kept(model, asked):
    known = KnownWords(model, capacity=3)
    chunks = [("a", "b", "c"), ("c", "d"), ("a", "b", "c", "d"), ("d",)]
    got = [known(chunk).numpy() for chunk in chunks]
    assert asked == [3, 2, 4, 1]
    assert len(known._rows) <= 3
    for chunk, vectors in zip(chunks, got, strict=True):
        np.testing.assert_allclose(vectors, plain(model, chunk), atol=TOLERANCE)
