"""How long work tells that it moves on, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, runtime_checkable

Advance = Callable[[int], None]


@runtime_checkable
class Progress(Protocol):
    """Something that shows progress: a bar on a terminal, plain lines in a log, or nothing."""

    def phase(self, name: str, total: int, unit: str) -> AbstractContextManager[Advance]:
        """A running phase of `total` units; call what it yields with the units done since the last call."""
        ...

    def note(self, message: str) -> None:
        """One line for the reader, such as a size estimate."""
        ...


class SilentProgress:
    """Progress that shows nothing."""

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """A phase that nobody watches."""
        yield lambda _done: None

    def note(self, message: str) -> None:
        """Says nothing."""
