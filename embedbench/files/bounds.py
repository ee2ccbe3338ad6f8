"""How much a file may unpack to: memory is bounded by what a file honestly holds, not by what it claims."""

from __future__ import annotations

from pathlib import Path

MAX_RATIO = 200
FREE_BYTES = 1 << 26
"""Any file may unpack to this much (64 MiB), and beyond it to `MAX_RATIO` times its size; real ones reach 20 times."""


def most_bytes(path: Path) -> int:
    """What a file, or one array of it, may unpack to.

    Raises:
        OSError: there is no such file.
    """
    return FREE_BYTES + MAX_RATIO * path.stat().st_size
