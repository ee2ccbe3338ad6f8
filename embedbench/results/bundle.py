"""A bundle: records with their predictions, and all that others need to check and to rerun them, in one file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from embedbench import __version__
from embedbench.environment import installed
from embedbench.errors import DataError
from embedbench.results.archive import ArchiveFolder, Folder, write_archive
from embedbench.results.plain_json import to_text
from embedbench.results.predictions import FILE_NAME as PREDICTIONS
from embedbench.results.reading import RECORD
from embedbench.results.rerun_text import rerun_text
from embedbench.results.schema import Record
from embedbench.results.writing import cell_folder

MANIFEST = "manifest.json"
LOCK = "environment.txt"
FINGERPRINTS = "fingerprints.json"
RERUN = "RERUN.md"
RECORDS = Path("records")

BUNDLE_VERSION = 1

_PATHS = {"data": "${oc.env:EMBEDBENCH_DATA,data}", "store": "${oc.env:EMBEDBENCH_CACHE,cache}"}
"""As in `conf/paths/default.yaml`: where things lie is for the machine to say that reruns."""

_HOME = "${oc.env:HOME}"
_STORE = "${paths.store}"


def write_bundle(path: Path, cells: Sequence[tuple[Record, Folder]], tables: Mapping[str, str]) -> tuple[str, ...]:
    """Writes the bundle; the same cells in the same environment give the same bytes.

    Args:
        path: the zip file.
        cells: records and where they lie.
        tables: further texts by file name, such as the comparison table.

    Returns:
        A sentence for everything that the bundle lacks for a rerun.

    Raises:
        DataError: a record's predictions are missing.
        OSError: the file cannot be written.
    """
    cells = sorted(cells, key=lambda cell: (_folder(cell[0]), cell[0].finished))
    # The same cell may lie in two folders of results; it is the same to the last digit but its times.
    unique = {_folder(record): (portable(record), folder) for record, folder in cells}
    texts = {
        **{name: text.encode() for name, text in tables.items()},
        LOCK: ("\n".join(installed()) + "\n").encode(),
        FINGERPRINTS: _json(_fingerprints(record for record, _ in unique.values())),
        RERUN: rerun_text([record for record, _ in unique.values()]).encode(),
    }
    sums: dict[str, str] = {}

    def files() -> Iterator[tuple[str, bytes]]:
        for name in sorted(texts):
            yield name, texts[name]
        for folder, (record, lies) in unique.items():
            yield f"{folder}/config.json", _json(record.config)
            predictions = None if record.predictions is None else _predictions(lies)
            yield f"{folder}/{RECORD}", to_text(record, predictions)
            if predictions is not None:
                yield f"{folder}/{PREDICTIONS}", predictions

    def summed() -> Iterator[tuple[str, bytes]]:
        for name, content in files():
            sums[name] = hashlib.sha256(content).hexdigest()
            yield name, content
        yield MANIFEST, _json({"bundle": BUNDLE_VERSION, "embedbench": __version__, "sha256": sums})

    path.parent.mkdir(parents=True, exist_ok=True)
    write_archive(path, summed())
    return tuple(_lacking(record for record, _ in unique.values()))


def portable(record: Record) -> Record:
    """The record without what is true of one machine only: folders of data, results and home, and tracebacks."""
    paths = record.config.get("paths")
    roots = {"${paths.data}": str(paths["data"])} if isinstance(paths, Mapping) and paths.get("data") else {}
    roots[_HOME] = str(Path.home())

    def moved(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: _STORE if _is_cache(key, item) else moved(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [moved(item) for item in value]
        if isinstance(value, str):
            for name, root in roots.items():
                if value == root or value.startswith(f"{root}/"):
                    return name + value[len(root) :]
        return value

    config = moved(record.config)
    if isinstance(paths, Mapping):
        config |= {"paths": dict(_PATHS), "results": "results/reproduced"}
    error = record.error
    if error is not None:
        message = error.message
        for name, root in roots.items():
            message = message.replace(f"{root}/", f"{name}/")
        error = dataclasses.replace(error, message=message, traceback="")
    return dataclasses.replace(record, config=config, error=error)


def _is_cache(option: str, value: Any) -> bool:
    """Whether an option names a folder that is filled anew wherever it is empty."""
    return option == "cache" and isinstance(value, str) and Path(value).is_absolute()


def _fingerprints(records: Iterable[Record]) -> dict[str, Any]:
    tasks: dict[str, list[dict[str, str]]] = {}
    extractors: dict[str, list[str]] = {}
    for record in records:
        prints = dict(record.fingerprints)
        own = prints.pop("extractor", None)
        if own is not None and own not in extractors.setdefault(record.extractor, []):
            extractors[record.extractor].append(own)
        if prints and prints not in tasks.setdefault(record.task, []):
            tasks[record.task].append(prints)
    return {"extractors": extractors, "tasks": tasks}


def _lacking(records: Iterable[Record]) -> Iterator[str]:
    named: dict[str, None] = {}
    empty = 0
    for record in records:
        empty += not record.config
        for value in _strings(record.config):
            if value.startswith(("/", _HOME)):
                named[value] = None
    if named:
        yield (
            f"a rerun elsewhere needs files that are not below the data folder: {', '.join(named)}; send them along, "
            "or put them below the folder EMBEDBENCH_DATA, run the cells again from there and export those"
        )
    if empty:
        yield f"{empty} records have no configuration, so they cannot be rerun"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def _folder(record: Record) -> str:
    return cell_folder(RECORDS, record.extractor, record.task, record.probe, record.identity).as_posix()


def _predictions(folder: Folder) -> bytes:
    if isinstance(folder, ArchiveFolder):
        return folder.read(PREDICTIONS)
    path = folder / PREDICTIONS
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} is missing: the cell lost its predictions; run it again") from None


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
