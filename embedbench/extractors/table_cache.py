"""A word table on disk: written once by streaming, whole or absent, memory-mapped ever after.

One folder per table: `table.safetensors` (float32 `vectors`, their `mean` and `std`, for fastText also `ngrams`),
`vocabulary.json`, and `sizes.json` with sizes and checksums; a damaged table is built again.
Nothing here is executed when it is read back, unlike gensim's pickles.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from filelock import FileLock
from jaxtyping import Float32, Float64

from embedbench.errors import DataError, NumericalError, StoreError
from embedbench.files.durable import make_folder, sync_folder

_VERSION = 2
"""Of the layout on disk; part of every folder's name."""

_HEADER_BYTES = 1024
"""Room kept for the safetensors header, because the number of rows is known only after the last one."""

_BUFFER_BYTES = 8 << 20

_TABLE = "table.safetensors"
_FILES = ("vocabulary.json", _TABLE)
_HEADER = "header"

CACHE_VARIABLE = "EMBEDBENCH_CACHE"


class TableWriter:
    """Writes rows one after the other; memory use does not grow with their number."""

    def __init__(self, stream: IO[bytes], source: str) -> None:
        self._stream, self._source = stream, source
        self._buffer = bytearray()
        self._buffered_words: list[str] = []
        self.words: list[str] = []
        self.notes: dict[str, int] = {}
        """Plain integers to keep beside the words, such as the n-gram sizes of fastText."""
        self._dim = 0
        self._sum: Float64[np.ndarray, "dim"] = np.zeros(0)
        self._sum_of_squares: Float64[np.ndarray, "dim"] = np.zeros(0)
        self._tensors: dict[str, tuple[tuple[int, ...], int]] = {}
        self._written = 0
        stream.write(b"\0" * _HEADER_BYTES)

    def add(self, word: str, row: Float32[np.ndarray, "dim"]) -> None:
        """Appends one word and its vector.

        Raises:
            NumericalError: a vector holds a NaN or an infinity (noticed at the latest when the table is finished).
        """
        if not self.words:
            self._dim = len(row)
            self._sum, self._sum_of_squares = np.zeros(self._dim), np.zeros(self._dim)
        self.words.append(word)
        self._buffered_words.append(word)
        self._buffer += row.tobytes()
        if len(self._buffer) >= _BUFFER_BYTES:
            self._flush()

    def add_rows(self, words: Sequence[str], rows: Float32[np.ndarray, "words dim"]) -> None:
        """Appends many words and their vectors."""
        for word, row in zip(words, rows, strict=True):
            self.add(word, row)

    def _flush(self) -> None:
        rows = np.frombuffer(bytes(self._buffer), np.float32).reshape(len(self._buffered_words), -1)
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            word = self._buffered_words[int(np.flatnonzero(~finite)[0])]
            raise NumericalError(f"the vector of the word {word!r} in {self._source} holds a NaN or an infinity")
        self._sum += rows.sum(axis=0, dtype=np.float64)
        self._sum_of_squares += np.square(rows, dtype=np.float64).sum(axis=0)
        self._stream.write(self._buffer)
        self._written += len(self._buffer)
        self._buffer.clear()
        self._buffered_words.clear()

    def finish(self, ngrams: Float32[np.ndarray, "buckets dim"] | None = None) -> None:
        """Writes what follows the last row: the n-gram vectors, the moments, and the header at the front.

        Raises:
            DataError: there was no row.
        """
        if not self.words:
            raise DataError(f"{self._source} holds no word vectors; expected at least one")
        if self._buffer:
            self._flush()
        n = len(self.words)
        mean = self._sum / n
        std = np.sqrt(np.maximum(self._sum_of_squares / n - np.square(mean), 0.0))
        self._tensors["vectors"] = ((n, self._dim), 0)
        if ngrams is not None:
            self._append("ngrams", ngrams)
        self._append("mean", mean.astype(np.float32))
        self._append("std", std.astype(np.float32))
        header = {
            name: {"dtype": "F32", "shape": shape, "data_offsets": [start, start + 4 * int(np.prod(shape))]}
            for name, (shape, start) in self._tensors.items()
        }
        # The safetensors format allows its header to be padded with spaces.
        text = json.dumps(header).encode().ljust(_HEADER_BYTES - 8)
        self._stream.seek(0)
        self._stream.write(struct.pack("<Q", len(text)) + text)

    def _append(self, name: str, array: Float32[np.ndarray, "..."]) -> None:
        if not np.isfinite(array).all():
            raise NumericalError(f"the {name} of {self._source} hold a NaN or an infinity")
        self._tensors[name] = (array.shape, self._written)
        for block in array.reshape(array.shape[0], -1) if array.ndim > 1 else [array]:
            self._stream.write(np.ascontiguousarray(block, np.float32).tobytes())
        self._written += 4 * array.size


def cache_folder(option: str) -> Path:
    """The folder of the tables: the option if given, else $EMBEDBENCH_CACHE, else `~/.cache/embedbench`."""
    base = option or os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "embedbench"
    return Path(base).expanduser() / "tables"


def build_once(
    folder: Path, build: Callable[[TableWriter], None], *, key: str, source: str, verify: bool = True
) -> Path:
    """The folder of the finished table `key`; built now if it is absent or damaged.

    Two processes that need the same table build it once: the second waits for the first. A process that is killed
    leaves nothing that looks finished.

    Args:
        folder: of all tables.
        build: writes the table.
        key: what tells it from others.
        source: what it is made from, for messages.
        verify: compare the checksum of the vectors too, once per process; without it only words and header are checked.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    finished = folder / f"{key}-v{_VERSION}"
    if _is_whole(finished, verify=verify):
        return finished
    try:
        make_folder(folder)
        with FileLock(folder / f"{finished.name}.lock"):
            if not _is_whole(finished, verify=verify):
                _build(finished, build, source)
    except OSError as error:
        raise StoreError(
            f"cannot keep the word table of {source} in {folder}: {error}; choose another folder with "
            f"extractor.cache=FOLDER or the environment variable {CACHE_VARIABLE}"
        ) from error
    return finished


def _build(finished: Path, build: Callable[[TableWriter], None], source: str) -> None:
    temporary = finished.with_name(f"{finished.name}.tmp")
    # We hold the lock, so whatever lies here was left by a process that died.
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(finished, ignore_errors=True)
    temporary.mkdir()
    try:
        with open(temporary / _TABLE, "wb") as stream:
            writer = TableWriter(stream, source)
            build(writer)
            stream.flush()
            os.fsync(stream.fileno())
        vocabulary = {"source": source, "notes": writer.notes, "words": writer.words}
        _write_json(temporary / "vocabulary.json", vocabulary)
        sizes = {name: _size_and_sum(temporary / name) for name in _FILES}
        sizes[_HEADER] = _size_and_sum(temporary / _TABLE, most=_HEADER_BYTES)
        _write_json(temporary / "sizes.json", sizes)
        sync_folder(temporary)
        os.replace(temporary, finished)  # noqa: PTH105 — the one call that POSIX promises to be atomic
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(finished.parent)


def _write_json(path: Path, value: Any) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(value, stream, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())


def _size_and_sum(path: Path, most: int = -1) -> list[int]:
    """The size of a file and the CRC-32 of its first bytes, of all if `most` is negative."""
    checksum, left = 0, path.stat().st_size if most < 0 else most
    with open(path, "rb") as stream:
        while left > 0 and (block := stream.read(min(left, _BUFFER_BYTES))):
            checksum = zlib.crc32(block, checksum)
            left -= len(block)
    return [path.stat().st_size, checksum]


_seen: set[tuple[str, str, int, int, int]] = set()
"""Files, or parts of them, whose checksum this process has seen to fit: part, path, inode, size, time of change."""


def _is_whole(folder: Path, *, verify: bool) -> bool:
    """Whether every file is there with the size and the checksum it was written with."""
    try:
        told = json.loads((folder / "sizes.json").read_text(encoding="utf-8"))
        for part in (_HEADER, *_FILES):
            path = folder / (_TABLE if part == _HEADER else part)
            stat = path.stat()
            identity = (part, str(path.resolve()), stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if stat.st_size != told[part][0]:
                return False
            if identity not in _seen and (verify or part != _TABLE):
                if _size_and_sum(path, most=_HEADER_BYTES if part == _HEADER else -1) != told[part]:
                    return False
                _seen.add(identity)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False
    return True


def _header(table: Path) -> dict[str, Any]:
    with open(table, "rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header: dict[str, Any] = json.loads(stream.read(length))
    return header


def edition(folder: Path) -> tuple[int, int]:
    """What tells a finished table from the one that was in this folder before it was built again."""
    stat = (folder / "sizes.json").stat()
    return stat.st_ino, stat.st_mtime_ns


def read_words(folder: Path) -> tuple[tuple[str, ...], dict[str, int]]:
    """The words of a finished table in row order, and the notes beside them."""
    return _read_words(folder, edition(folder))


@lru_cache(maxsize=16)
def _read_words(folder: Path, _edition: tuple[int, int]) -> tuple[tuple[str, ...], dict[str, int]]:
    vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    return tuple(vocabulary["words"]), vocabulary["notes"]


def map_tensors(folder: Path) -> dict[str, Float32[np.ndarray, "..."]]:
    """The tensors of a finished table, memory-mapped and read-only: nothing is copied until a row is asked for."""
    table = folder / _TABLE
    return {
        name: np.memmap(table, np.float32, "r", _HEADER_BYTES + entry["data_offsets"][0], tuple(entry["shape"]))
        for name, entry in _header(table).items()
    }


def write_all(writer: TableWriter, rows: Iterable[tuple[str, Float32[np.ndarray, "dim"]]]) -> None:
    """Writes a whole stream of (word, vector) pairs as one finished table."""
    for word, row in rows:
        writer.add(word, row)
    writer.finish()
