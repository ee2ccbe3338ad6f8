"""What a fast tokenizer does to words: its special pieces, its unknown piece, its spaces, and its encodings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from embedbench.errors import ConfigurationError, ContractError
from embedbench.types import Sentence


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


def encode(tokenizer: Any, sentences: Sequence[Sentence]) -> Sequence[Any]:
    """The encodings of sentences that are split into words already, without special pieces."""
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
