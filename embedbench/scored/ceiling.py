"""The ceiling of a control: what learning the control label of every train word by heart would score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Int64

from embedbench.cells import Cell, sentences_within
from embedbench.probing.control import by_heart
from embedbench.results.schema import Score
from embedbench.scored.scores import NO_MIX, YES_METRIC, scores_by_mix
from embedbench.scoring.baselines import CONTROL_CEILING
from embedbench.scoring.metric import MetricContext
from embedbench.types import CONTROL, POSITIVE_LABEL, Split, TaskSplit, learned_for


def score_ceiling(
    cell: Cell, splits: Mapping[Split, TaskSplit], columns: Mapping[Split, Mapping[str, Int64[np.ndarray, "_"]]]
) -> tuple[Score, ...]:
    """The main metric of the ceiling on the test split, as a baseline of the control; nothing without a control.

    Args:
        cell: whose control it is.
        splits: of its task.
        columns: the label columns of `asked_once` of every split.
    """
    from embedbench.probing.questions import asked_once, joined

    train, test = splits[Split.TRAIN], splits[Split.TEST]
    control = [name for name in columns[Split.TEST] if learned_for(name) == CONTROL]
    if not control:
        return ()
    once = asked_once(train), asked_once(test)
    known = joined(test, {name: by_heart(*once, columns[Split.TRAIN][name]) for name in control})[CONTROL]
    gold = joined(test, {name: columns[Split.TEST][name] for name in control})[CONTROL]
    if cell.task.meta.metric == YES_METRIC and not (gold == cell.task.label_names.index(POSITIVE_LABEL)).any():
        return ()
    context = MetricContext(test.clusters, cell.task.label_names, test.groups, sentences_within(cell.task, test))
    return as_ceiling(scores_by_mix(cell, cell.task.meta.metric, gold, {NO_MIX: known[None]}, context, labels=CONTROL))


def as_ceiling(scores: Iterable[Score]) -> tuple[Score, ...]:
    """Scores of what was learned by heart, called as the ceiling is called in records."""
    return tuple(replace(score, extractor=CONTROL_CEILING, mix=NO_MIX, labels=CONTROL) for score in scores)
