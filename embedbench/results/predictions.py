"""The predictions of a cell as a Parquet table: one row per target, one column per member."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Bool, Int64, Real

from embedbench.errors import DataError
from embedbench.files.hdf5 import first_line
from embedbench.files.walking import comes_to_an_end
from embedbench.results.archive import ArchiveFolder, Folder
from embedbench.results.checksums import vouches
from embedbench.results.schema import PREDICTIONS

FILE_NAME = PREDICTIONS

SENTENCE = "sentence"
"""The column of sentences; only where clusters are made of several."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What every member said about every test target.

    Attributes:
        clusters: of each target, what the statistics resample.
        gold: the gold labels or scores, by label column (`task`, `control`).
        members: the predicted labels or scores, by `member_column`.
        subsets: the targets of every subset, by its name.
        targets: the number of each target in the task, ascending; None where none was left out.
        sentences: of each target, where clusters are made of several; None: a cluster is a sentence.
    """

    clusters: Int64[np.ndarray, "targets"]
    gold: Mapping[str, Real[np.ndarray, "targets"]]
    members: Mapping[str, Real[np.ndarray, "targets"]]
    subsets: Mapping[str, Bool[np.ndarray, "targets"]] = field(default_factory=dict)
    targets: Int64[np.ndarray, "targets"] | None = None
    sentences: Int64[np.ndarray, "targets"] | None = None

    def __post_init__(self) -> None:
        numbers = {"target": self.targets, SENTENCE: self.sentences}
        given = {name: column for name, column in numbers.items() if column is not None}
        columns: dict[str, np.ndarray] = {**self.gold, **self.members, **self.subsets, **given}
        for name, column in columns.items():
            if len(column) != len(self.clusters):
                raise DataError(f"{name!r} has {len(column)} predictions for {len(self.clusters)} targets")

    def frame(self) -> pl.DataFrame:
        """The columns target, cluster (and sentence), gold (and gold|control), one per member, then `subset|NAME`."""
        gold = {"gold" if labels == "task" else f"gold|{labels}": column for labels, column in self.gold.items()}
        columns = {**gold, **self.members}
        return pl.DataFrame(
            {
                "target": np.arange(len(self.clusters)) if self.targets is None else self.targets,
                "cluster": self.clusters,
                **({} if self.sentences is None else {SENTENCE: self.sentences}),
                **{name: _narrow(column) for name, column in columns.items()},
                **{subset_column(name): column for name, column in self.subsets.items()},
            }
        )


def member_column(mix: str, labels: str, seed: int) -> str:
    """The column of a member's predictions.

    >>> member_column("single:3", "task", 0)
    'single:3|task|0'
    """
    return f"{mix}|{labels}|{seed}"


def subset_column(name: str) -> str:
    """The column that tells which targets are in a subset.

    >>> subset_column("unseen")
    'subset|unseen'
    """
    return f"subset|{name}"


def sentences_of(frame: pl.DataFrame) -> Int64[np.ndarray, "targets"] | None:
    """The sentence of every target of these predictions; None where its cluster is one."""
    return frame[SENTENCE].to_numpy().astype(np.int64) if SENTENCE in frame.columns else None


def _narrow(column: np.ndarray) -> np.ndarray:
    """Labels in 32 bits; scores as they are."""
    return column.astype(np.int32) if np.issubdtype(column.dtype, np.integer) else column.astype(np.float64)


MAX_CELLS = 1 << 29
"""Values in the predictions of a cell: a small Parquet file can stand for a huge table."""

_FREE_CELLS = 1 << 25
_CELLS_PER_BYTE = 128
"""So many values any file may hold (256 MiB), and beyond it so many for each of its bytes."""

RECORD = "record.json"
"""The file of a cell."""


def read_predictions(folder: Folder, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The predictions beside a record; of these columns alone, if any are named.

    Raises:
        DataError: they are missing or damaged, or not those that the record was written with.
    """
    place = f"{folder}/{FILE_NAME}"
    if isinstance(folder, ArchiveFolder):
        content = folder.read(FILE_NAME)
    else:
        try:
            content = (folder / FILE_NAME).read_bytes()
        except FileNotFoundError:
            raise DataError(f"{place} is missing: the cell left no predictions; run it again") from None
        if belong(folder, content) is False:
            raise DataError(
                f"{place} is damaged: its checksum is not the one in the record; delete its folder and run the cell "
                "again"
            )
    try:
        _check_size(place, content)
        if not belong(folder, content) and not _is_readable(content):
            raise DataError(
                f"{place} is damaged: the library that reads it crashes; delete its folder and run the cell again"
            )
        return pl.read_parquet(BytesIO(content), columns=list(columns) if columns else None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise DataError(
            f"{place} is damaged ({first_line(error)}); delete its folder and run the cell again"
        ) from error


def belong(folder: Folder, predictions: bytes) -> bool | None:
    """Whether these are the bytes that the record in the folder was written with; None where it does not tell."""
    try:
        if isinstance(folder, ArchiveFolder):
            return vouches(folder.read(RECORD)[-64:], predictions)
        with open(folder / RECORD, "rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - 64))
            return vouches(stream.read(), predictions)
    except (FileNotFoundError, DataError):
        return None


def _is_readable(content: bytes) -> bool:
    """Whether a process of its own survives reading it: older or foreign files may be damaged in any way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, FILE_NAME)
        path.write_bytes(content)
        return comes_to_an_end(path, "parquet")


def _check_size(place: str, content: bytes) -> None:
    """Refuses what is no table of numbers, and what would take more memory than such a file honestly holds."""
    table = pl.scan_parquet(BytesIO(content))
    kinds = table.collect_schema()
    plain = all(kind.is_numeric() or kind == pl.Boolean for kind in kinds.dtypes())
    n = table.select(pl.len()).collect().item()
    most = min(MAX_CELLS, _FREE_CELLS + _CELLS_PER_BYTE * len(content))
    if not plain or n * len(kinds) > most:
        raise DataError(f"{place} has {n:,} rows of {len(kinds):,} columns; at most {most:,} numbers are read")
