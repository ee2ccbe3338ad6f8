"""From graded pairs of sentences and stores to the scores of a record: train, predict grades, correlate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from embedbench.cells import Cell
from embedbench.errors import ContractError
from embedbench.measuring import Stopwatch
from embedbench.progress import Progress
from embedbench.scored.columns import Columns
from embedbench.scored.scores import Scored
from embedbench.types import Split, TaskSplit, WordVectors

METRICS = ("pearson", "spearman")
"""Every graded task has both; the task's own metric comes first."""

WORD_OVERLAP = "word_overlap"
"""The baseline of graded pairs."""


def measure_graded(
    cell: Cell,
    splits: Mapping[Split, TaskSplit],
    stores: Mapping[Split, WordVectors],
    watch: Stopwatch,
    progress: Progress,
) -> Scored:
    """Pearson's and Spearman's correlation with the gold grades for every mix, beside that of the words in common.

    A constant such as the mean grade of train is no baseline here: a correlation with a constant is undefined.

    Raises:
        ContractError: the task does not say its scale.
    """
    from embedbench.probing.grades import grades_from
    from embedbench.probing.members import ProbeData
    from embedbench.probing.plan import plan_members
    from embedbench.probing.tuning import train_tuned

    scale, test = cell.task.meta.scale, splits[Split.TEST]
    if scale is None:
        raise ContractError(f"task {cell.task.meta.name} is graded; its meta must give the scale, such as (1, 5)")
    with watch.phase("probing"):
        data, n_labels = {}, 0
        for which, split in splits.items():
            grades, n_labels = grades_from(split.labels, scale)
            data[which] = ProbeData(stores[which], split, {"task": grades})
        members = plan_members(cell.mixes, cell.graded, cell.seeds, ("task",), stores[Split.TRAIN].n_layers)
        trained, trials = train_tuned(
            data[Split.TRAIN], data[Split.DEV], members, {"task": n_labels}, cell.training, progress
        )
        predicted = trained.predict_grades(data[Split.TEST], progress) + scale[0]
    with watch.phase("scoring"):
        gold = np.asarray(test.labels, np.float64)
        overlap = _columns(cell, gold, word_overlap(test)[None], test)
        columns = _columns(cell, gold, predicted, test)
        scored = columns.scored(cell, trained, trained.dev_scores, overlap.baseline(cell, WORD_OVERLAP))
        return replace(scored, trials=trials)


def _columns(
    cell: Cell, gold: Float64[np.ndarray, "targets"], grades: Float64[np.ndarray, "rows targets"], test: TaskSplit
) -> Columns:
    """The same grades under every metric."""
    names = sorted(METRICS, key=lambda name: name != cell.task.meta.metric)
    return Columns(dict.fromkeys(names, gold), dict.fromkeys(names, grades), test.clusters)


def word_overlap(split: TaskSplit) -> Float64[np.ndarray, "targets"]:
    """The share of words that both sentences have, among those that either has (Jaccard), ignoring case."""
    words = [word.casefold() for word in split.corpus.words]
    pairs = [[set(words[start:end]) for start, end in target] for target in split.spans.tolist()]
    return np.array([len(one & other) / len(one | other) for one, other in pairs])
