"""Records onto disk, whole or not at all; the path is the identity."""

from __future__ import annotations

import dataclasses
import os
import re
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

from embedbench.errors import DataError
from embedbench.files.durable import make_folder, written_whole
from embedbench.fingerprint import fingerprint
from embedbench.results.plain_json import to_text
from embedbench.results.predictions import FILE_NAME as PREDICTIONS
from embedbench.results.predictions import Predictions, belong
from embedbench.results.reading import RECORD as RECORD
from embedbench.results.reading import read_record
from embedbench.results.schema import Record, Status


def cell_folder(results: Path, extractor: str, task: str, probe: str, identity: str) -> Path:
    """Where the cell's record and predictions lie: `<extractor>/<task>/<probe>-<identity's first 12 digits>`.

    >>> cell_folder(Path("results"), "org/model", "upos", "linear", "0123456789abcdef").as_posix()
    'results/org_model-13a6d2/upos/linear-0123456789ab'
    """
    return results / _file_name(extractor) / _file_name(task) / f"{_file_name(probe)}-{identity[:12]}"


def _file_name(label: str) -> str:
    safe = re.sub(r"[^A-Za-z0-9._+=-]", "_", label)
    safe = "_" + safe if safe.startswith(".") or not safe else safe
    # Two labels that differ must not meet in one folder.
    return safe if safe == label else f"{safe}-{fingerprint(label)[:6]}"


def write_record(results: Path, record: Record, predictions: Predictions | None = None) -> Path:
    """Writes the cell and returns its folder.

    Each file appears whole or not at all, and the record last: a folder with a record is a finished cell. What was
    there before, such as the record of a failure, is replaced; a failure never replaces a finished cell.

    Raises:
        DataError: the folder belongs to another cell whose identity begins alike.
        OSError: the disk is full or the folder cannot be written; what was there before is still there.
    """
    folder = cell_folder(results, record.extractor, record.task, record.probe, record.identity)
    before = _record_there(folder)
    if before is not None and before.identity != record.identity:
        raise DataError(f"{folder} holds the cell {before.identity}, not {record.identity}; write to other results")
    if record.status == Status.FAILED and before is not None and before.status == Status.DONE:
        return folder
    make_folder(folder)
    _sweep(folder)
    record = dataclasses.replace(record, predictions=None if predictions is None else PREDICTIONS)
    packed = None
    if predictions is not None:
        stream = BytesIO()
        predictions.frame().write_parquet(stream, compression="zstd")
        packed = stream.getvalue()
    text = to_text(record, packed)
    if packed is not None:
        with _atomically(folder / PREDICTIONS) as path:
            path.write_bytes(packed)
    with _atomically(folder / RECORD) as path:
        path.write_bytes(text)
    return folder


def finished(folder: Path) -> Record | None:
    """The record of a cell that need not run again; None if it is absent, failed, damaged or lacks its predictions."""
    record = _record_there(folder)
    if record is None or record.status != Status.DONE:
        return None
    if record.predictions is None:
        return record
    try:
        return None if belong(folder, (folder / record.predictions).read_bytes()) is False else record
    except OSError:
        return None


def _record_there(folder: Path) -> Record | None:
    try:
        return read_record(folder / RECORD)
    except (DataError, OSError):
        return None


def _atomically(path: Path) -> AbstractContextManager[Path]:
    """A path to write to; what was written takes the final name only when it is on the disk."""
    return written_whole(path, path.with_name(f".{path.name}.{os.getpid()}.partial"))


def _sweep(folder: Path) -> None:
    """Removes what killed processes left half-written; a process that still runs keeps its own."""
    for partial in folder.glob(".*.partial"):
        pid = partial.name.split(".")[-2]
        if pid.isdigit() and not _runs(int(pid)):
            partial.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
