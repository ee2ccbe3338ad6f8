"""What a metric is: one number for gold and predicted labels, and what the bootstrap needs to recompute it cheaply.

For the bootstrap a metric says how its value follows from *drawn* targets: an `AdditiveMetric` has a few statistics per
cluster that add up, so that a resample is one row of a matrix product; a `WeightedMetric` (ranks do not add up) takes
how often each target was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, Int64, Real, Shaped

from embedbench.errors import DataError, NumericalError


@dataclass(frozen=True, eq=False)
class MetricContext:
    """What a metric may know beside the labels.

    Attributes:
        clusters: the sentence (or document) of each target, any integers.
        label_names: the labels by index; empty for graded tasks.
        groups: the part of the task that each target belongs to; None where there are none.
        sentences: the sentence of each target, where clusters are made of several; None: a cluster is a sentence.
    """

    clusters: Int64[np.ndarray, "targets"]
    label_names: tuple[str, ...] = ()
    groups: Shaped[np.ndarray, "targets"] | None = None
    sentences: Int64[np.ndarray, "targets"] | None = None

    @cached_property
    def cluster_index(self) -> Int64[np.ndarray, "targets"]:
        """The clusters renumbered 0, 1, … in ascending order."""
        return np.unique(self.clusters, return_inverse=True)[1].astype(np.int64)

    @property
    def n_clusters(self) -> int:
        """The number of different clusters."""
        return int(self.cluster_index.max()) + 1 if len(self.clusters) else 0

    @cached_property
    def by_sentence(self) -> MetricContext:
        """The same with the sentences as clusters: for metrics that are read off whole sentences."""
        return self if self.sentences is None else MetricContext(self.sentences, self.label_names, self.groups)

    def of_clusters(self, table: Float64[np.ndarray, "sentences k"]) -> Float64[np.ndarray, "clusters k"]:
        """The rows of sentences (in the order of `by_sentence`) summed within clusters.

        >>> context = MetricContext(np.array([7, 7, 7, 9]), sentences=np.array([0, 0, 1, 2]))
        >>> context.of_clusters(np.array([[1.0], [2.0], [4.0]])).tolist()
        [[3.0], [4.0]]
        """
        if self.sentences is None:
            return table
        cluster = np.empty(len(table), np.int64)
        cluster[self.by_sentence.cluster_index] = self.cluster_index
        sums = np.zeros((self.n_clusters, table.shape[1]))
        np.add.at(sums, cluster, table)
        return sums

    def total(self, *columns: Real[np.ndarray, "targets"]) -> Float64[np.ndarray, "clusters k"]:
        """Each column of target values summed within clusters."""
        sums = [np.bincount(self.cluster_index, weights=c, minlength=self.n_clusters) for c in columns]
        return np.stack(sums, axis=1).astype(np.float64)


@runtime_checkable
class Metric(Protocol):
    """One number that says how well predictions match gold."""

    name: str
    higher_is_better: bool
    chance: str
    """What a predictor that knows nothing gets, in words."""

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The metric through its library."""
        ...


@runtime_checkable
class AdditiveMetric(Metric, Protocol):
    """A metric that is a function of sums over clusters."""

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters k"]:
        """The statistics that add up over clusters."""
        ...

    def value_from(self, sums: Float64[np.ndarray, "resamples k"]) -> Float64[np.ndarray, "resamples"]:
        """The metric as a function of the summed statistics, one row per resample."""
        ...


@runtime_checkable
class WeightedMetric(Metric, Protocol):
    """A metric that does not add up; it is recomputed from how often each target was drawn."""

    def weighted(
        self,
        gold: Real[np.ndarray, "targets"],
        predictions: Sequence[Real[np.ndarray, "targets"]],
        drawn: Float64[np.ndarray, "targets resamples"],
    ) -> Float64[np.ndarray, "predictions resamples"]:
        """The metric of each prediction where target t occurs drawn[t, r] times in resample r."""
        ...


def check_columns(name: str, gold: np.ndarray, predicted: np.ndarray) -> None:
    """Refuses columns of which no metric can be computed.

    Raises:
        DataError: there is not one predicted value per gold value, or there is none at all.
    """
    if len(gold) != len(predicted):
        raise DataError(f"{name} got {len(gold)} gold and {len(predicted)} predicted values; there must be one of each")
    if not len(gold):
        raise DataError(f"{name} of no targets at all is undefined; the split is empty")


def check_finite(name: str, side: str, column: np.ndarray) -> None:
    """Refuses NaN and infinities, which would pass through a rank or a comparison unseen.

    Raises:
        NumericalError: a value is not finite; `side` (gold or predicted) and the first such target are named.
    """
    wrong = np.flatnonzero(~np.isfinite(column))
    if len(wrong):
        raise NumericalError(f"{name}: the {side} score of target {wrong[0]} is {column[wrong[0]]}, not a number")


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """The quotient; zero where the denominator is zero or less: the libraries' `zero_division=0`."""
    quotient: np.ndarray = np.zeros(np.shape(numerator))
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
