"""The catalogue of data sets: what they are, where they come from, and whether a folder holds them undamaged.

`catalogue.json` beside this file is the list itself; nothing of the data is part of the package.
"""

from __future__ import annotations

import difflib
import enum
import hashlib
import io
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from embedbench.data.text import open_binary
from embedbench.errors import ConfigurationError, DataError
from embedbench.progress import Progress, SilentProgress

_BLOCK = 1 << 20


@dataclass(frozen=True)
class DataFile:
    """One file of a data set.

    Attributes:
        path: where it lies below the data folder.
        sha256: of the file as it lies there.
        bytes: its size as it lies there.
        content_sha256: of the unpacked content; a file packed by another program is as good.
        content_bytes: the size of the unpacked content.
        source: its path in the source repository; empty when it cannot be fetched by `get`.
        conversion: what turns the source into the content, a name of `conversions.CONVERSIONS`.
    """

    path: str
    sha256: str
    bytes: int
    content_sha256: str
    content_bytes: int
    source: str = ""
    conversion: str = "as_is"


@dataclass(frozen=True)
class DataSet:
    """One data set: its files and what a reader must know about it.

    Attributes:
        url: the source repository.
        commit: the version of the repository; empty when there are several repositories.
        by_hand: how to make the files that have no `source`; empty when all have one.
    """

    name: str
    files: tuple[DataFile, ...]
    url: str
    commit: str
    licence: str
    citation: str
    description: str
    by_hand: str = ""

    @property
    def bytes(self) -> int:
        """The size of all files as they lie in the data folder."""
        return sum(file.bytes for file in self.files)


class Status(enum.StrEnum):
    """What became of a file, or of a data set with its files."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"
    """There is a file, but not the one of the catalogue."""


@dataclass(frozen=True)
class FileStatus:
    """A file of the catalogue and its status in one folder."""

    file: DataFile
    path: Path
    status: Status


@dataclass(frozen=True)
class DataSetStatus:
    """A data set and the status of each of its files in one folder."""

    data_set: DataSet
    files: tuple[FileStatus, ...]

    @property
    def status(self) -> Status:
        """The worst of the files: damaged, then missing, then present."""
        found = {file.status for file in self.files}
        return next(status for status in (Status.DAMAGED, Status.MISSING, Status.PRESENT) if status in found)


def _load() -> dict[str, DataSet]:
    entries: dict[str, dict[str, Any]] = json.loads(
        files("embedbench.data").joinpath("catalogue.json").read_text(encoding="utf-8")
    )
    return {
        name: DataSet(name=name, **{**entry, "files": tuple(DataFile(**file) for file in entry["files"])})
        for name, entry in entries.items()
    }


CATALOGUE: dict[str, DataSet] = _load()
"""Every data set by name."""


def data_set(name: str) -> DataSet:
    """The data set of that name.

    Raises:
        ConfigurationError: there is none; the message suggests names.
    """
    if name not in CATALOGUE:
        close = difflib.get_close_matches(name, CATALOGUE, n=3)
        hint = f"did you mean {' or '.join(close)}" if close else f"there are {', '.join(CATALOGUE)}"
        raise ConfigurationError(f"there is no data set called {name!r}; {hint}")
    return CATALOGUE[name]


def data_set_of(path: str | Path) -> DataSet | None:
    """The data set that a path belongs to by its last parts, packed or not; None for any other path."""
    parts = Path(path).parts
    for entry in CATALOGUE.values():
        for file in entry.files:
            wanted = Path(file.path)
            for form in (wanted, wanted.with_suffix("") if wanted.suffix in (".gz", ".xz") else wanted):
                if parts[-len(form.parts) :] == form.parts:
                    return entry
    return None


def verify(name: str, folder: str | Path, progress: Progress | None = None) -> DataSetStatus:
    """The status of a data set below a folder, by the checksum of every file.

    Raises:
        ConfigurationError: there is no such data set.
        DataError: a file is there but cannot be read.
    """
    entry = data_set(name)
    with (progress or SilentProgress()).phase(f"verify {name}", len(entry.files), "files") as advance:
        found = []
        for file in entry.files:
            path = Path(folder).expanduser() / file.path
            found.append(FileStatus(file, path, status_of(file, path)))
            advance(1)
    return DataSetStatus(entry, tuple(found))


def verify_all(folder: str | Path, progress: Progress | None = None) -> tuple[DataSetStatus, ...]:
    """The status of every data set of the catalogue below a folder, in the order of their names."""
    return tuple(verify(name, folder, progress) for name in CATALOGUE)


def status_of(file: DataFile, path: Path) -> Status:
    """Whether `path` holds this file of the catalogue, packed by whatever program.

    Raises:
        DataError: the file is there but cannot be read.
    """
    if not path.is_file():
        return Status.MISSING
    try:
        with path.open("rb") as stream:
            if _sha256(stream) == file.sha256:
                return Status.PRESENT
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        with open_binary(path) as stream:
            # A damaged packed file fails while unpacking, in as many ways as there are formats.
            same = _sha256(stream) == file.content_sha256
    except Exception:
        same = False
    return Status.PRESENT if same else Status.DAMAGED


def _sha256(stream: io.BufferedReader) -> str:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
