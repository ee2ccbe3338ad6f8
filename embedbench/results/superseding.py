"""A cell that succeeds clears what its own earlier failures left."""

from __future__ import annotations

import shutil
from pathlib import Path

from embedbench.errors import DataError
from embedbench.results.reading import read_record
from embedbench.results.schema import Record, Status
from embedbench.results.writing import RECORD, cell_folder


def remove_failures(results: Path, record: Record) -> None:
    """Removes the failure records of the same extractor, task and probe; finished cells are never touched."""
    folder = cell_folder(results, record.extractor, record.task, record.probe, record.identity)
    for path in folder.parent.glob(f"*/{RECORD}"):
        try:
            other = read_record(path)
        except (DataError, OSError):
            continue
        if other.status is Status.FAILED and other.probe == record.probe:
            shutil.rmtree(path.parent, ignore_errors=True)
