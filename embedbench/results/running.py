"""Cells under way, as far as those who look at a results folder can know: a small file per running cell."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = ".running"
"""Below the results folder; a record is never in it."""


@dataclass(frozen=True)
class RunningCell:
    """A cell that has begun and not ended.

    Attributes:
        extractor: the label in tables.
        task: the task's name.
        started: UTC, ISO 8601.
        host: the machine it runs on.
        process: its number there.
    """

    extractor: str
    task: str
    started: str
    host: str
    process: int

    @property
    def lost(self) -> bool:
        """Whether its process is known to have died; of another machine's processes nothing is known."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


@contextlib.contextmanager
def under_way(results: Path, extractor: str, task: str) -> Iterator[None]:
    """Says that a cell runs while it does. Where that cannot be written the cell runs all the same."""
    started = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    cell = RunningCell(extractor, task, started, socket.gethostname(), os.getpid())
    path = results / FOLDER / f"{cell.host}-{cell.process}.json"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(cell)) + "\n", encoding="utf-8")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()  # refused while others run


def running_cells(*folders: Path) -> tuple[RunningCell, ...]:
    """The cells under way in these results folders, the longest first; a file that is being written is left out."""
    found = []
    for folder in folders:
        for path in sorted((folder / FOLDER).glob("*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError, RecursionError, OverflowError):
                cell = RunningCell(**json.loads(path.read_text(encoding="utf-8")))
                kinds = [type(value) for value in asdict(cell).values()]
                if kinds == [str, str, str, str, int] and 0 < cell.process < 1 << 31:
                    found.append(cell)
    return tuple(sorted(found, key=lambda cell: (cell.started, cell.extractor, cell.task)))
