"""Readers of word-vector files: word2vec text and binary, GloVe text. One (word, vector) pair at a time, in file order.

Sources of the formats: Mikolov et al. 2013, https://code.google.com/archive/p/word2vec/ ; Pennington et al. 2014,
https://nlp.stanford.edu/projects/glove/ .
"""

from __future__ import annotations

import enum
import lzma
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Float32

from embedbench.data.text import open_binary
from embedbench.errors import ConfigurationError, DataError

Row = tuple[str, Float32[np.ndarray, "dim"]]

_BLOCK_BYTES = 1 << 20

_LONGEST_HEADER = 64

_MOST_DIMENSIONS = 100_000

_LONGEST_WORD = 1 << 16
"""Bytes of a word in a binary file."""

_NOT_IN_NUMBERS = re.compile(rb"[^-+.0-9eE ]")

PICKLE_MAGIC = b"\x80"
"""The first byte of every pickle of protocol 2 or later, so also of gensim's KeyedVectors files."""


class VectorFormat(enum.Enum):
    """How word vectors are written down."""

    auto = "auto"
    """Recognised by the first bytes of the file, not by its name."""
    text = "text"
    """word2vec text: a line `words dim`, then a line per word."""
    binary = "binary"
    """word2vec binary: the same first line, then word, space, float32 values."""
    keyedvectors = "keyedvectors"
    """gensim's own KeyedVectors file, which is a pickle."""


class UnicodeErrors(enum.Enum):
    """What to do with a word that is not UTF-8; some files made by the original C tool cut words inside a letter."""

    strict = "strict"
    """Refuse the file and say where."""
    replace = "replace"
    """Put U+FFFD in the place of the wrong bytes."""
    ignore = "ignore"
    """Drop the wrong bytes."""


def recognise(path: Path) -> VectorFormat:
    """The format of a word2vec-style file, from its first bytes.

    Raises:
        DataError: it has no header line, as GloVe files have none.
    """
    with _damage_reported(path) as stream:
        start = stream.read(_BLOCK_BYTES)
    if start.startswith(PICKLE_MAGIC):
        return VectorFormat.keyedvectors
    header, _, rest = start.partition(b"\n")
    _, dim = _parse_header(path, header)
    line = rest.partition(b"\n")[0].strip().split(b" ")
    try:
        is_text = len([float(value) for value in line[1:]]) == dim
    except ValueError:
        is_text = False
    return VectorFormat.text if is_text else VectorFormat.binary


class _damage_reported:  # noqa: N801 — reads as a statement where it is used
    """Opens a file; a damaged archive becomes a DataError that names it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> BinaryIO:
        self._stream = open_binary(self._path)
        return self._stream

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._stream.close()
        if isinstance(error, OSError | EOFError | lzma.LZMAError | zlib.error):
            raise DataError(f"the archive {self._path} is damaged: {error}; get the file again") from error


def _parse_header(path: Path, header: bytes) -> tuple[int, int]:
    fields = header.split() if len(header) <= _LONGEST_HEADER else []
    if len(fields) == 2 and all(field.isdigit() for field in fields) and int(fields[1]) > _MOST_DIMENSIONS:
        raise DataError(
            f"{path}, line 1: {int(fields[1]):,} dimensions cannot be; expected at most {_MOST_DIMENSIONS:,}"
        )
    if len(fields) != 2 or not all(field.isdigit() for field in fields) or int(fields[1]) == 0:
        raise DataError(
            f"{path}, line 1: expected the number of words and of dimensions, such as '3000000 300', got "
            f"{header[:_LONGEST_HEADER]!r}; a file without such a line is read by extractor=glove"
        )
    return int(fields[0]), int(fields[1])


def read_word2vec_text(path: Path, errors: UnicodeErrors) -> Iterator[Row]:
    """The rows of a word2vec text file.

    Raises:
        DataError: the header, a line's number of values, a value or the number of lines is wrong; file and line named.
    """
    with _damage_reported(path) as stream:
        n, dim = _parse_header(path, stream.readline(_LONGEST_HEADER + 1).rstrip(b"\n"))
        read = 0
        for number, line in enumerate(stream, start=2):
            if not line.strip():
                continue
            read += 1
            yield _parse_line(path, number, line, dim=dim, errors=errors, spaces_in_words=False)
        if read != n:
            raise DataError(f"{path}: line 1 promises {n} words, the file holds {read}; it is incomplete, get it again")


def read_glove(path: Path, *, dim: int | None, spaces_in_words: bool) -> Iterator[Row]:
    """The rows of a GloVe text file, which has no header: a line per word, its values after it.

    Args:
        path: the file, plain or packed.
        dim: the number of values on every line; None takes it from the first line.
        spaces_in_words: whether words themselves may contain spaces, as some of glove.840B do.

    Raises:
        ConfigurationError: words may contain spaces but `dim` is not given, so that the two cannot be told apart.
        DataError: a line has another number of values, or a value is no number; file and line named.
    """
    if spaces_in_words and dim is None:
        raise ConfigurationError(f"{path}: spaces_in_words needs the number of dimensions too; add extractor.size=300")
    with _damage_reported(path) as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            if dim is None:
                dim = len(_fields(line)) - 1
                if dim < 1:
                    raise DataError(f"{path}, line {number}: expected a word and its values, got {line[:60]!r}")
            yield _parse_line(path, number, line, dim=dim, errors=UnicodeErrors.strict, spaces_in_words=spaces_in_words)


def _fields(line: bytes) -> list[bytes]:
    # Only the ASCII space separates: a no-break space may well be part of a word.
    return line.rstrip(b" \r\n").split(b" ")


def _parse_line(path: Path, number: int, line: bytes, *, dim: int, errors: UnicodeErrors, spaces_in_words: bool) -> Row:
    fields = _fields(line)
    if len(fields) != dim + 1 and not (spaces_in_words and len(fields) > dim + 1):
        advice = "; if words contain spaces, add extractor.spaces_in_words=true" if len(fields) > dim + 1 else ""
        raise DataError(
            f"{path}, line {number}: expected a word and {dim} values, got {len(fields) - 1} values "
            f"after {fields[0].decode('utf-8', 'replace')!r}{advice}"
        )
    word = _decode(b" ".join(fields[:-dim]), errors, f"{path}, line {number}")
    try:
        # By way of Python's float, as gensim does it, so that the bits agree.
        values = np.array([float(value) for value in fields[-dim:]], np.float64)
    except ValueError as error:
        raise DataError(f"{path}, line {number}: a value of the word {word!r} is no number: {error}") from error
    # What `float` takes besides: digits parted by underscores, and white space around them.
    if _NOT_IN_NUMBERS.search(b" ".join(fields[-dim:])):
        raise DataError(
            f"{path}, line {number}: a value of the word {word!r} is no number; expected numbers separated by single "
            "spaces"
        )
    with np.errstate(over="ignore"):  # an overflow becomes an infinity, which the table refuses
        return word, values.astype(np.float32)


def _decode(word: bytes, errors: UnicodeErrors, where: str) -> str:
    try:
        return word.decode("utf-8", errors.value)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: the word {word[:60]!r} is not UTF-8; if the file is otherwise right, "
            "add extractor.unicode_errors=replace"
        ) from error


def read_word2vec_binary(path: Path, errors: UnicodeErrors) -> Iterator[Row]:
    """The rows of a word2vec binary file.

    Raises:
        DataError: the header is wrong, or the file ends too early or too late; the number of the word is named.
    """
    with _damage_reported(path) as stream:
        n, dim = _parse_header(path, stream.readline(_LONGEST_HEADER + 1).rstrip(b"\n"))
        size, block, at = 4 * dim, b"", 0
        for number in range(1, n + 1):
            # Read on until the whole entry is in the block; an entry is short, so this loop runs once in thousands.
            while (space := block.find(b" ", at)) < 0 or len(block) - space - 1 < size:
                more = stream.read(_BLOCK_BYTES)
                if more and space < 0 and len(block) - at > _LONGEST_WORD:
                    raise DataError(
                        f"{path}, word {number} goes on for more than {_LONGEST_WORD:,} bytes; the file is damaged, or "
                        "is no word2vec binary file"
                    )
                if not more:
                    raise DataError(
                        f"{path} ends within word {number} of the {n} that its first line promises; it is incomplete, "
                        "get it again"
                    )
                block, at = block[at:] + more, 0
            # The original tool ends each vector with a line feed; other writers leave it out.
            word = _decode(block[at:space].lstrip(b"\n"), errors, f"{path}, word {number}")
            yield word, np.frombuffer(block, "<f4", dim, space + 1).astype(np.float32)
            at = space + 1 + size
        if (block[at:] + stream.read(1)).strip(b"\n"):
            raise DataError(f"{path}: line 1 promises {n} words of {dim} dimensions, but the file goes on after them")
