"""Lines of text files, plain or compressed; whatever is wrong with the file is said with its line."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NoReturn, TypedDict

from embedbench.errors import DataError
from embedbench.files.bounds import MAX_RATIO, most_bytes


class _Decoding(TypedDict):
    encoding: str
    errors: str
    newline: str


_UNREADABLE = (UnicodeDecodeError, EOFError, OSError, zlib.error, lzma.LZMAError)
_DECODING = _Decoding(encoding="utf-8-sig", errors="strict", newline="\n")
_NUL = "\0"
_COMPRESSIONS = {".gz": "gzip", ".xz": "xz", ".bz2": "bzip2"}


class _Bounded(io.RawIOBase):
    """An unpacking stream that stops at what a small file cannot honestly hold."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream, self._left = stream, most_bytes(path)
        self.name = str(path)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read: int = self._stream.readinto(buffer)
        self._left -= read
        if self._left < 0:
            raise OSError(f"it unpacks to more than {MAX_RATIO:,} times its size")
        return read

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Unpacked(io.BufferedReader):
    """An unpacking stream that is a binary file in every respect: it has a name, and the mode `rb` where gzip has 1."""

    def __init__(self, stream: Any, path: Path) -> None:
        super().__init__(_Bounded(stream, path))

    @property
    def mode(self) -> str:
        return "rb"


def open_binary(path: str | Path) -> io.BufferedReader:
    """The bytes of a file, unpacked when its name ends in `.gz`, `.xz` or `.bz2`.

    Raises:
        DataError: the file cannot be opened.
    """
    path = Path(path)
    try:
        match path.suffix:
            case ".gz":
                return _Unpacked(gzip.open(path, "rb"), path)
            case ".xz":
                return _Unpacked(lzma.open(path, "rb"), path)
            case ".bz2":
                return _Unpacked(bz2.open(path, "rb"), path)
            case _:
                return path.open("rb")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def open_text(path: str | Path) -> io.TextIOWrapper:
    """The text of a UTF-8 file, unpacked when its name ends in `.gz`, `.xz` or `.bz2`.

    A byte-order mark is dropped. Lines end at LF and at nothing else; a CR before the LF is left to the reader.

    Raises:
        DataError: the file cannot be opened; while reading: it is not UTF-8, is cut short or is damaged
            (file and line are named).
    """
    return _CheckedText(open_binary(path), Path(path))


def numbered_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Each line with its number from 1, without its line end (LF or CRLF).

    Raises:
        DataError: as `open_text`, and where there is a zero byte.
    """
    # Decoded without the checks per line of `open_text`, which double the time of a large file.
    with io.TextIOWrapper(open_binary(path), **_DECODING) as stream:
        try:
            for number, line in enumerate(stream, 1):
                if "\0" in line:
                    raise malformed(
                        path, number, f"character {line.index(_NUL) + 1} is a zero byte, so this is no text, or damaged"
                    )
                yield number, line.rstrip("\r\n")
        except _UNREADABLE as error:
            _explain(Path(path), error)


def malformed(path: str | Path, line: int, problem: str) -> DataError:
    """The error that says what is wrong at one line of a file."""
    return DataError(f"{path}, line {line}: {problem}")


def empty(path: str | Path, what: str) -> DataError:
    """The error that says a file holds none of what it should hold."""
    return DataError(f"{path} holds no {what}; expected at least one")


class _CheckedText(io.TextIOWrapper):
    """Text whose decoding and unpacking errors become one sentence naming file and line."""

    def __init__(self, stream: io.BufferedReader, path: Path) -> None:
        super().__init__(stream, **_DECODING)
        self._path = path

    def __next__(self) -> str:  # type: ignore[override]  # so it is in typeshed's own TextIOWrapper
        try:
            return super().__next__()
        except _UNREADABLE as error:
            _explain(self._path, error)

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # typeshed allows keyword use
        try:
            return super().readline(size)
        except _UNREADABLE as error:
            _explain(self._path, error)

    def read(self, size: int | None = -1, /) -> str:
        try:
            return super().read(size)
        except _UNREADABLE as error:
            _explain(self._path, error)


def _explain(path: Path, cause: Exception) -> NoReturn:
    """Reads the file once more, line by line, to find where it goes wrong."""
    number = 0
    with open_binary(path) as stream:
        lines = iter(stream)
        for number in count(1):
            try:
                next(lines).decode("utf-8")
            except StopIteration:
                break
            except UnicodeDecodeError as error:
                raise malformed(
                    path,
                    number,
                    f"byte {error.start + 1} of the line (0x{error.object[error.start]:02x}) is not UTF-8; "
                    "expected UTF-8 text: convert the file, for example with iconv",
                ) from cause
            except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
                raise _damaged(path, number, error) from cause
    raise DataError(f"cannot read {path}: {cause}") from cause


def _damaged(path: Path, line: int, error: Exception) -> DataError:
    form = _COMPRESSIONS.get(path.suffix)
    if form is None:
        return malformed(path, line, f"cannot be read further: {error}")
    if isinstance(error, EOFError):
        return malformed(path, line, f"the {form} file ends here, cut short; get the whole file again")
    return malformed(
        path,
        line,
        f"the {form} file is damaged here, or is no {form} file at all ({error}); get it again, or correct its name",
    )
