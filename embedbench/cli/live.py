"""Progress on a terminal: what is under way stands still at the bottom, lines for the reader scroll above it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from embedbench.cli.console import CellProgress, Ended
from embedbench.cli.tally import RunningPhase, Tally, clock
from embedbench.progress import Advance

_REFRESHES_PER_SECOND = 4
_BAR_WIDTH = 20
_NAME_WIDTH = 14
"""Of most phases, so that bars do not jump when one follows another."""

_SHOW_CURSOR = b"\x1b[?25h\r\n"


class LiveProgress(CellProgress):
    """One display for a whole command: the cell with its phases, the phase under way, the cells of all.

    It appears with the first cell or phase and is wiped away when the last of them ends, however it ends; what was
    said above it stays. Whatever else writes to standard error meanwhile appears above it too.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._live: Live | None = None
        self._scopes = 0
        self._phases: list[RunningPhase] = []
        self._tally: Tally | None = None
        self._cell: _Cell | None = None

    @contextmanager
    def cells(self, total: int | None = None) -> Iterator[None]:
        """The whole command; the display stays between its cells."""
        self._tally = Tally(total)
        self._scopes += 1
        try:
            yield
        finally:
            self._closed()
            self._tally = None

    def expect(self, total: int | None) -> None:
        """So many cells there will be; None where nobody knows."""
        if self._tally is not None:
            self._tally.total = total

    @contextmanager
    def cell(self, name: str) -> Iterator[Ended]:
        """One cell; one that does not say how it ended, because it was interrupted, is not counted."""
        cell = self._cell = _Cell(name)

        def ended(status: str) -> None:
            if self._tally is not None:
                self._tally.ended(status, time.monotonic() - cell.started)

        try:
            self._opened()
            yield ended
        finally:
            self._cell = None
            self._closed()

    def count(self, status: str) -> None:
        """One more of the cells of all."""
        if self._tally is not None:
            self._tally.counts[status] = self._tally.counts.get(status, 0) + 1

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """A bar that disappears when the phase ends."""
        running = RunningPhase(name, total, unit)
        self._phases.append(running)

        def advance(done: int, doing: str = "") -> None:
            running.advance(done, doing, time.monotonic())

        try:
            self._opened()
            yield advance
        finally:
            self._phases.remove(running)
            self._closed()

    def stage(self, name: str) -> None:
        """The cell's next phase begins; how long the one before took stays on display."""
        if self._cell is not None:
            self._cell.stages.append((name, time.monotonic()))

    def note(self, message: str) -> None:
        """A dim line above the display."""
        line = f"{time.strftime('%H:%M:%S')} {message}"
        self._console.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)

    def complain(self, message: str) -> None:
        """A line above the display."""
        self._console.print(message, highlight=False, markup=False, soft_wrap=True)

    def shown(self) -> Group:
        """What stands at the bottom of the terminal now."""
        now, cell, tally = time.monotonic(), self._cell, self._tally
        rows = [(phase.name, phase.done, phase.total, phase.told(now)) for phase in tuple(self._phases)]
        # Of a single cell there is nothing to count.
        if tally is not None and (tally.total is None or tally.total > 1):
            told = tally.told(now, now - cell.started if cell else 0.0)
            rows.append(("cells", tally.n_ended, tally.total or 0, told))
        grid = Table.grid(padding=(0, 1))
        for least in (_NAME_WIDTH, _BAR_WIDTH, None):
            grid.add_column(no_wrap=True, overflow="ellipsis", min_width=least)
        for name, done, total, told in rows:
            # Nobody knows how far a command is whose cells are not counted yet; its bar would be full, or empty.
            bar = ProgressBar(total, min(done, total), width=_BAR_WIDTH) if total else Text()
            grid.add_row(Text(name, style="bold"), bar, Text(told))
        line = [Text(cell.told(now), no_wrap=True, overflow="ellipsis")] if cell else []
        return Group(*line, grid)

    def _opened(self) -> None:
        self._scopes += 1
        if self._live is None:
            self._live = Live(
                console=self._console,
                get_renderable=self.shown,
                refresh_per_second=_REFRESHES_PER_SECOND,
                transient=True,
                redirect_stdout=sys.stdout.isatty(),  # what goes into a file or a pipe goes there
                redirect_stderr=True,
            )
            _show_cursor_when_terminated()
            self._live.start()

    def _closed(self) -> None:
        self._scopes -= 1
        if self._scopes == 0 and self._live is not None:
            live, self._live = self._live, None
            live.stop()
            _leave_termination_to_the_system()


class _Cell:
    """The cell under way and when each of its phases began."""

    def __init__(self, name: str) -> None:
        self.name, self.started = name, time.monotonic()
        self.stages: list[tuple[str, float]] = []

    def told(self, now: float) -> str:
        stages = tuple(self.stages)
        ends = (*(began for _, began in stages[1:]), now)
        spent = [f"{name} {clock(end - began)}" for (name, began), end in zip(stages, ends, strict=False)]
        return " · ".join([self.name, *spent])


def _show_cursor_when_terminated() -> None:
    """The display hides the cursor; who terminates the process, as a job scheduler does, must not lose it."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminated)


def _leave_termination_to_the_system() -> None:
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is _terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminated(number: int, _frame: FrameType | None) -> None:
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _SHOW_CURSOR)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
