"""Words → pieces with a fast tokenizer, checked: every piece belongs to one word and every word has a piece."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ConfigurationError, ContractError
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


@dataclass(frozen=True)
class Template:
    """The special pieces that the tokenizer puts around one sentence, and the segment ids where it has any."""

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    segments: tuple[tuple[int, ...], int, tuple[int, ...]] | None
    """Of the prefix, of every ordinary piece, of the suffix."""

    @property
    def n_special(self) -> int:
        """Special pieces per window."""
        return len(self.prefix) + len(self.suffix)


def read_pieces(tokenizer: Any, sentences: Sequence[Sentence]) -> Pieces:
    """The pieces of every word, aligned.

    A word that the tokenizer turns into nothing (a zero-width space, for BERT) gets the unknown piece; a tokenizer
    without one, such as GPT-2's, gives its end-of-text piece.

    Raises:
        ContractError: the tokenizer's word ids cannot be trusted; the message names the word.
    """
    encodings = _encode(tokenizer, sentences)
    unknown = unknown_piece(tokenizer)
    ids, words, without, sizes = [], [], [], []
    base = 0
    for sentence, encoding in zip(sentences, encodings, strict=True):
        of_word = np.array(encoding.word_ids, dtype=np.int64) if sentence else np.zeros(0, np.int64)
        piece_ids = np.array(encoding.ids, dtype=np.int64) if sentence else of_word
        _check(tokenizer, sentence, of_word, encoding)
        missing = np.flatnonzero(np.bincount(of_word, minlength=len(sentence)) == 0)
        if len(missing):
            _check_nothing(tokenizer, sentence, missing)
            place = np.searchsorted(of_word, missing)
            piece_ids = np.insert(piece_ids, place, unknown)
            of_word = np.insert(of_word, place, missing)
            without.append(base + missing)
        ids.append(piece_ids)
        words.append(base + of_word)
        sizes.append(len(piece_ids))
        base += len(sentence)
    return Pieces(
        ids=_joined(ids),
        words=_joined(words),
        offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)]),
        without_piece=_joined(without),
    )


def unknown_piece(tokenizer: Any) -> int:
    """The id of the piece that stands for a word without pieces.

    Raises:
        ConfigurationError: the tokenizer has none of the candidates.
    """
    for candidate in (tokenizer.unk_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id, tokenizer.pad_token_id):
        if candidate is not None:
            return int(candidate)
    raise ConfigurationError(
        f"the tokenizer {tokenizer.name_or_path} has no unknown, end, start or padding piece, and words that it turns "
        "into nothing need one; set its unk_token"
    )


def read_template(tokenizer: Any) -> Template:
    """What the tokenizer puts around a sentence, read off an example.

    Raises:
        ContractError: it does more than putting pieces before and after.
    """
    with _quiet():
        bare = tokenizer([["a"]], is_split_into_words=True, add_special_tokens=False)["input_ids"][0]
        whole = tokenizer([["a"]], is_split_into_words=True, return_token_type_ids=True)
    full = whole["input_ids"][0]
    before = next((k for k, word in enumerate(whole.word_ids(0)) if word is not None), 0)
    after = before + len(bare)
    if full[before:after] != bare:
        raise ContractError(
            f"the tokenizer {tokenizer.name_or_path} turns one word into {bare} and, with special pieces, into {full}; "
            "expected the same pieces with others before and after"
        )
    segments = None
    if "token_type_ids" in tokenizer.model_input_names and "token_type_ids" in whole:
        kinds = whole["token_type_ids"][0]
        segments = (tuple(kinds[:before]), kinds[before] if bare else 0, tuple(kinds[after:]))
    return Template(tuple(full[:before]), tuple(full[after:]), segments)


def put_space_before_words(tokenizer: Any) -> None:
    """Makes a byte-level tokenizer read each word of a pre-split sentence as if a space stood before it.

    Without it GPT-2 would see `the`, `cat` as the middle of one long word. The first word gets the space too, so that a
    word has the same pieces wherever it stands. Tokenizers of other kinds are left alone.
    """
    from tokenizers import normalizers, pre_tokenizers

    backend = tokenizer.backend_tokenizer
    plan = json.loads(backend.to_str())["pre_tokenizer"] or {}
    if plan.get("type") == "ByteLevel":
        if not plan["add_prefix_space"]:
            backend.pre_tokenizer = pre_tokenizers.ByteLevel(
                add_prefix_space=True, trim_offsets=plan["trim_offsets"], use_regex=plan["use_regex"]
            )
    elif plan.get("type") == "Sequence":
        steps = plan["pretokenizers"]
        if any(step["type"] == "ByteLevel" for step in steps) and not any(
            step.get("add_prefix_space") for step in steps
        ):
            # Behind a split, ByteLevel would put the space before every part of a word, not before the word.
            space = normalizers.Prepend(" ")
            known = backend.normalizer
            backend.normalizer = space if known is None else normalizers.Sequence([known, space])


def _encode(tokenizer: Any, sentences: Sequence[Sentence]) -> Sequence[Any]:
    if not sentences:
        return ()
    with _quiet():
        encoded = tokenizer(
            [list(sentence) for sentence in sentences],
            is_split_into_words=True,
            add_special_tokens=False,
            truncation=False,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
    encodings: Sequence[Any] = encoded.encodings
    return encodings


def _check(tokenizer: Any, sentence: Sentence, of_word: Int64[np.ndarray, "pieces"], encoding: Any) -> None:
    if not len(of_word):
        return
    ends = np.array(encoding.offsets, dtype=np.int64)[:, 1]
    lengths = np.fromiter((len(word) for word in sentence), dtype=np.int64, count=len(sentence))
    wrong = (of_word < 0) | (of_word >= len(sentence)) | (np.diff(of_word, prepend=0) < 0)
    # A piece that ends behind its word swallowed the next one: the ids are wrong although they look in order.
    wrong |= ends > lengths[np.clip(of_word, 0, len(sentence) - 1)]
    if wrong.any():
        piece = int(np.flatnonzero(wrong)[0])
        raise ContractError(
            f"the tokenizer {tokenizer.name_or_path} says that piece {piece} ({encoding.tokens[piece]!r}) of the "
            f"sentence starting {' '.join(sentence[:8])!r} belongs to word {of_word[piece]}, which cannot be; use a "
            "model with a fast tokenizer that keeps pre-split words apart"
        )


def _check_nothing(tokenizer: Any, sentence: Sentence, missing: Int64[np.ndarray, "missing"]) -> None:
    alone = _encode(tokenizer, [(sentence[k],) for k in missing])
    for k, encoding in zip(missing, alone, strict=True):
        if encoding.ids:
            raise ContractError(
                f"the tokenizer {tokenizer.name_or_path} gives no piece to the word {sentence[k]!r} in the sentence "
                f"starting {' '.join(sentence[:8])!r}, but pieces {encoding.tokens} to the word alone; its word ids "
                "cannot be trusted"
            )


def _joined(parts: list[Int64[np.ndarray, "_"]]) -> Int64[np.ndarray, "n"]:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Tokenizes on this thread: the library otherwise warns when a process that used its threads forks."""
    known = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        yield
    finally:
        if known is None:
            del os.environ["TOKENIZERS_PARALLELISM"]
        else:
            os.environ["TOKENIZERS_PARALLELISM"] = known
