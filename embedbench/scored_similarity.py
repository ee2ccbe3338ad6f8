"""From the vectors of two spans per target to the scores of a record: graded similarity; nothing is trained."""

from __future__ import annotations

import numpy as np

from embedbench.cells import Cell
from embedbench.results.predictions import Predictions, member_column
from embedbench.scored import Scored, fixed_mixes, scores_by_mix
from embedbench.scoring.metric import MetricContext
from embedbench.types import TaskSplit, WordVectors


def score_similarities(cell: Cell, split: TaskSplit, vectors: WordVectors) -> Scored:
    """The scores of a task that trains nothing: similarities of the spans' vectors against graded judgements.

    Learned mixes have nothing to learn from here and are left out.

    Raises:
        ConfigurationError: every mix asked for is a learned one.
    """
    from embedbench.probing.similarity import similarities

    mixes = fixed_mixes(cell, vectors.n_layers)
    predicted = similarities(vectors, split, mixes)
    gold = np.asarray(split.labels, np.float64)
    by_mix = {mix.label: predicted[row][None] for row, mix in enumerate(mixes)}
    columns = {member_column(label, "task", 0): rows[0] for label, rows in by_mix.items()}
    context = MetricContext(split.clusters, cell.task.label_names)
    return Scored(
        scores=tuple(scores_by_mix(cell, cell.task.meta.metric, gold, by_mix, context)),
        predictions=Predictions(split.clusters, {"task": gold}, columns),
    )
