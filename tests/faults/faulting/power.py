"""A power cut: what was not synced is lost, cut, or zeros, as an unkind file system would have it.

While the work runs, every `os.fsync` keeps a copy of what is then on the disk for certain: of a file its contents, of a
folder its names. After the process is dead the folder is put back to that; whatever is newer is kept or lost by chance.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from random import Random
from typing import Any

_HELD: list[int] = []
"""Descriptors kept open so that no inode number is given to another file."""


def journal(folder: Path) -> None:
    """From now on this process keeps in `folder` what it synced."""
    folder.mkdir(exist_ok=True)
    sync = os.fsync

    def keeping(descriptor: int) -> None:
        sync(descriptor)
        status = os.fstat(descriptor)
        here = f"/proc/self/fd/{descriptor}"
        _HELD.append(os.dup(descriptor))
        if stat.S_ISDIR(status.st_mode):
            names = {entry.name: entry.inode() for entry in os.scandir(here)}
            temporary = folder / f"{status.st_ino}.new"
            temporary.write_text(json.dumps(names))
            temporary.replace(folder / f"{status.st_ino}.names")
        else:
            temporary = folder / f"{status.st_ino}.new"
            shutil.copyfile(here, temporary)
            temporary.replace(folder / f"{status.st_ino}.contents")

    os.fsync = keeping


def cut(folder: Path, kept: Path, rng: Random) -> int:
    """Puts a folder, which itself was there before, back to what is certain; gives how many files were touched."""
    names_file = kept / f"{folder.stat().st_ino}.names"
    certain: dict[str, Any] = json.loads(names_file.read_text()) if names_file.exists() else {}
    touched = 0
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if certain.get(entry.name) == entry.inode():
            touched += cut(path, kept, rng) if entry.is_dir() else _cut_file(path, kept, rng)
        elif rng.random() < 0.5:  # the new name never reached the disk
            shutil.rmtree(path) if entry.is_dir() else path.unlink()
            touched += 1
        else:
            touched += cut(path, kept, rng) if entry.is_dir() else _cut_file(path, kept, rng)
    for name, inode in certain.items():
        contents = kept / f"{inode}.contents"
        if not (folder / name).exists() and contents.exists() and rng.random() < 0.5:
            shutil.copyfile(contents, folder / name)  # its removal never reached the disk
            touched += 1
    return touched


def _cut_file(path: Path, kept: Path, rng: Random) -> int:
    certain = kept / f"{path.stat().st_ino}.contents"
    synced, now = certain.read_bytes() if certain.exists() else b"", path.read_bytes()
    if synced == now:
        return 0
    chosen = rng.choice((synced, now, now[: rng.randrange(len(now) + 1)], bytes(len(now))))
    path.write_bytes(chosen)
    return int(chosen != now)
