"""Opens every object of the HDF5 files that it is asked for, a path per line in JSON; started by `walked`, as a script.

It imports nothing of embedbench. A file in which the library never comes to an end costs this process its life, by
the limit on its processor time; so does one that makes the library crash.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import h5py

SECONDS, BYTES_PER_SECOND = 10, 1 << 20
"""What a walk may take of the processor: this, and a second more for so many bytes; a sound file takes a thousandth."""


def main() -> None:
    """Walks file after file until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _say("ready")
    for line in sys.stdin:
        path = json.loads(line)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        most = usage.ru_utime + usage.ru_stime + SECONDS + Path(path).stat().st_size / BYTES_PER_SECOND
        resource.setrlimit(resource.RLIMIT_CPU, (int(most) + 1, resource.RLIM_INFINITY))
        try:
            with h5py.File(path, "r") as file:
                file.visititems(lambda _name, _node: None)
        except Exception:
            pass
        _say("walked")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
