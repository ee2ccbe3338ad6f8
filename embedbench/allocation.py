"""Memory that is freed stays with the process for the next batch, instead of going back to the system every time.

A batch of layered vectors is tens of megabytes. By default glibc returns blocks of that size to the system when they
are freed and asks for them again for the next batch, and the system clears every page anew: of a linear probe's
training on all layers that was a third of the time.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import os
import sys
from collections.abc import Callable

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MAPPED_BYTES = 128 << 20
"""Blocks from this size on are mapped on their own and returned as soon as they are freed: a split's vectors."""
_KEPT_BYTES = 512 << 20
"""More than this is never kept at the end of the heap."""
_OWN_SETTINGS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


@functools.cache
def keep_freed_memory() -> bool:
    """Whether the allocator now keeps what is freed; it does so where it is glibc's and nobody has set it otherwise.

    Only speed depends on it. The settings hold for the whole process.
    """
    if any(name in os.environ for name in _OWN_SETTINGS):
        return False
    mallopt = _of_glibc("mallopt")
    return bool(mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)) and bool(mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES))


def return_freed_memory() -> None:
    """Gives the system back what a finished cell has left: stores that only reference cycles hold, and freed blocks."""
    gc.collect()
    _of_glibc("malloc_trim")(0)


def _of_glibc(name: str) -> Callable[..., int]:
    """The function of glibc; one that does nothing where there is none."""
    found = getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
    return found if found is not None else lambda *_: 0


def peak_memory() -> int | None:
    """The largest resident memory of this process so far, in bytes; None where the system does not tell.

    Linux tells it as VmHWM; memory-mapped pages count while they are in memory.
    """
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as stream:
            return next((int(line.split()[1]) * 1024 for line in stream if line.startswith("VmHWM:")), None)
    except OSError:
        return None
