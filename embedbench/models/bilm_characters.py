"""Words as rows of character ids, exactly as the published ELMo models saw them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

SENTENCE_START = "<S>"
SENTENCE_END = "</S>"
"""The words around every sentence. A word of the text spelled so gets the boundary's characters, as in the original."""

_SENTENCE_START_ID, _SENTENCE_END_ID = 256, 257
_WORD_START_ID, _WORD_END_ID, _PADDING_ID = 258, 259, 260


def word_bytes(word: str, max_characters: int) -> bytes:
    """The UTF-8 bytes of a word that the model sees: the first `max_characters - 2`.

    The cut is part of the model's definition (48 bytes in every published model); bytes beyond it have no influence.
    Unpaired surrogates, which UTF-8 cannot hold, are left out, also as in the original.
    """
    return word.encode("utf-8", "ignore")[: max_characters - 2]


def character_ids(words: Sequence[str], max_characters: int) -> Int64[np.ndarray, "words characters"]:
    """One row of ids per word: start marker, bytes, end marker, padding; shifted by one as in the weight files.

    Id 0 is kept for "no word here", so byte b has id b + 1 (AllenNLP's ELMoCharacterMapper, bilm-tf's
    UnicodeCharsVocabulary).

    >>> character_ids(["ab"], 6).tolist()
    [[259, 98, 99, 260, 261, 261]]
    """
    ids = np.full((len(words), max_characters), _PADDING_ID, dtype=np.int64)
    ids[:, 0] = _WORD_START_ID
    for row, word in zip(ids, words, strict=True):
        if word == SENTENCE_START:
            inside: Sequence[int] = (_SENTENCE_START_ID,)
        elif word == SENTENCE_END:
            inside = (_SENTENCE_END_ID,)
        else:
            inside = word_bytes(word, max_characters)
        row[1 : len(inside) + 1] = list(inside)
        row[len(inside) + 1] = _WORD_END_ID
    return ids + 1


def n_used(ids: Int64[np.ndarray, "words characters"]) -> Int64[np.ndarray, "words"]:
    """How many ids of each row come before the padding."""
    used: Int64[np.ndarray, "words"] = np.count_nonzero(ids != _PADDING_ID + 1, axis=1).astype(np.int64)
    return used
