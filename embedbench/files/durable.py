"""Files that are whole or absent, and stay after a power cut.

A file system may keep a new name without the contents, or the contents without the name: the file is synced before it
gets its name, and the folder after. A new folder is a name in its parent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Makes the names in this folder survive a power cut, where the system can."""
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Makes the contents of a file survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it, so that they stay; what is there is left alone.

    Raises:
        OSError: it cannot be made, or is a file.
    """
    missing = []
    above = folder
    while not above.exists() and above != above.parent:
        missing.append(above)
        above = above.parent
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        sync_folder(made.parent)


@contextmanager
def written_whole(path: Path, temporary: Path) -> Iterator[Path]:
    """A path to write to; what was written takes its final name when it is on the disk, or leaves nothing.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    try:
        yield temporary
        sync_file(temporary)
        os.replace(temporary, path)  # noqa: PTH105 — the one call that POSIX promises to be atomic
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
