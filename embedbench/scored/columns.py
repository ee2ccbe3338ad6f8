"""Targets that are scored in several ways: columns of values by metric, and what a record keeps of them.

For kinds of cells whose metrics do not share one column of labels, such as trees, heads, grades and answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int64, Real

from embedbench.cells import Cell
from embedbench.probing.members import TrainedMember
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.schema import Score
from embedbench.scored.scores import NO_MIX, Scored, recorded_training, recorded_weights, scores_by_mix
from embedbench.scoring.metric import MetricContext

if TYPE_CHECKING:
    from embedbench.probing.fitted import MixWeights


@runtime_checkable
class Trained(Protocol):
    """What the record must know of trained members."""

    @property
    def members(self) -> Sequence[TrainedMember]:
        """In the order of the rows of `Columns.predicted`."""
        ...

    @property
    def epochs(self) -> Sequence[int]:
        """How long each was trained."""
        ...

    @property
    def mix_weights(self) -> Sequence[MixWeights | None]:
        """What each learned mix ended with; None where the mix has nothing to learn."""
        ...

    @property
    def sizes(self) -> Sequence[int]:
        """How many parameters each trained."""
        ...

    @property
    def kept_penalties(self) -> Sequence[float | None]:
        """The L2 penalty each kept; None where mini-batches trained it."""
        ...


@dataclass(frozen=True, eq=False)
class Columns:
    """What is scored, one value per target, by metric; the main metric comes first.

    Attributes:
        gold: per metric.
        predicted: per metric, a row per member.
        clusters: of every target, what the statistics resample.
        control: `gold` of the members that learned control labels, for the metrics that these are scored by.
        sentences: of every target, where clusters are made of several; None: a cluster is a sentence.
    """

    gold: Mapping[str, Real[np.ndarray, "targets"]]
    predicted: Mapping[str, Real[np.ndarray, "members targets"]]
    clusters: Int64[np.ndarray, "targets"]
    control: Mapping[str, Real[np.ndarray, "targets"]] = field(default_factory=dict)
    sentences: Int64[np.ndarray, "targets"] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics."""
        return tuple(self.gold)

    def among(self, kept: Bool[np.ndarray, "targets"]) -> Columns:
        """The columns of these targets alone."""
        return Columns(
            {name: column[kept] for name, column in self.gold.items()},
            {name: rows[:, kept] for name, rows in self.predicted.items()},
            self.clusters[kept],
            {name: column[kept] for name, column in self.control.items()},
            None if self.sentences is None else self.sentences[kept],
        )

    def scored(
        self,
        cell: Cell,
        trained: Trained,
        dev_scores: Sequence[float],
        baselines: Iterable[Score],
        account: Mapping[str, int] | None = None,
    ) -> Scored:
        """Every metric for every mix, beside baselines, with the predictions and what the members learned."""
        members = trained.members
        rows: dict[str, dict[str, list[int]]] = {}
        for row, member in enumerate(members):
            rows.setdefault(member.labels, {}).setdefault(member.mix.label, []).append(row)
        return Scored(
            scores=tuple(score for labels, own in rows.items() for score in self._scores(cell, own, labels)),
            baselines=tuple(baselines),
            predictions=self._predictions(members),
            mix_weights=recorded_weights(members, trained.mix_weights),
            training=recorded_training(members, trained.epochs, dev_scores, trained.sizes, trained.kept_penalties),
            account=account or {},
        )

    def baseline(self, cell: Cell, name: str) -> list[Score]:
        """Every metric for a baseline, whose rows are its seeds."""
        rows = {NO_MIX: list(range(len(next(iter(self.predicted.values())))))}
        return [replace(score, extractor=name) for score in self._scores(cell, rows, "task")]

    def _scores(self, cell: Cell, rows: Mapping[str, Sequence[int]], labels: str) -> list[Score]:
        context = MetricContext(self.clusters, sentences=self.sentences)
        scores = []
        for name, gold in self._gold(labels).items():
            predicted = {mix: self.predicted[name][own] for mix, own in rows.items()}
            scores += scores_by_mix(cell, name, gold, predicted, context, labels=labels)
        return scores

    def _gold(self, labels: str) -> Mapping[str, Real[np.ndarray, "targets"]]:
        return self.control if labels == "control" else self.gold

    def _predictions(self, members: Sequence[TrainedMember]) -> Predictions:
        """The main metric's columns are called `task`, others by their metric; one of the very same values has none.

        Of control labels the main metric is kept, as `control`.
        """
        main = self.names[0]
        kept = {
            (labels, name): column if name == main else name
            for labels, column in {member.labels: member.labels for member in members}.items()
            for name in ((main,) if labels == "control" else self.names)
            if name == main or self.predicted[name] is not self.predicted[main]
        }
        return Predictions(
            self.clusters,
            {column: self._gold(labels)[name] for (labels, name), column in kept.items()},
            {
                member_column(member.mix.label, column, member.seed): row
                for (labels, name), column in kept.items()
                for member, row in zip(members, self.predicted[name], strict=True)
                if member.labels == labels
            },
            sentences=self.sentences,
        )
