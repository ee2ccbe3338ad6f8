"""From the vectors of two spans per target to the scores of a record: graded similarity; nothing is trained."""

from __future__ import annotations

import numpy as np

from embedbench.cells import Cell
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.schema import LEFT_OUT
from embedbench.scored.scores import Scored, fixed_mixes, scores_by_mix
from embedbench.scored.unknown import AlignedVectors, has_unknown, refuse_none_left, unknown_rule
from embedbench.scoring.metric import MetricContext
from embedbench.tasks.suites import Unknown
from embedbench.types import TaskSplit


def score_similarities(cell: Cell, split: TaskSplit, vectors: AlignedVectors) -> Scored:
    """The scores of a task that trains nothing: similarities of the spans' vectors against graded judgements.

    Learned mixes have nothing to learn from here and are left out. A pair with an unknown word in one of its spans is
    left out, or has similarity 0, or that of the vectors it got, as the task's `unknown` says.

    Raises:
        ConfigurationError: every mix asked for is a learned one.
        DataError: unknown words leave no pair.
    """
    from embedbench.probing.similarity import similarities

    rule = unknown_rule(cell)
    unknown = has_unknown(split.spans, vectors).any(axis=1)
    kept = np.flatnonzero(~unknown) if rule is Unknown.skip else np.arange(len(split))
    refuse_none_left(cell, split, len(kept))
    asked = TaskSplit(split.corpus, split.spans[kept], split.labels[kept], split.clusters[kept])
    mixes = fixed_mixes(cell, vectors.n_layers)
    predicted = similarities(vectors, asked, mixes)
    if rule is Unknown.wrong:
        predicted[:, unknown] = 0.0
    gold = np.asarray(asked.labels, np.float64)
    by_mix = {mix.label: predicted[row][None] for row, mix in enumerate(mixes)}
    columns = {member_column(label, "task", 0): rows[0] for label, rows in by_mix.items()}
    context = MetricContext(asked.clusters, cell.task.label_names)
    return Scored(
        scores=tuple(scores_by_mix(cell, cell.task.meta.metric, gold, by_mix, context)),
        predictions=Predictions(asked.clusters, {"task": gold}, columns, targets=kept.astype(np.int64)),
        account={
            "pairs": len(split),
            "pairs_with_unknown_word": int(unknown.sum()),
            LEFT_OUT: len(split) - len(asked),
        },
    )
