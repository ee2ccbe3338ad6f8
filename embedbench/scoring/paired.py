"""Is the difference between two systems real? Both are tested on the same targets, so everything here is paired.

Clusters (sentences, documents) are the units: the permutation test swaps the two systems' predictions cluster by
cluster (Noreen 1989; recommended for every metric of ours by Dror et al. 2018, https://aclanthology.org/P18-1128), the
bootstrap draws clusters and takes both systems from each. Both through `scipy.stats`, the correction for several tests
through statsmodels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Real

from embedbench.errors import ContractError, DataError
from embedbench.scoring.intervals import BATCH_BYTES, Bootstrap, resample, resampled_values
from embedbench.scoring.metric import AdditiveMetric, Metric, MetricContext, WeightedMetric

SIGNIFICANCE, POWER = 0.05, 0.8
"""The error rates behind the minimum detectable difference."""


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same targets; values are means over seeds.

    Attributes:
        first: the value of the first system.
        second: the value of the second.
        low: lower end of the interval of first - second.
        high: upper end.
        p: two-sided, of the paired permutation test.
        detectable: the smallest difference that such a test set shows with 80 % power at level 0.05, one test alone.
        n: targets.
        clusters: units that were swapped and drawn.
        seeds: how many seeds each value averages.
    """

    first: float
    second: float
    low: float
    high: float
    p: float
    detectable: float
    n: int
    clusters: int
    seeds: int

    @property
    def difference(self) -> float:
        """First minus second."""
        return self.first - self.second

    @property
    def effect(self) -> float:
        """The difference in standard deviations of one cluster's contribution (Cohen's d for pairs); 0 without spread.

        Other than p it does not grow with the test set.
        """
        if self.detectable == 0.0:
            return 0.0
        standard_error = self.detectable / minimum_detectable(1.0)
        return self.difference / (standard_error * math.sqrt(self.clusters))


def compare(
    metric: Metric,
    gold: Real[np.ndarray, "targets"],
    first: Real[np.ndarray, "_ targets"],
    second: Real[np.ndarray, "_ targets"],
    context: MetricContext,
    bootstrap: Bootstrap | None = None,
) -> Comparison:
    """The difference of two systems' means over seeds, its interval and its p-value.

    Args:
        metric: what is compared.
        gold: labels or scores.
        first: predictions of the first system, a row per seed.
        second: of the second, as many.
        context: clusters and label names.
        bootstrap: resamples (of the permutation test too), level and seed.

    Raises:
        DataError: there are fewer than two clusters, so nothing can be swapped or drawn.
        ContractError: the metric is neither additive nor weighted, or the numbers of seeds differ.
    """
    bootstrap = bootstrap or Bootstrap()
    if context.n_clusters < 2:
        raise DataError(f"{context.n_clusters} cluster cannot be swapped or drawn; a paired test needs at least two")
    if len(first) != len(second):
        raise ContractError(
            f"the first system has {len(first)} seeds and the second {len(second)}; swapping needs as many of each"
        )
    values, width = resampled_values(metric, gold, [first, second], context)

    def differences(drawn: Float64[np.ndarray, "batch clusters"]) -> Float64[np.ndarray, "one batch"]:
        both = values(drawn)
        return both[:1] - both[1:]

    drawn = resample(differences, width, context.n_clusters, bootstrap)
    # Every cluster once; by the same arithmetic as the resamples, which needs none of the metrics' libraries.
    at = [float(value) for value in values(np.ones((1, context.n_clusters)))[:, 0]]
    low, high, spread = (float(np.ravel(end)[0]) for end in (*drawn.confidence_interval, drawn.standard_error))
    difference = at[0] - at[1]
    return Comparison(
        first=at[0],
        second=at[1],
        # A percentile interval of a discrete value can miss it by rounding alone.
        low=min(low, difference),
        high=max(high, difference),
        p=permutation_p(metric, gold, first, second, context, bootstrap),
        detectable=minimum_detectable(spread),
        n=len(gold),
        clusters=context.n_clusters,
        seeds=len(first),
    )


def permutation_p(
    metric: Metric,
    gold: Real[np.ndarray, "targets"],
    first: Real[np.ndarray, "seeds targets"],
    second: Real[np.ndarray, "seeds targets"],
    context: MetricContext,
    bootstrap: Bootstrap,
) -> float:
    """The two-sided p-value of swapping the systems within clusters, every seed of a cluster together.

    Exact where all swaps are fewer than `bootstrap.resamples`. Graded predictions are swapped as ranks (weighted
    metrics) or standardised (Pearson), since two systems need not share a scale.
    """
    from scipy.stats import permutation_test

    if isinstance(metric, AdditiveMetric):
        value, width = _additive(metric, gold, first, second, context)
    elif isinstance(metric, WeightedMetric):
        value, width = _ranked(metric, gold, first, second, context)
    else:
        raise ContractError(f"the metric {metric.name!r} is neither additive nor weighted; it cannot be permuted")

    def statistic(
        stands_first: Real[np.ndarray, "*batch clusters"],
        _stands_second: Real[np.ndarray, "*batch clusters"],
        axis: int,
    ) -> np.ndarray:
        rows = np.atleast_2d(stands_first)
        result = value(1.0 - rows) - value(rows)
        return result if stands_first.ndim > 1 else np.asarray(result[0])

    # The samples are which system stands first in each cluster: 0, the first; swapped, 1.
    n = context.n_clusters
    result = permutation_test(
        (np.zeros(n), np.ones(n)),
        statistic,
        permutation_type="samples",
        vectorized=True,
        n_resamples=bootstrap.resamples,
        batch=max(1, min(bootstrap.resamples, BATCH_BYTES // (8 * (3 * n + width)))),
        rng=np.random.default_rng(bootstrap.seed),
    )
    return float(result.pvalue)


_ValueOf = Callable[[Float64[np.ndarray, "batch clusters"]], Float64[np.ndarray, "batch"]]
"""From which clusters take the first system (1) or the second (0) to the value of what results."""


def _additive(
    metric: AdditiveMetric, gold: np.ndarray, first: np.ndarray, second: np.ndarray, context: MetricContext
) -> tuple[_ValueOf, int]:
    tables = [
        (metric.statistics(gold, one, context), metric.statistics(gold, other, context))
        for one, other in zip(first, second, strict=True)
    ]

    def value(takes_first: Float64[np.ndarray, "batch clusters"]) -> Float64[np.ndarray, "batch"]:
        mixed = [other.sum(axis=0) + takes_first @ (one - other) for one, other in tables]
        return np.asarray(np.mean([metric.value_from(sums) for sums in mixed], axis=0))

    return value, sum(one.shape[1] for one, _ in tables)


def _ranked(
    metric: WeightedMetric, gold: np.ndarray, first: np.ndarray, second: np.ndarray, context: MetricContext
) -> tuple[_ValueOf, int]:
    from scipy.stats import rankdata

    ranks = [(rankdata(one), rankdata(other)) for one, other in zip(first, second, strict=True)]
    once = np.ones((len(gold), 1))

    def value(takes_first: Float64[np.ndarray, "batch clusters"]) -> Float64[np.ndarray, "batch"]:
        chosen = takes_first[:, context.cluster_index] > 0
        of_seeds = [metric.weighted(gold, list(np.where(chosen, one, other)), once)[:, 0] for one, other in ranks]
        return np.asarray(np.mean(of_seeds, axis=0))

    return value, 3 * len(gold)


def minimum_detectable(standard_error: float) -> float:
    """The smallest true difference that a two-sided test at level 0.05 finds with 80 % power (Card et al. 2020).

    >>> round(minimum_detectable(1.0), 3)
    2.802
    """
    from scipy.stats import norm

    return float((norm.ppf(1 - SIGNIFICANCE / 2) + norm.ppf(POWER)) * standard_error)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, corrected for being several (Holm 1979): below 0.05 together, they are wrong in 5 % of tables.

    >>> [round(p, 2) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    if not p_values:
        return []
    # Here, since it loads pandas: a third of a second that commands without a paired test need not wait.
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, method="holm")[1]]
