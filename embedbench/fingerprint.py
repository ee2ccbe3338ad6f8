"""Content fingerprints: the same content gives the same 32 hexadecimal digits on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

_DIGITS = 32
_BLOCK = 1 << 20


def fingerprint(*parts: Any) -> str:
    """The fingerprint of plain values (JSON-like), in the order given.

    Raises:
        TypeError: a part is not made of strings, numbers, booleans, None, lists, tuples and mappings.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:_DIGITS]


def array_fingerprint(*arrays: np.ndarray) -> str:
    """The fingerprint of arrays: dtype, shape and bytes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:_DIGITS]


def sentences_fingerprint(sentences: Iterable[Iterable[str]]) -> str:
    """The fingerprint of words in order; word and sentence boundaries count."""
    digest = hashlib.sha256()
    for sentence in sentences:
        for word in sentence:
            encoded = word.encode("utf-8", errors="surrogatepass")
            # Length-prefixed, so that no word can imitate a boundary.
            digest.update(len(encoded).to_bytes(4, "little"))
            digest.update(encoded)
        digest.update(b"\xff\xff\xff\xff")
    return digest.hexdigest()[:_DIGITS]


def file_fingerprint(path: str | Path) -> str:
    """The fingerprint of a file's bytes, or of every file below a folder with its relative name.

    Raises:
        OSError: the file cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        below = sorted(p for p in path.rglob("*") if p.is_file())
        return fingerprint([[p.relative_to(path).as_posix(), file_fingerprint(p)] for p in below])
    stat = path.stat()
    return _file_fingerprint(str(path.resolve()), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4096)
def _file_fingerprint(path: str, _size: int, _mtime_ns: int) -> str:
    # Size and time are part of the cache key only: the digest covers the bytes alone.
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()[:_DIGITS]


def options_fingerprint(options: Mapping[str, Any], *, leave_out: Iterable[str] = ()) -> str:
    """The fingerprint of a component's options without the ones that change no number."""
    dropped = set(leave_out)
    return fingerprint({key: value for key, value in options.items() if key not in dropped})
