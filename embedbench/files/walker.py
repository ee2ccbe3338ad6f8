"""Reads the files that it is asked for, a kind and a path per line in JSON; started by `walking`, as a script.

It imports nothing of embedbench. A file in which the library never comes to an end costs this process its life, by
the limit on its processor time; so does one that makes the library crash.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path

SECONDS, BYTES_PER_SECOND = 10, 1 << 20
"""What a file may take of the processor: this, and a second more for so many bytes; a sound one takes a thousandth."""


def hdf5(path: str) -> None:
    """Opens every object, and reads none."""
    import h5py

    with h5py.File(path, "r") as file:
        file.visititems(lambda _name, _node: None)


def parquet(path: str) -> None:
    """Reads every column."""
    import polars

    polars.read_parquet(path)


KINDS = {"hdf5": hdf5, "parquet": parquet}


def main() -> None:
    """Reads file after file until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _say("ready")
    for line in sys.stdin:
        kind, path = json.loads(line)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        most = usage.ru_utime + usage.ru_stime + SECONDS + Path(path).stat().st_size / BYTES_PER_SECOND
        resource.setrlimit(resource.RLIMIT_CPU, (int(most) + 1, resource.RLIM_INFINITY))
        with contextlib.suppress(BaseException):  # whoever reads the file says in his own words what is wrong
            KINDS[kind](path)
        _say("walked")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
