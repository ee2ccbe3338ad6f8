"""Records from disk, many folders at once; a file that cannot be read is named and costs nothing else."""

from __future__ import annotations

import contextlib
import gc
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from embedbench.errors import ConfigurationError, DataError
from embedbench.results.schema import Record, Score, from_json, selectivity

RECORD = "record.json"
"""The file of a cell."""


@dataclass(frozen=True)
class Problem:
    """A file that is not a readable record, and why."""

    path: Path
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


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
    folders: tuple[Path, ...] = ()


def read_record(path: Path) -> Record:
    """The record in a file.

    Raises:
        DataError: the file is half-written, foreign, or of a newer schema.
        OSError: it cannot be read.
    """
    try:
        plain = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"this is not JSON, it may be half-written: {error}") from error
    return from_json(plain)


def read_records(*folders: Path | str) -> Results:
    """The records in and below these folders, in the order of the folders and of the paths in them.

    A folder may be a tree of results, or the folder of one cell. A cell found twice is kept once.

    Raises:
        ConfigurationError: a folder does not exist.
    """
    records: dict[Path, Record] = {}
    problems: dict[Path, Problem] = {}
    with _without_garbage_collection():
        _read_into(records, problems, map(Path, folders))
    return Results(tuple(records.values()), tuple(problems.values()), tuple(path.parent for path in records))


def _read_into(records: dict[Path, Record], problems: dict[Path, Problem], folders: Iterable[Path]) -> None:
    for folder in folders:
        if not folder.is_dir():
            raise ConfigurationError(f"there is no folder of results at {folder}; `embedbench run` makes one")
        for path in record_files(folder):
            key = path.resolve()
            try:
                records.setdefault(key, read_record(path))
            except (DataError, OSError) as error:
                problems.setdefault(key, Problem(path, str(error)))


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


def record_files(folder: Path) -> Iterator[Path]:
    """The paths of the records in and below a folder, in order; nothing is read."""
    for parent, below, files in os.walk(folder):
        below.sort()
        if RECORD in files:
            yield Path(parent) / RECORD


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
    kind, _, number = score.mix.partition(":")
    return int(number) if kind in ("single", "cumulative", "top_down") and number.isdigit() else None
