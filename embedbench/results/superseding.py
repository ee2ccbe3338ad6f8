"""A cell that succeeds clears what its own earlier failures left."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedbench.errors import DataError
from embedbench.results.reading import read_record
from embedbench.results.schema import Record, Status
from embedbench.results.writing import RECORD, cell_folder

_WHERE_AND_HOW = ("results", "paths", "runtime")
"""Parts of a configuration that say nothing about which cell it is."""


def remove_failures(results: Path, record: Record, config: Mapping[str, Any]) -> None:
    """Removes this very cell's failure records, told by the configuration; other cells are never touched.

    A failure under a mended configuration (another file, another option) is another cell and stays, until its folder is
    removed; `files` are the exception, since a wrong path is what one mends.
    """
    wanted = _cell_of(config)
    folder = cell_folder(results, record.extractor, record.task, record.probe, record.identity)
    for path in folder.parent.glob(f"*/{RECORD}"):
        try:
            other = read_record(path)
        except (DataError, OSError):
            continue
        if other.status is Status.FAILED and _cell_of(other.config) == wanted:
            shutil.rmtree(path.parent, ignore_errors=True)


def _cell_of(config: Mapping[str, Any]) -> dict[str, Any]:
    cell = {key: value for key, value in config.items() if key not in _WHERE_AND_HOW}
    if isinstance(cell.get("task"), Mapping):
        cell["task"] = {key: value for key, value in cell["task"].items() if key != "files"}
    return cell
