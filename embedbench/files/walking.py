"""Another process reads a file first where a library in C or Rust may hang on a damaged one, or crash."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Literal

_WALKER = Path(__file__).with_name("walker.py")
_one_at_a_time = threading.Lock()


def comes_to_an_end(path: Path, kind: Literal["hdf5", "parquet"]) -> bool:
    """Whether the library for this kind can read a file, or refuses it; False where it hangs or crashes.

    Where no such process can be had (Windows has no limits for one), every file is taken for sound.

    Raises:
        OSError: there is no such file.
    """
    if os.name != "posix":
        return True
    about = path.stat()
    with _one_at_a_time:
        return _walked(os.getpid(), kind, str(path.absolute()), about.st_ino, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=256)
def _walked(process: int, kind: str, path: str, inode: int, size: int, changed: int) -> bool:
    """Asked once per file as it is; a forked process asks a walker of its own."""
    walker = _walker(process)
    if walker is not None and walker.poll() is not None:  # killed since, by no file of ours
        _walker.cache_clear()
        walker = _walker(process)
    if walker is None:
        return True
    assert walker.stdin is not None
    assert walker.stdout is not None
    try:
        walker.stdin.write(json.dumps([kind, path]) + "\n")
        walker.stdin.flush()
        if walker.stdout.readline():
            return True
    except BrokenPipeError:
        pass
    _walker.cache_clear()
    walker.communicate()
    return False


@lru_cache(maxsize=1)
def _walker(process: int) -> subprocess.Popen[str] | None:
    """One for all files, since importing a library takes longer than reading; it ends with its standard input."""
    walker = subprocess.Popen(
        [sys.executable, "-P", str(_WALKER)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
    )  # fmt: skip
    atexit.register(_end, walker, process)
    assert walker.stdout is not None
    return walker if walker.stdout.readline() else None


def _end(walker: subprocess.Popen[str], process: int) -> None:
    if process == os.getpid() and walker.poll() is None:
        walker.communicate()
