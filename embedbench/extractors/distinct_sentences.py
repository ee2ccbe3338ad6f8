"""Sentences that come several times in a chunk are encoded once, and their vectors are laid out for every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np

from embedbench.extractors.batching import flat_ranges
from embedbench.types import Alignment, LayeredWords, Sentence


def extract_distinct(
    extract: Callable[[Sequence[Sentence]], LayeredWords], sentences: Sequence[Sentence]
) -> LayeredWords:
    """What `extract` gives for these sentences, asked only for the distinct ones, in order of first appearance.

    Short sentences come again: within shards of 512 sentences, 2.4 % of the words of English-EWT's train split.

    Args:
        extract: vectors of a sentence that do not depend on its neighbours.
        sentences: in any number of copies.
    """
    places: dict[Sentence, int] = {}
    which = np.array([places.setdefault(tuple(sentence), len(places)) for sentence in sentences], dtype=np.int64)
    if len(places) == len(sentences):
        return extract(sentences)
    found = extract(tuple(places))
    sizes = np.fromiter(map(len, places), dtype=np.int64, count=len(places))
    rows = flat_ranges((np.cumsum(sizes) - sizes)[which], sizes[which])
    laid_out = {}
    for field in fields(Alignment):
        touched = np.zeros(len(found.values), dtype=np.bool_)
        touched[getattr(found.alignment, field.name)] = True
        laid_out[field.name] = np.flatnonzero(touched[rows]).astype(np.int64)
    return LayeredWords(found.values[rows], Alignment(**laid_out))
