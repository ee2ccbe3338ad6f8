"""A download that goes on where it broke off: the bytes so far lie beside the file that they will become."""

from __future__ import annotations

import contextlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from embedbench.errors import DataError
from embedbench.progress import Advance

_BLOCK = 1 << 16
_SECONDS = 60.0
_ATTEMPTS = 4
"""In one call; each but the first only after the one before brought something new."""


class BrokenOffError(DataError):
    """The connection ended before the file did; what arrived is kept."""


def part_of(path: Path, content_sha256: str) -> Path:
    """Where the bytes so far of a file lie; another version of the file has another place."""
    return path.with_name(f".{path.name}.{content_sha256[:12]}.part")


def download(url: str, part: Path, limit: int, advance: Advance) -> bytes:
    """Everything that the address serves; what is there already is not asked for again.

    The server must be asked for content that never changes under its address, and the caller compares a checksum.

    Args:
        url: http or https.
        part: the bytes so far; made when the connection breaks off, removed when all have arrived.
        limit: refuse more bytes than this.
        advance: is told of every block.

    Raises:
        BrokenOffError: the connection ended early, several times or without anything new.
        DataError: the server sends more than the limit.
        OSError: the server cannot be reached, refuses, or the part cannot be written.
    """
    with _alone(part) as resumable:
        received = bytearray(part.read_bytes() if resumable and part.is_file() else b"")
        if received:
            advance(len(received))
        for attempt in range(_ATTEMPTS):
            before = len(received)
            try:
                _receive(url, received, limit, advance)
            except BrokenOffError:
                if resumable and received:
                    _keep(part, received)
                if len(received) > before and attempt + 1 < _ATTEMPTS:
                    continue
                raise
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return bytes(received)
    raise AssertionError("every attempt returns or raises")


def _receive(url: str, received: bytearray, limit: int, advance: Advance) -> None:
    """Appends what is missing, or begins again where the server cannot go on in the middle."""
    headers = {"User-Agent": "embedbench"} | ({"Range": f"bytes={len(received)}-"} if received else {})
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_SECONDS) as response:
            if received and not _goes_on(response, len(received)):
                advance(-len(received))
                received.clear()
            announced = response.headers.get("Content-Length")
            expected = len(received) + int(announced) if announced and announced.isdigit() else None
            _read(response, received, url, limit, advance)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not received:
            raise
        # Nothing lies behind what is here: it was all, or too much. The checksum would tell only the latter.
        advance(-len(received))
        received.clear()
        _receive(url, received, limit, advance)
        return
    except urllib.error.URLError:
        raise
    except (http.client.HTTPException, OSError) as error:
        raise BrokenOffError(f"the download of {url} broke off after {len(received)} bytes: {error}") from error
    if expected is not None and len(received) < expected:
        raise BrokenOffError(f"the download of {url} broke off after {len(received)} of {expected} bytes; try again")


def _read(response: http.client.HTTPResponse, received: bytearray, url: str, limit: int, advance: Advance) -> None:
    while block := response.read(_BLOCK):
        received += block
        advance(len(block))
        if len(received) > limit:
            raise DataError(f"{url} serves more than {limit} bytes")


def _goes_on(response: http.client.HTTPResponse, at: int) -> bool:
    """Whether the server sends what lies behind the byte that was asked for."""
    stated = re.match(r"bytes (\d+)-", response.headers.get("Content-Range") or "")
    return response.status == http.HTTPStatus.PARTIAL_CONTENT and stated is not None and int(stated[1]) == at


def _keep(part: Path, received: bytearray) -> None:
    # Where it cannot be kept the next attempt begins at the beginning; that is no reason to fail.
    with contextlib.suppress(OSError):
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(received)


@contextmanager
def _alone(part: Path) -> Iterator[bool]:
    """Whether this process alone may use the part; where not, the download is its own and cannot be resumed."""
    if not part.parent.is_dir():
        yield True  # nobody else is here, and a folder for a refused download would be a trace
        return
    lock = FileLock(f"{part}.lock")
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
        with contextlib.suppress(OSError):
            Path(lock.lock_file).unlink(missing_ok=True)
