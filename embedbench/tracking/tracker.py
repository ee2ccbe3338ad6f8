"""What a tracker is: told of every finished cell once its record is on disk, and free to fail."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from embedbench.results.schema import Record


@runtime_checkable
class Tracker(Protocol):
    """Keeps finished cells in some other program's form.

    A tracker is a frozen dataclass whose fields are its typed options, registered with `@register("tracker", NAME)`.
    It changes no number and is no part of a cell: records do not name it.
    """

    def ready(self) -> None:
        """Looks whether cells can be told, before any is measured.

        Raises:
            MissingExtraError: its library is not installed.
        """
        ...

    def track(self, record: Record, folder: Path) -> bool:
        """Keeps one finished cell whose record and predictions lie in the folder; may raise anything.

        Returns:
            Whether the cell is new to it; a cell that it holds already, told by `record.identity`, is left as it is.
        """
        ...
