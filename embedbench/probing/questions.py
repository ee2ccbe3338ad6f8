"""Several questions about the same spans: a label column each for training, one column of targets again for scoring.

A multi-label task has one target per (spans, question). All questions of the same spans have the same vectors, so the
probes see every tuple of spans once, with a label column and members of its own per question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ContractError
from embedbench.probing.members import TrainedMember
from embedbench.types import TaskSplit

TASK = "task"
"""The label column of a task that asks one question, and of all questions together."""


def label_columns(split: TaskSplit) -> dict[str, Int64[np.ndarray, "spans"]]:
    """The labels by question, for `asked_once(split)`; of a task with one question, the column `task`."""
    labels = np.asarray(split.labels, np.int64)
    return {TASK: labels} if split.questions is None else {name: labels[rows] for name, rows in _rows(split).items()}


def asked_once(split: TaskSplit) -> TaskSplit:
    """The split with one target for every tuple of spans; its labels are those of the first question."""
    if split.questions is None:
        return split
    rows = next(iter(_rows(split).values()))
    return replace(split.only(rows), questions=None)


def answers(
    split: TaskSplit, members: Sequence[TrainedMember], predicted: Int64[np.ndarray, "members spans"]
) -> dict[tuple[str, str, int], Int64[np.ndarray, "targets"]]:
    """What was predicted for every target of the split, by label column, mix and seed.

    The members of one mix and seed that answer one question each are joined to one column, `task`.
    """
    if split.questions is None:
        return {(m.labels, m.mix.label, m.seed): row for m, row in zip(members, predicted, strict=True)}
    rows = _rows(split)
    joined: dict[tuple[str, str, int], Int64[np.ndarray, "targets"]] = {}
    for member, row in zip(members, predicted, strict=True):
        column = joined.setdefault((TASK, member.mix.label, member.seed), np.full(len(split), -1, np.int64))
        column[rows[member.labels]] = row
    return joined


def _rows(split: TaskSplit) -> dict[str, Int64[np.ndarray, "spans"]]:
    """The targets of each question, in the order of the spans.

    Raises:
        ContractError: not every question is asked about the same spans in the same order.
    """
    rows = {str(name): np.flatnonzero(split.questions == name) for name in np.unique(np.asarray(split.questions))}
    first = next(iter(rows))
    for name, own in rows.items():
        if not np.array_equal(split.spans[own], split.spans[rows[first]]):
            raise ContractError(
                f"question {name!r} is not asked about the same spans as {first!r}, in the same order; "
                "a task with several questions asks each about every tuple of spans"
            )
    return rows
