"""Targets that are scored in several ways: columns of values by metric, and what a record keeps of them.

For kinds of cells whose metrics do not share one column of labels, such as trees, heads, grades and answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, eq=False)
class Columns:
    """What is scored, one value per target, by metric; the main metric comes first.

    Attributes:
        gold: per metric.
        predicted: per metric, a row per member.
        clusters: the sentence of every target.
    """

    gold: Mapping[str, Real[np.ndarray, "targets"]]
    predicted: Mapping[str, Real[np.ndarray, "members targets"]]
    clusters: Int64[np.ndarray, "targets"]

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
        rows: dict[str, list[int]] = {}
        for row, member in enumerate(members):
            rows.setdefault(member.mix.label, []).append(row)
        return Scored(
            scores=tuple(self._scores(cell, rows)),
            baselines=tuple(baselines),
            predictions=self._predictions(members),
            mix_weights=recorded_weights(members, trained.mix_weights),
            training=recorded_training(members, trained.epochs, dev_scores, trained.sizes),
            account=account or {},
        )

    def baseline(self, cell: Cell, name: str) -> list[Score]:
        """Every metric for a baseline, whose rows are its seeds."""
        rows = {NO_MIX: list(range(len(next(iter(self.predicted.values())))))}
        return [replace(score, extractor=name) for score in self._scores(cell, rows)]

    def _scores(self, cell: Cell, rows: Mapping[str, Sequence[int]]) -> list[Score]:
        context = MetricContext(self.clusters)
        return [
            score
            for name in self.names
            for score in scores_by_mix(
                cell, name, self.gold[name], {mix: self.predicted[name][own] for mix, own in rows.items()}, context
            )
        ]

    def _predictions(self, members: Sequence[TrainedMember]) -> Predictions:
        """The main metric's columns are called `task`, others by their metric; one of the very same values has none."""
        main = self.names[0]
        own = [n for n in self.names if n == main or self.predicted[n] is not self.predicted[main]]
        return Predictions(
            self.clusters,
            {_column(name, main): self.gold[name] for name in own},
            {
                member_column(member.mix.label, _column(name, main), member.seed): row
                for name in own
                for member, row in zip(members, self.predicted[name], strict=True)
            },
        )


def _column(name: str, main: str) -> str:
    return "task" if name == main else name
