"""Metrics of word groups: purity of clusters, and how far down an outlier stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Real

from embedbench.registry import register
from embedbench.scoring.metric import MetricContext, check_columns, ratio


@register("metric", "purity")
@dataclass(frozen=True)
class Purity:
    """The share of words that are in the largest category of their cluster (Zhao & Karypis 2001)."""

    name = "purity"
    higher_is_better = True
    chance = "above the share of the largest category; it rises with the number of clusters"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The share, off scikit-learn's table of clusters and categories."""
        from sklearn.metrics.cluster import contingency_matrix

        check_columns(self.name, gold, predicted)
        return float(contingency_matrix(gold, predicted).max(axis=0).sum() / len(gold))

    def weighted(
        self,
        gold: Real[np.ndarray, "targets"],
        predictions: Sequence[Real[np.ndarray, "targets"]],
        drawn: Float64[np.ndarray, "targets resamples"],
    ) -> Float64[np.ndarray, "predictions resamples"]:
        """The share among the drawn words; the clusters stay as they were found."""
        categories, own = np.unique(gold, return_inverse=True)
        values = np.empty((len(predictions), drawn.shape[1]))
        for row, predicted in enumerate(predictions):
            groups, found = np.unique(predicted, return_inverse=True)
            table = np.zeros((len(groups), len(categories), drawn.shape[1]))
            np.add.at(table, (found, own), drawn)
            values[row] = table.max(axis=1).sum(axis=0) / drawn.sum(axis=0)
        return values


@register("metric", "opp")
@dataclass(frozen=True)
class OutlierPosition:
    """The mean of predicted over gold position of the outlier, 1 where it is last (Camacho-Collados & Navigli 2016).

    Of any two numbers it is 1 - |gold - predicted| / max(gold, 1).
    """

    name = "opp"
    higher_is_better = True
    chance = "0.5"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The mean over targets."""
        check_columns(self.name, gold, predicted)
        return float(self.value_from(self.statistics(gold, predicted, context).sum(axis=0, keepdims=True))[0])

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 2"]:
        """The sum of positions as shares, and how many."""
        away = np.abs(gold - np.asarray(predicted, np.float64)) / np.maximum(gold, 1)
        return context.total(1 - away, np.ones(len(gold)))

    def value_from(self, sums: Float64[np.ndarray, "resamples 2"]) -> Float64[np.ndarray, "resamples"]:
        """The sum divided by how many."""
        return ratio(sums[..., 0], sums[..., 1])
