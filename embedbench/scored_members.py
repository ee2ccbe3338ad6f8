"""From predicted labels to the scores of a record: one per mix and label column, the task's baselines, online codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int64

from embedbench.cells import Cell
from embedbench.probing.codelength import CODELENGTH, COMPRESSION
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.schema import Score
from embedbench.scored import NO_MIX, Scored, recorded_training, recorded_weights, scores_by_mix
from embedbench.scoring.baselines import by_question, majority, word_majority
from embedbench.scoring.metric import MetricContext
from embedbench.types import Split, TaskSplit

if TYPE_CHECKING:
    from embedbench.probing.fitted import FittedMembers
    from embedbench.probing.online_code import OnlineCode
    from embedbench.probing.tag_training import FittedTaggers


def score_members(
    cell: Cell,
    trained: FittedMembers | FittedTaggers,
    split: TaskSplit,
    columns: Mapping[str, Int64[np.ndarray, "targets"]],
    predicted: Int64[np.ndarray, "members targets"],
) -> Scored:
    """The scores of trained members on the test split; the members of one mix differ in their seed alone."""
    from embedbench.probing.questions import TASK, answers

    members = trained.members
    answered = answers(split, members, predicted)
    if split.questions is not None:
        columns = {TASK: np.asarray(split.labels, np.int64)}
    context = MetricContext(split.clusters, cell.task.label_names)
    scores: list[Score] = []
    for labels, gold in columns.items():
        rows: dict[str, list[Int64[np.ndarray, "targets"]]] = {}
        for (learned_labels, mix, _), row in answered.items():
            if learned_labels == labels:
                rows.setdefault(mix, []).append(row)
        predicted_by_mix = {mix: np.stack(chosen) for mix, chosen in rows.items()}
        scores += scores_by_mix(cell, cell.task.meta.metric, gold, predicted_by_mix, context, labels=labels)
    return Scored(
        scores=tuple(scores),
        predictions=Predictions(
            split.clusters,
            columns,
            {member_column(mix, labels, seed): row for (labels, mix, seed), row in answered.items()},
        ),
        mix_weights=recorded_weights(members, trained.mix_weights),
        training=recorded_training(members, trained.epochs, trained.dev_scores),
    )


def score_baselines(cell: Cell, splits: Mapping[Split, TaskSplit]) -> tuple[Score, ...]:
    """What predictors that see no vector reach on the test split."""
    train, test = splits[Split.TRAIN], splits[Split.TEST]
    gold = np.asarray(test.labels, np.int64)
    context, name = MetricContext(test.clusters, cell.task.label_names), cell.task.meta.metric
    scores = []
    for baseline, predict in (("majority", majority), ("word_majority", word_majority)):
        predicted = {NO_MIX: by_question(predict, train, test)[None]}
        scores += [replace(score, extractor=baseline) for score in scores_by_mix(cell, name, gold, predicted, context)]
    return tuple(scores)


def score_codes(cell: Cell, split: TaskSplit, codes: Sequence[OnlineCode]) -> tuple[Score, ...]:
    """Codelength (bits) and compression on the train split, one of each per mix and label column.

    Every seed shuffles the train targets anew. `low` and `high` are the least and the greatest over seeds.
    """
    scores = []
    clusters = MetricContext(split.clusters).n_clusters
    alike: dict[tuple[str, str], list[OnlineCode]] = {}
    for code in codes:
        alike.setdefault((code.member.mix.label, code.member.labels), []).append(code)
    for (mix, labels), several in alike.items():
        for name, per_seed in (
            (CODELENGTH, tuple(code.codelength for code in several)),
            (COMPRESSION, tuple(code.compression for code in several)),
        ):
            scores.append(
                Score(
                    extractor=cell.extractor.name,
                    mix=mix,
                    labels=labels,
                    split=Split.TRAIN.value,
                    metric=name,
                    value=float(np.mean(per_seed)),
                    low=min(per_seed),
                    high=max(per_seed),
                    n=len(split),
                    clusters=clusters,
                    seeds=len(several),
                    per_seed=per_seed,
                )
            )
    return tuple(scores)
