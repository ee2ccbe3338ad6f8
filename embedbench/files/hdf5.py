"""HDF5 files from strangers: what a data set claims is checked before memory is taken for it or another file opened."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from embedbench.errors import DataError, MissingExtraError
from embedbench.files.bounds import MAX_RATIO, most_bytes
from embedbench.files.walking import comes_to_an_end


class Hdf5File:
    """An open file whose every complaint names file, data set, expected and got.

    Data sets in other files (external links, external storage, virtual ones) are refused, and so are those that were
    never written: HDF5 would give zeros for them.
    """

    def __init__(self, path: Path, opened: Any) -> None:
        self._path, self._file = path, opened

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name != "" and self._found(name) is not None

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a data set, from the header alone.

        Raises:
            DataError: there is none of that name, or it cannot be read.
        """
        return tuple(int(size) for size in self._checked(name).shape)

    def floats(self, name: str) -> Shaped[np.ndarray, "..."]:
        """The floating-point numbers of a data set.

        Raises:
            DataError: there is none of that name, it holds something else, or is damaged.
        """
        dataset = self._checked(name)
        if dataset.dtype.kind != "f":
            raise self._refused(name, f"holds {dataset.dtype}; expected floating-point values")
        with self._complaints(name):
            return np.asarray(dataset[...])

    def text(self, name: str) -> str:
        """The one string of a data set.

        Raises:
            DataError: there is none of that name, or it is no single UTF-8 string.
        """
        dataset = self._checked(name)
        if dataset.size != 1:
            raise self._refused(name, f"holds {dataset.size:,} values; expected one string")
        import h5py

        with self._complaints(name):
            kind = h5py.check_string_dtype(dataset.dtype)
            if kind is None:
                raise self._refused(name, f"holds {dataset.dtype}; expected one string")
            if kind.length is not None:
                return bytes(np.asarray(dataset[...]).reshape(-1)[0]).decode("utf-8")
            sizes = self._file.id.get_create_plist().get_sizes()
            offset = dataset.id.get_offset()
            if sizes != (8, 8) or offset is None:
                raise self._refused(name, "is stored in pieces; expected one string in one piece, as h5py writes it")
            return variable_length_string(self._path, offset).decode("utf-8")

    def _found(self, name: str) -> Any:
        """The node of that name, by hard links alone; None where there is none."""
        import h5py

        node = self._file
        with self._complaints(name):
            for part in name.split("/"):
                link = node.get(part, getlink=True) if isinstance(node, h5py.Group) and part else None
                if link is None:
                    return None
                if not isinstance(link, h5py.HardLink):
                    raise self._refused(name, "is a link to somewhere else; expected the data set itself")
                node = node[part]
        return node

    def _checked(self, name: str) -> Any:
        import h5py

        dataset = self._found(name)
        if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
            raise self._refused(name, "is missing" if dataset is None else "is no array; expected one")
        with self._complaints(name):
            if dataset.is_virtual or dataset.external:
                raise self._refused(name, "lies in another file; expected the numbers in this one")
            most, item = most_bytes(self._path), dataset.dtype.itemsize
            claimed = max(_product(dataset.shape), _product(dataset.chunks or ())) * item
            if claimed > most:
                raise self._refused(
                    name, f"claims {claimed:,} bytes; a file of this size is read up to {most:,} ({MAX_RATIO} times it)"
                )
            status = dataset.id.get_space_status()
        if dataset.size and status != h5py.h5d.SPACE_STATUS_ALLOCATED:
            raise self._refused(name, "was never written, or only in part; expected all its numbers")
        return dataset

    def _refused(self, name: str, problem: str) -> DataError:
        return DataError(f"data set {name!r} of {self._path} {problem}")

    @contextmanager
    def _complaints(self, name: str) -> Iterator[None]:
        try:
            yield
        except DataError:
            raise
        except Exception as error:  # the library raises many kinds for a damaged file
            raise self._refused(name, f"is damaged ({first_line(error)}); get the file again") from error


def variable_length_string(path: Path, offset: int) -> bytes:
    """The bytes of the string whose reference lies at that place of the file.

    Read here and not by the HDF5 library, which never comes back from some damaged heaps (its version 1.14). Format:
    HDF5 File Format Specification 3.0, sections III.E and VIII.B.

    Raises:
        ValueError: the reference or the heap is damaged.
    """
    size = path.stat().st_size
    with open(path, "rb") as stream:
        stream.seek(offset)
        length, address, wanted = struct.unpack("<IQI", stream.read(16).ljust(16, b"\0"))
        stream.seek(min(address, size))
        signature, version, heap = struct.unpack("<4sB3xQ", stream.read(16).ljust(16, b"\0"))
        if signature != b"GCOL" or version != 1 or not 16 <= heap <= size - address:
            raise ValueError("its heap is damaged")
        objects = stream.read(heap - 16)
    at = 0
    while at + 16 <= len(objects):
        index, n_bytes = struct.unpack_from("<H6xQ", objects, at)
        if index == wanted and length <= n_bytes <= len(objects) - at - 16:
            return objects[at + 16 : at + 16 + length]
        if index == 0:
            break
        at += 16 + (n_bytes + 7) // 8 * 8
    raise ValueError("its string is not in its heap")


def _product(sizes: tuple[int, ...]) -> int:
    product = 1
    for size in sizes:
        product *= int(size)
    return product


@contextmanager
def open_hdf5(path: Path, *, needed_by: str) -> Iterator[Hdf5File]:
    """The file, open for reading.

    Raises:
        MissingExtraError: h5py is not installed.
        DataError: it is no HDF5 file, or damaged.
    """
    try:
        import h5py
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by=needed_by, package="h5py", extra="elmo") from None
    try:
        opened = h5py.File(path, "r") if comes_to_an_end(path, "hdf5") else None
    except Exception as error:  # the library raises many kinds for a damaged file
        raise DataError(
            f"{path} is damaged or not HDF5 ({first_line(error)}); expected a complete HDF5 file: get it again"
        ) from error
    if opened is None:
        raise DataError(
            f"{path} is damaged: the HDF5 library crashes in it or finds no end of it; expected a complete HDF5 file: "
            "get it again"
        )
    try:
        yield Hdf5File(path, opened)
    finally:
        opened.close()


def first_line(error: BaseException) -> str:
    """The first line of a message; the name of the error where it has none."""
    return str(error).splitlines()[0] if str(error).strip() else type(error).__name__
