"""The preloaded shim: compiled when it is needed, and armed in a process that was started with it."""

from __future__ import annotations

import ctypes
import enum
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Action(enum.IntEnum):
    """What happens at the n-th operation; the order is that of shim.c."""

    NOTHING = 0
    KILL = 1
    """The process dies as by kill -9."""
    FULL = 2
    """From now on nothing can be written: no space left."""
    SHORT = 3
    """Half of one write is written, then there is no space left."""
    FAULTY = 4
    """This operation alone fails: input/output error."""
    READ_ONLY = 5
    """From now on nothing can be changed: read-only file system."""
    CLOCK = 6
    """The clock of the day jumps."""


def why_not() -> str:
    """Why the shim cannot be used here; empty if it can."""
    if not sys.platform.startswith("linux"):
        return "the shim is for Linux"
    return "" if shutil.which("cc") else "there is no C compiler (cc) to build the shim with"


def compiled() -> Path:
    """The shared library; one per folder of temporary files and version of the source."""
    source = SOURCE.read_bytes()
    library = Path(tempfile.gettempdir()) / f"embedbench-faults-{os.getuid()}-{hash_of(source)}.so"
    if not library.exists():
        temporary = library.with_suffix(f".{os.getpid()}")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", str(temporary), str(SOURCE), "-ldl"],
            check=True,
            capture_output=True,
        )
        temporary.replace(library)
    return library


def hash_of(content: bytes) -> str:
    """Twelve digits that tell contents apart."""
    import hashlib

    return hashlib.sha256(content).hexdigest()[:12]


def arm(folder: Path, at: int, action: Action, seconds: int = 0) -> None:
    """Makes the action happen at this process's operation `at` below the folder, counted from now."""
    ctypes.CDLL(None).fault_arm(f"{folder}/".encode(), ctypes.c_long(at), int(action), ctypes.c_long(seconds))


def operations() -> int:
    """How many operations there were since."""
    count = ctypes.CDLL(None).fault_operations
    count.restype = ctypes.c_long
    return int(count())
