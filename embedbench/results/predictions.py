"""The predictions of a cell as a Parquet table: one row per target, one column per member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import polars as pl
from jaxtyping import Bool, Int64, Real

from embedbench.errors import DataError
from embedbench.results.archive import ArchiveFolder, Folder

FILE_NAME = "predictions.parquet"


@dataclass(frozen=True, eq=False)
class Predictions:
    """What every member said about every test target.

    Attributes:
        clusters: the sentence of each target.
        gold: the gold labels or scores, by label column (`task`, `control`).
        members: the predicted labels or scores, by `member_column`.
        subsets: the targets of every subset, by its name.
        targets: the number of each target in the task, ascending; None where none was left out.
    """

    clusters: Int64[np.ndarray, "targets"]
    gold: Mapping[str, Real[np.ndarray, "targets"]]
    members: Mapping[str, Real[np.ndarray, "targets"]]
    subsets: Mapping[str, Bool[np.ndarray, "targets"]] = field(default_factory=dict)
    targets: Int64[np.ndarray, "targets"] | None = None

    def __post_init__(self) -> None:
        numbers = {} if self.targets is None else {"target": self.targets}
        columns: dict[str, np.ndarray] = {**self.gold, **self.members, **self.subsets, **numbers}
        for name, column in columns.items():
            if len(column) != len(self.clusters):
                raise DataError(f"{name!r} has {len(column)} predictions for {len(self.clusters)} targets")

    def frame(self) -> pl.DataFrame:
        """The columns target, cluster, gold (and gold|control), one per member, then `subset|NAME`."""
        gold = {"gold" if labels == "task" else f"gold|{labels}": column for labels, column in self.gold.items()}
        columns = {**gold, **self.members}
        return pl.DataFrame(
            {
                "target": np.arange(len(self.clusters)) if self.targets is None else self.targets,
                "cluster": self.clusters,
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


def _narrow(column: np.ndarray) -> np.ndarray:
    """Labels in 32 bits; scores as they are."""
    return column.astype(np.int32) if np.issubdtype(column.dtype, np.integer) else column.astype(np.float64)


MAX_CELLS = 1 << 29
"""Values in the predictions of a cell that comes in a bundle: a small Parquet file can stand for a huge table."""


def read_predictions(folder: Folder, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The predictions beside a record; of these columns alone, if any are named.

    Raises:
        DataError: they are missing or damaged.
    """
    if isinstance(folder, ArchiveFolder):
        whole = _from_bundle(folder)
        return whole.select(columns) if columns else whole
    path = folder / FILE_NAME
    try:
        return pl.read_parquet(path, columns=list(columns) if columns else None)
    except FileNotFoundError:
        raise DataError(f"{path} is missing: the cell left no predictions; run it again") from None
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path} is damaged ({error}); delete its folder and run the cell again") from error


def _from_bundle(folder: ArchiveFolder) -> pl.DataFrame:
    content = folder.read(FILE_NAME)
    try:
        table = pl.scan_parquet(BytesIO(content))
        kinds = table.collect_schema()
        plain = all(kind.is_numeric() or kind == pl.Boolean for kind in kinds.dtypes())
        n = table.select(pl.len()).collect().item()
        if not plain or n * len(kinds) > MAX_CELLS:
            raise DataError(
                f"{folder}/{FILE_NAME} has {n:,} rows of {len(kinds):,} columns; at most {MAX_CELLS:,} numbers are read"
            )
        return pl.read_parquet(BytesIO(content))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{folder}/{FILE_NAME} is damaged ({error})") from error
