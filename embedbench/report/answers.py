"""What the extractors of one task answered, target by target, as far as they answered the same targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Int64, Real

from embedbench.errors import DataError
from embedbench.report.shown import ShownCell
from embedbench.results.predictions import SENTENCE, member_column, read_predictions, sentences_of
from embedbench.results.schema import class_names, cluster_unit
from embedbench.types import ClusterUnit


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one task's cells to the same test targets.

    Attributes:
        cells: whose answers are known, the best first.
        gold: the right answers.
        clusters: of every target, what the statistics resample.
        targets: the number of every target in the task.
        predicted: of every cell, a row per seed.
        left: the other cells, each with the reason why its answers are not here.
        sentences: of every target, where clusters are made of several; None: a cluster is a sentence.
    """

    cells: tuple[ShownCell, ...]
    gold: Real[np.ndarray, "targets"]
    clusters: Int64[np.ndarray, "targets"]
    targets: Int64[np.ndarray, "targets"]
    predicted: tuple[Real[np.ndarray, "_ targets"], ...]
    left: Mapping[str, str]
    sentences: Int64[np.ndarray, "targets"] | None = None

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels that the numbers stand for; empty where the answers are no labels."""
        return class_names(self.cells[0].record) if self.cells else ()


def read_answers(cells: Sequence[ShownCell]) -> Answers:
    """The answers of these cells of one task; the first that can be read says which targets are asked.

    A cell that was tested on other targets is left out with the reason: it is another test.
    """
    read: list[tuple[ShownCell, np.ndarray]] = []
    left: dict[str, str] = {}
    first: pl.DataFrame | None = None
    for cell in cells:
        try:
            frame, seeds = _read(cell)
        except DataError as error:
            left[cell.row] = str(error)
            continue
        if first is not None and not _same_targets(first, frame):
            left[cell.row] = "it was tested on other targets"
            continue
        first = frame if first is None else first
        read.append((cell, frame.select(seeds).to_numpy().T))
    if first is None:
        nothing = np.zeros(0, np.int64)
        return Answers((), nothing, nothing, nothing, (), left)
    return Answers(
        cells=tuple(cell for cell, _ in read),
        gold=first["gold"].to_numpy(),
        clusters=first["cluster"].to_numpy().astype(np.int64),
        targets=first["target"].to_numpy().astype(np.int64),
        predicted=tuple(np.ascontiguousarray(rows) for _, rows in read),
        left=left,
        sentences=sentences_of(first),
    )


def _read(cell: ShownCell) -> tuple[pl.DataFrame, list[str]]:
    """The columns that are needed, and the names of those of the seeds."""
    if cell.score is None or cell.record.predictions is None:
        raise DataError("it has no predictions")
    seeds = [member_column(cell.score.mix, "task", seed) for seed in _seeds(cell)]
    try:
        finer = [SENTENCE] if cluster_unit(cell.record) == ClusterUnit.document.value else []
        return read_predictions(cell.folder, ["target", "cluster", *finer, "gold", *seeds]), seeds
    except DataError as error:  # its sentence names a folder of this machine, which is nobody else's business
        raise DataError("its predictions are missing or damaged") from error


def _seeds(cell: ShownCell) -> list[int]:
    assert cell.score is not None
    mix = cell.score.mix
    known = sorted({m.seed for m in cell.record.training if (m.mix, m.labels) == (mix, "task")})
    return known or list(range(cell.score.seeds))


def _same_targets(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one.height == other.height and all(one[name].equals(other[name]) for name in ("target", "cluster", "gold"))
