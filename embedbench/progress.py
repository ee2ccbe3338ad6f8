"""How long work tells that it moves on, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, runtime_checkable


@runtime_checkable
class Advance(Protocol):
    """What a running phase is told by the work."""

    def __call__(self, done: int, /, doing: str = "") -> None:
        """So many units were done since the last call; `doing` is under way now, such as `members training: 61`."""
        ...


@runtime_checkable
class Progress(Protocol):
    """Something that shows progress: a live display on a terminal, plain lines in a log, or nothing."""

    def phase(self, name: str, total: int, unit: str) -> AbstractContextManager[Advance]:
        """A running phase of `total` units; call what it yields with the units done since the last call."""
        ...

    def stage(self, name: str) -> None:
        """A cell's next phase, as its record will call it, begins: `data`, `extraction`, `probing`, `scoring`, …."""
        ...

    def note(self, message: str) -> None:
        """One line for the reader, such as a size estimate."""
        ...


class SilentProgress:
    """Progress that shows nothing."""

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """A phase that nobody watches."""
        yield _unheard

    def stage(self, name: str) -> None:
        """Says nothing."""

    def note(self, message: str) -> None:
        """Says nothing."""


def _unheard(done: int, doing: str = "") -> None:
    """Progress that nobody listens to."""
