"""Two cells' predictions on the same targets with the same seeds, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from jaxtyping import Real

from embedbench.errors import DataError
from embedbench.reporting.common_targets import common_targets, in_subset
from embedbench.results.archive import Folder
from embedbench.results.predictions import member_column, read_predictions, sentences_of
from embedbench.results.schema import Record, cluster_unit
from embedbench.scoring.metric import Metric, MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.subsets import WHOLE

_KEPT = 4
"""Predictions that are kept in memory: one cell is often compared with many in turn."""


@dataclass(frozen=True, eq=False)
class Pair:
    """What a paired test needs.

    Attributes:
        metric: of the task.
        gold: labels or scores.
        first: predictions of the first cell, a row per seed.
        second: of the second, the same seeds in the same order.
        context: clusters and label names.
        left_out: targets that only the first, only the second has.
    """

    metric: Metric
    gold: Real[np.ndarray, "targets"]
    first: Real[np.ndarray, "seeds targets"]
    second: Real[np.ndarray, "seeds targets"]
    context: MetricContext
    left_out: tuple[int, int]


class PairedPredictions:
    """The predictions of pairs of cells, by where each record lies."""

    def __init__(self, folders: Mapping[str, Folder]) -> None:
        self._read = lru_cache(maxsize=_KEPT)(lambda identity: read_predictions(folders[identity]))

    def pair(self, records: tuple[Record, Record], mixes: tuple[str, str], labels: str, subset: str = WHOLE) -> Pair:
        """Both cells' predictions with these mixes on the targets that both have.

        Raises:
            DataError: they were not tested on the same targets or not with the same seeds, or predictions are missing.
        """
        first, second = records
        units = [cluster_unit(record) for record in records]
        if units[0] != units[1]:
            raise DataError(
                f"the clusters of one cell are {units[0]}s and those of the other {units[1]}s; "
                "run both with the same task.clusters"
            )
        if first.fingerprints.get("task") != second.fingerprints.get("task"):
            raise DataError("the two cells stand on different versions of the task")
        frames, left_out = common_targets(records, [self._read(record.identity) for record in records])
        if subset != WHOLE:
            frames = [in_subset(frame, subset) for frame in frames]
        gold_name = "gold" if labels == "task" else f"gold|{labels}"
        for column in ("cluster", gold_name):
            if any(column not in frame.columns for frame in frames):
                raise DataError(f"a cell has no column {column!r} in its predictions")
            if not frames[0][column].equals(frames[1][column]):
                raise DataError("the two cells were not tested on the same targets: another limit, or other data")
        gold, clusters = frames[0][gold_name].to_numpy(), frames[0]["cluster"].to_numpy().astype(np.int64)
        predictions = _paired_seeds(frames, mixes, labels)
        n_labels = 1 + int(max(gold.max(), *(rows.max() for rows in predictions)))
        names = first.label_names or second.label_names
        if not names and first.metric == "span_f1":
            raise DataError(
                "the records are older than their label names, which span_f1 needs; delete and run them again"
            )
        context = MetricContext(clusters, names or tuple(map(str, range(n_labels))), sentences=sentences_of(frames[0]))
        return Pair(metric(first.metric), gold, predictions[0], predictions[1], context, left_out)


def _paired_seeds(
    frames: Sequence[pl.DataFrame], mixes: tuple[str, str], labels: str
) -> list[Real[np.ndarray, "seeds targets"]]:
    """The predictions of both, a row per seed; the same seeds in the same order."""
    prefixes = [member_column(mix, labels, 0)[:-1] for mix in mixes]
    seeds = [
        {column.removeprefix(prefix) for column in frame.columns if column.startswith(prefix)}
        for frame, prefix in zip(frames, prefixes, strict=True)
    ]
    if seeds[0] != seeds[1] or not seeds[0]:
        told = [", ".join(sorted(of_one)) or "none" for of_one in seeds]
        raise DataError(f"the two cells have the seeds {told[0]} and {told[1]}; run both with the same seeds")
    order = sorted(seeds[0], key=int)
    return [
        np.stack([frame[f"{prefix}{seed}"].to_numpy() for seed in order])
        for frame, prefix in zip(frames, prefixes, strict=True)
    ]
