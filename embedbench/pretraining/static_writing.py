"""word2vec and fastText in the binary formats of their authors, which every tool reads."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import numpy as np


def write_word2vec(model: Any, folder: Path, *, half: bool = False) -> None:
    """Writes vectors.bin, word2vec's binary format.

    Args:
        model: gensim's.
        folder: an existing folder.
        half: round the numbers to float16 and pack the file, vectors.bin.gz. The format knows float32 only; rounded
            numbers keep 13 bits zero, which packing removes.
    """
    path = folder / "vectors.bin"
    if half:
        model.wv.vectors[...] = _rounded(model.wv.vectors)
    model.wv.save_word2vec_format(str(path), binary=True)
    if half:
        _pack(path)


def write_fasttext(model: Any, folder: Path, *, half: bool = False) -> None:
    """Writes model.bin, Facebook's format.

    Args:
        model: gensim's.
        folder: an existing folder.
        half: as in `write_word2vec`, model.bin.gz; the output vectors, which serve further training only, are dropped.
    """
    from gensim.models.fasttext import save_facebook_model

    path = folder / "model.bin"
    if half:
        wv = model.wv
        wv.vectors_vocab[...] = _rounded(wv.vectors_vocab)
        wv.vectors_ngrams[...] = _rounded(wv.vectors_ngrams)
        model.syn1neg[...] = 0
        wv.adjust_vectors()
    save_facebook_model(model, str(path))
    if half:
        _pack(path)


def _rounded(values: Any) -> Any:
    return values.astype(np.float16).astype(np.float32)


def _pack(path: Path) -> None:
    # Without name and time in the header, so that the same model gives the same bytes.
    with (
        open(path, "rb") as plain,
        open(path.with_name(path.name + ".gz"), "wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed)
    path.unlink()
