"""Several questions about the same spans: a label column each for training, one column of targets again for scoring.

A multi-label task has one target per (spans, question). All questions of the same spans have the same vectors, so the
probes see every tuple of spans once, with a label column and members of its own per question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ContractError
from embedbench.probing.control import control_labels
from embedbench.probing.members import TrainedMember
from embedbench.types import CONTROL, TASK, Split, TaskSplit, control_of, learned_for, question_of


def label_columns(split: TaskSplit) -> dict[str, Int64[np.ndarray, "spans"]]:
    """The labels by question, for `asked_once(split)`; of a task with one question, the column `task`."""
    labels = np.asarray(split.labels, np.int64)
    return {TASK: labels} if split.questions is None else {name: labels[rows] for name, rows in _rows(split).items()}


def control_columns(
    splits: Mapping[Split, TaskSplit], n_labels: int, seed: int
) -> dict[Split, dict[str, Int64[np.ndarray, "spans"]]]:
    """Control labels by question, for `asked_once(split)`; of a task with one question, the column `control`.

    Every question draws its own label for each word type, from its own distribution of labels in train.

    Raises:
        DataError: the train split has no target.
    """
    if splits[Split.TRAIN].questions is None:
        return {which: {CONTROL: column} for which, column in control_labels(splits, n_labels, seed).items()}
    columns: dict[Split, dict[str, Int64[np.ndarray, "spans"]]] = {which: {} for which in splits}
    rows = {which: _rows(split) for which, split in splits.items()}
    for question in rows[Split.TRAIN]:
        own = {which: split.only(rows[which][question]) for which, split in splits.items()}
        for which, column in control_labels(own, n_labels, seed, question).items():
            columns[which][control_of(question)] = column
    return columns


def joined(split: TaskSplit, columns: Mapping[str, Int64[np.ndarray, "spans"]]) -> dict[str, Int64[np.ndarray, "_"]]:
    """The label columns of `asked_once(split)` as one label per target of the split: `task`, and `control` if any."""
    if split.questions is None:
        return dict(columns)
    whole: dict[str, Int64[np.ndarray, "_"]] = {}
    rows = _rows(split)
    for labels, column in columns.items():
        kind = learned_for(labels)
        whole.setdefault(kind, np.full(len(split), -1, np.int64))[rows[question_of(labels)]] = column
    return whole


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

    The members of one mix and seed that answer one question each are joined to one column, `task` or `control`.
    """
    if split.questions is None:
        return {(m.labels, m.mix.label, m.seed): row for m, row in zip(members, predicted, strict=True)}
    rows = _rows(split)
    found: dict[tuple[str, str, int], Int64[np.ndarray, "targets"]] = {}
    for member, row in zip(members, predicted, strict=True):
        key = (learned_for(member.labels), member.mix.label, member.seed)
        column = found.setdefault(key, np.full(len(split), -1, np.int64))
        column[rows[question_of(member.labels)]] = row
    return found


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
