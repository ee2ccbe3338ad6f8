"""What a results folder holds at this moment, made anew only when it has changed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from embedbench.fingerprint import fingerprint
from embedbench.report.content import content
from embedbench.report.options import ReportOptions
from embedbench.results.reading import read_records, record_files
from embedbench.results.running import running_cells
from embedbench.results.schema import Status

SECONDS = 3
"""How often a page asks whether anything has changed."""


class LiveResults:
    """The content of a page over folders that grow; safe to be asked by several threads."""

    def __init__(self, folders: Sequence[Path], options: ReportOptions) -> None:
        self._folders = tuple(folders)
        self._options = options
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None

    def state(self) -> dict[str, str]:
        """A fingerprint of what there is, and one line about it; cheap: no record is read."""
        files = [
            (str(path), stat.st_mtime_ns, stat.st_size)
            for folder in self._folders
            if folder.is_dir()
            for _, path in record_files(folder)
            for stat in [path.stat()]
        ]
        running = running_cells(*self._folders)
        state = fingerprint(files, [[cell.extractor, cell.task, cell.started, cell.lost] for cell in running])
        return {"state": state, "told": f"{len(files):,} records, {sum(not cell.lost for cell in running)} running"}

    def content(self) -> dict[str, Any]:
        """The page's data with the cells under way."""
        with self._lock:
            state = self.state()["state"]
            if self._known is None or self._known["state"] != state:
                self._known = self._made(state)
            return self._known

    def _made(self, state: str) -> dict[str, Any]:
        results = read_records(*(folder for folder in self._folders if folder.is_dir()))
        running = running_cells(*self._folders)
        counts = Counter(record.status for record in results.records)
        alive = [cell for cell in running if not cell.lost]
        told = (
            f"{counts[Status.DONE]:,} finished, {counts[Status.FAILED]:,} failed, {len(alive):,} running"
            + (f", {len(running) - len(alive):,} died without a word" if len(running) > len(alive) else "")
            + "."
        )
        rows = [
            [f"{cell.extractor} × {cell.task}", "died" if cell.lost else f"running since {cell.started[11:19]} UTC"]
            for cell in running
        ]
        return {
            **content(results, self._options),
            "live": SECONDS,
            "state": state,
            "progress": {"told": told, "running": rows},
        }
