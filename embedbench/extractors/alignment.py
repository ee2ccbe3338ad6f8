"""Words → pieces with a fast tokenizer, checked: every piece belongs to one word and every word has a piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ContractError
from embedbench.extractors.tokenizing import encode, unknown_piece
from embedbench.types import Sentence


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a chunk of sentences, without the special ones that a model wants around a sentence.

    Attributes:
        ids: the piece ids.
        words: the word position of each piece within the chunk; never decreasing.
        offsets: the piece position at which each sentence starts, and the number of pieces at the end.
        without_piece: words that the tokenizer turned into nothing; each has the unknown piece instead.
    """

    ids: Int64[np.ndarray, "pieces"]
    words: Int64[np.ndarray, "pieces"]
    offsets: Int64[np.ndarray, "sentences_plus_one"]
    without_piece: Int64[np.ndarray, "n_without"]


def read_pieces(tokenizer: Any, sentences: Sequence[Sentence]) -> Pieces:
    """The pieces of every word, aligned.

    A word that the tokenizer turns into nothing (a zero-width space, for BERT) gets the unknown piece; a tokenizer
    without one, such as GPT-2's, gives its end-of-text piece.

    Raises:
        ContractError: the tokenizer's word ids cannot be trusted; the message names the word.
    """
    encodings = [e if sentence else None for e, sentence in zip(encode(tokenizer, sentences), sentences, strict=True)]
    ids, of_word, ends = (_flat(part, encodings) for part in ("ids", "word_ids", "offsets"))
    sizes = np.array([0 if encoding is None else len(encoding.ids) for encoding in encodings], dtype=np.int64)
    n_words = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    first_word = np.cumsum(n_words) - n_words
    sentence_of = np.repeat(np.arange(len(sentences)), sizes)
    _check(tokenizer, sentences, encodings, sentence_of, of_word, ends)
    words = first_word[sentence_of] + of_word
    without = np.flatnonzero(np.bincount(words, minlength=int(n_words.sum())) == 0).astype(np.int64)
    if len(without):
        _check_nothing(tokenizer, sentences, first_word, without)
        place = np.searchsorted(words, without)
        ids, words = np.insert(ids, place, unknown_piece(tokenizer)), np.insert(words, place, without)
        sizes += np.bincount(_sentence_with(first_word, without), minlength=len(sentences))
    return Pieces(
        ids=ids,
        words=words,
        offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)]),
        without_piece=without,
    )


def _flat(part: str, encodings: Sequence[Any]) -> Int64[np.ndarray, "pieces"]:
    """One number per piece of all sentences; of offsets, where the piece ends in its word."""
    found = chain.from_iterable(getattr(encoding, part) for encoding in encodings if encoding is not None)
    return np.fromiter((end for _, end in found) if part == "offsets" else found, dtype=np.int64)


def _sentence_with(
    first_word: Int64[np.ndarray, "sentences"], words: Int64[np.ndarray, "some"]
) -> Int64[np.ndarray, "some"]:
    """The sentence that holds each word; an empty sentence starts where the next one does, and holds none."""
    return np.searchsorted(first_word, words, side="right").astype(np.int64) - 1


def _check(
    tokenizer: Any,
    sentences: Sequence[Sentence],
    encodings: Sequence[Any],
    sentence_of: Int64[np.ndarray, "pieces"],
    of_word: Int64[np.ndarray, "pieces"],
    ends: Int64[np.ndarray, "pieces"],
) -> None:
    """Raises where a piece cannot belong to the word that the tokenizer says."""
    n_words = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    lengths = np.fromiter((len(word) for sentence in sentences for word in sentence), dtype=np.int64)
    known = n_words[sentence_of]
    wrong = (of_word < 0) | (of_word >= known)
    wrong[1:] |= (np.diff(of_word) < 0) & (np.diff(sentence_of) == 0)
    # A piece that ends behind its word swallowed the next one: the ids are wrong although they look in order.
    first_word = np.cumsum(n_words) - n_words
    wrong |= ends > lengths[first_word[sentence_of] + np.clip(of_word, 0, known - 1)]
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        number = int(sentence_of[place])
        piece = place - int(np.searchsorted(sentence_of, number))
        raise ContractError(
            f"the tokenizer {tokenizer.name_or_path} says that piece {piece} ({encodings[number].tokens[piece]!r}) of "
            f"the sentence starting {' '.join(sentences[number][:8])!r} belongs to word {of_word[place]}, which cannot "
            "be; use a model with a fast tokenizer that keeps pre-split words apart"
        )


def _check_nothing(
    tokenizer: Any,
    sentences: Sequence[Sentence],
    first_word: Int64[np.ndarray, "sentences"],
    without: Int64[np.ndarray, "n_without"],
) -> None:
    """Raises where a word has no piece in its sentence, but has some alone."""
    places = [
        (sentences[number], int(word - first_word[number]))
        for word, number in zip(without, _sentence_with(first_word, without), strict=True)
    ]
    alone = encode(tokenizer, [(sentence[k],) for sentence, k in places])
    for (sentence, k), encoding in zip(places, alone, strict=True):
        if encoding.ids:
            raise ContractError(
                f"the tokenizer {tokenizer.name_or_path} gives no piece to the word {sentence[k]!r} in the sentence "
                f"starting {' '.join(sentence[:8])!r}, but pieces {encoding.tokens} to the word alone; its word ids "
                "cannot be trusted"
            )
