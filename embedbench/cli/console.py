"""Progress on standard error: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from embedbench.progress import Advance, Progress, SilentProgress

_SECONDS_BETWEEN_LINES = 10.0


class LineProgress:
    """One line when a phase starts, one every ten seconds, one when it ends."""

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """A phase that reports how much is done and how fast."""
        started = reported = time.monotonic()
        done = 0

        def advance(amount: int) -> None:
            nonlocal done, reported
            done += amount
            now = time.monotonic()
            if now - reported >= _SECONDS_BETWEEN_LINES:
                reported = now
                rate = done / (now - started)
                left = (total - done) / rate if rate else float("inf")
                self.note(f"{name}: {done:,}/{total:,} {unit}, {rate:,.0f} {unit}/s, {left:.0f} s left")

        yield advance
        seconds = time.monotonic() - started
        if done:
            self.note(f"{name}: {done:,} {unit} in {seconds:.1f} s")

    def note(self, message: str) -> None:
        """A line with the time of day."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {message}\n")
        sys.stderr.flush()


class BarProgress:
    """Rich progress bars with speed and time left."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """A bar that disappears when the phase ends."""
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]} {task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with RichProgress(*columns, console=self._console, transient=True) as bars:
            bar = bars.add_task(name, total=total, unit=unit, rate="")

            def advance(amount: int) -> None:
                speed = bars.tasks[0].speed
                bars.update(bar, advance=amount, rate=f"({speed:,.0f}/s)" if speed else "")

            yield advance

    def note(self, message: str) -> None:
        """A dim line above the bars."""
        self._console.print(message, style="dim", highlight=False, markup=False)


def progress_for(*, quiet: bool = False) -> Progress:
    """Bars on a terminal, lines in a log, nothing when quiet."""
    if quiet:
        return SilentProgress()
    return BarProgress() if sys.stderr.isatty() else LineProgress()
