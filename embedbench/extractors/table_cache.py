"""A word table on disk: written once by streaming, whole or absent, memory-mapped ever after.

One folder per table: `table.safetensors` (float32 `vectors`, their `mean` and `std`, for fastText also `ngrams`),
`vocabulary.json`, and `sizes.json`, by which damage is noticed.
Nothing here is executed when it is read back, unlike gensim's pickles.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from filelock import FileLock
from jaxtyping import Float32, Float64

from embedbench.errors import DataError, NumericalError, StoreError

_VERSION = 1
"""Of the layout on disk; part of every folder's name."""

_HEADER_BYTES = 1024
"""Room kept for the safetensors header, because the number of rows is known only after the last one."""

_BUFFER_BYTES = 8 << 20

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


def build_once(folder: Path, build: Callable[[TableWriter], None], *, key: str, source: str) -> Path:
    """The folder of the finished table `key`; built now if it is absent or damaged.

    Two processes that need the same table build it once: the second waits for the first. A process that is killed
    leaves nothing that looks finished.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    finished = folder / f"{key}-v{_VERSION}"
    if _is_whole(finished):
        return finished
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{finished.name}.lock"):
            if not _is_whole(finished):
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
        with open(temporary / "table.safetensors", "wb") as stream:
            writer = TableWriter(stream, source)
            build(writer)
            stream.flush()
            os.fsync(stream.fileno())
        vocabulary = {"source": source, "notes": writer.notes, "words": writer.words}
        _write_json(temporary / "vocabulary.json", vocabulary)
        sizes = {name: (temporary / name).stat().st_size for name in ("table.safetensors", "vocabulary.json")}
        _write_json(temporary / "sizes.json", sizes)
        os.replace(temporary, finished)  # noqa: PTH105 — the one call that POSIX promises to be atomic
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_json(path: Path, value: Any) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(value, stream, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())


def _is_whole(folder: Path) -> bool:
    """Whether every file is there with the size it was written with."""
    try:
        sizes = json.loads((folder / "sizes.json").read_text(encoding="utf-8"))
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _header(table: Path) -> dict[str, Any]:
    with open(table, "rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header: dict[str, Any] = json.loads(stream.read(length))
    return header


@lru_cache(maxsize=16)
def read_words(folder: Path) -> tuple[tuple[str, ...], dict[str, int]]:
    """The words of a finished table in row order, and the notes beside them."""
    vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    return tuple(vocabulary["words"]), vocabulary["notes"]


def map_tensors(folder: Path) -> dict[str, Float32[np.ndarray, "..."]]:
    """The tensors of a finished table, memory-mapped and read-only: nothing is copied until a row is asked for."""
    table = folder / "table.safetensors"
    return {
        name: np.memmap(table, np.float32, "r", _HEADER_BYTES + entry["data_offsets"][0], tuple(entry["shape"]))
        for name, entry in _header(table).items()
    }


def write_all(writer: TableWriter, rows: Iterable[tuple[str, Float32[np.ndarray, "dim"]]]) -> None:
    """Writes a whole stream of (word, vector) pairs as one finished table."""
    for word, row in rows:
        writer.add(word, row)
    writer.finish()
