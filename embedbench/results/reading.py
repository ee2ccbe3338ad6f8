"""Records from disk, many folders at once; a file that cannot be read is named and costs nothing else."""

from __future__ import annotations

import contextlib
import gc
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from embedbench.errors import ConfigurationError, DataError, one_line
from embedbench.results.archive import Archive, Folder
from embedbench.results.plain_json import from_text
from embedbench.results.predictions import RECORD as RECORD
from embedbench.results.schema import Record, Score, selectivity

BUNDLE = ".zip"
"""The ending of a bundle."""


@dataclass(frozen=True)
class Problem:
    """A file that is not a readable record, and why."""

    path: Path | str
    what: str

    def __str__(self) -> str:
        return one_line(f"{self.path}: {self.what}")


@dataclass(frozen=True)
class Results:
    """Everything found below some folders.

    Attributes:
        records: by path.
        problems: what could not be read, by path.
        folders: where each record lies, in the order of the records.
    """

    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    folders: tuple[Folder, ...] = ()

    @property
    def folder_of(self) -> dict[str, Folder]:
        """Where the record of an identity lies."""
        return dict(zip((record.identity for record in self.records), self.folders, strict=True))


def read_record(path: Path) -> Record:
    """The record in a file.

    Raises:
        DataError: the file is half-written, damaged, foreign, or of a newer schema.
        OSError: it cannot be read.
    """
    try:
        return from_text(path.read_bytes(), str(path))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def read_records(*folders: Path | str) -> Results:
    """The records in and below these folders, in the order of the folders and of the paths in them.

    A folder may be a tree of results, the folder of one cell, or a bundle (`embedbench export`), which is read without
    being unpacked. A cell found twice is kept once.

    Raises:
        ConfigurationError: a folder or bundle does not exist.
        DataError: a bundle is no zip file, or something in it would be harmful to unpack.
    """
    found = _Found()
    with _without_garbage_collection():
        for folder in map(Path, folders):
            if folder.suffix == BUNDLE:
                _read_bundle(found, folder)
            elif folder.is_dir():
                for key, path in record_files(folder):
                    found.add(key, path.parent, folder / path.relative_to(folder.resolve()), path.read_bytes)
            else:
                raise ConfigurationError(f"there is no folder of results at {folder}; `embedbench run` makes one")
    places = tuple(folder for folder, _ in found.records.values())
    return Results(tuple(record for _, record in found.records.values()), tuple(found.problems.values()), places)


@dataclass
class _Found:
    records: dict[str, tuple[Folder, Record]] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)

    def add(self, key: str, folder: Folder, shown: Path | str, read: Callable[[], bytes]) -> None:
        try:
            self.records.setdefault(key, (folder, from_text(read(), str(shown))))
        except (DataError, OSError) as error:
            self.problems.setdefault(key, Problem(shown, str(error)))


def _read_bundle(found: _Found, path: Path) -> None:
    archive = Archive(path)
    for name in archive.names:
        folder, _, file = name.rpartition("/")
        if file == RECORD:
            found.add(f"{path.resolve()}:{name}", archive.folder(folder), f"{path}:{name}", partial(archive.read, name))


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Hundreds of thousands of small objects that all stay alive make every collection search in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def record_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What tells files apart, however they are reached, and their paths below the resolved folder."""
    for parent, below, files in os.walk(folder.resolve()):
        below.sort()
        if RECORD in files:
            path = Path(parent) / RECORD
            yield f"{path}" if not path.is_symlink() else f"{path.resolve()}", path


SCORE_COLUMNS: dict[str, Any] = {
    "extractor": pl.String,
    "task": pl.String,
    "mix": pl.String,
    "probe": pl.String,
    "metric": pl.String,
    "labels": pl.String,
    "split": pl.String,
    "subset": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
    "clusters": pl.Int64,
    "seeds": pl.Int64,
    "control": pl.Float64,
    "selectivity": pl.Float64,
    "layer": pl.Int64,
    "layer_name": pl.String,
    "baseline": pl.Boolean,
    "identity": pl.String,
    "task_fingerprint": pl.String,
    "finished": pl.String,
}
"""The columns of `frame`, in order."""


def frame(records: Iterable[Record]) -> pl.DataFrame:
    """One row per score and baseline of the finished and failed records (a failed one has no scores).

    `control` and `selectivity` are filled in for task scores whose control was scored; `layer` and `layer_name` for
    mixes `single:K`, `cumulative:K` and `top_down:K`. Baselines carry the probe `none` and stand once per record.
    """
    columns: dict[str, list[Any]] = {name: [] for name in SCORE_COLUMNS}
    for record in records:
        gained = selectivity(record)
        fingerprint = record.fingerprints.get("task", "")
        for baseline, scores in ((False, record.scores), (True, record.baselines)):
            for score in scores:
                own = None
                if score.labels == "task" and not baseline:
                    own = gained.get((score.mix, score.split, score.metric))
                layer = layer_of(score)
                known = layer is not None and layer < len(record.layer_names)
                row = (
                    score.extractor,
                    record.task,
                    score.mix,
                    "none" if baseline else record.probe,
                    score.metric,
                    score.labels,
                    score.split,
                    score.subset,
                    score.value,
                    score.low,
                    score.high,
                    score.n,
                    score.clusters,
                    score.seeds,
                    None if own is None else score.value - own,
                    own,
                    layer,
                    record.layer_names[layer] if known and layer is not None else None,
                    baseline,
                    record.identity,
                    fingerprint,
                    record.finished,
                )
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)
    return pl.DataFrame(columns, schema=SCORE_COLUMNS)


def layer_of(score: Score) -> int | None:
    """The K of the mixes `single:K`, `cumulative:K` and `top_down:K`."""
    found = _LAYERED.fullmatch(score.mix)
    return int(found[1]) if found else None


# At most nine digits: a file may hold a name with thousands of them, which is no layer and more than `int` takes.
_LAYERED = re.compile(r"(?:single|cumulative|top_down):([0-9]{1,9})")
