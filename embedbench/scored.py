"""From predictions to the scores of a record: one estimate per mix and label column, and the task's baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int64, Real

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError
from embedbench.mixing import Mix, expand_mixes
from embedbench.probing.codelength import CODELENGTH, COMPRESSION
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.schema import MemberTraining, MixWeights, Score
from embedbench.scoring.baselines import by_question, majority, word_majority
from embedbench.scoring.intervals import Bootstrap, Estimate, estimates
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.types import Split, TaskSplit, WordVectors

if TYPE_CHECKING:
    from embedbench.probing.fitted import FittedMembers
    from embedbench.probing.online_code import OnlineCode

NO_MIX = "none"
"""The mix of a baseline."""


@dataclass(frozen=True, eq=False)
class Scored:
    """The parts of a record that come from predictions."""

    scores: tuple[Score, ...]
    predictions: Predictions
    baselines: tuple[Score, ...] = ()
    mix_weights: tuple[MixWeights, ...] = ()
    training: tuple[MemberTraining, ...] = ()
    account: Mapping[str, int] = field(default_factory=dict)
    """Targets of the test split that were left out, and the like, by name; part of the record's alignment account."""

    def with_codes(self, scores: tuple[Score, ...]) -> Scored:
        """The same, with the scores of online codes behind its own."""
        return replace(self, scores=(*self.scores, *scores))

    def with_baselines(self, baselines: tuple[Score, ...]) -> Scored:
        """The same, beside the task's baselines."""
        return replace(self, baselines=baselines)


def score_members(
    cell: Cell,
    trained: FittedMembers,
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
    scores: list[Score] = []
    for labels, gold in columns.items():
        rows: dict[str, list[Int64[np.ndarray, "targets"]]] = {}
        for (learned_labels, mix, _), row in answered.items():
            if learned_labels == labels:
                rows.setdefault(mix, []).append(row)
        scores += _scores(cell, split, gold, {mix: np.stack(chosen) for mix, chosen in rows.items()}, labels)
    return Scored(
        scores=tuple(scores),
        predictions=Predictions(
            split.clusters,
            columns,
            {member_column(mix, labels, seed): row for (labels, mix, seed), row in answered.items()},
        ),
        mix_weights=tuple(
            MixWeights(m.mix.label, m.labels, m.seed, learned.weights, learned.gamma)
            for m, learned in zip(members, trained.mix_weights, strict=True)
            if learned is not None
        ),
        training=tuple(
            MemberTraining(m.mix.label, m.labels, m.seed, epochs, score)
            for m, epochs, score in zip(members, trained.epochs, trained.dev_scores, strict=True)
        ),
    )


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
    return Scored(
        scores=tuple(_scores(cell, split, gold, by_mix, "task")),
        predictions=Predictions(split.clusters, {"task": gold}, columns),
    )


def fixed_mixes(cell: Cell, n_layers: int) -> list[Mix]:
    """The mixes asked for that need no training.

    Raises:
        ConfigurationError: every mix asked for is a learned one.
    """
    mixes = [mix for mix in expand_mixes(cell.mixes, n_layers) if not mix.learned]
    if not mixes:
        raise ConfigurationError(
            f"task {cell.task.meta.name} trains nothing, so a learned mix has no weights: add single or mean to mixes"
        )
    return mixes


def score_baselines(cell: Cell, splits: Mapping[Split, TaskSplit]) -> tuple[Score, ...]:
    """What predictors that see no vector reach on the test split."""
    train, test = splits[Split.TRAIN], splits[Split.TEST]
    gold = np.asarray(test.labels, np.int64)
    return tuple(
        replace(_scores(cell, test, gold, {NO_MIX: by_question(predict, train, test)[None]}, "task")[0], extractor=name)
        for name, predict in (("majority", majority), ("word_majority", word_majority))
    )


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


def _scores(
    cell: Cell,
    split: TaskSplit,
    gold: Real[np.ndarray, "targets"],
    predicted: Mapping[str, Real[np.ndarray, "seeds targets"]],
    labels: str,
) -> list[Score]:
    context = MetricContext(split.clusters, cell.task.label_names)
    measured = metric(cell.task.meta.metric)
    found: Sequence[Estimate] = estimates(
        measured, gold, list(predicted.values()), context, Bootstrap(resamples=cell.resamples)
    )
    return [
        Score(
            extractor=cell.extractor.name,
            mix=mix,
            labels=labels,
            split=Split.TEST.value,
            metric=measured.name,
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            n=estimate.n,
            clusters=estimate.clusters,
            seeds=estimate.seeds,
            per_seed=estimate.per_seed,
        )
        for mix, estimate in zip(predicted, found, strict=True)
    ]
