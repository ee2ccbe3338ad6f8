"""Facebook's fastText .bin models, read by gensim after a check that gensim itself does not make.

At the end of a file that was cut within its words gensim reads on for ever, and it takes the quantised values of a
.ftz file for plain ones; so the words are walked through first. Format: dictionary.cc and fasttext.cc of
https://github.com/facebookresearch/fastText .
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from embedbench.data.text import open_binary
from embedbench.errors import DataError
from embedbench.extractors.corpus_training import gensim_version

_MAGIC = 793712314
"""First integer of a model file; files older than the magic number begin with the number of dimensions instead."""

_MOST_DIMENSIONS = 100_000

_LONGEST_WORD = 10_000


def load_facebook(path: Path, needed_by: str) -> Any:
    """The FastTextKeyedVectors (gensim) of a model file.

    Raises:
        DataError: the file is no such model, is cut or damaged, or is quantised.
        MissingExtraError: gensim is not installed.
    """
    gensim_version(needed_by)
    from gensim.models.fasttext import load_facebook_vectors

    with open_binary(path) as stream:
        _check(path, stream)
    try:
        with _unpacked(path) as plain:
            return load_facebook_vectors(str(plain))
    except Exception as error:  # gensim reads the rest without checks, so damage surfaces as any exception
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or an unpacked copy of it: gensim's own unpacking fails with smart_open 9."""
    if path.suffix not in (".gz", ".xz", ".bz2"):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="embedbench-") as folder:
        plain = Path(folder) / path.stem
        with open_binary(path) as packed, plain.open("wb") as stream:
            shutil.copyfileobj(packed, stream)
        yield plain


def _check(path: Path, stream: BinaryIO) -> None:
    """Walks through the options and the words up to the beginning of the vectors."""
    start = stream.read(4)
    first = int.from_bytes(start, "little")
    is_new = first == _MAGIC
    if not is_new and not 0 < first <= _MOST_DIMENSIONS:
        raise DataError(
            f"{path} is not a Facebook fastText model: it begins with {start!r}, which is neither the magic number nor "
            "a number of dimensions; a text file of vectors (.vec) is read by extractor=word2vec"
        )
    try:
        # New: version, 12 integers and a double. Old: the first of the 12 integers was read already.
        stream.read(4 + 12 * 4 + 8 if is_new else 11 * 4 + 8)
        n_entries, _, n_labels = _unpack(stream, "<3i")
        if n_labels:
            raise DataError(f"{path} is a supervised fastText classifier; expected a model of word vectors")
        _unpack(stream, "<q")
        n_pruned = _unpack(stream, "<q")[0] if is_new else 0
        for number in range(n_entries):
            _skip_word(stream, number)
            _unpack(stream, "<qb")
        for _ in range(n_pruned):
            _unpack(stream, "<2i")
        is_quantised = is_new and _unpack(stream, "<?")[0]
    except (EOFError, struct.error) as error:
        raise _damaged(path, str(error)) from error
    if is_quantised:
        raise DataError(f"{path} is a quantised fastText model (.ftz), which cannot be read; use the full .bin model")


def _skip_word(stream: BinaryIO, number: int) -> None:
    for _ in range(_LONGEST_WORD):
        byte = stream.read(1)
        if not byte:
            raise EOFError(f"the file ends within word {number + 1}")
        if byte == b"\0":
            return
    raise EOFError(f"word {number + 1} is longer than {_LONGEST_WORD:,} bytes")


def _unpack(stream: BinaryIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, stream.read(struct.calcsize(form)))


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(f"the fastText model {path} is damaged or incomplete: {reason}; get it again")
