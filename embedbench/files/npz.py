"""npz files from strangers: an array's header is checked before memory is taken for it; nothing is unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from embedbench.errors import DataError
from embedbench.files.bounds import MAX_RATIO, most_bytes


class NpzFile:
    """An open file whose every complaint names file and array."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._names = {name.removesuffix(".npy"): name for name in archive.namelist()}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an array, from its header alone.

        Raises:
            DataError: there is none of that name, or it cannot be read.
        """
        with self._opened(name) as stream:
            return self._header(name, stream)[0]

    def floats(self, name: str) -> Shaped[np.ndarray, "..."]:
        """The floating-point numbers of an array.

        Raises:
            DataError: there is none of that name, it holds something else, or is damaged.
        """
        with self._opened(name) as stream:
            shape, fortran, kind = self._header(name, stream)
            if kind.kind != "f":
                raise self._refused(name, f"expected floating-point values, got {kind}")
            n = kind.itemsize
            for size in shape:
                n *= size
            raw = stream.read(n + 1)
        if len(raw) != n:
            raise self._refused(name, f"it holds {len(raw):,} bytes or more instead of the {n:,} of its shape {shape}")
        values = np.frombuffer(raw, kind)
        return values.reshape(shape[::-1]).transpose() if fortran else values.reshape(shape)

    def _header(self, name: str, stream: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, kind = read(stream)
        if kind.hasobject:
            raise self._refused(name, "its objects are pickled; reading them (allow_pickle) would run foreign code")
        claimed, most = kind.itemsize, most_bytes(self._path)
        for size in shape:
            if size < 0:
                raise self._refused(name, f"its shape is {shape}")
            claimed *= size
        if claimed > most:
            raise self._refused(
                name, f"it claims {claimed:,} bytes; a file of this size is read up to {most:,} ({MAX_RATIO} times it)"
            )
        return shape, fortran, kind

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        try:
            with self._archive.open(self._names[name]) as stream:
                yield stream
        except DataError:
            raise
        except Exception as error:  # zipfile and numpy raise a dozen kinds for a damaged file
            raise self._refused(name, str(error) or type(error).__name__) from error

    def _refused(self, name: str, problem: str) -> DataError:
        return DataError(f"key {name!r} of {self._path} cannot be read: {problem}")


@contextmanager
def open_npz(path: Path) -> Iterator[NpzFile]:
    """The file, open for reading.

    Raises:
        DataError: it is no zip file, or damaged.
    """
    try:
        archive = zipfile.ZipFile(path)
        with open(path, "rb") as stream:
            begins = stream.read(2)
    except Exception as error:  # zipfile raises many kinds for a damaged file
        raise DataError(f"{path} is neither an HDF5 nor an npz file, or is damaged: {error}") from error
    # A zip file may begin with anything; numpy writes none, and reads none, that does.
    if begins != b"PK":
        raise DataError(f"{path} is neither an HDF5 nor an npz file, or is damaged: it begins with {begins!r}")
    with archive:
        yield NpzFile(path, archive)
