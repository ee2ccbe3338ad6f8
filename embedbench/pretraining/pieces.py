"""Tokenizers trained on the corpus, and the corpus as pieces: every distinct word is cut once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int32, Int64

from embedbench.errors import MissingExtraError
from embedbench.extractors.batching import flat_ranges
from embedbench.pretraining.encoded_text import EncodedText, TrainingCorpus

MLM_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""Pieces 0 to 4 of a WordPiece tokenizer, in this order."""

_PRIVATE_USE = 0xF0000
"""65,536 characters that no text uses start here."""

CLM_SPECIAL = ("<|endoftext|>",)
"""Piece 0 of a byte-level BPE tokenizer: before every text, so that its first word has something to follow."""


def train_wordpiece(corpus: TrainingCorpus, size: int) -> Any:
    """A lower-case WordPiece tokenizer with BERT's template, trained on the training text.

    Raises:
        MissingExtraError: tokenizers is not installed.
    """
    tokenizers = _library("pretrain model=mlm")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece({MLM_SPECIAL[1]: 0}, unk_token=MLM_SPECIAL[1]))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    counts: Counter[str] = Counter()
    for word, count in zip(corpus.types, corpus.counts.tolist(), strict=True):
        normal = tokenizer.normalizer.normalize_str(word)
        for part, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal):
            counts[part] += count
    vocabulary = [*MLM_SPECIAL, *_wordpieces(tokenizers, counts, size - len(MLM_SPECIAL))]
    tokenizer.model = tokenizers.models.WordPiece(
        {piece: k for k, piece in enumerate(vocabulary)}, unk_token=MLM_SPECIAL[1]
    )
    tokenizer.add_special_tokens(list(MLM_SPECIAL))
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(piece, tokenizer.token_to_id(piece)) for piece in ("[CLS]", "[SEP]")],
    )
    tokenizer.decoder = tokenizers.decoders.WordPiece()
    return tokenizer


def _wordpieces(tokenizers: Any, counts: Counter[str], size: int) -> list[str]:
    """The pieces of a WordPiece vocabulary: pairs merged by frequency, `##` before pieces that continue a word.

    The library's own WordPiece trainer numbers the `##` characters in the order of a hash table, and with them it
    breaks ties, so two runs differ. Its plain trainer sorts its alphabet: it gets words whose continuing characters
    are others, from the private use area, which is the same training.
    """
    inside = {c: chr(_PRIVATE_USE + k) for k, c in enumerate(sorted({c for word in counts for c in word}))}
    outside = {private: c for c, private in inside.items()}
    trained = tokenizers.Tokenizer(tokenizers.models.BPE())
    trained.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    # As in the library's, every character is a piece that may begin a word, also one that never did.
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, initial_alphabet=list(inside), show_progress=False
    )
    marked = ([word[0] + "".join(inside[c] for c in word[1:])] * count for word, count in sorted(counts.items()))
    trained.train_from_iterator(marked, trainer)
    ids: dict[str, int] = trained.get_vocab()
    return [
        "##" * (piece[0] in outside) + "".join(outside.get(c, c) for c in piece)
        for piece in sorted(ids, key=ids.__getitem__)
    ]


def train_byte_bpe(corpus: TrainingCorpus, size: int) -> Any:
    """A byte-level BPE tokenizer, every word with a space before it, trained on the training text.

    Raises:
        MissingExtraError: tokenizers is not installed.
    """
    tokenizers = _library("pretrain model=clm")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(CLM_SPECIAL),
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_repeated(corpus), trainer)
    end = CLM_SPECIAL[0]
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{end} $A", pair=f"{end} $A {end} $B", special_tokens=[(end, tokenizer.token_to_id(end))]
    )
    return tokenizer


def _library(needed_by: str) -> Any:
    try:
        import tokenizers
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by=needed_by, package="tokenizers", extra="transformers") from None
    return tokenizers


def _repeated(corpus: TrainingCorpus) -> Iterator[list[str]]:
    # Trainers only count words; whole text, not distinct words, gives them their frequencies.
    text, types = corpus.train, corpus.types
    step = 1 << 14
    for start in range(0, text.n_words, step):
        yield [types[k] for k in text.ids[start : start + step]]


@dataclass(frozen=True, eq=False)
class PieceText:
    """Sentences as pieces.

    Attributes:
        ids: the piece at each position.
        words: the word of the sentence that each piece belongs to, counted over the whole text.
        offsets: where each sentence starts, and the number of pieces at the end.
        n_words: words per sentence.
        documents: the sentence at which each document starts, and the number of sentences at the end.
    """

    ids: Int32[np.ndarray, "pieces"]
    words: Int32[np.ndarray, "pieces"]
    offsets: Int64[np.ndarray, "sentences_plus_one"]
    n_words: Int64[np.ndarray, "sentences"]
    documents: Int64[np.ndarray, "documents_plus_one"]


def cut(text: EncodedText, types: tuple[str, ...], tokenizer: Any) -> PieceText:
    """The text in pieces; a word that the tokenizer turns into nothing has none."""
    encodings = tokenizer.encode_batch([[word] for word in types], is_pretokenized=True, add_special_tokens=False)
    lengths = np.fromiter((len(e.ids) for e in encodings), dtype=np.int64, count=len(types))
    flat = np.fromiter((piece for e in encodings for piece in e.ids), dtype=np.int32, count=int(lengths.sum()))
    starts = np.cumsum(lengths) - lengths
    sizes = lengths[text.ids]
    ids = flat[flat_ranges(starts[text.ids], sizes)]
    words = np.repeat(np.arange(text.n_words, dtype=np.int32), sizes)
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return PieceText(ids, words, before[text.offsets], text.lengths, text.documents)


def save_tokenizer(tokenizer: Any, folder: Path, *, causal: bool, positions: int) -> None:
    """Writes tokenizer.json and tokenizer_config.json, as `AutoTokenizer` reads them.

    Raises:
        MissingExtraError: transformers is not installed.
    """
    try:
        from transformers import PreTrainedTokenizerFast
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by="pretrain", package="transformers", extra="transformers") from None
    end = CLM_SPECIAL[0]
    special: dict[str, Any] = (
        {"bos_token": end, "eos_token": end, "unk_token": end, "pad_token": end, "add_prefix_space": True}
        if causal
        else dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), MLM_SPECIAL, strict=True))
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=positions, **special).save_pretrained(folder)
