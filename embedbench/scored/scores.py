"""What every kind of scored cell shares: the parts of a record that come from predictions, and how scores are made.

A kind of cell is a module of its own beside this one (`members`, `trees`, `heads`, `similarity`, `suites`, `graded`,
`answers`): it turns a test split into gold and predicted columns, calls `scores_by_mix` (those with several metrics
through `columns`), and returns `Scored`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Real

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError
from embedbench.mixing import Mix, expand_mixes
from embedbench.probing.members import TrainedMember
from embedbench.probing.trials import Trial
from embedbench.results.predictions import Predictions
from embedbench.results.schema import NO_MIX as NO_MIX
from embedbench.results.schema import MemberTraining, MixWeights, Score
from embedbench.scoring.intervals import Bootstrap, estimates
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.subsets import WHOLE
from embedbench.types import Split

if TYPE_CHECKING:
    from embedbench.probing.fitted import MixWeights as Learned


YES_METRIC = "binary_f1"
"""The metric that needs a gold `yes`."""


@dataclass(frozen=True, eq=False)
class Scored:
    """The parts of a record that come from predictions."""

    scores: tuple[Score, ...]
    predictions: Predictions
    baselines: tuple[Score, ...] = ()
    subset_scores: tuple[Score, ...] = ()
    mix_weights: tuple[MixWeights, ...] = ()
    training: tuple[MemberTraining, ...] = ()
    trials: tuple[Trial, ...] = ()
    account: Mapping[str, int] = field(default_factory=dict)
    """Targets of the test split that were left out, and the like, by name; part of the record's alignment account."""

    def with_codes(self, scores: tuple[Score, ...]) -> Scored:
        """The same, with the scores of online codes behind its own."""
        return replace(self, scores=(*self.scores, *scores))

    def with_baselines(self, *several: Sequence[Score]) -> Scored:
        """The same, beside the task's baselines, on the whole and on subsets."""
        baselines = [score for scores in several for score in scores]
        whole = tuple(score for score in baselines if score.subset == WHOLE)
        others = tuple(score for score in baselines if score.subset != WHOLE)
        return replace(self, baselines=whole, subset_scores=(*self.subset_scores, *others))


def scores_by_mix(
    cell: Cell,
    name: str,
    gold: Real[np.ndarray, "targets"],
    predicted: Mapping[str, Real[np.ndarray, "seeds targets"]],
    context: MetricContext,
    *,
    labels: str = "task",
    subset: str = WHOLE,
) -> list[Score]:
    """One score per mix on the test split: the mean over seeds, with its interval; in the order of `predicted`.

    Args:
        cell: whose scores they are; it gives the extractor's name and the number of resamples.
        name: of the metric.
        gold: what is right, one value per target.
        predicted: by the label of the mix, a row per seed. One resampling serves all mixes, so that their intervals
            differ by the predictions alone: ask for all mixes of a metric at once.
        context: clusters of the targets, and label names where the metric needs them.
        labels: the label column: `task`, `control`.
        subset: the name of these targets.

    Raises:
        ConfigurationError: there is no metric of that name.
        DataError: there are no targets, or the metric is undefined of these.
    """
    measured = metric(name)
    found = estimates(measured, gold, list(predicted.values()), context, Bootstrap(resamples=cell.resamples))
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
            subset=subset,
        )
        for mix, estimate in zip(predicted, found, strict=True)
    ]


def recorded_weights(members: Iterable[TrainedMember], learned: Iterable[Learned | None]) -> tuple[MixWeights, ...]:
    """The weights of the members whose mix is learned, for the record; `learned` is None for the others."""
    return tuple(
        MixWeights(member.mix.label, member.labels, member.seed, mix.weights, mix.gamma)
        for member, mix in zip(members, learned, strict=True)
        if mix is not None
    )


def recorded_training(
    members: Sequence[TrainedMember],
    epochs: Sequence[int],
    dev_scores: Sequence[float],
    sizes: Sequence[int] | None = None,
    penalties: Sequence[float | None] | None = None,
) -> tuple[MemberTraining, ...]:
    """How the training of every member went, for the record; `sizes` are the numbers of trained parameters."""
    columns = epochs, dev_scores, sizes or [0] * len(members), penalties or [None] * len(members)
    return tuple(
        MemberTraining(member.mix.label, member.labels, member.seed, n, score, size, penalty)
        for member, n, score, size, penalty in zip(members, *columns, strict=True)
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
