"""Progress on standard error: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from embedbench.cli.tally import RunningPhase
from embedbench.progress import Advance, SilentProgress

_SECONDS_BETWEEN_LINES = 10.0

Ended = Callable[[str], None]
"""Told how a cell ended: done, skipped, failed or refused."""


class CellProgress(SilentProgress):
    """Progress of a command over one or many cells; shows nothing."""

    @contextmanager
    def cells(self, total: int | None = None) -> Iterator[None]:
        """The whole command; `total` cells, or None where that is found out later (`expect`)."""
        yield

    def expect(self, total: int | None) -> None:
        """So many cells there will be; None where nobody knows."""

    @contextmanager
    def cell(self, name: str) -> Iterator[Ended]:
        """One cell; call what it yields when it is known how it ended."""
        yield lambda _status: None

    def count(self, status: str) -> None:
        """A cell that was run elsewhere ended so; how long it took there says nothing about those to come here."""

    def complain(self, message: str) -> None:
        """A line about what went wrong, shown whoever listens."""
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()


class LineProgress(CellProgress):
    """One line when a phase starts, one every ten seconds, one when it ends."""

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """A phase that reports how much is done and how fast."""
        running = RunningPhase(name, total, unit)
        reported = running.started

        def advance(done: int, doing: str = "") -> None:
            nonlocal reported
            now = time.monotonic()
            running.advance(done, doing, now)
            if now - reported >= _SECONDS_BETWEEN_LINES:
                reported = now
                self.note(f"{name}: {running.told(now)}")

        yield advance
        if running.done:
            self.note(f"{name}: {running.done:,} {unit} in {time.monotonic() - running.started:.1f} s")

    def note(self, message: str) -> None:
        """A line with the time of day."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {message}\n")
        sys.stderr.flush()


def progress_for(*, quiet: bool = False) -> CellProgress:
    """A live display on a terminal that can move its cursor, lines in a log, nothing when quiet."""
    if quiet:
        return CellProgress()
    if not sys.stderr.isatty() or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return LineProgress()
    from embedbench.cli.live import LiveProgress

    return LiveProgress()
