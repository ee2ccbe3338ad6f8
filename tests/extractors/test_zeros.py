"""Zeros take the shape of another extractor, and nothing else of it."""

from __future__ import annotations

import pytest

from embedbench.errors import ConfigurationError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.stack import Stack
from embedbench.extractors.zeros import Zeros


def test_zeros_pad_to_the_size_of_another():
    first, other = RandomVectors(size=3), RandomVectors(size=4, seed=2)
    padded, stacked = Stack(parts=[first, Zeros(like=other)]), Stack(parts=[first, other])
    assert (padded.layer_names, padded.dim) == (stacked.layer_names, stacked.dim)
    values = padded.extract([("a", "b"), ()]).values
    assert values.shape == (2, 1, 7)
    assert (values[..., :3] == first.extract([("a", "b")]).values).all()
    assert not values[..., 3:].any()


def test_the_fingerprint_is_that_of_the_shape():
    assert Zeros(like=RandomVectors(size=4, seed=1)).fingerprint == Zeros(size=4).fingerprint
    assert Zeros(size=4).fingerprint != Zeros(size=5).fingerprint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either size or like"),
        ({"size": 3, "like": RandomVectors()}, "either size or like"),
        ({"size": 0}, "size must be at least 1, got 0"),
        ({"like": "minilm"}, "like is a str; expected an extractor"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        Zeros(**options)
