"""From predictions to the rows of a record, for any metric."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Real

from embedbench.cells import Cell
from embedbench.results.schema import Score
from embedbench.scoring.intervals import Bootstrap, estimates
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.types import Split


def score_rows(
    cell: Cell,
    name: str,
    gold: Real[np.ndarray, "targets"],
    rows: Mapping[str, Real[np.ndarray, "_ targets"]],
    context: MetricContext,
    extractor: str = "",
) -> list[Score]:
    """One score of the test split per item of `rows`, which is called by its mix and holds a row per seed.

    Args:
        cell: whose extractor and resamples.
        name: of the metric.
        gold: of every target.
        rows: by mix.
        context: clusters and label names.
        extractor: the name of a baseline; empty: that of the cell's extractor.
    """
    found = estimates(metric(name), gold, list(rows.values()), context, Bootstrap(resamples=cell.resamples))
    return [
        Score(
            extractor=extractor or cell.extractor.name,
            mix=mix,
            labels="task",
            split=Split.TEST.value,
            metric=name,
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            n=estimate.n,
            clusters=estimate.clusters,
            seeds=estimate.seeds,
            per_seed=estimate.per_seed,
        )
        for mix, estimate in zip(rows, found, strict=True)
    ]
