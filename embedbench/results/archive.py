"""Zip files from strangers: looked through before anything is read, read in memory, never unpacked onto the disk."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from embedbench.errors import ConfigurationError, DataError
from embedbench.files.durable import written_whole

MAX_FILES = 100_000
MAX_BYTES = 8 << 30
"""Of all files together, unpacked."""

MAX_FILE_BYTES = 1 << 30
"""Of one file, unpacked."""


@dataclass(frozen=True)
class Archive:
    """A zip file whose every name and size was found harmless. Nothing is unpacked onto the disk.

    Attributes:
        path: where it lies.
    """

    path: Path

    @cached_property
    def _members(self) -> dict[str, zipfile.ZipInfo]:
        return dict(_members(self.path))

    @cached_property
    def _opened(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its files, sorted.

        Raises:
            DataError: it is no zip file, or something in it would be harmful to unpack.
            ConfigurationError: there is no such file.
        """
        return tuple(sorted(self._members))

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            DataError: there is no such file in it, or its size or checksum is not as declared.
        """
        info = self._members.get(name)
        if info is None:
            raise DataError(f"{self.path} holds no {name}")
        try:
            with self._opened.open(info) as stream:
                found = stream.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
            raise DataError(f"{self.path}: {name} is damaged or larger than it says ({error})") from error
        if len(found) != info.file_size:
            raise DataError(f"{self.path}: {name} has {len(found):,} bytes and says it has {info.file_size:,}")
        return found

    def sizes(self, prefix: str) -> tuple[int, ...]:
        """The bytes, unpacked, of every file whose name begins so."""
        return tuple(self._members[name].file_size for name in self.names if name.startswith(prefix))

    def folder(self, name: str) -> ArchiveFolder:
        """A folder inside it."""
        return ArchiveFolder(self, name)


@dataclass(frozen=True)
class ArchiveFolder:
    """A folder inside a zip file, which can be read where a folder of results can.

    Attributes:
        archive: the zip file.
        name: the folder's path in it.
    """

    archive: Archive
    name: str

    def read(self, file: str) -> bytes:
        """The bytes of a file in the folder."""
        return self.archive.read(f"{self.name}/{file}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The bytes of every file in the folder, unpacked."""
        return self.archive.sizes(f"{self.name}/")

    def __str__(self) -> str:
        return f"{self.archive.path}:{self.name}"


Folder = Path | ArchiveFolder
"""Where the files of one cell lie."""


def _members(path: Path) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    try:
        with zipfile.ZipFile(path) as opened:
            infos = opened.infolist()
    except FileNotFoundError:
        raise ConfigurationError(f"there is no {path}; `embedbench export RESULTS {path.name}` makes one") from None
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        raise DataError(f"{path} is no zip file, or is damaged: {error}") from error
    if len(infos) > MAX_FILES:
        raise DataError(f"{path} holds {len(infos):,} files; at most {MAX_FILES:,} are read")
    declared, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if declared > MAX_BYTES:
        raise DataError(f"{path} would unpack to {declared:,} bytes; at most {MAX_BYTES:,} are read")
    if packed > path.stat().st_size:
        raise DataError(
            f"{path} is refused: it is smaller than the {packed:,} packed bytes of its files, so some overlap"
        )
    seen: set[str] = set()
    for info in infos:
        wrong = _wrong(info)
        if wrong:
            raise DataError(f"{path} is refused: {info.orig_filename!r} {wrong}")
        same = unicodedata.normalize("NFC", info.filename).casefold()
        if same in seen:
            raise DataError(f"{path} is refused: {info.filename!r} stands in it twice (or differs in case alone)")
        seen.add(same)
        if not info.is_dir():
            yield info.filename, info


def _wrong(info: zipfile.ZipInfo) -> str:
    """What makes a member harmful; empty if nothing does."""
    name = info.orig_filename
    parts = name.removesuffix("/").split("/")
    if name != info.filename or "\\" in name or any(ord(character) < 32 for character in name):
        return "is a name with a backslash or a control character"
    if name.startswith("/") or ":" in parts[0]:
        return "is an absolute path"
    if ".." in parts:
        return "leads out of the folder"
    if "" in parts or "." in parts:
        return "is not a plain path"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link, or no plain file"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in an unusual way"
    if info.file_size > MAX_FILE_BYTES:
        return f"would unpack to {info.file_size:,} bytes; at most {MAX_FILE_BYTES:,} are read"
    return ""


def write_archive(path: Path, files: Iterator[tuple[str, bytes]] | dict[str, bytes]) -> None:
    """Writes a zip file whose bytes depend on names and contents alone; names are written in their order.

    Raises:
        OSError: the file cannot be written.
    """
    items = files.items() if isinstance(files, dict) else files
    partial = path.with_name(f".{path.name}.partial")
    with written_whole(path, partial), zipfile.ZipFile(partial, "w") as archive:
        for name, content in items:
            info = zipfile.ZipInfo(name)  # its time is 1980, the first that a zip file knows
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            # Parquet is packed already.
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compresslevel=6)
