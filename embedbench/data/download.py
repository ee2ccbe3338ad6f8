"""Getting data sets: what has a source of known content is downloaded and checked, the rest is described."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
from pathlib import Path
from urllib.parse import quote, urlsplit

from embedbench.data.catalogue import DataFile, DataSet, DataSetStatus, FileStatus, Status, data_set, status_of
from embedbench.data.conversions import CONVERSIONS, pack
from embedbench.data.resuming import download, part_of
from embedbench.errors import ConfigurationError, DataError
from embedbench.progress import Progress, SilentProgress

MIRROR = "https://raw.githubusercontent.com"
"""Where files of source repositories are served as MIRROR/OWNER/REPOSITORY/COMMIT/PATH."""

# A source may be larger than what is made of it (line ends, extra fields), but not without bound.
_SLACK = 1 << 16


def get(name: str, folder: str | Path, progress: Progress | None = None, *, mirror: str = MIRROR) -> DataSetStatus:
    """Downloads the missing files of a data set into a folder; files that are there already are kept.

    A file appears under its name only when it is complete and its content has the catalogue's checksum. What arrived of
    a download that broke off is kept beside it, and the next call goes on from there.

    Args:
        name: of the data set.
        folder: the data folder.
        progress: is told the bytes.
        mirror: serves the source repositories.

    Raises:
        ConfigurationError: there is no such data set, or the mirror is no http address.
        DataError: a file cannot be downloaded, written, or is not what the catalogue describes; or another file
            stands in its place; or, after all the others were downloaded, a file must be made by hand: the message
            says how.
    """
    if urlsplit(mirror).scheme not in ("http", "https"):
        raise ConfigurationError(f"the mirror {mirror!r} is no http or https address; expected one like {MIRROR}")
    entry = data_set(name)
    listener = progress or SilentProgress()
    found: list[FileStatus] = []
    by_hand: list[DataFile] = []
    for file in entry.files:
        path = Path(folder).expanduser() / file.path
        status = status_of(file, path)
        if status is Status.DAMAGED:
            raise DataError(
                f"{path} is not the file of the data set {name!r} (its checksum differs); "
                f"move it away and run `embedbench data get {name}` again"
            )
        if status is Status.MISSING and file.source:
            _fetch(entry, file, path, listener, mirror)
            status = Status.PRESENT
        elif status is Status.MISSING:
            by_hand.append(file)
        found.append(FileStatus(file, path, status))
    if by_hand:
        raise DataError(
            f"the data set {name!r} is incomplete below {folder}: {instructions(entry, by_hand)}; "
            f"then check with `embedbench data verify {name}`"
        )
    return DataSetStatus(entry, tuple(found))


def instructions(entry: DataSet, missing: list[DataFile]) -> str:
    """How to make these files of a data set by hand, in words."""
    at = f" at commit {entry.commit}" if entry.commit else ""
    names = ", ".join(file.path for file in missing)
    with_source = [f"{file.source} as {file.path}" for file in missing if file.source]
    how = "; ".join(
        ([f"take {', '.join(with_source)}"] if with_source else []) + ([entry.by_hand] if entry.by_hand else [])
    )
    return f"{names} must be made by hand from {entry.url}{at}: {how}"


def source_url(entry: DataSet, file: DataFile, mirror: str = MIRROR) -> str:
    """The address of the bytes that a file is made of."""
    repository = urlsplit(entry.url).path.strip("/")
    return f"{mirror.rstrip('/')}/{repository}/{entry.commit}/{quote(file.source)}"


def _fetch(entry: DataSet, file: DataFile, path: Path, progress: Progress, mirror: str) -> None:
    url = source_url(entry, file, mirror)
    begun = part_of(path, file.content_sha256).is_file()
    content, digest = _converted(url, entry, file, path, progress)
    if digest != file.content_sha256 and begun:
        # What was kept of an earlier attempt may be at fault; its file is gone by now.
        progress.note(f"{url}: what was kept of an earlier download does not fit; all of it is fetched again")
        content, digest = _converted(url, entry, file, path, progress)
    if digest != file.content_sha256:
        raise DataError(
            f"what {url} serves is not what the catalogue describes for {file.path}: expected the sha256 "
            f"{file.content_sha256} after the conversion {file.conversion!r}, got {digest} ({len(content)} bytes); "
            f"nothing was written; {instructions(entry, [file])}"
        )
    _write(path, pack(content, path.suffix), file)


def _converted(url: str, entry: DataSet, file: DataFile, path: Path, progress: Progress) -> tuple[bytes, str]:
    content = CONVERSIONS[file.conversion](_download(url, entry, file, path, progress))
    return content, hashlib.sha256(content).hexdigest()


def _download(url: str, entry: DataSet, file: DataFile, path: Path, progress: Progress) -> bytes:
    limit = 2 * file.content_bytes + _SLACK
    try:
        with progress.phase(f"get {file.path}", file.content_bytes, "bytes") as advance:
            return download(url, part_of(path, file.content_sha256), limit, advance)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(
            f"cannot download {url}: {reason}; check the connection or the proxy (HTTPS_PROXY); "
            f"or {instructions(entry, [file])}"
        ) from error


def _write(path: Path, packed: bytes, file: DataFile) -> None:
    # A name of its own for each process; the suffix of the packing comes last, so that it can be read back.
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as stream:
                stream.write(packed)
                stream.flush()
                os.fsync(stream.fileno())
            if status_of(file, part) is not Status.PRESENT:
                raise DataError(f"{part} does not read back as it was written; is the disk sound?")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}; nothing was changed") from error
